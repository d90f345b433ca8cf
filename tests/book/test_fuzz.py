"""Whatever stands in a file that the book reads, the answer is a message that names it, or the page: never a traceback."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from book import questions, records
from book.markup import bibliography, glossary
from book.markup.page import MarkupError
from gates import bibliography as gate

from .conftest import FRONT, SLUG

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.one_of(
    st.sampled_from(["", "\n", "\n\n", "  ", "    ", ":::", "::: quiz", "- [x]", "- [ ]", "[=", "]", "[=gradient.0]", "[=gradient.9]",
                     "[!", "[@", "[[33]]", "[[999]]", "$", "$$", "\\", "{", "}", "\"", "'", "<", "&", "@article{", "@", "=", ",", ":", "- ",
                     "?", "null", "[", "]", "0", "-1", "1e999",
                     "true",
                     "\0", "\ufeff", "\u202e", "é", "%", "#", "±", "answer:", "!!python/object:os.system", "*a", "&a"]),
    st.text(max_size=6),
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES), min_size=1, max_size=4)

BODY = """::: answer
It is what it is, as far as anyone can say who has looked at it for long, and there is more than one way to see it.
It is what it is, as far as anyone can say who has looked at it for long, and there is more than one way to see it.
:::

The gradient is [=gradient.0:.1f] [!small], as in [@polyak1964], see [[34|Adam]], and $x^2 = [=gradient.1]$.

::: quiz
What is it?

- [x] This

    Because it is.

- [ ] That

    Because it is not.
:::

::: quiz
How much?

answer: [=gradient.0:.1f] ± 5% steps

    Twice one.

- 1.5

    No.

- else

    Think again.
:::

::: predict noise
alt: The noise stays small

How large is it?

answer: [=gradient.0:.1f] from 0 to 10 steps

It is two.
:::

::: sources
"""


def changed(text: str, changes: list[tuple[float, int, str]]) -> str:
    """The text with pieces of it replaced."""
    for where, length, piece in changes:
        start = int(where * len(text))
        text = text[:start] + piece + text[start + length :]
    return text


@FUZZ
@given(changes=CHANGES)
def test_a_page_with_anything_in_it(render, changes) -> None:
    html, errors = render(changed(BODY, changes), lint=True)
    assert isinstance(html, str)
    assert all("33" in error or "sgd-momentum-nesterov" in error for error in errors), errors


@FUZZ
@given(changes=CHANGES)
def test_front_matter_with_anything_in_it(render, changes) -> None:
    html, errors = render("Text.", front=changed(FRONT, changes))
    assert isinstance(html, str)
    assert all("sgd-momentum-nesterov" in error for error in errors), errors


@FUZZ
@given(changes=CHANGES)
def test_a_record_with_anything_in_it(folder, changes) -> None:
    question = questions.by_slug(SLUG)
    whole = question.record.read_text(encoding="utf-8")
    question.record.write_text(changed(whole, changes), encoding="utf-8")
    try:
        assert records.read(question).keys() >= records.FIELDS.keys()
    except records.RecordError as error:
        assert question.record.name in str(error) and "scripts/record.py" in str(error)
    finally:
        question.record.write_text(whole, encoding="utf-8")


JSON = st.recursive(st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
                    max_leaves=6)  # fmt: skip


@FUZZ
@given(field=st.sampled_from([*records.FIELDS, "claims", "example"]), value=JSON)
def test_a_record_with_another_value_in_a_field(folder, field, value) -> None:
    question = questions.by_slug(SLUG)
    whole = question.record.read_text(encoding="utf-8")
    question.record.write_text(json.dumps({**json.loads(whole), field: value}), encoding="utf-8")
    try:
        records.load(question)
    except records.RecordError as error:
        assert question.record.name in str(error)
    finally:
        question.record.write_text(whole, encoding="utf-8")


@FUZZ
@given(changes=CHANGES)
def test_a_bibliography_with_anything_in_it(folder, changes) -> None:
    text = changed(bibliography.FILE.read_text(encoding="utf-8"), changes)
    bibliography.FILE.write_text(text, encoding="utf-8")
    bibliography._entries.cache_clear()
    bibliography._work.cache_clear()
    try:
        assert "polyak" in bibliography.work("polyak1964").key
    except MarkupError as error:
        assert bibliography.FILE.name in str(error)
    assert all(isinstance(fault, str) for fault in gate.faults(text))


TERMS = """momentum: {text: "A running mean of gradients.", question: 33, also: [momenta]}
gradient: {text: "All partial derivatives.", question: 12}
"""


@FUZZ
@given(changes=CHANGES)
def test_a_glossary_with_anything_in_it(folder, changes) -> None:
    glossary.FILE.write_text(changed(TERMS, changes), encoding="utf-8")
    glossary._terms.cache_clear()
    try:
        assert all(term.text for term in glossary.terms().values())
    except MarkupError as error:
        assert glossary.FILE.name in str(error)


def test_the_whole_of_it_is_right_before_anything_is_changed(render) -> None:
    html, errors = render(BODY)
    assert errors == [] and html.count("quiz") > 2


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)"])
def test_what_a_record_says_is_text_and_nothing_else(render, folder, hostile) -> None:
    question = questions.by_slug(SLUG)
    raw = json.loads(question.record.read_text(encoding="utf-8"))
    raw["data"]["word"] = hostile
    question.record.write_text(json.dumps(raw), encoding="utf-8")
    html, _ = render("It says [=word] here.")
    assert "<script>alert" not in html and "<img src=x" not in html
