"""What a bend is worth: best fits by least squares, the same networks trained, spirals against leaky slope, linear nets of any depth."""

from itertools import pairwise

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    Activation,
    Adam,
    Linear,
    Parameter,
    Sequential,
    Tensor,
    batches,
    cross_entropy,
    gelu,
    he_normal,
    leaky_relu,
    moons,
    orthogonal,
    relu,
    spirals,
)

TOLERANCE = {
    "fits": 0.01, "fits.relu.largest": None, "fits.leaky.largest": None, "fits.tiny.largest": None, "fits.step.largest": None,
    "fits.relu.rank": None, "fits.leaky.rank": None, "fits.tiny.rank": None, "fits.tanh": None, "fits.gelu": None, "fits.sin": None,
    "fits.tiny.float32": None, "fits.relu.float32": None, "fits.leaky.float32": None,
    "bends.trained": 0.2, "bends.rates": None, "bends.longer": 0.2, "bends.largest": 0.1, "start.trained": 0.05, "start.line": 0.05,
    "spirals": 0.1, "spirals.rates": None, "moons": 0.05, "collapse.apart": None,
}  # fmt: skip

UNITS, POINTS, SEEDS = 200, 401, 5
SHIFT = 0.7

BENDS = [1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-6]
SMALL_UNITS, SMALL_POINTS = 100, 101
RATES = [0.003, 0.01, 0.03]
STEPS, LONGER = 500, 5000
TRAIN_SEEDS = 3

SLOPES = [1.0, 0.99, 0.9, 0.7, 0.5, 0.0, -1.0]
SPIRAL_RATES = [0.002, 0.005, 0.02]
SPIRAL_TRAIN, SPIRAL_TEST, EPOCHS, BATCH = 800, 2000, 100, 100
PATIENT = 4  # times as many epochs, for the slope that looks linear

DEPTHS = [1, 2, 5, 20]
WIDTH = 32


def target(x):
    return np.sin(2 * np.pi * x + SHIFT)


def bent(z, bend):
    """A line of slope one half plus a kink: ReLU at 1, the line at 0; leaky ReLU up to a factor between."""
    return (z + bend * abs(z)) / 2


ACTIVATIONS = {
    "identity": lambda z: z, "square": lambda z: z**2, "cube": lambda z: z**3,
    "relu": relu, "leaky": lambda z: leaky_relu(z, negative_slope=0.99), "tiny": lambda z: z + 1e-6 * abs(z),
    "tanh": np.tanh, "gelu": gelu, "sin": np.sin, "step": lambda z: 1.0 * (z > 0),
}  # fmt: skip
DEGREES = {"identity": 1, "square": 2, "cube": 3}
SHOWN = ["identity", "square", "cube", "relu", "tanh"]


def run(rng):
    small = small_features(rng)
    return {
        "settings": {"units": UNITS, "points": POINTS, "seeds": SEEDS, "small-units": SMALL_UNITS, "small-points": SMALL_POINTS,
                     "steps": STEPS, "longer": LONGER, "train-seeds": TRAIN_SEEDS, "rates": RATES, "spiral-rates": SPIRAL_RATES,
                     "spiral-train": SPIRAL_TRAIN, "spiral-test": SPIRAL_TEST, "epochs": EPOCHS, "patient": PATIENT * EPOCHS},
        "collapse": collapse(rng),
        "worked": worked_example(),
        **random_features(rng),
        "bends": bends(small),
        "start": start(small),
        "spirals": spiral_accuracies(rng),
        "moons": linear_nets_on_moons(rng),
    }  # fmt: skip


def spread(values):
    return {"median": np.median(values), "least": np.min(values), "most": np.max(values)}


def rms(errors):
    return np.sqrt(np.mean(np.square(errors), axis=-1))


# ---- twenty layers without a bend ----


def collapse(rng):
    """Multiply out random linear networks: how far the single layer's outputs lie from those of the deep network."""
    apart, with_relu, largest = [], [], []
    for _ in range(SEEDS):
        widths = [2] + [WIDTH] * 19 + [2]
        layers = [(rng.normal(size=(m, n)) / np.sqrt(m), 0.1 * rng.normal(size=n)) for m, n in pairwise(widths)]
        x = rng.normal(size=(1000, 2))
        matrix, offset, h, folded = np.eye(2), np.zeros(2), x, x
        for number, (W, b) in enumerate(layers):
            matrix, offset = matrix @ W, offset @ W + b
            h = h @ W + b
            folded = folded @ W + b
            if number == 9:
                folded = relu(folded)
        apart.append(np.abs(h - (x @ matrix + offset)).max())
        with_relu.append(np.abs(h - folded).max())
        largest.append(np.abs(h).max())
    return {
        "deep": sum(W.size + b.size for W, b in layers), "flat": matrix.size + offset.size,
        "apart": max(apart), "with-relu": min(with_relu), "largest": max(largest),
    }  # fmt: skip


def worked_example():
    """h = 2x + 1, y = 4 - 3h, for x = -3 and x = 3, without and with a ReLU between the two."""
    def through(x, bend):
        return 4 - 3 * bend(np.array(2.0 * x + 1))

    return {name: {key: float(through(x, bend)) for key, x in (("left", -3), ("right", 3))}
            for name, bend in (("linear", np.positive), ("relu", relu))}  # fmt: skip


# ---- what can be represented: least squares on random units ----


def random_features(rng):
    x = np.linspace(-1, 1, POINTS)
    found = {name: [] for name in ACTIVATIONS}
    curves = {"x": x[::8], "target": target(x[::8])}
    for seed in range(SEEDS):
        z = np.outer(x, 4 * rng.normal(size=UNITS)) + rng.uniform(-4, 4, size=UNITS)
        for name, activation in ACTIVATIONS.items():
            fit = least_squares(activation(z), target(x))
            found[name].append(fit)
            if seed == 0 and name in SHOWN:
                curves[name] = np.round(fit["curve"][::8], 4)
    polynomials = {name: float(rms(np.polyval(np.polyfit(x, target(x), d), x) - target(x))) for name, d in DEGREES.items()}
    measures = ("error", "float32", "rank", "largest")
    fits = {name: {measure: spread([one[measure] for one in each]) for measure in measures} for name, each in found.items()}
    return {"fits": fits, "curves": curves, "polynomials": polynomials}


def least_squares(features, wanted):
    """The best readout with a bias, its error, in float32 too, the rank of the units and the largest readout weight."""
    features = np.column_stack([features, np.ones(len(wanted))])
    weights = np.linalg.lstsq(features, wanted, rcond=None)[0]
    single = features.astype(np.float32) @ weights.astype(np.float32)
    return {
        "curve": features @ weights, "error": rms(features @ weights - wanted), "float32": rms(single - wanted),
        "rank": int(np.linalg.matrix_rank(features)), "largest": np.abs(weights).max(),
    }  # fmt: skip


# ---- what can be found: the same units, all weights trained ----


def small_features(rng):
    return [
        {"w": np.round(4 * rng.normal(size=SMALL_UNITS), 3), "b": np.round(rng.uniform(-4, 4, size=SMALL_UNITS), 3)}
        for _ in range(TRAIN_SEEDS)
    ]


def bends(small):
    """Errors of solved and trained networks against the size of the bend; each bend has the best rate of the same grid."""
    x = np.linspace(-1, 1, SMALL_POINTS)
    solved, largest = [], []
    for bend in BENDS:
        fits = [least_squares(bent(np.outer(x, s["w"]) + s["b"], bend), target(x)) for s in small]
        solved.append(spread([fit["error"] for fit in fits]))
        largest.append(spread([fit["largest"] for fit in fits]))
    errors = np.array([train(x, small, BENDS, rate, STEPS)[0] for rate in RATES])  # rates, bends, seeds
    best = np.median(errors, axis=2).argmin(axis=0)
    trained = [spread(errors[best[i], i]) for i in range(len(BENDS))]
    patient = np.array([train(x, small, [0.01], rate, LONGER)[0][0] for rate in RATES])
    line = rms(np.polyval(np.polyfit(x, target(x), 1), x) - target(x))
    return {"bends": BENDS, "solved": solved, "largest": largest, "trained": trained, "rates": [RATES[i] for i in best],
            "longer": spread(patient[np.median(patient, axis=1).argmin()]), "line": line}  # fmt: skip


def train(x, small, sizes, rate, steps):
    """Full-batch Adam on all weights of every (bend, seed) at once; the readout starts at zero. Errors (bends, seeds) and last outputs."""
    bend = np.repeat(sizes, len(small))[:, None, None]
    first = [np.tile([s[name] for s in small], (len(sizes), 1))[:, None, :] for name in ("w", "b")]
    w, b, a, c = (Parameter(array) for array in (*first, np.zeros((bend.size, 1, SMALL_UNITS)), np.zeros((bend.size, 1))))
    optimizer = Adam([w, b, a, c], lr=rate)
    n = len(x)
    for step in range(steps + 1):
        z = x[None, :, None] * w.data + b.data
        h = bent(z, bend)
        output = np.matmul(h, a.data.transpose(0, 2, 1))[..., 0] + c.data
        if step == steps:
            break
        delta = 2 * (output - target(x)) / n
        back = delta[..., None] * a.data * (1 + bend * np.sign(z)) / 2
        c.grad = delta.sum(axis=1, keepdims=True)
        a.grad = np.matmul(delta[:, None, :], h)
        b.grad = back.sum(axis=1, keepdims=True)
        w.grad = np.matmul(x, back)[:, None, :]
        optimizer.step()
    return rms(output - target(x)).reshape(len(sizes), len(small)), output


def start(small):
    """What the explorable starts from: the first set of units with a bend of one hundredth, solved and trained."""
    x = np.linspace(-1, 1, SMALL_POINTS)
    fit = least_squares(bent(np.outer(x, small[0]["w"]) + small[0]["b"], 0.01), target(x))
    error, output = train(x, small[:1], [0.01], 0.01, STEPS)
    return {"bend": 0.01, "rate": 0.01, "w": small[0]["w"], "b": small[0]["b"], "x": x[::2], "target": target(x[::2]),
            "solved-curve": np.round(fit["curve"][::2], 4), "line": np.round(output[0, ::2], 3),
            "solved": fit["error"], "largest": fit["largest"], "trained": error[0, 0]}  # fmt: skip


# ---- spirals: how large a bend training needs ----


def leaky_network(widths, slope, rng):
    layers = []
    for m, n in pairwise(widths):
        linear = Linear(m, n, rng=rng)
        linear.weight.data = he_normal((n, m), nonlinearity="leaky_relu", negative_slope=slope, rng=rng)
        linear.bias.data[:] = 0
        layers += [linear, Activation("leaky_relu", negative_slope=slope)]
    return Sequential(*layers[:-1])


def spiral_accuracies(rng):
    splits = [int(rng.integers(2**32)) for _ in range(TRAIN_SEEDS)]
    found = {s: [[spiral_accuracy(s, rate, split, EPOCHS) for split in splits] for rate in SPIRAL_RATES] for s in SLOPES}
    best = {s: int(np.argmax(np.median(each, axis=1))) for s, each in found.items()}
    result = {"slopes": SLOPES, "accuracy": {key(s): spread(each[best[s]]) for s, each in found.items()},
              "rates": [SPIRAL_RATES[best[s]] for s in SLOPES]}  # fmt: skip
    patient = [[spiral_accuracy(0.99, rate, split, PATIENT * EPOCHS) for split in splits] for rate in SPIRAL_RATES]
    result["patient"] = spread(max(patient, key=np.median))
    return result


def key(slope):
    return ("minus-" if slope < 0 else "") + f"{abs(slope):g}".replace(".", "-")


def spiral_accuracy(slope, rate, split, epochs):
    rng = np.random.default_rng(split)
    x, y = spirals(SPIRAL_TRAIN, turns=1.0, rng=rng)
    x_test, y_test = spirals(SPIRAL_TEST, turns=1.0, rng=rng)
    model = leaky_network([2, 32, 32, 2], slope, rng)
    optimizer = Adam(model.parameters(), lr=rate)
    for _ in range(epochs):
        for xb, yb in batches(x, y, batch_size=BATCH, rng=rng):
            optimizer.zero_grad()
            cross_entropy(model(Tensor(xb)), yb).backward()
            optimizer.step()
    return float(np.mean(model(x_test).argmax(axis=1) == y_test))


# ---- linear networks on moons ----


def linear_nets_on_moons(rng):
    """Accuracy of linear networks of several depths, and how often they decide as the single layer does."""
    x, y = moons(400, noise=0.2, rng=rng)
    x_test, y_test = moons(2000, noise=0.2, rng=rng)
    result, decisions = {}, {}
    for depth in DEPTHS:
        layers = []
        widths = [2] + [WIDTH] * (depth - 1) + [2]
        for m, n in pairwise(widths):
            layers.append(Linear(m, n, rng=rng))
            layers[-1].weight.data = orthogonal((n, m), rng=rng)
            layers[-1].bias.data[:] = 0
        model = Sequential(*layers)
        steps = 1500 if depth == 1 else 600
        optimizer = Adam(model.parameters(), lr=0.05 if depth == 1 else 0.003)
        for step in range(steps):
            if step == steps * 2 // 3:
                optimizer.param_groups[0]["lr"] *= 0.1
            optimizer.zero_grad()
            loss = cross_entropy(model(Tensor(x)), y)
            loss.backward()
            optimizer.step()
        decisions[depth] = model(x_test).argmax(axis=1)
        result[str(depth)] = {"loss": loss.item(), "accuracy": float(np.mean(decisions[depth] == y_test)),
                              "agreement": float(np.mean(decisions[depth] == decisions[1]))}  # fmt: skip
    return result


# ---- what the page says ----


def claims(data):
    fits, polynomials = data["fits"], data["polynomials"]
    yield at_most("collapses", "Twenty linear layers and their product differ by rounding alone", data["collapse"]["apart"], 1e-12)
    yield at_least("one-relu", "One ReLU in the middle moves some output of 1,000 points by at least 0.1, in every network",
                   data["collapse"]["with-relu"], 0.1)  # fmt: skip
    yield at_most("polynomial", "Identity, square and cube reach the error of the best line, parabola and cubic, in every draw",
                  max(abs(fits[n]["error"][k] / polynomials[n] - 1) for n in DEGREES for k in ("least", "most")), 1e-4)  # fmt: skip
    yield at_most("ranks", "Their ranks are 2, 3 and 4 in every draw",
                  max(abs(fits[n]["rank"][k] - DEGREES[n] - 1) for n in DEGREES for k in ("least", "most")), 0)  # fmt: skip
    yield at_most("relu-fits", "ReLU's error is below a hundredth in every draw", fits["relu"]["error"]["most"], 0.01)
    yield at_most("same-fit", "A bend of a millionth and a slope of 0.99 reach ReLU's error within 1%",
                  max(abs(fits[n]["error"]["median"] / fits["relu"]["error"]["median"] - 1) for n in ("leaky", "tiny")), 0.01)  # fmt: skip
    yield at_most("smooth-fits", "tanh, GELU and the sine have errors below a millionth",
                  max(fits[n]["error"]["most"] for n in ("tanh", "gelu", "sin")), 1e-6)  # fmt: skip
    yield at_most("fewer", "tanh, GELU and the sine span at most 0.8 times as many dimensions as ReLU, in every draw",
                  max(fits[n]["rank"]["most"] for n in ("tanh", "gelu", "sin")) / fits["relu"]["rank"]["least"], 0.8)  # fmt: skip
    yield at_least("tiny-weights", "The bend of a millionth needs readout weights above half a million in every draw",
                   fits["tiny"]["largest"]["least"], 5e5)  # fmt: skip
    yield at_least("drowns", "In float32 its error is above 1 in the median", fits["tiny"]["float32"]["median"], 1)
    bends = data["bends"]
    at = {bend: i for i, bend in enumerate(bends["bends"])}
    yield at_most("solved-flat", "Solved, all bends have the same error within 1%",
                  max(abs(s["median"] / bends["solved"][0]["median"] - 1) for s in bends["solved"]), 0.01)  # fmt: skip
    yield at_least("trained-line", "Trained, bends of a hundredth and less keep at least 0.95 of the line's error",
                   min(bends["trained"][at[b]]["least"] for b in (0.01, 1e-3, 1e-6)) / bends["line"], 0.95)  # fmt: skip
    yield at_most("trained-relu", "Trained, ReLU's error is at most 0.15 of the line's", bends["trained"][0]["most"] / bends["line"], 0.15)
    yield at_most("trained-longer", "With ten times the steps the bend of a hundredth has learned something",
                  bends["longer"]["median"] / bends["line"], 0.95)  # fmt: skip
    yield between("inverse", "Readout weights grow as one over the bend",
                  bends["largest"][-1]["median"] / bends["largest"][0]["median"] / 1e6, 0.5, 2)  # fmt: skip
    accuracy = data["spirals"]["accuracy"]
    yield at_most("invisible", "Slope 0.99 is within two points of a linear network",
                  abs(accuracy["0-99"]["median"] - accuracy["1"]["median"]), 0.02)  # fmt: skip
    yield at_least("half", "From slope 0.5 on, accuracy is at least 98% in every run",
                   min(accuracy[k]["least"] for k in ("0-5", "0", "minus-1")), 0.98)  # fmt: skip
    yield at_most("patience", "and stays there with four times the epochs",
                  abs(data["spirals"]["patient"]["median"] - accuracy["1"]["median"]), 0.02)  # fmt: skip
    yield between("nine-tenths", "Slope 0.9 lies between: at least 75%, at most 95% in the median",
                  accuracy["0-9"]["median"], 0.75, 0.95)  # fmt: skip
    yield at_least("seven-tenths", "Slope 0.7 reaches at least 98% in every run", accuracy["0-7"]["least"], 0.98)
    nets = data["moons"]
    yield at_most("same-accuracy", "Linear networks of depth 2, 5 and 20 are within a point of one layer",
                  max(abs(nets[str(d)]["accuracy"] - nets["1"]["accuracy"]) for d in DEPTHS), 0.01)  # fmt: skip
    yield at_most("same-loss", "and end at the same loss to four digits",
                  max(abs(nets[str(d)]["loss"] - nets["1"]["loss"]) for d in DEPTHS), 1e-4)  # fmt: skip
    yield at_least("same-decisions", "and decide alike on at least 98% of the test points",
                   min(nets[str(d)]["agreement"] for d in DEPTHS), 0.98)  # fmt: skip


def figures(data):
    yield "start", draw_start(data["start"])
    yield "fits", draw_fits(data["curves"])
    yield "bends", draw_bends(data["bends"])
    yield "slopes", draw_slopes(data["spirals"])


def draw_start(start):
    figure, axes = new_figure(aspect=0.62)
    x = np.array(start["x"])
    axes.plot(x, start["target"], color=color("rule"), linewidth=7)
    axes.plot(x, start["solved-curve"], color=color("good"))
    axes.plot(x, start["line"], color=color("bad"))
    direct_label(axes, -0.6, 1.0, "solved: on the target", "good", dx=-8, dy=16)
    direct_label(axes, 0.6, float(np.interp(0.6, x, start["line"])), "trained: a line", "bad", dx=-10, dy=16)
    axes.set(xlim=(-1, 1), ylim=(-1.3, 1.45), xlabel="input $x$", ylabel="output $y$")
    return figure


def draw_fits(curves):
    figure, axes = new_figure(aspect=0.66)
    x = np.array(curves["x"])
    axes.plot(x, curves["target"], color=color("rule"), linewidth=8)
    for name, role, label, dy in (
        ("relu", "blue", "ReLU", 7), ("tanh", "green", "tanh", -9), ("square", "orange", "square", 4),
        ("identity", "grey", "identity", 0), ("cube", "purple", "cube", -4),
    ):  # fmt: skip
        axes.plot(x, curves[name], color=color(role), linestyle=(0, (4, 4)) if name == "tanh" else "-")
        direct_label(axes, x[-1], curves[name][-1], label, role, dy=dy)
    axes.set(xlim=(-1, 1), ylim=(-1.4, 1.4), xlabel="input $x$", ylabel="output $y$")
    return figure


def draw_bends(bends):
    figure, axes = new_figure(aspect=0.62)
    for name, role, label in (("solved", "good", "solved"), ("trained", "bad", "trained")):
        median = [one["median"] for one in bends[name]]
        least, most = ([one[end] for one in bends[name]] for end in ("least", "most"))
        axes.fill_between(bends["bends"], least, most, color=color(role), alpha=0.25)
        axes.plot(bends["bends"], median, color=color(role), marker="o")
        direct_label(axes, bends["bends"][-2], median[-2], label, role, dx=0, dy=14, ha="center")
    axes.set(xscale="log", yscale="log", xlabel=r"size of the bend $\epsilon$", ylabel="rms error")
    axes.invert_xaxis()
    return figure


def draw_slopes(found):
    figure, axes = new_figure(aspect=0.62)
    each = [found["accuracy"][key(s)] for s in found["slopes"]]
    axes.fill_between(found["slopes"], [100 * e["least"] for e in each], [100 * e["most"] for e in each], color=color("test"), alpha=0.25)
    axes.plot(found["slopes"], [100 * e["median"] for e in each], color=color("test"), marker="o")
    for slope, text, dx, dy, ha in ((1.0, "no bend", 12, 0, "left"), (0.0, "ReLU", 0, -18, "center"), (-1.0, "$|z|$", -4, -18, "right")):
        direct_label(axes, slope, 100 * found["accuracy"][key(slope)]["median"], text, "muted", dx=dx, dy=dy, ha=ha)
    axes.set(xlim=(1.1, -1.1), ylim=(48, 103), xlabel="slope for negative inputs", ylabel="test accuracy, %")
    return figure
