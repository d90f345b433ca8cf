"""Record what PyTorch 2.13.0 computes for convolution and pooling: python scripts/goldens/record_convolution.py (needs torch)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from recording import record, record_module, write

rng = np.random.default_rng(61)
torch.manual_seed(61)


def numbers(*shape: int) -> np.ndarray:
    return rng.uniform(-2, 2, shape).round(3)


def distinct(*shape: int) -> np.ndarray:
    """No two numbers alike, so that every window has one largest."""
    return rng.permutation(int(np.prod(shape))).reshape(shape) / 8 - 5


x, w, b = numbers(2, 4, 5, 6), numbers(6, 4, 3, 3), numbers(6)
per_channel, paired = numbers(4, 1, 3, 3), numbers(6, 2, 2, 3)
sequence, taps = numbers(2, 4, 8), numbers(6, 4, 3)
small, up = numbers(2, 4, 4, 3), numbers(4, 3, 3, 2)

CASES: list[tuple[str, Any, list[Any], dict[str, Any]]] = [
    ("conv2d", F.conv2d, [x, w, b], {}),
    ("conv2d", F.conv2d, [x, w, b], {"padding": 1}),
    ("conv2d", F.conv2d, [x, w], {"padding": "same", "dilation": (1, 2)}),
    ("conv2d", F.conv2d, [x, w, b], {"stride": (2, 3), "padding": (2, 1)}),
    ("conv2d", F.conv2d, [x[0], w, b], {"stride": 2, "padding": "valid"}),
    ("conv2d", F.conv2d, [x, paired, b], {"groups": 2, "padding": (0, 3), "dilation": (2, 1)}),
    ("conv2d", F.conv2d, [x, per_channel], {"groups": 4, "padding": 1}),
    ("conv2d", F.conv2d, [x, numbers(8, 1, 3, 2)], {"groups": 4, "stride": 2}),
    ("conv2d", F.conv2d, [x, numbers(5, 4, 1, 1), numbers(5)], {}),
    ("conv1d", F.conv1d, [sequence, taps, b], {"padding": 1}),
    ("conv1d", F.conv1d, [sequence[0], taps], {"stride": 2, "dilation": 2}),
    ("conv1d", F.conv1d, [sequence, numbers(4, 2, 4), numbers(4)], {"groups": 2, "padding": "same"}),
    ("conv_transpose2d", F.conv_transpose2d, [small, up, numbers(3)], {}),
    ("conv_transpose2d", F.conv_transpose2d, [small, up, numbers(3)], {"stride": 2, "padding": 1, "output_padding": 1}),
    ("conv_transpose2d", F.conv_transpose2d, [small[0], numbers(4, 2, 2, 2)], {"stride": (1, 3), "groups": 2}),
    ("conv_transpose2d", F.conv_transpose2d, [small, up], {"dilation": 2, "padding": (3, 0)}),
    ("unfold", F.unfold, [x], {"kernel_size": (2, 3), "dilation": (1, 2), "padding": (0, 1), "stride": (2, 1)}),
    ("unfold", F.unfold, [x[0]], {"kernel_size": 3}),
    ("pad", F.pad, [small], {"pad": [1, 2, 0, 1]}),
    ("pad", F.pad, [small], {"pad": [-1, 2, 0, -1, 1, 0], "value": 1.5}),
    ("pad", F.pad, [small], {"pad": [2, 1, 3, 0], "mode": "reflect"}),
    ("pad", F.pad, [small], {"pad": [4, 1, -1, 3], "mode": "replicate"}),
    ("pad", F.pad, [small], {"pad": [2, -1, 2, 4], "mode": "circular"}),
    ("max_pool2d", F.max_pool2d, [distinct(2, 2, 4, 6)], {"kernel_size": 2}),
    ("max_pool2d", F.max_pool2d, [distinct(2, 2, 6, 7)], {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("max_pool2d", F.max_pool2d, [np.ones((1, 2, 5, 5))], {"kernel_size": (3, 2), "stride": 1, "dilation": (1, 2)}),
    ("max_pool2d", F.max_pool2d, [distinct(3, 6, 7)], {"kernel_size": (2, 3), "ceil_mode": True}),
    ("avg_pool2d", F.avg_pool2d, [x], {"kernel_size": 2}),
    ("avg_pool2d", F.avg_pool2d, [x], {"kernel_size": (3, 2), "stride": 2, "padding": 1, "ceil_mode": True}),
    ("avg_pool2d", F.avg_pool2d, [x[0]], {"kernel_size": 3, "padding": 1, "count_include_pad": False}),
    ("avg_pool2d", F.avg_pool2d, [x], {"kernel_size": 3, "stride": 1, "divisor_override": 2}),
    ("adaptive_avg_pool2d", F.adaptive_avg_pool2d, [x], {"output_size": 1}),
    ("adaptive_avg_pool2d", F.adaptive_avg_pool2d, [x], {"output_size": [3, 8]}),
    ("adaptive_avg_pool2d", F.adaptive_avg_pool2d, [x[0]], {"output_size": [None, 4]}),
    ("interpolate", F.interpolate, [small], {"scale_factor": 2}),
    ("interpolate", F.interpolate, [small], {"size": [3, 7]}),
    ("interpolate", F.interpolate, [sequence], {"scale_factor": 1.7}),
    ("interpolate", F.interpolate, [small], {"scale_factor": 2, "mode": "bilinear"}),
    ("interpolate", F.interpolate, [small], {"size": [7, 2], "mode": "bilinear", "align_corners": True}),
    ("interpolate", F.interpolate, [small], {"scale_factor": [1.7, 0.6], "mode": "bilinear"}),
    ("interpolate", F.interpolate, [small], {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True}),
]

MODULES: list[tuple[str, dict[str, Any], np.ndarray]] = [
    ("Conv1d", {"in_channels": 4, "out_channels": 3, "kernel_size": 3, "padding": 2, "padding_mode": "replicate"}, sequence),
    ("Conv2d", {"in_channels": 4, "out_channels": 2, "kernel_size": 3, "padding": "same", "padding_mode": "reflect"}, x),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": [3, 2], "stride": 2, "groups": 2, "bias": False}, x),
    ("ConvTranspose2d", {"in_channels": 4, "out_channels": 3, "kernel_size": 2, "stride": 2}, small),
    ("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, distinct(1, 2, 6, 5)),
    ("AvgPool2d", {"kernel_size": 2, "stride": 1, "count_include_pad": False, "padding": 1}, small),
]

cases = [record(*case, rng) for case in CASES]
cases += [record_module(name, getattr(torch.nn, name)(**settings), settings, [values], rng) for name, settings, values in MODULES]
write("convolution", cases)
