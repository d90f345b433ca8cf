"""The package as a whole: what it offers, that it needs NumPy alone, and that every public name is documented."""

import importlib
import inspect
import subprocess
import sys

import pytest

import dlprimer
from book import questions
from book.reference import questions_of

PUBLIC = sorted(dlprimer.__all__)


def test_all_lists_the_public_names() -> None:
    found = {
        name
        for name, value in vars(dlprimer).items()
        if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value))
    }
    assert found == set(dlprimer.__all__)


def test_importing_it_imports_numpy_and_the_standard_library_alone() -> None:
    code = "import sys; before = set(sys.modules); import dlprimer; print(*{m.split('.')[0] for m in set(sys.modules) - before})"
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    foreign = {name for name in loaded if name not in sys.stdlib_module_names} - {"dlprimer", "numpy"}
    assert not foreign


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_summary_an_example_and_a_question(name: str) -> None:
    thing = getattr(dlprimer, name)
    text = inspect.getdoc(thing) or ""
    summary = text.partition("\n")[0]
    assert summary and summary.endswith((".", ":")), f"{name}: the summary is one line that ends in a period"
    if name in ("Optimizer", "Callback", "TrainingState"):
        return  # interfaces, explained where they are used
    assert ">>>" in text, f"{name} has no example"
    numbers = questions_of(text)
    assert numbers, f"{name} names no question that explains it"
    for number in numbers:
        questions.by_number(number)


def test_the_package_is_typed() -> None:
    files = importlib.import_module("importlib.resources").files("dlprimer")
    assert files.joinpath("py.typed").is_file()
