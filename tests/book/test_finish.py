"""The repairs to the theme's HTML are applied once and harm nothing else."""

import re

import pytest

from book import finish

THEME_HTML = """
<input class="md-toggle" data-md-toggle="drawer" type="checkbox" id="__drawer" autocomplete="off">
<label class="md-header__button md-icon" for="__drawer"><svg></svg></label>
<label class="md-nav__title" for="__toc">Here</label>
<div class="md-search" data-md-component="search" role="dialog"><input name="query" autocomplete="off"></div>
<a href="#" tabindex>x</a><a href="#" tabindex="">y</a><a href="#" tabindex="0">z</a>
<table><tr><td>1</td></tr></table><table>
</table><table class="other"></table>
<script src="../assets/javascripts/bundle.0123abcd.min.js"></script>
<script src="other.js"></script>
</body>
"""


def test_each_slip_is_repaired() -> None:
    mended = finish.mend(THEME_HTML)
    scripts = re.search(r'<template id="late">(.*?)</template>', mended, re.DOTALL)
    assert scripts and re.findall(r'src="([^"]*)"', scripts[1]) == ["../assets/javascripts/bundle.0123abcd.min.js", "other.js"]
    assert mended.count("<script src=") == 2
    wrapped = '<div class="md-typeset__scrollwrap"><div class="md-typeset__table"><table class="plain">'
    assert mended.count(wrapped) == 2 and f"{wrapped}<tr><td>1</td></tr></table></div></div>{wrapped}\n</table></div></div>" in mended
    assert 'role="dialog" aria-label="Search">' in mended
    assert 'for="__drawer"><span class="unseen">Contents</span><svg>' in mended
    assert '<label class="md-nav__title">Here' in mended
    assert 'for="__toc"' in finish.mend(THEME_HTML + '<input id="__toc">')
    assert re.findall(r'tabindex(?:="[^"]*")?', mended) == ['tabindex="0"']
    assert 'id="__drawer">' in mended and '<input name="query" autocomplete="off">' in mended


def test_fonts_are_asked_for_once_where_the_styles_are_there_and_the_one_of_formulas_only_for_them() -> None:
    for body, faces in (("", 2), ("<math></math>", 3)):
        mended = finish.mend(finish.mend(f"<head><script>__md_scope=1</script></head>{body}"))
        asked = re.findall(r"<script>(.*?)</script><script>__md_scope=1</script>", mended)
        assert len(asked) == 1 and mended.count("fonts.load") == 1
        assert asked[0].count("1em ") == faces and "catch(()=>{})" in asked[0]  # a font that does not come is no error


def test_spacing_goes_from_around_the_text_and_stays_within_it() -> None:
    text = "<article>\n\n  <pre>a\n\n  b</pre>\n</article>"
    mended = finish.mend(f"<body>\n\n  <nav>\n    \n  <a>x</a>\n  </nav>\n{text}\n\n  \n</body>")
    assert mended == f"<body>\n<nav>\n<a>x</a>\n</nav>\n{text}\n</body>"
    assert finish.mend(mended) == mended


def test_repairing_twice_changes_nothing() -> None:
    once = finish.mend(THEME_HTML)
    assert finish.mend(once) == once


def test_the_theme_knows_tables_by_the_class_that_they_have(tmp_path) -> None:
    styles = tmp_path / "assets" / "stylesheets"
    styles.mkdir(parents=True)
    (styles / "main.css").write_text(".md-typeset table:not([class])+*,a:not([class]){margin:0}")
    for _ in range(2):
        finish.rename_tables(tmp_path)
        assert (styles / "main.css").read_text() == ".md-typeset table.plain+*,a:not([class]){margin:0}"


@pytest.mark.parametrize("arguments", [[], ["one", "two"], ["no-such-folder"]])
def test_the_command_refuses_what_is_not_a_site(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert finish.main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_our_scripts_and_styles_lose_comments_and_what_others_made_stays(tmp_path, monkeypatch) -> None:
    docs, site = tmp_path / "docs", tmp_path / "site"
    monkeypatch.setattr(finish, "DOCS", docs)
    monkeypatch.setattr(finish.runtime, "folder", lambda: docs / "assets" / "python")
    script = "/** What it does. */\nexport const text = (a, b) => `// ${a}  ${b}`; // kept in a string\n"
    texts = {"assets/kit.js": script, "assets/python/runtime/pyodide.mjs.js": script, "assets/kit.css": "/* why */\na  {\n  color: red;\n}"}
    for folder in (docs, site):
        for name, text in {**texts, "assets/javascripts/theme.js": script}.items():
            if folder == site or name in texts:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
    (docs / "assets" / "excluded.js").write_text(script)
    finish.minify(site)
    finish.minify(site)
    assert (site / "assets/kit.js").read_text() == "export const text=(a,b)=>`// ${a}  ${b}`;"
    assert (site / "assets/kit.css").read_text() == "a{color:red}"
    assert (site / "assets/python/runtime/pyodide.mjs.js").read_text() == script
    assert (site / "assets/javascripts/theme.js").read_text() == script
    assert not (site / "assets/excluded.js").exists()
    assert (docs / "assets/kit.js").read_text() == script


def test_a_template_string_within_another_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(finish, "DOCS", tmp_path)
    monkeypatch.setattr(finish.runtime, "folder", lambda: tmp_path / "python")
    (tmp_path / "plot.js").write_text("const one = `a ${b} c`;\nconst two = `a ${b ? `c  d` : 1}`;\n")
    with pytest.raises(ValueError, match=r"plot\.js:2: a template string within another"):
        finish.minify(tmp_path)


def test_the_styles_of_the_reference_go_only_where_it_is() -> None:
    link = '<link rel="stylesheet" href="../assets/_mkdocstrings.css">'
    assert "mkdocstrings" not in finish.mend(f"<head>{link}</head><p>")
    assert link in finish.mend(f'<head>{link}</head><div class="doc doc-object">')
