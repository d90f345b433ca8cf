"""Markup within a line: numbers of the record, claims, formulas, links to questions, citations."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from book.markup import bibliography, formulas, numbers
from book.markup.page import MarkupError, Page

WITHIN_PARAGRAPH = r"(?:(?!\n[ \t]*\n).)"
TOKEN = re.compile(
    rf"""
      (?P<code>(?<!`)(?P<ticks>`+)(?!`){WITHIN_PARAGRAPH}+?(?<!`)(?P=ticks)(?!`))
    | (?P<comment><!--.*?-->)
    | (?P<escaped>\\[$\[\\`])
    | \$\$(?P<display>{WITHIN_PARAGRAPH}+?)\$\$
    | \$(?P<formula>(?=[^\s$])(?:(?!\n[ \t]*\n)[^$])*?(?<=[^\s\\]))\$(?!\d)
    | \[=(?P<path>[^\]:\s]+)(?::(?P<format>[^\]\n]*))?\]
    | [ \t]*\[!(?P<claim>[^\]\s]+)\]
    | \[\[(?P<question>\d+)(?:\\?\|(?P<words>[^\]]+))?\]\]
    | \[(?P<keys>@[^\]\s]+(?:;\s*@[^\]\s]+)*)\]
    """,
    re.VERBOSE | re.DOTALL,
)


def replace(page: Page, text: str, first_line: int) -> str:
    """The text with its markup replaced; `first_line` is the line it starts at."""

    def one(token: re.Match[str]) -> str:
        for name, make in MAKERS.items():
            if token[name] is not None:
                try:
                    return make(page, token)
                except MarkupError as error:
                    return page.error(first_line + text.count("\n", 0, token.start()), error)
        return "$" if token[0] == r"\$" else token[0]

    return TOKEN.sub(one, text)


def plain(page: Page, text: str, line: int) -> str:
    """The text for an attribute: its numbers in place, without other markup."""

    def one(token: re.Match[str]) -> str:
        if token["path"] is None:
            return token[0]
        try:
            return numbers.in_text(page.value(token["path"]), token["format"])
        except MarkupError as error:
            page.error(line, error)
            return "?"

    return TOKEN.sub(one, text)


def _formula(page: Page, token: re.Match[str], display: bool) -> str:
    source = token["display" if display else "formula"]

    def number(inner: re.Match[str]) -> str:
        return numbers.in_formula(page.value(inner["path"]), inner["format"]) if inner["path"] else inner[0]

    html = formulas.to_mathml(TOKEN.sub(number, source), display)
    return page.keep(html)


def _claim(page: Page, token: re.Match[str]) -> str:
    claim = page.claim(token["claim"])
    text = f"{escape(claim.text)}. Measured: {claim.margin_text}."
    return page.keep(
        f'<button type="button" class="claim" aria-label="Checked claim: {text}">'
        f'<span aria-hidden="true">✓</span><span class="claim-text" aria-hidden="true">{text}</span></button>'
    )


def _question(page: Page, token: re.Match[str]) -> str:
    question, address = page.link(int(token["question"]))
    words = page.fragment(token["words"] or question.title.removesuffix("?"))
    if address is None:
        return page.keep(f'<span class="question-future" title="Question {question.number}">{words}</span>')
    return page.keep(f'<a href="{address}">{words}</a>')


def _citation(page: Page, token: re.Match[str]) -> str:
    links = []
    page.citations += 1
    for key in (part.strip().removeprefix("@") for part in token["keys"].split(";")):
        work = bibliography.work(key)
        if key not in page.cited:
            page.cited.append(key)
        links.append(f'<a class="citation" href="#source-{escape(key)}">{escape(work.label)}</a>')
    return page.keep(f"({'; '.join(links)})")


MAKERS: dict[str, Callable[[Page, re.Match[str]], str]] = {
    "display": lambda page, token: _formula(page, token, display=True),
    "formula": lambda page, token: _formula(page, token, display=False),
    "path": lambda page, token: numbers.in_text(page.value(token["path"]), token["format"]),
    "claim": _claim,
    "question": _question,
    "keys": _citation,
}
