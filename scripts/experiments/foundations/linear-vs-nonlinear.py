"""Which models average when their parameters do, and what follows for training: one minimum or many with hills between them."""

from math import comb

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import SGD, Adam, Parameter, moons, relu, sigmoid, tanh

TOLERANCE = {"test": None, "gallery.misses": None, "gallery": 0.05, "blend": 1e-4, "runs": None, "moons": 0.05, "lazy": 0.05}

PAIRS, POINTS = 20, 200
DEGREE, HIDDEN = 9, 20
STARTS, SAMPLES, NOISE, STEPS = 20, 60, 0.1, 4000
RATES = [0.003, 0.01, 0.03, 0.1]  # Adam's first rate, falling to 0 by a cosine: the same grid for every model that is trained
MOONS_WIDTHS, MOONS_SEEDS, MOONS_STEPS, MOONS_NOISE, MOONS_TRAIN, MOONS_TEST = [5, 20, 100], 5, 1000, 0.2, 200, 2000
LAZY_WIDTHS, LAZY_SEEDS, LAZY_RATE, LAZY_TARGET = [16, 64, 256, 1024], 8, 0.3, 0.2
UNITS = 6  # of the small network that the reader blends
HANDLES = [-0.6, 0.6]  # where the reader holds a curve


def run(rng):
    x = np.sort(rng.uniform(-1, 1, SAMPLES))
    y = np.sin(np.pi * x) + NOISE * rng.standard_normal(SAMPLES)
    return {
        "settings": {"rates": RATES, "starts": STARTS, "steps": STEPS, "samples": SAMPLES, "noise": NOISE, "lazy-target": LAZY_TARGET},
        "test": blending(rng),
        "blend": blend_picture(),
        "gallery": gallery(),
        "runs": many_starts(rng, x, y),
        "moons": frozen_against_trained(rng),
        "lazy": lazy(rng, x, y),
        "monomials": {f"{d}-{k}": comb(d + k, k) for d, k in ((64, 1), (64, 2), (64, 3), (10, 2))},
        "cover": {"10-5": separable(10, 5), "100-50": separable(100, 50), "30-10": separable(30, 10), "100-40": separable(100, 40)},
    }


def chebyshev(x, degree=DEGREE):
    return np.cos(np.arange(degree + 1) * np.arccos(np.clip(x, -1, 1))[..., None])


# ---- the blend test ----


def models(rng):
    """Eight models of one number x as functions of their parameter vector w, each with its number of parameters."""
    centers = np.linspace(-1, 1, 8)
    slopes, shifts = 3 * rng.standard_normal((2, HIDDEN))
    return {
        "line": (2, lambda w, x: w[0] + w[1] * x),
        "polynomial": (DEGREE + 1, lambda w, x: chebyshev(x) @ w),
        "rbf": (8, lambda w, x: np.exp(-8 * (x[..., None] - centers) ** 2) @ w),
        "frozen": (HIDDEN, lambda w, x: np.tanh(x[..., None] * slopes + shifts) @ w),
        "deep-linear": (6, lambda w, x: (x[..., None] * w[:3]) @ w[3:]),
        "logistic": (2, lambda w, x: sigmoid(w[0] + w[1] * x)),
        "exponential": (2, lambda w, x: w[0] * np.exp(w[1] * x)),
        "network": (3 * HIDDEN + 1, network),
    }


def network(w, x):
    """1-20-1 tanh."""
    slopes, shifts, readout = w[:-1].reshape(3, -1)
    return np.tanh(x[..., None] * slopes + shifts) @ readout + w[-1]


def blending(rng):
    """Median over pairs: the largest distance between the model of the mean and the mean of the models, over the largest prediction."""
    x = np.linspace(-1, 1, POINTS)
    gaps = {"parameters": {}, "inputs": {}}
    for name, (count, f) in models(rng).items():
        in_parameters, in_inputs = [], []
        for _ in range(PAIRS):
            a, b = rng.standard_normal((2, count))
            fa, fb = f(a, x), f(b, x)
            size = max(np.abs(fa).max(), np.abs(fb).max())
            in_parameters.append(np.abs(f((a + b) / 2, x) - (fa + fb) / 2).max() / size)
            other = rng.permutation(x)
            in_inputs.append(np.abs(f(a, (x + other) / 2) - (fa + f(a, other)) / 2).max() / np.abs(fa).max())
        gaps["parameters"][name] = float(np.median(in_parameters))
        gaps["inputs"][name] = float(np.median(in_inputs))
        gaps.setdefault("worst-zero", []).append(max([v for v in (max(in_parameters), max(in_inputs)) if v < 1e-6], default=0.0))
        gaps.setdefault("least", []).append(min([v for v in (min(in_parameters), min(in_inputs)) if v > 1e-6], default=1.0))
    gaps["worst-zero"], gaps["least"] = max(gaps["worst-zero"]), min(gaps["least"])
    return gaps


# ---- what the reader blends ----


def through(features, base, heights):
    """The parameters nearest to `base` whose curve passes through the heights at the handles."""
    rows = features(np.array(HANDLES))
    return base + np.linalg.pinv(rows) @ (np.array(heights) - rows @ base)


def blend_picture():
    """The two curves of each model that the explorable starts with, and the largest gap half-way between them."""
    rng = np.random.default_rng(2)
    starts = {
        "heights": {"a": [0.75, 0.35], "b": [0.2, 0.85]},
        "polynomial": {k: np.round(np.r_[0.5, rng.normal(0, 0.16, DEGREE)], 3) for k in "ab"},
        "slopes": {k: np.round(rng.normal(0, 5, UNITS), 2) for k in "ab"},
        "shifts": {k: np.round(rng.normal(0, 2, UNITS), 2) for k in "ab"},
        "readout": {k: np.round(np.r_[rng.normal(0, 0.3, UNITS), 0.5], 2) for k in "ab"},
        "first": {"a": 0.4, "b": -0.8},
    }
    x = np.linspace(-1, 1, 161)
    curves, gaps = {}, {}
    for name in ("polynomial", "logistic", "exponential", "twolayer", "network", "frozen"):
        at = {k: blend_parameters(starts, name, k) for k in "ab"}
        middle = [(p + q) / 2 for p, q in zip(at["a"], at["b"], strict=True)]
        a, b, both = (blend_curve(name, w, x) for w in (at["a"], at["b"], middle))
        gaps[name] = np.abs(both - (a + b) / 2).max()
        curves[name] = {"a": np.round(a, 4), "b": np.round(b, 4), "mean": np.round((a + b) / 2, 4), "model": np.round(both, 4)}
    # What the figure beneath draws, and the explorable's test compares.
    gaps["frozen"] = gaps["polynomial"] = 0.0 if max(gaps["frozen"], gaps["polynomial"]) < 1e-12 else 1.0
    return {"starts": starts, "gaps": gaps, "curves": {name: curves[name] for name in ("polynomial", "network")}}


def blend_parameters(starts, name, k):
    heights = np.array(starts["heights"][k])
    left, right = HANDLES
    if name == "polynomial":
        return [through(chebyshev, starts["polynomial"][k], heights)]
    if name in ("logistic", "exponential", "twolayer"):
        link = {"logistic": np.log(heights / (1 - heights)), "exponential": np.log(heights), "twolayer": heights}[name]
        slope = (link[1] - link[0]) / (right - left)
        offset = link[0] - slope * left
        if name == "twolayer":
            return [np.array(starts["first"][k]), slope / starts["first"][k], offset]
        return [np.exp(offset) if name == "exponential" else offset, slope]
    hidden = "a" if name == "frozen" else k
    slopes, shifts = starts["slopes"][hidden], starts["shifts"][hidden]
    return [slopes, shifts, through(lambda x: units(x, slopes, shifts), starts["readout"][k], heights)]


def units(x, slopes, shifts):
    return np.hstack([np.tanh(x[:, None] * slopes + shifts), np.ones((len(x), 1))])


def blend_curve(name, w, x):
    if name == "polynomial":
        return chebyshev(x) @ w[0]
    if name == "twolayer":
        return w[0] * w[1] * x + w[2]
    if name == "logistic":
        return sigmoid(w[0] + w[1] * x)
    if name == "exponential":
        return w[0] * np.exp(w[1] * x)
    return units(x, w[0], w[1]) @ w[2]


# ---- training all starts of a model at once ----


def train(parameters, predict, y, steps, rate):
    """Adam on the mean squared error; the starts stand along the first axis and do not see one another. Returns the losses."""
    optimizer = Adam(parameters, lr=rate)
    for step in range(steps):
        optimizer.lr = rate * 0.5 * (1 + np.cos(np.pi * step / steps))
        optimizer.zero_grad()
        (((predict(*parameters) - y) ** 2).mean(axis=1).sum()).backward()
        optimizer.step()
    return ((predict(*(p.data for p in parameters)) - y) ** 2).mean(axis=1)


def best_rate(starts, predict, y, steps):
    """The same starts with each rate of the grid; the rate with the lowest median of the final training losses."""
    tried = {}
    for rate in RATES:
        parameters = [Parameter(start.copy()) for start in starts]
        tried[rate] = (train(parameters, predict, y, steps, rate), [p.data for p in parameters])
    rate = min(tried, key=lambda r: float(np.median(tried[r][0])))
    return rate, *tried[rate]


def initial(rng, starts, n_in, width):
    """The usual start of a network with one hidden layer, `starts` times: uniform, up to one over the root of the inputs."""
    shapes = [(n_in, (starts, n_in, width)), (n_in, (starts, 1, width)), (width, (starts, width, 1)), (width, (starts, 1, 1))]
    return [rng.uniform(-1, 1, shape) / np.sqrt(fan_in) for fan_in, shape in shapes]


# ---- one minimum or many ----


def many_starts(rng, x, y):
    features = chebyshev(x)
    solved = np.linalg.lstsq(features, y, rcond=None)[0]
    least = np.mean((features @ solved - y) ** 2)

    rate, losses, (w,) = best_rate([rng.standard_normal((STARTS, DEGREE + 1, 1))], lambda w: (features @ w)[..., 0], y, STEPS)
    polynomial = {
        "rate": rate, "excess": np.max(losses) / least - 1, "spread": (losses.max() - losses.min()) / least, "solved": least,
        "distance": np.max(np.abs(w[..., 0] - solved)) / np.max(np.abs(solved)),
    }  # fmt: skip
    net = lambda w1, b1, w2, b2: (tanh(x[:, None] @ w1 + b1) @ w2 + b2)[..., 0]
    rate, losses, found = best_rate(initial(rng, STARTS, 1, HIDDEN), net, y, STEPS)

    def loss(parameters):
        return ((net(*parameters) - y) ** 2).mean(axis=1)

    shares = np.linspace(0, 1, 41)

    def hill(a, b):
        """Loss along the straight line from a to b, and its top in units of the worse end."""
        along = loss([p + shares[:, None, None] * (q - p) for p, q in zip(a, b, strict=True)])
        return along, along.max() / max(along[0], along[-1])

    each = [[p[i] for p in found] for i in range(STARTS)]
    pairs = [(i, j) for i in range(STARTS) for j in range(i)]
    hills = [hill(each[i], each[j]) for i, j in pairs]
    aligned = [hill(each[i], align(each[j], each[i]))[1] for i, j in pairs]
    shuffles = [rng.permutation(HIDDEN) for _ in range(STARTS)]
    own = [hill(each[i], reorder(each[i], order))[1] for i, order in enumerate(shuffles)]
    heights = np.array([height for _, height in hills])
    spread = losses.max() / losses.min() - 1
    return {
        "shares": np.round(shares, 3),
        "polynomial": polynomial,
        "network": {
            "rate": rate, "least": losses.min(), "most": losses.max(), "spread": spread,
            "hills": summary(heights), "own": summary(own), "aligned": summary(aligned), "pairs": len(pairs),
            "along": [np.round(along, 5) for along, _ in hills[::19]],
        },
    }  # fmt: skip


def summary(values):
    return {"least": float(np.min(values)), "median": float(np.median(values)), "most": float(np.max(values))}


def reorder(parameters, order, signs=1.0):
    w1, b1, w2, b2 = parameters
    return [(w1 * signs)[:, order], (b1 * signs)[:, order], (w2 * np.reshape(signs, (-1, 1)))[order] if np.ndim(signs) else w2[order], b2]


def align(moving, fixed):
    """The units of `moving`, flipped and reordered greedily so that they resemble those of `fixed`: the same function."""
    rows = [np.hstack([w1.T, b1.T, w2]) for w1, b1, w2, _ in (moving, fixed)]
    same = ((rows[1][:, None] - rows[0][None]) ** 2).sum(axis=-1)
    flipped = ((rows[1][:, None] + rows[0][None]) ** 2).sum(axis=-1)
    distance = np.minimum(same, flipped)
    order, signs = np.zeros(HIDDEN, int), np.ones(HIDDEN)
    for _ in range(HIDDEN):
        i, j = np.unravel_index(np.argmin(distance), distance.shape)
        order[i], signs[j] = j, 1.0 if same[i, j] <= flipped[i, j] else -1.0
        distance[i], distance[:, j] = np.inf, np.inf
    return reorder(moving, order, signs)


# ---- frozen features or trained ones ----


def frozen_against_trained(rng):
    """Test accuracy on two moons: random hidden units with a solved readout, and the same units trained."""
    sets = [(moons(MOONS_TRAIN, MOONS_NOISE, rng=rng), moons(MOONS_TEST, MOONS_NOISE, rng=rng)) for _ in range(MOONS_SEEDS)]
    x, x_test = (np.stack([pair[part][0] for pair in sets]).astype(np.float64) for part in (0, 1))
    y, y_test = (2.0 * np.stack([pair[part][1] for pair in sets]) - 1 for part in (0, 1))
    result = {"line": accuracy(np.stack([fit_readout(x[s], y[s], x_test[s]) for s in range(MOONS_SEEDS)]), y_test)}
    for width in MOONS_WIDTHS:
        start = initial(rng, MOONS_SEEDS, 2, width)
        hidden, hidden_test = (np.maximum(points @ start[0] + start[1], 0) for points in (x, x_test))
        solved = np.stack([fit_readout(hidden[s], y[s], hidden_test[s]) for s in range(MOONS_SEEDS)])
        rate, _, found = best_rate(start, lambda w1, b1, w2, b2: (relu(x @ w1 + b1) @ w2 + b2)[..., 0], y, MOONS_STEPS)
        trained = (np.maximum(x_test @ found[0] + found[1], 0) @ found[2] + found[3])[..., 0]
        result[str(width)] = {"frozen": accuracy(solved, y_test), "trained": {**accuracy(trained, y_test), "rate": rate}}
    return result


def fit_readout(features, y, features_test):
    add = [np.hstack([f, np.ones((len(f), 1))]) for f in (features, features_test)]
    return add[1] @ np.linalg.lstsq(add[0], y, rcond=None)[0]


def accuracy(scores, labels):
    shares = np.mean((scores > 0) == (labels > 0), axis=1)
    return {"mean": shares.mean(), "least": shares.min(), "most": shares.max()}


# ---- wide networks are nearly linear in what training does to them ----


def lazy(rng, x, y):
    """Gradient descent until a fifth of the first loss; the gap half-way between start and end, over what training changed.

    Half of the units mirror the others with the opposite readout, so that every network starts as the function 0.
    """
    gaps, moved = {}, {}
    for width in LAZY_WIDTHS:
        half = [rng.standard_normal((LAZY_SEEDS, *shape)) for shape in ((1, width // 2), (1, width // 2), (width // 2, 1))]
        start = [np.concatenate([part, sign * part], axis=axis) for part, sign, axis in zip(half, (1, 1, -1), (2, 2, 1), strict=True)]
        net = lambda w1, b1, w2, width=width: ((tanh(x[:, None] @ w1 + b1) @ w2) / np.sqrt(width))[..., 0]
        parameters = [Parameter(p.copy()) for p in start]
        optimizer = SGD(parameters, lr=LAZY_RATE)
        ends = [None] * LAZY_SEEDS
        first = ((net(*start) - y) ** 2).mean(axis=1)
        for _ in range(20_000):
            optimizer.zero_grad()
            losses = ((net(*parameters) - y) ** 2).mean(axis=1)
            for s in np.flatnonzero(losses.numpy() < LAZY_TARGET * first):
                if ends[s] is None:
                    ends[s] = [p.data[s].copy() for p in parameters]
            if all(end is not None for end in ends):
                break
            losses.sum().backward()
            optimizer.step()
        end = [np.stack(parts) for parts in zip(*ends, strict=True)]
        before, after = net(*start), net(*end)
        middle = net(*((p + q) / 2 for p, q in zip(start, end, strict=True)))
        gap = np.sqrt(((middle - (before + after) / 2) ** 2).mean(axis=1) / ((after - before) ** 2).mean(axis=1))
        gaps[str(width)] = {"mean": gap.mean(), "least": gap.min(), "most": gap.max()}
        moved[str(width)] = np.mean([np.sqrt(sum(((q[s] - p[s]) ** 2).sum() for p, q in zip(start, end, strict=True))
                                     / sum((p[s] ** 2).sum() for p in start)) for s in range(LAZY_SEEDS)])  # fmt: skip
    means = [gaps[str(width)]["mean"] for width in LAZY_WIDTHS]
    return {"gaps": gaps, "moved": moved, "exponent": np.polyfit(np.log(LAZY_WIDTHS), np.log(means), 1)[0]}


# ---- counting ----


def separable(n, d):
    """Share of the labelings of n points in general position that a linear boundary with d weights separates."""
    return 2 * sum(comb(n - 1, k) for k in range(d)) / 2**n


# ---- the four cells of the table, fitted to the same points ----


def gallery():
    rng = np.random.default_rng(16)
    x = np.cos(np.pi * (np.arange(16)[::-1] + 0.5) / 16)
    y = rng.normal(0, 0.6, 16) + 0.8 * x
    fine = np.linspace(-1, 1, 201)
    ones = np.stack([np.ones(16), x], axis=1)
    line = np.linalg.lstsq(ones, y, rcond=None)[0]
    wild = np.linalg.solve(chebyshev(x, 15), y)
    deep = [Parameter(p) for p in (np.array([[[0.3]]]), np.array([[[0.5]]]), np.zeros((1, 1, 1)))]
    train(deep, lambda u, v, c: (x[:, None] @ u @ v + c)[..., 0], y, 2000, 0.03)
    u, v, c = (p.data.item() for p in deep)
    few = [Parameter(p) for p in initial(rng, 1, 1, 3)]
    train(few, lambda w1, b1, w2, b2: (tanh(x[:, None] @ w1 + b1) @ w2 + b2)[..., 0], y, 4000, 0.03)
    w1, b1, w2, b2 = (p.data for p in few)
    return {
        "x": np.round(x, 3), "y": np.round(y, 3), "fine": np.round(fine, 3),
        "curves": {
            "line": np.round(line[0] + line[1] * fine, 3), "polynomial": np.round(chebyshev(fine, 15) @ wild, 3),
            "deep-linear": np.round(u * v * fine + c, 3), "network": np.round((np.tanh(fine[:, None] @ w1 + b1) @ w2 + b2)[0, :, 0], 3),
        },
        "misses": {"polynomial": float(np.abs(chebyshev(x, 15) @ wild - y).max()), "lines": abs(u * v - line[1]) + abs(c - line[0])},
    }  # fmt: skip


def claims(data):
    test, runs, net = data["test"], data["runs"], data["runs"]["network"]
    yield at_most("zeros-are-rounding", "Where the table says linear, the largest blend gap of all pairs is rounding",
                  test["worst-zero"], 1e-12)  # fmt: skip
    yield at_least("others-are-not", "Where the table says non-linear, the median gap is at least 1% of the predictions",
                   min(gap for kind in ("parameters", "inputs") for gap in test[kind].values() if gap > 1e-6), 0.01)  # fmt: skip
    yield at_most("wild-curve-fits", "The polynomial of degree 15 misses none of the 16 points by more than rounding",
                  data["gallery"]["misses"]["polynomial"], 1e-9)  # fmt: skip
    yield at_most("same-line", "The line from two layers ends at the least-squares line", data["gallery"]["misses"]["lines"], 1e-4)
    yield at_most("one-minimum", "All 20 polynomial runs end within 0.1% of the solved minimum", runs["polynomial"]["excess"], 1e-3)
    yield at_least("many-minima", "The worst of 20 network runs ends at least 5% above the best", net["spread"], 0.05)
    yield at_least("hills", "Between two network runs the loss climbs to at least 20 times its ends, in the median",
                   net["hills"]["median"], 20)  # fmt: skip
    yield at_least("every-pair-has-a-hill", "Between any two of the network runs the loss at least doubles", net["hills"]["least"], 2)
    yield at_least("own-copy", "Between a network and its shuffled copy the loss climbs to at least 20 times its ends, in the median",
                   net["own"]["median"], 20)  # fmt: skip
    yield at_most("aligned", "Matching the units first lowers the median hill to at most a third",
                  net["aligned"]["median"] / net["hills"]["median"], 1 / 3)  # fmt: skip
    m = data["moons"]
    yield at_least("frozen-beats-line", "20 frozen features classify at least 5 points more than the straight boundary",
                   m["20"]["frozen"]["mean"] - m["line"]["mean"], 0.05)  # fmt: skip
    yield at_most("frozen-near-trained", "With 20 hidden units training all layers gains at most 3 points over the solved readout",
                  m["20"]["trained"]["mean"] - m["20"]["frozen"]["mean"], 0.03)  # fmt: skip
    yield at_most("wide-frozen", "With 100 hidden units the solved readout is at most 1 point better than with 20",
                  m["100"]["frozen"]["mean"] - m["20"]["frozen"]["mean"], 0.01)  # fmt: skip
    yield at_most("wide-is-lazy", "At width 1,024 the blend gap of training is at most a fifth of that at width 16",
                  data["lazy"]["gaps"]["1024"]["mean"] / data["lazy"]["gaps"]["16"]["mean"], 0.2)  # fmt: skip
    yield between("cover-half", "Twice as many points as weights: half of the labelings are separable", data["cover"]["100-50"], 0.5, 0.5)


def figures(data):
    yield "blend", draw_blend(data["blend"])
    yield "gallery", draw_gallery(data["gallery"])
    yield "hills", draw_hills(data["runs"])


def draw_blend(blend):
    figure, axes = new_figure(aspect=0.62, columns=2, sharey=True)
    x = np.linspace(-1, 1, 161)
    for panel, name, title in zip(axes, ("polynomial", "network"), ("polynomial, degree 9", "network, 6 hidden units"), strict=True):
        curves = {k: np.array(v) for k, v in blend["curves"][name].items()}
        panel.fill_between(x, curves["mean"], curves["model"], color=color("red"), alpha=0.25)
        panel.plot(x, curves["a"], color=color("blue"), linewidth=1.4)
        panel.plot(x, curves["b"], color=color("orange"), linewidth=1.4)
        panel.plot(x, curves["model"], color=color("ink"), linewidth=3.6)
        panel.plot(x, curves["mean"], color=color("green"), linewidth=2, dashes=(3, 2))
        for k, role, dx, dy in (("a", "blue", 7, 8), ("b", "orange", -16, 0)):
            panel.plot(HANDLES, blend["starts"]["heights"][k], "o", color=color(role))
            direct_label(panel, HANDLES[0], blend["starts"]["heights"][k][0], k.upper(), role, dx=dx, dy=dy)
        panel.set(ylim=(-0.2, 1.2), xlim=(-1, 1), xlabel="input x", xticks=[-1, 0, 1])
        panel.set_title(title, color=color("muted"), loc="center")
    for y, text, role in ((0.07, "averaged curves", "green"), (-0.09, "averaged weights", "ink")):
        axes[1].text(0.95, y, text, ha="right", va="center", color=color(role))
    axes[0].set_ylabel("prediction")
    return figure


def draw_gallery(gallery):
    figure, axes = new_figure(aspect=0.86, rows=2, columns=2, sharex=True, sharey=True)
    cells = (
        ("line", "a + bx", 0, 0, "blue"), ("deep-linear", "uvx + c", 0, 1, "orange"),
        ("polynomial", "polynomial, degree 15", 1, 0, "blue"), ("network", "network, 3 hidden units", 1, 1, "orange"),
    )  # fmt: skip
    for name, label, row, column, role in cells:
        panel = axes[row, column]
        panel.plot(gallery["fine"], gallery["curves"][name], color=color(role), linewidth=2.2)
        panel.plot(gallery["x"], gallery["y"], "o", color=color("ink"), markersize=3.6)
        panel.text(0.5, 0.03, label, transform=panel.transAxes, ha="center", va="bottom", color=color(role))
        panel.set(xticks=[-1, 0, 1], ylim=(-2.4, 2.2), yticks=[-2, 0, 2])
    for column, text in enumerate(("linear in parameters", "not in parameters")):
        axes[0, column].set_title(text, loc="center", color=color("ink"))
    for row, text in enumerate(("linear in x", "not in x")):
        axes[row, 0].set_ylabel(text, color=color("ink"))
    return figure


def draw_hills(runs):
    figure, axes = new_figure(aspect=0.62)
    shares = runs["shares"]
    for along in runs["network"]["along"]:
        axes.plot(shares, along, color=color("orange"), linewidth=1.3, alpha=0.75)
    axes.plot([0, 1], [runs["polynomial"]["solved"]] * 2, color=color("blue"), linewidth=3)
    top = max(runs["network"]["along"], key=max)
    axes.set(yscale="log", xlim=(0, 1), xlabel="share of run B in the parameters", ylabel="training loss")
    axes.set_xticks([0, 0.5, 1], ["0\nrun A", "0.5", "1\nrun B"])
    axes.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axes.set_ylim(0.0055, 1.5 * max(top))
    direct_label(axes, 0.5, max(top), "network: ten pairs of runs", "orange", dx=0, dy=9, ha="center")
    direct_label(axes, 0.5, runs["polynomial"]["solved"], "polynomial: every run ends at one point", "blue", dx=0, dy=-12, ha="center")
    return figure
