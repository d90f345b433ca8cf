# %% sine
import numpy as np
from dlprimer import Linear, Sequential
from dlprimer.nn.activations import Activation

f = lambda x: np.sin(2 * np.pi * x)
grid = np.linspace(0, 1, 20_001)


def network_by_hand(n):
    rng = np.random.default_rng(0)  # its random weights are all overwritten
    first, last = Linear(1, n, rng=rng, dtype=float), Linear(n, 1, rng=rng, dtype=float)
    knots = np.arange(n + 1) / n
    slopes = np.diff(f(knots)) * n
    first.weight.data[:] = 1  # every unit looks to the right ...
    first.bias.data[:] = -knots[:-1]  # ... from its own knot on
    last.weight.data[0] = np.diff(slopes, prepend=0)  # and turns the line there
    last.bias.data[:] = f(0)
    return Sequential(first, Activation("relu"), last)


for n in [8, 16, 32, 64]:
    error = np.abs(network_by_hand(n)(grid[:, None]).numpy()[:, 0] - f(grid)).max()
    print(f"{n:3} units: error {error:.5f}, at most {np.pi**2 / (2 * n**2):.5f}")
print("at x = 2:", round(float(network_by_hand(8)(np.array([[2.0]])).numpy()[0, 0]), 3))

# %% xor
W = np.array([[1.0, 1.0], [1.0, 1.0]])  # a column a unit: both look at x1 + x2
b = np.array([0.0, -1.0])
v = np.array([1.0, -2.0])

for x in [[0, 0], [0, 1], [1, 0], [1, 1]]:
    h = np.maximum(x @ W + b, 0)
    print(x, "hidden", h, "output", h @ v)
