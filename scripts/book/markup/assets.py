"""The figures that rendered pages refer to; they are copied into the site once it is built."""

import shutil
from pathlib import Path

from book.figures import Drawn

_used: dict[str, Path] = {}


def use(figure: Drawn) -> None:
    """Note that a page shows this figure."""
    for scheme in ("light", "dark"):
        _used[figure.site_path(scheme)] = figure.path(scheme)


def copy_to(site: Path) -> None:
    """Copy the figures that the site does not have yet: their names change with their content."""
    for place, file in _used.items():
        target = site / place
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
