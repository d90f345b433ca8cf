"""Attention: each query looks at all keys and takes home an average of the values, weighted by how well the keys match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Array, WithGradient, differentiable
from .arguments import floating
from .dropout import dropout, keep
from .initialization import xavier_uniform
from .linear import Linear, linear
from .module import Module, Parameter


@differentiable
@floating("query", "key", "value", same_dtype=True)
def scaled_dot_product_attention(
    query: Array, key: Array, value: Array, attn_mask: Array | None = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False, *, rng: np.random.Generator | None = None,
) -> WithGradient:  # fmt: skip
    """softmax(query key^T / sqrt(E)) value: averages of the values, with weights that say how well each key answers the query.

    A query that may attend to no key at all gets zeros, and its gradients are zero.

    Args:
        query: (..., L, E), floating point: L queries.
        key: (..., S, E), of the same dtype: S keys. Leading axes broadcast.
        value: (..., S, V): what the keys stand for.
        attn_mask: Broadcasts to (..., L, S). Boolean: True where a query may attend to a key. Floating point: added to the scores.
        dropout_p: Chance for each weight to be dropped, in [0, 1]; those kept are divided by 1 - dropout_p.
        is_causal: Whether query i may attend to keys 0 to i only, besides what `attn_mask` forbids.
        scale: Factor on the scores; None for 1 / sqrt(E), which keeps the variance of the scores of random vectors at 1.
        enable_gqa: Grouped-query attention: axis -3 counts heads, and neighboring query heads share a head of keys and values.
        rng: Source of the dropout; needed if `dropout_p` is above 0.

    Returns:
        (..., L, V).

    Raises:
        ValueError: If shapes do not fit, `dropout_p` is out of range, or dropout has no `rng`.
        TypeError: If dtypes differ or the mask is neither boolean nor floating point.

    Example:
        >>> keys, values = np.eye(2), np.array([[10.0], [20.0]])
        >>> scaled_dot_product_attention(np.array([[0.0, 0.0], [99.0, 0.0]]), keys, values).tolist()
        [[15.0], [10.0]]

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 84.
    """
    check_attention("scaled_dot_product_attention", query, key, value, attn_mask, enable_gqa)
    v = share_heads(value, query) if enable_gqa else value
    e, r, from_scores = exponentials(query, key, attn_mask, is_causal, scale, enable_gqa)  # (..., L, S) and (..., L, 1)
    kept = keep("scaled_dot_product_attention", e.shape, dropout_p, True, rng, e.dtype) if dropout_p else None
    w = e if kept is None else e * kept
    y = w @ v  # (..., L, V): small, so the weights are normalized here, by r, and not where there are L * S of them
    y *= r

    def vjp(g: Array) -> Any:
        g = g * r
        ds = g @ v.swapaxes(-1, -2)  # (..., L, S)
        if kept is not None:
            ds *= kept
        ds -= rowwise_dot(g, y)  # what softmax does: the sum over the keys of weight * gradient
        ds *= e
        dq, dk, dmask = from_scores(ds)
        return dq, dk, lambda: gather_heads(w.swapaxes(-1, -2) @ g, value, enable_gqa), dmask

    return y, vjp


@differentiable
@floating("query", "key", same_dtype=True)
def attention_weights(
    query: Array, key: Array, attn_mask: Array | None = None, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,
) -> WithGradient:  # fmt: skip
    """How much each query takes from each key: the weights within `scaled_dot_product_attention`, to look at.

    Args:
        query: (..., L, E), floating point.
        key: (..., S, E), of the same dtype.
        attn_mask, is_causal, scale, enable_gqa: As in `scaled_dot_product_attention`.

    Returns:
        (..., L, S), adding up to 1 for each query; 0 for a query that may attend to no key.

    Raises:
        ValueError: If shapes do not fit.
        TypeError: If dtypes differ or the mask is neither boolean nor floating point.

    Example:
        >>> attention_weights(np.ones((3, 2)), np.ones((3, 2)), is_causal=True).round(2).tolist()
        [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.33, 0.33, 0.33]]

    Explained in question 84.
    """
    check_attention("attention_weights", query, key, None, attn_mask, enable_gqa)
    e, r, from_scores = exponentials(query, key, attn_mask, is_causal, scale, enable_gqa)
    p = np.multiply(e, r, out=e)

    def vjp(g: Array) -> Any:
        ds = g - rowwise_dot(g, p)
        ds *= p
        return from_scores(ds)

    return p, vjp


def rowwise_dot(x: Array, y: Array) -> Array:
    """The sums over the last axis of x * y, (..., 1)."""
    return np.einsum("...i,...i->...", x, y)[..., None]


def exponentials(
    query: Array, key: Array, mask: Array | None, is_causal: bool, scale: float | None, grouped: bool
) -> tuple[Array, Array, Callable[[Array], Any]]:
    """e to the scores, (..., L, S), one over their sums, (..., L, 1), and how gradients of scores become those of query, key, mask."""
    c = max(query.shape[-1], 1) ** -0.5 if scale is None else float(scale)
    k = share_heads(key, query) if grouped else key
    q = query * c  # before the product: L * E numbers, not L * S
    e = q @ k.swapaxes(-1, -2)  # (..., L, S)
    if mask is not None and mask.dtype != bool:
        e += mask
    # Between -30 and 30 exponentials neither overflow nor vanish. Where a row's largest score lies beyond, it is moved to 0.
    # This depends on the row alone: a key that may not be seen, or another query, never changes a digit.
    near = e.size == 0 or (e.max() <= 30 and e.min() >= -30)
    if mask is not None and mask.dtype == bool:
        e += forbid(mask, e.dtype)
    if is_causal:
        e += forbid(causal_mask(*e.shape[-2:]), e.dtype)
    if not near:
        largest = e.max(axis=-1, keepdims=True, initial=np.finfo(e.dtype).min)
        e -= np.where(np.abs(largest) <= 30, 0, largest)
    np.exp(e, out=e)
    total = e @ np.ones((e.shape[-1], 1), e.dtype)
    r = 1 / np.where(total == 0, np.inf, total).astype(e.dtype)  # a row without any allowed key gets weights 0

    def from_scores(ds: Array) -> Any:
        return (lambda: (ds @ k) * c), (lambda: gather_heads(ds.swapaxes(-1, -2) @ q, key, grouped)), lambda: ds

    return e, r, from_scores


def forbid(allowed: Array, dtype: Any) -> Array:
    """What is added to scores where a boolean mask forbids: -inf; and 0 elsewhere."""
    return np.where(allowed, 0, -np.inf).astype(dtype)


def share_heads(x: Array, query: Array) -> Array:
    """Each head repeated for its group of query heads: (..., H / n, S, E) -> (..., H, S, E)."""
    return np.repeat(x, query.shape[-3] // x.shape[-3], axis=-3)


def gather_heads(dx: Array, x: Array, grouped: bool) -> Array:
    """The gradient of heads that were shared: the sum over each one's group."""
    if not grouped:
        return dx
    *batch, H, S, E = dx.shape
    return dx.reshape(*batch, x.shape[-3], H // x.shape[-3], S, E).sum(axis=-3)


def check_attention(name: str, q: Array, k: Array, v: Array | None, mask: Array | None, grouped: bool) -> None:
    """Refuse queries, keys, values and masks whose shapes or dtypes do not fit together."""
    arrays = {"query": q, "key": k} | ({} if v is None else {"value": v})
    shapes = ", ".join(f"{argument} {x.shape}" for argument, x in arrays.items())
    if min(x.ndim for x in arrays.values()) < 2 + grouped:
        raise ValueError(f"{name}: all must be {'(..., heads, length, size)' if grouped else '(..., length, size)'}, got {shapes}")
    if q.shape[-1] != k.shape[-1] or (v is not None and v.shape[-2] != k.shape[-2]):
        raise ValueError(f"{name}: query and key must agree in their last axis, key and value in length, got {shapes}")
    if grouped and any(x.shape[-3] == 0 or q.shape[-3] % x.shape[-3] for x in arrays.values()):
        raise ValueError(f"{name}: the heads of key and value must divide those of query, got {shapes}")
    leading = 3 if grouped else 2
    try:
        np.broadcast_shapes(*(x.shape[:-leading] for x in arrays.values()))
    except ValueError:
        raise ValueError(f"{name}: leading axes must broadcast, got {shapes}") from None
    if mask is not None:
        batch = np.broadcast_shapes(q.shape[:-leading], k.shape[:-leading])
        check_mask(name, mask, (*batch, *q.shape[-leading:-1], k.shape[-2]), q.dtype)


def check_mask(name: str, mask: Any, full: tuple[int, ...], dtype: Any = None) -> None:
    """Refuse a mask that is neither boolean nor, where numbers are added, precise as the scores, or does not broadcast to them."""
    is_array = isinstance(mask, np.ndarray)
    number = dtype is not None and is_array and mask.dtype.kind == "f" and mask.dtype.itemsize <= max(dtype.itemsize, 4)
    if not number and not (is_array and mask.dtype == bool):
        wanted = "a boolean array (True: may attend)" + ("" if dtype is None else f" or {dtype} to add")
        raise TypeError(f"{name}: attn_mask must be {wanted}, got {mask.dtype if is_array else type(mask).__name__}")
    if not 2 <= mask.ndim <= len(full) or any(m not in (1, n) for m, n in zip(mask.shape[::-1], full[::-1], strict=False)):
        raise ValueError(f"{name}: attn_mask must have at least two axes and broadcast to {full}, got {mask.shape}")


# ---- masks ----


def causal_mask(n: int, m: int | None = None) -> np.ndarray:
    """Each position may attend to itself and to what came before: the mask of a decoder.

    Args:
        n: Number of queries.
        m: Number of keys; n if None.

    Returns:
        (n, m) booleans, True where query i may attend to key j: j <= i.

    Raises:
        ValueError: For a negative number.

    Example:
        >>> causal_mask(3).astype(int).tolist()
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]]

    Explained in question 86.
    """
    if n < 0 or (m is not None and m < 0):
        raise ValueError(f"causal_mask: lengths must not be negative, got {n} and {m}")
    return np.tri(n, m, dtype=bool)


def padding_mask(lengths: Array, max_len: int | None = None) -> np.ndarray:
    """Which positions of a batch of padded sequences are real.

    `mask[:, None, None, :]` is the `attn_mask` for (B, heads, L, E) in `scaled_dot_product_attention`; `MultiheadAttention`, as in
    PyTorch, takes the opposite, `key_padding_mask=~mask`.

    Args:
        lengths: (B,) integers, the length of each sequence.
        max_len: The length they are padded to; that of the longest if None.

    Returns:
        (B, max_len) booleans, True for real positions, which may be attended to.

    Raises:
        TypeError: If the lengths are not integers.
        ValueError: If one is negative or above `max_len`.

    Example:
        >>> padding_mask(np.array([2, 3])).astype(int).tolist()
        [[1, 1, 0], [1, 1, 1]]

    Explained in question 85.
    """
    n = np.asarray(lengths)
    if n.dtype.kind not in "iu":
        raise TypeError(f"padding_mask: lengths must be integers, got {n.dtype}")
    longest = int(n.max(initial=0)) if max_len is None else max_len
    if n.ndim != 1 or (n.size and not 0 <= n.min() <= n.max() <= longest):
        raise ValueError(f"padding_mask: lengths must be (B,), from 0 to {longest}, got {n.tolist()}")
    return np.arange(longest) < n[:, None]


# ---- several heads ----


def project_to_heads(x: Array, weight: Array, bias: Array | None, num_heads: int, E: int) -> Any:
    """A linear layer (B, T, size) -> (B, T, n * E), as one product of matrices, and its outputs as n arrays (B, H, T, E / H)."""
    B, T, size = x.shape
    return split_heads(linear(np.reshape(x, (B * T, size)), weight, bias), B, T, num_heads, E)


@differentiable
def split_heads(rows: Array, B: int, T: int, num_heads: int, E: int) -> WithGradient:
    """Projections side by side, (B * T, n * E), as n arrays (B, H, T, E / H)."""

    def heads(rows: Array) -> Array:
        return rows.reshape(B, T, rows.shape[1] // E, num_heads, E // num_heads).transpose(2, 0, 3, 1, 4)  # (n, B, H, T, D)

    def vjp(g: tuple[Array, ...]) -> Array:
        dx = np.empty(rows.shape, rows.dtype)
        for place, part in zip(heads(dx), g, strict=True):
            place[...] = part
        return dx

    return tuple(heads(rows)), vjp


@differentiable
def merge_heads(x: Array) -> WithGradient:
    """The outputs of the heads side by side again, as rows: (B, H, T, D) -> (B * T, H * D)."""
    B, H, T, D = x.shape
    return x.swapaxes(1, 2).reshape(B * T, H * D), lambda g: g.reshape(B, T, H, D).swapaxes(1, 2)


class MultiheadAttention(Module):
    """Attention several times at once: each head projects queries, keys and values to a smaller space and attends there.

    Args:
        embed_dim: Size of queries and outputs, E.
        num_heads: Number of heads, which divides `embed_dim`.
        dropout: Chance for each attention weight to be dropped in training.
        bias: Whether the projections have biases.
        add_bias_kv, add_zero_attn: PyTorch's extra keys; only False is supported.
        kdim: Size of the keys; `embed_dim` if None.
        vdim: Size of the values; `embed_dim` if None.
        batch_first: Whether sequences are (batch, length, size), the default here, or (length, batch, size), the default in PyTorch.
        rng: Source of the initial weights, Xavier-uniform for the inputs' projection, and of the dropout.
        dtype: Of the parameters.

    Attributes:
        in_proj_weight: (3 E, E), the projections of queries, keys and values one below the other. With other sizes of keys or values
            `q_proj_weight`, `k_proj_weight` and `v_proj_weight` take its place.
        in_proj_bias: (3 E,), or None.
        out_proj: Linear layer that mixes the outputs of the heads.

    Raises:
        ValueError: For sizes that do not fit, a `dropout` out of range, or an unsupported option.

    Example:
        >>> attention = MultiheadAttention(8, 2, rng=np.random.default_rng(0))
        >>> x = np.ones((5, 3, 8), np.float32)
        >>> output, weights = attention(x, x, x)
        >>> output.shape, weights.shape
        ((5, 3, 8), (5, 3, 3))

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 84.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = True,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: num_heads must divide embed_dim, both positive, got {num_heads} and {embed_dim}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"MultiheadAttention: dropout must be from 0 to 1, got {dropout}")
        if add_bias_kv or add_zero_attn:
            raise ValueError("MultiheadAttention: add_bias_kv and add_zero_attn are not supported and must be False")
        self.embed_dim, self.num_heads, self.dropout, self.batch_first, self.rng = embed_dim, num_heads, dropout, batch_first, rng
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.packed = self.kdim == self.vdim == embed_dim
        if self.packed:
            self.in_proj_weight = Parameter(xavier_uniform((3 * embed_dim, embed_dim), rng=rng, dtype=dtype))
        else:
            self.q_proj_weight = Parameter(xavier_uniform((embed_dim, embed_dim), rng=rng, dtype=dtype))
            self.k_proj_weight = Parameter(xavier_uniform((embed_dim, self.kdim), rng=rng, dtype=dtype))
            self.v_proj_weight = Parameter(xavier_uniform((embed_dim, self.vdim), rng=rng, dtype=dtype))
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, rng=rng, dtype=dtype)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data[...] = 0

    def forward(
        self, query: Array, key: Array, value: Array, key_padding_mask: Array | None = None, need_weights: bool = True,
        attn_mask: Array | None = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Attend from queries to keys.

        The masks follow PyTorch's convention for this module: boolean, True where attention is NOT allowed, the opposite of
        `scaled_dot_product_attention`; or floating point, added to the scores. A query that may attend to nothing gets zeros
        from every head, where PyTorch, asked for the weights, gives nan.

        Args:
            query: (B, L, E), or (L, E) without batch.
            key: (B, S, kdim).
            value: (B, S, vdim).
            key_padding_mask: (B, S), keys that are padding.
            need_weights: Whether the weights are wanted; without them it is faster.
            attn_mask: (L, S), or (B * num_heads, L, S).
            average_attn_weights: Whether the weights are averaged over the heads.
            is_causal: Whether query i attends to keys 0 to i only. It needs no `attn_mask`; in PyTorch it says that the mask is causal.

        Returns:
            (B, L, E), and the weights (B, L, S), or (B, num_heads, L, S) without averaging, or None. In training they are those after
            dropout, as in PyTorch.

        Raises:
            ValueError: If shapes do not fit.
            TypeError: For masks that are neither boolean nor floating point.
        """
        self._check(query, key, value, key_padding_mask, attn_mask)
        batched = query.ndim == 3

        def arranged(x: Array) -> Any:
            if not batched:
                return np.expand_dims(x, 0)
            return x if self.batch_first else np.swapaxes(x, 0, 1)

        q, k, v = self._heads(query, key, value, arranged)  # (B, H, L or S, E / H)
        mask = self._mask(attn_mask, key_padding_mask, q, k)
        dropped = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            weights = attention_weights(q, k, mask, is_causal)  # (B, H, L, S)
            if dropped:
                weights = dropout(weights, dropped, rng=self.rng)
            y = weights @ v
            weights = np.mean(weights, axis=1) if average_attn_weights else weights
        else:
            y = scaled_dot_product_attention(q, k, v, mask, dropped, is_causal, rng=self.rng)
        B, _, L, _ = q.shape
        y = np.reshape(self.out_proj(merge_heads(y)), (B, L, self.embed_dim))
        if not batched:
            return y[0], None if weights is None else weights[0]
        return (y if self.batch_first else np.swapaxes(y, 0, 1)), weights

    def _heads(self, query: Array, key: Array, value: Array, arranged: Callable[[Array], Any]) -> Any:
        """Queries, keys and values of all heads; those of self-attention in one product."""
        H, E, b = self.num_heads, self.embed_dim, self.in_proj_bias
        if self.packed and query is key and key is value:
            return project_to_heads(arranged(query), self.in_proj_weight, b, H, E)
        weights = np.split(self.in_proj_weight, 3) if self.packed else (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        biases = (None, None, None) if b is None else np.split(b, 3)
        inputs = (query, key, value)
        return [project_to_heads(arranged(x), w, b, H, E)[0] for x, w, b in zip(inputs, weights, biases, strict=True)]

    def _mask(self, attn_mask: Array | None, key_padding_mask: Array | None, q: Array, k: Array) -> Any:
        """Both masks in one, broadcasting to (B, H, L, S), as `scaled_dot_product_attention` wants it."""
        (B, H, L, _), S = q.shape, k.shape[2]
        masks = []
        if attn_mask is not None:
            masks.append(np.reshape(attn_mask, (B, H, L, S)) if attn_mask.ndim == 3 else attn_mask)
        if key_padding_mask is not None:
            masks.append(np.reshape(key_padding_mask, (B, 1, 1, S)))
        if not masks:
            return None
        if all(mask.dtype == bool for mask in masks):
            return ~np.logical_or(masks[0], masks[-1])
        return sum(np.where(mask, -np.inf, 0).astype(q.dtype) if mask.dtype == bool else mask for mask in masks)

    def _check(self, query: Array, key: Array, value: Array, key_padding_mask: Array | None, attn_mask: Array | None) -> None:
        inputs = {"query": (query, self.embed_dim), "key": (key, self.kdim), "value": (value, self.vdim)}
        shapes = ", ".join(f"{name} {np.shape(x)}" for name, (x, _) in inputs.items())
        if query.ndim not in (2, 3) or any(x.ndim != query.ndim or x.shape[-1] != size for x, size in inputs.values()):
            wanted = f"{self.embed_dim}, {self.kdim}, {self.vdim}"
            raise ValueError(f"MultiheadAttention: inputs must all be (B, T, size) or (T, size) with sizes {wanted}, got {shapes}")
        batch, length = (0, 1) if self.batch_first else (1, 0)
        B = query.shape[batch] if query.ndim == 3 else 1
        L, S = (x.shape[length] if query.ndim == 3 else x.shape[0] for x in (query, key))
        if key.shape[:-1] != value.shape[:-1] or (query.ndim == 3 and key.shape[batch] != B):
            raise ValueError(f"MultiheadAttention: key and value must be equally long, and all have the same batch, got {shapes}")
        allowed = {
            "attn_mask": (attn_mask, ((L, S), (B * self.num_heads, L, S))),
            "key_padding_mask": (key_padding_mask, ((B, S),) if query.ndim == 3 else ((S,),)),
        }
        for name, (mask, wanted_shapes) in allowed.items():
            if mask is None:
                continue
            if getattr(mask, "dtype", np.dtype(int)).kind not in "bf":
                kind = getattr(mask, "dtype", type(mask).__name__)
                raise TypeError(f"MultiheadAttention: {name} must be boolean (True: not allowed) or floating point, got {kind}")
            if mask.shape not in wanted_shapes:
                raise ValueError(f"MultiheadAttention: {name} must be {' or '.join(map(str, wanted_shapes))}, got {mask.shape}")

    def extra_repr(self) -> str:
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}, dropout={self.dropout}, bias={self.in_proj_bias is not None}"
