"""Formulas: TeX to MathML when the site is built, by Temml in a small JavaScript engine. The reader's browser runs nothing."""

from __future__ import annotations

import json
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
    return mathml


def unbroken(mathml: str, after: str) -> str:
    """A formula in the line with the punctuation that follows it, which would otherwise start the next line now and then."""
    return f'<span class="unbroken">{mathml}{after}</span>' if after else mathml
