# %% example
import numpy as np
from dlprimer import MLP, Parameter

net = MLP([2, 16, 16, 2], bias=False, rng=np.random.default_rng(4), dtype=np.float64)
x = np.random.default_rng(0).normal(size=(200, 2))
f = net(x).numpy()

for a in (0.1, 10, 1000):
    error = abs(net(a * x).numpy() - a * f).max() / (a * abs(f).max())
    print(f"f({a} x) is {a} f(x) up to rounding:", error < 1e-12)
print("f(0) =", abs(net(np.zeros((1, 2))).numpy()).tolist())


def same_class(factor):
    return np.mean(net(x).numpy().argmax(axis=1) == net(factor * x).numpy().argmax(axis=1))


print("same class ten times further out:", same_class(10), " nearer:", same_class(0.1))

net.layers[-1].bias = Parameter(np.array([0.0, 0.05]))  # one bias at the output
print("with it, further out:", same_class(10), " nearer:", same_class(0.1))
