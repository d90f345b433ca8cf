"""Lists of the book's questions for the home page and the chapters' opening pages."""

from html import escape

from book.questions import Chapter, Question, chapters


def progress_html() -> str:
    """How much of the book exists."""
    questions = [question for chapter in chapters() for question in chapter.questions]
    written = sum(question.page.is_file() for question in questions)
    return f'<p class="book-progress">{written} of {len(questions)} questions have their page.</p>'


def contents_html(prefix: str, chapter_slug: str | None = None) -> str:
    """All chapters, or one, with their questions; `prefix` leads from the page to the site's root."""
    chosen = [chapter for chapter in chapters() if chapter_slug in (None, chapter.slug)]
    if not chosen:
        raise ValueError(
            f"unknown chapter `{chapter_slug}`; known: {', '.join(chapter.slug for chapter in chapters())}"
        )
    return "\n".join(_chapter_html(chapter, prefix, heading=chapter_slug is None) for chapter in chosen)


def _chapter_html(chapter: Chapter, prefix: str, heading: bool) -> str:
    title = escape(chapter.title)
    if (chapter.folder / "index.md").is_file():
        title = f'<a href="{prefix}{chapter.slug}/">{title}</a>'
    items = "\n".join(_item_html(question, prefix) for question in chapter.questions)
    list_html = f'<ol class="chapter-list" role="list">\n{items}\n</ol>'
    return f'<h2 id="{chapter.slug}">{title}</h2>\n{list_html}' if heading else list_html


def _item_html(question: Question, prefix: str) -> str:
    title = escape(question.title)
    if question.page.is_file():
        title = f'<a href="{prefix}{question.chapter_slug}/{question.slug}/">{title}</a>'
    else:
        title = f'<span class="future">{title}</span>'
    return f'<li data-question="{question.number}"><span class="number" aria-hidden="true">{question.number}</span>{title}</li>'
