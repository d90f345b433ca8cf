// What every page needs at once, which is little, and what it needs as soon as somebody is there.
import { keepUnderstood, understood } from "./store.js";

function mountUnderstood() {
  const button = document.querySelector("button.understood");
  if (!button || button.dataset.mounted) return;
  button.dataset.mounted = "true";
  const number = Number(button.dataset.question);
  const show = (known) => {
    button.setAttribute("aria-pressed", String(known));
    button.textContent = known ? "Understood" : "Mark as understood";
  };
  show(understood().has(number));
  button.addEventListener("click", () => {
    const numbers = understood();
    const known = !numbers.delete(number);
    if (known) numbers.add(number);
    keepUnderstood(numbers);
    show(known);
  });
}

// The theme gives each block of code a `nav` without a name: to a screen reader a place to go to, among dozens alike.
const plainly = (root) => root.querySelectorAll(".md-code__nav:not([role])").forEach((nav) => nav.setAttribute("role", "none"));
new MutationObserver(() => plainly(document)).observe(document.body, { childList: true, subtree: true });

// The explorables' kit and all it imports, asked for at once: who asks for one module after the other waits for each.
const KIT = ["kit", "axes", "controls", "dom", "drag", "format", "numeric", "plot", "state"];
function fetchKit() {
  const head = document.createDocumentFragment();
  for (const name of KIT.splice(0)) { // once: the list is empty then
    const href = new URL(`./explorables/${name}.js`, import.meta.url);
    head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  }
  document.head.append(head);
}

function mount() {
  plainly(document);
  mountUnderstood();
  if (isAwake && document.querySelector("figure.explorable")) fetchKit();
  const map = document.querySelector(".question-map:not([data-awaited])");
  if (map) {
    map.dataset.awaited = "true";
    import("./map.js").then(({ mountMap }) => {
      mountMap(map);
      map.dataset.mounted = "true";
    });
  }
  if (isAwake || document.querySelector(".reader")) import("./reader.js").then(({ mountReader }) => mountReader());
  if (isAwake && document.querySelector(".cell")) import("./python/cells.js").then(({ mountCells }) => mountCells());
}

// A page is complete as it arrives. Its explorables, quizzes and cells are fetched when the reader stirs, so that whoever comes for a look
// loads only that. Who has been here before, or comes with the state of an explorable in the address, gets them at once.
let isAwake = false;
const STIRS = ["pointermove", "pointerdown", "touchstart", "wheel", "scroll", "keydown", "focusin"];
function wake({ type, target } = {}) {
  if (isAwake || (type === "scroll" && target !== document)) return; // the theme scrolls its navigation by itself
  isAwake = true;
  for (const kind of STIRS) removeEventListener(kind, wake, true);
  import("./explorables/loader.js").catch((error) => {
    console.error("The explorables could not be loaded:", error);
    document.documentElement.dataset.stills = "yes"; // no page keeps room free for them
  });
  for (const part of ["./predict.js", "./quiz.js"]) import(part);
  mount();
}
for (const kind of STIRS) addEventListener(kind, wake, { capture: true, passive: true });
if (location.search || location.hash || understood().size) wake();

if (window.document$) window.document$.subscribe(mount);
else mount();
