"""What a page asks for at once, so that no module waits for another, is what its explorable needs."""

import re
from pathlib import Path

import pytest

from book import questions
from book.markup.blocks import parts_of

ASSETS = questions.DOCS / "assets"
EXPLORABLES = [question.explorable for question in questions.all_questions() if question.explorable.is_file()]


def imported(module: Path) -> set[str]:
    """A module of the kit and all that it imports, directly or through others."""
    found, waiting = set(), [module.stem]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            text = (module.parent / f"{name}.js").read_text(encoding="utf-8")
            waiting += re.findall(r'^import .* from "\./([\w-]+)\.js";', text, re.MULTILINE)
    return found


def test_the_kit_is_asked_for_with_all_that_it_imports() -> None:
    listed = re.search(r"const KIT = \[(.*)\];", (ASSETS / "book.js").read_text(encoding="utf-8"))
    assert listed is not None
    names = re.findall(r"[\w-]+", listed[1])
    assert len(names) > 5 and set(names) == imported(ASSETS / "explorables" / "kit.js")


@pytest.mark.parametrize("module", EXPLORABLES, ids=lambda module: module.stem)
def test_the_parts_that_an_explorable_names_can_be_read_from_it(module: Path) -> None:
    names = parts_of(module)
    assert bool(names) == ("export const parts" in module.read_text(encoding="utf-8"))
    assert all((ASSETS / "explorables" / f"{name}.js").is_file() for name in names)
