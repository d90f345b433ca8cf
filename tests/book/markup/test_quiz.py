"""Self-check questions: what a reader sees and answers, and that a quiz with a hole in it is reported with its line."""

import pytest

CHOICES = """::: quiz
What is it?

- [x] This

    Because it is.

- [ ] That

    Because it is not.
:::
"""
NUMBER = """::: quiz
How much?

answer: [=gradient.0:.1f] ± 5% steps

    Twice one.

- [=gradient.1]

    That is the other.

- 1.5

    No.

- else

    Think again.
:::
"""


def test_a_choice_has_a_reply_each_and_a_name_that_follows_its_wording(render) -> None:
    html, errors = render(CHOICES)
    assert errors == []
    assert html.count('class="quiz-feedback"') == 2 and 'data-right="true" hidden><strong>Right.</strong> Because it is.' in html
    other, _ = render(CHOICES.replace("What is it?", "What is this?"))
    name = html.split('data-quiz="')[1].split('"')[0]
    assert name.startswith("33-") and name not in other


def test_a_number_is_the_records_and_near_ones_count(render) -> None:
    html, errors = render(NUMBER)
    assert errors == []
    assert 'data-right="true" data-value="2.0" data-within="0.1"' in html
    assert 'data-right="false" data-value="4.0" data-within="0.2"' in html
    assert 'data-right="false" data-value="1.5"' in html and "data-else" in html
    assert "Right: 2.0 steps" in html and "Any other number" in html  # folded, for readers without JavaScript


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- [ ] That\n\n    Because it is not.\n", "", "at least two choices"),
        ("[x]", "[ ]", "0 of 2 choices are marked as right"),
        ("    Because it is not.\n", "", "the choice 'That' has no feedback"),
        ("- [x] This", "- [x] 42", "'42' is typed by hand"),
        ("- [x] This", "- [x] $0.5$", "'$0.5$' is typed by hand"),
    ],
)
def test_choices_with_a_hole_are_reported(render, old: str, new: str, said: str) -> None:
    _, errors = render(CHOICES.replace(old, new))
    assert len(errors) == 1 and said in errors[0] and "sgd-momentum-nesterov.md:" in errors[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[=gradient.0:.1f] ± 5%", "2 ± 5%", "write `answer: [=path] ± 2% unit`"),
        ("[=gradient.0:.1f]", "[=nothing.0]", "no number `nothing.0`"),
        ("    Twice one.\n", "", "the answer has no feedback"),
        ("- else\n\n    Think again.\n", "", "ends with `- else`"),
        ("- 1.5", "- about 1.5", "'- about 1.5' is no wrong number"),
        ("- 1.5", "- 2.05", "'- 2.05' is within the tolerance of the right answer, 2.0"),
        ("    No.\n", "", "the number '- 1.5' has no feedback"),
    ],
)
def test_a_number_with_a_hole_is_reported(render, old: str, new: str, said: str) -> None:
    _, errors = render(NUMBER.replace(old, new))
    assert len(errors) == 1 and said in errors[0] and "sgd-momentum-nesterov.md:" in errors[0]
