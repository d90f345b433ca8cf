"""Record what PyTorch 2.13.0 does around a step of its optimizers: python scripts/goldens/record_schedules.py (needs torch).

Writes tests/goldens/schedules.json. For each schedule of `dlprimer.optim.schedules` and its arguments the rate that PyTorch's scheduler
sets for each step from 0, and for one_cycle_momentum the momentum; gradients clipped by norm and by value; the scales of a GradScaler
that meets an infinite gradient now and then; the averages of AveragedModel. Rerun only to add cases; the tests need the file alone.
"""

import copy
import math

import numpy as np
import torch
from recording import encode, write
from torch.optim import lr_scheduler as scheduler

STEPS = 60

CASES = [
    ("step_decay", scheduler.StepLR, {"step_size": 7}, {"lr": 0.3}),
    ("step_decay", scheduler.StepLR, {"step_size": 10, "gamma": 0.5}, {"lr": 1.0}),
    ("step_decay", scheduler.StepLR, {"step_size": 1, "gamma": 0.9}, {"lr": 0.1}),
    ("exponential_decay", scheduler.ExponentialLR, {"gamma": 0.9}, {"lr": 0.2}),
    ("exponential_decay", scheduler.ExponentialLR, {"gamma": 1.05}, {"lr": 0.01}),
    ("linear_decay", scheduler.PolynomialLR, {"total_iters": 40, "power": 1.0}, {"lr": 0.2}),
    ("cosine", scheduler.CosineAnnealingLR, {"T_max": 60}, {"lr": 0.1}),
    ("cosine", scheduler.CosineAnnealingLR, {"T_max": 20, "eta_min": 0.01}, {"lr": 0.1}),
    ("cosine", scheduler.CosineAnnealingLR, {"T_max": 7}, {"lr": 0.5}),
    ("cosine", scheduler.CosineAnnealingLR, {"T_max": 1}, {"lr": 0.5}),
    ("cosine_restarts", scheduler.CosineAnnealingWarmRestarts, {"T_0": 10}, {"lr": 0.1}),
    ("cosine_restarts", scheduler.CosineAnnealingWarmRestarts, {"T_0": 4, "T_mult": 2, "eta_min": 0.02}, {"lr": 0.1}),
    ("cosine_restarts", scheduler.CosineAnnealingWarmRestarts, {"T_0": 1, "T_mult": 3}, {"lr": 1.0}),
    ("cosine_restarts", scheduler.CosineAnnealingWarmRestarts, {"T_0": 1}, {"lr": 1.0}),
    ("cyclical", scheduler.CyclicLR, {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 8}, {}),
    ("cyclical", scheduler.CyclicLR, {"base_lr": 0.0, "max_lr": 0.1, "step_size_up": 5, "step_size_down": 13}, {}),
    ("cyclical", scheduler.CyclicLR, {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 6, "mode": "triangular2"}, {}),
    ("cyclical", scheduler.CyclicLR, {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 1, "step_size_down": 2}, {}),
    ("cyclical", scheduler.CyclicLR,
     {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "step_size_down": 4, "mode": "exp_range", "gamma": 0.97}, {}),
    ("cyclical", scheduler.CyclicLR, {"base_lr": 0.01, "max_lr": 0.1}, {}),
    *[
        ("one_cycle", scheduler.OneCycleLR, {"max_lr": 0.4, "total_steps": STEPS, "anneal_strategy": a, "three_phase": t,
                                             **options}, {})
        for a in ("cos", "linear") for t in (False, True)
        for options in ({}, {"pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0}, {"pct_start": 0.6})
    ],
    ("one_cycle", scheduler.OneCycleLR, {"max_lr": 0.4, "total_steps": STEPS, "pct_start": 0.0}, {}),
    ("one_cycle", scheduler.OneCycleLR, {"max_lr": 0.4, "total_steps": STEPS, "pct_start": 1.0}, {}),
    ("one_cycle", scheduler.OneCycleLR, {"max_lr": 1.0, "total_steps": 1}, {}),
    ("one_cycle", scheduler.OneCycleLR, {"max_lr": 1.0, "total_steps": 37, "pct_start": 0.2, "three_phase": True}, {}),
    *[
        ("one_cycle_momentum", scheduler.OneCycleLR,
         {"max_lr": 0.4, "total_steps": STEPS, "anneal_strategy": a, "three_phase": t, "base_momentum": 0.8}, {})
        for a in ("cos", "linear") for t in (False, True)
    ],
]  # fmt: skip

OURS = {"T_max": "total_steps", "total_iters": "total_steps", "eta_min": "min_lr", "T_0": "t_0", "T_mult": "t_mult"}


def rates(name: str, make: type, options: dict, settings: dict) -> list[float]:
    """What the scheduler sets before each update, in float64."""
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], momentum=0.9, **settings)
    schedule = make(optimizer, **options)
    group, found = optimizer.param_groups[0], []
    for step in range(min(STEPS, options.get("total_steps", STEPS))):
        if step:
            optimizer.step()
            schedule.step()
        found.append(float(group["momentum" if name == "one_cycle_momentum" else "lr"]))
    return found


def clipped(name: str, gradients: list[np.ndarray], options: dict) -> dict:
    """Norm before clipping, None for clipping by value, and the gradients after it."""
    parameters = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = torch.tensor(g)
    norm = getattr(torch.nn.utils, name + "_")(parameters, **options)
    after = [encode(p.grad) for p in parameters]
    options = {k: str(v) if v == math.inf else v for k, v in options.items()}
    return {"clip": name, "options": options, "gradients": encode(gradients), "norm": norm and norm.item(), "after": after}


def scaled(bad: list[int], options: dict) -> dict:
    """The scale after each of 40 iterations, those in `bad` with an infinite gradient, and the weight, which is skipped then."""
    w = torch.zeros(1, requires_grad=True)
    optimizer, scaler = torch.optim.SGD([w], lr=0.25), torch.amp.GradScaler("cpu", **options)
    scales, weights = [], []
    for i in range(40):
        optimizer.zero_grad()
        scaler.scale((w * (math.inf if i in bad else 1.0)).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
        weights.append(w.item())
    return {"bad": bad, "options": options, "scales": scales, "weights": weights, "state": scaler.state_dict()}


def averaged(points: np.ndarray, decay: float | None) -> dict:
    """The average after each update, exponential or, without a decay, equal."""
    model = torch.nn.Linear(3, 1, bias=False).double()
    options = {} if decay is None else {"multi_avg_fn": torch.optim.swa_utils.get_ema_multi_avg_fn(decay)}
    average = torch.optim.swa_utils.AveragedModel(model, **options)
    found = []
    for point in points:
        model.weight.data[0] = torch.tensor(point)
        average.update_parameters(model)
        found.append(copy.deepcopy(average.module.weight.data[0]))
    return {"decay": decay, "points": encode(points), "averages": encode(torch.stack(found))}


if __name__ == "__main__":
    rng = np.random.default_rng(30)
    gradients = [rng.standard_normal((2, 3)).round(3), rng.standard_normal(4).round(3), np.array(2.5)]
    points = rng.standard_normal((12, 3)).round(3)
    cases = [
        *[clipped("clip_grad_norm", gradients, {"max_norm": m, "norm_type": p})
          for m in (0.0, 1.0, 100.0) for p in (1.0, 2.0, 3.5, 0.5, math.inf)],
        *[clipped("clip_grad_value", gradients, {"clip_value": c}) for c in (0.0, 0.5, 10.0)],
        scaled([2, 3, 20], {"growth_interval": 5}),
        scaled([], {"init_scale": 2.0**120, "growth_interval": 3, "growth_factor": 4.0}),
        scaled([0, 7], {"init_scale": 3.0, "growth_interval": 2, "growth_factor": 3.0, "backoff_factor": 0.25}),
        *[averaged(points, decay) for decay in (None, 0.9, 0.4, 0.0, 1.0)],
    ]  # fmt: skip
    for name, make, options, settings in CASES:
        arguments = {OURS.get(k, k): v for k, v in options.items() if k != "power"} | settings
        if name == "one_cycle_momentum":
            del arguments["max_lr"]
        cases.append({"schedule": name, "arguments": arguments, "rates": rates(name, make, options, settings)})
    write("schedules", cases)
