"""The cells of a page as a Jupyter notebook: the same code, the recorded output, and a first cell that installs `dlprimer`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from book import examples, questions, records

ABOUT = "The example of question {} of the Deep Learning Primer, and what it printed when it was recorded."


def write(question: questions.Question, site: Path, site_url: str, wheel_name: str) -> Path:
    """Write the notebook of a page into the built site, beside its example file."""
    target = site / question.chapter_slug / f"{question.slug}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    notebook = of(question, records.read(question), site_url, wheel_name)
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def of(question: questions.Question, record: dict[str, Any], site_url: str, wheel_name: str) -> dict[str, Any]:
    """A notebook of nbformat 4.5; `site_url` is the address of the site, or empty where the build does not know it."""
    site_url = site_url and site_url.rstrip("/") + "/"
    printed = {cell["name"]: cell["output"] for cell in record["examples"]}
    page = f"{site_url}{question.chapter_slug}/{question.slug}/"
    title = f"[{question.title}]({page})" if site_url else question.title
    cells = examples.cells(question.example)
    entries = [
        _markdown("page", f"# {title}\n\n{ABOUT.format(question.number)}"),
        install_cell(site_url, wheel_name),
    ]
    if any("from cells import" in cell.code or "import cells" in cell.code for cell in cells):
        module = (questions.ROOT / "scripts" / "cells.py").read_text(encoding="utf-8")
        entries.append(_code("show", f'from pathlib import Path\n\nPath("cells.py").write_text({module!r});', "", None))
    entries += [_code(cell.name, cell.code, printed.get(cell.name, ""), i) for i, cell in enumerate(cells, 1)]
    return {
        "cells": entries,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def install_cell(site_url: str, wheel_name: str) -> dict[str, Any]:
    """The first cell of a notebook that a reader takes away: it installs `dlprimer` where it is missing."""
    if site_url:
        how = f'    %pip install --quiet "dlprimer @ {site_url.rstrip("/")}/assets/python/{wheel_name}"'
    else:
        how = '    raise ImportError("install dlprimer first: run `pip install .` in a copy of the book\'s repository")'
    return _code("install", f'from importlib.util import find_spec\n\nif find_spec("dlprimer") is None:\n{how}', "", None)


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": _id(name), "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(name: str, code: str, output: str, count: int | None) -> dict[str, Any]:
    stream = {"name": "stdout", "output_type": "stream", "text": f"{output}\n".splitlines(keepends=True)}
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": _id(f"cell {name}" if count else name),
        "metadata": {},
        "outputs": [stream] if output else [],
        "source": code.splitlines(keepends=True),
    }


def _id(name: str) -> str:
    """An id that stays the same from build to build."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]
