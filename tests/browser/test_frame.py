"""The frame around a page: the switch between light and dark, and scripts that let the text come first."""

import json
import re

import pytest
from playwright.sync_api import expect

PAGE, NEXT = "evaluation/calibration/", "evaluation/class-imbalance/"
TINT = "document.querySelector('meta[name=theme-color]').content"
LIGHT, DARK = ("default", "normal"), ("slate", "dark")


def expect_scheme(page, scheme: tuple[str, str]) -> None:
    """Of the page, and of what the browser draws around it."""
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", scheme[0])
    expect(page.locator("html")).to_have_css("color-scheme", scheme[1])


def test_the_scheme_follows_the_system_until_the_reader_chooses(open_page) -> None:
    page = open_page(PAGE, scheme="dark")
    switch = page.locator(".scheme-switch")
    expect_scheme(page, DARK)
    expect(switch).to_have_accessible_name("Switch to the light scheme")
    page.emulate_media(color_scheme="light")
    expect_scheme(page, LIGHT)
    expect(switch).to_have_accessible_name("Switch to the dark scheme")
    switch.focus()
    page.keyboard.press("Enter")
    expect_scheme(page, DARK)
    page.emulate_media(color_scheme="dark")
    switch.click()
    expect_scheme(page, LIGHT)
    assert page.evaluate(TINT) == "#fbfaf7"
    expect(switch.locator("svg")).to_have_count(2)
    assert [icon.is_visible() for icon in switch.locator("svg").all()] == [True, False]


def test_a_choice_lasts_on_other_pages_and_visits(open_page) -> None:
    page = open_page(PAGE)
    page.locator(".scheme-switch").click()
    page.evaluate("window.stays = true")
    page.locator(f".md-nav--primary a[href$='{NEXT.split('/')[1]}/']").first.click()
    page.wait_for_url(f"**/{NEXT}")
    assert page.evaluate("window.stays")
    expect_scheme(page, DARK)
    page.reload()
    expect_scheme(page, DARK)
    page.locator(".scheme-switch").click()
    page.reload()
    expect_scheme(page, LIGHT)


@pytest.mark.parametrize("value", ["", "sepia", "[1, 2", json.dumps({"color": {"scheme": "slate"}})])
def test_a_scheme_that_does_not_exist_counts_as_none(open_page, value: str) -> None:
    page = open_page(PAGE, scheme="dark")
    page.evaluate("value => localStorage.setItem('book.scheme.v1', value)", value)
    page.reload()
    expect_scheme(page, DARK)
    page.locator(".scheme-switch").click()
    expect_scheme(page, LIGHT)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_closed_drawer_is_out_of_the_way_and_the_open_one_slides_in(open_page, javascript: bool) -> None:
    page = open_page(PAGE, width=390, javascript=javascript)
    drawer, link = page.locator(".md-sidebar--primary"), page.locator(f".md-nav--primary a[href$='{NEXT.split('/')[1]}/']").first
    expect(drawer).to_have_css("display", "none")
    page.locator("label.md-header__button[for=__drawer]").click()
    expect(link).to_be_in_viewport(ratio=1)
    page.locator(".md-overlay").click(position={"x": 380, "y": 700})
    expect(drawer).to_have_css("display", "none")


def test_without_scripts_there_is_no_switch_and_without_storage_it_works(open_page, new_page, site: str) -> None:
    assert not open_page(PAGE, javascript=False).locator(".scheme-switch").is_visible()
    page = new_page(origin=site)
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } })")
    page.route("**/bundle.*", lambda route: route.fulfill(body="", content_type="text/javascript"))  # the theme needs a storage
    page.goto(site + PAGE, wait_until="domcontentloaded")
    page.locator(".scheme-switch").click()
    expect_scheme(page, DARK)


def test_the_text_is_painted_before_the_scripts_come_and_stays_where_it_is(new_page, site: str) -> None:
    page = new_page(origin=site, width=390)
    waiting = []
    page.route("**/bundle.*", lambda route: waiting.append(route))
    page.evaluate("address => { location.href = address; }", site + PAGE)
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    table = page.locator("article table").first
    assert waiting and not page.evaluate("window.document$ || window.isScripted")
    frame = "element => [element.parentElement.parentElement.className, element.getBoundingClientRect().width, element.offsetHeight]"
    before = table.evaluate(frame)
    assert before[0] == "md-typeset__scrollwrap"
    waiting[0].continue_()
    page.wait_for_function("window.isScripted")
    expect(page.locator(".md-code__nav").first).to_be_attached()
    assert table.evaluate(frame) == before


def test_a_page_is_styled_as_a_whole_once(new_page, chromium, site: str) -> None:
    """Each time costs a phone a tenth of a second; the theme's switch between schemes cost two, its stylesheets read again one."""
    page = new_page(origin=site, width=412, stirs=False)
    session = chromium.new_browser_cdp_session()
    events, complete = [], []
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda event: complete.append(event))
    session.send("Tracing.start", {"categories": "-*,devtools.timeline", "transferMode": "ReportEvents"})
    page.goto(site + PAGE, wait_until="networkidle")
    elements = page.locator("*").count()
    session.send("Tracing.end")
    while not complete:
        page.wait_for_timeout(20)
    session.detach()
    styled = [event["args"]["elementCount"] for event in events if event["name"] == "UpdateLayoutTree" and "elementCount" in event["args"]]
    assert elements > 1500 and styled
    assert sum(count > elements / 2 for count in styled) <= 1, sorted(styled, reverse=True)[:8]


def test_no_stylesheet_loads_again_when_the_theme_starts_and_on_a_page_of_another_depth(new_page, site: str) -> None:
    """The theme writes each address of the page anew; a stylesheet that is read again costs a phone half a second."""
    page = new_page(origin=site)
    page.add_init_script("document.addEventListener('DOMContentLoaded', () => { window.sheets = [...document.styleSheets]; })")
    page.goto(site + PAGE)
    page.wait_for_function("window.document$")
    assert page.evaluate("sheets.length > 3 && sheets.every((sheet) => [...document.styleSheets].includes(sheet))")
    page.locator(".md-header a.md-logo").click()
    page.wait_for_url(site)
    kept = "[...document.styleSheets].filter((sheet) => sheets.includes(sheet)).length"
    assert page.evaluate(kept) >= 3  # the others are this page's own


def test_one_script_waits_for_the_paint_with_the_same_code_on_every_page(site_folder) -> None:
    codes = {re.search(r"</template><script>(.*?)</script>", page.read_text(), re.DOTALL)[1] for page in site_folder.rglob("*.html")}
    assert len(codes) == 1
