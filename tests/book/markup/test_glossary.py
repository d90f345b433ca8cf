"""Terms are explained where a page uses them first, and listed with the pages that use them."""

import pytest

from book.markup import glossary

TERMS = """
condition number: {question: 32, also: [condition numbers], text: "The largest $\\\\lambda$ over the smallest."}
momentum: {question: 33, text: "This page's own term."}
"""


@pytest.fixture
def terms(folder):
    (folder / "docs" / "glossary.yml").write_text(TERMS)
    return folder


def test_the_first_use_is_marked_and_only_that(render, terms) -> None:
    html, errors = render("Condition numbers matter. A condition number is a ratio.\n")
    assert errors == []
    assert html.count('class="term"') == 1
    assert '<a class="term" href="../../glossary/#condition-number" aria-describedby="term-condition-number">Condition numbers<span' in html
    assert 'role="tooltip"' in html and "<math" in html


@pytest.mark.parametrize(
    "body",
    [
        "## The condition number\n",
        "`condition number`\n",
        "```\ncondition number\n```\n",
        "[condition number](https://example.org)\n",
        "A preconditioned condition-number.\n",
        "momentum\n",  # explained by this very page
    ],
)
def test_not_within_headings_code_links_longer_words_or_on_its_own_page(render, terms, body: str) -> None:
    html, _ = render(body)
    assert 'class="term"' not in html


def test_a_use_after_headings_and_code_is_the_first(render, terms) -> None:
    html, _ = render("## Condition number\n\n`condition number` and *condition\nnumber*.\n")
    assert html.count('class="term"') == 1 and "<em><a class" in html


def test_the_list_names_the_pages_that_use_a_term(render, terms) -> None:
    render("A condition number.\n")
    html, errors = render("A condition number.\n\n::: glossary\n")
    assert errors == []
    assert '<dt id="condition-number">condition number</dt>' in html
    assert 'Used in <a href="../../optimizers-and-regularization/sgd-momentum-nesterov/">SGD, momentum, Nesterov</a>' in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not valid YAML"),
        ("- a", "must be terms with their fields"),
        ("a: {text: x}", "`a` needs text and question"),
        ("a: {text: x, question: 3, colour: red}", "`a` needs text and question"),
        ("a: {text: x, question: 300}", "a question's number"),
        ("a: {text: x, question: 3}\na: {text: y, question: 3}", "explains `a` twice"),
        ("a: {text: x, question: 3}\nb: {text: y, question: 3, also: [A]}", "`A` stands for both `a` and `b`"),
    ],
)
def test_a_glossary_that_cannot_be_used_says_why(render, terms, text: str, said: str) -> None:
    (terms / "docs" / "glossary.yml").write_text(text)
    _, errors = render("Words.\n")
    assert len(errors) == 1 and said in errors[0]


def test_the_books_own_glossary_can_be_used() -> None:
    assert len(glossary.terms()) > 50
