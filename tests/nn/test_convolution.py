"""Convolution, unfolding and padding: against naive loops, PyTorch's recorded results and finite differences."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Residual, Sequential, Tensor, check_gradients
from dlprimer.nn import convolution
from dlprimer.nn.convolution import (
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    DepthwiseSeparableConv2d,
    conv1d,
    conv2d,
    conv_transpose2d,
    pad,
    receptive_field,
    unfold,
)
from dlprimer.nn.pooling import AvgPool2d, MaxPool2d

GOLDENS = json.loads((Path(__file__).parents[1] / "goldens" / "convolution.json").read_text())["cases"]
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
margins = st.tuples(st.integers(0, 3), st.integers(0, 3))
seeds = st.integers(0, 9999)


@pytest.mark.parametrize("case", GOLDENS, ids=lambda case: case.get("function") or case["module"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 2e-5)], ids=["float64", "float32"])
def test_outputs_and_gradients_are_those_of_pytorch(case, dtype, tolerance, follows_golden) -> None:
    learns = case.get("module", "").startswith("Conv")
    follows_golden(case, dtype, tolerance, tolerance, **({"rng": np.random.default_rng(0)} if learns else {}))


# ---- naive loops, which can be read off the definition ----


def slow_conv2d(x, w, b, stride, padding, dilation, groups):
    (N, C, H, W), (O, _, KH, KW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    OH, OW = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip((H, W), padding, dilation, (KH, KW), stride, strict=True)
    )
    y = np.zeros((N, O, OH, OW))
    for n, o, i, j in np.ndindex(y.shape):
        first = o // (O // groups) * (C // groups)
        for c, u, v in np.ndindex(C // groups, KH, KW):
            y[n, o, i, j] += w[o, c, u, v] * padded[n, first + c, i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]]
    return y if b is None else y + b[:, None, None]


def slow_conv_transpose2d(x, w, b, stride, padding, output_padding, groups, dilation):
    (N, C, H, W), (_, per_group, KH, KW) = x.shape, w.shape
    size = [
        (n - 1) * s + d * (k - 1) + 1 + e
        for n, s, d, k, e in zip((H, W), stride, dilation, (KH, KW), output_padding, strict=True)
    ]
    y = np.zeros((N, per_group * groups, *size))
    for n, c, i, j, o, u, v in np.ndindex(N, C, H, W, per_group, KH, KW):
        out = c // (C // groups) * per_group + o
        y[n, out, i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]] += x[n, c, i, j] * w[c, o, u, v]
    y = y[:, :, padding[0] : size[0] - padding[0], padding[1] : size[1] - padding[1]]
    return y if b is None else y + b[:, None, None]


@st.composite
def convolutions(draw):
    """Shapes and settings of a convolution whose kernel fits."""
    kernel, stride, dilation, padding = draw(pairs), draw(pairs), draw(pairs), draw(margins)
    groups, inputs, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 4))
    size = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 3)) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    rng = np.random.default_rng(draw(seeds))
    x = rng.standard_normal((draw(st.integers(1, 3)), inputs * groups, *size))
    w = rng.standard_normal((outputs * groups, inputs, *kernel))
    b = rng.standard_normal(outputs * groups) if draw(st.booleans()) else None
    return x, w, b, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


@settings(deadline=None, max_examples=60)
@given(case=convolutions(), block=st.sampled_from([1, 100, 2**18]))
def test_conv2d_is_the_weighted_sum_of_each_window(case, block) -> None:
    x, w, b, options = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "BLOCK", block)
        np.testing.assert_allclose(conv2d(x, w, b, **options), slow_conv2d(x, w, b, **options), atol=1e-12)


@pytest.mark.parametrize("outputs", [1, 6])
def test_a_kernel_may_be_wider_than_the_image(outputs: int) -> None:
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((2, 3, 4, 2)), rng.standard_normal((outputs, 3, 3, 7))
    expected = slow_conv2d(x, w, None, (1, 1), (1, 3), (1, 1), 1)
    np.testing.assert_allclose(conv2d(x, w, padding=(1, 3)), expected, atol=1e-12)
    check_gradients(lambda x, w: conv2d(x, w, padding=(1, 3)), x, w)


@settings(deadline=None, max_examples=40)
@given(case=convolutions(), block=st.sampled_from([1, 2**18]))
def test_conv2d_gradients(case, block) -> None:
    x, w, b, options = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "BLOCK", block)
        if b is None:
            check_gradients(lambda x, w: conv2d(x, w, **options), x, w)
        else:
            check_gradients(lambda x, w, b: conv2d(x, w, b, **options), x, w, b)


@settings(deadline=None, max_examples=30)
@given(case=convolutions())
def test_conv1d_is_conv2d_of_one_column(case) -> None:
    x, w, b, options = case
    x, w = np.ascontiguousarray(x[..., 0]), np.ascontiguousarray(w[..., 0])
    one = {name: value if name == "groups" else value[0] for name, value in options.items()}
    two = {name: value if name == "groups" else (value[0], 0 if name == "padding" else 1) for name, value in options.items()}
    expected = slow_conv2d(x[..., None], w[..., None], b, **two)[..., 0]
    np.testing.assert_allclose(conv1d(x, w, b, **one), expected, atol=1e-12)
    np.testing.assert_allclose(conv1d(x[0], w, b, **one), expected[0], atol=1e-12)
    check_gradients(lambda x, w: conv1d(x, w, b, **one), x, w)


@settings(deadline=None, max_examples=40)
@given(case=convolutions(), data=st.data())
def test_conv_transpose2d_spreads_kernels(case, data) -> None:
    x, w, b, options = case
    groups, inputs = options["groups"], x.shape[1]
    w = np.resize(w, (inputs, len(w) // groups, *w.shape[2:]))
    options["output_padding"] = tuple(
        data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(options["stride"], options["dilation"], strict=True)
    )
    largest = [  # leaves at least one pixel
        ((n - 1) * s + d * (k - 1) + e) // 2
        for n, s, d, k, e in zip(
            x.shape[2:], options["stride"], options["dilation"], w.shape[2:], options["output_padding"], strict=True
        )
    ]
    options["padding"] = tuple(min(p, most) for p, most in zip(options["padding"], largest, strict=True))
    loops = slow_conv_transpose2d(x, w, b, **options | {"output_padding": options["output_padding"]})
    np.testing.assert_allclose(conv_transpose2d(x, w, b, **options), loops, atol=1e-12)
    check_gradients(lambda x, w: conv_transpose2d(x, w, b, **options), x, w)


def test_the_transposed_convolution_is_the_adjoint() -> None:
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((2, 4, 9, 8)), rng.standard_normal((6, 4, 3, 3))
    y = conv2d(x, w, stride=2, padding=1)
    g = rng.standard_normal(y.shape)
    back = conv_transpose2d(g, w, stride=2, padding=1, output_padding=(0, 1))
    np.testing.assert_allclose((y * g).sum(), (x * back).sum())


def test_padding_same_keeps_the_size_and_puts_the_odd_zero_last() -> None:
    x, w = np.ones((1, 1, 3, 4)), np.ones((1, 1, 2, 2))
    assert conv2d(x, w, padding="same").tolist() == [[[[4, 4, 4, 2], [4, 4, 4, 2], [2, 2, 2, 1]]]]
    assert conv2d(x, w, padding="valid").shape == (1, 1, 2, 3)


@settings(deadline=None, max_examples=30)
@given(case=convolutions())
def test_a_convolution_is_a_product_with_unfolded_windows(case) -> None:
    x, w, _, options = case
    w = np.resize(w, (3, x.shape[1], *w.shape[2:]))
    del options["groups"]
    cols = unfold(x, w.shape[2:], **options)
    y = conv2d(x, w, **options)
    np.testing.assert_allclose(w.reshape(3, -1) @ cols, y.reshape(len(x), 3, -1), atol=1e-12)
    np.testing.assert_array_equal(unfold(x[0], w.shape[2:], **options), cols[0])
    check_gradients(lambda x: unfold(x, w.shape[2:], **options), x)


# ---- padding ----


@settings(deadline=None, max_examples=60)
@given(
    size=st.tuples(st.integers(2, 4), st.integers(2, 4)),
    mode=st.sampled_from(["constant", "reflect", "replicate", "circular"]),
    seed=seeds,
    data=st.data(),
)
def test_pad_agrees_with_numpy_and_its_gradient_with_differences(size, mode, seed, data) -> None:
    most = [n - 1 if mode == "reflect" else n for n in size]
    widths = [tuple(data.draw(st.integers(0, m)) for _ in range(2)) for m in most]
    x = np.random.default_rng(seed).standard_normal((2, 1, *size))
    of_numpy = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    last_first = [n for pair in reversed(widths) for n in pair]
    np.testing.assert_array_equal(pad(x, last_first, mode), np.pad(x, [(0, 0), (0, 0), *widths], of_numpy))
    check_gradients(lambda x: pad(x, last_first, mode), x)


def test_negative_widths_cut() -> None:
    row = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert pad(row, (-1, 1)).tolist() == [[2, 3, 4, 0]]
    assert pad(row, (-1, 2), "reflect").tolist() == [[2, 3, 4, 3, 2]]
    assert pad(row, (-1, 2), "replicate").tolist() == [[2, 3, 4, 4, 4]]
    assert pad(row, (-1, 2), "circular").tolist() == [[2, 3, 4, 2, 3]]
    assert pad(row, (1, 1), value=9.0).tolist() == [[9, 1, 2, 3, 4, 9]]
    y = pad(row, ())
    assert y.tolist() == row.tolist() and not np.shares_memory(y, row)


# ---- arrays of every kind ----


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("layout", ["F", "strided", "read-only"])
def test_layout_does_not_matter_and_nothing_is_modified(dtype, layout: str) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in ((2, 4, 6, 5), (4, 2, 3, 3), (4,))]
    arrange = {"F": np.asfortranarray, "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2], "read-only": np.copy}[layout]
    weird = [arrange(a) for a in arrays]
    for a in weird:
        a.flags.writeable = False
    for function, options in [
        (conv2d, {"padding": 1, "groups": 2}),
        (conv2d, {"stride": 2, "groups": 2}),
        (conv_transpose2d, {"stride": 2, "groups": 2}),
        (conv_transpose2d, {"groups": 2}),
    ]:
        results = []
        for given_arrays in (arrays, weird):
            tensors = [Tensor(a, requires_grad=True) for a in given_arrays]
            for t, a in zip(tensors, given_arrays, strict=True):
                t.data = a
            y = function(*tensors, **options)
            g = np.broadcast_to(np.asarray(rng.standard_normal(), dtype), y.shape) if not results else results[0][-1]
            y.backward(g)
            results.append([y.data, *(t.grad for t in tensors), g])
        for ours, theirs in zip(*results, strict=True):
            assert ours.dtype == dtype
            np.testing.assert_array_equal(ours, theirs)


def test_float16_is_computed_in_float32() -> None:
    x, w = np.full((1, 1, 1, 4096), 1.0, np.float16), np.full((1, 1, 1, 4096), 1.0, np.float16)
    assert conv2d(x, w).item() == 4096  # adding ones in float16 would stop at 2048


def test_empty_batches_and_large_images_in_pieces() -> None:
    w = np.ones((3, 2, 3, 3))
    x = Tensor(np.zeros((0, 2, 5, 5)), requires_grad=True)
    weight = Tensor(w, requires_grad=True)
    y = conv2d(x, weight, padding=1)
    assert y.shape == (0, 3, 5, 5)
    y.sum().backward()
    assert x.grad.shape == x.shape and (weight.grad == 0).all()
    bias = Tensor(np.ones(4), requires_grad=True)
    y = conv2d(x, np.ones((4, 2, 1, 1)), bias)
    y.sum().backward()
    assert y.shape == (0, 4, 5, 5) and bias.grad.tolist() == [0, 0, 0, 0]
    assert conv_transpose2d(np.zeros((0, 3, 5, 5)), w, stride=2).shape == (0, 2, 11, 11)
    assert unfold(np.zeros((0, 2, 5, 5)), 2).shape == (0, 8, 16)
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((1, 16, 64, 64)), rng.standard_normal((16, 16, 3, 3))
    assert convolution.pieces_of(64 * 64, 16 * 16 * 9) > 1
    cols = unfold(x, 3, padding=1)
    np.testing.assert_allclose(conv2d(x, w, padding=1).reshape(16, -1), w.reshape(16, -1) @ cols[0], atol=1e-10)


@pytest.mark.parametrize(
    "options",
    [{"padding": 1}, {}, {"stride": 2}, {"groups": 4, "padding": 1}, {"padding": (1, 3)}, {"dilation": 2, "stride": (1, 2)}],
    ids=str,
)
@pytest.mark.parametrize("outputs", [4, 12])
def test_images_treated_together_or_one_by_one_give_the_same(options, outputs, monkeypatch) -> None:
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((5, 12, 7, 7)), rng.standard_normal((outputs, 12 // options.get("groups", 1), 3, 3))
    results = []
    for images in (5, 2, 1):  # the last two at a time leave one over
        monkeypatch.setattr(convolution, "block_of", lambda N, size, images=images: images)
        tensors = [Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)]
        y = conv2d(*tensors, **options)
        g = np.random.default_rng(3).standard_normal(y.shape)
        y.backward(g)
        results.append((y.data, tensors[0].grad, tensors[1].grad))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_single_infinite_pixel_stays_local() -> None:
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 4] = np.nan
    for y in (conv2d(x, np.ones((1, 1, 3, 3)), padding=1), conv2d(x, np.ones((1, 1, 3, 3)))):
        assert np.isnan(y).sum() == (6 if y.shape[-1] == 5 else 3)


# ---- bad input ----

X, K = np.zeros((2, 4, 6, 6)), np.zeros((8, 4, 3, 3))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: conv2d(X[0, 0], K), ValueError, "input must have 3 or 4 axes"),
        (lambda: conv2d(X, K[0]), ValueError, "weight 4 (two of channels, kh, kw)"),
        (lambda: conv1d(X, K), ValueError, "weight 3 (two of channels, k)"),
        (lambda: conv2d(X[:, :3], K), ValueError, "input must have 4 channels for weight (8, 4, 3, 3) and groups=1, got"),
        (lambda: conv2d(X, K, np.zeros(4)), ValueError, "bias must have shape (8,)"),
        (lambda: conv2d(X, K, groups=3), ValueError, "groups must be a positive number that divides the 8"),
        (lambda: conv2d(X, K, groups=0), ValueError, "groups must be"),
        (lambda: conv2d(X, K, groups=1.0), TypeError, "groups must be a whole number, got 1.0"),
        (lambda: conv2d(X, K, stride=0), ValueError, "stride must be at least 1, got 0"),
        (lambda: conv2d(X, K, stride=(1, 1, 1)), TypeError, "stride must be a whole number or 2 of them"),
        (lambda: conv2d(X, K, stride=1.5), TypeError, "stride must be a whole number"),
        (lambda: conv2d(X, K, padding=True), TypeError, "padding must be a whole number"),
        (lambda: conv2d(X, K, padding=-1), ValueError, "padding must be at least 0"),
        (lambda: conv2d(X, K, dilation=0), ValueError, "dilation must be at least 1"),
        (lambda: conv2d(X, K, padding="full"), ValueError, "padding must be one of 'same', 'valid', got 'full'"),
        (lambda: conv2d(X, K, 2, padding="same"), TypeError, "bias must be an array"),
        (lambda: conv2d(X, K, stride=2, padding="same"), ValueError, "padding='same' needs stride 1"),
        (lambda: conv2d(X, K, dilation=3), ValueError, "the kernel spans (7, 7) pixels"),
        (lambda: conv2d(X, K[:, :, :0]), ValueError, "at least one tap"),
        (lambda: conv2d(X[:, :, :0], K, padding=4), ValueError, "input must have pixels"),
        (lambda: unfold(X, (2,)), ValueError, "one number or a pair, got (2,), 1, 0 and 1"),
        (lambda: pad(X[:0, 0], (1, 1, 1, 1), "replicate"), ValueError, "pads the last one to three axes"),
        (lambda: conv2d(X[:, :0], K[:, :0]), ValueError, "input must have 0 channels"),
        (lambda: conv2d(X.astype(np.float32), K), TypeError, "input is float32 but weight is float64"),
        (lambda: conv2d(X.astype(int), K), TypeError, "input must be floating point"),
        (lambda: conv_transpose2d(X, K), ValueError, "input must have 8 channels"),
        (lambda: conv_transpose2d(X, K[:4], output_padding=1), ValueError, "output_padding must be below stride (1, 1)"),
        (lambda: conv_transpose2d(X, K[:4], padding=4), ValueError, "would give an output of size (0, 0)"),
        (lambda: conv_transpose2d(X, K[:4], np.zeros(3)), ValueError, "bias must have shape (4,)"),
        (lambda: conv_transpose2d(X, K[:4], padding="same"), TypeError, "padding must be a whole number"),
        (lambda: unfold(X[0, 0], 2), ValueError, "input must be (N, C, H, W) or (C, H, W)"),
        (lambda: unfold(X, 7), ValueError, "the window spans (7, 7)"),
        (lambda: unfold(X, 0), ValueError, "kernel_size must be at least 1"),
        (lambda: pad(X, (1,)), ValueError, "two for each of at most 4 axes"),
        (lambda: pad(X, (1, 1.5)), ValueError, "pad must be whole numbers"),
        (lambda: pad(X, (0,) * 10), ValueError, "at most 4 axes"),
        (lambda: pad(X, (1, 1), "mirror"), ValueError, "mode must be one of"),
        (lambda: pad(X, (1, 1, 1, 1), "reflect", 1.0), ValueError, "value is for mode='constant'"),
        (lambda: pad(X, (1, 1), "reflect"), ValueError, "pads the last one to three axes after one or two others"),
        (lambda: pad(X, (6, 1, 0, 0), "reflect"), ValueError, "at most 5 on each side of an axis of length 6"),
        (lambda: pad(X, (7, 1, 0, 0), "circular"), ValueError, "at most 6 on each side"),
        (lambda: pad(X, (-3, -3, 0, 0), "replicate"), ValueError, "cannot be cut by -3 and -3"),
        (lambda: pad(X, (-4, -3)), ValueError, "cannot be cut by -4 and -3"),
        (lambda: pad(X.tolist(), (1, 1)), TypeError, "input must be an array"),
        (lambda: receptive_field([]), ValueError, "at least one"),
        (lambda: receptive_field([(3, 0)]), ValueError, "a layer is (kernel, stride, dilation, padding)"),
        (lambda: receptive_field([(3, 1, 1, 0, 2)]), ValueError, "a layer is"),
        (lambda: receptive_field(ConvTranspose2d(1, 1, 2, rng=np.random.default_rng(0))), ValueError, "transposed"),
        (lambda: Conv2d(3, 4, 3, groups=2, rng=np.random.default_rng(0)), ValueError, "multiples of groups, got 3, 4 and groups=2"),
        (lambda: Conv2d(0, 4, 3, rng=np.random.default_rng(0)), ValueError, "positive multiples"),
        (lambda: Conv2d(3, 4, 0, rng=np.random.default_rng(0)), ValueError, "Conv2d: kernel_size must be at least 1"),
        (lambda: Conv2d(3, 4, 3, stride=2, padding="same", rng=np.random.default_rng(0)), ValueError, "needs stride 1"),
        (lambda: Conv2d(3, 4, 3, padding_mode="zero", rng=np.random.default_rng(0)), ValueError, "padding_mode must be one of"),
        (lambda: ConvTranspose2d(3, 4, 3, padding="same", rng=np.random.default_rng(0)), TypeError, "padding must be whole numbers"),
    ],
)  # fmt: skip
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


# ---- receptive fields ----


@settings(deadline=None, max_examples=25)
@given(
    layers=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2)), min_size=1, max_size=3)
)
def test_the_receptive_field_is_where_the_gradient_goes(layers) -> None:
    size, stride, offset = receptive_field(layers)
    x = Tensor(np.ones((1, size + 4 * stride)), requires_grad=True)
    y = x
    for kernel, step, dilation, padding in layers:
        y = conv1d(y, np.ones((1, 1, kernel)), stride=step, dilation=dilation, padding=padding)
    middle = y.shape[-1] // 2
    y[0, middle].backward()
    reached = np.flatnonzero(x.grad[0])
    start = middle * stride + offset
    assert reached.min() >= start and reached.max() < start + size
    if 0 <= start and start + size <= x.shape[1] and not any(p for *_, p in layers):
        assert (reached.min(), reached.max()) == (start, start + size - 1)


def test_the_receptive_field_of_a_module() -> None:
    rng = np.random.default_rng(0)
    block = Residual(Conv2d(4, 4, 3, padding="same", rng=rng))
    first, last = Conv2d(1, 4, 3, padding=1, rng=rng), Conv1d(4, 4, 3, dilation=2, rng=rng)
    model = Sequential(first, np.tanh, MaxPool2d(2), block, AvgPool2d((2, 1)), last)
    by_hand = [(3, 1, 1, 1), (2, 2), (3, 1, 1, 1), (2, 2), (3, 1, 2)]
    assert receptive_field(model) == receptive_field(by_hand) == (3 + 1 + 4 + 2 + 16, 4, -3)
    assert receptive_field(Conv2d(1, 1, 5, padding="valid", rng=rng)) == (5, 1, 0)
    with pytest.raises(ValueError, match="at least one"):
        receptive_field(Residual(np.tanh))


# ---- layers ----


@pytest.mark.parametrize(
    ("layer", "shape", "fan_in"),
    [
        (lambda rng: Conv1d(4, 60, 5, groups=2, rng=rng), (60, 2, 5), 10),
        (lambda rng: Conv2d(4, 60, (3, 2), rng=rng), (60, 4, 3, 2), 24),
        (lambda rng: ConvTranspose2d(60, 4, 3, rng=rng), (60, 4, 3, 3), 36),
    ],
    ids=["Conv1d", "Conv2d", "ConvTranspose2d"],
)
def test_layers_start_within_pytorchs_bounds(layer, shape, fan_in: int) -> None:
    a, b = (layer(np.random.default_rng(5)) for _ in range(2))
    assert a.weight.shape == shape and a.weight.dtype == np.float32
    np.testing.assert_array_equal(a.weight.data, b.weight.data)
    assert 0.98 < np.abs(a.weight.data).max() * math.sqrt(fan_in) <= 1
    assert np.abs(a.bias.data).max() * math.sqrt(fan_in) <= 1
    assert list(dict(a.named_parameters())) == ["weight", "bias"]


def test_a_depthwise_separable_convolution_is_two_convolutions() -> None:
    layer = DepthwiseSeparableConv2d(4, 6, 3, padding=1, rng=np.random.default_rng(0), dtype=np.float64)
    assert list(dict(layer.named_parameters())) == ["depthwise.weight", "depthwise.bias", "pointwise.weight", "pointwise.bias"]
    assert layer.number_of_parameters() == 4 * 9 + 4 + 4 * 6 + 6
    x = np.random.default_rng(1).standard_normal((2, 4, 5, 5))
    each = layer.depthwise
    channels = [slow_conv2d(x[:, [c]], each.weight.data[[c]], each.bias.data[[c]], (1, 1), (1, 1), (1, 1), 1) for c in range(4)]
    mixed = np.einsum("oc,nchw->nohw", layer.pointwise.weight.data[:, :, 0, 0], np.concatenate(channels, 1))
    np.testing.assert_allclose(layer(x).data, mixed + layer.pointwise.bias.data[:, None, None])


def test_layers_show_their_settings() -> None:
    rng = np.random.default_rng(0)
    assert repr(Conv2d(1, 2, 3, rng=rng)) == "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"
    shown = repr(Conv2d(2, 2, 3, 2, 1, groups=2, bias=False, padding_mode="circular", rng=rng))
    assert shown == "Conv2d(2, 2, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=2, padding_mode='circular', bias=False)"
    assert repr(Conv1d(1, 2, 3, padding="same", rng=rng)) == "Conv1d(1, 2, kernel_size=(3,), stride=(1,), padding='same')"
