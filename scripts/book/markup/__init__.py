"""The pages' markup: what a page can say beyond Markdown, as one Python-Markdown extension.

A single pass over the page's text, before any other extension sees it, replaces the markup: numbers, claims, formulas, links to
questions and citations in `inline`, the blocks between `:::` lines in `blocks`. It knows the line of everything it finds, so an
error names page and line.
"""

from typing import Any

from markdown import Extension, Markdown
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from book.markup import footer, glossary, inline, lint
from book.markup.page import MarkupError, Page
from book.markup.text import render


class _MarkupPreprocessor(Preprocessor):
    def __init__(self, md: Markdown, checks: bool) -> None:
        super().__init__(md)
        self.page = Page(md)
        self.checks = checks

    def run(self, lines: list[str]) -> list[str]:
        self.page = Page(self.md)
        rendered = render(self.page, lines)
        if self.checks:
            lint.check(self.page, lines)
        return rendered


class _TreeDone(Treeprocessor):
    """The last of its kind: before it, others let the postprocessors run over headings alone."""

    def __init__(self, md: Markdown, markup: _MarkupPreprocessor) -> None:
        super().__init__(md)
        self.markup = markup

    def run(self, root: Any) -> None:
        self.markup.page.tree_done = True


class _Finished(Postprocessor):
    """Marks terms in the finished HTML, where it is known what is a link or a heading, and adds the page's foot."""

    def __init__(self, md: Markdown, markup: _MarkupPreprocessor) -> None:
        super().__init__(md)
        self.markup = markup

    def run(self, text: str) -> str:
        if not self.markup.page.tree_done:
            return text
        if self.markup.checks:
            lint.check_html(self.markup.page, text)
        try:
            text = glossary.mark(self.markup.page, text)
            text = self.md.postprocessors["raw_html"].run(text)  # formulas in the explanations
        except MarkupError as error:
            self.markup.page.error(1 - self.markup.page.lines_before, error)
        return inline.hold_together(text) + footer.html(self.markup.page)


class MarkupExtension(Extension):
    """Registered before code blocks are cut out, because code is left alone by position, not by what became of it."""

    def __init__(self, **settings: Any) -> None:
        self.config = {"lint": [False, "Whether a question's page is checked for all that it must have"]}
        super().__init__(**settings)

    def extendMarkdown(self, md: Markdown) -> None:
        markup = _MarkupPreprocessor(md, bool(self.getConfig("lint")))
        md.preprocessors.register(markup, "book_markup", 28)
        md.treeprocessors.register(_TreeDone(md, markup), "book_tree_done", -100)
        md.postprocessors.register(_Finished(md, markup), "book_finished", 2)


def makeExtension(**settings: Any) -> MarkupExtension:
    return MarkupExtension(**settings)
