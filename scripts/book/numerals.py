"""Numbers as the book writes them in prose: a true minus sign, powers of ten written out."""

SUPERSCRIPTS = str.maketrans("-+0123456789", "⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹")


def three_digits(value: float) -> str:
    """Three significant digits in Python's notation, with an exponent only for very large and very small numbers."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2e}"
    text = f"{value:.3g}"
    return f"{value:.0f}" if "e" in text else text


def written(text: str) -> str:
    """A number in Python's notation as prose: "-1.5e-07" becomes −1.5 × 10⁻⁷."""
    mantissa, e, exponent = text.partition("e")
    mantissa = mantissa.replace("-", "\N{MINUS SIGN}")
    if not e:
        return mantissa
    return f"{mantissa}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{str(int(exponent)).translate(SUPERSCRIPTS)}"
