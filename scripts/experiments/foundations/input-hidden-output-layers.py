"""How well ten digits are told apart when all that is known of an image must pass through h numbers."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import MLP, Adam, accuracy_score, cross_entropy, digits, fit, train_val_test_split

WIDTHS = [1, 2, 4, 8, 16, 32]
SEEDS = 3
TWO_SEEDS = 5  # where the spread over seeds is the result
DEEP = {"one": ([64, 32, 1, 10], SEEDS), "one-by-hand": ([64, 32, 1, 10], SEEDS), "two": ([64, 32, 2, 10], TWO_SEEDS)}
EPOCHS, BATCH, RATE = 150, 32, 0.005  # the same for every network
PLACES = np.linspace(-0.9, 0.9, 10)  # of the ten digits on the line, for the output layer written by hand
SHARPNESS = 30.0  # of that layer; not tuned
CLASSES = 10
TOLERANCE = {"widths": 0.2, "deep": 0.5, "network": None}


def run(rng):
    images, labels = digits()
    train, _, test = train_val_test_split(images.reshape(-1, 64), labels, fractions=(0.8, 0, 0.2), rng=rng)
    widths = {"0": [examine(train_network([64, 10], train, seed), train, test) for seed in range(SEEDS)]}
    for h in WIDTHS:
        widths[str(h)] = [examine(train_network([64, h, 10], train, seed), train, test) for seed in range(SEEDS)]
    networks = {
        name: [train_network(sizes, train, seed, by_hand=name == "one-by-hand") for seed in range(seeds)]
        for name, (sizes, seeds) in DEEP.items()
    }
    return {
        "settings": {
            "seeds": SEEDS, "two-seeds": TWO_SEEDS, "epochs": EPOCHS, "batch": BATCH, "rate": RATE,
            "train": len(train[1]), "test": len(test[1]), "sharpness": SHARPNESS,
        },
        "widths": {name: summary(runs) for name, runs in widths.items()},
        "deep": {name: summary([examine(network, train, test) for network in found]) for name, found in networks.items()},
        "orders": {str(h): most_orders(CLASSES, h) for h in (1, 2, CLASSES - 1)},
        "network": picture(networks["two"], train, test),
    }  # fmt: skip


def train_network(sizes, train, seed, by_hand=False):
    rng = np.random.default_rng(seed)
    network = MLP(sizes, activation="tanh", rng=rng)
    if by_hand:
        output = network.layers[-1]
        write_nearest_place(output)
        output.requires_grad_(False)
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    fit(network, train, loss=cross_entropy, optimizer=Adam(learned, lr=RATE), epochs=EPOCHS, batch_size=BATCH, rng=rng)
    return network


def write_nearest_place(output):
    """Ten logits of one number h whose largest belongs to the place nearest to h: minus the squared distance, without its h squared."""
    output.weight.data[...] = (SHARPNESS * 2 * PLACES)[:, None]
    output.bias.data[...] = -SHARPNESS * PLACES**2


# ---- what a network can and does answer ----


def examine(network, train, test):
    network.to(np.float64)  # a rank needs more digits than float32 has
    x, y = test[0].astype(np.float64), test[1]
    logits = network(x).numpy()
    deviations = logits - logits.mean(axis=0)
    everything = np.concatenate([network(train[0].astype(np.float64)).numpy(), logits])
    return {
        "test": accuracy_score(y, logits.argmax(axis=1)),
        "train": accuracy_score(train[1], everything[: len(train[1])].argmax(axis=1)),
        "rank": int(np.linalg.matrix_rank(deviations)),
        "rank-without-shift": int(np.linalg.matrix_rank(deviations - deviations.mean(axis=1, keepdims=True))),
        "orders": len(np.unique(np.argsort(everything, axis=1), axis=0)),
        "answered": len(np.unique(everything.argmax(axis=1))),
        "possible": digits_that_can_win(network.layers[-1]),
        "parameters": network.number_of_parameters(),
    }


def digits_that_can_win(output):
    """How many digits have the largest logit somewhere in the range of a single tanh unit; None for a wider layer."""
    if output.weight.shape[1] > 1:
        return None
    h = np.linspace(-1, 1, 200_001)[:, None]
    return len(np.unique((h @ output.weight.data.T + output.bias.data).argmax(axis=1)))


def summary(runs):
    result = {}
    for name in ("test", "train", "orders", "answered", "possible"):
        values = [run[name] for run in runs]
        if None not in values:
            spread = {"mean": np.mean(values), "sd": np.std(values, ddof=1), "least": min(values), "most": max(values)}
            result[name] = {"values": values, **spread}
    for name in ("rank", "rank-without-shift", "parameters"):
        (result[name],) = {run[name] for run in runs}
    return result


def most_orders(classes, h):
    """How many orders of the logits h hidden numbers can produce at most.

    With one class more, its ties with the others are `classes - 1` new cuts, each of which is met by the old ones as in one dimension less.
    """
    if h == 0 or classes == 1:
        return 1
    return most_orders(classes - 1, h) + (classes - 1) * most_orders(classes - 1, h - 1)


# ---- one network to look into ----


def picture(networks, train, test):
    """The network with two hidden numbers that fits the training images best, and where it puts the test images."""
    x, y = test
    right = [accuracy_score(train[1], network(train[0].astype(np.float64)).numpy().argmax(axis=1)) for network in networks]
    chosen = int(np.argmax(right))
    layers = networks[chosen].layers
    exact = [(np.round(layer.weight.data.T, 3), np.round(layer.bias.data, 3)) for layer in (layers[0], layers[2], layers[4])]
    hidden = two_numbers(x, exact)
    logits = hidden @ exact[2][0] + exact[2][1]
    lead = logits.max(axis=1) - logits[:, 9]
    nines = np.flatnonzero((y == 9) & (lead > 0))
    return {
        "seed": chosen,
        "test": accuracy_score(y, logits.argmax(axis=1)),
        "layers": [{"weight": weight, "bias": bias} for weight, bias in exact],
        "points": np.round(hidden, 3),
        "labels": "".join(map(str, y)),
        "images": ["".join("0123456789abcdefg"[level] for level in np.rint(16 * image).astype(int)) for image in x],
        "wrong": int(np.sum(logits.argmax(axis=1) != y)),
        "start": int(nines[np.argmin(lead[nines])]),  # of the nines that are misread, the one that is nearest to being read
    }


def two_numbers(x, layers):
    (w1, b1), (w2, b2), _ = layers
    return np.tanh(np.tanh(x.astype(np.float64) @ w1 + b1) @ w2 + b2)


# ---- what the page says ----


def claims(data):
    widths, deep = data["widths"], data["deep"]
    none, narrow, wide = (widths[name]["test"]["mean"] for name in ("0", "8", "32"))
    yield at_most("rank", "In every run the rank of the centered logits is the smaller of the width and ten",
                  max(abs(widths[str(h)]["rank"] - min(h, 10)) for h in WIDTHS), 0)  # fmt: skip
    yield at_most("rank-shift", "Without the shift that all logits share, it is the smaller of the width and nine",
                  max(abs(widths[str(h)]["rank-without-shift"] - min(h, 9)) for h in WIDTHS), 0)  # fmt: skip
    yield at_most("orders-one", "No network with one hidden number orders the ten digits in more ways than 45 + 1",
                  max(widths["1"]["orders"]["most"], *(deep[name]["orders"]["most"] for name in ("one", "one-by-hand"))), 46)  # fmt: skip
    yield at_most("orders-two", "No network with two hidden numbers orders the ten digits in more ways than 916",
                  max(widths["2"]["orders"]["most"], deep["two"]["orders"]["most"]), 916)  # fmt: skip
    yield at_least("narrow-loses", "No hidden layer beats one of eight units by at least 0.8 percentage points", none - narrow, 0.008)
    yield at_least("narrow-fits", "Eight units fit at least 99% of the training images in each run", widths["8"]["train"]["least"], 0.99)
    yield between("wide-ties", "A hidden layer of 32 units stays within one percentage point of none", wide - none, -0.01, 0.01)
    yield at_least("shallow-one-can", "With one hidden unit right after the pixels, at least eight digits can still win",
                   widths["1"]["possible"]["least"], 8)  # fmt: skip
    yield at_most("deep-one-cannot", "With 32 units before the one, at least one digit cannot win in any of the runs",
                  deep["one"]["possible"]["most"], 9)  # fmt: skip
    yield at_least("shallow-one-fails", "More than half of the test images are wrong all the same", 1 - widths["1"]["test"]["most"], 0.5)
    yield at_least("deep-two", "Each network with 32 units before the two beats each without by at least 4 percentage points",
                   deep["two"]["test"]["least"] - widths["2"]["test"]["most"], 0.04)  # fmt: skip
    yield at_least("two-spread", "Over the seeds 64-32-2-10 spreads by at least 4 percentage points",
                   deep["two"]["test"]["most"] - deep["two"]["test"]["least"], 0.04)  # fmt: skip
    yield at_least("by-hand", "With the output layer written by hand each run is at least 10 percentage points better than each without",
                   deep["one-by-hand"]["test"]["least"] - deep["one"]["test"]["most"], 0.1)  # fmt: skip


def figures(data):
    yield "plane", draw_plane(data["network"])
    yield "width", draw_width(data)


REGIONS = ["sky", "orange", "green", "purple", "red", "gold", "blue", "grey", "ink", "rule"]


def draw_plane(network):
    figure, axes = new_figure(width=0.9, aspect=0.98)
    h = np.linspace(-1.06, 1.06, 120)
    plane = np.stack(np.meshgrid(h, h), axis=-1)
    output = network["layers"][-1]
    logits = plane @ np.array(output["weight"]) + np.array(output["bias"])
    points, labels = np.array(network["points"]), np.array(list(network["labels"]), dtype=int)
    answers = (points @ np.array(output["weight"]) + np.array(output["bias"])).argmax(axis=1)
    for digit in range(CLASSES):
        lead = logits[..., digit] - np.delete(logits, digit, axis=-1).max(axis=-1)
        axes.contourf(h, h, lead, levels=[0, np.inf], colors=[color(REGIONS[digit])], alpha=0.22)
        axes.contour(h, h, lead, levels=[0], colors=color("paper"), linewidths=1.4)
        for right, shade in ((True, "ink"), (False, "bad")):
            chosen = points[(labels == digit) & ((answers == digit) == right)]
            size, alpha = (7, 0.75) if right else (8.5, 1)
            axes.plot(*chosen.T, linestyle="", marker=f"${digit}$", markersize=size, color=color(shade), alpha=alpha)
    axes.set(xlim=(-1.06, 1.06), ylim=(-1.06, 1.06), xlabel="first hidden number", ylabel="second hidden number")
    axes.grid(False)
    return figure


def draw_width(data):
    figure, axes = new_figure(aspect=0.7)
    widths, deep = data["widths"], data["deep"]
    control = 100 * widths["0"]["test"]["mean"]
    axes.axhline(control, color=color("muted"), linewidth=1.4, linestyle=(0, (4, 3)))
    direct_label(axes, 40, control, "no hidden layer", "muted", dx=0, dy=10, ha="right")
    series = [(h, widths[str(h)]["test"]) for h in WIDTHS]
    axes.plot(WIDTHS, [100 * test["mean"] for _, test in series], color=color("blue"))
    for h, test in series:
        axes.plot([h] * len(test["values"]), 100 * np.array(test["values"]), "o", color=color("blue"), markersize=5)
    direct_label(axes, 4, 100 * widths["4"]["test"]["mean"], "64-h-10", "blue", dx=4, dy=-17)
    for name, h, label, role, dx, dy in (
        ("two", 2, "64-32-2-10", "orange", 6, -5),
        ("one", 1, "64-32-1-10", "orange", 11, -22),
        ("one-by-hand", 1, "64-32-1-10,\noutput layer\nby hand", "green", -8, 31),
    ):  # fmt: skip
        values = 100 * np.array(deep[name]["test"]["values"])
        axes.plot([h] * len(values), values, "D", color=color(role), markersize=5.5)
        direct_label(axes, h, values.max(), label, role, dx=dx, dy=dy)
    axes.set(xscale="log", xlim=(0.9, 40), ylim=(25, 106), xlabel="hidden numbers before the output layer, h")
    axes.set_ylabel("test images right, %")
    axes.set_xticks(WIDTHS, [str(h) for h in WIDTHS])
    axes.minorticks_off()
    return figure
