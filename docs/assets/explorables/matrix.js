// Matrices as cells with numbers: read out under the pointer and the cursor, edited by drag and keys, linked by the indices they share.
import { createCells, grid } from "./cells.js";
import { color, colorScale, element, rgb } from "./dom.js";
import { format } from "./format.js";

export const styles = new URL("cells.css", import.meta.url);

export function install(kit, place) {
  kit.grid = grid;
  kit.matrix = place(createMatrix, "kit-cells");
  kit.scale = place(createScale, "kit-cells");
  kit.link = (indices, ...matrices) => link(kit, indices, matrices);
}

const SCALES = { sequential: ["paper", "blue"], diverging: ["negative", "paper", "positive"] };
const PIXELS_PER_STEP = 6;
const STRONG = 650; // weight of the labels of the cell that is pointed at

/** kit.matrix: README.md has the options. */
function createMatrix(kit, parent, options) {
  const {
    label, rowName = "row", columnName = "column", rowLabels, columnLabels, format: how = ".2f",
    colors = options.scale ?? "sequential", low, high, numbers = true, cell: largest = numbers ? 46 : 30, least = 3,
    edit, select, press, brush = false, readout = true, title = label,
  } = options;
  const editing = edit && kit.one(edit);
  const chosen = select?.map((name) => kit.one(name));
  let values; // rows of numbers; null is a cell left out
  let geometry;
  let lit = {};
  let typing = false; // Enter lets the arrows change the number instead of the cell
  let grabbed;

  const heading = title ? element("div", { class: "kit-title" }, title) : null;
  const line = readout ? element("p", { class: "kit-cell-readout", "aria-hidden": "true" }) : null;
  const figure = element("div", { class: "kit-matrix" }, heading);
  parent.append(figure);

  const split = (cell) => [Math.floor(cell / values[0].length), cell % values[0].length];
  const named = (labels, name, index) => (labels ? labels[index] : `${name} ${index + 1}`);
  const written = (value) => (value === null ? "left out" : format(value, how));
  const describe = ([row, column], between = ": ") =>
    `${named(rowLabels, rowName, row)}, ${named(columnLabels, columnName, column)}${between}${written(values[row][column])}`;

  const cells = createCells(kit, figure, {
    label, touch: (press && brush) || edit ? "pan-y" : "auto", className: edit || press ? "kit-pressable" : "",
    shape() {
      const [rows, columns] = values ? [values.length, values[0].length] : [0, 1];
      return { rows, columns, count: rows * columns };
    },
    find(x, y) {
      const { left, top, across, down } = geometry;
      const [column, row] = [Math.floor((x - left) / across), Math.floor((y - top) / down)];
      return values && row >= 0 && column >= 0 && row < values.length && column < values[0].length ? row * values[0].length + column : null;
    },
    frame(cell) {
      const [row, column] = split(cell);
      return box(row, column, 1, 1);
    },
    say: (cell) => describe(split(cell), ", ") + (typing ? ", changing" : ""),
    press(cell, event) {
      act(cell);
      if (edit) grabbed = { cell, x: event.clientX, y: event.clientY, from: editing.get()[cell] };
    },
    drag: edit ? drag : press && brush ? paint : undefined,
    key,
    within: parent,
    width: (available) => measure(available).width,
    height: () => geometry.height,
    draw,
  });
  if (line) figure.append(line);
  const { surface } = cells;

  function act(cell) {
    const at = split(cell);
    press?.(...at);
    chosen?.forEach((target, axis) => target.set(target.spec.min + at[axis]));
  }
  function drag(_, event) {
    if (!grabbed) return;
    const steps = Math.trunc((event.clientX - grabbed.x - (event.clientY - grabbed.y)) / PIXELS_PER_STEP);
    change(grabbed.cell, editing.spec.one.move(grabbed.from, steps));
  }
  function paint(cell) {
    if (cell === null || cell === cells.cursor) return;
    cells.move(cell);
    press(...split(cell));
  }
  function change(cell, value) {
    editing.set(editing.get().with(cell, value));
    kit.announce(format(editing.get()[cell], how), label);
  }
  function key(event, cell) {
    if (edit) {
      const factor = event.shiftKey ? 10 : 1;
      const steps = { "+": 1, "=": 1, "-": -1, "−": -1, PageUp: 10, PageDown: -10 }[event.key]
        ?? (typing ? { ArrowUp: factor, ArrowRight: factor, ArrowDown: -factor, ArrowLeft: -factor }[event.key] : undefined);
      if (steps !== undefined) return change(cell, editing.spec.one.move(editing.get()[cell], steps)) ?? true;
      if (event.key === "Delete" || event.key === "Backspace") return change(cell, 0) ?? true;
      if (event.key === "Enter" || (typing && event.key === "Escape")) {
        typing = !typing && event.key === "Enter";
        return true;
      }
      return false;
    }
    if (event.key !== "Enter" && event.key !== " ") return false;
    act(cell);
    return Boolean(press || chosen);
  }
  kit.listen(cells.box, "blur", () => { typing = false; });

  // ---- layout and drawing ----
  const box = (row, column, rows, columns) => {
    const { left, top, across, down } = geometry;
    return [left + column * across, top + row * down, columns * across, rows * down];
  };

  function measure(available) {
    const [rows, columns] = values ? [values.length, values[0].length] : [1, 1];
    const font = surface.font(12, STRONG);
    const widest = rowLabels ? surface.measure(rowLabels, font) : 0;
    const left = rowLabels ? Math.ceil(widest) + 9 : 2;
    const header = columnLabels ? Math.ceil(surface.measure(columnLabels, font)) : 0;
    let across = Math.min(largest, (available - left - 4) / columns);
    const slanted = header > across - 4;
    const overhang = slanted ? Math.max(0, Math.ceil(header * Math.SQRT1_2 + 6 - across / 2)) : 2;
    across = Math.max(Math.min(largest, (available - left - overhang - 2) / columns), least);
    const down = numbers ? Math.min(across, 36) : across;
    const top = columnLabels ? (slanted ? Math.ceil(header * Math.SQRT1_2) + 16 : 20) : 2;
    geometry = { left, top, across, down, slanted, width: Math.ceil(left + columns * across + overhang), height: Math.ceil(top + rows * down + 3) };
    return geometry;
  }

  function range() {
    const diverging = colors === "diverging" || colors.length === 3;
    const largestValue = values.flat().reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0) || 1;
    return [low ?? (diverging ? -(high ?? largestValue) : 0), high ?? largestValue];
  }

  function draw({ context }) {
    if (!values) return;
    const [from, to] = range();
    const shade = colorScale(SCALES[colors] ?? colors);
    const [ink, paper, panel] = ["ink", "paper", "panel"].map(rgb);
    const [rows, columns] = [values.length, values[0].length];
    const { left, top, across, down, slanted } = geometry;
    const fill = values.map((row) => Array.from(row, (value) => (value === null ? panel : shade((value - from) / (to - from)))));
    fillCells(context, fill, left, top, across, down);
    context.strokeStyle = surface.color("rule");
    context.lineWidth = 1;
    if (across >= 8) {
      context.beginPath();
      for (let row = 0; row <= rows; row += 1) {
        const y = Math.round(top + row * down) + 0.5;
        context.moveTo(left, y);
        context.lineTo(left + columns * across, y);
      }
      for (let column = 0; column <= columns; column += 1) {
        const x = Math.round(left + column * across) + 0.5;
        context.moveTo(x, top);
        context.lineTo(x, top + rows * down);
      }
      context.stroke();
    } else context.strokeRect(left - 0.5, top - 0.5, columns * across + 1, rows * down + 1);

    context.textBaseline = "middle";
    const pointed = cells.pointed === null ? null : split(cells.pointed);
    if (numbers && down >= 13) drawNumbers(context, fill, ink, paper);
    drawLabels(context, pointed, slanted);
    if (lit.row !== undefined || lit.column !== undefined) {
      context.lineWidth = 2.5;
      context.strokeStyle = surface.color("ink");
      context.strokeRect(...box(lit.row ?? 0, lit.column ?? 0, lit.row === undefined ? rows : 1, lit.column === undefined ? columns : 1));
    }
    const picked = chosen?.map((target) => target.get() - target.spec.min);
    if (picked && picked[0] < rows && picked[1] < columns) cells.outline(picked[0] * columns + picked[1], "ink", 3);
    if (pointed) cells.outline(cells.pointed, typing ? "orange" : "ink", 1.5);
  }

  function drawNumbers(context, fill, ink, paper) {
    const texts = values.map((row) => Array.from(row, (value) => (value === null ? "" : format(value, how))));
    const { across, down } = geometry;
    const size = [12, 11, 10].find((size) => surface.measure(texts.flat(), surface.font(size)) <= across - 4);
    if (!size || down < size + 3) return;
    context.font = surface.font(size);
    context.textAlign = "center";
    texts.forEach((row, i) => row.forEach((text, j) => {
      const [x, y, width, height] = box(i, j, 1, 1);
      context.fillStyle = `rgb(${contrast(fill[i][j], ink) > contrast(fill[i][j], paper) ? ink : paper})`;
      context.fillText(text, x + width / 2, y + height / 2 + 0.5);
    }));
  }

  function drawLabels(context, pointed, slanted) {
    const label = (text, x, y, align, strongly, turn = 0) => {
      context.save();
      context.translate(x, y);
      context.rotate(turn);
      context.font = surface.font(12, strongly ? STRONG : 400);
      context.fillStyle = surface.color(strongly ? "ink" : "muted");
      context.textAlign = align;
      context.fillText(text, 0, 0);
      context.restore();
    };
    const { left, top, across, down } = geometry;
    const every = Math.max(1, Math.ceil(13 / down));
    rowLabels?.forEach((text, row) => {
      if (row % every === 0) label(text, left - 6, top + (row + 0.5) * down, "right", pointed?.[0] === row || lit.row === row);
    });
    const columnStep = slanted ? Math.max(1, Math.ceil(14 / across)) : 1;
    columnLabels?.forEach((text, column) => {
      if (column % columnStep) return;
      const x = left + (column + 0.5) * across;
      const strongly = pointed?.[1] === column || lit.column === column;
      if (slanted) label(text, x - 2, top - 7, "left", strongly, -Math.PI / 4);
      else label(text, x, top - 9, "center", strongly);
    });
  }

  kit.decorations.push(() => {
    if (!line || !values) return;
    const at = cells.pointed;
    const text = at === null ? (lit.row === undefined || lit.column === undefined ? "" : describe([lit.row, lit.column])) : describe(split(at));
    if (line.textContent !== text) line.textContent = text;
  });

  return {
    box: figure,
    /** [row, column] under the pointer or the cursor, or null. */
    get pointed() {
      return values && cells.pointed !== null ? split(cells.pointed) : null;
    },
    /** Outline a row, a column or, with both, a cell; nothing with {}. */
    light(place = {}) {
      if (place.row === lit.row && place.column === lit.column) return;
      lit = place;
      surface.change();
    },
    set(source) {
      const next = toRows(source, editing?.spec);
      for (const row of next) for (const value of row) {
        if (value === null || (typeof value === "number" && !Number.isNaN(value))) continue;
        throw new Error(`the matrix "${label}" got a value that is not a number`);
      }
      if (next.length !== values?.length || next[0].length !== values[0].length) surface.touch();
      values = next;
      surface.change();
      return this;
    },
  };
}

/** Rows, a matrix {rows, columns, data} or the state of a grid → rows. */
function toRows(source, spec) {
  if (source.data || spec) {
    const { rows, columns, data = source } = source.data ? source : spec;
    return Array.from({ length: rows }, (_, row) => data.slice(row * columns, (row + 1) * columns));
  }
  if (!Array.isArray(source[0]) && !ArrayBuffer.isView(source[0])) throw new Error("a matrix needs rows of numbers, or {rows, columns, data}");
  return source;
}

/** One pixel a cell, enlarged without smoothing: as fast for ten thousand cells as for ten. */
const small = new WeakMap();
export function fillCells(context, fill, left, top, across, down, smooth = false) {
  const [rows, columns] = [fill.length, fill[0].length];
  if (!small.has(context)) small.set(context, document.createElement("canvas"));
  const canvas = small.get(context);
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const image = new ImageData(columns, rows);
  fill.forEach((row, i) => row.forEach((shade, j) => image.data.set([...shade, 255], 4 * (i * columns + j))));
  canvas.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = smooth;
  context.drawImage(canvas, left, top, columns * across, rows * down);
}

const luminance = (shade) => shade.reduce((sum, channel, index) => {
  const share = channel / 255;
  return sum + [0.2126, 0.7152, 0.0722][index] * (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
}, 0.05);
const contrast = (a, b) => {
  const [one, two] = [luminance(a), luminance(b)];
  return Math.max(one / two, two / one);
};

/** kit.link("ik,kj->ij", a, b, c): pointing at a cell of one outlines in the others what has the same indices. */
function link(kit, indices, matrices) {
  const names = indices.split(/,|->/).map((pair) => pair.trim());
  if (names.length !== matrices.length || names.some((pair) => pair.length !== 2)) {
    throw new Error(`"${indices}" should name two indices for each of ${matrices.length} matrices, as in "ik,kj->ij"`);
  }
  kit.draw(() => {
    const from = matrices.findIndex((matrix) => matrix.pointed);
    const known = from < 0 ? {} : Object.fromEntries(matrices[from].pointed.map((at, axis) => [names[from][axis], at]));
    matrices.forEach((matrix, index) => {
      const [row, column] = names[index];
      matrix.light(index === from ? {} : { row: known[row], column: known[column] });
    });
  });
}

/** kit.scale: the colors of a heat map with their numbers. */
function createScale(kit, parent, { colors = "sequential", low = 0, high = 1, label, format: how }) {
  const stops = (SCALES[colors] ?? colors).map(color);
  const name = `${label ?? "Color scale"}: from ${format(low, how)} to ${format(high, how)}`;
  parent.append(element("div", { class: "kit-scale", role: "img", "aria-label": name },
    label ? element("span", {}, label) : null, element("span", {}, format(low, how)),
    element("i", { style: `background:linear-gradient(to right,${stops.join(",")})` }), element("span", {}, format(high, how))));
}
