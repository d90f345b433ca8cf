"""Self-check questions: choices or a number, each answer with its own reply. Without JavaScript the answers stand folded beneath."""

from __future__ import annotations

import hashlib
import re
import textwrap
from dataclasses import dataclass
from html import escape

from book.markup import inline, numbers
from book.markup.page import MarkupError, Page

CHOICE = re.compile(r"^- \[([ xX])\] (.*)$")
CONTINUED = re.compile(r"^ {1,3}\S")
RECORDED = r"\[=(?P<path>[^\]:\s]+)(?::(?P<format>[^\]]*))?\]"
KEY = re.compile(rf"^answer:[ \t]*{RECORDED}(?:[ \t]*±[ \t]*(?P<off>[\d.]+)(?P<share>%?))?(?:[ \t]+(?P<unit>\S.*))?$")
WRONG = re.compile(rf"^- (?:{RECORDED}|(?P<typed>[-+−]?[\d.,]+(?:e[-+]?\d+)?)|(?P<other>else))$")
TYPED_NUMBER = re.compile(r"\d")
TOLERANCE = 0.01
FORM = (
    "a quiz is a question and at least two choices, `- [ ] …` or `- [x] …`, each with an indented feedback; or a question, a line "
    "`answer: [=path] ± 2% unit` with an indented feedback, and wrong numbers `- [=path]`, `- 0.5` or `- else` with theirs"
)


@dataclass(frozen=True)
class Part:
    """A line that starts an answer, and the feedback indented beneath it."""

    head: str
    feedback: str
    line: int


def render(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    """The quiz as a fieldset."""
    page.quizzes += 1
    if any(text.startswith("answer:") for text in body):
        html = _number(page, body, line)
    else:
        html = _choices(page, body, line)
    return [page.keep(html)]


def _parts(body: list[str], starts: list[int], line: int) -> list[Part]:
    parts = []
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        head, feedback = _head_and_feedback(body[start], body[start + 1 : end])
        parts.append(Part(head, feedback, line + 1 + start))
    return parts


def _head_and_feedback(first: str, rest: list[str]) -> tuple[str, str]:
    """An answer may go on in lines aligned with it; what is left beneath it is its feedback."""
    text = [first]
    while len(text) <= len(rest) and CONTINUED.match(rest[len(text) - 1]):
        text.append(rest[len(text) - 1].strip())
    feedback = textwrap.dedent("\n".join(rest[len(text) - 1 :])).strip()
    if not feedback:
        return first.strip(), " ".join(text[1:])
    return " ".join(text).strip(), feedback


def _fragment(page: Page, text: str, line: int) -> str:
    return page.fragment(inline.replace(page, text, line))


def _fieldset(page: Page, kind: str, question: str, items: str, answers: str) -> str:
    """`data-quiz` names the quiz in the reader's browser: another wording is another quiz."""
    number = page.question.number if page.question else 0
    digest = hashlib.sha256(f"{question}\n{answers}".encode()).hexdigest()[:8]
    folded = f"<details data-search-exclude><summary>Answers</summary><ul>{answers}</ul></details>"
    return (
        f'<fieldset class="quiz quiz-{kind}" data-quiz="{number}-{digest}"><legend>{question}</legend>{items}{folded}</fieldset>'
    )


def _reply(right: bool, html: str) -> str:
    return f"<strong>{'Right.' if right else 'Not so.'}</strong> {html}"


# ---- choices ----


def _choices(page: Page, body: list[str], line: int) -> str:
    starts = [i for i, text in enumerate(body) if CHOICE.match(text)]
    question = "\n".join(body[: starts[0]] if starts else body).strip()
    if not question or len(starts) < 2:
        raise MarkupError(FORM)
    choices = []
    for part in _parts(body, starts, line):
        found = CHOICE.match(part.head)
        assert found is not None
        if not part.feedback:
            page.error(part.line, f"the choice {found[2]!r} has no feedback: indent a paragraph beneath it")
        is_right = found[1] in "xX"
        if is_right and TYPED_NUMBER.match(found[2].strip().strip("$")):
            page.error(part.line, f"the right answer {found[2]!r} is typed by hand: take the number from the record, `[=path]`")
        choices.append((is_right, _fragment(page, found[2], part.line), _fragment(page, part.feedback, part.line + 1)))
    right = sum(choice[0] for choice in choices)
    if not 0 < right < len(choices):
        raise MarkupError(f"{right} of {len(choices)} choices are marked as right with `[x]`; some must be and some not")

    kind = "radio" if right == 1 else "checkbox"
    hint = "" if right == 1 else ' <span class="quiz-hint">(several are right)</span>'
    items = "".join(
        f'<div class="quiz-item"><label class="quiz-choice"><input type="{kind}" name="quiz-{line}" value="{i}"><span>{text}</span></label>'
        f'<div class="quiz-feedback" data-right="{str(is_right).lower()}" hidden>{_reply(is_right, feedback)}</div></div>'
        for i, (is_right, text, feedback) in enumerate(choices)
    )
    answers = "".join(
        f"<li><strong>{'Right' if is_right else 'Not so'}: {text}</strong> <div>{feedback}</div></li>"
        for is_right, text, feedback in choices
    )
    return _fieldset(page, "choices", _fragment(page, question, line + 1) + hint, items, answers)


# ---- a number ----


def _number(page: Page, body: list[str], line: int) -> str:
    starts = [i for i, text in enumerate(body) if text.startswith(("answer:", "- "))]
    question = "\n".join(body[: starts[0]]).strip()
    if not question or not body[starts[0]].startswith("answer:"):
        raise MarkupError(FORM)
    key_part, *wrong_parts = _parts(body, starts, line)
    key = KEY.match(key_part.head)
    if key is None:
        raise MarkupError(f"{key_part.head!r} is not understood: write `answer: [=path] ± 2% unit`, a number of the record")
    value = page.value(key["path"])
    shown = numbers.in_text(value, key["format"])
    off = float(key["off"]) if key["off"] else TOLERANCE * 100

    def within(number: float) -> float:
        return abs(number) * off / 100 if key["share"] or not key["off"] else off

    unit = _fragment(page, key["unit"], key_part.line) if key["unit"] else ""
    if not key_part.feedback:
        page.error(key_part.line, "the answer has no feedback: indent a paragraph beneath it")
    replies, listed = [], []
    feedback = _fragment(page, key_part.feedback, key_part.line + 1)
    attributes = f'data-right="true" data-value="{value!r}" data-within="{within(value)!r}"'
    replies.append(f'<div class="quiz-feedback" {attributes} hidden>{_reply(True, feedback)}</div>')
    listed.append(f"<li><strong>Right: {shown} {unit}</strong> <div>{feedback}</div></li>")
    for part in wrong_parts:
        found = WRONG.match(part.head)
        if found is None:
            raise MarkupError(f"{part.head!r} is no wrong number: write `- [=path]`, `- 0.5` or `- else`")
        if not part.feedback:
            page.error(part.line, f"the number {part.head!r} has no feedback: indent a paragraph beneath it")
        feedback = _fragment(page, part.feedback, part.line + 1)
        if found["other"]:
            attribute, name = "data-else", "Any other number"
        else:
            wrong = page.value(found["path"]) if found["path"] else float(found["typed"].replace(",", "").replace("−", "-"))
            if abs(wrong - value) <= within(value):
                raise MarkupError(f"{part.head!r} is within the tolerance of the right answer, {shown}")
            attribute = f'data-value="{wrong!r}" data-within="{within(wrong)!r}"'
            name = numbers.in_text(wrong, found["format"]) if found["path"] else escape(found["typed"])
        replies.append(f'<div class="quiz-feedback" data-right="false" {attribute} hidden>{_reply(False, feedback)}</div>')
        listed.append(f"<li><strong>Not so: {name}</strong> <div>{feedback}</div></li>")
    if "data-else" not in replies[-1]:
        raise MarkupError("a quiz for a number ends with `- else` and the feedback for any other number")
    control = (
        f'<div class="quiz-entry" hidden><label><span class="quiz-label">Your number</span> <input type="text" inputmode="decimal" '
        f'autocomplete="off" size="9"></label> <span>{unit}</span> <button type="button">Check</button></div>'
    )
    return _fieldset(page, "number", _fragment(page, question, line + 1), control + "".join(replies), "".join(listed))
