"""Photograph the built site for the README and for link previews: python scripts/pictures.py (after `make build`).

Rerun when the look of the book changes; the results are docs/assets/readme.png and docs/assets/og.png.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from gates.browser import FLAGS
from gates.serving import served

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "site"
ASSETS = ROOT / "docs" / "assets"
PAGE = "optimizers-and-regularization/sgd-momentum-nesterov/"

# The preview: the book's name beside the figure of one page, in the book's own type and colors.
CARD = """
<div style="position:fixed;inset:0;z-index:99;background:var(--book-paper);color:var(--book-ink);display:grid;
            grid-template-columns:1fr 1fr;gap:48px;align-items:center;padding:0 64px;font-family:var(--book-serif)">
  <div>
    <div style="font-size:74px;line-height:1.02;font-weight:600;letter-spacing:-0.012em">The Deep<br>Learning<br>Primer</div>
    <div style="font-size:30px;line-height:1.35;color:var(--book-muted);margin-top:28px">100 questions, each answered<br>
      on one page by code that runs.</div>
  </div>
</div>
"""


def preview(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 630})
    page.goto(address + PAGE)
    page.evaluate(
        """card => {
          const picture = document.querySelector("figure img").cloneNode();
          document.body.insertAdjacentHTML("beforeend", card);
          picture.style.cssText = "display:block;width:100%;height:auto;max-height:520px";
          document.body.lastElementChild.append(picture);
          return picture.decode();
        }""",
        CARD,
    )
    page.screenshot(path=ASSETS / "og.png")


def readme(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(address + PAGE)
    page.locator("figure.explorable").scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1500)
    page.screenshot(path=ASSETS / "readme.png")


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not (SITE / PAGE).is_dir():
        print("needs Chromium, and the site built by: make build", file=sys.stderr)
        return 1
    with served(SITE) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        preview(page, address)
        readme(page, address)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
