# %% superposition
import numpy as np
from dlprimer import sigmoid

rng = np.random.default_rng(6)
x = np.linspace(-1, 1, 200)
hidden = np.tanh(3 * x[:, None] * rng.normal(size=5) + rng.normal(size=5))
models = {  # how many parameters, and the predictions for parameters w
    "straight line": (2, lambda w: w[0] + w[1] * x),
    "polynomial of degree 9": (10, lambda w: np.polyval(w, x)),
    "network, hidden layer frozen": (5, lambda w: hidden @ w),
    "line from two layers, w0 w1 x": (2, lambda w: w[0] * w[1] * x),
    "logistic probability": (2, lambda w: sigmoid(w[0] + w[1] * x)),
    "exponential, w0 exp(w1 x)": (2, lambda w: w[0] * np.exp(w[1] * x)),
    "network": (15, lambda w: np.tanh(x[:, None] * w[:5] + w[5:10]) @ w[10:]),
}


def blend_gap(f, a, b):
    return np.abs(f((a + b) / 2) - (f(a) + f(b)) / 2).max()


for name, (count, f) in models.items():
    gap = blend_gap(f, rng.normal(size=count), rng.normal(size=count))
    print(f"{name:30} {'linear' if gap < 1e-12 else f'off by {gap:.2f}'}")

# %% readout
import numpy as np
from dlprimer import MLP, moons, relu

rng = np.random.default_rng(0)
X, y = moons(200, noise=0.2, rng=rng)
X_test, y_test = moons(2000, noise=0.2, rng=rng)


def solve(features):
    one = lambda n: np.ones((n, 1))  # a constant feature carries the offset
    rows = np.hstack([features(X), one(200)]).astype(np.float64)
    w = np.linalg.lstsq(rows, 2.0 * y - 1)[0]  # the whole of training
    scores = np.hstack([features(X_test), one(2000)]) @ w
    return np.mean((scores > 0) == y_test)


hidden = MLP([2, 20], rng=rng)  # random weights, never trained
print(f"straight boundary        {solve(lambda x: x):.3f}")
print(f"with squares and cubes   {solve(lambda x: np.c_[x, x**2, x**3]):.3f}")
print(f"20 frozen ReLU features  {solve(lambda x: relu(hidden(x).numpy())):.3f}")
