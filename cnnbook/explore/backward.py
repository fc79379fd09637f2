"""The backward explorer: the gradients of a convolution, as sums and as sliding products."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, equation, numbers, small, step, table
from cnnlib import checks
from cnnlib.checks import Pair
from cnnlib.functional import conv2d_dx
from cnnlib.windows import output_size


class BackwardExplorer(Figure):
    """(H, W), (kH, kW), (H', W'): point at a pixel or a weight to see the sum that is its gradient.

    ``dy`` is the gradient of the output, all ones if it is not given.

    Raises
    ------
    ValueError
        If the input is larger than 6 × 6, the kernel than 3 × 3 or than the input, ``dy`` is not
        as large as the output, stride is not 1 to 3, or padding not 0 to 2.
    """

    name = "backward"
    builds_on = ("address",)

    def __init__(
        self,
        x: ArrayLike,
        kernel: ArrayLike,
        dy: ArrayLike | None = None,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        name = type(self).__name__
        self.x, self.kernel = small(name, "x", x, 6), small(name, "kernel", kernel, 3)
        self.stride = step(name, "stride", stride, 1, 3)
        self.padding = step(name, "padding", padding, 0, 2)
        size = self._output_size()
        self.dy = np.ones(size) if dy is None else small(name, "dy", dy, 10)
        checks.shape(name, "dy", self.dy, size)
        dy, x, w = (a[None, None] for a in (self.dy, self.x, self.kernel))
        self.dx = conv2d_dx(dy, x, w, self.stride, self.padding)[0, 0]

    def _output_size(self) -> Pair:
        if np.greater(self.kernel.shape, self.x.shape).any():
            raise ValueError(
                f"BackwardExplorer expected a kernel no larger than x, "
                f"got shapes {self.kernel.shape} and {self.x.shape}"
            )
        axes = zip(self.x.shape, self.kernel.shape, strict=True)
        height, width = (output_size(n, k, self.stride, self.padding) for n, k in axes)
        return height, width

    def data(self) -> dict[str, Any]:
        arrays = {"x": self.x, "w": self.kernel, "dy": self.dy}
        steps = {"stride": self.stride, "padding": self.padding}
        return {key: numbers(a) for key, a in arrays.items()} | steps

    def picture(self) -> str:
        """dy, the kernel and dx, with the middle pixel, what it is made of, and the sum."""
        u, v = (n // 2 for n in self.x.shape)
        ties = self._ties(u, v)
        terms = [(self.dy[output], self.kernel[weight]) for output, weight in ties]
        outputs, weights = ([tie[end] for tie in ties] for end in (0, 1))
        return (
            '<div class="cnn-row">'
            + table("g", self.dy, lambda i, j: (i, j) in outputs, "dy")
            + table("w", self.kernel, lambda i, j: (i, j) in weights, "w")
            + "→"
            + table("g", self.dx, lambda i, j: (i, j) == (u, v), "dx")
            + f"</div><p>dx[{u}, {v}] = {equation(terms, self.dx[u, v])}</p>"
        )

    def _ties(self, u: int, v: int) -> list[tuple[Pair, Pair]]:
        """The outputs (p, q) that read pixel (u, v), each with the weight (i, j) it reads it by."""
        found = []
        for p, q in np.ndindex(self.dy.shape):
            i, j = u + self.padding - p * self.stride, v + self.padding - q * self.stride
            if 0 <= i < len(self.kernel) and 0 <= j < len(self.kernel[0]):
                found.append(((p, q), (i, j)))
        return found

    def __repr__(self) -> str:
        shapes = (" × ".join(map(str, a.shape)) for a in (self.x, self.kernel))
        steps = f"stride {self.stride}, padding {self.padding}"
        return "BackwardExplorer({} input, {} kernel, {})".format(*shapes, steps)
