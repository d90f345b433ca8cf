"""The library beside PyTorch on the CPU: python benchmarks/run.py [--rounds 40] [WORKLOAD ...]

Each workload is a full training step (forward, backward, optimizer), float32, one thread, with the same numbers on both sides. The two run
in turns within one process, so that whatever else the machine does slows both alike; the ratio of the medians is what counts.
Needs PyTorch (pip install 'dlprimer[bench]').
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

import dlprimer

Step = Callable[[], float]


def mlp_steps(sizes: list[int], batch: int) -> tuple[Step, Step]:
    """A training step of an MLP with ReLU, cross-entropy and Adam: ours and PyTorch's, from the same weights on the same batch."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, sizes[0])).astype(np.float32)
    y = rng.integers(0, sizes[-1], batch)
    ours = dlprimer.MLP(sizes, rng=rng)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    theirs = torch.nn.Sequential(*layers[:-1])
    theirs.load_state_dict(
        {name.removeprefix("layers."): torch.tensor(array) for name, array in ours.state_dict().items()}
    )
    our_optimizer = dlprimer.Adam(ours.parameters(), lr=1e-3)
    their_optimizer = torch.optim.Adam(theirs.parameters(), lr=1e-3)
    their_x, their_y = torch.tensor(x), torch.tensor(y)

    def our_step() -> float:
        our_optimizer.zero_grad()
        loss = dlprimer.cross_entropy(ours(x), y)
        loss.backward()
        our_optimizer.step()
        return float(loss.item())

    def their_step() -> float:
        their_optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(their_x), their_y)
        loss.backward()
        their_optimizer.step()
        return float(loss.item())

    return our_step, their_step


WORKLOADS: dict[str, tuple[Callable[[], tuple[Step, Step]], float]] = {
    "tiny-mlp": (lambda: mlp_steps([2, 64, 64, 2], 32), 0.2),
    "mlp": (lambda: mlp_steps([784, 256, 128, 10], 128), 1.0),
}


def compare(steps: tuple[Step, Step], rounds: int) -> tuple[float, float]:
    """Median seconds of a step on each side; a round is a burst of one, then of the other."""
    for ours, theirs in [steps] * 20:
        mine, reference = ours(), theirs()
        if abs(mine - reference) > 1e-3 * max(1.0, abs(reference)):
            sys.exit(f"the two sides do not compute the same: loss {mine} here, {reference} in PyTorch")
    burst = max(1, round(0.03 / min(timed(step, 3) for step in steps)))
    times = [[timed(step, burst) for step in steps] for _ in range(rounds)]
    ours, theirs = (statistics.median(round_[side] for round_ in times) for side in (0, 1))
    return ours, theirs


def timed(step: Step, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; all without one")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    if unknown := set(options.workloads) - WORKLOADS.keys():
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    torch.set_num_threads(1)
    print(f"dlprimer on NumPy {np.__version__}, PyTorch {torch.__version__}, one thread, float32")
    print(f"{'workload':<10} {'dlprimer':>10} {'PyTorch':>10} {'ratio':>7} {'goal':>6}")
    missed = 0
    for name in options.workloads or WORKLOADS:
        make, goal = WORKLOADS[name]
        ours, theirs = compare(make(), options.rounds)
        missed += ours / theirs > goal
        print(
            f"{name:<10} {1e3 * ours:>7.3f} ms {1e3 * theirs:>7.3f} ms {ours / theirs:>7.2f} {goal:>6.1f}", flush=True
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
