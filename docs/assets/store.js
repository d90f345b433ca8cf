// What the reader's browser keeps for this book, and nothing else does: JSON under names that carry a version.

/** The value under a name; `otherwise` if there is none, it cannot be read, or the browser keeps nothing. */
export function readStore(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep a value; false where the browser refuses. Then it lasts as long as the page. */
export function writeStore(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

const UNDERSTOOD = "book.understood.v1";

/** The numbers of the questions marked as understood. */
export function understood() {
  const numbers = readStore(UNDERSTOOD, []);
  return new Set(Array.isArray(numbers) ? numbers.filter((n) => Number.isInteger(n) && n >= 1 && n <= 100) : []);
}

export function keepUnderstood(numbers) {
  const kept = writeStore(UNDERSTOOD, [...numbers].sort((a, b) => a - b));
  document.dispatchEvent(new CustomEvent("book:progress"));
  return kept;
}
