"""Whether the pages are valid HTML and the styles valid CSS, by the checker that browsers' makers use: python -m gates.html SITE

Ends with 1 where there is an error. What is known and meant is in `KNOWN`, with its reason.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gates import pages_of, tools

KNOWN: dict[str, str] = {}


def errors(files: list[Path]) -> list[str]:
    """The errors in these files, one sentence each."""
    java = shutil.which("java")
    if java is None:
        raise RuntimeError("the HTML checker needs Java: apt install default-jre-headless")
    jar = tools.installed() / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = [java, "-Xss8m", "-jar", str(jar), "--errors-only", "--format", "json", "--exit-zero-always", *map(str, files)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    try:
        messages = json.loads(ran.stderr)["messages"]
    except ValueError as error:
        raise RuntimeError(f"the HTML checker failed: {ran.stderr[-500:]}") from error
    found = []
    for message in messages:
        if not any(re.search(pattern, message["message"]) for pattern in KNOWN):
            place = message.get("url", "").rpartition("file:")[2]
            found.append(f"{place}:{message.get('lastLine', 0)}: {message['message']} {message.get('extract', '')[:120]!r}")
    return found


def main(arguments: list[str]) -> int:
    site = Path(arguments[0] if arguments else "site")
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded.html"  # a fault that must be found, or the checker checks nothing
        seeded.write_text("<!doctype html><html lang=en><title>A</title><p><div></p>")
        found = errors([seeded, *(site / address / "index.html" for address in pages_of(site))])
    if not any("seeded.html" in error for error in found):
        raise RuntimeError("the HTML checker found nothing wrong with a page that is wrong")
    found = [error for error in found if "seeded.html" not in error]
    print("\n".join(found[:200]) or f"{len(pages_of(site))} pages of valid HTML")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
