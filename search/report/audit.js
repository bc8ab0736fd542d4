// SPDX-License-Identifier: Apache-2.0
// How far shared weights can be trusted: networks by what they inherit and trained alone, and
// the search beside others of its cost.

const AUDIT_HEIGHT = 320;

function rankingText({ tau, low, high, networks }) {
  return `tau ${tau.toFixed(2)}, 95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}, ${networks} networks`;
}

function drawAudit(host, { networks, metric }) {
  const label = metricLabel(metric);
  const { layer, context, box } = startPlot(host, AUDIT_HEIGHT, `${label} trained alone over ${label} with inherited weights`);
  const x = makeScale(networks.map((network) => network.inherited), [box.left, box.right]);
  const y = makeScale(networks.map((network) => network.alone), [box.bottom, box.top]);
  layer.append(axes(box, x, y, { x: `${label} with inherited weights`, y: `${label} trained alone` }));
  dots(context, networks.map((network) => [x.map(network.inherited), y.map(network.alone)]),
      { color: themeColor("--accent"), radius: 5, opacity: 0.8 });
}

function contendersTable({ contenders, metric, reference }) {
  const number = (text) => html("td", { class: "number" }, text);
  const value = (amount) => number(amount === null ? "–" : shortNumber(amount));
  const title = (text, kind) => html("th", { scope: "col", class: kind }, text);
  const measured = reference.length > 0;
  return html("div", { class: "scroll" }, html("table", { id: "audit-table" },
      html("thead", {}, html("tr", {}, title("study"), title("strategy"), title("cost", "number"),
          title("networks trained", "number"), title(`best ${metricLabel(metric)}`, "number"),
          measured ? title("hypervolume", "number") : null)),
      html("tbody", {}, contenders.map((each) => html("tr", {},
          html("td", {}, each.study), html("td", {}, each.strategy), number(shortDuration(each.cost_seconds)),
          number(String(each.networks)), value(each.best), measured ? value(each.hypervolume) : null)))));
}

function showAudit(section) {
  const { audit } = report;
  if (!audit) return;
  section.hidden = false;
  const { ranking, ceiling } = audit;
  const facts = [["ranking", ranking ? rankingText(ranking) : audit.no_ranking]];
  if (ceiling) facts.push(["ceiling", rankingText(ceiling)]);
  if (ranking && ceiling && ceiling.tau > 0) facts.push(["share of the ceiling", shortNumber(ranking.tau / ceiling.tau)]);
  section.append(
      html("p", { class: "about" }, `Whether ${metricLabel(audit.metric)} with inherited weights puts networks in the order that ` +
          "training each alone does, and what random and local search find for the same cost."),
      definitions(facts, { class: "facts" }));
  if (audit.networks.length) {
    const host = html("div", { class: "plot" });
    section.append(host);
    keepDrawn(host, () => drawAudit(host, audit));
  }
  if (audit.contenders.length) section.append(contendersTable(audit));
}
