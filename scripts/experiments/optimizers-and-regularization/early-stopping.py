"""What patience, metric, validation size and schedule do to early stopping on noisy digits, and how it resembles ridge regression."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import MLP, Adam, EarlyStopping, TrainingState, cosine, cross_entropy, digits, fit, no_grad

TOLERANCE = {"game": None, "one": None, "lost": None, "rules": 0.35, "sizes": 0.2, "whole": 0.2, "clean": 0.2, "optimism": 0.6,
             "noise": 0.3, "schedule": 0.2, "travel": 0.2, "more-data": 0.2, "metrics": 0.35}  # fmt: skip

SEEDS = 20
N_TRAIN, N_VALIDATION = 300, 150
WRONG = 0.3  # share of labels replaced by another digit, in training and validation
EPOCHS, BATCH, RATE = 150, 50, 2e-3
PATIENCES = [1, 2, 3, 5, 10, 30]
SIZES = [30, 150, 500]  # validation images
SUBSETS = 20  # random validation sets of each size, for each network
HORIZONS = [30, 60, 150]  # epochs of the cosine schedule
GAME_ORDER, GAME_EPOCHS = [6, 0, 1, 2, 3, 4, 5, 7, 8, 9], 80  # seeds; the first is one on which the rules disagree
START = {"network": 1, "epoch": 10, "patience": 5, "images": 150}  # the explorable's first state
DEGREE, POINTS, POLYNOMIAL_NOISE, POLYNOMIAL_RATE = 9, 20, 0.3, 0.5
MONITORS = {"loss": "min", "accuracy": "max"}


def run(rng):
    noisy = [trained(seed) for seed in range(SEEDS)]
    clean = [trained(seed, wrong=0.0) for seed in range(SEEDS)]
    found = {monitor: rules(noisy, monitor) for monitor in MONITORS}
    return {
        "seeds": SEEDS,
        "validation": N_VALIDATION,
        "whole": whole_run(noisy),
        "rules": found,
        "lost": {name: 100 * (rule["10"]["kept"]["mean"] - rule["1"]["kept"]["mean"]) for name, rule in found.items()},
        "sizes": sizes(noisy),
        "metrics": first_and_second(noisy),
        "clean": {**whole_run(clean), "rules": {monitor: rules(clean, monitor) for monitor in MONITORS}},
        "optimism": optimism(noisy, rng),
        "noise": noise(noisy, rng),
        "schedule": schedules(),
        "more-data": more_data(noisy),
        "travel": travel(noisy),
        "one": one_network(noisy[GAME_ORDER[0]]),
        "game": game(noisy),
        "ridge": ridge(),
        "quiz": quiz(),
    }


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
    return {
        "epochs": EPOCHS,
        "rate": RATE,
        "images": N_TRAIN,
        "test-images": len(networks[0]["truth"]) - N_TRAIN - max(SIZES),
        "last": mean_and_sd(tests[:, -1]),
        "best": mean_and_sd(tests.max(axis=1)),
        "best-epoch": float(np.median(tests.argmax(axis=1) + 1)),
        "train": mean_and_sd([network["fits-given"][-1, :N_TRAIN].mean() for network in networks]),
    }


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


def sizes(networks):
    """Test accuracy with patience 10 for validation sets of each size."""
    found = {monitor: {} for monitor in MONITORS}
    for monitor, mode in MONITORS.items():
        for size in SIZES:
            kept = [replay(validation_curve(network, monitor, size), 10, mode)[0] for network in networks]
            found[monitor][str(size)] = mean_and_sd([test_curve(network)[best - 1] for network, best in zip(networks, kept, strict=True)])
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
                epochs = {
                    "accuracy": score.argmax(),
                    "accuracy-tenth": 10 * score[9::10].argmax() + 9,
                    "loss": losses[:, chosen].mean(axis=1).argmin(),
                }
                for name, epoch in epochs.items():
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
            "horizon": horizon,
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
    return {"both": N_TRAIN + N_VALIDATION, **{name: mean_and_sd(values) for name, values in found.items()}}


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
        "rules": {str(patience): one_rule(values, test_curve(network), patience) for patience in (1, 3, 5, 10, 30)},
        "best": {"epoch": int(test_curve(network).argmax()) + 1, "accuracy": float(test_curve(network).max())},
    }


def one_rule(values, test, patience):
    kept, stopped = replay(values, patience, "max")
    return {"kept": kept, "stopped": stopped, "test": float(test[kept - 1])}


def game(networks):
    chosen = [networks[seed] for seed in GAME_ORDER]
    curves = {str(size): [np.round(validation_curve(network, "accuracy", size)[:GAME_EPOCHS], 3) for network in chosen] for size in SIZES}
    tests = [np.round(test_curve(network)[:GAME_EPOCHS], 4) for network in chosen]
    return {**START, "epochs": GAME_EPOCHS, "validation": curves, "test": tests}


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
    clean, schedule, more = data["clean"], data["schedule"], data["more-data"]

    def kept(rules, patience):
        return rules[str(patience)]["kept"]["mean"]

    yield at_least("stopping-helps", "Stopping by loss with patience 10 ends at least 8 points of test accuracy above the last epoch",
                   kept(loss, 10) - whole["last"]["mean"], 0.08)  # fmt: skip
    yield at_most("near-best", "Patience 10 is within 2.5 points of the best epoch of each test curve, for both metrics",
                  whole["best"]["mean"] - min(kept(loss, 10), kept(accuracy, 10)), 0.025)  # fmt: skip
    yield at_least("impatient-loss", "By loss, patience 1 is at least half a point below patience 10",
                   kept(loss, 10) - kept(loss, 1), 0.005)  # fmt: skip
    yield at_least("impatient-accuracy", "By accuracy, patience 1 is at least 5 points below patience 10",
                   kept(accuracy, 10) - kept(accuracy, 1), 0.05)  # fmt: skip
    yield at_most("elbow", "From patience 5 to 30 neither metric gains more than a point",
                  max(kept(rules, 30) - kept(rules, 5) for rules in (loss, accuracy)), 0.01)  # fmt: skip
    yield at_least("patience-costs", "Patience 30 trains at least 1.6 times as many epochs as patience 5",
                   min(rules["30"]["epochs"]["mean"] / rules["5"]["epochs"]["mean"] for rules in (loss, accuracy)), 1.6)  # fmt: skip
    yield at_least("restore-late", "At patience 30 restoring gains at least a point over the weights at the stop",
                   min(rules["30"]["kept"]["mean"] - rules["30"]["at-stop"]["mean"] for rules in (loss, accuracy)), 0.01)  # fmt: skip
    yield at_most("restore-early", "At patience 3 restoring gains at most 0.3 points",
                  max(rules["3"]["kept"]["mean"] - rules["3"]["at-stop"]["mean"] for rules in (loss, accuracy)), 0.003)  # fmt: skip
    yield at_most("clean-gains-nothing", "With right labels patience 10 by loss is at most half a point above the last epoch",
                  kept(clean["rules"]["loss"], 10) - clean["last"]["mean"], 0.005)  # fmt: skip
    yield at_least("clean-loses", "With right labels patience 3 by accuracy is at least 1.5 points below the last epoch",
                   clean["last"]["mean"] - kept(clean["rules"]["accuracy"], 3), 0.015)  # fmt: skip
    found = data["optimism"]["found"]
    yield at_least("optimism-small-set", "The best of the validation accuracies on 30 images is at least 3 points too high",
                   found["30"]["accuracy"]["mean"], 0.03)  # fmt: skip
    yield at_most("optimism-large-set", "On 500 images it is at most 1.5 points too high", found["500"]["accuracy"]["mean"], 0.015)
    yield at_most("optimism-fewer-looks", "Looking every tenth epoch leaves at most 0.85 of the optimism on 30 images",
                  found["30"]["accuracy-tenth"]["mean"] / found["30"]["accuracy"]["mean"], 0.85)  # fmt: skip
    yield between("optimism-by-loss", "At the epoch chosen by loss the accuracy on 30 images is off by at most 1.5 points on average",
                  found["30"]["loss"]["mean"], -0.015, 0.015)  # fmt: skip
    noise = data["noise"]
    yield between("noise-formula", "The spread over validation sets is that of the formula within 15%",
                  noise["single"] / noise["single-formula"], 0.85, 1.15)  # fmt: skip
    yield at_most("noise-paired", "The difference of two epochs on the same images scatters at most half as much as on different ones",
                  noise["difference"] / noise["difference-unpaired"], 0.5)  # fmt: skip
    yield between("noise-paired-formula", "That spread is the one computed from the share of changed answers within 20%",
                  noise["difference"] / noise["difference-formula"], 0.8, 1.2)  # fmt: skip
    sizes = data["sizes"]
    yield at_least("small-set-accuracy", "By accuracy, 30 validation images end at least a point below 150",
                   sizes["accuracy"]["150"]["mean"] - sizes["accuracy"]["30"]["mean"], 0.01)  # fmt: skip
    yield at_most("large-set", "500 validation images end at most a point above 150, for both metrics",
                  max(sizes[m]["500"]["mean"] - sizes[m]["150"]["mean"] for m in sizes), 0.01)  # fmt: skip
    yield at_least("horizon", "A cosine over 60 epochs ends at least 3 points above one over 150",
                   schedule["60"]["last"]["mean"] - schedule["150"]["last"]["mean"], 0.03)  # fmt: skip
    yield between("last-is-best", "After a cosine over 60 epochs the last weights and the best by loss differ by at most a point",
                  schedule["60"]["last"]["mean"] - schedule["60"]["best"]["mean"], -0.01, 0.01)  # fmt: skip
    yield between("not-annealed", "Patience 10 in the middle of the long cosine is within 1.5 points of the last weights of the short one",
                  schedule["150"]["patience"]["mean"] - schedule["60"]["last"]["mean"], -0.015, 0.015)  # fmt: skip
    yield at_least("more-data", "Training anew with the validation images, for as many epochs, gains at least a point",
                   more["same-epochs"]["mean"] - more["first"]["mean"], 0.01)  # fmt: skip
    yield at_least("more-data-steps", "For as many steps it gains at least half a point",
                   more["same-steps"]["mean"] - more["first"]["mean"], 0.005)  # fmt: skip
    patient = [kept(loss, patience) for patience in PATIENCES if patience >= 3]
    gain = min(more["same-epochs"]["mean"], more["same-steps"]["mean"]) - more["first"]["mean"]
    yield at_least("more-than-patience", "Either way it gains at least 0.2 points more than the best patience from 3 up over the worst",
                   gain - (max(patient) - min(patient)), 0.002)  # fmt: skip
    yield at_least("travel", "At the end the weights are at least twice as far from their start as at the kept epoch",
                   data["travel"]["end"]["mean"] / data["travel"]["kept"]["mean"], 2)  # fmt: skip
    ridge = data["ridge"]["polynomial"]
    yield at_most("closed-form", "Two hundred steps of gradient descent and the closed form agree", ridge["difference"], 1e-10)
    yield at_most("risk-ratio", "The error of stopping stays below 1.69 times that of ridge at every step", ridge["largest-ratio"], 1.69)
    yield between("best-of-both", "The best stopped error is the best ridge error within 10%", ridge["best-ratio"], 0.9, 1.1)


def figures(data):
    yield "one-network", draw_one(data["one"])
    yield "patience", draw_patience(data)
    yield "shrinkage", draw_shrinkage(data["ridge"])


def draw_one(one):
    figure, axes = new_figure(aspect=0.68)
    shown = GAME_EPOCHS
    epochs = np.arange(1, shown + 1)
    labels = (("train", "training", 46, 13), ("test", "test, true labels", 60, 13), ("validation", "validation", 46, -20))
    for name, label, at, dy in labels:
        axes.plot(epochs, one[name][:shown], color=color(name))
        direct_label(axes, at, one[name][at - 1], label, name, dx=0, dy=dy, ha="center")
    for patience, foot in (("1", 0.07), ("3", 0.19), ("5", 0.31)):
        rule = one["rules"][patience]
        axes.plot([rule["kept"]] * 2, [foot - 0.03, rule["test"]], color=color("ink"), linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(rule["kept"], rule["test"], marker="o", markersize=8, color=color("ink"))
        direct_label(axes, rule["kept"], foot, f"patience {patience} keeps epoch {rule['kept']}: {rule['test']:.0%}", "ink", dx=7)
    axes.set(xlim=(0, shown), ylim=(0, 1), xlabel="epoch", ylabel="accuracy")
    return figure


def draw_patience(data):
    figure, (scores, costs) = new_figure(aspect=1.05, rows=2, sharex=True, height_ratios=(3, 2))
    places = np.arange(len(PATIENCES))
    whole = data["whole"]
    for level, text, dy in ((whole["best"]["mean"], "best epoch of each test curve", 24), (whole["last"]["mean"], "no stopping", -9)):
        scores.axhline(level, color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
        direct_label(scores, places[-1] + 0.3, level, text, "muted", dx=0, dy=dy, ha="right")
    for monitor, role, shift in (("loss", "purple", -0.09), ("accuracy", "orange", 0.09)):
        rules = data["rules"][monitor]
        for place, patience in zip(places, PATIENCES, strict=True):
            each = np.array(rules[str(patience)]["kept-each"])
            scores.plot(np.full(len(each), place + shift), each, "o", color=color(role), markersize=3.5, alpha=0.4)
        scores.plot(places + shift, [rules[str(p)]["kept"]["mean"] for p in PATIENCES], color=color(role), marker="o")
        costs.plot(places + shift, [rules[str(p)]["epochs"]["mean"] for p in PATIENCES], color=color(role), marker="o")
    direct_label(scores, places[0], data["rules"]["loss"]["1"]["kept"]["mean"], "by loss", "purple", dx=2, dy=24)
    direct_label(scores, places[0] + 0.09, data["rules"]["accuracy"]["1"]["kept"]["mean"], "by accuracy", "orange", dx=10, dy=-24)
    scores.set(ylim=(0.38, 1), ylabel="test accuracy")
    costs.set(ylim=(0, 60), ylabel="epochs trained", xlabel="patience", xticks=places, xticklabels=[str(p) for p in PATIENCES])
    return figure


def draw_shrinkage(ridge):
    figure, axes = new_figure(aspect=0.6)
    curve, gap = ridge["curve"], ridge["gap"]
    axes.plot(curve["product"], curve["flow"], color=color("blue"))
    axes.plot(curve["product"], curve["ridge"], color=color("purple"))
    axes.plot([gap["at"]] * 2, [gap["ridge"], gap["flow"]], color=color("ink"), linewidth=1.5)
    direct_label(axes, gap["at"], (gap["ridge"] + gap["flow"]) / 2, f"gap {gap['value']:.3f}", "ink", dx=-14, dy=22, ha="right")
    direct_label(axes, 0.9, 0.60, "stopped\ngradient descent", "blue", dx=-8, dy=8, ha="right")
    direct_label(axes, 14, 0.93, "ridge", "purple", dx=4, dy=-12)
    axes.set(xscale="log", xlim=(0.01, 1000), ylim=(0, 1.05), xlabel=r"curvature $\times$ learning rate $\times$ steps, $\lambda\eta t$",
             ylabel="share of the fit kept")  # fmt: skip
    return figure
