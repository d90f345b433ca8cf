"""Splits: which examples a model learns from, and which it is judged by."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.arguments import same_length

Array = np.ndarray[Any, Any]


def train_val_test_split(
    *arrays: Any,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
    rng: np.random.Generator,
    stratify: bool = True,
    groups: Any = None,
) -> tuple[tuple[Array, ...], tuple[Array, ...], tuple[Array, ...]]:
    """Three random parts: to learn from, to choose by, and to be judged by once.

    Args:
        *arrays: Arrays with the N examples along the first axis; the last one holds the labels for `stratify`.
        fractions: Shares of train, validation and test, adding up to 1; a share may be 0.
        rng: Source of the order.
        stratify: Whether each part gets every class in proportion; False for regression.
        groups: Group of each example (N,), such as a patient or writer: a group stays in one part. Instead of `stratify`.

    Returns:
        train, validation, test: a tuple of arrays each, in random order.

    Raises:
        ValueError: Lengths differ, fractions do not add up to 1, or a class has fewer examples than there are parts.
        TypeError: `stratify` is neither True nor False, such as the labels themselves.

    Example:
        >>> X, y = np.arange(20.0).reshape(10, 2), np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        >>> train, validation, test = train_val_test_split(X, y, rng=np.random.default_rng(0))
        >>> [len(part[1]) for part in (train, validation, test)], np.bincount(train[1]).tolist()
        ([6, 2, 2], [3, 3])

    Explained in question 16.
    """
    columns = [np.asarray(array) for array in arrays]
    if not columns or any(column.ndim == 0 for column in columns):
        raise ValueError(
            "expected arrays with the examples along the first axis, such as train_val_test_split(X, y, rng=rng)"
        )
    same_length(**{f"array {i}": len(column) for i, column in enumerate(columns)})
    if len(fractions) != 3 or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be three shares of at least 0 that add up to 1, got {fractions}")
    if not isinstance(stratify, (bool, np.bool_)):
        raise TypeError(f"stratify must be True or False, got {type(stratify).__name__}: the labels are the last of the arrays")
    n = len(columns[-1])
    ends = np.rint(np.cumsum(fractions) * n).astype(int)[:2]
    if groups is not None:
        parts = grouped_parts(np.asarray(groups), n, ends, rng)
    elif stratify:
        order = class_by_class(class_labels(columns[-1], at_least=int(np.count_nonzero(fractions))), rng)
        parts = [part[rng.permutation(len(part))] for part in np.split(order, ends)]
    else:
        parts = np.split(rng.permutation(n), ends)
    train, validation, test = (tuple(column[part] for column in columns) for part in parts)
    return train, validation, test


def k_fold(y: Any, k: int = 5, *, rng: np.random.Generator, stratify: bool = True) -> list[tuple[Array, Array]]:
    """k ways to hold out one k-th of the examples; each example is held out exactly once.

    Args:
        y: Targets (N,) or (N, ...); only their number counts unless `stratify`.
        k: Number of folds, from 2 to N.
        rng: Source of the order.
        stratify: Whether each fold gets every class in proportion, to within one example; False for regression.

    Returns:
        k pairs (train, held_out) of ascending indices; fold sizes differ by at most one.

    Raises:
        ValueError: `k` is out of range, or a class has fewer than `k` examples.

    Example:
        >>> folds = k_fold(np.array([0, 0, 0, 0, 1, 1]), k=2, rng=np.random.default_rng(0))
        >>> [len(held_out) for _, held_out in folds]
        [3, 3]

    Source: Stone, Cross-validatory choice and assessment of statistical predictions, 1974. Explained in question 60.
    """
    targets = np.asarray(y)
    n = len(targets) if targets.ndim else 0
    if not 2 <= k <= n:
        raise ValueError(f"k must be from 2 to the number of examples, {n}; got {k}")
    fold = np.empty(n, dtype=np.int64)
    order = rng.permutation(n)
    if stratify:  # classes one after another and dealt out like cards
        order = order[np.argsort(class_labels(targets, at_least=k)[order], kind="stable")]
    fold[order] = np.arange(n) % k
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k)]


def class_labels(labels: Array, at_least: int) -> Array:
    """The labels as numbers from 0, if every class has enough examples to go round."""
    if labels.ndim != 1 or (labels.dtype.kind == "f" and (labels != np.floor(labels)).any()):
        raise ValueError(
            f"stratify needs class labels of shape (N,), got {labels.dtype} of shape {labels.shape}; pass stratify=False"
        )
    classes, which, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(counts) and counts.min() < at_least:
        rare = counts.argmin()
        raise ValueError(
            f"class {classes[rare]} has {counts[rare]} examples for {at_least} parts; drop it or pass stratify=False"
        )
    return which


def class_by_class(which: Array, rng: np.random.Generator) -> Array:
    """An order in which the examples of each class are spread evenly, so that every stretch holds the classes in proportion."""
    shuffled = rng.permutation(len(which))
    by_class = shuffled[np.argsort(which[shuffled], kind="stable")]
    counts = np.bincount(which)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = (rank + 0.5) / np.repeat(counts, counts)
    return by_class[np.lexsort((rng.random(len(which)), place))]


def grouped_parts(groups: Array, n: int, ends: Array, rng: np.random.Generator) -> list[Array]:
    """Whole groups in random order, each in the part in which its middle falls."""
    same_length(examples=n, groups=len(groups))
    _, which, counts = np.unique(groups, return_inverse=True, return_counts=True)
    shuffled = rng.permutation(len(counts))
    middle = np.empty(len(counts))
    middle[shuffled] = np.cumsum(counts[shuffled]) - counts[shuffled] / 2
    part = np.searchsorted(ends, middle, side="right")[which]
    order = rng.permutation(n)
    return [order[part[order] == i] for i in range(3)]
