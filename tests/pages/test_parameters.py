"""The explorable of question 3: the wall follows pointer and keys, a copy is the same function, the address keeps what is set to 0."""

import json
import re

from book.questions import by_number

ADDRESS = "foundations/parameters/"
WALL = json.loads(by_number(3).record.read_text())["data"]["wall"]


def wait_for(page, **texts):
    """Until the readouts match the patterns; a name's underscores are blanks, a readout's label begins with it."""
    for label, pattern in texts.items():
        page.wait_for_function(
            "([label, pattern]) => [...document.querySelectorAll('.kit-readout')].some((r) =>"
            " r.querySelector('dt').textContent.startsWith(label) &&"
            " new RegExp('^(' + pattern + ')$').test(r.querySelector('dd').textContent))",
            arg=[label.replace("_", " "), pattern],
        )


def press(figure, name):
    figure.get_by_role("button", name=name, exact=True).click()


def test_copy_and_average_have_the_accuracy_of_the_record(open_explorable) -> None:
    page, figure = open_explorable()
    wait_for(page, Set="100 of 2,410")
    press(figure, "Restore all")
    wait_for(page, Set="0 of 2,410", Right=f"{WALL['right']['trained']} of 360", The_slider="0")
    press(figure, "Permute and rescale")
    wait_for(page, Right=f"{WALL['right']['copy']} of 360", The_slider="(0|\\d+ · 10⁻¹[³⁴⁵⁶⁷⁸⁹])")
    press(figure, "Average with the copy")
    wait_for(page, Right=f"{WALL['right']['average']} of 360")


def test_a_copy_of_the_network_with_parameters_at_0_is_the_same_function_too(open_explorable) -> None:
    page, figure = open_explorable(width=390, scheme="dark")
    right = page.locator(".kit-readout", has_text="Right on").locator("dd").inner_text()
    for copy in ("1", "2"):
        press(figure, "Permute and rescale")
        wait_for(page, Set="100 of 2,410", Right=right, The_slider="(0|\\d+ · 10⁻¹[³⁴⁵⁶⁷⁸⁹])")
        page.wait_for_url(re.compile("mix=1" if copy == "1" else "copy=2"))


def test_a_click_sets_to_0_and_a_stroke_sets_many(open_explorable) -> None:
    page, figure = open_explorable()
    press(figure, "Restore all")
    wait_for(page, Set="0 of 2,410")
    grid = figure.get_by_role("grid", name="All parameters")
    box = grid.bounding_box()
    at = {"x": box["width"] * 0.3, "y": box["height"] * 0.3}
    grid.click(position=at)
    wait_for(page, Set="1 of 2,410")
    grid.click(position=at)
    wait_for(page, Set="0 of 2,410")
    figure.get_by_role("radio", name="5 × 5").check(force=True)
    box = grid.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5, steps=3)
    page.mouse.up()
    wait_for(page, Set="2\\d\\d of 2,410")  # five rows and about fifty columns, without gaps


def test_keys_walk_the_wall_and_say_which_parameter(open_explorable) -> None:
    page, figure = open_explorable()
    press(figure, "Restore all")
    wait_for(page, Set="0 of 2,410")
    grid = figure.get_by_role("grid", name="All parameters")
    grid.press("ArrowDown")
    grid.press("ArrowRight")
    figure.get_by_text(re.compile("weight from pixel 1 to unit 2")).wait_for()
    grid.press(" ")
    wait_for(page, Set="1 of 2,410")
    grid.press("Enter")
    wait_for(page, Set="0 of 2,410")


def test_the_address_keeps_what_is_at_0_and_reset_forgets(open_explorable) -> None:
    page, figure = open_explorable()
    press(figure, "100 more to 0")
    wait_for(page, Set="200 of 2,410")
    page.wait_for_url(re.compile("zero="))
    right = page.locator(".kit-readout", has_text="Right on").locator("dd").inner_text()
    page, figure = open_explorable(ADDRESS + "?" + page.url.split("?")[1])
    wait_for(page, Set="200 of 2,410", Right=right)
    press(figure, "Reset")
    wait_for(page, Set="100 of 2,410")


def test_another_image_has_another_answer(open_explorable) -> None:
    _, figure = open_explorable(ADDRESS + "?digit=7")
    figure.locator(".kit-highlight .kit-bar-name", has_text="7").wait_for()
    images = figure.get_by_role("listbox", name=re.compile("Test images"))
    images.press("Home")
    images.press("Enter")
    figure.locator(".kit-highlight .kit-bar-name", has_text="0").wait_for()
