"""Dropout: noise that switches parts of a network off while it is trained, so that no part can rely on another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import floating, generator
from .module import Module


@differentiable
@floating("input")
def dropout(input: Array, p: float = 0.5, training: bool = True, *, rng: np.random.Generator | None = None) -> WithGradient:
    """Set each element to zero with probability p and multiply the others by 1 / (1 - p), so that the mean stays.

    Args:
        input: Any shape.
        p: The share that is dropped, from 0 to 1.
        training: Whether to do anything; without it the input comes out as it is.
        rng: Source of the choice; needed in training if p is neither 0 nor 1.

    Returns:
        Same shape and dtype.

    Raises:
        ValueError: If p is not from 0 to 1, or there is no `rng`.
        TypeError: If the input is not floating point.

    Example:
        >>> dropout(np.ones(6), p=0.5, rng=np.random.default_rng(0)).tolist()
        [2.0, 2.0, 2.0, 0.0, 0.0, 0.0]

    Paper: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014. Explained in question 37.
    """
    scale = keep("dropout", np.shape(input), p, training, rng, input.dtype)
    return input * scale, lambda g: g * scale


@differentiable
@floating("input")
def drop_path(input: Array, p: float = 0.5, training: bool = True, *, rng: np.random.Generator | None = None) -> WithGradient:
    """Set whole examples to zero with probability p and multiply the others by 1 / (1 - p): stochastic depth.

    Applied to what a residual block adds, it leaves the block out for some of the examples.

    Args:
        input: (N, ...).
        p: The share of examples that is dropped, from 0 to 1.
        training: Whether to do anything; without it the input comes out as it is.
        rng: Source of the choice; needed in training if p is neither 0 nor 1.

    Returns:
        Same shape and dtype.

    Raises:
        ValueError: If p is not from 0 to 1, there is no `rng`, or the input has no axis of examples.
        TypeError: If the input is not floating point.

    Example:
        >>> drop_path(np.ones((3, 2)), p=0.5, rng=np.random.default_rng(3)).tolist()
        [[2.0, 2.0], [0.0, 0.0], [0.0, 0.0]]

    Paper: Huang et al., Deep networks with stochastic depth, 2016. Explained in question 37.
    """
    if input.ndim == 0:
        raise ValueError("drop_path: input must be (N, ...), got a single number")
    scale = keep("drop_path", (len(input),) + (1,) * (input.ndim - 1), p, training, rng, input.dtype)
    return input * scale, lambda g: g * scale


def keep(name: str, shape: tuple[int, ...], p: float, training: bool, rng: np.random.Generator | None, dtype: Any) -> Any:
    """What to multiply with: 0 with probability p, else 1 / (1 - p); a plain number where nothing is left to chance."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p must be a probability from 0 to 1, got {p}")
    if not training or p == 0:
        return dtype.type(1)
    if p == 1:
        return dtype.type(0)
    return (generator(name, rng).random(shape, dtype=np.float32) >= p) * dtype.type(1 / (1 - p))


class Dropout(Module):
    """`dropout` while training, nothing afterwards (`eval()`).

    Args:
        p: The share that is dropped, from 0 to 1.
        rng: Source of the choice. Every call takes from it, so that the same generator gives the same run.

    Raises:
        ValueError: If p is not from 0 to 1.

    Example:
        >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
        >>> layer(np.ones(4)).tolist(), layer.eval()(np.ones(4)).tolist()
        ([2.0, 2.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0])

    Explained in question 37.
    """

    def __init__(self, p: float = 0.5, *, rng: np.random.Generator) -> None:
        keep("Dropout", (), p, True, rng, np.dtype(np.float32))
        self.p = p
        self.rng = rng

    def forward(self, input: Array) -> Any:
        return dropout(input, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}"
