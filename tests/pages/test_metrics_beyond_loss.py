"""The explorable of question 40: nine metrics of twenty dots, and which of them notice a change."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from book import questions
from dlprimer import metrics

ADDRESS = "evaluation/metrics-beyond-loss/"
TOY = json.loads(questions.by_number(40).record.read_text())["data"]["toy"]
NAMES = ["accuracy", "balanced accuracy", "F1", "MCC", "AUC", "average precision", "log-loss", "Brier score", "calibration error"]
KEYS = ["accuracy", "balanced", "f1", "mcc", "auc", "ap", "log-loss", "brier", "ece"]
PROBABILITIES = NAMES[6:]


@pytest.fixture
def explorable(open_page):
    def run(query="", **settings):
        page = open_page(ADDRESS + query, **settings)
        page.locator("figure.explorable").scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        return page

    return run


def shown(page):
    names, values = page.locator(".kit-bar-name").all_inner_texts(), page.locator(".kit-bar-value").all_inner_texts()
    return dict(zip(names, values, strict=True))


def wait_for(page, name, text):
    page.wait_for_function(
        "([name, text]) => [...document.querySelectorAll('.kit-bar')].some((bar) =>"
        " bar.querySelector('.kit-bar-name').textContent === name && bar.querySelector('.kit-bar-value').textContent === text)",
        arg=[name, text],
    )


def wait_for_note(page, text):
    page.locator(".kit-note").filter(has_text=text).wait_for()


def expected(positives, negatives, threshold=TOY["threshold"]):
    """The nine metrics by the library."""
    labels, p = np.repeat([1, 0], [len(positives), len(negatives)]), np.array([*positives, *negatives])
    called = (p >= threshold).astype(int)
    values = [
        metrics.accuracy_score(labels, called),
        metrics.balanced_accuracy_score(labels, called),
        metrics.precision_recall_fscore_support(labels, called, average="binary", zero_division=0.0)[2],
        metrics.matthews_corrcoef(labels, called),
        metrics.roc_auc_score(labels, p),
        metrics.average_precision_score(labels, p),
        metrics.log_loss(labels, p),
        metrics.brier_score_loss(labels, p),
        metrics.expected_calibration_error(labels, p, n_bins=TOY["bins"]),
    ]
    return {name: f"{value:.3f}" for name, value in zip(NAMES, values, strict=True)}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_starts_at_the_numbers_of_the_record(explorable, width, scheme):
    page = explorable(width=width, scheme=scheme)
    assert shown(page) == {name: f"{TOY['metrics'][key]:.3f}" for name, key in zip(NAMES, KEYS, strict=True)}
    marks = page.locator(".kit-bar-mark").evaluate_all("(marks) => marks.map((mark) => Number(mark.title.split(': ')[1]))")
    assert marks == pytest.approx([TOY["constant"][key] for key in KEYS], abs=0.0006)


def test_sharpening_reaches_the_probabilities_alone(explorable):
    page = explorable()
    page.get_by_role("button", name=re.compile("Sharpen")).click()
    wait_for_note(page, f"Moved: {', '.join(PROBABILITIES)}. The other 6 did not notice.")
    assert page.locator(".kit-highlight .kit-bar-name").all_inner_texts() == PROBABILITIES
    after = shown(page)
    assert float(after["log-loss"]) == pytest.approx(TOY["sharp"]["log-loss"], abs=0.01)
    page.locator("figure.explorable").get_by_role("button", name="Reset").click()
    wait_for(page, "log-loss", f"{TOY['metrics']['log-loss']:.3f}")


def test_shifting_keeps_the_ranking_and_moves_decisions(explorable):
    page = explorable(width=390)
    page.get_by_role("button", name=re.compile("Shift")).click()
    page.wait_for_url(re.compile("pos="))
    wait_for_note(page, "Moved: balanced accuracy, F1, MCC, log-loss")
    after = shown(page)
    assert after["AUC"] == f"{TOY['metrics']['auc']:.3f}" and after["average precision"] == f"{TOY['metrics']['ap']:.3f}"


def test_swapping_neighbors_reaches_the_ranking_and_no_decision(explorable):
    page = explorable()
    page.get_by_role("button", name="Swap two neighbors").click()
    wait_for_note(page, "Moved: AUC, average precision")
    after = shown(page)
    pairs = len(TOY["positives"]) * len(TOY["negatives"])
    assert after["AUC"] == f"{TOY['metrics']['auc'] + 1 / pairs:.3f}"
    assert after["accuracy"] == f"{TOY['metrics']['accuracy']:.3f}"


def test_keys_move_a_dot_and_the_library_agrees(explorable):
    page = explorable()
    page.get_by_role("slider", name="Positive 1").press("Home")
    positives = [0.005, *TOY["positives"][1:]]
    for name, text in expected(positives, TOY["negatives"]).items():
        wait_for(page, name, text)
    page.wait_for_url(re.compile("pos=0.005"))


def test_the_pointer_drags_a_dot_and_the_metrics_follow(explorable):
    page = explorable()
    dot = page.get_by_role("slider", name="Negative 1", exact=True)
    box = dot.locator(".kit-dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 200, y, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile("neg="))
    moved = float(dot.get_attribute("aria-valuenow"))
    assert moved < TOY["negatives"][0] - 0.1
    for name, text in expected(TOY["positives"], [moved, *TOY["negatives"][1:]]).items():
        wait_for(page, name, text)


def test_the_constant_prediction_follows_the_threshold(explorable):
    page = explorable("?threshold=0.2")
    for name, text in expected(TOY["positives"], TOY["negatives"], 0.2).items():
        wait_for(page, name, text)
    share = len(TOY["positives"]) / (len(TOY["positives"]) + len(TOY["negatives"]))
    mark = page.locator(".kit-bar", has_text="F1").locator(".kit-bar-mark")
    assert mark.get_attribute("title") == f"constant prediction: {2 * share / (1 + share):.3f}", "it calls everything positive"


def test_without_javascript_the_figure_stands_there(open_page):
    page = open_page(ADDRESS, javascript=False)
    expect(page.locator("figure.explorable img").first).to_be_visible()
