"""The page being rendered: which question it answers, its record and figures, and where its errors go."""

from __future__ import annotations

import logging
import re
from functools import cache, cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Any

import yaml
from markdown import Markdown
from markdown.util import ETX, STX

from book import figures, records
from book.claims import Claim
from book.graph import FRONT_MATTER
from book.questions import DOCS, Question, by_number, by_page

# MkDocs counts what is logged below its own logger: an error here fails `mkdocs build --strict`, also with --quiet.
log = logging.getLogger("mkdocs.book")

LEVELS = ("core", "intermediate", "advanced")


_HIDE = str.maketrans({STX: "\ue000", ETX: "\ue001"})
_SHOW = str.maketrans({"\ue000": STX, "\ue001": ETX})


class MarkupError(Exception):
    """Something on a page that cannot be rendered; the message says what and how to mend it."""


reported: set[str] = set()
"""The pages in which errors were found, by their paths below docs/."""


class AlreadyReported(MarkupError):
    """The consequence of an error that has been reported: a page without a record says so once."""


class Page:
    """What the markup of one page may refer to."""

    def __init__(self, md: Markdown) -> None:
        self.md = md
        self.build = build_of(md)
        self.src_uri, url, source = rendered_file(md)
        self.root: str = "../" * url.removeprefix("./").lstrip("/").count("/")
        self.source = source.read_text(encoding="utf-8-sig") if source else ""
        self.question: Question | None = by_page(self.src_uri) if self.src_uri else None
        self.cited: list[str] = []
        self.first_citation = 0
        self.sources_line = 0
        self.figures_used = 0
        self.explorables = 0
        self.quizzes = 0
        self.cells: list[str] = []
        self.tree_done = False
        self._record_reported = False

    # ---- errors ----

    def error(self, line: int, message: object) -> str:
        """Report an error at a line of the text; returns what stands in its place."""
        where = f"docs/{self.src_uri}:{line + self.lines_before}" if self.src_uri else f"line {line}"
        reported.add(self.src_uri)
        if not isinstance(message, AlreadyReported):
            log.error("%s: %s", where, message)
        return f'<strong class="markup-error">[{escape(str(message))}]</strong>'

    @cached_property
    def lines_before(self) -> int:
        """Lines of front matter, which the renderer cuts off with the blank lines after it."""
        found = FRONT_MATTER.match(self.source)
        if not found or not isinstance(parsed(found[1]), dict):
            return 0
        rest = self.source[found.end() :]
        return found[0].count("\n") + len(rest) - len(rest.lstrip("\n"))

    @cached_property
    def front_matter(self) -> dict[str, Any]:
        found = FRONT_MATTER.match(self.source)
        loaded = parsed(found[1]) if found else {}
        if not isinstance(loaded, dict):
            raise MarkupError(loaded)
        return loaded

    # ---- what the page may use ----

    def answered(self) -> Question:
        if self.question is None:
            raise MarkupError("this page answers no question, so it has no record, figures or example")
        return self.question

    @cached_property
    def _record(self) -> records.Record | str:
        try:
            return records.load(self.answered())
        except records.RecordError as error:
            return str(error)

    @property
    def record(self) -> records.Record:
        if isinstance(self._record, str):
            if not self._record_reported:
                self._record_reported = True
                raise MarkupError(self._record)
            raise AlreadyReported("no record")
        return self._record

    @cached_property
    def _figures(self) -> dict[str, figures.Drawn] | str:
        try:
            return figures.draw(self.answered(), self.record)
        except figures.FigureError as error:
            return str(error)

    def figure(self, name: str) -> figures.Drawn:
        if isinstance(self._figures, str):
            raise MarkupError(self._figures)
        if name not in self._figures:
            raise MarkupError(f"no figure `{name}`; the experiment draws {', '.join(self._figures)}")
        return self._figures[name]

    def claim(self, name: str) -> Claim:
        claims = {claim.name: claim for claim in self.record.claims}
        if name not in claims:
            raise MarkupError(f"no claim `{name}`; the experiment makes {', '.join(claims) or 'none'}")
        return claims[name]

    def value(self, path: str) -> Any:
        """The entry of the record at a dotted path."""
        value: Any = self.record.data
        for i, key in enumerate(path.split(".")):
            here = ".".join(path.split(".")[:i]) or "the record"
            if isinstance(value, dict):
                if key not in value:
                    raise MarkupError(f"no number `{path}`: {here} has {shortened(value)}")
                value = value[key]
            elif isinstance(value, list):
                if not re.fullmatch(r"-?\d+", key) or not -len(value) <= int(key) < len(value):
                    raise MarkupError(f"no number `{path}`: {here} is a list of {len(value)}")
                value = value[int(key)]
            else:
                raise MarkupError(f"no number `{path}`: {here} is {value!r}")
        return value

    def link(self, number: int) -> tuple[Question, str | None]:
        """A question, and the address of its page from this one, None while there is no page."""
        try:
            question = by_number(number)
        except KeyError as error:
            raise MarkupError(error.args[0]) from error
        exists = (DOCS / question.chapter_slug / f"{question.slug}.md").is_file()
        return question, f"{self.root}{question.chapter_slug}/{question.slug}/" if exists else None

    # ---- rendering ----

    def keep(self, html: str) -> str:
        """HTML that no other extension touches: a placeholder that Markdown replaces at the end."""
        return str(self.md.htmlStash.store(html))

    def fragment(self, text: str) -> str:
        """Markdown, with our markup already replaced, as HTML; a single paragraph without its tags."""
        converter = _converter()
        # Placeholders of what is kept are marked by control characters, which a second converter would remove.
        html = str(converter.reset().convert(text.translate(_HIDE))).translate(_SHOW)
        return html[3:-4] if html.startswith("<p>") and html.count("<p>") == 1 and html.endswith("</p>") else html


@cache
def _converter() -> Markdown:
    """Made once: its extensions take longer to set up than a sentence takes to convert, and a page has fifty of those."""
    return Markdown(extensions=["pymdownx.superfences", "pymdownx.inlinehilite", "attr_list", "tables"])


def rendered_file(md: Markdown) -> tuple[str, str, Path | None]:
    """The page's place under docs/, its address and its file; nothing where a text stands for itself.

    MkDocs gives every page's Markdown the file that it renders; its successor Zensical tells the place and the address.
    """
    file = getattr(md.treeprocessors["relpath"], "file", None) if "relpath" in md.treeprocessors else None
    if file is not None:
        return file.src_uri, str(file.url), Path(file.abs_src_path)
    if "rendering_context" in md.preprocessors:
        page = md.preprocessors["rendering_context"].page
        return page.path, page.url, DOCS / page.path
    return "", "", None


def build_of(md: Markdown) -> object:
    """One object for all pages of a build: MkDocs hands them the same list of files. Where none is known, each page stands alone."""
    files = getattr(md.treeprocessors["relpath"], "files", None) if "relpath" in md.treeprocessors else None
    return object() if files is None else files


@lru_cache  # the docstrings on a page of the reference share one
def parsed(front_matter: str) -> dict[str, Any] | str:
    """What the front matter says, or why it says nothing; the renderer takes the second for text of the page."""
    try:
        loaded = yaml.safe_load(front_matter)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        return f"it is not valid YAML{where}: {getattr(error, 'problem', None) or error}"
    return loaded if isinstance(loaded, dict) else "it must be lines of `name: value`"


def shortened(value: dict[str, Any]) -> str:
    keys = list(value)
    return ", ".join(keys[:12]) + (", …" if len(keys) > 12 else "")
