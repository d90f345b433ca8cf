"""The room that a page keeps free for its explorable."""

import json
import re

import pytest

from book import heights, questions

WRITTEN = [f"{question.chapter_slug}/{question.slug}" for question in questions.all_questions() if question.explorable.is_file()]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(heights, "FILE", tmp_path / "heights.json")
    return heights.FILE


def test_every_explorable_is_measured_and_nothing_else() -> None:
    written = heights.addresses()
    assert set(WRITTEN) < set(written) and "about/explorables#part-plot" in written
    assert set(heights.read()) == set(written), "run: make build, then python scripts/heights.py"


def test_the_styles_know_the_widths_that_are_measured() -> None:
    styles = (questions.DOCS / "assets" / "styles" / "book.css").read_text(encoding="utf-8")
    assert {int(width) for width in re.findall(r"var\(--live-(\d+)\)", styles)} == set(heights.WIDTHS)


def test_what_is_written_is_read_and_stands_in_the_page(file) -> None:
    known = {WRITTEN[0]: list(range(400, 400 + len(heights.WIDTHS)))}
    heights.write(known)
    assert heights.read() == known
    assert heights.attribute(WRITTEN[0]).startswith(' style="--live-320:400px;--live-360:401px;')
    assert heights.attribute(WRITTEN[1]) == ""


WRONG = [*([height] * len(heights.WIDTHS) for height in (1.5, -1, True, None)), [400], 3]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", "null", *(json.dumps({"a/b": wrong}) for wrong in WRONG), None]
)
def test_a_file_that_is_broken_or_missing_is_named_with_the_remedy(file, content) -> None:
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"heights\.json: .*python scripts/heights\.py"):
        heights.read()


def test_a_file_without_heights_leaves_the_pages_as_they_would_be_without(file) -> None:
    file.write_text("{}", encoding="utf-8")
    assert all(heights.attribute(address) == "" for address in WRITTEN)
