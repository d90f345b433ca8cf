"""What augmentation teaches a small network on the digits: which invariance, for how much data, and what a copy is worth."""

from functools import partial

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure, sequential
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
    cosine,
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

TOLERANCE = {"sizes": 0.15, "policies": 0.2, "short": 0.2, "copies": 0.3, "convolution": 0.25, "nets": None, "range": 0.3, "turned": 0.5}

SEEDS = 5
BATCH, SHORT, STEPS, LEARNING_RATE = 64, 150, 600, 8e-3  # a short training, that of all else, and the rate at the start
FEW = 100  # images that the policies are compared on
SIZES = [50, 100, 300, 1000]
REAL_SIZES = [150, 200]  # further sizes without augmentation, to read off what copies are worth
COPIES = [4, 29]  # stored views beside each of the 100 images
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
CONVOLUTION_SEEDS, CONVOLUTION_STEPS, CONVOLUTION_TRAIN = 3, 350, 300
HIDDEN, NET_STEPS = 64, 1500  # of the networks in the explorable
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
    sizes, policies, short, turned = on_few_and_many(images, classes)
    nets, ranges = three_networks(images, classes)
    return {
        "settings": {"seeds": SEEDS, "test": len(images) - TEST_FROM, "few": FEW, "short": SHORT, "steps": STEPS},
        "distances": distances(images, classes),
        "sizes": sizes,
        "policies": policies,
        "short": short,
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


def train(model, x, y, policy, rng, steps=STEPS):
    """Train on fresh views of batches drawn at random; the accuracy on the views of the last 100 batches."""
    augment = Augment(POLICIES.get(policy, []) if isinstance(policy, str) else policy, mix=MIX if policy == "mixup" else None)
    optimizer = Adam(model.parameters())
    right = []
    for rate in cosine(np.arange(steps), steps, lr=LEARNING_RATE):
        optimizer.param_groups[0]["lr"] = rate
        chosen = rng.integers(len(x), size=BATCH)
        views, targets = augment(x[chosen], y[chosen], rng=rng)
        optimizer.zero_grad()
        logits = model(Tensor(views))
        cross_entropy(logits, targets).backward()
        optimizer.step()
        wanted = targets if targets.ndim == 1 else targets.argmax(axis=1)
        right.append((logits.data.argmax(axis=1) == wanted).mean())
    return float(np.mean(right[-100:]))


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


def trained(images, classes, n, policy, steps=STEPS):
    """Accuracies over seeds of networks trained on n images, and of which digit they make which."""
    found, confused = [], np.zeros((10, 10))
    for seed in range(SEEDS):
        (x, y), (x_test, y_test) = shuffled(images, classes, seed)
        rng = np.random.default_rng([seed, n])
        model = Flat([64, 128, 128, 10], rng)
        training = train(model, x[:n], y[:n], policy, rng, steps)
        found.append([*tested(model, x_test, y_test), training])
        confused += confusion_matrix(y_test, predicted(model, x_test), labels=range(10))
    entry = {key: summary(np.array(found)[:, i]) for i, key in enumerate(("clean", "moved", "training"))}
    return entry, confused / confused.sum(axis=1, keepdims=True)


def on_few_and_many(images, classes):
    sizes, policies, turned = {}, {}, {}
    jobs = [(n, policy) for n in SIZES for policy in ("none", "affine")]
    jobs += [(FEW, policy) for policy in POLICIES if policy not in ("none", "affine")]
    for n, policy in jobs:
        entry, shares = trained(images, classes, n, policy)
        sizes.setdefault(policy, {})[str(n)] = entry
        if n == FEW:
            policies[policy] = entry
            turned[policy] = {"recall": np.diag(shares), "six-as-nine": shares[6, 9], "nine-as-six": shares[9, 6]}
    short = {policy: trained(images, classes, FEW, policy, SHORT)[0] for policy in ("none", "affine")}
    for entries in (policies, short):
        for entry in entries.values():  # against the plain network on the same images with the same seed
            entry["gain"] = summary(entry["clean"]["values"] - entries["none"]["clean"]["values"])
    gain = {
        str(n): {
            test: summary(sizes["affine"][str(n)][test]["values"] - sizes["none"][str(n)][test]["values"]) for test in ("clean", "moved")
        }
        for n in SIZES
    }
    removed = {str(n): 1 - np.divide(*(1 - sizes[policy][str(n)]["clean"]["mean"] for policy in ("affine", "none"))) for n in SIZES}
    return {"n": SIZES, "none": sizes["none"], "affine": sizes["affine"], "gain": gain, "removed": removed}, policies, short, turned


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
    return {
        "real": {"n": real_n, "mean": means, "sd": [np.std(real[n], ddof=1) for n in real_n]},
        "stored": {
            "n": [FEW, *[FEW * (1 + copies) for copies in COPIES]],
            "mean": [means[0], *[np.mean(stored[copies]) for copies in COPIES]],
            "sd": [np.std(real[FEW], ddof=1), *[np.std(stored[copies], ddof=1) for copies in COPIES]],
        },
        "fresh": {"mean": fresh["mean"], "sd": fresh["sd"]},
        "worth": float(np.exp(np.interp(fresh["mean"], np.maximum.accumulate(means), np.log(real_n)))),
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
    train(model, x, y, "none", rng)
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
            train(model, x, y, policy, draw, CONVOLUTION_STEPS)
            rows.append(tested(model, x_test, y_test))
        rows = np.array(rows)
        result[policy] = {"clean": summary(rows[:, 0]), "moved": summary(rows[:, 1])}
    return {**result, **untrained(images, rng)}


def untrained(images, rng):
    """How far the position-averaged features of random filters move with the digit, in units of the mean distance of two digits."""
    canvas = np.zeros((200, 1, 28, 28), np.float32)
    canvas[:, :, 10:18, 10:18] = images[:200]
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
                apart = np.linalg.norm(still[1:] - still[:-1], axis=1).mean()  # two images in a row show different digits
                found.setdefault(name, {})[str(dx)] = float(np.linalg.norm(moved - still, axis=1).mean() / apart)
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
    turned, slid = [rotate(x_test, angle) for angle in ANGLES], [shift(x_test, dx) for dx in SHIFTS]
    hits = np.zeros(len(x_test))  # how many views within the ranges shown in training the networks read right
    for name, policy in NETS.items():
        rng = np.random.default_rng([39, 7])
        model = Flat([64, HIDDEN, 10], rng)
        train(model, x, y, policy, rng, NET_STEPS)
        first, last = [layer for layer in model.mlp.layers if isinstance(layer, Linear)]
        nets[name] = {
            key: np.rint(100 * values.astype(float)).astype(int)  # in hundredths, so that the record stays small
            for key, values in (
                ("W1", first.weight.data), ("b1", first.bias.data), ("W2", last.weight.data), ("b2", last.bias.data),
            )
        }  # fmt: skip
        ranges[name] = {
            "turned": [right(nets[name], views, y_test).mean() for views in turned],
            "moved": [right(nets[name], views, y_test).mean() for views in slid],
            "clean": right(nets[name], x_test, y_test).mean(),
        }
        within = {
            "none": [x_test],
            "small": [shift(rotate(x_test, angle), dx) for angle in (-15, 0, 15) for dx in (-1, 0, 1)],
            "turn": turned,
        }[name]
        hits += sum(right(nets[name], views, y_test) for views in within)
    shown = []
    for digit in (6, 9, 2, 5, 4, 0):
        i = np.where(y_test == digit, hits, -1).argmax()  # the image of the digit that the networks read best
        other = np.sqrt(((flat - x_test[i].ravel()) ** 2).sum(axis=1))
        other[classes == digit] = np.inf
        shown.append({
            "digit": digit, "pixels": np.round(x_test[i].ravel() * 16).astype(int),
            "other": float(other.min()), "other-digit": int(classes[other.argmin()]),
        })  # fmt: skip
    nets["shown"] = shown
    six = np.array(shown[0]["pixels"]).reshape(1, 1, 8, 8) / 16
    ranges["six-other"], ranges["six-other-digit"] = shown[0]["other"], shown[0]["other-digit"]
    for name in NETS:
        p = probabilities(nets[name], rotate(np.repeat(six, len(ANGLES), axis=0), ANGLES))
        ranges[name]["six"] = np.round(p[:, 6], 4)
        ranges[name]["nine"] = np.round(p[:, 9], 4)
        ranges[name]["six-moved"] = np.round(probabilities(nets[name], shift(np.repeat(six, len(SHIFTS), axis=0), SHIFTS))[:, 6], 4)
    ranges["six-pixel"] = float(np.sqrt(((shift(six, 1) - six) ** 2).sum()))
    return nets, ranges


def right(net, x, y):
    return probabilities(net, x).argmax(axis=1) == y


def probabilities(net, x):
    W1, b1, W2, b2 = (np.array(net[key]) / 100 for key in ("W1", "b1", "W2", "b2"))
    return softmax(linear(np.maximum(linear(x.reshape(len(x), -1).astype(float), W1, b1), 0), W2, b2))


def claims(data):
    distances, features = data["distances"], data["convolution"]["features"]
    yield at_least("sideways-farther", "For practically every digit a move by one pixel sideways is longer than the way to another digit",
                   distances["sideways-farther"], 0.999)  # fmt: skip
    yield at_least("upward-farther", "For at least nine digits in ten the same holds up or down", distances["upward-farther"], 0.9)
    yield at_most("exact-invariance", "Without subsampling, position-averaged features do not change, up to rounding",
                  features["stride-1"]["1"], 1e-4)  # fmt: skip
    yield at_least("broken-invariance", "With a 2x2 pooling they change by at least 0.3 of the distance between two digits",
                   features["pooled"]["1"], 0.3)  # fmt: skip
    yield at_most("even-invariance", "Moved by two pixels, they do not change with the pooling either, up to rounding",
                  features["pooled"]["2"], 1e-4)  # fmt: skip
    yield at_most("noise-is-ridge", "The weights from noisy copies differ from those of ridge regression by at most 0.01",
                  data["noise"]["off"], 0.01)  # fmt: skip

    at_100 = data["policies"]
    gain = {name: entry["gain"]["mean"] for name, entry in at_100.items()}
    moved = {name: entry["moved"]["mean"] for name, entry in at_100.items()}
    yield at_least("shift-moved", "Shifts in training gain at least 35 points on moved test images", moved["shift"] - moved["none"], 0.35)
    yield at_most("shift-clean", "Shifts in training gain at most one point on test images as they are", gain["shift"], 0.01)
    yield at_least("affine-gains", "Small affine maps gain at least half a point on test images as they are", gain["affine"], 0.005)
    yield at_least("noise-gains", "Noise gains at least half a point on test images as they are", gain["noise"], 0.005)
    yield at_most("noise-moved", "Noise gains at most eight points on moved test images", moved["noise"] - moved["none"], 0.08)
    yield at_most("flip-costs", "Mirroring costs at least one point", gain["flip"], -0.01)
    yield at_most("cutout-no-gain", "Cutout gains nothing", gain["cutout"], 0.0)
    yield between("mixup-flat", "mixup changes the accuracy by at most three points", gain["mixup"], -0.03, 0.03)
    yield at_most("turn-costs", "Turning by any angle costs at least five points", gain["turn"], -0.05)
    yield at_least("turn-learned", "Yet the network trained on any turn has learned its turned training images",
                   at_100["turn"]["training"]["mean"], 0.97)  # fmt: skip
    yield at_least("confused", "With any turn at least 4% of the sixes are read as nines", data["turned"]["turn"]["six-as-nine"], 0.04)
    yield at_most("not-confused", "With any other policy at most one six in a hundred is",
                  max(found["six-as-nine"] for name, found in data["turned"].items() if name != "turn"), 0.01)  # fmt: skip
    short = data["short"]
    yield at_most("short-no-gain", "In a short training small affine maps gain at most half a point",
                  short["affine"]["gain"]["mean"], 0.005)  # fmt: skip
    yield at_most("plain-done", "The short training costs the plain network at most one point",
                  abs(at_100["none"]["clean"]["mean"] - short["none"]["clean"]["mean"]), 0.01)  # fmt: skip

    sizes = data["sizes"]
    yield at_most("points-shrink", "The gain at 1,000 images is at most 0.7 times that at 50",
                  sizes["gain"]["1000"]["clean"]["mean"] / sizes["gain"]["50"]["clean"]["mean"], 0.7)  # fmt: skip
    yield at_least("errors-stay", "At every size augmentation removes at least 15% of the errors", min(sizes["removed"].values()), 0.15)
    yield at_least("moved-everywhere", "On moved test images the gain is at least 20 points at every size",
                   min(sizes["gain"][str(n)]["moved"]["mean"] for n in sizes["n"]), 0.2)  # fmt: skip
    yield at_least("training-below-test", "At 1,000 images augmented training images are read at least one point worse than test images",
                   sizes["affine"]["1000"]["clean"]["mean"] - sizes["affine"]["1000"]["training"]["mean"], 0.01)  # fmt: skip

    copies = data["copies"]
    yield between("worth", "Endless views of 100 digits are worth between 110 and 200 different digits", copies["worth"], 110, 200)
    yield at_least("copies-behind", "3,000 views of 100 digits are at least two points behind 300 different digits",
                   copies["real-at"]["300"] - copies["stored-at"]["3000"], 0.02)  # fmt: skip
    yield between("stored-enough", "3,000 stored views and fresh views differ by at most two points",
                  copies["fresh"]["mean"] - copies["stored-at"]["3000"], -0.02, 0.02)  # fmt: skip
    convolution = data["convolution"]
    yield at_least("convolution-shift", "Shifts in training gain the convolutional network at least 15 points on moved test images",
                   convolution["shift"]["moved"]["mean"] - convolution["none"]["moved"]["mean"], 0.15)  # fmt: skip

    found, right_angle = data["range"], data["range"]["angles"].index(90)
    yield at_least("turn-holds", "The explorable's network for any turn reads at least 75% of the test images at every angle",
                   min(found["turn"]["turned"]), 0.75)  # fmt: skip
    yield at_least("six-everywhere", "It gives the 6 shown at least 0.4 at every angle", min(found["turn"]["six"]), 0.4)
    yield at_most("plain-falls", "The plain one reads at most 20% of those turned by 90 degrees", found["none"]["turned"][right_angle], 0.2)
    within = [a for a, angle in zip(found["small"]["turned"], found["angles"], strict=True) if abs(angle) <= 15]
    yield at_least("small-holds", "The one for small moves reads at least 90% up to 15 degrees", min(within), 0.9)


def figures(data):
    yield "range", draw_range(data["range"], data["nets"]["shown"][0])
    yield "copies", draw_copies(data["copies"])
    yield "policies", draw_policies(data["policies"])
    yield "sizes", draw_sizes(data["sizes"])


def draw_range(found, six):
    figure, axes = new_figure(aspect=0.72)
    pixels = np.array(six["pixels"]).reshape(1, 1, 8, 8) / 16
    for angle in (-180, -90, 0, 90, 180):
        inset = axes.inset_axes([angle - 26, 1.09, 52, 0.38], transform=axes.transData)
        inset.imshow(rotate(pixels, angle)[0, 0], cmap=sequential("ink"), vmin=0, vmax=1)
        inset.set(xticks=[], yticks=[])
        inset.grid(False)
    for name, lane, reach in (("none", -0.06, 2), ("small", -0.12, 15), ("turn", -0.18, 180)):
        axes.plot(found["angles"], found[name]["six"], color=color(draw_role(name)))
        axes.plot([-reach, reach], [lane, lane], color=color(draw_role(name)), linewidth=5, solid_capstyle="butt")
    for name, text, x, y, ha in (
        ("none", "no augmentation", 50, 1.0, "left"), ("small", "small moves", 62, 0.3, "left"), ("turn", "any turn", -90, 0.62, "right"),
    ):  # fmt: skip
        direct_label(axes, x, y, text, draw_role(name), dx=0, ha=ha)
    direct_label(axes, 22, -0.09, "what each was shown", "muted", dx=0)
    axes.set(xlim=(-208, 208), ylim=(-0.22, 1.49), xticks=[-180, -90, 0, 90, 180], yticks=[0, 0.5, 1])
    axes.set(xlabel="turn, degrees", ylabel="probability of a 6")
    return figure


def draw_role(name):
    return {"none": "grey", "small": "blue", "affine": "blue", "turn": "orange", "flip": "orange"}.get(name, "blue")


def draw_copies(found):
    figure, axes = new_figure(aspect=0.6)
    for name, role in (("real", "green"), ("stored", "blue")):
        n, mean, sd = (np.array(found[name][key]) for key in ("n", "mean", "sd"))
        axes.fill_between(n, mean - sd, mean + sd, color=color(role), alpha=0.16, linewidth=0)
        axes.plot(n, mean, color=color(role), marker="o")
    axes.axhline(found["fresh"]["mean"], color=color("blue"), linewidth=1.2, linestyle=(0, (4, 3)))
    direct_label(axes, 330, found["real-at"]["300"], "different digits", "green", dx=-10, dy=12, ha="right")
    direct_label(axes, 3000, found["stored"]["mean"][-1], "stored views of 100 digits", "blue", dx=0, dy=-34, ha="right")
    direct_label(axes, 3000, found["fresh"]["mean"], "fresh views of 100 digits", "blue", dx=0, dy=10, ha="right")
    axes.plot([found["worth"]], [found["fresh"]["mean"]], "o", color=color("ink"), markersize=8, markerfacecolor="none", markeredgewidth=2)
    ticks = [100, 200, 500, 1000, 3000]
    axes.set(xscale="log", xticks=ticks, xticklabels=[f"{tick:,}" for tick in ticks])
    axes.set(xlabel="images in the training set", ylabel="test accuracy")
    axes.minorticks_off()
    return figure


def draw_policies(policies):
    figure, axes = new_figure(aspect=0.62, columns=2, sharey=True)
    names = {
        "none": "nothing", "affine": "small affine", "shift": "shift, 1 px", "noise": "noise, 0.2", "cutout": "3×3 hole",
        "mixup": "mixup", "flip": "mirror", "turn": "any turn",
    }  # fmt: skip
    for ax, test in zip(axes, ("clean", "moved"), strict=True):
        for place, name in enumerate(names):
            found = policies[name][test]
            ax.plot(found["values"], np.full(len(found["values"]), place), "o", color=color(draw_role(name)), markersize=4, alpha=0.5)
            ax.plot(found["mean"], place, "|", color=color(draw_role(name)), markersize=18, markeredgewidth=3)
        ax.axvline(policies["none"][test]["mean"], color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
        ax.set_xlabel({"clean": "accuracy,\ntest images as they are", "moved": "accuracy,\nmoved by 1 pixel"}[test])
    axes[0].set(yticks=range(len(names)), yticklabels=list(names.values()), ylim=(len(names) - 0.5, -0.5))
    return figure


def draw_sizes(sizes):
    figure, axes = new_figure(aspect=0.6)
    for name in ("none", "affine"):
        for test, line in (("clean", "-"), ("moved", (0, (5, 3)))):
            mean = np.array([sizes[name][str(n)][test]["mean"] for n in sizes["n"]])
            sd = np.array([sizes[name][str(n)][test]["sd"] for n in sizes["n"]])
            axes.fill_between(sizes["n"], mean - sd, mean + sd, color=color(draw_role(name)), alpha=0.16, linewidth=0)
            axes.plot(sizes["n"], mean, color=color(draw_role(name)), marker="o", linestyle=line)
    for name, test, n, text, dy in (
        ("affine", "clean", "50", "augmented", 26), ("none", "clean", "50", "plain", -15),
        ("affine", "moved", "300", "augmented, test moved 1 px", -26), ("none", "moved", "300", "plain, test moved 1 px", -26),
    ):  # fmt: skip
        direct_label(axes, int(n), sizes[name][n][test]["mean"], text, draw_role(name), dx=0, dy=dy, ha="left" if n == "50" else "center")
    axes.set(xscale="log", xticks=sizes["n"], xticklabels=[f"{n:,}" for n in sizes["n"]], ylim=(0.25, 1))
    axes.set(xlabel="training images", ylabel="test accuracy")
    axes.minorticks_off()
    return figure
