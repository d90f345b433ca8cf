# %% walk
import numpy as np
from dlprimer import Activation, Linear, Sequential

rng = np.random.default_rng(7)
network = Sequential(
    Linear(2, 2, rng=rng, dtype=np.float64),
    Activation("tanh"),
    Linear(2, 3, rng=rng, dtype=np.float64),
    Activation("tanh"),
    Linear(3, 1, rng=rng, dtype=np.float64),
)
h = rng.normal(size=(100, 2))  # one batch of 100 points

total = 0
for layer in network:
    h = layer(h)
    count = layer.number_of_parameters()
    total += count
    line = f"{type(layer).__name__:<10} {str(h.shape):<9} {count} parameters"
    if count and layer.weight.shape[0] == layer.weight.shape[1]:
        line += f", determinant {np.linalg.det(layer.weight.data):.3f}"
    print(line)
print("total", total, "=", network.number_of_parameters())
