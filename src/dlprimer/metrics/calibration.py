"""Calibration: whether what is predicted with probability p happens in a share p of the cases, and one number that repairs much of it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .arguments import as_array, as_labels, as_scores, choose, positives
from .classification import forecasts, in_unit_interval

Array = np.ndarray[Any, Any]


def calibration_curve(
    y_true: Any, y_prob: Any, *, pos_label: Any = None, n_bins: int = 5, strategy: str = "uniform"
) -> tuple[Array, Array]:
    """The reliability diagram: in each bin of predicted probability, how often it happened and what was predicted on average.

    Args:
        y_true: Labels (N,) of two classes, 0 and 1 or -1 and 1; for others say `pos_label`. Any shape, such as maps (N, H, W).
        y_prob: Probabilities of the positive class, same shape.
        pos_label: The positive class; 1 by default.
        n_bins: Number of bins, at least 1. A value on the border of two belongs to the lower one.
        strategy: "uniform" for bins of equal width on [0, 1], "quantile" for about as many examples in each.

    Returns:
        prob_true, prob_pred: two arrays (K,), K <= n_bins: empty bins are left out. Calibrated means equal.

    Raises:
        ValueError: Shapes differ, probabilities are not, there are more than two classes, or an option is out of range.

    Example:
        >>> prob_true, prob_pred = calibration_curve([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.8, 0.9, 0.7, 1.0], n_bins=2)
        >>> prob_true.tolist(), prob_pred.round(3).tolist()
        ([0.0, 0.75], [0.15, 0.85])

    Source: Niculescu-Mizil and Caruana, Predicting good probabilities with supervised learning, 2005. Explained in question 44.
    """
    true, probability = flat_binary(y_true, y_prob)
    happened = positives(true, pos_label)
    counts, sum_true, sum_predicted = sums_in_bins(happened, probability, n_bins, strategy)
    filled = counts > 0
    return sum_true[filled] / counts[filled], sum_predicted[filled] / counts[filled]


def expected_calibration_error(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    labels: Any = None,
    n_bins: int = 15,
    strategy: str = "uniform",
) -> float:
    """Mean gap between confidence and accuracy: over bins of confidence, weighted by the examples in them.

    With probabilities of several classes, confidence is the largest of them and accuracy how often its class is the true
    one (top-label calibration; of equal ones the first counts). With probabilities of one class, they are compared with its frequency.
    The error is biased upwards: a perfectly calibrated forecast has a positive one on few examples.

    Args:
        y_true: Labels (N,), or a batch of label maps (N, d1, ...).
        y_prob: Probabilities (N, C) or (N, C, d1, ...), adding up to 1 over the classes; or the shape of `y_true`, those of the
            positive of two classes.
        pos_label: The positive class for the shape of `y_true`; 1 by default.
        labels: The classes of the C probabilities, sorted; by default those of `y_true`, or 0 to C - 1 if that is where they lie.
        n_bins: Number of bins, at least 1. A value on the border of two belongs to the lower one.
        strategy: "uniform" for bins of equal width on [0, 1], "quantile" for equal mass: about as many examples in each.

    Returns:
        A float in [0, 1].

    Raises:
        ValueError: Shapes do not fit, probabilities are not, or an option is out of range.

    Example:
        >>> round(expected_calibration_error([0, 1, 1], [[0.8, 0.2], [0.2, 0.8], [0.8, 0.2]]), 4)
        0.1333

    Source: Guo et al., On calibration of modern neural networks, 2017; Naeini et al., Obtaining well calibrated probabilities using
    Bayesian binning, 2015. Explained in question 44.
    """
    if np.ndim(as_array("y_prob", y_prob)) == np.ndim(as_array("y_true", y_true)):
        true, confidence = flat_binary(y_true, y_prob)
        right = positives(true, pos_label)
    else:
        true, scores = flat_classes("y_prob", y_true, y_prob)
        _, probabilities, column, _ = forecasts(true, scores, None, class_names(true, scores, labels))
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == column
    counts, sum_right, sum_confidence = sums_in_bins(right, confidence, n_bins, strategy)
    return float(np.abs(sum_right - sum_confidence).sum() / counts.sum())


def temperature_scale(logits: Any, labels: Any) -> float:
    """The temperature T at which softmax(logits / T) has the smallest log loss on the labels.

    Fit it on validation data. T > 1 softens overconfident predictions; no T changes which class is the most probable. The loss
    is convex in 1/T, and its slope is the mean of (expected logit - logit of the true class), so halving an interval finds the T at
    which the logits promise as much as they hold.

    Args:
        logits: Logits (N, C), or (N, C, d1, ...); or the shape of `labels`, those of the class 1 against 0.
        labels: Class numbers from 0 to C - 1, shape (N,) or (N, d1, ...).

    Returns:
        T, between 0.001 and 1000.

    Warns:
        UserWarning: No T is best: every label has the largest logit, so that ever smaller T are better, or the logits are no better
            than guessing, so that ever larger ones are. The end of the range is returned.

    Raises:
        ValueError: Shapes do not fit, logits are not finite, or a label is not a column of the logits.

    Example:
        >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
        >>> T = temperature_scale(logits, [0, 0, 1, 1])  # right in 3 of 4, so the best top probability is 3/4
        >>> round(T, 3), round(float(1 / (1 + np.exp(-4.0 / T))), 3)
        (3.641, 0.75)

    Source: Guo et al., On calibration of modern neural networks, 2017. Explained in question 44.
    """
    if np.ndim(as_array("logits", logits)) == np.ndim(as_array("labels", labels)):
        y, score = flat_pair("logits", labels, logits, "labels")
        z = np.stack([np.zeros(len(score)), score], axis=1)
    else:
        y, z = flat_classes("logits", labels, logits, "labels")
    if y.dtype.kind in "US" or y.min() < 0 or y.max() >= z.shape[1]:
        raise ValueError(f"labels must be class numbers from 0 to {z.shape[1] - 1}, got {np.unique(y)[:5].tolist()}")
    z = z.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)  # (M, C)
    of_truth = z[np.arange(len(y)), y.astype(np.int64)].mean()

    low, high = 1e-3, 1e3
    for _ in range(50):  # each halves the interval in log T: at the end it is shorter than T's rounding
        T = (low * high) ** 0.5
        p = np.exp(z / T)
        expected = ((p * z).sum(axis=1) / p.sum(axis=1)).mean()
        low, high = (T, high) if expected > of_truth else (low, T)
    if not 1.001e-3 < T < 0.999e3:
        warnings.warn(f"no temperature is best: {T:.6g} is the end of the range that was searched", stacklevel=2)
    return float(T)


# ---- steps ----


def sums_in_bins(happened: Array, predicted: Array, n_bins: int, strategy: str) -> tuple[Array, Array, Array]:
    """For each bin of the predicted probability: number of examples, of those that happened, and sum of the predictions."""
    if not (isinstance(n_bins, (int, np.integer)) and n_bins >= 1):
        raise ValueError(f"n_bins must be a whole number from 1, got {n_bins!r}")
    edges = np.linspace(0, 1, n_bins + 1)
    if choose("strategy", strategy, ("uniform", "quantile")) == "quantile":
        edges = np.percentile(predicted, edges * 100)
    bins = np.searchsorted(edges[1:-1], predicted)
    counts = np.bincount(bins, minlength=n_bins)
    return counts, np.bincount(bins, happened, n_bins), np.bincount(bins, predicted, n_bins)


# ---- what came in ----


def flat_pair(name: str, y_true: Any, values: Any, name_true: str = "y_true") -> tuple[Array, Array]:
    """Labels and one number for each, of any common shape, as two arrays (M,)."""
    true, numbers = as_array(name_true, y_true), as_array(name, values)
    if true.shape != numbers.shape:
        raise ValueError(f"{name} of shape {numbers.shape} does not fit {name_true} of shape {true.shape}")
    return as_labels(name_true, true.ravel()), as_scores(name, numbers.ravel())


def flat_binary(y_true: Any, y_prob: Any) -> tuple[Array, Array]:
    """Labels and probabilities of the positive class, as two arrays (M,)."""
    true, probability = flat_pair("y_prob", y_true, y_prob)
    in_unit_interval(probability)
    return true, probability


def flat_classes(name: str, y_true: Any, values: Any, name_true: str = "y_true") -> tuple[Array, Array]:
    """Labels (N, d1, ...) and numbers (N, C, d1, ...) as arrays (M,) and (M, C)."""
    true, scores = as_array(name_true, y_true), as_array(name, values)
    if true.ndim < 1 or scores.ndim < 2 or scores.shape[:1] + scores.shape[2:] != true.shape:
        raise ValueError(
            f"{name} must have the shape of {name_true}, {true.shape}, or one with an axis of classes after the first, got {scores.shape}"
        )
    rows = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])  # (M, C)
    return as_labels(name_true, true.ravel()), as_scores(name, rows, ndim=2)


def class_names(true: Array, scores: Array, labels: Any) -> Any:
    """The classes of the columns: as told, or their numbers if the labels are such; else None, for those that occur."""
    if labels is not None or true.dtype.kind in "US" or not np.isin(true, np.arange(scores.shape[1])).all():
        return labels
    return np.arange(scores.shape[1]).astype(true.dtype)
