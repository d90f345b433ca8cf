"""A part of the explorables' kit on its page: the module that runs, its caption and its code, read from one file."""

import pytest

from book.markup import gallery


@pytest.fixture
def modules(tmp_path, monkeypatch):
    folder = tmp_path / "docs" / gallery.FOLDER
    folder.mkdir(parents=True)
    monkeypatch.setattr(gallery, "DOCS", tmp_path / "docs")
    (folder / "dial.js").write_text("// A dial to <turn>.\nexport default function () {\n  return 1 < 2;\n}\n")
    (folder / "bare.js").write_text("export default function () {}\n")
    return folder


def test_the_module_runs_and_its_code_stands_beneath(render, modules) -> None:
    html, errors = render("::: part dial")
    assert errors == []
    figure, code = html.split("</figure>", 1)
    assert 'data-explorable="../../about/gallery/dial.js"' in figure and "A dial to &lt;turn&gt;." in figure
    assert 'data-record="../../about/gallery/record.json"' in figure
    assert "A dial" not in code and "1" in code and "&lt;" in code and "highlight" in code


@pytest.mark.parametrize(("name", "said"), [
    ("wheel", "no part `wheel` in docs/about/gallery; there are bare, dial"), ("", "no part ``"), ("bare", "must begin with a comment"),
])
def test_a_part_that_is_not_there_or_has_no_caption_is_reported(render, modules, name: str, said: str) -> None:
    _, errors = render(f"Text.\n\n::: part {name}".rstrip())
    assert len(errors) == 1 and said in errors[0] and "sgd-momentum-nesterov.md:12:" in errors[0]
