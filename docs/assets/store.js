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
