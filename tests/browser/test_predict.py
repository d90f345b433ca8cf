"""A number guessed before a figure is shown: by pointer, by keyboard, remembered, skipped, and without JavaScript."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.markup import predict

PAGE = "optimizers-and-regularization/sgd-momentum-nesterov/"
ANSWER = predict.Answer(value=34.0, shown="34", low=0.0, high=100.0, step=1.0, unit="steps")
SHARE = predict.Answer(value=12.5, shown="12.5%", low=0.0, high=100.0, step=1.0, unit="%")


@pytest.fixture
def open_prediction(new_page, site):
    """A page of the book whose first figure stands behind a question."""

    def run(answer=ANSWER, **settings):
        page = new_page(origin=site, **settings)

        def replace(route):
            body = route.fetch().text()
            figure = re.search(r'<figure class="figure">(.*?)<figcaption>(.*?)</figcaption></figure>', body, re.DOTALL)
            asked = predict.html(33, "How many steps does <em>momentum</em> need?", answer, figure[1], figure[2])
            route.fulfill(body=body.replace(figure[0], asked, 1), content_type="text/html")

        page.route(f"**/{PAGE}", replace)
        page.goto(site + PAGE, wait_until="load")
        figure = page.locator("figure.predict")
        if settings.get("javascript", True):
            page.locator("figure.predict[data-mounted]").wait_for()
        figure.scroll_into_view_if_needed()
        return page, figure

    return run


def seen(figure):
    return figure.locator("img:visible").count() > 0 or figure.locator(".predict-answer:visible").count() > 0


def test_the_figure_is_hidden_until_the_reader_commits_with_the_pointer(open_prediction):
    page, figure = open_prediction()
    assert not seen(figure)
    scale = figure.get_by_role("slider", name="Your guess")
    box = scale.bounding_box()
    assert box["height"] >= 44
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert float(figure.get_by_role("textbox").input_value()) == pytest.approx(25, abs=2)
    assert not seen(figure), "a guess that is not committed shows nothing"
    figure.get_by_role("textbox").fill("40")
    expect(scale).to_have_value("40")
    figure.get_by_role("button", name="Commit").click()
    assert seen(figure)
    expect(figure.locator("form")).to_be_hidden()
    verdict = figure.get_by_role("status")
    expect(verdict).to_have_text("You guessed 40 steps. Off by 6 steps. Score 91 of 100.")
    assert verdict.evaluate("node => node === document.activeElement")
    expect(figure.get_by_text("Measured: 34 steps")).to_be_visible()


def test_the_keyboard_alone_and_the_browser_remembers(open_prediction):
    page, figure = open_prediction(width=390, scheme="dark")
    scale = figure.get_by_role("slider", name="Your guess")
    scale.focus()
    scale.press("Home")
    scale.press("ArrowRight")
    page.keyboard.press("Tab")
    assert figure.get_by_role("textbox").evaluate("node => node === document.activeElement")
    expect(figure.get_by_role("textbox")).to_have_value("1")
    figure.get_by_role("textbox").fill("34")
    page.keyboard.press("Enter")
    expect(figure.get_by_role("status")).to_have_text("You guessed 34 steps. That is what was measured. Score 100 of 100.")
    kept = json.loads(page.evaluate("localStorage.getItem('book.answers.v1')"))
    assert kept == {figure.get_attribute("data-predict"): "34"}
    page.reload()
    figure.locator(".predict-verdict:visible").wait_for()
    assert seen(figure) and figure.get_by_role("status").inner_text().startswith("You guessed 34 steps.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_is_shown_for_what_is_no_guess(open_prediction):
    _, figure = open_prediction()
    for text in ("", "many", "101", "-1"):
        figure.get_by_role("textbox").fill(text)
        figure.get_by_role("button", name="Commit").click()
        assert figure.get_by_role("textbox").get_attribute("aria-invalid") == "true" and not seen(figure), text


def test_skipping_shows_the_figure_and_is_remembered(open_prediction):
    page, figure = open_prediction(SHARE)
    figure.locator("summary").press("Enter")
    figure.locator(".predict-verdict:visible").wait_for()
    assert seen(figure)
    expect(figure.get_by_role("status")).to_have_text("Shown without a guess.")
    page.reload()
    figure.locator(".predict-verdict:visible").wait_for()
    assert seen(figure)
    expect(figure.locator("form")).to_be_hidden()


def test_a_share_may_be_typed_with_its_sign(open_prediction):
    _, figure = open_prediction(SHARE)
    figure.get_by_role("textbox").fill("20%")
    figure.get_by_role("button", name="Commit").click()
    expect(figure.get_by_role("status")).to_have_text("You guessed 20%. Off by 7.5 percentage points. Score 91 of 100.")


def test_without_javascript_the_figure_stands_folded(open_prediction):
    _, figure = open_prediction(javascript=False)
    expect(figure.locator("form")).to_be_hidden()
    assert not seen(figure)
    figure.get_by_text("Show the figure without a guess").click()
    assert seen(figure)
