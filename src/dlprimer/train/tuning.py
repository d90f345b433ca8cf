"""Hyperparameter tuning: which settings to try next, when the only way to judge settings is to train with them.

Every search calls `objective(configuration, ...)` with a dict of settings, keeps what it returned as a `Trial`, and returns them all.
What a search does depends on its `rng` and on the values alone; each configuration gets a generator of its own, so that no trial
depends on another one.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..nn.activations import erf
from ..nn.arguments import choose

Array = np.ndarray[Any, Any]
Configuration = dict[str, Any]
Objective = Callable[..., Any]
Space = Mapping[str, Any]


# ---- what to choose from ----


@dataclasses.dataclass(frozen=True)
class Uniform:
    """A number between two bounds, each equally likely.

    Args:
        low: Smallest value.
        high: Largest value, above `low`.

    Raises:
        ValueError: The bounds are not finite or not in order.

    Example:
        >>> Uniform(0.0, 0.5).at(0.5)
        0.25

    Explained in question 59.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError(f"{type(self).__name__}: low must be below high, both finite; got {self.low} and {self.high}")

    def at(self, share: float) -> Any:
        """The value that has this share, from 0 to 1, of the range below it."""
        return float(self.low + share * (self.high - self.low))


class LogUniform(Uniform):
    """A positive number between two bounds, each order of magnitude equally likely: for learning rates and weight decay.

    Args:
        low: Smallest value, above 0.
        high: Largest value, above `low`.

    Raises:
        ValueError: The bounds are not finite, not positive or not in order.

    Example:
        >>> round(LogUniform(1e-4, 1e-2).at(0.5), 6)
        0.001

    Explained in question 59.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise ValueError(f"LogUniform: low must be above 0, got {self.low}")

    def at(self, share: float) -> Any:
        value = self.low * math.exp(share * math.log(self.high / self.low))
        return min(max(value, self.low), self.high)


class Integers(Uniform):
    """A whole number from `low` to `high`, both included, each equally likely.

    Args:
        low: Smallest value, a whole number.
        high: Largest value, a whole number above `low`.

    Raises:
        ValueError: The bounds are not whole numbers or not in order.

    Example:
        >>> [Integers(1, 4).at(share) for share in (0.0, 0.3, 1.0)]
        [1, 2, 4]

    Explained in question 59.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low != int(self.low) or self.high != int(self.high):
            raise ValueError(f"Integers: low and high must be whole numbers, got {self.low} and {self.high}")

    def at(self, share: float) -> Any:
        return int(self.low) + min(int(share * (self.high - self.low + 1)), int(self.high - self.low))


@dataclasses.dataclass(frozen=True)
class Choices:
    """One of a list of values."""

    values: list[Any]

    def at(self, share: float) -> Any:
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


def checked(space: Space, rng: Any, mode: str) -> dict[str, Any]:
    """The space with its lists as `Choices`, if it, the generator and the mode are what a search needs."""
    choose("mode", mode, ("min", "max"))
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy Generator, such as np.random.default_rng(0); got {type(rng).__name__}")
    if not isinstance(space, Mapping) or not space:
        raise ValueError(f"space must be a dict of names and what to choose from, got {space!r}")
    for name, values in space.items():
        if not isinstance(values, (list, Uniform)) or values == []:
            raise ValueError(
                f"space[{name!r}] must be a list of values, or Uniform(low, high), LogUniform(low, high) or Integers(low, high); "
                f"got {values!r}"
            )
    return {name: Choices(values) if isinstance(values, list) else values for name, values in space.items()}


def draw(space: dict[str, Any], rng: np.random.Generator) -> Configuration:
    """A random configuration."""
    return {name: values.at(rng.random()) for name, values in space.items()}


# ---- what came out ----


@dataclasses.dataclass(frozen=True)
class Trial:
    """One call of the objective.

    Attributes:
        configuration: The settings.
        value: What the objective returned; NaN if it failed.
        budget: What it was allowed to spend; 1 where there are no budgets.
        bracket: In Hyperband, the bracket s it belongs to.
        error: Why it failed.

    Example:
        >>> Trial({"lr": 0.1}, 0.5, budget=9).value
        0.5

    Explained in question 59.
    """

    configuration: Configuration
    value: float
    budget: float = 1.0
    bracket: int = 0
    error: str = ""


@dataclasses.dataclass
class SearchResult:
    """All trials of a search, in the order in which they were made.

    Attributes:
        trials: The trials.
        mode: "min" or "max".

    Example:
        >>> result = SearchResult([Trial({"lr": 0.1}, 0.5), Trial({"lr": 9.0}, float("nan")), Trial({"lr": 0.3}, 0.4)], "min")
        >>> result.best.configuration, result.cost, result.best_so_far()
        ({'lr': 0.3}, 3.0, [0.5, 0.5, 0.4])

    Explained in question 59.
    """

    trials: list[Trial]
    mode: str

    @property
    def best(self) -> Trial:
        """The trial with the best value, the first of equals; its value is optimistic, being the best of many.

        Raises:
            ValueError: Every trial failed.
        """
        order = ranked(self.trials, self.mode)
        if not order or math.isnan(self.trials[order[0]].value):
            reasons = {trial.error for trial in self.trials if trial.error}
            raise ValueError(f"all {len(self.trials)} trials failed: {'; '.join(sorted(reasons))}")
        return self.trials[order[0]]

    @property
    def cost(self) -> float:
        """The sum of the trials' budgets."""
        return float(sum(trial.budget for trial in self.trials))

    def best_so_far(self) -> list[float]:
        """The best value after each trial; NaN as long as all have failed."""
        values = np.array([trial.value for trial in self.trials])
        best: Array = (np.fmin if self.mode == "min" else np.fmax).accumulate(values)
        return [float(value) for value in best]


def ranked(trials: list[Trial], mode: str) -> list[int]:
    """The trials' places from the best to the worst, failed ones last, equals in order."""
    sign = 1 if mode == "min" else -1
    return sorted(range(len(trials)), key=lambda i: (math.isnan(trials[i].value), sign * trials[i].value))


def attempt(objective: Objective, configuration: Configuration, seed: Any, **budget: Any) -> Trial:
    """Call the objective. A run that diverges is a failed trial, worse than any other; other errors are bugs and stop the search."""
    try:
        value = objective(dict(configuration), **budget, rng=np.random.default_rng(seed))
    except ArithmeticError as error:
        return Trial(configuration, math.nan, **budget, error=f"{type(error).__name__}: {error}")
    if not isinstance(value, (int, float, np.number)):
        raise TypeError(f"objective must return a number, got {type(value).__name__} for {configuration}")
    if not math.isfinite(value):
        return Trial(configuration, math.nan, **budget, error=f"the value is {float(value)}")
    return Trial(configuration, float(value), **budget)


def fresh_seed(rng: np.random.Generator) -> list[int]:
    """A seed for the generator of one configuration."""
    return [int(word) for word in rng.integers(2**32, size=4)]


def checked_count(name: str, value: Any, least: int = 1) -> int:
    """The value, if it is a whole number and large enough."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, got {value!r}")
    return int(value)


# ---- searches ----


def grid_search(objective: Objective, space: Space, *, rng: np.random.Generator, mode: str = "min") -> SearchResult:
    """Try every combination.

    Args:
        objective: Called as `objective(configuration, rng=generator)`; returns a number. NaN, infinity, and the errors of a run that
            diverges (`ArithmeticError`, which includes the `FloatingPointError` of `fit`) count as failed, worse than any value; other
            errors end the search.
        space: Name -> list of values.
        rng: Source of the seeds of the trials' generators.
        mode: "min" if lower is better, "max" if higher is.

    Returns:
        A `SearchResult` with as many trials as the product of the lists' lengths; the last name varies fastest.

    Raises:
        ValueError: The space is empty or holds something other than lists, or `mode` is unknown.
        TypeError: `rng` is not a generator, or the objective returned something other than a number.

    Example:
        >>> result = grid_search(lambda c, rng: (c["a"] - 2) ** 2 + c["b"], {"a": [1, 2, 3], "b": [0, 1]}, rng=np.random.default_rng(0))
        >>> result.best.configuration, len(result.trials)
        ({'a': 2, 'b': 0}, 6)

    Explained in question 59.
    """
    for name, values in checked(space, rng, mode).items():
        if not isinstance(values, Choices):
            raise ValueError(f"grid_search: space[{name!r}] must be a list, such as np.geomspace(1e-4, 1e-1, 4).tolist(); got {values}")
    configurations = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
    return SearchResult([attempt(objective, each, fresh_seed(rng)) for each in configurations], mode)


def random_search(
    objective: Objective, space: Space, n_trials: int, *, rng: np.random.Generator, mode: str = "min"
) -> SearchResult:
    """Try random configurations.

    Of n trials, at least one is among the best share q of the space with probability 1 - (1 - q)^n.

    Args:
        objective: As in `grid_search`.
        space: Name -> list of values, `Uniform`, `LogUniform` or `Integers`.
        n_trials: How many, from 1.
        rng: Source of the configurations and of the seeds of the trials' generators.
        mode: "min" if lower is better, "max" if higher is.

    Returns:
        A `SearchResult` with n_trials trials; a longer search with the same seed starts with the same ones.

    Raises:
        ValueError: The space, `n_trials` or `mode` is not as described.

    Example:
        >>> space = {"lr": LogUniform(1e-4, 1.0)}
        >>> result = random_search(lambda c, rng: abs(math.log10(c["lr"]) + 2), space, 20, rng=np.random.default_rng(0))
        >>> bool(0.005 < result.best.configuration["lr"] < 0.02)
        True

    Paper: Bergstra and Bengio, Random search for hyper-parameter optimization, 2012. Explained in question 59.
    """
    space = checked(space, rng, mode)
    n_trials = checked_count("n_trials", n_trials)
    return SearchResult([attempt(objective, draw(space, rng), fresh_seed(rng)) for _ in range(n_trials)], mode)


def successive_halving(
    objective: Objective, space: Space, n_configurations: int, *, min_budget: float = 1, eta: float = 3,
    n_rungs: int | None = None, rng: np.random.Generator, mode: str = "min",
) -> SearchResult:  # fmt: skip
    """Give many configurations little, keep the best 1/eta of them, give those eta times as much, and so on.

    Args:
        objective: Called as `objective(configuration, budget=budget, rng=generator)`; a configuration that is kept gets a generator with
            the same seed again. Failures as in `grid_search`.
        space: Name -> list of values, `Uniform`, `LogUniform` or `Integers`.
        n_configurations: How many to start with.
        min_budget: What the first rung gives each, above 0, such as a number of epochs.
        eta: What survives is 1/eta of a rung, rounded down; above 1.
        n_rungs: How many rungs; by default until one configuration is left.
        rng: Source of the configurations and of the seeds of the trials' generators.
        mode: "min" if lower is better, "max" if higher is.

    Returns:
        A `SearchResult`. Its cost counts every rung in full, as if training started again.

    Raises:
        ValueError: A number, the space or `mode` is not as described.

    Example:
        >>> def objective(configuration, budget, rng):
        ...     return configuration["a"] + 1 / budget
        >>> result = successive_halving(objective, {"a": Uniform(0, 1)}, 27, rng=np.random.default_rng(0))
        >>> [trial.budget for trial in result.trials].count(3), result.cost
        (9, 108.0)

    Paper: Jamieson and Talwalkar, Non-stochastic best arm identification and hyperparameter optimization, 2016. Explained in
    question 59.
    """
    n = checked_count("n_configurations", n_configurations)
    check_halving(min_budget, eta)
    n_rungs = whole_logarithm(n, eta) + 1 if n_rungs is None else checked_count("n_rungs", n_rungs)
    rungs = [(math.floor(n / eta**i + 1e-9), float(min_budget * eta**i)) for i in range(n_rungs)]
    if not rungs[-1][0]:
        raise ValueError(f"n_rungs must leave a configuration for the last rung: {n} with eta={eta} are too few for {n_rungs}")
    return SearchResult(halve(objective, checked(space, rng, mode), rungs, rng, mode), mode)


def hyperband(
    objective: Objective, space: Space, max_budget: float, *, eta: float = 3, rng: np.random.Generator, mode: str = "min"
) -> SearchResult:
    """Successive halving several times at about equal cost, from many configurations at a small budget to few at the full one.

    Args:
        objective: As in `successive_halving`.
        space: Name -> list of values, `Uniform`, `LogUniform` or `Integers`.
        max_budget: R, the most that one configuration gets, at least 1; the unit is the least.
        eta: What survives a rung is 1/eta of it; above 1.
        rng: Source of the configurations and of the seeds of the trials' generators.
        mode: "min" if lower is better, "max" if higher is.

    Returns:
        A `SearchResult`; each trial names its bracket s.

    Raises:
        ValueError: A number, the space or `mode` is not as described.

    Example:
        >>> def objective(configuration, budget, rng):
        ...     return (configuration["a"] - 0.3) ** 2 + 1 / budget
        >>> result = hyperband(objective, {"a": Uniform(0, 1)}, 9, rng=np.random.default_rng(0))
        >>> bool(abs(result.best.configuration["a"] - 0.3) < 0.1), result.best.budget
        (True, 9.0)

    Paper: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, Hyperband, 2018, algorithm 1. Explained in question 59.
    """
    brackets, space, trials = hyperband_brackets(max_budget, eta), checked(space, rng, mode), []
    for s, rungs in brackets.items():
        trials += [dataclasses.replace(trial, bracket=s) for trial in halve(objective, space, rungs, rng, mode)]
    return SearchResult(trials, mode)


def hyperband_brackets(max_budget: float, eta: float = 3) -> dict[int, list[tuple[int, float]]]:
    """Hyperband's plan: for each bracket s, its rungs as (number of configurations, budget of each).

    Args:
        max_budget: R, at least 1.
        eta: Above 1.

    Returns:
        s -> rungs, from the bracket with the most configurations to the one with the fewest.

    Raises:
        ValueError: A number is out of range.

    Example:
        >>> hyperband_brackets(9)
        {2: [(9, 1.0), (3, 3.0), (1, 9.0)], 1: [(5, 3.0), (1, 9.0)], 0: [(3, 9.0)]}

    Paper: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, Hyperband, 2018, table 1. Explained in question 59.
    """
    check_halving(max_budget, eta)
    if max_budget < 1:
        raise ValueError(f"max_budget must be at least 1, the least that a configuration gets; got {max_budget}")
    s_max = whole_logarithm(max_budget, eta)
    brackets = {}
    for s in range(s_max, -1, -1):
        n = math.ceil((s_max + 1) * eta**s / (s + 1) - 1e-9)
        brackets[s] = [(math.floor(n / eta**i + 1e-9), float(max_budget / eta ** (s - i))) for i in range(s + 1)]
    return brackets


def halve(
    objective: Objective, space: dict[str, Any], rungs: list[tuple[int, float]], rng: np.random.Generator, mode: str
) -> list[Trial]:
    """Go through the rungs (number of configurations, budget of each); failed configurations do not get far."""
    candidates = [(draw(space, rng), fresh_seed(rng)) for _ in range(rungs[0][0])]
    trials: list[Trial] = []
    for n, budget in rungs:
        candidates = candidates[:n]
        rung = [attempt(objective, configuration, seed, budget=budget) for configuration, seed in candidates]
        trials += rung
        candidates = [candidates[i] for i in ranked(rung, mode) if not math.isnan(rung[i].value)]
    return trials


def whole_logarithm(x: float, base: float) -> int:
    """The largest k with base^k <= x, without the rounding of logarithms: log_3 243 is 5."""
    k = 0
    while base ** (k + 1) <= x * (1 + 1e-12):
        k += 1
    return k


def check_halving(budget: float, eta: float) -> None:
    """Refuse a budget or an eta with which halving makes no sense."""
    if not 0 < budget < math.inf:
        raise ValueError(f"the budget must be above 0 and finite, got {budget!r}")
    if not 1 < eta < math.inf:
        raise ValueError(f"eta must be above 1, got {eta!r}")


# ---- Bayesian search ----


class GaussianProcess:
    """A distribution over smooth functions, conditioned on values at some points.

    The covariance of two points at distance r is that of Matern with smoothness 5/2, (1 + u + u^2/3) exp(-u) for u = sqrt(5) r / length.
    Values are standardized first, so that the prior has their mean and variance.

    Args:
        length: Length scale: at which distance values still have much to do with each other, above 0.
        noise: Variance of the noise relative to that of the values, above 0; it also keeps the equations solvable.

    Raises:
        ValueError: A setting is not positive, or, when fitting, points and values do not fit together or are not finite.

    Example:
        >>> process = GaussianProcess(length=0.3, noise=1e-8).fit(np.array([[0.0], [0.5], [1.0]]), np.array([1.0, 0.0, 1.0]))
        >>> mean, sd = process.predict(np.array([[0.5], [0.25]]))
        >>> mean.round(2).tolist(), bool(sd[0] < 0.001 < sd[1])
        ([0.0, 0.47], True)

    Source: Rasmussen and Williams, Gaussian processes for machine learning, 2006, algorithm 2.1. Explained in question 59.
    """

    def __init__(self, length: float = 0.3, noise: float = 1e-6) -> None:
        if not (length > 0 and noise > 0):
            raise ValueError(f"GaussianProcess: length and noise must be above 0, got {length} and {noise}")
        self.length, self.noise = length, noise

    def covariance(self, a: Array, b: Array) -> Array:
        """The prior covariance (n, m) of the standardized values at points (n, d) and (m, d)."""
        u = math.sqrt(5) / self.length * np.sqrt(((a[:, None] - b) ** 2).sum(axis=-1))
        matern: Array = (1 + u + u * u / 3) * np.exp(-u)
        return matern

    def fit(self, x: Array, y: Array) -> GaussianProcess:
        """Condition on values y (n,) at points x (n, d)."""
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if x.ndim != 2 or y.shape != x.shape[:1] or not y.size or not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError(f"GaussianProcess: x must be finite points (n, d) and y finite values (n,), got {x.shape} and {y.shape}")
        self.x, self.mean, self.scale = x, y.mean(), y.std() or 1.0
        z = (y - self.mean) / self.scale
        self.root = np.linalg.cholesky(self.covariance(x, x) + self.noise * np.eye(len(x)))
        self.weights = np.linalg.solve(self.root.T, np.linalg.solve(self.root, z))
        # log p(z) = -z^T K^-1 z / 2 - log det K / 2 - n log(2 pi) / 2
        self.log_evidence = float(-0.5 * z @ self.weights - np.log(np.diag(self.root)).sum() - 0.5 * len(x) * math.log(2 * math.pi))
        return self

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation (m,) of the function, without noise, at points (m, d)."""
        k = self.covariance(self.x, np.asarray(x, np.float64))  # (n, m)
        explained = np.linalg.solve(self.root, k)
        variance = np.maximum(1 - (explained**2).sum(axis=0), 0)
        return self.mean + self.scale * (k.T @ self.weights), self.scale * np.sqrt(variance)


def expected_improvement(mean: Array, sd: Array, best: float) -> Array:
    """By how much a normally distributed value is expected to fall below the best so far, counting a rise as nothing.

    Args:
        mean: Means, any shape.
        sd: Standard deviations, same shape, at least 0.
        best: The lowest value so far.

    Returns:
        An array of that shape, at least 0.

    Example:
        >>> expected_improvement(np.array([0.0, -1.0, 1.0]), np.array([1.0, 0.0, 0.0]), 0.0).round(4).tolist()
        [0.3989, 1.0, 0.0]

    Paper: Jones, Schonlau and Welch, Efficient global optimization of expensive black-box functions, 1998. Explained in question 59.
    """
    gap, sd = best - np.asarray(mean, np.float64), np.asarray(sd, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = gap / sd
        uncertain = gap * 0.5 * (1 + erf(z / math.sqrt(2))) + sd * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    improvement: Array = np.maximum(np.where(sd > 0, uncertain, gap), 0)
    return improvement


def bayesian_search(
    objective: Objective, space: Space, n_trials: int, *, n_initial: int = 5, n_candidates: int = 1000,
    rng: np.random.Generator, mode: str = "min",
) -> SearchResult:  # fmt: skip
    """Try next what a Gaussian process, fitted to all trials so far, expects to improve most on the best of them.

    Ranges become intervals from 0 to 1, logarithmic ones by their logarithm, and lists one axis for each value. Length scale and noise
    are those of a small grid under which the values are most likely. Failed trials enter with the worst value so far.

    Args:
        objective: As in `grid_search`.
        space: Name -> list of values, `Uniform`, `LogUniform` or `Integers`.
        n_trials: How many in all, from 1.
        n_initial: How many of them are random, from 1.
        n_candidates: Among how many random configurations, from 1, the next one is chosen.
        rng: Source of the configurations and of the seeds of the trials' generators.
        mode: "min" if lower is better, "max" if higher is.

    Returns:
        A `SearchResult` with n_trials trials.

    Raises:
        ValueError: A number, the space or `mode` is not as described.

    Example:
        >>> space = {"x": Uniform(-1, 2)}
        >>> result = bayesian_search(lambda c, rng: (c["x"] - 0.7) ** 2, space, 15, rng=np.random.default_rng(0))
        >>> round(result.best.configuration["x"], 1)
        0.7

    Papers: Jones, Schonlau and Welch, 1998; Snoek, Larochelle and Adams, Practical Bayesian optimization of machine learning
    algorithms, 2012. Explained in question 59.
    """
    choices = checked(space, rng, mode)
    n_trials, n_initial = checked_count("n_trials", n_trials), checked_count("n_initial", n_initial)
    n_candidates = checked_count("n_candidates", n_candidates)
    sign = 1 if mode == "min" else -1
    points: list[Array] = []
    trials: list[Trial] = []
    for i in range(n_trials):
        shares = rng.random((n_candidates, len(choices)))
        located = locate(choices, shares)
        values = sign * np.array([trial.value for trial in trials])
        known = np.isfinite(values)
        chosen = 0
        if i >= n_initial and known.any():
            values = np.where(known, values, values[known].max())
            mean, sd = likeliest_process(np.array(points), values).predict(located)
            chosen = int(expected_improvement(mean, sd, float(values.min())).argmax())
        configuration = {name: each.at(share) for (name, each), share in zip(choices.items(), shares[chosen], strict=True)}
        points.append(located[chosen])
        trials.append(attempt(objective, configuration, fresh_seed(rng)))
    return SearchResult(trials, mode)


def locate(space: dict[str, Any], shares: Array) -> Array:
    """Where configurations (n, names), given as shares, lie: ranges keep their axis, lists get one for each value."""
    columns: list[Array] = []
    for share, values in zip(shares.T, space.values(), strict=True):
        if isinstance(values, Choices):
            k = len(values.values)
            columns.extend(np.eye(k)[np.minimum((share * k).astype(int), k - 1)].T / math.sqrt(2))  # different values at distance 1
        else:
            columns.append(share)
    return np.stack(columns, axis=1)


def likeliest_process(x: Array, y: Array, lengths: Iterable[float] = (0.1, 0.2, 0.4, 0.8, 1.6)) -> GaussianProcess:
    """The Gaussian process, among a few length scales and noises, under which the values are most likely."""
    fits = [GaussianProcess(length, noise).fit(x, y) for length in lengths for noise in (1e-6, 1e-3, 1e-1)]
    return max(fits, key=lambda process: process.log_evidence)
