"""The explorable of question 5: it solves and trains as the record did, and answers to pointer, keys, buttons and the address."""

import json
import re

from book.questions import by_number

QUESTION = by_number(5)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
START = json.loads(QUESTION.record.read_text())["data"]["start"]


def readout(figure, label: str):
    return figure.locator(".kit-readout").filter(has_text=label).locator("dd")


def number(figure, label: str) -> float:
    return float(readout(figure, label).inner_text().replace(",", ""))


def wait_for_training(figure) -> float:
    readout(figure, "Error, trained").filter(has_text=re.compile(r"\d")).wait_for()
    return number(figure, "Error, trained")


def test_it_solves_and_trains_as_the_record_did(open_explorable) -> None:
    _, figure = open_explorable()
    assert abs(number(figure, "Error, solved") - START["solved"]) < 0.001
    assert abs(number(figure, "Largest solved weight") / START["largest"] - 1) < 0.1
    assert abs(wait_for_training(figure) - START["trained"]) < 0.01


def test_a_bend_of_a_millionth_is_solved_but_not_learned(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?bend=0.000001", width=390, scheme="dark")
    assert abs(number(figure, "Error, solved") - START["solved"]) < 0.001
    assert number(figure, "Largest solved weight") > 5000 * START["largest"]
    assert wait_for_training(figure) > 0.6


def test_polynomials_keep_their_few_dimensions(open_explorable) -> None:
    _, figure = open_explorable()
    for name, dimensions in (("Line", 2), ("Parabola", 3), ("Cube", 4)):
        figure.get_by_role("button", name=name, exact=True).click()
        readout(figure, "Dimensions").filter(has_text=re.compile(f"^{dimensions}$")).wait_for()
        assert number(figure, "Error, solved") > 0.6
        assert 0 < number(figure, "Largest solved weight") < 1


def test_one_key_on_a_point_of_the_parabola_frees_the_fit(open_explorable) -> None:
    _, figure = open_explorable()
    figure.get_by_role("button", name="Parabola").click()
    readout(figure, "Dimensions").filter(has_text=re.compile("^3$")).wait_for()
    figure.get_by_role("slider", name="Activation, point 5 of 9").press("ArrowUp")
    readout(figure, "Dimensions").filter(has_not_text=re.compile("^3$")).wait_for()
    assert number(figure, "Dimensions") > 20 and number(figure, "Error, solved") < 0.1


def test_dragging_a_point_changes_the_fit_and_reset_brings_it_back(open_explorable) -> None:
    page, figure = open_explorable()
    before = readout(figure, "Dimensions").inner_text()
    point = figure.get_by_role("slider", name="Activation, point 3 of 9").bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.mouse.down()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] - 30, steps=4)
    page.mouse.up()
    readout(figure, "Dimensions").filter(has_not_text=before).wait_for()
    page.wait_for_url(re.compile("shape="))
    figure.get_by_role("button", name="Reset", exact=True).click()
    readout(figure, "Dimensions").filter(has_text=re.compile(f"^{before}$")).wait_for()


def test_relu_is_learned(open_explorable) -> None:
    _, figure = open_explorable()
    figure.get_by_role("button", name="ReLU", exact=True).click()
    readout(figure, "Largest solved weight").filter(has_not_text=",").wait_for()
    assert wait_for_training(figure) < 0.1
