"""Pooling: windows of an image summed up by one number; and its reverse, images brought to another size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import choose, floating
from .convolution import Pair, Windows, block_of, of_shape, pairwise, resample, whole_numbers
from .module import Module


def pool_windows(name: str, x: Array, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Windows:
    """The windows of a pooling; with `ceil_mode` the last ones may hang over, if they start within the image or its left margin."""
    if x.ndim not in (3, 4) or 0 in x.shape[-3:]:
        raise ValueError(f"{name}: input must be (N, C, H, W) or (C, H, W) with pixels and channels, got shape {x.shape}")
    kernel = whole_numbers(f"{name}: kernel_size", kernel_size, 2, 1)
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        stride = kernel
    stride, dilation = (whole_numbers(f"{name}: {n}", v, 2, 1) for n, v in (("stride", stride), ("dilation", dilation)))
    padding = whole_numbers(f"{name}: padding", padding, 2, 0)
    at = Windows(x.shape[-2:], kernel, stride, dilation, padding, padding)
    if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(f"{name}: padding must be at most half of kernel_size {kernel}, got {padding}")
    if ceil_mode:
        hangs = pairwise(lambda n, p, e, s: -(-(n + 2 * p - e) // s), at.size, padding, at.extent, stride)  # start of the last, in strides
        hangs = pairwise(lambda last, n, p, s: last - (last * s >= n + p), hangs, at.size, padding, stride)
        after = pairwise(lambda last, s, e, n, p: last * s + e - n - p, hangs, stride, at.extent, at.size, padding)
        at = Windows(at.size, kernel, stride, dilation, padding, after)
    if min(at.out) < 1:
        raise ValueError(f"{name}: the window spans {at.extent} pixels, more than the padded input of shape {x.shape} has")
    return at


@differentiable
@floating("input")
def max_pool2d(
    input: Array, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0,
    dilation: int | Pair = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> WithGradient:  # fmt: skip
    """The largest number in each window. The gradient goes to it alone; among equals to the first, row by row.

    Args:
        input: (N, C, H, W) or (C, H, W), floating point.
        kernel_size: Of the window; one number, or (height, width), here and below.
        stride: Pixels from one window to the next; `kernel_size` if None.
        padding: Pixels of minus infinity on both sides, at most half of `kernel_size`.
        dilation: Pixels from one tap of the window to the next.
        ceil_mode: Whether a last window may hang over the margin.
        return_indices: Only False: where the largest numbers were is not returned.

    Returns:
        (N, C, H', W') or (C, H', W') with H' = (H + 2 padding - dilation (kernel_size - 1) - 1) / stride + 1, rounded down, or
        up with `ceil_mode`.

    Raises:
        ValueError: If the input has other axes, a setting is out of range or the window is larger than the padded input.

    Example:
        >>> max_pool2d(np.array([[[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 1.0, 1.0]]]), 2).tolist()
        [[[4.0, 5.0]]]

    Explained in question 64.
    """
    x = input
    if return_indices:
        raise ValueError("max_pool2d: return_indices must be False, the places of the largest numbers are not returned")
    at = pool_windows("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)
    images = at.padded(x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:]), fill=-math.inf)  # (N, C, H, W)
    y = np.empty((*images.shape[:2], *at.out), x.dtype)
    back: list[tuple[Any, Any]] = []
    B = block_of(len(images), math.prod(images.shape[1:]))
    blocks = [slice(n, n + B) for n in range(0, len(images), B)]  # of images that stay in the cache
    for block in blocks:
        rows, back_from_rows = max_along(images[block], at, 1)  # (B, C, H, OW): along rows first, as the first among equals is sought
        y[block], back_from_columns = max_along(rows, at, 0)  # (B, C, OH, OW)
        back.append((back_from_rows, back_from_columns))

    def vjp(g: Array) -> Any:
        g = g.reshape(y.shape)
        dx = np.empty_like(images)
        for block, (back_from_rows, back_from_columns) in zip(blocks, back, strict=True):
            back_from_rows(back_from_columns(g[block]), dx[block])
        return of_shape(at.inside(dx), x.shape)

    return y.reshape(*x.shape[:-2], *at.out), vjp


def max_along(x: Array, at: Windows, axis: int) -> tuple[Any, Callable[[Any], Any]]:
    """The maxima of the windows along one axis of images, and how the gradient goes back to the first of the largest in each."""
    k, s, d, out = at.kernel[axis], at.stride[axis], at.dilation[axis], at.out[axis]

    def taps(image: Array) -> list[Array]:
        places = [slice(i * d, i * d + (out - 1) * s + 1, s) for i in range(k)]
        return [image[:, :, place] if axis == 0 else image[..., place] for place in places]

    inputs = [tap.copy() if axis == 1 and s > 1 else tap for tap in taps(x)]  # comparing single pixels far apart takes thrice as long
    first, *others = inputs
    y = np.maximum(first, others[0] if others else first)
    for tap in others[1:]:
        np.maximum(y, tap, out=y)

    def vjp(g: Array, dx: Array | None = None) -> Array:
        tiles = d == 1 and s == k and out * s == x.shape[2 + axis]  # every pixel in one window
        dx = np.empty_like(x) if dx is None else dx
        if not tiles:
            dx[...] = 0
        rest, part = g, np.empty_like(y)  # `rest`: of windows whose largest has not come yet
        for i, (tap, target) in enumerate(zip(inputs, taps(dx), strict=True)):
            if i == k - 1:
                part = rest
            else:
                np.equal(tap, y, out=part, casting="unsafe")  # 1 and 0: multiplied by faster than booleans
                part *= rest
                rest = rest - part
            if tiles:
                target[...] = part
            else:
                target += part
        return dx

    return y, vjp


@differentiable
@floating("input")
def avg_pool2d(
    input: Array, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> WithGradient:  # fmt: skip
    """The mean of each window.

    Args:
        input: (N, C, H, W) or (C, H, W), floating point.
        kernel_size: Of the window; one number, or (height, width), here and below.
        stride: Pixels from one window to the next; `kernel_size` if None.
        padding: Zeros on both sides, at most half of `kernel_size`.
        ceil_mode: Whether a last window may hang over the margin; what hangs over does not count.
        count_include_pad: Whether the zeros of the padding count as pixels.
        divisor_override: What to divide the sum by instead of the number of pixels.

    Returns:
        (N, C, H', W') or (C, H', W'), sizes as for `max_pool2d`.

    Raises:
        ValueError: If the input has other axes, a setting is out of range or the window is larger than the padded input.

    Example:
        >>> avg_pool2d(np.array([[[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 1.0, 2.0]]]), 2).tolist()
        [[[2.5, 2.0]]]

    Explained in question 64.
    """
    x = input
    at = pool_windows("avg_pool2d", x, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override is not None and divisor_override == 0:
        raise ValueError("avg_pool2d: divisor_override must not be 0")

    def pixels(axis: int) -> Array:
        """How many pixels each window counts along the axis."""
        n, p = at.size[axis], at.before[axis]
        start = np.arange(at.out[axis]) * at.stride[axis] - p
        end = np.minimum(start + at.kernel[axis], n + p)
        return end - start if count_include_pad else np.minimum(end, n) - np.maximum(start, 0)

    count = pixels(0)[:, None] * pixels(1) if divisor_override is None else np.array(divisor_override)
    share = (1 / count).astype(x.dtype)  # (OH, OW), or one number
    images = x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:])
    taps = at.taps(at.padded(images))
    y = taps[0].copy()
    for tap in taps[1:]:
        y += tap
    y *= share

    def vjp(g: Array) -> Array:
        part = g.reshape(y.shape) * share
        return of_shape(at.fold([part] * len(taps), images), x.shape)

    return y.reshape(*x.shape[:-2], *at.out), vjp


@differentiable
@floating("input")
def adaptive_avg_pool2d(input: Array, output_size: int | tuple[int | None, int | None] | None) -> WithGradient:
    """The means of as many windows as asked for, whatever the size of the image; 1 gives the mean of each channel.

    Window i of n runs from floor(i H / n) to ceil((i + 1) H / n), so windows overlap where n does not divide H.

    Args:
        input: (N, C, H, W) or (C, H, W), floating point.
        output_size: Windows along height and width: one number, or a pair; None for the size of the input.

    Returns:
        (N, C, *output_size) or (C, *output_size).

    Raises:
        ValueError: If the input has other axes or no pixels, or a size is negative.

    Example:
        >>> adaptive_avg_pool2d(np.array([[[1.0, 2.0], [3.0, 6.0]]]), 1).tolist()
        [[[3.0]]]

    Explained in question 64.
    """
    x, sizes = input, output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if x.ndim not in (3, 4) or 0 in x.shape[-3:]:
        raise ValueError(f"adaptive_avg_pool2d: input must be (N, C, H, W) or (C, H, W) with pixels and channels, got shape {x.shape}")
    if len(sizes) != 2:
        raise ValueError(f"adaptive_avg_pool2d: output_size must be one number or a pair, got {output_size!r}")
    plans = []
    for axis, length in zip((x.ndim - 2, x.ndim - 1), sizes, strict=True):
        n = x.shape[axis]
        (out,) = whole_numbers("adaptive_avg_pool2d: output_size", n if length is None else length, 1, 0)
        start = np.arange(out) * n // max(out, 1)
        count = -(-(np.arange(out) + 1) * n // max(out, 1)) - start
        step = np.arange(count.max(initial=1))[:, None]  # a window's pixels, one after the other, as far as it has them
        plans.append((axis, np.minimum(start + step, n - 1), (step < count) / count))
    return resample(x, plans)


@differentiable
@floating("input")
def interpolate(
    input: Array, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest", align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> WithGradient:  # fmt: skip
    """An image at another size: each new pixel copies the nearest old one, or mixes its neighbors.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W) for "nearest"; (N, C, H, W) for "bilinear".
        size: Of the output; one number, or one for each axis.
        scale_factor: How many times larger, in place of `size`; the new size is rounded down.
        mode: "nearest" or "bilinear".
        align_corners: For "bilinear", whether the centers of the corner pixels, instead of their outer corners, stay where they are.
        recompute_scale_factor: Whether to compute with the ratio of the sizes rather than `scale_factor`, from which rounding moves it.
        antialias: Only False: smaller images are not smoothed first.

    Returns:
        (N, C, *size).

    Raises:
        ValueError: If not exactly one of `size` and `scale_factor` is given, or they do not fit the input.

    Example:
        >>> image = np.array([[[[0.0, 4.0]]]])
        >>> interpolate(image, (1, 4)).tolist()
        [[[[0.0, 0.0, 4.0, 4.0]]]]
        >>> interpolate(image, (1, 4), mode="bilinear").tolist()
        [[[[0.0, 1.0, 3.0, 4.0]]]]

    Explained in question 70.
    """
    x = input
    choose("interpolate: mode", mode, ("nearest", "bilinear"))
    if antialias:
        raise ValueError("interpolate: antialias must be False, images are not smoothed before they are made smaller")
    if x.ndim not in ((3, 4, 5) if mode == "nearest" else (4,)) or 0 in x.shape[1:]:
        raise ValueError(f"interpolate: mode={mode!r} takes (N, C, H, W){', (N, C, L) or (N, C, D, H, W)' * (mode == 'nearest')} "
                         f"with pixels and channels, got shape {x.shape}")  # fmt: skip
    if mode == "nearest" and align_corners is not None:
        raise ValueError("interpolate: align_corners is for mode='bilinear'")
    sizes, ratios = new_sizes(x.shape[2:], size, scale_factor, recompute_scale_factor)
    plans: list[Any] = []
    for axis, (n, out, ratio) in enumerate(zip(x.shape[2:], sizes, ratios, strict=True), 2):
        if mode == "nearest" or out == n:
            plans.append((axis, nearest_places(n, out, ratio)[None], None))
        else:
            place = np.arange(out) * ((n - 1) / max(out - 1, 1)) if align_corners else np.maximum((np.arange(out) + 0.5) * ratio - 0.5, 0)
            low = np.minimum(place.astype(np.int64), n - 1)
            share = np.minimum(place - low, 1)  # of the pixel behind
            plans.append((axis, np.stack([low, np.minimum(low + 1, n - 1)]), np.stack([1 - share, share])))
    return resample(x, plans)


def new_sizes(old: tuple[int, ...], size: Any, scale_factor: Any, recompute: bool | None) -> tuple[tuple[int, ...], list[float]]:
    """The sizes asked for, and for each axis how many old pixels go into a new one."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: exactly one of size and scale_factor must be given, got {size!r} and {scale_factor!r}")
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor is for scale_factor, not for size")
        if isinstance(size, (tuple, list)) and len(size) != len(old):
            raise ValueError(f"interpolate: size must be one number or {len(old)} of them, got {size!r}")
        sizes = whole_numbers("interpolate: size", size, len(old), 1)
        return sizes, [n / out for n, out in zip(old, sizes, strict=True)]
    factors = list(scale_factor) if isinstance(scale_factor, (tuple, list)) else [scale_factor] * len(old)
    if len(factors) != len(old) or any(not isinstance(f, (int, float, np.number)) or not f > 0 for f in factors):
        raise ValueError(f"interpolate: scale_factor must be a positive number, or {len(old)} of them, got {scale_factor!r}")
    sizes = tuple(math.floor(n * f) for n, f in zip(old, factors, strict=True))
    if min(sizes) < 1:
        raise ValueError(f"interpolate: scale_factor={scale_factor!r} leaves nothing of {old}")
    return sizes, [n / out if recompute else 1 / f for n, out, f in zip(old, sizes, factors, strict=True)]


def nearest_places(n: int, out: int, ratio: float) -> Array:
    """The old pixel that each new one copies, computed in float32 as PyTorch does: which of two it is can depend on the last digit."""
    if out in (n, 2 * n):
        return np.arange(out) * n // out
    places = np.floor(np.arange(out, dtype=np.float32) * np.float32(ratio)).astype(np.int64)
    return np.minimum(places, n - 1)


class MaxPool2d(Module):
    """The layer of `max_pool2d`.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: As for `max_pool2d`.

    Example:
        >>> MaxPool2d(2)(np.zeros((1, 3, 8, 8))).shape
        (1, 3, 4, 4)

    Explained in question 64.
    """

    def __init__(
        self, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0, dilation: int | Pair = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        if return_indices:
            raise ValueError("MaxPool2d: return_indices must be False, the places of the largest numbers are not returned")
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = ceil_mode

    def forward(self, input: Array) -> Any:
        return max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def extra_repr(self) -> str:
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
                f"ceil_mode={self.ceil_mode}")  # fmt: skip


class AvgPool2d(Module):
    """The layer of `avg_pool2d`.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: As for `avg_pool2d`.

    Example:
        >>> AvgPool2d(2)(np.zeros((1, 3, 8, 8))).shape
        (1, 3, 4, 4)

    Explained in question 64.
    """

    def __init__(
        self, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Array) -> Any:
        settings = (self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override)
        return avg_pool2d(input, self.kernel_size, *settings)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
