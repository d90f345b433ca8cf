# %% two-weights
import numpy as np
from dlprimer import Adam, AdamW, Parameter

rng = np.random.default_rng(35)
signs = rng.choice([-1.0, 1.0], size=(500, 400))  # 500 steps, 400 copies
sizes = np.array([[0.01], [10.0]])  # a quiet and a loud gradient, no direction

for method in (Adam, AdamW):
    w = Parameter(np.ones((2, 400)))
    optimizer = method([w], lr=0.001, weight_decay=0.1)
    for sign in signs:
        w.grad = sizes * sign
        optimizer.step()
    quiet, loud = w.data.mean(axis=1)
    print(f"{method.__name__:5}  quiet: {quiet:.2f}  loud: {loud:.2f}")

# %% groups
import numpy as np
from dlprimer import GPT, AdamW

model = GPT(27, 16, d_model=32, num_heads=4, num_layers=2, rng=np.random.default_rng(0))
matrices = [p for p in model.parameters() if p.ndim >= 2]
vectors = [p for p in model.parameters() if p.ndim < 2]

groups = [
    {"params": matrices, "weight_decay": 0.1},
    {"params": vectors, "weight_decay": 0.0},
]
optimizer = AdamW(groups, lr=3e-4, betas=(0.9, 0.95))

for group in optimizer.param_groups:
    arrays, decay = group["params"], group["weight_decay"]
    count = sum(p.size for p in arrays)
    print(f"decay {decay}: {len(arrays)} arrays, {count:,} numbers")
