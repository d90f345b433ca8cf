"""Fits find the law that made the data, say how sure they are, and follow the published numbers."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer.train.laws as laws
from dlprimer.train.laws import ChinchillaLaw, PowerLaw, fit_chinchilla, fit_power_law

PUBLISHED = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
REFIT = ChinchillaLaw(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)


def runs(n=245, seed=0):
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(7.6, 10.2, n), 10 ** rng.uniform(9.5, 11.5, n)


# ---- power laws ----


@given(st.floats(0.1, 100), st.floats(0.1, 1.2), st.floats(0.01, 0.9), st.integers(4, 12))
@settings(max_examples=40, deadline=None)
def test_a_power_law_is_recovered(a, b, share, n):
    x = np.geomspace(1, 1000, n)
    c = share * a
    law = fit_power_law(x, a * x**-b + c)
    np.testing.assert_allclose([law.a, law.b, law.c], [a, b, c], rtol=1e-6)


@pytest.mark.parametrize("x", [np.geomspace(1e6, 1e11, 12), np.geomspace(1e-3, 1, 5)])
def test_whatever_the_units_of_x(x):
    law = fit_power_law(x, 1e3 * x**-0.34 + 1.7)
    np.testing.assert_allclose([law.a, law.b, law.c], [1e3, 0.34, 1.7], rtol=1e-6)


def test_no_floor():
    x = np.geomspace(1e6, 1e11, 12)
    law = fit_power_law(x, 100 * x**-0.076)
    assert (law.a, law.b) == pytest.approx((100, 0.076), rel=1e-6) and 0 <= law.c < 1e-5
    law = fit_power_law(x, 100 * x**-0.076, offset=False)
    assert (law.a, law.b, law.c) == pytest.approx((100, 0.076, 0), rel=1e-9)
    assert fit_power_law(x[:2], 100 * x[:2] ** -0.076, offset=False).b == pytest.approx(0.076)


def test_leaving_the_floor_out_biases_the_exponent():
    x = np.geomspace(1, 1e4, 9)
    y = 2 * x**-0.5 + 0.5
    assert fit_power_law(x, y, offset=False).b < 0.3 < fit_power_law(x, y).b


def test_an_outlier_hardly_matters():
    x = np.geomspace(1, 1e4, 15)
    y = 3 * x**-0.4 + 0.5
    y[6] *= 2
    law = fit_power_law(x, y, delta=1e-3)
    assert (law.a, law.b, law.c) == pytest.approx((3, 0.4, 0.5), rel=0.02)
    squared = fit_power_law(x, y, delta=10.0)
    assert abs(squared.b - 0.4) > 10 * abs(law.b - 0.4)


def test_the_intervals_hold_the_truth():
    x = np.geomspace(1, 1e4, 20)
    held = {"a": 0, "b": 0, "c": 0}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        y = (3 * x**-0.4 + 0.5) * np.exp(0.01 * rng.normal(size=20))
        law = fit_power_law(x, y, rng=rng, n_bootstrap=100)
        for name, truth in (("a", 3), ("b", 0.4), ("c", 0.5)):
            low, high = law.intervals[name]
            assert low < getattr(law, name) < high
            held[name] += low <= truth <= high
    assert min(held.values()) >= 8


def test_wider_for_more_confidence_and_the_same_for_the_same_seed():
    x = np.geomspace(1, 1e4, 20)
    y = (3 * x**-0.4 + 0.5) * np.exp(0.01 * np.random.default_rng(0).normal(size=20))
    narrow, wide, again = (
        fit_power_law(x, y, rng=np.random.default_rng(1), n_bootstrap=100, level=level).intervals for level in (0.5, 0.95, 0.95)
    )
    assert wide == again
    assert all(wide[name][0] < narrow[name][0] < narrow[name][1] < wide[name][1] for name in wide)
    assert fit_power_law(x, y).intervals == {}


def test_a_fit_has_the_lowest_loss_around():
    """The Huber loss, an element at a time, is not lower nearby."""
    x = np.geomspace(1, 1e3, 12)
    y = (2 * x**-0.6 + 0.3) * np.exp(0.05 * np.random.default_rng(3).normal(size=12))

    def loss(a, b, c):
        total = 0.0
        for xi, yi in zip(x, y, strict=True):
            r = abs(math.log(yi) - math.log(a * xi**-b + c))
            total += 0.5 * r * r if r <= 0.02 else 0.02 * (r - 0.01)
        return total

    law = fit_power_law(x, y, delta=0.02)
    best = loss(law.a, law.b, law.c)
    rng = np.random.default_rng(0)
    for scale in (1e-4, 1e-2, 0.3):
        for _ in range(100):
            assert loss(*(np.array([law.a, law.b, law.c]) * np.exp(scale * rng.normal(size=3)))) >= best


# ---- Chinchilla ----


@pytest.mark.parametrize("law", [PUBLISHED, REFIT])
def test_chinchilla_is_recovered(law):
    n, d = runs()
    fitted = fit_chinchilla(n, d, law.predict(n, d))
    for name in ("E", "A", "B", "alpha", "beta"):
        assert getattr(fitted, name) == pytest.approx(getattr(law, name), rel=1e-6)


def test_chinchilla_from_noisy_runs_with_some_that_went_wrong():
    n, d = runs()
    rng = np.random.default_rng(2)
    loss = REFIT.predict(n, d) * np.exp(0.003 * rng.normal(size=245))
    loss[:10] *= 1.2
    fitted = fit_chinchilla(n, d, loss, rng=rng, n_bootstrap=60)
    assert fitted.E == pytest.approx(REFIT.E, rel=0.03) and fitted.alpha == pytest.approx(REFIT.alpha, rel=0.1)
    assert all(low < getattr(fitted, name) < high for name, (low, high) in fitted.intervals.items())
    assert all(low < getattr(REFIT, name) < high for name, (low, high) in fitted.intervals.items())
    held_out = fitted.predict(70e9, 1.4e12)
    assert held_out == pytest.approx(REFIT.predict(70e9, 1.4e12), rel=0.01)


@pytest.mark.parametrize(
    ("law", "n", "d", "loss", "ratio"), [(PUBLISHED, 32.2e9, 2.98e12, 1.931, 92.7), (REFIT, 72.3e9, 1.33e12, 1.974, 18.4)]
)
def test_the_optimum_at_the_budget_of_chinchilla(law, n, d, loss, ratio):
    N, D = law.compute_optimal(5.76e23)
    assert (N, D, law.predict(N, D), D / N) == pytest.approx((n, d, loss, ratio), rel=3e-3)
    assert 6 * N * D == pytest.approx(5.76e23)
    assert law.alpha * law.A / N**law.alpha == pytest.approx(law.beta * law.B / D**law.beta)
    others = N * np.geomspace(0.1, 10, 101)
    assert law.predict(others, 5.76e23 / 6 / others).min() == pytest.approx(law.predict(N, D))


def test_gopher_and_chinchilla():
    assert round(PUBLISHED.predict(280e9, 300e9), 3) == 1.993 and round(PUBLISHED.predict(70e9, 1.4e12), 3) == 1.937
    assert round(REFIT.predict(280e9, 300e9), 3) == 2.0 and round(REFIT.predict(70e9, 1.4e12), 3) == 1.974


def test_equal_exponents_share_the_budget_equally():
    law = ChinchillaLaw(E=1.0, A=100.0, B=300.0, alpha=0.3, beta=0.3)
    n, d = law.compute_optimal(np.array([1e20, 1e21]))
    assert n[1] / n[0] == pytest.approx(math.sqrt(10)) == d[1] / d[0]


def test_predictions_take_arrays():
    x = np.array([1.0, 4.0])
    assert PowerLaw(2.0, 0.5, 1.0).predict(x).tolist() == [3.0, 2.0]
    assert PUBLISHED.predict(x[:, None], x).shape == (2, 2)


# ---- the machine ----


def test_slopes_are_the_derivatives():
    rng = np.random.default_rng(0)
    z, p = rng.normal(size=(2, 7)), rng.normal(size=(3, 5))
    _, slopes = laws.log_of_sum(p, z)
    for i in range(5):
        up, down = p.copy(), p.copy()
        up[:, i] += 1e-6
        down[:, i] -= 1e-6
        numeric = (laws.log_of_sum(up, z)[0] - laws.log_of_sum(down, z)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, i], numeric, atol=1e-8)


def test_huge_terms_do_not_overflow():
    value, slopes = laws.log_of_sum(np.array([[900.0, 0.0, -900.0]]), np.zeros((1, 2)))
    assert value.tolist() == [[900, 900]] and np.isfinite(slopes).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_power_law([1, 2, 3], [1, 0, 1]), "y must be positive, finite numbers"),
        (lambda: fit_power_law([1, -2, 3], [1, 1, 1]), "x must be positive"),
        (lambda: fit_power_law([1, 2, np.inf], [1, 1, 1]), "x must be positive"),
        (lambda: fit_power_law([], []), "x must be positive"),
        (lambda: fit_power_law([[1, 2]], [1, 2]), "x must be positive"),
        (lambda: fit_power_law([1, 2, 3], [1, 2]), "same length, got 3 and 2"),
        (lambda: fit_power_law([1, 2, 2], [3, 2, 1]), "x must have at least 3 distinct values for 3 unknowns, got 2"),
        (lambda: fit_power_law([2, 2], [3, 2], offset=False), "at least 2 distinct"),
        (lambda: fit_power_law([1, 2, 3], [3, 2, 1], delta=0), "delta must be above 0"),
        (lambda: fit_power_law([1, 2, 3], [3, 2, 1], rng=7), "intervals need a numpy Generator"),
        (lambda: fit_power_law([1, 2, 3], [3, 2, 1], rng=np.random.default_rng(0), level=1.5), "level in"),
        (lambda: fit_power_law([1, 2, 3], [3, 2, 1], rng=np.random.default_rng(0), n_bootstrap=0), "n_bootstrap from 1"),
        (lambda: fit_chinchilla([1, 2], [1, 2], [1]), "same length, got 2, 2 and 1"),
        (lambda: fit_chinchilla([1, 2, 3, 4], [1, 2, 3, 4], [1, 1, 1, 1]), "at least 5 runs"),
        (lambda: fit_chinchilla([1, 2, 3, 4, 5], [1, 1, 2, 2, 2], np.ones(5)), "5 runs with 5 and 2"),
        (lambda: fit_chinchilla([1, 2], [1, 2], [1, np.nan]), "loss must be positive"),
        (lambda: PUBLISHED.compute_optimal(0), "flops, A, B, alpha and beta above 0"),
        (lambda: ChinchillaLaw(1, 1, 1, -0.1, 1).compute_optimal(1), "flops, A, B, alpha and beta above 0"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_inputs_stay_as_they_are():
    x, y = np.geomspace(1, 100, 5), 1 + np.geomspace(1, 0.1, 5)
    for array in (x, y):
        array.flags.writeable = False
    fit_power_law(x, y, rng=np.random.default_rng(0), n_bootstrap=3)


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(laws)
    assert result.attempted and not result.failed
