"""The explorable of question 1: it plays as recorded, by pointer and by keyboard, and says why."""

import json
import re

from book import questions

ADDRESS = "foundations/ai-ml-dl/"
DATA = json.loads(questions.by_number(1).record.read_text())["data"]
START = DATA["start"]
CELLS = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"]
LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def cell(figure, name: str):
    return figure.locator(".ttt-board").get_by_role("button", name=re.compile(f"^{name}:"))


def scores(figure) -> list[float | None]:
    labels = [node.get_attribute("aria-label") for node in figure.locator(".ttt-board button").all()]
    found = [re.search(r"says (.+)$", label) for label in labels]
    return [float(match[1].replace("−", "-")) if match else None for match in found]


def agrees(shown: list[float | None], recorded: list[float | None]) -> bool:
    pairs = zip(shown, recorded, strict=True)
    return all((a is None) == (b is None) and (a is None or abs(a - b) < 0.006) for a, b in pairs)


def test_it_starts_with_the_record_s_position_and_opinions_at_every_size(open_explorable) -> None:
    for index, n in enumerate(DATA["settings"]["played"]):
        _, figure = open_explorable(f"{ADDRESS}?labels={index}")
        assert agrees(scores(figure), START["opinions"][f"network-{n}"])


def test_pressing_another_program_s_board_changes_the_opponent(open_explorable) -> None:
    page, figure = open_explorable()
    for name, key in (("Features", "features-50"), ("Raw linear", "linear-50"), ("Search", "search")):
        mini = figure.locator(".ttt-mini", has_text=name)
        mini.click()
        figure.locator(".ttt-mini[aria-pressed=true]", has_text=name).wait_for()
        assert agrees(scores(figure), START["opinions"][key])
    page.wait_for_url(re.compile("opponent=search"))


def test_the_fork_beats_the_network_of_fifty_labels(open_explorable) -> None:
    _, figure = open_explorable()
    cell(figure, CELLS[START["win"]]).click()
    figure.locator(".ttt-board button.stone").nth(5).wait_for()
    stones = [node.inner_text() for node in figure.locator(".ttt-board button").all()]
    # The fork leaves two ways to win, and one reply closes only one.
    lines = [line for line in LINES if [stones[i] for i in line].count("X") == 2 and not {"O"} & {stones[i] for i in line}]
    last = next(i for i in lines[0] if stones[i] != "X")
    cell(figure, CELLS[last]).click()
    figure.get_by_text("You win.").wait_for()


def test_keys_move_over_the_board_and_search_answers_in_the_center(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?moves=&opponent=search")
    cell(figure, "center").focus()
    for key in ("ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("top left: empty")
    page.keyboard.press("Enter")
    figure.locator(".ttt-board button", has_text="O").wait_for()
    assert cell(figure, "center").inner_text() == "O"
    page.wait_for_url(re.compile("moves=04"))


def test_each_program_gives_its_own_kind_of_reason(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?opponent=features")
    why = figure.locator(".ttt-why")
    assert why.locator("p").count() >= 3
    figure.locator(".ttt-mini", has_text="Deep network").click()
    why.locator(".ttt-code").wait_for()
    assert why.locator("u").count() == 64 and "5,571 numbers" in why.inner_text()
    figure.locator(".ttt-mini", has_text="Search").click()
    why.get_by_text("you win").wait_for()


def test_the_readouts_are_the_record_s_and_reset_brings_the_start_back(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?moves=&labels=3")
    games = DATA["games"]["network-3000"]
    values = figure.locator(".kit-readout dd").all_inner_texts()
    assert abs(float(values[0].rstrip("%")) - 100 * DATA["quality"]["network-3000"]) < 0.06
    assert abs(float(values[1].rstrip("%")) - 100 * games["lost"] / games["all"]) < 0.06
    assert values[2] == "5,571"
    figure.get_by_role("button", name="Reset", exact=True).click()
    figure.locator(".ttt-board button.stone").nth(3).wait_for()
    page.wait_for_url(lambda url: "?" not in url)
    assert agrees(scores(figure), START["opinions"]["network-50"])
