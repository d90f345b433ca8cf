// Layers with dlprimer's definitions: convolution, pooling, attention, recurrent steps, normalization. README.md has the arguments.
import { map, matmul, matrix, sigmoid, softmax, transpose } from "./numeric.js";

const pair = (value) => (Array.isArray(value) ? value : [value, value]);

/** Where each window of the output reads: visit(row, column, each), each(run) calling run(inputIndex, kernelIndex) inside the input. */
function slide(input, kernelSize, { stride, padding, dilation }, visit) {
  const [size, [stepY, stepX], [padY, padX], [gapY, gapX]] = [pair(kernelSize), pair(stride), pair(padding), pair(dilation)];
  const rows = Math.floor((input.rows + 2 * padY - gapY * (size[0] - 1) - 1) / stepY) + 1;
  const columns = Math.floor((input.columns + 2 * padX - gapX * (size[1] - 1) - 1) / stepX) + 1;
  if (!(rows > 0 && columns > 0)) throw new Error(`a ${size.join(" × ")} kernel does not fit into ${input.rows} × ${input.columns} with padding ${padding}`);
  const result = matrix(rows, columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result.data[row * columns + column] = visit((run) => {
        for (let i = 0; i < size[0]; i += 1) {
          const y = row * stepY - padY + i * gapY;
          if (y < 0 || y >= input.rows) continue;
          for (let j = 0; j < size[1]; j += 1) {
            const x = column * stepX - padX + j * gapX;
            if (x >= 0 && x < input.columns) run(y * input.columns + x, i * size[1] + j);
          }
        }
      });
    }
  }
  return result;
}

/** 2-D convolution of one channel (the kernel is not turned round, as in deep learning). */
export function convolve(input, kernel, { stride = 1, padding = 0, dilation = 1, bias = 0 } = {}) {
  return slide(input, [kernel.rows, kernel.columns], { stride, padding, dilation }, (each) => {
    let sum = bias;
    each((at, k) => { sum += input.data[at] * kernel.data[k]; });
    return sum;
  });
}

export function maxPool(input, size, { stride = size, padding = 0, dilation = 1 } = {}) {
  return slide(input, size, { stride, padding, dilation }, (each) => {
    let largest = -Infinity;
    each((at) => { largest = Math.max(largest, input.data[at]); });
    return largest;
  });
}

/** The mean of each window; what lies outside counts as 0. */
export function averagePool(input, size, { stride = size, padding = 0 } = {}) {
  const [height, width] = pair(size);
  return slide(input, size, { stride, padding, dilation: 1 }, (each) => {
    let sum = 0;
    each((at) => { sum += input.data[at]; });
    return sum / (height * width);
  });
}

/** softmax(q k' · scale) v with q (L, d), k (S, d), v (S, e); causal: the i-th query sees the keys up to i. */
export function attention(q, k, v, { scale = 1 / Math.sqrt(q.columns), causal = false } = {}) {
  const scores = map(matmul(q, transpose(k)), (value) => value * scale);
  if (causal) scores.data.forEach((_, at) => { if (at % k.rows > Math.floor(at / k.rows)) scores.data[at] = -Infinity; });
  const weights = softmax(scores);
  return { output: matmul(weights, v), weights, scores };
}

// ---- one step of a recurrent layer; weights are (in, out), as in mlp: {input, recurrent, bias} ----
function joined({ input, recurrent, bias }, x, h) {
  const z = matmul(x, input);
  const from = matmul(h, recurrent).data;
  z.data.forEach((value, at) => { z.data[at] = value + from[at] + (bias?.[at % z.columns] ?? 0); });
  return z;
}

const columnsOf = (z, part, size) => {
  const result = matrix(z.rows, size);
  result.data.forEach((_, at) => { result.data[at] = z.data[Math.floor(at / size) * z.columns + part * size + (at % size)]; });
  return result;
};
const combine = (f, ...parts) => map(parts[0], (_, at) => f(...parts.map((part) => part.data[at])));

export const rnnStep = (layer, x, h) => map(joined(layer, x, h), Math.tanh);

/** Gates in the order input, forget, candidate, output; gates: numbers in place of them, {forget: 1}, to open or close by hand. */
export function lstmStep(layer, x, { h, c }, gates = {}) {
  const z = joined(layer, x, h);
  const names = ["input", "forget", "candidate", "output"];
  const values = Object.fromEntries(names.map((name, part) => [name, map(columnsOf(z, part, h.columns), (value) =>
    gates[name] ?? (name === "candidate" ? Math.tanh(value) : sigmoid(value)))]));
  const next = combine((f, before, i, g) => f * before + i * g, values.forget, c, values.input, values.candidate);
  return { h: combine((o, state) => o * Math.tanh(state), values.output, next), c: next, gates: values };
}

/** Gates in the order reset, update, candidate; candidateBias is added to the recurrent part, which the reset gate scales. */
export function gruStep({ input, recurrent, bias, candidateBias }, x, h, gates = {}) {
  const [own, from] = [joined({ input, recurrent: matrix(h.columns, input.columns), bias }, x, h), matmul(h, recurrent)];
  const size = h.columns;
  const gate = (name, part) => combine((a, b) => gates[name] ?? sigmoid(a + b), columnsOf(own, part, size), columnsOf(from, part, size));
  const [reset, update] = [gate("reset", 0), gate("update", 1)];
  const candidate = combine((a, b, r) => Math.tanh(a + r * b), columnsOf(own, 2, size), map(columnsOf(from, 2, size), (value, at) => value + (candidateBias?.[at % size] ?? 0)), reset);
  return { h: combine((z, n, before) => (1 - z) * n + z * before, update, candidate, h), gates: { reset, update, candidate } };
}

// ---- normalization of a matrix (samples, features): variance with the divisor n, as in training ----
function normalize(x, byRow, { weight, bias, epsilon = 1e-5 }) {
  const [groups, count] = byRow ? [x.rows, x.columns] : [x.columns, x.rows];
  const at = (group, index) => (byRow ? group * x.columns + index : index * x.columns + group);
  const result = matrix(x.rows, x.columns);
  const [mean, variance] = [new Float64Array(groups), new Float64Array(groups)];
  for (let group = 0; group < groups; group += 1) {
    for (let index = 0; index < count; index += 1) mean[group] += x.data[at(group, index)] / count;
    for (let index = 0; index < count; index += 1) variance[group] += (x.data[at(group, index)] - mean[group]) ** 2 / count;
  }
  result.data.forEach((_, position) => {
    const column = position % x.columns;
    const group = byRow ? Math.floor(position / x.columns) : column;
    result.data[position] = ((x.data[position] - mean[group]) / Math.sqrt(variance[group] + epsilon)) * (weight?.[column] ?? 1) + (bias?.[column] ?? 0);
  });
  return { output: result, mean, variance };
}

/** Over the samples, feature by feature; returns {output, mean, variance}. */
export const batchNorm = (x, settings = {}) => normalize(x, false, settings);
/** Over the features, sample by sample. */
export const layerNorm = (x, settings = {}) => normalize(x, true, settings);
