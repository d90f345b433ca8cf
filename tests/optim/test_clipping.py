"""Gradient clipping: PyTorch's results (scripts/goldens/record_schedules.py), properties, extreme and bad input."""

import doctest
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Parameter, Tensor
from dlprimer.optim import clipping
from dlprimer.optim.clipping import clip_grad_norm, clip_grad_value

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "schedules.json").read_text())["cases"]
CASES = [case for case in CASES if "clip" in case]


def with_gradients(*gradients) -> list[Parameter]:
    parameters = [Parameter(np.zeros(np.shape(g), np.asarray(g).dtype)) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = g
    return parameters


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['clip']} {case['options']}")
def test_norm_and_gradients_are_pytorchs(case, dtype) -> None:
    tolerance = {np.float64: 1e-12, np.float32: 1e-6, np.float16: 2e-3}[dtype]
    arrays = [np.array(g["values"], dtype).reshape(g["shape"]) for g in case["gradients"]]
    kept = [g.copy() for g in arrays]
    parameters = with_gradients(*arrays)
    found = getattr(clipping, case["clip"])(parameters, **case["options"])
    if case["norm"] is None:
        assert found is None
    else:
        assert type(found) is float and found == pytest.approx(case["norm"], rel=tolerance)
    for p, g, before, expected in zip(parameters, arrays, kept, case["after"], strict=True):
        assert p.grad.dtype == dtype and p.grad.shape == g.shape
        np.testing.assert_allclose(p.grad.ravel(), expected["values"], rtol=tolerance, atol=tolerance)
        np.testing.assert_array_equal(g, before)


@given(st.integers(0, 2**32), st.floats(0.01, 20), st.sampled_from([1, 1.5, 2, 3, math.inf, "inf"]))
@settings(max_examples=40, deadline=None)
def test_the_norm_afterwards_is_at_most_the_limit_and_the_direction_stays(seed, limit, p) -> None:
    rng = np.random.default_rng(seed)
    gradients = [rng.standard_normal(shape) for shape in [(3, 2), (5,), (1, 1, 4)]]
    parameters = with_gradients(*gradients)
    flat = np.concatenate([g.ravel() for g in gradients])
    total = clip_grad_norm(iter(parameters), limit, p)
    assert total == pytest.approx(np.linalg.norm(flat, float(p)) if float(p) != 1.5 else (np.abs(flat) ** 1.5).sum() ** (1 / 1.5))
    after = np.concatenate([w.grad.ravel() for w in parameters])
    np.testing.assert_allclose(after, flat * min(1, limit / (total + 1e-6)), rtol=1e-12)
    if total <= limit:
        assert all(w.grad is g for w, g in zip(parameters, gradients, strict=True))


def test_one_norm_over_all_is_not_one_for_each() -> None:
    a, b = with_gradients(np.array([3.0, 4.0]), np.array([0.0, 12.0]))
    assert clip_grad_norm([a, b], 6.5) == 13.0
    np.testing.assert_allclose(np.concatenate([a.grad, b.grad]), [1.5, 2, 0, 6], rtol=1e-6)
    a.grad = np.array([10.0, 0.5])
    clip_grad_value(a, 1.0)
    assert a.grad.tolist() == [1.0, 0.5]


def test_parameters_without_a_gradient_do_not_count() -> None:
    a, b = with_gradients(np.array([3.0, 4.0]), np.array([1.0]))
    b.grad = None
    assert clip_grad_norm([a, b], 1.0) == 5.0 and b.grad is None
    clip_grad_value([a, b], 0.1)
    assert b.grad is None and a.grad.tolist() == [0.1, 0.1]
    assert clip_grad_norm([b], 1.0) == 0.0 == clip_grad_norm([], 1.0)


def test_a_single_tensor_and_a_number() -> None:
    w = Tensor(np.array(2.0), requires_grad=True)
    w.grad = np.float64(-8.0)  # what adding two 0-d arrays gives
    assert clip_grad_norm(w, 4.0) == 8.0
    assert isinstance(w.grad, np.ndarray) and w.grad.shape == () and w.grad.item() == pytest.approx(-4)
    clip_grad_value(w, 1.0)
    assert isinstance(w.grad, np.ndarray) and w.grad.tolist() == -1.0


@pytest.mark.parametrize(
    ("dtype", "size"),
    [(np.float16, 6e4), (np.float32, 1e30), (np.float64, 1e200), (np.float32, 1e-30), (np.float64, 1e-200)],
)
@pytest.mark.parametrize("p", [1, 2, 3, math.inf])
def test_the_norm_of_extreme_gradients_is_finite_and_right(dtype, size, p) -> None:
    [w] = with_gradients(np.full(4, size, dtype))
    size = float(w.grad[0])
    factor = 4 ** (1 / p)
    assert clip_grad_norm(w, math.inf, p) == pytest.approx(factor * size, rel=1e-6)
    assert clip_grad_norm(w, factor, p) == pytest.approx(factor * size, rel=1e-6)
    np.testing.assert_allclose(w.grad, np.full(4, min(1.0, size)), rtol=2e-3 if dtype == np.float16 else 1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_norm_of_many_small_entries_does_not_drift(dtype) -> None:
    [w] = with_gradients(np.full(1_000_003, 0.01, dtype))
    assert clip_grad_norm(w, math.inf) == pytest.approx(float(w.grad[0]) * math.sqrt(1_000_003), rel=3e-6)


def test_a_norm_that_is_not_finite_spoils_everything_or_is_refused() -> None:
    for bad, total in [(np.nan, np.nan), (np.inf, np.inf)]:
        a, b = with_gradients(np.array([bad, 1.0]), np.array([2.0]))
        with pytest.raises(ValueError, match=f"the norm of the gradients is {total}"):
            clip_grad_norm([a, b], 1.0, error_if_nonfinite=True)
        assert b.grad.tolist() == [2.0]
        np.testing.assert_equal(clip_grad_norm([a, b], 1.0), total)
        np.testing.assert_equal(b.grad, [np.nan if np.isnan(bad) else 0.0])
        assert np.isnan(a.grad[0])
        clip_grad_value([a], 1.0)
        assert np.isnan(a.grad[0])


def test_read_only_and_strided_gradients() -> None:
    base = np.arange(12.0).reshape(3, 4)
    base.setflags(write=False)
    [w] = with_gradients(base.T[::2])
    expected = np.linalg.norm(base.T[::2])
    assert clip_grad_norm(w, 1.0) == pytest.approx(expected)
    np.testing.assert_allclose(w.grad, base.T[::2] / expected, rtol=1e-6)


def test_a_limit_beyond_half_precision_is_none() -> None:
    [w] = with_gradients(np.array([6e4, -np.inf], np.float16))
    clip_grad_value(w, 1e6)
    assert w.grad.tolist() == [np.float16(6e4), -math.inf] and w.grad.dtype == np.float16


def test_a_used_up_iterator_is_noticed() -> None:
    used = iter([])
    with pytest.warns(UserWarning, match="clip_grad_norm: parameters is empty"):
        assert clip_grad_norm(used, 1.0) == 0.0
    with pytest.warns(UserWarning, match="clip_grad_value: parameters is empty"):
        clip_grad_value(used, 1.0)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda w: clip_grad_norm(w, -1.0), ValueError, "max_norm must be at least 0, got -1.0"),
        (lambda w: clip_grad_norm(w, math.nan), ValueError, "max_norm must be at least 0, got nan"),
        (lambda w: clip_grad_norm(w, None), TypeError, "max_norm must be a number, got None"),
        (lambda w: clip_grad_norm(w, 1.0, 0), ValueError, "norm_type must be above 0, got 0"),
        (lambda w: clip_grad_norm(w, 1.0, "two"), TypeError, "norm_type must be a number, got 'two'"),
        (lambda w: clip_grad_norm(np.ones(2), 1.0), TypeError, "parameters must be tensors, got float64 at place 0"),
        (lambda w: clip_grad_norm([w, None], 1.0), TypeError, "got NoneType at place 1"),
        (lambda w: clip_grad_norm(3, 1.0), TypeError, "parameters must be a tensor or an iterable of tensors, got int"),
        (lambda w: clip_grad_value(w, -1.0), ValueError, "clip_value must be at least 0, got -1.0"),
        (lambda w: clip_grad_value(w, math.nan), ValueError, "clip_value must be at least 0"),
        (lambda w: clip_grad_value(w, "1,0"), TypeError, "clip_value must be a number, got '1,0'"),
        (lambda w: clip_grad_value({1: w}, 1.0), TypeError, "got int at place 0"),
    ],
)
def test_bad_input_is_refused_by_name_and_changes_nothing(call, error, said: str) -> None:
    [w] = with_gradients(np.array([3.0, 4.0]))
    with pytest.raises(error) as caught:
        call(w)
    assert said in str(caught.value) and w.grad.tolist() == [3.0, 4.0]


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(clipping, extraglobs={"np": np})
    assert result.attempted and not result.failed
