"""The library's reference: which public names a module offers, which question explains each, and how docstrings become pages.

`public_names` and `explained` read the source without importing it. `QuestionLinks` is the extension that mkdocstrings loads.
"""

from __future__ import annotations

import ast
import re
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from griffe import Extension, Function, Object

from book.markup import source
from book.markup.page import MarkupError
from book.questions import DOCS, ROOT, by_number

PACKAGE = ROOT / "src" / "dlprimer"
PAGES = DOCS / "reference"
FLOORS = ["autograd", "nn", "optim", "metrics", "data", "train", "models"]
API_BLOCK = re.compile(r"^::: api (dlprimer(?:\.\w+)+)$", re.MULTILINE)
EXPLAINED = re.compile(r"\bquestions?\s+((?:\d+(?:,\s+|\s+and\s+)?)+)")


@cache
def _exports(changed: int) -> dict[str, tuple[str, str]]:
    """Public name -> its module and its docstring, in the order of the modules' own text."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    lists = (n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__")
    found: dict[str, tuple[str, int, str]] = {}
    for name in ast.literal_eval(next(lists)):
        module, node = source.find(f"dlprimer.{name}")
        found[name] = module.name, node.lineno, ast.get_docstring(node) or ""
    ordered = sorted(found.items(), key=lambda item: (item[1][0], item[1][1]))
    return {name: (module, text) for name, (module, _, text) in ordered}


def exports() -> dict[str, tuple[str, str]]:
    """Public name -> its module and its docstring."""
    return _exports(_changed(PACKAGE, int(time.monotonic())))


@lru_cache(maxsize=2)
def _changed(folder: Path, second: int) -> int:
    """When a file below the folder was last written; a build asks a thousand times, so it looks once a second."""
    return max((path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".py", ".md")), default=0)


def public_names(module: str) -> list[str]:
    """What `dlprimer` exports from this module, in the module's order."""
    return [name for name, (home, _) in exports().items() if home == module]


def questions_of(docstring: str) -> list[int]:
    """The numbers of the questions that a docstring refers to."""
    return [int(number) for listed in EXPLAINED.findall(docstring) for number in re.findall(r"\d+", listed)]


def explained_by(number: int) -> list[str]:
    """The public names whose docstrings say that this question explains them."""
    return _explaining(_changed(PACKAGE, int(time.monotonic()))).get(number, [])


@cache
def _explaining(changed: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name, (_, text) in _exports(changed).items():
        for number in dict.fromkeys(questions_of(text)):
            found.setdefault(number, []).append(name)
    return found


def address_of(name: str) -> str:
    """Where the reference describes a public name, from the site's root.

    Raises:
        MarkupError: If no page of the reference has the name's module.
    """
    module = exports()[name][0]
    try:
        return f"reference/{pages()[module].stem}/#dlprimer.{name}"
    except KeyError:
        raise MarkupError(f"no page below docs/reference has `::: api {module}`, where `{name}` is defined") from None


def pages() -> dict[str, Path]:
    """Module -> the reference page that describes it."""
    return _pages(_changed(PAGES, int(time.monotonic())))


@cache
def _pages(changed: int) -> dict[str, Path]:
    return {
        module: page for page in sorted(PAGES.glob("*.md")) for module in API_BLOCK.findall(page.read_text(encoding="utf-8"))
    }


def groups() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The pages of the reference: slug, title, and each public name on them with its summary."""
    listed = []
    for page in sorted(dict.fromkeys(pages().values()), key=_floor):
        text = page.read_text(encoding="utf-8")
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        names = [name for module in API_BLOCK.findall(text) for name in public_names(module)]
        summaries = [(name, exports()[name][1].split("\n\n")[0].replace("\n", " ")) for name in names]
        listed.append((page.stem, title[1] if title else page.stem, summaries))
    return listed


def _floor(page: Path) -> tuple[int, str]:
    """From the ground up: where the page's modules stand in the package."""
    module = API_BLOCK.findall(page.read_text(encoding="utf-8"))[0].split(".")
    return FLOORS.index(module[1]), page.stem


class QuestionLinks(Extension):
    """Docstrings as the reference shows them: examples marked as such, questions linked, results without their gradients."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is not None:
            text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = re.sub(EXPLAINED, self._linked, text)
        if isinstance(obj, Function) and str(obj.returns) == "WithGradient":
            obj.returns = "Array"

    @staticmethod
    def _linked(found: re.Match[str]) -> str:
        def link(number: re.Match[str]) -> str:
            question = by_number(int(number[0]))
            if not question.page.is_file():
                return number[0]
            return f"[{number[0]}, {question.name}](../{question.chapter_slug}/{question.slug}.md)"

        return found[0].replace(found[1], re.sub(r"\d+", link, found[1]))
