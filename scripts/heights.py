"""Measure how tall the explorables are: python scripts/heights.py [page ...] (after `make build`).

Pages go by the last part of their address, such as `adam`; the one that shows all parts is `explorables`.

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
COME = """figure => {
  const node = document.querySelector(figure);
  if (node.dataset.state !== "live") node.scrollIntoView();  // again and again: what comes above may push it away
  return node.dataset.state === "live";
}"""
DRAWN = "document.fonts.ready.then(() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))))"


def measured(browser: Any, address: str, figures: list[str]) -> list[list[int]]:
    """The heights of a page's explorables as they start: for each figure one at each width of the window."""
    found: list[list[int]] = [[] for _ in figures]
    for width in heights.WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900}, has_touch=width <= heights.TOUCH)
        page.goto(address, wait_until="networkidle")
        page.mouse.move(3, 3)
        page.mouse.move(5, 5)
        for figure, heights_found in zip(figures, found, strict=True):
            page.wait_for_function(COME, arg=figure)
            page.evaluate(DRAWN)
            heights_found.append(round(page.locator(f"{figure} .explorable-stage").bounding_box()["height"]))
        page.close()
    return found


def main(slugs: list[str]) -> int:
    figures: dict[str, list[str]] = {}  # of each page, by its address
    for address in heights.addresses():
        figures.setdefault(address.partition("#")[0], []).append(address)
    pages = {page.rpartition("/")[2]: page for page in figures}
    if unknown := [slug for slug in slugs if slug not in pages]:
        print(f"no explorable belongs to {', '.join(unknown)}", file=sys.stderr)
        return 2
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    missing = [slug for slug in slugs or pages if not (SITE / pages[slug]).is_dir()]
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
        for slug in slugs or pages:
            page = pages[slug]
            selectors = [f"#{address.partition('#')[2]}" if "#" in address else "figure.explorable" for address in figures[page]]
            for address, found in zip(figures[page], measured(browser, f"{root}{page}/", selectors), strict=True):
                known[address] = found
                print(f"{address:60}{'  '.join(map(str, found))}", flush=True)
        browser.close()
    heights.write(known)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
