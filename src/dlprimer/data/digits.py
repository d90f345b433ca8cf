"""The optical digits: the small real data set on which the book's experiments run."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def digits() -> tuple[Array, Array]:
    """Handwritten digits: 1,797 images of 8 x 8 pixels, the UCI "optical recognition of handwritten digits" test set.

    The order is the original one, in which the digits of one writer follow one another: a split that keeps the order puts other
    writers into the test set than into the training set, and is harder than a shuffled one.

    Returns:
        images (1797, 8, 8) float32 from 0 (paper) to 1 (ink), and labels (1797,) int64 from 0 to 9; new arrays at every call.

    Example:
        >>> images, labels = digits()
        >>> images.shape, labels[:5].tolist(), float(images.max())
        ((1797, 8, 8), [0, 1, 2, 3, 4], 1.0)

    Source: Alpaydin and Kaynak, 1998 (CC BY 4.0). Explained in question 16.
    """
    with (
        resources.files(__package__).joinpath("digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        return arrays["images"].astype(np.float32) / np.float32(16), arrays["labels"].astype(np.int64)
