"""Optimizers: PyTorch's trajectories (scripts/goldens/record_optim.py), groups, saving and loading, and bad settings."""

import copy
import doctest
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from dlprimer import MLP, SGD, Adagrad, Adam, AdamW, Lion, Parameter, RMSprop, Tensor
from dlprimer.optim import bundle, optimizers

RECORD = json.loads((Path(__file__).parents[1] / "goldens" / "optim.json").read_text())
PROBLEM = {name: np.array(values) for name, values in RECORD["problem"].items()}
ALL = [SGD, RMSprop, Adagrad, Adam, AdamW, Lion]


def parameters(dtype=np.float64) -> list[Parameter]:
    return [Parameter(PROBLEM[f"w{i}"].astype(dtype)) for i in (0, 1)]


def set_gradients(ws: list[Parameter], step: int) -> None:
    for i, w in enumerate(ws):
        w.grad = (PROBLEM[f"curvature{i}"] * w.data + PROBLEM[f"wiggle{i}"][step]).astype(w.dtype)


def run(optimizer, ws: list[Parameter], steps: range) -> list[np.ndarray]:
    for step in steps:
        set_gradients(ws, step)
        optimizer.step()
    return [w.data.copy() for w in ws]


@pytest.mark.parametrize("case", RECORD["cases"], ids=lambda case: f"{case['optimizer']} {case['settings']}")
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-4)], ids=["float64", "float32"])
def test_fifty_steps_go_where_pytorchs_go(case, dtype, tolerance: float) -> None:
    ws = parameters(dtype)
    optimizer = getattr(optimizers, case["optimizer"])(ws, **case["settings"])
    done = 0
    for shown, expected in zip(RECORD["shown"], case["points"], strict=True):
        points = run(optimizer, ws, range(done, shown))
        done = shown
        for point, wanted in zip(points, expected, strict=True):
            assert point.dtype == dtype
            np.testing.assert_allclose(point, wanted, rtol=tolerance, atol=tolerance)


def test_lion_moves_every_coordinate_by_the_learning_rate_in_the_sign_of_the_mix() -> None:
    ws = parameters()
    optimizer = Lion(ws, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    w, m = PROBLEM["w1"].copy(), np.zeros(4)
    for step in range(20):
        set_gradients(ws, step)
        g = PROBLEM["curvature1"] * w + PROBLEM["wiggle1"][step]
        w = w - 0.01 * (np.sign(0.9 * m + 0.1 * g) + 0.1 * w)
        m = 0.99 * m + 0.01 * g
        optimizer.step()
    np.testing.assert_allclose(ws[1].data, w, rtol=1e-12)


def test_the_two_forms_of_nesterov_momentum_visit_the_same_points() -> None:
    w = Parameter(np.array([2.0]))
    optimizer = SGD([w], lr=0.1, momentum=0.9, nesterov=True)
    theta, u = np.array([2.0]), np.zeros(1)
    slope = lambda x: np.sin(x) + 0.1 * x
    for _ in range(30):
        w.grad = slope(w.data)
        optimizer.step()
        u = 0.9 * u - 0.1 * slope(theta + 0.9 * u)
        theta = theta + u
        np.testing.assert_allclose(w.data, theta + 0.9 * u, rtol=1e-12)


@pytest.mark.parametrize("make", ALL)
def test_updates_are_in_place_and_leave_gradients_alone(make) -> None:
    ws = parameters()
    arrays = [w.data for w in ws]
    optimizer = make(ws, lr=0.01)
    set_gradients(ws, 0)
    gradients = [w.grad.copy() for w in ws]
    optimizer.step()
    for w, array, gradient in zip(ws, arrays, gradients, strict=True):
        assert w.data is array
        np.testing.assert_array_equal(w.grad, gradient)


@pytest.mark.parametrize("make", ALL)
def test_a_parameter_without_a_gradient_stays_and_its_state_waits(make) -> None:
    ws, alone = parameters(), parameters()
    optimizer, reference = make(ws, lr=0.01), make(alone[1:], lr=0.01)
    for step in range(6):
        set_gradients(ws, step)
        set_gradients(alone, step)
        if step in (0, 1, 3):
            ws[0].grad = None
        before = ws[0].data.copy()
        optimizer.step()
        reference.step()
        assert (ws[0].data == before).all() == (step in (0, 1, 3))
    np.testing.assert_array_equal(ws[1].data, alone[1].data)
    again = parameters()
    optimizer = make(again[:1], lr=0.01)
    for step in (2, 4, 5):
        again[0].grad = PROBLEM["curvature0"] * again[0].data + PROBLEM["wiggle0"][step]
        optimizer.step()
    np.testing.assert_array_equal(ws[0].data, again[0].data)


@pytest.mark.parametrize("make", ALL)
def test_a_run_continues_from_a_saved_state_bit_for_bit(make) -> None:
    ws = parameters()
    optimizer = make(ws, lr=0.01)
    run(optimizer, ws, range(5))
    state, points = copy.deepcopy(optimizer.state_dict()), [Parameter(w.data) for w in ws]
    expected = run(optimizer, ws, range(5, 12))
    again = make(points, lr=0.5)
    again.load_state_dict(state)
    for point, wanted in zip(run(again, points, range(5, 12)), expected, strict=True):
        np.testing.assert_array_equal(point, wanted)


def test_a_saved_state_does_not_change_with_later_steps() -> None:
    ws = parameters()
    optimizer = Adam(ws)
    run(optimizer, ws, range(3))
    state = optimizer.state_dict()
    kept = copy.deepcopy(state)
    run(optimizer, ws, range(3, 6))
    np.testing.assert_array_equal(state["state"][0]["m"], kept["state"][0]["m"])
    assert state["state"][0]["t"] == 3 and state["state"][0]["m"].shape == (2, 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("state"), "lacks state"),
        (lambda s: s.update(sizes=[3]), "for groups of [3] parameters, here are [2]"),
        (lambda s: s["state"][0].update(m=np.zeros(5)), "m of parameter 0 has shape (5,), expected (2, 3)"),
        (lambda s: s["groups"][0].update(lr=-1.0), "lr must be a number of at least 0"),
        (lambda s: s["groups"][0].pop("eps"), "has the settings"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(change, said: str) -> None:
    ws = parameters()
    optimizer = Adam(ws, lr=0.01)
    run(optimizer, ws, range(3))
    before = optimizer.state_dict()
    state = optimizer.state_dict()
    change(state)
    with pytest.raises(ValueError) as caught:
        optimizer.load_state_dict(state)
    assert said in str(caught.value)
    after = optimizer.state_dict()
    assert after["groups"] == before["groups"]
    np.testing.assert_array_equal(after["state"][0]["m"], before["state"][0]["m"])


def test_groups_have_settings_of_their_own_that_may_change_between_steps() -> None:
    ws = parameters()
    optimizer = SGD([{"params": [ws[0]], "lr": 0.5}, {"params": ws[1]}], lr=0.1)
    set_gradients(ws, 0)
    expected = [ws[0].data - 0.5 * ws[0].grad, ws[1].data - 0.1 * ws[1].grad]
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.0
    set_gradients(ws, 1)
    optimizer.step()
    np.testing.assert_allclose(ws[0].data, expected[0])
    assert not np.allclose(ws[1].data, expected[1])
    assert "lr=0.0" in repr(optimizer) and "lr=0.1" in repr(optimizer)


def test_zero_grad_forgets() -> None:
    ws = parameters()
    set_gradients(ws, 0)
    SGD(ws).zero_grad()
    assert all(w.grad is None for w in ws)


def test_an_adam_step_trains_a_network_in_float32() -> None:
    model = MLP([4, 8, 3], rng=np.random.default_rng(0))
    optimizer = Adam(model.parameters(), lr=0.01)
    x = np.random.default_rng(1).standard_normal((16, 4)).astype(np.float32)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = (model(Tensor(x)) * model(x)).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert all(p.dtype == np.float32 for p in model.parameters())


# ---- sizes and shapes that are updated in different ways ----

SETTINGS = [
    (SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}), (RMSprop, {"momentum": 0.5, "centered": True}),
    (Adagrad, {"lr_decay": 0.1}), (Adam, {"amsgrad": True}), (AdamW, {}), (Lion, {"weight_decay": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "settings"), SETTINGS, ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1, 7), (5, 7), (7, 5)])
def test_a_parameter_moves_alike_alone_in_pieces_and_together(make, settings, shape, monkeypatch) -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal(shape), rng.standard_normal((6, *shape))

    def end(others: int = 0, order: str = "C") -> np.ndarray:
        ws = [Parameter(np.array(start, order=order)) for _ in range(1 + others)]
        optimizer = make(ws, lr=0.1, **settings)
        for g in gradients:
            for w in ws:
                w.grad = np.array(g, order=order)
            optimizer.step()
            state = optimizer.state_dict()
            assert all(np.shape(v) == shape for v in state["state"][0].values() if isinstance(v, np.ndarray))
        np.testing.assert_array_equal(ws[-1].data, ws[0].data)
        return ws[0].data

    expected = end()
    np.testing.assert_array_equal(end(others=2), expected)
    monkeypatch.setattr(optimizers, "SMALL", 1)
    for piece in (1, 10, 1000):
        monkeypatch.setattr(bundle, "PIECE", piece)
        np.testing.assert_array_equal(end(order="F"), expected)
        np.testing.assert_array_equal(end(others=1), expected)


def test_momentum_may_be_switched_on_later_also_in_pieces(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    gradients, ends = rng.standard_normal((5, 6, 2)), []
    for piece in (1000, 4):
        monkeypatch.setattr(optimizers, "SMALL", 1)
        monkeypatch.setattr(bundle, "PIECE", piece)
        w = Parameter(np.zeros((6, 2)))
        optimizer = SGD([w], lr=0.1)
        for step, g in enumerate(gradients):
            optimizer.param_groups[0]["momentum"] = 0.9 if step > 1 else 0.0
            w.grad = g
            optimizer.step()
        ends.append(w.data)
    np.testing.assert_array_equal(ends[0], ends[1])
    np.testing.assert_allclose(ends[0], -0.1 * (gradients[0] + gradients[1] + 2.71 * gradients[2] + 1.9 * gradients[3] + gradients[4]))


@pytest.mark.parametrize(("make", "settings"), SETTINGS, ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize("together", [False, True])
def test_maximizing_climbs_where_minimizing_the_opposite_would_descend(make, settings, together: bool) -> None:
    ups, downs = ([Parameter(PROBLEM["w0"]) for _ in range(1 + together)] for _ in range(2))
    up, down = make(ups, lr=0.1, maximize=True, **settings), make(downs, lr=0.1, **settings)
    for step in range(4):
        for w, v in zip(ups, downs, strict=True):
            w.grad, v.grad = PROBLEM["wiggle0"][step], -PROBLEM["wiggle0"][step]
        up.step()
        down.step()
    np.testing.assert_array_equal(ups[0].data, downs[0].data)
    assert not np.array_equal(ups[0].data, PROBLEM["w0"])


def test_a_group_can_be_added_later_and_starts_afresh() -> None:
    ws, alone = parameters(), parameters()
    optimizer, reference = Adam(ws[:1], lr=0.01), Adam(alone[1:], lr=0.5)
    for step in range(6):
        if step == 3:
            optimizer.add_param_group({"params": ws[1], "lr": 0.5})
        set_gradients(ws, step)
        optimizer.step()
        if step >= 3:
            set_gradients(alone, step)
            reference.step()
    np.testing.assert_array_equal(ws[1].data, alone[1].data)
    assert [state["t"] for state in optimizer.state_dict()["state"]] == [6, 3]
    with pytest.raises(ValueError, match="listed twice"):
        optimizer.add_param_group({"params": ws[:1]})
    assert len(optimizer.param_groups) == 2


def test_a_constant_gradient_keeps_the_centered_scale_real() -> None:
    w = Parameter(np.full(50, 3.0, np.float32))
    optimizer = RMSprop([w], lr=1e-6, alpha=0.5, centered=True, eps=1e-3)
    for _ in range(200):
        w.grad = np.linspace(1, 2, 50, dtype=np.float32)
        optimizer.step()
    assert np.isfinite(w.data).all()


W = Parameter(np.ones(2))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: SGD([W], lr=-0.1), ValueError, "SGD: lr must be a number of at least 0, got -0.1"),
        (lambda: SGD([W], lr=float("nan")), ValueError, "lr must be a number"),
        (lambda: SGD([W], lr="0.1"), ValueError, "lr must be a number"),
        (lambda: SGD([W], momentum=-1), ValueError, "momentum must be a number of at least 0"),
        (lambda: SGD([W], weight_decay=-1), ValueError, "weight_decay must be"),
        (lambda: SGD([W], nesterov=True), ValueError, "nesterov needs momentum above 0 and dampening 0"),
        (lambda: SGD([W], momentum=0.9, dampening=0.1, nesterov=True), ValueError, "nesterov needs"),
        (lambda: Adam([W], betas=(1.0, 0.9)), ValueError, "Adam: betas[0] must be in [0, 1), got 1.0"),
        (lambda: Adam([W], eps=-1), ValueError, "eps must be"),
        (lambda: RMSprop([W], alpha=1.5), ValueError, "alpha must be in [0, 1]"),
        (lambda: SGD([]), ValueError, "params is empty"),
        (lambda: SGD([{"params": [W]}, {"params": iter([])}]), ValueError, "an iterator such as model.parameters() can be used once"),
        (lambda: SGD([np.ones(2)]), TypeError, "params must be tensors, got ndarray at place 0"),
        (lambda: SGD([W, W]), ValueError, "listed twice"),
        (lambda: SGD([{"params": [W], "rate": 1}]), ValueError, "unknown settings in a parameter group: rate"),
        (lambda: SGD([{"params": [W]}, W]), TypeError, "either tensors or dicts"),
        (lambda: SGD(W), TypeError, "params must be a list of tensors, or of dicts, got one tensor"),
        (lambda: SGD([{"params": {W}}]), TypeError, "params must have an order, got a set"),
        (lambda: SGD([W * 2]), ValueError, "the tensor at place 0 is a result of multiply, not a parameter"),
        (lambda: SGD([{"params": [W]}, {"params": [W]}]), ValueError, "listed twice"),
        (lambda: SGD([{"params": [W], "lr": -1}]), ValueError, "lr must be"),
        (lambda: Adam([W], betas=(0.9,)), ValueError, "betas must be two numbers"),
        (lambda: Adagrad([W], lr_decay=-1), ValueError, "lr_decay must be"),
        (lambda: Adagrad([W], initial_accumulator_value=-1), ValueError, "initial_accumulator_value must be"),
    ],
)
def test_bad_settings_are_refused_by_name(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


def test_a_group_may_be_an_empty_list() -> None:
    assert SGD([{"params": [W]}, {"params": [], "weight_decay": 0.1}]).param_groups[1]["params"] == []


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(optimizers, extraglobs={"np": np}).failed == 0


@pytest.mark.parametrize("shape", [(1, 3), (3,), (3, 2), ()], ids=str)
def test_a_gradient_of_another_shape_is_named_and_nothing_changes(shape) -> None:
    params = [Tensor(np.ones((2, 3), np.float32), requires_grad=True) for _ in range(2)]
    optimizer = Adam(params)
    params[0].grad = np.ones((2, 3), np.float32)
    params[1].grad = np.ones(shape, np.float32)
    with pytest.raises(ValueError, match=r"Adam: the gradient of the parameter at place 1 has shape .*, the parameter \(2, 3\)"):
        optimizer.step()
    assert all((p.data == 1).all() for p in params) and optimizer.state == [{}, {}]


# ---- who has the arrays: small parameters live in one large array, and nobody notices ----


def steps(optimizer, ws: list[Parameter], number: int) -> None:
    for _ in range(number):
        for w in ws:
            w.grad = w.data - 1
        optimizer.step()


@pytest.mark.parametrize("make", ALL)
def test_arrays_that_others_have_are_updated_whenever_they_were_taken(make) -> None:
    ws = [Parameter(np.array([1.0, 2.0, 3.0])) for _ in range(4)]
    early, row = ws[0].data, ws[1].data[1:]  # the second is a view: it has the array too
    optimizer = make(ws, lr=0.1)
    steps(optimizer, ws, 1)
    late = ws[2].data
    steps(optimizer, ws, 2)
    assert ws[0].data is early and ws[2].data is late and ws[0].data[2] < 3
    for array in (early, ws[1].data, late):
        np.testing.assert_array_equal(array, ws[3].data)
    np.testing.assert_array_equal(row, ws[3].data[1:])


def test_the_array_of_a_parameter_that_nobody_else_has_is_not_copied_at_every_step() -> None:
    ws = [Parameter(np.ones(3)) for _ in range(3)]
    held = ws[1].data
    optimizer = Adam(ws)
    steps(optimizer, ws, 1)
    assert ws[0].data.base is ws[2].data.base is not None and held.base is None


@pytest.mark.parametrize(
    "change", [lambda p: p.data.fill(5), lambda p: setattr(p, "data", np.full(3, 5.0))], ids=["written to", "replaced"]
)
def test_values_given_to_a_parameter_between_two_steps_count(change) -> None:
    ws, alone = [Parameter(np.array([1.0, 2.0, 3.0])) for _ in range(3)], [Parameter(np.array([1.0, 2.0, 3.0]))]
    together, apart = SGD(ws, lr=0.1), SGD(alone, lr=0.1)
    for _ in range(3):
        steps(together, ws, 2)
        steps(apart, alone, 2)
        change(ws[1])
        change(alone[0])
    steps(together, ws, 1)
    steps(apart, alone, 1)
    np.testing.assert_array_equal(ws[1].data, alone[0].data)
    assert (ws[1].data != ws[0].data).all()


def test_two_optimizers_in_turns_update_the_same_parameters() -> None:
    ws, arrays = [Parameter(np.array([1.0, 2.0, 3.0])) for _ in range(2)], [np.array([1.0, 2.0, 3.0]) for _ in range(2)]
    first, second = SGD(ws, lr=0.1), SGD(ws, lr=0.01)
    for _ in range(3):
        steps(first, ws, 1)
        steps(second, ws, 1)
        for a in arrays:
            a -= 0.1 * (a - 1)
            a -= 0.01 * (a - 1)
    np.testing.assert_allclose([w.data for w in ws], arrays, rtol=1e-14)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["deepcopy", "pickle"])
def test_a_copy_of_an_optimizer_with_its_parameters_goes_on_like_the_original_and_apart_from_it(make, copied) -> None:
    ws = parameters()
    optimizer = make(ws, lr=0.01)
    run(optimizer, ws, range(3))
    again, points = copied((optimizer, ws))
    left = [p.data.copy() for p in points]
    expected = run(optimizer, ws, range(3, 6))
    for point, before in zip(points, left, strict=True):
        np.testing.assert_array_equal(point.data, before)
    for point, wanted in zip(run(again, points, range(3, 6)), expected, strict=True):
        np.testing.assert_array_equal(point, wanted)


@pytest.mark.parametrize("others", [0, 2], ids=["alone", "together"])
def test_a_parameter_that_became_one_of_another_shape_is_named_and_nothing_changes(others: int) -> None:
    ws = [Parameter(np.array([1.0, 2.0, 3.0])) for _ in range(1 + others)]
    optimizer = Adam(ws)
    steps(optimizer, ws, 2)
    before = [w.data.copy() for w in ws[:-1]]
    ws[-1].data = np.array([5.0])
    for _ in range(2):  # also the second time
        with pytest.raises(ValueError, match=rf"Adam: the parameter at place {others} has shape \(1,\) now, but m .* \(3,\); make a new"):
            steps(optimizer, ws, 1)
    np.testing.assert_array_equal([w.data for w in ws[:-1]], before)
    assert ws[-1].data == 5 and optimizer.state[0]["t"] == 2
    ws[-1].data = np.array([1.0, 2.0, 3.0])
    steps(optimizer, ws, 1)
    assert (ws[-1].data[1:] < [2.0, 3.0]).all() and optimizer.state[0]["t"] == 3
