"""A whole network in one picture: every layer's output, drawn by its shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cnnbook.plot.style import COLORS, GREY, TEXT, canvas, say, styled
from cnnlib.nn import Conv2d, Sequential

Stage: TypeAlias = tuple[str, tuple[int, ...]]


@styled
def network(stages: Sequence[Stage], ax: Axes | None = None) -> Axes:
    """[(label, (C, H, W) or (n,))]: from input to output, the sheets of a stack standing for maps.

    Side lengths go with the square root of H and W, the depth with the logarithm of C.
    """
    ax = canvas(ax, len(stages), 2.0, 0.95)
    largest = max(max(shape[1:], default=1) for _, shape in stages)
    before = 0.0
    for left, (label, shape) in enumerate(stages):
        role = "output" if left else "input"
        half = _stack(ax, left + 0.5, shape, largest, COLORS[role])
        say(ax, left + 0.5, 0.25, label, size=9.5)
        say(ax, left + 0.5, 1.75, _text(shape), size=9.5, color=TEXT[role])
        if left:
            arrow = {"arrowstyle": "->", "color": GREY, "shrinkA": 1, "shrinkB": 1}
            ax.annotate("", (left + 0.5 - half, 1), (before, 1), arrowprops=arrow)
        before = left + 0.5 + half
    return ax


def _text(shape: tuple[int, ...]) -> str:
    maps, *size = map(str, shape)
    return maps if not size else f"{maps}\n{'×'.join(size)}"


def _stack(ax: Axes, middle: float, shape: tuple[int, ...], largest: int, color: str) -> float:
    """Sheets of H × W, or a bar for a vector; returns half of the width."""
    sheets = round(math.log2(shape[0])) + 1 if len(shape) == 3 else 1
    if len(shape) == 3:
        height, width = (0.6 * math.sqrt(n / largest) for n in shape[1:])
    else:
        height, width = 0.09 * math.log2(shape[0] + 1), 0.1
    offset = 0.03 * (sheets - 1)
    for sheet in range(sheets):
        shift = offset / 2 - 0.03 * sheet
        corner = (middle - width / 2 + shift, 1 - height / 2 - shift)
        box = Rectangle(corner, width, height, facecolor="white", edgecolor=color, linewidth=1)
        ax.add_patch(box)
    return (width + offset) / 2


def stages(model: Sequential, input_shape: tuple[int, ...]) -> list[Stage]:
    """What `network` draws: layers and shapes; one that acts elementwise joins the one before."""
    found: list[Stage] = [("input", input_shape)]
    for layer, shape in model.trace(input_shape):
        name = type(layer).__name__.removesuffix("2d")
        if isinstance(layer, Conv2d):
            name += " {}×{}".format(*layer.kernel_size)
        if shape == found[-1][1] and not layer.parameters() and len(found) > 1:
            name = f"{found.pop()[0]}\n{name}"
        found.append((name, shape))
    return found
