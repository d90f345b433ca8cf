"""What stands between the gradient and the step, and behind it: scaled losses, accumulated micro-batches, averaged weights."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..nn.module import Module

Array = np.ndarray[Any, Any]


class LossScaler:
    """Multiplies the loss so that gradients in half precision do not vanish, and divides them before the step.

    Dynamic, as PyTorch's `torch.amp.GradScaler`: a step whose gradients contain infinity or NaN is skipped and the scale halved;
    after many good steps it is doubled. Powers of two make scaling and unscaling exact. One iteration is:

        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)  # only if the gradients are to be clipped or looked at
        scaler.step(optimizer)
        scaler.update()

    Args:
        init_scale: The first scale, above 0.
        growth_factor: What the scale is multiplied by after `growth_interval` good steps in a row, above 1.
        backoff_factor: What it is multiplied by after a skipped step, above 0 and below 1.
        growth_interval: Good steps in a row before the scale grows, at least 1.
        enabled: False turns all of this off: `step` is the optimizer's.

    Raises:
        ValueError: A number is out of range.

    Example:
        >>> from dlprimer import Parameter, SGD
        >>> w = Parameter([1.0])
        >>> optimizer, scaler = SGD([w], lr=0.5), LossScaler(init_scale=4.0)
        >>> scaler.scale((w * w).sum()).backward()
        >>> w.grad.tolist(), scaler.step(optimizer), w.data.tolist()
        ([8.0], True, [0.0])
        >>> scaler.update()
        >>> w.grad = np.array([np.inf], np.float32)
        >>> scaler.step(optimizer), w.data.tolist()
        (False, [0.0])
        >>> scaler.update()
        >>> scaler.get_scale()
        2.0

    Paper: Micikevicius et al., Mixed precision training, 2018. Explained in question 54.
    """

    def __init__(
        self, init_scale: float = 2.0**16, growth_factor: float = 2.0, backoff_factor: float = 0.5,
        growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        state = {
            "scale": float(init_scale), "growth_factor": growth_factor, "backoff_factor": backoff_factor,
            "growth_interval": growth_interval, "_growth_tracker": 0,
        }  # fmt: skip
        self._check(state)
        self._state = state
        self.enabled = enabled
        self._unscaled: dict[int, bool] = {}  # id of an optimizer -> whether its gradients, now unscaled, are all finite
        self._stepped: set[int] = set()

    @staticmethod
    def _check(state: Mapping[str, Any]) -> None:
        """Refuse settings out of range."""
        if not 0 < state["scale"] < math.inf:
            raise ValueError(f"LossScaler: the scale must be a finite number above 0, got {state['scale']!r}")
        if not 1 < state["growth_factor"] < math.inf:
            raise ValueError(f"LossScaler: growth_factor must be above 1, got {state['growth_factor']!r}")
        if not 0 < state["backoff_factor"] < 1:
            raise ValueError(f"LossScaler: backoff_factor must be above 0 and below 1, got {state['backoff_factor']!r}")
        interval = state["growth_interval"]
        if not isinstance(interval, (int, np.integer)) or interval < 1:
            raise ValueError(f"LossScaler: growth_interval must be a whole number of at least 1, got {interval!r}")

    def get_scale(self) -> float:
        """The scale now; 1 if the scaler is not enabled."""
        return float(self._state["scale"]) if self.enabled else 1.0

    def scale(self, outputs: Any) -> Any:
        """The loss, or each of a list or tuple of losses, times the scale. A float16 loss becomes float32, in which it fits."""
        if not self.enabled:
            return outputs
        if isinstance(outputs, (list, tuple)):
            return type(outputs)([self.scale(output) for output in outputs])
        if not isinstance(outputs, Tensor):
            raise TypeError(f"LossScaler: scale() takes a tensor or a list of tensors, got {type(outputs).__name__}")
        loss = outputs.astype(np.float32) if outputs.dtype == np.float16 else outputs
        return loss * self.get_scale()

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of the optimizer's parameters by the scale, once between two updates.

        Raises:
            RuntimeError: They have been unscaled already.
            TypeError: A gradient is float16; keep the weights in float32 and round copies of them. Then nothing has been changed.
        """
        if not self.enabled:
            return
        if id(optimizer) in self._unscaled:
            raise RuntimeError("LossScaler: these gradients have been unscaled already since the last update()")
        parameters = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if any(p.grad.dtype == np.float16 for p in parameters):
            raise TypeError("LossScaler: a gradient is float16, where unscaling loses it; keep master weights in float32")
        self._unscaled[id(optimizer)] = all(np.isfinite(p.grad).all() for p in parameters)
        for p in parameters:
            p.grad = np.asarray(p.grad * (1 / self.get_scale()))

    def step(self, optimizer: Any) -> bool:
        """Unscale the gradients, unless that is done, and let the optimizer step if all are finite.

        Returns:
            Whether the optimizer stepped: a schedule should go on only then. (PyTorch returns what the optimizer does.)

        Raises:
            RuntimeError: It has stepped already since the last `update()`.
        """
        if not self.enabled:
            optimizer.step()
            return True
        if id(optimizer) in self._stepped:
            raise RuntimeError("LossScaler: step() was called already since the last update()")
        if id(optimizer) not in self._unscaled:
            self.unscale_(optimizer)
        finite = self._unscaled[id(optimizer)]
        if finite:
            optimizer.step()
        self._stepped.add(id(optimizer))
        return finite

    def update(self, new_scale: float | None = None) -> None:
        """Set the scale for the next iteration: smaller after a skipped step, larger after many good ones, or as given.

        Raises:
            RuntimeError: Nothing was unscaled since the last call.
            ValueError: `new_scale` is out of range.
        """
        if not self.enabled:
            return
        if new_scale is not None:
            self._check({**self._state, "scale": new_scale})
            self._state["scale"] = float(new_scale)
        elif not self._unscaled:
            raise RuntimeError("LossScaler: update() comes after step(), and no step was taken since the last one")
        elif not all(self._unscaled.values()):
            self._state["scale"] *= self._state["backoff_factor"]
            self._state["_growth_tracker"] = 0
        else:
            self._state["_growth_tracker"] += 1
            if self._state["_growth_tracker"] == self._state["growth_interval"]:
                self._state["_growth_tracker"] = 0
                grown = self._state["scale"] * self._state["growth_factor"]
                if grown <= float(np.finfo(np.float32).max):
                    self._state["scale"] = grown
        self._unscaled, self._stepped = {}, set()

    def state_dict(self) -> dict[str, Any]:
        """The scale, the settings and the number of good steps in a row, under PyTorch's names; empty if not enabled."""
        return dict(self._state) if self.enabled else {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict()`.

        Raises:
            ValueError: An entry is missing, unexpected or out of range. Then nothing has been changed.
        """
        if not self.enabled:
            return
        if state_dict.keys() != self._state.keys():
            raise ValueError(f"LossScaler: state_dict must have {', '.join(self._state)}, got {', '.join(state_dict) or 'nothing'}")
        self._check(state_dict)
        self._state = dict(state_dict)


class GradientAccumulator:
    """Adds up the gradients of micro-batches to the gradient of one large batch, at the memory of a small one.

    The large batch's mean loss is the mean of the micro-batches' mean losses weighted by their sizes. So each gradient is weighted, and
    the sum divided by the whole size once that is known. The first micro-batch of a group forgets earlier gradients.

        for x, y in batches(X, Y, batch_size=16):
            accumulator.backward(loss(model(x), y), size=len(y))
            if accumulator.ready:
                accumulator.average()  # now .grad is that of the large batch: clip it here, once
                optimizer.step()

    Call `average()` and `step()` after the loop too if `accumulator.count` is not 0: the last group may be smaller. What depends on
    the batch as a whole, such as batch normalization, still sees micro-batches.

    Args:
        parameters: A tensor or an iterable of tensors.
        steps: Micro-batches a large batch, at least 1.

    Attributes:
        count: Micro-batches since the last `average()`.

    Raises:
        ValueError: There are no parameters, or `steps` is out of range.
        TypeError: `parameters` are not tensors.

    Example:
        >>> w = Tensor([0.0], requires_grad=True)
        >>> accumulator = GradientAccumulator([w], steps=2)
        >>> for x in (np.array([1.0, 2.0, 3.0], np.float32), np.array([6.0], np.float32)):
        ...     accumulator.backward((w * x).mean(), size=len(x))
        >>> accumulator.ready, accumulator.average(), w.grad.tolist()
        (True, 4, [3.0])

    Explained in question 55.
    """

    def __init__(self, parameters: Any, steps: int) -> None:
        self.parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
        if not self.parameters:
            raise ValueError("GradientAccumulator: parameters is empty (an iterator such as model.parameters() can be used once)")
        for i, p in enumerate(self.parameters):
            if not isinstance(p, Tensor):
                raise TypeError(f"GradientAccumulator: parameters must be tensors, got {type(p).__name__} at place {i}")
        if not isinstance(steps, (int, np.integer)) or steps < 1:
            raise ValueError(f"GradientAccumulator: steps must be a whole number of at least 1, got {steps!r}")
        self.steps = int(steps)
        self.count, self._size, self._unit = 0, 0.0, 1.0

    @property
    def ready(self) -> bool:
        """Whether `steps` micro-batches have been added."""
        return self.count >= self.steps

    def backward(self, loss: Any, size: float = 1) -> None:
        """Add the gradient of a micro-batch.

        Args:
            loss: A tensor with one element, the mean over the micro-batch.
            size: Over how many examples, or tokens, that mean was taken; above 0. If all have the same size it can be left out.

        Raises:
            ValueError: `size` is out of range. Then nothing has been changed.
        """
        if not 0 < size < math.inf:
            raise ValueError(f"GradientAccumulator: size must be a finite number above 0, got {size!r}")
        if self.count == 0:
            for p in self.parameters:
                p.grad = None
            self._unit, self._size = float(size), 0.0  # in units of the first, equal micro-batches have the weight 1
        weight = float(size) / self._unit
        (loss if weight == 1 else loss * weight).backward()
        self._size += weight
        self.count += 1

    def average(self) -> Any:
        """Turn the sum into the gradient of the mean over everything added, and begin a new group.

        Returns:
            The size of the large batch.

        Raises:
            RuntimeError: Nothing was added.
        """
        if self.count == 0:
            raise RuntimeError("GradientAccumulator: average() comes after backward(), and nothing was added since the last one")
        for p in self.parameters:
            if p.grad is not None:
                p.grad = np.asarray(p.grad / self._size)
        self.count = 0
        size = self._size * self._unit
        return round(size) if math.isclose(size, round(size)) else size


class EMA:
    """An exponential moving average of a model's weights: less noisy than the weights, and often better to use.

    After each step of the optimizer `update()` moves the average towards the weights, `average += (1 - decay) * (w - average)`; the
    first update takes the weights as they are, as PyTorch's `AveragedModel` does. The average is kept in float32 or float64.

    Args:
        model: The model in training.
        decay: Share of the average that stays at an update, in [0, 1].
        warmup: Whether to use min(decay, (1 + n) / (10 + n)) in place of the decay, n updates after the first.
        bias_correction: Whether to weigh as if the average had started at 0 and been divided by 1 - decay^n, as Adam does: the first
            weights count no more than the later ones.
        use_buffers: Whether to average floating-point buffers, such as running means, too; otherwise the model's are used.

    Attributes:
        updates: Number of updates so far.
        averages: Name -> average.

    Raises:
        ValueError: `decay` is out of range, or both corrections are asked for.
        TypeError: `model` is not a module.

    Example:
        >>> from dlprimer import Linear
        >>> layer = Linear(1, 1, bias=False, rng=np.random.default_rng(0))
        >>> ema = EMA(layer, decay=0.75)
        >>> for value in (0.0, 4.0):
        ...     layer.weight.data[...] = value
        ...     ema.update()
        >>> with ema.swapped():
        ...     layer.weight.data.tolist()
        [[1.0]]
        >>> layer.weight.data.tolist()
        [[4.0]]

    Explained in question 50.
    """

    def __init__(
        self, model: Module, decay: float = 0.999, warmup: bool = False, bias_correction: bool = False, use_buffers: bool = False
    ) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"{type(self).__name__}: model must be a Module, got {type(model).__name__}")
        if not 0 <= decay <= 1:
            raise ValueError(f"{type(self).__name__}: decay must be from 0 to 1, got {decay!r}")
        if warmup and bias_correction:
            raise ValueError(f"{type(self).__name__}: choose either warmup or bias_correction: both weaken the first weights")
        self.model, self.decay, self.use_buffers = model, decay, use_buffers
        self.warmup, self.bias_correction = warmup, bias_correction
        self.updates = 0
        self.averages = {name: np.array(w, dtype=np.result_type(w.dtype, np.float32)) for name, w in self._weights()}

    def _weights(self) -> Iterator[tuple[str, Array]]:
        """What is averaged, as it is now."""
        yield from ((name, p.data) for name, p in self.model.named_parameters())
        if self.use_buffers:
            yield from ((name, array) for name, array in self.model.named_buffers() if array.dtype.kind == "f")

    def share(self, n: int) -> float:
        """How far the n-th update, from 1, moves the average towards the weights."""
        if n == 1:
            return 1.0
        if self.warmup:
            return 1 - min(self.decay, n / (9 + n))
        if self.bias_correction:
            return 1 / n if self.decay == 1 else (1 - self.decay) / (1 - self.decay**n)
        return 1 - self.decay

    def update(self) -> None:
        """Move the average towards the weights; call it after each step of the optimizer."""
        self.updates += 1
        share = self.share(self.updates)
        for name, w in self._weights():
            average = self.averages[name]
            if share == 1:
                average[...] = w
            else:
                step = w - average
                step *= share
                average += step

    def copy_to(self, model: Module | None = None) -> None:
        """Put the average into a model of the same kind, or into the model in training itself.

        Raises:
            ValueError: The model has no parameter of a name, or one of another shape. Then nothing has been changed.
        """
        target = self.model if model is None else model
        missing = self.averages.keys() - target.state_dict().keys()
        if missing:
            raise ValueError(f"{type(self).__name__}: the model lacks {', '.join(sorted(missing))}")
        target.load_state_dict(self.averages, strict=False)

    @contextlib.contextmanager
    def swapped(self) -> Iterator[Module]:
        """Within a `with` block the model has the averaged weights; after it, also after an error, its own again."""
        own = {name: array.copy() for name, array in self._weights()}
        self.copy_to()
        try:
            yield self.model
        finally:
            self.model.load_state_dict(own, strict=False)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the averages and of the number of updates."""
        return copy.deepcopy({"updates": self.updates, "averages": self.averages})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict()`.

        Raises:
            ValueError: It belongs to other weights. Then nothing has been changed.
        """
        if state_dict.keys() != {"updates", "averages"}:
            raise ValueError(f"{type(self).__name__}: state_dict must have updates and averages, got {', '.join(state_dict) or 'nothing'}")
        given = {name: np.asarray(array) for name, array in state_dict["averages"].items()}
        shapes, expected = ({name: array.shape for name, array in arrays.items()} for arrays in (given, self.averages))
        wrong = sorted(name for name in shapes.keys() | expected.keys() if shapes.get(name) != expected.get(name))
        if wrong:
            raise ValueError(f"{type(self).__name__}: missing, unexpected or misshaped in state_dict: {', '.join(wrong)}")
        self.updates = int(state_dict["updates"])
        for name, array in given.items():
            self.averages[name][...] = array


class PolyakAverage(EMA):
    """The plain mean of the weights after every update, all counting alike.

    Begin to update once training is near its end: the mean forgets nothing.

    Args:
        model: The model in training.
        use_buffers: Whether to average floating-point buffers too.

    Raises:
        TypeError: `model` is not a module.

    Example:
        >>> from dlprimer import Linear
        >>> layer = Linear(1, 1, bias=False, rng=np.random.default_rng(0))
        >>> mean = PolyakAverage(layer)
        >>> for value in (0.0, 3.0, 6.0):
        ...     layer.weight.data[...] = value
        ...     mean.update()
        >>> mean.averages["weight"].tolist()
        [[3.0]]

    Papers: Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992; Izmailov et al., Averaging weights leads
    to wider optima and better generalization, 2018. Explained in question 50.
    """

    def __init__(self, model: Module, use_buffers: bool = False) -> None:
        super().__init__(model, decay=1.0, bias_correction=True, use_buffers=use_buffers)
