"""What a gradient costs and how exact it is: by backpropagation, by differences, and by listing every path."""

from itertools import pairwise, product
from time import perf_counter

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import MLP, Tensor, cross_entropy, digits, no_grad, relu

TOLERANCE = {
    "steps.curves": None,
    "steps.best": None,
    "timing": None,
    "worked.relative-error": None,
    "paths.tiny.apart": None,
}

SEEDS, EXAMPLES, CHECKED = 5, 64, 100
STEPS = [10.0**-k for k in np.arange(1, 13.01, 0.5)]
COMPLEX_STEP = 1e-100
WIDTHS = [8, 32, 128]
GRAPH = {"x": [-0.5, 0.5], "U": [[1.4, -0.6], [0.9, -1.4]], "V": [[0.7, 1.5], [1.3, -0.8]], "w": [1.7, -1.8], "y": 1}


def run(rng):
    return {
        "worked": worked_example(),
        "graph": small_graph(),
        "paths": {"tiny": path_sum(rng), "deep": paths_and_edges([64, 32, 32, 32, 10]), "growth": growth()},
        "products": {
            "shallow": multiplications([64, 32, 10]),
            "middle": multiplications([64, 32, 32, 10]),
            "equal": multiplications([32] * 41),
        },
        "steps": errors_of_differences(rng),
        "timing": {str(width): timings(width, rng) for width in WIDTHS},
        "kink": float(gradient_at_the_kink()),
    }


# ---- the example with numbers, and the graph of the explorable ----


def worked_example():
    """A 2-2-1 network by the delta recursion, and one weight by a central difference."""
    x, y = np.array([[1.0, 2.0]]), np.array([[1.0]])
    w1, b1 = np.array([[0.4, -0.2], [0.1, 0.3]]), np.array([0.0, -0.1])
    w2, b2 = np.array([[1.0], [-2.0]]), np.array([0.0])

    def loss(w1):
        z2 = np.tanh(x @ w1 + b1) @ w2 + b2
        return float(np.sum(np.log1p(np.exp(-z2)) * y + np.log1p(np.exp(z2)) * (1 - y)))

    z1 = x @ w1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ w2 + b2
    p = 1 / (1 + np.exp(-z2))
    delta2 = p - y
    delta1 = (delta2 @ w2.T) * (1 - h1**2)
    gradient = x.T @ delta1
    h = 1e-5
    step = np.array([[0.0, 0.0], [0.0, h]])
    difference = (loss(w1 + step) - loss(w1 - step)) / (2 * h)
    return {
        "z1": z1[0], "h1": h1[0], "slope": 1 - h1[0] ** 2, "z2": z2[0, 0], "p": p[0, 0], "loss": loss(w1),
        "delta2": delta2[0, 0], "w2-gradient": (h1.T @ delta2)[:, 0], "delta1": delta1[0], "w1-gradient": gradient,
        "difference": difference, "relative-error": abs(difference / gradient[1, 1] - 1),
    }  # fmt: skip


def small_graph():
    """Values, local derivatives and gradients of the 2-2-2-1 network in the explorable."""
    x, U, V, w = (np.array(GRAPH[name]) for name in "xUVw")
    a = np.tanh(x @ U)
    b = np.tanh(a @ V)
    z = b @ w
    out = 1 / (1 + np.exp(-z)) - GRAPH["y"]
    into_a, into_b = U * (1 - a**2), V * (1 - b**2)  # derivative along each edge
    gb = out * w
    ga = into_b @ gb
    gx = into_a @ ga
    paths = [
        {
            "through": [j, k],
            "edges": [into_a[0, j], into_b[j, k], w[k], out],
            "product": into_a[0, j] * into_b[j, k] * w[k] * out,
        }
        for j, k in product(range(2), repeat=2)
    ]
    return {
        **GRAPH, "a": a, "b": b, "z": z, "loss": np.log1p(np.exp(-z)), "into-a": into_a, "into-b": into_b, "out": out,
        "gradients": {"b": gb, "a": ga, "x": gx}, "half": into_b[0, 0] * gb[0], "paths": paths,
        "edges": into_a.size + into_b.size + w.size + 1,
    }  # fmt: skip


# ---- paths and products, counted ----


def path_sum(rng):
    """Every path of a 3-3-3-3-1 tanh network, multiplied out and added up, beside one backward pass."""
    sizes = [3, 3, 3, 3, 1]
    weights = [rng.normal(0, 1 / np.sqrt(3), shape) for shape in pairwise(sizes)]
    x = Tensor(rng.normal(size=(1, 3)), requires_grad=True)
    h, slopes = x, []
    for weight in weights:
        h = np.tanh(h @ weight)
        slopes.append(1 - h.data[0] ** 2)
    np.sum(h).backward()
    total, paths = np.zeros(3), 0
    for path in product(*(range(size) for size in sizes)):
        edges = zip(weights, slopes, pairwise(path), strict=True)
        total[path[0]] += np.prod([weight[i, j] * slope[j] for weight, slope, (i, j) in edges])
        paths += 1
    return {
        "paths": paths,
        "edges": sum(m * n for m, n in pairwise(sizes)),
        "apart": np.max(np.abs(total / x.grad[0] - 1)),
    }


def paths_and_edges(sizes):
    return {"edges": sum(m * n for m, n in pairwise(sizes)), "paths": int(np.prod(sizes, dtype=object))}


def growth():
    """Edges and paths of 64-32-...-32-10 by the number of hidden layers."""
    return [{"hidden": n, **paths_and_edges([64, *[32] * n, 10])} for n in range(1, 7)]


def multiplications(sizes):
    """Multiplications in the matrix products of one forward and one backward pass, counted while they are done."""
    count = 0

    def matmul(a, b):
        nonlocal count
        count += a.shape[0] * a.shape[1] * b.shape[1]
        return a @ b

    weights = [np.full(shape, 0.01) for shape in pairwise(sizes)]
    h = [np.ones((1, sizes[0]))]
    for weight in weights:
        h.append(np.tanh(matmul(h[-1], weight)))
    forward, count = count, 0
    delta = np.ones((1, sizes[-1]))
    for layer in reversed(range(len(weights))):
        matmul(h[layer].T, delta)  # gradient of the weights
        if layer > 0:  # nobody asks for the gradient of the input
            delta = matmul(delta, weights[layer].T) * (1 - h[layer] ** 2)
    return {"forward": forward, "backward": count, "ratio": count / forward}


# ---- the error of differences ----


def errors_of_differences(rng):
    """Relative error of each scheme against backpropagation, over 100 random parameters, for each step and seed."""
    images, labels = digits()
    x, y = images[:EXAMPLES].reshape(EXAMPLES, 64).astype(np.float64), labels[:EXAMPLES]
    schemes = ("one-sided", "central", "central-float32")
    curves = {name: np.zeros((SEEDS, len(STEPS))) for name in schemes}
    exact, losses, slopes = [], [], []
    for seed in range(SEEDS):
        model = MLP([64, 32, 10], activation="tanh", rng=rng, dtype=np.float64)
        cross_entropy(model(Tensor(x)), y).backward()
        parameters = list(model.parameters())
        flat = np.concatenate([p.data.ravel() for p in parameters])
        gradient = np.concatenate([p.grad.ravel() for p in parameters])
        chosen = rng.choice(flat.size, CHECKED, replace=False)
        g = gradient[chosen]
        losses.append(loss_at(flat, x, y))
        slopes.append(np.sqrt(np.mean(g**2)))

        def relative(estimate, g=g):
            return np.linalg.norm(estimate - g) / np.linalg.norm(g)

        for number, h in enumerate(STEPS):
            for dtype, name in ((np.float64, "central"), (np.float32, "central-float32")):
                start = flat.astype(dtype)
                up = np.array([loss_at(moved(start, i, dtype(h)), x, y) for i in chosen])
                down = np.array([loss_at(moved(start, i, -dtype(h)), x, y) for i in chosen])
                curves[name][seed, number] = relative((up - down).astype(np.float64) / (2 * h))
                if dtype is np.float64:
                    curves["one-sided"][seed, number] = relative((up - loss_at(start, x, y)) / h)
        turned = [loss_at(moved(flat.astype(complex), i, 1j * COMPLEX_STEP), x, y).imag / COMPLEX_STEP for i in chosen]
        exact.append(relative(np.array(turned)))
    best = {}
    for name, curve in curves.items():
        medians = np.median(curve, axis=0)
        k = int(np.argmin(medians))
        best[name] = {"h": STEPS[k], "error": medians[k], "least": curve[:, k].min(), "most": curve[:, k].max()}
    best["complex"] = {"h": COMPLEX_STEP, "error": np.median(exact), "least": np.min(exact), "most": np.max(exact)}
    return {
        "h": STEPS, "seeds": SEEDS, "checked": CHECKED, "best": best, "loss": np.mean(losses), "slope": np.mean(slopes),
        "curves": {name: {"median": np.median(c, axis=0), "least": c.min(axis=0), "most": c.max(axis=0)} for name, c in curves.items()},
    }  # fmt: skip


def loss_at(flat, x, y):
    """The loss of the 64-32-10 network in plain NumPy: also for complex parameters, and in the parameters' precision."""
    w1, b1, w2, b2 = np.split(flat, [2048, 2080, 2400])
    x = x.astype(flat.dtype)
    logits = np.tanh(x @ w1.reshape(32, 64).T + b1) @ w2.reshape(10, 32).T + b2
    logits = logits - logits.real.max(axis=1, keepdims=True)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]
    return losses.mean()


def moved(flat, index, by):
    copy = flat.copy()
    copy[index] += by
    return copy


# ---- time ----


def timings(width, rng):
    """Seconds of a forward pass, a forward and a backward pass, and central differences in all parameters (float64)."""
    images, labels = digits()
    x, y = images[:EXAMPLES].reshape(EXAMPLES, 64).astype(np.float64), labels[:EXAMPLES]
    model = MLP([64, width, 10], activation="tanh", rng=rng, dtype=np.float64)

    @no_grad()
    def forward():
        cross_entropy(model(x), y)

    def both():
        model.zero_grad()
        cross_entropy(model(x), y).backward()

    passes = {"forward": forward, "both": both}
    seconds = {name: [] for name in passes}
    for _ in range(400):
        for name, call in passes.items():
            start = perf_counter()
            call()
            seconds[name].append(perf_counter() - start)
    one, two = (float(np.median(seconds[name])) for name in passes)

    start = perf_counter()
    for parameter in model.parameters():
        values = parameter.data.reshape(-1)
        for i in range(values.size):
            kept = values[i]
            for by in (1e-5, -1e-5):
                values[i] = kept + by
                forward()
            values[i] = kept
    differences = perf_counter() - start
    count = model.number_of_parameters()
    return {
        "parameters": count, "passes": 2 * count, "forward-ms": 1e3 * one, "gradient-ms": 1e3 * two,
        "differences-s": differences, "gradient-per-forward": two / one, "speedup": differences / two,
    }  # fmt: skip


def gradient_at_the_kink():
    """relu(x) - relu(-x) is x, with slope 1 everywhere; backpropagation's answer at 0."""
    x = Tensor(np.array(0.0), requires_grad=True)
    (relu(x) - relu(-x)).backward()
    return x.grad


# ---- what the page says ----


def claims(data):
    best = data["steps"]["best"]
    yield at_most("worked-checks", "In the worked example recursion and central difference agree to nine digits",
                  data["worked"]["relative-error"], 1e-9)  # fmt: skip
    yield at_most(
        "exact",
        "Backpropagation and the complex step agree to 14 digits, in every seed",
        best["complex"]["most"],
        1e-14,
    )
    yield between(
        "central-best", "The central difference is best near h = 1e-5", np.log10(best["central"]["h"]), -6, -4
    )
    yield between(
        "central-error",
        "Its best relative error lies between 1e-11 and 1e-8",
        np.log10(best["central"]["error"]),
        -11,
        -8,
    )
    yield between(
        "one-sided-best",
        "The one-sided difference is best at h between 1e-8 and 1e-6",
        np.log10(best["one-sided"]["h"]),
        -8,
        -6,
    )
    yield at_least("float32-error", "In float32 even the best central difference is off by more than 1e-4 relative",
                   best["central-float32"]["error"], 1e-4)  # fmt: skip
    yield between("half-wrong", "In the explorable half of a1's gradient has the opposite sign of the whole",
                  data["graph"]["half"] / data["graph"]["gradients"]["a"][0], -1, -0.2)  # fmt: skip
    yield at_most(
        "path-sum",
        "The sum over all paths equals backpropagation's gradient to 13 digits",
        data["paths"]["tiny"]["apart"],
        1e-13,
    )
    yield between("products-two", "Over 40 equal layers backward takes 1.95 to 2 times the multiplications of forward",
                  data["products"]["equal"]["ratio"], 1.95, 2)  # fmt: skip
    yield between("time", "At each width loss and gradient take 1.5 to 4 times as long as the loss",
                  max((t["gradient-per-forward"] for t in data["timing"].values()), key=lambda x: abs(x - 2.75)), 1.5, 4)  # fmt: skip
    yield at_least("speedup", "At width 32 differences in all parameters take at least 500 times as long as backpropagation",
                   data["timing"]["32"]["speedup"], 500)  # fmt: skip
    yield at_most("kink", "At 0 backpropagation gives relu(x) - relu(-x) the slope 0", abs(data["kink"]), 0)


def figures(data):
    yield "sweep", draw_sweep(data["graph"])
    yield "error-against-step", draw_errors(data["steps"])
    yield "paths-against-edges", draw_growth(data["paths"]["growth"])


def signed(value, digits=2):
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def draw_sweep(graph):
    """Above, the four paths from x1 to the loss; below, one sweep over the same graph."""
    figure, (above, below) = new_figure(aspect=0.98, rows=2)
    for axes in (above, below):
        axes.set(xlim=(-0.5, 5.35), ylim=(-0.62, 1.75))
        axes.axis("off")
    place = {
        "x1": (0, 1),
        "x2": (0, 0),
        "a1": (1.35, 1),
        "a2": (1.35, 0),
        "b1": (2.7, 1),
        "b2": (2.7, 0),
        "z": (3.85, 0.5),
        "loss": (4.8, 0.5),
    }
    edges = {(f"x{i + 1}", f"a{j + 1}"): graph["into-a"][i][j] for i in range(2) for j in range(2)}
    edges |= {(f"a{i + 1}", f"b{j + 1}"): graph["into-b"][i][j] for i in range(2) for j in range(2)}
    edges |= {(f"b{j + 1}", "z"): graph["w"][j] for j in range(2)} | {("z", "loss"): graph["out"]}

    for tail, head in edges:
        above.plot(*zip(place[tail], place[head], strict=True), color=color("rule"), linewidth=1.2, zorder=1)
    names = ("blue", "green", "purple", "red")
    for number, (path, name) in enumerate(zip(graph["paths"], names, strict=True)):
        j, k = path["through"]
        points = np.array([place[node] for node in ("x1", f"a{j + 1}", f"b{k + 1}", "z", "loss")], dtype=float)
        points[:, 1] += (1.5 - number) * 0.075
        above.plot(*points.T, color=color(name), linewidth=2.2, zorder=2)
    total = sum(path["product"] for path in graph["paths"])
    x = 0.0
    above.text(-0.3, 1.55, "path by path:", color=color("muted"), va="center")
    for number, (path, name) in enumerate(zip(graph["paths"], names, strict=True)):
        text = signed(path["product"])
        if number > 0:
            text = f"+ {text}" if path["product"] > 0 else text.replace("\N{MINUS SIGN}", "\N{MINUS SIGN} ")
        above.text(1.35 + x, 1.55, text, color=color(name), va="center")
        x += 0.72 if number == 0 else 0.78
    above.text(1.35 + x, 1.55, f"= {signed(total)}", color=color("ink"), va="center")

    reached = {"loss": 1.0, "z": graph["out"], "b1": graph["gradients"]["b"][0], "b2": graph["gradients"]["b"][1]}
    reached |= {f"{n}{i + 1}": graph["gradients"][n][i] for n in "ax" for i in range(2)}
    for (tail, head), slope in edges.items():
        (x0, y0), (x1, y1) = place[tail], place[head]
        below.annotate(
            "",
            (x0, y0),
            (x1, y1),
            arrowprops={"arrowstyle": "-|>", "color": color("backward"), "shrinkA": 13, "shrinkB": 14, "lw": 1.4},
        )
        share = 0.5 if y0 == y1 or head == "z" else 0.29
        x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        box = {"facecolor": color("paper"), "edgecolor": "none", "pad": 0.6}
        below.text(x, y, signed(slope), color=color("muted"), ha="center", va="center", fontsize=11, bbox=box)
    below.text(-0.3, 1.68, "one sweep:", color=color("muted"), va="center")
    for axes in (above, below):
        for node, (x, y) in place.items():
            axes.plot(
                x,
                y,
                "o",
                markersize=25,
                color=color("panel"),
                markeredgecolor=color("muted"),
                markeredgewidth=1,
                zorder=3,
            )
            name = r"\mathcal{L}" if node == "loss" else "_".join(node)
            axes.text(x, y - 0.01, f"${name}$", ha="center", va="center", zorder=4)
    for node, (x, y) in place.items():
        top = y > 0.6
        below.text(
            x, y + (0.33 if top else -0.36), signed(reached[node]), color=color("backward"), ha="center", va="center"
        )
    return figure


def draw_errors(steps):
    figure, axes = new_figure(aspect=0.7)
    h = np.array(steps["h"])
    labels = (
        ("central-float32", "central, float32", "purple", 6, 4, 13),
        ("one-sided", "one-sided", "orange", 7, -8, 10),
        ("central", "central", "blue", 5, 10, -12),
    )
    for name, label, role, at, dx, dy in labels:
        curve = steps["curves"][name]
        median = np.array(curve["median"])
        shown = median < 0.9
        axes.fill_between(
            h[shown], np.array(curve["least"])[shown], np.array(curve["most"])[shown], color=color(role), alpha=0.18
        )
        axes.plot(h[shown], median[shown], color=color(role))
        direct_label(axes, h[at], median[at], label, role, dx=dx, dy=dy, ha="left" if dx > 0 else "right")
    for name, role in (("one-sided", "orange"), ("central", "blue"), ("central-float32", "purple")):
        best = steps["best"][name]
        axes.plot(best["h"], best["error"], "o", color=color(role), markersize=8)
    exact = steps["best"]["complex"]["error"]
    axes.axhline(exact, color=color("green"))
    direct_label(axes, 1e-7, exact, "complex step: no subtraction", "green", dx=0, dy=11, ha="center")
    axes.set(xscale="log", yscale="log", xlim=(5e-14, 0.2), ylim=(3e-17, 5), xlabel="step $h$", ylabel="relative error")
    return figure


def draw_growth(growth):
    figure, axes = new_figure(aspect=0.55)
    hidden = [g["hidden"] for g in growth]
    for key, label, role in (("paths", "paths", "negative"), ("edges", "edges", "positive")):
        values = [float(g[key]) for g in growth]
        axes.plot(hidden, values, color=color(role), marker="o")
        direct_label(axes, hidden[-1], values[-1], label, role, dx=9)
    axes.set(yscale="log", xlabel="hidden layers of 32 units", ylabel="count", xticks=hidden)
    return figure
