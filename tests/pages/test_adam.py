"""The explorable of question 34: it shows the record's numbers, and the pen draws by pointer, finger and keys."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.questions import by_number

QUESTION = by_number(34)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
SKETCH = json.loads(QUESTION.record.read_text())["data"]["sketch"]


def numbers(figure) -> dict[str, float]:
    """What the readouts say, in learning rates."""
    texts = [text.split("\n") for text in figure.locator(".kit-readout").all_inner_texts()]
    return {
        name: float(value.replace("−", "-").replace(",", "").removesuffix(" η"))
        for name, value in texts
        if "×" not in value
    }


def on_pad(figure):
    """Where a step and a gradient are on the page."""
    frame = figure.locator("svg.kit-plot").first.bounding_box()
    area = figure.locator("svg.kit-inner").first.evaluate(
        "node => ['x', 'y', 'width', 'height'].map((n) => node[n].baseVal.value)"
    )

    def place(step: float, gradient: float) -> tuple[float, float]:
        left, top, width, height = area
        return frame["x"] + left + width * (step - 0.4) / 100.2, frame["y"] + top + height * (3 - gradient) / 6

    return place


MEAN, LAST, SGD = "Adam, mean size of a step", "Adam, last step", "SGD, mean size of a step"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_numbers_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    shown, start = numbers(figure), SKETCH["start"]
    assert shown[MEAN] == pytest.approx(start["mean"], abs=0.006)
    assert shown[LAST] == pytest.approx(start["last"], abs=0.006)
    assert shown[SGD] == pytest.approx(start["sgd-mean"], rel=0.006)


def test_loudness_moves_sgd_and_not_adam(open_explorable) -> None:
    page, figure = open_explorable()
    before = numbers(figure)
    figure.get_by_role("radio", name="1,000").check()
    page.wait_for_url(re.compile("loud=1000"))
    after = numbers(figure)
    assert after[MEAN] == before[MEAN] and after[LAST] == before[LAST]
    assert after[SGD] == pytest.approx(1000 * before[SGD], rel=0.01)


def test_below_epsilon_adam_crawls(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?loud=1e-9")
    assert numbers(figure)[MEAN] < 0.1


def test_the_presets_are_equally_loud_and_move_adam_differently(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Constant").click()
    page.wait_for_url(re.compile("g="))
    constant = numbers(figure)
    figure.get_by_role("button", name="Alternating").click()
    page.wait_for_timeout(350)
    alternating = numbers(figure)
    assert constant[SGD] == alternating[SGD] == 1
    assert constant[MEAN] == 1 and alternating[MEAN] < 0.15 and abs(alternating[LAST]) < 0.06


def test_dragging_the_shout_down_lets_adam_hear_the_rest(open_explorable) -> None:
    page, figure = open_explorable()
    place = on_pad(figure)
    page.mouse.move(*place(40, 3.0))
    page.mouse.down()
    page.mouse.move(*place(40, 0.15), steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("level="))
    assert numbers(figure)[LAST] > 0.95


def test_drawing_across_the_pad_leaves_no_gap(open_explorable) -> None:
    page, figure = open_explorable()
    place = on_pad(figure)
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.mouse.move(*place(20, 1.5))
    page.mouse.down()
    page.evaluate(frames)  # the pad draws once a frame, and a hand is slower than that
    page.mouse.move(*place(80, 1.5), steps=3)
    page.evaluate(frames)
    page.mouse.up()
    # The address follows the pen, so its first change may hold half of the line.
    page.wait_for_function("() => Number((new URLSearchParams(location.search).get('g') ?? '').split(',')[79]) > 1")
    drawn = [float(value) for value in re.search("g=([^&]*)", page.url)[1].split(",")]
    assert all(1.4 < value < 1.6 for value in drawn[19:80]) and drawn[10] == drawn[90] == 0.15


def test_keys_draw_and_reset_brings_the_shout_back(open_explorable) -> None:
    page, figure = open_explorable()
    before = numbers(figure)
    pen = figure.get_by_role("slider", name="Pen")
    for _ in range(5):
        pen.press("ArrowRight")
    page.wait_for_url(re.compile("step=45"))
    expect(pen).to_have_attribute("aria-valuetext", "step 45, gradient 3.00")
    assert numbers(figure)[SGD] > before[SGD] + 0.1
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    assert numbers(figure) == before


def test_a_shared_address_shows_the_same_drawing(open_explorable) -> None:
    drawing = ",".join(["0.5"] * 100)
    _, figure = open_explorable(f"{ADDRESS}?g={drawing}&beta2=0.95")
    shown = numbers(figure)
    assert shown[MEAN] == shown[LAST] == 1 and shown[SGD] == 0.5


def test_a_swipe_over_the_pad_scrolls_and_one_on_the_pen_draws(open_explorable) -> None:
    _, figure = open_explorable(width=390)
    touch_action = "node => getComputedStyle(node).touchAction"
    assert figure.locator("svg.kit-plot").first.evaluate(touch_action) != "none"
    assert figure.get_by_role("slider", name="Pen").evaluate(touch_action) == "none"
