"""What label smoothing does to the logits, the accuracy and the confidence of small networks, on three kinds of digits."""

import warnings

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    Adam,
    Tensor,
    batches,
    cross_entropy,
    digits,
    expected_calibration_error,
    roc_auc_score,
    softmax,
    temperature_scale,
    train_val_test_split,
)

TOLERANCE = {"tasks": 0.25, "geometry": 0.25, "histogram": None, "run": 0.25}

CLASSES = 10
EPSILONS = [0.0, 0.05, 0.1, 0.2, 0.4]
TASKS = ["clean", "noisy", "mislabeled"]
SEEDS = 5
TRAIN, VALIDATION = 600, 300
HIDDEN, RATE, BATCH, EPOCHS = 128, 0.001, 50, 100
EVERY = 5  # epochs between two looks at the gap
PIXEL_NOISE = 0.4
WRONG = 0.3  # share of the training labels that are another digit
SHOWN_CLASSES = [0, 1, 8]
SHOWN = 40  # images of each class in the projection


def run(rng):
    splits = rng.integers(2**32, size=SEEDS)
    runs = {
        task: {key(eps): [train_and_test(task, eps, split) for split in splits] for eps in EPSILONS} for task in TASKS
    }
    clean = runs["clean"]
    return {
        "settings": {"seeds": SEEDS, "train": TRAIN, "validation": VALIDATION, "test": clean["0-0"][0]["test"], "epochs": EPOCHS,
                     "noise": PIXEL_NOISE, "wrong": WRONG, "epsilons": EPSILONS},
        "theory": theory(),
        "tasks": {task: {name: summary(found) for name, found in by_eps.items()} for task, by_eps in runs.items()},
        "paired": {task: paired(by_eps) for task, by_eps in runs.items()},
        "run": {name: np.mean([one["gap-by-epoch"] for one in found], axis=0) for name, found in clean.items()},
        "histogram": histogram(clean),
        "geometry": geometry(clean),
        "pulls": pulls(),
        "quiz": quiz(),
    }  # fmt: skip


def key(eps):
    return f"{eps:.2g}".replace(".", "-") if eps else "0-0"


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


# ---- by formula ----


def smoothed(eps, classes):
    """Target of the true class and of each other one."""
    return 1 - eps + eps / classes, eps / classes


def gap(eps, classes):
    """Logit of the true class minus that of any other where the smoothed loss is smallest."""
    true, other = smoothed(eps, classes)
    return np.log(true / other)


def floor(eps, classes):
    """Smallest value of the smoothed loss: the entropy of the targets."""
    true, other = smoothed(eps, classes)
    return -true * np.log(true) - (classes - 1) * other * np.log(other)


def theory():
    some = [eps for eps in EPSILONS if eps]
    return {
        "gap": {str(classes): {key(eps): gap(eps, classes) for eps in some} for classes in (2, 10, 1000)},
        "floor": {str(classes): {key(eps): floor(eps, classes) for eps in some} for classes in (2, 10, 1000)},
        "confidence": {key(eps): smoothed(eps, CLASSES)[0] for eps in EPSILONS},
        "back": {key(eps): eps * (1 - 1 / CLASSES) for eps in EPSILONS},
        "hard-after": {str(steps): float(descend(0.0, steps)) for steps in (100, 1000, 10_000)},
    }


def descend(eps, steps, classes=CLASSES):
    """The gap after so many steps of gradient descent at rate 1 on one example's logits, all of which start at zero."""
    true, d = 1 - eps + eps / classes, 0.0
    for _ in range(steps):
        d += classes / (classes - 1) * (true - 1 / (1 + (classes - 1) * np.exp(-d)))
    return d


def pulls():
    """The two pulls on the gap: of the label, and of the smoothing."""
    gaps = np.linspace(0, 14, 57)
    return {"gap": gaps, "out": (CLASSES - 1) / (CLASSES - 1 + np.exp(gaps))}


def quiz():
    return {
        "true": smoothed(0.1, 10)[0], "true-of-others": 0.9, "gap": gap(0.1, 1000), "gap-of-ten": gap(0.1, 10), "floor": floor(0.1, 10),
        "gap-naive": float(np.log(0.9 / 0.1)),
    }  # fmt: skip


# ---- networks ----


def load(task, split):
    """One split of the digits, with the noise of the task; every smoothing gets the same."""
    rng = np.random.default_rng(split)
    images, labels = digits()
    x = images.reshape(-1, 64)
    if task == "noisy":
        x = (x + PIXEL_NOISE * rng.standard_normal(x.shape)).astype(np.float32)
    shares = (TRAIN / len(x), VALIDATION / len(x), 1 - (TRAIN + VALIDATION) / len(x))
    train, validation, test = train_val_test_split(x, labels, fractions=shares, rng=rng)
    if task == "mislabeled":
        wrong = rng.random(len(train[1])) < WRONG
        train = train[0], np.where(wrong, (train[1] + rng.integers(1, CLASSES, len(train[1]))) % CLASSES, train[1])
    return train, validation, test


def train_and_test(task, eps, split):
    (x, y), (x_val, y_val), (x_test, y_test) = load(task, split)
    rng = np.random.default_rng([int(split), 1])  # the same initial weights and batches for every smoothing
    model = MLP([64, HIDDEN, CLASSES], rng=rng)
    optimizer = Adam(model.parameters(), lr=RATE)
    by_epoch = []
    for epoch in range(EPOCHS):
        if epoch % EVERY == 0:
            by_epoch.append(gaps_of(logits_of(model, x), y).mean())
        for xb, yb in batches(x, y, batch_size=BATCH, rng=rng):
            optimizer.zero_grad()
            cross_entropy(model(Tensor(xb)), yb, label_smoothing=eps).backward()
            optimizer.step()
    z, z_val, z_test = (logits_of(model, images) for images in (x, x_val, x_test))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        temperature = temperature_scale(z_val, y_val)
    found = gaps_of(z, y)
    by_epoch.append(found.mean())
    return {
        **quality(z_test, y_test, temperature, eps),
        "test": len(y_test), "gaps": found, "gap": found.mean(), "gap-sd": found.std(), "gap-by-epoch": by_epoch,
        "train-loss": float(cross_entropy(z, y, label_smoothing=eps)), "train-accuracy": np.mean(z.argmax(axis=1) == y),
        "gap-odds": odds_gap(z, y), "others-sd": others_spread(z_test, y_test),
        "clustering": clustering(hidden_of(model, x), y), "clustering-logits": clustering(z - z.mean(axis=1, keepdims=True), y),
        "projection": projection(model, x, y),
    }  # fmt: skip


def logits_of(model, images):
    return model(Tensor(images)).numpy().astype(np.float64)


def hidden_of(model, images):
    first = model.layers[0]
    return np.maximum(first(Tensor(images)).numpy().astype(np.float64), 0)


def gaps_of(z, y):
    """Logit of the label minus the mean of the others."""
    right = z[np.arange(len(z)), y]
    return right - (z.sum(axis=1) - right) / (z.shape[1] - 1)


def odds_gap(z, y):
    """The gap as the probability of the label tells it: against the mean of the other probabilities, not of the other logits."""
    p = np.asarray(softmax(z))[np.arange(len(z)), y]
    return float(np.log(np.maximum(p, 1e-12) * (CLASSES - 1) / np.maximum(1 - p, 1e-12)).mean())


def others_spread(z, y):
    """How much the logits of the wrong classes differ within an image, as a share of the gap."""
    others = z[np.arange(z.shape[1]) != y[:, None]].reshape(len(z), -1)
    return float(others.std(axis=1).mean() / gaps_of(z, y).mean())


def quality(z, y, temperature, eps):
    p = np.asarray(softmax(z))
    right = p.argmax(axis=1) == y
    back = np.clip((p - eps / CLASSES) / (1 - eps), 0, None)  # what the smoothing did to the targets, undone
    back /= back.sum(axis=1, keepdims=True)
    tempered = np.asarray(softmax(z / temperature))
    return {
        "accuracy": right.mean(), "nll": nll(p, y), "ece": expected_calibration_error(y, p), "confidence": p.max(axis=1).mean(),
        "auroc": roc_auc_score(right.astype(int), p.max(axis=1)), "auroc-logit": roc_auc_score(right.astype(int), z.max(axis=1)),
        "temperature": temperature, "ece-tempered": expected_calibration_error(y, tempered), "nll-tempered": nll(tempered, y),
        "ece-undone": expected_calibration_error(y, back),
    }  # fmt: skip


def nll(p, y):
    return float(-np.log(np.maximum(p[np.arange(len(y)), y], 1e-300)).mean())


NUMBERS = ["accuracy", "nll", "ece", "confidence", "auroc", "auroc-logit", "temperature", "ece-tempered", "nll-tempered", "ece-undone",
           "gap", "gap-sd", "train-loss", "train-accuracy", "gap-odds", "others-sd", "clustering", "clustering-logits"]  # fmt: skip


def summary(found):
    return {name: mean_and_sd([one[name] for one in found]) for name in NUMBERS}


def paired(by_eps):
    """Differences from hard labels on the same split, weights and batches."""
    return {
        name: {number: mean_and_sd([a[number] - b[number] for a, b in zip(found, by_eps["0-0"], strict=True)])
               for number in ("accuracy", "auroc", "nll-tempered", "train-accuracy")}
        for name, found in by_eps.items() if name != "0-0"
    }  # fmt: skip


def histogram(clean):
    edges = np.linspace(0, 26, 105)
    return {
        "edges": edges,
        "share": {name: np.histogram(np.concatenate([one["gaps"] for one in found]), edges)[0] / (SEEDS * TRAIN)
                  for name, found in clean.items()},
    }  # fmt: skip


# ---- the layer before the logits ----


def clustering(h, y):
    """Variance within classes over variance between their means."""
    means = np.stack([h[y == c].mean(axis=0) for c in range(CLASSES)])
    within = np.mean(((h - means[y]) ** 2).sum(axis=1))
    between = np.mean(((means[y] - h.mean(axis=0)) ** 2).sum(axis=1))
    return float(within / between)


def projection(model, x, y):
    """Activations before the last layer, on the plane through the output weights of three classes."""
    templates = np.asarray(model.layers[2].weight.data, dtype=np.float64)
    templates = templates.T if templates.shape[0] == CLASSES else templates
    a, b, c = (templates[:, k] for k in SHOWN_CLASSES)
    plane = np.linalg.qr(np.stack([b - a, c - a], axis=1))[0]
    plane = plane * np.sign([plane[:, 0] @ (b - a), plane[:, 1] @ (c - a)])
    h = hidden_of(model, x)
    return [np.round((h[y == k] @ plane)[:SHOWN], 3) for k in SHOWN_CLASSES]


def geometry(clean):
    return {"classes": SHOWN_CLASSES, "points": {name: clean[name][0]["projection"] for name in ("0-0", "0-1")}}


# ---- what the page says ----


def claims(data):
    yield at_most("todo", "todo", 0, 1)


def figures(data):
    figure, axes = new_figure()
    axes.plot([0, 1])
    yield "pulls", figure
