#!/usr/bin/env python3
"""Run experiments and write their records.

python scripts/record.py [SLUG ...]              run these experiments (all without a slug) and write their records
python scripts/record.py --changed [SLUG ...]    only what is missing or no longer matches the code
python scripts/record.py --check [SLUG ...]      run again and compare with the records; writes nothing
python scripts/record.py --check --sample N      check every record against the code, run the recent ones and N others again
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from book import records
from book.experiments import Experiment, ExperimentError, with_experiment
from book.fingerprint import Code, of_experiment
from book.questions import ROOT, Question, by_slug
from book.records import RecordError

ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
}
FAILED = ROOT / ".cache" / "failed"
NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass
class Job:
    """One question to run: which parts, and the state of its code when it started."""

    question: Question
    parts: list[str]
    fingerprint: str = ""
    digests: list[tuple[str, str]] | None = None
    process: subprocess.Popen[bytes] | None = None
    folder: tempfile.TemporaryDirectory[str] | None = None
    started: float = 0.0

    def start(self) -> None:
        self.fingerprint, self.digests = state_of_code(self.question)
        self.folder = tempfile.TemporaryDirectory(prefix="record-")
        self.started = time.monotonic()
        paths = [str(ROOT / "scripts"), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            **ONE_THREAD,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONHASHSEED": "0",
        }
        with open(self.errors, "wb") as errors:
            # A session of its own: Ctrl-C reaches this process alone, which then ends the experiments.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "book.experiments", self.question.slug, ",".join(self.parts), str(self.result)],
                stdout=errors, stderr=errors, env=environment, cwd=ROOT, start_new_session=True,
            )  # fmt: skip

    @property
    def result(self) -> Path:
        assert self.folder is not None
        return Path(self.folder.name) / "result.json"

    @property
    def errors(self) -> Path:
        assert self.folder is not None
        return Path(self.folder.name) / "errors.txt"

    def outcome(self) -> dict[str, Any]:
        """What the finished process returned."""
        assert self.process is not None
        code = self.process.returncode
        if code == 0:
            outcome: dict[str, Any] = json.loads(self.result.read_text(encoding="utf-8"))
            return outcome
        said = self.errors.read_text(encoding="utf-8", errors="replace").strip()
        if code < 0:
            raise RecordError(
                f"the experiment was ended by {signal.Signals(-code).name} (out of memory?)\n{said}".rstrip()
            )
        raise RecordError(said or f"the experiment ended with exit code {code} and said nothing")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for end in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self.process.pid, end)
                    self.process.wait(timeout=3)
                    break
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
        self.close()

    def close(self) -> None:
        if self.folder is not None:
            self.folder.cleanup()


def state_of_code(question: Question) -> tuple[str, list[tuple[str, str]]]:
    code = Code()
    try:
        return of_experiment(question.experiment, code), records.example_digests(question, code)
    except SyntaxError as error:
        raise RecordError(f"{Path(error.filename or '').name}:{error.lineno}: {error.msg}") from error


def write(job: Job) -> str:
    """Check a finished run and write its record; say in a line what is in it."""
    question, outcome = job.question, job.outcome()
    if state_of_code(question) != (job.fingerprint, job.digests):
        raise RecordError("the code was edited while the experiment ran; run it again")
    if "data" in job.parts:
        raw = {
            "schema": records.SCHEMA, "question": question.number, "slug": question.slug, "seed": outcome["seed"],
            "versions": versions(), "seconds": outcome["seconds"], "fingerprint": job.fingerprint, "data": outcome["data"],
        }  # fmt: skip
    else:
        raw = {name: value for name, value in records.read(question).items() if name != "examples"}
    claims = Experiment(question).claims(raw["data"])
    broken = [
        f"claim `{claim.name}` does not hold: {claim.text}: {claim.margin_text}" for claim in claims if not claim.holds
    ]
    if broken:
        kept = FAILED / question.record.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        records.write_atomically(kept, records.as_text(raw | {"examples": []}))
        raise RecordError("; ".join(broken) + f"; the run is kept in {os.path.relpath(kept, ROOT)} to look at")
    printed = outcome["printed"] if "examples" in job.parts else []
    raw["examples"] = [
        {"name": name, "digest": digest, "output": output}
        for (name, digest), output in zip(job.digests or [], printed, strict=True)
    ]
    records.write(question, raw)
    return f"{len(claims)} claims hold, {question.record.stat().st_size / 1000:.0f} KB"


def check(job: Job) -> str:
    """Compare a finished run with the record; nothing is written."""
    question, outcome = job.question, job.outcome()
    recorded, experiment = records.read(question), Experiment(question)
    found = records.differences(experiment, recorded["data"], outcome["data"])
    found += [
        f"claim `{claim.name}` does not hold in the new run: {claim.margin_text}"
        for claim in experiment.claims(outcome["data"])
        if not claim.holds
    ]
    for cell, printed in zip(recorded["examples"], outcome.get("printed", []), strict=True):
        if not same_output(cell["output"], printed):
            found.append(f"example cell `{cell['name']}` printed\n{printed}\nand the record has\n{cell['output']}")
    if found:
        shown = found[:8] + ([f"and {len(found) - 8} more"] if len(found) > 8 else [])
        raise RecordError("a new run differs from the record:\n  " + "\n  ".join(shown))
    return "as recorded"


def same_output(old: str, new: str) -> bool:
    """Whether two outputs have the same words, and numbers that agree to the last printed digit or a thousandth."""
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    for a, b in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        x, y = (float(text.replace("−", "-")) for text in (a, b))
        mantissa, _, exponent = a.lower().partition("e")
        last_digit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        if abs(x - y) > max(1.001 * last_digit, 1e-3 * abs(x)):
            return False
    return True


def versions() -> dict[str, str]:
    import numpy

    return {"python": platform.python_version(), "numpy": numpy.__version__}


def work(jobs: list[Job], finish: Any, at_once: int) -> int:
    """Run the jobs, `at_once` at a time, and `finish` each; returns how many failed."""
    from tqdm import tqdm

    waiting, running, failed = list(jobs), list[Job](), 0
    bar = tqdm(total=len(jobs), unit="run", disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=False)

    def tell(text: str) -> None:
        tqdm.write(text, file=sys.stderr)

    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop(0)
                running.append(job)
                if bar.disable:
                    tell(f"{job.question.slug}: running")
                try:
                    job.start()
                except RecordError as error:
                    running.remove(job)
                    failed += 1
                    tell(f"FAILED {job.question.slug}: {error}")
                    bar.update()
            bar.set_postfix_str(", ".join(job.question.slug for job in running), refresh=False)
            for job in [job for job in running if job.process is not None and job.process.poll() is not None]:
                running.remove(job)
                try:
                    said = finish(job)
                    tell(f"{job.question.slug}: {said} ({time.monotonic() - job.started:.1f} s)")
                except (RecordError, ExperimentError) as error:
                    failed += 1
                    tell(f"FAILED {job.question.slug}: {error}")
                finally:
                    job.close()
                bar.update()
            bar.refresh()
            time.sleep(0.05)
    finally:
        for job in running:
            job.stop()
        bar.close()
    return failed


def recently_recorded() -> set[str]:
    """The slugs whose records were committed within a day of the newest commit; none where there is no history."""
    git = ["git", "-C", str(ROOT)]
    newest = subprocess.run([*git, "log", "-1", "--format=%ct"], capture_output=True, text=True)
    if newest.returncode or not newest.stdout.strip():
        return set()
    since = int(newest.stdout) - 86_400
    names = subprocess.run(
        [*git, "log", f"--since={since}", "--name-only", "--format=", "--", "docs/*.json"],
        capture_output=True,
        text=True,
    )
    return {Path(name).stem for name in names.stdout.split()}


def sample(questions: list[Question], size: int) -> list[Question]:
    """The recent records, and `size` others, which rotate from day to day."""
    recent = recently_recorded()
    others = [question for question in questions if question.slug not in recent]
    first = date.today().toordinal() * size
    chosen = {others[(first + i) % len(others)].slug for i in range(size)} if others else set()
    return [question for question in questions if question.slug in recent | chosen]


def plan(questions: list[Question], changed: bool) -> list[Job]:
    """The jobs: all parts, or with `changed` those that are missing or no longer match the code."""
    jobs = []
    for question in questions:
        parts = ["data", "examples"] if question.example.is_file() else ["data"]
        if changed:
            try:
                stale = records.stale_parts(question, records.read(question), Code())
                parts = [
                    part for part, name in (("data", "the experiment"), ("examples", "the example")) if name in stale
                ]
                if parts == ["data"] and question.example.is_file():
                    parts = ["data", "examples"]
            except RecordError:
                pass
        if parts:
            jobs.append(Job(question, parts))
    return jobs


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does, so that the running experiments are ended too."""

    def end(number: int, _: Any) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    previous = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="questions by slug; all without one")
    parser.add_argument("--changed", action="store_true", help="run only what is missing or no longer matches the code")
    parser.add_argument("--check", action="store_true", help="compare with the records and write nothing")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="with --check: run only the recent records and N others"
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="experiments to run at a time (1)")
    options = parser.parse_args(arguments)
    if options.sample is not None and (not options.check or options.slugs or options.sample < 0):
        parser.error("--sample N goes with --check, without slugs, and N is not negative")
    if options.jobs < 1:
        parser.error("--jobs needs at least 1")
    if options.check and options.changed:
        parser.error("--check and --changed exclude one another")
    try:
        questions = [by_slug(slug) for slug in options.slugs] or with_experiment()
    except KeyError as error:
        parser.error(str(error.args[0]))
    if missing := [question.slug for question in questions if not question.experiment.is_file()]:
        parser.error(f"no experiment yet for {', '.join(missing)}")

    failed = 0
    if options.check:
        code = Code()
        for question in questions:
            try:
                records.load(question, code)
            except RecordError as error:
                failed += 1
                print(f"FAILED {question.slug}: {error}", file=sys.stderr)
        if failed:
            return 1
        if options.sample is not None:
            questions = sample(questions, options.sample)
    jobs = plan(questions, options.changed)
    if not jobs:
        print("Every record matches its code." if options.changed else "Nothing to run.", file=sys.stderr)
        return 0
    with ended_by_signals():
        try:
            failed = work(jobs, check if options.check else write, min(options.jobs, len(jobs)))
        except KeyboardInterrupt as interruption:
            print(
                "Interrupted: the running experiments were ended and their records are as they were.", file=sys.stderr
            )
            return 143 if "SIGTERM" in interruption.args else 130
    if failed:
        print(f"{failed} of {len(jobs)} failed; their records are as they were.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
