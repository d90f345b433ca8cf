"""Scaling laws: how the loss falls with the size of the model and of the data, and what that says about the next run.

Both laws are sums of powers, fitted to the logarithm of the loss. There a sum of powers is the logarithm of a sum of exponentials, which is
smooth, and an error of one percent counts the same at every scale.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Intervals = dict[str, tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class PowerLaw:
    """The law y = a x^-b + c.

    Attributes:
        a: Scale of what falls.
        b: Exponent.
        c: Floor.
        intervals: Name -> (low, high), if they were asked for.

    Example:
        >>> PowerLaw(2.0, 0.5, 1.0).predict(4.0)
        2.0

    Explained in question 91.
    """

    a: float
    b: float
    c: float
    intervals: Intervals = dataclasses.field(default_factory=dict)

    def predict(self, x: Any) -> Any:
        """y at x, a number or an array."""
        return self.a * x**-self.b + self.c


@dataclasses.dataclass(frozen=True)
class ChinchillaLaw:
    """The law L(N, D) = E + A / N^alpha + B / D^beta for N parameters and D tokens.

    Attributes:
        E: Floor: the loss of infinitely large models on infinitely many data.
        A: Scale of what the size of the model costs.
        B: Scale of what the size of the data costs.
        alpha: Exponent of N.
        beta: Exponent of D.
        intervals: Name -> (low, high), if they were asked for.

    Example:
        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.predict(70e9, 1.4e12), 3)
        1.937

    Paper: Hoffmann et al., Training compute-optimal large language models, 2022, approach 3. Explained in question 91.
    """

    E: float
    A: float
    B: float
    alpha: float
    beta: float
    intervals: Intervals = dataclasses.field(default_factory=dict)

    def predict(self, parameters: Any, tokens: Any) -> Any:
        """The loss at N and D, numbers or arrays."""
        return self.E + self.A * parameters**-self.alpha + self.B * tokens**-self.beta

    def compute_optimal(self, flops: Any) -> tuple[Any, Any]:
        """The (N, D) of the lowest loss among those with 6 N D = flops: where alpha A / N^alpha = beta B / D^beta.

        Args:
            flops: Floating-point operations for training, above 0; a number or an array.

        Returns:
            Parameters and tokens.

        Raises:
            ValueError: `flops` is not positive, or the law's scales and exponents are not.

        Example:
            >>> n, d = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28).compute_optimal(5.76e23)
            >>> f"{n:.3g} {d:.3g}"
            '3.22e+10 2.98e+12'

        Explained in question 91.
        """
        if not (np.all(np.asarray(flops) > 0) and min(self.A, self.B, self.alpha, self.beta) > 0):
            raise ValueError(f"compute_optimal needs flops, A, B, alpha and beta above 0, got flops={flops} and {self}")
        total = self.alpha + self.beta
        g = (self.alpha * self.A / (self.beta * self.B)) ** (1 / total)
        return g * (flops / 6) ** (self.beta / total), (flops / 6) ** (self.alpha / total) / g


def fit_power_law(
    x: Any, y: Any, *, offset: bool = True, delta: float = 1e-2, rng: np.random.Generator | None = None, n_bootstrap: int = 500,
    level: float = 0.95,
) -> PowerLaw:  # fmt: skip
    """Fit y = a x^-b + c to positive numbers, robustly and in logarithms.

    Minimizes the Huber loss of log y - log(a x^-b + c) from several starts. A floor that is left out bends the line and biases b.

    Args:
        x: (n,), above 0.
        y: (n,), above 0.
        offset: Whether there is a floor c, at least 0; False sets it to 0.
        delta: Relative error beyond which a point counts by its distance rather than its square.
        rng: Source of the resamples for the intervals; None: no intervals.
        n_bootstrap: How many resamples.
        level: Share of the resamples that the intervals cover, between 0 and 1.

    Returns:
        A `PowerLaw`. Its intervals are those of a bootstrap of the residuals, percentiles: they cover noise, not a law that is wrong.

    Raises:
        ValueError: Numbers are not positive and finite, or too few (3 distinct x, 2 without a floor), or a setting is out of range.

    Example:
        >>> x = np.array([1.0, 10.0, 100.0, 1000.0])
        >>> law = fit_power_law(x, 3 * x**-0.5 + 1)
        >>> round(law.a, 6), round(law.b, 6), round(law.c, 6)
        (3.0, 0.5, 1.0)

    Explained in question 91.
    """
    x, y = positive("x", x), positive("y", y)
    if x.shape != y.shape:
        raise ValueError(f"x and y must have the same length, got {len(x)} and {len(y)}")
    need = 3 if offset else 2
    if len(np.unique(x)) < need:
        raise ValueError(f"x must have at least {need} distinct values for {need} unknowns, got {len(np.unique(x))}")
    names = ("a", "b", "c")[:need]
    values, intervals = fit_powers(names, np.log(x)[None], np.log(y), offset, delta, rng, n_bootstrap, level)
    return PowerLaw(**({"c": 0.0} | values), intervals=intervals)


def fit_chinchilla(
    parameters: Any, tokens: Any, loss: Any, *, delta: float = 1e-3, rng: np.random.Generator | None = None, n_bootstrap: int = 500,
    level: float = 0.95,
) -> ChinchillaLaw:  # fmt: skip
    """Fit L(N, D) = E + A / N^alpha + B / D^beta to the losses of a number of runs.

    Minimizes the Huber loss of log L - log(E + A / N^alpha + B / D^beta) from many starts.

    Args:
        parameters: N of each run (n,), above 0.
        tokens: D of each run (n,), above 0.
        loss: L of each run (n,), above 0.
        delta: As in `fit_power_law`.
        rng: Source of the resamples for the intervals; None: no intervals.
        n_bootstrap: How many resamples.
        level: Share of the resamples that the intervals cover, between 0 and 1.

    Returns:
        A `ChinchillaLaw`, with intervals as in `fit_power_law`.

    Raises:
        ValueError: Numbers are not positive and finite, or too few (5 runs, with 3 distinct N and 3 distinct D), or a setting is out of
            range.

    Example:
        >>> truth = ChinchillaLaw(E=1.7, A=400.0, B=2000.0, alpha=0.35, beta=0.37)
        >>> n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e7, 1e10, 4), np.geomspace(1e9, 1e12, 4)))
        >>> law = fit_chinchilla(n, d, truth.predict(n, d))
        >>> round(law.E, 6), round(law.alpha, 6), round(law.beta, 6)
        (1.7, 0.35, 0.37)

    Papers: Hoffmann et al., Training compute-optimal large language models, 2022; Besiroglu, Erdil, Barnett and You, Chinchilla
    scaling: a replication attempt, 2024. Explained in question 91.
    """
    N, D, L = positive("parameters", parameters), positive("tokens", tokens), positive("loss", loss)
    if not N.shape == D.shape == L.shape:
        raise ValueError(f"parameters, tokens and loss must have the same length, got {len(N)}, {len(D)} and {len(L)}")
    if len(L) < 5 or min(len(np.unique(N)), len(np.unique(D))) < 3:
        raise ValueError(
            f"5 unknowns need at least 5 runs with 3 distinct parameters and 3 distinct tokens; got {len(L)} runs with "
            f"{len(np.unique(N))} and {len(np.unique(D))}"
        )
    names, z = ("A", "B", "alpha", "beta", "E"), np.stack([np.log(N), np.log(D)])
    values, intervals = fit_powers(names, z, np.log(L), True, delta, rng, n_bootstrap, level)
    return ChinchillaLaw(**values, intervals=intervals)


def positive(name: str, values: Any) -> Array:
    """The values as an array (n,) of positive, finite float64."""
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not array.size or not (np.isfinite(array) & (array > 0)).all():
        raise ValueError(f"{name} must be positive, finite numbers (n,), got shape {array.shape}: {array.ravel()[:5].tolist()}")
    return array


# ---- sums of powers ----


def fit_powers(
    names: tuple[str, ...], z: Array, target: Array, offset: bool, delta: float, rng: np.random.Generator | None, n_bootstrap: int,
    level: float,
) -> tuple[dict[str, float], Intervals]:  # fmt: skip
    """Fit target (n,) = log(sum_k exp(log a_k - b_k z_k) + c), z (K, n); returns a_k, b_k and c by name, and intervals."""
    if not 0 < delta < math.inf:
        raise ValueError(f"delta must be above 0, got {delta!r}")
    if rng is not None and not (isinstance(rng, np.random.Generator) and n_bootstrap >= 1 and 0 < level < 1):
        raise ValueError(f"intervals need a numpy Generator, n_bootstrap from 1 and level in (0, 1); got {rng!r}, {n_bootstrap}, {level}")
    center = z.mean(axis=1, keepdims=True)  # makes scale and exponent of a term nearly independent
    p = starts(len(z), target, offset)
    for each in (1.0, delta):  # least squares first
        p, cost = minimize_huber(p, z - center, np.broadcast_to(target, (len(p), len(target))), each)
    best = p[np.argmin(cost)]

    def named(p: Array) -> Array:
        k = len(z)
        return np.concatenate([np.exp(p[:, :k] + p[:, k : 2 * k] * center.T), p[:, k : 2 * k], np.exp(p[:, 2 * k :])], axis=1)

    values = dict(zip(names, named(best[None])[0].tolist(), strict=True))
    if rng is None:
        return values, {}
    predicted = log_of_sum(best[None], z - center)[0][0]
    residuals = (target - predicted) * math.sqrt(len(target) / max(len(target) - len(best), 1))
    resampled = predicted + rng.choice(residuals - residuals.mean(), (n_bootstrap, len(target)))
    p, _ = minimize_huber(np.tile(best, (n_bootstrap, 1)), z - center, resampled, delta)
    low, high = np.quantile(named(p), [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return values, {name: (float(a), float(b)) for name, a, b in zip(names, low, high, strict=True)}


def starts(k: int, target: Array, offset: bool) -> Array:
    """Points (S, P) to start from: exponents from flat to steep and floors from low to high, with scales that meet the middle."""
    found = []
    for share in (0.1, 0.5, 0.95) if offset else (0.0,):
        floor = share * math.exp(target.min())
        scale = math.log((math.exp(target.mean()) - floor) / k)
        for exponents in itertools.product((0.1, 0.3, 0.6, 1.2), repeat=k):
            found.append([*[scale] * k, *exponents, *([math.log(floor)] if offset else [])])
    return np.array(found)


def log_of_sum(p: Array, z: Array) -> tuple[Array, Array]:
    """log(sum_k exp(p_k - p_{K+k} z_k) + exp(p_2K)) for each row of p (S, P), as (S, n), and its derivatives (S, P, n)."""
    k = len(z)
    terms = p[:, :k, None] - p[:, k : 2 * k, None] * z  # (S, K, n)
    if p.shape[1] > 2 * k:
        terms = np.concatenate([terms, np.broadcast_to(p[:, 2 * k :, None], (len(p), 1, z.shape[1]))], axis=1)  # (S, K + 1, n)
    top = terms.max(axis=1)
    value = top + np.log(np.exp(terms - top[:, None]).sum(axis=1))  # (S, n)
    share = np.exp(terms - value[:, None])
    return value, np.concatenate([share[:, :k], -share[:, :k] * z, share[:, k:]], axis=1)


def minimize_huber(p: Array, z: Array, target: Array, delta: float, n_steps: int = 300) -> tuple[Array, Array]:
    """Levenberg-Marquardt on the Huber loss of target (S, n), from every row of p (S, P) at once; returns points and losses (S,).

    A step solves least squares in which a residual beyond delta weighs delta/|r|; it is damped until the loss falls.
    """

    def loss(p: Array) -> Array:
        size = np.abs(target - log_of_sum(p, z)[0])
        total: Array = np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta)).sum(axis=1)
        return total

    damping, cost = np.full(len(p), 1e-3), loss(p)
    diagonal = np.arange(p.shape[1])
    for _ in range(n_steps):
        value, slopes = log_of_sum(p, z)
        r = target - value
        weighted = slopes * np.minimum(1, delta / np.maximum(np.abs(r), 1e-300))[:, None]  # (S, P, n)
        normal = weighted @ slopes.transpose(0, 2, 1)  # (S, P, P)
        normal[:, diagonal, diagonal] *= 1 + damping[:, None]
        normal[:, diagonal, diagonal] += 1e-14
        step = np.linalg.solve(normal, weighted @ r[..., None])[..., 0].clip(-1, 1)
        tried = loss(p + step)
        better = tried < cost
        p, cost = np.where(better[:, None], p + step, p), np.where(better, tried, cost)
        damping = np.where(better, damping / 5, damping * 5).clip(1e-12, 1e12)
        if np.all(np.abs(step) < 1e-12):
            break
    return p, cost
