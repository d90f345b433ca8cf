// A computational graph: nodes in columns, edges between them, values that run forward and gradients that run back.
import { element, setAttributes } from "./dom.js";
import { format } from "./format.js";

export const styles = new URL("graph.css", import.meta.url);
export const install = (kit, place) => { kit.graph = place(graph, "kit-plots"); };

const [NODE_HEIGHT, MOST_WIDTH, LEAST_WIDTH] = [52, 108, 58];

/** kit.graph: see README.md. Wide, it runs from left to right; where that is too narrow, from top to bottom. */
export function graph(kit, parent, { alt, nodes, edges = [], state, onPress, format: how = 3, rowHeight = 76, columnWidth = edges.some((edge) => edge.label) ? 130 : 84, forward = "forward", backward = "backward" }) {
  if (!alt) throw new Error("a graph needs alt: what it shows, for readers who cannot see it");
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ends = edges.map((edge) => ({ ...edge, name: `${edge.from}>${edge.to}` }));
  for (const { from, to, name } of ends) if (!byId.has(from) || !byId.has(to)) throw new Error(`the edge "${name}" joins a node that is not there`);
  const columns = columnsOf(nodes, ends);
  const layers = Math.max(...columns.values()) + 1;
  const inLayer = Array.from({ length: layers }, (_, layer) => nodes.filter((node) => columns.get(node.id) === layer));
  const tallest = Math.max(...inLayer.map((list) => list.length));
  const target = state ? kit.one(state) : null;
  const interactive = Boolean(target || onPress);

  const svg = element("svg", { class: "kit-graph", role: "group", "aria-label": alt });
  const edgeLayer = element("g", { "aria-hidden": "true" });
  const nodeLayer = element("g");
  svg.append(edgeLayer, nodeLayer);
  const box = element("div", { class: "kit-plot-box" }, svg);
  parent.append(box);

  const edgeMarks = ends.map((edge) => {
    const line = element("path", { class: "kit-edge" });
    const tip = element("path", { class: "kit-edge-tip" });
    const [over, under] = ["kit-forward", "kit-backward"].map((name) => element("text", { class: `kit-label kit-graph-value ${name}`, "text-anchor": "middle" }));
    const whole = element("g", { class: "kit-edge-group" }, line, tip, over, under);
    edgeLayer.append(whole);
    return { ...edge, whole, line, tip, over, under };
  });
  const nodeMarks = new Map(nodes.map((node) => {
    const body = element("rect", { class: "kit-node-box", rx: 6 });
    const ring = element("rect", { class: "kit-ring", rx: 9 });
    const [title, over, under] = ["kit-node-title", "kit-graph-value kit-forward", "kit-graph-value kit-backward"].map((name) => element("text", { class: name, "text-anchor": "middle" }));
    title.textContent = node.label ?? node.id;
    const whole = element("g", { class: "kit-node", role: interactive ? "button" : "img", tabindex: interactive ? -1 : null }, ring, body, title, over, under);
    nodeLayer.append(whole);
    if (interactive) listen(whole, node.id);
    return [node.id, { whole, body, ring, title, over, under }];
  }));
  if (interactive) nodeMarks.get(nodes[0].id).whole.setAttribute("tabindex", 0);

  const focusOn = (id) => {
    for (const { whole } of nodeMarks.values()) whole.setAttribute("tabindex", -1);
    nodeMarks.get(id).whole.setAttribute("tabindex", 0);
    nodeMarks.get(id).whole.focus();
  };
  function listen(whole, id) {
    const press = () => {
      target?.set(id);
      onPress?.(id);
    };
    kit.listen(whole, "click", () => {
      focusOn(id);
      press();
    });
    kit.listen(whole, "keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "Enter" || event.key === " ") press();
      else {
        const next = neighbor(id, event.key);
        if (!next) return;
        focusOn(next);
      }
      event.preventDefault();
    });
  }

  const places = new Map();
  /** The nearest node in the direction of the arrow, as the eye sees it. */
  function neighbor(id, key) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!direction) return undefined;
    const here = places.get(id);
    const along = (there) => (there.x - here.x) * direction[0] + (there.y - here.y) * direction[1];
    const aside = (there) => Math.abs((there.x - here.x) * direction[1]) + Math.abs((there.y - here.y) * direction[0]);
    const ahead = [...places].filter(([, there]) => along(there) > 4);
    return ahead.sort((a, b) => along(a[1]) + 2 * aside(a[1]) - along(b[1]) - 2 * aside(b[1]))[0]?.[0];
  }

  const shown = { values: {}, edges: {}, path: undefined };
  let fresh = false;
  let placed = false;
  let down = false;
  let nodeWidth = MOST_WIDTH;

  function lay() {
    const width = Math.max(box.clientWidth, 200);
    down = width < layers * columnWidth;
    const across = down ? width / tallest : width / layers;
    nodeWidth = Math.max(Math.min(MOST_WIDTH, across - (down ? 10 : 34)), Math.min(LEAST_WIDTH, across - 6));
    const [along, breadth] = down ? [layers * (rowHeight + 22), width] : [width, tallest * rowHeight];
    const height = down ? along : breadth;
    inLayer.forEach((list, layer) => list.forEach((node, index) => {
      const flow = ((layer + 0.5) / layers) * along;
      const cross = (node.row ?? (index + 0.5) / list.length) * breadth;
      places.set(node.id, down ? { x: cross, y: flow } : { x: flow, y: cross });
    }));
    setAttributes(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    for (const [id, mark] of nodeMarks) {
      const { x, y } = places.get(id);
      setAttributes(mark.body, { x: x - nodeWidth / 2, y: y - NODE_HEIGHT / 2, width: nodeWidth, height: NODE_HEIGHT });
      setAttributes(mark.ring, { x: x - nodeWidth / 2 - 4, y: y - NODE_HEIGHT / 2 - 4, width: nodeWidth + 8, height: NODE_HEIGHT + 8 });
      for (const text of [mark.title, mark.over, mark.under]) text.setAttribute("x", x);
    }
    ends.forEach((edge, index) => layEdge(edgeMarks[index], index));
    placed = true;
  }

  function layEdge(edge, index) {
    const [a, b] = [places.get(edge.from), places.get(edge.to)];
    const half = down ? NODE_HEIGHT / 2 : nodeWidth / 2;
    const [from, to] = down ? [{ x: a.x, y: a.y + half }, { x: b.x, y: b.y - half - 6 }] : [{ x: a.x + half, y: a.y }, { x: b.x - half - 6, y: b.y }];
    const bend = edge.bend ?? 0;
    const reach = (down ? to.y - from.y : to.x - from.x) / 2;
    const [one, two] = down ? [{ x: from.x + bend, y: from.y + reach }, { x: to.x + bend, y: to.y - reach }] : [{ x: from.x + reach, y: from.y + bend }, { x: to.x - reach, y: to.y + bend }];
    edge.line.setAttribute("d", `M${from.x} ${from.y}C${one.x} ${one.y} ${two.x} ${two.y} ${to.x} ${to.y}`);
    edge.tip.setAttribute("d", down ? `M${to.x - 4} ${to.y}l4 7l4 -7z` : `M${to.x} ${to.y - 4}l7 4l-7 4z`);
    // Values of edges that leave one node stand at different shares of their way, so that they do not meet.
    const siblings = ends.filter((other) => other.from === edge.from);
    const share = edge.at ?? (siblings.length < 2 ? 0.5 : 0.36 + (0.28 * siblings.indexOf(ends[index])) / (siblings.length - 1));
    const [p, q] = [1 - share, share];
    const point = (axis) => p ** 3 * from[axis] + 3 * p * p * q * one[axis] + 3 * p * q * q * two[axis] + q ** 3 * to[axis];
    const [aside, raise] = down ? [8, 5] : [0, 0];
    for (const [text, dy] of [[edge.over, -6 + raise], [edge.under, 13 - raise / 5]]) {
      setAttributes(text, { x: point("x") + aside, y: point("y") + dy, "text-anchor": down ? "start" : "middle" });
    }
  }

  const write = (node, value, what) => {
    if (Number.isNaN(value)) throw new Error(`the ${what} of the graph "${alt}" is not a number`);
    const text = value == null ? "" : format(value, how);
    if (node.textContent !== text) node.textContent = text;
    return text;
  };

  function draw() {
    const onPath = shown.path ? new Set(shown.path) : null;
    for (const [id, mark] of nodeMarks) {
      const value = shown.values[id] ?? {};
      const [ahead, back] = [write(mark.over, value.forward, `value of ${id}`), write(mark.under, value.backward, `gradient of ${id}`)];
      const { y } = places.get(id);
      const lines = [mark.title, ahead && mark.over, back && mark.under].filter(Boolean);
      lines.forEach((text, index) => text.setAttribute("y", y + 4.5 + (index - (lines.length - 1) / 2) * 15));
      mark.whole.classList.toggle("kit-on", !onPath || onPath.has(id));
      const chosen = target?.get() === id;
      mark.whole.classList.toggle("kit-chosen", chosen);
      const says = [byId.get(id).title ?? byId.get(id).label ?? id, ahead && `${forward} ${ahead}`, back && `${backward} ${back}`].filter(Boolean).join(", ");
      setAttributes(mark.whole, { "aria-label": says, "aria-pressed": target ? String(chosen) : null });
    }
    for (const edge of edgeMarks) {
      const value = shown.edges[edge.name] ?? {};
      write(edge.over, value.forward ?? edge.label, `value of ${edge.name}`);
      write(edge.under, value.backward, `gradient of ${edge.name}`);
      edge.whole.classList.toggle("kit-on", !onPath || onPath.has(edge.name));
      edge.whole.classList.toggle("kit-strong", Boolean(onPath?.has(edge.name)));
      edge.line.setAttribute("stroke-width", value.width ?? (onPath?.has(edge.name) ? 2.5 : 1.5));
    }
  }

  const reach = (id, from, to) => {
    const found = new Set([id]);
    for (let before = 0; before !== found.size;) {
      before = found.size;
      for (const edge of ends) if (found.has(edge[from])) found.add(edge[to]);
    }
    return found;
  };
  /** The nodes and edges on the ways from one node to another; without an end, on all ways through the node. */
  function path(id, end) {
    const below = reach(id, "from", "to");
    const above = reach(end ?? id, "to", "from");
    const kept = end === undefined ? new Set([...below, ...above]) : new Set([...below].filter((node) => above.has(node)));
    const whole = end === undefined ? (edge) => (below.has(edge.from) && below.has(edge.to)) || (above.has(edge.from) && above.has(edge.to)) : (edge) => kept.has(edge.from) && kept.has(edge.to);
    return [...kept, ...ends.filter(whole).map((edge) => edge.name)];
  }

  let chosenBefore;
  kit.plots.push({
    size: true,
    touch() { placed = false; },
    layout() { placed = false; },
    render() {
      if (placed && fresh && chosenBefore === target?.get()) return;
      if (!placed) lay();
      chosenBefore = target?.get();
      fresh = true;
      draw();
    },
  });
  return {
    path,
    /** {values: {id: {forward, backward}}, edges: {"a>b": {forward, backward, width}}, path: [names that stand out]}. */
    set({ values = {}, edges: edgeValues = {}, path: chosen } = {}) {
      Object.assign(shown, { values, edges: edgeValues, path: chosen });
      fresh = false;
      kit.schedule();
    },
  };
}

/** A node without a column stands one after the last of those that lead to it. */
function columnsOf(nodes, edges) {
  const columns = new Map(nodes.filter((node) => node.column !== undefined).map((node) => [node.id, node.column]));
  for (let round = 0; columns.size < nodes.length; round += 1) {
    if (round > nodes.length) throw new Error("the graph has a circle: give its nodes columns");
    for (const { id } of nodes) {
      const before = edges.filter((edge) => edge.to === id).map((edge) => columns.get(edge.from));
      if (!columns.has(id) && before.every((column) => column !== undefined)) columns.set(id, Math.max(-1, ...before) + 1);
    }
  }
  return columns;
}
