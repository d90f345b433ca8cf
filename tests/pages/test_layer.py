"""The explorable of question 7: the moves of a trained net by slider, marks and keys, a view to turn, and a thread to pull."""

import json
import re

import pytest

from book import questions

ADDRESS = "foundations/layer/"
NETS = json.loads(questions.by_number(7).record.read_text())["data"]["nets"]
WAY_OUT = "width=two&x=0.6&y=2.4"  # through the gap in the ring


def readout(figure, label):
    return figure.locator(".kit-readout", has_text=label).locator("dd")


def share(figure) -> float:
    return float(readout(figure, "Best straight cut").inner_text().rstrip("%\u202f\u00a0 ")) / 100


def boundary(figure) -> str:
    return figure.locator(".kit-plot").first.locator("path.kit-line").nth(2).get_attribute("d")


@pytest.mark.parametrize(("width", "move"), [("two", 12), ("three", 2), ("three", 4)])
def test_each_stage_shows_the_cut_of_the_record(open_explorable, width: str, move: int) -> None:
    _, figure = open_explorable(f"{ADDRESS}?width={width}&{width}={move}")
    cuts = NETS[width]["cuts"]
    assert abs(share(figure) - cuts[min(move, len(cuts) - 1)]) < 0.006


def test_arrow_keys_make_whole_moves_and_reset_goes_back(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?three=1")
    slider = figure.get_by_role("slider", name="Moves made")
    note = figure.locator(".kit-note", has_text="everything shifts")
    assert note.count() == 0
    slider.press("ArrowRight")
    note.wait_for()
    page.wait_for_url(re.compile("three=2"))
    figure.get_by_role("button", name="Reset").click()
    note.wait_for(state="detached")
    page.wait_for_url(lambda url: "?" not in url)


def test_the_width_has_a_timeline_of_its_own(open_explorable) -> None:
    _, figure = open_explorable(width=390, scheme="dark")
    assert figure.get_by_role("slider", name="Turn the view").is_visible()
    figure.get_by_role("radio", name="2 units, four layers").check(force=True)
    figure.get_by_role("slider", name="Moves made, by layer").wait_for()
    assert not figure.get_by_role("slider", name="Turn the view").is_visible()
    figure.get_by_role("button", name="4", exact=True).click()
    figure.locator(".kit-note", has_text="Layer 4, tanh").wait_for()


def test_dragging_turns_the_space(open_explorable) -> None:
    page, figure = open_explorable()
    turn = figure.locator(".kit-slider", has_text="Turn the view").locator("output")
    before, drawn = turn.inner_text(), boundary(figure)
    box = figure.locator(".kit-plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    turn.filter(has_not_text=before).wait_for()
    page.wait_for_url(re.compile("turn="))
    assert boundary(figure) != drawn


def test_the_thread_leaves_the_ring_of_two_units_and_not_of_three(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?{WAY_OUT}")
    crossings = readout(figure, "thread crosses")
    assert crossings.inner_text() == "never"
    figure.get_by_role("radio", name="3 units, one layer").check(force=True)
    crossings.filter(has_text="once").wait_for()
    end = figure.get_by_role("slider", name="End of the thread")
    for _ in range(4):
        end.press("Shift+ArrowDown")
    crossings.filter(has_text="never").wait_for()
