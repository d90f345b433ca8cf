"""The detector: what comes out, gradients to every parameter, which places learn which box, and three images learned by heart."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Adam, Detector, Tensor, make_anchors, match_anchors, mean_average_precision
from dlprimer.models import detector as module

HEADS = ["anchors", "points"]
modest = settings(deadline=None, max_examples=20)


def small(head="anchors", dtype=np.float32, **options):
    return Detector(2, head=head, width=8, rng=np.random.default_rng(0), dtype=dtype, **options)


def scenes():
    """Three images with bright (class 0) and dark (class 1) rectangles."""
    rng = np.random.default_rng(1)
    images = rng.normal(0, 0.05, (3, 1, 32, 32)).astype(np.float32)
    targets = [
        {"boxes": np.array([[3.0, 4, 13, 14]]), "labels": np.array([0])},
        {"boxes": np.array([[16.0, 2, 28, 10], [4, 18, 12, 30]]), "labels": np.array([1, 0])},
        {"boxes": np.array([[10.0, 12, 26, 28]]), "labels": np.array([1])},
    ]
    for image, target in zip(images, targets, strict=True):
        for (x1, y1, x2, y2), label in zip(target["boxes"].astype(int), target["labels"], strict=True):
            image[0, y1:y2, x1:x2] += 1 - 2 * label
    return images, targets


NOTHING = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, int)}


@pytest.mark.parametrize("head", HEADS)
def test_learns_three_images_by_heart(head):
    images, targets = scenes()
    model = Detector(2, head=head, width=16, rng=np.random.default_rng(0))
    optimizer = Adam(model.parameters(), lr=1e-2)
    for _ in range(80):
        loss = sum(model(images, targets).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = model.eval()(images)
    result = mean_average_precision(found, targets)
    assert result["map_50"] > 0.95 and result["map"] > 0.7
    for image, target in zip(found, targets, strict=True):
        assert sorted(image["labels"][: len(target["labels"])].tolist()) == sorted(target["labels"].tolist())


@modest
@given(size=st.tuples(st.integers(9, 24), st.integers(9, 24)), stride=st.sampled_from([2, 4, 8]), n=st.integers(1, 3))
@pytest.mark.parametrize("head", HEADS)
def test_images_of_any_size(head, size, stride, n):
    model = small(head, stride=stride, score_threshold=0.0, max_detections=7)
    images = np.random.default_rng(0).standard_normal((n, 1, *size)).astype(np.float32)
    target = {"boxes": [[0, 0, size[1], size[0]]], "labels": [1]}
    losses = model(images, [target] * n)
    assert losses.keys() == {"classification", "boxes"} | ({"centerness"} if head == "points" else set())
    assert all(loss.shape == () and loss.dtype == np.float32 and np.isfinite(loss.item()) for loss in losses.values())
    found = model.eval()(images)
    assert len(found) == n
    for image in found:
        assert all(type(values) is np.ndarray for values in image.values())
        assert image["boxes"].shape == (len(image["scores"]), 4) and len(image["scores"]) <= 7
        assert image["boxes"].dtype == image["scores"].dtype == np.float32 and image["labels"].dtype == np.int64
        assert (image["boxes"] >= 0).all() and (image["boxes"] <= np.array([size[1], size[0]] * 2)).all()
        assert (np.diff(image["scores"]) <= 0).all() and set(image["labels"].tolist()) <= {0, 1}


@pytest.mark.parametrize("head", HEADS)
def test_every_parameter_gets_its_gradient(head):
    """Checked against a difference of the loss along a random direction, in float64."""
    images, targets = scenes()
    images = images[:, :, ::2, ::2].astype(np.float64)
    targets = [{"boxes": t["boxes"] / 2, "labels": t["labels"]} for t in targets]
    model = small(head, np.float64, stride=2, sizes=(4, 8))
    sum(model(images, targets).values()).backward()
    rng = np.random.default_rng(2)
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and np.abs(parameter.grad).max() > 0, name
        direction, start, eps = rng.standard_normal(parameter.shape), parameter.data.copy(), 1e-6
        values = []
        for sign in (1, -1):
            parameter.data[...] = start + sign * eps * direction
            values.append(sum(model(images, targets).values()).item())
        parameter.data[...] = start
        assert (parameter.grad * direction).sum() == pytest.approx((values[0] - values[1]) / (2 * eps), rel=1e-3, abs=1e-6), name


@pytest.mark.parametrize("head", HEADS)
def test_images_without_objects_teach_the_background(head):
    images, _ = scenes()
    losses = small(head)(images, [NOTHING] * 3)
    assert losses.pop("classification").item() > 0
    assert all(loss.item() == 0 for loss in losses.values())
    sum(small(head)(images, [NOTHING | {"boxes": []}] * 3).values()).backward()


@pytest.mark.parametrize("head", HEADS)
def test_targets_of_one_image_do_not_reach_another(head):
    images, targets = scenes()
    model = small(head)
    together = {k: v.item() for k, v in model(images, targets).items()}
    order = [2, 0, 1]
    shuffled = {k: v.item() for k, v in model(images[order], [targets[i] for i in order]).items()}
    assert shuffled == pytest.approx(together, rel=1e-5)
    moved = {k: v.item() for k, v in model(images, [targets[i] for i in order]).items()}
    assert moved["boxes"] != pytest.approx(together["boxes"], rel=1e-3)


def test_the_first_scores_are_one_in_a_hundred():
    model = small("anchors", score_threshold=0.0).eval()
    scores = model(np.zeros((1, 1, 16, 16), np.float32))[0]["scores"]
    assert scores == pytest.approx(np.full(len(scores), 0.01), rel=0.05)


def test_raw_predictions_stand_in_the_order_of_the_anchors():
    model = small("anchors", sizes=(8,), ratios=(1.0, 2.0))
    logits, offsets = model.head(np.zeros((2, 8, 3, 5), np.float32))
    assert logits.shape == (2, 3 * 5 * 2, 2) and offsets.shape == (2, 30, 4)
    channels = np.arange(2 * 6 * 3 * 5).reshape(2, 6, 3, 5)  # 2 anchors of 3 numbers
    rows = module.by_place(channels, 3)
    for n, y, x, a, k in np.ndindex(2, 3, 5, 2, 3):
        assert rows[n, (y * 5 + x) * 2 + a, k] == channels[n, a * 3 + k, y, x]


def test_anchors_learn_the_box_that_they_overlap():
    head = small("anchors", sizes=(8,), ratios=(1.0,)).head
    places, box = head.places((16, 16)), np.array([[1.0, 1, 9, 9]])
    np.testing.assert_array_equal(places, make_anchors((8,), (1.0,), 4, (16, 16)))
    np.testing.assert_array_equal(head.match(places, box), match_anchors(places, box, 0.5, 0.4))


def test_ignored_anchors_learn_nothing():
    head = small("anchors", np.float64, sizes=(8,), ratios=(1.0,)).head
    boxes = np.array([[3.0, 2, 11, 10]])
    match = head.match(head.places((16, 16)), boxes)
    assert set(match.tolist()) == {0, -1, -2}
    logits, numbers = Tensor(np.zeros((1, 16, 2)), requires_grad=True), Tensor(np.zeros((1, 16, 4)), requires_grad=True)
    targets = [{"boxes": boxes, "labels": np.array([1])}]
    losses = head.losses((logits, numbers), targets, (16, 16))
    n, per_logit = (match == 0).sum(), 0.25 * np.log(2)  # focal loss of an even guess: (1 - p)^2 = 1/4, times alpha
    expected = n * (0.25 + 0.75) * per_logit + 0.75 * 2 * (match == -1).sum() * per_logit
    assert losses["classification"].item() == pytest.approx(expected / n)
    sum(losses.values()).backward()
    assert (np.abs(logits.grad[0]).max(axis=1) > 0).tolist() == (match != -2).tolist()
    assert (np.abs(numbers.grad[0]).max(axis=1) > 0).tolist() == (match >= 0).tolist()


def test_scores_of_points_are_lowered_by_centerness():
    head = small("points", np.float64).head
    numbers = np.zeros((1, 4, 5))
    numbers[..., 4] = np.log(3)
    boxes, scores = head.detect((np.zeros((1, 4, 2)), numbers), (8, 8))
    np.testing.assert_allclose(scores, np.full((1, 4, 2), 0.5 * 0.75))
    np.testing.assert_allclose(boxes[0, 0], [-2, -2, 6, 6])


def test_points_learn_the_smallest_box_around_them():
    head = small("points").head
    points = head.places((16, 12))
    assert points.tolist()[:4] == [[2, 2], [6, 2], [10, 2], [2, 6]] and len(points) == 12
    boxes = np.array([[0.0, 0, 12, 16], [4, 4, 8, 8], [3, 3, 5, 5]])  # the last one holds no point
    match = head.match(points, boxes).reshape(4, 3)
    assert match.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert head.match(points, boxes[2:]).tolist() == [-1] * 12 and head.match(points, np.zeros((0, 4))).tolist() == [-1] * 12
    assert head.match(points, np.array([[2.0, 2, 10, 10]])).reshape(4, 3).tolist() == [[-1] * 3, [-1, 0, -1], [-1] * 3, [-1] * 3]


@modest
@given(seed=st.integers(0, 9999))
def test_distances_lead_back_to_the_box(seed):
    rng = np.random.default_rng(seed)
    head = small("points", np.float64).head
    points = rng.uniform(-10, 10, (5, 2))
    boxes = np.concatenate([points - rng.uniform(0.1, 30, (5, 2)), points + rng.uniform(0.1, 30, (5, 2))], axis=1)
    numbers = np.log(module.distances(points, boxes) / head.stride)
    np.testing.assert_allclose(head.box_at(numbers, points), boxes, rtol=1e-9, atol=1e-9)


def test_losses_of_perfect_boxes_are_zero():
    points, boxes = np.array([[5.0, 5], [4, 8]]), np.array([[0.0, 0, 10, 10], [0, 0, 10, 10]])
    head = small("points", np.float64).head
    numbers = np.concatenate([np.log(module.distances(points, boxes) / head.stride), [[40.0], [0.0]]], axis=1)
    losses = head.box_losses(Tensor(numbers), points, boxes)
    assert losses["boxes"].item() == pytest.approx(0, abs=1e-12)
    assert losses["centerness"].item() == pytest.approx(np.log(2))  # the first point is the center; 0.5 costs log 2, whatever the truth
    anchors = small("anchors", np.float64).head
    assert anchors.box_losses(Tensor(np.zeros((2, 4))), boxes, boxes)["boxes"].item() == 0


def test_absurd_predictions_stay_finite():
    for head in HEADS:
        model = small(head)
        model.head.regress.bias.data[:] = 1e4
        found = model.eval()(np.zeros((1, 1, 16, 16), np.float32))
        assert all(np.isfinite(values).all() for values in found[0].values())


def test_duplicates_go_class_by_class():
    model = small(score_threshold=0.3, iou_threshold=0.5)
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [-5, 20, 10, 40]], np.float32)
    scores = np.array([[0.9, 0.1], [0.8, 0.7], [0.2, 0.3]], np.float32)
    found = model.select(boxes, scores, (32, 32))
    assert found["labels"].tolist() == [0, 1, 1] and found["scores"].tolist() == pytest.approx([0.9, 0.7, 0.3])
    assert found["boxes"].tolist() == [[0, 0, 10, 10], [1, 0, 11, 10], [0, 20, 10, 32]]


def test_what_comes_in_is_not_changed():
    images, targets = scenes()
    copies = images.copy(), [{k: v.copy() for k, v in t.items()} for t in targets]
    sum(small()(images, targets).values()).backward()
    np.testing.assert_array_equal(images, copies[0])
    for target, copy in zip(targets, copies[1], strict=True):
        for key in target:
            np.testing.assert_array_equal(target[key], copy[key])


# ---- bad input ----

IMAGE, BOX = np.zeros((1, 1, 16, 16), np.float32), {"boxes": [[0, 0, 4, 4]], "labels": [0]}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: small(stride=3), "stride must be a power of 2 from 2, got 3"),
        (lambda: small(stride=1), "stride must be a power of 2"),
        (lambda: small("queries"), "head must be 'anchors' or 'points', got 'queries'"),
        (lambda: small(in_channels=0), "in_channels must be a whole number from 1, got 0"),
        (lambda: small(max_detections=2.5), "max_detections"),
        (lambda: small(sizes=(0,)), "sizes must be positive"),
        (lambda: small(ratios=()), "ratios must be positive"),
        (lambda: small(score_threshold=2), "score_threshold must be between 0 and 1"),
        (lambda: small(iou_threshold=-1), "iou_threshold must be between 0 and 1"),
        (lambda: small()(IMAGE[0], [BOX]), r"images must be \(N, 1, H, W\), got \(1, 16, 16\)"),
        (lambda: small()(np.zeros((1, 3, 16, 16), np.float32), [BOX]), r"images must be \(N, 1, H, W\)"),
        (lambda: small()(IMAGE), "one dict for each of the 1 images, got None"),
        (lambda: small()(IMAGE, [BOX, BOX]), "one dict for each of the 1 images"),
        (lambda: small()(IMAGE, [{"boxes": []}]), r"targets\[0\] must have boxes and labels, it has boxes"),
        (lambda: small()(IMAGE, [{"boxes": [[0, 0, 0, 4]], "labels": [0]}]), r"targets\[0\]\['boxes'\] must be .* x1 < x2"),
        (lambda: small()(IMAGE, [{"boxes": [[0, 0, 4, 4]], "labels": [2]}]), r"targets\[0\]\['labels'\] must be from 0 to 1, got \[2\]"),
        (lambda: small()(IMAGE, [{"boxes": [[0, 0, 4, 4]], "labels": [0.0]}]), "must be an integer for each of the 1 boxes"),
        (lambda: small()(IMAGE, [{"boxes": [[0, 0, 4, 4]], "labels": [0, 1]}]), "must be an integer for each of the 1 boxes"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
