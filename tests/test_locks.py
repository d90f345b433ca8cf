"""The locked requirements can be installed, whatever is released later."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = sorted((Path(__file__).parents[1] / "requirements").glob("*.txt"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?==", re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_package_is_pinned_with_the_extras_that_others_ask_for(lock: Path) -> None:
    """pip takes `coverage[toml]` for another package than `coverage`: pinned without it, it looks for the newest and finds no hash."""
    pinned = {canonicalize_name(name): set(extras.split(",")) for name, extras in PIN.findall(lock.read_text())}
    asked = {}
    for package in metadata.distributions():
        if canonicalize_name(package.metadata["Name"]) in pinned:
            for line in package.requires or ():
                needed = Requirement(line)
                if needed.extras and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                    asked.setdefault(canonicalize_name(needed.name), set()).update(needed.extras)
    assert asked or lock.name == "gates.txt"
    assert {name: extras - pinned[name] for name, extras in asked.items() if extras - pinned[name]} == {}
