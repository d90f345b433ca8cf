"""The wheel that the site serves: whole, the same on every build, and the package when it is installed."""

import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from book import wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    package = wheel.build()
    (tmp_path / package.name).write_bytes(package.content)
    with zipfile.ZipFile(tmp_path / package.name) as archive:
        archive.extractall(tmp_path / "installed")
    return tmp_path / "installed"


def test_it_is_the_same_bytes_whenever_and_wherever_it_is_built(tmp_path: Path) -> None:
    for part in ("src", "README.md", "LICENSE", "pyproject.toml"):
        source = ROOT / part
        copy = tmp_path / part
        shutil.copytree(source, copy) if source.is_dir() else shutil.copyfile(source, copy)
    again = wheel.build(tmp_path)
    assert again == wheel.build()
    module = tmp_path / "src" / "dlprimer" / "autograd.py"
    module.write_text(module.read_text() + "\n")
    assert wheel.build(tmp_path).name != again.name


def test_its_name_is_one_that_installers_read() -> None:
    from packaging.utils import parse_wheel_filename

    package = wheel.build()
    name, version, build, tags = parse_wheel_filename(package.name)
    assert (name, str(version), {str(tag) for tag in tags}) == ("dlprimer", package.version, {"py3-none-any"})
    assert build


def test_its_record_names_every_file_with_its_digest(unpacked: Path) -> None:
    (record,) = unpacked.glob("*.dist-info/RECORD")
    listed = {}
    for line in record.read_text().splitlines():
        name, digest, size = line.rsplit(",", 2)
        listed[name] = digest
        if digest:
            content = (unpacked / name).read_bytes()
            assert len(content) == int(size)
            assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    assert listed.keys() == {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert [name for name, digest in listed.items() if not digest] == [record.relative_to(unpacked).as_posix()]


def test_it_holds_the_package_with_its_data_and_nothing_else(unpacked: Path) -> None:
    source = ROOT / "src" / "dlprimer"
    expected = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path.relative_to(unpacked / "dlprimer") for path in (unpacked / "dlprimer").rglob("*") if path.is_file()} == expected


def test_what_is_installed_from_it_works(unpacked: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r})\n"
        "import importlib.metadata, dlprimer\n"
        "assert dlprimer.__file__.startswith(sys.path[0]), dlprimer.__file__\n"
        "print(dlprimer.digits()[0].shape, importlib.metadata.version('dlprimer'), importlib.metadata.requires('dlprimer'))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert ran.stdout.strip() == f"(1797, 8, 8) {wheel.build().version} ['numpy>=2.0,<3']", ran.stderr
