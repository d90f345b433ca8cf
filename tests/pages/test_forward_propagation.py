"""The explorable of question 9: ledgers that close to the record's numbers, by pointer and by keyboard, and what painting does."""

import json
import re

import numpy as np
import pytest

from book import questions

ADDRESS = "foundations/forward-propagation/"
DATA = json.loads(questions.by_number(9).record.read_text())["data"]
NET, UNIT = DATA["net"], DATA["settings"]["unit"]
W1, B1, W2, B2 = (np.array(NET[name]) / UNIT for name in ("w1", "b1", "w2", "b2"))
IMAGE = np.array(NET["images"][NET["digit"]]) / 16


def wait_for(page, tolerance=6e-5, **values) -> None:
    """Until the readouts show the values; a name's underscores are blanks, a readout's label begins with it."""
    for label, value in values.items():
        page.wait_for_function(
            "([label, value, tolerance]) => [...document.querySelectorAll('.kit-readout')].some((r) =>"
            "r.querySelector('dt').textContent.startsWith(label) &&"
            "Math.abs(Number(r.querySelector('dd').textContent.replace('−', '-').replace(',', '')) - value) < tolerance)",
            arg=[label.replace("_", " "), float(value), tolerance],
        )


def forward(image):
    z = W1 @ image + B1
    return z, W2 @ np.maximum(z, 0) + B2


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_last_product_closes_the_ledger(open_explorable, width: int, scheme: str) -> None:
    page, figure = open_explorable(width=width, scheme=scheme)
    terms = sorted(W1[NET["unit"]] * IMAGE, key=abs, reverse=True)
    wait_for(page, Bias=NET["bias"], Sum_of=sum(terms[:12]), The_layer=NET["pre"])
    figure.get_by_role("slider", name="Products added").press("End")
    wait_for(page, **{"Bias +": NET["pre"], "Sum_of": NET["pre"] - NET["bias"]})
    figure.locator(".kit-note").filter(has_text="The sum is complete").wait_for()


def test_pressing_a_logit_opens_its_ledger_of_32(open_explorable) -> None:
    page, figure = open_explorable()
    box = figure.get_by_role("grid", name=re.compile("10 logits")).bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] - 12)
    figure.get_by_text("Products, logit 5").wait_for()
    figure.get_by_text("After softmax").wait_for()
    wait_for(page, Bias=B2[5], The_layer=forward(IMAGE)[1][5])
    page.wait_for_url(re.compile("of=logit"))


def test_keys_choose_a_unit_and_reset_returns(open_explorable) -> None:
    page, figure = open_explorable()
    units = figure.get_by_role("grid", name=re.compile("32 hidden units"))
    units.press("ArrowRight")
    units.press("Enter")
    figure.get_by_text("Products, unit 2", exact=True).wait_for()
    wait_for(page, Bias=B1[1])
    figure.get_by_role("button", name="Reset", exact=True).click()
    figure.get_by_text(f"Products, unit {NET['unit'] + 1}", exact=True).wait_for()
    wait_for(page, Bias=NET["bias"])


def test_the_address_says_what_is_open(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?of=logit&logit=7&added=40")
    figure.get_by_text("32 of 32").wait_for()
    wait_for(page, **{"Bias +": forward(IMAGE)[1][7], "The_layer": forward(IMAGE)[1][7]})


def test_a_painted_pixel_moves_the_logit_as_the_network_says(open_explorable) -> None:
    page, figure = open_explorable()
    paint = figure.get_by_role("grid", name=re.compile("Image"))
    box = paint.bounding_box()
    cell = (int(np.flatnonzero(IMAGE.reshape(8, 8)[4] == 0)[0]), 4)
    page.mouse.click(box["x"] + 1 + (cell[0] + 0.5) * box["width"] / 8, box["y"] + 1 + (cell[1] + 0.5) * box["width"] / 8)
    note = figure.locator(".kit-note").filter(has_text="You changed 1 pixel")
    note.wait_for()
    painted = IMAGE.copy()
    painted[8 * cell[1] + cell[0]] = 1
    moved = forward(painted)[1][NET["digit"]] - forward(IMAGE)[1][NET["digit"]]
    said = re.search(r"moved by ([+−-]?[\d.]+)", note.inner_text()).group(1).replace("−", "-")
    assert abs(float(said) - moved) < 6e-4


def test_another_digit_can_be_taken(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="7", exact=True).click()
    other = np.array(NET["images"][7]) / 16
    wait_for(page, The_layer=forward(other)[0][NET["unit"]])


@pytest.mark.parametrize("width", [1280, 390])
def test_another_unit_or_logit_does_not_move_the_controls(open_explorable, width: int) -> None:
    _, figure = open_explorable(width=width)
    top = lambda: figure.get_by_role("slider", name="Products added").evaluate("input => input.getBoundingClientRect().top + scrollY")
    before = top()
    presses = [("32 hidden units", ["End", "ArrowDown"], "Products, unit 16"), ("10 logits", ["End"], "Products, logit 9")]
    for grid, keys, heading in presses:
        cells = figure.get_by_role("grid", name=re.compile(grid))
        for key in [*keys, "Enter"]:
            cells.press(key)
        figure.get_by_text(heading).wait_for()
        assert abs(top() - before) < 1


def test_changes_without_paint_say_so(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?show=changes")
    figure.locator(".kit-note").filter(has_text="Nothing painted yet").wait_for()
