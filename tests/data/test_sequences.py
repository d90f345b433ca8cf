"""Names and text as numbers, and tasks on sequences: what was promised about every row."""

import doctest
import hashlib
import importlib
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import copy_task, decode_text, encode_text, names, recall_task

ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def test_names_are_those_of_the_census():
    words, sex, share = names()
    assert len(words) == len(sex) == len(share) == 5494 and len(set(words)) == 5163
    assert sex.dtype == np.int64 and share.dtype == np.float32 and np.bincount(sex).tolist() == [4275, 1219]
    men = sex.tolist().index(1)
    assert words[:3] == ["mary", "patricia", "linda"] and words[men : men + 3] == ["james", "john", "robert"]
    assert share[0] == np.float32(2.629) and share[men] == np.float32(3.318)
    for kind in (0, 1):
        assert (np.diff(share[sex == kind]) <= 0).all() and share[sex == kind].sum() == pytest.approx(90, abs=0.1)
        assert len(set(np.array(words)[sex == kind])) == (sex == kind).sum()
    assert set("".join(words)) == set(ALPHABET) and {len(word) for word in words} == set(range(2, 12))


def test_names_are_new_at_every_call():
    words, sex, _ = names()
    words[0], sex[0] = "nobody", 7
    assert names()[0][0] == "mary" and names()[1][0] == 0


def test_names_file_has_its_checksum_and_licence():
    folder = resources.files("dlprimer.data")
    checksum, name = folder.joinpath("names.txt.sha256").read_text().split()
    content = folder.joinpath(name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == checksum and len(content) < 100_000
    assert "public domain" in folder.joinpath("names-LICENSE.txt").read_text()


@settings(deadline=None, max_examples=30)
@given(texts=st.lists(st.text(ALPHABET, max_size=5), max_size=5), start=st.booleans(), more=st.integers(0, 3))
def test_texts_come_back_from_their_numbers(texts, start: bool, more: int) -> None:
    shortest = encode_text(texts, start=start)
    longest = max(map(len, texts), default=0) + 1 + start
    codes = encode_text(texts, longest + more, start=start)
    assert shortest.shape == (len(texts), longest) and codes.dtype == np.int64
    np.testing.assert_array_equal(codes[:, :longest], shortest)
    assert (codes[:, longest:] == 0).all() and decode_text(codes) == texts
    for row, text in zip(codes.tolist(), texts, strict=True):
        assert row[: start + len(text) + 1] == [1] * start + [3 + ALPHABET.index(c) for c in text] + [2]
        assert set(row[start + len(text) + 1 :]) <= {0}


def test_an_alphabet_of_ones_own_and_what_follows_the_end():
    assert encode_text(["ba"], alphabet="ba").tolist() == [[3, 4, 2]]
    assert decode_text(np.array([[1, 4, 0, 2, 3], [3, 3, 3, 3, 3]]), alphabet="ba") == ["a", "bbbbb"]
    assert len(encode_text(names()[0])) == 5494


@settings(deadline=None, max_examples=30)
@given(n=st.integers(1, 5), length=st.integers(1, 6), delay=st.integers(0, 5), symbols=st.integers(2, 9), seed=st.integers(0, 999))
def test_copy_task(n: int, length: int, delay: int, symbols: int, seed: int) -> None:
    x, y = copy_task(n, length, delay, symbols, rng=np.random.default_rng(seed))
    assert x.shape == y.shape == (n, 2 * length + delay + 1) and x.dtype == y.dtype == np.int64
    for told, asked in zip(x, y, strict=True):
        assert 1 <= told[:length].min() <= told[:length].max() <= symbols
        assert told[length:].tolist() == [0] * delay + [symbols + 1] + [0] * length
        assert asked.tolist() == [0] * (length + delay + 1) + told[:length].tolist()


@settings(deadline=None, max_examples=30)
@given(n=st.integers(1, 5), pairs=st.integers(1, 6), spare=st.integers(0, 5), values=st.integers(2, 9), seed=st.integers(0, 999))
def test_recall_task(n: int, pairs: int, spare: int, values: int, seed: int) -> None:
    keys = pairs + spare
    x, y = recall_task(n, pairs, keys, values, rng=np.random.default_rng(seed))
    assert x.shape == (n, 2 * pairs + 1) and y.shape == (n,) and x.dtype == y.dtype == np.int64
    for row, answer in zip(x.tolist(), y.tolist(), strict=True):
        told = dict(zip(row[:-1:2], row[1::2], strict=True))
        assert len(told) == pairs and max(told) < keys and min(told) >= 0
        assert all(keys <= value < keys + values for value in told.values())
        assert told[row[-1]] == keys + answer


def test_tasks_draw_everything_alike_and_the_same_again():
    x, y = recall_task(6000, 3, 5, 4, rng=np.random.default_rng(0))
    for counts in (np.bincount(x[:, 0]), np.bincount(x[:, -1]), np.bincount(y)):
        assert np.abs(counts / 6000 * len(counts) - 1).max() < 0.1
    asked = (x[:, :-1:2] == x[:, -1:]).argmax(axis=1)
    assert np.abs(np.bincount(asked) / 2000 - 1).max() < 0.1
    told, _ = copy_task(6000, 2, 0, 3, rng=np.random.default_rng(0))
    assert np.abs(np.bincount(told[:, 0])[1:] / 2000 - 1).max() < 0.1
    for task in (copy_task, recall_task):
        for a, b in zip(task(4, rng=np.random.default_rng(1)), task(4, rng=np.random.default_rng(1)), strict=True):
            np.testing.assert_array_equal(a, b)


R = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: encode_text("ada"), TypeError, "texts must be a sequence of strings"),
        (lambda: encode_text([3]), TypeError, "texts must be a sequence of strings"),
        (lambda: encode_text(["Ada"]), ValueError, "texts contain 'A', which the alphabet"),
        (lambda: encode_text(["ada"], 3), ValueError, "length must be at least 4, the longest text and its marks; got 3"),
        (lambda: encode_text(["ada"], 4, start=True), ValueError, "length must be at least 5"),
        (lambda: encode_text(["a"], alphabet="aba"), ValueError, "alphabet must not repeat a character"),
        (lambda: decode_text([[3.0]]), TypeError, "codes must be integers, got float64"),
        (lambda: decode_text([3]), ValueError, "codes must be (N, T), got shape (1,)"),
        (lambda: decode_text([[29]]), ValueError, "codes must be from 0 to 28, got 29 to 29"),
        (lambda: decode_text([[-1]]), ValueError, "got -1 to -1"),
        (lambda: copy_task(0, rng=R), ValueError, "n must be a whole number from 1, got 0"),
        (lambda: copy_task(1, length=0, rng=R), ValueError, "length must be a whole number from 1, got 0"),
        (lambda: copy_task(1, delay=-1, rng=R), ValueError, "delay must be a whole number from 0, got -1"),
        (lambda: copy_task(1, symbols=1, rng=R), ValueError, "symbols must be a whole number from 2, got 1"),
        (lambda: copy_task(1.5, rng=R), ValueError, "n must be a whole number from 1, got 1.5"),
        (lambda: recall_task(1, pairs=5, keys=4, rng=R), ValueError, "keys must be a whole number from 5, got 4"),
        (lambda: recall_task(1, values=1, rng=R), ValueError, "values must be a whole number from 2, got 1"),
        (lambda: recall_task(1, pairs=0, rng=R), ValueError, "pairs must be a whole number from 1, got 0"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


@pytest.mark.parametrize("module", ["names", "sequences"])
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"dlprimer.data.{module}"), extraglobs={"np": np}).failed == 0
