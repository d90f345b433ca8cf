"""The room that each explorable takes, so that a page keeps it free and nothing moves when the explorable comes.

Measured in a browser by `python scripts/heights.py`; `docs/assets/styles/book.css` picks the height for the width of the window.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from book.questions import DOCS, all_questions
from book.records import write_atomically

FILE = Path(__file__).with_name("heights.json")
# Pixels of the window, those of common telephones and tablets among them; the styles know them too. Up to 820 the reader has a finger, for
# which buttons are larger.
WIDTHS = (320, 360, 375, 390, 412, 430, 600, 768, 820, 1280, 1800, 2560)
TOUCH = 820


def addresses() -> list[str]:
    """Every explorable by its page and, on the page that shows all parts, `#` and the figure's id."""
    pages = [f"{question.chapter_slug}/{question.slug}" for question in all_questions() if question.explorable.is_file()]
    return [*pages, *(f"about/explorables#part-{module.stem}" for module in sorted((DOCS / "about" / "gallery").glob("*.js")))]


def read() -> dict[str, list[int]]:
    """The height in pixels at each of `WIDTHS`, by address.

    Raises:
        ValueError: If the file is missing or is not what `write` writes, with the remedy.
    """
    return _read(FILE, FILE.stat().st_mtime_ns if FILE.is_file() else 0)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int) -> dict[str, list[int]]:
    try:
        known: dict[str, list[int]] = json.loads(path.read_text(encoding="utf-8"))
        if all(len(heights) == len(WIDTHS) and all(type(height) is int and height > 0 for height in heights) for heights in known.values()):
            return known
        fault = f"an explorable needs {len(WIDTHS)} heights in whole pixels"
    except (OSError, ValueError, AttributeError, TypeError) as error:
        fault = str(error)
    raise ValueError(f"{path.name}: {fault}; put it back, or write {{}} into it and measure: make build, then python scripts/heights.py")


def write(known: dict[str, list[int]]) -> None:
    """Keep what was measured, one explorable to a line."""
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(known[name])}" for name in sorted(known))
    write_atomically(FILE, f"{{\n{lines}\n}}\n")


def attribute(address: str) -> str:
    """The heights of an explorable as variables of CSS, with a space before; nothing until they are measured."""
    known = read().get(address)
    if known is None:
        return ""
    style = ";".join(f"--live-{width}:{height}px" for width, height in zip(WIDTHS, known, strict=True))
    return f' style="{style}"'
