"""MkDocs calls these around a build; `python -m book.finish SITE` does the same for a site built by another generator."""

from pathlib import Path
from typing import Any

from book import finish


def on_post_page(output: str, **_: Any) -> str:
    return finish.mend(output)


def on_post_build(config: Any) -> None:
    finish.add_files(Path(config.site_dir))
