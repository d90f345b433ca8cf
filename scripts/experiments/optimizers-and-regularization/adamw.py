"""Where weight decay enters Adam: how fast weights shrink, where they come to rest, how large noise makes them, and a search on digits."""

import math

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure, sequential
from dlprimer import GPT, Adam, AdamW, Parameter, Tensor, cross_entropy, digits, encode_text, names, relu

TOLERANCE = {
    "digits": 0.1, "spread": 0.1, "rest": 0.02, "full-batch": 0.01, "full-batch.l2-to-ridge": None,
    # where the best cell lies, and small differences, may turn out otherwise with other rounding; claims bound them
    "digits.difference": None, "digits.small": None, "digits.equivalent": 0.5,
    **{
        f"digits.{method}.{what}": None
        for method in ("l2", "adamw") for what in ("sd", "best", "best-decay", "best-place", "middle-loss", "size", "ratio")
    },
}  # fmt: skip

METHODS = {"l2": Adam, "adamw": AdamW}
RATE, STRENGTH = 0.001, 0.5  # learning rate and weight decay of the explorable and of the decay rates
STEPS, QUIET, LOUD = 2000, 0.01, 10.0
SIZES = [10 ** (k / 2) for k in range(-6, 5)]  # gradient sizes whose decay is measured
RATE_STEPS, PAIRS = 200, 100
NOISE_PAIRS, NOISE_COPIES = [(0.001, 0.1), (0.01, 0.1), (0.001, 1.0), (0.01, 0.01)], 1000  # (learning rate, weight decay)
NOISE_SIZES = [0.001, 1.0, 1000.0]
L2_SIZES = [0.25, 1.0, 4.0]
REST_NOISE = [10 ** (k / 3) for k in range(-6, 4)]
REST_STEPS, REST_COPIES, TARGETS = 30_000, 100, {"inside": 1.0, "outside": 4.0}
FULL_STEPS, FULL_RATE = 40_000, 0.01
TRAIN, NOISY, SEARCH_STEPS, SEARCH_SEEDS, BATCH, WIDTH = 300, 60, 500, 5, 50, 128
SEARCH_RATES = [10 ** (k / 2) for k in range(-6, -2)]
SEARCH_DECAYS = {"l2": [10 ** (k / 2) for k in range(-6, -1)], "adamw": [10 ** (k / 2) for k in range(-2, 3)]}
SMALL_BATCH, SMALL_RATE = 5, 0.01
SPREAD_STEPS, SPREAD_SEEDS = 100, 3


def run(rng):
    return {
        "start": start_state(),
        "worked": worked_example(),
        "decay": decay_rates(rng),
        "noise": noise_sizes(rng),
        "rest": rest_points(rng),
        "full-batch": full_batch(rng),
        "spread": gradient_spread(),
        "digits": search(),
        "quiz": quiz(),
    }


def plain_key(number):
    return f"{number:.3g}".replace(".", "-")


# ---- two weights: the explorable's start ----


def trace(method, size, strength=STRENGTH):
    """A weight that starts at 1 while its gradient alternates between +size and -size: loud or quiet, with no direction."""
    w = Parameter(np.ones(1))
    optimizer = METHODS[method]([w], lr=RATE, weight_decay=strength)
    path = [1.0]
    for t in range(STEPS):
        w.grad = np.array([size if t % 2 == 0 else -size])
        optimizer.step()
        path.append(w.item())
    return np.array(path)


def start_state():
    paths = {f"{method}-{name}": trace(method, size) for method in METHODS for name, size in (("quiet", QUIET), ("loud", LOUD))}
    return {
        "rate": RATE, "strength": STRENGTH, "steps": STEPS, "quiet": QUIET, "loud": LOUD,
        "left": {name: path[-1] for name, path in paths.items()},
        "half": {name: int(np.argmax(path <= 0.5)) if (path <= 0.5).any() else None for name, path in paths.items()},
        "paths": {name: np.round(path[::20], 4) for name, path in paths.items()},
    }  # fmt: skip


def worked_example():
    """What one step takes from a weight at 1, in hundred-thousandths, at learning rate 0.001 and weight decay 0.1."""
    return [
        {"size": size, "l2": 1e5 * 0.001 * 0.1 / math.hypot(size, 0.1), "adamw": 1e5 * 0.001 * 0.1} for size in (0.001, 1.0, 10.0)
    ]


# ---- how fast a weight shrinks, by the size of its gradients ----


def decay_rates(rng):
    """Share of a weight at 1 that is lost per step, in learning rates, under random signs; copies come in pairs of opposite signs."""
    signs = rng.choice([-1.0, 1.0], size=(RATE_STEPS, PAIRS))
    found = {}
    for method, optimizer_class in METHODS.items():
        rates = []
        for size in SIZES:
            w = Parameter(np.ones((2, PAIRS)))
            optimizer = optimizer_class([w], lr=RATE, weight_decay=STRENGTH)
            for sign in signs:
                w.grad = size * np.array([sign, -sign])
                optimizer.step()
            rates.append(-math.log(w.data.mean()) / (RATE_STEPS * RATE))
        found[method] = rates
    l2 = np.array(found["l2"])
    steep = np.array(SIZES) >= 3
    return {
        "sizes": SIZES, "steps": RATE_STEPS, "copies": 2 * PAIRS, "strength": STRENGTH, **found,
        "theory": [STRENGTH / math.hypot(size, STRENGTH) for size in SIZES],
        "by-size": {plain_key(size): rate for size, rate in zip(SIZES, l2, strict=True)},
        "least-adamw": min(found["adamw"]), "most-adamw": max(found["adamw"]),
        "slope": np.polyfit(np.log(np.array(SIZES)[steep]), np.log(l2[steep]), 1)[0],
        "ratio": max(l2) / min(l2),
    }  # fmt: skip


# ---- how large noise alone makes a weight ----


def noise_sizes(rng):
    rows = []
    for lr, strength in NOISE_PAIRS:
        w = Parameter(np.zeros((len(NOISE_SIZES), NOISE_COPIES)))
        optimizer = AdamW([w], lr=lr, weight_decay=strength)
        for _ in range(round(4 / (lr * strength))):
            w.grad = np.array(NOISE_SIZES)[:, None] * rng.standard_normal(NOISE_COPIES)
            optimizer.step()
        sizes = np.sqrt(np.mean(w.data**2, axis=1))
        rows.append(
            {
                "lr": lr, "strength": strength, "predicted": math.sqrt(lr / (2 * strength)),
                "rms": sizes[1], "least": sizes.min(), "most": sizes.max(),
            }
        )  # fmt: skip
    w = Parameter(np.zeros((len(L2_SIZES), NOISE_COPIES)))
    optimizer = Adam([w], lr=0.01, weight_decay=1.0)
    for _ in range(4000):
        w.grad = np.array(L2_SIZES)[:, None] * rng.standard_normal((len(L2_SIZES), NOISE_COPIES))
        optimizer.step()
    l2 = np.sqrt(np.mean(w.data**2, axis=1))
    louder = {"sizes": L2_SIZES, "rms": l2, "louder": L2_SIZES[-1] / L2_SIZES[0], "ratio": l2[-1] / l2[0]}
    return {"rows": rows, "copies": NOISE_COPIES, "l2": louder}


# ---- where a weight comes to rest ----


def rest_points(rng):
    """Mean weight in a parabola of curvature 1 with its lowest point at the target, by the noise added to the gradient."""
    noise, result = np.array(REST_NOISE), {"noise": REST_NOISE, "strength": STRENGTH, "copies": REST_COPIES, "steps": REST_STEPS}
    for place, target in TARGETS.items():
        theory = np.array([balance(target, size) for size in REST_NOISE])
        found = {}
        for method, optimizer_class in METHODS.items():
            w = Parameter(np.full((REST_COPIES, len(noise)), target))
            optimizer = optimizer_class([w], lr=RATE, weight_decay=STRENGTH)
            total = np.zeros(len(noise))
            for step in range(REST_STEPS):
                w.grad = (w.data - target) + noise * rng.standard_normal(w.shape)
                optimizer.step()
                if step >= 2 * REST_STEPS // 3:
                    total += w.data.mean(axis=0)
            found[method] = total / (REST_STEPS - 2 * REST_STEPS // 3)
        result[place] = {
            "target": target, **found, "theory": theory, "ridge": target / (1 + STRENGTH),
            "adamw-error": np.max(abs(found["adamw"] / theory - 1)),
            "l2-error": np.max(abs(found["l2"] / (target / (1 + STRENGTH)) - 1)),
            "quietest": found["adamw"][0], "loudest": found["adamw"][-1],
        }  # fmt: skip
    return result


def balance(target, noise):
    """The weight where Adam's mean step equals the decay: (target - w) = noise strength w / sqrt(1 - (strength w)^2)."""
    low, high = 0.0, min(target, 1 / STRENGTH)
    for _ in range(100):
        w = (low + high) / 2
        pull = noise * STRENGTH * w / math.sqrt(max(1 - (STRENGTH * w) ** 2, 1e-300))
        low, high = (w, high) if target - w > pull else (low, w)
    return low


def full_batch(rng):
    """Least squares with all examples in each batch: what each method has found when its learning rate has gone to zero."""
    x = rng.standard_normal((40, 3))
    y = x @ np.array([2.0, -1.0, 0.5]) + rng.standard_normal(40)
    hessian, target = x.T @ x / 40, x.T @ y / 40
    unpenalized, ridge = np.linalg.solve(hessian, target), np.linalg.solve(hessian + 0.4 * np.eye(3), target)
    boxed = np.zeros(3)
    for _ in range(20_000):
        boxed = np.clip(boxed - 0.1 * (hessian @ boxed - target), -1.0, 1.0)

    def end(method, strength):
        w = Parameter(np.zeros(3))
        optimizer = METHODS[method]([w], lr=FULL_RATE, weight_decay=strength)
        for step in range(FULL_STEPS):
            optimizer.param_groups[0]["lr"] = FULL_RATE * (1 - step / FULL_STEPS)
            w.grad = hessian @ w.data - target
            optimizer.step()
        return w.data

    l2, loose, tight = end("l2", 0.4), end("adamw", 0.4), end("adamw", 1.0)
    return {
        "unpenalized": unpenalized, "ridge": ridge, "boxed": boxed, "l2": l2, "loose": loose, "tight": tight,
        "l2-to-ridge": np.max(abs(l2 - ridge)), "loose-to-unpenalized": np.max(abs(loose - unpenalized)),
        "tight-to-boxed": np.max(abs(tight - boxed)), "shrink": np.linalg.norm(ridge) / np.linalg.norm(unpenalized),
        "loose-box": 1 / 0.4, "largest": np.max(abs(unpenalized)),
    }  # fmt: skip


# ---- real gradients ----


def gradient_spread():
    """How much the root mean squares of gradients differ between the weights of a small Transformer's matrices."""
    tokens = encode_text(names()[0], start=True)
    ratios, medians = [], []
    for seed in range(SPREAD_SEEDS):
        rng = np.random.default_rng(seed)
        model = GPT(int(tokens.max()) + 1, tokens.shape[1], d_model=32, num_heads=4, num_layers=2, rng=rng)
        matrices = [p for p in model.parameters() if p.ndim == 2]
        squares = [np.zeros(p.shape) for p in matrices]
        optimizer = Adam(model.parameters(), lr=0.001)
        for _ in range(SPREAD_STEPS):
            optimizer.zero_grad()
            model.loss(tokens[rng.integers(len(tokens), size=64)]).backward()
            optimizer.step()
            for square, p in zip(squares, matrices, strict=True):
                square += p.grad**2 / SPREAD_STEPS
        sizes = np.sqrt(np.concatenate([square.ravel() for square in squares]))
        low, high = np.quantile(sizes[sizes > 0], [0.05, 0.95])
        ratios.append(high / low)
        medians.append(np.median(sizes[sizes > 0]))
    return {
        "steps": SPREAD_STEPS, "seeds": SPREAD_SEEDS, "weights": int(sum(p.size for p in matrices)),
        "ratio": {"median": np.median(ratios), "least": min(ratios), "most": max(ratios)}, "size": np.median(medians),
    }  # fmt: skip


# ---- a search on digits with wrong labels ----


def digits_data():
    images, labels = digits()
    x = images.reshape(-1, 64).astype(np.float32)
    parts = []
    for seed in range(SEARCH_SEEDS):
        rng = np.random.default_rng([35, seed])
        order = rng.permutation(len(x))
        train, test = order[:TRAIN], order[TRAIN:]
        y = labels[train].copy()
        y[:NOISY] = rng.integers(0, 10, NOISY)
        parts.append((x[train], y, x[test], labels[test]))
    return [np.array(part) for part in zip(*parts, strict=True)]


def search():
    data = digits_data()
    none = [train(data, "adamw", lr, 0.0)[0] for lr in SEARCH_RATES]
    result = {
        "rates": SEARCH_RATES, "decays": SEARCH_DECAYS, "seeds": SEARCH_SEEDS, "width": WIDTH, "train": TRAIN, "noisy": NOISY,
        "steps": SEARCH_STEPS, "batch": BATCH, "test": int(data[3].shape[1]), "none": {"mean": [float(scores.mean()) for scores in none]},
    }  # fmt: skip
    result["none"]["best"] = max(result["none"]["mean"])
    result["none"]["at-largest"] = result["none"]["mean"][-1]
    for method, decays in SEARCH_DECAYS.items():
        runs = [[train(data, method, lr, decay) for decay in decays] for lr in SEARCH_RATES]
        scores = np.array([[run[0] for run in row] for row in runs])  # rates x decays x seeds
        means = scores.mean(axis=2)
        i, j = np.unravel_index(np.argmax(means), means.shape)
        result[method] = {
            "mean": np.round(means, 4), "sd": np.round(scores.std(axis=2, ddof=1), 4),
            "best": {
                "mean": means[i, j], "sd": scores[i, j].std(ddof=1), "scores": scores[i, j],
                "rate": SEARCH_RATES[i], "decay": decays[j], "memories": SEARCH_STEPS * SEARCH_RATES[i] * decays[j],
            },
            "best-decay": [decays[k] for k in means.argmax(axis=1)], "best-place": means.argmax(axis=1),
            "row-best": means.max(axis=1), "middle-loss": np.max(means.max(axis=1) - means[:, len(decays) // 2]),
            "middle": decays[len(decays) // 2], "gain-at-largest": means[-1].max() - result["none"]["mean"][-1],
            "size": runs[i][j][1], "ratio": runs[i][j][2],
        }  # fmt: skip
    best = result["adamw"]["best"]
    result["equivalent"] = best["decay"] * result["adamw"]["size"]  # the L2 strength that theory puts beside it
    differences = np.array(best["scores"]) - np.array(result["l2"]["best"]["scores"])
    result["difference"] = {"mean": differences.mean(), "least": differences.min(), "most": differences.max()}
    result["small"] = {"batch": SMALL_BATCH, "rate": SMALL_RATE}
    for method, decays in SEARCH_DECAYS.items():
        lower = [decay / 10**0.5 for decay in decays]
        runs = [train(data, method, SMALL_RATE, decay, batch=SMALL_BATCH) for decay in lower]
        means = [float(scores.mean()) for scores, _, _ in runs]
        place = int(np.argmax(means))
        result["small"][method] = {
            "decays": lower, "mean": means, "best": means[place], "place": place, "decay": lower[place],
            "size": runs[place][1], "equivalent": lower[place] * runs[place][1],
        }  # fmt: skip
    return result


def train(data, method, lr, decay, batch=BATCH):
    """Test accuracies of as many networks as there are seeds, and median and spread of the matrices' gradient sizes at the end."""
    x, y, x_test, y_test = data
    rng = np.random.default_rng(35)
    seeds = SEARCH_SEEDS
    w1 = Parameter(rng.normal(0, (2 / 64) ** 0.5, (seeds, 64, WIDTH)).astype(np.float32))
    w2 = Parameter(rng.normal(0, (1 / WIDTH) ** 0.5, (seeds, WIDTH, 10)).astype(np.float32))
    b1, b2 = (Parameter(np.zeros((seeds, 1, width), np.float32)) for width in (WIDTH, 10))
    optimizer = METHODS[method]([{"params": [w1, w2], "weight_decay": decay}, {"params": [b1, b2], "weight_decay": 0.0}], lr=lr)
    squares = [np.zeros(w.shape) for w in (w1, w2)]
    for step in range(SEARCH_STEPS):
        chosen = rng.integers(TRAIN, size=(seeds, batch))
        xb, yb = np.take_along_axis(x, chosen[:, :, None], 1), np.take_along_axis(y, chosen, 1)
        optimizer.zero_grad()
        z = relu(Tensor(xb) @ w1 + b1) @ w2 + b2
        loss = cross_entropy(z.reshape(seeds * batch, 10), yb.reshape(-1)) * seeds  # each network has a batch mean of its own
        loss.backward()
        optimizer.step()
        if step >= SEARCH_STEPS - 100:
            for square, w in zip(squares, (w1, w2), strict=True):
                square += w.grad**2 / 100
    logits = np.maximum(x_test @ w1.data + b1.data, 0) @ w2.data + b2.data
    sizes = np.sqrt(np.concatenate([square.ravel() for square in squares]))
    sizes = sizes[sizes > 0]
    low, high = np.quantile(sizes, [0.05, 0.95]) if len(sizes) else (np.nan, np.nan)
    return (logits.argmax(axis=-1) == y_test).mean(axis=1), float(np.sqrt(np.mean(sizes**2))), float(high / low)


def quiz():
    return {
        "half": round(math.log(2) / -math.log1p(-4e-4 * 0.1)), "half-wrong": round(math.log(2) / -math.log1p(-0.1)),
        "rms": math.sqrt(0.001 / (2 * 0.1)), "rms-wrong": math.sqrt(0.001 / 0.1),
        "memory": round(1 / (3e-4 * 0.1)), "per-step": 3e-4 * 0.1, "ten-million": round(1 / (1e-3 * 1e-4)), "bound": 1 / 0.1,
        "rare": math.exp(-3e-4 * 0.1 * 10_000),
    }  # fmt: skip


# ---- what the page says ----


def claims(data):
    decay = data["decay"]
    yield at_most("adamw-even", "Under AdamW the decay rates of all gradient sizes agree within 1 %",
                  decay["most-adamw"] / decay["least-adamw"] - 1, 0.01)  # fmt: skip
    yield between("inverse", "Above 3, Adam with L2 decays weights in inverse proportion to the size of their gradients: the exponent",
                  decay["slope"], -1.03, -0.97)  # fmt: skip
    yield at_most("formula", "For every gradient size the decay rate of Adam with L2 is within 10 % of the formula",
                  max(abs(found / theory - 1) for found, theory in zip(decay["l2"], decay["theory"], strict=True)), 0.1)  # fmt: skip
    yield between("cap", "For the quietest gradients the rate of Adam with L2 is about one learning rate", max(decay["l2"]), 0.95, 1.15)
    rows = data["noise"]["rows"]
    yield at_most("noise-size", "Noise alone gives AdamW's weights the predicted size within 6 %",
                  max(abs(row["rms"] / row["predicted"] - 1) for row in rows), 0.06)  # fmt: skip
    yield at_most("noise-scale", "A million times larger gradients change that size by less than a thousandth",
                  max(row["most"] / row["least"] - 1 for row in rows), 1e-3)  # fmt: skip
    yield between("noise-l2", "Under Adam with L2, gradients 16 times as loud leave weights about four times as large",
                  data["noise"]["l2"]["ratio"], 3.6, 4.4)  # fmt: skip
    rest = data["rest"]
    yield at_most("rest-adamw", "AdamW's mean weight at rest is the one that balances step and decay, within 3 %",
                  max(rest[place]["adamw-error"] for place in TARGETS), 0.03)  # fmt: skip
    yield at_most("rest-l2", "Adam with L2 rests at the minimum of the penalized loss, within 5 %, whatever the noise",
                  max(rest[place]["l2-error"] for place in TARGETS), 0.05)  # fmt: skip
    full = data["full-batch"]
    yield at_most("full-ridge", "In full batches Adam with L2 ends at the ridge solution", full["l2-to-ridge"], 1e-3)
    yield at_most("full-loose", "In full batches AdamW ends within 0.01 of the unpenalized solution when that is in the box",
                  full["loose-to-unpenalized"], 0.01)  # fmt: skip
    yield at_most("full-box", "With a tighter box it ends within 0.03 of the best point in the box", full["tight-to-boxed"], 0.03)
    yield at_least("real-spread", "The middle nine tenths of a Transformer's weights differ by a factor of at least 40 in gradient size",
                   data["spread"]["ratio"]["least"], 40)  # fmt: skip
    found = data["digits"]
    yield at_most("level", "The best settings of the two methods differ by at most one percentage point",
                  abs(found["difference"]["mean"]), 0.01)  # fmt: skip
    for method in METHODS:
        name = {"l2": "Adam with L2", "adamw": "AdamW"}[method]
        yield at_most(f"same-decay-{method}", f"{name}: at each learning rate the middle strength is within 0.5 points of the best",
                      found[method]["middle-loss"], 0.005)  # fmt: skip
    yield at_least("helps", "At the largest learning rate decay gains at least two points",
                   min(found[method]["gain-at-largest"] for method in METHODS), 0.02)  # fmt: skip
    yield between("exchange", "AdamW's best strength times the gradients' size is within a grid step of L2's middle strength",
                  found["equivalent"] / found["l2"]["middle"], 10**-0.5, 10**0.5)  # fmt: skip
    small = found["small"]
    yield between("exchange-small", "In small batches, too, it is within a grid step of L2's best strength",
                  small["adamw"]["equivalent"] / small["l2"]["decay"], 10**-0.5, 10**0.5)  # fmt: skip
    yield at_most("small-lower", "AdamW's best strength in batches of 5 is at most a third of that in batches of 50",
                  small["adamw"]["decay"] / found["adamw"]["middle"], 0.34)  # fmt: skip


def figures(data):
    yield "start", draw_start(data["start"])
    yield "rest", draw_rest(data["rest"])
    yield "search", draw_search(data["digits"])


def draw_start(start):
    figure, (rates, traces) = new_figure(aspect=0.56, columns=2)
    strength = start["strength"]
    sizes = np.geomspace(0.001, 30, 80)
    rates.plot(sizes, np.full(80, strength), color=color("adamw"), linewidth=2.6)
    rates.plot(sizes, strength / np.hypot(sizes, strength), color=color("adam"), linewidth=2.6)
    for name, letter in (("quiet", "A"), ("loud", "B")):
        size = start[name]
        l2 = strength / math.hypot(size, strength)
        rates.plot([size, size], [l2, strength], color=color("muted"), linewidth=1, linestyle=(0, (3, 3)))
        rates.plot(size, l2, "o", color=color("adam"), markersize=8)
        rates.plot(size, strength, "o", color=color("adamw"), markersize=8)
        direct_label(rates, size, max(l2, strength), letter, "ink", dx=0, dy=13, ha="center")
    direct_label(rates, 0.0012, strength, "AdamW", "adamw", dx=0, dy=-12)
    direct_label(rates, 3.5, strength / 7, "Adam\n+ L2", "adam", dx=-10, dy=-14, ha="right")
    rates.set(xscale="log", yscale="log", xlim=(0.001, 30), ylim=(0.01, 3))
    rates.set(xlabel="size of gradients", ylabel=r"share lost per step, in $\eta$")
    t = np.arange(0, start["steps"] + 1, 20)
    traces.plot(t, start["paths"]["adamw-quiet"], color=color("adamw"), linewidth=2.6)
    for name, letter in (("quiet", "A"), ("loud", "B")):
        traces.plot(t, start["paths"][f"l2-{name}"], color=color("adam"))
        direct_label(traces, t[-1], start["left"][f"l2-{name}"], letter, "adam", dx=4)
    direct_label(traces, t[-1], start["left"]["adamw-quiet"], "A, B", "adamw", dx=4)
    traces.set(xlim=(0, start["steps"]), ylim=(0, 1.03), xlabel="step", ylabel="weight", xticks=[0, 1000, 2000])
    return figure


def draw_rest(rest):
    figure, panels = new_figure(aspect=0.56, columns=2)
    noise = np.array(rest["noise"])
    for axes, place in zip(panels, TARGETS, strict=True):
        found = rest[place]
        axes.plot(noise, found["theory"], color=color("adamw"))
        axes.plot(noise, found["adamw"], "o", color=color("adamw"))
        axes.axhline(found["ridge"], color=color("adam"))
        axes.plot(noise, found["l2"], "o", color=color("adam"), markersize=4.5)
        axes.axhline(found["target"], color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
        top = 1.17 * found["target"]
        direct_label(axes, 9, found["target"], "lowest loss", "muted", dx=0, dy=9, ha="right")
        axes.set(xscale="log", ylim=(0, top), xlabel="noise in the gradient")
    inside, outside = panels
    for axes, place in ((inside, "inside"), (outside, "outside")):
        direct_label(axes, 0.01, rest[place]["ridge"], "Adam + L2", "adam", dx=0, dy=10)
    direct_label(inside, 1.2, 0.42, "AdamW", "adamw", dx=0, ha="right")
    direct_label(outside, 0.012, 1 / rest["strength"], "AdamW, at $1/\\alpha$", "adamw", dx=0, dy=-14)
    inside.set(ylabel="mean weight at rest")
    return figure


def draw_search(found):
    from matplotlib.patches import Rectangle

    figure, panels = new_figure(aspect=0.62, columns=2, sharey=True)
    shades = sequential("blue")
    for axes, method, title, role in zip(panels, METHODS, ("Adam + L2", "AdamW"), ("adam", "adamw"), strict=True):
        means = np.array(found[method]["mean"])
        axes.imshow(np.clip(means, 0.75, 0.9), cmap=shades, vmin=0.75, vmax=0.9, aspect="auto", origin="lower")
        for i, row in enumerate(means):
            for j, value in enumerate(row):
                axes.text(j, i, f"{100 * value:.0f}", ha="center", va="center", color=color("paper" if value > 0.84 else "ink"))
            axes.add_patch(
                Rectangle((np.argmax(row) - 0.46, i - 0.46), 0.92, 0.92, fill=False, edgecolor=color("orange"), linewidth=2.4)
            )
        axes.set_title(title, color=color(role))
        axes.grid(False)
        axes.set(xlabel=r"weight decay $\alpha$")
        axes.set_xticks(range(len(found["decays"][method])), [f"{float(f'{decay:.1g}'):g}" for decay in found["decays"][method]])
        axes.set_yticks(range(len(found["rates"])), [f"{rate:.1g}" for rate in found["rates"]])
    panels[0].set(ylabel=r"learning rate $\eta$")
    return figure
