// SPDX-License-Identifier: Apache-2.0
// How a weight-sharing search trained what its trials share.

const PHASES_HEIGHT = 260;

// Of a metric, [index, value] of neighbours with one name.
function phaseLines(metric) {
  const lines = [];
  for (const { index, name, metrics } of report.phases) {
    if (lines.at(-1)?.name !== name) lines.push({ name, points: [] });
    const value = toNumber(metrics[metric]);
    if (Number.isFinite(value)) lines.at(-1).points.push([index, value]);
  }
  return lines.filter(({ points }) => points.length);
}

function drawPhases(host, state) {
  const lines = phaseLines(state.metric);
  const label = metricLabel(state.metric);
  const { layer, context, box } = startPlot(host, PHASES_HEIGHT, `${label} over phases`);
  const values = lines.flatMap(({ points }) => points.map((point) => point[1]));
  const x = makeScale([0, report.phases.length - 1], [box.left, box.right]);
  const y = makeScale(values, [box.bottom, box.top], { log: state.log });
  layer.append(axes(box, x, y, { x: "phase", y: label }));
  for (const { name, points } of lines) {
    const pixels = points.map(([index, value]) => [x.map(index), y.map(value)]);
    dots(context, pixels, { color: themeColor("--dot"), radius: 2.5 });
    layer.append(svg("path", { class: "steps", d: `M${pixels.join("L")}`, "data-points": pixels.length }),
        svg("text", { x: pixels[0][0] + 4, y: box.top + 12 }, name));
  }
}

function showPhases(section) {
  const metrics = [...new Set(report.phases.flatMap((phase) => Object.keys(phase.metrics)))].sort();
  if (!metrics.length) return;
  section.hidden = false;
  const state = { metric: metrics.find((metric) => metric.endsWith("accuracy")) ?? metrics[0], log: false };
  const { host, set, show } = plotOf(state, drawPhases);
  section.append(
      html("p", { class: "about" }, "What the search trained before and between its trials; they start from its weights."),
      html("div", { class: "controls" },
          choice("Show", metrics.map((metric) => [metric, metricLabel(metric)]), state.metric, set("metric")),
          toggle("log scale", state.log, set("log"))),
      host);
  show();
}
