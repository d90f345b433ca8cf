// Draw an activation function: what random units with it can fit when the readout is solved for, and what training finds.
export const parts = ["curve"];

const PLACES = [-4, -3, -2, -1, 0, 1, 2, 3, 4]; // of the control points
const POINTS = 101;
const NAMED = 7; // the point at whose height the green curve has its name
const STEPS = 500;
const RATE = 0.01;
const NOTHING_NEW = 1e-12; // of a unit's length; less is rounding
const PAUSE = 120; // milliseconds without a change before training begins
const CHUNK = 7; // milliseconds of training in a frame
const STEP = 0.05;

/** What the drawn points bend: polynomials, as the factors of z, z² and z³. */
const BASES = { line: [1 / 2, 0, 0], square: [0, 1 / 4, 0], cube: [0, 0, 1 / 32] };
const polynomial = ([one, two, three], z) => z * (one + z * (two + z * three));
const PRESETS = {
  Line: ["line", (z) => z / 2], Parabola: ["square", (z) => (z * z) / 4], Cube: ["cube", (z) => z ** 3 / 32],
  ReLU: ["line", (z) => Math.max(z, 0)], tanh: ["line", Math.tanh],
};
const onGrid = (value) => Math.round(value / STEP) * STEP;

export default function (root, record, kit) {
  const { start } = record;
  const relu = PLACES.map(PRESETS.ReLU[1]);
  const state = kit.state({
    bend: kit.number(start.bend, { min: 1e-6, max: 1, log: true }),
    base: kit.choice("line", Object.keys(BASES)),
    shape: kit.numbers(relu, { min: -2.5, max: 4.5, step: STEP }),
  });
  const x = Float64Array.from({ length: POINTS }, (_, i) => -1 + (2 * i) / (POINTS - 1));
  const wanted = x.map((value) => Math.sin(2 * Math.PI * value + 0.7));
  const pairs = (values) => Array.from(x, (value, i) => [value, Math.max(-9, Math.min(9, values[i]))]);

  const drawing = kit.plot({
    alt: "The activation function: nine points to drag, and the function that the network uses",
    x: { min: -4.4, max: 4.4, label: "weighted sum z", ticks: [-4, -2, 0, 2, 4] },
    y: { min: -2.6, max: 4.6, label: "activation" },
    aspect: 0.75,
  });
  const used = drawing.line({ color: "purple", width: 3.5 });
  const usedName = drawing.text({ color: "purple", anchor: "end", bold: true });
  const places = Float64Array.from({ length: 177 }, (_, i) => i / 20 - 4.4);
  const sampled = (at) => Array.from(at(places, new Float64Array(places.length)), (height, i) => [places[i], height]);
  kit.curve(drawing, {
    state: "shape", x: PLACES, label: "Activation", color: "orange", width: 1.5, dash: "4 4",
    line: () => sampled(activation(state.base, state.shape, 1)),
  });

  const fits = kit.plot({
    alt: "The target, the best fit of the random units, and the fit that training found",
    x: { min: -1, max: 1, label: "input x" },
    y: { min: -1.6, max: 1.6, label: "output y" },
    aspect: 0.75,
  });
  fits.line({ color: "rule", width: 12 }).set(pairs(wanted));
  const solvedLine = fits.line({ color: "good", width: 6 });
  const trainedLine = fits.line({ color: "bad", width: 2 }); // above the wider green, which it may cover
  const names = { target: fits.text({ color: "muted", anchor: "end" }), solved: fits.text({ color: "good", anchor: "start", dy: -13, bold: true }) };
  const trainedName = fits.text({ color: "bad", anchor: "end", bold: true });

  const error = (value) => (value < 0 ? "…" : value < 5e-4 ? "below 0.001" : kit.format(value, ".3f"));
  const shown = {
    solved: kit.readout({ label: "Error, solved", color: "good", format: error }),
    trained: kit.readout({ label: "Error, trained", color: "bad", format: error }),
    rank: kit.readout({ label: "Dimensions", format: "integer" }),
    largest: kit.readout({ label: "Largest solved weight", format: (value) => (value < 1 ? kit.format(value, 2) : Math.round(value).toLocaleString("en-US")) }),
  };
  kit.slider("bend", { label: "Size of the bend ε", format: (value) => (value < 1e-3 ? value.toExponential(0).replace("-", "−") : String(Number(value.toPrecision(2)))) });
  for (const [name, [base, height]] of Object.entries(PRESETS)) {
    kit.button(name, () => Object.assign(state, { base, shape: PLACES.map(height), bend: 1 }));
  }
  kit.reset();

  let drawn;
  let training;
  let since;
  kit.draw(() => {
    const now = [state.base, state.bend, ...state.shape].join();
    if (now !== drawn) {
      drawn = now;
      const at = activation(state.base, state.shape, state.bend);
      used.set(sampled(at));
      usedName.set(4.2, -2.2, `${state.base === "square" ? "parabola" : state.base} + ε · bend`);
      const best = solve(at, start, x, wanted);
      solvedLine.set(pairs(best.fit));
      names.target.set(0.97, 1.38, "target: thick");
      names.solved.set(x[NAMED], best.fit[NAMED], "solved");
      trainedName.set(0.97, -1.42, `trained, ${STEPS} steps`);
      shown.solved.set(rms(best.fit, wanted));
      shown.rank.set(best.rank);
      shown.largest.set(best.largest);
      shown.trained.set(-1);
      const idle = !training || training.done;
      training = train(at, start, x, wanted, kit.numeric.adam);
      since = performance.now();
      if (idle) requestAnimationFrame(kit.guard(advance));
    } else if (training.steps > 0) {
      trainedLine.set(pairs(training.output));
      shown.trained.set(training.done ? rms(training.output, wanted) : -1);
    }
  });

  function advance() {
    const began = performance.now();
    if (began - since >= PAUSE) {
      while (!training.done && performance.now() - began < CHUNK) training.step();
      kit.schedule();
    }
    if (!training.done) requestAnimationFrame(kit.guard(advance));
  }
}

/** The base, plus the bend times the straight pieces between the drawn points' distances from it. */
function activation(base, shape, bend) {
  const [one, two, three] = BASES[base];
  const apart = shape.map((height, i) => {
    const distance = height - onGrid(polynomial(BASES[base], PLACES[i]));
    return Math.abs(distance) < STEP / 2 ? 0 : bend * distance;
  });
  const rise = Float64Array.from({ length: PLACES.length - 1 }, (_, i) => apart[i + 1] - apart[i]);
  const height = Float64Array.from(rise, (value, i) => apart[i] - value * PLACES[i]);
  /** Values, and slopes if wanted, at all z. */
  function at(z, values, slopes) {
    for (let k = 0; k < z.length; k += 1) {
      const s = z[k];
      const i = s < PLACES[1] ? 0 : s >= 3 ? 7 : Math.floor(s) + 4;
      values[k] = s * (one + s * (two + s * three)) + (height[i] + rise[i] * s);
      if (slopes) slopes[k] = one + s * (2 * two + 3 * s * three) + rise[i];
    }
    return values;
  }
  return at;
}

const dot = (a, b) => {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
};
/** Take a multiple of b from a; returns the squared length of what is left. */
const subtract = (a, factor, b) => {
  let left = 0;
  for (let i = 0; i < a.length; i += 1) {
    a[i] -= factor * b[i];
    left += a[i] * a[i];
  }
  return left;
};
const rms = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);

/** Least squares with a rank: take the unit that adds most, remove it from the others, until only rounding is left.
 * Normal equations, as in ridge regression, would square a bend of a millionth and lose it. */
function solve(at, { w, b }, x, wanted) {
  const units = w.map((weight, k) => {
    const z = x.map((value) => weight * value + b[k]);
    return at(z, z);
  });
  units.push(new Float64Array(x.length).fill(1));
  const lengths = units.map((unit) => Math.sqrt(dot(unit, unit)) || 1);
  const columns = units.map((unit, k) => unit.map((value) => value / lengths[k]));
  let rest = columns.map((column, k) => ({ k, left: 1, column: column.slice() }));
  const basis = [];
  const taken = [];
  const fit = new Float64Array(x.length);
  for (;;) {
    rest = rest.filter(({ left }) => left > NOTHING_NEW ** 2);
    if (rest.length === 0 || basis.length === x.length) break;
    const next = rest.reduce((best, one) => (one.left > best.left ? one : best));
    const direction = next.column;
    let size = next.left;
    for (let i = 0; i < direction.length; i += 1) direction[i] /= Math.sqrt(size);
    for (const other of basis) size = subtract(direction, dot(direction, other), other);
    if (basis.length) for (let i = 0, length = Math.sqrt(size); i < direction.length; i += 1) direction[i] /= length;
    basis.push(direction);
    taken.push(next.k);
    next.left = 0;
    subtract(fit, -dot(direction, wanted), direction);
    for (const one of rest) if (one !== next) one.left = subtract(one.column, dot(one.column, direction), direction);
  }
  const weights = new Float64Array(basis.length);
  for (let row = basis.length - 1; row >= 0; row -= 1) {
    let sum = dot(basis[row], wanted);
    for (let k = row + 1; k < basis.length; k += 1) sum -= dot(basis[row], columns[taken[k]]) * weights[k];
    weights[row] = sum / dot(basis[row], columns[taken[row]]);
  }
  return { fit, rank: basis.length, largest: Math.max(0, ...weights.map((weight, k) => Math.abs(weight) / lengths[taken[k]])) };
}

/** The same network with all weights trained by Adam on all points; the readout starts at zero. */
function train(at, { w, b }, x, wanted, adam) {
  const n = w.length;
  const [weight, bias, readout, offset] = [Float64Array.from(w), Float64Array.from(b), new Float64Array(n), new Float64Array(1)];
  const gradients = [weight, bias, readout, offset].map((values) => new Float64Array(values.length));
  const [toWeight, toBias, toReadout, toOffset] = gradients;
  const update = adam([weight, bias, readout, offset], { learningRate: RATE });
  const output = new Float64Array(x.length);
  const [z, h, slopes] = [0, 0, 0].map(() => new Float64Array(n));
  const run = { output, steps: 0, done: false, step };
  /** The outputs of the weights as they are, and their gradients. */
  function pass() {
    for (const gradient of gradients) gradient.fill(0);
    for (let i = 0; i < x.length; i += 1) {
      for (let k = 0; k < n; k += 1) z[k] = weight[k] * x[i] + bias[k];
      at(z, h, slopes);
      output[i] = offset[0] + dot(readout, h);
      const delta = (2 * (output[i] - wanted[i])) / x.length;
      toOffset[0] += delta;
      for (let k = 0; k < n; k += 1) {
        const back = delta * readout[k] * slopes[k];
        toReadout[k] += delta * h[k];
        toBias[k] += back;
        toWeight[k] += back * x[i];
      }
    }
  }
  function step() {
    update(gradients);
    pass();
    run.steps += 1;
    run.done = run.steps >= STEPS || !(rms(output, wanted) < 1e6);
  }
  pass();
  return run;
}
