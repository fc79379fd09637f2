"""Figures as part of the page: an SVG in its text, in its colours of day and night.

Other pictures get their size, so that nothing moves when they arrive, and are loaded when the
reader comes near.
"""

import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from cnnbook.plot.style import COLORS, GOLD, GREY, GRID, INK, PALE, PAPER, TEXT

# The variable of `_static/book.css` for each colour of `cnnbook.plot`.
VARIABLES = {
    INK: "--book-ink",
    GREY: "--book-quiet",
    PALE: "--book-rule-strong",
    GOLD: "--book-caution",
    GRID: "--book-rule",
    PAPER: "--book-paper",
    **{color: f"--cnn-{role}" for role, color in COLORS.items()},
    **{color: f"--cnn-{role}-text" for role, color in TEXT.items()},
}
NAMES = {color.lower(): name for color, name in VARIABLES.items()}


class Drawing(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """An SVG, written into the page."""


def visit_drawing(translator: HTML5Translator, node: Drawing) -> None:
    """Write it as it is."""
    translator.body.append(node["svg"])
    raise nodes.SkipNode


def draw(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the text of each SVG in the place of its picture."""
    if app.builder.format != "html":
        return
    pictures = [it for it in doctree.findall(nodes.image) if it["uri"].endswith(".svg")]
    for number, picture in enumerate(pictures):
        svg = Path(app.srcdir, picture["uri"]).read_text(encoding="utf-8")
        alt = picture.get("alt", "")
        picture.replace_self(Drawing(svg=on_page(svg, alt, f"drawing{number}-"), alt=alt))


def on_page(svg: str, name: str, prefix: str) -> str:
    """With a name, with ids of its own, and with the page's colours."""
    svg = re.sub(r'(?<= id=")|(?<=href="#)|(?<=url\(#)', prefix, svg)
    svg = re.sub("#[0-9a-f]{6}(?![0-9a-f])", in_colours_of_the_page, svg)
    return f'<svg class="drawing" role="img" aria-label="{escape(name)}"{svg[len("<svg") :]}'


def in_colours_of_the_page(color: re.Match[str]) -> str:
    """The variable of a colour that has one."""
    return f"var({NAMES[color[0]]})" if color[0] in NAMES else color[0]


def measure(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give each picture its width and height; all but a page's first wait for the reader."""
    sources = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}
    waits = ""

    def sized(tag: re.Match[str]) -> str:
        nonlocal waits
        source = sources.get(Path(unquote(tag[1])).name)
        if source is None:
            return tag[0]
        with Image.open(source) as picture:
            size = f'width="{picture.width}" height="{picture.height}"'
        before, waits = waits, ' loading="lazy"'
        return f"<img {size}{before}{tag[0].removeprefix('<img')}"

    if doctree:
        context["body"] = re.sub(r'<img\b[^>]*? src="([^"]+)"[^>]*>', sized, context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_node(Drawing, html=(visit_drawing, None))
    app.connect("doctree-resolved", draw)
    app.connect("html-page-context", measure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
