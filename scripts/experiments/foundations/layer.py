"""What layers do to a disc inside a ring, by width and depth, and what a straight cut can do after each of them; also on digits."""

from itertools import pairwise, permutations, product

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    GPT,
    MLP,
    Activation,
    Adam,
    BatchNorm1d,
    Conv2d,
    Dropout,
    Embedding,
    Linear,
    Parameter,
    ResNet,
    Tensor,
    batches,
    binary_cross_entropy_with_logits,
    cross_entropy,
    digits,
    relu,
    tanh,
    train_val_test_split,
)

TOLERANCE = {"rings": None, "best": None, "digits": 0.03, "nets": None, "points": None}

POINTS, INNER, OUTER = 600, 1.5, 2.2  # half of the points in a disc of radius 1, half in a ring
HIDDEN = {"2": [2], "2-2": [2] * 2, "2-4": [2] * 4, "2-8": [2] * 8, "3": [3], "3-2": [3] * 2}
RATES, SEEDS, EPOCHS, BATCH = [0.01, 0.03, 0.1], 20, 250, 100
ACTIVATIONS = {"tanh": tanh, "relu": relu}
ANGLES, RADII = 900, 8
DIGITS_SEEDS, DIGITS_EPOCHS, DIGITS_RATE, PROBE_STEPS = 5, 40, 0.003, 200
VIEW = (-35, 30)  # turn and tilt of the pictures in three dimensions, degrees
SHOWN = 150  # points of each class in the pictures


def run(rng):
    X, y = disc_in_ring(POINTS, rng)
    rings, best = compare(X, y, rng)
    nets = {"two": picture(*best["tanh"]["2-4"], X, y, rng), "three": picture(*best["tanh"]["3"], X, y, rng)}
    return {
        "worked": worked_example(),
        "settings": {"seeds": SEEDS, "epochs": EPOCHS, "batch": BATCH, "points": POINTS, "rates": RATES},
        "rings": rings,
        "best": {"narrow": narrowest(*best["tanh"]["2-4"]), "relu-two": narrowest(*best["relu"]["2-2"])},
        "view": {"turn": VIEW[0], "tilt": VIEW[1]},
        "nets": nets,
        "points": {"disc": np.round(X[y == 1][:SHOWN], 2), "ring": np.round(X[y == 0][:SHOWN], 2)},
        "digits": digits_probes(rng),
        "contract": contracts(rng),
        "counts": counts(rng),
        "quiz": {"resnet101": weight_layers([3, 4, 23, 3], rng)},
    }


# ---- by hand: one layer, one point ----


def worked_example():
    W, b, x = np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([-3.0, -2.0]), np.array([1.0, 2.0])
    product_, shifted = x @ W, x @ W + b
    bent = np.tanh(shifted)
    slopes = 1 - bent**2
    return {
        "W": W, "b": b, "x": x, "product": product_, "shifted": shifted, "bent": bent, "det": np.linalg.det(W), "slopes": slopes,
        "area": np.linalg.det(W) * slopes.prod(), "single": float(np.tanh(np.float32(20)) - np.tanh(np.float32(10))),
    }  # fmt: skip


# ---- disc in ring: all seeds of a setting are trained at once, each with its own weights, order and Adam state ----


def disc_in_ring(n, rng):
    """Points spread evenly over the disc (label 1) and over the ring (label 0)."""
    half = n // 2
    radius = np.sqrt(np.concatenate([rng.uniform(0, 1, half), rng.uniform(INNER**2, OUTER**2, n - half)]))
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), (np.arange(n) < half).astype(float)


def start(sizes, seeds, rng):
    """Weights (seeds, in, out) and biases (seeds, 1, out) with the start of `Linear`."""
    return [
        tuple(Parameter(rng.uniform(-(n_in**-0.5), n_in**-0.5, (seeds, rows, n_out))) for rows in (n_in, 1))
        for n_in, n_out in pairwise(sizes)
    ]


def forward(layers, h, bend):
    for W, b in layers[:-1]:
        h = bend(h @ W + b)
    W, b = layers[-1]
    return h @ W + b


def train(hidden, name, rate, X, y, rng):
    layers = start([2, *hidden, 1], SEEDS, rng)
    optimizer = Adam([p for layer in layers for p in layer], lr=rate)
    for _ in range(EPOCHS):
        order = rng.permuted(np.tile(np.arange(len(X)), (SEEDS, 1)), axis=1)
        for first in range(0, len(X), BATCH):
            chosen = order[:, first : first + BATCH]
            optimizer.zero_grad()
            logits = forward(layers, Tensor(X[chosen]), ACTIVATIONS[name])
            # A sum over seeds: no seed's gradient depends on another's.
            (binary_cross_entropy_with_logits(logits, y[chosen][..., None]) * SEEDS).backward()
            optimizer.step()
    return [(W.data, b.data) for W, b in layers]


def polar(radii):
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    return np.stack([np.multiply.outer(radii, np.cos(angle)), np.multiply.outer(radii, np.sin(angle))], axis=-1)


def bend_of(name):
    return np.tanh if name == "tanh" else lambda z: np.maximum(z, 0)


def compare(X, y, rng):
    """Accuracy of each width and depth at each rate, the gaps in the ring, and the best run of each setting."""
    circles = polar(np.linspace(INNER, OUTER, RADII))
    inside = polar(np.linspace(0, 1, 6))
    result, best = {}, {}
    broken = closed = narrow_runs = narrow_full = wide_runs = 0
    for name in ACTIVATIONS:
        for key, hidden in HIDDEN.items():
            by_rate, top = {}, (-1.0, 0.0)
            for rate in RATES:
                layers = train(hidden, name, rate, X, y, rng)
                bend = bend_of(name)
                logits = forward(layers, np.broadcast_to(X, (SEEDS, *X.shape)), bend)[..., 0]
                accuracy = ((logits > 0) == (y > 0)).mean(axis=1)
                loss = np.mean(np.logaddexp(0, logits) - y * logits, axis=1)
                by_rate[rate] = accuracy
                disc = forward(layers, circles.reshape(1, -1, 2), bend)[..., 0].reshape(SEEDS, RADII, ANGLES) > 0
                within = forward(layers, inside.reshape(1, -1, 2), bend)[..., 0].reshape(SEEDS, -1) > 0
                shut = ~disc.any(axis=2)  # circles that are called ring all around
                encloses = shut.any(axis=1) & within.any(axis=1)
                if hidden[0] == 2:
                    narrow_runs += SEEDS
                    narrow_full += int((accuracy == 1).sum())
                    broken += int(encloses.sum())
                else:
                    wide_runs += SEEDS
                    closed += int((encloses & (accuracy == 1)).sum())
                at = max(range(SEEDS), key=lambda s: (accuracy[s], -loss[s]))
                if (accuracy[at], -loss[at]) > top:
                    top = (accuracy[at], -loss[at])
                    best.setdefault(name, {})[key] = ([(W[at], b[at]) for W, b in layers], name)
            rate = max(by_rate, key=lambda r: by_rate[r].mean())
            found = by_rate[rate]
            result.setdefault(name, {})[key] = {
                "rate": rate, "best": max(a.max() for a in by_rate.values()), "mean": found.mean(), "sd": found.std(ddof=1),
                "least": found.min(), "full": max(int((a == 1).sum()) for a in by_rate.values()), "all": np.round(np.sort(found), 4),
                "parameters": sum(W[0].size + b[0].size for W, b in layers),
            }  # fmt: skip
    totals = {"narrow-runs": narrow_runs, "narrow-full": narrow_full, "narrow-enclosing": broken,
              "wide-runs": wide_runs, "wide-closed": closed}  # fmt: skip
    return {**result, **totals}, best


def narrowest(layers, name):
    """The gap of one net: the smallest share of a circle within the ring that is called disc, and the accuracy by area."""
    radii = np.linspace(INNER, OUTER, 30)
    bend = bend_of(name)
    shares = (forward(layers, polar(radii), bend)[..., 0] > 0).mean(axis=1)
    areas = [np.sqrt((np.arange(100) + 0.5) / 100), np.sqrt(INNER**2 + (OUTER**2 - INNER**2) * (np.arange(100) + 0.5) / 100)]
    disc, ring = ((forward(layers, polar(r), bend)[..., 0] > 0).mean() for r in areas)
    return {"gap": shares.min(), "degrees": 360 * shares.min(), "at": radii[shares.argmin()], "area": (disc + 1 - ring) / 2,
            "disc-right": disc, "ring-wrong": ring}  # fmt: skip


# ---- one net for the pictures ----


def picture(layers, name, X, y, rng):
    """A net, its boundary in the plane, and the best straight cut that we find after each move."""
    layers = [(np.round(W, 4), np.round(b, 4)) for W, b in turned(layers)]
    logits = forward(layers, X, np.tanh)[..., 0]
    cuts, h = [best_cut(X, y, rng)], X
    for W, b in layers[:-1]:
        for move in (lambda z, W=W: z @ W, lambda z, b=b: z + b, np.tanh):
            h = move(h)
            cuts.append(best_cut(h, y, rng))
    (w, c) = layers[-1]
    cuts[-1] = max(cuts[-1], float((((h @ w + c)[:, 0] > 0) == (y > 0)).mean()))
    return {
        "layers": [{"W": W, "b": b[0]} for W, b in layers], "accuracy": ((logits > 0) == (y > 0)).mean(), "cuts": cuts,
        "determinants": [np.linalg.det(W) for W, _ in layers[:-1] if W.shape[0] == W.shape[1]],
        "boundary": boundary(layers), "parameters": sum(W.size + b.size for W, b in layers),
    }  # fmt: skip


def turned(layers):
    """The same function with units renamed and signs changed (tanh is odd), so that each W is as near to doing nothing as it gets."""
    layers = [(W.copy(), b.copy()) for W, b in layers]
    for i in range(len(layers) - 1):
        (W, b), (following, c) = layers[i], layers[i + 1]
        width, still = W.shape[1], np.eye(*W.shape)
        options = [np.eye(width)[list(order)] * signs for order in permutations(range(width)) for signs in product((1, -1), repeat=width)]
        if W.shape[0] == width:
            options = [P for P in options if np.linalg.det(W @ P) > 0]
        P = max(options, key=lambda P: np.sum(W @ P * still) / np.linalg.norm(W))
        layers[i], layers[i + 1] = (W @ P, b @ P), (P.T @ following, c)
    return layers


def best_cut(h, y, rng):
    """Accuracy of the best straight cut among many directions, in coordinates that no invertible linear map changes."""
    u, s, _ = np.linalg.svd(h - h.mean(axis=0), full_matrices=False)
    h = u[:, s > 1e-9 * s[0]]
    if h.shape[1] == 2:
        angle = np.linspace(0, np.pi, 720, endpoint=False)
        directions = np.stack([np.cos(angle), np.sin(angle)])
    else:
        directions = rng.standard_normal((h.shape[1], 2000))
    order = np.argsort(h @ directions, axis=0)
    below = np.cumsum(y[order] * 2 - 1, axis=0)  # discs minus rings on the lower side of each possible cut
    return float(0.5 + np.abs(below).max() / len(y))


def boundary(layers):
    """Where the net's logit is zero, as lines in the plane."""
    from contourpy import contour_generator

    ends = np.linspace(-2.6, 2.6, 261)
    grid = np.stack(np.meshgrid(ends, ends), axis=-1)
    lines = contour_generator(ends, ends, forward(layers, grid, np.tanh)[..., 0]).lines(0)
    return [np.round(np.vstack([line[:: max(1, len(line) // 160)], line[-1:]]), 3) for line in lines]


# ---- digits: a linear classifier on what each move of a network puts out ----


def digits_probes(rng):
    images, labels = digits()
    (x, y), _, (x_test, y_test) = train_val_test_split(images.reshape(-1, 64), labels, fractions=(0.6, 0.1, 0.3), rng=rng)
    names = ["pixels", "z1", "h1", "z2", "h2", "logits"]
    found = {"trained": {n: [] for n in names}, "untrained": {n: [] for n in names}}
    for _ in range(DIGITS_SEEDS):
        model = MLP([64, 32, 32, 10], activation="tanh", rng=rng)
        for state in ("untrained", "trained"):
            if state == "trained":
                optimizer = Adam(model.parameters(), lr=DIGITS_RATE)
                for _ in range(DIGITS_EPOCHS):
                    for xb, yb in batches(x, y, batch_size=32, rng=rng):
                        optimizer.zero_grad()
                        cross_entropy(model(Tensor(xb)), yb).backward()
                        optimizer.step()
            h, h_test = x, x_test
            for name, move in zip(names, [lambda h: h, *model.layers], strict=True):
                h, h_test = (np.asarray(getattr(out, "data", out)) for out in (move(h), move(h_test)))
                found[state][name].append(probe(h, y, h_test, y_test, rng))
    return {
        "seeds": DIGITS_SEEDS, "train": len(x), "test": len(x_test),
        **{state: {name: {"mean": np.mean(v), "sd": np.std(v, ddof=1)} for name, v in probes.items()} for state, probes in found.items()},
    }  # fmt: skip


def probe(h, y, h_test, y_test, rng):
    """Test accuracy of softmax regression on standardized features."""
    mean, sd = h.mean(axis=0), h.std(axis=0) + 1e-3
    layer = Linear(h.shape[1], 10, rng=rng)
    layer.weight.data[:] = 0
    layer.bias.data[:] = 0
    optimizer = Adam(layer.parameters(), lr=0.05, weight_decay=1e-4)
    features = Tensor(((h - mean) / sd).astype(np.float32))
    for _ in range(PROBE_STEPS):
        optimizer.zero_grad()
        cross_entropy(layer(features), y).backward()
        optimizer.step()
    return float((layer(((h_test - mean) / sd).astype(np.float32)).argmax(axis=1) == y_test).mean())


# ---- the contract of a layer, and how layers are counted ----


def contracts(rng):
    """What six layers take, give and keep, and whether training mode changes what they do."""
    flat = rng.standard_normal((16, 64)).astype(np.float32)
    cases = {
        "linear": (Linear(64, 32, rng=rng), flat),
        "relu": (Activation("relu"), flat),
        "dropout": (Dropout(0.5, rng=rng), flat),
        "batchnorm": (BatchNorm1d(64), flat),
        "conv": (Conv2d(1, 8, 3, padding=1, rng=rng), flat.reshape(16, 1, 8, 8)),
        "embedding": (Embedding(50, 32, rng=rng), rng.integers(0, 50, (16, 10))),
    }
    table = {}
    for name, (layer, x) in cases.items():
        outputs = [np.asarray(getattr(out, "data", out)) for out in (layer.train()(x), layer.eval()(x))]
        table[name] = {
            "in": " × ".join(map(str, x.shape[1:])), "out": " × ".join(map(str, outputs[1].shape[1:])),
            "parameters": layer.number_of_parameters(), "state": sum(b.size for n, b in layer.named_buffers() if "num" not in n),
            "modes": "differ" if np.abs(outputs[0] - outputs[1]).max() > 0 else "agree",
        }  # fmt: skip
    return table


def weight_layers(stages, rng):
    """Convolutions and linear layers of a bottleneck ResNet, and how many of them are projections on shortcuts."""
    model = ResNet("bottleneck", stages, 10, width=4, rng=rng)
    found = [(name, type(m).__name__) for name, m in model.named_modules()]
    weighty = [name for name, kind in found if kind in ("Conv2d", "Linear")]
    projections = sum("downsample" in name for name in weighty)
    leaves = [m for m in model.modules() if not any(True for _ in m.named_children())]
    norms = sum(kind == "BatchNorm2d" for _, kind in found)
    return {"counted": len(weighty) - projections, "all": len(weighty), "projections": projections, "norms": norms,
            "modules": len(found), "leaves": len(leaves)}  # fmt: skip


def counts(rng):
    gpt = GPT(50, 16, d_model=12, num_heads=2, num_layers=12, rng=rng)
    matrices = sum(isinstance(module, Linear) for module in gpt.blocks[0].modules())
    shared = Linear(8, 8, rng=rng)
    return {"resnet50": weight_layers([3, 4, 6, 3], rng), "gpt-blocks": 12, "gpt-matrices": matrices, "gpt-total": 12 * matrices,
            "shared": shared.number_of_parameters()}  # fmt: skip


# ---- what the page says ----


def claims(data):
    rings, nets, probes = data["rings"], data["nets"], data["digits"]
    tanh_, relu_ = rings["tanh"], rings["relu"]
    yield at_most("narrow-never", "No run of width 2 reaches 100%, over all depths, rates and both activations", rings["narrow-full"], 0)
    yield at_most("narrow-open", "No run of width 2 closes a circle in the ring around a point that it calls disc",
                  rings["narrow-enclosing"], 0)  # fmt: skip
    yield at_least("wide-closes", "Runs of width 3 at 100% that close such a circle: at least 100 of 240", rings["wide-closed"], 100)
    yield at_least("wide-always", "With tanh and two layers of width 3 at least 18 of 20 seeds reach 100%", tanh_["3-2"]["full"], 18)
    yield between("relu-wide", "With ReLU and width 3, some but not all seeds reach 100%",
                  max(relu_["3"]["full"], relu_["3-2"]["full"]), 5, SEEDS - 2)  # fmt: skip
    yield at_least("depth-helps-best", "With tanh, the best run of four layers of width 2 beats the best of one layer by 0.07",
                   tanh_["2-4"]["best"] - tanh_["2"]["best"], 0.07)  # fmt: skip
    yield at_least("depth-hurts-mean", "With either activation eight layers of width 2 have a mean below four layers' by 0.03",
                   min(r["2-4"]["mean"] - r["2-8"]["mean"] for r in (tanh_, relu_)), 0.03)  # fmt: skip
    yield at_most("relu-sinks", "With ReLU the mean falls with each doubling of the depth by at least 0.03",
                  max(relu_[b]["mean"] - relu_[a]["mean"] for a, b in pairwise(("2", "2-2", "2-4", "2-8"))), -0.03)  # fmt: skip
    yield at_most("relu-dead", "With ReLU and eight layers of width 2 the worst seed is at chance", relu_["2-8"]["least"], 0.52)
    yield at_least("gap", "The best four-layer net's gap is at least 5 degrees wide at its narrowest", data["best"]["narrow"]["degrees"], 5)
    yield at_most("shown-two", "The net of width 2 in the pictures misses at least 1% of the points", nets["two"]["accuracy"], 0.99)
    yield at_least("shown-three", "The net of width 3 in the pictures has all points right", nets["three"]["accuracy"], 1)
    for name, net in nets.items():
        flat = max(abs(net["cuts"][i + 1] - net["cuts"][i]) for i in range(len(net["cuts"]) - 1) if i % 3 < 2)
        yield at_most(f"linear-nothing-{name}", f"W and b leave the best straight cut's accuracy as it was (width {name})", flat, 0.02)
    yield at_least("bend-lifts", "The single bend of the three-unit net raises the best straight cut by at least 0.25",
                   nets["three"]["cuts"][3] - nets["three"]["cuts"][2], 0.25)  # fmt: skip
    yield at_least("positive-determinants", "Each square W of the shown net has a positive determinant",
                   min(nets["two"]["determinants"]), 0.05)  # fmt: skip
    yield between("probe-gain", "Training lifts the probe on the last hidden layer above the one on pixels, by less than 0.04",
                  probes["trained"]["h2"]["mean"] - probes["trained"]["pixels"]["mean"], 0.003, 0.04)  # fmt: skip
    yield at_least("probe-loss", "Untrained, the last hidden layer's probe is below that on pixels by at least 0.01",
                   probes["untrained"]["pixels"]["mean"] - probes["untrained"]["h2"]["mean"], 0.01)  # fmt: skip
    yield at_least("probe-neck", "Untrained, the ten outputs lose at least 0.1 more",
                   probes["untrained"]["h2"]["mean"] - probes["untrained"]["logits"]["mean"], 0.1)  # fmt: skip
    yield between("probe-linear", "Trained, the first W alone lifts the probe, by less than 0.02",
                  probes["trained"]["z1"]["mean"] - probes["trained"]["pixels"]["mean"], 0.0005, 0.02)  # fmt: skip
    yield at_most("contract-modes", "Of the six layers, four do the same in both modes",
                  sum(row["modes"] == "differ" for row in data["contract"].values()), 2)  # fmt: skip
    yield at_most("rounded", "In single precision tanh(10) and tanh(20) are the same number", abs(data["worked"]["single"]), 0)
    yield between("fifty", "The library's ResNet-50 has fifty weight layers besides the projections",
                  data["counts"]["resnet50"]["counted"], 50, 50)  # fmt: skip


def figures(data):
    yield "moves", draw_moves(data["worked"])
    yield "layers", draw_layers(data["nets"], data["points"])
    yield "accuracy", draw_accuracy(data["rings"])
    yield "probes", draw_probes(data["digits"])


def draw_grid(axes, move, reach=2.0, lines=9, **style):
    ends, along = np.linspace(-reach, reach, lines), np.linspace(-reach, reach, 150)
    for at in ends:
        for line in (np.stack([np.full(150, at), along], axis=1), np.stack([along, np.full(150, at)], axis=1)):
            axes.plot(*move(line).T[:2], **{"color": color("muted"), "linewidth": 0.7, "alpha": 0.6, **style})


def draw_moves(worked):
    from matplotlib.patheffects import withStroke

    figure, grid = new_figure(aspect=0.98, rows=2, columns=2)
    W, b, x = (np.array(worked[name]) for name in ("W", "b", "x"))
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    moves = [lambda p: p, lambda p: p @ W, lambda p: p @ W + b, lambda p: np.tanh(p @ W + b)]
    names = ["$x$", "$xW$: stretch, shear", "$xW + b$: shift", r"$\tanh(xW + b)$: bend"]
    both = ((-7.4, 4.8), (-6.6, 5.6))
    views = (((-2.6, 2.6), (-2.3, 2.9)), both, both, ((-1.25, 1.25), (-1.1, 1.4)))
    labels = ((0, 13, "center"), (-4, 14, "right"), (-4, 14, "right"), (-24, 24, "left"))
    for axes, move, name, view, (dx, dy, ha) in zip(grid.flat, moves, names, views, labels, strict=True):
        draw_grid(axes, move)
        axes.fill(*move(dense(square)).T, color=color("blue"), alpha=0.45)
        at = move(x[None])[0]
        axes.plot(*at, "o", color=color("orange"), markersize=7)
        label = direct_label(axes, *at, f"({at[0]:.2g}, {at[1]:.2g})".replace("-", "\u2212"), "orange", dx=dx, dy=dy, ha=ha, fontsize=15.5)
        label.set_path_effects([withStroke(linewidth=3, foreground=color("paper"))])
        axes.set(xlim=view[0], ylim=view[1], aspect="equal")
        axes.set_title(name, fontsize=15.5)
        axes.grid(False)
        axes.tick_params(labelsize=13.5)
        axes.locator_params(nbins=4)
    return figure


def dense(corners, n=30):
    share = np.linspace(0, 1, n)[:, None]
    return np.concatenate([a + share * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)])


def draw_layers(nets, points):
    """Each net's boundary in the plane, and the same boundary, straight, after the last bend."""
    figure, grid = new_figure(aspect=1.0, rows=2, columns=2)
    look = turn_view(*VIEW)
    for row, name, title in ((grid[0], "two", "width 2, four layers"), (grid[1], "three", "width 3, one layer")):
        layers = [(np.array(layer["W"]), np.array(layer["b"])) for layer in nets[name]["layers"]]

        def hidden(h, layers=layers):
            for W, b in layers[:-1]:
                h = np.tanh(h @ W + b)
            return h

        w = layers[-1][0][:, 0] / np.linalg.norm(layers[-1][0])
        view = look if name == "three" else across(w, hidden(np.concatenate([points["disc"], points["ring"]])))
        for axes, move in ((row[0], lambda h: h), (row[1], lambda h, view=view, hidden=hidden: hidden(h) @ view)):
            draw_grid(axes, move, reach=2.4, lines=9)
            for kind, role in (("ring", "orange"), ("disc", "blue")):
                axes.plot(*move(np.array(points[kind][::3])).T, "o", color=color(role), markersize=3.2, alpha=0.85)
            for line in nets[name]["boundary"]:
                axes.plot(*move(np.array(line)).T, color=color("ink"), linewidth=2.2)
            axes.set(xticks=[], yticks=[], aspect="auto" if name == "two" and axes is row[1] else "equal")
            axes.grid(False)
            for side in ("left", "bottom"):
                axes.spines[side].set_visible(False)
        row[0].set(xlim=(-2.5, 2.5), ylim=(-2.5, 2.5))
        row[0].set_title(title)
        row[1].set_title("after the last bend")
    return figure


def across(w, h):
    """(2, 2): to the distance from a cut with this normal, and to what in the direction along it does not follow from the distance."""
    axes = np.array([[w[0], -w[1]], [w[1], w[0]]])
    distance, along = ((h - h.mean(axis=0)) @ axes).T
    axes[:, 1] -= axes[:, 0] * (distance @ along) / (distance @ distance)
    return axes


def turn_view(turn, tilt):
    """(3, 2): from a point to where it is seen, for angles in degrees."""
    a, e = np.radians([turn, tilt])
    return np.array([[np.cos(a), np.sin(e) * np.sin(a)], [-np.sin(a), np.sin(e) * np.cos(a)], [0, np.cos(e)]])


def draw_accuracy(rings):
    figure, grid = new_figure(aspect=0.62, columns=2, sharey=True)
    names = {"2": "2", "2-2": "2, 2", "2-4": "4 × 2", "2-8": "8 × 2", "3": "3", "3-2": "3, 3"}
    for axes, kind, title in zip(grid, ("tanh", "relu"), ("tanh", "ReLU"), strict=True):
        for at, key in enumerate(names):
            found = np.array(rings[kind][key]["all"])
            role = "blue" if key.startswith("2") else "green"
            spread = at + np.linspace(-0.28, 0.28, len(found))
            axes.plot(spread, found, "o", color=color(role), markersize=4, alpha=0.8)
            axes.plot([at - 0.35, at + 0.35], [found.mean()] * 2, color=color("ink"), linewidth=2)
        axes.axhline(1, color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xticks(range(len(names)), list(names.values()), rotation=40)
        axes.set(ylim=(0.46, 1.03), xlabel="hidden layers")
        axes.set_title(title)
    grid[0].set_ylabel("share of points right")
    return figure


def draw_probes(probes):
    figure, axes = new_figure(aspect=0.55)
    names = {"pixels": "pixels", "z1": "$z_1$", "h1": "$h_1$", "z2": "$z_2$", "h2": "$h_2$", "logits": "logits"}
    for state, role, dy in (("trained", "blue", 12), ("untrained", "grey", -34)):
        mean = [probes[state][name]["mean"] for name in names]
        sd = [probes[state][name]["sd"] for name in names]
        axes.errorbar(range(len(names)), mean, yerr=sd, color=color(role), marker="o", capsize=3)
        direct_label(axes, 3, mean[3], state, role, dx=0, dy=dy, ha="center")
    axes.set_xticks(range(len(names)), list(names.values()))
    axes.set(ylabel="test accuracy of the probe", xlabel="what the probe sees")
    return figure
