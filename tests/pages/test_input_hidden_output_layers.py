"""The explorable of question 8: image, hidden numbers and probabilities follow one another, by pointer and by keyboard."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from book.questions import by_number

ADDRESS = "foundations/input-hidden-output-layers/"
NETWORK = json.loads(by_number(8).record.read_text())["data"]["network"]
OUTPUT = NETWORK["layers"][2]
SENT = "The image sends"
MOVED = "You moved the numbers by hand"


def probabilities(first: float, second: float) -> np.ndarray:
    logits = np.array([first, second]) @ np.array(OUTPUT["weight"]) + np.array(OUTPUT["bias"])
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def hidden_numbers(figure) -> tuple[float, float]:
    text = dot(figure).get_attribute("aria-valuetext").replace("\N{MINUS SIGN}", "-")
    first, second = re.match(r"(-?[\d.]+) and (-?[\d.]+)", text).groups()
    return float(first), float(second)


def spoken(first: float, second: float) -> re.Pattern[str]:
    """The start of what the dot says of its two numbers."""
    return re.compile(f"^{first:.2f} and {second:.2f}".replace("-", "\N{MINUS SIGN}"))


def dot(figure):
    return figure.get_by_role("slider", name="The two hidden numbers")


def note(figure, text: str):
    return figure.locator(".kit-note").filter(has_text=text)


def readout(figure, label: str):
    return figure.locator(".kit-readout").filter(has_text=label).locator("dd")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_starts_with_a_misread_nine_and_the_numbers_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    assert NETWORK["labels"][NETWORK["start"]] == "9"
    assert hidden_numbers(figure) == pytest.approx(NETWORK["points"][NETWORK["start"]], abs=0.011)
    shares = probabilities(*hidden_numbers(figure))
    assert readout(figure, "Read as").inner_text() == str(shares.argmax()) != "9"
    shown = [float(text) for text in figure.locator(".kit-bar-value").all_inner_texts()]
    assert shown == pytest.approx(100 * shares, abs=0.51)
    note(figure, SENT).wait_for()


def test_painting_moves_the_hidden_numbers(open_explorable) -> None:
    page, figure = open_explorable()
    before = hidden_numbers(figure)
    canvas = figure.locator(".kit-paint canvas").bounding_box()
    page.mouse.move(canvas["x"] + 0.2 * canvas["width"], canvas["y"] + 0.2 * canvas["height"])
    page.mouse.down()
    page.mouse.move(canvas["x"] + 0.8 * canvas["width"], canvas["y"] + 0.8 * canvas["height"], steps=6)
    page.mouse.up()
    page.wait_for_function("/[?&]image=/.test(location.search)")
    assert hidden_numbers(figure) != before
    note(figure, SENT).wait_for()


def test_dragging_the_dot_into_the_middle_makes_it_an_eight_without_an_image(open_explorable) -> None:
    page, figure = open_explorable()
    assert probabilities(0, -0.15).argmax() == 8
    box = dot(figure).bounding_box()
    plane = figure.locator("svg").filter(has=page.get_by_role("slider", name="The two hidden numbers")).bounding_box()
    start = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(plane["x"] + 0.56 * plane["width"], plane["y"] + 0.48 * plane["height"], steps=8)
    page.mouse.up()
    readout(figure, "Read as").filter(has_text=re.compile("^8$")).wait_for()
    note(figure, MOVED).wait_for()


def test_arrow_keys_move_the_dot_and_reset_brings_it_back(open_explorable) -> None:
    page, figure = open_explorable()
    before = hidden_numbers(figure)
    for _ in range(4):
        dot(figure).press("Shift+ArrowUp")
    note(figure, MOVED).wait_for()
    page.wait_for_function("/second=/.test(location.search)")
    expect(dot(figure)).to_have_attribute("aria-valuetext", spoken(before[0], before[1] + 0.4))
    figure.get_by_role("button", name="Reset", exact=True).click()
    note(figure, SENT).wait_for()
    expect(dot(figure)).to_have_attribute("aria-valuetext", spoken(*before))


def test_an_address_holds_the_two_numbers(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?first=0.98&second=0.98")
    shares = probabilities(0.98, 0.98)
    readout(figure, "Read as").filter(has_text=str(shares.argmax())).wait_for()
    note(figure, MOVED).wait_for()


def test_choosing_a_neighbor_paints_its_image(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?first=0.98&second=0.98")
    note(figure, MOVED).wait_for()
    neighbors = figure.get_by_role("listbox", name="Nearest test images")
    neighbors.focus()
    neighbors.press("Enter")
    note(figure, SENT).wait_for()
    nearest = min(NETWORK["points"], key=lambda point: np.hypot(point[0] - 0.98, point[1] - 0.98))
    assert hidden_numbers(figure) == pytest.approx(nearest, abs=0.011)
