"""The explorable of question 4: weights turn the cut and bias shifts it, and without biases no ray changes class."""

import json

from book.questions import by_number

ADDRESS = "foundations/weight-vs-bias/"
PLAY = json.loads(by_number(4).record.read_text())["data"]["play"]
CHANGES = "Changes of class on this ray"


def wait_for(page, label: str, text: str) -> None:
    page.wait_for_function(
        "([label, text]) => [...document.querySelectorAll('.kit-readout')]"
        ".some((r) => r.querySelector('dt').textContent === label && r.querySelector('dd').textContent === text)",
        arg=[label, text],
    )


def test_it_starts_at_the_unit_of_the_record_and_the_slider_moves_the_bias(open_explorable) -> None:
    page, figure = open_explorable(width=390, scheme="dark")
    wait_for(page, "Score at the origin", f"{PLAY['unit']['b']:.2f}".replace("-", "−"))
    wait_for(page, CHANGES, "1")
    figure.get_by_role("slider", name="Bias b of the unit").press("ArrowRight")
    wait_for(page, "Score at the origin", "−2.90")
    figure.get_by_text("= 2.9/1.50 = 1.93").wait_for()
    figure.get_by_role("button", name="Reset", exact=True).click()
    wait_for(page, "Score at the origin", "−3.00")


def test_longer_weights_with_the_same_bias_bring_the_cut_nearer(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?wx=1.8&wy=2.4")
    wait_for(page, "Score at the origin", "−3.00")
    figure.get_by_text("= 3.0/3.00 = 1.00").wait_for()
    tip = figure.get_by_role("slider", name="Tip of the weight arrow")
    tip.press("Home")
    figure.get_by_text("= 3.0/1.50 = 2.00").wait_for()


def test_dragging_the_cut_changes_the_bias_alone(open_explorable) -> None:
    page, figure = open_explorable()
    grip = figure.get_by_role("slider", name="Cut, to shift").locator(".kit-dot")
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y + 40, steps=5)  # against the arrow, toward the origin and beyond
    page.mouse.up()
    page.wait_for_function("() => /[?&]b=/.test(location.search)")
    assert "wx=" not in page.url and "wy=" not in page.url
    bias = float(figure.locator(".kit-readout dd").first.inner_text().replace("−", "-"))
    assert bias > PLAY["unit"]["b"] + 0.5


def test_without_biases_no_ray_changes_class(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?model=two")
    wait_for(page, CHANGES, "1")
    figure.get_by_role("radio", name="None").check(force=True)
    wait_for(page, CHANGES, "0")
    wait_for(page, "Score at the origin", "0.00")
    figure.get_by_text(f"Right on {PLAY['networks']['two']['none']['accuracy']:.1%}").wait_for()


def test_three_rings_need_two_changes_on_a_ray(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?model=three&biases=all")
    wait_for(page, CHANGES, "2")
    figure.get_by_text(f"Right on {PLAY['networks']['three']['all']['accuracy']:.1%}").wait_for()


def test_keys_move_the_point_outward_and_the_class_changes_on_the_way(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?model=two&radius=1")
    inside = figure.locator(".kit-readout dd").nth(1).inner_text()
    assert not inside.startswith("−")
    figure.get_by_role("slider", name="Distance of the point").press("End")
    page.wait_for_function("() => document.querySelectorAll('.kit-readout dd')[1].textContent.startsWith('−')")
