"""What the reader does on a page besides reading: answers, terms, the map, progress in this browser and as a file."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.questions import all_questions

WRITTEN = [question for question in all_questions() if question.page.is_file()]
MOMENTUM = "optimizers-and-regularization/sgd-momentum-nesterov/"


def stored(page, name: str):
    return json.loads(page.evaluate(f"localStorage.getItem({name!r})") or "null")


# ---- quizzes ----


def test_a_number_is_judged_by_its_nearest_reply_and_remembered(open_page) -> None:
    page = open_page(MOMENTUM)
    quiz = page.locator(".quiz-number").first
    entry = quiz.get_by_label("Your number")
    for text, reply in (("0.4", "Right."), ("4e-1", "Right."), ("0.019", "Not so. That is"), ("7", "Not so. Add up")):
        entry.fill(text)
        quiz.get_by_role("button", name="Check").click()
        visible = quiz.locator(".quiz-feedback:visible")
        assert visible.count() == 1 and visible.inner_text().startswith(reply), text
    entry.fill("many")
    entry.press("Enter")
    expect(quiz.locator(".quiz-feedback:visible")).to_have_count(0)
    expect(entry).to_have_attribute("aria-invalid", "true")
    entry.fill("40%")
    entry.press("Enter")
    page.reload()
    assert quiz.locator(".quiz-feedback:visible").inner_text().startswith("Right.")
    expect(entry).to_have_value("40%")


def test_a_choice_is_remembered(open_page) -> None:
    page = open_page(MOMENTUM)
    quiz = page.locator(".quiz-choices").first
    quiz.get_by_role("radio").nth(1).check()
    expect(quiz.locator(".quiz-feedback:visible")).to_have_count(1)
    page.reload()
    expect(quiz.get_by_role("radio").nth(1)).to_be_checked()
    expect(quiz.locator(".quiz-feedback:visible")).to_have_count(1)


def test_without_javascript_the_answers_stand_folded(open_page) -> None:
    page = open_page(MOMENTUM, javascript=False)
    quiz = page.locator(".quiz-number").first
    expect(quiz.locator(".quiz-entry")).to_be_hidden()
    quiz.get_by_text("Answers").click()
    expect(quiz.get_by_text("Right: 0.40")).to_be_visible()


def test_numbers_as_people_write_them(open_page) -> None:
    page = open_page("")
    module = page.evaluate("document.querySelector('script[type=module]').src").replace("book.js", "quiz.js")
    parsed = page.evaluate(
        f"import('{module}').then(m => ['1,000', '−3', '2.5e-3', '12%', '0,5', '.5', '1 000', '1,000.5'].map(m.parseNumber))"
    )
    assert parsed == [1000, -3, 0.0025, 0.12, 0.5, 0.5, 1000, 1000.5]
    assert page.evaluate(f"import('{module}').then(m => ['', 'x', '1x', '--1', '1e'].every(t => Number.isNaN(m.parseNumber(t))))")


# ---- terms and citations ----


@pytest.mark.parametrize("kind", ["term", "citation"])
def test_terms_and_citations_explain_themselves_on_hover_and_focus(open_page, kind: str) -> None:
    page = open_page(MOMENTUM)
    link = page.locator(f"article a.{kind}").first
    text = link.locator(f".{kind}-text")
    expect(text).to_be_hidden()
    link.hover()
    expect(text).to_be_visible()
    assert len(text.inner_text()) > 20
    page.mouse.move(0, 0)
    expect(text).to_be_hidden()
    page.keyboard.press("Tab")
    link.focus()
    expect(text).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_glossary_leads_to_the_pages_and_back(open_page) -> None:
    page = open_page(MOMENTUM)
    term = page.locator("article a.term").first
    name = term.get_attribute("href").split("#")[1]
    term.click()
    page.wait_for_url(re.compile(r"/glossary/#"))
    entry = page.locator(f"dt#{name}")
    expect(entry).to_be_visible()
    expect(page.locator(f"dt#{name} + dd a[href*='sgd-momentum-nesterov']")).to_have_count(1)


# ---- progress ----


def test_marks_show_on_lists_paths_and_map(open_page) -> None:
    page = open_page(MOMENTUM)
    page.get_by_role("button", name="Mark as understood").click()
    expect(page.locator("button.understood")).to_have_text("Understood")
    page.goto(page.url.replace(MOMENTUM, "map/"))
    page.locator(".map-node.map-understood").wait_for()
    expect(page.locator(".map-understood")).to_have_attribute("data-question", "33")
    expect(page.get_by_role("progressbar", name="Optimizers and regularization: 1 of")).to_have_count(1)
    page.goto(page.url.replace("map/", "paths/"))
    expect(page.get_by_text("You have understood 1.").first).to_be_visible()
    page.goto(page.url.replace("paths/", ""))
    expect(page.locator("li.is-understood")).to_have_attribute("data-question", "33")


def test_next_and_random_lead_to_written_pages(open_page) -> None:
    page = open_page("map/")
    addresses = [f"{question.chapter_slug}/{question.slug}/" for question in WRITTEN]
    href = page.locator("a.reader-next").get_attribute("href")
    assert any(href.endswith(address) for address in addresses)
    page.get_by_role("button", name="Random question").click()
    page.wait_for_url(re.compile("|".join(map(re.escape, addresses))))


def test_the_next_question_has_the_fewest_gaps(open_page) -> None:
    page = open_page("")
    module = page.evaluate("document.querySelector('script[type=module]').src").replace("book.js", "reader.js")
    questions = [
        {"number": 1, "address": None, "before": []},
        {"number": 2, "address": "b", "before": [1]},
        {"number": 3, "address": "c", "before": [2]},
        {"number": 4, "address": "d", "before": []},
    ]
    code = f"([questions, known]) => import('{module}').then(m => m.nextFor(questions, new Set(known))?.number ?? null)"
    assert [page.evaluate(code, [questions, known]) for known in ([], [4], [1, 4], [1, 2, 4], [2, 3, 4])] == [4, 2, 2, 3, None]


def test_progress_travels_as_a_file(open_page, tmp_path) -> None:
    page = open_page(MOMENTUM)
    page.get_by_role("button", name="Mark as understood").click()
    page.locator(".quiz-choices").first.get_by_role("radio").first.check()
    answers = stored(page, "book.answers.v1")
    page.goto(page.url.replace(MOMENTUM, "paths/"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save progress to a file").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget progress").click()
    page.get_by_text("Forgotten.").wait_for()
    assert stored(page, "book.understood.v1") == [] and stored(page, "book.answers.v1") == {}
    page.get_by_label("Load progress").set_input_files(file)
    page.get_by_text("Loaded: 1 questions understood.").wait_for()
    assert stored(page, "book.understood.v1") == [33] and stored(page, "book.answers.v1") == answers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not json", "it is not JSON"),
        ("[]", "not a progress file of this book"),
        ('{"book": "deep-learning-primer", "schema": 9}', "has version 9; this book reads version 1"),
        ('{"book": "deep-learning-primer", "schema": 1, "understood": [1, 500], "answers": {}}', "understood questions is damaged"),
        ('{"book": "deep-learning-primer", "schema": 1, "understood": [1], "answers": {"a": 3}}', "answers are damaged"),
    ],
)
def test_a_file_that_is_no_progress_changes_nothing(open_page, tmp_path, content: str, said: str) -> None:
    page = open_page("paths/")
    page.evaluate("localStorage.setItem('book.understood.v1', '[13]')")
    file = tmp_path / "progress.json"
    file.write_text(content)
    page.locator(".reader[data-mounted]").get_by_label("Load progress").set_input_files(file)
    page.get_by_text(said).wait_for()
    assert stored(page, "book.understood.v1") == [13]


@pytest.mark.parametrize("value", ["{", '"x"', "[1.5, null, 999]", "null"])
def test_a_damaged_store_is_taken_as_empty(open_page, value: str) -> None:
    page = open_page("paths/")
    page.evaluate("value => { localStorage.setItem('book.understood.v1', value); localStorage.setItem('book.answers.v1', value); }", value)
    page.goto(page.url.replace("paths/", MOMENTUM))
    expect(page.get_by_role("button", name="Mark as understood")).to_be_visible()
    page.locator(".quiz-choices").first.get_by_role("radio").first.check()
    expect(page.locator(".quiz-choices").first.locator(".quiz-feedback:visible")).to_have_count(1)


# ---- the map ----


def test_pointing_at_a_question_lights_what_it_needs_and_leads_to(open_page) -> None:
    page = open_page("map/")
    page.locator("[data-mounted].question-map").wait_for()
    node = page.locator(".map-node[data-question='34']")
    node.hover()
    expect(page.locator(".map-here")).to_have_attribute("data-question", "34")
    before = set(page.eval_on_selector_all(".map-node.map-before", "nodes => nodes.map(n => +n.dataset.question)"))
    assert {33, 12} <= before and 34 not in before
    assert "35" in page.eval_on_selector_all(".map-node.map-after", "nodes => nodes.map(n => n.dataset.question)")
    assert "Builds on" in page.locator(".map-note").inner_text()


def test_keys_move_between_questions_and_zoom(open_page) -> None:
    page = open_page("map/", width=390, reduced_motion=True)
    page.locator("[data-mounted].question-map").wait_for()
    width = lambda: page.locator(".map-drawing").bounding_box()["width"]
    page.locator(".map-frame").focus()
    before = width()
    page.keyboard.press("+")
    assert width() > before
    page.keyboard.press("0")
    page.locator(".map-node[data-question='13']").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.question") == "14"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.question") in {"23", "24"}
    assert page.locator(".map-here").get_attribute("data-question") in {"23", "24"}
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_map_without_javascript_still_leads_to_the_pages(open_page) -> None:
    page = open_page("map/", javascript=False)
    expect(page.locator("a.map-node")).to_have_count(len(WRITTEN))
    expect(page.locator(".map-buttons")).to_be_hidden()


def test_no_name_runs_out_of_its_box(open_page) -> None:
    page = open_page("map/")
    page.locator("[data-mounted].question-map").wait_for()
    cut = "nodes => nodes.filter(n => n.scrollHeight > n.clientHeight + 1 || n.scrollWidth > n.clientWidth + 1).map(n => n.textContent)"
    assert page.eval_on_selector_all(".map-node", cut) == []
