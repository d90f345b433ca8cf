"""The explorable of question 36: it starts from the record, gives up the flat direction first, and behind a norm layer nothing."""

import json
import re

import pytest

from book.questions import by_number

QUESTION = by_number(36)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
PLAY = json.loads(QUESTION.record.read_text())["data"]["play"]


def kept(figure) -> tuple[float, float]:
    along, across = figure.locator(".kit-bar-value").all_inner_texts()
    return float(along.rstrip("%")) / 100, float(across.rstrip("%")) / 100


def readouts(figure) -> dict[str, str]:
    return dict(text.split("\n") for text in figure.locator(".kit-readout").all_inner_texts())


def number(text: str) -> float:
    return float(text.rstrip("°"))


def changed(page, before: list[str]) -> None:
    page.wait_for_function(
        "before => String([...document.querySelectorAll('figure.explorable .kit-bar-value')].map(e => e.textContent)) !== String(before)",
        arg=before,
    )


def bar_texts(figure) -> list[str]:
    return figure.locator(".kit-bar-value").all_text_contents()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_shares_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    along, across = kept(figure)
    assert along == pytest.approx(PLAY["kept"]["along"], abs=0.001) and across == pytest.approx(PLAY["kept"]["across"], abs=0.001)
    shown = readouts(figure)
    assert number(shown["Length of w"]) == pytest.approx(PLAY["length"], abs=0.01)
    assert number(shown["Its direction is off by"]) == pytest.approx(PLAY["turned"], abs=0.06)


def test_the_norm_layer_keeps_the_direction_and_decay_sets_length_and_turn(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_label("A norm layer follows").check(force=True)
    figure.locator(".kit-bar-value", has_text="100.0%").nth(1).wait_for()
    shown = readouts(figure)
    assert shown["Its direction is off by"] == "0.0°"
    assert number(shown["Length of w"]) == pytest.approx(PLAY["mean-radius"], rel=0.03)
    assert number(shown["A noisy step turns w by"]) == pytest.approx(PLAY["predicted-turn"], rel=0.03)
    page.wait_for_url(re.compile("norm=yes"))


def test_behind_a_norm_layer_a_hundred_times_the_decay_turns_ten_times_as_far(open_explorable) -> None:
    _, weak = open_explorable(f"{ADDRESS}?norm=yes&alpha=0.01")
    slow = readouts(weak)
    _, strong = open_explorable(f"{ADDRESS}?norm=yes&alpha=1")
    fast = readouts(strong)
    assert number(fast["A noisy step turns w by"]) == pytest.approx(10 * number(slow["A noisy step turns w by"]), rel=0.1)
    assert number(slow["Length of w"]) == pytest.approx(100**0.25 * number(fast["Length of w"]), rel=0.06)
    assert slow["Its direction is off by"] == fast["Its direction is off by"] == "0.0°"


def test_stretching_the_ellipse_gives_up_more_of_the_flat_direction(open_explorable) -> None:
    page, figure = open_explorable()
    before, texts = kept(figure), bar_texts(figure)
    tip = figure.get_by_role("slider", name=re.compile("End of the ellipse"))
    box = tip.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 40, steps=5)
    page.mouse.up()
    changed(page, texts)
    page.wait_for_url(re.compile("tipX="))
    after = kept(figure)
    assert after[0] < before[0] - 0.05 and after[1] == pytest.approx(before[1], abs=0.001)


def test_dragging_the_minimum_carries_the_ellipse_along(open_explorable) -> None:
    page, figure = open_explorable()
    before = kept(figure)
    length = readouts(figure)["Length of w"]
    figure.get_by_role("slider", name=re.compile("Minimum of the loss")).press("ArrowLeft")
    page.wait_for_url(re.compile(r"[?&]x="))
    figure.locator(".kit-readout").first.filter(has_not_text=length).wait_for()
    assert "tipX=" in page.url and kept(figure) == before


def test_keys_raise_the_penalty_and_reset_takes_it_back(open_explorable) -> None:
    page, figure = open_explorable()
    before, texts = kept(figure), bar_texts(figure)
    penalty = figure.get_by_role("slider", name="Penalty α")
    for _ in range(5):
        penalty.press("ArrowRight")
    changed(page, texts)
    page.wait_for_url(re.compile("alpha="))
    after = kept(figure)
    assert after[0] < before[0] and after[1] < before[1] and before[0] - after[0] > before[1] - after[1]
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    figure.locator(".kit-bar-value", has_text=texts[0]).wait_for()
    assert kept(figure) == before
