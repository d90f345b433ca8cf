"""Metrics of segmentations: counted pixel by pixel and segment by segment, identities, bad input."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, dice, mask_iou, mean_iou, panoptic_quality, precision_recall_fscore_support
from dlprimer.metrics import segmentation

modest = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 9999)


# ---- masks ----


@modest
@given(seed=seeds, n=st.integers(0, 4), m=st.integers(0, 4))
def test_iou_of_masks_counts_pixels(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b = rng.random((n, 4, 5)) < 0.4, rng.random((m, 4, 5)) < 0.4
    expected = [[(x & y).sum() / max((x | y).sum(), 1) for y in b] for x in a]
    result = mask_iou(a, b)
    assert result.shape == (n, m) and result.dtype == np.float64
    np.testing.assert_allclose(result, np.reshape(expected, (n, m)), atol=1e-12)
    np.testing.assert_array_equal(mask_iou(a.astype(np.uint8), b.astype(float)), result)


def test_many_pixels_are_counted_exactly():
    mask = np.ones((1, 2**12 + 1, 2**12), bool)  # more than the 2^24 that float32 counts
    most = mask.copy()
    most[0, 0, 0] = False
    assert mask_iou(most, mask) == 1 - 1 / mask.size


# ---- classes of pixels ----


@modest
@given(
    seed=seeds, shape=st.sampled_from([(7,), (3, 4), (2, 3, 4)]), classes=st.integers(1, 4), ignored=st.sampled_from([None, 0, 1, 255]),
    extra=st.sampled_from([None, 1, 3]),
)  # fmt: skip
def test_overlap_of_classes_counts_pixels(seed, shape, classes, ignored, extra):
    rng = np.random.default_rng(seed)
    true, predicted = rng.integers(0, classes, shape), rng.integers(0, classes, shape)
    if ignored == 255:
        true[rng.random(shape) < 0.2] = 255
    n = classes + (extra or 0)
    iou, f1, kept = np.full(n, np.nan), np.full(n, np.nan), true != ignored
    for c in range(n):
        t, p = (true == c) & kept, (predicted == c) & kept
        if (t | p).any():
            iou[c], f1[c] = (t & p).sum() / (t | p).sum(), 2 * (t & p).sum() / (t.sum() + p.sum())
    options = {"num_classes": n, "ignore_index": ignored}
    for function, expected in ((mean_iou, iou), (dice, f1)):
        np.testing.assert_allclose(function(true, predicted, average=None, **options), expected, atol=1e-12)
        mean = np.nanmean(expected) if not np.isnan(expected).all() else np.nan
        np.testing.assert_allclose(function(true, predicted, **options), mean, atol=1e-12)
        # the number of classes matters only for the length of the list
        np.testing.assert_allclose(function(true, predicted, ignore_index=ignored), mean, atol=1e-12)
    np.testing.assert_allclose(f1, 2 * iou / (1 + iou))


@modest
@given(seed=seeds, classes=st.integers(2, 4))
def test_dice_is_the_f1_score_of_pixels(seed, classes):
    rng = np.random.default_rng(seed)
    true, predicted = np.r_[np.arange(classes), rng.integers(0, classes, 20)], rng.integers(0, classes, 20 + classes)
    for average in (None, "macro", "micro"):
        f1 = precision_recall_fscore_support(true, predicted, average=average, zero_division=0)[2]
        np.testing.assert_allclose(dice(true, predicted, average=average), f1, atol=1e-12)


def test_all_images_are_counted_together():
    true, predicted = np.array([[[0, 0, 0, 1]], [[1, 1, 1, 1]]]), np.array([[[0, 0, 1, 1]], [[1, 1, 1, 1]]])
    together = mean_iou(true, predicted)
    assert together == pytest.approx((2 / 3 + 5 / 6) / 2)
    one_by_one = np.mean([mean_iou(t, p) for t, p in zip(true, predicted, strict=True)])
    assert together != pytest.approx(one_by_one)
    assert mean_iou(true, predicted, average="micro") == pytest.approx(7 / 9)


def test_a_mask_is_one_class_for_dice_and_two_for_the_mean_iou():
    true, predicted = np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 1], bool)
    assert dice(true, predicted) == 0.4 and dice(true.astype(int), predicted.astype(int)) == 0.2
    assert dice(true, predicted, average=None).tolist() == [0.4]
    assert mean_iou(true, predicted) == mean_iou(true.astype(int), predicted.astype(int)) == 0.125
    assert np.isnan(dice(~true & true, ~true & true)) and dice(true, true) == 1


def test_nothing_to_count_has_no_value():
    assert np.isnan(mean_iou([[255]], [[0]], ignore_index=255, num_classes=2))
    assert np.isnan(mean_iou([[255]], [[0]], ignore_index=255))
    assert np.isnan(mean_iou([[255]], [[0]], ignore_index=255, num_classes=2, average=None)).all()


# ---- panoptic ----


def panoptic(label, instance):
    return np.stack([label, instance], axis=-1)


def naive_quality(true, predicted, stuff, ignored):
    """PQ, SQ and RQ of each class that counts, segment by segment."""

    def segments(image):
        found = {}
        for pixel, (label, instance) in enumerate(image.reshape(-1, 2).tolist()):
            if label != ignored:
                found.setdefault((label, 0 if label in stuff else instance), set()).add(pixel)
        return found

    ious, fp, fn = {}, {}, {}
    for t_image, p_image in zip(true, predicted, strict=True):
        t, p = segments(t_image), segments(p_image)
        void = {i for i, label in enumerate(t_image[..., 0].ravel().tolist()) if label == ignored}
        matched_t, matched_p = set(), set()
        for (label, i), a in t.items():
            for (other, j), b in p.items():
                iou = len(a & b) / len(a | (b - void))
                if label == other and iou > 0.5:
                    ious.setdefault(label, []).append(iou)
                    matched_t.add((label, i))
                    matched_p.add((other, j))
        for key in t.keys() - matched_t:
            fn[key[0]] = fn.get(key[0], 0) + 1
        for key in p.keys() - matched_p:
            if len(p[key] & void) <= len(p[key]) / 2:
                fp[key[0]] = fp.get(key[0], 0) + 1
    result = {}
    for label in ious.keys() | fp.keys() | fn.keys():
        found = ious.get(label, [])
        rq = len(found) / (len(found) + (fp.get(label, 0) + fn.get(label, 0)) / 2)
        result[label] = (np.mean(found) if found else 0.0, rq)
    return result


@modest
@given(
    seed=seeds, images=st.integers(1, 3), classes=st.integers(1, 3), stuff=st.sampled_from([(), (0,)]),
    ignored=st.sampled_from([None, 0, 9]),
)  # fmt: skip
def test_quality_counts_segments(seed, images, classes, stuff, ignored):
    rng = np.random.default_rng(seed)
    coarse = panoptic(rng.integers(0, classes, (images, 2, 3)), rng.integers(0, 2, (images, 2, 3)))
    true = coarse.repeat(3, axis=1).repeat(3, axis=2)
    predicted = np.where(rng.random((images, 6, 9, 1)) < 0.15, rng.integers(0, classes, true.shape), true)
    if ignored == 9:
        true[rng.random(true.shape[:-1]) < 0.3, 0] = 9
    result = panoptic_quality(true, predicted, stuff=stuff, ignore_index=ignored)
    expected = naive_quality(true, predicted, stuff, ignored)
    counted = {
        int(label): (sq, rq)
        for label, sq, rq in zip(result["classes"], result["sq_per_class"], result["rq_per_class"], strict=True)
        if not np.isnan(sq)
    }
    assert counted.keys() == expected.keys()
    for label, values in expected.items():
        assert counted[label] == pytest.approx(values)
    if expected:
        assert result["pq"] == pytest.approx(np.mean([sq * rq for sq, rq in expected.values()]))
        assert result["sq"] == pytest.approx(np.mean([sq for sq, _ in expected.values()]))
        assert result["rq"] == pytest.approx(np.mean([rq for _, rq in expected.values()]))
    else:
        assert np.isnan(result["pq"])
    shuffled = predicted * [1, -7] + [0, 100]  # other numbers for the same objects
    np.testing.assert_array_equal(
        panoptic_quality(true, shuffled, stuff=stuff, ignore_index=ignored)["pq_per_class"], result["pq_per_class"]
    )


def test_the_example_of_question_71():
    """Six true segments and five predicted ones, of which four match with IoU 0.9, 0.8, 0.7 and 0.6: PQ = 3 / 5.5 = 0.75 * 0.727."""
    true, predicted = np.zeros((8, 10), int), np.zeros((8, 10), int)
    for row, common in enumerate((9, 8, 7, 6)):
        true[row], predicted[row, :common] = row + 1, row + 1
    true[4], true[5], predicted[6] = 5, 6, 7
    t, p = panoptic(np.where(true > 0, 1, 0), true), panoptic(np.where(predicted > 0, 1, 0), predicted)
    result = panoptic_quality(t, p, ignore_index=0)
    # the background of the truth is void there: row 6 lies on it, and so does not count as false
    assert result["sq"] == pytest.approx(0.75) and result["rq"] == pytest.approx(4 / (4 + 0 / 2 + 2 / 2))
    t[..., 0][t[..., 0] == 0], p[..., 0][p[..., 0] == 0] = 2, 2
    result = panoptic_quality(t, p, stuff=[2])
    assert result["classes"].tolist() == [1, 2]
    assert result["pq_per_class"][0] == pytest.approx(3 / 5.5) and result["rq_per_class"][0] == pytest.approx(4 / 5.5)


def test_a_half_covered_segment_does_not_match():
    true, predicted = panoptic(np.zeros((1, 4), int), np.array([[1, 1, 2, 2]])), panoptic(np.zeros((1, 4), int), np.zeros((1, 4), int))
    assert panoptic_quality(true, predicted)["pq"] == 0 and panoptic_quality(true, true)["pq"] == 1
    assert panoptic_quality(true, predicted, stuff=[0])["pq"] == 1  # as stuff the numbers do not matter


def test_a_segment_of_another_class_does_not_match():
    ones = np.ones((2, 2), int)
    result = panoptic_quality(panoptic(ones, ones), panoptic(2 * ones, ones))
    assert result["classes"].tolist() == [1, 2] and result["pq_per_class"].tolist() == [0, 0]


def test_layout_tensors_and_kinds_of_integers_change_nothing():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 3, (2, 6, 6)), rng.integers(0, 3, (2, 6, 6))
    pan_true, pan_predicted = panoptic(true, predicted // 2), panoptic(predicted, true // 2)
    fixed = np.asfortranarray(true)
    fixed.flags.writeable = False
    for other in (fixed, true.astype(np.uint8), Tensor(true), true.tolist()):
        assert mean_iou(other, predicted) == mean_iou(true, predicted) and dice(other, predicted) == dice(true, predicted)
    for other in (np.asfortranarray(pan_true), pan_true.astype(np.int16), Tensor(pan_true), pan_true.tolist()):
        assert panoptic_quality(other, pan_predicted)["pq"] == panoptic_quality(pan_true, pan_predicted)["pq"]
    assert panoptic_quality(pan_true[0], pan_predicted[0])["pq"] == panoptic_quality(pan_true[:1], pan_predicted[:1])["pq"]


# ---- bad input ----


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mask_iou(np.ones((4, 4)), np.ones((1, 4, 4))), ValueError, r"masks1 must have shape \(N, H, W\), got \(4, 4\)"),
        (lambda: mask_iou(np.ones((1, 4, 4)), np.ones((1, 4, 5))), ValueError, "masks must have one size"),
        (lambda: mask_iou(np.ones((1, 4, 4)), np.full((1, 4, 4), 0.5)), ValueError, "masks2 must hold truth values or 0 and 1, got 0.5"),
        (lambda: mean_iou([0, 1], [0]), ValueError, "one shape"),
        (lambda: mean_iou([0.0, 1.0], [0, 1]), TypeError, "y_true must hold integers or truth values, got float64"),
        (lambda: mean_iou([0, 3], [0, 1], num_classes=3), ValueError, "y_true contains 3: expected class numbers from 0 to 2"),
        (lambda: mean_iou([0, 1], [0, -1]), ValueError, "y_pred contains -1"),
        (lambda: mean_iou([0, 255], [0, 255], ignore_index=0, num_classes=2), ValueError, "y_true contains 255"),
        (lambda: mean_iou([0, 1], [0, 1], average="weighted"), ValueError, "average must be one of"),
        (lambda: dice([True, False], [0, 1]), ValueError, "both be masks or both class numbers"),
        (lambda: dice([], []), ValueError, "y_true is empty"),
        (lambda: panoptic_quality(np.zeros((4, 4), int), np.zeros((4, 4), int)), ValueError, r"y_true must have shape \(H, W, 2\)"),
        (lambda: panoptic_quality(np.zeros((4, 4, 2), int), np.zeros((4, 5, 2), int)), ValueError, "one shape"),
        (lambda: panoptic_quality(np.zeros((4, 4, 2)), np.zeros((4, 4, 2), int)), TypeError, "y_true must hold integers"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(segmentation)
    assert result.attempted and not result.failed
