// Fitting: logistic regression, further optimizers, folds. README.md has the arguments.
import { ridge, matrix, generator, sigmoid } from "./numeric.js";

/** Weights, the intercept first, of the logistic regression of labels (0 or 1) on the rows of x, by Newton's method with step halving.
 * The penalty (½ penalty |w|²) spares the intercept; without it separable classes have no solution. */
export function logisticRegression(x, labels, { penalty = 1e-3, steps = 50, tolerance = 1e-10 } = {}) {
  const [n, d] = [x.rows, x.columns + 1];
  const feature = (row, column) => (column === 0 ? 1 : x.data[row * x.columns + column - 1]);
  const scores = (w) => Float64Array.from({ length: n }, (_, row) => {
    let z = w[0];
    for (let column = 1; column < d; column += 1) z += w[column] * feature(row, column);
    return z;
  });
  const objective = (w) => {
    const z = scores(w);
    let sum = 0;
    for (let row = 0; row < n; row += 1) sum += Math.max(z[row], 0) - z[row] * labels[row] + Math.log1p(Math.exp(-Math.abs(z[row])));
    for (let column = 1; column < d; column += 1) sum += 0.5 * penalty * w[column] ** 2;
    return sum;
  };
  let w = new Float64Array(d);
  let value = objective(w);
  for (let count = 1; count <= steps; count += 1) {
    // A Newton step is least squares: rows scaled by √s, and the penalty as rows of its own.
    const z = scores(w);
    const rows = matrix(n + d - 1, d);
    const right = new Float64Array(n + d - 1);
    for (let row = 0; row < n; row += 1) {
      const p = sigmoid(z[row]);
      const root = Math.sqrt(Math.max(p * (1 - p), 1e-12));
      for (let column = 0; column < d; column += 1) rows.data[row * d + column] = root * feature(row, column);
      right[row] = (labels[row] - p) / root;
    }
    for (let column = 1; column < d; column += 1) {
      rows.data[(n + column - 1) * d + column] = Math.sqrt(penalty);
      right[n + column - 1] = -Math.sqrt(penalty) * w[column];
    }
    const step = ridge(rows, right);
    let share = 1;
    let [next, nextValue] = [w, Infinity];
    for (; share > 1e-6; share /= 2) {
      next = w.map((entry, index) => entry + share * step[index]);
      nextValue = objective(next);
      if (nextValue <= value) break;
    }
    if (!(nextValue <= value)) break;
    const change = Math.max(...step.map(Math.abs));
    [w, value] = [next, nextValue];
    if (change < tolerance) break;
  }
  return { weights: w.slice(1), intercept: w[0], objective: value };
}

/** Adam with decoupled weight decay: the weights shrink by themselves, whatever their gradients. */
export function adamw(values, { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01 }) {
  const [firsts, seconds] = [0, 1].map(() => values.map((value) => new Float64Array(value.length)));
  let count = 0;
  return (gradients) => {
    count += 1;
    const [correctFirst, correctSecond] = betas.map((beta) => 1 - beta ** count);
    values.forEach((value, number) => {
      const [first, second] = [firsts[number], seconds[number]];
      for (let index = 0; index < value.length; index += 1) {
        const gradient = gradients[number][index];
        first[index] = betas[0] * first[index] + (1 - betas[0]) * gradient;
        second[index] = betas[1] * second[index] + (1 - betas[1]) * gradient * gradient;
        value[index] *= 1 - learningRate * weightDecay;
        value[index] -= (learningRate * first[index]) / correctFirst / (Math.sqrt(second[index] / correctSecond) + epsilon);
      }
    });
  };
}

export function rmsprop(values, { learningRate, alpha = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 }) {
  const [squares, velocities] = [0, 1].map(() => values.map((value) => new Float64Array(value.length)));
  return (gradients) => values.forEach((value, number) => {
    const [square, velocity] = [squares[number], velocities[number]];
    for (let index = 0; index < value.length; index += 1) {
      const gradient = gradients[number][index] + weightDecay * value[index];
      square[index] = alpha * square[index] + (1 - alpha) * gradient * gradient;
      velocity[index] = momentum * velocity[index] + gradient / (Math.sqrt(square[index]) + epsilon);
      value[index] -= learningRate * velocity[index];
    }
  });
}

/** k folds of 0…n−1 as [{train, validation}], shuffled by the seed (null leaves the order); labels: every fold has each class's share. */
export function kFold(n, k, { seed = 0, labels } = {}) {
  if (!(k >= 2 && k <= n)) throw new Error(`${n} samples cannot be dealt into ${k} folds`);
  const all = Array.from({ length: n }, (_, index) => index);
  let order = seed === null ? all : generator(seed).shuffle(all);
  if (labels) order = [...new Set(labels)].flatMap((label) => order.filter((index) => labels[index] === label));
  return Array.from({ length: k }, (_, fold) => {
    // With labels the samples are dealt like cards; without, cut into runs of nearly equal length.
    const first = Math.floor(n / k) * fold + Math.min(fold, n % k);
    const after = first + Math.floor(n / k) + (fold < n % k ? 1 : 0);
    const inside = (position) => (labels ? position % k === fold : position >= first && position < after);
    return { train: order.filter((_, position) => !inside(position)), validation: order.filter((_, position) => inside(position)) };
  });
}
