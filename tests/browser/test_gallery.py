"""The gallery of the kit's parts: each looks as it was recorded, in both schemes, is fast enough, and none is missing.

The references are recorded anew, after a change that is meant, with
    RECORD_REFERENCES=1 python -m pytest tests/browser/test_gallery.py
and are to be looked at before they are committed. They have half the screen's pixels a side. What is compared is averaged once more, over
2 × 2 of theirs: a font that another machine draws with other edges stays within the tolerance, a mark that moves by three pixels does not.
Colors are compared by how much of each hue there is, which the edges of letters do not change.
"""

import gzip
import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from rcssmin import cssmin
from rjsmin import jsmin

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "docs" / "assets" / "explorables"
MODULES = ROOT / "docs" / "about" / "gallery"
REFERENCES = Path(__file__).parent / "references"
GALLERY = "about/explorables/"
RECORDING = os.environ.get("RECORD_REFERENCES") == "1"
DIFFERENT = 40  # of 255, in any channel of an averaged cell of 4 × 4 pixels of the screen
MOST_DIFFERENT = 4  # cells that may be
OTHER_COLORS = 0.15  # share of the color that may have another hue
SLOWEST = 16  # milliseconds
# The system's font differs between machines; the book's own is the same everywhere. Nothing may move while it is looked at.
SAME_EVERYWHERE = """:root { --book-sans: "Source Serif 4" !important; }
*, ::before, ::after { transition: none !important; caret-color: transparent !important; }
.md-header, .md-top { visibility: hidden !important; }"""


def names():
    return re.findall(r"^::: part (\S+)$", (ROOT / "docs" / GALLERY.rstrip("/")).with_suffix(".md").read_text(), re.MULTILINE)


def families():
    """The files of the kit that an explorable may name in `parts`."""
    return {path.stem for path in KIT.glob("*.js") if re.search(r"^export (const|function) install\b", path.read_text(), re.MULTILINE)
            or path.name.startswith("numeric-")}


def live(page, name):
    figure = page.locator(f"#part-{name}")
    figure.scroll_into_view_if_needed()
    page.locator(f"#part-{name}[data-state=live]").wait_for()
    return figure


def open_gallery(open_page, **settings):
    page = open_page(GALLERY, width=390, **settings)
    page.add_style_tag(content=SAME_EVERYWHERE)
    page.evaluate("document.fonts.load('13px \"Source Serif 4\"').then(() => document.fonts.load('600 13px \"Source Serif 4\"'))")
    return page


def look(page, name):
    """The part's pixels, averaged over 2 × 2, with its corner on a whole pixel of the screen wherever it stands on the page."""
    figure = live(page, name)
    place = "{ position: 'fixed', inset: '0 auto auto 16px', width: '358px', margin: 0, zIndex: 9, background: 'var(--book-paper)' }"
    figure.evaluate(f"figure => Object.assign(figure.style, {place})")
    root = figure.locator(".explorable-root")
    root.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    image = Image.open(io.BytesIO(root.screenshot(animations="disabled"))).convert("RGB")
    figure.evaluate("figure => figure.removeAttribute('style')")
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)


def differing(one, two):
    """How many averaged cells differ; every one if the sizes do by more than a line's rounding."""
    if abs(one.width - two.width) > 1 or abs(one.height - two.height) > 1:
        return one.width * one.height
    size = min(one.width, two.width), min(one.height, two.height)
    half = size[0] // 2, size[1] // 2
    cells = [np.asarray(image.crop((0, 0, *size)).resize(half, Image.Resampling.BOX), dtype=float) for image in (one, two)]
    return int((np.abs(cells[0] - cells[1]).max(axis=2) > DIFFERENT).sum())


def hues(image):
    """How much color there is of each hue, in 36 of them; gray counts for nothing."""
    pixels = np.asarray(image, dtype=float).reshape(-1, 3)
    most, least = pixels.max(axis=1), pixels.min(axis=1)
    chroma = most - least
    red, green, blue = pixels[chroma > 30].T
    most, chroma = most[chroma > 30], chroma[chroma > 30]
    turn = np.select([most == red, most == green], [(green - blue) / chroma % 6, (blue - red) / chroma + 2], (red - green) / chroma + 4)
    amounts = np.bincount((turn * 6).astype(int) % 36, weights=chroma, minlength=36)
    return (np.roll(amounts, 1) + 2 * amounts + np.roll(amounts, -1)) / 4  # a hue at the edge of a bin is not another hue


def other_colors(one, two):
    """The share of the color that is of another hue; 0 where there is hardly any color."""
    a, b = hues(one), hues(two)
    total = max(a.sum(), b.sum())
    return 0.0 if total < 1000 else float(np.abs(a / max(a.sum(), 1) - b / max(b.sum(), 1)).sum() / 2)


def verdict(one, two):
    """What is wrong with one that should look as the other; empty when nothing is."""
    cells, colors = differing(one, two), other_colors(one, two)
    found = [f"{cells} cells differ"] if cells > MOST_DIFFERENT else []
    return "; ".join(found + ([f"{colors:.0%} of the color has another hue"] if colors > OTHER_COLORS else []))


def reference(name, scheme):
    return REFERENCES / f"{name}-{scheme}.png"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_looks_as_recorded(open_page, scheme, tmp_path):
    page = open_gallery(open_page, scheme=scheme)
    wrong = []
    for name in names():
        seen = look(page, name)
        if RECORDING:
            seen.save(reference(name, scheme), optimize=True)
            continue
        found = verdict(Image.open(reference(name, scheme)).convert("RGB"), seen)
        if found:
            seen.save(tmp_path / reference(name, scheme).name)
            wrong.append(f"{name}: {found}, see {tmp_path / reference(name, scheme).name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(RECORDING, reason="compares with what is being recorded")
def test_the_comparison_bears_other_font_edges_and_no_moved_mark_or_other_color(open_page):
    def against_reference(name, style):
        page.evaluate("style => { document.getElementById('changed').textContent = style; }", style)
        return verdict(Image.open(reference(name, "light")).convert("RGB"), look(page, name))

    page = open_gallery(open_page)
    page.evaluate("document.head.append(Object.assign(document.createElement('style'), { id: 'changed' }))")
    for name in ("segment", "bars", "graph", "tokens", "plot"):
        live(page, name)
        for edges in ("* { text-rendering: geometricPrecision !important; }", "* { text-shadow: 0 0 0.4px currentColor !important; }",
                      "* { -webkit-text-stroke: 0.2px !important; }"):
            assert against_reference(name, edges) == "", (name, edges)
    for name, change, said in (
        ("segment", ".kit-handle:last-child .kit-dot { transform: translate(3px, 0); }", "cells differ"),
        ("bars", ".kit-bar:nth-child(2) .kit-bar-fill { transform: translateX(3px); }", "cells differ"),
        ("graph", ".kit-node:nth-child(2) .kit-node-box { transform: translateX(3px); }", "cells differ"),
        ("tokens", ".kit-token-keys .kit-token { transform: translateY(3px); }", "cells differ"),
        ("plot", ".kit-inner .kit-line:nth-of-type(2) { transform: translate(0, 3px); }", "cells differ"),
        ("segment", "[data-md-color-scheme] { --book-positive: var(--book-green) !important; }", "another hue"),
        ("bars", "[data-md-color-scheme] { --book-blue: #1b7590 !important; }", "another hue"),
        ("graph", "[data-md-color-scheme] { --book-backward: var(--book-red) !important; }", "another hue"),
        ("tokens", "[data-md-color-scheme] { --book-blue: #8a3f8f !important; }", "another hue"),
        ("plot", "[data-md-color-scheme] { --book-negative: var(--book-red) !important; }", "another hue"),
    ):
        assert said in against_reference(name, change), (name, change)


def test_choosing_moves_nothing(open_page):
    page = open_gallery(open_page)
    places = "root => [...root.querySelectorAll('label, .kit-button')].map((each) => [each.offsetLeft, each.offsetTop, each.offsetWidth])"
    for name in ("controls", "tokens", "paint"):
        root = live(page, name).locator(".explorable-root")
        before = root.evaluate(places)
        inputs = root.locator(".kit-choices input, .kit-token-choice input, .kit-button[aria-pressed]")
        assert inputs.count(), name
        for each in inputs.all():
            each.focus()
            each.press("Space")
            assert root.evaluate(places) == before, name


def test_the_references_are_those_of_the_parts():
    wanted = {reference(name, scheme).name for name in names() for scheme in ("light", "dark")}
    assert {path.name for path in REFERENCES.glob("*.png")} == wanted
    assert sum(path.stat().st_size for path in REFERENCES.glob("*.png")) < 600_000


def test_every_part_of_the_kit_is_shown():
    assert sorted(names()) == sorted(path.stem for path in MODULES.glob("*.js"))
    code = {name: (MODULES / f"{name}.js").read_text() for name in names()}
    used = {family for text in code.values() for found in re.findall(r"^export const parts = \[(.*)\];", text, re.MULTILINE)
            for family in re.findall(r'"([\w-]+)"', found)}
    plain = {"numeric-fit"}  # numbers that no part of the gallery draws; their tests stand in test_kit_numeric_parts.py
    assert used | plain == families()
    # What the parts have in the address must not be taken for another's.
    declared = re.compile(r"(\w+): (?:kit\.(?:number|numbers|choice|flag|grid|cloud|commitment)|run\.position)\(")
    states = [name for text in code.values() for name in declared.findall(text)]
    assert len(states) == len(set(states))


def test_the_code_on_the_page_is_the_module(open_page):
    page = open_page(GALLERY, javascript=False)
    shown = page.locator(".part + .highlight code").all_inner_texts()
    for name, code in zip(names(), shown, strict=True):
        first, _, rest = (MODULES / f"{name}.js").read_text().partition("\n")
        assert code.strip() == rest.strip()
        assert page.locator(f"#part-{name} figcaption").inner_text() == first.removeprefix("// ")


def test_an_update_takes_less_than_a_frame(new_page, site):
    """The time of the frames' own work while every slider of every part is moved by keys."""
    page = new_page(origin=site, width=390)
    page.add_init_script("""
      const original = window.requestAnimationFrame.bind(window);
      window.spent = [];
      window.requestAnimationFrame = (run) => original((now) => {
        const begun = performance.now();
        run(now);
        window.spent.push(performance.now() - begun);
      });
    """)
    page.goto(site + GALLERY, wait_until="load")
    medians = {}

    def measured(name):
        """The median of fifteen updates; nothing for a part that cannot be moved."""
        spent = live(page, name).evaluate("""async (figure) => {
          const movable = figure.querySelector('[role=slider], [type=range], [role=grid], [role=listbox], [type=radio], .kit-node');
          if (!movable) return [];
          const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
          const frame = () => pause().then(() => new Promise((resolve) => requestAnimationFrame(resolve)));
          const all = [];
          for (let round = 0; round < 15; round += 1) {
            window.spent.length = 0;
            if (movable.type === 'radio') {
              const radios = [...figure.querySelectorAll('[type=radio]')];
              radios[round % radios.length].click();
            } else if (movable.matches('.kit-node')) {
              figure.querySelectorAll('.kit-node')[round % 3].dispatchEvent(new MouseEvent('click', { bubbles: true }));
            } else {
              const keys = movable.matches('[role=grid]') ? ['ArrowDown', ' ', 'ArrowRight', '+'] : ['ArrowDown', 'ArrowUp'];
              movable.dispatchEvent(new KeyboardEvent('keydown', { key: keys[round % keys.length], bubbles: true, cancelable: true }));
            }
            await frame();
            all.push(Math.max(0, ...window.spent));
          }
          return all;
        }""")
        return float(np.median(spent)) if spent else None

    for name in names():
        # What else runs on the machine only adds, so the best of three counts.
        for _ in range(3):
            median = measured(name)
            if median is not None:
                medians[name] = min(median, medians.get(name, median))
            if median is None or median <= SLOWEST:
                break
    heaviest = max(medians, key=lambda name: medians[name])
    print(f"heaviest: {heaviest}", {name: round(value, 1) for name, value in sorted(medians.items(), key=lambda item: -item[1])})
    assert set(names()) - set(medians) == {"columns", "sequence"}, "parts that cannot be moved"
    assert medians[heaviest] <= SLOWEST, medians


def test_the_kit_is_small_to_load():
    """As the site serves it: the base, what the most demanding part of the gallery loads, and all parts, with and without the numbers."""
    small = {".js": jsmin, ".css": cssmin}
    files = {path.name: small[path.suffix](path.read_text()).encode() for path in sorted(KIT.iterdir()) if path.suffix in small}
    sizes = {name: len(gzip.compress(content, 9)) for name, content in files.items()}
    base = {"axes.js", "controls.js", "dom.js", "drag.js", "format.js", "kit.css", "kit.js", "loader.js", "plot.js", "state.js"}
    whole = len(gzip.compress(b"".join(files.values()), 9))
    parts = sum(size for name, size in sizes.items() if not name.startswith("numeric"))

    def needed(name, known):
        """The file with its styles and all that it imports."""
        if name in known:
            return known
        known = known | {name}
        for other in re.findall(r'(?:from "\./|new URL\(")([\w.-]+)"', files[name].decode()):
            known = needed(other, known)
        return known

    loads = {}
    for name in names():
        known = base | {"numeric.js"}
        named = re.findall(r"^export const parts = (.*);", (MODULES / f"{name}.js").read_text(), re.MULTILINE)
        for family in re.findall(r'"([\w-]+)"', "".join(named)):
            known = needed(f"{family}.js", known)
        loads[name] = sum(sizes[file] for file in known)
    most = max(loads, key=lambda name: loads[name])
    print(f"bytes: base {sum(sizes[name] for name in base)}, {most} {loads[most]}, parts {parts}, all in one archive {whole}")
    assert sum(sizes[name] for name in base) <= 17 * 1024
    assert loads[most] <= 36 * 1024
    assert parts <= 60 * 1024 and whole <= 60 * 1024
    assert max(size for name, size in sizes.items() if name not in base) <= 6 * 1024


def test_the_parts_run_under_the_security_policy(new_page, site):
    page = new_page(origin=site, guarded=True)
    page.goto(f"{site}about/explorables/")
    for part in (page.locator("figure.part").first, page.locator("figure.part").last):
        part.scroll_into_view_if_needed()
        expect(part).to_have_attribute("data-state", "live")
