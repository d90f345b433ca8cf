"""Transformer layers and stacks: what they are made of, what may influence what, and that they learn. PyTorch's results: test_attention."""

import numpy as np
import pytest

from dlprimer import Adam, LayerNorm, Tensor, check_gradients, mse_loss
from dlprimer.nn.attention import causal_mask, padding_mask
from dlprimer.nn.transformer import (
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)

SIZES = {"d_model": 4, "nhead": 2, "dim_feedforward": 6, "dropout": 0.0, "dtype": np.float64}
X, MEMORY = np.random.default_rng(1).standard_normal((3, 5, 4)), np.random.default_rng(2).standard_normal((3, 7, 4))


def encoder_layer(**options) -> TransformerEncoderLayer:
    return TransformerEncoderLayer(**{**SIZES, **options}, rng=np.random.default_rng(0))


def decoder_layer(**options) -> TransformerDecoderLayer:
    return TransformerDecoderLayer(**{**SIZES, **options}, rng=np.random.default_rng(0))


@pytest.mark.parametrize("activation", ["relu", "gelu", np.tanh])
def test_normalization_comes_after_the_sums_or_before_the_sublayers(activation) -> None:
    layer = encoder_layer(activation=activation)
    attended = X + layer.self_attn(X, X, X)[0].data
    h = layer.norm1(attended)
    expected = layer.norm2(h + layer.linear2(layer.activation(layer.linear1(h))))
    np.testing.assert_allclose(layer(X).data, expected.data, rtol=1e-9)
    layer.norm_first = True
    z = layer.norm1(X)
    h = X + layer.self_attn(z, z, z)[0]
    expected = h + layer.linear2(layer.activation(layer.linear1(layer.norm2(h))))
    np.testing.assert_allclose(layer(X).data, expected.data, rtol=1e-9)


@pytest.mark.parametrize("norm_first", [True, False])
def test_gradients(norm_first: bool) -> None:
    encode, decode = encoder_layer(norm_first=norm_first, activation="gelu"), decoder_layer(norm_first=norm_first, activation="gelu")
    encode.requires_grad_(False)  # the golden cases check the parameters' gradients
    decode.requires_grad_(False)
    check_gradients(lambda x: encode(x, is_causal=True), X[:2, :3])
    check_gradients(lambda x, memory: decode(x, memory, tgt_is_causal=True), X[:1, :3], MEMORY[:1, :2])


def test_stacks_apply_independent_copies_one_after_the_other() -> None:
    layer, norm = encoder_layer(), LayerNorm(4, dtype=np.float64)
    norm.bias.data[...] = 3
    stack = TransformerEncoder(layer, 3, norm)
    assert len({id(p) for p in [*layer.parameters(), *stack.parameters()]}) == 4 * len(list(layer.parameters())) + 2
    np.testing.assert_allclose(stack(X).data, norm(layer(layer(layer(X)))).data, rtol=1e-9)
    first = next(iter(stack.layers[0].parameters()))
    before = layer(X).data
    first.data += 1
    np.testing.assert_array_equal(layer(X).data, before)
    assert {name.split(".")[0] for name in stack.state_dict()} == {"layers", "norm"}
    assert "layers.2.self_attn.in_proj_weight" in stack.state_dict()

    other = decoder_layer()
    twice = TransformerDecoder(other, 2)
    hidden = ~padding_mask(np.array([7, 2, 4]))
    expected = other(other(X, MEMORY, None, None, None, hidden, True), MEMORY, None, None, None, hidden, True)
    np.testing.assert_allclose(twice(X, MEMORY, memory_key_padding_mask=hidden, tgt_is_causal=True).data, expected.data, rtol=1e-9)
    finished = TransformerDecoder(other, 2, norm)(X, MEMORY, memory_key_padding_mask=hidden, tgt_is_causal=True)
    np.testing.assert_allclose(finished.data, norm(expected).data, rtol=1e-9)


def test_copies_draw_their_dropout_from_one_generator() -> None:
    layer = encoder_layer(dropout=0.5)
    stack = TransformerEncoder(layer, 2)
    generators = {id(module.rng) for module in stack.modules() if hasattr(module, "rng")}
    assert generators == {id(layer.self_attn.rng)}
    assert not np.array_equal(stack.layers[0](X).data, stack.layers[1](X).data)
    stack.eval()
    np.testing.assert_array_equal(stack.layers[0](X).data, stack.layers[1](X).data)


@pytest.mark.parametrize("place", ["dropout", "dropout1", "dropout2", "dropout3"])
def test_every_dropout_acts(place: str) -> None:
    layer = decoder_layer()
    getattr(layer, place).p = 0.5
    assert not np.allclose(layer(X, MEMORY).data, layer(X, MEMORY).data)
    layer.eval()
    np.testing.assert_array_equal(layer(X, MEMORY).data, layer(X, MEMORY).data)


def influence(function, x: np.ndarray, position: int) -> np.ndarray:
    """How much the output at a position depends on each input position, by its gradient."""
    t = Tensor(x, requires_grad=True)
    (function(t)[:, position] * np.random.default_rng(0).standard_normal(4)).sum().backward()
    return np.abs(t.grad).sum(axis=(0, 2))


def test_an_encoder_sees_everything_and_a_decoder_only_what_came_before() -> None:
    encode, decode = TransformerEncoder(encoder_layer(), 2), TransformerDecoder(decoder_layer(), 2)
    assert (influence(encode, X, 2) > 0).all()
    for causal in (
        lambda x: encode(x, is_causal=True),
        lambda x: encode(x, mask=~causal_mask(5)),
        lambda x: decode(x, MEMORY, tgt_is_causal=True),
        lambda x: decode(x, MEMORY, tgt_mask=~causal_mask(5)),
    ):
        assert ((influence(causal, X, 2) > 0) == [True, True, True, False, False]).all()
    assert ((influence(lambda m: decode(X, m), MEMORY, 2) > 0) == [True] * 7).all()
    assert ((influence(lambda m: decode(X, m, tgt_is_causal=True, memory_is_causal=True), MEMORY, 2) > 0) == [True] * 3 + [False] * 4).all()
    second = influence(lambda m: decode(X, m, ~causal_mask(5), ~causal_mask(5, 7)), MEMORY, 1)
    assert ((second > 0) == [True] * 2 + [False] * 5).all()


def test_padding_never_leaks() -> None:
    encode, decode = TransformerEncoder(encoder_layer(), 2), TransformerDecoder(decoder_layer(), 2)
    real = padding_mask(np.array([5, 2, 3]))
    changed = np.where(real[:, :, None], X, 50.0)
    a, b = (encode(x, src_key_padding_mask=~real).data[real] for x in (X, changed))
    np.testing.assert_allclose(a, b, rtol=1e-9)
    a, b = (decode(x, MEMORY, tgt_key_padding_mask=~real).data[real] for x in (X, changed))
    np.testing.assert_allclose(a, b, rtol=1e-9)
    a, b = (decode(MEMORY, x, memory_key_padding_mask=~real).data for x in (X, changed))
    np.testing.assert_allclose(a, b, rtol=1e-9)


def test_an_encoder_learns_to_reverse_sequences() -> None:
    rng = np.random.default_rng(0)
    layer = TransformerEncoderLayer(8, 2, 16, 0.0, norm_first=True, rng=rng)
    model = TransformerEncoder(layer, 2, LayerNorm(8))
    positions = rng.standard_normal((6, 8)).astype(np.float32)
    optimizer = Adam(list(model.parameters()), lr=3e-3)
    losses = []
    for _ in range(150):
        x = rng.standard_normal((16, 6, 8)).astype(np.float32)
        loss = mse_loss(model(x + positions), x[:, ::-1].copy())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.75 * np.mean(losses[:10])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: encoder_layer(activation="swish"), "activation must be one of 'relu', 'gelu', got 'swish'"),
        (lambda: encoder_layer(nhead=3), "num_heads must divide embed_dim"),
        (lambda: decoder_layer(dropout=-0.1), "from 0 to 1, got -0.1"),
        (lambda: TransformerEncoder(encoder_layer(), 0), "num_layers must be positive, got 0"),
        (lambda: encoder_layer()(X[..., :3]), "with sizes 4, 4, 4"),
        (lambda: decoder_layer()(X, MEMORY[:2]), "have the same batch"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)
