"""The site's files hold what they promise, and the checks that say so find each fault that is put before them."""

import json
import shutil
from pathlib import Path

import pytest
from pybtex.database import parse_file

from book import questions, records
from book.markup.bibliography import cited_on
from gates import bibliography, markup, pages_of

ROOT = Path(__file__).resolve().parents[2]
ANSWERED = [question for question in questions.all_questions() if question.page.is_file()]
DATA = {"@context": "https://schema.org", "@type": "LearningResource", "name": "A", "description": "d", "license": "l", "isPartOf": {}}
GOOD = f"""<!doctype html><html lang="en"><head><title>A</title>
<meta name="description" content="{"A page about nothing, well made. " * 2}">
<script type="application/ld+json">{json.dumps(DATA)}</script></head>
<body><article><h1 id="top">A</h1><h2 id="two">B</h2><h3>C</h3><h2>D</h2><a href="#two">down</a> <a href="../b/#top">there</a>
<a href="https://doi.org/10.1000/182">out</a> <a href="../data.json">data</a></article></body></html>"""
SEEDED = {
    "stands there 2 times": GOOD.replace('id="two"', 'id="top"').replace("#two", "#top"),
    "leads nowhere": GOOD.replace("../b/", "../c/"),
    "leads to a place that its page does not have": GOOD.replace("../b/#top", "../b/#other"),
    "is no address": GOOD.replace("https://doi.org/", "https://doi.org:port/"),
    "is not an address of the web": GOOD.replace("https://doi.org", "javascript://doi.org"),
    "is not a well-formed address": GOOD.replace("doi.org/10.1000/182", "doi.org/10.1000/18 2"),
    "holds only at the root of a server": GOOD.replace("../b/", "/b/"),
    "is not what its name says": GOOD.replace("../data.json", "../picture.png"),
    "cannot be read": GOOD.replace("../data.json", "../broken.json"),
    "jumps from level 1 to 3": GOOD.replace('<h2 id="two">B</h2>', '<i id="two"></i>'),
    "its description is missing": GOOD.replace('name="description"', 'name="words"'),
    "does not say its language": GOOD.replace(' lang="en"', ""),
    "its JSON-LD cannot be read": GOOD.replace('"@type":', '"@type"'),
    "its JSON-LD lacks license": GOOD.replace('"license": "l", ', ""),
}


def small_site(folder: Path, a: str, listed: str = "a/ b/") -> Path:
    for name, html in (("a", a), ("b", GOOD)):
        (folder / name).mkdir(parents=True)
        (folder / name / "index.html").write_text(html)
    (folder / "data.json").write_text("{}")
    (folder / "broken.json").write_text("{")
    (folder / "picture.png").write_text("no picture")
    entries = "".join(f"<url><loc>https://x.org/{address}</loc></url>" for address in ["", *listed.split()])
    (folder / "index.html").write_text(GOOD.replace("../", ""))
    (folder / "sitemap.xml").write_text(
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    )
    return folder


def test_the_book_has_no_faults(site_folder: Path) -> None:
    assert len(pages_of(site_folder)) > len(ANSWERED)
    found = markup.faults(site_folder)
    assert not found, "\n".join(found)


def test_a_good_site_has_none_either(tmp_path: Path) -> None:
    assert markup.faults(small_site(tmp_path, GOOD)) == []


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_is_found(tmp_path: Path, fault: str) -> None:
    found = markup.faults(small_site(tmp_path, SEEDED[fault]))
    assert len(found) == 1 and found[0].startswith("a/: ") and fault in found[0], found


@pytest.mark.parametrize("listed, fault", [("a/", "b/ is missing"), ("a/ b/ c/", "c/ is no page")])
def test_a_sitemap_with_other_pages_is_found(tmp_path: Path, listed: str, fault: str) -> None:
    assert markup.faults(small_site(tmp_path, GOOD, listed)) == [f"sitemap.xml: {fault}"]


def test_a_sitemap_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    site = small_site(tmp_path, GOOD)
    (site / "sitemap.xml").write_text("<urlset>")
    assert "sitemap.xml: " in markup.faults(site)[0]


# ---- numbers read back ----
def test_numbers_on_pages_are_those_of_the_records(site_folder: Path) -> None:
    for question in ANSWERED:
        count, found = markup.numbers_read_back(site_folder, question)
        assert not found, "\n".join(found)
        assert count >= 8, f"{question.slug}: only {count} numbers could be read back"


def test_a_number_that_is_not_the_records_is_found(site_folder: Path, tmp_path: Path, monkeypatch) -> None:
    question = ANSWERED[0]
    page = tmp_path / question.chapter_slug / question.slug
    shutil.copytree(site_folder / question.chapter_slug / question.slug, page)

    def spoiled(values):
        """The record with each number moved by more than a fifth."""
        if isinstance(values, dict):
            return {key: spoiled(value) for key, value in values.items()}
        if isinstance(values, list):
            return [spoiled(value) for value in values]
        return values * 1.2 + 1 if isinstance(values, (int, float)) and not isinstance(values, bool) else values

    record = records.read(question)
    count, found = markup.numbers_read_back(tmp_path, question)
    monkeypatch.setattr(markup.records, "read", lambda _: {**record, "data": spoiled(record["data"])})
    again, spoilt = markup.numbers_read_back(tmp_path, question)
    assert (count, found) == (again, []) and len(spoilt) == count


# ---- the bibliography ----
WORK = "@article{a1, title = {A}, author = {Doe, Jane}, year = {2001}, doi = {10.1000/182}, eprint = {1706.03762}, url = {https://x.org/a}}\n"


def test_the_bibliography_is_well_formed() -> None:
    assert bibliography.read(ROOT / "docs" / "bibliography.bib") == []


def test_every_work_in_the_bibliography_is_cited_on_a_page() -> None:
    file = ROOT / "docs" / "bibliography.bib"
    cited = frozenset().union(*(cited_on(question.page) for question in questions.all_questions()))
    assert set(parse_file(str(file), bib_format="bibtex").entries) - cited == set()


@pytest.mark.parametrize("old, new, fault", [
    ("10.1000/182", "doi:10.1000/182", "no well-formed doi"),
    ("1706.03762", "1713.03762", "no well-formed eprint"),
    ("2001", "201", "no well-formed year"),
    ("https://x.org/a", "x.org/a", "no well-formed url"),
    ("title = {A}, ", "", "it has no title"),
    ("author = {Doe, Jane}, ", "", "it has no author"),
])  # fmt: skip
def test_a_malformed_entry_is_found(old: str, new: str, fault: str) -> None:
    assert bibliography.faults(WORK) == []
    found = bibliography.faults(WORK.replace(old, new))
    assert len(found) == 1 and fault in found[0], found


def test_a_work_that_stands_there_twice_is_found() -> None:
    found = bibliography.faults(WORK + WORK.replace("a1", "b2"))
    assert [fault.split("'")[0] for fault in found] == ["the doi ", "the eprint ", "the title "]
