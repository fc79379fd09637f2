"""Arrays as pictures: images, feature maps, kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from cnnbook.plot.style import COLORS, TEXT, WIDTH, Point, canvas, rank, say, styled
from cnnlib.checks import Array
from cnnlib.functional import conv2d


@styled
def image(a: ArrayLike, ax: Axes | None = None, *, title: str = "", signed: bool = False) -> Axes:
    """(H, W), (1, H, W), (3, H, W) or (H, W, 3): a picture.

    Grey: black is 0 (or the minimum, if negative). ``signed``: blue below 0, white 0, red above.
    """
    ax = ax or plt.subplots(figsize=(2.6, 2.6), layout="constrained")[1]
    pixels = _pixels(a)
    ax.imshow(pixels, **_scale([pixels], signed))
    ax.set_axis_off()
    ax.set_title(title)
    return ax


@styled
def images(
    arrays: Sequence[ArrayLike], titles: Sequence[str] = (), *, ncols: int = 4, signed: bool = False
) -> Array:
    """Pictures in a grid, all on one scale, shown beside them if they are signed."""
    pictures = [_pixels(a) for a in arrays]
    ncols = min(ncols, len(pictures))
    nrows = math.ceil(len(pictures) / ncols)
    side = min(2.0, WIDTH / ncols)
    size = (ncols * side, nrows * (side + 0.25 * bool(titles)))
    fig, axes = plt.subplots(nrows, ncols, figsize=size, layout="constrained", squeeze=False)
    for ax, picture in zip(axes.flat, pictures, strict=False):
        shown = ax.imshow(picture, **_scale(pictures, signed))
    for ax, title in zip(axes.flat, titles, strict=False):
        ax.set_title(title)
    for ax in axes.flat:
        ax.set_axis_off()
    if signed:
        fig.colorbar(shown, ax=axes, shrink=0.9, aspect=30)
    return np.asarray(axes)


@styled
def channels(x: ArrayLike, w: ArrayLike, ax: Axes | None = None) -> Axes:
    """(C, H, W), (F, C, kH, kW): C maps into F filters, each the sum over C, computed.

    Of more than four maps or filters the first two and the last are drawn.
    """
    x, w = rank("channels", x, "(C, H, W)"), rank("channels", w, "(F, C, kH, kW)")
    y = conv2d(x[np.newaxis], w)[0]
    columns, rows = _places(len(x), 2.2), _places(len(w), 2.4)
    right, last = columns[-1][1] + 2.0, rows[-1][1] + 4.0
    ax = canvas(ax, right + 2.1, last + 1.6, 0.5)
    _line(ax, x, columns, 1.4, "input", "x_{{{0}}}")
    for f, top in rows:
        _line(ax, w[f], columns, top + 4, "kernel", f"w_{{{{{f},{{0}}}}}}")
        say(ax, right, top + 4, "=", size=14)
        _map(ax, y, f, (right + 1.2, top + 4), "output", f"y_{{{f}}}")
    for _, left in columns:
        say(ax, left + 0.8, 2.65, "∗", size=14)
    if len(w) > len(rows):
        for centre in [*(left + 0.8 for _, left in columns), right + 1.2]:
            say(ax, centre, last - 1.9, "⋮", size=14)
    f, c, height, width = w.shape
    text = f"filters × channels = {f} × {c} = {f * c} kernels of {height} × {width}"
    say(ax, (right + 2) / 2, last + 1.3, text)
    return ax


def _places(count: int, pitch: float) -> list[tuple[int, float]]:
    """The indices to draw and where: all of up to four, or the first two, a gap and the last."""
    if count <= 4:
        return [(i, pitch * i) for i in range(count)]
    return [(0, 0), (1, pitch), (count - 1, 2 * pitch + 1.2)]


def _line(
    ax: Axes, maps: Array, columns: list[tuple[int, float]], middle: float, role: str, label: str
) -> None:
    """Maps side by side; kernels with the signs of their sum."""
    for c, left in columns:
        _map(ax, maps, c, (left + 0.8, middle), role, label.format(c))
        if role == "kernel" and c:
            say(ax, left - 0.3, middle, "+", size=14)
    if len(maps) > len(columns):
        say(ax, columns[-1][1] - 0.9, middle, "⋯", size=14)
        say(ax, columns[-1][1] - 1.5, middle, "+" if role == "kernel" else "", size=14)


def _map(ax: Axes, maps: Array, index: int, centre: Point, role: str, label: str) -> None:
    """One of the maps, framed, on the scale that it shares with the others."""
    half, (x, y) = (0.6 if role == "kernel" else 0.8), centre
    scale = _scale([maps], signed=role != "input" or bool(maps.min() < 0))
    ax.imshow(maps[index], extent=(x - half, x + half, y + half, y - half), **scale)
    frame = Rectangle((x - half, y - half), 2 * half, 2 * half, fill=False, linewidth=2.5)
    frame.set_edgecolor(COLORS[role])
    ax.add_patch(frame)
    say(ax, x, y - half - 0.3, f"${label}$", color=TEXT[role])


def _pixels(a: ArrayLike) -> Array:
    a = np.asarray(a)
    if a.ndim == 3 and (a.shape[0] == 1 or (a.shape[0] == 3 and a.shape[-1] != 3)):
        a = a.transpose(1, 2, 0)
    if a.ndim == 3 and a.shape[-1] == 1:
        a = a[..., 0]
    if a.ndim != 2 and a.shape[2:] != (3,):
        raise ValueError(f"expected (H, W), (1, H, W), (3, H, W) or (H, W, 3), got shape {a.shape}")
    return np.clip(a, 0, 1) if a.ndim == 3 and a.dtype != np.uint8 else a


def _scale(pictures: Sequence[Array], signed: bool) -> dict[str, Any]:
    low, high = min(float(p.min()) for p in pictures), max(float(p.max()) for p in pictures)
    if signed:
        limit = max(-low, high) or 1.0
        return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    low, high = min(low, 0.0), 255.0 if pictures[0].dtype == np.uint8 else high
    return {"cmap": "gray", "vmin": low, "vmax": high if high > low else low + 1}
