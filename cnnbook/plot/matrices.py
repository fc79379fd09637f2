"""Matrices as grids of numbers, and the sliding window that turns two of them into a third."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from cnnbook.plot.style import (
    COLORS,
    GREY,
    INK,
    TEXT,
    Point,
    canvas,
    check_role,
    number,
    precision,
    rank,
    say,
    styled,
    unit,
)
from cnnlib.checks import Array
from cnnlib.windows import output_size

CELL = 0.42  # inches


@styled
def matrix(
    a: ArrayLike,
    ax: Axes | None = None,
    *,
    role: str = "input",
    fmt: str | None = None,
    highlight: Any = None,
    padding: int = 0,
    title: str = "",
) -> Axes:
    """(H, W): numbers in a grid of cells; NaN leaves a cell empty.

    ``highlight`` is an index, ``np.s_[0:3, 1:4]``; the outer ``padding`` cells are dotted.
    """
    a, role = rank("matrix", a, "(H, W)"), check_role(role)
    ax = canvas(ax, a.shape[1], len(a), CELL)
    _cells(ax, a, (0, 0), role, fmt, highlight, padding)
    ax.set_title(title, color=TEXT[role])
    return ax


@styled
def convolution_step(
    x: ArrayLike,
    k: ArrayLike,
    y: ArrayLike,
    position: tuple[int, int],
    stride: int = 1,
    padding: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """(H, W), (kH, kW), (H', W'): the window at ``position`` of y, and its sum written out.

    Raises
    ------
    ValueError
        If y is not what x and k give, in shape or at ``position``.
    """
    x, k, y = (rank("convolution_step", a, "(H, W)") for a in (x, k, y))
    x = np.pad(x, padding)
    starts = [stride * p for p in position]
    window = np.s_[starts[0] : starts[0] + len(k), starts[1] : starts[1] + k.shape[1]]
    _check_step(x, k, y, stride, position, window)
    later = np.arange(y.size).reshape(y.shape) > np.ravel_multi_index(position, y.shape)
    y = np.where(later, np.nan, y)
    height = max(len(x), len(k), len(y)) + 0.8
    ax = canvas(ax, x.shape[1] + k.shape[1] + y.shape[1] + 2, height + 0.8 * len(k) + 0.5, CELL)
    left = _row(ax, x, 0, height, "input", window, padding, "∗")
    left = _row(ax, k, left, height, "kernel", None, 0, "=")
    left = _row(ax, y, left, height, "output", position, 0, "")
    total = number(y[position], precision(y))
    _products(ax, x[window], k, total, (left - 1) / 2, height + 0.8)
    return ax


def _check_step(
    x: Array, k: Array, y: Array, stride: int, position: tuple[int, int], window: Any
) -> None:
    expected = tuple(output_size(n, m, stride) for n, m in zip(x.shape, k.shape, strict=True))
    if y.shape != expected:
        raise ValueError(f"convolution_step expected y of shape {expected}, got {y.shape}")
    if not all(0 <= p < n for p, n in zip(position, expected, strict=True)):
        raise ValueError(f"convolution_step expected a position in {expected}, got {position}")
    total = np.sum(x[window] * k)
    if not np.isclose(y[position], total, atol=1e-5):
        raise ValueError(
            f"convolution_step expected y{list(position)} = {total:g}, got {y[position]:g}"
        )


def _row(
    ax: Axes, a: Array, left: float, height: float, role: str, lit: Any, padding: int, sign: str
) -> float:
    """One matrix with its name above and a sign behind; returns where the next one starts."""
    top, right = (height + 0.8 - len(a)) / 2, left + float(a.shape[1])
    _cells(ax, a, (left, top), role, None, lit, padding)
    say(ax, (left + right) / 2, top - 0.4, role, color=TEXT[role])
    say(ax, right + 0.5, height / 2 + 0.4, sign, size=15)
    return right + 1


def _products(ax: Axes, x: Array, k: Array, total: str, middle: float, top: float) -> None:
    """x · k for every cell, a line for each row of the kernel, and the sum behind the last."""
    digit = 7.2 / unit(ax)
    texts = [_column(x[:, j], k[:, j], precision(x), precision(k)) for j in range(k.shape[1])]
    spans = [digit * max(len(a) + len(b) + 4 for a, b in column) for column in texts]
    right = middle - (sum(spans) + digit * len(total)) / 2
    for j, column in enumerate(texts):
        right += spans[j]
        dot = right - digit * (3 + max(len(weight) for _, weight in column))
        for i, (value, weight) in enumerate(column):
            y = top + 0.8 * i
            say(ax, dot - digit / 2, y, value, ha="right", color=TEXT["input"])
            say(ax, dot, y, "·")
            say(ax, dot + digit / 2, y, weight, ha="left", color=TEXT["kernel"])
            say(ax, right - digit, y, "=" if (i + 1, j + 1) == k.shape else "+")
    say(ax, right + digit / 2, y, total, ha="left", color=TEXT["output"], weight="bold")


def _column(x: Array, k: Array, x_format: str, k_format: str) -> list[tuple[str, str]]:
    """The factors of one column's products; a negative weight in brackets."""
    weights = [number(v, k_format) for v in k]
    bracketed = [f"({w})" if w.startswith("−") else w for w in weights]
    return list(zip((number(v, x_format) for v in x), bracketed, strict=True))


def _cells(
    ax: Axes, a: Array, at: Point, role: str, fmt: str | None, highlight: Any, padding: int
) -> None:
    fmt = fmt or precision(a)
    texts = [["" if np.isnan(v) else number(v, fmt) for v in row] for row in a]
    size = min(12.0, 1.4 * unit(ax) / max(2, *(len(text) for row in texts for text in row)))
    lit, inside = np.zeros(a.shape, bool), np.zeros(a.shape, bool)
    if highlight is not None:
        lit[highlight] = True
    inside[padding : len(a) - padding, padding : a.shape[1] - padding] = True
    for i, j in np.ndindex(a.shape):
        look = _look(COLORS[role], bool(lit[i, j]), bool(inside[i, j]))
        ax.add_patch(Rectangle((at[0] + j, at[1] + i), 1, 1, **look))
        color = INK if inside[i, j] or lit[i, j] else GREY
        say(ax, at[0] + j + 0.5, at[1] + i + 0.5, texts[i][j], size, color=color)


def _look(color: str, lit: bool, inside: bool) -> dict[str, Any]:
    """Pale inside, strong in the window, dotted in the padding."""
    strength = 0.4 if lit else 0.08 * inside
    return {
        "facecolor": to_rgba(color, strength),
        "edgecolor": color if lit or inside else GREY,
        "linewidth": 2.0 if lit else 0.7,
        "linestyle": "-" if lit or inside else ":",
        "zorder": 2 if lit else 1,
    }
