"""Automatic differentiation: tensors that remember how they were computed, and the walk back that turns this into gradients.

Read it from top to bottom. `Node` is one step of the computation and `Tensor` an array that knows the step it came from; together they
are the tape. `Tensor.backward` walks the tape from the result to the inputs: backpropagation. `differentiable` makes a step of any
function that can say how a gradient travels back through it. The last part checks such a function against finite differences.
The gradients of NumPy's own functions stand in `numpy_rules`.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy import ndarray

Array: TypeAlias = Any
"""An ndarray, or a Tensor where a gradient is wanted."""
Gradient: TypeAlias = Any
"""The gradient of one argument: an ndarray, None, or a function without arguments that computes it when it is needed."""
WithGradient: TypeAlias = tuple[Any, Callable[[Any], Any] | None]
"""What a function under `differentiable` returns: its output, and the function from the output's gradient to its arguments'."""

RULES: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy function -> the same function for tensors. `numpy_rules` fills it once, on import."""

_recording: ContextVar[bool] = ContextVar("recording", default=True)
_numbers = itertools.count()
_by_number = operator.attrgetter("number")


class Node:
    """One step of a computation: the tensors that went in, and how a gradient of what came out becomes a gradient of each.

    Steps are numbered as they are recorded, so each has a higher number than all it builds on. Going through them from the highest
    number down meets every step after all the steps that used its output, when its gradient is complete. Another order would send on
    half of a gradient: that is why backpropagation needs an order at all.
    """

    __slots__ = ("gradients", "name", "number", "outputs", "parents", "vjp")

    def __init__(
        self, name: str, parents: Sequence[Tensor | None], vjp: Callable[[Any], Any], outputs: tuple[np.ndarray, ...] | None
    ) -> None:
        self.name = name
        self.parents = parents
        self.vjp: Callable[[Any], Any] | None = vjp
        self.outputs = None if outputs is None else [(np.shape(y), y.dtype) for y in outputs]
        self.number = next(_numbers)
        self.gradients: dict[int, np.ndarray]  # of the outputs, by their place; from backward() only

    def history(self) -> list[Node]:
        """This step and all it builds on, latest first. A loop, not a recursion: a tape may be 10,000 steps long."""
        steps, found = [self], {self}
        for node in steps:
            if node.vjp is None:
                raise RuntimeError(
                    f"backward() a second time through {node.name}: its saved values were freed by the first. Compute the result again, "
                    "or add up the losses and call backward() once."
                )
            for parent in node.parents:
                if parent is not None and (earlier := parent._node) is not None and earlier not in found:
                    found.add(earlier)
                    steps.append(earlier)  # and the loop comes to it
        steps.sort(key=_by_number, reverse=True)
        return steps

    def pull_back(self) -> None:
        """Hand the gradient of what came out on to what went in."""
        assert self.vjp is not None
        gradients = self.gradients
        if self.outputs is None:
            g: Any = gradients[0]
            in_use = [g]
        else:  # an output that nothing depends on has gradient zero
            g = tuple(gradients.get(i, np.zeros(*like)) for i, like in enumerate(self.outputs))
            in_use = [*g]
        entries = self.vjp(g)
        if type(entries) is not tuple:
            entries = (entries,)
        for parent, entry in zip(self.parents, entries):  # noqa: B905 (trailing gradients may be left out)
            if parent is None:
                continue
            if type(entry) is not ndarray:
                if callable(entry):
                    entry = entry()
                if entry is None:
                    continue
            x = parent.data
            if type(entry) is not ndarray or entry.shape != x.shape or entry.dtype is not x.dtype:
                entry = self._fitted(entry, parent)
            if parent._node is None and parent.grad is None and entry.base is None:  # the first gradient of a leaf, and no view
                for other in in_use:
                    if other is entry:
                        parent._receive(entry)
                        break
                else:
                    parent.grad = entry  # not copied, because nobody else has this array
            else:
                parent._receive(entry)
            in_use.append(entry)

    def _fitted(self, entry: Any, parent: Tensor) -> np.ndarray:
        """A gradient in the shape and dtype of the input it belongs to."""
        x = parent.data
        fitted = unbroadcast(np.asarray(entry), x.shape).astype(x.dtype, copy=False)
        if fitted.shape != x.shape:
            position = " or ".join(str(i) for i, other in enumerate(self.parents) if other is parent)
            raise ValueError(f"{self.name}: the gradient of argument {position} has shape {np.shape(entry)}, the argument itself {x.shape}")
        return fitted


def unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum a gradient over the axes along which its argument of this shape was broadcast.

    A value that broadcasting copied ten times influences the result in ten places: its gradient is the sum of theirs.
    """
    if g.ndim > len(shape):
        g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, (have, want) in enumerate(zip(g.shape, shape, strict=False)) if want == 1 and have != 1)
    return np.asarray(g.sum(axis=stretched, keepdims=True) if stretched else g)


class Tensor:
    """An array that remembers how it was computed, so that `backward()` can find the gradient with respect to what it came from.

    Operators, indexing, methods and NumPy's own functions (`np.exp(t)`, `np.where(t > 0, t, 0)`) work as on an ndarray and keep its dtype.
    Comparisons give plain boolean arrays. A NumPy function whose gradient is unknown raises a TypeError. A NumPy scalar
    counts as a Python number: `t / np.sqrt(3)` stays float32. `t += 1` makes a new tensor; assigning to elements is refused, because
    steps recorded earlier may need the old values.

    Args:
        data: An array (not copied unless `requires_grad`), or numbers and nested lists, whose fractions become float32 as in PyTorch.
        requires_grad: Whether `backward()` shall leave a gradient in `.grad`. Then the tensor owns a copy of the data, so that an
            optimizer's updates never reach the caller's array.

    Attributes:
        data: The values, an ndarray.
        grad: The gradient as an ndarray of the same shape and dtype, or None. `backward()` adds to it.

    Raises:
        TypeError: For data that is not numeric, and for `requires_grad` on integers or booleans, which have no gradient.

    Example:
        >>> w = Tensor([3.0, 4.0], requires_grad=True)
        >>> loss = (w * w).sum()
        >>> loss.backward()
        >>> w.grad.tolist()
        [6.0, 8.0]

    Explained in question 13.
    """

    __slots__ = ("__weakref__", "_index", "_keeps_grad", "_node", "_requires_grad", "data", "grad")

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        if isinstance(data, Tensor):
            data = data.data
        array = np.asarray(data)
        if array.dtype == np.float64 and not hasattr(data, "dtype"):
            array = array.astype(np.float32)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"Tensor holds real numbers, got dtype {array.dtype}; convert the data to float32 first")
        self.data: np.ndarray = array.copy() if requires_grad and isinstance(data, np.ndarray) else array
        self.grad: np.ndarray | None = None
        self._node: Node | None = None
        self._index = 0
        self._requires_grad = False
        self._keeps_grad = True
        if requires_grad:
            self.requires_grad = True

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self.data.dtype.kind != "f":
            raise TypeError(f"only floating-point tensors can require gradients, got {self.data.dtype}; use .astype(np.float32) first")
        if self._node is not None and not value:
            raise RuntimeError("requires_grad can be switched off on leaves only; use .detach() for a tensor without history")
        self._requires_grad = bool(value)

    # ---- backpropagation ----

    def backward(self, grad: Any = None) -> None:
        """Add the gradient of this tensor to `.grad` of every leaf that requires one, and free the tape.

        Args:
            grad: The gradient of the final result with respect to this tensor, of its shape; 1 for a tensor with one element.

        Raises:
            RuntimeError: If nothing here requires a gradient, or the tape was freed by an earlier call.
            ValueError: If `grad` is missing for a tensor of several elements, or has another shape.

        Explained in question 13.
        """
        if not self._requires_grad:
            raise RuntimeError("backward() on a tensor that does not depend on any tensor with requires_grad=True")
        if grad is None:
            if self.data.size != 1:
                raise ValueError(f"backward() without an argument needs one element, got shape {self.shape}; reduce it, or pass grad")
            g = np.array(1, self.data.dtype, ndmin=self.data.ndim)
        else:
            g = np.asarray(grad.data if isinstance(grad, Tensor) else grad, dtype=self.dtype)
            if g.shape != self.shape:
                raise ValueError(f"backward(): grad has shape {g.shape}, the tensor {self.shape}")

        steps = self._node.history() if self._node is not None else []
        for step in steps:
            step.gradients = {}
        self._receive(g)
        for step in steps:
            if step.gradients:
                step.pull_back()
            step.vjp, step.parents, step.gradients = None, (), {}  # frees what the step had saved

    def _receive(self, g: np.ndarray) -> None:
        """Add up what arrives."""
        node = self._node
        if node is not None:
            gradients = node.gradients
            gradients[self._index] = gradients[self._index] + g if self._index in gradients else g
        if self._keeps_grad:
            self.grad = g.copy() if self.grad is None else self.grad + g

    def retain_grad(self) -> None:
        """Keep the gradient of this intermediate result in `.grad` too."""
        self._keeps_grad = True

    def detach(self) -> Tensor:
        """The same data without history."""
        return Tensor(self.data)

    def numpy(self) -> np.ndarray:
        """The data as an ndarray, not copied; what is computed from it has no gradient."""
        return self.data

    def item(self) -> Any:
        """The one element as a Python number."""
        return self.data.item()

    def tolist(self) -> Any:
        """The data as nested lists of Python numbers."""
        return self.data.tolist()

    # ---- NumPy's protocols: its functions, called with tensors, arrive here (NEP 13 and NEP 18) ----

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = RULES.get(ufunc) if method == "__call__" else None
        if rule is None:
            raise TypeError(_no_rule(f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")))
        if kwargs.get("out") is not None:
            raise TypeError(f"np.{ufunc.__name__} cannot write a tensor into an array: its gradient would be lost. Use the result.")
        return rule(*[x.item() if isinstance(x, np.generic) else x for x in inputs], **kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        rule = RULES.get(function)
        if rule is None:
            raise TypeError(_no_rule(f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)))
        return rule(*args, **kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self._requires_grad:
            raise TypeError("turning a tensor that requires gradients into an array would lose them; if that is meant, use .numpy()")
        return np.array(self.data, dtype=dtype, copy=copy)

    # ---- operators ----

    def __add__(self, other: Any) -> Any:
        return np.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return np.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return np.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return np.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return np.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return np.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return np.true_divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return np.true_divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return np.floor_divide(self, other)

    def __mod__(self, other: Any) -> Any:
        return np.remainder(self, other)

    def __pow__(self, other: Any) -> Any:
        return np.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return np.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return np.matmul(other, self)

    def __neg__(self) -> Any:
        return np.negative(self)

    def __pos__(self) -> Any:
        return np.positive(self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    def __eq__(self, other: Any) -> Any:
        return np.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return np.not_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return np.less(self, other)

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return np.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self, other)

    __hash__ = object.__hash__  # by identity: comparison is elementwise

    def __getitem__(self, index: Any) -> Any:
        return RULES[operator.getitem](self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("a tensor's elements cannot be assigned: recorded steps may need them. Use np.where, or write to .data")

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.data)))

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __repr__(self) -> str:
        values = np.array2string(self.data, separator=", ", prefix="Tensor(")
        origin = f", from {self._node.name}" if self._node else ", requires_grad=True" if self._requires_grad else ""
        return f"Tensor({values}, dtype={self.dtype}{origin})"

    # ---- shape, and NumPy's functions as methods ----

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)
    T = property(lambda self: np.transpose(self))

    def reshape(self, *shape: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def flatten(self) -> Any:
        return np.reshape(self, -1)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """`t.exp()`, `t.sum(axis=0)`, `t.mean()`, ...: `numpy_rules` adds NumPy's functions as methods."""


def _no_rule(name: str) -> str:
    return f"{name} has no gradient rule for tensors. Use .numpy() if no gradient is needed, or write the function with @differentiable."


def differentiable(function: Callable[..., WithGradient]) -> Callable[..., Any]:
    """Give a function on arrays its gradient: arrays in, array out; tensors in, tensor out.

    The function returns its output and `vjp`, the vector-Jacobian product: given the gradient `g` of a final result with respect to the
    output, `vjp(g)` returns the gradients with respect to the arguments, in the order of the parameters. Each is an array, `None`, or
    a function without arguments, which is called only if that gradient is needed; a single one needs no tuple, trailing
    ones may be left out. Axes along which an argument was broadcast are summed by the caller. `vjp` may use up what the forward
    pass computed, but changes neither the inputs nor `g`, and returns none of the inputs themselves. A function may return a tuple
    of outputs; `g` is then a tuple too. `None` in place of `vjp` says that there is no gradient.

    Example:
        >>> @differentiable
        ... def cube(x):
        ...     return x * x * x, lambda g: 3 * x * x * g
        >>> cube(np.array([1.0, 2.0])).tolist()
        [1.0, 8.0]
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> cube(x).sum().backward()
        >>> x.grad.tolist()
        [3.0, 12.0]

    Explained in question 13.
    """
    code = getattr(function, "__wrapped__", function).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        arrays: list[Any] = []
        parents: list[Tensor | None] = []
        is_recorded, has_tensors = False, False
        for a in args:
            if isinstance(a, Tensor):
                has_tensors = True
                arrays.append(a.data)
                if a._requires_grad:
                    is_recorded = True
                    parents.append(a)
                    continue
            else:
                arrays.append(a)
            parents.append(None)
        for name, a in kwargs.items():
            if isinstance(a, Tensor):
                has_tensors = True
                kwargs[name] = a.data
                if a._requires_grad:
                    is_recorded = True
                    parents += [None] * (names.index(name) + 1 - len(parents))
                    parents[names.index(name)] = a
        output, vjp = function(*arrays, **kwargs)
        if not has_tensors:
            return output
        several = isinstance(output, tuple)
        node = None
        if is_recorded and vjp is not None and _recording.get():
            node = Node(function.__name__, parents, vjp, output if several else None)
        return tuple(_result(y, node, i) for i, y in enumerate(output)) if several else _result(output, node, 0)

    return call


def _result(data: Any, node: Node | None, index: int) -> Tensor:
    """A tensor that came out of a step; the constructor's checks are not needed for it."""
    tensor = Tensor.__new__(Tensor)
    if type(data) is not ndarray:
        data = np.asarray(data)
    if data.dtype.kind != "f":
        node = None
    tensor.data = data
    tensor.grad = None
    tensor._node = node
    tensor._index = index
    tensor._requires_grad = is_recorded = node is not None
    tensor._keeps_grad = not is_recorded
    return tensor


@contextlib.contextmanager
def _record(switch: bool) -> Iterator[None]:
    token = _recording.set(switch)
    try:
        yield
    finally:
        _recording.reset(token)


def no_grad() -> contextlib._GeneratorContextManager[None]:
    """Record nothing inside the `with` block, or inside the function decorated with `@no_grad()`: faster where no gradient is needed.

    Example:
        >>> w = Tensor([1.0], requires_grad=True)
        >>> with no_grad():
        ...     y = w * 2
        >>> y.requires_grad
        False

    Explained in question 13.
    """
    return _record(False)


def value_and_grad(function: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that returns a scalar function's value and its gradient, both as plain arrays.

    Args:
        function: Takes arrays, returns one number; written with NumPy or `dlprimer`.
        argnums: Position of the argument to differentiate by, or a tuple of positions, for which there will be a tuple of gradients.

    Raises:
        TypeError: If the result is not computed from the argument by functions with a gradient.
        ValueError: If the result has more than one element.

    Example:
        >>> value, gradient = value_and_grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
        >>> float(value), gradient.tolist()
        (9.0, [3.0, 12.0])

    Explained in question 13.
    """
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def call(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        inputs = list(args)
        for i in positions:
            inputs[i] = Tensor(args[i], requires_grad=True)
        with _record(True):
            result = function(*inputs, **kwargs)
        if not isinstance(result, Tensor) or not result.requires_grad:
            raise TypeError(f"the function's result does not depend on its differentiable arguments; it returned {type(result).__name__}")
        result.backward()
        gradients = tuple(inputs[i].grad if inputs[i].grad is not None else np.zeros_like(inputs[i].data) for i in positions)
        return result.data[()], gradients[0] if isinstance(argnums, int) else gradients

    return call


def grad(function: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The gradient of a scalar function, as a function of the same arguments; see `value_and_grad`.

    Example:
        >>> grad(lambda x: np.sin(x))(0.0).tolist()
        1.0

    Explained in question 13.
    """
    differentiated = value_and_grad(function, argnums)
    return lambda *args, **kwargs: differentiated(*args, **kwargs)[1]


def check_gradients(
    function: Callable[..., Any], *arrays: Any, eps: float = 1e-6, rtol: float = 1e-4, atol: float = 1e-6,
    rng: np.random.Generator | None = None,
) -> None:  # fmt: skip
    """Compare a function's gradients with central differences, in float64.

    The result is reduced to one number with random weights: with equal weights the gradient of softmax, say, is zero
    whether the code is right or not. Then each element of each floating-point array is moved by `eps` up and down.

    Args:
        function: Takes the arrays, returns an array or a tuple of arrays. It must be smooth within `eps` of the given point.
        arrays: The point to check at; floating-point arrays are cast to float64, others are passed on unchanged.
        eps: Step of the central difference, whose error is of order `eps**2`.
        rtol, atol: Largest allowed difference, `atol + rtol * abs(numeric)`.
        rng: Source of the weights; the same ones at every call by default.

    Raises:
        AssertionError: With the argument, the index and both values where they differ most.

    Example:
        >>> check_gradients(np.tanh, np.array([0.5, -1.0]))

    Explained in question 13.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    points: list[Any] = [np.array(a, dtype=np.float64) if np.asarray(a).dtype.kind == "f" else a for a in arrays]
    checked = [i for i, p in enumerate(points) if isinstance(p, np.ndarray) and p.dtype == np.float64]
    tensors: list[Any] = [Tensor(p, requires_grad=True) if i in checked else p for i, p in enumerate(points)]

    outputs = function(*tensors)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    weights = [rng.standard_normal(np.shape(y)) for y in outputs]
    total = sum(np.sum(y * w) for y, w in zip(outputs, weights, strict=True))
    if isinstance(total, Tensor) and total.requires_grad:
        total.backward()

    def value() -> float:
        results = function(*points)
        results = results if isinstance(results, tuple) else (results,)
        return float(sum(np.sum(np.asarray(y, np.float64) * w) for y, w in zip(results, weights, strict=True)))

    for i in checked:
        analytic = tensors[i].grad if tensors[i].grad is not None else np.zeros_like(points[i])
        numeric = np.zeros_like(points[i])
        for index in np.ndindex(points[i].shape):
            original = points[i][index]
            points[i][index] = original + eps
            above = value()
            points[i][index] = original - eps
            numeric[index] = (above - value()) / (2 * eps)
            points[i][index] = original
        excess = np.abs(analytic - numeric) - (atol + rtol * np.abs(numeric))
        if not np.all(excess <= 0):
            worst = np.unravel_index(np.argmax(np.where(np.isnan(excess), np.inf, excess)), excess.shape)
            raise AssertionError(
                f"gradient of argument {i} at {tuple(map(int, worst))}: {analytic[worst]:.8g}, central difference {numeric[worst]:.8g} "
                f"({np.sum(~(excess <= 0))} of {excess.size} elements differ)"
            )
