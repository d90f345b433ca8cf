"""The pages' markup: what each mark becomes, and that each mistake is reported with page and line."""

import json
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import markdown
import pytest

from book.markup import assets, header

from .conftest import EXTENSIONS

SRC = "optimizers-and-regularization/sgd-momentum-nesterov.md"
TITLE = "What is the difference between SGD, Momentum, and Nesterov Momentum?"
FRONT = """---
question: 33
level: core
prerequisites: [12]
description: A sentence that is long enough to describe what the page is about.
---
"""

def rendered(render, body: str) -> str:
    html, errors = render(body)
    assert errors == []
    return html


# ---- within a line ----


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[=gradient.0]", "<p>2</p>"),
        ("[=gradient.1:.2f]", "<p>4.00</p>"),
        ("[=big:,]", "<p>12,345</p>"),
        ("[=share:.1%]", "<p>12.5%</p>"),
        ("[=small]", "<p>−1.23\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁻⁷</p>"),
        ("[=small:.0e]", "<p>−1\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁻⁷</p>"),
        ("[=nested.list.-1]", "<p>9</p>"),
        ("[=name]", "<p>Adam</p>"),
        ("**[=gradient.0]** of [=gradient.1]", "<p><strong>2</strong> of 4</p>"),
        ("`[=gradient.0]` and `` `[=x]` ``", "<p><code>[=gradient.0]</code> and <code>`[=x]`</code></p>"),
    ],
)
def test_numbers_come_from_the_record(render, folder, marked: str, expected: str) -> None:
    extend(folder, big=12345, share=0.125, small=-1.234e-7, nested={"list": [1, 9]}, name="Adam")
    assert expected in rendered(render, marked)


def extend(folder: Path, **entries) -> None:
    """Add entries to the record's data; the run that made it is not asked."""
    path = folder / "docs" / SRC.replace(".md", ".json")
    record = json.loads(path.read_text())
    record["data"] |= entries
    path.write_text(json.dumps(record))


def test_numbers_in_formulas_tables_and_alt_texts(render, folder) -> None:
    extend(folder, small=-1.234e-7, steps={"gd": 1234})
    html = rendered(
        render,
        "$x = [=small:.1e]$ and $[=steps.gd:,]$\n\n| a | b |\n|---|---|\n| [=steps.gd] | $|[=gradient.0]|$ |\n\n"
        "::: figure noise\nalt: At most [=steps.gd:,] and [=small:.1e].\n\nCaption with [=steps.gd] and $\\mu$.\n:::\n",
    )
    assert "<mn>1.2</mn><mo>×</mo><msup><mn>10</mn>" in html
    assert "<mn>1,234</mn>" in html or "1{,}234" not in html
    assert "<td>1234</td>" in html
    assert 'alt="At most 1,234 and −1.2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁻⁷."' in html
    assert 'Caption with 1234 and <span class="unbroken"><math>' in html


def test_dollars_and_braces_in_text_and_code_stay(render) -> None:
    html = rendered(
        render, "It costs \\$5, or `$5 [=x]`.\n\n```python\nx = '$a$ [=b] ::: figure'\n```\n\n$\\frac{{a}}{b}$ {{ x }}"
    )
    assert "It costs $5, or <code>$5 [=x]</code>." in html
    assert "'$a$ [=b] ::: figure'" in html
    assert "<mfrac>" in html and "{{ x }}" in html


def test_formulas_within_and_between_paragraphs(render) -> None:
    html = rendered(render, 'a $x +\ny$ b\n\n$$\\sum_i x_i$$\n\n??? question "Why $z$?"\n    $$ w $$\n')
    assert "<mi>x</mi><mo>+</mo><mi>y</mi>" in html
    assert '<div class="formula" tabindex="0"' in html and 'display="block"' in html
    assert html.index("<summary>") < html.index("<mi>z</mi>") < html.index("<mi>w</mi>")


def test_punctuation_after_a_formula_stays_in_its_line(render) -> None:
    html = rendered(render, "By $x$, by $x$ (or $y$). And $z$ alone.\n")
    assert re.findall(r"</math>([^<]*)</span>", html) == [",", ")."] and html.count('<span class="unbroken">') == 2


def test_a_prime_is_raised_once_by_the_font_and_not_by_the_formula_as_well(render) -> None:
    html = re.sub(r"<mo [^>]*>′</mo>", "′", rendered(render, "$x'$ and $x'_i$ and $\\sqrt{f''}$ and $x^2 y'$\n"))
    assert "<math><mrow><mi>x</mi>′</mrow></math>" in html
    assert "<math><msub><mrow><mi>x</mi>′</mrow><mi>i</mi></msub></math>" in html
    assert re.search(r"<msqrt><mrow><mi>f</mi><mrow[^>]*>′′</mrow></mrow></msqrt>", html)
    assert html.count("<msup>") == 1, "the square stays a superscript"


def test_a_displayed_formula_within_a_paragraph_is_no_block(render) -> None:
    html = rendered(render, "before\n$$x$$\nafter\n\n- $$y$$\n\n    $$z$$\n")
    assert '<p>before\n<span class="formula" tabindex="0"' in html and "</math></span>\nafter</p>" in html
    assert "<p><div" not in html and html.count('<div class="formula"') == 1, "only z stands alone in its paragraph"
    assert html.count('display="block"') == 3


def test_words_of_the_record_stay_whole_in_formulas(render, folder) -> None:
    extend(folder, name="Nesterov")
    assert "Nesterov" in rendered(render, "$\\text{[=name]}$")


def test_indented_code_and_comments_are_left_alone(render) -> None:
    code = "Text:\n\n    x = '$a$ [=b]'\n\n    ::: figure c\n\n<!--\n::: figure d\n[=e]\n-->\n\n"
    html = rendered(render, code + "1. A list\n\n    with $x$ and [=gradient.0]\n")
    assert "x = '$a$ [=b]'\n\n::: figure c" in html
    assert "<!--\n::: figure d\n[=e]\n-->" in html
    assert "with <math><mi>x</mi></math> and 2" in html


def test_dollars_and_code_in_alt_texts(render) -> None:
    html = rendered(render, "::: figure noise\nalt: It costs \\$5 in `code`.\n\nCaption.\n:::")
    assert 'alt="It costs $5 in code."' in html


def test_a_claim_shows_its_text_and_margin(render) -> None:
    html = rendered(render, "It is small [!small].")
    assert "Checked claim: The first entry of the gradient is at most three. Measured: 2, at most 3." in html
    assert 'It is small<span class="unbroken">\u2060<button' in html, "the mark stays with what it marks"
    assert "</button>.</span>" in html, "and the stop with the mark"
    assert html.count("<button") == 2  # the other marks the page as understood


def test_links_to_questions_with_and_without_a_page(render, folder) -> None:
    (folder / "docs" / "evaluation").mkdir()
    (folder / "docs" / "evaluation" / "roc-auc.md").write_text("")
    html = rendered(render, "See [[43]], [[43|the *area*]] and [[13|backprop]].")
    assert '<a href="../../evaluation/roc-auc/">' in html
    assert '<a href="../../evaluation/roc-auc/">the <em>area</em></a>' in html
    assert '<span class="question-future" title="Question 13">backprop</span>' in html


def test_citations_and_the_list_of_what_was_cited(render) -> None:
    html = rendered(render, "As shown [@two2020; @polyak1964], again [@polyak1964].\n\n## Sources\n\n::: sources\n")
    assert '(<a class="citation" href="#source-two2020" aria-describedby="source-two2020">Béta and Gamma, 2020<span' in html
    assert '<span class="citation-text" aria-hidden="true" data-search-exclude>A. Béta and C. Gamma. A GAN. 2020.</span></a>; ' in html
    assert html.index('<li id="source-two2020">A. Béta and C. Gamma. A GAN.') < html.index(
        '<li id="source-polyak1964">B. T. Polyak.'
    )
    assert 'href="https://arxiv.org/abs/1234.5"' in html and 'href="https://doi.org/10.1/x"' in html
    assert html.count("<li id=") == 2


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("@misc{bad2020, title = {No author}, year = {2020}}", "`bad2020` in docs/bibliography.bib needs an author"),
        ("@misc{bad2020, author = {A. B.}, year = {2020}}", "needs an author or editor, and a title"),
        ("@misc{bad2020, title = {Open", "docs/bibliography.bib cannot be read"),
    ],
)
def test_an_entry_of_the_bibliography_that_cannot_be_used_is_reported(render, folder, entry: str, said: str) -> None:
    (folder / "docs" / "bibliography.bib").write_text(entry)
    _, errors = render("As shown [@bad2020].\n\n::: sources")
    assert len(errors) == 1 and said in errors[0] and errors[0].startswith(f"docs/{SRC}:10: ")


# ---- blocks ----

WORDS = " ".join(["word"] * 50)


def test_the_answer_is_set_apart(render) -> None:
    html = rendered(render, f"::: answer\n{WORDS} with $\\mu$ and [=gradient.0].\n:::\n")
    assert '<div class="answer"><p class="answer-label">In one minute</p><p>word' in html
    assert "<mi>μ</mi>" in html and "and 2." in html


def test_a_figure_is_given_in_both_schemes_with_its_size(render, folder) -> None:
    html = rendered(
        render, "::: figure noise\nalt: Noise.\n\nCaption.\n:::\n\n::: figure noise\nalt: Noise.\n\nCaption.\n:::\n"
    )
    assert html.count("<img") == 4 and html.count("#only-light") == 2 and html.count("#only-dark") == 2
    assert html.count('loading="lazy"') == 3, "the first figure is not lazy"
    assert 'width="605"' in html and "<figcaption>Caption.</figcaption>" in html
    assets.copy_to(folder / "site")
    for address in set(part.split("#")[0] for part in html.split('src="../../')[1:]):
        assert (folder / "site" / address).read_bytes().startswith(b"<svg")


def test_an_explorable_names_its_module_and_record_and_stands_on_a_figure(render) -> None:
    html = rendered(render, "::: explorable noise\nalt: Noise.\n\n**Drag** it.\n:::\n")
    base = "../../optimizers-and-regularization/sgd-momentum-nesterov"
    assert f'data-explorable="{base}.js" data-record="{base}.json"' in html
    assert '<div class="explorable-stage"><img' in html and "<strong>Drag</strong> it." in html


def test_source_is_the_librarys_own_with_its_docstring_cut(render) -> None:
    html = rendered(render, "::: source dlprimer.relu dlprimer.SGD.update\n")
    assert "src/dlprimer/nn/activations.py" in html and "src/dlprimer/optim/optimizers.py" in html
    assert "The positive part: max(x, 0)." in html and "Nair" not in html and "fmt: skip" not in html
    assert html.count('class="highlight"') == 2


def test_an_example_shows_its_code_and_what_it_printed(render) -> None:
    html = rendered(render, "::: example second\n")
    cell, _, shown = html.partition('<div class="highlight">')
    assert "backward" in shown and "requires_grad" not in shown
    # The cell before it is not on the page, and a run in the browser needs it.
    assert 'data-cell="second"' in cell and "requires_grad=True" in unescape(cell)
    assert (
        '<div class="example-output" role="group" aria-label="Output"><pre tabindex="0"><code>gradient 4.0</code></pre></div>'
        in html
    )
    assert 'href="../../optimizers-and-regularization/sgd-momentum-nesterov.py"' in html
    assert 'href="../../optimizers-and-regularization/sgd-momentum-nesterov.ipynb"' in html
    both = rendered(render, "::: example\n")
    assert both.count('<div class="cell"') == 2 and "data-before" not in both


QUIZ = """::: quiz
What is $\\mu$?

- [ ] One

    Not with [=gradient.0].

- [x] Two

    Yes, *two*.
:::
"""


def test_a_quiz_has_feedback_on_every_choice_with_and_without_javascript(render) -> None:
    html = rendered(render, QUIZ)
    assert '<fieldset class="quiz quiz-choices" data-quiz="33-' in html and '"><legend>What is <span class="unbroken"><math>' in html
    assert html.count('type="radio"') == 2 and html.count('class="quiz-feedback"') == 2
    assert 'data-right="true" hidden><strong>Right.</strong> Yes, <em>two</em>.' in html
    assert "<strong>Not so.</strong> Not with 2." in html
    assert html.index("<details data-search-exclude><summary>Answers</summary>") < html.index(
        "<li><strong>Not so: One</strong>"
    )


def test_a_choice_goes_on_in_aligned_lines(render) -> None:
    html = rendered(render, QUIZ.replace("- [x] Two", "- [X] Two\n  and more"))
    assert "<span>Two and more</span>" in html and 'data-right="true" hidden><strong>Right.</strong> Yes' in html


def test_a_quiz_with_several_right_choices_takes_several(render) -> None:
    html = rendered(
        render,
        QUIZ.replace("- [ ] One", "- [x] One")
        .replace(":::\n", "- [ ] Three\n\n    No.\n:::\n", 1)
        .replace("::: quiz", "::: quiz"),
    )
    assert html.count('type="checkbox"') == 3 and "several are right" in html


def test_the_head_of_the_page(render) -> None:
    html = rendered(render, "Text.")
    assert html.index("</h1>") < html.index('<div class="page-meta"') < html.index("<p>Text.")
    assert 'data-question="33"' in html and '<span class="level">core</span>' in html and "1 min" in html
    assert "Gradient descent</span>" in html


# ---- mistakes ----


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("Text [=nothing].", 10, "no number `nothing`: the record has gradient, noisy, seconds"),
        ("Text\nand [=gradient.7].", 11, "no number `gradient.7`: gradient is a list of 2"),
        ("[=gradient]", 10, "that is no number but list"),
        ("[=gradient.0:zz]", 10, "format 'zz' does not fit"),
        ("a\n\n[!nope]", 12, "no claim `nope`; the experiment makes small"),
        ("$\\frac{a}$", 10, "formula '\\\\frac{a}': Unexpected end of input"),
        ("$$\n\\nosuchmacro\n$$", 10, "Unsupported function name"),
        ("[[101]]", 10, "there is no question 101; they run from 1 to 100"),
        ("[@nobody2000]", 10, "no work `nobody2000` in docs/bibliography.bib"),
        ("[@polyak1965]\n\n::: sources", 10, "did you mean polyak1964?"),
        ("Text.\n\n[@polyak1964]\n\nMore.", 12, "cites works but has no `::: sources`"),
        ("Text.\n\n::: sources", 12, "`::: sources` on a page that cites nothing"),
        ("[@polyak1964]\n\n::: sources\n\n::: sources", 14, "a second `::: sources`"),
        ("Text [@polyak1964, p. 3].\n", 10, "is not understood: write `[@key]` or `[@key; @other]`"),
        ("Text.\n\nIt is [=a b].", 12, "'[=a b]' is not understood: write `[=path]`"),
        ("a $$x\n\nb", 10, "this formula does not end within its paragraph"),
        ("a $\\eta b", 10, "this formula does not end within its paragraph"),
        ("::: figure noise\nalt: An $x$.\n\nC.\n:::", 11, "an alt text is read aloud: say $x$ in words"),
        ("::: figure nope\nalt: A.\n\nC.\n:::", 10, "no figure `nope`; the experiment draws noise"),
        ("::: figure noise\n\nCaption.\n:::", 10, "has no alt text"),
        ("::: figure noise\nalt:\n\nCaption.\n:::", 10, "has no alt text"),
        ("::: figure noise\nalt: A.\n:::", 10, "has no caption"),
        ("::: figure noise\nalt: A.\n\nC [=nope].\n:::", 13, "no number `nope`"),
        ("::: explorable noise\n\nCaption.\n:::", 10, "this explorable has no alt text"),
        ("::: source dlprimer.nope", 10, "`dlprimer.nope` names no function or class"),
        ("::: source", 10, "name a function or class"),
        ("::: example nope", 10, "no cell `nope` in sgd-momentum-nesterov.py; it has first, second"),
        ("::: answer\nToo short.\n:::", 10, "the answer has 2 words; it needs 40 to 80"),
        ("Text.\n\n::: quiz\nWhat?\n\n- [ ] a\n\n    f\n:::", 12, "a quiz is a question and at least two choices"),
        ("::: quiz\nWhat?\n\n- [ ] a\n\n    f\n\n- [ ] b\n\n    f\n:::", 10, "0 of 2 choices are marked as right"),
        ("::: quiz\nWhat?\n\n- [ ] a\n\n    f\n\n- [x] b\n:::", 17, "the choice 'b' has no feedback"),
        ("Text.\n\n::: answer\nnever closed", 12, "`::: answer` is not closed"),
        ("Text.\n\n:::", 12, "`:::` closes nothing"),
        ("::: nonsense", 10, "no block `nonsense`; there are answer, figure"),
        ("Text.\n\n::: Sources", 12, "'::: Sources' is no block: write `::: name`, the name being one of answer"),
        (":::sources", 10, "':::sources' is no block"),
        ("::: contents nowhere", 10, "unknown chapter `nowhere`"),
    ],
)
def test_a_mistake_is_reported_once_with_page_and_line(render, body: str, line: int, said: str) -> None:
    _, errors = render(body)
    assert len(errors) == 1, errors
    where, _, message = errors[0].partition(": ")
    assert said in message
    assert where == f"docs/{SRC}:{line}"


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (FRONT.replace("question: 33", "question: 34"), "question: must be 33, got 34"),
        (FRONT.replace("core", "easy"), "level: must be one of core, intermediate, advanced, got 'easy'"),
        (
            FRONT.replace("description: A sentence", "description: Short").replace(
                " that is long enough to describe what the page is about", ""
            ),
            "description: must be",
        ),
        (FRONT.replace("[12]", "twelve"), "prerequisites: must be a list of question numbers"),
        (FRONT.replace("[12]", "[120]"), "there is no question 120"),
        ("", "question: must be 33, got None"),
    ],
)
def test_front_matter_is_checked(render, front: str, said: str) -> None:
    _, errors = render("Text.", front=front)
    assert len(errors) == 1 and said in errors[0] and "front matter" in errors[0]


def test_the_title_is_the_question_word_for_word(render) -> None:
    _, errors = render("Text.", title="What is momentum?")
    assert len(errors) == 1 and f"docs/{SRC}:8: the title must be the question, word for word: # {TITLE}" in errors[0]


def test_a_stale_record_is_reported_once_however_often_it_is_needed(render, folder) -> None:
    experiment = folder / "scripts" / "experiments" / SRC.replace(".md", ".py")
    experiment.write_text(experiment.read_text().replace("size=3", "size=4"))
    html, errors = render("[=gradient.0] [=gradient.1] [!small]\n\n::: figure noise\nalt: A.\n\nC.\n:::")
    assert len(errors) == 1 and "is stale (the experiment changed" in errors[0] and ":10: " in errors[0]
    assert html.count("markup-error") == 4


def test_the_markup_works_without_mkdocs(caplog) -> None:
    html = markdown.markdown("# Any\n\n$x$ [=a]", extensions=["book.markup"])
    assert "<mi>x</mi>" in html
    assert "line 3: this page answers no question" in caplog.text


def test_reading_time_counts_what_is_read_in_a_row() -> None:
    text = "word " * 400 + "\n```python\n" + "code " * 900 + "\n```\n\n::: quiz\n" + "quiz " * 900 + "\n:::\n"
    assert len(header.NOT_READ.sub("", text).split()) == 400


def test_zensical_tells_the_page_in_another_way(folder) -> None:
    """The successor of MkDocs has no `relpath`; it keeps the page's place and address in a preprocessor."""
    text = f"# {TITLE}\n\nThe gradient is [=gradient.0:.1f].\n"
    (folder / "docs" / SRC).write_text(FRONT + "\n" + text)
    md = markdown.Markdown(extensions=EXTENSIONS)
    context = SimpleNamespace(run=lambda lines: lines, page=SimpleNamespace(path=SRC, url=SRC.replace(".md", "/")))
    md.preprocessors.register(context, "rendering_context", 0)
    assert "The gradient is 2.0." in md.convert(text)
