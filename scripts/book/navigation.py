"""The navigation of a long book: the line of a chapter that a page is not in is rendered once, and not anew for every page.

The theme's template would also look through all pages of each chapter to write its one line: every page would cost as much as the
book is long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import ChoiceLoader, DictLoader, Environment, TemplateNotFound, pass_context

TEMPLATE = "partials/nav.html"
LOOP = """{% for nav_item in nav.items %}
      {% set path = "__nav_" ~ loop.index %}
      {{ item.render(nav_item, path, 1) }}
    {% endfor %}"""
ITEM = "\n      \n      {}\n    "  # what the loop writes, so that not a byte of a page changes


def keep_lines(environment: Environment) -> None:
    """Let a build's environment keep the lines of chapters; a theme that writes them in another way is left as it is."""
    loader = environment.loader
    assert loader is not None
    try:
        source, _, _ = loader.get_source(environment, TEMPLATE)
    except TemplateNotFound:
        return
    kept = source.replace(LOOP, "{{ kept_lines(item.render) }}")
    environment.loader = ChoiceLoader([DictLoader({TEMPLATE: kept}), loader])
    environment.globals["kept_lines"] = _line_keeper()


def _line_keeper() -> Callable[..., str]:
    beginnings: list[str] = []
    kept: dict[tuple[str, int], str] = {}

    @pass_context
    def lines(context: Any, render: Callable[[Any, str, int], str]) -> str:
        """Pruned to a link, what the page is not in is the same on every page from which the root is as far, in another folder than its."""
        items, page, root = context["nav"].items, context["page"], context["base_url"]
        if not beginnings:
            beginnings.extend(_beginning(item) for item in items)
        here = page.url.partition("/")[0] if page else ""
        texts = []
        for i, item in enumerate(items):
            is_kept = not item.active and beginnings[i] not in ("", here)
            text = kept.get((root, i)) if is_kept else None
            if text is None:
                text = ITEM.format(render(item, f"__nav_{i + 1}", 1))
                if is_kept:
                    kept[root, i] = text
            texts.append(text)
        return "".join(texts)

    return lines


def _beginning(item: Any) -> str:
    """The folder in which an entry's link begins; none for the home page and for what is not pruned to one link."""
    first = item.children[0] if item.children else item
    return first.url.partition("/")[0] if first.is_page else ""
