// Scales and ticks.
import { format, superscript } from "./format.js";

/** share(value): 0 at min, 1 at max; value(share): the way back. */
export function createScale({ min, max, log = false }) {
  if (!(Number.isFinite(min) && Number.isFinite(max) && min !== max)) throw new Error(`an axis needs two different finite ends, not ${min} and ${max}`);
  if (log && !(min > 0 && max > 0)) throw new Error(`a logarithmic axis needs positive ends, not ${min} and ${max}`);
  const forward = log ? Math.log10 : Number;
  const low = forward(min);
  const range = forward(max) - low;
  return {
    min, max, log,
    share: (value) => (log && value <= 0 ? -10 : (forward(value) - low) / range),
    value: (share) => (log ? 10 ** (low + share * range) : low + share * range),
  };
}

function linearTicks(min, max, count) {
  const [low, high] = min < max ? [min, max] : [max, min];
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    const text = high >= 1e6 || step < 1e-4 ? format(Number(value.toPrecision(10)), 2) : format(Number(value.toFixed(decimals)), value >= 1e4 ? "integer" : `.${decimals}f`);
    return { value, text };
  });
}

function logTicks(min, max, count) {
  const [low, high] = [Math.log10(Math.min(min, max)), Math.log10(Math.max(min, max))];
  const decades = high - low;
  const factors = decades < 1.5 && count >= 4 ? [1, 2, 5] : [1];
  const every = factors.length > 1 ? 1 : Math.max(1, Math.ceil(decades / count));
  const ticks = [];
  for (let exponent = Math.floor(low); exponent <= high + 1e-9; exponent += 1) {
    if (exponent % every !== 0) continue;
    for (const factor of factors) {
      const value = Number(`${factor}e${exponent}`);
      const position = Math.log10(value);
      if (position < low - 1e-9 || position > high + 1e-9) continue;
      ticks.push({ value, text: Math.abs(exponent) > 3 && factor === 1 ? `10${superscript(exponent)}` : format(value, 1) });
    }
  }
  return ticks;
}

export function chooseTicks(axis, count) {
  if (axis.ticks) return axis.ticks.map((tick) => (typeof tick === "object" ? tick : { value: tick, text: format(tick, axis.format) }));
  const ticks = axis.log ? logTicks(axis.min, axis.max, count) : linearTicks(axis.min, axis.max, count);
  return axis.format === undefined ? ticks : ticks.map(({ value }) => ({ value, text: format(value, axis.format) }));
}
