"""The explorable of question 46: two pulls on a gap, where they balance, and that hard labels have no such place."""

import json
import math
import re

import pytest

from book import questions

ADDRESS = "evaluation/label-smoothing/"
DATA = json.loads(questions.by_number(46).record.read_text())["data"]


@pytest.fixture
def explorable(open_page):
    def run(query="", **settings):
        page = open_page(ADDRESS + query, **settings)
        page.locator("figure.explorable").scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        return page

    return run


def wait_for(page, **texts):
    """Until the readouts say so; a name's underscores are blanks, a readout's label begins with it."""
    for label, text in texts.items():
        page.wait_for_function(
            "([label, text]) => [...document.querySelectorAll('.kit-readout')]"
            ".some((r) => r.querySelector('dt').textContent.startsWith(label) && r.querySelector('dd').textContent === text)",
            arg=[label.replace("_", " "), text],
        )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_where_the_formula_and_the_record_say(explorable, width, scheme):
    page = explorable(width=width, scheme=scheme)
    stop = f"{DATA['theory']['gap']['10']['0-1']:.2f}"
    hard = f"{DATA['theory']['hard-after']['100']:.2f}"
    sure = f"{100 * DATA['theory']['confidence']['0-1']:.1f}%"
    wait_for(page, **{"Stops": stop, "Gap, smoothed": stop, "Gap, hard": hard, "Probability": sure})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("classes", "eps"), [(2, 0.4), (10, 0.05), (1000, 0.1), (1000, 0.4)])
def test_it_rests_at_the_formula_for_any_classes(explorable, classes, eps):
    page = explorable(f"?classes={classes}&eps={eps}&frame=80")
    wait_for(page, Stops=f"{math.log(1 + classes * (1 - eps) / eps):.2f}")
    wait_for(page, **{"Gap, smoothed": f"{math.log(1 + classes * (1 - eps) / eps):.2f}"})


def test_without_smoothing_it_never_stops(explorable):
    page = explorable("?eps=0&frame=80")
    hard = f"{DATA['theory']['hard-after']['10000']:.2f}"
    wait_for(page, **{"Stops": "never", "Gap, smoothed": hard, "Gap, hard": hard})


def test_from_too_wide_a_gap_it_comes_back_and_the_hard_one_stays(explorable):
    page = explorable("?start=12&frame=50")  # 316 steps; the hard gap is so wide that its exponential grows by 10 in each
    hard = f"{math.log(math.exp(12) + 10 * 316):.2f}"
    wait_for(page, **{"Gap, smoothed": f"{DATA['theory']['gap']['10']['0-1']:.2f}", "Gap, hard": hard})


def test_keys_move_the_steps_and_reset_brings_them_back(explorable):
    page = explorable()
    hard = f"{DATA['theory']['hard-after']['100']:.2f}"
    page.get_by_role("slider", name="Train").press("End")
    wait_for(page, **{"Gap, hard": f"{DATA['theory']['hard-after']['10000']:.2f}"})
    wait_for(page, **{"Gap, smoothed": f"{DATA['theory']['gap']['10']['0-1']:.2f}"})
    page.wait_for_url(re.compile("frame=80"))
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_url(lambda url: "?" not in url)
    wait_for(page, **{"Gap, hard": hard})


def test_dragging_the_start_moves_both(explorable):
    page = explorable("?frame=0")
    wait_for(page, **{"Gap, hard": "0.00"})
    box = page.get_by_role("slider", name=re.compile("^Gap at the start")).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 120, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("start="))
    start = float(re.search(r"start=([\d.]+)", page.url).group(1))
    assert start > 2
    wait_for(page, **{"Gap, hard": f"{start:.2f}", "Gap, smoothed": f"{start:.2f}"})


def test_the_classes_can_be_chosen(explorable):
    page = explorable()
    page.get_by_role("radio", name="1,000").check(force=True)
    page.wait_for_url(re.compile("classes=1000"))
    wait_for(page, Stops=f"{DATA['theory']['gap']['1000']['0-1']:.2f}")
