"""What dropout does: exactly in one layer, and in small networks that memorize, lose units, or average their passes."""

from itertools import pairwise, product

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    Activation,
    Adam,
    BatchNorm1d,
    Dropout,
    Linear,
    Sequential,
    Tensor,
    batches,
    cross_entropy,
    digits,
    log_softmax,
    moons,
    no_grad,
    softmax,
)

TOLERANCE = {"labels": 0.15, "knock-out": 0.15, "passes": 0.25, "surgery": 0.2, "gap": 0.25}

RATES = [0.0, 0.2, 0.5, 0.8]
SEEDS = 10
TRAIN, BATCH, LEARNING_RATE = 200, 50, 1e-3
REPORTED = 400  # the step at which the rates are compared
STEPS = {0.0: 400, 0.3: 800}  # for each share of random labels
LOOKED_AT = [*range(20, 200, 20), *range(200, 801, 50)]
PASSES = 30
KNOCK_SEEDS, KNOCK_DRAWS, KNOCK_TRAIN, KNOCK_STEPS = 5, 10, 1000, 800
KNOCKED_OUT = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9]
MOONS_WIDTHS, MOONS_STEPS, MOONS_DRAWS = [8, 24], 1000, 100
NETS = {"plain": 0.0, "dropout": 0.5}


def run(rng):
    labels, passes, gap = trained_on_few()
    return {
        "settings": {"seeds": SEEDS, "train": TRAIN, "test": 797, "reported": REPORTED, "passes": PASSES},
        "worked": {"unit": one_unit(3.0, 0.2), "copies": {str(k): copies(k, 0.5) for k in (1, 2, 10)}},
        "exact": exact(rng),
        "shift": variance_shift(rng),
        "labels": labels,
        "passes": passes,
        "gap": gap,
        "knock-out": knock_out(),
        "surgery": surgery(),
        "quiz": {"all-dropped": 0.5**4, "penalty": 1000 * 0.2 / (1 - 0.2)},
    }


def plain_key(number):
    return f"{number:g}".replace(".", "-")


def network(sizes, p, seed):
    """An MLP with dropout after every hidden layer."""
    rng = np.random.default_rng([seed, 1])
    layers = []
    for n_in, n_out in pairwise(sizes[:-1]):
        layers += [Linear(n_in, n_out, rng=rng), Activation("relu"), Dropout(p, rng=np.random.default_rng([seed, len(layers), 2]))]
    return Sequential(*layers, Linear(sizes[-2], sizes[-1], rng=rng))


def step(model, optimizer, x, y):
    optimizer.zero_grad()
    cross_entropy(model(Tensor(x)), y).backward()
    optimizer.step()


def logits(model, x, training=False):
    with no_grad():
        return np.asarray(model.train(training)(x))


def accuracy(scores, y):
    return float((scores.argmax(axis=1) == y).mean())


def nll(log_probabilities, y):
    return float(-log_probabilities[np.arange(len(y)), y].mean())


# ---- exact results: all masks of a small layer ----


def one_unit(h, p):
    """Kept value, mean and standard deviation of one activation under dropout."""
    kept = h / (1 - p)
    return {"kept": kept, "mean": (1 - p) * kept, "sd": np.sqrt((1 - p) * kept**2 - h**2)}


def copies(k, p):
    """The total weight that least squares with dropout puts on k copies of an input that equals the target."""
    weights = np.linalg.solve(np.ones((k, k)) + p / (1 - p) * np.eye(k), np.ones(k))
    return {"each": weights[0], "total": weights.sum()}


def masks(n, p):
    """All masks of n units, scaled as in training, and their probabilities."""
    kept = np.array(list(product((0.0, 1.0), repeat=n)))
    return kept / (1 - p), (1 - p) ** kept.sum(axis=1) * p ** (n - kept.sum(axis=1))


def exact(rng):
    x, y, w = rng.standard_normal((6, 5)), rng.standard_normal(6), rng.standard_normal(5)
    p = 0.3
    scaled, chance = masks(5, p)
    expected = sum(chance @ (y_i - (scaled * x_i) @ w) ** 2 for x_i, y_i in zip(x, y, strict=True))
    penalized = np.sum((y - x @ w) ** 2) + p / (1 - p) * np.sum(w**2 * np.sum(x**2, axis=0))
    result = {"linear": {"expected": expected, "penalized": penalized, "difference": abs(expected - penalized)}}

    h, W = np.abs(rng.standard_normal(10)), rng.standard_normal((10, 3)) / np.sqrt(10)
    for p in (0.5, 0.2):
        scaled, chance = masks(10, p)
        result[f"softmax-{plain_key(p)}"] = compare_means((scaled * h) @ W, chance, h @ W)

    # masks on the inputs of a hidden ReLU layer
    W1, W2 = rng.standard_normal((10, 8)) / np.sqrt(10), rng.standard_normal((8, 3)) / np.sqrt(8)
    scaled, chance = masks(10, 0.5)
    result["hidden"] = compare_means(np.maximum((scaled * h) @ W1, 0) @ W2, chance, np.maximum(h @ W1, 0) @ W2)
    return result


def compare_means(scores, chance, scores_of_all):
    """Arithmetic and normalized geometric mean of the sub-networks' probabilities, against the pass without a mask."""
    arithmetic = chance @ softmax(scores)
    geometric = softmax(chance @ log_softmax(scores))
    single = softmax(scores_of_all)
    return {
        "arithmetic": arithmetic, "geometric": geometric, "single": single,
        "geometric-off": np.abs(geometric - single).max(), "arithmetic-off": np.abs(arithmetic - single).max(),
    }  # fmt: skip


def variance_shift(rng):
    """The standard deviation that leaves a batch norm behind a dropout layer, in training and afterwards."""
    drop, norm = Dropout(0.5, rng=np.random.default_rng(rng.integers(2**32))), BatchNorm1d(1, momentum=None)
    for _ in range(200):
        trained = norm(drop(rng.standard_normal((1000, 1)).astype(np.float32)))
    used = norm.eval()(drop.eval()(rng.standard_normal((20_000, 1)).astype(np.float32)))
    return {"training": float(np.asarray(trained.numpy()).std()), "use": float(np.asarray(used.numpy()).std())}


# ---- 200 digits, clean and with random labels ----


def trained_on_few():
    images, classes = digits()
    images = images.reshape(-1, 64)
    labels, passes, gap = {}, {}, {}
    for noise, steps in STEPS.items():
        looked_at = [at for at in LOOKED_AT if at <= steps]
        for p in RATES:
            curves, reports, averages, gaps = [], [], [], []
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                order = rng.permutation(len(images))
                x, y = images[order[:TRAIN]], classes[order[:TRAIN]].copy()
                x_test, y_test = images[order[1000:]], classes[order[1000:]]
                random = rng.random(TRAIN) < noise
                y[random] = rng.integers(0, 10, random.sum())
                curve, losses = [], []
                for at, model in training(p, x, y, looked_at, seed, rng):
                    scores = log_softmax(logits(model, x_test))
                    curve.append(accuracy(scores, y_test))
                    losses.append(nll(scores, y_test))
                    if at == 100 and p == 0.5 and noise == 0:
                        gaps.append([nll(log_softmax(logits(model, x, training=True)), y),
                                     nll(log_softmax(logits(model, x)), y), losses[-1]])  # fmt: skip
                    if at == REPORTED:
                        reports.append([curve[-1], losses[-1]])
                        if p == 0.5:
                            averages.append(average_passes(model, x_test, y_test, scores))
                curves.append([curve, losses])
            labels.setdefault(plain_key(noise), {})[plain_key(p)] = summary(np.array(curves), np.array(reports), looked_at)
            if averages:
                passes[plain_key(noise)] = {
                    kind: {name: float(np.mean([one[kind][name] for one in averages])) for name in ("accuracy", "nll", "confidence")}
                    for kind in averages[0]
                }  # fmt: skip
            if gaps:
                gap = dict(zip(("with-masks", "without-masks", "test"), np.mean(gaps, axis=0), strict=True))
                gap["step"] = 100
    return labels, passes, gap


def training(p, x, y, looked_at, seed, rng):
    """Train, and hand out the model at the steps looked at."""
    model = network([64, 128, 128, 10], p, seed)
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    at = 0
    while at < looked_at[-1]:
        for xb, yb in batches(x, y, batch_size=BATCH, rng=rng):
            step(model, optimizer, xb, yb)
            at += 1
            if at in looked_at:
                yield at, model
                model.train()


def summary(both, reports, looked_at):
    curves, losses = both[:, 0], both[:, 1].mean(axis=0)
    mean = curves.mean(axis=0)
    best = int(mean.argmax())
    return {
        "values": reports[:, 0], "mean": reports[:, 0].mean(), "sd": reports[:, 0].std(ddof=1),
        "nll": reports[:, 1].mean(), "nll-sd": reports[:, 1].std(ddof=1),
        "steps": looked_at, "curve": mean, "curve-sd": curves.std(axis=0, ddof=1),
        "best": mean[best], "best-sd": curves[:, best].std(ddof=1), "best-step": looked_at[best], "last": mean[-1],
        "best-nll": losses.min(), "best-nll-step": looked_at[int(losses.argmin())],
    }  # fmt: skip


def average_passes(model, x, y, single):
    """Passes with fresh masks, averaged in two ways, beside the one pass without masks."""
    drawn = np.array([log_softmax(logits(model, x, training=True)) for _ in range(PASSES)])
    kinds = {
        "single": single, "one-mask": drawn[0],
        "arithmetic": np.log(np.exp(drawn).mean(axis=0)), "geometric": log_softmax(drawn.mean(axis=0)),
    }  # fmt: skip
    return {
        kind: {"accuracy": accuracy(found, y), "nll": nll(found, y), "confidence": float(np.exp(found).max(axis=1).mean())}
        for kind, found in kinds.items()
    }


# ---- units removed from trained networks ----


def knock_out():
    """Accuracy after a random share of each hidden layer's units is removed and the rest scaled up."""
    images, classes = digits()
    images = images.reshape(-1, 64)
    result = {"shares": KNOCKED_OUT, "seeds": KNOCK_SEEDS, "draws": KNOCK_DRAWS, "train": KNOCK_TRAIN}
    for name, p in NETS.items():
        found = np.zeros((KNOCK_SEEDS, len(KNOCKED_OUT)))
        for seed in range(KNOCK_SEEDS):
            rng = np.random.default_rng(seed)
            order = rng.permutation(len(images))
            train, test = order[:KNOCK_TRAIN], order[KNOCK_TRAIN:]
            model = network([64, 64, 64, 10], p, seed)
            optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
            done = 0
            while done < KNOCK_STEPS:
                for xb, yb in batches(images[train], classes[train], batch_size=BATCH, rng=rng):
                    step(model, optimizer, xb, yb)
                    done += 1
            for i, share in enumerate(KNOCKED_OUT):
                draws = [accuracy(knocked(model, images[test], share, rng), classes[test]) for _ in range(KNOCK_DRAWS)]
                found[seed, i] = np.mean(draws)
        result[name] = {
            "mean": found.mean(axis=0), "sd": found.std(axis=0, ddof=1),
            "at": {plain_key(share): found[:, i].mean() for i, share in enumerate(KNOCKED_OUT)},
            "sd-at": {plain_key(share): found[:, i].std(ddof=1) for i, share in enumerate(KNOCKED_OUT)},
        }  # fmt: skip
    return result


def knocked(model, x, share, rng):
    h = x
    for layer in model:
        if isinstance(layer, Dropout):
            n = h.shape[1]
            mask = np.ones(n, dtype=h.dtype)
            mask[rng.permutation(n)[: round(share * n)]] = 0
            h = h * (mask * n / mask.sum())
        else:
            with no_grad():
                h = np.asarray(layer(h))
    return h


# ---- one hidden layer on two moons: which unit is missed most? ----


def surgery():
    result = {"seeds": SEEDS, "draws": MOONS_DRAWS}
    for width in MOONS_WIDTHS:
        stats = {}
        for name, p in NETS.items():
            rows = []
            for seed in range(SEEDS):
                net, x, y, shown = moons_network(width, p, seed)
                ones = np.ones(width)
                without = [net_accuracy(net, x, y, np.where(np.arange(width) == i, 0, ones)) for i in range(width)]
                rng = np.random.default_rng(seed)
                half = [net_accuracy(net, x, y, rng.permutation(width) < width // 2) for _ in range(MOONS_DRAWS)]
                rows.append([net_accuracy(net, x, y, ones), min(without), np.mean(half)])
                if seed == 0 and width == 24:
                    units = np.argsort(without, kind="stable")
                    net = {key: value[units] if key != "c" else value for key, value in net.items()}
                    result[name] = {**net, "intact": rows[0][0], "without-worst": rows[0][1], "half": rows[0][2]}
                    result["shown"], result["points"], result["classes"] = shown, x, y
            rows = np.array(rows)
            stats[name] = {
                key: {"mean": rows[:, i].mean(), "sd": rows[:, i].std(ddof=1), "least": rows[:, i].min(), "most": rows[:, i].max()}
                for i, key in enumerate(("intact", "without-worst", "half"))
            }
        result[f"width-{width}"] = stats
    return result


def moons_network(width, p, seed):
    """Weights and test points of a trained 2-width-2 network, rounded as the record rounds them."""
    rng = np.random.default_rng(seed)
    x, y = moons(200, 0.2, rng=rng)
    x_test, y_test = moons(500, 0.2, rng=rng)
    model = network([2, width, 2], p, seed)
    optimizer = Adam(model.parameters(), lr=1e-2)
    for _ in range(MOONS_STEPS):
        step(model, optimizer, x, y)
    first, last = model[0], model[3]
    W, V = first.weight.data, last.weight.data  # (out, in)
    net = {
        "W": np.round(W.astype(float), 4), "b": np.round(first.bias.data.astype(float), 4),
        "v": np.round((V[1] - V[0]).astype(float), 4), "c": round(float(last.bias.data[1] - last.bias.data[0]), 4),
    }  # fmt: skip
    shown = {"points": np.round(x.astype(float), 2), "classes": y}
    return net, np.round(x_test.astype(float), 3), y_test, shown


def margin(net, x, mask):
    """Logit of class 1 against class 0, with the units of the mask, scaled up for those removed."""
    mask = np.asarray(mask, dtype=float)
    h = np.maximum(x @ np.array(net["W"]).T + np.array(net["b"]), 0) * mask * (len(mask) / max(mask.sum(), 1))
    return h @ np.array(net["v"]) + net["c"]


def net_accuracy(net, x, y, mask):
    return float(((margin(net, x, mask) > 0) == y).mean())


# ---- what the page says ----


def claims(data):
    exact, labels, passes = data["exact"], data["labels"], data["passes"]
    yield at_most("linear-identity", "Enumerating all masks gives the penalized loss, up to rounding", exact["linear"]["difference"], 1e-12)
    yield at_most("geometric-exact", "In one softmax layer the geometric mean over all masks is the pass without masks, up to rounding",
                  max(exact[f"softmax-{p}"]["geometric-off"] for p in ("0-5", "0-2")), 1e-12)  # fmt: skip
    yield at_least("arithmetic-off", "The arithmetic mean over all masks differs from the pass without masks by at least 0.02",
                   exact["softmax-0-5"]["arithmetic-off"], 0.02)  # fmt: skip
    yield at_least("hidden-off", "Behind a hidden ReLU layer the geometric mean differs from the pass without masks by at least 0.005",
                   exact["hidden"]["geometric-off"], 0.005)  # fmt: skip
    clean, noisy = labels["0"], labels["0-3"]
    yield at_most("clean-flat", "With clean labels p = 0.5 changes the accuracy by at most two points",
                  abs(clean["0-5"]["mean"] - clean["0"]["mean"]), 0.02)  # fmt: skip
    yield at_most("clean-nll", "With clean labels p = 0.5 lowers the test loss, to at most 0.92 of what it was",
                  clean["0-5"]["nll"] / clean["0"]["nll"], 0.92)  # fmt: skip
    yield at_least("noisy-gain", "With 30% random labels p = 0.5 gains at least eight points at step 400",
                   noisy["0-5"]["mean"] - noisy["0"]["mean"], 0.08)  # fmt: skip
    yield at_most("stopped-gain", "With each rate at its own best step, p = 0.5 is within three points of no dropout",
                  abs(noisy["0-5"]["best"] - noisy["0"]["best"]), 0.03)  # fmt: skip
    yield at_least("still-memorizes", "With p = 0.5 the accuracy falls at least three points from its best to step 800",
                   noisy["0-5"]["best"] - noisy["0-5"]["last"], 0.03)  # fmt: skip
    yield at_least("slower", "The best step of p = 0.5 comes at least twice as late as that of p = 0",
                   noisy["0-5"]["best-step"] / noisy["0"]["best-step"], 2)  # fmt: skip
    yield at_most("best-loss", "With 30% random labels the lowest test loss of p = 0.5 is at most 0.97 of that of no dropout",
                  noisy["0-5"]["best-nll"] / noisy["0"]["best-nll"], 0.97)  # fmt: skip
    knock = data["knock-out"]
    yield between("knock-intact", "Intact, the network trained with dropout is at most two points worse",
                  knock["plain"]["at"]["0"] - knock["dropout"]["at"]["0"], -0.01, 0.02)  # fmt: skip
    yield at_least("knock-half", "With half of the units removed it is at least 15 points better",
                   knock["dropout"]["at"]["0-5"] - knock["plain"]["at"]["0-5"], 0.15)  # fmt: skip
    yield at_least("passes-worse", "Averaged passes have at least 1.1 times the loss of the single pass, on clean and on random labels",
                   min(passes[n]["arithmetic"]["nll"] / passes[n]["single"]["nll"] for n in ("0", "0-3")), 1.1)  # fmt: skip
    yield between("passes-geometric", "Averaged geometrically, the passes come within a tenth of the single pass's loss",
                  max(passes[n]["geometric"]["nll"] / passes[n]["single"]["nll"] for n in ("0", "0-3")), 0.95, 1.1)  # fmt: skip
    yield at_least("passes-unsure", "On clean labels averaged passes are at least five points less confident than they are accurate",
                   passes["0"]["arithmetic"]["accuracy"] - passes["0"]["arithmetic"]["confidence"], 0.05)  # fmt: skip
    wide, narrow = data["surgery"]["width-24"], data["surgery"]["width-8"]
    yield at_least("irreplaceable", "Without dropout every one of the wide networks loses at least five points with its worst unit",
                   wide["plain"]["intact"]["least"] - wide["plain"]["without-worst"]["most"], 0.05)  # fmt: skip
    yield at_most("replaceable", "With dropout the worst unit costs at most two points on average",
                  wide["dropout"]["intact"]["mean"] - wide["dropout"]["without-worst"]["mean"], 0.02)  # fmt: skip
    yield between("wide-free", "At width 24 dropout changes the intact network by at most two points",
                  wide["dropout"]["intact"]["mean"] - wide["plain"]["intact"]["mean"], -0.02, 0.02)  # fmt: skip
    yield at_least("narrow-costs", "At width 8 dropout costs at least two points",
                   narrow["plain"]["intact"]["mean"] - narrow["dropout"]["intact"]["mean"], 0.02)  # fmt: skip
    yield at_least("loss-with-masks", "The training loss with masks lies above the test loss",
                   data["gap"]["with-masks"] / data["gap"]["test"], 1.03)  # fmt: skip
    yield at_most("loss-without-masks", "The training loss without masks lies below the test loss",
                  data["gap"]["without-masks"] / data["gap"]["test"], 0.95)  # fmt: skip
    yield between("variance-shift", "After training, the batch norm's output has a standard deviation near 1 / sqrt(2)",
                  data["shift"]["use"], 0.68, 0.74)  # fmt: skip


def figures(data):
    yield "surgery", draw_surgery(data["surgery"])
    yield "rates", draw_rates(data["labels"])
    yield "random-labels", draw_labels(data["labels"])
    yield "knock-out", draw_knock_out(data["knock-out"])


def draw_role(name):
    return {"plain": "grey", "dropout": "purple"}[name]


def draw_surgery(found):
    figure, axes = new_figure(aspect=0.52, columns=2, sharey=True)
    points, classes = np.array(found["shown"]["points"]), np.array(found["shown"]["classes"])
    grid_x, grid_y = np.meshgrid(np.linspace(-1.7, 2.7, 140), np.linspace(-1.2, 1.7, 110))
    cells = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1)
    for ax, (name, title) in zip(axes, (("plain", "trained without dropout"), ("dropout", "trained with dropout")), strict=True):
        net = found[name]
        ones = np.ones(len(net["v"]))
        cut = ones.copy()
        cut[0] = 0
        z = margin(net, cells, cut).reshape(grid_x.shape)
        ax.contourf(grid_x, grid_y, z > 0, levels=[-0.5, 0.5, 1.5], colors=[color("positive"), color("negative")], alpha=0.22)
        whole = margin(net, cells, ones).reshape(grid_x.shape)
        ax.contour(grid_x, grid_y, whole, levels=[0], colors=color("ink"), linewidths=1.1)
        for k, role in ((0, "positive"), (1, "negative")):
            ax.plot(*points[classes == k].T, "o", color=color(role), markersize=3.2)
        ax.set(xlim=(-1.7, 2.7), ylim=(-1.2, 1.7), xticks=[], yticks=[])
        ax.grid(False)
        ax.set_xlabel(f"{title}\n{net['intact']:.1%} to {net['without-worst']:.1%}", color=color("ink"))
    return figure


def draw_rates(labels):
    figure, axes = new_figure(aspect=0.52)
    places = np.arange(len(RATES))
    keys = [plain_key(p) for p in RATES]
    for noise, role, text, at, dy in (("0", "good", "clean labels", 1, 22), ("0-3", "bad", "30% random labels", 1, -26)):
        for place, key in zip(places, keys, strict=True):
            values = labels[noise][key]["values"]
            axes.plot(place + np.linspace(-0.12, 0.12, len(values)), values, "o", color=color(role), markersize=3.5, alpha=0.6)
        means = [labels[noise][key]["mean"] for key in keys]
        axes.plot(places, means, color=color(role))
        direct_label(axes, places[at], means[at], text, role, dx=12, dy=dy)
    axes.set(xticks=places, xticklabels=[f"{p:g}" for p in RATES], xlabel="share dropped, p", ylabel="test accuracy", ylim=(0.65, 1.0))
    return figure


def draw_labels(labels):
    figure, axes = new_figure(aspect=0.56)
    for key, role, text, x, dy, ha in (
        ("0", "grey", "p = 0", 550, -18, "right"), ("0-2", "sky", "0.2", 800, 0, "left"),
        ("0-5", "purple", "p = 0.5", 350, 13, "center"), ("0-8", "gold", "0.8", 800, 0, "left"),
    ):  # fmt: skip
        one = labels["0-3"][key]
        steps, curve, sd = np.array(one["steps"]), np.array(one["curve"]), np.array(one["curve-sd"])
        main = key in ("0", "0-5")
        if main:
            axes.fill_between(steps, curve - sd, curve + sd, color=color(role), alpha=0.16, linewidth=0)
        axes.plot(steps, curve, color=color(role), linewidth=2.4 if main else 1.4)
        direct_label(axes, x, curve[list(steps).index(x)], text, role, dx=5 if ha == "left" else 0, dy=dy, ha=ha)
    axes.set(xlabel="training step", ylabel="test accuracy", xlim=(0, 800), ylim=(0.55, 0.95))
    return figure


def draw_knock_out(knock):
    figure, axes = new_figure(aspect=0.56)
    shares = 100 * np.array(knock["shares"])
    for name, text, at, dx, dy in (("plain", "trained without dropout", 3, -12, -14), ("dropout", "trained with dropout", 3, 8, 12)):
        mean, sd = np.array(knock[name]["mean"]), np.array(knock[name]["sd"])
        axes.fill_between(shares, mean - sd, mean + sd, color=color(draw_role(name)), alpha=0.18, linewidth=0)
        axes.plot(shares, mean, color=color(draw_role(name)), marker="o")
        direct_label(axes, shares[at], mean[at], text, draw_role(name), dx=dx, dy=dy, ha="right" if name == "plain" else "left")
    axes.axhline(0.1, color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
    direct_label(axes, 0, 0.1, "chance", "muted", dx=2, dy=8)
    axes.set(xlabel="hidden units removed, %", ylabel="test accuracy", ylim=(0, 1), xlim=(-2, 92))
    return figure
