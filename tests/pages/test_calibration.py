"""The explorable of question 44: the record's numbers, a temperature that moves confidence and no answer, and the perfect forecaster."""

import json

import pytest
from playwright.sync_api import expect

from book import questions

ADDRESS = "evaluation/calibration/"
LIVE = json.loads(questions.by_number(44).record.read_text())["data"]["live"]


@pytest.fixture
def explorable(open_page):
    def run(query="", **settings):
        page = open_page(ADDRESS + query, **settings)
        page.locator("figure.explorable").scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        return page

    return run


def reading(page, label):
    return page.locator(".kit-readout", has=page.locator("dt", has_text=label)).first.locator("dd").inner_text()


def wait_for(page, label, text):
    page.wait_for_function(
        "([label, text]) => [...document.querySelectorAll('.kit-readout')]"
        ".some((r) => r.querySelector('dt').textContent === label && r.querySelector('dd').textContent === text)",
        arg=[label, text],
    )


def wait_for_change(page, label, text):
    page.wait_for_function(
        "([label, text]) => [...document.querySelectorAll('.kit-readout')]"
        ".some((r) => r.querySelector('dt').textContent === label && r.querySelector('dd').textContent !== text)",
        arg=[label, text],
    )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_at_the_numbers_of_the_record(explorable, width, scheme):
    page = explorable(width=width, scheme=scheme)
    start = LIVE["long"]
    wait_for(page, "Accuracy", f"{start['accuracy']:.1%}")
    wait_for(page, "Mean confidence", f"{start['confidence']:.1%}")
    wait_for(page, "ECE", f"{start['ece']:.3f}")


@pytest.mark.parametrize("network", ["early", "labels"])
def test_every_network_has_its_numbers(explorable, network):
    page = explorable(f"?network={network}")
    wait_for(page, "Accuracy", f"{LIVE[network]['accuracy']:.1%}")
    wait_for(page, "ECE", f"{LIVE[network]['ece']:.3f}")


def test_keys_raise_the_temperature_and_no_answer_changes(explorable):
    page = explorable()
    accuracy, confidence = reading(page, "Accuracy"), reading(page, "Mean confidence")
    page.get_by_role("slider", name="Temperature T", exact=True).press("PageUp")
    wait_for_change(page, "Mean confidence", confidence)
    assert float(reading(page, "Mean confidence").rstrip("%")) < float(confidence.rstrip("%"))
    assert reading(page, "Accuracy") == accuracy
    page.wait_for_url("**/?T=*")
    page.locator("figure.explorable").get_by_role("button", name="Reset").click()
    wait_for(page, "Mean confidence", confidence)


def test_the_best_temperature_brings_the_error_near_the_floor(explorable):
    page = explorable(f"?T={LIVE['long']['T']:.3g}")
    wait_for_change(page, "ECE", f"{LIVE['long']['ece']:.3f}")
    assert abs(float(reading(page, "ECE")) - LIVE["long"]["ece-after"]) < 0.004


def test_the_pointer_drags_the_dot_along_the_valley(explorable):
    page = explorable()
    confidence = reading(page, "Mean confidence")
    dot = page.get_by_role("slider", name="Temperature", exact=True)
    dot.scroll_into_view_if_needed()
    box = dot.locator(".kit-dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=4)
    page.mouse.up()
    wait_for_change(page, "Mean confidence", confidence)
    assert float(reading(page, "Mean confidence").rstrip("%")) < float(confidence.rstrip("%"))


def test_the_perfect_forecaster_is_as_often_right_as_the_network_is_sure(explorable):
    page = explorable("?fair=yes")
    wait_for_change(page, "Accuracy", f"{LIVE['long']['accuracy']:.1%}")
    sure = float(reading(page, "Mean confidence").rstrip("%"))
    assert abs(float(reading(page, "Accuracy").rstrip("%")) - sure) < 4
    large = float(reading(page, "ECE"))
    page.get_by_role("radio", name="50", exact=True).check(force=True)
    wait_for_change(page, "ECE", f"{large:.3f}")
    assert float(reading(page, "ECE of a perfect")) > 2 * large


def test_other_images_are_another_sample(explorable):
    page = explorable("?cases=50")
    before = reading(page, "ECE")
    page.get_by_role("button", name="Other images").click()
    wait_for_change(page, "ECE", before)
    page.wait_for_url("**sample=2*")


def test_without_javascript_the_figure_stands_there(open_page):
    page = open_page(ADDRESS, javascript=False)
    expect(page.locator("figure.explorable img").first).to_be_visible()
