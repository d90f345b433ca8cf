"""What to know before what: the prerequisite graph of the hundred questions, checked for circles, and its drawing.

A page's front matter says what to read before it; for a question without a page yet, questions.yml does.
"""

from __future__ import annotations

import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from html import escape
from pathlib import Path

import yaml

from book.questions import Question, all_questions, by_number, chapters

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
NODE, GAP, ROW, TOP = (148, 46), 12, 122, 34
COLUMNS = 10


class GraphError(ValueError):
    """Questions that each are to be read before the other."""


def prerequisites(question: Question) -> tuple[int, ...]:
    """The numbers of the questions to read before this one."""
    page = question.page
    named = _named(page, page.stat().st_mtime_ns) if page.is_file() else None
    return question.prerequisites if named is None else named


@cache
def _named(page: Path, changed: int) -> tuple[int, ...] | None:
    found = FRONT_MATTER.match(page.read_text(encoding="utf-8-sig"))
    try:
        meta = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError:
        return None  # reported where the page is rendered
    listed = meta.get("prerequisites") if isinstance(meta, dict) else None
    usable = isinstance(listed, list) and all(isinstance(number, int) for number in listed)
    return tuple(listed) if usable else None


def in_order() -> list[Question]:
    """All questions, each after those it builds on.

    Raises:
        GraphError: If there is a circle, naming it.
        KeyError: If a page names a question that does not exist.
    """
    graph = {question.number: [by_number(n).number for n in prerequisites(question)] for question in all_questions()}
    try:
        return [by_number(number) for number in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " before ".join(str(number) for number in error.args[1])
        raise GraphError(f"the prerequisites go in a circle: {circle}") from None


# ---- drawing ----


def drawing(root: str) -> str:
    """The map: a row for each chapter, a box for each question, a line to each from what comes before it."""
    in_order()
    places = {
        question.number: (column * (NODE[0] + GAP), TOP + row * ROW)
        for row, chapter in enumerate(chapters())
        for column, question in enumerate(chapter.questions)
    }
    width = COLUMNS * (NODE[0] + GAP) - GAP
    height = len(chapters()) * ROW
    lines = "".join(
        f'<path d="{_curve(places[before], places[question.number])}" data-from="{before}" data-to="{question.number}"/>'
        for question in all_questions()
        for before in prerequisites(question)
    )
    titles = "".join(
        f'<div class="map-chapter" style="left:0;top:{row * ROW + TOP - 27}px">{escape(chapter.title)}</div>'
        for row, chapter in enumerate(chapters())
    )
    boxes = "".join(_box(question, places[question.number], root) for question in all_questions())
    return (
        f'<div class="map-drawing" style="width:{width}px;height:{height}px" data-width="{width}" data-height="{height}">'
        f'<svg class="map-lines" width="{width}" height="{height}" aria-hidden="true">{lines}</svg>{titles}{boxes}</div>'
    )


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the foot of a box to the head of a later one; in one row, an arc beneath both."""
    (x1, y1), (x2, y2) = start, end
    x1, x2 = x1 + NODE[0] // 2, x2 + NODE[0] // 2
    if y1 == y2:
        foot = y1 + NODE[1]
        dip = foot + min(14 + abs(x2 - x1) // 40, 30)
        return f"M{x1} {foot}C{x1} {dip} {x2} {dip} {x2} {foot}"
    y1 += NODE[1]
    bend = max(26, (y2 - y1) // 2)
    return f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"


def _box(question: Question, place: tuple[int, int], root: str) -> str:
    x, y = place
    data = (
        f'class="map-node" data-question="{question.number}" data-title="{question.number} · {escape(question.title)}" '
        f'data-x="{x}" data-y="{y}" style="left:{x}px;top:{y}px;width:{NODE[0]}px;height:{NODE[1]}px"'
    )
    if not question.page.is_file():
        return f"<span {data} data-future>{escape(question.name)}</span>"
    return f'<a {data} href="{root}{question.chapter_slug}/{question.slug}/">{escape(question.name)}</a>'
