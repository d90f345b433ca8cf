"""Sampling: in which order and how often a model sees the examples, and how much each counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..metrics.arguments import as_labels, same_length

Array = np.ndarray[Any, Any]


def batches(
    *arrays: Any,
    batch_size: int,
    rng: np.random.Generator | None = None,
    drop_last: bool = False,
    order: Any = None,
) -> Iterator[tuple[Array, ...]]:
    """Go through the examples once, a mini-batch at a time.

    Args:
        *arrays: Arrays with the N examples along the first axis; rows stay together.
        batch_size: Examples a batch, at least 1.
        rng: Source of the order; None keeps the order as it is.
        drop_last: Whether to leave out a last batch that is not full.
        order: Indices of the examples to go through, such as those of `balanced_sampler`; shuffled if there is an `rng`.

    Returns:
        An iterator over tuples of arrays, as many as were given.

    Raises:
        ValueError: Lengths differ, there are no examples, or an index or `batch_size` is out of range.

    Example:
        >>> [y.tolist() for (y,) in batches(np.arange(5), batch_size=2)]
        [[0, 1], [2, 3], [4]]

    Explained in question 15.
    """
    columns = [np.asarray(array) for array in arrays]
    if not columns or any(column.ndim == 0 or not len(column) for column in columns):
        raise ValueError(
            "expected arrays with at least one example along the first axis, such as batches(X, y, batch_size=32)"
        )
    same_length(**{f"array {i}": len(column) for i, column in enumerate(columns)})
    n = len(columns[0])
    if not (isinstance(batch_size, (int, np.integer)) and batch_size >= 1):
        raise ValueError(f"batch_size must be a whole number from 1, got {batch_size!r}")
    indices = np.arange(n) if order is None else np.asarray(order)
    if (
        indices.ndim != 1
        or indices.dtype.kind not in "iu"
        or (indices.size and not -n <= indices.min() <= indices.max() < n)
    ):
        raise ValueError(f"order must be indices (M,) below {n}, got {indices.dtype} of shape {indices.shape}")
    return slices(columns, indices, int(batch_size), rng, drop_last)


def slices(
    columns: list[Array], indices: Array, batch_size: int, rng: np.random.Generator | None, drop_last: bool
) -> Iterator[tuple[Array, ...]]:
    """The batches themselves; the order is drawn when the first is asked for."""
    if rng is not None:
        indices = rng.permutation(indices)
    stop = len(indices) - len(indices) % batch_size if drop_last else len(indices)
    for start in range(0, stop, batch_size):
        rows = indices[start : min(start + batch_size, stop)]
        yield tuple(column[rows] for column in columns)


def class_weights(labels: Any, classes: int | None = None, *, beta: float = 1.0) -> Array:
    """Weights that let rare classes count as much as frequent ones in a loss: the mean weight of the examples is 1.

    Args:
        labels: Labels (N,) from 0 to classes - 1.
        classes: Number of classes; by default the largest label and one.
        beta: 1 weights by one over the count; below 1 by one over the effective number (1 - beta^count) / (1 - beta), which
            levels off; 0 weights all alike.

    Returns:
        Weights (C,) float32, for `cross_entropy(..., weight=...)`.

    Raises:
        ValueError: A label is out of range or a class has no example.

    Example:
        >>> [round(float(weight), 3) for weight in class_weights([0, 0, 0, 1])]
        [0.667, 2.0]

    Source: King and Zeng, 2001; Cui et al., Class-balanced loss based on effective number of samples, 2019. Explained in
    question 45.
    """
    counts = class_counts(labels, classes)
    if not 0 <= beta <= 1:
        raise ValueError(f"beta must be between 0 and 1, got {beta}")
    effective = counts if beta == 1 else (1 - beta**counts) / (1 - beta)
    weights: Array = counts.sum() / (effective * np.sum(counts / effective))
    return weights.astype(np.float32)


def balanced_sampler(labels: Any, n: int | None = None, *, rng: np.random.Generator) -> Array:
    """Draw examples with replacement so that every class is equally likely.

    Args:
        labels: Labels (N,), numbers or strings.
        n: How many to draw; N by default.
        rng: Source of the draws.

    Returns:
        Indices (n,) int64 into the examples, in random order; for `batches(..., order=...)`.

    Raises:
        ValueError: `labels` is empty or not labels, or `n` is negative.

    Example:
        >>> labels = np.array([0] * 90 + [1] * 10)
        >>> drawn = labels[balanced_sampler(labels, 1000, rng=np.random.default_rng(0))]
        >>> bool(450 < drawn.sum() < 550)
        True

    Explained in question 45.
    """
    array = as_labels("labels", labels)
    if n is not None and n < 0:
        raise ValueError(f"n must not be negative, got {n}")
    _, which, counts = np.unique(array, return_inverse=True, return_counts=True)
    by_class = np.argsort(which, kind="stable")
    chosen = rng.integers(len(counts), size=len(array) if n is None else n)
    within = rng.integers(counts[chosen])
    indices: Array = by_class[(np.cumsum(counts) - counts)[chosen] + within]
    return indices


def class_counts(labels: Any, classes: int | None) -> Array:
    """How many examples each class from 0 has; none may be missing."""
    array = as_labels("labels", labels)
    if array.dtype.kind not in "biu":
        raise TypeError(f"labels must be integers from 0, got dtype {array.dtype}")
    size = int(array.max()) + 1 if classes is None else classes
    if array.min() < 0 or array.max() >= size:
        bad = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"labels must be from 0 to {size - 1}, got {bad}")
    counts = np.bincount(array, minlength=size)
    if not counts.all():
        raise ValueError(f"class {int(counts.argmin())} has no example: its weight would be infinite")
    return counts
