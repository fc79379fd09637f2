"""The softmax explorer: from logits to probabilities, to the loss, and to its slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, numbers, short, small, step
from cnnlib import checks
from cnnlib.functional import cross_entropy, cross_entropy_backward, softmax

LARGEST = 8


class SoftmaxExplorer(Figure):
    """(K,), 0 … K − 1: a slider for each logit; ``target`` is the right class.

    Logits are rounded to one decimal, the step of the sliders.

    Raises
    ------
    ValueError
        If there are not 2 to 10 logits, one is out of -8 … 8, or no class is named ``target``.
    """

    name = "softmax"
    builds_on = ("address",)

    def __init__(self, logits: ArrayLike, target: int) -> None:
        logits = np.asarray(logits, dtype=np.float64)
        checks.rank("SoftmaxExplorer", "logits", logits, "(K)")
        if not 2 <= len(logits) <= 10:
            raise ValueError(f"SoftmaxExplorer expected 2 to 10 logits, got {len(logits)}")
        self.logits = small("SoftmaxExplorer", "logits", logits[None], 10).round(1)
        if np.abs(self.logits).max() > LARGEST:
            furthest = self.logits.flat[np.abs(self.logits).argmax()]
            raise ValueError(
                f"SoftmaxExplorer expected logits in -{LARGEST} … {LARGEST}, got {furthest:g}"
            )
        self.target = step("SoftmaxExplorer", "target", target, 0, len(logits) - 1)
        self.p = softmax(self.logits)[0]
        self.loss = cross_entropy(self.logits, np.array([self.target]))
        self.gradient = cross_entropy_backward(self.logits, np.array([self.target]))[0]

    def data(self) -> dict[str, Any]:
        return {"logits": numbers(self.logits)[0], "target": self.target, "largest": LARGEST}

    def picture(self) -> str:
        columns = zip(self.logits[0], np.exp(self.logits[0]), self.p, self.gradient, strict=True)
        rows = (
            f"<tr><th>{k}<td>{'<td>'.join(short(v, 3) for v in row)}"
            for k, row in enumerate(columns)
        )
        head = "<tr><th>class<th>logit z<th>e<sup>z</sup><th>p<th>slope of the loss along z"
        return (
            f"<table>{head}{''.join(rows)}</table>"
            f"<p>The right class is {self.target}: loss −ln p ≈ {short(self.loss, 3)}.</p>"
        )

    def __repr__(self) -> str:
        classes = self.logits.size
        return f"SoftmaxExplorer({classes} classes, target {self.target}, loss {self.loss:.3f})"
