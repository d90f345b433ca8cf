"""What label smoothing does to the logits, the accuracy and the confidence of small networks, on three kinds of digits."""

import warnings
from itertools import combinations

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
                     "hidden": HIDDEN, "noise": PIXEL_NOISE, "wrong": WRONG, "epsilons": EPSILONS},
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
    true = train[1]
    if task == "mislabeled":
        wrong = rng.random(len(train[1])) < WRONG
        train = train[0], np.where(wrong, (train[1] + rng.integers(1, CLASSES, len(train[1]))) % CLASSES, train[1])
    return train, validation, test, true


def train_and_test(task, eps, split):
    (x, y), (x_val, y_val), (x_test, y_test), true = load(task, split)
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
    learned, wrong = z.argmax(axis=1) == y, y != true
    by_epoch.append(found.mean())
    return {
        **quality(z_test, y_test, temperature, eps),
        "test": len(y_test), "gaps": found, "gap": found.mean(), "gap-sd": found.std(), "gap-by-epoch": by_epoch,
        "train-loss": float(cross_entropy(z, y, label_smoothing=eps)), "train-accuracy": learned.mean(),
        "wrong-learned": learned[wrong].mean() if wrong.any() else 0.0, "right-learned": learned[~wrong].mean(),
        "gap-odds": odds_gap(z, y), "others-sd": others_spread(z_test, y_test),
        "clustering": clustering(hidden_of(model, x), y), "clustering-plane": clustering_in_planes(model, x, y),
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
           "gap", "gap-sd", "train-loss", "train-accuracy", "wrong-learned", "right-learned", "gap-odds", "others-sd", "clustering",
           "clustering-plane"]  # fmt: skip


def summary(found):
    return {name: mean_and_sd([one[name] for one in found]) for name in NUMBERS}


def paired(by_eps):
    """Differences from hard labels on the same split, weights and batches."""
    return {
        name: {number: mean_and_sd([a[number] - b[number] for a, b in zip(found, by_eps["0-0"], strict=True)])
               for number in ("accuracy", "auroc", "nll-tempered", "wrong-learned", "right-learned")}
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


def plane_through(model, classes):
    """Two orthonormal directions that span the plane through three classes' output weights."""
    a, b, c = (model.layers[2].weight.data[k].astype(np.float64) for k in classes)
    plane = np.linalg.qr(np.stack([b - a, c - a], axis=1))[0]
    return plane * np.sign([plane[:, 0] @ (b - a), plane[:, 1] @ (c - a)])


def projection(model, x, y):
    """Activations before the last layer, seen in the plane of three classes."""
    h = hidden_of(model, x) @ plane_through(model, SHOWN_CLASSES)
    return [np.round(h[y == k][:SHOWN], 3) for k in SHOWN_CLASSES]


def clustering_in_planes(model, x, y):
    """The same ratio in the plane of each three classes, for the images of these three; the mean over all planes."""
    h, found = hidden_of(model, x), []
    for three in combinations(range(CLASSES), 3):
        chosen = np.isin(y, three)
        seen, labels = h[chosen] @ plane_through(model, three), y[chosen]
        means = np.stack([seen[labels == c].mean(axis=0) for c in three])
        own = means[np.searchsorted(three, labels)]
        found.append(((seen - own) ** 2).sum() / ((own - seen.mean(axis=0)) ** 2).sum())
    return float(np.mean(found))


def geometry(clean):
    return {"classes": SHOWN_CLASSES, "points": {name: clean[name][0]["projection"] for name in ("0-0", "0-1")}}


# ---- what the page says ----


def claims(data):
    clean, noisy, wrong = (data["tasks"][task] for task in TASKS)
    paired_clean, paired_noisy, paired_wrong = (data["paired"][task] for task in TASKS)
    by_formula = data["theory"]["gap"]["10"]
    ratio = lambda of, number, a, b: of[a][number]["mean"] / of[b][number]["mean"]
    yield at_most("pinned", "On clean digits the mean training gap ends within 0.7 of the formula at every eps above 0",
                  max(abs(clean[eps]["gap"]["mean"] - by_formula[eps]) for eps in by_formula), 0.7)  # fmt: skip
    yield at_most("narrow", "At eps = 0.1 the training gaps spread at most 0.4 times as far as with hard labels",
                  ratio(clean, "gap-sd", "0-1", "0-0"), 0.4)  # fmt: skip
    yield at_least("runs-away", "With hard labels the mean gap grows by at least 2 in the second half of training",
                   data["run"]["0-0"][-1] - data["run"]["0-0"][len(data["run"]["0-0"]) // 2], 2)  # fmt: skip
    yield at_most("stops", "At eps = 0.1 the mean gap moves by at most 0.1 in the second half of training",
                  abs(data["run"]["0-1"][-1] - data["run"]["0-1"][len(data["run"]["0-1"]) // 2]), 0.1)  # fmt: skip
    yield between("near-floor", "At eps = 0.1 the training loss on clean digits ends 1 to 1.3 times as high as its floor",
                  clean["0-1"]["train-loss"]["mean"] / data["theory"]["floor"]["10"]["0-1"], 1, 1.3)  # fmt: skip
    yield at_least("clean-accuracy", "On clean digits eps = 0.1 gains at least 0.1 points of accuracy over hard labels",
                   paired_clean["0-1"]["accuracy"]["mean"], 0.001)  # fmt: skip
    yield at_least("clean-ece", "On clean digits eps = 0.1 has at least four times the calibration error of hard labels",
                   ratio(clean, "ece", "0-1", "0-0"), 4)  # fmt: skip
    yield at_least("too-modest", "On clean digits eps = 0.1 ends at least 0.04 below the confidence it asks for",
                   data["theory"]["confidence"]["0-1"] - clean["0-1"]["confidence"]["mean"], 0.04)  # fmt: skip
    yield at_most("noisy-ece", "On noisy digits eps = 0.05 has at most half the calibration error of hard labels",
                  ratio(noisy, "ece", "0-05", "0-0"), 0.5)  # fmt: skip
    yield between("noisy-ece-back", "On noisy digits eps = 0.2 has a calibration error close to that of hard labels",
                  ratio(noisy, "ece", "0-2", "0-0"), 0.8, 1.4)  # fmt: skip
    yield at_least("noisy-ece-worse", "On noisy digits eps = 0.4 has at least 1.5 times the calibration error of hard labels",
                   ratio(noisy, "ece", "0-4", "0-0"), 1.5)  # fmt: skip
    yield at_most("noisy-accuracy", "On noisy digits no eps moves the mean accuracy by more than 2 points",
                  max(abs(one["accuracy"]["mean"]) for one in paired_noisy.values()), 0.02)  # fmt: skip
    yield at_least("noisy-tempered", "On noisy digits every eps has a log loss 0.02 or more above hard labels, all with a temperature",
                   min(one["nll-tempered"]["mean"] for one in paired_noisy.values()), 0.02)  # fmt: skip
    yield at_most("temperature-repairs", "On noisy digits hard labels and a temperature have a calibration error of at most 0.06",
                  noisy["0-0"]["ece-tempered"]["mean"], 0.06)  # fmt: skip
    yield at_least("wrong-accuracy", "With wrong labels eps = 0.4 gains at least 1 point of accuracy over hard labels",
                   paired_wrong["0-4"]["accuracy"]["mean"], 0.01)  # fmt: skip
    yield at_most("wrong-tempered", "With wrong labels eps = 0.1 has the lower log loss of the two with a temperature, by at least 0.01",
                  paired_wrong["0-1"]["nll-tempered"]["mean"], -0.01)  # fmt: skip
    yield at_least("wrong-ece", "With wrong labels hard targets already leave a calibration error of at least 0.15",
                   wrong["0-0"]["ece"]["mean"], 0.15)  # fmt: skip
    yield at_least("wrong-fit", "With wrong labels eps = 0.4 learns at least half a point more of the wrong ones",
                   paired_wrong["0-4"]["wrong-learned"]["mean"], 0.005)  # fmt: skip
    yield at_least("right-fit", "With wrong labels eps = 0.4 learns at least half a point more of the right ones",
                   paired_wrong["0-4"]["right-learned"]["mean"], 0.005)  # fmt: skip
    yield at_least("clean-auroc", "On clean digits eps = 0.1 separates right from wrong answers better, by at least 0.005 of AUC",
                   paired_clean["0-1"]["auroc"]["mean"], 0.005)  # fmt: skip
    yield at_most("noisy-auroc", "On noisy digits no eps moves that AUC by more than 0.03",
                  max(abs(one["auroc"]["mean"]) for one in paired_noisy.values()), 0.03)  # fmt: skip
    yield at_most("others-alike", "On clean digits wrong logits differ at eps = 0.1 at most 0.8 times as much, in units of the gap",
                  ratio(clean, "others-sd", "0-1", "0-0"), 0.8)  # fmt: skip
    yield at_least("clusters", "The hidden layer's clusters are no tighter at eps = 0.1 than with hard labels",
                   ratio(clean, "clustering", "0-1", "0-0"), 1)  # fmt: skip
    yield at_most("plane-tighter", "In the planes of three classes they are at most 0.85 times as wide",
                  ratio(clean, "clustering-plane", "0-1", "0-0"), 0.85)  # fmt: skip
    yield at_least("undone", "On clean digits undoing the mixture leaves at least twice the calibration error that a temperature leaves",
                   clean["0-1"]["ece-undone"]["mean"] / clean["0-1"]["ece-tempered"]["mean"], 2)  # fmt: skip


ROLES = {"0-0": "grey", "0-05": "sky", "0-1": "blue", "0-2": "purple", "0-4": "orange"}


def figures(data):
    yield "pulls", draw_pulls(data)
    yield "gaps", draw_gaps(data)
    yield "confidence", draw_confidence(data["tasks"])
    yield "plane", draw_plane(data["geometry"])


def label_of(name):
    return "0" if name == "0-0" else name.replace("-", ".")


def draw_pulls(data):
    figure, axes = new_figure(aspect=0.62)
    gaps = data["pulls"]["gap"]
    axes.plot(gaps, data["pulls"]["out"], color=color("blue"), linewidth=2.5)
    direct_label(axes, gaps[40], data["pulls"]["out"][40], "the label pulls\nthe gap open", "blue", dx=8, dy=14)
    for name, back in data["theory"]["back"].items():
        if back:
            axes.axhline(back, color=color("orange"), linewidth=1.6)
            direct_label(axes, 14, back, rf"$\epsilon$ = {label_of(name)}", "orange", dx=5, fontsize=11.5)
            axes.plot(data["tasks"]["clean"][name]["gap"]["mean"], back, "o", color=color("ink"), markersize=8)
    direct_label(axes, 0, data["theory"]["back"]["0-05"], "smoothing\npulls it shut", "orange", dx=4, dy=-20)
    last = data["run"]["0-0"][-1]
    axes.plot(last, 9 / (9 + np.exp(last)), ">", color=color("grey"), markersize=9)
    direct_label(axes, last, 9 / (9 + np.exp(last)), "hard labels", "grey", dx=-8, dy=-6, ha="right")
    axes.set(yscale="log", ylim=(2e-5, 1.6), xlim=(0, 14), xlabel="gap: logit of the true class − each other", ylabel="pull on the gap")
    return figure


def draw_gaps(data):
    figure, rows = new_figure(aspect=0.85, rows=5, sharex=True)
    edges = np.array(data["histogram"]["edges"])
    for axes, (name, shares) in zip(rows, data["histogram"]["share"].items(), strict=True):
        axes.bar(edges[:-1], shares, width=np.diff(edges), align="edge", color=color(ROLES[name]))
        axes.set(yticks=[], xlim=(0, 22), xticks=range(0, 21, 5))
        axes.grid(False)
        axes.spines["left"].set_visible(False)
        axes.text(0.99, 0.55, rf"$\epsilon$ = {label_of(name)}", color=color(ROLES[name]), ha="right", transform=axes.transAxes)
        if name != "0-0":
            axes.axvline(data["theory"]["gap"]["10"][name], color=color("ink"), linewidth=1.5, linestyle="--")
    rows[-1].set(xlabel="logit of the label − mean of the others, training images")
    return figure


def draw_confidence(tasks):
    figure, panels = new_figure(aspect=0.62, columns=2, sharey=True)
    for axes, task, title in zip(panels, ("clean", "noisy"), ("clean digits", "noisy digits"), strict=True):
        at = np.arange(len(EPSILONS))
        for number, role in (("accuracy", "green"), ("confidence", "orange")):
            found = [tasks[task][key(eps)][number] for eps in EPSILONS]
            means, sds = (np.array([one[part] for one in found]) for part in ("mean", "sd"))
            axes.fill_between(at, means - sds, means + sds, color=color(role), alpha=0.2)
            axes.plot(at, means, color=color(role), marker="o")
            if number == "accuracy":
                direct_label(axes, at[-1], means[-1], number, role, dx=4, dy=-14 if task == "clean" else 14, ha="right")
            else:
                direct_label(axes, at[2], means[2], number, role, dx=-4, dy=-11, ha="right")
        axes.set(xticks=at, xticklabels=[f"{eps:g}" for eps in EPSILONS], ylim=(0.35, 1.02), xlabel=r"smoothing $\epsilon$")
        axes.text(0.03, 0.03, title, transform=axes.transAxes, color=color("muted"))
    return figure


def draw_plane(geometry):
    figure, panels = new_figure(aspect=0.55, columns=2)
    for axes, clouds, title in zip(panels, geometry["points"].values(), ("hard labels", r"$\epsilon$ = 0.1"), strict=True):
        middle = np.mean([np.mean(cloud, axis=0) for cloud in clouds], axis=0)
        for cloud, digit, role in zip(clouds, geometry["classes"], ("blue", "orange", "green"), strict=True):
            cloud = np.array(cloud)
            axes.plot(*cloud.T, "o", color=color(role), markersize=4, alpha=0.7)
            outward = cloud.mean(axis=0) - middle
            at = cloud.mean(axis=0) + outward / np.linalg.norm(outward) * 3.4 * cloud.std(axis=0).mean()
            direct_label(axes, *at, str(digit), role, dx=0, fontsize=20, ha="center")
        axes.set(xlabel=title, xticks=[], yticks=[])
        axes.margins(0.16)
        axes.set_aspect("equal", adjustable="datalim")
    return figure
