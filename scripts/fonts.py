"""Subset the book's fonts from their npm packages: python scripts/fonts.py SOURCE_SERIF_PACKAGE STIX_MATH_PACKAGE.

The arguments are the unpacked packages @fontsource-variable/source-serif-4 5.3.1 and @fontsource/stix-two-math 5.3.0. Rerun
only to change the fonts; the results are in docs/assets/fonts, with their licences.
"""

import shutil
import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FONTS = Path(__file__).resolve().parents[1] / "docs" / "assets" / "fonts"
FIGURE_FONTS = Path(__file__).resolve().parent / "book" / "fonts"
# Every page loads the characters of the first list, and those of the second only if it has one of them.
TEXT_OFTEN = [*range(0x20, 0x7F), *map(ord, "\xa0±·×°•µ¹²³⁰⁴⁵⁶⁷⁸⁹⁻½äéöüáúÉŁ–—‘’“”…→−≈≤≥")]
TEXT_REST = sorted({
    *range(0xA1, 0x100), 0x131, 0x2C6, 0x2DA, 0x2DC, 0x201A, 0x201E, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2190, 0x2191, 0x2193,
    0x2215, 0x2260, 0x0141, 0x0142, 0x0160, 0x0161, 0x017D, 0x017E, 0x0107, 0x010D,
} - set(TEXT_OFTEN))  # fmt: skip
# Without the upright small Greek letters: browsers turn them into the slanted ones of U+1D6FC, yet would fetch the face that has them.
MATH = [
    *range(0x20, 0x7F), 0xA0, 0xA7, 0xAC, 0xAF, *range(0xB1, 0xB8), 0xB9, 0xD7, 0xF7, 0x131, 0x237, *range(0x2C6, 0x2DE),
    *range(0x300, 0x315), 0x338, *range(0x391, 0x3AA), *range(0x2002, 0x2006), 0x200B, 0x2016, 0x2020, 0x2021, 0x2022,
    0x2026, 0x2032, 0x2033, 0x2034, 0x203E, *range(0x2061, 0x2065), 0x20D7, 0x210E, 0x210F, 0x2111, 0x2112, 0x2113, 0x211B, 0x211C, 0x211D,
    0x2102, 0x2115, 0x2119, 0x211A, 0x2124, 0x2130, 0x2131, 0x210B, 0x2110, 0x2133, 0x212C, *range(0x2190, 0x219A), 0x21A6, 0x21A9, 0x21AA,
    0x21C0, 0x21C1, 0x21CC, *range(0x21D0, 0x21D6), *range(0x2200, 0x226C), 0x2272, 0x2273, 0x227A, 0x227B, 0x2282, 0x2283, 0x2286, 0x2287,
    0x2295, 0x2297, 0x2299, 0x22A4, 0x22A5, *range(0x22C0, 0x22C4), 0x22C5, 0x22C6, 0x22EE, 0x22EF, 0x22F1, *range(0x2308, 0x230C), 0x23DE,
    0x23DF, 0x27E8, 0x27E9, 0x27F5, 0x27F6, 0x27F8, 0x27F9, 0x27FA, 0x2A7D, 0x2A7E, *range(0x1D400, 0x1D468), *range(0x1D49C, 0x1D4D0),
    *range(0x1D538, 0x1D56C), *range(0x1D6A4, 0x1D6A6), *range(0x1D6A8, 0x1D756), *range(0x1D7CE, 0x1D7D8),
]  # fmt: skip
ITALIC = [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6FC, 0x1D71C)]
MATH_OFTEN = sorted({
    *range(0x20, 0x7F), *ITALIC,
    *map(ord, "\xa0±²·×ˆ˜ΔΛΣΦ‖…′‾ℒℓℝ←→∂∇∈∑−√∝∞∼≈≠≤≥⊙∗Ψ≪≫⊤⋅⋯⏟⟺\u2061\u2062\u2063\u200b𝒩𝔼𝟏"),
})  # fmt: skip
MATH_SIGNS = sorted(map(ord, "¯ˉ˙ΓΘΠΩℕ↦⇒∏∓∘∣∥∧∫⋮⌈⌉⌊⌋⏞⟨⟩\u0302\u0304"))
MATH_REST = sorted(set(MATH) - {*MATH_OFTEN, *MATH_SIGNS})


def write_subset(
    source: Path,
    target: Path,
    characters: list[int],
    features: list[str],
    weight: float | tuple[float, float] = (400, 600),
) -> None:
    font = TTFont(source, recalcTimestamp=False)
    if "MATH" in font:
        narrow_large_roots(font)
        leave_out_sizes(font)
    if "fvar" in font:
        font = instancer.instantiateVariableFont(font, {"wght": weight})
        if target.suffix == ".woff2":
            add_exponents(font)
    options = subset.Options()
    options.flavor = "woff2" if target.suffix == ".woff2" else None
    options.layout_features = features
    options.name_IDs = [0, 1, 2, 13, 14]
    options.hinting = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)
    print(f"{target.name}: {target.stat().st_size / 1024:.1f} KB")


def add_exponents(font: TTFont) -> None:
    """Give the font all digits and the minus of powers in one size: those of its fractions' numerators. It has only ¹, ² and ³ itself."""
    features = font["GSUB"].table.FeatureList.FeatureRecord
    lookup = next(record.Feature.LookupListIndex[0] for record in features if record.FeatureTag == "numr")
    numerators: dict[str, str] = {}
    for part in font["GSUB"].table.LookupList.Lookup[lookup].SubTable:
        numerators |= getattr(part, "ExtSubTable", part).mapping
    names = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", (numerators[font.getBestCmap()[ord(digit)]] for digit in "0123456789"), strict=True))
    glyphs, minus = font["glyf"], font.getBestCmap()[0x2212]
    variations = font["gvar"].variations if "gvar" in font else {}
    one, bar = glyphs[names["¹"]], glyphs[minus]
    one.recalcBounds(glyphs)
    bar.recalcBounds(glyphs)
    scale, middle = 0.6, (one.yMin + one.yMax) / 2
    pen = TTGlyphPen(None)
    bar.draw(TransformPen(pen, (scale, 0, 0, scale, 0, round(middle - scale * (bar.yMin + bar.yMax) / 2))), glyphs)
    font.setGlyphOrder([*font.getGlyphOrder(), "exponentminus"])
    glyphs["exponentminus"] = pen.glyph()
    advance, bearing = font["hmtx"][minus]
    font["hmtx"]["exponentminus"] = (round(scale * advance), round(scale * bearing))
    variations["exponentminus"] = []
    for widths in (font["HVAR"].table.AdvWidthMap, font["HVAR"].table.LsbMap) if "HVAR" in font else ():
        if widths is not None:
            widths.mapping["exponentminus"] = widths.mapping[minus]
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap |= {ord(sign): name for sign, name in names.items()} | {ord("⁻"): "exponentminus"}


def leave_out_sizes(font: TTFont, kept: int = 5) -> None:
    """Keep the smaller sizes of signs that also come in pieces: what is taller than twice a letter is put together from those."""
    for construction in font["MATH"].table.MathVariants.VertGlyphConstruction:
        if construction.GlyphAssembly:
            del construction.MathGlyphVariantRecord[kept:]


def narrow_large_roots(font: TTFont) -> None:
    """Give all sizes of the root sign the width of the smallest.

    Browsers reserve the width of the widest size for every root, which leaves a gap after the small ones.
    """
    variants = font["MATH"].table.MathVariants
    root = font.getBestCmap()[0x221A]
    construction = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(root)]
    names = [record.VariantGlyph for record in construction.MathGlyphVariantRecord]
    names += [part.glyph for part in construction.GlyphAssembly.PartRecords]
    width = font["hmtx"][root][0]
    glyphs = font.getGlyphSet()
    for name in names:
        advance, bearing = font["hmtx"][name]
        scale = width / advance
        if "glyf" in font:
            pen = TTGlyphPen(glyphs)
            glyphs[name].draw(TransformPen(pen, (scale, 0, 0, 1, 0, 0)))
            font["glyf"][name] = pen.glyph()
        else:
            pen = T2CharStringPen(width, glyphs)
            glyphs[name].draw(TransformPen(pen, (scale, 0, 0, 1, 0, 0)))
            strings = font["CFF "].cff.topDictIndex[0].CharStrings
            strings[name] = pen.getCharString(strings[name].private, strings[name].globalSubrs)
        font["hmtx"][name] = (width, round(bearing * scale))


def ranges(characters: list[int]) -> str:
    """The characters as CSS writes them in `unicode-range`."""
    runs: list[list[int]] = []
    for character in sorted(characters):
        if runs and character == runs[-1][1] + 1:
            runs[-1][1] = character
        else:
            runs.append([character, character])
    return ", ".join(f"U+{first:X}" + (f"-{last:X}" if last > first else "") for first, last in runs)


def main(serif: Path, math: Path) -> None:
    FONTS.mkdir(parents=True, exist_ok=True)
    upright, italic = (serif / f"files/source-serif-4-latin-wght-{style}.woff2" for style in ("normal", "italic"))
    symbols = math / "files/stix-two-math-latin-400-normal.woff2"
    for part, text in (("", TEXT_OFTEN), ("-rest", TEXT_REST)):
        write_subset(upright, FONTS / f"source-serif-4{part}.woff2", text, ["kern", "liga"])
        write_subset(italic, FONTS / f"source-serif-4-italic{part}.woff2", text, ["kern"], 400)
        print(f"unicode-range: {ranges(text)};")
    for part, formulas in (("", MATH_OFTEN), ("-signs", MATH_SIGNS), ("-rest", MATH_REST)):
        write_subset(symbols, FONTS / f"stix-two-math{part}.woff2", formulas, ["ssty", "dtls", "flac"])
        print(f"unicode-range: {ranges(formulas)};")
    FIGURE_FONTS.mkdir(exist_ok=True)  # Matplotlib reads neither woff2 nor variable fonts
    write_subset(upright, FIGURE_FONTS / "source-serif-4.ttf", sorted({*TEXT_OFTEN, *TEXT_REST}), ["kern"], 400)
    for folder in (FONTS, FIGURE_FONTS):
        shutil.copy(serif / "LICENSE", folder / "source-serif-4-LICENSE.txt")
    shutil.copy(math / "LICENSE", FONTS / "stix-two-math-LICENSE.txt")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
