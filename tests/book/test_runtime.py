"""The Python that the site serves: every byte as vendored, completed by a build, and listed for the browser."""

import hashlib
import json
import logging
import shutil
from pathlib import Path

import pytest

from book import questions, runtime

SETTINGS = """
site_name: Small
theme: mkdocs
plugins: []
hooks: [scripts/book/hooks.py]
markdown_extensions: [pymdownx.superfences, book.markup]
"""
FRONT = """---
question: 33
level: core
prerequisites: [12]
description: A sentence that is long enough to describe what the page is about.
---
"""
VENDORED = runtime.folder() / "runtime"


@pytest.fixture
def vendored(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VENDORED, tmp_path / "runtime"))


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_manifest_names_every_file_with_source_version_and_licence() -> None:
    manifest = runtime.check()
    for package in manifest["packages"]:
        assert package["version"] and package["source"] and package["license"]
        assert any(name.endswith("-LICENSE.txt") for name in package["files"])
    assert sorted(name for package in manifest["packages"] for name in package["files"]) == sorted(manifest["files"])
    lock = json.loads((VENDORED / "pyodide-lock.json").read_text())
    numpy = lock["packages"]["numpy"]
    assert manifest["files"][numpy["file_name"]]["sha256"] == numpy["sha256"]
    for name, file in manifest["files"].items():
        assert (VENDORED / name).stat().st_size == file["bytes"]


@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "pyodide.mjs", "numpy-LICENSE.txt"])
def test_a_byte_that_differs_is_found_and_named(vendored: Path, name: str) -> None:
    flip_a_byte(vendored / name)
    with pytest.raises(runtime.RuntimeFileError, match=rf"{name} has sha256 .*manifest.json says"):
        runtime.check(vendored)


def test_a_missing_or_unknown_file_is_named(vendored: Path) -> None:
    (vendored / "extra.js").write_text("")
    with pytest.raises(runtime.RuntimeFileError, match=r"extra\.js, of which manifest\.json knows nothing"):
        runtime.check(vendored)
    (vendored / "python_stdlib.zip").unlink()
    with pytest.raises(runtime.RuntimeFileError, match=r"python_stdlib\.zip is missing"):
        runtime.check(vendored)
    (vendored / "manifest.json").unlink()
    with pytest.raises(runtime.RuntimeFileError, match=r"manifest\.json is missing"):
        runtime.check(vendored)


def test_a_build_lists_what_the_browser_loads_and_says_how_large_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    target = Path(shutil.copytree(runtime.folder(), tmp_path / "site" / "assets" / "python"))
    (target / "dlprimer-0.0.1-0abc-py3-none-any.whl").write_bytes(b"of an earlier build")
    with caplog.at_level(logging.INFO, logger="mkdocs.book"):
        runtime.add_to(tmp_path / "site")
        runtime.add_to(tmp_path / "site")
    assert len(caplog.messages) == 1 and " MB compressed" in caplog.messages[0]
    listed = json.loads((target / "runtime.json").read_text())
    total = 0
    for file in listed["files"]:
        path, _, version = file["path"].partition("?")
        content = (target / path).read_bytes()
        total += len(content)
        digest = hashlib.sha256(content).hexdigest()
        assert (len(content), digest, digest[:16]) == (file["bytes"], file["sha256"], version)
    assert runtime.megabytes() - 1 <= total / 1e6 <= runtime.megabytes()
    assert len(list(target.glob("dlprimer-*.whl"))) == 1
    names = {file["name"] for file in listed["files"]}
    assert {package["file_name"] for package in listed["lock"]["packages"].values()} <= names


def test_a_strict_build_ends_at_a_wrong_byte(book) -> None:
    question = questions.by_number(33)
    shutil.copytree(VENDORED, book.root / "docs" / "assets" / "python" / "runtime")
    flip_a_byte(book.root / "docs" / "assets" / "python" / "runtime" / "pyodide.asm.wasm")
    (book.root / "mkdocs.yml").write_text(SETTINGS)
    (book.root / "docs" / "index.md").write_text("# Contents\n")
    book.record.with_suffix(".md").write_text(f"{FRONT}\n# {question.title}\n\n::: example\n")
    done = book.python("-m", "mkdocs", "build", "--quiet", "--strict")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "docs/assets/python/runtime/pyodide.asm.wasm has sha256" in done.stderr
