"""Losses: one number that says how wrong the predictions are, and its gradient, which says in which direction.

Each function writes the loss of every element and how a gradient goes back; `reduced` turns the losses into one number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import choose, floating
from .linear import ones


def reduced(losses: Array, vjp: Callable[[Any], Any], reduction: str, weight: Array | None = None) -> WithGradient:
    """The losses as they are ("none"), their sum, or their mean, which with weights is the weighted mean."""
    choose("reduction", reduction, ("none", "mean", "sum"))
    if reduction == "none":
        return losses, vjp
    total = losses.sum()
    if reduction == "sum":
        return total, vjp
    n = losses.size if weight is None else weight.sum()
    return (total / n if losses.size else losses.dtype.type(np.nan)), lambda g: vjp(g / n)


# ---- classification ----


@differentiable
@floating("input", "weight", same_dtype=True)
def cross_entropy(
    input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> WithGradient:  # fmt: skip
    """Cross-entropy of softmax(input) against the true classes: minus the log of the probability given to the right class.

    The gradient with respect to the logits is simply the predicted minus the true probabilities.

    Args:
        input: Logits (N, C), (N, C, d1, ...) or (C,).
        target: Class numbers (N,), (N, d1, ...) or (), from 0 to C - 1; or class probabilities of the shape of `input`.
        weight: (C,), how much each class counts.
        ignore_index: Positions with this class number do not count (class numbers only).
        reduction: "none", "sum", or "mean", which divides by the weights of the true classes (class numbers) or by the number
            of positions (probabilities), as PyTorch does.
        label_smoothing: In [0, 1]: the share of the true probability that is spread evenly over all classes.

    Returns:
        One number, in nats, or with "none" one for each position. The mean over no position is nan.

    Raises:
        ValueError: If shapes do not fit, a class number is out of range, or `ignore_index` is set for probabilities.
        TypeError: If the input is not floating point or the classes are neither integers nor probabilities.

    Example:
        >>> loss = cross_entropy(np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([0, 1]))
        >>> round(float(loss), 4)
        0.41

    Explained in question 24.
    """
    x, y = input, np.asarray(target)
    check_classes("cross_entropy", x, y, weight, ignore_index, label_smoothing)
    choose("reduction", reduction, ("none", "mean", "sum"))
    axis = 1 if x.ndim > 1 else 0
    logits = rows_of_classes(x, axis)  # (M, C), M positions
    if y.dtype.kind != "f" and label_smoothing == 0:
        losses, norm, dlogits = surprise(logits, *counted("cross_entropy", y, logits, weight, ignore_index))
    else:
        losses, norm, dlogits, dtarget = divergence(logits, y, axis, weight, ignore_index, label_smoothing)
    scale = norm if reduction == "mean" else 1.0

    def vjp(g: Array) -> Any:
        g = g.reshape(-1) / scale if g.ndim else g / scale  # (M,), or one number if reduced

        def restored(d: Array) -> Array:
            return d if x.ndim == 2 else np.moveaxis(d.reshape(np.moveaxis(x, axis, -1).shape), -1, axis)

        return (
            lambda: restored(dlogits(g)),
            lambda: restored(dtarget(g)),
            None if weight is None else lambda: refuse_gradient("cross_entropy", "weight"),
        )

    if reduction == "none":
        return losses.reshape(x.shape[:axis] + x.shape[axis + 1 :]), vjp
    total = losses.sum()
    return (total / scale if scale else total.dtype.type(np.nan)), vjp


def surprise(z: Array, labels: Array, a: Array | None) -> tuple[Array, float, Callable[[Array], Array]]:
    """Minus the log probability of each label (M,), what their mean divides by, and how their gradients go back to the logits (M, C).

    `a` (M,) says how much each position counts; None if all count 1.
    """
    p = np.subtract(z, z.max(axis=1, keepdims=True), order="C")  # the largest becomes 0: no overflow
    right = np.arange(0, p.size, p.shape[1]) + labels  # where the right classes are in the flattened array
    right_logits = p.take(right)
    np.exp(p, out=p)
    total = p.dot(ones(p.shape[1], p.dtype))  # (M,); the product is faster than the sum
    losses = np.log(total)
    losses -= right_logits
    if a is not None:
        losses = a * np.where(a == 0, 0, losses)

    def dz(g: Array) -> Array:
        g = g if a is None else g * a
        d = np.multiply(p, (g / total)[:, None], out=p)  # the exponentials become the gradient: predicted minus true probabilities
        d.reshape(-1)[right] -= g
        return d

    return losses, float(len(z) if a is None else a.sum()), dz


def divergence(
    z: Array, y: Array, axis: int, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, float, Callable[[Array], Array], Callable[[Array], Array]]:
    """The same as `surprise` for targets that are probabilities, or become so by smoothing, and how gradients go back to them."""
    M, C = z.shape
    if y.dtype.kind == "f":
        q, norm = rows_of_classes(y, axis).astype(z.dtype) * (1 - smoothing) + smoothing / C, float(M)
    else:
        labels, a = counted("cross_entropy", y, z, weight, ignore_index)
        q, norm = np.full((M, C), smoothing / C, z.dtype), float(M if a is None else a.sum())
        q[np.arange(M), labels] += 1 - smoothing
        q[y.reshape(-1) == ignore_index] = 0
    if weight is not None:
        q *= weight
    log_p = z - z.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    share = (1 - smoothing) if weight is None else (1 - smoothing) * weight
    return (
        -np.einsum("mc,mc->m", q, log_p),
        norm,
        lambda g: (np.exp(log_p) * q.sum(axis=1, keepdims=True) - q) * g[..., None],
        lambda g: -log_p * share * g[..., None],
    )


def rows_of_classes(x: Array, axis: int) -> Array:
    """The class axis last and all other axes as one: (M, C)."""
    return x if x.ndim == 2 and axis == 1 else np.moveaxis(x, axis, -1).reshape(-1 if x.size else x.size, x.shape[axis])


def counted(name: str, y: Array, z: Array, weight: Array | None, ignore_index: int) -> tuple[Array, Array | None]:
    """The class of each row of `z` (M, C), with 0 for those to ignore, and how much each counts, or None if all count 1."""
    C, labels = z.shape[1], y.reshape(-1).astype(np.intp, copy=False)
    # Read without a sign, negative numbers are the largest.
    if not labels.size or (labels.view(np.uintp).max() < C and not 0 <= ignore_index < C):
        return labels, None if weight is None else weight[labels]
    ignored = y.reshape(-1) == ignore_index
    wrong = ~ignored & ((labels < 0) | (labels >= C))
    if wrong.any():
        found = y.reshape(-1)[wrong][0]
        raise ValueError(f"{name}: target must be from 0 to {C - 1} (or ignore_index={ignore_index}), got {found}")
    if not ignored.any():
        return labels, None if weight is None else weight[labels]
    labels = np.where(ignored, 0, labels)
    return labels, (~ignored).astype(z.dtype) if weight is None else ~ignored * weight[labels]


def check_classes(name: str, x: Array, y: Array, weight: Array | None, ignore_index: int, label_smoothing: float = 0.0) -> None:
    """Refuse targets that do not fit the logits."""
    if x.ndim == 0:
        raise ValueError(f"{name}: input must have a class axis, got a single number")
    axis = 1 if x.ndim > 1 else 0
    C, positions = x.shape[axis], x.shape[:axis] + x.shape[axis + 1 :]
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must be from 0 to 1, got {label_smoothing}")
    if weight is not None and weight.shape != (C,):
        raise ValueError(f"{name}: weight must have shape ({C},), one for each class, got {weight.shape}")
    if y.dtype.kind == "f":
        if y.shape != x.shape:
            raise ValueError(f"{name}: target probabilities must have the shape of input, {x.shape}, got {y.shape}")
        if ignore_index >= 0:
            raise ValueError(f"{name}: ignore_index={ignore_index} is for class numbers, but target is probabilities")
    elif y.dtype.kind not in "iu":
        raise TypeError(f"{name}: target must be class numbers or probabilities, got {y.dtype}")
    elif y.shape != positions:
        raise ValueError(f"{name}: target class numbers must have shape {positions} for input {x.shape}, got {y.shape}")


def refuse_gradient(name: str, argument: str) -> Any:
    raise TypeError(f"{name}: {argument} is a setting and has no gradient; pass it as an array")


@differentiable
@floating("input", "weight", same_dtype=True)
def nll_loss(
    input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> WithGradient:
    """Minus the log probability of the right class, given log probabilities: cross_entropy without its softmax.

    Args:
        input: Log probabilities (N, C), (N, C, d1, ...) or (C,).
        target: Class numbers (N,), (N, d1, ...) or ().
        weight: (C,), how much each class counts.
        ignore_index: Positions with this class number do not count.
        reduction: "none", "sum", or "mean", which divides by the weights of the true classes.

    Returns:
        One number, or with "none" one for each position.

    Raises:
        ValueError: If shapes do not fit or a class number is out of range.
        TypeError: If the target is not class numbers.

    Example:
        >>> round(float(nll_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))), 4)
        0.4904

    Explained in question 24.
    """
    choose("reduction", reduction, ("none", "mean", "sum"))
    x, y = input, np.asarray(target)
    if y.dtype.kind == "f":
        raise TypeError("nll_loss: target must be class numbers, got probabilities; use cross_entropy for those")
    check_classes("nll_loss", x, y, weight, ignore_index)
    axis = 1 if x.ndim > 1 else 0
    log_p = rows_of_classes(x, axis)  # (M, C)
    labels, a = counted("nll_loss", y, log_p, weight, ignore_index)
    a = np.ones(len(log_p), x.dtype) if a is None else a
    rows = np.arange(len(log_p))
    losses = -a * np.where(a == 0, 0, log_p[rows, labels])
    norm = float(a.sum()) if reduction == "mean" else 1.0

    def vjp(g: Array) -> Any:
        d = np.zeros_like(log_p)
        d[rows, labels] = -a * g.reshape(-1) / norm
        dx = np.moveaxis(d.reshape(np.moveaxis(x, axis, -1).shape), -1, axis)
        return dx, None, None if weight is None else lambda: refuse_gradient("nll_loss", "weight")

    if reduction == "none":
        return losses.reshape(y.shape), vjp
    return losses.sum() / norm if norm else x.dtype.type(np.nan), vjp


@differentiable
@floating("input", "target", "weight", same_dtype=True)
def binary_cross_entropy(input: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> WithGradient:
    """Minus the log of the probability given to what happened, for yes-or-no targets.

    Args:
        input: Probabilities in [0, 1], any shape.
        target: Same shape, in [0, 1], usually 0 or 1.
        weight: How much each element counts; broadcast to the shape.
        reduction: "none", "sum" or "mean", over elements.

    Returns:
        One number, or an array. As in PyTorch a logarithm counts as at least -100, so the result is finite.

    Raises:
        ValueError: If shapes differ or `input` is not a probability.

    Example:
        >>> round(float(binary_cross_entropy(np.array([0.9, 0.2]), np.array([1.0, 0.0]))), 4)
        0.1643

    Explained in question 24.
    """
    p, y = input, target
    same_shape("binary_cross_entropy", p, y)
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError("binary_cross_entropy: input must be probabilities in [0, 1]; use binary_cross_entropy_with_logits for logits")
    w = broadcast_weight("binary_cross_entropy", weight, p)
    with np.errstate(divide="ignore"):
        log_yes, log_no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
    losses = -w * (y * log_yes + (1 - y) * log_no)

    def vjp(g: Array) -> Any:
        return (
            lambda: g * w * (p - y) / np.maximum(p * (1 - p), 1e-12),
            lambda: g * w * (log_no - log_yes),
            None if weight is None else lambda: refuse_gradient("binary_cross_entropy", "weight"),
        )

    return reduced(losses.astype(p.dtype, copy=False), vjp, reduction)


@differentiable
@floating("input", "target", "weight", "pos_weight", same_dtype=True)
def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean", pos_weight: Array | None = None
) -> WithGradient:
    """Binary cross-entropy of sigmoid(input), computed from the logits so that it never overflows.

    The gradient with respect to a logit is the predicted probability minus the target.

    Args:
        input: Logits, any shape.
        target: Same shape, in [0, 1], usually 0 or 1.
        weight: How much each element counts; broadcast to the shape.
        reduction: "none", "sum" or "mean", over elements.
        pos_weight: How much more a positive target counts; broadcast to the shape, such as (C,) for one per class.

    Returns:
        One number, in nats, or an array.

    Raises:
        ValueError: If shapes differ or do not broadcast.

    Example:
        >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 1.0])).round(4).item()
        0.3466

    Explained in question 24.
    """
    z, y = input, target
    same_shape("binary_cross_entropy_with_logits", z, y)
    w = broadcast_weight("binary_cross_entropy_with_logits", weight, z)
    positive = y if pos_weight is None else y * broadcast_weight("binary_cross_entropy_with_logits", pos_weight, z, "pos_weight")
    total = positive + (1 - y)
    softplus = np.logaddexp(0, -z)  # log(1 + e^-z), minus the log of the probability of yes
    losses = w * (total * softplus + (1 - y) * z)
    p = 0.5 * np.tanh(0.5 * z) + 0.5

    def vjp(g: Array) -> Any:
        scale = 1 if pos_weight is None else pos_weight
        return (
            lambda: g * w * (total * p - positive),
            lambda: g * w * (scale * softplus - softplus - z),
            None if weight is None else lambda: refuse_gradient("binary_cross_entropy_with_logits", "weight"),
            None,
            None if pos_weight is None else lambda: refuse_gradient("binary_cross_entropy_with_logits", "pos_weight"),
        )

    return reduced(losses.astype(z.dtype, copy=False), vjp, reduction)


# ---- regression ----


@differentiable
@floating("input", "target", same_dtype=True)
def mse_loss(input: Array, target: Array, reduction: str = "mean") -> WithGradient:
    """The squared difference.

    Args:
        input: Predictions, any shape.
        target: Same shape.
        reduction: "none", "sum" or "mean", over elements.

    Returns:
        One number, in squared units of the target, or an array.

    Raises:
        ValueError: If shapes differ. (PyTorch broadcasts with a warning, which hides (N,) against (N, 1).)

    Example:
        >>> mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])).item()
        2.0

    Explained in question 25.
    """
    same_shape("mse_loss", input, target)
    d = input - target
    return reduced(d * d, lambda g: (2 * g * d, -2 * g * d), reduction)


@differentiable
@floating("input", "target", same_dtype=True)
def l1_loss(input: Array, target: Array, reduction: str = "mean") -> WithGradient:
    """The absolute difference.

    Args:
        input: Predictions, any shape.
        target: Same shape.
        reduction: "none", "sum" or "mean", over elements.

    Returns:
        One number, in units of the target, or an array.

    Raises:
        ValueError: If shapes differ.

    Example:
        >>> l1_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])).item()
        1.0

    Explained in question 25.
    """
    same_shape("l1_loss", input, target)
    d = input - target
    return reduced(np.abs(d), lambda g: (g * np.sign(d), -g * np.sign(d)), reduction)


@differentiable
@floating("input", "target", same_dtype=True)
def huber_loss(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> WithGradient:
    """Half the squared difference up to delta, linear beyond: an outlier pulls with a bounded force.

    Args:
        input: Predictions, any shape.
        target: Same shape.
        reduction: "none", "sum" or "mean", over elements.
        delta: Where the parabola becomes a line, above 0.

    Returns:
        One number, or an array.

    Raises:
        ValueError: If shapes differ or delta is not positive.

    Example:
        >>> huber_loss(np.array([0.5, 3.0]), np.zeros(2), reduction="none").tolist()
        [0.125, 2.5]

    Paper: Huber, Robust estimation of a location parameter, 1964. Explained in question 25.
    """
    same_shape("huber_loss", input, target)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    d = input - target
    pull = np.clip(d, -delta, delta)
    return reduced(pull * (d - 0.5 * pull), lambda g: (g * pull, -g * pull), reduction)


@differentiable
@floating("input", "target", same_dtype=True)
def smooth_l1_loss(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> WithGradient:
    """The absolute difference with its tip rounded within beta: the Huber loss over beta.

    Args:
        input: Predictions, any shape.
        target: Same shape.
        reduction: "none", "sum" or "mean", over elements.
        beta: Where the parabola becomes a line; 0 gives l1_loss.

    Returns:
        One number, or an array.

    Raises:
        ValueError: If shapes differ or beta is negative.

    Example:
        >>> smooth_l1_loss(np.array([0.25, 3.0]), np.zeros(2), reduction="none", beta=0.5).tolist()
        [0.0625, 2.75]

    Paper: Girshick, Fast R-CNN, 2015. Explained in question 25.
    """
    same_shape("smooth_l1_loss", input, target)
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    d = input - target
    pull = np.clip(d / beta, -1, 1) if beta > 0 else np.sign(d)
    return reduced(np.abs(pull * (d - 0.5 * beta * pull)), lambda g: (g * pull, -g * pull), reduction)


def same_shape(name: str, input: Array, target: Array) -> None:
    """Refuse a target of another shape: broadcasting it would compare each prediction with every target."""
    if input.shape != target.shape:
        raise ValueError(f"{name}: target must have the shape of input, {input.shape}, got {target.shape}")


def broadcast_weight(name: str, weight: Array | None, x: Array, argument: str = "weight") -> Any:
    """The weight, checked to broadcast to the shape of the input."""
    if weight is None:
        return x.dtype.type(1)
    try:
        if np.broadcast_shapes(weight.shape, x.shape) == x.shape:
            return weight
    except ValueError:
        pass
    raise ValueError(f"{name}: {argument} of shape {weight.shape} does not broadcast to input, {x.shape}")
