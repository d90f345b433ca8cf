"""Records: the results of an experiment as the pages use them, and whether they may be used."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book import examples, fingerprint
from book.claims import Claim
from book.experiments import Experiment, ExperimentError, plain
from book.questions import Question

SCHEMA = 1
MOST_BYTES = 150_000
FIELDS = {"schema": int, "question": int, "slug": str, "seed": int, "versions": dict, "seconds": (int, float),
          "fingerprint": str, "data": dict, "examples": list}  # fmt: skip


class RecordError(Exception):
    """A record that cannot be used; the message names it, what is wrong and the remedy."""


@dataclass(frozen=True)
class Record:
    """What a page may use: the data of a run, the claims evaluated on it, and what the example printed."""

    question: Question
    data: dict[str, Any]
    claims: list[Claim]
    examples: list[dict[str, str]]
    raw: dict[str, Any]


def load(question: Question, code: fingerprint.Code | None = None) -> Record:
    """The record of a question, checked: complete, from this code, and with every claim holding.

    Raises:
        RecordError: One message with what is wrong and the remedy.
    """
    code = code or fingerprint.Code()
    raw = read(question)
    remedy = f"run: python scripts/record.py {question.slug}"
    if stale := stale_parts(question, raw, code):
        raise RecordError(
            f"{question.record.name} is stale ({' and '.join(stale)} changed since it was recorded); {remedy}"
        )
    try:
        claims = Experiment(question).claims(raw["data"])
    except ExperimentError as error:
        raise RecordError(f"{question.record.name} does not fit its claims: {error}; {remedy}") from error
    for claim in claims:
        if not claim.holds:
            raise RecordError(
                f"{question.record.name}: claim `{claim.name}` does not hold: {claim.text}: {claim.margin_text}"
            )
    return Record(question, raw["data"], claims, raw["examples"], raw)


def read(question: Question) -> dict[str, Any]:
    """The record's fields, checked for being complete."""
    path, remedy = question.record, f"run: python scripts/record.py {question.slug}"
    if not path.is_file():
        raise RecordError(f"{path.name} is missing; {remedy}")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise RecordError(f"{path.name} cannot be read ({error}); {remedy}") from error
    wrong = [name for name, kind in FIELDS.items() if not isinstance(raw, dict) or not isinstance(raw.get(name), kind)]
    if wrong:
        raise RecordError(f"{path.name} lacks {', '.join(wrong)}, or holds something else there; {remedy}")
    if (raw["schema"], raw["question"], raw["slug"]) != (SCHEMA, question.number, question.slug):
        raise RecordError(
            f"{path.name} has schema {raw['schema']}, question {raw['question']}, slug {raw['slug']!r}; "
            f"expected {SCHEMA}, {question.number}, {question.slug!r}; {remedy}"
        )
    if any(not isinstance(cell, dict) or not {"name", "digest", "output"} <= cell.keys() for cell in raw["examples"]):
        raise RecordError(f"{path.name}: an entry of `examples` lacks name, digest or output; {remedy}")
    return raw


def stale_parts(question: Question, raw: dict[str, Any], code: fingerprint.Code) -> list[str]:
    """Which of "the experiment" and "the example" no longer match the record."""
    if not question.experiment.is_file():
        raise RecordError(f"{question.experiment.name} is missing: the record has no experiment to come from")
    stale = []
    if fingerprint.of_experiment(question.experiment, code) != raw["fingerprint"]:
        stale.append("the experiment")
    if [(cell["name"], cell["digest"]) for cell in raw["examples"]] != example_digests(question, code):
        stale.append("the example")
    return stale


def example_digests(question: Question, code: fingerprint.Code) -> list[tuple[str, str]]:
    """The name and digest of each cell of the page's example; none without an example."""
    if not question.example.is_file():
        return []
    try:
        cells = examples.cells(question.example)
    except examples.ExampleError as error:
        raise RecordError(str(error)) from error
    digests = fingerprint.of_cells(question.example, [cell.code for cell in cells], code)
    return [(cell.name, digest) for cell, digest in zip(cells, digests, strict=True)]


def as_text(raw: dict[str, Any]) -> str:
    """The record as JSON, one line for each field and each entry of `data`, so that changes can be read."""
    compact = {"separators": (",", ":"), "allow_nan": False, "ensure_ascii": False}
    lines = []
    for name, value in raw.items():
        if name == "data":
            entries = ",\n".join(f"  {json.dumps(key)}: {json.dumps(item, **compact)}" for key, item in value.items())
            lines.append(f' "data": {{\n{entries}\n }}')
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value, **compact)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write(question: Question, raw: dict[str, Any]) -> None:
    """Write the record: whole, or not at all.

    Raises:
        RecordError: If it is too large; the old record stays.
    """
    text = as_text({**raw, "data": plain(raw["data"])})
    size = len(text.encode())
    if size > MOST_BYTES:
        largest = sorted(raw["data"], key=lambda key: -len(json.dumps(raw["data"][key])))[:3]
        raise RecordError(
            f"{question.record.name} would have {size:,} bytes, more than {MOST_BYTES:,}: thin the arrays in run(); "
            f"the largest entries are {', '.join(largest)}"
        )
    write_atomically(question.record, text)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step, so that an interruption leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def differences(experiment: Experiment, old: Any, new: Any, path: str = "") -> list[str]:
    """Where two runs differ by more than the experiment's tolerance, each as `path: old, new`."""
    if path and experiment.tolerance(path) is None:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        found = [
            f"{_join(path, key)}: only in one of the runs"
            for key in sorted(old.keys() ^ new.keys())
            if experiment.tolerance(_join(path, key)) is not None
        ]
        return found + [
            line for key in old if key in new for line in differences(experiment, old[key], new[key], _join(path, key))
        ]
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return [f"{path}: {len(old)} entries recorded, {len(new)} now"]
        if old and all(_is_number(item) for item in [*old, *new]):
            return _numbers_differ(experiment, old, new, path)
        return [
            line
            for i, pair in enumerate(zip(old, new, strict=True))
            for line in differences(experiment, *pair, _join(path, str(i)))
        ]
    if _is_number(old) and _is_number(new):
        return _numbers_differ(experiment, [old], [new], path)
    return [] if old == new else [f"{path}: recorded {old!r}, now {new!r}"]


def _numbers_differ(experiment: Experiment, old: list[float], new: list[float], path: str) -> list[str]:
    tolerance = experiment.tolerance(path)
    assert tolerance is not None
    # A value near zero among large ones may change by as much as they do; and rounding alone moves the sixth digit by one.
    scale = max(abs(item) for item in [*old, *new])
    worst = max(range(len(old)), key=lambda i: abs(old[i] - new[i]))
    if abs(old[worst] - new[worst]) <= (tolerance + 1.001e-5) * scale:
        return []
    where = _join(path, str(worst)) if len(old) > 1 else path
    return [f"{where}: recorded {old[worst]:.6g}, now {new[worst]:.6g} (tolerance {tolerance:g})"]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
