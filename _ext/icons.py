"""The icons of the pages: a few kilobytes of the theme's font, instead of 156 on every page.

The small font comes in a style sheet, under the name of the large one and for the characters of
these icons alone. Where a page has another icon, the browser still loads the large font.
"""

from base64 import b64encode
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

THEME = "pydata_sphinx_theme"
FONT = f"{THEME}/theme/{THEME}/static/vendor/fontawesome/webfonts/fa-solid-900.ttf"
STYLE = "icons.css"
ICONS = {  # by the names of their glyphs
    *("angle-down", "angle-left", "angle-right", "arrow-up", "bars", "bell", "bookmark", "brain"),
    *("bug", "circle-exclamation", "circle-half-stroke", "circle-info", "circle-xmark"),
    *("download", "file", "file-pdf", "lightbulb", "list", "magnifying-glass", "moon", "pencil"),
    *("share", "sun", "triangle-exclamation", "up-right-from-square"),
}
COPYRIGHT = 0  # kept of its names; the others are reserved, by its licence, for the whole font


def small_font() -> tuple[bytes, list[int]]:
    """The theme's font with these icons alone, and the characters that stand for them."""
    font = TTFont(distribution(THEME).locate_file(FONT))
    characters = sorted(code for code, name in font.getBestCmap().items() if name in ICONS)
    subsetter = Subsetter(Options(name_IDs=[COPYRIGHT]))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = "woff"
    file = BytesIO()
    font.save(file)
    return file.getvalue(), characters


def write_style(app: Sphinx) -> None:
    """Write the style sheet that brings the small font along."""
    font, characters = small_font()
    style = f"""@font-face {{
  font-family: "Font Awesome 6 Free";
  font-weight: 900;
  src: url(data:font/woff;base64,{b64encode(font).decode()}) format("woff");
  unicode-range: {", ".join(f"U+{code:X}" for code in characters)};
}}
"""
    folder = Path(app.outdir, "_static")
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(STYLE).write_text(style, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_css_file(STYLE)
    app.connect("builder-inited", write_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
