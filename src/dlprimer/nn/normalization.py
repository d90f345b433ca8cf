"""Normalization layers: activations brought to mean 0 and variance 1, each over another set of axes.

Batch norm takes its mean over the examples of a batch, for each channel; layer norm over the features of each example; group norm over
groups of channels of each example; instance norm over each channel of each example. RMS norm leaves the mean where it is.

The mean is subtracted before anything is squared: the textbook's E[x^2] - E[x]^2 loses every digit in float32 when the mean is 10,000.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Array, Tensor, WithGradient, differentiable
from .arguments import HALF, floating
from .losses import refuse_gradient
from .module import Module, Parameter

BLOCK = 2**18
"""So many numbers are worked on at a time: they stay in the processor's cache from one operation to the next."""


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def batch_norm(
    input: Array, running_mean: Array | None, running_var: Array | None, weight: Array | None = None, bias: Array | None = None,
    training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> WithGradient:  # fmt: skip
    """Bring each channel to mean 0 and variance 1 over the batch, then scale by `weight` and shift by `bias`.

    Args:
        input: (N, C) or (N, C, d1, ...).
        running_mean: (C,), or None. In training it moves towards the batch's mean, in place; otherwise it is the mean that is used.
        running_var: (C,), or None, likewise. It follows the unbiased variance, with n - 1; the batch is divided by the biased one.
        weight: (C,), or None for 1.
        bias: (C,), or None for 0.
        training: Whether to use the batch's own mean and variance.
        momentum: The share of the batch in the new running values.
        eps: Added to the variance; positive in training.

    Returns:
        The shape of `input`.

    Raises:
        ValueError: If shapes do not fit, a running value is missing, `eps` is out of range, or a channel has a single value to train on.
        TypeError: If dtypes differ or are not floating point.

    Example:
        >>> batch_norm(np.array([[1.0], [3.0]]), None, None, training=True).round(3).tolist()
        [[-1.0], [1.0]]

    Paper: Ioffe and Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift, 2015.
    Explained in question 47.
    """
    N, C, L = channels("batch_norm", input, weight, bias, running_mean, running_var)
    check_batch_norm(input, running_mean, training, momentum, eps)
    n = max(N * L, 1)
    if training:
        xc, rest, var = centered(input, (N, C, L), n, running_mean, running_var, momentum)
    else:
        xc, rest, var = np.empty(input.shape, input.dtype), 0, np.asarray(running_var, input.dtype)
        np.subtract(input.reshape(N, C, L), wide(np.asarray(running_mean, input.dtype), L), out=xc.reshape(N, C, L))
    z = xc.reshape(N, C, L)
    rstd = 1 / np.sqrt(var + eps)
    scale = rstd if weight is None else rstd * weight
    y, factor, shift = np.empty_like(z), wide(scale, L), wide((0 if bias is None else bias) - rest * scale, L)
    for i in blocks(N, C * L):
        np.multiply(z[i], factor, out=y[i])
        y[i] += shift

    def vjp(g: Array) -> Any:
        g = g.reshape(N, C, L)
        db = total(g)
        dw = (total(g, z) - rest * db) * rstd

        def dx() -> Array:
            if not training:
                return (g * factor).reshape(input.shape)
            slope = rstd * dw / n  # each value also moved mean and variance: scale * (g - mean of g - x_hat * mean of g x_hat)
            along, constant = wide(slope, L), wide(slope * rest - db / n, L)
            for i in blocks(N, C * L):
                d = z[i]
                d *= along
                np.subtract(g[i], d, out=d)
                d += constant
                d *= factor
            return xc

        refuse = [lambda name=name: refuse_gradient("batch_norm", name) for name in ("running_mean", "running_var")]
        return dx, *refuse, dw, db

    return y.reshape(input.shape), vjp


def centered(
    input: Array, axes: tuple[int, int, int], n: int, running_mean: Array | None, running_var: Array | None, momentum: float
) -> tuple[Array, Array, Array]:
    """The input minus its channels' means, what rounding left in those (0.001 at a mean of 10,000), and the variances.

    The running values move on the way.
    """
    N, C, L = axes
    x, xc = input.reshape(axes), np.empty(input.shape, input.dtype)
    z = xc.reshape(axes)
    mean = total(x) / n
    middle, rest, squares = wide(mean, L), np.zeros_like(mean), np.zeros_like(mean)
    for i in blocks(N, C * L):
        np.subtract(x[i], middle, out=z[i])
        rest += total(z[i])
        squares += total(z[i], z[i])
    rest /= n
    var = np.maximum(squares / n - rest * rest, 0)
    if N * L:
        follow(running_mean, mean + rest, momentum)
        follow(running_var, var * (n / max(n - 1, 1)), momentum)
    return xc, rest, var


def total(a: Array, b: Array | None = None) -> Array:
    """The sum of each channel of a (N, C, L), or of a times b."""
    return np.einsum("ncl->c", a) if b is None else np.einsum("ncl,ncl->c", a, b)


def wide(v: Array, L: int) -> Array:
    """A number for each channel, written out for each of its L values: (C, L). Arithmetic with (C, 1) takes twice as long."""
    return np.repeat(v, L).reshape(-1, L) if L else np.empty((len(v), 0), v.dtype)


def blocks(n: int, size: int) -> list[slice]:
    """Slices of n items of this size that fit into the processor's cache."""
    step = max(BLOCK // max(size, 1), 1)
    return [slice(i, i + step) for i in range(0, n, step)]


def check_batch_norm(x: Array, running_mean: Array | None, training: bool, momentum: float, eps: float) -> None:
    """Refuse settings that batch norm cannot work with."""
    if not isinstance(momentum, (int, float, np.number)):
        raise TypeError(f"batch_norm: momentum must be a number, got {momentum!r}")
    if running_mean is None and not training:
        raise ValueError("batch_norm: running_mean and running_var must be given when training is False")
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"batch_norm: eps must be {'positive in training' if training else 'at least 0'}, got {eps}")
    if training and x.size == x.shape[1]:
        raise ValueError(f"batch_norm: expected more than 1 value per channel when training, got input of shape {x.shape}")


def follow(running: Array | None, value: Array, momentum: float) -> None:
    """Move a running value towards the new one, in place."""
    if running is not None:
        running = running.data if isinstance(running, Tensor) else running
        running *= 1 - momentum
        running += momentum * value.astype(running.dtype)


def standardize(
    x: Array, axes: tuple[int, int], eps: float, w: Array | None = None, center: bool = True
) -> tuple[Array, Callable[[Array], Array]]:
    """Bring each row to mean 0 (if `center`) and mean square 1.

    Args:
        x: An array of any shape, taken for R rows of length L.
        axes: R and L.
        eps: Added to the mean square.
        w: (L,), what the rows will be multiplied with, or None.
        center: Whether the mean is subtracted.

    Returns:
        The rows x_hat in the shape of x, and a function that turns a gradient of w x_hat into that of x; it uses up x_hat.
    """
    R, L = axes
    x_hat, rstd = np.empty(x.shape, x.dtype), np.empty((R, 1), x.dtype)
    rows, z = x.reshape(R, L), x_hat.reshape(R, L)
    average = np.full(L, 1 / max(L, 1), x.dtype)  # a product with it is a mean, faster than .mean
    for i in blocks(R, L):
        h = z[i]
        if center:
            np.subtract(rows[i], (rows[i] @ average)[:, None], out=h)
            h -= (h @ average)[:, None]  # what rounding left: at a mean of 10,000 it would pass for a signal
        else:
            h[...] = rows[i]
        rstd[i, 0] = 1 / np.sqrt(np.vecdot(h, h) / max(L, 1) + eps)
        h *= rstd[i]

    def back(g: Array) -> Array:
        g = g.reshape(R, L)
        for i in blocks(R, L):
            h, d = z[i], g[i] if w is None else g[i] * w
            h *= np.vecdot(d, h)[:, None] / max(L, 1)
            if center:
                h += (d @ average)[:, None]
            np.subtract(d, h, out=h)  # the gradient's mean and its part along x_hat cannot pass
            h *= rstd[i]
        return x_hat

    return x_hat, back


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def layer_norm(
    input: Array, normalized_shape: Sequence[int], weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> WithGradient:
    """Bring each example to mean 0 and variance 1 over its last axes, then scale by `weight` and shift by `bias`.

    Args:
        input: (..., *normalized_shape).
        normalized_shape: Lengths of the axes to normalize over.
        weight: Of shape `normalized_shape`, or None for 1.
        bias: Likewise, or None for 0.
        eps: Added to the variance.

    Returns:
        The shape of `input`.

    Raises:
        ValueError: If shapes do not fit or `eps` is negative.
        TypeError: If dtypes differ or are not floating point, or `normalized_shape` is not a sequence of whole numbers.

    Example:
        >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), (2,)).round(3).tolist()
        [[-1.0, 1.0], [-1.0, 1.0]]

    Paper: Ba, Kiros and Hinton, Layer normalization, 2016. Explained in question 48.
    """
    R, L = rows_of("layer_norm", input, normalized_shape, eps, weight=weight, bias=bias)
    w = np.ones(L, input.dtype) if weight is None else weight.ravel()
    b = np.zeros(L, input.dtype) if bias is None else bias.ravel()
    y, back = layer_norm_of_rows(input, (R, L), np.concatenate([w, b]).reshape(2, L), eps)

    def vjp(g: Array) -> Any:
        dx, dwb = back(g)
        return dx, None, *dwb.reshape(2, *normalized_shape)

    return y, vjp


def layer_norm_of_rows(x: Array, axes: tuple[int, int], wb: Array, eps: float) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """Layer norm of x, taken for R rows of length L, with weight and bias wb (2, L); its gradients by x and wb, once.

    Rows are short. Computing with one number for each of them takes longer than writing it out over the row first, by a copy, or by a
    product with two columns: y = xc * (p[0] @ wb) + p[1] @ wb, where xc is x minus the mean, p[0] = (rstd, 0) and p[1] = (-rest rstd, 1).
    """
    R, L = axes
    xc, y = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    rows, centered, out = x.reshape(R, L), xc.reshape(R, L), y.reshape(R, L)
    share = np.full(L, 1 / max(L, 1), x.dtype)  # a @ share: the means of a's rows
    rest, p = np.empty(R, x.dtype), np.zeros((2, R, 2), x.dtype)
    p[1, :, 1] = 1
    room = np.empty((2, min(BLOCK // max(L, 1) + 1, R), L), x.dtype)
    for i in blocks(R, L):
        z = centered[i]
        slope = room[0, : len(z)]
        np.copyto(z, (rows[i] @ share)[:, None])
        np.subtract(rows[i], z, out=z)
        rest[i] = r = z @ share  # what rounding left of the mean: at 10,000 it would pass for a signal
        rstd = 1 / np.sqrt(np.maximum(np.vecdot(z, z) / max(L, 1) - r * r, 0) + eps)
        p[0, i, 0], p[1, i, 0] = rstd, -r * rstd
        np.matmul(p[0, i], wb, out=slope)
        slope *= z
        np.matmul(p[1, i], wb, out=out[i])
        out[i] += slope

    def vjp(g: Array) -> tuple[Array, Array]:
        g, w_mean, dwb = g.reshape(R, L), wb[0] / max(L, 1), np.zeros_like(wb)
        for i in blocks(R, L):
            d, z, r, rstd = g[i], centered[i], rest[i], p[0, i, 0]
            slope, dz = room[:, : len(z)]
            np.multiply(d, z, out=dz)
            dwb += p[0, i].T @ dz + p[1, i].T @ d
            mean = rstd * (d @ w_mean)  # the gradient's mean and its part along x_hat cannot pass
            along = rstd * rstd * (rstd * (dz @ w_mean) - r * mean)
            np.copyto(dz, along[:, None])
            z *= dz
            np.copyto(dz, (mean - r * along)[:, None])
            z += dz
            np.matmul(p[0, i], wb, out=slope)
            slope *= d
            np.subtract(slope, z, out=z)
        return xc, dwb

    return y, vjp


@differentiable
@floating("input", "weight", same_dtype=True)
def rms_norm(input: Array, normalized_shape: Sequence[int], weight: Array | None = None, eps: float | None = None) -> WithGradient:
    """Divide each example by the root of its mean square over its last axes, then scale by `weight`. The mean stays.

    Args:
        input: (..., *normalized_shape).
        normalized_shape: Lengths of the axes to normalize over.
        weight: Of shape `normalized_shape`, or None for 1.
        eps: Added to the mean square; None for the distance from 1 to the next number of the dtype it is computed in.

    Returns:
        The shape of `input`.

    Raises:
        ValueError: If shapes do not fit or `eps` is negative.
        TypeError: If dtypes differ or are not floating point, or `normalized_shape` is not a sequence of whole numbers.

    Example:
        >>> rms_norm(np.array([[3.0, 4.0, 0.0, 0.0]]), (4,)).round(3).tolist()
        [[1.2, 1.6, 0.0, 0.0]]

    Paper: Zhang and Sennrich, Root mean square layer normalization, 2019. Explained in question 48.
    """
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    R, L = rows_of("rms_norm", input, normalized_shape, eps, weight=weight)
    w = None if weight is None else weight.reshape(L)
    x_hat, back = standardize(input, (R, L), eps, w, center=False)

    def vjp(g: Array) -> Any:
        rows, shape = g.reshape(R, L), tuple(normalized_shape)
        dw = None if w is None else np.einsum("rl,rl->l", rows, x_hat.reshape(R, L)).reshape(shape)  # before x_hat is used up
        return lambda: back(g), None, dw

    return x_hat * (1 if weight is None else weight), vjp


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def group_norm(
    input: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> WithGradient:
    """Bring groups of neighboring channels to mean 0 and variance 1, in each example alone; then scale and shift each channel.

    Args:
        input: (N, C) or (N, C, d1, ...).
        num_groups: How many groups; divides C. 1 normalizes over all channels, C each channel by itself.
        weight: (C,), or None for 1.
        bias: (C,), or None for 0.
        eps: Added to the variance.

    Returns:
        The shape of `input`.

    Raises:
        ValueError: If shapes do not fit, `eps` is negative, or there is a single value to normalize.
        TypeError: If dtypes differ or are not floating point.

    Example:
        >>> group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2).round(3).tolist()
        [[-1.0, 1.0, -1.0, 1.0]]

    Paper: Wu and He, Group normalization, 2018. Explained in question 48.
    """
    N, C, L = channels("group_norm", input, weight, bias)
    check_groups("group_norm", C, num_groups)
    if eps < 0:
        raise ValueError(f"group_norm: eps must be at least 0, got {eps}")
    if N * C // num_groups * L == 1:
        raise ValueError(f"group_norm: expected more than 1 value per group, got input of shape {input.shape} for {num_groups} groups")
    x_hat, back = standardize(input, (N * num_groups, C // num_groups * L), eps)
    factor = 1 if weight is None else wide(weight, L).reshape(input.shape[1:])
    y = x_hat * factor
    if bias is not None:
        y += wide(bias, L).reshape(input.shape[1:])

    def vjp(g: Array) -> Any:
        channels = g.reshape(N, C, L)
        dw = None if weight is None else total(channels, x_hat.reshape(N, C, L))  # before x_hat is used up
        return lambda: back(g if weight is None else g * factor), None, dw, lambda: total(channels)

    return y, vjp


def instance_norm(
    input: Array, running_mean: Array | None = None, running_var: Array | None = None, weight: Array | None = None,
    bias: Array | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Bring each channel of each example to mean 0 and variance 1, then scale by `weight` and shift by `bias`.

    It is group norm with one group for each channel; with running values instead of its own it is batch norm in use.

    Args:
        input: (N, C, d1, ...).
        running_mean: (C,), or None. Moves in place towards the mean over the examples of their means.
        running_var: (C,), or None, likewise, for the unbiased variances.
        weight: (C,), or None for 1.
        bias: (C,), or None for 0.
        use_input_stats: Whether to use each example's own mean and variance, or the running ones.
        momentum: The share of the batch in the new running values.
        eps: Added to the variance; positive if the input's own variance is used.

    Returns:
        The shape of `input`.

    Raises:
        ValueError: If shapes do not fit, a running value is missing, `eps` is out of range, or a channel has a single value.
        TypeError: If dtypes differ or are not floating point.

    Example:
        >>> instance_norm(np.array([[[1.0, 3.0], [5.0, 5.0]]])).round(3).tolist()
        [[[-1.0, 1.0], [0.0, 0.0]]]

    Paper: Ulyanov, Vedaldi and Lempitsky, Instance normalization: the missing ingredient for fast stylization, 2016. Explained in
    question 48.
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    N, C, L = channels("instance_norm", input, weight, bias, running_mean, running_var)
    if L == 1:
        raise ValueError(f"instance_norm: expected more than 1 value per channel of an example, got input of shape {input.shape}")
    if eps <= 0:
        raise ValueError(f"instance_norm: eps must be positive, got {eps}")
    y = group_norm(input, C, weight, bias, eps) if C else input
    if running_mean is not None and N * L:
        x = (input.data if isinstance(input, Tensor) else input).reshape(N, C, L)
        x = x.astype(np.promote_types(x.dtype, np.float32), copy=False)
        follow(running_mean, x.mean(axis=2).mean(axis=0), momentum)
        follow(running_var, x.var(axis=2, ddof=1).mean(axis=0), momentum)
    return y


def channels(name: str, x: Array, weight: Any, bias: Any, running_mean: Any = None, running_var: Any = None) -> tuple[int, int, int]:
    """(N, C, L) of an input (N, C, d1, ...), L values in each channel, once everything that has one value for each channel fits."""
    if not hasattr(x, "dtype"):
        raise TypeError(f"{name}: input must be an array or a Tensor, got {type(x).__name__}")
    if np.ndim(x) < 2:
        raise ValueError(f"{name}: input must be (N, C) or (N, C, d1, ...), got shape {np.shape(x)}")
    N, C, *rest = x.shape
    given = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    for argument, v in given.items():
        if v is not None and np.shape(v) != (C,):
            raise ValueError(f"{name}: {argument} must have shape ({C},), one number for each channel, got {np.shape(v)}")
    if (running_mean is None) != (running_var is None):
        raise ValueError(f"{name}: running_mean and running_var must be given together, or neither")
    for argument in ("running_mean", "running_var"):
        dtype = getattr(given[argument], "dtype", type(given[argument]).__name__)
        if given[argument] is not None and str(dtype) not in ("float16", "float32" if x.dtype == HALF else str(x.dtype)):
            raise TypeError(f"{name}: input is {x.dtype} but {argument} is {dtype}")
    return N, C, math.prod(rest)


def check_groups(name: str, num_channels: int, num_groups: int) -> None:
    """Refuse a number of groups that does not divide the channels."""
    if not isinstance(num_groups, (int, np.integer)) or num_groups < 1 or num_channels % num_groups:
        raise ValueError(f"{name}: num_groups must be a positive whole number that divides the {num_channels} channels, got {num_groups!r}")


def rows_of(name: str, x: Array, normalized_shape: Sequence[int], eps: float, **parameters: Any) -> tuple[int, int]:
    """(R, L): how many rows the input has when its last axes, of the normalized shape, are one axis of length L."""
    if not isinstance(normalized_shape, (tuple, list)) or not all(isinstance(d, (int, np.integer)) for d in normalized_shape):
        raise TypeError(f"{name}: normalized_shape must be a tuple of whole numbers, such as (256,), got {normalized_shape!r}")
    shape = tuple(normalized_shape)
    if not shape or x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise ValueError(f"{name}: input must end in normalized_shape, at least one axis; got shapes {x.shape} and {shape}")
    for argument, v in parameters.items():
        if v is not None and v.shape != shape:
            raise ValueError(f"{name}: {argument} must have the shape of normalized_shape, {shape}, got {v.shape}")
    if eps < 0:
        raise ValueError(f"{name}: eps must be at least 0, got {eps}")
    return math.prod(x.shape[: x.ndim - len(shape)]), math.prod(shape)


# ---- as modules ----


class _Norm(Module):
    """What normalizations by channel share: weights, biases and running statistics, one number for each channel.

    Args:
        num_features: How many channels there are.
        eps: Added to the variance.
        momentum: The share of the batch in the new running values; None for their plain average over all batches (batch norm only).
        affine: Whether to learn a weight and a bias for each channel.
        track_running_stats: Whether to keep running values, for use after training.
        bias: Whether there is a bias too, if affine.
        dtype: Of the parameters and running values.
    """

    axes: tuple[int, ...] = ()

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
        *, bias: bool = True, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        if not isinstance(num_features, (int, np.integer)) or num_features < 1:
            raise ValueError(f"{type(self).__name__}: num_features must be a positive whole number, got {num_features!r}")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine and bias else None
        self.running_mean: Any = None
        self.running_var: Any = None
        self.num_batches_tracked: Any = None
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.array(0))

    def check_axes(self, x: Array) -> None:
        if np.ndim(x) not in self.axes:
            raise ValueError(f"{type(self).__name__}: input must have {' or '.join(map(str, self.axes))} axes, got shape {np.shape(x)}")

    def extra_repr(self) -> str:
        names = ("eps", "momentum", "affine", "track_running_stats")
        return ", ".join([str(self.num_features), *(f"{name}={getattr(self, name)}" for name in names)])


class _BatchNorm(_Norm):
    def forward(self, input: Array) -> Any:
        self.check_axes(input)
        if not self.training:
            return batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, self.running_mean is None, 0, self.eps)
        seen = int(self.num_batches_tracked) + 1 if self.track_running_stats else 1
        momentum = 1 / seen if self.momentum is None else self.momentum
        y = batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, True, momentum, self.eps)
        if self.track_running_stats:
            self.num_batches_tracked[...] = seen
        return y


class BatchNorm1d(_BatchNorm):
    """`batch_norm` with parameters and running statistics of its own, for vectors and sequences.

    In training it uses the batch's statistics, afterwards (`eval()`) the running ones.

    Args:
        num_features: C.
        eps: Added to the variance.
        momentum: The share of the batch in the new running values; None for their plain average over all batches.
        affine: Whether to learn a weight and a bias for each channel.
        track_running_stats: Whether to keep running values; without them the batch's own are always used.
        bias: Whether there is a bias too, if affine.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight, bias: (C,), starting at 1 and 0, or None.
        running_mean, running_var: (C,) arrays, starting at 0 and 1, or None.
        num_batches_tracked: How many batches went into them.

    Returns (when called): (N, C) or (N, C, L), the input's shape.

    Example:
        >>> layer = BatchNorm1d(3)
        >>> layer(np.eye(3, dtype=np.float32)).shape, [round(mean, 3) for mean in layer.running_mean.tolist()]
        ((3, 3), [0.033, 0.033, 0.033])

    Explained in question 47.
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`batch_norm` for images: one mean and one variance for each channel, over all pixels of all images of the batch.

    Args and attributes as of `BatchNorm1d`.

    Returns (when called): (N, C, H, W), the input's shape.

    Example:
        >>> BatchNorm2d(3)(np.zeros((2, 3, 4, 4), np.float32)).shape
        (2, 3, 4, 4)

    Explained in question 47.
    """

    axes = (4,)


class InstanceNorm2d(_Norm):
    """`instance_norm` for images: each channel of each image by itself.

    Args:
        num_features: C.
        eps: Added to the variance.
        momentum: The share of the batch in the new running values; None for 0.
        affine: Whether to learn a weight and a bias for each channel.
        track_running_stats: Whether to keep running values and use them after training.
        bias: Whether there is a bias too, if affine.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight, bias: (C,), starting at 1 and 0, or None.
        running_mean, running_var: (C,) arrays, or None.

    Returns (when called): (N, C, H, W) or, for one image, (C, H, W), the input's shape.

    Example:
        >>> InstanceNorm2d(3)(np.ones((2, 3, 4, 4), np.float32)).max().tolist()
        0.0

    Explained in question 48.
    """

    axes = (3, 4)

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False, track_running_stats: bool = False,
        *, bias: bool = True, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, input: Array) -> Any:
        self.check_axes(input)
        x = input if np.ndim(input) == 4 else input[None]  # (N, C, H, W)
        if x.shape[1] != self.num_features:
            raise ValueError(f"InstanceNorm2d: input must have {self.num_features} channels, got shape {input.shape}")
        own = self.training or not self.track_running_stats
        y = instance_norm(x, self.running_mean, self.running_var, self.weight, self.bias, own, self.momentum or 0, self.eps)
        return y if np.ndim(input) == 4 else y[0]


class GroupNorm(Module):
    """`group_norm` with a weight and a bias for each channel.

    Args:
        num_groups: Divides `num_channels`.
        num_channels: C.
        eps: Added to the variance.
        affine: Whether to learn a weight and a bias for each channel.
        bias: Whether there is a bias too, if affine.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight, bias: (C,), starting at 1 and 0, or None.

    Example:
        >>> GroupNorm(2, 4)(np.ones((1, 4, 5, 5), np.float32)).shape
        (1, 4, 5, 5)

    Explained in question 48.
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True, dtype: Any = np.float32
    ) -> None:
        check_groups("GroupNorm", num_channels, num_groups)
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.weight = Parameter(np.ones(num_channels, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, dtype)) if affine and bias else None

    def forward(self, input: Array) -> Any:
        if np.ndim(input) < 2 or input.shape[1] != self.num_channels:
            raise ValueError(f"GroupNorm: input must be (N, {self.num_channels}, ...), got shape {np.shape(input)}")
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LayerNorm(Module):
    """`layer_norm` with a weight and a bias for each feature.

    Args:
        normalized_shape: Lengths of the last axes, or a single length.
        eps: Added to the variance.
        elementwise_affine: Whether to learn a weight and a bias.
        bias: Whether there is a bias too, if affine.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight, bias: Of shape `normalized_shape`, starting at 1 and 0, or None.

    Example:
        >>> [round(y, 2) for y in LayerNorm(4)(np.arange(4, dtype=np.float32)).tolist()]
        [-1.34, -0.45, 0.45, 1.34]

    Explained in question 48.
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        *, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self.normalized_shape = as_shape("LayerNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape, dtype)) if elementwise_affine and bias else None

    def forward(self, input: Array) -> Any:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"


class RMSNorm(Module):
    """`rms_norm` with a weight for each feature.

    Args:
        normalized_shape: Lengths of the last axes, or a single length.
        eps: Added to the mean square; None for the dtype's own, see `rms_norm`.
        elementwise_affine: Whether to learn a weight.
        dtype: Of the weight; inputs must have it too.

    Attributes:
        weight: Of shape `normalized_shape`, starting at 1, or None.

    Example:
        >>> [round(y, 2) for y in RMSNorm(4)(np.array([3, 4, 0, 0], np.float32)).tolist()]
        [1.2, 1.6, 0.0, 0.0]

    Explained in question 48.
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True, *, dtype: Any = np.float32
    ) -> None:
        self.normalized_shape = as_shape("RMSNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None

    def forward(self, input: Array) -> Any:
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def as_shape(name: str, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The lengths as a tuple; at least one, each positive."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if not shape or not all(isinstance(d, (int, np.integer)) and d >= 0 for d in shape):
        raise ValueError(f"{name}: normalized_shape must be one or more whole numbers, got {normalized_shape!r}")
    return tuple(int(d) for d in shape)
