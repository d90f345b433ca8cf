"""Optimizers: what to do with a gradient. Each `update` is the method itself, for one parameter, in place."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from ..autograd import Tensor
from .bundle import Bundle

SMALL = 2**14
"""Parameters of up to this size are updated together: for them the calls cost more than the arithmetic."""


class Optimizer:
    """What all optimizers share: parameters in groups with their settings, and a state for each parameter.

    A subclass hands its settings to `__init__` and writes `update`, which changes the parameter's array `w` in place.

    Attributes:
        param_groups: List of dicts: "params" (a list of tensors) and the settings, which may be changed between steps.
        state: For each parameter, by its place, what the method remembers about it.
    """

    def __init__(self, params: Iterable[Any], **settings: Any) -> None:
        if isinstance(params, Tensor):
            raise TypeError(f"{type(self).__name__}: params must be a list of tensors, or of dicts, got one tensor")
        given = list(params)
        if not given:
            raise ValueError(f"{type(self).__name__}: params is empty (an iterator such as model.parameters() can be used once)")
        self.defaults = settings
        self.param_groups: list[dict[str, Any]] = []
        self._states: list[dict[str, Any]] = []
        self._bundles: list[tuple[dict[str, Any], list[Bundle]]] = []
        self._bundled_for: list[Any] = []
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Let the optimizer update further parameters, such as those of layers that are no longer frozen.

        Args:
            group: "params" (tensors) and settings that differ from those the optimizer was made with.

        Raises:
            ValueError: For unknown settings, settings out of range, parameters that are listed already or are results, and an
                iterator that has no parameters left.
            TypeError: For parameters that are not tensors.
        """
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError('params: either tensors or dicts with an entry "params", not both')
        if isinstance(group["params"], (set, frozenset)):
            raise TypeError(f"{type(self).__name__}: params must have an order, got a set")
        tensors = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        if not tensors and not isinstance(group["params"], (list, tuple)):
            raise ValueError(f"{type(self).__name__}: params is empty (an iterator such as model.parameters() can be used once)")
        if unknown := group.keys() - self.defaults.keys() - {"params"}:
            raise ValueError(f"{type(self).__name__}: unknown settings in a parameter group: {', '.join(sorted(unknown))}")
        for i, p in enumerate(tensors):
            if not isinstance(p, Tensor):
                raise TypeError(f"{type(self).__name__}: params must be tensors, got {type(p).__name__} at place {i}")
            if p._node is not None:
                raise ValueError(f"{type(self).__name__}: the tensor at place {i} is a result of {p._node.name}, not a parameter")
        parameters = [*self._parameters(), *tensors]
        if len({id(p) for p in parameters}) < len(parameters):
            raise ValueError(f"{type(self).__name__}: a parameter is listed twice and would be updated twice")
        complete = {**self.defaults, **group, "params": tensors}
        self.check(complete)
        self._states = [*self.state, *({} for _ in tensors)]
        self.param_groups.append(complete)

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse settings out of range; called for each group before anything is set up."""
        for name in ("lr", "weight_decay", "momentum", "eps", "lr_decay", "initial_accumulator_value"):
            if name in group and not (isinstance(group[name], (int, float, np.number)) and 0 <= group[name] < math.inf):
                raise ValueError(f"{type(self).__name__}: {name} must be a number of at least 0, got {group[name]!r}")
        if len(group.get("betas", (0, 0))) != 2:
            raise ValueError(f"{type(self).__name__}: betas must be two numbers, got {group['betas']!r}")
        for i, beta in enumerate(group.get("betas", ())):
            if not 0 <= beta < 1:
                raise ValueError(f"{type(self).__name__}: betas[{i}] must be in [0, 1), got {beta!r}")

    update: Callable[..., None]
    """`update(w, g, state, **settings)` changes the parameter's array `w` in place, given its gradient `g`."""

    def step(self) -> None:
        """Update every parameter that has a gradient.

        Raises:
            ValueError: If a gradient has another shape than its parameter, or a parameter another than at the step before. Then nothing
                has been changed.
        """
        present: list[Any] = []
        for i, p in enumerate(self._parameters()):
            g, shape = p.grad, p.data.shape
            if g is not None and g.shape != shape:
                raise ValueError(
                    f"{type(self).__name__}: the gradient of the parameter at place {i} has shape {g.shape}, the parameter {shape}"
                )
            present.append(None if g is None else (shape, p.data.dtype))
        if present != self._bundled_for:
            self._bundle()
            self._bundled_for = present
        for group, bundles in self._bundles:
            settings = dict(group)
            del settings["params"]
            maximize = settings.pop("maximize", False)
            for bundle in bundles:
                bundle.step(self.update, settings, maximize)

    @property
    def state(self) -> list[dict[str, Any]]:
        """For each parameter, in order, what the method remembers about it."""
        for _, bundles in self._bundles:
            for bundle in bundles:
                for i, state in zip(bundle.places, bundle.states(), strict=True):
                    self._states[i] = state
        return self._states

    def _bundle(self) -> None:
        """Put small parameters that have a gradient, and have had as many updates, into one array each."""
        states, place = self.state, 0
        for i, (p, state) in enumerate(zip(self._parameters(), states, strict=True)):
            for name, value in state.items():
                if isinstance(value, np.ndarray) and value.shape != p.shape:
                    raise ValueError(
                        f"{type(self).__name__}: the parameter at place {i} has shape {p.shape} now, but {name} of its steps so far is of "
                        f"shape {value.shape}; make a new optimizer"
                    )
        self._bundles, self._bundled_for = [], []
        for group in self.param_groups:
            together: dict[Any, list[int]] = {}
            for i, p in enumerate(group["params"], place):
                if p.grad is not None:
                    # Arrays can be joined if they mean the same and as many updates went into them.
                    alike = tuple((k, None if isinstance(v, np.ndarray) else v) for k, v in states[i].items())
                    together.setdefault((p.dtype, alike) if p.size <= SMALL else i, []).append(i)
            parameters = dict(enumerate(group["params"], place))
            bundles = [Bundle(at, [parameters[i] for i in at], [states[i] for i in at]) for at in together.values()]
            self._bundles.append((group, bundles))
            place += len(parameters)

    def __getstate__(self) -> dict[str, Any]:
        """For copies: their arrays are no longer pieces of one, so the next step bundles them anew."""
        return vars(self) | {"_states": self.state, "_bundles": [], "_bundled_for": []}

    def zero_grad(self) -> None:
        """Forget all gradients, so that the next backward() starts from none."""
        for p in self._parameters():
            p.grad = None

    def state_dict(self) -> dict[str, Any]:
        """A copy of the settings of each group and of the state of each parameter, in order."""
        groups = [{name: value for name, value in group.items() if name != "params"} for group in self.param_groups]
        sizes = [len(group["params"]) for group in self.param_groups]
        return copy.deepcopy({"groups": groups, "sizes": sizes, "state": self.state})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict()`.

        Raises:
            ValueError: If it belongs to other parameters or settings. Then nothing has been changed.
        """
        missing = {"groups", "sizes", "state"} - state_dict.keys()
        if missing:
            raise ValueError(f"{type(self).__name__}: state_dict lacks {', '.join(sorted(missing))}")
        sizes = [len(group["params"]) for group in self.param_groups]
        if list(state_dict["sizes"]) != sizes:
            raise ValueError(f"{type(self).__name__}: state_dict is for groups of {state_dict['sizes']} parameters, here are {sizes}")
        for i, (own, new) in enumerate(zip(self.param_groups, state_dict["groups"], strict=True)):
            if own.keys() - {"params"} != new.keys():
                raise ValueError(f"{type(self).__name__}: group {i} of state_dict has the settings {', '.join(new)}")
            self.check(new)
        for i, (p, state) in enumerate(zip(self._parameters(), state_dict["state"], strict=True)):
            for name, value in state.items():
                if isinstance(value, np.ndarray) and value.shape != p.shape:
                    raise ValueError(f"{type(self).__name__}: {name} of parameter {i} has shape {value.shape}, expected {p.shape}")
        for own, new in zip(self.param_groups, state_dict["groups"], strict=True):
            own.update(new)
        self._bundles, self._bundled_for = [], []
        self._states = copy.deepcopy(list(state_dict["state"]))

    def __repr__(self) -> str:
        settings = [", ".join(f"{k}={v}" for k, v in group.items() if k != "params") for group in self.param_groups]
        return f"{type(self).__name__}({'; '.join(settings)})"


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum or Nesterov momentum if asked for.

    Plain: `w -= lr * g`. With momentum the step is along the velocity `v = momentum * v + (1 - dampening) * g`, which starts as the
    first gradient; with Nesterov momentum along `g + momentum * v`.

    Args:
        params: Tensors, or dicts with "params" and settings of their own.
        lr: Learning rate, at least 0.
        momentum: Share of the velocity that stays from step to step, at least 0.
        dampening: Share of the gradient that does not enter the velocity.
        weight_decay: Adds weight_decay * w to the gradient (an L2 penalty).
        nesterov: Nesterov momentum; needs momentum above 0 and no dampening.
        maximize: Climb instead of descending.

    Raises:
        ValueError: For settings out of range, no parameters, or one that is listed twice.
        TypeError: For parameters that are not tensors.

    Example:
        >>> w = Tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
        >>> for _ in range(2):
        ...     optimizer.zero_grad()
        ...     (w * w).sum().backward()
        ...     optimizer.step()
        >>> w.data.round(4).tolist()
        [0.46000000834465027]

    Papers: Robbins and Monro, 1951; Polyak, 1964; Nesterov, 1983; Sutskever et al., 2013. Explained in question 33.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov, maximize=maximize
        )

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov needs momentum above 0 and dampening 0")

    def update(
        self, w: np.ndarray, g: np.ndarray, state: dict[str, Any],
        lr: float, momentum: float, dampening: float, weight_decay: float, nesterov: bool,
    ) -> None:  # fmt: skip
        if weight_decay:
            g = g + weight_decay * w
        if momentum:
            if "v" not in state:
                state["v"] = v = g.copy()
            else:
                v = state["v"]
                v *= momentum
                v += (1 - dampening) * g if dampening else g
            g = g + momentum * v if nesterov else v
        w -= lr * g


class RMSprop(Optimizer):
    """Gradient descent with each coordinate divided by a running root mean square of its gradient.

    Args:
        params: Tensors, or dicts with "params" and settings of their own.
        lr: Learning rate.
        alpha: Share of the mean square that stays from step to step, in [0, 1].
        eps: Added to the root.
        weight_decay: Adds weight_decay * w to the gradient.
        momentum: Momentum on the scaled gradient.
        centered: Divide by the running standard deviation instead.
        maximize: Climb instead of descending.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> w = Tensor([1.0, 100.0], requires_grad=True)
        >>> optimizer = RMSprop([w], lr=0.01)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> (1 - w.data[0]).round(3).item(), (100 - w.data[1]).round(3).item()
        (0.10000000149011612, 0.10000000149011612)

    Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012. Explained in question 34.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered, maximize=maximize
        )

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        if not 0 <= group["alpha"] <= 1:
            raise ValueError(f"RMSprop: alpha must be in [0, 1], got {group['alpha']!r}")

    def update(
        self, w: np.ndarray, g: np.ndarray, state: dict[str, Any],
        lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, centered: bool,
    ) -> None:  # fmt: skip
        if not state:
            state.update(s=np.zeros_like(w), mean=np.zeros_like(w), v=np.zeros_like(w))
        if weight_decay:
            g = g + weight_decay * w
        s, mean, v = state["s"], state["mean"], state["v"]
        work = g * g
        work *= 1 - alpha
        s *= alpha
        s += work
        if centered:
            mean *= alpha
            mean += (1 - alpha) * g
            np.maximum(s - mean * mean, 0, out=work)  # rounding must not make a variance negative
            np.sqrt(work, out=work)
        else:
            np.sqrt(s, out=work)
        work += eps
        np.divide(g, work, out=work)
        if momentum:
            v *= momentum
            v += work
            np.multiply(v, lr, out=work)
        else:
            work *= lr
        w -= work


class Adagrad(Optimizer):
    """Gradient descent with each coordinate divided by the root of the sum of its squared gradients so far.

    Args:
        params: Tensors, or dicts with "params" and settings of their own.
        lr: Learning rate.
        lr_decay: Divides the learning rate by 1 + (t - 1) lr_decay.
        weight_decay: Adds weight_decay * w to the gradient.
        initial_accumulator_value: What the sum starts from.
        eps: Added to the root.
        maximize: Climb instead of descending.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> w = Tensor([1.0], requires_grad=True)
        >>> optimizer = Adagrad([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.9

    Paper: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning, 2011. Explained in question 34.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0, eps: float = 1e-10, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps, maximize=maximize,
        )  # fmt: skip

    def update(
        self, w: np.ndarray, g: np.ndarray, state: dict[str, Any],
        lr: float, lr_decay: float, weight_decay: float, initial_accumulator_value: float, eps: float,
    ) -> None:  # fmt: skip
        if not state:
            state.update(t=0, s=np.full_like(w, initial_accumulator_value))
        if weight_decay:
            g = g + weight_decay * w
        state["t"] += 1
        s = state["s"]
        work = g * g
        s += work
        np.sqrt(s, out=work)
        work += eps
        np.divide(g, work, out=work)
        work *= lr / (1 + (state["t"] - 1) * lr_decay)
        w -= work


class Adam(Optimizer):
    """Momentum divided by a running root mean square of the gradient, both corrected for having started at zero.

    Args:
        params: Tensors, or dicts with "params" and settings of their own.
        lr: Learning rate: about how far a coordinate moves in a step.
        betas: Shares of the running mean and mean square that stay from step to step, in [0, 1).
        eps: Added to the root; where gradients are smaller, steps are too.
        weight_decay: Adds weight_decay * w to the gradient (an L2 penalty; for decoupled decay see AdamW).
        amsgrad: Divide by the largest mean square so far.
        maximize: Climb instead of descending.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> w = Tensor([1.0, 100.0], requires_grad=True)
        >>> optimizer = Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data.round(3).tolist()
        [0.8999999761581421, 99.9000015258789]

    Papers: Kingma and Ba, Adam, 2015; Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018. Explained in question 34.
    """

    decoupled: ClassVar[bool] = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize)

    def update(
        self, w: np.ndarray, g: np.ndarray, state: dict[str, Any],
        lr: float, betas: tuple[float, float], eps: float, weight_decay: float, amsgrad: bool,
    ) -> None:  # fmt: skip
        if not state:
            state.update(t=0, m=np.zeros_like(w), s=np.zeros_like(w))
            if amsgrad:
                state["largest"] = np.zeros_like(w)
        if weight_decay and self.decoupled:
            w *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * w
        beta1, beta2 = betas
        state["t"] = t = state["t"] + 1
        m, s = state["m"], state["s"]  # sums that fade; over the sums of their weights they are the corrected means
        m *= beta1
        m += g
        work = g * g  # one array for all that follows: a fresh one costs more than the arithmetic
        s *= beta2
        s += work
        if amsgrad:
            s = np.maximum(state["largest"], s, out=state["largest"])
        weights, root = (1 - beta1**t) / (1 - beta1), math.sqrt((1 - beta2**t) / (1 - beta2))
        np.sqrt(s, out=work)
        work += eps * root
        np.divide(m, work, out=work)
        work *= lr * root / weights
        w -= work


class AdamW(Adam):
    """Adam with the weight decay decoupled from the gradient: weights shrink by lr * weight_decay a step, whatever their gradients.

    Args:
        params: Tensors, or dicts with "params" and settings of their own.
        lr: Learning rate.
        betas: Shares of the running mean and mean square that stay from step to step, in [0, 1).
        eps: Added to the root.
        weight_decay: How fast weights shrink, at least 0.
        amsgrad: Divide by the largest mean square so far.
        maximize: Climb instead of descending.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> w = Tensor([1.0], requires_grad=True)
        >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (0 * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.95

    Paper: Loshchilov and Hutter, Decoupled weight decay regularization, 2019. Explained in question 35.
    """

    decoupled: ClassVar[bool] = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class Lion(Optimizer):
    """Steps of equal size in every coordinate, in the sign of a mix of momentum and gradient.

    Args:
        params: Tensors, or dicts with "params" and settings of their own.
        lr: Learning rate: exactly how far a coordinate moves in a step.
        betas: Weight of the momentum in the mix, and the share of it that stays from step to step, in [0, 1).
        weight_decay: Decoupled weight decay.
        maximize: Climb instead of descending.

    Raises:
        ValueError: For settings out of range.

    Example:
        >>> w = Tensor([1.0, 100.0], requires_grad=True)
        >>> optimizer = Lion([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data.tolist()
        [0.5, 99.5]

    Paper: Chen et al., Symbolic discovery of optimization algorithms, 2023. Explained in question 34.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0,
        *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay, maximize=maximize)

    def update(
        self, w: np.ndarray, g: np.ndarray, state: dict[str, Any],
        lr: float, betas: tuple[float, float], weight_decay: float,
    ) -> None:  # fmt: skip
        if not state:
            state["m"] = np.zeros_like(w)
        m = state["m"]
        beta1, beta2 = betas
        direction = (1 - beta1) * g
        direction += beta1 * m
        np.sign(direction, out=direction)
        direction *= lr
        w *= 1 - lr * weight_decay
        w -= direction
        m *= beta2
        m += (1 - beta2) * g
