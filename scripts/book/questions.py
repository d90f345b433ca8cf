"""The hundred questions: their numbers, titles and where the parts of each live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EXPERIMENTS = ROOT / "scripts" / "experiments"


@dataclass(frozen=True)
class Question:
    """One question and the paths of its parts; a part need not exist yet."""

    number: int
    slug: str
    title: str
    name: str
    level: str
    prerequisites: tuple[int, ...]
    chapter_slug: str

    @property
    def page(self) -> Path:
        return DOCS / self.chapter_slug / f"{self.slug}.md"

    @property
    def record(self) -> Path:
        return self.page.with_suffix(".json")

    @property
    def explorable(self) -> Path:
        return self.page.with_suffix(".js")

    @property
    def example(self) -> Path:
        return self.page.with_suffix(".py")

    @property
    def experiment(self) -> Path:
        return EXPERIMENTS / self.chapter_slug / f"{self.slug}.py"


@dataclass(frozen=True)
class Chapter:
    """Ten or so questions that belong together."""

    number: int
    slug: str
    title: str
    questions: tuple[Question, ...]

    @property
    def folder(self) -> Path:
        return DOCS / self.slug


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters in reading order."""
    listed = yaml.safe_load((Path(__file__).parent / "questions.yml").read_text(encoding="utf-8"))["chapters"]
    return tuple(
        Chapter(
            chapter["number"],
            chapter["slug"],
            chapter["title"],
            tuple(
                Question(
                    q["number"], q["slug"], q["title"], q["name"], q["level"], tuple(q["prerequisites"]), chapter["slug"]
                )
                for q in chapter["questions"]
            ),
        )
        for chapter in listed
    )


@cache
def all_questions() -> tuple[Question, ...]:
    """All questions in reading order."""
    return tuple(question for chapter in chapters() for question in chapter.questions)


@cache
def _index() -> dict[int | str, Question]:
    by_name: dict[int | str, Question] = {}
    for question in all_questions():
        by_name |= {question.number: question, question.slug: question}
    return by_name


def by_number(number: int) -> Question:
    """The question with this number; a KeyError says which numbers there are."""
    try:
        return _index()[number]
    except KeyError:
        raise KeyError(f"there is no question {number}; they run from 1 to {len(all_questions())}") from None


def by_slug(slug: str) -> Question:
    """The question with this slug; a KeyError names the slugs that come nearest."""
    from difflib import get_close_matches

    try:
        return _index()[slug]
    except KeyError:
        near = get_close_matches(slug, [question.slug for question in all_questions()], n=3, cutoff=0.4)
        raise KeyError(
            f"there is no question `{slug}`" + (f"; did you mean {', '.join(near)}?" if near else "")
        ) from None


def by_page(src_uri: str) -> Question | None:
    """The question whose page is at this path below docs/, or None for any other page."""
    folder, _, name = src_uri.removesuffix(".md").rpartition("/")
    question = _index().get(name)
    return question if question is not None and src_uri.endswith(".md") and question.chapter_slug == folder else None
