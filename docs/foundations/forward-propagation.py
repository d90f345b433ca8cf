# %% pass
import numpy as np
from dlprimer import MLP, no_grad

model = MLP([2, 2, 1], rng=np.random.default_rng(9), dtype=np.float64)
first, activation, last = model.layers
first.weight.data[:] = [[0.5, 1.0], [-1.0, 0.5]]  # a row for each unit
first.bias.data[:] = [0.0, 0.5]
last.weight.data[:] = [[1.5, -2.0]]
last.bias.data[:] = [-1.0]

h = np.array([[2.0, 1.0], [0.0, -1.0], [1.0, 0.0]])  # a batch of three inputs
with no_grad():
    for layer in model.layers:
        h = layer(h)
        print(type(layer).__name__.ljust(10), h.tolist())

# %% tents
import numpy as np
from dlprimer import Activation, Linear, Sequential, no_grad

rng = np.random.default_rng(9)
fold, join = Linear(1, 2, rng=rng), Linear(2, 1, rng=rng)
tent = Sequential(fold, Activation("relu"), join).to(np.float64)
fold.weight.data[:], fold.bias.data[:] = [[1], [1]], [0, -0.5]
join.weight.data[:], join.bias.data[:] = [[2, -4]], [0]

with no_grad():
    y, pieces = np.arange(2**12 + 1)[:, None] / 2**12, []
    for _ in range(10):
        y = tent(y)
        pieces.append(int((np.diff(np.sign(np.diff(y[:, 0]))) != 0).sum()) + 1)
    print("pieces:", *pieces)

    for x in [0.75, 1 / 3, 0.1, 2.0**-60, float(rng.random())]:
        y, layers = np.array([[x]]), 0
        while y.any():
            y, layers = tent(y), layers + 1
        power = x.as_integer_ratio()[1].bit_length() - 1
        print(f"{x:<8.3g} is m/2^{power}, and 0 after {layers} layers")
