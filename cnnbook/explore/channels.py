"""The channel explorer: the kernels of a filter slide over the maps, and their shares add up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, half, outcome, packed, short, table
from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.functional import conv2d

MAPS, FILTERS, SIDE, KERNEL = 8, 40, 16, 7


class ChannelExplorer(Figure):
    """(C, H, H), (F, C, k, k), (F,): any number of any output map, and how the maps make it.

    The numbers travel as float16, and the figure is made from these.

    Raises
    ------
    ValueError
        If there are more than 8 maps or 40 filters, a map is larger than 16 × 16 or a kernel than
        7 × 7, they are not square, the shapes don't go together, or a number is no float16.
    """

    name = "channels"
    builds_on = ("network", "planes", "terms")

    def __init__(self, x: ArrayLike, w: ArrayLike, b: ArrayLike | None = None) -> None:
        arrays = [np.asarray(a, dtype=np.float64) for a in (x, w)]
        checks.rank("ChannelExplorer", "x", arrays[0], "(C, H, H)")
        checks.rank("ChannelExplorer", "w", arrays[1], "(F, C, k, k)")
        arrays.append(np.zeros(len(arrays[1])) if b is None else np.asarray(b, dtype=np.float64))
        checks.shape("ChannelExplorer", "b", arrays[2], arrays[1].shape[:1])
        _square("maps x", arrays[0], len(arrays[0]), MAPS, SIDE)
        _square("kernels w", arrays[1], len(arrays[1]), FILTERS, KERNEL)
        halves = [half("ChannelExplorer", a) for a in arrays]
        self.x, self.w, self.b = (a.astype(np.float64) for a in halves)
        self.output = conv2d(self.x[None], self.w, self.b)[0]

    @property
    def place(self) -> tuple[int, ...]:
        """(f, p, q) of the number that is shown first.

        It is the largest of those whose parts, rounded to two decimals, add up as shown, or of all.
        """
        by_map = [conv2d(self.x[None, [c]], self.w[:, [c]])[0].round(2) for c in range(len(self.x))]
        added = sum(by_map) + self.b.round(2)[:, None, None]
        exact = np.isclose(added, self.output.round(2), atol=1e-9)
        shown = np.where(exact | ~exact.any(), self.output, -np.inf)
        return tuple(map(int, np.unravel_index(shown.argmax(), shown.shape)))

    def data(self) -> dict[str, Any]:
        (maps, side, _), (filters, rows, _) = self.x.shape, self.output.shape
        return {
            "input": [maps, side],
            "layers": [
                ["input", 0, 0, maps, side, 1, 1, 0],
                ["conv", 1, 0, filters, rows, self.w.shape[-1], 1, 0],
            ],
            "weights": packed("ChannelExplorer", self.w, self.b),
            "x": packed("ChannelExplorer", self.x),
            "place": self.place,
        }

    def picture(self) -> str:
        """The largest number: the window and the kernel of each map, and what they give."""
        (f, p, q), k = self.place, self.w.shape[-1]
        windows = self.x[:, p : p + k, q : q + k]
        parts = [*(windows * self.w[f]).sum((1, 2)), self.b[f]]
        added = " + ".join(map(short, parts)).replace("+ −", "− ")
        most = int(abs(np.array(parts[:-1])).argmax())
        return (
            f'<div class="cnn-row">{table("x", windows[most], caption=f"map {most}: window")}'
            f"{table('w', self.w[f, most])}</div>"
            f"<p>y[map {f}, row {p}, column {q}] = {added} (bias){outcome(sum(parts), *parts)}</p>"
        )

    def __repr__(self) -> str:
        x, w = (" × ".join(map(str, a.shape)) for a in (self.x, self.w))
        return f"ChannelExplorer({x} input, {w} filters)"


def _square(key: str, a: Array, count: int, most: int, largest: int) -> None:
    if not 1 <= count <= most:
        raise ValueError(f"ChannelExplorer expected 1 to {most} {key}, got {count}")
    rows, columns = a.shape[-2:]
    if rows != columns or not 1 <= rows <= largest:
        raise ValueError(
            f"ChannelExplorer expected {key} of 1 × 1 to {largest} × {largest}, square, "
            f"got {rows} × {columns}"
        )
