// A trained net as one continuous deformation of the plane: W, shift, bend, again and again, then a straight cut.
export const parts = ["play"];
const REACH = 2.4; // of the grid on the plane
const LINES = 13;
const SAMPLES = 41;
const THREAD = 60;
const STEP = 0.02;
const NAMES = { two: "2 units, four layers", three: "3 units, one layer" };

export default function (root, record, kit) {
  const nets = { two: prepare(record.nets.two, record.points), three: prepare(record.nets.three, record.points) };
  const state = kit.state({
    width: kit.choice("three", ["two", "three"]),
    two: kit.number(3, { min: 0, max: nets.two.moves.length, step: STEP }),
    three: kit.number(3.6, { min: 0, max: nets.three.moves.length, step: STEP }),
    turn: kit.number(record.view.turn, { min: -180, max: 180, step: 1 }),
    tilt: kit.number(record.view.tilt, { min: -90, max: 90, step: 1 }),
    x: kit.number(-1.5, { min: -2.5, max: 2.5, step: 0.05 }),
    y: kit.number(-1.2, { min: -2.5, max: 2.5, step: 0.05 }),
  });

  const ends = () => ({ min: -1.06, max: 1.06 });
  const space = kit.plot({ alt: "The plane with its grid, the disc and the ring, as the layers have moved them so far", x: ends(), y: ends(), square: true, bare: true, maxHeight: 380 });
  const polygon = kit.element("polygon", { fill: kit.color("ink"), stroke: kit.color("ink"), "stroke-width": 2, "stroke-linejoin": "round" });
  const frame = space.line({ color: "muted", width: 1, dash: "3 3", opacity: 0.7 });
  const grid = space.line({ color: "muted", width: 0.8, opacity: 0.45 });
  const moved = marks(space);
  space.inner.prepend(polygon);
  const cut = space.mark(([points, opacity]) => {
    polygon.setAttribute("points", points.map(([x, y]) => `${space.X(x).toFixed(1)},${space.Y(y).toFixed(1)}`).join(" "));
    polygon.setAttribute("opacity", opacity);
    polygon.setAttribute("fill-opacity", points.length > 2 ? 0.16 : 0);
  });
  const tip = space.points({ color: "purple", radius: 7 });

  const plane = kit.plot({
    alt: "The plane before the first layer: disc, ring, and the boundary that the net draws between them",
    x: { min: -2.6, max: 2.6, label: "input 1", ticks: whole() }, y: { min: -2.6, max: 2.6, label: "input 2", ticks: whole() }, square: true, maxHeight: 380,
  });
  const still = marks(plane);
  plane.handle({
    x: "x", y: "y", label: "End of the thread", color: "purple", anywhere: true,
    describe: () => `${kit.format(state.x, ".2f")}, ${kit.format(state.y, ".2f")}`,
  });

  const best = kit.readout({ label: "Best straight cut here", format: "percent", color: "ink" });
  const crossings = kit.readout({ label: "The thread crosses the boundary", format: (n) => (n === 0 ? "never" : n === 1 ? "once" : `${n} times`), color: "purple" });
  kit.choices("width", { label: "Width of the hidden layers", names: NAMES });
  const timelines = {
    two: kit.timeline("two", { label: "Moves made, by layer", perSecond: 0.8, format: told, marks: [1, 2, 3, 4].map((layer) => ({ at: 3 * layer, label: String(layer) })) }),
    three: kit.timeline("three", { label: "Moves made", perSecond: 0.5, format: told, marks: ["W", "+ b", "tanh"].map((label, i) => ({ at: i + 1, label })) }),
  };
  const sliders = [kit.slider("turn", { label: "Turn the view", format: degrees }), kit.slider("tilt", { label: "Tilt the view", format: degrees })];
  kit.reset();
  const note = kit.note();

  // Dragging in the picture turns it; a finger that moves up or down still scrolls.
  let from;
  kit.listen(space.svg, "pointerdown", (event) => {
    if (event.button !== 0 || state.width === "two") return;
    from = { x: event.clientX, y: event.clientY, turn: state.turn, tilt: state.tilt };
    space.svg.setPointerCapture(event.pointerId);
  });
  kit.listen(space.svg, "pointermove", (event) => {
    if (!from) return;
    const turn = from.turn - 0.6 * (event.clientX - from.x);
    state.turn = ((((turn + 180) % 360) + 360) % 360) - 180;
    if (event.pointerType === "mouse") state.tilt = from.tilt + 0.6 * (event.clientY - from.y);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) kit.listen(space.svg, end, () => { from = undefined; });

  let drawn;
  kit.draw(() => {
    const net = nets[state.width];
    const at = state[state.width];
    const k = Math.min(Math.floor(at + 1e-9), net.moves.length - 1);
    const share = at - k;
    const deep = state.width === "three";
    if (drawn !== state.width) {
      drawn = state.width;
      for (const name of Object.keys(timelines)) timelines[name].box.style.display = name === drawn ? "" : "none";
      for (const slider of sliders) slider.parentElement.style.display = deep ? "" : "none";
      space.svg.style.cursor = deep ? "grab" : "";
      space.svg.style.touchAction = deep ? "pan-y" : "";
      still.disc.set(net.set.disc);
      still.ring.set(net.set.ring);
      still.boundary.set(joined(net.set.boundary));
    }

    const thread = Array.from({ length: THREAD + 1 }, (_, i) => [(state.x * i) / THREAD, (state.y * i) / THREAD]);
    still.thread.set(thread);
    const size = net.size[k] ** (1 - share) * net.size[k + 1] ** share;
    const look = deep ? view(state.turn, state.tilt) : ([x, y]) => [x, y];
    const show = (h) => look(h).map((value) => value / size);
    const move = (h) => show(net.moves[k].part(h, share));
    const here = net.stages[k];
    grid.set(joined(here.grid.map((line) => line.map(move))));
    moved.disc.set(here.disc.map(move));
    moved.ring.set(here.ring.map(move));
    moved.boundary.set(joined(here.boundary.map((line) => line.map(move))));
    const carried = thread.map((p) => net.moves.slice(0, k).reduce((h, { part }) => part(h, 1), p));
    const seen = carried.map(move);
    moved.thread.set(seen);
    tip.set([seen.at(-1)]);
    const last = k === net.moves.length - 1;
    frame.set(at < 0.5 || (last && !deep) ? [] : joined(box(deep).map((edge) => edge.map(show))));
    cut.set(last ? net.cut.map(move) : [], last ? share : 0);

    best.set(net.cuts[Math.min(k + (share > 1 - 1e-9 ? 1 : 0), net.cuts.length - 1)]);
    crossings.set(thread.reduce((count, p, i) => count + (i > 0 && net.logit(p) > 0 !== net.logit(thread[i - 1]) > 0 ? 1 : 0), 0));
    note.set(share < 1e-9 && k === 0 ? "Before the first move: the plane as it is." : net.moves[k - (share < 1e-9 ? 1 : 0)].text);
  });

  function marks(plot) {
    return {
      ring: plot.points({ color: "negative", radius: 2.6, opacity: 0.85 }),
      disc: plot.points({ color: "positive", radius: 2.6, opacity: 0.85 }),
      boundary: plot.line({ color: "ink", width: 2.6 }),
      thread: plot.line({ color: "purple", width: 2.4 }),
    };
  }
  function told(at) {
    const { moves } = nets[state.width];
    return at < STEP / 2 ? "none" : `${moves[Math.min(Math.ceil(at - 1e-9), moves.length) - 1].name}, ${Math.round(100 * (at - Math.ceil(at - 1e-9) + 1))}%`;
  }
}

const GAP = [Infinity, Infinity];
const joined = (lines) => lines.flatMap((line) => [...line, GAP]);
const whole = () => [-2, -1, 0, 1, 2];
const degrees = (value) => `${value < 0 ? "−" : ""}${Math.abs(value)}°`;
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const times = (h, W) => W[0].map((_, j) => h.reduce((sum, value, i) => sum + value * W[i][j], 0));

/** Parallel projection of a point after a turn about the upright axis and a tilt. */
function view(turn, tilt) {
  const [a, e] = [(turn * Math.PI) / 180, (tilt * Math.PI) / 180];
  return ([x, y, z = 0]) => [x * Math.cos(a) - y * Math.sin(a), (x * Math.sin(a) + y * Math.cos(a)) * Math.sin(e) + z * Math.cos(e)];
}

/** The edges of the square or cube from -1 to 1. */
function box(deep) {
  const corners = (deep ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3]).map((n) => [n & 1, (n >> 1) & 1, (n >> 2) & 1].slice(0, deep ? 3 : 2).map((bit) => 2 * bit - 1));
  return corners.flatMap((p, i) => corners.slice(i + 1).filter((q) => p.filter((value, axis) => value !== q[axis]).length === 1).map((q) => [p, q]));
}

/** The moves of a net as functions of a point and a share from 0 to 1, and what they make of the plane, one stage after another. */
function prepare({ layers, cuts, boundary, determinants }, points) {
  const hidden = layers.slice(0, -1);
  const moves = hidden.flatMap(({ W, b }, l) => {
    const which = hidden.length > 1 ? `layer ${l + 1}, ` : "";
    const flat = W[0].length === W.length;
    const effect = flat ? `turns and stretches; areas × ${determinants[l].toPrecision(2)}` : "lifts the plane into three dimensions, tilted but still flat";
    return [
      { name: `${which}W`, text: `Layer ${l + 1}, W: ${effect}.`, part: (h, s) => W[0].map((_, j) => dot(h, W.map((row, i) => (1 - s) * (i === j ? 1 : 0) + s * row[j]))) },
      { name: `${which}+ b`, text: `Layer ${l + 1}, + b: everything shifts, nothing changes shape.`, part: (h, s) => h.map((value, j) => value + s * b[j]) },
      { name: `${which}tanh`, text: `Layer ${l + 1}, tanh: each coordinate is squeezed into −1 to 1. Only this move bends.`, part: (h, s) => h.map((value) => value + s * (Math.tanh(value) - value)) },
    ];
  });
  const w = layers.at(-1).W.map(([value]) => value);
  const [c] = layers.at(-1).b;
  const length = Math.hypot(...w);
  const plane = Array.from({ length: LINES }, (_, i) => REACH * ((2 * i) / (LINES - 1) - 1));
  const along = Array.from({ length: SAMPLES }, (_, i) => REACH * ((2 * i) / (SAMPLES - 1) - 1));
  const set = { grid: plane.flatMap((at) => [along.map((s) => [at, s]), along.map((s) => [s, at])]), disc: points.disc, ring: points.ring, boundary };
  const stages = [set];
  const step = (stage, part) => ({
    grid: stage.grid.map((line) => line.map((h) => part(h, 1))), boundary: stage.boundary.map((line) => line.map((h) => part(h, 1))),
    disc: stage.disc.map((h) => part(h, 1)), ring: stage.ring.map((h) => part(h, 1)),
  });
  for (const { part } of moves) stages.push(step(stages.at(-1), part));
  // A plane is seen from above; in space, from any side, the plane before the first move too.
  const far = w.length > 2 ? (h) => Math.hypot(...h) : (h) => Math.max(...h.map(Math.abs));
  const size = stages.map((stage) => 1.02 * Math.max(...[...stage.grid.flat(), ...stage.disc, ...stage.ring].map(far)));

  // The last move of a flat net only looks closer: across the cut and along it, each direction to its own scale.
  const end = stages.at(-1);
  const normal = w.map((value) => value / length);
  const offset = c / length;
  let cut;
  if (w.length === 2) {
    const tangent = [-normal[1], normal[0]];
    const both = [...end.disc, ...end.ring].map((h) => [dot(h, normal) + offset, dot(h, tangent)]);
    const mean = both.reduce((sum, p) => [sum[0] + p[0] / both.length, sum[1] + p[1] / both.length], [0, 0]);
    const slope = both.reduce((sum, p) => sum + (p[0] - mean[0]) * (p[1] - mean[1]), 0) / both.reduce((sum, p) => sum + (p[0] - mean[0]) ** 2, 0);
    const apart = ([x, y]) => [x, y - mean[1] - slope * (x - mean[0])];
    const [across, high] = [0, 1].map((axis) => Math.max(...both.map((p) => Math.abs(apart(p)[axis]))));
    const closer = (h) => { const [x, y] = apart([dot(h, normal) + offset, dot(h, tangent)]); return [x / across, y / high]; };
    moves.push({ name: "straight cut", text: "The last layer cuts straight. We look closer, with the thin direction widened.", part: (h, s) => closer(h).map((value, i) => (1 - s) * h[i] + s * value) });
    cut = [-4, 4].map((far) => tangent.map((value, i) => far * value - offset * normal[i]));
  } else {
    moves.push({ name: "straight cut", text: "The last layer cuts straight: a plane, with the disc on one side and the ring on the other.", part: (h) => h });
    const first = normal[0] ** 2 > 0.9 ? [0, 1, 0] : [1, 0, 0];
    const u = first.map((value, i) => value - dot(first, normal) * normal[i]);
    const e1 = u.map((value) => value / Math.hypot(...u));
    const e2 = [normal[1] * e1[2] - normal[2] * e1[1], normal[2] * e1[0] - normal[0] * e1[2], normal[0] * e1[1] - normal[1] * e1[0]];
    const line = end.boundary.flat();
    const center = [0, 1, 2].map((i) => line.reduce((sum, h) => sum + h[i], 0) / line.length);
    cut = [[1, 1], [1, -1], [-1, -1], [-1, 1]].map(([a, b]) => center.map((value, i) => value + 1.1 * (a * e1[i] + b * e2[i])));
  }
  size.push(w.length === 2 ? 1.06 : size.at(-1));
  const logit = (p) => dot(hidden.reduce((h, { W, b }) => times(h, W).map((value, j) => Math.tanh(value + b[j])), p), w) + c;
  return { set, stages, moves, size, cut, cuts, logit };
}
