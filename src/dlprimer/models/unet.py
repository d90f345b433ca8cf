"""U-Net: an image goes down to small and back up to full size, and shortcuts bring the fine detail across."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array
from ..nn.activations import Activation
from ..nn.convolution import Conv2d, ConvTranspose2d
from ..nn.module import Module, Sequential
from ..nn.normalization import BatchNorm2d
from ..nn.pooling import MaxPool2d


def twice(inputs: int, outputs: int, rng: np.random.Generator, dtype: Any) -> Sequential:
    """Convolution, batch normalization and ReLU, two times; the size stays."""
    layers: list[Module] = []
    for n in (inputs, outputs):
        convolution = Conv2d(n, outputs, 3, padding=1, bias=False, rng=rng, dtype=dtype)
        layers += [convolution, BatchNorm2d(outputs, dtype=dtype), Activation("relu")]
    return Sequential(*layers)


class UNet(Module):
    """A class, or any other numbers, for each pixel of an image.

    The way down halves the image `depth` times, the way up doubles it as often, and at each size the way up gets what the way down had
    there, through a skip connection. Unlike the paper it pads, so that the output has the size of the input, and normalizes batches.

    Args:
        in_channels: Channels of the images.
        out_channels: Numbers for each pixel, for example logits of classes.
        width: Channels at full size; each halving of the size doubles them.
        depth: How often the size is halved.
        skips: False for the same network without skip connections.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Attributes:
        down: The blocks of the way down, from full size on.
        bottom: The block at the smallest size.
        enlarge: The transposed convolutions of the way up, from the smallest size on.
        up: The blocks of the way up.
        head: The 1x1 convolution to `out_channels`.

    Returns (when called with (N, in_channels, H, W)): (N, out_channels, H, W).

    Raises:
        ValueError: For sizes below 1; when called, for images whose height or width 2**depth does not divide.

    Example:
        >>> model = UNet(1, 2, width=4, depth=2, rng=np.random.default_rng(0))
        >>> model(np.zeros((1, 1, 8, 12), np.float32)).shape
        (1, 2, 8, 12)

    Paper: Ronneberger, Fischer and Brox, U-Net: convolutional networks for biomedical image segmentation, 2015. Explained in
    question 70.
    """

    def __init__(
        self, in_channels: int = 1, out_channels: int = 2, width: int = 16, depth: int = 2, skips: bool = True,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        sizes = (in_channels, out_channels, width, depth)
        if any(not isinstance(n, (int, np.integer)) or n < 1 for n in sizes):
            raise ValueError(f"UNet: in_channels, out_channels, width and depth must be positive whole numbers, got {sizes}")
        self.in_channels, self.depth, self.skips = in_channels, depth, skips
        widths = [width * 2**i for i in range(depth + 1)]
        self.down = [twice(n_in, n_out, rng, dtype) for n_in, n_out in zip([in_channels, *widths], widths[:-1], strict=False)]
        self.pool = MaxPool2d(2)
        self.bottom = twice(widths[-2], widths[-1], rng, dtype)
        upward = widths[-2::-1]
        self.enlarge = [ConvTranspose2d(2 * n, n, 2, stride=2, rng=rng, dtype=dtype) for n in upward]
        self.up = [twice(2 * n if skips else n, n, rng, dtype) for n in upward]
        self.head = Conv2d(width, out_channels, 1, rng=rng, dtype=dtype)

    def forward(self, x: Array) -> Any:
        step = 2**self.depth
        if x.ndim != 4 or x.shape[1] != self.in_channels or x.shape[2] % step or x.shape[3] % step or 0 in x.shape[2:]:
            raise ValueError(f"UNet: images must be (N, {self.in_channels}, H, W) with H and W multiples of {step}, got shape {x.shape}")
        seen = []
        for block in self.down:
            x = block(x)
            seen.append(x)  # (N, width * 2**i, H / 2**i, W / 2**i)
            x = self.pool(x)
        x = self.bottom(x)
        for enlarge, block in zip(self.enlarge, self.up, strict=True):
            x = enlarge(x)
            skip = seen.pop()
            x = block(np.concatenate([skip, x], axis=1) if self.skips else x)
        return self.head(x)
