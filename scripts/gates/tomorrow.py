"""What will be: the newest releases that the project allows, and the successor of MkDocs. python -m gates.tomorrow

First, whether anything newer than what is installed is allowed: then the unit tests and the strict build run with it, in an environment of
its own, and the command ends with 1 if they fail. Then a report, which fails nothing: the content built with Zensical, since Material for
MkDocs is maintained until 2027.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path

from gates import pages_of, tools

ROOT = tools.ROOT


def newer(python: str) -> dict[str, tuple[str, str]]:
    """What a fresh install would take that is not what is installed: names with both versions."""
    command = [python, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-", "-e", ".[test]"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = {}
    for package in json.loads(ran.stdout)["install"]:
        name, new = package["metadata"]["name"], package["metadata"]["version"]
        try:
            old = version(name)
        except ModuleNotFoundError:
            old = "none"
        if old != new and name != "dlprimer":
            found[name] = (old, new)
    return found


def run(command: list[str], cwd: Path = ROOT, **environment: str) -> int:
    print("+", *command[1:], flush=True)
    return subprocess.run(command, cwd=cwd, env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment}).returncode


def newest_pass(python: str, folder: Path) -> bool:
    """Whether the unit tests and the strict build pass with the newest releases allowed, in a new environment."""
    if run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", ".[test]"]):
        return False
    tests = run([python, "-m", "pytest", "-q", "-n", "2", "-m", "not browser and not gate"], OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    return tests == 0 and run([python, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder / "site")]) == 0


def report_on_zensical(python: str, folder: Path) -> None:
    """Build the content with Zensical and say how much of it arrives."""
    packages = folder / "packages"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(packages), "zensical"]
    if run(install):
        print("Zensical could not be installed")
        return
    copy = folder / "book"  # it builds into the folder it reads from
    for part in ("docs", "scripts", "src", ".cache/figures"):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", copy)
    paths = os.pathsep.join(str(path) for path in (packages, copy / "scripts", copy / "src"))
    code = run([sys.executable, "-m", "zensical", "build"], cwd=copy, PYTHONPATH=paths)
    site = copy / "site"
    if code or not (site / "index.html").is_file():
        print(f"Zensical ended with {code} and no site")
        return
    html = {address: (site / address / "index.html").read_text(encoding="utf-8") for address in pages_of(site)}
    count = {what: sum(len(re.findall(pattern, text)) for text in html.values()) for what, pattern in
             (("formulas", "<math"), ("figures", "<figure"), ("errors", 'class="?markup-error'))}  # fmt: skip
    print(f"Zensical: {len(html)} pages, " + ", ".join(f"{number} {what}" for what, number in count.items()))


def main() -> int:
    passed = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "environment", with_pip=True)
        python = str(folder / "environment" / "bin" / "python")
        found = newer(python)
        for package, (old, new) in found.items():
            print(f"{package}: {old} here, {new} is allowed")
        report_on_zensical(python, folder)
        if found:
            passed = newest_pass(python, folder)
        else:
            print("nothing newer is allowed than what the other checks ran with")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
