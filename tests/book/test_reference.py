"""The library's reference: every public name on one page, linked to the question that explains it and back."""

import os
import re

import griffe
import pytest

import dlprimer
from book import reference
from book.markup import footer
from book.markup.page import MarkupError
from book.questions import all_questions, by_number


def test_every_public_name_stands_on_exactly_one_page() -> None:
    assert set(reference.exports()) == set(dlprimer.__all__)
    shown = [name for _, _, names in reference.groups() for name, _ in names]
    assert sorted(shown) == sorted(dlprimer.__all__)
    for name in dlprimer.__all__:
        assert reference.address_of(name).endswith(f"/#dlprimer.{name}")


def test_the_navigation_has_every_page_of_the_reference() -> None:
    navigation = (reference.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in reference.PAGES.glob("*.md"):
        assert f"reference/{page.name}" in navigation


def test_a_module_without_a_page_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "pages", dict)
    with pytest.raises(MarkupError, match=r"no page .* `::: api dlprimer.nn.activations`, where `relu`"):
        reference.address_of("relu")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Explained in question 5.", [5]),
        ("Explained in questions 12, 13 and 33.", [12, 13, 33]),
        ("Explained\nin question\n7.", [7]),
        ("No question here, 3 numbers.", []),
    ],
)
def test_docstrings_name_their_questions(text: str, numbers: list[int]) -> None:
    assert reference.questions_of(text) == numbers


def test_docstrings_link_written_questions_only() -> None:
    written = next(q for q in all_questions() if q.page.is_file())
    found = re.search(reference.EXPLAINED, f"Explained in question {written.number}.")
    assert found is not None
    linked = reference.QuestionLinks._linked(found)
    assert linked == f"question [{written.number}, {written.name}](../{written.chapter_slug}/{written.slug}.md)"


def test_examples_become_a_section_and_results_lose_their_gradient() -> None:
    function = griffe.Function("cube", returns="WithGradient")
    function.docstring = griffe.Docstring("Summary.\n\nExample:\n    >>> 1\n    1\n")
    reference.QuestionLinks().on_object(obj=function)
    assert "\nExamples:\n" in function.docstring.value and function.returns == "Array"


def test_a_page_knows_which_pages_use_it() -> None:
    momentum = by_number(33)
    assert momentum.page.is_file()
    assert {12, 14, 15} <= footer.uses(momentum)  # its prerequisites, and whatever its text refers to
    unwritten = next((q for q in all_questions() if not q.page.is_file()), None)
    assert unwritten is None or footer.uses(unwritten) == frozenset()


def test_which_pages_use_it_is_looked_up_once_in_a_build_and_anew_in_the_next(folder, render) -> None:
    page = folder / "docs" / "optimizers-and-regularization" / "adam.md"
    page.write_text("---\nprerequisites: []\n---\nSee [[33]].\n")
    assert "Used by: <a" in render("Text.")[0]
    build = object()
    assert [user.number for user in footer._users(build)[33]] == [34]
    page.write_text("---\nprerequisites: []\n---\nSee nothing.\n")
    os.utime(page, (1000, 1000))
    assert footer._users(build)[33] and 33 not in footer._users(object())
    assert "Used by" not in render("Text.")[0]  # a text that no build knows of is one of its own
