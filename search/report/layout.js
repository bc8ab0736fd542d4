// SPDX-License-Identifier: Apache-2.0
// From a network to boxes and edges in places: repeated blocks are folded into their first
// copy, deep blocks may be closed into one box, and what is left is drawn in layers (Sugiyama,
// Tagawa and Toda, IEEE TSMC 11(2), 1981).

// The tree of block names: "stage1.2.cell.add" lies in "stage1", "stage1.2", "stage1.2.cell".
function blockTree(nodes) {
  const root = { children: new Map(), members: [] };
  nodes.forEach((node, index) => {
    let group = root;
    for (const part of node.name.split(".")) {
      if (!group.children.has(part)) group.children.set(part, { children: new Map(), members: [] });
      group = group.children.get(part);
      group.members.push(index);
    }
  });
  return root;
}

// Equal for blocks of the same layers, wired the same inside.
function signature(nodes, group) {
  const place = new Map(group.members.map((index, i) => [index, i]));
  return JSON.stringify(group.members.map((index) =>
      [nodes[index].text, nodes[index].shape, nodes[index].inputs.map((input) => place.get(input) ?? -1)]));
}

function follows(nodes, first, second) {
  const members = new Set(first.members);
  return second.members.some((index) => nodes[index].inputs.some((input) => members.has(input)));
}

// Runs of equal blocks, each reading the one before: `same[i]` is the node of the first copy
// that stands for node i.
function foldRepeats(nodes) {
  const same = nodes.map((_, index) => index);
  const folds = [];
  const visit = (group) => {
    const children = [...group.children.values()];
    const signatures = children.map((child) => signature(nodes, child));
    for (let first = 0, next; first < children.length; first = next) {
      next = first + 1;
      while (next < children.length && signatures[next] === signatures[first] &&
             follows(nodes, children[next - 1], children[next])) {
        children[next].members.forEach((index, i) => { same[index] = children[first].members[i]; });
        ++next;
      }
      if (next - first > 1) folds.push({ members: children[first].members, times: next - first });
      visit(children[first]);
    }
  };
  visit(blockTree(nodes));
  return { same, folds };
}

// Boxes of what is shown at a depth of block names, with edges from earlier to later ones.
function boxesOf(nodes, { same, folds }, depth) {
  const boxes = [], boxOfName = new Map(), boxOfNode = new Map();
  nodes.forEach((node, index) => {
    if (same[index] !== index) return;
    const name = node.name.split(".").slice(0, depth).join(".");
    if (!boxOfName.has(name)) {
      boxOfName.set(name, boxes.length);
      boxes.push({ name, members: [] });
    }
    boxOfNode.set(index, boxOfName.get(name));
    boxes[boxOfName.get(name)].members.push(index);
  });
  const edges = new Map();
  nodes.forEach((node, index) => {
    for (const input of node.inputs) {
      const [from, to] = [boxOfNode.get(same[input]), boxOfNode.get(same[index])];
      if (from < to) edges.set(`${from} ${to}`, [from, to]);
    }
  });
  const frames = folds
      .map((fold) => ({ times: fold.times, boxes: [...new Set(fold.members.map((index) => boxOfNode.get(index)))] }))
      .filter((frame) => frame.boxes.every((box) => box !== undefined));
  return { boxes, edges: [...edges.values()], frames };
}

// Items of each layer: boxes, and a bend wherever an edge passes a layer by.
function layersOf(boxes, edges) {
  const layer = boxes.map(() => 0);
  for (const [from, to] of [...edges].sort((a, b) => a[1] - b[1])) layer[to] = Math.max(layer[to], layer[from] + 1);
  const items = boxes.map((box, index) => ({ box, layer: layer[index], width: box.width, up: [], down: [] }));
  const layers = [];
  const put = (item) => (layers[item.layer] ??= []).push(item);
  items.forEach(put);
  const link = (from, to) => {
    from.down.push(to);
    to.up.push(from);
  };
  const chains = edges.map(([from, to]) => {
    const chain = [items[from]];
    for (let each = layer[from] + 1; each < layer[to]; ++each) {
      const bend = { box: null, layer: each, width: 4, up: [], down: [] };
      put(bend);
      link(chain.at(-1), bend);
      chain.push(bend);
    }
    link(chain.at(-1), items[to]);
    chain.push(items[to]);
    return chain;
  });
  return { items, layers: layers.map((each) => each ?? []), chains };
}

const SWEEPS = 12;

// Few crossings: each layer is ordered by the mean place of its neighbours.
function orderLayers(layers) {
  const number = (layer) => layer.forEach((item, i) => { item.order = i; });
  const mean = (items, otherwise) =>
    items.length ? items.reduce((sum, item) => sum + item.order, 0) / items.length : otherwise;
  layers.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; ++sweep) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      for (const item of layer) item.key = mean(down ? item.up : item.down, item.order);
      layer.sort((a, b) => a.key - b.key);
      number(layer);
    }
  }
}

// The places nearest to the wished ones, in order and apart: isotonic regression by pooling
// adjacent violators.
function placeLayer(layer, wishes, gap) {
  const offsets = [];
  layer.forEach((item, i) => {
    offsets.push(i === 0 ? 0 : offsets[i - 1] + (layer[i - 1].width + item.width) / 2 + gap);
  });
  const pools = [];
  layer.forEach((item, i) => {
    let pool = { sum: (wishes[i] - offsets[i]) * (item.box ? 1 : 2), weight: item.box ? 1 : 2, count: 1 };
    while (pools.length && pools.at(-1).sum / pools.at(-1).weight > pool.sum / pool.weight) {
      const last = pools.pop();
      pool = { sum: last.sum + pool.sum, weight: last.weight + pool.weight, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  let i = 0;
  for (const pool of pools)
    for (let each = 0; each < pool.count; ++each, ++i) layer[i].x = pool.sum / pool.weight + offsets[i];
}

const LAYOUT = { gap: 20, rows: 34 };

// Centres of the boxes (`width` and `height` given) and the points of each edge.
function layOut({ boxes, edges }) {
  const { items, layers, chains } = layersOf(boxes, edges);
  orderLayers(layers);
  for (const layer of layers) placeLayer(layer, layer.map(() => 0), LAYOUT.gap);
  for (let sweep = 0; sweep < SWEEPS; ++sweep) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse())
      placeLayer(layer, layer.map((item) => {
        const near = down ? item.up : item.down;
        return near.length ? near.reduce((sum, each) => sum + each.x, 0) / near.length : item.x;
      }), LAYOUT.gap);
  }
  let y = 0;
  for (const layer of layers) {
    const height = Math.max(0, ...layer.map((item) => item.box?.height ?? 0));
    for (const item of layer) Object.assign(item, { y: y + height / 2, half: (item.box?.height ?? height) / 2 });
    y += height + LAYOUT.rows;
  }
  const left = Math.min(...items.map((item) => item.x - item.width / 2));
  for (const layer of layers) for (const item of layer) item.x -= left;
  return {
    places: items, chains, height: y - LAYOUT.rows,
    width: Math.max(...layers.flat().map((item) => item.x + item.width / 2)),
  };
}
