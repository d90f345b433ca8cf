"""How long `make serve` takes to show the book, and a saved edit to show, with the book as it is and with all its 100 pages.

python benchmarks/site.py [--pages 100] [--edits 5]

Missing pages are copies of the written ones, with their records, figures, explorables and examples. Times are wall-clock
seconds on this machine; the first start draws every figure and builds every page, the second finds what has not changed in the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT, EDIT_LIMIT = 10.0, 2.0


def copy_of_the_book(folder: Path, pages: int) -> None:
    """The project in `folder`, with at least `pages` questions answered, by copies where needed."""
    for part in ("docs", "scripts", "src"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, folder)
    listed = yaml.safe_load((folder / "scripts/book/questions.yml").read_text(encoding="utf-8"))["chapters"]
    questions = [(chapter, question) for chapter in listed for question in chapter["questions"]]
    written = [pair for pair in questions if part_of(folder, *pair, ".md").is_file()]
    for i, pair in enumerate([pair for pair in questions if pair not in written][: max(0, pages - len(written))]):
        copy_page(folder, written[i % len(written)], pair)
    # Only the configuration's text is at hand (its tags need MkDocs), so the navigation, its last entry, is cut and written anew.
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (folder / "mkdocs.yml").write_text(
        configuration[: configuration.index("\nnav:")]
        + "\n"
        + yaml.safe_dump({"nav": navigation(folder, listed)}, allow_unicode=True),
        encoding="utf-8",
    )


def part_of(folder: Path, chapter: dict, question: dict, suffix: str) -> Path:
    return folder / "docs" / chapter["slug"] / (question["slug"] + suffix)


def copy_page(folder: Path, source: tuple[dict, dict], target: tuple[dict, dict]) -> None:
    """Answer one question with the page of another."""
    for suffix in (".md", ".json", ".js", ".py"):
        new = part_of(folder, *target, suffix)
        new.parent.mkdir(exist_ok=True)
        text = part_of(folder, *source, suffix).read_text(encoding="utf-8")
        if suffix == ".md":
            text = text.replace(f"question: {source[1]['number']}\n", f"question: {target[1]['number']}\n", 1)
            text = text.replace("# " + source[1]["title"], "# " + target[1]["title"], 1)
            text = re.sub(r"^prerequisites: .*$", f"prerequisites: {target[1]['prerequisites']}", text, count=1, flags=re.MULTILINE)
        elif suffix == ".json":
            text = json.dumps(json.loads(text) | {"question": target[1]["number"], "slug": target[1]["slug"]})
        new.write_text(text, encoding="utf-8")
    experiments = folder / "scripts" / "experiments"
    new = experiments / target[0]["slug"] / f"{target[1]['slug']}.py"
    new.parent.mkdir(exist_ok=True)
    shutil.copy(experiments / source[0]["slug"] / f"{source[1]['slug']}.py", new)


def navigation(folder: Path, listed: list[dict]) -> list:
    entries: list = ["index.md"]
    for chapter in listed:
        pages = [question for question in chapter["questions"] if part_of(folder, chapter, question, ".md").is_file()]
        index = folder / "docs" / chapter["slug"] / "index.md"
        if pages:
            first = [f"{chapter['slug']}/index.md"] if index.is_file() else []
            entries.append(
                {
                    chapter["title"]: first
                    + [{f"{q['number']} · {q['slug']}": f"{chapter['slug']}/{q['slug']}.md"} for q in pages]
                }
            )
    return [*entries, {"About": ["about/index.md"]}]


class Server:
    """`make serve` without the Makefile: the same command, in the copy."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"http://localhost:{port}/"
        environment = {
            **os.environ,
            "PYTHONPATH": f"{folder / 'scripts'}{os.pathsep}{folder / 'src'}",
            "NO_MKDOCS_2_WARNING": "1",
        }
        command = [
            sys.executable,
            "-m",
            "mkdocs",
            "serve",
            "--quiet",
            "--dirty",
            "--livereload",
            "--dev-addr",
            f"localhost:{port}",
        ]
        self.process = subprocess.Popen(command, cwd=folder, env=environment)

    def wait_for(self, path: str, text: str, limit: float = 300) -> float:
        """Seconds until the page holds the text."""
        start = time.perf_counter()
        while time.perf_counter() - start < limit:
            if self.process.poll() is not None:
                sys.exit(f"mkdocs serve ended with exit code {self.process.returncode}")
            try:
                with urllib.request.urlopen(self.address + path, timeout=limit) as answer:
                    if text in answer.read().decode():
                        return time.perf_counter() - start
            except OSError:
                pass
            time.sleep(0.02)
        sys.exit(f"{path} did not show {text!r} within {limit} s")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def measure(pages: int, edits: int) -> tuple[float, float, list[float]]:
    """Seconds to the first page on the first and on a warm start, and from each saved edit to its page."""
    with tempfile.TemporaryDirectory(prefix="book-") as name:
        folder = Path(name)
        copy_of_the_book(folder, pages)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        starts = []
        for last in (False, True):
            server = Server(folder, port)
            try:
                starts.append(server.wait_for("", "</html>"))
                edited = [edit(server, folder, i) for i in range(edits)] if last else []
            finally:
                server.stop()
        return starts[0], starts[1], edited


def edit(server: Server, folder: Path, i: int) -> float:
    """Seconds from saving a sentence in the i-th page to its being served."""
    pages = sorted(page for page in folder.glob("docs/*/*.md") if page.with_suffix(".json").is_file())
    page = pages[i % len(pages)]
    mark = f"Edit number {i}."
    with page.open("a", encoding="utf-8") as file:
        file.write(f"\n{mark}\n")
    seconds = server.wait_for(f"{page.parent.name}/{page.stem}/", mark)
    time.sleep(2)  # the next edit finds the server at rest
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--edits", type=int, default=5)
    options = parser.parse_args()
    print(f"{'pages':>6} {'first start':>12} {'warm start':>11} {'edit (median, worst)':>22}")
    slow = False
    for pages in (0, options.pages):
        first, warm, edits = measure(pages, options.edits)
        shown = f"{statistics.median(edits):.2f} s, {max(edits):.2f} s"
        print(f"{pages or 'as is':>6} {first:>10.1f} s {warm:>9.1f} s {shown:>22}", flush=True)
        slow |= warm > START_LIMIT or statistics.median(edits) > EDIT_LIMIT
    print(f"limits: warm start {START_LIMIT:g} s, edit {EDIT_LIMIT:g} s: {'too slow' if slow else 'kept'}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
