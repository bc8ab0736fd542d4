// SPDX-License-Identifier: Apache-2.0
// Two groups of studies side by side.

const found = readData();
const KINDS = ["first", "second"];  // classes that give a group its colour
const PLOT_HEIGHT = 360;
const ALONG = { trials: "trials that have ended", cost: "seconds of evaluations", time: "seconds since the first trial began" };

function head() {
  const [first, second] = found.groups;
  byId("name").textContent = `${first.name} and ${second.name}`;
  document.title = `${first.name} and ${second.name} – parnas comparison`;
  byId("aim").textContent = `${found.direction} ${metricLabel(found.measure)}`;
}

function interval([low, high]) {
  return ` [${shortNumber(low)}, ${shortNumber(high)}]`;
}

function verdictTable() {
  const title = (text, kind) => html("th", { scope: "col", class: kind }, text);
  const number = (text) => html("td", { class: "number" }, text);
  return html("div", { class: "scroll" }, html("table", { id: "verdict-table" },
      html("thead", {}, html("tr", {}, title("after"), found.groups.map((group) => title(`median of ${group.name}`, "number")),
          title("difference", "number"), title(`${found.groups[0].name} wins`, "number"), title("p", "number"))),
      html("tbody", {}, found.comparisons.map((each) => html("tr", {},
          html("td", {}, each.at === "trials" ? `${each.place} trials` : `${shortDuration(each.place)} of evaluations`),
          each.medians.map((median, i) => number(shortNumber(median) + interval(each.intervals[i]))),
          number(shortNumber(each.difference) + interval(each.difference_interval)),
          number(`${shortNumber(100 * each.first_wins)} %`), number(shortNumber(each.p)))))));
}

function showVerdict(section) {
  section.append(
      ...found.comparisons.map((each) => html("p", { class: "sentence" }, each.sentence)), verdictTable(),
      html("p", { class: "about" }, "In brackets what 95 % of bootstrap samples of the studies give. p is two-sided, of " +
          (found.comparisons[0].paired ? "Wilcoxon's signed-rank test: studies of equal seeds are pairs."
                                       : "the rank-sum test: the studies' seeds make no pairs.")));
}

// The staircase of a step function of places.
function bandPath(places, values, x, y) {
  return stepPath(places.map((place, i) => [x.map(place), y.map(values[i])]));
}

function bandArea({ places, low, high }, x, y) {
  const up = bandPath(places, high, x, y);
  const points = places.map((place, i) => [x.map(place), y.map(low[i])]).reverse();
  const back = points.map(([across, at], i) => (i === 0 ? `L${across},${at}` : `V${at}H${across}`)).join("");
  return `${up}${back}Z`;
}

function drawConvergence(host, state) {
  const bands = found.groups.map((group) => group.convergence[state.along]);
  const { layer, box } = startPlot(host, PLOT_HEIGHT, `${metricLabel(found.measure)} over ${ALONG[state.along]}`);
  const x = makeScale(bands.flatMap((band) => band.places), [box.left, box.right], { log: state.logX });
  const y = makeScale(bands.flatMap((band) => [...band.low, ...band.high]), [box.bottom, box.top], { log: state.logY });
  layer.append(axes(box, x, y, { x: ALONG[state.along], y: metricLabel(found.measure) }));
  bands.forEach((band, i) => {
    if (!band.places.length) return;
    layer.append(svg("path", { class: `band ${KINDS[i]}`, d: bandArea(band, x, y) }),
        svg("path", { class: `line ${KINDS[i]}`, d: bandPath(band.places, band.middle, x, y), "data-places": band.places.length,
                      "data-last": band.middle.at(-1) }));
  });
}

function groupLegend() {
  return legend(found.groups.map((group, i) => [svg("path", { class: `line ${KINDS[i]}`, d: "M0,6H16" }), group.name]));
}

function showConvergence(section) {
  const options = Object.entries(ALONG).filter(([along]) => found.groups.every((group) =>
      new Set(group.convergence[along].places).size > 1 || along === "trials"));
  const values = found.groups.flatMap((group) => [...group.convergence.trials.low, ...group.convergence.trials.high]);
  const state = { along: "trials", logX: false, logY: wantsLog(values) };
  const { host, set, show } = plotOf(state, drawConvergence);
  section.append(
      html("p", { class: "about" }, "The median of the studies, and the range of the middle half of them."),
      html("div", { class: "controls" }, choice("Over", options, state.along, set("along")), toggle("log scale across", state.logX, set("logX")),
          toggle("log scale up", state.logY, set("logY"))),
      host, groupLegend());
  show();
}

// The staircase of corners, on to the ends of the plot: a corner stands for all that is worse.
function surfacePath(corners, x, y, box) {
  const [across, up] = found.objectives.map((objective) => objective.direction === "maximize");
  const points = corners.map(([a, b]) => [x.map(a), y.map(b)]).sort((a, b) => a[0] - b[0]);
  if (across) points.reverse();
  const worstY = up ? box.bottom : box.top, worstX = across ? box.left : box.right;
  const [[firstX]] = points;
  return `M${firstX},${worstY}` + points.map(([px, py], i) => (i === 0 ? `V${py}` : `H${px}V${py}`)).join("") + `H${worstX}`;
}

const SURFACES = [["first_quarter", "a quarter"], ["half", "half"], ["third_quarter", "three quarters"]];

function drawAttainment(host, state) {
  const [across, up] = found.objectives.map((objective) => metricLabel(objective.metric));
  const { layer, box } = startPlot(host, PLOT_HEIGHT, `${up} over ${across} that the studies attained`);
  const corners = found.groups.flatMap((group) => SURFACES.flatMap(([key]) => group.attainment[key]));
  const x = makeScale(corners.map(([a]) => a), [box.left, box.right], { log: state.logX });
  const y = makeScale(corners.map(([, b]) => b), [box.bottom, box.top], { log: state.logY });
  layer.append(axes(box, x, y, { x: across, y: up }));
  found.groups.forEach((group, i) => SURFACES.forEach(([key]) => {
    if (group.attainment[key].length)
      layer.append(svg("path", { class: `line ${KINDS[i]} ${key}`, d: surfacePath(group.attainment[key], x, y, box),
                                 "data-corners": group.attainment[key].length }));
  }));
}

function showAttainment(section) {
  const corners = found.groups.flatMap((group) => (group.attainment ? SURFACES.flatMap(([key]) => group.attainment[key]) : []));
  if (!corners.length) return;
  section.hidden = false;
  const state = { logX: wantsLog(corners.map(([a]) => a)), logY: wantsLog(corners.map(([, b]) => b)) };
  const { host, set, show } = plotOf(state, drawAttainment);
  section.append(
      html("p", { class: "about" }, "What a quarter of a group's studies attained (dotted), half of them (solid) and three quarters (dashed)."),
      html("div", { class: "controls" }, toggle("log scale across", state.logX, set("logX")), toggle("log scale up", state.logY, set("logY"))),
      host, groupLegend());
  show();
}

function showStudies(section) {
  section.append(html("div", { class: "scroll" }, html("table", {},
      html("thead", {}, html("tr", {}, ["group", "study"].map((title) => html("th", { scope: "col" }, title)),
          ["seed", "trials"].map((title) => html("th", { scope: "col", class: "number" }, title)))),
      html("tbody", {}, found.groups.flatMap((group) => group.studies.map((study) => html("tr", {},
          html("td", {}, group.name), html("td", {}, study.name), html("td", { class: "number" }, study.seed ?? "–"),
          html("td", { class: "number" }, String(study.trials)))))))));
  section.append(html("p", { class: "about" }, `Written ${found.written.slice(0, 19)} UTC by parnas ${found.parnas}.` +
      (found.hypervolume_reference ? ` Hypervolumes are measured to ${found.objectives.map((objective, i) =>
          `${metricLabel(objective.metric)} ${shortNumber(found.hypervolume_reference[i])}`).join(", ")}.` : "")));
}

head();
showVerdict(byId("verdict"));
showConvergence(byId("convergence"));
showAttainment(byId("attainment"));
showStudies(byId("studies"));
document.documentElement.dataset.ready = "yes";
