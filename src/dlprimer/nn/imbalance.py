"""Losses for when nearly everything is background: they keep the many easy examples from drowning the few that matter."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import floating
from .linear import one_hot
from .losses import reduced, same_shape


@differentiable
@floating("input", "target", same_dtype=True)
def focal_loss(input: Array, target: Array, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> WithGradient:
    """Binary cross-entropy times (1 - p)^gamma, where p is the probability given to the truth: what is easily right hardly counts.

    As torchvision's `sigmoid_focal_loss`: each class is a yes-or-no question of its own, and the default is not reduced.

    Args:
        input: Logits, any shape.
        target: Same shape, in [0, 1], usually 0 or 1.
        alpha: Weight of the positives, in [0, 1]; negatives get 1 - alpha. -1 for no weights.
        gamma: How quickly confidence makes a loss negligible, at least 0; 0 gives the (weighted) cross-entropy.
        reduction: "none", "sum" or "mean", over elements.

    Returns:
        An array, or one number, in nats.

    Raises:
        ValueError: If shapes differ or a setting is out of range.

    Example:
        >>> focal_loss(np.array([0.0, 4.0]), np.array([1.0, 1.0]), alpha=-1).round(6).tolist()
        [0.173287, 6e-06]

    Paper: Lin et al., Focal loss for dense object detection, 2017. Explained in question 45.
    """
    z, y = input, target
    same_shape("focal_loss", z, y)
    if not (0 <= alpha <= 1 or alpha == -1) or not gamma >= 0:
        raise ValueError(f"focal_loss: alpha must be from 0 to 1, or -1, and gamma at least 0, got {alpha} and {gamma}")
    p = 0.5 * np.tanh(0.5 * z) + 0.5
    loss = np.logaddexp(0, -z) + (1 - y) * z  # cross-entropy
    miss = y * (1 - p) + (1 - y) * p  # 1 minus the probability given to the truth
    a = 1.0 if alpha == -1 else alpha * y + (1 - alpha) * (1 - y)
    focus = miss**gamma

    def vjp(g: Array) -> Any:
        steep = gamma * np.power(miss, gamma - 1, out=np.zeros_like(miss), where=miss > 0)  # of focus, by miss

        def dy() -> Array:
            da = 0.0 if alpha == -1 else 2 * alpha - 1
            return g * (a * (steep * (1 - 2 * p) * loss - focus * z) + da * focus * loss)

        return lambda: g * a * (focus * (p - y) + steep * (1 - 2 * y) * p * (1 - p) * loss), dy

    return reduced((a * focus * loss).astype(z.dtype, copy=False), vjp, reduction)


@differentiable
@floating("input")
def dice_loss(input: Array, target: Array, smooth: float = 1.0, reduction: str = "mean") -> WithGradient:
    """1 minus the overlap 2 sum(p y) / (sum(p^2) + sum(y^2)) of predicted and true regions, for each image and class.

    A region counts by its share, not by its size: missing half of a small object costs as much as missing half of the background.

    Args:
        input: Probabilities (N, C, d1, ...), such as softmax or sigmoid of the logits.
        target: Same shape, the true regions as 0 and 1 (or shares); or class numbers (N, d1, ...).
        smooth: Added above and below the fraction, at least 0, so that a class that is rightly absent costs nothing.
        reduction: "none", "sum" or "mean", over images and classes.

    Returns:
        One number in [0, 1], or with "none" (N, C).

    Raises:
        ValueError: If the shapes do not fit, `input` is not within [0, 1] or `smooth` is negative.

    Example:
        >>> p, y = np.array([[[0.5, 1.0, 0.0]]]), np.array([[[1.0, 1.0, 0.0]]])
        >>> dice_loss(p, y, smooth=0.0).round(4).item()
        0.0769

    Paper: Milletari, Navab and Ahmadi, V-Net, 2016. Explained in question 71.
    """
    p = input
    if p.ndim < 3:
        raise ValueError(f"dice_loss: input must be (N, C, d1, ...), got {p.shape}")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError("dice_loss: input must be probabilities in [0, 1]; apply softmax or sigmoid to logits first")
    if not smooth >= 0:
        raise ValueError(f"dice_loss: smooth must not be negative, got {smooth}")
    y = np.asarray(target)
    if y.dtype.kind in "iu" and y.shape == p.shape[:1] + p.shape[2:]:
        y = np.moveaxis(one_hot(y, p.shape[1]), -1, 1)
    same_shape("dice_loss", p, y)
    y = y.astype(p.dtype, copy=False)
    axes = tuple(range(2, p.ndim))
    below = (p * p).sum(axis=axes, keepdims=True) + (y * y).sum(axis=axes, keepdims=True) + smooth  # (N, C, 1, ...)
    overlap = 2 * (p * y).sum(axis=axes, keepdims=True) + smooth
    dice = np.divide(overlap, below, out=np.ones_like(below), where=below > 0)  # nothing predicted where nothing is: perfect

    def vjp(g: Array) -> Any:
        g = g.reshape(g.shape + (1,) * len(axes)) if g.ndim else g
        per_area = np.divide(2 * g, below, out=np.zeros_like(below), where=below > 0)
        return (lambda: per_area * (dice * p - y)), (lambda: per_area * (dice * y - p))

    return reduced(1 - dice.reshape(p.shape[:2]), vjp, reduction)
