"""The stopping explorer: the losses of a run, epoch by epoch, and where to stop it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure
from cnnlib import checks

EPOCH, PATIENCE = 40, 3  # what is shown first


class StoppingExplorer(Figure):
    """(runs, epochs, 3): training loss, held-out loss and accuracy, for each seed a run.

    The reader goes through a run, and chooses for how many epochs without a smaller held-out loss
    it goes on. Numbers are rounded to four decimals.

    Raises
    ------
    ValueError
        If there is no run, one has not 2 to 200 epochs, or a number is not finite.
    """

    name = "stopping"
    builds_on = ("axes",)

    def __init__(self, runs: ArrayLike) -> None:
        self.runs = np.asarray(runs, dtype=np.float64).round(4)
        checks.rank("StoppingExplorer", "runs", self.runs, "(runs, epochs, 3)")
        count, epochs, numbers = self.runs.shape
        if not count or not 2 <= epochs <= 200 or numbers != 3:
            raise ValueError(
                "StoppingExplorer expected runs (runs, 2 to 200 epochs, 3), "
                f"got shape {self.runs.shape}"
            )
        if not np.isfinite(self.runs).all():
            raise ValueError("StoppingExplorer expected finite numbers as runs")

    def stop(self, run: int, patience: int) -> tuple[int, int]:
        """The epoch after which a run stops, and the one that it keeps; both counted from 1."""
        held = self.runs[run, :, 1]
        for epoch in range(1, len(held) + 1):
            best = int(held[:epoch].argmin()) + 1
            if epoch - best == patience:
                return epoch, best
        return len(held), best

    def data(self) -> dict[str, Any]:
        smallest, highest = self.runs[..., 1].min(), self.runs[..., 2].max()
        return {
            "runs": self.runs.tolist(),
            "epoch": min(EPOCH, self.runs.shape[1]),
            "patience": PATIENCE,
            "mostLoss": max(round(float(np.ceil(20 * smallest) / 10), 1), 0.1),
            "mostRight": round(float(np.ceil(20 * highest) / 20), 2),
        }

    def picture(self) -> str:
        """For each run what is kept with little patience, and what is best."""
        head = f"<tr><th>seed<th>kept with patience {PATIENCE}<th>held-out loss<th>smallest of all"
        lines = []
        for run, history in enumerate(self.runs):
            epoch = self.stop(run, PATIENCE)[1]
            loss, best = history[epoch - 1, 1], history[:, 1].min()
            lines.append(f"<tr><th>{run}<td>epoch {epoch}<td>{loss:.3f}<td>{best:.3f}")
        return f"<table>{head}{''.join(lines)}</table>"

    def __repr__(self) -> str:
        count, epochs, _ = self.runs.shape
        return f"StoppingExplorer({count} runs of {epochs} epochs)"
