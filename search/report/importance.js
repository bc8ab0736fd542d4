// SPDX-License-Identifier: Apache-2.0
// Which parameters decide the objectives.

const IMPORTANCE_METHODS = {
  fanova: "The share of the objective's variance, over the whole space, that each parameter explains alone, as a forest of " +
      "regression trees learned it from the trials (fANOVA).",
  ped_anova: "What decides whether a trial is among the best tenth: how far the values of the best lie from those of all " +
      "trials (PED-ANOVA). The shares sum up to 1.",
};
const MOST_PAIRS = 5;
const LEAST_PAIR = 0.005;

function importanceBars(entries, full) {
  return html("table", { class: "bars" }, html("tbody", {}, entries.map(([name, share]) => html("tr", {},
      html("th", { scope: "row" }, name),
      html("td", { class: "number", "data-share": share }, share.toFixed(3)),
      html("td", { class: "bar" }, svg("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" },
          svg("rect", { width: full > 0 ? (100 * share) / full : 0, height: 1 })))))));
}

function drawImportance(host, found) {
  const full = Math.max(...found.params.map((param) => param.share));
  const pairs = found.pairs.filter((pair) => pair.share >= LEAST_PAIR).slice(0, MOST_PAIRS);
  host.replaceChildren(
      html("p", { class: "about" }, `${IMPORTANCE_METHODS[found.method]} From ${found.trials} complete trials.`),
      importanceBars(found.params.map((param) => [param.name, param.share]), full),
      ...(pairs.length ? [html("h3", {}, "Interplay of two, beyond what each explains alone"),
                          importanceBars(pairs.map((pair) => [pair.names.join(" with "), pair.share]), full)] : []));
}

function showImportance(section) {
  if (!report.importance.length) return;
  section.hidden = false;
  const metrics = [...new Set(report.importance.map((found) => found.metric))];
  const state = { metric: metrics[0], method: "fanova" };
  const host = html("div", { id: "importance-bars" });
  const show = () => {
    const ofMetric = report.importance.filter((found) => found.metric === state.metric);
    drawImportance(host, ofMetric.find((found) => found.method === state.method) ?? ofMetric[0]);
  };
  const set = (key) => (value) => {
    state[key] = value;
    show();
  };
  section.append(
      html("div", { class: "controls" }, choice("Of", metrics.map((metric) => [metric, metricLabel(metric)]), state.metric, set("metric")),
          choice("by", [["fanova", "variance (fANOVA)"], ["ped_anova", "the best tenth (PED-ANOVA)"]], state.method, set("method"))),
      host);
  show();
}
