"""The styles ask for each part of a font for just the characters it has, and the parts that every page loads hold what pages have."""

import html
import re

import pytest
from fontTools.ttLib import TTFont

import fonts
from book.questions import DOCS

FACE = re.compile(r"@font-face \{[^}]*fonts/(?P<file>[\w-]+)\.woff2[^}]*unicode-range: (?P<ranges>[^;]*);")
FACES = {face["file"]: face["ranges"] for face in FACE.finditer((DOCS / "assets/styles/book.css").read_text())}


def characters(ranges: str) -> set[int]:
    found: set[int] = set()
    for part in ranges.split(", "):
        first, _, last = part.removeprefix("U+").partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def test_every_font_of_the_site_has_its_face() -> None:
    assert {path.stem for path in (DOCS / "assets/fonts").glob("*.woff2")} == set(FACES)


@pytest.mark.parametrize("file", FACES)
def test_a_face_asks_for_what_its_font_was_made_of(file: str) -> None:
    asked = characters(FACES[file])
    part = {"rest": "REST", "signs": "SIGNS"}.get(file.rpartition("-")[2], "OFTEN")
    assert asked == set(getattr(fonts, f"{'MATH' if 'math' in file else 'TEXT'}_{part}"))
    lacking = asked - set(TTFont(DOCS / "assets/fonts" / f"{file}.woff2").getBestCmap())
    assert len(lacking) < 0.1 * len(asked), "only rare signs are missing in the original"


@pytest.mark.parametrize("family", ["source-serif-4", "source-serif-4-italic", "stix-two-math"])
def test_the_parts_of_a_font_share_nothing(family: str) -> None:
    parts = [characters(FACES[name]) for name in (family, f"{family}-signs", f"{family}-rest") if name in FACES]
    assert len(parts) > 1
    assert len(set().union(*parts)) == sum(map(len, parts))


def test_ranges_are_written_as_css_wants_them() -> None:
    assert fonts.ranges([0x41, 0x20, 0x21, 0x22, 0x43]) == "U+20-22, U+41, U+43"
    assert characters(fonts.ranges(fonts.MATH_OFTEN)) == set(fonts.MATH_OFTEN)


def test_what_every_page_of_prose_has_is_in_the_first_part() -> None:
    prose = {ord(c) for page in DOCS.rglob("*.md") for c in html.unescape(page.read_text()) if c in "–—’“”…•−×±éöüä"}
    assert prose <= set(fonts.TEXT_OFTEN)
