"""What patience, metric, validation size and schedule do to early stopping on noisy digits, and how it resembles ridge regression."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import MLP, Adam, EarlyStopping, TrainingState, cosine, cross_entropy, digits, fit, no_grad

TOLERANCE = {"game": None, "one": None, "rules": 0.35, "whole": 0.2, "clean": 0.2, "optimism": 0.6, "noise": 0.3,
             "schedule": 0.2, "travel": 0.2, "more-data": 0.2, "metrics": 0.35}  # fmt: skip

SEEDS = 20
N_TRAIN, N_VALIDATION = 300, 150
WRONG = 0.3  # share of labels replaced by another digit, in training and validation
EPOCHS, BATCH, RATE = 150, 50, 2e-3
PATIENCES = [1, 2, 3, 5, 10, 30]
SIZES = [30, 150, 500]  # validation images
SUBSETS = 20  # random validation sets of each size, for each network
HORIZONS = [30, 60, 150]  # epochs of the cosine schedule
GAME_NETWORKS, GAME_EPOCHS = 10, 80
DEGREE, POINTS, POLYNOMIAL_NOISE, POLYNOMIAL_RATE = 9, 20, 0.3, 0.5
MONITORS = {"loss": "min", "accuracy": "max"}


def run(rng):
    noisy = [trained(seed) for seed in range(SEEDS)]
    clean = [trained(seed, wrong=0.0) for seed in range(SEEDS)]
    return {
        "seeds": SEEDS,
        "validation": N_VALIDATION,
        "whole": whole_run(noisy),
        "rules": {monitor: rules(noisy, monitor) for monitor in MONITORS},
        "metrics": first_and_second(noisy),
        "clean": {**whole_run(clean), "rules": {monitor: rules(clean, monitor) for monitor in MONITORS}},
        "optimism": optimism(noisy, rng),
        "noise": noise(noisy, rng),
        "schedule": schedules(),
        "more-data": more_data(noisy),
        "travel": travel(noisy),
        "one": one_network(noisy[START["network"]]),
        "game": game(noisy),
        "ridge": ridge(),
        "quiz": quiz(),
    }


START = {"network": 0, "epoch": 9, "patience": 3, "images": 150}  # the explorable's first state


# ---- one network, watched ----


def trained(seed, wrong=WRONG, epochs=EPOCHS, annealed=False):
    """Train one network and note, after every epoch and for every image, the loss, and whether the answer fits given and true label."""
    rng = np.random.default_rng([38, seed])
    images, truth = digits()
    order = rng.permutation(len(truth))
    x, truth = images.reshape(-1, 64)[order], truth[order]
    replaced = rng.random(len(truth)) < wrong
    given = np.where(replaced, (truth + rng.integers(1, 10, len(truth))) % 10, truth)
    model = MLP([64, 128, 10], rng=rng)
    start = [p.data.copy() for p in model.parameters()]
    notes = {"loss": [], "fits-given": [], "fits-truth": [], "distance": []}

    def note(state):
        with no_grad():
            logits = np.asarray(model(x).data, np.float64)
        shifted = logits - logits.max(axis=1, keepdims=True)
        losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(given)), given]
        answers = logits.argmax(axis=1)
        notes["loss"].append(losses)
        notes["fits-given"].append(answers == given)
        notes["fits-truth"].append(answers == truth)
        notes["distance"].append(sum(((p.data - s) ** 2).sum() for p, s in zip(model.parameters(), start, strict=True)) ** 0.5)

    steps = epochs * -(-N_TRAIN // BATCH)
    fit(model, (x[:N_TRAIN], given[:N_TRAIN]), loss=cross_entropy, optimizer=Adam(model.parameters(), lr=RATE), epochs=epochs,
        batch_size=BATCH, rng=rng, callbacks=[note], progress=False,
        schedule=(lambda step: cosine(step, steps, RATE)) if annealed else None)  # fmt: skip
    return {**{name: np.array(values) for name, values in notes.items()}, "x": x, "given": given, "truth": truth, "seed": seed}


def validation_curve(network, monitor, size=N_VALIDATION):
    """The monitored value after each epoch, on the first images that are not trained on."""
    part = slice(N_TRAIN, N_TRAIN + size)
    return network["loss" if monitor == "loss" else "fits-given"][:, part].mean(axis=1)


def test_curve(network):
    """Accuracy with the true labels on the images that neither training nor any validation set of these sizes uses."""
    return network["fits-truth"][:, N_TRAIN + max(SIZES) :].mean(axis=1)


def replay(values, patience, mode):
    """What the library's rule does on a finished curve: the epoch it keeps and the epoch it stops at."""
    rule = EarlyStopping("value", patience=patience, mode=mode, restore_best=False)
    state = TrainingState(None, None, np.random.default_rng(0), {"value": []})
    for value in values:
        state.epoch += 1
        state.history["value"].append(float(value))
        rule.on_epoch(state)
        if state.stop:
            break
    return rule.best_epoch, state.epoch


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


# ---- what the rules find ----


def whole_run(networks):
    """Without stopping: the last epoch, and the best epoch of each test curve, which no rule can know."""
    tests = np.array([test_curve(network) for network in networks])
    last = np.array([network["fits-given"][-1, :N_TRAIN].mean() for network in networks])
    return {"last": mean_and_sd(tests[:, -1]), "best": mean_and_sd(tests.max(axis=1)), "best-epoch": float(np.median(tests.argmax(axis=1) + 1)),
            "train": mean_and_sd(last)}  # fmt: skip


def rules(networks, monitor):
    found = {}
    for patience in PATIENCES:
        ends = [replay(validation_curve(network, monitor), patience, MONITORS[monitor]) for network in networks]
        tests = [test_curve(network) for network in networks]
        kept = [test[best - 1] for test, (best, _) in zip(tests, ends, strict=True)]
        found[str(patience)] = {
            "kept": mean_and_sd(kept),
            "kept-each": np.round(kept, 4),
            "at-stop": mean_and_sd([test[stop - 1] for test, (_, stop) in zip(tests, ends, strict=True)]),
            "best-epoch": mean_and_sd([best for best, _ in ends]),
            "epochs": mean_and_sd([stop for _, stop in ends]),
        }
    return found


def first_and_second(networks):
    """The epochs that loss and accuracy choose when the whole curve is known."""
    loss = [int(validation_curve(network, "loss").argmin()) + 1 for network in networks]
    accuracy = [int(validation_curve(network, "accuracy").argmax()) + 1 for network in networks]
    return {"loss": mean_and_sd(loss), "accuracy": mean_and_sd(accuracy),
            "apart": float(np.median(np.abs(np.subtract(loss, accuracy))))}  # fmt: skip


# ---- how far to believe a validation score ----


def optimism(networks, rng):
    """The validation accuracy of the chosen epoch minus that of fresh images whose labels are as noisy."""
    found = {}
    for size in SIZES:
        gaps = {"accuracy": [], "accuracy-tenth": [], "loss": []}
        for network in networks:
            hits, losses = network["fits-given"][:, N_TRAIN:], network["loss"][:, N_TRAIN:]
            for _ in range(SUBSETS):
                order = rng.permutation(hits.shape[1])
                chosen, fresh = order[:size], order[size:]
                score, honest = hits[:, chosen].mean(axis=1), hits[:, fresh].mean(axis=1)
                tenth = 10 * int(score[9::10].argmax()) + 9
                for name, epoch in (("accuracy", score.argmax()), ("accuracy-tenth", tenth), ("loss", losses[:, chosen].mean(axis=1).argmin())):
                    gaps[name].append(score[epoch] - honest[epoch])
        by_network = {name: np.reshape(values, (SEEDS, SUBSETS)).mean(axis=1) for name, values in gaps.items()}
        found[str(size)] = {name: mean_and_sd(values) for name, values in by_network.items()}
    return {"subsets": SUBSETS, "found": found}


def noise(networks, rng):
    """Spread of the validation accuracy over validation sets, and of the difference of two epochs on the same set."""
    early, late = 15, 20
    singles, differences, disagree, accuracy = [], [], [], []
    for network in networks:
        hits = network["fits-given"][:, N_TRAIN:].astype(float)
        first, second = hits[early - 1], hits[late - 1]
        sets = np.array([rng.permutation(hits.shape[1])[:N_VALIDATION] for _ in range(200)])
        correction = (1 - N_VALIDATION / hits.shape[1]) ** -0.5  # the sets are drawn from a finite pool
        singles.append(second[sets].mean(axis=1).std(ddof=1) * correction)
        differences.append((second - first)[sets].mean(axis=1).std(ddof=1) * correction)
        disagree.append(np.mean(first != second))
        accuracy.append(second.mean())
    p, d = np.mean(accuracy), np.mean(disagree)
    return {
        "early": early, "late": late, "accuracy": p, "disagree": d,
        "single": np.mean(singles), "single-formula": (p * (1 - p) / N_VALIDATION) ** 0.5,
        "difference": np.mean(differences), "difference-formula": (d / N_VALIDATION) ** 0.5,
        "difference-unpaired": (2 * p * (1 - p) / N_VALIDATION) ** 0.5,
        "one-flip": 1 / N_VALIDATION,
    }  # fmt: skip


# ---- schedules, more data, distance ----


def schedules():
    """A cosine to zero over each horizon: the last weights, the best by validation loss, and patience 10 in the middle of it."""
    found = {}
    for horizon in HORIZONS:
        networks = [trained(seed, epochs=horizon, annealed=True) for seed in range(SEEDS)]
        tests = [test_curve(network) for network in networks]
        losses = [validation_curve(network, "loss") for network in networks]
        ends = [replay(values, 10, "min") for values in losses]
        stop = float(np.mean([stop for _, stop in ends]))
        found[str(horizon)] = {
            "last": mean_and_sd([test[-1] for test in tests]),
            "best": mean_and_sd([test[values.argmin()] for test, values in zip(tests, losses, strict=True)]),
            "patience": mean_and_sd([test[best - 1] for test, (best, _) in zip(tests, ends, strict=True)]),
            "epochs": stop,
            "rate-left": float(cosine(round(stop), horizon)),
        }
    return found


def more_data(networks):
    """Train anew on training and validation images together, for as many epochs or as many steps as patience 10 kept."""
    found = {"first": [], "same-epochs": [], "same-steps": []}
    for network in networks:
        epochs, _ = replay(validation_curve(network, "loss"), 10, "min")
        both = N_TRAIN + N_VALIDATION
        x, given = network["x"][:both], network["given"][:both]
        found["first"].append(test_curve(network)[epochs - 1])
        for name, count in (("same-epochs", epochs), ("same-steps", round(epochs * N_TRAIN / both))):
            rng = np.random.default_rng([39, network["seed"]])
            model = MLP([64, 128, 10], rng=rng)
            fit(model, (x, given), loss=cross_entropy, optimizer=Adam(model.parameters(), lr=RATE), epochs=count, batch_size=BATCH,
                rng=rng, progress=False)  # fmt: skip
            unseen = slice(N_TRAIN + max(SIZES), None)
            with no_grad():
                found[name].append(np.mean(model(network["x"][unseen]).data.argmax(axis=1) == network["truth"][unseen]))
    return {name: mean_and_sd(values) for name, values in found.items()}


def travel(networks):
    """How far the weights are from where they began, at the kept epoch and at the end."""
    kept = [network["distance"][replay(validation_curve(network, "loss"), 10, "min")[0] - 1] for network in networks]
    return {"kept": mean_and_sd(kept), "end": mean_and_sd([network["distance"][-1] for network in networks])}


# ---- curves to look at ----


def one_network(network):
    """The curves of the explorable's first network, and what the rules do on its validation accuracy."""
    values = validation_curve(network, "accuracy", START["images"])
    return {
        "train": np.round(network["fits-given"][:, :N_TRAIN].mean(axis=1), 4),
        "validation": np.round(values, 4),
        "test": np.round(test_curve(network), 4),
        "rules": {str(patience): dict(zip(("kept", "stopped"), replay(values, patience, "max"), strict=True)) for patience in (1, 3, 10, 30)},
        "best": {"epoch": int(test_curve(network).argmax()) + 1, "accuracy": float(test_curve(network).max())},
    }  # fmt: skip


def game(networks):
    chosen = networks[:GAME_NETWORKS]
    curves = {str(size): [np.round(validation_curve(network, "accuracy", size)[:GAME_EPOCHS], 3) for network in chosen] for size in SIZES}
    return {**START, "epochs": GAME_EPOCHS, "validation": curves, "test": [np.round(test_curve(network)[:GAME_EPOCHS], 4) for network in chosen]}


# ---- least squares: stopping and ridge ----


def ridge():
    """Gradient descent from zero and ridge on a polynomial fit, direction by direction, and the exact expected error of both."""
    s = np.geomspace(0.01, 1000, 100_001)  # curvature times rate times steps
    flow, shrunk = 1 - np.exp(-s), s / (1 + s)
    gap, ratio = int((flow - shrunk).argmax()), int((flow / shrunk).argmax())
    x = np.linspace(-1, 1, POINTS)
    features = np.vander(x, DEGREE + 1, increasing=True)
    curvatures, directions = np.linalg.eigh(features.T @ features / POINTS)
    target = np.linalg.lstsq(features, np.sin(np.pi * x), rcond=None)[0]
    signal = directions.T @ target

    def error(kept):
        return float(np.sum(curvatures * ((1 - kept) * signal) ** 2) + POLYNOMIAL_NOISE**2 / POINTS * np.sum(kept**2))

    steps = np.unique(np.geomspace(1, 1e6, 400).astype(int))
    stopped = np.array([error(1 - (1 - POLYNOMIAL_RATE * curvatures) ** t) for t in steps])
    penalized = np.array([error(curvatures / (curvatures + 1 / (POLYNOMIAL_RATE * t))) for t in steps])
    w = np.zeros(DEGREE + 1)  # the closed form, checked by running 200 steps
    for _ in range(200):
        w -= POLYNOMIAL_RATE * features.T @ (features @ w - np.sin(np.pi * x)) / POINTS
    closed = directions @ ((1 - (1 - POLYNOMIAL_RATE * curvatures) ** 200) * signal)
    thin = slice(None, None, 500)
    return {
        "gap": {"at": s[gap], "flow": flow[gap], "ridge": shrunk[gap], "value": (flow - shrunk)[gap]},
        "ratio": {"at": s[ratio], "value": flow[ratio] / shrunk[ratio], "squared": (flow[ratio] / shrunk[ratio]) ** 2},
        "curve": {"product": np.round(s[thin], 5), "flow": np.round(flow[thin], 5), "ridge": np.round(shrunk[thin], 5)},
        "polynomial": {
            "largest-curvature": curvatures[-1],
            "smallest-curvature": curvatures[0],
            "largest-ratio": float(np.max(stopped / penalized)),
            "smallest-ratio": float(np.min(stopped / penalized)),
            "best-ratio": float(stopped.min() / penalized.min()),
            "best-step": int(steps[stopped.argmin()]),
            "best-penalty": float(1 / (POLYNOMIAL_RATE * steps[penalized.argmin()])),
            "unstopped": float(error(np.ones(DEGREE + 1)) / stopped.min()),
            "difference": float(np.abs(w - closed).max()),
        },
    }


def quiz():
    curve = [1.0 - 0.05 * epoch for epoch in range(1, 13)] + [0.5] * 20
    best, stop = replay(curve, 5, "min")
    return {"error": (0.8 * 0.2 / 400) ** 0.5, "best": best, "stop": stop, "penalty": 1 / (0.1 * 200)}


# ---- what the page says ----


def claims(data):
    loss, accuracy, whole = data["rules"]["loss"], data["rules"]["accuracy"], data["whole"]
    yield at_least("stopping-helps", "Stopping by loss with patience 10 ends at least 8 points above the last epoch",
                   loss["10"]["kept"]["mean"] - whole["last"]["mean"], 0.08)  # fmt: skip


def figures(data):
    figure, axes = new_figure()
    axes.plot(data["one"]["test"], color=color("test"))
    yield "one-network", figure
