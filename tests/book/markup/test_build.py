"""A whole build of a small book: what is wrong on a page stops a strict build and shows in its place in any other."""

import subprocess
from pathlib import Path

import pytest

from book import questions

QUESTION = questions.by_number(33)
SETTINGS = """
site_name: Small
theme: mkdocs
plugins: []
hooks: [scripts/book/hooks.py]
markdown_extensions: [attr_list, tables, pymdownx.superfences, pymdownx.details, book.markup]
"""
FRONT = """---
question: 33
level: core
prerequisites: [12]
description: A sentence that is long enough to describe what the page is about.
---


"""


@pytest.fixture
def build(book):
    """Build the small book with this text beneath the title, which stands in line 9; returns the run and the page."""

    def run(body: str, *options: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        (book.root / "mkdocs.yml").write_text(SETTINGS)
        (book.root / "docs" / "index.md").write_text("# Contents\n\n::: progress\n\n::: contents\n")
        page = book.record.with_suffix(".md")
        page.write_text(f"{FRONT}# {QUESTION.title}\n\n{body}\n")
        done = book.python("-m", "mkdocs", "build", "--quiet", *options)
        return done, book.root / "site" / QUESTION.chapter_slug / QUESTION.slug / "index.html"

    return run


def test_a_sound_page_builds_with_its_figures_and_its_place_in_the_contents(build, book) -> None:
    done, page = build("It is [=gradient.0].\n\n::: figure noise\nalt: Noise.\n\nCaption.\n:::", "--strict")
    assert done.returncode == 0, done.stderr
    assert "It is 2." in page.read_text()
    assert len(list((book.root / "site" / "assets" / "figures" / QUESTION.slug).glob("noise-*.svg"))) == 2
    contents = (book.root / "site" / "index.html").read_text()
    assert "1 of 100 questions have their page." in contents
    assert f'<a href="{QUESTION.chapter_slug}/{QUESTION.slug}/">{QUESTION.title}</a>' in contents


def test_a_strict_build_stops_and_names_every_mistake_with_page_and_line(build) -> None:
    done, _ = build("Text [=nothing].\n\n- item\n- $\\frac{a}$\n\n[[101]]", "--strict")
    assert done.returncode == 1
    source = f"docs/{QUESTION.chapter_slug}/{QUESTION.slug}.md"
    for line, said in ((11, "no number `nothing`"), (14, "formula"), (16, "there is no question 101")):
        assert f"{source}:{line}: {said}" in done.stderr
    assert done.stderr.count(source) == 3


def test_a_build_that_is_not_strict_shows_the_mistake_in_its_place(build) -> None:
    done, page = build("Text [=nothing] goes on.")
    assert done.returncode == 0 and ":11: no number `nothing`" in done.stderr
    html = page.read_text()
    assert 'Text <strong class="markup-error">[no number ' in html and "</strong> goes on." in html


def test_front_matter_that_cannot_be_read_is_reported(build, book) -> None:
    build("Text.")
    book.edit(book.record.with_suffix(".md"), "[12]", "[12")
    done = book.python("-m", "mkdocs", "build", "--quiet", "--strict")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"{QUESTION.slug}.md:1: front matter: it is not valid YAML (line " in done.stderr
