"""The door of every function in `nn`: which arguments are floating point, and at which precision they are computed with."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

HALF, SINGLE, DOUBLE = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
SETTINGS: dict[str, tuple[str, tuple[type, ...]]] = {
    "bool": ("True or False", (bool, np.bool_)),
    "int": ("a whole number", (int, np.integer)),
    "float": ("a number", (int, float, np.integer, np.floating)),
}
"""Annotation of a setting -> what it must be, in words and in types."""


def generator(name: str, rng: Any) -> np.random.Generator:
    """The source of chance, refused if it is a seed or the old global one."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{name}: rng must be a numpy Generator such as np.random.default_rng(0), got {type(rng).__name__}")
    return rng


def floating(*names: str, same_dtype: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Stands below `@differentiable` and names the arguments that are numbers to compute with; the first is the input.

    The input must be a floating-point array. The others must be so too, of the same dtype, with `same_dtype`; without it integers
    among them are converted to the input's dtype, so that no int64 turns float32 into float64. float16 is computed in float32
    and rounded once, at the end, outputs and gradients alike: half precision is a storage format.

    Settings annotated `bool`, `int` or `float` must be that, or None where the annotation allows it.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        variables = function.__code__.co_varnames
        first, *others = ((variables.index(name), name) for name in names)
        optional = {name for name, parameter in inspect.signature(function).parameters.items() if parameter.default is None}
        kinds = {name: str(kind).removesuffix(" | None") for name, kind in function.__annotations__.items()}
        settings = [(variables.index(name), name, kind) for name, kind in kinds.items() if kind in SETTINGS]
        first_setting = min((position for position, _, _ in settings), default=len(variables))

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            given = len(args)
            position, name = first
            dtype = getattr(args[position] if position < given else kwargs.get(name), "dtype", None)
            usual = dtype is SINGLE or dtype is DOUBLE
            for position, name in others:
                value = args[position] if position < given else kwargs.get(name)
                if getattr(value, "dtype", None) is not dtype and (value is not None or name not in optional):
                    usual = False
            if given > first_setting or kwargs:
                for position, name, kind in settings:
                    if position < given or name in kwargs:
                        check_setting(function, name, kind, args[position] if position < given else kwargs[name])
            return function(*args, **kwargs) if usual else unusual(args, kwargs)

        def unusual(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            arguments = dict(zip(variables, args, strict=False)) | kwargs
            x = arguments.get(first[1])
            if not isinstance(x, (np.ndarray, np.generic)):
                raise TypeError(f"{function.__name__}: {first[1]} must be an array or a Tensor, got {type(x).__name__}")
            if x.dtype.kind != "f":
                raise TypeError(f"{function.__name__}: {first[1]} must be floating point, got {x.dtype}; use .astype(np.float32)")
            for _, name in others:
                value = arguments.get(name)
                if value is None and (name in optional or name not in arguments):
                    continue
                if not isinstance(value, (np.ndarray, np.generic)):
                    raise TypeError(f"{function.__name__}: {name} must be an array or a Tensor, got {type(value).__name__}")
                if same_dtype and value.dtype != x.dtype:
                    raise TypeError(
                        f"{function.__name__}: {first[1]} is {x.dtype} but {name} is {value.dtype}; convert one with .astype(...)"
                    )
                if value.dtype.kind not in "fiub":
                    raise TypeError(f"{function.__name__}: {name} must be real numbers, got {value.dtype}")
                if value.dtype.kind != "f":
                    arguments[name] = value.astype(x.dtype)
            numbers = [name for name in names if arguments.get(name) is not None]
            half = np.result_type(*(arguments[name].dtype for name in numbers)) == HALF
            for name in numbers if half else ():
                arguments[name] = arguments[name].astype(SINGLE)
            output, vjp = function(**arguments)
            if not half:
                return output, vjp
            with np.errstate(over="ignore"):  # beyond 65504 is infinite in float16
                return np.asarray(output).astype(HALF), lambda g: vjp(g.astype(SINGLE))

        return call

    return decorate


def check_setting(function: Callable[..., Any], name: str, kind: str, value: Any) -> None:
    """Refuse a value that is not of the setting's kind; True and False are no whole numbers."""
    words, types = SETTINGS[kind]
    if isinstance(value, types) and (kind != "int" or not isinstance(value, bool)):
        return
    if value is not None or not function.__annotations__[name].endswith("| None"):
        raise TypeError(f"{function.__name__}: {name} must be {words}, got {value!r}")


def choose(argument: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse a value that is not one of the choices."""
    if value not in choices:
        raise ValueError(f"{argument} must be one of {', '.join(map(repr, choices))}, got {value!r}")
