"""Rules and variables that no page of a site uses are left out of the theme's styles; all others stay."""

import pytest
import tinycss2

from book import finish, stylesheets

THEME = """@charset "UTF-8";
:root{--md-used:1px;--md-mermaid-font:serif;--md-chain:var(--md-link);--md-link:2px}
.md-nav,.md-version{margin:var(--md-used)}
.md-version__list{color:red}
.md-nav:not(.md-annotation)>a{color:blue}
.md-grid .md-search__hit:hover{top:0}
[dir=rtl] .md-nav{left:0}
[data-md-color-primary=indigo]{--md-used:3px}
[data-md-color-primary=custom]{--md-used:4px}
@media print{.md-tag{color:red}}
@media screen{.md-tag,.md-nav{color:var(--md-chain)}}
@font-face{font-family:X;src:url(x.woff2)}
@keyframes turn{from{top:0}to{top:1px}}"""
PAGE = '<html><body class="md-nav md-grid" data-md-color-primary="custom"><style>p{}</style></body></html>'


@pytest.fixture
def site(tmp_path):
    for name, text in (
        ("index.html", PAGE), ("assets/stylesheets/main.css", THEME),
        ("assets/javascripts/bundle.js", 'mark("md-search__hit"),show("md-version__list","md-tag")'),
        ("assets/styles/book.css", "a{top:0}"),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_no_page_uses_is_left_out_and_all_else_stays(site) -> None:
    finish.lighten(site)
    light = (site / "assets/stylesheets/main.css").read_text()
    for gone in ("md-version", "md-tag", "rtl", "indigo", "mermaid", "print"):
        assert gone not in light, gone
    for stays in (
        ".md-nav{margin:var(--md-used)}", ".md-nav:not(.md-annotation)>a{color:blue}", ".md-grid .md-search__hit:hover{top:0}",
        "--md-used:4px", "@media screen{.md-nav{color:var(--md-chain)}}", "@font-face{font-family:X;src:url(x.woff2)}", "@keyframes turn",
        "--md-link:2px", "@charset",
    ):  # fmt: skip
        assert stays in light, stays
    assert not [rule for rule in tinycss2.parse_stylesheet(light) if rule.type == "error"]
    assert (site / "assets/styles/book.css").read_text() == "a{top:0}"


def test_lightening_twice_changes_nothing(site) -> None:
    finish.lighten(site)
    once = (site / "assets/stylesheets/main.css").read_text()
    finish.lighten(site)
    assert (site / "assets/stylesheets/main.css").read_text() == once


def test_styles_that_cannot_be_read_are_named() -> None:
    with pytest.raises(ValueError, match="line 2"):
        stylesheets.prune("a{top:0}\n}", set())
