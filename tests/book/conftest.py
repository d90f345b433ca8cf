"""A small book to break: the project's scripts and library, with one question's parts written by the test; and its page to render."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import markdown
import pytest

from book import figures, fingerprint, questions
from book.markup import assets, bibliography, glossary, page, source

ROOT = Path(__file__).resolve().parents[2]
SLUG = "sgd-momentum-nesterov"
CHAPTER = "optimizers-and-regularization"

EXPERIMENT = '''
"""A small experiment."""
from book.claims import at_most
from book.style import color, direct_label, new_figure
from dlprimer import Tensor

TOLERANCE = {"seconds": None, "noisy": 0.1}

def run(rng):
    # a comment
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    return {"gradient": x.grad, "noisy": rng.normal(size=3), "seconds": 1.0}

def claims(data):
    yield at_most("small", "The first entry of the gradient is at most three", data["gradient"][0], 3)

def figures(data):
    figure, axes = new_figure()
    axes.plot(data["noisy"], color=color("momentum"))
    direct_label(axes, 2, data["noisy"][2], "noise", "momentum")
    yield "noise", figure
'''

EXAMPLE = """
# %% first
from dlprimer import Tensor
x = Tensor([2.0], requires_grad=True)

# %% second
(x * x).backward()
print(f"gradient {x.grad[0]:.1f}")
"""


@dataclass
class SmallBook:
    """A project folder, with the one question's parts by name."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / "docs" / CHAPTER / f"{SLUG}.json"

    @property
    def example(self) -> Path:
        return self.record.with_suffix(".py")

    @property
    def experiment(self) -> Path:
        return self.root / "scripts" / "experiments" / CHAPTER / f"{SLUG}.py"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": f"{self.root / 'scripts'}{os.pathsep}{self.root / 'src'}",
            "OMP_NUM_THREADS": "1",
        }

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def write_record(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("scripts/record.py", *arguments)

    def edit(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def contents(self) -> dict[str, bytes]:
        """Every file of the book's pages, to see that nothing changed."""
        return {str(path): path.read_bytes() for path in sorted((self.root / "docs").rglob("*")) if path.is_file()}


@pytest.fixture(scope="session")
def recorded_book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """A small book with its record written; tests copy it."""
    root = tmp_path_factory.mktemp("book")
    for part in ("scripts", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "experiments"))
    (root / "docs" / "assets").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "assets" / "palette.json", root / "docs" / "assets")
    book = SmallBook(root)
    for path, text in ((book.experiment, EXPERIMENT), (book.example, EXAMPLE)):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    ran = book.write_record(SLUG)
    assert ran.returncode == 0, ran.stderr
    return book


@pytest.fixture
def book(recorded_book: SmallBook, tmp_path: Path) -> SmallBook:
    """A small book of the test's own."""
    copy = tmp_path / "book"
    shutil.copytree(recorded_book.root, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return SmallBook(copy)


@pytest.fixture
def ask(book: SmallBook) -> Callable[[str], str]:
    """Run a line of Python with the question's parts at hand in the small book; returns what it prints or how it fails."""

    def run(code: str) -> str:
        prelude = f"from book import questions, records, figures; question = questions.by_slug({SLUG!r})\n"
        done = book.python("-c", prelude + code)
        return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]

    return run


# ---- the page of its question, rendered ----

EXTENSIONS = ["attr_list", "md_in_html", "tables", "toc", "pymdownx.details", "pymdownx.superfences", "book.markup"]
SRC = "optimizers-and-regularization/sgd-momentum-nesterov.md"
TITLE = "What is the difference between SGD, Momentum, and Nesterov Momentum?"
FRONT = """---
question: 33
level: core
prerequisites: [12]
description: A sentence that is long enough to describe what the page is about.
---
"""


@pytest.fixture
def folder(recorded_book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small book's folder, in place of the project's own."""
    root = tmp_path / "book"
    shutil.copytree(recorded_book.root, root, ignore=shutil.ignore_patterns("__pycache__"))
    docs = root / "docs"
    for module in (questions, page, bibliography, glossary):
        if hasattr(module, "DOCS"):
            monkeypatch.setattr(module, "DOCS", docs)
    monkeypatch.setattr(questions, "EXPERIMENTS", root / "scripts" / "experiments")
    monkeypatch.setattr(bibliography, "FILE", docs / "bibliography.bib")
    monkeypatch.setattr(glossary, "FILE", docs / "glossary.yml")
    monkeypatch.setattr(figures, "CACHE", root / ".cache")
    roots = {"dlprimer": root / "src" / "dlprimer", "experiments": root / "scripts" / "experiments"}
    monkeypatch.setattr(fingerprint, "ROOTS", roots)
    monkeypatch.setattr(source, "ROOT", root)
    assets._used.clear()
    (docs / "bibliography.bib").write_text(
        "@article{polyak1964, author = {Polyak, Boris T.}, title = {Some methods}, journal = {USSR}, year = {1964}, doi = {10.1/x}}\n"
        "@misc{two2020, author = {Ada B{\\'e}ta and Gamma, Cy}, title = {A {GAN}}, year = {2020}, eprint = {1234.5}}\n"
    )
    (docs / SRC.replace(".md", ".js")).write_text("export default function () {}\n")
    return root


@pytest.fixture
def render(folder: Path, caplog: pytest.LogCaptureFixture):
    """Render the body of the page of question 33, its title in front; returns the HTML and the errors."""

    def run(body: str, front: str = FRONT, title: str = TITLE, lint: bool = False) -> tuple[str, list[str]]:
        text = f"# {title}\n\n{body}\n"
        path = folder / "docs" / SRC
        path.write_text(front + "\n" + text)
        md = markdown.Markdown(extensions=EXTENSIONS, extension_configs={"book.markup": {"lint": lint}})
        file = SimpleNamespace(src_uri=SRC, url=SRC.replace(".md", "/"), abs_src_path=str(path))
        md.treeprocessors.register(SimpleNamespace(run=lambda root: None, file=file), "relpath", 0)
        caplog.clear()
        with caplog.at_level(logging.ERROR, logger="mkdocs.book"):
            html = md.convert(text)
        return html, [record.getMessage() for record in caplog.records]

    return run
