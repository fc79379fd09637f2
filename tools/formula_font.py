# /// script
# requires-python = ">=3.11"
# dependencies = ["brotli==1.2.0", "fonttools==4.68.0", "ziamath==0.13"]
# ///
"""Cut the font of the formulas, `_static/formulas.woff2`, out of STIX Two Math.

python -m uv run --no-project tools/formula_font.py

The font comes with the package ziamath, which nothing else needs. What is kept: the signs that
formulas are written with, their larger forms (U+221A and the brackets grow) and the small ones
of exponents.
"""

from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parent.parent / "_static" / "formulas.woff2"

# The last two lines are a single letter's italics, and the letters of \mathsf and \mathbb.
CHARACTERS = [
    *range(0x20, 0x7F),
    *map(ord, "\u00a0¬¯°±·×÷ıȷˆˇ˘˙˜\u0302\u0303\u0304‖…′″‴"),
    *range(0x391, 0x3CA),
    *map(ord, "ϑϕϖϰϱϵ"),
    *map(ord, "←↑→↓↔↦⇐⇒⇔∀∂∃∅∇∈∉∋∏∑−∓∕∗∘√∝∞∠∣∥∧∨∩∪∫∼≃≅≈≔≠≡≤≥≪≫⊂⊃⊆⊇⊕⊗⊙⊤⊥⋅⋆⋮⋯⋱"),
    *map(ord, "⌈⌉⌊⌋⎴⎵⏞⏟⟨⟩⟵⟶\u2061\u2062\u2063"),
    *map(ord, "ℎℓℕℝℤ"),
    *range(0x1D434, 0x1D468),
    *range(0x1D6E2, 0x1D71C),
    *map(ord, "𝔼𝖳𝟙"),
]


def narrow_the_roots(font: TTFont) -> None:
    """Make large radical signs as wide as the small one: Chromium keeps room for the widest."""
    variants = font["MATH"].table.MathVariants
    name = font.getBestCmap()[ord("√")]
    sign = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(name)]
    larger = {it.VariantGlyph for it in sign.MathGlyphVariantRecord} - {name}
    parts = {it.glyph for it in sign.GlyphAssembly.PartRecords}
    for group in [*({it} for it in larger), parts]:
        factor = font["glyf"][name].xMax / max(font["glyf"][it].xMax for it in group)
        for it in group:
            font["glyf"][it].coordinates.scale((factor, 1))
            font["glyf"][it].recalcBounds(font["glyf"])
            width, _ = font["hmtx"][it]
            font["hmtx"][it] = (round(factor * width), font["glyf"][it].xMin)


def main() -> None:
    """Write the font."""
    options = Options()
    options.hinting = False
    options.layout_features = ["dtls", "ssty"]
    options.flavor = "woff2"
    source = str(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf")
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    narrow_the_roots(font)
    # Chromium looks for the small forms under the script of the letters, not of mathematics.
    scripts = font["GSUB"].table.ScriptList.ScriptRecord
    (math,) = [record.Script for record in scripts if record.ScriptTag == "math"]
    for record in scripts:
        record.Script = math
    # An index hangs as low on a y as on an x, as TeX has it.
    font["MATH"].table.MathConstants.SubscriptBaselineDropMin.Value = 0
    font.flavor = options.flavor
    font.save(TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {len(font.getGlyphOrder())} glyphs")


if __name__ == "__main__":
    main()
