"""Convolution: one small window of weights slides over the image, and every place is treated alike.

Everything here rests on three sums over the windows of an image: `correlate` (the convolution itself), `spread` (its gradient with respect
to the image, and at the same time the transposed convolution) and `weight_gradient`. `Windows` says where the windows lie.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..autograd import Array, WithGradient, differentiable
from .arguments import choose, floating, generator
from .module import Module, Parameter, Residual

Pair = tuple[int, int]
BLOCK = 2**19
"""How many numbers a temporary array holds at most, where that can be chosen: larger ones leave the cache."""


@dataclass(frozen=True)
class Windows:
    """Where the windows of a kernel lie on an image; every field is a pair, (height, width).

    Attributes:
        size: Of the image.
        kernel: Taps of the kernel.
        stride: From one window to the next.
        dilation: From one tap to the next.
        before, after: Zeros added above and to the left, and below and to the right.
    """

    size: Pair
    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)

    @functools.cached_property
    def extent(self) -> Pair:
        """How many pixels a window spans."""
        return pairwise(lambda k, d: d * (k - 1) + 1, self.kernel, self.dilation)

    @functools.cached_property
    def out(self) -> Pair:
        """How many windows there are."""
        padded = pairwise(lambda n, p, q: n + p + q, self.size, self.before, self.after)
        return pairwise(lambda n, e, s: (n - e) // s + 1, padded, self.extent, self.stride)

    @functools.cached_property
    def pointwise(self) -> bool:
        """Whether every pixel is a window."""
        return self.kernel == self.stride == (1, 1) and self.before == self.after == (0, 0)

    def taps(self, image: Array) -> list[Array]:
        """What each tap of the kernel meets in all windows of a padded image: views (N, C, OH, OW), row by row of the kernel."""
        (OH, OW), (KH, KW), (down, across) = self.out, self.kernel, self.stride
        starts = [(i * self.dilation[0], j * self.dilation[1]) for i in range(KH) for j in range(KW)]
        return [image[:, :, i : i + (OH - 1) * down + 1 : down, j : j + (OW - 1) * across + 1 : across] for i, j in starts]

    def padded(self, x: Array, fill: float = 0) -> Any:
        """The image (N, C, H, W) with a margin as wide as the windows need."""
        after = pairwise(lambda n: max(0, n), self.after)
        if self.before == after == (0, 0):
            return x
        height, width = pairwise(lambda *n: sum(n), self.before, self.size, after)
        y = np.full((*x.shape[:2], height, width), fill, x.dtype)
        self.inside(y)[...] = x
        return y

    def inside(self, image: Array) -> Any:
        """A padded image without its margin."""
        (top, left), (H, W) = self.before, self.size
        return image if image.shape[2:] == self.size else image[:, :, top : top + H, left : left + W]

    def fold(self, parts: Iterable[Array], like: Array) -> Any:
        """Add up what every tap gets in all windows, (N, C, OH, OW) each, to the image they lie on: where they overlap is summed."""
        (N, C), after = like.shape[:2], pairwise(lambda n: max(0, n), self.after)
        image = np.zeros((N, C, *pairwise(lambda *n: sum(n), self.before, self.size, after)), like.dtype)
        for tap, part in zip(self.taps(image), parts, strict=True):
            tap += part
        return self.inside(image)


def pairwise(function: Callable[..., int], *pairs: Pair) -> Pair:
    """The function of the heights and of the widths."""
    height, width = (function(*values) for values in zip(*pairs, strict=True))
    return height, width


def of_shape(x: Array, shape: tuple[int, ...]) -> Any:
    """`x.reshape(shape)`, but no view where nothing changes: a gradient that is a view of another array is copied once more."""
    return x if x.shape == shape else x.reshape(shape)


# ---- the three sums ----


def columns(x: Array, at: Windows, B: int, groups: int, constant: bool = False) -> Iterator[tuple[slice, Array]]:
    """Every window of the image as a column, for B images at a time: (which images, (B, G, C / G * KH * KW, OH * OW)).

    With `constant` each column ends with a 1, for a bias to multiply. Where windows' rows are as long as the image's, there is no margin
    left and right, so that long runs are copied: what lies left of a row is then the end of the row before, and made zero afterwards.
    """
    (N, C), G = x.shape[:2], groups
    (H, W), (KH, KW), (OH, OW) = at.size, at.kernel, at.out
    if at.pointwise and not constant:
        yield slice(None), x.reshape(N, G, C // G, OH * OW)
        return
    wraps = at.stride == (1, 1) and OW == W
    (top, left), (bottom, right), (down, across) = at.before, (max(0, n) for n in at.after), at.dilation
    height, width = top + H + bottom, W if wraps else left + W + right
    flat = np.zeros(left + B * C * height * width + right, x.dtype)
    image = flat[left : flat.size - right].reshape(B, C, height, width)[:, :, top : top + H, 0 if wraps else left :][..., :W]
    steps = (C // G * height * width, height * width, down * width, across, at.stride[0] * width, at.stride[1])
    shape = (B, G, C // G, KH, KW, OH, OW)
    windows = as_strided(flat[0 if wraps else left :], shape, [n * flat.itemsize for n in (C * height * width, *steps)])
    K = C // G * KH * KW
    cols = np.empty((B, G, K + constant, OH * OW), x.dtype)
    cols[:, :, K:] = 1
    taps = cols[:, :, :K].reshape(shape)
    for n in range(0, N, B):
        b = len(x[n : n + B])
        image[:b] = x[n : n + B]
        taps[:b] = windows[:b]
        for k in range(KW) if wraps else ():
            if shift := k * across - left:
                taps[:b, ..., k, :, slice(max(0, OW - shift), None) if shift > 0 else slice(0, -shift)] = 0
        yield slice(n, n + b), cols[:b]


def multiply(w: Array, x: Array, out: Array) -> None:
    """(G, O, K) @ (B, G, K, L) into (B, G, O, L), by pieces of L: BLAS does small products at once, but first repacks larger ones."""
    (O, K), L = w.shape[1:], x.shape[3]
    pieces = pieces_of(L, O * K)
    x, out = (a.reshape(*a.shape[:3], pieces, L // pieces).swapaxes(2, 3) for a in (x, out))
    np.matmul(w[:, None], x, out=out)


@functools.cache
def pieces_of(L: int, size: int) -> int:
    """The fewest equal pieces of L columns that take at most a million multiplications each; 1 if they would get narrow."""
    return next((p for p in range(1, L // 64 + 1) if L % p == 0 and size * (L // p) <= 10**6), 1)


def correlate(x: Array, w: Array, b: Array | None, at: Windows, groups: int) -> Any:
    """The weighted sum of each window: (N, C, H, W), (O, C / groups, KH, KW) -> (N, O, OH, OW)."""
    (N, O), G, C, (KH, KW) = (len(x), len(w)), groups, w.shape[1], at.kernel
    shifts_move_less = C > 1 and C * KH * (KW - 1) >= 2 * O // G * KW  # numbers not copied, numbers read and written in adding
    if at.stride == (1, 1) and KW > at.before[1] // at.dilation[1] and shifts_move_less:
        return correlate_by_shifts(x, w, b, at, groups)
    y = np.empty((N, O, *at.out), x.dtype)
    K, L = C * KH * KW, math.prod(at.out)
    weights, late_bias = w.reshape(O, K), b
    if b is not None and not at.pointwise:
        weights, late_bias = np.column_stack([weights, b]), None  # a bias is the weight of an input that is always 1
    for images, cols in columns(x, at, block_of(N, G * K * L), G, constant=weights.shape[1] > K):
        multiply(weights.reshape(G, O // G, -1), cols, y[images].reshape(len(cols), G, O // G, L))
    if late_bias is not None:
        y += late_bias[:, None, None]
    return y


def correlate_by_shifts(x: Array, w: Array, b: Array | None, at: Windows, groups: int) -> Any:
    """`correlate` for stride 1 with less to copy: a product for each column of the kernel, shifted to its place and added."""
    (N, O), G, (KH, KW), (OH, OW), d = (len(x), len(w)), groups, at.kernel, at.out, at.dilation[1]
    still, left = divmod(at.before[1], d)  # the column of the kernel that needs no shift
    W = max(left + at.size[1], OW)
    rows = replace(at, kernel=(KH, 1), before=(at.before[0], left), after=(at.after[0], W - left - at.size[1]))
    by_column = w.reshape(G, O // G, -1, KW).transpose(0, 3, 1, 2).reshape(G, KW * O // G, -1)
    y = np.empty((N, O, OH, OW), x.dtype)
    B = block_of(N, G * (by_column.shape[1] + by_column.shape[2]) * OH * W)
    parts = np.empty((B, G, KW, O // G, OH, W), x.dtype)
    for images, cols in columns(x, rows, B, G):  # (B, G, C * KH, OH * W)
        n = len(cols)
        multiply(by_column, cols, parts[:n].reshape(n, G, -1, OH * W))
        flat = parts[:n].reshape(n, G, KW, O // G * OH * W)
        for k in range(KW):
            shift = (k - still) * d
            if k != still and abs(shift) < W:
                runs_over = slice(0, shift) if shift > 0 else slice(shift, None)
                parts[:n, :, k, ..., runs_over] = 0  # it would get into the row above or below
                first, last = max(0, -shift), flat.shape[3] - max(0, shift)
                flat[:, :, still, first:last] += flat[:, :, k, first + shift : last + shift]
        total = parts[:n, :, still].reshape(n, O, OH, W)[..., :OW]
        np.add(total, 0 if b is None else b[:, None, None], out=y[images])
    return y


def spread(g: Array, w: Array, at: Windows, groups: int) -> Any:
    """Each output goes back, times the weights, to the window it came from: (N, O, OH, OW) -> (N, C, H, W)."""
    N, (O, C, KH, KW), G = len(g), w.shape, groups
    before, after = (pairwise(lambda e, n: e - 1 - n, at.extent, side) for side in (at.before, at.after))
    if at.stride == (1, 1) and min(*before, *after) >= 0:  # a convolution again, with the kernel turned by 180 degrees
        turned = w.reshape(G, O // G, C, KH, KW)[..., ::-1, ::-1].swapaxes(1, 2).reshape(G * C, O // G, KH, KW)
        turned = np.ascontiguousarray(turned)  # a view running backwards would keep matmul from BLAS
        return correlate(g, turned, None, replace(at, size=at.out, before=before, after=after), G)
    x = np.empty((N, G * C, *at.size), g.dtype)
    rows = w.reshape(G, O // G, -1).swapaxes(1, 2)  # (G, C * KH * KW, O / G)
    B = block_of(N, G * rows.shape[1] * math.prod(at.out))
    cols = np.empty((B, G * C, KH * KW, *at.out), g.dtype)
    for n in range(0, N, B):
        part = g[n : n + B]
        b = len(part)
        multiply(rows, part.reshape(b, G, O // G, -1), cols[:b].reshape(b, G, rows.shape[1], -1))
        x[n : n + B] = at.fold(np.moveaxis(cols[:b], 2, 0), cols[:b])
    return x


def weight_gradient(x: Array, g: Array, at: Windows, groups: int) -> Any:
    """How much each weight met in all windows: (N, C, H, W), (N, O, OH, OW) -> (O, C / groups, KH, KW)."""
    (N, C), O, G, L = x.shape[:2], g.shape[1], groups, math.prod(at.out)
    dw = np.zeros((G, C // G * math.prod(at.kernel), O // G), x.dtype)
    for images, cols in columns(x, at, block_of(N, G * dw.shape[1] * L), G):
        part = g[images].reshape(len(cols), G, O // G, L)
        dw += (cols @ part.swapaxes(2, 3)).sum(axis=0)
    return dw.swapaxes(1, 2).reshape(O, C // G, *at.kernel)


def channel_sums(g: Array) -> Any:
    """The sum over images and pixels, (N, O, OH, OW) -> (O,): the gradient of a bias."""
    L = math.prod(g.shape[2:])
    return (g.reshape(*g.shape[:2], L) @ np.ones(L, g.dtype)).sum(axis=0)


def block_of(N: int, size: int) -> int:
    """How many images of this many numbers to treat at a time."""
    return max(1, min(N, BLOCK // max(1, size)))


# ---- convolutions ----


def whole_numbers(name: str, value: Any, count: int, least: int) -> Any:
    """A whole number for every axis, or one for all."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(values) not in (1, count) or any(not isinstance(v, (int, np.integer)) or isinstance(v, bool) for v in values):
        raise TypeError(f"{name} must be a whole number" + (f" or {count} of them" if count > 1 else "") + f", got {value!r}")
    if min(values) < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")
    return tuple(int(v) for v in (values * count if len(values) < count else values))


def margins(name: str, padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> list[Any]:
    """Zeros before and after each axis: numbers, "valid" for none, "same" for an output as large as the input."""
    if not isinstance(padding, str):
        return [whole_numbers(f"{name}: padding", padding, len(kernel), 0)] * 2
    choose(f"{name}: padding", padding, ("same", "valid"))
    if padding == "same" and any(s != 1 for s in stride):
        raise ValueError(f"{name}: padding='same' needs stride 1, got {stride}")
    total = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
    return [tuple(n // 2 for n in total), tuple(n - n // 2 for n in total)]


def check_operands(name: str, x: Array, w: Array, b: Array | None, groups: Any, axes: int, channels: int, outputs: int) -> None:
    """Refuse arrays that do not fit: `channels` and `outputs` are those that the weight is made for."""
    if w.ndim != axes + 2 or x.ndim not in (axes + 1, axes + 2):
        kernel = "k" if axes == 1 else "kh, kw"
        raise ValueError(f"{name}: input must have {axes + 1} or {axes + 2} axes and weight {axes + 2} (two of channels, {kernel}), "
                         f"got {x.shape} and {w.shape}")  # fmt: skip
    if not isinstance(groups, (int, np.integer)) or groups < 1 or w.shape[0] % groups or w.shape[0] == 0:
        raise ValueError(f"{name}: groups must be a positive number that divides the {w.shape[0]} of weight {w.shape}, got {groups!r}")
    if x.shape[-axes - 1] != channels or channels == 0:
        raise ValueError(f"{name}: input must have {channels} channels for weight {w.shape} and groups={groups}, got shape {x.shape}")
    if 0 in w.shape[1:] or 0 in x.shape[-axes:]:
        raise ValueError(f"{name}: input must have pixels and weight at least one tap and channel, got shapes {x.shape} and {w.shape}")
    if b is not None and b.shape != (outputs,):
        raise ValueError(f"{name}: bias must have shape ({outputs},), one for each output channel, got {b.shape}")


def convolve(
    name: str, x: Array, w: Array, b: Array | None, stride: Any, padding: Any, dilation: Any, groups: int, axes: int
) -> WithGradient:
    """`conv1d` (axes=1: a column of pixels) and `conv2d` (axes=2), with their gradients."""
    check_operands(name, x, w, b, groups, axes, w.shape[1] * groups if w.ndim > 1 else 0, len(w))
    stride, dilation = (whole_numbers(f"{name}: {n}", v, axes, 1) for n, v in (("stride", stride), ("dilation", dilation)))
    before, after = margins(name, padding, w.shape[2:], stride, dilation)
    one, none = (1,) * (2 - axes), (0,) * (2 - axes)
    images = x.reshape(math.prod(x.shape[: -axes - 1]), *x.shape[-axes - 1 :], *one)  # (N, C, H, W)
    weight = w.reshape(*w.shape, *one)  # (O, C / groups, KH, KW)
    at = Windows(images.shape[2:], weight.shape[2:], stride + one, dilation + one, before + none, after + none)
    if min(at.out) < 1:
        raise ValueError(f"{name}: the kernel spans {at.extent[:axes]} pixels, more than the padded input of shape {x.shape} has")
    y = correlate(images, weight, b, at, groups)  # (N, O, OH, OW)

    def vjp(g: Array) -> Any:
        g = g.reshape(y.shape)
        return (
            lambda: of_shape(spread(g, weight, at, groups), x.shape),
            lambda: weight_gradient(images, g, at, groups).reshape(w.shape),
            lambda: channel_sums(g),
        )

    return y.reshape(*x.shape[: -axes - 1], len(w), *at.out[:axes]), vjp


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def conv1d(
    input: Array, weight: Array, bias: Array | None = None, stride: int | tuple[int] = 1,
    padding: int | tuple[int] | str = 0, dilation: int | tuple[int] = 1, groups: int = 1,
) -> WithGradient:  # fmt: skip
    """A kernel slides along a sequence and takes a weighted sum at every place.

    Args:
        input: (N, C, L) or (C, L), floating point.
        weight: (O, C / groups, K): a kernel for each pair of output and input channels. It is not turned around, as in PyTorch.
        bias: (O,), or None.
        stride: Steps from one place to the next.
        padding: Zeros on both sides; "valid" for none, "same" (with stride 1) for as many as keep the length.
        dilation: Steps from one tap of the kernel to the next.
        groups: Channels are divided into this many groups that do not mix.

    Returns:
        (N, O, L') or (O, L') with L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1.

    Raises:
        ValueError: If shapes do not fit, a setting is out of range or the kernel is longer than the padded input.
        TypeError: If dtypes differ or are not floating point, or a setting is not a whole number.

    Example:
        >>> conv1d(np.array([[1.0, 2.0, 4.0, 7.0]]), np.array([[[-1.0, 1.0]]])).tolist()
        [[1.0, 2.0, 3.0]]

    Explained in question 61.
    """
    return convolve("conv1d", input, weight, bias, stride, padding, dilation, groups, axes=1)


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def conv2d(
    input: Array, weight: Array, bias: Array | None = None, stride: int | Pair = 1,
    padding: int | Pair | str = 0, dilation: int | Pair = 1, groups: int = 1,
) -> WithGradient:  # fmt: skip
    """A kernel slides over an image and takes a weighted sum at every place: the same few weights everywhere.

    Args:
        input: (N, C, H, W) or (C, H, W), floating point.
        weight: (O, C / groups, KH, KW): a kernel for each pair of output and input channels. It is not turned around, as in PyTorch.
        bias: (O,), or None.
        stride: Pixels from one place to the next; one number, or (height, width), here and below.
        padding: Zeros on both sides; "valid" for none, "same" (with stride 1) for as many as keep the size.
        dilation: Pixels from one tap of the kernel to the next.
        groups: Channels are divided into this many groups that do not mix; with as many groups as channels each has its own kernel.

    Returns:
        (N, O, H', W') or (O, H', W') with H' = (H + 2 padding - dilation (KH - 1) - 1) // stride + 1, and W' likewise.

    Raises:
        ValueError: If shapes do not fit, a setting is out of range or the kernel is larger than the padded input.
        TypeError: If dtypes differ or are not floating point, or a setting is not a whole number.

    Example:
        >>> step = np.array([[[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]])
        >>> edge = np.array([[[[-1.0, 1.0]]]])
        >>> conv2d(step, edge).tolist()
        [[[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]]

    Explained in question 61.
    """
    return convolve("conv2d", input, weight, bias, stride, padding, dilation, groups, axes=2)


@differentiable
@floating("input", "weight", "bias", same_dtype=True)
def conv_transpose2d(
    input: Array, weight: Array, bias: Array | None = None, stride: int | Pair = 1,
    padding: int | Pair = 0, output_padding: int | Pair = 0, groups: int = 1, dilation: int | Pair = 1,
) -> WithGradient:  # fmt: skip
    """Every pixel puts a weighted copy of the kernel into a larger image: what `conv2d` does to its gradient, used forward.

    Args:
        input: (N, C, H, W) or (C, H, W), floating point.
        weight: (C, O / groups, KH, KW).
        bias: (O,), or None.
        stride: Pixels of the output from one copy to the next; one number, or (height, width), here and below.
        padding: Pixels cut off the output on both sides.
        output_padding: Pixels added below and to the right, fewer than the stride or the dilation: which of the sizes that
            `conv2d` would bring down to H the output shall have.
        groups: Channels are divided into this many groups that do not mix.
        dilation: Pixels from one tap of the kernel to the next.

    Returns:
        (N, O, H', W') or (O, H', W') with H' = (H - 1) stride - 2 padding + dilation (KH - 1) + output_padding + 1.

    Raises:
        ValueError: If shapes do not fit, a setting is out of range or nothing of the output would be left.
        TypeError: If dtypes differ or are not floating point, or a setting is not a whole number.

    Example:
        >>> conv_transpose2d(np.array([[[1.0, 2.0]]]), np.array([[[[1.0, 1.0]]]]), stride=(1, 2)).tolist()
        [[[1.0, 1.0, 2.0, 2.0]]]

    Explained in question 70.
    """
    name, x, w, b = "conv_transpose2d", input, weight, bias
    outputs = w.shape[1] * groups if w.ndim > 1 and isinstance(groups, (int, np.integer)) else 0
    check_operands(name, x, w, b, groups, 2, len(w), outputs)
    steps, spaces = (whole_numbers(f"{name}: {n}", v, 2, 1) for n, v in (("stride", stride), ("dilation", dilation)))
    cut, extra = (whole_numbers(f"{name}: {n}", v, 2, 0) for n, v in (("padding", padding), ("output_padding", output_padding)))
    if any(e >= max(s, d) for e, s, d in zip(extra, steps, spaces, strict=True)):
        raise ValueError(f"{name}: output_padding must be below stride {steps} or dilation {spaces}, got {extra}")
    images = x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:])  # (N, C, H, W)
    cut_after = pairwise(lambda p, e: p - e, cut, extra)
    extent = Windows(x.shape[-2:], w.shape[2:], steps, spaces).extent
    size = pairwise(lambda n, s, e, p, q: (n - 1) * s + e - p - q, x.shape[-2:], steps, extent, cut, cut_after)
    if min(size) < 1:
        raise ValueError(f"{name}: input of shape {x.shape} with padding={padding} would give an output of size {size}")
    at = Windows(size, w.shape[2:], steps, spaces, cut, cut_after)  # windows of the output, one for each pixel of the input
    y = spread(images, w, at, groups)  # (N, O, OH, OW)
    if b is not None:
        y += b[:, None, None]

    def vjp(g: Array) -> Any:
        g = g.reshape(y.shape)
        return (
            lambda: of_shape(correlate(g, w, None, at, groups), x.shape),
            lambda: weight_gradient(g, images, at, groups),
            lambda: channel_sums(g),
        )

    return y.reshape(*x.shape[:-3], *y.shape[1:]), vjp


@differentiable
@floating("input")
def unfold(
    input: Array, kernel_size: int | Pair, dilation: int | Pair = 1, padding: int | Pair = 0, stride: int | Pair = 1
) -> WithGradient:
    """Every window of an image as a column: a convolution is then one matrix product.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: Of the window; one number, or (height, width), here and below.
        dilation: Pixels from one tap of the window to the next.
        padding: Zeros on both sides.
        stride: Pixels from one window to the next.

    Returns:
        (N, C * KH * KW, L) or (C * KH * KW, L) with L windows, row by row.

    Raises:
        ValueError: If the input has other axes, a setting is out of range or the window is larger than the padded input.

    Example:
        >>> unfold(np.array([[[1.0, 2.0, 3.0]]]), (1, 2)).tolist()
        [[1.0, 2.0], [2.0, 3.0]]

    Explained in question 61.
    """
    x = input
    if x.ndim not in (3, 4) or 0 in x.shape[-3:]:
        raise ValueError(f"unfold: input must be (N, C, H, W) or (C, H, W) with pixels and channels, got shape {x.shape}")
    if any(isinstance(v, (tuple, list)) and len(v) != 2 for v in (kernel_size, dilation, padding, stride)):
        raise ValueError(f"unfold: settings must be one number or a pair, got {kernel_size}, {dilation}, {padding} and {stride}")
    kernel, spaces = (whole_numbers(f"unfold: {n}", v, 2, 1) for n, v in (("kernel_size", kernel_size), ("dilation", dilation)))
    margin, steps = whole_numbers("unfold: padding", padding, 2, 0), whole_numbers("unfold: stride", stride, 2, 1)
    at = Windows(x.shape[-2:], kernel, steps, spaces, margin, margin)
    if min(at.out) < 1:
        raise ValueError(f"unfold: the window spans {at.extent} pixels, more than the padded input of shape {x.shape} has")
    images = x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:])
    taps = np.stack(at.taps(at.padded(images)), axis=2)  # (N, C, KH * KW, OH, OW)

    def vjp(g: Array) -> Any:
        parts = np.moveaxis(g.reshape(taps.shape), 2, 0)
        return of_shape(at.fold(parts, images), x.shape)

    return taps.reshape(*x.shape[:-3], x.shape[-3] * math.prod(kernel), math.prod(at.out)), vjp


# ---- padding ----


@differentiable
@floating("input")
def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> WithGradient:
    """Margins around an array, or with negative widths cuts.

    Args:
        input: (N, C, L), (N, C, H, W) or the like; any shape in mode "constant".
        pad: Widths (before, after) of the last axis, then of the one before it, and so on: (left, right, top, bottom) for images.
        mode: "constant"; "reflect" (the image mirrored at its outermost pixels), "replicate" (the outermost pixels again) or
            "circular" (the image again), which pad one, two or three axes after one or two others, as in PyTorch.
        value: Of the margin in mode "constant"; 0 if None.

    Returns:
        Same dtype, with longer (or shorter) axes.

    Raises:
        ValueError: If widths and axes do not fit, or the mode cannot fill so wide a margin.

    Example:
        >>> row = np.array([[1.0, 2.0, 3.0]])
        >>> pad(row, (1, 2)).tolist()
        [[0.0, 1.0, 2.0, 3.0, 0.0, 0.0]]
        >>> pad(row, (1, 2), "reflect").tolist()
        [[2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]

    Explained in question 63.
    """
    x, widths = input, list(pad)
    choose("pad: mode", mode, ("constant", "reflect", "replicate", "circular"))
    if len(widths) % 2 or len(widths) > 2 * x.ndim or any(not isinstance(n, (int, np.integer)) for n in widths):
        raise ValueError(f"pad: pad must be whole numbers, two for each of at most {x.ndim} axes, last axis first, got {pad!r}")
    pairs = [(x.ndim - 1 - i, int(widths[2 * i]), int(widths[2 * i + 1])) for i in range(len(widths) // 2)]  # axis, before, after
    if mode == "constant":
        return constant_margins(x, pairs, 0 if value is None else value)
    if value:
        raise ValueError(f"pad: value is for mode='constant', got {value!r} with mode={mode!r}")
    batched = x.ndim - len(pairs) == 2
    if not 1 <= len(pairs) <= 3 or x.ndim - len(pairs) not in (1, 2) or 0 in x.shape[batched:]:
        raise ValueError(f"pad: mode={mode!r} pads the last one to three axes after one or two others, got pad={pad!r} for {x.shape}")
    return resample(x, [(axis, margin_index(mode, x.shape[axis], p, q)[None], None) for axis, p, q in pairs])


def constant_margins(x: Array, pairs: list[tuple[int, int, int]], value: float) -> WithGradient:
    """`pad` in mode "constant"."""
    shape, inside, kept = list(x.shape), [slice(None)] * x.ndim, [slice(None)] * x.ndim
    for axis, before, after in pairs:
        n = x.shape[axis]
        shape[axis] = n + before + after
        if shape[axis] < 0 or (before < 0 and n + before < 0) or (after < 0 and n + after < 0):
            raise ValueError(f"pad: an axis of length {n} cannot be cut by {before} and {after}")
        kept[axis] = slice(max(0, -before), n - max(0, -after))
        inside[axis] = slice(max(0, before), shape[axis] - max(0, after))
    y = np.full(shape, value, x.dtype)
    y[tuple(inside)] = x[tuple(kept)]

    def vjp(g: Array) -> Array:
        dx = np.zeros_like(x)
        dx[tuple(kept)] = g[tuple(inside)]
        return dx

    return y, vjp


def margin_index(mode: str, n: int, before: int, after: int) -> Array:
    """For each place of a padded axis the place it copies."""
    limit = {"reflect": n - 1, "replicate": math.inf, "circular": n}[mode]
    if mode == "circular":
        limit -= max(0, -before, -after)
    if max(before, after) > limit:
        raise ValueError(f"pad: mode={mode!r} can fill at most {limit} on each side of an axis of length {n}, got {before} and {after}")
    if n + before + after < 1:
        raise ValueError(f"pad: an axis of length {n} cannot be cut by {before} and {after}")
    if mode == "circular":  # cut first, as PyTorch does
        kept = np.arange(max(0, -before), n - max(0, -after))
        return kept[np.arange(-max(0, before), len(kept) + max(0, after)) % len(kept)]
    places = np.arange(-before, n + after)
    if mode == "replicate":
        return places.clip(0, n - 1)
    return n - 1 - np.abs(n - 1 - np.abs(places))


def resample(x: Array, plans: list[tuple[int, Array, Array | None]]) -> WithGradient:
    """Weighted sums of a few places along each axis: plans (axis, places (T, n), weights (T, n)), one after the other.

    Without weights there is one place, and it is copied.
    """

    def shaped(weight: Array, axis: int) -> Array:
        return weight.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1 - axis))

    y, lengths = x, []
    for axis, index, weight in plans:
        lengths.append(y.shape[axis])
        terms = [y.take(row, axis) for row in index]
        y = terms[0] if weight is None else sum(t * shaped(w, axis) for t, w in zip(terms, weight, strict=True))

    def vjp(g: Array) -> Array:
        for (axis, index, weight), n in zip(reversed(plans), reversed(lengths), strict=True):
            terms = [g] if weight is None else [g * shaped(w, axis) for w in weight]
            g = put(np.concatenate(terms, axis), index.reshape(-1), n, axis)
        return g

    return y, vjp


def put(g: Array, index: Array, n: int, axis: int) -> Any:
    """The gradient of `x.take(index, axis)`: what went to several places is brought together and summed."""
    dx = np.zeros((*g.shape[:axis], n, *g.shape[axis + 1 :]), g.dtype)
    if g.size:
        order = np.argsort(index, kind="stable")
        places, starts = np.unique(index[order], return_index=True)
        np.moveaxis(dx, axis, 0)[places] = np.moveaxis(np.add.reduceat(g.take(order, axis), starts, axis), axis, 0)
    return dx


# ---- how far a unit sees ----


class ReceptiveField(NamedTuple):
    """The pixels that one output sees: `size` in a row, from one output to the next `stride` further, the first from `offset`."""

    size: int
    stride: int
    offset: int


def receptive_field(layers: Module | Sequence[Sequence[int]]) -> ReceptiveField:
    """How many pixels one output of a stack of layers depends on, and how far neighboring outputs' pixels lie apart.

    Each layer adds (kernel - 1) * dilation steps, each as long as the product of all strides before it.

    Args:
        layers: For each layer (kernel, stride, dilation, padding), of which the last three may be left out: 1, 1, 0. Or a module whose
            convolutions and poolings lie behind each other in the order of its attributes; of `Residual` the longer way counts. If a
            layer's settings differ along height and width, those along the height count.

    Returns:
        (size, stride, offset): the pixels along one axis that an output sees, pixels from one output to the next, and the first
        pixel that the first output sees, below 0 where it lies in the padding. Padding changes the offset alone.

    Raises:
        ValueError: If there is no layer, one has other than one to four numbers or one out of range, or the module contains a transposed
            convolution.

    Example:
        >>> receptive_field([(3,), (3,), (2, 2), (3,)])
        ReceptiveField(size=10, stride=2, offset=0)

    Paper: Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks, 2019. Explained in question 65.
    """
    stack = settings_of(layers) if isinstance(layers, Module) else [tuple(layer) for layer in layers]
    if not stack:
        raise ValueError("receptive_field: there must be at least one convolution or pooling layer")
    size, step, offset = 1, 1, 0
    for layer in stack:
        if not 1 <= len(layer) <= 4 or any(n < least for n, least in zip(layer, (1, 1, 1, 0), strict=False)):
            raise ValueError(f"receptive_field: a layer is (kernel, stride, dilation, padding), at least (1, 1, 1, 0), got {layer}")
        kernel, stride, dilation, padding = (*layer, *(1, 1, 1, 0)[len(layer) :])
        size += (kernel - 1) * dilation * step
        offset -= padding * step
        step *= stride
    return ReceptiveField(size, step, offset)


def settings_of(module: Module) -> list[tuple[int, ...]]:
    """(kernel, stride, dilation, padding) along the height of every convolution and pooling in the module, in order."""
    if isinstance(module, ConvTranspose2d):
        raise ValueError("receptive_field: behind a transposed convolution outputs differ in what they see")
    if isinstance(module, Residual):
        return settings_of(module.module) if isinstance(module.module, Module) else []
    if not hasattr(module, "kernel_size"):
        ways = (child for name, child in module.named_children() if name != "downsample")  # the shorter way around a block of `ResNet`
        return [layer for child in ways for layer in settings_of(child)]
    names, padding = ("kernel_size", "stride", "dilation"), getattr(module, "padding", 0)
    kernel, stride, dilation = (v if isinstance(v, int) else v[0] for v in (getattr(module, name, 1) for name in names))
    if isinstance(padding, str):
        padding = dilation * (kernel - 1) // 2 if padding == "same" else 0
    return [(kernel, stride, dilation, padding if isinstance(padding, int) else padding[0])]


# ---- layers ----


class _Convolution(Module):
    """What the layers share: settings, checked, and parameters uniform within ±1/sqrt(inputs of an output), PyTorch's default."""

    axes = 2
    transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: int,
        bias: bool, rng: np.random.Generator, dtype: Any,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        sizes = (in_channels, out_channels, groups)
        if any(not isinstance(n, (int, np.integer)) or n < 1 for n in sizes) or in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: in_channels and out_channels must be positive multiples of groups, got {sizes[0]}, {sizes[1]} "
                             f"and groups={groups}")  # fmt: skip
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = whole_numbers(f"{name}: kernel_size", kernel_size, self.axes, 1)
        self.stride = whole_numbers(f"{name}: stride", stride, self.axes, 1)
        self.dilation = whole_numbers(f"{name}: dilation", dilation, self.axes, 1)
        margins(name, padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else whole_numbers(f"{name}: padding", padding, self.axes, 0)
        outer, inner = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (outer, inner // groups, *self.kernel_size)
        bound = math.prod(shape[1:]) ** -0.5
        generator(name, rng)
        self.weight = Parameter(rng.uniform(-bound, bound, shape).astype(dtype))
        self.bias = Parameter(rng.uniform(-bound, bound, out_channels).astype(dtype)) if bias else None

    def extra_repr(self) -> str:
        settings = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        usual = {"padding": (0,) * self.axes, "dilation": (1,) * self.axes, "groups": 1, "padding_mode": "zeros"}
        settings += [f"{name}={value!r}" for name, rest in usual.items() if (value := getattr(self, name, rest)) != rest]
        return ", ".join(settings + ["bias=False"] * (self.bias is None))


class _PaddedConvolution(_Convolution):
    """A convolution whose margin may be something other than zeros."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose(f"{type(self).__name__}: padding_mode", padding_mode, ("zeros", "reflect", "replicate", "circular"))
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng, dtype)
        self.padding_mode = padding_mode

    def forward(self, input: Array) -> Any:
        padding: Any = self.padding
        function = conv1d if self.axes == 1 else conv2d
        if self.padding_mode != "zeros":
            before, after = margins("padding", padding, self.kernel_size, self.stride, self.dilation)
            widths = [n for pair in zip(reversed(before), reversed(after), strict=True) for n in pair]
            input, padding = pad(input, widths, self.padding_mode), 0
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_PaddedConvolution):
    """A layer of one-dimensional convolutions: `conv1d` with parameters of its own.

    Weights and biases start uniform within ±1/sqrt(in_channels / groups * kernel_size), PyTorch's default.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Taps of the kernel.
        stride, padding, dilation, groups: As for `conv1d`.
        bias: Whether to add a bias.
        padding_mode: "zeros", or a mode of `pad`: "reflect", "replicate" or "circular".
        rng: Source of the initial values.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight: (out_channels, in_channels / groups, kernel_size).
        bias: (out_channels,), or None.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> layer = Conv1d(4, 8, 3, padding=1, rng=np.random.default_rng(0))
        >>> layer(np.zeros((2, 4, 10), np.float32)).shape
        (2, 8, 10)

    Explained in question 61.
    """

    axes = 1


class Conv2d(_PaddedConvolution):
    """A layer of convolutions: `conv2d` with parameters of its own.

    Weights and biases start uniform within ±1/sqrt(in_channels / groups * kernel height * kernel width), PyTorch's default.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: One number, or (height, width).
        stride, padding, dilation, groups: As for `conv2d`.
        bias: Whether to add a bias.
        padding_mode: "zeros", or a mode of `pad`: "reflect", "replicate" or "circular".
        rng: Source of the initial values.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight: (out_channels, in_channels / groups, kernel height, kernel width).
        bias: (out_channels,), or None.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> layer = Conv2d(3, 8, 3, padding=1, rng=np.random.default_rng(0))
        >>> layer(np.zeros((2, 3, 10, 12), np.float32)).shape, layer.number_of_parameters()
        ((2, 8, 10, 12), 224)

    Explained in question 61.
    """


class ConvTranspose2d(_Convolution):
    """A layer of transposed convolutions, which enlarge images: `conv_transpose2d` with parameters of its own.

    Weights and biases start uniform within ±1/sqrt(out_channels / groups * kernel height * kernel width), PyTorch's default.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: One number, or (height, width).
        stride, padding, output_padding, groups: As for `conv_transpose2d`.
        bias: Whether to add a bias.
        dilation: As for `conv_transpose2d`.
        rng: Source of the initial values.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight: (in_channels, out_channels / groups, kernel height, kernel width).
        bias: (out_channels,), or None.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> layer = ConvTranspose2d(8, 4, 2, stride=2, rng=np.random.default_rng(0))
        >>> layer(np.zeros((1, 8, 5, 5), np.float32)).shape
        (1, 4, 10, 10)

    Explained in question 70.
    """

    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        if isinstance(padding, str):
            raise TypeError(f"ConvTranspose2d: padding must be whole numbers, got {padding!r}")
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng, dtype)
        self.output_padding = whole_numbers("ConvTranspose2d: output_padding", output_padding, 2, 0)

    def forward(self, input: Array) -> Any:
        settings = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return conv_transpose2d(input, self.weight, self.bias, *settings)


class DepthwiseSeparableConv2d(Module):
    """A convolution in two steps: each channel with a kernel of its own, then a mix of the channels at every pixel.

    It needs in * K² + in * out weights instead of in * out * K²: for a 3x3 kernel and many channels a ninth.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size, stride, padding, dilation: Of the first step, as for `Conv2d`.
        bias: Whether both steps add a bias.
        rng: Source of the initial values.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        depthwise: Conv2d(in_channels, in_channels, kernel_size, groups=in_channels, ...).
        pointwise: Conv2d(in_channels, out_channels, 1).

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> layer = DepthwiseSeparableConv2d(32, 64, 3, padding=1, bias=False, rng=np.random.default_rng(0))
        >>> layer.number_of_parameters(), 32 * 64 * 9
        (2336, 18432)

    Paper: Howard et al., MobileNets: efficient convolutional neural networks for mobile vision applications, 2017. Explained in
    question 69.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        bias: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        of_each = (in_channels, in_channels, kernel_size, stride, padding, dilation, in_channels, bias)
        self.depthwise = Conv2d(*of_each, rng=rng, dtype=dtype)
        self.pointwise = Conv2d(in_channels, out_channels, 1, bias=bias, rng=rng, dtype=dtype)

    def forward(self, input: Array) -> Any:
        return self.pointwise(self.depthwise(input))
