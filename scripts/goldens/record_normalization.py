"""Record what PyTorch's normalizations give: outputs, gradients, running statistics. Run with PyTorch 2.13; writes tests/goldens/."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from recording import record, record_module, write

rng = np.random.default_rng(47)


def array(*shape: int) -> np.ndarray:
    return (2 * rng.standard_normal(shape) + 1).round(3)


def functions() -> list[dict]:
    cases = []
    for shape, groups in (((4, 6), 3), ((2, 4, 3), 2), ((3, 4, 2, 3), 1), ((2, 3, 2, 2), 3)):
        C = shape[1]
        w, b = array(C), array(C)
        mean, var = array(C), np.abs(array(C))
        cases.append(record("batch_norm", F.batch_norm, [array(*shape), None, None, w, b, True], {"eps": 1e-3}, rng))
        cases.append(record("batch_norm", F.batch_norm, [array(*shape), mean, var, w, b], {}, rng, without_gradient=(1, 2)))
        cases.append(record("group_norm", F.group_norm, [array(*shape), groups, w, b], {}, rng))
        cases.append(record("group_norm", F.group_norm, [array(*shape), groups], {"eps": 0.1}, rng))
        if len(shape) > 2:
            cases.append(record("instance_norm", F.instance_norm, [array(*shape), None, None, w, b], {}, rng))
            arguments = [array(*shape), mean, var, w, b, False]
            cases.append(record("instance_norm", F.instance_norm, arguments, {}, rng, without_gradient=(1, 2)))
    for shape, last in (((4, 6), 1), ((2, 3, 5), 1), ((2, 3, 5), 2), ((5,), 1)):
        axes = list(shape[-last:])
        w, b = array(*axes), array(*axes)
        cases.append(record("layer_norm", F.layer_norm, [array(*shape), axes, w, b], {}, rng))
        cases.append(record("layer_norm", F.layer_norm, [array(*shape), axes], {"eps": 0.1}, rng))
        cases.append(record("rms_norm", F.rms_norm, [array(*shape), axes, w], {"eps": 1e-6}, rng))
        cases.append(record("rms_norm", F.rms_norm, [array(*shape), axes], {"eps": 0.1}, rng))
    return cases


def modules() -> list[dict]:
    cases = []

    def add(name: str, settings: dict, *shape: int, training: bool = True, used: int = 0) -> None:
        module = getattr(torch.nn, name)(**settings).double()
        with torch.no_grad():
            for p in module.parameters():
                p.copy_(torch.tensor(array(*p.shape)))
        for _ in range(used):  # running statistics that are not their initial values
            module(torch.tensor(array(*shape)))
        cases.append(record_module(name, module.train(training), settings, [array(*shape)], rng))

    for name, shape in (("BatchNorm1d", (5, 3)), ("BatchNorm1d", (4, 3, 2)), ("BatchNorm2d", (3, 2, 2, 3))):
        C = shape[1]
        for training in (True, False):
            add(name, {"num_features": C}, *shape, training=training, used=2)
            add(name, {"num_features": C, "momentum": None}, *shape, training=training, used=2)
            add(name, {"num_features": C, "track_running_stats": False}, *shape, training=training)
        add(name, {"num_features": C, "affine": False, "eps": 0.01, "momentum": 0.3}, *shape)
        add(name, {"num_features": C, "bias": False}, *shape)
    for training in (True, False):
        settings = {"num_features": 2, "affine": True, "track_running_stats": True}
        add("InstanceNorm2d", settings, 3, 2, 2, 3, training=training, used=2)
        add("InstanceNorm2d", settings, 2, 2, 3, training=training, used=1)
        add("InstanceNorm2d", {"num_features": 2}, 3, 2, 2, 3, training=training)
    add("GroupNorm", {"num_groups": 2, "num_channels": 4}, 3, 4, 2)
    add("GroupNorm", {"num_groups": 2, "num_channels": 4, "affine": False}, 3, 4)
    add("LayerNorm", {"normalized_shape": 4}, 2, 3, 4)
    add("LayerNorm", {"normalized_shape": [3, 4], "bias": False}, 2, 3, 4)
    add("LayerNorm", {"normalized_shape": 4, "elementwise_affine": False}, 2, 3, 4)
    add("RMSNorm", {"normalized_shape": 4}, 2, 3, 4)
    add("RMSNorm", {"normalized_shape": [3, 4], "eps": 0.1, "elementwise_affine": False}, 2, 3, 4)
    return cases


if __name__ == "__main__":
    write("normalization", functions() + modules())
