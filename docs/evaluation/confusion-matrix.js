// Making one class rare leaves the rows of a confusion matrix as they are and rewrites its columns; each cell shows its images.
export const parts = ["matrix", "bars", "image"];

const NAMES = ["zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines"];
const CLASSES = NAMES.map((_, index) => index);
const FULL = 0.25; // share of a confusion that has the full color

export default function (root, record, kit) {
  const { counts, images, rare } = record;
  const { which } = rare;
  const state = kit.state({
    row: kit.number(record.top[0].true, { min: 0, max: 9, step: 1 }),
    column: kit.number(record.top[0].called, { min: 0, max: 9, step: 1 }),
    frequency: kit.numbers(CLASSES.map(() => 1), { min: 0.1, max: 2, step: 0.1 }),
  });

  const table = (label) => kit.matrix({
    label, rowLabels: CLASSES.map((index) => `true ${index}`), columnLabels: CLASSES.map(String), colors: ["good", "panel", "bad"],
    low: -FULL, high: FULL, cell: 31, format: percent, select: ["row", "column"], readout: false,
  });
  const rows = table("Of each true class, % called … (rows)");
  const columns = table("Of each call, % truly … (columns)");
  kit.bars({ alt: "Frequency of each class, in percent of the test's", label: "Drag: frequency of each class (100: as tested)",
    names: CLASSES.map(String), state: "frequency", vertical: true, height: 96, color: "ink", format: (share) => String(Math.round(100 * share)) });
  const recall = kit.readout({ label: "Recall, class of the chosen row", format: "percent", color: "good" });
  const precision = kit.readout({ label: "Precision, same class", format: "percent", color: "bad" });
  const accuracy = kit.readout({ label: "Accuracy", format: "percent" });
  kit.button("Make eights rare", () => { state.frequency = CLASSES.map((index) => (index === which ? rare.keep : 1)); });
  kit.reset();
  const note = kit.note();
  const pictures = kit.images({ label: "Images of the chosen cell, as the model saw them", title: "", rows: 8, size: 40, gap: 8, colors: ["panel", "ink"] });

  const decoded = new Map();
  const decode = (key) => {
    if (!decoded.has(key)) decoded.set(key, (images[key] ?? []).map((text) => Array.from(text, (digit) => parseInt(digit, 16) / 15)));
    return decoded.get(key);
  };

  kit.draw(() => {
    const weighted = counts.map((row, i) => row.map((count) => count * state.frequency[i]));
    const ofRow = weighted.map(sum);
    const ofColumn = CLASSES.map((j) => sum(weighted.map((row) => row[j])));
    rows.set(signed(weighted, (count, i) => count / ofRow[i]));
    columns.set(signed(weighted, (count, i, j) => count / ofColumn[j]));

    const { row, column } = state;
    recall.set(weighted[row][row] / ofRow[row]);
    precision.set(weighted[row][row] / ofColumn[row]);
    accuracy.set(sum(CLASSES.map((i) => weighted[i][i])) / sum(ofRow));

    const shown = decode(`${row}-${column}`);
    const count = counts[row][column];
    const total = sum(counts[row]);
    const which = shown.length ? `${shown.length === count ? "All" : "Some"} of them:` : "No image to show.";
    note.set(`Tested: ${count.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} ${NAMES[row]} called ${column}` +
      ` (${kit.format(count / total, "percent")}). ${which}`);
    pictures.set(shown);
  });
}

/** The diagonal goes below zero, a quarter as large, so that it has a color and a scale of its own. */
const signed = (table, share) => table.map((row, i) => row.map((count, j) => (i === j ? -FULL : 1) * share(count, i, j)));
const percent = (value) => String(Math.round(100 * (value < 0 ? -value / FULL : value)));
const sum = (values) => values.reduce((total, value) => total + value, 0);
