"""Cross-validation: judging a way of training by holding out each part of the data in turn."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data.splits import k_fold
from ..metrics.arguments import same_length

Array = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """The scores of the folds.

    Attributes:
        scores: Score of each fold.
        sizes: (examples trained on, examples held out) of each fold.

    Example:
        >>> result = CrossValidation([0.7, 0.8, 0.9], [(20, 10)] * 3)
        >>> round(result.mean, 2), round(result.sd, 2), round(result.standard_error, 3)
        (0.8, 0.1, 0.091)

    Explained in question 60.
    """

    scores: list[float]
    sizes: list[tuple[int, int]]

    @property
    def mean(self) -> float:
        """Estimate of the score of a model trained on as many examples as a fold leaves."""
        return float(np.mean(self.scores))

    @property
    def sd(self) -> float:
        """Standard deviation of the scores, with n - 1."""
        return float(np.std(self.scores, ddof=1))

    @property
    def standard_error(self) -> float:
        """Of the mean: sd * sqrt(1/k + held out/trained on). Without the second term it is too small, as the folds share training examples.

        Paper: Nadeau and Bengio, Inference for the generalization error, 2003.
        """
        trained, held_out = np.mean(self.sizes, axis=0)
        return self.sd * math.sqrt(1 / len(self.scores) + held_out / trained)


def cross_validate(
    objective: Callable[..., float],
    *arrays: Any,
    k: int = 5,
    rng: np.random.Generator,
    stratify: bool = True,
    folds: Sequence[tuple[Any, Any]] | None = None,
) -> CrossValidation:
    """Train on all folds but one and score on that one, for each of them.

    Whatever is fitted to data (scaling, selection of features, tuning) has to happen within `objective`, on `train` alone.

    Args:
        objective: Called as `objective(train, held_out, rng=generator)` with tuples of arrays as given; returns a score.
        *arrays: Arrays with the N examples along the first axis; the last one holds the targets.
        k: Number of folds, from 2 to N.
        rng: Source of the folds and of each fold's generator.
        stratify: Whether each fold gets every class in proportion; False for regression.
        folds: Pairs of indices (train, held out) to use instead, two or more: for groups or for time order.

    Returns:
        A `CrossValidation` with `scores`, `mean`, `sd` and `standard_error`.

    Raises:
        ValueError: Lengths differ, `k` is out of range, a class has fewer than `k` examples, or a fold of `folds` is empty, has an index
            out of range, or holds out what it trains on.
        TypeError: `rng` is not a generator, or the objective returned something other than a number.

    Example:
        >>> X, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 1, 1, 1])
        >>> def majority(train, held_out, rng):
        ...     return np.mean(held_out[1] == np.bincount(train[1]).argmax())
        >>> cross_validate(majority, X, y, k=3, rng=np.random.default_rng(0)).scores
        [0.5, 0.5, 0.5]

    Paper: Stone, Cross-validatory choice and assessment of statistical predictions, 1974. Explained in question 60.
    """
    columns = [np.asarray(array) for array in arrays]
    if not columns or any(column.ndim == 0 for column in columns):
        raise ValueError("expected arrays with the examples along the first axis, such as cross_validate(objective, X, y, rng=rng)")
    same_length(**{f"array {i}": len(column) for i, column in enumerate(columns)})
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy Generator, such as np.random.default_rng(0); got {type(rng).__name__}")
    pairs = k_fold(columns[-1], k, rng=rng, stratify=stratify) if folds is None else checked_folds(folds, len(columns[0]))
    seeds = rng.integers(2**32, size=(len(pairs), 4))
    scores = []
    for (train, held_out), seed in zip(pairs, seeds, strict=True):
        parts = (tuple(column[rows] for column in columns) for rows in (train, held_out))
        score = objective(*parts, rng=np.random.default_rng(seed))
        if not isinstance(score, (int, float, np.number)):
            raise TypeError(f"objective must return a number, got {type(score).__name__}")
        scores.append(float(score))
    return CrossValidation(scores, [(len(train), len(held_out)) for train, held_out in pairs])


def checked_folds(folds: Sequence[tuple[Any, Any]], n: int) -> list[tuple[Array, Array]]:
    """The folds as arrays of indices, if they are two or more and hold nothing out that they train on."""
    pairs = [(np.asarray(train), np.asarray(held_out)) for train, held_out in folds]
    if len(pairs) < 2:
        raise ValueError(f"folds must be at least two pairs (train, held out), got {len(pairs)}")
    for i, pair in enumerate(pairs):
        for name, rows in zip(("train", "held out"), pair, strict=True):
            if rows.ndim != 1 or not rows.size or rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= n:
                raise ValueError(f"folds[{i}]: {name} must be indices (m,) from 0 to {n - 1}, got {rows.dtype} of shape {rows.shape}")
        if np.intersect1d(*pair).size:
            raise ValueError(f"folds[{i}] holds out example {np.intersect1d(*pair)[0]}, on which it trains")
    return pairs
