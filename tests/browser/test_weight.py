"""What a first visit loads, over the wire, before the reader has done anything; and that the rest arrives when the reader stirs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from book import heights, questions
from gates import browser
from gates.serving import served

WRITTEN = [f"{question.chapter_slug}/{question.slug}/" for question in questions.all_questions() if question.page.is_file()]
ADDRESSES = ["", "map/", "paths/", *WRITTEN]
LIMIT = 150_000  # bytes, with the fonts and one figure
PAGE = "evaluation/roc-auc/"


@pytest.fixture(scope="module")
def host(site_folder):
    """The book as a host serves it, compressed."""
    with served(site_folder) as address:
        yield address


def loaded(page, address: str) -> dict[str, float]:
    """The bytes received for each file, by address, until nothing has come for half a second."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names, sizes = {}, {}
    session.on("Network.requestWillBeSent", lambda event: names.setdefault(event["requestId"], event["request"]["url"]))
    session.on("Network.loadingFinished", lambda event: sizes.update({names[event["requestId"]]: event["encodedDataLength"]}))
    page.goto(address, wait_until="networkidle")
    return {name: size for name, size in sizes.items() if not name.startswith("data:")}


def weight(sizes: dict[str, float]) -> float:
    """The sum, with one figure: how many more a browser fetches ahead is its own choice."""
    figures = [size for name, size in sizes.items() if "/assets/figures/" in name]
    return sum(sizes.values()) - sum(figures) + max(figures, default=0)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_first_visit_is_light(new_page, host: str, address: str) -> None:
    page = new_page(origin=host, width=390, height=844, stirs=False)
    sizes = loaded(page, host + address)
    assert host + address in sizes
    heaviest = sorted(((size, name.removeprefix(host)) for name, size in sizes.items()), reverse=True)[:8]
    assert weight(sizes) <= LIMIT, f"{weight(sizes):.0f} bytes, most of them {heaviest}"


def watched(new_page, host: str, address: str, until: str) -> Iterator[tuple[int, Page]]:
    """A first visit at each width, its shifts watched from the start, by a reader who has not stirred."""
    for width in (360, 768, 1440):
        page = new_page(origin=host, width=width, stirs=False, touch=width <= heights.TOUCH)
        page.add_init_script(browser.WATCH)
        page.goto(host + address, wait_until=until)
        yield width, page


@pytest.mark.parametrize("address", [*ADDRESSES, "about/explorables/"])
def test_nothing_moves_while_a_first_visit_loads_and_comes_to_life(new_page, host: str, address: str) -> None:
    for width, page in watched(new_page, host, address, "load"):
        page.evaluate("document.fonts.ready.then(() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))))")
        assert not browser.moved(page), f"{width} px"
        page.mouse.move(3, 3)
        figure = page.locator("figure.explorable")
        if figure.count() and figure.first.bounding_box()["y"] < 900:
            expect(figure.first).to_have_attribute("data-state", "live")
        page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        assert not browser.moved(page), f"{width} px, with the explorable"


@pytest.mark.parametrize("address", WRITTEN)
def test_nothing_moves_when_an_explorable_comes_to_who_is_there_already(new_page, host: str, address: str) -> None:
    for width, page in watched(new_page, host, address, "networkidle"):
        figure, stage = page.locator("figure.explorable"), page.locator(".explorable-stage")
        kept = stage.bounding_box()["height"]
        page.locator("figure.explorable figcaption").evaluate("caption => caption.scrollIntoView({block: 'center', behavior: 'instant'})")
        expect(figure).to_have_attribute("data-state", "live")
        page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        assert not browser.moved(page), f"{width} px"
        taken = stage.bounding_box()["height"]
        assert abs(taken - kept) <= 16, f"{width} px: {taken:.0f} pixels high, {kept:.0f} kept free; run: python scripts/heights.py"


def test_a_page_that_loads_more_is_noticed(new_page, host: str, site_folder) -> None:
    largest = max((path for path in site_folder.rglob("*.wasm")), key=lambda path: path.stat().st_size)
    page = new_page(origin=host, stirs=False)
    page.add_init_script(f"fetch('/{largest.relative_to(site_folder).as_posix()}').then(answer => answer.arrayBuffer())")
    assert weight(loaded(page, host + ADDRESSES[0])) > LIMIT


def test_the_search_index_is_loaded_when_somebody_searches(new_page, host: str) -> None:
    page = new_page(origin=host, stirs=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host, wait_until="networkidle")
    assert not [address for address in asked if "search_index" in address]
    page.get_by_role("textbox", name="Search").fill("momentum")
    expect(page.locator(".md-search-result__item").first).to_contain_text("omentum")
    assert [address for address in asked if "search_index" in address]


def test_a_link_that_carries_words_to_find_brings_the_index(new_page, host: str) -> None:
    page = new_page(origin=host, stirs=False)
    page.goto(f"{host}{PAGE}?h=threshold")
    expect(page.locator("article mark").first).to_have_text("threshold", ignore_case=True)


@pytest.mark.parametrize("stir", ["pointer", "key", "scroll", "touch"])
def test_a_page_comes_to_life_when_its_reader_stirs(new_page, host: str, stir: str) -> None:
    page = new_page(origin=host, stirs=False, touch=stir == "touch")
    page.goto(host + PAGE, wait_until="networkidle")
    figure = page.locator("figure.explorable")
    assert figure.get_attribute("data-state") is None
    if stir == "pointer":
        page.mouse.move(200, 200)
    elif stir == "key":
        page.keyboard.press("Tab")
    elif stir == "scroll":
        page.mouse.wheel(0, 200)
    else:
        page.touchscreen.tap(600, 5)
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-state", "live")
    expect(page.locator(".quiz[data-mounted]")).to_have_count(3)
    expect(page.locator(".cell[data-mounted]").first).to_be_attached()


def test_the_navigation_that_scrolls_to_the_page_wakes_nothing(new_page, host: str) -> None:
    page = new_page(origin=host, height=500, stirs=False)
    page.goto(host + PAGE, wait_until="networkidle")
    page.evaluate("""() => new Promise((resolve) => {
      const navigation = document.querySelector(".md-sidebar--primary .md-sidebar__scrollwrap");
      navigation.addEventListener("scroll", () => setTimeout(resolve, 100));
      navigation.scrollTop = navigation.scrollTop ? 0 : 40;
    })""")
    assert page.evaluate("performance.getEntriesByType('resource').every(({ name }) => !name.includes('loader'))")


def test_an_address_with_a_state_asks_for_the_explorable_at_once(new_page, host: str) -> None:
    page = new_page(origin=host, stirs=False)
    page.goto(host + PAGE + "?threshold=0.5")
    expect(page.locator("figure.explorable")).to_have_attribute("data-state", "live")


def test_a_page_is_marked_as_understood_by_the_first_click_of_all(new_page, host: str) -> None:
    page = new_page(origin=host, stirs=False)
    page.goto(host + PAGE, wait_until="networkidle")
    button = page.locator("button.understood")
    button.evaluate("button => button.click()")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("button.understood")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("figure.explorable")).to_have_attribute("data-state", "live")


@pytest.mark.parametrize("address", [PAGE, "foundations/layer/"])
def test_an_explorable_waits_for_its_module_and_no_other(new_page, host: str, address: str) -> None:
    """Requests are answered wave by wave: the second brings the last that an explorable needs, but for the styles of its parts."""
    page = new_page(origin=host, width=390, stirs=False)
    page.goto(host + address, wait_until="networkidle")
    held: list = []
    page.route(re.compile(r"/explorables/|/foundations/layer\.|/evaluation/roc-auc\."), lambda route: held.append(route))
    page.evaluate("scrollTo(0, 400)")
    waves = []
    while page.locator("figure.explorable[data-state=live]").count() == 0 and len(waves) < 12:
        page.wait_for_timeout(400)
        waves.append([route.request.url.rsplit("/", 1)[1] for route in held])
        while held:
            held.pop().continue_()
    needed = [wave for wave in waves if any(name.endswith((".js", ".json")) for name in wave)]
    assert len(needed) == 2, needed


def test_a_page_whose_explorables_cannot_be_loaded_keeps_no_room_for_them(new_page, host: str, problems) -> None:
    problems.expect("could not be loaded")
    problems.expect("ERR_FAILED")
    page = new_page(origin=host, width=390, stirs=False)
    page.route("**/loader.js*", lambda route: route.abort())
    page.goto(host + PAGE, wait_until="networkidle")
    stage, image = page.locator(".explorable-stage"), page.locator(".explorable-stage img:visible")
    assert stage.bounding_box()["height"] > image.bounding_box()["height"] + 100
    page.mouse.move(3, 3)
    page.locator(":root[data-stills]").wait_for()
    assert stage.bounding_box()["height"] == pytest.approx(image.bounding_box()["height"], abs=1)


def test_without_scripts_and_on_paper_no_room_is_kept_for_an_explorable(new_page, host: str) -> None:
    for settings, medium in (({"javascript": False}, "screen"), ({"stirs": False}, "print")):
        page = new_page(origin=host, width=390, **settings)
        page.emulate_media(media=medium)
        page.goto(host + PAGE, wait_until="load")
        stage, image = page.locator(".explorable-stage"), page.locator(".explorable-stage img:visible")
        assert stage.bounding_box()["height"] == pytest.approx(image.bounding_box()["height"], abs=1), medium


def test_a_still_taller_than_its_explorable_is_fitted_in(new_page, host: str) -> None:
    page = new_page(origin=host, width=1280, stirs=False)
    page.goto(host + "foundations/ai-ml-dl/", wait_until="load")
    stage, image = page.locator(".explorable-stage"), page.locator(".explorable-stage img:visible")
    assert image.evaluate("image => getComputedStyle(image).objectFit") == "contain"
    width, height = (image.bounding_box()[side] for side in ("width", "height"))
    assert height == stage.bounding_box()["height"]
    assert height < width * int(image.get_attribute("height")) / int(image.get_attribute("width")) - 50


def test_who_reads_on_keeps_the_place_when_an_explorable_comes_above(new_page, site: str) -> None:
    page = new_page(origin=site, width=1440, stirs=False)
    page.goto(site + "optimizers-and-regularization/sgd-momentum-nesterov/")
    figure, citation = page.locator("figure.explorable").first, page.locator("article a.citation").first
    place = "element => element.getBoundingClientRect().top"
    figure.evaluate("element => element.removeAttribute('style')")  # as if its explorable had never been measured
    still = figure.evaluate("element => element.offsetHeight")
    citation.hover()
    before = citation.evaluate(place)
    page.locator("figure.explorable[data-state=live]").first.wait_for()
    assert figure.evaluate("element => element.offsetHeight") > still + 20
    assert abs(citation.evaluate(place) - before) < 2
