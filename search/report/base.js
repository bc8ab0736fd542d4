// SPDX-License-Identifier: Apache-2.0
// What the report is of.

const report = readData();

const objectives = report.study.objectives;
const front = report.fronts.length ? report.fronts[report.fronts.length - 1].members : [];
const onFront = new Set(front);
const trialByNumber = new Map(report.trials.map((trial) => [trial.number, trial]));

function metricOf(trial, metric) {
  if (metric === TRIAL_NUMBER) return trial.number;
  return toNumber(Object.hasOwn(trial.values, metric) ? trial.values[metric]
      : Object.hasOwn(trial.metrics, metric) ? trial.metrics[metric] : null);
}

function directionOf(metric) {
  const objective = objectives.find((each) => each.metric === metric);
  return objective ? objective.direction : metric.endsWith("accuracy") ? "maximize" : "minimize";
}

function isBetter(metric, a, b) {
  return directionOf(metric) === "maximize" ? a > b : a < b;
}

// Complete trials of the full training budget: those that may be the best.
function isFull(trial) {
  return trial.state === "complete" && trial.fidelity >= 1;
}

function paramsText(trial) {
  return Object.entries(trial.params)
      .map(([name, value]) => `${name}=${typeof value === "number" ? shortNumber(value) : value}`)
      .join(" ");
}

// Why a trial failed or was stopped early.
function reasonText(trial) {
  if (trial.failure) return `${trial.failure.kind}: ${trial.failure.reason}`;
  return trial.pruned ? `stopped at step ${trial.pruned.step}: ${trial.pruned.reason}` : "";
}

// A cell for a long text, cut after two lines; the trial's dialog has all of it.
function wideCell(text) {
  return html("td", { class: "wide" }, html("div", { class: "clamp", title: text }, text));
}

// The metrics that some trial has as a finite number, objectives first.
const shownMetrics = report.metrics.filter((metric) =>
    report.trials.some((trial) => Number.isFinite(metricOf(trial, metric))));

// A dialog with all that is known of a trial.
function showTrial(trial) {
  const dialog = byId("trial");
  const metrics = report.metrics.filter((metric) => !Number.isNaN(metricOf(trial, metric)));
  const facts = [["state", trial.state + (onFront.has(trial.number) ? ", on the front" : "")],
                 ["stage", trial.stage], ["fidelity", String(trial.fidelity)], ["seed", trial.seed],
                 ["attempt", String(trial.attempt)], ["evaluation took", shortDuration(trial.cost_seconds)]];
  for (const key of ["started", "finished", "architecture"]) if (trial[key]) facts.push([key, trial[key]]);
  if (trial.reused_from !== undefined) facts.push(["result of", `trial ${trial.reused_from}`]);
  if (trial.tags) facts.push(["tags", trial.tags.join(", ")]);
  if (trial.note) facts.push(["note", trial.note]);
  if (reasonText(trial)) facts.push(["reason", reasonText(trial)]);
  for (const [key, value] of Object.entries(trial.attributes ?? {}))
    facts.push([key, typeof value === "string" ? value : JSON.stringify(value)]);
  const params = Object.entries(trial.params).map(([name, value]) => [name, String(value)]);
  dialog.replaceChildren(
      html("header", {}, html("h2", { id: "trial-title" }, `Trial ${trial.number}`),
          html("button", { onclick: () => dialog.close() }, "Close")),
      metrics.length ? html("h3", {}, "Metrics") : "",
      definitions(metrics.map((metric) => [metricLabel(metric), String(metricOf(trial, metric))]), { class: "facts" }),
      params.length ? html("h3", {}, "Parameters") : "",
      definitions(params, { class: "facts" }),
      html("h3", {}, "Record"), definitions(facts, { class: "facts" }));
  hideTip();
  dialog.showModal();
}

function trialLink(trial) {
  return html("button", { class: "link", "aria-label": `Trial ${trial.number}: details`,
                          onclick: () => showTrial(trial) }, String(trial.number));
}

const TIP_PARAMS = 8;

function tipOfTrial(trial, metrics, x, y) {
  const params = Object.entries(trial.params);
  const entries = [...new Set([...metrics, ...objectives.map((each) => each.metric)])]
      .filter((metric) => metric !== TRIAL_NUMBER)
      .map((metric) => [metricLabel(metric), shortNumber(metricOf(trial, metric))]);
  for (const [name, value] of params.slice(0, TIP_PARAMS))
    entries.push([name, typeof value === "number" ? shortNumber(value) : String(value)]);
  if (params.length > TIP_PARAMS) entries.push(["", `and ${params.length - TIP_PARAMS} more parameters`]);
  showTip(`Trial ${trial.number}${trial.stage === "finalist" ? ", finalist" : ""}`, entries, x, y);
}
