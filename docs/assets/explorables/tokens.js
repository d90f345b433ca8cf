// Words in boxes: a query to choose and lines to what it attends to, or a sequence marked right and wrong.
import { choices } from "./controls.js";
import { color, element, setAttributes } from "./dom.js";
import { format } from "./format.js";

export const styles = new URL("tokens.css", import.meta.url);
export const install = (kit, place) => { kit.tokens = place(tokens, "kit-token-row"); };

const HEADS = ["blue", "orange", "green", "purple", "sky", "gold", "red", "grey"];
const FAINT = 0.02; // weights below this draw no line
let serial = 0;

/** kit.tokens: see README.md. `state` is the number of the chosen token; `keys` (true: the same words) makes the strip attended to. */
export function tokens(kit, parent, { label, tokens: words, state, keys, head, color: role = "blue", keysLabel = "attended to", describe }) {
  if (!label) throw new Error("tokens need a label, which screen readers say");
  const target = state ? kit.one(state) : null;
  const group = `kit-tokens-${(serial += 1)}`;
  const lines = element("svg", { class: "kit-token-lines", "aria-hidden": "true" });
  const upper = element("div", { class: "kit-tokens", role: state ? "radiogroup" : "list", "aria-label": label });
  const lower = keys ? element("div", { class: "kit-tokens kit-token-keys", role: "list", "aria-label": `Words ${keysLabel}` }) : null;
  const box = element("div", { class: "kit-token-box" }, element("p", { class: "kit-token-label" }, label), lines, upper, lower, keys ? element("p", { class: "kit-token-label" }, keysLabel) : null);
  parent.append(box);
  if (head) box.prepend(headChoices());

  const shown = { upper: [], lower: [], words: [], keys: [], weights: undefined, right: undefined };
  let painted = { key: "" };
  let fresh = false;
  const paths = [];

  function headChoices() {
    const holder = element("div", { class: "kit-token-heads" });
    const { spec } = kit.one(head);
    choices(kit, holder, head, { label: "Head", names: { all: "All" }, colors: Object.fromEntries(spec.values.filter((value) => value !== "all").map((value, index) => [value, HEADS[index % HEADS.length]])) });
    return holder;
  }

  function make(word, index) {
    const text = element("span", { class: "kit-token-word" }, word);
    const mark = element("span", { class: "kit-token-mark" });
    if (!state) return { node: element("span", { class: "kit-token", role: "listitem" }, text, mark), text, mark };
    const input = element("input", { type: "radio", name: group, value: index });
    kit.listen(input, "change", () => target.set(index));
    return { node: element("label", { class: "kit-token kit-token-choice" }, input, text, mark), text, mark, input };
  }

  function fill(strip, entries, wanted, maker) {
    while (entries.length > wanted.length) entries.pop().node.remove();
    wanted.forEach((word, index) => {
      if (!entries[index]) strip.append((entries[index] = maker(word, index)).node);
      else if (entries[index].text.textContent !== word) entries[index].text.textContent = word;
    });
  }
  const makeKey = (word) => {
    const text = element("span", { class: "kit-token-word" }, word);
    const share = element("small");
    return { node: element("span", { class: "kit-token", role: "listitem" }, text, share), text, share };
  };

  function draw() {
    fill(upper, shown.upper, shown.words, make);
    if (lower) fill(lower, shown.lower, shown.keys, makeKey);
    const query = target?.get();
    shown.upper.forEach(({ node, mark, input }, index) => {
      if (input) input.checked = index === query;
      const right = shown.right?.[index];
      node.classList.toggle("kit-right", right === true);
      node.classList.toggle("kit-wrong", right === false);
      const text = right === true ? "✓" : right === false ? "✗" : "";
      if (mark.textContent === text) return;
      mark.textContent = text;
      setAttributes(mark, { role: text ? "img" : null, "aria-label": right === undefined ? null : right ? "right" : "wrong" });
    });
    if (lower) attend(query);
  }

  /** The heads shown, each with its weights of the chosen query. */
  function chosenHeads(query) {
    const all = typeof shown.weights[0][0] === "number" ? [shown.weights] : shown.weights;
    const value = head ? String(kit.one(head).get()) : "all";
    const names = head ? kit.one(head).spec.values.filter((name) => name !== "all").map(String) : [];
    return all.map((weights, index) => ({ row: weights[query], color: all.length === 1 ? role : HEADS[index % HEADS.length], index }))
      .filter(({ index }) => value === "all" || names[index] === value);
  }

  function attend(query) {
    if (!shown.weights) return;
    const heads = chosenHeads(query);
    const mean = shown.keys.map((_, index) => heads.reduce((sum, { row }) => sum + row[index], 0) / heads.length);
    if (mean.some((value) => !Number.isFinite(value))) throw new Error(`the weights of the token "${shown.words[query]}" are not numbers`);
    shown.lower.forEach(({ node, share }, index) => {
      node.style.setProperty("--weight", `${Math.round(100 * mean[index])}%`);
      const text = format(mean[index], (value) => `${Math.round(100 * value)}%`);
      if (share.textContent !== text) share.textContent = text;
    });
    box.style.setProperty("--attention", color(heads.length === 1 ? heads[0].color : "ink"));
    connect(query, heads);
    const strongest = mean.map((value, index) => [value, index]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    const shares = strongest.map(([value, index]) => `${shown.keys[index]} ${Math.round(100 * value)} percent`);
    const said = describe?.(query) ?? `${shown.words[query]} attends to ${shares.join(", ")}`;
    if (painted.said !== said) kit.announce(said, label);
    painted.said = said;
  }

  function connect(query, heads) {
    const frame = box.getBoundingClientRect();
    const spot = (entry, edge) => {
      const rect = entry.node.getBoundingClientRect();
      return [rect.left + rect.width / 2 - frame.left, (edge === "top" ? rect.top : rect.bottom) - frame.top, rect.width];
    };
    const [fromX, fromY, width] = spot(shown.upper[query], "bottom");
    let count = 0;
    shown.lower.forEach((entry, index) => {
      const [toX, toY] = spot(entry, "top");
      heads.forEach(({ row, color: name }, order) => {
        if (row[index] < FAINT) return;
        const shift = (order - (heads.length - 1) / 2) * Math.min(7, (width - 12) / heads.length);
        const path = paths[count] ?? lines.appendChild(element("path", { fill: "none", "stroke-linecap": "round" }));
        paths[count] = path;
        count += 1;
        const middle = (fromY + toY) / 2;
        setAttributes(path, {
          d: `M${fromX + shift} ${fromY}C${fromX + shift} ${middle} ${toX + shift} ${middle} ${toX + shift} ${toY}`,
          stroke: color(name), "stroke-width": (1 + 7 * row[index]).toFixed(2), opacity: (0.25 + 0.75 * row[index]).toFixed(2), visibility: "visible",
        });
      });
    });
    for (const path of paths.slice(count)) path.setAttribute("visibility", "hidden");
  }

  // Lines end at boxes that wrap, so they are laid out with the plots, again at every change of size.
  const part = {
    size: true,
    touch() { fresh = false; },
    layout() { fresh = false; },
    render() {
      const key = `${target?.get()} ${head ? kit.one(head).get() : ""}`;
      if (fresh && painted.key === key) return;
      painted = { ...painted, key };
      fresh = true;
      draw();
    },
  };
  kit.plots.push(part);
  /** The words, what is attended to (weights[query][key], or one such table for each head), and what was predicted rightly. */
  const set = ({ tokens: next, keys: nextKeys, weights, right } = {}) => {
    shown.words = next ?? (shown.words.length ? shown.words : words);
    shown.keys = nextKeys ?? (keys === true ? shown.words : shown.keys.length ? shown.keys : keys || []);
    Object.assign(shown, { weights, right });
    fresh = false;
    kit.schedule();
  };
  set();
  return { set };
}
