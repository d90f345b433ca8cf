"""Formulas: TeX to MathML when the site is built, by Temml in a small JavaScript engine. The reader's browser runs nothing."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path
from typing import Any

from book.markup.page import MarkupError

TEMML = Path(__file__).resolve().parents[1] / "vendor" / "temml" / "temml.min.js"


@cache
def _engine() -> Any:
    import quickjs

    context = quickjs.Context()
    context.eval(TEMML.read_text(encoding="utf-8"))
    # JSON, because the engine truncates long strings handed over directly.
    return context.eval(
        "(tex, display) => JSON.stringify(temml.renderToString(tex, {displayMode: display, throwOnError: true}))"
    )


@cache
def to_mathml(tex: str, display: bool) -> str:
    """The formula as MathML.

    Raises:
        MarkupError: With the engine's reason, if the TeX is wrong.
    """
    try:
        mathml: str = json.loads(_engine()(tex.strip(), display))
    except Exception as error:
        reason = str(error).partition("\n")[0].removeprefix("ParseError:").strip()
        raise MarkupError(f"formula {tex.strip()!r}: {reason}") from error
    return primes_in_line(mathml) if "tml-prime" in mathml else mathml


def primes_in_line(mathml: str) -> str:
    """Primes beside what they belong to. The font's prime is raised and small already: as a superscript it would be twice."""
    formula = ElementTree.fromstring(mathml)
    for element in [*formula.iter("msup"), *formula.iter("msubsup")]:
        base, *_, raised = element
        if not all("tml-prime" in mark.get("class", "") for mark in (raised if raised.tag == "mrow" else [raised])):
            continue
        primed = ElementTree.Element("mrow")
        primed.extend([base, raised])
        if element.tag == "msubsup":
            element.tag, element[:] = "msub", [primed, element[1]]
        else:
            element.tag = "mrow"
    return ElementTree.tostring(formula, encoding="unicode", short_empty_elements=False)


def unbroken(mathml: str, after: str) -> str:
    """A formula in the line with the punctuation that follows it, which would otherwise start the next line now and then."""
    return f'<span class="unbroken">{mathml}{after}</span>' if after else mathml
