"""Checks of a built site's files, without a browser: links, anchors, assets, headings, structured data, and numbers read back.

python -m gates.markup SITE     prints each fault, and ends with 1 if there is any
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag

from book import records
from book.questions import Question
from gates import pages_of

STARTS = {".ipynb": b"{", ".json": (b"{", b"["), ".py": b"", ".js": b"", ".css": b"", ".svg": b"<", ".png": b"\x89PNG", ".woff2": b"wOF2",
          ".whl": b"PK", ".zip": b"", ".wasm": b"\0asm", ".xml": b"<?xml", ".gz": b"\x1f\x8b"}  # fmt: skip


@cache
def parsed(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


@cache
def ids_of(file: Path) -> frozenset[str]:
    return frozenset(str(node["id"]) for node in parsed(file).find_all(id=True))


def faults(site: Path) -> list[str]:
    """What is wrong with the files of a site, one sentence for each fault."""
    found = [f"{address or 'home'}: {fault}" for address in pages_of(site) for fault in of_page(site, address)]
    return found + of_sitemap(site)


def of_page(site: Path, address: str) -> list[str]:
    """The faults of one page."""
    file = site / address / "index.html"
    tree = parsed(file)
    found = []
    ids = [str(node["id"]) for node in tree.find_all(id=True)]
    found += [f"the id {name!r} stands there {ids.count(name)} times" for name in sorted(set(ids)) if ids.count(name) > 1]
    for node in tree.find_all(["a", "img", "script", "link", "source"]):
        for attribute in ("href", "src"):
            target = node.get(attribute)
            if target is not None and (fault := of_link(site, file, str(target), node)):
                found.append(fault)
    found += of_headings(tree)
    found += of_structured_data(tree)
    return found


def of_link(site: Path, file: Path, target: str, node: Tag) -> str | None:
    """What is wrong with one link, or None."""
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError as error:
        return f"{target!r} is no address: {error}"
    if parts.scheme in ("data", "mailto", "blob"):
        return None
    if parts.scheme or parts.netloc:
        if parts.scheme not in ("https", "http"):
            return f"{target!r} is not an address of the web"
        if not re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}|127\.0\.0\.1|localhost", parts.hostname or "") or re.search(r"[\s\"<>]", target):
            return f"{target!r} is not a well-formed address"
        return None
    if parts.path.startswith("/"):
        return f"{target!r} holds only at the root of a server"
    to = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if to.is_dir():
        to = to / "index.html"
    if site.resolve() not in to.parents or not to.is_file():
        return f"{target!r} leads nowhere"
    if to.suffix == ".html" and parts.fragment and unquote(parts.fragment) not in ids_of(to) and not parts.fragment.startswith("__"):
        return f"{target!r} leads to a place that its page does not have"
    start = STARTS.get(to.suffix)
    if start is None and to.suffix != ".html":
        return f"{target!r} is of a type that nothing here should be"
    if start and not to.read_bytes()[:8].startswith(start):
        return f"{target!r} is not what its name says"
    if to.suffix in (".ipynb", ".json"):
        try:
            json.loads(to.read_bytes())
        except ValueError:
            return f"{target!r} cannot be read"
    return None


def of_headings(tree: BeautifulSoup) -> list[str]:
    """Headings of an article that skip a level."""
    found, before = [], 0
    for heading in (tree.find("article") or tree).find_all(re.compile(r"^h[1-6]$")):
        level = int(heading.name[1])
        if level > before + 1:
            found.append(f"the heading {heading.get_text(' ', strip=True)[:60]!r} jumps from level {before} to {level}")
        before = level
    return found


def of_structured_data(tree: BeautifulSoup) -> list[str]:
    """What a machine reads of a page: its description, language, and JSON-LD."""
    found = []
    described = tree.find("meta", attrs={"name": "description"})
    if described is None or not 40 <= len(str(described.get("content", ""))) <= 200:
        found.append("its description is missing, or not of 40 to 200 characters")
    if tree.html is None or tree.html.get("lang") != "en":
        found.append("it does not say its language")
    for script in tree.find_all("script", type="application/ld+json"):
        try:
            data = json.loads(script.string or "")
        except ValueError as error:
            found.append(f"its JSON-LD cannot be read: {error}")
            continue
        missing = {"@context", "@type", "name", "description", "license", "isPartOf"} - data.keys()
        if missing or data["@context"] != "https://schema.org":
            found.append(f"its JSON-LD lacks {', '.join(sorted(missing)) or 'the vocabulary of schema.org'}")
    return found


def of_sitemap(site: Path) -> list[str]:
    """Whether the sitemap holds the site's pages and no other."""
    try:
        root = ElementTree.parse(site / "sitemap.xml").getroot()
    except (OSError, ElementTree.ParseError) as error:
        return [f"sitemap.xml: {error}"]
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    listed = [str(node.text) for node in root.findall(f"{space}url/{space}loc")]
    bases = {address for address in listed if all(other.startswith(address) for other in listed)}
    if root.tag != f"{space}urlset" or len(bases) != 1:
        return ["sitemap.xml: it is no list of the pages of one site"]
    base = bases.pop()
    pages, named = set(pages_of(site)), {address.removeprefix(base) for address in listed}
    return [f"sitemap.xml: {address or 'home'} is {'missing' if address in pages else 'no page'}" for address in sorted(pages ^ named)]


# ---- numbers read back ----
TOKEN = re.compile(r"\[=([^\]:\s]+)(?::([^\]\n]*))?\]")
NUMBER = r"([-−+]?\d[\d,]*(?:\.\d+)?)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))? ?(%?)"
JOINER = "\N{WORD JOINER}"  # keeps together and is not seen
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def numbers_read_back(site: Path, question: Question) -> tuple[int, list[str]]:
    """How many numbers of a page's prose were found again in the built page, and those that are not the record's.

    The page's source says where a number of the record stands, by the words before and after; there the built page must show one
    that is the record's within half a unit of its last digit. Numbers among markup or in formulas are left to the tests of these.
    """
    data = records.read(question)["data"]
    tree = BeautifulSoup((site / question.chapter_slug / question.slug / "index.html").read_text(encoding="utf-8"), "html.parser")
    for node in tree.find_all(attrs={"data-search-exclude": True}):
        node.decompose()
    text = " ".join((tree.find("article") or tree).get_text("").replace(JOINER, "").split())
    count, found = 0, []
    for line in map(plain, question.page.read_text(encoding="utf-8").splitlines()):
        if line.lstrip().startswith("alt:"):  # no text of the page
            continue
        for token in TOKEN.finditer(line):
            value = lookup(data, token[1])
            before = re.search(r"(?:[\w,.()’'-]+ ){2,4}\Z", line[: token.start()])
            after = re.match(r"%?(?: [\w,.()’'-]+){1,3}", line[token.end() :])
            if isinstance(value, str) or before is None or after is None:
                continue
            places = list(re.finditer(rf"{re.escape(before[0])}{NUMBER}{re.escape(after[0].removeprefix('%'))}", text))
            count += bool(places)
            if places and not any(agrees(place, value, "%" in (token[2] or "")) for place in places):
                found.append(f"{token[0]} is {value!r} in the record, and the page says {places[0][0]!r}")
    return count, found


def plain(line: str) -> str:
    """A line of a page's source without the markup that leaves no trace in its text."""
    line = re.sub(r"\[\[\d+\|([^\]]*)\]\]|\[([^\]=!@][^\]]*)\]\([^)]*\)", lambda found: found[1] or found[2], line)
    line = line.replace(JOINER, "")
    return re.sub(r"\*\*|(?<!\w)[*_]|[*_](?!\w)| \[![\w-]+\]", "", line)


def agrees(place: re.Match[str], value: float, percent: bool) -> bool:
    """Whether a number on a page is the record's, within half a unit of the last digit that it shows."""
    exponent = int(place[2].translate(SUPERSCRIPTS)) if place[2] else 0
    scale = 10.0**exponent / (100 if place[3] and percent else 1)
    shown, digits = float(place[1].replace("−", "-").replace(",", "")), len(place[1].partition(".")[2])
    return abs(shown * scale - value) <= 0.5000001 * 10.0**-digits * scale or significant(place[1], scale, value)


def significant(shown: str, scale: float, value: float) -> bool:
    """Whether a whole number shown is the value in three digits, such as 12,300 for 12,345."""
    digits = shown.replace(",", "").lstrip("-−+")
    if len(digits) < 4:
        return False
    zeros = len(digits) - len(digits.rstrip("0"))
    return "." not in shown and abs(float(digits) * scale - abs(value)) <= 0.5000001 * 10**zeros * scale


def lookup(data: Any, path: str) -> Any:
    """The value of a record at a path with dots."""
    for part in path.split("."):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def main(arguments: list[str]) -> int:
    found = faults(Path(arguments[0] if arguments else "site"))
    print("\n".join(found) or "no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
