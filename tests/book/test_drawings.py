"""Figures in the colours of the page: what stands in them can be read by day and by night."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest

from _ext.drawings import NAMES, on_page
from cnnbook.plot import COLORS
from tools.figures import figures
from tools.notebooks import all_notebooks

ROOT = Path(__file__).resolve().parents[2]
THEMES = ("light", "dark")
LIT = 0.4  # the strongest colour of a cell, in cnnbook.plot.matrices


# --- Colours ----------------------------------------------------------------------------------


def variables(theme: str) -> dict[str, str]:
    """The colours of `_static/book.css` in a theme."""
    css = (ROOT / "_static" / "book.css").read_text(encoding="utf-8")
    blocks = re.findall(r'^html(\[data-theme="dark"\])? \{(.*?)^\}', css, re.DOTALL | re.MULTILINE)
    found: dict[str, str] = {}
    for dark, block in blocks:
        if theme == "dark" or not dark:
            found |= re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", block)
    return found


CSS = {theme: variables(theme) for theme in THEMES}


def color(name: str, theme: str) -> np.ndarray:
    """The colour of a figure as it is on the page, from 0 to 1."""
    shown = CSS[theme][NAMES[name]] if name in NAMES else name
    return np.array([int(shown[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """As the accessibility guidelines measure it."""
    rgb = np.array([one, other])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return float((high + 0.05) / (low + 0.05))


def stored() -> Iterator[tuple[str, str]]:
    """Every figure of the book, with the name of its notebook."""
    for path in all_notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            for svg in figures(cell.get("outputs", [])):
                yield path.stem, svg


def text_colors(svg: str) -> set[str]:
    root = ElementTree.fromstring(svg)
    styles = [str(it.get("style")) for it in root.iter() if it.tag.endswith(("text", "tspan"))]
    return {name for style in styles for name in re.findall("fill:(#[0-9a-f]{6})", style)}


def test_every_colour_of_the_figures_has_one_for_the_night() -> None:
    for variable in NAMES.values():
        assert CSS["light"][variable] != CSS["dark"][variable]
    for role, name in COLORS.items():
        assert CSS["light"][f"--cnn-{role}"] == name.lower()


@pytest.mark.parametrize("theme", THEMES)
def test_text_in_figures_can_be_read(theme: str) -> None:
    paper = color("#ffffff", theme)
    pale = {
        f"{notebook}: {name} {contrast(color(name, theme), paper):.1f}"
        for notebook, svg in stored()
        for name in text_colors(svg)
        if contrast(color(name, theme), paper) < 4.5
    }
    assert not pale, pale


@pytest.mark.parametrize(("theme", "role"), list(product(THEMES, COLORS)))
def test_numbers_in_a_lit_cell_can_be_read(theme: str, role: str) -> None:
    paper, tint = color("#ffffff", theme), color(COLORS[role].lower(), theme)
    cell = LIT * tint + (1 - LIT) * paper
    assert contrast(color("#1d2433", theme), cell) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_drawn_can_be_seen(theme: str) -> None:
    """A colour of its own, without a variable, is neither paper nor ink in either theme."""
    paper = color("#ffffff", theme)
    unseen = {
        f"{notebook}: {name}"
        for notebook, svg in stored()
        for name in set(re.findall("#[0-9a-f]{6}(?![0-9a-f])", svg)) - NAMES.keys()
        if contrast(color(name, theme), paper) < 1.8
    }
    assert not unseen, unseen


def test_labels_are_large_enough_in_full_size() -> None:
    """At least 11 pixels, subscripts too."""
    small = {
        f"{notebook}: {size} points"
        for notebook, svg in stored()
        for size in re.findall(r"font-size:([\d.]+)px", svg)
        if float(size) * 110 / 72 < 11
    }
    assert not small, small


# --- On a page ---


def test_an_svg_becomes_part_of_its_page() -> None:
    svg = (
        '<svg width="2"><path id="i0" style="fill:#1d2433;stroke:#123456"/><use href="#i0"/></svg>'
    )
    drawing = on_page(svg, 'A "b" < c', "x-")
    root = ElementTree.fromstring(drawing)
    assert root.attrib == {
        "class": "drawing",
        "role": "img",
        "aria-label": 'A "b" < c',
        "width": "2",
    }
    path, use = root
    assert path.attrib == {"id": "x-i0", "style": "fill:var(--book-ink);stroke:#123456"}
    assert use.attrib == {"href": "#x-i0"}
