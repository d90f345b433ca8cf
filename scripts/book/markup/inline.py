"""Markup within a line: numbers of the record, claims, formulas, links to questions, citations."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from book.markup import bibliography, formulas, numbers
from book.markup.page import MarkupError, Page

LINK = re.compile(r"<a .*?</a>")
JOINED = re.compile(r"</?(?:code|pre|math|script|style|svg)\b| [±×] ")
WITHIN_PARAGRAPH = r"(?:(?!\n[ \t]*\n).)"
TOKEN = re.compile(
    rf"""
      (?P<code>(?<!`)(?P<ticks>`+)(?!`){WITHIN_PARAGRAPH}+?(?<!`)(?P=ticks)(?!`))
    | (?P<comment><!--.*?-->)
    | (?P<escaped>\\[$\[\\`])
    | \$\$(?P<display>{WITHIN_PARAGRAPH}+?)\$\$
    | \$(?P<formula>(?=[^\s$])(?:(?!\n[ \t]*\n)[^$])*?(?<=[^\s\\]))\$(?!\d)(?P<after>[,.;:!?)]*)
    | \[=(?P<path>[^\]:\s]+)(?::(?P<format>[^\]\n]*))?\]
    | [ \t]*\[!(?P<claim>[^\]\s]+)\](?P<closing>[,.;:!?)]*)
    | \[\[(?P<question>\d+)(?:\\?\|(?P<words>[^\]]+))?\]\]
    | \[(?P<keys>@[^\]\s;,]+(?:;\s*@[^\]\s;,]+)*)\](?!\()
    | (?P<broken>\[[=!@][ \t]*[A-Za-z0-9][^\]\n]*(?:\](?!\()|(?=\n|\Z)) | \$\$ | \$(?=\\))
    """,
    re.VERBOSE | re.DOTALL,
)


def replace(page: Page, text: str, first_line: int) -> str:
    """The text with its markup replaced; `first_line` is the line it starts at."""

    def one(token: re.Match[str]) -> str:
        if token["keys"]:
            page.first_citation = page.first_citation or line_of(token)
        for name, make in MAKERS.items():
            if token[name] is not None:
                try:
                    return make(page, token)
                except MarkupError as error:
                    return page.error(line_of(token), error)
        return "$" if token[0] == r"\$" else token[0]

    def line_of(token: re.Match[str]) -> int:
        return first_line + text.count("\n", 0, token.start())

    return TOKEN.sub(one, text)


def hold_together(html: str) -> str:
    """Numbers joined by ± or × stay on one line; code and formulas are left as they are."""
    literal = 0

    def one(found: re.Match[str]) -> str:
        nonlocal literal
        if found[0].startswith("<"):
            literal += -1 if found[0].startswith("</") else 1
            return found[0]
        in_tag = html.rfind("<", 0, found.start()) > html.rfind(">", 0, found.start())
        return found[0] if literal or in_tag else found[0].replace(" ", "\u00a0")

    return JOINED.sub(one, html)


def plain(page: Page, text: str, line: int) -> str:
    """The text for an attribute, which holds words and numbers only."""

    def one(token: re.Match[str]) -> str:
        if token["escaped"] or token["code"]:
            return token[0].lstrip("\\").strip("`")
        try:
            if token["path"] is None:
                said = token[0].removesuffix(token["after"] or "").strip()
                raise MarkupError(f"an alt text is read aloud: say {said} in words")
            return numbers.in_text(page.value(token["path"]), token["format"])
        except MarkupError as error:
            page.error(line, error)
            return "?"

    return TOKEN.sub(one, text)


def _formula(page: Page, token: re.Match[str], display: bool) -> str:
    source = token["display" if display else "formula"]

    def number(inner: re.Match[str]) -> str:
        return numbers.in_formula(page.value(inner["path"]), inner["format"]) if inner["path"] else inner[0]

    mathml = formulas.to_mathml(TOKEN.sub(number, source), display)
    if not display:
        return page.keep(formulas.unbroken(mathml, token["after"]))
    tag = "div" if _alone(token) else "span"
    return page.keep(f'<{tag} class="formula" tabindex="0" role="group" aria-label="Formula">{mathml}</{tag}>')


def _alone(token: re.Match[str]) -> bool:
    """Whether a paragraph holds nothing else: within other words only what belongs in a paragraph may stand."""
    before, after = token.string[: token.start()], token.string[token.end() :]
    return bool(re.search(r"(?:\A|\n[ \t]*\n)[ \t]*\Z", before) and re.match(r"[ \t]*(?:\Z|\n[ \t]*(?:\n|\Z))", after))


def _claim(page: Page, token: re.Match[str]) -> str:
    claim = page.claim(token["claim"])
    text = f"{escape(claim.text.rstrip('.'))}. Measured: {claim.margin_text}."
    # The joiner keeps the mark with the word before it, the span a comma with the mark: neither starts a line.
    return page.keep(
        f'<span class="unbroken">\u2060<button type="button" class="claim" data-search-exclude aria-label="Checked claim: {text}">'
        f'<span aria-hidden="true">✓</span><span class="claim-text" aria-hidden="true">{text}</span></button>{token["closing"]}</span>'
    )


def _question(page: Page, token: re.Match[str]) -> str:
    question, address = page.link(int(token["question"]))
    words = page.fragment(token["words"] or question.title.removesuffix("?"))
    if address is None:
        return page.keep(f'<span class="question-future" title="Question {question.number}">{words}</span>')
    return page.keep(f'<a href="{address}">{words}</a>')


def _citation(page: Page, token: re.Match[str]) -> str:
    links = []
    for key in (part.strip().removeprefix("@") for part in token["keys"].split(";")):
        work = bibliography.work(key)
        if key not in page.cited:
            page.cited.append(key)
        links.append(
            f'<a class="citation" href="#source-{escape(key)}" aria-describedby="source-{escape(key)}">{escape(work.label)}'
            f'<span class="citation-text" aria-hidden="true" data-search-exclude>{LINK.sub("", work.html).strip()}</span></a>'
        )
    return page.keep(f"({'; '.join(links)})")


def _broken(page: Page, token: re.Match[str]) -> str:
    if token["broken"].startswith("$"):
        raise MarkupError("this formula does not end within its paragraph: close it, or write \\$ for a dollar")
    forms = {"=": "`[=path]` or `[=path:format]`", "!": "`[!claim]`", "@": "`[@key]` or `[@key; @other]`"}
    raise MarkupError(f"{token['broken']!r} is not understood: write {forms[token['broken'][1]]}")


MAKERS: dict[str, Callable[[Page, re.Match[str]], str]] = {
    "display": lambda page, token: _formula(page, token, display=True),
    "formula": lambda page, token: _formula(page, token, display=False),
    "path": lambda page, token: escape(numbers.in_text(page.value(token["path"]), token["format"]), quote=False),
    "claim": _claim,
    "question": _question,
    "keys": _citation,
    "broken": _broken,
}
