"""Which pages are measured, and that a score below its limit is said."""

from pathlib import Path

import pytest

from gates import lighthouse

GOOD = {"performance": 0.97, "accessibility": 1.0, "best-practices": 1.0, "seo": 1.0}


@pytest.mark.parametrize("name", lighthouse.LIMITS)
def test_a_score_below_its_limit_is_said(name: str) -> None:
    assert lighthouse.below(GOOD) == []
    assert lighthouse.below({**GOOD, name: 0.96}) == [f"{name} 0.96, at least {lighthouse.LIMITS[name]:.2f}"]


def test_a_page_is_measured_anew_when_it_is_too_low_and_fails_when_it_stays_so(capsys: pytest.CaptureFixture[str]) -> None:
    slow, bad = {**GOOD, "performance": 0.9}, {**GOOD, "seo": 0.9}
    for runs, verdict, too_low in (([GOOD, slow, GOOD], True, 0), ([slow, slow, GOOD, GOOD, GOOD, slow], True, 1), ([bad] * 9, False, 3)):
        left = iter(runs)
        assert lighthouse.holds("home", left.__next__) is verdict
        assert not list(left)
        assert capsys.readouterr().out.count("too low") == too_low


def test_the_heaviest_question_pages_are_chosen(tmp_path: Path) -> None:
    slugs = ["adam", "adamw", "dropout", "early-stopping", "data-augmentation", "weight-decay-and-l2", "sgd-momentum-nesterov"]
    for weight, address in enumerate(["", "about/", *(f"optimizers-and-regularization/{slug}/" for slug in slugs)]):
        (tmp_path / address).mkdir(exist_ok=True, parents=True)
        (tmp_path / address / "index.html").write_text("x" * weight)
    chapter = "optimizers-and-regularization/"
    assert lighthouse.chosen(tmp_path) == ["", chapter, *(f"{chapter}{slug}/" for slug in reversed(slugs[2:]))]
