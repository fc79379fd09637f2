"""Figures as SVG: the same text every time, text as text, a pixel for each number."""

import base64
import io
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from cnnbook import plot

pytestmark = pytest.mark.usefixtures("close_figures")


def drawn() -> Figure:
    """Curves, cells, a picture and a formula."""
    fig, (left, middle, right) = plot.subplots(1, 3)
    x = np.linspace(0, 1, 50)
    plot.curves({"a": (x, x**2), "b": (x, np.sin(9 * x))}, left)
    plot.matrix(np.arange(6).reshape(2, 3), middle, title="$x_0$")
    plot.image(np.arange(12, dtype=np.uint8).reshape(3, 4), right)
    return fig


def elements(figure: Figure, tag: str) -> list[Element]:
    root = ElementTree.fromstring(plot.svg(figure))
    return list(root.iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def test_the_same_figure_gives_the_same_text() -> None:
    first = plot.svg(drawn())
    assert first == plot.svg(drawn())
    assert "\n" not in first


def test_settings_stay_as_they_were() -> None:
    figure, before = drawn(), dict(mpl.rcParams)
    plot.svg(figure)
    assert dict(mpl.rcParams) == before


def test_text_stays_text() -> None:
    """Its digits too, though numbers of the drawing are rounded."""
    figure = drawn()
    figure.axes[0].set_title("1.394713 < 2")
    texts = ["".join(text.itertext()) for text in elements(figure, "text")]
    assert "1.394713 < 2" in texts
    assert "x0" in texts


def test_a_figure_has_the_width_that_it_has_on_a_page() -> None:
    (root,) = elements(plot.subplots()[0], "svg")
    width, height = (int(root.attrib[name]) for name in ("width", "height"))
    assert 700 < width < 740
    assert [float(n) for n in root.attrib["viewBox"].split()] == pytest.approx(
        [0, 0, width * 72 / 110, height * 72 / 110], abs=0.5
    )


@pytest.mark.parametrize("kind", ["grey", "colour", "transparent"])
def test_a_picture_keeps_its_pixels(kind: str) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (5, 7, 4), dtype=np.uint8)
    if kind == "grey":
        pixels[..., :3] = pixels[..., :1]
    if kind != "transparent":
        pixels[..., 3] = 255
    fig, ax = plot.subplots()
    ax.imshow(pixels)
    (image,) = elements(fig, "image")
    png = base64.b64decode(image.attrib["href"].partition(",")[2])
    np.testing.assert_array_equal(Image.open(io.BytesIO(png)).convert("RGBA"), pixels)
    assert float(image.attrib["width"]) == pytest.approx(1.4 * float(image.attrib["height"]), 0.01)


def test_a_photograph_of_many_colours_looks_the_same() -> None:
    ramp = np.linspace(0, 255, 60).astype(np.uint8)
    pixels = np.stack([*np.meshgrid(ramp, ramp), np.full((60, 60), 90, np.uint8)], axis=-1)
    fig, ax = plot.subplots()
    ax.imshow(pixels)
    (image,) = elements(fig, "image")
    png = base64.b64decode(image.attrib["href"].partition(",")[2])
    shown = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    assert np.abs(shown - pixels).max() <= 24


def test_cells_that_look_alike_are_one_path() -> None:
    figure = plot.matrix(np.full((20, 30), np.nan), highlight=np.s_[2:5, 2:5]).figure
    paths = elements(figure, "path")
    assert sum(path.attrib["d"].count("M") for path in paths) > 600
    assert len(paths) < 12


def test_a_sheet_hides_the_one_behind_it() -> None:
    """Opaque shapes stay apart, however alike: as one path, all their edges would be seen."""
    fig, ax = plt.subplots()
    for shift in (0.0, 0.1, 0.2):
        ax.add_patch(Rectangle((shift, shift), 0.5, 0.5, facecolor="white", edgecolor="red"))
    sheets = [path for path in elements(fig, "path") if "#ff0000" in path.get("style", "")]
    assert len(sheets) == 3


def test_ids_are_used_and_unique() -> None:
    text = plot.svg(drawn())
    ids = re.findall(r' id="([^"]+)"', text)
    assert ids
    assert len(ids) == len(set(ids))
    assert set(ids) == set(re.findall(r'(?:href="|url\()#([^")]+)', text))


def test_black_is_ink() -> None:
    """What is drawn without the book's style follows the page, too."""
    fig, ax = plt.subplots()
    ax.plot([0, 1], color="black")
    ax.text(0, 0, "black")
    text = plot.svg(fig)
    assert "#000000" not in text
    assert f'fill="{plot.INK.lower()}"' in text[: text.index(">")]
