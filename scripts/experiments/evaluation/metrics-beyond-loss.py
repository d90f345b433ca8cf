"""Six classifiers under ten metrics, and what a rising validation loss is made of."""

from math import comb, log

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    Adam,
    Tensor,
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    batches,
    binary_cross_entropy_with_logits,
    bootstrap_interval,
    brier_score_loss,
    cross_entropy,
    digits,
    expected_calibration_error,
    log_loss,
    log_softmax,
    matthews_corrcoef,
    precision_recall_fscore_support,
    roc_auc_score,
    softmax,
    temperature_scale,
    top_k_accuracy_score,
    train_val_test_split,
)

SEEDS = 10
TRAIN, VALIDATION = 700, 200
NOISE_SD = 0.5
HIDDEN = 128
RATE, BATCH = 0.001, 100
STEPS, EVERY, PATIENCE = 4000, 50, 500
WEIGHT = 9  # of a positive, where positives are weighted; also the cost of a miss in false alarms
COST_THRESHOLD = 1 / (1 + WEIGHT)
MODELS = ["constant", "linear", "linear-weighted", "mlp", "mlp-weighted", "mlp-long"]
METRICS = ["accuracy", "balanced", "f1", "mcc", "cost", "auc", "ap", "log-loss", "brier", "ece"]
SMALLER_IS_BETTER = ["cost", "log-loss", "brier", "ece"]
CURVE_SEEDS, CURVE_TRAIN, CURVE_EPOCHS, CURVE_BATCH = 5, 400, 200, 50
CURVE_NOISE = {"noisy": 0.3, "clean": 0.0}
TOY = {
    "positives": [0.91, 0.62, 0.46, 0.37, 0.27],
    "negatives": [0.80, 0.68, 0.54, 0.41, 0.34, 0.30, 0.24, 0.205, 0.17, 0.14, 0.115, 0.09, 0.07, 0.05, 0.03],
    "threshold": 0.5,
    "bins": 5,
}


def run(rng):
    runs = [one_seed(rng) for _ in range(SEEDS)]
    found = {m: {k: mean_and_sd([one["metrics"][m][k] for one in runs]) for k in METRICS} for m in MODELS}
    return {
        "setting": {"seeds": SEEDS, "train": TRAIN, "validation": VALIDATION, "test": runs[0]["test"], "noise": NOISE_SD,
                    "weight": WEIGHT, "steps": STEPS, "prevalence": runs[0]["prevalence"]},
        "found": found,
        "ranks": {k: ranks(k, {m: found[m][k]["mean"] for m in MODELS}) for k in METRICS},
        "wins": {m: {k: sum(ranks(k, {n: one["metrics"][n][k] for n in MODELS})[m] == 1 for one in runs) for k in METRICS}
                 for m in MODELS},
        "winners": sum(any(ranks(k, {n: found[n][k]["mean"] for n in MODELS})[m] == 1 for k in METRICS) for m in MODELS),
        "stopped": {m: mean_and_sd([one["steps"][m] for one in runs]) for m in runs[0]["steps"]},
        "long-loses": sum(one["metrics"]["mlp-long"]["log-loss"] > one["metrics"]["constant"]["log-loss"] for one in runs),
        "long-ranks": sum(one["metrics"]["mlp-long"]["auc"] > one["metrics"]["mlp"]["auc"] for one in runs),
        "moved": {m: mean_and_sd([one["moved"][m] for one in runs]) for m in runs[0]["moved"]},
        "scaled": {m: {k: mean_and_sd([one["scaled"][m][k] for one in runs]) for k in ("temperature", "log-loss")}
                   for m in ("mlp", "mlp-long")},
        "paired": paired(runs),
        "interval": runs[0]["interval"],
        "curves": {name: curves(rng, noise) for name, noise in CURVE_NOISE.items()},
        "worked": worked(),
        "toy": toy(),
    }  # fmt: skip


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


def ranks(metric, values):
    """1 for the best model; tied models share the better rank."""
    sign = 1 if metric in SMALLER_IS_BETTER else -1
    return {m: 1 + sum(sign * other < sign * values[m] - 1e-12 for other in values.values()) for m in values}


def all_metrics(labels, logits, threshold=0.5, bins=15):
    """The ten metrics of binary labels and logits."""
    p = 1 / (1 + np.exp(-logits))
    called = (p >= threshold).astype(int)
    *_, f1, _ = precision_recall_fscore_support(labels, called, average="binary", zero_division=0.0)
    at_cost = p >= COST_THRESHOLD
    return {
        "accuracy": accuracy_score(labels, called),
        "balanced": balanced_accuracy_score(labels, called),
        "f1": float(f1),
        "mcc": matthews_corrcoef(labels, called),
        "cost": float(np.mean(WEIGHT * (labels == 1) * ~at_cost + (labels == 0) * at_cost)),
        "auc": roc_auc_score(labels, logits),
        "ap": average_precision_score(labels, logits),
        "log-loss": float(np.mean(np.logaddexp(0, (1 - 2 * labels) * logits))),
        "brier": brier_score_loss(labels, p),
        "ece": expected_calibration_error(labels, p, n_bins=bins),
    }


# ---- an alarm for eights ----


def one_seed(rng):
    images, digit = digits()
    x = (images.reshape(-1, 64) + NOISE_SD * rng.standard_normal((len(digit), 64))).astype(np.float32)
    total = len(digit)
    shares = (TRAIN / total, VALIDATION / total, 1 - (TRAIN + VALIDATION) / total)
    train, validation, test = train_val_test_split(x, (digit == 8).astype(int), fractions=shares, rng=rng, stratify=True)
    labels = test[1]
    share = float(train[1].mean())
    logits, on_validation, steps = {"constant": np.full(len(labels), log(share / (1 - share)))}, {}, {}
    for name, sizes, weight, long in (
        ("linear", [64, 1], 1, False), ("linear-weighted", [64, 1], WEIGHT, False),
        ("mlp", [64, HIDDEN, 1], 1, True), ("mlp-weighted", [64, HIDDEN, 1], WEIGHT, False),
    ):  # fmt: skip
        best, last = train_one(train, validation, sizes, weight, long, rng)
        steps[name] = best[1]
        for key, state in ((name, best), ("mlp-long", last)) if long else ((name, best),):
            logits[key] = outputs(state[0], test[0])
            on_validation[key] = outputs(state[0], validation[0])

    def scaled(name):
        temperature = temperature_scale(two_columns(on_validation[name]), validation[1])
        return {"temperature": temperature, "log-loss": all_metrics(labels, logits[name] / temperature)["log-loss"]}

    right = {name: (logits[name] >= 0) == labels for name in ("mlp", "mlp-long")}
    return {
        "test": len(labels),
        "prevalence": float(labels.mean()),
        "metrics": {name: all_metrics(labels, logits[name]) for name in MODELS},
        "steps": steps,
        "moved": {name: all_metrics(labels, logits[name], COST_THRESHOLD)["balanced"] for name in ("linear", "mlp")},
        "scaled": {name: scaled(name) for name in ("mlp", "mlp-long")},
        "only": [int(np.sum(right["mlp"] & ~right["mlp-long"])), int(np.sum(~right["mlp"] & right["mlp-long"]))],
        "interval": dict(zip(("low", "high"), bootstrap_interval(
            average_precision_score, labels, logits["mlp"], rng=rng, stratify=labels, resamples=500), strict=True)),
    }  # fmt: skip


def two_columns(logits):
    return np.stack([np.zeros_like(logits), logits], axis=1)


def outputs(parameters, x):
    """Logits (N,) of an MLP with one output, from copies of its parameters."""
    for i in range(0, len(parameters), 2):
        x = x @ parameters[i].T + parameters[i + 1]
        x = np.maximum(x, 0) if i + 2 < len(parameters) else x
    return x[:, 0].astype(np.float64)


def train_one(train, validation, sizes, weight, long, rng):
    """The weights with the lowest validation loss and their step; and the last ones. Only `long` goes on to the end."""
    model = MLP(sizes, rng=rng)
    optimizer = Adam(model.parameters(), lr=RATE)
    weights = np.float32(weight)
    (x, y), (x_val, y_val) = ((data[0], data[1].astype(np.float32)[:, None]) for data in (train, validation))
    step, best = 0, (np.inf, None, 0)
    while True:
        for xb, yb in batches(x, y, batch_size=BATCH, rng=rng):
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(model(Tensor(xb)), yb, pos_weight=weights).backward()
            optimizer.step()
            step += 1
            if step % EVERY == 0:
                loss = float(binary_cross_entropy_with_logits(model(x_val).data, y_val, pos_weight=weights))
                if loss < best[0]:
                    best = (loss, [p.data.copy() for p in model.parameters()], step)
                if step >= STEPS or (not long and step - best[2] >= PATIENCE):
                    return (best[1], best[2]), ([p.data.copy() for p in model.parameters()], step)


def paired(runs):
    """The stopped and the long network on the same images: what the shared images do for the error of the difference."""
    n = runs[0]["test"]
    found = []
    for one in runs:
        b, c = one["only"]
        accuracy = [one["metrics"][name]["accuracy"] for name in ("mlp", "mlp-long")]
        found.append({
            "difference": (c - b) / n,
            "discordant": b + c,
            "unpaired": float(np.sqrt(sum(a * (1 - a) / n for a in accuracy))),
            "paired": float(np.sqrt((b + c) / n - ((c - b) / n) ** 2) / np.sqrt(n)),
            "p": mcnemar(b, c),
        })  # fmt: skip
    result = {key: mean_and_sd([one[key] for one in found]) for key in ("difference", "discordant", "unpaired", "paired")}
    return {**result, "below-five-percent": sum(one["p"] < 0.05 for one in found)}


def mcnemar(b, c):
    """Exact two-sided p-value of McNemar's test: b and c are the items that only one of two models gets right."""
    n = b + c
    return min(1.0, 2 * sum(comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


# ---- what a rising loss is made of ----


def curves(rng, noise):
    each = [one_curve(rng, noise) for _ in range(CURVE_SEEDS)]
    shown = {key: np.round(np.mean([one[key] for one in each], axis=0), 4) for key in ("nll", "accuracy", "ece")}
    lowest = [int(np.argmin(one["nll"])) for one in each]
    at = {
        key: {"best": mean_and_sd([one[key][i] for one, i in zip(each, lowest, strict=True)]),
              "last": mean_and_sd([one[key][-1] for one in each])}
        for key in ("nll", "accuracy", "ece", "nll-right", "nll-wrong", "scaled")
    }  # fmt: skip
    return {
        **shown,
        "seeds": CURVE_SEEDS, "train": CURVE_TRAIN, "epochs": CURVE_EPOCHS, "images": each[0]["images"],
        "lowest": {"median": float(np.median(lowest)) + 1, "least": min(lowest) + 1, "most": max(lowest) + 1},
        "lowest-of-mean": int(np.argmin(shown["nll"])) + 1,
        "at": at,
        "top-2": mean_and_sd([one["top-2"] for one in each]),
        "rise": mean_and_sd([one["nll"][-1] - one["nll"][i] for one, i in zip(each, lowest, strict=True)]),
    }  # fmt: skip


def one_curve(rng, noise):
    images, digit = digits()
    x = (images.reshape(-1, 64) + noise * rng.standard_normal((len(digit), 64))).astype(np.float32)
    share = CURVE_TRAIN / len(digit)
    (x, y), _, (x_val, y_val) = train_val_test_split(x, digit, fractions=(share, 0.0, 1 - share), rng=rng)
    half = len(y_val) // 2
    model = MLP([64, HIDDEN, 10], rng=rng)
    optimizer = Adam(model.parameters(), lr=RATE)
    found = {key: [] for key in ("nll", "accuracy", "ece", "nll-right", "nll-wrong", "scaled")}
    for epoch in range(CURVE_EPOCHS):
        for xb, yb in batches(x, y, batch_size=CURVE_BATCH, rng=rng):
            optimizer.zero_grad()
            cross_entropy(model(Tensor(xb)), yb).backward()
            optimizer.step()
        logits = model(x_val).data.astype(np.float64)
        losses = -log_softmax(logits)[np.arange(len(y_val)), y_val]
        right = logits.argmax(axis=1) == y_val
        found["nll"].append(losses.mean())
        found["accuracy"].append(right.mean())
        found["ece"].append(expected_calibration_error(y_val, softmax(logits)))
        # What the right and the wrong answers contribute to the mean loss.
        found["nll-right"].append(losses[right].sum() / len(losses))
        found["nll-wrong"].append(losses[~right].sum() / len(losses))
        found["scaled"].append(np.nan)
        if epoch == CURVE_EPOCHS - 1 or losses.mean() == min(found["nll"]):  # the temperature from one half, the loss on the other
            temperature = temperature_scale(logits[:half], y_val[:half])
            found["scaled"][-1] = log_loss(y_val[half:], softmax(logits[half:] / temperature))
    return {**found, "images": len(y_val), "top-2": top_k_accuracy_score(y_val, logits, k=2)}


# ---- by hand ----


def worked():
    def standard_error(a, n):
        return float(np.sqrt(a * (1 - a) / n))

    def worst_slice(slices, items, accuracy=0.9):
        """Expected lowest accuracy of slices that are equally good in truth."""
        at_least_k = [1 - sum(comb(items, j) * accuracy**j * (1 - accuracy) ** (items - j) for j in range(k)) for k in range(1, items + 1)]
        return float(sum(q**slices for q in at_least_k) / items)

    pairs = {"few": (2, 10), "some": (6, 14), "many": (32, 40)}
    rare = 0.05
    return {
        "chance": {str(round(100 * p)): {"f1": 2 * p / (1 + p), "brier": p * (1 - p), "log-loss": -p * log(p) - (1 - p) * log(1 - p)}
                   for p in (0.05, 0.1, 0.5)},
        "errors": {"400": standard_error(0.9, 400), "2-models": standard_error(0.9, 400) * 2**0.5, "imagenet": standard_error(0.8, 50_000)},
        "mcnemar": {name: {"lost": b, "won": c, "p": mcnemar(b, c)} for name, (b, c) in pairs.items()},
        "slices": {"10": worst_slice(20, 10), "200": worst_slice(20, 200)},
        "rare": {"share": rare, "half": 0.5, "f1": 2 * rare / (1 + rare)},
        "flip": {"f1": 2 * 80 / (2 * 80 + 10 + 5), "f1-other": 2 * 5 / (2 * 5 + 10 + 5),
                 "mcc": (80 * 5 - 10 * 5) / (90 * 85 * 15 * 10) ** 0.5, "balanced": (80 / 85 + 5 / 15) / 2},
    }  # fmt: skip


def toy():
    """The explorable's first state, and the constant predictor on the same items."""
    labels = np.repeat([1, 0], [len(TOY["positives"]), len(TOY["negatives"])])
    p = np.array(TOY["positives"] + TOY["negatives"])
    constant = np.full(len(p), labels.mean())

    def nine(p):
        return {k: v for k, v in all_metrics(labels, np.log(p / (1 - p)), bins=TOY["bins"]).items() if k != "cost"}

    return {**TOY, "metrics": nine(p), "constant": nine(constant), "sharp": nine(p**2 / (p**2 + (1 - p) ** 2))}


# ---- what the page says ----


def claims(data):
    found, ranked, noisy, clean = data["found"], data["ranks"], data["curves"]["noisy"], data["curves"]["clean"]

    def mean(model, metric):
        return found[model][metric]["mean"]

    accuracies = [mean(m, "accuracy") for m in ("constant", "linear", "mlp", "mlp-long")]
    yield at_most("accuracy-tied", "The mean accuracies of constant, linear and both unweighted networks lie within one point",
                  max(accuracies) - min(accuracies), 0.01)  # fmt: skip
    yield at_least("four-winners", "At least four of the six models are first under some metric", data["winners"], 4)
    yield at_least("constant-ece", "The constant prediction has the lowest calibration error in at least nine of ten runs",
                   data["wins"]["constant"]["ece"], 9)  # fmt: skip
    yield at_least("long-last-in-loss", "The long-trained network has a higher log-loss than the constant in every run",
                   data["long-loses"], SEEDS)  # fmt: skip
    yield at_least("long-loss-gap", "Its mean log-loss is at least 1.5 times that of the same run stopped early",
                   mean("mlp-long", "log-loss") / mean("mlp", "log-loss"), 1.5)  # fmt: skip
    yield at_least("long-ranks", "The long-trained network has the higher AUC in at least seven of ten runs", data["long-ranks"], 7)
    yield between("long-first", "The long-trained network is first in mean AUC and mean average precision",
                  max(ranked["auc"]["mlp-long"], ranked["ap"]["mlp-long"]), 1, 1)  # fmt: skip
    scaled = {name: data["scaled"][name]["log-loss"]["mean"] for name in ("mlp", "mlp-long")}
    yield at_most("scaled-level", "After rescaling the long-trained network's log-loss is at most 0.005 above the stopped one's",
                  scaled["mlp-long"] - scaled["mlp"], 0.005)  # fmt: skip
    yield at_least("scaled-halved", "Rescaling cuts the long-trained network's log-loss by at least 0.2",
                   mean("mlp-long", "log-loss") - scaled["mlp-long"], 0.2)  # fmt: skip
    yield at_least("cost-winner", "At the cost threshold the stopped network is the cheapest in at least nine of ten runs",
                   data["wins"]["mlp"]["cost"], 9)  # fmt: skip
    yield at_least("weighted-costly", "There the weighted network costs at least 0.15 more per image",
                   mean("mlp-weighted", "cost") - mean("mlp", "cost"), 0.15)  # fmt: skip
    yield at_least("weighted-balanced", "At 0.5 the weighted network is at least ten points of balanced accuracy ahead",
                   mean("mlp-weighted", "balanced") - mean("mlp", "balanced"), 0.1)  # fmt: skip
    yield between("threshold-balanced", "With the threshold at 0.1 the unweighted network is within three points of it",
                  data["moved"]["mlp"]["mean"] - mean("mlp-weighted", "balanced"), -0.03, 0.03)  # fmt: skip
    pairs = data["paired"]
    yield at_most("paired-error", "Pairing cuts the standard error of the difference to at most 0.6 of the unpaired one",
                  pairs["paired"]["mean"] / pairs["unpaired"]["mean"], 0.6)  # fmt: skip
    yield at_most("no-difference", "McNemar's test is below 5% in at most one of ten runs", pairs["below-five-percent"], 1)
    at = noisy["at"]
    yield at_least("nll-rises", "On noisy images the validation loss ends at least a quarter above its minimum",
                   at["nll"]["last"]["mean"] / at["nll"]["best"]["mean"], 1.25)  # fmt: skip
    yield at_most("accuracy-flat", "Accuracy loses at most three points meanwhile",
                  at["accuracy"]["best"]["mean"] - at["accuracy"]["last"]["mean"], 0.03)  # fmt: skip
    yield at_least("ece-rises", "The calibration error at least doubles", at["ece"]["last"]["mean"] / at["ece"]["best"]["mean"], 2)
    yield at_least("wrong-carry", "At the end the wrong answers carry at least 85% of the loss",
                   at["nll-wrong"]["last"]["mean"] / at["nll"]["last"]["mean"], 0.85)  # fmt: skip
    yield at_most("right-falls", "What the right answers contribute at least halves",
                  at["nll-right"]["last"]["mean"] / at["nll-right"]["best"]["mean"], 0.5)  # fmt: skip
    yield between("scaled-rise", "After rescaling between 10% and 50% of the rise are left",
                  (at["scaled"]["last"]["mean"] - at["scaled"]["best"]["mean"]) / noisy["rise"]["mean"], 0.1, 0.5)  # fmt: skip
    yield at_most("clean-flat", "On clean images the loss rises by at most 0.02 after its minimum", clean["rise"]["mean"], 0.02)


NAMES = {"accuracy": "accuracy", "balanced": "balanced acc.", "f1": "F1", "mcc": "MCC", "cost": "cost", "auc": "AUC", "ap": "AP",
         "log-loss": "log-loss", "brier": "Brier", "ece": "ECE"}  # fmt: skip
LINES = {
    "constant": ("ink", (0, (1, 1.5)), "constant"), "linear": ("gold", "-", "linear"),
    "linear-weighted": ("gold", (0, (4, 2)), "linear, weighted"), "mlp": ("blue", "-", "network"),
    "mlp-weighted": ("blue", (0, (4, 2)), "network, weighted"), "mlp-long": ("red", "-", "network, long"),
}  # fmt: skip


def figures(data):
    yield "toy", draw_toy(data["toy"])
    yield "ranks", draw_ranks(data["ranks"])
    yield "curves", draw_curves(data["curves"]["noisy"])


def draw_toy(toy):
    figure, (strip, bars) = new_figure(aspect=0.95, rows=2, height_ratios=(2, 3))
    for values, role, top, lanes, label in (
        (toy["positives"], "positive", 1.0, 1, f"{len(toy['positives'])} positives"),
        (toy["negatives"], "negative", 0.35, 3, f"{len(toy['negatives'])} negatives"),
    ):  # fmt: skip
        strip.plot(values, [top - 0.13 * (i % lanes) for i in range(len(values))], "o", color=color(role), markersize=9)
        direct_label(strip, 0, top + 0.28, label, role, dx=0)
    strip.axvline(toy["threshold"], color=color("ink"), linewidth=1.5)
    direct_label(strip, toy["threshold"], 1.32, "threshold", "ink", dx=5)
    strip.set(xlim=(0, 1), ylim=(-0.15, 1.5), yticks=[], xlabel="predicted probability")
    shown = [key for key in METRICS if key in toy["metrics"]]
    places = np.arange(len(shown))[::-1]
    values = [toy["metrics"][key] for key in shown]
    bars.barh(places, values, color=[color("red" if key in SMALLER_IS_BETTER else "green") for key in shown], height=0.6, alpha=0.85)
    for place, key in zip(places, shown, strict=True):
        bars.plot([toy["constant"][key]] * 2, [place - 0.42, place + 0.42], color=color("ink"), linewidth=2.5)
        direct_label(bars, 1.02, place, f"{toy['metrics'][key]:.2f}", "ink", dx=0)
    direct_label(bars, toy["constant"]["accuracy"], places[0] + 0.42, "constant", "ink", dx=0, dy=8, ha="center")
    bars.set(xlim=(0, 1), yticks=places, yticklabels=[NAMES[key] for key in shown], xlabel="green: more is better; red: less is better")
    bars.grid(axis="y", visible=False)
    return figure


def draw_ranks(ranked):
    figure, axes = new_figure(aspect=0.78)
    columns = np.arange(len(METRICS))
    for name, (role, style, label) in LINES.items():
        heights = []
        for metric in METRICS:
            tied = [other for other in LINES if ranked[metric][other] == ranked[metric][name]]
            heights.append(ranked[metric][name] + 0.34 * (tied.index(name) - (len(tied) - 1) / 2))
        axes.plot(columns, heights, color=color(role), linestyle=style, marker="o", markersize=7)
        direct_label(axes, columns[-1], heights[-1], label, role, dx=9)
    for edge in (4.5, 6.5):
        axes.axvline(edge, color=color("rule"), linewidth=1)
    for center, text in ((2, "decisions"), (5.5, "ranking"), (8, "probabilities")):
        direct_label(axes, center, 0.35, text, "muted", dx=0, ha="center")
    axes.set(xlim=(-0.3, 9.3), ylim=(6.4, 0.1), yticks=range(1, 7), ylabel="rank, 1 is best")
    axes.set_xticks(columns, [NAMES[key] for key in METRICS], rotation=50, ha="right", rotation_mode="anchor")
    axes.grid(axis="y", visible=False)
    return figure


def draw_curves(curve):
    figure, panels = new_figure(aspect=1.0, rows=3, sharex=True)
    epochs = np.arange(1, len(curve["nll"]) + 1)
    best = curve["lowest-of-mean"]
    for axes, key, role, label, low, high in (
        (panels[0], "nll", "red", "log-loss", 0.4, 1.0), (panels[1], "accuracy", "blue", "accuracy", 0.5, 1.0),
        (panels[2], "ece", "purple", "calibration error", 0.0, 0.12),
    ):  # fmt: skip
        axes.plot(epochs[4:], curve[key][4:], color=color(role))
        axes.axvline(best, color=color("ink"), linewidth=1, linestyle=(0, (4, 3)))
        axes.set(ylim=(low, high), xlim=(0, len(epochs)))
        direct_label(axes, 0.985, 0.88 if key != "ece" else 0.2, label, role, dx=0, ha="right", xycoords="axes fraction")
    direct_label(panels[0], best, 0.93, "lowest log-loss", "ink", dx=6)
    panels[2].set(xlabel="epoch")
    return figure
