"""Record the rates of PyTorch 2.13.0's schedulers: python scripts/goldens/record_schedules.py (needs torch).

Writes tests/goldens/schedules.json: for each schedule of `dlprimer.optim.schedules` and its arguments, the rate that PyTorch's scheduler
sets for each step from 0, and for one_cycle_momentum the momentum. Rerun only to add cases; the tests need the file alone.
"""

import torch
from recording import write
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


if __name__ == "__main__":
    cases = []
    for name, make, options, settings in CASES:
        arguments = {OURS.get(k, k): v for k, v in options.items() if k != "power"} | settings
        if name == "one_cycle_momentum":
            del arguments["max_lr"]
        cases.append({"schedule": name, "arguments": arguments, "rates": rates(name, make, options, settings)})
    write("schedules", cases)
