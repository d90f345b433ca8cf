"""The next `mkdocs serve` builds only what changed: what counts as changed, and that nothing half-written or broken is kept."""

import json
import shutil
from types import SimpleNamespace

import pytest

from book import hooks, questions, reference, served

ADAM, SGD = "optimizers-and-regularization/adam.md", "optimizers-and-regularization/sgd-momentum-nesterov.md"
PAGES = [ADAM, SGD, "reference/optimizers.md", "glossary.md"]


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of four pages, and the folder it is served from."""
    root = tmp_path / "book"
    monkeypatch.setattr(questions, "ROOT", root)
    monkeypatch.setattr(questions, "DOCS", root / "docs")
    monkeypatch.setattr(questions, "EXPERIMENTS", root / "scripts" / "experiments")
    monkeypatch.setattr(served, "KEPT", root / ".cache" / "served")
    monkeypatch.setattr(served, "PACKAGE", root / "src" / "dlprimer")
    monkeypatch.setattr(hooks.finish, "add_files", lambda *_: None)
    for name, value in (("reported", set()), ("_serving", False), ("_kept", {}), ("_built", None), ("_previous_search", None)):
        monkeypatch.setattr(hooks, name, value)
    assert served.PACKAGE.name == reference.PACKAGE.name
    for path in [*(f"docs/{page}" for page in PAGES), "mkdocs.yml", "docs/glossary.yml", "src/dlprimer/adam.py", "scripts/book/hooks.py"]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("---\nprerequisites: []\n---\nas it was")
    return root


def start(folder, site_url="http://localhost:8000/", fail=False) -> list[str]:
    """Serve the book from a new folder: the pages that are built."""
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir()
    config = SimpleNamespace(site_dir=str(site), site_url=site_url)
    hooks.on_startup(command="serve", dirty=True)
    hooks.on_pre_build(config)
    files = [SimpleNamespace(src_uri=page, is_documentation_page=lambda: True, is_modified=lambda: None) for page in PAGES]
    hooks.on_files(files, config)
    built = [file.src_uri for file in files if file.is_modified()]
    if not fail:
        for name in ["index", *built]:
            (site / f"{name.replace('/', '-')}.html").write_text(f"built {name}")
        (site / "search").mkdir(exist_ok=True)
        (site / "search" / "search_index.json").write_text('{"docs": []}')
        hooks.on_post_build(config)
    return built


def test_a_second_start_builds_only_pages_that_gather_from_others(book, tmp_path) -> None:
    assert start(tmp_path) == PAGES
    assert start(tmp_path) == ["glossary.md"]
    assert (tmp_path / "site" / f"{ADAM.replace('/', '-')}.html").read_text() == f"built {ADAM}"


@pytest.mark.parametrize(
    "changed, built",
    [
        (f"docs/{ADAM}", [ADAM]),
        ("docs/optimizers-and-regularization/adam.json", PAGES),  # a new file: what there is counts for all
        ("docs/reference/optimizers.md", ["reference/optimizers.md"]),
        ("docs/glossary.yml", PAGES),
        ("mkdocs.yml", PAGES),
        ("src/dlprimer/adam.py", PAGES),
        ("scripts/book/hooks.py", PAGES),
    ],
)
def test_a_change_builds_the_pages_that_depend_on_it(changed, built, book, tmp_path) -> None:
    start(tmp_path)
    with (book / changed).open("a") as file:
        file.write("changed")
    assert start(tmp_path) == [page for page in PAGES if page in built or page == "glossary.md"]


def test_a_new_reference_to_another_page_builds_all_because_that_page_links_back(book, tmp_path) -> None:
    start(tmp_path)
    with (book / "docs" / SGD).open("a") as file:
        file.write("See [[34]].")
    assert start(tmp_path) == PAGES


def test_another_address_builds_all(book, tmp_path) -> None:
    start(tmp_path)
    assert start(tmp_path, site_url="http://localhost:8001/") == PAGES


def test_a_page_with_errors_is_built_again_so_that_they_are_said_again(book, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(hooks, "reported", {ADAM})
    start(tmp_path)
    assert start(tmp_path) == [ADAM, "glossary.md"]


def test_a_start_that_ends_before_the_site_stands_keeps_what_was_there(book, tmp_path) -> None:
    start(tmp_path)
    with (book / "docs" / ADAM).open("a") as file:
        file.write("changed")
    start(tmp_path, fail=True)
    assert start(tmp_path) == [ADAM, "glossary.md"]


@pytest.mark.parametrize("damage", ["", "[]", '{"shared": 3}', None])
def test_a_damaged_list_is_as_none(damage, book, tmp_path) -> None:
    start(tmp_path)
    if damage is None:
        (served.KEPT / served.LIST).unlink()
    else:
        (served.KEPT / served.LIST).write_text(damage)
    assert start(tmp_path) == PAGES
    assert json.loads((served.KEPT / served.LIST).read_text())["pages"].keys() == set(PAGES[:3])


def test_a_build_for_readers_takes_nothing_from_what_was_served(book, tmp_path) -> None:
    start(tmp_path)
    hooks.on_startup(command="build", dirty=False)
    site = tmp_path / "public"
    site.mkdir()
    hooks.on_pre_build(SimpleNamespace(site_dir=str(site), site_url=""))
    assert not list(site.iterdir())


def test_an_edit_while_serving_is_not_a_first_build(book, tmp_path) -> None:
    start(tmp_path)
    config = SimpleNamespace(site_dir=str(tmp_path / "site"), site_url="http://localhost:8000/")
    kept = (served.KEPT / served.LIST).stat().st_mtime_ns
    hooks.on_pre_build(config)
    hooks.on_post_build(config)
    assert (served.KEPT / served.LIST).stat().st_mtime_ns == kept
