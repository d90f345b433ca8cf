// A digit to drag and turn: three networks hold over the range each was trained on, and the reader decides where the label ends.
const NETS = ["none", "small", "turn"];
const NAMES = { none: "No augmentation", small: "Small moves", turn: "Any turn" };
const COLORS = { none: "grey", small: "blue", turn: "orange" };
const TAUGHT = { none: { turn: 0, dx: 0 }, small: { turn: 15, dx: 1 }, turn: { turn: 180, dx: 0 } }; // what the training drew from
const LANES = { none: -0.05, small: -0.12, turn: -0.19 }; // below the curves, where those ranges stand
const MOST = 3;
const TURNS = Array.from({ length: 73 }, (_, i) => 5 * i - 180);
const MOVES = Array.from({ length: 25 }, (_, i) => (i - 12) / 4);

export default function (root, record, kit) {
  const { shown } = record.nets;
  const digits = shown.map(({ digit }) => String(digit));
  const nets = Object.fromEntries(NETS.map((name) => [name, createNet(record.nets[name], kit.numeric)]));
  const state = kit.state({
    digit: kit.choice("6", digits),
    turn: kit.number(35, { min: -180, max: 180, step: 5 }),
    dx: kit.number(0, { min: -MOST, max: MOST, step: 0.25 }),
    dy: kit.number(0, { min: -MOST, max: MOST, step: 0.25 }),
    limit: kit.number(0, { min: 0, max: 180, step: 5 }), // 0: the reader has not said
  });
  const one = () => shown[digits.indexOf(state.digit)];

  const panels = kit.element("div", { class: "kit-plots" });
  root.append(panels);
  const left = kit.element("div");
  const right = kit.element("div");
  panels.append(left, right);

  const picture = kit.plot({
    alt: "The digit as the networks see it, 8 by 8 pixels", into: left,
    x: { min: -4, max: 4 }, y: { min: 4, max: -4 }, bare: true, square: true, maxHeight: root.clientWidth < 480 ? 230 : 320,
  });
  const pixels = picture.heat({ colors: ["panel", "ink"], smooth: false });
  picture.handle({ x: "dx", y: "dy", label: "Position of the digit", color: "green",
    describe: () => `${kit.format(state.dx, ".2f")} pixels right, ${kit.format(state.dy, ".2f")} down` });

  const curves = (settings, options) => {
    const plot = kit.plot({ y: { min: -0.23, max: 1, label: settings.label, ticks: [0, 0.5, 1].map((value) => ({ value, text: String(value) })) }, into: right, ...options });
    const limits = settings.limits ? [-1, 1].map(() => plot.rule({ axis: "x", color: "ink", dash: "5 4" })) : [];
    const taught = NETS.map((name) => {
      const reach = TAUGHT[name][settings.x];
      return (reach ? plot.line({ color: COLORS[name], width: 5 }) : plot.points({ color: COLORS[name], radius: 3 }))
        .set(reach ? [[-reach, LANES[name]], [reach, LANES[name]]] : [[0, LANES[name]]]);
    });
    return { plot, limits, taught, lines: NETS.map((name) => plot.line({ color: COLORS[name], width: 2.2 })) };
  };
  const byTurn = curves({ x: "turn", label: "probability of the true digit", limits: true }, {
    alt: "Probability of the true digit against the angle, for the three networks; bars below show the angles each was trained on",
    x: { min: -180, max: 180, label: "turn, degrees", ticks: [-180, -90, 0, 90, 180] }, aspect: 0.5, minHeight: 150,
  });
  byTurn.plot.threshold({ x: "turn", label: "Turn", color: "ink", describe: () => `${state.turn} degrees` });
  const byMove = curves({ x: "dx", label: "" }, {
    alt: "Probability of the true digit against the sideways move, for the three networks; bars below show the moves each was trained on",
    x: { min: -MOST, max: MOST, label: "move sideways, pixels", ticks: [-3, -2, -1, 0, 1, 2, 3] }, aspect: 0.36, minHeight: 120,
  });
  byMove.plot.threshold({ x: "dx", label: "Move sideways", color: "ink", describe: () => `${kit.format(state.dx, ".2f")} pixels` });

  const texts = {};
  const numbers = kit.element("dl", { class: "kit-readouts" });
  root.append(numbers);
  const answers = NETS.map((name) => kit.readout({ label: NAMES[name], color: COLORS[name], format: () => texts[name], into: numbers }));
  const ruler = kit.element("dl", { class: "kit-readouts" });
  root.append(ruler);
  const moved = kit.readout({ label: "Distance from the original", color: "green", format: ".2f", into: ruler });
  const nearest = kit.readout({ label: "Nearest image of another digit", format: () => texts.other, into: ruler });
  const note = kit.note();
  kit.choices("digit", { label: "Digit" });
  kit.slider("turn", { label: "Turn", format: (degrees) => `${degrees}°`.replace("-", "−") });
  kit.button("Past here it is another digit", () => { state.limit = Math.abs(state.turn); });
  kit.reset();

  let turnsFor;
  let movesFor;
  let limitFor;
  kit.draw(() => {
    const { digit, other, "other-digit": otherDigit, pixels: raw } = one();
    const image = raw.map((value) => value / 16);
    const view = moveImage(image, state.turn, state.dx, state.dy);
    pixels.set(Array.from({ length: 8 }, (_, row) => view.subarray(8 * row, 8 * row + 8)));

    const turnKey = [state.digit, state.dx, state.dy].join();
    const moveKey = [state.digit, state.turn, state.dy].join();
    if (turnKey !== turnsFor) {
      const views = TURNS.map((turn) => moveImage(image, turn, state.dx, state.dy));
      NETS.forEach((name, i) => byTurn.lines[i].set(views.map((x, at) => [TURNS[at], nets[name](x)[digit]])));
      turnsFor = turnKey;
    }
    if (moveKey !== movesFor) {
      const views = MOVES.map((dx) => moveImage(image, state.turn, dx, state.dy));
      NETS.forEach((name, i) => byMove.lines[i].set(views.map((x, at) => [MOVES[at], nets[name](x)[digit]])));
      movesFor = moveKey;
    }
    byTurn.limits.forEach((rule, i) => rule.set(state.limit ? (i ? 1 : -1) * state.limit : null));

    NETS.forEach((name, i) => {
      const p = nets[name](view);
      const guess = p.indexOf(Math.max(...p));
      texts[name] = `${guess === digit ? "✓" : "✗"} ${guess}, ${Math.round(100 * p[guess])}%`;
      answers[i].set(guess);
    });
    moved.set(Math.sqrt(view.reduce((sum, value, at) => sum + (value - image[at]) ** 2, 0)));
    texts.other = `${kit.format(other, ".2f")}, a ${otherDigit}`;
    nearest.set(other);
    const limitKey = [state.digit, state.limit].join();
    if (limitKey !== limitFor) note.set(verdict(digit, image));
    limitFor = limitKey;
  });

  function verdict(digit, image) {
    if (!state.limit) return `Turn the ${digit} until you would no longer call it a ${digit}, then press the button.`;
    const beyond = TURNS.filter((turn) => Math.abs(turn) > state.limit);
    const still = beyond.filter((turn) => {
      const p = nets.turn(moveImage(image, turn, 0, 0));
      return p.indexOf(Math.max(...p)) === digit;
    });
    const share = beyond.length ? still.length / beyond.length : 0;
    return `You end the ${digit} at ±${state.limit}° (dashed). Beyond, the network that was taught any turn still says ${digit} at `
      + `${Math.round(100 * share)}% of the angles. Nothing in its training could tell it about your limit.`;
  }
}

/** The image turned counter-clockwise about its center, then moved right and down; bilinear, as dlprimer.rotate and dlprimer.shift. */
function moveImage(image, degrees, dx, dy) {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const at = (row, column) => (row >= 0 && row < 8 && column >= 0 && column < 8 ? image[8 * row + column] : 0);
  const whole = (z) => (Math.abs(z - Math.round(z)) < 1e-9 ? Math.round(z) : z);
  return Float64Array.from({ length: 64 }, (_, index) => {
    const x = (index % 8) - 3.5 - dx;
    const y = Math.floor(index / 8) - 3.5 - dy;
    const u = whole(c * x - s * y + 3.5);
    const v = whole(s * x + c * y + 3.5);
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [u - column, v - row];
    return (1 - b) * ((1 - a) * at(row, column) + a * at(row, column + 1)) + b * ((1 - a) * at(row + 1, column) + a * at(row + 1, column + 1));
  });
}

/** Image to probabilities: a 64-n-10 ReLU network whose weights stand in the record in hundredths. */
function createNet({ W1, b1, W2, b2 }, { softmax, matrix }) {
  const layer = (rows, bias) => ({ rows: rows.map((row) => Float64Array.from(row, (w) => w / 100)), bias: Float64Array.from(bias, (b) => b / 100) });
  const [first, last] = [layer(W1, b1), layer(W2, b2)];
  const through = ({ rows, bias }, x, floor) => Float64Array.from(rows, (row, unit) => {
    let sum = bias[unit];
    for (let i = 0; i < x.length; i += 1) sum += row[i] * x[i];
    return Math.max(floor, sum);
  });
  return (image) => Array.from(softmax(matrix(1, 10, through(last, through(first, image, 0), -Infinity))).data);
}
