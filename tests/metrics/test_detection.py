"""Mean average precision: COCO's figures, a naive count of it, worked examples, identities, bad input."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, mean_average_precision
from dlprimer.metrics import detection

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "detection.json").read_text())["cases"]
modest = settings(deadline=None, max_examples=30)
seeds = st.integers(0, 9999)


def same(actual, expected):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(actual[name], value, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {case['kind']}" for i, case in enumerate(CASES)])
def test_equals_coco(case):
    """As recorded by scripts/goldens/record_detection.py."""
    same(mean_average_precision(case["predictions"], case["targets"]), case["result"])


# ---- against a count by the definition ----


def iou_of(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common) if common else 0.0


def naive_average_precision(predictions, targets, label, threshold):
    """One class at one IoU threshold, one detection after the other."""
    ranked = []
    for i, image in enumerate(predictions):
        ranked += [(s, i, b) for b, y, s in zip(image["boxes"], image["labels"], image["scores"], strict=True) if y == label]
    ranked.sort(key=lambda entry: -entry[0])
    free = [[b for b, y in zip(t["boxes"], t["labels"], strict=True) if y == label] for t in targets]
    n_true = sum(len(boxes) for boxes in free)
    right, points = 0, []
    for k, (_, i, box) in enumerate(ranked, start=1):
        overlaps = [iou_of(box, other) for other in free[i]]
        if overlaps and max(overlaps) >= threshold:
            free[i].pop(int(np.argmax(overlaps)))
            right += 1
        points.append((right / n_true, right / k))
    return np.mean([max([p for r, p in points if r >= recall], default=0) for recall in np.linspace(0, 1, 101)])


def scenes(seed, images, classes):
    rng = np.random.default_rng(seed)
    predictions, targets = [], []
    for _ in range(images):
        true = rng.uniform(0, 50, (rng.integers(1, 5), 2))
        true = np.concatenate([true, true + rng.uniform(10, 30, true.shape)], axis=1)
        found = np.repeat(true, 2, axis=0) + rng.normal(0, 2, (2 * len(true), 4))
        labels = rng.integers(0, classes, len(true))
        predictions.append({"boxes": found, "labels": np.repeat(labels, 2), "scores": rng.random(len(found))})
        targets.append({"boxes": true, "labels": labels})
    return predictions, targets


@modest
@given(seed=seeds, images=st.integers(1, 3), classes=st.integers(1, 3))
def test_counts_as_the_definition_says(seed, images, classes):
    predictions, targets = scenes(seed, images, classes)
    result = mean_average_precision(predictions, targets)
    labels = sorted({int(y) for t in targets for y in t["labels"]})
    by_hand = [[naive_average_precision(predictions, targets, y, t) for t in np.linspace(0.5, 0.95, 10)] for y in labels]
    assert result["classes"].tolist() == labels
    np.testing.assert_allclose(result["map_per_class"], np.mean(by_hand, axis=1), atol=1e-9)
    assert result["map"] == pytest.approx(np.mean(by_hand)) and result["map_50"] == pytest.approx(np.mean(by_hand, axis=0)[0])
    assert result["map_75"] == pytest.approx(np.mean(by_hand, axis=0)[5])


def test_the_example_of_question_75():
    """Four objects; detections by score right, wrong, right, right, wrong: the interpolated precision at 101 recalls gives 0.629."""
    box = np.array([[i * 20.0, 0, i * 20 + 10, 10] for i in range(4)])
    found = np.array([box[0], [200, 0, 210, 10], box[1], box[2], [300, 0, 310, 10]])
    prediction = {"boxes": found, "labels": np.zeros(5, int), "scores": np.array([0.9, 0.8, 0.7, 0.6, 0.5])}
    result = mean_average_precision([prediction], [{"boxes": box, "labels": np.zeros(4, int)}])
    assert result["map"] == pytest.approx((26 + 50 * 0.75) / 101) and round(result["map"], 3) == 0.629


@pytest.mark.parametrize(("shift", "expected"), [(0.0, 1.0), (0.05, 0.7), (0.1, 0.4), (0.3, 0.0)])
def test_boxes_shifted_along_the_diagonal_come_down_a_staircase(shift, expected):
    true = {"boxes": np.array([[0, 0, 100.0, 100]]), "labels": np.array([0])}
    found = {"boxes": true["boxes"] + 100 * shift, "labels": np.array([0]), "scores": np.array([0.5])}
    assert mean_average_precision([found], [true])["map"] == pytest.approx(expected)


@modest
@given(seed=seeds)
def test_only_the_order_of_scores_counts_and_low_junk_is_free(seed):
    predictions, targets = scenes(seed, 2, 2)
    expected = mean_average_precision(predictions, targets)
    stretched = [p | {"scores": np.exp(5 * p["scores"])} for p in predictions]
    same(mean_average_precision(stretched, targets), expected)
    junk = [
        {
            "boxes": np.concatenate([p["boxes"], [[500, 500, 510, 510]] * 10]),
            "labels": np.append(p["labels"], [t["labels"][0]] * 10),
            "scores": np.append(p["scores"], [-1.0] * 10),
        }
        for p, t in zip(predictions, targets, strict=True)
    ]
    same(mean_average_precision(junk, targets), expected)


def test_a_second_detection_of_an_object_is_wrong():
    true = {"boxes": [[0, 0, 10, 10], [20, 0, 30, 10]], "labels": [0, 0]}
    found = {"boxes": [[0, 0, 10, 10], [0, 0, 10, 10], [20, 0, 30, 10]], "labels": [0, 0, 0], "scores": [0.9, 0.8, 0.7]}
    assert mean_average_precision([found], [true])["map"] == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_crowd_makes_detections_neither_right_nor_wrong():
    true = {"boxes": [[0, 0, 10, 10], [50, 50, 90, 90]], "labels": [0, 0], "iscrowd": [0, 1]}
    found = {"boxes": [[60, 60, 70, 70], [70, 70, 80, 80], [0, 0, 10, 10]], "labels": [0, 0, 0], "scores": [0.9, 0.8, 0.7]}
    assert mean_average_precision([found], [true])["map"] == 1
    assert mean_average_precision([found], [true | {"iscrowd": [0, 0]}])["map"] < 0.4


def test_an_object_comes_before_a_crowd_that_overlaps_more():
    true = {"boxes": [[0, 0, 10, 10], [0, 0, 100, 100]], "labels": [0, 0], "iscrowd": [0, 1]}
    found = {"boxes": [[1, 0, 11, 10]], "labels": [0], "scores": [0.9]}  # IoU 9/11 with the object, wholly inside the crowd
    assert mean_average_precision([found], [true])["map_50"] == 1


def test_of_equal_overlaps_the_last_object_is_taken():
    left, right = [0, 0, 10, 10], [4, 0, 14, 10]
    found = {"boxes": [[2, 0, 12, 10], left], "labels": [0, 0], "scores": [0.9, 0.8]}  # the first overlaps both by 8/12
    assert mean_average_precision([found], [{"boxes": [left, right], "labels": [0, 0]}])["map_50"] == 1
    assert mean_average_precision([found], [{"boxes": [right, left], "labels": [0, 0]}])["map_50"] == pytest.approx(51 / 101)


def test_empty_inputs():
    nothing = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, int), "scores": np.zeros(0)}
    for images in ([], [nothing], [{"boxes": [], "labels": [], "scores": []}]):
        result = mean_average_precision(images, images)
        assert result["map"] == result["map_50"] == -1 and result["classes"].shape == result["map_per_class"].shape == (0,)


def test_tensors_and_dtypes_and_layouts_change_nothing():
    predictions, targets = scenes(3, 2, 2)
    predictions = [p | {"boxes": p["boxes"].round(1)} for p in predictions]
    expected = mean_average_precision(predictions, targets)
    variants = [
        ({k: Tensor(v) for k, v in p.items()}, {k: Tensor(v) for k, v in t.items()}) for p, t in zip(predictions, targets, strict=True)
    ]
    same(mean_average_precision([p for p, _ in variants], [t for _, t in variants]), expected)
    fortran = [p | {"boxes": np.asfortranarray(p["boxes"]), "labels": p["labels"].astype(float)} for p in predictions]
    for image in fortran:
        image["boxes"].flags.writeable = False
    same(mean_average_precision(fortran, targets), expected)


BOX = {"boxes": [[0, 0, 1, 1]], "labels": [0]}


@pytest.mark.parametrize(
    ("predictions", "targets", "error", "message"),
    [
        ([], [BOX], ValueError, "got 0 predictions and 1 targets"),
        ([BOX], [BOX], ValueError, r"predictions\[0\] has no scores: it has boxes, labels"),
        ([BOX | {"scores": [0.5]}], [{}], ValueError, r"targets\[0\] has no boxes, labels: it has nothing"),
        ([BOX | {"scores": [0.5, 0.4]}], [BOX], ValueError, r"predictions\[0\]\['scores'\] must be one real number for each of the 1"),
        ([BOX | {"scores": [np.nan]}], [BOX], ValueError, r"predictions\[0\]\['scores'\] must be finite"),
        ([BOX | {"scores": [0.5], "labels": [0.5]}], [BOX], ValueError, r"\['labels'\] must be whole numbers, got 0.5"),
        ([BOX | {"scores": [0.5]}], [BOX | {"boxes": [[0, 0, -1, 1]]}], ValueError, r"targets\[0\]\['boxes'\] must be"),
        ([BOX | {"scores": [0.5]}], [BOX | {"boxes": [[0, 0, 1]]}], ValueError, r"targets\[0\]\['boxes'\] must have shape"),
        ([BOX | {"scores": [0.5], "boxes": [["a"] * 4]}], [BOX], TypeError, "must be real numbers"),
        ([BOX | {"scores": [0.5]}], [BOX | {"iscrowd": [0, 1]}], ValueError, r"\['iscrowd'\] must be one"),
        ([BOX | {"scores": [0.5], "boxes": []}], [BOX], ValueError, r"\['labels'\] must be one real number for each of the 0 boxes"),
    ],
)  # fmt: skip
def test_bad_input_is_named(predictions, targets, error, message):
    with pytest.raises(error, match=message):
        mean_average_precision(predictions, targets)


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(detection)
    assert result.attempted and not result.failed
