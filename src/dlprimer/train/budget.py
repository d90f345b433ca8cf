"""What training costs: floating-point operations, and bytes of memory. Arithmetic, before anything is bought or run.

A multiplication and the addition that follows count as two operations. Only matrix multiplications count: the rest is less than a percent
in large models.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

from ..nn.arguments import choose


def train_flops(
    parameters: float, tokens: float, *, n_layers: int = 0, width: int = 0, context: int = 0, causal: bool = False,
    recompute: bool = False,
) -> float:  # fmt: skip
    """Operations to train a model: 6 for each parameter and token, and 12 n_layers width context for each token if there is attention.

    A token multiplies each weight once on the way forward (2 operations) and twice on the way back (4): for the gradient of the input
    and for that of the weight. Scores and weighted sums of attention multiply no weights; they come on top.

    Args:
        parameters: Weights in matrix multiplications, N: without the embedding table, and of a mixture of experts those active for a token.
        tokens: Tokens in all, D (for an MLP: examples).
        n_layers: Layers with attention.
        width: Width of a layer: heads times width of a head.
        context: Length of the sequences.
        causal: Whether masked scores are left out, which halves the attention; the usual convention counts them.
        recompute: Whether the forward pass is done a second time (activation checkpointing): 8 instead of 6, 16 instead of 12.

    Returns:
        Floating-point operations.

    Raises:
        ValueError: A number is negative or not finite, or only some of n_layers, width and context are given.

    Example:
        >>> f"{train_flops(70e9, 1.4e12):.3g}"
        '5.88e+23'

    Papers: Kaplan et al., Scaling laws for neural language models, 2020; Chowdhery et al., PaLM, 2022, appendix B. Explained in
    question 100.
    """
    check_numbers(parameters=parameters, tokens=tokens, n_layers=n_layers, width=width, context=context)
    if len({n_layers > 0, width > 0, context > 0}) > 1:
        raise ValueError(f"attention needs n_layers, width and context; got {n_layers}, {width} and {context}")
    attention = 4 * n_layers * width * context / (2 if causal else 1)
    return (4 if recompute else 3) * tokens * (2 * parameters + attention)


def linear_flops(rows: float, n_in: float, n_out: float) -> float:
    """Operations of a linear layer on the way forward: 2 rows n_in n_out; training takes three times as many.

    Args:
        rows: Rows of the input: batch times length.
        n_in: Their width.
        n_out: Width of the output.

    Returns:
        Floating-point operations, without the bias.

    Raises:
        ValueError: A number is negative or not finite.

    Example:
        >>> linear_flops(1, 3, 4)
        24

    Explained in question 100.
    """
    check_numbers(rows=rows, n_in=n_in, n_out=n_out)
    return 2 * rows * n_in * n_out


def mlp_flops(batch: float, sizes: Sequence[float]) -> float:
    """Operations of an MLP on the way forward.

    Args:
        batch: Examples.
        sizes: Widths of input, hidden layers and output.

    Returns:
        Floating-point operations.

    Raises:
        ValueError: There are fewer than two sizes, or a number is negative or not finite.

    Example:
        >>> mlp_flops(1, [3, 4, 2])
        40

    Explained in question 100.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must be at least those of input and output, got {sizes!r}")
    return sum(linear_flops(batch, n_in, n_out) for n_in, n_out in pairwise(sizes))


def conv2d_flops(
    batch: float, channels_in: float, channels_out: float, kernel: tuple[int, int], output: tuple[int, int], groups: int = 1
) -> float:
    """Operations of a convolution on the way forward: each output multiplies kernel height * width * channels_in / groups weights.

    Args:
        batch: Images.
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        kernel: Height and width of the kernel.
        output: Height and width of the output.
        groups: Groups; as many as channels for a depthwise convolution.

    Returns:
        Floating-point operations, without the bias.

    Raises:
        ValueError: A number is negative or not finite, or groups is below 1.

    Example:
        >>> conv2d_flops(1, 3, 64, (3, 3), (32, 32))
        3538944.0

    Explained in question 100.
    """
    check_numbers(batch=batch, channels_in=channels_in, channels_out=channels_out)
    check_numbers(1, groups=groups)
    check_numbers(**{"kernel[0]": kernel[0], "kernel[1]": kernel[1], "output[0]": output[0], "output[1]": output[1]})
    return linear_flops(batch * math.prod(output), math.prod(kernel) * channels_in / groups, channels_out)


def transformer_block_flops(batch: float, length: float, width: float, hidden: float | None = None, causal: bool = False) -> float:
    """Operations of a transformer block on the way forward: projections, attention and feed-forward network.

    Args:
        batch: Sequences.
        length: Tokens of each.
        width: Width of the model.
        hidden: Width inside the feed-forward network; 4 width by default.
        causal: Whether masked scores are left out.

    Returns:
        Floating-point operations.

    Raises:
        ValueError: A number is negative or not finite.

    Example:
        >>> transformer_block_flops(1, 10, 8)
        18560.0

    Explained in question 100.
    """
    hidden = 4 * width if hidden is None else hidden
    check_numbers(batch=batch, length=length, width=width, hidden=hidden)
    projections = 4 * linear_flops(batch * length, width, width)  # queries, keys, values, output
    scores_and_sums = 2 * linear_flops(batch * length, width, length) / (2 if causal else 1)
    return projections + scores_and_sums + 2 * linear_flops(batch * length, width, hidden)


# ---- memory ----

BYTES = {"float32": (4, 4, 4), "mixed": (2, 2, 4), "bfloat16": (2, 2, 2)}
"""Precision -> bytes of a weight, of a gradient, and of each number that the optimizer keeps."""
KEPT = {"adam": 2, "momentum": 1, "lion": 1, "sgd": 0}
"""Optimizer -> how many numbers it keeps for each weight."""


@dataclasses.dataclass(frozen=True)
class MemoryBudget:
    """Bytes on one device.

    Attributes:
        weights: Weights as the forward pass uses them.
        gradients: Their gradients.
        optimizer: What the optimizer keeps, and with mixed precision the 32-bit copy of the weights.
        activations: What the forward pass saves for the backward pass.

    Example:
        >>> MemoryBudget(weights=2.0, gradients=2.0, optimizer=12.0, activations=4.0).total
        20.0

    Explained in question 100.
    """

    weights: float
    gradients: float
    optimizer: float
    activations: float

    @property
    def states(self) -> float:
        """All but the activations."""
        return self.weights + self.gradients + self.optimizer

    @property
    def total(self) -> float:
        """All of it; buffers, fragments and the logits come on top."""
        return self.states + self.activations


def memory_budget(
    parameters: float, *, optimizer: str = "adam", precision: str = "mixed", sharding: int = 0, devices: int = 1, n_layers: int = 0,
    width: int = 0, heads: int = 0, context: int = 0, batch: int = 1, checkpointing: str = "none",
) -> MemoryBudget:  # fmt: skip
    """Memory to train a model, on each of the devices that share its data.

    With Adam a parameter takes 16 bytes: in float32 4 (weight) + 4 (gradient) + 8 (mean and mean square); in mixed precision 2 + 2 + 8 and
    4 for the 32-bit copy. A transformer layer of width h with a heads saves s b h (34 + 5 a s / h) bytes of 16-bit activations for b
    sequences of length s; recomputing the attention leaves 34 s b h, recomputing the whole layer 2 s b h, its input.

    Args:
        parameters: All parameters, N.
        optimizer: "adam", "momentum", "lion" or "sgd".
        precision: "float32", "mixed" (16-bit weights, gradients and activations, 32-bit states and copy) or "bfloat16" (16 bits for all).
        sharding: What is spread over the devices rather than kept by each: 0 nothing, 1 the optimizer's states, 2 gradients too,
            3 weights too (ZeRO's stages).
        devices: How many share the data, from 1.
        n_layers: Transformer layers; 0 leaves activations out.
        width: Width of the model.
        heads: Attention heads.
        context: Length of the sequences.
        batch: Sequences at a time on one device.
        checkpointing: "none", "selective" (recompute scores, softmax and weighted sums in the backward pass, as fused attention does)
            or "full" (keep the inputs of layers; the activations of the one that is being recomputed come on top).

    Returns:
        A `MemoryBudget`, in bytes on one device.

    Raises:
        ValueError: An option is unknown, a number is out of range, or only some of n_layers, width, heads and context are given.

    Example:
        >>> [round(memory_budget(70e9, sharding=stage, devices=64).states / 1e9, 1) for stage in range(4)]
        [1120.0, 293.1, 155.3, 17.5]

    Papers: Rajbhandari et al., ZeRO: memory optimizations toward training trillion parameter models, 2020; Korthikanti et al., Reducing
    activation recomputation in large transformer models, 2023. Explained in question 100.
    """
    choose("optimizer", optimizer, tuple(KEPT))
    choose("precision", precision, tuple(BYTES))
    check_numbers(parameters=parameters, n_layers=n_layers, width=width, heads=heads, context=context, batch=batch)
    check_numbers(1, devices=devices)
    if sharding not in (0, 1, 2, 3):
        raise ValueError(f"sharding must be 0, 1, 2 or 3, got {sharding!r}")
    weight, gradient, kept = BYTES[precision]
    states = KEPT[optimizer] * kept + (4 if precision == "mixed" else 0)
    optimizer_share, gradient_share, weight_share = (devices if sharding >= stage else 1 for stage in (1, 2, 3))
    activations = transformer_activations(n_layers, width, heads, context, batch, checkpointing, 2 if precision == "float32" else 1)
    return MemoryBudget(
        weights=parameters * weight / weight_share,
        gradients=parameters * gradient / gradient_share,
        optimizer=parameters * states / optimizer_share,
        activations=activations,
    )


def transformer_activations(
    n_layers: int, width: int, heads: int, context: int, batch: int, checkpointing: str, factor: int
) -> float:
    """Bytes saved for the backward pass. Of the 34, two are dropout masks of a byte and 32 are 16-bit numbers, as 4 of the 5 are."""
    choose("checkpointing", checkpointing, ("none", "selective", "full"))
    if len({n_layers > 0, width > 0, heads > 0, context > 0}) > 1:
        raise ValueError(f"activations need n_layers, width, heads and context; got {n_layers}, {width}, {heads} and {context}")
    if not n_layers:
        return 0.0
    numbers = context * batch * width
    linear, attention = numbers * (32 * factor + 2), context * batch * heads * context * (4 * factor + 1)
    layer = float(linear + (attention if checkpointing == "none" else 0))
    return n_layers * 2.0 * factor * numbers if checkpointing == "full" else n_layers * layer


def check_numbers(least: float = 0, /, **values: Any) -> None:
    """Refuse what is not a finite number, large enough."""
    for name, value in values.items():
        if not (isinstance(value, Real) and least <= float(value) < math.inf):
            raise ValueError(f"{name} must be a finite number of at least {least}, got {value!r}")
