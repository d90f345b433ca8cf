"""The foot of a question's page: what the library has for it, and which pages build on it."""

from __future__ import annotations

import os
import re
from functools import cache, lru_cache
from html import escape

from book import reference
from book.graph import prerequisites
from book.markup.page import MarkupError, Page
from book.questions import Question, all_questions

REFERENCE = re.compile(r"\[\[(\d+)(?:\|[^\]]+)?\]\]")


def html(page: Page) -> str:
    """Links to the reference and to the pages that need or mention this one; nothing on other pages."""
    question = page.question
    if question is None:
        return ""
    rows = []
    names = sorted(reference.explained_by(question.number), key=str.lower) if reference.pages() else []
    try:
        links = [f'<a href="{page.root}{reference.address_of(name)}"><code>{escape(name)}</code></a>' for name in names]
    except MarkupError as error:
        links = [page.error(1 - page.lines_before, error)]
    if links:
        rows.append(f"<p>In the library: {' · '.join(links)}</p>")
    if users := _users(page.build).get(question.number):
        links = [f'<a href="{page.root}{user.chapter_slug}/{user.slug}/">{escape(user.name)}</a>' for user in users]
        rows.append(f"<p>Used by: {' · '.join(links)}</p>")
    return f'\n<div class="page-foot" data-search-exclude>{"".join(rows)}</div>' if rows else ""


@lru_cache(maxsize=1)
def _users(build: object) -> dict[int, list[Question]]:
    """The questions whose pages need or mention one, by its number; looked up once in a build, as every page asks for its own."""
    found: dict[int, list[Question]] = {}
    for user in all_questions():
        for number in uses(user) - {user.number}:
            found.setdefault(number, []).append(user)
    return found


def uses(question: Question) -> frozenset[int]:
    """The questions that a page, once it stands, asks to read before or refers to."""
    try:
        return _uses(question, os.stat(question.page).st_mtime_ns)
    except FileNotFoundError:
        return frozenset()


@cache
def _uses(question: Question, changed: int) -> frozenset[int]:
    return frozenset([*prerequisites(question), *map(int, REFERENCE.findall(question.page.read_text(encoding="utf-8")))])
