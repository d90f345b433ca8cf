"""Boxes: how much they overlap, the anchors a detector starts from, the numbers it predicts instead of corners, and duplicates removed.

A box is `[x1, y1, x2, y2]`, left, top, right, bottom in pixels, a right edge no smaller than the left one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Array, Tensor
from .arguments import choose

# ---- overlap ----


def keeps_half(function: Callable[..., Any]) -> Callable[..., Any]:
    """Half precision is a storage format: float16 boxes are computed with in float32, and the result is rounded once, at the end."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        dtypes = {value.dtype for value in (*args, *kwargs.values()) if hasattr(value, "dtype")}
        output = function(*args, **kwargs)
        return output.astype(np.float16) if dtypes == {np.dtype(np.float16)} else output

    return call


@keeps_half
def box_iou(boxes1: Array, boxes2: Array) -> Any:
    """Intersection over union of each box with each other: their common area as a share of the area they cover together.

    Args:
        boxes1: (N, 4).
        boxes2: (M, 4).

    Returns:
        (N, M), in [0, 1]. Two boxes without area have 0, as in COCO (torchvision: NaN).

    Raises:
        ValueError: For another shape, a number that is not finite, or a box whose right is left of its left.

    Example:
        >>> box_iou([[0, 0, 10, 10]], [[0, 0, 10, 10], [5, 5, 15, 15], [20, 0, 30, 10]]).round(3).tolist()
        [[1.0, 0.143, 0.0]]

    Explained in question 75.
    """
    a, b = as_boxes("boxes1", boxes1, ndim=2), as_boxes("boxes2", boxes2, ndim=2)
    intersection, union = overlap(a[:, None], b[None])
    return quotient(intersection, union)  # (N, M)


@keeps_half
def generalized_box_iou(boxes1: Array, boxes2: Array) -> Any:
    """IoU minus the share of the smallest enclosing box that neither covers: tells near from far where IoU is 0.

    Args:
        boxes1: (N, 4).
        boxes2: (M, 4).

    Returns:
        (N, M), in (-1, 1]. Two boxes at one point, without area, have 0.

    Raises:
        ValueError: For another shape, a number that is not finite, or a box whose right is left of its left.

    Example:
        >>> generalized_box_iou([[0, 0, 10, 10]], [[0, 0, 10, 10], [20, 0, 30, 10], [90, 0, 100, 10]]).round(3).tolist()
        [[1.0, -0.333, -0.8]]

    Paper: Rezatofighi et al., Generalized intersection over union, 2019. Explained in question 75.
    """
    a, b = as_boxes("boxes1", boxes1, ndim=2), as_boxes("boxes2", boxes2, ndim=2)
    return generalized_iou(a[:, None], b[None])  # (N, M)


def overlap(a: Array, b: Array) -> tuple[Any, Any]:
    """Areas of the intersection and of the union of boxes (..., 4), broadcast against each other."""
    w = np.maximum(np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0]), 0)
    h = np.maximum(np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1]), 0)
    intersection = w * h
    return intersection, area(a) + area(b) - intersection


def generalized_iou(a: Array, b: Array) -> Any:
    """`generalized_box_iou` of boxes (..., 4), broadcast against each other."""
    intersection, union = overlap(a, b)
    w = np.maximum(a[..., 2], b[..., 2]) - np.minimum(a[..., 0], b[..., 0])
    h = np.maximum(a[..., 3], b[..., 3]) - np.minimum(a[..., 1], b[..., 1])
    hull = w * h
    return quotient(intersection, union) - quotient(hull - union, hull)


def area(boxes: Array) -> Any:
    """Width times height, (...)."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def quotient(part: Array, whole: Array) -> Any:
    """Part over whole, and 0 where there is no whole."""
    return part / np.maximum(whole, np.finfo(whole.dtype).tiny)


# ---- anchors ----


def make_anchors(
    sizes: Any, ratios: Sequence[float], strides: Any, image_size: tuple[int, int], dtype: Any = np.float32
) -> np.ndarray[Any, Any]:
    """Boxes of a few sizes and shapes around the center of every cell of a feature map: what a detector refines.

    Args:
        sizes: Side lengths of the square with the anchor's area, in pixels. With several strides one entry for each, a number or
            a sequence.
        ratios: Heights over widths.
        strides: Pixels from one cell to the next; several for a pyramid of feature maps.
        image_size: Height and width of the image. A feature map has image size / stride cells, rounded up.
        dtype: Of the result.

    Returns:
        (n, 4): map after map, in each row by row, in each cell ratio by ratio, for each ratio all sizes. Anchors at the border
        reach beyond the image. (torchvision centers them on the cells' corners.)

    Raises:
        ValueError: For a number that is not positive, or sizes that do not fit the strides.

    Example:
        >>> make_anchors([8], [1.0], 16, (16, 32)).tolist()
        [[4.0, 4.0, 12.0, 12.0], [20.0, 4.0, 28.0, 12.0]]
        >>> len(make_anchors([8, 16, 32], [0.5, 1, 2], 8, (48, 48)))
        324

    Paper: Ren et al., Faster R-CNN, 2015. Explained in question 73.
    """
    levels = [(strides, sizes)] if np.ndim(strides) == 0 else pyramid(strides, sizes)
    positive("ratios", ratios)
    height, width = positive("image_size", image_size, shape=(2,))
    anchors = []
    for stride, sides in levels:
        positive("strides", stride)
        root = np.sqrt(ratios).reshape(-1, 1)
        w, h = (positive("sizes", sides) / root).ravel(), (positive("sizes", sides) * root).ravel()
        shape = np.stack([-w, -h, w, h], axis=1) / 2  # (A, 4)
        x, y = (np.arange(0.5, np.ceil(side / stride)) * stride for side in (width, height))
        center = np.stack(np.broadcast_arrays(x, y[:, None], x, y[:, None]), axis=-1)  # (rows, columns, 4)
        anchors.append((center[:, :, None] + shape).reshape(-1, 4))
    return np.concatenate(anchors).astype(dtype)


def match_anchors(
    anchors: Array,
    boxes: Array,
    high_threshold: float = 0.5,
    low_threshold: float = 0.4,
    allow_low_quality_matches: bool = True,
) -> np.ndarray[Any, Any]:
    """Which true box each anchor shall predict: the one it overlaps most, if that is enough.

    Args:
        anchors: (n, 4).
        boxes: True boxes (m, 4); m may be 0.
        high_threshold: An anchor with this IoU or more is matched.
        low_threshold: One with less than this is background; one between the two is ignored.
        allow_low_quality_matches: Whether anchors that no other overlaps a true box more than they do are matched whatever their IoU, so
            that no object is left without one. As in torchvision they are matched to the box that they overlap most themselves,
            which may be another; unlike there they must overlap the box at all.

    Returns:
        (n,), int64: the index of the box, -1 for background, -2 for ignored.

    Raises:
        ValueError: For bad boxes or thresholds that are not 0 <= low <= high <= 1.

    Example:
        >>> anchors = [[0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10], [40, 0, 50, 10], [60, 0, 70, 10]]
        >>> match_anchors(anchors, [[0, 0, 10, 10], [44, 4, 54, 14]]).tolist()
        [0, 0, -2, 1, -1]

    Paper: Ren et al., Faster R-CNN, 2015. Explained in question 73.
    """
    if not 0 <= low_threshold <= high_threshold <= 1:
        raise ValueError(f"thresholds must be 0 <= low <= high <= 1, got low {low_threshold} and high {high_threshold}")
    a, b = as_boxes("anchors", plain(anchors), ndim=2), as_boxes("boxes", plain(boxes), ndim=2)
    iou = quotient(*overlap(a[:, None], b[None]))  # (n, m)
    if iou.shape[1] == 0:
        return np.full(len(iou), -1)
    nearest, best = iou.argmax(axis=1), iou.max(axis=1)
    match = np.where(best >= high_threshold, nearest, np.where(best < low_threshold, -1, -2))
    if allow_low_quality_matches:
        best_of_box = iou.max(axis=0)
        rescued = ((iou == best_of_box) & (best_of_box > 0)).any(axis=1)
        match[rescued] = nearest[rescued]
    return match


# ---- what a detector predicts: the way from an anchor to the box ----


@keeps_half
def encode_boxes(boxes: Array, anchors: Array, weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0)) -> Any:
    """Boxes as offsets from anchors: the center's shift in units of the anchor's size, and the logarithm of the ratio of sizes.

    Args:
        boxes: (..., 4), of positive width and height.
        anchors: (..., 4), of positive width and height, broadcast against the boxes.
        weights: Factors of the four offsets, which bring them to a common scale.

    Returns:
        (..., 4): shift in x, shift in y, log width ratio, log height ratio. The same for a box and anchor twice as large.

    Raises:
        ValueError: For bad boxes or weights.

    Example:
        >>> encode_boxes([[10, 0, 30, 10]], [[0, 0, 10, 10]]).round(3).tolist()
        [[1.5, 0.0, 0.693, 0.0]]

    Paper: Girshick et al., Rich feature hierarchies for accurate object detection, 2014. Explained in question 73.
    """
    b, a = as_boxes("boxes", boxes, with_area=True), as_boxes("anchors", anchors, with_area=True)
    wx, wy, ww, wh = positive("weights", weights, shape=(4,)).tolist()
    (x, y, w, h), (xa, ya, wa, ha) = center_and_size(b), center_and_size(a)
    return np.stack([wx * (x - xa) / wa, wy * (y - ya) / ha, ww * np.log(w / wa), wh * np.log(h / ha)], axis=-1)


@keeps_half
def decode_boxes(
    deltas: Array, anchors: Array, weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0), clip: float = float(np.log(1000 / 16))
) -> Any:
    """Offsets from anchors as boxes: the inverse of `encode_boxes`.

    Args:
        deltas: (..., 4), as from `encode_boxes`.
        anchors: (..., 4), broadcast against them.
        weights: The factors that the offsets were multiplied by.
        clip: Largest log ratio of sizes: an untrained network shall not overflow. The default allows boxes 62.5 times as large.

    Returns:
        (..., 4).

    Raises:
        ValueError: For bad anchors, weights, or offsets that are not finite.

    Example:
        >>> decode_boxes(encode_boxes([[10, 0, 30, 10]], [[0, 0, 10, 10]]), [[0, 0, 10, 10]]).round(6).tolist()
        [[10.0, 0.0, 30.0, 10.0]]

    Paper: Girshick et al., Rich feature hierarchies for accurate object detection, 2014. Explained in question 73.
    """
    d, a = as_rows("deltas", deltas), as_boxes("anchors", anchors, with_area=True)
    wx, wy, ww, wh = positive("weights", weights, shape=(4,)).tolist()
    xa, ya, wa, ha = center_and_size(a)
    x, y = xa + d[..., 0] / wx * wa, ya + d[..., 1] / wy * ha
    w, h = wa * np.exp(np.minimum(d[..., 2] / ww, clip)), ha * np.exp(np.minimum(d[..., 3] / wh, clip))
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=-1)


def center_and_size(boxes: Array) -> tuple[Any, Any, Any, Any]:
    """Center x, center y, width and height, (...) each."""
    w, h = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return boxes[..., 0] + w / 2, boxes[..., 1] + h / 2, w, h


# ---- duplicates ----


def nms(boxes: Array, scores: Array, iou_threshold: float, labels: Array | None = None) -> np.ndarray[Any, Any]:
    """Non-maximum suppression: keep the box that scores highest, drop all that overlap it too much, repeat.

    Args:
        boxes: (N, 4).
        scores: (N,).
        iou_threshold: A box goes if its IoU with a kept one is greater than this; in [0, 1].
        labels: Classes (N,): boxes of different classes leave each other alone (torchvision's `batched_nms`).

    Returns:
        Indices of the kept boxes (K,), int64, by falling score; of equal scores the first comes first.

    Raises:
        ValueError: For bad boxes, scores that are not finite or not one for each box, or a threshold outside [0, 1].

    Example:
        >>> nms([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], [0.8, 0.9, 0.7], iou_threshold=0.5).tolist()
        [1, 2]

    Explained in question 74.
    """
    boxes, scores = boxes_and_scores(boxes, scores)
    in_unit_interval("iou_threshold", iou_threshold)
    classes = np.zeros(len(scores)) if labels is None else numbers_for_boxes("labels", labels, len(boxes))
    threshold = np.float64(iou_threshold)  # float32 is compared with 0.3, not with the float32 next to it, as in torchvision
    kept, waiting = [], np.argsort(-scores, kind="stable")
    while waiting.size:
        first, waiting = waiting[0], waiting[1:]
        kept.append(first)
        duplicate = quotient(*overlap(boxes[first], boxes[waiting])) > threshold
        waiting = waiting[~(duplicate & (classes[waiting] == classes[first]))]
    return np.array(kept, dtype=np.int64)


def soft_nms(
    boxes: Array,
    scores: Array,
    iou_threshold: float = 0.3,
    sigma: float = 0.5,
    score_threshold: float = 0.001,
    method: str = "gaussian",
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Non-maximum suppression that lowers the score of an overlapping box instead of dropping it.

    Args:
        boxes: (N, 4).
        scores: (N,), not negative.
        iou_threshold: For "linear": boxes with less IoU than this keep their score.
        sigma: For "gaussian": the smaller, the harder.
        score_threshold: Boxes whose score has fallen below this are dropped.
        method: "gaussian" multiplies by exp(-IoU^2 / sigma), "linear" by 1 - IoU.

    Returns:
        Indices of the kept boxes (K,), int64, and their lowered scores (K,), which fall.

    Raises:
        ValueError: For bad boxes, scores that are negative, not finite or not one for each box, or an option out of range.

    Example:
        >>> kept, lowered = soft_nms([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], [0.8, 0.9, 0.7])
        >>> kept.tolist(), lowered.round(3).tolist()
        ([1, 2, 0], [0.9, 0.7, 0.21])

    Paper: Bodla et al., Soft-NMS: improving object detection with one line of code, 2017. Explained in question 74.
    """
    boxes, scores = boxes_and_scores(boxes, scores)
    in_unit_interval("iou_threshold", iou_threshold)
    positive("sigma", sigma)
    choose("method", method, ("gaussian", "linear"))
    if (scores < 0).any():
        raise ValueError(f"scores must not be negative, got {scores.min()}")
    waiting, scores, kept = np.arange(len(scores)), scores.copy(), []
    while (waiting := waiting[scores[waiting] >= score_threshold]).size:
        first = scores[waiting].argmax()
        kept.append(best := waiting[first])
        waiting = np.delete(waiting, first)
        iou = quotient(*overlap(boxes[best], boxes[waiting]))
        if method == "gaussian":
            scores[waiting] *= np.exp(-(iou**2) / sigma)
        else:
            scores[waiting] *= np.where(iou >= iou_threshold, 1 - iou, 1)
    return np.array(kept, dtype=np.int64), scores[kept]


# ---- what came in ----


def plain(values: Array) -> Any:
    """The data of a tensor; anything else as it is."""
    return values.data if isinstance(values, Tensor) else values


def as_rows(name: str, values: Array, ndim: int | None = None) -> Any:
    """Finite numbers (..., 4), a tensor or an array; integers become float64, float16 becomes float32."""
    rows = values if isinstance(values, Tensor) else np.asarray(values)
    if rows.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be real numbers, got {rows.dtype}")
    if rows.ndim < 1 or rows.shape[-1] != 4 or ndim not in (None, rows.ndim):
        raise ValueError(f"{name} must have shape {'(..., 4)' if ndim is None else '(N, 4)'}, got {rows.shape}")
    if not np.isfinite(plain(rows)).all():
        raise ValueError(f"{name} must be finite, got {plain(rows)[~np.isfinite(plain(rows))][0]}")
    if rows.dtype.kind != "f" or rows.dtype == np.float16:
        rows = rows.astype(np.float64 if rows.dtype.kind != "f" else np.float32)
    return rows


def as_boxes(name: str, values: Array, ndim: int | None = None, with_area: bool = False) -> Any:
    """Boxes (..., 4), a tensor or an array, that are not inside out; `with_area`: nor flat."""
    boxes = as_rows(name, values, ndim)
    size = plain(boxes)[..., 2:] - plain(boxes)[..., :2]
    bad = (size <= 0 if with_area else size < 0).any(axis=-1)
    if bad.any():
        wanted = "x1 < x2 and y1 < y2" if with_area else "x1 <= x2 and y1 <= y2"
        raise ValueError(f"{name} must be [x1, y1, x2, y2] with {wanted}, got {plain(boxes)[bad][0].tolist()}")
    return boxes


def numbers_for_boxes(name: str, values: Array, n: int) -> np.ndarray[Any, Any]:
    """Finite real numbers (n,), one a box."""
    array = np.asarray(plain(values))
    if array.dtype.kind not in "fiub" or array.shape != (n,):
        raise ValueError(f"{name} must be one real number for each of the {n} boxes, got shape {array.shape}, {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}")
    return array


def boxes_and_scores(boxes: Array, scores: Array) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Boxes (N, 4) and scores (N,), floating point."""
    rows = as_boxes("boxes", plain(boxes), ndim=2)
    numbers = numbers_for_boxes("scores", scores, len(rows))
    return rows, numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)


def in_unit_interval(name: str, value: float) -> None:
    """Refuse a number outside [0, 1]."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1, got {value}")


def positive(name: str, values: Any, shape: tuple[int, ...] | None = None) -> np.ndarray[Any, Any]:
    """Numbers, all finite and above 0, as float64."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0 or shape not in (None, array.shape) or not (np.isfinite(array) & (array > 0)).all():
        expected = "positive numbers" if shape is None else f"{shape[0]} positive numbers"
        raise ValueError(f"{name} must be {expected}, got {values!r}")
    return array


def pyramid(strides: Sequence[float], sizes: Sequence[Any]) -> list[tuple[float, Any]]:
    """Each stride with its sizes."""
    if np.ndim(strides) != 1 or not isinstance(sizes, (Sequence, np.ndarray)) or len(strides) != len(sizes) or len(strides) == 0:
        raise ValueError(f"sizes must have one entry for each of the {np.size(strides)} strides, got {sizes!r}")
    return list(zip(strides, sizes, strict=True))
