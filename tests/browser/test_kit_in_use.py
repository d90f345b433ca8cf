"""The kit's parts where the book uses them: points close to one another, and a Reset that brings everything back."""

import re

import pytest
from playwright.sync_api import expect

LOSS = "foundations/loss-function/"
LAYER = "foundations/layer/"
LAYERS = "foundations/input-hidden-output-layers/"


def live(open_page, address: str, **settings):
    page = open_page(address, **settings)
    figure = page.locator("figure.explorable")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-state", "live")
    return page, figure


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["Target 1", "Target 2", "Target 3", "Target 4"])
def test_a_press_on_a_point_is_for_that_point_though_others_are_near(open_page, width: int, name: str) -> None:
    page, figure = live(open_page, LOSS, width=width)
    targets = {other: figure.get_by_role("slider", name=other, exact=True) for other in ("Target 1", "Target 2", "Target 3", "Target 4")}
    before = {other: target.get_attribute("aria-valuenow") for other, target in targets.items()}
    box = targets[name].locator(".kit-dot").bounding_box()
    start = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + width / 6, start[1], steps=5)
    page.mouse.up()
    expect(targets[name]).not_to_have_attribute("aria-valuenow", before[name])
    for other, target in targets.items():
        if other != name:
            assert target.get_attribute("aria-valuenow") == before[other]
    expect(targets[name]).to_be_focused()


def test_reset_stops_what_plays_and_brings_its_speed_back(open_page) -> None:
    page, figure = live(open_page, LAYER)
    speed = figure.locator(".kit-speed:visible")
    speed.click()
    expect(speed).to_have_text("2×")
    figure.get_by_role("button", name="Play", exact=True).click()
    expect(figure.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    figure.get_by_role("button", name="Reset", exact=True).click()
    expect(figure.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(speed).to_have_text("1×")
    address = page.url
    page.wait_for_timeout(600)
    assert page.url == address, "nothing plays on"


def test_reset_takes_the_eraser_out_of_the_hand(open_page) -> None:
    _, figure = live(open_page, LAYERS)
    erase = figure.get_by_role("button", name=re.compile("Erase")).first
    erase.click()
    expect(erase).to_have_attribute("aria-pressed", "true")
    figure.get_by_role("button", name="Reset", exact=True).click()
    expect(erase).to_have_attribute("aria-pressed", "false")
