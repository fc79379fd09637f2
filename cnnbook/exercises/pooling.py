"""Exercises of the chapter on pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.windows import windows

# --- max pooling: numbers below 0, so that a border of zeros shows ---

_x = -np.random.default_rng(5).uniform(1, 9, size=(2, 3, 6, 8))


def _right(x: Array, k: int, stride: int, padding: int) -> Array:
    return F.max_pool2d(x, k, stride, padding)


def _bordered(before: int = 1, after: int = 1, fill: float = -np.inf, mode: Any = None) -> Function:
    """The right function with another border: ``padding`` times so many cells on each side."""

    def pool(x: Array, k: int, stride: int, padding: int) -> Array:
        side = before * padding, after * padding
        how: Any = {"mode": mode} if mode else {"constant_values": fill}
        return _right(np.pad(x, ((0, 0), (0, 0), side, side), **how), k, stride, 0)

    return pool


def _padded_with_zero(x: Array, k: int, stride: int, padding: int) -> Array:
    return np.asarray(_bordered(fill=0)(x, k, stride, padding))


def _all_axes_padded(fill: float) -> Function:
    return lambda x, k, stride, padding: _right(
        np.pad(x, padding, constant_values=fill), k, stride, 0
    )


def _of_windows(pool: Callable[..., Any], fill: float = 0) -> Function:
    """Something else than the maximum of each window, as a function of its axes."""

    def function(x: Array, k: int, stride: int, padding: int) -> Array:
        side = padding, padding
        padded = np.pad(x, ((0, 0), (0, 0), side, side), constant_values=fill)
        return np.asarray(pool(windows(padded, k, stride), axis=(4, 5)))

    return function


def _cut(x: Array, k: int, stride: int, padding: int) -> Any:
    """As many windows as there would be without padding."""
    height, width = ((n - k) // stride + 1 for n in x.shape[2:])
    return ..., slice(height), slice(width)


def _loops(
    start: Callable[[int, int], int] = lambda p, stride: p * stride,
    length: Callable[[int], int] = lambda k: k,
) -> Function:
    """The loops over the windows, with some of their pieces exchanged."""

    def pool(x: Array, k: int, stride: int, padding: int) -> Array:
        y = np.zeros(_right(x, k, stride, padding).shape)
        side = padding, padding
        padded = np.pad(x, ((0, 0), (0, 0), side, side), constant_values=-np.inf)
        for p, q in np.ndindex(y.shape[2:]):
            top, left = start(p, stride), start(q, stride)
            window = padded[:, :, top : top + length(k), left : left + length(k)]
            y[:, :, p, q] = window.max((2, 3))
        return y

    return pool


def _beyond_the_end(x: Array, k: int, stride: int, padding: int) -> Array:
    side = padding, padding
    padded = np.pad(x, ((0, 0), (0, 0), side, side), constant_values=-np.inf)
    more = np.pad(padded, ((0, 0), (0, 0), (0, k), (0, k)), constant_values=-np.inf)
    rows, columns = (-(-n // stride) for n in padded.shape[2:])
    return _right(more, k, stride, 0)[:, :, :rows, :columns]


def _blocks(x: Array, k: int, stride: int, padding: int) -> Array:
    return _right(x, k, k, 0)


def _square(x: Array, k: int, stride: int, padding: int) -> Array:
    y = _right(x, k, stride, padding)
    return y[:, :, :, : y.shape[2]]


max_pool2d = Exercise(
    "max_pool2d",
    _right,
    [
        (_x, 2, 2, 0),
        (_x, 3, 2, 1),
        (_x, 2, 1, 0),
        (_x, 2, 1, 1),
        (_x, 2, 3, 1),
        (-_x, 2, 2, 0),
        (1e6 * _x, 2, 2, 1),
    ],
    {
        "The padding is 0; under a maximum it must be −∞, or it wins over negative numbers.": (
            _padded_with_zero
        ),
        "None of your maxima is below 0: start from −∞, not from 0.": (
            lambda x, k, stride, padding: np.maximum(0, _right(x, k, stride, padding))
        ),
        "The padding is a number that a map can fall below; take −∞.": [
            _bordered(fill=-fill)
            for fill in (1, 9, 10, 99, 100, 255, 256, 999, 1000, 9999, 10_000, 99_999, 100_000)
        ],
        "The size ignores the padding: there are ⌊(n + 2·padding − k) / stride⌋ + 1 windows.": (
            lambda *arguments: _right(*arguments)[_cut(*arguments)]
        ),
        "The size ignores the padding, which is 0 and must be −∞.": (
            lambda *arguments: _padded_with_zero(*arguments)[_cut(*arguments)]
        ),
        "The padding is ignored.": lambda x, k, stride, padding: _right(x, k, stride, 0),
        "There is no padding before the first row and column; it belongs on all four sides.": (
            _bordered(before=0)
        ),
        "There is no padding after the last row and column; it belongs on all four sides.": (
            _bordered(after=0)
        ),
        "The border repeats pixels of the image; it must be −∞.": [
            _bordered(mode="reflect"),
            _bordered(mode="wrap"),
        ],
        "All four axes are padded; only rows and columns are to be: ((0, 0), (0, 0), …).": [
            _all_axes_padded(-np.inf),
            _all_axes_padded(0),
        ],
        "The stride is the size of the window here, and the padding is ignored.": _blocks,
        "The stride is ignored: these windows do not overlap.": (
            lambda x, k, stride, padding: _right(x, k, k, padding)
        ),
        "The stride is 1 throughout.": lambda x, k, stride, padding: _right(x, k, 1, padding),
        "The windows begin at every pixel; window p begins at p · stride.": (
            _loops(start=lambda p, stride: p)
        ),
        "Each window is one cell too large: p : p + k has k cells, since a slice leaves out its "
        "end.": (_loops(length=lambda k: k + 1)),
        "Each window is one cell too small: p : p + k has k cells, since a slice leaves out its "
        "end.": (_loops(length=lambda k: k - 1)),
        "That is the average of each window; the maximum is asked for.": [
            _of_windows(np.mean),
            _of_windows(np.mean, fill=-np.inf),
        ],
        "That is the sum of each window; the maximum is asked for.": _of_windows(np.sum),
        "That is the minimum of each window; the maximum is asked for.": [
            _of_windows(np.min),
            _of_windows(np.min, fill=np.inf),
            _of_windows(np.min, fill=-np.inf),
        ],
        "The maximum runs over the channels, too; every channel is pooled by itself.": [
            lambda *arguments: np.broadcast_to(
                _right(*arguments).max(1, keepdims=True), _right(*arguments).shape
            ),
            lambda *arguments: _right(*arguments).max(1),
            lambda *arguments: _right(*arguments).max(1, keepdims=True),
        ],
        "The maximum runs over the whole batch; every map of every image is pooled by itself: "
        "axis=(2, 3).": [
            lambda *arguments: np.broadcast_to(
                _right(*arguments).max((0, 1), keepdims=True), _right(*arguments).shape
            ),
            lambda *arguments: _right(*arguments).max((0, 1)),
            lambda *arguments: _right(*arguments).max((0, 1), keepdims=True),
            lambda *arguments: np.broadcast_to(
                _right(*arguments).max(0, keepdims=True), _right(*arguments).shape
            ),
        ],
        "The number of windows is rounded up; the default is to round down.": [
            lambda x, k, stride, padding: F.max_pool2d(x, k, stride, padding, ceil_mode=True),
            _beyond_the_end,
        ],
        "The last window is missing in each direction.": (
            lambda x, k, stride, padding: _right(x, k, stride, padding)[:, :, :-1, :-1]
        ),
        "The images need not be square: count rows and columns separately.": _square,
        "Rows and columns of the output are swapped.": (
            lambda x, k, stride, padding: _right(x, k, stride, padding).swapaxes(2, 3)
        ),
    },
)

# --- moving a picture ---

_picture = np.random.default_rng(55).uniform(1, 9, size=(4, 7))


def _shifted(x: Array, down: int, right: int) -> Array:
    return np.pad(x, ((down, 0), (right, 0)))[: x.shape[0], : x.shape[1]]


def _sliced(x: Array, down: int, right: int) -> Array:
    """An error beyond the picture, where H - down is negative."""
    y = np.zeros_like(x)
    y[down:, right:] = x[: len(x) - down, : x.shape[1] - right]
    return y


def _by(change: Callable[[Function], Function]) -> list[Function]:
    """A mistake that can be made in either way."""
    return [change(_shifted), change(_sliced)]


def _ends_at_minus(x: Array, down: int, right: int) -> Array:
    y = np.zeros_like(x)
    y[down:, right:] = x[:-down, :-right]
    return y


def _fetched_around(x: Array, down: int, right: int) -> Array:
    y = np.zeros_like(x)
    for i, j in np.ndindex(y.shape):
        y[i, j] = x[i - down, j - right]
    return y


def _fetched_from_below(x: Array, down: int, right: int) -> Array:
    y = np.zeros_like(x)
    y[: len(x) - down, : x.shape[1] - right] = x[down:, right:]
    return y


def _overwritten(x: Array, down: int, right: int) -> Array:
    y = x.copy()
    for i, j in np.ndindex(y.shape):
        y[i, j] = y[i - down, j - right] if i >= down and j >= right else 0
    return y


def _square_to_the_rows(x: Array, down: int, right: int) -> Array:
    y = np.zeros((len(x), len(x)))
    y[:, : x.shape[1]] = _shifted(x, down, right)[:, : len(x)]
    return y


def _square_slices(x: Array, down: int, right: int) -> Array:
    y = np.zeros_like(x)
    y[down:, right:] = x[: len(x) - down, : len(x) - right]
    return y


def _rolled(rows: bool, columns: bool) -> Function:
    """Rolled around; what comes in on top, or from the left, is cleared."""

    def shift(x: Array, down: int, right: int) -> Array:
        y = np.roll(x, (down, right), (0, 1))
        if rows:
            y[:down] = 0
        if columns:
            y[:, :right] = 0
        return y

    return shift


shift = Exercise(
    "shift",
    _shifted,
    [
        (_picture, 1, 2),
        (_picture, 0, 1),
        (_picture, 3, 0),
        (_picture, 2, 2),
        (_picture, 6, 0),
        (_picture, 1, 9),
        (_picture[:3, 2:], 0, 0),
    ],
    {
        "Down and right are swapped: the first index is the row.": (
            _by(lambda move: lambda x, down, right: move(x, right, down))
        ),
        "It moves up and to the left: x[i + down, j + right] fetches from below and from the "
        "right.": [
            *_by(lambda move: lambda x, down, right: move(x[::-1, ::-1], down, right)[::-1, ::-1]),
            _fetched_from_below,
            lambda x, down, right: np.roll(x, (-down, -right), (0, 1)),
        ],
        "A move by 0 leaves nothing, since x[:-0] is empty: end at H − down instead.": (
            _ends_at_minus
        ),
        "A move beyond the picture is to leave zeros: H − down is negative there.": _sliced,
        "What leaves on one side comes back on the other; zeros come in.": [
            _rolled(rows=False, columns=False),
            _fetched_around,
        ],
        "What leaves on one side comes back on the other, in one of the two directions.": [
            _rolled(rows=True, columns=False),
            _rolled(rows=False, columns=True),
        ],
        "The border is repeated; zeros come in.": (
            lambda x, down, right: np.pad(x, ((down, 0), (right, 0)), mode="edge")[
                : len(x), : x.shape[1]
            ]
        ),
        "Nothing has moved.": lambda x, down, right: x.copy(),
        "It has moved in one direction only.": [
            *_by(lambda move: lambda x, down, right: move(x, down, 0)),
            *_by(lambda move: lambda x, down, right: move(x, 0, right)),
        ],
        "The picture is written over while it is read: take the pixels from a copy.": _overwritten,
        "The picture has grown; it keeps its size, and what leaves it is lost.": (
            lambda x, down, right: np.pad(x, ((down, 0), (right, 0)))
        ),
        "The picture has shrunk; it keeps its size, and zeros come in.": [
            lambda x, down, right: x[: max(len(x) - down, 0), : max(x.shape[1] - right, 0)],
            lambda x, down, right: x[: len(x) - down, : x.shape[1] - right],
            lambda x, down, right: x[down:, right:],
        ],
        "The picture need not be square: x.shape[1] counts its columns.": [
            _square_to_the_rows,
            _square_slices,
        ],
        "The pixels are cut to whole numbers.": [
            *_by(lambda move: lambda x, down, right: move(x, down, right).astype(int)),
        ],
    },
)
