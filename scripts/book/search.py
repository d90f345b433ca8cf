"""What the search reads of a page, and the index it keeps when a dirty build has read one page alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# Marks that the search does not keep: of formulas (a text in one may hold spaces of its own kinds) and of the colors of code.
MARKS = re.compile(
    r"</?(?:math|m(?:frac|i|n|o|over|padded|root|row|space|sqrt|style|sub|subsup|sup|table|td|tr|under|underover))(?: [^>]*)?>"
    r'|<span class="\w{1,3}">([^<]*)</span>'
)
SETTING = re.compile(r'\s?data-search-\w+="[^"]+"')


def thinned(html: str) -> str:
    """A page without the marks of which its entry in the index keeps nothing: the search looks at every mark for long."""
    return MARKS.sub(r"\1", html)


def without_settings(html: str) -> str:
    """A page as the search leaves it: without what tells the search how to read it."""
    return SETTING.sub("", html)


def entries(site: Path) -> list[dict[str, Any]] | None:
    """What an earlier build wrote into the index; None where there was none, or that build was cut short."""
    try:
        found: list[dict[str, Any]] = json.loads(_file(site).read_text(encoding="utf-8"))["docs"]
    except (FileNotFoundError, ValueError):
        return None
    return found


def put_back(site: Path, previous: list[dict[str, Any]]) -> None:
    """Add the entries of pages that this build did not read and that still exist."""
    index = json.loads(_file(site).read_text(encoding="utf-8"))
    rebuilt = {_address(entry) for entry in index["docs"]}
    others = [entry for entry in previous if _address(entry) not in rebuilt and (site / _address(entry)).exists()]
    if others:
        index["docs"] += others
        _file(site).write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


def _file(site: Path) -> Path:
    return site / "search" / "search_index.json"


def _address(entry: dict[str, Any]) -> str:
    return str(entry["location"]).partition("#")[0]
