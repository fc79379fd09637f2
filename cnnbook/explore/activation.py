"""The activation explorer: the value and the slope of an activation function at a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.explore.figure import Figure, short
from cnnlib import checks
from cnnlib import functional as F
from cnnlib.checks import Array

FURTHEST = 6
LEAK = 0.1

Pair = tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]
FUNCTIONS: dict[str, Pair] = {
    "ReLU": (F.relu, F.relu_backward),
    "leaky ReLU": (
        lambda x: F.leaky_relu(x, LEAK),
        lambda dy, x: F.leaky_relu_backward(dy, x, LEAK),
    ),
    "sigmoid": (F.sigmoid, F.sigmoid_backward),
    "tanh": (F.tanh, F.tanh_backward),
    "GELU": (F.gelu, F.gelu_backward),
}


class ActivationExplorer(Figure):
    """A list of five functions and a slider for x; ``function`` and ``x`` are the first shown.

    Leaky ReLU has the negative slope 0.1, and x is rounded to one decimal.

    Raises
    ------
    ValueError
        If the function is none of the five, or x is out of -6 … 6.
    """

    name = "activation"
    builds_on = ("address",)

    def __init__(self, function: str = "ReLU", x: float = 1.0) -> None:
        if function not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise ValueError(f"ActivationExplorer expected one of {known}, got {function!r}")
        self.function = function
        self.x = round(checks.number("ActivationExplorer", "x", x), 1)
        if not abs(self.x) <= FURTHEST:
            raise ValueError(
                f"ActivationExplorer expected x in -{FURTHEST} … {FURTHEST}, got {x:g}"
            )

    def data(self) -> dict[str, Any]:
        return {"name": self.function, "x": self.x, "furthest": FURTHEST, "leak": LEAK}

    def picture(self) -> str:
        """Values and slopes of the function at some places."""
        x = np.array([-5.0, -2, -1, 0, 1, 2, 5])
        forward, backward = FUNCTIONS[self.function]
        columns = zip(x, forward(x), backward(np.ones_like(x), x), strict=True)
        rows = (f"<tr><td>{'<td>'.join(short(v, 3) for v in row)}" for row in columns)
        return f"<table><tr><th>x<th>{self.function}<th>slope{''.join(rows)}</table>"

    def __repr__(self) -> str:
        return f"ActivationExplorer({self.function}, x {self.x:g})"
