"""The explorable of question 10: every loss rests at its own best answer, whatever the targets and however the price is bent."""

import json
import re
from typing import Any

from book.questions import by_number

ADDRESS = "foundations/loss-function/"
NEAR = json.loads(by_number(10).record.read_text())["data"]["five"]["near"]


def wait_for(page: Any, **texts: str) -> None:
    """Until the readouts say so; a readout's label begins with the name."""
    for label, text in texts.items():
        page.wait_for_function(
            "([label, text]) => [...document.querySelectorAll('.kit-readout')]"
            ".some((r) => r.querySelector('dt').textContent.startsWith(label) && r.querySelector('dd').textContent === text)",
            arg=[label, text],
        )


def test_it_starts_where_the_record_says(open_explorable) -> None:
    page, _ = open_explorable(width=390, scheme="dark")
    wait_for(page, Squared=f"{NEAR['squared']:.1f}", Absolute=f"{NEAR['absolute']:.1f}", Your=f"{NEAR['pinball']:.1f}")


def test_dragging_the_largest_target_takes_the_mean_along_and_leaves_the_median(open_explorable) -> None:
    page, figure = open_explorable()
    dot = figure.get_by_role("slider", name="Target 5")
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    other = figure.get_by_role("slider", name="Target 4").bounding_box()
    step = (box["x"] - other["x"]) / (NEAR["targets"][4] - NEAR["targets"][3])  # pixels a unit
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 5 * step, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    wait_for(page, Squared=f"{NEAR['squared'] - 1:.1f}", Absolute=f"{NEAR['absolute']:.1f}", Your="10.0")


def test_keys_bend_the_price_and_the_ball_jumps_to_another_target(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?own=3,1.5,0,0.5,1")
    wait_for(page, Your="4.0")  # 3 : 1 asks for the 0.75 quantile
    figure.get_by_role("button", name="1 : 1", exact=True).press("Enter")
    wait_for(page, Your=f"{NEAR['absolute']:.1f}")
    figure.get_by_role("button", name="9 : 1", exact=True).press("Enter")
    wait_for(page, Your=f"{NEAR['pinball']:.1f}")
    for _ in range(3):
        figure.get_by_role("slider", name="Price 6 too low").press("PageDown")
    wait_for(page, Your="9.0")  # the bend: six below the largest target, where there is none


def test_a_tie_is_shown_as_a_range(open_explorable) -> None:
    page, _ = open_explorable(ADDRESS + "?own=4,2,0,0.5,1")
    wait_for(page, Your=f"{NEAR['targets'][3]:.1f} … {NEAR['targets'][4]:.1f}")  # 4 : 1 cannot tell 4 from 15


def test_separate_minima_are_not_a_range(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?y=0,0,16,16,8&own=5,5,0,5,5")
    wait_for(page, Your="0.0 and 16.0", Squared="8.0")
    figure.locator(".kit-note").filter(has_text="The green balls are").wait_for()


def test_the_state_is_in_the_address_and_reset_brings_it_back(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="1 : 9", exact=True).click()
    wait_for(page, Your="1.0")
    page.wait_for_url(re.compile("own="))
    figure.get_by_role("button", name="Reset", exact=True).click()
    wait_for(page, Your=f"{NEAR['pinball']:.1f}")
    page.wait_for_url(lambda url: "?" not in url)
