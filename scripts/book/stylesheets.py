"""The theme's styles without those for what this book does not have: half of what a first visit would load of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tinycss2

# What the theme's script can do and the theme's settings here do not ask for.
UNUSED = re.compile(
    r"(--)?md-(version|annotation|mermaid|source|tabs|consent|feedback|banner|announce|tag|post|author|social|progress|tooltip2?)"
)
SWITCH = re.compile(r"""\[(data-md-color-[\w-]+)=["']?([\w-]+)""")
VARIABLE = re.compile(r"(--[\w-]+)")
REFERENCE = re.compile(r"var\(\s*(--[\w-]+)")
CLASSES = re.compile(r"""class=(?<=\bclass=)(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
WORD = re.compile(r"[\w-]+")
CONDITION = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")


def names_in(site: Path) -> set[str]:
    """The classes and colors in a site's pages, and the words of its scripts: what a script adds to a page, it names."""
    names = {"focus-visible", "js", "no-js", "data-md-color-scheme=slate"}  # these come and go by scripts
    for script in scripts(site):
        words = set(WORD.findall(script.read_text(encoding="utf-8")))
        is_theme = "javascripts" in script.parts  # whose other words are English, or one letter long
        names.update(word for word in words if not is_theme or (word.startswith("md-") and not UNUSED.match(word)))
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        for found in set(CLASSES.findall(html)):
            names.update("".join(found).split())
        names.update(f"{color[1]}={color[2]}" for color in re.finditer(r'(data-md-color-[\w-]+)="?([\w-]+)', html))
    return names


def scripts(site: Path) -> list[Path]:
    """The scripts of a site, without Python's."""
    return [file for file in sorted((site / "assets").rglob("*.js")) if "runtime" not in file.parts]


def variables_in(site: Path) -> set[str]:
    """The variables that the site's styles refer to, or that its scripts and pages name."""
    used: set[str] = set()
    for sheet in site.rglob("*.css"):
        used.update(REFERENCE.findall(sheet.read_text(encoding="utf-8")))
    for file in [*scripts(site), *site.rglob("*.html")]:
        used.update(VARIABLE.findall(file.read_text(encoding="utf-8")))
    return {name for name in used if not UNUSED.match(name)}


def _is_used(selector: str, names: set[str]) -> bool:
    if re.search(r"\[dir=[\"']?rtl|\[role=columnheader\]", selector):  # the book is in English, and no table of it can be sorted
        return False
    if any(f"{name}={value}" not in names for name, value in SWITCH.findall(selector)):
        return False
    return all(name.replace("\\", "") in names for name in CLASS.findall(CONDITION.sub("", selector)))


def _selectors(prelude: list[Any]) -> Iterator[str]:
    part: list[Any] = []
    for token in [*prelude, None]:
        if token is None or (token.type == "literal" and token.value == ","):
            yield tinycss2.serialize(part)
            part = []
        else:
            part.append(token)


def _declarations(content: list[Any], variables: set[str] | None) -> str:
    if variables is None:
        return tinycss2.serialize(content)
    declarations = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    return ";".join(
        item.serialize() for item in declarations if item.type != "declaration" or not item.name.startswith("--") or item.name in variables
    )


def _kept(rules: list[Any], names: set[str], variables: set[str] | None) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            used = [selector for selector in _selectors(rule.prelude) if _is_used(selector, names)]
            if used and (declarations := _declarations(rule.content, variables)):
                yield f"{','.join(used)}{{{declarations}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            if inner := prune(rule.content, names, variables):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        else:
            yield rule.serialize()


def prune(css: str | list[Any], names: set[str], variables: set[str] | None = None) -> str:
    """The styles without rules for classes that are not among these names, and without other variables than these.

    Raises:
        ValueError: For styles that cannot be read.
    """
    rules = tinycss2.parse_rule_list(css, skip_comments=True, skip_whitespace=True)
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"styles that cannot be read, in line {rule.source_line}: {rule.message}")
    return "".join(_kept(rules, names, variables))
