// Matrices that are linked, edited and painted, and a grid of images.
export const parts = ["matrix", "image", "numeric-layers"];

const FOUR = [
  [0, 0, 0, 0.9, 0.2, 0, 0, 0], [0, 0, 0.6, 1, 0, 0, 0, 0], [0, 0.2, 1, 0.4, 0, 0.4, 0, 0], [0, 0.8, 0.9, 0, 0.2, 1, 0.1, 0],
  [0, 1, 1, 0.8, 0.9, 1, 0.2, 0], [0, 0.4, 0.6, 0.7, 1, 0.9, 0, 0], [0, 0, 0, 0.1, 1, 0.4, 0, 0], [0, 0, 0, 0.9, 0.8, 0, 0, 0],
];
const BAR = FOUR.map(() => [0, 0, 0, 1, 1, 0, 0, 0]);
const WORDS = ["the", "cat", "sat", "because", "it", "was", "tired"];

export default function (root, record, kit) {
  const { matrix, matmul, softmax, toRows } = kit.numeric;
  const state = kit.state({
    a: kit.grid([[1, -0.5, 0], [0.25, 2, -1]], { min: -2, max: 2, step: 0.25 }),
    i: kit.number(0, { min: 0, max: 6, step: 1 }),
    j: kit.number(1, { min: 0, max: 6, step: 1 }),
    pixels: kit.grid(FOUR),
    picked: kit.number(2, { min: 0, max: 23, step: 1 }),
  });
  const a = kit.matrix({ label: "A, to edit", scale: "diverging", low: -2, high: 2, edit: "a" });
  const b = kit.matrix({ label: "B", scale: "diverging", low: -2, high: 2 });
  const product = kit.matrix({ label: "A · B", scale: "diverging", low: -4, high: 4 });
  kit.link("ik,kj->ij", a, b, product);
  kit.scale({ colors: "diverging", low: -2, high: 2, label: "entry" });
  const attention = kit.matrix({ label: "Attention weights", rowName: "query", columnName: "key", rowLabels: WORDS, columnLabels: WORDS, high: 1, select: ["i", "j"] });
  const wall = kit.matrix({ label: "A wall of 2,400 weights", scale: "diverging", numbers: false, cell: 7, press: (row, column) => { pressed = `${row}, ${column}`; kit.schedule(); }, brush: true });
  kit.paint("pixels", { label: "Paint a digit", presets: { Four: FOUR, Bar: BAR }, soft: 0.3 });
  const sum = kit.readout({ label: "Ink", format: ".2f" });
  const entry = kit.readout({ label: "First entry", format: ".3f" });
  const images = kit.images({ label: "Digits", select: "picked" });
  kit.reset();
  const note = kit.note();
  let pressed = "none";
  const random = kit.numeric.generator(3);
  const weights = Array.from({ length: 30 }, () => Array.from({ length: 80 }, () => random.normal()));
  const digits = Array.from({ length: 24 }, (_, index) => FOUR.flat().map((value) => Math.min(1, value * (0.5 + (index % 5) / 6) + 0.1 * random.uniform())));
  const second = matrix(3, 4, Float64Array.from({ length: 12 }, (_, at) => ((at * 7) % 5) / 2 - 1));
  const scores = matrix(7, 7, Float64Array.from({ length: 49 }, () => 1.5 * random.normal()));
  const looks = { captions: digits.map((_, index) => (index % 4 ? "4" : "4 for 9")), frames: digits.map((_, index) => (index % 4 ? "good" : "bad")) };
  wall.set(weights);
  kit.draw(() => {
    const result = matmul(matrix(2, 3, Float64Array.from(state.a)), second);
    a.set(state.a);
    b.set(second);
    product.set(result);
    attention.set(toRows(softmax(scores)).map((row, i) => Array.from(row, (value, j) => (j > i ? null : value))));
    sum.set(state.pixels.reduce((total, value) => total + value, 0));
    entry.set(result.data[0]);
    images.set(digits, looks);
    note.set(`Pressed: ${pressed}. Picked: ${state.picked + 1}.`);
  });
}
