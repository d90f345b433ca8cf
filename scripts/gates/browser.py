"""How the browser is started, and checks of a page that stands in it: each takes Playwright's page and returns the faults it sees."""

from typing import Any

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--font-render-hinting=none"]  # fmt: skip

# Collects what moves without the reader having done anything: to be added before the page loads.
WATCH = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
SHIFT = 0.02  # of the window

LOOK = """async () => {
  const faults = [], root = document.documentElement;
  const name = node => node.outerHTML.replace(/\\s+/g, " ").slice(0, 120);
  const over = root.scrollWidth - root.clientWidth;
  if (over > 0) faults.push(`${over} pixels wider than the window`);
  if (!document.title.trim()) faults.push("no title");
  const heads = document.querySelectorAll("h1").length;
  if (heads !== 1) faults.push(`${heads} headings of the first level`);
  for (const image of document.querySelectorAll("img")) {
    if (!image.checkVisibility()) continue;
    image.loading = "eager";
    await image.decode().catch(() => 0);
    if (!image.naturalWidth || !image.getBoundingClientRect().height) faults.push(`an image does not show: ${name(image)}`);
    if (!image.hasAttribute("alt")) faults.push(`an image without a text: ${name(image)}`);
  }
  for (const formula of document.querySelectorAll("math")) {
    const {width, height} = formula.getBoundingClientRect();
    if (formula.checkVisibility() && (!width || height < 4)) faults.push(`a formula does not show: ${name(formula)}`);
    if (formula.querySelector("merror")) faults.push(`a formula with an error: ${name(formula)}`);
  }
  for (const figure of document.querySelectorAll("figure.explorable"))
    if (figure.dataset.state !== "live" || !figure.querySelector(".explorable-root"))
      faults.push(`an explorable does not run: ${figure.id}`);
  return faults;
}"""

MOVING = """() => document.getAnimations()
  .filter(animation => animation.playState === "running" && animation.effect.getComputedTiming().duration > 1)
  .map(animation => `something moves although the reader wants no motion: ${animation.effect.target?.outerHTML.slice(0, 120)}`)"""

PRINTED = """() => [...document.querySelectorAll(".md-header, .md-sidebar, .md-footer, .kit-controls, .cell-bar, .md-top")]
  .filter(node => node.checkVisibility()).map(node => `on paper there is no use for ${node.className}`)
  .concat([...document.querySelectorAll("article figure")].filter(node => node.getBoundingClientRect().right > innerWidth + 1)
  .map(node => `wider than the paper: ${node.id || node.className}`))"""

STOPS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  window.visited ??= [];
  const visible = part => {
    const {width, height, bottom, right} = part.getBoundingClientRect();
    return part.checkVisibility({visibilityProperty: true, opacityProperty: true}) && width > 0 && height > 0
      && bottom + scrollY > 0 && right + scrollX > 0;
  };
  const parts = [node, ...node.querySelectorAll("*"), node.closest("label"), node.parentElement, node.nextElementSibling].filter(Boolean);
  const look = () => parts.map(part => {
    const s = getComputedStyle(part);
    return [s.outlineStyle, s.boxShadow, s.stroke, s.strokeWidth, s.opacity, s.borderColor, s.backgroundColor, s.filter, s.visibility,
      s.display];
  }).join();
  let mark = parts.some(part => getComputedStyle(part).outlineStyle !== "none");
  if (!mark) {
    const focused = look();
    node.blur();
    mark = look() !== focused;
    node.focus({preventScroll: true});
  }
  const seen = window.visited.indexOf(node);
  if (seen < 0) window.visited.push(node);
  return {
    again: seen, name: node.outerHTML.replace(/\\s+/g, " ").slice(0, 120), mark,
    // A field that is drawn by its label or by what is around it has no size of its own.
    shown: [node, ...(node.labels ?? []), ...(node.matches("input") ? [node.nextElementSibling, node.parentElement] : [])]
      .some(part => part && visible(part)),
  };
}"""


def faults(page: Any) -> list[str]:
    """What does not hold of a page that has loaded, at the width and in the scheme it is in; its explorables must have been scrolled to."""
    found: list[str] = page.evaluate(LOOK)
    return found


def moved(page: Any) -> list[str]:
    """Whether a page, loaded under `WATCH`, has moved without its reader, summed up since it began to load."""
    shifted = page.evaluate("window.shifted")
    return [f"the page moved by itself, by {shifted:.3f}"] if shifted > SHIFT else []


def motion(page: Any) -> list[str]:
    """What moves by itself on a page whose reader has asked for less motion."""
    found: list[str] = page.evaluate(MOVING)
    return found


def paper(page: Any) -> list[str]:
    """What does not belong on paper, of a page that shows its print view."""
    found: list[str] = page.evaluate(PRINTED)
    return found


def walk(page: Any, limit: int = 600) -> tuple[int, list[str]]:
    """Go through a page by the Tab key: how many stops it has, and what is wrong with them.

    Each stop must be visible and show that it is the one; the walk must come to the end of the page.
    """
    found: list[str] = []
    page.evaluate("() => { document.activeElement?.blur(); window.visited = []; }")
    for stops in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOPS)
        if stop is None or stop["again"] == 0:
            return stops, found
        if stop["again"] > 0:
            return stops, [*found, f"the keyboard is caught at {stop['name']}"]
        if not stop["shown"]:
            found.append(f"the keyboard stops where nothing shows: {stop['name']}")
        elif not stop["mark"]:
            found.append(f"nothing shows that the keyboard is at {stop['name']}")
    return limit, [*found, f"the walk has not ended after {limit} stops"]
