"""What the recorders of goldens share: run PyTorch on given arrays, keep what went in, what came out and the gradients.

A case is a dict of plain JSON; an array in it is `{"dtype", "shape", "values"}`. `tests/conftest.py` reads it back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

GOLDENS = Path(__file__).resolve().parents[2] / "tests" / "goldens"


def encode(value: Any) -> Any:
    """Arrays and tensors, also inside lists, tuples and dicts, as JSON."""
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        values = value.ravel().tolist()
        if value.dtype.kind == "f":
            values = [float(f"{v:.13g}") for v in values]
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": values}
    if isinstance(value, (list, tuple)):
        return [encode(v) for v in value]
    if isinstance(value, dict):
        return {k: encode(v) for k, v in value.items()}
    return value


def tensors(arguments: Iterable[Any], without_gradient: Iterable[int] = ()) -> list[Any]:
    """The arrays as tensors that require gradients where they are floating point; anything else as it is."""
    skipped = set(without_gradient)
    return [
        torch.tensor(a, requires_grad=a.dtype.kind == "f" and i not in skipped) if isinstance(a, np.ndarray) else a
        for i, a in enumerate(arguments)
    ]


def as_torch(options: dict[str, Any]) -> dict[str, Any]:
    """Our options in PyTorch's words: arrays as tensors, `axis` as `dim`."""
    return {
        ("dim" if k == "axis" else k): torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()
    }


def outputs_and_gradients(output: Any, inputs: list[Any], rng: np.random.Generator) -> dict[str, Any]:
    """Differentiate a randomly weighted sum of the floating-point outputs by every input that requires a gradient."""
    outputs = output if isinstance(output, tuple) else (output,)
    weights = [rng.standard_normal(tuple(y.shape)).round(4) for y in outputs]
    total = sum((y * torch.tensor(w)).sum() for y, w in zip(outputs, weights, strict=True) if y.requires_grad)
    if isinstance(total, torch.Tensor):
        total.backward()
    return {
        "outputs": encode(outputs),
        "cotangents": encode(weights),
        "gradients": [encode(x.grad) if isinstance(x, torch.Tensor) and x.grad is not None else None for x in inputs],
    }


def record(
    name: str, function: Callable[..., Any], arguments: list[Any], options: dict[str, Any],
    rng: np.random.Generator, without_gradient: Iterable[int] = (),
) -> dict[str, Any]:  # fmt: skip
    """A case for `dlprimer.<name>(*arguments, **options)` from the PyTorch function of the same meaning."""
    inputs = tensors(arguments, without_gradient)
    output = function(*inputs, **as_torch(options))
    return {
        "function": name,
        "arguments": encode(arguments),
        "options": encode(options),
        **outputs_and_gradients(output, inputs, rng),
    }


def record_module(
    name: str, module: torch.nn.Module, settings: dict[str, Any], arguments: list[Any], rng: np.random.Generator,
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A case for the module `dlprimer.<name>(**settings)` with PyTorch's state: outputs, gradients of inputs and parameters."""
    module = module.double()
    state = {k: encode(v) for k, v in module.state_dict().items()}
    inputs = tensors(arguments)
    output = module(*inputs, **as_torch(options or {}))
    output = tuple(y for y in output if y is not None) if isinstance(output, tuple) else output
    result = outputs_and_gradients(output, inputs, rng)
    return {
        "module": name,
        "settings": settings,
        "training": module.training,
        "state": state,
        "arguments": encode(arguments),
        "options": encode(options or {}),
        **result,
        "parameter_gradients": {k: encode(p.grad) for k, p in module.named_parameters() if p.grad is not None},
        "state_after": {k: encode(v) for k, v in module.state_dict().items() if k not in dict(module.named_parameters())},
    }


def write(name: str, cases: list[dict[str, Any]]) -> None:
    """Write tests/goldens/<name>.json, one case a line."""
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    target = GOLDENS / f"{name}.json"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    target.write_text(f'{{"torch": "2.13.0", "cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {target.stat().st_size / 1000:.0f} KB")
