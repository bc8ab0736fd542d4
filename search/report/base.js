// SPDX-License-Identifier: Apache-2.0
"use strict";

const report = JSON.parse(document.getElementById("data").textContent);

// Everything from the store is a stranger's text. It becomes text nodes and values of
// attributes, never markup.
function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function html(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

// Numbers that are not finite are texts in the data: "NaN", "Infinity".
function toNumber(value) {
  return value === null || value === undefined ? NaN : Number(value);
}

const objectives = report.study.objectives;
const front = report.fronts.length ? report.fronts[report.fronts.length - 1].members : [];
const onFront = new Set(front);
const trialByNumber = new Map(report.trials.map((trial) => [trial.number, trial]));

const TRIAL_NUMBER = "";  // what stands for a trial's number where a metric is expected

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

// Times are UTC: "2026-11-21 00:10:43.206181".
function seconds(time) {
  return Date.parse(time.replace(" ", "T").slice(0, 23) + "Z") / 1000;
}

const UNITS = { _ms: "ms", _us: "us", _mj: "mJ", _seconds: "s", _bytes: "bytes", _percent: "%" };

function metricLabel(metric) {
  if (metric === TRIAL_NUMBER) return "trial";
  for (const [suffix, unit] of Object.entries(UNITS))
    if (metric.length > suffix.length && metric.endsWith(suffix))
      return `${metric.slice(0, -suffix.length).replaceAll("_", " ")} (${unit})`;
  return metric.replaceAll("_", " ");
}

// Four significant digits; large numbers with k, M, G or T.
function shortNumber(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e5) return String(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(3);
  if (size < 1e5) return String(Number(value.toPrecision(size >= 1000 ? Math.ceil(Math.log10(size)) : 4)));
  const power = Math.min(4, Math.floor(Math.log10(size) / 3));
  return Number((value / 1000 ** power).toPrecision(4)) + ["", "k", "M", "G", "T"][power];
}

function shortDuration(time) {
  if (!(time >= 0)) return "–";
  if (time < 60) return `${Number(time.toPrecision(3))} s`;
  if (time < 3600) return `${Math.floor(time / 60)} min ${Math.round(time % 60)} s`;
  if (time < 86400) return `${Math.floor(time / 3600)} h ${Math.round((time % 3600) / 60)} min`;
  return `${Math.floor(time / 86400)} d ${Math.round((time % 86400) / 3600)} h`;
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

// A list of names and values.
function definitions(entries, attributes = {}) {
  return html("dl", attributes, entries.map(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]));
}

function choice(label, options, selected, onchange) {
  const select = html("select", { onchange: () => onchange(select.value) },
      options.map(([value, text]) => html("option", { value, selected: value === selected }, text)));
  return html("label", {}, label + " ", select);
}

function toggle(label, checked, onchange) {
  const input = html("input", { type: "checkbox", checked, onchange: () => onchange(input.checked) });
  return html("label", {}, input, " " + label);
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

const tip = byId("tip");

function showTip(title, entries, x, y) {
  tip.replaceChildren(html("strong", {}, title), definitions(entries));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 14 + height > innerHeight ? Math.max(4, y - height - 10) : y + 14}px`;
}

function hideTip() {
  tip.hidden = true;
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
