"""What weights, resampling and thresholds change at 2% positives, what more positives change, and how weights fade in a network."""

import math
from functools import cache

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    Adam,
    Tensor,
    balanced_sampler,
    batches,
    binary_cross_entropy_with_logits,
    class_weights,
    digits,
    focal_loss,
    roc_auc_score,
)

MEAN = (1.5, 1.0)  # of the positives; negatives are standard normal
POSITIVES, NEGATIVES = 100, 4900
PREVALENCE = 0.02
WEIGHT = 49  # negatives for each positive
SEEDS = 200  # training sets of each kind
NEIGHBORS = 5  # of SMOTE
SHOWN_POSITIVES, SHOWN_NEGATIVES = 10, 490  # in the explorable
PENALTY = 0.01  # there only, so that points that the reader has moved apart keep a solution
COUNTS, RATIOS, DIMENSIONS, DRAWS = (50, 100, 200, 400), (1, 4, 49), 5, 100
NEAR_FAR = ((1.0, 0.0), (1.0, 4.0))  # two kinds of positives, for which no line is the right model
LARGE, LARGE_DRAWS = 100_000, 5
FEW_DRAWS = 1000
WEIGHTS = (1, 7, 49, 400)
WIDTH, RATE, BATCH, EPOCHS, NETWORKS = 128, 1e-3, 50, 400, 5
READ = (1, 2, 3, 5, 10, 20, 30, 50, 70, 100, 150, 200, 400)
FACTOR = 4  # by which the multiplicative loss divides the positives' logits
FIRST_STEPS = 100

TOLERANCE = {"network": None}  # float32 sums over 4,000 steps differ between machines; the claims have margins


def run(rng):
    return {
        "prevalence": PREVALENCE, "weight": WEIGHT, "log-weight": math.log(WEIGHT), "seeds": SEEDS,
        "touch": to_touch(rng),
        "few": few_positives(rng),
        "treatments": treatments(rng),
        "counts": counts(rng),
        "misspecified": misspecified(rng),
        "network": network(rng),
        "focal": focal_minimizers(),
        "batch": effective_weights(),
        "worked": worked(),
    }  # fmt: skip


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


# ---- logistic regression, and what a line does on normal classes, exactly ----


def logistic(x, y, weight=1.0, penalty=0.0):
    """Intercept and slopes of logistic regression with weighted positives, by Newton's method."""
    rows = np.column_stack([np.ones(len(x)), x])
    ridge = penalty * np.diag([0.0] + [1.0] * x.shape[1])
    w = np.zeros(rows.shape[1])
    for _ in range(60):
        p = sigmoid(rows @ w)
        a = np.where(y == 1, weight, 1.0)
        step = np.linalg.solve((rows * (a * p * (1 - p))[:, None]).T @ rows + ridge, rows.T @ (a * (y - p)) - ridge @ w)
        w += step
        if np.abs(step).max() < 1e-9:
            break
    return w


def sigmoid(z):
    return 0.5 * np.tanh(0.5 * z) + 0.5


def phi(z):
    """The standard normal distribution function."""
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def auc_of(slopes, mean=MEAN):
    """The AUC of a line on normal classes of equal spread; the best is `auc_of(MEAN)`."""
    return phi(float(np.dot(slopes, mean)) / float(np.linalg.norm(slopes)) / math.sqrt(2))


@cache
def normal_grid():
    """Points and weights for the mean of a smooth function of a standard normal number."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    return nodes, weights / weights.sum()


def exactly(w, threshold=0.0, means=(MEAN,), prevalence=PREVALENCE):
    """Recall, false positive rate and the rest of a linear logit, without a test set: within each class it is normal."""
    length = np.linalg.norm(w[1:])
    centers = [w[0] + float(w[1:] @ np.asarray(mean)) for mean in means]
    recall = np.mean([phi((center - threshold) / length) for center in centers])
    fpr = phi((w[0] - threshold) / length)
    nodes, shares = normal_grid()
    negatives, positives = w[0] + length * nodes, [center + length * nodes for center in centers]
    return {
        "recall": float(recall),
        "fpr": fpr,
        "accuracy": mixed(recall, 1 - fpr, prevalence),
        "balanced": float((recall + 1 - fpr) / 2),
        "auc": float(np.mean([phi((center - w[0]) / length / math.sqrt(2)) for center in centers])),
        "log-loss": mixed(
            np.mean([shares @ np.logaddexp(0, -z) for z in positives]), shares @ np.logaddexp(0, negatives), prevalence
        ),
        "probability": mixed(np.mean([shares @ sigmoid(z) for z in positives]), shares @ sigmoid(negatives), prevalence),
    }


def mixed(of_positives, of_negatives, prevalence):
    return float(prevalence * of_positives + (1 - prevalence) * of_negatives)


def draw(rng, positives, negatives, mean=MEAN):
    x = rng.standard_normal((negatives + positives, len(mean)))
    x[negatives:] += np.asarray(mean)
    return x, np.repeat([0, 1], [negatives, positives])


# ---- six treatments of the same data ----


def treatments(rng):
    found, shifts = {}, []
    prior = math.log(PREVALENCE / (1 - PREVALENCE))
    for _ in range(SEEDS):
        x, y = draw(rng, POSITIVES, NEGATIVES)
        plain = logistic(x, y)
        ratio = class_weights(y)
        weighted = logistic(x, y, float(ratio[1] / ratio[0]))
        corrected = weighted - np.array([math.log(WEIGHT), 0, 0])
        drawn = balanced_sampler(y, 2 * NEGATIVES, rng=rng)
        kept = np.concatenate([rng.choice(NEGATIVES, POSITIVES, replace=False), np.flatnonzero(y == 1)])
        synthetic = smote(x[y == 1], NEGATIVES - POSITIVES, rng)
        shifts.append(weighted[0] - plain[0])
        for name, w, threshold in (
            ("plain-half", plain, 0.0),
            ("plain-prior", plain, prior),
            ("weighted", weighted, 0.0),
            ("corrected", corrected, 0.0),
            ("oversampled", logistic(x[drawn], y[drawn]), 0.0),
            ("undersampled", logistic(x[kept], y[kept]), 0.0),
            ("smote", logistic(np.concatenate([x, synthetic]), np.concatenate([y, np.ones(len(synthetic), int)])), 0.0),
        ):
            found.setdefault(name, []).append(exactly(w, threshold))
    best = auc_of(MEAN)
    result = {name: {key: mean_and_sd([one[key] for one in many]) for key in many[0]} for name, many in found.items()}
    for name, many in found.items():
        result[name]["lost"] = float(np.mean([best - one["auc"] for one in many]))
    return {**result, "best-auc": best, "shift": mean_and_sd(shifts)}


def smote(positives, wanted, rng):
    """Points on the segments between a positive and one of its nearest neighbors among the positives."""
    distances = np.linalg.norm(positives[:, None] - positives, axis=2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, 1 : NEIGHBORS + 1]
    first = rng.integers(len(positives), size=wanted)
    second = nearest[first, rng.integers(NEIGHBORS, size=wanted)]
    return positives[first] + rng.random((wanted, 1)) * (positives[second] - positives[first])


# ---- how many positives, and how many negatives for each ----


def counts(rng):
    """AUC lost against the best line, on average over training sets."""
    mean = np.zeros(DIMENSIONS)
    mean[:2] = MEAN
    lost = {}
    for ratio in RATIOS:
        for n in COUNTS:
            values = []
            for _ in range(DRAWS):
                values.append(auc_of(mean, mean) - auc_of(logistic(*draw(rng, n, ratio * n, mean))[1:], mean))
            lost.setdefault(str(ratio), {})[str(n)] = {**mean_and_sd(values), "error": float(np.std(values, ddof=1) / math.sqrt(DRAWS))}
    return {"positives": COUNTS, "ratios": RATIOS, "draws": DRAWS, "dimensions": DIMENSIONS, "lost": lost}


# ---- a line where no line is right ----


def misspecified(rng):
    found = {}
    for _ in range(LARGE_DRAWS):
        n = round(PREVALENCE * LARGE)
        x = rng.standard_normal((LARGE, 2))
        x[-n:] += np.asarray(NEAR_FAR)[rng.integers(2, size=n)]
        y = np.repeat([0, 1], [LARGE - n, n])
        for weight in WEIGHTS:
            w = logistic(x, y, weight)
            equal = math.log(weight / WEIGHT)  # where a positive and 49 negatives cost alike
            at_one_percent = w[0] + np.linalg.norm(w[1:]) * 2.3263479
            found.setdefault(str(weight), []).append(
                {**exactly(w, equal, NEAR_FAR), "recall-at-1": exactly(w, at_one_percent, NEAR_FAR)["recall"]}
            )
    return {
        weight: {key: mean_and_sd([one[key] for one in many]) for key in ("auc", "balanced", "recall-at-1")}
        for weight, many in found.items()
    }


# ---- a network that can learn its few positives by heart ----


def network(rng):
    images, labels = digits()
    x, y = images.reshape(-1, 64), (labels == 8).astype(np.float32)
    kinds = ("plain", "weighted", "adjusted", "scaled")
    runs = {kind: [] for kind in kinds}
    for _ in range(NETWORKS):
        positives, negatives = (rng.permutation(np.flatnonzero(y == label)) for label in (1, 0))
        train = np.concatenate([positives[:SHOWN_POSITIVES], negatives[:SHOWN_NEGATIVES]])
        test = np.concatenate([positives[SHOWN_POSITIVES:], negatives[SHOWN_NEGATIVES:]])
        seed = int(rng.integers(2**32))  # the same start and the same batches for every loss
        for kind in kinds:
            runs[kind].append(one_network(kind, x[train], y[train], x[test], y[test], seed))
    result = {"seeds": NETWORKS, "epochs": READ, "positives": SHOWN_POSITIVES, "negatives": SHOWN_NEGATIVES,
              "test-positives": int(y[test].sum()), "factor": FACTOR, "first-steps": FIRST_STEPS,
              "entropy": -PREVALENCE * math.log(PREVALENCE) - (1 - PREVALENCE) * math.log(1 - PREVALENCE)}  # fmt: skip
    for kind, many in runs.items():
        for key in ("recall", "fpr", "auc", "moved-recall", "moved-fpr"):
            values = np.array([one[key] for one in many])
            result.setdefault(kind, {})[key] = {"mean": values.mean(axis=0), "sd": values.std(axis=0, ddof=1)}
        right = np.array([one["right"] for one in many]).min(axis=0)
        result[kind]["all-right-from"] = next((epoch for i, epoch in enumerate(READ) if right[i:].min() == 1), None)
        steps = [one["steps-to-prior"] for one in many if one["steps-to-prior"]]
        if steps:
            result[kind]["steps-to-prior"] = {"least": min(steps), "most": max(steps), "reached": len(steps)}
    at = {str(epoch): READ.index(epoch) for epoch in (10, 50, 100, 400)}
    for kind in kinds:
        result[kind]["at"] = {
            epoch: {f"{key}{end}": float(result[kind][key][part][i]) for key in ("recall", "fpr", "auc", "moved-recall", "moved-fpr")
                    for part, end in (("mean", ""), ("sd", "-sd"))}
            for epoch, i in at.items()
        }  # fmt: skip
    result["gap"] = {
        kind: {epoch: result[kind]["at"][epoch]["recall"] - result["plain"]["at"][epoch]["recall"] for epoch in at}
        for kind in ("weighted", "adjusted", "scaled")
    }
    return result


def one_network(kind, x, y, x_test, y_test, seed):
    rng = np.random.default_rng(seed)
    model = MLP([64, WIDTH, 1], rng=rng)
    optimizer = Adam(model.parameters(), lr=RATE)
    prior = np.float32(math.log(SHOWN_POSITIVES / SHOWN_NEGATIVES))
    found = {key: [] for key in ("recall", "fpr", "auc", "moved-recall", "moved-fpr", "right")}
    entropy = float(np.log1p(np.exp(prior)) - PREVALENCE * prior)

    def loss(x, y):
        z, target = model(Tensor(x)), y[:, None]
        if kind == "adjusted":
            z = z + prior
        if kind == "scaled":
            z = z * np.where(target == 1, np.float32(1 / FACTOR), np.float32(1))
        weight = np.full(1, WEIGHT, np.float32) if kind == "weighted" else None
        return binary_cross_entropy_with_logits(z, target, pos_weight=weight)

    step, to_prior = 0, None
    for epoch in range(1, EPOCHS + 1):
        for xb, yb in batches(x, y, batch_size=BATCH, rng=rng):
            optimizer.zero_grad()
            loss(xb, yb).backward()
            optimizer.step()
            step += 1
            if kind in ("plain", "adjusted") and to_prior is None and step <= FIRST_STEPS and loss(x, y).item() <= 1.05 * entropy:
                to_prior = step
        if epoch in READ:
            z, known = (model(Tensor(images)).numpy()[:, 0] for images in (x_test, x))
            found["auc"].append(roc_auc_score(y_test, z))
            for name, threshold in (("", 0.0), ("moved-", prior)):
                found[f"{name}recall"].append(float((z[y_test == 1] >= threshold).mean()))
                found[f"{name}fpr"].append(float((z[y_test == 0] >= threshold).mean()))
            found["right"].append(float(((known >= 0) == (y == 1)).mean()))
    return {**found, "steps-to-prior": to_prior}


# ---- by calculation ----


def focal_minimizers():
    """What each loss makes of a true probability: the prediction with the least expected loss."""
    z = np.linspace(-8, 8, 160_001)
    result = {}
    for name, alpha, gamma in (("gamma-2", -1, 2.0), ("retina", 0.25, 2.0)):
        losses = [focal_loss(z, np.full_like(z, target), alpha=alpha, gamma=gamma) for target in (1.0, 0.0)]
        result[name] = {
            key: float(sigmoid(z[np.argmin(p * losses[0] + (1 - p) * losses[1])]))
            for key, p in (("0-02", 0.02), ("0-1", 0.1), ("0-9", 0.9), ("0-98", 0.98))
        }
    for name, weight in (("weighted", 49.0), ("root", 7.0)):
        odds = 0.02 / 0.98 * weight
        result[name] = {"0-02": odds / (1 + odds)}
    return result


def effective_weights():
    """How much a positive counts against a negative if each batch is divided by its own sum of weights."""
    result = {}
    for size in (1, 8, 64, 512):
        k = np.arange(size + 1)
        chances = np.array([math.comb(size, int(i)) * PREVALENCE**i * (1 - PREVALENCE) ** (size - i) for i in k])
        total = WEIGHT * k + size - k
        positives, negatives = chances @ (WEIGHT * k / total), chances @ ((size - k) / total)
        result[str(size)] = float(positives / negatives / (PREVALENCE / (1 - PREVALENCE)))
    return result


def worked():
    return {
        "threshold": 1 / (1 + 99),
        "quiz-probability": 1 / 10,
        "no-positive": 0.995**64,
        "one-positive": 64 * 0.005,
        "effective": {str(n): (1 - 0.999**n) / (1 - 0.999) for n in (10, 1000, 100_000)},
        "nine-of-twelve": {"low": clopper_pearson(9, 12), "high": 1 - clopper_pearson(3, 12)},
    }


def clopper_pearson(hits, n):
    """The rate at which `hits` or more of n have a probability of 2.5%."""
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        if sum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(hits, n + 1)) < 0.025:
            low = rate
        else:
            high = rate
    return low


# ---- what the explorable shows ----


def to_touch(rng):
    x, y = draw(rng, SHOWN_POSITIVES, SHOWN_NEGATIVES)
    x = np.round(x, 2)
    plain, weighted = (logistic(x, y, weight, PENALTY) for weight in (1.0, WEIGHT))
    prior = -math.log(WEIGHT)
    points = {"half": exactly(plain, 0.0), "moved": exactly(plain, prior), "weighted": exactly(weighted, 0.0)}
    return {
        "mean": MEAN, "penalty": PENALTY,
        "positives": x[y == 1], "negatives": x[y == 0],
        "plain": plain, "weighted": weighted,
        "at": {name: {key: one[key] for key in ("recall", "fpr", "auc", "probability")} for name, one in points.items()},
        "turn": {"plain": mean_turn(x, y, 1.0), "weighted": mean_turn(x, y, WEIGHT)},
    }  # fmt: skip


def mean_turn(x, y, weight):
    """By how many degrees the line turns when one positive moves by 1.5 along an axis: the mean over positives and directions."""

    def direction(x):
        w = logistic(x, y, weight, PENALTY)
        return math.degrees(math.atan2(w[2], w[1]))

    turns = []
    for i in np.flatnonzero(y == 1):
        for move in ((1.5, 0), (-1.5, 0), (0, 1.5), (0, -1.5)):
            moved = x.copy()
            moved[i] += move
            turns.append(abs(direction(moved) - direction(x)))
    return float(np.mean(turns))


def few_positives(rng):
    """The same for other draws of ten positives: AUC lost by the plain and by the weighted line."""
    lost = []
    for _ in range(FEW_DRAWS):
        x, y = draw(rng, SHOWN_POSITIVES, SHOWN_NEGATIVES)
        lost.append([auc_of(MEAN) - auc_of(logistic(x, y, weight, PENALTY)[1:]) for weight in (1.0, WEIGHT)])
    plain, weighted = np.array(lost).T
    better = float(np.mean(plain < weighted))
    return {"draws": FEW_DRAWS, "plain": mean_and_sd(plain), "weighted": mean_and_sd(weighted), "plain-better": better}


# ---- what the page says ----


def claims(data):
    t, lost, network, wrong = data["treatments"], data["counts"]["lost"], data["network"], data["misspecified"]
    rebalanced = ("plain-prior", "weighted", "oversampled", "undersampled", "smote")
    yield at_most("same-balanced", "Threshold, weights and all resampling agree in mean balanced accuracy within 0.01",
                  max(t[k]["balanced"]["mean"] for k in rebalanced) - min(t[k]["balanced"]["mean"] for k in rebalanced), 0.01)  # fmt: skip
    yield at_most("same-auc", "Their mean AUCs agree within 0.005",
                  max(t[k]["auc"]["mean"] for k in rebalanced) - min(t[k]["auc"]["mean"] for k in rebalanced), 0.005)  # fmt: skip
    yield at_most("plain-misses", "The plain model at 0.5 finds at most 0.2 of the positives",
                  t["plain-half"]["recall"]["mean"], 0.2)  # fmt: skip
    yield at_most("shift", "Weighting moves the intercept by log 49 within 0.1 on average",
                  abs(t["shift"]["mean"] - data["log-weight"]), 0.1)  # fmt: skip
    yield at_least("loss-of-weights", "Weighting multiplies the log-loss at least fivefold",
                   t["weighted"]["log-loss"]["mean"] / t["plain-half"]["log-loss"]["mean"], 5)  # fmt: skip
    yield at_most("correction", "With the logit corrected the log-loss is within 0.002 of the plain model's",
                  abs(t["corrected"]["log-loss"]["mean"] - t["plain-half"]["log-loss"]["mean"]), 0.002)  # fmt: skip
    yield at_least("smote-probability", "SMOTE's mean probability is at least ten times the prevalence",
                   t["smote"]["probability"]["mean"] / data["prevalence"], 10)  # fmt: skip
    yield at_least("weights-cost", "Weighting loses at least 1.2 times as much AUC to the sampling of the data as the plain fit",
                   t["weighted"]["lost"] / t["plain-half"]["lost"], 1.2)  # fmt: skip
    yield at_least("undersampling-costs", "Undersampling loses at least twice as much",
                   t["undersampled"]["lost"] / t["plain-half"]["lost"], 2)  # fmt: skip
    few = data["few"]
    yield at_least("few-weights-cost", "With ten positives the weighted line loses on average at least 1.2 times the plain one's AUC",
                   few["weighted"]["mean"] / few["plain"]["mean"], 1.2)  # fmt: skip
    yield at_least("few-plain-better", "and is the worse one in at least 0.55 of the draws",
                   few["plain-better"], 0.55)  # fmt: skip
    yield at_least("swings", "When one positive moves, the weighted line turns at least 1.4 times as far as the plain one, on average",
                   data["touch"]["turn"]["weighted"] / data["touch"]["turn"]["plain"], 1.4)  # fmt: skip
    yield at_least("more-negatives", "With 50 positives, 2,450 negatives lose at most half as much AUC as 50 negatives",
                   lost["1"]["50"]["mean"] / lost["49"]["50"]["mean"], 2)  # fmt: skip
    yield between("per-positive", "Eight times the positives lose about an eighth as much, at 49 to 1",
                  lost["49"]["50"]["mean"] / lost["49"]["400"]["mean"], 5, 12)  # fmt: skip
    yield at_least("other-curve", "Where no line is right, weight 49 gives an AUC at least 0.015 above weight 1",
                   wrong["49"]["auc"]["mean"] - wrong["1"]["auc"]["mean"], 0.015)  # fmt: skip
    yield at_least("other-end", "and a recall at least 0.04 lower at a false positive rate of 1%",
                   wrong["1"]["recall-at-1"]["mean"] - wrong["49"]["recall-at-1"]["mean"], 0.04)  # fmt: skip
    yield at_least("gap-early", "At epoch 10 weights raise the network's recall by at least 0.5",
                   network["gap"]["weighted"]["10"], 0.5)  # fmt: skip
    yield at_most("gap-late", "At epoch 400 they raise it by at most 0.2",
                  network["gap"]["weighted"]["400"], 0.2)  # fmt: skip
    yield at_most("adjusted-fades", "Logit adjustment's gap at epoch 400 is at most 0.4 times that at epoch 10",
                  network["gap"]["adjusted"]["400"] / network["gap"]["adjusted"]["10"], 0.4)  # fmt: skip
    yield at_most("scaled-harms-first", "The multiplicative loss finds at least 0.1 fewer positives than the plain one at epoch 100",
                  network["gap"]["scaled"]["100"], -0.1)  # fmt: skip
    yield at_least("scaled-last", "and at least 0.05 more at epoch 400",
                   network["gap"]["scaled"]["400"], 0.05)  # fmt: skip
    yield at_most("same-network-auc", "At epoch 400 the AUCs of the four losses agree within 0.01",
                  max(network[k]["at"]["400"]["auc"] for k in ("plain", "weighted", "adjusted", "scaled"))
                  - min(network[k]["at"]["400"]["auc"] for k in ("plain", "weighted", "adjusted", "scaled")), 0.01)  # fmt: skip
    yield at_least("threshold-in-network", "The plain network at the threshold pi finds at least 0.05 more than the weighted one at 0.5",
                   network["plain"]["at"]["400"]["moved-recall"] - network["weighted"]["at"]["400"]["recall"], 0.05)  # fmt: skip
    yield at_least("bias-first", "From a zero bias it takes at least ten times the steps to reach the constant predictor's loss",
                   network["plain"]["steps-to-prior"]["least"] / network["adjusted"]["steps-to-prior"]["most"], 10)  # fmt: skip
    yield at_most("batch-of-one", "In batches of one the normalized weight does nothing",
                  abs(data["batch"]["1"] - 1), 1e-9)  # fmt: skip


def figures(data):
    yield "one-curve", draw_touch(data["touch"])
    yield "positives", draw_counts(data["counts"])
    yield "fading", draw_network(data["network"])


def draw_touch(touch):
    figure, (left, right) = new_figure(aspect=0.55, columns=2)
    negatives, positives = np.array(touch["negatives"]), np.array(touch["positives"])
    left.plot(*negatives.T, ".", color=color("negative"), markersize=3, alpha=0.5)
    left.plot(*positives.T, "o", color=color("positive"), markersize=6)
    y = np.array([-3.4, 4.4])
    for name, threshold, role, style in (
        ("weighted", 0, "purple", "-"), ("plain", -math.log(WEIGHT), "green", (0, (4, 2))), ("plain", 0, "ink", "-"),
    ):  # fmt: skip
        b, w1, w2 = touch[name]
        left.plot((threshold - b - w2 * y) / w1, y, color=color(role), linestyle=style, linewidth=2)
    left.set(xlim=(-3.4, 4.4), ylim=(-3.4, 4.4), xlabel="first feature", ylabel="second feature")
    at = touch["at"]
    z = np.linspace(-5, 5, 300)
    for name, role in (("weighted", "purple"), ("plain", "green")):
        slopes = np.array(touch[name][1:])
        d = float(slopes @ np.array(touch["mean"])) / np.linalg.norm(slopes)
        right.plot([phi(-v) for v in z], [phi(d - v) for v in z], color=color(role), linewidth=1.6)
    right.plot([phi(-v) for v in z], [phi(math.hypot(*touch["mean"]) - v) for v in z], color=color("muted"), linewidth=1.4, linestyle=":")
    for name, label, role, dx, dy, marker in (
        ("half", "plain, at 0.5", "ink", 9, 2, "o"), ("moved", "plain, at 0.02", "green", 9, 3, "D"),
        ("weighted", "positives × 49", "purple", 9, -16, "o"),
    ):  # fmt: skip
        right.plot(at[name]["fpr"], at[name]["recall"], marker, color=color(role), markersize=8, clip_on=False)
        direct_label(right, at[name]["fpr"], at[name]["recall"], label, role, dx=dx, dy=dy)
    right.set(xlim=(0, 1), ylim=(0, 1), xlabel="false positive rate", ylabel="recall", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    return figure


def draw_counts(counts):
    figure, axes = new_figure(aspect=0.55)
    for ratio, role, label, dy in (("1", "orange", "1 negative each", 4), ("4", "gold", "4 each", 0), ("49", "blue", "49 each", -4)):
        means = [counts["lost"][ratio][str(n)]["mean"] for n in counts["positives"]]
        errors = [2 * counts["lost"][ratio][str(n)]["error"] for n in counts["positives"]]
        axes.errorbar(counts["positives"], means, errors, color=color(role), marker="o")
        direct_label(axes, counts["positives"][-1], means[-1], label, role, dx=9, dy=dy)
    axes.set(xscale="log", yscale="log", xlabel="positives in the training set", ylabel="AUC lost")
    axes.set_xticks(counts["positives"], [str(n) for n in counts["positives"]])
    axes.set_yticks([0.0003, 0.001, 0.003, 0.01], ["0.0003", "0.001", "0.003", "0.01"])
    axes.minorticks_off()
    return figure


def draw_network(network):
    figure, axes = new_figure(aspect=0.6)
    epochs = network["epochs"]
    for kind, label, role, at, dx, dy in (
        ("adjusted", "logit adjustment", "sky", 7, 4, 8), ("weighted", "weight 49", "purple", 1, 2, -16),
        ("scaled", "multiplied", "gold", 10, 5, -12), ("plain", "plain", "ink", 8, -46, 4),
    ):  # fmt: skip
        mean, sd = (np.array(network[kind]["recall"][part]) for part in ("mean", "sd"))
        axes.fill_between(epochs, mean - sd, mean + sd, color=color(role), alpha=0.15)
        axes.plot(epochs, mean, color=color(role), marker="o", markersize=3.5)
        direct_label(axes, epochs[at], mean[at], label, role, dx=dx, dy=dy)
    axes.set(xscale="log", ylim=(0, 1.02), xlim=(1, 420), xlabel="epoch", ylabel="recall on new images, at 0.5")
    axes.set_xticks([1, 10, 100, 400], ["1", "10", "100", "400"])
    axes.minorticks_off()
    return figure
