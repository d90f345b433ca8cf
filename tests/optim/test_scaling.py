"""Loss scaling, gradient accumulation and weight averaging: PyTorch's results (scripts/goldens/record_schedules.py) and promises."""

import doctest
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import MLP, SGD, Adam, Linear, Module, Parameter, Tensor, cross_entropy, mse_loss
from dlprimer.optim import scaling
from dlprimer.optim.clipping import clip_grad_norm
from dlprimer.optim.scaling import EMA, GradientAccumulator, LossScaler, PolyakAverage

RECORD = json.loads((Path(__file__).parents[1] / "goldens" / "schedules.json").read_text())["cases"]


def weight_of(gradient: float, lr: float = 1.0):
    w = Parameter(np.zeros(1, np.float32))
    w.grad = np.array([gradient], np.float32)
    return w, SGD([w], lr=lr)


# ---- loss scaling ----


@pytest.mark.parametrize("case", [c for c in RECORD if "scales" in c], ids=lambda case: str(case["options"]))
def test_the_scale_moves_as_pytorchs_and_bad_steps_are_skipped(case) -> None:
    w = Parameter(np.zeros(1, np.float32))
    optimizer, scaler = SGD([w], lr=0.25), LossScaler(**case["options"])
    for i, (scale, weight) in enumerate(zip(case["scales"], case["weights"], strict=True)):
        optimizer.zero_grad()
        bad = i in case["bad"]
        with np.errstate(invalid="ignore", over="ignore"):
            scaler.scale((w * (math.inf if bad else 1.0)).sum()).backward()
        assert scaler.step(optimizer) == (not bad)
        scaler.update()
        assert scaler.get_scale() == pytest.approx(scale, rel=1e-6) and w.data[0] == pytest.approx(weight)
    assert scaler.state_dict() == pytest.approx(case["state"])


def test_scaling_saves_gradients_that_half_precision_loses() -> None:
    for scaler, survives in [(LossScaler(enabled=False), False), (LossScaler(), True)]:
        w = Parameter(np.ones(1, np.float32))
        half = w.astype(np.float16)
        loss = (half * half.astype(np.float32)).sum() * 1.5e-8
        scaler.scale(loss).backward()
        assert w.grad.dtype == np.float32
        scaler.unscale_(SGD([w]))
        assert (w.grad[0] != 0) == survives


def test_scaled_and_unscaled_gradients_are_the_same_bits() -> None:
    model = MLP([3, 5, 2], rng=np.random.default_rng(0))
    x, y = np.random.default_rng(1).standard_normal((8, 3)).astype(np.float32), np.arange(8) % 2
    cross_entropy(model(x), y).backward()
    plain = [p.grad.copy() for p in model.parameters()]
    model.zero_grad()
    scaler, optimizer = LossScaler(), SGD(model.parameters())
    scaler.scale(cross_entropy(model(x), y)).backward()
    scaled = [p.grad for p in model.parameters()]
    kept = [g.copy() for g in scaled]
    scaler.unscale_(optimizer)
    for p, g, before, expected in zip(model.parameters(), scaled, kept, plain, strict=True):
        np.testing.assert_array_equal(p.grad, expected)
        np.testing.assert_array_equal(g, before)
        np.testing.assert_array_equal(before, expected * 2.0**16)


def test_unscale_then_clip_then_step_divides_once() -> None:
    w, optimizer = weight_of(3.0 * 8)
    scaler = LossScaler(init_scale=8.0)
    scaler.unscale_(optimizer)
    assert clip_grad_norm(w, 1.5) == 3.0
    assert scaler.step(optimizer)
    assert w.data[0] == pytest.approx(-1.5)


def test_one_bad_optimizer_of_two_backs_off_but_the_other_steps() -> None:
    (good, first), (bad, second) = weight_of(2.0), weight_of(math.nan)
    scaler = LossScaler(init_scale=2.0)
    assert (scaler.step(first), scaler.step(second)) == (True, False)
    scaler.update()
    assert (good.data[0], bad.data[0], scaler.get_scale()) == (-1.0, 0.0, 1.0)


def test_calls_in_the_wrong_order_are_refused() -> None:
    _, optimizer = weight_of(1.0)
    scaler = LossScaler()
    with pytest.raises(RuntimeError, match=r"update\(\) comes after step\(\)"):
        scaler.update()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="unscaled already"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match=r"step\(\) was called already"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="unscaled already"):
        scaler.unscale_(optimizer)
    scaler.update()
    scaler.step(optimizer)


def test_half_precision_gradients_are_refused_before_anything_changes() -> None:
    w = Parameter(np.ones(1, np.float16))
    other, _ = weight_of(4.0)
    w.grad = np.ones(1, np.float16)
    optimizer = SGD([other, w])
    with pytest.raises(TypeError, match="master weights in float32"):
        LossScaler().step(optimizer)
    assert other.grad.tolist() == [4.0] and w.data.tolist() == [1.0]


def test_parameters_without_a_gradient_are_left_alone() -> None:
    w, optimizer = weight_of(1.0)
    w.grad = None
    scaler = LossScaler()
    assert scaler.step(optimizer) and w.grad is None and w.data.tolist() == [0.0]


def test_scale_takes_lists_and_lifts_half_precision() -> None:
    scaler = LossScaler()
    a, b = Tensor(np.array(2.0, np.float16)), Tensor(np.array([1.0], np.float64))
    x, (y,) = scaler.scale([a, (b,)])
    assert (x.dtype, x.item(), y.dtype, y.item()) == (np.float32, 2.0**17, np.float64, 2.0**16)
    for bad in (1.0, np.ones(2)):
        with pytest.raises(TypeError, match="takes a tensor or a list of tensors"):
            scaler.scale(bad)


def test_a_scaler_that_is_off_does_nothing() -> None:
    w, optimizer = weight_of(math.inf)
    scaler = LossScaler(enabled=False)
    loss = Tensor([1.0])
    assert scaler.scale(loss) is loss and scaler.get_scale() == 1.0 and scaler.state_dict() == {}
    scaler.unscale_(optimizer)
    assert scaler.step(optimizer) and w.data[0] == -math.inf
    scaler.update()
    scaler.load_state_dict({})


def test_a_scaler_continues_from_its_state() -> None:
    def run(scaler: LossScaler, bad: list[bool]) -> list[float]:
        scales = []
        for is_bad in bad:
            _, optimizer = weight_of(math.inf if is_bad else 1.0)
            scaler.step(optimizer)
            scaler.update()
            scales.append(scaler.get_scale())
        return scales

    first, again = LossScaler(64.0, growth_interval=3), LossScaler()
    run(first, [False, True, False, False])
    state = first.state_dict()
    assert state == {
        "scale": 32.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 3, "_growth_tracker": 2
    }  # fmt: skip
    again.load_state_dict(state)
    assert run(first, [False] * 4) == run(again, [False] * 4) == [64.0, 64.0, 64.0, 128.0]
    assert state["scale"] == 32.0
    for change, said in [
        ({"scale": 0.0}, "scale must be a finite number above 0, got 0.0"),
        ({"more": 1}, "state_dict must have scale, growth_factor"),
    ]:
        with pytest.raises(ValueError, match=said):
            again.load_state_dict({**state, **change})
    with pytest.raises(ValueError, match="got nothing"):
        again.load_state_dict({})
    assert again.get_scale() == 128.0


def test_update_takes_a_scale() -> None:
    scaler = LossScaler()
    scaler.update(4)
    assert scaler.get_scale() == 4.0 and type(scaler.get_scale()) is float
    with pytest.raises(ValueError, match="scale must be"):
        scaler.update(math.nan)
    assert scaler.get_scale() == 4.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"init_scale": 0.0}, "the scale must be a finite number above 0, got 0.0"),
        ({"init_scale": math.inf}, "the scale must be"),
        ({"growth_factor": 1.0}, "growth_factor must be above 1, got 1.0"),
        ({"backoff_factor": 1.0}, "backoff_factor must be above 0 and below 1, got 1.0"),
        ({"backoff_factor": 0.0}, "backoff_factor must be"),
        ({"growth_interval": 0}, "growth_interval must be a whole number of at least 1, got 0"),
        ({"growth_interval": 1.5}, "growth_interval must be"),
    ],
)
def test_bad_settings_of_the_scaler_are_refused(options, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        LossScaler(**options)
    assert said in str(caught.value)


# ---- gradient accumulation ----


@given(st.integers(0, 2**32), st.lists(st.integers(1, 7), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_unequal_micro_batches_give_the_gradient_of_the_whole_batch(seed, sizes) -> None:
    rng = np.random.default_rng(seed)
    model = MLP([3, 4, 2], rng=rng).to(np.float64)
    x, y = rng.standard_normal((sum(sizes), 3)), rng.integers(2, size=sum(sizes))
    cross_entropy(model(x), y).backward()
    whole = [p.grad for p in model.parameters()]
    accumulator = GradientAccumulator(model.parameters(), steps=len(sizes))
    for i, rows in enumerate(np.split(np.arange(len(x)), np.cumsum(sizes)[:-1])):
        assert accumulator.count == i and not accumulator.ready
        accumulator.backward(cross_entropy(model(x[rows]), y[rows]), size=np.int64(len(rows)))
    assert accumulator.ready and accumulator.average() == len(x) and accumulator.count == 0
    for p, expected in zip(model.parameters(), whole, strict=True):
        np.testing.assert_allclose(p.grad, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [1, 3, 49])
def test_equal_micro_batches_in_float32_are_summed_as_they_are(size: int) -> None:
    w = Parameter(np.ones(2, np.float32))
    x = np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32)
    accumulator = GradientAccumulator(w, steps=4)
    for row in x:
        accumulator.backward((w * row).sum(), size=size)
    np.testing.assert_array_equal(w.grad, x[0] + x[1] + x[2] + x[3])
    assert accumulator.average() == 4 * size and w.grad.dtype == np.float32
    np.testing.assert_array_equal(w.grad, (x[0] + x[1] + x[2] + x[3]) / np.float32(4))


def test_fifty_accumulated_steps_are_fifty_large_steps() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 5)), rng.standard_normal((64, 1))
    large, small = (MLP([5, 8, 1], rng=np.random.default_rng(1)).to(np.float64) for _ in range(2))
    steps = [Adam(model.parameters(), lr=0.01) for model in (large, small)]
    accumulator = GradientAccumulator(small.parameters(), steps=4)
    for _ in range(50):
        large.zero_grad()
        mse_loss(large(x), y).backward()
        steps[0].step()
        for rows in np.split(np.arange(64), 4):
            accumulator.backward(mse_loss(small(x[rows]), y[rows]), size=16)
        accumulator.average()
        steps[1].step()
    for a, b in zip(large.parameters(), small.parameters(), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-9, atol=1e-12)


def test_token_counts_weigh_as_they_should() -> None:
    w = Parameter(np.zeros(1))
    accumulator = GradientAccumulator([w], steps=4)
    for mean, tokens in [(2.0, 512), (2.0, 512), (2.0, 512), (6.0, 16)]:
        accumulator.backward((w * mean).sum(), size=tokens)
    assert accumulator.average() == 1552
    assert w.grad[0] == pytest.approx((3 * 512 * 2 + 16 * 6) / 1552)  # the mean of the means would be 3


def test_a_group_forgets_earlier_gradients_and_keeps_none_where_there_is_none() -> None:
    w, unused = Parameter(np.zeros(1)), Parameter(np.zeros(1))
    w.grad = unused.grad = np.array([100.0])
    accumulator = GradientAccumulator([w, unused], steps=1)
    for _ in range(2):
        accumulator.backward((w * 3.0).sum(), size=0.5)
        assert accumulator.average() == 0.5
        assert w.grad.tolist() == [3.0] and unused.grad is None


def test_bad_accumulation_is_refused() -> None:
    w = Parameter(np.zeros(1))
    for call, error, said in [
        (lambda: GradientAccumulator([], 2), ValueError, "parameters is empty"),
        (lambda: GradientAccumulator([np.ones(2)], 2), TypeError, "got ndarray at place 0"),
        (lambda: GradientAccumulator([w], 0), ValueError, "steps must be a whole number of at least 1, got 0"),
        (lambda: GradientAccumulator([w], 1.5), ValueError, "steps must be"),
        (lambda: GradientAccumulator([w], 2).average(), RuntimeError, r"average\(\) comes after backward\(\)"),
        (lambda: GradientAccumulator([w], 2).backward(w.sum(), size=0), ValueError, "size must be a finite number above 0, got 0"),
        (lambda: GradientAccumulator([w], 2).backward(w.sum(), size=math.nan), ValueError, "size must be"),
    ]:
        w.grad = np.array([5.0])
        with pytest.raises(error, match=said):
            call()
        assert w.grad.tolist() == [5.0]


# ---- averages of weights ----


def follow(average: EMA, points: np.ndarray) -> np.ndarray:
    """The average after each update, the weight of the model being each point in turn."""
    found = []
    for point in points:
        average.model.weight.data[...] = point
        average.update()
        found.append(average.averages["weight"].copy())
    return np.array(found)


def layer(dtype=np.float64) -> Linear:
    return Linear(3, 1, bias=False, rng=np.random.default_rng(0)).to(dtype)


@pytest.mark.parametrize("case", [c for c in RECORD if "averages" in c], ids=lambda case: f"decay {case['decay']}")
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)])
def test_averages_are_pytorchs(case, dtype, tolerance) -> None:
    points = np.array(case["points"]["values"]).reshape(-1, 1, 3)
    model = layer(dtype)
    average = PolyakAverage(model) if case["decay"] is None else EMA(model, decay=case["decay"])
    found = follow(average, points)
    assert found.dtype == dtype and average.updates == len(points)
    np.testing.assert_allclose(found.ravel(), case["averages"]["values"], rtol=tolerance, atol=tolerance)


def test_bias_correction_is_adams() -> None:
    points = np.random.default_rng(0).standard_normal((20, 1, 3))
    found = follow(EMA(layer(), decay=0.9, bias_correction=True), points)
    m = np.zeros((1, 3))
    for n, (point, average) in enumerate(zip(points, found, strict=True), 1):
        m = 0.9 * m + 0.1 * point
        np.testing.assert_allclose(average, m / (1 - 0.9**n), rtol=1e-10)


def test_warmup_shortens_the_memory_at_first() -> None:
    points = np.random.default_rng(0).standard_normal((40, 1, 3))
    found = follow(EMA(layer(), decay=0.7, warmup=True), points)
    average = points[0]
    for n in range(1, 40):
        decay = min(0.7, (1 + n) / (10 + n))
        average = decay * average + (1 - decay) * points[n]
        np.testing.assert_allclose(found[n], average, rtol=1e-10)


def test_the_polyak_average_is_the_mean() -> None:
    points = np.random.default_rng(0).standard_normal((9, 1, 3))
    np.testing.assert_allclose(follow(PolyakAverage(layer()), points)[-1], points.mean(axis=0), rtol=1e-12)


def test_half_precision_weights_have_a_float32_average() -> None:
    model = layer(np.float16)
    ema = EMA(model, decay=0.999)
    found = follow(ema, np.concatenate([np.zeros((1, 1, 3)), np.ones((200, 1, 3))]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[-1], 1 - 0.999**200, rtol=1e-4)
    ema.copy_to()
    assert model.weight.data.dtype == np.float16


class Running(Module):
    """A weight, a floating-point buffer and a counter."""

    def __init__(self) -> None:
        self.weight = Parameter(np.zeros(2, np.float32))
        self.register_buffer("mean", np.zeros(2, np.float32))
        self.register_buffer("count", np.zeros((), np.int64))


@pytest.mark.parametrize("use_buffers", [True, False])
def test_buffers_are_averaged_if_asked_for(use_buffers: bool) -> None:
    model = Running()
    ema = EMA(model, decay=0.5, use_buffers=use_buffers)
    for value in (0.0, 4.0):
        model.weight.data[...] = value
        model.mean = np.full(2, value, np.float32)
        model.count += 1
        ema.update()
    with ema.swapped() as swapped:
        assert swapped is model and model.weight.data.tolist() == [2.0, 2.0]
        assert model.mean.tolist() == ([2.0, 2.0] if use_buffers else [4.0, 4.0]) and model.count == 2
    assert model.weight.data.tolist() == model.mean.tolist() == [4.0, 4.0]
    other = Running()
    ema.copy_to(other)
    assert other.weight.data.tolist() == [2.0, 2.0] and other.mean.tolist() == ([2.0] * 2 if use_buffers else [0.0] * 2)


def test_the_weights_come_back_after_an_error() -> None:
    model = layer()
    ema = EMA(model, decay=0.5)
    follow(ema, np.array([0.0, 1.0]))
    array = model.weight.data
    with pytest.raises(OSError, match="evaluation"), ema.swapped():
        assert model.weight.data.tolist() == [[0.5] * 3]
        raise OSError("evaluation")
    assert model.weight.data is array and array.tolist() == [[1.0] * 3]
    assert ema.averages["weight"].tolist() == [[0.5] * 3]


def test_before_the_first_update_the_average_is_the_model() -> None:
    model = layer()
    ema = EMA(model)
    before = model.weight.data.copy()
    model.weight.data[...] = 7
    with ema.swapped():
        np.testing.assert_array_equal(model.weight.data, before)
    assert ema.updates == 0


def test_an_average_continues_from_its_state() -> None:
    points = np.random.default_rng(0).standard_normal((10, 1, 3))
    ema, again = EMA(layer(), decay=0.9, bias_correction=True), EMA(layer(), decay=0.9, bias_correction=True)
    expected = follow(ema, points)
    follow(again, points[:4])
    state = again.state_dict()
    follow(again, points[4:])
    fresh = EMA(layer(), decay=0.9, bias_correction=True)
    fresh.load_state_dict(state)
    assert state["updates"] == 4 and not np.shares_memory(state["averages"]["weight"], fresh.averages["weight"])
    np.testing.assert_array_equal(follow(fresh, points[4:])[-1], expected[-1])
    for bad, said in [
        ({"updates": 1}, "must have updates and averages, got updates"),
        ({"updates": 1, "averages": {"weight": np.zeros((2, 3))}}, "misshaped in state_dict: weight"),
        ({"updates": 1, "averages": {"w": np.zeros((1, 3))}}, "misshaped in state_dict: w, weight"),
    ]:
        kept = fresh.state_dict()
        with pytest.raises(ValueError, match=said):
            fresh.load_state_dict(bad)
        np.testing.assert_array_equal(fresh.averages["weight"], kept["averages"]["weight"])
        assert fresh.updates == kept["updates"]


def test_bad_averages_are_refused() -> None:
    ema = EMA(layer())
    for call, error, said in [
        (lambda: EMA([Parameter([1.0])]), TypeError, "EMA: model must be a Module, got list"),
        (lambda: PolyakAverage(3), TypeError, "PolyakAverage: model must be a Module, got int"),
        (lambda: EMA(layer(), decay=1.5), ValueError, "decay must be from 0 to 1, got 1.5"),
        (lambda: EMA(layer(), decay=math.nan), ValueError, "decay must be"),
        (lambda: EMA(layer(), warmup=True, bias_correction=True), ValueError, "choose either warmup or bias_correction"),
        (lambda: ema.copy_to(MLP([2, 2], rng=np.random.default_rng(0))), ValueError, "the model lacks weight"),
        (lambda: ema.copy_to(Linear(2, 1, rng=np.random.default_rng(0))), ValueError, "shape of weight"),
    ]:
        with pytest.raises(error, match=said):
            call()


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(scaling, extraglobs={"np": np})
    assert result.attempted and not result.failed
