"""Exercises of the chapter on gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

Part = Callable[[Array, Array], Any]

_rng = np.random.default_rng(10)
_x, _t = _rng.normal(1.0, 2.0, 5), _rng.normal(size=5)


# --- the gradient of a straight line's mean squared error ---


def _slopes(by_w: Part, by_b: Part) -> Function:
    """The two partial derivatives, each computed from the errors and x."""

    def gradient(w: float, b: float, x: Array, t: Array) -> tuple[float, float]:
        error = w * x + b - t
        return by_w(error, x), by_b(error, x)

    return gradient


regression_gradient = Exercise(
    "regression_gradient",
    _slopes(lambda e, x: 2 * np.mean(e * x), lambda e, x: 2 * np.mean(e)),
    [(0.5, -1.0, _x, _t)],
    {
        "The errors are summed; the cost is their mean square, so divide by n.": _slopes(
            lambda e, x: 2 * np.sum(e * x), lambda e, x: 2 * np.sum(e)
        ),
        "The factor 2 is missing: the derivative of e² is 2e.": _slopes(
            lambda e, x: np.mean(e * x), lambda e, x: np.mean(e)
        ),
        "The sign is wrong: the error is w x + b − t. That way leads uphill.": _slopes(
            lambda e, x: -2 * np.mean(e * x), lambda e, x: -2 * np.mean(e)
        ),
        "dw lacks the factor x: when w moves by 1, an error moves by x.": _slopes(
            lambda e, x: 2 * np.mean(e), lambda e, x: 2 * np.mean(e)
        ),
        "db has a factor x; when b moves by 1, every error moves by 1.": _slopes(
            lambda e, x: 2 * np.mean(e * x), lambda e, x: 2 * np.mean(e * x)
        ),
        "The mean of e times the mean of x is not the mean of e · x.": _slopes(
            lambda e, x: 2 * np.mean(e) * np.mean(x), lambda e, x: 2 * np.mean(e)
        ),
        "dw and db are swapped.": _slopes(
            lambda e, x: 2 * np.mean(e), lambda e, x: 2 * np.mean(e * x)
        ),
    },
)
