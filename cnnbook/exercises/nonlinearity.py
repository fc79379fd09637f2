"""Exercises of the chapter on non-linearity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array
from cnnlib.functional import conv2d

_rng = np.random.default_rng(6)


# --- two convolutions in one ---


def _merge(w1: Array, w2: Array) -> Array:
    """(M, C, kH1, kW1), (F, M, kH2, kW2) -> (F, C, kH1 + kH2 - 1, kW1 + kW2 - 1)."""
    height, width = w1.shape[2] + w2.shape[2] - 1, w1.shape[3] + w2.shape[3] - 1
    merged = np.zeros((len(w2), w1.shape[1], height, width))
    for i, j in np.ndindex(w2.shape[2:]):
        merged[:, :, i : i + w1.shape[2], j : j + w1.shape[3]] += _part(w1, w2, i, j)
    return merged


def _part(w1: Array, w2: Array, i: int, j: int) -> Array:
    return np.asarray(np.einsum("fm,mchw->fchw", w2[:, :, i, j], w1))


def _merge_but(change: Callable[[Array, Array], tuple[Array, Array]]) -> Function:
    """The right merger, given other kernels."""
    return lambda w1, w2: _merge(*change(w1, w2))


def _added(w1: Array, w2: Array) -> Array:
    height, width = w1.shape[2] + w2.shape[2] - 1, w1.shape[3] + w2.shape[3] - 1
    merged = np.zeros((len(w2), w1.shape[1], height, width))
    merged[:, :, : w1.shape[2], : w1.shape[3]] += w1.sum(0)
    merged[:, :, : w2.shape[2], : w2.shape[3]] += w2.sum(1, keepdims=True)
    return merged


def _last_part_wins(w1: Array, w2: Array) -> Array:
    merged = _merge(w1, w2) * 0
    for i, j in np.ndindex(w2.shape[2:]):
        merged[:, :, i : i + w1.shape[2], j : j + w1.shape[3]] = _part(w1, w2, i, j)
    return merged


def _last_part_of_the_second_wins(w1: Array, w2: Array) -> Array:
    merged = _merge(w1, w2) * 0
    for i, j in np.ndindex(w1.shape[2:]):
        part = np.einsum("fmhw,mc->fchw", w2, w1[:, :, i, j])
        merged[:, :, i : i + w2.shape[2], j : j + w2.shape[3]] = part
    return merged


def _last_product_wins(w1: Array, w2: Array) -> Array:
    merged = _merge(w1, w2) * 0
    for i, j in np.ndindex(w1.shape[2:]):
        for p, q in np.ndindex(w2.shape[2:]):
            merged[:, :, i + p, j + q] = w2[:, :, p, q] @ w1[:, :, i, j]
    return merged


def _offsets_swapped(w1: Array, w2: Array) -> Array:
    merged = _merge(w1, w2) * 0
    for i, j in np.ndindex(w2.shape[2:]):
        merged[:, :, i : i + w1.shape[2], j : j + w1.shape[3]] += _part(w1, w2, j, i)
    return merged


def _taken_as_square(second: Callable[[Array, Array], int]) -> Function:
    """As if the first kernel had as many columns as rows, and the second ``second`` of both."""

    def merge(w1: Array, w2: Array) -> Array:
        k1, k2 = w1.shape[2], second(w1, w2)
        merged = np.zeros((len(w2), w1.shape[1], k1 + k2 - 1, k1 + k2 - 1))
        for i, j in np.ndindex(k2, k2):
            merged[:, :, i : i + k1, j : j + k1] += _part(w1, w2, i, j)
        return merged

    return merge


def _middle(w1: Array, w2: Array) -> Array:
    top, left = (w2.shape[2] - 1) // 2, (w2.shape[3] - 1) // 2
    return _merge(w1, w2)[:, :, top : top + w1.shape[2], left : left + w1.shape[3]]


def _windows_of_the_first(w1: Array, w2: Array) -> Array:
    return conv2d(w1.swapaxes(0, 1), w2).swapaxes(0, 1)


def _cell_by_cell(w1: Array, w2: Array) -> Array:
    return np.asarray(np.einsum("fmij,mcij->fcij", w2, w1))


merge_kernels = Exercise(
    "merge_kernels",
    _merge,
    [
        (_rng.normal(size=(3, 2, 3, 3)), _rng.normal(size=(4, 3, 3, 3))),
        (_rng.normal(size=(3, 2, 3, 3)), _rng.normal(size=(4, 3, 2, 3))),
        (_rng.normal(size=(2, 5, 2, 4)), _rng.normal(size=(3, 2, 3, 2))),
    ],
    {
        "One kernel is flipped; two layers without a flip make one without: offsets simply add.": [
            _merge_but(lambda w1, w2: (w1, w2[:, :, ::-1, ::-1])),
            _merge_but(lambda w1, w2: (w1[:, :, ::-1, ::-1], w2)),
        ],
        "The result is flipped; two layers without a flip make one without: offsets simply add.": (
            lambda w1, w2: _merge(w1, w2)[:, :, ::-1, ::-1]
        ),
        "The kernels are added; one after the other, their weights are multiplied.": _added,
        "Each position replaces what those before gave; it is added to it: += ….": [
            _last_part_wins,
            _last_part_of_the_second_wins,
            _last_product_wins,
        ],
        "Only the first map between the layers is used; the second layer sums over all.": (
            _merge_but(lambda w1, w2: (w1[:1], w2[:, :1]))
        ),
        "Only the last map between the layers is left; the second layer sums over all: += ….": (
            _merge_but(lambda w1, w2: (w1[-1:], w2[:, -1:]))
        ),
        "The maps between the layers are averaged; they are summed.": (
            _merge_but(lambda w1, w2: (w1, w2 / len(w1)))
        ),
        "The maps are summed before they are multiplied: map m of the first layer meets weight m "
        "of the second.": _merge_but(
            lambda w1, w2: (w1.sum(0, keepdims=True), w2.sum(1, keepdims=True))
        ),
        "The result is too small: offsets 0 … 2 and 0 … 2 add up to 0 … 4, so it has "
        "kH1 + kH2 − 1 rows.": [
            lambda w1, w2: _merge(w1, w2)[:, :, : w1.shape[2], : w1.shape[3]],
            _middle,
            _windows_of_the_first,
            lambda w1, w2: np.einsum("fmij,mchw->fchw", w2, w1),
        ],
        "The result is too large: offsets 0 … 2 and 0 … 2 add up to 0 … 4, so it has "
        "kH1 + kH2 − 1 rows.": lambda w1, w2: np.pad(
            _merge(w1, w2), ((0, 0), (0, 0), (0, 1), (0, 1))
        ),
        "The first two axes are swapped: (filters of the second, channels of the first).": (
            lambda w1, w2: _merge(w1, w2).swapaxes(0, 1)
        ),
        "The axis that both kernels share is the M maps between: the second of w2, the first of "
        "w1.": [
            lambda w1, w2: w2[:, :, 0, 0].T @ w1[:, :, 0, 0],
            lambda w1, w2: w1[:, :, 0, 0] @ w2[:, :, 0, 0],
            lambda w1, w2: w1[:, :, 0, 0].T @ w2[:, :, 0, 0],
            lambda w1, w2: np.einsum("mf,mchw->fchw", w2[:, :, 0, 0], w1),
            lambda w1, w2: np.einsum("fm,cmhw->fchw", w2[:, :, 0, 0], w1),
        ],
        "Rows and columns of the second kernel are swapped.": [
            _offsets_swapped,
            _merge_but(lambda w1, w2: (w1, w2.swapaxes(2, 3))),
        ],
        "The kernels need not be square: rows and columns are counted separately.": [
            _taken_as_square(lambda w1, w2: w2.shape[2]),
            _taken_as_square(lambda w1, w2: w1.shape[2]),
        ],
        "The kernels are multiplied cell by cell; every cell of one meets every cell of the "
        "other.": _cell_by_cell,
    },
)


# --- the weights that draw a chain of straight pieces ---

_knots, _heights = np.array([0.0, 0.5, 2.5, 3.5]), np.array([1.0, 2.0, 0.0, 4.0])
_further, _lower = np.array([-2.0, 0.0, 1.0, 1.5, 4.0]), np.array([0.5, -1.0, 2.0, 3.0, -2.0])


def _bends(knots: Array, heights: Array) -> Array:
    return np.diff(_slopes(knots, heights), prepend=0)


def _slopes(knots: Array, heights: Array) -> Array:
    return np.diff(heights) / np.diff(knots)


def _less_the_weight_before(knots: Array, heights: Array) -> Array:
    weights = [0.0]
    for slope in _slopes(knots, heights):
        weights.append(slope - weights[-1])
    return np.array(weights[1:])


def _whole(knots: Array, heights: Array) -> Array:
    weights = np.zeros_like(heights[:-1])
    weights[:] = _bends(knots, heights)
    return weights


def _each_less_all_before(knots: Array, heights: Array) -> Array:
    weights: list[float] = []
    for slope in _slopes(knots, heights):
        weights.append(slope - sum(map(abs, weights)))
    return np.array(weights)


bends = Exercise(
    "bends",
    _bends,
    [(_knots, _heights), (_further, _lower), (np.array([0, 2, 3]), np.array([0, 1, 3]))],
    {
        "Those are the slopes; a ReLU goes on for ever, so each weight is a change of slope.": (
            _slopes
        ),
        "The heights are not divided by the distances of the knots: a slope is rise over run.": [
            lambda knots, heights: np.diff(np.diff(heights), prepend=0),
            lambda knots, heights: np.diff(heights),
        ],
        "The knots are not equally far apart: each rise is divided by its own run.": [
            lambda knots, heights: _bends(np.arange(len(knots)) * (knots[1] - knots[0]), heights),
            lambda knots, heights: _bends(np.linspace(knots[0], knots[-1], len(knots)), heights),
        ],
        "The slopes are upside down: a slope is rise over run.": (
            lambda knots, heights: _bends(heights, knots)
        ),
        "The slope of a piece is its own rise over its own run; np.gradient mixes two pieces.": [
            lambda knots, heights: np.diff(np.gradient(heights, knots)[:-1], prepend=0),
            lambda knots, heights: np.diff(np.gradient(heights, knots)),
        ],
        "The first slope is missing: before the first knot everything is flat, so the first weight "
        "is the first slope.": [
            lambda knots, heights: np.diff(_slopes(knots, heights)),
            lambda knots, heights: np.append(0, np.diff(_slopes(knots, heights))),
            lambda knots, heights: np.append(np.diff(_slopes(knots, heights)), 0),
        ],
        "Each slope is compared with the first; a weight is the change from the slope before.": (
            lambda knots, heights: np.append(
                _slopes(knots, heights)[0],
                (_slopes(knots, heights) - _slopes(knots, heights)[0])[1:],
            )
        ),
        "The first slope is measured from height 0; it goes from the first height to the second.": (
            lambda knots, heights: _bends(knots, np.append(0, heights[1:]))
        ),
        "The 0 belongs before the slopes, not after them: the first weight is the first slope.": (
            lambda knots, heights: np.diff(_slopes(knots, heights), append=0)
        ),
        "Before the first slope the chain is flat: 0 stands there, not the first height.": (
            lambda knots, heights: np.diff(_slopes(knots, heights), prepend=heights[0])
        ),
        "The last point has no weight: the chain ends there.": [
            lambda knots, heights: np.diff(_slopes(knots, heights), prepend=0, append=0),
            lambda knots, heights: np.append(_bends(knots, heights), 0),
        ],
        "The changes have the wrong sign: the new slope minus the one before.": [
            lambda knots, heights: -_bends(knots, heights),
            lambda knots, heights: np.append(
                _slopes(knots, heights)[0], -np.diff(_slopes(knots, heights))
            ),
        ],
        "The sign of a change is lost: where the chain bends down, the weight is negative.": (
            lambda knots, heights: np.abs(_bends(knots, heights))
        ),
        "The slopes are added up; a weight is the change from one to the next.": (
            lambda knots, heights: np.cumsum(_slopes(knots, heights))
        ),
        "A weight is the new slope minus the slope before, which is the sum of all weights so far, "
        "with their signs.": [_each_less_all_before, _less_the_weight_before],
        "The weights are cut to whole numbers: an array made like the heights holds integers "
        "where they are integers.": _whole,
        "A change of slope is not divided by the distance of the knots once more.": (
            lambda knots, heights: _bends(knots, heights) / np.diff(knots)
        ),
        "Those are the heights at the knots; a weight says how sharply the chain bends there.": [
            lambda knots, heights: heights[:-1],
            lambda knots, heights: heights[1:],
            lambda knots, heights: heights,
        ],
        "The first height stands among the weights; it is the bias, and is added later.": [
            lambda knots, heights: np.append(heights[0], _bends(knots, heights)),
            lambda knots, heights: _bends(knots, heights) + heights[0],
            lambda knots, heights: np.append(
                _slopes(knots, heights)[0] + heights[0], np.diff(_slopes(knots, heights))
            ),
        ],
    },
)
