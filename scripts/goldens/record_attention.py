"""Record what PyTorch's attention gives: the function and the layers. Run with PyTorch 2.13; writes tests/goldens/attention.json."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from recording import record, record_module, write

rng = np.random.default_rng(84)
torch.manual_seed(84)
warnings.filterwarnings("ignore", message="Support for mismatched|enable_nested_tensor")


def array(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).round(3)


def allowed(*shape: int) -> np.ndarray:
    """A mask with, almost surely, both values; the first key is always allowed."""
    mask = rng.random(shape) < 0.6
    mask[..., 0] = True
    return mask


def functions() -> list[dict]:
    cases = []

    def add(*shapes: tuple[int, ...], mask: np.ndarray | None = None, **options: object) -> None:
        arguments = [array(*shape) for shape in shapes] + ([] if mask is None else [mask])
        cases.append(record("scaled_dot_product_attention", F.scaled_dot_product_attention, arguments, options, rng))

    q, k, v = (2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3)
    add((3, 4), (5, 4), (5, 2))
    add((2, 3, 4), (2, 5, 4), (2, 5, 4), is_causal=True)
    add((2, 5, 4), (2, 3, 4), (2, 3, 4), is_causal=True)
    add(q, k, v)
    add(q, k, v, scale=1.7)
    add(q, k, v, mask=allowed(3, 5))
    add(q, k, v, mask=allowed(2, 1, 1, 5))
    add(q, k, v, mask=array(2, 3, 5))
    add(q, k, v, mask=60 * array(2, 1, 3, 5))
    add((2, 3, 4), (3, 2, 5, 4), (1, 2, 5, 4))
    add((2, 6, 3, 4), (2, 2, 5, 4), (2, 3, 5, 4), enable_gqa=True)
    nobody = allowed(3, 5)
    nobody[1] = False
    add(q, k, v, mask=nobody)
    add(q, k, v, mask=np.where(nobody, 0.5, -np.inf))
    return cases


def modules() -> list[dict]:
    cases = []

    def add(name: str, module: torch.nn.Module, settings: dict, arguments: list, options: dict | None = None) -> None:
        with torch.no_grad():
            for p in module.parameters():
                p.copy_(torch.tensor(array(*p.shape) / 2))
        case = record_module(name, module, settings, arguments, rng, options)
        cases.append(case)

    x, memory, one = array(2, 3, 4), array(2, 5, 4), array(3, 4)
    hidden, padding = ~allowed(3, 3), ~allowed(2, 3)
    for settings, arguments, options in (
        ({}, [x, memory, memory], {}),
        ({"bias": False}, [x, memory, array(2, 5, 4)], {"average_attn_weights": False}),
        ({"kdim": 3, "vdim": 2}, [x, array(2, 5, 3), array(2, 5, 2)], {"need_weights": False}),
        ({"batch_first": False}, [x, array(5, 3, 4), array(5, 3, 4)], {"attn_mask": ~allowed(6, 2, 5)}),
        ({}, [one, array(5, 4), array(5, 4)], {"key_padding_mask": ~allowed(5)}),
        ({}, [x, x, x], {"attn_mask": hidden, "key_padding_mask": padding, "need_weights": False}),
        ({}, [x, x, x], {"attn_mask": array(4, 3, 3), "key_padding_mask": padding}),
    ):
        settings = {"embed_dim": 4, "num_heads": 2, "batch_first": True, **settings}
        add("MultiheadAttention", torch.nn.MultiheadAttention(**settings), settings, arguments, options)

    for norm_first, bias in itertools.product((True, False), repeat=2):
        common = {"dim_feedforward": 6, "dropout": 0.0, "batch_first": True, "norm_first": norm_first, "bias": bias}
        settings = {"d_model": 4, "nhead": 2, "activation": "gelu" if bias else "relu", **common}
        masks = {"src_mask": hidden, "src_key_padding_mask": padding} if bias else {}
        add("TransformerEncoderLayer", torch.nn.TransformerEncoderLayer(**settings), settings, [x], masks)
        masks = {"tgt_mask": hidden, "memory_key_padding_mask": ~allowed(2, 5)} if bias else {}
        add("TransformerDecoderLayer", torch.nn.TransformerDecoderLayer(**settings), settings, [x, memory], masks)
    return cases


if __name__ == "__main__":
    write("attention", functions() + modules())
