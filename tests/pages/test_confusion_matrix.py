"""The explorable of question 41: frequencies move the columns and not the rows, cells show their images, by pointer and by keyboard."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.questions import by_number

QUESTION = by_number(41)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
DATA = json.loads(QUESTION.record.read_text())["data"]
RARE = DATA["rare"]
ROWS, COLUMNS = 0, 1


def expect_readouts(figure, recall: float, precision: float, accuracy: float) -> None:
    outputs = figure.locator(".kit-readout dd")
    for index, value in enumerate((recall, precision, accuracy)):
        expect(outputs.nth(index)).to_have_text(re.compile(rf"^{100 * value:.1f}\s?%$|^{100 * value:.0f}\s?%$"))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_numbers_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    expect_readouts(figure, RARE["before"]["recall"], RARE["before"]["precision"], RARE["before"]["accuracy"])
    top = DATA["top"][0]
    tested = f"{top['count']} of {DATA['supports'][top['true']]:,} eights called {top['called']}"
    expect(figure.locator(".kit-note")).to_contain_text(tested)


def test_the_button_makes_eights_rare_as_foretold(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Make eights rare").click()
    expect_readouts(figure, RARE["before"]["recall"], RARE["foretold"]["precision"], RARE["foretold"]["accuracy"])
    page.wait_for_url(re.compile("frequency="))
    figure.get_by_role("button", name="Reset").click()
    expect_readouts(figure, RARE["before"]["recall"], RARE["before"]["precision"], RARE["before"]["accuracy"])


def test_keys_on_a_bar_change_precision_and_not_recall(open_explorable) -> None:
    _, figure = open_explorable(width=390)
    outputs = figure.locator(".kit-readout dd")
    recall, precision = outputs.nth(0).inner_text(), outputs.nth(1).inner_text()
    figure.get_by_role("slider", name="8", exact=True).press("PageDown")
    expect(outputs.nth(1)).not_to_have_text(precision)
    assert outputs.nth(0).inner_text() == recall


def test_pressing_a_cell_shows_its_images(open_explorable) -> None:
    page, figure = open_explorable()
    canvas = figure.locator(".kit-matrix canvas").nth(COLUMNS)
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 0.85 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_url(re.compile("row="))
    state = dict(re.findall(r"(row|column)=(\d)", page.url))
    row, column = int(state["row"]), int(state.get("column", DATA["top"][0]["called"]))
    expect(figure.locator(".kit-note")).to_contain_text(f"{DATA['counts'][row][column]:,} of {DATA['supports'][row]:,}")


def test_the_address_names_cell_and_frequencies(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?row=4&column=3")
    assert DATA["counts"][4][3] == 0
    expect(figure.locator(".kit-note")).to_contain_text("No image to show")
