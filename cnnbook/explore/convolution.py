"""The convolution explorer: a kernel slides over an input that the reader can change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, equation, numbers, small, step, table
from cnnlib.functional import conv2d

LIMITS = {"stride": (1, 3), "padding": (0, 2), "dilation": (1, 3)}


class ConvolutionExplorer(Figure):
    """(H, W), (kH, kW): step through the windows; change input, kernel, stride, padding, dilation.

    Raises
    ------
    ValueError
        If the input is larger than 8 × 8, the kernel than 5 × 5 or than the padded input, or a
        step is out of its range.
    """

    name = "convolution"
    builds_on = ("address", "kernel")

    def __init__(
        self, x: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> None:
        self.x = small("ConvolutionExplorer", "x", x, 8)
        self.kernel = small("ConvolutionExplorer", "kernel", kernel, 5)
        self.steps = {
            key: step("ConvolutionExplorer", key, value, *LIMITS[key])
            for key, value in (("stride", stride), ("padding", padding), ("dilation", dilation))
        }
        batch, filters = self.x[None, None], self.kernel[None, None]
        self.output = conv2d(batch, filters, None, *self.steps.values())[0, 0]

    def data(self) -> dict[str, Any]:
        return {"x": numbers(self.x), "w": numbers(self.kernel), **self.steps}

    def picture(self) -> str:
        """Input, kernel and output, with the first window and its sum."""
        padding, dilation = self.steps["padding"], self.steps["dilation"]
        reach = [range(0, n * dilation, dilation) for n in self.kernel.shape]
        window = np.pad(self.x, padding)[np.ix_(*reach)]
        terms = list(zip(window.flat, self.kernel.flat, strict=True))
        first = np.full_like(self.output, np.nan)
        first[0, 0] = self.output[0, 0]
        return (
            '<div class="cnn-row">'
            + table("x", self.x, lambda i, j: i + padding in reach[0] and j + padding in reach[1])
            + "∗"
            + table("w", self.kernel)
            + "="
            + table("y", first, lambda i, j: i == j == 0)
            + f"</div><p>{equation(terms, self.output[0, 0])}</p>"
        )

    def __repr__(self) -> str:
        shapes = (" × ".join(map(str, a.shape)) for a in (self.x, self.kernel))
        steps = ", ".join(f"{key} {value}" for key, value in self.steps.items())
        return "ConvolutionExplorer({} input, {} kernel, {})".format(*shapes, steps)
