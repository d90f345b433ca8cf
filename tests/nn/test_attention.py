"""Attention: PyTorch's results, a loop as the definition, gradients against finite differences, masks, extremes and bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, check_gradients
from dlprimer.nn.attention import (
    MultiheadAttention,
    attention_weights,
    causal_mask,
    padding_mask,
    scaled_dot_product_attention,
)

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "attention.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("function") or case["module"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 3e-4)], ids=["float64", "float32"])
def test_outputs_and_gradients_are_those_of_pytorch(case, dtype, tolerance: float, follows_golden) -> None:
    extra = {"rng": np.random.default_rng(0)}
    follows_golden(case, dtype, rtol=tolerance, atol=tolerance, **extra)


# ---- the definition, one query at a time ----


def attend_one_by_one(q, k, v, allowed=None, bias=None, scale=None):
    """softmax(q k^T) v of single matrices in loops; a query that may attend to nothing gets zeros."""
    y = np.zeros((len(q), v.shape[1]))
    for i in range(len(q)):
        keys = [j for j in range(len(k)) if allowed is None or allowed[i, j]]
        factor = len(q[i]) ** -0.5 if scale is None else scale
        scores = [factor * sum(a * b for a, b in zip(q[i], k[j], strict=True)) + (0 if bias is None else bias[i, j]) for j in keys]
        exponentials = [np.exp(s - max(scores)) for s in scores]
        for j, e in zip(keys, exponentials, strict=True):
            y[i] += e / sum(exponentials) * v[j]
    return y


@settings(deadline=None, max_examples=40)
@given(
    L=st.integers(1, 4), S=st.integers(1, 4), E=st.integers(1, 3), seed=st.integers(0, 9999), data=st.data(),
    size=st.sampled_from([0.5, 3.0, 30.0]), kind=st.sampled_from(["none", "boolean", "number"]), causal=st.booleans(),
)
def test_every_query_averages_the_values(L, S, E, seed, data, size, kind, causal) -> None:
    rng = np.random.default_rng(seed)
    q, k, v = size * rng.standard_normal((2, L, E)), rng.standard_normal((2, S, E)), rng.standard_normal((2, S, 2))
    scale = data.draw(st.sampled_from([None, 0.0, -0.7]))
    allowed = rng.random((L, S)) < 0.6 if kind == "boolean" else np.ones((L, S), bool)
    bias = size * rng.standard_normal((L, S)) if kind == "number" else np.zeros((L, S))
    mask = {"none": None, "boolean": allowed.copy(), "number": bias.copy()}[kind]
    before = None if mask is None else mask.copy()
    y = scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=scale)
    p = attention_weights(q, k, mask, causal, scale)
    if causal:
        allowed = allowed & np.array([[j <= i for j in range(S)] for i in range(L)])
    for n in range(2):
        np.testing.assert_allclose(y[n], attend_one_by_one(q[n], k[n], v[n], allowed, bias, scale), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(p @ v, y, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(p.sum(axis=-1), np.broadcast_to(allowed.any(axis=-1), (2, L)), rtol=1e-12)
    assert mask is None or np.array_equal(mask, before)


def test_grouped_heads_share_keys_and_values() -> None:
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((2, 6, 3, 4)), rng.standard_normal((2, 2, 5, 4)), rng.standard_normal((2, 3, 5, 4))
    y = scaled_dot_product_attention(q, k, v, enable_gqa=True)
    for head in range(6):
        np.testing.assert_allclose(y[1, head], attend_one_by_one(q[1, head], k[1, head // 3], v[1, head // 2]), rtol=1e-9)


# ---- gradients ----


@settings(deadline=None, max_examples=40)
@given(
    shapes=st.sampled_from([((3, 2), (4, 2), (4, 3)), ((2, 3, 2), (2, 2, 2), (2, 2, 1)), ((3, 1), (2, 1, 2, 1), (1, 2, 2, 2)),
                            ((2, 2, 2, 3), (2, 1, 3, 3), (2, 2, 3, 2))]),
    size=st.sampled_from([0.5, 6.0]), mask=st.sampled_from(["none", "boolean", "number"]), causal=st.booleans(),
    scale=st.sampled_from([None, 0.6]), seed=st.integers(0, 9999),
)  # fmt: skip
def test_gradients(shapes, size, mask, causal, scale, seed) -> None:
    rng = np.random.default_rng(seed)
    arrays = [size * rng.standard_normal(shape) for shape in shapes]
    L, S = shapes[0][-2], shapes[1][-2]
    extra = {"none": [], "boolean": [rng.random((L, S)) < 0.6], "number": [rng.standard_normal((L, S))]}[mask]
    options = {"is_causal": causal, "scale": scale}
    check_gradients(lambda q, k, v, *m: scaled_dot_product_attention(q, k, v, *m, **options), *arrays, *extra, rtol=1e-3)
    check_gradients(lambda q, k, *m: attention_weights(q, k, *m, **options), *arrays[:2], *extra, rtol=1e-3)


@pytest.mark.parametrize("heads", [(1, 1), (2, 2), (2, 4), (4, 2)])
def test_gradients_of_grouped_heads(heads) -> None:
    rng = np.random.default_rng(1)
    q, k, v = rng.standard_normal((2, 4, 2, 2)), rng.standard_normal((1, heads[0], 3, 2)), rng.standard_normal((2, heads[1], 3, 1))
    check_gradients(lambda *a: scaled_dot_product_attention(*a, enable_gqa=True), q, k, v)
    check_gradients(lambda *a: attention_weights(*a, enable_gqa=True), q, k)


# ---- dropout ----


def test_dropout_drops_weights_and_has_the_gradient_of_what_it_kept() -> None:
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((2, 3, 4)) for _ in range(3))

    def dropping(*arrays):
        return scaled_dot_product_attention(*arrays, None, 0.4, rng=np.random.default_rng(7))

    factors = np.where(np.random.default_rng(7).random((2, 3, 3), dtype=np.float32) >= 0.4, 1 / 0.6, 0)
    assert 0 < (factors == 0).mean() < 1
    np.testing.assert_allclose(dropping(q, k, v), (attention_weights(q, k) * factors) @ v, rtol=1e-9)
    check_gradients(dropping, q, k, v)
    assert not scaled_dot_product_attention(q, k, v, dropout_p=1.0, rng=rng).any()
    many = [scaled_dot_product_attention(q, k, v, dropout_p=0.5, rng=rng) for _ in range(4000)]
    np.testing.assert_allclose(np.mean(many, axis=0), scaled_dot_product_attention(q, k, v), atol=0.06)


# ---- extreme inputs ----


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_scores_of_ten_thousand_choose_one_value(dtype) -> None:
    q, v = np.array([[100.0], [-100.0]], dtype), np.array([[1.0], [2.0], [3.0]], dtype)
    k = np.array([[100.0], [0.0], [-100.0]], dtype)
    y = scaled_dot_product_attention(q, k, v)
    assert y.dtype == dtype and y.tolist() == [[1.0], [3.0]]
    hidden = np.array([[False, True, True]])
    assert scaled_dot_product_attention(q, k, v, hidden).tolist() == [[2.0], [3.0]]
    x = Tensor(q, requires_grad=True)
    scaled_dot_product_attention(x, k, v, hidden).sum().backward()
    assert x.grad.dtype == dtype and x.grad.tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("size", [28.0, 32.0, 90.0, 800.0])
def test_single_precision_follows_double_on_both_sides_of_the_shortcut(size: float) -> None:
    rng = np.random.default_rng(0)
    q, k, v = (rng.uniform(-1, 1, (2, 8, 4)) for _ in range(3))
    q *= size / np.abs(q @ k.swapaxes(-1, -2) / 2).max()
    rounded = [a.astype(np.float32) for a in (q, k, v)]
    exact = scaled_dot_product_attention(*[a.astype(np.float64) for a in rounded])
    np.testing.assert_allclose(scaled_dot_product_attention(*rounded), exact, atol=3e-6 * size)
    shifted = scaled_dot_product_attention(*rounded, np.full((8, 8), -1000, np.float32))
    np.testing.assert_allclose(shifted, exact, atol=3e-4)


def test_scores_far_above_zero_alone_do_not_overflow() -> None:
    q, k, v = (np.array(a, np.float32) for a in ([[1000.0]], [[1.0], [1.0], [0.5]], [[2.0], [4.0], [8.0]]))
    assert scaled_dot_product_attention(q, k, v).tolist() == [[3.0]]
    assert scaled_dot_product_attention(-q, k, v).tolist() == [[8.0]]


@pytest.mark.parametrize("size", [1.0, 50.0])
def test_what_may_not_be_seen_does_not_change_a_digit(size: float) -> None:
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((2, 5, 4)).astype(np.float32) for _ in range(3))
    q *= size
    before = scaled_dot_product_attention(q, k, v, is_causal=True)
    for a in (q, k, v):
        a[:, 4] *= 1e4
    np.testing.assert_array_equal(scaled_dot_product_attention(q, k, v, is_causal=True)[:, :4], before[:, :4])
    np.testing.assert_array_equal(scaled_dot_product_attention(q, k, v, causal_mask(5))[:, :4], before[:, :4])


@pytest.mark.parametrize("forbidden", [False, -np.inf], ids=["boolean", "number"])
def test_a_query_that_may_attend_to_nothing_gets_zeros_and_so_do_its_gradients(forbidden) -> None:
    rng = np.random.default_rng(0)
    q, k, v = (Tensor(rng.standard_normal((1, 3, 2)), requires_grad=True) for _ in range(3))
    mask = np.full((3, 3), not forbidden) if forbidden is False else np.zeros((3, 3))
    mask[1] = forbidden
    y = scaled_dot_product_attention(q, k, v, mask)
    assert y.data[0, 1].tolist() == [0, 0] and attention_weights(q, k, mask).data[0, 1].tolist() == [0, 0, 0]
    y.sum().backward()
    assert q.grad[0, 1].tolist() == [0, 0]
    assert all(np.isfinite(t.grad).all() and t.grad.any() for t in (q, k, v))


def test_axes_of_length_zero() -> None:
    def shape(q, k, v):
        arrays = [Tensor(np.ones(s), requires_grad=True) for s in (q, k, v)]
        y = scaled_dot_product_attention(*arrays)
        y.sum().backward()
        assert all(np.isfinite(t.grad).all() for t in arrays)
        return y.shape, float(y.data.sum())

    assert shape((0, 3, 2), (0, 4, 2), (0, 4, 1)) == ((0, 3, 1), 0)
    assert shape((2, 0, 2), (2, 4, 2), (2, 4, 1)) == ((2, 0, 1), 0)
    assert shape((1, 3, 2), (1, 0, 2), (1, 0, 1)) == ((1, 3, 1), 0)
    assert shape((1, 3, 0), (1, 2, 0), (1, 2, 1)) == ((1, 3, 1), 3)
    q = Tensor(np.ones((0, 4, 3, 2)), requires_grad=True)
    k = Tensor(np.ones((0, 2, 0, 2)), requires_grad=True)
    scaled_dot_product_attention(q, k, k, enable_gqa=True).sum().backward()
    assert q.grad.shape == (0, 4, 3, 2) and k.grad.shape == (0, 2, 0, 2)
    attention = MultiheadAttention(4, 2, rng=np.random.default_rng(0))
    for B, T in ((0, 3), (2, 0)):
        x = np.ones((B, T, 4), np.float32)
        assert attention(x, x, x)[0].shape == (B, T, 4)


def test_results_do_not_depend_on_memory_layout() -> None:
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((2, 2, 3, 4)) for _ in range(3))
    expected = scaled_dot_product_attention(q, k, v)
    strided = np.zeros((2, 2, 6, 8))[:, :, ::2, ::2]
    strided[...] = k
    frozen = v.copy()
    frozen.flags.writeable = False
    np.testing.assert_allclose(scaled_dot_product_attention(np.asfortranarray(q), strided, frozen), expected, rtol=1e-12)


# ---- symmetry ----


def test_self_attention_moves_with_its_input_and_ignores_the_order_of_its_memory() -> None:
    rng = np.random.default_rng(0)
    attention = MultiheadAttention(8, 2, rng=rng, dtype=np.float64)
    x, memory, order, other = rng.standard_normal((2, 5, 8)), rng.standard_normal((2, 6, 8)), rng.permutation(5), rng.permutation(6)
    moved = x[:, order]
    np.testing.assert_allclose(attention(moved, moved, moved)[0].data, attention(x, x, x)[0].data[:, order], atol=1e-12)
    shuffled = memory[:, other]
    np.testing.assert_allclose(attention(x, shuffled, shuffled)[0].data, attention(x, memory, memory)[0].data, atol=1e-12)
    causal = attention(moved, moved, moved, is_causal=True)[0].data - attention(x, x, x, is_causal=True)[0].data[:, order]
    assert np.abs(causal).max() > 0.01


# ---- several heads ----


@pytest.fixture
def attention() -> MultiheadAttention:
    module = MultiheadAttention(4, 2, rng=np.random.default_rng(0), dtype=np.float64)
    module.in_proj_bias.data[...] = np.random.default_rng(1).standard_normal(12)
    return module


X = np.random.default_rng(2).standard_normal((3, 5, 4))


def test_heads_attend_in_their_own_part_of_the_projections(attention) -> None:
    q, k, v = np.split(X @ attention.in_proj_weight.data.T + attention.in_proj_bias.data, 3, axis=-1)
    heads = [scaled_dot_product_attention(q[..., part], k[..., part], v[..., part]) for part in (np.s_[:2], np.s_[2:])]
    expected = np.concatenate(heads, axis=-1) @ attention.out_proj.weight.data.T
    np.testing.assert_allclose(attention(X, X, X, need_weights=False)[0].data, expected, rtol=1e-9)
    weights = attention(X, X, X, average_attn_weights=False)[1].data
    np.testing.assert_allclose(weights[:, 1], attention_weights(q[..., 2:], k[..., 2:]), rtol=1e-9)


def test_one_input_three_inputs_and_other_arrangements_give_the_same(attention) -> None:
    y, weights = (t.data for t in attention(X, X, X))
    for need_weights in (True, False):
        np.testing.assert_allclose(attention(X, X.copy(), X.copy(), need_weights=need_weights)[0].data, y, rtol=1e-9, atol=1e-12)
    one, one_weights = attention(X[1], X[1], X[1])
    np.testing.assert_allclose(one.data, y[1], rtol=1e-9)
    np.testing.assert_allclose(one_weights.data, weights[1], rtol=1e-9)
    attention.batch_first = False
    turned = X.swapaxes(0, 1)
    np.testing.assert_allclose(attention(turned, turned, turned)[0].data, y.swapaxes(0, 1), rtol=1e-9)
    np.testing.assert_allclose(attention(X[1], X[1], X[1])[0].data, y[1], rtol=1e-9)


def test_masks_of_the_module_forbid_where_they_are_true(attention) -> None:
    causal = attention(X, X, X, is_causal=True)[0].data
    np.testing.assert_allclose(attention(X, X, X, attn_mask=~causal_mask(5))[0].data, causal, rtol=1e-9)
    real = padding_mask(np.array([5, 2, 3]))
    padded = attention(X, X, X, key_padding_mask=~real, need_weights=False)[0].data
    np.testing.assert_allclose(padded[1], attention(X[1:2], X[1:2, :2], X[1:2, :2])[0].data[0], rtol=1e-9)
    changed = np.where(real[:, :, None], X, 99.0)
    leaked = attention(X, changed, changed, key_padding_mask=~real, need_weights=False)[0].data
    np.testing.assert_allclose(leaked, padded, rtol=1e-12, atol=1e-14)
    numbers = np.where(~real, -np.inf, 0.0)
    both = attention(X, X, X, numbers, attn_mask=~causal_mask(5))[0].data
    np.testing.assert_allclose(both, attention(X, X, X, ~real, attn_mask=~causal_mask(5))[0].data, rtol=1e-9)


def test_only_padding_gives_the_bias_of_the_output_and_no_nan(attention) -> None:
    attention.out_proj.bias.data[...] = [1, 2, 3, 4]
    nothing = np.ones((3, 5), bool)
    for need_weights in (True, False):
        y, weights = attention(X, X, X, nothing, need_weights=need_weights)
        assert (y.data == [1, 2, 3, 4]).all()
        assert weights is None or not weights.data.any()


@pytest.mark.parametrize("need_weights", [True, False])
def test_gradients_reach_inputs_masks_and_parameters(attention, need_weights: bool) -> None:
    rng = np.random.default_rng(3)
    x, bias = rng.standard_normal((2, 3, 4)), rng.standard_normal((3, 3))
    padding = np.array([[False, False, True], [False, False, False]])
    parameters = dict(attention.named_parameters())

    def run(x, bias, *values):
        for parameter, value in zip(parameters, values, strict=True):
            owner = attention.out_proj if parameter.startswith("out_proj") else attention
            setattr(owner, parameter.removeprefix("out_proj."), value)
        outputs = attention(x, x, x, padding, need_weights, bias)
        return outputs if need_weights else outputs[0]

    check_gradients(run, x, bias, *[p.data for p in parameters.values()])


def test_dropout_acts_in_training_alone() -> None:
    attention = MultiheadAttention(4, 2, dropout=0.5, rng=np.random.default_rng(0), dtype=np.float64)
    for need_weights in (True, False):
        first, second = (attention(X, X, X, need_weights=need_weights)[0].data for _ in range(2))
        assert not np.allclose(first, second)
    assert (attention(X, X, X)[1].data == 0).any()
    attention.eval()
    np.testing.assert_array_equal(attention(X, X, X)[0].data, attention(X, X, X)[0].data)


def test_parameters_have_the_names_and_initial_values_of_pytorch() -> None:
    attention = MultiheadAttention(64, 4, rng=np.random.default_rng(0))
    assert list(attention.state_dict()) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    bound = (6 / (64 + 192)) ** 0.5
    assert 0.99 * bound < np.abs(attention.in_proj_weight.data).max() <= bound
    assert 0.99 / 8 < np.abs(attention.out_proj.weight.data).max() <= 1 / 8
    assert not attention.in_proj_bias.data.any() and not attention.out_proj.bias.data.any()
    other = MultiheadAttention(4, 2, bias=False, kdim=3, rng=np.random.default_rng(0))
    assert list(other.state_dict()) == ["q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"]
    assert repr(other).startswith("MultiheadAttention(\n  embed_dim=4, num_heads=2, dropout=0.0, bias=False")


# ---- masks and bad input ----


def test_masks() -> None:
    assert causal_mask(2, 3).tolist() == [[True, False, False], [True, True, False]]
    assert causal_mask(0).shape == (0, 0)
    assert padding_mask([1, 0], 2).tolist() == [[True, False], [False, False]]
    assert padding_mask(np.zeros(0, int)).shape == (0, 0)


Q, K, V = np.zeros((2, 3, 4)), np.zeros((2, 5, 4)), np.zeros((2, 5, 6))
attend = scaled_dot_product_attention
module = MultiheadAttention(4, 2, rng=np.random.default_rng(0), dtype=np.float64)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: attend(Q[0, 0], K, V), ValueError, "all must be (..., length, size), got query (4,), key (2, 5, 4), value (2, 5, 6)"),
        (lambda: attend(Q[..., :3], K, V), ValueError, "query and key must agree in their last axis"),
        (lambda: attend(Q, K, V[:, :4]), ValueError, "key and value in length"),
        (lambda: attend(Q, np.zeros((3, 5, 4)), V), ValueError, "leading axes must broadcast"),
        (lambda: attend(Q, K.astype(np.float32), V), TypeError, "query is float64 but key is float32"),
        (lambda: attend(Q.astype(int), K, V), TypeError, "query must be floating point, got int64"),
        (lambda: attend(Q, K, V, np.ones((3, 5), int)), TypeError, "a boolean array (True: may attend) or float64 to add, got int64"),
        (lambda: attend(Q, K, V, [[True] * 5] * 3), TypeError, "got list"),
        (lambda: attend(*(a.astype(np.float32) for a in (Q, K, V)), np.zeros((3, 5))), TypeError, "float32 to add, got float64"),
        (lambda: attend(Q, K, V, np.ones((4, 5), bool)), ValueError, "broadcast to (2, 3, 5), got (4, 5)"),
        (lambda: attend(Q, K, V, np.ones((7, 1, 3, 5), bool)), ValueError, "broadcast to (2, 3, 5), got (7, 1, 3, 5)"),
        (lambda: attend(Q, K, V, np.ones(5, bool)), ValueError, "at least two axes"),
        (lambda: attend(Q[0], K[0], V, np.ones((2, 3, 5), bool)), ValueError, "broadcast to (3, 5), got (2, 3, 5)"),
        (lambda: attend(Q, K, V, dropout_p=1.5, rng=np.random.default_rng(0)), ValueError, "from 0 to 1, got 1.5"),
        (lambda: attend(Q, K, V, dropout_p=-0.5), ValueError, "from 0 to 1, got -0.5"),
        (lambda: attend(Q, K, V, dropout_p=0.5), ValueError, "rng must be a numpy Generator"),
        (lambda: attend(Q[0], K[0], V[0], enable_gqa=True), ValueError, "(..., heads, length, size)"),
        (lambda: attend(np.zeros((3, 3, 4)), K, V, enable_gqa=True), ValueError, "must divide those of query"),
        (lambda: attend(np.zeros((4, 3, 4)), K[:0], V, enable_gqa=True), ValueError, "must divide those of query"),
        (lambda: attend(Q, K, V, mask=None), TypeError, "mask"),
        (lambda: attend(Q, K, V, causal=True), TypeError, "causal"),
        (lambda: attention_weights(Q, K[..., :2]), ValueError, "attention_weights: query and key must agree"),
        (lambda: causal_mask(-1), ValueError, "must not be negative, got -1"),
        (lambda: padding_mask(np.array([1.0])), TypeError, "must be integers, got float64"),
        (lambda: padding_mask(np.array([3]), 2), ValueError, "from 0 to 2, got [3]"),
        (lambda: padding_mask(np.array([-1])), ValueError, "got [-1]"),
        (lambda: padding_mask(np.array(2)), ValueError, "must be (B,)"),
        (lambda: MultiheadAttention(6, 4, rng=np.random.default_rng(0)), ValueError, "num_heads must divide embed_dim"),
        (lambda: MultiheadAttention(0, 1, rng=np.random.default_rng(0)), ValueError, "both positive, got 1 and 0"),
        (lambda: MultiheadAttention(4, 2, dropout=2, rng=np.random.default_rng(0)), ValueError, "dropout must be from 0 to 1, got 2"),
        (lambda: MultiheadAttention(4, 2, add_bias_kv=True, rng=np.random.default_rng(0)), ValueError, "must be False"),
        (lambda: MultiheadAttention(4, 2, add_zero_attn=True, rng=np.random.default_rng(0)), ValueError, "must be False"),
        (lambda: module(Q, K[0], K[0]), ValueError, "inputs must all be (B, T, size)"),
        (lambda: module(Q, K, V), ValueError, "with sizes 4, 4, 4, got query (2, 3, 4), key (2, 5, 4), value (2, 5, 6)"),
        (lambda: module(Q[None], K[None], K[None]), ValueError, "inputs must all be"),
        (lambda: module(Q, K, K[:, :3]), ValueError, "key and value must be equally long"),
        (lambda: module(Q, K[:1], K[:1]), ValueError, "have the same batch"),
        (lambda: module(Q, K, K, np.ones((2, 4), bool)), ValueError, "key_padding_mask must be (2, 5), got (2, 4)"),
        (lambda: module(Q[0], K[0], K[0], np.ones((1, 5), bool)), ValueError, "key_padding_mask must be (5,), got (1, 5)"),
        (lambda: module(Q, K, K, attn_mask=np.ones((2, 3, 5), bool)), ValueError, "attn_mask must be (3, 5) or (4, 3, 5), got (2, 3, 5)"),
        (lambda: module(Q, K, K, attn_mask=np.ones((3, 5), int)), TypeError, "attn_mask must be boolean (True: not allowed)"),
        (lambda: module(Q, K, K, attn_mask="causal"), TypeError, "or floating point, got str"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)
