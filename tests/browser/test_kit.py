"""The explorables' kit in a browser: what the reader does, what survives, what happens when something breaks."""

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "docs" / "assets" / "explorables"
GALLERY = "deep/example/gallery/"


def number(text):
    """The number that a reader reads: true minus, commas and percent signs taken out."""
    return float(text.replace("−", "-").replace(",", "").rstrip("%"))


def query(page):
    return page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")


def wait_for_query(page, wanted):
    page.wait_for_function(
        "wanted => JSON.stringify(Object.fromEntries([...new URLSearchParams(location.search)].sort())) === wanted",
        arg=json.dumps(dict(sorted(wanted.items())), separators=(",", ":")),
    )


def slider(page, name):
    return page.get_by_role("slider", name=name)


def value_of(page, name):
    return number(slider(page, name).get_attribute("aria-valuenow"))


def center(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, locator, dx, dy, steps=6):
    x, y = center(locator)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=steps)
    page.mouse.up()


# ---- moving things ----
def test_a_point_follows_the_pointer_and_the_plot_follows_the_point(open_kit):
    page = open_kit()
    dot = slider(page, "Start").locator(".kit-dot")
    before = center(dot)
    path = page.locator(".kit-inner path").nth(1)
    line = path.get_attribute("d")
    drag(page, dot, 150, 0)
    after = center(dot)
    width = float(page.locator("svg.kit-inner").get_attribute("width"))
    assert after[0] - before[0] == pytest.approx(150, abs=width / 44 * 0.6)  # the state moves on a grid of 0.1 in 4.4
    assert value_of(page, "Start") == pytest.approx(-1.6 + 150 / width * 4.4, abs=0.051)
    assert path.get_attribute("d") != line


def test_a_point_with_two_coordinates_stays_inside_its_range(open_kit):
    page = open_kit(GALLERY)
    point = slider(page, "Center")
    point.scroll_into_view_if_needed()
    drag(page, point.locator(".kit-dot"), 900, -900)
    assert re.search(r"x 2\.00, y 2\.00$", point.get_attribute("aria-valuetext"))


def test_a_threshold_is_grabbed_anywhere_along_its_line(open_kit):
    page = open_kit(GALLERY)
    threshold = slider(page, "Threshold")
    threshold.scroll_into_view_if_needed()
    box = threshold.locator(".kit-threshold").bounding_box()
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] * 0.7)
    page.mouse.down()
    page.mouse.move(box["x"] + 72, box["y"] + box["height"] * 0.7, steps=4)
    page.mouse.up()
    moved = threshold.locator(".kit-threshold").bounding_box()
    assert moved["x"] - box["x"] == pytest.approx(60, abs=3), "the line keeps its distance from the pointer"
    assert value_of(page, "Threshold") > 0.4


def test_touch_moves_a_handle_and_targets_are_44_pixels(open_kit):
    page = open_kit(width=390, touch=True)
    hit = slider(page, "Start").locator(".kit-hit")
    box = hit.bounding_box()
    assert min(box["width"], box["height"]) >= 44
    x, y = center(hit)
    session = page.context.new_cdp_session(page)
    for kind, at in (("touchStart", x), ("touchMove", x + 40), ("touchMove", x + 80), ("touchEnd", None)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if at is None else [{"x": at, "y": y}]})
    page.wait_for_function("Number(document.querySelector('.kit-handle').getAttribute('aria-valuenow')) > -1.2")
    find = "[...document.querySelectorAll('.kit-plot, .kit-handle')]"
    touch_actions = page.evaluate(f"{find}.map(node => getComputedStyle(node).touchAction)")
    assert touch_actions == ["auto", "pan-y"], "only the handle may take the touch from scrolling"


@pytest.mark.parametrize(("key", "expected"), [
    ("ArrowRight", -1.5), ("ArrowLeft", -1.7), ("ArrowUp", -1.5), ("Shift+ArrowRight", -0.6),
    ("PageUp", -0.6), ("PageDown", -2.0), ("Home", -2.0), ("End", 2.0),
])
def test_keys_move_a_point(open_kit, key, expected):
    page = open_kit()
    handle = slider(page, "Start")
    handle.press(key)
    now = "Number(document.querySelector('.kit-handle').getAttribute('aria-valuenow'))"
    page.wait_for_function(f"value => {now} === value", arg=expected)
    expect(handle).to_have_attribute("aria-valuetext", f"{expected:.1f}".replace("-", "−"))


def test_keys_move_a_point_in_two_directions_and_home(open_kit):
    page = open_kit(GALLERY)
    point = slider(page, "Center")
    for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
        point.press(key)
    page.wait_for_function("document.querySelector('.kit-both').getAttribute('aria-valuetext') === 'x 0.85, y −0.40'")
    point.press("Home")
    page.wait_for_function("document.querySelector('.kit-both').getAttribute('aria-valuetext') === 'x 0.80, y −0.50'")


def test_a_click_moves_the_point_of_a_plot_that_allows_it(open_kit):
    page = open_kit(GALLERY)
    box = page.locator("svg.kit-plot").first.locator("svg.kit-inner").bounding_box()
    page.locator("svg.kit-plot").first.scroll_into_view_if_needed()
    size = float(page.locator("svg.kit-inner").first.get_attribute("width"))
    left, top = page.evaluate("(() => { const f = document.querySelector('svg.kit-inner').getScreenCTM(); return [f.e, f.f] })()")
    assert box
    page.mouse.click(left + size / 4, top + size / 2)
    page.wait_for_function("document.querySelector('.kit-both').getAttribute('aria-valuetext') === 'x −1.00, y 0.00'")


def test_a_logarithmic_slider_moves_by_ratios(open_kit):
    page = open_kit(GALLERY)
    width = slider(page, "Width σ")
    output = page.locator(".kit-slider", has_text="Width σ").locator("output")
    expect(output).to_have_text("1", use_inner_text=True)
    width.press("PageUp")
    page.wait_for_function("document.querySelector('.kit-slider output').textContent !== '1'")
    assert number(output.inner_text()) == pytest.approx(10 ** (10 * 3 / 100), rel=0.01)
    width.press("Home")
    page.wait_for_function("document.querySelector('.kit-slider output').textContent === '0.0100'")


def test_one_of_several_numbers_moves_alone(open_kit):
    page = open_kit(GALLERY)
    slider(page, "Score 2").press("ArrowUp")
    wait_for_query(page, {"scores": "1,2.5,3"})


def test_reset_brings_back_the_start(open_kit):
    page = open_kit(GALLERY)
    at_start = page.locator(".explorable-root").inner_text()
    page.get_by_role("radio", name="Ring").check()
    page.get_by_label("Show the share").uncheck()
    slider(page, "Threshold").press("PageUp")
    wait_for_query(page, {"band": "no", "cut": "0.5", "kernel": "ring"})
    page.get_by_role("button", name="Reset").click()
    wait_for_query(page, {})
    assert page.locator(".explorable-root").inner_text().replace("Reset\n", "") == at_start.replace("Reset\n", "")
    expect(page.get_by_label("Show the share")).to_be_checked()


# ---- the address ----
def test_the_state_survives_in_the_address(open_kit):
    page = open_kit()
    slider(page, "Learning rate").press("ArrowRight")
    slider(page, "Start").press("End")
    page.get_by_role("radio", name="Momentum").check()
    wait_for_query(page, {"rate": "0.31", "start": "2", "method": "momentum"})
    shown = page.locator(".kit-readout").inner_text()
    address = page.url
    other = open_kit(address.rpartition("/")[2])
    assert other.locator(".kit-readout").inner_text() == shown
    assert value_of(other, "Start") == 2
    expect(other.get_by_role("radio", name="Momentum")).to_be_checked()


@pytest.mark.parametrize(("address", "rate", "start", "method"), [
    ("?rate=abc&start=&method=magic", "0.30", -1.6, "gd"),
    ("?rate=NaN&start=Infinity&method=", "0.30", -1.6, "gd"),
    ("?rate=99&start=-99&method=momentum", "2.20", -2, "momentum"),
    ("?rate=0.123456&start=0.04&other=1", "0.12", 0, "gd"),
])
def test_a_bad_address_is_ignored_or_clamped(open_kit, address, rate, start, method):
    page = open_kit(address)
    assert page.locator(".kit-slider output").inner_text() == rate
    assert value_of(page, "Start") == start
    expect(page.locator("input[type=radio]:checked")).to_have_attribute("value", method)


def test_scrolling_rewrites_the_fragment_and_leaves_the_state(open_kit):
    page = open_kit("?rate=0.5")
    scroll = "window.scrollBy(0, window.scrollY > 1500 ? -5 : 400)"
    page.wait_for_function(f"() => {{ {scroll}; return location.hash === '#a-section'; }}", polling=300)
    assert query(page) == {"rate": "0.5"}


# ---- life and death ----
def test_three_pages_deep_and_back_with_instant_navigation(open_kit, kit_site):
    page = open_kit("?rate=0.5")
    page.evaluate("window.sameDocument = true")
    page.evaluate("window.firstRoot = document.querySelector('.explorable-root')")
    for name, path in (("Everything", GALLERY), ("Second", "deep/example/second/"), ("First", "")):
        page.locator("nav.md-nav--primary").get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_function("address => location.href === address", arg=kit_site + path)
        page.locator("h1", has_text=name).wait_for()
        page.locator("figure[data-state=live]").wait_for()
        expect(page.locator(".explorable-root")).to_have_count(1)
    assert page.evaluate("window.sameDocument"), "the pages were loaded in the same document"
    assert not page.evaluate("window.firstRoot.isConnected")
    slider(page, "Start").press("End")
    wait_for_query(page, {"start": "2"})


def test_leaving_cleans_up_and_writes_no_state_into_the_next_address(open_kit, kit_site):
    page = open_kit("deep/example/late/")
    page.route("**/second/", lambda route: (time.sleep(0.6), route.continue_()))  # the new address is set before its page arrives
    slider(page, "Rate").press("ArrowLeft")  # the state would be written a quarter of a second later
    page.locator("nav.md-nav--primary").get_by_role("link", name="Second", exact=True).first.click()
    page.locator("h1", has_text="Second").wait_for()
    page.locator("figure[data-state=live]").wait_for()
    assert page.evaluate("window.cleanups") == 1
    assert page.url == kit_site + "deep/example/second/"


def test_it_is_loaded_only_near_the_view(open_kit):
    page = open_kit("deep/example/far/", live=False)
    page.wait_for_timeout(300)
    loaded = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert not [name for name in loaded if re.search(r"descent|kit\.js|record", name)]
    page.locator("figure.explorable").scroll_into_view_if_needed()
    page.locator("figure[data-state=live]").wait_for()


def test_an_error_at_the_start_keeps_the_static_figure(open_kit, problems):
    problems.expect("broken on purpose")
    page = open_kit("deep/example/broken/", live=False)
    page.locator("figure[data-state=failed]").wait_for()
    expect(page.locator("img.still")).to_be_visible()
    expect(page.locator(".explorable-note")).to_be_visible()
    expect(page.locator(".explorable-root")).to_have_count(0)
    expect(page.locator("figcaption")).to_be_visible()


def test_a_missing_record_keeps_the_static_figure(open_kit, problems):
    problems.expect("status 404: .*none.json")
    problems.expect("console: Failed to load resource")
    problems.expect("none.json answered 404")
    page = open_kit("deep/example/missing/", live=False)
    page.locator("figure[data-state=failed]").wait_for()
    expect(page.locator("img.still")).to_be_visible()


def test_a_value_that_is_not_a_number_brings_the_static_figure_back(open_kit, problems):
    problems.expect("not a number")
    page = open_kit("deep/example/late/")
    expect(page.locator("img.still")).to_have_count(0)
    slider(page, "Rate").press("End")
    page.locator("figure[data-state=failed]").wait_for()
    expect(page.locator("img.still")).to_be_visible()
    assert page.evaluate("window.cleanups") == 1


def test_without_javascript_the_static_figure_stands(open_kit):
    page = open_kit(live=False, javascript=False)
    expect(page.locator("img.still")).to_be_visible()


# ---- playing ----
def test_playing_goes_to_the_end_and_stops(open_kit):
    page = open_kit(GALLERY)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.locator(".kit-note", has_text="Step 12 of 12.").wait_for()
    page.get_by_role("button", name="Play").wait_for()
    expect(page.get_by_role("button", name="One step on")).to_be_disabled()
    page.get_by_role("button", name="One step back").click()
    page.locator(".kit-note", has_text="Step 11 of 12.").wait_for()


def test_nothing_plays_off_screen(open_kit):
    page = open_kit(GALLERY, height=500)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.evaluate("document.querySelector('article').style.paddingBottom = '3000px'")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(200)
    stopped_at = page.locator(".kit-note").inner_text()
    page.wait_for_timeout(300)
    assert page.locator(".kit-note").inner_text() == stopped_at != "Step 12 of 12."


def test_under_reduced_motion_there_is_no_play_button_but_the_steps_remain(open_kit):
    page = open_kit(GALLERY, reduced_motion=True)
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
    page.get_by_role("button", name="One step on").click()
    page.locator(".kit-note", has_text="Step 4 of 12.").wait_for()


# ---- looks ----
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(open_kit, width):
    page = open_kit(GALLERY, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate("""() => {
      const frame = document.querySelector('.explorable-root').getBoundingClientRect();
      return [...document.querySelectorAll('.explorable-root svg text, .explorable-root .kit-controls *')]
        .map(node => [node.textContent, node.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.left < frame.left - 3 || box.right > frame.right + 3))
        .map(([text]) => text);
    }""")
    assert outside == []


def test_a_plot_is_drawn_anew_for_another_width(open_kit):
    page = open_kit(width=1280)
    before = page.locator(".kit-inner path").first.get_attribute("d")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function("before => document.querySelector('.kit-inner path').getAttribute('d') !== before", arg=before)
    assert page.evaluate("document.querySelector('svg.kit-plot').getBoundingClientRect().right") <= 390


def test_a_heat_map_follows_the_scheme(open_kit):
    corner = "[...document.querySelector('canvas.kit-heat').getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    light, dark = (open_kit(GALLERY, scheme=scheme) for scheme in ("light", "dark"))
    palette = json.loads((ROOT / "docs/assets/palette.json").read_text())
    paper = {scheme: [int(palette[scheme]["paper"][start:start + 2], 16) for start in (1, 3, 5)] for scheme in ("light", "dark")}
    assert light.evaluate(corner) == pytest.approx(paper["light"], abs=3)
    assert dark.evaluate(corner) == pytest.approx(paper["dark"], abs=3)
    light.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    light.wait_for_function(f"{corner}[0] < 60")


def test_an_update_fits_into_a_frame(open_kit):
    """The median time of a drawing of every mark at once, heat map and contours too."""
    page = open_kit(GALLERY)
    milliseconds = page.evaluate("""async () => {
      const handle = document.querySelector('.kit-both');
      const times = [];
      const request = window.requestAnimationFrame;
      window.requestAnimationFrame = (run) => request((now) => {
        const start = performance.now();
        run(now);
        times.push(performance.now() - start);
      });
      for (let press = 0; press < 30; press += 1) {
        handle.dispatchEvent(new KeyboardEvent('keydown', {key: press % 2 ? 'ArrowLeft' : 'ArrowRight'}));
        await new Promise(request);
        await new Promise(request);
      }
      window.requestAnimationFrame = request;
      return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    }""")
    assert milliseconds < 16


def test_screen_readers_hear_the_new_value_once_it_rests(open_kit):
    page = open_kit(GALLERY)
    expect(page.locator(".kit-status")).to_have_text("", use_inner_text=True)
    for _ in range(5):
        slider(page, "Threshold").press("PageUp")
    page.wait_for_function("document.querySelector('.kit-status').textContent.startsWith('Right of the threshold: 5')")


def test_the_gallery_is_accessible(open_kit):
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page = open_kit(GALLERY, scheme=scheme)
        found = Axe().run(page, context=".explorable-root").response
        assert len(found["passes"]) > 10
        assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found["violations"]] == []


# ---- files ----
def test_the_style_sheet_has_the_colors_of_the_palette():
    palette = json.loads((ROOT / "docs/assets/palette.json").read_text())
    style = (KIT / "kit.css").read_text()
    blocks = dict(re.findall(r"^([^\n{]+) \{\n((?:  --book-[^}]+))\}", style, re.M))
    variables = {selector: dict(re.findall(r"--book-([\w-]+): ([^;]+);", body)) for selector, body in blocks.items()}
    assert variables[':root, [data-md-color-scheme="default"]'] == palette["light"]
    assert variables['[data-md-color-scheme="slate"]'] == palette["dark"]
    assert variables[":root, [data-md-color-scheme]"] == {role: f"var(--book-{name})" for role, name in palette["roles"].items()}
