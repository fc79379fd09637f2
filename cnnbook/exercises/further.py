"""Exercises of the chapter on going further than the source."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib.checks import Array


def _smooth(labels: Array, epsilon: float) -> Array:
    return (1 - epsilon) * np.eye(10)[labels] + epsilon / 10


def _over_nine(labels: Array, epsilon: float) -> Array:
    right = np.eye(10)[labels]
    return (1 - epsilon) * right + epsilon / 9 * (1 - right)


smooth_labels = Exercise(
    "smooth_labels",
    _smooth,
    [(np.array([7]), 0.05), (np.array([0, 3, 9]), 0.1)],
    {
        "The right class gets its share of epsilon too: spread it over all ten classes, not over "
        "the other nine.": _over_nine,
        "The right class gets its tenth of epsilon as well, 1 - epsilon + epsilon / 10; these rows "
        "sum to less than 1.": lambda labels, epsilon: np.where(
            np.eye(10)[labels] > 0, 1 - epsilon, epsilon / 10
        ),
        "The rows don't sum to 1: what is spread has to be taken from the right class.": (
            lambda labels, epsilon: np.eye(10)[labels] + epsilon / 10
        ),
        "Epsilon is taken from the right class but given to nobody: the rows sum to less than "
        "1.": lambda labels, epsilon: (1 - epsilon) * np.eye(10)[labels],
        "Epsilon is the share of all ten together; each class gets a tenth of it.": (
            lambda labels, epsilon: (1 - epsilon) * np.eye(10)[labels] + epsilon
        ),
        "That is the target without smoothing.": lambda labels, epsilon: np.eye(10)[labels],
    },
)
