"""The notebooks of the pages: valid, the same on every build, and what they show is what running them prints."""

import contextlib
import io
import json

import nbformat
import pytest

from book import notebook, questions, records, runtime

WHEEL = "dlprimer-0.1.0-0abc-py3-none-any.whl"
QUESTIONS = runtime.with_cells()


def made(question: questions.Question, site_url: str = "https://book.example/deep/") -> nbformat.NotebookNode:
    return nbformat.reads(json.dumps(notebook.of(question, records.read(question), site_url, WHEEL)), as_version=4)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_running_its_cells_in_order_prints_what_it_shows(question: questions.Question) -> None:
    made_now = made(question)
    nbformat.validate(made_now)
    assert made_now == made(question)
    page, install, *cells = made_now.cells
    assert page.cell_type == "markdown" and f"https://book.example/deep/{question.chapter_slug}/{question.slug}/" in page.source
    assert f"https://book.example/deep/assets/python/{WHEEL}" in install.source
    namespace = {"__name__": "__main__"}
    for cell in cells:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(cell.source, namespace)
        lines = [line.rstrip() for line in output.getvalue().rstrip().split("\n")]
        assert "\n".join(lines) == "".join(stream.text for stream in cell.outputs).rstrip("\n")


def test_the_first_cell_runs_where_the_package_is_installed_and_says_how_where_it_is_not() -> None:
    from IPython.core.inputtransformer2 import TransformerManager

    for site_url in ("", "https://book.example"):
        code = TransformerManager().transform_cell(made(QUESTIONS[0], site_url).cells[1].source)
        exec(code, {"get_ipython": None})
    assert "pip install ." in made(QUESTIONS[0], "").cells[1].source


def test_cells_that_show_bring_what_they_need(tmp_path, monkeypatch) -> None:
    question = QUESTIONS[0]
    example = tmp_path / "example.py"
    example.write_text('# %% first\nfrom cells import show\n\nshow([1, 2, 3])\n')
    monkeypatch.setattr(questions.Question, "example", example)
    record = {"examples": [{"name": "first", "output": "line plot: 3 points, from 1 to 3"}]}
    cells = notebook.of(question, record, "", WHEEL)["cells"]
    monkeypatch.chdir(tmp_path)
    exec("".join(cells[2]["source"]), {})
    assert "def show" in (tmp_path / "cells.py").read_text()
