"""What weight decay does to a quadratic, through momentum, on a sphere, and in small networks with and without normalization."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import SGD, Activation, LayerNorm, Linear, Parameter, Sequential, cross_entropy, digits, no_grad

# Single networks in 32 bits differ between machines, and rounding itself does: there the claims decide alone.
TOLERANCE = {"nets": None, "twins": None, "sphere": 0.05, "play": 0.05, "once": None, "poly.kept": 1e-4, "poly.errors": 1e-4,
             "poly.apart": 0.01, "poly.apart.momentum": None, "poly.apart.corrected": None, "poly.largest-difference": None}  # fmt: skip

RATE, DECAY, MOMENTUM, ZERO_STEPS = 0.1, 0.01, 0.9, 1000
DEGREE, POINTS, NOISE, DRAWS = 9, 12, 0.3, 2000
POLYNOMIAL_DECAYS = [0.001, 0.01, 0.1]
POLYNOMIAL_RATE, POLYNOMIAL_STEPS = 0.5, 20_000
ERROR_GRID = [0.0, *(10.0**k for k in range(-6, 1))]
SPHERE_DIMENSIONS, COPIES = 50, 20
SPHERE_SETTINGS = [(0.1, 1e-3), (0.1, 1e-2), (0.1, 1e-1), (0.2, 5e-4), (0.01, 1e-2)]  # learning rate, decay
N_TRAIN, WRONG, BATCH, EPOCHS, SEEDS = 300, 0.2, 50, 80, 5
DECAYS = [0.0, 0.01, 0.03, 0.1, 0.3]
ARMS = {  # normalization layers; which parameters are decayed; learning rate
    "plain": (False, "matrices", 0.3),
    "norm": (True, "matrices", 0.3),
    "norm-slow": (True, "matrices", 0.1),
    "norm-gains": (True, "all", 0.3),
}
TWINS = {"gentle": (0.1, 0.03), "strong": (0.3, 0.1)}  # learning rate, decay
PLAY = {"center": [2.4, 1.3], "tip": [3.6, 0.6], "steep": 0.5, "alpha": 0.1, "eta": 0.02, "sigma": 3.0, "steps": 40_000, "shown": 250}


class SGDW(SGD):
    """SGD whose decay does not pass through the gradient and the velocity."""

    def update(self, w, g, state, lr, momentum, dampening, weight_decay, nesterov):
        w *= 1 - lr * weight_decay
        super().update(w, g, state, lr, momentum, dampening, 0.0, nesterov)


def run(rng):
    return {
        "settings": {"seeds": SEEDS, "epochs": EPOCHS, "images": N_TRAIN, "draws": DRAWS, "copies": COPIES},
        "once": one_step_three_ways(rng),
        "worked": worked_example(),
        "zero": without_a_loss(),
        "poly": polynomial(rng),
        "sphere": sphere(rng),
        "nets": networks(),
        "twins": twins(),
        "play": play(rng),
        "quiz": quiz(),
    }


def key(number):
    """A number as a name in the record."""
    return f"{number:g}".replace(".", "-")


def mean_and_sd(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}


# ---- where the two agree, and where they part ----


def one_step_three_ways(rng):
    """The largest difference between L2 in the loss, `weight_decay`, and shrinking by hand, after one step of plain SGD."""
    w, x, y = rng.standard_normal(20), rng.standard_normal((8, 20)), rng.standard_normal(8)
    penalized, decayed = (Parameter(w.copy()) for _ in range(2))
    residual = penalized @ x.T - y
    ((residual * residual).mean() + 0.5 * DECAY * (penalized * penalized).sum()).backward()
    SGD([penalized], lr=RATE).step()
    residual = decayed @ x.T - y
    (residual * residual).mean().backward()
    gradient = decayed.grad.copy()
    SGD([decayed], lr=RATE, weight_decay=DECAY).step()
    by_hand = (1 - RATE * DECAY) * w - RATE * gradient
    return {"largest": max(np.abs(penalized.data - by_hand).max(), np.abs(decayed.data - by_hand).max())}


def worked_example():
    """Two steps from w = 1 with a constant gradient of 0.5, lr 0.1, decay 0.2, momentum 0.9; every number fits on a line."""
    found = {}
    for name, optimizer, momentum in (("plain", SGD, 0.0), ("coupled", SGD, 0.9), ("decoupled", SGDW, 0.9)):
        w = Parameter(np.array([1.0]))
        step = optimizer([w], lr=0.1, momentum=momentum, weight_decay=0.2)
        path = []
        for _ in range(3):
            w.grad = np.array([0.5])
            step.step()
            path.append(w.item())
        found[name] = path
    return found


def without_a_loss():
    """How a weight shrinks when the loss is flat."""
    found = {"steps": ZERO_STEPS, "curves": {}, "left": {}, "rate": {}}
    for name, optimizer, momentum in (("coupled", SGD, MOMENTUM), ("decoupled", SGDW, MOMENTUM), ("plain", SGD, 0.0)):
        w = Parameter(np.array([1.0]))
        step = optimizer([w], lr=RATE, momentum=momentum, weight_decay=DECAY)
        path = [1.0]
        for _ in range(ZERO_STEPS):
            w.grad = np.zeros(1)
            step.step()
            path.append(w.item())
        found["curves"][name] = path[::20]
        found["left"][name] = path[-1]
        found["rate"][name] = (np.log(path[200]) - np.log(path[-1])) / (ZERO_STEPS - 200)
    found["ratio"] = found["rate"]["coupled"] / found["rate"]["decoupled"]
    return found


# ---- a quadratic: what is given up ----


def polynomial(rng):
    x = np.linspace(-1, 1, POINTS)
    features, truth = np.vander(x, DEGREE + 1, increasing=True), np.sin(3 * x)
    curvatures, directions = np.linalg.eigh(features.T @ features / POINTS)
    y = truth + NOISE * rng.standard_normal(POINTS)
    best = directions.T @ features.T @ y / POINTS / curvatures

    def descend(optimizer, momentum, decay):
        w = Parameter(np.zeros(DEGREE + 1))
        step = optimizer([w], lr=POLYNOMIAL_RATE, momentum=momentum, weight_decay=decay)
        for _ in range(POLYNOMIAL_STEPS):
            w.grad = features.T @ (features @ w.data - y) / POINTS
            step.step()
        return w.data

    kept = {key(decay): directions.T @ descend(SGD, MOMENTUM, decay) / best for decay in POLYNOMIAL_DECAYS}
    off = max(np.abs(kept[key(decay)] - curvatures / (curvatures + decay)).max() for decay in POLYNOMIAL_DECAYS)
    # Where the two forms end: with momentum, decoupled decay acts like a penalty 1 - momentum times as large.
    ends = {
        "coupled": descend(SGD, MOMENTUM, 0.01),
        "coupled-without-momentum": descend(SGD, 0.0, 0.01),
        "decoupled": descend(SGDW, MOMENTUM, 0.01),
        "decoupled-corrected": descend(SGDW, MOMENTUM, 0.01 / (1 - MOMENTUM)),
    }
    errors = {}
    noisy = truth + NOISE * rng.standard_normal((DRAWS, POINTS))
    for decay in ERROR_GRID:
        hat = features @ directions @ np.diag(1 / (curvatures + decay)) @ directions.T @ features.T / POINTS
        errors[key(decay)] = np.mean((noisy @ hat.T - truth) ** 2)
    best_decay = min(ERROR_GRID, key=lambda decay: errors[key(decay)])
    return {
        "curvatures": curvatures, "kept": kept, "largest-difference": off,
        "smallest": curvatures[0], "largest": curvatures[-1],
        "free": {key(decay): np.sum(curvatures / (curvatures + decay)) for decay in ERROR_GRID},
        "lengths": {name: np.linalg.norm(w) for name, w in ends.items()},
        "apart": {
            "momentum": np.abs(ends["coupled"] - ends["coupled-without-momentum"]).max(),
            "decoupled": np.linalg.norm(ends["coupled"] - ends["decoupled"]) / np.linalg.norm(ends["coupled"]),
            "corrected": np.abs(ends["coupled"] - ends["decoupled-corrected"]).max(),
        },
        "errors": {"found": errors, "best-decay": best_decay, "none": errors["0"], "best": errors[key(best_decay)]},
    }  # fmt: skip


# ---- weights whose length does not matter ----


def sphere(rng):
    """SGD on pure gradient noise that is orthogonal to w and has length in proportion to 1 / |w|: what a normalized layer passes back."""
    rows = []
    for rate, decay in SPHERE_SETTINGS:
        w = Parameter(rng.standard_normal((COPIES, SPHERE_DIMENSIONS)))
        optimizer = SGD([w], lr=rate, weight_decay=decay)
        steps = round(4 / (rate * decay))
        norms, turns = [], []
        for step in range(steps):
            length = np.linalg.norm(w.data, axis=1, keepdims=True)
            unit = w.data / length
            noise = rng.standard_normal(w.shape)
            w.grad = (noise - (noise * unit).sum(axis=1, keepdims=True) * unit) / length
            optimizer.step()
            if step >= steps - min(1000, steps // 4):
                now = np.linalg.norm(w.data, axis=1, keepdims=True)
                norms.append(now[:, 0])
                turns.append(((w.data / now - unit) ** 2).sum(axis=1))
        rows.append({
            "rate": rate, "decay": decay, "ratio": rate / decay, **mean_and_sd(np.mean(norms, axis=0)),
            "predicted": ((SPHERE_DIMENSIONS - 1) * rate / (2 * decay)) ** 0.25,
            "turn": float(np.sqrt(np.mean(turns))), "predicted-turn": (2 * rate * decay) ** 0.5,
        })  # fmt: skip
    exponent = np.polyfit(np.log([row["ratio"] for row in rows]), np.log([row["mean"] for row in rows]), 1)[0]
    return {"rows": rows, "exponent": exponent, "dimensions": SPHERE_DIMENSIONS,
            "off": max(abs(row["mean"] / row["predicted"] - 1) for row in rows),
            "turn-off": max(abs(row["turn"] / row["predicted-turn"] - 1) for row in rows)}  # fmt: skip


# ---- networks ----


def network(rng, normalized, dtype=np.float32, eps=1e-5):
    layers = []
    for n_in, n_out in ((64, 64), (64, 10)):
        layers.append(Linear(n_in, n_out, bias=not normalized, rng=rng, dtype=dtype))
        if normalized:
            layers.append(LayerNorm(n_out, eps, dtype=dtype))
        layers.append(Activation("relu"))
    return Sequential(*layers[:-1])


def train(seed, rate, decay, normalized=True, decayed="matrices", growing=False, dtype=np.float32, eps=1e-5):
    """Train on digits with some wrong labels: a constant learning rate, in the last third falling to 0 along a line.

    With `growing` no weight is decayed; instead the learning rate of the matrices grows so that the network computes the same.
    """
    rng = np.random.default_rng([36, seed])
    images, truth = digits()
    order = rng.permutation(len(truth))
    x, truth = images.reshape(-1, 64)[order].astype(dtype), truth[order]
    replaced = rng.random(len(truth)) < WRONG
    given = np.where(replaced, (truth + rng.integers(1, 10, len(truth))) % 10, truth)
    model = network(rng, normalized, dtype, eps)
    matrices = [p for p in model.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    optimizer = SGD([
        {"params": matrices, "weight_decay": 0.0 if growing else decay},
        {"params": others, "weight_decay": decay if decayed == "all" else 0.0},
    ], lr=rate)  # fmt: skip
    steps = EPOCHS * N_TRAIN // BATCH
    step, shrunk, losses, turns = 0, 1.0, [], []
    for _ in range(EPOCHS):
        for chosen in np.split(rng.permutation(N_TRAIN), N_TRAIN // BATCH):
            now = rate * min(1.0, 3 * (steps - step) / steps)
            keep = 1 - now * decay
            optimizer.param_groups[0]["lr"] = now / (keep * shrunk**2) if growing else now
            optimizer.param_groups[1]["lr"] = now
            before = matrices[0].data / np.linalg.norm(matrices[0].data)
            optimizer.zero_grad()
            loss = cross_entropy(model(x[chosen]), given[chosen])
            loss.backward()
            optimizer.step()
            shrunk *= keep
            losses.append(loss.item())
            if steps // 2 <= step < 2 * steps // 3:
                after = matrices[0].data / np.linalg.norm(matrices[0].data)
                turns.append(np.sum((after - before) ** 2))
            step += 1
    with no_grad():
        logits = np.asarray(model(x).data, np.float64)
        norm = np.sqrt(sum((p.data.astype(np.float64) ** 2).sum() for p in matrices))
        for p in matrices:
            p.data *= 10
        scaled = np.asarray(model(x).data, np.float64)
    answers = logits.argmax(axis=1)
    return {
        "test": np.mean(answers[N_TRAIN:] == truth[N_TRAIN:]), "train": np.mean(answers[:N_TRAIN] == given[:N_TRAIN]),
        "scaled": np.mean(scaled.argmax(axis=1)[N_TRAIN:] == truth[N_TRAIN:]),
        "norm": norm, "turn": float(np.sqrt(np.mean(turns))), "losses": np.array(losses), "logits": logits,
        "last-rate": optimizer.param_groups[0]["lr"], "grown": 1 / shrunk,
    }  # fmt: skip


def networks():
    found = {}
    for arm, (normalized, decayed, rate) in ARMS.items():
        found[arm] = {"rate": rate, "by-decay": {}}
        for decay in DECAYS:
            runs = [train(seed, rate, decay, normalized, decayed) for seed in range(SEEDS)]
            cell = {name: mean_and_sd([one[name] for one in runs]) for name in ("test", "train", "norm", "turn", "scaled")}
            cell["predicted-turn"] = (2 * rate * decay) ** 0.5
            cell["moved"] = max(abs(one["test"] - one["scaled"]) for one in runs)
            found[arm]["by-decay"][key(decay)] = cell
    for rows in found.values():
        rows["best"] = max(cell["test"]["mean"] for cell in rows["by-decay"].values())
    equal_products = [("0-01", "0-03"), ("0-03", "0-1"), ("0-1", "0-3")]  # decays at rates 0.3 and 0.1 with the same product
    norm, slow = found["norm"]["by-decay"], found["norm-slow"]["by-decay"]
    found["same-product"] = max(abs(norm[a]["test"]["mean"] - slow[b]["test"]["mean"]) for a, b in equal_products)
    plain = found["plain"]["by-decay"]
    found["gain-plain"] = 100 * (plain["0-01"]["test"]["mean"] - plain["0"]["test"]["mean"])
    found["turn-off"] = max(
        abs(rows[decay]["turn"]["mean"] / rows[decay]["predicted-turn"] - 1) for rows in (norm, slow) for decay in ("0-03", "0-1", "0-3")
    )
    return found


def twins():
    """Decay, against no decay and a growing learning rate, in double precision and almost without the norm layers' epsilon."""
    found = {}
    for name, (rate, decay) in TWINS.items():
        both = [[train(seed, rate, decay, growing=g, dtype=np.float64, eps=1e-12) for g in (False, True)] for seed in range(SEEDS)]
        found[name] = {
            "rate": rate, "decay": decay, "grown": both[0][1]["grown"], "last-rate": both[0][1]["last-rate"],
            "loss-apart": max(np.abs(a["losses"] - b["losses"]).max() for a, b in both),
            "logits-apart": max(np.abs(a["logits"] - b["logits"]).max() for a, b in both),
            "decayed": {k: mean_and_sd([a[k] for a, _ in both]) for k in ("test", "norm")},
            "growing": {k: mean_and_sd([b[k] for _, b in both]) for k in ("test", "norm")},
        }  # fmt: skip
    found["lengths-apart"] = found["strong"]["growing"]["norm"]["mean"] / found["strong"]["decayed"]["norm"]["mean"]
    return found


# ---- the explorable's first state ----


def play(rng):
    """The penalized minimum as the penalty grows, and where noisy SGD goes when only the direction counts."""
    center, tip = np.array(PLAY["center"]), np.array(PLAY["tip"])
    along = (tip - center) / np.linalg.norm(tip - center)
    across = np.array([-along[1], along[0]])
    flat = (PLAY["steep"] / np.linalg.norm(tip - center)) ** 2
    hessian = flat * np.outer(along, along) + np.outer(across, across)

    def minimum(alpha):
        return np.linalg.solve(hessian + alpha * np.eye(2), hessian @ center)

    eta, alpha, sigma, length = PLAY["eta"], PLAY["alpha"], PLAY["sigma"], np.linalg.norm(center)
    w, track, turns = center / length, [], []
    for noise in sigma * rng.standard_normal(PLAY["steps"]):
        r = np.hypot(*w)
        unit = w / r
        tangent = np.array([-unit[1], unit[0]])
        pull = length * tangent @ hessian @ (length * unit - center) + noise
        w = (1 - eta * alpha) * w - eta * pull / r * tangent
        track.append(w)
        turns.append(np.arctan(eta * pull / r**2 / (1 - eta * alpha)) ** 2)
    at = minimum(alpha)
    return {
        **PLAY, "flat": flat, "kept": {"along": flat / (flat + alpha), "across": 1 / (1 + alpha)},
        "path": np.round([minimum(a) for a in np.geomspace(1e-4, 1e3, 60)], 4),
        "stops": {key(a): np.round(minimum(a), 4) for a in (0.01, 0.1, 1.0)},
        "length": np.hypot(*at), "turned": turned(at, center),
        "track": np.round(track[-PLAY["shown"] :], 3),
        "turn": float(np.degrees(np.sqrt(np.mean(turns[PLAY["steps"] // 2 :])))), "predicted-turn": np.degrees((2 * eta * alpha) ** 0.5),
        "radius": (eta * sigma**2 / (2 * alpha)) ** 0.25,
        "mean-radius": np.mean(np.hypot(*np.array(track[PLAY["steps"] // 2 :]).T)),
    }  # fmt: skip


def turned(w, center):
    return float(np.degrees(np.abs(np.arctan2(w[1], w[0]) - np.arctan2(center[1], center[0]))))


def quiz():
    w = Parameter(np.array([1.0]))
    optimizer = SGD([w], lr=RATE, momentum=MOMENTUM, weight_decay=5e-4)
    for _ in range(1000):
        w.grad = np.zeros(1)
        optimizer.step()
    return {
        "left": w.item(), "without-momentum": float(np.exp(-RATE * 5e-4 * 1000)),
        "flat": 0.1 / (0.1 + 0.1), "steep": 10 / (10 + 0.1), "fourth-root": 4**0.25,
    }  # fmt: skip


# ---- what the page says ----


def claims(data):
    nets, twin, poly, sphere_ = data["nets"], data["twins"], data["poly"], data["sphere"]
    norm, plain, gains = (nets[arm]["by-decay"] for arm in ("norm", "plain", "norm-gains"))
    yield at_most("same-step", "One step of plain SGD is the same in all three forms, but for rounding", data["once"]["largest"], 1e-14)
    yield between("tenfold", "With momentum 0.9, L2 shrinks a weight ten to twelve times as fast as decoupled decay",
                  data["zero"]["ratio"], 10, 12)  # fmt: skip
    yield at_most("kept-formula", "The measured shares agree with curvature / (curvature + alpha)", poly["largest-difference"], 1e-6)
    yield at_most("momentum-keeps-optimum", "With L2 in the gradient, SGD ends at the same point with and without momentum",
                  poly["apart"]["momentum"], 1e-6)  # fmt: skip
    yield at_least("decoupled-elsewhere", "With momentum 0.9, decoupled decay of the same number ends at least 20% away",
                   poly["apart"]["decoupled"], 0.2)  # fmt: skip
    yield at_most("decoupled-corrected", "Decoupled decay 1 / (1 - momentum) times as large ends where L2 does",
                  poly["apart"]["corrected"], 1e-6)  # fmt: skip
    yield at_most("ridge-helps", "The best penalty of the grid leaves at most 0.7 of the expected error",
                  poly["errors"]["best"] / poly["errors"]["none"], 0.7)  # fmt: skip
    yield at_most("equilibrium", "The measured lengths are within 2% of the predicted ones", sphere_["off"], 0.02)
    yield between("fourth-root", "The length grows like the fourth root of lr / decay", sphere_["exponent"], 0.24, 0.26)
    yield at_most("sphere-turn", "A step turns the weights by the predicted angle within 2%", sphere_["turn-off"], 0.02)
    yield at_most("net-turn", "In the networks, from decay 0.03 on, a step turns the first matrix by the predicted angle within 10%",
                  nets["turn-off"], 0.1)  # fmt: skip
    yield at_least("norm-gains-accuracy", "With norm layers, decay 0.1 adds at least 6 points of test accuracy",
                   norm["0-1"]["test"]["mean"] - norm["0"]["test"]["mean"], 0.06)  # fmt: skip
    yield at_least("plain-gains-accuracy", "Without them, decay 0.01 adds at least 1.5 points",
                   plain["0-01"]["test"]["mean"] - plain["0"]["test"]["mean"], 0.015)  # fmt: skip
    yield at_most("plain-breaks", "Without norm layers, decay 0.3 ends at chance", plain["0-3"]["test"]["mean"], 0.15)
    yield at_least("norm-survives", "With norm layers, decay 0.3 leaves at least 70%", norm["0-3"]["test"]["mean"], 0.7)
    yield at_most("same-product", "Settings with the same lr times decay differ by at most 4 points", nets["same-product"], 0.04)
    yield at_least("gains-harmless", "Decay 0.03 on gains and biases too costs at most two points",
                   gains["0-03"]["test"]["mean"] - norm["0-03"]["test"]["mean"], -0.02)  # fmt: skip
    yield at_most("gains-break", "Decay 0.1 on gains and biases too leaves at most 40%", gains["0-1"]["test"]["mean"], 0.4)
    yield at_most("scale-free", "Ten times as large matrices change no normalized network's accuracy by more than half a point",
                  max(cell["moved"] for cell in norm.values()), 0.005)  # fmt: skip
    yield at_most("twin-gentle", "Decay and a growing learning rate give the same losses within a ten-thousandth",
                  twin["gentle"]["loss-apart"], 1e-4)  # fmt: skip
    yield at_least("twin-parts", "Under strong decay the losses come apart", twin["strong"]["loss-apart"], 0.01)
    yield at_most("twin-strong", "Their test accuracies still agree within 5 points",
                  abs(twin["strong"]["decayed"]["test"]["mean"] - twin["strong"]["growing"]["test"]["mean"]), 0.05)  # fmt: skip
    yield at_least("huge-weights", "The weights of the one are at least 100,000 times as long as those of the other",
                   twin["lengths-apart"], 1e5)  # fmt: skip


def figures(data):
    yield "plane", draw_plane(data["play"])
    yield "kept", draw_kept(data["poly"])
    yield "zero", draw_zero(data["zero"])
    yield "turn", draw_turn(data["sphere"], data["nets"])
    yield "networks", draw_networks(data["nets"])


def draw_plane(play_):
    figure, (left, right) = new_figure(aspect=0.62, columns=2, sharey=True)
    center, tip = np.array(play_["center"]), np.array(play_["tip"])
    x, y = np.meshgrid(np.linspace(-0.6, 4.2, 120), np.linspace(-1.8, 3.6, 135))
    along = (tip - center) / np.linalg.norm(tip - center)
    hessian = play_["flat"] * np.outer(along, along) + np.outer([-along[1], along[0]], [-along[1], along[0]])

    def loss(u, v):
        d = np.stack([u - center[0], v - center[1]])
        return 0.5 * np.einsum("i...,ij,j...->...", d, hessian, d)

    length, r = np.hypot(*center), np.hypot(x, y) + 1e-9
    for axes, values in ((left, loss(x, y)), (right, loss(length * x / r, length * y / r))):
        axes.contour(x, y, values, levels=[0.01, 0.05, 0.125, 0.3, 0.6, 1.1], colors=color("rule"), linewidths=1)
        axes.plot(*center, "o", color=color("ink"), markersize=6)
        axes.plot(0, 0, "+", color=color("ink"), markersize=11, markeredgewidth=2)
        axes.set(xlim=(-0.6, 4.2), ylim=(-1.8, 3.6), xticks=[0, 2, 4], yticks=[0, 2], aspect="equal")
        axes.grid(False)
    left.plot(*np.array(play_["path"]).T, color=color("blue"))
    for name, dx, dy in (("0-1", -2, 12), ("1", -6, 10)):
        left.plot(*play_["stops"][name], "o", color=color("blue"))
        direct_label(left, *play_["stops"][name], rf"$\alpha$ = {name.replace('-', '.')}", "blue", dx=dx, dy=dy, ha="right")
    direct_label(left, *center, "minimum", "ink", dx=4, dy=-12)
    angle = np.linspace(-1.2, 2.2, 100)
    circle = play_["radius"] * np.cos(angle), play_["radius"] * np.sin(angle)
    right.plot(*circle, color=color("theory"), linestyle=(0, (4, 3)), linewidth=1.4)
    right.plot(*np.array([[0, 0], center]).T, color=color("theory"), linewidth=1.4)
    right.plot(*np.array(play_["track"]).T, color=color("orange"), linewidth=0.8, marker="o", markersize=2)
    left.set(xlabel="no norm layer", ylabel="second weight")
    right.set(xlabel="norm layer behind it")
    return figure


def draw_kept(poly):
    figure, axes = new_figure(aspect=0.58)
    curve = np.geomspace(1e-8, 5, 200)
    for decay, label, role, height, dx in (
        ("0.001", r"$\alpha = 0.001$", "purple", 0.5, -10), ("0.01", "0.01", "blue", 0.4, 8), ("0.1", "0.1", "orange", 0.4, 8),
    ):  # fmt: skip
        axes.plot(curve, curve / (curve + float(decay)), color=color(role))
        axes.plot(poly["curvatures"], poly["kept"][decay.replace(".", "-")], "o", color=color(role))
        at = float(decay) * height / (1 - height)
        direct_label(axes, at, height, label, role, dx=dx, ha="right" if dx < 0 else "left")
    axes.set(xscale="log", xlim=(1e-7, 5), ylim=(-0.03, 1.05), xlabel=r"curvature $\lambda$ of the direction", ylabel="share kept")
    return figure


def draw_zero(zero):
    figure, axes = new_figure(aspect=0.5)
    steps = np.arange(0, zero["steps"] + 1, 20)
    for name, label, role, at in (("decoupled", "decoupled decay", "adamw", 28), ("coupled", "L2 in the gradient", "momentum", 22)):
        axes.plot(steps, zero["curves"][name], color=color(role))
        direct_label(axes, steps[at], zero["curves"][name][at], label, role, dx=4, dy=12)
    axes.set(yscale="log", xlabel="steps without a gradient of the loss", ylabel="weight")
    return figure


def draw_turn(sphere_, nets):
    figure, axes = new_figure(aspect=0.66)
    axes.plot([0.01, 0.5], [0.01, 0.5], color=color("theory"), linewidth=1.5)
    direct_label(axes, 0.02, 0.02, "equal", "theory", dx=4, dy=-12)
    axes.plot(*zip(*((row["predicted-turn"], row["turn"]) for row in sphere_["rows"]), strict=True), "o", color=color("grey"))
    direct_label(axes, 0.0447, 0.0447, "pure noise", "grey", dx=8, dy=-8)
    for arm, label, role, dx, dy in (
        ("norm", r"networks, $\eta$ = 0.3", "blue", -8, 12), ("norm-slow", r"networks, $\eta$ = 0.1", "orange", -6, 12),
    ):  # fmt: skip
        cells = [cell for cell in nets[arm]["by-decay"].values() if cell["predicted-turn"] > 0]
        x, y = ([cell["predicted-turn"] for cell in cells], [cell["turn"]["mean"] for cell in cells])
        axes.errorbar(x, y, [cell["turn"]["sd"] for cell in cells], color=color(role), marker="o", linewidth=1.2)
        at = -1 if arm == "norm" else 0
        direct_label(axes, x[at], y[at], label, role, dx=dx, dy=dy, ha="right")
    ticks, names = [0.02, 0.05, 0.1, 0.2, 0.4], ["0.02", "0.05", "0.1", "0.2", "0.4"]
    axes.set(xscale="log", yscale="log", xticks=ticks, xticklabels=names, yticks=ticks, yticklabels=names,
             xlabel=r"predicted turn, $\sqrt{2\eta\alpha}$", ylabel="measured turn a step, radians")  # fmt: skip
    return figure


def draw_networks(nets):
    figure, axes = new_figure(aspect=0.62)
    decays = [0.003, *DECAYS[1:]]  # the first stands for none
    for arm, label, role, at, dx, dy in (
        ("plain", "no norm layers", "grey", 3, 10, 0),
        ("norm", "norm layers", "blue", 4, 0, 14),
        ("norm-gains", "norm layers,\ngains decayed too", "red", 3, -12, -10),
    ):
        cells = list(nets[arm]["by-decay"].values())
        mean, sd = (np.array([cell["test"][k] for cell in cells]) for k in ("mean", "sd"))
        axes.fill_between(decays, mean - sd, mean + sd, color=color(role), alpha=0.2)
        axes.plot(decays, mean, color=color(role), marker="o")
        direct_label(axes, decays[at], mean[at], label, role, dx=dx, dy=dy, ha="right" if dx < 0 else "left")
    axes.set(xscale="log", ylim=(0, 1), xlabel=r"weight decay $\alpha$", ylabel="test accuracy",
             xticks=decays, xticklabels=["0", "0.01", "0.03", "0.1", "0.3"])  # fmt: skip
    return figure
