"""The encoder-decoder: shifted targets, padding without influence, attention by its formula, and searches against naive ones."""

import doctest
import importlib
from itertools import product
from typing import Any

import numpy as np
import pytest

from dlprimer import Adam, Seq2Seq, Tensor, check_gradients, cross_entropy, log_softmax, softmax

KINDS = list(product(("gru", "lstm"), (None, "dot", "additive")))
PAD, START, END = 0, 1, 2
SOURCE = np.array([[3, 4, 5, 6], [6, 3, 0, 0], [5, 0, 0, 0]])
TARGET = np.array([[4, 3, 5, 2, 0], [5, 2, 0, 0, 0], [3, 3, 4, 5, 2]])


def small(cell: str = "gru", attention: str | None = "dot", **settings: Any) -> Seq2Seq:
    model = Seq2Seq(7, 6, hidden_size=4, cell=cell, attention=attention, rng=np.random.default_rng(0), **settings).to(np.float64)
    rng = np.random.default_rng(1)
    for parameter in model.parameters():  # larger than usual, so that predictions differ
        parameter.data = 1.5 * rng.standard_normal(parameter.shape)
    return model


def stepwise(model: Seq2Seq, source: Any, tokens: list[int]) -> Any:
    """Log-probabilities of the next token of one sentence after the given ones, one token at a time."""
    memory, real, state = model.encode(source[None])
    for token in [START, *tokens]:
        logits, state, _ = model.decode(np.array([[token]]), state, memory, real)
    return model.log_probabilities(logits)[0, 0]


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_padding_changes_nothing(cell: str, attention: str | None) -> None:
    model = small(cell, attention)
    together = model(SOURCE, TARGET).data
    for i, length in enumerate((4, 2, 1)):
        written = int((TARGET[i] != PAD).sum())
        alone = model(SOURCE[i : i + 1, :length], TARGET[i : i + 1, :written]).data
        np.testing.assert_allclose(together[i, :written], alone[0], rtol=1e-10, atol=1e-12)
    loss = model.loss(Tensor(together), TARGET)
    each = [model.loss(Tensor(together[i : i + 1]), TARGET[i : i + 1]).item() for i in range(3)]
    assert loss.item() == pytest.approx(np.dot(each, (4, 2, 5)) / 11)
    changed = together.copy()
    changed[TARGET == PAD] += 5
    assert model.loss(Tensor(changed), TARGET).item() == loss.item()


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_a_prediction_depends_on_earlier_tokens_only(cell: str, attention: str | None) -> None:
    """The trap of teacher forcing: a target that is not shifted can be read off the input."""
    model = small(cell, attention)
    logits = model(SOURCE, TARGET).data
    for t in range(TARGET.shape[1]):
        other = TARGET.copy()
        other[:, t:] = 5 - other[:, t:]
        np.testing.assert_array_equal(model(SOURCE, other).data[:, : t + 1], logits[:, : t + 1])
        if t + 1 < TARGET.shape[1]:
            assert np.abs(model(SOURCE, other).data[:, t + 1] - logits[:, t + 1]).max() > 1e-6


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_gradients(cell: str, attention: str | None) -> None:
    model = small(cell, attention)
    names, parameters = zip(*model.named_parameters(), strict=True)
    holders = [(model._state()[name][0], name.rsplit(".", 1)[-1]) for name in names]

    def loss(*arrays: Any) -> Any:
        for (module, name), array in zip(holders, arrays, strict=True):
            vars(module)[name] = array
        return model.loss(model(SOURCE, TARGET), TARGET)

    check_gradients(loss, *(0.5 * p.data for p in parameters))


def test_scheduled_sampling_reads_own_tokens() -> None:
    model = small()
    assert np.array_equal(model(SOURCE, TARGET, 1.0).data, model(SOURCE, TARGET).data)
    free = model(SOURCE, TARGET, 0.0).data
    own = np.array([np.argmax(model.log_probabilities(row), axis=-1) for row in free])
    np.testing.assert_allclose(free, model(SOURCE, own).data, rtol=1e-10, atol=1e-12)  # its own tokens, read as if they were the truth
    np.testing.assert_array_equal(free, model(SOURCE, np.full_like(TARGET, 5), 0.0).data)
    half = model(SOURCE, TARGET, 0.5, rng=np.random.default_rng(2)).data
    assert np.array_equal(half[:, 0], free[:, 0]) and not np.array_equal(half, free)
    truth = np.random.default_rng(2).random(TARGET.shape) < 0.5
    tokens = np.full((3, 1), START)
    for t in range(4):
        guess = np.argmax(model.log_probabilities(half[:, t]), axis=-1)
        tokens = np.column_stack([tokens, np.where(truth[:, t + 1], TARGET[:, t], guess)])
    np.testing.assert_allclose(half, model(SOURCE, np.column_stack([tokens[:, 1:], TARGET[:, -1]])).data, rtol=1e-10, atol=1e-12)


def test_teacher_forcing_step_by_step_is_the_whole_at_once() -> None:
    for cell, attention in KINDS:
        model = small(cell, attention)
        almost = np.nextafter(1, 0)
        slow = model(SOURCE, TARGET, almost, rng=np.random.default_rng(0))
        np.testing.assert_allclose(slow.data, model(SOURCE, TARGET).data, rtol=1e-10, atol=1e-12)


def test_attention_is_a_mean_over_real_tokens() -> None:
    for attention in ("dot", "additive"):
        model = small(attention=attention)
        memory, real, state = model.encode(SOURCE)
        h = model.decoder(model.target_embedding(np.column_stack([np.full(3, START), TARGET[:, :-1]])), state)[0].data
        weights = model.alignment(SOURCE, TARGET)
        np.testing.assert_allclose(weights.sum(axis=-1), 1)
        assert weights.shape == (3, 5, 4) and (weights[~np.repeat(real[:, None], 5, axis=1)] == 0).all()
        for n, t in product(range(3), range(5)):
            scores = []
            for s in range(int(real[n].sum())):
                if attention == "dot":
                    scores.append(h[n, t] @ memory.data[n, s] / 2)
                else:
                    W, U, b, v = model.query.weight.data, model.key.weight.data, model.key.bias.data, model.score.weight.data[0]
                    scores.append(v @ np.tanh(W @ h[n, t] + U @ memory.data[n, s] + b))
            np.testing.assert_allclose(weights[n, t, : len(scores)], softmax(np.array(scores)))


def test_without_attention_the_source_enters_through_one_state() -> None:
    model = small(attention=None)
    memory, real, state = model.encode(SOURCE)
    a = model.decode(TARGET, state, memory, real)[0].data
    b = model.decode(TARGET, state, 0 * memory, real)[0].data
    np.testing.assert_array_equal(a, b)
    assert model.decode(TARGET, state, memory, real)[2] is None


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_greedy_decoding_is_the_naive_one(cell: str, attention: str | None) -> None:
    model = small(cell, attention)
    found = model.generate(SOURCE, 6)
    assert found.shape == (3, 6) and found.dtype == np.int64
    for row, source in zip(found, SOURCE, strict=True):
        tokens: list[int] = []
        while len(tokens) < 6 and END not in tokens:
            tokens.append(int(np.argmax(stepwise(model, source, tokens))))
        assert row.tolist() == tokens + [PAD] * (6 - len(tokens))


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_a_wide_beam_finds_the_most_likely_sentence(cell: str, attention: str | None) -> None:
    model, T = small(cell, attention), 3
    sentences = [
        [*words, last] + [PAD] * (T - length)
        for length in range(1, T + 1)
        for words in product((3, 4, 5), repeat=length - 1)
        for last in ((2, 3, 4, 5) if length == T else (2,))
    ]
    every = np.array(sentences)  # (40, T)
    lengths = (every != PAD).sum(axis=1)
    for n, source in enumerate(SOURCE):
        log_p = model.log_probabilities(model(np.repeat(source[None], len(every), axis=0), every))
        log_p = np.where(every == PAD, 0, np.take_along_axis(log_p, every[..., None], axis=-1)[..., 0]).sum(axis=1)
        for penalty in (0.0, 1.0):
            tokens, scores = model.beam_search(SOURCE, T, beam_width=64, length_penalty=penalty)
            best = np.argmax(log_p / lengths**penalty)
            assert tokens[n].tolist() == sentences[best]
            assert scores[n] == pytest.approx(log_p[best])


def test_a_wider_beam_is_no_worse_here_and_its_score_is_the_probability() -> None:
    model = small()
    _, narrow = model.beam_search(SOURCE, 5, beam_width=1)
    tokens, wide = model.beam_search(SOURCE, 5, beam_width=8)
    assert (wide >= narrow - 1e-12).all()
    log_p = model.log_probabilities(model(SOURCE, tokens))
    chosen = np.take_along_axis(log_p, tokens[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(np.where(tokens == PAD, 0, chosen).sum(axis=1), wide)


def test_it_learns_to_reverse() -> None:
    rng = np.random.default_rng(3)
    model = Seq2Seq(8, 8, hidden_size=16, attention="dot", rng=rng)
    optimizer = Adam(model.parameters(), lr=1e-2)

    def batch(n: int) -> tuple[Any, Any]:
        lengths = rng.integers(1, 4, n)
        source, target = np.zeros((n, 3), np.int64), np.zeros((n, 4), np.int64)
        for i, length in enumerate(lengths):
            source[i, :length] = rng.integers(3, 8, length)
            target[i, : length + 1] = [*source[i, :length][::-1], END]
        return source, target

    for _ in range(150):
        source, target = batch(32)
        optimizer.zero_grad()
        loss = model.loss(model(source, target), target)
        loss.backward()
        optimizer.step()
    source, target = batch(200)
    assert np.mean((model.generate(source, 4) == target).all(axis=1)) > 0.9


def test_the_loss_is_the_cross_entropy_of_real_tokens() -> None:
    model = small()
    logits = model(SOURCE, TARGET).data
    real = TARGET != PAD
    expected = cross_entropy(logits[real], TARGET[real])
    assert model.loss(logits, TARGET) == pytest.approx(float(expected))
    assert float(expected) == pytest.approx(-log_softmax(logits, axis=-1)[real][np.arange(11), TARGET[real]].mean())


def test_float32_stays_and_inputs_do_not_change() -> None:
    model = Seq2Seq(7, 6, attention="additive", cell="lstm", rng=np.random.default_rng(0))
    source, target = SOURCE.copy(), TARGET.copy()
    loss = model.loss(model(source, target, 0.5, np.random.default_rng(1)), target)
    loss.backward()
    model.beam_search(source, 3)
    assert loss.dtype == np.float32 and all(p.grad is not None and p.grad.dtype == np.float32 for p in model.parameters())
    assert np.array_equal(source, SOURCE) and np.array_equal(target, TARGET)
    assert "cell='lstm', attention='additive'" in repr(model)


M = small()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Seq2Seq(5, 6, cell="rnn", rng=np.random.default_rng(0)), ValueError, "cell must be one of 'gru', 'lstm', got 'rnn'"),
        (lambda: Seq2Seq(5, 6, attention="soft", rng=np.random.default_rng(0)), ValueError, "attention must be one of"),
        (lambda: Seq2Seq(5, 2, rng=np.random.default_rng(0)), ValueError, "different tokens below target_size=2, got 0, 1, 2"),
        (lambda: Seq2Seq(5, 6, start=0, rng=np.random.default_rng(0)), ValueError, "got 0, 0, 2"),
        (lambda: M(SOURCE + 0.5, TARGET), TypeError, "source must be integers, got float64"),
        (lambda: M(SOURCE, TARGET + 4), ValueError, "target must be from 0 to 5, got 4 to 9"),
        (lambda: M(SOURCE[0], TARGET), ValueError, "source must be (N, T) with at least one token, got shape (4,)"),
        (lambda: M(SOURCE[:, :0], TARGET), ValueError, "source must be (N, T) with at least one token"),
        (lambda: M(SOURCE[:2], TARGET), ValueError, "equally many rows, got 2 and 3"),
        (lambda: M(np.array([[0, 3]]), TARGET[:1]), ValueError, "padding (0) only at its end"),
        (lambda: M(np.array([[0, 0]]), TARGET[:1]), ValueError, "each source must have tokens"),
        (lambda: M(SOURCE, TARGET, 1.5), ValueError, "teacher_forcing must be from 0 to 1, got 1.5"),
        (lambda: M(SOURCE, TARGET, 0.5), ValueError, "needs rng"),
        (lambda: M.beam_search(SOURCE, 0), ValueError, "max_length and beam_width must be at least 1, got 0 and 4"),
        (lambda: M.beam_search(SOURCE, 3, 0), ValueError, "got 3 and 0"),
        (lambda: small(attention=None).alignment(SOURCE, TARGET), ValueError, "alignment needs a model with attention"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(importlib.import_module("dlprimer.models.seq2seq"), extraglobs={"np": np}).failed == 0
