// Every mark and every control once.
export const parts = ["play"];

export default function (root, record, kit) {
  const state = kit.state({
    width: kit.number(1, { min: 0.01, max: 10, log: true }),
    x: kit.number(0.8, { min: -2, max: 2, step: 0.05 }),
    y: kit.number(-0.5, { min: -2, max: 2, step: 0.05 }),
    cut: kit.number(0.4, { min: -3, max: 3, step: 0.01 }),
    step: kit.number(3, { min: 0, max: 12, step: 1 }),
    scores: kit.numbers([1, 2, 3], { min: 0, max: 4, step: 0.5 }),
    band: kit.flag(true),
    kernel: kit.choice("gauss", ["gauss", "ring"]),
  });
  const map = kit.plot({ alt: "A bump that follows a point", x: { min: -2, max: 2, label: "x" }, y: { min: -2, max: 2, label: "y" }, square: true });
  const heat = map.heat({ colors: ["negative", "paper", "positive"], low: -1, high: 1 });
  const levels = map.contours({ color: "muted" });
  const cross = map.text({ dy: -20, bold: true });
  map.handle({ x: "x", y: "y", label: "Center", color: "ink", anywhere: true });
  const curves = kit.plot({ alt: "Two normal densities", x: { min: -3, max: 3, label: "score" }, y: { min: 0, max: 0.6, label: "density" } });
  const band = curves.area({ color: "positive" });
  const one = curves.line({ color: "negative", label: "Negative", labelAt: "peak" });
  const two = curves.line({ color: "positive", label: "Positive", labelAt: "peak" });
  const hits = curves.points({ color: "positive", hollow: true });
  const mean = curves.rule({ label: "mean" });
  curves.threshold({ x: "cut", label: "Threshold" });
  const errors = kit.plot({ alt: "Error against steps", aspect: 0.4, x: { min: 1, max: 1000, log: true, label: "steps" }, y: { min: 1e-4, max: 1, log: true, label: "error" } });
  const error = errors.line({ color: "adam", label: "Adam" });
  const bars = kit.plot({ alt: "Three scores", aspect: 0.4, x: { min: 0, max: 3, ticks: [] }, y: { min: 0, max: 4, label: "score" } });
  const heights = bars.bars({ color: "sky", gap: 8 });
  [0, 1, 2].forEach((index) => bars.handle({ y: `scores.${index}`, at: () => [index + 0.5], label: `Score ${index + 1}`, color: "sky" }));
  const area = kit.readout({ label: "Right of the threshold", format: "percent", color: "positive" });
  const tiny = kit.readout({ label: "Smallest" });
  const many = kit.readout({ label: "Count" });
  kit.slider("width", { label: "Width σ" });
  kit.choices("kernel", { label: "Kernel", names: { gauss: "Bump", ring: "Ring" }, colors: { ring: "orange" } });
  kit.toggle("band", { label: "Show the share" });
  kit.stepper("step", { label: "Step", perSecond: 20 });
  kit.reset();
  const note = kit.note();
  const { normalPdf, normalCdf } = kit.numeric;
  kit.draw(() => {
    const height = (px, py) => {
      const distance = Math.hypot(px - state.x, py - state.y) / state.width;
      return state.kernel === "gauss" ? Math.exp(-distance * distance) : Math.sin(2 * distance) / (1 + distance);
    };
    heat.set(height);
    levels.set(height, [-0.25, 0.25, 0.5, 0.75]);
    cross.set(state.x, state.y, "center");
    const grid = Array.from({ length: 121 }, (_, index) => -3 + index / 20);
    one.set(grid.map((z) => [z, normalPdf(z + 1)]));
    two.set(grid.map((z) => [z, normalPdf(z - 1)]));
    band.set(state.band ? grid.filter((z) => z >= state.cut).map((z) => [z, normalPdf(z - 1)]) : []);
    hits.set([[state.cut, normalPdf(state.cut - 1)]]);
    mean.set(1);
    error.set(Array.from({ length: state.step * 8 + 1 }, (_, index) => [10 ** (index / 32), 10 ** (-index / 26)]));
    heights.set(state.scores.map((score, index) => [index, index + 1, score]));
    area.set(1 - normalCdf(state.cut - 1));
    tiny.set(-0.00001234 * state.width);
    many.set(12345);
    note.set(`Step ${state.step} of 12.`);
  });
}
