// What the reader can change, each with its range; kept in the page's address, so that a view can be shared.
const WAIT = 250;
const TAKEN = new Set(["q", "h"]); // the search's own parameters

/** A number between min and max, in steps; with log: true it moves by ratios and keeps three significant digits. */
export function number(initial, { min, max, step, log = false } = {}) {
  if (!(min < max)) throw new Error(`a number needs min < max, not min ${min} and max ${max}`);
  if (log && !(min > 0)) throw new Error(`a logarithmic number needs min > 0, not ${min}`);
  const size = step ?? (log ? (Math.log10(max) - Math.log10(min)) / 100 : 10 ** Math.floor(Math.log10((max - min) / 50)));
  const decimals = Math.min(12, Math.max(0, Math.ceil(-Math.log10(size)) + 2));
  const clean = (value) => {
    const inside = Math.min(Math.max(value, min), max);
    if (log) return Number(inside.toPrecision(3));
    return Number(Math.min(min + Math.round((inside - min) / size) * size, max).toFixed(decimals));
  };
  const move = (value, steps) => clean(log ? value * 10 ** (steps * size) : value + steps * size);
  return {
    kind: "number", initial: clean(initial), min, max, step: size, log, clean, move,
    format: log ? 3 : `.${Math.max(0, Math.ceil(-Math.log10(size) - 1e-9))}f`,
    parse: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? clean(Number(text)) : undefined),
    write: String,
  };
}

/** Several numbers of one range: state.name is an array, "name.2" names one of them. */
export function numbers(initial, range) {
  const one = number(initial[0], range);
  const clean = (values) => {
    if (values.length !== initial.length) throw new Error(`${initial.length} numbers expected, not ${values.length}`);
    return values.map(one.clean);
  };
  return {
    ...one, kind: "numbers", initial: clean(initial), clean, one,
    parse: (text) => {
      const values = text.split(",").map(one.parse);
      return values.length === initial.length && !values.includes(undefined) ? values : undefined;
    },
    write: (values) => values.join(","),
  };
}

export function choice(initial, values) {
  if (!values.includes(initial)) throw new Error(`the choice "${initial}" is not one of ${values.join(", ")}`);
  const clean = (value) => {
    if (!values.includes(value)) throw new Error(`"${value}" is not one of ${values.join(", ")}`);
    return value;
  };
  return { kind: "choice", initial, values, clean, parse: (text) => values.find((value) => String(value) === text), write: String };
}

export function flag(initial) {
  return { kind: "flag", initial, clean: Boolean, parse: (text) => ({ yes: true, no: false })[text], write: (value) => (value ? "yes" : "no") };
}

/** The state itself: values as properties, one() for a name or "name.2", reset(). Query parameters and not the fragment
 * hold it, because the theme rewrites the fragment while the reader scrolls and leaves the query alone. */
export function createState(specs, { onChange, signal }) {
  const page = location.pathname;
  const values = {};
  const state = {};
  let timer;
  const query = new URLSearchParams(location.search);
  for (const [name, spec] of Object.entries(specs)) {
    if (TAKEN.has(name) || !/^[a-z][a-z0-9-]*$/i.test(name)) throw new Error(`"${name}" cannot name a state`);
    values[name] = (query.has(name) ? spec.parse(query.get(name)) : undefined) ?? spec.initial;
    Object.defineProperty(state, name, { enumerable: true, get: () => values[name], set: (value) => assign(name, value) });
  }

  function assign(name, value) {
    const { kind, clean } = specs[name];
    if (kind.startsWith("number") && [value].flat().some((entry) => !Number.isFinite(entry))) {
      throw new Error(`the state "${name}" cannot be ${value}: a number is expected`);
    }
    const cleaned = clean(value);
    if (String(cleaned) === String(values[name])) return;
    values[name] = cleaned;
    changed();
  }

  function changed() {
    onChange();
    writeSoon();
  }

  function writeSoon() {
    clearTimeout(timer);
    timer = setTimeout(writeAddress, WAIT);
  }

  function writeAddress() {
    if (location.pathname !== page || signal.aborted) return;
    const url = new URL(location);
    for (const [name, spec] of Object.entries(specs)) {
      if (String(values[name]) === String(spec.initial)) url.searchParams.delete(name);
      else url.searchParams.set(name, spec.write(values[name]));
    }
    url.search = url.search.replaceAll("%2C", ",");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // A link within the page carries the state that the page was loaded with.
  document.addEventListener("click", writeSoon, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));

  function one(path) {
    const [name, index] = path.split(".");
    const spec = specs[name];
    if (!spec) throw new Error(`unknown state "${path}": known are ${Object.keys(specs).join(", ")}`);
    if (index === undefined) return { spec, initial: spec.initial, get: () => values[name], set: (value) => assign(name, value) };
    const position = Number(index);
    if (!(position in spec.initial)) throw new Error(`the state "${name}" has no entry ${index}`);
    return {
      spec: spec.one, initial: spec.initial[position], get: () => values[name][position],
      set: (value) => assign(name, values[name].with(position, value)),
    };
  }

  function reset() {
    for (const [name, spec] of Object.entries(specs)) values[name] = spec.initial;
    changed();
  }

  return { state, one, reset };
}
