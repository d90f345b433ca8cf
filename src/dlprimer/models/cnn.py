"""LeNet: the first convolutional network of note, still the shape of many small ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array
from ..nn.activations import Activation
from ..nn.arguments import choose
from ..nn.convolution import Conv2d, Pair, whole_numbers
from ..nn.linear import Linear
from ..nn.module import Module
from ..nn.pooling import AvgPool2d, MaxPool2d

ORIGINAL_SIZES = (32, 14)
"""Of the images that reach the two convolutions in the paper."""


class LeNet(Module):
    """LeNet-5: twice convolution, activation and pooling, then three linear layers.

    A convolution adds two zeros on each side, which keeps the size, if its input is smaller than in the paper, 32 and 14 pixels. So
    the classic layer sizes come out for 28 and 32 pixels, and images of 8 x 8 work too.

    Args:
        in_channels: Channels of the images.
        num_classes: Length of the output.
        image_size: Height and width of the images, one number or a pair, at least 4.
        activation: Name of the activation function, see `Activation`; the paper's was a scaled tanh.
        pooling: "max", or "avg", which is nearer to the paper.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Attributes:
        conv1, conv2: Convolutions with 6 and 16 kernels of 5 x 5.
        fc1, fc2, fc3: Linear layers to 120, 84 and `num_classes` units.

    Returns (when called with (N, in_channels, *image_size)): logits (N, num_classes).

    Raises:
        ValueError: For sizes below 1, an image below 4 pixels, or an unknown activation or pooling; when called, for images of another
            shape.

    Example:
        >>> model = LeNet(image_size=28, rng=np.random.default_rng(0))
        >>> model(np.zeros((2, 1, 28, 28), np.float32)).shape, model.number_of_parameters()
        ((2, 10), 61706)

    Paper: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998. Explained in question 62.
    """

    def __init__(
        self, in_channels: int = 1, num_classes: int = 10, image_size: int | Pair = 28, activation: str = "relu", pooling: str = "max",
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("LeNet: pooling", pooling, ("max", "avg"))
        self.image_size = whole_numbers("LeNet: image_size", image_size, 2, 4)
        size, paddings = self.image_size, []
        for original in ORIGINAL_SIZES:
            padding = tuple(2 if n < original else 0 for n in size)
            size = tuple((n + 2 * p - 4) // 2 for n, p in zip(size, padding, strict=True))
            paddings.append(padding)
        self.conv1 = Conv2d(in_channels, 6, 5, padding=paddings[0], rng=rng, dtype=dtype)
        self.conv2 = Conv2d(6, 16, 5, padding=paddings[1], rng=rng, dtype=dtype)
        self.pool = MaxPool2d(2) if pooling == "max" else AvgPool2d(2)
        self.activation = Activation(activation)
        self.fc1 = Linear(16 * size[0] * size[1], 120, rng=rng, dtype=dtype)
        self.fc2 = Linear(120, 84, rng=rng, dtype=dtype)
        self.fc3 = Linear(84, num_classes, rng=rng, dtype=dtype)

    def forward(self, x: Array) -> Any:
        expected = (self.conv1.in_channels, *self.image_size)
        if x.ndim != 4 or x.shape[1:] != expected:
            raise ValueError(f"LeNet: images must be (N, {', '.join(map(str, expected))}), got shape {x.shape}")
        x = self.pool(self.activation(self.conv1(x)))  # (N, 6, H / 2, W / 2)
        x = self.pool(self.activation(self.conv2(x)))  # (N, 16, H / 4, W / 4), less what the borders cost
        x = x.reshape(x.shape[0], -1)
        x = self.activation(self.fc2(self.activation(self.fc1(x))))
        return self.fc3(x)
