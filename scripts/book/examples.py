"""The example code of a page: cells of a plain Python file, run one after the other, and what each printed."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = re.compile(r"# %% ([a-z0-9]+(?:-[a-z0-9]+)*)")
MOST_LINES = 25


class ExampleError(Exception):
    """An example that cannot be read or run; the message names the file, the line and what to do."""


@dataclass(frozen=True)
class Cell:
    """One named piece of example code."""

    name: str
    code: str
    line: int


def cells(path: Path) -> list[Cell]:
    """The cells of an example file in order; each begins with a line `# %% name`."""
    found: list[Cell] = []
    name, start, lines = None, 0, list[str]()

    def close() -> None:
        code = "\n".join(lines).strip("\n")
        if name is None:
            if code.strip():
                raise ExampleError(f"{path.name}:1: code before the first cell: start it with a line `# %% name`")
            return
        if any(cell.name == name for cell in found):
            raise ExampleError(f"{path.name}:{start}: a second cell `{name}`: give it a name of its own")
        if not 0 < code.count("\n") + 1 <= MOST_LINES or not code:
            raise ExampleError(f"{path.name}:{start}: cell `{name}` must have from 1 to {MOST_LINES} lines")
        found.append(Cell(name, code, start))

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%"):
            mark = MARK.fullmatch(line.rstrip())
            if mark is None:
                raise ExampleError(
                    f"{path.name}:{number}: {line!r} does not start a cell: write `# %% name`, the name in lower case"
                )
            close()
            name, start, lines = mark[1], number, []
        else:
            lines.append(line)
    close()
    if not found:
        raise ExampleError(f"{path.name}: no cells: start each with a line `# %% name`")
    return found


def run(path: Path) -> list[str]:
    """What each cell prints, run in order in one namespace as a reader's notebook would."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    for cell in cells(path):
        output = io.StringIO()
        # Blank lines in front make the line numbers of a traceback those of the file.
        code = compile("\n" * cell.line + cell.code, str(path), "exec", dont_inherit=True)
        try:
            with contextlib.redirect_stdout(output):
                exec(code, namespace)
        except Exception as error:
            line = _line_of(error, path)
            raise ExampleError(
                f"{path.name}:{line}: cell `{cell.name}` failed with {type(error).__name__}: {error}"
            ) from error
        printed.append("\n".join(line.rstrip() for line in output.getvalue().rstrip().split("\n")))
    return printed


def _line_of(error: BaseException, path: Path) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
