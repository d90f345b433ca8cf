// A pad to draw a gradient on, and what Adam makes of it: the step hears signal against noise, not loudness.
const RANGE = { min: -3, max: 3, step: 0.05 };
const PRESETS = { shout: "One shout", constant: "Constant", noise: "Noise", alternating: "Alternating", sparse: "Sparse" };
const LOUDNESS = { 1000: "1,000", 1: "1", "1e-9": "10⁻⁹" };
const EPSILON = 1e-8;

export default function (root, record, kit) {
  const { signals, start } = record.sketch;
  const length = signals.shout.length;
  const first = { step: start.at, level: signals.shout[start.at - 1] };
  const state = kit.state({
    g: kit.numbers(signals.shout, RANGE),
    step: kit.number(first.step, { min: 1, max: length, step: 1 }),
    level: kit.number(first.level, RANGE),
    loud: kit.choice("1", ["1e-9", "1", "1000"]),
    beta1: kit.number(0.9, { min: 0, max: 0.98, step: 0.01 }),
    beta2: kit.number(0.999, { min: 0.9, max: 0.999, step: 0.001 }),
  });

  const x = { min: 0.4, max: length + 0.6, ticks: [1, 20, 40, 60, 80, 100] };
  const above = kit.element("div", {});
  const below = kit.element("div", {});
  root.append(above, below);
  const pad = kit.plot({
    into: above, x: { ...x }, y: { min: -3, max: 3, label: "gradient; draw here" }, aspect: 0.3, minHeight: 170, right: 28,
    alt: "The gradient at each of a hundred steps as bars, its running mean and its running root mean square as lines",
  });
  const bars = pad.bars({ color: "muted", opacity: 0.6, gap: 0.6 });
  const root2 = pad.line({ color: "orange", label: "√ŝ" });
  const mean = pad.line({ color: "blue", label: "m̂" });
  const factor = pad.text({ color: "muted", anchor: "start" });
  pad.handle({
    x: "step", y: "level", label: "Pen", color: "ink",
    describe: () => `step ${state.step}, gradient ${kit.format(state.level, ".2f")}`,
  });

  const result = kit.plot({
    into: below, x: { ...x, label: "step" }, y: { min: -1.3, max: 1.3, label: "what Adam subtracts, in learning rates η" }, aspect: 0.24, minHeight: 150, right: 28,
    alt: "Adam's step at each of the hundred steps, in units of the learning rate",
  });
  const [one, minusOne] = [result.rule({ axis: "y" }), result.rule({ axis: "y" })];
  const fill = result.area({ color: "adam", opacity: 0.25 });
  const line = result.line({ color: "adam", width: 2.2 });

  const adamMean = kit.readout({ label: "Adam, mean size of a step", color: "adam", format: (value) => `${kit.format(value, ".2f")} η` });
  const adamLast = kit.readout({ label: "Adam, last step", color: "adam", format: (value) => `${kit.format(value, ".2f")} η` });
  const sgdMean = kit.readout({ label: "SGD, mean size of a step", color: "sgd", format: (value) => `${kit.format(value, 3)} η` });
  for (const [name, label] of Object.entries(PRESETS)) kit.button(label, () => play(name));
  kit.choices("loud", { label: "Multiply every gradient by", names: LOUDNESS });
  kit.slider("beta1", { label: "Memory of the mean, β₁", format: ".2f" });
  kit.slider("beta2", { label: "Memory of the square, β₂", format: ".3f" });
  kit.reset();

  // The pen writes wherever it goes. A preset puts it down without a trace, a press elsewhere makes a single mark.
  let pen = { step: state.step, level: state.level };
  function play(name) {
    state.g = [...signals[name]];
    state.level = signals[name][state.step - 1];
    pen = { step: state.step, level: state.level };
  }
  function press(event) {
    place(event);
    pen = { step: state.step };
  }
  function place(event) {
    const frame = pad.svg.getBoundingClientRect();
    const at = pad.invert(event.clientX - frame.left - pad.size.left, event.clientY - frame.top - pad.size.top);
    [state.step, state.level] = [at.x, at.y];
  }
  const onPaper = (event) => !event.target.closest(".kit-handle");
  let drawing = false;
  pad.svg.classList.add("kit-anywhere");
  kit.listen(pad.svg, "pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || !onPaper(event)) return;
    drawing = true;
    pad.svg.setPointerCapture(event.pointerId);
    press(event);
    event.preventDefault();
  });
  kit.listen(pad.svg, "pointermove", (event) => drawing && place(event));
  kit.listen(pad.svg, "lostpointercapture", () => { drawing = false; });
  kit.listen(pad.svg, "click", (event) => {
    // A finger may want to scroll: it draws with the pen, and a tap sets the pen down.
    if (event.pointerType !== "mouse" && onPaper(event)) press(event);
  });

  kit.draw(() => {
    const gradients = written();
    const loud = Number(state.loud);
    const run = adam(gradients.map((g) => g * loud), state.beta1, state.beta2);
    bars.set(gradients.map((g, i) => [i + 0.5, i + 1.5, g]));
    root2.set(run.map(({ root: value }, i) => [i + 1, value / loud]));
    mean.set(run.map(({ mean: value }, i) => [i + 1, value / loud]));
    factor.set(2, 2.55, loud === 1 ? "" : `× ${LOUDNESS[state.loud]}`);
    const steps = run.map(({ step }) => step);
    const top = Math.max(1.3, ...steps.map((step) => 1.1 * Math.abs(step)));
    result.domain({ y: [-top, top] });
    one.set(1);
    minusOne.set(-1);
    fill.set(steps.map((step, i) => [i + 1, step]));
    line.set(steps.map((step, i) => [i + 1, step]));
    adamMean.set(size(steps));
    adamLast.set(steps.at(-1));
    sgdMean.set(loud * size(gradients));
  });

  /** The gradients, with what the pen has drawn since the last frame: from where it was to where it is. */
  function written() {
    const now = { step: state.step, level: state.level };
    const moved = now.step !== pen.step || now.level !== pen.level;
    const reset = now.step === first.step && now.level === first.level && String(state.g) === String(signals.shout);
    const from = pen.level === undefined ? now : pen;
    pen = now;
    if (!moved || reset) return state.g;
    const g = [...state.g];
    const distance = now.step - from.step;
    for (let i = Math.min(1, Math.abs(distance)); i <= Math.abs(distance); i += 1) {
      const share = distance ? i / Math.abs(distance) : 1;
      g[from.step + Math.sign(distance) * i - 1] = from.level + share * (now.level - from.level);
    }
    state.g = g;
    return state.g;
  }
}

const size = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;

/** The corrected averages and the step, in learning rates, for each gradient. */
function adam(gradients, beta1, beta2) {
  let [m, s] = [0, 0];
  return gradients.map((g, i) => {
    m = beta1 * m + (1 - beta1) * g;
    s = beta2 * s + (1 - beta2) * g * g;
    const mean = m / (1 - beta1 ** (i + 1));
    const root = Math.sqrt(s / (1 - beta2 ** (i + 1)));
    return { mean, root, step: mean / (root + EPSILON) };
  });
}
