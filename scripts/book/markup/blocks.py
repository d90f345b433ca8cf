"""Blocks between `:::` lines: the answer, figures, explorables, source, examples, quizzes, lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path

from book import contents, heights, reference, runtime
from book import examples as example_files
from book.markup import assets, bibliography, gallery, glossary, inline, predict, quiz, source, ways
from book.markup.page import MarkupError, Page

ANSWER_WORDS = (40, 80)
SOURCES_MARK = "book-sources-go-here"
PARTS = re.compile(r"^export const parts = \[([^\]]*)\];$", re.MULTILINE)


@dataclass(frozen=True)
class Kind:
    """A block: how it is rendered, and whether it has a body and a closing line."""

    render: Callable[[Page, str, list[str], int], list[str]]
    has_body: bool


def _answer(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    text = "\n".join(body).strip()
    words = len(re.sub(r"\$[^$]*\$", "x", re.sub(r"\[[=!@][^\]]*\]", "x", text)).split())
    if not ANSWER_WORDS[0] <= words <= ANSWER_WORDS[1]:
        raise MarkupError(f"the answer has {words} words; it needs {ANSWER_WORDS[0]} to {ANSWER_WORDS[1]}")
    html = page.fragment(inline.replace(page, "\n".join(body), line + 1))
    html = html if html.startswith("<p>") else f"<p>{html}</p>"
    return [page.keep(f'<div class="answer"><p class="answer-label">In one minute</p>{html}</div>')]


# ---- figures ----


def _alt_and_caption(page: Page, kind: str, body: list[str], line: int) -> tuple[str, str]:
    """The alt text and the caption's HTML of a figure."""
    end = next((i for i, text in enumerate(body) if not text.strip()), len(body))
    first = " ".join(text.strip() for text in body[:end])
    if not first.startswith("alt:") or not first.removeprefix("alt:").strip():
        raise MarkupError(
            f"this {kind} has no alt text: start it with a line `alt: …` that states what the picture shows"
        )
    caption = "\n".join(body[end:]).strip()
    if not caption:
        raise MarkupError(f"this {kind} has no caption: write it after the alt text and a blank line")
    offset = end + len(body[end:]) - len("\n".join(body[end:]).lstrip("\n").split("\n"))
    alt = inline.plain(page, first.removeprefix("alt:").strip(), line + 1)
    return alt, page.fragment(inline.replace(page, caption, line + 1 + offset))


def _images(page: Page, name: str, alt: str) -> str:
    """The figure in both schemes; the theme shows one, and the browser loads only that."""
    page.figures_used += 1
    drawn = page.figure(name)
    assets.use(drawn)
    return "".join(
        f'<img class="figure-image" src="{page.root}{drawn.site_path(scheme)}#only-{scheme}" alt="{escape(alt)}" '
        f'width="{drawn.width}" height="{drawn.height}"{_loading(page, scheme)}>'
        for scheme in ("light", "dark")
    )


def _loading(page: Page, scheme: str) -> str:
    """A browser fetches a lazy image only if it is shown; the page's first figure, in the usual scheme, is not to wait."""
    return "" if page.figures_used == 1 and scheme == "light" else ' loading="lazy"'


def _figure(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    alt, caption = _alt_and_caption(page, "figure", body, line)
    images = _images(page, argument, alt)
    return [page.keep(f'<figure class="figure">{images}<figcaption>{caption}</figcaption></figure>')]


def parts_of(module: Path) -> list[str]:
    """The families of parts that an explorable names, so that a browser can ask for them before it has the module."""
    named = PARTS.search(module.read_text(encoding="utf-8"))
    return re.findall(r"[\w-]+", named[1]) if named else []


def _explorable(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    question = page.answered()
    page.explorables += 1
    alt, caption = _alt_and_caption(page, "explorable", body, line)
    if not question.explorable.is_file():
        raise MarkupError(f"docs/{question.chapter_slug}/{question.explorable.name} is missing")
    images = _images(page, argument, alt)
    module, record = (
        f"{page.root}{question.chapter_slug}/{path.name}" for path in (question.explorable, question.record)
    )
    names = parts_of(question.explorable)
    parts = f' data-parts="{" ".join(names)}"' if names else ""
    try:
        room = heights.attribute(f"{question.chapter_slug}/{question.slug}")
    except ValueError as error:
        raise MarkupError(str(error)) from error
    return [
        page.keep(
            f'<figure class="explorable"{room}{parts} data-explorable="{module}" data-record="{record}">'
            f'<div class="explorable-stage">{images}</div><figcaption>{caption}</figcaption></figure>'
        )
    ]


# ---- code ----


def _source(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    if not argument.split():
        raise MarkupError("name a function or class: `::: source dlprimer.softmax`")
    lines: list[str] = []
    for name in argument.split():
        code, path = source.of(name)
        lines += [
            "```python",
            *code.split("\n"),
            "```",
            "",
            page.keep(f'<p class="source-caption">{escape(path)}</p>'),
            "",
        ]
    return lines


def _example(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    question = page.answered()
    if not question.example.is_file():
        raise MarkupError(f"docs/{question.chapter_slug}/{question.example.name} is missing")
    try:
        cells = example_files.cells(question.example)
    except example_files.ExampleError as error:
        raise MarkupError(str(error)) from error
    printed = {cell["name"]: cell["output"] for cell in page.record.examples}
    chosen = [cell for cell in cells if argument in ("", cell.name)]
    if not chosen:
        raise MarkupError(
            f"no cell `{argument}` in {question.example.name}; it has {', '.join(cell.name for cell in cells)}"
        )
    lines: list[str] = []
    for cell in chosen:
        # A cell may need what earlier ones define, also where the page does not show them.
        unseen = [other.code for other in cells[: cells.index(cell)] if other.name not in page.cells]
        page.cells += [other.name for other in cells[: cells.index(cell) + 1]]
        before = f' data-before="{escape(json.dumps(unseen))}"' if unseen else ""
        lines += [page.keep(f'<div class="cell" data-cell="{cell.name}" data-megabytes="{runtime.megabytes()}"{before}>'), ""]
        lines += ["```python", *cell.code.split("\n"), "```", ""]
        if printed[cell.name]:
            output = f'<pre tabindex="0"><code>{escape(printed[cell.name])}</code></pre>'
            lines += [page.keep(f'<div class="example-output" role="group" aria-label="Output">{output}</div>'), ""]
        lines += [page.keep("</div>"), ""]
    address = f"{page.root}{question.chapter_slug}/{question.example.name}"
    caption = (
        f'Run when the record was made; the code is in <a href="{address}" download>{question.example.name}</a> '
        f'and in a <a href="{address.removesuffix(".py")}.ipynb" download>notebook</a>.'
    )
    return [*lines, page.keep(f'<p class="example-caption">{caption}</p>')]


# ---- lists ----


def _sources(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    if page.sources_line:
        raise MarkupError("a second `::: sources`: all works the page cites stand in one list")
    page.sources_line = line
    return [SOURCES_MARK]


def _contents(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    try:
        return [page.keep(f"<div>{contents.contents_html(page.root, argument or None)}</div>")]
    except ValueError as error:
        raise MarkupError(str(error)) from error


def _api(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    names = reference.public_names(argument)
    if not names:
        raise MarkupError(f"dlprimer exports nothing from `{argument}`")
    return [text for name in names for text in ("", f"::: dlprimer.{name}", "")]


def _names(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    """Every public name with its summary, grouped by the pages of the reference."""
    parts = []
    for slug, title, names in reference.groups():
        items = "".join(
            f'<dt><a href="{page.root}{reference.address_of(name)}"><code>{escape(name)}</code></a></dt>'
            f"<dd>{page.fragment(escape(summary))}</dd>"
            for name, summary in names
        )
        heading = f'<h2 id="{slug}"><a href="{page.root}reference/{slug}/">{escape(title)}</a></h2>'
        parts.append(f'{heading}<dl class="names">{items}</dl>')
    return [page.keep(f'<div class="reference">{"".join(parts)}</div>')]


def _progress(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    return [page.keep(contents.progress_html())]


def _bibliography(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    return [page.keep(bibliography.listed(page.root))]


def _glossary(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    return [page.keep(glossary.listed(page))]


def _map(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    return [page.keep(ways.question_map(page))]


def _paths(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    return [page.keep(f"<div>{ways.paths(page)}</div>")]


def _reader(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    return [page.keep(ways.reader(page))]


def finish(page: Page, lines: list[str]) -> list[str]:
    """Put the list of sources where it belongs, now that all citations are known."""
    if page.cited and not page.sources_line:
        page.error(page.first_citation, "the page cites works but has no `::: sources`")
    if page.sources_line and not page.first_citation:
        page.error(page.sources_line, "`::: sources` on a page that cites nothing")
    items = "".join(f'<li id="source-{escape(key)}">{bibliography.work(key).html}</li>' for key in page.cited)
    listed = f'<ol class="sources">{items}</ol>' if items else ""
    return [line.replace(SOURCES_MARK, page.keep(listed)) if line.strip() == SOURCES_MARK else line for line in lines]


KINDS: dict[str, Kind] = {
    "answer": Kind(_answer, True),
    "figure": Kind(_figure, True),
    "explorable": Kind(_explorable, True),
    "source": Kind(_source, False),
    "example": Kind(_example, False),
    "quiz": Kind(quiz.render, True),
    "predict": Kind(partial(predict.render, _images), True),
    "part": Kind(gallery.render, False),
    "sources": Kind(_sources, False),
    "bibliography": Kind(_bibliography, False),
    "glossary": Kind(_glossary, False),
    "map": Kind(_map, False),
    "paths": Kind(_paths, False),
    "reader": Kind(_reader, False),
    "contents": Kind(_contents, False),
    "api": Kind(_api, False),
    "names": Kind(_names, False),
    "progress": Kind(_progress, False),
}
