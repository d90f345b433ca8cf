// What every page needs: the explorables' loader, the quizzes, and the mark "understood", kept in this browser only.
import "./explorables/loader.js";
import "./quiz.js";

const STORE = "book.understood.v1";

function read() {
  try {
    const numbers = JSON.parse(localStorage.getItem(STORE));
    return new Set(Array.isArray(numbers) ? numbers.filter(Number.isInteger) : []);
  } catch {
    return new Set();
  }
}

function write(numbers) {
  try {
    localStorage.setItem(STORE, JSON.stringify([...numbers].sort((a, b) => a - b)));
  } catch {
    // Without storage the mark lasts as long as the page.
  }
}

function mountUnderstood() {
  const button = document.querySelector("button.understood");
  if (!button || button.dataset.mounted) return;
  button.dataset.mounted = "true";
  const number = Number(button.dataset.question);
  const show = (understood) => {
    button.setAttribute("aria-pressed", String(understood));
    button.textContent = understood ? "Understood" : "Mark as understood";
  };
  show(read().has(number));
  button.addEventListener("click", () => {
    const numbers = read();
    const understood = !numbers.delete(number);
    if (understood) numbers.add(number);
    write(numbers);
    show(understood);
  });
}

if (window.document$) window.document$.subscribe(mountUnderstood);
else mountUnderstood();
