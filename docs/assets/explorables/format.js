// Numbers as the book writes them: three significant digits, whole numbers in full, a true minus.
const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export const superscript = (integer) => [...String(integer)].map((character) => SUPERSCRIPTS[character]).join("");

/** A number for readers. `how`: significant digits (3), "percent", "integer", ".2f" (decimals) or a function. */
export function format(value, how = 3) {
  if (typeof how === "function") return how(value);
  if (typeof value !== "number") return value == null ? "–" : String(value);
  if (Number.isNaN(value)) throw new Error("a number to show is not a number (NaN)");
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return write(value, how).replace(/-/g, "−");
}

function write(value, how) {
  if (how === "percent") return `${(100 * value).toFixed(1)}%`;
  if (how === "integer") return withCommas(Math.round(value));
  const decimals = /^\.(\d+)f$/.exec(how);
  if (decimals) return value.toFixed(Number(decimals[1])).replace(/^-(0\.?0*)$/, "$1");
  if (typeof how !== "number") throw new Error(`unknown number format "${how}": a number of digits, "percent", "integer", ".2f" or a function`);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return withCommas(value);
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(how)))));
  if (exponent >= 6 || exponent < -4) {
    const mantissa = Number((value / 10 ** exponent).toPrecision(how));
    return (mantissa === 1 ? "" : `${mantissa} × `) + `10${superscript(exponent)}`;
  }
  return exponent >= how - 1 ? withCommas(Number(value.toPrecision(how))) : value.toPrecision(how);
}

const withCommas = (value) => (Object.is(value, -0) ? "0" : Math.abs(value) >= 1e4 ? value.toLocaleString("en-US") : String(value));
