"""Metrics of scores: how well a ranking separates the classes, over all thresholds at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .arguments import as_array, as_labels, as_scores, as_weights, choose, columns_of, positives, same_length

Array = np.ndarray[Any, Any]


# ---- curves ----


def counts_at_thresholds(is_positive: Array, y_score: Array, weight: Array) -> tuple[Array, Array, Array]:
    """False and true positives when everything scored at or above each distinct score is called positive; scores fall."""
    used = weight > 0
    is_positive, y_score, weight = is_positive[used], y_score[used], weight[used]
    # The order within ties cannot change a count, only the rounding of a sum of weights; for those it is kept.
    order = np.argsort(-y_score, kind=None if (weight == 1).all() else "stable")
    is_positive, y_score, weight = is_positive[order], y_score[order], weight[order]
    last_of_ties = np.append(np.flatnonzero(np.diff(y_score)), len(y_score) - 1)
    true = np.cumsum(is_positive * weight)[last_of_ties]
    false = np.cumsum(~is_positive * weight)[last_of_ties]
    return false, true, y_score[last_of_ties]


def roc_points(
    is_positive: Array, y_score: Array, weight: Array, drop_intermediate: bool
) -> tuple[Array, Array, Array]:
    """False positive rate, true positive rate and threshold of each point of the ROC curve."""
    false, true, thresholds = counts_at_thresholds(is_positive, y_score, weight)
    if false[-1] <= 0 or true[-1] <= 0:
        missing = "positive" if true[-1] <= 0 else "negative"
        raise ValueError(f"y_true has no {missing} example (of weight above zero): the ROC curve needs both classes")
    if drop_intermediate and len(false) > 2:  # a point on the line between its neighbors adds nothing to the curve
        corner = np.r_[True, (np.diff(false, 2) != 0) | (np.diff(true, 2) != 0), True]
        false, true, thresholds = false[corner], true[corner], thresholds[corner]
    infinity = np.array([np.inf], dtype=thresholds.dtype)
    return np.r_[0.0, false] / false[-1], np.r_[0.0, true] / true[-1], np.r_[infinity, thresholds]


def roc_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = True
) -> tuple[Array, Array, Array]:
    """The ROC curve: true positive rate against false positive rate as the threshold falls.

    Args:
        y_true: Labels (N,), 0 and 1 or -1 and 1; for others say `pos_label`.
        y_score: Scores (N,), higher for more positive; probabilities, logits or any other.
        pos_label: The positive class; 1 by default.
        sample_weight: Non-negative weights (N,).
        drop_intermediate: Whether to leave out points between two others on a straight line.

    Returns:
        fpr, tpr, thresholds: three arrays (K,); rates rise from 0 to 1, thresholds fall from infinity, and at each point the
        examples with a score >= threshold are called positive.

    Raises:
        ValueError: Lengths differ, scores are not finite, or there are not two classes. (scikit-learn returns NaN with a
            warning when a class is missing.)

    Example:
        >>> fpr, tpr, thresholds = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> fpr.tolist(), tpr.tolist()
        ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])

    Source: Fawcett, An introduction to ROC analysis, 2006. Explained in question 43.
    """
    is_positive, y_score, weight = binary_input(y_true, y_score, pos_label, sample_weight)
    return roc_points(is_positive, y_score, weight, drop_intermediate)


def precision_recall_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: bool = False
) -> tuple[Array, Array, Array]:
    """Precision against recall as the threshold rises.

    Args:
        y_true: Labels (N,), 0 and 1 or -1 and 1; for others say `pos_label`.
        y_score: Scores (N,), higher for more positive.
        pos_label: The positive class; 1 by default.
        sample_weight: Non-negative weights (N,).
        drop_intermediate: Whether to leave out thresholds at which the recall stays between two others with the same recall.

    Returns:
        precision (K + 1,), recall (K + 1,), thresholds (K,): thresholds rise, recall falls; the last point, precision 1 at
        recall 0, has no threshold.

    Raises:
        ValueError: Lengths differ, scores are not finite, or no example is positive. (scikit-learn warns and sets recall to 1.)

    Example:
        >>> precision, recall, thresholds = precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> precision.round(3).tolist(), recall.tolist()
        ([0.5, 0.667, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0])

    Source: Davis and Goadrich, The relationship between precision-recall and ROC curves, 2006. Explained in question 42.
    """
    is_positive, y_score, weight = binary_input(y_true, y_score, pos_label, sample_weight)
    return precision_recall_points(is_positive, y_score, weight, drop_intermediate)


def precision_recall_points(
    is_positive: Array, y_score: Array, weight: Array, drop_intermediate: bool
) -> tuple[Array, Array, Array]:
    """Precision, recall and threshold of each point of the precision-recall curve."""
    false, true, thresholds = counts_at_thresholds(is_positive, y_score, weight)
    if true[-1] <= 0:
        raise ValueError(
            "y_true has no positive example (of weight above zero): recall is not defined; check pos_label"
        )
    if drop_intermediate and len(false) > 2:
        kept = np.r_[True, (np.diff(true[:-1]) != 0) | (np.diff(true[1:]) != 0), True]
        false, true, thresholds = false[kept], true[kept], thresholds[kept]
    return np.r_[(true / (true + false))[::-1], 1.0], np.r_[(true / true[-1])[::-1], 0.0], thresholds[::-1]


# ---- areas ----


def roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    sample_weight: Any = None,
    max_fpr: float | None = None,
    multi_class: str = "raise",
    labels: Any = None,
) -> Any:
    """Area under the ROC curve: the chance that a random positive scores above a random negative, ties counting half.

    Args:
        y_true: Labels (N,) of two or more classes (of two, the larger is positive), or 0 and 1 per class (N, C).
        y_score: Scores (N,) of the positive class; with more than two classes probabilities (N, C), rows adding up to 1.
        average: "macro" (plain mean over classes), "weighted" (by prevalence; an absent class does not count), "micro" (all
            decisions pooled) or None (one value a class); "micro" and None not for "ovo".
        sample_weight: Non-negative weights (N,); not for "ovo".
        max_fpr: Binary only: the area up to this false positive rate, in (0, 1], rescaled so that chance gives 0.5 and a
            perfect ranking 1 (McClish 1989).
        multi_class: "ovr" compares each class with all others, "ovo" each pair of classes (Hand and Till 2001).
        labels: The classes in the order of the columns; by default those of `y_true`, sorted.

    Returns:
        A float, or an array (C,) with `average=None`. Chance is 0.5 at every prevalence.

    Raises:
        ValueError: Lengths differ, a class is missing, scores are not finite or not probabilities, options do not fit together.

    Example:
        >>> roc_auc_score([0, 0, 0, 1, 1], [0.1, 0.4, 0.5, 0.4, 0.9])
        0.75

    Source: Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982. Explained in question 43.
    """
    target, scores = as_array("y_true", y_true), as_array("y_score", y_score)
    choose("average", average, ("micro", "macro", "weighted", None))
    if max_fpr is not None and not 0 < max_fpr <= 1:
        raise ValueError(f"max_fpr must be above 0 and at most 1, got {max_fpr}")
    if target.ndim == 1 and scores.ndim == 1:
        target = as_labels("y_true", target)
        classes = np.unique(target)
        if len(classes) == 1:
            raise ValueError(
                f"y_true has one class only, {classes[0].item()!r}: ROC-AUC compares examples of two classes"
            )
        return binary_auc(*binary_input(target, scores, classes[-1], sample_weight), max_fpr=max_fpr)
    if max_fpr not in (None, 1):
        raise ValueError(
            f"max_fpr={max_fpr} needs two classes and scores of shape (N,); got scores of shape {scores.shape}"
        )
    scores = as_scores("y_score", scores, ndim=2)
    same_length(y_true=len(target), y_score=len(scores))
    if target.ndim == 2:
        return average_over_classes(binary_auc, indicators(target, scores), scores, average, sample_weight)
    column = columns_of(as_labels("y_true", target), scores, labels)
    is_class = column[:, None] == np.arange(scores.shape[1])
    if choose("multi_class", multi_class, ("raise", "ovr", "ovo")) == "raise":
        raise ValueError(
            'more than two classes: choose multi_class="ovr" (one against the rest) or "ovo" (one against one)'
        )
    off = np.abs(scores.sum(axis=1) - 1)
    if off.max() > 1e-5:
        raise ValueError(
            f"y_score must be probabilities: row {off.argmax()} adds up to {scores[off.argmax()].sum():.6g}, not 1"
        )
    if multi_class == "ovr":
        return average_over_classes(binary_auc, is_class, scores, average, sample_weight)
    if average not in ("macro", "weighted") or sample_weight is not None:
        raise ValueError('multi_class="ovo" knows average="macro" and "weighted" and no sample_weight')
    return one_against_one(column, scores, weighted=average == "weighted")


def binary_auc(is_positive: Array, y_score: Array, weight: Array, max_fpr: float | None = None) -> float:
    """Area under the ROC curve by the trapezoid rule, of the whole or of its left part."""
    fpr, tpr, _ = roc_points(is_positive, y_score, weight, drop_intermediate=True)
    if max_fpr is None or max_fpr == 1:
        return float(np.trapezoid(tpr, fpr))
    stop = np.searchsorted(fpr, max_fpr, side="right")
    tpr = np.r_[tpr[:stop], np.interp(max_fpr, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1])]
    area = np.trapezoid(tpr, np.r_[fpr[:stop], max_fpr])
    of_chance = max_fpr**2 / 2
    return float((1 + (area - of_chance) / (max_fpr - of_chance)) / 2)


def average_over_classes(metric: Any, is_class: Array, scores: Array, average: str | None, sample_weight: Any) -> Any:
    """A binary metric for each class against the rest, and the mean over classes."""
    weight, n_classes = as_weights(sample_weight, len(scores)), scores.shape[1]
    if average == "micro":
        return metric(is_class.ravel(), scores.ravel(), np.repeat(weight, n_classes))
    prevalence = weight @ is_class
    if not (prevalence.any() if average == "weighted" else prevalence.all()):
        raise ValueError(
            f"class {int(prevalence.argmin())} has no example in y_true: its score is not defined; leave the class out"
        )
    present = np.flatnonzero(prevalence)
    values = np.array([metric(is_class[:, c], scores[:, c], weight) for c in present])
    if average is None:
        return values
    return float(np.average(values, weights=prevalence[present] if average == "weighted" else None))


def one_against_one(target: Array, scores: Array, weighted: bool) -> float:
    """Mean AUC over the pairs of classes, each the mean of its two directions (Hand and Till 2001)."""
    classes = np.unique(target)
    if len(classes) < 2:
        raise ValueError(f'multi_class="ovo" compares pairs of classes, y_true has one class only, number {classes[0]} of the columns')
    values, shares = [], []
    for a, b in itertools.combinations(classes, 2):
        pair = (target == a) | (target == b)
        ones = np.ones(pair.sum())
        directions = [binary_auc(target[pair] == c, scores[pair, c], ones) for c in (a, b)]
        values.append(sum(directions) / 2)
        shares.append(pair.mean())
    return float(np.average(values, weights=shares if weighted else None))


def average_precision_score(
    y_true: Any, y_score: Any, *, average: str | None = "macro", pos_label: Any = 1, sample_weight: Any = None
) -> Any:
    """Average precision: the mean of the precisions at each step of the recall, a sum without interpolation.

    Args:
        y_true: Labels (N,) of two or more classes, or 0 and 1 per class (N, C).
        y_score: Scores (N,) of the positive class, or (N, C).
        average: "macro", "weighted", "micro" or None, over classes when scores are (N, C).
        pos_label: The positive class of a binary problem.
        sample_weight: Non-negative weights (N,).

    Returns:
        A float in [0, 1], or an array (C,) with `average=None`. Chance gives the share of positives.

    Raises:
        ValueError: Lengths differ, scores are not finite, or a class has no example.

    Example:
        >>> average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        0.8333333333333333

    Source: Davis and Goadrich, The relationship between precision-recall and ROC curves, 2006. Explained in question 42.
    """
    target, scores = as_array("y_true", y_true), as_array("y_score", y_score)
    choose("average", average, ("micro", "macro", "weighted", None))
    if target.ndim == 1 and scores.ndim == 1:
        return step_area(*binary_input(target, scores, pos_label, sample_weight))
    scores = as_scores("y_score", scores, ndim=2)
    same_length(y_true=len(target), y_score=len(scores))
    if target.ndim == 2:
        is_class = indicators(target, scores)
    else:
        column = columns_of(as_labels("y_true", target), scores, None)
        is_class = column[:, None] == np.arange(scores.shape[1])
    return average_over_classes(step_area, is_class, scores, average, sample_weight)


def step_area(is_positive: Array, y_score: Array, weight: Array) -> float:
    """Sum of precision times the gain in recall."""
    precision, recall, _ = precision_recall_points(is_positive, y_score, weight, drop_intermediate=False)
    return float(-np.sum(np.diff(recall) * precision[:-1]))


# ---- AUC as a statistic ----


def midranks(values: Array) -> Array:
    """Ranks from 1; equal values share the mean of the ranks they take up."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[group]
    return ranks


def auc_by_ranks(labels: Any, scores: Any) -> float:
    """ROC-AUC from the ranks of the positives alone: the Mann-Whitney U statistic over the number of pairs.

    With mid-ranks r for ties, AUC = (sum of the positives' r - n_pos (n_pos + 1) / 2) / (n_pos n_neg).

    Args:
        labels: Labels (N,), 0 and 1 or -1 and 1.
        scores: Scores (N,), higher for more positive.

    Returns:
        A float in [0, 1].

    Raises:
        ValueError: Lengths differ, scores are not finite, or a class is missing.

    Example:
        >>> auc_by_ranks([1, 1, 0, 0, 0], [0.9, 0.4, 0.5, 0.4, 0.1])
        0.75

    Source: Hanley and McNeil, 1982; Mann and Whitney, 1947. Explained in question 43.
    """
    is_positive, values = two_classes(labels, scores)
    n_pos, n_neg = int(is_positive.sum()), int((~is_positive).sum())
    return float((midranks(values)[is_positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def auc_standard_error_hanley_mcneil(auc: float, n_pos: int, n_neg: int) -> float:
    """Standard error of an AUC from its value and the class counts alone, scores taken as exponentially distributed.

    Args:
        auc: The area, in [0, 1].
        n_pos: Number of positives, at least 1.
        n_neg: Number of negatives, at least 1.

    Returns:
        The standard error, in the AUC's own units.

    Raises:
        ValueError: A value is out of range.

    Example:
        >>> round(auc_standard_error_hanley_mcneil(0.92, 20, 1980), 4)
        0.042

    Source: Hanley and McNeil, 1982. Explained in question 43.
    """
    if not 0 <= auc <= 1:
        raise ValueError(f"auc must be between 0 and 1, got {auc}")
    if n_pos < 1 or n_neg < 1:
        raise ValueError(f"both classes need an example, got n_pos={n_pos} and n_neg={n_neg}")
    q_pos = auc / (2 - auc)  # the chance that two random positives both score above one negative
    q_neg = 2 * auc**2 / (1 + auc)  # the chance that one random positive scores above two negatives
    variance = auc * (1 - auc) + (n_pos - 1) * (q_pos - auc**2) + (n_neg - 1) * (q_neg - auc**2)
    return math.sqrt(max(variance, 0.0) / (n_pos * n_neg))


def placements(is_positive: Array, scores: Array) -> tuple[Array, Array]:
    """For each positive the share of negatives below it, for each negative the share of positives above it; ties half."""
    n_pos, n_neg = is_positive.sum(), (~is_positive).sum()
    ranks = midranks(scores)
    of_positives = (ranks[is_positive] - midranks(scores[is_positive])) / n_neg
    of_negatives = 1 - (ranks[~is_positive] - midranks(scores[~is_positive])) / n_pos
    return of_positives, of_negatives


def delong_variance(labels: Any, scores: Any) -> float:
    """Variance of an AUC without assumptions on the scores, in O(N log N) by mid-ranks.

    Args:
        labels: Labels (N,), 0 and 1 or -1 and 1, at least two of each.
        scores: Scores (N,), higher for more positive.

    Returns:
        The variance; its square root is the standard error of the AUC.

    Raises:
        ValueError: Lengths differ, scores are not finite, or a class has fewer than two examples.

    Example:
        >>> round(delong_variance([1, 1, 0, 0, 0], [0.9, 0.4, 0.5, 0.4, 0.1]), 4)
        0.0833

    Source: DeLong, DeLong and Clarke-Pearson, 1988; Sun and Xu, 2014. Explained in question 43.
    """
    of_positives, of_negatives = placements(*two_classes(labels, scores, at_least=2))
    return float(of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives))


class DeLongTest(NamedTuple):
    """The result of `delong_test`: two areas, the standard error of their difference, z and the two-sided p-value.

    Example:
        >>> DeLongTest(auc_a=0.9, auc_b=0.8, standard_error=0.05, z=2.0, p_value=0.0455).z
        2.0

    Explained in question 43.
    """

    auc_a: float
    auc_b: float
    standard_error: float
    z: float
    p_value: float


def delong_test(labels: Any, scores_a: Any, scores_b: Any) -> DeLongTest:
    """Are the AUCs of two models on the same examples different? The paired test, which uses their correlation.

    Args:
        labels: Labels (N,), 0 and 1 or -1 and 1, at least two of each.
        scores_a: Scores (N,) of one model.
        scores_b: Scores (N,) of the other, for the same examples in the same order.

    Returns:
        A `DeLongTest`: auc_a, auc_b, standard_error (of auc_a - auc_b), z and p_value (two-sided, normal). Models that rank
        alike give z = 0 and p = 1.

    Raises:
        ValueError: Lengths differ, scores are not finite, or a class has fewer than two examples.

    Example:
        >>> result = delong_test([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.4, 0.5, 0.3, 0.2], [0.9, 0.3, 0.4, 0.5, 0.6, 0.2])
        >>> round(result.auc_a, 3), round(result.auc_b, 3), round(result.p_value, 2)
        (0.889, 0.556, 0.22)

    Source: DeLong, DeLong and Clarke-Pearson, 1988; Sun and Xu, 2014. Explained in question 43.
    """
    is_positive, a = two_classes(labels, scores_a, at_least=2, name="scores_a")
    _, b = two_classes(labels, scores_b, at_least=2, name="scores_b")
    (positives_a, negatives_a), (positives_b, negatives_b) = placements(is_positive, a), placements(is_positive, b)
    auc_a, auc_b = float(positives_a.mean()), float(positives_b.mean())
    n_pos, n_neg = len(positives_a), len(negatives_a)
    # The variance of the differences holds the covariance of the two models.
    variance = (positives_a - positives_b).var(ddof=1) / n_pos + (negatives_a - negatives_b).var(ddof=1) / n_neg
    error, difference = math.sqrt(variance), auc_a - auc_b
    if abs(difference) < 1e-12:
        z = 0.0
    else:
        z = difference / error if error > 0 else math.copysign(math.inf, difference)
    return DeLongTest(auc_a, auc_b, error, z, math.erfc(abs(z) / math.sqrt(2)))


def bootstrap_interval(
    metric: Callable[..., float],
    *arrays: Any,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1000,
    stratify: Any = None,
) -> tuple[float, float]:
    """Percentile bootstrap interval of a metric: what it gives when the examples are drawn again with replacement.

    Args:
        metric: A function of the arrays that returns a number, such as `roc_auc_score`.
        *arrays: Arrays whose first axis is the N examples; resampled together, so that rows stay paired.
        rng: Source of the draws.
        level: Coverage of the interval, between 0 and 1.
        resamples: Number of draws, at least 2.
        stratify: Labels (N,): draw within each class, so that class counts stay as they are. For AUC use it.

    Returns:
        low, high.

    Raises:
        ValueError: No arrays, different lengths, or an option out of range.

    Example:
        >>> labels, scores = np.arange(40) % 2, np.arange(40.0) % 7 + np.arange(40) % 2
        >>> low, high = bootstrap_interval(auc_by_ranks, labels, scores, rng=np.random.default_rng(0), stratify=labels)
        >>> bool(low < auc_by_ranks(labels, scores) < high)
        True

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993. Explained in question 43.
    """
    if not arrays or not 0 < level < 1 or resamples < 2:
        raise ValueError(
            f"expected an array or more, 0 < level < 1, resamples >= 2; got {len(arrays)}, {level}, {resamples}"
        )
    columns = [as_array(f"array {i}", array) for i, array in enumerate(arrays)]
    n = len(columns[0])
    strata = np.zeros(n, dtype=np.int64) if stratify is None else as_labels("stratify", stratify)
    same_length(**{f"array {i}": len(column) for i, column in enumerate(columns)}, stratify=len(strata))
    groups = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    values = np.empty(resamples)
    for i in range(resamples):
        rows = np.concatenate([group[rng.integers(len(group), size=len(group))] for group in groups])
        values[i] = metric(*(column[rows] for column in columns))
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


# ---- what came in ----


def binary_input(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any) -> tuple[Array, Array, Array]:
    """Which examples are positive, their scores and their weights, each (N,)."""
    target, scores = as_labels("y_true", y_true), as_scores("y_score", y_score)
    same_length(y_true=len(target), y_score=len(scores))
    return positives(target, pos_label), scores, as_weights(sample_weight, len(target))


def two_classes(labels: Any, scores: Any, at_least: int = 1, name: str = "scores") -> tuple[Array, Array]:
    """Which examples are positive, and the scores; both classes must have enough examples."""
    target, values = as_labels("labels", labels), as_scores(name, scores)
    same_length(**{"labels": len(target), name: len(values)})
    is_positive = positives(target)
    n_pos, n_neg = int(is_positive.sum()), int((~is_positive).sum())
    if min(n_pos, n_neg) < at_least:
        raise ValueError(
            f"labels has {n_pos} positive and {n_neg} negative examples: each class needs at least {at_least}"
        )
    return is_positive, values


def indicators(target: Array, scores: Array) -> Array:
    """Truth values (N, C) of a target given as 0 and 1 per class."""
    if target.shape != scores.shape:
        raise ValueError(f"y_true of shape {target.shape} does not fit y_score of shape {scores.shape}")
    if not np.isin(target, (0, 1)).all():
        raise ValueError("y_true of shape (N, C) must hold 0 and 1 only; give class labels as shape (N,)")
    return target.astype(bool)
