"""What ROC-AUC keeps and what it hides: prevalence, crossing curves, few positives, pooled groups, several classes."""

from statistics import NormalDist

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer.metrics import (
    auc_by_ranks,
    auc_standard_error_hanley_mcneil,
    average_precision_score,
    delong_test,
    delong_variance,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

NORMAL = NormalDist()
SEPARATION = 2.0  # distance of the class means in standard deviations
PREVALENCES = [0.5, 0.1, 0.01, 0.001]
EXAMPLES, SEEDS = 100_000, 10
REPETITIONS = 1000
RARE, COMMON = 20, 1980
LEVEL = 0.95  # of intervals
GROUP_SIZE, BASE_RATES, OFFSETS = 50_000, (0.5, 0.05), (-2, 0, 2)
PAIRS = {
    "positives": [0.88, 0.72, 0.60, 0.42],
    "negatives": [0.66, 0.52, 0.36, 0.28, 0.15],
    "threshold": 0.57,
}


def run(rng):
    return {
        "seeds": SEEDS,
        "pairs": pairs(),
        "worked": worked_example(),
        "separation": {str(d): NORMAL.cdf(d / 2**0.5) for d in (1, 2, 3)},
        "prevalence": prevalence(rng),
        "scaled": scaled_logits(rng),
        "crossing": crossing(),
        "few": few_of_one_class(rng),
        "paired": paired(rng),
        "groups": groups(rng),
        "easy": {"hard": 0.75, "share": 0.96, "auc": 0.75 * (1 - 0.96) + 0.96},
        "swaps": swaps(rng),
        "classes": three_classes(rng),
    }


def key(number):
    return f"{number:g}".replace(".", "-")


def normal_scores(rng, n_pos, n_neg, separation=SEPARATION):
    """Labels and scores: negatives standard normal, positives moved up."""
    labels = np.repeat([1, 0], [n_pos, n_neg])
    return labels, rng.standard_normal(n_pos + n_neg) + separation * labels


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


# ---- by hand ----


def pairs():
    """The explorable's first state: nine examples, twenty pairs."""
    positives, negatives = PAIRS["positives"], PAIRS["negatives"]
    labels, scores = np.repeat([1, 0], [len(positives), len(negatives)]), np.array(positives + negatives)
    right = sum(p > n for p in positives for n in negatives)
    above = scores >= PAIRS["threshold"]
    return {
        **PAIRS,
        "right": right,
        "all": len(positives) * len(negatives),
        "auc": roc_auc_score(labels, scores),
        "precision": float(labels[above].mean()),
        "with-ten-easy": (right + 10 * len(positives)) / (len(positives) * (len(negatives) + 10)),
    }


def worked_example():
    labels, scores = np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.4, 0.5, 0.4, 0.1])
    return {"auc": auc_by_ranks(labels, scores), "thresholded": roc_auc_score(labels, scores >= 0.45)}


# ---- the same scores at four prevalences ----


def prevalence(rng):
    found = {}
    grid = np.linspace(0, 1, 101)
    for share in PREVALENCES:
        n_pos = round(share * EXAMPLES)
        areas, precisions, at_recall, roc, pr = [], [], [], [], []
        for _ in range(SEEDS):
            labels, scores = normal_scores(rng, n_pos, EXAMPLES - n_pos)
            areas.append(roc_auc_score(labels, scores))
            precisions.append(average_precision_score(labels, scores))
            precision, recall, _ = precision_recall_curve(labels, scores)
            at_recall.append(precision[recall >= 0.8][-1])
            fpr, tpr, _ = roc_curve(labels, scores)
            roc.append(np.interp(grid, fpr, tpr))
            pr.append(np.interp(grid, recall[::-1], precision[::-1]))
        found[key(share)] = {
            "auc": mean_and_sd(areas),
            "ap": mean_and_sd(precisions),
            "precision-at-80": mean_and_sd(at_recall),
            "roc": np.round(roc[0], 4),
            "pr": np.round(np.mean(pr, axis=0), 4),
        }
    fpr_at_80 = NORMAL.cdf(NORMAL.inv_cdf(0.8) - SEPARATION)
    return {
        "found": found,
        "theory": NORMAL.cdf(SEPARATION / 2**0.5),
        "fpr-at-80": fpr_at_80,
        "precision-in-theory": {key(p): 0.8 * p / (0.8 * p + fpr_at_80 * (1 - p)) for p in PREVALENCES},
        "accuracy-at-half": NORMAL.cdf(SEPARATION / 2),
    }


def scaled_logits(rng):
    """Calibrated logits, and the same ones a hundred times as large."""
    labels, scores = normal_scores(rng, EXAMPLES // 2, EXAMPLES // 2)
    logits = SEPARATION * (scores - SEPARATION / 2)
    result = {}
    for factor in (1, 100):
        # The loss of a logit, without the probability in between, which would round to 0 or 1.
        loss = np.logaddexp(0, -factor * logits * (2 * labels - 1)).mean()
        result[str(factor)] = {"auc": roc_auc_score(labels, factor * logits), "log-loss": loss}
        # A single-precision sigmoid is exactly 1 from a logit of 17 on: different scores become ties.
        with np.errstate(over="ignore"):
            rounded = 1 / (1 + np.exp(-np.float32(factor) * logits.astype(np.float32)))
        result[str(factor)]["auc-of-float32-probabilities"] = roc_auc_score(labels, rounded)
    probability = 1 / (1 + np.exp(-logits))
    result["check"] = abs(log_loss(labels, probability) - result["1"]["log-loss"])
    return result


# ---- two models with the same area ----


def crossing(auc=0.85):
    """True positive rates of two pairs of normal distributions with the same AUC; only the positives' deviation differs."""
    sds = {"equal": 1.0, "wide": 2.0}
    means = {name: (1 + sd**2) ** 0.5 * NORMAL.inv_cdf(auc) for name, sd in sds.items()}

    def rate(name, fpr):
        return NORMAL.cdf((means[name] + NORMAL.inv_cdf(fpr)) / sds[name])

    grid = np.unique(np.concatenate([np.geomspace(1e-5, 0.05, 60), np.linspace(0.05, 0.999, 90)]))
    fine = np.linspace(1e-9, 1, 100_001)[:-1]
    limit = fine[fine <= 0.05]
    result = {"auc": auc, "fpr": grid, "crossing": NORMAL.cdf(means["wide"] - 2 * means["equal"])}
    for name in sds:
        area = np.trapezoid([rate(name, f) for f in limit], limit)
        result[name] = {
            "tpr": {key(f): rate(name, f) for f in (0.001, 0.01, 0.05, 0.1, 0.3, 0.5)},
            "curve": [rate(name, f) for f in grid],
            "area": float(np.trapezoid([rate(name, f) for f in fine], fine)),
            "partial": (1 + (area - 0.05**2 / 2) / (0.05 - 0.05**2 / 2)) / 2,
        }
    return result


# ---- uncertainty ----


def few_of_one_class(rng):
    """How far AUC scatters with 20 examples of one class, and what two formulas say; true AUC 0.921."""
    z = NORMAL.inv_cdf((1 + LEVEL) / 2)
    result = {"repetitions": REPETITIONS, "z": z, "examples": RARE + COMMON}
    truth = NORMAL.cdf(SEPARATION / 2**0.5)
    counts = {"positives": (RARE, COMMON), "negatives": (COMMON, RARE), "positives-many": (RARE, 10 * COMMON)}
    for name, (n_pos, n_neg) in counts.items():
        areas, errors = [], []
        draws = REPETITIONS if name != "positives-many" else 400
        for _ in range(draws):
            labels, scores = normal_scores(rng, n_pos, n_neg)
            areas.append(auc_by_ranks(labels, scores))
            errors.append(delong_variance(labels, scores) ** 0.5)
        areas, errors = np.array(areas), np.array(errors)
        odds, odds_errors = np.log(areas / (1 - areas)), errors / (areas * (1 - areas))
        result[name] = {
            "draws": draws,
            "mean": areas.mean(),
            "sd": areas.std(ddof=1),
            "low": np.quantile(areas, (1 - LEVEL) / 2),
            "high": np.quantile(areas, (1 + LEVEL) / 2),
            "delong": np.sqrt(np.mean(errors**2)),
            "hanley-mcneil": auc_standard_error_hanley_mcneil(truth, n_pos, n_neg),
            "covered": float(np.mean(np.abs(areas - truth) <= z * errors)),
            "covered-odds": float(np.mean(np.abs(odds - np.log(truth / (1 - truth))) <= z * odds_errors)),
        }
    return result


def paired(rng, correlation=0.9):
    """Two models on the same 20 positives and 1980 negatives, the second a little weaker."""
    differences, right, wrong = [], [], []
    labels = np.repeat([1, 0], [RARE, COMMON])
    for _ in range(REPETITIONS // 2):
        common = rng.standard_normal(len(labels))
        a, b = (
            d * labels + correlation**0.5 * common + (1 - correlation) ** 0.5 * rng.standard_normal(len(labels))
            for d in (2.0, 1.8)
        )
        test = delong_test(labels, a, b)
        differences.append(test.auc_a - test.auc_b)
        right.append(test.standard_error**2)
        wrong.append(delong_variance(labels, a) + delong_variance(labels, b))
    return {
        "correlation": correlation,
        "difference": mean_and_sd(differences),
        "paired-error": np.mean(right) ** 0.5,
        "unpaired-error": np.mean(wrong) ** 0.5,
    }


# ---- groups ----


def groups(rng):
    """Two groups of one size, AUC 0.70 within each; the first, with more positives, has its scores moved."""
    separation = 2**0.5 * NORMAL.inv_cdf(0.7)
    pooled = {}
    within = []
    for offset in OFFSETS:
        values = []
        for _ in range(SEEDS):
            drawn = [
                normal_scores(rng, n_pos := round(rate * GROUP_SIZE), GROUP_SIZE - n_pos, separation)
                for rate in BASE_RATES
            ]
            within += [roc_auc_score(*group) for group in drawn]
            labels = np.concatenate([group[0] for group in drawn])
            scores = np.concatenate([drawn[0][1] + offset, drawn[1][1]])
            values.append(roc_auc_score(labels, scores))
        pooled[("minus-" if offset < 0 else "plus-" if offset else "") + str(abs(offset))] = mean_and_sd(values)
    # Calibrated in each group: the log-odds are the score times the separation plus the log-odds of the base rate.
    odds = [np.log(rate / (1 - rate)) for rate in BASE_RATES]
    best = (odds[0] - odds[1]) / separation
    return {
        "pooled": pooled,
        "cross": cross_share(),
        "within": {"low": min(within), "high": max(within)},
        "calibrated-offset": best,
        "calibrated": pooled_in_theory(best, separation),
        "group-alone": pooled_in_theory(np.inf, 0.0),
        "offsets": np.linspace(-5, 6, 67),
        "curve": [pooled_in_theory(offset, separation) for offset in np.linspace(-5, 6, 67)],
    }


def cross_share():
    """Share of the pairs whose positive and negative come from different groups."""
    pos = np.array(BASE_RATES) / sum(BASE_RATES)
    neg = (1 - np.array(BASE_RATES)) / (2 - sum(BASE_RATES))
    return float(1 - pos @ neg)


def pooled_in_theory(offset, separation):
    """Pooled AUC: the mean over the four kinds of pairs, by how many pairs there are of each."""
    pos = np.array(BASE_RATES) / sum(BASE_RATES)
    neg = (1 - np.array(BASE_RATES)) / (2 - sum(BASE_RATES))
    moved = np.array([[0.0, offset], [-offset, 0.0]])  # group of the positive, group of the negative
    return float(sum(pos[i] * neg[j] * NORMAL.cdf((separation + moved[i, j]) / 2**0.5) for i in (0, 1) for j in (0, 1)))


# ---- which mistakes count ----


def swaps(rng, lists=100):
    """What is gained by putting right one positive that stands directly below a negative: the first one and the last one."""
    ratios, auc_gains = [], []
    for _ in range(lists):
        labels, scores = normal_scores(rng, 20, 180)
        labels, scores = labels[np.argsort(-scores)], -np.arange(len(labels), dtype=float)
        places = np.flatnonzero((labels[:-1] == 0) & (labels[1:] == 1))
        gains = []
        for place in (places[0], places[-1]):
            mended = labels.copy()
            mended[[place, place + 1]] = 1, 0
            auc_gains.append(auc_by_ranks(mended, scores) - auc_by_ranks(labels, scores))
            gains.append(average_precision_score(mended, scores) - average_precision_score(labels, scores))
        ratios.append(gains[0] / gains[1])
    return {
        "lists": lists,
        "auc": auc_gains[0],
        "auc-spread": max(auc_gains) - min(auc_gains),
        "ap-ratio": {"median": np.median(ratios), "low": np.quantile(ratios, 0.25), "high": np.quantile(ratios, 0.75)},
    }


# ---- more than two classes ----


def three_classes(rng):
    """Three normal clouds on a line in the proportions 900 : 90 : 10, scored by the true posterior."""
    counts = np.array([900, 90, 10]) * 10
    labels = np.repeat([0, 1, 2], counts)
    x = rng.standard_normal(len(labels)) + np.array([0.0, 1.0, 3.0])[labels]
    logits = np.log(counts) - 0.5 * (x[:, None] - np.array([0.0, 1.0, 3.0])) ** 2
    probability = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    return {
        f"{kind}-{average}": roc_auc_score(labels, probability, multi_class=kind, average=average)
        for kind in ("ovr", "ovo")
        for average in ("macro", "weighted")
    }


# ---- what the page says ----


def claims(data):
    found, theory = data["prevalence"]["found"], data["prevalence"]["theory"]
    yield at_most("same-auc", "At every prevalence the mean AUC is within three standard errors of the theoretical value",
                  max(abs(f["auc"]["mean"] - theory) / (f["auc"]["sd"] / SEEDS**0.5) for f in found.values()), 3)  # fmt: skip
    yield at_most("ap-collapses", "Average precision at 0.1% positives is at most an eighth of that at 50%",
                  found["0-001"]["ap"]["mean"] / found["0-5"]["ap"]["mean"], 0.125)  # fmt: skip
    yield at_most("same-after-scaling", "AUC is the same after multiplying the logits by 100",
                  abs(data["scaled"]["100"]["auc"] - data["scaled"]["1"]["auc"]), 1e-12)  # fmt: skip
    yield at_least("loss-after-scaling", "The log-loss grows at least twentyfold",
                   data["scaled"]["100"]["log-loss"] / data["scaled"]["1"]["log-loss"], 20)  # fmt: skip
    yield at_least("ties-after-scaling", "After a single-precision sigmoid the AUC of the large logits is at least 0.01 lower",
                   data["scaled"]["100"]["auc"] - data["scaled"]["100"]["auc-of-float32-probabilities"], 0.01)  # fmt: skip
    crossing = data["crossing"]
    yield at_least("factor-at-one-percent", "At FPR 1% the wide model finds at least 2.5 times the positives",
                   crossing["wide"]["tpr"]["0-01"] / crossing["equal"]["tpr"]["0-01"], 2.5)  # fmt: skip
    yield at_most("equal-areas", "Both curves have the area 0.85",
                  max(abs(crossing[name]["area"] - 0.85) for name in ("equal", "wide")), 1e-4)  # fmt: skip
    few = data["few"]
    yield between("more-negatives", "Ten times the negatives leave the spread as it is, within a fifth",
                  few["positives-many"]["sd"] / few["positives"]["sd"], 0.8, 1.2)  # fmt: skip
    yield at_most("delong-fits", "DeLong's error is within a tenth of the measured spread, whichever class is rare",
                  max(abs(few[k]["delong"] / few[k]["sd"] - 1) for k in ("positives", "negatives")), 0.1)  # fmt: skip
    yield at_least("hanley-too-large", "With few positives Hanley and McNeil's error is at least 1.3 times the spread",
                   few["positives"]["hanley-mcneil"] / few["positives"]["sd"], 1.3)  # fmt: skip
    yield at_most("hanley-too-small", "With few negatives it is at most 0.7 times the spread",
                  few["negatives"]["hanley-mcneil"] / few["negatives"]["sd"], 0.7)  # fmt: skip
    yield at_most("coverage", "The nominal 95% DeLong interval covers the truth in at most 90% of the draws",
                  few["positives"]["covered"], 0.9)  # fmt: skip
    yield between("coverage-odds", "On the scale of the log-odds it covers more often, and still less often than 95%",
                  few["positives"]["covered-odds"], few["positives"]["covered"] + 0.01, 0.94)  # fmt: skip
    yield at_least("pairing", "Ignoring the pairing makes the error of the difference at least twice as large",
                   data["paired"]["unpaired-error"] / data["paired"]["paired-error"], 2)  # fmt: skip
    groups = data["groups"]
    yield at_most("within-groups", "Every AUC within a group lies within 0.02 of 0.70",
                  max(abs(groups["within"][k] - 0.7) for k in ("low", "high")), 0.02)  # fmt: skip
    yield at_least("pooled-above", "With offset +2 the pooled AUC is at least 0.13 above 0.70",
                   groups["pooled"]["plus-2"]["mean"] - 0.7, 0.13)  # fmt: skip
    yield at_most("pooled-below-chance", "With offset -2 the pooled AUC is below 0.45",
                  groups["pooled"]["minus-2"]["mean"], 0.45)  # fmt: skip
    yield at_most("calibrated-is-best", "No offset gives a larger pooled AUC than the calibrated one",
                  max(groups["curve"]) - groups["calibrated"], 1e-9)  # fmt: skip
    yield at_most("equal-swaps", "Each such repair gains the same AUC", data["swaps"]["auc-spread"], 1e-12)
    yield at_least("unequal-swaps", "In the median list the first repair gains at least ten times the average precision of the last",
                   data["swaps"]["ap-ratio"]["median"], 10)  # fmt: skip
    values = list(data["classes"].values())
    yield at_least(
        "classes-differ", "The four multi-class averages spread over at least 0.03", max(values) - min(values), 0.03
    )


def figures(data):
    yield "pairs", draw_pairs(data["pairs"])
    yield "crossing", draw_crossing(data["crossing"])
    yield "prevalence", draw_prevalence(data["prevalence"]["found"])


def draw_pairs(pairs):
    figure, (scores, roc) = new_figure(aspect=0.5, columns=2, width_ratios=(1.15, 1))
    positives, negatives = pairs["positives"], pairs["negatives"]
    for p in positives:
        for n in negatives:
            scores.plot([p, n], [1, 0], color=color("good" if p > n else "bad"), linewidth=1.4, alpha=0.7)
    scores.plot(positives, [1] * len(positives), "o", color=color("positive"), markersize=10)
    scores.plot(negatives, [0] * len(negatives), "o", color=color("negative"), markersize=10)
    scores.axvline(pairs["threshold"], color=color("ink"), linestyle=(0, (4, 3)), linewidth=1.2)
    scores.text(0.02, 1.12, "positives", color=color("positive"))
    scores.text(0.02, -0.24, "negatives", color=color("negative"))
    scores.set(xlim=(0, 1), ylim=(-0.35, 1.3), yticks=[], xlabel="score")
    scores.spines["left"].set_visible(False)
    scores.grid(False)
    n_pos, n_neg = len(positives), len(negatives)
    for i, p in enumerate(sorted(positives, reverse=True)):
        for j, n in enumerate(sorted(negatives, reverse=True)):
            cell = (j / n_neg, i / n_pos)
            roc.add_patch(_cell(cell, 1 / n_neg, 1 / n_pos, "good" if p > n else "bad"))
    labels, values = np.repeat([1, 0], [n_pos, n_neg]), np.array(positives + negatives)
    fpr, tpr, _ = roc_curve(labels, values, drop_intermediate=False)
    roc.plot(fpr, tpr, color=color("ink"))
    above = values >= pairs["threshold"]
    roc.plot(above[labels == 0].mean(), above[labels == 1].mean(), "o", color=color("ink"), markersize=10)
    roc.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    roc.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    roc.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    roc.grid(False)
    return figure


def _cell(corner, width, height, role):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=color(role), alpha=0.35, edgecolor=color("panel"), linewidth=1.5)


def draw_crossing(crossing):
    figure, (whole, strip) = new_figure(aspect=0.52, columns=2)
    fpr = np.array(crossing["fpr"])
    for axes in (whole, strip):
        for name, role in (("equal", "orange"), ("wide", "blue")):
            axes.plot(np.r_[0, fpr], np.r_[0, crossing[name]["curve"]], color=color(role))
    whole.axvspan(0, 0.05, color=color("rule"), alpha=0.7)
    direct_label(whole, 0.5, 0.42, "both: AUC 0.85", "ink", dx=0, ha="center")
    whole.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="false positive rate", ylabel="true positive rate")
    whole.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    strip.axvline(0.01, color=color("muted"), linestyle=(0, (4, 3)), linewidth=1.2)
    for name, role, label, dy in (("equal", "orange", "equal spread", -48), ("wide", "blue", "wide positives", 12)):
        rate = crossing[name]["tpr"]["0-01"]
        strip.plot(0.01, rate, "o", color=color(role), markersize=8)
        direct_label(strip, 0.01, rate, f"{rate:.0%}", role, dx=9, dy=-9)
        direct_label(strip, 0.05, crossing[name]["tpr"]["0-05"], label, role, dx=-2, dy=dy, ha="right")
    strip.set(xlim=(0, 0.05), ylim=(0, 0.8), xlabel="false positive rate")
    strip.set_xticks([0, 0.01, 0.03, 0.05], ["0", "1%", "3%", "5%"])
    return figure


def draw_prevalence(found):
    figure, (roc, pr) = new_figure(aspect=0.52, columns=2, sharey=True)
    grid = np.linspace(0, 1, 101)
    for name, role, label, at in (
        ("0-5", "blue", "50%", 0.66), ("0-1", "green", "10%", 0.56),
        ("0-01", "gold", "1%", 0.42), ("0-001", "orange", "0.1%", 0.3),
    ):  # fmt: skip
        roc.plot(grid, found[name]["roc"], color=color(role), linewidth=1.6)
        pr.plot(grid[1:], found[name]["pr"][1:], color=color(role))
        direct_label(pr, at, found[name]["pr"][round(100 * at)], label, role, dx=4, dy=10)
    direct_label(roc, 0.66, 0.55, "all four\nprevalences", "ink", dx=0, ha="center")
    roc.set(xlim=(0, 1), ylim=(0, 1.03), xlabel="false positive rate", ylabel="true positive rate")
    pr.set(xlim=(0, 1), xlabel="recall", ylabel="precision")
    for axes in (roc, pr):
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    return figure
