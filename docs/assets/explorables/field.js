// The plane as a network or a flow sees it: class regions with points to move, arrows, and paths that start where the reader puts them.
import { pack, unpack } from "./cells.js";
import { color, element, rgb, setAttributes } from "./dom.js";
import { format } from "./format.js";
import { traceLevel } from "./plot.js";

export const styles = new URL("field.css", import.meta.url);

export function install(kit) {
  kit.cloud = cloud;
  kit.decisions = (plot, options) => decisions(kit, plot, options);
  kit.points = (plot, name, options) => points(kit, plot, name, options);
  kit.arrows = (plot, options) => arrows(plot, options);
  kit.trajectory = (plot, options) => trajectory(kit, plot, options);
}

const CLASSES = ["blue", "orange", "green", "purple", "red"];

// ---- the state: points with a class ----
const BITS = 12;
const CHARACTERS = 5; // of one point in the address: two for each coordinate, one for the class

/** Points [x, y, class] that come and go, between `least` and `most` of them. */
function cloud(initial, { x, y, classes = 2, least = 1, most = 80 }) {
  const top = 2 ** BITS - 1;
  const level = (value, [min, max]) => Math.round(((Math.min(Math.max(value, min), max) - min) / (max - min)) * top);
  const value = (number, [min, max]) => Number((min + (number / top) * (max - min)).toPrecision(6));
  const clean = (entries) => {
    if (entries.length < least || entries.length > most) throw new Error(`${least} to ${most} points are allowed, not ${entries.length}`);
    return entries.map(([px, py, kind]) => {
      const known = Number.isInteger(kind) && kind >= 0 && kind < classes;
      if (!known || !Number.isFinite(px) || !Number.isFinite(py)) throw new Error(`a point cannot be ${px}, ${py}, ${kind}`);
      return [value(level(px, x), x), value(level(py, y), y), kind];
    });
  };
  return {
    kind: "cloud", x, y, classes, least, most, clean, initial: clean(initial),
    parse(text) {
      const count = text.length / CHARACTERS;
      if (!Number.isInteger(count) || count < least || count > most) return undefined;
      const read = Array.from({ length: count }, (_, index) => {
        const part = text.slice(index * CHARACTERS, (index + 1) * CHARACTERS);
        const [place, kind] = [unpack(part.slice(0, 4), BITS, 2), unpack(part.slice(4), 6, 1)];
        return place && kind?.[0] < classes ? [value(place[0], x), value(place[1], y), kind[0]] : undefined;
      });
      return read.includes(undefined) ? undefined : read;
    },
    write: (entries) => entries.map(([px, py, kind]) => pack([level(px, x), level(py, y)], BITS) + pack([kind], 6)).join(""),
  };
}

// ---- class regions ----
/** kit.decisions: the plane shaded by class, paler where the probabilities are closer, with the lines between the classes. */
function decisions(kit, plot, { classes = CLASSES, columns = 64, rows = 64, opacity = 0.5, line = true, width = 1.6 } = {}) {
  const canvas = element("canvas", { class: "kit-heat kit-decisions", "aria-hidden": "true" });
  plot.box.prepend(canvas);
  const border = line ? element("path", { class: "kit-line", stroke: color("ink"), "stroke-width": width, opacity: 0.75 }) : null;
  if (border) plot.inner.append(border);
  let nodes;

  const mark = plot.mark(([source, kind] = []) => {
    if (!source) return;
    const { size } = plot;
    const shares = kind === "grid" ? fromGrid(source) : kind === "all" ? fromMatrix(source(all())) : fromFunction(source);
    // The outermost values stand on the edges of the plot, so half a pixel of the canvas lies outside on each side.
    const [stepX, stepY] = [size.width / (shares.columns - 1), size.height / (shares.rows - 1)];
    Object.assign(canvas.style, {
      left: `${size.left - stepX / 2}px`, top: `${size.top - stepY / 2}px`, width: `${size.width + stepX}px`, height: `${size.height + stepY}px`,
      clipPath: `inset(${stepY / 2}px ${stepX / 2}px)`,
    });
    paint(shares);
    border?.setAttribute("d", trace(shares, stepX, stepY));
  });

  /** All the points of the map, row by row from the top, as a matrix of two columns. */
  function all() {
    const { x, y } = plot.axes;
    const key = [x.min, x.max, y.min, y.max].join();
    if (nodes?.key === key) return nodes;
    const data = new Float64Array(2 * columns * rows);
    for (let row = 0, at = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1, at += 2) {
        const place = plot.invert((column / (columns - 1)) * plot.size.width, (row / (rows - 1)) * plot.size.height);
        data[at] = place.x;
        data[at + 1] = place.y;
      }
    }
    nodes = { key, rows: columns * rows, columns: 2, data };
    return nodes;
  }

  const fromMatrix = (matrix) => ({ rows, columns, count: Math.max(matrix.columns, 2), single: matrix.columns === 1, data: matrix.data });
  function fromFunction(f) {
    const { data } = all();
    const first = [f(data[0], data[1])].flat();
    const result = new Float64Array(columns * rows * first.length);
    for (let at = 0; at < columns * rows; at += 1) {
      const values = f(data[2 * at], data[2 * at + 1]);
      if (first.length === 1) result[at] = values.length ? values[0] : values;
      else for (let k = 0; k < first.length; k += 1) result[at * first.length + k] = values[k];
    }
    return { rows, columns, count: Math.max(first.length, 2), single: first.length === 1, data: result };
  }
  /** Recorded rows from the top: probabilities of the second class or, as whole numbers with `classes` above two, the classes themselves. */
  function fromGrid(source) {
    const flat = source.flat();
    const named = classes.length > 2 && flat.every(Number.isInteger);
    const data = named ? Float64Array.from(flat.flatMap((kind) => classes.map((_, index) => Number(index === kind)))) : Float64Array.from(flat);
    return { rows: source.length, columns: source[0].length, count: named ? classes.length : 2, single: !named, data };
  }

  function paint({ rows, columns, count, single, data }) {
    if (count > classes.length) throw new Error(`${count} classes and only ${classes.length} colors`);
    if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
    const paper = rgb("paper");
    const colors = classes.map(rgb);
    const image = new ImageData(columns, rows);
    const pixels = image.data;
    for (let at = 0; at < rows * columns; at += 1) {
      let best = 0;
      let share;
      if (single) {
        share = data[at];
        if (share > 0.5) best = 1;
        else share = 1 - share;
      } else {
        for (let k = 1; k < count; k += 1) if (data[at * count + k] > data[at * count + best]) best = k;
        share = data[at * count + best];
      }
      if (Number.isNaN(share)) throw new Error("a decision map got a value that is not a number");
      const sure = Math.min(Math.max((share - 1 / count) / (1 - 1 / count), 0), 1);
      const mix = opacity * (0.22 + 0.78 * sure);
      for (let channel = 0; channel < 3; channel += 1) pixels[4 * at + channel] = paper[channel] + mix * (colors[best][channel] - paper[channel]);
      pixels[4 * at + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** Where a class is as likely as the likeliest other. */
  function trace({ rows, columns, count, single, data }, stepX, stepY) {
    const advantage = (k) => Array.from({ length: rows }, (_, row) => Float64Array.from({ length: columns }, (_, column) => {
      const at = row * columns + column;
      if (single) return data[at] - 0.5;
      let other = -Infinity;
      for (let j = 0; j < count; j += 1) if (j !== k) other = Math.max(other, data[at * count + j]);
      return data[at * count + k] - other;
    }));
    const kinds = count === 2 ? [1] : Array.from({ length: count }, (_, k) => k);
    return kinds.map((k) => traceLevel(advantage(k), 0, stepX, stepY)).join("");
  }

  return {
    /** (x, y) → the probability of the second class, or of each class. */
    set: (f) => mark.set(f, "each"),
    /** The same for all points at once: a matrix of points (x, y) → a matrix with one row a point; several times as fast with a network. */
    setAll: (f) => mark.set(f, "all"),
    setGrid: (values) => mark.set(values, "grid"),
  };
}

// ---- points to drag, add and remove ----
const RADIUS = 6;
const SHAPES = [ // a class is never told by its color alone
  `M${-RADIUS} 0a${RADIUS} ${RADIUS} 0 1 0 ${2 * RADIUS} 0a${RADIUS} ${RADIUS} 0 1 0 ${-2 * RADIUS} 0Z`,
  "M-5.5 -5.5H5.5V5.5H-5.5Z", "M0 -7L6.6 5H-6.6Z", "M0 -7.5L7.5 0L0 7.5L-7.5 0Z", "M-6 -2H-2V-6H2V-2H6V2H2V6H-2V2H-6Z",
];

/** kit.points: the points of a kit.cloud; `brush` names a choice whose values are the classes' numbers and, if wanted, "remove". */
function points(kit, plot, name, { label = "Point", classes = CLASSES, names = classes, brush, change = true } = {}) {
  const target = kit.one(name);
  const { spec } = target;
  const chosen = brush ? kit.one(brush) : undefined;
  const layer = element("g", { role: "group", "aria-label": `${label}s` });
  plot.svg.append(layer);
  plot.svg.classList.add("kit-anywhere");
  const drawn = [];
  let active = 0; // the one point that Tab reaches; Page keys go to the others
  let grabbed;
  const step = [spec.x, spec.y].map(([min, max]) => (max - min) / 100);

  const replace = (index, entry) => target.set(target.get().with(index, entry));
  const removable = () => target.get().length > spec.least;
  function remove(index) {
    if (!removable()) return kit.announce("The last point stays");
    target.set(target.get().toSpliced(index, 1));
    active = Math.max(0, Math.min(active, target.get().length - 1));
    kit.announce("Point removed");
  }
  function add(entry) {
    if (target.get().length >= spec.most) return kit.announce(`At most ${spec.most} points`);
    target.set([...target.get(), entry]);
    active = target.get().length - 1;
    kit.announce("Point added");
  }
  const focus = (index) => {
    active = index;
    render();
    drawn[index].node.focus({ preventScroll: true });
  };

  function make(index) {
    const node = element("g", { class: "kit-handle kit-both", role: "slider", "aria-roledescription": "point" });
    const shape = element("path", { class: "kit-dot kit-sample" });
    node.append(element("circle", { class: "kit-hit", r: 22 }), element("circle", { class: "kit-ring", r: RADIUS + 5 }), shape);
    kit.listen(node, "keydown", (event) => keys(event, index));
    kit.listen(node, "focus", () => { active = index; });
    layer.append(node);
    return { node, shape };
  }

  function keys(event, index) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const [x, y, kind] = target.get()[index];
    const factor = event.shiftKey ? 10 : 1;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const count = target.get().length;
    if (move) replace(index, [x + move[0] * factor * step[0], y + move[1] * factor * step[1], kind]);
    else if (event.key === "PageDown") focus((index + 1) % count);
    else if (event.key === "PageUp") focus((index + count - 1) % count);
    else if (change && (event.key === "Delete" || event.key === "Backspace")) {
      remove(index);
      focus(active);
    } else if (change && (event.key === "Enter" || event.key === "Insert")) {
      add([x + 5 * step[0], y + 5 * step[1], kind]);
      focus(active);
    } else if (change && Number(event.key) >= 1 && Number(event.key) <= spec.classes) replace(index, [x, y, Number(event.key) - 1]);
    else return;
    event.preventDefault();
    drawn[active].node.classList.add("kit-keyed");
  }

  // ---- pointer: the nearest point within reach is taken, whichever lies on top ----
  const within = (event) => {
    const frame = plot.svg.getBoundingClientRect();
    return [event.clientX - frame.left - plot.size.left, event.clientY - frame.top - plot.size.top];
  };
  const nearest = ([left, top]) => {
    const distances = target.get().map(([x, y]) => Math.hypot(plot.X(x) - left, plot.Y(y) - top));
    const best = distances.indexOf(Math.min(...distances));
    return distances[best] <= 22 ? best : undefined;
  };
  kit.listen(layer, "pointerdown", (event) => {
    const at = within(event);
    const index = nearest(at);
    if (event.button !== 0 || index === undefined || chosen?.get() === "remove") return;
    const [x, y] = target.get()[index];
    grabbed = { index, moved: false, from: at, offset: [plot.X(x) - at[0], plot.Y(y) - at[1]] };
    layer.setPointerCapture(event.pointerId);
    drawn[index].node.classList.remove("kit-keyed");
    drawn[index].node.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
  });
  kit.listen(layer, "pointermove", (event) => {
    if (!grabbed) return;
    const at = within(event);
    grabbed.moved ||= Math.hypot(at[0] - grabbed.from[0], at[1] - grabbed.from[1]) > 3;
    if (!grabbed.moved) return;
    const place = plot.invert(at[0] + grabbed.offset[0], at[1] + grabbed.offset[1]);
    replace(grabbed.index, [place.x, place.y, target.get()[grabbed.index][2]]);
  });
  kit.listen(plot.svg, "click", (event) => {
    const held = grabbed;
    grabbed = undefined;
    if (held?.moved || !change) return;
    const at = within(event);
    const near = nearest(at);
    if (chosen?.get() === "remove") {
      if (near !== undefined) remove(near);
      return;
    }
    // A new point may stand close to an old one, but a click right on a point only chooses it.
    const { width, height } = plot.size;
    const inside = at[0] >= 0 && at[1] >= 0 && at[0] <= width && at[1] <= height;
    const on = near !== undefined && Math.hypot(plot.X(target.get()[near][0]) - at[0], plot.Y(target.get()[near][1]) - at[1]) < 10;
    if (!inside || on || event.target.closest(".kit-handle:not(.kit-both)")) return;
    const place = plot.invert(...at);
    add([place.x, place.y, Number(chosen?.get() ?? 0)]);
  });
  kit.listen(layer, "lostpointercapture", () => setTimeout(() => { grabbed = undefined; }));

  function render() {
    const entries = target.get();
    layer.setAttribute("transform", `translate(${plot.size.left} ${plot.size.top})`);
    while (drawn.length < entries.length) drawn.push(make(drawn.length));
    while (drawn.length > entries.length) drawn.pop().node.remove();
    active = Math.min(active, entries.length - 1);
    entries.forEach(([x, y, kind], index) => {
      const { node, shape } = drawn[index];
      setAttributes(node, {
        transform: `translate(${plot.X(x).toFixed(1)} ${plot.Y(y).toFixed(1)})`, tabindex: index === active ? 0 : -1,
        "aria-label": `${label} ${index + 1} of ${entries.length}, ${names[kind]}`,
        "aria-valuenow": x, "aria-valuemin": spec.x[0], "aria-valuemax": spec.x[1],
        "aria-valuetext": `${plot.axes.x.label ?? "x"} ${format(x, ".2f")}, ${plot.axes.y.label ?? "y"} ${format(y, ".2f")}`,
      });
      setAttributes(shape, { d: SHAPES[kind % SHAPES.length], fill: color(classes[kind]) });
    });
  }
  kit.decorations.push(render);
  return { node: layer };
}

// ---- arrows ----
/** kit.arrows: a direction at each point of a grid; the longest arrow fills its place, or all are equally long. */
function arrows(plot, { color: name = "muted", columns = 14, rows, equal = false, opacity = 0.8, width = 1.3 } = {}) {
  const node = element("path", { class: "kit-line", stroke: color(name), "stroke-width": width, opacity });
  plot.inner.append(node);
  return plot.mark(([f] = []) => {
    if (!f) return;
    const { size } = plot;
    const down = rows ?? Math.max(2, Math.round((columns * size.height) / size.width));
    const [stepX, stepY] = [size.width / columns, size.height / down];
    const found = [];
    for (let row = 0; row < down; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const [left, top] = [(column + 0.5) * stepX, (row + 0.5) * stepY];
        const { x, y } = plot.invert(left, top);
        const [u, v] = f(x, y);
        if (Number.isNaN(u + v)) throw new Error("a field of arrows got a value that is not a number");
        // A direction in the plane of the data, as it looks in pixels.
        const [across, up] = [plot.X(x + u) - left, plot.Y(y + v) - top];
        found.push([left, top, across, up, Math.hypot(across, up)]);
      }
    }
    const longest = Math.max(...found.map((arrow) => arrow[4])) || 1;
    const room = 0.82 * Math.min(stepX, stepY);
    node.setAttribute("d", found.map(([left, top, across, up, length]) => {
      if (!(length > 0)) return "";
      const share = ((equal ? 1 : length / longest) * room) / length;
      return arrow(left - (across * share) / 2, top - (up * share) / 2, across * share, up * share);
    }).join(""));
  });
}

export function arrow(x, y, across, up) {
  const length = Math.hypot(across, up);
  if (length < 0.7) return "";
  const head = Math.min(0.4 * length, 6);
  const [ux, uy] = [across / length, up / length];
  const [tipX, tipY] = [x + across, y + up];
  const wing = (side) => `${(tipX - head * (ux - side * 0.55 * uy)).toFixed(1)} ${(tipY - head * (uy + side * 0.55 * ux)).toFixed(1)}`;
  return `M${x.toFixed(1)} ${y.toFixed(1)}L${tipX.toFixed(1)} ${tipY.toFixed(1)}M${wing(1)}L${tipX.toFixed(1)} ${tipY.toFixed(1)}L${wing(-1)}`;
}

// ---- paths from a start that the reader drags ----
/** kit.trajectory: a path with a dot a step, from a start at the states `x` and `y`. */
function trajectory(kit, plot, { x, y, label = "Start", color: name = "orange", dots = true, anywhere = false, describe, name: text }) {
  const start = [kit.one(x), kit.one(y)];
  const path = plot.line({ color: name, width: 2, label: text });
  const steps = dots ? plot.points({ color: name, radius: 2.2 }) : undefined;
  const end = plot.points({ color: name, radius: 5, hollow: true });
  plot.handle({ x, y, label, color: name, anywhere, describe });
  const trail = {
    points: [],
    set(points) {
      trail.points = points;
      path.set(points);
      steps?.set(points);
      end.set(points.slice(-1));
      return trail;
    },
    /** Start anew: next([x, y], index) → the next point, or null to stop; a path that leaves for good ends by itself. Returns its points. */
    follow(next, count) {
      const { x: across, y: up } = plot.axes;
      const reach = 20 * Math.max(Math.abs(across.max - across.min), Math.abs(up.max - up.min));
      const points = [start.map((target) => target.get())];
      for (let index = 0; index < count; index += 1) {
        const point = next(points.at(-1), index);
        if (!point) break;
        if (Number.isNaN(point[0] + point[1])) throw new Error(`the path "${label}" got a value that is not a number`);
        points.push(point);
        if (Math.hypot(...point) > reach) break;
      }
      trail.set(points);
      return points;
    },
  };
  return trail;
}
