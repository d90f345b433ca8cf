"""GPT: a decoder-only Transformer, which reads tokens from left to right and predicts the next one at every position."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, no_grad
from ..nn.activations import gelu
from ..nn.arguments import choose
from ..nn.attention import causal_mask, check_mask, merge_heads, project_to_heads, scaled_dot_product_attention
from ..nn.dropout import Dropout
from ..nn.linear import Embedding, Linear, linear
from ..nn.losses import cross_entropy
from ..nn.module import Module
from ..nn.normalization import LayerNorm
from ..nn.positions import alibi_bias, rotary_embedding, sinusoidal_positions

POSITIONS = ("learned", "sinusoidal", "rotary", "alibi", "none")
INITIAL_DEVIATION = 0.02
"""Of token and position vectors, as in GPT-2: small, so that tied logits start near 0 and the loss near log(vocab_size)."""


class KVCache:
    """Keys and values of the tokens read so far, for each layer: with them, a further token costs one step and not a whole pass.

    Attributes:
        length: Number of tokens read.

    Example:
        >>> model = GPT(5, 8, num_layers=1, d_model=8, num_heads=2, rng=np.random.default_rng(0)).eval()
        >>> cache = KVCache()
        >>> whole = model(np.array([[1, 2, 3]]))
        >>> steps = [model(np.array([[token]]), cache) for token in (1, 2, 3)]
        >>> bool(np.allclose(whole.data[:, 2], steps[2].data[:, 0], atol=1e-6)), cache.length
        (True, 3)

    Explained in question 86.
    """

    def __init__(self) -> None:
        self.layers: dict[int, tuple[Any, Any]] = {}

    @property
    def length(self) -> int:
        return int(self.layers[0][0].shape[2]) if self.layers else 0

    def extend(self, layer: int, k: Array, v: Array) -> tuple[Any, Any]:
        """Append keys and values (B, H, T, D) of new tokens; return those of all tokens."""
        if layer in self.layers:
            old_k, old_v = self.layers[layer]
            k, v = np.concatenate([old_k, k], axis=2), np.concatenate([old_v, v], axis=2)
        self.layers[layer] = k, v
        return k, v


class Block(Module):
    """One layer: x + attention(norm(x)), then x + network(norm(x))."""

    def __init__(
        self, d_model: int, num_heads: int, d_feedforward: int, dropout: float, rotary: bool, rng: np.random.Generator, dtype: Any
    ) -> None:
        self.num_heads, self.rotary = num_heads, rotary
        self.norm1 = LayerNorm(d_model, dtype=dtype)
        self.query_key_value = Linear(d_model, 3 * d_model, rng=rng, dtype=dtype)
        self.project = Linear(d_model, d_model, rng=rng, dtype=dtype)
        self.norm2 = LayerNorm(d_model, dtype=dtype)
        self.widen = Linear(d_model, d_feedforward, rng=rng, dtype=dtype)
        self.narrow = Linear(d_feedforward, d_model, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, x: Array, mask: Array, cache: KVCache | None, layer: int) -> Any:
        x = x + self.dropout(self.attend(self.norm1(x), mask, cache, layer))
        return x + self.dropout(self.narrow(gelu(self.widen(self.norm2(x)))))

    def attend(self, x: Array, mask: Array, cache: KVCache | None, layer: int) -> Any:
        weight, bias = self.query_key_value.weight, self.query_key_value.bias
        q, k, v = project_to_heads(x, weight, bias, self.num_heads, x.shape[-1])  # (B, H, T, D)
        if self.rotary:
            positions = np.arange(mask.shape[-1] - x.shape[1], mask.shape[-1])  # those of the new tokens
            q, k = rotary_embedding(q, positions), rotary_embedding(k, positions)
        if cache is not None:
            k, v = cache.extend(layer, k, v)  # (B, H, S, D)
        y = scaled_dot_product_attention(q, k, v, mask)
        return np.reshape(self.project(merge_heads(y)), x.shape)


class GPT(Module):
    """A decoder-only Transformer: token vectors, pre-norm layers of causal attention, and a score for each possible next token.

    Args:
        vocab_size: Number of different tokens, V.
        context_length: Number of positions of the "learned" encoding; the others go on beyond.
        d_model: Size of the vectors, E.
        num_heads: Number of attention heads, which divides `d_model`.
        num_layers: Number of layers.
        d_feedforward: Width of the network in each layer; 4 E if None.
        positions: "learned" or "sinusoidal" vectors added to the tokens', "rotary" queries and keys, "alibi" biases, or "none".
        tie_embeddings: Whether the scores are the products with the token vectors, instead of having weights of their own.
        causal: Whether a position sees itself and earlier ones only. With False the model is an encoder, and cannot generate.
        dropout: Chance of dropout, on the output of attention and of the network, and on the vectors that go in.
        rng: Source of the initial weights and of the dropout.
        dtype: Of the parameters.

    Attributes:
        blocks: The layers, each of about 12 E^2 parameters.
        token_embedding: The V token vectors.

    Raises:
        ValueError: For sizes that do not fit or an unknown encoding of positions.

    Example:
        >>> model = GPT(10, 16, d_model=8, num_heads=2, num_layers=2, rng=np.random.default_rng(0))
        >>> tokens = np.array([[1, 2, 3, 4]])
        >>> model(tokens).shape, round(model.loss(tokens).item(), 1)
        ((1, 4, 10), 2.3)

    Paper: Radford et al., Language models are unsupervised multitask learners, 2019. Explained in question 86.
    """

    def __init__(
        self, vocab_size: int, context_length: int, *, d_model: int = 64, num_heads: int = 4, num_layers: int = 2,
        d_feedforward: int | None = None, positions: str = "learned", tie_embeddings: bool = True, causal: bool = True,
        dropout: float = 0.0, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("positions", positions, POSITIONS)
        if min(context_length, num_heads, num_layers) < 1 or d_model % num_heads:
            sizes = f"{context_length}, {num_layers}, {num_heads} and {d_model}"
            raise ValueError(f"GPT: context_length, num_layers and num_heads must be positive and num_heads divide d_model, got {sizes}")
        if positions == "rotary" and d_model // num_heads % 2:
            raise ValueError(f"GPT: rotary positions need heads of even size, got {d_model} / {num_heads}")
        self.vocab_size, self.context_length, self.num_heads = vocab_size, context_length, num_heads
        self.positions, self.causal = positions, causal
        self.token_embedding = Embedding(vocab_size, d_model, rng=rng, dtype=dtype)
        self.token_embedding.weight.data *= INITIAL_DEVIATION
        if positions == "learned":
            self.position_embedding = Embedding(context_length, d_model, rng=rng, dtype=dtype)
            self.position_embedding.weight.data *= INITIAL_DEVIATION
        self.dropout = Dropout(dropout, rng=rng)
        width = 4 * d_model if d_feedforward is None else d_feedforward
        self.blocks = [Block(d_model, num_heads, width, dropout, positions == "rotary", rng, dtype) for _ in range(num_layers)]
        self.norm = LayerNorm(d_model, dtype=dtype)
        self.head = None if tie_embeddings else Linear(d_model, vocab_size, bias=False, rng=rng, dtype=dtype)

    def forward(self, tokens: Array, cache: KVCache | None = None, attn_mask: Array | None = None) -> Any:
        """Score every token as the next one, at every position.

        Args:
            tokens: (B, T) integers from 0 to V - 1.
            cache: Of the tokens before these, which are added to it.
            attn_mask: Booleans that broadcast to (B, 1, T, S), S counting the cached tokens too: True where attention is allowed,
                besides what causality forbids. `padding_mask(lengths)[:, None, None]` hides padding.

        Returns:
            Logits (B, T, V).

        Raises:
            TypeError: If the tokens are not integers or the mask is not boolean.
            ValueError: If shapes do not fit, a token is out of range, or "learned" positions do not reach that far.
        """
        tokens = np.asarray(tokens)
        if tokens.ndim != 2:
            raise ValueError(f"GPT: tokens must be (B, T), got shape {tokens.shape}")
        start = 0 if cache is None else cache.length
        B, T = tokens.shape
        mask = self._mask(B, T, start, attn_mask)
        x = self.dropout(self._embed(tokens, start))  # (B, T, E)
        for layer, block in enumerate(self.blocks):
            x = block(x, mask, cache, layer)
        return linear(self.norm(x), self.token_embedding.weight if self.head is None else self.head.weight)  # (B, T, V)

    def _embed(self, tokens: np.ndarray, start: int) -> Any:
        """Token vectors, with those of their positions added if that is how the model knows them."""
        x, end = self.token_embedding(tokens), start + tokens.shape[1]
        if self.positions == "learned":
            if end > self.context_length:
                raise ValueError(f"GPT: {end} tokens do not fit the {self.context_length} learned positions (context_length)")
            return x + self.position_embedding(np.arange(start, end))
        if self.positions == "sinusoidal":
            E = x.shape[-1]
            return x * E**0.5 + sinusoidal_positions(end, E, dtype=x.dtype)[start:]  # as in the paper: tokens must not drown
        return x

    def _mask(self, B: int, T: int, start: int, attn_mask: Array | None) -> Any:
        """What T new tokens after `start` old ones may attend to, with ALiBi as numbers to add: (T, S) or (H, T, S) and more in front."""
        allowed = causal_mask(start + T)[start:] if self.causal else np.ones((T, start + T), dtype=bool)
        if attn_mask is not None:
            check_mask("GPT", attn_mask, (B, 1, T, start + T))
            allowed = allowed & attn_mask
        if self.positions != "alibi":
            return allowed
        dtype = self.token_embedding.weight.dtype
        return np.where(allowed, alibi_bias(self.num_heads, T, offset=start, dtype=dtype), -np.inf).astype(dtype)

    def loss(self, tokens: Array, targets: Array | None = None, ignore_index: int = -100) -> Any:
        """Mean cross-entropy, in nats, of the tokens that come next.

        Args:
            tokens: (B, T) integers.
            targets: (B, T), what each position shall predict; None for the token after it, which drops the last position.
            ignore_index: Targets that do not count, such as those of a prompt or of padding.
        """
        tokens = np.asarray(tokens)
        if targets is None:
            tokens, targets = tokens[:, :-1], tokens[:, 1:]
        logits = self(tokens)
        return cross_entropy(np.reshape(logits, (-1, self.vocab_size)), np.reshape(targets, -1), ignore_index=ignore_index)

    @no_grad()
    def generate(
        self, tokens: Array, max_new_tokens: int, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None,
        *, rng: np.random.Generator | None = None, use_cache: bool = True,
    ) -> Any:  # fmt: skip
        """Continue sequences, token by token, without dropout.

        Args:
            tokens: (B, T) integers, T at least 1.
            max_new_tokens: How many tokens to add.
            temperature, top_k, top_p, rng: As in `sample_token`.
            use_cache: Whether to keep keys and values; False computes everything anew for each token, with the same result.

        Returns:
            (B, T + max_new_tokens) integers, beginning with the given ones.

        Raises:
            ValueError: For an empty prompt, a model that is not causal, or more tokens than "learned" positions.
        """
        tokens = np.asarray(tokens)
        if tokens.ndim != 2 or tokens.shape[1] < 1 or max_new_tokens < 0:
            raise ValueError(f"GPT.generate: tokens must be (B, T), T at least 1, and max_new_tokens not negative, got {tokens.shape}")
        if not self.causal:
            raise ValueError("GPT.generate: only a causal model can generate, this one was made with causal=False")
        if self.positions == "learned" and tokens.shape[1] + max_new_tokens - 1 > self.context_length:
            raise ValueError(f"GPT.generate: {tokens.shape[1]} + {max_new_tokens} tokens exceed context_length {self.context_length}")
        training = self.training
        self.eval()
        try:
            cache, new = KVCache() if use_cache else None, tokens
            for _ in range(max_new_tokens):
                logits = self(new, cache).data[:, -1]  # (B, V)
                chosen = sample_token(logits, temperature, top_k, top_p, rng=rng)[:, None]
                tokens = np.concatenate([tokens, chosen], axis=1)
                new = chosen if use_cache else tokens
        finally:
            self.train(training)
        return tokens

    def extra_repr(self) -> str:
        return f"vocab_size={self.vocab_size}, context_length={self.context_length}, positions={self.positions!r}, causal={self.causal}"


def sample_token(
    logits: Array, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None,
    *, rng: np.random.Generator | None = None,
) -> Any:  # fmt: skip
    """Draw a token for each row of logits.

    Args:
        logits: (B, V).
        temperature: What logits are divided by: below 1 likely tokens become likelier; 0 takes the likeliest, without `rng`.
        top_k: Only so many of the likeliest tokens can be drawn.
        top_p: Only the likeliest tokens that together just reach this probability can be drawn; computed after `top_k`.
        rng: Source of the draws.

    Returns:
        (B,) int64.

    Raises:
        ValueError: For values out of range, or no `rng` where there is something to draw.

    Example:
        >>> sample_token(np.array([[1.0, 3.0, 2.0]]), temperature=0).tolist()
        [1]

    Paper: Holtzman et al., The curious case of neural text degeneration, 2020, introduce top_p. Explained in question 90.
    """
    z = np.asarray(logits, np.float64)
    if z.ndim != 2 or z.shape[1] < 1 or np.isnan(z).any():
        raise ValueError(f"sample_token: logits must be (B, V) without nan, got shape {z.shape}")
    if temperature < 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError(
            f"sample_token: temperature must not be negative, top_k positive, top_p in (0, 1], got {temperature}, {top_k} and {top_p}"
        )
    if temperature == 0:
        return np.argmax(z, axis=1)
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"sample_token: rng must be a numpy Generator such as np.random.default_rng(0), got {type(rng).__name__}")
    order = np.argsort(-z, axis=1, kind="stable")[:, :top_k]  # likeliest first
    z = np.take_along_axis(z, order, axis=1)
    p = np.exp((z - z[:, :1]) / temperature)
    p /= p.sum(axis=1, keepdims=True)
    if top_p is not None:
        p[np.cumsum(p, axis=1) - p >= top_p] = 0  # those before had reached it already
    reached = np.cumsum(p, axis=1)
    drawn = (reached > rng.random((len(z), 1)) * reached[:, -1:]).argmax(axis=1)
    return np.take_along_axis(order, drawn[:, None], axis=1)[:, 0]
