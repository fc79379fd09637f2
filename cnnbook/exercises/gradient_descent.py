"""Exercises of the chapter on gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

Part = Callable[[Array, Array], Any]

_rng = np.random.default_rng(10)


# --- the gradient of a straight line's mean squared error ---


def _slopes(by_w: Part, by_b: Part) -> Function:
    """The two partial derivatives, each computed from the errors and x."""

    def gradient(w: float, b: float, x: Array, t: Array) -> tuple[float, float]:
        error = w * x + b - t
        return by_w(error, x), by_b(error, x)

    return gradient


def _of_error(error: Callable[[float, float, Array, Array], Array]) -> Function:
    """The right derivatives of another error."""

    def gradient(w: float, b: float, x: Array, t: Array) -> tuple[float, float]:
        e = error(w, b, x, t)
        return _by_w(e, x), _by_b(e, x)

    return gradient


def _by_w(e: Array, x: Array) -> Any:
    return 2 * np.mean(e * x)


def _by_b(e: Array, x: Array) -> Any:
    return 2 * np.mean(e)


def _w_for_x(w: float, b: float, x: Array, t: Array) -> tuple[float, float]:
    e = w * x + b - t
    return w * _by_b(e, x), _by_b(e, x)


def _w_and_b(w: float, b: float, x: Array, t: Array) -> tuple[float, float]:
    e = w * x + b - t
    return w * _by_b(e, x), b * _by_b(e, x)


def _after_a_step(rate: float) -> Function:
    def step(w: float, b: float, x: Array, t: Array) -> tuple[float, float]:
        e = w * x + b - t
        return w - rate * _by_w(e, x), b - rate * _by_b(e, x)

    return step


regression_gradient = Exercise(
    "regression_gradient",
    _slopes(_by_w, _by_b),
    [
        (0.5, -0.8, _rng.normal(1.0, 2.0, 5), _rng.normal(size=5)),
        (-1.5, 0.25, _rng.normal(-1.0, 1.0, 3), _rng.normal(size=3)),
    ],
    {
        "The errors are summed; the cost is their mean square, so divide by n.": [
            _slopes(lambda e, x: 2 * np.sum(e * x), lambda e, x: 2 * np.sum(e)),
            _slopes(lambda e, x: np.sum(e * x), lambda e, x: np.sum(e)),
            _slopes(lambda e, x: 2 * np.sum(e * x), _by_b),
            _slopes(_by_w, lambda e, x: 2 * np.sum(e)),
        ],
        "The derivative of each point is there; the cost is a mean, so take the mean of each.": [
            _slopes(lambda e, x: 2 * e * x, lambda e, x: 2 * e),
            _slopes(lambda e, x: e * x, lambda e, x: e),
            _slopes(lambda e, x: 2 * e * x / len(x), lambda e, x: 2 * e / len(x)),
        ],
        "The factor 2 is missing: the derivative of e² is 2e.": [
            _slopes(lambda e, x: np.mean(e * x), lambda e, x: np.mean(e)),
            _slopes(lambda e, x: np.mean(e * x), _by_b),
            _slopes(_by_w, lambda e, x: np.mean(e)),
        ],
        "The sign is wrong: the error is w x + b − t. That way leads uphill.": [
            _of_error(lambda w, b, x, t: t - w * x - b),
            _slopes(lambda e, x: -np.mean(e * x), lambda e, x: -np.mean(e)),
        ],
        "The sign of dw is wrong: it has that of the mean of e · x.": (
            _slopes(lambda e, x: -_by_w(e, x), _by_b)
        ),
        "The sign of db is wrong: it has that of the mean of e.": (
            _slopes(_by_w, lambda e, x: -_by_b(e, x))
        ),
        "dw lacks the factor x: when w moves by 1, an error moves by x.": _slopes(_by_b, _by_b),
        "dw has the factor w; when w moves by 1, an error moves by x.": _w_for_x,
        "dw has the factor w, and db b; when w moves by 1, an error moves by x, and with b by 1.": (
            _w_and_b
        ),
        "db has a factor x; when b moves by 1, every error moves by 1.": _slopes(_by_w, _by_w),
        "The mean of e times the mean of x is not the mean of e · x.": (
            _slopes(lambda e, x: 2 * np.mean(e) * np.mean(x), _by_b)
        ),
        "The derivative of e² is 2e; the square is gone.": [
            _slopes(lambda e, x: 2 * np.mean(e**2 * x), lambda e, x: 2 * np.mean(e**2)),
            _slopes(lambda e, x: np.mean(e**2 * x), lambda e, x: np.mean(e**2)),
        ],
        "The cost is the mean over n points, not over n − 1.": _slopes(
            lambda e, x: 2 * np.sum(e * x) / (len(x) - 1), lambda e, x: 2 * np.sum(e) / (len(x) - 1)
        ),
        "Only the first point counts: is the return inside the loop?": [
            _slopes(lambda e, x: 2 * e[0] * x[0] / len(x), lambda e, x: 2 * e[0] / len(x)),
            _slopes(lambda e, x: 2 * e[0] * x[0], lambda e, x: 2 * e[0]),
        ],
        "b is missing in the error, which is w x + b − t.": _of_error(lambda w, b, x, t: w * x - t),
        "t is missing in the error, which is w x + b − t.": _of_error(lambda w, b, x, t: w * x + b),
        "The error counts with its sign alone; the derivative of e² is 2e.": [
            _slopes(lambda e, x: np.mean(np.sign(e) * x), lambda e, x: np.mean(np.sign(e))),
            _slopes(lambda e, x: 2 * np.mean(np.sign(e) * x), lambda e, x: 2 * np.mean(np.sign(e))),
        ],
        "dw and db are swapped.": _slopes(_by_b, _by_w),
        "That is the cost; its two derivatives are asked for.": (
            lambda w, b, x, t: np.mean((w * x + b - t) ** 2)
        ),
        "Those are w and b after a step; the gradient itself is asked for.": [
            _after_a_step(rate) for rate in (1, 0.1, 0.01)
        ],
    },
    parts=("dw", "db"),
)
