"""Record what PyTorch 2.13.0 computes for the functions of `dlprimer.nn`: python scripts/goldens/record_nn.py (needs torch).

Writes tests/goldens/nn.json: cases of a function, its arguments, options, output, the random weights of the sum that was
differentiated, and the gradients, all in float64. Rerun only to add cases; the tests need the file alone.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

TARGET = Path(__file__).resolve().parents[2] / "tests" / "goldens" / "nn.json"
rng = np.random.default_rng(2026)


def numbers(*shape: int, low: float = -3, high: float = 3) -> np.ndarray:
    return rng.uniform(low, high, shape).round(4)


def probabilities(*shape: int, axis: int = 1) -> np.ndarray:
    p = rng.uniform(0.1, 1, shape)
    return p / p.sum(axis=axis, keepdims=True)


x34, x243, x2345 = numbers(3, 4), numbers(2, 4, 3), numbers(2, 3, 4, 5)
labels6, logits65 = np.array([0, 4, 2, 2, 1, 3]), numbers(6, 5)
weight5 = np.array([0.5, 1.0, 2.0, 0.0, 1.5])

# function, its name in torch, arguments, options
CASES: list[tuple[str, object, list[np.ndarray], dict]] = []
for name in ("relu", "elu", "selu", "silu", "sigmoid", "tanh", "softplus", "hardtanh", "leaky_relu", "gelu"):
    CASES.append((name, getattr(F, name) if hasattr(F, name) else getattr(torch, name), [x34], {}))
CASES += [
    ("leaky_relu", F.leaky_relu, [x34], {"negative_slope": 0.2}),
    ("elu", F.elu, [x34], {"alpha": 1.7}),
    ("gelu", F.gelu, [x34], {"approximate": "tanh"}),
    ("softplus", F.softplus, [x34 * 10], {"beta": 2.0, "threshold": 15.0}),
    ("hardtanh", F.hardtanh, [x34], {"min_val": -0.5, "max_val": 2.0}),
    ("linear", F.linear, [numbers(5, 3), numbers(4, 3), numbers(4)], {}),
    ("linear", F.linear, [numbers(2, 5, 3), numbers(4, 3), numbers(4)], {}),
    ("linear", F.linear, [numbers(3), numbers(4, 3)], {}),
    ("embedding", F.embedding, [np.array([[1, 0], [3, 1]]), numbers(4, 3)], {}),
    ("embedding", F.embedding, [np.array([[1, 0], [3, 1]]), numbers(4, 3)], {"padding_idx": 1}),
]
for axis in (-1, 0, 1):
    CASES.append(("softmax", F.softmax, [x243], {"axis": axis}))
    CASES.append(("log_softmax", F.log_softmax, [x243 * 10], {"axis": axis}))
CASES.append(("glu", F.glu, [x243], {"axis": 1}))
for reduction in ("mean", "sum", "none"):
    common = {"reduction": reduction}
    CASES += [
        ("cross_entropy", F.cross_entropy, [logits65, labels6], common),
        ("cross_entropy", F.cross_entropy, [logits65, labels6, weight5], common),
        ("cross_entropy", F.cross_entropy, [logits65, labels6], {**common, "label_smoothing": 0.1}),
        (
            "cross_entropy",
            F.cross_entropy,
            [logits65, labels6, weight5],
            {**common, "label_smoothing": 0.2, "ignore_index": 2},
        ),
        ("cross_entropy", F.cross_entropy, [logits65, labels6], {**common, "ignore_index": 2}),
        ("cross_entropy", F.cross_entropy, [logits65, probabilities(6, 5)], common),
        (
            "cross_entropy",
            F.cross_entropy,
            [logits65, probabilities(6, 5), weight5],
            {**common, "label_smoothing": 0.1},
        ),
        ("cross_entropy", F.cross_entropy, [x2345, rng.integers(0, 3, (2, 4, 5))], common),
        (
            "cross_entropy",
            F.cross_entropy,
            [x2345, rng.integers(0, 3, (2, 4, 5)), weight5[:3]],
            {**common, "label_smoothing": 0.1},
        ),
        ("cross_entropy", F.cross_entropy, [x2345, probabilities(2, 3, 4, 5)], common),
        ("cross_entropy", F.cross_entropy, [numbers(5), np.array(3)], common),
        ("nll_loss", F.nll_loss, [np.log(probabilities(6, 5)), labels6], common),
        ("nll_loss", F.nll_loss, [np.log(probabilities(6, 5)), labels6, weight5], {**common, "ignore_index": 1}),
        ("nll_loss", F.nll_loss, [np.log(probabilities(2, 3, 4)), rng.integers(0, 3, (2, 4))], common),
        ("mse_loss", F.mse_loss, [x34, numbers(3, 4)], common),
        ("l1_loss", F.l1_loss, [x34, numbers(3, 4)], common),
        ("huber_loss", F.huber_loss, [x34, numbers(3, 4)], {**common, "delta": 0.7}),
        ("smooth_l1_loss", F.smooth_l1_loss, [x34, numbers(3, 4)], {**common, "beta": 0.7}),
        (
            "binary_cross_entropy",
            F.binary_cross_entropy,
            [numbers(3, 4, low=0.05, high=0.95), numbers(3, 4, low=0, high=1)],
            common,
        ),
        (
            "binary_cross_entropy",
            F.binary_cross_entropy,
            [numbers(3, 4, low=0.05, high=0.95), numbers(3, 4, low=0, high=1), numbers(4, low=0, high=2)],
            common,
        ),
        (
            "binary_cross_entropy_with_logits",
            F.binary_cross_entropy_with_logits,
            [x34, numbers(3, 4, low=0, high=1)],
            common,
        ),
        (
            "binary_cross_entropy_with_logits",
            F.binary_cross_entropy_with_logits,
            [x34, numbers(3, 4, low=0, high=1)],
            {**common, "pos_weight": numbers(4, low=0.5, high=3), "weight": numbers(3, 1, low=0.5, high=2)},
        ),
    ]

# What has a gradient in dlprimer; targets have one in the losses that PyTorch differentiates by them too.
NO_GRADIENT = {"cross_entropy": {2}, "nll_loss": {2}, "binary_cross_entropy": {2}}


def record(name: str, function, arguments: list[np.ndarray], options: dict) -> dict:
    tensors = [
        torch.tensor(a, requires_grad=a.dtype.kind == "f" and i not in NO_GRADIENT.get(name, ()))
        for i, a in enumerate(arguments)
    ]
    passed = {
        ("dim" if k == "axis" else k): torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()
    }
    if name in ("binary_cross_entropy", "cross_entropy", "nll_loss") and len(tensors) == 3:
        output = function(tensors[0], tensors[1], weight=tensors[2], **passed)
    else:
        output = function(*tensors, **passed)
    cotangent = rng.standard_normal(tuple(output.shape)).round(4)
    (output * torch.tensor(cotangent)).sum().backward()
    return {
        "function": name,
        "arguments": [a.tolist() for a in arguments],
        "kinds": [a.dtype.kind for a in arguments],
        "options": {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in options.items()},
        "output": output.detach().tolist(),
        "cotangent": cotangent.tolist(),
        "gradients": [None if t.grad is None else t.grad.tolist() for t in tensors],
    }


if __name__ == "__main__":
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    cases = [record(*case) for case in CASES]
    TARGET.write_text(json.dumps({"torch": "2.13.0", "cases": cases}).replace("}, {", "},\n{") + "\n")
    print(f"{len(cases)} cases, {TARGET.stat().st_size / 1000:.0f} KB")
