"""Object detection in one stage: at every place of a feature map, which class is here, and where are its edges?

The backbone makes the feature map; the head says what to predict at each place and which places shall predict which true box. `AnchorHead`
starts from boxes of fixed sizes (RetinaNet), `PointHead` from points (FCOS). All else is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import Array, no_grad
from ..nn.activations import Activation, sigmoid
from ..nn.boxes import (
    as_boxes,
    decode_boxes,
    encode_boxes,
    generalized_iou,
    in_unit_interval,
    make_anchors,
    match_anchors,
    nms,
    positive,
)
from ..nn.convolution import Conv2d
from ..nn.imbalance import focal_loss
from ..nn.losses import binary_cross_entropy_with_logits, smooth_l1_loss
from ..nn.module import Module, Parameter, Sequential
from ..nn.normalization import BatchNorm2d

Targets = Sequence[Mapping[str, Any]]
Detections = list[dict[str, np.ndarray[Any, Any]]]
BACKGROUND, IGNORED = -1, -2


class Detector(Module):
    """A small one-stage detector, with anchors or without.

    Called as torchvision's: in training `detector(images, targets)` gives the losses, after `eval()` `detector(images)` the detections.

    Args:
        num_classes: K.
        in_channels: C.
        head: "anchors" (RetinaNet's head) or "points" (FCOS's, without anchors).
        width: Channels of the feature map; the backbone's earlier layers have fewer.
        stride: Pixels from one cell of the feature map to the next, a power of 2 from 2.
        sizes: Side lengths of the anchors in pixels.
        ratios: Heights over widths of the anchors.
        score_threshold: Detections with a lower score are dropped, in [0, 1].
        iou_threshold: Of two detections of a class that overlap more, the one with the lower score is dropped, in [0, 1].
        max_detections: The highest scores that are kept in each image.
        rng: Source of the initial weights.
        dtype: Of the parameters and images.

    Attributes:
        backbone: Convolutions with batch normalization, (N, C, H, W) to (N, width, H / stride, W / stride), rounded up.
        head: An `AnchorHead` or a `PointHead`.

    Returns (when called): In training a dict of losses to add up: `classification`, `boxes` and, with points, `centerness`, each a sum over
    places divided by the number of places that have an object. After `eval()` a list with one dict for each image: `boxes` (n, 4) within
    the image, `labels` (n,) and `scores` (n,), by falling score, as `mean_average_precision` takes them.

    Raises:
        ValueError: For a setting out of range, images that are not (N, C, H, W), or targets that are missing or not what they should be.

    Example:
        >>> detector = Detector(3, head="points", rng=np.random.default_rng(0))
        >>> images = np.zeros((2, 1, 32, 32), np.float32)
        >>> nothing = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, int)}
        >>> sorted(detector(images, [{"boxes": [[4, 4, 16, 16]], "labels": [2]}, nothing]))
        ['boxes', 'centerness', 'classification']
        >>> [sorted(found) for found in detector.eval()(images)]
        [['boxes', 'labels', 'scores'], ['boxes', 'labels', 'scores']]

    Paper: Lin et al., Focal loss for dense object detection, 2017; Tian et al., FCOS: fully convolutional one-stage object detection, 2019.
    Explained in question 73.
    """

    def __init__(
        self, num_classes: int, in_channels: int = 1, head: str = "anchors", *, width: int = 64, stride: int = 4,
        sizes: Sequence[float] = (8, 16), ratios: Sequence[float] = (0.5, 1, 2), score_threshold: float = 0.05,
        iou_threshold: float = 0.5, max_detections: int = 100, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        counts = {"num_classes": num_classes, "in_channels": in_channels, "width": width, "max_detections": max_detections}
        for name, value in counts.items():
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"Detector: {name} must be a whole number from 1, got {value!r}")
        if head not in ("anchors", "points"):
            raise ValueError(f"Detector: head must be 'anchors' or 'points', got {head!r}")
        in_unit_interval("score_threshold", score_threshold)
        in_unit_interval("iou_threshold", iou_threshold)
        self.num_classes, self.in_channels = num_classes, in_channels
        self.score_threshold, self.iou_threshold, self.max_detections = score_threshold, iou_threshold, max_detections
        self.backbone = backbone(in_channels, width, stride, rng, dtype)
        self.head: Head
        if head == "anchors":
            self.head = AnchorHead(width, num_classes, stride, sizes, ratios, rng=rng, dtype=dtype)
        else:
            self.head = PointHead(width, num_classes, stride, rng=rng, dtype=dtype)

    def forward(self, images: Array, targets: Targets | None = None) -> Any:
        if np.ndim(images) != 4 or np.shape(images)[1] != self.in_channels:
            raise ValueError(f"Detector: images must be (N, {self.in_channels}, H, W), got {np.shape(images)}")
        N, _, H, W = np.shape(images)
        if self.training:
            checked = check_targets(targets, N, self.num_classes, images.dtype)
            return self.head.losses(self.head(self.backbone(images)), checked, (H, W))
        with no_grad():
            boxes, scores = self.head.detect(self.head(self.backbone(images)), (H, W))
        return [self.select(*image, (H, W)) for image in zip(boxes.numpy(), scores.numpy(), strict=True)]

    def select(self, boxes: Array, scores: Array, image_size: tuple[int, int]) -> dict[str, np.ndarray[Any, Any]]:
        """The detections of an image, from the boxes (P, 4) and scores (P, K) of its places."""
        place, label = np.nonzero(scores >= self.score_threshold)
        score = scores[place, label]
        boxes = np.clip(boxes[place], 0, np.tile(image_size[::-1], 2).astype(boxes.dtype))
        kept = nms(boxes, score, self.iou_threshold, label)[: self.max_detections]
        return {"boxes": boxes[kept], "labels": label[kept], "scores": score[kept]}


def backbone(in_channels: int, width: int, stride: int, rng: np.random.Generator, dtype: Any) -> Sequential:
    """Convolution, batch normalization and ReLU, again and again: one layer at full size, then two for each halving of the image."""
    halvings = int(stride).bit_length() - 1
    if halvings < 1 or 2**halvings != stride:
        raise ValueError(f"Detector: stride must be a power of 2 from 2, got {stride!r}")
    widths = [max(width >> (halvings - i), 1) for i in range(halvings + 1)]
    steps = [(in_channels, widths[0], 1)]
    for narrow, wide in pairwise(widths):
        steps += [(narrow, wide, 2), (wide, wide, 1)]
    layers: list[Module] = []
    for n_in, n_out, step in steps:
        convolution = Conv2d(n_in, n_out, 3, stride=step, padding=1, bias=False, rng=rng, dtype=dtype)
        layers += [convolution, BatchNorm2d(n_out, dtype=dtype), Activation("relu")]
    return Sequential(*layers)


# ---- heads ----


class Head(Module):
    """What the heads share: class scores at every place, and what they cost.

    The bias of the scores starts at a probability of 1 in 100, so that thousands of places of background do not drown the first steps.
    """

    def __init__(self, channels: int, num_classes: int, per_cell: int, outputs: int, rng: np.random.Generator, dtype: Any) -> None:
        self.num_classes = num_classes
        self.classify = Conv2d(channels, per_cell * num_classes, 3, padding=1, rng=rng, dtype=dtype)
        self.regress = Conv2d(channels, per_cell * outputs, 3, padding=1, rng=rng, dtype=dtype)
        self.classify.bias = Parameter(np.full(per_cell * num_classes, -np.log(99), dtype))
        self.outputs = outputs

    def forward(self, features: Array) -> tuple[Any, Any]:
        """Logits (N, P, K) and regressed numbers (N, P, outputs) of all places."""
        return by_place(self.classify(features), self.num_classes), by_place(self.regress(features), self.outputs)

    def losses(self, predictions: tuple[Array, Array], targets: list[dict[str, Any]], image_size: tuple[int, int]) -> dict[str, Any]:
        """Focal loss of the scores of all places but the ignored, and the losses of the boxes of those that have an object."""
        logits, numbers = predictions
        places = self.places(image_size).astype(logits.dtype)
        match = np.stack([self.match(places, target["boxes"]) for target in targets])  # (N, P)
        first = np.cumsum([0] + [len(target["boxes"]) for target in targets[:-1]])
        image, place = np.nonzero(match >= 0)
        index = match[image, place] + first[image]  # into the boxes of all images
        boxes, labels = (np.concatenate([target[key] for target in targets])[index] for key in ("boxes", "labels"))
        truth = np.zeros(logits.shape, logits.dtype)
        truth[image, place, labels] = 1
        counted = match != IGNORED
        n = max(len(index), 1)
        result = {"classification": focal_loss(logits[counted], truth[counted], reduction="sum") / n}
        of_boxes = self.box_losses(numbers[image, place], places[place], boxes)
        return result | {name: value / n for name, value in of_boxes.items()}

    def places(self, image_size: tuple[int, int]) -> np.ndarray[Any, Any]:
        """Where predictions are made: one row for each place."""
        raise NotImplementedError

    def match(self, places: Array, boxes: Array) -> np.ndarray[Any, Any]:
        """For each place the index of the box that it shall predict, `BACKGROUND` or `IGNORED`, (P,)."""
        raise NotImplementedError

    def box_losses(self, numbers: Array, places: Array, boxes: Array) -> dict[str, Any]:
        """Sums over the places that have an object, given what was regressed there and the true box, each (n, ...)."""
        raise NotImplementedError

    def detect(self, predictions: tuple[Array, Array], image_size: tuple[int, int]) -> tuple[Any, Any]:
        """Boxes (N, P, 4) and scores (N, P, K)."""
        raise NotImplementedError


class AnchorHead(Head):
    """Anchors: each place is a box of fixed size and shape, which the regressed numbers shift and stretch.

    An anchor with IoU from 0.5 has an object, below 0.4 it is background, between it is ignored; the best ones of an object always have it.

    Args:
        channels: Of the feature map.
        num_classes: K.
        stride: Pixels from cell to cell.
        sizes: Side lengths of the anchors in pixels.
        ratios: Their heights over widths.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Paper: Lin et al., Focal loss for dense object detection, 2017. Explained in question 73.
    """

    def __init__(
        self, channels: int, num_classes: int, stride: int, sizes: Sequence[float], ratios: Sequence[float],
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        per_cell = positive("sizes", sizes).size * positive("ratios", ratios).size
        super().__init__(channels, num_classes, per_cell, 4, rng, dtype)
        self.sizes, self.ratios, self.stride = sizes, ratios, stride

    def places(self, image_size: tuple[int, int]) -> np.ndarray[Any, Any]:
        return make_anchors(self.sizes, self.ratios, self.stride, image_size)  # (P, 4)

    def match(self, places: Array, boxes: Array) -> np.ndarray[Any, Any]:
        return match_anchors(places, boxes, 0.5, 0.4)

    def box_losses(self, numbers: Array, places: Array, boxes: Array) -> dict[str, Any]:
        return {"boxes": smooth_l1_loss(numbers, encode_boxes(boxes, places), reduction="sum", beta=1 / 9)}

    def detect(self, predictions: tuple[Array, Array], image_size: tuple[int, int]) -> tuple[Any, Any]:
        logits, offsets = predictions
        return decode_boxes(offsets, self.places(image_size).astype(offsets.dtype)), sigmoid(logits)


class PointHead(Head):
    """No anchors: each place is a point, and the regressed numbers are its distances to the four sides, and how central it is.

    A point inside a box has that object, the smallest if it is inside several; all others are background. Points near the rim of an
    object see little of it: their predicted centerness lowers their score.

    Args:
        channels: Of the feature map.
        num_classes: K.
        stride: Pixels from point to point.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Paper: Tian et al., FCOS: fully convolutional one-stage object detection, 2019. Explained in question 73.
    """

    def __init__(self, channels: int, num_classes: int, stride: int, *, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        super().__init__(channels, num_classes, 1, 5, rng, dtype)
        self.stride = stride

    def places(self, image_size: tuple[int, int]) -> np.ndarray[Any, Any]:
        y, x = np.meshgrid(*(np.arange(0.5, np.ceil(side / self.stride)) * self.stride for side in image_size), indexing="ij")
        return np.stack([x, y], axis=-1).reshape(-1, 2)  # (P, 2)

    def match(self, places: Array, boxes: Array) -> np.ndarray[Any, Any]:
        if len(boxes) == 0:
            return np.full(len(places), BACKGROUND)
        inside = (distances(places[:, None], boxes) > 0).all(axis=-1)  # (P, m)
        area = np.where(inside, np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.inf)
        return np.where(inside.any(axis=1), area.argmin(axis=1), BACKGROUND)

    def box_losses(self, numbers: Array, places: Array, boxes: Array) -> dict[str, Any]:
        left, top, right, bottom = distances(places, boxes).T
        across, down = np.minimum(left, right) / np.maximum(left, right), np.minimum(top, bottom) / np.maximum(top, bottom)
        centerness = binary_cross_entropy_with_logits(numbers[:, 4], np.sqrt(across * down), reduction="sum")
        return {"boxes": (1 - generalized_iou(self.box_at(numbers, places), boxes)).sum(), "centerness": centerness}

    def detect(self, predictions: tuple[Array, Array], image_size: tuple[int, int]) -> tuple[Any, Any]:
        logits, numbers = predictions
        scores = sigmoid(logits) * sigmoid(numbers[..., 4:])
        return self.box_at(numbers, self.places(image_size).astype(numbers.dtype)), scores

    def box_at(self, numbers: Array, points: Array) -> Any:
        """The boxes (..., 4) around points (..., 2): the distances are exp(number), in strides, which keeps them positive."""
        sides = np.exp(np.minimum(numbers[..., :4], 10)) * self.stride
        return np.concatenate([points - sides[..., :2], points + sides[..., 2:]], axis=-1)


def by_place(x: Array, outputs: int) -> Any:
    """The channels (N, A * outputs, h, w) of a convolution as rows (N, P, outputs), in the order of `make_anchors`."""
    N, _, h, w = x.shape
    return x.reshape(N, -1, outputs, h, w).transpose(0, 3, 4, 1, 2).reshape(N, -1, outputs)


def distances(points: Array, boxes: Array) -> Any:
    """From points (..., 2) to the left, top, right and bottom sides of boxes (..., 4); negative outside."""
    return np.concatenate([points - boxes[..., :2], boxes[..., 2:] - points], axis=-1)


def check_targets(targets: Targets | None, n: int, num_classes: int, dtype: Any) -> list[dict[str, Any]]:
    """The true boxes and labels of n images."""
    if targets is None or len(targets) != n:
        raise ValueError(f"Detector: in training targets must be one dict for each of the {n} images, got {targets!r:.80}")
    checked = []
    for i, target in enumerate(targets):
        name = f"Detector: targets[{i}]"
        if not {"boxes", "labels"} <= set(target):
            raise ValueError(f"{name} must have boxes and labels, it has {', '.join(target) or 'nothing'}")
        boxes = np.zeros((0, 4)) if np.size(target["boxes"]) == 0 else target["boxes"]
        boxes = as_boxes(f"{name}['boxes']", boxes, ndim=2, with_area=True).astype(dtype)
        labels = np.asarray(target["labels"])
        if labels.shape != (len(boxes),) or (labels.size and labels.dtype.kind not in "iu"):
            raise ValueError(f"{name}['labels'] must be an integer for each of the {len(boxes)} boxes, got {labels!r}")
        if not ((labels >= 0) & (labels < num_classes)).all():
            raise ValueError(f"{name}['labels'] must be from 0 to {num_classes - 1}, got {labels.tolist()}")
        checked.append({"boxes": boxes, "labels": labels.astype(np.int64)})
    return checked
