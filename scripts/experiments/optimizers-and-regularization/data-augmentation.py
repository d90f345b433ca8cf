"""What augmentation teaches a small network on the digits: which invariance, for how much data, and what a copy is worth."""

from functools import partial

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    Activation,
    Adam,
    Augment,
    Conv2d,
    MaxPool2d,
    Module,
    Sequential,
    Tensor,
    confusion_matrix,
    cross_entropy,
    cutout,
    digits,
    flip,
    linear,
    mixup,
    no_grad,
    noise,
    random_affine,
    random_shift,
    rotate,

    shift,
    softmax,
)
from dlprimer.nn.linear import Linear

TOLERANCE = {"sizes": 0.15, "policies": 0.2, "longer": 0.2, "copies": 0.3, "convolution": 0.25, "nets": None, "range": 0.3, "turned": 0.5}

SEEDS = 5
BATCH, STEPS, LONGER, LEARNING_RATE = 64, 1000, 3000, 1e-3
FEW = 100  # images that the policies are compared on
SIZES = [50, 100, 300, 1000]
REAL_SIZES = [150, 200, 500]  # further sizes without augmentation, to read off what copies are worth
COPIES = [1, 4, 9, 29]  # stored views beside each of the 100 images
TEST_FROM = 1000  # the images after this place of the shuffled set are the test images
MOVES = [(1, 0), (-1, 0), (0, 1), (0, -1)]
POLICIES = {
    "none": [],
    "affine": [partial(random_affine, degrees=10, shift=0.7, scale=0.1)],
    "shift": [partial(random_shift, limit=1)],
    "noise": [partial(noise, std=0.2)],
    "cutout": [partial(cutout, size=3)],
    "mixup": [],
    "flip": [(0.5, flip)],
    "turn": [partial(random_affine, degrees=180)],
}
MIX = partial(mixup, alpha=0.2, classes=10)
CONVOLUTION_SEEDS, CONVOLUTION_STEPS, CONVOLUTION_TRAIN = 3, 500, 300
HIDDEN, NET_STEPS = 64, 4000  # of the networks in the explorable
NETS = {
    "none": [],
    "small": [partial(random_affine, degrees=15, shift=1)],
    "turn": [partial(random_affine, degrees=180)],
}
ANGLES = np.arange(-180, 181, 5)
SHIFTS = np.arange(-3, 3.01, 0.25)


def run(rng):
    images, classes = digits()
    images = images[:, None]
    sizes, policies, longer, turned = on_few_and_many(images, classes)
    nets, ranges = three_networks(images, classes)
    return {
        "settings": {"seeds": SEEDS, "test": len(images) - TEST_FROM, "few": FEW, "longer": LONGER},
        "distances": distances(images, classes),
        "sizes": sizes,
        "policies": policies,
        "longer": longer,
        "turned": turned,
        "copies": copies_or_images(images, classes, sizes),
        "convolution": convolution(images, classes, rng),
        "noise": noise_penalty(rng),
        "quiz": {"views": 9 * 2, "worth": worth(18, 0.5), "worth-all": 1 / 0.5},
        "nets": nets,
        "range": ranges,
    }


def worth(views, correlation):
    """How many independent examples have a mean as precise as that of correlated views."""
    return views / (1 + (views - 1) * correlation)


# ---- training ----


def train(model, x, y, policy, rng, steps=STEPS, looked_at=()):
    """Train on fresh views of batches drawn at random; yields at the steps looked at, with the accuracy on the last 100 batches."""
    augment = Augment(POLICIES.get(policy, []) if isinstance(policy, str) else policy, mix=MIX if policy == "mixup" else None)
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    right = []
    for done in range(1, steps + 1):
        chosen = rng.integers(len(x), size=BATCH)
        views, targets = augment(x[chosen], y[chosen], rng=rng)
        optimizer.zero_grad()
        logits = model(Tensor(views))
        cross_entropy(logits, targets).backward()
        optimizer.step()
        right.append(float((logits.data.argmax(axis=1) == y[chosen]).mean()))
        if done in looked_at:
            yield done, float(np.mean(right[-100:]))


class Flat(Module):
    """An MLP on images."""

    def __init__(self, sizes, rng):
        super().__init__()
        self.mlp = MLP(sizes, activation="relu", rng=rng)

    def forward(self, x):
        return self.mlp(x.reshape(len(x), -1))


def predicted(model, x):
    with no_grad():
        return np.asarray(model(x)).argmax(axis=1)


def shuffled(images, classes, seed):
    """Training images (the first 1,000, of which a prefix is used) and test images."""
    order = np.random.default_rng([39, seed]).permutation(len(images))
    return (images[order[:TEST_FROM]], classes[order[:TEST_FROM]]), (images[order[TEST_FROM:]], classes[order[TEST_FROM:]])


def tested(model, x, y):
    """Accuracy on test images as they are, and moved by one pixel, averaged over the four directions."""
    moved = [float((predicted(model, shift(x, *move)) == y).mean()) for move in MOVES]
    return float((predicted(model, x) == y).mean()), float(np.mean(moved))


def summary(rows):
    """Mean, spread and values over seeds."""
    rows = np.asarray(rows, float)
    return {"mean": rows.mean(), "sd": rows.std(ddof=1), "values": rows}


def on_few_and_many(images, classes):
    sizes, policies, longer, turned = {}, {}, {}, {}
    jobs = [(n, policy) for n in SIZES for policy in ("none", "affine")]
    jobs += [(FEW, policy) for policy in POLICIES if policy not in ("none", "affine")]
    for n, policy in jobs:
        extended = n == FEW and policy in ("none", "affine", "turn")
        looked_at = (STEPS, LONGER) if extended else (STEPS,)
        found, confused = {at: [] for at in looked_at}, np.zeros((10, 10))
        for seed in range(SEEDS):
            (x, y), (x_test, y_test) = shuffled(images, classes, seed)
            rng = np.random.default_rng([seed, n])
            model = Flat([64, 128, 128, 10], rng)
            for at, training in train(model, x[:n], y[:n], policy, rng, steps=looked_at[-1], looked_at=looked_at):
                found[at].append([*tested(model, x_test, y_test), training])
                if at == STEPS:
                    confused += confusion_matrix(y_test, predicted(model, x_test), labels=range(10))
        first = np.array(found[STEPS])
        entry = {"clean": summary(first[:, 0]), "moved": summary(first[:, 1]), "training": summary(first[:, 2])}
        sizes.setdefault(policy, {})[str(n)] = entry
        if n == FEW:
            policies[policy] = entry
            shares = confused / confused.sum(axis=1, keepdims=True)
            turned[policy] = {
                "recall": np.diag(shares), "six-as-nine": shares[6, 9], "nine-as-six": shares[9, 6],
                "six": shares[6, 6], "nine": shares[9, 9],
            }  # fmt: skip
            if extended:
                last = np.array(found[LONGER])
                longer[policy] = {"clean": summary(last[:, 0]), "moved": summary(last[:, 1]), "training": summary(last[:, 2])}
    for policy, entry in policies.items():
        gains = entry["clean"]["values"] - policies["none"]["clean"]["values"]  # the same images and seeds
        entry["gain"] = summary(gains)
    gain = {
        str(n): {
            test: summary(sizes["affine"][str(n)][test]["values"] - sizes["none"][str(n)][test]["values"]) for test in ("clean", "moved")
        }
        for n in SIZES
    }
    return {"n": SIZES, **{name: sizes[name] for name in ("none", "affine")}, "gain": gain}, policies, longer, turned


def copies_or_images(images, classes, sizes):
    """Accuracy with real images, with stored views of 100 images, and with fresh views of 100 images."""
    real = {n: sizes["none"][str(n)]["clean"]["values"] for n in SIZES if n >= FEW}
    stored = {}
    for n in REAL_SIZES:
        real[n] = [one_run(images, classes, seed, n, 0) for seed in range(SEEDS)]
    for copies in COPIES:
        stored[copies] = [one_run(images, classes, seed, FEW, copies) for seed in range(SEEDS)]
    real_n = sorted(real)
    means = np.array([np.mean(real[n]) for n in real_n])
    fresh = sizes["affine"][str(FEW)]["clean"]
    # each seed has its own curve of real images; between the sizes it is straight in the logarithm
    worths = []
    for seed in range(SEEDS):
        curve = np.maximum.accumulate([real[n][seed] for n in real_n])
        worths.append(np.exp(np.interp(fresh["values"][seed], curve, np.log(real_n))))
    return {
        "real": {"n": real_n, "mean": means, "sd": [np.std(real[n], ddof=1) for n in real_n]},
        "stored": {
            "n": [FEW, *[FEW * (1 + copies) for copies in COPIES]],
            "mean": [means[0], *[np.mean(stored[copies]) for copies in COPIES]],
            "sd": [np.std(real[FEW], ddof=1), *[np.std(stored[copies], ddof=1) for copies in COPIES]],
        },
        "fresh": {"mean": fresh["mean"], "sd": fresh["sd"]},
        "worth": float(np.exp(np.interp(fresh["mean"], np.maximum.accumulate(means), np.log(real_n)))),
        "worths": worths,
        "real-at": {str(n): np.mean(real[n]) for n in real_n},
        "stored-at": {str(FEW * (1 + copies)): np.mean(stored[copies]) for copies in COPIES},
    }


def one_run(images, classes, seed, n, copies):
    """Clean accuracy without fresh views: on n images, and on so many stored views of each."""
    (x, y), (x_test, y_test) = shuffled(images, classes, seed)
    rng = np.random.default_rng([seed, n])
    model = Flat([64, 128, 128, 10], rng)
    x, y = x[:n], y[:n]
    if copies:
        views = [Augment(POLICIES["affine"])(x, rng=rng) for _ in range(copies)]
        x, y = np.concatenate([x, *views]), np.tile(y, 1 + copies)
    for _ in train(model, x, y, "none", rng, looked_at=(STEPS,)):
        pass
    return float((predicted(model, x_test) == y_test).mean())


# ---- a convolutional network ----


class Convolutional(Module):
    """Two convolutions with a pooling between, and a linear layer that has its own weights for each position."""

    def __init__(self, rng):
        super().__init__()
        self.body = Sequential(
            Conv2d(1, 8, 3, padding=1, rng=rng), Activation("relu"), MaxPool2d(2),
            Conv2d(8, 16, 3, padding=1, rng=rng), Activation("relu"),
        )  # fmt: skip
        self.head = Linear(16 * 16, 10, rng=rng)

    def forward(self, x):
        return self.head(self.body(x).reshape(len(x), -1))


def convolution(images, classes, rng):
    result = {"seeds": CONVOLUTION_SEEDS, "steps": CONVOLUTION_STEPS, "train": CONVOLUTION_TRAIN}
    for policy in ("none", "shift"):
        rows = []
        for seed in range(CONVOLUTION_SEEDS):
            (x, y), (x_test, y_test) = shuffled(images, classes, seed)
            draw = np.random.default_rng([seed, 5])
            model = Convolutional(draw)
            x, y = x[:CONVOLUTION_TRAIN], y[:CONVOLUTION_TRAIN]
            for _ in train(model, x, y, policy, draw, steps=CONVOLUTION_STEPS, looked_at=(CONVOLUTION_STEPS,)):
                rows.append(tested(model, x_test, y_test))
        rows = np.array(rows)
        result[policy] = {"clean": summary(rows[:, 0]), "moved": summary(rows[:, 1])}
    return {**result, **untrained(images, rng)}


def untrained(images, rng):
    """By how much random features of digits on a wide canvas change when the digit moves sideways, after averaging all positions."""
    canvas = np.zeros((200, 1, 20, 20), np.float32)
    canvas[:, :, 6:14, 6:14] = images[:200]
    first, second = Conv2d(1, 8, 3, padding=1, rng=rng), Conv2d(8, 16, 3, padding=1, rng=rng)
    nets = {
        "stride-1": Sequential(first, Activation("relu"), second, Activation("relu")),
        "pooled": Sequential(first, Activation("relu"), MaxPool2d(2), second, Activation("relu")),
    }
    found = {}
    for name, net in nets.items():
        with no_grad():
            still = np.asarray(net(canvas)).mean(axis=(2, 3))
            for dx in (1, 2):
                moved = np.asarray(net(shift(canvas, dx))).mean(axis=(2, 3))
                change = np.linalg.norm(moved - still, axis=1) / np.linalg.norm(still - still.mean(axis=0), axis=1)
                found.setdefault(name, {})[str(dx)] = float(np.mean(change))
    return {"features": found}


# ---- distances between pixels ----


def distances(images, classes):
    """How far a shifted digit is from itself, and how far the nearest image of another class is."""
    flat = images.reshape(len(images), -1).astype(float)
    squares = (flat**2).sum(axis=1)
    between_all = np.sqrt(np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0))
    other = np.where(classes[:, None] == classes, np.inf, between_all).min(axis=1)

    def own(dx, dy):
        return np.sqrt(((shift(images, dx, dy) - images) ** 2).sum(axis=(1, 2, 3)))

    sideways, upward = np.minimum(own(1, 0), own(-1, 0)), np.minimum(own(0, 1), own(0, -1))
    return {
        "other": np.median(other), "sideways": np.median(sideways), "upward": np.median(upward),
        "ratio": np.median(sideways / other),
        "sideways-farther": np.mean(sideways > other), "upward-farther": np.mean(upward > other),
        "count": len(images),
    }  # fmt: skip


# ---- noise on the inputs of a linear model ----


def noise_penalty(rng):
    """The weights that least squares finds on 200,000 noisy copies of 20 examples, and ridge regression's."""
    x, y, std = rng.standard_normal((20, 3)), rng.standard_normal(20), 0.5
    ridge = np.linalg.solve(x.T @ x + 20 * std**2 * np.eye(3), x.T @ y)
    noisy = np.tile(x, (10_000, 1)) + std * rng.standard_normal((200_000, 3))
    copies = np.linalg.lstsq(noisy, np.tile(y, 10_000), rcond=None)[0]
    plain = np.linalg.lstsq(x, y, rcond=None)[0]
    return {"ridge": ridge, "copies": copies, "plain": plain, "off": np.abs(copies - ridge).max(), "shrunk": np.abs(plain - ridge).max()}


# ---- the explorable's networks ----


def three_networks(images, classes):
    (x, y), (x_test, y_test) = shuffled(images, classes, 0)
    nets, ranges = {}, {"angles": ANGLES, "shifts": SHIFTS}
    flat = images.reshape(len(images), -1).astype(float)
    for name, policy in NETS.items():
        rng = np.random.default_rng([39, 7])
        model = Flat([64, HIDDEN, 10], rng)
        for _ in train(model, x, y, policy, rng, steps=NET_STEPS, looked_at=(NET_STEPS,)):
            pass
        first, last = [layer for layer in model.mlp.layers if isinstance(layer, Linear)]
        nets[name] = {
            key: np.rint(100 * values.astype(float)).astype(int)  # in hundredths, so that the record stays small
            for key, values in (
                ("W1", first.weight.data), ("b1", first.bias.data), ("W2", last.weight.data), ("b2", last.bias.data),
            )
        }  # fmt: skip
        ranges[name] = {
            "turned": [right(nets[name], rotate(x_test, angle), y_test) for angle in ANGLES],
            "moved": [right(nets[name], shift(x_test, dx), y_test) for dx in SHIFTS],
            "clean": right(nets[name], x_test, y_test),
        }
    shown = []
    for digit in (6, 9, 2, 5, 4, 0):
        # the first test image of the class that all three networks read right as it stands
        for i in np.flatnonzero(y_test == digit):
            if all(probabilities(net, x_test[i : i + 1])[0].argmax() == digit for net in nets.values()):
                break
        other = np.sqrt(((flat - x_test[i].ravel()) ** 2).sum(axis=1))
        other[classes == digit] = np.inf
        shown.append({
            "digit": digit, "pixels": np.round(x_test[i].ravel() * 16).astype(int),
            "other": float(other.min()), "other-digit": int(classes[other.argmin()]),
        })  # fmt: skip
    nets["shown"] = shown
    six = np.array(shown[0]["pixels"]).reshape(1, 1, 8, 8) / 16
    for name in NETS:
        p = probabilities(nets[name], rotate(np.repeat(six, len(ANGLES), axis=0), ANGLES))
        ranges[name]["six"] = np.round(p[:, 6], 4)
        ranges[name]["nine"] = np.round(p[:, 9], 4)
        ranges[name]["six-moved"] = np.round(probabilities(nets[name], shift(np.repeat(six, len(SHIFTS), axis=0), SHIFTS))[:, 6], 4)
    ranges["six-pixel"] = float(np.sqrt(((shift(six, 1) - six) ** 2).sum()))
    return nets, ranges


def right(net, x, y):
    return float((probabilities(net, x).argmax(axis=1) == y).mean())


def probabilities(net, x):
    W1, b1, W2, b2 = (np.array(net[key]) / 100 for key in ("W1", "b1", "W2", "b2"))
    return softmax(linear(np.maximum(linear(x.reshape(len(x), -1).astype(float), W1, b1), 0), W2, b2))


def claims(data):
    yield at_most("x", "x", 0, 1)


def figures(data):
    figure, axes = new_figure()
    yield "range", figure
