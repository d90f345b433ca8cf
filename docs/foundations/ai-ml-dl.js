// The same game played by four programs: what each thinks of every move, and what it can say when asked why.
const LINES = ["012", "345", "678", "036", "147", "258", "048", "246"].map((line) => Array.from(line, Number));
const CELLS = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"];
const CORNERS = [0, 2, 6, 8];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NAMES = { search: "Search", features: "Features", linear: "Raw linear", network: "Deep network" };
const SHAPES = { features: [13, 3], linear: [18, 3], network: [18, 64, 64, 3] };
const FEATURES = ["three in a row", "the other threatens", "two threats at once", "each threat of yours", "each threat of the other", "each line with one of yours",
  "each line with one of the other's", "each empty line", "you hold the center", "the other holds it", "each corner of yours", "each corner of the other's", "each stone"];
const STYLE = `
.ttt { display: flex; flex-wrap: wrap; gap: 18px 28px; align-items: flex-start; }
.ttt-board { display: grid; grid-template-columns: repeat(3, 1fr); gap: 5px; width: min(100%, 270px); }
.md-typeset .ttt-board button, .md-typeset .ttt-mini { font: inherit; color: var(--book-ink); border: 0; margin: 0; padding: 0; cursor: pointer; background: none; }
.md-typeset .ttt-board button { aspect-ratio: 1; border-radius: 5px; background: color-mix(in srgb, var(--hue) var(--much), var(--book-panel)); font-size: 16px; font-weight: 600; }
.md-typeset .ttt-board button.stone { font: 500 44px/1 var(--book-serif, serif); cursor: default; }
.md-typeset .ttt-board button.last { box-shadow: inset 0 0 0 2px var(--book-muted); }
.md-typeset .ttt-board button.line { color: var(--book-orange); }
.ttt button:focus-visible { outline: 2px solid var(--book-orange); outline-offset: 2px; }
.ttt-side { flex: 1 1 270px; min-width: 0; }
.ttt-minis { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px; max-width: 420px; margin-bottom: 12px; }
.md-typeset .ttt-mini { padding: 5px; border-radius: 6px; text-align: center; font-size: 12px; line-height: 1.25; box-shadow: inset 0 0 0 1px var(--book-rule); }
.md-typeset .ttt-mini[aria-pressed=true] { box-shadow: inset 0 0 0 2px var(--chosen); font-weight: 650; }
.ttt-mini i { display: grid; grid-template-columns: repeat(3, 1fr); gap: 2px; margin-bottom: 5px; font-style: normal; }
.ttt-mini b { aspect-ratio: 1; border-radius: 2px; display: grid; place-items: center; font: 11px/1 var(--book-sans); background: color-mix(in srgb, var(--hue) var(--much), var(--book-panel)); }
.ttt-mini span { display: block; min-height: 2.5em; color: var(--chosen); }
.ttt-why { min-height: 10.2em; }
.ttt-why p { display: grid; grid-template-columns: 4em 1fr; }
.md-typeset .ttt-why p { margin: 0; }
.ttt-code { display: grid; grid-template-columns: repeat(32, 1fr); gap: 1px; max-width: 420px; margin-top: 7px; }
.ttt-code u { height: 14px; background: color-mix(in srgb, var(--book-network) var(--much), var(--book-panel)); }
`;

export default function (root, record, kit) {
  const { played } = record.settings;
  const state = kit.state({
    moves: { kind: "moves", initial: record.start.moves, clean: String, write: String, parse: (text) => (legal(text) ? text : undefined) },
    labels: kit.number(0, { min: 0, max: played.length - 1, step: 1 }),
    opponent: kit.choice("network", Object.keys(NAMES)),
  });
  const judge = makeJudge(record);
  const keyOf = (name) => (name === "search" ? name : [name, played[state.labels]].join("-"));

  // ---- the board, the four programs' views, and the reasons ----
  let pointed = null; // the cell whose score is explained; by default the best
  const cells = CELLS.map((_, cell) => kit.element("button", { type: "button", tabindex: cell ? -1 : 0 }));
  const board = kit.element("div", { class: "ttt-board", role: "group", "aria-label": "Board, you are X; arrow keys move, Enter plays" }, ...cells);
  const minis = Object.fromEntries(Object.keys(NAMES).map((name) => {
    const squares = CELLS.map(() => kit.element("b"));
    const share = kit.element("small");
    const node = kit.element("button", { type: "button", class: "ttt-mini", style: `--chosen:${kit.color(name)}` },
      kit.element("i", { "aria-hidden": "true" }, ...squares), kit.element("span", {}, NAMES[name]), share);
    kit.listen(node, "click", () => { state.opponent = name; });
    return [name, { node, squares, share }];
  }));
  const why = kit.element("div", { class: "ttt-why" });
  root.append(kit.element("style", {}, STYLE), kit.element("div", { class: "ttt" }, board, kit.element("div", { class: "ttt-side" },
    kit.element("div", { class: "ttt-minis", role: "group", "aria-label": "Your opponent" }, ...Object.values(minis).map(({ node }) => node)), why)));

  const says = kit.note();
  kit.slider("labels", { label: "Labeled positions the learners saw", format: (index) => played[index].toLocaleString("en-US") });
  const quality = kit.readout({ label: "Plays right", format: (share) => kit.format(100 * share, ".1f") + "%" });
  const beatable = kit.readout({ label: "Games it loses, of all", format: (share) => kit.format(100 * share, ".1f") + "%" });
  const learned = kit.readout({ label: "Learned numbers", format: (count) => count.toLocaleString("en-US") });
  kit.button("Take back", () => { state.moves = state.moves.slice(0, Math.max(0, state.moves.length - 2 + (state.moves.length % 2))); });
  kit.button("New game", () => { state.moves = ""; });
  kit.reset();

  cells.forEach((node, cell) => {
    kit.listen(node, "click", () => press(cell));
    for (const type of ["pointerenter", "focus"]) kit.listen(node, type, () => point(cell));
    kit.listen(node, "pointerleave", () => point(null));
    kit.listen(node, "keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const [column, row] = [(cell % 3) + step[0], Math.floor(cell / 3) + step[1]];
      if (column >= 0 && column < 3 && row >= 0 && row < 3) cells[row * 3 + column].focus();
    });
    kit.listen(node, "focus", () => cells.forEach((other, index) => other.setAttribute("tabindex", index === cell ? 0 : -1)));
  });

  function point(cell) {
    pointed = cell;
    kit.schedule();
  }

  function press(cell) {
    const position = boardAfter(state.moves);
    if (position[cell] || over(position)) return;
    const after = play(position, cell);
    let text = state.moves + cell;
    if (!over(after)) text += answer(after, (next) => judge(keyOf(state.opponent), next));
    pointed = null;
    state.moves = text;
  }

  kit.draw(() => {
    const text = state.moves;
    const position = boardAfter(text);
    const xToMove = text.length % 2 === 0;
    const stoneOf = (stone) => (stone === 0 ? "" : (stone === 1) === xToMove ? "O" : "X"); // 1 is the player who moved last
    const ended = over(position);
    const line = won(position) ? LINES.find((cells) => cells.every((cell) => position[cell] === 1)) : [];
    const name = state.opponent;
    const scores = {};
    for (const program of Object.keys(NAMES)) {
      scores[program] = CELLS.map((_, cell) => (ended || position[cell] ? null : judge(keyOf(program), play(position, cell))));
      const { node, squares, share } = minis[program];
      squares.forEach((square, cell) => {
        paint(square, scores[program][cell]);
        square.textContent = stoneOf(position[cell]);
      });
      share.textContent = kit.format(record.quality[keyOf(program)] ?? 1, "percent");
      node.setAttribute("aria-pressed", program === name);
    }
    cells.forEach((node, cell) => {
      const score = scores[name][cell];
      const stone = stoneOf(position[cell]);
      paint(node, score);
      node.textContent = stone || (score === null ? "" : signed(score));
      node.className = [stone && "stone", text.at(-1) === String(cell) && "last", line.includes(cell) && "line"].filter(Boolean).join(" ");
      node.setAttribute("aria-label", CELLS[cell] + ": " + (stone || (score === null ? "empty" : `empty, ${NAMES[name]} says ${signed(score)}`)));
    });
    says.set(ended ? outcome(position, xToMove) : "You are X. On each free cell: what your opponent thinks of that move, from −1 (you lose) to +1 (you win).");
    quality.set(record.quality[keyOf(name)] ?? 1);
    const games = record.games[keyOf(name)];
    beatable.set(games.lost / games.all);
    learned.set(record.parameters[name]);
    explain(name, position, scores[name], ended);
  });

  function explain(name, position, scores, ended) {
    if (ended) return why.replaceChildren();
    const best = scores.reduce((top, score, cell) => (score !== null && (top === null || score > scores[top]) ? cell : top), null);
    const cell = pointed !== null && scores[pointed] !== null ? pointed : best;
    const after = play(position, cell);
    const head = kit.element("strong", {}, `Why ${signed(scores[cell])} for ${CELLS[cell]}?`);
    if (name === "search") return why.replaceChildren(head, kit.element("div", {}, lineOfPlay(after, cell)));
    if (name === "network") {
      const { hidden } = judge.look(keyOf(name), after);
      const top = Math.max(...hidden, 1e-9);
      const on = hidden.filter((unit) => unit > 0).length;
      return why.replaceChildren(head,
        kit.element("div", {}, `18 inputs pass through ${record.parameters.network.toLocaleString("en-US")} numbers. All there is to see before the output: 64 units, ${on} of them on, none with a name.`),
        kit.element("div", { class: "ttt-code", "aria-hidden": "true" }, ...hidden.map((unit) => kit.element("u", { style: `--much:${Math.round(100 * unit / top)}%` }))));
    }
    const { inputs, weights, constant } = judge.look(keyOf(name), after);
    const parts = inputs.map((input, i) => ({ input, pull: input * weights[i], text: name === "features" ? FEATURES[i] : (i < 9 ? "your stone: " : "the other's stone: ") + CELLS[i % 9] }))
      .concat({ input: 1, pull: constant, text: "a constant" }).filter(({ input }) => input).sort((a, b) => Math.abs(b.pull) - Math.abs(a.pull)).slice(0, 5);
    return why.replaceChildren(head, " The largest terms of its sum, for win against loss:",
      ...parts.map(({ input, pull, text }) => kit.element("p", {}, kit.element("b", {}, signed(pull, 1)), input > 1 ? `${text}, × ${input}` : text)));
  }
}

const paint = (node, score) => {
  node.style.setProperty("--hue", score < 0 ? "var(--book-negative)" : "var(--book-positive)");
  node.style.setProperty("--much", `${Math.round(38 * Math.abs(score ?? 0))}%`);
};
const signed = (value, digits = 2) => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? "0" : (value < 0 ? "−" : "+") + text;
};
const outcome = (position, xToMove) => (!won(position) ? "A draw." : xToMove ? "It wins." : "You win.");

// ---- the game: a position is seen by the player who just moved; 1 is a stone of that player, -1 of the other ----
const play = (position, cell) => position.map((stone, i) => (i === cell ? 1 : -stone || 0));
const won = (position) => LINES.some((line) => line.every((cell) => position[cell] === 1));
const over = (position) => won(position) || !position.includes(0);
const boardAfter = (text) => Array.from(text, Number).reduce(play, Array(9).fill(0));
const free = (position) => (won(position) ? [] : CELLS.map((_, cell) => cell).filter((cell) => !position[cell]));

function legal(text) {
  if (!/^[0-8]{0,9}$/.test(text) || new Set(text).size < text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (over(boardAfter(text.slice(0, i)))) return false;
  return text.length % 2 === 0 || over(boardAfter(text));
}

const values = new Map();
function value(position) {
  const key = position.join();
  if (!values.has(key)) values.set(key, won(position) ? 1 : -Math.max(...free(position).map((cell) => value(play(position, cell))), position.includes(0) ? -1 : 0) || 0);
  return values.get(key);
}

/** The cell a program plays: the best-scored, the first of equals. */
function answer(position, score) {
  const choices = free(position);
  const scores = choices.map((cell) => Math.round(score(play(position, cell)) * 1e6));
  return choices[scores.indexOf(Math.max(...scores))];
}

function lineOfPlay(after, first) {
  const cells = [first];
  let position = after;
  while (!over(position)) {
    const cell = answer(position, value);
    cells.push(cell);
    position = play(position, cell);
  }
  const result = !won(position) ? "a draw" : cells.length % 2 ? "you win" : "you lose";
  const line = cells.map((cell, i) => (i % 2 ? "O " : "X ") + CELLS[cell]).join(", ");
  return `Played to the end, best reply to best reply: ${line}: ${result}.`;
}

function features(position) {
  const stones = LINES.map((line) => [1, -1].map((side) => line.filter((cell) => position[cell] === side).length));
  const count = (own, other) => stones.filter(([a, b]) => a === own && b === other).length;
  const corners = (side) => CORNERS.filter((cell) => position[cell] === side).length;
  const [twos, threats] = [count(2, 0), count(0, 2)];
  return [won(position), threats >= 1, twos >= 2, twos, threats, count(1, 0), count(0, 1), count(0, 0), position[4] === 1, position[4] === -1,
    corners(1), corners(-1), position.filter(Boolean).length].map(Number);
}

/** judge(program, position): its score of a position for the player who just moved; judge.look: what it was made of. */
function makeJudge({ programs }) {
  const decoded = new Map();
  const scores = new Map();
  const tensorsOf = (key) => {
    if (!decoded.has(key)) {
      decoded.set(key, programs[key].map(({ scale, text }) => Float64Array.from({ length: text.length / 2 },
        (_, i) => (64 * ALPHABET.indexOf(text[2 * i]) + ALPHABET.indexOf(text[2 * i + 1]) - 2048) * scale)));
    }
    return decoded.get(key);
  };
  const look = (key, position) => {
    const name = key.split("-")[0];
    const inputs = name === "features" ? features(position) : [1, -1].flatMap((side) => position.map((stone) => Number(stone === side)));
    const tensors = tensorsOf(key);
    const sizes = SHAPES[name];
    let h = inputs;
    let hidden = inputs;
    for (let layer = 0; layer < sizes.length - 1; layer += 1) {
      const [weight, bias] = [tensors[2 * layer], tensors[2 * layer + 1]];
      hidden = h;
      h = Array.from(bias, (start, unit) => h.reduce((sum, x, i) => sum + x * weight[unit * sizes[layer] + i], start));
      if (layer < sizes.length - 2) h = h.map((z) => Math.max(z, 0));
    }
    const top = Math.max(...h);
    const e = h.map((z) => Math.exp(z - top));
    const weights = inputs.map((_, i) => tensors[0][2 * inputs.length + i] - tensors[0][i]); // of the linear programs: win against loss
    return { inputs, weights, hidden, constant: tensors[1][2] - tensors[1][0], score: (e[2] - e[0]) / (e[0] + e[1] + e[2]) };
  };
  const judge = (key, position) => {
    if (key === "search") return value(position);
    const id = [key, ...position].join();
    if (!scores.has(id)) scores.set(id, look(key, position).score);
    return scores.get(id);
  };
  judge.look = look;
  return judge;
}
