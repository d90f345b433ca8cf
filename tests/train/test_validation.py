"""Cross-validation holds out every example once, keeps what belongs to a fold within it, and does not understate its error."""

import doctest

import numpy as np
import pytest

import dlprimer.train.validation
from dlprimer import k_fold
from dlprimer.train.validation import CrossValidation, cross_validate


def data(n=23):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 3)), np.arange(n) % 3


def test_equals_the_loop_by_hand():
    X, y = data()

    def nearest(train, held_out, rng):
        distances = ((held_out[0][:, None] - train[0]) ** 2).sum(axis=-1)
        return np.mean(train[1][distances.argmin(axis=1)] == held_out[1])

    result = cross_validate(nearest, X, y, k=4, rng=np.random.default_rng(7))
    folds = k_fold(y, 4, rng=np.random.default_rng(7))
    expected = [nearest((X[a], y[a]), (X[b], y[b]), None) for a, b in folds]
    assert result.scores == expected and result.sizes == [(len(a), len(b)) for a, b in folds]
    assert result.mean == pytest.approx(np.mean(expected)) and result.sd == pytest.approx(np.std(expected, ddof=1))


@pytest.mark.parametrize("stratify", [True, False])
def test_each_example_is_held_out_once_with_its_row_and_never_trained_on_then(stratify):
    X, y = data()
    seen = []

    def watch(train, held_out, rng):
        assert not set(train[1]) & set(held_out[1]) and len(train[1]) + len(held_out[1]) == 23
        for values, rows, labels in (train, held_out):
            assert (X[rows] == values).all() and (y[rows] == labels).all()
        seen.extend(held_out[1].tolist())
        return 0

    cross_validate(watch, X, np.arange(23), y, k=5, rng=np.random.default_rng(0), stratify=stratify)
    assert sorted(seen) == list(range(23))


def test_stratified_folds_have_the_classes_in_proportion():
    counts = []
    cross_validate(lambda train, held_out, rng: counts.append(np.bincount(held_out[1]).tolist()) or 0.0, *data(30), k=5,
                   rng=np.random.default_rng(0))  # fmt: skip
    assert counts == [[2, 2, 2]] * 5


def test_each_fold_has_its_own_generator_that_follows_from_the_seed():
    def numbers(seed):
        return cross_validate(lambda train, held_out, rng: rng.random(), *data(), k=5, rng=np.random.default_rng(seed)).scores

    assert numbers(1) == numbers(1) != numbers(2) and len(set(numbers(1))) == 5


def test_standard_error_of_nadeau_and_bengio():
    """Ten scores with sd 3: 1.38, not 0.95."""
    scores = np.arange(10.0)
    scores *= 3 / scores.std(ddof=1)
    result = CrossValidation(scores.tolist(), [(90, 10)] * 10)
    assert result.standard_error == pytest.approx(3 * np.sqrt(1 / 10 + 1 / 9)) == pytest.approx(1.38, abs=0.005)


def test_folds_of_the_readers_own():
    """Time order: train on the past, hold out what follows."""
    folds = [(range(4), [4, 5]), (range(6), [6, 7])]
    result = cross_validate(lambda train, held_out, rng: held_out[0][0] - train[0][-1], np.arange(8), folds=folds,
                            rng=np.random.default_rng(0))  # fmt: skip
    assert result.scores == [1, 1] and result.sizes == [(4, 2), (6, 2)]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 1}, ValueError, "k must be from 2"),
        ({"k": 24}, ValueError, "k must be from 2"),
        ({"k": 9}, ValueError, "examples for 9 parts"),
        ({"rng": None}, TypeError, "rng must be a numpy Generator"),
        ({"folds": [([0], [1])]}, ValueError, "at least two"),
        ({"folds": [([0], [1]), ([0, 2], [2])]}, ValueError, r"folds\[1\] holds out example 2"),
        ({"folds": [([0], [1]), ([0, 23], [2])]}, ValueError, r"folds\[1\]: train must be indices"),
        ({"folds": [([0], [1]), ([0], [-1])]}, ValueError, r"folds\[1\]: held out must be"),
        ({"folds": [([0], []), ([0], [1])]}, ValueError, r"folds\[0\]: held out must be"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_trained(options, error, message):
    settings = {"rng": np.random.default_rng(0)} | options
    with pytest.raises(error, match=message):
        cross_validate(lambda *_, **__: pytest.fail("trained"), *data(), **settings)


def test_bad_data_and_bad_scores_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected arrays"):
        cross_validate(lambda *_, **__: 0.0, rng=rng)
    with pytest.raises(ValueError, match="expected arrays"):
        cross_validate(lambda *_, **__: 0.0, 3.0, rng=rng)
    with pytest.raises(ValueError, match="array 0"):
        cross_validate(lambda *_, **__: 0.0, np.zeros(5), np.zeros(6), rng=rng)
    with pytest.raises(TypeError, match="objective must return a number, got NoneType"):
        cross_validate(lambda *_, **__: None, *data(), rng=rng)


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(dlprimer.train.validation)
    assert result.attempted and not result.failed
