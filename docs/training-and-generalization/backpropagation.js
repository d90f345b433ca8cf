// A small graph whose gradients the reader sends back node by node, or adds up path by path, and then puts to the test.
const NODES = ["loss", "z", "b1", "b2", "a1", "a2", "x1", "x2"];
const SENDERS = NODES.slice(0, 6); // the bits of the state `sent`, from the loss to the inputs
const NAMES = { loss: "𝓛", z: "z", b1: "b₁", b2: "b₂", a1: "a₁", a2: "a₂", x1: "x₁", x2: "x₂" };
const HEADS = { z: ["loss"], b1: ["z"], b2: ["z"], a1: ["b1", "b2"], a2: ["b1", "b2"], x1: ["a1", "a2"], x2: ["a1", "a2"] };
const PATHS = [["a1", "b1"], ["a1", "b2"], ["a2", "b1"], ["a2", "b2"]].map((middle) => ["x1", ...middle, "z", "loss"]);
const START = 0b000111; // the loss, z and b1 have sent
const RADIUS = 21;

const edge = (tail, head) => `${tail}-${head}`;
const EDGES = Object.entries(HEADS).flatMap(([tail, heads]) => heads.map((head) => [tail, head]));
const pathEdges = (path) => path.slice(1).map((head, index) => edge(path[index], head));

const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));

export const parts = ["play"];

export default function (root, record, kit) {
  const { graph } = record;
  const state = kit.state({
    view: kit.choice("sweep", ["sweep", "paths"]),
    sent: kit.number(START, { min: 0, max: 63, step: 1 }),
    path: kit.number(2, { min: 1, max: 4, step: 1 }),
    nudge: kit.number(0.05, { min: -0.3, max: 0.3, step: 0.01 }),
  });
  const { element } = kit;
  const run = forward(graph, graph.x);
  let message = "";

  kit.choices("view", { label: "Collect the gradient", names: { sweep: "in one sweep", paths: "path by path" }, colors: { sweep: "backward", paths: "purple" } });

  // ---- the diagram ----
  const svg = element("svg", { class: "kit-plot", role: "group", "aria-label": "The network's graph; press a node to send its gradient back" });
  const box = element("div", { class: "kit-plot-box" }, svg);
  root.append(box);
  const text = (attributes) => element("text", { "text-anchor": "middle", dy: "0.35em", ...attributes });
  const lines = new Map(EDGES.map(([tail, head]) => [edge(tail, head), {
    line: element("line", { "stroke-linecap": "round" }), label: text({ "font-size": 12 }), back: element("rect", { height: 16, rx: 3, fill: kit.color("paper") }), tail, head,
  }]));
  for (const { line } of lines.values()) svg.append(line);
  for (const { back, label } of lines.values()) svg.append(back, label);
  const nodes = new Map(NODES.map((name) => {
    const parts = {
      group: element("g", { class: "kit-handle", role: "button", tabindex: SENDERS.includes(name) ? 0 : null, style: "outline:none" }),
      hit: element("circle", { r: 25, fill: "transparent" }),
      ring: element("circle", { class: "kit-ring", r: RADIUS + 6 }),
      circle: element("circle", { r: RADIUS }),
      value: text({ fill: kit.color("forward"), "font-size": 12 }),
      name: text({ fill: kit.color("ink"), "font-size": 14, "font-weight": 600 }),
      gradient: text({ class: "kit-label", style: "font-size:13.5px;font-weight:650" }),
    };
    if (!SENDERS.includes(name)) parts.group.setAttribute("role", "img");
    parts.group.append(parts.hit, parts.circle, parts.ring, parts.value);
    svg.append(parts.group, parts.name, parts.gradient);
    kit.listen(parts.group, "click", () => press(name));
    kit.listen(parts.group, "keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      press(name);
    });
    return [name, parts];
  }));

  const note = kit.note();
  const held = kit.readout({ label: "Gradient in x₁", color: "backward", format: ".3f" });
  const predicted = kit.readout({ label: "It predicts", color: "backward", format: ".3f" });
  const actual = kit.readout({ label: "Real change", color: "forward", format: ".3f" });
  kit.slider("nudge", { label: "Nudge x₁ by", format: ".2f" });
  const stepperBox = element("div");
  root.append(stepperBox);
  kit.stepper("path", { label: "Paths added up", perSecond: 1, into: stepperBox });
  const again = kit.button("From the loss", () => { message = ""; state.sent = 0; });
  kit.reset();

  // ---- what a press does ----
  function press(name) {
    if (state.view !== "sweep" || !SENDERS.includes(name)) return;
    const sent = reported(state.sent);
    const waiting = (HEADS[name] ?? []).filter((head) => !sent.has(head));
    if (sent.has(name)) message = `${NAMES[name]} has already sent: each edge is used once.`;
    else if (waiting.length) message = refusal(name, waiting, sent);
    else {
      message = "";
      state.sent += 2 ** SENDERS.indexOf(name);
    }
    if (message) kit.announce(message);
    kit.schedule();
  }

  function refusal(name, waiting, sent) {
    const whole = kit.format(run.gradients[name], ".2f");
    const part = (HEADS[name] ?? []).filter((head) => sent.has(head)).map((head) => run.gradients[head] * run.slopes[edge(name, head)])[0];
    const who = `${waiting.map((head) => NAMES[head]).join(" and ")} ${waiting.length > 1 ? "have" : "has"} not reported.`;
    return part === undefined ? `${NAMES[name]} must wait: ${who}` : `${NAMES[name]} must wait: ${who} It holds ${kit.format(part, ".2f")}; the whole gradient is ${whole}.`;
  }

  kit.draw(() => {
    const sweep = state.view === "sweep";
    const sent = reported(state.sent);
    const walked = PATHS.slice(0, state.path);
    const used = new Map(EDGES.map(([tail, head]) => [edge(tail, head), sweep ? Number(sent.has(head)) : walked.filter((path) => pathEdges(path).includes(edge(tail, head))).length]));
    const current = new Set(sweep ? [] : pathEdges(walked.at(-1)));
    const products = walked.map((path) => pathEdges(path).reduce((product, name) => product * run.slopes[name], 1));
    const sums = Object.fromEntries(NODES.map((name) => [name, name === "loss" ? 1 : HEADS[name].filter((head) => sent.has(head)).reduce((sum, head) => sum + run.gradients[head] * run.slopes[edge(name, head)], 0)]));
    if (!sweep) sums.x1 = products.reduce((sum, value) => sum + value, 0);

    const place = layout(box.clientWidth, svg);
    for (const [name, { line, label, back, tail, head }] of lines) {
      const [x1, y1, x2, y2] = [...place.at[tail], ...place.at[head]];
      const lit = sweep ? used.get(name) > 0 : current.has(name);
      const color = used.get(name) ? (sweep ? "backward" : "purple") : "rule";
      const width = sweep ? (lit ? 3.5 : 1.5) : 1.5 + 2 * used.get(name);
      set(line, { x1, y1, x2, y2, stroke: kit.color(color), "stroke-width": width, opacity: sweep || lit || !used.get(name) ? 1 : 0.4 });
      const share = place.share(tail, head);
      const [x, y] = [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
      set(label, { x, y, fill: kit.color(lit ? "ink" : "muted") });
      label.textContent = kit.format(run.slopes[name], ".2f") + (!sweep && used.get(name) > 1 ? ` (${used.get(name)}×)` : "");
      const room = label.textContent.length * 6.8 + 3;
      set(back, { x: x - room / 2, y: y - 8, width: room });
    }
    for (const [name, parts] of nodes) {
      const [x, y] = place.at[name];
      const heads = HEADS[name] ?? [];
      const count = heads.filter((head) => sent.has(head)).length;
      const complete = sweep && count === heads.length;
      const ready = complete && SENDERS.includes(name) && !sent.has(name);
      for (const circle of [parts.hit, parts.ring, parts.circle]) set(circle, { cx: x, cy: y });
      const onPath = !sweep && walked.at(-1).includes(name);
      const color = complete ? "backward" : onPath ? "purple" : "rule";
      set(parts.circle, { fill: kit.color(sent.has(name) && sweep ? "panel" : "paper"), stroke: kit.color(color), "stroke-width": ready ? 5 : 2 });
      parts.group.style.cursor = sweep && SENDERS.includes(name) && !sent.has(name) ? "pointer" : "default";
      for (const [part, at] of [[parts.value, [x, y]], [parts.name, place.name(name)], [parts.gradient, place.gradient(name)]]) {
        set(part, { x: at[0], y: at[1], "text-anchor": at[2] ?? "middle" });
      }
      parts.value.textContent = kit.format(run.values[name], ".2f");
      parts.name.textContent = NAMES[name];
      const known = sweep ? (name === "loss" ? true : count > 0) : name === "x1";
      parts.gradient.textContent = known ? kit.format(sums[name], ".2f") + (sweep && count < heads.length ? place.open : "") : "";
      parts.gradient.setAttribute("fill", kit.color(complete || (!sweep && state.path === 4) ? "backward" : "muted"));
      const status = sent.has(name) ? "sent" : complete ? "ready to send" : `${count} of ${heads.length} reported`;
      const told = SENDERS.includes(name) ? status : `gradient ${known ? parts.gradient.textContent : "unknown"}`;
      parts.group.setAttribute("aria-label", `${NAMES[name]}, value ${kit.format(run.values[name], ".2f")}` + (sweep ? `, ${told}` : ""));
    }

    const edges = [...used.values()].filter(Boolean).length;
    note.set(sweep ? message || hint(sent, edges) : pathText(state.path, products));
    held.set(sums.x1);
    predicted.set(sums.x1 * state.nudge);
    actual.set(forward(graph, [graph.x[0] + state.nudge, graph.x[1]]).values.loss - run.values.loss);
    stepperBox.hidden = sweep;
    again.hidden = !sweep;
  });

  function hint(sent, edges) {
    if (sent.size === SENDERS.length) return `Done: ${edges} edges, each used once, and both inputs have their gradient.`;
    const ready = SENDERS.filter((name) => !sent.has(name) && (HEADS[name] ?? []).every((head) => sent.has(head)));
    return `Ready to send: ${ready.map((name) => NAMES[name]).join(", ")}. Press a node.`;
  }

  function pathText(count, products) {
    const factors = pathEdges(PATHS[count - 1]).map((name) => kit.format(run.slopes[name], ".2f")).join(" · ");
    return `Path ${count} of 4: ${factors} = ${kit.format(products.at(-1), ".2f")}`;
  }
}

/** The nodes that have sent; a node counts only if all it waits for have sent too. */
function reported(bits) {
  const sent = new Set();
  SENDERS.forEach((name, index) => {
    if (Math.floor(bits / 2 ** index) % 2 && (HEADS[name] ?? []).every((head) => sent.has(head))) sent.add(name);
  });
  return sent;
}

/** Values of all nodes, the local derivative along each edge and the gradient of the loss in each node. */
function forward({ U, V, w, y }, x) {
  const through = (h, weight) => [0, 1].map((j) => Math.tanh(h[0] * weight[0][j] + h[1] * weight[1][j]));
  const a = through(x, U);
  const b = through(a, V);
  const z = b[0] * w[0] + b[1] * w[1];
  const p = 1 / (1 + Math.exp(-z));
  const values = { x1: x[0], x2: x[1], a1: a[0], a2: a[1], b1: b[0], b2: b[1], z, loss: -Math.log(y ? p : 1 - p) };
  const slopes = { "z-loss": p - y, "b1-z": w[0], "b2-z": w[1] };
  for (const i of [0, 1]) for (const j of [0, 1]) {
    slopes[`x${i + 1}-a${j + 1}`] = U[i][j] * (1 - a[j] ** 2);
    slopes[`a${i + 1}-b${j + 1}`] = V[i][j] * (1 - b[j] ** 2);
  }
  const gradients = { loss: 1 };
  for (const name of NODES.slice(1)) gradients[name] = HEADS[name].reduce((sum, head) => sum + gradients[head] * slopes[edge(name, head)], 0);
  return { values, slopes, gradients };
}

/** Left to right on a wide screen, top to bottom on a narrow one. */
function layout(total, svg) {
  const wide = total >= 520;
  const [width, height] = wide ? [total, 270] : [total, 500];
  set(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
  const along = { x: 0, a: 0.29, b: 0.58, z: 0.81, l: 1 };
  const at = Object.fromEntries(NODES.map((name) => {
    const second = name.endsWith("2");
    const depth = along[name[0]];
    if (wide) return [name, [44 + depth * (width - 88), name in { z: 1, loss: 1 } ? 135 : second ? 198 : 72]];
    return [name, [name in { z: 1, loss: 1 } ? width / 2 : width / 2 + (second ? 1 : -1) * Math.min(0.21 * width, width / 2 - 97), 34 + depth * (height - 68)]];
  }));
  const beside = (name, shift) => {
    const [x, y] = at[name];
    const left = name.endsWith("1");
    return [x + (left ? -1 : 1) * (RADIUS + 9), y + shift, left ? "end" : "start"];
  };
  const below = (name) => name.endsWith("2") || name in { z: 1, loss: 1 };
  return {
    at,
    open: wide ? " + ?" : "+?",
    share: (tail, head) => (head === "loss" || head === "z" || tail[1] === head[1] ? 0.5 : 0.27),
    name: wide ? (name) => [at[name][0], at[name][1] + (below(name) ? 35 : -35)] : (name) => beside(name, -10),
    gradient: wide ? (name) => [at[name][0], at[name][1] + (below(name) ? 56 : -56)] : (name) => beside(name, 10),
  };
}
