# %% masks
from itertools import product

import numpy as np
from dlprimer import log_softmax, softmax

rng = np.random.default_rng(37)
h, W = np.abs(rng.standard_normal(10)), rng.standard_normal((10, 3)) / 10**0.5
masks = np.array(list(product((0, 2), repeat=10)))  # p = 0.5: each unit is dropped or doubled

logits = (masks * h) @ W  # of all 1,024 sub-networks
print("no masks       ", softmax(h @ W).round(4))
print("geometric mean ", softmax(log_softmax(logits).mean(axis=0)).round(4))
print("arithmetic mean", softmax(logits).mean(axis=0).round(4))

# %% modes
import numpy as np
from dlprimer import Dropout, Linear, Sequential

rng = np.random.default_rng(0)
model = Sequential(Linear(64, 128, rng=rng), np.tanh, Dropout(0.5, rng=rng), Linear(128, 1, rng=rng))
x = np.ones((1, 64), np.float32)

print("train():", [round(model(x).item(), 3) for _ in range(4)])
print("eval(): ", [round(model.eval()(x).item(), 3) for _ in range(4)])
