"""Pooling and resizing: against naive loops and finite differences; ties, infinities and margins."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, check_gradients
from dlprimer.nn.pooling import AvgPool2d, MaxPool2d, adaptive_avg_pool2d, avg_pool2d, interpolate, max_pool2d

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
seeds = st.integers(0, 9999)


def distinct(seed: int, *shape: int) -> np.ndarray:
    """No two numbers within a finite difference of each other."""
    return np.random.default_rng(seed).permutation(math.prod(shape)).reshape(shape) / 10 - 3


def windows(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> list[list[int]]:
    """For each window along an axis the places of its taps, some of them in the margin."""
    starts = list(range(-p, n + p - d * (k - 1), s))
    if ceil_mode and starts[-1] + d * (k - 1) < n + p - 1 and starts[-1] + s < n:
        starts.append(starts[-1] + s)
    return [[start + d * i for i in range(k)] for start in starts]


@st.composite
def poolings(draw):
    """An image and the settings of a pooling whose windows fit."""
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    size = [max(1, e - 2 * p) + draw(st.integers(0, 4)) for e, p in zip(extent, padding, strict=True)]
    x = distinct(draw(seeds), draw(st.integers(1, 2)), 2, *size)
    return x, kernel, stride, padding, dilation, draw(st.booleans())


@settings(deadline=None, max_examples=80)
@given(case=poolings())
def test_max_pool2d_is_the_maximum_of_each_window(case) -> None:
    x, kernel, stride, padding, dilation, ceil_mode = case
    H, W = x.shape[2:]
    rows, columns = (windows(n, *setting, ceil_mode) for n, *setting in zip((H, W), kernel, stride, padding, dilation, strict=True))
    expected = [
        [x[:, :, [i for i in r if 0 <= i < H]][..., [j for j in c if 0 <= j < W]].max(axis=(2, 3), initial=-np.inf) for c in columns]
        for r in rows
    ]
    y = max_pool2d(x, kernel, stride, padding, dilation, ceil_mode)
    np.testing.assert_array_equal(y, np.moveaxis(np.array(expected), (0, 1), (2, 3)))
    if np.isfinite(y).all():
        check_gradients(lambda x: max_pool2d(x, kernel, stride, padding, dilation, ceil_mode), x)


@settings(deadline=None, max_examples=80)
@given(case=poolings(), include=st.booleans(), divisor=st.sampled_from([None, 3, -2]))
def test_avg_pool2d_is_the_mean_of_each_window(case, include, divisor) -> None:
    x, kernel, stride, _, _, ceil_mode = case
    padding = tuple(k // 2 for k in kernel)
    (H, W), one = x.shape[2:], (1, 1)
    rows, columns = (windows(n, *setting, ceil_mode) for n, *setting in zip((H, W), kernel, stride, padding, one, strict=True))
    expected = np.zeros((*x.shape[:2], len(rows), len(columns)))
    for (i, r), (j, c) in ((a, b) for a in enumerate(rows) for b in enumerate(columns)):
        total = x[:, :, [k for k in r if 0 <= k < H]][..., [k for k in c if 0 <= k < W]].sum(axis=(2, 3))
        counts = [
            sum(n + p > k >= 0 - p if include else n > k >= 0 for k in places)
            for places, n, p in ((r, H, padding[0]), (c, W, padding[1]))
        ]
        expected[:, :, i, j] = total / (math.prod(counts) if divisor is None else divisor)
    options = {"ceil_mode": ceil_mode, "count_include_pad": include, "divisor_override": divisor}
    np.testing.assert_allclose(avg_pool2d(x, kernel, stride, padding, **options), expected, atol=1e-12)
    check_gradients(lambda x: avg_pool2d(x, kernel, stride, padding, **options), x)


def test_what_hangs_over_does_not_count_but_padding_does() -> None:
    ones = np.ones((1, 4, 4))
    assert avg_pool2d(ones, 3, 2, ceil_mode=True).tolist() == [[[1, 1], [1, 1]]]
    corner, edge = avg_pool2d(ones, 3, 2, 1, ceil_mode=True)[0, 0, :2].tolist()
    assert (round(9 * corner), round(9 * edge)) == (4, 6)
    assert (avg_pool2d(ones, 3, 2, 1, ceil_mode=True, count_include_pad=False) == 1).all()


def test_among_equals_the_first_gets_the_gradient_row_by_row() -> None:
    x = Tensor(np.array([[[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 2.0, 2.0]]]), requires_grad=True)
    max_pool2d(x, 3).backward(np.array([[[5.0]]]))
    assert x.grad.tolist() == [[[0, 5, 0], [0, 0, 0], [0, 0, 0]]]
    x = Tensor(np.ones((1, 4, 4)), requires_grad=True)
    max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[1, 0, 1, 0], [0, 0, 0, 0]] * 2]


def test_extreme_and_undefined_numbers() -> None:
    x = np.array([[[-np.inf, -3.0], [-1e300, np.inf]], [[np.nan, 1.0], [2.0, 3.0]]])
    assert max_pool2d(x, 2).reshape(-1)[0] == np.inf and np.isnan(max_pool2d(x, 2)[1]).all()
    assert max_pool2d(x[:1], 1).tolist() == x[:1].tolist()
    assert (max_pool2d(np.full((1, 3, 3), -5.0), 3, 2, 1) == -5).all()  # the margin is minus infinity, not zero
    many = np.full((1, 64, 64), 1e4, np.float32)
    assert (adaptive_avg_pool2d(many, 1) == 1e4).all() and (avg_pool2d(many, 64) == 1e4).all()
    assert avg_pool2d(np.full((1, 40, 40), 60.0, np.float16), 40).tolist() == [[[60.0]]]  # the sum alone would be infinite


@settings(deadline=None, max_examples=40)
@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    out=st.tuples(st.integers(1, 7) | st.none(), st.integers(1, 7)),
    seed=seeds,
)
def test_adaptive_windows_run_from_floor_to_ceil(size, out, seed) -> None:
    x = np.random.default_rng(seed).standard_normal((2, 3, *size))
    bins = [
        [slice(i * n // o, -(-(i + 1) * n // o)) for i in range(o)]
        for n, o in ((n, n if o is None else o) for n, o in zip(size, out, strict=True))
    ]
    expected = [[x[:, :, r, c].mean(axis=(2, 3)) for c in bins[1]] for r in bins[0]]
    np.testing.assert_allclose(adaptive_avg_pool2d(x, out), np.moveaxis(np.array(expected), (0, 1), (2, 3)))
    np.testing.assert_array_equal(adaptive_avg_pool2d(x[0], out), adaptive_avg_pool2d(x, out)[0])
    check_gradients(lambda x: adaptive_avg_pool2d(x, out), x)


def test_adaptive_pooling_to_nothing_and_to_the_same_size() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 4))
    assert adaptive_avg_pool2d(x, (0, 2)).shape == (1, 2, 0, 2)
    np.testing.assert_array_equal(adaptive_avg_pool2d(x, None), x)


@settings(deadline=None, max_examples=40)
@given(
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    out=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    align=st.booleans(),
    seed=seeds,
)
def test_bilinear_interpolation_mixes_the_four_neighbors(size, out, align, seed) -> None:
    x = np.random.default_rng(seed).standard_normal((2, 1, *size))
    expected = np.zeros((2, 1, *out))
    for i, j in np.ndindex(out):
        corners = []
        for place, n, o in ((i, size[0], out[0]), (j, size[1], out[1])):
            where = place * (n - 1) / max(o - 1, 1) if align else min(max((place + 0.5) * n / o - 0.5, 0), n - 1)
            low = min(int(where), n - 1)
            corners.append([(low, 1 - (where - low)), (min(low + 1, n - 1), where - low)])
        for r, u in corners[0]:
            for c, v in corners[1]:
                expected[:, :, i, j] += u * v * x[:, :, r, c]
    np.testing.assert_allclose(interpolate(x, out, mode="bilinear", align_corners=align), expected, atol=1e-12)
    check_gradients(lambda x: interpolate(x, out, mode="bilinear", align_corners=align), x)


@pytest.mark.parametrize("shape", [(2, 1, 5), (1, 2, 3, 4), (1, 1, 2, 3, 2)])
def test_nearest_interpolation_repeats(shape) -> None:
    x = np.random.default_rng(0).standard_normal(shape)
    expected = x
    for axis in range(2, x.ndim):
        expected = expected.repeat(3, axis)
    np.testing.assert_array_equal(interpolate(x, scale_factor=3), expected)
    check_gradients(lambda x: interpolate(x, scale_factor=1.6), x)
    # Where the sizes come out equal or double, scale factors of which they were rounded down do not matter.
    np.testing.assert_array_equal(interpolate(x, scale_factor=1.1, recompute_scale_factor=False), x)
    double = interpolate(x[..., :2], scale_factor=2.3)
    np.testing.assert_array_equal(double[..., ::2], double[..., 1::2])
    assert interpolate(x, scale_factor=[1.0] * (x.ndim - 2)).tolist() == x.tolist()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: max_pool2d(x, 2),
        lambda x: max_pool2d(x, 3, 2, 1),
        lambda x: avg_pool2d(x, 3, 2, 1),
        lambda x: adaptive_avg_pool2d(x, (3, 2)),
        lambda x: interpolate(x, scale_factor=1.5, mode="bilinear"),
        lambda x: interpolate(x, scale_factor=2),
    ],
    ids=["max", "max-overlapping", "avg", "adaptive", "bilinear", "nearest"],
)
def test_layout_does_not_matter_and_nothing_is_modified(function, dtype) -> None:
    values = np.random.default_rng(0).standard_normal((2, 3, 6, 8)).astype(dtype)
    results = []
    for x in (values, np.asfortranarray(values), np.repeat(values, 2, -1)[..., ::2]):
        x.flags.writeable = False
        tensor = Tensor(x, requires_grad=True)
        tensor.data = x
        y = function(tensor)
        y.backward(np.broadcast_to(np.asarray(0.5, dtype), y.shape))
        assert y.dtype == tensor.grad.dtype == dtype and not np.shares_memory(y.data, x)
        results.append((y.data, tensor.grad))
    for y, dx in results[1:]:
        np.testing.assert_array_equal(y, results[0][0])
        np.testing.assert_array_equal(dx, results[0][1])


def test_empty_batches() -> None:
    for function in (lambda x: max_pool2d(x, 2), lambda x: avg_pool2d(x, 2), lambda x: adaptive_avg_pool2d(x, 2)):
        x = Tensor(np.zeros((0, 3, 4, 4)), requires_grad=True)
        y = function(x)
        y.sum().backward()
        assert y.shape == (0, 3, 2, 2) and x.grad.shape == x.shape


def test_layers_do_as_the_functions() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 7))
    np.testing.assert_array_equal(MaxPool2d(3, 2, 1, 1, False, True)(x), max_pool2d(x, 3, 2, 1, 1, True))
    np.testing.assert_array_equal(AvgPool2d(3, 2, 1, True, False, 5)(x), avg_pool2d(x, 3, 2, 1, True, False, 5))
    assert repr(MaxPool2d(2)) == "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"
    assert repr(AvgPool2d((2, 1), 1)) == "AvgPool2d(kernel_size=(2, 1), stride=1, padding=0)"


X = np.zeros((1, 2, 5, 5))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: max_pool2d(X[0, 0], 2), ValueError, "max_pool2d: input must be (N, C, H, W) or (C, H, W)"),
        (lambda: max_pool2d(X[:, :, :0], 2), ValueError, "with pixels"),
        (lambda: max_pool2d(X, 6), ValueError, "the window spans (6, 6) pixels"),
        (lambda: max_pool2d(X, 0), ValueError, "kernel_size must be at least 1"),
        (lambda: max_pool2d(X, 2, 0), ValueError, "stride must be at least 1"),
        (lambda: max_pool2d(X, 2, padding=2), ValueError, "padding must be at most half of kernel_size (2, 2), got (2, 2)"),
        (lambda: max_pool2d(X, 2, padding=-1), ValueError, "padding must be at least 0"),
        (lambda: max_pool2d(X, 2, dilation=0), ValueError, "dilation must be at least 1"),
        (lambda: max_pool2d(X, 2.0), TypeError, "kernel_size must be a whole number"),
        (lambda: max_pool2d(X.astype(int), 2), TypeError, "input must be floating point"),
        (lambda: max_pool2d(X, 2, return_indices=True), ValueError, "return_indices must be False"),
        (lambda: MaxPool2d(2, return_indices=True), ValueError, "return_indices must be False"),
        (lambda: interpolate(X, 2, mode="bilinear", antialias=True), ValueError, "antialias must be False"),
        (lambda: avg_pool2d(X, 2, divisor_override=0), ValueError, "divisor_override must not be 0"),
        (lambda: avg_pool2d(X, (2, 2, 2)), TypeError, "kernel_size must be a whole number or 2 of them"),
        (lambda: adaptive_avg_pool2d(X[0, 0], 1), ValueError, "adaptive_avg_pool2d: input must be"),
        (lambda: adaptive_avg_pool2d(X, (1,)), ValueError, "output_size must be one number or a pair"),
        (lambda: adaptive_avg_pool2d(X, -1), ValueError, "output_size must be at least 0"),
        (lambda: interpolate(X), ValueError, "exactly one of size and scale_factor"),
        (lambda: interpolate(X, 2, 2.0), ValueError, "exactly one of size and scale_factor"),
        (lambda: interpolate(X, 2, mode="bicubic"), ValueError, "mode must be one of 'nearest', 'bilinear'"),
        (lambda: interpolate(X[0], 2, mode="bilinear"), ValueError, "mode='bilinear' takes (N, C, H, W) with"),
        (lambda: interpolate(X[0, 0], 2), ValueError, "mode='nearest' takes (N, C, H, W), (N, C, L) or"),
        (lambda: interpolate(X, 2, align_corners=False), ValueError, "align_corners is for mode='bilinear'"),
        (lambda: interpolate(X, 2, recompute_scale_factor=True), ValueError, "recompute_scale_factor is for scale_factor"),
        (lambda: interpolate(X, 0), ValueError, "size must be at least 1"),
        (lambda: interpolate(X, scale_factor=0.1), ValueError, "leaves nothing of (5, 5)"),
        (lambda: interpolate(X, scale_factor=-1.0), ValueError, "scale_factor must be a positive number, or 2 of them"),
        (lambda: interpolate(X, scale_factor=(2.0,)), ValueError, "scale_factor must be a positive number, or 2 of them"),
    ],
)  # fmt: skip
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)
