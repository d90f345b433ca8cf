"""Searches try what they say they try, come out the same from the same seed, and know the best and its price."""

import doctest
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer.train.tuning as tuning
from dlprimer import SGD, Parameter, fit, mse_loss
from dlprimer.train.tuning import (
    GaussianProcess,
    Integers,
    LogUniform,
    SearchResult,
    Trial,
    Uniform,
    bayesian_search,
    expected_improvement,
    grid_search,
    hyperband,
    hyperband_brackets,
    random_search,
    successive_halving,
)

SPACE = {"lr": LogUniform(1e-4, 1.0), "units": Integers(8, 12), "p": Uniform(-1.0, 0.5), "act": ["relu", "tanh", None]}


def rng(seed=0):
    return np.random.default_rng(seed)


def bowl(configuration, rng, budget=None):
    return (math.log10(configuration["lr"]) + 2) ** 2 + configuration["p"] ** 2


def key(result):
    return [(trial.configuration, trial.value, trial.budget, trial.bracket) for trial in result.trials]


SEARCHES = {
    "random": lambda objective, space, **options: random_search(objective, space, 12, **options),
    "halving": lambda objective, space, **options: successive_halving(objective, space, 9, **options),
    "hyperband": lambda objective, space, **options: hyperband(objective, space, 9, **options),
    "bayes": lambda objective, space, **options: bayesian_search(objective, space, 12, n_candidates=50, **options),
    "grid": lambda objective, space, **options: grid_search(objective, space, **options),
}


# ---- spaces ----


def test_ranges_are_covered_evenly_on_their_scale():
    drawn = [tuning.draw(tuning.checked(SPACE, rng(), "min"), generator) for generator in [rng(1)] for _ in range(6000)]
    logs = np.log10([c["lr"] for c in drawn])
    assert np.histogram(logs, 4, (-4, 0))[0] == pytest.approx([1500] * 4, rel=0.1)
    assert np.histogram([c["p"] for c in drawn], 3, (-1, 0.5))[0] == pytest.approx([2000] * 3, rel=0.1)
    assert Counter(c["units"] for c in drawn) == pytest.approx(dict.fromkeys(range(8, 13), 1200), rel=0.12)
    assert Counter(c["act"] for c in drawn) == pytest.approx(dict.fromkeys(["relu", "tanh", None], 2000), rel=0.1)


@pytest.mark.parametrize("share", [0.0, 0.5, 1 - 2**-53, 1.0])
def test_the_ends_of_the_ranges_stay_within_them(share):
    for space in (Uniform(-3, 7), LogUniform(1e-4, 0.3), LogUniform(3, 1000), Integers(-2, 5)):
        assert space.low <= space.at(share) <= space.high
    assert tuning.Choices([1, 2, 3]).at(share) in (1, 2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(1, 1), "Uniform: low must be below high"),
        (lambda: Uniform(0, math.inf), "both finite"),
        (lambda: Uniform(math.nan, 1), "both finite"),
        (lambda: LogUniform(0, 1), "LogUniform: low must be above 0"),
        (lambda: LogUniform(2, 1), "LogUniform: low must be below high"),
        (lambda: Integers(0.5, 2), "Integers: low and high must be whole"),
    ],
)
def test_ranges_that_are_none_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# ---- what all searches share ----


@pytest.mark.parametrize("name", SEARCHES)
def test_the_same_seed_is_the_same_search_and_another_seed_another(name):
    space = {"lr": [0.1, 0.01], "p": [0.5, 0.1]} if name == "grid" else SPACE

    def noisy(configuration, rng, budget=None):
        return bowl(configuration, rng) + rng.normal()

    first, again, other = (SEARCHES[name](noisy, space, rng=rng(seed)) for seed in (3, 3, 4))
    assert key(first) == key(again) != key(other)


@pytest.mark.parametrize("name", SEARCHES)
def test_maximizing_is_minimizing_the_negative(name):
    space = {"lr": [0.1, 0.01], "p": [0.5, 0.1]} if name == "grid" else SPACE
    low = SEARCHES[name](bowl, space, rng=rng())
    high = SEARCHES[name](lambda c, rng, budget=None: -bowl(c, rng), space, rng=rng(), mode="max")
    assert [t.configuration for t in low.trials] == [t.configuration for t in high.trials]
    assert low.best.configuration == high.best.configuration and low.best.value == -high.best.value
    assert low.best.value == min(t.value for t in low.trials)
    assert low.best_so_far() == [min(t.value for t in low.trials[: i + 1]) for i in range(len(low.trials))]


@pytest.mark.parametrize("name", SEARCHES)
def test_runs_that_diverge_are_failed_trials(name):
    space = {"lr": [0.5, 0.01, 0.001], "p": [0.5, 0.1]} if name == "grid" else SPACE

    def fragile(configuration, rng, budget=None):
        if configuration["lr"] > 0.05:
            raise FloatingPointError("the loss is nan")
        return math.nan if configuration["lr"] > 0.02 else math.inf if configuration["lr"] > 0.01 else bowl(configuration, rng)

    result = SEARCHES[name](fragile, space, rng=rng(1))
    failed = [t for t in result.trials if t.error]
    assert failed and all(math.isnan(t.value) and t.configuration["lr"] > 0.01 for t in failed)
    assert {"FloatingPointError: the loss is nan"} <= {t.error for t in failed} <= {
        "FloatingPointError: the loss is nan", "the value is nan", "the value is inf"}  # fmt: skip
    assert result.best.configuration["lr"] <= 0.01
    assert result.cost == sum(t.budget for t in result.trials)


@pytest.mark.parametrize("name", SEARCHES)
def test_bugs_stop_the_search_and_values_must_be_numbers(name):
    space = {"lr": [0.1]}
    with pytest.raises(KeyError, match="unknown"):
        SEARCHES[name](lambda c, rng, budget=None: c["unknown"], space, rng=rng())
    with pytest.raises(TypeError, match=r"objective must return a number, got NoneType for \{'lr': 0.1\}"):
        SEARCHES[name](lambda c, rng, budget=None: None, space, rng=rng())


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"space": {}}, ValueError, "space must be a dict"),
        ({"space": ["lr"]}, ValueError, "space must be a dict"),
        ({"space": {"lr": []}}, ValueError, r"space\['lr'\] must be a list"),
        ({"space": {"lr": (0.1, 1.0)}}, ValueError, r"space\['lr'\] must be a list of values, or Uniform.*got \(0.1, 1.0\)"),
        ({"mode": "least"}, ValueError, "mode must be one of"),
        ({"rng": 0}, TypeError, "rng must be a numpy Generator"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_tried(name, options, error, message):
    settings = {"space": {"lr": [0.1]}, "rng": rng()} | options
    with pytest.raises(error, match=message):
        SEARCHES[name](lambda *_, **__: pytest.fail("tried"), settings.pop("space"), **settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grid_search(bowl, {"lr": Uniform(0, 1)}, rng=rng()), r"grid_search: space\['lr'\] must be a list, such as"),
        (lambda: random_search(bowl, SPACE, 0, rng=rng()), "n_trials must be a whole number from 1"),
        (lambda: random_search(bowl, SPACE, True, rng=rng()), "n_trials must be a whole number from 1"),
        (lambda: bayesian_search(bowl, SPACE, 1.5, rng=rng()), "n_trials"),
        (lambda: bayesian_search(bowl, SPACE, 5, n_initial=0, rng=rng()), "n_initial"),
        (lambda: bayesian_search(bowl, SPACE, 5, n_candidates=0, rng=rng()), "n_candidates"),
        (lambda: successive_halving(bowl, SPACE, 0, rng=rng()), "n_configurations"),
        (lambda: successive_halving(bowl, SPACE, 9, eta=1, rng=rng()), "eta must be above 1"),
        (lambda: successive_halving(bowl, SPACE, 9, min_budget=0, rng=rng()), "budget must be above 0"),
        (lambda: successive_halving(bowl, SPACE, 9, n_rungs=4, rng=rng()), "n_rungs must leave a configuration"),
        (lambda: hyperband(bowl, SPACE, math.inf, rng=rng()), "budget must be above 0 and finite"),
        (lambda: hyperband(bowl, SPACE, 0.5, rng=rng()), "max_budget must be at least 1"),
        (lambda: GaussianProcess(length=0), "length and noise must be above 0"),
        (lambda: GaussianProcess(noise=-1), "length and noise must be above 0"),
        (lambda: GaussianProcess().fit(np.zeros(3), np.zeros(3)), "x must be finite points"),
        (lambda: GaussianProcess().fit(np.zeros((3, 1)), np.zeros(2)), "x must be finite points"),
        (lambda: GaussianProcess().fit(np.zeros((0, 1)), np.zeros(0)), "x must be finite points"),
        (lambda: GaussianProcess().fit(np.zeros((1, 1)), np.array([np.nan])), "x must be finite points"),
        (lambda: SearchResult([], "min").best, "all 0 trials failed"),
        (lambda: random_search(lambda c, rng: math.nan, SPACE, 3, rng=rng()).best, "all 3 trials failed: the value is nan"),
    ],
)
def test_numbers_out_of_range_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_objective_cannot_change_the_record():
    result = random_search(lambda c, rng: c.pop("lr"), SPACE, 3, rng=rng())
    assert all(trial.configuration["lr"] == trial.value for trial in result.trials)


def test_equal_values_go_to_the_first():
    trials = [Trial({"i": 0}, math.nan), Trial({"i": 1}, 1.0), Trial({"i": 2}, 1.0)]
    assert SearchResult(trials, "min").best is trials[1] and SearchResult(trials, "max").best is trials[1]
    assert math.isnan(SearchResult(trials, "min").best_so_far()[0])


def test_with_fit_a_rate_too_high_loses():
    X = rng(1).normal(size=(20, 1))

    def objective(configuration, rng):
        w = Parameter(rng.normal(size=1))
        with np.errstate(over="ignore", invalid="ignore"):
            history = fit(lambda x: x @ w, (X, 3 * X[:, 0]), loss=mse_loss, optimizer=SGD([w], **configuration), epochs=300,
                          batch_size=20, rng=rng)  # fmt: skip
        return history["loss"][-1]

    result = grid_search(objective, {"lr": [1e-4, 1e-2, 100.0]}, rng=rng())
    assert result.best.configuration == {"lr": 1e-2} and "lower the learning rate" in result.trials[2].error


# ---- each search ----


def test_grid_is_the_product_in_order():
    result = grid_search(lambda c, rng: 0.0, {"a": [1, 2], "b": ["x", "y", "z"]}, rng=rng())
    assert [tuple(t.configuration.values()) for t in result.trials] == [(a, b) for a in (1, 2) for b in "xyz"]
    assert result.cost == 6


def test_random_search_is_a_prefix_of_a_longer_one():
    short, long = (random_search(bowl, SPACE, n, rng=rng()) for n in (5, 9))
    assert key(short) == key(long)[:5]


def test_random_beats_grid_when_one_dimension_matters_and_not_when_both_do():
    """Bergstra and Bengio's argument and its converse, at nine trials."""
    axis = [1 / 6, 0.5, 5 / 6]
    generator, best = rng(5), {"grid": [[], []], "random": [[], []]}
    for _ in range(300):
        peak = generator.random(2)
        for both in (0, 1):

            def height(c, rng, peak=peak, both=both):
                x = np.array([c["a"], c["b"]]) - peak
                return math.exp(-0.5 * (x[0] ** 2 + both * x[1] ** 2) / 0.07**2)

            best["grid"][both].append(grid_search(height, {"a": axis, "b": axis}, rng=generator, mode="max").best.value)
            space = {"a": Uniform(0, 1), "b": Uniform(0, 1)}
            best["random"][both].append(random_search(height, space, 9, rng=generator, mode="max").best.value)
    means = {name: [np.mean(values) for values in pair] for name, pair in best.items()}
    assert means["random"][0] > means["grid"][0] + 0.1 and means["grid"][1] > means["random"][1]


def test_successive_halving_costs_what_the_book_says():
    result = successive_halving(bowl, SPACE, 27, rng=rng())
    assert Counter(t.budget for t in result.trials) == {1: 27, 3: 9, 9: 3, 27: 1} and result.cost == 108
    result = successive_halving(bowl, SPACE, 20, min_budget=2, eta=2, n_rungs=3, rng=rng())
    assert Counter(t.budget for t in result.trials) == {2: 20, 4: 10, 8: 5}


def test_successive_halving_keeps_the_best_of_each_rung_with_their_seeds():
    drawn = {}

    def objective(configuration, budget, rng):
        drawn.setdefault(configuration["p"], []).append(rng.random())
        return configuration["p"] + drawn[configuration["p"]][0] / budget

    result = successive_halving(objective, {"p": Uniform(0, 1)}, 27, rng=rng())
    for budget in (1, 3, 9):
        rung = sorted((t for t in result.trials if t.budget == budget), key=lambda t: t.value)
        following = [t.configuration for t in result.trials if t.budget == 3 * budget]
        assert following == [t.configuration for t in rung[: len(rung) // 3]]
    assert all(len(set(numbers)) == 1 for numbers in drawn.values()) and max(map(len, drawn.values())) == 4


def test_halving_goes_on_with_fewer_when_most_have_failed():
    def objective(configuration, budget, rng):
        return 1.0 if configuration["p"] > 0.9 else math.nan

    result = successive_halving(objective, {"p": Uniform(0, 1)}, 27, rng=rng())
    fine = sum(t.configuration["p"] > 0.9 for t in result.trials if t.budget == 1)
    assert Counter(t.budget for t in result.trials) == {1: 27, 3: fine, 9: min(3, fine), 27: 1} and 0 < fine < 9
    nothing = successive_halving(lambda c, budget, rng: math.nan, SPACE, 27, rng=rng())
    assert len(nothing.trials) == 27


def test_hyperband_is_the_table_of_the_paper():
    """R = 81, eta = 3."""
    assert hyperband_brackets(81, 3) == {
        4: [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        3: [(34, 3), (11, 9), (3, 27), (1, 81)],
        2: [(15, 9), (5, 27), (1, 81)],
        1: [(8, 27), (2, 81)],
        0: [(5, 81)],
    }
    assert hyperband_brackets(8, 2) == {
        3: [(8, 1), (4, 2), (2, 4), (1, 8)], 2: [(6, 2), (3, 4), (1, 8)], 1: [(4, 4), (2, 8)], 0: [(4, 8)]}  # fmt: skip
    assert len(hyperband_brackets(243, 3)) == 6 and len(hyperband_brackets(1000, 10)) == 4  # where logarithms round down
    assert hyperband_brackets(1) == {0: [(1, 1)]}


def test_hyperband_runs_its_brackets():
    result = hyperband(bowl, SPACE, 81, rng=rng())
    run = {s: Counter(t.budget for t in result.trials if t.bracket == s) for s in range(5)}
    assert run == {s: {r: n for n, r in rungs} for s, rungs in hyperband_brackets(81).items()}
    assert result.cost == sum(n * r for rungs in hyperband_brackets(81).values() for n, r in rungs)


@given(st.floats(1, 2000), st.floats(1.5, 10))
@settings(max_examples=30, deadline=None)
def test_brackets_never_exceed_the_budget(max_budget, eta):
    brackets = hyperband_brackets(max_budget, eta)
    for s, rungs in brackets.items():
        budgets = [r for _, r in rungs]
        assert len(rungs) == s + 1 and budgets[-1] == pytest.approx(max_budget) and budgets[0] >= 1 - 1e-9
        assert all(n >= 1 for n, _ in rungs)


# ---- the Gaussian process ----


def matern(a, b, length):
    """Matern 5/2 of Rasmussen and Williams, equation 4.17, an element at a time."""
    result = np.empty((len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            r = math.dist(p, q)
            result[i, j] = (1 + math.sqrt(5) * r / length + 5 * r**2 / (3 * length**2)) * math.exp(-math.sqrt(5) * r / length)
    return result


@pytest.mark.parametrize(("length", "noise"), [(0.3, 1e-3), (1.0, 0.1)])
def test_the_posterior_is_the_formula(length, noise):
    x, new, y = rng().random((8, 2)), rng(1).random((5, 2)), 100 + 7 * rng(2).normal(size=8)
    process = GaussianProcess(length, noise).fit(x, y)
    mean, sd = process.predict(new)
    z = (y - y.mean()) / y.std()
    inverse = np.linalg.inv(matern(x, x, length) + noise * np.eye(8))
    k = matern(x, new, length)
    np.testing.assert_allclose(mean, y.mean() + y.std() * k.T @ inverse @ z, rtol=1e-9)
    np.testing.assert_allclose(sd, y.std() * np.sqrt(np.diag(matern(new, new, length) - k.T @ inverse @ k)), rtol=1e-7)
    density = -0.5 * z @ inverse @ z - 0.5 * np.linalg.slogdet(2 * np.pi * (matern(x, x, length) + noise * np.eye(8)))[1]
    assert process.log_evidence == pytest.approx(density)


def test_without_noise_the_process_passes_through_the_points_and_knows_nothing_far_away():
    x, y = rng().random((6, 2)), rng(1).normal(size=6)
    process = GaussianProcess(0.5, 1e-10).fit(x, y)
    mean, sd = process.predict(x)
    np.testing.assert_allclose(mean, y, atol=1e-6)
    assert sd.max() < 1e-4
    mean, sd = process.predict(np.array([[50.0, 50.0]]))
    assert mean[0] == pytest.approx(y.mean()) and sd[0] == pytest.approx(y.std())


def test_values_that_are_all_alike():
    mean, sd = GaussianProcess().fit(np.array([[0.0], [1.0]]), np.array([3.0, 3.0])).predict(np.array([[0.5], [0.0]]))
    assert mean.tolist() == [3, 3] and np.isfinite(sd).all()


def test_expected_improvement_is_the_mean_of_what_is_gained():
    z = rng().normal(size=400_000)
    mean, sd = np.array([0.0, 0.5, -2.0, 3.0]), np.array([1.0, 2.0, 0.1, 0.5])
    simulated = np.maximum(0.3 - (mean + sd * z[:, None]), 0).mean(axis=0)
    np.testing.assert_allclose(expected_improvement(mean, sd, 0.3), simulated, atol=0.005)
    assert expected_improvement(np.array([1e6, -1e6]), np.array([1.0, 0.0]), 0.0).tolist() == [0, 1e6]


def test_bayesian_search_beats_random_search_on_a_smooth_function():
    def objective(c, rng):
        return (c["x"] - 0.3) ** 2 + (math.log10(c["lr"]) + 3) ** 2 / 4 + 0.3 * (c["act"] != "b")

    space = {"x": Uniform(-1, 1), "lr": LogUniform(1e-5, 1), "act": ["a", "b", "c"]}
    bayes = [bayesian_search(objective, space, 25, rng=rng(seed)).best.value for seed in range(4)]
    plain = [random_search(objective, space, 25, rng=rng(seed)).best.value for seed in range(4)]
    assert np.median(bayes) < 0.01 < np.median(plain)


def test_bayesian_search_keeps_away_from_where_trials_failed():
    def objective(c, rng):
        return math.nan if c["x"] > 0.3 else 1 - c["x"]

    for seed in range(3):
        guided = bayesian_search(objective, {"x": Uniform(0, 1)}, 20, rng=rng(seed)).trials[5:]
        assert sum(bool(trial.error) for trial in guided) <= 5
        assert min(trial.value for trial in guided if not trial.error) < 0.75


def test_bayesian_search_starts_randomly_and_places_lists_apart():
    random = bayesian_search(bowl, SPACE, 6, n_initial=6, rng=rng())
    guided = bayesian_search(bowl, SPACE, 6, n_initial=3, rng=rng())
    assert key(random)[:3] == key(guided)[:3] and key(random)[3:] != key(guided)[3:]
    space = tuning.checked({"a": ["x", "y", "z"], "b": Uniform(5, 9)}, rng(), "min")
    places = tuning.locate(space, np.array([[0.1, 0.25], [0.9999, 0.25], [0.5, 0.25], [0.2, 0.75]]))
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    np.testing.assert_allclose(distances[0], [0, 1, 1, 0.5])
    assert places.shape == (4, 4)


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(tuning)
    assert result.attempted and not result.failed
