"""`dlprimer` as a wheel, written without a build backend: the same bytes whenever the package is the same."""

from __future__ import annotations

import base64
import hashlib
import io
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from book.questions import ROOT

DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
LEFT_OUT = ("__pycache__", ".DS_Store")


@dataclass(frozen=True)
class Wheel:
    """A wheel in memory; the build tag in its name changes with its content, so that no browser or pip keeps an old one."""

    version: str
    name: str
    content: bytes


def build(root: Path = ROOT) -> Wheel:
    """The wheel of the package below `root/src`, as `pyproject.toml` describes it."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = root / "src" / project["name"]
    files = {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(LEFT_OUT) & set(path.parts) and path.suffix != ".pyc"
    }
    info = f"{project['name']}-{project['version']}.dist-info"
    files |= {f"{info}/licenses/{name}": (root / name).read_bytes() for name in project["license-files"]}
    files[f"{info}/METADATA"] = _metadata(project, (root / "README.md").read_text(encoding="utf-8"))
    # A build tag begins with a digit.
    tag = "0" + hashlib.sha256(repr(sorted((name, _digest(data)) for name, data in files.items())).encode()).hexdigest()[:12]
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: dlprimer\nRoot-Is-Purelib: true\nTag: py3-none-any\nBuild: {tag}\n"
    ).encode()
    files[f"{info}/RECORD"] = (
        "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in sorted(files.items()))
        + f"{info}/RECORD,,\n"
    ).encode()
    return Wheel(project["version"], f"{project['name']}-{project['version']}-{tag}-py3-none-any.whl", _zipped(files))


def _metadata(project: dict, readme: str) -> bytes:
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"License-Expression: {project['license']}",
        *(f"License-File: {name}" for name in project["license-files"]),
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in project["dependencies"]),
        "Description-Content-Type: text/markdown",
    ]
    return ("\n".join(lines) + "\n\n" + readme).encode()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        # Installers read the metadata, which wheels keep at the end.
        for name in sorted(files, key=lambda name: (".dist-info/" in name, name.endswith("/RECORD"), name)):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix, on every machine
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return target.getvalue()
