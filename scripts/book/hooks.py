"""MkDocs calls these around a build. What a finished site needs is in `book.finish`, which is also a command; the rest spares the search
needless reading, and is for `mkdocs serve --dirty`, which builds only the page that was edited."""

import gc
import json
import logging
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.plugins import CombinedEvent, event_priority

from book import finish, labs, navigation, search, served
from book.markup.page import MarkupError, log, reported
from book.questions import by_page

# The template that turns a notebook into HTML has no place for the texts of its pictures and says so; `labs.tidy` adds them.
logging.getLogger("traitlets").setLevel(logging.ERROR)

_previous_search: list[dict[str, Any]] | None = None
_serving = False
_kept: dict[str, str] = {}
_built: dict[str, str] | None = None
_whole = ""


def on_startup(command: str, dirty: bool) -> None:
    global _serving
    _serving = command == "serve" and dirty
    # A build keeps most of what it makes. To go through all of it as often as Python does by itself takes a sixth of the time.
    gc.set_threshold(20_000, 20, 20)


def on_pre_build(config: Any) -> None:
    global _previous_search, _kept, _built
    first = _serving and not (Path(config.site_dir) / "index.html").exists()
    _kept = served.restore(Path(config.site_dir), config.site_url or "") if first else {}
    _built = {} if first else None
    _previous_search = search.entries(Path(config.site_dir))


def on_files(files: Any, config: Any) -> None:
    """A page is also out of date when its record, explorable, example or experiment is newer.

    On the first build of a server, a page is out of date unless it was kept and its own files are as they were then.
    """
    if _built is not None:
        for file in files:
            now = served.digest(file.src_uri) if file.is_documentation_page() else None
            if now is not None:
                _built[file.src_uri] = now
            if now is None or _kept.get(file.src_uri) != now:
                file.is_modified = lambda: True
            else:
                file.is_modified = lambda: False
        return
    for file in files.documentation_pages():
        question = by_page(file.src_uri)
        page = Path(file.abs_dest_path)
        if question is None or not page.is_file():
            continue
        parts = (question.record, question.explorable, question.example, question.experiment)
        if any(part.is_file() and part.stat().st_mtime > page.stat().st_mtime for part in parts):
            file.is_modified = lambda: True


def on_env(env: Any, **_: Any) -> None:
    navigation.keep_lines(env)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """A lab in the dress of the book."""
    if not page.file.src_uri.startswith("labs/"):
        return html
    file = Path(page.file.abs_src_path)
    if problem := labs.stale(file):
        reported.add(page.file.src_uri)
        log.error("docs/%s: %s", page.file.src_uri, problem)
    try:
        return labs.tidy(html, file.stem, json.loads(file.read_text(encoding="utf-8"))["cells"])
    except MarkupError as error:
        raise PluginError(f"docs/{page.file.src_uri}: {error}") from error


@event_priority(100)
def _before_search(context: Any, page: Any, **_: Any) -> None:
    global _whole
    _whole = page.content
    page.content = search.thinned(page.content)


@event_priority(-100)
def _after_search(context: Any, page: Any, **_: Any) -> None:
    page.content = search.without_settings(_whole)


on_page_context = CombinedEvent(_before_search, _after_search)


def on_post_page(output: str, **_: Any) -> str:
    return finish.mend(output)


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """The page for what is missing is no page of the navigation."""
    return finish.mend(output) if template_name.endswith(".html") else output


def on_post_build(config: Any) -> None:
    site = Path(config.site_dir)
    finish.rename_tables(site)
    if not _serving:
        finish.minify(site)
        finish.lighten(site)
    finish.add_files(site, config.site_url or "")
    if _previous_search is not None:
        search.put_back(site, _previous_search)
    if _built is not None:
        served.keep(site, config.site_url or "", {page: digest for page, digest in _built.items() if page not in reported})
