"""Toy data in the plane: each set poses one difficulty, and a plot shows whether a model meets it."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def moons(n: int = 200, noise: float = 0.1, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two interleaved half circles, which no straight line separates.

    Args:
        n: Number of points, at least 2.
        noise: Standard deviation of the normal noise on each coordinate; the half circles have radius 1.
        rng: Source of noise and order.

    Returns:
        X (n, 2) float32 and y (n,) int64 of 0 (upper moon) and 1, half and half, shuffled.

    Raises:
        ValueError: `n` or `noise` is out of range.

    Example:
        >>> X, y = moons(100, noise=0.1, rng=np.random.default_rng(0))
        >>> X.shape, X.dtype.name, np.bincount(y).tolist()
        ((100, 2), 'float32', [50, 50])

    Explained in question 6.
    """
    y = balanced_labels(n, 2)
    angle = np.concatenate([np.linspace(0, np.pi, count) for count in np.bincount(y)])
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return finished(np.where(y[:, None] == 0, upper, lower), y, noise, rng)


def rings(n: int = 200, noise: float = 0.1, *, factor: float = 0.5, rng: np.random.Generator) -> tuple[Array, Array]:
    """A ring within a ring: linearly separable in the squared radius, not in the plane.

    Args:
        n: Number of points, at least 2.
        noise: Standard deviation of the normal noise on each coordinate; the outer ring has radius 1.
        factor: Radius of the inner ring, above 0 and below 1.
        rng: Source of noise and order.

    Returns:
        X (n, 2) float32 and y (n,) int64 of 0 (outer) and 1 (inner), half and half, shuffled.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> X, y = rings(100, noise=0.0, rng=np.random.default_rng(0))
        >>> sorted(set(np.hypot(X[:, 0], X[:, 1]).round(3).tolist()))
        [0.5, 1.0]

    Explained in question 6.
    """
    if not 0 < factor < 1:
        raise ValueError(f"factor must be above 0 and below 1, got {factor}")
    y = balanced_labels(n, 2)
    angle = np.concatenate([np.linspace(0, 2 * np.pi, count, endpoint=False) for count in np.bincount(y)])
    radius = np.where(y == 0, 1.0, factor)
    return finished(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y, noise, rng)


def spirals(
    n: int = 200, noise: float = 0.02, *, classes: int = 2, turns: float = 1.5, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Interleaved spiral arms, one a class: the boundary winds, and small networks show where they run out of bends.

    Args:
        n: Number of points, at least one a class.
        noise: Standard deviation of the normal noise on each coordinate; the arms end at radius 1.
        classes: Number of arms, at least 2.
        turns: How often each arm goes round.
        rng: Source of noise and order.

    Returns:
        X (n, 2) float32 and y (n,) int64 from 0 to classes - 1, in equal parts, shuffled.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> X, y = spirals(90, classes=3, rng=np.random.default_rng(0))
        >>> np.bincount(y).tolist()
        [30, 30, 30]

    Explained in question 8.
    """
    if classes < 2 or turns <= 0:
        raise ValueError(f"expected classes >= 2 and turns > 0, got {classes} and {turns}")
    y = balanced_labels(n, classes)
    radius = np.concatenate([np.linspace(0.1, 1, count) for count in np.bincount(y)])
    angle = 2 * np.pi * (turns * radius + y / classes)
    return finished(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y, noise, rng)


def blobs(n: int = 200, *, centers: Any = 3, std: float = 1.0, rng: np.random.Generator) -> tuple[Array, Array]:
    """Normal clouds, one a class: the case that a linear classifier is made for.

    Args:
        n: Number of points, at least one a cloud.
        centers: Array (K, 2) of centers, or how many to draw uniformly from the square from -10 to 10.
        std: Standard deviation of each coordinate about its center.
        rng: Source of centers, points and order.

    Returns:
        X (n, 2) float32 and y (n,) int64 from 0 to K - 1, in equal parts, shuffled.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> X, y = blobs(300, centers=[[0, 0], [5, 5]], std=0.5, rng=np.random.default_rng(0))
        >>> X[y == 1].mean(axis=0).round().tolist()
        [5.0, 5.0]

    Explained in question 20.
    """
    if np.ndim(centers) == 0:
        if centers < 1:
            raise ValueError(f"centers must be an array (K, 2) or a number from 1, got {centers}")
        centers = rng.uniform(-10, 10, (int(centers), 2))
    centers = np.asarray(centers, dtype=np.float64)
    if centers.ndim != 2 or centers.shape[1] != 2 or not np.isfinite(centers).all():
        raise ValueError(f"centers must be finite with shape (K, 2), got shape {centers.shape}")
    y = balanced_labels(n, len(centers))
    return finished(centers[y], y, std, rng)


def swiss_roll(
    n: int = 200, noise: float = 0.02, *, turns: float = 1.5, classes: int = 1, rng: np.random.Generator
) -> tuple[Array, Array]:
    """One long band rolled up in the plane: a thin curve that a generative model has to follow.

    Args:
        n: Number of points, at least one a class.
        noise: Standard deviation of the normal noise on each coordinate; the roll ends at radius 1.
        turns: How often the band goes round.
        classes: Into how many parts, equal in points, the band is labeled from the inside out.
        rng: Source of the positions along the band, the noise and the order.

    Returns:
        X (n, 2) float32 and y (n,) int64 from 0 to classes - 1, shuffled. (scikit-learn's roll is the same band in three
        dimensions, with the position along it in place of y.)

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> X, y = swiss_roll(500, rng=np.random.default_rng(0))
        >>> X.shape, bool(np.abs(X).max() < 1.2)
        ((500, 2), True)

    Explained in question 97.
    """
    if turns <= 0:
        raise ValueError(f"turns must be above 0, got {turns}")
    y = balanced_labels(n, classes)
    radius = np.sort(1 / 3 + 2 / 3 * rng.random(n))
    angle = 2 * np.pi * turns * (radius - 1 / 3) * 1.5
    return finished(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y, noise, rng)


def gaussian_ring(
    n: int = 200, std: float = 0.05, *, modes: int = 8, radius: float = 1.0, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Narrow normal clouds on a circle: the test on which a GAN shows whether it found every mode.

    Args:
        n: Number of points, at least one a mode.
        std: Standard deviation of each coordinate within a mode.
        modes: Number of clouds.
        radius: Radius of the circle on which their centers lie.
        rng: Source of points and order.

    Returns:
        X (n, 2) float32 and y (n,) int64, the mode from 0 to modes - 1, in equal parts, shuffled. Mode k lies at the angle
        2 pi k / modes.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> X, y = gaussian_ring(80, rng=np.random.default_rng(0))
        >>> np.bincount(y).tolist()
        [10, 10, 10, 10, 10, 10, 10, 10]

    Source: Metz et al., Unrolled generative adversarial networks, 2017. Explained in question 95.
    """
    if radius <= 0:
        raise ValueError(f"radius must be above 0, got {radius}")
    y = balanced_labels(n, modes)
    angle = 2 * np.pi * y / modes
    return finished(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), y, std, rng)


def balanced_labels(n: int, classes: int) -> Array:
    """n labels in ascending order, their counts equal or one apart."""
    if classes < 1 or n < classes:
        raise ValueError(f"expected at least one class and one point a class, got n={n} and {classes} classes")
    return np.arange(n) * classes // n


def finished(points: Array, y: Array, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Points with noise, in random order, as float32 and int64."""
    if not (np.isfinite(noise) and noise >= 0):
        raise ValueError(f"the standard deviation of the noise must be finite and not negative, got {noise}")
    order = rng.permutation(len(y))
    noisy = points + noise * rng.standard_normal(points.shape)
    return noisy[order].astype(np.float32), y[order].astype(np.int64)
