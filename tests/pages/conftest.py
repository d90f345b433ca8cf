"""What the tests of all pages share."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def open_explorable(open_page: Callable[..., Any], request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Opens an address, by default the module's `ADDRESS`; returns the page and its explorable once that runs."""

    def run(address: str = request.module.ADDRESS, **settings: Any) -> Any:
        page = open_page(address, **settings)
        figure = page.locator("figure.explorable")
        figure.scroll_into_view_if_needed()
        page.locator("figure.explorable[data-state=live]").wait_for()
        return page, figure

    return run
