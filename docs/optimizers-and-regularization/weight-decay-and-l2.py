# %% three-ways
import numpy as np
from dlprimer import SGD, Parameter

rng = np.random.default_rng(36)
start, g, lr, alpha = rng.standard_normal(5), rng.standard_normal(5), 0.1, 0.01


def step(penalty=0.0, **settings):
    w = Parameter(start.copy())
    loss = (w * g).sum() + penalty / 2 * (w * w).sum()  # a loss whose gradient is g
    loss.backward()
    SGD([w], lr=lr, **settings).step()
    return w.data


by_hand = (1 - lr * alpha) * start - lr * g
print("L2 in the loss:", abs(step(penalty=alpha) - by_hand).max() < 1e-15)
print("weight_decay=: ", abs(step(weight_decay=alpha) - by_hand).max() < 1e-15)

# %% momentum
coupled, decoupled = Parameter(np.ones(1)), Parameter(np.ones(1))
through_gradient = SGD([coupled], lr=lr, momentum=0.9, weight_decay=alpha)
bare = SGD([decoupled], lr=lr, momentum=0.9)
for _ in range(1000):
    coupled.grad = decoupled.grad = np.zeros(1)  # the loss is flat
    through_gradient.step()
    decoupled.data *= 1 - lr * alpha
    bare.step()
print(f"through the gradient: {coupled.item():.1e}")
print(f"decoupled:            {decoupled.item():.3f}")

# %% growing
from dlprimer import cross_entropy, layer_norm

x = rng.standard_normal((40, 10))
labels = x.argmax(axis=1)  # which of the ten inputs is the largest


def train(alpha, rate):
    w = Parameter(np.random.default_rng(0).standard_normal((10, 10)))
    optimizer = SGD([w], weight_decay=alpha)
    for t in range(300):
        optimizer.param_groups[0]["lr"] = rate(t)
        optimizer.zero_grad()
        loss = cross_entropy(layer_norm(x @ w, (10,), eps=1e-12), labels)
        loss.backward()
        optimizer.step()
    print(f"loss {loss.item():.8f}   length of w {np.linalg.norm(w.data):.3f}")


train(0.01, lambda t: 0.5)  # weight decay
train(0.00, lambda t: 0.5 * (1 - 0.5 * 0.01) ** -(2 * t + 1))  # a growing rate
train(0.00, lambda t: 0.5)  # neither
