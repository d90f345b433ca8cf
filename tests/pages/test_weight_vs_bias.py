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


def test_keys_shift_the_cut_by_a_tenth_and_lead_back_to_the_start(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?wx=0.1&wy=0.1&b=0.1")
    grip = figure.get_by_role("slider", name="Cut, to shift")
    grip.press("ArrowRight")
    wait_for(page, "Score at the origin", "0.00")
    grip.press("ArrowLeft")
    wait_for(page, "Score at the origin", "0.10")
    grip.press("PageUp")  # as far as the dot stays in the plane
    wait_for(page, "Score at the origin", "−0.50")
    figure.get_by_role("button", name="Reset", exact=True).click()
    wait_for(page, "Score at the origin", "−3.00")
    grip.press("ArrowRight")
    wait_for(page, "Score at the origin", "−3.10")
    grip.press("Home")
    wait_for(page, "Score at the origin", "−3.00")


def test_the_point_goes_home_to_its_start(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?angle=100&radius=3")
    point = figure.get_by_role("slider", name="Point", exact=True)
    point.press("Home")
    page.wait_for_function("(node) => node.ariaValueText === 'angle 15 degrees, distance 1.20'", arg=point.element_handle())


def test_the_plot_of_the_score_holds_the_line_and_nothing_jumps(open_explorable) -> None:
    page, figure = open_explorable(ADDRESS + "?b=8&wx=3&wy=3&angle=45&radius=3.6")
    dot = figure.get_by_role("slider", name="Distance of the point").locator(".kit-dot")
    plot = figure.locator(".kit-plot .kit-inner").nth(1)
    assert 0 <= float(dot.get_attribute("cy")) < 0.1 * float(plot.get_attribute("height"))
    before = (figure.bounding_box()["height"], plot.get_attribute("x"))
    figure.get_by_role("radio", name="None").check(force=True)
    wait_for(page, "Score at the origin", "0.00")
    figure.get_by_role("radio", name="Network, three rings").check(force=True)
    figure.get_by_text(f"Right on {PLAY['networks']['three']['none']['accuracy']:.1%}").wait_for()
    assert (figure.bounding_box()["height"], plot.get_attribute("x")) == before
