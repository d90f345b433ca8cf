"""What networks lose and gain without biases: rings, dimmed digits, an odd function; and what a bias that starts at the prior saves."""

from itertools import pairwise

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import MLP, Adam, BatchNorm1d, Linear, Sequential, Tensor, cross_entropy, digits, fit, mse_loss, relu
from dlprimer.nn.activations import Activation

SEEDS = 5
VARIANTS = ("none", "output", "hidden", "all")
WIDTHS = (4, 16, 256)
RATE = 5e-3
EPOCHS = 60
BATCH = 100
NOISE = 0.1
TASKS = {  # radius, share of the points and class of each ring
    "two": ((1.0, 0.5, 1), (2.0, 0.5, 0)),
    "three": ((0.75, 0.25, 0), (1.5, 0.5, 1), (3.0, 0.25, 0)),
}
TRAIN, TEST = 1000, 2000
SHOWN_WIDTH = 16
RAYS = 90
BRIGHTNESS = (1.0, 0.5, 0.25, 0.1, 0.05)
PRIOR_EXAMPLES, POSITIVES = 10_000, 100
PRIOR_RATES = (0.3, 1.0, 3.0, 10.0, 30.0)
NEAR_BEST = 1.05
TOLERANCE = {"homogeneity": None, "norm": None, "rings": 0.1, "play.networks": None, "odd": 0.1, "digits": 0.05}


def run(rng):
    play, rings = {"unit": {"w": [0.9, 1.2], "b": -3.0}, "networks": {}}, {}
    for task in TASKS:
        rings[task], play["networks"][task] = train_on_rings(task)
    return {
        "settings": {
            "seeds": SEEDS, "train": TRAIN, "test": TEST, "epochs": EPOCHS, "batch": BATCH, "noise": NOISE,
            "shown-width": SHOWN_WIDTH, "rays": RAYS,
        },
        "worked": worked(),
        "homogeneity": homogeneity(rng),
        "rings": rings,
        "odd": odd(),
        "digits": dimmed_digits(),
        "norm": before_batch_norm(rng),
        "prior": prior_start(),
        "play": play,
    }


# ---- small numbers ----


def worked():
    w, b = np.array([3.0, 4.0]), -10.0
    prior = 0.01
    log_odds = np.log(prior / (1 - prior))
    pinned = minimum_of(lambda a: (np.logaddexp(0, a) + np.logaddexp(0, -2 * a)) / 2)
    return {
        "norm": np.linalg.norm(w), "distance": -b / np.linalg.norm(w), "direction": w / np.linalg.norm(w), "forgot-norm": -b,
        "at": float(w @ [2.0, 3.0] + b),
        "quiz": {"distance": 5 / np.hypot(6, 8), "forgot": 5.0, "squared": 5 / (6**2 + 8**2)},
        "prior": {"bias": log_odds, "loss": -prior * np.log(prior) - (1 - prior) * np.log(1 - prior), "zero": np.log(2)},
        "pinned": {"slope": pinned[0], "loss": pinned[1]},
    }  # fmt: skip


def minimum_of(function):
    places = np.linspace(0, 2, 20_001)
    values = function(places)
    return float(places[values.argmin()]), float(values.min())


# ---- networks with the biases of one's choice ----


def network(sizes, variant, rng, activation="relu", dtype=np.float32):
    """Biases in no layer, in the last one, in the others or in all, starting at 0."""
    layers = []
    for place, (n_in, n_out) in enumerate(pairwise(sizes)):
        last = place == len(sizes) - 2
        layer = Linear(n_in, n_out, bias=variant == "all" or variant == ("output" if last else "hidden"), rng=rng, dtype=dtype)
        if layer.bias is not None:
            layer.bias.data[:] = 0
        layers += [layer] if last else [layer, Activation(activation)]
    return Sequential(*layers)


def predict(model, x):
    return model(x).numpy()


def homogeneity(rng):
    """How far f(a x) is from a f(x), relative to a f(x), in float64 without biases."""
    model = network([2, 16, 16, 2], "none", rng, dtype=np.float64)
    x = rng.normal(size=(500, 2))
    f = predict(model, x)
    return {str(a).replace(".", "-"): np.max(abs(predict(model, a * x) - a * f)) / (a * np.max(abs(f))) for a in (0.1, 10, 1000)}


# ---- rings ----


def draw_rings_of(task, n, rng):
    radius, label = (np.concatenate([np.full(round(n * ring[1]), ring[place]) for ring in TASKS[task]]) for place in (0, 2))
    angle = rng.uniform(0, 2 * np.pi, n)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + NOISE * rng.standard_normal((n, 2))
    return x.astype(np.float32), label.astype(np.int64)


def train_on_rings(task):
    result, shown = {}, {}
    for variant in VARIANTS:
        for width in WIDTHS:
            found = []
            for seed in range(SEEDS):
                rng = np.random.default_rng([4, seed])
                x, y = draw_rings_of(task, TRAIN, rng)
                x_test, y_test = draw_rings_of(task, TEST, rng)
                model = network([2, width, width, 2], variant, rng)
                history = fit(
                    model, (x, y), loss=cross_entropy, optimizer=Adam(model.parameters(), lr=RATE),
                    epochs=EPOCHS, batch_size=BATCH, rng=rng, progress=False,
                )  # fmt: skip
                accuracy = np.mean(predict(model, x_test).argmax(axis=1) == y_test)
                found.append((accuracy, history["loss"][-1], *crossings(model)))
                if width == SHOWN_WIDTH and seed == 0:
                    shown[variant] = {"accuracy": accuracy, "layers": weights_of(model)}
            accuracy, loss, most, twice = np.array(found).T
            result.setdefault(variant, {})[str(width)] = {
                "mean": accuracy.mean(), "sd": accuracy.std(ddof=1), "least": accuracy.min(), "most": accuracy.max(),
                "loss": loss.mean(), "crossings": int(most.max()), "twice": twice.mean(),
            }  # fmt: skip
    rng = np.random.default_rng([4, 0])
    x, y = draw_rings_of(task, TRAIN, rng)
    some = rng.permutation(TRAIN)[:120]
    return result, {"points": np.round(x[some], 2), "labels": y[some], **shown}


def crossings(model):
    """Along RAYS rays from the origin to distance 4: most changes of class on a ray, and the share of rays with more than one."""
    angle = np.linspace(0, 2 * np.pi, RAYS, endpoint=False)
    distance = np.linspace(0.02, 4, 160)
    x = distance[None, :, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)[:, None, :]
    kind = predict(model, x.reshape(-1, 2).astype(np.float32)).argmax(axis=1).reshape(RAYS, -1)
    changes = np.sum(kind[:, 1:] != kind[:, :-1], axis=1)
    return changes.max(), np.mean(changes > 1)


def weights_of(model):
    layers = [layer for layer in model if isinstance(layer, Linear)]
    return [
        {
            "weight": np.round(layer.weight.data.T, 4),
            "bias": np.round(np.zeros(layer.out_features) if layer.bias is None else layer.bias.data, 4),
        }
        for layer in layers
    ]


# ---- a bias-free tanh network ----


def odd():
    """The error of 1-16-16-1 tanh networks on |x|, evenly spaced from -1 to 1, without biases and with all."""
    x = np.linspace(-1, 1, 201, dtype=np.float32)[:, None]
    y = abs(x)
    result = {"mean-square": float(np.mean(y**2))}
    for variant in ("none", "all"):
        errors = []
        for seed in range(SEEDS):
            rng = np.random.default_rng([4, seed])
            model = network([1, 16, 16, 1], variant, rng, activation="tanh")
            optimizer = Adam(model.parameters(), lr=RATE)
            fit(model, (x, y), loss=mse_loss, optimizer=optimizer, epochs=300, batch_size=50, rng=rng, progress=False)
            errors.append(np.mean((predict(model, x) - y) ** 2))
        result[variant] = {"mean": np.mean(errors), "least": np.min(errors), "most": np.max(errors)}
    return result


# ---- digits, dimmed ----


def dimmed_digits():
    """Accuracy of 64-32-10 on test digits whose pixels are multiplied by the same number, with and without biases."""
    images, labels = digits()
    images = images.reshape(-1, 64)
    result = {"brightness": BRIGHTNESS, "seeds": SEEDS}
    found = {"with": [], "without": []}
    for seed in range(SEEDS):
        order = np.random.default_rng([4, seed]).permutation(len(images))
        train, test = order[:1200], order[1200:]
        for name in found:
            rng = np.random.default_rng([4, seed])
            model = MLP([64, 32, 10], bias=name == "with", rng=rng)
            fit(
                model, (images[train], labels[train]), loss=cross_entropy, optimizer=Adam(model.parameters(), lr=1e-3),
                epochs=100, batch_size=50, rng=rng, progress=False,
            )  # fmt: skip
            found[name].append([np.mean(predict(model, np.float32(k) * images[test]).argmax(axis=1) == labels[test]) for k in BRIGHTNESS])
    for name, values in found.items():
        values = np.array(values)
        result[name] = {key(k): {"mean": values[:, i].mean(), "sd": values[:, i].std(ddof=1)} for i, k in enumerate(BRIGHTNESS)}
    gap = np.array(found["without"]) - np.array(found["with"])
    result["difference"] = {"mean": gap[:, 0].mean(), "sd": gap[:, 0].std(ddof=1)}
    result["moves"] = np.max(np.ptp(np.array(found["without"]), axis=1))
    return result


def key(number):
    return f"{number:g}".replace(".", "-")


# ---- before batch normalization ----


def before_batch_norm(rng):
    """Largest gradient of a bias directly before batch normalization, relative to the largest gradient of its weights."""
    layer, norm, last = Linear(2, 8, rng=rng, dtype=np.float64), BatchNorm1d(8, dtype=np.float64), Linear(8, 2, rng=rng, dtype=np.float64)
    x, y = draw_rings_of("two", 200, rng)
    cross_entropy(last(relu(norm(layer(Tensor(x.astype(np.float64)))))), y).backward()
    return {"bias-to-weight": np.max(abs(layer.bias.grad)) / np.max(abs(layer.weight.grad))}


# ---- the last bias at the prior ----


def prior_start():
    """Steps of full-batch gradient descent for one logistic unit, from b = 0 and from b = log prior odds; w starts at 0."""
    counts = {name: {key(rate): {"low": [], "near": []} for rate in PRIOR_RATES} for name in ("zero", "prior")}
    best = []
    for seed in range(SEEDS):
        rng = np.random.default_rng([4, seed])
        y = np.zeros(PRIOR_EXAMPLES)
        y[:POSITIVES] = 1
        x = rng.standard_normal((PRIOR_EXAMPLES, 2))
        x[:POSITIVES, 0] += 2
        best.append(least_loss(x, y))
        for name, start in (("zero", 0.0), ("prior", np.log(POSITIVES / (PRIOR_EXAMPLES - POSITIVES)))):
            for rate in PRIOR_RATES:
                low, near = steps_to(x, y, start, rate, (0.06, NEAR_BEST * best[-1]))
                counts[name][key(rate)]["low"].append(low)
                counts[name][key(rate)]["near"].append(near)
    steps = {
        name: {
            rate: {goal: {"median": float(np.median(n)), "least": min(n), "most": max(n)} for goal, n in goals.items()}
            for rate, goals in rates.items()
        }
        for name, rates in counts.items()
    }
    return {"examples": PRIOR_EXAMPLES, "positives": POSITIVES, "target": 0.06, "near": NEAR_BEST, "best": np.mean(best), **steps}


def loss_and_error(x, y, w, b):
    z = x @ w + b
    return np.mean(np.logaddexp(0, z) - y * z), 1 / (1 + np.exp(-z)) - y


def steps_to(x, y, b, rate, targets, most=3000):
    w, reached = np.zeros(2), []
    for step in range(most):
        loss, error = loss_and_error(x, y, w, b)
        while len(reached) < len(targets) and loss <= targets[len(reached)]:
            reached.append(step)
        if len(reached) == len(targets):
            break
        w = w - rate * x.T @ error / len(y)
        b = b - rate * error.mean()
    return reached + [most] * (len(targets) - len(reached))


def least_loss(x, y):
    inputs, theta = np.column_stack([x, np.ones(len(y))]), np.array([0.0, 0.0, -4.6])
    for _ in range(20):  # Newton's method
        p = 1 / (1 + np.exp(-inputs @ theta))
        theta = theta - np.linalg.solve((inputs.T * (p * (1 - p))) @ inputs, inputs.T @ (p - y))
    return loss_and_error(x, y, theta[:2], theta[2])[0]


# ---- what the page says ----


def claims(data):
    two, three = data["rings"]["two"], data["rings"]["three"]
    yield between("chance", "Without biases every width stays at chance on two rings, the best seed too",
                  max(abs(two["none"][w][end] - 0.5) for w in two["none"] for end in ("least", "most")), 0, 0.03)  # fmt: skip
    yield at_least("one-is-enough", "With the output bias alone every seed at every width gets at least 99% on two rings",
                   min(cell["least"] for cell in two["output"].values()), 0.99)  # fmt: skip
    yield at_most("surer", "Without biases the loss on two rings still falls below ln 2, by at least 0.02",
                  two["none"]["16"]["loss"], np.log(2) - 0.02)  # fmt: skip
    yield between("best-pinned", "That is the least loss that a score proportional to the radius can have, within 0.01",
                  max(abs(cell["loss"] - data["worked"]["pinned"]["loss"]) for cell in two["none"].values()), 0, 0.01)  # fmt: skip
    yield at_most("one-crossing", "Without hidden biases no ray changes class more than once, on any task, width or seed",
                  max(cell["crossings"] for task in (two, three) for v in ("none", "output") for cell in task[v].values()), 1)  # fmt: skip
    yield at_most("below-three-quarters", "With the output bias alone no seed exceeds 77% on three rings",
                  max(cell["most"] for cell in three["output"].values()), 0.77)  # fmt: skip
    yield at_least("hidden-cross-twice", "With all biases, at least 90% of the rays change class twice on three rings at width 16 and 256",
                   min(three["all"][w]["twice"] for w in ("16", "256")), 0.9)  # fmt: skip
    yield at_least("all-solve-three", "With all biases the networks of width 16 and 256 get at least 97% on three rings on average",
                   min(three["all"][w]["mean"] for w in ("16", "256")), 0.97)  # fmt: skip
    yield at_most("homogeneous", "f(ax) and a f(x) differ by rounding only", max(data["homogeneity"].values()), 1e-12)
    yield between("odd-stuck", "A bias-free tanh network does no better on |x| than the constant 0, within 5%",
                  data["odd"]["none"]["mean"] / data["odd"]["mean-square"], 0.95, 1.05)  # fmt: skip
    yield at_most("odd-mended", "With biases the error on |x| is at most a hundredth of that",
                  data["odd"]["all"]["mean"] / data["odd"]["mean-square"], 0.01)  # fmt: skip
    yield between("digits-alike", "On digits the networks without biases are within one point of those with them",
                  data["digits"]["difference"]["mean"], -0.01, 0.01)  # fmt: skip
    yield at_most("dimming-harmless", "Dimming moves the accuracy of a bias-free network by at most one image in 500",
                  data["digits"]["moves"], 0.002)  # fmt: skip
    yield at_most("dimming-hurts", "At a twentieth of the brightness the networks with biases get at most 80%",
                  data["digits"]["with"]["0-05"]["mean"], 0.8)  # fmt: skip
    yield at_most("norm-cancels", "Before batch normalization the gradient of a bias is rounding", data["norm"]["bias-to-weight"], 1e-10)
    zero, prior = data["prior"]["zero"], data["prior"]["prior"]

    def least(start):
        return min(cell["near"]["median"] for cell in start.values())

    yield at_most("prior-is-there", "From the prior the loss is below 0.06 before the first step, at every rate",
                  max(prior[rate]["low"]["most"] for rate in prior), 0)  # fmt: skip
    yield at_least("zero-waits", "At rate 1 it takes at least 30 steps from zero", zero["1"]["low"]["least"], 30)
    yield at_most("one-lucky-step", "At rate 10 it takes at most two steps from zero", zero["10"]["low"]["most"], 2)
    yield between("near-best-saves", "At rate 1 the prior saves 15% to 40% of the steps to within 5% of the best loss",
                  1 - prior["1"]["near"]["median"] / zero["1"]["near"]["median"], 0.15, 0.4)  # fmt: skip
    yield at_most("best-rates", "Each at the best rate, the prior needs at most 0.6 times the steps of zero",
                  least(prior) / least(zero), 0.6)  # fmt: skip

def figures(data):
    yield "unit", draw_unit(data["play"]["unit"])
    yield "regions", draw_regions(data["play"]["networks"])
    yield "dimming", draw_dimming(data["digits"])


def draw_unit(unit):
    figure, (plane, ray) = new_figure(aspect=0.7, columns=2)
    w, b = np.array(unit["w"]), unit["b"]
    norm = np.linalg.norm(w)
    foot = -b * w / norm**2
    across = np.array([-w[1], w[0]]) / norm
    ends = np.array([foot - 9 * across, foot + 9 * across])
    plane.fill_between(ends[:, 0], ends[:, 1], 9, color=color("blue"), alpha=0.2)
    plane.fill_between(ends[:, 0], ends[:, 1], -9, color=color("orange"), alpha=0.15)
    plane.plot(*ends.T, color=color("ink"))
    plane.plot([0, foot[0]], [0, foot[1]], color=color("purple"), linestyle=(0, (2, 1.5)))
    plane.annotate("", w, xytext=(0, 0), arrowprops={"arrowstyle": "-|>", "color": color("green"), "linewidth": 3, "mutation_scale": 18})
    plane.plot(0, 0, "o", color=color("ink"), markersize=5)
    direct_label(plane, 2.3, 3.0, "$z > 0$", "blue", dx=0, ha="center")
    direct_label(plane, -1.6, -2.0, "$z < 0$", "orange", dx=0, ha="center")
    direct_label(plane, *w, "$w$", "green", dx=12, dy=-10)
    direct_label(plane, -1.9, 3.0, "cut: $z = 0$", "ink", dx=0, dy=-18, ha="center")
    plane.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), xlabel="input 1", ylabel="input 2", aspect="equal")
    plane.grid(False)
    distance = np.linspace(0, 3.6, 50)
    ray.axhline(0, color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
    ray.plot(distance, norm * distance + b, color=color("green"))
    ray.plot(0, b, "o", color=color("purple"), markersize=8, clip_on=False)
    ray.plot(np.linalg.norm(foot), 0, "o", color=color("ink"), markersize=6)
    direct_label(ray, 0, b, "$b$: where it starts", "purple", dx=9, dy=-7)
    direct_label(ray, 3.0, 1.5, "$w$: how steep", "green", dx=-6, dy=9, ha="right")
    direct_label(ray, np.linalg.norm(foot), 0, "cut", "ink", dx=5, dy=-12)
    ray.set(xlim=(0, 3.6), ylim=(-4, 4), xlabel="distance along $w$", ylabel="score $z$")
    return figure


def draw_regions(networks):
    figure, axes = new_figure(aspect=1.02, rows=2, columns=2)
    shown = (("two", "none", "two rings, no bias"), ("two", "output", "output bias only"),
             ("three", "output", "three rings, output bias"), ("three", "all", "all biases"))  # fmt: skip
    for ax, (task, variant, title) in zip(axes.flat, shown, strict=True):
        end = 2.6 if task == "two" else 3.6
        x, y = np.meshgrid(np.linspace(-end, end, 81), np.linspace(-end, end, 81))
        logits = replay(networks[task][variant]["layers"], np.stack([x.ravel(), y.ravel()], axis=1))
        score = (logits[:, 1] - logits[:, 0]).reshape(x.shape)
        ax.contourf(x, y, score, levels=[-1e9, 0, 1e9], colors=[color("orange"), color("blue")], alpha=0.22)
        ax.contour(x, y, score, levels=[0], colors=[color("ink")], linewidths=1.4)
        points, labels = np.array(networks[task]["points"]), np.array(networks[task]["labels"])
        for kind, role in ((0, "orange"), (1, "blue")):
            ax.plot(*points[labels == kind].T, "o", color=color(role), markersize=3)
        ax.set(xlim=(-end, end), ylim=(-end, end), aspect="equal", xticks=[], yticks=[])
        ax.set_xlabel(f"{title}: {networks[task][variant]['accuracy']:.0%} right")
        ax.grid(False)
    return figure


def replay(layers, x):
    for place, layer in enumerate(layers):
        x = x @ np.array(layer["weight"]) + np.array(layer["bias"])
        if place < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


def draw_dimming(found):
    figure, axes = new_figure(aspect=0.55)
    for name, role, label, place in (
        ("without", "green", "no biases", {"dx": 0, "dy": 12, "ha": "center"}),
        ("with", "purple", "with biases", {"dx": -14, "dy": -8, "ha": "right"}),
    ):
        mean, sd = (np.array([found[name][key(k)][part] for k in found["brightness"]]) for part in ("mean", "sd"))
        axes.fill_between(found["brightness"], 100 * (mean - sd), 100 * (mean + sd), color=color(role), alpha=0.2)
        axes.plot(found["brightness"], 100 * mean, marker="o", color=color(role))
        direct_label(axes, 0.1, 100 * mean[3], label, role, **place)
    axes.set(xscale="log", ylim=(20, 106), xlabel="brightness of the test images, as a factor", ylabel="test accuracy, %")
    axes.set_xticks(found["brightness"], [f"{k:g}" for k in found["brightness"]])
    axes.minorticks_off()
    axes.invert_xaxis()
    return figure
