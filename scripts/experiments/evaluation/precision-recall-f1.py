"""Where F1 has its best threshold, what prevalence does to it, and what thresholds chosen on validation data are worth."""

import math
from statistics import NormalDist

import numpy as np

from book.claims import at_least, at_most
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    Adam,
    Linear,
    Tensor,
    binary_cross_entropy_with_logits,
    confusion_matrix,
    cross_entropy,
    digits,
    precision_recall_curve,
    precision_recall_fscore_support,
    train_val_test_split,
)

# Trained in single precision: another machine rounds differently, and one image more or less changes a ratio.
TOLERANCE = {
    "eights": 0.3, "eights.linear.promised-minus-validation": None, "eights.network.promised-minus-validation": None,
    "multi": 0.05, "multi.difference": 0.6,
    "held-out": 0.3, "held-out.logits": None, "held-out.true": None, "held-out.images": None,
}  # fmt: skip

NORMAL = NormalDist()
SEPARATION = 2.0  # distance of the class means in standard deviations
PREVALENCES = [0.5, 0.1, 0.01, 0.001]
EXAMPLES, SEEDS = 100_000, 10
SHARPENED = 3  # what the calibrated logits are multiplied by in the control
EIGHT, RUNS = 8, 20
TRAIN = 900
NOISE_SD = 0.3  # the digits of question 41
GRAYS = 15  # steps between paper and ink, so that the images shown are exactly those the model saw
STEPS, RATE = 400, 0.01
MULTI_STEPS, MULTI_RUNS = 300, 5
FOLDS, FOLD_SIZE, REPETITIONS = 10, 200, 2000


def run(rng):
    exact = {key(share): best_in_theory(share) for share in PREVALENCES}
    runs = [eights(rng) for _ in range(RUNS)]
    return {
        "seeds": SEEDS,
        "settings": {"examples": EXAMPLES},
        "worked": worked_examples(),
        "exact": exact,
        "most-steps": max(one["steps"] for one in exact.values()),
        "sampled": {key(share): sampled(rng, share) for share in PREVALENCES},
        "control": control(rng),
        "curves": curves(),
        "eights": {"runs": RUNS, "train": TRAIN, "noise": NOISE_SD, "steps": STEPS, "rate": RATE, **policies(runs)},
        "multi": multi_class(rng),
        "folds": folds(rng, exact["0-01"]["logit"]),
        "held-out": held_out(runs[0]),
    }


def key(number):
    return f"{number:g}".replace(".", "-")


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


# ---- scores whose probabilities are known: negatives standard normal, positives moved up ----


def posterior_logit(score, prevalence):
    return SEPARATION * score - SEPARATION**2 / 2 + math.log(prevalence / (1 - prevalence))


def at_logit(logit, prevalence):
    """Precision, recall and F1 of calling all whose probability has at least this logit."""
    score = (logit - posterior_logit(0, prevalence)) / SEPARATION
    recall, false = 1 - NORMAL.cdf(score - SEPARATION), 1 - NORMAL.cdf(score)
    called = prevalence * recall + (1 - prevalence) * false
    return prevalence * recall / called if called else 1.0, recall, 2 * prevalence * recall / (prevalence + called)


def best_in_theory(prevalence):
    """The fixed point of `threshold = F1 / 2`, from 0.5 on, and the maximum of F1 found by trying all thresholds."""
    threshold, path = 0.5, []
    while not path or abs(path[-1] / 2 - threshold) > 1e-6:
        if path:
            threshold = path[-1] / 2
        path.append(at_logit(math.log(threshold / (1 - threshold)), prevalence)[2])
    grid = np.linspace(0.001, 0.999, 9981)
    f1 = [at_logit(math.log(t / (1 - t)), prevalence)[2] for t in grid]
    low, high = -30.0, 30.0  # logits; recall falls with the logit
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if at_logit(middle, prevalence)[1] > 0.8 else (low, middle)
    logit = math.log(threshold / (1 - threshold))
    precision, recall, _ = at_logit(logit, prevalence)
    return {
        "f1": path[-1], "threshold": threshold, "logit": logit, "steps": len(path) - 1, "precision": precision, "recall": recall,
        "by-search": {"threshold": grid[np.argmax(f1)], "f1": max(f1)}, "at-half": at_logit(0.0, prevalence)[2],
        "all-positive": 2 * prevalence / (1 + prevalence), "precision-at-80": at_logit(low, prevalence)[0],
    }  # fmt: skip


def draw_scores(rng, prevalence, n):
    labels = np.arange(n) < round(prevalence * n)
    return labels, posterior_logit(rng.standard_normal(n) + SEPARATION * labels, prevalence)


def best_f1(labels, logits):
    """The largest F1 over all thresholds, and the probability of the last example called."""
    order = np.argsort(-logits)
    right = np.cumsum(labels[order])
    f1 = 2 * right / (labels.sum() + np.arange(1, len(labels) + 1))
    return float(f1.max()), float(sigmoid(logits[order][np.argmax(f1)]))


def sampled(rng, prevalence):
    found = np.array([best_f1(*draw_scores(rng, prevalence, EXAMPLES)) for _ in range(SEEDS)])
    return {"f1": mean_and_sd(found[:, 0]), "threshold": mean_and_sd(found[:, 1]), "least": found[:, 1].min(), "most": found[:, 1].max()}


def control(rng, prevalence=0.1):
    """The same ranking with logits that are too large: F1 stays, its threshold moves."""
    found = []
    for _ in range(SEEDS):
        labels, logits = draw_scores(rng, prevalence, EXAMPLES)
        sharp = SHARPENED * logits
        promised = expected_threshold(sigmoid(sharp))
        found.append([*best_f1(labels, sharp), promised, f1_at(labels, sharp, promised)])
    names = ("f1", "threshold", "promised-threshold", "f1-at-promised")
    result = {name: mean_and_sd(values) for name, values in zip(names, np.array(found).T, strict=True)}
    moved = float(sigmoid(SHARPENED * best_in_theory(prevalence)["logit"]))
    return {"factor": SHARPENED, "exact": moved, "promised-f1": 2 * result["promised-threshold"]["mean"], **result}


def curves():
    """Exact curves for the figures."""
    result = {}
    for prevalence in PREVALENCES:
        thresholds = np.r_[np.geomspace(1e-4, 0.02, 16)[:-1], np.linspace(0.02, 0.98, 65), 1 - np.geomspace(0.001, 0.02, 5)[::-1]]
        points = np.array([at_logit(math.log(t / (1 - t)), prevalence) for t in thresholds])
        along = np.linspace(posterior_logit(-1.5, prevalence), posterior_logit(4.2, prevalence), 60)
        line = np.array([at_logit(z, prevalence)[:2] for z in along])
        result[key(prevalence)] = {
            "threshold": np.round(thresholds, 5), "f1": np.round(points[:, 2], 5),
            "precision": np.round(line[:, 0], 4), "recall": np.round(line[:, 1], 4),
        }  # fmt: skip
    sharp = np.linspace(0.002, 0.98, 80)
    result["sharpened"] = {
        "threshold": np.round(sharp, 4),
        "f1": np.round([at_logit(math.log(t / (1 - t)) / SHARPENED, 0.1)[2] for t in sharp], 5),
    }
    return result


def folds(rng, logit, prevalence=0.01):
    """F1 of all folds pooled, and the mean of the folds' own F1, with one fixed threshold."""
    n = FOLDS * FOLD_SIZE
    pooled, means, empty = [], [], 0
    for _ in range(REPETITIONS):
        labels, logits = draw_scores(rng, prevalence, n)
        order = rng.permutation(n)
        truth, called = labels[order].reshape(FOLDS, -1), (logits[order] >= logit).reshape(FOLDS, -1)
        right, size = (truth & called).sum(axis=1), truth.sum(axis=1) + called.sum(axis=1)
        pooled.append(2 * right.sum() / size.sum())
        each = np.divide(2 * right, size, out=np.zeros(FOLDS), where=size > 0)
        means.append(each.mean())
        empty += np.sum(size == 0)
    return {
        "folds": FOLDS, "size": FOLD_SIZE, "repetitions": REPETITIONS, "positives": round(prevalence * FOLD_SIZE),
        "pooled": mean_and_sd(pooled), "mean-of-folds": mean_and_sd(means), "empty": empty / (FOLDS * REPETITIONS),
    }  # fmt: skip


# ---- eight against the rest ----


def noisy_digits(rng):
    pictures, labels = digits()
    noisy = pictures.reshape(-1, 64) + NOISE_SD * rng.standard_normal((len(labels), 64))
    return (np.round(np.clip(noisy, 0, 1) * GRAYS) / GRAYS).astype(np.float32), labels


def eights(rng):
    """Logits of a linear model and of a network for validation and test images."""
    images, labels = noisy_digits(rng)
    share = TRAIN / len(labels)
    parts = train_val_test_split(images, labels, fractions=(share, (1 - share) / 2, (1 - share) / 2), rng=rng)
    (x, y), (x_val, y_val), (x_test, y_test) = parts
    result = {"validation": {"true": y_val == EIGHT, "images": x_val}, "test": {"true": y_test == EIGHT, "images": x_test}}
    for name, model in (("linear", Linear(64, 1, rng=rng)), ("network", MLP([64, 32, 1], rng=rng))):
        optimizer = Adam(model.parameters(), lr=RATE)
        target = (y == EIGHT).astype(np.float32)
        for _ in range(STEPS):
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(model(Tensor(x)).reshape(-1), target).backward()
            optimizer.step()
        for part, inputs in (("validation", x_val), ("test", x_test)):
            result[part][name] = model(Tensor(inputs)).data.reshape(-1).astype(np.float64)
    return result


def f1_at(true, logits, threshold):
    called = sigmoid(logits) >= threshold
    return 2 * np.sum(true & called) / (true.sum() + called.sum())


def expected_threshold(probabilities):
    """Half the best F1 that the probabilities themselves promise; needs no labels."""
    threshold = 0.5
    for _ in range(100):
        called = probabilities >= threshold
        new = np.sum(probabilities[called]) / (np.sum(probabilities) + np.sum(called))
        if new == threshold:
            break
        threshold = new
    return float(threshold)


def policies(runs):
    """F1 on the test images at 0.5, at the threshold that is best on validation, at half the promised F1, and at the test's own best."""
    result = {"positives": mean_and_sd([one["test"]["true"].sum() for one in runs]), "test": len(runs[0]["test"]["true"])}
    for name in ("linear", "network"):
        thresholds = {policy: [] for policy in ("half", "validation", "promised", "test-best")}
        for one in runs:
            (val_true, val), (true, test) = ((one[part]["true"], one[part][name]) for part in ("validation", "test"))
            thresholds["half"].append(0.5)
            thresholds["validation"].append(best_f1(val_true, val)[1])
            thresholds["promised"].append(expected_threshold(sigmoid(val)))
            thresholds["test-best"].append(best_f1(true, test)[1])
        f1 = {
            policy: np.array([f1_at(one["test"]["true"], one["test"][name], t) for one, t in zip(runs, chosen, strict=True)])
            for policy, chosen in thresholds.items()
        }
        true, logits = (np.concatenate([one["test"][what] for one in runs]) for what in ("true", name))
        best, at = best_f1(true, logits)
        result[name] = {
            **{policy: {"threshold": mean_and_sd(thresholds[policy]), "f1": mean_and_sd(f1[policy])} for policy in thresholds},
            "pooled": {"f1": best, "threshold": at, "half": best / 2, "at-half": f1_at(true, logits, best / 2)},
            "promised-f1": mean_and_sd(2 * np.array(thresholds["promised"])),
            "optimism": mean_and_sd(f1["test-best"] - f1["validation"]),
            "promised-minus-validation": mean_and_sd(f1["promised"] - f1["validation"]),
        }
    share = result["positives"]["mean"] / result["test"]
    return result | {"prevalence": share, "all-positive": 2 * share / (1 + share)}


def held_out(one):
    """Validation and test images of the first run for the explorable, the linear model's most certain eights first."""
    true, logits = (np.concatenate([one[part][what] for part in ("validation", "test")]) for what in ("true", "linear"))
    images, logits = np.concatenate([one["validation"]["images"], one["test"]["images"]]), np.round(logits, 2)
    order = np.argsort(-logits, kind="stable")
    precision, recall, thresholds = (values[::-1] for values in precision_recall_curve(true.astype(int), logits))
    precision, recall = precision[1:], recall[1:]  # from the highest threshold down
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1))
    return {
        "true": true[order].astype(int), "logits": logits[order],
        "images": ["".join(f"{round(float(pixel) * GRAYS):x}" for pixel in images[i]) for i in order],
        "eights": int(true.sum()), "others": int((~true).sum()),
        "start": at_threshold(true, logits, 0.0), "lower": at_threshold(true, logits, -1.0),
        "best": {
            "f1": f1[best], "logit": thresholds[best], "threshold": float(sigmoid(thresholds[best])),
            "precision": precision[best], "recall": recall[best],
        },
        "steps": {
            "all": len(precision) - 1,
            "precision-rises": int((np.diff(precision) > 0).sum()),
            "recall-falls": int((np.diff(recall) < 0).sum()),
        },
    }  # fmt: skip


def at_threshold(true, logits, logit):
    called = logits >= logit
    tp, fp, fn, tn = (int(np.sum(cell)) for cell in (true & called, ~true & called, true & ~called, ~true & ~called))
    return {
        "tp": tp, "fp": fp, "fn": fn, "tn": tn, "precision": tp / (tp + fp), "recall": tp / (tp + fn),
        "f1": f_beta(tp, fp, fn), "accuracy": (tp + tn) / len(true), "f1-of-others": f_beta(tn, fn, fp),
        "called": tp + fp, "weight-of-recall": (tp + fn) / (tp + fn + tp + fp),
    }  # fmt: skip


# ---- averages over classes ----


def both_macros(true, predicted):
    precision, recall, f1, support = precision_recall_fscore_support(true, predicted, zero_division=0)
    p, r = precision.mean(), recall.mean()
    return {"mean-of-f1": f1.mean(), "f1-of-means": 2 * p * r / (p + r), "weighted": f1 @ support / support.sum()}


def multi_class(rng):
    """The two macro F1s of softmax regression on all ten digits."""
    each = []
    for _ in range(MULTI_RUNS):
        images, labels = noisy_digits(rng)
        share = TRAIN / len(labels)
        (x, y), _, (x_test, y_test) = train_val_test_split(images, labels, fractions=(share, 0.0, 1 - share), rng=rng)
        model = Linear(64, 10, rng=rng)
        optimizer = Adam(model.parameters(), lr=RATE)
        for _ in range(MULTI_STEPS):
            optimizer.zero_grad()
            cross_entropy(model(Tensor(x)), y).backward()
            optimizer.step()
        each.append(both_macros(y_test, model(Tensor(x_test)).data.argmax(axis=1)))
    differences = [one["f1-of-means"] - one["mean-of-f1"] for one in each]
    return {
        "runs": MULTI_RUNS, "difference": mean_and_sd(differences),
        **{name: mean_and_sd([one[name] for one in each]) for name in ("mean-of-f1", "f1-of-means")},
    }  # fmt: skip


# ---- by hand ----


def f_beta(tp, fp, fn, beta=1.0):
    return (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)


def two_examples(p, q):
    """Expected F1 (0/0 as 0) of calling the first of two examples, and of calling both; and the ratios of expected counts."""
    chances = {(1, 1): p * q, (1, 0): p * (1 - q), (0, 1): (1 - p) * q}
    one = sum(chance * 2 * a / (a + b + 1) for (a, b), chance in chances.items())
    both = sum(chance * 2 * (a + b) / (a + b + 2) for (a, b), chance in chances.items())
    return {"one": one, "both": both, "ratio-one": 2 * p / (p + q + 1), "ratio-both": 2 * (p + q) / (p + q + 2)}


def worked_examples():
    true = np.array("cat cat cat cat cat cat dog dog dog dog fox fox".split())
    pred = np.array("cat cat cat cat dog fox dog dog dog cat fox dog".split())
    p, r, f, support = precision_recall_fscore_support(true, pred)
    micro = precision_recall_fscore_support(true, pred, average="micro")[2]
    lopsided = np.repeat([0, 1], [1000, 1]), np.repeat([0, 1], [1, 1000])  # of 1,000 cats one is called cat; the dog is called dog
    ious = {"a": np.array([0.9, 0.1]), "b": np.array([0.48, 0.48])}
    return {
        "animals": {"counts": confusion_matrix(true, pred), "precision": p, "recall": r, "f1": f, "support": support, "micro": micro, **{
            f"macro-{name}": value for name, value in both_macros(true, pred).items()}},
        "lopsided": both_macros(*lopsided),
        "harmonic": {"arithmetic": (1 + 0.01) / 2, "f1": 2 * 0.01 / 1.01},
        "filter": {
            "precision": 30 / 40, "recall": 30 / 60, "f1": f_beta(30, 10, 30), "arithmetic": (0.75 + 0.5) / 2,
            "f2": f_beta(30, 10, 30, 2), "f-half": f_beta(30, 10, 30, 0.5), "weight-of-recall": 60 / 100,
        },
        "images": {name: {"iou": j.mean(), "dice": (2 * j / (1 + j)).mean(), "each": 2 * j / (1 + j)} for name, j in ious.items()},
        "two": two_examples(0.3, 0.2),
        "constant-at-90": f_beta(90, 10, 0),
        "useless-at-10": f_beta(10, 90, 0),
        "between": {"linear": (1 + 0.1) / 2, "true": 7.5 / (7.5 + 45)},  # halfway from 5 of 5 to 10 of 100
        "quiz": {"threshold": 0.4 / 2, "beta-2": 0.5 / 5, "before": f_beta(40, 20, 40), "after": f_beta(40, 40, 40)},
    }  # fmt: skip


# ---- what the page says ----


def claims(data):
    exact, sample, digit, held = data["exact"], data["sampled"], data["eights"], data["held-out"]
    linear, network = digit["linear"], digit["network"]
    yield at_most("half-in-theory", "The best threshold found by search is half the best F1 within the search's step, at every prevalence",
                  max(abs(one["by-search"]["threshold"] - one["by-search"]["f1"] / 2) for one in exact.values()), 2e-4)  # fmt: skip
    yield at_most("few-steps", "From 0.5 on, halving F1 settles in at most eight steps", max(one["steps"] for one in exact.values()), 8)
    yield at_most("half-in-samples", "The mean of the best thresholds in samples is within 0.02 of half the exact F1",
                  max(abs(sample[k]["threshold"]["mean"] - exact[k]["f1"] / 2) for k in exact), 0.02)  # fmt: skip
    yield at_least("wanders", "At 1% positives the best thresholds of single samples spread over at least 0.03",
                   sample["0-01"]["most"] - sample["0-01"]["least"], 0.03)  # fmt: skip
    yield at_least("flattered", "At 0.1% positives the largest F1 of a sample exceeds the exact one on average by at least 2%",
                   sample["0-001"]["f1"]["mean"] / exact["0-001"]["f1"], 1.02)  # fmt: skip
    yield at_most("half-fails-rare", "At 0.1% positives the threshold 0.5 leaves at most a fifth of the best F1",
                  exact["0-001"]["at-half"] / exact["0-001"]["f1"], 0.2)  # fmt: skip
    yield at_most("same-f1-sharpened", "Larger logits keep the best F1 within 0.01",
                  abs(data["control"]["f1"]["mean"] - exact["0-1"]["f1"]), 0.01)  # fmt: skip
    yield at_most("moved-by-sharpening", "and move its threshold to at most 0.4 times where it was",
                  data["control"]["threshold"]["mean"] / exact["0-1"]["threshold"], 0.4)  # fmt: skip
    yield at_most("sharp-forgiven", "With sharpened logits the promised threshold still loses at most a tenth of the best F1",
                  1 - data["control"]["f1-at-promised"]["mean"] / data["control"]["f1"]["mean"], 0.1)  # fmt: skip
    yield at_least("half-costs", "On the digits 0.5 loses at least 0.05 of F1 against the validated threshold, for the linear model",
                   linear["validation"]["f1"]["mean"] - linear["half"]["f1"]["mean"], 0.05)  # fmt: skip
    yield at_most("promise-as-good", "Half the promised F1 does as well as the validated threshold within 0.03, for both models",
                  max(abs(one["promised-minus-validation"]["mean"]) for one in (linear, network)), 0.03)  # fmt: skip
    yield at_most("promise-steadier", "and scatters at most 0.5 times as much from run to run",
                  max(m["promised"]["threshold"]["sd"] / m["validation"]["threshold"]["sd"] for m in (linear, network)), 0.5)  # fmt: skip
    yield at_least("optimism", "The best F1 over the test's own thresholds is at least 0.025 above the validated one, for both models",
                   min(one["optimism"]["mean"] for one in (linear, network)), 0.025)  # fmt: skip
    yield at_least("network-boasts", "The network promises at least 0.03 more F1 than it delivers",
                   network["promised-f1"]["mean"] - network["promised"]["f1"]["mean"], 0.03)  # fmt: skip
    yield at_least("linear-modest", "The linear model promises at least 0.03 less F1 than it delivers",
                   linear["promised"]["f1"]["mean"] - linear["promised-f1"]["mean"], 0.03)  # fmt: skip
    yield at_most("macros-close", "On the digits the two macro F1s differ by at most 0.005", data["multi"]["difference"]["mean"], 0.005)
    yield at_least("folds-biased", "The mean of the folds' F1 is at least 0.04 below that of the pooled counts",
                   data["folds"]["pooled"]["mean"] - data["folds"]["mean-of-folds"]["mean"], 0.04)  # fmt: skip
    yield at_most("pooled-fair", "The pooled F1 is within 0.015 of the exact one",
                  abs(data["folds"]["pooled"]["mean"] - exact["0-01"]["f1"]), 0.015)  # fmt: skip
    yield at_most("recall-one-way", "Recall never falls as the threshold falls", held["steps"]["recall-falls"], 0)
    yield at_least("precision-two-ways", "Precision rises in at least 20 of the steps of the threshold down",
                   held["steps"]["precision-rises"], 20)  # fmt: skip


def figures(data):
    yield "eights", draw_eights(data["held-out"])
    yield "half", draw_half(data["curves"], data["exact"], data["control"])
    yield "iso", draw_iso(data["curves"], data["exact"])


def draw_eights(held):
    """Precision, recall and F1 against the threshold, between the scores of the eights and of the others."""
    figure, axes = new_figure(aspect=0.72)
    logits, true = np.array(held["logits"]), np.array(held["true"])
    right, called = np.cumsum(true), np.arange(1, len(true) + 1)
    last = np.r_[logits[:-1] != logits[1:], True]  # of equal scores
    x, right, called = logits[last], right[last], called[last]
    for values, label, role, at, dx, dy in (
        (right / called, "precision", "purple", -2.5, 0, -15), (right / true.sum(), "recall", "green", -2.6, 4, 9),
        (2 * right / (true.sum() + called), "F1", "ink", -2.4, -4, 11),
    ):  # fmt: skip
        axes.step(x, values, where="post", color=color(role), linewidth=1.8)
        height = float(values[np.argmin(abs(x - at))])
        direct_label(axes, at, height, label, role, dx=dx, dy=dy, ha="right" if label == "F1" else "left")
    spread = np.arange(len(logits)) * 5 % 8 / 8
    for is_eight, role, base, label, dy in ((True, "positive", 1.1, "eights", 0.07), (False, "negative", -0.3, "other digits", 0.19)):
        chosen = true == is_eight
        axes.plot(logits[chosen], base + 0.13 * spread[chosen], ".", color=color(role), markersize=4, alpha=0.8)
        axes.annotate(label, (-4.9, base + dy), color=color(role), va="center")
    axes.axvline(0, color=color("ink"), linewidth=1.4)
    best = held["best"]
    axes.plot(best["logit"], best["f1"], "o", color=color("ink"))
    probabilities = [0.01, 0.05, 0.2, 0.5, 0.8]
    axes.set(xlim=(-5, 2.9), ylim=(-0.36, 1.3), yticks=[0, 0.5, 1], xlabel="threshold on the predicted probability of an 8")
    axes.set_xticks([math.log(p / (1 - p)) for p in probabilities], [f"{p:.0%}" for p in probabilities])
    return figure


def draw_half(curves, exact, control):
    """F1 against the threshold: every peak lies where F1 is twice the threshold."""
    figure, axes = new_figure(aspect=0.66)
    axes.plot([0, 0.5], [0, 1], color=color("gold"), linewidth=1.6, linestyle=(0, (5, 3)))
    axes.annotate("F1 = 2 × threshold", (0.47, 0.94), xytext=(8, 0), textcoords="offset points", color=color("gold"), va="center")
    for name, label, role in (
        ("0-5", "50% positives", "blue"), ("0-1", "10%", "green"), ("0-01", "1%", "purple"), ("0-001", "0.1%", "red"),
    ):  # fmt: skip
        t, f1 = np.array(curves[name]["threshold"]), np.array(curves[name]["f1"])
        axes.plot(t, f1, color=color(role))
        axes.plot(exact[name]["threshold"], exact[name]["f1"], "o", color=color(role))
        at = np.argmin(abs(t - 0.62))
        below = {"dx": -3, "dy": -12, "ha": "right"}
        direct_label(axes, t[at], f1[at], label, role, **below if label == "10%" else {"dx": 3, "dy": 11})
    sharp = curves["sharpened"]
    axes.plot(sharp["threshold"], sharp["f1"], color=color("muted"), linewidth=1.5, linestyle=(0, (2, 2)))
    axes.plot(control["exact"], exact["0-1"]["f1"], "o", color=color("muted"), fillstyle="none")
    at = int(np.argmin(abs(np.array(sharp["threshold"]) - 0.6)))
    direct_label(axes, sharp["threshold"][at], sharp["f1"][at], "10%, logits × 3", "muted", dx=4, dy=12)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="threshold on the predicted probability", ylabel="F1")
    return figure


def draw_iso(curves, exact):
    """Precision against recall for one ranking at four prevalences, over lines of equal F1."""
    figure, axes = new_figure(aspect=0.8)
    for f in (0.2, 0.4, 0.6, 0.8):
        recall = np.linspace(f / (2 - f), 1, 60)
        axes.plot(recall, f * recall / (2 * recall - f), color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(f"F1 = {f:g}" if f == 0.8 else f"{f:g}", (1, f / (2 - f)), xytext=(5, 0), textcoords="offset points",
                      color=color("muted"), va="center", annotation_clip=False)  # fmt: skip
    for name, label, role, at, dx, dy in (
        ("0-5", "50% positives", "blue", 0.74, -1, -12), ("0-1", "10%", "green", 0.5, -5, -9),
        ("0-01", "1%", "purple", 0.18, 6, 10), ("0-001", "0.1%", "red", 0.2, 3, 8),
    ):  # fmt: skip
        recall, precision = np.array(curves[name]["recall"]), np.array(curves[name]["precision"])
        axes.plot(recall, precision, color=color(role))
        axes.plot(exact[name]["recall"], exact[name]["precision"], "o", color=color(role))
        k = int(np.argmin(abs(recall - at)))
        direct_label(axes, recall[k], precision[k], label, role, dx=dx, dy=dy, ha="right" if dx < 0 else "left")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    axes.grid(False)
    return figure
