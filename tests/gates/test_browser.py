"""The checks of pages in a browser find each fault that is put before them, and nothing on a page without one."""

import pytest

from gates import browser, pages_of

DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
GOOD = f"""<!doctype html><html lang=en><title>A page</title><style>:focus {{ outline: 2px solid; }}
@media print {{ .md-header {{ display: none; }} }}</style>
<header class=md-header><a href=#a>Top</a></header><h1 id=a>A page</h1><img src="{DOT}" alt="a dot" width=20 height=20>
<p><math><mi>x</mi></math> <a href=#a>first</a> <button>second</button>
<article><figure class=explorable id=e data-state=live><div class=explorable-root></div></figure></article>"""
SEEDED = {
    "wider than the window": GOOD + "<div style='width: 3000px'>wide</div>",
    "headings of the first level": GOOD + "<h1>Another</h1>",
    "no title": GOOD.replace("<title>A page</title>", "<title> </title>"),
    "image does not show": GOOD.replace(DOT, "data:image/gif;base64,broken"),
    "image without a text": GOOD.replace('alt="a dot"', ""),
    "formula does not show": GOOD.replace("<math><mi>x</mi></math>", "<math></math>"),
    "formula with an error": GOOD.replace("<mi>x</mi>", "<merror><mi>x</mi></merror>"),
    "explorable does not run": GOOD.replace("data-state=live", "data-state=loading"),
    "moved by itself": GOOD + "<p>text</p><script>setTimeout(() => document.querySelector('h1').style.marginTop = '400px', 100)</script>",
}


@pytest.fixture
def shown(new_page):
    """Show a page's HTML in a browser that watches for shifts."""

    def run(html: str, **settings):
        page = new_page(origin="http://localhost/", **settings)
        page.add_init_script(browser.WATCH)
        page.route("http://localhost/**", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto("http://localhost/")
        return page

    return run


def test_a_good_page_has_no_faults(shown) -> None:
    page = shown(GOOD)
    assert browser.faults(page) == browser.moved(page) == browser.motion(page) == []
    assert browser.walk(page) == (3, [])
    page.emulate_media(media="print")
    assert browser.paper(page) == []


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_is_found(shown, problems, fault: str) -> None:
    page = shown(SEEDED[fault])
    if fault == "moved by itself":
        page.wait_for_function("shifted > 0.02")
    found = browser.faults(page) + browser.moved(page)
    assert len(found) == 1 and fault in found[0], found


def test_motion_against_the_readers_wish_is_found(shown) -> None:
    page = shown(GOOD + "<style>@keyframes k { to { opacity: 0; } } button { animation: k 9s; }</style>", reduced_motion=True)
    assert [fault for fault in browser.motion(page) if "button" in fault]


def test_what_paper_cannot_use_is_found(shown) -> None:
    page = shown(GOOD + "<div class=kit-controls>Play</div>")
    page.emulate_media(media="print")
    assert browser.paper(page) == ["on paper there is no use for kit-controls"]


@pytest.mark.parametrize("seed, fault", [
    ("<button style='border: 0'>plain</button><style>button:focus { outline: none; }</style>", "nothing shows that the keyboard"),
    ("<a href=#a style='position: absolute; left: -999px'>hidden</a>", "where nothing shows"),
    ("<button onkeydown='event.preventDefault()'>trap</button><a href=#a>after</a>", "caught"),
])  # fmt: skip
def test_a_fault_of_the_keyboard_walk_is_found(shown, seed: str, fault: str) -> None:
    assert any(fault in found for found in browser.walk(shown(GOOD + seed))[1])


def test_the_pages_of_a_site_are_those_it_holds(tmp_path) -> None:
    for folder in (".", "a", "a/b"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "index.html").touch()
    (tmp_path / "404.html").touch()
    assert pages_of(tmp_path) == ["", "a/", "a/b/"]
    with pytest.raises(ValueError, match="holds no page"):
        pages_of(tmp_path / "a" / "b" / "c")
