"""Labs: what cannot be shown is refused with a reason, what is shown wears the book's dress, what is taken away works elsewhere."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from book import labs, questions
from book.markup.page import MarkupError

TITLE = "# %% [markdown]\n# # Lab: a test\n#\n# By $\\eta<1$ and $$a > b$$ in [[34]] and [[35]], not in `$code$`.\n"
SOLVED = '\n# %% tags=["solution"]\nprint(1 < 2)\n'
DRAWN = '\n# %% alt="A line that \\"rises\\""\nimport matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.show()\n'


def command():
    spec = importlib.util.spec_from_file_location("labs_command", questions.ROOT / "scripts" / "labs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for the sources of labs, and one for their notebooks."""
    monkeypatch.setattr(labs, "SOURCES", tmp_path)
    monkeypatch.setattr(questions, "DOCS", tmp_path / "docs")
    (tmp_path / "docs" / "labs").mkdir(parents=True)
    (tmp_path / "docs" / "optimizers-and-regularization").mkdir()
    (tmp_path / "docs" / "optimizers-and-regularization" / "adam.md").touch()
    return tmp_path


def written(place: Path, text: str, name: str = "evaluation") -> Path:
    source = place / f"{name}.py"
    source.write_text(text)
    return source


@pytest.mark.parametrize("text", ["", "# %%\nprint(1)\n", "# %% [markdown]\n# no title\n"])
def test_a_lab_without_a_title_is_refused(text, place) -> None:
    with pytest.raises(labs.LabError, match=r"evaluation\.py: the first cell must be Markdown that starts with the lab's title"):
        labs.read(written(place, text))


@pytest.mark.parametrize(
    "cell, said",
    [
        ("1 / 0", "a cell failed: ZeroDivisionError"),
        ("import warnings; warnings.warn('old', stacklevel=1)", "writes to stderr.*UserWarning: old"),
        ("import matplotlib.pyplot as plt; plt.plot([1]); plt.show()", "draws without a text"),
    ],
)
def test_what_fails_warns_or_draws_without_words_is_refused_and_nothing_is_written(cell, said, place, capsys) -> None:
    written(place, f"{TITLE}\n# %%\n{cell}\n")
    assert command().main([]) == 1
    assert re.search(said, capsys.readouterr().err, re.DOTALL)
    assert not list((place / "docs" / "labs").iterdir())


def test_a_run_is_recorded_checked_and_goes_stale(place, capsys) -> None:
    source = written(place, TITLE + SOLVED + DRAWN)
    run = command().main
    assert run(["evaluation"]) == 0
    file = labs.target(source)
    lab = json.loads(file.read_text())
    assert labs.printed(lab) == ["True\n", ""]
    assert lab["cells"][1]["metadata"]["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    before = file.read_bytes()
    assert run(["--changed"]) == 0 and "unchanged" in capsys.readouterr().out
    assert run(["--check"]) == 0 and "as recorded" in capsys.readouterr().out

    lab["cells"][1]["outputs"][0]["text"] = "False\n"
    file.write_text(json.dumps(lab))
    assert run(["--check"]) == 1
    assert "code cell 1 printed\nFalse" in capsys.readouterr().err

    file.write_bytes(before)
    source.write_text(source.read_text().replace("1 < 2", "2 > 1"))
    assert "is stale" in labs.stale(file) and "python scripts/labs.py evaluation" in labs.stale(file)
    assert run(["--check"]) == 1
    assert file.read_bytes() == before, "a check writes nothing"
    assert run(["--changed"]) == 0 and labs.stale(file) is None

    file.write_text("half a noteb")
    assert "cannot be read" in labs.stale(file)
    source.unlink()
    assert "has no source" in labs.stale(file)


def test_the_page_has_formulas_links_folded_solutions_and_nothing_of_jupyter(place) -> None:
    from mkdocs_jupyter import convert

    source = written(place, TITLE + SOLVED + DRAWN)
    command().main([])
    file = labs.target(source)
    html = convert.nb2html(str(file), allow_errors=False, no_prompt=True)
    page = labs.tidy(html, "evaluation", json.loads(file.read_text())["cells"])
    assert "<style" not in page and "<script" not in page and "jp-" not in page
    assert page.count("<math") == 2 and "<code>$code$</code>" in page
    assert '<a href="../../optimizers-and-regularization/adam/">Adam</a> and AdamW' in page
    assert page.index("</h1>") < page.index('<a href="../evaluation.ipynb" download>') < page.index("<details")
    solution = page[page.index("<details") : page.index("</details>")]
    assert "<summary>Solution</summary>" in solution and "<pre><code>True\n</code></pre>" in solution
    assert 'alt="A line that &quot;rises&quot;">' in page and 'width="6' in page
    assert '<a class="headerlink" href="#' in page


@pytest.mark.parametrize("text, said", [("By $\\frac{1}$.", "formula"), ("See [[101]].", "there is no question 101")])
def test_errors_on_the_page_name_what_is_wrong(text, said) -> None:
    html = f'<div class="jp-Notebook"><div class="jp-Cell jp-MarkdownCell"><div class="jp-RenderedMarkdown"><p>{text}</p></div></div></div>'
    with pytest.raises(MarkupError, match=said):
        labs.tidy(html, "evaluation", [{}])


@pytest.mark.parametrize(
    "address, link, install",
    [
        ("https://book.example/", "[Adam](https://book.example/optimizers-and-regularization/adam/)", "https://book.example/assets/python/d.whl"),
        ("", "question 34, Adam", "install dlprimer first"),
    ],
)
def test_a_notebook_to_take_away_installs_the_library_and_leads_back(address, link, install, place) -> None:
    import nbformat

    source = written(place, TITLE + SOLVED)
    command().main([])
    site = place / "site"
    site.mkdir()
    labs.add_downloads(site, address, "d.whl")
    lab = nbformat.read(site / "labs" / "evaluation.ipynb", as_version=4)
    nbformat.validate(lab)
    assert link in lab.cells[0].source
    assert install in lab.cells[1].source and lab.cells[1].cell_type == "code"
    assert "[[34]]" in json.loads(labs.target(source).read_text())["cells"][0]["source"], "the book's own is unchanged"


def test_every_lab_of_the_book_is_fresh_and_in_the_navigation() -> None:
    sources = sorted(labs.SOURCES.glob("*.py"))
    assert sources
    navigation = (questions.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    chapters = {chapter.slug for chapter in questions.chapters()}
    assert {source.stem for source in sources} == {file.stem for file in (questions.DOCS / "labs").glob("*.ipynb")} <= chapters
    for source in sources:
        assert labs.stale(labs.target(source)) is None
        assert f"labs/{source.stem}.ipynb" in navigation


@pytest.mark.parametrize(
    "before, after, alike",
    [
        ("accuracy 88.0%", "accuracy 88.3%", True),
        ("accuracy 88.0%", "accuracy 58.0%", False),
        ("accuracy 88.0%", "precision 88.0%", False),
        ("loss 1.5e-03", "loss 1.6e-03", True),
        ("loss 0.30", "loss 0.42", False),
        ("difference +0.01", "difference -0.01", True),
    ],
)
def test_numbers_may_drift_and_words_may_not(before, after, alike) -> None:
    assert command()._alike(before, after) == alike


def test_what_a_cell_prints_in_pieces_is_shown_in_one() -> None:
    from bs4 import BeautifulSoup

    def shown(*outputs: str) -> str:
        areas = "".join(f'<div class="jp-OutputArea-output"><pre>{text}</pre></div>' for text in outputs)
        html = f'<div class="cell"><div class="jp-InputArea"><pre>print()</pre></div>{areas}</div>'
        return labs._code_cell(BeautifulSoup(html, "html.parser").div, "")

    once = shown("one\n", "two &lt;3\n")
    assert once.count("example-output") == 1
    assert "<code>one\ntwo &lt;3\n</code>" in once
