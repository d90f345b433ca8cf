"""What single parameters of a trained network are worth: knocked out, shuffled, averaged, rounded, and those that never learned."""

from itertools import product

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, diverging, new_figure
from dlprimer import (
    LSTM,
    MLP,
    Adam,
    AdamW,
    BatchNorm2d,
    Callback,
    Conv2d,
    Embedding,
    ResNet,
    Sequential,
    cross_entropy,
    digits,
    fit,
    log_softmax,
    memory_budget,
    train_val_test_split,
)

TOLERANCE = {"runs": None, "wall": None, "rank.smallest-kept": None, "rank.largest-dropped": None}

SIZES = [64, 32, 10]
INPUTS, HIDDEN, CLASSES = SIZES
UNIT = INPUTS + 1 + CLASSES  # numbers that belong to a hidden unit: weights in, bias, weights out
SEEDS = 5
TRAIN, TEST = 1437, 360
RATE, EPOCHS, BATCH = 0.003, 60, 32
DECAY = 0.01
DRAWS = 20  # random copies, or random choices of parameters, for each network
REMOVED = [1, 3, 10, 30, 100, 300, 1000]
BITS = [8, 4, 3, 2]
LARGE = 7_000_000_000
POINTS = 8  # that one sine tells apart in every way


def run(rng):
    runs = [one_run(seed, rng) for seed in range(SEEDS)]
    return {
        "settings": {"seeds": SEEDS, "train": TRAIN, "test": TEST, "rate": RATE, "epochs": EPOCHS, "batch": BATCH, "draws": DRAWS,
                     "decay": DECAY, "removed": REMOVED, "bits": BITS},
        "counts": counts(rng),
        "memory": memory(),
        "rank": functional_dimension(rng),
        "sine": {"points": POINTS, "labelings": shattered(POINTS), "all": 2**POINTS},
        "runs": summary([found for found, _ in runs]),
        "wall": runs[0][1],
    }  # fmt: skip


def spread(values):
    values = [float(value) for value in values]
    return {"median": float(np.median(values)), "least": min(values), "most": max(values)}


def summary(runs):
    """Every number of the runs as its median, smallest and largest over the seeds."""
    if isinstance(runs[0], dict):
        return {name: summary([each[name] for each in runs]) for name in runs[0]}
    return spread(runs)


# ---- counting ----


def counts(rng):
    resnet = ResNet("bottleneck", [3, 4, 6, 3], rng=rng)
    vocabulary, width, context, blocks = 50257, 768, 1024, 12
    embedding = vocabulary * width
    block = 12 * width**2 + 13 * width  # attention 4 w² + 4 w, feed-forward 8 w² + 5 w, two layer norms 4 w
    tied = embedding + context * width + blocks * block + 2 * width
    convolution = Conv2d(3, 64, 7, bias=False, rng=rng)
    mlp = MLP(SIZES, rng=rng)
    return {
        "mlp": {"all": mlp.number_of_parameters(), "bytes": 4 * mlp.number_of_parameters(), "in": INPUTS * HIDDEN,
                "out": HIDDEN * CLASSES, "rescalings": HIDDEN, "shifts": HIDDEN + 1,
                "left": mlp.number_of_parameters() - 2 * HIDDEN - 1, "macs": INPUTS * HIDDEN + HIDDEN * CLASSES},
        "permutations": float(np.prod(np.arange(1.0, HIDDEN + 1))),
        "unit": UNIT,
        "conv": Conv2d(64, 128, 3, rng=rng).number_of_parameters(),
        "norm": BatchNorm2d(128).number_of_parameters(),
        "embedding": Embedding(1000, 64, rng=rng).number_of_parameters(),
        "lstm": LSTM(64, 128, rng=rng).number_of_parameters(),
        "lstm-one-bias": 4 * (64 * 128 + 128 * 128 + 128),
        "resnet": {"parameters": resnet.number_of_parameters(),
                   "running": sum(array.size for name, array in resnet.named_buffers() if "running" in name)},
        "gpt2": {"tied": tied, "untied": tied + embedding, "embedding": embedding, "share": embedding / tied},
        "stem": {"both": Sequential(convolution, BatchNorm2d(64)).number_of_parameters(), "conv": convolution.number_of_parameters(),
                 "norm": BatchNorm2d(64).number_of_parameters(), "positions": convolution.number_of_parameters() * 112 * 112 + 128,
                 "with-buffers": convolution.number_of_parameters() + 4 * 64},
    }  # fmt: skip


def memory():
    """Bytes: of the small network in float32, and of a large one in mixed precision, both trained with Adam."""
    small, large = memory_budget(2410, precision="float32"), memory_budget(LARGE, precision="mixed")
    return {
        "small": {"weights": small.weights, "all": small.states},
        "large": {"weights": large.weights / 1e9, "gradients": large.gradients / 1e9, "copy": 4 * LARGE / 1e9, "mean": 4 * LARGE / 1e9,
                  "square": 4 * LARGE / 1e9, "optimizer": large.optimizer / 1e9, "all": large.states / 1e9,
                  "per-parameter": large.states / LARGE, "int8": LARGE / 1e9, "int4": LARGE / 2e9},
    }  # fmt: skip


# ---- a network as four arrays: weights in (32, 64), bias (32,), weights out (10, 32), bias (10,) ----


def arrays_of(model):
    return [parameter.data.astype(np.float64) for parameter in model.parameters()]


def logits(net, x):
    w, b, v, c = net
    return np.maximum(x @ w.T + b, 0) @ v.T + c


def flat(net):
    return np.concatenate([array.ravel() for array in net])


def unflat(values, like):
    ends = np.cumsum([array.size for array in like])
    return [part.reshape(array.shape) for part, array in zip(np.split(values, ends[:-1]), like, strict=True)]


def scrambled(net, order, scales):
    """The units in another order, each with its weights in times a factor and its weights out divided by it."""
    w, b, v, c = net
    return [(w * scales[:, None])[order], (b * scales)[order], (v / scales)[:, order], c]


def averaged(one, other):
    return [(a + b) / 2 for a, b in zip(one, other, strict=True)]


def rounded(net, bits):
    """Each array on the grid of whole multiples of its largest magnitude over 2^(bits-1) - 1."""
    most = 2 ** (bits - 1) - 1
    steps = [np.abs(array).max() / most for array in net]
    return [np.round(array / step) * step for array, step in zip(net, steps, strict=True)]


def equalized(net):
    """The same function, with each unit's largest weight in as large as its largest weight out."""
    w, _, v, _ = net
    return scrambled(net, np.arange(len(w)), np.sqrt(np.abs(v).max(axis=0) / np.abs(w).max(axis=1)))


def balanced(net):
    """The same function, with each unit's weights in as long as its weights out."""
    w, b, v, _ = net
    return scrambled(net, np.arange(len(w)), np.sqrt(np.linalg.norm(v, axis=0) / np.linalg.norm(np.c_[w, b], axis=1)))


def matched(net, reference):
    """The units in the order that best fits the reference: the largest sum of inner products that exchanging two units reaches."""
    own, its = (np.c_[w, b, v.T] for w, b, v, _ in (net, reference))
    fit_of = its @ own.T  # (place, unit)
    order, free = np.full(len(own), -1), fit_of.copy()
    for _ in order:
        place, unit = np.unravel_index(np.argmax(free), free.shape)
        order[place] = unit
        free[place], free[:, unit] = -np.inf, -np.inf
    improved = True
    while improved:
        improved = False
        for i, j in product(range(len(order)), repeat=2):
            gain = fit_of[i, order[j]] + fit_of[j, order[i]] - fit_of[i, order[i]] - fit_of[j, order[j]]
            if gain > 1e-12:
                order[i], order[j] = order[j], order[i]
                improved = True
    return scrambled(net, order, np.ones(len(order)))


# ---- one split ----


class GradientsSeen(Callback):
    """Which parameters ever had a gradient that is not 0."""

    def __init__(self, model):
        self.seen = [np.zeros(p.shape, bool) for p in model.parameters()]

    def on_gradients(self, state):
        for seen, parameter in zip(self.seen, state.model.parameters(), strict=True):
            seen |= parameter.grad != 0


def trained(x, y, seed, optimizer=Adam, **settings):
    rng = np.random.default_rng([3, seed])
    model = MLP(SIZES, rng=rng)
    before = [parameter.data.copy() for parameter in model.parameters()]
    watch = GradientsSeen(model)
    fit(model, (x, y), loss=cross_entropy, optimizer=optimizer(model.parameters(), lr=RATE, **settings), epochs=EPOCHS,
        batch_size=BATCH, rng=rng, callbacks=[watch], progress=False)  # fmt: skip
    return model, before, watch.seen


def one_run(seed, rng):
    images, labels = digits()
    (x, y), _, (x_test, y_test) = train_val_test_split(
        images.reshape(-1, INPUTS), labels, fractions=(TRAIN / 1797, 0, TEST / 1797), rng=np.random.default_rng(seed)
    )
    model, before, seen = trained(x, y, seed)
    net, other = arrays_of(model), arrays_of(trained(x, y, seed + SEEDS)[0])
    x_test = x_test.astype(np.float64)

    def accuracy(candidate):
        return float((logits(candidate, x_test).argmax(axis=1) == y_test).mean())

    def copies(rescaled):
        return [scrambled(net, rng.permutation(HIDDEN), np.exp(rng.standard_normal(HIDDEN)) if rescaled else np.ones(HIDDEN))
                for _ in range(DRAWS)]  # fmt: skip

    shuffled, rescaled = copies(False), copies(True)
    whole = flat(net)
    found = {
        "accuracy": accuracy(net),
        "training-accuracy": float((logits(net, x).argmax(axis=1) == y).mean()),
        "untouched": untouched(model, before, seen, x),
        "decayed": decayed(x, y, seed),
        "knocked": knocked_out(net, x_test, y_test, accuracy),
        "removed": {str(k): np.mean([accuracy(without(net, rng.choice(whole.size, k, replace=False))) for _ in range(DRAWS)])
                    for k in REMOVED},
        "copy": {
            "changed": max(int((flat(each) != whole).sum()) for each in rescaled),
            "difference": max(float(np.abs(logits(each, x_test) - logits(net, x_test)).max()) for each in rescaled),
            "cosine": float(np.median([cosine(flat(each), whole) for each in rescaled])),
            "cosine-shuffled": float(np.median([cosine(flat(each), whole) for each in shuffled])),
        },
        "average": {
            "shuffled": float(np.median([accuracy(averaged(net, each)) for each in shuffled])),
            "shuffled-worst": min(accuracy(averaged(net, each)) for each in shuffled),
            "rescaled": float(np.median([accuracy(averaged(net, each)) for each in rescaled])),
            "other": accuracy(other),
            "independent": accuracy(averaged(balanced(net), balanced(other))),
            "matched": accuracy(averaged(balanced(net), matched(balanced(other), balanced(net)))),
        },
        "rounded": {str(bits): {
            "trained": accuracy(rounded(net, bits)),
            "rescaled": float(np.median([accuracy(rounded(each, bits)) for each in rescaled])),
            "equalized": accuracy(rounded(equalized(net), bits)),
        } for bits in BITS},
    }  # fmt: skip
    return found, wall(net, x_test, y_test, accuracy, rng) if seed == 0 else None


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def without(net, places):
    values = flat(net)
    values[places] = 0
    return unflat(values, net)


def untouched(model, before, seen, x):
    """Parameters that kept every bit, by the reason why their gradient was 0 in each step."""
    same = [a.view(np.int32) == b.data.view(np.int32) for a, b in zip(before, model.parameters(), strict=True)]
    blank = np.broadcast_to((x == 0).all(axis=0), same[0].shape)  # pixels that are 0 in every training image
    off = (x @ before[0].T + before[1] <= 0).all(axis=0)  # units that no training image turns on, from the start
    elsewhere = same[0] & ~blank & ~off[:, None]
    inked = (x > 0).sum(axis=0)
    return {
        "all": int(sum(each.sum() for each in same)),
        "blank": int((same[0] & blank).sum()),
        "blank-pixels": int(blank[0].sum()),
        "units-off": int(off.sum()),
        "off": int((same[0] & ~blank & off[:, None]).sum() + (same[1] & off).sum() + (same[2] & off).sum()),
        "rare": int(elsewhere.sum()),
        "rare-images": int(np.median(inked[np.nonzero(elsewhere)[1]])) if elsewhere.any() else 0,
        "despite-gradient": int(sum((kept & met).sum() for kept, met in zip(same, seen, strict=True))),
        "moved-without": int(sum((~kept & ~met).sum() for kept, met in zip(same, seen, strict=True))),
    }


def decayed(x, y, seed):
    """The same training with decoupled weight decay: what becomes of the weights on blank pixels."""
    model, before, _ = trained(x, y, seed, AdamW, weight_decay=DECAY)
    after = next(iter(model.parameters())).data
    blank = (x == 0).all(axis=0)
    return {
        "same": int(sum((a == b.data).sum() for a, b in zip(before, model.parameters(), strict=True))),
        "factor": float(np.median(after[:, blank] / before[0][:, blank])),
        "predicted": (1 - RATE * DECAY) ** (EPOCHS * -(-len(x) // BATCH)),
    }


def knocked_out(net, x, y, accuracy):
    """Every parameter set to 0, one at a time."""
    base = logits(net, x).argmax(axis=1)
    whole = flat(net)
    flips, changes = np.zeros(whole.size, int), np.zeros(whole.size, int)
    for place in range(whole.size):
        predicted = logits(without(net, [place]), x).argmax(axis=1)
        flips[place] = (predicted != base).sum()
        changes[place] = (predicted == y).sum() - (base == y).sum()
    harmless = flips == 0
    low, high = -9, 3
    return {
        "harmless": float(harmless.mean()),
        "worse": float((changes < 0).mean()),
        "better": float((changes > 0).mean()),
        "worst": float(changes.min() / len(y)),
        "best": float(changes.max() / len(y)),
        "all-harmless": accuracy(without(net, np.flatnonzero(harmless))),
        "histogram": {f"{'m' if k < 0 else 'p'}{abs(k)}": int((np.clip(changes, low, high) == k).sum()) for k in range(low, high + 1)},
    }


def wall(net, x, y, accuracy, rng):
    """The network of the explorable, rounded as it is shown, with a scrambled copy of it and the test images."""
    w, b, v, c = (np.round(array, 4) for array in net)
    order, scales = rng.permutation(HIDDEN), np.round(np.exp(rng.standard_normal(HIDDEN)), 3)
    net = [w, b, v, c]
    copy = scrambled(net, order, scales)
    return {
        "units": np.c_[w, b, v.T],
        "bias": c,
        "order": order,
        "scales": scales,
        "images": "".join(chr(97 + round(16 * value)) for value in x.ravel()),
        "labels": "".join(str(label) for label in y),
        "shown": [int(np.flatnonzero(y == digit)[0]) for digit in range(CLASSES)],
        "right": {name: round(TEST * accuracy(each)) for name, each in
                  (("trained", net), ("copy", copy), ("average", averaged(net, copy)))},
    }  # fmt: skip


# ---- degrees of freedom ----


def functional_dimension(rng, sizes=(3, 4, 3), step=1e-6):
    """In how many directions the parameters of a small network move its probabilities, on 400 random inputs."""
    model = MLP(list(sizes), rng=rng, dtype=np.float64)
    net, x = arrays_of(model), 2 * rng.standard_normal((400, sizes[0]))
    columns = []
    for place in range(flat(net).size):
        ends = []
        for sign in (1, -1):
            values = flat(net)
            values[place] += sign * step
            ends.append(log_softmax(logits(unflat(values, net), x)).ravel())
        columns.append((ends[0] - ends[1]) / (2 * step))
    strengths = np.linalg.svd(np.array(columns), compute_uv=False)
    rank = int((strengths > 1e-5 * strengths[0]).sum())
    return {"parameters": flat(net).size, "rank": rank, "rescalings": sizes[1], "shifts": sizes[1] + 1,
            "smallest-kept": strengths[rank - 1] / strengths[0], "largest-dropped": strengths[rank] / strengths[0]}  # fmt: skip


def shattered(points):
    """How many labelings of the points 1/10, 1/100, ... the sign of sin(a x) reaches with one number a for each."""
    x = 10.0 ** -np.arange(1, points + 1)
    found = 0
    for negative in product((0, 1), repeat=points):
        a = np.pi * (1 + sum(10.0 ** (i + 1) for i in range(points) if negative[i]))
        found += bool(np.all((np.sin(a * x) < 0) == np.array(negative, bool)))
    return found


# ---- what the page says ----


def claims(data):
    runs = data["runs"]
    yield at_least("accurate", "Every network classifies at least 94% of the test images", runs["accuracy"]["least"], 0.94)
    kept = runs["untouched"]
    yield between("only-without-gradient", "No parameter kept its bits although it had a gradient, and none moved without one",
                  kept["despite-gradient"]["most"] + kept["moved-without"]["most"], 0, 0)  # fmt: skip
    yield at_least("blank-pixels", "At least 96 weights kept their bits because their pixel is blank in every training image",
                   kept["blank"]["least"], 96)  # fmt: skip
    yield at_least("rare-pixels", "In every run at least 5 weights more never moved although their pixel has ink somewhere",
                   kept["rare"]["least"] + kept["off"]["least"], 5)  # fmt: skip
    yield between("decay-moves", "With weight decay at most 5 parameters keep their bits", runs["decayed"]["same"]["most"], 0, 5)
    yield at_most("decay-factor", "On blank pixels the decayed weights shrank by the predicted factor, within a thousandth",
                  max(abs(runs["decayed"]["factor"][k] / runs["decayed"]["predicted"]["median"] - 1) for k in ("least", "most")), 1e-3)
    knocked = runs["knocked"]
    yield at_least("harmless", "At least 60% of the parameters can be set to 0, one at a time, without changing any prediction",
                   knocked["harmless"]["least"], 0.6)  # fmt: skip
    yield between("worst", "The worst single loss is between half a point and 5 points", -knocked["worst"]["least"], 0.005, 0.05)
    yield at_most("together", "Setting all the harmless ones to 0 together leaves at most 70% accuracy",
                  knocked["all-harmless"]["most"], 0.7)  # fmt: skip
    yield between("hundred", "A hundred parameters set to 0 at random leave between 90 and 97% in the median",
                  runs["removed"]["100"]["median"], 0.9, 0.97)  # fmt: skip
    yield between("thousand", "A thousand parameters set to 0 at random leave between 40 and 75% in the median",
                  runs["removed"]["1000"]["median"], 0.4, 0.75)  # fmt: skip
    yield at_most("cosine", "The cosine of a scrambled copy with the original is within 0.15 of 0 in every run",
                  max(abs(value) for value in runs["copy"]["cosine"].values()), 0.15)  # fmt: skip
    yield at_most("same-function", "The scrambled copy's logits differ by at most 1e-12", runs["copy"]["difference"]["most"], 1e-12)
    yield between("changed", "A scrambled copy differs in 2,400 of the 2,410 parameters", runs["copy"]["changed"]["least"], 2390, 2400)
    yield at_most("average-loses", "Averaged with a permuted copy of itself, every network loses at least 5 points (median copy)",
                  runs["average"]["shuffled"]["most"], 0.93)  # fmt: skip
    yield at_most("rescaled-average", "Averaged with a permuted and rescaled copy, every network falls below 75% (median copy)",
                  runs["average"]["rescaled"]["most"], 0.75)  # fmt: skip
    yield at_most("independent-loses", "The average of two independently trained networks loses at least 3 points in the median",
                  runs["average"]["independent"]["median"] - runs["accuracy"]["median"], -0.03)  # fmt: skip
    yield at_least("matching-helps", "Matching the units first gains at least 2 points in the median",
                   runs["average"]["matched"]["median"] - runs["average"]["independent"]["median"], 0.02)  # fmt: skip
    rounding = runs["rounded"]
    yield at_most("eight-bits", "Rounding to 8 bits costs at most 1 point in the median",
                  runs["accuracy"]["median"] - rounding["8"]["trained"]["median"], 0.01)  # fmt: skip
    yield at_most("four-bits", "Rounding to 4 bits costs at most 2 points in the median",
                  runs["accuracy"]["median"] - rounding["4"]["trained"]["median"], 0.02)  # fmt: skip
    yield at_most("two-bits", "At 2 bits the median accuracy is at most 60%", rounding["2"]["trained"]["median"], 0.6)
    yield at_least("same-function-rounds-worse", "At 4 bits the rescaled copies lose at least 10 points more than the trained network",
                   rounding["4"]["trained"]["median"] - rounding["4"]["rescaled"]["median"], 0.1)  # fmt: skip
    yield between("equalized-alike", "At 4 bits equalizing the ranges changes the median by at most 2 points",
                  rounding["4"]["equalized"]["median"] - rounding["4"]["trained"]["median"], -0.02, 0.02)  # fmt: skip
    rank = data["rank"]
    yield between("rank", "The probabilities move in parameters - rescalings - shifts directions",
                  rank["rank"] - (rank["parameters"] - rank["rescalings"] - rank["shifts"]), 0, 0)  # fmt: skip
    yield at_least("rank-gap", "The weakest direction that counts is a thousand times stronger than the strongest that does not",
                   rank["smallest-kept"] / rank["largest-dropped"], 1000)  # fmt: skip
    yield between("sine", "One parameter reaches every labeling of the points", data["sine"]["labelings"] / data["sine"]["all"], 1, 1)


def figures(data):
    yield "walls", draw_walls(data["wall"])
    yield "knock-outs", draw_knock_outs(data["runs"]["knocked"]["histogram"])
    yield "memory", draw_memory(data["memory"]["large"])


def draw_walls(wall):
    units, order, scales = np.array(wall["units"]), np.array(wall["order"]), np.array(wall["scales"])
    copy = np.c_[units[:, : INPUTS + 1] * scales[:, None], units[:, INPUTS + 1 :] / scales[:, None]][order]
    figure, axes = new_figure(aspect=1.28, rows=3)
    for ax, name, numbers in (
        (axes[0], "trained", units), (axes[1], "copy", copy), (axes[2], "average", (units + copy) / 2),
    ):  # fmt: skip
        picture = np.full((HIDDEN + 2, UNIT + 3), np.nan)
        picture[:HIDDEN, :INPUTS] = numbers[:, :INPUTS]
        picture[:HIDDEN, INPUTS + 2] = numbers[:, INPUTS]
        picture[:HIDDEN, INPUTS + 4 :] = numbers[:, INPUTS + 1 :]
        picture[HIDDEN + 1, INPUTS + 4 :] = wall["bias"]
        colors = diverging("negative", "positive").resampled(17)  # few, so that the picture is small to send
        ax.imshow(picture, cmap=colors, vmin=-1, vmax=1, interpolation="none", aspect="auto")
        ax.set_axis_off()
        title = {"trained": "trained", "copy": "permuted and rescaled", "average": "average of the two"}[name]
        role = "bad" if name == "average" else "ink"
        ax.set_title(f"{title}: {wall['right'][name]} of {TEST} right", color=color(role))
    return figure


def draw_knock_outs(histogram):
    figure, axes = new_figure(aspect=0.6)
    places = [-int(name[1:]) if name[0] == "m" else int(name[1:]) for name in histogram]
    heights = [found["median"] for found in histogram.values()]
    axes.bar(places, heights, width=0.8, color=[color("grey" if k == 0 else "good" if k > 0 else "bad") for k in places])
    for place, found in zip(places, histogram.values(), strict=True):
        if found["most"] > 0:
            axes.plot([place, place], [max(found["least"], 0.6), found["most"]], color=color("ink"), linewidth=1.4)
    axes.annotate("as many right as before", (0, heights[places.index(0)]), xytext=(-14, -4), textcoords="offset points", ha="right",
                  color=color("ink"))  # fmt: skip
    axes.set(yscale="log", ylim=(0.6, 5000), xlim=(-9.7, 3.7), xlabel="change in right answers, of 360", ylabel="parameters")
    return figure


def draw_memory(memory):
    figure, axes = new_figure(aspect=0.46)
    names = {"weights": "weights, 16 bits", "gradients": "gradients, 16 bits", "copy": "weights, 32 bits", "mean": "Adam: mean",
             "square": "Adam: mean square"}  # fmt: skip
    for place, name in enumerate(names):
        axes.barh(place, memory[name], color=color("blue" if name == "weights" else "grey"), height=0.7)
        direct_label(axes, memory[name], place, f"{memory[name]:.0f} GB", "blue" if name == "weights" else "ink", dx=6)
    axes.set_yticks(range(len(names)), names.values())
    axes.set(xlim=(0, 33), xlabel="GB for 7 billion parameters")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    return figure
