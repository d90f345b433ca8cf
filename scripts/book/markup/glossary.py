"""The field's terms from docs/glossary.yml: explained on first use in a page, and listed on a page of their own.

A term is marked where a page uses it first, outside headings, links, code and formulas, and not on the page that explains it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

import yaml

from book.markup import inline
from book.markup.page import MarkupError, Page
from book.questions import DOCS, all_questions

FILE = DOCS / "glossary.yml"
FIELDS = {"text", "question", "also"}
WITHOUT = {"a", "button", "code", "h1", "h2", "h3", "h4", "label", "legend", "math", "pre", "script", "style", "summary", "svg", "th"}
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}
TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)([^>]*?)(/?)>|<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """A term, the other forms it is found under, what it means, and the question that explains it."""

    name: str
    also: tuple[str, ...]
    text: str
    question: int

    @property
    def anchor(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def forms(self) -> tuple[str, ...]:
        return (self.name, *self.also)


def terms() -> dict[str, Term]:
    """All terms by name.

    Raises:
        MarkupError: If the file says something about a term that cannot be used.
    """
    return _terms(FILE, FILE.stat().st_mtime_ns) if FILE.is_file() else {}


@cache
def _terms(file: Path, changed: int) -> dict[str, Term]:
    text = file.read_text(encoding="utf-8")
    twice = [name for name, count in Counter(re.findall(r"^([^\s#:][^:\n]*):", text, re.MULTILINE)).items() if count > 1]
    if twice:  # YAML takes the last and says nothing
        raise MarkupError(f"docs/{file.name} explains `{twice[0]}` twice")
    try:
        listed = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise MarkupError(f"docs/{file.name} is not valid YAML: {error}") from error
    if not isinstance(listed, dict):
        raise MarkupError(f"docs/{file.name} must be terms with their fields")
    found: dict[str, Term] = {}
    taken: dict[str, str] = {}
    for name, entry in listed.items():
        if not isinstance(entry, dict) or entry.keys() - FIELDS or not {"text", "question"} <= entry.keys():
            raise MarkupError(f"docs/{file.name}: `{name}` needs text and question, and may have also, a list of other forms")
        if not isinstance(entry["text"], str) or entry["question"] not in range(1, len(all_questions()) + 1):
            raise MarkupError(f"docs/{file.name}: `{name}` needs a sentence as text and a question's number")
        term = Term(str(name), tuple(entry.get("also", ())), entry["text"], entry["question"])
        for form in term.forms:
            if form.lower() in taken:
                raise MarkupError(f"docs/{file.name}: `{form}` stands for both `{taken[form.lower()]}` and `{name}`")
            taken[form.lower()] = str(name)
        found[term.name] = term
    return found


@cache
def _pattern(file: Path, changed: int) -> tuple[re.Pattern[str], dict[str, Term]]:
    by_form = {form.lower(): term for term in _terms(file, changed).values() for form in term.forms}
    # By first letter, as the engine tries one form after the other at every word; the longest first.
    ordered = sorted(by_form, key=lambda form: (form[0], -len(form)))
    forms = {
        first: "|".join(re.escape(form[1:]).replace(r"\ ", r"\s+") for form in group)
        for first, group in groupby(ordered, key=lambda form: form[0])
    }
    spaced = "|".join(f"{re.escape(first)}(?:{rest})" for first, rest in forms.items())
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])", re.IGNORECASE), by_form


UNEXPLAINED = ("data-search-exclude", "example-output", 'class="sources', "source-caption")  # parts of a page without terms


def mark(page: Page, html: str) -> str:
    """The page's HTML with each term explained where it stands first."""
    if page.question is None or not FILE.is_file():
        return html
    pattern, by_form = _pattern(FILE, FILE.stat().st_mtime_ns)
    if not by_form:
        return html
    seen = {term.name for term in by_form.values() if term.question == page.question.number}
    closed: list[str] = []  # elements without terms that are open
    depth: list[tuple[str, bool]] = []
    result: list[str] = []
    position = 0

    def text(chunk: str) -> str:
        if closed or not chunk.strip():
            return chunk
        return pattern.sub(one, chunk)

    def one(found: re.Match[str]) -> str:
        term = by_form[re.sub(r"\s+", " ", found[0]).lower()]
        if term.name in seen:
            return found[0]
        seen.add(term.name)
        return _marked(page, term, found[0])

    for tag in TAG.finditer(html):
        result.append(text(html[position : tag.start()]))
        result.append(tag[0])
        position = tag.end()
        name = (tag[2] or "").lower()
        if not name or name in VOID or tag[4]:
            continue
        if not tag[1]:
            without = name in WITHOUT or any(mark in tag[3] for mark in UNEXPLAINED)
            depth.append((name, without))
            if without:
                closed.append(name)
        else:
            while depth:
                last, without = depth.pop()
                if without:
                    closed.pop()
                if last == name:
                    break
    result.append(text(html[position:]))
    return "".join(result)


def _marked(page: Page, term: Term, words: str) -> str:
    name = f"term-{term.anchor}"
    return (
        f'<a class="term" href="{page.root}glossary/#{term.anchor}" aria-describedby="{name}">{words}'
        f'<span class="term-text" id="{name}" role="tooltip" data-search-exclude>{_explained(page, term)}</span></a>'
    )


def _explained(page: Page, term: Term) -> str:
    return page.fragment(inline.replace(page, term.text, 1))


def listed(page: Page) -> str:
    """Every term with what it means, the question that explains it and the pages that use it."""
    rows = []
    pages = [(question, used_on(question.page)) for question in all_questions()]
    for term in sorted(terms().values(), key=lambda term: term.name.lower()):
        question, address = page.link(term.question)
        where = f'<a href="{address}">{escape(question.name)}</a>' if address else escape(question.name)
        users = [user for user, names in pages if user.number != term.question and term.name in names]
        used = " · ".join(f'<a href="{page.root}{u.chapter_slug}/{u.slug}/">{escape(u.name)}</a>' for u in users)
        links = f"Question {term.question}: {where}." + (f" Used in {used}." if used else "")
        links += f" Also: {escape(', '.join(term.also))}." if term.also else ""
        explained = f'{_explained(page, term)}<p class="term-links">{links}</p>'
        rows.append(f'<dt id="{term.anchor}">{escape(term.name)}</dt><dd>{explained}</dd>')
    return f'<dl class="glossary">{"".join(rows)}</dl>'


def used_on(page: Path) -> frozenset[str]:
    """The names of the terms in a page's text."""
    return _used(page, page.stat().st_mtime_ns, FILE, FILE.stat().st_mtime_ns) if page.is_file() else frozenset()


@cache
def _used(file: Path, changed: int, source: Path, source_changed: int) -> frozenset[str]:
    pattern, by_form = _pattern(source, source_changed)
    found = pattern.findall(file.read_text(encoding="utf-8"))
    return frozenset(by_form[re.sub(r"\s+", " ", form).lower()].name for form in found)
