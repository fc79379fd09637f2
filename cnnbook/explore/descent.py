"""The gradient-descent playground: points to drag, a line, and its walk over the cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import short
from cnnbook.explore.fit import LineFit
from cnnlib.optim import SGD

STEPS = 100


class DescentExplorer(LineFit):
    """(n,), (n,): fit t ≈ w·x + b; move the points, the start and the learning rate.

    The walk begins at ``start``, (w, b); ``lr`` is 0.75 of the limit 2 / λmax if not given. Points
    are rounded to three decimals.

    Raises
    ------
    ValueError
        If there are not 3 to 12 points, or a number is out of the range that is drawn.
    """

    name = "descent"
    builds_on = (*LineFit.builds_on, "address")

    def __init__(
        self,
        x: ArrayLike,
        t: ArrayLike,
        start: tuple[float, float] = (0.0, 0.0),
        lr: float | None = None,
    ) -> None:
        super().__init__(x, t, start)
        self.limit = 2 / float(np.linalg.eigvalsh(self.hessian).max())
        self.lr = self._inside("lr", 0.75 * self.limit if lr is None else lr)

    def data(self) -> dict[str, Any]:
        return {**super().data(), "lr": round(self.lr, 4), "steps": STEPS}

    def picture(self) -> str:
        """What a hundred steps come to, below the limit of the learning rate and above it."""
        lines = (
            f"<tr><td>{part}<td>{part * self.limit:.4f}<td>{self._end(part):.3g}"
            for part in (0.75, 0.99, 1.01)
        )
        head = f"part of the limit<th>learning rate<th>cost after {STEPS} steps"
        begin = "Start w = {}, b = {}".format(*map(short, self.start))
        return (
            f"<p>{begin}; limit 2/λmax = {self.limit:.4f}</p>"
            f"<table><tr><th>{head}{''.join(lines)}</table>"
        )

    def _end(self, part: float) -> float:
        """The cost at the end of a walk with this part of the limit."""
        return self.cost(self.walk(lambda p: SGD(p, lr=part * self.limit), STEPS)[-1])

    def __repr__(self) -> str:
        return f"DescentExplorer({len(self.x)} points, limit {self.limit:.4f}, lr {self.lr:.4f})"
