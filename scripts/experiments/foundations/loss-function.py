"""Which number each loss calls best: five numbers, skewed samples, networks on three kinds of noise, and orders with a price list."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    SGD,
    Adam,
    Parameter,
    cosine,
    cross_entropy,
    digits,
    fit,
    huber_loss,
    l1_loss,
    mse_loss,
    standardize,
)

TOLERANCE = {"zones": None, "scatter": None, "curves": None, "cost": 0.05, "first": 0.01, "constants": 1e-4, "efficiency": 1e-4}

FIVE, FAR, END = [1.0, 2.0, 3.0, 4.0, 15.0], 100.0, 16
SHORTAGE, SURPLUS = 9, 1  # what a unit too few and a unit too many cost
TAU = SHORTAGE / (SHORTAGE + SURPLUS)
SAMPLES, SIZE = 20, 10_000  # log-normal samples and targets in each
REPEATS, SMALL = 4000, 100  # samples for the spread of estimators, and numbers in each
SEEDS, TRAIN, TEST, EPOCHS, BATCH, RATE = 5, 3000, 100_000, 60, 100, 0.01
ZONES = {"even": (0.0, 1.0), "stray": (1.0, 2.0), "skewed": (2.0, 3.0)}
EDGE = 0.1  # left out at both ends of a zone, where a network passes from one noise to the next
NOISE, STRAY_SHARE, STRAY = 0.2, 0.05, 4.0  # noise, share of stray targets in the middle zone, how far up they lie
TAIL = 1.2  # scale of the exponential noise in the skewed zone
FIRST_SEEDS, LOUD = 20, 20  # untrained networks, and how much too large their logits are made


def pinball(output, target, tau=TAU):
    """tau for each unit too low, 1 - tau for each unit too high: half the absolute error, tilted."""
    error = target - output
    return ((tau - 0.5) * error + 0.5 * abs(error)).mean()


LOSSES = {"squared": mse_loss, "absolute": l1_loss, "huber": huber_loss, "pinball": pinball}


def run(rng):
    shortage, surplus = 4, 1
    return {
        "setting": {"shortage": SHORTAGE, "surplus": SURPLUS, "samples": SAMPLES, "size": SIZE, "repeats": REPEATS, "small": SMALL,
                    "seeds": SEEDS, "train": TRAIN, "epochs": EPOCHS, "stray": STRAY_SHARE, "up": STRAY, "noise": NOISE, "tail": TAIL,
                    "shift": STRAY_SHARE * STRAY},
        "five": five_numbers(),
        "constants": constants(rng),
        "efficiency": efficiency(rng),
        **networks(rng),
        "first": first_losses(),
        "pairs": pairs(),
        "quiz": {"quantile": shortage / (shortage + surplus), "shares": surplus / (shortage + surplus),
                 "hundred": np.log(100), "rate": 0.1 / 64, "thousand": np.log(1000)},
    }  # fmt: skip


# ---- one number as the model ----


def minimum(loss, targets, steps=1500, rate=0.4):
    """The constant with the smallest mean loss, by gradient descent whose rate falls to nothing."""
    c = Parameter(np.array([targets[len(targets) // 2]], dtype=np.float64))
    optimizer = SGD([c], lr=rate)
    ones = np.ones(len(targets))
    for step in range(steps):
        optimizer.zero_grad()
        loss(c * ones, targets).backward()
        optimizer.param_groups[0]["lr"] = cosine(step, steps, lr=rate)
        optimizer.step()
    return float(c.data[0])


def five_numbers():
    """The optima of the five numbers, and of the same with the last one moved away."""
    numbers = {"near": np.array(FIVE), "far": np.array([*FIVE[:-1], FAR])}
    found = {}
    for name, y in numbers.items():
        found[name] = {
            "targets": y,
            "squared": y.mean(),
            "absolute": np.median(y),
            "huber": root(lambda c, y=y: np.clip(c - y, -1, 1).mean(), y),
            "pinball": np.quantile(y, TAU, method="inverted_cdf"),
        }
        grid = np.linspace(0, END, 641)
        rest = {loss: np.array([float(LOSSES[loss](np.full(5, c), y)) for c in grid]) for loss in LOSSES}
        found[name]["on-grid"] = {loss: grid[values.argmin()] for loss, values in rest.items()}
        if name == "near":
            found["curves"] = {"c": grid[::5], **{loss: values[::5] / values.max() for loss, values in rest.items()}}
    return found


def root(slope, y):
    """Where an increasing slope is zero, by halving."""
    low, high = y.min(), y.max()
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return 0.5 * (low + high)


# ---- one constant for skewed targets ----


def constants(rng):
    """Optima on log-normal samples, what theory says of the whole distribution, and how far the optimizer stays from a sample's own."""
    percentage = lambda output, target: (abs(output - target) * (1 / target)).mean()
    losses = {
        "squared": (mse_loss, np.mean, np.exp(0.5)),
        "absolute": (l1_loss, np.median, 1.0),
        "huber": (huber_loss, lambda y: root(lambda c: np.clip(c - y, -1, 1).mean(), y), None),
        "low": (lambda o, t: pinball(o, t, 0.1), lambda y: np.quantile(y, 0.1), np.exp(-1.2815516)),
        "pinball": (pinball, lambda y: np.quantile(y, TAU), np.exp(1.2815516)),
        "percentage": (percentage, weighted_median, np.exp(-1)),
    }
    samples = [rng.lognormal(size=SIZE) for _ in range(SAMPLES)]
    result, worst = {}, 0.0
    for name, (loss, statistic, theory) in losses.items():
        own = np.array([statistic(y) for y in samples])
        result[name] = {"mean": own.mean(), "sd": own.std(ddof=1), "theory": theory}
        fitted = minimum(loss, samples[0])
        result[name]["fitted"] = fitted
        worst = max(worst, abs(fitted / own[0] - 1))
    logs = np.array([np.exp(np.log(y).mean()) for y in samples])
    result["logs"] = {"mean": logs.mean(), "sd": logs.std(ddof=1), "theory": 1.0}
    modes = np.array([mode(y) for y in samples])
    result["mode"] = {"mean": modes.mean(), "sd": modes.std(ddof=1), "theory": np.exp(-1), "least": modes.min(), "most": modes.max()}
    result["worst"] = worst
    result["short"] = {name: 1 - result[name]["mean"] / result["squared"]["mean"] for name in ("absolute", "logs", "percentage")}
    return result


def weighted_median(y):
    """The median in which each target counts 1/y."""
    y = np.sort(y)
    return y[np.searchsorted(np.cumsum(1 / y), 0.5 * (1 / y).sum())]


def mode(y):
    """The most frequent value after rounding to tenths: what zero-one loss calls best."""
    return np.bincount(np.round(10 * y).astype(int)).argmax() / 10


# ---- how well each loss finds the same center ----


def efficiency(rng):
    """Root mean square error of three estimates of a center at 0, under three noises of which each suits one of them."""
    shape = (REPEATS, SMALL)
    noises = {
        "normal": rng.normal(size=shape),
        "laplace": rng.laplace(size=shape),
        "mixed": rng.normal(size=shape) * np.where(rng.random(shape) < 0.05, 10, 1),
    }
    result = {}
    for name, y in noises.items():
        errors = {"squared": y.mean(axis=1), "absolute": np.median(y, axis=1), "huber": huber_centers(y)}
        result[name] = {loss: np.sqrt((found**2).mean()) for loss, found in errors.items()}
        result[name]["ratio"] = result[name]["absolute"] / result[name]["squared"]
    return result


def huber_centers(y):
    """The Huber optimum, delta 1, of every row."""
    low, high = y.min(axis=1), y.max(axis=1)
    for _ in range(40):
        middle = 0.5 * (low + high)
        above = np.clip(middle[:, None] - y, -1, 1).mean(axis=1) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high)


# ---- the same network under four losses ----


def center(x):
    return 2 + np.sin(2 * np.pi * x / 3)


def sample(rng, n):
    """Three zones: even noise; even noise and a few stray targets; skewed noise that grows."""
    x = rng.uniform(0, 3, n)
    y = center(x) + NOISE * rng.normal(size=n)
    y += np.where((x >= 1) & (x < 2) & (rng.random(n) < STRAY_SHARE), STRAY, 0)
    y += TAIL * np.clip(x - 2, 0, 1) * rng.exponential(size=n)
    return x, y


def truths(rng, x):
    """Mean without and with the strays, median and upper quantile at each x, from many draws of the noise."""
    draws = 40_000
    noise = NOISE * rng.normal(size=draws)
    stray = np.where(rng.random(draws) < STRAY_SHARE, STRAY, 0)
    tail = rng.exponential(size=draws)
    result = {"mean": [], "clean": [], "median": [], "quantile": []}
    for at in x:
        y = center(at) + noise + (stray if 1 <= at < 2 else 0) + TAIL * max(0.0, at - 2) * tail
        result["mean"].append(center(at) + (STRAY_SHARE * STRAY if 1 <= at < 2 else 0) + TAIL * max(0.0, at - 2))
        result["clean"].append(center(at) + TAIL * max(0.0, at - 2))
        result["median"].append(np.median(y))
        result["quantile"].append(np.quantile(y, TAU))
    return {name: np.array(values) for name, values in result.items()}


def train(loss, x, y, seed):
    rng = np.random.default_rng(seed)
    model = MLP([1, 32, 32, 1], activation="tanh", rng=rng)
    fit(model, (inputs(x), y.astype(np.float32)), loss=lambda output, target: loss(output[:, 0], target),
        optimizer=Adam(model.parameters(), lr=RATE), epochs=EPOCHS, batch_size=BATCH, rng=rng,
        schedule=lambda step: cosine(step, EPOCHS * (TRAIN // BATCH), lr=RATE), progress=False)  # fmt: skip
    return lambda at: model(inputs(at)).numpy()[:, 0].astype(float)


def inputs(x):
    return ((x - 1.5) / 0.87)[:, None].astype(np.float32)


def networks(rng):
    at = np.linspace(0.02, 2.98, 75)
    true = truths(rng, at)
    xt, yt = sample(rng, TEST)
    curves = {name: [] for name in LOSSES}
    distances = {name: [] for name in LOSSES}
    costs = {name: [] for name in (*LOSSES, "margin", "oracle")}
    shown = None
    for seed in range(SEEDS):
        x, y = sample(np.random.default_rng([10, seed]), TRAIN)
        shown = (x, y) if shown is None else shown
        predict = {name: train(loss, x, y, seed) for name, loss in LOSSES.items()}
        for name in LOSSES:
            curve = predict[name](at)
            curves[name].append(curve)
            distances[name].append({
                zone: {kind: gap(curve, true[kind], at, ends) for kind in true} | {"bias": gap(curve, true["clean"], at, ends, signed=True)}
                for zone, ends in ZONES.items()
            })  # fmt: skip
            costs[name].append(price(predict[name](xt), yt))
        seen = predict["squared"](x)
        margin = np.quantile(y - seen, TAU)  # the best constant to add to this network's predictions
        costs["margin"].append(price(predict["squared"](xt) + margin, yt))
        costs["oracle"].append(price(np.interp(xt, at, true["quantile"]), yt))
    kept = np.random.default_rng(0).permutation(TRAIN)[:450]
    return {
        "zones": (zones := {name: summary(found) for name, found in distances.items()}),
        "scatter": max(one["sd"] for name in ("squared", "huber", "absolute") for zone in ZONES for one in zones[name][zone].values()),
        "cost": {name: {"mean": np.mean(found), "sd": np.std(found, ddof=1)} for name, found in costs.items()},
        "curves": {"x": at, **{name: np.round(np.mean(found, axis=0), 4) for name, found in curves.items()},
                   "spread": {name: float(np.std(found, axis=0, ddof=1).mean()) for name, found in curves.items()},
                   "points": {"x": np.round(shown[0][kept], 3), "y": np.round(shown[1][kept], 3)},
                   "true": {name: np.round(values, 4) for name, values in true.items()}},
    }  # fmt: skip


def gap(curve, truth, at, ends, signed=False):
    inside = (at >= ends[0] + EDGE) & (at <= ends[1] - EDGE)
    difference = curve[inside] - truth[inside]
    return float(difference.mean() if signed else np.sqrt((difference**2).mean()))


def price(prediction, demand):
    """Mean cost of an order: so much for each unit too few, so much for each too many."""
    return float((SHORTAGE * np.maximum(demand - prediction, 0) + SURPLUS * np.maximum(prediction - demand, 0)).mean())


def summary(found):
    return {
        zone: {kind: {"mean": np.mean([one[zone][kind] for one in found]), "sd": np.std([one[zone][kind] for one in found], ddof=1)}
               for kind in found[0][zone]}
        for zone in ZONES
    }  # fmt: skip


# ---- what a first loss should be, and loss against accuracy ----


def first_losses():
    """The loss of untrained networks on the digits, as they are and with logits that are too large."""
    images, labels = digits()
    x, y = images.reshape(-1, 64).astype(np.float32), labels
    ink = standardize(x.mean(axis=1, keepdims=True))  # a number to predict: how much ink an image has
    values = {"classes": [], "loud": [], "numbers": []}
    for seed in range(FIRST_SEEDS):
        rng = np.random.default_rng(seed)
        logits = MLP([64, 32, 10], rng=rng)(x).numpy()
        values["classes"].append(float(cross_entropy(logits, y)))
        values["loud"].append(float(cross_entropy(LOUD * logits, y)))
        values["numbers"].append(float(mse_loss(MLP([64, 32, 1], rng=rng)(x).numpy(), ink)))
    result = {name: {"mean": np.mean(v), "least": min(v), "most": max(v)} for name, v in values.items()}
    return result | {"ten": np.log(10), "two": np.log(2), "seeds": FIRST_SEEDS, "factor": LOUD}


def pairs():
    """Two classifiers on two examples: the probability that each gives to the true class."""
    result = {}
    for name, p in (("timid", [0.51, 0.51]), ("bold", [0.99, 0.49])):
        p = np.array(p)
        result[name] = {"loss": -np.log(p).mean(), "accuracy": (p > 0.5).mean()}
    return result | {"soft-floor": -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))}


# ---- what the page says ----


def claims(data):
    constants, efficiency, zones, cost = data["constants"], data["efficiency"], data["zones"], data["cost"]
    known = {name: one for name, one in constants.items() if isinstance(one, dict) and one.get("theory") and name != "mode"}
    yield at_most("theory", "Each optimum lies within 2% of its value for the whole distribution, on average over samples",
                  max(abs(one["mean"] / one["theory"] - 1) for one in known.values()), 0.02)  # fmt: skip
    yield at_most("fitted", "Gradient descent ends within 0.1% of the sample's own statistic, for every loss",
                  constants["worst"], 0.001)  # fmt: skip
    yield between("short", "Predicting the median, or training on logarithms, misses 35 to 45% of the total",
                  min(constants["short"]["absolute"], constants["short"]["logs"]), 0.35, 0.45)  # fmt: skip
    yield between("short-percentage", "The optimum of the percentage error misses 73 to 83% of the total",
                  constants["short"]["percentage"], 0.73, 0.83)  # fmt: skip
    yield between("normal", "Under normal noise the median errs 1.2 to 1.3 times as far as the mean",
                  efficiency["normal"]["ratio"], 1.2, 1.3)  # fmt: skip
    yield between("laplace", "Under Laplace noise the median errs 0.7 to 0.82 times as far as the mean",
                  efficiency["laplace"]["ratio"], 0.7, 0.82)  # fmt: skip
    yield between("mixed", "With a few wild values the median errs 0.45 to 0.6 times as far as the mean",
                  efficiency["mixed"]["ratio"], 0.45, 0.6)  # fmt: skip
    yield at_most("huber-close", "The Huber optimum errs at most 1.1 times as far as the better of mean and median, under each noise",
                  max(one["huber"] / min(one["squared"], one["absolute"]) for one in efficiency.values()), 1.1)  # fmt: skip
    three = ("squared", "absolute", "huber")
    yield at_most("agree", "Under even noise the curves of squared, absolute and Huber loss lie within 0.05 of the center",
                  max(zones[name]["even"]["clean"]["mean"] for name in three), 0.05)  # fmt: skip
    yield between("stray-squared", "Strays lift the curve of squared loss by 0.15 to 0.25, 0.2 being the shift of the mean",
                  zones["squared"]["stray"]["bias"]["mean"], 0.15, 0.25)  # fmt: skip
    yield at_most("stray-absolute", "Strays move the curve of absolute loss by at most 0.05",
                  abs(zones["absolute"]["stray"]["bias"]["mean"]), 0.05)  # fmt: skip
    yield at_most("skewed-squared", "Under skewed noise squared loss is at most half as far from the mean as absolute loss",
                  zones["squared"]["skewed"]["mean"]["mean"] / zones["absolute"]["skewed"]["mean"]["mean"], 0.5)  # fmt: skip
    yield at_most("skewed-absolute", "Under skewed noise absolute loss is at most half as far from the median as squared loss",
                  zones["absolute"]["skewed"]["median"]["mean"] / zones["squared"]["skewed"]["median"]["mean"], 0.5)  # fmt: skip
    yield at_most("quantile", "Pinball loss stays within 0.15 of the true quantile in every zone",
                  max(zones["pinball"][zone]["quantile"]["mean"] for zone in ZONES), 0.15)  # fmt: skip
    yield at_most("cheapest", "Pinball loss costs at most 0.8 times what squared loss costs",
                  cost["pinball"]["mean"] / cost["squared"]["mean"], 0.8)  # fmt: skip
    yield at_most("margin", "It costs at most 0.95 times what squared loss with the best margin costs",
                  cost["pinball"]["mean"] / cost["margin"]["mean"], 0.95)  # fmt: skip
    yield at_most("near-oracle", "It costs at most 1.03 times what the true quantile costs",
                  cost["pinball"]["mean"] / cost["oracle"]["mean"], 1.03)  # fmt: skip
    blind = [cost[name]["mean"] for name in ("squared", "huber", "absolute")]
    yield at_least("order", "Without the price list squared loss is cheapest and absolute loss dearest, in steps of 0.03 or more",
                   np.diff(blind).min(), 0.03)  # fmt: skip
    first = data["first"]
    yield at_most("first-classes", "Untrained, every network starts within 0.1 of ln 10",
                  max(first["classes"]["most"] - first["ten"], first["ten"] - first["classes"]["least"]), 0.1)  # fmt: skip
    yield at_least("first-loud", "With logits twenty times as large every one starts above 3",
                   first["loud"]["least"], 3)  # fmt: skip
    yield at_most("first-numbers", "On a standardized number the first squared error is within 0.1 of 1",
                  max(first["numbers"]["most"] - 1, 1 - first["numbers"]["least"]), 0.1)  # fmt: skip


COLORS = {"squared": "blue", "absolute": "orange", "huber": "purple", "pinball": "green"}


def figures(data):
    yield "five", draw_five(data["five"])
    yield "fan", draw_fan(data["curves"])


def draw_five(five):
    figure, axes = new_figure(aspect=0.6)
    curves = five["curves"]
    for name, label, at, dx, dy, ha in (
        ("squared", "squared", 100, 9, -8, "left"), ("absolute", "absolute", 76, -8, 8, "right"), ("pinball", "9 : 1", 30, 10, 6, "left"),
    ):  # fmt: skip
        height = np.array(curves[name]) - min(curves[name])
        axes.plot(curves["c"], height / height.max(), color=color(COLORS[name]))
        best = five["near"][name]
        axes.plot(best, 0.035, "o", color=color(COLORS[name]), markersize=12, clip_on=False)
        axes.annotate(f"{best:g}", (best, 0.035), xytext=(0, 15), textcoords="offset points", ha="center", color=color(COLORS[name]))
        direct_label(axes, curves["c"][at], height[at] / height.max(), label, COLORS[name], dx=dx, dy=dy, ha=ha)
    axes.plot(five["near"]["targets"], [-0.09] * 5, "o", color=color("ink"), markersize=8, clip_on=False)
    axes.set(xlim=(0, END), ylim=(-0.16, 1.04), yticks=[], xlabel="prediction, and the five targets", ylabel="average loss, scaled")
    axes.axhline(0, color=color("rule"))
    axes.grid(False)
    return figure


def draw_fan(curves):
    figure, (above, below) = new_figure(aspect=1.1, rows=2, sharex=True, height_ratios=(2, 2))
    x = np.array(curves["x"])
    above.plot(curves["points"]["x"], curves["points"]["y"], "o", color=color("muted"), markersize=2.5, alpha=0.55)
    middle, top = center(x), 1.15
    for name, role in COLORS.items():
        above.plot(x, curves[name], color=color(role))
        off = np.array(curves[name]) - middle
        below.plot(x[off < top], off[off < top], color=color(role))
    for kind, role in (("mean", "blue"), ("median", "orange")):
        below.plot(x, np.array(curves["true"][kind]) - middle, color=color(role), linewidth=1.2, linestyle=(0, (2, 2)))
    for axes in (above, below):
        for edge in (1, 2):
            axes.axvline(edge, color=color("rule"), linestyle="--", linewidth=1.2)
    for at, text in ((0.5, "even noise"), (1.5, "some strays"), (2.5, "skewed noise")):
        above.text(at, 1.02, text, color=color("muted"), ha="center", va="bottom", transform=above.get_xaxis_transform())
    last = {name: curves[name][-1] - middle[-1] for name in COLORS}
    for name, label, dy in (("squared", "squared", 5), ("huber", "Huber", 0), ("absolute", "absolute", -5)):
        direct_label(below, x[-1], last[name], label, COLORS[name], dx=6, dy=dy)
    direct_label(below, 2.3, 0.9, "9 : 1", COLORS["pinball"], dx=8)
    above.set(ylabel="target", ylim=(0, 7.2))
    below.set(xlabel="input x", ylabel="curve − center", xlim=(0, 3.0), ylim=(-0.1, top))
    return figure
