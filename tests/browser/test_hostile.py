"""What comes from an address or from the browser's storage is data: it changes nothing but a state, and never becomes markup."""

import json
from urllib.parse import quote

import pytest

from book import questions

pytestmark = pytest.mark.gate
ADDRESSES = [f"{question.chapter_slug}/{question.slug}/" for question in questions.all_questions() if question.page.is_file()]
MARKUP = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>\"><svg onload=window.hacked=1>"
VALUES = [MARKUP, "NaN", "1e999", "-1e999", "-0", "", "__proto__", "\0", "9" * 5000, "null", "[]", "javascript:window.hacked=1"]
# Notes the names under which the page looks up values in its address.
LISTEN = """
window.asked = new Set();
for (const way of ["get", "has", "getAll"]) {
  const original = URLSearchParams.prototype[way];
  URLSearchParams.prototype[way] = function (name, ...rest) { window.asked.add(name); return original.call(this, name, ...rest); };
}
"""


def wait_until_live(page) -> None:
    for figure in page.locator("figure.explorable").all():
        figure.scroll_into_view_if_needed()
        figure.and_(page.locator("[data-state=live]")).wait_for()


def assert_unharmed(page) -> None:
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("[onerror], [onload], img[src=x]").count() == 0


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_values_in_the_address_start_an_explorable_all_the_same(new_page, site: str, address: str) -> None:
    page = new_page(origin=site)
    page.add_init_script(LISTEN)
    page.goto(site + address)
    wait_until_live(page)
    names = [name for name in page.evaluate("[...window.asked]") if name not in ("h", "q")]
    assert names, "the explorable looked up nothing in the address"
    for value in VALUES:
        query = "&".join(f"{quote(name)}={quote(value)}" for name in [*names, MARKUP])
        page.goto(f"{site}{address}?{query}#{quote(MARKUP)}")
        wait_until_live(page)
        assert_unharmed(page)
    shown = page.locator("figure.explorable").first.inner_text()
    assert "NaN" not in shown and "Infinity" not in shown and "undefined" not in shown


STORED = [MARKUP, json.dumps(MARKUP), json.dumps({MARKUP: MARKUP}), json.dumps([MARKUP, 1, None]), json.dumps({"understood": [MARKUP]}),
          "[1, 2", "{}", "null", "1e999", json.dumps([[[]]] * 100), json.dumps({"33-a": {"value": MARKUP, "choice": MARKUP}})]  # fmt: skip


@pytest.mark.parametrize("address", ["", "map/", "paths/", "glossary/", "about/", ADDRESSES[0]])
def test_hostile_values_in_the_storage_leave_pages_as_they_are(new_page, site: str, address: str) -> None:
    page = new_page(origin=site)
    page.goto(site + address)
    page.locator("article").wait_for()
    keys = set(page.evaluate("Object.keys(localStorage)")) | {"book.understood.v1", "book.answers.v1", "book.predict.v1", "book.scheme.v1"}
    for value in STORED:
        page.evaluate("([keys, value]) => keys.forEach(key => localStorage.setItem(key, value))", [sorted(keys), value])
        page.reload()
        page.locator("article").wait_for()
        assert_unharmed(page)
