"""The explorable of question 45: copies and threshold move the line alike, new positives change the curve, by pointer and by keyboard."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.questions import by_number

QUESTION = by_number(45)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
DATA = json.loads(QUESTION.record.read_text())["data"]
AT = DATA["touch"]["at"]
COPIED_RECALL, MOVED_RECALL, COPIED_AUC, MOVED_AUC, COPIED_MEAN, MOVED_MEAN = range(6)


def readout(figure, index: int):
    return figure.locator(".kit-readout dd").nth(index)


def percent(value: float) -> re.Pattern[str]:
    return re.compile(rf"^(?:{100 * value:.1f}|{100 * value:.0f})\s?%$")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_numbers_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    expect(readout(figure, COPIED_RECALL)).to_have_text(percent(AT["weighted"]["recall"]))
    expect(readout(figure, MOVED_RECALL)).to_have_text(percent(AT["half"]["recall"]))
    expect(readout(figure, COPIED_AUC)).to_have_text(f"{AT['weighted']['auc']:.3f}")
    expect(readout(figure, MOVED_AUC)).to_have_text(f"{AT['half']['auc']:.3f}")
    expect(readout(figure, COPIED_MEAN)).to_have_text(percent(AT["weighted"]["probability"]))
    expect(readout(figure, MOVED_MEAN)).to_have_text(percent(AT["half"]["probability"]))


def test_matching_the_threshold_brings_the_recalls_together_and_leaves_the_curves(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Match the threshold").click()
    page.wait_for_url(re.compile("threshold=0.02"))
    expect(readout(figure, MOVED_RECALL)).to_have_text(percent(AT["moved"]["recall"]))
    expect(readout(figure, MOVED_AUC)).to_have_text(f"{AT['half']['auc']:.3f}")
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    expect(readout(figure, MOVED_RECALL)).to_have_text(percent(AT["half"]["recall"]))


def test_without_copies_both_are_the_plain_model(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?copies=1")
    for copied, moved in ((COPIED_RECALL, MOVED_RECALL), (COPIED_AUC, MOVED_AUC), (COPIED_MEAN, MOVED_MEAN)):
        expect(readout(figure, copied)).to_have_text(readout(figure, moved).inner_text())


def test_keys_on_the_threshold_change_recall_and_not_the_auc(open_explorable) -> None:
    _, figure = open_explorable(width=390)
    slider = figure.get_by_role("slider", name="Threshold of the plain model")
    for _ in range(3):
        slider.press("PageDown")
    expect(readout(figure, MOVED_RECALL)).not_to_have_text(percent(AT["half"]["recall"]))
    expect(readout(figure, MOVED_AUC)).to_have_text(f"{AT['half']['auc']:.3f}")
    expect(readout(figure, COPIED_RECALL)).to_have_text(percent(AT["weighted"]["recall"]))


def test_new_positives_change_both_curves(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="new positives").click()
    page.wait_for_url(re.compile("pos="))
    expect(readout(figure, MOVED_AUC)).not_to_have_text(f"{AT['half']['auc']:.3f}")
    expect(readout(figure, COPIED_AUC)).not_to_have_text(f"{AT['weighted']['auc']:.3f}")
    expect(figure.get_by_role("slider", name=re.compile("of 20, positive"))).to_have_count(20)


def test_dragging_a_positive_turns_the_lines(open_explorable) -> None:
    page, figure = open_explorable()
    point = figure.get_by_role("slider", name=re.compile("^Positive 10 of 10"))
    box = point.locator("path").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 120, box["y"] - 90, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("pos="))
    expect(readout(figure, COPIED_AUC)).not_to_have_text(f"{AT['weighted']['auc']:.3f}")
