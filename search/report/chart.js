// SPDX-License-Identifier: Apache-2.0
// Scales, axes and the two layers of a plot: a canvas for what there may be thousands of, and
// an SVG above it for what is read, pointed at and tested.

const MARGIN = { left: 74, right: 18, top: 14, bottom: 46 };

function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values)
    if (Number.isFinite(value)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : [0, 1];
}

// A logarithmic axis tells more where values are positive and span two powers of ten.
function wantsLog(values) {
  const [low, high] = extent(values);
  return low > 0 && high / low >= 100;
}

function linearTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let tick = Math.ceil(low / step); tick * step <= high + step * 1e-9; ++tick)
    ticks.push(Number((tick * step).toPrecision(12)));
  return ticks;
}

function logTicks(low, high, count) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); ++power)
    for (const factor of [1, 2, 5]) ticks.push(Number(`${factor}e${power}`));
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  const whole = inside.filter((tick) => Number.isInteger(Number(Math.log10(tick).toFixed(9))));
  if (inside.length <= count + 2) return inside;
  return whole.length > count ? whole.filter((_, i) => i % Math.ceil(whole.length / count) === 0) : whole;
}

// Maps values to pixels; `log` gives way where a value is not positive.
function makeScale(values, pixels, { log = false, ticks = 6 } = {}) {
  let [low, high] = extent(values);
  const isLog = log && low > 0;
  const forward = isLog ? Math.log10 : (value) => value;
  let [from, to] = [forward(low), forward(high)];
  const pad = to > from ? (to - from) * 0.04 : Math.abs(from) * 0.1 || 0.5;
  from -= pad;
  to += pad;
  const [start, end] = pixels;
  const back = (value) => (isLog ? 10 ** value : value);
  return {
    map: (value) => start + ((forward(value) - from) / (to - from)) * (end - start),
    ticks: isLog ? logTicks(back(from), back(to), ticks) : linearTicks(from, to, ticks),
  };
}

function axes(box, x, y, labels) {
  const group = svg("g", { "aria-hidden": "true" });
  for (const tick of x.ticks) {
    const at = x.map(tick);
    group.append(svg("line", { class: "axis", x1: at, x2: at, y1: box.top, y2: box.bottom }),
        svg("text", { x: at, y: box.bottom + 17, "text-anchor": "middle" }, shortNumber(tick)));
  }
  for (const tick of y.ticks) {
    const at = y.map(tick);
    group.append(svg("line", { class: "axis", x1: box.left, x2: box.right, y1: at, y2: at }),
        svg("text", { x: box.left - 8, y: at + 4, "text-anchor": "end" }, shortNumber(tick)));
  }
  const middle = (box.top + box.bottom) / 2;
  group.append(
      svg("text", { class: "title", x: (box.left + box.right) / 2, y: box.bottom + 38, "text-anchor": "middle" }, labels.x),
      svg("text", { class: "title", x: 15, y: middle, transform: `rotate(-90 15 ${middle})`, "text-anchor": "middle" }, labels.y));
  return group;
}

function themeColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// An empty plot of the host's width: what to draw on, and the box inside of the margins.
function startPlot(host, height, label) {
  const width = Math.max(320, Math.round(host.clientWidth) || 900);
  const scale = window.devicePixelRatio || 1;
  const canvas = html("canvas", { width: width * scale, height: height * scale, "aria-hidden": "true" });
  const layer = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
  host.replaceChildren(canvas, layer);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
  return { layer, context, box, width, height };
}

const MANY_DOTS = 1500;  // more become fainter, so that a crowd shows where it is thick

function dots(context, points, { color, radius = 3, opacity = 0.55 }) {
  context.fillStyle = color;
  context.globalAlpha = opacity * Math.min(1, Math.max(0.25, MANY_DOTS / points.length));
  for (const [x, y] of points) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

// Where steps lead through points that are ordered by x.
function stepPath(points) {
  return points.map(([x, y], i) => (i === 0 ? `M${x},${y}` : `H${x}V${y}`)).join("");
}

// Draws now, and again whenever the width or the theme changes.
function keepDrawn(host, draw) {
  let width = 0;
  const redraw = () => {
    width = host.clientWidth;
    draw();
  };
  redraw();
  new ResizeObserver(() => {
    if (host.clientWidth !== width) redraw();
  }).observe(host);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  return redraw;
}

// A plot that its controls change: `host` is for the page, where show() draws it with
// draw(host, state); set(key)(value) changes the state and draws it again.
function plotOf(state, draw) {
  const host = html("div", { class: "plot" });
  let redraw = () => {};
  return {
    host,
    set: (key) => (value) => {
      state[key] = value;
      redraw();
    },
    show: () => {
      redraw = keepDrawn(host, () => draw(host, state));
    },
  };
}

// Tells of the nearest of `marks`, [{x, y, trial}] in pixels, while the pointer is near one.
function pointAt(layer, marks, metrics) {
  const nearest = (event) => {
    const frame = layer.getBoundingClientRect();
    const ratio = layer.viewBox.baseVal.width / frame.width;
    const at = [(event.clientX - frame.left) * ratio, (event.clientY - frame.top) * ratio];
    let found = null, best = 20 ** 2;
    for (const mark of marks) {
      const distance = (mark.x - at[0]) ** 2 + (mark.y - at[1]) ** 2;
      if (distance < best) [found, best] = [mark, distance];
    }
    return found;
  };
  layer.addEventListener("pointermove", (event) => {
    const mark = nearest(event);
    layer.style.cursor = mark ? "pointer" : "";
    if (mark) tipOfTrial(mark.trial, metrics, event.clientX, event.clientY);
    else hideTip();
  });
  layer.addEventListener("pointerleave", hideTip);
  layer.addEventListener("click", (event) => {
    const mark = nearest(event);
    if (mark) showTrial(mark.trial);
  });
}

// A mark that the keyboard reaches as well.
function trialMark(trial, shape, metrics, attributes) {
  const show = (event) => {
    const frame = event.target.getBoundingClientRect();
    tipOfTrial(trial, metrics, frame.right, frame.bottom);
  };
  return svg(shape, {
    ...attributes, tabindex: 0, role: "button",
    "aria-label": `Trial ${trial.number}: ` +
        metrics.map((metric) => `${metricLabel(metric)} ${shortNumber(metricOf(trial, metric))}`).join(", "),
    onfocus: show, onblur: hideTip,
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        showTrial(trial);
      }
    },
  });
}

function legend(entries) {
  return html("ul", { class: "legend" }, entries.map(([shape, text]) =>
      html("li", {}, svg("svg", { viewBox: "0 0 16 12", "aria-hidden": "true" }, shape), text)));
}
