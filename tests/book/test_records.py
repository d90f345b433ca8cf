"""Reading records and drawing figures: what is refused, in which words, and that figures are the same bytes each time."""

import io
import json
import tokenize

import pytest

from book import claims, examples, fingerprint, records, style
from book.experiments import ExperimentError, plain

SLUG = "sgd-momentum-nesterov"
LOAD = "print(len(records.load(question).claims), 'claim')"
DRAW = """
for figure in figures.draw(question, records.load(question)).values():
    print(figure.light.read_bytes().hex(), figure.dark.read_bytes().hex())
"""


def test_a_record_that_fits_its_code_is_used(ask) -> None:
    assert ask(LOAD) == "1 claim"


def without(name: str):
    def change(record) -> None:
        del record[name]

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("fingerprint"), "lacks fingerprint"),
        (without("data"), "lacks data"),
        (lambda record: record.update(schema=2), "schema 2"),
        (lambda record: record.update(question=34), "question 34"),
        (lambda record: record.update(examples=[{"name": "first"}]), "lacks name, digest or output"),
        (lambda record: record["data"].update(gradient=[5.0, 1.0]), "claim `small` does not hold: The first entry"),
        (lambda record: record.update(fingerprint="0" * 16), "stale (the experiment changed"),
        (lambda record: record["examples"].pop(), "stale (the example changed"),
    ],
)
def test_a_broken_record_is_refused_with_its_name(book, ask, change, said: str) -> None:
    record = json.loads(book.record.read_text())
    change(record)
    book.record.write_text(json.dumps(record))
    before = book.contents()
    answer = ask(LOAD)
    assert answer.startswith("book.records.RecordError: ") and said in answer and f"{SLUG}.json" in answer
    assert book.contents() == before


def test_a_record_cut_short_or_missing_is_refused_with_the_remedy(book, ask) -> None:
    whole = book.record.read_text()
    book.record.write_text(whole[: len(whole) // 2])
    assert "cannot be read" in ask(LOAD) and f"run: python scripts/record.py {SLUG}" in ask(LOAD)
    book.record.unlink()
    assert f"{SLUG}.json is missing; run: python scripts/record.py {SLUG}" in ask(LOAD)


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("# a comment", "# another comment", False),
        ('"""A small experiment."""', '"""What it measures, in other words."""', False),
        ("figure, axes = new_figure()", "figure, axes = new_figure(width=0.5)", False),
        ('at_most("small"', 'at_most("smaller"', False),
        ("def figures", "def draw_more(axes):\n    axes.grid()\n\ndef figures", False),
        ("size=3", "size=5", True),
        ("def run", "SCALE = 2\n\ndef run", True),
    ],
)
def test_only_what_the_run_depends_on_makes_a_record_stale(book, ask, old: str, new: str, stale: bool) -> None:
    book.edit(book.experiment, old, new)
    assert ("is stale" in ask(LOAD)) == stale


def test_the_library_counts_as_far_as_the_experiment_reaches(book, ask) -> None:
    library = book.root / "src" / "dlprimer"
    (library / "unused.py").write_text("def f():\n    return 1\n")
    with (library / "__init__.py").open("a") as file:
        file.write("\nfrom .unused import f\n")
    assert ask(LOAD) == "1 claim"
    with (library / "autograd.py").open("a") as file:
        file.write("\n\ndef nobody_calls_this():\n    return 1\n")
    assert ask(LOAD) == "1 claim"
    text = (library / "autograd.py").read_text()
    (library / "autograd.py").write_text(text.replace("class Tensor:", "class Tensor:\n    changed = True\n", 1))
    assert "is stale" in ask(LOAD)


def test_figures_are_the_same_bytes_each_time_and_differ_between_schemes(book, ask) -> None:
    import shutil

    first = ask(DRAW)
    shutil.rmtree(book.root / ".cache")
    second = ask(DRAW)
    assert first == second
    light, dark = (bytes.fromhex(part).decode() for part in first.split())
    assert (
        light.startswith("<svg")
        and style.palette()["light"]["blue"] in light
        and style.palette()["dark"]["blue"] in dark
    )
    assert "<metadata" not in light and len(light) < 60_000


def test_figures_come_from_the_cache_until_something_changes(book, ask) -> None:
    drawing = "import sys; figures.draw(question, records.load(question)); print('matplotlib' in sys.modules)"
    assert ask(drawing) == "True"
    assert ask(drawing) == "False"
    book.edit(book.experiment, "new_figure()", "new_figure(aspect=0.5)")
    assert ask(drawing) == "True"
    assert ask(drawing) == "False"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('yield "noise", figure', 'yield "Noise!", figure', "figure name 'Noise!'"),
        ('yield "noise", figure', "return []", "figures() yields no figure"),
        ('color=color("momentum")', 'color=color("momentun")', "no color `momentun`"),
        ('data["noisy"], color', 'data["nosy"], color', "figures() failed: KeyError"),
        ('data["noisy"], color', 'np.random.default_rng(1).normal(size=200_000), ".", color', "draw fewer points"),
    ],
)
def test_a_figure_that_cannot_be_drawn_says_why(book, ask, old: str, new: str, said: str) -> None:
    book.edit(book.experiment, '"""A small experiment."""', '"""A small experiment."""\nimport numpy as np')
    assert book.write_record(SLUG).returncode == 0
    book.edit(book.experiment, old, new)
    answer = ask(DRAW)
    assert answer.startswith("book.figures.FigureError: ") and said in answer
    assert not list((book.root / ".cache").rglob("figures.json"))


def test_claims_hold_within_their_bounds_bounds_included() -> None:
    assert claims.at_most("a", "", 1.0, 1.0).holds and not claims.at_most("a", "", 1.1, 1.0).holds
    assert claims.at_least("a", "", 1.0, 1.0).holds and not claims.at_least("a", "", 0.9, 1.0).holds
    assert claims.between("a", "", 1.0, 0.0, 1.0).holds and not claims.between("a", "", -0.1, 0.0, 1.0).holds
    assert claims.at_most("a", "", 0.132, 0.2).margin_text == "0.132, at most 0.2"
    assert claims.between("a", "", -1, -2, 0).margin_text == "−1, between −2 and 0"


@pytest.mark.parametrize(
    ("name", "value", "bound"), [("A b", 1, 2), ("a", float("nan"), 2), ("a", 1, float("nan")), ("a", float("inf"), 2)]
)
def test_a_claim_that_says_nothing_is_refused(name: str, value: float, bound: float) -> None:
    with pytest.raises(ValueError, match="claim"):
        claims.at_most(name, "text", value, bound)


def test_values_are_rounded_to_six_digits_and_keep_their_kind() -> None:
    import numpy as np

    value = {"a": np.float32(0.1), "b": np.int64(3), "c": np.array([[1 / 3]]), "d": [True, None, "text"], "e": 1e-300}
    kept = plain(value)
    assert kept == {"a": 0.1, "b": 3, "c": [[0.333333]], "d": [True, None, "text"], "e": 1e-300}
    assert type(kept["b"]) is int and kept["d"][0] is True


@pytest.mark.parametrize("value", [{"a": object()}, {"a": 1 + 2j}, {1: 2}, {"a.b": 1}, {"": 1}, {"a": [float("inf")]}])
def test_values_a_record_cannot_hold_are_refused(value) -> None:
    with pytest.raises(ExperimentError):
        plain(value)


def test_an_example_with_too_long_a_cell_is_refused(tmp_path) -> None:
    path = tmp_path / "long.py"
    path.write_text("# %% long\n" + "x = 1\n" * 26)
    with pytest.raises(examples.ExampleError, match=r"long.py:1: cell `long` must have from 1 to 25 lines"):
        examples.cells(path)


def test_a_record_is_one_line_for_each_entry_of_its_data() -> None:
    text = records.as_text({"schema": 1, "data": {"a": [1, 2], "b": {"c": 3}}})
    assert text.splitlines() == ["{", ' "schema": 1,', ' "data": {', '  "a": [1,2],', '  "b": {"c":3}', " }", "}"]
    assert json.loads(text) == {"schema": 1, "data": {"a": [1, 2], "b": {"c": 3}}}


TRICKY = r'''
"""# no comment""" # a comment
f'{"#"}' "\"#" '\\' # after an escaped backslash
x = """ ' # no
\""" # nor this """  # but this
y = r"\"#" 'a\
#b' # "quoted"
'''


def test_comments_are_those_that_python_finds() -> None:
    for source in [TRICKY, *(path.read_text() for path in sorted(fingerprint.ROOTS["dlprimer"].rglob("*.py")))]:
        lines = source.splitlines()
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                lines[token.start[0] - 1] = lines[token.start[0] - 1][: token.start[1]]
        assert fingerprint.without_comments(source) == lines
