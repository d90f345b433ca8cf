// Summaries of samples.

/** Counts in equal bins: {counts, edges}; the last bin holds its right edge, values outside [min, max] are left out. */
export function histogram(values, { bins = 20, min = Math.min(...values), max = Math.max(...values) } = {}) {
  if (!(min < max)) throw new Error(`a histogram needs min < max, not ${min} and ${max}`);
  const counts = new Array(bins).fill(0);
  for (const value of values) {
    if (value >= min && value <= max) counts[Math.min(Math.floor(((value - min) / (max - min)) * bins), bins - 1)] += 1;
  }
  return { counts, edges: Array.from({ length: bins + 1 }, (_, index) => min + (index * (max - min)) / bins) };
}

/** Histogram as bars for plot.bars, [from, to, height]; density: the area is one. */
export function histogramBars(values, { density = false, ...settings } = {}) {
  const { counts, edges } = histogram(values, settings);
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  return counts.map((count, index) => [edges[index], edges[index + 1], density ? count / total / (edges[1] - edges[0]) : count]);
}

/** The quantile, linear between the order statistics, as NumPy's default. */
export function quantile(values, share) {
  if (!(share >= 0 && share <= 1) || values.length === 0) throw new Error(`a quantile needs values and a share from 0 to 1, not ${share}`);
  const sorted = Float64Array.from(values).sort();
  const position = share * (sorted.length - 1);
  const index = Math.floor(position);
  const rest = position - index;
  return rest ? sorted[index] + rest * (sorted[index + 1] - sorted[index]) : sorted[index];
}

/** The mean of each value and up to window − 1 before it. */
export function movingAverage(values, window) {
  let sum = 0;
  return Array.from(values, (value, index) => {
    sum += value - (index >= window ? values[index - window] : 0);
    return sum / Math.min(index + 1, window);
  });
}

/** v ← β v + (1 − β) x from zero; corrected: divided by 1 − βᵗ. */
export function exponentialAverage(values, beta, { corrected = false } = {}) {
  let state = 0;
  return Array.from(values, (value, index) => {
    state = beta * state + (1 - beta) * value;
    return corrected ? state / (1 - beta ** (index + 1)) : state;
  });
}
