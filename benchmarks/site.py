"""How long `make serve` takes to show the book, and a saved edit to show, with the book as it is and with all its 100 pages.

python benchmarks/site.py [--pages 100] [--edits 5]
python benchmarks/site.py --growth 25 100 300 1000

Missing pages are copies of the written ones, with their records, figures, explorables and examples. Times are wall-clock
seconds on this machine; the first start draws every figure and builds every page, the second finds what has not changed in the cache.
With `--growth`, how long a strict build takes for books of these sizes, figures drawn before: what a page costs should not grow with
their number.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
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
    while len(questions) < pages:  # chapters that the book does not have
        chapter = more(len(questions), min(10, pages - len(questions)))
        listed.append(chapter)
        questions += [(chapter, question) for question in chapter["questions"]]
    (folder / "scripts/book/questions.yml").write_text(yaml.safe_dump({"chapters": listed}), encoding="utf-8")
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


def more(before: int, count: int) -> dict:
    """A chapter of invented questions, numbered on from those before."""
    questions = [
        {"number": n, "slug": f"copy-{n}", "title": f"What is number {n}?", "name": f"Number {n}", "level": "core", "prerequisites": []}
        for n in range(before + 1, before + 1 + count)
    ]
    return {"number": 100 + before, "slug": f"copies-{before}", "title": f"Copies from {before}", "questions": questions}


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
    drawn = ROOT / ".cache" / "figures" / source[1]["slug"]
    if drawn.is_dir():
        shutil.copytree(drawn, folder / ".cache" / "figures" / target[1]["slug"])
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


def build(folder: Path) -> tuple[float, float]:
    """Seconds on the clock and of the processor for a strict build."""
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'scripts'}{os.pathsep}{folder / 'src'}", "NO_MKDOCS_2_WARNING": "1"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"], cwd=folder, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def growth(sizes: list[int]) -> int:
    """Print what a build costs by the number of pages; 1 if a page of the largest book costs twice one of the smallest step or more."""
    print(f"{'pages':>6} {'clock':>9} {'processor':>10} {'each more page':>15}")
    previous: tuple[int, float] | None = None
    steps = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="book-") as name:
            copy_of_the_book(Path(name), size)
            shutil.copytree(ROOT / ".cache" / "figures", Path(name) / ".cache" / "figures", dirs_exist_ok=True)
            clock, processor = build(Path(name))
        if previous:
            steps.append((processor - previous[1]) / (size - previous[0]))
        print(f"{size:>6} {clock:>7.1f} s {processor:>8.1f} s" + (f"{steps[-1] * 1000:>12.0f} ms" if steps else ""), flush=True)
        previous = size, processor
    return int(len(steps) > 1 and steps[-1] > 2 * steps[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--edits", type=int, default=5)
    parser.add_argument("--growth", type=int, nargs="+", metavar="PAGES")
    options = parser.parse_args()
    if options.growth:
        return growth(sorted(options.growth))
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
