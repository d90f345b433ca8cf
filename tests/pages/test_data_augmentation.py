"""The explorable of question 39: its networks give what the record says, and it answers to pointer, keys and the address."""

import json
import re

import pytest

from book.questions import by_number

QUESTION = by_number(39)
ADDRESS = f"{QUESTION.chapter_slug}/{QUESTION.slug}/"
DATA = json.loads(QUESTION.record.read_text())["data"]
NAMES = {"none": "No augmentation", "small": "Small moves", "turn": "Any turn"}


@pytest.fixture
def open_explorable(open_page):
    def run(query: str = "", **settings):
        page = open_page(ADDRESS + query, **settings)
        figure = page.locator("figure.explorable")
        figure.scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        return page, figure

    return run


def readouts(figure) -> dict[str, str]:
    return dict(text.split("\n") for text in figure.locator(".kit-readout").all_inner_texts())


def wait_for_change(figure, label: str, before: str) -> str:
    row = figure.locator(".kit-readout").filter(has_text=label)
    row.filter(has_not_text=before).wait_for()
    return readouts(figure)[label]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_with_the_turned_six(open_explorable, width: int, scheme: str) -> None:
    page, figure = open_explorable(width=width, scheme=scheme)
    shown = readouts(figure)
    assert shown["Any turn"].startswith("✓ 6") and shown["No augmentation"].startswith("✗")
    assert shown["Nearest image of another digit"] == f"{DATA['range']['six-other']:.2f}, a {DATA['range']['six-other-digit']}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("angle", [0, 15, -45, 90, 180])
def test_the_networks_give_the_probabilities_of_the_record(open_explorable, angle: int) -> None:
    _, figure = open_explorable(f"?turn={angle}")
    shown = readouts(figure)
    at = DATA["range"]["angles"].index(angle)
    for name, label in NAMES.items():
        guess, percent = re.fullmatch(r"[✓✗] (\d), (\d+)%", shown[label]).groups()
        expected = DATA["range"][name]["six"][at]
        if guess == "6":
            assert abs(int(percent) - 100 * expected) <= 0.6
        else:
            assert expected < 0.5


def test_a_move_by_one_pixel_is_as_far_as_the_record_says(open_explorable) -> None:
    _, figure = open_explorable("?turn=0&dx=1")
    shown = readouts(figure)
    assert float(shown["Distance from the original"]) == pytest.approx(DATA["range"]["six-pixel"], abs=0.005)
    assert shown["Small moves"].startswith("✓ 6")


def test_dragging_the_dot_moves_the_digit(open_explorable) -> None:
    page, figure = open_explorable()
    before = readouts(figure)["Distance from the original"]
    dot = figure.get_by_role("slider", name=re.compile("Position of the digit")).bounding_box()
    x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 30, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("dx="))
    wait_for_change(figure, "Distance from the original", before)


def test_keys_turn_the_digit_and_reset_brings_it_back(open_explorable) -> None:
    page, figure = open_explorable()
    before = readouts(figure)
    figure.get_by_role("slider", name="Turn", exact=True).first.press("Home")
    page.wait_for_url(re.compile("turn=-180"))
    wait_for_change(figure, "Distance from the original", before["Distance from the original"])
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    figure.locator(".kit-readout").filter(has_text=before["Distance from the original"]).first.wait_for()
    assert readouts(figure) == before


def test_the_reader_says_where_the_label_ends(open_explorable) -> None:
    page, figure = open_explorable("?turn=90")
    figure.get_by_text("until you would no longer call it a 6").wait_for()
    figure.get_by_role("button", name="Past here it is another digit").click()
    figure.get_by_text("You end the 6 at ±90°").wait_for()
    page.wait_for_url(re.compile("limit=90"))
    beyond = [p for p, angle in zip(DATA["range"]["turn"]["six"], DATA["range"]["angles"], strict=True) if abs(angle) > 90]
    said = int(re.search(r"still says 6 at (\d+)% of", figure.inner_text())[1])
    assert said >= 100 * sum(p > 0.5 for p in beyond) / len(beyond) - 1


def test_another_digit_starts_from_its_own_image(open_explorable) -> None:
    _, figure = open_explorable("?turn=0")
    figure.get_by_role("radio", name="9", exact=True).check(force=True)
    other = next(one for one in DATA["nets"]["shown"] if one["digit"] == 9)
    figure.locator(".kit-readout").filter(has_text=f"{other['other']:.2f}, a {other['other-digit']}").wait_for()
    assert readouts(figure)["Any turn"].startswith("✓ 9")
