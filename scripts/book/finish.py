"""What a built site still lacks: small scripts and styles, the figures the pages use, Python for their cells, the security policy,
repairs to the theme's HTML.

As a command, `python -m book.finish SITE`, it finishes a site that was built without MkDocs's hooks.
"""

import os
import re
import sys
from pathlib import Path

from rcssmin import cssmin
from rjsmin import jsmin

from book import labs, notebook, policy, runtime, stylesheets
from book.markup import assets
from book.questions import DOCS

# What to change in the theme's HTML, and why.
REPAIRS: list[tuple[str, str]] = [
    # The script would otherwise hold up the first paint; it looks at the document only once that is complete.
    (r'<script src="([^"]*assets/javascripts/bundle[^"]*)">', r'<script defer src="\1">'),
    # A dialog needs a name, and the search field's own label is inside it.
    (r'(<div class="md-search" data-md-component="search" role="dialog")>', r'\1 aria-label="Search">'),
    # `autocomplete` is not allowed on check boxes.
    (r'(<input class="md-toggle"[^>]*?) autocomplete="off"', r"\1"),
    # An empty `tabindex` is not a number.
    (r' tabindex(?:="")?(?=[\s>])', ""),
    # A table wider than the screen scrolls, so the keyboard has to reach it.
    (r'<div class="md-typeset__scrollwrap">', '<div class="md-typeset__scrollwrap" tabindex="0">'),
    # A label of an icon alone says nothing to a screen reader.
    *(
        (rf'(<label class="md-header__button md-icon" for="{field}">)(?!<span)', rf'\1<span class="unseen">{name}</span>')
        for field, name in (("__drawer", "Contents"), ("__search", "Search"))
    ),
]
REFERENCE_STYLES = re.compile(r'\s*<link rel="stylesheet" href="[^"]*_mkdocstrings\.css">')
NESTED = re.compile(r"`[^`\n]*\$\{[^}`\n]*`")
_COMPILED = [(re.compile(pattern), replacement) for pattern, replacement in REPAIRS]


def mend(html: str) -> str:
    """The page with the theme's slips repaired; a page already repaired is unchanged."""
    for pattern, replacement in _COMPILED:
        html = pattern.sub(replacement, html)
    if 'class="doc ' not in html:  # only the library's reference has use for these styles
        html = REFERENCE_STYLES.sub("", html)
    # A label points at a field; pages without a table of contents have none to fold.
    return html if 'id="__toc"' in html else html.replace(' for="__toc"', "")


def minify(site: Path) -> None:
    """Take comments and spacing out of the book's own scripts and styles; what others made is left as they signed it.

    Raises:
        ValueError: For a template string within another's `${}`: the minifier would take the words between for code.
    """
    for kind, small in ((".js", jsmin), (".css", cssmin)):
        for source in DOCS.rglob(f"*{kind}"):
            file = site / source.relative_to(DOCS)
            if file.is_file() and not source.is_relative_to(runtime.folder() / "runtime"):
                text = source.read_text(encoding="utf-8")
                if kind == ".js" and (nested := NESTED.search(text)):
                    line = text.count("\n", 0, nested.start()) + 1
                    raise ValueError(f"{source}:{line}: a template string within another: give the inner one a name first")
                file.write_text(small(text), encoding="utf-8")


def lighten(site: Path) -> None:
    """Take out of the theme's styles what no page of the site uses."""
    names = stylesheets.names_in(site)
    for _ in range(2):  # what is left refers to fewer variables
        variables = stylesheets.variables_in(site)
        for file in (site / "assets" / "stylesheets").glob("*.css"):
            file.write_text(stylesheets.prune(file.read_text(encoding="utf-8"), names, variables), encoding="utf-8")


def add_files(site: Path, site_url: str = "") -> None:
    """Write what the pages refer to and no generator knows of: figures drawn from the records, Python for the cells, notebooks."""
    assets.copy_to(site)
    questions = runtime.with_cells()
    if questions and (package := runtime.add_to(site)):
        for question in questions:
            notebook.write(question, site, site_url, package.name)
        labs.add_downloads(site, site_url, package.name)
    policy.write(site)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "index.html").is_file():
        print("usage: python -m book.finish SITE, where SITE is a built site with an index.html", file=sys.stderr)
        return 2
    site = Path(arguments[0])
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        mended = mend(html)
        if mended != html:
            page.write_text(mended, encoding="utf-8")
    minify(site)
    lighten(site)
    add_files(site, os.environ.get("SITE_URL", ""))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
