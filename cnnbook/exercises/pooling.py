"""Exercises of the chapter on pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.windows import windows

# --- max pooling: all numbers negative, so that a border of zeros shows ---

_x = -np.random.default_rng(5).uniform(1, 9, size=(2, 3, 6, 8))


def _pooled(
    x: Array, k: int, stride: int, padding: int, fill: float, pool: Callable[..., Any] = np.max
) -> Array:
    border = (0, 0), (0, 0), (padding, padding), (padding, padding)
    padded = np.pad(x, border, constant_values=fill)
    return np.asarray(pool(windows(padded, k, stride), axis=(4, 5)))


def _right(x: Array, k: int, stride: int, padding: int) -> Array:
    return F.max_pool2d(x, k, stride, padding)


def _padded_with_zero(x: Array, k: int, stride: int, padding: int) -> Array:
    return _pooled(x, k, stride, padding, 0)


def _size_without_padding(x: Array, k: int, stride: int, padding: int) -> Array:
    height, width = ((n - k) // stride + 1 for n in x.shape[2:])
    return _right(x, k, stride, padding)[:, :, :height, :width]


def _both(x: Array, k: int, stride: int, padding: int) -> Array:
    height, width = ((n - k) // stride + 1 for n in x.shape[2:])
    return _padded_with_zero(x, k, stride, padding)[:, :, :height, :width]


def _over_channels(x: Array, k: int, stride: int, padding: int) -> Array:
    y = _right(x, k, stride, padding)
    return np.broadcast_to(y.max(1, keepdims=True), y.shape)


def _over_the_batch(x: Array, k: int, stride: int, padding: int) -> Array:
    y = _right(x, k, stride, padding)
    return np.broadcast_to(y.max((0, 1), keepdims=True), y.shape)


max_pool2d = Exercise(
    "max_pool2d",
    _right,
    [(_x, 2, 2, 0), (_x, 3, 2, 1), (_x, 2, 1, 0)],
    {
        "The padding is 0; under a maximum it must be −∞, or it wins over negative numbers.": (
            _padded_with_zero
        ),
        "No maximum is below 0: start from −∞, not from 0.": (
            lambda x, k, stride, padding: np.maximum(0, _right(x, k, stride, padding))
        ),
        "The size ignores the padding: there are ⌊(n + 2·padding − k) / stride⌋ + 1 windows.": (
            _size_without_padding
        ),
        "The size ignores the padding, which is 0 and must be −∞.": _both,
        "The padding is ignored.": lambda x, k, stride, padding: _right(x, k, stride, 0),
        "The stride is ignored: these windows do not overlap.": (
            lambda x, k, stride, padding: _right(x, k, k, padding)
        ),
        "The stride is 1 throughout.": lambda x, k, stride, padding: _right(x, k, 1, padding),
        "That is the average of each window; the maximum is asked for.": (
            lambda x, k, stride, padding: _pooled(x, k, stride, padding, 0, np.mean)
        ),
        "The maximum runs over the channels, too; every channel is pooled by itself.": (
            _over_channels
        ),
        "The maximum runs over the whole batch; every map of every image is pooled by itself: "
        "axis=(2, 3).": _over_the_batch,
        "The number of windows is rounded up; the default is to round down.": (
            lambda x, k, stride, padding: F.max_pool2d(x, k, stride, padding, ceil_mode=True)
        ),
        "The last window is missing in each direction.": (
            lambda x, k, stride, padding: _right(x, k, stride, padding)[:, :, :-1, :-1]
        ),
        "Rows and columns of the output are swapped.": (
            lambda x, k, stride, padding: _right(x, k, stride, padding).swapaxes(2, 3)
        ),
    },
)

# --- moving a picture ---

_picture = np.arange(1.0, 26).reshape(5, 5)


def _shifted(x: Array, down: int, right: int) -> Array:
    y = np.zeros_like(x)
    y[down:, right:] = x[: len(x) - down, : x.shape[1] - right]
    return y


shift = Exercise(
    "shift",
    _shifted,
    [(_picture, 1, 2), (_picture, 0, 1), (_picture, 3, 0)],
    {
        "Down and right are swapped: the first index is the row.": (
            lambda x, down, right: _shifted(x, right, down)
        ),
        "It moves up and to the left: x[i + down, j + right] fetches from below and from the "
        "right.": lambda x, down, right: _shifted(x[::-1, ::-1], down, right)[::-1, ::-1],
        "What leaves on one side comes back on the other; zeros come in.": (
            lambda x, down, right: np.roll(x, (down, right), (0, 1))
        ),
        "The border is repeated; zeros come in.": (
            lambda x, down, right: np.pad(x, ((down, 0), (right, 0)), mode="edge")[
                : len(x), : x.shape[1]
            ]
        ),
        "Nothing has moved.": lambda x, down, right: x.copy(),
        "The picture has grown; it keeps its size, and what leaves it is lost.": (
            lambda x, down, right: np.pad(x, ((down, 0), (right, 0)))
        ),
    },
)
