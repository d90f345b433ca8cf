// Many cells on one canvas that readers point at, walk with the arrow keys and press: the ground of matrices, paintings and image grids.
import { element } from "./dom.js";
import { createSurface } from "./surface.js";

let serial = 0;

/**
 * Cells are numbered row by row. `shape()` → {rows, columns, count}; `find(x, y)` → the cell at a pixel or null;
 * `frame(cell)` → [x, y, width, height]; `say(cell)` → what a screen reader says of it. `press(cell, event)`, `drag(cell, event)`
 * and `key(event, cell)` (true when it used the key) act.
 * Screen readers meet a grid, or a list, of which only the cell at the cursor is in the document: thousands of elements would be slow.
 */
export function createCells(kit, parent, options) {
  const { label, role = "grid", touch = "pan-y", selected, shape, find, frame, say, press, drag, key, ...drawing } = options;
  if (!label) throw new Error("cells need a label, which screen readers say");
  const id = `kit-cell-${(serial += 1)}`;
  const surface = createSurface(kit, parent, {
    ...drawing,
    attributes: { role, tabindex: 0, "aria-label": label, "aria-activedescendant": id, style: `touch-action:${touch}` },
    draw(surface) {
      drawing.draw(surface);
      if (keyed && cells.cursor < shape().count) outline(surface, cells.cursor, "orange", 3);
    },
  });
  const { box } = surface;
  const spoken = element("div", { id, role: role === "grid" ? "gridcell" : "option" });
  box.append(element("div", { class: "kit-spoken", role: role === "grid" ? "row" : null }, spoken));
  let keyed = false; // the focus is drawn for the keyboard only, as the browser does
  let dragging = false;

  const cells = {
    surface, box, cursor: 0, hover: null,
    /** The cell the reader points at, else the one at the cursor while the cells have the focus; null without either. */
    get pointed() {
      return cells.hover ?? (document.activeElement === box ? cells.cursor : null);
    },
    outline: (cell, name, width) => outline(surface, cell, name, width),
    move(cell) {
      cells.cursor = Math.min(Math.max(cell, 0), shape().count - 1);
      surface.change();
    },
  };

  function outline({ context, color }, cell, name, width = 2) {
    const [x, y, across, down] = frame(cell);
    context.lineWidth = width + 2;
    context.strokeStyle = color("paper");
    context.strokeRect(x, y, across, down);
    context.lineWidth = width;
    context.strokeStyle = color(name);
    context.strokeRect(x, y, across, down);
  }

  const hover = (cell) => {
    if (cell === cells.hover) return;
    cells.hover = cell;
    surface.change();
  };
  kit.listen(box, "pointermove", (event) => {
    const cell = find(...surface.at(event));
    if (dragging) drag(cell, event);
    else hover(cell);
  });
  kit.listen(box, "pointerleave", () => hover(null));
  kit.listen(box, "pointerdown", (event) => {
    const cell = find(...surface.at(event));
    if (cell === null) return;
    keyed = false;
    hover(cell);
    cells.move(cell);
    box.focus({ preventScroll: true, focusVisible: false });
    if (drag) {
      dragging = true;
      box.setPointerCapture(event.pointerId);
      event.preventDefault();
      press?.(cell, event);
    }
  });
  // Without a drag a touch may be the start of scrolling, so only a click counts as a press.
  if (!drag) {
    kit.listen(box, "click", (event) => {
      const cell = find(...surface.at(event));
      if (cell !== null) press?.(cell, event);
    });
  }
  kit.listen(box, "lostpointercapture", () => { dragging = false; });
  kit.listen(box, "focus", () => {
    keyed = box.matches(":focus-visible");
    surface.change();
  });
  kit.listen(box, "blur", () => {
    keyed = false;
    surface.change();
  });
  kit.listen(box, "keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { columns, count } = shape();
    const taken = key?.(event, cells.cursor);
    const target = taken ? undefined : walk(event.key, columns, count);
    if (!taken && target === undefined) return;
    if (target !== undefined) cells.move(target);
    event.preventDefault();
    keyed = true;
    cells.hover = null;
    surface.change();
  });

  /** Where a key leads from the cursor: in a table an arrow stops at the end of the row, in a list it goes on. */
  function walk(name, columns, count) {
    const list = role === "listbox";
    const start = list ? 0 : cells.cursor - (cells.cursor % columns);
    const end = list ? count - 1 : start + columns - 1;
    if (name === "Home") return start;
    if (name === "End") return end;
    if (name === "ArrowLeft") return Math.max(cells.cursor - 1, start);
    if (name === "ArrowRight") return Math.min(cells.cursor + 1, end);
    const next = cells.cursor + ({ ArrowUp: -columns, ArrowDown: columns }[name] ?? NaN);
    return Number.isNaN(next) ? undefined : next >= 0 && next < count ? next : cells.cursor;
  }

  kit.decorations.push(() => {
    const { rows, columns, count } = shape();
    if (!count) return;
    cells.cursor = Math.min(cells.cursor, count - 1);
    const text = say(cells.cursor);
    if (spoken.textContent !== text) spoken.textContent = text;
    const chosen = selected?.() ?? null;
    const facts = role === "grid"
      ? { "aria-colindex": (cells.cursor % columns) + 1 }
      : { "aria-posinset": cells.cursor + 1, "aria-setsize": count, "aria-selected": String(chosen === cells.cursor) };
    for (const [name, value] of Object.entries(facts)) spoken.setAttribute(name, value);
    if (role === "grid") {
      spoken.parentNode.setAttribute("aria-rowindex", Math.floor(cells.cursor / columns) + 1);
      box.setAttribute("aria-rowcount", rows);
      box.setAttribute("aria-colcount", columns);
    }
  });
  return cells;
}

// ---- a state of many numbers, short in the address ----
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/** Whole numbers below 2^bits as characters of six bits each, and back (undefined when a character is foreign or the length is wrong). */
export function pack(numbers, bits) {
  let text = "";
  let [held, room] = [0, 0];
  for (const number of numbers) {
    held = held * 2 ** bits + number;
    room += bits;
    while (room >= 6) {
      room -= 6;
      text += ALPHABET[Math.floor(held / 2 ** room)];
      held %= 2 ** room;
    }
  }
  return room ? text + ALPHABET[held * 2 ** (6 - room)] : text;
}

export function unpack(text, bits, count) {
  if (text.length !== Math.ceil((count * bits) / 6)) return undefined;
  const numbers = [];
  let [held, room] = [0, 0];
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    held = held * 64 + value;
    room += 6;
    while (room >= bits && numbers.length < count) {
      room -= bits;
      numbers.push(Math.floor(held / 2 ** room));
      held %= 2 ** room;
    }
  }
  return numbers;
}

/** The state of a matrix or a painting: its values row by row. `initial`: rows, or all values with rows and columns given. */
export function grid(initial, { rows = initial.length, columns = initial[0].length, min = 0, max = 1, step = (max - min) / 16 } = {}) {
  const levels = Math.round((max - min) / step);
  const bits = Math.ceil(Math.log2(levels + 1));
  const decimals = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step)) + 3));
  const level = (value) => Math.min(Math.max(Math.round((value - min) / step), 0), levels);
  const value = (number) => Number((min + Math.min(number, levels) * step).toFixed(decimals));
  const one = {
    kind: "number", min, max, step, clean: (entry) => value(level(entry)), move: (entry, steps) => value(level(entry + steps * step)),
    format: `.${Math.min(2, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)))}f`,
  };
  const clean = (values) => {
    if (values.length !== rows * columns) throw new Error(`${rows} × ${columns} numbers expected, not ${values.length}`);
    return Array.from(values, one.clean);
  };
  return {
    ...one, one, kind: "numbers", rows, columns, clean, initial: clean(initial.flat()),
    parse: (text) => unpack(text, bits, rows * columns)?.map(value),
    write: (values) => pack(values.map(level), bits),
  };
}
