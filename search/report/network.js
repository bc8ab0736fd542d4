// SPDX-License-Identifier: Apache-2.0
// The chosen network as a graph of its layers.

const MANY_BOXES = 90;  // more are closed into blocks at first
const BORDER = 26;

const OP_CLASS = {
  conv: "conv", linear: "conv", embedding: "conv", attention: "conv", recurrent: "conv", message_passing: "conv",
  norm: "norm", softmax: "norm", activation: "act", pool: "pool", global_pool: "pool", resize: "pool",
  add: "join", multiply: "join", concat: "join", zero: "none", identity: "none", dropout: "none", input: "end",
};

// "conv out=16 kernel=3x3 padding=1x1" as "conv 3×3, 16".
function shortOp(node) {
  const given = Object.fromEntries(node.text.split(" ").slice(1).map((part) => part.split("=")));
  const size = (text) => text.replaceAll("x", "×");
  const stride = given.stride && given.stride !== "1x1" ? ` /${given.stride.split("x")[0]}` : "";
  switch (node.op) {
    case "conv": {
      const grouped = given.groups ? (given.groups === given.out ? "dw " : `${given.groups} groups `) : "";
      return `${grouped}conv ${size(given.kernel ?? "1x1")}${stride}, ${given.out ?? 1}`;
    }
    case "linear": return `linear ${given.out ?? 1}`;
    case "norm": return `${given.kind ?? "batch"} norm`;
    case "activation": return given.kind ?? "relu";
    case "pool": return `${given.kind ?? "average"} pool ${size(given.kernel ?? "2x2")}`;
    case "attention": return given.kind ? `${given.kind} attention` : "attention";
    case "global_pool": return `global ${given.kind ?? "average"} pool`;
    case "custom": return given.type ?? "custom";
    case "input": return node.name;
    default: return node.op.replaceAll("_", " ");
  }
}

function sum(nodes, key) {
  return nodes.reduce((total, node) => total + (node[key] ?? 0), 0);
}

// What a box says and weighs.
function describeBox(box, nodes, isOutput) {
  const members = box.members.map((index) => nodes[index]);
  const last = members.at(-1);
  const one = members.length === 1;
  const shape = (last.shape ?? "").replaceAll("x", "×");
  const cut = (text) => (text.length > 26 ? text.slice(0, 25) + "…" : text);
  box.title = cut(one ? shortOp(last) : box.name);
  box.sub = cut(one ? shape : `${members.length} layers${shape ? ", " + shape : ""}`);
  box.kind = one ? OP_CLASS[last.op] ?? "other" : "other";
  if (isOutput) box.kind = "end";
  box.facts = [["op", one ? last.text : `${members.length} layers`], ["output", shape],
               ["parameters", shortNumber(sum(members, "parameters"))],
               ["multiply-adds", shortNumber(sum(members, "multiply_adds"))]];
  if (isOutput) box.facts.push(["", "an output of the network"]);
  box.width = Math.max(64, Math.max(box.title.length * 7.3, box.sub.length * 6.1) + 20);
  box.height = box.sub ? 40 : 28;
}

function curve(points) {
  return points.map(([x, y], i) => {
    if (i === 0) return `M${x.toFixed(1)},${y.toFixed(1)}`;
    const middle = (points[i - 1][1] + y) / 2;
    return `C${points[i - 1][0].toFixed(1)},${middle.toFixed(1)} ${x.toFixed(1)},${middle.toFixed(1)} ${x.toFixed(1)},${y.toFixed(1)}`;
  }).join("");
}

// Straight through the layers that an edge passes by, curved between them.
function edgePath(chain) {
  const points = [];
  chain.forEach((item, i) => {
    if (i > 0) points.push([item.x, item.y - item.half]);
    if (i + 1 < chain.length) points.push([item.x, item.y + item.half]);
  });
  return curve(points);
}

function drawBox(place) {
  const { box, x, y } = place;
  const show = (event) => {
    const frame = event.currentTarget.getBoundingClientRect();
    showTip(box.name, box.facts, frame.right, frame.top);
  };
  return svg("g", { class: `box ${box.kind}`, tabindex: 0, role: "img", "data-box": box.name,
                    "aria-label": `${box.name}: ${box.title}, ${box.sub}`,
                    onpointerenter: show, onpointerleave: hideTip, onfocus: show, onblur: hideTip },
      svg("rect", { x: x - box.width / 2, y: y - box.height / 2, width: box.width, height: box.height, rx: 6 }),
      svg("text", { x, y: box.sub ? y - 3 : y + 4 }, box.title),
      box.sub ? svg("text", { class: "sub", x, y: y + 13 }, box.sub) : null);
}

function drawFrame(frame, places) {
  const inside = frame.boxes.map((index) => places[index]);
  const left = Math.min(...inside.map((each) => each.x - each.width / 2)) - 10;
  const right = Math.max(...inside.map((each) => each.x + each.width / 2)) + 10;
  const top = Math.min(...inside.map((each) => each.y - each.half)) - 10;
  const bottom = Math.max(...inside.map((each) => each.y + each.half)) + 10;
  return [svg("rect", { class: "fold", x: left, y: top, width: right - left, height: bottom - top, rx: 10 }),
          svg("text", { class: "times", x: right + 6, y: top + 14 }, `×${frame.times}`)];
}

function drawNetwork(nodes, state) {
  const folded = state.fold ? foldRepeats(nodes) : { same: nodes.map((_, index) => index), folds: [] };
  const graph = boxesOf(nodes, folded, state.depth);
  const outputs = new Set(report.network.outputs.map((index) => folded.same[index]));
  for (const box of graph.boxes) describeBox(box, nodes, box.members.some((index) => outputs.has(index)));
  const { places, chains, width, height } = layOut(graph);
  const size = [width + 2 * BORDER + 24, height + 2 * BORDER];
  const picture = svg("svg", { viewBox: `${-BORDER} ${-BORDER} ${size[0]} ${size[1]}`, role: "group",
                               "aria-label": `The network of trial ${report.network.trial}: ${graph.boxes.length} boxes` },
      svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7.5, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
          svg("path", { class: "arrow", d: "M0,0L8,4L0,8Z" }))),
      graph.frames.flatMap((frame) => drawFrame(frame, places)),
      chains.map((chain) => svg("path", { class: "edge", d: edgePath(chain), "marker-end": "url(#arrow)" })),
      places.map(drawBox));
  return { picture, size };
}

function startDepth(nodes, depths) {
  const folded = foldRepeats(nodes);
  for (let depth = depths; depth > 1; --depth)
    if (boxesOf(nodes, folded, depth).boxes.length <= MANY_BOXES) return depth;
  return 1;
}

function showNetwork(section) {
  const { nodes } = report.network;
  const trial = trialByNumber.get(report.network.trial);
  section.hidden = false;
  const depths = Math.max(...nodes.map((node) => node.name.split(".").length));
  const state = { fold: true, depth: startDepth(nodes, depths), zoom: 1 };
  const repeats = foldRepeats(nodes).folds.length > 0;
  const host = html("div", { class: "drawing", tabindex: 0, role: "region", "aria-label": "Drawing of the network, scrollable" });
  let drawn;
  const scale = (zoom) => {
    state.zoom = Math.min(3, Math.max(0.15, zoom));
    drawn.picture.setAttribute("width", drawn.size[0] * state.zoom);
    drawn.picture.setAttribute("height", drawn.size[1] * state.zoom);
  };
  const fit = () => scale(Math.min(1, host.clientWidth / drawn.size[0]));
  const draw = () => {
    drawn = drawNetwork(nodes, state);
    host.replaceChildren(drawn.picture);
    fit();
  };
  const levels = Array.from({ length: depths }, (_, i) =>
      [String(i + 1), i + 1 === depths ? "every layer" : i === 0 ? "outermost blocks" : `blocks to depth ${i + 1}`]);
  section.append(
      html("p", { class: "about" }, "What parnas export writes: ", trial ? html("span", {}, "trial ", trialLink(trial), ", ") : "",
          trial ? objectives.map((each) => `${metricLabel(each.metric)} ${shortNumber(metricOf(trial, each.metric))}`).join(", ") + ". " : "",
          `${nodes.length} layers, ${shortNumber(sum(nodes, "parameters"))} parameters, ${shortNumber(sum(nodes, "multiply_adds"))} multiply-adds.`,
          repeats ? " Blocks that repeat are drawn once, in a dashed frame with their number." : ""),
      html("div", { class: "controls" },
          depths > 1 ? choice("Detail", levels, String(state.depth), (depth) => { state.depth = Number(depth); draw(); }) : "",
          repeats ? toggle("fold repeated blocks", true, (fold) => { state.fold = fold; draw(); }) : "",
          html("button", { onclick: () => scale(state.zoom * 1.3), "aria-label": "Zoom in" }, "+"),
          html("button", { onclick: () => scale(state.zoom / 1.3), "aria-label": "Zoom out" }, "−"),
          html("button", { onclick: fit }, "Fit width")),
      host);
  draw();
}
