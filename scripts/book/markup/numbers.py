"""Numbers of the record as text and as TeX."""

from __future__ import annotations

from typing import Any

from book.markup.page import MarkupError, shortened
from book.numerals import three_digits, written


def formatted(value: Any, how: str | None) -> str:
    """The number in Python's notation; without a format three significant digits, whole numbers in full."""
    if isinstance(value, str) and how is None:
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        described = (
            f"a dict with {shortened(value)}" if isinstance(value, dict) else f"{type(value).__name__} {value!r:.60}"
        )
        raise MarkupError(f"that is no number but {described}")
    if how is None:
        return f"{value:d}" if isinstance(value, int) else three_digits(value)
    try:
        return format(value, how)
    except ValueError as error:
        raise MarkupError(f"format {how!r} does not fit {value!r}: {error}") from error


def in_text(value: Any, how: str | None) -> str:
    """For prose: a true minus sign, powers of ten written out."""
    text = formatted(value, how)
    if isinstance(value, str):
        return text
    return written(text)


def in_formula(value: Any, how: str | None) -> str:
    """For TeX."""
    text = formatted(value, how)
    if isinstance(value, str):
        return text
    mantissa, e, exponent = text.partition("e")
    mantissa = mantissa.replace(",", "{,}").replace("%", r"\%")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}" if e else mantissa
