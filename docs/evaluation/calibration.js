// One temperature bends the whole reliability diagram and changes no answer; few cases make even a perfect forecaster look bad.
const BINS = 15;
const CLASSES = 10;
const FEW = 3; // below that many images a bin's range is nearly everything: a hollow dot
const GAP = [Infinity, Infinity];
const FLOOR = -0.32; // where the bars of the counts stand
const NAMES = { long: "Overtrained", early: "Stopped early", labels: "Wrong labels" };

export default function (root, record, kit) {
  const { live } = record;
  const runs = Object.fromEntries(Object.keys(NAMES).map((name) => [name, unpack(live[name].cases, live.step)]));
  const cases = runs.long.rank.length;
  const state = kit.state({
    T: kit.number(1, { min: 0.25, max: 8, log: true }),
    network: kit.choice("long", Object.keys(NAMES)),
    cases: kit.choice("all", ["all", "200", "50"]),
    fair: kit.flag(false),
    sample: kit.number(1, { min: 1, max: 999, step: 1 }),
  });

  const diagram = kit.plot({
    alt: "Accuracy against confidence in bins, with the range of a perfect forecaster; below, how many images fall into each bin",
    x: { min: 0, max: 1, label: "confidence", ticks: halves() },
    y: { min: FLOOR, max: 1.02, label: "accuracy", ticks: halves() },
    square: true,
    maxHeight: 360,
  });
  const counts = diagram.bars({ color: "muted", base: FLOOR, gap: 0.15, opacity: 0.5 });
  const diagonal = diagram.line({ color: "theory", width: 1.5, dash: "4 3" });
  const band = diagram.line({ color: "theory", width: 11, opacity: 0.35 });
  const gaps = diagram.line({ color: "bad", width: 2.5 });
  const dots = diagram.points({ color: "blue", radius: 4.5 });
  const rare = diagram.points({ color: "blue", radius: 3.5, hollow: true });
  const hint = diagram.text({ color: "muted", anchor: "end", size: 12 });

  const loss = kit.plot({
    alt: "The log loss on the validation images against the temperature: one valley",
    x: { min: 0.25, max: 8, log: true, label: "temperature T", ticks: [0.25, 0.5, 1, 2, 4, 8].map((value) => ({ value, text: String(value) })) },
    y: { min: 0, max: 3, label: "validation loss" },
    aspect: 0.6,
    minHeight: 220,
  });
  const valley = loss.line({ color: "validation", width: 2.5 });
  const lowest = loss.rule({ axis: "x", color: "good", dash: "4 3", label: "best T" });
  loss.handle({
    x: "T", at: () => [null, lossAt(state.T)], label: "Temperature", color: "ink", anywhere: true,
    describe: () => `temperature ${kit.format(state.T)}`,
  });

  const accuracy = kit.readout({ label: "Accuracy", format: "percent", color: "good" });
  const confidence = kit.readout({ label: "Mean confidence", format: "percent", color: "ink" });
  const error = kit.readout({ label: "ECE", format: ".3f", color: "blue" });
  const perfect = kit.readout({ label: "ECE of a perfect forecaster, about", format: ".3f", color: "theory" });
  kit.slider("T", { label: "Temperature T" });
  kit.choices("network", { label: "Network", names: NAMES });
  kit.choices("cases", { label: "Test images", names: { all: String(cases), 200: "200", 50: "50" } });
  kit.toggle("fair", { label: "Replace the network by a perfect forecaster: draw right or wrong with the stated confidence" });
  kit.button("Other images", () => {
    state.sample = (state.sample % 999) + 1;
    if (state.cases === "all" && !state.fair) state.cases = "200"; // all of them are always the same
  });
  kit.reset();

  const { temperatures } = live;
  const lossAt = (T) => {
    const curve = live[state.network].loss;
    const place = (Math.log(T / temperatures[0]) / Math.log(temperatures.at(-1) / temperatures[0])) * (temperatures.length - 1);
    const left = Math.min(Math.max(Math.floor(place), 0), temperatures.length - 2);
    return curve[left] + (place - left) * (curve[left + 1] - curve[left]);
  };

  let drawn;
  let chosen;
  let luck;
  kit.draw(() => {
    const sampling = `${state.sample} ${state.cases}`;
    if (chosen?.name !== sampling) {
      const generator = kit.numeric.generator(state.sample);
      const order = Array.from({ length: cases }, (_, i) => i);
      luck = order.map(() => generator.uniform());
      chosen = { name: sampling, order: state.cases === "all" ? order : generator.shuffle(order).slice(0, Number(state.cases)) };
    }
    if (drawn !== state.network) {
      const curve = live[state.network].loss;
      const least = Math.min(...curve);
      loss.domain({ y: [0, Math.min(Math.max(...curve), 3.2 * least) * 1.05] });
      valley.set(curve.map((value, i) => [temperatures[i], value]));
      lowest.set(live[state.network].T);
      diagonal.set([[0, 0], [1, 1]]);
      drawn = state.network;
    }

    const { gaps: below, rank } = runs[state.network];
    const bins = Array.from({ length: BINS }, () => ({ n: 0, right: 0, confidence: 0, variance: 0 }));
    for (const i of chosen.order) {
      let total = 1;
      for (let k = 0; k < CLASSES - 1; k += 1) total += Math.exp(-below[i * (CLASSES - 1) + k] / state.T);
      const sure = 1 / total;
      const bin = bins[Math.min(BINS - 1, Math.max(0, Math.ceil(sure * BINS) - 1))];
      bin.n += 1;
      bin.confidence += sure;
      bin.variance += sure * (1 - sure);
      bin.right += (state.fair ? luck[i] < sure : rank[i] === 0) ? 1 : 0;
    }

    const size = chosen.order.length;
    const most = Math.max(...bins.map((bin) => bin.n));
    const filled = bins.filter((bin) => bin.n > 0).map((bin) => ({ ...bin, x: bin.confidence / bin.n, y: bin.right / bin.n, spread: (1.96 * Math.sqrt(bin.variance)) / bin.n }));
    counts.set(bins.map((bin, b) => [b / BINS, (b + 1) / BINS, FLOOR + (0.24 * bin.n) / most]));
    const [thin, thick] = [filled.filter(({ n }) => n < FEW), filled.filter(({ n }) => n >= FEW)];
    band.set(thick.flatMap(({ x, spread }) => [[x, Math.max(0, x - spread)], [x, Math.min(1, x + spread)], GAP]));
    gaps.set(thick.flatMap(({ x, y, spread }) => (Math.abs(x - y) > spread ? [[x, x], [x, y], GAP] : [])));
    dots.set(thick.map(({ x, y }) => [x, y]));
    rare.set(thin.map(({ x, y }) => [x, y]));
    hint.set(0.98, FLOOR + 0.27, "images per bin");

    accuracy.set(sum(bins, "right") / size);
    confidence.set(sum(bins, "confidence") / size);
    error.set(bins.reduce((total, bin) => total + Math.abs(bin.right - bin.confidence), 0) / size);
    perfect.set((Math.sqrt(2 / Math.PI) * bins.reduce((total, bin) => total + Math.sqrt(bin.variance), 0)) / size);
  });
}

const sum = (bins, key) => bins.reduce((total, bin) => total + bin[key], 0);
const halves = () => [{ value: 0, text: "0" }, { value: 0.5, text: "0.5" }, { value: 1, text: "1" }];

/** How far the other nine logits lie below the largest, in order, and at which place the true class stands. */
function unpack(text, step) {
  const width = 2 * (CLASSES - 1) + 1;
  const count = text.length / width;
  const gaps = new Float64Array(count * (CLASSES - 1));
  const rank = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) {
    for (let k = 0; k < CLASSES - 1; k += 1) {
      gaps[i * (CLASSES - 1) + k] = step * parseInt(text.slice(i * width + 2 * k, i * width + 2 * k + 2), 36);
    }
    rank[i] = Number(text[(i + 1) * width - 1]);
  }
  return { gaps, rank };
}
