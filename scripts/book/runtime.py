"""Python in the reader's browser: the vendored runtime, checked byte by byte, and what a build adds to it.

`docs/assets/python/runtime/` holds Pyodide and NumPy with a manifest. A build adds `dlprimer` as a wheel, the module `cells`, and
`runtime.json`, from which the browser knows what to load and what it must be.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from book import questions, wheel

log = logging.getLogger("mkdocs.book")

# The files that are loaded, the largest first; the rest of the manifest are licences.
LOADED = ("pyodide.asm.wasm", "python_stdlib.zip", "pyodide.asm.mjs", "pyodide.mjs")
CELL = re.compile(r"^ *::: example(?:$|\s)", re.MULTILINE)


class RuntimeFileError(Exception):
    """A vendored file that is not what the manifest says; the message names it and the remedy."""


def with_cells() -> list[questions.Question]:
    """The questions whose pages have cells that a reader can run."""
    return [
        question
        for question in questions.all_questions()
        if question.page.is_file()
        and question.example.is_file()
        and CELL.search(question.page.read_text(encoding="utf-8"))
    ]


def folder() -> Path:
    return questions.DOCS / "assets" / "python"


def megabytes() -> int:
    """How much a reader's first run loads, if the server does not compress, rounded up; 0 where nothing is vendored."""
    loaded = [path for path in (folder() / "runtime").glob("*") if path.suffix in (".mjs", ".wasm", ".zip", ".whl")]
    return math.ceil(sum(path.stat().st_size for path in loaded) / 1e6)


def check(vendored: Path | None = None) -> dict[str, Any]:
    """The manifest of the vendored files, each of which is what it says.

    Raises:
        RuntimeFileError: If a file is missing, unknown, or differs by a byte.
    """
    vendored = vendored or folder() / "runtime"
    manifest_file = vendored / "manifest.json"
    if not manifest_file.is_file():
        raise RuntimeFileError(f"{_shown(manifest_file)} is missing: restore it from the repository's history")
    manifest: dict[str, Any] = json.loads(manifest_file.read_text(encoding="utf-8"))
    remedy = "restore it, or vendor the package anew and write its size and sha256 into manifest.json"
    for name, expected in manifest["files"].items():
        path = vendored / name
        if not path.is_file():
            raise RuntimeFileError(f"{_shown(path)} is missing: {remedy}")
        found = _sha256(path, path.stat().st_mtime_ns, path.stat().st_size)
        if found != expected["sha256"]:
            raise RuntimeFileError(
                f"{_shown(path)} has sha256 {found[:12]}…, and manifest.json says {expected['sha256'][:12]}…: {remedy}"
            )
    if unknown := {path.name for path in vendored.iterdir()} - manifest["files"].keys() - {"manifest.json"}:
        raise RuntimeFileError(f"{_shown(vendored)} holds {', '.join(sorted(unknown))}, of which manifest.json knows nothing")
    return manifest


def _shown(path: Path) -> str:
    return path.relative_to(questions.ROOT).as_posix() if path.is_relative_to(questions.ROOT) else path.as_posix()


@lru_cache(maxsize=64)
def _sha256(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add_to(site: Path) -> wheel.Wheel | None:
    """Complete the runtime in a built site, and say how large it is; returns the wheel. An error is logged: it ends a strict build."""
    try:
        manifest = check()
    except RuntimeFileError as error:
        log.error("%s", error)
        return None
    target = site / "assets" / "python"
    target.mkdir(parents=True, exist_ok=True)
    package = wheel.build()
    built = {package.name: package.content, "cells.py": (questions.ROOT / "scripts" / "cells.py").read_bytes()}
    for old in set(target.glob("dlprimer-*.whl")) - {target / package.name}:
        old.unlink()
    for name, content in built.items():
        write_if_new(target / name, content)
    numpy = next(name for name in manifest["files"] if name.endswith(".whl"))
    files = [
        *(_entry(f"runtime/{name}", manifest["files"][name]["sha256"], manifest["files"][name]["bytes"]) for name in (*LOADED, numpy)),
        *(_entry(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in built.items()),
        *(_entry("driver.py", hashlib.sha256(content).hexdigest(), len(content)) for content in [(folder() / "driver.py").read_bytes()]),
    ]
    lock = json.loads((folder() / "runtime" / "pyodide-lock.json").read_text(encoding="utf-8"))
    lock["packages"]["dlprimer"] = {
        **lock["packages"]["numpy"],
        "name": "dlprimer", "version": package.version, "file_name": package.name, "imports": ["dlprimer"], "depends": ["numpy"],
        "sha256": hashlib.sha256(package.content).hexdigest(),
    }  # fmt: skip
    listed = json.dumps({"files": files, "lock": lock}, indent=1)
    if write_if_new(target / "runtime.json", listed.encode()) and log.isEnabledFor(logging.INFO):  # to compress takes most of a second
        raw = sum(file["bytes"] for file in files)
        small = sum(len(gzip.compress((target / file["path"].partition("?")[0]).read_bytes(), 6)) for file in files)
        log.info("The Python that runs the examples in a browser: %.1f MB, %.1f MB compressed", raw / 1e6, small / 1e6)
    return package


def _entry(path: str, sha256: str, size: int) -> dict[str, Any]:
    """A file to load. Its address changes with its content, so that what a browser keeps is never out of date."""
    return {"name": path.rpartition("/")[2], "path": f"{path}?{sha256[:16]}", "bytes": size, "sha256": sha256}


def write_if_new(path: Path, content: bytes) -> bool:
    """Write a file unless it holds this already; tells whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.write_bytes(content)
    return True
