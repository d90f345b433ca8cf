"""Positions: the formulas one number at a time, what is relative about them, gradients, and bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, check_gradients
from dlprimer.nn.positions import (
    alibi_bias,
    alibi_slopes,
    relative_position_bias,
    rotary_embedding,
    sinusoidal_positions,
)

# ---- sinusoids ----


@pytest.mark.parametrize(("length", "d", "base"), [(5, 6, 10000.0), (3, 5, 100.0), (4, 1, 10000.0), (0, 4, 10000.0)])
def test_sinusoids_follow_the_formula(length: int, d: int, base: float) -> None:
    expected = np.zeros((length, d))
    for p in range(length):
        for column in range(d):
            angle = p / base ** (2 * (column // 2) / d)
            expected[p, column] = math.cos(angle) if column % 2 else math.sin(angle)
    table = sinusoidal_positions(length, d, base, dtype=np.float64)
    np.testing.assert_allclose(table, expected, rtol=1e-12, atol=1e-12)
    assert sinusoidal_positions(length, d).dtype == np.float32


def test_products_of_sinusoids_depend_on_the_distance_alone() -> None:
    table = sinusoidal_positions(200, 16, dtype=np.float64)
    products = table @ table.T
    for distance in (0, 3, 50):
        np.testing.assert_allclose(np.diagonal(products, distance), products[0, distance], rtol=1e-9)


# ---- rotations ----


@settings(deadline=None, max_examples=30)
@given(
    leading=st.sampled_from([(), (2,), (2, 3)]), T=st.integers(0, 4), pairs=st.integers(1, 3), base=st.sampled_from([10000.0, 5.0]),
    interleaved=st.booleans(), seed=st.integers(0, 9999), kind=st.sampled_from(["none", "shared", "own"]),
)  # fmt: skip
def test_each_pair_turns_by_its_angle(leading, T, pairs, base, interleaved, seed, kind) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((*leading, T, 2 * pairs))
    positions = {"none": None, "shared": rng.integers(0, 50, T), "own": rng.uniform(0, 50, (*leading, T))}[kind]
    y = rotary_embedding(x, positions, base, interleaved)
    expected = np.zeros_like(x)
    for index in np.ndindex(*leading, T):
        p = index[-1] if kind == "none" else positions[index[-1]] if kind == "shared" else positions[index]
        for i in range(pairs):
            a, b = (2 * i, 2 * i + 1) if interleaved else (i, i + pairs)
            turn = np.exp(1j * p * base ** (-2 * i / (2 * pairs)))
            turned = (x[index][a] + 1j * x[index][b]) * turn
            expected[index][a], expected[index][b] = turned.real, turned.imag
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-12)
    check_gradients(lambda x: rotary_embedding(x, positions, base, interleaved), x)


@pytest.mark.parametrize("interleaved", [True, False])
def test_products_of_rotated_queries_and_keys_depend_on_the_distance_alone(interleaved: bool) -> None:
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((1, 8)), rng.standard_normal((1, 8))

    def score(m: float, n: float) -> float:
        return (rotary_embedding(q, [m], interleaved=interleaved) @ rotary_embedding(k, [n], interleaved=interleaved).T).item()

    assert abs(score(5, 2) - score(1005, 1002)) < 1e-10
    assert abs(score(5, 2) - (q @ rotary_embedding(k, [-3], interleaved=interleaved).T).item()) < 1e-12
    assert abs(score(5, 2) - score(5, 3)) > 0.01
    assert abs(np.linalg.norm(rotary_embedding(q, [77])) - np.linalg.norm(q)) < 1e-12


def test_both_pairings_are_one_reordering_apart() -> None:
    x = np.random.default_rng(0).standard_normal((4, 6))
    order = [0, 2, 4, 1, 3, 5]
    np.testing.assert_allclose(rotary_embedding(x)[:, order], rotary_embedding(x[:, order], interleaved=False), rtol=1e-12)


def test_rotations_keep_the_dtype_and_large_positions_their_digits() -> None:
    x = np.ones((2, 4))
    far = [1_000_000, 1_000_001]
    for dtype, tolerance in ((np.float16, 2e-3), (np.float32, 1e-6)):
        y = rotary_embedding(x.astype(dtype), far)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, rotary_embedding(x, far), atol=tolerance)
    frozen = np.asfortranarray(np.random.default_rng(0).standard_normal((2, 3, 4)))
    frozen.flags.writeable = False
    np.testing.assert_array_equal(rotary_embedding(frozen), rotary_embedding(np.ascontiguousarray(frozen)))


# ---- biases ----


def slopes_of_the_paper(n: int) -> list[float]:
    """The recursion of the authors' code."""
    if math.log2(n).is_integer():
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]
    closest = 2 ** math.floor(math.log2(n))
    return slopes_of_the_paper(closest) + slopes_of_the_paper(2 * closest)[0::2][: n - closest]


@pytest.mark.parametrize("heads", [1, 2, 3, 5, 8, 12, 16, 20])
def test_slopes_are_those_of_the_paper(heads: int) -> None:
    np.testing.assert_allclose(alibi_slopes(heads), slopes_of_the_paper(heads), rtol=1e-12)
    bias = alibi_bias(heads, 3, 6, offset=2, dtype=np.float64)
    assert bias.shape == (heads, 3, 6)
    for h, i, j in np.ndindex(heads, 3, 6):
        assert math.isclose(bias[h, i, j], -slopes_of_the_paper(heads)[h] * abs(2 + i - j), abs_tol=1e-15)


def test_later_queries_have_the_last_rows() -> None:
    table = np.random.default_rng(0).standard_normal((7, 2))
    np.testing.assert_array_equal(alibi_bias(4, 2, offset=3), alibi_bias(4, 5)[:, 3:])
    for options in ({}, {"bidirectional": False}):
        np.testing.assert_array_equal(
            relative_position_bias(table, 2, offset=3, **options), relative_position_bias(table, 5, **options)[:, 3:]
        )


def bucket_of_t5(relative: int, rows: int, bidirectional: bool, max_distance: int) -> int:
    """One number at a time, as T5's code computes it."""
    bucket = 0
    if bidirectional:
        rows //= 2
        bucket += rows if relative > 0 else 0
        relative = abs(relative)
    else:
        relative = -min(relative, 0)
    exact = rows // 2
    if relative < exact:
        return bucket + relative
    share = np.log(np.float32(relative) / np.float32(exact)) / np.float32(math.log(max_distance / exact))
    return bucket + min(exact + int(share * np.float32(rows - exact)), rows - 1)


@pytest.mark.parametrize(("rows", "bidirectional", "max_distance"), [(32, True, 128), (32, False, 128), (8, True, 20), (6, False, 50)])
def test_logarithmic_buckets_are_those_of_t5(rows: int, bidirectional: bool, max_distance: int) -> None:
    table = np.stack([np.arange(rows), -np.arange(rows)], axis=1).astype(np.float64)
    options = {"buckets": "log", "bidirectional": bidirectional, "max_distance": max_distance}
    bias = relative_position_bias(table, 150, 160, **options)
    expected = [[bucket_of_t5(j - i, rows, bidirectional, max_distance) for j in range(160)] for i in range(150)]
    np.testing.assert_array_equal(bias[0], expected)
    np.testing.assert_array_equal(bias[1], -bias[0])


@pytest.mark.parametrize("bidirectional", [True, False])
def test_clipped_distances_have_a_row_each(bidirectional: bool) -> None:
    table = np.random.default_rng(0).standard_normal((5, 3))
    bias = relative_position_bias(table, 4, 6, bidirectional=bidirectional)
    assert bias.shape == (3, 4, 6)
    for h, i, j in np.ndindex(3, 4, 6):
        row = max(-2, min(2, j - i)) + 2 if bidirectional else max(0, min(4, i - j))
        assert bias[h, i, j] == table[row, h]


@pytest.mark.parametrize(("rows", "options"), [(5, {}), (4, {"bidirectional": False}), (8, {"buckets": "log", "max_distance": 5})])
def test_gradients_reach_the_table(rows: int, options: dict) -> None:
    table = np.random.default_rng(0).standard_normal((rows, 2))
    check_gradients(lambda table: relative_position_bias(table, 4, 5, **options), table)
    assert relative_position_bias(Tensor(table.astype(np.float32)), 2, **options).dtype == np.float32


# ---- bad input ----

TABLE = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: sinusoidal_positions(-1, 4), ValueError, "got -1, 4 and 10000.0"),
        (lambda: sinusoidal_positions(3, 0), ValueError, "d and base be positive"),
        (lambda: sinusoidal_positions(3, 2, 0), ValueError, "got 3, 2 and 0"),
        (lambda: rotary_embedding(np.zeros((3, 5))), ValueError, "even D, got (3, 5)"),
        (lambda: rotary_embedding(np.zeros(4)), ValueError, "must be (..., T, D)"),
        (lambda: rotary_embedding(np.zeros((3, 4)), base=0), ValueError, "base must be positive, got 0"),
        (lambda: rotary_embedding(np.zeros((3, 4)), np.arange(2)), ValueError, "positions must broadcast to (3,), got (2,)"),
        (lambda: rotary_embedding(np.zeros((3, 4)), np.zeros((1, 3))), ValueError, "got (1, 3)"),
        (lambda: rotary_embedding(np.zeros((3, 4), int)), TypeError, "x must be floating point, got int64"),
        (lambda: alibi_slopes(0), ValueError, "num_heads must be positive, got 0"),
        (lambda: alibi_bias(2, -1), ValueError, "alibi_bias: lengths and offset must not be negative"),
        (lambda: alibi_bias(2, 3, offset=-1), ValueError, "got 3, None and -1"),
        (lambda: relative_position_bias(TABLE, 3), ValueError, "an odd number of rows, for distances -K to K, got 4"),
        (lambda: relative_position_bias(TABLE.astype(int), 3), TypeError, "table must be floating point, got int64"),
        (lambda: relative_position_bias(TABLE.tolist(), 3), TypeError, "got list"),
        (lambda: relative_position_bias(TABLE[0], 3), ValueError, "(rows, heads) with at least one row, got (2,)"),
        (lambda: relative_position_bias(TABLE[:0], 3), ValueError, "got (0, 2)"),
        (lambda: relative_position_bias(TABLE, 3, buckets="t5"), ValueError, "buckets must be one of 'clipped', 'log', got 't5'"),
        (lambda: relative_position_bias(TABLE[:3], 3, buckets="log"), ValueError, "an even number of rows, at least 4"),
        (lambda: relative_position_bias(TABLE[:1], 3, buckets="log", bidirectional=False), ValueError, "at least 2 rows"),
        (lambda: relative_position_bias(TABLE, 3, buckets="log", max_distance=1), ValueError, "max_distance be above 1, got 4 and 1"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)
