"""The library beside PyTorch on the CPU: python benchmarks/run.py [--rounds 30] [WORKLOAD ...]

Every workload computes the same on both sides, in float32 on one thread, from the same numbers; outputs and gradients are compared before
anything is timed. The two sides run in turns within one process, so that whatever else the machine does slows both alike: what counts is
the ratio of the medians, below 1 where dlprimer is faster. "of limit" is the least time that the workload's arithmetic (at the rate of a
large matrix product) and memory traffic (at the rate of a copy) would take on this machine, both measured in the same run, as a share of
dlprimer's time. "bare" is the ratio of NumPy alone, where the workload is written out for it: no tape, no modules, no checks, gradients
written to where the optimizer finds them. It is the least that any library on NumPy can reach. Needs PyTorch (pip install
'dlprimer[bench]').
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import dlprimer
from dlprimer import Tensor

Side = Callable[[], list[Any]]
"""One run of a workload; returns what it computed, outputs and gradients."""
Make = Callable[[np.random.Generator], tuple[Side, ...]]
"""Sets up the sides: dlprimer, PyTorch and, for some workloads, bare NumPy."""


@dataclass
class Workload:
    """How to set up the sides, the ratio aimed at, and what the machine must do at least."""

    make: Make
    goal: float
    gigaflops: float = 0.0
    megabytes: float = 0.0


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    return (scale * rng.standard_normal(shape)).astype(np.float32)


def leaf(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array, requires_grad=True)


# ---- the sides ----


def training_step(sizes: list[int], batch: int) -> Make:
    """A step of an MLP with ReLU, cross-entropy and Adam, from the same weights on the same batch."""

    def make(rng: np.random.Generator) -> tuple[Side, ...]:
        x, y = normal(rng, batch, sizes[0]), rng.integers(0, sizes[-1], batch)
        ours = dlprimer.MLP(sizes, rng=rng)
        layers: list[torch.nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        theirs = torch.nn.Sequential(*layers[:-1])
        theirs.load_state_dict({name.removeprefix("layers."): torch.tensor(array) for name, array in ours.state_dict().items()})
        our_optimizer = dlprimer.Adam(ours.parameters(), lr=1e-3)
        their_optimizer = torch.optim.Adam(theirs.parameters(), lr=1e-3)
        their_x, their_y = torch.tensor(x), torch.tensor(y)

        def our_step() -> list[Any]:
            our_optimizer.zero_grad()
            loss = dlprimer.cross_entropy(ours(x), y)
            loss.backward()
            our_optimizer.step()
            return [loss.item()]

        def their_step() -> list[Any]:
            their_optimizer.zero_grad()
            loss = F.cross_entropy(theirs(their_x), their_y)
            loss.backward()
            their_optimizer.step()
            return [loss.item()]

        return our_step, their_step, bare_training_step([p.data for p in ours.parameters()], x, y)

    return make


def bare_training_step(parameters: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> Side:
    w = np.concatenate(parameters, axis=None)
    g = np.empty_like(w)
    ends = np.cumsum([p.size for p in parameters])[:-1]
    weights, gradients = ([a.reshape(p.shape) for a, p in zip(np.split(flat, ends), parameters, strict=True)] for flat in (w, g))
    layers = len(parameters) // 2
    loss_and_gradient, update = bare_cross_entropy(y), bare_adam(w, g)

    def step() -> list[Any]:
        inputs = [x]
        for i in range(layers):
            z = inputs[i] @ weights[2 * i].T
            z += weights[2 * i + 1]
            if i + 1 < layers:
                inputs.append(np.maximum(z, 0))
        loss, d = loss_and_gradient(z)
        for i in reversed(range(layers)):
            np.matmul(d.T, inputs[i], out=gradients[2 * i])
            np.add.reduce(d, out=gradients[2 * i + 1])
            if i:
                d = d @ weights[2 * i]
                d *= inputs[i] > 0
        update()
        return [loss]

    return step


def bare_cross_entropy(y: np.ndarray) -> Callable[[np.ndarray], list[Any]]:
    rows, n = np.arange(len(y)), len(y)

    def loss_and_gradient(z: np.ndarray) -> list[Any]:
        p = z - z.max(axis=1, keepdims=True)
        right = p[rows, y]
        np.exp(p, out=p)
        total = p @ np.ones(p.shape[1], p.dtype)
        loss = (np.log(total) - right).sum() / n
        p *= (1 / (n * total))[:, None]
        p[rows, y] -= 1 / n
        return [loss, p]

    return loss_and_gradient


def bare_adam(w: np.ndarray, g: np.ndarray, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Side:
    w_flat, g = w.reshape(-1), g.reshape(-1)
    m, s, t = np.zeros_like(g), np.zeros_like(g), 0
    pieces = [[a[i : i + 2**18] for a in (w_flat, g, m, s)] for i in range(0, g.size, 2**18)]

    def step() -> list[Any]:
        nonlocal t
        t += 1
        root = math.sqrt((1 - beta2**t) / (1 - beta2))
        rate = lr * root * (1 - beta1) / (1 - beta1**t)
        for w_i, g_i, m_i, s_i in pieces:
            m_i *= beta1
            m_i += g_i
            work = g_i * g_i
            s_i *= beta2
            s_i += work
            np.sqrt(s_i, out=work)
            work += eps * root
            np.divide(m_i, work, out=work)
            work *= rate
            w_i -= work
        return [w]

    return step


def function(name: str, shapes: list[tuple[int, ...]], backward: bool = True, **options: Any) -> Make:
    """A function of dlprimer and PyTorch's of the same name, forward or forward and backward by all its arguments."""

    def make(rng: np.random.Generator) -> tuple[Side, ...]:
        arrays = [normal(rng, *shape, scale=1 if i == 0 else 0.1) for i, shape in enumerate(shapes)]
        ours, theirs = getattr(dlprimer, name), getattr(F, name)
        if not backward:
            tensors = [torch.tensor(a) for a in arrays]

            def forward() -> list[Any]:
                with torch.no_grad():
                    return [theirs(*tensors, **options)]

            return lambda: [ours(*arrays, **options)], forward
        g = normal(rng, *theirs(*[torch.tensor(a) for a in arrays], **options).shape)
        return both_ways(lambda *a: ours(*a, **options), lambda *a: theirs(*a, **options), arrays, g)

    return make


def both_ways(ours: Callable[..., Any], theirs: Callable[..., Any], arrays: list[np.ndarray], g: np.ndarray) -> tuple[Side, Side]:
    """Forward and backward by the arrays, from the gradient `g` of the output."""
    inputs, tensors, their_g = [Tensor(a, requires_grad=True) for a in arrays], [leaf(a) for a in arrays], torch.tensor(g)

    def our_run() -> list[Any]:
        for x in inputs:
            x.grad = None
        y = ours(*inputs)
        y.backward(g)
        return [y.data, *(x.grad for x in inputs)]

    def their_run() -> list[Any]:
        for x in tensors:
            x.grad = None
        y = theirs(*tensors)
        y.backward(their_g)
        return [y, *(x.grad for x in tensors)]

    return our_run, their_run


def cross_entropy(rng: np.random.Generator) -> tuple[Side, ...]:
    z, y = normal(rng, 1024, 1000), rng.integers(0, 1000, 1024)
    labels, bare = torch.tensor(y), bare_cross_entropy(y)
    sides = both_ways(lambda z: dlprimer.cross_entropy(z, y), lambda z: F.cross_entropy(z, labels), [z], np.float32(1)[...])
    return *sides, lambda: bare(z)


def layer_norm(rng: np.random.Generator) -> tuple[Side, ...]:
    arrays, g = [normal(rng, 16, 64, 256), 1 + normal(rng, 256, scale=0.1), normal(rng, 256)], normal(rng, 16, 64, 256)
    return both_ways(
        lambda x, w, b: dlprimer.layer_norm(x, (256,), w, b), lambda x, w, b: F.layer_norm(x, (256,), w, b), arrays, g
    )


def batch_norm(rng: np.random.Generator) -> tuple[Side, ...]:
    arrays, g = [normal(rng, 32, 32, 28, 28), 1 + normal(rng, 32, scale=0.1), normal(rng, 32)], normal(rng, 32, 32, 28, 28)
    return both_ways(
        lambda x, w, b: dlprimer.batch_norm(x, None, None, w, b, training=True),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        arrays, g,
    )  # fmt: skip


def module(ours: Any, theirs: torch.nn.Module, x: np.ndarray, g: np.ndarray, calls: int) -> tuple[Side, Side]:
    """Forward and backward of a module called with `calls` times its input, by the input and all parameters."""
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    our_parameters, their_parameters = dict(ours.named_parameters()), dict(theirs.named_parameters())
    inner = both_ways(lambda x: ours(*[x] * calls)[0], lambda x: theirs(*[x] * calls)[0], [x], g)

    def our_run() -> list[Any]:
        ours.zero_grad()
        return [*inner[0](), *(our_parameters[name].grad for name in their_parameters)]

    def their_run() -> list[Any]:
        theirs.zero_grad()
        return [*inner[1](), *(p.grad for p in their_parameters.values())]

    return our_run, their_run


def lstm(rng: np.random.Generator) -> tuple[Side, ...]:
    ours, theirs = dlprimer.LSTM(64, 64, rng=rng), torch.nn.LSTM(64, 64, batch_first=True)
    return module(ours, theirs, normal(rng, 32, 32, 64), normal(rng, 32, 32, 64), 1)


def attention(rng: np.random.Generator) -> tuple[Side, ...]:
    ours, theirs = dlprimer.MultiheadAttention(64, 4, rng=rng), torch.nn.MultiheadAttention(64, 4, batch_first=True)
    return module(ours, theirs, normal(rng, 16, 64, 64), normal(rng, 16, 64, 64), 3)


def adam(rng: np.random.Generator) -> tuple[Side, ...]:
    start, g = normal(rng, 1000, 1000), normal(rng, 1000, 1000)
    ours, theirs = dlprimer.Parameter(start), leaf(start)
    ours.grad, theirs.grad = g, torch.tensor(g)
    our_optimizer, their_optimizer = dlprimer.Adam([ours], lr=1e-3), torch.optim.Adam([theirs], lr=1e-3)
    bare = bare_adam(start.copy(), g)
    return (lambda: [our_optimizer.step(), ours.data][1:]), (lambda: [their_optimizer.step(), theirs][1:]), bare


CONV, DEPTHWISE = [(32, 16, 28, 28), (32, 16, 3, 3), (32,)], [(32, 32, 28, 28), (32, 1, 3, 3), (32,)]
MB = 4e-6  # of one float32

WORKLOADS: dict[str, Workload] = {
    "mlp": Workload(training_step([784, 256, 128, 10], 128), 0.70, gigaflops=0.1286, megabytes=235_146 * 7 * MB),
    "tiny-mlp": Workload(training_step([2, 64, 64, 2], 32), 0.20, gigaflops=0.0008),
    "conv2d": Workload(function("conv2d", CONV, False, padding=1), 1.3, 0.2312, 32 * 48 * 784 * MB),
    "conv2d-backward": Workload(function("conv2d", CONV, padding=1), 1.3, 3 * 0.2312, 4 * 32 * 48 * 784 * MB),
    "depthwise": Workload(function("conv2d", DEPTHWISE, False, padding=1, groups=32), 4.0, 0.0145, 32 * 64 * 784 * MB),
    "depthwise-backward": Workload(
        function("conv2d", DEPTHWISE, padding=1, groups=32), 1.7, 3 * 0.0145, 4 * 32 * 64 * 784 * MB
    ),
    "lstm": Workload(lstm, 1.0, 3 * 2 * 32 * 32 * 128 * 256 / 1e9),
    "attention": Workload(attention, 0.9, 3 * (2 * 1024 * 64 * 256 + 4 * 16 * 64 * 64 * 64) / 1e9),
    "layer-norm": Workload(layer_norm, 2.2, 0, 5 * 16 * 64 * 256 * MB),
    "batch-norm": Workload(batch_norm, 0.7, 0, 5 * 32 * 32 * 784 * MB),
    "max-pool": Workload(function("max_pool2d", [(32, 32, 28, 28)], kernel_size=2), 0.3, 0, 2.5 * 32 * 32 * 784 * MB),
    "cross-entropy": Workload(cross_entropy, 0.65, 0, 3 * 1024 * 1000 * MB),
    "adam-1M": Workload(adam, 0.70, 0, 7e6 * MB),
}  # fmt: skip
EVERYTHING_GOAL = 0.9


# ---- measuring ----


def same(ours: list[Any], theirs: list[Any]) -> str:
    """What differs between the two sides' results, or an empty string."""
    for i, (mine, reference) in enumerate(zip(ours, theirs, strict=True)):
        x = np.asarray(mine)
        y = reference.detach().numpy() if isinstance(reference, torch.Tensor) else np.asarray(reference)
        if x.shape != y.shape:
            return f"result {i} has shape {x.shape} here, {y.shape} in PyTorch"
        difference = np.abs(x - y).max() / max(1e-3, np.abs(y).max())
        if not difference < 1e-3:
            return f"result {i} differs by {difference:.1e} of its largest value"
    return ""


def timed(side: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        side()
    return (time.perf_counter() - start) / repeats


def limits() -> tuple[float, float]:
    """The machine's GFLOP/s in a large float32 matrix product, and GB/s in a copy of arrays larger than its caches."""
    a, b = np.ones((1024, 1024), np.float32), np.ones((1024, 1024), np.float32)
    source, target = np.ones(64_000_000, np.float32), np.ones(64_000_000, np.float32)
    product = min(timed(lambda: a @ b, 1) for _ in range(8))
    copy = min(timed(lambda: np.copyto(target, source), 1) for _ in range(4))
    return 2 * 1024**3 / product / 1e9, 2 * source.nbytes / copy / 1e9


def compare(sides: tuple[Side, ...], rounds: int) -> list[float]:
    """Median seconds of a run on each side; a round is a burst of one after the other."""
    for ours, theirs, *bare in [sides] * 10:
        reference = theirs()
        for side in (ours, *bare):
            if problem := same(side(), reference):
                sys.exit(f"{'dlprimer' if side is ours else 'bare NumPy'} and PyTorch do not compute the same: {problem}")
    burst = max(1, round(0.02 / min(timed(side, 3) for side in sides)))
    times = [[timed(side, burst) for side in sides] for _ in range(rounds)]
    return [statistics.median(of_side) for of_side in zip(*times, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; all without one")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    if unknown := set(options.workloads) - WORKLOADS.keys():
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rate, bandwidth = limits()
    print(f"dlprimer on NumPy {np.__version__}, PyTorch {torch.__version__}, one thread, float32")
    print(f"the machine: {rate:.0f} GFLOP/s in a matrix product, {bandwidth:.1f} GB/s in a copy")
    print(f"{'workload':<19}{'dlprimer':>12}{'PyTorch':>12}{'ratio':>7}{'goal':>7}{'bare':>7}{'of limit':>10}")
    ratios, missed = [], 0
    for name in options.workloads or WORKLOADS:
        workload = WORKLOADS[name]
        ours, theirs, *bare = compare(workload.make(np.random.default_rng(0)), options.rounds)
        least = max(workload.gigaflops / rate, workload.megabytes / 1e3 / bandwidth)
        ratios.append(ours / theirs)
        missed += ratios[-1] > workload.goal
        floor = f"{bare[0] / theirs:.2f}" if bare else ""
        print(
            f"{name:<19}{1e3 * ours:>9.3f} ms{1e3 * theirs:>9.3f} ms{ratios[-1]:>7.2f}{workload.goal:>7.2f}{floor:>7}{least / ours:>10.0%}",
            flush=True,
        )
    mean = math.prod(ratios) ** (1 / len(ratios))
    print(f"{'geometric mean':<43}{mean:>7.2f}{EVERYTHING_GOAL:>7.2f}")
    return int(missed > 0 or (not options.workloads and mean > EVERYTHING_GOAL))


if __name__ == "__main__":
    sys.exit(main())
