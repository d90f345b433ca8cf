"""The pages' markup: what a page can say beyond Markdown, as one Python-Markdown extension.

A single pass over the page's text, before any other extension sees it, replaces the markup: numbers, claims, formulas, links to
questions and citations in `inline`, the blocks between `:::` lines in `blocks`. It knows the line of everything it finds, so an
error names page and line.
"""

from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from book.markup.page import Page
from book.markup.text import render


class _MarkupPreprocessor(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return render(Page(self.md), lines)


class MarkupExtension(Extension):
    """Registered before code blocks are cut out, because code is left alone by position, not by what became of it."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.preprocessors.register(_MarkupPreprocessor(md), "book_markup", 28)


def makeExtension(**settings: Any) -> MarkupExtension:
    return MarkupExtension(**settings)
