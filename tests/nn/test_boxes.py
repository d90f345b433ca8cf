"""Boxes against naive loops from the definitions, gradients, inverses, and bad input."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import (
    Tensor,
    box_iou,
    check_gradients,
    decode_boxes,
    encode_boxes,
    generalized_box_iou,
    make_anchors,
    match_anchors,
    nms,
    soft_nms,
)
from dlprimer.nn import boxes as module

modest = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 9999)


def draw_boxes(rng, n, ties=False, smallest=0.0):
    """Boxes; with ties on a grid of few places, where many are equal, flat or touch."""
    if ties:
        return np.sort(rng.integers(0, 4, (n, 2, 2)), axis=1).reshape(n, 4).astype(float)
    corner = rng.uniform(-20, 20, (n, 2))
    return np.concatenate([corner, corner + smallest + rng.uniform(0, 20, (n, 2))], axis=1)


# ---- oracles ----


def iou_of(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union else 0.0


def giou_of(a, b):
    hull = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return iou_of(a, b) - ((hull - union) / hull if hull else 0.0)


def naive_nms(boxes, scores, threshold, labels):
    kept = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        if all(labels[i] != labels[k] or iou_of(boxes[i], boxes[k]) <= threshold for k in kept):
            kept.append(i)
    return kept


def naive_soft_nms(boxes, scores, threshold, sigma, least, method):
    scores, waiting, kept = list(scores), list(range(len(scores))), []
    while waiting:
        best = max(waiting, key=lambda i: (scores[i], -i))
        if scores[best] < least:
            break
        waiting.remove(best)
        kept.append(best)
        for i in waiting:
            iou = iou_of(boxes[best], boxes[i])
            if method == "gaussian":
                scores[i] *= np.exp(-(iou**2) / sigma)
            elif iou >= threshold:
                scores[i] *= 1 - iou
    return kept, [scores[i] for i in kept]


def naive_match(anchors, boxes, high, low, rescue):
    iou = [[iou_of(a, b) for b in boxes] for a in anchors]
    match = []
    for row in iou:
        best = max(row)
        rescued = rescue and any(row[j] > 0 and row[j] == max(other[j] for other in iou) for j in range(len(boxes)))
        match.append(row.index(best) if best >= high or rescued else -1 if best < low else -2)
    return match


# ---- overlap ----


@modest
@given(seed=seeds, n=st.integers(0, 6), m=st.integers(0, 6), ties=st.booleans())
def test_overlap_is_what_its_definition_says(seed, n, m, ties):
    rng = np.random.default_rng(seed)
    a, b = draw_boxes(rng, n, ties), draw_boxes(rng, m, ties)
    for function, oracle in ((box_iou, iou_of), (generalized_box_iou, giou_of)):
        result = function(a, b)
        assert result.shape == (n, m)
        np.testing.assert_allclose(result, np.array([[oracle(x, y) for y in b] for x in a]).reshape(n, m), atol=1e-12)
        np.testing.assert_array_equal(result, function(b, a).T)


@modest
@given(seed=seeds, factor=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_overlap_does_not_depend_on_place_and_scale(seed, factor, shift):
    rng = np.random.default_rng(seed)
    a, b = draw_boxes(rng, 4, smallest=1), draw_boxes(rng, 5, smallest=1)
    for function in (box_iou, generalized_box_iou):
        np.testing.assert_allclose(function(factor * a + shift, factor * b + shift), function(a, b), atol=1e-9)


@modest
@given(seed=seeds)
@pytest.mark.parametrize("function", [box_iou, generalized_box_iou])
def test_overlap_has_gradients(function, seed):
    rng = np.random.default_rng(seed)
    check_gradients(function, draw_boxes(rng, 3, smallest=1), draw_boxes(rng, 2, smallest=1))


def test_generalized_iou_pulls_boxes_that_are_apart():
    near = Tensor(np.array([[0, 0, 10.0, 10], [20, 0, 30, 10]]), requires_grad=True)
    generalized_box_iou(near[:1], near[1:]).sum().backward()
    assert near.grad[0, 2] > 0 > near.grad[1, 0]
    near.grad = None
    box_iou(near[:1], near[1:]).sum().backward()
    assert not near.grad.any()


def test_boxes_without_area_overlap_with_nothing():
    point, box = np.array([[5.0, 5, 5, 5]]), np.array([[0.0, 0, 10, 10]])
    assert box_iou(point, point) == 0 and box_iou(point, box) == 0 and generalized_box_iou(point, point) == 0


# ---- anchors ----


def test_anchors_stand_around_the_centers_of_the_cells():
    anchors = make_anchors([8, 16], [0.5, 1, 2], 16, (40, 20))
    assert anchors.shape == (3 * 2 * 6, 4) and anchors.dtype == np.float32
    i = 0
    for y in (8, 24, 40):
        for x in (8, 24):
            for ratio in (0.5, 1, 2):
                for size in (8, 16):
                    w, h = size / ratio**0.5, size * ratio**0.5
                    np.testing.assert_allclose(anchors[i], [x - w / 2, y - h / 2, x + w / 2, y + h / 2], rtol=1e-6)
                    i += 1


def test_anchors_of_a_pyramid_follow_one_another():
    both = make_anchors([[8], (16, 20)], [1.0], [4, 8], (16, 16), dtype=np.float64)
    parts = [make_anchors(8, [1.0], 4, (16, 16), np.float64), make_anchors([16, 20], [1.0], 8, (16, 16), np.float64)]
    np.testing.assert_array_equal(both, np.concatenate(parts))
    np.testing.assert_array_equal(make_anchors([8, 16], [1.0], [4, 8], (16, 16))[:16], make_anchors(8, [1.0], 4, (16, 16)))


@modest
@given(seed=seeds, n=st.integers(1, 8), m=st.integers(1, 4), ties=st.booleans(), rescue=st.booleans(), data=st.data())
def test_matching_is_what_its_definition_says(seed, n, m, ties, rescue, data):
    rng = np.random.default_rng(seed)
    low = data.draw(st.sampled_from([0.0, 0.3, 0.4]))
    high = data.draw(st.sampled_from([0.4, 0.5, 0.7]))
    anchors, boxes = draw_boxes(rng, n, ties), draw_boxes(rng, m, ties)
    match = match_anchors(anchors, boxes, high, low, allow_low_quality_matches=rescue)
    assert match.dtype == np.int64 and match.tolist() == naive_match(anchors, boxes, high, low, rescue)


def test_without_objects_all_is_background():
    assert match_anchors(np.array([[0.0, 0, 1, 1]] * 3), np.zeros((0, 4))).tolist() == [-1, -1, -1]
    assert match_anchors(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0,)


def test_an_object_that_no_anchor_touches_takes_none():
    assert match_anchors([[0, 0, 10, 10], [20, 0, 30, 10]], [[50, 50, 60, 60]]).tolist() == [-1, -1]


# ---- encoding ----


@modest
@given(
    seed=seeds,
    leading=st.sampled_from([(), (3,), (2, 3), (0,)]),
    weights=st.tuples(*[st.floats(0.1, 20)] * 4),
    dtype=st.sampled_from([np.float64, np.float32]),
)
def test_decoding_is_the_inverse_of_encoding(seed, leading, weights, dtype):
    rng = np.random.default_rng(seed)
    n = int(np.prod(leading))
    boxes = draw_boxes(rng, n, smallest=0.5).reshape(*leading, 4).astype(dtype)
    anchors = draw_boxes(rng, n, smallest=0.5).reshape(*leading, 4).astype(dtype)
    deltas = encode_boxes(boxes, anchors, weights)
    assert deltas.dtype == dtype
    tolerance = 1e-9 if dtype == np.float64 else 1e-3
    np.testing.assert_allclose(decode_boxes(deltas, anchors, weights), boxes, rtol=tolerance, atol=tolerance)


@modest
@given(seed=seeds)
def test_encoding_has_gradients(seed):
    rng = np.random.default_rng(seed)
    boxes, anchors = draw_boxes(rng, 3, smallest=1), draw_boxes(rng, 3, smallest=1)
    weights = (10.0, 10.0, 5.0, 5.0)
    check_gradients(lambda b, a: encode_boxes(b, a, weights), boxes, anchors)
    check_gradients(lambda d, a: decode_boxes(d, a, weights), rng.standard_normal((2, 3, 4)), anchors)


def test_encoding_measures_in_units_of_the_anchor():
    np.testing.assert_allclose(encode_boxes([[20, 10, 60, 30]], [[0, 0, 20, 20]]), [[1.5, 0.5, np.log(2), 0]])
    weighted = encode_boxes([[20, 10, 60, 30]], [[0, 0, 20, 20]], (10, 10, 5, 5))
    np.testing.assert_allclose(weighted, [[15, 5, 5 * np.log(2), 0]])


def test_an_absurd_offset_gives_a_finite_box():
    anchor = np.array([[0, 0, 16, 16]], np.float32)
    boxes = decode_boxes(np.array([[0, 0, 1e4, -1e4]], np.float32), anchor)
    np.testing.assert_allclose(boxes, [[8 - 500, 8, 8 + 500, 8]])
    assert decode_boxes(np.array([[0, 0, 1.0, 0]]), anchor, clip=0.0).tolist() == [[0, 0, 16, 16]]


# ---- duplicates ----


@modest
@given(seed=seeds, n=st.integers(0, 12), ties=st.booleans(), threshold=st.sampled_from([0.0, 0.25, 0.5, 1.0]), classes=st.integers(1, 3))
def test_nms_is_what_its_definition_says(seed, n, ties, threshold, classes):
    rng = np.random.default_rng(seed)
    boxes, labels = draw_boxes(rng, n, ties), rng.integers(0, classes, n)
    scores = rng.integers(0, 3, n) / 3 if ties else rng.random(n)
    kept = nms(boxes, scores, threshold, labels if classes > 1 else None)
    assert kept.dtype == np.int64 and kept.tolist() == naive_nms(boxes, scores, threshold, labels)


def test_nms_removes_above_the_threshold_only():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float32)  # IoU 1/2
    assert nms(boxes, np.array([0.9, 0.8]), 0.5).tolist() == [0, 1] and nms(boxes, np.array([0.9, 0.8]), 0.49).tolist() == [0]


def test_a_float32_iou_is_compared_with_the_exact_threshold():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 3]], np.float32)  # the float32 nearest to 0.3 lies above it
    assert nms(boxes, np.array([0.9, 0.8]), 0.3).tolist() == [0]


def test_a_removed_box_removes_nothing():
    boxes = [[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]]  # neighbors overlap by 7/13, the outer ones by 4/16
    assert nms(boxes, [0.9, 0.8, 0.7], 0.5).tolist() == [0, 2]


@modest
@given(
    seed=seeds, n=st.integers(0, 10), ties=st.booleans(), method=st.sampled_from(["gaussian", "linear"]),
    threshold=st.sampled_from([0.0, 0.3, 0.6]), sigma=st.sampled_from([0.1, 0.5]), least=st.sampled_from([0.0, 0.001, 0.3]),
)  # fmt: skip
def test_soft_nms_is_what_its_definition_says(seed, n, ties, method, threshold, sigma, least):
    rng = np.random.default_rng(seed)
    boxes = draw_boxes(rng, n, ties)
    scores = rng.integers(0, 3, n) / 3 if ties else rng.random(n)
    before = scores.copy()
    kept, lowered = soft_nms(boxes, scores, threshold, sigma, least, method)
    expected, values = naive_soft_nms(boxes, scores, threshold, sigma, least, method)
    assert kept.tolist() == expected and (np.diff(lowered) <= 0).all()
    np.testing.assert_allclose(lowered, values, atol=1e-12)
    np.testing.assert_array_equal(scores, before)


def test_linear_soft_nms_lowers_from_the_threshold_on():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 5]]  # IoU 1/2
    assert soft_nms(boxes, [0.9, 0.8], 0.5, method="linear")[1].tolist() == [0.9, 0.4]
    assert soft_nms(boxes, [0.9, 0.8], 0.51, method="linear")[1].tolist() == [0.9, 0.8]


# ---- every function ----


CALLS = {
    "box_iou": lambda b, s: box_iou(b, b[::-1]),
    "generalized_box_iou": lambda b, s: generalized_box_iou(b, b[::-1]),
    "encode_boxes": lambda b, s: encode_boxes(b, b[::-1]),
    "decode_boxes": lambda b, s: decode_boxes(b / 16, b),
    "nms": lambda b, s: nms(b, s, 0.3),
    "soft_nms": lambda b, s: soft_nms(b, s)[1],
    "match_anchors": lambda b, s: match_anchors(b, b[:2]),
}


@pytest.mark.parametrize("name", CALLS)
def test_layout_and_tensors_change_nothing(name):
    rng = np.random.default_rng(0)
    boxes, scores = draw_boxes(rng, 6, smallest=2), rng.random(6)
    expected = CALLS[name](boxes, scores)
    fortran, wide = np.asfortranarray(boxes), np.zeros((12, 8))
    wide[::2, ::2] = boxes
    fixed = boxes.copy()
    fixed.flags.writeable = False
    for given_boxes in (fortran, wide[::2, ::2], fixed):
        np.testing.assert_array_equal(CALLS[name](given_boxes, scores), expected)
    result = CALLS[name](Tensor(boxes), Tensor(scores))
    np.testing.assert_array_equal(result.data if isinstance(result, Tensor) else result, expected)


@pytest.mark.parametrize("name", ["box_iou", "generalized_box_iou", "encode_boxes", "decode_boxes"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept(name, dtype):
    boxes = np.array([[0, 0, 300, 300], [100, 100, 400, 350]])  # areas beyond the range of float16
    expected = CALLS[name](boxes.astype(np.float64), None)
    result = CALLS[name](boxes.astype(dtype), None)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)
    if name != "decode_boxes":
        np.testing.assert_array_equal(CALLS[name](boxes, None), expected)  # integers


BOX = [[0, 0, 10, 10]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: box_iou([[0, 0, 10]], BOX), ValueError, r"boxes1 must have shape \(N, 4\), got \(1, 3\)"),
        (lambda: box_iou(BOX, BOX[0]), ValueError, r"boxes2 must have shape"),
        (lambda: generalized_box_iou([[5, 0, 1, 10]], BOX), ValueError, "boxes1 must be .* x1 <= x2"),
        (lambda: box_iou([["a"] * 4], BOX), TypeError, "boxes1 must be real numbers"),
        (lambda: box_iou([[0, 0, np.nan, 1]], BOX), ValueError, "boxes1 must be finite, got nan"),
        (lambda: encode_boxes([[0, 0, 0, 10]], BOX), ValueError, r"boxes must be .* x1 < x2 and y1 < y2, got \[0.0, 0.0, 0.0, 10.0\]"),
        (lambda: encode_boxes(BOX, [[0, 5, 10, 5]]), ValueError, "anchors must be"),
        (lambda: encode_boxes(BOX, BOX, (1, 1, 1)), ValueError, "weights must be 4 positive numbers"),
        (lambda: decode_boxes([[0, 0, np.inf, 0]], BOX), ValueError, "deltas must be finite"),
        (lambda: decode_boxes([[0, 0, 0, 0]], BOX, (0, 1, 1, 1)), ValueError, "weights"),
        (lambda: nms(BOX, [0.5, 0.4], 0.5), ValueError, "scores must be one real number for each of the 1 boxes"),
        (lambda: nms(BOX, [np.nan], 0.5), ValueError, "scores must be finite"),
        (lambda: nms(BOX, [0.5], 1.5), ValueError, "iou_threshold must be between 0 and 1, got 1.5"),
        (lambda: nms(BOX, [0.5], 0.5, ["a"]), ValueError, "labels must be"),
        (lambda: soft_nms(BOX, [-0.5]), ValueError, "scores must not be negative"),
        (lambda: soft_nms(BOX, [0.5], sigma=0), ValueError, "sigma must be positive"),
        (lambda: soft_nms(BOX, [0.5], iou_threshold=-1), ValueError, "iou_threshold"),
        (lambda: soft_nms(BOX, [0.5], method="hard"), ValueError, "method must be one of"),
        (lambda: make_anchors([8, -1], [1.0], 4, (8, 8)), ValueError, "sizes must be positive"),
        (lambda: make_anchors([8], [], 4, (8, 8)), ValueError, "ratios must be positive"),
        (lambda: make_anchors([8], [1.0], 0, (8, 8)), ValueError, "strides must be positive"),
        (lambda: make_anchors([8], [1.0], [4, 8], (8, 8)), ValueError, "one entry for each of the 2 strides"),
        (lambda: make_anchors([8], [1.0], 4, (8, 8, 3)), ValueError, "image_size must be 2 positive"),
        (lambda: match_anchors(BOX, BOX, 0.4, 0.5), ValueError, "0 <= low <= high <= 1, got low 0.5 and high 0.4"),
        (lambda: match_anchors(BOX, [0, 0, 1, 1]), ValueError, "^boxes must have shape"),
        (lambda: match_anchors([[0, 0, -1, 1]], BOX), ValueError, "^anchors must be"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
