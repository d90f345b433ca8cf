"""What `mkdocs serve` built last, kept in `.cache/served`, so that the next start builds only the pages that changed since.

MkDocs serves from a new folder and builds every page into it first, which takes a minute when the book is long. A question's
page depends on its own files and on what all pages share; when the latter is as it was, the page is taken from the last start.
Pages without a question (contents, glossary, map) gather from all others and are always built; so is everything by `mkdocs build`.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from book import questions
from book.markup import footer
from book.reference import PACKAGE

KEPT = questions.ROOT / ".cache" / "served"
LIST = "pages.json"


def parts(src_uri: str) -> list[Path] | None:
    """The files that a page alone depends on; None for a page that depends on other pages too."""
    if question := questions.by_page(src_uri):
        return [question.page, question.record, question.explorable, question.example, question.experiment]
    if src_uri.startswith(("reference/", "labs/")):
        return [questions.DOCS / src_uri]
    return None


def restore(site: Path, site_url: str) -> dict[str, str]:
    """Put what was kept into the empty folder of a site.

    Returns:
        The digest of each kept page's own files by its path below docs/; empty, and nothing put there, when there is
        nothing or what all pages share has changed.
    """
    try:
        kept = json.loads((KEPT / LIST).read_text(encoding="utf-8"))
        if kept["shared"] != _shared(site_url):
            return {}
        pages: dict[str, str] = kept["pages"]
        shutil.copytree(KEPT / "site", site, dirs_exist_ok=True)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return pages


def keep(site: Path, site_url: str, pages: dict[str, str]) -> None:
    """Keep a site whose pages had these digests when they were built, whole or not at all."""
    KEPT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="served-", dir=KEPT.parent) as folder:
        new = Path(folder) / "new"
        shutil.copytree(site, new / "site")
        (new / LIST).write_text(json.dumps({"shared": _shared(site_url), "pages": pages}), encoding="utf-8")
        if KEPT.exists():
            KEPT.rename(Path(folder) / "old")
        new.rename(KEPT)


def digest(src_uri: str) -> str | None:
    """What a page's own files hold now; None if it also depends on other pages."""
    files = parts(src_uri)
    return None if files is None else _digest(files)


def _shared(site_url: str) -> str:
    """What every page depends on: code, style and settings, what there is, and which page refers to which."""
    root, docs = questions.ROOT, questions.DOCS
    there = sorted(path for path in docs.rglob("*") if path.is_file())
    own = {path for question in questions.all_questions() for path in (question.record, question.explorable, question.example)}
    files = [
        root / "mkdocs.yml",
        root / "requirements" / "site.txt",
        *sorted(path for folder in (root / "scripts" / "book", PACKAGE) for path in folder.rglob("*") if path.suffix != ".pyc"),
        *(path for path in there if path not in own and path.suffix not in (".md", ".ipynb")),
    ]
    links = [(question.number, sorted(footer.uses(question))) for question in questions.all_questions()]
    return hashlib.sha256(repr((site_url, there, links, _digest(files))).encode()).hexdigest()


def _digest(files: Iterable[Path]) -> str:
    """One digest of the files' paths and content; a missing file is one without content."""
    total = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "-"
        total.update(f"{file} {content}\n".encode())
    return total.hexdigest()
