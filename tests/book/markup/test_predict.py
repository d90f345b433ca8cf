"""A figure behind a question: what the reader is asked, and that each mistake is reported with its line."""

import pytest

PREDICT = """::: predict noise
alt: The noise stays small

How large is the *first* gradient
on this page?

answer: [=gradient.0:.1f] from 0 to 10 steps

It is two, [=gradient.0].
:::
"""


def test_the_question_stands_before_the_folded_figure(render) -> None:
    html, errors = render(PREDICT)
    assert errors == []
    question, folded = html.split("<details")
    assert 'data-value="2.0"' in question and "<em>first</em> gradient" in question and "<img" not in question
    assert 'type="range" min="0.0" max="10.0" step="0.1"' in question and '<span class="predict-unit">steps</span>' in question
    assert "Measured: <strong>2.0</strong> steps" in folded and folded.count("<img") == 2 and 'alt="The noise stays small"' in folded
    assert "<figcaption>It is two, 2." in folded


def test_a_share_is_guessed_in_percent(render) -> None:
    html, errors = render(PREDICT.replace("[=gradient.0:.1f] from 0 to 10 steps", "[=noisy.0:.1%] from -400% to 400% of pixels"))
    assert errors == []
    assert 'min="-400.0" max="400.0" step="5.0"' in html and '<span class="predict-unit">% of pixels</span>' in html
    assert "%</strong> of pixels" in html and "<span>−400</span>" in html


def test_another_wording_is_another_question(render) -> None:
    first, _ = render(PREDICT)
    second, _ = render(PREDICT.replace("How large", "How big"))
    name = first.split('data-predict="')[1].split('"')[0]
    assert name.startswith("33-predict-") and name not in second


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("alt: The noise stays small\n", "The noise\n", 1, "has no alt text"),
        ("answer: [=gradient.0:.1f] from 0 to 10 steps\n", "", 1, "this prediction has no answer"),
        ("How large is the *first* gradient\non this page?\n\n", "", 4, "no question stands before the answer"),
        ("It is two, [=gradient.0].\n", "", 7, "has no caption"),
        ("from 0 to 10", "between 0 and 10", 7, "is not understood: write `answer: [=path:format] from LOW to HIGH unit`"),
        ("[=gradient.0:.1f]", "2.0", 7, "is not understood"),
        ("from 0 to 10 ", "from 0% to 10 ", 7, "a share has a range in percent"),
        ("from 0 to 10", "from 10 to 0", 7, "the range goes from 10 to 0"),
        ("from 0 to 10", "from 3 to 10", 7, "the answer, 2.0, lies outside the range from 3 to 10"),
        ("[=gradient.0:.1f]", "[=nothing.0]", 7, "no number `nothing.0`"),
        ("[=gradient.0:.1f]", "[=gradient]", 7, "that is no number but list"),
        ("on this page?", "of [=gradient.0] here?", 5, "the question gives the answer away"),
        ("It is two", "answer: [=gradient.1] from 0 to 5\n\nIt is two", 9, "a second answer"),
        ("predict noise", "predict other", 1, "no figure `other`"),
        ("It is two, [=gradient.0].", "It is [=gone].", 9, "no number `gone`"),
        ("How large", "How [=gone] large", 4, "no number `gone`"),
    ],
)
def test_a_mistake_is_reported_with_its_line(render, old: str, new: str, line: int, said: str) -> None:
    assert old in PREDICT
    _, errors = render(PREDICT.replace(old, new))
    # Nine lines stand before the block: front matter, title, blanks.
    assert len(errors) == 1 and said in errors[0], errors
    assert errors[0].split(" ")[0].endswith(f".md:{line + 9}:"), errors


def test_the_range_is_chosen_and_the_caption_is_measured(render) -> None:
    """The page's checks let the ends of the range be typed, and nothing else that reports a result."""
    _, errors = render(PREDICT.replace("to 10 steps", "to 87654 steps"), lint=True)
    assert not any("typed by hand" in error for error in errors)
    _, errors = render(PREDICT.replace("It is two", "It is 87654"), lint=True)
    assert any("87654" in error and "is typed by hand" in error for error in errors)
    _, errors = render(PREDICT.replace("How large", "Is 87654 larger? How large"), lint=True)
    assert any("87654" in error and "is typed by hand" in error for error in errors)
