"""First names: the small real text on which the book's character models run, and text as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
PAD, START, END = 0, 1, 2
"""Numbers that stand for no character: filling, the begin and the end of a text. Characters come after them."""


def names() -> tuple[list[str], Array, Array]:
    """First names of the 1990 US census: 4,275 of women and 1,219 of men, in lower case, without accents or hyphens.

    Women come first, and the most frequent names first. 331 names are in both lists, and so are here twice: shuffle, and keep
    equal names in one part, when splitting (`train_val_test_split(..., groups=...)`).

    Returns:
        The names (5494), their sexes (5494,) int64, 0 female and 1 male, and their shares of that sex's population (5494,) float32 in
        percent; new objects at every call. The shares add up to 90 for each sex: names below 0.001 % are not listed.

    Example:
        >>> words, sex, share = names()
        >>> words[:3], sex[:3].tolist(), share[:3].round(3).tolist() == [np.float32(s) for s in (2.629, 1.073, 1.035)]
        (['mary', 'patricia', 'linda'], [0, 0, 0], True)

    Source: US Census Bureau, 1990 (public domain). Explained in question 89.
    """
    text = resources.files(__package__).joinpath("names.txt").read_text(encoding="ascii")
    words, sexes, shares = zip(*(line.split() for line in text.splitlines()), strict=True)
    return list(words), (np.array(sexes) == "m").astype(np.int64), np.array(shares, dtype=np.float32)


def encode_text(texts: Sequence[str], length: int | None = None, *, alphabet: str = ALPHABET, start: bool = False) -> Array:
    """Texts as rows of numbers of equal length: the characters, an end mark, and padding.

    0 is padding, 1 the start, 2 the end, and 3 the first character of the alphabet.

    Args:
        texts: N texts, such as names.
        length: T, at least the longest text and its marks; None for just that.
        alphabet: The characters that may occur.
        start: Whether rows begin with the start mark, as the inputs of a model that predicts the next character do.

    Returns:
        (N, T) int64.

    Raises:
        ValueError: A character is not in the alphabet, or a text is too long.
        TypeError: `texts` is a single string, or holds something else than strings.

    Example:
        >>> encode_text(["ab", "c"]).tolist()
        [[3, 4, 2], [5, 2, 0]]

    Explained in question 89.
    """
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise TypeError("texts must be a sequence of strings, such as ['ada', 'alan']")
    if len(set(alphabet)) != len(alphabet):
        raise ValueError(f"alphabet must not repeat a character, got {alphabet!r}")
    numbers = {character: i for i, character in enumerate(alphabet, start=3)}
    unknown = sorted(set("".join(texts)) - numbers.keys())
    if unknown:
        raise ValueError(f"texts contain {', '.join(map(repr, unknown))}, which the alphabet {alphabet!r} lacks")
    longest = max((len(text) for text in texts), default=0) + 1 + start
    if length is not None and length < longest:
        raise ValueError(f"length must be at least {longest}, the longest text and its marks; got {length}")
    codes = np.full((len(texts), longest if length is None else length), PAD, dtype=np.int64)
    for row, text in zip(codes, texts, strict=True):
        row[: len(text) + 1 + start] = [START] * start + [numbers[character] for character in text] + [END]
    return codes


def decode_text(codes: Any, *, alphabet: str = ALPHABET) -> list[str]:
    """Rows of numbers back to texts, each up to its end mark: the opposite of `encode_text`.

    Args:
        codes: (N, T) integers. Padding and start marks are left out, and so is all that follows an end mark.
        alphabet: The characters, as they were encoded.

    Returns:
        N texts.

    Raises:
        ValueError: A number stands for nothing, or there are not two axes.
        TypeError: The codes are not integers.

    Example:
        >>> decode_text(np.array([[1, 3, 4, 2, 9]]))
        ['ab']

    Explained in question 89.
    """
    array = np.asarray(codes)
    if array.dtype.kind not in "iu":
        raise TypeError(f"codes must be integers, got {array.dtype}")
    if array.ndim != 2:
        raise ValueError(f"codes must be (N, T), got shape {array.shape}")
    if array.size and not 0 <= array.min() <= array.max() < 3 + len(alphabet):
        raise ValueError(f"codes must be from 0 to {2 + len(alphabet)}, got {array.min()} to {array.max()}")
    characters = ["", "", "", *alphabet]
    rows = (row[: row.index(END)] if END in row else row for row in array.tolist())
    return ["".join(characters[code] for code in row) for row in rows]
