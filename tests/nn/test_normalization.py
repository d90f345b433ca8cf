"""Normalizations: PyTorch's results, gradients against finite differences, the numbers that break careless ones, and bad input."""

import json
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, check_gradients
from dlprimer.nn.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm,
    RMSNorm,
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "normalization.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("function") or case["module"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 5e-4)], ids=["float64", "float32"])
def test_outputs_gradients_and_running_values_are_those_of_pytorch(case, dtype, tolerance: float, follows_golden) -> None:
    follows_golden(case, dtype, rtol=tolerance, atol=tolerance)


# ---- the definitions, one number at a time ----


def standardized(x: np.ndarray, places: list[tuple], eps: float) -> None:
    """Bring the numbers at these places of x, in place, to mean 0 and variance 1."""
    mean = sum(x[i] for i in places) / len(places)
    var = sum((x[i] - mean) ** 2 for i in places) / len(places)
    for i in places:
        x[i] = (x[i] - mean) / (var + eps) ** 0.5


@settings(deadline=None, max_examples=20)
@given(shape=st.tuples(st.integers(2, 3), st.just(4), st.integers(2, 3), st.integers(1, 3)), seed=st.integers(0, 9999))
def test_each_normalizes_over_its_own_axes(shape, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal(shape)
    places = list(np.ndindex(shape))
    expected = {
        "batch": (lambda i: i[1], batch_norm(x, None, None, training=True)),
        "layer": (lambda i: i[0], layer_norm(x, shape[1:])),
        "last": (lambda i: i[:2], layer_norm(x, shape[2:])),
        "group": (lambda i: (i[0], i[1] // 2), group_norm(x, 2)),
        "instance": (lambda i: i[:2], instance_norm(x)),
    }
    for name, (key, y) in expected.items():
        z = x.copy()
        for group in {key(i) for i in places}:
            standardized(z, [i for i in places if key(i) == group], 1e-5)
        np.testing.assert_allclose(y, z, rtol=1e-9, atol=1e-9, err_msg=name)


# ---- gradients ----

SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=4)


def draw(seed: int, *shapes) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) + 0.5 for shape in shapes]


@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, seed=st.integers(0, 9999), training=st.booleans(), affine=st.booleans())
def test_gradients_of_batch_norm(shape, seed: int, training: bool, affine: bool) -> None:
    shape = (max(2, shape[0]), *shape[1:])
    x, w, b, mean = draw(seed, shape, shape[1], shape[1], shape[1])
    running = (None, None) if training else (mean, mean**2)
    check_gradients(lambda x, *wb: batch_norm(x, *running, *wb, training=training, eps=0.1), x, *([w, b] if affine else []))


@settings(deadline=None, max_examples=40)
@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), seed=st.integers(0, 9999), data=st.data())
def test_gradients_of_layer_and_rms_norm(shape, seed: int, data) -> None:
    last = shape[data.draw(st.integers(0, len(shape) - 1)) :]
    x, w, b = draw(seed, shape, last, last)
    given = data.draw(st.integers(0, 2))
    check_gradients(lambda x, *wb: layer_norm(x, last, *wb, eps=0.1), x, *[w, b][:given])
    check_gradients(lambda x, *w: rms_norm(x, last, *w, eps=0.1), x, *[w][:given])


@settings(deadline=None, max_examples=40)
@given(shape=SHAPES, seed=st.integers(0, 9999), affine=st.booleans(), data=st.data())
def test_gradients_of_group_and_instance_norm(shape, seed: int, affine: bool, data) -> None:
    shape = (*shape, 2)  # more than one number in each channel of an example
    x, w, b = draw(seed, shape, shape[1], shape[1])
    groups = data.draw(st.sampled_from([g for g in range(1, shape[1] + 1) if shape[1] % g == 0]))
    check_gradients(lambda x, *wb: group_norm(x, groups, *wb, eps=0.1), x, *([w, b] if affine else []))
    check_gradients(lambda x, *wb: instance_norm(x, None, None, *wb, eps=0.1), x, *([w, b] if affine else []))
    mean = draw(seed + 1, shape[1])[0]
    check_gradients(lambda x: instance_norm(x, mean, mean**2, use_input_stats=False, eps=0.1), x)


def test_blocks_of_a_large_input_join_without_a_seam() -> None:
    x, g = np.random.default_rng(0).standard_normal((2, 7, 60, 1000))
    tensor = Tensor(x, requires_grad=True)
    rows = [Tensor(row, requires_grad=True) for row in x]
    whole, parts = ([Tensor(v, requires_grad=True) for v in 1 + x[0, :2]] for _ in range(2))  # weight and bias
    y = layer_norm(tensor, (1000,), *whole)
    y.backward(g)
    for i, row in enumerate(rows):
        part = layer_norm(row, (1000,), *parts)
        part.backward(g[i])
        np.testing.assert_allclose(y.data[i], part.data, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(tensor.grad[i], row.grad, rtol=1e-9, atol=1e-12)
    for one, sum_of_parts in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one.grad, sum_of_parts.grad, rtol=1e-9, atol=1e-9)
    z = x.reshape(7, 60, 1000)
    wanted = (z - z.mean(axis=(0, 2), keepdims=True)) / np.sqrt(z.var(axis=(0, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(batch_norm(z, None, None, training=True), wanted, rtol=1e-9, atol=1e-12)


# ---- numbers that break careless implementations ----

EVERY = {
    "batch_norm": lambda x: batch_norm(x, None, None, training=True),
    "layer_norm": lambda x: layer_norm(x, x.shape[1:]),
    "group_norm": lambda x: group_norm(x, 2),
    "instance_norm": lambda x: instance_norm(x),
    "rms_norm": lambda x: rms_norm(x, x.shape[1:]),
}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(("mean", "deviation"), [(1e4, 1.0), (-1e4, 1.0), (1e-10, 1e-3), (0.0, 1e15)])
def test_single_precision_is_right_far_from_zero(name: str, mean: float, deviation: float) -> None:
    rng = np.random.default_rng(0)
    x = (mean + deviation * rng.standard_normal((64, 4, 40))).astype(np.float32)
    expected = EVERY[name](x.astype(np.float64))  # of the same, already rounded numbers
    if name == "rms_norm":  # whose default eps belongs to the dtype
        expected = rms_norm(x.astype(np.float64), x.shape[1:], eps=np.finfo(np.float32).eps)
    np.testing.assert_allclose(EVERY[name](x), expected, rtol=2e-4, atol=2e-4)
    if name == "batch_norm":
        running = np.zeros(4, np.float32), np.zeros(4, np.float32)
        batch_norm(x, *running, training=True, momentum=1.0)
        np.testing.assert_allclose(running[0], x.astype(np.float64).mean(axis=(0, 2)), rtol=1e-6, atol=1e-6 * deviation)
        np.testing.assert_allclose(running[1], x.astype(np.float64).var(axis=(0, 2), ddof=1), rtol=1e-4)


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm", "group_norm", "instance_norm"])
def test_gradients_are_right_where_single_precision_has_one_digit_left_for_the_signal(name: str) -> None:
    x, g = np.random.default_rng(0).standard_normal((2, 8, 4, 300))
    g += x  # a gradient along the signal
    x = (1e6 + x).astype(np.float32)
    gradients = []
    for dtype in (np.float32, np.float64):
        tensor = Tensor(x.astype(dtype), requires_grad=True)
        weight = Tensor(np.ones((4, 300) if name == "layer_norm" else 4, dtype), requires_grad=True)
        y = {
            "batch_norm": lambda x, w: batch_norm(x, None, None, w, training=True),
            "layer_norm": lambda x, w: layer_norm(x, (4, 300), w),
            "group_norm": lambda x, w: group_norm(x, 2, w),
            "instance_norm": lambda x, w: instance_norm(x, None, None, w),
        }[name](tensor, weight)
        (y * g.astype(dtype)).sum().backward()
        gradients.append((tensor.grad, weight.grad))
    for single, double in zip(*gradients, strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-3, atol=1e-3)


def test_the_variance_is_that_around_the_exact_mean() -> None:
    x = (1e6 + np.random.default_rng(0).standard_normal((64, 4, 300))).astype(np.float32)
    mean, var = np.zeros(4, np.float32), np.zeros(4, np.float32)
    batch_norm(x, mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(var, x.astype(np.float64).var(axis=(0, 2), ddof=1), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ["batch_norm", "layer_norm", "group_norm", "instance_norm"])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e4 + 1 / 3, -65000.0])
def test_features_that_do_not_vary_become_zero(name: str, dtype, value: float) -> None:
    x = Tensor(np.full((7, 4, 37), value, dtype), requires_grad=True)
    y = EVERY[name](x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, 0, atol=1e-3)
    (y * np.random.default_rng(0).standard_normal(x.shape).astype(dtype)).sum().backward()
    assert np.isfinite(x.grad).all() and x.grad.dtype == dtype


@pytest.mark.parametrize("name", EVERY)
def test_half_precision_is_computed_in_single_and_rounded_once(name: str) -> None:
    x = (300 * np.random.default_rng(0).standard_normal((3, 4, 6))).astype(np.float16)  # squares overflow float16
    y = EVERY[name](x)
    assert y.dtype == np.float16
    np.testing.assert_array_equal(y, EVERY[name](x.astype(np.float32)).astype(np.float16))


@pytest.mark.parametrize("name", EVERY)
def test_memory_layout_does_not_matter_and_nothing_is_changed(name: str) -> None:
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((2, 3, 4, 5))
    expected_x = Tensor(x, requires_grad=True)
    expected = EVERY[name](expected_x)
    (expected * g).sum().backward()
    readonly = x.copy()
    readonly.flags.writeable = False
    for layout in (np.asfortranarray(x), np.repeat(x, 2, axis=2)[:, :, ::2], readonly, x[::-1].copy()[::-1]):
        tensor = Tensor(np.empty(0), requires_grad=True)
        tensor.data = layout  # the constructor would copy
        y = EVERY[name](tensor)
        np.testing.assert_allclose(y.data, expected.data, rtol=1e-12)
        y.backward(np.asfortranarray(g))
        np.testing.assert_allclose(tensor.grad, expected_x.grad, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(layout, x)


def test_empty_batches() -> None:
    running = np.zeros(4), np.ones(4)
    assert batch_norm(np.zeros((0, 4)), *running, training=True).shape == (0, 4)
    assert batch_norm(np.zeros((2, 4, 0)), *running, training=True).shape == (2, 4, 0)
    assert instance_norm(np.zeros((0, 4, 3)), *running).shape == (0, 4, 3)
    assert running[0].tolist() == [0.0] * 4 and running[1].tolist() == [1.0] * 4
    assert group_norm(np.zeros((0, 4)), 2).shape == (0, 4)
    assert instance_norm(np.zeros((2, 0, 3))).shape == (2, 0, 3)
    for function in (layer_norm, rms_norm):
        assert function(np.zeros((0, 5)), (5,)).shape == (0, 5)
        assert function(np.zeros((3, 0)), (0,)).shape == (3, 0)
    x, w = Tensor(np.zeros((0, 4)), requires_grad=True), Tensor(np.ones(4), requires_grad=True)
    batch_norm(x, None, None, w, training=True).sum().backward()
    assert x.grad.shape == (0, 4) and w.grad.tolist() == [0.0] * 4


# ---- running statistics ----


def test_running_values_are_updated_in_place_with_the_unbiased_variance() -> None:
    x = np.random.default_rng(0).standard_normal((5, 2, 3))
    mean, var = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    batch_norm(x, mean, var, training=True, momentum=0.25)
    np.testing.assert_allclose(mean, 0.75 * np.array([1, 2]) + 0.25 * x.mean(axis=(0, 2)))
    np.testing.assert_allclose(var, 0.75 * np.array([3, 4]) + 0.25 * x.var(axis=(0, 2), ddof=1))
    before = mean.copy(), var.copy()
    batch_norm(x, mean, var)
    np.testing.assert_array_equal((mean, var), before)


@pytest.mark.parametrize("function", [lambda *a: batch_norm(*a, training=True), instance_norm], ids=["batch", "instance"])
def test_running_values_may_be_tensors(function) -> None:
    x = np.random.default_rng(0).standard_normal((5, 2, 3))
    arrays, tensors = [np.zeros(2), np.ones(2)], [Tensor(np.zeros(2)), Tensor(np.ones(2))]
    np.testing.assert_array_equal(function(x, *arrays), function(Tensor(x), *tensors).data)
    for array, tensor in zip(arrays, tensors, strict=True):
        assert array.any() and (array != 1).all()
        np.testing.assert_array_equal(tensor.data, array)


def test_without_momentum_the_running_mean_is_the_plain_average_of_all_batches() -> None:
    batches = np.random.default_rng(0).standard_normal((4, 6, 3))
    layer = BatchNorm1d(3, momentum=None, dtype=np.float64)
    for x in batches:
        layer(x)
    np.testing.assert_allclose(layer.running_mean, batches.mean(axis=(0, 1)))
    np.testing.assert_allclose(layer.running_var, batches.var(axis=1, ddof=1).mean(axis=0))
    assert layer.num_batches_tracked == 4 and layer.num_batches_tracked.shape == ()


def test_instance_norm_without_momentum_keeps_its_running_values_as_pytorch_does() -> None:
    layer = InstanceNorm2d(2, momentum=None, track_running_stats=True)
    layer(np.random.default_rng(0).standard_normal((3, 2, 2, 2)).astype(np.float32))
    assert layer.running_mean.tolist() == [0.0, 0.0] and layer.running_var.tolist() == [1.0, 1.0]


def test_half_precision_input_may_have_running_values_in_single() -> None:
    x = np.random.default_rng(0).standard_normal((8, 2, 3)).astype(np.float16)
    for function in (lambda *a: batch_norm(*a, training=True), instance_norm):
        for dtype in (np.float16, np.float32):
            mean, var = np.zeros(2, dtype), np.ones(2, dtype)
            assert function(x, mean, var).dtype == np.float16
            np.testing.assert_allclose(mean, 0.1 * x.astype(float).mean(axis=(0, 2)), atol=1e-3)


def test_a_gradient_of_running_values_is_refused_not_dropped() -> None:
    mean = Tensor(np.zeros(2), requires_grad=True)
    y = batch_norm(Tensor(np.ones((3, 2)), requires_grad=True), mean, np.ones(2))
    with pytest.raises(TypeError, match="running_mean is a setting and has no gradient"):
        y.sum().backward()


# ---- modules ----


def test_parameters_and_buffers_have_pytorchs_names_and_order() -> None:
    batch = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(BatchNorm2d(3).state_dict()) == batch
    assert list(InstanceNorm2d(3, affine=True, track_running_stats=True).state_dict()) == batch
    assert list(BatchNorm1d(3, affine=False, track_running_stats=False).state_dict()) == []
    assert list(InstanceNorm2d(3).state_dict()) == []
    assert list(LayerNorm((2, 3)).state_dict()) == list(GroupNorm(1, 3).state_dict()) == ["weight", "bias"]
    assert list(LayerNorm(3, bias=False).state_dict()) == list(RMSNorm(3).state_dict()) == ["weight"]


def test_how_modules_look() -> None:
    assert repr(BatchNorm2d(3)) == "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    assert repr(InstanceNorm2d(3)) == "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)"
    assert repr(GroupNorm(2, 4)) == "GroupNorm(2, 4, eps=1e-05, affine=True)"
    assert repr(LayerNorm(4, bias=False)) == "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=False)"
    assert repr(RMSNorm([2, 3])) == "RMSNorm((2, 3), eps=None, elementwise_affine=True)"


def test_a_refused_batch_leaves_the_running_values_alone() -> None:
    layer = BatchNorm1d(2)
    before = layer.state_dict()
    for x in (np.ones((1, 2), np.float32), np.ones((3, 4), np.float32), np.ones((3, 2))):
        with pytest.raises((ValueError, TypeError)):
            layer(x)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


# ---- bad input ----

X, ONES = np.zeros((2, 4, 3)), np.ones(4)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: batch_norm(np.zeros((1, 3)), None, None, training=True), ValueError, "more than 1 value per channel when training"),
        (lambda: batch_norm(np.zeros(3), None, None, training=True), ValueError, "(N, C) or (N, C, d1, ...), got shape (3,)"),
        (lambda: batch_norm(X, None, None), ValueError, "running_mean and running_var must be given when training is False"),
        (lambda: batch_norm(X, ONES, None), ValueError, "must be given together, or neither"),
        (lambda: batch_norm(X, np.ones(3), np.ones(3)), ValueError, "running_mean must have shape (4,)"),
        (lambda: batch_norm(X, ONES, np.ones(3)), ValueError, "running_var must have shape (4,)"),
        (lambda: batch_norm(X, ONES, ONES.astype(int)), TypeError, "input is float64 but running_var is int64"),
        (lambda: batch_norm(X, ONES.astype(np.float32), ONES), TypeError, "input is float64 but running_mean is float32"),
        (lambda: batch_norm(X, [1.0] * 4, [1.0] * 4), TypeError, "input is float64 but running_mean is list"),
        (lambda: batch_norm(X, None, None, np.ones(3), training=True), ValueError, "weight must have shape (4,)"),
        (lambda: batch_norm(X, None, None, ONES, np.ones((4, 1)), training=True), ValueError, "bias must have shape (4,)"),
        (lambda: batch_norm(X, None, None, training=True, eps=0), ValueError, "eps must be positive in training, got 0"),
        (lambda: batch_norm(X, ONES, ONES, eps=-1), ValueError, "eps must be at least 0, got -1"),
        (lambda: batch_norm(X, ONES, ONES, training=True, momentum=None), TypeError, "momentum must be a number, got None"),
        (lambda: batch_norm(X.astype(int), None, None, training=True), TypeError, "input must be floating point, got int64"),
        (lambda: batch_norm(X, None, None, ONES.astype(np.float32), training=True), TypeError, "input is float64 but weight is float32"),
        (lambda: instance_norm(np.zeros((2, 4))), ValueError, "more than 1 value per channel of an example"),
        (lambda: instance_norm(X, eps=0), ValueError, "eps must be positive, got 0"),
        (lambda: instance_norm(X, use_input_stats=False), ValueError, "must be given when training is False"),
        (lambda: instance_norm([[[1.0, 2.0]]]), TypeError, "input must be an array or a Tensor, got list"),
        (lambda: group_norm(X, 3), ValueError, "divides the 4 channels, got 3"),
        (lambda: group_norm(X, 0), ValueError, "divides the 4 channels, got 0"),
        (lambda: group_norm(X, 2.0), TypeError, "num_groups must be a whole number, got 2.0"),
        (lambda: group_norm(X, 2, eps=-1), ValueError, "eps must be at least 0"),
        (lambda: group_norm(np.zeros((1, 4)), 4), ValueError, "more than 1 value per group"),
        (lambda: layer_norm(X, 3), TypeError, "normalized_shape must be a tuple of whole numbers, such as (256,), got 3"),
        (lambda: layer_norm(X, (3.0,)), TypeError, "normalized_shape must be a tuple of whole numbers"),
        (lambda: layer_norm(X, ()), ValueError, "at least one axis"),
        (lambda: layer_norm(X, (4,)), ValueError, "got shapes (2, 4, 3) and (4,)"),
        (lambda: layer_norm(X, (9, 2, 4, 3)), ValueError, "input must end in normalized_shape"),
        (lambda: layer_norm(X, (4, 3), np.ones(3)), ValueError, "weight must have the shape of normalized_shape, (4, 3), got (3,)"),
        (lambda: layer_norm(X, (3,), np.ones(3), np.ones(4)), ValueError, "bias must have the shape of normalized_shape"),
        (lambda: rms_norm(X, (3,), eps=-1), ValueError, "rms_norm: eps must be at least 0"),
        (lambda: BatchNorm1d(0), ValueError, "num_features must be a positive whole number, got 0"),
        (lambda: BatchNorm1d(4)(np.zeros((2, 4, 3, 3), np.float32)), ValueError, "input must have 2 or 3 axes"),
        (lambda: BatchNorm2d(4)(np.zeros((2, 4, 3), np.float32)), ValueError, "input must have 4 axes"),
        (lambda: InstanceNorm2d(4)(np.zeros((2, 3, 2, 2))), ValueError, "input must have 4 channels, got shape (2, 3, 2, 2)"),
        (lambda: InstanceNorm2d(4)(np.zeros((4, 2))), ValueError, "input must have 3 or 4 axes"),
        (lambda: GroupNorm(3, 4), ValueError, "divides the 4 channels, got 3"),
        (lambda: GroupNorm(2, 4)(np.zeros((2, 6))), ValueError, "input must be (N, 4, ...), got shape (2, 6)"),
        (lambda: LayerNorm(()), ValueError, "one or more whole numbers, got ()"),
        (lambda: RMSNorm((-1,)), ValueError, "one or more whole numbers, got (-1,)"),
    ],
)  # fmt: skip
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)
