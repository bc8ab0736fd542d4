// SPDX-License-Identifier: Apache-2.0
// One small plot per parameter: a metric against the parameter's values.

const PARAM_HEIGHT = 170;
const FIRST_PARAMS = 12;
const BINS = 5;  // of a number's values, by rank

function groupOf(param, sorted, value) {
  if (param.type === "categorical") return choiceIndex(param, value);
  let below = 0;
  while (below < sorted.length && sorted[below] < value) ++below;
  return Math.min(BINS - 1, Math.floor((below * BINS) / sorted.length));
}

function choiceIndex(param, value) {
  return param.choices.findIndex((each) => each === value);
}

// How much of the metric's variance the parameter's groups explain on their own: the adjusted
// ratio epsilon squared, at least 0.
function explained(param, samples) {
  const sorted = samples.map(([value]) => value).sort((a, b) => a - b);
  const groups = new Map();
  for (const [value, result] of samples) {
    const key = groupOf(param, sorted, value);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const total = mean(samples.map((sample) => sample[1]));
  const all = samples.reduce((sum, sample) => sum + (sample[1] - total) ** 2, 0);
  const within = [...groups.values()].reduce((sum, values) => {
    const own = mean(values);
    return sum + values.reduce((part, value) => part + (value - own) ** 2, 0);
  }, 0);
  const free = samples.length - groups.size;
  if (groups.size < 2 || free < 1 || all === 0) return 0;
  return Math.max(0, 1 - (within / free) / (all / (samples.length - 1)));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : NaN;
}

function samplesOf(param, metric) {
  const samples = [];
  for (const trial of report.trials) {
    const value = metricOf(trial, metric);
    if (isFull(trial) && Number.isFinite(value) && Object.hasOwn(trial.params, param.name))
      samples.push([trial.params[param.name], value, trial]);
  }
  return samples;
}

// A fixed shift per trial keeps equal choices apart.
function jitter(number) {
  return ((number * 0.618034) % 1) - 0.5;
}

function drawParam(host, param, metric) {
  const samples = samplesOf(param, metric);
  const { layer, context, box, width, height } = startPlot(host, PARAM_HEIGHT, `${metricLabel(metric)} by ${param.name}`);
  Object.assign(box, { left: 52, right: width - 8, top: 8, bottom: height - 24 });
  const y = makeScale(samples.map((sample) => sample[1]), [box.bottom, box.top], { ticks: 4 });
  const group = svg("g", { "aria-hidden": "true" });
  for (const tick of y.ticks)
    group.append(svg("line", { class: "axis", x1: box.left, x2: box.right, y1: y.map(tick), y2: y.map(tick) }),
        svg("text", { x: box.left - 6, y: y.map(tick) + 4, "text-anchor": "end" }, shortNumber(tick)));
  layer.append(group);
  let across;
  if (param.type === "categorical") {
    const step = (box.right - box.left) / param.choices.length;
    across = (value, trial) => box.left + step * (choiceIndex(param, value) + 0.5 + jitter(trial.number) * 0.6);
    param.choices.forEach((each, i) => {
      const room = Math.max(3, Math.floor(step / 7));
      const text = String(each);
      const at = box.left + step * (i + 0.5);
      const middle = median(samples.filter((sample) => sample[0] === each).map((sample) => sample[1]));
      group.append(svg("text", { x: at, y: box.bottom + 16, "text-anchor": "middle" },
          text.length > room ? text.slice(0, room - 1) + "…" : text, svg("title", {}, text)));
      if (Number.isFinite(middle))
        group.append(svg("line", { class: "steps", x1: at - step * 0.36, x2: at + step * 0.36, y1: y.map(middle), y2: y.map(middle) }));
    });
  } else {
    const scale = makeScale([param.low, param.high], [box.left, box.right], { log: param.log, ticks: 4 });
    across = (value) => scale.map(value);
    for (const tick of scale.ticks.filter((each) => param.type === "real" || Number.isInteger(each)))
      group.append(svg("text", { x: scale.map(tick), y: box.bottom + 16, "text-anchor": "middle" }, shortNumber(tick)));
  }
  const marks = samples.map(([value, result, trial]) => ({ trial, x: across(value, trial), y: y.map(result) }));
  dots(context, marks.map((mark) => [mark.x, mark.y]), { color: themeColor("--dot"), radius: 2.2, opacity: 0.5 });
  const members = marks.filter((mark) => onFront.has(mark.trial.number)).map((mark) => [mark.x, mark.y]);
  dots(context, members, { color: themeColor("--mark"), radius: 3, opacity: 0.95 });
  pointAt(layer, marks, [metric]);
}

function showParams(section) {
  const state = { metric: objectives[0].metric, all: false };
  if (!report.params.length || !shownMetrics.length) {
    section.append(html("p", { class: "empty" }, "There is nothing to compare: no complete trial has parameters."));
    return;
  }
  const grid = html("div", { class: "small" });
  const more = html("button", { onclick: () => { state.all = true; draw(); } }, `Show all ${report.params.length}`);
  function draw() {
    const ranked = report.params
        .map((param) => ({ param, share: explained(param, samplesOf(param, state.metric)) }))
        .sort((a, b) => b.share - a.share);
    const shown = state.all ? ranked : ranked.slice(0, FIRST_PARAMS);
    more.hidden = shown.length === ranked.length;
    const hosts = shown.map(({ param, share }) => {
      const host = html("div", { class: "plot" });
      return { param, host, figure: html("figure", { "data-param": param.name },
          html("figcaption", {}, param.name + " ", html("span", {}, `explains ${Math.round(100 * share)} %`)), host) };
    });
    grid.replaceChildren(...hosts.map((each) => each.figure));
    for (const { param, host } of hosts) keepDrawn(host, () => drawParam(host, param, state.metric));
  }
  section.append(
      html("p", { class: "about" }, "Complete trials, with a bar at the median of each choice; members of the front stand out. The share is how much of the spread a parameter explains by itself, strongest first: the search did not sample evenly, so take it as a hint."),
      html("div", { class: "controls" }, choice("Metric", shownMetrics.map((metric) => [metric, metricLabel(metric)]), state.metric,
          (metric) => { state.metric = metric; draw(); })),
      grid, html("p", {}, more));
  draw();
}
