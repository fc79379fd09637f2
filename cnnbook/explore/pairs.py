"""The pairs explorer: five seeds, with and without a change; the mean difference, its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, numbers, small
from cnnlib import checks
from cnnlib.checks import Array

LEVEL, MOST = 0.95, 10


class PairsExplorer(Figure):
    """(n,), {name: (n,)}: wrong answers of a recipe and of its changes, seed by seed.

    For the seeds that the reader counts it shows the mean of the differences, and Student's
    interval, which covers the true mean in 95 of 100 such experiments.

    Raises
    ------
    ValueError
        If there are not 2 to 10 seeds, there is no change, or one has other seeds.
    """

    name = "pairs"

    def __init__(self, recipe: ArrayLike, changed: Mapping[str, ArrayLike]) -> None:
        given = np.asarray(recipe, dtype=np.float64)
        checks.rank("PairsExplorer", "recipe", given, "(n)")
        if not 2 <= len(given) <= MOST:
            raise ValueError(f"PairsExplorer expected 2 to {MOST} seeds, got {len(given)}")
        if not changed:
            raise ValueError("PairsExplorer expected at least one change, got none")
        self.recipe = small("PairsExplorer", "recipe", given[np.newaxis], MOST)[0].round(6)
        self.changed = {}
        for name, a in changed.items():
            counts = np.asarray(a, dtype=np.float64)
            checks.shape("PairsExplorer", name, counts, given.shape)
            self.changed[name] = small("PairsExplorer", name, counts[np.newaxis], MOST)[0].round(6)

    @property
    def quantiles(self) -> list[float]:
        """How many standard errors the interval of 2, 3, … seeds goes to either side."""
        return [student(count - 1) for count in range(2, len(self.recipe) + 1)]

    @property
    def scale(self) -> list[float]:
        """The ends of the number line, with room on either side of all differences."""
        differences = np.stack([*self.changed.values()]) - self.recipe
        low, high = min(differences.min(), 0), max(differences.max(), 0)
        room = (high - low) / 4 or 1
        return [round(float(end)) for end in (low - room, high + room)]

    def interval(self, name: str) -> tuple[float, float, float]:
        """The mean difference of all seeds, and the ends of its interval."""
        difference = self.changed[name] - self.recipe
        mean = float(difference.mean())
        error = float(difference.std(ddof=1)) / np.sqrt(len(difference))
        return mean, mean - self.quantiles[-1] * error, mean + self.quantiles[-1] * error

    def data(self) -> dict[str, Any]:
        return {
            "recipe": numbers(self.recipe[np.newaxis])[0],
            "changed": {name: numbers(a[np.newaxis])[0] for name, a in self.changed.items()},
            "quantiles": self.quantiles,
            "scale": self.scale,
        }

    def picture(self) -> str:
        """The mean difference and the interval of each change."""
        head = f"<tr><th>change<th>more wrong<th>{LEVEL:.0%} interval"
        lines = (
            f"<tr><th>{name}<td>{signed(mean)}<td>{signed(low)} … {signed(high)}"
            for name, (mean, low, high) in ((name, self.interval(name)) for name in self.changed)
        )
        return f"<table>{head}{''.join(lines)}</table>"

    def __repr__(self) -> str:
        return f"PairsExplorer({len(self.changed)} changes, {len(self.recipe)} seeds)"


def student(freedom: int) -> float:
    """So wide around 0 is the middle 95 % of Student's t with so many degrees of freedom.

    With t = √freedom · tan(angle) the density is a power of the cosine.
    """
    angles = np.linspace(0, np.pi / 2, 100_001)
    heights = np.cos(angles) ** (freedom - 1)
    shares: Array = np.cumsum(heights[1:] + heights[:-1])
    angle = np.interp(LEVEL, shares / shares[-1], angles[1:])
    return round(float(np.sqrt(freedom) * np.tan(angle)), 6)


def signed(value: float) -> str:
    """A whole number with its sign; as `signed` in pairs.js."""
    text = f"{value:+.0f}".replace("-", "−")
    return "0" if text[1:] == "0" else text
