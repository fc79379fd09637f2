"""The pooling explorer: one number for each window, and, if asked, where its gradient goes."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, numbers, short, small, step, table
from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.functional import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

LIMITS = {"kernel_size": (1, 3), "stride": (1, 3), "padding": (0, 1)}
Kind = Literal["max", "avg"]


class PoolingExplorer(Figure):
    """(H, W): the maximum of each window, or the average; with ``dy``, where that gradient goes.

    ``stride`` is ``kernel_size`` unless given.

    Raises
    ------
    ValueError
        If x is smaller than 3 × 3 or larger than 6 × 6, a step is out of its range, the
        padding exceeds half the kernel, or dy has another shape than the output.
    """

    name = "pooling"
    builds_on = ("address",)

    def __init__(
        self,
        x: ArrayLike,
        kernel_size: int = 2,
        stride: int | None = None,
        padding: int = 0,
        kind: Kind = "max",
        count_include_pad: bool = True,
        dy: ArrayLike | None = None,
    ) -> None:
        if kind not in get_args(Kind):
            raise ValueError(f"PoolingExplorer expected kind 'max' or 'avg', got {kind!r}")
        self.kind, self.counted = kind, count_include_pad
        self.x = small("PoolingExplorer", "x", x, 6)
        if min(self.x.shape) < 3:
            shape = self.x.shape
            raise ValueError(f"PoolingExplorer expected x of 3 × 3 or more, got shape {shape}")
        stride = kernel_size if stride is None else stride
        steps = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        self.steps = {
            key: step("PoolingExplorer", key, value, *LIMITS[key]) for key, value in steps.items()
        }
        self.y = self._pool()
        self.dy = None if dy is None else small("PoolingExplorer", "dy", dy, 7)
        if self.dy is not None:
            checks.shape("PoolingExplorer", "dy", self.dy, self.y.shape)

    def _pool(self) -> Array:
        x, (size, stride, padding) = self.x[None, None], self.steps.values()
        if self.kind == "max":
            return max_pool2d(x, size, stride, padding)[0, 0]
        return avg_pool2d(x, size, stride, padding, count_include_pad=self.counted)[0, 0]

    def _backward(self, dy: Array) -> Array:
        dy, x, (size, stride, padding) = dy[None, None], self.x[None, None], self.steps.values()
        if self.kind == "max":
            return max_pool2d_backward(dy, x, size, stride, padding)[0, 0]
        return avg_pool2d_backward(dy, x, size, stride, padding, False, self.counted)[0, 0]

    def data(self) -> dict[str, Any]:
        average = "average" if self.counted else "average of real cells"
        size, stride, padding = self.steps.values()
        return {
            "x": numbers(self.x),
            "dy": None if self.dy is None else numbers(self.dy),
            "kind": "maximum" if self.kind == "max" else average,
            "window": size,
            "stride": stride,
            "padding": padding,
        }

    def picture(self) -> str:
        """Forward, the maxima bold, and backward if dy is given."""
        wins = self._backward(np.ones_like(self.y)) * (self.kind == "max")
        forward = table("x", self.x, lambda i, j: wins[i, j] > 0) + "→" + table("y", self.y)
        if self.dy is None:
            return f'<div class="cnn-row">{forward}</div>'
        dx = self._backward(self.dy)
        return (
            f'<div class="cnn-row">{forward}{table("g", dx, caption="dx")}</div>'
            f"<p>Sum of dy {short(self.dy.sum())}, sum of dx {short(dx.sum())}.</p>"
        )

    def __repr__(self) -> str:
        size, stride, padding = self.steps.values()
        shape = " × ".join(map(str, self.x.shape))
        return (
            f"PoolingExplorer({shape} input, {self.kind}, {size} × {size} windows, "
            f"stride {stride}, padding {padding})"
        )
