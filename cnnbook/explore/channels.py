"""The channel explorer: three maps meet two filters, and every number says where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, numbers, outcome, short, small, summand, table
from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.functional import conv2d


class ChannelExplorer(Figure):
    """(C, H, W), (F, C, kH, kW), (F,): which numbers are multiplied, and which sums added.

    ``names`` are those of the maps.

    Raises
    ------
    ValueError
        If there are more than 3 maps or 2 filters, a map is larger than 5 × 5 or a kernel than
        3 × 3, or the shapes don't go together.
    """

    name = "channels"

    def __init__(
        self,
        x: ArrayLike,
        w: ArrayLike,
        b: ArrayLike | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self.x, self.w = np.asarray(x, dtype=np.float64), np.asarray(w, dtype=np.float64)
        checks.rank("ChannelExplorer", "x", self.x, "(C, H, W)")
        checks.rank("ChannelExplorer", "w", self.w, "(F, C, kH, kW)")
        self.b = np.zeros(len(self.w)) if b is None else np.asarray(b, dtype=np.float64)
        checks.shape("ChannelExplorer", "b", self.b, self.w.shape[:1])
        _count("maps", self.x, 3)
        _count("filters", self.w, 2)
        for matrix in self.x:
            small("ChannelExplorer", "maps x", matrix, 5)
        for kernel in self.w.reshape(-1, *self.w.shape[2:]):
            small("ChannelExplorer", "kernels w", kernel, 3)
        small("ChannelExplorer", "b", self.b[None], 2)
        self.output = conv2d(self.x[None], self.w, self.b)[0]
        self.names = [f"x[{c}]" for c in range(len(self.x))] if names is None else list(names)
        if len(self.names) != len(self.x):
            raise ValueError(f"ChannelExplorer expected {len(self.x)} names, got {len(self.names)}")

    def data(self) -> dict[str, Any]:
        return {
            "x": [numbers(a) for a in self.x],
            "w": [[numbers(a) for a in kernels] for kernels in self.w],
            "b": numbers(self.b[None])[0],
            "names": self.names,
        }

    def picture(self) -> str:
        """The maps, the kernels of the first filter, and the first number of its map."""
        rows, columns = self.w.shape[2:]
        window = self.x[:, :rows, :columns]
        parts = [*(window * self.w[0]).sum((1, 2)), self.b[0]]
        first = np.full_like(self.output[0], np.nan)
        first[0, 0] = self.output[0, 0, 0]
        maps = (
            table("x", a, lambda i, j: i < rows and j < columns, escape(name))
            for a, name in zip(self.x, self.names, strict=True)
        )
        kernels = (table("w", a) for a in self.w[0])
        return (
            f'<div class="cnn-row">{"".join(maps)}</div>'
            f'<div class="cnn-row">{"+".join(kernels)} + {short(self.b[0])} ='
            f"{table('y', first, lambda i, j: i == j == 0)}</div>"
            f"<p>{' + '.join(map(summand, parts))}{outcome(sum(parts), *parts)}</p>"
        )

    def __repr__(self) -> str:
        x, w = (" × ".join(map(str, a.shape)) for a in (self.x, self.w))
        return f"ChannelExplorer({x} input, {w} filters)"


def _count(key: str, a: Array, largest: int) -> None:
    if not 1 <= len(a) <= largest:
        raise ValueError(f"ChannelExplorer expected 1 to {largest} {key}, got {len(a)}")
