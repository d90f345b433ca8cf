"""The linear layer, and its shortcut for inputs that are category numbers: one-hot vectors and embeddings."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import floating, generator
from .module import Module, Parameter


def matrix(a: Array) -> Array:
    """All axes but the last as one."""
    return a.reshape(math.prod(a.shape[:-1]), a.shape[-1])


def sum_rows(a: Array) -> Array:
    """`a.sum(axis=0)` as a product with ones, which takes less time."""
    return ones(len(a), a.dtype).dot(a)


def ones(n: int, dtype: Any) -> Array:
    """n ones, read-only, because short ones are made only once."""
    return _short_ones(n, dtype) if n <= 4096 else np.ones(n, dtype)


@functools.lru_cache(maxsize=64)
def _short_ones(n: int, dtype: Any) -> Array:
    array = np.ones(n, dtype)
    array.flags.writeable = False
    return array


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def linear(input: Array, weight: Array, bias: Array | None = None) -> WithGradient:
    """Each output is a weighted sum of the inputs plus a bias: `input @ weight.T + bias`.

    Args:
        input: (..., in), floating point, any number of leading axes.
        weight: (out, in), of the same dtype, in PyTorch's layout: one row for each output. Or (in,), for a single output.
        bias: (out,), or () for a weight (in,), or None.

    Returns:
        (..., out), or (...) for a weight (in,).

    Raises:
        ValueError: If the shapes do not fit.
        TypeError: If the dtypes differ or are not floating point.

    Example:
        >>> linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([0.5, -0.5])).tolist()
        [11.5, 16.5]

    Explained in question 4.
    """
    x, w, b = input, weight, bias
    if w.ndim not in (1, 2) or x.ndim < 1 or x.shape[-1] != w.shape[-1]:
        raise ValueError(f"linear: weight must be (out, in) and input (..., in), got {w.shape} and {x.shape}")
    if b is not None and b.shape != w.shape[:-1]:
        raise ValueError(f"linear: bias must have shape {w.shape[:-1]}, one for each row of weight, got {b.shape}")

    matrices = x.ndim == w.ndim == 2
    if not matrices:
        x, w = matrix(x), matrix(w)
    y = x.dot(w.T)  # (rows, out): x @ w.T, called with less ado
    if b is not None:
        y += b

    def vjp(g: Array) -> Any:
        if matrices:
            return (lambda: g.dot(w)), (lambda: g.T.dot(x)), (lambda: sum_rows(g))
        g = g.reshape(y.shape)
        return (
            lambda: g.dot(w).reshape(input.shape),
            lambda: g.T.dot(x).reshape(weight.shape),
            lambda: sum_rows(g).reshape(weight.shape[:-1]),
        )

    return (y if matrices else y.reshape(input.shape[:-1] + weight.shape[:-1])), vjp


class Linear(Module):
    """A layer of weights and biases: `linear` with parameters of its own.

    Weights and biases start uniform within ±1/sqrt(in_features), PyTorch's default.

    Args:
        in_features: Length of the input's last axis.
        out_features: Length of the output's last axis.
        bias: Whether to add a bias.
        rng: Source of the initial values.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight: (out_features, in_features).
        bias: (out_features,), or None.

    Raises:
        ValueError: For sizes below 1 (in) or 0 (out).

    Example:
        >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
        >>> layer(np.ones((5, 3), np.float32)).shape
        (5, 2)

    Explained in question 7.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        if in_features < 1 or out_features < 0:
            raise ValueError(f"Linear: in_features must be at least 1 and out_features at least 0, got {in_features} and {out_features}")
        self.in_features = in_features
        self.out_features = out_features
        bound = in_features**-0.5
        generator("Linear", rng)
        self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)).astype(dtype))
        self.bias = Parameter(rng.uniform(-bound, bound, out_features).astype(dtype)) if bias else None

    def forward(self, input: Array) -> Any:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def one_hot(tensor: Array, num_classes: int = -1) -> Any:
    """Class numbers as vectors with a single 1.

    Args:
        tensor: Integers from 0 to `num_classes - 1`, any shape.
        num_classes: Length of the vectors; -1 for one more than the largest class.

    Returns:
        int64 array (..., num_classes); use `.astype(np.float32)` to compute with it.

    Raises:
        TypeError: If the classes are not integers.
        ValueError: If one is negative or too large, or none is there to tell `num_classes` from.

    Example:
        >>> one_hot(np.array([0, 2])).tolist()
        [[1, 0, 0], [0, 0, 1]]

    Explained in question 22.
    """
    classes = np.asarray(getattr(tensor, "data", tensor) if not isinstance(tensor, np.ndarray) else tensor)
    if classes.dtype.kind not in "iu":
        raise TypeError(f"one_hot: class numbers must be integers, got {classes.dtype}")
    if not isinstance(num_classes, (int, np.integer)) or (num_classes < 1 and num_classes != -1):
        raise ValueError(f"one_hot: num_classes must be a positive whole number, or -1 to tell it from the classes, got {num_classes!r}")
    if num_classes == -1:
        if classes.size == 0:
            raise ValueError("one_hot: num_classes cannot be told from an empty array; pass it")
        num_classes = int(classes.max()) + 1
    if classes.size and not 0 <= classes.min() <= classes.max() < num_classes:
        raise ValueError(f"one_hot: classes must be from 0 to {num_classes - 1}, got {classes.min()} to {classes.max()}")
    return (classes[..., None] == np.arange(num_classes)).astype(np.int64)


@differentiable
@floating("weight")
def embedding(input: Array, weight: Array, padding_idx: int | None = None) -> WithGradient:
    """A vector for each category number: `one_hot(input) @ weight` without the product.

    Args:
        input: Integers from 0 to num_embeddings - 1, any shape.
        weight: (num_embeddings, dim).
        padding_idx: A row that gets no gradient; may be negative, counting from the end.

    Returns:
        (*input.shape, dim).

    Raises:
        TypeError: If `input` is not integers or `weight` not floating point.
        ValueError: If a number is out of range, or `weight` is not a matrix.

    Example:
        >>> embedding(np.array([2, 0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).tolist()
        [[5.0, 6.0], [1.0, 2.0]]

    Explained in question 22.
    """
    i, w = np.asarray(input), weight
    if i.dtype.kind not in "iu":
        raise TypeError(f"embedding: input must be integers, got {i.dtype}")
    if w.ndim != 2:
        raise ValueError(f"embedding: weight must be (num_embeddings, dim), got shape {w.shape}")
    if i.size and not 0 <= i.min() <= i.max() < len(w):
        raise ValueError(f"embedding: input must be from 0 to {len(w) - 1}, got {i.min()} to {i.max()}")
    if padding_idx is not None and not -len(w) <= padding_idx < len(w):
        raise ValueError(f"embedding: padding_idx must be within the {len(w)} rows of weight, got {padding_idx}")

    def vjp(g: Array) -> Any:
        def dw() -> Array:
            # Rows that went to the same number are brought together and summed.
            dw = np.zeros_like(w)
            if i.size:
                order = np.argsort(i, axis=None, kind="stable")
                rows, starts = np.unique(i.reshape(-1)[order], return_index=True)
                dw[rows] = np.add.reduceat(g.reshape(-1, w.shape[1])[order], starts, axis=0)
            if padding_idx is not None:
                dw[padding_idx] = 0
            return dw

        return None, dw

    return w[i], vjp


class Embedding(Module):
    """A table with a learned vector for each category number.

    Args:
        num_embeddings: How many numbers there are.
        embedding_dim: Length of the vectors, which start standard normal, as in PyTorch.
        padding_idx: A number whose vector starts at zero and stays there.
        rng: Source of the initial values.
        dtype: Of the vectors.

    Attributes:
        weight: (num_embeddings, embedding_dim).

    Example:
        >>> Embedding(10, 4, rng=np.random.default_rng(0))(np.array([[1, 2, 3]])).shape
        (1, 3, 4)

    Explained in question 22.
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        if num_embeddings < 1 or embedding_dim < 1:
            raise ValueError(f"Embedding: num_embeddings and embedding_dim must be positive, got {num_embeddings} and {embedding_dim}")
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"Embedding: padding_idx must be within the {num_embeddings} embeddings, got {padding_idx}")
        vectors = generator("Embedding", rng).standard_normal((num_embeddings, embedding_dim)).astype(dtype)
        if padding_idx is not None:
            vectors[padding_idx] = 0
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.weight = Parameter(vectors)

    def forward(self, input: Array) -> Any:
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
