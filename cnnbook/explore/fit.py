"""What the two figures of a straight-line fit share: its points, the start, and the walks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, within
from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.nn.module import Parameter
from cnnlib.optim import Optimizer

RANGES = {"x": (-2, 4), "t": (-2, 6), "w": (-2, 3), "b": (-4, 6), "lr": (0.001, 2)}


class LineFit(Figure):
    """(n,), (n,): t ≈ w·x + b, and a walk over the cost that begins at ``start``, (w, b)."""

    builds_on: ClassVar[tuple[str, ...]] = ("axes", "fit")

    def __init__(self, x: ArrayLike, t: ArrayLike, start: tuple[float, float]) -> None:
        name = type(self).__name__
        self.x, self.t = self._points("x", x), self._points("t", t)
        checks.shape(name, "t", self.t, self.x.shape)
        if len(start) != 2:
            raise ValueError(f"{name} expected a start of two numbers, got {len(start)}")
        self.start = np.array([self._inside(key, v) for key, v in zip("wb", start, strict=True)])
        self.rows = np.stack([self.x, np.ones_like(self.x)])
        self.hessian = 2 / len(self.x) * self.rows @ self.rows.T

    def data(self) -> dict[str, Any]:
        points = np.stack([self.x, self.t], axis=1)
        return {"points": points.tolist(), "start": self.start.tolist()}

    def cost(self, place: Array) -> float:
        """The mean of the squared errors."""
        return float(np.mean((place @ self.rows - self.t) ** 2))

    def walk(self, make: Callable[[list[Parameter]], Optimizer], steps: int) -> Array:
        """(steps + 1, 2): the places (w, b) that an optimizer of `cnnlib` visits."""
        place = Parameter(self.start.copy())
        optimizer, places = make([place]), [self.start]
        for _ in range(steps):
            place.grad[:] = 2 / len(self.x) * self.rows @ (place.data @ self.rows - self.t)
            optimizer.step()
            places.append(place.data.copy())
        return np.array(places)

    def _points(self, key: str, a: ArrayLike) -> Array:
        name, a = type(self).__name__, np.round(np.asarray(a, dtype=np.float64), 3)
        checks.rank(name, key, a, "(n)")
        if not 3 <= len(a) <= 12:
            raise ValueError(f"{name} expected 3 to 12 points, got {len(a)} as {key}")
        return np.array([self._inside(key, v) for v in a])

    def _inside(self, key: str, value: float) -> float:
        return within(type(self).__name__, key, value, *RANGES[key])
