"""How far one distribution is from another, and learning from a teacher's distribution instead of labels alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, Tensor, WithGradient, differentiable
from .activations import log_softmax, softmax
from .arguments import choose, floating
from .losses import cross_entropy, reduced, same_shape


@differentiable
@floating("input", "target", same_dtype=True)
def kl_div(input: Array, target: Array, reduction: str = "mean", log_target: bool = False) -> WithGradient:
    """The Kullback-Leibler divergence of the input from the target: target * (log target - input), element by element.

    It measures how many nats more it costs to describe what happens as `target` says with a code made for `input`.

    Args:
        input: Log probabilities, any shape.
        target: Probabilities, same shape; log probabilities with `log_target`. A probability of 0 contributes 0.
        reduction: "none", "sum", "mean" over elements, or "batchmean": the sum divided by the length of the first axis,
            which is the divergence itself, averaged over a batch (N, C).
        log_target: Whether `target` holds logarithms.

    Returns:
        One number, in nats, or an array.

    Raises:
        ValueError: If shapes differ. (PyTorch broadcasts.)

    Example:
        >>> float(kl_div(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]]), reduction="batchmean").round(4))
        0.6931

    Paper: Kullback and Leibler, On information and sufficiency, 1951. Explained in question 80.
    """
    choose("reduction", reduction, ("none", "mean", "sum", "batchmean"))
    same_shape("kl_div", input, target)
    if log_target:
        q, log_q = np.exp(target), target
    else:
        q, log_q = target, np.log(target, out=np.zeros_like(target), where=target != 0)
    losses = np.multiply(q, log_q - input, out=np.zeros_like(input), where=q != 0)

    def vjp(g: Array) -> Any:
        if log_target:
            return (lambda: -g * q), (lambda: g * (losses + q))
        return (lambda: -g * q), (lambda: g * (log_q + (q != 0) - input))

    if reduction != "batchmean":
        return reduced(losses, vjp, reduction)
    n = len(input) if input.ndim else 1
    total = losses.sum()
    return (total / n if n else total.dtype.type(np.nan)), lambda g: vjp(g / n)


def distillation_loss(
    student: Array, teacher: Array, target: Array | None = None, temperature: float = 4.0, alpha: float = 0.9
) -> Any:
    """Learn from a teacher's softened probabilities: (1 - alpha) cross-entropy + alpha T^2 KL(teacher || student) at temperature T.

    The factor T^2 keeps the size of the second gradient, which softening by T shrinks by T^2.

    Args:
        student: Logits (N, C), (N, C, d1, ...) or (C,).
        teacher: Logits of the same shape. They are given: no gradient goes to them.
        target: Class numbers as for `cross_entropy`; None if there are no labels, which leaves T^2 KL alone.
        temperature: What both logits are divided by, above 0.
        alpha: Weight of the teacher's part, in [0, 1].

    Returns:
        The mean over positions, one number, in nats.

    Raises:
        ValueError: If shapes differ, or a setting is out of range.

    Example:
        >>> student, teacher = np.array([[0.0, 0.0]]), np.array([[4.0, 0.0]])
        >>> round(float(distillation_loss(student, teacher, temperature=2.0)), 4)
        1.3113

    Paper: Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, 2015. Explained in question 80.
    """
    if np.shape(student) != np.shape(teacher) or not np.ndim(student):
        raise ValueError(
            f"distillation_loss: student and teacher must be logits of one shape, got {np.shape(student)} and {np.shape(teacher)}"
        )
    if not temperature > 0 or not 0 <= alpha <= 1:
        raise ValueError(
            f"distillation_loss: temperature must be positive and alpha from 0 to 1, got {temperature} and {alpha}"
        )
    given = teacher.detach() if isinstance(teacher, Tensor) else teacher
    axis = min(np.ndim(student) - 1, 1)
    softened = softmax(given / temperature, axis=axis)
    divergence = kl_div(log_softmax(student / temperature, axis=axis), softened, reduction="none")
    soft = np.mean(np.sum(divergence, axis=axis)) * temperature**2
    return soft if target is None else alpha * soft + (1 - alpha) * cross_entropy(student, target)
