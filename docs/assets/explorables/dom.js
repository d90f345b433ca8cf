// Elements of HTML and SVG, and their colors.
const SVG = new Set(["svg", "g", "path", "line", "rect", "circle", "text", "tspan", "ellipse", "polygon", "polyline", "title", "defs", "marker"]);

/** element("div", {class: "a", onclick: f}, "text", child): attributes by name, listeners as on<event>, null left out. */
export function element(tag, attributes = {}, ...children) {
  const node = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
}

// ---- colors by role or by name, from the variables of kit.css, which follow palette.json ----
function resolve(name) {
  const value = getComputedStyle(document.body).getPropertyValue(`--book-${name}`).trim();
  if (!value.startsWith("#")) throw new Error(`unknown color "${name}": a role or a color of palette.json is expected`);
  return value;
}

/** "momentum" or "blue" → a CSS color that follows the light and the dark scheme. */
export function color(name) {
  resolve(name);
  return `var(--book-${name})`;
}

/** The same color as [red, green, blue] of 0 to 255, for a canvas; read it at every draw. */
export function rgb(name) {
  const hex = resolve(name);
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/** A color scale through the named colors, evenly spaced: scale(0…1) → [red, green, blue]. */
export function colorScale(names) {
  const stops = names.map(rgb);
  return (share) => {
    const position = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const index = Math.min(Math.floor(position), stops.length - 2);
    const rest = position - index;
    return stops[index].map((from, channel) => Math.round(from + rest * (stops[index + 1][channel] - from)));
  };
}
