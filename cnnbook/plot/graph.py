"""Any graph of boxes and arrows, from left to right, each box behind those it depends on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path

from cnnbook.plot.style import COLORS, GREY, TEXT, WIDTH, Point, check_role, points, say, styled
from cnnlib.autograd import Value, order
from cnnlib.checks import Array

ROW, HALF_HEIGHT = 0.74, 0.33  # inches from row to row; half a box, in rows
SWEEPS = 20


@styled
def graph(
    labels: Sequence[str],
    edges: Sequence[tuple[int, int, str]],
    ax: Axes | None = None,
    *,
    roles: Sequence[str] | None = None,
    backward: bool = False,
) -> Axes:
    """Labels in order, and edges (from, to, text) by place; ``backward`` turns the arrows round.

    Raises
    ------
    ValueError
        If an edge does not lead from an earlier label to a later one.
    """
    roles = roles or ["output"] * len(labels)
    columns, rows, ways = layout(len(labels), [(start, end) for start, end, _ in edges])
    half = 0.25 if any(text for *_, text in edges) else 0.36
    if ax is None:
        height = ROW * (max(rows) + 1)
        ax = plt.figure(figsize=(WIDTH, height)).add_axes((0, 0, 1, 1))
    ax.set(xlim=(-0.4, max(columns) + 0.4), ylim=(max(rows) + 0.5, -0.5))
    ax.set_axis_off()
    size = _size(ax, labels, 2 * half)
    for shift, (*_, text), way in zip(_shifts(edges), edges, ways, strict=True):
        _arrow(ax, [(x, y + shift) for x, y in way], half, text, backward)
    for column, row, label, role in zip(columns, rows, labels, roles, strict=True):
        _box(ax, (column, row), half, label, check_role(role), size)
    return ax


def nodes_and_edges(result: Value) -> tuple[list[Value], list[tuple[int, int, float]]]:
    """What `graph` can draw of a result: numbers in order, edges (from, to, factor) by place."""
    values = order(result)
    place = {value: i for i, value in enumerate(values)}
    edges = [
        (place[used], i, factor) for i, value in enumerate(values) for used, factor in value.edges
    ]
    return values, edges


def _shifts(edges: Sequence[tuple[int, int, str]]) -> list[float]:
    """How far each edge is moved, in rows, so that equal ones lie side by side."""
    ends = [(start, end) for start, end, _ in edges]
    return [
        0.2 * (ends[:i].count(pair) - (ends.count(pair) - 1) / 2) for i, pair in enumerate(ends)
    ]


def _size(ax: Axes, labels: Sequence[str], width: float) -> float:
    """The size at which the longest line fits into a box."""
    lines = [re.sub(r"[$_{}]|\\\w+", "", line) for label in labels for line in label.split("\n")]
    left, right = ax.get_xlim()
    box = points(ax)[0] * width / (right - left)
    return min(11.0, box / (0.62 * max(map(len, lines)) + 0.6))


def _box(ax: Axes, spot: Point, half: float, label: str, role: str, size: float) -> None:
    corner = (spot[0] - half, spot[1] - HALF_HEIGHT)
    look: dict[str, Any] = {"facecolor": "white", "edgecolor": COLORS[role], "linewidth": 1.3}
    ax.add_patch(Rectangle(corner, 2 * half, 2 * HALF_HEIGHT, zorder=3, **look))
    say(ax, *spot, label, size=size, color=TEXT[role], zorder=4, linespacing=1.35)


def _arrow(ax: Axes, way: list[Point], half: float, text: str, backward: bool) -> None:
    """A smooth line along the way, level where it passes a column."""
    corners: list[Point] = [(way[0][0] + half, way[0][1])]
    codes: list[Any] = [Path.MOVETO]
    for (x, y), (to_x, to_y) in pairwise(way):
        middle = (x + to_x) / 2
        corners += [(middle, y), (middle, to_y), (to_x - half, to_y), (to_x + half, to_y)]
        codes += [Path.CURVE4] * 3 + [Path.LINETO]
    path = Path(corners[:-1], codes[:-1])
    color, style = (COLORS["gradient"], "<|-") if backward else (GREY, "-|>")
    look: dict[str, Any] = {"arrowstyle": style, "color": color, "mutation_scale": 9}
    ax.add_patch(FancyArrowPatch(path=path, zorder=2, **look))
    (x, y), (to_x, to_y) = way[:2]
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    if text:
        spot = ((x + to_x) / 2, (y + to_y) / 2)
        say(ax, *spot, text, size=10, color=TEXT["kernel"], bbox=box, zorder=3)


def layout(
    count: int, edges: Sequence[tuple[int, int]]
) -> tuple[list[int], list[float], list[list[Point]]]:
    """Column and row of each of ``count`` nodes, and the points that each edge passes.

    An edge that skips columns passes each of them in a row of its own, so that no box is in
    its way.
    """
    for start, end in edges:
        if not 0 <= start < end < count:
            raise ValueError(f"graph expected edges to a later of {count} nodes, got {start, end}")
    columns = _columns(count, edges)
    chains = []
    for start, end in edges:
        between = range(columns[start] + 1, columns[end])
        chains.append([start, *range(len(columns), len(columns) + len(between)), end])
        columns += between
    rows = _rows(columns, [link for chain in chains for link in pairwise(chain)])
    ways = [[(float(columns[i]), rows[i]) for i in chain] for chain in chains]
    return columns[:count], rows[:count], ways


def _columns(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """One behind the last of those a node depends on; else one before its first use."""
    columns = [0] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        columns[end] = max(columns[end], columns[start] + 1)
    for node in set(range(count)) - {end for _, end in edges}:
        columns[node] = min((columns[end] - 1 for start, end in edges if start == node), default=0)
    return columns


def _rows(columns: Sequence[int], links: Sequence[tuple[int, int]]) -> list[float]:
    """Each node near the mean of its neighbours, and at least one row from the next."""
    members = [np.flatnonzero(np.equal(columns, c)) for c in range(max(columns, default=0) + 1)]
    near = [[a + b - node for a, b in links if node in (a, b)] for node in range(len(columns))]
    rows = np.zeros(len(columns))
    for nodes in members:
        rows[nodes] = np.arange(len(nodes))
    for _ in range(SWEEPS):
        for nodes in members:
            wanted = [rows[near[node] or [int(node)]].mean() for node in nodes]
            rows[nodes] = _apart(np.array(wanted), rows[nodes])
    return [float(row) for row in rows - rows.min()]


def _apart(wanted: Array, now: Array) -> Array:
    """The rows wanted, moved until they lie one apart; equals keep their present order."""
    sorting = np.lexsort((now, wanted.round(6)))
    steps = np.arange(len(wanted))
    moved = np.maximum.accumulate(wanted[sorting] - steps) + steps
    rows = np.empty(len(wanted))
    rows[sorting] = moved + (wanted[sorting] - moved).mean()
    return rows
