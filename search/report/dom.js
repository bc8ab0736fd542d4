// SPDX-License-Identifier: Apache-2.0
"use strict";

// What every page is made of.

function readData() {
  return JSON.parse(document.getElementById("data").textContent);
}

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

const TRIAL_NUMBER = "";  // what stands for a trial's number where a metric is expected

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
