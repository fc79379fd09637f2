"""Figures as SVG: sharp at any size, small, and the same text every time.

Text stays text, and a picture has one pixel for each of its numbers. An id is made from what it
names, so that figures can share a page. The book puts its own colours, of day or night, in place of
those of `style.py`.
"""

from __future__ import annotations

import base64
import io
import re
import sys
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

from cnnbook.plot.style import INK, STYLE
from cnnlib.checks import Array

PIXELS = STYLE["figure.dpi"] / 72  # of a page, for a point
FAMILY = "DejaVu Sans,Verdana,sans-serif"  # Verdana is as wide, and where DejaVu Sans is not
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
ROUNDED = {"d", "height", "transform", "viewBox", "width", "x", "y"}


def show_as_svg() -> None:
    """Let a notebook show figures by `svg`; elsewhere, nothing."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    import matplotlib_inline.backend_inline  # noqa: F401  it chooses PNG when it is loaded

    formatters = shell.display_formatter.formatters
    for formatter in formatters.values():
        formatter.pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, svg)


def svg(figure: Figure) -> str:
    """The figure as one line of SVG, cut to what is drawn, of the size it has on a page."""
    for picture in figure.findobj(AxesImage):
        picture.set_interpolation("none")
    file = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnnbook"}):
        options = {"bbox_inches": "tight", "dpi": 2 * STYLE["figure.dpi"], "metadata": NO_METADATA}
        figure.savefig(file, format="svg", **options)
    root = ElementTree.fromstring(_plain(file.getvalue()))
    for element in root.iter():
        _tidy(element)
    _unwrap(root)
    width, height = (str(round(PIXELS * float(n))) for n in root.attrib["viewBox"].split()[2:])
    look = {"fill": INK.lower(), "font-family": FAMILY, "stroke-linejoin": "round"}
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "width": width, "height": height, **look}
    return ElementTree.tostring(root, encoding="unicode")


def _plain(text: str) -> str:
    """Without namespaces, without unused ids, the font named once, and ink for black."""
    text = re.sub(r' (version|xmlns(:xlink)?)="[^"]*"', "", text[text.index("<svg") :])
    text = text.replace("xlink:href", "href").replace("font-family: 'DejaVu Sans'; ", "")
    text = text.replace("'DejaVu Sans'", FAMILY).replace("#000000", INK.lower())
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', text))
    return re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", text)


def _tidy(element: Element) -> None:
    """Short numbers and styles, small pictures, no space between elements."""
    element.tail = None
    if len(element):
        element.text = None
    attributes = element.attrib
    if element.tag == "image":
        attributes["href"] = _packed(attributes["href"])
        _place(attributes)
    for name in ROUNDED & set(attributes):
        value = re.sub(r"-?\d+\.\d+", _short, attributes[name]).strip()
        attributes[name] = re.sub(r"\s*([A-Zz])\s*", r"\1", value)
    if attributes.get("transform", "").startswith(("rotate(0 ", "rotate(-0 ")):
        del attributes["transform"]
    if "style" in attributes:
        attributes["style"] = re.sub(r"([:;]) ", r"\1", attributes["style"])


def _short(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 2) + 0:g}"


def _place(image: dict[str, str]) -> None:
    """By its corner and size instead of a matrix."""
    matrix = re.fullmatch(r"matrix\((\S+) 0 0 (\S+) (\S+) (\S+)\)", image["transform"])
    if matrix:
        across, down, x, y = map(float, matrix.groups())
        width, height = across * float(image["width"]), down * float(image["height"])
        del image["transform"]
        image |= {"x": f"{x:f}", "y": f"{y:f}", "width": f"{width:f}", "height": f"{height:f}"}
        image["preserveAspectRatio"] = "none"


def _unwrap(element: Element) -> list[Element]:
    """The element with its contents unwrapped; these alone where it only groups them."""
    element[:] = _joined([inner for child in element for inner in _unwrap(child)])
    bare = element.tag == "g" and not element.attrib
    empty = element.tag in ("defs", "style") and not len(element)
    return list(element) if bare or empty else [element]


def _joined(elements: list[Element]) -> list[Element]:
    """Paths that follow each other and look alike as one, where none hides another: cells."""
    kept: list[Element] = []
    for element in elements:
        clear = re.search("fill:none|fill-opacity", element.get("style", ""))
        if "d" in element.attrib and clear and kept and _look(element) == _look(kept[-1]):
            kept[-1].attrib["d"] += element.attrib["d"]
        else:
            kept.append(element)
    return kept


def _look(element: Element) -> tuple[str, dict[str, str]]:
    """All but the way of a path."""
    return element.tag, {name: value for name, value in element.items() if name != "d"}


def _packed(address: str) -> str:
    """A data address of a picture, in at most 256 colours."""
    picture: Image.Image = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    if picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    pixels: Array = np.asarray(picture)
    height, width, channels = pixels.shape
    colors, places = np.unique(pixels.reshape(-1, channels), axis=0, return_inverse=True)
    if len(colors) <= 256:
        small = Image.fromarray(places.reshape(height, width).astype(np.uint8))
        small.putpalette(colors.tobytes(), picture.mode)
    else:
        small = picture.quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    small.save(file, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
