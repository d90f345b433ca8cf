"""A page that lacks a part, has parts out of order, or has a result typed by hand does not build."""

import pytest

from book.markup import lint

QUIZ = "::: quiz\nWhat?\n\n- [x] This\n\n    Yes.\n\n- [ ] That\n\n    No.\n:::\n\n"
ANSWER = "::: answer\n" + "word " * 50 + "\n:::\n\n"
EXPLORABLE = "::: explorable noise\nalt: It is noisy.\n\nA caption.\n:::\n\n"
PARTS = {
    "answer": ANSWER,
    "picture": EXPLORABLE,
    "explanation": "## Momentum averages\n\nText [@polyak1964; @two2020; @three2021].\n\n",
    "code": "## In code\n\n::: example\n\n",
    "report": "## What happened when we ran it\n\nWith 3 seeds it is [=gradient.0].\n\n",
    "wrong": "## What people get wrong\n\nText.\n\n",
    "practice": "## In practice\n\nText.\n\n",
    "check": "## Check yourself\n\n" + QUIZ * 3 + '??? question "Why?"\n    So.\n\n??? question "How?"\n    Thus.\n\n',
    "sources": "## Sources\n\n::: sources\n",
}


@pytest.fixture
def page(render, folder):
    file = folder / "docs" / "bibliography.bib"
    file.write_text(file.read_text() + "@misc{three2021, author = {Delta, D}, title = {Three}, year = {2021}}\n")

    def run(**changed: str) -> list[str]:
        order = changed.pop("order", None)
        parts = {**PARTS, **changed}
        names = order.split() if order else parts
        return render("".join(parts[name] for name in names), lint=True)[1]

    return run


def test_a_whole_page_passes(page) -> None:
    assert page() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"answer": ""}, "must begin with its `::: answer`"),
        ({"picture": "", "code": PARTS["code"] + EXPLORABLE}, "the answer must be followed by the picture"),
        ({"picture": EXPLORABLE * 2}, "the page has 2 explorables"),
        ({"picture": EXPLORABLE.replace("explorable", "figure")}, "the page has 0 explorables"),
        ({"explanation": "## Introduction\n\nText [@polyak1964; @two2020; @three2021].\n\n"}, "'Introduction' is a label"),
        ({"explanation": "Text [@polyak1964; @two2020; @three2021].\n\n"}, "nothing is explained before `## In code`"),
        ({"explanation": "## It averages\n\nText [@polyak1964; @two2020].\n\n"}, "the page has 2 sources; it needs 3"),
        ({"practice": ""}, "lacks the part `## In practice`"),
        ({"order": "answer picture explanation code wrong report practice check sources"}, "must end with the parts In code, What"),
        ({"check": PARTS["check"].replace(QUIZ * 3, QUIZ * 2)}, "the page has 2 quizzes; it needs 3"),
        ({"check": PARTS["check"].replace('??? question "How?"\n    Thus.\n\n', "")}, "the page has 1 follow-ups; it needs 2"),
        ({"wrong": PARTS["wrong"] + QUIZ}, "quizzes belong under `## Check yourself`"),
        ({"report": PARTS["report"] + "It took 57.3 steps.\n\n"}, "57.3 is typed by hand"),
        ({"report": PARTS["report"] + "It took 1,234 steps.\n\n"}, "1,234 is typed by hand"),
        ({"report": PARTS["report"] + "Right in 83% of cases.\n\n"}, "83% is typed by hand"),
        ({"report": PARTS["report"] + "An error of $3.2\\cdot 10^{-7}$.\n\n"}, "3.2 is typed by hand"),
        ({"report": PARTS["report"] + "| a |\n|---|\n| 0.77 |\n\n"}, "0.77 is typed by hand"),
        ({"picture": EXPLORABLE.replace("A caption.", "It needs 28 steps.")}, "28 is typed by hand"),
        ({"picture": EXPLORABLE.replace("It is noisy.", "It needs 28 steps.")}, "28 is typed by hand"),
        ({"practice": PARTS["practice"] + "<p>[=gradient.0\n</p>\n"}, "is not understood"),
    ],
)
def test_each_fault_is_reported(page, changed: dict[str, str], said: str) -> None:
    errors = page(**changed)
    assert any(said in error for error in errors), errors


def test_only_that_fault_is_reported(page) -> None:
    assert len(page(report=PARTS["report"] + "It took 57.3 steps.\n\n")) == 1
    assert page(practice="## In practice\n\nPeople use 57.3 and 28.\n\n") == []  # other parts may cite numbers


def test_settings_stand_in_the_experiment(page, folder) -> None:
    report = PARTS["report"] + "With 64 units and a rate of 0.037, in 40% of $10^{-5}$.\n\n"
    assert len(page(report=report)) == 4
    experiment = folder / "scripts" / "experiments" / "optimizers-and-regularization" / "sgd-momentum-nesterov.py"
    code = experiment.read_text().replace("def claims", "def draw_settings():\n    return 64, 0.037, 0.4, 5\n\ndef claims")
    experiment.write_text(code)  # functions that draw do not make a record stale
    assert page(report=report) == []


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("`64` units of [=a.b:.2f] [@who1999] [[33]] [!at-most-5]", []),
        ("from 1,000 to 2.5e-3 and 7%", [1000, 0.0025, 0.07]),
        ("$10{,}000$ and $10^{-13}$", [1e-13, 10000]),
        ("x1 and v2.0 are names", []),
    ],
)
def test_what_counts_as_typed(line: str, values: list[float]) -> None:
    assert [value for _, value in lint.typed(line)] == pytest.approx(values)


def test_markup_that_reaches_the_page_is_reported(page) -> None:
    # Indented by a tab it looks like code to us, within the list Markdown makes text of it.
    errors = page(practice="## In practice\n\n- Text.\n\n    [\\[33]] and &#91;[13]] and &#36;$x.\n\n")
    assert len(errors) == 1 and "markup is left on the page" in errors[0]
