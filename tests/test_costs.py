"""What the library costs besides its computing: importing it, and memory over a long training."""

import gc
import resource
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from dlprimer import MLP, Adam, cross_entropy


def test_importing_it_takes_little_longer_than_importing_numpy() -> None:
    code = "import numpy; from time import process_time as t; start = t(); import dlprimer; print(t() - start)"
    seconds = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3)]
    assert min(seconds) < 0.4  # 0.05 on an idle machine; the margin is for a busy one


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep freed memory by rules of their own")
def test_a_training_step_gets_its_arrays_from_memory_that_was_freed_before() -> None:
    code = """
import resource
import numpy as np
from dlprimer import Tensor, conv2d, relu

x, w = np.ones((64, 4, 28, 28), np.float32), Tensor(np.ones((8, 4, 3, 3)), requires_grad=True)
for step in range(10):
    if step == 5:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    w.grad = None
    relu(conv2d(x, w.astype(np.float32), padding=1)).sum().backward()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    assert int(subprocess.check_output([sys.executable, "-c", code])) < 500


def test_a_thousand_training_steps_leave_memory_as_it_was() -> None:
    rng = np.random.default_rng(0)
    model = MLP([8, 32, 32, 3], rng=rng)
    optimizer = Adam(model.parameters())
    x, y = rng.standard_normal((64, 8)).astype(np.float32), rng.integers(0, 3, 64)

    def train(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            cross_entropy(model(x), y).backward()
            optimizer.step()

    train(100)
    gc.collect()
    gc.disable()  # what is no longer needed goes at once, without waiting for the collector of cycles
    tracemalloc.start()
    try:
        train(50)
        before, peak_before = tracemalloc.get_traced_memory()[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        train(1000)
        after, peak_after = tracemalloc.get_traced_memory()[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 20_000  # bytes
    assert peak_after - peak_before < 4_000  # kilobytes
