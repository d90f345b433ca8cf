"""The explorable of question 33: it shows the record's counts, and answers to pointer, touch targets and keys."""

import json
import re

import pytest

from book import questions

ADDRESS = "optimizers-and-regularization/sgd-momentum-nesterov/"
RACE = json.loads(questions.by_number(33).record.read_text())["data"]["race"]


def counts(figure) -> dict[str, str]:
    texts = figure.locator(".kit-readout").all_inner_texts()
    return dict(text.split("\n") for text in texts)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_counts_of_the_record(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    steps = RACE["steps"]
    assert counts(figure) == {
        "SGD": f"{steps['sgd']} steps",
        "Momentum": f"{steps['momentum']} steps",
        "Nesterov": f"{steps['nesterov']} steps",
    }


def test_without_velocity_and_momentum_all_three_are_gradient_descent(open_explorable) -> None:
    x, y = RACE["point"]
    _, figure = open_explorable(f"{ADDRESS}?toX={x}&toY={y}&momentum=0")
    assert len(set(counts(figure).values())) == 1


def test_too_large_a_rate_diverges_for_nesterov_before_momentum(open_explorable) -> None:
    # The stability limits at momentum 0.8: 3.6 for heavy ball, 3.6 / 2.6 = 1.38 for Nesterov, 2 for gradient descent.
    _, figure = open_explorable(f"{ADDRESS}?momentum=0.8&rate=1.45")
    shown = counts(figure)
    assert shown["Nesterov"] == "never" and shown["Momentum"] != "never" and shown["SGD"] != "never"


def test_dragging_the_tip_of_the_velocity_changes_the_counts(open_explorable) -> None:
    page, figure = open_explorable()
    before = counts(figure)
    tip = figure.get_by_role("slider", name=re.compile("Tip of the velocity")).bounding_box()
    page.mouse.move(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2)
    page.mouse.down()
    page.mouse.move(tip["x"] + 200, tip["y"] - 180, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("toX="))
    after = counts(figure)
    assert after["Momentum"] != before["Momentum"] and after["Nesterov"] != before["Nesterov"]
    assert after["SGD"] == before["SGD"], "SGD has no velocity"


def test_arrow_keys_move_the_point_and_reset_brings_it_back(open_explorable) -> None:
    page, figure = open_explorable()
    before = counts(figure)
    point = figure.get_by_role("slider", name=re.compile("^Point"))
    for _ in range(5):
        point.press("Shift+ArrowRight")
    page.wait_for_url(re.compile("x="))
    assert counts(figure) != before
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    assert counts(figure) == before


def test_the_condition_number_slows_sgd_most(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?kappa=100")
    shown = {name: int(text.split()[0]) for name, text in counts(figure).items()}
    assert shown["SGD"] > 3 * RACE["steps"]["sgd"] * 0.9 and shown["Nesterov"] < shown["SGD"] / 4
