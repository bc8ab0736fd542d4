// SPDX-License-Identifier: Apache-2.0
// The trials that no other one dominates: a scatter of any two metrics, and a table.

const FRONT_HEIGHT = 430;

function diamond(x, y, size) {
  return `M${x},${y - size}L${x + size},${y}L${x},${y + size}L${x - size},${y}Z`;
}

// The edge of what two objectives dominate.
function staircase(members, x, y) {
  const points = members.map((trial) => [metricOf(trial, x.metric), metricOf(trial, y.metric)])
      .sort((a, b) => a[0] - b[0])
      .map(([a, b]) => [x.scale.map(a), y.scale.map(b)]);
  if (directionOf(x.metric) === "minimize") return stepPath(points);
  // Better to the right: the value of the next point holds up to it.
  return points.map(([px, py], i) => (i === 0 ? `M${px},${py}` : `V${py}H${px}`)).join("");
}

function limitLine(box, x, y) {
  const limits = report.study.limits ?? {};
  const lines = [];
  const [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
  if (Object.hasOwn(limits, x.metric)) {
    const at = x.scale.map(toNumber(limits[x.metric]));
    if (at >= left && at <= right)
      lines.push(svg("line", { class: "limit", x1: at, x2: at, y1: top, y2: bottom }),
          svg("text", { class: "limit-label", x: at - 4, y: top + 12, "text-anchor": "end" }, "limit"));
  }
  if (Object.hasOwn(limits, y.metric)) {
    const at = y.scale.map(toNumber(limits[y.metric]));
    if (at >= top && at <= bottom)
      lines.push(svg("line", { class: "limit", x1: left, x2: right, y1: at, y2: at }),
          svg("text", { class: "limit-label", x: right - 2, y: at - 4, "text-anchor": "end" }, "limit"));
  }
  return lines;
}

function drawFront(host, state) {
  const { layer, context, box } = startPlot(host, FRONT_HEIGHT,
      `${metricLabel(state.y)} against ${metricLabel(state.x)} of all complete trials`);
  const complete = report.trials.filter((trial) => trial.state === "complete" &&
      Number.isFinite(metricOf(trial, state.x)) && Number.isFinite(metricOf(trial, state.y)));
  const x = { metric: state.x }, y = { metric: state.y };
  x.scale = makeScale(complete.map((trial) => metricOf(trial, state.x)), [box.left, box.right], { log: state.logX });
  y.scale = makeScale(complete.map((trial) => metricOf(trial, state.y)), [box.bottom, box.top], { log: state.logY });
  const marks = complete.map((trial) => ({
    trial, x: x.scale.map(metricOf(trial, state.x)), y: y.scale.map(metricOf(trial, state.y)),
  }));
  layer.append(axes(box, x.scale, y.scale, { x: metricLabel(state.x), y: metricLabel(state.y) }), ...limitLine(box, x, y));
  dots(context, marks.filter((mark) => !onFront.has(mark.trial.number)).map((mark) => [mark.x, mark.y]),
      { color: themeColor("--dot") });

  const members = marks.filter((mark) => onFront.has(mark.trial.number));
  const both = new Set([state.x, state.y]);
  if (objectives.length === 2 && objectives.every((each) => both.has(each.metric)))
    layer.append(svg("path", { class: "steps", d: staircase(members.map((mark) => mark.trial), x, y) }));
  for (const mark of members.sort((a, b) => a.x - b.x)) {
    const finalist = mark.trial.stage === "finalist";
    layer.append(trialMark(mark.trial, finalist ? "path" : "circle", [state.x, state.y], {
      class: "point", "data-trial": mark.trial.number,
      "data-x": metricOf(mark.trial, state.x), "data-y": metricOf(mark.trial, state.y),
      ...(finalist ? { d: diamond(mark.x, mark.y, 8) } : { cx: mark.x, cy: mark.y, r: 6 }),
    }));
  }
  pointAt(layer, marks, [state.x, state.y]);
}

function frontTable(members) {
  const first = ["test_accuracy", "parameters", "multiply_adds"];
  const others = shownMetrics.filter((metric) => !objectives.some((each) => each.metric === metric) &&
      !/_seconds$|_(low|high)_/.test(metric));
  others.sort((a, b) => (first.indexOf(a) + 1 || 9) - (first.indexOf(b) + 1 || 9));
  const metrics = [...objectives.map((each) => each.metric), ...others.slice(0, 4)];
  const finalists = members.some((trial) => trial.stage === "finalist");
  return html("div", { class: "scroll" }, html("table", { id: "front-table" },
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "trial"),
          finalists ? html("th", { scope: "col" }, "stage") : null,
          metrics.map((metric) => html("th", { scope: "col", class: "number" }, metricLabel(metric))),
          html("th", { scope: "col" }, "parameters of the space"))),
      html("tbody", {}, members.map((trial) => html("tr", { "data-trial": trial.number },
          html("td", {}, trialLink(trial)),
          finalists ? html("td", {}, trial.stage) : null,
          metrics.map((metric) => html("td", { class: "number", "data-metric": metric, "data-value": metricOf(trial, metric) },
              shortNumber(metricOf(trial, metric)))),
          wideCell(paramsText(trial)))))));
}

const LONG_FRONT = 12;

function showFront(section) {
  const members = front.map((number) => trialByNumber.get(number)).filter(Boolean);
  if (!members.length) {
    section.append(html("p", { class: "empty" }, "The front is empty: no trial is complete and within the limits."));
    return;
  }
  const main = objectives[0].metric;
  members.sort((a, b) => (isBetter(main, metricOf(a, main), metricOf(b, main)) ? -1 : 1));
  const options = [[TRIAL_NUMBER, "trial"], ...shownMetrics.map((metric) => [metric, metricLabel(metric)])];
  const valuesOf = (metric) => members.map((trial) => metricOf(trial, metric));
  const second = objectives[1]?.metric ?? TRIAL_NUMBER;
  const state = { x: second, y: main, logX: wantsLog(valuesOf(second)), logY: wantsLog(valuesOf(main)) };
  const { host, set, show } = plotOf(state, drawFront);
  section.append(
      html("p", { class: "about" }, objectives.length > 1
          ? "The trials that no other one beats in every objective. Point at a mark for its parameters; click it, or press Enter on it, for all of its record."
          : "The best trial. Point at a mark for its parameters; click it, or press Enter on it, for all of its record."),
      html("div", { class: "controls" }, choice("Across", options, state.x, set("x")), toggle("log scale", state.logX, set("logX")),
          choice("Up", options, state.y, set("y")), toggle("log scale", state.logY, set("logY"))),
      host,
      legend([[svg("circle", { class: "point", cx: 8, cy: 6, r: 5 }), "on the front"],
              ...(members.some((trial) => trial.stage === "finalist")
                  ? [[svg("path", { class: "point", d: diamond(8, 6, 6) }), "finalist on the front"]] : []),
              [svg("circle", { cx: 8, cy: 6, r: 3.5, class: "other" }), "other complete trials"]]));
  show();
  const table = frontTable(members);
  section.append(members.length <= LONG_FRONT ? html("h3", {}, "Members") : "",
      members.length <= LONG_FRONT ? table : html("details", {}, html("summary", {}, `All ${members.length} members as a table`), table));
}
