"""The explorable of question 37: it starts from the record's accuracies, and units go and come back by pointer and by keyboard."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.questions import by_number

QUESTION = by_number(37)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
SURGERY = json.loads(QUESTION.record.read_text())["data"]["surgery"]
UNITS = 24


def accuracies(figure) -> dict[str, str]:
    texts = figure.locator(".kit-readout").all_inner_texts()
    return {label.removeprefix("Trained ").removesuffix(": accuracy"): value for label, value in (text.split("\n") for text in texts)}


def settle(figure) -> None:
    """Wait for the next frame, in which the figure is drawn."""
    figure.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def recorded(key: str) -> dict[str, str]:
    return {f"{how} dropout": f"{SURGERY[name][key]:.1%}" for how, name in (("without", "plain"), ("with", "dropout"))}


def units(figure, how: str):
    return figure.get_by_role("group", name=f"Hidden units, trained {how} dropout").get_by_role("button")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_without_the_worst_units_and_with_the_accuracies_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    assert accuracies(figure) == recorded("without-worst")
    for how in ("without", "with"):
        expect(units(figure, how)).to_have_count(UNITS)
        expect(units(figure, how).first).to_have_attribute("aria-pressed", "true")


def test_a_press_restores_a_unit_and_the_address_keeps_it(open_explorable) -> None:
    page, figure = open_explorable()
    units(figure, "without").first.click()
    page.wait_for_url(re.compile("plain=0"))
    assert accuracies(figure)["without dropout"] == recorded("intact")["without dropout"]
    assert accuracies(figure)["with dropout"] == recorded("without-worst")["with dropout"], "the other network is another one"
    _, again = open_explorable(f"{ADDRESS}?plain=0&dropout=0")
    assert accuracies(again) == recorded("intact")


def test_a_unit_says_what_its_removal_costs(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?plain=0&dropout=0")
    cost = 100 * (SURGERY["plain"]["intact"] - SURGERY["plain"]["without-worst"])
    worst = units(figure, "without").first
    expect(worst).to_have_attribute("aria-label", f"Unit 1: removing it costs {cost:.1f} points")
    worst.click()
    settle(figure)
    expect(worst).to_have_attribute("aria-label", "Unit 1: removed")
    assert accuracies(figure)["without dropout"] == recorded("without-worst")["without dropout"]


def test_arrow_keys_walk_over_the_units_and_space_removes_them(open_explorable) -> None:
    page, figure = open_explorable()
    before = accuracies(figure)["without dropout"]
    units(figure, "without").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "Space"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile("plain=3"))
    expect(units(figure, "without").nth(1)).to_have_attribute("aria-pressed", "true")
    assert accuracies(figure)["without dropout"] != before


def test_half_of_the_units_dropped_breaks_one_network_and_not_the_other(open_explorable) -> None:
    _, figure = open_explorable()
    lost = {"without": [], "with": []}
    for _ in range(12):
        figure.get_by_role("button", name="Drop half at random").click()
        settle(figure)
        for how, accuracy in accuracies(figure).items():
            lost[how.split()[0]].append(float(accuracy.rstrip("%")))
    expect(units(figure, "with").and_(figure.locator("[aria-pressed=true]"))).to_have_count(UNITS // 2)
    assert sum(lost["without"]) / 12 < 88 < 90 < sum(lost["with"]) / 12


def test_the_most_missed_unit_goes_and_reset_brings_the_start_back(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Remove the most missed unit").click()
    page.wait_for_url(re.compile("plain="))
    after = accuracies(figure)
    assert float(after["without dropout"].rstrip("%")) < float(recorded("without-worst")["without dropout"].rstrip("%"))
    figure.get_by_role("button", name="Restore all").click()
    page.wait_for_url(re.compile("plain=0"))
    assert accuracies(figure) == recorded("intact")
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    assert accuracies(figure) == recorded("without-worst")
