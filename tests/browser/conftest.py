"""A small site for trying the explorables' kit, apart from the book's pages."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def kit_site(build_and_serve: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the pages in kit_page, built with the book's assets."""
    source = tmp_path_factory.mktemp("kit") / "source"
    shutil.copytree(ROOT / "tests" / "browser" / "kit_page", source)
    shutil.copytree(ROOT / "docs" / "assets", source / "docs" / "assets")
    return build_and_serve(source / "mkdocs.yml")


@pytest.fixture
def open_kit(new_page: Callable[..., Any], kit_site: str) -> Callable[..., Any]:
    """Open one of the kit's pages; with live=True (the default) wait until its explorable runs."""

    def run(path: str = "", live: bool = True, **settings: Any) -> Any:
        page = new_page(origin=kit_site, **settings)
        page.goto(kit_site + path, wait_until="load")
        if live:
            page.locator("figure[data-state=live]").wait_for()
        return page

    return run
