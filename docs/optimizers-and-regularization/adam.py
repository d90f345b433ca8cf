# %% streams
import numpy as np
from dlprimer import Adam, Parameter

rng = np.random.default_rng(34)
steps = 10_000
streams = {  # each has a root mean square of about 1
    "constant   ": np.ones(steps),
    "0.3 + noise": 0.3 + np.sqrt(1 - 0.3**2) * rng.standard_normal(steps),
    "alternating": np.tile([1.0, -1.0], steps // 2),
    "sparse     ": np.where(rng.random(steps) < 0.01, 10.0, 0.0),
}


def mean_step(gradients):
    w = Parameter(np.zeros(1))
    optimizer = Adam([w], lr=0.001)
    for g in gradients:
        w.grad = np.array([g])
        optimizer.step()
    return -w.data[0] / (0.001 * len(gradients))  # in learning rates


for name, gradients in streams.items():
    print(f"{name}  {mean_step(gradients):.3f}   times 1000: {mean_step(1000 * gradients):.3f}")

# %% amsgrad
import numpy as np
from dlprimer import Adam, Parameter


def end_point(**settings):
    x = Parameter(np.array([0.0]))
    optimizer = Adam([x], lr=0.5, **settings)
    for t in range(1, 3001):
        optimizer.param_groups[0]["lr"] = 0.5 / t**0.5
        x.grad = np.array([10.0 if t % 3 == 1 else -1.0])  # on average +2.67: go left
        optimizer.step()
        np.clip(x.data, -1, 1, out=x.data)
    return round(x.item(), 2)


print("defaults       ", end_point())
print("betas (0, 1/101)", end_point(betas=(0.0, 1 / 101)))
print("the same, AMSGrad", end_point(betas=(0.0, 1 / 101), amsgrad=True))
