"""The training loop: forward, loss, backward, step, over and over, with what a person wants to see meanwhile."""

from __future__ import annotations

import dataclasses
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..autograd import Tensor, no_grad
from ..data.sampling import batches
from ..optim.clipping import clip_grad_norm
from ..optim.scaling import LossScaler

Array = np.ndarray[Any, Any]
History = dict[str, list[float]]
Metrics = Mapping[str, Callable[[Array, Array], float]]


@dataclasses.dataclass
class TrainingState:
    """Where training stands; callbacks read it, and stop training by setting `stop`.

    Attributes:
        model: The model in training.
        optimizer: The optimizer.
        rng: The generator that shuffles the batches; with it and the above, training resumes exactly.
        history: What `fit` returns, so far.
        epoch: Number of the epoch, from 1.
        step: Number of optimizer steps so far.
        loss: Loss of the latest batch.
        stop: Set it to True to end training after this step or epoch.

    Example:
        >>> def enough(state):
        ...     state.stop = state.history["loss"][-1] < 0.1
        >>> state = TrainingState(None, None, np.random.default_rng(0), {"loss": [0.05]})
        >>> enough(state)
        >>> state.stop
        True

    Explained in question 11.
    """

    model: Any
    optimizer: Any
    rng: np.random.Generator
    history: History
    epoch: int = 0
    step: int = 0
    loss: float = math.nan
    stop: bool = False


class Callback:
    """What happens at fixed moments of training: override the methods you need. A plain function acts as `on_epoch`.

    Example:
        >>> class CountSteps(Callback):
        ...     steps = 0
        ...     def on_step(self, state):
        ...         self.steps = state.step
        >>> callback = CountSteps()
        >>> callback.on_step(TrainingState(None, None, np.random.default_rng(0), {}, step=3))
        >>> callback.steps
        3

    Explained in question 38.
    """

    def on_start(self, state: TrainingState) -> None:
        """Before the first step."""

    def on_gradients(self, state: TrainingState) -> None:
        """After the backward pass and before the optimizer's step: look at gradients or clip them."""

    def on_step(self, state: TrainingState) -> None:
        """After each step of the optimizer: set the next learning rate."""

    def on_epoch(self, state: TrainingState) -> None:
        """After each epoch and its validation; the history holds its numbers."""

    def on_end(self, state: TrainingState) -> None:
        """After the last epoch."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What `fit` was told about a step."""

    loss: Callable[..., Any]
    metrics: Metrics
    transform: Callable[..., tuple[Any, ...]] | None
    schedule: Callable[[int], float] | None
    micro_batch_size: int
    clip_norm: float | None
    scaler: LossScaler | None


class CallFunction(Callback):
    """A plain function as a callback."""

    def __init__(self, function: Callable[[TrainingState], Any]) -> None:
        self.function = function

    def on_epoch(self, state: TrainingState) -> None:
        self.function(state)


def fit(
    model: Any,
    train: tuple[Any, ...],
    *,
    loss: Callable[..., Any],
    optimizer: Any,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: tuple[Any, ...] | None = None,
    metrics: Metrics | None = None,
    callbacks: Iterable[Callback | Callable[[TrainingState], Any]] = (),
    transform: Callable[..., tuple[Any, ...]] | None = None,
    drop_last: bool = False,
    schedule: Callable[[int], float] | None = None,
    micro_batch_size: int | None = None,
    clip_norm: float | None = None,
    scaler: LossScaler | None = None,
    history: History | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model by mini-batch gradient descent.

    Args:
        model: Called as `model(*inputs)`; switched by `train()` and `eval()`, and left in evaluation mode.
        train: Arrays (inputs..., targets) with the N examples along the first axis, usually (X, y).
        loss: Called as `loss(output, targets)`; returns the mean over the batch, a tensor with one element.
        optimizer: Has `zero_grad()` and `step()`.
        epochs: At which epoch training ends, counted from 1.
        batch_size: Examples a batch.
        rng: Source of the order of the examples and of `transform`.
        validation: Arrays as in `train`, to be judged by after each epoch, without gradients.
        metrics: Name -> function of (outputs, targets), arrays for the whole set; on `train` they see the outputs made during
            training.
        callbacks: `Callback` objects, or functions of the `TrainingState` called after each epoch.
        transform: Augmentation, called as `transform(*batch, rng=rng)` on each training batch; returns the batch to use.
        drop_last: Whether to leave out a last batch that is not full.
        schedule: Learning rate as a function of the number of steps done, 0 before the first; it goes into every parameter group
            of the optimizer, and the last one of an epoch into the history as "lr".
        micro_batch_size: How many examples of a batch pass through the model at once; None: all. Their gradients are added up to
            that of the whole batch (gradient accumulation), for which `loss` must be a mean over examples.
        clip_norm: The largest norm of the gradients, all together; longer ones are shortened to it, after `on_gradients`.
        scaler: Scales the loss for gradients in half precision. A step that it skips is none: it counts in no schedule and calls no
            `on_step`.
        history: A history to go on from: training resumes after its last epoch. With the weights, the optimizer and `rng` as they were
            then (`load_checkpoint`), the run is the uninterrupted one, bit for bit.
        progress: Whether to show a bar on stderr; None shows it on a terminal only.

    Returns:
        The history, a dict of lists with an entry an epoch: "epoch", "step" (optimizer steps so far), "loss" and each metric's name,
        and with `validation` the same as "validation_loss" and so on. Losses are means over examples; the training loss is taken
        while the weights change.

    Raises:
        ValueError: Data are empty or do not fit together, or a number is out of range, before anything is changed.
        TypeError: `loss` does not return a tensor with one element, `rng` is not a generator, or the optimizer has no `param_groups`
            for the schedule, clipping or scaling.
        FloatingPointError: The loss of a batch is not finite; the weights are as they were before that batch.

    Example:
        >>> from dlprimer import Parameter, SGD
        >>> w = Parameter([0.0])
        >>> X, y = np.array([[1.0], [2.0]], np.float32), np.array([2.0, 4.0], np.float32)
        >>> history = fit(lambda x: x @ w, (X, y), loss=lambda output, y: ((output - y) ** 2).mean(),
        ...               optimizer=SGD([w], lr=0.1), epochs=20, batch_size=2, rng=np.random.default_rng(0))
        >>> w.data.round(3).tolist(), len(history["loss"])
        ([2.0], 20)

    Source: Robbins and Monro, A stochastic approximation method, 1951. Explained in question 11.
    """
    train, validation = checked("train", train), None if validation is None else checked("validation", validation)
    history = {} if history is None else history
    done = len(history.get("loss", ()))
    if not (isinstance(epochs, (int, np.integer)) and epochs >= done):
        raise ValueError(f"epochs must be a whole number, at least the {done} in the history; got {epochs!r}")
    n, size = len(train[0]), checked_size("batch_size", batch_size)
    at_once = size if micro_batch_size is None else checked_size("micro_batch_size", micro_batch_size)
    recipe = Recipe(loss, metrics or {}, transform, schedule, at_once, clip_norm, scaler)
    check_settings(recipe, rng, optimizer)
    n_steps = n // size if drop_last else -(-n // size)
    if n_steps == 0:
        raise ValueError(f"drop_last leaves no batch: {n} examples, batch_size={batch_size}; use a smaller batch_size")
    listeners = [each if isinstance(each, Callback) else CallFunction(each) for each in callbacks]
    steps = int(history["step"][-1]) if history.get("step") else done * n_steps
    state = TrainingState(model, optimizer, rng, history, epoch=done, step=steps)
    bar = Bar(epochs, n_steps, sys.stderr.isatty() if progress is None else progress)
    notify(listeners, "on_start", state)
    try:
        while state.epoch < epochs and not state.stop:
            state.epoch += 1
            order = batches(*train, batch_size=batch_size, rng=rng, drop_last=drop_last)
            train_epoch(state, order, recipe, listeners, bar)
            if validation is not None:
                record(history, evaluate(model, validation, loss, recipe.metrics, at_once), "validation_")
            notify(listeners, "on_epoch", state)
    finally:
        bar.close()
        switch(model, "eval")
    notify(listeners, "on_end", state)
    return history


def train_epoch(
    state: TrainingState, order: Iterable[tuple[Any, ...]], recipe: Recipe, listeners: list[Callback], bar: Bar
) -> None:
    """One pass over the batches: a step of the optimizer for each."""
    tally, lr = Tally(recipe.metrics), {}
    switch(state.model, "train")
    for batch in order:
        if recipe.transform is not None:
            batch = recipe.transform(*batch, rng=state.rng)
        if recipe.schedule is not None:
            lr["lr"] = set_learning_rate(state, recipe.schedule)
        state.optimizer.zero_grad()
        accumulate_gradients(state, batch, recipe, tally)
        if recipe.scaler is not None:
            recipe.scaler.unscale_(state.optimizer)
        notify(listeners, "on_gradients", state)
        if recipe.clip_norm is not None:
            clip_grad_norm([p for group in state.optimizer.param_groups for p in group["params"]], recipe.clip_norm)
        if step(state.optimizer, recipe.scaler):
            state.step += 1
            bar.show(state)
            notify(listeners, "on_step", state)
        if state.stop:
            break
    record(state.history, {"epoch": state.epoch, "step": state.step} | tally.result() | lr, "")


def step(optimizer: Any, scaler: LossScaler | None) -> bool:
    """Change the weights, unless the scaler finds gradients that are not finite; says whether it was done."""
    if scaler is None:
        optimizer.step()
        return True
    done = scaler.step(optimizer)
    scaler.update()
    return done


def accumulate_gradients(state: TrainingState, batch: tuple[Any, ...], recipe: Recipe, tally: Tally) -> None:
    """The gradient of the batch's mean loss, as the sum of those of its micro-batches, each weighted by its share of the examples."""
    n, size, total = len(batch[-1]), recipe.micro_batch_size, 0.0
    for start in range(0, n, size):
        *inputs, targets = batch if size >= n else (array[start : start + size] for array in batch)
        output = state.model(*inputs)
        error = one_number(recipe.loss(output, targets))
        value = error.item()
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the loss is {value} in epoch {state.epoch} at step {state.step + 1}: lower the learning rate, clip the "
                "gradients, or look for NaN, infinity or a wrong scale in the inputs; the weights are those before this step"
            )
        share = len(targets) / n
        part = error if share == 1 else error * share
        (part if recipe.scaler is None else recipe.scaler.scale(part)).backward()
        total += share * value
        tally.add(value, output, targets)
    state.loss = total


def set_learning_rate(state: TrainingState, schedule: Callable[[int], float]) -> float:
    """Give all parameter groups the learning rate for the next step."""
    lr = schedule(state.step)
    if not (isinstance(lr, (int, float, np.number)) and 0 <= lr < math.inf):
        raise ValueError(f"schedule must return a learning rate of at least 0, got {lr!r} for step {state.step}")
    for group in state.optimizer.param_groups:
        group["lr"] = float(lr)
    return float(lr)


def evaluate(
    model: Any, data: tuple[Array, ...], loss: Callable[..., Any], metrics: Metrics, batch_size: int
) -> dict[str, float]:
    """Loss and metrics on a data set, in evaluation mode and without gradients."""
    tally = Tally(metrics)
    switch(model, "eval")
    with no_grad():
        for *inputs, targets in batches(*data, batch_size=batch_size):
            output = model(*inputs)
            tally.add(float(one_number(loss(output, targets)).item()), output, targets)
    return tally.result()


class Tally:
    """Mean loss over examples, and the outputs for the metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics, self.total, self.n = metrics, 0.0, 0
        self.outputs: list[Array] = []
        self.targets: list[Array] = []

    def add(self, loss: float, output: Any, targets: Array) -> None:
        self.total += loss * len(targets)
        self.n += len(targets)
        if self.metrics:
            self.outputs.append(output.data if isinstance(output, Tensor) else np.asarray(output))
            self.targets.append(targets)

    def result(self) -> dict[str, float]:
        values = {"loss": self.total / self.n}
        if self.metrics:
            outputs, targets = np.concatenate(self.outputs), np.concatenate(self.targets)
            values |= {name: float(metric(outputs, targets)) for name, metric in self.metrics.items()}
        return values


class Bar:
    """A line on stderr that is drawn over, at most ten times a second."""

    def __init__(self, epochs: int, n_steps: int, visible: bool) -> None:
        self.epochs, self.n_steps, self.visible = epochs, n_steps, visible
        self.first: int | None = None
        self.began = self.drawn = time.monotonic()
        self.width = 0

    def show(self, state: TrainingState) -> None:
        if not self.visible:
            return
        if self.first is None:
            self.first = state.step - 1
        now, total = time.monotonic(), self.epochs * self.n_steps
        if now - self.drawn < 0.1 and state.step < total:
            return
        self.drawn = now
        left = (now - self.began) / (state.step - self.first) * (total - state.step)
        filled = 20 * state.step // total
        losses = f"loss {state.loss:.4g}"
        if state.history.get("validation_loss"):
            losses += f"  validation {state.history['validation_loss'][-1]:.4g}"
        line = f"epoch {state.epoch}/{self.epochs} [{'#' * filled}{'.' * (20 - filled)}] {losses}  {left:.0f} s left"
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()
        self.width = len(line)

    def close(self) -> None:
        if self.width:
            sys.stderr.write("\n")


def checked(name: str, data: Any) -> tuple[Array, ...]:
    """Data as a tuple of arrays with equally many examples: inputs and targets."""
    if not isinstance(data, (tuple, list)) or len(data) < 2:
        raise ValueError(f"{name} must be (inputs, targets), such as (X, y); got {type(data).__name__}")
    arrays = tuple(np.asarray(array) for array in data)
    lengths = [len(array) if array.ndim else 0 for array in arrays]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(f"{name} must hold arrays with equally many examples, at least one; got lengths {lengths}")
    for i, array in enumerate(arrays):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(
                f"{name}[{i}] contains NaN or infinity at index {np.argwhere(~np.isfinite(array))[0].tolist()}"
            )
    return arrays


def check_settings(recipe: Recipe, rng: Any, optimizer: Any) -> None:
    """Refuse what training could not be done with."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy Generator, such as np.random.default_rng(0); got {type(rng).__name__}")
    if recipe.clip_norm is not None and not recipe.clip_norm > 0:
        raise ValueError(f"clip_norm must be above 0, got {recipe.clip_norm!r}")
    needs = [name for name in ("schedule", "clip_norm", "scaler") if getattr(recipe, name) is not None]
    if needs and not hasattr(optimizer, "param_groups"):
        raise TypeError(f"{' and '.join(needs)} need an optimizer with param_groups, got {type(optimizer).__name__}")


def checked_size(name: str, size: Any) -> int:
    """The size of a batch, if it is a whole number from 1."""
    if not (isinstance(size, (int, np.integer)) and size >= 1):
        raise ValueError(f"{name} must be a whole number from 1, got {size!r}")
    return int(size)


def one_number(error: Any) -> Tensor:
    """The loss, if it is a tensor with one element."""
    if not isinstance(error, Tensor) or error.size != 1:
        what = f"shape {error.shape}" if isinstance(error, Tensor) else f"a {type(error).__name__}"
        raise TypeError(f"loss must return a tensor with one element, the mean over the batch; got {what}")
    return error


def record(history: History, values: Mapping[str, float], prefix: str) -> None:
    """Append each value to its list."""
    for name, value in values.items():
        history.setdefault(prefix + name, []).append(value)


def notify(listeners: list[Callback], moment: str, state: TrainingState) -> None:
    """Call the method of that name of each callback, in order."""
    for listener in listeners:
        getattr(listener, moment)(state)


def switch(model: Any, mode: str) -> None:
    """Put a module into training or evaluation mode; a plain function has none."""
    if hasattr(model, mode):
        getattr(model, mode)()
