"""Tasks on sequences: each asks for one ability, and any amount of data can be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def copy_task(n: int, length: int = 10, delay: int = 20, symbols: int = 8, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Symbols to remember through a wait and then say again: a test of how long a network keeps what it read.

    A row is `length` symbols, `delay` blanks, a mark that asks for the answer, and blanks while the answer is given. Who forgets all but
    says blanks until the mark, and then guesses, has the mean cross-entropy length * log(symbols) / T.

    Args:
        n: Number of sequences.
        length: Symbols to remember, at least 1.
        delay: Blanks between them and the mark, at least 0.
        symbols: How many there are, at least 2: the numbers from 1. 0 is the blank, `symbols + 1` the mark.
        rng: Source of the symbols.

    Returns:
        Inputs and targets (n, T) int64 with T = 2 length + delay + 1; the targets are blank up to the mark, then the symbols.

    Raises:
        ValueError: A number is out of range.

    Example:
        >>> x, y = copy_task(1, length=3, delay=2, symbols=4, rng=np.random.default_rng(0))
        >>> x.tolist(), y.tolist()
        ([[4, 3, 3, 0, 0, 5, 0, 0, 0]], [[0, 0, 0, 0, 0, 0, 4, 3, 3]])

    Paper: Hochreiter and Schmidhuber, Long short-term memory, 1997; in this form Arjovsky, Shah and Bengio, Unitary evolution recurrent
    neural networks, 2016. Explained in question 83.
    """
    at_least(n=(n, 1), length=(length, 1), delay=(delay, 0), symbols=(symbols, 2))
    told = rng.integers(1, symbols + 1, (n, length))
    x = np.zeros((n, 2 * length + delay + 1), dtype=np.int64)
    y = np.zeros_like(x)
    x[:, :length] = y[:, -length:] = told
    x[:, length + delay] = symbols + 1
    return x, y


def recall_task(n: int, pairs: int = 4, keys: int = 16, values: int = 16, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Associative recall: read pairs of a key and a value, then name the value of one of the keys.

    Args:
        n: Number of sequences.
        pairs: Pairs in each, from 1 to `keys`; no key comes twice.
        keys: How many keys there are: the numbers from 0.
        values: How many values there are, at least 2: the numbers from `keys`. They may repeat.
        rng: Source of keys, values and questions.

    Returns:
        Inputs (n, 2 pairs + 1) int64: key, value, key, value, ..., the key asked for; and targets (n,) int64, the values asked for,
        counted from 0 (so the token is `keys + target`).

    Raises:
        ValueError: A number is out of range.

    Example:
        >>> x, y = recall_task(1, pairs=2, keys=4, values=3, rng=np.random.default_rng(6))
        >>> x.tolist(), y.tolist()
        ([[0, 5, 3, 6, 0]], [1])

    Paper: Ba et al., Using fast weights to attend to the recent past, 2016. Explained in question 84.
    """
    at_least(n=(n, 1), pairs=(pairs, 1), keys=(keys, pairs), values=(values, 2))
    chosen = rng.permuted(np.tile(np.arange(keys), (n, 1)), axis=1)[:, :pairs]  # (n, pairs)
    answers = rng.integers(values, size=(n, pairs))
    asked, rows = rng.integers(pairs, size=n), np.arange(n)
    x = np.empty((n, 2 * pairs + 1), dtype=np.int64)
    x[:, :-1:2], x[:, 1::2], x[:, -1] = chosen, keys + answers, chosen[rows, asked]
    return x, answers[rows, asked]


def at_least(**numbers: tuple[int, int]) -> None:
    """Refuse what is not a whole number from its smallest value."""
    for name, (number, smallest) in numbers.items():
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < smallest:
            raise ValueError(f"{name} must be a whole number from {smallest}, got {number!r}")
