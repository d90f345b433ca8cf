"""Functions of `dlprimer.nn` give PyTorch's outputs and gradients (scripts/goldens/record_nn.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

import dlprimer
from dlprimer import Tensor

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "nn.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["function"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 3e-5)], ids=["float64", "float32"])
def test_outputs_and_gradients_are_those_of_pytorch(case, dtype, tolerance: float) -> None:
    function = getattr(dlprimer, case["function"])
    arguments = []
    for values, kind, gradient in zip(case["arguments"], case["kinds"], case["gradients"], strict=True):
        array = np.array(values, dtype=dtype if kind == "f" else np.int64)
        arguments.append(Tensor(array, requires_grad=True) if gradient is not None else array)
    options = {k: np.array(v, dtype) if isinstance(v, list) else v for k, v in case["options"].items()}
    output = function(*arguments, **options)
    assert output.dtype == dtype
    np.testing.assert_allclose(output.data, case["output"], rtol=tolerance, atol=tolerance)
    (output * np.array(case["cotangent"], dtype)).sum().backward()
    for argument, gradient in zip(arguments, case["gradients"], strict=True):
        if gradient is not None:
            assert argument.grad.dtype == dtype
            np.testing.assert_allclose(argument.grad, gradient, rtol=tolerance, atol=tolerance)


def test_every_function_of_the_modules_is_recorded() -> None:
    from dlprimer.nn import activations

    recorded = {case["function"] for case in CASES}
    assert set(activations.ACTIVATIONS) <= recorded
    assert {"softmax", "log_softmax", "glu", "linear", "embedding", "cross_entropy", "nll_loss"} <= recorded
