"""The prerequisite graph: read from the pages, without circles, and drawn whole."""

import re

import pytest

from book import graph, questions
from book.markup import ways
from book.questions import all_questions, by_number


def test_a_page_says_what_comes_before_it_and_else_the_list_does(folder, render) -> None:
    momentum = questions.by_number(33)
    assert graph.prerequisites(momentum) == momentum.prerequisites  # no page in the small book yet
    render("Text.\n")
    assert graph.prerequisites(by_number(33)) == (12,)


def test_every_question_comes_after_what_it_builds_on() -> None:
    order = [question.number for question in graph.in_order()]
    assert sorted(order) == list(range(1, 101))
    for question in all_questions():
        assert all(order.index(number) < order.index(question.number) for number in graph.prerequisites(question))


def test_a_circle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {12: (13,), 13: (12,)}
    monkeypatch.setattr(graph, "prerequisites", lambda question: before.get(question.number, ()))
    with pytest.raises(graph.GraphError, match=r"in a circle: (12 before 13 before 12|13 before 12 before 13)"):
        graph.in_order()


def test_the_map_has_all_questions_and_links_the_written_ones() -> None:
    drawing = graph.drawing("../")
    assert len(re.findall(r'class="map-node"', drawing)) == 100
    written = [question for question in all_questions() if question.page.is_file()]
    assert drawing.count("<a ") == len(written)
    assert f'href="../{written[0].chapter_slug}/{written[0].slug}/"' in drawing
    edges = sum(len(graph.prerequisites(question)) for question in all_questions())
    assert drawing.count("<path ") == edges


def test_paths_name_questions_in_an_order_that_can_be_read() -> None:
    for path in ways._paths(0):
        numbers = path["questions"]
        assert len(set(numbers)) == len(numbers)
        for i, number in enumerate(numbers):
            later = set(numbers[i:]) & set(graph.prerequisites(by_number(number)))
            assert not later, f"{path['title']}: {number} needs {later}, which comes after it"


def test_map_paths_and_reader_render(render) -> None:
    html, errors = render("::: map\n\n::: paths\n\n::: reader\n")
    assert errors == []
    assert 'class="question-map"' in html and html.count('<section class="path">') == 5
    assert '<script type="application/json">{"questions": [' in html and "</script>" in html
    assert "24 questions" in html
