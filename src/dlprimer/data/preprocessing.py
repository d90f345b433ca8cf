"""Preprocessing: bring inputs to a common scale, with numbers that come from the training data alone."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def standardize(train: Any, *others: Any, axis: int | tuple[int, ...] = 0) -> Any:
    """Shift and scale each feature to mean 0 and standard deviation 1 on the training data; apply the same to other data.

    Args:
        train: Training inputs (N, ...) of floats; integers become float32.
        *others: Inputs (M, ...) with the same features, such as validation and test, which must not be looked at.
        axis: Over which axes mean and deviation are taken: 0 for each feature (each pixel), (0, 1, 2) for one scale for
            images (N, H, W).

    Returns:
        The standardized array, or with others a tuple of arrays in the order given, in the dtype of `train`. A feature that is
        constant on the training data is only shifted.

    Raises:
        ValueError: An array is empty, holds NaN or infinity, or its features do not fit those of `train`.
        TypeError: An array does not hold numbers.

    Example:
        >>> train, test = standardize(np.array([[0.0], [2.0], [4.0]]), np.array([[2.0]]))
        >>> train.round(2).tolist(), test.tolist()
        ([[-1.22], [0.0], [1.22]], [[0.0]])

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998. Explained in question 21.
    """
    arrays = [numbers(f"array {i}" if i else "train", array) for i, array in enumerate((train, *others))]
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if not axes or not all(-arrays[0].ndim <= a < arrays[0].ndim for a in axes):
        raise ValueError(f"axis must name axes of train, which has shape {arrays[0].shape}; got {axis}")
    wide = arrays[0].astype(np.float64)
    mean, std = wide.mean(axis=axes, keepdims=True), wide.std(axis=axes, keepdims=True)
    # Rounding leaves a trace of deviation in a constant feature; dividing by it would blow up the noise.
    std = np.where(np.ptp(wide, axis=axes, keepdims=True) == 0, 1.0, std)
    results = []
    for i, array in enumerate(arrays):
        if array.ndim != wide.ndim or array.shape[1:] != wide.shape[1:]:
            raise ValueError(f"array {i} has shape {array.shape}, which does not fit train of shape {wide.shape}")
        results.append(((array - mean) / std).astype(arrays[0].dtype))
    return results[0] if not others else tuple(results)


def numbers(name: str, values: Any) -> Array:
    """An array of finite floats with at least one example."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got dtype {array.dtype}")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must hold examples along the first axis, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} contains NaN or infinity at index {np.argwhere(~np.isfinite(array))[0].tolist()}; mend it first"
        )
    return array if array.dtype.kind == "f" else array.astype(np.float32)
