"""Augmentation: images, boxes and masks stay in step, inputs stay as they are, and mixtures and views average as they should."""

import doctest
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer.data.augmentation as augmentation
from dlprimer import MLP, SGD, Tensor, cross_entropy, fit, softmax
from dlprimer.data.augmentation import (
    Augment,
    crop,
    cutmix,
    cutout,
    flip,
    mixup,
    noise,
    random_affine,
    random_crop,
    random_shift,
    rotate,
    scale,
    shift,
)
from dlprimer.data.shapes import Scenes, masks_to_boxes, shapes

average_views = augmentation.test_time_augmentation
seeds = st.integers(0, 2**32 - 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scenes_of(seed: int = 0, n: int = 4, size=(14, 18), objects=(0, 3)) -> Scenes:
    return shapes(n, size, objects=objects, radius=(1, 4), rotate=True, channels=2, rng=rng(seed))


RANDOM = [
    partial(random_crop, size=(12, 9), padding=2),
    partial(random_shift, limit=3),
    partial(random_affine, degrees=30, shift=2, scale=0.2),
    partial(cutout, size=5),
    partial(noise, std=0.1),
]
GEOMETRIC = [
    flip,
    partial(flip, direction="vertical"),
    partial(shift, dx=2, dy=-1),
    partial(shift, dx=0.5),
    partial(rotate, degrees=25),
    partial(scale, factor=1.3),
    partial(crop, top=-1, left=3, height=10, width=12),
]
ALL = [*GEOMETRIC, *(partial(function, rng=rng(3)) for function in RANDOM)]


def named(function) -> str:
    return str(function).replace("functools.partial(<function ", "").split(" at ")[0]


def snapshot(scenes: Scenes) -> dict:
    return {
        name: [v.copy() for v in value] if isinstance(value, list) else value.copy() for name, value in vars(scenes).items()
    }


def assert_same(scenes: Scenes, kept: dict) -> None:
    for name, value in vars(scenes).items():
        for a, b in zip(value, kept[name], strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)
            assert a.dtype == b.dtype


# ---- what every augmentation promises ----


@pytest.mark.parametrize("function", ALL, ids=named)
def test_inputs_stay_as_they_are_and_may_be_read_only(function) -> None:
    scenes = scenes_of()
    kept = snapshot(scenes)
    for value in vars(scenes).values():
        for array in [value] if isinstance(value, np.ndarray) else value:
            array.setflags(write=False)
    new = function(scenes)
    assert_same(scenes, kept)
    assert isinstance(new, Scenes) and not np.shares_memory(new.images, scenes.images)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("function", ALL, ids=named)
def test_dtypes_are_kept(function, dtype) -> None:
    scenes = scenes_of(objects=2)
    scenes = Scenes(
        scenes.images.astype(dtype), [boxes.astype(dtype) for boxes in scenes.boxes], scenes.labels, scenes.masks, scenes.semantic
    )
    new = function(scenes)
    assert new.images.dtype == dtype and {boxes.dtype for boxes in new.boxes} == {np.dtype(dtype)}
    assert new.semantic.dtype == np.int64 and {masks.dtype for masks in new.masks} == {np.dtype(bool)}
    assert function(scenes.images).dtype == dtype


@pytest.mark.parametrize("function", GEOMETRIC, ids=named)
def test_images_alone_give_an_array_and_memory_layout_does_not_matter(function) -> None:
    scenes = scenes_of()
    alone = function(scenes.images)
    assert isinstance(alone, np.ndarray)
    np.testing.assert_array_equal(alone, function(scenes).images)
    np.testing.assert_array_equal(alone, function(np.asfortranarray(scenes.images)))
    np.testing.assert_array_equal(alone, function(np.repeat(scenes.images, 2, axis=3)[..., ::2]))


@pytest.mark.parametrize("function", RANDOM, ids=named)
def test_a_seed_repeats_and_another_differs(function) -> None:
    scenes = scenes_of()
    a, b, c = (function(scenes, rng=rng(seed)) for seed in (1, 1, 2))
    assert_same(a, snapshot(b))
    assert not np.array_equal(a.images, c.images)
    with pytest.raises(TypeError, match="rng must be a numpy Generator"):
        function(scenes, rng=1)


@pytest.mark.parametrize("function", ALL, ids=named)
def test_labels_and_masks_follow_their_boxes(function) -> None:
    scenes = scenes_of(seed=5, n=30)
    new = function(scenes)
    for boxes, labels, masks in zip(new.boxes, new.labels, new.masks, strict=True):
        assert len(boxes) == len(labels) == len(masks)
        H, W = new.images.shape[2:]
        assert masks.shape[1:] == (H, W) and (boxes >= 0).all() and (boxes <= [W, H, W, H]).all()
        assert ((boxes[:, 2:] - boxes[:, :2]) > 0).all()
    assert sum(map(len, new.boxes)) <= sum(map(len, scenes.boxes))


@pytest.mark.parametrize("function", GEOMETRIC, ids=named)
def test_scenes_without_annotations_and_without_objects(function) -> None:
    images = rng().random((2, 1, 14, 18), dtype=np.float32)
    new = function(Scenes(images))
    assert new.boxes is new.labels is new.masks is new.semantic is None
    empty = Scenes(images, [np.empty((0, 4), np.float32)] * 2, [np.empty(0, int)] * 2, [np.empty((0, 14, 18), bool)] * 2)
    new = function(empty)
    H, W = new.images.shape[2:]
    assert [boxes.shape for boxes in new.boxes] == [(0, 4)] * 2 and [masks.shape for masks in new.masks] == [(0, H, W)] * 2


# ---- boxes are the hulls of what moved ----


@given(seeds, st.sampled_from(["horizontal", "vertical"]))
@settings(max_examples=25, deadline=None)
def test_flipped_boxes_are_the_hulls_of_flipped_masks_and_twice_is_nothing(seed, direction) -> None:
    scenes = scenes_of(seed)
    new = flip(scenes, direction)
    np.testing.assert_array_equal(new.images, scenes.images[..., ::-1] if direction == "horizontal" else scenes.images[..., ::-1, :])
    for boxes, masks, semantic, labels in zip(new.boxes, new.masks, new.semantic, new.labels, strict=True):
        np.testing.assert_array_equal(boxes, masks_to_boxes(masks))
        np.testing.assert_array_equal(semantic, sum((m * (k + 1) for m, k in zip(masks, labels, strict=True)), np.zeros((14, 18))))
    assert_same(flip(new, direction), snapshot(scenes))


@given(seeds, st.integers(-20, 20), st.integers(-20, 20))
@settings(max_examples=40, deadline=None)
def test_shifted_boxes_are_the_hulls_of_shifted_masks(seed, dx, dy) -> None:
    scenes = shapes(3, (14, 18), kinds=("square",), objects=2, overlap=0.0, radius=(1, 3), rng=rng(seed))
    new = shift(scenes, dx, dy, fill=0.5)
    expected = np.full_like(scenes.images, 0.5)
    for y in range(14):
        for x in range(18):
            if 0 <= y - dy < 14 and 0 <= x - dx < 18:
                expected[:, :, y, x] = scenes.images[:, :, y - dy, x - dx]
    np.testing.assert_array_equal(new.images, expected)
    for i in range(3):
        moved = np.zeros((2, 14, 18), bool)
        ys, xs = np.arange(14) - dy, np.arange(18) - dx
        y, x = np.flatnonzero((ys >= 0) & (ys < 14)), np.flatnonzero((xs >= 0) & (xs < 18))
        moved[:, y[:, None], x] = scenes.masks[i][:, ys[y][:, None], xs[x]]
        seen = moved.any(axis=(1, 2))
        np.testing.assert_array_equal(new.masks[i], moved[seen])
        np.testing.assert_array_equal(new.boxes[i], masks_to_boxes(moved[seen]))
        np.testing.assert_array_equal(new.labels[i], scenes.labels[i][seen])


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_four_quarter_turns_are_nothing_and_one_is_rot90(seed) -> None:
    scenes = scenes_of(seed, size=13)
    once = rotate(scenes, 90)
    np.testing.assert_array_equal(once.images, np.rot90(scenes.images, axes=(2, 3)))
    np.testing.assert_array_equal(once.semantic, np.rot90(scenes.semantic, axes=(1, 2)))
    for boxes, masks in zip(once.boxes, once.masks, strict=True):
        np.testing.assert_array_equal(boxes, masks_to_boxes(masks))
    assert_same(rotate(rotate(rotate(once, 90), 90), 90), snapshot(scenes))
    assert_same(rotate(scenes, -360), snapshot(scenes))


def test_a_turned_box_is_the_hull_of_its_corners_clipped_to_the_image() -> None:
    scenes = Scenes(np.zeros((2, 1, 20, 20), np.float64), [np.array([[8.0, 9, 12, 11]]), np.array([[0.0, 0, 4, 4]])])
    new = rotate(scenes, np.array([30, 45]))
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    w, h = 2 * c + 1 * s, 2 * s + 1 * c
    np.testing.assert_allclose(new.boxes[0], [[10 - w, 10 - h, 10 + w, 10 + h]])
    center, half = 10 - 8 * math.sqrt(2), 2 * math.sqrt(2)  # the second box moves to the left edge and half out of the image
    np.testing.assert_allclose(new.boxes[1], [[0, 10 - half, center + half, 10 + half]])


def bilinear_by_loop(image: np.ndarray, u: float, v: float, fill: float) -> float:
    H, W = image.shape
    pixel = lambda y, x: image[y, x] if 0 <= y < H and 0 <= x < W else fill
    x, y = math.floor(u), math.floor(v)
    a, b = u - x, v - y
    return (1 - b) * ((1 - a) * pixel(y, x) + a * pixel(y, x + 1)) + b * ((1 - a) * pixel(y + 1, x) + a * pixel(y + 1, x + 1))


@pytest.mark.parametrize(
    ("function", "back"),
    [
        (partial(rotate, degrees=33.0), lambda x, y: (x * 0.83867057 - y * 0.54463904, x * 0.54463904 + y * 0.83867057)),
        (partial(scale, factor=0.73), lambda x, y: (x / 0.73, y / 0.73)),
        (partial(scale, factor=2.5), lambda x, y: (x / 2.5, y / 2.5)),
        (partial(shift, dx=0.3, dy=-1.6), lambda x, y: (x - 0.3, y + 1.6)),
    ],
    ids=["rotate", "shrink", "enlarge", "shift"],
)
def test_images_are_interpolated_and_masks_take_the_nearest(function, back) -> None:
    image, semantic = rng().random((1, 1, 9, 12)), rng().integers(1, 5, (1, 9, 12))
    new = function(Scenes(image, semantic=semantic), fill=0.25)
    for y in range(9):
        for x in range(12):
            u, v = back(x + 0.5 - 6, y + 0.5 - 4.5)
            u, v = u + 6 - 0.5, v + 4.5 - 0.5
            assert new.images[0, 0, y, x] == pytest.approx(bilinear_by_loop(image[0, 0], u, v, 0.25), abs=1e-6)
            column, row = math.floor(u + 0.5), math.floor(v + 0.5)
            expected = semantic[0, row, column] if 0 <= row < 9 and 0 <= column < 12 else 0
            assert new.semantic[0, y, x] == expected


def test_angles_and_distances_may_differ_between_images() -> None:
    images = rng().random((3, 2, 8, 8))
    new = rotate(images, [0, 90, 45])
    np.testing.assert_array_equal(new[0], images[0])
    np.testing.assert_array_equal(new[1], np.rot90(images[1], axes=(1, 2)))
    np.testing.assert_array_equal(new[2], rotate(images[2:], 45)[0])
    np.testing.assert_array_equal(shift(images, [0, 1, 2])[1], shift(images, 1)[1])
    np.testing.assert_array_equal(scale(images, [1, 2, 0.5])[2], scale(images, 0.5)[2])


def test_large_images_and_batches_go_through_in_blocks(monkeypatch) -> None:
    images = rng().random((5, 3, 16, 16))
    expected = rotate(images, 20)
    for block in (1, 1500, 10**9):
        monkeypatch.setattr(augmentation, "BLOCK", block)
        np.testing.assert_array_equal(rotate(images, 20), expected)


# ---- crops, and boxes that vanish ----


@given(seeds, st.integers(-6, 16), st.integers(-6, 20), st.integers(1, 20), st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_crop_is_a_slice_of_the_padded_image(seed, top, left, height, width) -> None:
    scenes = scenes_of(seed, n=2)
    new = crop(scenes, top, left, height, width, fill=7.0)
    pads = ((6, 40), (6, 40))
    padded = np.pad(scenes.images, ((0, 0), (0, 0), *pads), constant_values=7)
    rows, columns = slice(top + 6, top + 6 + height), slice(left + 6, left + 6 + width)
    np.testing.assert_array_equal(new.images, padded[:, :, rows, columns])
    np.testing.assert_array_equal(new.semantic, np.pad(scenes.semantic, ((0, 0), *pads))[:, rows, columns])
    assert crop(scenes, 0, 0, 14, 18).images.shape == scenes.images.shape
    assert_same(crop(scenes, 0, 0, 14, 18), snapshot(scenes))


def test_random_crops_reach_every_place_and_no_other() -> None:
    images = np.arange(1.0, 26).reshape(1, 1, 5, 5).repeat(400, axis=0)
    new = random_crop(images, 3, padding=1, rng=rng())
    middles = set(new[:, 0, 1, 1].tolist())
    assert middles == set(images[0].ravel().tolist())
    inside = random_crop(images, 3, rng=rng())
    assert (inside > 0).all() and len(set(inside[:, 0, 0, 0].tolist())) == 9
    assert (random_crop(images, 5, rng=rng()) == images).all()


def test_random_shifts_are_whole_and_within_the_limit() -> None:
    images = np.zeros((500, 1, 7, 7))
    images[:, 0, 3, 3] = 1
    new = random_shift(images, 2, rng=rng())
    _, _, y, x = np.nonzero(new)
    assert len(y) == 500 and set(zip(y.tolist(), x.tolist(), strict=True)) == {(a, b) for a in range(1, 6) for b in range(1, 6)}
    assert (random_shift(images, 0, rng=rng()) == images).all()


def test_random_affine_stays_within_its_limits() -> None:
    box = [np.array([[8.0, 8, 12, 12]])]
    scenes = Scenes(np.zeros((300, 1, 20, 20)), box * 300)
    moved = np.concatenate(random_affine(scenes, shift=2.0, rng=rng()).boxes) - box[0]
    assert np.abs(moved).max() <= 2 and np.abs(moved).max() > 1.9 and moved.std() == pytest.approx(4 / math.sqrt(12), rel=0.1)
    np.testing.assert_allclose(moved[:, :2], moved[:, 2:])
    sizes = np.concatenate(random_affine(scenes, scale=0.25, rng=rng()).boxes)
    sides = sizes[:, 2] - sizes[:, 0]
    assert 3 <= sides.min() < 3.1 and 4.9 < sides.max() <= 5
    turned = np.concatenate(random_affine(scenes, degrees=10.0, rng=rng()).boxes)
    widest = 4 * (math.cos(math.radians(10)) + math.sin(math.radians(10)))
    assert 4 <= (turned[:, 2] - turned[:, 0]).min() and 0.99 * widest < (turned[:, 2] - turned[:, 0]).max() <= widest + 1e-9
    assert (random_affine(scenes.images + 1, rng=rng()) == 1).all()


def test_boxes_of_which_too_little_stays_are_dropped_with_their_labels() -> None:
    boxes = [np.array([[0.0, 0, 4, 4], [6, 0, 10, 4], [2, 2, 2, 5]])]
    masks = [np.zeros((3, 10, 10), bool)]
    for mask, (x1, y1, x2, y2) in zip(masks[0], boxes[0].astype(int), strict=True):
        mask[y1:y2, x1:x2] = True
    scenes = Scenes(np.zeros((1, 1, 10, 10)), boxes, [np.array([5, 6, 7])], masks)
    assert shift(scenes, 1).labels[0].tolist() == [5, 6]  # the third has no area
    for limit, left in [(0.0, [5, 6]), (0.25, [5, 6]), (0.26, [5])]:
        new = shift(scenes, 3, min_visible=limit)
        assert new.labels[0].tolist() == left and len(new.masks[0]) == len(left)
    assert shift(scenes, 4).labels[0].tolist() == [5]
    assert shift(scenes, 10).boxes[0].shape == (0, 4)
    assert shift(Scenes(scenes.images, boxes), 4).boxes[0].tolist() == [[4, 0, 8, 4]]


# ---- pixels ----


def test_cutout_blanks_a_square_whose_center_lies_in_the_image() -> None:
    images = np.ones((600, 2, 6, 6))
    new = cutout(images, 3, fill=-1.0, rng=rng())
    blank = new[:, 0] == -1
    assert ((new == -1) == blank[:, None]).all()
    areas = blank.sum(axis=(1, 2))
    assert areas.max() == 9 and areas.min() == 4
    rows, columns = blank.any(axis=2).sum(axis=1), blank.any(axis=1).sum(axis=1)
    np.testing.assert_array_equal(areas, rows * columns)
    assert np.mean(blank, axis=0).min() > 0 and set(zip(rows.tolist(), columns.tolist(), strict=True)) == {
        (a, b) for a in (2, 3) for b in (2, 3)
    }
    assert (cutout(images, 0, rng=rng()) == 1).all() and (cutout(images, 50, rng=rng()) == 0).all()
    scenes = scenes_of()
    new = cutout(scenes, 4, rng=rng())
    assert new.boxes is scenes.boxes and new.semantic is scenes.semantic


def test_noise_has_the_standard_deviation_asked_for() -> None:
    new = noise(np.full((3, 1, 60, 60), 2.0, np.float32), [0.0, 0.1, 1.0], rng=rng())
    assert new.std(axis=(1, 2, 3)).tolist() == pytest.approx([0, 0.1, 1.0], rel=0.05)
    assert new.mean(axis=(1, 2, 3)).tolist() == pytest.approx([2, 2, 2], abs=0.06)


# ---- mixtures ----


@pytest.mark.parametrize("mix", [mixup, cutmix])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_mixed_targets_sum_to_one_and_lam_one_changes_nothing(mix, dtype) -> None:
    images, labels = rng().random((16, 2, 6, 6)).astype(dtype), rng(1).integers(3, size=16)
    kept = images.copy()
    new, soft = mix(images, labels, 0.4, classes=3, rng=rng(2))
    assert (new.shape, new.dtype, soft.shape, soft.dtype) == (images.shape, dtype, (16, 3), dtype)
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=2e-3 if dtype == np.float16 else 1e-6)
    assert (soft >= 0).all() and not (new == images).all()
    same, hard = mix(images, labels, classes=3, lam=1.0, rng=rng(2))
    np.testing.assert_array_equal(same, images)
    np.testing.assert_array_equal(hard, np.eye(3)[labels])
    np.testing.assert_array_equal(images, kept)
    again, other = mix(images, soft, 0.4, rng=rng(2)), mix(images, soft, 0.4, rng=rng(3))
    np.testing.assert_array_equal(again[0], mix(images, soft, 0.4, rng=rng(2))[0])
    assert not np.array_equal(again[0], other[0])


def test_mixup_is_the_weighted_mean_of_pairs() -> None:
    images = np.arange(5.0)[:, None] * np.ones((5, 4))
    lam = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    new, soft = mixup(images, np.arange(5), classes=5, lam=lam, rng=rng(1))
    partner = rng(1).permutation(5)
    np.testing.assert_allclose(new, (lam * np.arange(5) + (1 - lam) * partner)[:, None] * np.ones((5, 4)))
    np.testing.assert_allclose(soft, lam[:, None] * np.eye(5) + (1 - lam[:, None]) * np.eye(5)[partner])
    assert (soft @ np.arange(5)).tolist() == pytest.approx(new[:, 0].tolist())


def test_the_weights_come_from_the_beta_distribution() -> None:
    n = 20_000
    for alpha in (0.2, 1.0, 4.0):
        ends, _ = mixup(np.arange(n)[:, None] % 2.0, np.zeros(n, int), alpha, classes=1, rng=rng())
        between = ends[(ends > 0) & (ends < 1)]  # pairs of 0 and 1: the weight or what is left of it
        assert len(between) == pytest.approx(n / 2, rel=0.1)
        assert between.mean() == pytest.approx(0.5, abs=0.02) and between.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_cutmix_pastes_a_window_and_mixes_targets_by_its_area() -> None:
    n = 300
    images = np.arange(float(n))[:, None, None, None] * np.ones((n, 2, 9, 12))
    new, soft = cutmix(images, np.arange(n), classes=n, rng=rng())
    own = images == new
    assert (own[:, 0] == own[:, 1]).all()
    partner = np.array([next(iter(set(np.unique(image)) - {i}), i) for i, image in enumerate(new)], int)
    kept = own[:, 0].mean(axis=(1, 2))
    np.testing.assert_allclose(soft[np.arange(n), np.arange(n)], np.where(partner == np.arange(n), 1, kept), atol=1e-12)
    pasted = ~own[:, 0]
    np.testing.assert_array_equal(pasted.sum(axis=(1, 2)), pasted.any(axis=1).sum(axis=1) * pasted.any(axis=2).sum(axis=1))
    whole, targets = cutmix(images, np.arange(n), classes=n, lam=0.75, rng=rng())
    sizes = (whole != images)[:, 0].sum(axis=(1, 2))
    assert sizes.max() == 4 * 6  # half of each side, rounded
    np.testing.assert_allclose(1 - targets.max(axis=1), np.minimum(sizes, 108 - sizes) / 108, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x, y: mixup(x, y, rng=rng()), ValueError, "class numbers need classes, above the largest of them; got classes=None"),
        (lambda x, y: mixup(x, y, classes=2, rng=rng()), ValueError, "got classes=2"),
        (lambda x, y: mixup(x, y - 1, classes=3, rng=rng()), ValueError, "class numbers need classes"),
        (lambda x, y: mixup(x, y[:2], classes=3, rng=rng()), ValueError, "targets must be class numbers of shape (3,)"),
        (lambda x, y: mixup(x, y * 1.0, rng=rng()), ValueError, "targets must be probabilities of shape (3, K)"),
        (lambda x, y: mixup(x, np.array(["a", "b", "c"]), classes=3, rng=rng()), ValueError, "targets must be class numbers"),
        (lambda x, y: mixup(x, y, 0.0, classes=3, rng=rng()), ValueError, "alpha must be a finite number above 0, got 0.0"),
        (lambda x, y: mixup(x, y, classes=3, lam=1.5, rng=rng()), ValueError, "lam must be from 0 to 1, got 1.5"),
        (lambda x, y: mixup(x, y, classes=3, lam=[1, 0], rng=rng()), ValueError, "lam must be a finite number"),
        (lambda x, y: mixup(x.astype(int), y, classes=3, rng=rng()), TypeError, "images must be a floating-point array, got int64"),
        (lambda x, y: mixup(x.tolist(), y, classes=3, rng=rng()), TypeError, "got list"),
        (lambda x, y: mixup(x, y, classes=3, rng=0), TypeError, "rng must be a numpy Generator"),
        (lambda x, y: cutmix(x[:, 0], y, classes=3, rng=rng()), ValueError, "images must have shape (N, C, H, W)"),
        (lambda x, y: flip(x, "diagonal"), ValueError, "direction must be 'horizontal' or 'vertical', got 'diagonal'"),
        (lambda x, y: flip(x[0]), ValueError, "images must have shape (N, C, H, W), none of them 0, got (1, 4, 4)"),
        (lambda x, y: flip(x[:0]), ValueError, "none of them 0"),
        (lambda x, y: flip((x * 255).astype(np.uint8)), TypeError, "images must be floating point, got uint8"),
        (lambda x, y: flip(x.tolist()), TypeError, "images must be an array (N, C, H, W) or Scenes, got list"),
        (lambda x, y: shift(x, math.nan), ValueError, "dx must be a finite number, or one for each of the 3 images; got nan"),
        (lambda x, y: shift(x, 1, [1, 2]), ValueError, "dy must be a finite number"),
        (lambda x, y: shift(x, 1, min_visible=1.5), ValueError, "min_visible must be from 0 to 1, got 1.5"),
        (lambda x, y: rotate(x, math.inf), ValueError, "degrees must be a finite number"),
        (lambda x, y: scale(x, [1, 1, 0]), ValueError, "factor must be above 0, got 0"),
        (lambda x, y: crop(x, 0, 0, 0, 3), ValueError, "height must be a whole number of at least 1, got 0"),
        (lambda x, y: crop(x, 0, 0, 3, 2.5), ValueError, "width must be a whole number"),
        (lambda x, y: crop(x, 0, math.nan, 3, 3), ValueError, "left must be a finite number"),
        (lambda x, y: random_crop(x, 5, rng=rng()), ValueError, "size must be at most (4, 4), got (5, 5)"),
        (lambda x, y: random_crop(x, 3, -1, rng=rng()), ValueError, "padding must be a whole number of at least 0, got -1"),
        (lambda x, y: random_shift(x, 1.5, rng=rng()), ValueError, "limit must be a whole number of at least 0, got 1.5"),
        (lambda x, y: random_affine(x, scale=1.0, rng=rng()), ValueError, "scale must be at least 0 and below 1, got 1.0"),
        (lambda x, y: random_affine(x, degrees=-1, rng=rng()), ValueError, "degrees must be at least 0"),
        (lambda x, y: cutout(x, -1, rng=rng()), ValueError, "size must be a whole number of at least 0, got -1"),
        (lambda x, y: noise(x, -0.1, rng=rng()), ValueError, "std must be at least 0, got -0.1"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call(np.ones((3, 1, 4, 4)), np.arange(3))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"boxes": [np.zeros((1, 4))]}, "boxes must be a list with an array for each of the 2 images"),
        ({"labels": np.zeros(2)}, "labels must be a list"),
        ({"boxes": [np.zeros((1, 5))] * 2}, "boxes[0] must be floating point of shape (n, 4), got float64 of shape (1, 5)"),
        ({"boxes": [np.zeros((1, 4), int)] * 2}, "boxes[0] must be floating point"),
        ({"boxes": [np.zeros((1, 4)), np.array([[3.0, 0, 1, 1]])]}, "boxes[1] must be x1, y1, x2, y2 with x1 <= x2"),
        ({"boxes": [np.full((1, 4), np.nan)] * 2}, "boxes[0] must be x1, y1, x2, y2"),
        ({"boxes": [np.zeros((1, 4))] * 2, "labels": [np.zeros(1), np.zeros(2)]}, "labels[1] must be as many as the 1 boxes, got 2"),
        ({"masks": [np.zeros((1, 4, 4), bool)] * 2}, "masks[0] must have shape (n, 5, 6), got (1, 4, 4)"),
        ({"semantic": np.zeros((2, 5, 5), int)}, "semantic must have shape (2, 5, 6), got (2, 5, 5)"),
    ],
)
def test_annotations_that_do_not_fit_are_refused(fields, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        shift(Scenes(np.zeros((2, 1, 5, 6)), **fields), 1)
    assert said in str(caught.value)


# ---- several in a row ----


def test_each_step_happens_to_each_image_with_its_probability() -> None:
    images = np.zeros((4000, 1, 1, 2))
    images[..., 1] = 1
    augment = Augment([(0.25, flip), (1.0, lambda x: x), (0.0, partial(noise, std=1.0))])
    new = augment(images, rng=rng())
    assert np.mean(new[..., 0]) == pytest.approx(0.25, abs=0.02) and set(new.ravel().tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(new, augment(images, rng=rng()))
    assert (Augment([])(images, rng=rng()) == images).all()


def test_steps_follow_one_another_with_everything_in_step() -> None:
    scenes = scenes_of(n=40, objects=2)
    augment = Augment([(0.5, flip), partial(random_crop, size=12, padding=1), (0.5, partial(random_shift, limit=2))])
    kept = snapshot(scenes)
    new, labels, more = augment(scenes, np.arange(40), "more", rng=rng())
    assert_same(scenes, kept)
    assert labels.tolist() == list(range(40)) and more == "more" and new.images.shape == (40, 2, 12, 12)
    for boxes, masks, semantic, classes in zip(new.boxes, new.masks, new.semantic, new.labels, strict=True):
        assert len(boxes) == len(masks) == len(classes)
        for (x1, y1, x2, y2), mask, label in zip(boxes, masks, classes, strict=True):
            ys, xs = np.nonzero(mask)
            if len(ys):
                assert x1 <= xs.min() and xs.max() + 1 <= x2 and y1 <= ys.min() and ys.max() + 1 <= y2
            assert (semantic[mask] == label + 1).all()


def test_a_step_that_changes_the_size_cannot_happen_to_some() -> None:
    with pytest.raises(ValueError, match=r"changes the size, \(2, 14, 18\) to \(2, 9, 9\), needs the probability 1"):
        Augment([(0.5, partial(random_crop, size=9))])(scenes_of(n=50), rng=rng())


def test_mixing_comes_last_and_needs_targets() -> None:
    augment = Augment([partial(noise, std=0.01)], mix=partial(cutmix, classes=3))
    x, y = augment(np.ones((5, 1, 6, 6), np.float32), np.array([0, 1, 2, 0, 1]), rng=rng())
    assert x.shape == (5, 1, 6, 6) and y.shape == (5, 3) and y.dtype == np.float32
    mixed, _ = augment(Scenes(np.ones((5, 1, 6, 6), np.float32)), np.array([0, 1, 2, 0, 1]), rng=rng())
    np.testing.assert_array_equal(mixed.images, x)
    with pytest.raises(ValueError, match="mix needs one array of targets, got 0"):
        augment(np.ones((5, 1, 6, 6)), rng=rng())


def test_bad_pipelines_are_refused() -> None:
    for steps, error, said in [
        ([1], TypeError, "step 0 must be a function or"),
        ([flip, (0.5, "flip")], TypeError, "step 1 must be a function"),
        ([(1.5, flip)], ValueError, "the probability of step 0 must be from 0 to 1, got 1.5"),
    ]:
        with pytest.raises(error, match=said):
            Augment(steps)
    with pytest.raises(TypeError, match="rng must be a numpy Generator"):
        Augment([flip])(np.ones((1, 1, 2, 2)), rng=0)


def test_a_pipeline_is_a_transform_for_training() -> None:
    x, y = rng().random((32, 1, 4, 4)).astype(np.float32), rng(1).integers(2, size=32)
    model = MLP([16, 8, 2], rng=rng())
    augment = Augment([(0.5, flip), partial(random_shift, limit=1)], mix=partial(mixup, alpha=0.2, classes=2))
    history = fit(
        lambda images: model(images.reshape(len(images), -1)), (x, y), loss=cross_entropy, optimizer=SGD(model.parameters(), lr=0.1),
        epochs=2, batch_size=8, rng=rng(), transform=augment, progress=False,
    )  # fmt: skip
    assert np.isfinite(history["loss"]).all()


# ---- at test time ----


def classifier(seed: int = 0):
    weight = rng(seed).standard_normal((2 * 6 * 6, 3))
    return lambda x: x.reshape(len(x), -1) @ weight


def test_predictions_are_averaged_as_probabilities_or_as_logits() -> None:
    x, model = rng(1).random((5, 2, 6, 6)), classifier()
    views = [lambda x: x, flip, partial(shift, dx=1)]
    outputs = [model(view(x)) for view in views]
    np.testing.assert_allclose(average_views(model, x, views), np.mean([softmax(z, axis=1) for z in outputs], axis=0))
    np.testing.assert_allclose(average_views(model, x, views, average="logits"), np.mean(outputs, axis=0))
    loss = lambda p: -np.log(p)
    assert (loss(average_views(model, x, views)) <= np.mean([loss(softmax(z, axis=1)) for z in outputs], axis=0) + 1e-12).all()


def test_averaging_over_all_quarter_turns_makes_any_model_invariant() -> None:
    x, model = rng(1).random((5, 2, 6, 6)), classifier()
    views = [partial(rotate, degrees=90 * k) for k in range(4)]
    np.testing.assert_allclose(average_views(model, x, views), average_views(model, rotate(x, 90), views), rtol=1e-12)


def test_dense_predictions_are_turned_back() -> None:
    x = rng(1).random((2, 2, 6, 6))
    views = [(flip, flip), (partial(rotate, degrees=90), partial(rotate, degrees=-90)), lambda x: x]
    np.testing.assert_allclose(average_views(lambda x: 2 * x, x, views, average="logits"), 2 * x, rtol=1e-12)
    np.testing.assert_allclose(average_views(lambda x: 2 * x, x, views), softmax(2 * x, axis=1), rtol=1e-12)


def test_pixels_that_a_view_does_not_know_do_not_count() -> None:
    x = rng(1).random((2, 2, 6, 6))
    there, back = partial(shift, dx=2, dy=-1), partial(shift, dx=-2, dy=1, fill=np.nan)
    np.testing.assert_allclose(average_views(lambda x: x, x, [lambda x: x, (there, back)]), softmax(x, axis=1), rtol=1e-12)
    alone = average_views(lambda x: x, x, [(there, back)], average="logits")
    assert np.isnan(alone[..., -2:]).all() and np.isnan(alone[..., :1, :]).all()
    np.testing.assert_array_equal(alone[..., 1:, :-2], x[..., 1:, :-2])


def test_models_of_tensors_are_run_without_gradients() -> None:
    model = MLP([8, 3], rng=rng())
    seen = []

    def forward(x):
        output = model(x.reshape(len(x), -1))
        seen.append(output)
        return output

    x = rng().random((4, 2, 2, 2)).astype(np.float32)
    found = average_views(forward, x, [lambda x: x, flip])
    assert isinstance(found, np.ndarray) and found.dtype == np.float32
    assert all(isinstance(output, (Tensor, np.ndarray)) and not getattr(output, "requires_grad", False) for output in seen)
    assert all(p.grad is None for p in model.parameters())


def test_bad_views_are_refused() -> None:
    x, model = np.ones((1, 2, 6, 6)), classifier()
    for call, said in [
        (lambda: average_views(model, x, []), "views is empty"),
        (lambda: average_views(model, x, [flip], average="mean"), "average must be 'probabilities' or 'logits', got 'mean'"),
        (lambda: average_views(lambda x: x * np.nan, x, [flip]), "the model returned NaN"),
        (lambda: average_views(lambda x: x, x, [flip, partial(crop, top=0, left=0, height=3, width=3)]), "predictions of shapes"),
        (lambda: average_views(model, x[0], [flip]), "images must have shape"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()


def test_pytest_does_not_take_the_function_for_a_test() -> None:
    assert augmentation.test_time_augmentation.__test__ is False


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(augmentation, extraglobs={"np": np})
    assert result.attempted and not result.failed
