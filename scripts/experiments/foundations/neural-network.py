"""A network set by hand against the same network trained, on a sine; folds in the plane; regions between random lines."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import Adam, Linear, Parameter, Sequential, moons
from dlprimer.nn.activations import Activation

TOLERANCE = {"trained": None, "arms": None, "places": None, "found": None, "fold": 0.05}

HAND_SIZES = [4, 8, 16, 32, 64, 128, 256]
TRAINED_SIZES = [8, 16, 32, 64, 128]
RATES = [0.001, 0.003, 0.01]  # the same for every size and every way to start; the lowest median training loss decides
SEEDS = 5
STEPS = 5000
POINTS = 256
GRID = np.linspace(0, 1, 20_001)

FOUND_SIZES = [1, 2, 3, 4, 6]
FOUND_RATES = [0.01, 0.03, 0.1]
FOUND_SEEDS = 40
FOUND_STEPS = 1000

ADAM_RATE, ADAM_STEPS = 0.02, 200  # one press of the explorable's button
HAND = {"folds": [[0, 0.5, 90, -3], [-0.43, -0.25, 210, -3], [0.43, -0.25, 330, -3]], "offset": 1}  # place, direction, slope
START = {"folds": [[-0.8, 0.9, 60, -2], [0.2, -0.6, 250, -2], [1.1, 0.3, 20, -2]], "offset": 1}
TRAP = {"folds": [[0, 1.2, 120, -2], [0, 0.4, 100, -2], [0, -0.4, 80, -2]], "offset": 1}
LINES, LINE_SEEDS = [3, 8, 16], 20


def run(rng):
    sets = {"ring": ring(rng), "xor": corners(rng), "moons": two_moons(rng)}
    trained = {str(n): train_sine(n, [default_start(n, seed) for seed in range(SEEDS)]) for n in TRAINED_SIZES}
    hand = {str(n): {"error": worst(by_hand(n)), "bound": np.pi**2 / (2 * n**2)} for n in HAND_SIZES}
    for n in TRAINED_SIZES:
        ratios = np.array(trained[str(n)]["errors"]) / hand[str(n)]["error"]
        trained[str(n)]["ratio"] = {"least": ratios.min(), "median": np.median(ratios), "most": ratios.max()}
    trained["missed-half"] = {"runs": sum(error > 0.8 for n in (8, 16) for error in trained[str(n)]["errors"]), "of": 2 * SEEDS}
    return {
        "settings": {"seeds": SEEDS, "points": POINTS, "found-seeds": FOUND_SEEDS, "line-seeds": LINE_SEEDS},
        "hand": hand,
        "slope": np.polyfit(np.log(HAND_SIZES[2:]), np.log([hand[str(n)]["error"] for n in HAND_SIZES[2:]]), 1)[0],
        "pieces": pieces(8),
        "beyond": {"sine-at-2": float(sine_network(8)(np.array([[2.0]])).numpy()[0, 0]), "square": square_beyond()},
        "trained": trained,
        "arms": arms(trained["64"]),
        "places": places(64),
        "sets": {name: {"points": x, "labels": t.astype(int)} for name, (x, t) in sets.items()},
        "fold": folds_in_the_plane(*sets["ring"]),
        "found": {name: found(*sets[name]) for name in ("ring", "xor")},
        "regions": {str(n): regions(n, rng) for n in LINES},
        "quiz": {"units": int(np.ceil(np.pi / np.sqrt(2 * 0.001))), "no-root": int(np.ceil(np.pi**2 / 2 / 0.001))},
    }


# ---- a sine by hand ----


def slopes_of(f, knots):
    """Slopes of the chords between the knots, and their changes: the heights v of the folds."""
    slopes = np.diff(f) / np.diff(knots)
    return np.diff(slopes, prepend=0)


def by_hand(n):
    """The chords of sin 2 pi x between the knots k / n, as weights w, biases b, heights v and offset c; one row a network."""
    knots = np.arange(n + 1) / n
    changes = slopes_of(np.sin(2 * np.pi * knots), knots)
    return {"w": np.ones((1, n)), "b": -knots[None, :-1], "v": changes[None], "c": np.zeros((1, 1))}


def sine_network(n):
    """The same as a model of the library."""
    model = Sequential(
        Linear(1, n, rng=np.random.default_rng(0), dtype=float), Activation("relu"), Linear(n, 1, rng=np.random.default_rng(0), dtype=float)
    )
    weights = by_hand(n)
    first, _, last = model
    first.weight.data[:] = weights["w"].T
    first.bias.data[:] = weights["b"][0]
    last.weight.data[:] = weights["v"]
    last.bias.data[:] = 0
    return model


def output(p, x):
    h = np.maximum(x[None, :, None] * p["w"][:, None] + p["b"][:, None], 0)
    return (h @ p["v"][:, :, None])[:, :, 0] + p["c"]


def errors(p):
    """The largest error of each network on the fine grid."""
    return np.array([
        np.abs(output({k: a[i : i + 1].astype(float) for k, a in p.items()}, GRID)[0] - np.sin(2 * np.pi * GRID)).max()
        for i in range(len(p["w"]))
    ])


def worst(p):
    return float(errors(p)[0])


def pieces(n):
    x = np.linspace(0, 1, 8 * n + 1)
    p = by_hand(n)
    each = np.maximum(x - np.arange(n)[:, None] / n, 0) * p["v"].T
    return {"x": x, "each": np.round(each[:, ::8], 4), "sum": np.round(output(p, x)[0], 4)}


def square_beyond():
    """A hand-made network for x^2 on [-1, 1] with an error of 1e-4, far outside."""
    knots = np.linspace(-1, 1, 101)
    v = slopes_of(knots**2, knots)
    f = lambda x: 1 + np.maximum(np.asarray(x)[:, None] - knots[:-1], 0) @ v
    x = np.linspace(-1, 1, 20_001)
    return {"error": np.abs(f(x) - x**2).max(), "at-10": float(f([10.0])[0])}


# ---- the same network trained ----


def default_start(n, seed):
    """The library's (and PyTorch's) initial weights."""
    rng = np.random.default_rng([2, n, seed])
    first, last = Linear(1, n, rng=rng), Linear(n, 1, rng=rng)
    return {"w": first.weight.data[:, 0], "b": first.bias.data, "v": last.weight.data[0], "c": last.bias.data}


def stacked(starts):
    return {name: np.stack([start[name] for start in starts]).astype(np.float32) for name in "wbvc"}


def train_sine(n, starts, standardized=False):
    """Full-batch Adam on the mean squared error, several networks at a time, with the best rate of the grid."""
    x = np.linspace(0, 1, POINTS, dtype=np.float32)
    y = np.sin(2 * np.pi * x).astype(np.float32)
    mean, sd = (x.mean(), x.std()) if standardized else (0.0, 1.0)
    start = stacked(starts)
    runs = {rate: descend((x - mean) / np.float32(sd), y, start, rate) for rate in RATES}
    losses = {rate: ((output(p, (x - mean) / np.float32(sd)) - y) ** 2).mean(axis=1) for rate, p in runs.items()}
    best = min(RATES, key=lambda rate: np.median(losses[rate]))
    at_start, at_end = (in_units_of_x(p, mean, sd) for p in (start, runs[best]))
    found = errors(at_end)
    return {
        "rate": best, "errors": found, "least": found.min(), "median": np.median(found), "most": found.max(),
        "folds": {"start": inside(at_start).mean(), "end": inside(at_end).mean()},
        "dead": {"start": dead(at_start).mean(), "end": dead(at_end).mean()},
    }  # fmt: skip


def in_units_of_x(p, mean, sd):
    """The same network as a function of the raw input."""
    return {**p, "w": p["w"] / sd, "b": p["b"] - p["w"] * mean / sd}


def descend(x, y, start, rate):
    p = {name: Parameter(values.copy()) for name, values in start.items()}
    optimizer = Adam(list(p.values()), lr=rate)
    w, b, v, c = p.values()
    for _ in range(STEPS):
        h = x[None, :, None] * w.data[:, None, :]
        h += b.data[:, None, :]
        np.maximum(h, 0, out=h)
        e = ((h @ v.data[:, :, None])[:, :, 0] + c.data - y) * np.float32(2 / len(x))
        v.grad = (e[:, None, :] @ h)[:, 0]
        sums = np.stack([e, e * x], axis=1) @ (h > 0).astype(np.float32)
        b.grad, w.grad = sums[:, 0] * v.data, sums[:, 1] * v.data
        c.grad = e.sum(axis=1, keepdims=True)
        optimizer.step()
    return {name: parameter.data for name, parameter in p.items()}


def inside(p):
    """How many units fold between 0 and 1."""
    at = -p["b"] / p["w"]
    return ((at > 0) & (at < 1)).sum(axis=1)


def dead(p):
    """How many units are off from 0 to 1."""
    return ((p["b"] <= 0) & (p["w"] + p["b"] <= 0)).sum(axis=1)


def arms(default):
    """Where the folds start, at 64 units: as usual, with a standardized input, spread over the interval, and by hand."""
    n = 64
    starts = [default_start(n, seed) for seed in range(SEEDS)]
    spread = [{**s, "b": -s["w"] * np.random.default_rng([3, seed]).uniform(0, 1, n)} for seed, s in enumerate(starts)]
    hand = {name: values[0] for name, values in by_hand(n).items()}
    return {
        "default": {key: value for key, value in default.items() if key != "ratio"},
        "standardized": train_sine(n, starts, standardized=True),
        "spread": train_sine(n, spread),
        "hand": train_sine(n, [hand]),
    }


def places(n):
    """Where the units of networks of n units fold before training: one network, and the shares in all."""
    p = stacked([default_start(n, seed) for seed in range(SEEDS)])
    raw = -p["b"] / p["w"]
    share = {"raw": inside(p).mean() / n, "dead": dead(p).mean() / n}
    return {"shown": np.round(np.clip(np.sort(raw[0]), -3, 4), 3), "units": n, "inside": int(inside(p)[0]), "share": share}


# ---- folds in the plane ----


def ring(rng):
    angle = np.linspace(0, 2 * np.pi, 50, endpoint=False) + 0.06 * rng.standard_normal(50)
    radius = 1.65 + 0.12 * rng.standard_normal(50)
    blob = 0.3 * rng.standard_normal((30, 2))
    x = np.concatenate([blob, np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)])
    return np.round(x, 2), np.repeat([1.0, 0.0], [30, 50])


def corners(rng):
    centers = 1.1 * np.array([[1, -1], [-1, 1], [1, 1], [-1, -1]])
    return np.round((centers[:, None] + 0.3 * rng.standard_normal((4, 20, 2))).reshape(-1, 2), 2), np.repeat([1.0, 0.0], 40)


def two_moons(rng):
    x, y = moons(80, noise=0.1, rng=rng)
    return np.round((x - [0.5, 0.25]) * 1.25, 2), 1.0 - y


def network_of(folds, offset):
    """Weights from place, direction in degrees and slope; the slope is shared evenly between w and v."""
    px, py, degrees, slope = np.array(folds, dtype=float).T
    size = np.sqrt(np.abs(slope))
    w = size[:, None] * np.stack([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))], axis=1)
    return {"w": w[None], "b": -(w[:, 0] * px + w[:, 1] * py)[None], "v": (np.sign(slope) * size)[None], "c": np.array([[float(offset)]])}


def surface(p, x):
    h = np.maximum(p["w"] @ x.T + p["b"][:, :, None], 0)
    return (p["v"][:, None, :] @ h)[:, 0] + p["c"]


def adam_in_the_plane(p, x, t, rate, steps):
    """Full-batch Adam toward height +1 where the label is 1 and -1 elsewhere, several networks at a time."""
    p = {name: Parameter(values.copy()) for name, values in p.items()}
    optimizer = Adam(list(p.values()), lr=rate)
    w, b, v, c = p.values()
    goal = 2 * t - 1
    for _ in range(steps):
        h = np.maximum(w.data @ x.T + b.data[:, :, None], 0)
        e = ((v.data[:, None, :] @ h)[:, 0] + c.data - goal) * (2 / len(x))
        v.grad = (h @ e[:, :, None])[:, :, 0]
        delta = e[:, None, :] * v.data[:, :, None] * (h > 0)
        w.grad, b.grad, c.grad = delta @ x, delta.sum(axis=2), e.sum(axis=1, keepdims=True)
        optimizer.step()
    return {name: parameter.data for name, parameter in p.items()}


def right(p, x, t):
    return ((surface(p, x) > 0) == (t > 0.5)).mean(axis=1)


def folds_in_the_plane(x, t):
    """The explorable's three states, and what Adam makes of each."""
    result = {"rate": ADAM_RATE, "steps": ADAM_STEPS}
    for name, state in {"hand": HAND, "start": START, "trap": TRAP}.items():
        p = network_of(**state)
        q = adam_in_the_plane(p, x, t, ADAM_RATE, ADAM_STEPS)
        long = adam_in_the_plane(p, x, t, ADAM_RATE, 50 * ADAM_STEPS) if name == "trap" else q
        result[name] = {
            **state, "right": right(p, x, t)[0], "loss": loss(p, x, t), "after": right(q, x, t)[0], "loss-after": loss(q, x, t),
            "long-after": right(long, x, t)[0], "weights": {key: values[0] for key, values in q.items()},
        }  # fmt: skip
    return result


def loss(p, x, t):
    return float(((surface(p, x)[0] - (2 * t - 1)) ** 2).mean())


def found(x, t):
    """In how many of the random starts Adam gets every point right, for each number of folds, with the best rate of the grid."""
    counts = {}
    for n in FOUND_SIZES:
        starts = []
        for seed in range(FOUND_SEEDS):
            rng = np.random.default_rng([4, n, seed])
            first, last = Linear(2, n, rng=rng, dtype=float), Linear(n, 1, rng=rng, dtype=float)
            starts.append({"w": first.weight.data, "b": first.bias.data, "v": last.weight.data[0], "c": last.bias.data})
        start = {name: np.stack([s[name] for s in starts]) for name in "wbvc"}
        shares = [right(adam_in_the_plane(start, x, t, rate, FOUND_STEPS), x, t) for rate in FOUND_RATES]
        best = max(shares, key=lambda share: ((share == 1).sum(), share.mean()))
        counts[str(n)] = {"perfect": int((best == 1).sum()), "median": np.median(best), "best": best.max()}
    return counts


# ---- regions ----


def regions(n, rng):
    """On-off patterns of n random lines on a fine grid of a square, and what geometry says: 1 + lines + crossings."""
    side = np.linspace(-2, 2, 801)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    counted, exact = [], []
    for _ in range(LINE_SEEDS):
        angle, shift = rng.uniform(0, 2 * np.pi, n), rng.uniform(-1.5, 1.5, n)
        w = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        patterns = (grid @ w.T > shift) @ (1 << np.arange(n))
        counted.append(len(np.unique(patterns)))
        crossings = 0
        for i in range(n):
            for j in range(i):
                at = np.linalg.solve(w[[i, j]], shift[[i, j]])
                crossings += bool(np.abs(at).max() < 2)
        exact.append(1 + n + crossings)  # every line crosses the square: its distance from the center is below 2
    counts = {"least": min(counted), "median": np.median(counted), "most": max(counted)}
    return {"most": 1 + n + n * (n - 1) // 2, "patterns": 2**n, "counted": counts, "missed": float(np.mean(np.array(exact) - counted))}


# ---- what the page says ----


def claims(data):
    hand, trained, arms, found = data["hand"], data["trained"], data["arms"], data["found"]
    yield between("slope-two", "The hand-made network's error falls like the square of the number of units", data["slope"], -2.03, -1.97)
    yield at_most("within-bound", "The hand-made network's error is within its bound at every size",
                  max(h["error"] / h["bound"] for h in hand.values()), 1)  # fmt: skip
    yield at_least("hand-wins", "No trained network has a smaller worst error than the hand-made one of its size",
                   min(trained[str(n)]["ratio"]["least"] for n in TRAINED_SIZES), 1)  # fmt: skip
    yield at_least("gap-64", "At 64 units the best trained network's worst error is at least 5 times the hand-made one's",
                   trained["64"]["ratio"]["least"], 5)  # fmt: skip
    yield at_least("gap-grows", "The median ratio of the errors is at least 5 times as large at 128 units as at 8",
                   trained["128"]["ratio"]["median"] / trained["8"]["ratio"]["median"], 5)  # fmt: skip
    yield at_least("missed-half", "At 8 and 16 units at least one trained network is off by more than 0.8 somewhere",
                   trained["missed-half"]["runs"], 1)  # fmt: skip
    yield at_least("more-is-not-better", "The worst trained network of 16 units is off by at least 3 times as much as the best of 8",
                   trained["16"]["most"] / trained["8"]["least"], 3)  # fmt: skip
    yield between("quarter", "About a quarter of the units of a default start fold between 0 and 1",
                  data["places"]["share"]["raw"], 0.2, 0.3)  # fmt: skip
    yield between("dead-start", "About three eighths of the units of a default start are off from 0 to 1",
                  data["places"]["share"]["dead"], 0.32, 0.43)  # fmt: skip
    yield at_most("few-arrive", "After training the number of folds inside is still below 30% of the units",
                  trained["64"]["folds"]["end"] / 64, 0.3)  # fmt: skip
    yield at_most("spread-helps", "Folds spread over the interval at the start cut the median worst error at least by half",
                  arms["spread"]["median"] / arms["default"]["median"], 0.5)  # fmt: skip
    yield at_most("standardized-helps", "A standardized input cuts the median worst error at least by half",
                  arms["standardized"]["median"] / arms["default"]["median"], 0.5)  # fmt: skip
    yield at_most("hand-start", "Started from the hand-made weights, Adam ends with a smaller worst error than they had",
                  arms["hand"]["median"] / hand["64"]["error"], 0.95)  # fmt: skip
    yield at_least("hand-right", "The three folds placed by hand get every point right", data["fold"]["hand"]["right"], 1)
    yield at_least("start-fixed", "From the explorable's start one press of Adam gets every point right", data["fold"]["start"]["after"], 1)
    yield at_most("trap-holds", "From the trap Adam still has at least 5% wrong after 10,000 steps",
                  data["fold"]["trap"]["long-after"], 0.95)  # fmt: skip
    yield between("ring-three", "Of the starts with three folds Adam solves the ring from 20% to 70%",
                  found["ring"]["3"]["perfect"] / FOUND_SEEDS, 0.2, 0.7)  # fmt: skip
    yield at_least("ring-six", "With six folds Adam solves the ring from at least 90% of the starts",
                   found["ring"]["6"]["perfect"] / FOUND_SEEDS, 0.9)  # fmt: skip
    yield between("xor-two", "Of the starts with two folds Adam solves XOR from 10% to 50%",
                  found["xor"]["2"]["perfect"] / FOUND_SEEDS, 0.1, 0.5)  # fmt: skip
    yield at_least("xor-six", "With six folds Adam solves XOR from at least 90% of the starts",
                   found["xor"]["6"]["perfect"] / FOUND_SEEDS, 0.9)  # fmt: skip
    yield at_most("too-few", "One fold for XOR, or two for the ring, never get every point right",
                  found["xor"]["1"]["perfect"] + found["ring"]["2"]["perfect"] + found["ring"]["1"]["perfect"], 0)  # fmt: skip
    yield at_most("regions-bound", "No square shows more patterns than the formula's regions",
                  max(r["counted"]["most"] / r["most"] for r in data["regions"].values()), 1)  # fmt: skip


def figures(data):
    yield "fold", draw_fold(data["fold"], data["sets"]["ring"])
    yield "pieces", draw_pieces(data["pieces"])
    yield "regions", draw_regions(data["fold"]["hand"])
    yield "errors", draw_errors(data["hand"], data["trained"])
    yield "places", draw_places(data["places"])


def draw_fold(fold, points):
    figure, panels = new_figure(aspect=0.7, columns=2)
    side = np.linspace(-2.3, 2.3, 161)
    mesh = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    x, t = np.array(points["points"]), np.array(points["labels"])
    start = network_of(fold["start"]["folds"], fold["start"]["offset"])
    after = {name: np.array(values)[None] for name, values in fold["start"]["weights"].items()}
    for axes, p, title, share in (
        (panels[0], start, "before", fold["start"]["right"]), (panels[1], after, "after Adam", fold["start"]["after"]),
    ):  # fmt: skip
        z = surface(p, mesh)[0].reshape(161, 161)
        axes.contourf(side, side, z, levels=[-1e3, 0, 1e3], colors=[color("negative"), color("positive")], alpha=0.18)
        axes.contour(side, side, z, levels=[0], colors=[color("ink")], linewidths=2)
        for w, b in zip(p["w"][0], p["b"][0], strict=True):
            foot = -b * w / (w @ w)
            along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
            axes.plot(*np.stack([foot - 6 * along, foot + 6 * along], axis=1), color=color("muted"), linewidth=1.4, linestyle=(0, (5, 3)))
        axes.plot(*x[t == 1].T, "o", color=color("positive"), markersize=4)
        axes.plot(*x[t == 0].T, "s", color=color("negative"), markersize=4)
        axes.set(xlim=(-2.3, 2.3), ylim=(-2.3, 2.3), xticks=[], yticks=[], aspect="equal", xlabel=f"{title}: {share:.0%} right")
        axes.grid(False)
    return figure


def draw_pieces(pieces):
    figure, axes = new_figure(aspect=0.62)
    x, coarse = np.array(pieces["x"]), np.array(pieces["x"])[::8]
    for number, values in enumerate(np.array(pieces["each"])):
        axes.plot(coarse, values, color=color("muted"), linewidth=1.2, label="each" if number == 0 else None)
    axes.plot(x, np.sin(2 * np.pi * x), color=color("orange"), linewidth=5, alpha=0.45)
    axes.plot(x, pieces["sum"], color=color("blue"), linewidth=2)
    axes.plot(coarse, np.array(pieces["sum"])[::8], "o", color=color("blue"), markersize=5)
    direct_label(axes, 0.42, 0.6, "their sum, on the sine", "blue", dx=6, dy=8)
    direct_label(axes, 0.6, 2.4, "the eight pieces", "muted", dx=6, dy=0)
    axes.set(xlim=(0, 1), ylim=(-4, 5), xlabel="input x", ylabel="height")
    return figure


def draw_regions(hand):
    figure, axes = new_figure(aspect=0.72)
    p = network_of(hand["folds"], hand["offset"])
    w, b = p["w"][0], p["b"][0]
    across, up = np.linspace(-2.2, 2.2, 221), np.linspace(-1.6, 1.9, 181)
    mesh = np.stack(np.meshgrid(across, up), axis=-1)
    on = (mesh @ w.T + b > 0).astype(int)
    number = on.sum(axis=-1)
    for count, alpha in ((0, 0.35), (1, 0.16), (2, 0.05)):
        axes.imshow(np.where(number == count, 1.0, np.nan), extent=(-2.2, 2.2, -1.6, 1.9), origin="lower", aspect="auto",
                    cmap=flat(color("blue")), alpha=alpha, vmin=0, vmax=1, interpolation="none")  # fmt: skip
    for k in range(3):
        along = np.array([-w[k, 1], w[k, 0]]) / np.linalg.norm(w[k])
        foot = -b[k] * w[k] / (w[k] @ w[k])
        axes.plot(*np.stack([foot - 6 * along, foot + 6 * along], axis=1), color=color("ink"), linewidth=2)
    patterns = on[..., 0] * 4 + on[..., 1] * 2 + on[..., 2]
    for pattern in np.unique(patterns):
        at = mesh[patterns == pattern].mean(axis=0)
        axes.text(*at, f"{pattern:03b}", ha="center", va="center", fontsize=17, color=color("ink"))
    axes.set(xlim=(-2.2, 2.2), ylim=(-1.6, 1.9), xticks=[], yticks=[], xlabel="$x_1$", ylabel="$x_2$")
    axes.grid(False)
    return figure


def flat(one):
    from matplotlib.colors import ListedColormap

    return ListedColormap([one])


def draw_errors(hand, trained):
    figure, axes = new_figure(aspect=0.66)
    sizes = [int(n) for n in hand]
    axes.plot(sizes, [h["error"] for h in hand.values()], color=color("blue"), marker="o")
    for n in TRAINED_SIZES:
        axes.plot([n] * SEEDS, trained[str(n)]["errors"], "s", color=color("orange"), markersize=5, alpha=0.75)
    axes.plot(TRAINED_SIZES, [trained[str(n)]["median"] for n in TRAINED_SIZES], color=color("orange"))
    direct_label(axes, 128, trained["128"]["median"], "trained", "orange", dx=10, dy=0)
    direct_label(axes, 64, hand["64"]["error"], "set by hand", "blue", dx=-6, dy=-16, ha="right")
    axes.set(xscale="log", yscale="log", xlabel="hidden units", ylabel="largest error on [0, 1]", xlim=(3.4, 400))
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
    return figure


def draw_places(places):
    figure, axes = new_figure(aspect=0.42)
    at = np.array(places["shown"])
    axes.axvspan(0, 1, color=color("blue"), alpha=0.12, linewidth=0)
    within = (at > 0) & (at < 1)
    height = 0.25 + 0.7 * (np.arange(len(at)) % 4) / 3
    axes.plot(at[within], height[within], "o", color=color("blue"), markersize=6)
    axes.plot(at[~within], height[~within], "x", color=color("muted"), markersize=6)
    axes.annotate("the data", (0.5, 1.3), ha="center", va="center", color=color("blue"))
    axes.set(xlim=(-3.15, 4.15), ylim=(0, 1.5), yticks=[], xlabel="where the unit folds, $x = -b/w$")
    axes.grid(False)
    axes.spines["left"].set_visible(False)
    return figure
