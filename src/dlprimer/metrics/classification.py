"""Metrics of decisions and of probabilities: what a classifier gets right, and how sure it was."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .arguments import as_array, as_labels, as_scores, as_weights, choose, columns_of, positives, same_kind, same_length

Array = np.ndarray[Any, Any]


# ---- counts ----


def confusion_matrix(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, normalize: str | None = None
) -> Array:
    """How often each true class was taken for each class: rows are true, columns predicted.

    Args:
        y_true: True labels (N,), numbers or strings.
        y_pred: Predicted labels (N,).
        labels: The classes in the order of rows and columns (C,); by default all that occur, sorted. Examples with a label
            outside are left out, as in scikit-learn.
        sample_weight: Non-negative weights (N,).
        normalize: None for counts, "true" for rows adding up to 1, "pred" for columns, "all" for the whole; empty ones are 0.

    Returns:
        Matrix (C, C): int64 counts, float64 with weights or `normalize`.

    Raises:
        ValueError: Lengths differ, labels are fractions or NaN, or none of `labels` occurs in `y_true`.

    Example:
        >>> confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]).tolist()
        [[1, 1], [1, 2]]

    Explained in question 41.
    """
    true, predicted, weight = decisions(y_true, y_pred, sample_weight)
    choose("normalize", normalize, (None, "true", "pred", "all"))
    classes = all_classes(true, predicted) if labels is None else as_labels("labels", labels)
    if labels is not None and not np.isin(classes, true).any():
        raise ValueError(f"none of labels {classes.tolist()} occurs in y_true")
    if len(np.unique(classes)) < len(classes):
        raise ValueError(f"labels must not repeat a class, got {classes.tolist()}")
    known = np.isin(true, classes) & np.isin(predicted, classes)
    row, column = positions(true[known], classes), positions(predicted[known], classes)
    n = len(classes)
    matrix = np.bincount(row * n + column, weights=weight[known], minlength=n * n).astype(np.float64).reshape(n, n)
    if normalize is not None:
        total = matrix.sum(axis={"true": 1, "pred": 0, "all": None}[normalize], keepdims=True)
        matrix = np.divide(matrix, total, out=np.zeros_like(matrix), where=total > 0)
    return matrix.astype(np.int64) if sample_weight is None and normalize is None else matrix


def accuracy_score(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """Share of the examples whose predicted label is the true one.

    Args:
        y_true: True labels (N,).
        y_pred: Predicted labels (N,).
        normalize: False gives the number (or weight) of right predictions instead.
        sample_weight: Non-negative weights (N,).

    Returns:
        A float in [0, 1], or up to N without `normalize`.

    Raises:
        ValueError: Lengths differ, or labels are fractions or NaN.

    Example:
        >>> accuracy_score(["cat", "dog", "dog", "cat"], ["cat", "dog", "cat", "cat"])
        0.75

    Explained in question 40.
    """
    true, predicted, weight = decisions(y_true, y_pred, sample_weight)
    return share(true == predicted, weight, normalize)


def balanced_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False) -> float:
    """Mean over the classes of the recall: accuracy as if every class were equally frequent.

    Args:
        y_true: True labels (N,).
        y_pred: Predicted labels (N,).
        sample_weight: Non-negative weights (N,).
        adjusted: Whether to rescale so that guessing gives 0 and perfection 1.

    Returns:
        A float in [0, 1]; guessing gives one over the number of classes.

    Raises:
        ValueError: Lengths differ, labels are fractions or NaN, or `adjusted` with one class only.

    Example:
        >>> balanced_accuracy_score([0, 0, 0, 1], [0, 0, 0, 0])
        0.5

    Source: Brodersen et al., The balanced accuracy and its posterior distribution, 2010. Explained in question 40.
    """
    true, predicted, weight = decisions(y_true, y_pred, sample_weight)
    classes = np.unique(true)
    which = positions(true, classes)
    of_class = np.bincount(which, weights=weight)
    right = np.bincount(which, weights=weight * (true == predicted))
    recall = right[of_class > 0] / of_class[of_class > 0]
    if not adjusted:
        return float(recall.mean())
    if len(recall) < 2:
        raise ValueError(f"adjusted balanced accuracy needs two classes in y_true, got {classes.tolist()}")
    chance = 1 / len(recall)
    return float((recall.mean() - chance) / (1 - chance))


def top_k_accuracy_score(
    y_true: Any, y_score: Any, *, k: int = 2, normalize: bool = True, sample_weight: Any = None, labels: Any = None
) -> float:
    """Share of the examples whose true class is among the k that scored highest.

    Args:
        y_true: True labels (N,).
        y_score: Scores (N, C), a column a class in sorted order; or (N,) for the larger of two classes, predicted above 0.5
            if all scores lie in [0, 1], above 0 otherwise.
        k: How many classes count, at least 1.
        normalize: False gives the number (or weight) of hits instead.
        sample_weight: Non-negative weights (N,).
        labels: The classes of the columns (C,), sorted; by default those of `y_true`.

    Returns:
        A float in [0, 1]. Of equal scores the later column counts as higher, as in scikit-learn.

    Warns:
        UserWarning: `k` is no smaller than the number of classes: every prediction counts as right.

    Raises:
        ValueError: Shapes do not fit, a label has no column, or scores are not finite.

    Example:
        >>> top_k_accuracy_score([0, 1, 2], [[0.5, 0.2, 0.3], [0.5, 0.4, 0.1], [0.5, 0.4, 0.1]], k=2)
        0.6666666666666666

    Source: Russakovsky et al., ImageNet large scale visual recognition challenge, 2015. Explained in question 40.
    """
    if not (isinstance(k, (int, np.integer)) and k >= 1):
        raise ValueError(f"k must be a whole number from 1, got {k!r}")
    true, scores = as_labels("y_true", y_true), as_array("y_score", y_score)
    scores = as_scores("y_score", scores, ndim=scores.ndim if scores.ndim in (1, 2) else 2)
    same_length(y_true=len(true), y_score=len(scores))
    weight = as_weights(sample_weight, len(true))
    if scores.ndim == 1:
        classes = np.unique(true) if labels is None else as_labels("labels", labels)
        if len(classes) != 2:
            raise ValueError(
                f"y_score of shape (N,) is for two classes, got {len(classes)}: give one column a class, or name both by labels"
            )
        warn_if_all_count(k, 2)
        above = scores > (0.5 if scores.min() >= 0 and scores.max() <= 1 else 0)
        hit = (true == classes[-1]) == above if k == 1 else np.ones(len(true), dtype=bool)
        return share(hit, weight, normalize)
    column = columns_of(true, scores, labels)
    warn_if_all_count(k, scores.shape[1])
    ranking = np.argsort(scores, axis=1, kind="stable")[:, ::-1]
    return share((ranking[:, :k] == column[:, None]).any(axis=1), weight, normalize)


def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float = 1.0,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = None,
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F score and number of true examples, for each class or averaged.

    Precision is the share of right ones among those called positive, recall the share found among the positive, F their
    harmonic mean with recall counting beta times as much.

    Args:
        y_true: True labels (N,).
        y_pred: Predicted labels (N,).
        beta: Weight of recall against precision, at least 0.
        labels: The classes to report, in this order (C,); by default all that occur, sorted.
        pos_label: The class reported with `average="binary"`.
        average: None (one value a class), "binary" (that of `pos_label`), "macro" (plain mean over classes), "weighted" (by
            support) or "micro" (all decisions pooled).
        sample_weight: Non-negative weights (N,).
        zero_division: What 0/0 gives: 0, 1, NaN (left out of averages), or "warn": 0 and a warning.

    Returns:
        precision, recall, fscore, support: arrays (C,), or with `average` three floats and None.

    Raises:
        ValueError: Lengths differ, labels are fractions or NaN, or options do not fit the labels.

    Example:
        >>> precision, recall, fscore, _ = precision_recall_fscore_support([1, 1, 1, 0, 0], [1, 1, 0, 1, 0], average="binary")
        >>> round(precision, 3), round(recall, 3), round(fscore, 3)
        (0.667, 0.667, 0.667)

    Source: van Rijsbergen, Information Retrieval, 1979. Explained in question 42.
    """
    true, predicted, weight = decisions(y_true, y_pred, sample_weight)
    choose("average", average, (None, "binary", "macro", "weighted", "micro"))
    if not (
        np.isscalar(zero_division) and (zero_division == "warn" or zero_division in (0, 1) or np.isnan(zero_division))
    ):
        raise ValueError(f'zero_division must be 0, 1, NaN or "warn", got {zero_division!r}')
    if not beta >= 0:
        raise ValueError(f"beta must not be negative, got {beta}")
    present = all_classes(true, predicted)
    wanted = present if labels is None else as_labels("labels", labels)
    if average == "binary":
        wanted = np.array([positive_class(present, pos_label)])
    classes = np.union1d(present, wanted)
    row, column, n = positions(true, classes), positions(predicted, classes), len(classes)
    right = np.bincount(row, weights=weight * (row == column), minlength=n)
    called = np.bincount(column, weights=weight, minlength=n)
    support = np.bincount(row, weights=weight, minlength=n)
    right, called, support = (counts[positions(wanted, classes)] for counts in (right, called, support))
    if average == "micro":
        right, called, support = (counts.sum(keepdims=True) for counts in (right, called, support))
    precision = ratio(right, called, "precision", "predicted", zero_division)
    recall = ratio(right, support, "recall", "true", zero_division)
    if np.isinf(beta):
        fscore = recall
    else:
        fscore = ratio((1 + beta**2) * right, beta**2 * support + called, "F score", "true or predicted", zero_division)
    if average is None:
        return precision, recall, fscore, support if sample_weight is not None else support.astype(np.int64)
    shares = support if average == "weighted" else np.ones(len(precision))
    return mean_of_known(precision, shares), mean_of_known(recall, shares), mean_of_known(fscore, shares), None


def matthews_corrcoef(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Correlation between true and predicted classes: high only if every class is both found and not overcalled.

    Args:
        y_true: True labels (N,) of any number of classes.
        y_pred: Predicted labels (N,).
        sample_weight: Non-negative weights (N,).

    Returns:
        A float in [-1, 1]; 0 for guessing, and when either side holds one class only.

    Raises:
        ValueError: Lengths differ, or labels are fractions or NaN.

    Example:
        >>> round(matthews_corrcoef([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 1]), 3)
        0.333

    Source: Matthews, 1975; Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, 2004.
    Explained in question 40.
    """
    matrix = confusion_matrix(y_true, y_pred, sample_weight=sample_weight).astype(np.float64)
    true, predicted, n = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    covariance = np.trace(matrix) * n - true @ predicted
    spread = (n**2 - true @ true) * (n**2 - predicted @ predicted)
    return float(covariance / np.sqrt(spread)) if spread > 0 else 0.0


def cohen_kappa_score(
    y1: Any, y2: Any, *, labels: Any = None, weights: str | None = None, sample_weight: Any = None
) -> float:
    """Agreement of two labelings beyond what their class frequencies alone would give.

    Args:
        y1: Labels (N,).
        y2: Labels (N,) of the same examples.
        labels: The classes that count, in order (C,); by default all that occur, sorted.
        weights: How disagreement counts: None (all alike), "linear" or "quadratic" in the distance of the classes' places.
        sample_weight: Non-negative weights (N,).

    Returns:
        A float up to 1; 0 for chance agreement.

    Raises:
        ValueError: Lengths differ, labels are fractions or NaN, or there is one class only, where kappa is 0/0.

    Example:
        >>> cohen_kappa_score([0, 0, 1, 1], [0, 0, 1, 0])
        0.5

    Source: Cohen, A coefficient of agreement for nominal scales, 1960. Explained in question 40.
    """
    choose("weights", weights, (None, "linear", "quadratic"))
    matrix = confusion_matrix(y1, y2, labels=labels, sample_weight=sample_weight).astype(np.float64)
    expected = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / matrix.sum()
    distance = np.abs(np.subtract.outer(np.arange(len(matrix)), np.arange(len(matrix))))
    penalty = {None: distance > 0, "linear": distance, "quadratic": distance**2}[weights]
    by_chance = float((penalty * expected).sum())
    if by_chance == 0:
        raise ValueError("kappa is not defined: both labelings hold one and the same class only")
    return 1 - float((penalty * matrix).sum()) / by_chance


# ---- probabilities ----


def log_loss(
    y_true: Any, y_proba: Any, *, normalize: bool = True, sample_weight: Any = None, labels: Any = None
) -> float:
    """Mean over the examples of minus the log of the probability given to the true class.

    Args:
        y_true: True labels (N,).
        y_proba: Probabilities (N, C), a column a class in sorted order and rows adding up to 1, or (N,) of the larger of two
            classes. Clipped to [eps, 1 - eps] of their dtype, so that a certain mistake costs much but not infinity.
        normalize: False gives the sum instead of the mean.
        sample_weight: Non-negative weights (N,).
        labels: The classes of the columns (C,), sorted; by default those of `y_true`.

    Returns:
        A float from 0, in nats.

    Raises:
        ValueError: Shapes do not fit, probabilities are not, or `y_true` holds one class and `labels` is not given.

    Example:
        >>> round(log_loss([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]), 4)
        0.2162

    Explained in question 24.
    """
    true, probabilities, column, weight = forecasts(y_true, y_proba, sample_weight, labels)
    eps = np.finfo(probabilities.dtype).eps
    likelihood = np.clip(probabilities[np.arange(len(true)), column], eps, 1 - eps)
    return share(-np.log(likelihood.astype(np.float64)), weight, normalize)


def brier_score_loss(
    y_true: Any,
    y_proba: Any,
    *,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    scale_by_half: bool | str = "auto",
) -> float:
    """Mean squared difference between the probabilities and what happened.

    Args:
        y_true: True labels (N,); with `y_proba` of shape (N,) two classes.
        y_proba: Probabilities (N,) of the positive class, or (N, C), rows adding up to 1.
        sample_weight: Non-negative weights (N,).
        pos_label: The positive class for (N,); by default 1, and the larger of two numbers other than 0 and 1 or -1 and 1.
        labels: The classes of the columns (C,), sorted; by default those of `y_true`.
        scale_by_half: Whether to halve the sum over the classes, which puts the score into [0, 1]; "auto" halves for two
            classes only.

    Returns:
        A float in [0, 1], or [0, 2] when not halved. A forecast of 0.5 for each of two classes gives 0.25.

    Raises:
        ValueError: Shapes do not fit, or probabilities are not.

    Example:
        >>> round(brier_score_loss([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 4)
        0.0375

    Source: Brier, Verification of forecasts expressed in terms of probability, 1950. Explained in question 44.
    """
    if scale_by_half not in (True, False, "auto"):
        raise ValueError(f'scale_by_half must be True, False or "auto", got {scale_by_half!r}')
    if np.ndim(as_array("y_proba", y_proba)) == 1:
        true, probability = as_labels("y_true", y_true), as_scores("y_proba", y_proba)
        same_length(y_true=len(true), y_proba=len(probability))
        in_unit_interval(probability)
        squares = 2 * (probability.astype(np.float64) - positives(true, pos_label, or_larger=True)) ** 2
        weight, n_classes = as_weights(sample_weight, len(true)), 2
    else:
        true, probabilities, column, weight = forecasts(y_true, y_proba, sample_weight, labels)
        n_classes = probabilities.shape[1]
        squares = ((probabilities.astype(np.float64) - np.eye(n_classes)[column]) ** 2).sum(axis=1)
    halved = n_classes == 2 if scale_by_half == "auto" else scale_by_half
    return share(squares, weight, True) * (0.5 if halved else 1.0)


# ---- steps ----


def decisions(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Array, Array, Array]:
    """True labels, predicted labels and weights, each (N,)."""
    true, predicted = as_labels("y_true", y_true), as_labels("y_pred", y_pred)
    same_length(y_true=len(true), y_pred=len(predicted))
    same_kind("y_true", true, "y_pred", predicted)
    return true, predicted, as_weights(sample_weight, len(true))


def all_classes(true: Array, predicted: Array) -> Array:
    """The classes that occur, sorted."""
    return np.union1d(true, predicted)


def positions(labels: Array, classes: Array) -> Array:
    """The place of each label in the classes, which need not be sorted."""
    order = np.argsort(classes)
    return order[np.searchsorted(classes, labels, sorter=order)]


def share(values: Array, weight: Array, normalize: bool) -> float:
    """The weighted mean of the values, or their weighted sum."""
    total = float(values @ weight)
    return total / float(weight.sum()) if normalize else total


def warn_if_all_count(k: int, n_classes: int) -> None:
    """Say that a top-k accuracy says nothing."""
    if k >= n_classes:
        warnings.warn(f"k={k} is no smaller than the number of classes, {n_classes}: every prediction counts as right", stacklevel=3)


def positive_class(present: Array, pos_label: Any) -> Any:
    """The class that `average="binary"` reports."""
    if len(present) > 2:
        raise ValueError(
            f'average="binary" is for two classes, got {len(present)}: choose "macro", "weighted", "micro" or None'
        )
    if pos_label not in present.tolist() and len(present) == 2:
        raise ValueError(f"pos_label={pos_label!r} is not among the labels {present.tolist()}")
    return pos_label


def ratio(numerator: Array, denominator: Array, name: str, kind: str, zero_division: Any) -> Array:
    """Numerator over denominator; where that is 0, what `zero_division` says."""
    empty = denominator == 0
    if empty.any() and zero_division == "warn":
        warnings.warn(
            f"{name} is 0/0 and set to 0 for a class without {kind} examples; see zero_division", stacklevel=3
        )
    filler = 0.0 if zero_division == "warn" else float(zero_division)
    quotient: Array = np.divide(numerator, denominator, out=np.full(len(numerator), filler), where=~empty)
    return quotient


def mean_of_known(values: Array, weight: Array) -> float:
    """Weighted mean of the values that are not NaN; their plain mean if the weights are all zero."""
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    values, weight = values[known], weight[known]
    return float(values @ weight / weight.sum()) if weight.any() else float(values.mean())


def in_unit_interval(probabilities: Array) -> None:
    """Raise unless all values lie between 0 and 1."""
    if probabilities.min() < 0 or probabilities.max() > 1:
        bad = probabilities.min() if probabilities.min() < 0 else probabilities.max()
        raise ValueError(f"probabilities must lie between 0 and 1, got {bad}; apply softmax or sigmoid to logits first")


def forecasts(y_true: Any, y_proba: Any, sample_weight: Any, labels: Any) -> tuple[Array, Array, Array, Array]:
    """True labels (N,), probabilities (N, C), the column of each true label (N,) and weights (N,)."""
    true, probabilities = as_labels("y_true", y_true), as_array("y_proba", y_proba)
    probabilities = as_scores("y_proba", probabilities, ndim=1 if probabilities.ndim == 1 else 2)
    same_length(y_true=len(true), y_proba=len(probabilities))
    in_unit_interval(probabilities)
    if labels is None and len(np.unique(true)) == 1:
        raise ValueError(f"y_true holds one class only, {true[0].item()!r}: name all classes by labels")
    if probabilities.ndim == 1 or probabilities.shape[1] == 1:
        probabilities = probabilities.reshape(-1, 1)
        probabilities = np.concatenate([1 - probabilities, probabilities], axis=1)
    off = np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1)
    if off.max() > np.sqrt(np.finfo(probabilities.dtype).eps):
        row = int(off.argmax())
        raise ValueError(
            f"row {row} of the probabilities adds up to {probabilities[row].sum():.6g}, not 1; apply softmax first"
        )
    return true, probabilities, columns_of(true, probabilities, labels), as_weights(sample_weight, len(true))
