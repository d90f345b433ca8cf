"""Claims: what the prose says about a result, as a value and the bounds it must keep."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from book.numerals import three_digits, written

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Claim:
    """A statement that holds as long as its value lies between two bounds."""

    name: str
    text: str
    value: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        return self.low <= self.value <= self.high

    @property
    def margin_text(self) -> str:
        """The value and its bounds in words, for the reader: `0.132, at most 0.2`."""
        value, low, high = (written(three_digits(number)) for number in (self.value, self.low, self.high))
        if self.low == -math.inf:
            return f"{value}, at most {high}"
        if self.high == math.inf:
            return f"{value}, at least {low}"
        return f"{value}, between {low} and {high}"


def _claim(name: str, text: str, value: float, low: float, high: float) -> Claim:
    if not NAME.fullmatch(name):
        raise ValueError(f"claim name {name!r}: use lower-case letters and digits, joined by hyphens")
    value, low, high = float(value), float(low), float(high)
    if not math.isfinite(value):
        raise ValueError(f"claim `{name}` has the value {value}: a claim needs a finite number")
    if math.isnan(low) or math.isnan(high) or low > high:
        raise ValueError(f"claim `{name}` asks for a value between {low} and {high}: nothing lies there")
    return Claim(name, text, value, low, high)


def at_most(name: str, text: str, value: float, bound: float) -> Claim:
    """The claim that `value` is no larger than `bound`."""
    return _claim(name, text, value, -math.inf, bound)


def at_least(name: str, text: str, value: float, bound: float) -> Claim:
    """The claim that `value` is no smaller than `bound`."""
    return _claim(name, text, value, bound, math.inf)


def between(name: str, text: str, value: float, low: float, high: float) -> Claim:
    """The claim that `value` lies between two bounds, which belong to it."""
    return _claim(name, text, value, low, high)
