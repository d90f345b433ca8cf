"""Calibration: bins counted one by one, perfect and useless forecasts, the temperature by its definition, bad input."""

import doctest
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, calibration_curve, expected_calibration_error, log_loss, softmax, temperature_scale
from dlprimer.metrics import calibration

modest = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 9999)


def drawn(seed, n, classes, ties):
    """Labels (n,) and probabilities (n, classes)."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(1, 4, (n, classes)) if ties else rng.random((n, classes)) + 0.01
    return rng.integers(0, classes, n), raw / raw.sum(axis=1, keepdims=True)


def naive_error(right, confidence, edges):
    """The mean gap, bin by bin; a bin holds its upper border and not its lower one, the first one both."""
    total = 0.0
    for i, (low, high) in enumerate(pairwise(edges)):
        inside = [k for k, c in enumerate(confidence) if (c > low or i == 0) and (c <= high or i == len(edges) - 2)]
        if inside:
            accuracy, mean = np.mean([right[k] for k in inside]), np.mean([confidence[k] for k in inside])
            total += len(inside) / len(confidence) * abs(accuracy - mean)
    return total


@modest
@given(seed=seeds, n=st.integers(1, 40), classes=st.integers(2, 5), ties=st.booleans(), n_bins=st.integers(1, 12))
def test_error_is_the_mean_gap_of_the_bins(seed, n, classes, ties, n_bins):
    labels, p = drawn(seed, n, classes, ties)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    expected = naive_error(right, confidence, np.linspace(0, 1, n_bins + 1))
    assert expected_calibration_error(labels, p, n_bins=n_bins) == pytest.approx(expected, abs=1e-12)
    by_mass = np.percentile(confidence, 100 * np.linspace(0, 1, n_bins + 1))
    if len(np.unique(by_mass)) == n_bins + 1:
        expected = naive_error(right, confidence, by_mass)
        assert expected_calibration_error(labels, p, n_bins=n_bins, strategy="quantile") == pytest.approx(expected, abs=1e-12)


@modest
@given(seed=seeds, n=st.integers(1, 40), n_bins=st.integers(1, 12), strategy=st.sampled_from(["uniform", "quantile"]))
def test_error_of_two_classes_is_the_gap_of_the_curve(seed, n, n_bins, strategy):
    rng = np.random.default_rng(seed)
    happened, p = rng.integers(0, 2, n), rng.integers(0, 11, n) / 10
    error = expected_calibration_error(happened, p, n_bins=n_bins, strategy=strategy)
    curve = calibration_curve(happened, p, n_bins=n_bins, strategy=strategy)
    assert len(curve[0]) == len(curve[1]) <= n_bins
    edges = np.linspace(0, 1, n_bins + 1) if strategy == "uniform" else np.percentile(p, 100 * np.linspace(0, 1, n_bins + 1))
    counts = np.bincount(np.searchsorted(edges[1:-1], p))
    counts = counts[counts > 0]
    assert error == pytest.approx(np.abs(curve[0] - curve[1]) @ counts / n, abs=1e-12)


def test_perfect_forecasts_and_sure_mistakes():
    assert expected_calibration_error([0, 1, 2], np.eye(3)) == 0
    assert expected_calibration_error([1, 2, 0], np.eye(3)) == 1
    assert expected_calibration_error([0, 0, 0, 1], [0.25] * 4) == 0  # the base rate: calibrated and useless
    assert expected_calibration_error([3, 3], [[0.75, 0.25]] * 2, labels=[3, 7]) == 0.25
    assert expected_calibration_error(["no", "yes"], [0.0, 1.0], pos_label="yes") == 0
    assert expected_calibration_error(["b", "a"], [[0.0, 1.0], [1.0, 0.0]]) == 0


def test_on_few_examples_a_perfect_forecast_has_an_error():
    rng = np.random.default_rng(44)
    confidence = rng.uniform(0.5, 1, (300, 100))
    right = rng.random(confidence.shape) < confidence
    errors = [
        expected_calibration_error(np.where(r, 0, 1), np.stack([c, 1 - c], axis=1)) for r, c in zip(right, confidence, strict=True)
    ]
    assert np.mean(errors) == pytest.approx(0.088, abs=0.004)  # what 200 draws of 15 bins gave elsewhere


def test_maps_count_pixel_by_pixel():
    rng = np.random.default_rng(0)
    labels, p = rng.integers(0, 3, (2, 4, 5)), rng.dirichlet(np.ones(3), (2, 4, 5))
    flat = expected_calibration_error(labels.ravel(), p.reshape(-1, 3))
    assert expected_calibration_error(labels, np.moveaxis(p, -1, 1)) == flat
    z = rng.standard_normal((2, 4, 5, 3)) + 2 * np.eye(3)[labels]
    assert temperature_scale(np.moveaxis(z, -1, 1), labels) == pytest.approx(temperature_scale(z.reshape(-1, 3), labels.ravel()))
    happened = labels == 0
    for curve, expected in zip(calibration_curve(happened, p[..., 0]), calibration_curve(happened.ravel(), p[..., 0].ravel()), strict=True):
        np.testing.assert_array_equal(curve, expected)
    assert expected_calibration_error(happened, p[..., 0]) == expected_calibration_error(happened.ravel(), p[..., 0].ravel())


# ---- temperature ----


@modest
@given(seed=seeds, n=st.integers(10, 60), classes=st.integers(2, 5), scale=st.floats(0.1, 30))
def test_no_other_temperature_has_a_smaller_loss(seed, n, classes, scale):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    logits = scale * (rng.standard_normal((n, classes)) + np.eye(classes)[labels])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = temperature_scale(logits, labels)
    others = np.clip([best / 1.01, best * 1.01, 1.0], 1e-3, 1e3)  # the range that is searched
    loss = [log_loss(labels, softmax(logits / T, axis=1), labels=range(classes)) for T in (best, *others)]
    assert min(loss) >= loss[0] - 1e-12


@modest
@given(seed=seeds, factor=st.floats(0.1, 10))
def test_temperature_follows_the_scale_of_the_logits(seed, factor):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 50)
    logits = rng.standard_normal((50, 3)) + np.eye(3)[labels]
    assert temperature_scale(factor * logits, labels) == pytest.approx(factor * temperature_scale(logits, labels), rel=1e-9)
    assert temperature_scale(logits + rng.standard_normal((50, 1)), labels) == pytest.approx(temperature_scale(logits, labels), rel=1e-9)


def test_temperature_repairs_logits_that_are_too_large():
    rng = np.random.default_rng(44)
    logits = rng.standard_normal((20_000, 4)) * 2
    labels = (rng.random((len(logits), 1)) > np.cumsum(softmax(logits, axis=1), axis=1)).sum(axis=1)
    assert temperature_scale(3 * logits, labels) == pytest.approx(3, rel=0.03)
    before = expected_calibration_error(labels, softmax(3 * logits, axis=1))
    after = expected_calibration_error(labels, softmax(3 * logits / temperature_scale(3 * logits, labels), axis=1))
    assert after < 0.02 < 0.15 < before


def test_temperature_of_a_single_logit():
    labels = np.array([0, 1, 1, 0, 1])
    logits = np.array([-2.0, 3.0, -0.5, 1.0, 0.7])
    expected = temperature_scale(np.stack([np.zeros(5), logits], axis=1), labels)
    assert temperature_scale(logits, labels) == pytest.approx(expected, rel=1e-12)
    assert temperature_scale(Tensor(logits), labels.tolist()) == pytest.approx(expected, rel=1e-6)


def test_temperature_of_extreme_logits():
    logits = np.array([[1e4, -1e4], [1e4, -1e4], [1e4, -1e4], [-1e4, 1e4]]) / 100
    assert temperature_scale(logits, [0, 0, 1, 1]) == pytest.approx(200 / np.log(3))  # 3 of 4 are right
    half = (logits / 2).astype(np.float16)
    assert temperature_scale(half, [0, 0, 1, 1]) == pytest.approx(100 / np.log(3))


def test_without_a_best_temperature_the_range_ends_and_says_so():
    with pytest.warns(UserWarning, match="no temperature is best: 0.001"):
        assert temperature_scale([[5.0, 0.0], [0.0, 5.0]], [0, 1]) == pytest.approx(1e-3)
    with pytest.warns(UserWarning, match="no temperature is best: 1000"):
        assert temperature_scale([[5.0, 0.0], [0.0, 5.0]], [1, 0]) == pytest.approx(1e3)


def test_nothing_that_came_in_is_changed():
    labels, p = drawn(0, 20, 3, False)
    logits = np.log(p)
    copies = labels.copy(), p.copy(), logits.copy()
    expected_calibration_error(labels, p)
    temperature_scale(logits, labels)
    calibration_curve(labels == 0, p[:, 0], strategy="quantile")
    for values, copy in zip((labels, p, logits), copies, strict=True):
        np.testing.assert_array_equal(values, copy)


# ---- bad input ----


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calibration_curve([0, 1], [0.2]), r"y_prob of shape \(1,\) does not fit y_true of shape \(2,\)"),
        (lambda: calibration_curve([0, 1], [0.2, 1.2]), "between 0 and 1, got 1.2"),
        (lambda: calibration_curve([0, 1, 2], [0.2, 0.3, 0.4]), "two classes, got 3"),
        (lambda: calibration_curve(["a", "b"], [0.2, 0.3]), "pos_label"),
        (lambda: calibration_curve([0, 1], [0.2, 0.3], n_bins=0), "n_bins must be a whole number from 1, got 0"),
        (lambda: calibration_curve([0, 1], [0.2, 0.3], strategy="equal"), "strategy must be one of"),
        (lambda: calibration_curve([], []), "y_true is empty"),
        (lambda: expected_calibration_error([0, 1], [[0.2, 0.2], [0.5, 0.5]]), "adds up to 0.4"),
        (lambda: expected_calibration_error([0, 1], [[0.2, np.nan], [0.5, 0.5]]), "y_prob contains nan"),
        (lambda: expected_calibration_error([0, 5], [[0.2, 0.8], [0.5, 0.5]], labels=[0, 1]), "contains 5"),
        (lambda: expected_calibration_error([0, 1, 1], [[0.2, 0.8], [0.5, 0.5]]), r"axis of classes after the first, got \(2, 2\)"),
        (lambda: expected_calibration_error([0, 1], [[0.2, 0.8], [0.5, 0.5]], n_bins=2.5), "n_bins"),
        (lambda: temperature_scale([[1.0, 2.0]], [2]), r"class numbers from 0 to 1, got \[2\]"),
        (lambda: temperature_scale([[1.0, 2.0]], [-1]), "class numbers from 0 to 1"),
        (lambda: temperature_scale([[1.0, 2.0]], ["a"]), "class numbers from 0 to 1"),
        (lambda: temperature_scale([[1.0, np.inf]], [1]), "logits contains inf"),
        (lambda: temperature_scale([[1.0, 2.0]], [0.5]), "fraction"),
        (lambda: temperature_scale([[1.0, 2.0]], [0, 1]), "logits must have the shape of labels"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(calibration)
    assert result.attempted and not result.failed
