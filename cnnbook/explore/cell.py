"""The cell explorer: a bar of light in the field of a simple cell, and how the cell responds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, numbers, small, table, within
from cnnlib.checks import Array
from cnnlib.functional import conv2d, relu

LARGEST = 15


class CellExplorer(Figure):
    """(K, K): the weights of a simple cell, and a bar of light to turn and to move over its field.

    ``angle`` is that of the bar in degrees, 0 for a level one, and ``shift`` how far it is from the
    middle, downwards or to the right; both are rounded, to 1 and to 0.1. The response is the sum of
    light times weight, or 0 if that is negative.

    Raises
    ------
    ValueError
        If the weights are not square with an odd side of 3 to 15, or none is above 0; if the angle
        is out of 0 … 180, or the shift further than half of the side, rounded down.
    """

    name = "cell"

    def __init__(self, weights: ArrayLike, angle: float = 90.0, shift: float = 0.0) -> None:
        self.weights = small("CellExplorer", "weights", weights, LARGEST)
        side, width = self.weights.shape
        if side != width or side % 2 == 0 or side == 1:
            raise ValueError(
                "CellExplorer expected square weights with an odd side of 3 or more, "
                f"got shape {self.weights.shape}"
            )
        if self.weights.max() <= 0:
            raise ValueError("CellExplorer expected a weight above 0, got none")
        self.angle = round(within("CellExplorer", "angle", angle, 0, 180))
        self.shift = round(within("CellExplorer", "shift", shift, -(side // 2), side // 2), 1)

    def light(self, angle: float, shift: float) -> Array:
        """(K, K): a bar of light with soft edges, 0 … 1."""
        side = len(self.weights)
        y, x = np.mgrid[:side, :side] - side // 2
        t = math.radians(angle)
        across = x * math.sin(t) + y * math.cos(t)
        return np.clip(2 - np.abs(across - shift), 0, 1)

    def response(self, angle: float, shift: float = 0.0) -> float:
        """What the cell makes of such a bar."""
        bar, weights = (a[np.newaxis, np.newaxis] for a in (self.light(angle, shift), self.weights))
        return float(relu(conv2d(bar, weights)).item())

    def data(self) -> dict[str, Any]:
        return {"weights": numbers(self.weights), "angle": self.angle, "shift": self.shift}

    def picture(self) -> str:
        """The weights, and the responses to bars through the middle."""
        weights = table("w", (1000 * self.weights).round(), caption="weights, in thousandths")
        tuning = np.array([[angle, self.response(angle)] for angle in range(0, 180, 15)])
        responses = table("y", tuning, caption="angle of the bar, response")
        return f'<div class="cnn-row">{weights}{responses}</div>'

    def __repr__(self) -> str:
        side = len(self.weights)
        return f"CellExplorer({side} × {side} weights, bar at {self.angle}°)"
