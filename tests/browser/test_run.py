"""Cells with the real Python in Chromium, under the site's security policy: what they print, and what a reader can do to them."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from book import records, runtime

QUESTIONS = runtime.with_cells()
BOOT = 90_000  # milliseconds for Python to start on a busy machine
ADDRESS = "training-and-generalization/backpropagation/"


BROKEN = """import numpy as np
from dlprimer import linear

def broken():
    linear(np.ones(2), np.ones((3, 4)))

broken()"""


def address_of(question) -> str:
    return f"{question.chapter_slug}/{question.slug}/"


def visit(page, site: str, address: str) -> None:
    """Go to a page by a link, as a reader does: the document, and Python with it, stays."""
    if re.split("[?#]", page.url)[0] != site + address:
        page.evaluate(
            """address => {
              document.querySelector("article").dataset.left = "yes";  // the address changes before the page does
              const link = document.createElement("a");
              link.href = address;
              document.body.append(link);
              link.click();
            }""",
            site + address,
        )
        page.wait_for_url(re.compile(re.escape(site + address) + "(#.*)?$"))  # scrolling adds the heading that is read
    page.locator("article:not([data-left]) .cell[data-mounted]").first.wait_for()


def run(cell, *states: str, code: str | None = None) -> None:
    """Run a cell, with other code if it is given, and wait until it has ended in one of the states."""
    if code is not None:
        cell.get_by_role("textbox").fill(code)
    cell.get_by_role("button", name="Run").click()
    wait_until_ended(cell, *(states or ("done",)))


def wait_until_ended(cell, *states: str) -> None:
    cell.locator(".cell-button[aria-label^=Run]:not([aria-disabled])").wait_for(timeout=BOOT)
    expect(cell).to_have_attribute("data-state", re.compile("^(done|error|failed|stopped)$"))
    state = cell.get_attribute("data-state")
    assert state in states, f"{state}: {cell.locator('.cell-status').inner_text()} {cell.locator('.example-output').inner_text()}"


def printed(cell) -> str:
    text = "".join(cell.locator(".cell-text code").all_text_contents())
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))


@pytest.fixture
def cells(reader, site: str):
    """The two cells of a page, as they stand in the book."""
    visit(reader, site, ADDRESS)
    for button in reader.get_by_role("button", name="Reset cell").all():
        button.click()
    return reader.locator(".cell").all()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_every_cell_prints_what_is_recorded(reader, site: str, question) -> None:
    visit(reader, site, address_of(question))
    recorded = {cell["name"]: cell["output"] for cell in records.read(question)["examples"]}
    shown = reader.locator(".cell").all()
    assert shown
    run(shown[-1])  # which runs all those above first
    for cell in shown:
        expect(cell).to_have_attribute("data-state", "done")
        assert printed(cell) == recorded[cell.get_attribute("data-cell")]
        if recorded[cell.get_attribute("data-cell")]:
            assert "the same as recorded" in cell.locator(".cell-status").inner_text()
    assert len(reader.workers) <= 2  # one Python for all pages, and the theme's search


def test_edited_code_runs_and_reset_brings_the_page_back(cells) -> None:
    before = cells[1].locator(".example-output").inner_text(), cells[1].get_by_role("textbox").input_value()
    run(cells[1], code="print(6 * 7)")
    assert printed(cells[1]) == "42"
    assert "this is its output" in cells[1].locator(".cell-status").inner_text()
    cells[1].get_by_role("button", name="Reset").click()
    assert (cells[1].locator(".example-output").inner_text(), cells[1].get_by_role("textbox").input_value()) == before


def test_cells_share_one_interpreter_and_an_edit_above_runs_again(cells) -> None:
    run(cells[1], code="counted = counted + 1 if 'counted' in globals() else 0\nprint(counted)")
    run(cells[0], code="shared = 3")
    assert cells[0].locator(".example-output").inner_text().strip() == "(no output)"
    run(cells[1], code="shared + 1")
    assert cells[1].locator(".cell-value").inner_text().strip() == "4"
    cells[0].get_by_role("textbox").fill("shared = 10\nprint('above')")
    run(cells[1])
    assert cells[1].locator(".cell-value").inner_text().strip() == "11"
    assert printed(cells[0]) == "above"


def test_an_error_shows_the_readers_own_lines_alone(cells) -> None:
    run(cells[1], "error", code=BROKEN)
    said = cells[1].locator(".cell-error").inner_text()
    assert 'File "cell kink", line 7, in <module>' in said and 'File "cell kink", line 5, in broken' in said
    assert said.count("File ") == 2 and "linear(np.ones(2)" in said
    assert "ended with an error" in cells[1].locator(".cell-status").inner_text()
    run(cells[1], "error", code="x = 1\ny = = 2")
    said = cells[1].locator(".cell-error").inner_text()
    assert 'File "cell kink", line 2' in said and "SyntaxError" in said and "Traceback" not in said


def test_an_error_above_stops_the_cells_below(cells) -> None:
    cells[0].get_by_role("textbox").fill("1 / 0")
    cells[1].get_by_role("button", name="Run").click()
    wait_until_ended(cells[0], "error")
    cells[1].locator(".cell-status", has_text="A cell above did not run to its end").wait_for()
    expect(cells[1].locator(".cell-parts")).to_have_count(0)


def test_values_warnings_and_drawings_stand_in_their_order(cells) -> None:
    code = """import warnings
import numpy as np
from cells import show
warnings.warn("careful")
show(np.arange(5.0) ** 2)
show({"train": [3, 2, 1], "test": [3, 2.5, 2]})
show(np.eye(4))
show([{"rate": 0.1, "loss": 0.5}])
{"value": 1}"""
    run(cells[1], code=code)
    parts = cells[1].locator(".cell-parts > *")
    kinds = [(element.get_attribute("class") or "").split()[-1] for element in parts.all()]
    drawn = ["text", "lines", "text", "lines", "text", "image", "text", "table"]
    assert kinds == [f"cell-{kind}" for kind in ["warning", *drawn, "value"]]
    assert "line 4: UserWarning: careful" in parts.first.inner_text()
    expect(parts.nth(2).get_by_role("group")).to_have_attribute("aria-label", "line plot: 5 points, from 0 to 16")
    assert parts.nth(2).locator("path[d^=M]").count() >= 1
    assert parts.nth(6).locator("canvas").evaluate("canvas => [canvas.width, canvas.height]") == [4, 4]
    assert parts.nth(8).locator("td").all_inner_texts() == ["0.1", "0.5"]
    assert parts.last.inner_text().strip() == "{'value': 1}"


def test_the_editor_is_left_and_used_by_the_keyboard(cells, reader) -> None:
    area = cells[1].get_by_role("textbox")
    area.focus()
    reader.keyboard.press("Tab")  # before anything is typed, Tab moves on
    assert not area.evaluate("area => area === document.activeElement")
    area.focus()
    reader.keyboard.press("Control+a")
    reader.keyboard.type("if True:\nprint(1)\nprint(2)")
    expect(area).to_have_value("if True:\n    print(1)\n    print(2)")
    reader.keyboard.press("Tab")
    assert area.input_value().endswith("print(2)    ")
    reader.keyboard.press("Control+z")
    assert area.input_value().endswith("print(2)")
    reader.keyboard.press("Shift+Tab")
    assert area.input_value().endswith("\nprint(2)")
    assert cells[1].locator(".highlight pre > code .k").all_text_contents() == ["if"]
    reader.keyboard.press("Escape")
    assert cells[1].get_by_role("button", name="Run").evaluate("button => button === document.activeElement")
    reader.keyboard.press("Tab")
    assert cells[1].get_by_role("button", name="Reset").evaluate("button => button === document.activeElement")
    area.press("Control+Enter")
    wait_until_ended(cells[1], "done")
    assert printed(cells[1]) == "1\n2"


def test_the_text_of_the_editor_lies_on_the_colored_code(cells) -> None:
    def sizes(selector: str) -> list[float]:
        return cells[0].locator(selector).evaluate("e => [e.scrollWidth, e.getBoundingClientRect().height, e.getBoundingClientRect().top]")

    for area, code in zip(sizes("textarea"), sizes(".highlight pre > code"), strict=True):
        assert abs(area - code) <= 1


def test_the_readers_code_reaches_neither_the_page_nor_the_network(cells) -> None:
    names = "document window localStorage sessionStorage cookieStore indexedDB caches fetch XMLHttpRequest WebSocket Worker"
    run(cells[1], code=f"import js\nprint([name for name in {names.split()} if hasattr(js, name)])")
    assert printed(cells[1]) == "[]"
    run(cells[1], "error", code="import js\njs.eval('1 + 1')")
    assert "Content Security Policy" in cells[1].locator(".cell-error").inner_text()


def test_axe_finds_nothing_in_cells_that_have_run(cells, reader) -> None:
    run(cells[1], "error", code="from cells import show\nshow([{'a': 1}])\nprint(" + "1," * 200 + ")\n1 / 0")
    found = Axe().run(reader, context=".cell").response["violations"]
    assert not found, "\n".join(f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:300]}" for v in found)


def test_a_runaway_loop_leaves_the_page_alive_and_stops_within_a_second(cells, reader) -> None:
    cells[1].get_by_role("textbox").fill("print('begun')\nwhile True:\n    print('on and on')")
    cells[1].get_by_role("button", name="Run").click()
    cells[1].locator(".cell-text", has_text="on and on").wait_for()
    frame = "new Promise(done => { const start = performance.now(); requestAnimationFrame(() => done(performance.now() - start)); })"
    assert reader.evaluate(frame) < 1000
    started = time.monotonic()
    cells[1].get_by_role("button", name="Stop").click()
    wait_until_ended(cells[1], "stopped")
    assert time.monotonic() - started < 1
    assert len(cells[1].locator(".cell-text").inner_text()) < 50_000
    run(cells[1], code="print('again')")
    assert printed(cells[1]) == "again"


def test_too_little_memory_is_one_sentence_and_the_recorded_output(cells) -> None:
    recorded = cells[1].locator(".example-output").inner_text()
    run(cells[1], "failed", code="import numpy as np\nprint('begun')\nheld = [np.empty(250_000_000) for _ in range(3)]")
    assert "not enough memory" in cells[1].locator(".cell-status").inner_text()
    assert cells[1].locator(".example-output").inner_text() == recorded


def test_a_page_that_has_run_loads_and_runs_without_a_network(reader, site: str) -> None:
    visit(reader, site, ADDRESS)
    run(reader.locator(".cell[data-mounted]").first)
    reader.locator(".cell[data-offline]").first.wait_for()
    reader.problems.allow("ERR_INTERNET_DISCONNECTED")
    reader.context.set_offline(True)
    try:
        reader.reload()
        cell = reader.locator(".cell[data-mounted]").last
        cell.wait_for()
        run(cell)
        assert "the same as recorded" in cell.locator(".cell-status").inner_text()
    finally:
        reader.context.set_offline(False)


def test_a_load_that_broke_off_or_arrived_damaged_is_tried_again(new_page, site: str, problems) -> None:
    page = new_page(origin=site, guarded=True)
    page.goto(site + ADDRESS)
    cell = page.locator(".cell[data-mounted]").last
    recorded = cell.locator(".example-output").inner_text()
    problems.expect("request failed .*pyodide.asm.wasm")
    for cookie, file, said in (("cut", "pyodide.asm.wasm", "the network failed"), ("spoil", "pyodide.asm.wasm", "arrived damaged")):
        page.context.add_cookies([{"name": cookie, "value": file, "url": site}])
        cell.get_by_role("button", name="Run").click()
        page.locator(".cell-status", has_text=said).wait_for(timeout=BOOT)
        assert cell.locator(".example-output").inner_text() == recorded
        page.context.clear_cookies(name=cookie)
    run(cell)
    assert "the same as recorded" in cell.locator(".cell-status").inner_text()


def test_python_is_loaded_only_when_it_is_asked_for(new_page, site: str) -> None:
    page = new_page(origin=site, guarded=True)
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url.removeprefix(site)))
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert not [path for path in asked if "python" in path]
    page.goto(site + ADDRESS + "?run=1&cell=kink&code=print(1)#run")
    page.locator(".cell[data-mounted]").last.wait_for()
    page.wait_for_load_state("networkidle")
    assert {path for path in asked if "python" in path} == {"assets/python/cells.js", "assets/python/editor.js"}
    assert not page.locator(".cell[data-state]").count()


@pytest.mark.parametrize("address", ["", "map/", "paths/", "glossary/", "reference/autograd/", *map(address_of, QUESTIONS[:1])])
def test_nothing_on_a_page_goes_against_the_security_policy(new_page, site: str, address: str) -> None:
    page = new_page(origin=site, guarded=True)
    answer = page.goto(site + address)
    assert "unsafe-eval" not in answer.headers["content-security-policy"].replace("wasm-unsafe-eval", "")
    for figure in page.locator("figure.explorable").all():
        figure.scroll_into_view_if_needed()
        figure.and_(page.locator("[data-state=live]")).wait_for()
    page.get_by_role("textbox", name="Search").focus()
    page.locator(".md-search-result__meta", has_text="Type to start searching").wait_for()  # what is typed earlier may be lost
    page.keyboard.type("gradient")
    page.locator(".md-search-result__link").first.wait_for()


def test_the_policy_keeps_requests_at_home(new_page, site: str, problems) -> None:
    page = new_page(origin=site, guarded=True)
    page.goto(site)
    problems.expect("Content Security Policy")
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', error => error.name)") == "TypeError"


def test_without_javascript_a_cell_is_its_code_and_its_output(open_page) -> None:
    page = open_page(ADDRESS, javascript=False)
    cell = page.locator(".cell").last
    assert "relu" in cell.locator("code").first.inner_text() and "slope" in cell.locator(".example-output").inner_text()
    assert not page.locator(".cell button:visible, .cell textarea").count()
