"""The explorable of question 42: one threshold moves images between piles; what is in no ratio moves no ratio."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.questions import by_number

QUESTION = by_number(42)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
HELD = json.loads(QUESTION.record.read_text())["data"]["held-out"]
PRECISION, RECALL, F, ACCURACY = range(4)


def percent(value: float) -> str:
    return rf"({100 * value:.1f}|{100 * value:.0f})\s?%"


def expect_counts(figure, expected: dict) -> None:
    outputs = figure.locator(".kit-readout dd")
    tp, fp, fn, tn = (expected[name] for name in ("tp", "fp", "fn", "tn"))
    expect(outputs.nth(PRECISION)).to_have_text(re.compile(rf"^{percent(expected['precision'])} \({tp}/{tp + fp}\)$"))
    expect(outputs.nth(RECALL)).to_have_text(re.compile(rf"^{percent(expected['recall'])} \({tp}/{tp + fn}\)$"))
    expect(outputs.nth(F)).to_have_text(f"{expected['f1']:.3f}")
    expect(outputs.nth(ACCURACY)).to_have_text(re.compile(rf"^{percent(expected['accuracy'])}$"))
    for pile, size in (("called-eights", tp), ("called-others", fp), ("left-eights", fn), ("left-others", tn)):
        expect(figure.locator(f"[data-pile={pile}]")).to_have_text(re.compile(rf"^{size:,} "))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_counts_of_the_record(open_explorable, width: int, scheme: str) -> None:
    page, figure = open_explorable(width=width, scheme=scheme)
    expect_counts(figure, HELD["start"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"


def test_the_address_names_the_threshold(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?threshold=-1")
    expect_counts(figure, HELD["lower"])


def test_keys_lower_the_threshold_and_recall_never_falls(open_explorable) -> None:
    page, figure = open_explorable(width=390)
    found = figure.locator("[data-pile=called-eights]")
    grip = figure.get_by_role("slider", name="Threshold")
    last = HELD["start"]["tp"]
    for _ in range(4):
        before = figure.locator("[data-pile=left-others]").inner_text()
        grip.press("Shift+ArrowLeft")
        expect(figure.locator("[data-pile=left-others]")).not_to_have_text(before)
        now = int(found.inner_text().split()[0])
        assert now >= last
        last = now
    assert last > HELD["lower"]["tp"]
    page.wait_for_url(re.compile("threshold=-2"))
    figure.get_by_role("button", name="Reset").click()
    expect_counts(figure, HELD["start"])


def test_dragging_the_threshold_changes_the_piles(open_explorable) -> None:
    page, figure = open_explorable()
    grip = figure.get_by_role("slider", name="Threshold").bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] - 80, grip["y"] + grip["height"] / 2, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("threshold=-"))
    expect(figure.locator("[data-pile=called-eights]")).not_to_have_text(re.compile(rf"^{HELD['start']['tp']} "))


def test_more_true_negatives_change_accuracy_alone(open_explorable) -> None:
    _, figure = open_explorable()
    outputs = figure.locator(".kit-readout dd")
    before = [outputs.nth(i).inner_text() for i in range(4)]
    figure.get_by_role("radio", name="easier half").check(force=True)
    expect(outputs.nth(ACCURACY)).not_to_have_text(before[ACCURACY])
    assert [outputs.nth(i).inner_text() for i in range(3)] == before[:3]
    figure.get_by_role("radio", name="one in three").check(force=True)
    expect(outputs.nth(PRECISION)).not_to_have_text(before[PRECISION])
    assert outputs.nth(RECALL).inner_text() == before[RECALL]


def test_the_other_class_has_another_f(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?positive=others")
    expect(figure.locator(".kit-readout dd").nth(F)).to_have_text(f"{HELD['start']['f1-of-others']:.3f}")
    expect(figure.locator("[data-pile=left-others]")).to_contain_text("true positives")


def test_beta_changes_f_alone(open_explorable) -> None:
    _, figure = open_explorable()
    outputs = figure.locator(".kit-readout dd")
    recall = outputs.nth(RECALL).inner_text()
    figure.get_by_role("slider", name="β").press("PageUp")
    expect(outputs.nth(F)).not_to_have_text(f"{HELD['start']['f1']:.3f}")
    assert outputs.nth(RECALL).inner_text() == recall
