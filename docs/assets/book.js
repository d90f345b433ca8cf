// What every page needs: the explorables' loader, predictions, quizzes, and what the reader has understood, kept in this browser only.
import "./explorables/loader.js";
import "./predict.js";
import "./quiz.js";
import { keepUnderstood, mountReader, understood } from "./reader.js";

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

function mount() {
  plainly(document);
  mountUnderstood();
  mountReader();
  const map = document.querySelector(".question-map:not([data-mounted])");
  if (map) {
    map.dataset.mounted = "true";
    import("./map.js").then(({ mountMap }) => mountMap(map));
  }
  if (document.querySelector(".cell")) import("./python/cells.js").then(({ mountCells }) => mountCells());
}

if (window.document$) window.document$.subscribe(mount);
else mount();
