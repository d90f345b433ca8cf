// One function for the elements of HTML and SVG.
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
