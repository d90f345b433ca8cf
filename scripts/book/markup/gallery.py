"""A part of the explorables' kit in its shortest use: the live module, and beneath it the code, which is read from that very file."""

from __future__ import annotations

from html import escape

from book import heights
from book.markup.page import MarkupError, Page
from book.questions import DOCS

FOLDER = "about/gallery"
NO_RECORD = "record.json"  # a part shows no results; an address with the data in it is refused by the site's security policy


def render(page: Page, argument: str, body: list[str], line: int) -> list[str]:
    """The module runs in a figure; its first line, a comment, is the caption."""
    module = DOCS / FOLDER / f"{argument}.js"
    if not argument or not module.is_file():
        there = ", ".join(sorted(path.stem for path in (DOCS / FOLDER).glob("*.js")))
        raise MarkupError(f"no part `{argument}` in docs/{FOLDER}; there are {there}")
    first, _, code = module.read_text(encoding="utf-8").partition("\n")
    if not first.startswith("// "):
        raise MarkupError(f"docs/{FOLDER}/{module.name} must begin with a comment, `// …`, which becomes its caption")
    try:
        room = heights.attribute(f"about/explorables#part-{argument}")
    except ValueError as error:
        raise MarkupError(str(error)) from error
    figure = (
        f'<figure class="explorable part" id="part-{escape(argument)}"{room} data-explorable="{page.root}{FOLDER}/{module.name}" '
        f'data-record="{page.root}{FOLDER}/{NO_RECORD}"><div class="explorable-stage">'
        f'<p class="part-still">This part runs in a browser with JavaScript.</p></div>'
        f"<figcaption>{page.fragment(escape(first.removeprefix('// ')))}</figcaption></figure>"
    )
    return ["", page.keep(figure), "", "```js", *code.strip("\n").split("\n"), "```", ""]
