"""A figure with a question before it: the reader commits to a number, then sees the figure. Without JavaScript it stands folded."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from book.markup import inline, numbers
from book.markup.page import MarkupError, Page
from book.numerals import written

RECORDED = r"\[=(?P<path>[^\]:\s]+)(?::(?P<format>[^\]]*))?\]"
NUMBER = r"[-+−]?[\d,]*\.?\d+(?:e[-+]?\d+)?"
KEY = re.compile(rf"^answer:[ \t]*{RECORDED}[ \t]+from[ \t]+(?P<low>{NUMBER})(?P<share>%?)[ \t]+to[ \t]+(?P<high>{NUMBER})(?P<also>%?)"
                 r"(?:[ \t]+(?P<unit>\S.*))?$")
FORM = "`answer: [=path:format] from LOW to HIGH unit`, a number of the record and the range to guess in, for example from 0 to 100 steps"
STEPS = 100


@dataclass(frozen=True)
class Answer:
    """The number to guess and its range, in the units that the reader sees: percent for a range in percent."""

    value: float
    shown: str
    low: float
    high: float
    step: float
    unit: str


def render(images: Callable[[Page, str, str], str], page: Page, argument: str, body: list[str], line: int) -> list[str]:
    """The question with its folded figure; `images` draws the figure of a name with an alt text."""

    def at(index: int, message: object) -> list[str]:
        return [page.keep(f"<p>{page.error(line + 1 + index, message)}</p>")]

    alt_end = next((i for i, text in enumerate(body) if not text.strip()), len(body))
    alt = " ".join(text.strip() for text in body[:alt_end])
    if not alt.startswith("alt:") or not alt.removeprefix("alt:").strip():
        raise MarkupError("this prediction has no alt text: start it with a line `alt: …` that states what the picture shows")
    keys = [i for i, text in enumerate(body) if text.startswith("answer:")]
    if not keys:
        raise MarkupError(f"this prediction has no answer: write a line {FORM}")
    if len(keys) > 1:
        return at(keys[1], "a second answer: a prediction asks for one number")
    question = "\n".join(body[alt_end : keys[0]]).strip()
    if not question:
        return at(keys[0], "no question stands before the answer: write it after the alt text and a blank line")
    caption_at = next((i for i in range(keys[0] + 1, len(body)) if body[i].strip()), len(body))
    caption = "\n".join(body[caption_at:]).strip()
    if not caption:
        return at(keys[0], "this prediction has no caption: write it after the answer and a blank line")
    found = KEY.match(body[keys[0]].strip())
    if found is None or found["share"] != found["also"]:
        return at(keys[0], f"{body[keys[0]].strip()!r} is not understood: write {FORM}; a share has a range in percent, from 0% to 100%")
    question_at = next(i for i in range(alt_end, keys[0]) if body[i].strip())
    given_away = next((i for i in range(question_at, keys[0]) if re.search(rf"\[={re.escape(found['path'])}[\]:]", body[i])), None)
    if given_away is not None:
        return at(given_away, f"the question gives the answer away: it shows `{found['path']}`")
    try:
        answer = _answer(page, found, line + 1 + keys[0])
    except MarkupError as error:
        return at(keys[0], error)
    drawn = images(page, argument, inline.plain(page, alt.removeprefix("alt:").strip(), line + 1))
    return [page.keep(html(
        page.question.number if page.question else 0,
        page.fragment(inline.replace(page, question, line + 1 + question_at)), answer, drawn,
        page.fragment(inline.replace(page, caption, line + 1 + caption_at)),
    ))]


def _answer(page: Page, found: re.Match[str], line: int) -> Answer:
    value = page.value(found["path"])
    shown = numbers.in_text(value, found["format"])
    if isinstance(value, str) or not math.isfinite(value):
        raise MarkupError(f"`{found['path']}` is {value!r}: a prediction asks for a number")
    low, high = (float(found[name].replace(",", "").replace("−", "-")) for name in ("low", "high"))
    if not low < high:
        raise MarkupError(f"the range goes from {low:g} to {high:g}: its first end is the smaller one")
    value = value * 100 if found["share"] else value
    if not low <= value <= high:
        raise MarkupError(f"the answer, {shown}, lies outside the range from {low:g} to {high:g}")
    unit = page.fragment(inline.replace(page, found["unit"], line)) if found["unit"] else ""
    if found["share"]:
        # The sign stands with the number typed; a shown percentage brings its own.
        unit = f"% {unit}".strip()
        shown = shown if shown.endswith("%") else f"{value:.3g}%"
    return Answer(float(value), shown, low, high, _step(low, high, isinstance(value, int)), unit)


def _step(low: float, high: float, whole: bool) -> float:
    """A round step, about a hundredth of the range."""
    rough = (high - low) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * max(factor for factor in (1, 2, 5) if factor * power <= rough * 1.001)
    return max(1, round(step)) if whole else float(f"{step:.1g}")


def _end(value: float) -> str:
    return written(f"{value:g}")


def html(number: int, question: str, answer: Answer, images: str, caption: str) -> str:
    """`data-predict` names the question in the reader's browser: another wording is another question."""
    name = f"{number}-predict-{hashlib.sha256(f'{question}{answer.value!r}'.encode()).hexdigest()[:8]}"
    limits = f'min="{answer.low!r}" max="{answer.high!r}" step="{answer.step!r}"'
    unit = f'<span class="predict-unit">{answer.unit}</span>' if answer.unit else ""
    after = answer.unit.removeprefix("%").strip() if answer.shown.endswith("%") else answer.unit
    return (
        f'<figure class="figure predict" data-predict="{name}" data-value="{answer.value!r}">'
        f'<div class="predict-question">{question}</div>'
        f'<form class="predict-form"><label class="predict-range"><span class="predict-label">Your guess</span>'
        f'<input type="range" {limits} value="{(answer.low + answer.high) / 2!r}"></label>'
        f'<div class="predict-ends" aria-hidden="true"><span>{_end(answer.low)}</span><span>{_end(answer.high)}</span></div>'
        f'<div class="predict-entry"><label><span class="predict-label">as a number</span>'
        f'<input type="text" inputmode="decimal" autocomplete="off" size="7"></label>{unit}'
        f'<button type="submit">Commit, then show the figure</button></div></form>'
        f'<p class="predict-verdict" role="status" hidden></p>'
        f'<details class="predict-result" data-search-exclude><summary><span>Show the figure without a guess</span></summary>'
        f'<p class="predict-answer">Measured: <strong>{escape(answer.shown)}</strong>{" " + after if after else ""}</p>'
        f"<figure>{images}<figcaption>{caption}</figcaption></figure></details></figure>"
    )
