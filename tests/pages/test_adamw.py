"""The explorable of question 35: it shows the record's numbers, and the sizes and the strength move by pointer and keys."""

import json
import re

import pytest

from book.questions import by_number

QUESTION = by_number(35)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
START = json.loads(QUESTION.record.read_text())["data"]["start"]
READ = """() => Object.fromEntries([...document.querySelectorAll("figure.explorable .kit-readout")].map((node) => {
    const [name, value] = node.innerText.split("\\n");
    return [name, Number(value.replace("−", "-").replace("% left", ""))];
}))"""


def left(page) -> dict[str, float]:
    """How many percent of each weight are left."""
    return page.evaluate(READ)


def wait_until(page, condition: str) -> dict[str, float]:
    """Wait for a condition on the readouts, `left`; return them."""
    page.wait_for_function(f"() => {{ const left = ({READ})(); return {condition}; }}")
    return left(page)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_numbers_of_the_record(open_explorable, width: int, scheme: str) -> None:
    page, _ = open_explorable(width=width, scheme=scheme)
    shown = left(page)
    for method, name in (("l2", "Adam + L2"), ("adamw", "AdamW")):
        for size, letter in (("quiet", "A"), ("loud", "B")):
            assert shown[f"{name}, {letter}"] == pytest.approx(100 * START["left"][f"{method}-{size}"], abs=0.51)


def test_dragging_the_loud_weight_to_quiet_gradients_makes_l2_catch_up(open_explorable) -> None:
    page, figure = open_explorable()
    before = left(page)
    loud, quiet = (figure.get_by_role("slider", name=f"Gradient size of weight {letter}").bounding_box() for letter in "BA")
    page.mouse.move(loud["x"] + loud["width"] / 2, loud["y"] + loud["height"] / 2)
    page.mouse.down()
    page.mouse.move(quiet["x"] + quiet["width"] / 2 + 40, quiet["y"] + quiet["height"] / 2, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("sizeB="))
    after = wait_until(page, "left['Adam + L2, B'] < 10")
    assert after["AdamW, B"] == before["AdamW, B"], "AdamW's decay does not depend on the gradients"
    assert after["Adam + L2, A"] == before["Adam + L2, A"], "the other weight stays"


def test_keys_make_the_quiet_weight_louder_and_reset_brings_it_back(open_explorable) -> None:
    page, figure = open_explorable(width=390)
    before = left(page)
    handle = figure.get_by_role("slider", name="Gradient size of weight A")
    handle.press("End")
    page.wait_for_url(re.compile("sizeA=30"))
    wait_until(page, "left['Adam + L2, A'] > 90")
    handle.press("PageDown")
    page.wait_for_url(lambda url: "sizeA=" in url and "sizeA=30" not in url)
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    wait_until(page, f"left['Adam + L2, A'] === {before['Adam + L2, A']:.0f}")


def test_with_quiet_gradients_only_adamw_hears_the_strength(open_explorable) -> None:
    strong, _ = open_explorable(f"{ADDRESS}?sizeA=0.001&decay=1.5")
    weak, _ = open_explorable(f"{ADDRESS}?sizeA=0.001&decay=0.3")
    assert left(weak)["AdamW, A"] > 10 * left(strong)["AdamW, A"]
    assert abs(left(weak)["Adam + L2, A"] - left(strong)["Adam + L2, A"]) <= 3


def test_equal_sizes_are_treated_alike(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?sizeA=0.3&sizeB=0.3")
    shown = left(page)
    assert shown["Adam + L2, A"] == shown["Adam + L2, B"] and shown["AdamW, A"] == shown["AdamW, B"]
    figure.get_by_role("slider", name=re.compile("Weight decay")).press("ArrowRight")
    page.wait_for_url(re.compile("decay="))
    wait_until(page, f"left['AdamW, A'] <= {shown['AdamW, A']:.0f} && left['AdamW, A'] === left['AdamW, B']")
