"""Residual networks: blocks that add a correction to their input, so that a hundred layers train as readily as ten."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import Array
from ..nn.activations import relu
from ..nn.arguments import choose
from ..nn.convolution import Conv2d
from ..nn.initialization import he_normal
from ..nn.linear import Linear
from ..nn.module import Module, Sequential
from ..nn.normalization import BatchNorm2d
from ..nn.pooling import MaxPool2d, adaptive_avg_pool2d


class _Block(Module):
    """Convolutions with batch normalization, conv1, bn1, conv2, ..., and the shortcut around them."""

    expansion = 1

    def __init__(
        self, inputs: int, sizes: list[tuple[int, int, int]], stride: int, shortcut: bool, rng: np.random.Generator, dtype: Any
    ) -> None:
        """Sizes: (outputs, kernel size, stride) of each convolution."""
        widths = [inputs, *(outputs for outputs, _, _ in sizes)]
        self.depth = len(sizes)
        for i, ((n_in, n_out), (_, kernel, step)) in enumerate(zip(pairwise(widths), sizes, strict=True), 1):
            setattr(self, f"conv{i}", Conv2d(n_in, n_out, kernel, step, kernel // 2, bias=False, rng=rng, dtype=dtype))
            setattr(self, f"bn{i}", BatchNorm2d(n_out, dtype=dtype))
        self.shortcut = shortcut
        self.downsample = None
        if shortcut and (stride != 1 or inputs != widths[-1]):
            project = Conv2d(inputs, widths[-1], 1, stride, bias=False, rng=rng, dtype=dtype)
            self.downsample = Sequential(project, BatchNorm2d(widths[-1], dtype=dtype))

    def forward(self, x: Array) -> Any:
        y = x
        for i in range(1, self.depth + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = relu(y) if i < self.depth else y
        if self.shortcut:
            y = y + (x if self.downsample is None else self.downsample(x))
        return relu(y)


class BasicBlock(_Block):
    """Two 3x3 convolutions with a shortcut around them.

    Args:
        inputs: Channels of the input.
        width: Channels of the output.
        stride: Of the first convolution. Where stride or channels change, a 1x1 convolution `downsample` fits the shortcut.
        shortcut: False for the plain block, without the shortcut.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Returns (when called with (N, inputs, H, W)): (N, width, H / stride, W / stride).

    Example:
        >>> block = BasicBlock(8, 16, stride=2, rng=np.random.default_rng(0))
        >>> block(np.zeros((1, 8, 6, 6), np.float32)).shape
        (1, 16, 3, 3)

    Paper: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016. Explained in question 67.
    """

    def __init__(
        self, inputs: int, width: int, stride: int = 1, shortcut: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        super().__init__(inputs, [(width, 3, stride), (width, 3, 1)], stride, shortcut, rng, dtype)


class Bottleneck(_Block):
    """A 1x1 convolution to few channels, a 3x3 convolution among them, a 1x1 convolution to four times as many; and a shortcut.

    Args:
        inputs: Channels of the input.
        width: Channels in the middle, a quarter of the output's.
        stride: Of the 3x3 convolution. Where stride or channels change, a 1x1 convolution `downsample` fits the shortcut.
        shortcut: False for the plain block, without the shortcut.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Returns (when called with (N, inputs, H, W)): (N, 4 * width, H / stride, W / stride).

    Example:
        >>> block = Bottleneck(32, 8, rng=np.random.default_rng(0))
        >>> block(np.zeros((1, 32, 6, 6), np.float32)).shape, block.number_of_parameters()
        ((1, 32, 6, 6), 1184)

    Paper: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016. Explained in question 68.
    """

    expansion = 4

    def __init__(
        self, inputs: int, width: int, stride: int = 1, shortcut: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        super().__init__(inputs, [(width, 1, 1), (width, 3, stride), (4 * width, 1, 1)], stride, shortcut, rng, dtype)


class ResNet(Module):
    """A residual network: a first convolution, stages of blocks, each of half the size and twice the width of the one before, and means.

    The parameters have torchvision's names: conv1, bn1, layer1.0.conv1, ..., layer2.0.downsample.0, ..., fc. With the default stem and
    width, `ResNet("basic", [2, 2, 2, 2])` is its resnet18, `ResNet("bottleneck", [3, 4, 6, 3])` its resnet50.

    Args:
        block: "basic" (two 3x3 convolutions) or "bottleneck" (1x1, 3x3, 1x1).
        layers: Blocks in each stage.
        num_classes: Length of the output.
        in_channels: Channels of the images.
        width: Of the first stage.
        stem: "large" (7x7 convolution with stride 2, then max pooling: a quarter of the size) or "small" (3x3 convolution, for images
            of about 8 to 64 pixels).
        shortcuts: False for the plain network of the same depth, without shortcuts.
        rng: Source of the initial weights: normal as He et al. propose, with fan-out.
        dtype: Of the parameters.

    Returns (when called with (N, in_channels, H, W)): logits (N, num_classes).

    Raises:
        ValueError: For an unknown block or stem, no stage, or numbers below 1.

    Example:
        >>> model = ResNet("basic", [1, 1], 10, in_channels=1, width=8, stem="small", rng=np.random.default_rng(0))
        >>> model(np.zeros((2, 1, 8, 8), np.float32)).shape, model.number_of_parameters()
        ((2, 10), 5122)

    Paper: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016. Explained in question 67.
    """

    def __init__(
        self, block: str = "basic", layers: Sequence[int] = (2, 2, 2, 2), num_classes: int = 1000, in_channels: int = 3, width: int = 64,
        stem: str = "large", shortcuts: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("ResNet: block", block, ("basic", "bottleneck"))
        choose("ResNet: stem", stem, ("large", "small"))
        if not layers or any(not isinstance(n, (int, np.integer)) or n < 1 for n in (*layers, num_classes, in_channels, width)):
            raise ValueError(f"ResNet: layers must be at least one number, and they, num_classes, in_channels and width positive, got "
                             f"layers={layers!r}, {num_classes}, {in_channels} and {width}")  # fmt: skip
        kind = BasicBlock if block == "basic" else Bottleneck
        large = stem == "large"
        kernel, step, padding = (7, 2, 3) if large else (3, 1, 1)
        self.conv1 = Conv2d(in_channels, width, kernel, step, padding, bias=False, rng=rng, dtype=dtype)
        self.bn1 = BatchNorm2d(width, dtype=dtype)
        self.maxpool = MaxPool2d(3, 2, 1) if large else None
        self.stages = len(layers)
        channels = width
        for i, blocks in enumerate(layers):
            stage = []
            for j in range(blocks):
                stage.append(kind(channels, width * 2**i, 2 if i > 0 and j == 0 else 1, shortcuts, rng=rng, dtype=dtype))
                channels = width * 2**i * kind.expansion
            setattr(self, f"layer{i + 1}", Sequential(*stage))
        self.fc = Linear(channels, num_classes, rng=rng, dtype=dtype)
        for module in self.modules():
            if isinstance(module, Conv2d):
                module.weight.data = he_normal(module.weight.shape, "fan_out", rng=rng, dtype=dtype)

    def forward(self, x: Array) -> Any:
        x = relu(self.bn1(self.conv1(x)))  # (N, width, H, W), with the large stem H / 2
        x = x if self.maxpool is None else self.maxpool(x)
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        x = adaptive_avg_pool2d(x, 1)  # (N, channels, 1, 1)
        return self.fc(x.reshape(*x.shape[:2]))
