"""Metrics of decisions and probabilities: identities that hold for all labels, extreme values, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlprimer import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    matthews_corrcoef,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

DECISIONS = [
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    matthews_corrcoef,
    precision_recall_fscore_support,
]


@st.composite
def labeled(draw):
    """True and predicted labels of up to five classes, each of which is true at least once."""
    classes = draw(st.integers(2, 5))
    n = draw(st.integers(classes, 40))
    label = st.integers(0, classes - 1)
    true = list(range(classes)) + draw(st.lists(label, min_size=n - classes, max_size=n - classes))
    return np.array(true), np.array(draw(st.lists(label, min_size=n, max_size=n)))


@given(labeled())
def test_confusion_matrix_counts_pairs_and_holds_the_other_metrics(case):
    true, predicted = case
    matrix = confusion_matrix(true, predicted)
    for i, j in np.ndindex(matrix.shape):
        assert matrix[i, j] == np.sum((true == i) & (predicted == j))
    assert accuracy_score(true, predicted) == pytest.approx(np.trace(matrix) / len(true))
    recall = np.diag(matrix) / matrix.sum(axis=1)
    assert balanced_accuracy_score(true, predicted) == pytest.approx(recall.mean())
    assert np.allclose(precision_recall_fscore_support(true, predicted, zero_division=0)[1], recall)
    assert (precision_recall_fscore_support(true, predicted, zero_division=0)[3] == matrix.sum(axis=1)).all()


@given(labeled(), st.randoms(use_true_random=False))
def test_names_of_the_classes_do_not_matter(case, random):
    true, predicted = case
    names = np.array(random.sample(["ant", "bee", "cat", "dog", "eel"], 5))
    for metric in (accuracy_score, balanced_accuracy_score, matthews_corrcoef, cohen_kappa_score):
        assert metric(names[true], names[predicted]) == pytest.approx(metric(true, predicted), abs=1e-12)


@given(labeled(), st.data())
def test_a_weight_is_a_repetition(case, data):
    true, predicted = case
    counts = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(true), max_size=len(true))))
    again = np.repeat(true, counts), np.repeat(predicted, counts)
    for metric in (accuracy_score, balanced_accuracy_score, matthews_corrcoef, cohen_kappa_score, confusion_matrix):
        assert np.allclose(metric(true, predicted, sample_weight=counts), metric(*again))


@given(labeled())
def test_micro_average_is_accuracy_and_f_lies_between(case):
    true, predicted = case
    precision, recall, fscore, support = precision_recall_fscore_support(true, predicted, average="micro")
    assert precision == recall == pytest.approx(accuracy_score(true, predicted)) and support is None
    assert fscore == pytest.approx(precision)
    precisions, recalls, fscores, _ = precision_recall_fscore_support(true, predicted, zero_division=0)
    assert (fscores <= np.maximum(precisions, recalls) + 1e-12).all()
    assert (fscores >= np.minimum(precisions, recalls) - 1e-12).all()


@given(labeled())
def test_agreement_is_symmetric_and_perfect_with_itself(case):
    true, predicted = case
    assert matthews_corrcoef(true, predicted) == pytest.approx(matthews_corrcoef(predicted, true), abs=1e-12)
    assert cohen_kappa_score(true, predicted) == pytest.approx(cohen_kappa_score(predicted, true), abs=1e-12)
    assert matthews_corrcoef(true, true) == pytest.approx(1) and cohen_kappa_score(true, true) == pytest.approx(1)


def test_guessing_scores_as_guessing():
    rng = np.random.default_rng(40)
    true, guess = rng.choice(3, 30_000, p=[0.8, 0.15, 0.05]), rng.choice(3, 30_000, p=[0.8, 0.15, 0.05])
    assert balanced_accuracy_score(true, guess) == pytest.approx(1 / 3, abs=0.02)
    assert balanced_accuracy_score(true, guess, adjusted=True) == pytest.approx(0, abs=0.02)
    assert matthews_corrcoef(true, guess) == pytest.approx(0, abs=0.02)
    assert cohen_kappa_score(true, guess) == pytest.approx(0, abs=0.02)
    assert accuracy_score(true, guess) > 0.6


def test_correlation_does_not_overflow():
    true, predicted = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    weight = np.full(4, 1e12)
    assert matthews_corrcoef(true, predicted, sample_weight=weight) == pytest.approx(matthews_corrcoef(true, predicted))


def test_zero_over_zero_warns_unless_told():
    with pytest.warns(UserWarning, match="precision is 0/0"):
        assert precision_recall_fscore_support([0, 1], [0, 0])[0].tolist() == [0.5, 0.0]
    assert precision_recall_fscore_support([0, 1], [0, 0], zero_division=1)[0].tolist() == [0.5, 1.0]
    nan = precision_recall_fscore_support([0, 1], [0, 0], zero_division=float("nan"), average="macro")
    assert nan[0] == 0.5  # the undefined one is left out


def test_log_loss_of_certainty_depends_on_the_dtype():
    for dtype in (np.float16, np.float32, np.float64):
        certain = np.array([[1, 0], [0, 1]], dtype=dtype)
        assert log_loss([1, 1], certain, labels=[0, 1]) == pytest.approx(-np.log(np.finfo(dtype).eps) / 2, rel=1e-2)
        assert log_loss([0, 1], certain) < 2 * np.finfo(dtype).eps


def test_log_loss_and_brier_are_lowest_at_the_true_probability():
    labels = np.r_[np.ones(30, int), np.zeros(70, int)]
    grid = np.linspace(0.05, 0.95, 91)
    for score in (log_loss, brier_score_loss):
        values = [score(labels, np.full(100, p)) for p in grid]
        assert grid[np.argmin(values)] == pytest.approx(0.3)
    assert brier_score_loss([0, 1], [0.5, 0.5]) == 0.25
    assert log_loss([0, 1, 2], np.full((3, 3), 1 / 3)) == pytest.approx(np.log(3))


@given(st.integers(1, 5))
def test_top_k_grows_with_k(k):
    rng = np.random.default_rng(k)
    labels, scores = np.r_[np.arange(6), rng.integers(0, 6, 44)], rng.normal(size=(50, 6))
    rank = (scores > scores[np.arange(50), labels][:, None]).sum(axis=1)
    assert top_k_accuracy_score(labels, scores, k=k) == pytest.approx((rank < k).mean())


def test_top_k_that_takes_all_classes_says_so():
    with pytest.warns(UserWarning, match="k=3 is no smaller than the number of classes, 3"):
        assert top_k_accuracy_score([0, 1, 2], np.eye(3)[::-1], k=3) == 1
    with pytest.warns(UserWarning, match="k=2 is no smaller"):
        assert top_k_accuracy_score([0, 1], [0.7, 0.2], k=2) == 1


def test_brier_score_of_other_numbers_takes_the_larger_as_positive():
    assert brier_score_loss([3, 5], [0.1, 0.8]) == brier_score_loss([0, 1], [0.1, 0.8])
    assert brier_score_loss([3, 5], [0.1, 0.8], pos_label=3) == brier_score_loss([1, 0], [0.1, 0.8])


def test_a_normalized_matrix_of_classes_that_do_not_occur_is_zero():
    assert confusion_matrix([0, 1], [0, 0], labels=[1, 7], normalize="true").tolist() == [[0.0, 0.0], [0.0, 0.0]]


# ---- bad input ----


@pytest.mark.parametrize("metric", DECISIONS)
@pytest.mark.parametrize(
    ("true", "predicted", "error", "message"),
    [
        ([0, 1], [0, 1, 1], ValueError, "y_true has 2, y_pred has 3"),
        ([], [], ValueError, "y_true is empty"),
        ([0, 1], [0.2, 0.8], ValueError, "fraction 0.2; threshold"),
        ([0, 1], [[0.2, 0.8], [0.3, 0.7]], ValueError, "argmax"),
        ([0, float("nan")], [0, 1], ValueError, "nan at index"),
        (["a", "b"], [0, 1], TypeError, "strings"),
        ([0, 1], [None, 1], TypeError, "dtype object"),
    ],
)
def test_bad_decisions_are_named(metric, true, predicted, error, message):
    with pytest.raises(error, match=message):
        metric(true, predicted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: log_loss([0, 1], [0.2, 1.2]), "between 0 and 1, got 1.2"),
        (lambda: log_loss([0, 1], [[2.0, -1.0], [0.5, 0.5]]), "softmax or sigmoid"),
        (lambda: log_loss([0, 1], [[0.2, 0.2], [0.5, 0.5]]), "row 0 of the probabilities adds up to 0.4"),
        (lambda: log_loss([1, 1], [0.2, 0.3]), "one class only"),
        (lambda: log_loss([0, 3], [[0.2, 0.8], [0.5, 0.5]], labels=[0, 1]), "contains 3"),
        (lambda: log_loss([0, 1, 2], [[0.2, 0.8]] * 3), "2 columns of scores for 3 classes"),
        (lambda: log_loss([0, 1], [[0.2, 0.8]] * 2, labels=[1, 0]), "sorted"),
        (lambda: brier_score_loss([0, 1], [0.2, float("nan")]), "nan"),
        (lambda: brier_score_loss([0, 1, 2], [0.2, 0.3, 0.4]), "two classes"),
        (lambda: brier_score_loss([0, 1], [0.2, 0.3], scale_by_half="yes"), "scale_by_half"),
        (lambda: top_k_accuracy_score([0, 1], [[0.2, 0.8]] * 2, k=0), "k must be"),
        (lambda: top_k_accuracy_score([0, 1, 2], [0.2, 0.8, 0.1]), "one column a class"),
        (lambda: top_k_accuracy_score([1, 1], [0.2, 0.8], k=1), "two classes, got 1"),
        (lambda: brier_score_loss(["a", "b"], [0.2, 0.3]), "say which is positive by pos_label"),
        (lambda: top_k_accuracy_score([0, 5], [[0.2, 0.8]] * 2, labels=[0, 1]), "contains 5"),
        (lambda: confusion_matrix([0, 1], [0, 1], labels=[7]), "none of labels"),
        (lambda: confusion_matrix([0, 1], [0, 1], labels=[0, 0, 1]), "repeat"),
        (lambda: confusion_matrix([0, 1], [0, 1], normalize="rows"), "normalize must be one of"),
        (lambda: cohen_kappa_score([1, 1], [1, 1]), "one and the same class"),
        (lambda: balanced_accuracy_score([1, 1], [1, 1], adjusted=True), "two classes"),
        (lambda: precision_recall_fscore_support([0, 1, 2], [0, 1, 2], average="binary"), "two classes, got 3"),
        (lambda: precision_recall_fscore_support([0, 1], [0, 1], average="binary", pos_label=2), "pos_label=2"),
        (lambda: precision_recall_fscore_support([0, 1], [0, 1], zero_division=2), "zero_division"),
        (lambda: precision_recall_fscore_support([0, 1], [0, 1], beta=-1), "beta"),
        (lambda: accuracy_score([0, 1], [0, 1], sample_weight=[0, 0]), "not all zero"),
        (lambda: accuracy_score([0, 1], [0, 1], sample_weight=[1]), "sample_weight has 1"),
    ],
)
def test_bad_options_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
