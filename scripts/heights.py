"""Measure how tall the explorables are: python scripts/heights.py [slug ...] (after `make build`).

Rerun when an explorable, or the look of its parts, changes: the browser tests notice. The result is scripts/book/heights.json.
"""

import shutil
import sys
from typing import Any

from playwright.sync_api import sync_playwright

from book import heights, questions
from gates.browser import FLAGS
from gates.serving import served

SITE = questions.ROOT / "site"


def measured(browser: Any, address: str) -> list[int]:
    """The height of a page's explorable as it starts, at each width of the window."""
    found = []
    for width in heights.WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900}, has_touch=width <= heights.TOUCH)
        page.goto(address, wait_until="networkidle")
        page.mouse.move(3, 3)
        page.mouse.move(5, 5)
        figure = page.locator("figure.explorable")
        figure.scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        page.evaluate("document.fonts.ready.then(() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))))")
        found.append(round(figure.locator(".explorable-stage").bounding_box()["height"]))
        page.close()
    return found


def main(slugs: list[str]) -> int:
    written = {question.slug: question for question in questions.all_questions() if question.explorable.is_file()}
    if unknown := [slug for slug in slugs if slug not in written]:
        print(f"no explorable belongs to {', '.join(unknown)}", file=sys.stderr)
        return 2
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    missing = [slug for slug in slugs or written if not (SITE / written[slug].chapter_slug / slug).is_dir()]
    if chromium is None or missing:
        print("needs Chromium, and the site built by: make build", file=sys.stderr)
        return 1
    try:
        known = dict(heights.read()) if slugs else {}
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    with served(SITE) as root, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for slug in slugs or written:
            address = f"{written[slug].chapter_slug}/{slug}"
            known[address] = measured(browser, f"{root}{address}/")
            print(f"{address:60}{'  '.join(map(str, known[address]))}", flush=True)
        browser.close()
    heights.write(known)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
