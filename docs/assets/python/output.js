// What a run of a cell puts in place of the recorded output: text, and what `show` draws.
import { element } from "../explorables/dom.js";
import { createKit } from "../explorables/kit.js";

const COLORS = ["blue", "orange", "green", "purple", "red", "gold", "sky", "grey"];

/** The output of one run in `container`, whose recorded content stands until the first piece arrives. */
export function createOutput(container) {
  const parts = element("div", { class: "cell-parts" });
  const controller = new AbortController();
  let text;
  let printed = "";
  let started = false;

  const begin = () => {
    if (started) return;
    started = true;
    container.replaceChildren(parts);
    container.hidden = false;
  };
  const addText = (kind, content) => {
    if (text?.dataset.kind !== kind) {
      text = element("code", { "data-kind": kind });
      parts.append(element("pre", { class: `cell-${kind}`, tabindex: "0" }, text));
    }
    text.append(content);
  };

  return {
    get printed() { return printed; },
    add(kind, content) {
      begin();
      if (kind === "figure") {
        text = undefined;
        draw(parts, JSON.parse(content), printed.trimEnd().split("\n").at(-1), controller.signal);
        return;
      }
      if (kind === "text") printed += content;
      addText(kind, content);
    },
    /** Every run ends with a piece of its own in place, if only to say that there was none. */
    end() {
      if (!started) {
        begin();
        addText("nothing", "(no output)");
      }
    },
    discard: () => controller.abort(),
  };
}

function draw(parts, drawn, text, signal) {
  if (drawn.kind === "table") {
    parts.append(tableOf(drawn, text));
    return;
  }
  const root = element("div", { class: `explorable-root cell-${drawn.kind}` });
  parts.append(root);
  const kit = createKit(root, { signal, fail: (error) => {
    console.error("the plot of a cell stopped:", error);
    root.remove();
  } });
  if (drawn.kind === "lines") drawLines(kit, drawn, text);
  else drawImage(kit, root, drawn, text);
  kit.start();
}

function tableOf({ names, rows }, text) {
  const row = (tag, values) => element("tr", {}, ...values.map((value) => element(tag, tag === "th" ? { scope: "col" } : {}, value)));
  const body = rows.map((values) => row("td", values));
  const table = element("table", { class: "plain" }, element("thead", {}, row("th", names)), element("tbody", {}, ...body));
  return element("div", { class: "cell-table", tabindex: "0", role: "group", "aria-label": text }, table);
}

/** The ends of an axis: a little wider than the values, and not empty where all are one. */
function ends(values) {
  const finite = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
  return { low, high, room };
}

function drawLines(kit, { lines }, text) {
  const points = Object.values(lines).flat();
  const x = ends(points.map(([at]) => at));
  const y = ends(points.map(([, value]) => value));
  const named = Object.keys(lines).some((name) => name);
  const plot = kit.plot({
    alt: text, aspect: 0.45, minHeight: 140, maxHeight: 260, ...(named && { right: 80 }),
    x: { min: x.low, max: x.high > x.low ? x.high : x.low + x.room },
    y: { min: y.low - y.room, max: y.high + y.room },
  });
  Object.entries(lines).forEach(([name, values], index) => {
    const color = COLORS[index % COLORS.length];
    plot.line({ color, ...(name && { label: name }) }).set(values);
    if (values.length < 30) plot.points({ color, radius: 2.5 }).set(values);
  });
}

function drawImage(kit, root, { pixels, low, high }, text) {
  const [rows, columns] = [pixels.length, pixels[0].length];
  root.style.maxWidth = `${Math.max(200, Math.min(26 * columns, 600))}px`; // a pixel need not be larger than a letter
  const plot = kit.plot({ alt: text, bare: true, aspect: rows / columns, minHeight: 1, x: { min: 0, max: 1 }, y: { min: 0, max: 1 } });
  plot.heat({ colors: ["paper", "ink"], low, high: high > low ? high : low + 1, smooth: false }).set(pixels);
}
