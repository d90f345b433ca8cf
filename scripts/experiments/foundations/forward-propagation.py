"""What one forward pass adds up, what a batch of them costs, and what repeated layers do to a function and to its precision."""

import time
from fractions import Fraction
from itertools import pairwise

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, diverging, new_figure, sequential
from dlprimer import (
    MLP,
    Activation,
    Adam,
    BatchNorm1d,
    Linear,
    Sequential,
    Tensor,
    batches,
    cross_entropy,
    digits,
    he_normal,
    no_grad,
    relu,
    train_val_test_split,
)

TOLERANCE = {
    "timing": None, "wide": None, "batching": None, "ledger": None, "net": None, "modes": None, "depth": 0.5, "tent": 0.02,
}  # fmt: skip

PIXELS, HIDDEN, CLASSES = 64, 32, 10
TRAIN, EPOCHS, BATCH, RATE = 1200, 40, 50, 0.003
UNIT = 1024  # the shown network's weights are whole numbers of 1/1024
BATCH_SIZES = [1, 8, 64, 512, 1797]
REPEATS = 7
WIDE = 2048
TENTS = 10
GRIDS = {"float64": 53, "float32": 24, "float16": 11}
INPUTS = 100_000
CHECKED = 500  # of them in exact arithmetic, layer by layer
DEPTHS = [1, 2, 4, 8, 12, 16, 20, 24, 32, 48, 64]
NET_SEEDS = 5
MIXES = 200  # batches in which one image is put


def run(rng):
    images, labels = digits()
    x = images.reshape(-1, PIXELS)
    shares = (TRAIN / len(x), 0.0, 1 - TRAIN / len(x))
    (x_train, y_train), _, (x_test, y_test) = train_val_test_split(x, labels, fractions=shares, rng=rng)
    model = train(MLP([PIXELS, HIDDEN, CLASSES], rng=rng), x_train, y_train, rng)
    shown = shown_network(model)
    return {
        "settings": {"train": len(x_train), "test": len(x_test), "images": len(x), "epochs": EPOCHS, "inputs": INPUTS, "mixes": MIXES,
                     "checked": CHECKED, "seeds": NET_SEEDS, "wide": WIDE, "unit": UNIT},
        "worked": worked(),
        "cost": cost(),
        "net": {**shown, "accuracy": accuracy(model, x_test, y_test), "accuracy-shown": accuracy(as_model(shown), x_test, y_test),
                **examples(shown, x_test, y_test)},
        "ledger": ledger(model, shown, x),
        "batching": batching(model, x),
        "timing": timing(model, x),
        "wide": wide(rng),
        "modes": modes(x_train, y_train, x_test, rng),
        "tent": tent_results(rng),
        "depth": depth(rng),
    }  # fmt: skip


def train(model, x, y, rng, epochs=EPOCHS):
    optimizer = Adam(model.parameters(), lr=RATE)
    for _ in range(epochs):
        for xb, yb in batches(x, y, batch_size=BATCH, rng=rng):
            optimizer.zero_grad()
            cross_entropy(model(Tensor(xb)), yb).backward()
            optimizer.step()
    return model


def accuracy(model, x, y):
    dtype = next(iter(model.parameters())).data.dtype
    return float((model(x.astype(dtype)).numpy().argmax(axis=1) == y).mean())


# ---- by hand ----


def worked():
    """The 2-2-1 network of the page."""
    x, y = np.array([2.0, 1.0]), 1.5
    w1, b1 = np.array([[0.5, -1.0], [1.0, 0.5]]), np.array([0.0, 0.5])
    w2, b2 = np.array([1.5, -2.0]), -1.0
    z1 = x @ w1 + b1
    h1 = relu(z1)
    z2 = h1 @ w2 + b2
    return {"x": x, "y": y, "w1": w1, "b1": b1, "w2": w2, "b2": b2, "z1": z1, "h1": h1, "z2": z2, "loss": (z2 - y) ** 2}


def multiply_adds(sizes):
    return sum(a * b for a, b in pairwise(sizes))


def cost():
    sizes, quiz = [PIXELS, HIDDEN, CLASSES], [64, 128, 128, 10]
    kept = sum(sizes)
    conv_weights, places = 3 * 64 * 3 * 3, 32 * 32
    return {
        "first": PIXELS * HIDDEN, "second": HIDDEN * CLASSES, "macs": multiply_adds(sizes), "flops": 2 * multiply_adds(sizes),
        "parameters": multiply_adds(sizes) + HIDDEN + CLASSES,
        "live-inference": max(PIXELS + HIDDEN, HIDDEN + CLASSES), "live-training": kept, "bytes-128": kept * 128 * 4,
        "conv": {"weights": conv_weights, "macs": conv_weights * places, "places": places},
        "tents": {"units": 2**TENTS, "kinks": 2**TENTS - 1},
        "quiz": {"macs": 32 * multiply_adds(quiz), "flops": 64 * multiply_adds(quiz), "one": multiply_adds(quiz)},
    }  # fmt: skip


# ---- the ledger ----


def shown_network(model):
    """Weights as whole numbers of 1/1024: products with sixteenths and all their sums are then exact in float64."""
    first, _, second = model.layers
    whole = lambda p: np.round(p.data.astype(np.float64) * UNIT).astype(int)
    return {"w1": whole(first.weight), "b1": whole(first.bias), "w2": whole(second.weight), "b2": whole(second.bias)}


def as_model(shown):
    model = MLP([PIXELS, HIDDEN, CLASSES], rng=np.random.default_rng(0), dtype=np.float64)
    first, _, second = model.layers
    for parameter, name in ((first.weight, "w1"), (first.bias, "b1"), (second.weight, "w2"), (second.bias, "b2")):
        parameter.data[...] = np.asarray(shown[name]) / UNIT
    return model


def examples(shown, x, y):
    """One test image of each digit that the network gets right, as sixteenths, and what the page's figure shows of one."""
    model = as_model(shown)
    right = model(x.astype(np.float64)).numpy().argmax(axis=1) == y
    chosen = [int(np.flatnonzero(right & (y == digit))[0]) for digit in range(CLASSES)]
    image = x[chosen[SHOWN_DIGIT]].astype(np.float64)
    h, terms, logits = contributions(model, image)
    unit = int(terms[SHOWN_DIGIT].argmax())
    return {
        "images": np.round(x[chosen] * 16).astype(int),
        "digit": SHOWN_DIGIT, "unit": unit, "pre": float(pre_activations(model, image)[unit]), "logit": float(logits[SHOWN_DIGIT]),
        "products": model.layers[0].weight.data[unit] * image, "bias": float(model.layers[0].bias.data[unit]),
        "terms": terms[SHOWN_DIGIT], "logit-bias": float(model.layers[2].bias.data[SHOWN_DIGIT]),
        "hidden": h, "logits": logits,
        "zero-pixels": int((image == 0).sum()), "zero-units": int((h == 0).sum()),
    }  # fmt: skip


SHOWN_DIGIT = 3


def pre_activations(model, image):
    return model.layers[0].weight.data @ image + model.layers[0].bias.data


def contributions(model, image):
    h = np.maximum(pre_activations(model, image), 0)
    terms = model.layers[2].weight.data * h
    return h, terms, terms.sum(axis=1) + model.layers[2].bias.data


def ledger(model, shown, x):
    """Logits re-added product by product, in the order of the units and in the order of size, against the layer's own."""
    exact = as_model(shown)
    results = {}
    for name, net, dtype in (("shown", exact, np.float64), ("float32", model, np.float32)):
        inputs = x.astype(dtype)
        with no_grad():
            first, _, second = net.layers
            h = relu(np.asarray(first(inputs)))
            logits = np.asarray(second(h))
        terms = h[:, None, :] * second.weight.data  # (images, classes, units), one product each
        terms = np.concatenate([np.broadcast_to(second.bias.data[:, None], (*terms.shape[:2], 1)), terms], axis=2).astype(dtype)
        in_order = np.cumsum(terms, axis=2, dtype=dtype)[..., -1]
        order = np.argsort(-abs(terms), axis=2)
        by_size = np.cumsum(np.take_along_axis(terms, order, axis=2), axis=2, dtype=dtype)[..., -1]
        results[name] = {
            "against-layer": float(abs(in_order.astype(np.float64) - logits).max()),
            "between-orders": float(abs(in_order.astype(np.float64) - by_size).max()),
            "orders-differ": float((in_order != by_size).mean()),
            "largest-logit": float(abs(logits).max()),
        }
        if name == "shown":
            zero = (inputs == 0).sum(axis=1) * HIDDEN + (h == 0).sum(axis=1) * CLASSES
            results["zero-share"] = {
                "mean": float((zero / multiply_adds([PIXELS, HIDDEN, CLASSES])).mean()),
                "pixels": float((inputs == 0).mean()), "units": float((h == 0).mean()),
            }  # fmt: skip
    return results


# ---- batches ----


def forward_in_batches(model, x, size):
    with no_grad():
        return np.concatenate([np.asarray(model(x[i : i + size])) for i in range(0, len(x), size)])


def batching(model, x):
    """The largest difference of a logit between one image at a time and all at once."""
    found = {}
    double = MLP([PIXELS, HIDDEN, CLASSES], rng=np.random.default_rng(0), dtype=np.float64)
    for ours, theirs in zip(double.parameters(), model.parameters(), strict=True):
        ours.data[...] = theirs.data
    for name, net in (("float32", model), ("float64", double)):
        inputs = x.astype(name)
        alone, together = forward_in_batches(net, inputs, 1), forward_in_batches(net, inputs, len(x))
        found[name] = {
            "largest": float(abs(alone - together).max()), "differ": float((alone != together).mean()),
            "other-answer": int((alone.argmax(axis=1) != together.argmax(axis=1)).sum()), "dtype": str(alone.dtype),
        }  # fmt: skip
    return found


def best_time(work, repeats=REPEATS):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def timing(model, x):
    per_image = {str(size): 1e6 * best_time(lambda size=size: forward_in_batches(model, x, size)) / len(x) for size in BATCH_SIZES}
    return {"us": per_image, "ratio": per_image["1"] / per_image["512"]}


def wide(rng):
    """One layer whose weights do not fit into a small cache: 2,048 by 2,048."""
    layer = Linear(WIDE, WIDE, rng=rng)
    x = rng.standard_normal((64, WIDE)).astype(np.float32)

    def work(size):
        with no_grad():
            return layer(x[:size])

    us = {"1": np.inf, "64": np.inf}
    for _ in range(20):  # in turns, so that both meet the same machine
        us = {size: min(us[size], 1e6 * best_time(lambda size=size: work(int(size)), 1) / int(size)) for size in us}
    return {"us": us, "ratio": us["1"] / us["64"], "megabytes": WIDE * WIDE * 4 / 1e6}


# ---- training mode ----


def modes(x, y, x_test, rng):
    """A network with batch normalization: the logits of one image in many batches of 64, in both modes."""
    model = Sequential(Linear(PIXELS, HIDDEN, rng=rng), BatchNorm1d(HIDDEN), Activation("relu"), Linear(HIDDEN, CLASSES, rng=rng))
    train(model, x, y, rng)
    found = {}
    before = [p.data.copy() for p in model.parameters()]
    buffers = {name: array.copy() for name, array in model.named_buffers()}
    for mode in ("eval", "train"):
        model.train(mode == "train")
        logits = []
        for _ in range(MIXES):
            others = rng.choice(len(x_test) - 1, 63, replace=False) + 1
            with no_grad():
                logits.append(np.asarray(model(x_test[np.concatenate([[0], others])]))[0])
        logits = np.array(logits, np.float64)
        found[mode] = {"spread": float(np.ptp(logits, axis=0).max()), "sd": float(logits.std(axis=0).max())}
    found["parameters-moved"] = float(max(abs(a - p.data).max() for a, p in zip(before, model.parameters(), strict=True)))
    found["buffers-moved"] = float(max(abs(array - buffers[name]).max() for name, array in model.named_buffers() if "mean" in name))
    return found


# ---- tents ----


def tent(x):
    return 2 * relu(x) - 4 * relu(x - x.dtype.type(0.5))


def tent_results(rng):
    x = np.arange(2**14 + 1) / 2**14
    y, pieces = x, {}
    for k in range(1, TENTS + 1):
        y = tent(y)
        pieces[str(k)] = int((np.diff(np.sign(np.diff(y))) != 0).sum()) + 1
    collapse = {}
    for name, bits in GRIDS.items():
        values = (rng.integers(0, 2**bits, INPUTS).astype(np.float64) / 2.0**bits).astype(name)
        collapse[name] = layers_until_zero(values)
    small = (rng.random(INPUTS) * 2.0 ** -rng.integers(0, 40, INPUTS)).astype(np.float32)
    x = rng.random()
    bits, value = [], np.array([x])
    for _ in range(55):
        whole = int(Fraction(float(value[0])) * 2**53)
        bits.append(format(whole, "054b"))
        value = tent(value)
    tenth, exact, orbit = np.array([0.1]), Fraction(1, 10), []
    for k in range(1, 61):
        tenth = tent(tenth)
        exact = 2 * exact if exact <= Fraction(1, 2) else 2 - 2 * exact
        orbit.append([float(tenth[0]), float(exact)])
        if k in (50, 60):
            pieces[f"tenth-{k}"] = [round(float(tenth[0]), 6), float(exact)]
    return {
        "rounds": roundings(rng), "pieces": pieces, "collapse": collapse, "beyond-grid": layers_until_zero(small),
        "tenth": next(k for k, (found, _) in enumerate(orbit, 1) if found == 0),
        "all-float64": layers_until_zero(np.array([np.nextafter(0, 1)])),
        "bits": bits, "bits-start": x,
    }  # fmt: skip


def roundings(rng):
    """How often a tent layer in float64 differs from exact arithmetic on the same number."""
    found = 0
    for x in rng.random(CHECKED):
        value = np.array([x])
        for _ in range(54):
            exact = Fraction(float(value[0]))
            value = tent(value)
            found += Fraction(float(value[0])) != (2 * exact if 2 * exact <= 1 else 2 - 2 * exact)
    return int(found)


def layers_until_zero(values):
    most = 0
    while values.any():
        values = tent(values)
        most += 1
    return most


# ---- precision against depth ----


def depth(rng):
    """Difference of float32 and float64, relative to the size of the result, after so many layers: tents and random networks."""
    x = rng.random(10_000)
    low, high, tents = x.astype(np.float32), x.copy(), {}
    for k in range(1, max(DEPTHS) + 1):
        low, high = tent(low), tent(high)
        if k in DEPTHS and k <= 32:
            tents[str(k)] = float(np.sqrt(np.mean((low - high) ** 2)) / np.sqrt(np.mean(high**2)))
    nets, stretch = {str(k): [] for k in DEPTHS}, []
    for _ in range(NET_SEEDS):
        high = rng.standard_normal((100, 64))
        low = high.astype(np.float32)
        for k in range(1, max(DEPTHS) + 1):
            w = he_normal((64, 64), rng=rng)
            stretch.append(np.linalg.norm(w, 2))
            low, high = relu(low @ w.T), relu(high @ w.T.astype(np.float64))
            if k in DEPTHS:
                nets[str(k)].append(float(np.linalg.norm(low - high) / np.linalg.norm(high)))
    net = {k: {"median": float(np.median(v)), "least": min(v), "most": max(v)} for k, v in nets.items()}
    return {
        "tent": tents, "net": net, "stretch": float(np.mean(stretch)), "bound-power": float(np.sum(np.log10(stretch)) / NET_SEEDS),
        "net-growth": net["64"]["median"] / net["1"]["median"],
    }  # fmt: skip


# ---- what the page says ----


def claims(data):
    exact, rounded = data["ledger"]["shown"], data["ledger"]["float32"]
    yield at_most("closes", "Re-added in either order, every logit of every image equals the layer's own, without any difference",
                  max(exact["against-layer"], exact["between-orders"]), 0)  # fmt: skip
    yield at_least("order-matters", "In float32, two orders of the same products differ for at least a quarter of the logits",
                   rounded["orders-differ"], 0.25)  # fmt: skip
    yield at_most("order-little", "and by at most a millionth of the largest logit",
                  rounded["between-orders"] / rounded["largest-logit"], 1e-6)  # fmt: skip
    yield between("zeros", "Between a quarter and two thirds of the multiplications have a zero factor",
                  data["ledger"]["zero-share"]["mean"], 0.25, 0.67)  # fmt: skip
    yield at_least("rounded-as-good", "The network with rounded weights classifies at least 93% of the test images rightly",
                   data["net"]["accuracy-shown"], 0.93)  # fmt: skip
    single, double = data["batching"]["float32"], data["batching"]["float64"]
    yield at_most("batch-single", "In float32 no logit changes by more than 0.0001 when an image comes in a batch", single["largest"], 1e-4)
    yield at_most("batch-double", "In float64 by no more than 1e-12", double["largest"], 1e-12)
    yield at_most("batch-answers", "No image gets another answer in a batch", single["other-answer"] + double["other-answer"], 0)
    yield at_least("batch-fast", "An image costs at least five times as long alone as in a batch of 512", data["timing"]["ratio"], 5)
    yield at_least("wide-fast", "Through the wide layer an image costs at least 1.2 times as long alone as in a batch of 64",
                   data["wide"]["ratio"], 1.2)  # fmt: skip
    yield at_most("eval-alone", "In eval mode the batch moves no logit by more than 0.0001", data["modes"]["eval"]["spread"], 1e-4)
    yield at_least("train-mixes", "In train mode the 63 others move a logit of the image over a range of at least 0.5",
                   data["modes"]["train"]["spread"], 0.5)  # fmt: skip
    yield at_most("read-only", "No parameter changes in these forward passes", data["modes"]["parameters-moved"], 0)
    yield at_least("statistics-written", "The running means change by at least 0.001", data["modes"]["buffers-moved"], 0.001)
    pieces = data["tent"]["pieces"]
    yield at_most("pieces", "k tents have exactly 2 to the k pieces, k = 1 to 10", max(abs(pieces[str(k)] - 2**k) for k in range(1, 11)), 0)
    collapse = data["tent"]["collapse"]
    yield at_most("collapse", "All inputs of a grid of n bits are 0 after n + 1 tents, and not all before",
                  max(abs(collapse[name] - bits - 1) for name, bits in GRIDS.items()), 0)  # fmt: skip
    yield at_least("beyond", "Small float32 numbers survive at least 20 tents longer than those on the grid",
                   data["tent"]["beyond-grid"] - collapse["float32"], 20)  # fmt: skip
    yield at_most("no-rounding", "No tent layer differs from exact arithmetic", data["tent"]["rounds"], 0)
    tents, nets = data["depth"]["tent"], data["depth"]["net"]
    yield at_most("bound-loose", "Over 64 random layers the error grows by a factor of at most 100", data["depth"]["net-growth"], 100)
    yield at_least("bound-large", "The product of the largest stretches is at least 10 to the 20", data["depth"]["bound-power"], 20)
    yield between("tents-double", "From 4 to 20 tents the error grows by 1.8 to 2.2 per layer",
                  (tents["20"] / tents["4"]) ** (1 / 16), 1.8, 2.2)  # fmt: skip
    yield at_most("nets-creep", "After 64 random layers the relative error is at most 0.00001", nets["64"]["median"], 1e-5)


def figures(data):
    yield "ledger", draw_ledger(data["net"])
    yield "teeth", draw_teeth()
    yield "bits", draw_bits(data["tent"]["bits"])
    yield "rounding", draw_rounding(data["depth"])


def draw_ledger(net):
    figure, (left, right) = new_figure(aspect=0.72, columns=2, width_ratios=(1, 1.2))
    products = np.array(net["products"]).reshape(8, 8)
    most = abs(products).max()
    left.imshow(products, cmap=diverging("negative", "positive"), vmin=-most, vmax=most)
    left.set(xticks=[], yticks=[], xlabel=f"64 products, sum {products.sum():.2f}\nbias {net['bias']:.2f}, unit {net['pre']:.2f}")
    left.grid(False)
    terms = np.array(net["terms"])
    terms = terms[np.argsort(-abs(terms), kind="stable")]
    totals = net["logit-bias"] + np.concatenate([[0], np.cumsum(terms)])
    for at, (start, end) in enumerate(pairwise(totals)):
        role = "positive" if end > start else "negative"
        right.plot([at + 1, at + 1], [start, end], color=color(role), linewidth=4, solid_capstyle="butt")
    right.axhline(net["logit"], color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
    direct_label(right, 33, net["logit"], f"logit {net['logit']:.2f}", "ink", dx=0, dy=-12, ha="right")
    direct_label(right, 0.2, net["logit-bias"], f"bias {net['logit-bias']:.2f}", "muted", dx=14, dy=4)
    right.set(xlabel="32 products, largest first", ylabel=f"running sum, logit of {net['digit']}", ylim=(-1, 1.1 * totals.max()))
    return figure


def draw_teeth():
    figure, panels = new_figure(aspect=0.54, rows=2, columns=2, sharex=True, sharey=True)
    for axes, k in zip(panels.flat, (1, 2, 3, 5), strict=True):
        x = np.arange(2**k + 1) / 2**k
        axes.plot(x, np.arange(2**k + 1) % 2, color=color("forward"))
        axes.set(xlim=(0, 1), ylim=(-0.03, 1.32), xticks=[0, 0.5, 1], xticklabels=["0", "1/2", "1"], yticks=[0, 1])
        layers = "1 layer" if k == 1 else f"{k} layers"
        axes.text(0.01, 1.12, f"{layers}, {2 * k} units: {2**k} pieces", color=color("ink"), fontsize=11.5)
    for axes in panels[1]:
        axes.set(xlabel="input x")
    return figure


def draw_bits(rows):
    figure, axes = new_figure(aspect=0.56)
    bits = np.array([[int(bit) for bit in row] for row in rows], float)
    axes.imshow(bits, cmap=sequential("forward"), aspect="auto", interpolation="none")
    axes.plot([54 - k - 0.5 for k in range(55)], np.arange(55), color=color("backward"), linewidth=1.5)
    direct_label(axes, 35, 38, "nothing left:\nzeros came in from the right", "backward", dx=0, ha="center")
    axes.set(xlabel="binary digits of the value, ones dark", ylabel="tent layers", xticks=[0.5, 53.5], xticklabels=["1/2", "$2^{-53}$"],
             yticks=[0, 10, 20, 30, 40, 54])  # fmt: skip
    axes.grid(False)
    return figure


def draw_rounding(depths):
    figure, axes = new_figure(aspect=0.58)
    tents = {int(k): v for k, v in depths["tent"].items()}
    axes.plot(tents.keys(), tents.values(), color=color("backward"), marker="o")
    direct_label(axes, 20, tents[20], "tents: ×2 a layer", "backward", dx=-10, ha="right")
    ks = [int(k) for k in depths["net"]]
    found = list(depths["net"].values())
    axes.fill_between(ks, [one["least"] for one in found], [one["most"] for one in found], color=color("forward"), alpha=0.2)
    axes.plot(ks, [one["median"] for one in found], color=color("forward"), marker="o")
    direct_label(axes, 48, found[-2]["median"], "random ReLU layers", "forward", dx=-10, dy=22, ha="center")
    axes.set(yscale="log", xlabel="layers", ylabel="relative error of float32", xlim=(0, 66), ylim=(1e-8, 3))
    return figure
