"""The multilayer perceptron: linear layers with an activation function between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import Array
from ..nn.activations import Activation
from ..nn.linear import Linear
from ..nn.module import Module, Sequential


class MLP(Module):
    """Linear layers of the given widths, with an activation after each but the last.

    Args:
        sizes: Widths from input to output, at least two, such as [64, 32, 10].
        activation: Name of the activation function, see `Activation`.
        bias: Whether the linear layers have biases.
        rng: Source of the initial weights (PyTorch's default for linear layers).
        dtype: Of the parameters.

    Attributes:
        layers: The linear layers and activations in order, named as in PyTorch's `Sequential`.

    Raises:
        ValueError: For fewer than two sizes, sizes below 1, or an unknown activation.

    Example:
        >>> model = MLP([2, 16, 3], rng=np.random.default_rng(0))
        >>> model(np.zeros((5, 2), np.float32)).shape, model.number_of_parameters()
        ((5, 3), 99)

    Explained in question 2.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str = "relu", bias: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        if len(sizes) < 2 or any(not isinstance(size, (int, np.integer)) or size < 1 for size in sizes):
            raise ValueError(f"MLP: sizes must be at least two positive whole numbers, from input to output, got {sizes!r}")
        layers: list[Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [Linear(int(n_in), int(n_out), bias, rng=rng, dtype=dtype), Activation(activation)]
        self.layers = Sequential(*layers[:-1])

    def forward(self, x: Array) -> Any:
        return self.layers(x)
