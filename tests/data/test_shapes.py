"""Scenes of shapes: geometry, what boxes, masks and maps say about one another, options, and bad input."""

import doctest
import importlib
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer.data.shapes import KINDS, Scenes, draw_shapes, masks_to_boxes, shapes

seeds = st.integers(0, 2**32 - 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def boxes_by_loop(masks: np.ndarray) -> list[list[float]]:
    found = []
    for mask in masks:
        ys, xs = [y for y in range(mask.shape[0]) if mask[y].any()], [x for x in range(mask.shape[1]) if mask[:, x].any()]
        found.append([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1])
    return found


@given(seeds, st.integers(1, 12), st.sampled_from([16, (24, 20), (17, 30)]), st.floats(0, 0.9), st.booleans(), st.sampled_from([1, 3]))
@settings(max_examples=40, deadline=None)
def test_boxes_masks_labels_and_map_tell_the_same(seed, n, size, overlap, turned, channels) -> None:
    scenes = shapes(
        n, size, objects=(0, 3), radius=(1, 4), overlap=overlap, rotate=turned, channels=channels, rng=rng(seed)
    )
    H, W = size if isinstance(size, tuple) else (size, size)
    assert scenes.images.shape == (n, channels, H, W) and scenes.images.dtype == np.float32
    assert scenes.images.flags.c_contiguous and scenes.images.min() >= 0 and scenes.images.max() <= 1
    assert scenes.semantic.shape == (n, H, W) and scenes.semantic.dtype == np.int64 and len(scenes) == n
    assert len(scenes.boxes) == len(scenes.labels) == len(scenes.masks) == n
    for boxes, labels, masks, semantic in zip(scenes.boxes, scenes.labels, scenes.masks, scenes.semantic, strict=True):
        assert (boxes.dtype, labels.dtype, masks.dtype) == (np.float32, np.int64, bool)
        assert boxes.shape == (len(labels), 4) and masks.shape == (len(labels), H, W)
        assert boxes.tolist() == boxes_by_loop(masks)
        assert masks.sum(axis=0).max(initial=0) <= 1
        np.testing.assert_array_equal(semantic, sum((m * (k + 1) for m, k in zip(masks, labels, strict=True)), np.zeros((H, W))))


def test_the_number_of_objects_is_what_was_asked_for() -> None:
    assert {len(labels) for labels in shapes(200, objects=(2, 4), rng=rng()).labels} == {2, 3, 4}
    assert {len(labels) for labels in shapes(50, 48, objects=8, radius=(4, 8), rng=rng()).labels} == {8}
    empty = shapes(5, objects=0, rng=rng())
    assert [len(boxes) for boxes in empty.boxes] == [0] * 5 and not empty.semantic.any()
    none = shapes(0, rng=rng())
    assert none.images.shape == (0, 1, 32, 32) and none.boxes == [] and len(none) == 0 and none.targets == []


def test_a_seed_repeats_and_another_differs() -> None:
    a, b, c = (shapes(20, texture=0.1, rotate=True, rng=rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.images, b.images)
    np.testing.assert_array_equal(a.semantic, b.semantic)
    assert not (a.images == c.images).all()


@pytest.mark.parametrize("overlap", [0.0, 0.3])
def test_no_object_is_hidden_more_than_allowed(overlap: float) -> None:
    scenes = shapes(200, 24, kinds=("square",), objects=4, radius=3.0, overlap=overlap, rng=rng())
    areas = np.array([masks.sum(axis=(1, 2)) for masks in scenes.masks])  # 36 pixels when nothing is hidden
    assert areas.min() >= (1 - overlap) * 36 and areas.max() == 36
    assert (areas.min() < 36) == (overlap > 0)


def test_objects_lie_within_the_image() -> None:
    for turned in (False, True):
        scenes = shapes(400, 20, kinds=("square",), objects=1, radius=4.0, rotate=turned, rng=rng())
        areas = np.array([masks.sum() for masks in scenes.masks])
        assert abs(areas.mean() - 64) < 1 and areas.min() >= 49  # none is cut by an edge
        boxes = np.concatenate(scenes.boxes)
        assert boxes.min() <= 1 and boxes.max() >= 19


def test_fill_ratios_of_boxes_are_those_of_geometry() -> None:
    scenes = shapes(600, 48, objects=1, radius=(6, 14), rng=rng())
    boxes, labels = np.concatenate(scenes.boxes), np.concatenate(scenes.labels)
    areas = np.concatenate([masks.sum(axis=(1, 2)) for masks in scenes.masks])
    ratios = areas / ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    means = [ratios[labels == k].mean() for k in range(3)]
    assert means == pytest.approx([math.pi / 4, 1, 0.5], abs=0.04) and means[1] == 1


def test_kinds_are_equally_likely_and_named_by_label() -> None:
    scenes = shapes(600, kinds=("triangle", "disk"), objects=1, radius=5.0, noise=0.0, rng=rng())
    labels = np.concatenate(scenes.labels)
    assert np.mean(labels) == pytest.approx(0.5, abs=0.08)
    corners = [scenes.masks[i][0][:, int(scenes.boxes[i][0, 0])].sum() for i in range(600)]  # pixels in the leftmost column
    assert np.mean(np.array(corners)[labels == 0]) < np.mean(np.array(corners)[labels == 1])


def test_brightness_noise_and_texture_are_in_their_ranges() -> None:
    plain = shapes(100, foreground=(0.6, 0.8), background=0.25, noise=0.0, rng=rng())
    front = np.broadcast_to(plain.semantic[:, None] > 0, plain.images.shape)
    assert (plain.images[~front] == 0.25).all() and 0.6 <= plain.images[front].min() <= plain.images[front].max() <= 0.8
    noisy = shapes(100, foreground=0.5, background=0.5, noise=0.1, rng=rng())
    assert noisy.images.std() == pytest.approx(0.1, rel=0.02) and noisy.images.mean() == pytest.approx(0.5, abs=0.01)
    striped = shapes(100, foreground=0.5, background=0.5, noise=0.0, texture=0.2, rng=rng())
    front = np.broadcast_to(striped.semantic[:, None] > 0, striped.images.shape)
    assert (striped.images[front] == 0.5).all()
    assert striped.images[~front].std() == pytest.approx(0.2 / math.sqrt(2), rel=0.05)
    assert np.abs(striped.images - 0.5).max() <= 0.2 + 1e-6


def test_channels_have_brightness_of_their_own() -> None:
    scenes = shapes(50, objects=1, channels=3, noise=0.0, rng=rng())
    for image, masks in zip(scenes.images, scenes.masks, strict=True):
        for channel in image:
            assert len(np.unique(channel[masks[0]])) == 1 and len(np.unique(channel[~masks[0]])) == 1
        assert len(np.unique(image[:, masks[0]])) == 3


@pytest.mark.parametrize("probability", [0.0, 0.5, 0.9, 1.0])
def test_the_background_agrees_with_the_class_as_often_as_told(probability: float) -> None:
    scenes = shapes(
        1000, 16, kinds=("disk", "square"), objects=1, background=(0.1, 0.4), shortcut=probability, noise=0.0, rng=rng()
    )
    bright = scenes.images[:, 0][scenes.semantic == 0]
    assert set(bright.tolist()) == {float(np.float32(0.1)), float(np.float32(0.4))}
    level = np.array([image[0][mask == 0][0] > 0.25 for image, mask in zip(scenes.images, scenes.semantic, strict=True)])
    assert np.mean(level == np.concatenate(scenes.labels)) == pytest.approx(probability, abs=0.04)


def test_a_background_that_disagrees_is_any_of_the_other_classes() -> None:
    scenes = shapes(900, objects=1, background=(0.0, 0.4), shortcut=0.0, noise=0.0, rng=rng())
    ground = [float(image[0][mask == 0][0]) for image, mask in zip(scenes.images, scenes.semantic, strict=True)]
    level = np.rint(np.array(ground) / 0.2)
    labels = np.concatenate(scenes.labels)
    for k in range(3):
        assert sorted(set(level[labels == k])) == sorted({0, 1, 2} - {k})


def test_a_thousand_images_take_well_under_a_second() -> None:
    start = time.perf_counter()
    shapes(1000, rng=rng())
    assert time.perf_counter() - start < 2


# ---- single shapes ----


def inside_by_loop(kind: str, x: float, y: float, cx: float, cy: float, r: float, angle: float, aspect: float) -> bool:
    turn = math.radians(angle)
    u = ((x - cx) * math.cos(turn) - (y - cy) * math.sin(turn)) / r
    v = ((x - cx) * math.sin(turn) + (y - cy) * math.cos(turn)) / r / aspect
    if kind == "disk":
        return math.hypot(u, v) <= 1
    return max(abs(u), abs(v)) <= 1 and (kind == "square" or 2 * abs(u) <= v + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_pixel_is_tested_at_its_center(kind: str) -> None:
    settings = [(10.13, 9.21, 5.07, 0.0, 1.0), (8.0, 11.3, 6.11, 33.0, 1.0), (9.4, 9.9, 7.03, 70.0, 0.31), (1.2, 18.6, 6.0, 0.0, 1.0)]
    for cx, cy, r, angle, aspect in settings:
        [mask] = draw_shapes([kind], [[cx, cy]], r, (18, 20), angles=angle, aspects=aspect)
        expected = [
            [inside_by_loop(kind, x + 0.5, y + 0.5, cx, cy, r, angle, aspect) for x in range(20)] for y in range(18)
        ]
        np.testing.assert_array_equal(mask, expected)
        assert mask.any() and not mask.all()


def test_a_triangle_points_up_and_turns_counter_clockwise() -> None:
    upright, turned = draw_shapes(["triangle"] * 2, [[10, 10]] * 2, 8, 20, angles=[0, 90])
    assert upright[2].sum() < upright[17].sum()  # tip in the first rows
    np.testing.assert_array_equal(turned, np.rot90(upright))


def test_a_bar_is_a_flat_square() -> None:
    [bar] = draw_shapes(["square"], [[20, 20]], 10, 40, aspects=0.25)
    assert masks_to_boxes(bar[None]).tolist() == [[10, 17, 30, 23]] and bar[17:23, 10:30].all()
    assert draw_shapes([], np.empty((0, 2)), 1.0, 5).shape == (0, 5, 5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_shapes(["star"], [[1, 1]], 1, 5), "kinds must be among 'disk', 'square', 'triangle', got 'star'"),
        (lambda: draw_shapes(["disk"], [[1, 1], [2, 2]], 1, 5), "centers must be finite with shape (1, 2)"),
        (lambda: draw_shapes(["disk"], [[1, np.nan]], 1, 5), "centers must be finite"),
        (lambda: draw_shapes(["disk"], [[1, 1]], 0, 5), "radii must be finite and above 0, one or (1,), got 0"),
        (lambda: draw_shapes(["disk"], [[1, 1]], [1, 2], 5), "radii must be finite"),
        (lambda: draw_shapes(["disk"], [[1, 1]], 1, 5, angles=np.inf), "angles must be finite, one or (1,), got inf"),
        (lambda: draw_shapes(["disk"], [[1, 1]], 1, 5, aspects=-1), "aspects must be finite and above 0"),
        (lambda: masks_to_boxes(np.ones((3, 3))), "masks must have shape (n, H, W), got (3, 3)"),
        (lambda: masks_to_boxes(np.zeros((1, 3, 3), bool)), "mask 0 is empty"),
        (lambda: shapes(-1, rng=rng()), "n must be a whole number of at least 0, got -1"),
        (lambda: shapes(5, 10.5, rng=rng()), "the height must be a whole number of at least 1, got 10.5"),
        (lambda: shapes(5, (10, 0), rng=rng()), "the width must be a whole number of at least 1, got 0"),
        (lambda: shapes(5, channels=0, rng=rng()), "channels must be a whole number of at least 1, got 0"),
        (lambda: shapes(5, kinds=("disk", "star"), rng=rng()), "kinds must be names among"),
        (lambda: shapes(5, kinds="disk", rng=rng()), "kinds must be names among"),
        (lambda: shapes(5, kinds=(), rng=rng()), "kinds must be names among"),
        (lambda: shapes(5, objects=(3, 2), rng=rng()), "objects must be a number or a rising pair"),
        (lambda: shapes(5, objects=-1, rng=rng()), "objects must be a number"),
        (lambda: shapes(5, objects=1.5, rng=rng()), "objects must be whole numbers"),
        (lambda: shapes(5, radius=17, rng=rng()), "radius must be a number or a rising pair of numbers from 0.5 to 16, got 17"),
        (lambda: shapes(5, radius=12, rotate=True, rng=rng()), "from 0.5 to 11.31, got 12"),
        (lambda: shapes(5, radius=np.nan, rng=rng()), "radius must be"),
        (lambda: shapes(5, overlap=1.0, rng=rng()), "overlap must be"),
        (lambda: shapes(5, noise=-0.1, rng=rng()), "noise must be"),
        (lambda: shapes(5, texture=2, rng=rng()), "texture must be"),
        (lambda: shapes(5, foreground=(0.5, 1.5), rng=rng()), "foreground must be"),
        (lambda: shapes(5, background=(1, 2, 3), rng=rng()), "background must be"),
        (lambda: shapes(5, shortcut=0.9, rng=rng()), "shortcut needs objects=1"),
        (lambda: shapes(5, objects=1, kinds=("disk",), shortcut=0.9, rng=rng()), "at least two kinds"),
        (lambda: shapes(5, objects=1, shortcut=1.5, rng=rng()), "shortcut must be a probability, got 1.5"),
        (lambda: shapes(5, 16, objects=9, radius=8, overlap=0.0, rng=rng()), "no place found for object 2 of image"),
    ],
)
def test_bad_scenes_are_refused_by_name(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)


# ---- the record ----


def test_scenes_are_taken_by_slice_and_by_array() -> None:
    scenes = shapes(6, 16, radius=2.0, rng=rng())
    chosen = scenes[np.array([4, 1])]
    np.testing.assert_array_equal(chosen.images, scenes.images[[4, 1]])
    assert chosen.boxes[0] is scenes.boxes[4] and chosen.labels[1] is scenes.labels[1]
    assert len(scenes[scenes.semantic.any(axis=(1, 2))]) == 6 and len(scenes[2:4]) == 2
    assert Scenes(scenes.images)[:2].boxes is None
    with pytest.raises(TypeError, match=r"index by a slice or an array, got 1"):
        scenes[1]


def test_targets_hold_what_is_known() -> None:
    scenes = shapes(3, 16, radius=2.0, rng=rng())
    assert [sorted(target) for target in scenes.targets] == [["boxes", "labels", "masks"]] * 3
    assert scenes.targets[2]["boxes"] is scenes.boxes[2]
    assert Scenes(scenes.images, boxes=scenes.boxes).targets[0].keys() == {"boxes"}


def test_a_seed_is_no_generator() -> None:
    with pytest.raises(TypeError, match=r"rng must be a numpy Generator, such as np.random.default_rng\(0\); got int"):
        shapes(3, rng=0)


def test_the_examples_in_the_docstrings_hold() -> None:
    module = importlib.import_module("dlprimer.data.shapes")
    result = doctest.testmod(module, extraglobs={"np": np})
    assert result.attempted and not result.failed
