"""The training loop does what a loop written out by hand does, and says where it stands and what went wrong."""

import doctest
import io

import numpy as np
import pytest

import dlprimer.train.loop
from dlprimer import SGD, Callback, Tensor, accuracy_score, fit, moons, no_grad
from dlprimer.optim.scaling import LossScaler


class Line:
    """Least squares with a switch: the smallest model that has everything `fit` asks for."""

    def __init__(self, features=2):
        self.w = Tensor(np.zeros(features), requires_grad=True)
        self.training, self.modes = True, []

    def __call__(self, x):
        self.modes.append(self.training)
        return x @ self.w

    def train(self):
        self.training = True

    def eval(self):
        self.training = False


class Descent:
    def __init__(self, *parameters, lr=0.1):
        self.parameters, self.lr = parameters, lr

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = None

    def step(self):
        for parameter in self.parameters:
            parameter.data -= self.lr * parameter.grad


def squared(output, targets):
    return ((output - targets) ** 2).mean()


def data(n=50, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    return X, X @ np.array([1.5, -2.0]) + 0.1 * rng.normal(size=n)


def run(seed=0, lr=0.1, epochs=3, **options):
    model = Line()
    settings = {"loss": squared, "epochs": epochs, "batch_size": 8, "rng": np.random.default_rng(seed)} | options
    history = fit(model, settings.pop("train", data()), optimizer=Descent(model.w, lr=lr), **settings)
    return model, history


def test_equals_the_loop_by_hand():
    X, y = data()
    w, rng, losses = np.zeros(2), np.random.default_rng(0), []
    for _ in range(3):
        order, total = rng.permutation(50), 0.0
        for start in range(0, 50, 8):
            rows = order[start : start + 8]
            error = X[rows] @ w - y[rows]
            total += (error**2).sum()
            w -= 0.1 * 2 * X[rows].T @ error / len(rows)
        losses.append(total / 50)
    model, history = run()
    assert np.allclose(model.w.data, w, rtol=1e-12)
    assert history["loss"] == pytest.approx(losses) and history["epoch"] == [1, 2, 3]
    assert all(type(values) is list for values in history.values()) and set(history) == {"epoch", "step", "loss"}


def test_same_seed_same_run():
    assert run(seed=1)[1] == run(seed=1)[1] != run(seed=2)[1]


def test_validation_is_the_mean_over_examples_in_evaluation_mode_and_moves_nothing():
    X, y = data(21, seed=5)
    plain, _ = run()
    recorded = []

    def watched(output, targets):
        recorded.append(output.requires_grad)
        return squared(output, targets)

    model, history = run(validation=(X, y), loss=watched)
    assert recorded == model.modes  # gradients in training only
    assert (model.w.data == plain.w.data).all()
    assert history["validation_loss"][-1] == pytest.approx(((X @ model.w.data - y) ** 2).mean())
    assert model.modes == ([True] * 7 + [False] * 3) * 3 and not model.training


def test_metrics_see_all_outputs_and_targets():
    X, y = data(21, seed=5)

    def worst(outputs, targets):
        assert isinstance(outputs, np.ndarray) and outputs.shape == targets.shape
        return np.abs(outputs - targets).max()

    model, history = run(validation=(X, y), metrics={"worst": worst})
    assert history["validation_worst"][-1] == pytest.approx(np.abs(X @ model.w.data - y).max())
    assert len(history["worst"]) == 3 and history["worst"][0] > history["worst"][2]


def test_resuming_from_a_history_is_one_long_run():
    straight, whole = run(epochs=5)
    model, rng = Line(), np.random.default_rng(0)
    seen = []
    options = {"loss": squared, "optimizer": Descent(model.w), "batch_size": 8, "rng": rng}
    history = fit(model, data(), epochs=2, **options)
    resumed = fit(
        model, data(), epochs=5, history=history, callbacks=[lambda state: seen.append(state.step)], **options
    )
    assert (model.w.data == straight.w.data).all() and resumed == whole and seen == [21, 28, 35]


def test_callbacks_are_called_at_their_moments():
    calls = []

    class Listener(Callback):
        def on_start(self, state):
            calls.append(("start", state.epoch, state.step))

        def on_gradients(self, state):
            assert state.model.w.grad is not None and np.isfinite(state.loss)
            calls.append(("gradients", state.epoch, state.step))

        def on_step(self, state):
            calls.append(("step", state.epoch, state.step))

        def on_epoch(self, state):
            assert len(state.history["validation_loss"]) == state.epoch
            calls.append(("epoch", state.epoch, state.step))

        def on_end(self, state):
            calls.append(("end", state.epoch, state.step))

    run(epochs=2, batch_size=25, validation=data(5), callbacks=[Listener()])
    first = [("gradients", 1, 0), ("step", 1, 1), ("gradients", 1, 1), ("step", 1, 2), ("epoch", 1, 2)]
    second = [("gradients", 2, 2), ("step", 2, 3), ("gradients", 2, 3), ("step", 2, 4), ("epoch", 2, 4)]
    assert calls == [("start", 0, 0), *first, *second, ("end", 2, 4)]


def test_a_callback_stops_after_an_epoch_or_a_step():
    def after_two(state):
        state.stop = state.epoch == 2

    class AfterStepThree(Callback):
        def on_step(self, state):
            state.stop = state.step == 3

    assert len(run(epochs=9, callbacks=[after_two])[1]["loss"]) == 2
    steps = []
    _, history = run(epochs=9, callbacks=[AfterStepThree(), lambda state: steps.append(state.step)])
    assert steps == [3] and len(history["loss"]) == 1


def test_transform_changes_training_batches_only():
    def double(X, y, rng):
        assert isinstance(rng, np.random.Generator)
        return X, 2 * y

    X, y = data()
    model, history = run(epochs=30, transform=double, validation=(X, y))
    assert model.w.data == pytest.approx([3, -4], abs=0.1)
    assert history["validation_loss"][-1] == pytest.approx(((X @ model.w.data - y) ** 2).mean())


def test_several_inputs_and_drop_last():
    X, y = data()
    w = Tensor(np.zeros(2), requires_grad=True)
    sizes = []

    def model(left, right):
        sizes.append(len(left))
        return left * w[0] + right * w[1]

    fit(model, (X[:, 0], X[:, 1], y), loss=squared, optimizer=Descent(w), epochs=20, batch_size=8,
        rng=np.random.default_rng(0), drop_last=True)  # fmt: skip
    assert w.data == pytest.approx([1.5, -2.0], abs=0.1) and sizes == [8] * 6 * 20


def test_a_network_learns_the_moons():
    rng = np.random.default_rng(0)
    X, y = moons(400, noise=0.15, rng=rng)
    w1, b1 = Tensor(rng.normal(size=(2, 16)), requires_grad=True), Tensor(np.zeros(16), requires_grad=True)
    w2 = Tensor(rng.normal(size=16) / 4, requires_grad=True)

    def model(x):
        return np.tanh(x @ w1 + b1) @ w2

    def logistic(output, targets):
        return np.log(1 + np.exp(-output * (2 * targets - 1))).mean()

    history = fit(model, (X[:300], y[:300]), loss=logistic, optimizer=Descent(w1, b1, w2, lr=0.5), epochs=80, batch_size=16,
                  rng=rng, validation=(X[300:], y[300:]),
                  metrics={"accuracy": lambda outputs, targets: accuracy_score(targets, outputs > 0)})  # fmt: skip
    assert history["validation_accuracy"][-1] > 0.95 and history["loss"][-1] < history["loss"][0] / 2
    with no_grad():
        assert history["validation_accuracy"][-1] == accuracy_score(y[300:], model(X[300:]).data > 0)


# ---- schedules and micro-batches ----


def test_the_schedule_sets_the_rate_of_every_group_before_each_step():
    X, y = data()
    w, b = Tensor(np.zeros(2), requires_grad=True), Tensor(np.zeros(1), requires_grad=True)
    optimizer, rates = SGD([{"params": [w]}, {"params": [b], "momentum": 0.5}]), []

    class Watch(Callback):
        def on_gradients(self, state):
            rates.append((state.step, *(group["lr"] for group in optimizer.param_groups)))

    def rate(step):
        return 0.1 / (1 + step)

    history = fit(lambda x: x @ w + b, (X, y), loss=squared, optimizer=optimizer, epochs=2, batch_size=25,
                  rng=np.random.default_rng(0), schedule=rate, callbacks=[Watch()])  # fmt: skip
    assert rates == [(step, rate(step), rate(step)) for step in range(4)]
    assert history["lr"] == [rate(1), rate(3)]


def test_a_resumed_schedule_goes_on_where_it_was():
    X, y = data()
    seen = []
    for parts in ([4], [1, 2, 4]):
        w, rng, history, steps = Tensor(np.zeros(2), requires_grad=True), np.random.default_rng(0), {}, []
        optimizer = SGD([w], momentum=0.9)
        for epochs in parts:
            fit(lambda x, w=w: x @ w, (X, y), loss=squared, optimizer=optimizer, epochs=epochs, batch_size=8, rng=rng,
                schedule=lambda step, steps=steps: steps.append(step) or 0.1 * 0.9**step, history=history)  # fmt: skip
        seen.append((w.data.tolist(), history, steps))
    assert seen[0] == seen[1] and seen[0][2] == list(range(28))


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), None])
def test_a_schedule_that_returns_no_rate_is_refused_before_the_step(rate):
    w = Tensor(np.zeros(2), requires_grad=True)
    with pytest.raises(ValueError, match=r"schedule must return.* for step 0"):
        fit(lambda x: x @ w, data(), loss=squared, optimizer=SGD([w]), epochs=1, batch_size=8,
            rng=np.random.default_rng(0), schedule=lambda step: rate)  # fmt: skip
    assert not w.data.any()


@pytest.mark.parametrize("size", [1, 3, 8, 100])
def test_micro_batches_add_up_to_the_batch(size):
    whole, expected = run(validation=data(9))
    model, history = run(micro_batch_size=size, validation=data(9))
    np.testing.assert_allclose(model.w.data, whole.w.data, rtol=1e-12)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-12)


def test_micro_batches_of_unequal_size_weigh_by_their_examples():
    X, y = np.ones((4, 1)), np.array([0.0, 0.0, 0.0, 8.0])
    w, seen = Tensor(np.zeros(1), requires_grad=True), []

    class Watch(Callback):
        def on_gradients(self, state):
            seen.append((w.grad.tolist(), state.loss))

    fit(lambda x: x @ w, (X, y), loss=squared, optimizer=SGD([w], lr=0.1), epochs=1, batch_size=4, micro_batch_size=3,
        rng=np.random.default_rng(0), callbacks=[Watch()])  # fmt: skip
    assert seen == [([-4.0], 16.0)]


def test_gradients_are_clipped_after_the_callbacks_have_seen_them():
    X, y = data()
    w, b, norms, before = Tensor(np.zeros(2), requires_grad=True), Tensor(np.zeros(1), requires_grad=True), [], []

    class Watch(Callback):
        def on_gradients(self, state):
            norms.append(np.sqrt((w.grad**2).sum() + (b.grad**2).sum()))
            before.append(np.concatenate([w.data, b.data]))

        def on_step(self, state):
            moved = np.linalg.norm(np.concatenate([w.data, b.data]) - before[-1])
            assert moved == pytest.approx(min(norms[-1], 0.5), rel=1e-5)

    optimizer = SGD([{"params": [w]}, {"params": [b]}], lr=1.0)
    fit(lambda x: x @ w + b, (X, y), loss=squared, optimizer=optimizer, epochs=3, batch_size=10, clip_norm=0.5,
        rng=np.random.default_rng(0), callbacks=[Watch()])  # fmt: skip
    assert max(norms) > 0.5 > min(norms)


def test_scaling_by_a_power_of_two_changes_nothing():
    X, y = data()
    runs = []
    for scaler in (None, LossScaler(2.0**12)):
        w, seen = Tensor(np.zeros(2), requires_grad=True), []

        class Watch(Callback):
            def on_gradients(self, state, w=w, seen=seen):
                seen.append((w.grad.tolist(), state.loss))

        history = fit(lambda x, w=w: x @ w, (X, y), loss=squared, optimizer=SGD([w], lr=0.1), epochs=2, batch_size=16,
                      micro_batch_size=8, clip_norm=1.0, scaler=scaler, rng=np.random.default_rng(0), callbacks=[Watch()])  # fmt: skip
        runs.append((w.data.tolist(), history, seen))
    assert runs[0] == runs[1]


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_skipped_step_is_none():
    X, y = (array.astype(np.float32) for array in data())
    w, scaler, seen, moved = Tensor(np.zeros(2, np.float32), requires_grad=True), LossScaler(2.0**127), [], []

    class Watch(Callback):
        def on_step(self, state):
            moved.append(state.step)

    history = {}
    options = {"loss": squared, "optimizer": SGD([w]), "batch_size": 10, "rng": np.random.default_rng(0), "scaler": scaler,
               "schedule": lambda step: seen.append(step) or 0.1, "callbacks": [Watch()], "history": history}  # fmt: skip
    fit(lambda x: x @ w, (X, y), epochs=1, **options)
    skipped = int(np.log2(2.0**127 / scaler.get_scale()))
    assert skipped in (1, 2, 3) and np.isfinite(w.data).all() and w.data.any()
    assert seen == [0] * skipped + list(range(5 - skipped)) and moved == list(range(1, 6 - skipped)) and history["step"] == [5 - skipped]
    fit(lambda x: x @ w, (X, y), epochs=2, **options)
    assert seen[5:] == list(range(5 - skipped, 10 - skipped)) and history["step"] == [5 - skipped, 10 - skipped]


def test_a_run_stopped_within_an_epoch_goes_on_with_its_steps():
    class Stop(Callback):
        def on_step(self, state):
            state.stop = state.step == 3

    _, history = run(callbacks=[Stop()])
    assert history["step"] == [3]
    seen = []
    run(history=history, epochs=2, callbacks=[lambda state: seen.append(state.step)])
    assert seen == [10] and run(history={"loss": [1.0]}, epochs=2)[1]["step"] == [14]


def test_a_batch_that_fits_at_once_is_passed_on_as_it_is():
    seen = []

    def model(x):
        seen.append(x)
        return Tensor(x, requires_grad=True).sum(axis=1)

    given = []
    fit(model, data(), loss=squared, optimizer=Descent(), epochs=1, batch_size=50, rng=np.random.default_rng(0),
        transform=lambda X, y, rng: given.append(X) or (X, y))  # fmt: skip
    assert seen[0] is given[0]


# ---- the bar ----


class Screen(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.mark.parametrize(
    ("terminal", "progress", "shown"),
    [(True, None, True), (False, None, False), (True, False, False), (False, True, True)],
)
def test_the_bar_shows_on_a_terminal_or_when_asked(monkeypatch, terminal, progress, shown):
    screen = Screen(terminal)
    monkeypatch.setattr("sys.stderr", screen)
    run(progress=progress, validation=data(9))
    if shown:
        last = screen.getvalue().split("\r")[-1]
        assert (
            last.startswith("epoch 3/3 [####################] loss ") and "validation " in last and last.endswith("\n")
        )
    else:
        assert screen.getvalue() == ""


# ---- what can go wrong ----


def test_a_loss_that_is_not_finite_is_placed_and_changes_nothing():
    spoiled = []

    def explode(output, targets):
        spoiled.append(len(targets))
        return squared(output, targets) * (np.nan if len(spoiled) == 10 else 1.0)

    before = {}

    class Remember(Callback):
        def on_step(self, state):
            before["w"] = state.model.w.data.copy()

    model = Line()
    with pytest.raises(FloatingPointError, match=r"loss is nan in epoch 2 at step 10: lower the learning rate.*clip"):
        fit(model, data(), loss=explode, optimizer=Descent(model.w), epochs=5, batch_size=8, rng=np.random.default_rng(0),
            callbacks=[Remember()])  # fmt: skip
    assert (model.w.data == before["w"]).all() and not model.training


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda output, targets: (output - targets) ** 2, r"one element.*got shape \(8,\)"),
        (lambda output, targets: float(squared(output, targets).item()), "got a float"),
    ],
)
def test_a_loss_that_is_not_one_tensor_is_named(loss, message):
    with pytest.raises(TypeError, match=message):
        run(loss=loss)


def test_a_learning_rate_too_high_ends_in_that_error():
    with (
        np.errstate(over="ignore", invalid="ignore"),
        pytest.raises(FloatingPointError, match="lower the learning rate"),
    ):
        run(lr=100.0, epochs=200)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train": data()[0]}, "train must be"),
        ({"train": (data()[0],)}, "train must be"),
        ({"train": (data()[0], data()[1][:-1])}, r"lengths \[50, 49\]"),
        ({"train": (np.empty((0, 2)), np.empty(0))}, "at least one"),
        (
            {"train": (data()[0], np.where(np.arange(50) == 7, np.nan, 0))},
            r"train\[1\] contains NaN or infinity at index \[7\]",
        ),
        ({"validation": (data()[0], data()[1][:-1])}, "validation must hold"),
        ({"epochs": -1}, "epochs must be"),
        ({"epochs": 1.5}, "epochs must be"),
        ({"epochs": 1, "history": {"loss": [1.0, 0.5]}}, "at least the 2 in the history"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1"),
        ({"clip_norm": 0.0}, "clip_norm must be above 0"),
        ({"clip_norm": float("nan")}, "clip_norm must be above 0"),
        ({"micro_batch_size": 0}, "micro_batch_size must be a whole number from 1"),
        ({"batch_size": 51, "drop_last": True}, "drop_last leaves no batch"),
    ],
)
def test_bad_arguments_are_named_before_anything_happens(options, message):
    model = Line()
    settings = {"train": data(), "epochs": 1, "batch_size": 8} | options
    with pytest.raises(ValueError, match=message):
        fit(
            model,
            settings.pop("train"),
            loss=squared,
            optimizer=Descent(model.w),
            rng=np.random.default_rng(0),
            **settings,
        )
    assert model.modes == []


@pytest.mark.parametrize("rng", [None, 0, np.random])
def test_randomness_comes_from_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy Generator.*got (NoneType|int|module)"):
        run(rng=rng)


def test_an_optimizer_without_groups_cannot_be_steered():
    with pytest.raises(TypeError, match="schedule and clip_norm need an optimizer with param_groups, got Descent"):
        run(schedule=lambda step: 0.1, clip_norm=1.0)


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(dlprimer.train.loop)
    assert result.attempted and not result.failed
