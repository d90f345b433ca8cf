# %% equilibrium
import numpy as np
from dlprimer import Parameter, cross_entropy


def gap_after(steps, epsilon, classes=10):
    z = Parameter(np.zeros((1, classes)))  # the logits of one example of class 0
    for _ in range(steps):
        z.grad = None
        cross_entropy(z, np.array([0]), label_smoothing=epsilon).backward()
        z.data -= z.grad  # gradient descent at rate 1
    return z.data[0, 0] - z.data[0, 1]


print("steps   hard labels   eps = 0.1")
for steps in (50, 100, 200, 400, 800):
    print(f"{steps:5}   {gap_after(steps, 0.0):11.3f}   {gap_after(steps, 0.1):9.3f}")
print("formula", f"{np.log(1 + 10 * 0.9 / 0.1):23.3f}")

# %% identity
rng = np.random.default_rng(46)
z, y, eps = rng.normal(size=(5, 10)), np.array([3, 1, 4, 1, 5]), 0.1

smoothed = cross_entropy(z, y, label_smoothing=eps)
above_the_mean = (z[np.arange(5), y] - z.mean(axis=1)).mean()
print("as a penalty on the gap:", np.isclose(smoothed, cross_entropy(z, y) + eps * above_the_mean))

draws = rng.integers(10, size=(20_000, 5))  # a new label, drawn evenly from all ten
relabeled = np.where(rng.random(draws.shape) < eps, draws, y)
noisy = np.mean([cross_entropy(z, labels) for labels in relabeled])
print("as the mean over noisy labels:", abs(noisy - smoothed) < 0.01)
