"""Problems on which the behavior of optimizers can be computed: quadratics, and a function that defeats one tuned for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable


class Quadratic:
    """The bowl `0.5 (w - minimizer)^T H (w - minimizer)`, with given curvatures along perpendicular axes.

    Args:
        curvatures: Eigenvalues (d,) of the Hessian H, above 0.
        rotation: Angle in radians by which the first two axes are turned; 0 leaves H diagonal.
        minimizer: (d,), the lowest point; the origin if None.

    Attributes:
        hessian: (d, d).
        condition_number: Largest over smallest curvature.

    Raises:
        ValueError: If a curvature is not positive, or the shapes do not fit.

    Example:
        >>> bowl = Quadratic([1.0, 100.0])
        >>> bowl(np.array([1.0, 1.0])).item(), bowl.gradient(np.array([1.0, 1.0])).tolist(), bowl.condition_number
        (50.5, [1.0, 100.0], 100.0)

    Explained in question 33.
    """

    def __init__(self, curvatures: Sequence[float] | np.ndarray, rotation: float = 0.0, minimizer: Any = None) -> None:
        eigenvalues = np.asarray(curvatures, dtype=np.float64)
        if eigenvalues.ndim != 1 or eigenvalues.size == 0 or not np.all((eigenvalues > 0) & np.isfinite(eigenvalues)):
            raise ValueError(f"Quadratic: curvatures must be a list of positive numbers, got {curvatures!r}")
        if rotation and eigenvalues.size < 2:
            raise ValueError("Quadratic: one dimension cannot be rotated")
        self.curvatures = eigenvalues
        self.condition_number = float(eigenvalues.max() / eigenvalues.min())
        self.minimizer = np.zeros(eigenvalues.size) if minimizer is None else np.asarray(minimizer, dtype=np.float64)
        if self.minimizer.shape != eigenvalues.shape:
            raise ValueError(f"Quadratic: minimizer must have shape {eigenvalues.shape}, got {self.minimizer.shape}")
        axes = np.eye(eigenvalues.size)
        if rotation:
            axes[:2, :2] = [[math.cos(rotation), -math.sin(rotation)], [math.sin(rotation), math.cos(rotation)]]
        self.hessian = axes * eigenvalues @ axes.T

    def gradient(self, w: np.ndarray) -> Any:
        """H (w - minimizer), for a point (d,) or several (..., d)."""
        return (w - self.minimizer) @ self.hessian

    def __call__(self, w: Array) -> Any:
        """The height above the lowest point, for a point (d,) or several (..., d)."""
        return _height(w, self.hessian, self.minimizer)


@differentiable
def _height(w: Array, hessian: Array, minimizer: Array) -> WithGradient:
    offset = w - minimizer
    slope = offset @ hessian
    return 0.5 * (offset * slope).sum(axis=-1), lambda g: g[..., None] * slope


class PiecewiseQuadratic:
    """A smooth, strongly convex function of one number whose slope is 25 in the middle section's flanks and 1 within it.

    Its derivative is 25 x below 1, x + 24 from 1 to 2, and 25 x - 24 above: curvature between m = 1 and L = 25 everywhere. Heavy
    ball with the settings that are optimal on quadratics of that curvature circles around the minimum at 0 forever.

    Example:
        >>> PiecewiseQuadratic().gradient(np.array([0.5, 1.5, 3.0])).tolist()
        [12.5, 25.5, 51.0]

    Paper: Lessard, Recht and Packard, Analysis and design of optimization algorithms via integral quadratic constraints, 2016,
    section 4.6. Explained in question 33.
    """

    smallest_curvature, largest_curvature = 1.0, 25.0

    def gradient(self, x: Any) -> Any:
        """The derivative, for numbers of any shape."""
        return np.where(x < 1, 25 * x, np.where(x < 2, x + 24, 25 * x - 24))

    def __call__(self, x: Any) -> Any:
        """The function itself, 0 at its minimum."""
        low = 12.5 * np.square(x)
        middle = 0.5 * np.square(x) + 24 * x - 12
        high = 12.5 * np.square(x) - 24 * x + 36
        return np.where(x < 1, low, np.where(x < 2, middle, high))


def optimal_gradient_descent(m: float, L: float) -> dict[str, float]:
    """The settings for SGD that are fastest on quadratics with curvatures from m to L: lr = 2 / (L + m), rate (k - 1) / (k + 1).

    Args:
        m: Smallest curvature, above 0.
        L: Largest curvature, at least m.

    Returns:
        Settings for `SGD`.

    Example:
        >>> optimal_gradient_descent(1.0, 3.0)
        {'lr': 0.5}

    Explained in question 33.
    """
    _check_curvatures(m, L)
    return {"lr": 2 / (L + m)}


def optimal_heavy_ball(m: float, L: float) -> dict[str, float]:
    """The settings for SGD with momentum that are fastest on quadratics with curvatures from m to L; rate (sqrt k - 1) / (sqrt k + 1).

    Args:
        m: Smallest curvature, above 0.
        L: Largest curvature, at least m.

    Returns:
        Settings for `SGD`.

    Example:
        >>> {name: round(value, 4) for name, value in optimal_heavy_ball(1.0, 25.0).items()}
        {'lr': 0.1111, 'momentum': 0.4444}

    Paper: Polyak, Some methods of speeding up the convergence of iteration methods, 1964. Explained in question 33.
    """
    _check_curvatures(m, L)
    a, b = math.sqrt(L), math.sqrt(m)
    return {"lr": 4 / (a + b) ** 2, "momentum": ((a - b) / (a + b)) ** 2}


def standard_nesterov(m: float, L: float) -> dict[str, Any]:
    """The usual settings of Nesterov momentum for curvatures from m to L, with a guarantee for every such convex function.

    Args:
        m: Smallest curvature, above 0.
        L: Largest curvature, at least m.

    Returns:
        Settings for `SGD`: lr = 1 / L, momentum = (sqrt k - 1) / (sqrt k + 1).

    Example:
        >>> {name: round(value, 4) for name, value in standard_nesterov(1.0, 25.0).items()}
        {'lr': 0.04, 'momentum': 0.6667, 'nesterov': 1}

    Source: Nesterov, Introductory lectures on convex optimization, 2004, section 2.2. Explained in question 33.
    """
    _check_curvatures(m, L)
    a, b = math.sqrt(L), math.sqrt(m)
    return {"lr": 1 / L, "momentum": (a - b) / (a + b), "nesterov": True}


def _check_curvatures(m: float, L: float) -> None:
    if not 0 < m <= L < math.inf:
        raise ValueError(f"curvatures must satisfy 0 < m <= L, got m={m} and L={L}")
