"""Time lines, bars, tokens, graphs, curves and guesses: by pointer and by keyboard, what screen readers hear, what stays in the address."""

import json
import re

import pytest
from playwright.sync_api import expect

GALLERY = "about/explorables/"


@pytest.fixture
def open_part(open_page):
    """The gallery with one of its parts live: open_part("bars") → page, figure."""

    def run(name, query="", **settings):
        page = open_page(GALLERY + query, **settings)
        figure = page.locator(f"#part-{name}")
        figure.scroll_into_view_if_needed()
        page.locator(f"#part-{name}[data-state=live]").wait_for()
        figure.scroll_into_view_if_needed()
        return page, figure

    return run


def wait_for_query(page, wanted):
    page.wait_for_function(
        "wanted => JSON.stringify(Object.fromEntries([...new URLSearchParams(location.search)].sort())) === wanted",
        arg=json.dumps(dict(sorted(wanted.items())), separators=(",", ":")),
    )


def drag(page, start, end, steps=6):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=steps)
    page.mouse.up()


def center(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def text_of(locator):
    """What a screen reader says of a slider, once what was done before is drawn."""
    locator.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    return locator.get_attribute("aria-valuetext")


# ---- a recorded run ----
def test_frames_are_blended_and_steps_are_frames(open_part):
    page, figure = open_part("timeline")
    epoch = figure.get_by_role("slider", name="Epoch")
    assert text_of(epoch) == "9.0"
    epoch.press("ArrowRight")
    assert text_of(epoch) == "10.0", "a key goes on by a frame, not by a twentieth"
    figure.get_by_role("button", name="One step back").click()
    assert text_of(epoch) == "9.0"
    box = epoch.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.52, box["y"] + box["height"] / 2)
    assert 11 < float(text_of(epoch)) < 14
    figure.get_by_role("button", name="overfit").click()
    assert text_of(epoch) == "20.0"
    wait_for_query(page, {"epoch": "20"})


def test_a_run_plays_at_the_chosen_speed_and_pauses(open_part):
    page, figure = open_part("timeline")
    epoch = figure.get_by_role("slider", name="Epoch")
    speed = figure.get_by_role("button", name="Speed")
    speed.click()
    speed.click()
    expect(speed).to_have_attribute("aria-label", "Speed: 4 times")
    expect(speed).to_have_text("4×", use_inner_text=True)
    epoch.press("Home")
    figure.get_by_role("button", name="Play").click()
    begun = page.evaluate("performance.now()")
    page.wait_for_function("Number(document.querySelector('#part-timeline [type=range]').value) >= 8")
    seconds = (page.evaluate("performance.now()") - begun) / 1000
    figure.get_by_role("button", name="Pause").click()
    stopped = float(text_of(epoch))
    assert 0.25 < seconds < 2, "four frames a second at four times the speed: half a second for eight"
    assert float(text_of(epoch)) == stopped


def test_under_reduced_motion_nothing_plays(open_part):
    _, figure = open_part("timeline", reduced_motion=True)
    expect(figure.locator(".kit-play")).to_be_hidden()
    expect(figure.locator(".kit-speed")).to_be_hidden()
    expect(figure.get_by_role("button", name="One step on")).to_be_visible()


def test_a_recording_by_position(open_part):
    page, _ = open_part("timeline")
    got = page.evaluate("""async () => {
      const {recording} = await import(new URL('../../assets/explorables/play.js', document.baseURI));
      const frames = [{a: 0, b: [0, 4], name: 'x'}, {a: 1, b: [2, 4], name: 'y'}, {a: 3, b: [2, 0], name: 'z'}];
      const run = recording(frames, {times: [1, 10, 100]});
      const coarse = recording([new Float64Array([1]), new Float64Array([5])], {interpolate: false});
      return [run.at(0), run.at(0.25), run.at(1.5), run.at(9), run.time(1.5), run.index(1.4), [...coarse.at(0.7)], coarse.position().step,
              run.position(1).initial];
    }""")
    assert got == [{"a": 0, "b": [0, 4], "name": "x"}, {"a": 0.25, "b": [0.5, 4], "name": "x"}, {"a": 2, "b": [2, 2], "name": "z"},
                   {"a": 3, "b": [2, 0], "name": "z"}, 55, 1, [5], 1, 1]
    refused = "async (times) => { const {recording} = await import(new URL('../../assets/explorables/play.js', document.baseURI)); " \
        "recording([1, 2], {times}).at(NaN); }"
    with pytest.raises(Exception, match="cannot be NaN"):
        page.evaluate(refused, None)
    with pytest.raises(Exception, match="2 frames need as many times, not 3"):
        page.evaluate(refused, [1, 2, 3])


# ---- bars ----
def test_logits_are_dragged_and_probabilities_follow(open_part):
    page, figure = open_part("bars", width=390, scheme="dark")
    fox = figure.get_by_role("slider", name="fox")
    box = fox.bounding_box()
    assert box["height"] >= 44
    drag(page, center(figure.locator(".kit-bar").nth(2).locator(".kit-bar-fill")), (box["x"] + box["width"] - 1, box["y"] + 20))
    assert text_of(fox) == "4.0"
    expect(figure.get_by_role("group", name="Logits")).to_be_visible()
    values = figure.get_by_role("list", name="Probabilities").locator(".kit-bar-value").all_inner_texts()
    assert sum(float(value.rstrip("%")) for value in values) == pytest.approx(100, abs=0.11) and float(values[2].rstrip("%")) > 70
    fill = figure.get_by_role("list", name="Probabilities").locator(".kit-bar-fill").nth(2).bounding_box()
    track = figure.get_by_role("list", name="Probabilities").locator(".kit-bar-track").nth(2).bounding_box()
    assert fill["width"] / track["width"] == pytest.approx(float(values[2].rstrip("%")) / 100, abs=0.02)
    wait_for_query(page, {"logits": "1,2.5,4"})
    fox.press("ArrowLeft")
    assert text_of(fox) == "3.9"
    fox.press("Shift+ArrowLeft")
    assert text_of(fox) == "2.9"
    expect(figure.locator(".kit-bar-mark").first).to_have_attribute("title", "equal logits: 33.3%")


def test_negative_bars_grow_to_the_left_and_columns_upward(open_part):
    page, figure = open_part("bars")
    fox, track = (figure.locator(".kit-bar").nth(2).locator(part).bounding_box() for part in (".kit-bar-fill", ".kit-bar-track"))
    assert fox["x"] + fox["width"] == pytest.approx(track["x"] + track["width"] / 2, abs=1)
    columns = page.locator("#part-columns")
    columns.scroll_into_view_if_needed()
    page.locator("#part-columns[data-state=live]").wait_for()
    heights = [fill.bounding_box()["height"] for fill in columns.locator(".kit-bar-fill").all()]
    assert heights == pytest.approx([count * 2.5 for count in (50, 42, 38, 51, 22, 30, 47, 12, 40, 35)], abs=1)
    expect(columns.locator(".kit-highlight .kit-bar-name")).to_have_text("7", use_inner_text=True)


# ---- tokens ----
def line_ends(figure):
    """The places where the visible lines end, with their widths."""
    return figure.locator(".kit-token-lines path[visibility=visible]").evaluate_all(
        "paths => paths.map(path => { const end = path.getPointAtLength(path.getTotalLength());"
        " const frame = path.ownerSVGElement.getBoundingClientRect();"
        " return [end.x + frame.left, end.y + frame.top, Number(path.getAttribute('stroke-width'))]; })"
    )


@pytest.mark.parametrize("width", [1280, 320])
def test_a_query_is_chosen_and_its_lines_end_at_the_keys(open_part, width):
    page, figure = open_part("tokens", width=width)
    queries = figure.get_by_role("radiogroup", name="Choose a query")
    expect(queries.get_by_role("radio")).to_have_count(7)
    expect(queries.get_by_role("radio", name="it")).to_be_checked()
    assert queries.locator("label").first.bounding_box()["height"] >= 44
    queries.get_by_role("radio", name="sat").click(force=True)
    wait_for_query(page, {"query": "2"})
    keys = figure.locator(".kit-token-keys .kit-token")
    shares = [int(text.split()[-1].rstrip("%")) for text in keys.all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=4)
    boxes = [key.bounding_box() for key in keys.all()]
    ends = line_ends(figure)
    assert len(ends) == sum(share >= 2 for share in shares)
    for x, y, thickness in ends:
        index = next(i for i, box in enumerate(boxes) if abs(box["x"] + box["width"] / 2 - x) < 1 and abs(box["y"] - y) < 1)
        assert thickness == pytest.approx(1 + 7 * shares[index] / 100, abs=0.05)
    queries.get_by_role("radio", name="sat").press("ArrowRight")
    expect(queries.get_by_role("radio", name="because")).to_be_checked()
    figure.locator(".kit-status").filter(has_text=re.compile(r"because attends to \w+ \d+ percent")).wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_heads_have_their_own_lines(open_part):
    _, figure = open_part("tokens")
    strokes = "paths => [...new Set(paths.map(path => path.getAttribute('stroke')))].sort()"
    lines = figure.locator(".kit-token-lines path[visibility=visible]")
    blue, orange = (
        figure.locator(f".kit-token-lines path[visibility=visible][stroke='var(--book-{role})']") for role in ("blue", "orange")
    )
    assert lines.evaluate_all(strokes) == ["var(--book-blue)"]
    figure.get_by_role("radio", name="2", exact=True).check(force=True)
    orange.first.wait_for()
    assert lines.evaluate_all(strokes) == ["var(--book-orange)"]
    figure.get_by_role("radio", name="All").check(force=True)
    blue.first.wait_for()
    assert lines.evaluate_all(strokes) == ["var(--book-blue)", "var(--book-orange)"]


def test_lines_follow_when_the_window_changes(open_part):
    page, figure = open_part("tokens")
    page.set_viewport_size({"width": 340, "height": 900})
    page.wait_for_function("document.querySelector('#part-tokens .explorable-root').clientWidth < 340")
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    centers = [center(key)[0] for key in figure.locator(".kit-token-keys .kit-token").all()]
    assert all(min(abs(x - at) for at in centers) < 1 for x, _, _ in line_ends(figure))


def test_right_and_wrong_are_said_and_not_only_colored(open_part):
    _, figure = open_part("sequence")
    expect(figure.get_by_role("img", name="right")).to_have_count(4)
    expect(figure.get_by_role("img", name="wrong")).to_have_count(2)
    assert figure.get_by_role("list", name="Predicted").get_by_role("listitem").nth(3).inner_text().split() == ["in", "✗"]


# ---- graphs ----
def test_a_node_is_pressed_and_its_ways_stand_out(open_part):
    page, figure = open_part("graph")
    figure.get_by_role("button", name="w, forward 0.800, gradient −0.150").click()
    wait_for_query(page, {"node": "w"})
    expect(figure.get_by_role("button", name=re.compile("^w,"))).to_have_attribute("aria-pressed", "true")
    dim = figure.locator(".kit-node:not(.kit-on) .kit-node-title").all_text_contents()
    assert dim == ["x", "b"]
    expect(figure.locator(".kit-edge-group.kit-strong")).to_have_count(3)


def test_arrow_keys_go_from_node_to_node(open_part):
    page, figure = open_part("graph")
    first = figure.get_by_role("button", name=re.compile("^x,"))
    expect(figure.locator(".kit-node[tabindex='0']")).to_have_count(1)
    first.focus()
    focused = "document.activeElement.getAttribute('aria-label').split(',')[0]"
    for key, wanted in zip("Right Right Left Left Down Up".split(), "zhzwbw", strict=True):
        page.keyboard.press(f"Arrow{key}")
        assert page.evaluate(focused) == wanted, key
    page.keyboard.press("Enter")
    wait_for_query(page, {"node": "w"})
    assert page.evaluate(focused) == "w"
    expect(figure.locator(".kit-node[tabindex='0']")).to_have_count(1)


def test_on_a_phone_the_graph_runs_downward_inside_the_page(open_part):
    page, figure = open_part("graph", width=320)
    nodes = figure.locator(".kit-node").all()
    boxes = {node.get_attribute("aria-label").split(",")[0]: node.locator(".kit-node-box").bounding_box() for node in nodes}
    assert boxes["x"]["y"] == boxes["w"]["y"] < boxes["z"]["y"] < boxes["loss"]["y"]
    assert min(box["x"] for box in boxes.values()) >= 0 and max(box["x"] + box["width"] for box in boxes.values()) <= 320
    assert min(box["height"] for box in boxes.values()) >= 44 and min(box["width"] for box in boxes.values()) >= 44
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---- curves and lines ----
def heights(figure):
    return [float(text_of(handle).split()[-1].replace("−", "-")) for handle in figure.get_by_role("slider").all()]


def test_a_monotone_curve_takes_its_points_along_and_snaps(open_part):
    page, figure = open_part("curve")
    point = figure.get_by_role("slider", name="Activation, point 2 of 5")
    before = center(point.locator(".kit-dot"))
    drag(page, before, (before[0], before[1] - 60))
    now = heights(figure)
    assert now[1] > 0.3 and now[2] == max(now[1], 0) and now == sorted(now)
    point.press("Home")
    assert heights(figure)[:2] == [-1, -1]
    last = figure.get_by_role("slider", name="point 5")
    last.press("Home")
    assert heights(figure) == [-1] * 5
    drag(page, center(last.locator(".kit-dot")), (center(last.locator(".kit-dot"))[0], before[1] - 8))
    assert heights(figure)[-1] in (0, pytest.approx(heights(figure)[-1]))
    wait_for_query(page, {"shape": ",".join(f"{value:g}" for value in heights(figure))})


def test_a_curve_near_a_snapping_value_takes_it(open_part):
    _, figure = open_part("curve")
    point = figure.get_by_role("slider", name="point 3")
    point.press("ArrowUp")
    assert heights(figure)[2] == 0, "0.05 is within the reach of 0"
    point.press("Shift+ArrowUp")
    assert heights(figure)[2] == 0.5


def test_a_curve_is_drawn_by_pointer_and_by_keys(open_part):
    page, figure = open_part("draw")
    area = figure.locator(".kit-draw").bounding_box()
    height = area["y"] + area["height"] * 0.25
    drag(page, (area["x"] + 5, height), (area["x"] + area["width"] - 5, height), steps=3)
    page.wait_for_function("new URLSearchParams(location.search).has('signal')")
    drawn = [float(value) for value in page.evaluate("new URLSearchParams(location.search).get('signal')").split(",")]
    assert len(drawn) == 60 and drawn[1:-1] == pytest.approx([1.75] * 58, abs=0.03), "no point between two moves of the pointer is left out"
    pen = figure.get_by_role("slider", name="Gradient")
    pen.press("ArrowLeft")
    pen.press("ArrowLeft")
    pen.press("End")
    assert re.search(r"gradient 3\.00$", text_of(pen))
    pen.press("ArrowRight")
    assert not re.search(r"gradient 3\.00$", text_of(pen)), "a key along the curve goes to the next point and leaves this one"


def test_a_line_moves_by_its_ends_and_as_a_whole(open_part):
    page, figure = open_part("segment", width=390)
    share = figure.locator(".kit-readout dd")
    expect(share).to_have_text("100.0%", use_inner_text=True)
    end = figure.get_by_role("slider", name="Boundary, one end")
    drag(page, center(end.locator(".kit-dot")), (center(end.locator(".kit-dot"))[0] + 90, center(end.locator(".kit-dot"))[1]))
    assert share.inner_text() != "100.0%"
    whole = figure.get_by_role("slider", name="Boundary, whole")
    before = page.evaluate("location.search")
    whole.press("ArrowUp")
    page.wait_for_function("before => location.search !== before && location.search.includes('by=1.05')", arg=before)
    whole.press("End")
    assert whole.get_attribute("aria-valuenow") is not None
    drag(page, center(whole.locator(".kit-dot")), (center(whole.locator(".kit-dot"))[0], 0))
    top = [float(figure.get_by_role("slider", name=name).get_attribute("aria-valuetext").split("y ")[1].replace("−", "-"))
           for name in ("Boundary, one end", "Boundary, other end")]
    assert max(top) == 2 and top[1] - top[0] == pytest.approx(2.2), "at the edge the line keeps its slope"


# ---- guesses ----
def test_nothing_is_shown_before_the_reader_commits(open_part):
    page, figure = open_part("guess", width=390)
    curve = figure.locator(".kit-inner path")
    expect(curve).to_have_attribute("d", "")
    chance = figure.get_by_role("slider", name="Chance")
    chance.press("Shift+ArrowRight")
    expect(curve).to_have_attribute("d", "")
    expect(figure.locator(".kit-verdict")).to_have_text("", use_inner_text=True)
    figure.get_by_role("button", name="Commit").click()
    page.wait_for_function("document.querySelector('#part-guess .kit-inner path').getAttribute('d') !== ''")
    expect(figure.locator(".kit-verdict")).to_have_text("60%; it is 51%, off by 9%. Score 82 of 100.", use_inner_text=True)
    assert figure.locator(".kit-verdict").evaluate("node => node === document.activeElement")
    expect(chance).to_be_disabled()
    expect(figure.get_by_role("button", name="Commit")).to_be_hidden()
    wait_for_query(page, {"shares": "60", "sharesShown": "guessed"})
    page.reload()
    figure.scroll_into_view_if_needed()
    figure.get_by_text("Score 82 of 100").wait_for()
    figure.get_by_role("button", name="Reset").click()
    expect(chance).to_be_enabled()
    expect(curve).to_have_attribute("d", "")
    wait_for_query(page, {})


def test_skipping_shows_the_result_without_a_score(open_part):
    page, figure = open_part("guess", scheme="dark")
    figure.get_by_role("button", name="Show without a guess").press("Enter")
    wait_for_query(page, {"sharesShown": "skipped"})
    expect(figure.locator(".kit-verdict")).to_have_text("Shown without a guess: 51%.", use_inner_text=True)
    assert figure.locator(".kit-inner path").get_attribute("d") != ""


def test_a_choice_is_right_or_wrong(open_part):
    _, figure = open_part("guess-choice")
    figure.get_by_role("radio", name="Adam").check(force=True)
    figure.get_by_role("button", name="Commit").click()
    expect(figure.locator(".kit-verdict")).to_have_text("Adam: it is Momentum. Score 0 of 100.", use_inner_text=True)
    expect(figure.get_by_role("radio", name="SGD")).to_be_disabled()
    figure.get_by_role("button", name="Reset").click()
    figure.get_by_role("radio", name="Momentum").check(force=True)
    figure.get_by_role("button", name="Commit").press("Enter")
    expect(figure.locator(".kit-verdict")).to_have_text("Momentum: right. Score 100 of 100.", use_inner_text=True)


def test_a_drawn_curve_is_compared_and_then_stays(open_part):
    page, figure = open_part("guess-curve")
    area = figure.locator(".kit-draw").bounding_box()
    drag(page, (area["x"] + 1, area["y"] + 10), (area["x"] + area["width"] - 1, area["y"] + area["height"] * 0.6), steps=8)
    figure.get_by_role("button", name="Commit").click()
    assert re.fullmatch(r"Off by 0\.\d+ on average\. Score \d+ of 100\.", figure.locator(".kit-verdict").inner_text())
    page.wait_for_function("new URLSearchParams(location.search).get('drawnShown') === 'guessed'")
    kept = page.evaluate("new URLSearchParams(location.search).get('drawn')")
    pen = figure.get_by_role("slider", name="Your curve")
    expect(pen).to_have_attribute("aria-disabled", "true")
    pen.press("ArrowUp")
    drag(page, (area["x"] + 9, area["y"] + 50), (area["x"] + 90, area["y"] + 90))
    figure.get_by_role("button", name="Reset").focus()
    assert page.evaluate("new URLSearchParams(location.search).get('drawn')") == kept
