"""Activation functions: the nonlinearity between layers, each beside its derivative."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import choose, floating
from .module import Module

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@differentiable
@floating("input")
def relu(input: Array) -> WithGradient:
    """The positive part: max(x, 0). The derivative at 0 is taken as 0.

    Args:
        input: Any shape.

    Returns:
        Same shape and dtype, in [0, inf).

    Raises:
        TypeError: If the input is not floating point.

    Example:
        >>> relu(np.array([-1.0, 0.0, 2.0])).tolist()
        [0.0, 0.0, 2.0]

    Paper: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010. Explained in question 5.
    """
    y = np.maximum(input, 0)
    return y, lambda g: g * (y != 0).astype(g.dtype)


@differentiable
@floating("input")
def leaky_relu(input: Array, negative_slope: float = 0.01) -> WithGradient:
    """max(x, 0) with a small slope instead of zero on the negative side.

    Args:
        input: Any shape.
        negative_slope: The slope below 0.

    Returns:
        Same shape and dtype.

    Example:
        >>> leaky_relu(np.array([-1.0, 2.0]), 0.1).tolist()
        [-0.1, 2.0]

    Paper: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013. Explained in question 5.
    """
    x = input
    slope = np.where(x > 0, 1, negative_slope).astype(x.dtype)
    return x * slope, lambda g: g * slope


@differentiable
@floating("input")
def elu(input: Array, alpha: float = 1.0) -> WithGradient:
    """x on the positive side, alpha (e^x - 1) on the negative one.

    Args:
        input: Any shape.
        alpha: Minus the limit at minus infinity.

    Returns:
        Same shape and dtype, in (-alpha, inf).

    Example:
        >>> elu(np.array([-1.0, 2.0])).round(4).tolist()
        [-0.6321, 2.0]

    Paper: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016. Explained
    in question 5.
    """
    x = input
    below = alpha * np.expm1(np.minimum(x, 0))
    return np.where(x > 0, x, below).astype(x.dtype), lambda g: g * np.where(x <= 0, below + alpha, 1)


@differentiable
@floating("input")
def selu(input: Array) -> WithGradient:
    """A scaled ELU that keeps mean 0 and variance 1 of its inputs through layers with LeCun-normal weights.

    Args:
        input: Any shape.

    Returns:
        Same shape and dtype, in (-1.7581, inf).

    Example:
        >>> selu(np.array([-1.0, 1.0])).round(4).tolist()
        [-1.1113, 1.0507]

    Paper: Klambauer et al., Self-normalizing neural networks, 2017. Explained in question 5.
    """
    x = input
    below = SELU_SCALE * SELU_ALPHA * np.expm1(np.minimum(x, 0))
    y = np.where(x > 0, SELU_SCALE * x, below).astype(x.dtype)
    return y, lambda g: g * np.where(x <= 0, below + SELU_SCALE * SELU_ALPHA, SELU_SCALE)


@differentiable
@floating("input")
def gelu(input: Array, approximate: str = "none") -> WithGradient:
    """x times the chance that a standard normal number lies below x.

    Args:
        input: Any shape.
        approximate: "none" for the exact normal distribution, "tanh" for the paper's approximation of it.

    Returns:
        Same shape and dtype, in [-0.17, inf).

    Raises:
        ValueError: For another `approximate`.

    Example:
        >>> gelu(np.array([-1.0, 1.0])).round(4).tolist()
        [-0.1587, 0.8413]

    Paper: Hendrycks and Gimpel, Gaussian error linear units, 2016. Explained in question 5.
    """
    choose("approximate", approximate, ("none", "tanh"))
    x = input
    if approximate == "tanh":
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (x + 0.044715 * x * x * x))
        cdf = 0.5 * (1 + t)
        slope = 0.5 * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)
    else:
        cdf = 0.5 * (1 + erf(x * math.sqrt(0.5)))
        slope = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return x * cdf, lambda g: g * (cdf + x * slope)


def _log_of_tail(s: Any) -> Any:
    """log(erfc(z) exp(z^2) / t) at t = 2 / (2 + z): so flat that a short polynomial in s, which runs from -1 to 1, describes it."""
    t = (5 + 3 * np.asarray(s)) / 8  # from 1/4 at z = 6, where erf is 1 to the last digit, to 1 at z = 0
    z = 2 / t - 2
    return np.array([math.log(math.erfc(zi)) + zi * zi - math.log(ti) for zi, ti in zip(z, t, strict=True)])


_TAIL = np.polynomial.chebyshev.chebinterpolate(_log_of_tail, 22)


def erf(x: Array) -> Any:
    """The error function, which NumPy lacks: as precise as the dtype, without a loop over elements."""
    z = np.minimum(np.abs(x), 6)
    t = 2 / (2 + z)
    tail = t * np.exp(np.polynomial.chebyshev.chebval((8 * t - 5) / 3, _TAIL.astype(z.dtype)) - z * z)
    return np.copysign(1 - tail, x)


@differentiable
@floating("input")
def silu(input: Array) -> WithGradient:
    """x times sigmoid(x), also called swish.

    Args:
        input: Any shape.

    Returns:
        Same shape and dtype, in [-0.2785, inf).

    Example:
        >>> silu(np.array([-1.0, 1.0])).round(4).tolist()
        [-0.2689, 0.7311]

    Paper: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function approximation, 2018. Explained in
    question 5.
    """
    x = input
    s = logistic(x)
    return x * s, lambda g: g * s * (1 + x * (1 - s))


@differentiable
@floating("input")
def sigmoid(input: Array) -> WithGradient:
    """1 / (1 + e^-x): a number in (0, 1).

    Args:
        input: Any shape.

    Returns:
        Same shape and dtype, in [0, 1].

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
        [0.0, 0.5, 1.0]

    Explained in question 5.
    """
    s = logistic(input)
    return s, lambda g: g * s * (1 - s)


def logistic(x: Array) -> Array:
    """The formula of `sigmoid`. Far below 0 it is e^x to the last digit; a form by tanh would round it to 0."""
    with np.errstate(over="ignore"):  # e^-x may become infinite, and its inverse 0
        return 1 / (1 + np.exp(-x))


@differentiable
@floating("input")
def tanh(input: Array) -> WithGradient:
    """The hyperbolic tangent: a number in (-1, 1).

    Args:
        input: Any shape.

    Returns:
        Same shape and dtype, in [-1, 1].

    Example:
        >>> tanh(np.array([0.0, 1.0])).round(4).tolist()
        [0.0, 0.7616]

    Explained in question 5.
    """
    y = np.tanh(input)
    return y, lambda g: g * (1 - y * y)


@differentiable
@floating("input")
def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> WithGradient:
    """A smooth max(x, 0): log(1 + e^(beta x)) / beta.

    Args:
        input: Any shape.
        beta: Sharpness, above 0; larger is closer to relu.
        threshold: Where beta x is larger, the result is x itself, as in PyTorch.

    Returns:
        Same shape and dtype, in (0, inf).

    Raises:
        ValueError: If beta is not positive.

    Example:
        >>> softplus(np.array([0.0, 100.0])).round(4).tolist()
        [0.6931, 100.0]

    Paper: Dugas et al., Incorporating second-order functional knowledge for better option pricing, 2001. Explained in question 5.
    """
    if beta <= 0:
        raise ValueError(f"softplus: beta must be positive, got {beta}")
    x = input
    z = beta * x
    y = np.where(z > threshold, x, np.logaddexp(0, z).astype(x.dtype) / beta).astype(x.dtype)
    return y, lambda g: g * np.where(z > threshold, 1, 0.5 * np.tanh(0.5 * z) + 0.5)


@differentiable
@floating("input")
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> WithGradient:
    """x cut off below `min_val` and above `max_val`.

    Args:
        input: Any shape.
        min_val: Smallest result.
        max_val: Largest result, not below `min_val`.

    Returns:
        Same shape and dtype, in [min_val, max_val].

    Raises:
        ValueError: If the bounds are not in order.

    Example:
        >>> hardtanh(np.array([-3.0, 0.5, 3.0])).tolist()
        [-1.0, 0.5, 1.0]

    Explained in question 5.
    """
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, got {min_val} and {max_val}")
    x = input
    return np.clip(x, min_val, max_val), lambda g: g * ~((x <= min_val) | (x >= max_val))


# ---- over an axis ----


@differentiable
@floating("input")
def softmax(input: Array, axis: int = -1) -> WithGradient:
    """Logits to probabilities: e^x over the sum of e^x along an axis. Equal shifts of all logits change nothing.

    Args:
        input: Logits (..., C, ...).
        axis: The axis of the classes.

    Returns:
        Probabilities, same shape and dtype, adding up to 1 along the axis.

    Raises:
        ValueError: If the axis does not exist.

    Example:
        >>> softmax(np.array([1000.0, 1000.0, -1000.0])).tolist()
        [0.5, 0.5, 0.0]

    Paper: Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990. Explained in question 23.
    """
    check_axis("softmax", input, axis)
    z = np.exp(input - input.max(axis=axis, keepdims=True, initial=-np.inf))  # the largest becomes e^0 = 1: no overflow
    p = z / z.sum(axis=axis, keepdims=True)
    return p, lambda g: p * (g - (g * p).sum(axis=axis, keepdims=True))


@differentiable
@floating("input")
def log_softmax(input: Array, axis: int = -1) -> WithGradient:
    """The logarithm of softmax, finite even where a probability rounds to 0.

    Args:
        input: Logits (..., C, ...).
        axis: The axis of the classes.

    Returns:
        Log probabilities, same shape and dtype, at most 0.

    Raises:
        ValueError: If the axis does not exist.

    Example:
        >>> log_softmax(np.array([0.0, -1000.0])).tolist()
        [0.0, -1000.0]

    Explained in question 23.
    """
    check_axis("log_softmax", input, axis)
    if not input.size:
        return input.copy(), lambda g: g
    z = input - input.max(axis=axis, keepdims=True, initial=-np.inf)
    y = z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
    return y, lambda g: g - np.exp(y) * g.sum(axis=axis, keepdims=True)


@differentiable
@floating("input")
def glu(input: Array, axis: int = -1) -> WithGradient:
    """The gated linear unit: the first half of the axis times the sigmoid of the second half.

    Args:
        input: (..., 2 C, ...).
        axis: The axis to halve; its length must be even.

    Returns:
        (..., C, ...).

    Raises:
        ValueError: If the axis does not exist or its length is odd.

    Example:
        >>> glu(np.array([3.0, 0.0])).tolist()
        [1.5]

    Paper: Dauphin et al., Language modeling with gated convolutional networks, 2017. Explained in question 5.
    """
    check_axis("glu", input, axis)
    if input.ndim == 0 or input.shape[axis] % 2:
        raise ValueError(f"glu: the length of axis {axis} must be even, got shape {input.shape}")
    a, b = np.split(input, 2, axis=axis)
    s = 0.5 * np.tanh(0.5 * b) + 0.5
    return a * s, lambda g: np.concatenate([g * s, g * a * s * (1 - s)], axis=axis)


def check_axis(name: str, input: Array, axis: int) -> None:
    """Refuse an axis that does not exist; a single number counts as having one."""
    n = max(input.ndim, 1)
    if not isinstance(axis, (int, np.integer)) or not -n <= axis < n:
        raise ValueError(f"{name}: axis must be from {-n} to {n - 1} for shape {input.shape}, got {axis!r}")


# ---- as modules and by name ----

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "relu": relu, "leaky_relu": leaky_relu, "elu": elu, "selu": selu, "gelu": gelu, "silu": silu, "sigmoid": sigmoid,
    "tanh": tanh, "softplus": softplus, "hardtanh": hardtanh,
}  # fmt: skip


class Activation(Module):
    """An activation function as a module, so that it shows by name in a model's `repr`.

    Args:
        name: One of relu, leaky_relu, elu, selu, gelu, silu, sigmoid, tanh, softplus, hardtanh.
        **options: The function's own, such as `negative_slope=0.2`.

    Raises:
        ValueError: For an unknown name.

    Example:
        >>> Activation("relu")
        Activation(relu)

    Explained in question 5.
    """

    def __init__(self, name: str, **options: Any) -> None:
        choose("activation", name, tuple(ACTIVATIONS))
        self.name = name
        self.options = options
        self.function = functools.partial(ACTIVATIONS[name], **options) if options else ACTIVATIONS[name]

    def forward(self, input: Array) -> Any:
        return self.function(input)

    def extra_repr(self) -> str:
        return ", ".join([self.name, *(f"{key}={value}" for key, value in self.options.items())])
