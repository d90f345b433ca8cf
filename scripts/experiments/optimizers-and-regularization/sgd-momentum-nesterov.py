"""How many steps SGD, momentum and Nesterov momentum need: on quadratics, off them, under noise, and on a small network."""

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import (
    MLP,
    SGD,
    Parameter,
    PiecewiseQuadratic,
    Quadratic,
    Tensor,
    batches,
    cross_entropy,
    digits,
    optimal_gradient_descent,
    optimal_heavy_ball,
    standard_nesterov,
    train_val_test_split,
)

TOLERANCE = {"digits": 0.25, "noise": 0.02}

KAPPAS = [10, 100, 1000, 10_000]
DIMENSIONS = 50
STARTS = 5
TUNED_RATES = 40
NOISE_STEPS, NOISE_SEEDS, NOISE_SD = 20_000, 8, 0.1
EFFECTIVE_RATES = [0.1 * 2**k for k in range(10)]  # lr / (1 - momentum), the same grid for every method
DIGITS_SEEDS, DIGITS_TARGET = 5, 0.1
MOST_UPDATES = {16: 3000, 1000: 600}
RACE = {"kappa": 25, "rate": 0.5, "momentum": 0.8, "point": [-7.0, 1.2], "coast": [1.4, -2.2]}


def run(rng):
    return {
        "worked": worked_example(),
        "race": race(),
        "steps": (steps := steps_on_quadratics(rng)),
        "exponents": {name: slope(values) for name, values in steps["optimal"].items()},
        "counterexample": counterexample(),
        "noise": noise_floors(rng),
        "digits": digits_steps(rng),
        "modulus": moduli(0.9),
        "limits": limits(0.9),
        "quiz": {"settled-step": settled_step(0.02, 0.95), "matched-rate": 0.1 * (1 - 0.99) / (1 - 0.9)},
    }


def minimize(gradient, w0, steps, record=False, stop=None, **settings):
    """The last point, or all points, of SGD from w0; ends early when `stop(w)` holds."""
    w = Parameter(np.array(w0, dtype=np.float64))
    optimizer = SGD([w], **settings)
    points = [w.data.copy()]
    for _ in range(steps):
        w.grad = gradient(w.data)
        optimizer.step()
        points.append(w.data.copy())
        if stop is not None and stop(w.data):
            break
    return np.array(points) if record else (w.data, len(points) - 1)


# ---- by hand: a parabola of curvature 1 ----


def worked_example():
    methods = {"sgd": {}, "momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.9, "nesterov": True}}
    return {name: minimize(lambda w: w, [1.0], 3, record=True, lr=0.1, **extra)[:, 0] for name, extra in methods.items()}


def settled_step(rate, momentum):
    """How far SGD moves in a step once the velocity of a constant gradient of 1 has settled."""
    points = minimize(lambda w: np.ones(1), [0.0], 1000, record=True, lr=rate, momentum=momentum)
    return float(points[-2, 0] - points[-1, 0])


def limits(momentum):
    """What a fixed momentum is held to: the steps for a millionth at the rate of its ringing, and its gain over gradient descent."""
    return {"ringing-steps": np.log(1e-6) / np.log(momentum**0.5), "gain": (1 + momentum) / (1 - momentum)}


# ---- the race of the explorable: a valley, a point, a velocity ----


def race():
    """All three methods from one point with one velocity, until the loss stays below a hundredth of its start."""
    kappa, rate, mu = RACE["kappa"], RACE["rate"], RACE["momentum"]
    curvature = np.array([1 / kappa, 1.0])
    paths, counts = {}, {}
    for name in ("sgd", "momentum", "nesterov"):
        w = np.array(RACE["point"])
        coast = np.array(RACE["coast"])
        path = [w]
        for _ in range(400):
            if name == "sgd":
                following = w - rate * curvature * w
            else:
                seen_at = w + coast if name == "nesterov" else w
                following = w + coast - rate * curvature * seen_at
            coast, w = mu * (following - w), following
            path.append(w)
        losses = [0.5 * p @ (curvature * p) for p in path]
        counts[name] = 1 + max(i for i, loss in enumerate(losses) if loss > 0.01 * losses[0])
        paths[name] = np.round(path[:31], 4)
    return {**RACE, "steps": counts, "paths": paths}


# ---- quadratics ----


def steps_on_quadratics(rng):
    optimal = {"gd": optimal_gradient_descent, "heavy-ball": optimal_heavy_ball, "nesterov": standard_nesterov}
    counts = {name: {} for name in [*optimal, "fixed"]}
    spread = {}
    for kappa in KAPPAS:
        bowl = Quadratic(np.geomspace(1 / kappa, 1, DIMENSIONS))
        for name, settings in optimal.items():
            counts[name][str(kappa)] = steps_to_a_millionth(bowl, np.ones(DIMENSIONS), settings(1 / kappa, 1.0))
        rates = np.geomspace(0.02, 3.7, TUNED_RATES)
        counts["fixed"][str(kappa)] = min(
            steps_to_a_millionth(bowl, np.ones(DIMENSIONS), {"lr": rate, "momentum": 0.9}, most=8000) for rate in rates
        )
    bowl = Quadratic(np.geomspace(0.01, 1, DIMENSIONS))
    for name, settings in optimal.items():
        starts = rng.standard_normal((STARTS, DIMENSIONS))
        found = [steps_to_a_millionth(bowl, start, settings(0.01, 1.0)) for start in starts]
        spread[name] = {"least": min(found), "most": max(found)}
    return {"kappas": KAPPAS, "optimal": counts, "random-starts": spread, "tuned-rates": TUNED_RATES}


def steps_to_a_millionth(bowl, start, settings, most=100_000):
    goal = 1e-6 * np.linalg.norm(start)
    w, steps = minimize(lambda w: bowl.curvatures * w, start, most, stop=lambda w: w @ w < goal * goal, **settings)
    return steps if w @ w < goal * goal else most


def slope(counts):
    """Exponent of kappa that fits the numbers of steps."""
    return np.polyfit(np.log([float(kappa) for kappa in counts]), np.log(list(counts.values())), 1)[0]


# ---- off quadratics ----


def counterexample():
    function = PiecewiseQuadratic()
    m, L = function.smallest_curvature, function.largest_curvature
    settings = {"gd": optimal_gradient_descent(m, L), "heavy-ball": optimal_heavy_ball(m, L), "nesterov": standard_nesterov(m, L)}
    paths = {name: minimize(function.gradient, [3.3], 300, record=True, **s)[:, 0] for name, s in settings.items()}
    return {
        "start": 3.3,
        "cycle": sorted(paths["heavy-ball"][-3:]),
        "cycle-closes": float(np.max(np.abs(paths["heavy-ball"][-3:] - paths["heavy-ball"][-6:-3]))),
        "last": {name: abs(path[-1]) for name, path in paths.items()},
        "path": {name: np.round(path[:31], 4) for name, path in paths.items()},
    }


# ---- noise ----


def noise_floors(rng):
    """Mean loss at rest with noise in every gradient, for pairs of settings with the same lr / (1 - momentum)."""
    curvatures = np.geomspace(0.01, 1, DIMENSIONS)
    floors = {}
    for effective in (0.1, 1.0):
        for name, settings in {
            "sgd": {"lr": effective},
            "momentum": {"lr": 0.1 * effective, "momentum": 0.9},
            "nesterov": {"lr": 0.1 * effective, "momentum": 0.9, "nesterov": True},
        }.items():
            w = Parameter(np.zeros((NOISE_SEEDS, DIMENSIONS)))
            optimizer = SGD([w], **settings)
            total = np.zeros(NOISE_SEEDS)
            for step in range(NOISE_STEPS):
                w.grad = curvatures * w.data + NOISE_SD * rng.standard_normal(w.shape)
                optimizer.step()
                if step >= NOISE_STEPS // 2:
                    total += 0.5 * (w.data**2 @ curvatures)
            means = total / (NOISE_STEPS - NOISE_STEPS // 2)
            floors.setdefault(name, {})[f"{effective:g}".replace(".", "-")] = {"mean": means.mean(), "sd": means.std(ddof=1)}
    return floors


# ---- a small network ----


def digits_steps(rng):
    """Updates until the training loss on the digits is below the target, with the best rate of the grid for each method."""
    images, labels = digits()
    (x, y), *_ = train_val_test_split(images.reshape(-1, 64), labels, fractions=(1000 / 1797, 0.2, 1 - 0.2 - 1000 / 1797), rng=rng)
    x, y = x[:1000], y[:1000]
    methods = {"sgd": {}, "momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.9, "nesterov": True}}
    result = {"rates": EFFECTIVE_RATES, "seeds": DIGITS_SEEDS, "target": DIGITS_TARGET}
    for size, most in MOST_UPDATES.items():
        for name, settings in methods.items():
            by_rate = {
                effective: [updates_needed(x, y, size, most, effective, settings, seed) for seed in range(DIGITS_SEEDS)]
                for effective in EFFECTIVE_RATES
            }
            best = min(by_rate, key=lambda rate: float(np.median(by_rate[rate])))
            found = by_rate[best]
            result.setdefault(f"batch-{size}", {})[name] = {
                "best-effective-rate": best, "median": float(np.median(found)), "least": min(found), "most": max(found),
            }  # fmt: skip
    return result


def updates_needed(x, y, size, most, effective, settings, seed):
    rng = np.random.default_rng(seed)
    model = MLP([64, 32, 10], activation="tanh", rng=rng)
    optimizer = SGD(model.parameters(), lr=effective * (1 - settings.get("momentum", 0.0)), **settings)
    every = 2 if size == 1000 else 20
    update = 0
    while update < most:
        for xb, yb in batches(x, y, batch_size=size, rng=rng):
            optimizer.zero_grad()
            loss = cross_entropy(model(Tensor(xb)), yb)
            if not loss.item() < 50:
                return most
            loss.backward()
            optimizer.step()
            update += 1
            if update % every == 0 and cross_entropy(model(x), y) < DIGITS_TARGET:
                return update
            if update >= most:
                break
    return most


# ---- theory: how fast a direction of curvature lambda shrinks ----


def moduli(mu):
    """Largest modulus of the iteration's eigenvalues against lr * curvature."""
    s = np.linspace(0.005, 4, 160)
    zero = np.zeros_like(s)

    def largest_root(b, c):
        discriminant = (b * b - 4 * c).astype(complex)
        return np.maximum(abs((b + np.sqrt(discriminant)) / 2), abs((b - np.sqrt(discriminant)) / 2))

    return {
        "momentum": mu,
        "product": np.round(s, 3),
        "gd": abs(1 - s) + zero,
        "heavy-ball": largest_root(1 + mu - s, mu + zero),
        "nesterov": largest_root((1 - s) * (1 + mu), (1 - s) * mu),
        "heavy-ball-limit": 2 * (1 + mu),
        "nesterov-limit": 2 * (1 + mu) / (1 + 2 * mu),
        "plateau": np.sqrt(mu),
    }


# ---- what the page says ----


def claims(data):
    steps = data["steps"]["optimal"]
    yield at_most("gd-linear", "Gradient descent's steps grow in proportion to the condition number",
                  abs(data["exponents"]["gd"] - 1), 0.05)  # fmt: skip
    yield between("heavy-ball-root", "Heavy ball's steps grow like a power of the condition number near one half",
                  data["exponents"]["heavy-ball"], 0.45, 0.58)  # fmt: skip
    yield between("nesterov-root", "Nesterov's steps grow like a power of the condition number near one half",
                  data["exponents"]["nesterov"], 0.45, 0.58)  # fmt: skip
    yield at_most("heavy-ball-before-nesterov", "On quadratics tuned heavy ball needs at most 0.75 times Nesterov's steps, at every kappa",
                  max(steps["heavy-ball"][k] / steps["nesterov"][k] for k in steps["gd"]), 0.75)  # fmt: skip
    yield at_most("fifth", "At kappa = 100 heavy ball needs at most a fifth of gradient descent's steps",
                  steps["heavy-ball"]["100"] / steps["gd"]["100"], 0.2)  # fmt: skip
    yield between("fixed-flat", "With momentum fixed at 0.9, kappa = 100 and kappa = 1,000 take nearly the same steps",
                  steps["fixed"]["1000"] / steps["fixed"]["100"], 0.9, 1.3)  # fmt: skip
    yield between("fixed-gain", "At kappa = 10,000 momentum fixed at 0.9 saves a factor near (1 + mu) / (1 - mu) = 19",
                  steps["gd"]["10000"] / steps["fixed"]["10000"], 15, 20)  # fmt: skip
    yield at_most("cycles", "Heavy ball repeats the same three points after 300 steps",
                  data["counterexample"]["cycle-closes"], 1e-9)  # fmt: skip
    yield at_most("others-converge", "Gradient descent and Nesterov have reached the minimum",
                  max(data["counterexample"]["last"][name] for name in ("gd", "nesterov")), 1e-6)  # fmt: skip
    yield between("same-floor", "At equal small lr / (1 - mu) momentum's noise floor is that of SGD within a tenth",
                  data["noise"]["momentum"]["0-1"]["mean"] / data["noise"]["sgd"]["0-1"]["mean"], 0.9, 1.1)  # fmt: skip
    yield between("lower-floor", "At lr / (1 - mu) = 1 momentum's floor lies a little below SGD's",
                  data["noise"]["momentum"]["1"]["mean"] / data["noise"]["sgd"]["1"]["mean"], 0.8, 0.95)  # fmt: skip
    small, large = data["digits"]["batch-16"], data["digits"]["batch-1000"]
    yield at_most("large-batch", "With the whole set in a batch momentum needs at most 0.6 times the updates of SGD",
                  large["momentum"]["median"] / large["sgd"]["median"], 0.6)  # fmt: skip
    yield at_least("small-batch", "With batches of 16 momentum still needs at least 0.6 times the updates of SGD",
                   small["momentum"]["median"] / small["sgd"]["median"], 0.6)  # fmt: skip
    yield at_most("nesterov-wins-race", "In the explorable's start state Nesterov is done in at most 0.8 times momentum's steps",
                  data["race"]["steps"]["nesterov"] / data["race"]["steps"]["momentum"], 0.8)  # fmt: skip


def figures(data):
    yield "trajectories", draw_race(data["race"])
    yield "steps-against-kappa", draw_steps(data["steps"])
    yield "modulus", draw_modulus(data["modulus"])


def draw_race(race):
    figure, axes = new_figure(aspect=0.56)
    x, y = np.meshgrid(np.linspace(-9, 4, 120), np.linspace(-3.4, 2.6, 90))
    levels = np.geomspace(0.02, 3.5, 7)
    axes.contour(x, y, 0.5 * (x**2 / race["kappa"] + y**2), levels=levels, colors=color("rule"), linewidths=1)
    for name, label, at, dx, dy in (("sgd", "SGD", 9, 0, 13), ("momentum", "momentum", 3, 8, -5), ("nesterov", "Nesterov", 3, 4, -12)):
        path = np.array(race["paths"][name])
        axes.plot(*path.T, color=color(name), marker="o", markersize=4, linewidth=1.6)
        direct_label(axes, *path[at], label, name, dx=dx, dy=dy)
    axes.plot(*race["point"], marker="o", markersize=9, color=color("ink"))
    axes.plot(0, 0, marker="+", markersize=12, color=color("ink"), markeredgewidth=2)
    axes.set(xlim=(-9, 4), ylim=(-3.4, 2.6), xlabel="weight along the valley", ylabel="weight across")
    axes.grid(False)
    return figure


def draw_steps(steps):
    figure, axes = new_figure(aspect=0.66)
    kappas = steps["kappas"]
    for name, label, role, dy in (
        ("gd", "gradient\ndescent", "gd", 0), ("nesterov", "Nesterov", "nesterov", 6), ("heavy-ball", "heavy ball", "momentum", -6),
    ):  # fmt: skip
        counts = [steps["optimal"][name][str(kappa)] for kappa in kappas]
        axes.plot(kappas, counts, color=color(role), marker="o")
        direct_label(axes, kappas[-1], counts[-1], label, role, dx=8, dy=dy)
    fixed = [steps["optimal"]["fixed"][str(kappa)] for kappa in kappas]
    axes.plot(kappas, fixed, color=color("purple"), marker="o")
    direct_label(axes, kappas[-1], fixed[-1], "fixed at 0.9", "purple", dx=8, dy=8)
    axes.set(xscale="log", yscale="log", xlabel=r"condition number $\kappa$", ylabel="steps to a millionth of the start")
    return figure


def draw_modulus(modulus):
    figure, axes = new_figure(aspect=0.6)
    s = np.array(modulus["product"])
    axes.axhline(1, color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate("diverges above", (3.7, 1), xytext=(0, 5), textcoords="offset points", ha="right", color=color("muted"))
    for name, label, role, at, dx, dy in (
        ("gd", "gradient descent", "gd", 60, 8, -4),
        ("heavy-ball", "heavy ball", "momentum", 96, 0, -14),
        ("nesterov", "Nesterov", "nesterov", 57, 5, 3),
    ):
        values = np.array(modulus[name])
        shown = values <= 1.25
        axes.plot(s[shown], values[shown], color=color(role))
        direct_label(axes, s[at], values[at], label, role, dx=dx, dy=dy)
    axes.set(xlim=(0, 4), ylim=(0, 1.25), xlabel=r"learning rate times curvature, $\eta\lambda$", ylabel="factor per step")
    return figure
