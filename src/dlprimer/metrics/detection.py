"""Mean average precision: what a whole detector is worth, as COCO counts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Tensor
from ..nn.boxes import as_boxes, numbers_for_boxes

Array = np.ndarray[Any, Any]

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
AREAS = {"map": (0, 1e10), "map_small": (0, 32**2), "map_medium": (32**2, 96**2), "map_large": (96**2, 1e10)}
MAX_DETECTIONS = 100


def mean_average_precision(predictions: Sequence[Mapping[str, Any]], targets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """COCO's mean average precision: area under the precision-recall curve, averaged over IoU thresholds and classes.

    In each image and for each class the detections take, by falling score, the true box that they overlap most among those still free.
    One with IoU below the threshold is a false positive, and so is a second one on the same object. Precision is made to
    fall with recall and averaged over the 101 recalls 0, 0.01, ..., 1, for each of the thresholds 0.5, 0.55, ..., 0.95.

    Args:
        predictions: One dict for each image: `boxes` (n, 4) as [x1, y1, x2, y2], `scores` (n,), `labels` (n,), integers. The 100 with the
            highest scores count, in each image and class.
        targets: One dict for each image: `boxes` (m, 4), `labels` (m,), and if wanted `iscrowd` (m,), where 1 marks a region in which
            detections are neither right nor wrong, and `area` (m,), in square pixels; by default that of the box.

    Returns:
        Floats `map`, `map_50` and `map_75` (one threshold), `map_small`, `map_medium` and `map_large` (objects of area up to 32^2, 96^2 and
        above, others ignored); `classes` (K,), all labels that occur, sorted, and `map_per_class` (K,). A class without a true box does not
        count; its value, and a mean over no class, is -1, as in COCO.

    Raises:
        ValueError: Numbers of images differ, a key is missing, or boxes, labels or scores are not what they should be.

    Example:
        >>> truth = {"boxes": [[0, 0, 10, 10], [20, 20, 30, 30]], "labels": [0, 1]}
        >>> found = {"boxes": [[1, 1, 11, 11], [20, 20, 30, 30]], "labels": [0, 1], "scores": [0.9, 0.8]}
        >>> result = mean_average_precision([found], [truth])  # one box is right, one is shifted: its IoU is 0.68
        >>> round(result["map"], 2), round(result["map_50"], 2), result["map_per_class"].round(2).tolist()
        (0.7, 1.0, [0.4, 1.0])

    Source: Lin et al., Microsoft COCO: common objects in context, 2014. Explained in question 75.
    """
    if len(predictions) != len(targets):
        raise ValueError(f"one prediction for each image: got {len(predictions)} predictions and {len(targets)} targets")
    found = [read(f"predictions[{i}]", image, scored=True) for i, image in enumerate(predictions)]
    true = [read(f"targets[{i}]", image, scored=False) for i, image in enumerate(targets)]
    classes = np.unique(np.concatenate([np.zeros(0, np.int64)] + [image.labels for image in found + true]))
    precision = np.array([precisions_of_class(found, true, label) for label in classes]).reshape(-1, len(AREAS), len(THRESHOLDS))
    result: dict[str, Any] = {name: mean_of_counted(precision[:, i]) for i, name in enumerate(AREAS)}
    result["map_50"], result["map_75"] = mean_of_counted(precision[:, 0, 0]), mean_of_counted(precision[:, 0, 5])
    result["classes"], result["map_per_class"] = classes, np.array([mean_of_counted(of_class[0]) for of_class in precision])
    return result


class Boxes(NamedTuple):
    """The boxes of one image: predicted ones with scores, true ones with the regions to ignore."""

    corners: Array
    labels: Array
    scores: Array
    is_crowd: Array
    area: Array

    def of_class(self, label: Any) -> Boxes:
        """Those of one class, by falling score; of equal scores the first comes first."""
        chosen = np.flatnonzero(self.labels == label)
        chosen = chosen[np.argsort(-self.scores[chosen], kind="stable")]
        return Boxes(*(values[chosen] for values in self))


def precisions_of_class(found: list[Boxes], true: list[Boxes], label: Any) -> list[Array]:
    """Average precision of one class for each range of areas and threshold, (A, T)."""
    pairs = []
    for detections, objects in zip(found, true, strict=True):
        detections, objects = detections.of_class(label), objects.of_class(label)
        detections = Boxes(*(values[:MAX_DETECTIONS] for values in detections))
        if len(detections.scores) or len(objects.scores):
            pairs.append((detections, objects, coco_iou(detections, objects)))
    return [average_precision(pairs, *area_range) for area_range in AREAS.values()]


def average_precision(pairs: list[tuple[Boxes, Boxes, Array]], low: float, high: float) -> Array:
    """Average precision at each threshold, (T,), from the images' detections and objects; -1 if there is nothing to find."""
    scores, hits, counted, n_true = [], [], [], 0
    for detections, objects, iou in pairs:
        ignored = (objects.is_crowd > 0) | (objects.area < low) | (objects.area > high)
        match = match_objects(iou, objects.is_crowd > 0, ignored)  # (T, D)
        outside = (detections.area < low) | (detections.area > high)
        is_ignored = np.append(ignored, False)[match] | ((match < 0) & outside)  # match -1 reads the appended False
        scores.append(detections.scores)
        hits.append((match >= 0) & ~is_ignored)
        counted.append(~is_ignored)
        n_true += int((~ignored).sum())
    if n_true == 0:
        return np.full(len(THRESHOLDS), -1.0)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hit, count = np.concatenate(hits, axis=1)[:, order], np.concatenate(counted, axis=1)[:, order]
    return area_under_envelope(hit, count, n_true)


def match_objects(iou: Array, is_crowd: Array, ignored: Array) -> Array:
    """For each threshold and detection, (T, D), the object it takes, or -1.

    A detection takes the free object of highest IoU, of equal ones the last; one to be ignored only if it finds no other. A
    crowd is never taken: any number of detections may fall into it.
    """
    D, G = iou.shape
    match, taken = np.full((len(THRESHOLDS), D), -1), np.zeros((len(THRESHOLDS), G), bool)
    needed = np.minimum(THRESHOLDS, 1 - 1e-10)[:, None]
    rows = np.arange(len(THRESHOLDS))
    for d in range(D if G else 0):
        possible = (iou[d] >= needed) & (~taken | is_crowd)  # (T, G)
        regular = possible & ~ignored
        possible = np.where(regular.any(axis=1, keepdims=True), regular, possible)
        best = G - 1 - np.where(possible, iou[d], -1)[:, ::-1].argmax(axis=1)
        match[:, d] = np.where(possible[rows, best], best, -1)
        taken[rows, best] |= possible[rows, best]
    return match


def area_under_envelope(hit: Array, count: Array, n_true: int) -> Array:
    """Mean over the 101 recalls of the highest precision at this recall or more, for each row of detections by falling score, (T,)."""
    right, wrong = np.cumsum(hit, axis=1), np.cumsum(count & ~hit, axis=1)
    recall, precision = right / n_true, right / np.maximum(right + wrong, 1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    envelope = np.pad(envelope, ((0, 0), (0, 1)))  # a recall never reached has precision 0
    return np.array([row[np.searchsorted(r, RECALLS)].mean() for row, r in zip(envelope, recall, strict=True)])


def coco_iou(detections: Boxes, objects: Boxes) -> Array:
    """IoU (D, G), in the steps in which COCO computes it, so that ties with a threshold fall alike.

    COCO keeps left, top, width and height: the right edge is left + width, which rounding may move. The IoU with a crowd is the share of
    the detection that lies in it.
    """
    a, b = detections.corners[:, None], objects.corners[None]
    size_a, size_b = a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]
    size = np.minimum(a[..., :2] + size_a, b[..., :2] + size_b) - np.maximum(a[..., :2], b[..., :2])
    intersection = np.where((size > 0).all(axis=-1), size[..., 0] * size[..., 1], 0.0)  # (D, G)
    area_a, area_b = size_a[..., 0] * size_a[..., 1], size_b[..., 0] * size_b[..., 1]
    union = np.where(objects.is_crowd > 0, area_a, area_a + area_b - intersection)
    iou: Array = np.divide(intersection, union, out=np.zeros_like(intersection), where=intersection > 0)
    return iou


def mean_of_counted(values: Array) -> float:
    """The mean of the values that are not -1; -1 if there are none."""
    counted = values[values > -1]
    return float(counted.mean()) if counted.size else -1.0


def read(name: str, image: Mapping[str, Any], scored: bool) -> Boxes:
    """One image's dict, checked."""
    missing = [key for key in ("boxes", "labels", "scores")[: 3 if scored else 2] if key not in image]
    if missing:
        raise ValueError(f"{name} has no {', '.join(missing)}: it has {', '.join(map(str, image)) or 'nothing'}")
    given = {key: value.data if isinstance(value, Tensor) else value for key, value in image.items()}
    corners = np.zeros((0, 4)) if np.size(given["boxes"]) == 0 else as_boxes(f"{name}['boxes']", given["boxes"], ndim=2).astype(np.float64)
    n, size = len(corners), corners[:, 2:] - corners[:, :2]

    def numbers(key: str, default: Array) -> Array:
        values = given.get(key)
        if values is None or np.size(values) == n == 0:
            return default
        return numbers_for_boxes(f"{name}['{key}']", values, n)

    labels = numbers("labels", np.zeros(0, np.int64))
    if labels.dtype.kind == "f" and (labels != np.floor(labels)).any():
        raise ValueError(f"{name}['labels'] must be whole numbers, got {labels[labels != np.floor(labels)][0]}")
    scores = numbers("scores", np.zeros(n)).astype(np.float64)
    area = numbers("area", size[:, 0] * size[:, 1]).astype(np.float64)
    return Boxes(corners, labels.astype(np.int64), scores, numbers("iscrowd", np.zeros(n, bool)), area)
