"""What Adam makes of a gradient: streams, start-up, a Transformer's layers, turned bowls, a sequence that defeats it, rare classes."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import GPT, SGD, Adam, Parameter, encode_text, names, optimal_heavy_ball

TOLERANCE = {
    "layers": 0.1, "imbalance": 0.3, "imbalance.centered": None, "streams": 1e-4,  # losses of a billionth are rounding
    **{f"imbalance.{inputs}.{method}.100": None for inputs in ("shared", "balanced") for method in ("momentum", "adam")},
}  # fmt: skip

RATE, BETAS = 0.001, (0.9, 0.999)
SHOWN, SHOUT_AT, HUM, SHOUT = 100, 40, 0.15, 3.0  # the sketch pad: its steps, a quiet signal and one loud gradient
STREAM_STEPS, STREAM_SEEDS = 10_000, 5
WARMED = 2000  # steps of the lone shout: before it, and from there until the step has recovered
LAYER_STEPS, LAYER_SEEDS = 100, 3
DIMENSIONS, KAPPA, ROTATIONS, MOST = 20, 10_000, 10, 25_000
BOWL_RATES = [
    2.0 ** (k / 2) for k in range(4, -12, -1)
]  # SGD's, over the largest curvature; Adam's are an eighth of them
SEQUENCE_STEPS, SEQUENCE_RATE = 10_000, 0.5
LEVELS, LABEL_SEEDS = 6, 3  # classes of 64, 32, ... 2 examples
HORIZONS = [25, 50, 100]  # steps at which the loss is read
LABEL_RATES = {"momentum": [10 ** (k / 2) for k in range(-6, 5)], "adam": [10 ** (k / 2) for k in range(-10, 1)]}


def run(rng):
    sketches = signals(rng)
    return {
        "worked": worked_example(),
        "sketch": {"signals": sketches, "start": sketch_numbers(sketches["shout"])},
        "streams": streams(rng),
        "shout": lone_shout(),
        "bias": start_up(*BETAS),
        "limits": limits(*BETAS),
        "layers": layers(),
        "bowl": bowls(rng),
        "sequence": {str(c): sequences(c) for c in (3, 10)},
        "imbalance": {
            "shared": imbalance(rng, skewed_labels(), mean=0.5),
            "centered": imbalance(rng, skewed_labels(), mean=0.0),
            "balanced": imbalance(rng, balanced_labels(), mean=0.5),
        },
        "counts": label_counts(),
        "memory": {"bytes": 8, "parameters-in-billions": 7, "gigabytes": 8 * 7},
        "quiz": quiz(),
    }


def updates(gradients, betas=BETAS, **settings):
    """Adam's steps for given gradients (T, ...), in units of the learning rate and against the gradient's sign."""
    w = Parameter(np.zeros(np.shape(gradients)[1:] or (1,)))
    optimizer = Adam([w], lr=1.0, betas=betas, **settings)
    steps = []
    for g in gradients:
        before = w.data.copy()
        w.grad = np.broadcast_to(np.asarray(g, dtype=float), w.shape).copy()
        optimizer.step()
        steps.append(before - w.data)
    return np.array(steps).reshape(np.shape(gradients))


# ---- by hand: three steps of one weight ----


def worked_example():
    gradients = [0.2, -0.1, 0.2]
    m = s = 0.0
    rows = []
    for t, (g, step) in enumerate(zip(gradients, updates(gradients), strict=True), 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        rows.append(
            {"g": g, "m": m, "s": s, "m-hat": m / (1 - 0.9**t), "root": (s / (1 - 0.999**t)) ** 0.5, "step": step}
        )
    return rows


def quiz():
    alternating = np.tile([1.0, -1.0], 2000)
    return {
        "first": float(RATE * updates([0.0002])[0]),
        "alternating": float(abs(updates(alternating)[-1])),
        "alternating-without-momentum": float(abs(updates(alternating, betas=(0.0, 0.999))[-1])),
        "sgd": RATE * 0.0002,
    }


# ---- streams ----


def signals(rng):
    """What the sketch pad starts from: 100 gradients each, on the pad's grid of 0.05."""
    shout = np.full(SHOWN, HUM)
    shout[SHOUT_AT - 1] = SHOUT
    sparse = np.zeros(SHOWN)
    sparse[9::20] = SHOUT
    return {
        "shout": shout,
        "constant": np.full(SHOWN, 1.0),
        "noise": np.round(np.clip(rng.standard_normal(SHOWN), -3, 3) / 0.05) * 0.05,
        "alternating": np.tile([1.0, -1.0], SHOWN // 2),
        "sparse": sparse,
    }


def sketch_numbers(gradients):
    m = s = 0.0
    averages, roots = [], []
    for t, g in enumerate(gradients, 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        averages.append(m / (1 - 0.9**t))
        roots.append((s / (1 - 0.999**t)) ** 0.5)
    steps = updates(gradients)
    return {
        "gradients": gradients, "average": np.round(averages, 4), "root": np.round(roots, 4), "steps": np.round(steps, 4),
        "at": SHOUT_AT, "times": SHOUT / HUM, "before": steps[SHOUT_AT - 2], "last": steps[-1], "mean": np.mean(np.abs(steps)),
        "sgd-mean": np.mean(np.abs(gradients)),
    }  # fmt: skip


def streams(rng):
    """The mean step and its root mean square for streams of root mean square one, as they are and a thousand times as loud."""
    t = np.arange(STREAM_STEPS)[:, None]
    noise = rng.standard_normal((2, STREAM_STEPS, STREAM_SEEDS))
    made = {
        "constant": np.ones((STREAM_STEPS, STREAM_SEEDS)),
        "biased": 0.3 + (1 - 0.3**2) ** 0.5 * noise[0],
        "noise": noise[1],
        "alternating": np.where(t % 2 == 0, 1.0, -1.0) * np.ones(STREAM_SEEDS),
        "sparse": np.where(rng.random((STREAM_STEPS, STREAM_SEEDS)) < 0.01, 10.0, 0.0),
    }
    found = {}
    for name, gradients in made.items():
        steps, loud = updates(gradients), updates(1000 * gradients)
        means, sizes = steps.mean(axis=0), np.sqrt(np.mean(steps**2, axis=0))
        found[name] = {
            "mean": means.mean(), "least": means.min(), "most": means.max(), "size": sizes.mean(),
            "gradient-mean": gradients.mean(), "loud-difference": np.max(np.abs(steps - loud)),
        }  # fmt: skip
    return {"steps": STREAM_STEPS, "seeds": STREAM_SEEDS, "signal": 0.3, "found": found}


def lone_shout():
    """A steady gradient of one, interrupted by a single gradient of a hundred: how small the steps become, for how long."""
    gradients = np.ones(4 * WARMED)
    gradients[WARMED - 1] = 100.0
    steps = updates(gradients)
    after = steps[WARMED:]
    first = 100
    return {
        "before": steps[WARMED - 2], "at": steps[WARMED - 1], "after-100": after[first - 1],
        "half-again": first + int(np.argmax(after[first:] >= 0.5)), "nine-tenths-again": first + int(np.argmax(after[first:] >= 0.9)),
    }  # fmt: skip


# ---- start-up ----


def start_up(beta1, beta2):
    """How many times too long the steps of a constant gradient are without the corrections."""
    t = np.arange(1, 20_001)
    factor = (1 - beta1**t) / np.sqrt(1 - beta2**t)
    peak = int(np.argmax(factor))
    low_factor = (1 - beta1**t) / np.sqrt(1 - 0.95**t)
    shown = np.unique(np.round(np.geomspace(1, 10_000, 140)).astype(int))
    return {
        "first": factor[0], "peak": factor[peak], "peak-at": int(t[peak]), "at-1000": factor[999],
        "within-a-percent": int(t[np.flatnonzero(factor > 1.01)[-1]]), "t": shown, "factor": np.round(factor[shown - 1], 4),
        "low": {"first": low_factor[0], "peak": low_factor.max()}, "eps-hat": 1 / np.sqrt(1 - beta2),
    }  # fmt: skip


def limits(beta1, beta2):
    """The longest steps, for a weight that wakes after a long silence: by one gradient, by equal ones, by growing ones."""
    silence = np.zeros(20_000)
    tiny = {"betas": (beta1, beta2), "eps": 1e-300}
    ones, growing = np.ones(40), (beta2 / beta1) ** np.arange(-400.0, 0.0)
    woken = updates(np.concatenate([silence, ones]), **tiny)[len(silence) :]
    return {
        "spike": woken[0], "spike-in-theory": (1 - beta1) / np.sqrt(1 - beta2),
        "woken": woken.max(), "woken-at": int(np.argmax(woken)) + 1,
        "growing": updates(np.concatenate([silence, growing]), **tiny)[-1], "growth": beta2 / beta1 - 1,
        "bound": (1 - beta1) / np.sqrt((1 - beta2) * (1 - beta1**2 / beta2)),
        "low-bound": (1 - beta1) / np.sqrt((1 - 0.95) * (1 - beta1**2 / 0.95)),
    }  # fmt: skip


# ---- the tensors of a small Transformer ----


def layers():
    """Root mean square of gradient and of Adam's step, in learning rates, for each tensor of a Transformer that learns names."""
    tokens = encode_text(names()[0], start=True)
    runs = [tensor_sizes(tokens, np.random.default_rng(seed)) for seed in range(LAYER_SEEDS)]
    gradients, steps = np.median([run[1] for run in runs], axis=0), np.median([run[2] for run in runs], axis=0)
    spreads = {
        what: [sizes.max() / sizes.min() for sizes in (run[i] for run in runs)]
        for i, what in ((1, "gradient"), (2, "step"))
    }
    return {
        "names": list(runs[0][0]), "gradients": gradients, "steps": steps, "count": len(gradients), "names-learned": len(tokens),
        "updates": LAYER_STEPS, "seeds": LAYER_SEEDS, "least-step": steps.min(), "most-step": steps.max(),
        "largest": runs[0][0][int(np.argmax(gradients))], "smallest": runs[0][0][int(np.argmin(gradients))],
        **{f"{what}-spread": {"median": np.median(v), "least": min(v), "most": max(v)} for what, v in spreads.items()},
    }  # fmt: skip


def tensor_sizes(tokens, rng):
    model = GPT(int(tokens.max()) + 1, tokens.shape[1], d_model=32, num_heads=4, num_layers=2, rng=rng)
    tensors = dict(model.named_parameters())
    optimizer = Adam(tensors.values(), lr=RATE)
    gradients, steps = [], []
    for _ in range(LAYER_STEPS):
        optimizer.zero_grad()
        model.loss(tokens[rng.integers(len(tokens), size=64)]).backward()
        before = [p.data.copy() for p in tensors.values()]
        optimizer.step()
        gradients.append([np.sqrt(np.mean(p.grad**2)) for p in tensors.values()])
        steps.append(
            [np.sqrt(np.mean((p.data - old) ** 2)) / RATE for p, old in zip(tensors.values(), before, strict=True)]
        )
    return list(tensors), np.mean(gradients, axis=0), np.mean(steps, axis=0)


# ---- the same bowl, along the axes and turned ----


def bowls(rng):
    curvatures = np.geomspace(1.0, KAPPA, DIMENSIONS)
    turns = [np.eye(DIMENSIONS)] + [rotation(rng) for _ in range(ROTATIONS)]
    hessians = np.array([q * curvatures @ q.T for q in turns])
    starts = np.array([q @ (curvatures**-0.5) for q in turns])
    methods = {
        "gd": [(SGD, {"lr": rate / KAPPA}) for rate in BOWL_RATES],
        "momentum": [(SGD, {"lr": rate / KAPPA, "momentum": 0.9}) for rate in BOWL_RATES],
        "heavy-ball": [(SGD, optimal_heavy_ball(1.0, KAPPA))],
        "adam": [(Adam, {"lr": rate / 8}) for rate in BOWL_RATES],
    }
    result = {"kappa": KAPPA, "dimensions": DIMENSIONS, "rotations": ROTATIONS, "rates": len(BOWL_RATES)}
    for name, tried in methods.items():
        counts, most = [], MOST
        for one in tried:
            counts.append(steps_to_target(hessians, starts, *one, most))
            most = min(most, int(counts[-1].max()))  # a rate that takes longer than this everywhere cannot win
        counts = np.array(counts)  # (rates, turns)
        best, at = counts.min(axis=0), counts.argmin(axis=0)
        turned = best[1:]
        result[name] = {
            "aligned": int(best[0]), "least": int(turned.min()), "median": float(np.median(turned)), "most": int(turned.max()),
            "best-rate": tried[at[0]][1]["lr"] * (1 if name == "adam" else KAPPA),
            "at-an-end": bool(len(tried) > 1 and np.isin(at, (0, len(tried) - 1)).any()),
        }  # fmt: skip
    return result


def rotation(rng):
    q, r = np.linalg.qr(rng.standard_normal((DIMENSIONS, DIMENSIONS)))
    return q * np.sign(np.diag(r))


def steps_to_target(hessians, starts, method, settings, most):
    """For each bowl, the first step at which the height is a ten-thousandth of the start's; MOST if not within `most`."""
    w = Parameter(starts.copy())
    optimizer = method([w], **settings)
    counts = np.full(len(starts), MOST)
    goal = None
    for step in range(most + 1):
        g = (hessians @ w.data[:, :, None])[:, :, 0]
        height = 0.5 * np.sum(w.data * g, axis=1)
        if goal is None:
            goal = 1e-4 * height
        reached = (height <= goal) & (counts == MOST)
        counts[reached] = step
        if (counts < MOST).all() or not np.all(height < 1e12):
            break
        w.grad = g
        optimizer.step()
    return counts


# ---- a sequence on which Adam can go the wrong way ----


def sequences(c):
    """Losses c*x every third step and -x otherwise on [-1, 1], rates falling as one over the root of the step: -1 is best."""
    short = {"betas": (0.0, 1 / (1 + c * c))}
    methods = {"adam": short, "amsgrad": {**short, "amsgrad": True}, "defaults": {}}
    return {name: endpoint(c, settings) for name, settings in methods.items()}


def endpoint(c, settings):
    x = Parameter(np.array([0.0]))
    optimizer = Adam([x], lr=SEQUENCE_RATE, **settings)
    path = []
    for t in range(1, SEQUENCE_STEPS + 1):
        optimizer.param_groups[0]["lr"] = SEQUENCE_RATE / t**0.5
        x.grad = np.array([float(c) if t % 3 == 1 else -1.0])
        optimizer.step()
        np.clip(x.data, -1, 1, out=x.data)
        path.append(x.data[0])
    return {"end": path[-1], "late-mean": np.mean(path[-1000:])}


# ---- many rare classes ----


def label_counts():
    labels = skewed_labels()
    return {
        "examples": len(labels), "classes": int(labels.max()) + 1, "inputs": (LEVELS + 1) * 2**LEVELS,
        "most": 2**LEVELS, "seeds": LABEL_SEEDS, "curvature-ratio": 3 * len(labels),
    }  # fmt: skip


def skewed_labels():
    """2**k classes with 2**(LEVELS - k) examples each: every level of frequency holds as many examples."""
    sizes = [2 ** (LEVELS - k) for k in range(LEVELS) for _ in range(2**k)]
    return np.repeat(np.arange(len(sizes)), sizes)


def balanced_labels():
    """As many examples in as many classes, and one class more, of equal size."""
    return np.repeat(np.arange(2**LEVELS), LEVELS)


def imbalance(rng, labels, mean):
    """A linear softmax classifier learns labels by heart, full batch, from random inputs with the given mean."""
    levels = np.minimum(np.floor(np.log2(labels + 1)).astype(int), LEVELS - 1)
    size = (len(labels), (LEVELS + 1) * 2**LEVELS)
    inputs = [(rng.random(size) - 0.5 + mean).astype(np.float32) for _ in range(LABEL_SEEDS)]
    makers = {"momentum": lambda w, lr: SGD([w], lr=lr, momentum=0.9), "adam": lambda w, lr: Adam([w], lr=lr)}
    result = {}
    for name, make in makers.items():
        # (rates, seeds, horizons, levels); inf where training has diverged
        losses = np.array([[losses_of_levels(x, labels, levels, make, lr) for x in inputs] for lr in LABEL_RATES[name]])
        overall = losses.mean(axis=-1)
        for h, horizon in enumerate(HORIZONS):
            best = int(np.argmin(np.median(overall[:, :, h], axis=1)))
            found = losses[best, :, h]
            result.setdefault(name, {})[str(horizon)] = {
                "rate": LABEL_RATES[name][best], "at-an-end": best in (0, len(LABEL_RATES[name]) - 1),
                "median": np.median(found.mean(axis=1)), "least": found.mean(axis=1).min(), "most": found.mean(axis=1).max(),
                "levels": np.median(found, axis=0), "rarest": np.median(found[:, -1]), "frequent": np.median(found[:, 0]),
            }  # fmt: skip
    return result


def losses_of_levels(x, labels, levels, make, lr):
    """Mean loss of each level of frequency at each horizon."""
    w = Parameter(np.zeros((x.shape[1], labels.max() + 1), dtype=np.float32))
    optimizer = make(w, lr)
    rows = np.arange(len(labels))
    found = np.full((len(HORIZONS), LEVELS), np.inf)
    for step in range(HORIZONS[-1] + 1):
        logits = x @ w.data
        logits -= logits.max(axis=1, keepdims=True)
        loss = -logits[rows, labels]
        p = np.exp(np.maximum(logits, -40))  # smaller ones change nothing, but numbers below the normal range are slow
        total = p.sum(axis=1)
        loss += np.log(total)
        if not loss.mean() < 1000:
            break
        if step in HORIZONS:
            found[HORIZONS.index(step)] = [loss[levels == k].mean() for k in range(LEVELS)]
        p /= total[:, None]
        p[rows, labels] -= 1
        w.grad = x.T @ p / len(labels)
        optimizer.step()
    return found


# ---- what the page says ----


def claims(data):
    found, bowl = data["streams"]["found"], data["bowl"]
    yield at_most("scale-free", "A thousand times louder gradients change no step by more than a millionth of the learning rate",
                  max(found[name]["loud-difference"] for name in found), 1e-6)  # fmt: skip
    yield between(
        "constant-full",
        "A constant gradient moves the weight by the learning rate",
        found["constant"]["mean"],
        0.999,
        1.001,
    )
    yield at_most("alternating-small", "An alternating gradient leaves steps of at most 0.06 times the learning rate",
                  found["alternating"]["size"], 0.06)  # fmt: skip
    yield between("signal-to-noise", "Where gradients are mostly noise, the mean step is their signal-to-noise ratio, within a tenth",
                  found["biased"]["mean"] / found["biased"]["gradient-mean"], 0.9, 1.1)  # fmt: skip
    yield between("sparse-mean", "Rare gradients of one sign move the weight by about their mean over their root mean square",
                  found["sparse"]["mean"] / found["sparse"]["gradient-mean"], 0.85, 1.15)  # fmt: skip
    yield at_most("noise-mean", "Pure noise has a mean step of at most 0.03 times the learning rate in every seed",
                  max(abs(found["noise"]["least"]), abs(found["noise"]["most"])), 0.03)  # fmt: skip
    yield at_least("layers-differ", "The gradients of the tensors differ in size by a factor of at least 50 in every seed",
                   data["layers"]["gradient-spread"]["least"], 50)  # fmt: skip
    yield at_most("steps-alike", "Adam's steps differ by a factor of at most 12 in every seed",
                  data["layers"]["step-spread"]["most"], 12)  # fmt: skip
    yield at_least("deaf", "After one gradient a hundred times as large, steps stay below half for more than a thousand steps",
                   data["shout"]["half-again"], 1000)  # fmt: skip
    yield between("peak", "Without the corrections the longest step of a constant gradient is 6.5 to 6.6 learning rates",
                  data["bias"]["peak"], 6.5, 6.6)  # fmt: skip
    yield between("woken", "Equal gradients after a long silence give steps of up to 6.5 to 6.6 learning rates",
                  data["limits"]["woken"], 6.5, 6.6)  # fmt: skip
    yield at_most("bound", "Growing gradients after a long silence reach the bound, within a thousandth",
                  abs(data["limits"]["growing"] / data["limits"]["bound"] - 1), 1e-3)  # fmt: skip
    yield at_most("spike-bound", "One gradient after a long silence moves the weight by (1 - beta1) / sqrt(1 - beta2), within a thousandth",
                  abs(data["limits"]["spike"] / data["limits"]["spike-in-theory"] - 1), 1e-3)  # fmt: skip
    yield at_most("rotation-invariant", "Turning the bowl changes the steps of gradient descent and of both momenta by at most two",
                  max(abs(bowl[name][end] - bowl[name]["aligned"])
                      for end in ("least", "most") for name in ("gd", "momentum", "heavy-ball")), 2)  # fmt: skip
    yield at_least("rotation-costs", "In every one of the turned bowls Adam needs at least 5 times its steps along the axes",
                   bowl["adam"]["least"] / bowl["adam"]["aligned"], 5)  # fmt: skip
    yield at_most("aligned-wins", "Along the axes Adam needs at most a quarter of the steps of tuned heavy ball",
                  bowl["adam"]["aligned"] / bowl["heavy-ball"]["aligned"], 0.25)  # fmt: skip
    yield at_least("turned-loses", "In every one of the turned bowls Adam needs at least 1.2 times the steps of tuned heavy ball",
                   bowl["adam"]["least"] / bowl["heavy-ball"]["aligned"], 1.2)  # fmt: skip
    yield at_least("worst-point", "With beta1 = 0 and the small beta2 Adam is close to the worst point for both C",
                   min(data["sequence"][c]["adam"]["late-mean"] for c in data["sequence"]), 0.99)  # fmt: skip
    yield at_most("best-point", "AMSGrad and the default Adam are close to the best point for both C",
                  max(ends[name]["late-mean"] for ends in data["sequence"].values() for name in ("amsgrad", "defaults")),
                  -0.99)  # fmt: skip
    shared, centered = data["imbalance"]["shared"], data["imbalance"]["centered"]
    yield at_most("rare-learned", "With uniform inputs, after 50 steps, Adam's loss on the rarest classes is at most a tenth of momentum's",
                  shared["adam"]["50"]["rarest"] / shared["momentum"]["50"]["rarest"], 0.1)  # fmt: skip
    yield between("frequent-alike", "On the most frequent class the two losses are within a factor of two at that point",
                  shared["adam"]["50"]["frequent"] / shared["momentum"]["50"]["frequent"], 0.5, 2)  # fmt: skip
    yield at_most("gap-closes", "After 100 steps momentum's loss, too, is below 0.05 in every seed",
                  shared["momentum"]["100"]["most"], 0.05)  # fmt: skip
    balanced = data["imbalance"]["balanced"]
    yield at_least("balanced-reversed", "With balanced classes and uniform inputs Adam's loss after 50 steps is at least twice momentum's",
                   balanced["adam"]["50"]["median"] / balanced["momentum"]["50"]["median"], 2)  # fmt: skip
    yield at_most("gap-goes", "With centered inputs momentum's loss is below a thousandth after 25 steps",
                  centered["momentum"]["25"]["most"], 1e-3)  # fmt: skip


def figures(data):
    yield "sketch", draw_sketch(data["sketch"]["start"])
    yield "start-up", draw_start_up(data["bias"])
    yield "layers", draw_layers(data["layers"])
    yield "rotation", draw_rotation(data["bowl"])
    yield "imbalance", draw_imbalance(data["imbalance"])


def draw_sketch(start):
    figure, (above, below) = new_figure(aspect=0.78, rows=2, sharex=True)
    t = np.arange(1, len(start["gradients"]) + 1)
    above.bar(t, start["gradients"], width=0.8, color=color("muted"))
    above.plot(t, start["root"], color=color("orange"))
    above.plot(t, start["average"], color=color("blue"))
    above.axhline(0, color=color("rule"), linewidth=1)
    direct_label(above, start["at"], 3.0, "one loud gradient", "muted", dx=8, dy=-4)
    direct_label(above, 62, start["root"][61], r"$\sqrt{\hat s}$ remembers it", "orange", dx=0, dy=12)
    direct_label(above, 76, start["average"][75], r"$\hat m$ forgets it", "blue", dx=0, dy=-14)
    above.set(ylabel="gradient", ylim=(-0.6, 3.2))
    below.axhline(1, color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
    below.fill_between(t, 0, start["steps"], color=color("adam"), alpha=0.25, linewidth=0)
    below.plot(t, start["steps"], color=color("adam"))
    direct_label(below, 62, start["steps"][61], "Adam's step", "adam", dx=4, dy=14)
    below.set(xlabel="step", ylabel=r"step$\,/\,\eta$", ylim=(0, 1.25), xlim=(0, len(t) + 1))
    return figure


def draw_start_up(bias):
    figure, axes = new_figure(aspect=0.52)
    t, factor = np.array(bias["t"]), np.array(bias["factor"])
    axes.axhline(1, color=color("adam"))
    direct_label(axes, 1.1, 1, "corrected", "adam", dx=0, dy=-12)
    axes.plot(t, factor, color=color("red"))
    axes.plot([1, bias["peak-at"], 1000], [bias["first"], bias["peak"], bias["at-1000"]], "o", color=color("red"))
    direct_label(axes, 1, bias["first"], f"{bias['first']:.2f}", "red", dx=8, dy=-6)
    direct_label(
        axes, bias["peak-at"], bias["peak"], f"{bias['peak']:.2f} at step {bias['peak-at']}", "red", dx=8, dy=6
    )
    direct_label(axes, 1000, bias["at-1000"], f"{bias['at-1000']:.2f} at step 1,000", "red", dx=0, dy=14)
    direct_label(axes, 90, factor[np.searchsorted(t, 90)], "without the corrections", "red", dx=10, dy=6)
    axes.set(xscale="log", ylim=(0, 7.4), xlabel="step", ylabel=r"step$\,/\,\eta$")
    axes.set_xticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
    return figure


def draw_layers(layers):
    figure, axes = new_figure(aspect=0.36)
    for y, (name, role) in enumerate((("steps", "adam"), ("gradients", "sgd"))):
        sizes = np.array(layers[name]) / max(layers[name])
        axes.plot(sizes, np.full(len(sizes), y), "o", color=color(role), alpha=0.55, markersize=9, markeredgewidth=0)
    gradients = np.array(layers["gradients"]) / max(layers["gradients"])
    direct_label(axes, 1, 1, "embedding", "sgd", dx=6, dy=14, ha="right")
    direct_label(axes, gradients.min(), 1, "a feed-forward layer", "sgd", dx=-6, dy=14)
    axes.set(xscale="log", ylim=(-0.6, 1.7), xlabel="size, against the largest tensor's")
    axes.set_yticks([0, 1], ["Adam's step", "gradient,\nSGD's step"])
    axes.set_xticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axes.grid(False, axis="y")
    return figure


def draw_rotation(bowl):
    figure, axes = new_figure(aspect=0.52)
    rows = [
        ("adam", "Adam", "adam"), ("heavy-ball", "tuned heavy ball", "purple"),
        ("momentum", "momentum 0.9", "momentum"), ("gd", "gradient descent", "gd"),
    ]  # fmt: skip
    for y, (name, _, role) in enumerate(rows):
        found = bowl[name]
        axes.plot([found["least"], found["most"]], [y - 0.17, y - 0.17], color=color(role), linewidth=4)
        axes.plot(
            found["median"],
            y - 0.17,
            "o",
            color=color(role),
            markerfacecolor=color("paper"),
            markeredgewidth=2,
            markersize=9,
        )
        axes.plot(found["aligned"], y + 0.17, "o", color=color(role), markersize=10)
        if name == "adam":
            direct_label(axes, found["aligned"], y + 0.17, "along the axes", role, dx=10)
            direct_label(axes, found["least"], y - 0.17, "turned", role, dx=-10, ha="right")
    axes.set(xscale="log", ylim=(-0.5, 3.5), xlim=(50, 40_000), xlabel="steps to a ten-thousandth of the loss")
    axes.set_yticks(range(4), [label for _, label, _ in rows])
    axes.set_xticks([100, 1000, 10_000], ["100", "1,000", "10,000"])
    axes.grid(False, axis="y")
    return figure


def draw_imbalance(imbalance):
    figure, axes = new_figure(aspect=0.55, columns=2, sharey=True)
    sizes = [2 ** (LEVELS - k) for k in range(LEVELS)]
    for panel, name, title in zip(
        axes, ("shared", "centered"), ("inputs share a mean", "inputs centered"), strict=True
    ):
        for method, label, at, dy in (("momentum", "momentum", 1, 16), ("adam", "Adam", 2, -14)):
            losses = np.maximum(imbalance[name][method]["50"]["levels"], 1e-4)
            panel.plot(range(LEVELS), losses, color=color(method), marker="o", clip_on=False)
            if name == "shared":
                direct_label(panel, at, losses[at], label, method, dx=0, dy=dy)
        panel.set(yscale="log", ylim=(1e-4, 6), xlabel="examples in the class")
        panel.set_xticks(range(LEVELS), [str(size) for size in sizes])
        panel.annotate(
            title, (0, 1), xycoords="axes fraction", xytext=(2, 4), textcoords="offset points", color=color("ink")
        )
    direct_label(axes[1], 2.5, 1e-4, "both", dx=0, dy=14, ha="center")
    axes[0].set_ylabel("loss after 50 steps")
    axes[0].set_yticks([1e-4, 1e-3, 1e-2, 0.1, 1], ["< 0.0001", "0.001", "0.01", "0.1", "1"])
    return figure
