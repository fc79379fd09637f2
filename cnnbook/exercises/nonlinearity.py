"""Exercises of the chapter on non-linearity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

_rng = np.random.default_rng(6)


# --- two convolutions in one ---


def _merge(w1: Array, w2: Array) -> Array:
    """(M, C, h1, v1), (F, M, h2, v2) -> (F, C, h1 + h2 - 1, v1 + v2 - 1)."""
    height, width = w1.shape[2] + w2.shape[2] - 1, w1.shape[3] + w2.shape[3] - 1
    merged = np.zeros((len(w2), w1.shape[1], height, width))
    for i, j in np.ndindex(w2.shape[2:]):
        part = np.einsum("fm,mchw->fchw", w2[:, :, i, j], w1)
        merged[:, :, i : i + w1.shape[2], j : j + w1.shape[3]] += part
    return merged


def _merge_but(change: Callable[[Array, Array], tuple[Array, Array]]) -> Function:
    """The right merger, given other kernels."""
    return lambda w1, w2: _merge(*change(w1, w2))


def _added(w1: Array, w2: Array) -> Array:
    height, width = w1.shape[2] + w2.shape[2] - 1, w1.shape[3] + w2.shape[3] - 1
    merged = np.zeros((len(w2), w1.shape[1], height, width))
    merged[:, :, : w1.shape[2], : w1.shape[3]] += w1.sum(0)
    merged[:, :, : w2.shape[2], : w2.shape[3]] += w2.sum(1, keepdims=True)
    return merged


merge_kernels = Exercise(
    "merge_kernels",
    _merge,
    [(_rng.normal(size=(3, 2, 3, 3)), _rng.normal(size=(4, 3, 2, 3)))],
    {
        "One kernel is flipped; two layers without a flip make one without: offsets simply add.": (
            _merge_but(lambda w1, w2: (w1, w2[:, :, ::-1, ::-1]))
        ),
        "The kernels are added; one after the other, their weights are multiplied.": _added,
        "Only the first map between the layers is used; the second layer sums over all.": (
            _merge_but(lambda w1, w2: (w1[:1], w2[:, :1]))
        ),
        "The maps between the layers are averaged; they are summed.": (
            _merge_but(lambda w1, w2: (w1, w2 / len(w1)))
        ),
        "The result is too small: offsets 0 … 2 and 0 … 2 add up to 0 … 4, so it has "
        "h1 + h2 − 1 rows.": lambda w1, w2: _merge(w1, w2)[:, :, : w1.shape[2], : w1.shape[3]],
        "The first two axes are swapped: (filters of the second, channels of the first).": (
            lambda w1, w2: _merge(w1, w2).swapaxes(0, 1)
        ),
    },
)


# --- the weights that draw a chain of straight pieces ---

_knots, _heights = np.array([0.0, 1.0, 3.0, 3.5]), np.array([1.0, 2.0, 0.0, 4.0])


def _bends(knots: Array, heights: Array) -> Array:
    return np.diff(np.diff(heights) / np.diff(knots), prepend=0)


bends = Exercise(
    "bends",
    _bends,
    [(_knots, _heights)],
    {
        "Those are the slopes; a ReLU goes on for ever, so each weight is a change of slope.": (
            lambda knots, heights: np.diff(heights) / np.diff(knots)
        ),
        "The heights are not divided by the distances of the knots: a slope is rise over run.": (
            lambda knots, heights: np.diff(np.diff(heights), prepend=0)
        ),
        "The first slope is missing: before the first knot everything is flat, so the first weight "
        "is the first slope.": lambda knots, heights: np.diff(np.diff(heights) / np.diff(knots)),
        "The changes have the wrong sign: the new slope minus the one before.": (
            lambda knots, heights: -_bends(knots, heights)
        ),
        "Those are the heights at the knots; a weight says how sharply the chain bends there.": (
            lambda knots, heights: heights[:-1]
        ),
        "The first height stands among the weights; it is the bias, and is added later.": (
            lambda knots, heights: np.append(heights[0], _bends(knots, heights))
        ),
    },
)
