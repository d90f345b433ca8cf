"""The labs: one notebook for each chapter, run by `scripts/labs.py`, shown by mkdocs-jupyter in the book's own dress.

A lab is written as `scripts/labs/CHAPTER.py` in jupytext's percent format. A code cell that draws has an `alt` text; one with the tag
`solution` is folded. Running it writes `docs/labs/CHAPTER.ipynb` with all output and the digest of what it was run from.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from book import fingerprint, notebook, questions
from book.markup.formulas import to_mathml, unbroken
from book.markup.page import MarkupError

SOURCES = questions.ROOT / "scripts" / "labs"
PIXELS_A_POINT = 1.44  # the kernel draws at 144 dots an inch, of which a page shows 100
QUESTION = re.compile(r"\[\[(\d+)\]\]")
OUTPUT = '<div class="example-output" role="group" aria-label="Output"><pre><code>'
OUTPUT_END = "</code></pre></div>"
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\s](?:[^$]*[^$\s])?)\$([,.;:!?)]*)", re.DOTALL)


class LabError(Exception):
    """A lab that cannot be shown as it stands; the message says which, why and the remedy."""


def target(source: Path) -> Path:
    return questions.DOCS / "labs" / f"{source.stem}.ipynb"


def read(source: Path) -> Any:
    """The notebook that a lab's source describes, without output.

    Raises:
        LabError: If the text cannot be read as a notebook with Markdown and code, or lacks its heading.
    """
    import jupytext

    found = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    if not found.cells or found.cells[0].cell_type != "markdown" or not found.cells[0].source.startswith("# "):
        raise LabError(f"{source.name}: the first cell must be Markdown that starts with the lab's title, `# ...`")
    for i, cell in enumerate(found.cells):
        cell.id = f"cell-{i}"
    return found


def digest(source: Path) -> str:
    """What a run depends on: the text of the lab and all of the library that its code can reach."""
    code = [cell.source for cell in read(source).cells if cell.cell_type == "code"]
    reached = fingerprint.of_cells(source, code)[-1:]
    return hashlib.sha256("\0".join([source.read_text(encoding="utf-8"), *reached]).encode()).hexdigest()[:16]


def run(source: Path) -> Any:
    """The notebook with the output of a fresh kernel on one thread.

    Raises:
        LabError: If a cell fails, warns, or draws without a text for those who do not see it.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    lab = read(source)
    try:
        # Sockets in a folder of their own: two kernels at a time would otherwise meet at the same names.
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
            client = NotebookClient(lab, km=manager, timeout=600, record_timing=False, extra_arguments=["--log-level=ERROR"])
            client.execute(cwd=str(questions.ROOT))
    except CellExecutionError as error:
        raise LabError(f"{source.name}: a cell failed: {error.ename}: {error.evalue}\n{error.traceback}") from error
    for cell in lab.cells:
        for output in cell.get("outputs", ()):
            _check_output(source, cell, output)
        if "solution" in cell.metadata.get("tags", ()):
            cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    lab.metadata = {
        "dlprimer": {"digest": digest(source)},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return lab


def _check_output(source: Path, cell: Any, output: Any) -> None:
    if output.output_type == "stream" and output.name == "stderr":
        raise LabError(f"{source.name}: a cell writes to stderr: {output.text.strip()}")
    image = output.get("data", {}).get("image/png")
    if image is None:
        return
    if not cell.metadata.get("alt"):
        raise LabError(f'{source.name}: a cell draws without a text for those who do not see it: `# %% alt="..."`')
    width, height = (round(size / PIXELS_A_POINT) for size in _size_of_png(image))
    output.metadata["image/png"] = {"width": width, "height": height}


def _size_of_png(base64_text: str) -> tuple[int, int]:
    import base64

    header = base64.b64decode(base64_text[:64])
    return int.from_bytes(header[16:20]), int.from_bytes(header[20:24])


def text(lab: Any) -> str:
    """The notebook as a file, byte for byte the same for the same content."""
    import nbformat

    nbformat.validate(lab)
    return json.dumps(lab, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def printed(lab: Any) -> list[str]:
    """What each code cell printed and returned; pictures are left out, because fonts differ between machines."""
    found = []
    for cell in lab["cells"]:
        if cell["cell_type"] == "code":
            parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"] if not _draws(output)]
            found.append("".join("".join(part) for part in parts))
    return found


def _draws(output: Any) -> bool:
    return "image/png" in output.get("data", {})


def stale(lab_file: Path) -> str | None:
    """Why a notebook below docs/labs does not belong to its source, or None."""
    source = SOURCES / f"{lab_file.stem}.py"
    remedy = f"run: python scripts/labs.py {lab_file.stem}"
    if not source.is_file():
        return f"{lab_file.name} has no source scripts/labs/{source.name}"
    try:
        recorded = json.loads(lab_file.read_text(encoding="utf-8"))["metadata"]["dlprimer"]["digest"]
    except (ValueError, KeyError, TypeError, OSError) as error:
        return f"{lab_file.name} cannot be read ({error!r}); {remedy}"
    return None if recorded == digest(source) else f"{lab_file.name} is stale: its source or the library changed; {remedy}"


# ---- on the site ----


def tidy(html: str, name: str, cells: list[Any]) -> str:
    """What mkdocs-jupyter makes of a notebook's cells, as a page of this book: no styles and scripts of its own, formulas as MathML.

    Raises:
        MarkupError: For a formula that cannot be read, or a question that does not exist.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    parts = []
    for cell, source in zip(soup.select(".jp-Notebook > .jp-Cell"), cells, strict=True):
        if "jp-MarkdownCell" in cell["class"]:
            body = cell.select_one(".jp-RenderedMarkdown")
            for link in body.select("a.anchor-link"):
                link["class"], link["title"], link.string = "headerlink", "Link to this section", "#"
            for string in body.find_all(string=True):
                if string.find_parent(["code", "pre"]) is None and (QUESTION.search(string) or MATH.search(string)):
                    string.replace_with(BeautifulSoup(_formulas_and_links(str(string)), "html.parser"))
            parts.append(body.decode_contents().strip())
        else:
            parts.append(_code_cell(cell, source["metadata"].get("alt", "")))
    page = "\n".join(parts)
    download = (
        f'<p class="lab-download"><a href="../{name}.ipynb" download>Download the notebook</a> and work in it, '
        "or read on: every cell shows what it prints.</p>"
    )
    return page.replace("</h1>", f"</h1>\n{download}", 1)


def _formulas_and_links(string: str) -> str:
    parts, end = [], 0
    for found in MATH.finditer(string):
        parts.append(escape(string[end : found.start()], quote=False))
        if found[1]:
            parts.append(f'<span class="formula" tabindex="0" role="group" aria-label="Formula">{to_mathml(found[1], True)}</span>')
        else:
            parts.append(unbroken(to_mathml(found[2], False), found[3]))
        end = found.end()
    text = "".join([*parts, escape(string[end:], quote=False)])
    return QUESTION.sub(lambda found: _link(int(found[1]), '<a href="../../{0.chapter_slug}/{0.slug}/">{0.name}</a>'), text)


def _link(number: int, pattern: str) -> str:
    try:
        question = questions.by_number(number)
    except KeyError as error:
        raise MarkupError(str(error.args[0])) from None
    return pattern.format(question) if question.page.is_file() else question.name


def _code_cell(cell: Any, alt: str) -> str:
    code = cell.select_one(".jp-InputArea pre")
    inner = code.decode_contents().removeprefix("<span></span>").rstrip("\n")
    shown = [f'<div class="language-python highlight"><pre><span></span><code>{inner}\n</code></pre></div>']
    for output in cell.select(".jp-OutputArea-output"):
        if image := output.find("img"):
            kept = " ".join(f'{key}="{escape(image[key])}"' for key in ("src", "width", "height"))
            shown.append(f'<p class="lab-figure"><img {kept} alt="{escape(alt)}"></p>')
        elif pre := output.find("pre"):
            said = escape(pre.get_text())
            if shown[-1].startswith(OUTPUT):  # a notebook keeps what one cell prints in pieces
                shown[-1] = shown[-1].removesuffix(OUTPUT_END).rstrip("\n") + "\n" + said + OUTPUT_END
            else:
                shown.append(OUTPUT + said + OUTPUT_END)
    body = "\n".join(shown)
    if "celltag_solution" in cell["class"]:
        return f'<details class="question lab-solution"><summary>Solution</summary>\n{body}\n</details>'
    return f'<div class="lab-cell">\n{body}\n</div>'


def add_downloads(site: Path, site_url: str, wheel_name: str) -> None:
    """Write each notebook into the site as a reader takes it away: `dlprimer` is installed first, and links lead somewhere."""
    address = site_url and site_url.rstrip("/") + "/"
    pattern = "[{0.name}](" + address + "{0.chapter_slug}/{0.slug}/)" if address else "question {0.number}, {0.name}"
    for lab_file in sorted((questions.DOCS / "labs").glob("*.ipynb")):
        lab = json.loads(lab_file.read_text(encoding="utf-8"))
        for cell in lab["cells"]:
            if cell["cell_type"] == "markdown":
                source = QUESTION.sub(lambda found: _link(int(found[1]), pattern), "".join(cell["source"]))
                cell["source"] = source.splitlines(keepends=True)
        lab["cells"].insert(1, notebook.install_cell(site_url, wheel_name))
        (site / "labs").mkdir(exist_ok=True)
        (site / "labs" / lab_file.name).write_text(json.dumps(lab, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
