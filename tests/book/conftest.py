"""A small book to break: the project's scripts and library, with one question's parts written by the test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

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
