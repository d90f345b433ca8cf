// Boxes over an image: moved by their inside, resized by their corners.
import { fillCells } from "./matrix.js";
import { color, colorScale, element, setAttributes } from "./dom.js";
import { format } from "./format.js";
import { createSurface } from "./surface.js";

export const styles = new URL("cells.css", import.meta.url);

export function install(kit, place) {
  kit.boxes = place(createBoxes, "kit-plots");
}

const LEAST = 1; // a box stays at least as large as this, in the image's units
const REACH = 22; // of a corner, in pixels of the screen
const CORNERS = [[0, 1], [2, 1], [0, 3], [2, 3]]; // which entries of [x1, y1, x2, y2] a corner moves

/** kit.boxes: each box is a state kit.numbers([x1, y1, x2, y2], …) in units of the image. */
function createBoxes(kit, parent, options) {
  const { label, width, height, boxes = [], colors = ["paper", "ink"], low = 0, high = 1, maxWidth = 420, smooth = false, title = label } = options;
  if (!label) throw new Error("boxes need a label, which screen readers say");
  const figure = element("div", { class: "kit-boxes" }, title ? element("div", { class: "kit-title" }, title) : null);
  parent.append(figure);
  let image;
  let scale = 1; // pixels of the screen for one unit of the image
  const surface = createSurface(kit, figure, {
    attributes: { role: "group", "aria-label": label },
    height(across) {
      scale = Math.min(across, maxWidth) / width;
      return Math.ceil(height * scale);
    },
    layout({ size }) {
      setAttributes(svg, { width: size.width, height: size.height });
    },
    draw({ context, color: css }) {
      context.fillStyle = css("panel");
      context.fillRect(0, 0, width * scale, height * scale);
      if (typeof image === "function") {
        context.save();
        context.scale(scale, scale);
        image(context, css);
        context.restore();
      } else if (image) {
        const shade = colorScale(colors);
        const fill = image.map((row) => Array.from(row, (value) => shade((value - low) / (high - low))));
        fillCells(context, fill, 0, 0, (width / image[0].length) * scale, (height / image.length) * scale, smooth);
      }
    },
  });
  const svg = element("svg", { class: "kit-plot kit-over" });
  const still = element("g", { "aria-hidden": "true" });
  svg.append(still);
  surface.box.append(svg);
  const movers = [];
  const shown = boxes.map(make);

  /** Bring a box into the image; `moved` are the entries that follow the reader, the others stay. */
  function put(target, next, moved) {
    const ends = [width, height, width, height];
    const before = target.get();
    const values = [...before];
    if (moved.length === 4) {
      for (const axis of [0, 1]) {
        const extent = before[axis + 2] - before[axis];
        const from = Math.min(Math.max(next[axis], 0), ends[axis] - extent);
        values[axis] = from;
        values[axis + 2] = from + extent;
      }
    } else {
      for (const entry of moved) {
        const [from, to] = entry < 2 ? [0, before[entry + 2] - LEAST] : [before[entry - 2] + LEAST, ends[entry]];
        values[entry] = Math.min(Math.max(next[entry], from), to);
      }
    }
    target.set(values);
  }

  function make({ state, label: name, color: role = "orange", dash, text = name, fixed = false }) {
    const target = kit.one(state);
    if (target.initial.length !== 4) throw new Error(`the box "${state}" needs four numbers: x1, y1, x2, y2`);
    const tag = element("text", { class: "kit-label", fill: color(role), "aria-hidden": "true" });
    const body = element("g", {
      class: fixed ? "" : "kit-handle kit-both", role: fixed ? "img" : "slider", tabindex: fixed ? null : 0,
      "aria-roledescription": "box", "aria-label": name,
    });
    const rect = element("rect", {
      class: "kit-frame", fill: color(role), "fill-opacity": 0.08, stroke: color(role), "stroke-width": 2.5, "stroke-dasharray": dash,
    });
    const halo = element("rect", { fill: "none", stroke: "var(--book-paper)", "stroke-width": 5, "stroke-opacity": 0.7 });
    const ring = element("rect", { class: "kit-ring", rx: 3 });
    body.append(halo, rect, ring);
    svg.append(body, tag);
    const corners = fixed ? [] : CORNERS.map((moved, index) => {
      const last = index === 3; // moving the box and this corner reaches every box, so the others are left to the pointer
      const node = element("g", { class: "kit-handle kit-both", style: `cursor:${index % 3 ? "nesw" : "nwse"}-resize` },
        element("circle", { class: "kit-hit", r: REACH }), element("circle", { class: "kit-ring", r: 10 }),
        element("circle", { class: "kit-dot", r: 5.5, fill: color(role) }));
      setAttributes(node, last
        ? { role: "slider", tabindex: 0, "aria-roledescription": "corner", "aria-label": `${name}, lower right corner` }
        : { "aria-hidden": "true" });
      svg.append(node);
      follow(node, target, moved);
      return node;
    });
    if (!fixed) follow(body, target, [0, 1, 2, 3]);
    return { target, name, text, tag, body, rect, halo, ring, corners };
  }

  // ---- pointer: the nearest corner within reach, whichever box lies on top; else the box itself ----
  let grabbed;
  kit.listen(svg, "pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = surface.at(event);
    const away = ({ target, moved }) => Math.hypot(target.get()[moved[0]] * scale - at[0], target.get()[moved[1]] * scale - at[1]);
    const corners = movers.filter(({ moved }) => moved.length === 2).sort((one, other) => away(one) - away(other));
    const mover = corners.length && away(corners[0]) <= REACH ? corners[0] : movers.find(({ node }) => node.contains(event.target));
    if (!mover) return;
    grabbed = { ...mover, x: event.clientX, y: event.clientY, from: mover.target.get() };
    mover.node.setPointerCapture(event.pointerId);
    mover.node.classList.remove("kit-keyed");
    mover.node.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
  });
  kit.listen(svg, "pointermove", (event) => {
    if (!grabbed) return;
    const shift = [(event.clientX - grabbed.x) / scale, (event.clientY - grabbed.y) / scale];
    put(grabbed.target, grabbed.from.map((value, entry) => value + shift[entry % 2]), grabbed.moved);
  });
  kit.listen(svg, "lostpointercapture", () => { grabbed = undefined; });

  function follow(node, target, moved) {
    movers.push({ node, target, moved });
    kit.listen(node, "keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!arrow && event.key !== "Home") return;
      const step = target.spec.step * (event.shiftKey ? 10 : 1);
      if (arrow) put(target, target.get().map((value, entry) => value + arrow[entry % 2] * step), moved);
      else target.set(target.initial);
      event.preventDefault();
      node.classList.add("kit-keyed");
    });
  }

  const frame = ([x1, y1, x2, y2]) => ({ x: x1 * scale, y: y1 * scale, width: (x2 - x1) * scale, height: (y2 - y1) * scale });
  kit.decorations.push(() => {
    for (const { target, name, text, tag, body, rect, halo, ring, corners } of shown) {
      const [x1, y1, x2, y2] = target.get();
      const at = frame([x1, y1, x2, y2]);
      for (const node of [rect, halo]) setAttributes(node, at);
      setAttributes(ring, { x: at.x - 5, y: at.y - 5, width: at.width + 10, height: at.height + 10 });
      const inside = at.y < 18;
      setAttributes(tag, { x: at.x + (inside ? 6 : 1), y: at.y + (inside ? 17 : -7) });
      if (tag.textContent !== text) tag.textContent = text;
      const said = `left ${format(x1)}, top ${format(y1)}, ${format(x2 - x1)} wide, ${format(y2 - y1)} high`;
      if (body.getAttribute("role") === "img") body.setAttribute("aria-label", `${name}: ${said}`);
      else setAttributes(body, { "aria-valuenow": x1, "aria-valuemin": 0, "aria-valuemax": width, "aria-valuetext": said });
      corners.forEach((node, index) => {
        const [i, j] = CORNERS[index];
        const values = target.get();
        node.setAttribute("transform", `translate(${(values[i] * scale).toFixed(1)} ${(values[j] * scale).toFixed(1)})`);
        if (index === 3) setAttributes(node, { "aria-valuenow": x2, "aria-valuemin": 0, "aria-valuemax": width, "aria-valuetext": said });
      });
    }
  });

  let lines = [];
  const drawStill = () => {
    still.replaceChildren(...lines.flatMap(({ box, color: role = "muted", dash, opacity, text, width: stroke = 2 }) => [
      element("rect", { ...frame(box), fill: "none", stroke: color(role), "stroke-width": stroke, "stroke-dasharray": dash, opacity }),
      text ? element("text", { class: "kit-label", x: box[0] * scale + 2, y: box[3] * scale + 14, fill: color(role), opacity }, text) : null,
    ].filter(Boolean)));
  };
  kit.decorations.push(drawStill);
  return {
    box: figure,
    /** The image: rows of values, or a function of a canvas context (in units of the image) and css(name). */
    set(source) {
      image = source;
      surface.change();
      return this;
    },
    /** Boxes that only stand there: [{box: [x1, y1, x2, y2], color, dash, opacity, text}]. */
    show(list) {
      lines = list;
      return this;
    },
  };
}
