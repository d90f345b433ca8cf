"""The library's own source for the pages, found by dotted name without importing it, docstrings cut to their first line."""

from __future__ import annotations

import ast
import re
import textwrap

from book.fingerprint import Code, Module
from book.markup.page import MarkupError
from book.questions import ROOT

Definition = ast.FunctionDef | ast.ClassDef


def of(dotted: str) -> tuple[str, str]:
    """The source of a function, class or method, and the file it comes from, relative to the project.

    Raises:
        MarkupError: If nothing of that name is defined.
    """
    module, node = find(dotted)
    return cut(module, node), str(module.path.relative_to(ROOT))


def find(dotted: str) -> tuple[Module, Definition]:
    """The definition behind a dotted name, through the imports that lead to it."""
    code = Code()
    parts = dotted.split(".")
    module, rest = None, parts
    for i in range(len(parts), 0, -1):
        module = code.module(".".join(parts[:i]))
        if module is not None:
            rest = parts[i:]
            break
    if module is None or not rest:
        raise MarkupError(f"`{dotted}` names no function or class of dlprimer")
    while True:
        statement = next(iter(module.binds.get(rest[0], ())), None)
        if isinstance(statement, ast.ImportFrom):
            references = code.imported(module, statement, rest[0])
            module = code.module(references[0].module) if references else None
            if module is None:
                break
            if references[0].name is None:
                rest = rest[1:] or rest  # a package may offer a function under the name of its module
            continue
        node = statement
        for name in rest[1:]:
            members = node.body if isinstance(node, ast.ClassDef) else []
            node = next((m for m in members if isinstance(m, Definition) and m.name == name), None)
        if isinstance(node, Definition):
            return module, node
        break
    raise MarkupError(f"`{dotted}` names no function or class of dlprimer")


def cut(module: Module, node: Definition) -> str:
    """The definition's lines, with every docstring reduced to its summary."""
    lines: list[str | None] = list(module.source.splitlines())
    for inner in ast.walk(node):
        if not isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            continue
        docstring = ast.get_docstring(inner)
        first = inner.body[0]
        if docstring is not None and first.end_lineno != first.lineno:
            summary = docstring.split("\n\n")[0].replace("\n", " ")
            indent = " " * first.col_offset
            wrapped = textwrap.fill(summary, 100 - len(indent), subsequent_indent=indent).replace("\\", "\\\\")
            lines[first.lineno - 1] = f'{indent}"""{wrapped}"""'
            lines[first.lineno : first.end_lineno] = [None] * ((first.end_lineno or 0) - first.lineno)
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    kept = [line for line in lines[start - 1 : node.end_lineno] if line is not None]
    # What speaks to the formatter and the linter says nothing to a reader.
    return textwrap.dedent(re.sub(r"  # (?:fmt|noqa|type):.*$", "", "\n".join(kept), flags=re.MULTILINE))
