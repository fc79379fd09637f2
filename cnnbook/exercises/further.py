"""Exercises of the chapter on going further than the source."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array


def _rows(right: tuple[float, float], others: tuple[float, float]) -> Function:
    """Targets of ``constant + slope * epsilon`` for the right class and for the others."""

    def smooth_labels(labels: Array, epsilon: float) -> Array:
        at_label, elsewhere = (constant + slope * epsilon for constant, slope in (right, others))
        return np.where(np.eye(10)[labels] > 0, at_label, elsewhere)

    return smooth_labels


def _every_label(labels: Array, right: float, others: float) -> Array:
    targets = np.full((len(labels), 10), others)
    targets[:, labels] = right
    return targets


def _up_to_the_largest(labels: Array, epsilon: float) -> Array:
    classes = labels.max() + 1
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon / classes


_smooth = _rows((1, -0.9), (0, 0.1))

smooth_labels = Exercise(
    "smooth_labels",
    _smooth,
    [(np.array([7]), 0.05), (np.array([0, 3, 9, 3]), 0.1)],
    {
        "The right class gets its share of epsilon too: spread it over all ten classes, not over "
        "the other nine.": _rows((1, -1), (0, 1 / 9)),
        "The right class gets its tenth of epsilon as well, 1 - epsilon + epsilon / 10; these rows "
        "sum to less than 1.": _rows((1, -1), (0, 0.1)),
        "The rows don't sum to 1: what is spread has to be taken from the right class.": [
            _rows((1, 0.1), (0, 0.1)),
            _rows((1, 0), (0, 0.1)),
            _rows((1, 0), (0, 1 / 9)),
            _rows((1, 1 / 9), (0, 1 / 9)),
        ],
        "Epsilon is taken from the right class but given to nobody: the rows sum to less than "
        "1.": _rows((1, -1), (0, 0)),
        "Epsilon is the share of all ten together; each class gets a tenth of it.": [
            _rows((1, 0), (0, 1)),
            _rows((1, -1), (0, 1)),
            _rows((1, 1), (0, 1)),
        ],
        "The rows sum to more than 1: the others get exactly what the right class gives away.": [
            _rows((1, -0.1), (0, 0.1)),
            _rows((1, 1 / 9 - 1), (0, 1 / 9)),
            _rows((1, -0.9), (0, 1 / 9)),
        ],
        "Epsilon and 1 - epsilon are swapped: most of the target stays with the right class.": [
            _rows((0.1, 0.9), (0.1, -0.1)),
            _rows((0, 1), (1 / 9, -1 / 9)),
            _rows((0, 1), (0.1, -0.1)),
        ],
        "Epsilon is divided by the number of images; it is divided by the number of classes, 10.": (
            lambda labels, epsilon: (1 - epsilon) * np.eye(10)[labels] + epsilon / len(labels)
        ),
        "A label is taken for the number of a row, and there are too few rows; it names one of the "
        "ten columns.": (lambda labels, epsilon: np.zeros((len(labels), 10))[labels]),
        "Every row has the labels of all images; t[np.arange(len(labels)), labels] names one "
        "number of each row.": [
            lambda labels, epsilon: _every_label(labels, 1 - epsilon, epsilon / 10),
            lambda labels, epsilon: _every_label(labels, 1 - 0.9 * epsilon, epsilon / 10),
            lambda labels, epsilon: _every_label(labels, 1 - epsilon, epsilon / 9),
        ],
        "Every row has ten classes, whatever labels occur.": _up_to_the_largest,
        "The labels are counted from 1; they are counted from 0.": (
            lambda labels, epsilon: _smooth(labels - 1, epsilon)
        ),
        "Epsilon is 0.1 here, whatever is given.": lambda labels, epsilon: _smooth(labels, 0.1),
        "All rows are those of the last label; each image has a row of its own.": (
            lambda labels, epsilon: _smooth(np.full_like(labels, labels[-1]), epsilon)
        ),
        "All targets are 0: has the array whole numbers, and no place for fractions?": (
            _rows((0, 0), (0, 0))
        ),
        "That is the target without smoothing.": _rows((1, 0), (0, 0)),
    },
)
