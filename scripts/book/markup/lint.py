"""What every question's page must have, and that no result on it is typed by hand.

A number in the part that reports the experiment, or in a figure's caption or alt text, is taken from the record, or it is a setting:
then it stands as a number in the experiment's own source too. Whole numbers up to twelve are free, as one writes them in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from book import fingerprint
from book.markup.page import Page

PARTS = ["In code", "What happened when we ran it", "What people get wrong", "In practice", "Check yourself", "Sources"]
REPORT = "What happened when we ran it"
LABELS = {"introduction", "background", "overview", "conclusion", "summary", "explanation", "motivation", "discussion", "details"}
LEAST = {"quizzes": 3, "sources": 3, "follow-ups": 2}
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)(?:\s+\{[^}]*\})?\s*$")
PICTURE = re.compile(r"^:::[ \t]+(figure|explorable|predict)\b")
GUESSED_RANGE = re.compile(r"^answer:[ \t]")  # the ends between which a reader guesses are chosen, not measured
FOLLOW_UP = re.compile(r"^\?\?\? question ")
SPELLED = 12
NOT_TYPED = re.compile(r"`[^`]*`|\[=[^\]]*\]|\[![^\]]*\]|\[@[^\]]*\]|\[\[\d+(?:\|[^\]]*)?\]\]|<[^>]*>|\]\([^)]*\)|&\w+;|\\tfrac\s*\d\s*\d")
POWER = re.compile(r"10\s*\^\s*\{?\s*([-−]?\d+)\s*\}?")
NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)(\s*(?:\\?%))?")
LEFT_OVER = re.compile(r"\bTODO\b|\[[=!]\w[^\]]*\]|\[\[\d+[^\]]*\]\]|\[@\w[^\]]*\]|(?<!:):::(?!:)|\$\$")
SHOWN_AS_IS = re.compile(r"<(pre|code|script|style|math)\b.*?</\1>|<[^>]*>", re.DOTALL)


def check(page: Page, source: list[str]) -> None:
    """Report what a question's page lacks, has in the wrong order, or says without having measured it."""
    if page.question is None:
        return
    text = list(_text(source))
    headings = [(i, found[1], found[2]) for i, line in text if (found := HEADING.match(line))]
    _order(page, [(i, title) for i, level, title in headings if level == "##"], text)
    follow_ups = sum(bool(FOLLOW_UP.match(line)) for _, line in text)
    counts = {"quizzes": page.quizzes, "sources": len(page.cited), "follow-ups": follow_ups}
    for what, least in LEAST.items():
        if counts[what] < least:
            page.error(1, f"the page has {counts[what]} {what}; it needs {least}")
    if page.explorables != 1:
        page.error(1, f"the page has {page.explorables} explorables; it needs one")
    if page.figures_used < 1:
        page.error(1, "the page has no figure")
    _numbers(page, text)


def check_html(page: Page, html: str) -> None:
    """Report markup that reached the finished page."""
    if page.question is None:
        return
    left = LEFT_OVER.search(SHOWN_AS_IS.sub("", html))
    if left:
        what = "something is still to be written" if left[0] == "TODO" else "markup is left on the page"
        page.error(1 - page.lines_before, f"{what}: {left[0]!r}")


def _text(source: list[str]) -> Iterator[tuple[int, str]]:
    """The lines outside fenced code, with their numbers."""
    fence = ""
    for i, line in enumerate(source, 1):
        found = FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and line.strip() == found[1]:
                fence = ""
        elif found:
            fence = found[1]
        else:
            yield i, line


# ---- order ----


def _order(page: Page, headings: list[tuple[int, str]], text: list[tuple[int, str]]) -> None:
    titles = [title for _, title in headings]
    for i, title in headings:
        if title.lower().rstrip(".:") in LABELS:
            page.error(i, f"the heading {title!r} is a label: state what the section says")
    missing = [part for part in PARTS if part not in titles]
    if missing:
        page.error(1, f"the page lacks the part{'s' if len(missing) > 1 else ''} {', '.join(f'`## {part}`' for part in missing)}")
        return
    if titles[-len(PARTS) :] != PARTS:
        page.error(headings[-len(PARTS)][0], f"the page must end with the parts {', '.join(PARTS)}, in this order")
        return
    if len(titles) == len(PARTS):
        page.error(headings[0][0], f"nothing is explained before `## {PARTS[0]}`: write sections whose headings are statements")
    first = headings[0][0]
    answer = next((i for i, line in text if line.startswith("::: answer")), None)
    if answer is None or answer > first:
        page.error(first, "the page must begin with its `::: answer`")
    elif not any(answer < i < first and PICTURE.match(line) for i, line in text):
        page.error(answer, "the answer must be followed by the picture, an explorable or a figure, before the first section")
    at = {title: i for i, title in headings}
    for i, line in text:
        if line.startswith("::: quiz") and not at["Check yourself"] < i < at["Sources"]:
            page.error(i, "quizzes belong under `## Check yourself`")
        if line.startswith("::: sources") and i < at["Sources"]:
            page.error(i, "`::: sources` belongs under `## Sources`")


# ---- numbers ----


def _numbers(page: Page, text: list[tuple[int, str]]) -> None:
    settings = None
    for i, line in _reported(text):
        for shown, value in typed(line):
            if settings is None:
                settings = _literals(page.answered().experiment)
            if not _is_setting(value, settings):
                page.error(i, f"{shown} is typed by hand: take the result from the record, `[=path]`; a setting stands in the experiment")


def _reported(text: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines that report the experiment: its section, and captions and alt texts wherever they stand."""
    reporting = in_picture = False
    for i, line in text:
        heading = HEADING.match(line)
        if heading:
            reporting = heading[1] == "##" and heading[2] == REPORT if len(heading[1]) <= 2 else reporting
        elif PICTURE.match(line):
            in_picture = True
        elif line.strip() == ":::":
            in_picture = False
        elif (reporting or in_picture) and not GUESSED_RANGE.match(line):
            yield i, line


def typed(line: str) -> list[tuple[str, float]]:
    """The numbers typed in a line, as they stand there and as values; those that markup puts in do not count."""
    line = NOT_TYPED.sub(" ", line).replace("{,}", ",")
    found = [(power[0], 10.0 ** int(power[1].replace("−", "-"))) for power in POWER.finditer(line)]
    for number in NUMBER.finditer(POWER.sub(" ", line)):
        value = float(number[1].replace(",", "").rstrip("."))
        found.append((number[0].strip(), value / 100 if number[2] else value))
    return found


def _is_setting(value: float, literals: frozenset[float]) -> bool:
    if value == int(value) and 0 <= value <= SPELLED:
        return True
    return any(abs(value - literal) <= 1e-9 * abs(value) for literal in literals)


def _literals(experiment: Path) -> frozenset[float]:
    """The numbers in the experiment's source; a share counts as a percentage too, an exponent as its power of ten."""
    found: set[float] = set()
    if experiment.is_file():
        for value in fingerprint.experiment(experiment, fingerprint.Code()).constants():
            if type(value) in (int, float):
                found |= {float(value), value / 100}
                if isinstance(value, int) and value < 300:
                    found |= {10.0**value, 10.0**-value}
    return frozenset(found)
