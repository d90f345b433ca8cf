"""The book is the same bytes wherever it is built, and a build that was killed leaves nothing behind that shows in the next."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate
ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "NO_MKDOCS_2_WARNING": "1"}


def contents(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """What the repository holds, in another folder with a space and a letter of its own in its name."""
    folder = tmp_path / "a clone, élsewhere"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().strip("\0").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def test_a_build_elsewhere_is_the_same_also_after_others_were_killed(site: str, site_folder: Path, elsewhere: Path) -> None:
    paths = os.pathsep.join(str(elsewhere / part) for part in ("src", "scripts"))
    environment = {**os.environ, **ELSEWHERE, "SITE_URL": site, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(elsewhere / "site")]
    chance = random.Random(len(contents(site_folder)))
    for _ in range(3):
        killed = subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(2, 15))
        killed.kill()
        killed.wait()
    built = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=900)
    assert built.returncode == 0, built.stderr
    here, there = contents(site_folder), contents(elsewhere / "site")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
