"""Learning-rate schedules: functions of the step alone, and the test that finds the range in which they should stay.

Step 0 is the first update. A step may be an integer, which gives a float, or an integer array, which gives the rates at all of them.
With the default `lr=1.0` a schedule is a factor. To follow one, hand it to the training loop, `fit(..., schedule=lambda step:
cosine(step, total_steps, lr=0.1))`, or set `group["lr"]` of the optimizer's groups before each update.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..data.sampling import batches

Array = np.ndarray[Any, Any]


def constant(step: Any, lr: float = 1.0) -> Any:
    """The same rate at every step.

    Args:
        step: Steps from 0, an integer or an array of integers.
        lr: Learning rate.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A step is negative, or `lr` is negative or not finite.
        TypeError: A step is not an integer.

    Example:
        >>> constant(np.arange(3), lr=0.1).tolist()
        [0.1, 0.1, 0.1]

    Explained in question 14.
    """
    t = steps(step)
    check_rates(lr=lr)
    return rates(np.full(t.shape, lr))


def step_decay(step: Any, step_size: int, lr: float = 1.0, gamma: float = 0.1) -> Any:
    """Multiplied by gamma after every `step_size` steps, as PyTorch's StepLR.

    Args:
        step: Steps from 0, an integer or an array of integers.
        step_size: Steps between two drops, at least 1.
        lr: Learning rate at step 0.
        gamma: What a drop leaves of the rate, above 0.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> step_decay(np.arange(5), 2, lr=1.0, gamma=0.5).tolist()
        [1.0, 1.0, 0.5, 0.5, 0.25]

    Explained in question 50.
    """
    t = steps(step)
    check_counts(step_size=step_size)
    check_rates(lr=lr)
    check_gamma(gamma)
    return rates(lr * gamma ** (t // step_size))


def exponential_decay(step: Any, gamma: float, lr: float = 1.0) -> Any:
    """Multiplied by gamma at every step, as PyTorch's ExponentialLR.

    Args:
        step: Steps from 0, an integer or an array of integers.
        gamma: What each step leaves of the rate, above 0: `0.001 ** (1 / total_steps)` falls to a thousandth.
        lr: Learning rate at step 0.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> exponential_decay(np.arange(4), 0.5).tolist()
        [1.0, 0.5, 0.25, 0.125]

    Explained in question 50.
    """
    t = steps(step)
    check_rates(lr=lr)
    check_gamma(gamma)
    return rates(lr * gamma**t)


def linear_decay(step: Any, total_steps: int, lr: float = 1.0, min_lr: float = 0.0) -> Any:
    """Down a straight line to `min_lr` at `total_steps`, where it stays.

    Args:
        step: Steps from 0, an integer or an array of integers.
        total_steps: Steps of the whole run, at least 1.
        lr: Learning rate at step 0.
        min_lr: Learning rate at the end, at most `lr`.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> linear_decay(np.array([0, 25, 100, 200]), 100, lr=0.8).tolist()
        [0.8, 0.6000000000000001, 0.0, 0.0]

    Explained in question 50.
    """
    t = steps(step)
    check_counts(total_steps=total_steps)
    check_rates(lr=lr, min_lr=min_lr)
    return rates(min_lr + (lr - min_lr) * (1 - np.minimum(t / total_steps, 1)))


def cosine(step: Any, total_steps: int, lr: float = 1.0, min_lr: float = 0.0) -> Any:
    """Down half a period of a cosine to `min_lr` at `total_steps`, as PyTorch's CosineAnnealingLR.

    Past `total_steps` the rate rises again along the cosine, as PyTorch's does; `cosine(np.minimum(step, total_steps), ...)` stays
    at the end.

    Args:
        step: Steps from 0, an integer or an array of integers.
        total_steps: Steps of the whole run, at least 1.
        lr: Learning rate at step 0.
        min_lr: Learning rate at the end, at most `lr`.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> cosine(np.array([0, 50, 100, 150, 200]), 200, lr=0.1).round(4).tolist()
        [0.1, 0.0854, 0.05, 0.0146, 0.0]

    Paper: Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017. Explained in question 52.
    """
    t = steps(step)
    check_counts(total_steps=total_steps)
    check_rates(lr=lr, min_lr=min_lr)
    return rates(along_cosine(lr, min_lr, t / total_steps))


def warmup_cosine(step: Any, total_steps: int, warmup_steps: int, lr: float = 1.0, min_lr: float = 0.0) -> Any:
    """Up a straight line in `warmup_steps`, then down a cosine to `min_lr` at `total_steps`, where it stays.

    The first update has the rate `lr / warmup_steps`: a rate of 0 would waste it.

    Args:
        step: Steps from 0, an integer or an array of integers.
        total_steps: Steps of the whole run, warmup included, at least 1.
        warmup_steps: Steps of the warmup, from 0 to `total_steps`.
        lr: The highest learning rate, which the last step of the warmup has.
        min_lr: Learning rate at the end, at most `lr`.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> warmup_cosine(np.array([0, 1, 2, 4, 7, 10]), 10, 4, lr=0.4).round(3).tolist()
        [0.1, 0.2, 0.3, 0.4, 0.2, 0.0]

    Source: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017 (the warmup). Explained in question 51.
    """
    t = steps(step)
    check_counts(total_steps=total_steps)
    check_part("warmup_steps", warmup_steps, total_steps)
    check_rates(lr=lr, min_lr=min_lr)
    share = np.where(t < total_steps, (t - warmup_steps) / max(total_steps - warmup_steps, 1), 1)
    return rates(np.where(t < warmup_steps, lr * warmup(t, warmup_steps), along_cosine(lr, min_lr, share)))


def warmup_stable_decay(
    step: Any, total_steps: int, warmup_steps: int, decay_steps: int, lr: float = 1.0, min_lr: float = 0.0
) -> Any:
    """Up a straight line, level, then down a straight line in the last `decay_steps` to `min_lr` at `total_steps`, where it stays.

    Args:
        step: Steps from 0, an integer or an array of integers.
        total_steps: Steps of the whole run, at least 1.
        warmup_steps: Steps of the warmup, from 0; the first update has the rate `lr / warmup_steps`.
        decay_steps: Steps of the decay, from 0; with the warmup at most `total_steps`.
        lr: Learning rate on the level.
        min_lr: Learning rate at the end, at most `lr`.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> warmup_stable_decay(np.arange(9), 8, 2, 4).tolist()
        [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]

    Source: Hägele et al., Scaling laws and compute-optimal training beyond fixed training durations, 2024. Explained in question 50.
    """
    t = steps(step)
    check_counts(total_steps=total_steps)
    check_part("warmup_steps", warmup_steps, total_steps)
    check_part("decay_steps", decay_steps, total_steps - warmup_steps)
    check_rates(lr=lr, min_lr=min_lr)
    left = np.clip((total_steps - t) / max(decay_steps, 1), 0, 1)
    return rates(np.where(t < warmup_steps, lr * warmup(t, warmup_steps), min_lr + (lr - min_lr) * left))


def inverse_sqrt(step: Any, warmup_steps: int, lr: float = 1.0) -> Any:
    """Up a straight line in `warmup_steps`, then down as one over the square root of the step: no end has to be known.

    Counting steps from 1, `t = step + 1`, the rate is `lr * min(t / warmup_steps, sqrt(warmup_steps / t))`. The Transformer's rule
    for width d is this with `lr = (d * warmup_steps) ** -0.5`.

    Args:
        step: Steps from 0, an integer or an array of integers.
        warmup_steps: Steps of the warmup, at least 1.
        lr: The highest learning rate, which the last step of the warmup has.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> inverse_sqrt(np.array([0, 3, 15, 63]), 4).tolist()
        [0.25, 1.0, 0.5, 0.25]

    Paper: Vaswani et al., Attention is all you need, 2017, section 5.3. Explained in question 51.
    """
    t = steps(step) + 1
    check_counts(warmup_steps=warmup_steps)
    check_rates(lr=lr)
    return rates(lr * np.minimum(t / warmup_steps, np.sqrt(warmup_steps / t)))


def cosine_restarts(step: Any, t_0: int, t_mult: int = 1, lr: float = 1.0, min_lr: float = 0.0) -> Any:
    """Down a cosine from `lr` to nearly `min_lr`, over and over, as PyTorch's CosineAnnealingWarmRestarts.

    Args:
        step: Steps from 0, an integer or an array of integers.
        t_0: Steps of the first cycle, at least 1.
        t_mult: How many times longer each cycle is than the one before, a whole number of at least 1.
        lr: Learning rate at the start of each cycle.
        min_lr: Learning rate that the next step of a cycle would reach, at most `lr`.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range.
        TypeError: A step is not an integer.

    Example:
        >>> cosine_restarts(np.arange(7), 2, t_mult=2).round(3).tolist()
        [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]

    Paper: Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017. Explained in question 53.
    """
    t = steps(step)
    check_counts(t_0=t_0, t_mult=t_mult)
    check_rates(lr=lr, min_lr=min_lr)
    starts, length = [0], t_0
    while starts[-1] + length <= t.max(initial=0) and t_mult > 1:
        starts.append(starts[-1] + length)
        length *= t_mult
    cycle = np.searchsorted(starts, t, side="right") - 1
    share = (t - np.array(starts)[cycle]) / (t_0 * t_mult**cycle)
    return rates(along_cosine(lr, min_lr, share % 1))


def cyclical(
    step: Any, base_lr: float, max_lr: float, step_size_up: int = 2000, step_size_down: int | None = None,
    mode: str = "triangular", gamma: float = 1.0,
) -> Any:  # fmt: skip
    """Up and down straight lines between two rates, over and over, as PyTorch's CyclicLR.

    Args:
        step: Steps from 0, an integer or an array of integers.
        base_lr: The lower rate, at which each cycle starts.
        max_lr: The upper rate, at least `base_lr`.
        step_size_up: Steps of the way up, at least 1.
        step_size_down: Steps of the way down; as many by default.
        mode: "triangular" keeps the height, "triangular2" halves it after each cycle, "exp_range" multiplies it by `gamma` at each
            step.
        gamma: For "exp_range", above 0.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range, or the mode is unknown.
        TypeError: A step is not an integer.

    Example:
        >>> cyclical(np.array([0, 50, 100, 150, 200]), 0.001, 0.009, step_size_up=100).round(4).tolist()
        [0.001, 0.005, 0.009, 0.005, 0.001]

    Paper: Smith, Cyclical learning rates for training neural networks, 2017. Explained in question 53.
    """
    t = steps(step)
    up, down = step_size_up, step_size_up if step_size_down is None else step_size_down
    check_counts(step_size_up=up, step_size_down=down)
    check_rates(max_lr=max_lr, base_lr=base_lr)
    check_gamma(gamma)
    cycle, place = np.divmod(t, up + down)
    height = np.where(place <= up, place / up, (up + down - place) / down)
    if mode == "triangular2":
        height *= 0.5**cycle
    elif mode == "exp_range":
        height *= gamma**t
    elif mode != "triangular":
        raise ValueError(f"mode must be 'triangular', 'triangular2' or 'exp_range', got {mode!r}")
    return rates(base_lr + (max_lr - base_lr) * height)


def one_cycle(
    step: Any, max_lr: float, total_steps: int, pct_start: float = 0.3, anneal_strategy: str = "cos",
    div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
) -> Any:  # fmt: skip
    """Once up from `max_lr / div_factor`, and down to far below it, as PyTorch's OneCycleLR.

    The last step is `total_steps - 1`; past it the rate stays. (PyTorch goes one step on and refuses the next.)

    Args:
        step: Steps from 0, an integer or an array of integers.
        max_lr: The highest rate.
        total_steps: Steps of the whole run, at least 1.
        pct_start: Share of the steps that the way up takes, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        div_factor: The first rate is `max_lr` divided by this.
        final_div_factor: The last rate is the first divided by this.
        three_phase: Whether to go down as fast as up to the first rate, and only then to the last.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range, or the strategy is unknown.
        TypeError: A step is not an integer.

    Example:
        >>> one_cycle(np.array([0, 29, 99]), 1.0, 100).round(6).tolist()
        [0.04, 1.0, 4e-06]

    Paper: Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2018. Explained in
    question 53.
    """
    check_rates(max_lr=max_lr)
    if not (0 < div_factor < math.inf and 0 < final_div_factor < math.inf):
        raise ValueError(f"div_factor and final_div_factor must be above 0, got {div_factor!r} and {final_div_factor!r}")
    first = max_lr / div_factor
    last = first / final_div_factor
    levels = [first, max_lr, first, last] if three_phase else [first, max_lr, last]
    return along_cycle(step, levels, total_steps, pct_start, anneal_strategy)


def one_cycle_momentum(
    step: Any, total_steps: int, pct_start: float = 0.3, anneal_strategy: str = "cos",
    base_momentum: float = 0.85, max_momentum: float = 0.95, three_phase: bool = False,
) -> Any:  # fmt: skip
    """The momentum that PyTorch's OneCycleLR sets beside the rate: low where the rate is high.

    Args:
        step: Steps from 0, an integer or an array of integers.
        total_steps: Steps of the whole run, at least 1.
        pct_start: Share of the steps that the way to `base_momentum` takes, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        base_momentum: The momentum at the highest rate.
        max_momentum: The momentum at both ends, at least `base_momentum`.
        three_phase: As for `one_cycle`.

    Returns:
        A float, or a float64 array of the shape of `step`.

    Raises:
        ValueError: A number is out of range, or the strategy is unknown.
        TypeError: A step is not an integer.

    Example:
        >>> one_cycle_momentum(np.array([0, 29, 99]), 100).tolist()
        [0.95, 0.85, 0.95]

    Paper: Smith, A disciplined approach to neural network hyper-parameters: part 1, 2018. Explained in question 53.
    """
    check_rates(max_momentum=max_momentum, base_momentum=base_momentum)
    levels = [max_momentum, base_momentum, max_momentum] + [max_momentum] * three_phase
    return along_cycle(step, levels, total_steps, pct_start, anneal_strategy)


# ---- the range test ----


@dataclasses.dataclass(frozen=True)
class RangeTest:
    """What `lr_range_test` saw while the rate rose, and what to read off it.

    Attributes:
        lrs: Rates (n,), rising, one for each update whose loss is known.
        losses: Loss (n,) of the batch before the update with that rate.
        smoothed: Moving average (n,) of the losses, corrected for its start.
        suggestion: The rate at which the smoothed loss falls most steeply, per factor of the rate, once the average has filled.
        lowest: The rate at which the smoothed loss is lowest.
        diverged: The rate at which the test stopped because the loss blew up; None if it never did.

    Example:
        >>> seen = RangeTest(np.array([0.1, 1.0]), np.array([2.0, 1.0]), np.array([2.0, 1.5]), 0.1, 1.0, None)
        >>> seen.suggestion
        0.1

    Explained in question 53.
    """

    lrs: Array
    losses: Array
    smoothed: Array
    suggestion: float
    lowest: float
    diverged: float | None


def lr_range_test(
    model: Any, train: tuple[Any, ...], *, loss: Callable[..., Any], optimizer: Any, batch_size: int,
    rng: np.random.Generator, min_lr: float = 1e-5, max_lr: float = 10.0, num_steps: int = 100,
    smoothing: float = 0.9, diverge_factor: float = 4.0,
) -> RangeTest:  # fmt: skip
    """Train with a rate that grows from step to step until the loss blows up, and look where it fell.

    The rate grows by the same factor at each step. Afterwards parameters, buffers, gradients, the optimizer's state and settings and
    the model's mode are what they were, also after an error. The suggestion is an order of magnitude, not an optimum.

    Args:
        model: Called as `model(*inputs)`.
        train: Arrays (inputs..., targets) with the N examples along the first axis; gone through again if need be.
        loss: Called as `loss(output, targets)`; returns the mean over the batch, a tensor with one element.
        optimizer: Of the class and settings to be used later; all its groups get the rate.
        batch_size: Examples a batch.
        rng: Source of the order of the examples.
        min_lr: The first rate, above 0.
        max_lr: The last rate, above `min_lr`.
        num_steps: Updates from the first rate to the last, at least 2.
        smoothing: Share of the moving average that stays from step to step, in [0, 1).
        diverge_factor: The test stops when the smoothed loss exceeds its lowest value this many times, above 1.

    Returns:
        A `RangeTest`.

    Raises:
        ValueError: A number is out of range, before anything is changed.
        FloatingPointError: The loss is not finite at the first rates already.

    Example:
        >>> from dlprimer import Parameter, SGD
        >>> w = Parameter([0.0])
        >>> X, y = np.array([[1.0], [2.0], [3.0]], np.float32), np.array([3.0, 3.0, 7.0], np.float32)
        >>> seen = lr_range_test(lambda x: x @ w, (X, y), loss=lambda output, y: ((output - y) ** 2).mean(),
        ...                      optimizer=SGD([w], lr=0.5), batch_size=2, rng=np.random.default_rng(0))
        >>> 0.001 < seen.suggestion < 0.25 < seen.diverged < 3, w.data.tolist()
        (True, [0.0])

    Paper: Smith, Cyclical learning rates for training neural networks, 2017, section 3.3. Explained in question 53.
    """
    check_range_test(min_lr, max_lr, num_steps, smoothing, diverge_factor)
    lrs = min_lr * (max_lr / min_lr) ** (np.arange(num_steps) / (num_steps - 1))
    losses: list[float] = []
    smoothed: list[float] = []
    average, diverged = 0.0, None
    order = endless(train, batch_size, rng)
    restore = remember(model, optimizer)
    try:
        for lr, (*inputs, targets) in zip(lrs.tolist(), order, strict=False):
            optimizer.zero_grad()
            error = loss(model(*inputs), targets)
            value = float(error.item())
            average = smoothing * average + (1 - smoothing) * value
            corrected = average / (1 - smoothing ** (len(losses) + 1))
            lowest = min(smoothed, default=math.inf)
            if not math.isfinite(value) or corrected > lowest + (diverge_factor - 1) * abs(lowest):
                diverged = lr
                break
            losses.append(value)
            smoothed.append(corrected)
            error.backward()
            for group in optimizer.param_groups:
                group["lr"] = lr
            optimizer.step()
    finally:
        restore()
    if len(losses) < 2:
        raise FloatingPointError(f"the loss blows up or is not finite at the rate {diverged:.3g} already: lower min_lr")
    end = int(np.argmin(smoothed))
    start = min(end, int(1 / (1 - smoothing)))  # before, the average rests on few losses, and its slope is noise
    steepest = start + int(np.argmin(np.gradient(smoothed)[start : end + 1]))
    return RangeTest(
        lrs[: len(losses)], np.array(losses), np.array(smoothed), float(lrs[steepest]), float(lrs[end]), diverged
    )


def endless(train: tuple[Any, ...], batch_size: int, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Batches of one epoch after the other; bad data are refused at the call."""
    first = batches(*train, batch_size=batch_size, rng=rng)

    def run() -> Iterator[tuple[Any, ...]]:
        yield from first
        while True:
            yield from batches(*train, batch_size=batch_size, rng=rng)

    return run()


def remember(model: Any, optimizer: Any) -> Callable[[], None]:
    """Note model and optimizer as they are, and switch to training; what is returned brings everything back."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    arrays = [(p, p.data.copy(), p.grad) for p in parameters]
    settings = optimizer.state_dict()
    state = model.state_dict() if hasattr(model, "state_dict") else None
    modes = [(module, module.training) for module in model.modules()] if hasattr(model, "modules") else []
    for module, _ in modes:
        module.training = True

    def restore() -> None:
        for p, array, grad in arrays:
            p.data[...] = array
            p.grad = grad
        if state is not None:
            model.load_state_dict(state)
        for module, mode in modes:
            module.training = mode
        optimizer.load_state_dict(settings)

    return restore


# ---- shared parts ----


def along_cosine(start: float, end: float, share: Any) -> Any:
    """From start to end on half a period of a cosine, at a share of the way."""
    return end + (start - end) * (1 + np.cos(np.pi * share)) / 2


def along_cycle(step: Any, levels: list[float], total_steps: int, pct_start: float, anneal_strategy: str) -> Any:
    """From level to level: the first two phases take `pct_start` of the steps each (one of them, if there are two), the last the rest."""
    t = steps(step)
    check_counts(total_steps=total_steps)
    if not 0 <= pct_start <= 1:
        raise ValueError(f"pct_start must be from 0 to 1, got {pct_start!r}")
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError(f"anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
    t = np.minimum(t, total_steps - 1)
    ends = [k * (pct_start * total_steps - 1) for k in range(1, len(levels) - 1)] + [total_steps - 1]
    values = np.full(t.shape, np.nan)
    for start, end, a, b in zip([0.0, *ends], ends, levels, levels[1:], strict=False):
        share = (t - start) / (end - start) if end != start else np.ones(t.shape)
        reached = along_cosine(a, b, share) if anneal_strategy == "cos" else a + (b - a) * share
        values = np.where(np.isnan(values) & ((t <= end) | (end is ends[-1])), reached, values)
    return rates(values)


def warmup(t: Array, warmup_steps: int) -> Any:
    """The share of the full rate during a linear warmup: above 0 at step 0, 1 at its last step."""
    return (t + 1) / max(warmup_steps, 1)


def steps(step: Any) -> Array:
    """Steps as an array of integers from 0."""
    t = np.asarray(step)
    if t.dtype.kind not in "iu":
        raise TypeError(f"step must be an integer or an array of integers, got {type(step).__name__} of dtype {t.dtype}")
    if t.size and t.min() < 0:
        raise ValueError(f"step must be at least 0, got {t.min()}")
    return t.astype(np.int64)


def rates(values: Any) -> Any:
    """A float for one step, an array for several."""
    return float(values) if np.ndim(values) == 0 else values


def check_counts(**counts: Any) -> None:
    """Refuse what is not a whole number of at least 1."""
    for name, value in counts.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


def check_part(name: str, value: Any, most: int) -> None:
    """Refuse what is not a whole number from 0 to `most`."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a whole number from 0 to the {most} steps that are left for it, got {value!r}")


def check_rates(**values: Any) -> None:
    """Refuse rates that are negative or not finite, and a second one above the first."""
    for name, value in values.items():
        if not isinstance(value, (int, float, np.integer, np.floating)) or not 0 <= value < math.inf:
            raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}")
    names = list(values)
    if len(names) == 2 and values[names[1]] > values[names[0]]:
        raise ValueError(f"{names[1]} must be at most {names[0]}, got {values[names[1]]!r} and {values[names[0]]!r}")


def check_gamma(gamma: Any) -> None:
    """Refuse a factor that is not a positive number."""
    if not isinstance(gamma, (int, float, np.integer, np.floating)) or not 0 < gamma < math.inf:
        raise ValueError(f"gamma must be a finite number above 0, got {gamma!r}")


def check_range_test(min_lr: float, max_lr: float, num_steps: Any, smoothing: float, diverge_factor: float) -> None:
    """Refuse settings of the range test that are out of range."""
    check_rates(max_lr=max_lr, min_lr=min_lr)
    if min_lr == 0 or min_lr == max_lr:
        raise ValueError(f"min_lr must be above 0 and below max_lr, got {min_lr!r} and {max_lr!r}")
    check_counts(num_steps=num_steps)
    if num_steps < 2:
        raise ValueError(f"num_steps must be at least 2, got {num_steps}")
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be in [0, 1), got {smoothing!r}")
    if not 1 < diverge_factor:
        raise ValueError(f"diverge_factor must be above 1, got {diverge_factor!r}")
