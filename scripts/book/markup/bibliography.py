"""The works that pages cite, from docs/bibliography.bib."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from book.markup.page import MarkupError
from book.questions import DOCS, all_questions

FILE = DOCS / "bibliography.bib"


@dataclass(frozen=True)
class Work:
    """One cited work: how it is called in the text, and its entry in a list of sources, as HTML."""

    key: str
    label: str
    html: str


def work(key: str) -> Work:
    """The work with this key.

    Raises:
        MarkupError: If the bibliography does not hold it.
    """
    changed = FILE.stat().st_mtime_ns if FILE.is_file() else 0
    entries = _entries(FILE, changed)
    if key not in entries:
        near = get_close_matches(key, entries, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else "; add it there once it is verified"
        raise MarkupError(f"no work `{key}` in docs/{FILE.name}{hint}")
    return _work(key, FILE, changed)


def listed(root: str) -> str:
    """Every work in the bibliography, by its first author, with the pages that cite it."""
    changed = FILE.stat().st_mtime_ns if FILE.is_file() else 0
    works = [_work(key, FILE, changed) for key in _entries(FILE, changed)]
    rows = []
    pages = [(question, cited_on(question.page)) for question in all_questions()]
    for item in sorted(works, key=lambda work: (work.label.lower(), work.key)):
        citing = [question for question, keys in pages if item.key in keys]
        links = " · ".join(f'<a href="{root}{q.chapter_slug}/{q.slug}/">{escape(q.name)}</a>' for q in citing)
        rows.append(f'<li id="{escape(item.key)}">{item.html}<div class="cited-on">{links}</div></li>')
    return f'<ul class="sources bibliography">{"".join(rows)}</ul>'


def cited_on(page: Path) -> frozenset[str]:
    """The keys of the works that a page cites."""
    return _cited_on(page, page.stat().st_mtime_ns) if page.is_file() else frozenset()


@cache
def _cited_on(page: Path, changed: int) -> frozenset[str]:
    groups = re.findall(r"\[(@[^\]\s;,]+(?:;\s*@[^\]\s;,]+)*)\](?!\()", page.read_text(encoding="utf-8"))
    return frozenset(key for group in groups for key in re.findall(r"@([^\]\s;,]+)", group))


@cache
def _entries(file: Path, changed: int) -> dict[str, Any]:
    from pybtex.database import parse_file
    from pybtex.exceptions import PybtexError

    if not file.is_file():
        return {}
    try:
        return dict(parse_file(str(file), bib_format="bibtex").entries)
    except PybtexError as error:
        raise MarkupError(f"docs/{file.name} cannot be read: {error}") from error


@cache
def _work(key: str, file: Path, changed: int) -> Work:
    entry = _entries(file, changed)[key]
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    if not people or "title" not in entry.fields:
        raise MarkupError(f"the work `{key}` in docs/{file.name} needs an author or editor, and a title")
    last = [_text(" ".join(person.prelast_names + person.last_names)) for person in people]
    names = [_name(person) for person in people]
    year = _text(entry.fields.get("year", "no year"))
    short = last[0] if len(last) == 1 else f"{last[0]} and {last[1]}" if len(last) == 2 else f"{last[0]} et al."
    listed = names if len(names) <= 8 else [*names[:6], "et al."]
    authors = (
        listed[0] if len(listed) == 1 else ", ".join(listed[:-1]) + (", " if len(listed) > 2 else " and ") + listed[-1]
    )
    if len(listed) > 2 and listed[-1] != "et al.":
        authors = ", ".join(listed[:-1]) + " and " + listed[-1]
    title = _text(entry.fields["title"])
    venue = next(
        (
            _text(entry.fields[f])
            for f in ("journal", "booktitle", "publisher", "howpublished", "school")
            if f in entry.fields
        ),
        "",
    )
    numbers = ""
    if "volume" in entry.fields:
        numbers = f" {_text(entry.fields['volume'])}" + (
            f"({_text(entry.fields['number'])})" if "number" in entry.fields else ""
        )
    if "pages" in entry.fields:
        numbers += f", {_text(entry.fields['pages'])}"
    parts = [
        f"{escape(authors.rstrip('.'))}. {escape(title)}{'' if title.endswith(('?', '!')) else '.'}",
        f" <em>{escape(venue)}</em>{escape(numbers)}, {escape(year)}." if venue else f" {escape(year)}.",
    ]
    if address := _address(entry.fields):
        parts.append(f' <a href="{escape(address[0])}" rel="noopener">{escape(address[1])}</a>')
    return Work(key, f"{short}, {year}", "".join(parts))


def _name(person: Any) -> str:
    initials = [re.sub(r"(\w)\w*\.?", r"\1.", _text(part)) for part in person.first_names + person.middle_names]
    return " ".join(
        [*initials, *(_text(part) for part in person.prelast_names + person.last_names + person.lineage_names)]
    )


def _address(fields: Any) -> tuple[str, str] | None:
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}", f"doi:{fields['doi']}"
    if fields.get("eprint") and fields.get("archiveprefix", "arXiv").lower() == "arxiv":
        return f"https://arxiv.org/abs/{fields['eprint']}", f"arXiv:{fields['eprint']}"
    if "url" in fields:
        return fields["url"], re.sub(r"^https?://(www\.)?", "", fields["url"]).rstrip("/")
    return None


def _text(latex: str) -> str:
    from pybtex.richtext import Text

    return str(Text.from_latex(latex).render(_plain_text())).replace("--", "–")


@cache
def _plain_text() -> Any:
    """Made once: to look the backend up by name goes through every installed package."""
    from pybtex.backends.plaintext import Backend

    return Backend()
