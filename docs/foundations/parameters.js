// A wall with every parameter of a small network: set some to 0, or shuffle them all, and see what its prediction makes of it.
export const parts = ["matrix", "image", "bars"];

const [INPUTS, HIDDEN, CLASSES] = [64, 32, 10];
const UNIT = INPUTS + 1 + CLASSES; // numbers of one hidden unit: weights in, bias, weights out
const ALL = HIDDEN * UNIT + CLASSES;
const STRONG = 1; // where the colors end
const GONE = 3 * STRONG; // how a parameter that is set to 0 is drawn: in ink
const COLUMNS = INPUTS + 3 + CLASSES; // with a gap on either side of the bias
const ROWS = HIDDEN + 2; // with a gap above the output biases
const START = 100;

export default function (root, record, kit) {
  const { units, bias, labels, shown, ...wall } = record.wall;
  const { generator, matrix, matmul, softmax } = kit.numeric;
  const images = matrix(labels.length, INPUTS, Float64Array.from(wall.images, (letter) => (letter.charCodeAt(0) - 97) / 16));
  const pixels = (index) => Array.from(images.data.subarray(index * INPUTS, (index + 1) * INPUTS));

  const state = kit.state({
    digit: kit.number(3, { min: 0, max: 9, step: 1 }),
    mix: kit.number(0, { min: 0, max: 1, step: 0.05 }),
    copy: kit.number(1, { min: 1, max: 99, step: 1 }),
    brush: kit.choice("1", ["1", "5"]),
    zero: kit.grid([withMore(Array(ALL).fill(0), START, generator(3))], { min: 0, max: 1, step: 1 }),
  });

  kit.images({ label: "Test images, to choose from", title: "A test image", size: 27, gap: 6, select: "digit" }).set(shown.map(pixels));
  const cells = kit.matrix({
    label: "All parameters", title: "All 2,410 parameters: a row for each hidden unit, the output biases at the bottom right",
    numbers: false, cell: 11, readout: false,
    rowName: "row", columnName: "column", colors: ["negative", "paper", "positive", "ink", "ink"], low: -STRONG, high: GONE,
    format: (value) => (value === GONE ? "set to 0" : kit.format(value, ".2f")), press, brush: true,
  });
  const line = kit.element("p", { class: "kit-cell-readout", "aria-hidden": "true" });
  cells.box.append(line);
  const beside = kit.element("div", { class: "kit-cells" });
  root.append(beside);
  const image = kit.matrix({ label: "The image", title: "", numbers: false, cell: 15, colors: ["paper", "ink"], low: 0, high: 1, readout: false, into: beside });
  const chances = kit.element("div", { style: "flex:1 1 170px;min-width:0" });
  beside.append(chances);
  const bars = kit.bars({
    alt: "The network's probabilities of the ten digits", names: [..."0123456789"], vertical: true, height: 92, color: "blue",
    label: "probability of each digit, in percent", reference: "as trained", format: (share) => kit.format(100 * share, "integer"), into: chances,
  });
  const removed = kit.readout({ label: "Set to 0", format: (count) => `${count.toLocaleString("en-US")} of 2,410` });
  const right = kit.readout({ label: "Right on the test images", format: (count) => `${count} of ${labels.length}`, color: "test" });
  const moved = kit.readout({ label: "The slider moves a probability by up to", format: (size) => (size < 1e-4 ? scientific(size) : kit.format(size, ".3f")) });
  kit.slider("mix", { label: "From the network to its copy", format: "percent" });
  kit.choices("brush", { label: "Brush", names: { 1: "one cell", 5: "5 × 5" } });
  kit.button("100 more to 0", () => { state.zero = withMore(state.zero, 100, generator(Math.round(1e6 * Math.random()))); });
  kit.button("Restore all", () => { state.zero = Array(ALL).fill(0); });
  kit.button("Permute and rescale", () => {
    if (state.mix > 0) state.copy = (state.copy % 99) + 1;
    state.mix = 1;
  });
  kit.button("Average with the copy", () => { state.mix = 0.5; });
  kit.reset();

  // ---- the brush: the first cell of a stroke says whether it sets to 0 or restores ----
  let stroke;
  for (const type of ["pointerup", "pointercancel", "keyup"]) kit.listen(cells.box, type, () => { stroke = undefined; });
  function press(row, column) {
    const order = orderShown();
    const first = placeAt(row, column, order);
    if (!stroke) {
      if (first === null) return;
      stroke = { to: 1 - state.zero[first], at: [row, column] };
    }
    const zero = [...state.zero];
    const reach = state.brush === "5" ? 2 : 0;
    for (const [y, x] of between(stroke.at, [row, column])) {
      for (let i = -reach; i <= reach; i += 1) {
        for (let j = -reach; j <= reach; j += 1) {
          const place = placeAt(y + i, x + j, order);
          if (place !== null) zero[place] = stroke.to;
        }
      }
    }
    stroke.at = [row, column];
    state.zero = zero;
  }

  // ---- the copy: units in another order, weights in times a factor, weights out divided by it ----
  let copied;
  function copy() {
    if (copied?.number === state.copy) return copied;
    const random = generator(state.copy);
    copied = state.copy === 1 ? { order: wall.order, scales: wall.scales } : {
      order: random.shuffle(units.map((_, unit) => unit)),
      scales: units.map(() => Math.exp(random.normal())),
    };
    copied.number = state.copy;
    return copied;
  }
  const identity = units.map((_, unit) => unit);
  /** Which unit stands in which row: that of the nearer network. */
  const orderShown = () => (state.mix < 0.5 ? identity : copy().order);

  const kept = () => ({
    rows: units.map((row, unit) => row.map((value, slot) => (state.zero[unit * UNIT + slot] ? 0 : value))),
    bias: bias.map((value, index) => (state.zero[HIDDEN * UNIT + index] ? 0 : value)),
  });

  /** The parameters as they stand on the wall. */
  function network() {
    const one = kept();
    if (state.mix === 0) return one;
    const { order, scales } = copy();
    const rows = one.rows.map((row, place) => row.map((value, slot) => {
      const scale = scales[order[place]];
      const other = one.rows[order[place]][slot] * (slot > INPUTS ? 1 / scale : scale);
      return (1 - state.mix) * value + state.mix * other;
    }));
    return { rows, bias: one.bias };
  }

  function probabilities(net, x) {
    const into = matrix(INPUTS, HIDDEN);
    const out = matrix(HIDDEN, CLASSES);
    net.rows.forEach((row, unit) => {
      for (let slot = 0; slot < INPUTS; slot += 1) into.data[slot * HIDDEN + unit] = row[slot];
      for (let index = 0; index < CLASSES; index += 1) out.data[unit * CLASSES + index] = row[INPUTS + 1 + index];
    });
    const hidden = matmul(x, into);
    hidden.data.forEach((value, at) => { hidden.data[at] = Math.max(0, value + net.rows[at % HIDDEN][INPUTS]); });
    const logits = matmul(hidden, out);
    logits.data.forEach((value, at) => { logits.data[at] = value + net.bias[at % CLASSES]; });
    return softmax(logits).data;
  }

  let imageOf;
  kit.draw(() => {
    const net = network();
    const all = probabilities(net, images);
    const row = (data, index) => Array.from(data.subarray(index * CLASSES, (index + 1) * CLASSES));
    const best = (values) => values.indexOf(Math.max(...values));
    let hits = 0;
    for (let index = 0; index < labels.length; index += 1) hits += best(row(all, index)) === Number(labels[index]);

    const at = shown[state.digit];
    const now = row(all, at);
    const single = matrix(1, INPUTS, images.data.slice(at * INPUTS, (at + 1) * INPUTS));
    const intact = Array.from(probabilities({ rows: units, bias }, single));
    // The copy is of the network with the same parameters at 0; the largest change is that on all test images.
    const still = state.mix ? probabilities(kept(), images) : all;
    bars.set(now, { reference: intact, highlight: best(now) });
    removed.set(state.zero.reduce((sum, value) => sum + value, 0));
    right.set(hits);
    moved.set(all.reduce((most, value, index) => Math.max(most, Math.abs(value - still[index])), 0));

    const order = orderShown();
    const shade = (value, place) => (state.zero[place] ? GONE : Math.min(Math.max(value, -STRONG), STRONG));
    cells.set(Array.from({ length: ROWS }, (_, y) => Array.from({ length: COLUMNS }, (_, x) => {
      const place = placeAt(y, x, order);
      return place === null ? null : shade(y < HIDDEN ? net.rows[y][place % UNIT] : net.bias[place - HIDDEN * UNIT], place);
    })));
    if (imageOf !== at) image.set(Array.from({ length: 8 }, (_, y) => pixels(at).slice(8 * y, 8 * y + 8)));
    imageOf = at;
    point(net, order);
  });

  /** What the cell under the pointer is, in words; its pixel is framed in the image. */
  function point(net, order) {
    const place = cells.pointed ? placeAt(...cells.pointed, order) : null;
    const slot = place === null || place >= HIDDEN * UNIT ? null : place % UNIT;
    image.light(slot !== null && slot < INPUTS ? { row: Math.floor(slot / 8), column: slot % 8 } : {});
    let text = "Point at a cell to see which parameter it is.";
    if (place !== null) {
      const value = slot === null ? net.bias[place - HIDDEN * UNIT] : net.rows[cells.pointed[0]][slot];
      const unit = `unit ${cells.pointed[0] + 1}`;
      const name = slot === null ? `bias of digit ${place - HIDDEN * UNIT}` : slot < INPUTS ? `weight from pixel ${slot} to ${unit}`
        : slot === INPUTS ? `bias of ${unit}` : `weight from ${unit} to digit ${slot - INPUTS - 1}`;
      text = `${name}: ${kit.format(value, ".3f")}${state.zero[place] ? ", set to 0" : ""}`;
    }
    if (line.textContent !== text) line.textContent = text;
  }
}

/** The parameter in a cell of the wall, numbered by its unit; null in the gaps. */
function placeAt(row, column, order) {
  const out = column - INPUTS - 3;
  if (row === ROWS - 1 && out >= 0 && out < CLASSES) return HIDDEN * UNIT + out;
  if (row < 0 || row >= HIDDEN || column < 0 || column >= COLUMNS || column === INPUTS || column === INPUTS + 2) return null;
  return order[row] * UNIT + (column < INPUTS ? column : column === INPUTS + 1 ? INPUTS : INPUTS + 1 + out);
}

function withMore(zero, count, random) {
  const free = random.shuffle(zero.flatMap((value, place) => (value ? [] : [place])));
  const next = [...zero];
  for (const place of free.slice(0, count)) next[place] = 1;
  return next;
}

/** The cells on the way, so that a fast stroke has no gaps. */
function between([y0, x0], [y1, x1]) {
  const count = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  return Array.from({ length: count + 1 }, (_, i) => [Math.round(y0 + (i / count) * (y1 - y0)), Math.round(x0 + (i / count) * (x1 - x0))]);
}

function scientific(size) {
  if (size === 0) return "0";
  const power = Math.floor(Math.log10(size));
  const raised = [...String(-power)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return `${Math.round(size / 10 ** power)} · 10⁻${raised}`;
}
