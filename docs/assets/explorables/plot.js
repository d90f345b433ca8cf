// A plot: axes in SVG, and marks that draw themselves again when their data, the size or the scheme change.
import { chooseTicks, createScale } from "./axes.js";
import { color, colorScale, element, setAttributes } from "./dom.js";
import { makeHandle } from "./drag.js";

const CHARACTER = 7.2; // width of a character at the label size, in a wide system font
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** kit.plot(...): see README.md for the options. */
export function createPlot(kit, parent, options) {
  const { alt, x, y, aspect = 0.6, square = false, bare = false, minHeight = 200, maxHeight = 420 } = options;
  if (!alt) throw new Error("a plot needs alt: what it shows, for readers who cannot see it");
  const svg = element("svg", { class: "kit-plot", role: "group", "aria-label": alt });
  const grid = element("g", { "aria-hidden": "true" });
  const inner = element("svg", { class: "kit-inner", overflow: "hidden", "aria-hidden": "true" });
  const labels = element("g", { class: "kit-labels", "aria-hidden": "true" });
  const handles = element("g");
  svg.append(grid, inner, labels, handles);
  const box = element("div", { class: "kit-plot-box" }, svg);
  parent.append(box);

  const marks = [];
  const endLabels = [];
  let scales = { x: createScale(x), y: createScale(y) };
  let size;
  let wanted = options.right ?? 0;
  let stale = true;

  const plot = {
    svg, inner, labels, box,
    X: (value) => clamp(scales.x.share(value) * size.width, -1e5, 1e5),
    Y: (value) => clamp((1 - scales.y.share(value)) * size.height, -1e5, 1e5),
    invert: (left, top) => ({ x: scales.x.value(left / size.width), y: scales.y.value(1 - top / size.height) }),
    get size() { return size; },
    get axes() { return { x, y }; },
    /** Change the ends of an axis: plot.domain({y: [0, 3]}). */
    domain(ends) {
      for (const [name, [min, max]] of Object.entries(ends)) {
        const axis = name === "x" ? x : y;
        if (axis.min === min && axis.max === max) continue;
        Object.assign(axis, { min, max });
        scales = { ...scales, [name]: createScale(axis) };
        plot.touch();
        kit.schedule();
      }
    },
    /** Lay out anew, and so draw every mark anew, at the next render. */
    touch() {
      stale = true;
    },
    layout() {
      measure();
      for (const mark of marks) mark.fresh = false;
      stale = false;
    },
    render() {
      if (stale) plot.layout();
      if (marks.every((mark) => mark.fresh)) return;
      for (const mark of marks) {
        if (!mark.fresh) mark.draw();
        mark.fresh = true;
      }
      placeEndLabels();
    },
    line, area, points, rule, text, bars, heat, contours, mark: addMark,
    handle: (settings) => makeHandle(kit, plot, handles, settings),
    threshold: (settings) => makeHandle(kit, plot, handles, { ...settings, through: true }),
  };

  function measure() {
    const total = Math.max(box.clientWidth, 200);
    const narrow = total < 440;
    const yTicks = bare ? [] : chooseTicks(y, 5);
    const widest = Math.max(0, ...yTicks.map((tick) => tick.text.length));
    const left = bare ? 0 : Math.max(widest * CHARACTER + 9, 18);
    const right = bare ? 0 : Math.max(12, narrow && options.right === undefined ? 12 : wanted);
    const top = bare ? 0 : y.label ? 26 : 10;
    const bottom = bare ? 0 : x.label ? 42 : 24;
    const width = Math.max(total - left - right, 80);
    const height = square ? Math.min(width, maxHeight) : clamp(width * aspect, minHeight, maxHeight);
    size = { width: square ? height : width, height, left, right, top };
    setAttributes(svg, { width: total, height: height + top + bottom, viewBox: `0 0 ${total} ${height + top + bottom}` });
    setAttributes(inner, { x: left, y: top, width: size.width, height });
    for (const layer of [grid, labels, handles]) layer.setAttribute("transform", `translate(${left} ${top})`);
    drawAxes(yTicks);
  }

  function drawAxes(yTicks) {
    grid.replaceChildren();
    if (bare) return;
    const { width, height, left } = size;
    for (const { value, text: label } of yTicks) {
      const at = plot.Y(value);
      grid.append(
        element("line", { class: "kit-grid", x1: 0, x2: width, y1: at, y2: at }),
        element("text", { class: "kit-tick", x: -7, y: at, dy: "0.35em", "text-anchor": "end" }, label),
      );
    }
    const xTicks = chooseTicks(x, Math.max(2, Math.round(width / 75)));
    for (const { value, text: label } of xTicks) {
      const at = plot.X(value);
      const half = (label.length * CHARACTER) / 2;
      const shift = Math.max(0, half - at - left) - Math.max(0, at + half - width - size.right);
      grid.append(
        element("line", { class: "kit-grid kit-grid-x", x1: at, x2: at, y1: 0, y2: height }),
        element("text", { class: "kit-tick", x: at + shift, y: height + 17, "text-anchor": "middle" }, label),
      );
    }
    grid.append(element("line", { class: "kit-axis", x1: 0, x2: width, y1: height, y2: height }));
    if (y.label) grid.append(element("text", { class: "kit-axis-label", x: -left + 1, y: -12 }, y.label));
    if (x.label) grid.append(element("text", { class: "kit-axis-label", x: width, y: height + 35, "text-anchor": "end" }, x.label));
  }

  // ---- marks: README.md has the options and what to set ----
  function addMark(draw) {
    const mark = { data: undefined, fresh: false, draw: () => draw(mark.data) };
    marks.push(mark);
    return {
      set(...data) {
        mark.data = data;
        mark.fresh = false;
        kit.schedule();
        return this;
      },
    };
  }

  const path = (className, attributes, layer = inner) => {
    const node = element("path", { class: className, ...attributes });
    layer.append(node);
    return node;
  };
  const check = (value, what) => {
    if (Number.isNaN(value) || value === undefined) throw new Error(`a ${what} of the plot "${alt}" got a value that is not a number`);
    return value;
  };
  const drawable = ([px, py]) => Number.isFinite(px) && Number.isFinite(py);
  const place = (values, what) => {
    let text = "";
    let pen = "M";
    for (const point of values) {
      check(point[0], what);
      check(point[1], what);
      if (!drawable(point)) pen = "M";
      else {
        text += `${pen}${plot.X(point[0]).toFixed(1)} ${plot.Y(point[1]).toFixed(1)}`;
        pen = "L";
      }
    }
    return text;
  };

  function line({ color: name = "ink", width = 2, dash, label, labelAt = "end", opacity, closed = false } = {}) {
    const node = path("kit-line", { stroke: color(name), "stroke-width": width, "stroke-dasharray": dash, opacity });
    const tag = label ? (labelAt === "peak" ? peakLabel : endLabel)(label, name) : undefined;
    return addMark(([values] = [[]]) => {
      node.setAttribute("d", place(values, "line") + (closed && values.length ? "Z" : ""));
      const inside = ([px, py]) => plot.Y(py) >= -1 && plot.Y(py) <= size.height + 1 && plot.X(px) <= size.width + 1 && plot.X(px) >= -1;
      const visible = tag ? values.filter((point) => drawable(point) && inside(point)) : [];
      tag?.(labelAt === "peak" ? visible.reduce((best, point) => (best && plot.Y(best[1]) <= plot.Y(point[1]) ? best : point), undefined) : visible.at(-1));
    });
  }

  function peakLabel(label, name) {
    const node = element("text", { class: "kit-label", fill: color(name), "text-anchor": "middle" }, label);
    labels.append(node);
    return (point) => {
      const half = (label.length * CHARACTER) / 2;
      setAttributes(node, { visibility: point ? "visible" : "hidden" });
      if (point) setAttributes(node, { x: clamp(plot.X(point[0]), half - size.left, size.width + size.right - half), y: Math.max(plot.Y(point[1]) - 8, 10) });
    };
  }

  function endLabel(label, name) {
    const node = element("text", { class: "kit-label", fill: color(name) }, label);
    labels.append(node);
    wanted = Math.max(wanted, label.length * CHARACTER + 14);
    const entry = { node, width: label.length * CHARACTER, shown: false };
    endLabels.push(entry);
    return (point) => {
      node.setAttribute("visibility", point ? "visible" : "hidden");
      Object.assign(entry, { shown: Boolean(point) }, point && { x: plot.X(point[0]), end: plot.Y(point[1]) });
    };
  }

  /** Labels stand right of the line's end where there is room, else above it; those too close are moved apart. */
  function placeEndLabels() {
    const room = size.width + size.right;
    const shown = endLabels.filter((label) => label.shown).sort((a, b) => a.end - b.end);
    let previous = -Infinity;
    for (const label of shown) {
      label.beside = label.x + 7 + label.width <= room + 4;
      const wished = label.beside ? label.end : label.end < 20 ? label.end + 16 : label.end - 9;
      previous = label.y = Math.max(wished, previous + 15);
    }
    let limit = size.height - 7;
    for (const label of shown.reverse()) {
      label.y = Math.min(label.y, limit);
      limit = label.y - 15;
      setAttributes(label.node, { x: label.beside ? label.x + 7 : Math.min(label.x, size.width) - 2, y: label.y, dy: "0.35em", "text-anchor": label.beside ? "start" : "end" });
    }
  }

  function area({ color: name = "ink", opacity = 0.15, to = 0 } = {}) {
    const node = path("kit-area", { fill: color(name), opacity });
    return addMark(([values] = [[]]) => {
      const floor = y.log ? Math.max(to, Math.min(y.min, y.max)) : to;
      const upper = values.map(([px, one, two]) => [px, two ?? one]);
      const lower = values.map(([px, one, two]) => [px, two === undefined ? floor : one]).reverse();
      node.setAttribute("d", values.length ? `${place([...upper, ...lower], "area")}Z` : "");
    });
  }

  function points({ color: name = "ink", radius = 3.5, opacity, hollow = false } = {}) {
    const halo = hollow ? undefined : path("kit-dots", { stroke: "var(--book-paper)", "stroke-width": 2 * radius + 2, opacity });
    const node = path("kit-dots", { stroke: color(name), "stroke-width": 2 * radius, opacity });
    const hole = hollow ? path("kit-dots", { stroke: "var(--book-paper)", "stroke-width": 2 * radius - 3 }) : undefined;
    return addMark(([values] = [[]]) => {
      let text = "";
      for (const point of values) {
        check(point[0], "point");
        check(point[1], "point");
        if (drawable(point)) text += `M${plot.X(point[0]).toFixed(1)} ${plot.Y(point[1]).toFixed(1)}h0`;
      }
      for (const each of [halo, node, hole]) each?.setAttribute("d", text);
    });
  }

  function rule({ axis = "x", color: name = "muted", width = 1.5, dash = "4 4", label } = {}) {
    const node = path("kit-line", { stroke: color(name), "stroke-width": width, "stroke-dasharray": dash });
    const tag = label ? element("text", { class: "kit-label", fill: color(name) }, label) : undefined;
    if (tag) labels.append(tag);
    return addMark(([value] = [null]) => {
      if (value === null) {
        node.setAttribute("d", "");
        tag?.setAttribute("visibility", "hidden");
        return;
      }
      const at = axis === "x" ? plot.X(check(value, "rule")) : plot.Y(check(value, "rule"));
      node.setAttribute("d", axis === "x" ? `M${at} 0V${size.height}` : `M0 ${at}H${size.width}`);
      if (!tag) return;
      const flip = at + label.length * CHARACTER > size.width;
      setAttributes(tag, axis === "x"
        ? { x: at + (flip ? -5 : 5), y: 12, "text-anchor": flip ? "end" : "start", visibility: "visible" }
        : { x: size.width, y: at < 20 ? at + 15 : at - 6, "text-anchor": "end", visibility: "visible" });
    });
  }

  function text({ color: name = "ink", anchor = "middle", dx = 0, dy = 0, bold = false, size: fontSize } = {}) {
    const node = element("text", { class: "kit-label", fill: color(name), "text-anchor": anchor, "font-weight": bold ? 600 : null, style: fontSize ? `font-size:${fontSize}px` : null });
    labels.append(node);
    return addMark(([px, py, content] = [0, 0, ""]) => {
      setAttributes(node, { x: plot.X(check(px, "text")) + dx, y: plot.Y(check(py, "text")) + dy, dy: "0.35em" });
      if (node.textContent !== String(content)) node.textContent = content;
    });
  }

  function bars({ color: name = "ink", opacity = 0.85, base = 0, gap = 1 } = {}) {
    const node = path("kit-area", { fill: color(name), opacity });
    return addMark(([values] = [[]]) => {
      const bottom = plot.Y(base);
      node.setAttribute("d", values.map(([from, to, height]) => {
        const [start, end] = [plot.X(check(from, "bar")) + gap / 2, plot.X(check(to, "bar")) - gap / 2];
        return `M${start.toFixed(1)} ${bottom.toFixed(1)}V${plot.Y(check(height, "bar")).toFixed(1)}H${Math.max(end, start + 0.5).toFixed(1)}V${bottom.toFixed(1)}Z`;
      }).join(""));
    });
  }

  function heat({ colors = ["paper", "blue"], low = 0, high = 1, columns = 72, rows = 48, opacity = 1, smooth = true } = {}) {
    const canvas = element("canvas", { class: "kit-heat", "aria-hidden": "true", style: `opacity:${opacity};image-rendering:${smooth ? "auto" : "pixelated"}` });
    box.prepend(canvas);
    return addMark(([source] = []) => {
      Object.assign(canvas.style, { left: `${size.left}px`, top: `${size.top}px`, width: `${size.width}px`, height: `${size.height}px` });
      if (!source) return;
      const values = typeof source === "function" ? sample(source, columns, rows) : source;
      paint(canvas, values, colorScale(colors), low, high);
    });
  }

  function sample(f, columns, rows) {
    const at = (index, count) => (index + 0.5) / count;
    return Array.from({ length: rows }, (_, row) => {
      const py = scales.y.value(1 - at(row, rows));
      return Float64Array.from({ length: columns }, (_, column) => f(scales.x.value(at(column, columns)), py));
    });
  }

  function paint(canvas, values, scale, low, high) {
    const [rows, columns] = [values.length, values[0].length];
    if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    const shades = Array.from({ length: 256 }, (_, index) => [...scale(index / 255), 255]);
    values.forEach((row, index) => row.forEach((value, column) => {
      const share = (check(value, "heat map") - low) / (high - low);
      image.data.set(shades[Math.round(255 * clamp(share, 0, 1))], 4 * (index * columns + column));
    }));
    context.putImageData(image, 0, 0);
  }

  function contours({ color: name = "rule", width = 1.2, columns = 64, rows = 48 } = {}) {
    const node = path("kit-line", { stroke: color(name), "stroke-width": width });
    return addMark(([f, levels] = []) => {
      if (!f) return;
      const [stepX, stepY] = [size.width / columns, size.height / rows];
      const values = Array.from({ length: rows + 1 }, (_, row) =>
        Float64Array.from({ length: columns + 1 }, (_, column) => {
          const at = plot.invert(column * stepX, row * stepY);
          return check(f(at.x, at.y), "contour");
        }));
      node.setAttribute("d", levels.map((level) => traceLevel(values, level, stepX, stepY)).join(""));
    });
  }

  kit.plots.push(plot);
  return plot;
}

/** Marching squares: in each cell, join the points where its edges cross the level. */
export function traceLevel(values, level, stepX, stepY) {
  let text = "";
  for (let row = 0; row < values.length - 1; row += 1) {
    for (let column = 0; column < values[0].length - 1; column += 1) {
      const [a, b, c, d] = [values[row][column], values[row][column + 1], values[row + 1][column + 1], values[row + 1][column]];
      if (a < level === b < level && b < level === c < level && c < level === d < level) continue;
      const corners = [[0, 0, a], [1, 0, b], [1, 1, c], [0, 1, d], [0, 0, a]];
      const crossings = [];
      for (let side = 0; side < 4; side += 1) {
        const [[fromX, fromY, from], [toX, toY, to]] = corners.slice(side);
        if (from < level === to < level) continue;
        const share = (level - from) / (to - from);
        crossings.push(`${((column + fromX + share * (toX - fromX)) * stepX).toFixed(1)} ${((row + fromY + share * (toY - fromY)) * stepY).toFixed(1)}`);
      }
      for (let index = 0; index + 1 < crossings.length; index += 2) text += `M${crossings[index]}L${crossings[index + 1]}`;
    }
  }
  return text;
}
