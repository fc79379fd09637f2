"""The gradient-descent playground: points to drag, a line, and its walk over the cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, short
from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.nn.module import Parameter
from cnnlib.optim import SGD

RANGES = {"x": (-2, 4), "t": (-2, 6), "w": (-2, 3), "b": (-4, 6), "lr": (0.001, 2)}
STEPS = 20


class DescentExplorer(Figure):
    """(n,), (n,): fit t ≈ w·x + b; move the points, the start and the learning rate.

    The walk begins at ``start``, (w, b); ``lr`` is 0.3 of the limit 2 / λmax if not given. Points
    are rounded to three decimals.

    Raises
    ------
    ValueError
        If there are not 3 to 12 points, or a number is out of the range that is drawn.
    """

    name = "descent"
    builds_on = ("address",)

    def __init__(
        self,
        x: ArrayLike,
        t: ArrayLike,
        start: tuple[float, float] = (0.0, 0.0),
        lr: float | None = None,
    ) -> None:
        self.x, self.t = _points("x", x), _points("t", t)
        checks.shape("DescentExplorer", "t", self.t, self.x.shape)
        if len(start) != 2:
            raise ValueError(f"DescentExplorer expected a start of two numbers, got {len(start)}")
        self.start = np.array([_inside(key, v) for key, v in zip("wb", start, strict=True)])
        rows = np.stack([self.x, np.ones_like(self.x)])
        self.hessian = 2 / len(self.x) * rows @ rows.T
        self.limit = 2 / float(np.linalg.eigvalsh(self.hessian).max())
        self.lr = _inside("lr", 0.3 * self.limit if lr is None else lr)

    def data(self) -> dict[str, Any]:
        points, start = np.stack([self.x, self.t], axis=1).tolist(), self.start.tolist()
        return {"points": points, "start": start, "lr": round(self.lr, 4), "steps": STEPS}

    def picture(self) -> str:
        """What twenty steps come to, below the limit of the learning rate and above it."""
        lines = (
            f"<tr><td>{part}<td>{part * self.limit:.4f}<td>{self._end(part):.3g}"
            for part in (0.3, 0.99, 1.01)
        )
        head = f"part of the limit<th>learning rate<th>cost after {STEPS} steps"
        begin = "Start w = {}, b = {}".format(*map(short, self.start))
        return (
            f"<p>{begin}; limit 2/λmax = {self.limit:.4f}</p>"
            f"<table><tr><th>{head}{''.join(lines)}</table>"
        )

    def _end(self, part: float) -> float:
        """The cost at the end of a walk with this part of the limit."""
        place = Parameter(self.start.copy())
        optimizer = SGD([place], lr=part * self.limit)
        for _ in range(STEPS):
            error = place.data[0] * self.x + place.data[1] - self.t
            place.grad[:] = 2 * np.mean(error * self.x), 2 * np.mean(error)
            optimizer.step()
        return float(np.mean((place.data[0] * self.x + place.data[1] - self.t) ** 2))

    def __repr__(self) -> str:
        return f"DescentExplorer({len(self.x)} points, limit {self.limit:.4f}, lr {self.lr:.4f})"


def _points(key: str, a: ArrayLike) -> Array:
    a = np.round(np.asarray(a, dtype=np.float64), 3)
    checks.rank("DescentExplorer", key, a, "(n)")
    if not 3 <= len(a) <= 12:
        raise ValueError(f"DescentExplorer expected 3 to 12 points, got {len(a)} as {key}")
    return np.array([_inside(key, v) for v in a])


def _inside(key: str, value: float) -> float:
    low, high = RANGES[key]
    if not low <= checks.number("DescentExplorer", key, value) <= high:
        raise ValueError(f"DescentExplorer expected {key} in {low} … {high}, got {value:g}")
    return float(value)
