"""Positions: how attention, which sees a set, is told the order: by vectors added, queries and keys rotated, or scores biased."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import choose, floating
from .linear import embedding


def sinusoidal_positions(length: int, d: int, base: float = 10000.0, *, dtype: Any = np.float32) -> Any:
    """A vector for each position: sines and cosines of wavelengths from 2 pi to almost 2 pi base, a clock with d / 2 hands.

    The product of two positions' vectors depends on their distance alone.

    Args:
        length: Number of positions.
        d: Size of the vectors, at least 1; with an odd one the last sine has no cosine.
        base: Ratio of the longest to the shortest wavelength, nearly.
        dtype: Of the result.

    Returns:
        (length, d): `sin(p / base^(2i/d))` in column 2i, the cosine of the same in column 2i + 1.

    Raises:
        ValueError: For a negative length, or `d` or `base` not positive.

    Example:
        >>> sinusoidal_positions(2, 4).round(2).tolist()[0]
        [0.0, 1.0, 0.0, 1.0]

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 87.
    """
    if length < 0 or d < 1 or base <= 0:
        raise ValueError(f"sinusoidal_positions: length must not be negative, d and base be positive, got {length}, {d} and {base}")
    columns = np.arange(d)
    angles = np.arange(length)[:, None] * base ** (-(columns // 2 * 2) / d)  # (length, d)
    return np.where(columns % 2, np.cos(angles), np.sin(angles)).astype(dtype)


@differentiable
@floating("x")
def rotary_embedding(
    x: Array, positions: Array | None = None, base: float = 10000.0, interleaved: bool = True
) -> WithGradient:
    """Queries or keys turned by angles that grow with the position, so that their products depend on distances alone.

    Each pair of components is a hand of a clock; pair i of D / 2 turns by `position * base^(-2i/D)`. A turned query times a turned key
    is the query times the key turned by the difference of their positions: relative positions from absolute ones, without
    parameters. Lengths do not change.

    Args:
        x: (..., T, D), D even.
        positions: Broadcasts to (..., T), the positions; 0 to T - 1 if None. Fractions are fine: times L / L' they squeeze L'
            positions into the L known from training.
        base: Ratio of the slowest to the fastest turn, nearly.
        interleaved: Which components form a pair: 2i and 2i + 1, as in the paper, or with False i and i + D / 2 (GPT-NeoX, Llama in
            Hugging Face's layout). A model works with the one it was trained with.

    Returns:
        Same shape and dtype.

    Raises:
        ValueError: For an odd D, positions that do not broadcast, or a base that is not positive.

    Example:
        >>> q, k = np.array([[1.0, 2.0]]), np.array([[3.0, 1.0]])
        >>> scores = [(rotary_embedding(q, [m]) @ rotary_embedding(k, [n]).T).item() for m, n in [(5, 2), (105, 102)]]
        >>> abs(scores[0] - scores[1]) < 1e-9
        True

    Paper: Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021. Explained in question 88.
    """
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ValueError(f"rotary_embedding: x must be (..., T, D) with an even D, got {x.shape}")
    if base <= 0:
        raise ValueError(f"rotary_embedding: base must be positive, got {base}")
    T, D = x.shape[-2:]
    p = np.arange(T) if positions is None else np.asarray(positions)
    if p.ndim > x.ndim - 1 or any(n not in (1, m) for n, m in zip(p.shape[::-1], x.shape[-2::-1], strict=False)):
        raise ValueError(f"rotary_embedding: positions must broadcast to {x.shape[:-1]}, got {p.shape}")
    angles = p[..., None] * base ** (-np.arange(0, D, 2) / D)  # (..., T, D / 2), in float64: large positions lose digits
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = (np.s_[..., 0::2], np.s_[..., 1::2]) if interleaved else (np.s_[..., : D // 2], np.s_[..., D // 2 :])

    def turned(x: Array, sin: Array) -> Array:
        y = np.empty_like(x)
        y[first] = x[first] * cos - x[second] * sin
        y[second] = x[first] * sin + x[second] * cos
        return y

    return turned(x, sin), lambda g: turned(g, -sin)


def alibi_slopes(num_heads: int) -> np.ndarray:
    """How fast each head's attention falls with distance: 2^(-8h/H) for head h = 1 to H.

    If the number of heads is not a power of two, the slopes of the next lower power come first, then every second slope
    of the next higher one, as in the authors' code.

    Args:
        num_heads: Number of heads, H.

    Returns:
        (H,) float64.

    Raises:
        ValueError: For fewer than one head.

    Example:
        >>> alibi_slopes(4).tolist(), alibi_slopes(3).tolist()
        ([0.25, 0.0625, 0.015625, 0.00390625], [0.0625, 0.00390625, 0.25])

    Paper: Press, Smith and Lewis, Train short, test long, 2022. Explained in question 88.
    """
    if num_heads < 1:
        raise ValueError(f"alibi_slopes: num_heads must be positive, got {num_heads}")
    power = 2 ** (int(num_heads).bit_length() - 1)  # the largest power of two within num_heads
    slopes = 2.0 ** (-8 * np.arange(1, power + 1) / power)
    between = 2.0 ** (-4 * np.arange(1, 2 * power, 2) / power)
    return np.concatenate([slopes, between])[:num_heads]


def alibi_bias(num_heads: int, length: int, key_length: int | None = None, offset: int = 0, *, dtype: Any = np.float32) -> Any:
    """Attention with linear biases: a penalty on scores that grows with the distance, at each head's own rate.

    The paper's models are causal, where keys come before queries; for keys after a query the same distance counts.

    Args:
        num_heads: Number of heads, H.
        length: Number of queries, T.
        key_length: Number of keys, S; `length` plus `offset` if None.
        offset: Position of the first query; that of the first key is 0.
        dtype: Of the result.

    Returns:
        (H, T, S): `-slope_h |i - j|`, an `attn_mask` for (B, H, T, E) in `scaled_dot_product_attention`, with `is_causal=True` if wanted.

    Raises:
        ValueError: For fewer than one head or negative lengths.

    Example:
        >>> alibi_bias(8, 3)[0].tolist()
        [[0.0, -0.5, -1.0], [-0.5, 0.0, -0.5], [-1.0, -0.5, 0.0]]

    Paper: Press, Smith and Lewis, Train short, test long, 2022. Explained in question 88.
    """
    nearness = -np.abs(relative_positions("alibi_bias", length, key_length, offset))
    return (alibi_slopes(num_heads)[:, None, None] * nearness).astype(dtype)


def relative_position_bias(
    table: Array, length: int, key_length: int | None = None, offset: int = 0, *, buckets: str = "clipped",
    bidirectional: bool = True, max_distance: int = 128,
) -> Any:  # fmt: skip
    """A learned number for each distance between query and key, and each head, to be added to the scores.

    Args:
        table: (rows, H), learned. Each row serves one distance, or a bucket of them.
        length: Number of queries, T.
        key_length: Number of keys, S; `length` plus `offset` if None.
        offset: Position of the first query; that of the first key is 0.
        buckets: "clipped": a row for each j - i from -K to K, where rows = 2 K + 1, larger distances counting as K; so 2 T - 1 rows
            tell all distances apart. "log": T5's buckets, one for each small distance, then ever wider ones up to `max_distance`.
        bidirectional: Whether keys after the query have rows of their own. If not, they share the row of distance 0, and
            "clipped" has a row for each i - j from 0 to rows - 1.
        max_distance: From here on "log" puts all distances in the last bucket.

    Returns:
        (H, T, S), an `attn_mask` for (B, H, T, E) in `scaled_dot_product_attention`.

    Raises:
        TypeError: If the table is not floating point.
        ValueError: For a table that is not a matrix, negative lengths, or a number of rows that does not suit the buckets.

    Example:
        >>> relative_position_bias(np.array([[-1.0], [0.0], [1.0]]), 3).tolist()
        [[[0.0, 1.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, -1.0, 0.0]]]

    Paper: Shaw, Uszkoreit and Vaswani, Self-attention with relative position representations, 2018, clip; Raffel et al., Exploring
    the limits of transfer learning with a unified text-to-text transformer, 2020, add biases by bucket. Explained in question 88.
    """
    choose("buckets", buckets, ("clipped", "log"))
    if getattr(table, "dtype", np.dtype(int)).kind != "f":
        raise TypeError(f"relative_position_bias: table must be floating point, got {getattr(table, 'dtype', type(table).__name__)}")
    if table.ndim != 2 or len(table) < 1:
        raise ValueError(f"relative_position_bias: table must be (rows, heads) with at least one row, got {table.shape}")
    relative = relative_positions("relative_position_bias", length, key_length, offset)  # (T, S)
    if buckets == "clipped":
        index = clipped(relative, len(table), bidirectional)
    else:
        index = logarithmic(relative, len(table), bidirectional, max_distance)
    return np.transpose(embedding(index, table), (2, 0, 1))


def relative_positions(name: str, length: int, key_length: int | None, offset: int) -> Any:
    """j - i for query i and key j, (T, S): negative for keys before the query."""
    keys = length + offset if key_length is None else key_length
    if min(length, keys, offset) < 0:
        raise ValueError(f"{name}: lengths and offset must not be negative, got {length}, {key_length} and {offset}")
    return np.arange(keys) - (offset + np.arange(length))[:, None]


def clipped(relative: np.ndarray, rows: int, bidirectional: bool) -> Any:
    """A row for each distance, those beyond the last row counting as the last."""
    if not bidirectional:
        return np.clip(-relative, 0, rows - 1)
    if rows % 2 == 0:
        raise ValueError(f"relative_position_bias: table must have an odd number of rows, for distances -K to K, got {rows}")
    return np.clip(relative, -(rows // 2), rows // 2) + rows // 2


def logarithmic(relative: np.ndarray, rows: int, bidirectional: bool, max_distance: int) -> Any:
    """T5's buckets: the nearer half of them hold one distance each, the others widen like logarithms."""
    side = rows // 2 if bidirectional else rows
    near = side // 2
    if near < 1 or (bidirectional and rows % 2) or max_distance <= near:
        needed = "an even number of rows, at least 4" if bidirectional else "at least 2 rows"
        raise ValueError(
            f"relative_position_bias: table must have {needed}, and max_distance be above {near}, got {rows} and {max_distance}"
        )
    distance = np.abs(relative) if bidirectional else np.maximum(-relative, 0)
    steps = np.log(np.maximum(distance, near) / near) / np.log(max_distance / near) * (side - near)
    bucket = np.where(distance < near, distance, np.minimum(near + steps.astype(int), side - 1))
    return bucket + side * (relative > 0) if bidirectional else bucket
