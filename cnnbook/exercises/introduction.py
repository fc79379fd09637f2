"""Exercise of the introduction: one neuron and its receptive field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

_rng = np.random.default_rng(1)
_picture, _weights = _rng.normal(size=(9, 9)), _rng.normal(size=(4, 2))


def _window(picture: Array, weights: Array, row: int, column: int) -> Array:
    height, width = weights.shape
    return picture[row : row + height, column : column + width]


def _sum(picture: Array, weights: Array, row: int, column: int) -> float:
    return float((_window(picture, weights, row, column) * weights).sum())


def _neuron(picture: Array, weights: Array, bias: float, row: int, column: int) -> float:
    return max(_sum(picture, weights, row, column) + bias, 0.0)


def _with_products(respond: Callable[[Array, float], Any]) -> Function:
    """A neuron that makes something else of the products in its window and of the bias."""
    return lambda x, w, b, row, column: respond(_window(x, w, row, column) * w, b)


def _at(place: Callable[[int, int], int]) -> Function:
    """A neuron whose window begins elsewhere: a function of where it should and of its size."""
    return lambda x, w, b, row, column: _neuron(
        x, w, b, place(row, w.shape[0]), place(column, w.shape[1])
    )


def _centred_round_the_edge(x: Array, w: Array, b: float, row: int, column: int) -> float:
    """Pixel by pixel from a centre, so that row −1 is the last one."""
    height, width = w.shape
    rows, columns = np.arange(height) - height // 2 + row, np.arange(width) - width // 2 + column
    return max(float((x[np.ix_(rows, columns)] * w).sum()) + b, 0.0)


neuron = Exercise(
    "neuron",
    _neuron,
    [
        (_picture, _weights, bias, row, column)
        for bias, row, column in (
            (6.5, 5, 3),
            (7.5, 1, 4),
            (-2.1, 4, 2),
            (-1.5, 4, 2),
            (-9.0, 0, 3),
            (0.5, 2, 6),
        )
    ],
    {
        "ReLU is missing: a negative sum gives the answer 0.": (
            _with_products(lambda products, b: products.sum() + b)
        ),
        "The bias is missing.": lambda x, w, b, row, column: _neuron(x, w, 0.0, row, column),
        "ReLU and the bias are missing.": _with_products(lambda products, b: products.sum()),
        "The bias is added after ReLU; it comes before.": (
            lambda x, w, b, row, column: _neuron(x, w, 0.0, row, column) + b
        ),
        "The bias is added to each product; it is added once, to their sum.": (
            _with_products(lambda products, b: max((products + b).sum(), 0.0))
        ),
        "The bias is subtracted; it is added.": (
            lambda x, w, b, row, column: _neuron(x, w, -b, row, column)
        ),
        "ReLU is applied to each product; first comes their sum.": [
            _with_products(lambda products, b: np.maximum(products, 0).sum() + b),
            _with_products(lambda products, b: max(np.maximum(products, 0).sum() + b, 0.0)),
            _with_products(lambda products, b: np.maximum(products + b, 0).sum()),
        ],
        "The products are not summed.": [
            _with_products(lambda products, b: np.maximum(products + b, 0)),
            _with_products(lambda products, b: max(products + b, 0)),  # an error
        ],
        "A negative sum becomes 0; here it loses its sign.": (
            _with_products(lambda products, b: abs(products.sum() + b))
        ),
        "min leaves the negative sums; ReLU is max(…, 0).": (
            _with_products(lambda products, b: min(products.sum() + b, 0.0))
        ),
        "Row and column are swapped: the first index counts rows, downwards.": (
            lambda x, w, b, row, column: _neuron(x, w, b, column, row)
        ),
        "The window is centred on (row, column); it begins there.": [
            lambda x, w, b, row, column: _neuron(
                np.pad(x, 2), w, b, row + 2 - w.shape[0] // 2, column + 2 - w.shape[1] // 2
            ),
            _at(lambda place, size: place - size // 2),
            _at(lambda place, size: max(place - size // 2, 0)),
            _centred_round_the_edge,
            lambda x, w, b, row, column: (
                x[
                    row - w.shape[0] // 2 : row + w.shape[0] // 2 + 1,
                    column - w.shape[1] // 2 : column + w.shape[1] // 2 + 1,
                ]
                * w
            ),
        ],
        "The window begins at (row, column), not in the corner of the picture.": (
            _at(lambda place, size: 0)
        ),
        "It is counted from 1; the first row is row 0.": _at(lambda place, size: place - 1),
        "A slice ends at a row, not after a number of rows: row : row + height.": [
            lambda x, w, b, row, column: max(
                (x[row : w.shape[0], column : w.shape[1]] * w).sum() + b, 0.0
            ),
        ],
        "A slice leaves out its end: row : row + height has as many rows as height says.": (
            lambda x, w, b, row, column: (
                x[row : row + w.shape[0] + 1, column : column + w.shape[1] + 1] * w
            )
        ),
        "Height and width are swapped: the shape of an array begins with its number of rows.": (
            lambda x, w, b, row, column: x[row : row + w.shape[1], column : column + w.shape[0]] * w
        ),
        "The weights need not be square: their shape has a height and a width.": [
            lambda x, w, b, row, column: _window(x, np.eye(len(w)), row, column) * w,
            lambda x, w, b, row, column: _window(x, np.eye(w.shape[1]), row, column) * w,
        ],
        "The last row and column of the weights are left out.": (
            lambda x, w, b, row, column: _neuron(x, w[:-1, :-1], b, row, column)
        ),
        "@ is the matrix product; here each weight meets its own pixel: *.": [
            lambda x, w, b, row, column: max((_window(x, w, row, column) @ w.T).sum() + b, 0.0),
            lambda x, w, b, row, column: max((_window(x, w, row, column).T @ w).sum() + b, 0.0),
            lambda x, w, b, row, column: _window(x, w, row, column) @ w,
        ],
        "The products are averaged; they are summed.": (
            _with_products(lambda products, b: max(products.mean() + b, 0.0))
        ),
        "The weights are flipped; they meet the window as they stand.": (
            lambda x, w, b, row, column: _neuron(x, w[::-1, ::-1], b, row, column)
        ),
    },
)
