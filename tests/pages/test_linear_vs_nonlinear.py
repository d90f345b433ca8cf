"""The explorable of question 6: two curves of one model, and whether averaging their parameters averages them."""

import json
import re

import pytest

from book.questions import by_number

QUESTION = by_number(6)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
GAPS = json.loads(QUESTION.record.read_text())["data"]["blend"]["gaps"]


def gap(figure) -> float:
    return float(figure.locator(".kit-readout dd").first.inner_text())


def wait_for_gap(page, condition: str) -> None:
    """Until the largest gap that the page shows meets the condition on `gap`."""
    shown = "Number(document.querySelector('figure.explorable .kit-readout dd').innerText)"
    page.wait_for_function(f"() => {{ const gap = {shown}; return {condition}; }}")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_model_starts_with_the_gap_of_the_record(open_explorable, width: int) -> None:
    page, figure = open_explorable(width=width, scheme="dark" if width == 390 else "light")
    for name, expected in GAPS.items():
        figure.locator(f"input[type=radio][value={name}]").check(force=True)
        wait_for_gap(page, f"Math.abs(gap - {expected}) < 0.0011")
        linear = name in ("polynomial", "frozen")
        assert figure.locator(".kit-readout dd").nth(1).inner_text() == ("linear" if linear else "not linear")


def test_dragging_a_dot_bends_its_curve(open_explorable) -> None:
    page, figure = open_explorable()
    before = gap(figure)
    dot = figure.get_by_role("slider", name="Curve B, right end").bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.mouse.down()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2 + 120, steps=5)
    page.mouse.up()
    wait_for_gap(page, f"Math.abs(gap - {before}) > 0.005")
    page.wait_for_url(re.compile("b2="))


def test_frozen_features_have_no_gap_wherever_the_dots_are(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?model=frozen&a1=0.1&b1=0.9&t=0.3")
    assert gap(figure) == 0
    left = figure.get_by_role("slider", name="Curve A, left end")
    before = left.get_attribute("aria-valuetext")
    left.press("PageUp")
    page.wait_for_function("([label, before]) => document.querySelector(`[aria-label='${label}']`).ariaValueText !== before",
                           arg=["Curve A, left end", before])  # fmt: skip
    assert gap(figure) == 0


def test_the_gap_closes_at_the_ends_of_the_blend_and_reset_opens_it(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("slider", name="Blend t").press("Home")
    wait_for_gap(page, "gap === 0")
    figure.get_by_role("button", name="Reset", exact=True).click()
    wait_for_gap(page, f"Math.abs(gap - {GAPS['network']}) < 0.0011")
