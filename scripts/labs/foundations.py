# %% [markdown]
# # Lab: a network by hand
#
# You build a small network number by number, run it, count it, take its bends away, squeeze it and choose what it is punished for. Forty minutes,
# no accelerator. Each exercise starts with an empty function or an open question; the solution is folded beneath. Write down what you
# expect **before** you run a cell: being wrong is where the learning is.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from dlprimer import MLP, Adam, Linear, Parameter, Sequential, cross_entropy
from dlprimer import digits, fit, rings, train_val_test_split

points, inside = rings(300, noise=0.05, factor=0.3, rng=np.random.default_rng(0))
print(f"{len(points)} points in the plane, {(inside == 1).sum()} of them on the inner ring")

# %% [markdown]
# ## 1. One unit
#
# A unit computes $\max(0, w\cdot x + b)$: a weighted sum of its inputs, plus an offset, then a bend ([[2]]).
#
# **Exercise 1.** Write it for many points at once, `x` of shape (N, 2). Then say, without running anything: where does the unit with $w=(3,4)$ and
# $b=-5$ begin to answer, and how far is that line from the origin ([[4]])?

# %%
def unit(x, w, b):
    """The unit's answer at each of the points, shape (N,)."""
    ...  # one line


# %% tags=["solution"]
def solved_unit(x, w, b):
    return np.maximum(0, x @ w + b)


w, b = np.array([3.0, 4.0]), -5.0
x = np.array([[0.0, 0.0], [0.6, 0.8], [1.2, 1.6]])  # at distances 0, 1 and 2 along w
print("answers", solved_unit(x, w, b).round(6))
print("distance of the line", -b / np.linalg.norm(w))

# %% [markdown]
# The line is $3x_1+4x_2=5$, at distance $5/5=1$. Beyond it the answer rises by $\lVert w\rVert = 5$ per unit of length. Twice the weights *and* twice
# the bias leave the line where it is.
#
# ## 2. A fence from three units
#
# Now three of them, added up with weights $v_j$ and a constant $c$: $f(x) = c + \sum_j v_j\max(0, w_j\cdot x+b_j)$. Say "inner ring" where $f>0$.
#
# **Exercise 2.** Find the thirteen numbers (three times $w_j$, $b_j$ and $v_j$, and $c$) so that every point is right. No training. Start with a drawing: three lines around the inner ring, each unit
# silent on the inside.

# %%
def fence(x):
    """f at each of the points, shape (N,)."""
    ...


# %% tags=["solution"] alt="A triangle with cut tips around the inner ring: the region where f is above zero holds every inner point and no outer one"
angles = np.deg2rad([90, 210, 330])
directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # away from the center


def solved_fence(x):
    return 1 - 8 * sum(solved_unit(x, w, -0.34) for w in directions)


right = (solved_fence(points) > 0) == (inside == 1)
grid = np.stack(np.meshgrid(np.linspace(-1.4, 1.4, 200), np.linspace(-1.4, 1.4, 200)), axis=-1)
heights = solved_fence(grid.reshape(-1, 2)).reshape(200, 200)
plt.contourf(grid[..., 0], grid[..., 1], heights > 0, levels=[-0.5, 0.5, 1.5], colors=["#f2e3d5", "#d5e2f2"])
plt.contour(grid[..., 0], grid[..., 1], heights, levels=[0], colors="#444444")
for kind, color in ((0, "#b35806"), (1, "#2166ac")):
    plt.plot(*points[inside == kind].T, ".", color=color)
plt.gca().set(xlabel="input 1", ylabel="input 2", aspect="equal")
plt.show()
print(f"{right.sum()} of {len(points)} right, with 13 numbers that nobody trained")

# %% [markdown]
# In the middle all three units are silent and $f=c$; in the corners two speak at once, which is why the fence has its tips cut off. Two units cannot do it: the region they leave
# is never closed, and stacking layers of two does not close it ([[7]]).
#
# ## 3. The forward pass
#
# A network is layers in a row: $h \leftarrow \varphi(hW + b)$, and the last one without the bend $\varphi$ ([[9]]). The library stores each weight
# matrix with a row for each output, so the product is `h @ W.T`.
#
# **Exercise 3.** Write the forward pass of a ReLU network from its list of weights and biases. `check_forward` compares it with the library's.

# %%
images, labels = digits()
(x_train, y_train), (x_val, y_val), (x_test, y_test) = train_val_test_split(
    images.reshape(-1, 64), labels, fractions=(0.6, 0.2, 0.2), rng=np.random.default_rng(0)
)
network = MLP([64, 32, 10], rng=np.random.default_rng(1))


def parts(model):
    """The weights and biases of a model, layer by layer."""
    arrays = list(model.state_dict().values())
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def check_forward(forward):
    difference = np.abs(forward(x_val, parts(network)) - network(x_val).numpy()).max()
    print("as in the library:", difference < 1e-4)


def forward(x, layers):
    """The logits, shape (N, 10)."""
    ...  # three or four lines; then check_forward(forward)


# %% tags=["solution"]
def solved_forward(x, layers):
    for W, b in layers[:-1]:
        x = np.maximum(0, x @ W.T + b)
    W, b = layers[-1]
    return x @ W.T + b


check_forward(solved_forward)

# %% [markdown]
# **Predict.** How many multiplications does one image cost, and how many does a batch of 100?
#
# **Exercise 4.** Write `count(widths)`: the number of parameters of a fully connected network ([[3]]). Check it on `[64, 32, 10]`. Which share
# of them are biases?

# %%
def count(widths):
    ...


# %% tags=["solution"]
def solved_count(widths):
    return sum(a * b + b for a, b in pairwise(widths))


print("counted", solved_count([64, 32, 10]), "and in the library", network.number_of_parameters())
print(f"multiplications per image {64 * 32 + 32 * 10:,}; biases {32 + 10}, {(32 + 10) / solved_count([64, 32, 10]):.1%} of the parameters")
for widths in ([64, 64, 64, 10], [64, 512, 10], [784, 256, 128, 10]):
    print(f"{widths!s:22} {solved_count(widths):7,} parameters")

# %% [markdown]
# A hundred images cost a hundred times as many multiplications, and the same parameters: they are used again for every image. Biases hardly count
# in the sum, and yet section 1 could not have moved its line without one.
#
# ## 4. Take the bends away
#
# **Predict.** Train two networks of 64-32-32-10, one with ReLU and one with no activation function at all. Which one does better on the validation
# digits, and by how many points?

# %%
def train(widths, activation="relu", epochs=20, seed=0, lr=0.005):
    """A trained network."""
    rng = np.random.default_rng(seed)
    if activation is None:
        model = Sequential(*(Linear(a, b, rng=rng) for a, b in pairwise(widths)))
    else:
        model = MLP(widths, activation=activation, rng=rng)
    fit(model, (x_train, y_train), loss=cross_entropy, optimizer=Adam(model.parameters(), lr=lr),
        epochs=epochs, batch_size=32, rng=rng)
    return model


def accuracy(model, x=x_val, y=y_val):
    return np.mean(model(x).numpy().argmax(axis=1) == y)


for name, activation in ("ReLU", "relu"), ("no bend", None):
    models = [train([64, 32, 32, 10], activation, seed=seed) for seed in range(3)]
    shares = [accuracy(model) for model in models]
    print(f"{name:8} {np.mean(shares):.1%} right, from {min(shares):.1%} to {max(shares):.1%}")

# %% [markdown]
# **Exercise 5.** The network without a bend is one linear layer in disguise ([[5]]). Multiply its three layers into one matrix and one bias, and show
# that it gives the same logits.

# %%
def collapse(layers):
    """One weight matrix (10, 64) and one bias (10,) that do the same as the layers."""
    ...


# %% tags=["solution"]
def solved_collapse(layers):
    W, b = layers[0]
    for next_W, next_b in layers[1:]:
        W, b = next_W @ W, next_W @ b + next_b
    return W, b


straight = models[0]
W, b = solved_collapse(parts(straight))
print("the same logits:", np.allclose(x_val @ W.T + b, straight(x_val).numpy(), atol=1e-3))
print(f"{straight.number_of_parameters():,} parameters did the work of {W.size + b.size:,}")

# %% [markdown]
# These digits are nearly separable by straight cuts, so the bend is worth about a point here. On the rings of section 2 it is worth
# everything: no straight line comes near them.
#
# ## 5. Shuffle, then average
#
# **Predict.** Take a trained network and reorder its 32 hidden units: the rows of the first matrix and the columns of the second. What happens to
# the answers? Now average the weights of the network and its reordered copy. What happens to *its* answers ([[6]])?
#
# **Exercise 6.** Do both.

# %%
bent = train([64, 32, 10])
order = np.random.default_rng(3).permutation(32)

# %% tags=["solution"]
(W1, b1), (W2, b2) = parts(bent)
shuffled = [(W1[order], b1[order]), (W2[:, order], b2)]
averaged = [((W1 + W1[order]) / 2, (b1 + b1[order]) / 2), ((W2 + W2[:, order]) / 2, b2)]
for name, layers in ("as trained", parts(bent)), ("shuffled", shuffled), ("averaged", averaged):
    share = np.mean(solved_forward(x_val, layers).argmax(axis=1) == y_val)
    print(f"{name:10} {share:.1%} right")

# %% [markdown]
# One function, many sets of numbers, and the point halfway between two of them is another function. For a model that is linear in its
# parameters it would be the same one.
#
# ## 6. Squeeze the message
#
# Everything that the output layer learns about an image comes through the hidden layer ([[8]]).
#
# **Predict.** With tanh units and 60 epochs: how many of the ten digits can a network tell apart whose hidden layer has a single unit? Draw the curve
# of accuracy against 1, 2, 3, 4, 8 and 16 hidden units before you run this.

# %% alt="Validation accuracy against the number of hidden units: it climbs steeply from one to four units and flattens at eight"
sizes = [1, 2, 3, 4, 8, 16]
shares = np.array([
    [accuracy(train([64, size, 10], "tanh", epochs=60, seed=seed, lr=0.01)) for seed in range(3)]
    for size in sizes
])
plt.plot(sizes, shares.mean(axis=1), "o-")
plt.fill_between(sizes, shares.min(axis=1), shares.max(axis=1), alpha=0.2)
plt.gca().set(xscale="log", xticks=sizes, xticklabels=sizes, xlabel="hidden units", ylabel="validation accuracy")
plt.minorticks_off()
plt.show()
for size, row in zip(sizes, shares, strict=True):
    print(f"{size:2} hidden units: {row.mean():.1%} right, from {row.min():.1%} to {row.max():.1%}")

# %% [markdown]
# **Exercise 7.** A single unit passes on a single number. Could that be enough for ten digits, on paper? And what is the rank of the logits of the network with
# two units, over all validation images, after subtracting their mean?

# %% tags=["solution"]
narrow = train([64, 2, 10], "tanh", epochs=60, lr=0.01)
logits = narrow(x_val).numpy().astype(float)
values = np.linalg.svd(logits - logits.mean(axis=0), compute_uv=False)
print("singular values", values[:4].round(3), "-> rank", int((values > 1e-4 * values[0]).sum()))

# %% [markdown]
# Ten logits that are linear in one number are ten straight lines, and the largest of ten lines can change nine times from left to right. On paper one
# unit is enough for ten classes, and yet the curve above begins at a third of the images: what can be expressed and what training finds are two questions.
# Where they part: [[8]].
#
# ## 7. Say what you want
#
# A loss says which mistakes hurt ([[10]]). Five customers wait 1, 2, 3, 4 and 100 minutes, and your model is one number.
#
# **Exercise 8.** Write the pinball loss: each minute that the forecast is too low costs $\tau$, each that it is too high costs $1-\tau$. Which forecast
# does $\tau = 0.9$ ask for, and which do $0.5$ and squared error?

# %%
waits = np.array([1.0, 2.0, 3.0, 4.0, 100.0])


def pinball(forecast, targets, tau):
    """The mean cost; works on numbers and on Tensors."""
    ...


def best(loss, steps=2000, rate=2.0):
    """The forecast that a shrinking step down the slope ends at."""
    c = Parameter(np.array([0.0]))
    for step in range(steps):
        c.grad = None
        loss(c * np.ones(len(waits)), waits).backward()
        c.data -= rate * (1 - step / steps) * np.clip(c.grad, -1, 1)
    return c.data[0]


# %% tags=["solution"]
def solved_pinball(forecast, targets, tau):
    error = targets - forecast
    return ((tau - 0.5) * error + 0.5 * abs(error)).mean()


def squared(forecast, targets):
    return ((targets - forecast) ** 2).mean()


print(f"squared error  {best(squared):6.2f}")
for tau in (0.5, 0.7, 0.9):
    print(f"pinball {tau:4}   {best(lambda c, y, tau=tau: solved_pinball(c, y, tau)):6.2f}")
print(f"mean {waits.mean():.0f}, median {np.median(waits):.0f}")

# %% [markdown]
# Four right answers to four questions. With five customers the 0.9-quantile is the longest wait; with a thousand it would be the wait that
# nine in ten stay below. No training repairs a question that was not meant.
#
# ## 8. One look at the test digits
#
# **Exercise 9.** Choose widths, activation function and epochs by the validation digits alone. Write down the test accuracy that you expect. Then run your
# choice on `x_test`, once.

# %% tags=["solution"]
choices = {
    "64-16-10": dict(widths=[64, 16, 10]),
    "64-64-10": dict(widths=[64, 64, 10]),
    "64-64-64-10": dict(widths=[64, 64, 64, 10]),
    "64-64-10 with tanh": dict(widths=[64, 64, 10], activation="tanh"),
}
scores = {}
for name, choice in choices.items():
    models = [train(epochs=30, seed=seed, **choice) for seed in range(3)]
    scores[name] = np.mean([accuracy(model) for model in models])
    print(f"{name:19} {scores[name]:.1%} of the validation digits")
chosen = max(scores, key=scores.get)
test = [accuracy(train(epochs=30, seed=seed, **choices[chosen]), x_test, y_test) for seed in range(3)]
print(f"chosen: {chosen}: {np.mean(test):.1%} of the test digits, from {min(test):.1%} to {max(test):.1%}")

# %% [markdown]
# One part of the data may be easier than another, as the last line shows: the chosen network was not trained on either. That is why
# a validation score is no promise, and why the test digits are looked at once.
#
# You have built, run, counted, cut and judged a network, and nothing in it was more than multiplying, adding and bending. What is missing is how
# `fit` finds the numbers: that is the next chapter.
