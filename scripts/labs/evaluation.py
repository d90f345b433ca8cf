# %% [markdown]
# # Lab: defend a number
#
# A colleague shows you one number for one classifier. In forty minutes you take it apart: where it comes from, what it hides, when it changes
# although the model does not, and how far chance moves it. Each exercise starts with an empty function or an open question; the solution is folded beneath.
# Write down what you expect **before** you run a cell.

# %%
import matplotlib.pyplot as plt
import numpy as np
from dlprimer import MLP, Adam, cross_entropy, digits, fit, softmax, train_val_test_split
from dlprimer import average_precision_score, bootstrap_interval, class_weights, confusion_matrix
from dlprimer import expected_calibration_error, precision_recall_fscore_support
from dlprimer import roc_auc_score, temperature_scale

images, labels = digits()
x = images.reshape(-1, 64) + np.random.default_rng(0).normal(0, 0.4, (len(images), 64))
x = x.astype(np.float32)  # noise, or the task would be too easy to say anything
y = (labels == 8).astype(int)  # an alarm for eights: one image in ten
(x_train, y_train), (x_val, y_val), (x_test, y_test) = train_val_test_split(
    x, y, fractions=(1 / 3, 1 / 6, 1 / 2), rng=np.random.default_rng(1), stratify=True
)


def train(x, y, seed=0, epochs=30, **options):
    """A network with two outputs, for no eight and eight."""
    rng = np.random.default_rng(seed)
    model = MLP([64, 64, 2], rng=rng)

    def loss(z, labels):
        return cross_entropy(z, labels, **options)

    optimizer = Adam(model.parameters(), lr=3e-3)
    fit(model, (x, y), loss=loss, optimizer=optimizer, epochs=epochs, batch_size=32, rng=rng)
    return model


model = train(x_train, y_train)
logits = model(x_test).data.astype(np.float64)
p = softmax(logits)[:, 1]
print(f"accuracy {np.mean((p > 0.5) == y_test):.1%} on {len(y_test)} images, {y_test.sum()} of them eights")

# %% [markdown]
# ## 1. Four cells behind the number
#
# **Predict.** What accuracy does a model reach that never calls anything an eight?
#
# **Exercise 1.** From labels and calls, count the four cells ([[41]]) and compute precision, recall and $F_1$ ([[42]]).

# %%
def scores(y, called):
    """(precision, recall, F1) of class 1."""
    ...


# %% tags=["solution"]
def solved_scores(y, called):
    tp, fp = np.sum((y == 1) & called), np.sum((y == 0) & called)
    fn = np.sum((y == 1) & ~called)
    return tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)


theirs = precision_recall_fscore_support(y_test, (p > 0.5).astype(int), average="binary")[:3]
print("as in the library:", np.allclose(solved_scores(y_test, p > 0.5), theirs))
print(confusion_matrix(y_test, p > 0.5))
print("precision, recall, F1:", np.round(solved_scores(y_test, p > 0.5), 3))
print(f"never alarm: accuracy {np.mean(y_test == 0):.1%}, recall 0")

# %% [markdown]
# ## 2. The same model where eights are rarer
#
# Recall $r$ and the false alarm rate $f$ belong to the model; precision also depends on the share $\pi$ of eights.
#
# **Exercise 2.** Write precision as a function of $r$, $f$ and $\pi$. Use it to foretell the precision where one image in a hundred is an eight,
# then throw eights away at random and measure it.

# %%
def precision_at(r, f, share):
    ...


# %% tags=["solution"]
def solved_precision_at(r, f, share):
    return share * r / (share * r + (1 - share) * f)


called = p > 0.5
r, f = called[y_test == 1].mean(), called[y_test == 0].mean()
rng = np.random.default_rng(2)
eights, others = np.flatnonzero(y_test == 1), np.flatnonzero(y_test == 0)
kept = len(others) // 99
measured = []
for _ in range(2000):
    some = np.concatenate([rng.choice(eights, kept, replace=False), others])
    measured.append(solved_scores(y_test[some], called[some])[0])
low, high = np.quantile(measured, [0.025, 0.975])
print(f"precision {solved_scores(y_test, called)[0]:.2f} as tested;",
      f"at 1% eights foretold {solved_precision_at(r, f, 0.01):.2f},",
      f"measured {np.mean(measured):.2f} (95% of draws {low:.2f} to {high:.2f})")

# %% [markdown]
# Not one weight has changed. Whoever quotes a precision quotes a class ratio with it.
#
# ## 3. A number without a threshold
#
# ROC-AUC is the probability that a random eight scores above a random other image, ties counting one half ([[43]]).
#
# **Exercise 3.** Write it from that sentence. Then decide, before you run the solution: which of AUC and average precision changes if every
# image that is not an eight is counted ten times?

# %%
def auc(y, score):
    ...


# %% tags=["solution"]
def solved_auc(y, score):
    pairs = score[y == 1][:, None] - score[y == 0]
    return np.mean(pairs > 0) + np.mean(pairs == 0) / 2


print("as in the library:", np.isclose(solved_auc(y_test, p), roc_auc_score(y_test, p)))
ten = np.concatenate([eights, np.tile(others, 10)])
for name, metric in ("ROC-AUC", roc_auc_score), ("average precision", average_precision_score):
    print(f"{name:17} {metric(y_test, p):.3f},",
          f"with ten times the negatives {metric(y_test[ten], p[ten]):.3f}")

# %% [markdown]
# ## 4. Does 90% mean 90%?
#
# A model is calibrated if, among images with $\hat p = 0.9$, nine in ten are eights ([[44]]). Dividing the logits by a temperature $T$ changes how sure the
# model is, not what it says.
#
# **Exercise 4.** Write the expected calibration error of the predicted class: sort the confidences into 15 equal intervals, and average
# $|\text{accuracy} - \text{confidence}|$ over them, weighted by how many images fall into each.

# %%
def ece(y, probabilities, bins=15):
    ...


# %% tags=["solution"]
def solved_ece(y, probabilities, bins=15):
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[place == i].sum() - confidence[place == i].sum()) for i in range(bins)]
    return sum(gaps) / len(y)


theirs = expected_calibration_error(y_test, softmax(logits))
print("as in the library:", np.isclose(solved_ece(y_test, softmax(logits)), theirs))

long = train(x_train, y_train, epochs=150)
z_val, z_test = (long(part).data.astype(np.float64) for part in (x_val, x_test))
T = temperature_scale(z_val, y_val)
for name, z in ("after 150 epochs", z_test), (f"divided by {T:.2f}", z_test / T):
    q = softmax(z)
    print(f"{name:17} ECE {solved_ece(y_test, q):.3f},",
          f"cross-entropy {cross_entropy(z, y_test):.3f}, AUC {roc_auc_score(y_test, q[:, 1]):.3f}")

# %% [markdown]
# One number, fitted on the validation images, takes most of the overconfidence away. The order of the scores, and so the AUC, cannot notice:
# ranking and calibration are different questions.
#
# ## 5. The rare class
#
# **Predict.** Three cures for imbalance ([[45]]): weight the classes in the loss, repeat the rare images until the classes are even, or train as usual and move the
# threshold. Which reaches the best $F_1$? Which harms calibration?
#
# **Exercise 5.** Train the first two on images of which one in forty is an eight. Choose each model's threshold for $F_1$ on the validation images, and compare.

# %%
def best_threshold(y, score):
    """The threshold with the largest F1."""
    ...


# %% tags=["solution"]
def f1(y, called):
    tp = np.sum(called & (y == 1))
    return 2 * tp / max(1, called.sum() + y.sum())


def solved_best_threshold(y, score):
    return max(np.unique(score), key=lambda t: f1(y, score >= t))


def cured(cure, rng, seed):
    common, rare = np.flatnonzero(y_train == 0), np.flatnonzero(y_train == 1)
    thin = np.concatenate([common, rng.permutation(rare)[: len(y_train) // 40]])
    a, b = x_train[thin], y_train[thin]
    if cure == "weighted loss":
        return train(a, b, seed, weight=class_weights(b).astype(np.float32))
    if cure == "repeated images":
        rare = np.flatnonzero(b == 1)
        more = np.concatenate([np.arange(len(b)), rng.choice(rare, len(b) - 2 * len(rare))])
        return train(a[more], b[more], seed)
    return train(a, b, seed)


results = {cure: [] for cure in ("as usual", "weighted loss", "repeated images")}
for seed in range(8):
    for cure in results:
        network = cured(cure, np.random.default_rng(100 + seed), seed)
        s_val, s = (softmax(network(part).data)[:, 1] for part in (x_val, x_test))
        t = solved_best_threshold(y_val, s_val)
        results[cure].append(
            [f1(y_test, s > 0.5), f1(y_test, s >= t), roc_auc_score(y_test, s), s.mean()]
        )
print(f"{'':16}F1 at 0.5     F1 at chosen  AUC           mean probability")
for cure, rows in results.items():
    means, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
    print(f"{cure:15} " + "   ".join(f"{m:.2f} ± {s:.2f}" for m, s in zip(means, spread, strict=True)))

# %% [markdown]
# At a threshold of 0.5 the cures look like medicine. Once each model may choose its threshold, the difference is within the spread: what the
# cures do here is move the probabilities, and moving the threshold does the same for free. Look at the last column, too. One training image in
# forty was an eight, one test image in ten is. The usual model says about what it was trained on, the cured ones something in between, none the truth:
# a new class ratio asks for a correction of its own.
#
# ## 6. How far chance moves a number
#
# **Exercise 6.** A second model, trained with another seed, has another $F_1$ on the same test images. Before you run it: how wide is the 95% interval of the
# difference, if the test set holds about 90 eights? Use `bootstrap_interval` on the *pairs* of calls.

# %% tags=["solution"]
other = train(x_train, y_train, seed=1)
called_other = other(x_test).data.argmax(axis=1) == 1


def difference(y, a, b):
    return f1(y, b) - f1(y, a)


rng = np.random.default_rng(4)
low, high = bootstrap_interval(difference, y_test, called, called_other, rng=rng)
print(f"F1 {f1(y_test, called):.3f} and {f1(y_test, called_other):.3f}:",
      f"difference {difference(y_test, called, called_other):+.3f},",
      f"95% interval {low:+.3f} to {high:+.3f}")

# %% alt="The 95% interval of the accuracy of a 90% classifier narrows with the root of the number of test images: about plus or minus 6 points at 100 images, 0.6 at 10,000"
n = np.logspace(2, 4, 50)
half = 1.96 * np.sqrt(0.9 * 0.1 / n)
plt.fill_between(n, 90 - 100 * half, 90 + 100 * half, alpha=0.25)
plt.axhline(90, linewidth=1)
plt.xscale("log")
plt.gca().set(xlabel="test images", ylabel="accuracy (%)")
plt.show()
needed = 2 * 0.9 * 0.1 * (1.96 / 0.02) ** 2
print(f"a difference of 2 points exceeds chance from about {needed:,.0f} images on, each")

# %% [markdown]
# ## 7. Your defense
#
# **Exercise 7.** Write the paragraph you would put under the number: on how many images and eights, at which class ratio and threshold, chosen on which data, with
# which interval; whether the probabilities may be read as probabilities; and against which baseline. A model answer:

# %% tags=["solution"]
low, high = bootstrap_interval(f1, y_test, called, rng=np.random.default_rng(5))
print(f"""F1 {f1(y_test, called):.2f} (95% bootstrap interval {low:.2f} to {high:.2f}) at threshold 0.5,
fixed beforehand, on {len(y_test)} test images with {y_test.sum()} eights ({y_test.mean():.0%}).
Never alarming has F1 0 and accuracy {np.mean(y_test == 0):.0%}.
Calibration error {solved_ece(y_test, softmax(logits)):.3f}: do not read scores as probabilities.
At 1% eights expect precision {solved_precision_at(r, f, 0.01):.2f} at the same recall of {r:.2f}.""")
