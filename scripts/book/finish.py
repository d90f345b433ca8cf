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

TABLE = "plain"  # the class of tables
LATE = jsmin(Path(__file__).with_name("late.js").read_text(encoding="utf-8"))
STYLED = "<script>__md_scope"  # the first script after the styles
FONTS = ('1em "Source Serif 4"', 'italic 1em "Source Serif 4"')
MATH = '1em "STIX Two Math Book"'
# What to change in the theme's HTML, and why.
REPAIRS: list[tuple[str, str]] = [
    # The theme's script measures the whole page as it starts, so the scripts wait until the text is painted, if possible in its fonts.
    (
        r'(?<!<template id="late">)(<script src="[^"]*assets/javascripts/bundle[^"]*"></script>.*?)\s*(?=</body>)',
        rf'<template id="late">\1</template><script>{LATE}</script>',
    ),
    # A dialog needs a name, and the search field's own label is inside it.
    (r'(<div class="md-search" data-md-component="search" role="dialog")>', r'\1 aria-label="Search">'),
    # `autocomplete` is not allowed on check boxes.
    (r'(<input class="md-toggle"[^>]*?) autocomplete="off"', r"\1"),
    # An empty `tabindex` is not a number.
    (r' tabindex(?:="")?(?=[\s>])', ""),
    # The theme's script puts a frame that scrolls around each table without a class: late, so that the page would move.
    (
        r"<table>(.*?)</table>",
        rf'<div class="md-typeset__scrollwrap"><div class="md-typeset__table"><table class="{TABLE}">\1</table></div></div>',
    ),
    # A label of an icon alone says nothing to a screen reader.
    *(
        (rf'(<label class="md-header__button md-icon" for="{field}">)(?!<span)', rf'\1<span class="unseen">{name}</span>')
        for field, name in (("__drawer", "Contents"), ("__search", "Search"))
    ),
]
REFERENCE_STYLES = re.compile(r'<link rel="stylesheet" href="[^"]*_mkdocstrings\.css">')
SPACING = re.compile(r"\s*\n\s*")
NESTED = re.compile(r"`[^`\n]*\$\{[^}`\n]*`")
_COMPILED = [(re.compile(pattern, re.DOTALL), replacement) for pattern, replacement in REPAIRS]


def mend(html: str) -> str:
    """The page with the theme's slips repaired; a page already repaired is unchanged."""
    for pattern, replacement in _COMPILED:
        html = pattern.sub(replacement, html)
    if 'class="doc ' not in html and (link := REFERENCE_STYLES.search(html)):  # only the library's reference has use for these styles
        html = html[: link.start()].rstrip() + html[link.end() :]
    if f"</script>{STYLED}" not in html:  # a font asked for before the text is laid out is used at once; otherwise all is laid out twice
        faces = [*FONTS, MATH] if "<math" in html else [*FONTS]
        html = html.replace(STYLED, f"<script>for(const font of {faces})document.fonts.load(font).catch(()=>{{}})</script>{STYLED}", 1)
    before, text, after = html.partition("<article")
    inside, text_end, rest = after.rpartition("</article>")
    if text and text_end:  # around the text the theme's templates leave more spacing than words
        html = SPACING.sub("\n", before) + text + inside + text_end + SPACING.sub("\n", rest)
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


def rename_tables(site: Path) -> None:
    """Let the theme's styles know the book's tables by their class.

    With "tables without a class" the browser has to style all of an element's contents anew whenever any class of it changes.
    """
    for file in (site / "assets" / "stylesheets").glob("*.css"):
        text = file.read_text(encoding="utf-8")
        if "table:not([class])" in text:
            file.write_text(text.replace("table:not([class])", f"table.{TABLE}"), encoding="utf-8")


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
    rename_tables(site)
    lighten(site)
    add_files(site, os.environ.get("SITE_URL", ""))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
