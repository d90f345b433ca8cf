"""Which pages are measured, and that a score below its limit is said."""

from pathlib import Path

import pytest

from gates import lighthouse

GOOD = {"performance": 0.97, "accessibility": 1.0, "best-practices": 1.0, "seo": 1.0}


@pytest.mark.parametrize("name", lighthouse.LIMITS)
def test_a_score_below_its_limit_is_said(name: str) -> None:
    assert lighthouse.below(GOOD) == []
    assert lighthouse.below({**GOOD, name: 0.96}) == [f"{name} 0.96, at least {lighthouse.LIMITS[name]:.2f}"]


def test_the_heaviest_question_pages_are_chosen(tmp_path: Path) -> None:
    slugs = ["adam", "adamw", "dropout", "early-stopping", "data-augmentation", "weight-decay-and-l2", "sgd-momentum-nesterov"]
    for weight, address in enumerate(["", "about/", *(f"optimizers-and-regularization/{slug}/" for slug in slugs)]):
        (tmp_path / address).mkdir(exist_ok=True, parents=True)
        (tmp_path / address / "index.html").write_text("x" * weight)
    chapter = "optimizers-and-regularization/"
    assert lighthouse.chosen(tmp_path) == ["", chapter, *(f"{chapter}{slug}/" for slug in reversed(slugs[2:]))]
