"""The explorable of question 10: it moves, by pointer and by keyboard, and starts from the record's numbers."""

import json

from book.questions import by_number

QUESTION = by_number(10)


def test_moving_the_slider_moves_the_readout(open_page) -> None:
    page = open_page(f"{QUESTION.chapter_slug}/{QUESTION.slug}/")
    page.locator("figure.explorable").scroll_into_view_if_needed()
    figure = page.locator("figure.explorable[data-state=live]")
    figure.wait_for()
    mean = json.loads(QUESTION.record.read_text())["data"]["result"]["mean"]
    assert abs(float(figure.locator("output").first.inner_text().replace("−", "-")) - mean) < 0.01
    before = figure.locator("output").first.inner_text()
    figure.get_by_role("slider").first.press("ArrowRight")
    figure.locator("output").first.filter(has_not_text=before).wait_for()
