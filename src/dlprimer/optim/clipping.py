"""Gradient clipping: an upper limit for what one bad batch can do."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..autograd import Tensor


def clip_grad_norm(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Shorten the gradient if its norm, over all parameters together, exceeds a limit: its direction stays.

    All gradients are multiplied by `min(1, max_norm / (norm + 1e-6))`, as PyTorch's `clip_grad_norm_` does; a norm that is not finite
    makes them NaN or 0. The gradients are replaced, not overwritten: an array that was kept stays what it was.

    Args:
        parameters: A tensor or an iterable of tensors; those without a gradient do not count.
        max_norm: The limit, at least 0; infinity only measures.
        norm_type: The p of the p-norm, above 0; infinity (or "inf") for the largest absolute value.
        error_if_nonfinite: Whether a norm that is NaN or infinite is an error.

    Returns:
        The norm before clipping; 0 without gradients.

    Raises:
        ValueError: `max_norm` or `norm_type` is out of range, or with `error_if_nonfinite` the norm is not finite. Then nothing has
            been changed.
        TypeError: `parameters` are not tensors.

    Example:
        >>> a, b = Tensor([0.0, 0.0], requires_grad=True), Tensor([0.0, 0.0], requires_grad=True)
        >>> a.grad, b.grad = np.array([3.0, 4.0], np.float32), np.array([0.0, 12.0], np.float32)
        >>> clip_grad_norm([a, b], 6.5)
        13.0
        >>> a.grad.round(3).tolist(), b.grad.round(3).tolist()
        ([1.5, 2.0], [0.0, 6.0])

    Paper: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013. Explained in question 30.
    """
    tensors = with_gradient("clip_grad_norm", parameters)
    p, limit = number("norm_type", norm_type), number("max_norm", max_norm)
    if not p > 0:
        raise ValueError(f"clip_grad_norm: norm_type must be above 0, got {norm_type!r}")
    if not limit >= 0:
        raise ValueError(f"clip_grad_norm: max_norm must be at least 0, got {max_norm!r}")
    total = norm(np.array([norm(t.grad, p) for t in tensors]), p) if tensors else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise ValueError(
            f"clip_grad_norm: the norm of the gradients is {total}, so they cannot be clipped; find what is not finite, skip the "
            "step, or set error_if_nonfinite=False"
        )
    factor = limit / (total + 1e-6)
    if not factor >= 1:  # so that NaN passes on
        for t in tensors:
            g = np.asarray(t.grad)
            with np.errstate(invalid="ignore"):  # infinity times 0
                t.grad = np.asarray(np.multiply(g, factor, dtype=at_least_single(g))).astype(g.dtype, copy=False)
    return total


def clip_grad_value(parameters: Any, clip_value: float) -> None:
    """Clamp each entry of the gradients to the range from -clip_value to clip_value: the direction may turn.

    As PyTorch's `clip_grad_value_`; NaN stays NaN. The gradients are replaced, not overwritten.

    Args:
        parameters: A tensor or an iterable of tensors; those without a gradient do not count.
        clip_value: The largest absolute value of an entry, at least 0.

    Raises:
        ValueError: `clip_value` is negative or NaN.
        TypeError: `parameters` are not tensors.

    Example:
        >>> w = Tensor([0.0, 0.0], requires_grad=True)
        >>> w.grad = np.array([10.0, 0.5], np.float32)
        >>> clip_grad_value(w, 1.0)
        >>> w.grad.tolist()
        [1.0, 0.5]

    Explained in question 30.
    """
    tensors = with_gradient("clip_grad_value", parameters)
    if not number("clip_value", clip_value) >= 0:
        raise ValueError(f"clip_grad_value: clip_value must be at least 0, got {clip_value!r}")
    for t in tensors:
        g = np.asarray(t.grad)
        with np.errstate(over="ignore"):  # beyond the range of the dtype is infinite: no limit
            limit = g.dtype.type(float(clip_value))
        t.grad = np.asarray(np.clip(g, -limit, limit))


def with_gradient(name: str, parameters: Any) -> list[Tensor]:
    """The tensors that have a gradient, of one tensor or an iterable of tensors."""
    if not isinstance(parameters, (Tensor, Iterable)):
        raise TypeError(f"{name}: parameters must be a tensor or an iterable of tensors, got {type(parameters).__name__}")
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: parameters must be tensors, got {type(t).__name__} at place {i}")
    if not tensors and not isinstance(parameters, (list, tuple)):
        warnings.warn(f"{name}: parameters is empty (an iterator such as model.parameters() can be used once)", stacklevel=3)
    return [t for t in tensors if t.grad is not None]


def number(name: str, value: Any) -> float:
    """The value as a float."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None


def norm(g: Any, p: float) -> float:
    """The p-norm of all entries; squares and powers that overflow or vanish do not spoil it."""
    x = np.asarray(g).ravel()
    x = x.astype(at_least_single(x), copy=False)
    if p == 2:
        with np.errstate(over="ignore", invalid="ignore"):
            rest = x.size % 1024  # long sums in single precision drift: add up sums of 1024 squares in double
            rows = x[rest:].reshape(-1, 1024)
            square = float(np.vecdot(rows, rows).sum(dtype=np.float64)) + float(np.dot(x[:rest], x[:rest]))
        if 1e-30 < square < math.inf:
            return math.sqrt(square)
    largest = float(np.abs(x).max(initial=0))
    if p == math.inf or largest == 0 or not math.isfinite(largest):
        return largest
    shares = np.abs(x, dtype=np.float64) / largest
    return largest * math.pow(float(np.sum(shares**p)), 1 / p)


def at_least_single(x: Any) -> Any:
    """The dtype to compute in: half precision is a storage format."""
    return np.result_type(x.dtype, np.float32)
