"""Modules: parameters and the function that uses them, in one object that can hold further modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from ..autograd import Array, Tensor, no_grad

Self = TypeVar("Self", bound="Module")


class Parameter(Tensor):
    """A tensor that a module learns: it requires gradients, and `Module.parameters()` finds it.

    Args:
        data: An array of floats, copied, or numbers, which become float32.
        requires_grad: False for a frozen parameter.

    Example:
        >>> Parameter([0.5, 1.0]).requires_grad
        True

    Explained in question 3.
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(np.array(data) if isinstance(data, (np.ndarray, np.generic)) else data, requires_grad)


class Module:
    """A part of a network: its attributes are its parameters and sub-modules, its `forward` the computation.

    A module is just its fields: whatever `Parameter` or `Module` is an attribute, or an item of an attribute that is a list, tuple or
    dict, belongs to it, under the name PyTorch gives it (`layers.0.weight`). Arrays that are state but not learned, such as running means,
    are announced with `register_buffer`.

    Attributes:
        training: Whether the module behaves as in training; `train()` and `eval()` switch it.

    Example:
        >>> class Scale(Module):
        ...     def __init__(self):
        ...         self.factor = Parameter([2.0])
        ...     def forward(self, x):
        ...         return x * self.factor
        >>> scale = Scale()
        >>> scale(np.array([3.0])).tolist(), [name for name, _ in scale.named_parameters()]
        ([6.0], ['factor'])

    Explained in question 7.
    """

    training: bool = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; calling the module calls it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # ---- what belongs to the module ----

    def _fields(self) -> Iterator[tuple[str, Any]]:
        """Attributes by name, with the items of lists, tuples and dicts as `name.key`."""
        for name, value in vars(self).items():
            if isinstance(value, (list, tuple)):
                yield from ((f"{name}.{i}", item) for i, item in enumerate(value))
            elif isinstance(value, dict):
                yield from ((f"{name}.{key}", item) for key, item in value.items())
            else:
                yield name, value

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, with their names."""
        return ((name, value) for name, value in self._fields() if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with their dotted names; this one's is empty. A module used twice comes once."""
        seen: set[int] = set()
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            name, module = waiting.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            children = [(f"{name}.{child}" if name else child, value) for child, value in module.named_children()]
            waiting.extend(reversed(children))

    def modules(self) -> Iterator[Module]:
        """This module and all inside it."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their dotted names, in PyTorch's order; a parameter used twice comes once."""
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, value in module._fields():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{prefix}.{name}" if prefix else name), value

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, for an optimizer."""
        return (parameter for _, parameter in self.named_parameters())

    def register_buffer(self, name: str, array: Any) -> None:
        """Set the attribute to an array that belongs to the module's state without being learned."""
        setattr(self, name, np.array(array))
        self._buffer_names: tuple[str, ...] = (*getattr(self, "_buffer_names", ()), name)

    def named_buffers(self) -> Iterator[tuple[str, np.ndarray]]:
        """All buffers with their dotted names."""
        for prefix, module in self.named_modules():
            for name in getattr(module, "_buffer_names", ()):
                yield (f"{prefix}.{name}" if prefix else name), getattr(module, name)

    def number_of_parameters(self, trainable: bool = False) -> int:
        """How many numbers are learned; with `trainable`, those of frozen parameters do not count."""
        return sum(p.size for p in self.parameters() if p.requires_grad or not trainable)

    # ---- state ----

    def _state(self) -> dict[str, tuple[Module, str, Any]]:
        """Name -> (module, attribute, value) of every parameter and buffer, shared ones under each of their names, in PyTorch's order."""
        state: dict[str, tuple[Module, str, Any]] = {}

        def visit(module: Module, prefix: str) -> None:
            for name, value in module._fields():
                if isinstance(value, Parameter):
                    state[prefix + name] = (module, name, value)
            for name in getattr(module, "_buffer_names", ()):
                state[prefix + name] = (module, name, getattr(module, name))
            for name, child in module.named_children():
                visit(child, f"{prefix}{name}.")

        visit(self, "")
        return state

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers by name. Copies, unlike PyTorch's: a state kept as the best one stays what it was.

        Example:
            >>> list(Sequential(Module(), Residual(Module())).state_dict())
            []
        """
        return {name: np.array(value.data if isinstance(value, Tensor) else value) for name, (_, _, value) in self._state().items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> None:
        """Take over parameters and buffers by name, converted to the dtypes they have here.

        Args:
            state_dict: Name -> array, as from `state_dict()` or, as arrays, from the PyTorch module of the same name.
            strict: Whether missing and unexpected names are errors.

        Raises:
            ValueError: Names everything that is missing, unexpected or of another shape. Then nothing has been changed.
        """
        own = self._state()
        arrays = {name: np.asarray(value.data if isinstance(value, Tensor) else value) for name, value in state_dict.items()}
        problems = []
        if strict:
            problems += [f"missing: {name}" for name in own if name not in arrays]
            problems += [f"unexpected: {name}" for name in arrays if name not in own]
        for name in own.keys() & arrays.keys():
            here = np.shape(own[name][2])
            if arrays[name].shape != here:
                problems.append(f"shape of {name}: {arrays[name].shape} given, {here} here")
            if arrays[name].dtype.kind not in "fiub":
                problems.append(f"dtype of {name}: {arrays[name].dtype} is not numeric")
        if problems:
            raise ValueError(f"load_state_dict of {type(self).__name__}:\n  " + "\n  ".join(sorted(problems)))
        for name in own.keys() & arrays.keys():
            value = own[name][2]
            (value.data if isinstance(value, Tensor) else value)[...] = arrays[name]

    # ---- switches ----

    def train(self: Self, mode: bool = True) -> Self:
        """Behave as in training: dropout drops, batch normalization uses the batch's statistics."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Behave as in use: the opposite of `train()`."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Freeze all parameters (False), or let them learn again."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def to(self: Self, dtype: Any) -> Self:
        """Convert parameters and floating-point buffers, in place, to another floating-point dtype."""
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"Module.to: dtype must be floating point, got {np.dtype(dtype)}")
        for module, name, value in self._state().values():
            if isinstance(value, Tensor):
                value.data, value.grad = value.data.astype(dtype), None
            elif value.dtype.kind == "f":
                setattr(module, name, value.astype(dtype))
        return self

    def apply(self: Self, function: Callable[[Module], Any]) -> Self:
        """Call the function with every module, for example to initialize weights."""
        for module in list(self.modules()):
            function(module)
        return self

    # ---- how it looks ----

    def extra_repr(self) -> str:
        """The settings shown between the parentheses of `repr`."""
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()]
        inside = [line for line in (self.extra_repr(), *children) if line]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(inside) + "\n)"

    def summary(self, *inputs: Array) -> str:
        """A table of the modules without sub-modules: name, type, parameters and, given example inputs, the shape of the output.

        Example:
            >>> print(Sequential(Residual(Module())).summary())
            name      module  parameters
            0.module  Module           0
            total                      0
        """
        leaves = {name: module for name, module in self.named_modules() if not any(True for _ in module.named_children())}
        shapes: dict[int, str] = {}
        if inputs:
            self._trace(list(leaves.values()), inputs, shapes)
        rows = [("name", "module", "parameters", "output")]
        for name, module in leaves.items():
            rows.append((name or "-", type(module).__name__, f"{module.number_of_parameters():,}", shapes.get(id(module), "")))
        rows.append(("total", "", f"{self.number_of_parameters():,}", ""))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = [
            f"{r[0]:<{widths[0]}}  {r[1]:<{widths[1]}}  {r[2]:>{widths[2]}}" + (f"  {r[3]:<{widths[3]}}" if inputs else "") for r in rows
        ]
        return "\n".join(line.rstrip() for line in lines)

    def _trace(self, modules: list[Module], inputs: tuple[Array, ...], shapes: dict[int, str]) -> None:
        """Run the inputs through, in evaluation mode, and note the shapes of the modules' outputs."""

        def traced(module: Module) -> Callable[..., Any]:
            forward = module.forward

            def run(*args: Any, **kwargs: Any) -> Any:
                output = forward(*args, **kwargs)
                first = output[0] if isinstance(output, tuple) else output
                shapes[id(module)] = str(tuple(np.shape(first)))
                return output

            return run

        modes = [(module, module.training) for module in self.modules()]
        try:
            for module in modules:
                module.forward = traced(module)  # type: ignore[method-assign]
            with no_grad():
                self.eval()(*inputs)
        finally:
            for module, mode in modes:
                vars(module).pop("forward", None)
                module.training = mode


class Sequential(Module):
    """Modules one after the other, named 0, 1, 2, ... as in PyTorch.

    Args:
        modules: Modules, or functions of one array.

    Example:
        >>> Sequential(np.tanh, lambda x: 2 * x)(np.zeros(2)).tolist()
        [0.0, 0.0]

    Explained in question 7.
    """

    def __init__(self, *modules: Callable[..., Any]) -> None:
        for i, module in enumerate(modules):
            if not callable(module):
                raise TypeError(f"Sequential: item {i} must be a module or a function, got {type(module).__name__}")
            setattr(self, str(i), module)

    def forward(self, x: Array) -> Any:
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        return iter([value for name, value in vars(self).items() if name.isdigit()])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, index: int | slice) -> Any:
        chosen = list(self)[index]
        return Sequential(*chosen) if isinstance(chosen, list) else chosen


class Residual(Module):
    """The input plus what the module makes of it: `shortcut(x) + module(x)`.

    Args:
        module: Its output has the shape of the (shortcut's) input.
        shortcut: What the input passes through on its way around; the identity if None.

    Returns (when called): An array of the module's output shape.

    Paper: He et al., Deep residual learning for image recognition, 2016.

    Example:
        >>> Residual(np.square)(np.array([3.0])).tolist()
        [12.0]

    Explained in question 66.
    """

    def __init__(self, module: Callable[..., Any], shortcut: Callable[..., Any] | None = None) -> None:
        self.module = module
        self.shortcut = shortcut

    def forward(self, x: Array) -> Any:
        return (x if self.shortcut is None else self.shortcut(x)) + self.module(x)
