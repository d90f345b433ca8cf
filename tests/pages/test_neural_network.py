"""The explorable of question 2: folds to drag, turn and add, and Adam that goes on from where they lie."""

import json
import re
from typing import Any

from book.questions import by_number

ADDRESS = "foundations/neural-network/"
FOLD = json.loads(by_number(2).record.read_text())["data"]["fold"]

# The address is written once the state has come to rest, a quarter of a second later.
SETTLED = """() => {
    const now = location.search;
    if (now !== window.lastAddress) Object.assign(window, { lastAddress: now, lastChange: Date.now() });
    return now && Date.now() - window.lastChange > 500;
}"""


def right(figure: Any, count: int) -> None:
    figure.locator(".kit-readout dd").first.filter(has_text=re.compile(f"^{count} of 80$")).wait_for()


def shows_error(page: Any, loss: float, within: float = 0.0011) -> None:
    page.wait_for_function(
        "([loss, off]) => Math.abs(Number(document.querySelectorAll('figure.explorable .kit-readout dd')[1].textContent) - loss) < off",
        arg=[loss, within],
    )


def test_from_the_start_adam_ends_where_the_record_does(open_explorable: Any) -> None:
    page, figure = open_explorable(width=390, scheme="dark")
    right(figure, round(80 * FOLD["start"]["right"]))
    shows_error(page, FOLD["start"]["loss"])
    figure.get_by_role("button", name="Let Adam continue").click()
    page.wait_for_function(SETTLED)
    right(figure, round(80 * FOLD["start"]["after"]))
    shows_error(page, FOLD["start"]["loss-after"], within=0.003)  # the state at the end is rounded


def test_reset_stops_adam(open_explorable: Any) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Let Adam continue").click()
    figure.locator(".kit-readout dd").nth(1).filter(has_not_text=f"{FOLD['start']['loss']:.3f}").wait_for()
    figure.get_by_role("button", name="Reset", exact=True).click()
    shows_error(page, FOLD["start"]["loss"])
    page.wait_for_timeout(600)
    assert figure.locator(".kit-readout dd").nth(1).inner_text() == f"{FOLD['start']['loss']:.3f}"
    right(figure, round(80 * FOLD["start"]["right"]))


def test_the_address_after_adam_shows_the_same_numbers(open_explorable: Any) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Let Adam continue").click()
    right(figure, 80)
    page.wait_for_function(SETTLED)
    before = figure.locator(".kit-readout dd").all_inner_texts()
    page.reload()
    figure.scroll_into_view_if_needed()
    page.locator("figure.explorable[data-state=live]").wait_for()
    page.wait_for_function("text => document.querySelectorAll('figure.explorable .kit-readout dd')[1].textContent === text", arg=before[1])
    assert figure.locator(".kit-readout dd").all_inner_texts() == before


def test_three_folds_by_hand_fence_in_the_blob_and_the_trap_does_not(open_explorable: Any) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="A triangle by hand").click()
    right(figure, 80)
    shows_error(page, FOLD["hand"]["loss"])
    figure.get_by_role("button", name="A trap for Adam").click()
    right(figure, round(80 * FOLD["trap"]["right"]))


def test_dragging_a_fold_changes_the_result(open_explorable: Any) -> None:
    page, figure = open_explorable()
    right(figure, round(80 * FOLD["start"]["right"]))
    grip = figure.get_by_role("slider", name="Fold 1, place").bounding_box()
    before = figure.locator(".kit-readout dd").nth(1).inner_text()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] + grip["width"] / 2 + 60, grip["y"] + grip["height"] / 2 + 50, steps=4)
    page.mouse.up()
    figure.locator(".kit-readout dd").nth(1).filter(has_not_text=before).wait_for()
    page.wait_for_function("new URLSearchParams(location.search).has('px')")


def test_keys_turn_a_fold_and_reset_turns_it_back(open_explorable: Any) -> None:
    _, figure = open_explorable()
    arrow = figure.get_by_role("slider", name="Fold 2, direction")
    for _ in range(3):
        arrow.press("Shift+ArrowLeft")
    figure.locator("[aria-label='Fold 2, direction'][aria-valuetext='340 degrees']").wait_for()
    figure.get_by_role("button", name="Reset", exact=True).click()
    figure.locator("[aria-label='Fold 2, direction'][aria-valuetext='250 degrees']").wait_for()
    right(figure, round(80 * FOLD["start"]["right"]))


def test_a_slope_above_zero_adds_a_fold(open_explorable: Any) -> None:
    _, figure = open_explorable()
    added = figure.locator("[aria-label='Fold 4, place']")
    added.wait_for(state="hidden")
    figure.get_by_role("slider", name="fold 4", exact=True).press("Shift+ArrowUp")
    added.wait_for(state="visible")


def test_an_address_with_two_folds_solves_xor(open_explorable: Any) -> None:
    _, figure = open_explorable(f"{ADDRESS}?data=xor&px=0,0,0,0,0,0&py=0,0,0,0,0,0&deg=45,225,0,0,0,0&v=-1.2,-1.2,0,0,0,0&c=1")
    right(figure, 80)
    assert figure.get_by_role("radio", name="XOR").is_checked()
