"""The valley explorer: SGD, momentum and Adam walk from one start, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import short
from cnnbook.explore.fit import LineFit
from cnnlib.checks import Array
from cnnlib.optim import SGD, Adam

CLOSE, MOST = 1e-3, 400
MOST_MOMENTUM = 0.99  # as far as the slider goes


class ValleyExplorer(LineFit):
    """(n,), (n,): fit t ≈ w·x + b by three rules; move the start and the learning rates.

    SGD and momentum begin with the settings that are best in this valley, Adam with 0.3. Points
    are rounded to three decimals.

    Raises
    ------
    ValueError
        If there are not 3 to 12 points, all have the same x, or a number is out of the range that
        is drawn.
    """

    name = "valley"

    def __init__(self, x: ArrayLike, t: ArrayLike, start: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__(x, t, start)
        if np.ptp(self.x) == 0:
            raise ValueError("ValleyExplorer expected points with different x")
        low, high = np.linalg.eigvalsh(self.hessian)
        root = np.sqrt(high / low)
        best = 2 / (low + high), 4 / (np.sqrt(low) + np.sqrt(high)) ** 2, 0.3
        self.rates = [round(float(rate), 4) for rate in best]
        self.momentum = min(round(float((root - 1) / (root + 1)) ** 2, 4), MOST_MOMENTUM)

    def walks(self, steps: int) -> dict[str, Array]:
        """(steps + 1, 2) for each rule: the places (w, b) by `cnnlib.optim`."""
        plain, heavy, adam = self.rates
        return {
            "SGD": self.walk(lambda p: SGD(p, plain), steps),
            "momentum": self.walk(lambda p: SGD(p, heavy, self.momentum), steps),
            "Adam": self.walk(lambda p: Adam(p, adam), steps),
        }

    def arrival(self, places: Array) -> int:
        """The step from which on a walk stays closer than 0.001 to the best place."""
        best = np.linalg.lstsq(self.rows.T, self.t)[0]
        is_far = np.linalg.norm(places - best, axis=1) > CLOSE
        return int(np.max(np.flatnonzero(is_far), initial=-1)) + 1

    def data(self) -> dict[str, Any]:
        limits = {"close": CLOSE, "most": MOST, "steps": MOST}
        return {**super().data(), "rates": self.rates, "momentum": self.momentum, **limits}

    def picture(self) -> str:
        """For each rule its learning rate, and when it arrives."""
        rows = zip(self.rates, self.walks(MOST).items(), strict=True)
        lines = (
            f"<tr><th>{name}<td>{rate}<td>{self.arrival(places)}" for rate, (name, places) in rows
        )
        head = f"<tr><th><th>learning rate<th>closer than {CLOSE} from step"
        begin = "Start w = {}, b = {}".format(*map(short, self.start))
        return f"<p>{begin}; momentum {self.momentum}</p><table>{head}{''.join(lines)}</table>"

    def __repr__(self) -> str:
        rates = ", ".join(f"{rate:.4g}" for rate in self.rates)
        return f"ValleyExplorer({len(self.x)} points, rates {rates}, momentum {self.momentum})"
