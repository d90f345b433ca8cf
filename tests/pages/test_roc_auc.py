"""The explorable of question 43: pairs, the cells under the ROC curve, and what leaves their share alone."""

import json

import pytest
from playwright.sync_api import expect

from book import questions
from dlprimer.metrics import roc_auc_score

ADDRESS = "evaluation/roc-auc/"
PAIRS = json.loads(questions.by_number(43).record.read_text())["data"]["pairs"]


@pytest.fixture
def explorable(open_page):
    def run(query="", **settings):
        page = open_page(ADDRESS + query, **settings)
        page.locator("figure.explorable").scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        return page

    return run


def reading(page, label):
    return page.locator(".kit-readout", has_text=label).locator("dd")


def wait_for(page, label, text):
    page.wait_for_function(
        "([label, text]) => [...document.querySelectorAll('.kit-readout')]"
        ".some((r) => r.querySelector('dt').textContent === label && r.querySelector('dd').textContent === text)",
        arg=[label, text],
    )


def auc(positives, negatives):
    return roc_auc_score([1] * len(positives) + [0] * len(negatives), [*positives, *negatives])


def test_starts_at_the_numbers_of_the_record(explorable):
    page = explorable()
    expect(reading(page, "AUC")).to_have_text(f"{PAIRS['auc']:.3f}", use_inner_text=True)
    expect(reading(page, "Pairs in order")).to_have_text(f"{PAIRS['right']} of {PAIRS['all']}", use_inner_text=True)
    expect(reading(page, "Precision")).to_have_text(f"{PAIRS['precision']:.1%}", use_inner_text=True)


def test_keys_move_a_dot_and_the_pairs_follow(explorable):
    page = explorable(width=390, scheme="dark")
    page.get_by_role("slider", name="Positive 4").press("End")
    expected = auc([*PAIRS["positives"][:3], 1.0], PAIRS["negatives"])
    wait_for(page, "AUC", f"{expected:.3f}")
    page.wait_for_url("**/?pos=*")


def test_a_tie_counts_one_half(explorable):
    positives = [PAIRS["negatives"][0], *PAIRS["positives"][1:]]
    page = explorable("?pos=" + ",".join(map(str, positives)))
    wait_for(page, "AUC", f"{auc(positives, PAIRS['negatives']):.3f}")
    assert ".5 of 20" in reading(page, "Pairs in order").inner_text()
    tied = page.locator(".kit-line[stroke*=gold]").get_attribute("d")
    assert tied.count("M") == 1, "one line for the one tied pair"


def test_the_pointer_drags_a_dot(explorable):
    page = explorable()
    dot = page.get_by_role("slider", name="Negative 1")
    box = dot.locator(".kit-dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 80, y, steps=4)
    page.mouse.up()
    moved = float(dot.get_attribute("aria-valuenow"))
    assert moved < PAIRS["negatives"][0] - 0.1
    wait_for(page, "AUC", f"{auc(PAIRS['positives'], [moved, *PAIRS['negatives'][1:]]):.3f}")


def test_copies_and_stretching_leave_auc_and_easy_negatives_raise_it(explorable):
    page = explorable()
    start = f"{PAIRS['auc']:.3f}"
    page.get_by_role("radio", name="5 times").check()
    wait_for(page, "Pairs in order", f"{5 * PAIRS['right']} of {5 * PAIRS['all']}")
    wait_for(page, "AUC", start)
    expect(reading(page, "Precision")).to_have_text(f"{3 / 8:.1%}", use_inner_text=True)
    for _ in range(6):
        before = page.get_by_role("slider", name="Positive 4").get_attribute("aria-valuenow")
        page.get_by_role("button", name="Stretch the scores").click()
        page.wait_for_function(
            "(before) => document.querySelector('[aria-label=\"Positive 4\"]').getAttribute('aria-valuenow') !== before",
            arg=before,
        )
        wait_for(page, "AUC", start)
    page.locator("figure.explorable").get_by_role("button", name="Reset").click()
    wait_for(page, "Pairs in order", f"{PAIRS['right']} of {PAIRS['all']}")
    easy = page.get_by_role("slider", name="Easy negatives")
    for _ in range(10):
        easy.press("ArrowRight")
    wait_for(page, "AUC", f"{PAIRS['with-ten-easy']:.3f}")
    expect(reading(page, "Precision")).to_have_text(f"{PAIRS['precision']:.1%}", use_inner_text=True)


def test_a_threshold_above_all_scores_calls_nobody(explorable):
    page = explorable()
    page.get_by_role("slider", name="Threshold").press("End")
    wait_for(page, "Precision at threshold", "none called")


def test_without_javascript_the_figure_stands_there(open_page):
    page = open_page(ADDRESS, javascript=False)
    expect(page.locator("figure.explorable img").first).to_be_visible()
