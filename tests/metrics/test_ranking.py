"""ROC, AUC, its error and average precision: identities that hold for all scores, the statistics by simulation, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlprimer import (
    Tensor,
    auc_by_ranks,
    auc_standard_error_hanley_mcneil,
    average_precision_score,
    bootstrap_interval,
    delong_test,
    delong_variance,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)


def pair_counting(labels, scores):
    """AUC by its definition: every positive against every negative, ties half. The oracle."""
    difference = scores[labels == 1][:, None] - scores[labels == 0][None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


@st.composite
def ranked(draw, at_least=1):
    """Labels of both classes, and scores among which ties are common."""
    n_pos, n_neg = draw(st.integers(at_least, 12)), draw(st.integers(at_least, 12))
    score = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, width=32))
    scores = draw(st.lists(score, min_size=n_pos + n_neg, max_size=n_pos + n_neg))
    labels = np.array(draw(st.permutations([1] * n_pos + [0] * n_neg)))
    return labels, np.array(scores)


@given(ranked())
def test_curve_ranks_and_pairs_agree(case):
    labels, scores = case
    expected = pair_counting(labels, scores)
    assert roc_auc_score(labels, scores) == pytest.approx(expected, abs=1e-12)
    assert auc_by_ranks(labels, scores) == pytest.approx(expected, abs=1e-12)


@given(ranked(at_least=2))
def test_only_the_order_of_the_scores_counts(case):
    labels, scores = case
    _, order = np.unique(scores, return_inverse=True)
    stretched = np.exp(order / 3.0) - 7
    assert roc_auc_score(labels, stretched) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert average_precision_score(labels, stretched) == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )
    assert delong_variance(labels, stretched) == pytest.approx(delong_variance(labels, scores), abs=1e-12)


@given(ranked())
def test_turning_scores_or_labels_round_gives_the_complement(case):
    labels, scores = case
    auc = roc_auc_score(labels, scores)
    assert roc_auc_score(labels, -scores) == pytest.approx(1 - auc, abs=1e-12)
    assert roc_auc_score(1 - labels, scores) == pytest.approx(1 - auc, abs=1e-12)


@given(ranked(), st.integers(2, 5))
def test_repeating_the_negatives_changes_nothing(case, times):
    labels, scores = case
    again = np.tile(scores[labels == 0], times - 1)
    more_labels, more_scores = np.r_[labels, np.zeros(len(again), int)], np.r_[scores, again]
    assert roc_auc_score(more_labels, more_scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@given(ranked(), st.data())
def test_a_weight_is_a_repetition(case, data):
    labels, scores = case
    counts = np.array(data.draw(st.lists(st.integers(1, 4), min_size=len(labels), max_size=len(labels))))
    for metric in (roc_auc_score, average_precision_score):
        repeated = metric(np.repeat(labels, counts), np.repeat(scores, counts))
        assert metric(labels, scores, sample_weight=counts) == pytest.approx(repeated, abs=1e-12)


@given(ranked())
def test_curves_rise_fall_and_count_what_they_say(case):
    labels, scores = case
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1) and thresholds[0] == np.inf
    assert (np.diff(fpr) >= 0).all() and (np.diff(tpr) >= 0).all() and (np.diff(thresholds) < 0).all()
    for x, y, threshold in zip(fpr, tpr, thresholds, strict=True):
        called = scores >= threshold
        assert x == pytest.approx(called[labels == 0].mean()) and y == pytest.approx(called[labels == 1].mean())
    precision, recall, cuts = precision_recall_curve(labels, scores)
    assert (precision[-1], recall[-1], recall[0]) == (1, 0, 1) and len(cuts) == len(precision) - 1
    for p, r, threshold in zip(precision, recall, cuts, strict=False):
        called = scores >= threshold
        assert p == pytest.approx(labels[called].mean()) and r == pytest.approx(called[labels == 1].mean())


@given(ranked())
def test_dropped_points_leave_the_area(case):
    labels, scores = case
    short, long = (roc_curve(labels, scores, drop_intermediate=drop) for drop in (True, False))
    assert len(short[0]) <= len(long[0])
    assert np.trapezoid(short[1], short[0]) == pytest.approx(np.trapezoid(long[1], long[0]), abs=1e-12)


def test_known_values():
    assert roc_auc_score([1, 1, 0, 0, 0], [0.9, 0.4, 0.5, 0.4, 0.1]) == pytest.approx(0.75)
    thresholded = roc_auc_score([1, 1, 1, 0, 0], [1, 1, 0, 1, 0])
    assert thresholded == pytest.approx((2 / 3 + 1 / 2) / 2)  # decisions give (TPR + TNR) / 2
    assert roc_auc_score([0, 1, 0, 1], [3.0, 3.0, 3.0, 3.0]) == 0.5
    assert average_precision_score([0, 0, 0, 1], [1.0, 1.0, 1.0, 1.0]) == 0.25


def test_equal_variance_binormal_area():
    rng = np.random.default_rng(43)
    labels = np.arange(200_000) % 2
    for separation, area in ((1, 0.7602), (2, 0.9214), (3, 0.9831)):
        scores = rng.normal(size=len(labels)) + separation * labels
        assert auc_by_ranks(labels, scores) == pytest.approx(area, abs=0.004)


def test_float32_scores_of_one_million_examples_keep_the_area():
    rng = np.random.default_rng(0)
    labels = (rng.random(1_000_000) < 0.5).astype(np.int8)
    scores = (rng.normal(size=len(labels)) + labels).astype(np.float32)
    assert roc_auc_score(labels, scores) == pytest.approx(auc_by_ranks(labels, scores), abs=1e-9)


def test_tensors_booleans_and_integers_are_scores_and_labels_too():
    labels, scores = np.array([False, True, True, False]), Tensor([0.1, 0.9, 0.4, 0.5])
    assert roc_auc_score(labels, scores) == roc_auc_score([0, 1, 1, 0], [1, 4, 2, 3]) == 0.75


# ---- the error of an AUC ----


def naive_delong_variance(labels, scores):
    difference = scores[labels == 1][:, None] - scores[labels == 0][None, :]
    won = (difference > 0) + 0.5 * (difference == 0)
    return won.mean(axis=1).var(ddof=1) / won.shape[0] + won.mean(axis=0).var(ddof=1) / won.shape[1]


@given(ranked(at_least=2))
def test_delong_variance_is_that_of_the_pairs(case):
    assert delong_variance(*case) == pytest.approx(naive_delong_variance(*case), abs=1e-12)


def test_delong_variance_is_the_spread_over_new_samples():
    rng = np.random.default_rng(1)
    labels = np.r_[np.ones(30, int), np.zeros(120, int)]
    areas, variances = [], []
    for _ in range(2000):
        scores = rng.normal(size=150) + 1.2 * labels
        areas.append(auc_by_ranks(labels, scores))
        variances.append(delong_variance(labels, scores))
    assert np.mean(variances) == pytest.approx(np.var(areas), rel=0.1)  # 2,000 samples know a variance to 3 %


def test_delong_variance_is_near_jackknife_and_bootstrap():
    rng = np.random.default_rng(2)
    labels = np.arange(200) % 2
    scores = rng.normal(size=200) + labels
    everyone = np.arange(200)
    left_out = np.array([auc_by_ranks(labels[everyone != i], scores[everyone != i]) for i in everyone])
    jackknife = sum(
        99 / 100 * ((group - group.mean()) ** 2).sum() for group in (left_out[labels == 0], left_out[labels == 1])
    )
    assert delong_variance(labels, scores) == pytest.approx(jackknife, rel=0.02)
    low, high = bootstrap_interval(auc_by_ranks, labels, scores, rng=rng, resamples=2000, stratify=labels)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(delong_variance(labels, scores)), rel=0.1)


def test_hanley_mcneil_error_is_right_for_exponential_scores():
    rng = np.random.default_rng(3)
    labels, n_pos, n_neg, area = np.r_[np.ones(25, int), np.zeros(50, int)], 25, 50, 0.8
    # Exponential scores with means in the ratio r give AUC r / (1 + r).
    scale = np.where(labels == 1, area / (1 - area), 1.0)
    areas = [auc_by_ranks(labels, rng.exponential(scale)) for _ in range(3000)]
    assert auc_standard_error_hanley_mcneil(area, n_pos, n_neg) == pytest.approx(np.std(areas), rel=0.06)


def test_delong_test_rejects_equal_models_one_time_in_twenty():
    rng = np.random.default_rng(4)
    labels = np.arange(200) % 2
    p_values = []
    for _ in range(1000):
        shared = rng.normal(size=200) + labels
        p_values.append(delong_test(labels, *(shared + 0.5 * rng.normal(size=(2, 200)))).p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.021)  # three standard errors
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.03)


def test_delong_test_uses_the_pairing():
    rng = np.random.default_rng(5)
    labels = np.arange(400) % 2
    scores = rng.normal(size=400) + labels
    result = delong_test(labels, scores, scores + 0.3 * rng.normal(size=400))
    unpaired = np.sqrt(2 * delong_variance(labels, scores))
    assert result.standard_error < 0.5 * unpaired
    assert result.auc_a == pytest.approx(auc_by_ranks(labels, scores))
    assert result.z == pytest.approx((result.auc_a - result.auc_b) / result.standard_error)
    turned = delong_test(labels, *(scores, scores + 0.0))
    assert (turned.z, turned.p_value) == (0, 1)
    opposite = delong_test([0, 0, 1, 1], [1, 2, 3, 4], [4, 3, 2, 1])
    assert opposite.z == np.inf and opposite.p_value == 0


def test_bootstrap_repeats_for_a_seed_and_widens_with_the_level():
    labels, scores = np.arange(50) % 2, np.random.default_rng(6).normal(size=50) + np.arange(50) % 2

    def interval(seed, level):
        rng = np.random.default_rng(seed)
        return bootstrap_interval(auc_by_ranks, labels, scores, rng=rng, level=level, resamples=300, stratify=labels)

    assert interval(0, 0.95) == interval(0, 0.95) != interval(1, 0.95)
    assert interval(0, 0.99)[0] < interval(0, 0.5)[0] < interval(0, 0.5)[1] < interval(0, 0.99)[1]


# ---- bad input ----

NAN = float("nan")


@pytest.mark.parametrize(
    "metric", [roc_curve, roc_auc_score, precision_recall_curve, average_precision_score, auc_by_ranks, delong_variance]
)
@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1, 1, 0], [0.1, NAN, 0.3, 0.2], r"scores? contains nan at index \[1\]"),
        ([0, 1, 1, 0], [0.1, np.inf, 0.3, 0.2], r"scores? contains inf"),
        ([0, 1, NAN, 0], [0.1, 0.2, 0.3, 0.4], "contains nan"),
        ([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4], "positive|one class only"),
        ([0, 1, 1], [0.1, 0.2], "different numbers of examples"),
        ([], [], "is empty"),
        ([0, 1, 2, 1], [0.1, 0.2, 0.3, 0.4], "two classes"),
        ([0, 0.5, 1, 1], [0.1, 0.2, 0.3, 0.4], "fraction 0.5"),
        ([[0], [1]], [0.1, 0.2], "shape"),
    ],
)
def test_bad_input_is_named(metric, labels, scores, message):
    with pytest.raises(ValueError, match=message):
        metric(labels, scores)


def test_bad_types_and_options_are_named():
    y, s, p = [0, 1, 2, 1], [0.1, 0.2, 0.3, 0.4], np.full((4, 3), 1 / 3)
    with pytest.raises(TypeError, match="must be numbers, got strings"):
        roc_curve([0, 1], ["a", "b"])
    with pytest.raises(ValueError, match="pos_label"):
        roc_curve(["a", "b"], [0.1, 0.2])
    with pytest.raises(ValueError, match="pos_label='c' is not a label"):
        roc_curve(["a", "b"], [0.1, 0.2], pos_label="c")
    with pytest.raises(ValueError, match="no negative"):
        roc_curve([1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="max_fpr"):
        roc_auc_score([0, 1], [0.1, 0.2], max_fpr=0)
    with pytest.raises(ValueError, match="max_fpr"):
        roc_auc_score(y, p, max_fpr=0.5, multi_class="ovr")
    with pytest.raises(ValueError, match="average must be one of"):
        roc_auc_score([0, 1], [0.1, 0.2], average="mean")
    with pytest.raises(ValueError, match="multi_class"):
        roc_auc_score(y, p)
    with pytest.raises(ValueError, match="ovo"):
        roc_auc_score(y, p, multi_class="ovo", average="micro")
    with pytest.raises(ValueError, match="pairs of classes, y_true has one class only"):
        roc_auc_score([2, 2], p[:2], multi_class="ovo", labels=[0, 1, 2])
    for metric in (roc_auc_score, average_precision_score):
        with pytest.raises(ValueError, match="class 0 has no example"):
            metric(np.zeros((4, 3), int), p, average="weighted")
    with pytest.raises(ValueError, match=r"row 0 adds up to 1.5"):
        roc_auc_score(y, p * 1.5, multi_class="ovr")
    with pytest.raises(ValueError, match="2 columns of scores for 3 classes"):
        roc_auc_score(y, p[:, :2], multi_class="ovr")
    with pytest.raises(ValueError, match="contains 2, which is not one of the classes"):
        roc_auc_score(y, p, multi_class="ovr", labels=[0, 1, 3])
    with pytest.raises(ValueError, match="class 3 has no example"):
        roc_auc_score(y, np.full((4, 4), 0.25), multi_class="ovr", labels=[0, 1, 2, 3])
    with pytest.raises(ValueError, match="sample_weight"):
        roc_auc_score([0, 1], [0.1, 0.2], sample_weight=[-1, 1])
    with pytest.raises(ValueError, match="needs at least 2"):
        delong_variance([0, 1, 1], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="scores_b has 2"):
        delong_test([0, 0, 1, 1], s, s[:2])
    for bad in ((1.2, 5, 5), (0.9, 0, 5), (NAN, 5, 5)):
        with pytest.raises(ValueError):
            auc_standard_error_hanley_mcneil(*bad)
    with pytest.raises(ValueError, match="resamples"):
        bootstrap_interval(np.mean, s, rng=np.random.default_rng(0), resamples=1)
