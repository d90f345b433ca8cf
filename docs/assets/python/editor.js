// An editor for a cell: a text area, whose text is transparent, over the code in its colors. The code stays where it was, so that
// the page looks the same before and after, and the copy button copies what the reader wrote.
const KEYWORDS = new Set(("and as assert async await break case class continue def del elif else except finally for from global if "
  + "import in is lambda match nonlocal not or pass raise return try while with yield").split(" "));
const CONSTANTS = new Set(["True", "False", "None"]);
const BUILTINS = new Set(("abs all any bool callable chr dict dir divmod enumerate filter float format frozenset getattr hasattr hash "
  + "id int isinstance iter len list map max min next object open ord pow print property range repr reversed round set setattr slice "
  + "sorted str sum super tuple type vars zip").split(" "));
const TOKEN = new RegExp([
  /(?<comment>#[^\n]*)/,
  /(?<string>(?:\b[rbfut]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  /(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?j?)|\B\.\d[\d_]*(?:e[+-]?\d+)?)/,
  /(?<word>[\p{L}_][\p{L}\p{N}_]*)/,
  /(?<operator>[-+*/%@=<>!&|^~]+)/,
  /(?<mark>[()[\]{}:;,.])/,
].map((part) => part.source).join("|"), "giu");

/** Code as [text, class] pieces, the classes those of the highlighter that colors the pages; "" for what has none. */
export function tokens(code) {
  const found = [];
  let end = 0;
  for (const match of code.matchAll(TOKEN)) {
    if (match.index > end) found.push([code.slice(end, match.index), ""]);
    found.push([match[0], classOf(match.groups)]);
    end = match.index + match[0].length;
  }
  if (end < code.length) found.push([code.slice(end), ""]);
  return found;
}

function classOf({ comment, string, number, word, operator }) {
  if (comment) return "c1";
  if (string) return "s2";
  if (number) return "mi";
  if (operator) return "o";
  if (!word) return "p";
  if (KEYWORDS.has(word)) return "k";
  if (CONSTANTS.has(word)) return "kc";
  return BUILTINS.has(word) ? "nb" : "n";
}

function paint(layer, code) {
  layer.replaceChildren(...tokens(code).map(([text, name]) => {
    if (!name) return text;
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    return span;
  }), "\n");
}

/** Put an editor over a code element. `describedBy` names the hint for keyboard users; `leave` is where Escape leads. */
export function createEditor(layer, { label, describedBy, run, leave, changed }) {
  const original = layer.textContent.replace(/\n$/, "");
  const colored = [...layer.childNodes];
  const area = document.createElement("textarea");
  Object.assign(area, { className: "cell-editor", value: original, spellcheck: false, autocomplete: "off", wrap: "off", rows: 1 });
  const attributes = { "aria-label": label, "aria-describedby": describedBy, autocapitalize: "off", autocorrect: "off" };
  for (const [name, value] of Object.entries(attributes)) area.setAttribute(name, value);
  layer.parentElement.append(area);
  layer.inert = true; // a picture of the text area's text: not to be reached or read twice
  let editing = false; // until the reader edits, Tab moves on, as it does everywhere else

  const show = () => {
    if (area.value === original) layer.replaceChildren(...colored);
    else paint(layer, area.value);
    layer.scrollLeft = area.scrollLeft;
    changed(area.value !== original);
  };
  /** As if typed, so that the browser's own undo knows it. */
  const insert = (text) => {
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      show();
    }
  };
  const lineStart = (at) => area.value.lastIndexOf("\n", at - 1) + 1;

  function indent(back) {
    const { selectionStart: from, selectionEnd: to, value } = area;
    if (!back && !value.slice(from, to).includes("\n")) {
      insert(" ".repeat(4 - (from - lineStart(from)) % 4));
      return;
    }
    const start = lineStart(from);
    const lines = value.slice(start, to).split("\n");
    const moved = lines.map((line) => (back ? line.replace(/^ {1,4}/, "") : line && `    ${line}`));
    const text = moved.join("\n");
    if (text === lines.join("\n")) return;
    area.setSelectionRange(start, to);
    insert(text);
    const first = Math.max(start, from + moved[0].length - lines[0].length);
    area.setSelectionRange(from === to ? first : start, from === to ? first : start + text.length);
  }

  function newLine() {
    const line = area.value.slice(lineStart(area.selectionStart), area.selectionStart);
    const [space] = /^ */.exec(line);
    insert(`\n${space}${/:\s*(?:#.*)?$/.test(line) ? "    " : ""}`);
  }

  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { key } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) run();
    else if (key === "Escape") {
      editing = false;
      leave();
    } else if (key === "Tab" && editing && !event.ctrlKey && !event.altKey && !event.metaKey) indent(event.shiftKey);
    else if (key === "Enter" && !event.shiftKey && !event.altKey) newLine();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  area.addEventListener("input", () => {
    editing = true;
    show();
  });
  area.addEventListener("pointerdown", () => { editing = true; });
  area.addEventListener("blur", () => { editing = false; });
  area.addEventListener("scroll", () => { layer.scrollLeft = area.scrollLeft; });

  return {
    get code() { return area.value; },
    get edited() { return area.value !== original; },
    reset() {
      area.value = original;
      show();
    },
  };
}
