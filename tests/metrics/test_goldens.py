"""The metrics give what scikit-learn gives (scripts/goldens/record_metrics.py)."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest

import dlprimer
from dlprimer.metrics import classification, ranking

RECORD = json.loads((Path(__file__).parents[1] / "goldens" / "metrics.json").read_text())
DATA = {name: np.array(values) for name, values in RECORD["data"].items()}
FUNCTIONS = sorted({case["function"] for case in RECORD["cases"]})


def differences(function):
    """A line for each case in which the result is not scikit-learn's."""
    for case in RECORD["cases"]:
        if case["function"] != function:
            continue
        options = {
            k: DATA[v[1:]] if isinstance(v, str) and v.startswith("@") else v for k, v in case["options"].items()
        }
        result = getattr(dlprimer, function)(*(DATA[name] for name in case["arguments"]), **options)
        expected = case["result"]
        parts = zip(result, expected, strict=True) if isinstance(result, tuple) else [(result, expected)]
        for part, (got, wanted) in enumerate(parts):
            if wanted is None or got is None:
                same = got is wanted
            else:
                same = np.shape(got) == np.shape(wanted) and np.allclose(
                    got, wanted, rtol=1e-9, atol=1e-12, equal_nan=True
                )
            if not same:
                yield f"{case['arguments']} {case['options']} part {part}: {got} instead of {wanted}"


@pytest.mark.filterwarnings("ignore:.*is 0/0", "ignore:k=4 is no smaller")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_equals_scikit_learn(function):
    found = list(differences(function))
    assert not found, f"{len(found)} differences, the first: {found[0]}"


@pytest.mark.parametrize("module", [classification, ranking])
def test_examples_in_the_docstrings_run(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
