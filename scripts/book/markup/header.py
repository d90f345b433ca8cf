"""The head of a page: its title is its question, and beneath it stand level, reading time and what to read before."""

from __future__ import annotations

import re
from html import escape

from book.markup.page import LEVELS, MarkupError, Page

WORDS_PER_MINUTE = 220
NOT_READ = re.compile(r"^```.*?^```|^::: quiz.*?^:::$|^\?\?\? .*?(?=^\S)", re.MULTILINE | re.DOTALL)


def insert(page: Page, lines: list[str], source: list[str]) -> list[str]:
    """Check the page's title and front matter, and put the line of facts beneath the title."""
    question = page.question
    try:
        named = page.front_matter.get("question")
    except MarkupError as error:
        page.error(1 - page.lines_before, f"front matter: {error}")
        return lines
    if question is None:
        if named is not None:
            page.error(1 - page.lines_before, f"front matter names question {named}, whose page is elsewhere")
        return lines
    at = next((i for i, line in enumerate(lines) if line.startswith("# ")), None)
    title = lines[at].removeprefix("# ").strip() if at is not None else ""
    if at is None or title != question.title:
        page.error(next((i + 1 for i, line in enumerate(source) if line.startswith("# ")), 1),
                   f"the title must be the question, word for word: # {question.title}")  # fmt: skip
        return lines
    try:
        facts = _facts(page, "\n".join(source))
    except MarkupError as error:
        page.error(1 - page.lines_before, f"front matter: {error}")
        return lines
    return [
        *lines[: at + 1],
        "",
        page.keep(f'<div class="page-meta" data-search-exclude>{facts}</div>'),
        "",
        *lines[at + 1 :],
    ]


def _facts(page: Page, text: str) -> str:
    question, meta = page.answered(), page.front_matter
    if meta.get("question") != question.number:
        raise MarkupError(f"question: must be {question.number}, got {meta.get('question')!r}")
    if meta.get("level") not in LEVELS:
        raise MarkupError(f"level: must be one of {', '.join(LEVELS)}, got {meta.get('level')!r}")
    description = meta.get("description")
    if not isinstance(description, str) or not 40 <= len(description) <= 160:
        raise MarkupError("description: must be a sentence of 40 to 160 characters")
    before = meta.get("prerequisites", [])
    if not isinstance(before, list) or any(not isinstance(number, int) for number in before):
        raise MarkupError(f"prerequisites: must be a list of question numbers, got {before!r}")
    facts = [
        f"<span>Question {question.number}</span>",
        f'<span class="level">{meta["level"]}</span>',
        f"<span>{minutes(text)} min</span>",
    ]
    if before:
        facts.append(f"<span>Read before: {' · '.join(_short_link(page, number) for number in before)}</span>")
    button = f'<button type="button" class="understood" data-question="{question.number}" aria-pressed="false">Mark as understood</button>'
    return "".join([*facts, button])


def minutes(text: str) -> int:
    """How long a page takes to read, in minutes; code, quizzes and what is folded do not count."""
    return max(1, round(len(NOT_READ.sub("", text).split()) / WORDS_PER_MINUTE))


def _short_link(page: Page, number: int) -> str:
    question, address = page.link(number)
    name, title = escape(question.name), escape(f"Question {number}: {question.title}")
    if address is None:
        return f'<span class="question-future" title="{title}">{name}</span>'
    return f'<a href="{address}" title="{title}">{name}</a>'
