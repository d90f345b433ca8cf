"""How well networks trained in five ways know what they know, what one temperature repairs, and what a perfect forecaster would show."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    AdamW,
    brier_score_loss,
    cross_entropy,
    digits,
    expected_calibration_error,
    fit,
    log_loss,
    no_grad,
    roc_auc_score,
    temperature_scale,
)

TOLERANCE = {
    "regimes": 0.6, "regimes.clean": None, "blend": 0.6, "blend.clean": None, "blend.long.share": None, "shift": 0.6, "ranks": 0.6,
    "ranks.right-gain": None, "few": 0.6, "bins": 0.6, "spread": 0.6, "pooled": None, "live": None,
    **{f"regimes.{name}.rejected-after": None for name in ("long", "early", "decay", "labels")},
}  # fmt: skip

SEEDS = 8
N_TRAIN, N_VALIDATION, N_TEST = 600, 400, 797
BATCH, RATE = 50, 1e-3
NOISE, WRONG, DECAY = 0.5, 0.2, 1.0
REGIMES = {
    "clean": {"epochs": 100},
    "long": {"epochs": 300, "noise": NOISE},
    "early": {"epochs": 15, "noise": NOISE},
    "decay": {"epochs": 300, "noise": NOISE, "decay": DECAY},
    "labels": {"epochs": 300, "wrong": WRONG},
}
BINS = 15
DRAWS = 200  # simulated perfect forecasters
SIZES = [100, 300, 1000, 10_000]
SHIFTS = [0.0, 0.25, 0.5, 0.75, 1.0]
FEW, SUBSETS = [25, 50, 100, 200], 20
BLENDS, TEMPERATURES = np.arange(0, 0.42, 0.02), np.geomspace(0.25, 8, 61)
LIVE = ["long", "early", "labels"]
STEP = 0.05  # of the logits that the explorable gets
DIGITS36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def run(rng):
    runs = {name: [trained(seed, **settings) for seed in range(SEEDS)] for name, settings in REGIMES.items()}
    regimes = {name: summary([measures(r, rng) for r in results]) for name, results in runs.items()}
    return {
        "settings": {"seeds": SEEDS, "validation": N_VALIDATION, "test": N_TEST, "bins": BINS, "draws": DRAWS},
        "regimes": regimes,
        "spread": {key: max(table[key]["sd"] for table in regimes.values()) for key in ("accuracy", "confidence", "T")},
        "blend": {name: summary([blended(r) for r in runs[name]]) for name in ("long", "labels", "clean")},
        "shift": shifted(runs["long"], rng),
        "ranks": summary([ranks(r) for r in runs["long"]]),
        "few": few(runs["long"], rng),
        "bins": by_bins(runs["long"], rng),
        "null": null(rng),
        "pooled": {name: pooled(runs[name]) for name in ("long", "labels")},
        "live": live({name: runs[name][0] for name in LIVE}),
        "worked": worked(),
        "quiz": quiz(),
    }


def softmax(logits):
    shifted_logits = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted_logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def nll(probabilities, labels):
    return log_loss(labels, probabilities, labels=range(10))


def summary(rows):
    """Mean and standard deviation over the runs, for each number."""
    table = {key: np.array([row[key] for row in rows], float) for key in rows[0]}
    return {
        key: {"mean": values.mean(), "sd": values.std(ddof=1), "least": values.min(), "most": values.max()}
        for key, values in table.items()
    }


# ---- one network ----


def trained(seed, epochs, noise=0.0, wrong=0.0, decay=0.0):
    """Train on noisy digits, or with a share of all labels drawn anew; logits of all three parts, and the network."""
    rng = np.random.default_rng([44, seed])
    images, labels = digits()
    order = rng.permutation(len(labels))
    clean, labels = images.reshape(-1, 64)[order], labels[order]
    x = (clean + noise * rng.standard_normal(clean.shape)).astype(np.float32)
    labels = np.where(rng.random(len(labels)) < wrong, rng.integers(0, 10, len(labels)), labels)
    model = MLP([64, 128, 10], rng=rng)
    fit(model, (x[:N_TRAIN], labels[:N_TRAIN]), loss=cross_entropy, optimizer=AdamW(model.parameters(), lr=RATE, weight_decay=decay),
        epochs=epochs, batch_size=BATCH, rng=rng, progress=False)  # fmt: skip
    logits = answers(model, x)
    parts = {"train": slice(0, N_TRAIN), "validation": slice(N_TRAIN, N_TRAIN + N_VALIDATION), "test": slice(N_TRAIN + N_VALIDATION, None)}
    result = {name: (logits[part], labels[part]) for name, part in parts.items()}
    return {**result, "T": temperature_scale(*result["validation"]), "model": model, "clean": clean[parts["test"]], "seed": seed}


def answers(model, x):
    with no_grad():
        return np.asarray(model(x.astype(np.float32)).data, np.float64)


def measures(result, rng):
    z, y = result["test"]
    z_train, y_train = result["train"]
    before, after = softmax(z), softmax(z / result["T"])
    ece = {name: expected_calibration_error(y, p) for name, p in (("before", before), ("after", after))}
    perfect = {name: simulated(p.max(axis=1), rng) for name, p in (("before", before), ("after", after))}
    return {
        "accuracy": np.mean(z.argmax(axis=1) == y),
        "accuracy-after": np.mean(after.argmax(axis=1) == y),
        "confidence": before.max(axis=1).mean(),
        "confidence-after": after.max(axis=1).mean(),
        "ece": ece["before"],
        "ece-after": ece["after"],
        "floor": perfect["before"].mean(),
        "floor-after": perfect["after"].mean(),
        "high-after": np.quantile(perfect["after"], 0.95),
        "high": np.quantile(perfect["before"], 0.95),
        "rejected": ece["before"] > np.quantile(perfect["before"], 0.95),
        "rejected-after": ece["after"] > np.quantile(perfect["after"], 0.95),
        "T": result["T"],
        "nll": nll(before, y),
        "nll-after": nll(after, y),
        "brier": brier_score_loss(y, before, labels=range(10)),
        "brier-after": brier_score_loss(y, after, labels=range(10)),
        "train-accuracy": np.mean(z_train.argmax(axis=1) == y_train),
        "train-confidence": softmax(z_train).max(axis=1).mean(),
    }


def simulated(confidence, rng, bins=BINS, strategy="uniform"):
    """The ECE of forecasters who are right exactly as often as these confidences say."""
    found = []
    for _ in range(DRAWS):
        right = (rng.random(len(confidence)) < confidence).astype(int)
        found.append(expected_calibration_error(right, confidence, pos_label=1, n_bins=bins, strategy=strategy))
    return np.array(found)


# ---- what a temperature does and what it cannot ----


def blended(result):
    """Temperature and a share of the uniform distribution, both fitted on the validation images by their log loss."""
    z, y = result["validation"]
    scaled = {T: softmax(z / T) for T in TEMPERATURES}
    true = {T: p[np.arange(len(y)), y] for T, p in scaled.items()}
    _, share, T = min((-np.log((1 - share) * p + share / 10 + 1e-300).mean(), share, T) for T, p in true.items() for share in BLENDS)
    z, y = result["test"]
    p = (1 - share) * softmax(z / T) + share / 10
    return {"share": share, "T": T, "ece": expected_calibration_error(y, p), "nll": nll(p, y)}


def shifted(results, rng):
    """The temperature of one noise level, used at others."""
    table = {}
    for level in SHIFTS:
        rows = []
        for result in results:
            y = result["test"][1]
            x = result["clean"] + level * rng.standard_normal(result["clean"].shape)
            z = answers(result["model"], x)
            rows.append({
                "accuracy": np.mean(z.argmax(axis=1) == y),
                "confidence-after": softmax(z / result["T"]).max(axis=1).mean(),
                "ece": expected_calibration_error(y, softmax(z)),
                "ece-after": expected_calibration_error(y, softmax(z / result["T"])),
                "best-T": temperature_scale(z, y),
            })  # fmt: skip
        table[f"{level:g}".replace(".", "-")] = summary(rows)
    return table


def ranks(result):
    """What a temperature does to orders across images."""
    z, y = result["test"]
    before, after = softmax(z), softmax(z / result["T"])
    right = (z.argmax(axis=1) == y).astype(int)
    gaps = [np.subtract.outer(p.max(axis=1), p.max(axis=1)) for p in (before, after)]
    return {
        "swapped": np.sum(gaps[0] * gaps[1] < 0) / (len(y) * (len(y) - 1)),
        "auc": roc_auc_score(y, before, multi_class="ovr"),
        "auc-after": roc_auc_score(y, after, multi_class="ovr"),
        "right": roc_auc_score(right, before.max(axis=1)),
        "right-after": roc_auc_score(right, after.max(axis=1)),
        "right-gain": roc_auc_score(right, after.max(axis=1)) - roc_auc_score(right, before.max(axis=1)),
    }


def few(results, rng):
    """The temperature from fewer validation images, against that from all: relative spread, and the ECE on the test images."""
    table = {}
    for size in FEW:
        ratios, eces = [], []
        for result in results:
            z, y = result["validation"]
            z_test, y_test = result["test"]
            for _ in range(SUBSETS):
                chosen = rng.choice(len(y), size, replace=False)
                T = temperature_scale(z[chosen], y[chosen])
                ratios.append(T / result["T"])
                eces.append(expected_calibration_error(y_test, softmax(z_test / T)))
        table[str(size)] = {"ratio-sd": np.std(ratios, ddof=1), "ece": np.mean(eces), "ece-most": np.max(eces)}
    return table


def by_bins(results, rng):
    """The ECE of the same scaled probabilities with other bins, and that of a perfect forecaster with the same bins."""
    table = {}
    choices = {"1": (1, "uniform"), "5": (5, "uniform"), "15": (15, "uniform"), "100": (100, "uniform"), "15-mass": (15, "quantile")}
    for name, (bins, strategy) in choices.items():
        rows = []
        for result in results:
            z, y = result["test"]
            p = softmax(z / result["T"])
            rows.append({
                "ece": expected_calibration_error(y, p, n_bins=bins, strategy=strategy),
                "before": expected_calibration_error(y, softmax(z), n_bins=bins, strategy=strategy),
                "floor": simulated(p.max(axis=1), rng, bins, strategy).mean(),
            })  # fmt: skip
        table[name] = summary(rows)
    return table


# ---- a perfect forecaster ----


def null(rng):
    """The ECE of a calibrated forecaster whose confidences spread evenly from 0.5 to 1, against the number of cases."""
    table = {}
    for size in SIZES:
        found = []
        for _ in range(DRAWS):
            confidence = rng.uniform(0.5, 1, size)
            found.append(expected_calibration_error((rng.random(size) < confidence).astype(int), confidence, pos_label=1))
        low, high = np.quantile(found, [0.05, 0.95])
        table[str(size)] = {"mean": np.mean(found), "low": low, "high": high, "formula": float(expected_floor(size))}
    return table


def expected_floor(size, bins=BINS):
    """The square root of 2 over pi n, times the sum over bins of sqrt(share * c(1-c)), for confidences even on [0.5, 1]."""
    edges = np.clip(np.linspace(0, 1, bins + 1), 0.5, 1)
    share = 2 * np.diff(edges)
    middle = (edges[1:] + edges[:-1]) / 2
    return np.sqrt(2 / (np.pi * size)) * np.sqrt(share * middle * (1 - middle)).sum()


# ---- for figures and the explorable ----


def pooled(results):
    """Confidence and accuracy in bins, over all runs: as trained, with the temperature, and with temperature and blend."""
    kinds = {"before": [], "after": [], "blend": []}
    for result in results:
        z, y = result["test"]
        right = z.argmax(axis=1) == y
        found = blended(result)
        blend = (1 - found["share"]) * softmax(z / found["T"]) + found["share"] / 10
        for name, p in (("before", softmax(z)), ("after", softmax(z / result["T"])), ("blend", blend)):
            kinds[name].append(np.stack([p.max(axis=1), right]))
    curves = {}
    for name, parts in kinds.items():
        confidence, right = np.concatenate(parts, axis=1)
        inside = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
        counts = np.bincount(inside, minlength=BINS)
        full = counts >= 40
        curves[name] = {
            "confidence": np.round(np.bincount(inside, confidence, BINS)[full] / counts[full], 4),
            "accuracy": np.round(np.bincount(inside, right, BINS)[full] / counts[full], 4),
            "counts": counts,
        }
    return curves


def live(results):
    """How far the test logits lie below the largest, in steps of 0.05, two characters each, then the rank of the true class;
    and the validation loss against T."""
    packed = {}
    for name, result in results.items():
        z, y = result["test"]
        gaps = z.max(axis=1, keepdims=True) - z
        order = np.argsort(gaps, axis=1, kind="stable")
        steps = np.minimum(np.round(np.take_along_axis(gaps, order, axis=1) / STEP), 36 * 36 - 1).astype(int)
        rank = (order == y[:, None]).argmax(axis=1)
        text = "".join("".join(DIGITS36[s // 36] + DIGITS36[s % 36] for s in row[1:]) + str(r) for row, r in zip(steps, rank, strict=True))
        z_val, y_val = result["validation"]
        rounded = -STEP * steps
        packed[name] = {
            "cases": text,
            "T": float(result["T"]),
            "loss": [round(float(nll(softmax(z_val / T), y_val)), 4) for T in TEMPERATURES],
            "accuracy": float(np.mean(rank == 0)),
            "confidence": float(softmax(rounded).max(axis=1).mean()),
            "ece": float(expected_calibration_error(rank, softmax(rounded), labels=range(10))),
            "ece-after": float(expected_calibration_error(rank, softmax(rounded / result["T"]), labels=range(10))),
        }
    return {"temperatures": np.round(TEMPERATURES, 4), "step": STEP, **packed}


# ---- by hand ----


def worked():
    """Ten days: five at 0.8, of which three rained, five at 0.2, of which one did."""
    forecast = np.repeat([0.8, 0.2], 5)
    rain = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0])
    base = rain.mean()
    observed = np.repeat([0.6, 0.2], 5)
    friend = [1 / np.exp(-np.array(gaps) / T).sum() for T in (1, 2) for gaps in ([0, 1], [0] + [3.4] * 9)]
    prior = np.log(0.9 / 0.1) + np.log(0.01 / 0.99)
    return {
        "brier": brier_score_loss(rain, forecast),
        "reliability": np.mean((forecast - observed) ** 2),
        "resolution": np.mean((observed - base) ** 2),
        "uncertainty": base * (1 - base),
        "ece": expected_calibration_error(rain, forecast, n_bins=5),
        "base": base,
        "base-brier": brier_score_loss(rain, np.full(10, base)),
        "base-ece": round(expected_calibration_error(rain, np.full(10, base), n_bins=5), 9),
        "order": {"one-rival": {"1": friend[0], "2": friend[2]}, "nine-rivals": {"1": friend[1], "2": friend[3]}},
        "new-prior": 1 / (1 + np.exp(-prior)),
    }


def quiz():
    unscaled, scaled = (1 / (1 + np.exp(-gap)) for gap in (2, 2 / 2))
    return {
        "bin-sd": 0.1 / np.sqrt(0.8 * 0.2 / 100),
        "scaled": scaled,
        "unscaled": unscaled,
        "halved": unscaled / 2,
        "modest": 0.7 * 0.3**2 + 0.3 * 0.7**2,
        "bold": 0.05,
    }


# ---- what the page says ----


def claims(data):
    regimes, blend, shift = data["regimes"], data["blend"], data["shift"]
    yield at_least("long-overconfident", "Mean confidence exceeds accuracy by at least 0.2 after 300 epochs on noisy digits",
                   regimes["long"]["confidence"]["mean"] - regimes["long"]["accuracy"]["mean"], 0.2)  # fmt: skip
    yield at_least("early-underconfident", "Stopped early, accuracy exceeds mean confidence by at least 0.05",
                   regimes["early"]["accuracy"]["mean"] - regimes["early"]["confidence"]["mean"], 0.05)  # fmt: skip
    yield at_most("early-sharpens", "Every network that was stopped early gets a temperature below 0.9",
                  regimes["early"]["T"]["most"], 0.9)  # fmt: skip
    yield between("clean-at-floor", "On clean digits the mean ECE lies within a factor 1.3 of what a perfect forecaster shows",
                  regimes["clean"]["ece"]["mean"] / regimes["clean"]["floor"]["mean"], 1 / 1.3, 1.3)  # fmt: skip
    yield at_most("clean-not-rejected", "At most an eighth of the clean networks have an ECE above the 95% point of perfect ones",
                  regimes["clean"]["rejected"]["mean"], 0.125)  # fmt: skip
    yield at_least("others-rejected", "In the four other regimes all networks are above it",
                   min(regimes[name]["rejected"]["mean"] for name in ("long", "early", "decay", "labels")), 0.99)  # fmt: skip
    to_floor = {name: r["ece-after"]["mean"] / r["floor-after"]["mean"] for name, r in regimes.items()}
    yield at_most("scaled-to-floor", "With T, the mean ECE of the three noisy-pixel regimes is at most 1.35 times a perfect forecaster's",
                  max(to_floor[name] for name in ("long", "early", "decay")), 1.35)  # fmt: skip
    yield at_least("labels-rejected", "With wrong labels every network is still above the 95% point after scaling",
                   regimes["labels"]["rejected-after"]["mean"], 0.99)  # fmt: skip
    yield at_least("labels-ece-stays", "With wrong labels the temperature does not lower the mean ECE by more than a tenth",
                   regimes["labels"]["ece-after"]["mean"] / regimes["labels"]["ece"]["mean"], 0.9)  # fmt: skip
    yield at_least("labels-brier-rises", "With wrong labels the temperature raises the mean Brier score",
                   regimes["labels"]["brier-after"]["mean"] - regimes["labels"]["brier"]["mean"], 0.0)  # fmt: skip
    yield at_least("labels-nll-falls", "With wrong labels the temperature lowers the mean log loss by at least 0.2",
                   regimes["labels"]["nll"]["mean"] - regimes["labels"]["nll-after"]["mean"], 0.2)  # fmt: skip
    yield between("blend-finds-noise", "The fitted share of the uniform distribution is the share of redrawn labels, within 0.05",
                  blend["labels"]["share"]["mean"], WRONG - 0.05, WRONG + 0.05)  # fmt: skip
    yield at_most("blend-repairs", "Temperature and blend together lower that ECE to at most half",
                  blend["labels"]["ece"]["mean"] / regimes["labels"]["ece-after"]["mean"], 0.5)  # fmt: skip
    yield at_most("blend-leaves-long", "Without wrong labels in the data the fitted share is at most 0.02",
                  max(blend[name]["share"]["mean"] for name in ("long", "clean")), 0.02)  # fmt: skip
    yield at_most("same-accuracy", "No temperature changes any accuracy",
                  max(abs(r["accuracy"]["mean"] - r["accuracy-after"]["mean"]) for r in regimes.values()), 1e-12)  # fmt: skip
    yield at_least("train-certain", "The overtrained networks are right in all training images and at least 99% sure of them",
                   min(regimes["long"]["train-accuracy"]["least"], regimes["long"]["train-confidence"]["mean"] + 0.01), 0.99)  # fmt: skip
    yield at_least("shift-clean-worse", "On clean test images the temperature makes the mean ECE at least three times as large",
                   shift["0"]["ece-after"]["mean"] / shift["0"]["ece"]["mean"], 3)  # fmt: skip
    yield at_least("shift-noisier", "On images with twice the noise the mean ECE stays above 0.2 with the temperature",
                   shift["1"]["ece-after"]["mean"], 0.2)  # fmt: skip
    yield between("orders-change", "The temperature turns the order of confidence in 5 to 12% of the pairs of images",
                  data["ranks"]["swapped"]["mean"], 0.05, 0.12)  # fmt: skip
    yield at_least("ranks-right", "In every run the confidence then ranks right above wrong answers at least as well",
                   data["ranks"]["right-gain"]["least"], 0)  # fmt: skip
    yield at_most("floor-formula", "The formula is within a tenth of the simulated mean at every number of cases",
                  max(abs(row["formula"] / row["mean"] - 1) for row in data["null"].values()), 0.1)  # fmt: skip
    bins = data["bins"]
    yield at_least("more-bins", "The same scaled probabilities have at least five times the ECE with 100 bins that they have with one",
                   bins["100"]["ece"]["mean"] / bins["1"]["ece"]["mean"], 5)  # fmt: skip
    yield at_least("mass-floor", "At 15 bins the mean ECE of perfect forecasters is at least a twentieth higher with bins of equal mass",
                   bins["15-mass"]["floor"]["mean"] / bins["15"]["floor"]["mean"], 1.05)  # fmt: skip
    yield at_most("few-enough", "With 100 validation images the mean ECE is at most a quarter above that with all 400",
                  data["few"]["100"]["ece"] / regimes["long"]["ece-after"]["mean"], 1.25)  # fmt: skip
    yield at_least("few-spread", "With 25 images the temperature scatters at least 1.6 times as much as with 100",
                   data["few"]["25"]["ratio-sd"] / data["few"]["100"]["ratio-sd"], 1.6)  # fmt: skip


def figures(data):
    yield "reliability", draw_reliability(data["pooled"])
    yield "floor", draw_floor(data["null"])
    yield "regimes", draw_regimes(data["regimes"])


def draw_reliability(pooled):
    figure, axes = new_figure(aspect=0.72, rows=2, columns=2, sharex=True, height_ratios=(4, 1))
    edges = np.linspace(0, 1, BINS + 1)
    labels = {
        "long": [("before", "orange", "as trained", (0.96, 0.27)), ("after", "blue", "with T", (0.55, 0.7))],
        "labels": [("before", "orange", "as trained", (0.94, 0.46)), ("after", "blue", "with T", (0.36, 0.72)),
                   ("blend", "green", "T and blend", (0.56, 0.34))],
    }
    for column, (name, kinds) in enumerate(labels.items()):
        top, bottom = axes[:, column]
        top.plot([0, 1], [0, 1], color=color("theory"), linewidth=1.2, linestyle=(0, (4, 3)))
        for kind, role, label, (x, y) in kinds:
            curve = pooled[name][kind]
            top.plot(curve["confidence"], curve["accuracy"], "o-", color=color(role), markersize=4)
            top.text(x, y, label, color=color(role), ha="right" if kind != "blend" else "left", va="center")
            if kind != "blend":
                shares = np.array(curve["counts"]) / np.sum(curve["counts"])
                bottom.stairs(shares, edges, color=color(role), linewidth=1.6)
        top.set(xlim=(0, 1), ylim=(0, 1.02))
        bottom.set(xlabel="confidence", ylim=(0, 0.7))
        bottom.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        bottom.set_yticks([0, 0.5], ["0", "50%"] if column == 0 else ["", ""])
        top.set_yticks([0, 0.5, 1], ["0", "0.5", "1"] if column == 0 else ["", "", ""])
        top.text(0.03, 0.95, {"long": "overtrained", "labels": "wrong labels"}[name], va="center")
    axes[0, 0].set_ylabel("accuracy")
    axes[1, 0].set_ylabel("images")
    return figure


def draw_floor(null):
    figure, axes = new_figure(aspect=0.5)
    sizes = [float(size) for size in null]
    low, high = ([row[end] for row in null.values()] for end in ("low", "high"))
    axes.fill_between(sizes, low, high, color=color("theory"), alpha=0.3)
    axes.plot(sizes, [row["mean"] for row in null.values()], "o-", color=color("ink"))
    for size, row in null.items():
        direct_label(axes, float(size), row["mean"], f"{row['mean']:.3f}", dx=4, dy=12)
    axes.set(xscale="log", yscale="log", xlim=(80, 16_000), ylim=(0.004, 0.2), xlabel="test cases", ylabel="ECE of a perfect forecaster")
    axes.set_xticks(sizes, ["100", "300", "1,000", "10,000"])
    axes.set_yticks([0.005, 0.01, 0.02, 0.05, 0.1, 0.2], ["0.005", "0.01", "0.02", "0.05", "0.1", "0.2"])
    axes.minorticks_off()
    return figure


def draw_regimes(regimes):
    figure, axes = new_figure(aspect=0.56)
    names = {"clean": "clean digits", "early": "stopped early", "decay": "weight decay", "long": "overtrained", "labels": "wrong labels"}
    for row, name in enumerate(names):
        r = regimes[name]
        for key, role, dy in (("", "orange", 0.17), ("-after", "blue", -0.17)):
            y = len(names) - 1 - row + dy
            axes.plot([0, r["high" + key]["mean"]], [y, y], color=color("theory"), linewidth=9, alpha=0.35, solid_capstyle="butt")
            axes.errorbar(r["ece" + key]["mean"], y, xerr=r["ece" + key]["sd"], fmt="o", color=color(role), markersize=7, elinewidth=1.6)
    direct_label(axes, regimes["long"]["ece"]["mean"], 1.17, "as trained", "orange", dx=0, dy=14, ha="center")
    direct_label(axes, regimes["long"]["ece-after"]["mean"], 0.83, "with T", "blue", dx=16)
    axes.text(0.075, 4.0, "gray: 95% of perfect forecasters", color=color("muted"), va="center")
    axes.set(xlim=(0, 0.31), ylim=(-0.5, 4.5), xlabel="expected calibration error (ECE)")
    axes.set_yticks(range(len(names) - 1, -1, -1), names.values())
    axes.set_xticks([0, 0.1, 0.2, 0.3], ["0", "0.1", "0.2", "0.3"])
    axes.grid(axis="y", visible=False)
    return figure
