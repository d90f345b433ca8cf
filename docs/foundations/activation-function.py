# %% collapse
import numpy as np
from dlprimer import relu

rng = np.random.default_rng(5)
widths = [2] + [32] * 19 + [2]
layers = [
    (rng.normal(size=(m, n)) / np.sqrt(m), 0.1 * rng.normal(size=n))
    for m, n in zip(widths[:-1], widths[1:])
]
W, b = np.eye(2), np.zeros(2)  # will become the product of all layers
x = rng.normal(size=(1000, 2))
deep, bent = x, x
for number, (W_l, b_l) in enumerate(layers, 1):
    W, b = W @ W_l, b @ W_l + b_l
    deep = deep @ W_l + b_l
    bent = bent @ W_l + b_l
    if number == 10:
        bent = relu(bent)  # one bend, halfway up

deep_size = sum(W_l.size + b_l.size for W_l, b_l in layers)
print("parameters:", deep_size, "and", W.size + b.size)
print("20 layers equal one:", abs(deep - (x @ W + b)).max() < 1e-12)
print(f"largest change by one ReLU: {abs(deep - bent).max():.2f}")

# %% rank
x = np.linspace(-1, 1, 401)[:, None]
w, b = 4 * rng.normal(size=200), rng.uniform(-4, 4, size=200)  # 200 random units
activations = {"identity": np.positive, "square": np.square,
               "cube": lambda z: z**3, "tanh": np.tanh}
for name, activation in activations.items():
    units = np.column_stack([activation(x * w + b), np.ones(401)])
    rank = np.linalg.matrix_rank(units, tol=1e-9 * np.linalg.norm(units, 2))
    print(f"{name:8}  {rank if rank < 10 else 'more than 10'} dimensions")
