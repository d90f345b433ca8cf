"""What a confusion matrix of noisy digits says, and what becomes of its rows and columns when one class gets rare."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure, sequential
from dlprimer import (
    Adam,
    Linear,
    Tensor,
    cohen_kappa_score,
    confusion_matrix,
    cross_entropy,
    digits,
    softmax,
    train_val_test_split,
)

CLASSES = 10
SEEDS = 20
GROUP = 5  # runs in a smaller experiment, to see how far its counts would scatter
TRAIN = 900
NOISE_SD = 0.3
GRAYS = 15  # steps between paper and ink, so that the images shown are exactly those the model saw
STEPS, RATE = 300, 0.01
RARE, KEEP = 8, 0.1  # the class that gets rare, and the share of it that stays
DRAWS = 2000
COST = 10  # of a missed eight, where any other mistake costs 1
OFTEN = 80  # confusions in both directions, in all runs together
SHOWN = 12  # images kept of each cell


def run(rng):
    runs = [train_and_test(rng) for _ in range(SEEDS)]
    true, predicted = (np.concatenate([one[key] for one in runs]) for key in ("true", "predicted"))
    counts = confusion_matrix(true, predicted)
    each = np.array([confusion_matrix(one["true"], one["predicted"]) for one in runs])
    return {
        "seeds": SEEDS,
        "train": TRAIN,
        "test": len(runs[0]["true"]),
        "pooled": int(counts.sum()),
        "noise": NOISE_SD,
        "accuracy": mean_and_sd([np.trace(matrix) / matrix.sum() for matrix in each]),
        "counts": counts,
        "supports": counts.sum(axis=1),
        "called": counts.sum(axis=0),
        "recall": np.diag(counts) / counts.sum(axis=1),
        "precision": np.diag(counts) / counts.sum(axis=0),
        "top": [cell(counts, each, *at) for at in largest_cells(counts)],
        "pairs": asymmetry(counts, each),
        "chance": {
            "kappa": cohen_kappa_score(true, predicted),
            "majority": counts.sum(axis=1).max() / counts.sum(),
        },
        "rare": rare_class(counts, runs, rng),
        "shift": estimated_shift(runs, rng),
        "cost": with_costs(runs),
        "worked": worked_examples(),
        "images": images(runs),
    }


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


def train_and_test(rng):
    """Softmax regression on noisy digits: what it says about the test images."""
    pictures, labels = digits()
    noisy = pictures.reshape(-1, 64) + NOISE_SD * rng.standard_normal((len(labels), 64))
    noisy = (np.round(np.clip(noisy, 0, 1) * GRAYS) / GRAYS).astype(np.float32)
    share = TRAIN / len(labels)
    (x, y), _, (x_test, y_test) = train_val_test_split(noisy, labels, fractions=(share, 0.0, 1 - share), rng=rng)
    model = Linear(64, CLASSES, rng=rng)
    optimizer = Adam(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        cross_entropy(model(Tensor(x)), y).backward()
        optimizer.step()
    probabilities = np.asarray(softmax(model(Tensor(x_test)).data), dtype=np.float64)
    return {"images": x_test, "true": y_test, "predicted": probabilities.argmax(axis=1), "probabilities": probabilities}


def largest_cells(counts):
    off = counts * (1 - np.eye(CLASSES, dtype=int))
    return [divmod(int(flat), CLASSES) for flat in np.argsort(-off, axis=None, kind="stable")[:5]]


def cell(counts, each, i, j):
    """One cell off the diagonal and its mirror image, in all runs together and run by run."""
    groups = each.reshape(-1, GROUP, CLASSES, CLASSES).sum(axis=1)
    return {
        "true": i, "called": j, "count": counts[i, j], "mirror": counts[j, i],
        "rate": counts[i, j] / counts[i].sum(), "share-of-column": counts[i, j] / counts[:, j].sum(), "share": counts[i, j] / counts.sum(),
        "least": each[:, i, j].min(), "most": each[:, i, j].max(),
        "larger": (each[:, i, j] > each[:, j, i]).sum(), "smaller": (each[:, i, j] < each[:, j, i]).sum(),
        "groups": [[group[i, j], group[j, i]] for group in groups],
    }  # fmt: skip


def asymmetry(counts, each):
    """Of the pairs of classes that are often confused, the most lopsided one."""
    pairs = [(i, j) for i in range(CLASSES) for j in range(CLASSES) if i != j and counts[i, j] + counts[j, i] >= OFTEN]
    most = max(pairs, key=lambda pair: counts[pair] / max(1, counts[pair[::-1]]))
    return {"often": OFTEN, "pairs": len(pairs) // 2, "most": cell(counts, each, *most)}


# ---- the same classifier where one class is rare ----


def reweighted(counts, frequencies):
    """Joint probabilities at other class frequencies: each row of the matrix times its class's new share."""
    rows = counts / counts.sum(axis=1, keepdims=True)
    return rows * (frequencies / frequencies.sum())[:, None]


def summary(joint, which=RARE):
    return {
        "recall": joint[which, which] / joint[which].sum(),
        "precision": joint[which, which] / joint[:, which].sum(),
        "accuracy": np.trace(joint) / joint.sum(),
        "kappa": kappa(joint),
    }


def kappa(joint):
    joint = joint / joint.sum()
    by_chance = joint.sum(axis=1) @ joint.sum(axis=0)
    return (np.trace(joint) - by_chance) / (1 - by_chance)


def rare_class(counts, runs, rng):
    """The eights' precision when nine in ten are taken out: foretold from the rows, and found in thinned test sets."""
    after = counts.sum(axis=1).astype(float)
    after[RARE] *= KEEP
    found = []
    for draw in range(DRAWS):
        true, predicted = (runs[draw % SEEDS][key] for key in ("true", "predicted"))
        eights, others = np.flatnonzero(true == RARE), np.flatnonzero(true != RARE)
        kept = np.concatenate([others, rng.choice(eights, round(KEEP * len(eights)), replace=False)])
        found.append(summary(confusion_matrix(true[kept], predicted[kept])))
    sampled = {}
    for key in ("recall", "precision", "accuracy"):
        values = np.array([one[key] for one in found])
        low, high = np.quantile(values, [0.025, 0.975])
        sampled[key] = {"mean": values.mean(), "low": low, "high": high}
    joint = reweighted(counts, after)
    return {
        "which": RARE, "keep": KEEP, "draws": DRAWS, "eights": round(KEEP * counts[RARE].sum() / SEEDS),
        "before": summary(counts), "foretold": summary(joint), "sampled": sampled, "columns": joint / joint.sum(axis=0),
        "precision-of-1": {"before": summary(counts, 1)["precision"], "after": summary(joint, 1)["precision"]},
    }  # fmt: skip


def estimated_shift(runs, rng):
    """The share of eights in unlabelled images, from predictions alone: counted, and solved from the rows of another half."""
    counted, solved, truth = [], [], []
    for one in runs:
        order = rng.permutation(len(one["true"]))
        known, new = order[: len(order) // 2], order[len(order) // 2 :]
        new = np.concatenate([new[one["true"][new] != RARE], new[one["true"][new] == RARE][:4]])  # of about 44
        rows = confusion_matrix(one["true"][known], one["predicted"][known], labels=np.arange(CLASSES), normalize="true")
        called = np.bincount(one["predicted"][new], minlength=CLASSES) / len(new)
        counted.append(called[RARE])
        solved.append(np.linalg.solve(rows.T, called)[RARE])
        truth.append(np.mean(one["true"][new] == RARE))
    found = {"truth": float(np.mean(truth)), "images": len(known)}
    for name, values in (("counted", counted), ("solved", solved)):
        errors = np.array(values) - truth
        found[name] = {**mean_and_sd(values), "rms-error": float(np.sqrt(np.mean(errors**2)))}
    found["below-zero"] = int(np.sum(np.array(solved) < 0))
    return found


# ---- costs ----


def with_costs(runs):
    """The same probabilities, decided by largest probability and by least expected cost."""
    costs = 1.0 - np.eye(CLASSES)
    costs[RARE] *= COST
    true = np.concatenate([one["true"] for one in runs])
    probabilities = np.concatenate([one["probabilities"] for one in runs])
    result = {"cost": COST}
    for name, decided in (("largest", probabilities.argmax(axis=1)), ("cheapest", (probabilities @ costs).argmin(axis=1))):
        counts = confusion_matrix(true, decided)
        result[name] = {**summary(counts), "mean-cost": float((counts * costs).sum() / counts.sum())}
    return result


# ---- by hand ----


def worked_examples():
    prevalences = {"0-5": 0.5, "0-1": 0.1, "0-01": 0.01, "0-001": 0.001}
    sensitivity, specificity = 0.99, 0.95
    ppv = {key: p * sensitivity / (p * sensitivity + (1 - p) * (1 - specificity)) for key, p in prevalences.items()}
    matrix = np.array([[90, 10], [5, 45]])
    probability, costs = np.array([0.8, 0.2]), np.array([[0, 1], [10, 0]])
    return {
        "ppv": ppv,
        "false": 9900 * (1 - specificity),
        "odds-factor": sensitivity / (1 - specificity),
        "quiz": {
            "precision": matrix[1, 1] / matrix[:, 1].sum(), "recall": matrix[1, 1] / matrix[1].sum(),
            "accuracy": np.trace(matrix) / matrix.sum(), "precision-of-0": matrix[0, 0] / matrix[:, 0].sum(),
        },
        "expected-costs": probability @ costs,
        "three-of-three": {"low": 0.025 ** (1 / 3)},  # Clopper-Pearson: the rate at which 3 of 3 has probability 2.5%
    }  # fmt: skip


# ---- what the explorable shows ----


def images(runs):
    """Some test images of each cell, a hexadecimal digit a pixel."""
    kept = {}
    for one in runs:
        for image, i, j in zip(one["images"], one["true"], one["predicted"], strict=True):
            cell = kept.setdefault(f"{i}-{j}", [])
            if len(cell) < SHOWN:
                cell.append("".join(f"{round(float(pixel) * GRAYS):x}" for pixel in image))
    return kept


# ---- what the page says ----


def claims(data):
    top, most, rare, shift, cost = data["top"][0], data["pairs"]["most"], data["rare"], data["shift"], data["cost"]
    recalls = np.array(data["recall"])
    yield at_least("eights-hardest", "The recall of the eights is at least 0.03 below that of every other class",
                   np.delete(recalls, RARE).min() - recalls[RARE], 0.03)  # fmt: skip
    yield at_least("largest-cell", "8 called 1 is at least 1.15 times as frequent as any other confusion",
                   top["count"] / data["top"][1]["count"] if (top["true"], top["called"]) == (8, 1) else 0, 1.15)  # fmt: skip
    yield between("hidden-regression", "The largest confusion's share of the images is near the accuracy's standard deviation over runs",
                  top["share"] / data["accuracy"]["sd"], 0.7, 1.5)  # fmt: skip
    yield at_least("groups-scatter", "Between groups of five runs the ratio of 8 called 1 to 1 called 8 varies at least 1.5-fold",
                   max(a / b for a, b in top["groups"]) / min(a / b for a, b in top["groups"]), 1.5)  # fmt: skip
    yield at_least("lopsided", "The most lopsided pair is at least twice as frequent in one direction as in the other",
                   most["count"] / most["mirror"], 2)  # fmt: skip
    yield at_least("lopsided-in-runs", "It leans the same way in at least 0.6 of the runs",
                   most["larger"] / SEEDS, 0.6)  # fmt: skip
    yield at_most("precision-falls", "With a tenth of the eights their precision is at most 0.3 times what it was",
                  rare["foretold"]["precision"] / rare["before"]["precision"], 0.3)  # fmt: skip
    yield at_most("foretold", "The precision foretold from the rows is within 0.02 of the mean over thinned test sets",
                  abs(rare["foretold"]["precision"] - rare["sampled"]["precision"]["mean"]), 0.02)  # fmt: skip
    yield at_most("recall-stays", "The mean recall of the eights in thinned test sets is within 0.01 of the full one",
                  abs(rare["sampled"]["recall"]["mean"] - rare["before"]["recall"]), 0.01)  # fmt: skip
    yield at_least("accuracy-rises", "Accuracy rises by at least 0.01 when the eights get rare",
                   rare["foretold"]["accuracy"] - rare["before"]["accuracy"], 0.01)  # fmt: skip
    yield at_least("one-gains", "The precision of the ones rises by at least 0.05",
                   rare["precision-of-1"]["after"] - rare["precision-of-1"]["before"], 0.05)  # fmt: skip
    yield at_least("counting-misleads", "Counted predictions put the share of eights at least 2.5 times too high",
                   shift["counted"]["mean"] / shift["truth"], 2.5)  # fmt: skip
    yield at_most("solving-unbiased", "On average the solved share is off by at most half as much as the counted one",
                  abs(shift["solved"]["mean"] - shift["truth"]) / abs(shift["counted"]["mean"] - shift["truth"]), 0.5)  # fmt: skip
    yield at_least("solving-noisy", "Run by run the solved share scatters at least twice as much as the counted one",
                   shift["solved"]["sd"] / shift["counted"]["sd"], 2)  # fmt: skip
    yield at_most("cheaper", "Deciding by expected cost lowers the mean cost to at most 0.8 times",
                  cost["cheapest"]["mean-cost"] / cost["largest"]["mean-cost"], 0.8)  # fmt: skip
    yield at_least("cost-accuracy", "and loses at least 0.04 of accuracy",
                   cost["largest"]["accuracy"] - cost["cheapest"]["accuracy"], 0.04)  # fmt: skip


def figures(data):
    counts = np.array(data["counts"])
    yield "rare", draw_rare(data["rare"], counts)
    yield "counts", draw_counts(counts)
    yield "cell", draw_cell(data["images"])


def draw_rare(rare, counts):
    """The shares of each row, which stay, and those of each column where the eights are rare."""
    figure, (left, right) = new_figure(aspect=0.65, columns=2, sharey=True)
    draw_table(left, counts / counts.sum(axis=1, keepdims=True), high=0.25)
    draw_table(right, np.array(rare["columns"]), high=0.25)
    left.add_patch(draw_outline(-0.5, RARE - 0.5, CLASSES, 1))
    right.add_patch(draw_outline(RARE - 0.5, -0.5, 1, CLASSES))
    left.set(ylabel="true class", xlabel="called\nrows: the same with few eights")
    right.set_xlabel("called\ncolumns: one eight in ten left")
    found, before, after = rare["before"]["recall"], rare["before"]["precision"], rare["foretold"]["precision"]
    direct_label(left, -0.5, -0.5, f"eights found: {found:.0%}, as before", dx=0, dy=10)
    direct_label(right, CLASSES - 0.5, -0.5, f"calls of 8 right: {after:.0%}, were {before:.0%}", dx=0, dy=10, ha="right")
    return figure


def draw_counts(counts):
    figure, axes = new_figure(aspect=0.95)
    rates = counts / counts.sum(axis=1, keepdims=True)
    draw_table(axes, rates, high=0.14)
    for i, j in np.ndindex(counts.shape):
        role = "muted" if i == j else "paper" if rates[i, j] > 0.1 else "ink"
        axes.annotate(f"{counts[i, j]}", (j, i), ha="center", va="center_baseline", fontsize=11.5 if i != j else 10.5, color=color(role))
    axes.set(xlabel="called", ylabel="true class")
    return figure


def draw_cell(images):
    figure, both = new_figure(aspect=0.31, rows=2)
    for axes, (i, j) in zip(both, ((8, 1), (1, 8)), strict=True):
        strip = np.full((8, 9 * 8), np.nan)
        for k, text in enumerate(images[f"{i}-{j}"][:8]):
            strip[:, 9 * k : 9 * k + 8] = np.array([int(pixel, 16) for pixel in text]).reshape(8, 8) / GRAYS
        axes.imshow(strip, cmap=sequential("ink"), vmin=0, vmax=1, interpolation="none")
        axes.set(xticks=[], yticks=[3.5], yticklabels=[f"true {i},\ncalled {j}"])
        axes.tick_params(length=0)
        axes.grid(False)
        axes.spines[:].set_visible(False)
    return figure


def draw_table(axes, shares, high):
    """Shares as shades, the diagonal left out."""
    axes.imshow(np.where(np.eye(CLASSES, dtype=bool), np.nan, shares), cmap=sequential("bad"), vmin=0, vmax=high)
    axes.set(xticks=range(CLASSES), yticks=range(CLASSES))
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def draw_outline(x, y, width, height):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, fill=False, edgecolor=color("ink"), linewidth=1.4, clip_on=False)
