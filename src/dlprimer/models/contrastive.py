"""Contrastive learning: a network learns what is the same in two views of an example, without any label."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array
from ..nn.module import Module
from ..nn.similarity import nt_xent
from .mlp import MLP


class SimCLR(Module):
    """An encoder that learns by recognizing one view of an example by another, and the head on which it is judged.

    The loss compares what the projection head makes of the encoder's features. Afterwards the head is thrown away: calling the model
    gives the features.

    Args:
        encoder: A module (N, ...) -> (N, n_features).
        n_features: Length of the encoder's output.
        n_hidden: Width of the head's hidden layer.
        n_out: Length of the vectors that are compared.
        temperature: Of the loss, above 0; a low one attends to the most similar negatives.
        rng: Source of the head's initial weights.
        dtype: Of the head's parameters.

    Attributes:
        encoder: The module given.
        projector: MLP (N, n_features) -> (N, n_out).

    Raises:
        ValueError: If the temperature is not positive.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> model = SimCLR(MLP([64, 32, 16], rng=rng), 16, rng=rng)
        >>> x = rng.standard_normal((10, 64)).astype(np.float32)
        >>> loss = model.loss(x + 0.1, x - 0.1)
        >>> model(x).shape
        (10, 16)

    Paper: Chen et al., A simple framework for contrastive learning of visual representations, 2020. Explained in question 98.
    """

    def __init__(
        self, encoder: Module, n_features: int, n_hidden: int = 64, n_out: int = 16, temperature: float = 0.5,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        if not temperature > 0:
            raise ValueError(f"SimCLR: temperature must be positive, got {temperature}")
        self.encoder = encoder
        self.projector = MLP([n_features, n_hidden, n_out], rng=rng, dtype=dtype)
        self.temperature = temperature

    def forward(self, x: Array) -> Any:
        """The features (N, n_features)."""
        return self.encoder(x)

    def loss(self, view1: Array, view2: Array) -> Any:
        """NT-Xent of two batches of views; rows of the same number show the same example. log(2N - 1) is what chance gives."""
        if np.shape(view1) != np.shape(view2) or np.ndim(view1) < 2 or not len(view1):
            raise ValueError(f"SimCLR: the views must have the same shape (N, ...), got {np.shape(view1)} and {np.shape(view2)}")
        z = self.projector(self.encoder(np.concatenate([view1, view2])))  # (2N, n_out)
        return nt_xent(z[: len(view1)], z[len(view1) :], self.temperature)
