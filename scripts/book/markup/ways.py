"""Ways through the book: the map of questions, learning paths with their times, and what the reader's browser adds to both."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import yaml

from book import graph
from book.markup.header import minutes
from book.markup.page import MarkupError, Page
from book.questions import Question, all_questions, by_number, chapters

PATHS = Path(__file__).parents[1] / "paths.yml"


def question_map(page: Page) -> str:
    """The map, and the buttons that a script brings to life; without it the drawing scrolls."""
    try:
        drawing = graph.drawing(page.root)
    except (graph.GraphError, KeyError) as error:
        raise MarkupError(error.args[0]) from error
    buttons = "".join(
        f'<button type="button" data-map="{action}" aria-label="{label}">{sign}</button>'
        for action, sign, label in (("in", "+", "Zoom in"), ("out", "−", "Zoom out"), ("fit", "Whole map", "Show the whole map"))
    )
    return (
        f'<div class="question-map" data-search-exclude><div class="map-buttons" hidden>{buttons}</div>'
        f'<div class="map-frame" tabindex="0" role="group" aria-label="Map of the questions, scrollable">{drawing}</div>'
        f'<p class="map-note" role="status"></p></div>'
    )


def reader(page: Page) -> str:
    """The reader's own progress, as of somebody who begins: a script fills in what the browser keeps, and nothing moves."""
    written = [question for question in all_questions() if question.page.is_file()]
    listed = [
        {
            "number": question.number,
            "name": question.name,
            "chapter": question.chapter_slug,
            "address": f"{question.chapter_slug}/{question.slug}/" if question.page.is_file() else None,
            "before": list(graph.prerequisites(question)),
        }
        for question in all_questions()
    ]
    # A "<" inside would end the script element; JSON may write it as a code.
    data = json.dumps({"questions": listed}).replace("<", chr(92) + "u003c")
    counts = Counter(question.chapter_slug for question in written)
    rows = "".join(
        f'<div class="reader-chapter" data-chapter="{chapter.slug}"><span>{escape(chapter.title)}</span>'
        f'<progress max="{count}" value="0" aria-label="{escape(chapter.title)}: 0 of {count} understood"></progress>'
        f'<span class="reader-count">0 / {count}</span></div>'
        for chapter in chapters()
        if (count := counts[chapter.slug])
    )
    actions = (("random", "Random question"), ("save", "Save progress to a file"), ("load", "Load progress"), ("clear", "Forget progress"))
    buttons = "".join(
        f'<label class="reader-load">{label}<input type="file" accept=".json,application/json"></label>'
        if action == "load"
        else f'<button type="button" data-reader="{action}">{label}</button>'
        for action, label in actions
    )
    following = '<a class="reader-next" hidden></a>'
    if written:
        first = min(written, key=lambda question: (len(graph.prerequisites(question)), question.number))
        address = f"{page.root}{first.chapter_slug}/{first.slug}/"
        following = f'<a class="reader-next" href="{address}">Next for you: {first.number} · {escape(first.name)}</a>'
    return (
        f'<div class="reader" data-root="{page.root}" data-search-exclude><script type="application/json">{data}</script>{rows}'
        f'<p class="reader-actions">{following}{buttons}</p><p class="reader-note" role="status"></p></div>'
    )


@cache
def _paths(changed: int) -> list[dict[str, Any]]:
    return list(yaml.safe_load(PATHS.read_text(encoding="utf-8")))


def paths(page: Page) -> str:
    """Each path with its questions in order, and how long the written ones take."""
    parts = []
    for path in _paths(PATHS.stat().st_mtime_ns):
        questions = [by_number(number) for number in path["questions"]]
        written = [question for question in questions if question.page.is_file()]
        time = _hours(sum(_minutes(question) for question in written))
        count = f"{len(questions)} questions" + (
            f", {time} to read" if len(written) == len(questions) else f"; {len(written)} are written, {time} to read" if written else ""
        )
        items = "".join(f'<li data-question="{q.number}">{_link(page, q)}</li>' for q in questions)
        title = path["title"]
        parts.append(
            f'<section class="path"><h2 id="{path["slug"]}">{escape(title)}</h2><p>{escape(path["for"])}</p>'
            f'<p class="path-time">{count}. <span class="path-progress"></span></p><ol class="path-list">{items}</ol></section>'
        )
    return "".join(parts)


def _link(page: Page, question: Question) -> str:
    _, address = page.link(question.number)
    name = escape(question.name)
    return f'<a href="{address}" title="{escape(question.title)}">{name}</a>' if address else f'<span class="future">{name}</span>'


def _minutes(question: Question) -> int:
    text = question.page.read_text(encoding="utf-8")
    return minutes(graph.FRONT_MATTER.sub("", text))


def _hours(total: int) -> str:
    if total < 60:
        return f"{total} minutes"
    hours = round(total / 30) / 2
    return f"{hours:g} hours" if hours != 1 else "1 hour"
