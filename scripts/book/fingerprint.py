"""Fingerprints: whether a recorded run still belongs to the code.

A fingerprint covers the experiment and, of `dlprimer`, the definitions it can reach: each name is followed to the module
that defines it, and there to the names that the definition uses. Comments, docstrings and blank lines do not count, nor do
an experiment's `claims`, `figures` and `draw_*`: they work from the record. Data files that stand beside a module and are
named in it do count.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from book.questions import ROOT

ROOTS = {"dlprimer": ROOT / "src" / "dlprimer", "experiments": ROOT / "scripts" / "experiments"}
DATA_SUFFIXES = (".npz", ".npy", ".txt", ".csv", ".json")
# Python's own tokenizer takes ten times as long; what it knows more of does not matter in text that it has accepted.
STRING_OR_COMMENT = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"""|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\#[^\n]*''', re.DOTALL
)


@dataclass(frozen=True)
class Reference:
    """A name of a module, or with `name` None the whole module."""

    module: str
    name: str | None


def without_comments(source: str) -> list[str]:
    """The source line by line, without its comments."""
    return STRING_OR_COMMENT.sub(lambda found: "" if found[0].startswith("#") else found[0], source).splitlines()


def bare(lines: list[str], first: int, nodes: Iterable[ast.AST]) -> str:
    """Lines without the docstrings of these nodes and without blank ones; `first` is the number of the first line."""
    lines = [line.rstrip() for line in lines]
    for node in nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            docstring = node.body[0]
            start, end = docstring.lineno - first, (docstring.end_lineno or docstring.lineno) - first + 1
            if _is_docstring(docstring) and lines[start].lstrip().startswith(('"', "'", "r")):
                lines[start:end] = [""] * (end - start)
    return "\n".join(line for line in lines if line)


@dataclass(frozen=True)
class Statement:
    """A top-level statement's lines, the names it refers to, its constants, and the data files it may name."""

    text: str
    names: set[str]
    constants: list[Any]
    files: list[str]


@dataclass
class Module:
    """A Python file: its top-level statements by the names they bind, and those that bind none."""

    name: str
    path: Path
    binds: dict[str, list[ast.stmt]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)

    @cached_property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, filename=str(self.path))

    @cached_property
    def lines(self) -> list[str]:
        return without_comments(self.source)

    def constants(self) -> Iterator[Any]:
        """The values of all constants in the file."""
        for statement in self.tree.body:
            yield from self._read(statement).constants

    def text(self, statement: ast.stmt) -> str:
        """The statement's lines, decorators included."""
        return self._read(statement).text

    def used(self, statement: ast.stmt) -> set[str]:
        """The names that the statement refers to."""
        return self._read(statement).names

    def data_beside(self, statement: ast.stmt) -> str:
        """The digests of the data files that the statement names."""
        files = [(name, self.path.parent / name) for name in self._read(statement).files]
        return "".join(f"\n{name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for name, file in files if file.is_file())

    @cached_property
    def _known(self) -> dict[ast.stmt, Statement]:
        return {}

    def _read(self, statement: ast.stmt) -> Statement:
        """What the fingerprints of a hundred experiments ask of the same statement, worked out once."""
        if statement not in self._known:
            first = min([statement.lineno, *(decorator.lineno for decorator in getattr(statement, "decorator_list", []))])
            nodes = list(ast.walk(statement))
            opens = [self.tree] if statement is self.tree.body[0] else []
            constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
            self._known[statement] = Statement(
                bare(self.lines[first - 1 : statement.end_lineno], first, [*opens, *nodes]),
                {node.id for node in nodes if isinstance(node, ast.Name)},
                constants,
                sorted(value for value in constants if isinstance(value, str) and value.endswith(DATA_SUFFIXES)),
            )
        return self._known[statement]


@lru_cache(maxsize=256)
def _parsed(name: str, path: Path, changed: int) -> Module:
    """A module as it stands. A build asks for the library's for every page; a page's own are large and soon in the way."""
    module = Module(name, path)
    for statement in module.tree.body:
        names = _bound_by(statement)
        for bound in names:
            module.binds.setdefault(bound, []).append(statement)
        if not names and not _is_docstring(statement) and not isinstance(statement, ast.Pass):
            module.effects.append(statement)
    return module


class Code:
    """The project's modules, found once."""

    def __init__(self, roots: dict[str, Path] | None = None) -> None:
        self.roots = ROOTS if roots is None else roots
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of this dotted name if it is the project's own."""
        if name not in self._modules:
            self._modules[name] = self._find(name)
        return self._modules[name]

    def _find(self, name: str) -> Module | None:
        package, *rest = name.split(".")
        if package not in self.roots:
            return None
        path = self.roots[package].joinpath(*rest)
        for candidate in (path.with_suffix(".py") if rest else path / "__init__.py", path / "__init__.py"):
            if candidate.is_file():
                return self.parse(name, candidate)
        return None

    def parse(self, name: str, path: Path) -> Module:
        return _parsed(name, path, path.stat().st_mtime_ns)

    def imported(self, module: Module, statement: ast.stmt, name: str | None) -> list[Reference]:
        """What of the project an import statement brings in; with `name`, only what it binds to that name."""
        if isinstance(statement, ast.Import):
            return [
                Reference(alias.name, None)
                for alias in statement.names
                if name in (None, alias.asname or alias.name.split(".")[0]) and self.module(alias.name)
            ]
        if not isinstance(statement, ast.ImportFrom):
            return []
        source = self._absolute(module, statement)
        found = []
        for alias in statement.names:
            if name not in (None, alias.asname or alias.name):
                continue
            if self.module(f"{source}.{alias.name}"):
                found.append(Reference(f"{source}.{alias.name}", None))
            elif self.module(source):
                found.append(Reference(source, None if alias.name == "*" else alias.name))
        return found

    def _absolute(self, module: Module, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        parts = module.name.split(".")
        drop = statement.level - (module.path.name == "__init__.py")
        parts = parts[: len(parts) - drop] if drop else parts
        return ".".join([*parts, *([statement.module] if statement.module else [])])

    def reach(self, start: Module, statements: list[ast.stmt]) -> dict[str, str]:
        """The text of every definition that the statements can reach, by `module:line`."""
        reached: dict[str, str] = {}
        queue = [(start, statement) for statement in statements]
        entered: set[str] = set()

        def enter(reference: Reference) -> None:
            module = self.module(reference.module)
            if module is None:
                return
            if module.name not in entered:
                entered.add(module.name)
                queue.extend((module, statement) for statement in [*module.effects, *_imports_for_effect(module)])
                package = module.name.rpartition(".")[0]
                if package:
                    enter(Reference(package, ""))  # importing a module runs its packages' top level
            if reference.name is None:
                queue.extend((module, statement) for statement in module.tree.body)
            elif reference.name in module.binds:
                for statement in module.binds[reference.name]:
                    if isinstance(statement, (ast.Import, ast.ImportFrom)):
                        for further in self.imported(module, statement, reference.name):
                            enter(further)
                    else:
                        queue.append((module, statement))

        while queue:
            module, statement = queue.pop()
            key = f"{module.name}:{statement.lineno}"
            if key in reached:
                continue
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                reached[key] = ""
                for reference in self.imported(module, statement, None):
                    enter(reference)
                continue
            reached[key] = module.text(statement) + module.data_beside(statement)
            for name in module.used(statement):
                for binding in module.binds.get(name, ()):
                    if isinstance(binding, (ast.Import, ast.ImportFrom)):
                        for reference in self.imported(module, binding, name):
                            enter(reference)
                    else:
                        queue.append((module, binding))
        return reached


def experiment(path: Path, code: Code) -> Module:
    """An experiment's file as a module of the project."""
    return code.parse("experiments." + ".".join(path.with_suffix("").parts[-2:]), path)


def of_experiment(path: Path, code: Code | None = None) -> str:
    """The fingerprint of an experiment: what `run` computes depends on nothing else of the project."""
    code = code or Code()
    module = experiment(path, code)
    statements = [s for s in module.tree.body if not _draws(s) and not isinstance(s, (ast.Import, ast.ImportFrom))]
    return _digest(code.reach(module, statements), module, statements)


def of_cells(path: Path, sources: list[str], code: Code | None = None) -> list[str]:
    """For each cell of an example, the fingerprint of what it prints: itself, the cells before it and what they reach."""
    code = code or Code()
    module = code.parse("experiments.example", path)
    reached = _digest(code.reach(module, list(module.tree.body)), module, [])
    running = hashlib.sha256(reached.encode())
    digests = []
    for source in sources:
        running.update(_bare(source).encode())
        digests.append(running.hexdigest()[:16])
    return digests


def _bare(source: str) -> str:
    """Code without comments, docstrings and blank lines."""
    return bare(without_comments(source), 1, ast.walk(ast.parse(source)))


def _digest(reached: dict[str, str], module: Module, statements: list[ast.stmt]) -> str:
    """Order and line numbers do not count, so that moving code is free; the experiment's own order does."""
    own = [module.text(statement) for statement in statements]
    others = sorted(text for key, text in reached.items() if text and not key.startswith(f"{module.name}:"))
    return hashlib.sha256("\0".join([*own, *others]).encode()).hexdigest()[:16]


def _draws(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef) and (
        statement.name in ("claims", "figures") or statement.name.startswith("draw_")
    )


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _bound_by(statement: ast.stmt) -> list[str]:
    """The names that a top-level statement binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Import):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    if isinstance(statement, ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _imports_for_effect(module: Module) -> list[ast.stmt]:
    """Imports under a private name: nobody asks for the name, so the module is imported for what it does."""
    return [
        statement
        for statement in module.tree.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        and all((alias.asname or "").startswith("_") for alias in statement.names)
    ]
