// The map of questions: what a question needs and leads to lights up; zoom and move by buttons, wheel, drag, pinch and keys.
import { understood } from "./store.js";

const LEAST = 0.25;
const MOST = 3;
const READABLE = 0.72; // how small the drawing is at first, at the least

function reach(start, neighbors) {
  const found = new Set();
  const waiting = [start];
  while (waiting.length) {
    for (const other of neighbors.get(waiting.pop()) ?? []) {
      if (!found.has(other)) {
        found.add(other);
        waiting.push(other);
      }
    }
  }
  return found;
}

export function mountMap(map) {
  const frame = map.querySelector(".map-frame");
  const drawing = frame.querySelector(".map-drawing");
  const note = map.querySelector(".map-note");
  const nodes = new Map([...drawing.querySelectorAll(".map-node")].map((node) => [Number(node.dataset.question), node]));
  const lines = [...drawing.querySelectorAll(".map-lines path")].map((line) => [line, Number(line.dataset.from), Number(line.dataset.to)]);
  const before = new Map();
  const after = new Map();
  for (const [, from, to] of lines) {
    before.set(to, [...(before.get(to) ?? []), from]);
    after.set(from, [...(after.get(from) ?? []), to]);
  }

  // ---- what belongs to a question ----
  const light = (number) => {
    const above = number ? reach(number, before) : new Set();
    const below = number ? reach(number, after) : new Set();
    map.classList.toggle("map-lit", Boolean(number));
    for (const [n, node] of nodes) {
      node.classList.toggle("map-here", n === number);
      node.classList.toggle("map-before", above.has(n));
      node.classList.toggle("map-after", below.has(n));
    }
    for (const [line, from, to] of lines) {
      line.classList.toggle("map-before", (to === number || above.has(to)) && above.has(from));
      line.classList.toggle("map-after", (from === number || below.has(from)) && below.has(to));
    }
    const name = number ? nodes.get(number).dataset.title : "";
    note.textContent = number ? `${name} Builds on ${above.size}, leads to ${below.size}.` : "";
  };
  let active = 0;
  const activate = (number) => {
    if (number !== active) light((active = number));
  };
  drawing.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") activate(Number(event.target.closest(".map-node")?.dataset.question ?? 0));
  });
  drawing.addEventListener("pointerleave", () => activate(Number(document.activeElement?.dataset?.question ?? 0)));
  drawing.addEventListener("focusin", (event) => activate(Number(event.target.closest(".map-node")?.dataset.question ?? 0)));
  drawing.addEventListener("focusout", () => activate(0));
  for (const node of nodes.values()) if ("future" in node.dataset) node.setAttribute("tabindex", "-1");

  // ---- what is understood ----
  const color = () => {
    const known = understood();
    for (const [n, node] of nodes) node.classList.toggle("map-understood", known.has(n));
  };
  color();
  document.addEventListener("book:progress", () => map.isConnected && color());

  // ---- zoom: the frame scrolls, the drawing grows ----
  const width = Number(drawing.dataset.width);
  const height = Number(drawing.dataset.height);
  const space = document.createElement("div"); // what scrolls: as large as the scaled drawing
  space.className = "map-space";
  drawing.replaceWith(space);
  space.append(drawing);
  let scale = 1;
  const zoom = (to, x = frame.clientWidth / 2, y = frame.clientHeight / 2) => {
    const next = Math.min(MOST, Math.max(LEAST, to));
    const left = (frame.scrollLeft + x) / scale;
    const top = (frame.scrollTop + y) / scale;
    scale = next;
    drawing.style.transform = `scale(${scale})`;
    space.style.width = `${width * scale}px`;
    space.style.height = `${height * scale}px`;
    frame.scrollTo(left * scale - x, top * scale - y);
  };
  const fit = () => zoom(Math.max(LEAST, (frame.clientWidth - 2) / width), 0, 0);
  map.querySelector(".map-buttons").hidden = false;
  for (const button of map.querySelectorAll("[data-map]")) {
    button.addEventListener("click", () => {
      if (button.dataset.map === "fit") fit();
      else zoom(scale * (button.dataset.map === "in" ? 1.3 : 1 / 1.3));
    });
  }
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });

  // ---- drag with the mouse; touch scrolls by itself ----
  let drag = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) drag = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!drag || !map.isConnected) return;
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4) drag.moved = true;
    if (drag.moved) frame.scrollTo(drag.left - event.clientX + drag.x, drag.top - event.clientY + drag.y);
  });
  window.addEventListener("pointerup", () => setTimeout(() => { drag = null; }));
  drawing.addEventListener("click", (event) => drag?.moved && event.preventDefault(), true);
  drawing.addEventListener("dragstart", (event) => event.preventDefault());

  // ---- keys: + and − zoom, arrows go to the nearest question that way ----
  const place = (node) => [Number(node.dataset.x), Number(node.dataset.y)];
  frame.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") zoom(scale * 1.3);
    else if (event.key === "-") zoom(scale / 1.3);
    else if (event.key === "0") fit();
    else if (event.key.startsWith("Arrow") && document.activeElement !== frame) {
      const [x, y] = place(document.activeElement.closest(".map-node") ?? nodes.get(1));
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const away = (node) => {
        const [u, v] = place(node);
        const along = (u - x) * dx + (v - y) * dy;
        const across = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
        return along > 0 ? along + 3 * across : Infinity;
      };
      const best = [...nodes.values()].sort((a, b) => away(a) - away(b))[0];
      if (away(best) < Infinity) {
        best.focus({ preventScroll: true });
        best.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    } else return;
    event.preventDefault();
  });
  zoom(Math.max(READABLE, (frame.clientWidth - 2) / width), 0, 0);
}
