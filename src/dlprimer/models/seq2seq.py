"""Sequence to sequence: one recurrent network reads, another writes, and attention lets the writer look back at what was read."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, Tensor, no_grad
from ..nn.activations import log_softmax, softmax
from ..nn.arguments import choose
from ..nn.linear import Embedding, Linear
from ..nn.losses import cross_entropy
from ..nn.module import Module
from ..nn.recurrent import GRU, LSTM


class Seq2Seq(Module):
    """An encoder reads the source into states, a decoder writes the target token by token, starting from the last of them.

    Without attention this last state, H numbers, is all the decoder knows of the source. With attention every decoder state h_t asks for
    a mean of the encoder's states s_j, weighted by softmax over j of a score: h_t . s_j / sqrt(H) ("dot"), or v . tanh(W h_t + U s_j)
    ("additive"). State and mean together, through a layer of tanh, give the logits. Attention comes after the recurrence (Luong), so that
    with teacher forcing all steps are one call of the decoder.

    Sources and targets end in padding, which changes nothing: the encoder's last state is that at the last real token. An LSTM
    decoder starts with h and c both equal to it.

    Args:
        source_size, target_size: Sizes of the two vocabularies.
        hidden_size: H, length of the states.
        embedding_dim: Length of the tokens' vectors; H by default.
        cell: "gru" or "lstm".
        attention: None, "dot" or "additive".
        padding, start, end: The tokens that fill, begin (only ever read) and end a target; `padding` fills sources too.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Raises:
        ValueError: For an unknown cell or attention, or special tokens that are equal or outside the target vocabulary.

    Example:
        >>> model = Seq2Seq(10, 12, hidden_size=8, attention="dot", rng=np.random.default_rng(0))
        >>> source, target = np.array([[3, 4, 5, 2], [6, 2, 0, 0]]), np.array([[5, 4, 3, 2, 0], [6, 2, 0, 0, 0]])
        >>> logits = model(source, target)
        >>> logits.shape, model.loss(logits, target).shape
        ((2, 5, 12), ())
        >>> model.generate(source, max_length=7).shape
        (2, 7)

    Paper: Sutskever, Vinyals and Le, Sequence to sequence learning with neural networks, 2014; attention: Bahdanau, Cho and Bengio,
    Neural machine translation by jointly learning to align and translate, 2015; Luong, Pham and Manning, Effective approaches to
    attention-based neural machine translation, 2015. Explained in questions 84 and 89.
    """

    def __init__(
        self, source_size: int, target_size: int, hidden_size: int = 32, embedding_dim: int | None = None, cell: str = "gru",
        attention: str | None = None, padding: int = 0, start: int = 1, end: int = 2, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("cell", cell, ("gru", "lstm"))
        if attention is not None:
            choose("attention", attention, ("dot", "additive"))
        if len({padding, start, end}) < 3 or not all(0 <= token < target_size for token in (padding, start, end)):
            raise ValueError(
                f"Seq2Seq: padding, start and end must be different tokens below target_size={target_size}, got {padding}, {start}, {end}"
            )
        E, H, layer = embedding_dim or hidden_size, hidden_size, GRU if cell == "gru" else LSTM
        self.hidden_size, self.cell, self.attention = hidden_size, cell, attention
        self.source_size, self.target_size, self.padding, self.start, self.end = source_size, target_size, padding, start, end
        self.source_embedding = Embedding(source_size, E, rng=rng, dtype=dtype)
        self.target_embedding = Embedding(target_size, E, rng=rng, dtype=dtype)
        self.encoder, self.decoder = layer(E, H, rng=rng, dtype=dtype), layer(E, H, rng=rng, dtype=dtype)
        if attention == "additive":
            self.query, self.key = Linear(H, H, bias=False, rng=rng, dtype=dtype), Linear(H, H, rng=rng, dtype=dtype)
            self.score = Linear(H, 1, bias=False, rng=rng, dtype=dtype)
        if attention is not None:
            self.combine = Linear(2 * H, H, rng=rng, dtype=dtype)
        self.output = Linear(H, target_size, rng=rng, dtype=dtype)

    def encode(self, source: Array) -> tuple[Any, Any, Any]:
        """The states at all source tokens (N, S, H), where they are real (N, S), and the decoder's first state."""
        source = self.checked("source", source, self.source_size)
        real = source != self.padding
        lengths = real.sum(axis=1)
        if not lengths.all() or not np.array_equal(real, np.arange(source.shape[1]) < lengths[:, None]):
            raise ValueError(f"Seq2Seq: each source must have tokens, and padding ({self.padding}) only at its end")
        states, _ = self.encoder(self.source_embedding(source))
        last = states[np.arange(len(source)), lengths - 1][None]  # (1, N, H)
        return states, real, last if self.cell == "gru" else (last, last)

    def decode(self, tokens: Array, state: Any, memory: Array, real: Array) -> tuple[Any, Any, Any]:
        """Read tokens (N, T) from the state on: logits (N, T, V) of the token after each, the new state, attention weights (N, T, S)."""
        h, state = self.decoder(self.target_embedding(tokens), state)  # (N, T, H)
        weights = None
        if self.attention is not None:
            weights = self.attend(h, memory, real)
            h = np.tanh(self.combine(np.concatenate([h, weights @ memory], axis=-1)))
        return self.output(h), state, weights

    def attend(self, h: Array, memory: Array, real: Array) -> Any:
        """How much each decoder state (N, T, H) looks at each encoder state (N, S, H): (N, T, S), each row adding up to 1."""
        if self.attention == "dot":
            scores = h @ memory.transpose(0, 2, 1) / self.hidden_size**0.5
        else:
            scores = self.score(np.tanh(self.query(h)[:, :, None] + self.key(memory)[:, None]))[..., 0]  # of (N, T, S, H)
        return softmax(np.where(real[:, None], scores, -np.inf), axis=-1)

    def forward(
        self, source: Array, target: Array, teacher_forcing: float = 1.0, rng: np.random.Generator | None = None
    ) -> Any:
        """Logits of each target token, given the source and the tokens before it.

        The decoder reads the start token and the target without its last token: `target` itself is what the logits shall predict, and
        shifting it is done here. With probability 1 - `teacher_forcing` each token read is replaced by the model's own likeliest one.

        Args:
            source: (N, S) integers, padded at the end.
            target: (N, T) integers, each row with `end` and then padding.
            teacher_forcing: 1 to read the truth only, 0 to read own tokens only; between them, scheduled sampling.
            rng: Source of that choice; needed if it is one.

        Returns:
            (N, T, target_size).

        Raises:
            ValueError: For tokens out of range, padding before tokens, or a `teacher_forcing` outside [0, 1] or without `rng`.
            TypeError: For tokens that are not integers.

        Paper: Williams and Zipser, A learning algorithm for continually running fully recurrent neural networks, 1989; Bengio et al.,
        Scheduled sampling for sequence prediction with recurrent neural networks, 2015. Explained in questions 89 and 90.
        """
        target = self.checked("target", target, self.target_size)
        if not 0 <= teacher_forcing <= 1:
            raise ValueError(f"Seq2Seq: teacher_forcing must be from 0 to 1, got {teacher_forcing}")
        if 0 < teacher_forcing < 1 and not isinstance(rng, np.random.Generator):
            raise ValueError("Seq2Seq: teacher_forcing between 0 and 1 needs rng, a numpy Generator such as np.random.default_rng(0)")
        memory, real, state = self.encode(source)
        if len(target) != len(real):
            raise ValueError(f"Seq2Seq: source and target must have equally many rows, got {len(real)} and {len(target)}")
        inputs = np.column_stack([np.full(len(target), self.start), target[:, :-1]])  # (N, T)
        if teacher_forcing == 1:
            return self.decode(inputs, state, memory, real)[0]
        truth = np.full(inputs.shape, False) if rng is None else rng.random(inputs.shape) < teacher_forcing
        token, logits = inputs[:, :1], list[Any]()
        for t in range(inputs.shape[1]):
            if t > 0:
                token = np.where(truth[:, [t]], inputs[:, [t]], self.log_probabilities(logits[-1]).argmax(axis=-1))
            step, state, _ = self.decode(token, state, memory, real)
            logits.append(step)
        return np.concatenate(logits, axis=1)

    def loss(self, logits: Array, target: Array) -> Any:
        """Mean cross-entropy over the real tokens of the target, in nats."""
        return cross_entropy(logits.transpose(0, 2, 1), np.asarray(target), ignore_index=self.padding)

    def alignment(self, source: Array, target: Array) -> Any:
        """The attention weights (N, T, S) while the target is read: how much each target token drew on each source token."""
        if self.attention is None:
            raise ValueError("Seq2Seq: alignment needs a model with attention")
        target = self.checked("target", target, self.target_size)
        with no_grad():
            memory, real, state = self.encode(source)
            return self.decode(np.column_stack([np.full(len(target), self.start), target[:, :-1]]), state, memory, real)[2].data

    def log_probabilities(self, logits: Array) -> Any:
        """Of the next token, without those that are never written: start and padding."""
        z = np.array(logits.data if isinstance(logits, Tensor) else logits)
        z[..., [self.padding, self.start]] = -np.inf
        return log_softmax(z, axis=-1)

    def generate(self, source: Array, max_length: int) -> Any:
        """Greedy decoding: the likeliest token at every step, up to the end token; then padding. (N, max_length) int64."""
        return self.beam_search(source, max_length, beam_width=1)[0]

    def beam_search(self, source: Array, max_length: int, beam_width: int = 4, length_penalty: float = 0.0) -> tuple[Any, Any]:
        """Keep the likeliest few beginnings at every step, and at the end the best of them.

        Args:
            source: (N, S) integers, padded at the end.
            max_length: T, after which writing stops, end token or not.
            beam_width: How many beginnings are kept, from 1, which is greedy decoding.
            length_penalty: The logarithm of the probability is divided by length to this power before the best is chosen: 0
                prefers short targets, 1 compares means over tokens.

        Returns:
            Tokens (N, T) int64, padded after the end token, and the natural logarithms of their probabilities (N,).

        Raises:
            ValueError: For a length or width below 1, or sources as in `forward`.

        Explained in question 90.
        """
        if max_length < 1 or beam_width < 1:
            raise ValueError(f"Seq2Seq: max_length and beam_width must be at least 1, got {max_length} and {beam_width}")
        source = self.checked("source", source, self.source_size)
        N, K, V = len(source), beam_width, self.target_size
        rows = np.arange(N)[:, None]
        with no_grad():
            memory, real, state = self.encode(np.repeat(source, K, axis=0))
            scores = np.where(np.arange(K) == 0, 0.0, np.full((N, K), -np.inf))  # all start alike: one of them is enough
            tokens = np.full((N, K, 1), self.start)
            for _ in range(max_length):
                logits, state, _ = self.decode(tokens[:, :, -1].reshape(-1, 1), state, memory, real)
                log_p = self.log_probabilities(logits).reshape(N, K, V)
                done = (tokens == self.end).any(axis=-1)
                log_p[done] = np.where(np.arange(V) == self.padding, 0, -np.inf)
                total = (scores[..., None] + log_p).reshape(N, K * V)
                best = np.argsort(-total, axis=1, kind="stable")[:, :K]
                scores, (beam, token) = total[rows, best], np.divmod(best, V)  # (N, K) each
                tokens = np.concatenate([tokens[rows, beam], token[..., None]], axis=-1)
                flat = (rows * K + beam).reshape(-1)
                state = state[:, flat] if self.cell == "gru" else tuple(s[:, flat] for s in state)
        tokens = tokens[:, :, 1:]  # (N, K, T)
        lengths = np.maximum((tokens != self.padding).sum(axis=-1), 1)
        chosen = np.argmax(scores / lengths**length_penalty, axis=1)
        return tokens[rows[:, 0], chosen], scores[rows[:, 0], chosen]

    def checked(self, name: str, tokens: Any, size: int) -> Any:
        """Tokens as an array, if they are that."""
        tokens = np.asarray(tokens)
        if tokens.dtype.kind not in "iu":
            raise TypeError(f"Seq2Seq: {name} must be integers, got {tokens.dtype}")
        if tokens.ndim != 2 or tokens.shape[1] == 0:
            raise ValueError(f"Seq2Seq: {name} must be (N, T) with at least one token, got shape {tokens.shape}")
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < size:
            raise ValueError(f"Seq2Seq: {name} must be from 0 to {size - 1}, got {tokens.min()} to {tokens.max()}")
        return tokens

    def extra_repr(self) -> str:
        return f"cell={self.cell!r}, attention={self.attention!r}"
