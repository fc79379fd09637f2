"""What all figures share: colours, sizes, and axes that are measured in cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from cnnlib.checks import Array

COLORS = {"input": "#0072B2", "kernel": "#D55E00", "output": "#009E73", "gradient": "#AA3377"}
TEXT = {"input": "#00659E", "kernel": "#A84A00", "output": "#00704F", "gradient": "#99296A"}
INK, GREY, PALE = "#1D2433", "#6B7280", "#B4BAC4"
GOLD, GRID, PAPER = "#8A6A00", "#E3E6EA", "#FFFFFF"
WIDTH = 6.5  # of a figure, in inches
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 11,
    "figure.dpi": 110,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
}
Point: TypeAlias = tuple[float, float]
P = ParamSpec("P")
R = TypeVar("R")


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """The function, run under STYLE and leaving matplotlib's settings as they were."""

    @wraps(function)
    def draw(*args: P.args, **kwargs: P.kwargs) -> R:
        with plt.rc_context(STYLE):
            return function(*args, **kwargs)

    return draw


@styled
def subplots(
    nrows: int = 1, ncols: int = 1, *, height: float = 2.4, **options: Any
) -> tuple[Figure, Any]:
    """`plt.subplots` in the book's style: full width, ``height`` in inches."""
    return plt.subplots(nrows, ncols, figsize=(WIDTH, height), layout="constrained", **options)


def canvas(ax: Axes | None, width: float, height: float, inches: float) -> Axes:
    """Axes of width × height units, y downwards; new ones with units of ``inches``, if they fit."""
    if ax is None:
        unit = min(WIDTH / width, inches)
        ax = plt.figure(figsize=(width * unit, height * unit)).add_axes((0, 0, 1, 1))
    ax.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05), aspect="equal")
    ax.set_axis_off()
    return ax


def points(ax: Axes) -> Point:
    """Width and height of the axes in points, after layout."""
    figure = ax.figure.get_figure(root=True)
    layout = figure.get_layout_engine()
    if layout:
        layout.execute(figure)
    box = ax.get_window_extent()
    return box.width * 72 / figure.dpi, box.height * 72 / figure.dpi


def unit(ax: Axes) -> float:
    """Points per unit of a canvas."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    width, height = points(ax)
    return float(min(width / (right - left), height / (bottom - top)))


def say(ax: Axes, x: float, y: float, text: str, size: float = 11, **look: Any) -> None:
    """Text centred at (x, y)."""
    ax.text(x, y, text, fontsize=size, **{"ha": "center", "va": "center", **look})


def precision(a: Array) -> str:
    """The format with the fewest decimals, up to two, that shows all these numbers."""
    shown = a[np.isfinite(a)]
    places = next((p for p in (0, 1) if np.allclose(shown, shown.round(p), atol=1e-6)), 2)
    return f",.{places}f"


def number(value: float, fmt: str) -> str:
    """The number in this format, with a real minus sign and no −0."""
    text = format(value, fmt)
    return text.replace("-", "−" if any(digit in text for digit in "123456789") else "")


def check_role(role: str) -> str:
    """Demand one of the roles that have a colour."""
    if role not in COLORS:
        raise ValueError(f"expected a role of {', '.join(COLORS)}, got {role!r}")
    return role


def rank(name: str, a: ArrayLike, axes: str) -> Array:
    """``a`` as float64 with as many axes as ``axes`` names, as in "(H, W)"."""
    a = np.asarray(a, dtype=np.float64)
    if a.ndim != axes.count(",") + 1:
        raise ValueError(f"{name} expected an array {axes}, got shape {a.shape}")
    return a
