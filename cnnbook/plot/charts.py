"""Curves and bars with their labels where the eye is: no legend boxes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cnnbook.plot.style import (
    COLORS,
    GOLD,
    GREY,
    INK,
    PALE,
    check_role,
    number,
    points,
    precision,
    styled,
    subplots,
)
from cnnlib.checks import Array

LABEL_HEIGHT = 15  # points


@styled
def curves(
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]],
    ax: Axes | None = None,
    *,
    xlabel: str = "step",
    ylabel: str = "loss",
    log: bool = False,
) -> Axes:
    """{label: (x, y)}: lines with their labels at the right; ``log`` for a logarithmic y axis."""
    ax = ax or subplots(height=2.8)[1]
    looks = zip(cycle((INK, GREY, GOLD)), cycle(("-", "--", "-.", ":")), strict=False)
    drawn = [
        ax.plot(np.asarray(x), np.asarray(y), dash, color=color)[0]
        for (x, y), (color, dash) in zip(lines.values(), looks, strict=False)
    ]
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    ax.margins(x=0)
    ax.grid(axis="y")
    ax.autoscale_view()
    ends = ax.transData.transform([np.asarray(line.get_xydata())[-1] for line in drawn])
    heights = ax.transAxes.inverted().transform(ends)[:, 1]
    gap = LABEL_HEIGHT / points(ax)[1]
    for name, line, height in zip(lines, drawn, _apart(heights, gap), strict=True):
        ax.annotate(
            name,
            (1, height),
            (6, 0),
            "axes fraction",
            "offset points",
            color=line.get_color(),
            va="center",
        )
    return ax


def _apart(heights: Array, gap: float) -> Array:
    """The same heights, moved as little as needed to lie ``gap`` apart within 0 … 1."""
    order = np.argsort(heights)
    steps = gap * np.arange(len(heights))
    raised = np.maximum.accumulate(heights[order] - steps)
    moved = np.empty(len(heights))
    moved[order] = np.clip(raised, 0, max(0.0, 1 - steps[-1])) + steps
    return moved


@styled
def bars(
    values: Mapping[str, float],
    ax: Axes | None = None,
    *,
    highlight: str | None = None,
    role: str = "output",
    fmt: str | None = None,
    xlabel: str = "",
) -> Axes:
    """{label: number}: bars with their numbers, the one called ``highlight`` in its colour."""
    ax = ax or subplots(height=0.6 + 0.27 * len(values))[1]
    strong = COLORS[check_role(role)]
    colors = [strong if name == highlight else PALE for name in values]
    numbers = np.array(list(values.values()), dtype=np.float64)
    drawn = ax.barh(list(values), numbers, color=colors)
    fmt = fmt or precision(numbers)
    ax.bar_label(drawn, [number(value, fmt) for value in numbers], padding=4)
    ax.margins(x=0.12, y=0.02)
    ax.invert_yaxis()
    ax.tick_params(left=False, bottom=False, labelbottom=False)
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel(xlabel, loc="left")
    return ax
