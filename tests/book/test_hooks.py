"""What happens around a dirty build: an edit of one page keeps the others searchable, and a new record rebuilds its page."""

import json
import os
from types import SimpleNamespace

import pytest
from material.plugins.search.plugin import SearchIndex

from book import hooks, questions


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(hooks.finish, "add_files", lambda *_: None)
    (tmp_path / "search").mkdir()
    return SimpleNamespace(site_dir=str(tmp_path), site_url="")


def write_index(config, *locations: str) -> None:
    path = os.path.join(config.site_dir, "search", "search_index.json")
    with open(path, "w") as file:
        json.dump({"docs": [{"location": location, "text": location} for location in locations]}, file)


def locations(config) -> list[str]:
    with open(os.path.join(config.site_dir, "search", "search_index.json")) as file:
        return [entry["location"] for entry in json.load(file)["docs"]]


def test_the_other_pages_stay_in_the_search_index_and_deleted_ones_leave_it(config, tmp_path) -> None:
    for page in ("a", "b"):
        (tmp_path / page).mkdir()
    write_index(config, "a/", "a/#old", "b/", "b/#part", "deleted/")
    hooks.on_pre_build(config)
    write_index(config, "a/", "a/#new")
    hooks.on_post_build(config)
    assert locations(config) == ["a/", "a/#new", "b/", "b/#part"]


def test_a_first_build_needs_no_earlier_index(config) -> None:
    hooks.on_pre_build(config)
    write_index(config, "a/")
    hooks.on_post_build(config)
    assert locations(config) == ["a/"]


@pytest.mark.parametrize("half", [b"", b'{"config":{"lang":["en"]},"docs":[{"locat', b"\xc3"])
def test_an_index_that_an_interrupted_build_left_is_written_anew(config, tmp_path, half: bytes) -> None:
    (tmp_path / "search" / "search_index.json").write_bytes(half)
    hooks.on_pre_build(config)
    write_index(config, "a/")
    hooks.on_post_build(config)
    assert locations(config) == ["a/"]


def test_a_whole_build_over_an_earlier_one_leaves_its_index_as_the_search_wrote_it(config, tmp_path) -> None:
    written = '{"docs":[{"location":"a/","text":"a"}]}'
    index = tmp_path / "search" / "search_index.json"
    index.write_text(written)
    hooks.on_pre_build(config)
    index.write_text(written)
    hooks.on_post_build(config)
    assert index.read_text() == written


MARKED = """<h1 id="a">Loss <math display="inline"><mi>L</mi></math></h1><p data-search-exclude="">Not this.</p><p data-search-kept="no">
Then <math><mrow><mi>x</mi><mo>=</mo><mn>0.1</mn><mo>,</mo><mtext>\xa0</mtext><mn>0.2</mn></mrow></math> in a
<span class="quote">map</span>.</p>
<pre><code><span class="k">def</span><span class="w"> </span><span class="nf">f</span>(x):
    <span class="k">return</span> x</code></pre>"""


def test_the_search_keeps_the_same_of_fewer_marks_and_the_page_has_all_of_them() -> None:
    page = SimpleNamespace(content=MARKED, meta={}, title="A", toc=[], url="a/")
    whole, fewer = SearchIndex(), SearchIndex()
    whole.add_entry_from_context(page)
    hooks._before_search({}, page=page)
    fewer.add_entry_from_context(page)
    assert "<mi>" not in page.content and '"k"' not in page.content and "quote" in page.content
    assert fewer.entries == whole.entries
    hooks._after_search({}, page=page)
    assert page.content == MARKED.replace(' data-search-kept="no"', "")


@pytest.mark.parametrize("part", ["record", "explorable", "example", "experiment", None])
def test_a_page_is_built_again_when_a_part_of_it_is_newer(part, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(questions, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(questions, "EXPERIMENTS", tmp_path / "experiments")
    question = questions.by_number(33)
    html = tmp_path / "index.html"
    html.write_text("")
    os.utime(html, (1000, 1000))
    for name in ("record", "explorable", "example", "experiment"):
        path = getattr(question, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        os.utime(path, (2000, 2000) if name == part else (500, 500))
    file = SimpleNamespace(src_uri="optimizers-and-regularization/sgd-momentum-nesterov.md", abs_dest_path=str(html))
    file.is_modified = lambda: False
    hooks.on_files(SimpleNamespace(documentation_pages=lambda: [file]), config=None)
    assert file.is_modified() == (part is not None)
