"""Early stopping stops when it says, restores what it says, and survives an interruption."""

import doctest

import numpy as np
import pytest

import dlprimer.train.stopping
from dlprimer import MLP, SGD, Module, Parameter, fit, mse_loss
from dlprimer.train.checkpoint import load_checkpoint, save_checkpoint
from dlprimer.train.loop import TrainingState
from dlprimer.train.stopping import EarlyStopping


class Counter(Module):
    """A model whose weight says in which epoch it was, with a buffer that does so too."""

    def __init__(self):
        self.weight = Parameter(np.zeros(1))
        self.register_buffer("seen", np.zeros(1))


def replay(stopping, values, model=None, start=0):
    """Train on a recorded curve; returns the state at the end."""
    state = TrainingState(model, None, np.random.default_rng(0), {stopping.monitor: []}, epoch=start)
    stopping.on_start(state)
    for value in values:
        state.epoch += 1
        state.history[stopping.monitor].append(value)
        if model is not None:
            model.weight.data[:] = model.seen[:] = state.epoch
        stopping.on_epoch(state)
        if state.stop:
            break
    stopping.on_end(state)
    return state


CURVE = [1.0, 0.6, 0.7, 0.5, 0.55, 0.52, 0.51, 0.3, 0.4, 0.4, 0.4, 0.4]


@pytest.mark.parametrize(("patience", "stop", "best"), [(1, 3, 2), (2, 6, 4), (3, 7, 4), (4, 12, 8), (5, 12, 8)])
def test_stops_patience_epochs_after_the_best(patience, stop, best):
    model, stopping = Counter(), EarlyStopping(patience=patience)
    state = replay(stopping, CURVE, model)
    assert (state.epoch, stopping.best_epoch, stopping.best) == (stop, best, CURVE[best - 1])
    assert model.weight.data.tolist() == model.seen.tolist() == [best]


def test_the_example_of_the_book():
    stopping = EarlyStopping(patience=5, restore_best=False)
    state = replay(stopping, [1 / epoch for epoch in range(1, 13)] + [1.0] * 50)
    assert (stopping.best_epoch, state.epoch) == (12, 17)


def test_mode_max_is_the_mirror_image():
    least, most = EarlyStopping(patience=2), EarlyStopping("validation_accuracy", patience=2, mode="max")
    a, b = Counter(), Counter()
    assert replay(least, CURVE, a).epoch == replay(most, [-value for value in CURVE], b).epoch
    assert most.best == -least.best and a.weight.data == b.weight.data


def test_min_delta_must_be_exceeded():
    stopping = EarlyStopping(patience=2, min_delta=0.25, restore_best=False)
    state = replay(stopping, [1.0, 0.75, 0.5, 0.25, 0.3])
    assert (stopping.best_epoch, state.epoch) == (3, 5)  # 0.75 is not enough, 0.5 is; 0.25 and 0.3 are not


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_no_improvement(value):
    stopping = EarlyStopping(patience=3, restore_best=False)
    state = replay(stopping, [value, value, value, 0.1])
    assert state.epoch == 3 and stopping.best_epoch == 0
    assert replay(EarlyStopping(patience=3, restore_best=False), [0.5, value, 0.4, value]).stop is False


def test_without_restore_best_the_last_weights_stay():
    model = Counter()
    state = replay(EarlyStopping(patience=2, restore_best=False), CURVE, model)
    assert model.weight.data.tolist() == [state.epoch]


def test_weights_kept_are_copies_even_if_the_model_gives_its_own():
    class Careless:
        def __init__(self):
            self.weight = Parameter(np.zeros(1))
            self.seen = np.zeros(1)

        def state_dict(self):
            return {"weight": self.weight.data}

        def load_state_dict(self, state):
            self.weight.data[:] = state["weight"]

    model = Careless()
    replay(EarlyStopping(patience=2), CURVE, model)
    assert model.weight.data.tolist() == [4]


def training(epochs, stopping, path=None, stop_after=None, resume=None):
    """A run that overfits noise, saved after each epoch; with `resume`, continued in fresh objects."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 1))
    model = MLP([5, 30, 1], rng=np.random.default_rng(0)).to(np.float64)
    optimizer, order, history = SGD(model.parameters(), lr=0.05, momentum=0.9), np.random.default_rng(1), {}
    if resume:
        saved = load_checkpoint(resume, model, optimizer, order)
        history = saved["history"]
        stopping.load_state_dict(saved["extra"]["stopping"])

    def save(state):
        if path:
            save_checkpoint(path, state.model, state.optimizer, state.rng, epoch=state.epoch, step=state.step,
                            history=state.history, extra={"stopping": stopping.state_dict()})  # fmt: skip

    fit(model, (X[:20], y[:20]), loss=mse_loss, optimizer=optimizer, epochs=epochs, batch_size=5, rng=order,
        validation=(X[20:], y[20:]), callbacks=[stopping, save], history=history)  # fmt: skip
    return model.state_dict(), history


def test_restores_the_best_of_a_real_run_and_resumes_it_exactly(tmp_path):
    whole = EarlyStopping(patience=6)
    weights, history = training(60, whole)
    losses = history["validation_loss"]
    assert len(losses) == int(np.argmin(losses)) + 1 + 6 < 60
    interrupted = len(losses) - 3  # after the best epoch, so that its weights come from the file
    training(interrupted, EarlyStopping(patience=6), tmp_path / "run.npz")
    again = EarlyStopping(patience=6)
    resumed, history_again = training(60, again, resume=tmp_path / "run.npz")
    assert history_again == history and (again.best, again.best_epoch, again.waited) == (whole.best, whole.best_epoch, 6)
    assert all((resumed[name] == weights[name]).all() for name in weights)


def test_a_second_run_starts_anew():
    stopping, model = EarlyStopping(patience=2), Counter()
    replay(stopping, CURVE, model)
    replay(stopping, [9.0, 8.0, 7.0], model)
    assert (stopping.best, stopping.best_epoch, model.weight.data.tolist()) == (7.0, 3, [3])
    replay(stopping, [7.5], model, start=3)
    assert stopping.waited == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience must be"),
        ({"patience": 1.5}, "patience must be"),
        ({"min_delta": -0.1}, "min_delta must be"),
        ({"min_delta": float("nan")}, "min_delta must be"),
        ({"mode": "auto"}, "mode must be one of 'min', 'max'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**settings)


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="monitor='validation_loss' is not in the history, which has epoch, step, loss"):
        fit(lambda x: x * w, (np.ones(4), np.ones(4)), loss=mse_loss, optimizer=SGD([w := Parameter(np.zeros(1))]), epochs=1,
            batch_size=4, rng=np.random.default_rng(0), callbacks=[EarlyStopping(restore_best=False)])  # fmt: skip
    with pytest.raises(TypeError, match="restore_best=False"):
        EarlyStopping().on_start(TrainingState(lambda x: x, None, np.random.default_rng(0), {}))
    with pytest.raises(ValueError, match="lacks best_epoch, best_weights"):
        EarlyStopping().load_state_dict({"best": 1.0, "waited": 0})


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(dlprimer.train.stopping)
    assert result.attempted and not result.failed
