"""Transformer layers and their stacks: attention moves information between positions, a small network works on each of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..autograd import Array
from .activations import gelu, relu
from .arguments import choose
from .attention import MultiheadAttention
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

Layer = TypeVar("Layer", bound=Module)


class FeedForward(Module):
    """What encoder and decoder layers share: the network applied to each position by itself, and residual connections around sublayers."""

    def __init__(
        self, d_model: int, dim_feedforward: int, dropout: float, activation: str | Callable[..., Any], norm_first: bool, bias: bool,
        rng: np.random.Generator, dtype: Any,
    ) -> None:  # fmt: skip
        if isinstance(activation, str):
            choose("activation", activation, ("relu", "gelu"))
            activation = relu if activation == "relu" else gelu
        self.linear1 = Linear(d_model, dim_feedforward, bias, rng=rng, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, rng=rng, dtype=dtype)
        self.activation = activation
        self.norm_first = norm_first

    def feed_forward(self, x: Array) -> Any:
        """Wider, through the activation, and back: (..., d_model) -> (..., d_model)."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def around(self, sublayer: Callable[[Any], Any], x: Array, norm: Module, dropout: Module) -> Any:
        """The input plus what the sublayer makes of it, normalized after the sum or, with `norm_first`, before the sublayer."""
        if self.norm_first:
            return x + dropout(sublayer(norm(x)))
        return norm(x + dropout(sublayer(x)))


class TransformerEncoderLayer(FeedForward):
    """Self-attention, then a small network on each position, each inside a residual connection with layer normalization.

    Args:
        d_model: Size of the vectors, E.
        nhead: Number of attention heads, which divides `d_model`.
        dim_feedforward: Width of the small network.
        dropout: Chance of dropout, on attention weights, inside the small network and on the output of both.
        activation: "relu", "gelu", or a function of an array.
        layer_norm_eps: Added to the variance in the normalizations.
        batch_first: Whether sequences are (batch, length, size), the default here, or (length, batch, size), the default in PyTorch.
        norm_first: Whether to normalize before the sublayers (pre-norm), which trains without warmup, or after the sums (post-norm).
        bias: Whether linear layers and normalizations have biases.
        rng: Source of the initial weights and of the dropout.
        dtype: Of the parameters.

    Raises:
        ValueError: For sizes that do not fit or an unknown activation.

    Example:
        >>> layer = TransformerEncoderLayer(8, 2, 16, rng=np.random.default_rng(0))
        >>> layer(np.ones((5, 3, 8), np.float32)).shape
        (5, 3, 8)

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 86.
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[..., Any] = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = True, norm_first: bool = False, bias: bool = True,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, rng=rng, dtype=dtype)
        super().__init__(d_model, dim_feedforward, dropout, activation, norm_first, bias, rng, dtype)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout, rng=rng)
        self.dropout2 = Dropout(dropout, rng=rng)

    def forward(
        self, src: Array, src_mask: Array | None = None, src_key_padding_mask: Array | None = None, is_causal: bool = False
    ) -> Any:
        """Encode (B, T, E); masks as in `MultiheadAttention`, boolean ones True where attention is NOT allowed."""

        def attention(x: Array) -> Any:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        x = self.around(attention, src, self.norm1, self.dropout1)
        return self.around(self.feed_forward, x, self.norm2, self.dropout2)


class TransformerDecoderLayer(FeedForward):
    """Self-attention, attention to the memory an encoder made of the source, then a small network on each position.

    Args:
        d_model: Size of the vectors, E.
        nhead: Number of attention heads, which divides `d_model`.
        dim_feedforward: Width of the small network.
        dropout: Chance of dropout, on attention weights, inside the small network and on the output of each sublayer.
        activation: "relu", "gelu", or a function of an array.
        layer_norm_eps: Added to the variance in the normalizations.
        batch_first: Whether sequences are (batch, length, size), the default here, or (length, batch, size), the default in PyTorch.
        norm_first: Whether to normalize before the sublayers or after the sums.
        bias: Whether linear layers and normalizations have biases.
        rng: Source of the initial weights and of the dropout.
        dtype: Of the parameters.

    Raises:
        ValueError: For sizes that do not fit or an unknown activation.

    Example:
        >>> layer = TransformerDecoderLayer(8, 2, 16, rng=np.random.default_rng(0))
        >>> target, memory = np.ones((5, 3, 8), np.float32), np.ones((5, 7, 8), np.float32)
        >>> layer(target, memory, tgt_is_causal=True).shape
        (5, 3, 8)

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 86.
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[..., Any] = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = True, norm_first: bool = False, bias: bool = True,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, rng=rng, dtype=dtype)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, rng=rng, dtype=dtype)
        super().__init__(d_model, dim_feedforward, dropout, activation, norm_first, bias, rng, dtype)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout, rng=rng)
        self.dropout2 = Dropout(dropout, rng=rng)
        self.dropout3 = Dropout(dropout, rng=rng)

    def forward(
        self, tgt: Array, memory: Array, tgt_mask: Array | None = None, memory_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None, memory_key_padding_mask: Array | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """Decode (B, T, E) with a memory (B, S, E); boolean masks are True where attention is NOT allowed."""

        def attention(x: Array) -> Any:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def cross_attention(x: Array) -> Any:
            return self.multihead_attn(x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal)[0]

        x = self.around(attention, tgt, self.norm1, self.dropout1)
        x = self.around(cross_attention, x, self.norm2, self.dropout2)
        return self.around(self.feed_forward, x, self.norm3, self.dropout3)


def clones(layer: Layer, num_layers: int) -> list[Layer]:
    """Copies of a layer that all start with its weights, and draw their dropout from its one generator."""
    if num_layers < 1:
        raise ValueError(f"num_layers must be positive, got {num_layers}")
    generators = [value for module in layer.modules() for value in vars(module).values() if isinstance(value, np.random.Generator)]
    return [copy.deepcopy(layer, {id(generator): generator for generator in generators}) for _ in range(num_layers)]


class TransformerEncoder(Module):
    """Encoder layers one after the other: every position may look at every other, and comes out knowing the whole sequence.

    Args:
        encoder_layer: A `TransformerEncoderLayer`; it is copied, so that all layers start with the same weights, as in PyTorch.
        num_layers: Number of copies.
        norm: Applied at the end, or None; a pre-norm stack wants one.

    Raises:
        ValueError: For fewer than one layer.

    Example:
        >>> layer = TransformerEncoderLayer(8, 2, 16, rng=np.random.default_rng(0))
        >>> TransformerEncoder(layer, 2)(np.ones((5, 3, 8), np.float32)).shape
        (5, 3, 8)

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 86.
    """

    def __init__(self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None) -> None:
        self.layers = clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, src: Array, mask: Array | None = None, src_key_padding_mask: Array | None = None, is_causal: bool | None = None
    ) -> Any:
        """Encode (B, T, E); boolean masks are True where attention is NOT allowed."""
        x = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, bool(is_causal))
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(Module):
    """Decoder layers one after the other, all of which attend to the same memory.

    Args:
        decoder_layer: A `TransformerDecoderLayer`; it is copied, so that all layers start with the same weights, as in PyTorch.
        num_layers: Number of copies.
        norm: Applied at the end, or None; a pre-norm stack wants one.

    Raises:
        ValueError: For fewer than one layer.

    Example:
        >>> layer = TransformerDecoderLayer(8, 2, 16, rng=np.random.default_rng(0))
        >>> TransformerDecoder(layer, 2)(np.ones((5, 3, 8), np.float32), np.ones((5, 7, 8), np.float32)).shape
        (5, 3, 8)

    Paper: Vaswani et al., Attention is all you need, 2017. Explained in question 86.
    """

    def __init__(self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None) -> None:
        self.layers = clones(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, tgt: Array, memory: Array, tgt_mask: Array | None = None, memory_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None, memory_key_padding_mask: Array | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """Decode (B, T, E) with a memory (B, S, E); boolean masks are True where attention is NOT allowed."""
        x = tgt
        for layer in self.layers:
            x = layer(
                x, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, bool(tgt_is_causal), memory_is_causal
            )
        return x if self.norm is None else self.norm(x)
