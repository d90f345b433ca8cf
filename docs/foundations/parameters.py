# %% count
import numpy as np
from dlprimer import MLP

model = MLP([64, 32, 10], rng=np.random.default_rng(3))
for name, p in model.named_parameters():
    print(f"{name:15} {p.shape!s:9} {p.size:5,} numbers {p.data.nbytes:5,} bytes")
print(f"{'all':25} {model.number_of_parameters():5,}")

first = next(iter(model.parameters()))
first.requires_grad = False  # frozen: still in the file, no longer trained
trainable = model.number_of_parameters(trainable=True)
print(f"{'trainable':25} {trainable:5,}")
print("in the file:", sum(array.size for array in model.state_dict().values()))

# %% scramble
import numpy as np
from dlprimer import MLP, digits

rng = np.random.default_rng(3)
x = digits()[0].reshape(-1, 64).astype(np.float64)
model = MLP([64, 32, 10], rng=rng, dtype=np.float64)
before = model.state_dict()
logits = model(x).numpy()

order = rng.permutation(32)
c = np.exp(rng.standard_normal(32))  # a positive factor for each hidden unit
model.load_state_dict({
    "layers.0.weight": (before["layers.0.weight"] * c[:, None])[order],
    "layers.0.bias": (before["layers.0.bias"] * c)[order],
    "layers.2.weight": (before["layers.2.weight"] / c)[:, order],
    "layers.2.bias": before["layers.2.bias"],
})
after = model.state_dict()
changed = sum((before[name] != after[name]).sum() for name in before)
print("parameters changed:", changed, "of", model.number_of_parameters())
print("logits agree to 12 digits:", np.abs(model(x).numpy() - logits).max() < 1e-12)
