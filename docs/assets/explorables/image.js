// Small images: one that the reader paints, and grids of many to look at and choose from.
import { createCells, grid } from "./cells.js";
import { colorScale, element } from "./dom.js";
import { format } from "./format.js";

export const styles = new URL("cells.css", import.meta.url);

export function install(kit, place) {
  kit.grid = grid;
  kit.paint = place(createPaint, "kit-cells");
  kit.images = place(createImages, "kit-plots");
}

const NEIGHBORS = [[-1, 0], [1, 0], [0, -1], [0, 1]];

/** kit.paint: a canvas of few large cells whose values, from 0 to 1, are the state `name`. */
function createPaint(kit, parent, name, options) {
  const { label, size = 280, colors = ["paper", "ink"], brush = 1, soft = 0, presets = {}, clear = "Clear", title = label } = options;
  const target = kit.one(name);
  const { rows, columns, min, max } = target.spec;
  const figure = element("div", { class: "kit-matrix" }, title ? element("div", { class: "kit-title" }, title) : null);
  parent.append(figure);
  let step; // of one cell, in pixels
  let erasing = false;
  let eraser = false;
  let last;

  const frame = (cell) => [1 + (cell % columns) * step, 1 + Math.floor(cell / columns) * step, step, step];
  const cells = createCells(kit, figure, {
    label, touch: "none", className: "kit-paint",
    shape: () => ({ rows, columns, count: rows * columns }),
    find(x, y) {
      const [column, row] = [Math.floor((x - 1) / step), Math.floor((y - 1) / step)];
      return row >= 0 && column >= 0 && row < rows && column < columns ? row * columns + column : null;
    },
    frame,
    say: (cell) => `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}, ${format(target.get()[cell], ".2f")}`,
    press(cell, event) {
      erasing = eraser || event.shiftKey || event.button === 2;
      last = cell;
      stroke([cell]);
    },
    drag(cell) {
      if (cell === null || cell === last) return;
      stroke(between(last, cell, columns));
      last = cell;
      cells.cursor = cell;
    },
    key(event, cell) {
      if (event.key === " " || event.key === "Enter") {
        erasing = target.get()[cell] > (min + max) / 2;
        stroke([cell], true);
      } else if (event.key === "Delete" || event.key === "Backspace") put({ [cell]: min });
      else if (event.key === "+" || event.key === "-") put({ [cell]: target.get()[cell] + ((event.key === "+" ? 1 : -1) * (max - min)) / 4 });
      else return false;
      kit.announce(format(target.get()[cell], ".2f"), label);
      return true;
    },
    within: parent,
    width(available) {
      step = Math.max(Math.floor((Math.min(size, available) - 2) / columns), 4);
      return step * columns + 2;
    },
    height: () => step * rows + 2,
    draw({ context, color }) {
      const shade = colorScale(colors);
      const values = target.get();
      values.forEach((value, cell) => {
        context.fillStyle = `rgb(${shade((value - min) / (max - min))})`;
        context.fillRect(...frame(cell));
      });
      context.strokeStyle = color("rule");
      context.lineWidth = 1;
      context.beginPath();
      for (let row = 0; row <= rows; row += 1) {
        context.moveTo(0.5, 0.5 + row * step);
        context.lineTo(columns * step + 0.5, 0.5 + row * step);
      }
      for (let column = 0; column <= columns; column += 1) {
        context.moveTo(0.5 + column * step, 0.5);
        context.lineTo(0.5 + column * step, rows * step + 0.5);
      }
      context.stroke();
    },
  });

  const put = (changes) => {
    target.set(Object.assign([...target.get()], changes));
  };

  /** A soft brush shades the four neighbors too, as the pixels of a scanned digit are. */
  function stroke(path, hard = false) {
    const values = target.get();
    const changes = {};
    for (const cell of path) {
      changes[cell] = erasing ? min : min + brush * (max - min);
      if (!soft || hard || erasing) continue;
      const [row, column] = [Math.floor(cell / columns), cell % columns];
      for (const [down, across] of NEIGHBORS) {
        if (row + down < 0 || row + down >= rows || column + across < 0 || column + across >= columns) continue;
        const other = (row + down) * columns + column + across;
        changes[other] = Math.max(changes[other] ?? values[other], min + soft * (max - min));
      }
    }
    put(changes);
  }

  kit.listen(cells.box, "contextmenu", (event) => event.preventDefault());
  const tools = element("div", { class: "kit-tools" });
  figure.append(tools);
  const erase = (on) => {
    eraser = on;
    toggle.setAttribute("aria-pressed", String(on));
  };
  const toggle = kit.button("Erase", () => erase(!eraser), { into: tools });
  erase(false);
  kit.resets.push(() => erase(false));
  if (clear) kit.button(clear, () => target.set(target.initial.map(() => min)), { into: tools });
  for (const [text, values] of Object.entries(presets)) kit.button(text, () => target.set(values.flat()), { into: tools });

  let drawn;
  kit.draw(() => {
    if (target.get() !== drawn) cells.surface.change();
    drawn = target.get();
  });
  return { box: figure, get pointed() { return cells.pointed; } };
}

/** The cells on the way, so that a fast stroke has no gaps. */
function between(from, to, columns) {
  const [x0, y0, x1, y1] = [from % columns, Math.floor(from / columns), to % columns, Math.floor(to / columns)];
  const count = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  return Array.from({ length: count }, (_, index) => {
    const share = (index + 1) / count;
    return Math.round(y0 + share * (y1 - y0)) * columns + Math.round(x0 + share * (x1 - x0));
  });
}

const GLYPHS = { good: "✓", bad: "✗" };

/** kit.images: gray images in rows, each with a caption and, if wanted, a frame in a color of the palette. */
function createImages(kit, parent, options) {
  const { label, rows = 8, columns = rows, size = 52, gap = 10, low = 0, high = 1, colors = ["paper", "ink"] } = options;
  const { select, press, describe, title = label } = options;
  const chosen = select ? kit.one(select) : undefined;
  const figure = element("div", { class: "kit-images" }, title ? element("div", { class: "kit-title" }, title) : null);
  parent.append(figure);
  let data = { images: [], captions: [], frames: [] };
  let across = 1;
  let atlas;
  const spacing = () => (data.images.length > 150 ? 2 : gap);
  const pitch = () => [size + spacing(), (size * rows) / columns + spacing() + (data.captions.length ? 17 : 0)];
  const height = () => Math.max(1, Math.ceil(data.images.length / across)) * pitch()[1] + 4;
  const place = (cell) => [3 + (cell % across) * pitch()[0], 3 + Math.floor(cell / across) * pitch()[1]];

  const cells = createCells(kit, figure, {
    label, role: "listbox", touch: "auto", className: chosen || press ? "kit-pressable" : "",
    selected: () => (chosen ? chosen.get() - chosen.spec.min : null),
    shape: () => ({ rows: Math.ceil(data.images.length / across), columns: across, count: data.images.length }),
    find(x, y) {
      const [wide, high] = pitch();
      const [column, row] = [Math.floor((x - 3 + spacing() / 2) / wide), Math.floor((y - 3 + spacing() / 2) / high)];
      const cell = row * across + column;
      return column >= 0 && column < across && row >= 0 && cell < data.images.length ? cell : null;
    },
    frame: (cell) => [...place(cell).map((start) => start - 1), size + 2, (size * rows) / columns + 2],
    say(cell) {
      const verdict = { good: ", right", bad: ", wrong" }[data.frames[cell]] ?? "";
      return (describe?.(cell) ?? (data.captions[cell] || `image ${cell + 1}`)) + verdict;
    },
    press: act,
    key: (event, cell) => (event.key === "Enter" || event.key === " ") && (act(cell), true),
    height(width) {
      across = Math.max(1, Math.floor((width - 6 + spacing()) / pitch()[0]));
      return height();
    },
    layout: () => { atlas = undefined; },
    draw,
  });
  const { surface } = cells;

  function act(cell) {
    chosen?.set(chosen.spec.min + cell);
    press?.(cell);
  }

  /** All images beside each other in one canvas, made once for a set of images and a scheme. */
  function makeAtlas() {
    const canvas = document.createElement("canvas");
    const wide = Math.min(data.images.length, 64);
    Object.assign(canvas, { width: Math.max(1, wide * columns), height: Math.max(1, Math.ceil(data.images.length / 64) * rows) });
    const image = new ImageData(canvas.width, canvas.height);
    const scale = colorScale(colors);
    const shades = Array.from({ length: 256 }, (_, index) => scale(index / 255));
    data.images.forEach((values, index) => {
      if (values.length !== rows * columns) throw new Error(`the images "${label}" have ${rows} × ${columns} values, not ${values.length}`);
      const [x, y] = [(index % 64) * columns, Math.floor(index / 64) * rows];
      for (let at = 0; at < values.length; at += 1) {
        const shade = shades[Math.round(255 * Math.min(Math.max((values[at] - low) / (high - low), 0), 1))];
        if (!shade) throw new Error(`an image of "${label}" got a value that is not a number`);
        const pixel = 4 * ((y + Math.floor(at / columns)) * canvas.width + x + (at % columns));
        [image.data[pixel], image.data[pixel + 1], image.data[pixel + 2]] = shade;
        image.data[pixel + 3] = 255;
      }
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  function draw({ context, color, font }) {
    atlas ??= makeAtlas();
    const tall = (size * rows) / columns;
    context.imageSmoothingEnabled = false;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    const [rule, muted] = [color("rule"), color("muted")];
    data.images.forEach((_, index) => {
      const [x, y] = place(index);
      context.drawImage(atlas, (index % 64) * columns, Math.floor(index / 64) * rows, columns, rows, x, y, size, tall);
      const frame = data.frames[index];
      context.lineWidth = frame ? 2.5 : 1;
      context.strokeStyle = frame ? color(frame) : rule;
      context.strokeRect(x - 0.5, y - 0.5, size + 1, tall + 1);
      if (!data.captions.length) return;
      context.font = font(12, frame ? 600 : 400);
      context.fillStyle = frame ? color(frame) : muted;
      // A frame is never told by its color alone.
      context.fillText((data.captions[index] ?? "") + (GLYPHS[frame] ? ` ${GLYPHS[frame]}` : ""), x, y + tall + 14, size + spacing() - 7);
    });
    if (chosen && chosen.get() - chosen.spec.min < data.images.length) cells.outline(chosen.get() - chosen.spec.min, "ink", 3.5);
    if (cells.hover !== null) cells.outline(cells.hover, "ink", 1.5);
  }

  kit.draw(() => surface.change());
  return {
    box: figure,
    get pointed() { return cells.pointed; },
    /** Images as arrays of their values row by row; captions and frames (colors of the palette or null) by image. */
    set(images, { captions = [], frames = [] } = {}) {
      if (images !== data.images) atlas = undefined;
      if (images.length !== data.images.length || Boolean(captions.length) !== Boolean(data.captions.length)) surface.touch();
      data = { images, captions, frames };
      surface.change();
      return this;
    },
  };
}
