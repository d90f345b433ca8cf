"""Experiments: loading one, and running one with its page's example in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from book import examples
from book.claims import Claim
from book.questions import Question, all_questions, by_slug

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIGITS = 6
DEFAULT_TOLERANCE = 1e-6


class ExperimentError(Exception):
    """An experiment that cannot be loaded or run; the message names it and says what to do."""


class Experiment:
    """The three functions of an experiment's file, and its settings."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.module = _load(question.experiment)
        for name in ("run", "claims", "figures"):
            if not callable(getattr(self.module, name, None)):
                raise ExperimentError(f"{question.experiment.name}: it defines no function `{name}`")

    @property
    def seed(self) -> int:
        return int(getattr(self.module, "SEED", self.question.number))

    def tolerance(self, path: str) -> float | None:
        """The relative tolerance of the number at this dotted path, None if it is never compared; the longest prefix decides."""
        given: dict[str, float | None] = getattr(self.module, "TOLERANCE", {})
        fitting = [prefix for prefix in given if path == prefix or path.startswith(prefix + ".") or prefix == ""]
        return given[max(fitting, key=len)] if fitting else DEFAULT_TOLERANCE

    def run(self) -> dict[str, Any]:
        """The data of a new run, rounded."""
        import numpy as np

        data = plain(self.module.run(np.random.default_rng(self.seed)))
        if not isinstance(data, dict):
            raise ExperimentError(
                f"{self.question.experiment.name}: run() returned {type(data).__name__}; it returns a dict"
            )
        return data

    def claims(self, data: dict[str, Any]) -> list[Claim]:
        """The claims about this data, each with a name of its own."""
        found: list[Claim] = []
        try:
            made: Iterable[Claim] = self.module.claims(data)
            found.extend(made)
        except Exception as error:
            raise ExperimentError(
                f"{self.question.experiment.name}: claims() failed: {type(error).__name__}: {error}"
            ) from error
        names = [claim.name for claim in found]
        for name in names:
            if names.count(name) > 1:
                raise ExperimentError(f"{self.question.experiment.name}: two claims are called `{name}`")
        return found

    def figures(self, data: dict[str, Any]) -> Iterator[tuple[str, Figure]]:
        """The figures of this data in the scheme being drawn, by name."""
        yield from self.module.figures(data)


def with_experiment() -> list[Question]:
    """The questions that have an experiment."""
    return [question for question in all_questions() if question.experiment.is_file()]


def plain(value: Any, path: str = "") -> Any:
    """The value as JSON holds it: floats rounded to six significant digits, arrays as lists.

    Raises:
        ExperimentError: Naming the path, for NaN, infinities, keys and types that a record cannot hold.
    """
    import numpy as np

    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or not key or not all(c.isalnum() or c in "-_" for c in key):
                raise ExperimentError(
                    f"{path or 'data'}: key {key!r}: use letters, digits, - and _, so that a page can name it"
                )
        return {key: plain(item, f"{path}.{key}" if path else key) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{path}.{i}") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), path)
    if isinstance(value, np.generic):
        return plain(value.item(), path)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExperimentError(
                f"{path or 'data'}: {value} cannot be recorded; mend the run, or record None and say why"
            )
        return float(f"{value:.{DIGITS}g}")
    raise ExperimentError(
        f"{path or 'data'}: {type(value).__name__} cannot be recorded; use numbers, text, lists, dicts or arrays"
    )


def _load(path: Path) -> ModuleType:
    """The experiment as a module, read anew each time so that an edit counts at once."""
    name = f"experiments.{path.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ExperimentError(f"{path} is missing")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ExperimentError(
            f"{path.name} cannot be imported: {type(error).__name__}: {error}\n{_where(error, path)}"
        ) from error
    return module


def _where(error: BaseException, path: Path) -> str:
    """The lines of a traceback that lie in or below the experiment, for its author."""
    frames = traceback.extract_tb(error.__traceback__)
    start = next((i for i, frame in enumerate(frames) if frame.filename == str(path)), 0)
    return "".join(traceback.format_list(frames[start:])).rstrip()


def _main(slug: str, what: str, result: Path) -> int:
    """Run the experiment (`what` holds "data") and the example ("examples") of a question; write JSON to `result`."""
    question = by_slug(slug)
    outcome: dict[str, Any] = {}
    try:
        if "data" in what.split(","):
            experiment = Experiment(question)
            start = time.perf_counter()
            try:
                outcome["data"] = experiment.run()
            except ExperimentError:
                raise
            except Exception as error:
                message = f"{question.experiment.name}: run() failed: {type(error).__name__}: {error}"
                raise ExperimentError(f"{message}\n{_where(error, question.experiment)}") from error
            outcome["seconds"] = round(time.perf_counter() - start, 1)
            outcome["seed"] = experiment.seed
        if "examples" in what.split(","):
            outcome["printed"] = examples.run(question.example)
    except (ExperimentError, examples.ExampleError) as error:
        print(error, file=sys.stderr)
        return 1
    result.write_text(json.dumps(outcome, allow_nan=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
