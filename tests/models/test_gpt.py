"""GPT: what may influence what, the cache, positions, sampling, and that it learns to copy."""

import doctest

import numpy as np
import pytest

from dlprimer import Adam, Tensor, check_gradients, cross_entropy, linear
from dlprimer.models import transformer
from dlprimer.models.transformer import GPT, POSITIONS, KVCache, sample_token
from dlprimer.nn.attention import padding_mask

TOKENS = np.random.default_rng(3).integers(0, 7, (2, 6))


def gpt(**options) -> GPT:
    """A small double-precision model whose weights are large enough for every part to matter."""
    settings = {"d_model": 8, "num_heads": 2, "num_layers": 2, "dtype": np.float64, "rng": np.random.default_rng(0)}
    model = GPT(7, 12, **{**settings, **options})
    rng = np.random.default_rng(1)
    for parameter in model.parameters():
        parameter.data += 0.3 * rng.standard_normal(parameter.shape)
    return model


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_later_token_never_changes_an_earlier_output(positions: str) -> None:
    model = gpt(positions=positions)
    y = model(TOKENS).data
    for t in range(1, 6):
        changed = TOKENS.copy()
        changed[:, t:] = (changed[:, t:] + 1) % 7
        other = model(changed).data
        np.testing.assert_array_equal(other[:, :t], y[:, :t])
        assert np.abs(other[:, t] - y[:, t]).max() > 1e-3


@pytest.mark.parametrize("positions", POSITIONS)
def test_the_cache_gives_what_recomputing_gives(positions: str) -> None:
    model = gpt(positions=positions)
    whole = model(TOKENS).data
    for pieces in ([1] * 6, [3, 1, 2], [6]):
        cache, start, parts = KVCache(), 0, []
        assert cache.length == 0
        for n in pieces:
            parts.append(model(TOKENS[:, start : start + n], cache).data)
            start += n
            assert cache.length == start
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, rtol=1e-9, atol=1e-12)
    for options in ({"temperature": 0}, {"rng": np.random.default_rng(5)}, {"top_k": 3, "top_p": 0.8, "rng": np.random.default_rng(5)}):
        kept = dict(options, rng=np.random.default_rng(5)) if "rng" in options else options
        with_cache = model.generate(TOKENS, 5, **options)
        assert with_cache.shape == (2, 11) and (with_cache[:, :6] == TOKENS).all()
        np.testing.assert_array_equal(model.generate(TOKENS, 5, use_cache=False, **kept), with_cache)


@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_never_leaks(positions: str) -> None:
    model = gpt(positions=positions, causal=False)
    real = padding_mask(np.array([4, 6]))
    y = model(TOKENS, attn_mask=real[:, None, None]).data
    other = model(np.where(real, TOKENS, 0), attn_mask=real[:, None, None]).data
    np.testing.assert_allclose(other[real], y[real], rtol=1e-9)
    np.testing.assert_allclose(y[0, :4], model(TOKENS[:1, :4]).data[0], rtol=1e-9)


def test_without_positions_an_encoder_moves_with_its_input() -> None:
    order = np.random.default_rng(0).permutation(6)
    for positions in POSITIONS:
        model = gpt(positions=positions, causal=False)
        difference = np.abs(model(TOKENS[:, order]).data - model(TOKENS).data[:, order]).max()
        assert difference < 1e-12 if positions == "none" else difference > 1e-3
    causal = gpt(positions="none")
    assert np.abs(causal(TOKENS[:, order]).data - causal(TOKENS).data[:, order]).max() > 1e-3


def test_a_mask_adds_to_causality() -> None:
    prefix = np.ones((6, 6), bool)
    prefix[3:, :3] = False  # the second half may not look at the first: two documents in one row
    model = gpt(positions="rotary")
    packed = model(TOKENS, attn_mask=prefix).data
    np.testing.assert_allclose(packed[:, 3:], model(TOKENS[:, 3:]).data, rtol=1e-9)  # rotations tell differences alone
    np.testing.assert_allclose(packed[:, :3], model(TOKENS).data[:, :3], rtol=1e-9)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("tied", [True, False])
def test_gradients_of_the_loss(positions: str, tied: bool) -> None:
    model = gpt(positions=positions, tie_embeddings=tied, num_layers=1, d_model=4, d_feedforward=3)
    loss = model.loss(TOKENS)
    np.testing.assert_allclose(loss.item(), cross_entropy(model(TOKENS[:, :-1]).data.reshape(-1, 7), TOKENS[:, 1:].reshape(-1)))
    loss.backward()
    rng = np.random.default_rng(0)
    for name, parameter in model.named_parameters():
        direction, original = rng.standard_normal(parameter.shape), parameter.data.copy()
        values = []
        for step in (1e-5, -1e-5):
            parameter.data[...] = original + step * direction
            values.append(model.loss(TOKENS).item())
        parameter.data[...] = original
        numeric = (values[0] - values[1]) / 2e-5
        assert abs((parameter.grad * direction).sum() - numeric) < 1e-4 * abs(numeric) + 1e-7, name


def test_tied_scores_are_products_with_the_token_vectors() -> None:
    tied, untied = gpt(), gpt(tie_embeddings=False)
    assert "head.weight" in untied.state_dict() and not any(name.startswith("head") for name in tied.state_dict())
    untied.load_state_dict({**tied.state_dict(), "head.weight": tied.token_embedding.weight.data})
    np.testing.assert_allclose(untied(TOKENS).data, tied(TOKENS).data, rtol=1e-12)
    h = np.random.default_rng(0).standard_normal((2, 8))
    check_gradients(lambda w: linear(h, w), tied.token_embedding.weight.data)


def test_size_and_first_loss() -> None:
    E, V = 32, 50
    model = GPT(V, 16, d_model=E, num_layers=3, positions="none", rng=np.random.default_rng(0))
    biases_and_norms = 3 * (4 * E + 9 * E) + 2 * E
    assert model.number_of_parameters() == 12 * 3 * E**2 + V * E + biases_and_norms
    tokens = np.random.default_rng(0).integers(0, V, (4, 16))
    assert abs(model.loss(tokens).item() - np.log(V)) < 0.1
    assert model(tokens).dtype == np.float32


@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_it_learns_to_copy(positions: str) -> None:
    rng = np.random.default_rng(0)
    model = GPT(6, 12, d_model=24, num_heads=2, num_layers=2, positions=positions, rng=rng)
    optimizer = Adam(list(model.parameters()), lr=4e-3)

    def batch(n: int) -> np.ndarray:
        words = rng.integers(1, 6, (n, 4))
        return np.concatenate([words, np.zeros((n, 1), int), words], axis=1)

    for _ in range(150):
        tokens = batch(24)
        targets = tokens[:, 1:].copy()
        targets[:, :4] = -100
        loss = model.loss(tokens[:, :-1], targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    tokens = batch(40)
    copied = model.generate(tokens[:, :5], 4, temperature=0)
    assert (copied == tokens).mean() > 0.95


# ---- sampling ----


def test_tokens_are_drawn_with_the_probabilities_that_are_left() -> None:
    p = np.array([0.1, 0.4, 0.2, 0.3])
    logits = np.log(np.tile(p, (20_000, 1))) + 1000

    def shares(**options) -> np.ndarray:
        return np.bincount(sample_token(logits, rng=np.random.default_rng(0), **options), minlength=4) / len(logits)

    np.testing.assert_allclose(shares(), p, atol=0.015)
    np.testing.assert_allclose(shares(temperature=0.5), p**2 / (p**2).sum(), atol=0.015)
    np.testing.assert_allclose(shares(top_k=2), [0, 4 / 7, 0, 3 / 7], atol=0.015)
    np.testing.assert_allclose(shares(top_p=0.69), [0, 4 / 7, 0, 3 / 7], atol=0.015)
    np.testing.assert_allclose(shares(top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9], atol=0.015)
    np.testing.assert_allclose(shares(top_k=3, top_p=0.75), [0, 4 / 7, 0, 3 / 7], atol=0.015)
    np.testing.assert_allclose(shares(top_k=99, top_p=1.0), p, atol=0.015)
    assert shares(top_p=1e-9)[1] == shares(top_k=1)[1] == shares(temperature=1e-4)[1] == 1


def test_zero_temperature_takes_the_likeliest_and_a_forbidden_token_never_comes() -> None:
    assert sample_token(np.array([[0.0, 5.0, 5.0], [1.0, 0.0, -1e4]]), 0).tolist() == [1, 0]
    z = np.tile([0.0, -np.inf], (500, 1))
    assert not sample_token(z, rng=np.random.default_rng(0)).any()


def test_generating_leaves_the_model_as_it_was_and_uses_no_dropout() -> None:
    model = gpt(dropout=0.5)
    assert not np.array_equal(model(TOKENS).data, model(TOKENS).data)
    first, second = (model.generate(TOKENS, 3, temperature=0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert model.training and all(p.grad is None for p in model.parameters())
    model.eval().generate(TOKENS, 0, temperature=0)
    assert not model.training
    assert isinstance(model(TOKENS), Tensor)


# ---- bad input ----

MODEL = gpt()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: gpt(positions="absolute"), ValueError, "positions must be one of 'learned', 'sinusoidal', 'rotary', 'alibi', 'none'"),
        (lambda: gpt(num_heads=3), ValueError, "num_heads divide d_model"),
        (lambda: gpt(num_layers=0), ValueError, "must be positive"),
        (lambda: gpt(d_model=6, positions="rotary"), ValueError, "rotary positions need heads of even size, got 6 / 2"),
        (lambda: MODEL(TOKENS[0]), ValueError, "tokens must be (B, T), got shape (6,)"),
        (lambda: MODEL(TOKENS + 3), ValueError, "from 0 to 6"),
        (lambda: MODEL(TOKENS * 1.0), TypeError, "must be integers"),
        (lambda: MODEL(np.zeros((1, 13), int)), ValueError, "13 tokens do not fit the 12 learned positions (context_length)"),
        (lambda: MODEL(TOKENS, attn_mask=np.ones((6, 6))), TypeError, "a boolean array (True: may attend), got float64"),
        (lambda: MODEL(TOKENS, attn_mask=np.ones((2, 6, 6), bool)), ValueError, "broadcast to (2, 1, 6, 6), got (2, 6, 6)"),
        (lambda: MODEL.generate(TOKENS[:, :0], 1), ValueError, "T at least 1"),
        (lambda: MODEL.generate(TOKENS, -1), ValueError, "max_new_tokens not negative"),
        (lambda: MODEL.generate(TOKENS, 8, 0), ValueError, "6 + 8 tokens exceed context_length 12"),
        (lambda: MODEL.generate(TOKENS, 1), ValueError, "rng must be a numpy Generator"),
        (lambda: gpt(causal=False).generate(TOKENS, 1, 0), ValueError, "only a causal model can generate"),
        (lambda: sample_token(np.zeros(3)), ValueError, "logits must be (B, V)"),
        (lambda: sample_token(np.full((1, 3), np.nan)), ValueError, "without nan"),
        (lambda: sample_token(np.zeros((1, 3)), -1.0), ValueError, "temperature must not be negative"),
        (lambda: sample_token(np.zeros((1, 3)), top_k=0), ValueError, "top_k positive"),
        (lambda: sample_token(np.zeros((1, 3)), top_p=0.0), ValueError, "top_p in (0, 1]"),
        (lambda: sample_token(np.zeros((1, 3)), top_p=1.5), ValueError, "got 1.0, None and 1.5"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


def test_repr_names_the_settings() -> None:
    assert "vocab_size=7, context_length=12, positions='learned', causal=True" in repr(MODEL)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(transformer, extraglobs={"np": np}).failed == 0
