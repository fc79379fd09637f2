"""Exercise of the introduction: one neuron and its receptive field."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib.checks import Array

_rng = np.random.default_rng(1)
_picture, _weights = _rng.normal(size=(9, 9)), _rng.normal(size=(3, 2))


def _sum(picture: Array, weights: Array, row: int, column: int) -> float:
    height, width = weights.shape
    return float((picture[row : row + height, column : column + width] * weights).sum())


def _neuron(picture: Array, weights: Array, bias: float, row: int, column: int) -> float:
    return max(_sum(picture, weights, row, column) + bias, 0.0)


neuron = Exercise(
    "neuron",
    _neuron,
    [
        (_picture, _weights, bias, row, column)
        for bias, row, column in ((2.5, 1, 4), (-1.5, 4, 2), (0.5, 5, 6), (-9.0, 0, 3))
    ],
    {
        "ReLU is missing: a negative sum gives the answer 0.": (
            lambda x, w, b, row, column: _sum(x, w, row, column) + b
        ),
        "The bias is missing.": lambda x, w, b, row, column: _neuron(x, w, 0.0, row, column),
        "The bias is added after ReLU; it comes before.": (
            lambda x, w, b, row, column: _neuron(x, w, 0.0, row, column) + b
        ),
        "Row and column are swapped: the first index counts rows, downwards.": (
            lambda x, w, b, row, column: _neuron(x, w, b, column, row)
        ),
        "The window is centred on (row, column); it begins there.": (
            lambda x, w, b, row, column: _neuron(
                np.pad(x, 1), w, b, row + 1 - w.shape[0] // 2, column + 1 - w.shape[1] // 2
            )
        ),
        "The products are averaged; they are summed.": (
            lambda x, w, b, row, column: max(_sum(x, w, row, column) / w.size + b, 0.0)
        ),
        "The weights are flipped; they meet the window as they stand.": (
            lambda x, w, b, row, column: _neuron(x, w[::-1, ::-1], b, row, column)
        ),
    },
)
