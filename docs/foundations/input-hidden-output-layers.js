// All that the output layer learns of an image is two numbers: paint and they move, or move them and no image is needed.
export const parts = ["image", "bars", "field"];

const REGIONS = ["sky", "orange", "green", "purple", "red", "gold", "blue", "grey", "ink", "rule"];
const DIGITS = REGIONS.map((_, digit) => String(digit));
const NEAREST = 6;

export default function (root, record, kit) {
  const { forward, fromRows, softmax } = kit.numeric;
  const { layers, points, labels, start } = record.network;
  const images = record.network.images.map((text) => Array.from(text, (level) => parseInt(level, 17) / 16));
  const all = layers.map(({ weight, bias }) => ({ weight: fromRows(weight), bias: Float64Array.from(bias) }));
  const network = { activation: "tanh", layers: all };
  const output = { activation: "tanh", layers: all.slice(2) };
  const encode = (image) => Array.from(forward(network, fromRows([image])).inputs[2].data, (value) => Math.round(100 * value) / 100);
  const decode = (rows) => softmax(forward(output, rows).output);
  const answers = points.map((point) => largest(decode(fromRows([point])).data));

  const [first, second] = encode(images[start]);
  const axis = { min: -1, max: 1, step: 0.01 };
  const state = kit.state({
    image: kit.grid(Array.from({ length: 8 }, (_, row) => images[start].slice(8 * row, 8 * row + 8))),
    first: kit.number(first, axis),
    second: kit.number(second, axis),
  });

  const stage = kit.element("div", { style: "display:grid;gap:18px 26px;grid-template-columns:repeat(auto-fit,minmax(min(100%,270px),1fr))" });
  root.append(stage);
  const column = (...titles) => {
    const made = titles.map(() => kit.element("section"));
    stage.append(kit.element("div", { style: "display:grid;gap:14px;align-content:start;grid-template-columns:minmax(0,1fr);min-width:0" }, ...titles.flatMap((title, i) => [
      kit.element("div", { class: "kit-title", style: "margin:0" }, title), made[i]])));
    return made;
  };
  const [input, exit] = column("Input layer: 64 pixels, given", "Output layer: 10 probabilities");
  const [hidden, near] = column("Last hidden layer: 2 numbers, learned", "Test images nearby (press one)");

  kit.paint("image", { label: "Image to paint", title: "", size: 232, soft: 0.4, into: input });

  const plane = kit.plot({
    alt: "The plane of the two hidden numbers, divided among the ten digits, with all test images; those read wrongly are larger and colored",
    x: { min: -1.06, max: 1.06, label: "first hidden number", ticks: [-1, -0.5, 0, 0.5, 1], format: ".1f" },
    y: { min: -1.06, max: 1.06, label: "second hidden number", ticks: [-1, -0.5, 0, 0.5, 1], format: ".1f" },
    square: true, maxHeight: 360, right: 10, into: hidden,
  });
  const regions = kit.decisions(plane, { classes: REGIONS, opacity: 0.34, columns: 72, rows: 72 });
  const right = plane.points({ color: "ink", radius: 1.8, opacity: 0.5 });
  const wrong = plane.points({ color: "bad", radius: 3 });
  const names = DIGITS.map(() => plane.text({ color: "ink", bold: true, size: 17 }));
  const bond = plane.line({ color: "ink", width: 1.5, dash: "3 3" });
  const sent = plane.points({ color: "ink", radius: 5, hollow: true });
  plane.handle({
    x: "first", y: "second", label: "The two hidden numbers", color: "ink", radius: 9, anywhere: true,
    describe: () => `${kit.format(state.first, ".2f")} and ${kit.format(state.second, ".2f")}, read as ${largest(decode(fromRows([[state.first, state.second]])).data)}`,
  });

  const bars = kit.bars({ alt: "Probability of each digit", names: DIGITS, vertical: true, height: 96, color: "blue", format: (share) => String(Math.round(100 * share)), into: exit });
  const neighbors = kit.images({
    label: "Nearest test images", title: "", rows: 8, size: 38, gap: 9, colors: ["panel", "ink"], into: near,
    press: (index) => { state.image = [...shown[index]]; }, describe: (index) => `a ${captions[index]}`,
  });
  const numbers = kit.element("dl", { class: "kit-readouts" });
  exit.append(numbers);
  const answer = kit.readout({ label: "Read as", format: "integer", into: numbers });
  const share = kit.readout({ label: "with probability", format: "percent", into: numbers });
  kit.reset();
  const note = kit.note();

  DIGITS.forEach((digit, index) => {
    const own = points.filter((_, i) => answers[i] === index && labels[i] === digit);
    const mean = (axisOf) => own.reduce((sum, point) => sum + point[axisOf], 0) / own.length;
    // Toward the middle of the plane, beside the crowd rather than on it.
    if (own.length) names[index].set(0.8 * mean(0), 0.8 * mean(1) - (Math.hypot(mean(0), mean(1)) < 0.4 ? 0.3 : 0), digit);
  });
  const mark = (wanted) => points.filter((_, i) => (String(answers[i]) === labels[i]) === wanted);
  right.set(mark(true));
  wrong.set(mark(false));
  regions.setAll(decode);

  let shown = [];
  let captions = [];
  let painted;
  kit.draw(() => {
    if (painted && painted !== state.image) [state.first, state.second] = encode(state.image);
    painted = state.image;
    const here = [state.first, state.second];
    const from = encode(state.image);
    const moved = Math.hypot(here[0] - from[0], here[1] - from[1]) > 0.011;
    bond.set(moved ? [from, here] : []);
    sent.set(moved ? [from] : []);

    const shares = decode(fromRows([here])).data;
    const best = largest(shares);
    bars.set(Array.from(shares), { highlight: best });
    answer.set(best);
    share.set(shares[best]);

    const order = points.map((point, i) => [Math.hypot(point[0] - here[0], point[1] - here[1]), i]).sort((a, b) => a[0] - b[0]).slice(0, NEAREST);
    shown = order.map(([, i]) => images[i]);
    captions = order.map(([, i]) => labels[i]);
    neighbors.set(shown, { captions });
    note.set(moved
      ? "You moved the numbers by hand; the image sends the hollow point. The output layer cannot tell the difference."
      : "The image sends these two numbers. Everything else about it ends here.");
  });
}

function largest(values) {
  let best = 0;
  values.forEach((value, index) => { if (value > values[best]) best = index; });
  return best;
}
