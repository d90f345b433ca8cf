"""Writing records: what a run leaves behind, and that a run that goes wrong leaves everything as it was."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

SLUG = "sgd-momentum-nesterov"


def test_a_record_holds_the_run_and_what_it_came_from(recorded_book) -> None:
    record = json.loads(recorded_book.record.read_text())
    assert (record["schema"], record["question"], record["slug"], record["seed"]) == (1, 33, SLUG, 33)
    assert record["data"]["gradient"] == [2.0, 4.0]
    assert all(float(f"{x:.6g}") == x for x in record["data"]["noisy"])
    assert [(cell["name"], cell["output"]) for cell in record["examples"]] == [
        ("first", ""),
        ("second", "gradient 4.0"),
    ]
    assert record["versions"].keys() == {"python", "numpy"}


def test_running_twice_gives_the_same_record(book) -> None:
    before = json.loads(book.record.read_text())
    assert book.write_record(SLUG).returncode == 0
    after = json.loads(book.record.read_text())
    assert after | {"seconds": 0} == before | {"seconds": 0}


def test_changed_runs_only_what_no_longer_matches(book) -> None:
    assert "Every record matches" in book.write_record("--changed").stderr
    book.edit(book.example, "gradient {", "the gradient {")
    before = json.loads(book.record.read_text())
    ran = book.write_record("--changed")
    assert ran.returncode == 0, ran.stderr
    after = json.loads(book.record.read_text())
    assert after["examples"][1]["output"] == "the gradient 4.0"
    assert after["seconds"] == before["seconds"] and after["fingerprint"] == before["fingerprint"]
    book.edit(book.experiment, "size=3", "size=4")
    assert book.write_record("--changed").returncode == 0
    assert len(json.loads(book.record.read_text())["data"]["noisy"]) == 4


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(x * x).sum()", "(x * y).sum()", "run() failed: NameError"),
        ("x.grad,", "x.grad / 0.0 - x.grad / 0.0,", "gradient.0: nan cannot be recorded"),
        ('"gradient"', '"the gradient"', "key 'the gradient'"),
        ("size=3", "size=30_000", "thin the arrays"),
        ('data["gradient"][0], 3', 'data["gradient"][0], 1', "claim `small` does not hold"),
        ('data["gradient"][0], 3', 'data["grad"][0], 3', "claims() failed: KeyError"),
        ("def run(rng)", "def ran(rng)", "no function `run`"),
        ("# a comment", "import os; os.kill(os.getpid(), 9)", "ended by SIGKILL"),
        ("# a comment", "return [1]", "run() returned list"),
        ("def run(rng):", "def run(rng)", "expected ':'"),
        ("from dlprimer import Tensor", "from dlprimer import Tensorr", "cannot import name 'Tensorr'"),
    ],
)
def test_an_experiment_that_fails_changes_nothing(book, old: str, new: str, said: str) -> None:
    book.edit(book.experiment, old, new)
    before = book.contents()
    ran = book.write_record(SLUG)
    assert ran.returncode == 1
    assert said in ran.stderr, ran.stderr
    assert f"FAILED {SLUG}" in ran.stderr
    assert "their records are as they were" in ran.stderr
    assert book.contents() == before


def test_a_run_whose_claims_fail_is_kept_to_look_at(book) -> None:
    book.edit(book.experiment, 'data["gradient"][0], 3', 'data["gradient"][0], 1')
    assert f"kept in .cache/failed/{SLUG}.json" in book.write_record(SLUG).stderr
    kept = json.loads((book.root / ".cache" / "failed" / f"{SLUG}.json").read_text())
    assert kept["data"]["gradient"] == [2.0, 4.0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(x * x)", "(x * y)", f"{SLUG}.py:7: cell `second` failed with NameError"),
        ("# %% second", "# %% first", f"{SLUG}.py:6: a second cell `first`"),
        ("# %% second", "# %% Second Cell", f"{SLUG}.py:6: '# %% Second Cell' does not start a cell"),
        ("# %% first", "x = 1", f"{SLUG}.py:1: code before the first cell"),
    ],
)
def test_an_example_that_fails_changes_nothing(book, old: str, new: str, said: str) -> None:
    book.edit(book.example, old, new)
    before = book.contents()
    ran = book.write_record(SLUG)
    assert ran.returncode == 1 and said in ran.stderr, ran.stderr
    assert book.contents() == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_changes_nothing(book, tmp_path, number: signal.Signals, code: int) -> None:
    child_id = tmp_path / "child"
    book.edit(
        book.experiment,
        "# a comment",
        f"import os, time; open({str(child_id)!r}, 'w').write(str(os.getpid())); time.sleep(60)",
    )
    before = book.contents()
    run = subprocess.Popen(
        [sys.executable, "scripts/record.py", SLUG],
        cwd=book.root,
        env=book.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (child_id.is_file() and child_id.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int(child_id.read_text())
    run.send_signal(number)
    _, said = run.communicate(timeout=30)
    assert run.returncode == code
    assert "records are as they were" in said
    assert book.contents() == before
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_killed_at_random_moments_the_record_is_the_old_or_the_new_one(book) -> None:
    """SIGKILL leaves no time to tidy up: what is written must be whole at every moment."""
    started = time.monotonic()
    assert book.write_record(SLUG).returncode == 0
    whole, chance = time.monotonic() - started, random.Random(7)
    known = {key: value for key, value in json.loads(book.record.read_text()).items() if key != "seconds"}
    before = {path for path in book.contents() if not path.endswith(".json")}
    for _ in range(8):
        killed = subprocess.Popen([sys.executable, "scripts/record.py", SLUG], cwd=book.root, env=book.environment,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        time.sleep(chance.uniform(0.1, 1.1) * whole)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
        assert {key: value for key, value in json.loads(book.record.read_text()).items() if key != "seconds"} == known
    assert {path for path in book.contents() if not path.endswith(".json")} == before
    assert book.write_record(SLUG).returncode == 0


def test_code_edited_during_a_run_is_not_recorded(book) -> None:
    book.edit(book.experiment, "# a comment", f"open({str(book.experiment)!r}, 'a').write('LATE = 1')")
    before = book.record.read_bytes()
    ran = book.write_record(SLUG)
    assert ran.returncode == 1 and "edited while the experiment ran" in ran.stderr
    assert book.record.read_bytes() == before


def test_check_accepts_what_it_recorded_and_writes_nothing(book) -> None:
    before = book.contents()
    ran = book.write_record("--check")
    assert ran.returncode == 0 and "as recorded" in ran.stderr, ran.stderr
    assert book.contents() == before


def tampered(book, change) -> subprocess.CompletedProcess:
    record = json.loads(book.record.read_text())
    change(record)
    book.record.write_text(json.dumps(record))
    before = book.contents()
    ran = book.write_record("--check", SLUG)
    assert book.contents() == before
    return ran


def test_check_finds_a_number_outside_its_tolerance(book) -> None:
    def change(record) -> None:
        record["data"]["gradient"][1] = 4.001

    ran = tampered(book, change)
    assert ran.returncode == 1 and "gradient.1: recorded 4.001, now 4" in ran.stderr


def test_check_lets_pass_what_lies_within_the_tolerance(book) -> None:
    def change(record) -> None:
        record["data"]["noisy"] = [1.05 * x for x in record["data"]["noisy"]]
        record["data"]["seconds"] = 99.0

    assert tampered(book, change).returncode == 0


def test_check_finds_another_output_of_an_example(book) -> None:
    def change(record) -> None:
        record["examples"][1]["output"] = "gradient 4.3"

    ran = tampered(book, change)
    assert ran.returncode == 1 and "example cell `second`" in ran.stderr


def test_check_with_a_sample_looks_at_every_record(book) -> None:
    book.edit(book.experiment, "size=3", "size=4")
    ran = book.write_record("--check", "--sample", "0")
    assert ran.returncode == 1 and f"{SLUG}.json is stale (the experiment changed" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-question"], "there is no question `no-such-question`"),
        (["sgd-momentum-nestrov"], "did you mean sgd-momentum-nesterov"),
        (["dropout"], "no experiment yet"),
        (["--sample", "2"], "--sample N goes with --check"),
        (["--jobs", "0"], "at least 1"),
        (["--check", "--changed"], "exclude one another"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(book, arguments: list[str], said: str) -> None:
    ran = book.write_record(*arguments)
    assert ran.returncode == 2 and said in ran.stderr, ran.stderr


def test_several_run_at_once_and_one_that_fails_does_not_stop_the_others(book) -> None:
    other = book.experiment.parent.parent / "evaluation" / "roc-auc.py"
    other.parent.mkdir()
    other.write_text(book.experiment.read_text())
    book.edit(book.experiment, "# a comment", "1 / 0")
    ran = book.write_record("--jobs", "2")
    assert ran.returncode == 1 and f"FAILED {SLUG}" in ran.stderr and "1 of 2 failed" in ran.stderr
    assert (book.root / "docs" / "evaluation" / "roc-auc.json").is_file()
