"""Similarity of vectors, and the losses that learn it: pull together what belongs together, push apart what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from ..numpy_rules import slope_of_norm
from .activations import check_axis
from .arguments import floating
from .losses import cross_entropy, reduced


def unit(x: Array, p: float, axis: int, eps: float) -> tuple[Array, Callable[[Array], Array]]:
    """x / max(norm of x, eps) along the axis, and its gradient: what points along x changes only the length, so it is taken out."""
    norm = np.linalg.norm(x, p, axis=axis, keepdims=True)
    length = np.maximum(norm, eps).astype(x.dtype, copy=False)
    y = x / length

    def vjp(g: Array) -> Array:
        along = (g * y).sum(axis=axis, keepdims=True) * (norm >= eps)
        return (g - slope_of_norm(x, norm, p) * along) / length

    return y, vjp


@differentiable
@floating("input")
def normalize(input: Array, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> WithGradient:
    """Each vector along an axis divided by its length.

    Args:
        input: Any shape with that axis.
        p: Order of the norm: 2 for the usual length, 1 for the sum of magnitudes, `np.inf` for the largest.
        axis: The axis of the vectors.
        eps: Smaller lengths count as this one, so that a zero vector stays zero.

    Returns:
        Same shape and dtype.

    Raises:
        ValueError: If the axis does not exist.

    Example:
        >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6, 0.8], [0.0, 0.0]]

    Explained in question 98.
    """
    check_axis("normalize", input, axis)
    x = input.reshape(input.shape or (1,))
    y, vjp = unit(x, p, axis, eps)
    return y.reshape(input.shape), lambda g: vjp(g.reshape(x.shape))


@differentiable
@floating("x1", "x2", same_dtype=True)
def cosine_similarity(x1: Array, x2: Array, axis: int = 1, eps: float = 1e-8) -> WithGradient:
    """The cosine of the angle between vectors: 1 in the same direction, 0 at a right angle, -1 in opposite directions.

    Args:
        x1, x2: Arrays that broadcast against each other.
        axis: The axis of the vectors, in the common shape.
        eps: Smaller lengths count as this one.

    Returns:
        The common shape without the axis, in [-1, 1].

    Raises:
        ValueError: If the shapes do not broadcast, the axis does not exist or `eps` is negative.

    Example:
        >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])).tolist()
        [1.0, 0.0, -1.0]

    Explained in question 98.
    """
    try:
        x1, x2 = np.broadcast_arrays(x1, x2)
    except ValueError:
        raise ValueError(f"cosine_similarity: x1 and x2 must broadcast, got {x1.shape} and {x2.shape}") from None
    check_axis("cosine_similarity", x1, axis)
    if not eps >= 0:
        raise ValueError(f"cosine_similarity: eps must be at least 0, got {eps}")
    if x1.ndim == 0:
        x1, x2 = x1[None], x2[None]
    u, du = unit(x1, 2, axis, eps)
    v, dv = unit(x2, 2, axis, eps)
    return (u * v).sum(axis=axis), lambda g: (
        lambda: du(np.expand_dims(g, axis) * v),
        lambda: dv(np.expand_dims(g, axis) * u),
    )


@differentiable
@floating("anchor", "positive", "negative", same_dtype=True)
def triplet_margin_loss(
    anchor: Array, positive: Array, negative: Array, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, reduction: str = "mean",
) -> WithGradient:  # fmt: skip
    """How much farther the positive is from the anchor than the negative, plus a margin, if that is above 0.

    Args:
        anchor: (N, D) or (D,): the example itself.
        positive: Same: one that belongs to it.
        negative: Same: one that does not.
        margin: By how much the negative must be farther away, above 0.
        p: Order of the norm that measures distance.
        eps: Added to the differences, as in PyTorch.
        swap: Take the negative's distance from the positive where that is smaller.
        reduction: "none", "sum" or "mean", over triplets.

    Returns:
        One number, or with "none" (N,).

    Raises:
        ValueError: If the shapes do not fit or the margin is not positive.

    Example:
        >>> triplet_margin_loss(np.array([[0.0]]), np.array([[1.0]]), np.array([[1.5]])).round(4).item()
        0.5

    Papers: Schroff, Kalenichenko and Philbin, FaceNet, 2015; swap: Balntas et al., 2016. Explained in question 98.
    """
    a, b, c = anchor, positive, negative
    if not a.ndim == b.ndim == c.ndim or a.ndim == 0:
        raise ValueError(
            f"triplet_margin_loss: anchor, positive and negative must have as many axes, at least one, got {a.shape}, {b.shape}, {c.shape}"
        )
    if not margin > 0:
        raise ValueError(f"triplet_margin_loss: margin must be positive, got {margin}")
    ab, ac, bc = a - b + eps, a - c + eps, b - c + eps  # (N, D)
    near, far, across = (np.linalg.norm(d, p, axis=-1, keepdims=True) for d in (ab, ac, bc))  # (N, 1)
    direct = np.less(far, across) + 0.5 * np.equal(far, across) if swap else 1.0  # the share that the anchor's distance has
    violation = margin + near - (np.minimum(far, across) if swap else far)

    def vjp(g: Array) -> Any:
        g = (g[..., None] * (violation >= 0)).astype(a.dtype, copy=False)
        pull = g * slope_of_norm(ab, near, p)
        push = (g * direct).astype(a.dtype, copy=False) * slope_of_norm(ac, far, p)
        side = (g * (1 - direct)).astype(a.dtype, copy=False) * slope_of_norm(bc, across, p)
        return pull - push, -pull - side, push + side

    return reduced(np.maximum(violation, 0)[..., 0], vjp, reduction)


def info_nce(
    query: Array, positive_keys: Array, negative_keys: Array | None = None, temperature: float = 0.1, reduction: str = "mean"
) -> Any:
    """Find the positive among negatives: cross-entropy of softmax(cosine similarities / temperature).

    Args:
        query: (N, D).
        positive_keys: (N, D), one for each query.
        negative_keys: (M, D), the same for all queries, or (N, M, D); None for the other queries' positives.
        temperature: Above 0; the lower, the more the nearest negatives count.
        reduction: "none", "sum" or "mean", over queries.

    Returns:
        One number, in nats, or with "none" (N,). log(candidates) minus the mean is a lower bound of the mutual information.

    Raises:
        ValueError: If the shapes do not fit or the temperature is not positive.

    Example:
        >>> info_nce(np.eye(2), np.eye(2), temperature=1.0).round(4).item()
        0.3133

    Paper: van den Oord, Li and Vinyals, Representation learning with contrastive predictive coding, 2018 (whose similarity is a
    learned product; cosines and a temperature are usual since). Explained in question 98.
    """
    positive_temperature("info_nce", temperature)
    if np.ndim(query) != 2 or np.shape(positive_keys) != np.shape(query):
        raise ValueError(f"info_nce: query and positive_keys must both be (N, D), got {np.shape(query)} and {np.shape(positive_keys)}")
    N, D = np.shape(query)
    q, k = normalize(query), normalize(positive_keys)
    if negative_keys is None:
        return cross_entropy(q @ k.T / temperature, np.arange(N), reduction=reduction)
    shape = np.shape(negative_keys)
    if len(shape) not in (2, 3) or shape[-1] != D or (len(shape) == 3 and shape[0] != N):
        raise ValueError(f"info_nce: negative_keys must be (M, {D}) or ({N}, M, {D}), got {shape}")
    negatives = normalize(negative_keys, axis=-1)
    to_positive = np.sum(q * k, axis=1, keepdims=True)  # (N, 1)
    to_negatives = q @ negatives.T if len(shape) == 2 else np.einsum("nd,nmd->nm", q, negatives)  # (N, M)
    similarities = np.concatenate([to_positive, to_negatives], axis=1)
    return cross_entropy(similarities / temperature, np.zeros(N, np.int64), reduction=reduction)


def nt_xent(z1: Array, z2: Array, temperature: float = 0.5) -> Any:
    """SimCLR's loss: each of 2N views must find its other view among the remaining 2N - 1, by cosine similarity.

    Args:
        z1: (N, D), one view of each example.
        z2: (N, D), another view of the same examples.
        temperature: Above 0.

    Returns:
        The mean over all 2N views, one number, in nats.

    Raises:
        ValueError: If the shapes differ or the temperature is not positive.

    Example:
        >>> nt_xent(np.eye(2), np.eye(2), temperature=1.0).round(4).item()
        0.5514

    Paper: Chen et al., A simple framework for contrastive learning of visual representations, 2020. Explained in question 98.
    """
    positive_temperature("nt_xent", temperature)
    if np.ndim(z1) != 2 or np.shape(z2) != np.shape(z1):
        raise ValueError(f"nt_xent: z1 and z2 must both be (N, D), got {np.shape(z1)} and {np.shape(z2)}")
    N = np.shape(z1)[0]
    z = normalize(np.concatenate([z1, z2]))  # (2N, D)
    similarities = np.where(np.eye(2 * N, dtype=bool), -np.inf, z @ z.T / temperature)  # no view finds itself
    return cross_entropy(similarities, (np.arange(2 * N) + N) % (2 * N))


def positive_temperature(name: str, temperature: float) -> None:
    """Refuse a temperature that is not a number above 0."""
    if not temperature > 0:
        raise ValueError(f"{name}: temperature must be positive, got {temperature}")
