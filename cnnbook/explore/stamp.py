"""The stamp explorer: how the gradient dx of a convolution arises, scattered and collected."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, numbers, short, small, step, table
from cnnlib.functional import conv2d_dx

LIMITS = {"stride": (1, 3), "padding": (0, 2), "dilation": (1, 2)}


class StampExplorer(Figure):
    """(H', W'), (kH, kW): each cell of dy lays its multiple of the kernel on dx, like a stamp.

    dx is as large as the smallest input that has an output of the size of ``dy``.

    Raises
    ------
    ValueError
        If dy or the kernel is larger than 3 × 3, a step is out of its range, or the padding
        leaves no cell of dx.
    """

    name = "stamp"
    builds_on = ("address",)

    def __init__(
        self, dy: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> None:
        self.dy = small("StampExplorer", "dy", dy, 3)
        self.kernel = small("StampExplorer", "kernel", kernel, 3)
        self.steps = {
            key: step("StampExplorer", key, value, *LIMITS[key])
            for key, value in (("stride", stride), ("padding", padding), ("dilation", dilation))
        }
        x = np.zeros(self._input_size())
        self.dx = conv2d_dx(
            self.dy[None, None], x[None, None], self.kernel[None, None], *self.steps.values()
        )[0, 0]

    def _input_size(self) -> tuple[int, ...]:
        stride, padding, dilation = self.steps.values()
        axes = zip(self.dy.shape, self.kernel.shape, strict=True)
        reach = [stride * (count - 1) + dilation * (k - 1) + 1 for count, k in axes]
        largest = (min(reach) - 1) // 2
        if padding > largest:
            raise ValueError(
                f"StampExplorer expected padding <= {largest}, which leaves a cell of dx, "
                f"got {padding}"
            )
        return tuple(n - 2 * padding for n in reach)

    def data(self) -> dict[str, Any]:
        return {"dy": numbers(self.dy), "w": numbers(self.kernel), **self.steps}

    def picture(self) -> str:
        """dy, the kernel and dx, with the first stamp."""
        _, padding, dilation = self.steps.values()
        rows, columns = (
            range(-padding, n * dilation - padding, dilation) for n in self.kernel.shape
        )
        return (
            '<div class="cnn-row">'
            + table("g", self.dy, lambda i, j: i == j == 0, "dy")
            + "·"
            + table("w", self.kernel, caption="w")
            + "→"
            + table("g", self.dx, lambda i, j: i in rows and j in columns, "dx")
            + "</div><p>Each cell of dy lays its multiple of w on dx, and overlaps add. "
            + f"In bold the first: dy[0, 0] · w = {short(self.dy[0, 0])} · w.</p>"
        )

    def __repr__(self) -> str:
        shapes = (" × ".join(map(str, a.shape)) for a in (self.dy, self.kernel))
        steps = ", ".join(f"{key} {value}" for key, value in self.steps.items())
        return "StampExplorer({} gradient, {} kernel, {})".format(*shapes, steps)
