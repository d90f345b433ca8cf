// A block of cells in three dimensions, or a row of such blocks: a tensor of which some cells are lit.
import { element, rgb, setAttributes } from "./dom.js";
import { createSurface } from "./surface.js";

export const styles = new URL("cells.css", import.meta.url);

export function install(kit, place) {
  kit.block = place(createBlock, "kit-plots");
}

// Where a step along each axis leads on the page: the first to the back right, the second to the front right, the third down.
const STEPS = [[0.86, -0.36], [0.86, 0.36], [0, 1]];
const FACES = [ // the three visible faces as corners of the unit cell, with its share of the light
  { corners: [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], light: 1.12 },
  { corners: [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]], light: 1 },
  { corners: [[0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1]], light: 0.86 },
];

/**
 * kit.block: `axes` are three {name, size}, from the one that leads to the back; a fourth in front makes a row of blocks.
 * `select` names a number state for each axis: the cell that is chosen, by pointer or by keys.
 */
function createBlock(kit, parent, { label, axes, select, maxCell = 30, title = label }) {
  if (!label) throw new Error("a block needs a label, which screen readers say");
  if (axes.length !== 3 && axes.length !== 4) throw new Error(`a block has three or four axes, not ${axes.length}`);
  const chosen = select?.map((name) => kit.one(name));
  if (chosen && chosen.length !== axes.length) throw new Error(`select names a state for each of the ${axes.length} axes`);
  const figure = element("div", { class: "kit-block" }, title ? element("div", { class: "kit-title" }, title) : null);
  parent.append(figure);
  const blocks = axes.length === 4 ? axes[0].size : 1;
  const [deep, wide, high] = axes.slice(-3).map((axis) => axis.size);
  const extent = { x: STEPS[0][0] * deep + STEPS[1][0] * wide, y: high - STEPS[0][1] * deep + STEPS[1][1] * wide };
  let lit = () => null;
  let count = 0;
  let unit = 1;
  let perRow = 1;
  const margin = { left: 30, right: 26, top: 24, bottom: 26 };

  const surface = createSurface(kit, figure, {
    attributes: chosen
      ? { role: "slider", tabindex: 0, "aria-roledescription": "block of cells", "aria-label": label }
      : { role: "img", "aria-label": label },
    className: chosen ? "kit-pressable" : "",
    height(width) {
      const room = (columns) => (width / columns - margin.left - margin.right) / extent.x;
      perRow = blocks;
      while (perRow > 1 && room(perRow) < 15) perRow = Math.ceil(perRow / 2);
      unit = Math.max(Math.min(room(perRow), maxCell), 4);
      return Math.ceil(Math.ceil(blocks / perRow) * (extent.y * unit + margin.top + margin.bottom));
    },
    draw,
  });
  const { box } = surface;

  const origin = (block) => {
    const column = block % perRow;
    return [
      margin.left + column * (extent.x * unit + margin.left + margin.right),
      margin.top - STEPS[0][1] * deep * unit + Math.floor(block / perRow) * (extent.y * unit + margin.top + margin.bottom),
    ];
  };
  const project = (block, place) => {
    const [x, y] = origin(block);
    return [
      x + unit * place.reduce((sum, value, axis) => sum + value * STEPS[axis][0], 0),
      y + unit * place.reduce((sum, value, axis) => sum + value * STEPS[axis][1], 0),
    ];
  };

  /** Cells from the back to the front, so that the nearer are drawn over the farther. */
  function* cells() {
    for (let block = 0; block < blocks; block += 1) {
      for (let k = high - 1; k >= 0; k -= 1) for (let i = deep - 1; i >= 0; i -= 1) for (let j = 0; j < wide; j += 1) yield [block, i, j, k];
    }
  }
  const outward = (cell) => (axes.length === 4 ? cell : cell.slice(1));
  const current = () => chosen?.map((target) => target.get() - target.spec.min);

  function draw({ context, color, font }) {
    const paper = rgb("paper");
    const ink = rgb("ink");
    const tones = new Map();
    const tone = (name, light) => {
      const key = `${name} ${light}`;
      // A little of the paper keeps large lit faces calm.
      const lighted = (channel, index) => Math.round(Math.min((0.82 * channel + 0.18 * paper[index]) * light, 255));
      if (!tones.has(key)) tones.set(key, `rgb(${rgb(name).map(lighted)})`);
      return tones.get(key);
    };
    const faint = `rgba(${ink},0.05)`;
    const line = `rgba(${ink},0.16)`;
    const picked = current();
    context.lineJoin = "round";
    for (const cell of cells()) {
      const place = outward(cell);
      const name = lit(...place);
      const here = picked?.every((value, axis) => value === place[axis]);
      const [block, i, j, k] = cell;
      const outer = [k === 0, i === 0, j === wide - 1];
      for (const [face, { corners, light }] of FACES.entries()) {
        if (!here && !name && !outer[face]) continue; // inside, only what is lit shows: the rest is glass
        context.beginPath();
        corners.forEach(([a, b, c], index) => context[index ? "lineTo" : "moveTo"](...project(block, [i + a, j + b, k + c])));
        context.closePath();
        context.fillStyle = here ? tone("orange", light) : name ? tone(name, light) : faint;
        context.strokeStyle = here || name ? color("paper") : line;
        context.lineWidth = here ? 1.6 : 0.8;
        context.fill();
        context.stroke();
      }
    }
    if (picked) outlineChosen(context, picked, color("orange"));
    drawNames(context, color, font);
  }

  /** The chosen cell shines through what stands before it. */
  function outlineChosen(context, picked, css) {
    const [block, place] = axes.length === 4 ? [picked[0], picked.slice(1)] : [0, picked];
    context.strokeStyle = css;
    context.lineWidth = 2;
    for (const { corners } of FACES) {
      context.beginPath();
      corners.forEach((corner, index) => context[index ? "lineTo" : "moveTo"](...project(block, corner.map((value, axis) => place[axis] + value))));
      context.closePath();
      context.stroke();
    }
  }

  function drawNames(context, color, font) {
    context.font = font(12);
    context.fillStyle = color("muted");
    context.textBaseline = "middle";
    const [back, front, down] = axes.slice(-3).map((axis) => axis.name);
    for (let block = 0; block < blocks; block += 1) {
      const write = (text, place, dx, dy, align, turn) => {
        const [x, y] = project(block, place);
        context.save();
        context.translate(x + dx, y + dy);
        context.rotate(turn);
        context.textAlign = align;
        context.fillText(text, 0, 0);
        context.restore();
      };
      const angle = Math.atan2(STEPS[1][1], STEPS[1][0]);
      write(down, [0, 0, high / 2], -11, 0, "center", -Math.PI / 2);
      write(front, [0, wide / 2, high], -4, 13, "center", angle);
      write(back, [deep / 2, wide, high], 4, 13, "center", -angle);
      if (axes.length === 4) write(`${axes[0].name} ${block + 1}`, [0, 0, 0], 0, STEPS[0][1] * deep * unit - 7, "left", 0);
    }
  }

  // ---- choosing a cell ----
  const inPolygon = (corners, x, y) => corners.every(([x1, y1], index) => {
    const [x2, y2] = corners[(index + 1) % corners.length];
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= -1e-6;
  });
  function find(x, y) {
    let found;
    for (const [block, i, j, k] of cells()) {
      // Only what lies on the outside can be seen.
      if (k !== 0 && i !== 0 && j !== wide - 1) continue;
      for (const { corners } of FACES) {
        const polygon = corners.map(([a, b, c]) => project(block, [i + a, j + b, k + c]));
        if (inPolygon(polygon, x, y) || inPolygon(polygon.reverse(), x, y)) found = outward([block, i, j, k]);
      }
    }
    return found;
  }
  if (chosen) {
    kit.listen(box, "click", (event) => {
      const cell = find(...surface.at(event));
      cell?.forEach((value, axis) => chosen[axis].set(chosen[axis].spec.min + value));
    });
    kit.listen(box, "keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const last = axes.length - 1;
      const [axis, step] = {
        ArrowUp: [last, -1], ArrowDown: [last, 1], ArrowLeft: [last - 1, -1], ArrowRight: [last - 1, 1],
        PageUp: [last - 2, 1], PageDown: [last - 2, -1], Home: [0, -1], End: [0, 1],
      }[event.key] ?? [];
      if (step === undefined) return;
      event.preventDefault();
      const target = chosen[axis];
      target.set(Math.min(Math.max(target.get() + step, target.spec.min), target.spec.min + axes[axis].size - 1));
    });
  }
  kit.decorations.push(() => {
    const place = current();
    const where = place?.map((value, axis) => `${axes[axis].name} ${value + 1}`).join(", ");
    if (!place) return box.setAttribute("aria-label", `${label}: ${count} cells lit`);
    const flat = place.reduce((sum, value, axis) => sum * axes[axis].size + value, 0);
    const all = axes.reduce((product, axis) => product * axis.size, 1);
    const text = `${where}; ${count} cells lit`;
    return setAttributes(box, { "aria-valuenow": flat, "aria-valuemin": 0, "aria-valuemax": all - 1, "aria-valuetext": text });
  });

  function light(rule) {
    lit = rule;
    count = 0;
    for (const cell of cells()) if (rule(...outward(cell))) count += 1;
    surface.change();
    return count;
  }
  const index = (name) => {
    const found = axes.findIndex((axis) => axis.name === name || axis.key === name);
    if (found < 0) throw new Error(`the block has no axis "${name}": ${axes.map((axis) => axis.key ?? axis.name).join(", ")}`);
    return found;
  };
  return {
    box: figure,
    /** Light the cells for which rule(…indices) is the name of a color; returns how many. */
    set: light,
    /**
     * Light the cells over which statistics are taken together with `cell`: those with the same index on every axis that is not in `over`.
     * `groups: {C: 2}` cuts an axis into parts and takes those of the cell's part.
     */
    over(names, { cell = current(), groups = {}, color: name = "blue" } = {}) {
      const free = names.map(index);
      const parts = Object.entries(groups).map(([axis, number]) => [index(axis), axes[index(axis)].size / number]);
      if (parts.some(([, size]) => !Number.isInteger(size))) throw new Error("groups must divide their axis evenly");
      return light((...place) => (place.every((value, axis) => {
        const part = parts.find(([of]) => of === axis);
        if (part) return Math.floor(value / part[1]) === Math.floor(cell[axis] / part[1]);
        return free.includes(axis) || value === cell[axis];
      }) ? name : null));
    },
  };
}
