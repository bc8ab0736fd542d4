// SPDX-License-Identifier: Apache-2.0
// How far the search had come after each trial.

const HISTORY_HEIGHT = 300;
const HYPERVOLUME = "\u0000hypervolume";  // no metric's name

const ACROSS = {
  trials: "trials that have ended", time: "seconds since the study was created", cost: "seconds of evaluations",
};

// Trials in the order in which they ended, with the seconds since the study was created.
const finished = report.trials.filter((trial) => trial.finished)
    .map((trial) => ({ trial, time: seconds(trial.finished) - seconds(report.study.created) }))
    .sort((a, b) => a.time - b.time || a.trial.number - b.trial.number);

let spent = 0;
finished.forEach((each, i) => {
  spent += each.trial.cost_seconds || 0;
  each.at = { trials: i + 1, time: each.time, cost: spent };
});

// [across, value] of each improvement, and of every value.
function progressOf(metric, across) {
  const steps = [], marks = [];
  let best = NaN;
  finished.forEach(({ trial, at: { [across]: at } }) => {
    const value = metricOf(trial, metric);
    if (!isFull(trial) || !Number.isFinite(value)) return;
    marks.push({ trial, at, value });
    if (Number.isNaN(best) || isBetter(metric, value, best)) {
      best = value;
      steps.push([at, value]);
    }
  });
  return { steps, marks };
}

function hypervolumes(across) {
  const created = seconds(report.study.created);
  const steps = [];
  let done = 0;
  for (const version of report.fronts) {
    const time = seconds(version.time) - created;
    while (done < finished.length && finished[done].time <= time) ++done;
    if (Number.isFinite(toNumber(version.hypervolume)))
      steps.push([across === "time" ? time : finished[Math.max(done, 1) - 1].at[across], toNumber(version.hypervolume)]);
  }
  return { steps, marks: [] };
}

function drawHistory(host, state) {
  const series = state.what === HYPERVOLUME ? hypervolumes(state.across) : progressOf(state.what, state.across);
  const label = state.what === HYPERVOLUME ? "hypervolume of the front" : metricLabel(state.what);
  const across = ACROSS[state.across];
  const { layer, context, box } = startPlot(host, HISTORY_HEIGHT, `${label} over ${across}`);
  const end = finished.at(-1).at[state.across];
  const values = [...series.steps.map((step) => step[1]), ...series.marks.map((mark) => mark.value)];
  const x = makeScale([0, end], [box.left, box.right]);
  const y = makeScale(values, [box.bottom, box.top], { log: state.log });
  layer.append(axes(box, x, y, { x: across, y: label }));
  const marks = series.marks.map((mark) => ({ trial: mark.trial, x: x.map(mark.at), y: y.map(mark.value) }));
  dots(context, marks.map((mark) => [mark.x, mark.y]), { color: themeColor("--dot"), radius: 2.5 });
  finished.forEach(({ trial, at }) => {
    if (trial.state !== "fail") return;
    context.fillStyle = themeColor("--bad");
    context.fillRect(x.map(at[state.across]) - 0.75, box.bottom - 7, 1.5, 7);
  });
  if (series.steps.length) {
    const path = stepPath([...series.steps, [end, series.steps.at(-1)[1]]].map(([a, b]) => [x.map(a), y.map(b)]));
    layer.append(svg("path", { class: "steps", d: path, "data-steps": series.steps.length,
                               "data-last": series.steps.at(-1)[1] }));
  }
  if (state.what !== HYPERVOLUME) pointAt(layer, marks, [state.what]);
}

function showHistory(section) {
  if (!finished.length) {
    section.append(html("p", { class: "empty" }, "No trial has ended yet."));
    return;
  }
  const options = objectives.map((each) => [each.metric, `best ${metricLabel(each.metric)}`]);
  if (report.fronts.some((version) => Number.isFinite(toNumber(version.hypervolume))))
    options.unshift([HYPERVOLUME, "hypervolume"]);
  const state = { what: options[0][0], across: "trials", log: false };
  const { host, set, show } = plotOf(state, drawHistory);
  const failures = finished.some(({ trial }) => trial.state === "fail");
  section.append(
      html("div", { class: "controls" }, choice("Show", options, state.what, set("what")),
          choice("over", [["trials", "trials"], ["time", "time"], ...(spent > 0 ? [["cost", "cost"]] : [])], state.across, set("across")),
          toggle("log scale", state.log, set("log"))),
      host,
      legend([[svg("path", { class: "steps", d: "M0,9H6V3H16" }), "best so far"],
              [svg("circle", { cx: 8, cy: 6, r: 3.5, class: "other" }), "a trial"],
              ...(failures ? [[svg("rect", { x: 7, y: 1, width: 2, height: 10, class: "failed" }), "a trial that failed"]] : [])]));
  show();
}
