"""Lighthouse's scores of the heaviest pages, as a phone meets them: python -m gates.lighthouse [SITE]

The home page, a chapter's page and the five heaviest question pages, three runs each, of which the median counts. Timing belongs to the
machine: a page that is too low is measured anew, at most twice, and each try is printed. Ends with 1 where a score stays below
its limit. SITE must have been built for the address that it prints when it starts (SITE_URL).
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from book import questions
from gates import pages_of, tools
from gates.serving import served

LIMITS = {"performance": 0.97, "accessibility": 1.0, "best-practices": 1.0, "seo": 1.0}
RUNS, TRIES, HEAVIEST, PORT = 3, 3, 5, 8731
FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync")  # fmt: skip


def chosen(site: Path) -> list[str]:
    """The pages to measure: the home page, the first chapter's, and the question pages whose document weighs most."""
    answered = {f"{question.chapter_slug}/{question.slug}/" for question in questions.all_questions()}
    pages = [address for address in pages_of(site) if address in answered]
    weight = {address: (site / address / "index.html").stat().st_size for address in pages}
    return ["", pages[0].split("/")[0] + "/", *sorted(pages, key=lambda address: -weight[address])[:HEAVIEST]]


def scores(address: str, chromium: str) -> dict[str, float]:
    """The scores of one run."""
    folder = tools.installed()
    with tempfile.TemporaryDirectory() as profile:
        command = ["node", str(folder / "node_modules" / "lighthouse" / "cli" / "index.js"), address, "--quiet", "--output=json",
                   f"--only-categories={','.join(LIMITS)}", f"--chrome-flags={FLAGS} --user-data-dir={profile}"]  # fmt: skip
        ran = subprocess.run(command, env={**tools.environment(), "CHROME_PATH": chromium}, capture_output=True, text=True, timeout=300)
    if ran.returncode:
        raise RuntimeError(f"Lighthouse failed on {address}: {ran.stderr[-500:]}")
    report = json.loads(ran.stdout)
    return {name: category["score"] for name, category in report["categories"].items()}


def below(medians: dict[str, float]) -> list[str]:
    """Which scores are below their limits."""
    return [f"{name} {medians[name]:.2f}, at least {limit:.2f}" for name, limit in LIMITS.items() if medians[name] < limit]


def holds(name: str, run: Callable[[], dict[str, float]]) -> bool:
    """Whether a page's medians reach the limits, if need be when measured anew; each try is a line."""
    for attempt in range(1, TRIES + 1):
        runs = [run() for _ in range(RUNS)]
        medians = {score: statistics.median(found[score] for found in runs) for score in LIMITS}
        faults = below(medians)
        verdict = "" if not faults else "  too low" if attempt == TRIES else "  too low, measured anew:"
        print(f"{name:60}" + "".join(f"{medians[score]:16.2f}" for score in LIMITS) + verdict, flush=True)
        if not faults:
            return True
    return False


def build(site: Path) -> None:
    """Build the book for the address it will be served at."""
    environment = {**os.environ, "SITE_URL": f"http://127.0.0.1:{PORT}/", "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(site)]
    subprocess.run(command, cwd=tools.ROOT, env=environment, check=True)


def main(arguments: list[str]) -> int:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Lighthouse needs Chromium: apt install chromium, or name it in CHROMIUM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(arguments[0]) if arguments else Path(temporary) / "site"
        if not arguments:
            build(site)
        failed = False
        print(f"{'page':60}" + "".join(f"{name:>16}" for name in LIMITS))
        with served(site, PORT) as root:
            for address in chosen(site):
                failed |= not holds(address or "home", partial(scores, root + address, chromium))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
