"""What runs cells in the browser, tried here: `show`, and the driver with a page that only listens."""

import importlib.util
import itertools
import json
import sys
import warnings

import numpy as np
import pytest

import cells
from book import runtime
from dlprimer import Tensor

NESTED = """import json

def read(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise KeyError('no') from error

read('{')"""


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch):
    """Start a driver; gives it and what it sends, as pairs of kind and text."""
    spec = importlib.util.spec_from_file_location("driver", runtime.folder() / "driver.py")
    assert spec is not None and spec.loader is not None
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    sent: list[tuple[str, str]] = []
    for owner, name in ((sys, "stdout"), (sys, "stderr"), (warnings, "showwarning"), (cells, "draw")):
        monkeypatch.setattr(owner, name, getattr(owner, name))

    def run():
        # Not earlier: between the setup and the call of a test its standard output is exchanged.
        driver.start(lambda kind, text: sent.append((kind, text)))
        driver.reset()
        return driver, sent

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield run


def joined(sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was sent, neighbors of one kind in one: where a text is parted depends on the time."""
    return [(kind, "".join(text for _, text in pieces)) for kind, pieces in itertools.groupby(sent, key=lambda piece: piece[0])]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (([1.0, 3.0, 2.0],), "line plot: 3 points, from 1 to 3"),
        (([0, 1], np.array([5, np.nan])), "line plot: 2 points, from 5 to 5"),
        ((Tensor([1.0, 2.0]),), "line plot: 2 points, from 1 to 2"),
        (({"train": [3, 1], "test": [4, 2]},), "line plot of train, test: 2 points, from 1 to 4"),
        ((np.eye(3),), "image: 3 × 3, values from 0 to 1"),
        ((np.zeros((4, 8, 9)),), "4 images: 8 × 9, values from 0 to 0"),
        (([{"rate": 0.1, "loss": 0.5}],), "table: 1 rows of rate, loss"),
    ],
)
def test_show_says_in_a_line_what_the_page_draws(values, text, capsys, monkeypatch) -> None:
    drawn = []
    cells.show(*values)
    assert capsys.readouterr().out == text + "\n"
    monkeypatch.setattr(cells, "draw", lambda said, data: drawn.append((said, json.loads(data))))
    cells.show(*values)
    assert drawn[0][0] == text and drawn[0][1]["kind"] in text.replace("line plot", "lines")


@pytest.mark.parametrize(
    ("values", "said"),
    [(([1, 2], [1]), "one y for each x"), ((np.zeros((1, 1, 1, 1)),), "up to three"), (([np.nan],), "no finite")],
)
def test_show_says_what_it_cannot_draw(values, said) -> None:
    with pytest.raises(ValueError, match=said):
        cells.show(*values)


def test_large_arrays_are_thinned_for_the_page(monkeypatch, capsys) -> None:
    drawn = []
    monkeypatch.setattr(cells, "draw", lambda said, data: drawn.append(json.loads(data)))
    cells.show(np.arange(1e5))
    cells.show(np.zeros((1000, 2000)))
    line = drawn[0]["lines"][""]
    assert len(line) == cells.MOST_POINTS and line[0] == [0, 0] and line[-1] == [99999, 99999]
    assert len(drawn[1]["pixels"]) * len(drawn[1]["pixels"][0]) <= cells.MOST_PIXELS


def test_output_warnings_and_the_last_value_arrive_in_their_order(start) -> None:
    driver, sent = start()
    code = "import warnings\nprint('one')\nwarnings.warn('careful')\nprint('two')\n[1, 2]"
    for _ in range(2):  # a warning is shown again in the next run
        sent.clear()
        assert driver.run(code, "first") == "done"
        warned = ("warning", "line 3: UserWarning: careful\n")
        assert joined(sent) == [("text", "one\n"), warned, ("text", "two\n"), ("value", "[1, 2]")]
    sent.clear()
    assert driver.run("x = 1\nNone", "first") == "done" and sent == []


def test_names_and_settings_last_until_the_next_page(start) -> None:
    driver, sent = start()
    driver.run("import numpy as np\nnp.set_printoptions(precision=2)\nx = np.array([1.23456])", "first")
    driver.run("print(x, __name__)", "second")
    assert joined(sent)[-1] == ("text", "[1.23] __main__\n")
    driver.reset()
    assert driver.run("x", "second") == "error"
    driver.run("import numpy as np\nprint(np.array([1.23456]))", "first")
    assert joined(sent)[-1] == ("text", "[1.23456]\n")


def test_a_traceback_has_the_readers_lines_alone(start) -> None:
    driver, sent = start()
    assert driver.run(NESTED, "first") == "error"
    said = sent[-1][1]
    assert said.count('File "') == said.count('File "cell first"') == 3
    assert "line 5, in read\n    return json.loads(text)" in said and "line 9, in <module>" in said and said.endswith("KeyError: 'no'")
    driver.run("1 +", "second")
    assert sent[-1][1].startswith('  File "cell second", line 1') and "Traceback" not in sent[-1][1]
    assert driver.run("raise SystemExit", "second") == "error"


def test_too_much_is_cut_and_too_little_memory_is_told(start) -> None:
    driver, sent = start()
    driver.run("for i in range(100_000):\n    print(i)", "first")
    assert sum(len(text) for _, text in sent) < driver.MOST + 100 and sent[-1][1].endswith("left out\n")
    assert driver.run("raise MemoryError", "first") == "memory"
