// Fold the paper: up to six folds to place by hand, the surface they add up to, and Adam to go on from there.
export const parts = ["field", "bars"];
const FOLDS = 6;
const ARM = 0.65; // from a fold's place to the tip of its arrow
const EDGE = 2.3;
const REACH = 2.1; // of a fold's place, so that its arrow has room
const A_FRAME = 2; // steps of Adam
const CELLS = 32;
const [LOW, HIGH, RISE] = [-2.6, 1.8, 0.62]; // of the sheet that is shown
const SPARE = [[-1.5, -1.5, 225, 0], [1.5, -1.5, 315, 0], [-1.5, 1.5, 135, 0]];

export default function (root, record, kit) {
  const { sets, fold } = record;
  const begin = columns(fold.start);
  const state = kit.state({
    data: kit.choice("ring", ["ring", "xor", "moons"]),
    px: kit.numbers(begin.px, { min: -4, max: 4, step: 0.01 }),
    py: kit.numbers(begin.py, { min: -4, max: 4, step: 0.01 }),
    deg: kit.numbers(begin.deg, { min: 0, max: 359, step: 1 }),
    v: kit.numbers(begin.v, { min: -4, max: 4, step: 0.1 }),
    c: kit.number(fold.start.offset, { min: -4, max: 4, step: 0.1 }),
  });

  const side = () => ({ min: -EDGE - 0.1, max: EDGE + 0.1, ticks: [] });
  const plan = kit.plot({
    alt: "The plane from above: points of two classes, the folds as lines with an arrow to the side where each rises or falls, and the regions above and below zero",
    x: side(), y: side(), square: true, maxHeight: 340,
  });
  const regions = kit.decisions(plan, { classes: ["negative", "positive"], columns: 61, rows: 61, opacity: 0.42, width: 2.5 });
  const lines = range(FOLDS).map(() => plan.line({ color: "ink", width: 1.6, dash: "6 4" }));
  const arms = range(FOLDS).map(() => plan.line({ color: "ink", width: 2.4 }));
  const wrong = plan.points({ color: "bad", radius: 6.5, hollow: true });
  const dots = [plan.points({ color: "negative", radius: 3.6, hollow: true }), plan.points({ color: "positive", radius: 3.6 })];
  const names = range(FOLDS).map(() => plan.text({ color: "ink", bold: true, anchor: "middle", dy: 4 }));
  const handles = range(FOLDS).map((k) => [place(k), direction(k)]);

  const sheet = kit.plot({
    alt: "The same as a sheet of paper seen from the side: flat pieces that meet in the folds",
    x: { min: 0, max: 1 }, y: { min: 0, max: 1 }, bare: true, aspect: 0.86, maxHeight: 340,
  });
  const canvas = kit.element("canvas", { class: "kit-heat", "aria-hidden": "true" });
  sheet.box.prepend(canvas);
  const paper = sheet.mark(() => {
    if (network) note.set(...drawSheet(kit, canvas, sheet.size, network, height, points()));
  });
  const note = sheet.text({ color: "muted" }); // after the paper, whose drawing sets it

  const below = kit.element("div");
  root.append(below);
  kit.bars({
    into: below, alt: "Slope of each fold, upward or downward on the side of its arrow", label: "Slope v of each fold (raise a flat one to add it)",
    names: range(FOLDS).map((k) => `fold ${k + 1}`), state: "v", vertical: true, height: 96, format: ".1f", color: "ink",
  });
  const hits = kit.readout({ label: "Right", color: "good", format: String });
  const error = kit.readout({ label: "Mean squared error", color: "ink", format: ".3f" });
  kit.button("Let Adam continue", start);
  kit.slider("c", { label: "Height c of the flat paper" });
  kit.choices("data", { label: "Points", names: { ring: "Blob in a ring", xor: "XOR", moons: "Moons" } });
  kit.button("A triangle by hand", () => put(fold.hand));
  kit.button("A trap for Adam", () => put(fold.trap));
  kit.reset();

  // ---- the network that the state stands for; Adam's is finer than the state's steps ----
  let network;
  let written; // what Adam last wrote into the state
  let step;
  let left = 0;
  let coming;
  const key = () => JSON.stringify([state.data, state.px, state.py, state.deg, state.v, state.c]);
  const points = () => sets[state.data];
  const height = (x, y) => {
    const { w, b, v, c } = network;
    let sum = c[0];
    for (let k = 0; k < v.length; k += 1) sum += v[k] * Math.max(w[2 * k] * x + w[2 * k + 1] * y + b[k], 0);
    return sum;
  };

  function current() {
    if (network && key() === written) return;
    left = 0; // the reader moved something
    const folds = range(FOLDS).filter((k) => state.v[k] !== 0);
    const size = folds.map((k) => Math.sqrt(Math.abs(state.v[k])));
    const turn = folds.map((k) => (state.deg[k] * Math.PI) / 180);
    const w = Float64Array.from(folds.flatMap((_, i) => [size[i] * Math.cos(turn[i]), size[i] * Math.sin(turn[i])]));
    network = {
      folds, w,
      b: Float64Array.from(folds, (k, i) => -w[2 * i] * state.px[k] - w[2 * i + 1] * state.py[k]),
      v: Float64Array.from(folds, (k, i) => Math.sign(state.v[k]) * size[i]),
      c: Float64Array.of(state.c),
    };
    step = kit.numeric.adam([network.w, network.b, network.v, network.c], { learningRate: fold.rate });
    written = key();
  }

  /** Gradient of the mean squared distance from +1 and -1, then one step. */
  function learn() {
    const { w, b, v } = network;
    const [gw, gb, gv, gc] = [w, b, v, [0]].map((values) => new Float64Array(values.length));
    const { points: places, labels } = points();
    places.forEach(([x, y], i) => {
      const e = (2 * (height(x, y) - 2 * labels[i] + 1)) / places.length;
      gc[0] += e;
      for (let k = 0; k < v.length; k += 1) {
        const z = w[2 * k] * x + w[2 * k + 1] * y + b[k];
        if (z <= 0) continue;
        gv[k] += e * z;
        gb[k] += e * v[k];
        gw[2 * k] += e * v[k] * x;
        gw[2 * k + 1] += e * v[k] * y;
      }
    });
    step([gw, gb, gv, gc]);
  }

  /** The network back into places, directions and slopes. */
  function write() {
    const next = { px: [...state.px], py: [...state.py], deg: [...state.deg], v: [...state.v] };
    network.folds.forEach((k, i) => {
      const [wx, wy] = network.w.subarray(2 * i, 2 * i + 2);
      const size = Math.hypot(wx, wy) || 1e-9;
      const above = ([x, y]) => (wx * x + wy * y + network.b[i]) / size ** 2;
      const onto = (from) => [from[0] - above(from) * wx, from[1] - above(from) * wy];
      let at = onto([state.px[k], state.py[k]]);
      if (Math.max(...at.map(Math.abs)) > REACH) at = onto([0, 0]);
      [next.px[k], next.py[k]] = at;
      next.deg[k] = degrees(wy, wx);
      next.v[k] = network.v[i] * size;
    });
    Object.assign(state, next, { c: network.c[0] });
    written = key();
  }

  function start() {
    cancelAnimationFrame(coming);
    current();
    left = fold.steps;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      advance(left);
      write();
      settle();
    } else tick();
  }
  /** The state keeps fewer digits than Adam: show what its address will show. */
  function settle() {
    written = undefined;
    kit.schedule();
  }
  function advance(count) {
    for (let i = 0; i < count && left > 0; i += 1, left -= 1) learn();
  }
  const tick = kit.guard(() => {
    const { top, bottom } = root.getBoundingClientRect();
    if (key() !== written || bottom < 0 || top > innerHeight) left = 0; // the reader moved something, or looks elsewhere
    if (left > 0) {
      advance(A_FRAME);
      write();
    }
    if (left > 0) coming = requestAnimationFrame(tick);
    else settle();
  });

  function put(preset) {
    left = 0;
    const { px, py, deg, v } = columns(preset);
    Object.assign(state, { data: "ring", px, py, deg, v, c: preset.offset });
  }

  // ---- what the reader drags ----
  function place(k) {
    const within = (axis) => {
      const target = kit.one(`${axis}.${k}`);
      return { ...target, set: (value) => target.set(Math.min(Math.max(value, -REACH), REACH)) };
    };
    return plan.handle({
      x: within("px"), y: within("py"), label: `Fold ${k + 1}, place`, color: "ink", radius: 6,
      describe: () => `${kit.format(state.px[k], ".2f")} across, ${kit.format(state.py[k], ".2f")} up`,
    });
  }

  function way(k) {
    const turn = (state.deg[k] * Math.PI) / 180;
    return [Math.cos(turn), Math.sin(turn)];
  }

  /** The arrow's end, within the plane. */
  function tip(k) {
    const [at, to] = [[state.px[k], state.py[k]], way(k)];
    const room = to.map((part, axis) => (EDGE - Math.sign(part) * at[axis]) / Math.max(Math.abs(part), 1e-9));
    const length = Math.max(Math.min(ARM, ...room), 0);
    return at.map((from, axis) => from + length * to[axis]);
  }

  function direction(k) {
    const angle = kit.one(`deg.${k}`);
    let across; // x is set first, and the angle follows once both are known
    const handle = plan.handle({
      x: { ...kit.one(`px.${k}`), get: () => tip(k)[0], set: (value) => { across = value; } },
      y: { ...kit.one(`py.${k}`), get: () => tip(k)[1], set: (value) => angle.set(degrees(value - state.py[k], across - state.px[k])) },
      label: `Fold ${k + 1}, direction`, color: "muted", radius: 5, describe: () => `${state.deg[k]} degrees`,
    });
    // Before the handle's own keys, which know of places only.
    handle.node.addEventListener("keydown", kit.guard((event) => {
      const turn = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (event.key !== "Home" && (!turn || event.altKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      angle.set(turn ? (state.deg[k] + 3 * turn * (event.shiftKey ? 10 : 1) + 720) % 360 : begin.deg[k]);
      handle.node.classList.add("kit-keyed");
    }), { capture: true, signal: kit.signal });
    return handle;
  }

  kit.draw(() => {
    current();
    for (const k of range(FOLDS)) {
      const shown = state.v[k] !== 0;
      for (const { node } of handles[k]) node.style.display = shown ? "" : "none";
      const [x, y] = [state.px[k], state.py[k]];
      const [dx, dy] = way(k);
      lines[k].set(shown ? [[x + 10 * dy, y - 10 * dx], [x - 10 * dy, y + 10 * dx]] : []);
      arms[k].set(shown ? [[x, y], tip(k)] : []);
      names[k].set(x - 0.4 * ARM * dx, y - 0.4 * ARM * dy, shown ? String(k + 1) : "");
    }
    const { points: places, labels } = points();
    const heights = places.map(([x, y]) => height(x, y));
    for (const kind of [0, 1]) dots[kind].set(places.filter((_, i) => labels[i] === kind));
    const off = places.filter((_, i) => (heights[i] > 0) !== (labels[i] === 1));
    wrong.set(off);
    regions.set((x, y) => 1 / (1 + Math.exp(-2 * height(x, y))));
    paper.set();
    hits.set(`${places.length - off.length} of ${places.length}`);
    error.set(heights.reduce((sum, z, i) => sum + (z - 2 * labels[i] + 1) ** 2, 0) / places.length);
  });
}

const range = (count) => Array.from({ length: count }, (_, k) => k);
const degrees = (y, x) => (Math.round((Math.atan2(y, x) * 180) / Math.PI) + 360) % 360;

/** Places, directions and slopes of a recorded state, and folds that lie flat. */
function columns({ folds }) {
  const all = [...folds, ...SPARE];
  return { px: all.map((f) => f[0]), py: all.map((f) => f[1]), deg: all.map((f) => f[2]), v: all.map((f) => f[3]) };
}

/** The surface from the side, cut off where it is very low or high: piece by piece from the back, each as bright as it
 * faces the light. Returns a note and its place, for a surface of which nothing is left. */
function drawSheet(kit, canvas, { width, height: tall }, { w, b, v }, height, { points, labels }) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(tall * ratio) });
  Object.assign(canvas.style, { width: `${width}px`, height: `${tall}px`, left: "0px", top: "0px" });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const at = range(CELLS + 1).map((i) => EDGE * ((2 * i) / CELLS - 1));
  const folds = [...v.keys()].map((k) => (x, y) => w[2 * k] * x + w[2 * k + 1] * y + b[k]);
  const sides = folds.map((side) => at.map((y) => at.map((x) => side(x, y))));
  const scale = Math.min(width / 6, tall / 5.4);
  const [cos, sin] = [Math.cos(0.35), Math.sin(0.35)];
  const project = ([x, y, h]) => [width / 2 + scale * (x * cos - y * sin), tall / 2 - scale * (0.5 * (x * sin + y * cos) + 0.87 * RISE * h + 0.2)];
  const [paper, ink, ...inks] = ["paper", "ink", "negative", "positive"].map(kit.rgb);
  const css = (rgb) => `rgb(${rgb.map(Math.round)})`;
  const mix = (a, b, share) => a.map((from, i) => from + share * (b[i] - from));
  const dark = paper[0] < 128;
  context.lineWidth = 0.8;
  const shades = new Map(); // few slopes, so few colors
  const shade = (kind, light) => {
    const key = 1000 * kind + Math.round(100 * light);
    if (!shades.has(key)) {
      const base = mix(paper, inks[kind], 0.5);
      shades.set(key, css(mix(base, light > 0 !== dark ? paper : ink, Math.min(Math.abs(light) * (light > 0 ? 1.6 : 0.6), 0.55))));
    }
    return shades.get(key);
  };
  const outline = (shape) => {
    context.beginPath();
    for (const corner of shape) context.lineTo(...project(corner));
    context.closePath();
  };
  let empty = true;
  const fill = (shape, kind, light) => {
    if (shape.length < 3) return;
    empty = false;
    context.fillStyle = shade(kind, light);
    context.strokeStyle = context.fillStyle;
    outline(shape);
    context.fill();
    context.stroke();
  };
  /** How the surface rises along x and y, around a place on no fold. */
  const slopes = (x, y) => folds.reduce(([sx, sy], side, k) => (side(x, y) > 0 ? [sx + v[k] * w[2 * k], sy + v[k] * w[2 * k + 1]] : [sx, sy]), [0, 0]);
  /** A cell's flat pieces, the far ones first. */
  const pieces = (i, j) => {
    let shapes = [[[at[i], at[j]], [at[i + 1], at[j]], [at[i + 1], at[j + 1]], [at[i], at[j + 1]]]];
    folds.forEach((side, k) => {
      const z = sides[k];
      const above = (z[j][i] > 0) + (z[j][i + 1] > 0) + (z[j + 1][i] > 0) + (z[j + 1][i + 1] > 0);
      if (above % 4 === 0) return;
      const far = Math.sign(w[2 * k] * sin + w[2 * k + 1] * cos) || 1;
      const value = ([x, y]) => far * side(x, y);
      shapes = shapes.flatMap((shape) => [cut(shape, value), cut(shape, (corner) => -value(corner))].filter((part) => part.length > 2));
    });
    return shapes;
  };
  for (let j = CELLS - 1; j >= 0; j -= 1) {
    for (let i = CELLS - 1; i >= 0; i -= 1) {
      for (const flat of pieces(i, j)) {
        const middle = [0, 1].map((axis) => flat.reduce((sum, corner) => sum + corner[axis], 0) / flat.length);
        const [sx, sy] = slopes(...middle).map((slope) => RISE * slope);
        const light = (0.6 * sx + 0.3 * sy + 0.74) / Math.hypot(sx, sy, 1) - 0.74; // flat paper: 0
        const corners = flat.map(([x, y]) => [x, y, height(x, y)]);
        const shape = cut(cut(corners, ([, , h]) => h - LOW), ([, , h]) => HIGH - h);
        for (const kind of [0, 1]) fill(cut(shape, ([, , h]) => (2 * kind - 1) * h), kind, light);
      }
    }
  }
  const lift = 0.5 / (0.87 * RISE); // of the line of sight, for each unit towards the reader
  /** Whether the surface comes between a point on it and the reader: their line crosses it where it is shown. */
  const covered = (x, y, h) => {
    let above;
    for (let t = 0.02; h + lift * t < HIGH; t += 0.06) {
      const [px, py] = [x - t * sin, y - t * cos];
      if (Math.max(Math.abs(px), Math.abs(py)) > EDGE) break;
      const there = height(px, py);
      const now = there > h + lift * t;
      if (now !== (above ?? now) && there > LOW && there < HIGH) return true;
      above = now;
    }
    return false;
  };
  points.forEach(([x, y], i) => {
    const h = height(x, y);
    if (h < LOW || h > HIGH || covered(x, y, h)) return;
    const [sx, sy] = slopes(x, y);
    context.globalAlpha = lift + sx * sin + sy * cos < 0 ? 0.5 : 1; // through the paper, where one sees it from below
    context.beginPath();
    context.arc(...project([x, y, h]), 2.4, 0, 7);
    context.fillStyle = css(inks[labels[i]]);
    context.fill();
  });
  context.globalAlpha = 1;
  if (!empty) return [0, 0, ""];
  const [level, where] = height(0, 0) < LOW ? [LOW, "below"] : [HIGH, "above"];
  context.strokeStyle = css(mix(paper, ink, 0.5));
  context.setLineDash([5, 4]);
  outline([[-EDGE, -EDGE, level], [EDGE, -EDGE, level], [EDGE, EDGE, level], [-EDGE, EDGE, level]]);
  context.stroke();
  return [0.5, 1 - project([0, 0, level])[1] / tall, `all of it is ${where} this`];
}

/** The part of a polygon where a function that is linear on it is not negative. */
function cut(corners, value) {
  const values = corners.map(value);
  if (values.every((here) => here >= 0)) return corners;
  return corners.flatMap((corner, i) => {
    const next = (i + 1) % corners.length;
    const [here, there] = [values[i], values[next]];
    const kept = here >= 0 ? [corner] : [];
    if (here * there < 0) kept.push(corner.map((from, axis) => from + (here / (here - there)) * (corners[next][axis] - from)));
    return kept;
  });
}
