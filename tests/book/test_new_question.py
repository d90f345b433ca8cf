"""Starting a question: its parts get the right names and run, and nothing that exists is touched."""

import shutil
import sys
from pathlib import Path

import pytest

from book.questions import ROOT, by_number

sys.path.insert(0, str(ROOT / "scripts"))
import new_question

NAVIGATION = """site_name: x
nav:
  - Contents: index.md
  - Evaluation:
      - evaluation/index.md
      - 43 · ROC-AUC: evaluation/roc-auc.md
  - About:
      - about/index.md
"""


@pytest.mark.parametrize(
    ("number", "before", "after"),
    [
        (42, "evaluation/index.md", "43 · ROC-AUC"),
        (44, "43 · ROC-AUC", "- About:"),
        (13, "- Contents: index.md", "- Evaluation:"),
        (61, "43 · ROC-AUC", "- About:"),
    ],
)
def test_a_page_gets_its_place_in_the_navigation(number: int, before: str, after: str) -> None:
    question = by_number(number)
    text = new_question.with_entry(NAVIGATION, question)
    entry = f"{question.number} · {question.name}: {question.chapter_slug}/{question.slug}.md"
    lines = [line.strip().removeprefix("- ") for line in text.splitlines()]
    place = lines.index(entry)
    assert any(before.removeprefix("- ") in line for line in lines[:place])
    assert any(after.removeprefix("- ") in line for line in lines[place:])
    assert f"{question.chapter_slug}/index.md" in lines[:place]
    assert new_question.with_entry(text, question) == text
    assert len(text.splitlines()) - len(NAVIGATION.splitlines()) in (1, 3)


@pytest.fixture
def project(book) -> Path:
    shutil.copy(ROOT / "mkdocs.yml", book.root)
    return book.root


def test_the_skeleton_runs_and_the_build_names_what_is_to_be_written(book, project) -> None:
    question = by_number(47)
    made = book.python("scripts/new_question.py", "47")
    assert made.returncode == 0, made.stderr
    page = project / "docs" / question.chapter_slug / f"{question.slug}.md"
    assert f"# {question.title}\n" in page.read_text() and f"prerequisites: {list(question.prerequisites)}" in page.read_text()
    assert f"docs/{question.chapter_slug}/index.md" in made.stdout and "47 · Batch normalization" in (project / "mkdocs.yml").read_text()
    recorded = book.write_record(question.slug)
    assert recorded.returncode == 0, recorded.stderr
    code = (
        "import markdown, logging; from types import SimpleNamespace as S; logging.basicConfig(format='%(message)s')\n"
        f"path = {str(page)!r}\n"
        "md = markdown.Markdown(extensions=['book.markup'], extension_configs={'book.markup': {'lint': True}})\n"
        f"file = S(src_uri='{question.chapter_slug}/{question.slug}.md', url='a/b/', abs_src_path=path)\n"
        "md.treeprocessors.register(S(run=lambda root: None, file=file), 'relpath', 0)\n"
        "md.convert(open(path).read().split('---', 2)[2].lstrip())\n"
    )
    built = book.python("-c", code)
    assert "something is still to be written: 'TODO'" in built.stderr
    assert "it needs 40 to 80" in built.stderr and "the page has 0 sources" in built.stderr
    assert "no record" not in built.stderr and "no figure" not in built.stderr and "no claim" not in built.stderr


def test_nothing_that_exists_is_touched(book, project) -> None:
    before = {**book.contents(), "mkdocs.yml": (project / "mkdocs.yml").read_bytes()}
    made = book.python("scripts/new_question.py", "33")
    assert made.returncode == 2 and "nothing was written" in made.stderr and "exists already" in made.stderr
    assert {**book.contents(), "mkdocs.yml": (project / "mkdocs.yml").read_bytes()} == before


def test_an_unknown_question_is_refused(book, project) -> None:
    made = book.python("scripts/new_question.py", "101")
    assert made.returncode == 2 and "no question 101" in made.stderr
