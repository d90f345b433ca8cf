# %% [markdown]
# # Lab: six decisions about one small network
#
# You write the update rules and the regularizers of this chapter yourself, check each against the library, and watch it work on
# handwritten digits. Forty minutes, no accelerator. Each exercise starts with an empty function or an open question; the solution is folded
# beneath. Write down what you expect **before** you run a cell: being wrong is where the learning is.

# %%
import matplotlib.pyplot as plt
import numpy as np
from dlprimer import MLP, SGD, Adam, AdamW, Tensor, cross_entropy, fit
from dlprimer import digits, random_shift, shift, train_val_test_split

images, labels = digits()
(x_train, y_train), (x_val, y_val), (x_test, y_test) = train_val_test_split(
    images.reshape(-1, 1, 8, 8), labels, fractions=(1 / 6, 1 / 6, 2 / 3),
    rng=np.random.default_rng(0),
)
print(f"{len(x_train)} images to train on, {len(x_val)} to decide by,",
      f"{len(x_test)} that only the last cell may see")

# %% [markdown]
# ## 1. A velocity
#
# The loss $\mathcal L(w) = \tfrac12(w_1^2 + 25\,w_2^2)$ is a valley 25 times steeper across than along. Momentum keeps a velocity
# $v \leftarrow \mu v + g$ and moves by $w \leftarrow w - \eta v$ ([[33]]).
#
# **Exercise 1.** Write one step. `check_momentum` compares fifty of yours with the library's.

# %%
curvature = np.array([1.0, 25.0])


def check_momentum(step):
    w, v = np.array([10.0, 1.0]), np.zeros(2)
    theirs = Tensor(w.copy(), requires_grad=True)
    optimizer = SGD([theirs], lr=0.03, momentum=0.9)
    for _ in range(50):
        w, v = step(w, v, curvature * w, lr=0.03, mu=0.9)
        theirs.grad = curvature * theirs.data
        optimizer.step()
    print("as in the library:", np.allclose(w, theirs.data))


def momentum_step(w, v, g, lr, mu):
    """The new weights and the new velocity."""
    ...  # two lines; then run check_momentum(momentum_step)


# %% tags=["solution"]
def solved_momentum_step(w, v, g, lr, mu):
    v = mu * v + g
    return w - lr * v, v


check_momentum(solved_momentum_step)

# %% [markdown]
# **Predict.** Plain gradient descent with $\eta = 0.03$ crosses the valley without trouble: $25 \cdot 0.03 < 1$. Which of the two coordinates
# does momentum help, and what does it do to the other?

# %% alt="Distance from the minimum over 100 steps: along the valley momentum arrives far earlier than gradient descent; across it, momentum oscillates where gradient descent falls at once"
paths = {}
for name, mu in ("gradient descent", 0.0), ("momentum 0.9", 0.9):
    w, v, path = np.array([10.0, 1.0]), np.zeros(2), []
    for _ in range(100):
        path.append(w)
        w, v = solved_momentum_step(w, v, curvature * w, lr=0.03, mu=mu)
    paths[name] = np.abs(path)

figure, (along, across) = plt.subplots(1, 2, sharey=True)
for name, path in paths.items():
    along.semilogy(path[:, 0], label=name)
    across.semilogy(path[:, 1] + 1e-12)
along.set(title="along the valley", xlabel="step", ylabel="distance from the minimum")
along.set_ylim(1e-6, 20)
across.set(title="across it", xlabel="step")
along.legend()
plt.show()
for name, path in paths.items():
    print(f"{name:17} {path[-1, 0]:.1e} along, {path[-1, 1]:.1e} across, after 100 steps")

# %% [markdown]
# Momentum is not free: it slows the steep direction down to the pace of the shallow one. It pays when the shallow one is what you wait for.
#
# ## 2. A scale of its own for every weight
#
# Adam divides a running mean of the gradient by the root of a running mean of its square ([[34]]):
#
# $$ m \leftarrow \beta_1 m + (1-\beta_1)g, \qquad s \leftarrow \beta_2 s + (1-\beta_2)g^2, \qquad
# w \leftarrow w - \eta\,\frac{m/(1-\beta_1^t)}{\sqrt{s/(1-\beta_2^t)}+\varepsilon} $$
#
# **Exercise 2.** Write one step; $t$ counts from 1.

# %%
def check_adam(step):
    rng = np.random.default_rng(1)
    w, m, s = np.ones(3), np.zeros(3), np.zeros(3)
    theirs = Tensor(w.copy(), requires_grad=True)
    optimizer = Adam([theirs], lr=0.01)
    for t in range(1, 21):
        g = rng.standard_normal(3) * [1, 100, 0.01]
        w, m, s = step(w, m, s, g, t)
        theirs.grad = g
        optimizer.step()
    print("as in the library:", np.allclose(w, theirs.data))


def adam_step(w, m, s, g, t, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
    """The new weights, running mean and running mean square."""
    ...  # three or four lines; then check_adam(adam_step)


# %% tags=["solution"]
def solved_adam_step(w, m, s, g, t, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    step = (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return w - lr * step, m, s


check_adam(solved_adam_step)

# %% [markdown]
# **Predict.** A colleague reports the loss in thousandths, so every gradient is a thousand times larger. What happens to SGD with its old
# learning rate, and what to Adam with its old one?

# %%
def train(optimizer, scale=1.0, epochs=10, transform=None, seed=0, **settings):
    """A trained network of 64 hidden units, and its history."""
    rng = np.random.default_rng(seed)
    model = MLP([64, 64, 10], rng=rng)

    def loss(logits, y):
        return scale * cross_entropy(logits, y)

    def flat(x):
        return x.reshape(-1, 64)

    def prepare(x, y, rng):
        return flat(transform(x, rng=rng) if transform else x), y

    history = fit(
        model, (x_train, y_train), validation=(flat(x_val), y_val), loss=loss,
        optimizer=optimizer(model.parameters(), **settings),
        epochs=epochs, batch_size=32, rng=rng, transform=prepare,
    )
    return model, history


def accuracy(model, x, y):
    return np.mean(model(x.reshape(-1, 64)).data.argmax(axis=1) == y)


for name, optimizer, lr in ("SGD", SGD, 0.3), ("Adam", Adam, 0.003):
    for scale in 1, 1000:
        with np.errstate(all="ignore"):
            model, _ = train(optimizer, scale, lr=lr)
        print(f"{name:4} loss times {scale:4}: {accuracy(model, x_val, y_val):.1%} right")

# %% [markdown]
# Adam's step does not change when all gradients are multiplied by one number: numerator and denominator grow alike. SGD's does.
#
# ## 3. Where the weight decay goes
#
# An L2 penalty adds $\alpha w$ to the gradient; decoupled decay multiplies the weights by $1 - \eta\alpha$ instead. For SGD that is the same.
# For Adam it is not, because whatever is in the gradient is divided by $\sqrt s$ ([[35]], [[36]]).
#
# **Exercise 3.** Two weights start at 1. Their gradients are pure noise: the first with standard deviation 0.1, the second with 10. Decide for
# each of `Adam(weight_decay=0.1)` and `AdamW(weight_decay=0.1)` which weight shrinks more, then write the loop of 1,000 steps with `lr=0.01`.

# %%
def final_weights(optimizer):
    """Both weights after 1,000 steps."""
    ...


# %% tags=["solution"]
def solved_final_weights(optimizer, seed):
    rng = np.random.default_rng(seed)
    w = Tensor(np.ones(2), requires_grad=True)
    stepper = optimizer([w], lr=0.01, weight_decay=0.1)
    for _ in range(1000):
        w.grad = rng.standard_normal(2) * [0.1, 10]
        stepper.step()
    return w.data


for optimizer in Adam, AdamW:
    runs = np.array([solved_final_weights(optimizer, seed) for seed in range(200)])
    quiet, noisy = runs.mean(axis=0)
    error = runs.std(axis=0).max() / len(runs) ** 0.5
    print(f"{optimizer.__name__:5}: quiet gradient {quiet:.2f}, noisy gradient {noisy:.2f}",
          f"(mean of 200 runs, standard error {error:.2f})")

# %% [markdown]
# With the penalty in the gradient, the noisy weight is hardly decayed at all: its $\sqrt s$ is a hundred times larger, so the penalty's share of the
# step is a hundred times smaller. Decoupled decay treats both alike.
#
# ## 4. Noise that the mean survives
#
# Dropout sets each unit to 0 with probability $p$ and divides the others by $1-p$ ([[37]]).
#
# **Exercise 4.** Write it for an array `h`. Then say what is preserved by the division: the mean of the next layer's input, its variance, or both?

# %%
def dropped(h, p, rng):
    ...


# %% tags=["solution"]
def solved_dropped(h, p, rng):
    return h * (rng.random(h.shape) >= p) / (1 - p)


rng = np.random.default_rng(0)
h, w = np.abs(rng.standard_normal(100)), rng.standard_normal(100) / 10
sums = np.array([solved_dropped(h, 0.5, rng) @ w for _ in range(20_000)])
expected = np.sqrt((h**2 * w**2).sum())  # sqrt(p / (1 - p) * sum of (h w)^2), p = 0.5
print(f"the next unit receives {h @ w:.3f}; with dropout {sums.mean():.3f} on average,")
print(f"spread by {sums.std():.3f} (expected {expected:.3f})")

# %% [markdown]
# The mean survives, a variance appears. That variance is the regularizer, and the reason that `eval()` must switch it off: a model
# left in training mode answers the same question differently every time.
#
# ## 5. When to stop
#
# **Exercise 5.** Write patience: given the validation loss after each epoch, return the epoch whose weights you keep and the epoch at which
# you stop ([[38]]). Count from 1.

# %%
def stop(losses, patience):
    """(epoch to keep, epoch at which training ends)."""
    ...


# %% tags=["solution"]
def solved_stop(losses, patience):
    best, kept = np.inf, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best:
            best, kept = loss, epoch
        elif epoch - kept >= patience:
            return kept, epoch
    return kept, len(losses)


print(solved_stop([3, 2, 2.5, 1, 1.5, 1.2, 1.1, 0.5], patience=1))
print(solved_stop([3, 2, 2.5, 1, 1.5, 1.2, 1.1, 0.5], patience=2))
print(solved_stop([3, 2, 2.5, 1, 1.5, 1.2, 1.1, 0.5], patience=4))

# %% [markdown]
# The same list of losses and three answers: with a patience of 1 you leave before the second valley, with 2 before the third.
# Now on a real run, trained far too long:

# %% alt="Training loss falls to zero over 120 epochs; validation loss falls, passes a flat minimum and rises slowly"
model, history = train(Adam, epochs=120, lr=0.003)
kept, ended = solved_stop(history["validation_loss"], patience=10)
plt.semilogy(history["loss"], label="training")
plt.semilogy(history["validation_loss"], label="validation")
plt.axvline(kept - 1, color="#888888", linestyle=":")
plt.gca().set(xlabel="epoch", ylabel="cross-entropy (nats)")
plt.legend()
plt.show()
losses = history["validation_loss"]
print(f"keep epoch {kept}, stop at {ended}; validation loss {losses[kept - 1]:.3f} then,",
      f"{losses[-1]:.3f} after all 120")

# %% [markdown]
# ## 6. Images that were never taken
#
# **Predict.** The digits are centered. How many of the validation images does the network still get right when each is moved by one pixel of eight?
# And how many if it was trained on images moved at random by up to one pixel ([[39]])?
#
# **Exercise 6.** Use `random_shift` as `transform` of `train` for 60 epochs, and measure both networks on `x_val` as it is and on `moved`.

# %%
moved = shift(x_val, dx=np.random.default_rng(2).choice([-1, 1], len(x_val)))


# %% tags=["solution"]
def up_to_one(x, rng):
    return random_shift(x, 1, rng=rng)


for name, transform in ("as they are", None), ("moved at random", up_to_one):
    right = []
    for seed in range(5):
        model, _ = train(Adam, epochs=60, lr=0.003, transform=transform, seed=seed)
        right.append([accuracy(model, x_val, y_val), accuracy(model, moved, y_val)])
    (still, shifted), spread = np.mean(right, axis=0), np.std(right, axis=0).max()
    print(f"trained on images {name:15}: {still:.1%} right, {shifted:.1%} when moved",
          f"(five seeds, spread up to {spread:.1%})")

# %% [markdown]
# The network that never saw a moved digit loses half of what it knew; the other loses next to nothing. But look at the other column: on
# centered digits augmentation *costs* accuracy here. The same 64 units now have nine places to learn a digit in, and ink that leaves
# the image is gone. Invented data help to the degree that they resemble the data you will meet, and your validation images are centered.
#
# ## 7. Decide, then look once
#
# **Exercise 7.** Choose optimizer, learning rate, decay, epochs and augmentation by the validation images alone. Write down the test accuracy you
# expect. Then run the cell below with your choice, once: the second look at a test set is the first step toward fitting it.

# %% tags=["solution"]
choices = {
    f"lr {lr}, decay {decay}": dict(
        optimizer=AdamW, epochs=60, transform=up_to_one, lr=lr, weight_decay=decay
    )
    for lr in (0.001, 0.003, 0.01)
    for decay in (0.0, 0.1)
}
scores = {}
for name, choice in choices.items():
    models = [train(seed=seed, **choice)[0] for seed in range(3)]
    scores[name] = np.mean([accuracy(model, x_val, y_val) for model in models])
    print(f"{name:20} {scores[name]:.1%} of the validation images")
best = max(scores, key=scores.get)
test = [accuracy(train(seed=seed, **choices[best])[0], x_test, y_test) for seed in range(3)]
print(f"chosen: {best}: {scores[best]:.1%} there, {np.mean(test):.1%} of the test images",
      f"(three seeds, {min(test):.1%} to {max(test):.1%})")

# %% [markdown]
# The best of six noisy numbers is, on average, better than it deserves, so expect the test accuracy a little below the validation accuracy
# that made you choose; with 300 validation images chance alone moves both by one or two points and can hide it. Within this grid
# the decay made little difference beside the learning rate: that is worth knowing before you spend an afternoon on a finer one.
