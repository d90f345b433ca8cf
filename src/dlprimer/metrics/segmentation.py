"""Metrics of segmentations: how well regions agree, pixel by pixel and object by object.

Label maps are integers of any shape, (H, W) or a batch (N, H, W): all pixels are counted together, over the whole data set, not
averaged over images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .arguments import as_array, choose
from .classification import mean_of_known

Array = np.ndarray[Any, Any]


def mask_iou(masks1: Any, masks2: Any) -> Array:
    """Intersection over union of each mask with each other.

    Args:
        masks1: Truth values, or 0 and 1, (N, H, W).
        masks2: (M, H, W).

    Returns:
        (N, M), float64, in [0, 1]. Two empty masks have 0.

    Raises:
        ValueError: For other shapes, sizes that differ, or other values.

    Example:
        >>> a, b = np.zeros((2, 4, 4), bool)
        >>> a[:2], b[1:3] = True, True
        >>> mask_iou([a], [a, b]).round(3).tolist()
        [[1.0, 0.333]]

    Explained in question 72.
    """
    a, b = as_masks("masks1", masks1), as_masks("masks2", masks2)
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(f"masks must have one size, masks1 has {a.shape[1:]} and masks2 {b.shape[1:]}")
    pixels = math.prod(a.shape[1:])
    dtype = np.float32 if pixels <= 2**24 else np.float64  # a product of matrices counts the common pixels; float32 counts that far
    rows: Array = a.reshape(len(a), pixels).astype(dtype)
    columns: Array = b.reshape(len(b), pixels).astype(dtype)
    intersection: Array = (rows @ columns.T).astype(np.float64)  # (N, M)
    area_a, area_b = rows.sum(axis=1, dtype=np.float64), columns.sum(axis=1, dtype=np.float64)
    iou: Array = intersection / np.maximum(area_a[:, None] + area_b - intersection, 1)
    return iou


def mean_iou(
    y_true: Any, y_pred: Any, *, num_classes: int | None = None, ignore_index: int | None = None, average: str | None = "macro"
) -> Any:
    """Intersection over union of the pixels of each class, and their mean: true positives over all that are the class or called so.

    Args:
        y_true: True class numbers, any shape.
        y_pred: Predicted class numbers, same shape.
        num_classes: Number of classes; by default one more than the largest number.
        ignore_index: Pixels with this true number do not count.
        average: "macro" (mean over classes), "micro" (all pixels pooled) or None (one value a class).

    Returns:
        A float in [0, 1], or an array (C,). A class that neither map contains has NaN and does not count in the mean.

    Raises:
        ValueError: Shapes differ, or a number is not a class.
        TypeError: The maps do not hold integers.

    Example:
        >>> mean_iou([[0, 0, 1, 1]], [[0, 1, 1, 1]], average=None).round(3).tolist()
        [0.5, 0.667]

    Source: Long, Shelhamer and Darrell, Fully convolutional networks for semantic segmentation, 2015. Explained in question 71.
    """
    common, of_true, of_predicted = pixel_counts(y_true, y_pred, num_classes, ignore_index)
    return averaged(common, of_true + of_predicted - common, average)


def dice(
    y_true: Any, y_pred: Any, *, num_classes: int | None = None, ignore_index: int | None = None, average: str | None = "macro"
) -> Any:
    """Twice the common pixels over the pixels of both: the F1 score of a class, 2 IoU / (1 + IoU).

    Args:
        y_true: True class numbers, any shape; or a mask of truth values, of which only what is True is a class.
        y_pred: Predicted class numbers or a mask, same shape.
        num_classes: Number of classes; by default one more than the largest number.
        ignore_index: Pixels with this true number do not count.
        average: "macro" (mean over classes), "micro" (all pixels pooled) or None (one value a class).

    Returns:
        A float in [0, 1], or an array (C,). A class that neither map contains has NaN and does not count in the mean.

    Raises:
        ValueError: Shapes differ, a number is not a class, or one map is a mask and the other not.
        TypeError: The maps do not hold integers.

    Example:
        >>> dice(np.array([True, True, False, False]), np.array([False, True, True, True]))
        0.4

    Source: Dice, Measures of the amount of ecologic association between species, 1945. Explained in question 71.
    """
    common, of_true, of_predicted = pixel_counts(y_true, y_pred, num_classes, ignore_index)
    if np.asarray(y_true).dtype == np.asarray(y_pred).dtype == np.bool_:
        common, of_true, of_predicted = common[1:2], of_true[1:2], of_predicted[1:2]
    return averaged(2 * common, of_true + of_predicted, average)


def panoptic_quality(y_true: Any, y_pred: Any, *, stuff: Sequence[int] = (), ignore_index: int | None = None) -> dict[str, Any]:
    """Panoptic quality: how many objects are found, times how well they are outlined.

    A true and a predicted segment of one class match if their IoU is above 0.5; as segments of a map do not overlap, each has at most
    one match. PQ is the sum of the matches' IoU over matches + half the segments without one. It is the product of SQ, the
    mean IoU of the matches, and RQ, an F1 score of the segments.

    Args:
        y_true: Integers (H, W, 2) or (N, H, W, 2): the class of each pixel, and the number of the object it belongs to.
        y_pred: Same shape. Only which pixels share a number matters.
        stuff: Classes without objects, such as sky: all pixels of one in an image are one segment, whatever their numbers.
        ignore_index: Pixels of this true class belong to no segment and do not count; nor does a predicted segment without a match
            that lies on such pixels with more than half of its area. Where it is predicted there is no segment.

    Returns:
        Floats `pq`, `sq` and `rq`, the means over classes; `classes` (K,), all that occur, sorted; `pq_per_class`, `sq_per_class` and
        `rq_per_class` (K,), NaN for a class of which nothing counts.

    Raises:
        ValueError: Shapes differ or are others.
        TypeError: The maps do not hold integers.

    Example:
        >>> true = np.zeros((2, 6, 2), int)
        >>> true[:, :3, 1], true[:, 3:, 1] = 1, 2  # two objects of class 0
        >>> merged = np.zeros((2, 6, 2), int)  # one object: its IoU with either is 1/2, not above
        >>> panoptic_quality(true, true)["pq"], panoptic_quality(true, merged)["pq"]
        (1.0, 0.0)

    Source: Kirillov et al., Panoptic segmentation, 2019. Explained in question 71.
    """
    true, predicted = as_panoptic("y_true", y_true), as_panoptic("y_pred", y_pred)
    if true.shape != predicted.shape:
        raise ValueError(f"y_true and y_pred must have one shape, got {true.shape} and {predicted.shape}")
    (t, class_t), (p, class_p) = segments(true, stuff, ignore_index), segments(predicted, stuff, ignore_index)
    i, iou, false = match_segments(t, class_t, p, class_p)

    classes = np.union1d(class_t, class_p)
    total, found, n_true, n_false = (
        np.bincount(np.searchsorted(classes, of), weight, len(classes))
        for of, weight in ((class_t[i], iou), (class_t[i], None), (class_t, None), (class_p[false], None))
    )
    counted = (n_true + n_false + found) / 2  # found + half of what was missed + half of what was made up
    sq = np.where(counted > 0, total / np.maximum(found, 1), np.nan)
    rq = np.where(counted > 0, found / np.maximum(counted, 0.5), np.nan)
    pq, sq_mean, rq_mean = (mean_of_known(values, np.ones(len(classes))) for values in (sq * rq, sq, rq))
    return {
        "pq": pq, "sq": sq_mean, "rq": rq_mean, "classes": classes,
        "pq_per_class": sq * rq, "sq_per_class": sq, "rq_per_class": rq,
    }  # fmt: skip


# ---- steps ----


def pixel_counts(y_true: Any, y_pred: Any, num_classes: int | None, ignore_index: int | None) -> tuple[Array, Array, Array]:
    """For each class, (C,): pixels that both maps give to it, pixels of the true map, pixels of the predicted one."""
    true, predicted = as_map("y_true", y_true), as_map("y_pred", y_pred)
    if true.shape != predicted.shape:
        raise ValueError(f"y_true and y_pred must have one shape, got {true.shape} and {predicted.shape}")
    if (true.dtype == np.bool_) != (predicted.dtype == np.bool_):
        raise ValueError(f"y_true and y_pred must both be masks or both class numbers, got {true.dtype} and {predicted.dtype}")
    counts = np.ones(true.shape, bool) if ignore_index is None else true != ignore_index
    is_mask = true.dtype == np.bool_
    true, predicted = true[counts].astype(np.int64), predicted[counts].astype(np.int64)
    largest = max(true.max(initial=-1), predicted.max(initial=-1), int(is_mask))
    n = int(largest) + 1 if num_classes is None else num_classes
    for name, numbers in (("y_true", true), ("y_pred", predicted)):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < n:
            bad = numbers.min() if numbers.min() < 0 else numbers.max()
            raise ValueError(f"{name} contains {bad}: expected class numbers from 0 to {n - 1}, or ignore_index in y_true")
    return np.bincount(true[true == predicted], minlength=n), np.bincount(true, minlength=n), np.bincount(predicted, minlength=n)


def averaged(numerator: Array, denominator: Array, average: str | None) -> Any:
    """Numerator over denominator of each class, NaN for 0/0; or their mean; or the quotient of their sums."""
    if choose("average", average, ("macro", "micro", None)) == "micro":
        numerator, denominator = numerator.sum(keepdims=True), denominator.sum(keepdims=True)
    values = np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
    return values if average is None else mean_of_known(values, np.ones(len(values)))


def segments(panoptic: Array, stuff: Sequence[int], ignore_index: int | None) -> tuple[Array, Array]:
    """The number of each pixel's segment, (N H W,), -1 for none, and the class of each segment, (S,)."""
    label = panoptic[..., 0]
    instance = np.where(np.isin(label, np.asarray(stuff)), panoptic[..., 1].min(), panoptic[..., 1])  # (N, H, W)
    image = np.broadcast_to(np.arange(len(label))[:, None, None], label.shape)
    kept = np.full(label.shape, True) if ignore_index is None else label != ignore_index
    ranges = len(label), int(np.ptp(label)) + 1, int(np.ptp(instance)) + 1
    key = np.ravel_multi_index((image[kept], label[kept] - label.min(), instance[kept] - instance.min()), ranges)
    keys, of_pixel = np.unique(key, return_inverse=True)
    number = np.full(label.shape, -1)
    number[kept] = of_pixel
    return number.ravel(), np.unravel_index(keys, ranges)[1] + label.min()


def match_segments(t: Array, class_t: Array, p: Array, class_p: Array) -> tuple[Array, Array, Array]:
    """The matched true segments and their IoU, (P,) each, and the predicted segments that are false, given those of the pixels."""
    area_t, area_p = np.bincount(t[t >= 0], minlength=len(class_t)), np.bincount(p[p >= 0], minlength=len(class_p))
    unlabeled = np.bincount(p[(p >= 0) & (t < 0)], minlength=len(class_p))  # how much of a predicted segment has no truth
    both = (t >= 0) & (p >= 0)
    n = max(len(class_p), 1)
    pair, common = np.unique(t[both] * n + p[both], return_counts=True)
    i, j = pair // n, pair % n
    iou = common / (area_t[i] + area_p[j] - unlabeled[j] - common)
    match = (iou > 0.5) & (class_t[i] == class_p[j])
    false = np.setdiff1d(np.flatnonzero(unlabeled <= area_p / 2), j[match])
    return i[match], iou[match], false


# ---- what came in ----


def as_map(name: str, values: Any) -> Array:
    """Class numbers or truth values of any shape."""
    array = as_array(name, values)
    if array.dtype.kind not in "iub":
        raise TypeError(f"{name} must hold integers or truth values, got {array.dtype}; take argmax of scores")
    return array


def as_masks(name: str, values: Any) -> Array:
    """Truth values (N, H, W); N may be 0."""
    array = np.asarray(values) if np.size(values) == 0 else as_array(name, values)
    if array.ndim != 3:
        raise ValueError(f"{name} must have shape (N, H, W), got {array.shape}")
    if not ((array == 0) | (array == 1)).all():
        raise ValueError(f"{name} must hold truth values or 0 and 1, got {array[(array != 0) & (array != 1)][0]}; threshold first")
    return array


def as_panoptic(name: str, values: Any) -> Array:
    """Classes and object numbers, (N, H, W, 2)."""
    array = as_map(name, values)
    if array.ndim not in (3, 4) or array.shape[-1] != 2:
        raise ValueError(f"{name} must have shape (H, W, 2) or (N, H, W, 2), class and object of each pixel, got {array.shape}")
    return array.astype(np.int64).reshape(-1, *array.shape[-3:])
