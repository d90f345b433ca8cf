"""Schedules: PyTorch's rates (scripts/goldens/record_schedules.py), what the formulas promise, and the range test."""

import doctest
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import MLP, SGD, Adam, Module, Parameter, cross_entropy
from dlprimer.optim import schedules
from dlprimer.optim.schedules import (
    RangeTest,
    constant,
    cosine,
    cosine_restarts,
    cyclical,
    exponential_decay,
    inverse_sqrt,
    linear_decay,
    lr_range_test,
    one_cycle,
    one_cycle_momentum,
    step_decay,
    warmup_cosine,
    warmup_stable_decay,
)

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "schedules.json").read_text())["cases"]
CASES = [case for case in CASES if "schedule" in case]
ALL = [
    partial(constant, lr=0.3),
    partial(step_decay, step_size=7, lr=0.2),
    partial(exponential_decay, gamma=0.9),
    partial(linear_decay, total_steps=30, lr=0.5, min_lr=0.1),
    partial(cosine, total_steps=30, lr=0.5, min_lr=0.1),
    partial(warmup_cosine, total_steps=30, warmup_steps=5, lr=0.5, min_lr=0.1),
    partial(warmup_stable_decay, total_steps=30, warmup_steps=5, decay_steps=10, lr=0.5, min_lr=0.1),
    partial(inverse_sqrt, warmup_steps=5, lr=0.5),
    partial(cosine_restarts, t_0=3, t_mult=2, lr=0.5, min_lr=0.1),
    partial(cyclical, base_lr=0.1, max_lr=0.5, step_size_up=4, step_size_down=6, mode="triangular2"),
    partial(one_cycle, max_lr=0.5, total_steps=30),
    partial(one_cycle_momentum, total_steps=30, three_phase=True),
]


def named(schedule) -> str:
    return schedule.func.__name__


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['schedule']} {case['arguments']}")
def test_the_rate_at_every_step_is_pytorchs(case) -> None:
    found = getattr(schedules, case["schedule"])(np.arange(len(case["rates"])), **case["arguments"])
    np.testing.assert_allclose(found, case["rates"], rtol=1e-12, atol=1e-12)


def test_every_schedule_that_pytorch_has_is_recorded() -> None:
    assert {case["schedule"] for case in CASES} == {
        "step_decay", "exponential_decay", "linear_decay", "cosine", "cosine_restarts", "cyclical", "one_cycle", "one_cycle_momentum"
    }  # fmt: skip


@pytest.mark.parametrize("schedule", ALL, ids=named)
def test_a_number_gives_a_float_and_an_array_an_array_of_its_shape(schedule) -> None:
    t = np.arange(40)[::-1].reshape(5, 8)
    found = schedule(t)
    assert found.shape == t.shape and found.dtype == np.float64
    assert np.isfinite(found).all() and (found >= 0).all()
    for step, rate in zip(t.ravel().tolist(), found.ravel().tolist(), strict=True):
        one = schedule(step)
        assert type(one) is float and one == pytest.approx(rate, rel=1e-14)
        assert one == schedule(np.int8(step)) == schedule(np.array(step, np.uint16))
    assert schedule(t.tolist()).tolist() == found.tolist()
    assert schedule(np.empty((0, 2), int)).shape == (0, 2)
    assert (t == np.arange(40)[::-1].reshape(5, 8)).all()


@pytest.mark.parametrize("schedule", ALL, ids=named)
def test_steps_that_are_no_steps_are_refused(schedule) -> None:
    for bad in (-1, np.array([3, -2])):
        with pytest.raises(ValueError, match="step must be at least 0, got -"):
            schedule(bad)
    for bad in (1.0, True, "3", None, np.array([0.5])):
        with pytest.raises(TypeError, match="step must be an integer"):
            schedule(bad)


def test_where_the_schedules_that_end_stay() -> None:
    for schedule, end in [
        (partial(linear_decay, total_steps=10, min_lr=0.25), 0.25),
        (partial(warmup_cosine, total_steps=10, warmup_steps=3, min_lr=0.25), 0.25),
        (partial(warmup_stable_decay, total_steps=10, warmup_steps=3, decay_steps=4, min_lr=0.25), 0.25),
    ]:
        assert schedule(np.arange(10, 40, 3)).tolist() == pytest.approx([end] * 10, abs=1e-15)
        assert schedule(9) > end
    assert one_cycle(np.arange(9, 30), 1.0, 10).tolist() == pytest.approx([1 / 25 / 1e4] * 21)
    assert cosine(np.array([100, 150, 200]), 100).tolist() == pytest.approx([0, 0.5, 1])  # rises again, as PyTorch's


@given(st.integers(1, 50), st.integers(0, 50), st.floats(0.001, 10), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_warmup_rises_in_equal_parts_to_the_peak_and_then_never_rises(total, warm, lr, share) -> None:
    warm = min(warm, total)
    t = np.arange(total + 5)
    for found in (
        warmup_cosine(t, total, warm, lr, share * lr),
        warmup_stable_decay(t, total, warm, (total - warm) // 2, lr, share * lr),
    ):
        np.testing.assert_allclose(found[:warm], lr * (t[:warm] + 1) / max(warm, 1))
        assert found.max() <= lr * (1 + 1e-12) and (np.diff(found[max(warm - 1, 0) :]) <= 1e-12 * lr).all()
        np.testing.assert_allclose(found[total:], share * lr, atol=1e-12)
        if warm:
            assert found[0] > 0 and found[warm - 1] == pytest.approx(lr)
    np.testing.assert_allclose(warmup_cosine(t[warm:], total, warm, lr, 0.0)[:-5], cosine(t[: total - warm], max(total - warm, 1), lr))


def test_warmup_stable_decay_is_level_in_between() -> None:
    assert warmup_stable_decay(np.arange(4, 15), 20, 5, 5).tolist() == [1.0] * 11
    assert warmup_stable_decay(np.array([0, 3, 5]), 4, 0, 0, min_lr=0.5).tolist() == [1.0, 1.0, 0.5]


def test_inverse_sqrt_is_the_transformers_rule() -> None:
    d, w, t = 512, 4000, np.arange(1, 20001, 7)
    expected = d**-0.5 * np.minimum(t**-0.5, t * w**-1.5)
    np.testing.assert_allclose(inverse_sqrt(t - 1, w, lr=(d * w) ** -0.5), expected, rtol=1e-12)


def test_triangular2_halves_and_exp_range_shrinks() -> None:
    tops = cyclical(np.array([4, 12, 20]), 0.1, 0.9, step_size_up=4, mode="triangular2")
    assert tops.tolist() == pytest.approx([0.9, 0.5, 0.3])
    assert cyclical(12, 0.0, 1.0, 4, mode="exp_range", gamma=0.9) == pytest.approx(0.9**12)


def test_a_cycle_whose_way_up_has_one_step_begins_at_the_top() -> None:
    with np.errstate(all="raise"):
        assert one_cycle(np.arange(10), 1.0, 10, pct_start=0.1)[0] == 1.0  # PyTorch divides by zero here
        assert one_cycle(0, 1.0, 1, pct_start=1.0) == 1.0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: constant(0, lr=-1), "lr must be a finite number of at least 0, got -1"),
        (lambda: constant(0, lr=math.inf), "lr must be a finite number"),
        (lambda: constant(0, lr="0.1"), "lr must be a finite number"),
        (lambda: step_decay(0, 0), "step_size must be a whole number of at least 1, got 0"),
        (lambda: step_decay(0, 2.5), "step_size must be a whole number"),
        (lambda: step_decay(0, 3, gamma=0), "gamma must be a finite number above 0, got 0"),
        (lambda: exponential_decay(0, math.nan), "gamma must be"),
        (lambda: linear_decay(0, 0), "total_steps must be a whole number of at least 1, got 0"),
        (lambda: linear_decay(0, 5, lr=0.1, min_lr=0.2), "min_lr must be at most lr, got 0.2 and 0.1"),
        (lambda: cosine(0, True), "total_steps must be"),
        (lambda: cosine(0, 5, lr=0.1, min_lr=0.2), "min_lr must be at most lr"),
        (lambda: warmup_cosine(0, 10, 11), "warmup_steps must be a whole number from 0 to the 10 steps"),
        (lambda: warmup_cosine(0, 10, -1), "warmup_steps must be"),
        (lambda: warmup_cosine(0, 0, 0), "total_steps must be"),
        (lambda: warmup_stable_decay(0, 10, 4, 7), "decay_steps must be a whole number from 0 to the 6 steps"),
        (lambda: warmup_stable_decay(0, 10, 4.0, 3), "warmup_steps must be"),
        (lambda: warmup_stable_decay(0, 10, 1, 3, 0.1, 0.2), "min_lr must be at most lr"),
        (lambda: inverse_sqrt(0, 0), "warmup_steps must be a whole number of at least 1, got 0"),
        (lambda: cosine_restarts(0, 0), "t_0 must be"),
        (lambda: cosine_restarts(0, 5, t_mult=1.5), "t_mult must be"),
        (lambda: cyclical(0, 0.5, 0.1), "base_lr must be at most max_lr, got 0.5 and 0.1"),
        (lambda: cyclical(0, 0.1, 0.5, 0), "step_size_up must be"),
        (lambda: cyclical(0, 0.1, 0.5, 3, 0), "step_size_down must be"),
        (lambda: cyclical(0, 0.1, 0.5, mode="sine"), "mode must be 'triangular', 'triangular2' or 'exp_range', got 'sine'"),
        (lambda: cyclical(0, 0.1, 0.5, gamma=-1), "gamma must be"),
        (lambda: one_cycle(0, 0.1, 0), "total_steps must be"),
        (lambda: one_cycle(0, 0.1, 10, pct_start=1.5), "pct_start must be from 0 to 1, got 1.5"),
        (lambda: one_cycle(0, 0.1, 10, anneal_strategy="cosine"), "anneal_strategy must be 'cos' or 'linear', got 'cosine'"),
        (lambda: one_cycle(0, 0.1, 10, div_factor=0), "div_factor and final_div_factor must be above 0, got 0"),
        (lambda: one_cycle_momentum(0, 10, base_momentum=0.9, max_momentum=0.8), "base_momentum must be at most max_momentum"),
    ],
)
def test_bad_settings_are_refused_by_name(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)


# ---- the range test ----


def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 5)).astype(np.float32)
    y = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(np.int64)
    return MLP([5, 16, 2], rng=rng), (X, y)


def measure(model, data, optimizer, **options) -> RangeTest:
    given = {"loss": cross_entropy, "optimizer": optimizer, "batch_size": 32, "rng": np.random.default_rng(1)}
    return lr_range_test(model, data, **(given | options))


def test_the_rate_grows_by_a_factor_until_the_loss_blows_up() -> None:
    model, data = problem()
    seen = measure(model, data, SGD(model.parameters(), momentum=0.9), min_lr=1e-4, max_lr=1e4, num_steps=120)
    factor = (1e4 / 1e-4) ** (1 / 119)
    np.testing.assert_allclose(seen.lrs, 1e-4 * factor ** np.arange(len(seen.lrs)))
    assert 20 < len(seen.lrs) == len(seen.losses) == len(seen.smoothed) < 120
    assert seen.diverged == pytest.approx(seen.lrs[-1] * factor)
    assert 1e-3 < seen.suggestion < seen.lowest < seen.diverged
    assert seen.lowest == seen.lrs[np.argmin(seen.smoothed)]
    average = 0.0
    for i, (value, smooth) in enumerate(zip(seen.losses, seen.smoothed, strict=True)):
        average = 0.9 * average + 0.1 * value
        assert smooth == pytest.approx(average / (1 - 0.9 ** (i + 1)))
    assert (seen.smoothed <= 4 * np.minimum.accumulate(seen.smoothed)).all()


def test_a_range_without_divergence_is_gone_through_to_its_end() -> None:
    model, data = problem()
    seen = measure(model, data, SGD(model.parameters()), min_lr=1e-3, max_lr=1e-1, num_steps=30)
    assert len(seen.lrs) == 30 and seen.diverged is None and seen.lrs[-1] == pytest.approx(0.1)


def test_the_losses_are_those_of_training_with_these_rates() -> None:
    model, data = problem()
    seen = measure(model, data, SGD(model.parameters()), min_lr=0.01, max_lr=1.0, num_steps=10, batch_size=200)
    for lr, value in zip(seen.lrs.tolist(), seen.losses.tolist(), strict=True):
        model.zero_grad()
        loss = cross_entropy(model(data[0]), data[1])
        assert loss.item() == pytest.approx(value, rel=1e-5)
        loss.backward()
        for p in model.parameters():
            p.data -= np.float32(lr) * p.grad


class Counting(Module):
    """A linear layer with a buffer that changes in training."""

    def __init__(self, fails_at: int = 10**9) -> None:
        self.weight = Parameter(np.ones((5, 2), np.float32))
        self.register_buffer("calls", np.zeros(1))
        self.fails_at = fails_at

    def forward(self, x):
        assert self.training
        self.calls += 1
        if self.calls[0] > self.fails_at:
            raise OSError("no more data")
        return x @ self.weight


@pytest.mark.parametrize("fails_at", [10**9, 5])
def test_everything_is_afterwards_as_it_was(fails_at: int) -> None:
    _, data = problem()
    model = Counting(fails_at).eval()
    optimizer = Adam([{"params": [model.weight], "lr": 0.3}])
    model.weight.grad = kept = np.full((5, 2), 0.1, np.float32)
    optimizer.step()
    before, settings = model.state_dict(), optimizer.state_dict()
    if fails_at == 5:
        with pytest.raises(OSError, match="no more data"):
            measure(model, data, optimizer, num_steps=20)
    else:
        measure(model, data, optimizer, num_steps=20)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    after = optimizer.state_dict()
    assert after["groups"] == settings["groups"] and after["state"][0]["t"] == 1
    np.testing.assert_array_equal(after["state"][0]["m"], settings["state"][0]["m"])
    assert not model.training and model.weight.grad is kept


def test_a_loss_that_is_never_finite_says_so_and_restores() -> None:
    w = Parameter(np.ones(5, np.float32))
    _, (X, _) = problem()
    with pytest.raises(FloatingPointError, match="at the rate 1e-05 already: lower min_lr"):
        measure(lambda x: x @ w, (X, X[:, 0]), SGD([w]), loss=lambda output, y: (output - y).mean() * np.nan)
    assert w.data.tolist() == [1.0] * 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_lr": 0.0}, "min_lr must be above 0 and below max_lr"),
        ({"min_lr": 1.0, "max_lr": 1.0}, "min_lr must be above 0 and below max_lr"),
        ({"min_lr": 2.0, "max_lr": 1.0}, "min_lr must be at most max_lr"),
        ({"num_steps": 1}, "num_steps must be at least 2, got 1"),
        ({"num_steps": 2.5}, "num_steps must be a whole number"),
        ({"smoothing": 1.0}, "smoothing must be in [0, 1), got 1.0"),
        ({"diverge_factor": 1.0}, "diverge_factor must be above 1, got 1.0"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1, got 0"),
    ],
)
def test_bad_settings_of_the_range_test_are_refused(options, said: str) -> None:
    model, data = problem()
    model.eval()
    with pytest.raises(ValueError) as caught:
        measure(model, data, SGD(model.parameters()), **options)
    assert said in str(caught.value) and not model.training


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(schedules, extraglobs={"np": np})
    assert result.attempted and not result.failed
