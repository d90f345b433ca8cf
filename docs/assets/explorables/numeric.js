// A small numeric core with dlprimer's definitions; tests compare the two. A matrix is {rows, columns, data: Float64Array}.

// ---- random numbers ----
/** Seeded random numbers: uniform(), normal(), integer(n), shuffle(array). The same on every machine (not NumPy's stream). */
export function generator(seed) {
  let state = seed >>> 0;
  let spare;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const normal = (mean = 0, deviation = 1) => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return mean + deviation * value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  };
  const integer = (n) => Math.floor(uniform() * n);
  const shuffle = (values) => {
    const shuffled = [...values];
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      const other = integer(index + 1);
      [shuffled[index], shuffled[other]] = [shuffled[other], shuffled[index]];
    }
    return shuffled;
  };
  return { uniform, normal, integer, shuffle };
}

// ---- matrices ----
export function matrix(rows, columns, data = new Float64Array(rows * columns)) {
  if (data.length !== rows * columns) throw new Error(`a ${rows} × ${columns} matrix needs ${rows * columns} numbers, not ${data.length}`);
  return { rows, columns, data };
}

export const fromRows = (rows) => matrix(rows.length, rows[0].length, Float64Array.from(rows.flat()));
export const toRows = ({ rows, columns, data }) => Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
export const map = ({ rows, columns, data }, f) => matrix(rows, columns, data.map(f));

export function transpose({ rows, columns, data }) {
  const result = matrix(columns, rows);
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) result.data[column * rows + row] = data[row * columns + column];
  return result;
}

export function matmul(a, b) {
  if (a.columns !== b.rows) throw new Error(`cannot multiply ${a.rows} × ${a.columns} by ${b.rows} × ${b.columns}`);
  const result = matrix(a.rows, b.columns);
  for (let row = 0; row < a.rows; row += 1) {
    for (let inner = 0; inner < a.columns; inner += 1) {
      const factor = a.data[row * a.columns + inner];
      if (factor === 0) continue;
      const [from, to] = [inner * b.columns, row * b.columns];
      for (let column = 0; column < b.columns; column += 1) result.data[to + column] += factor * b.data[from + column];
    }
  }
  return result;
}

/** The solution w of (X'X + penalty I) w = X'y by Cholesky; y is an array; returns an array. */
export function ridge(x, y, penalty = 0) {
  const n = x.columns;
  const transposed = transpose(x);
  const gram = matmul(transposed, x).data;
  const right = matmul(transposed, matrix(y.length, 1, Float64Array.from(y))).data;
  for (let index = 0; index < n; index += 1) gram[index * n + index] += penalty;
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = gram[row * n + column];
      for (let k = 0; k < column; k += 1) sum -= gram[row * n + k] * gram[column * n + k];
      if (row === column && !(sum > 0)) throw new Error("ridge: the columns are linearly dependent; a penalty above 0 helps");
      gram[row * n + column] = row === column ? Math.sqrt(sum) : sum / gram[column * n + column];
    }
  }
  for (let row = 0; row < n; row += 1) {
    for (let k = 0; k < row; k += 1) right[row] -= gram[row * n + k] * right[k];
    right[row] /= gram[row * n + row];
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    for (let k = row + 1; k < n; k += 1) right[row] -= gram[k * n + row] * right[k];
    right[row] /= gram[row * n + row];
  }
  return right;
}

// ---- losses: each returns {loss, gradient} with respect to its first argument ----
/** Softmax of each row of a matrix. */
export function softmax(logits) {
  const result = matrix(logits.rows, logits.columns, logits.data.slice());
  for (let row = 0; row < logits.rows; row += 1) {
    const values = result.data.subarray(row * logits.columns, (row + 1) * logits.columns);
    const largest = Math.max(...values);
    let sum = 0;
    values.forEach((value, index) => { sum += values[index] = Math.exp(value - largest); });
    values.forEach((value, index) => { values[index] = value / sum; });
  }
  return result;
}

/** Mean cross-entropy of logits (N, C) and class numbers; the loss does not overflow. */
export function crossEntropy(logits, labels) {
  const gradient = softmax(logits);
  const { rows, columns } = logits;
  let loss = 0;
  for (let row = 0; row < rows; row += 1) {
    const values = logits.data.subarray(row * columns, (row + 1) * columns);
    const largest = Math.max(...values);
    loss += largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0)) - values[labels[row]];
    gradient.data[row * columns + labels[row]] -= 1;
  }
  gradient.data.forEach((value, index) => { gradient.data[index] = value / rows; });
  return { loss: loss / rows, gradient };
}

/** Mean squared error over all entries. */
export function meanSquaredError(prediction, target) {
  const count = prediction.data.length;
  let loss = 0;
  const gradient = matrix(prediction.rows, prediction.columns);
  prediction.data.forEach((value, index) => {
    const difference = value - target.data[index];
    loss += (difference * difference) / count;
    gradient.data[index] = (2 * difference) / count;
  });
  return { loss, gradient };
}

// ---- a multilayer perceptron ----
export const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

/** Each activation with its slope, given its input and its output. */
export const activations = {
  tanh: { value: Math.tanh, slope: (z, h) => 1 - h * h },
  relu: { value: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0) },
  sigmoid: { value: sigmoid, slope: (z, h) => h * (1 - h) },
  identity: { value: (z) => z, slope: () => 1 },
};

/** Layers of sizes [in, hidden…, out]; weights are (in, out) with variance gain / in, biases zero. */
export function mlp(sizes, { activation = "tanh", seed = 0, gain = activation === "relu" ? 2 : 1 } = {}) {
  if (!activations[activation]) throw new Error(`unknown activation "${activation}": ${Object.keys(activations).join(", ")}`);
  const random = generator(seed);
  const layers = sizes.slice(1).map((size, index) => ({
    weight: map(matrix(sizes[index], size), () => random.normal(0, Math.sqrt(gain / sizes[index]))),
    bias: new Float64Array(size),
  }));
  return { activation, layers };
}

/** Outputs of the last layer, with what the backward pass needs: inputs[l] and preactivations[l] of each layer. */
export function forward(network, x) {
  const { value } = activations[network.activation];
  const inputs = [];
  const preactivations = [];
  let h = x;
  network.layers.forEach(({ weight, bias }, index) => {
    inputs.push(h);
    const z = matmul(h, weight);
    z.data.forEach((entry, position) => { z.data[position] = entry + bias[position % z.columns]; });
    preactivations.push(z);
    h = index < network.layers.length - 1 ? map(z, value) : z;
  });
  return { output: h, inputs, preactivations };
}

/** Gradients {layers: [{weight, bias}], input, deltas} from the gradient at the outputs. */
export function backward(network, pass, outputGradient) {
  const { slope } = activations[network.activation];
  const layers = [];
  const deltas = [];
  let delta = outputGradient;
  for (let index = network.layers.length - 1; index >= 0; index -= 1) {
    const input = pass.inputs[index];
    const bias = new Float64Array(delta.columns);
    delta.data.forEach((entry, position) => { bias[position % delta.columns] += entry; });
    layers.unshift({ weight: matmul(transpose(input), delta), bias });
    deltas.unshift(delta);
    const back = matmul(delta, transpose(network.layers[index].weight));
    if (index > 0) back.data.forEach((entry, position) => { back.data[position] = entry * slope(pass.preactivations[index - 1].data[position], input.data[position]); });
    delta = back;
  }
  return { layers, input: delta, deltas };
}

/** The arrays of a network or of its gradients, in one order: weight, bias, weight, bias… */
export const parameters = ({ layers }) => layers.flatMap(({ weight, bias }) => [weight.data, bias]);

// ---- optimizers: optimizer(parameters, settings) returns step(gradients), which changes the parameters in place ----
export function sgd(values, { learningRate, momentum = 0, nesterov = false, weightDecay = 0 }) {
  const velocities = values.map((value) => new Float64Array(value.length));
  return (gradients) => values.forEach((value, number) => {
    const velocity = velocities[number];
    for (let index = 0; index < value.length; index += 1) {
      const gradient = gradients[number][index] + weightDecay * value[index];
      velocity[index] = momentum * velocity[index] + gradient;
      value[index] -= learningRate * (nesterov ? gradient + momentum * velocity[index] : velocity[index]);
    }
  });
}

export function adam(values, { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 }) {
  const firsts = values.map((value) => new Float64Array(value.length));
  const seconds = values.map((value) => new Float64Array(value.length));
  let count = 0;
  return (gradients) => {
    count += 1;
    const [correctFirst, correctSecond] = betas.map((beta) => 1 - beta ** count);
    values.forEach((value, number) => {
      const [first, second] = [firsts[number], seconds[number]];
      for (let index = 0; index < value.length; index += 1) {
        const gradient = gradients[number][index] + weightDecay * value[index];
        first[index] = betas[0] * first[index] + (1 - betas[0]) * gradient;
        second[index] = betas[1] * second[index] + (1 - betas[1]) * gradient * gradient;
        value[index] -= (learningRate * first[index]) / correctFirst / (Math.sqrt(second[index] / correctSecond) + epsilon);
      }
    });
  };
}

// ---- the normal distribution ----
const SQRT_2_PI = Math.sqrt(2 * Math.PI);
export const normalPdf = (z) => Math.exp(-0.5 * z * z) / SQRT_2_PI;

/** The normal distribution function: a series in the middle, a continued fraction in the tails. */
export function normalCdf(z) {
  const size = Math.abs(z);
  if (size > 38) return z > 0 ? 1 : 0;
  if (size < 3) {
    let term = z;
    let sum = z;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k += 1) sum += term *= (z * z) / (2 * k + 1);
    return 0.5 + sum * normalPdf(z);
  }
  let fraction = 0;
  for (let k = 80; k > 0; k -= 1) fraction = k / (size + fraction);
  const tail = normalPdf(size) / (size + fraction);
  return z > 0 ? 1 - tail : tail;
}

/** The inverse of normalCdf: a rational start in the tails' variable, then Newton steps with Halley's correction. */
export function normalPpf(share) {
  if (!(share >= 0 && share <= 1)) throw new Error(`normalPpf needs a share from 0 to 1, not ${share}`);
  if (share === 0 || share === 1) return share ? Infinity : -Infinity;
  if (share > 0.5) return -normalPpf(1 - share);
  const t = Math.sqrt(-2 * Math.log(share));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let k = 0; k < 3; k += 1) {
    const step = (normalCdf(z) - share) / normalPdf(z);
    z -= step / (1 + (z * step) / 2);
  }
  return z;
}

// ---- ranking ----
/** The ROC curve of labels (0 or 1) and scores: one point for each distinct score, from (0, 0) to (1, 1). */
export function rocCurve(labels, scores) {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const positives = labels.reduce((sum, label) => sum + Number(label), 0);
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) throw new Error("a ROC curve needs positives and negatives");
  const curve = { falsePositiveRate: [0], truePositiveRate: [0], thresholds: [Infinity] };
  let [truePositives, falsePositives] = [0, 0];
  order.forEach((index, position) => {
    if (labels[index]) truePositives += 1;
    else falsePositives += 1;
    if (position + 1 < order.length && scores[order[position + 1]] === scores[index]) return;
    curve.falsePositiveRate.push(falsePositives / negatives);
    curve.truePositiveRate.push(truePositives / positives);
    curve.thresholds.push(scores[index]);
  });
  return curve;
}

/** The area under the ROC curve: the share of pairs ranked rightly, ties counting one half. */
export function rocAuc(labels, scores) {
  const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(labels, scores);
  let area = 0;
  for (let index = 1; index < x.length; index += 1) area += ((x[index] - x[index - 1]) * (y[index] + y[index - 1])) / 2;
  return area;
}
