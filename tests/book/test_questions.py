"""The list of questions: a hundred of them, each with its own name and place."""

import pytest

from book import questions


def test_there_are_a_hundred_questions_each_with_a_slug_of_its_own() -> None:
    listed = questions.all_questions()
    assert [question.number for question in listed] == list(range(1, 101))
    assert len({question.slug for question in listed}) == 100
    assert all(question.title.strip() == question.title and question.title for question in listed)


def test_a_question_is_found_by_number_slug_and_page() -> None:
    question = questions.by_number(33)
    assert question is questions.by_slug("sgd-momentum-nesterov")
    assert question is questions.by_page("optimizers-and-regularization/sgd-momentum-nesterov.md")
    assert questions.by_page("evaluation/sgd-momentum-nesterov.md") is None
    assert questions.by_page("index.md") is None


def test_an_unknown_question_is_named_with_what_there_is() -> None:
    with pytest.raises(KeyError, match="no question 101; they run from 1 to 100"):
        questions.by_number(101)
    with pytest.raises(KeyError, match="did you mean roc-auc"):
        questions.by_slug("roc-aux")


def test_a_question_has_a_name_of_its_own_a_level_and_what_comes_before_it() -> None:
    listed = questions.all_questions()
    assert len({question.name for question in listed}) == 100
    assert {question.level for question in listed} == {"core", "intermediate", "advanced"}
    for question in listed:  # what to read before stands earlier in the book, so the graph has no cycles
        assert all(1 <= number < question.number for number in question.prerequisites), question
