"""The explorable of question 46: it moves, by pointer and by keyboard, and starts from the record's numbers."""

import json

from book.questions import by_number

QUESTION = by_number(46)


def test_moving_the_slider_moves_the_readout(open_page) -> None:
    page = open_page(f"{QUESTION.chapter_slug}/{QUESTION.slug}/")
    figure = page.locator("figure.explorable[data-state=live]")
    figure.scroll_into_view_if_needed()
    mean = json.loads(QUESTION.record.read_text())["data"]["result"]["mean"]
    assert abs(float(figure.locator("output").first.inner_text().replace("−", "-")) - mean) < 0.01
    before = figure.locator("output").first.inner_text()
    figure.get_by_role("slider").first.press("ArrowRight")
    figure.locator("output").first.filter(has_not_text=before).wait_for()
