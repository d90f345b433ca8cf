"""Record 50 steps of PyTorch 2.13.0's optimizers: python scripts/goldens/record_optim.py (needs torch).

Writes tests/goldens/optim.json: for each method and settings the parameters (two, of different shapes) after each of some steps, on the
gradients `curvature * w + wiggle[step]`, in float64. Rerun only to add cases; the tests need the file alone.
"""

import json
from pathlib import Path

import numpy as np
import torch

TARGET = Path(__file__).resolve().parents[2] / "tests" / "goldens" / "optim.json"
STEPS, SHOWN = 50, [1, 2, 3, 10, 50]

CASES = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("RMSprop", {"lr": 0.02}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.02, "centered": True, "eps": 1e-4}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "betas": [0.9, 0.9]}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True}),
]


def problem(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Two parameters, their curvatures, and the part of the gradient that changes from step to step."""
    return {
        "w0": rng.normal(size=(2, 3)).round(4), "w1": rng.normal(size=4).round(4),
        "curvature0": rng.uniform(0.1, 2, (2, 3)).round(4), "curvature1": rng.uniform(0.1, 2, 4).round(4),
        "wiggle0": rng.normal(size=(STEPS, 2, 3)).round(3), "wiggle1": rng.normal(size=(STEPS, 4)).round(3),
    }  # fmt: skip


def trajectory(name: str, settings: dict, data: dict[str, np.ndarray]) -> list[list]:
    w = [torch.tensor(data[f"w{i}"], requires_grad=True) for i in (0, 1)]
    optimizer = getattr(torch.optim, name)(w, **settings)
    shown = []
    for step in range(STEPS):
        for i, parameter in enumerate(w):
            parameter.grad = torch.tensor(data[f"curvature{i}"]) * parameter.detach() + torch.tensor(
                data[f"wiggle{i}"][step]
            )
        optimizer.step()
        if step + 1 in SHOWN:
            shown.append([parameter.detach().tolist() for parameter in w])
    return shown


if __name__ == "__main__":
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    data = problem(np.random.default_rng(33))
    cases = [{"optimizer": name, "settings": s, "points": trajectory(name, s, data)} for name, s in CASES]
    record = {"torch": "2.13.0", "shown": SHOWN, "problem": {k: v.tolist() for k, v in data.items()}, "cases": cases}
    TARGET.write_text(json.dumps(record).replace('{"optimizer"', '\n{"optimizer"') + "\n")
    print(f"{len(cases)} cases, {TARGET.stat().st_size / 1000:.0f} KB")
