"""Similarities and the losses built on them, of distributions, and of rare classes: PyTorch's results, gradients, edges, bad input."""

import json
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer
from dlprimer import (
    Tensor,
    check_gradients,
    cosine_similarity,
    cross_entropy,
    dice_loss,
    distillation_loss,
    focal_loss,
    info_nce,
    kl_div,
    normalize,
    nt_xent,
    triplet_margin_loss,
)

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "losses.json").read_text())["cases"]
REDUCTIONS = st.sampled_from(["none", "mean", "sum"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["function"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-4)], ids=["float64", "float32"])
def test_outputs_and_gradients_are_those_of_pytorch(case, dtype, tolerance: float, follows_golden) -> None:
    follows_golden(case, dtype, tolerance, tolerance)


def away_from_zero(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 0.05, 0.1, x)


# ---- gradients ----


@settings(deadline=None, max_examples=25)
@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), seed=st.integers(0, 999), data=st.data())
def test_normalize_over_any_axis_and_order(shape, seed: int, data) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    p = data.draw(st.sampled_from([1.0, 1.5, 2.0, 3.0, np.inf]))
    x = away_from_zero(np.random.default_rng(seed).standard_normal(shape))
    check_gradients(lambda x: normalize(x, p=p, axis=axis), x)
    np.testing.assert_allclose(np.linalg.norm(normalize(x, p=p, axis=axis), p, axis=axis), 1)


@settings(deadline=None, max_examples=25)
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=1, max_dims=3, max_side=3),
    seed=st.integers(0, 999), data=st.data(),
)  # fmt: skip
def test_cosine_similarity_with_broadcasting(shapes, seed: int, data) -> None:
    rng = np.random.default_rng(seed)
    n = len(shapes.result_shape)
    axis = data.draw(st.integers(-n, n - 1))
    x1, x2 = (away_from_zero(rng.standard_normal(shape)) for shape in shapes.input_shapes)
    check_gradients(lambda a, b: cosine_similarity(a, b, axis=axis), x1, x2)
    assert np.all(np.abs(cosine_similarity(x1, x2, axis=axis)) <= 1 + 1e-12)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 999), p=st.sampled_from([1.5, 2.0, 3.0]), swap=st.booleans(), reduction=REDUCTIONS)
def test_triplets(seed: int, p: float, swap: bool, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    triplet = [rng.standard_normal((4, 3)) for _ in range(3)]
    check_gradients(lambda a, b, c: triplet_margin_loss(a, b, c, 0.7, p, swap=swap, reduction=reduction), *triplet)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999), log_target=st.booleans(), reduction=st.sampled_from(["none", "mean", "sum", "batchmean"]))
def test_divergences(seed: int, log_target: bool, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.ones(4), 3) + 0.01
    check_gradients(
        lambda x, y: kl_div(x, y, reduction=reduction, log_target=log_target),
        rng.standard_normal((3, 4)), np.log(q) if log_target else q,
    )  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 999), alpha=st.sampled_from([-1, 0.25, 0.9]), gamma=st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]),
    hard=st.booleans(), reduction=REDUCTIONS,
)  # fmt: skip
def test_focal_losses(seed: int, alpha: float, gamma: float, hard: bool, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, (3, 4)).astype(float) if hard else rng.uniform(0.1, 0.9, (3, 4))
    z = 3 * rng.standard_normal((3, 4))
    check_gradients(lambda z: focal_loss(z, y, alpha, gamma, reduction), z)
    if not hard:
        check_gradients(lambda z, y: focal_loss(z, y, alpha, gamma, reduction), z, y)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999), smooth=st.sampled_from([0.0, 1.0]), trailing=st.sampled_from([(3,), (2, 3)]), reduction=REDUCTIONS)
def test_overlaps(seed: int, smooth: float, trailing, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    p, y = rng.uniform(0.1, 0.9, (2, 2, *trailing)), rng.uniform(0.1, 0.9, (2, 2, *trailing))
    check_gradients(lambda p, y: dice_loss(p, y, smooth, reduction), p, y)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 999), temperature=st.sampled_from([0.2, 1.0]), reduction=REDUCTIONS)
def test_contrastive_losses(seed: int, temperature: float, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    q, k, shared, own = (rng.standard_normal(shape) for shape in [(3, 4), (3, 4), (5, 4), (3, 2, 4)])
    check_gradients(lambda q, k: info_nce(q, k, None, temperature, reduction), q, k)
    check_gradients(lambda q, k, n: info_nce(q, k, n, temperature, reduction), q, k, shared)
    check_gradients(lambda q, k, n: info_nce(q, k, n, temperature, reduction), q, k, own)
    check_gradients(lambda q, k: nt_xent(q, k, temperature), q, k)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 999), temperature=st.sampled_from([1.0, 4.0]), labeled=st.booleans(), trailing=st.sampled_from([(), (2,)]))
def test_distillation(seed: int, temperature: float, labeled: bool, trailing) -> None:
    rng = np.random.default_rng(seed)
    student, teacher = (rng.standard_normal((3, 4, *trailing)) for _ in range(2))
    y = rng.integers(0, 4, (3, *trailing)) if labeled else None
    check_gradients(lambda z: distillation_loss(z, teacher, y, temperature, 0.3), student)


# ---- what must hold ----


def test_a_student_equal_to_its_teacher_has_nothing_to_learn_and_the_teacher_gets_no_gradient() -> None:
    z = np.random.default_rng(0).standard_normal((4, 3))
    student, teacher = Tensor(z, requires_grad=True), Tensor(z, requires_grad=True)
    loss = distillation_loss(student, teacher)
    loss.backward()
    np.testing.assert_allclose(loss.item(), 0, atol=1e-12)
    np.testing.assert_allclose(student.grad, 0, atol=1e-12)
    assert teacher.grad is None


def test_without_the_teachers_part_distillation_is_cross_entropy_and_the_square_keeps_gradients_alike() -> None:
    rng = np.random.default_rng(0)
    z, t, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), np.array([0, 1, 2, 0])
    np.testing.assert_allclose(distillation_loss(z, t, y, alpha=0.0), cross_entropy(z, y))
    zero_mean = [a - a.mean(axis=1, keepdims=True) for a in (z, t)]
    gradient = dlprimer.grad(lambda z: distillation_loss(z, zero_mean[1], temperature=1e4))(zero_mean[0])
    np.testing.assert_allclose(gradient, (zero_mean[0] - zero_mean[1]) / 3 / 4, rtol=1e-3)


def test_the_divergence_is_zero_for_equal_distributions_and_ignores_what_never_happens() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(4), 3)
    np.testing.assert_allclose(kl_div(np.log(p), p, reduction="batchmean"), 0, atol=1e-15)
    with np.errstate(divide="ignore"):
        x = Tensor(np.log(np.array([[0.5, 0.5, 0.0]])), requires_grad=True)
    y = Tensor(np.array([[1.0, 0.0, 0.0]]), requires_grad=True)
    loss = kl_div(x, y, reduction="sum")
    assert loss.item() == pytest.approx(np.log(2))
    loss.backward()
    assert x.grad.tolist() == [[-1.0, 0.0, 0.0]] and y.grad[0, :2].tolist() == pytest.approx([1 + np.log(2), np.log(2)])
    assert kl_div(np.zeros(()), np.ones(()), reduction="batchmean") == 0.0
    assert np.isnan(kl_div(np.zeros((0, 2)), np.zeros((0, 2)), reduction="batchmean"))


def test_focal_loss_without_focus_is_cross_entropy_and_is_finite_where_it_is_certain() -> None:
    z, y = np.array([1.0, -2.0, 0.3]), np.array([1.0, 0.0, 1.0])
    plain = dlprimer.binary_cross_entropy_with_logits(z, y, reduction="none")
    np.testing.assert_allclose(focal_loss(z, y, alpha=-1, gamma=0.0), plain)
    for gamma in (0.5, 2.0):
        x = Tensor(np.array([1e4, -1e4, 1e4, -1e4], np.float32), requires_grad=True)
        losses = focal_loss(x, np.array([1, 0, 0, 1], np.float32), alpha=-1, gamma=gamma)
        assert losses.tolist() == [0.0, 0.0, 1e4, 1e4]
        losses.sum().backward()
        assert x.grad.tolist() == [0.0, 0.0, 1.0, -1.0]


def test_dice_takes_class_numbers_and_an_absent_class_costs_nothing() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4)).transpose(0, 2, 1)  # (N, C, d)
    y = np.array([[0, 1, 2, 2], [1, 1, 0, 2]])
    expected = dice_loss(p, np.moveaxis(dlprimer.one_hot(y, 3), -1, 1).astype(float))
    assert dice_loss(p, y) == expected
    nothing = np.zeros((1, 2, 3))
    for smooth in (0.0, 1.0):
        x = Tensor(nothing, requires_grad=True)
        loss = dice_loss(x, nothing, smooth)
        loss.backward()
        assert loss.item() == 0.0 and not x.grad.any()
    overlap = dice_loss(np.array([[[1.0, 1.0, 0.0, 0.0]]]), np.array([[[0, 1, 1, 0]]]).astype(float), smooth=0.0)
    assert overlap == 0.5


def test_the_uninformed_find_the_positive_by_chance() -> None:
    same = np.ones((4, 3))
    assert info_nce(same, same).item() == pytest.approx(np.log(4))
    assert info_nce(same, same, np.ones((7, 3))).item() == pytest.approx(np.log(8))
    assert nt_xent(same, same).item() == pytest.approx(np.log(7))
    assert nt_xent(same[:1], same[:1]).item() == 0.0


def test_the_length_of_a_vector_does_not_matter_and_a_zero_vector_is_no_trouble() -> None:
    rng = np.random.default_rng(0)
    z1, z2 = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    np.testing.assert_allclose(nt_xent(1e4 * z1, 1e-4 * z2), nt_xent(z1, z2))
    x = Tensor(np.zeros((2, 3), np.float32), requires_grad=True)
    loss = info_nce(x, np.eye(3, dtype=np.float32)[:2]) + cosine_similarity(x, x).sum()
    loss.backward()
    assert np.isfinite(loss.item()) and np.isfinite(x.grad).all() and loss.dtype == np.float32
    assert normalize(np.array(-3.0), axis=0) == -1.0
    assert cosine_similarity(np.array(-3.0), np.array(2.0), axis=0) == -1.0


@pytest.mark.parametrize("order", [0, 1, 2, 3, np.inf])
def test_the_orders_of_a_norm(order: float) -> None:
    x = np.array([[3.0, -4.0, 0.0]])
    np.testing.assert_allclose(normalize(x, p=order), x / np.linalg.norm(x, order, axis=1, keepdims=True))


def test_half_precision_is_computed_in_single() -> None:
    x = np.array([[300.0, 400.0]], np.float16)  # the sum of squares is beyond float16
    assert normalize(x).dtype == np.float16
    np.testing.assert_allclose(normalize(x), [[0.6, 0.8]], rtol=1e-3)
    assert triplet_margin_loss(x, x, -x).dtype == np.float16
    assert cosine_similarity(x, -x).tolist() == [-1.0]


# ---- gradients of targets and weights ----


def test_a_certain_prediction_gives_its_target_a_bounded_gradient() -> None:
    y = Tensor(np.array([1.0, 0.0]), requires_grad=True)
    dlprimer.binary_cross_entropy(np.array([1.0, 0.0]), y, reduction="sum").backward()
    assert y.grad.tolist() == [-100.0, 100.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda w: cross_entropy(Z, Y, w),
        lambda w: cross_entropy(Z, Y, w, label_smoothing=0.1),
        lambda w: dlprimer.nll_loss(Z, Y, w),
        lambda w: dlprimer.binary_cross_entropy(0 * Z, 0 * Z, w),
        lambda w: dlprimer.binary_cross_entropy_with_logits(Z, Z, w),
        lambda w: dlprimer.binary_cross_entropy_with_logits(Z, Z, pos_weight=w),
    ],
)
def test_weights_are_settings_whose_gradient_is_refused_not_dropped(call) -> None:
    x = Tensor(np.ones(3), requires_grad=True)
    with pytest.raises(TypeError, match="weight is a setting and has no gradient"):
        call(x).sum().backward()


def test_positions_that_do_not_count_may_be_impossible() -> None:
    with np.errstate(divide="ignore"):
        log_p = np.log(np.array([[0.0, 1.0], [0.5, 0.5]]))
    assert dlprimer.nll_loss(log_p, np.array([-100, 1])) == np.log(2)
    assert dlprimer.nll_loss(log_p, np.array([0, 1]), np.array([0.0, 1.0])) == np.log(2)


# ---- bad input ----

Z, Y = np.zeros((4, 3)), np.array([0, 1, 2, 0])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: kl_div(Z, Z[:2]), ValueError, "kl_div: target must have the shape of input, (4, 3), got (2, 3)"),
        (lambda: kl_div(Z, Z, reduction="all"), ValueError, "reduction must be one of 'none', 'mean', 'sum', 'batchmean'"),
        (lambda: kl_div(Z, Y), TypeError, "input is float64 but target is int64"),
        (lambda: triplet_margin_loss(Z, Z, Z[0]), ValueError, "must have as many axes"),
        (lambda: triplet_margin_loss(*[np.zeros(())] * 3), ValueError, "at least one, got (), (), ()"),
        (lambda: triplet_margin_loss(Z, Z, Z, margin=0), ValueError, "margin must be positive, got 0"),
        (lambda: triplet_margin_loss(Z, Z, Z.astype(np.float32)), TypeError, "negative is float32"),
        (lambda: triplet_margin_loss(Z, Z, Z, reduction="batchmean"), ValueError, "reduction must be one of"),
        (lambda: focal_loss(Z, Z[0]), ValueError, "target must have the shape of input"),
        (lambda: focal_loss(Z, Z, alpha=2), ValueError, "alpha must be from 0 to 1, or -1, and gamma at least 0, got 2"),
        (lambda: focal_loss(Z, Z, gamma=-1), ValueError, "got 0.25 and -1"),
        (lambda: dice_loss(Z, Z), ValueError, "input must be (N, C, d1, ...), got (4, 3)"),
        (lambda: dice_loss(2 + Z[None], Z[None]), ValueError, "apply softmax or sigmoid to logits first"),
        (lambda: dice_loss(Z[None], Z[None], smooth=-1), ValueError, "smooth must not be negative, got -1"),
        (lambda: dice_loss(Z[None], np.full((1, 3), 4)), ValueError, "classes must be from 0 to 3, got 4 to 4"),
        (lambda: dice_loss(Z[None], Z), ValueError, "target must have the shape of input, (1, 4, 3), got (4, 3)"),
        (lambda: distillation_loss(Z, Z[:2]), ValueError, "logits of one shape, got (4, 3) and (2, 3)"),
        (lambda: distillation_loss(Z, Z, temperature=0), ValueError, "got 0 and 0.9"),
        (lambda: distillation_loss(Z, Z, alpha=1.5), ValueError, "alpha from 0 to 1, got 4.0 and 1.5"),
        (lambda: distillation_loss(Z, Z, Y[:2]), ValueError, "target class numbers must have shape (4,)"),
        (lambda: info_nce(Z, Z[:2]), ValueError, "query and positive_keys must both be (N, D), got (4, 3) and (2, 3)"),
        (lambda: info_nce(Z, Z, Z[:, :2]), ValueError, "negative_keys must be (M, 3) or (4, M, 3), got (4, 2)"),
        (lambda: info_nce(Z, Z, np.zeros((2, 5, 3))), ValueError, "got (2, 5, 3)"),
        (lambda: info_nce(Z, Z, temperature=0), ValueError, "temperature must be positive, got 0"),
        (lambda: nt_xent(Z, Z[:2]), ValueError, "z1 and z2 must both be (N, D)"),
        (lambda: nt_xent(Z, Z, temperature=-1), ValueError, "nt_xent: temperature must be positive, got -1"),
        (lambda: normalize(Y), TypeError, "input must be floating point, got int64"),
        (lambda: normalize(Z, axis=2), ValueError, "axis must be from -2 to 1 for shape (4, 3), got 2"),
        (lambda: cosine_similarity(Z, Z[:, :2]), ValueError, "must broadcast, got (4, 3) and (4, 2)"),
        (lambda: cosine_similarity(Z, Z, axis=2), ValueError, "axis must be from -2 to 1"),
        (lambda: cross_entropy(Z, Z, ignore_index=1), ValueError, "ignore_index=1 is for class numbers, but target is probabilities"),
        (lambda: cross_entropy(np.zeros(()), np.array(0)), ValueError, "must have a class axis"),
        (lambda: dlprimer.nll_loss(Z, Y[:2]), ValueError, "nll_loss: target class numbers must have shape (4,)"),
        (lambda: dlprimer.smooth_l1_loss(Z, Z, beta=-1), ValueError, "beta must not be negative"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u4", "i8", "u8", ">i8", ">u2"])
def test_class_numbers_may_be_any_integers_and_are_checked_whatever_their_type(dtype) -> None:
    z = np.random.default_rng(0).standard_normal((4, 3))
    x = Tensor(z, requires_grad=True)
    cross_entropy(x, np.array([2, 0, 1, 2], dtype)).backward()
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(x.grad, (p - np.eye(3)[[2, 0, 1, 2]]) / 4)
    for wrong in (3, 100) if "u" in dtype else (3, 100, -1, -128):
        with pytest.raises(ValueError, match=f"target must be from 0 to 2 .* got {wrong}"):
            cross_entropy(z, np.array([2, 0, wrong, 2], dtype))
