"""Exercises of the chapter on convolution."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array
from cnnlib.functional import conv2d as _conv2d

_rng = np.random.default_rng(3)


def _input(pictures: tuple[int, ...], filters: tuple[int, ...]) -> tuple[Array, Array, Array]:
    return _rng.normal(size=pictures), _rng.normal(size=filters), _rng.normal(size=filters[0])


def _right(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w, b)


def _plus(bias: Callable[[Array, Array], Array]) -> Function:
    """A convolution with another bias, a function of b and the filters."""
    return lambda x, w, b: _conv2d(x, w) + bias(b, w)


def _add_in_place(x: Array, w: Array, b: Array) -> Array:
    y = _conv2d(x, w)
    y += b
    return y


def _flipped(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w[:, :, ::-1, ::-1], b)


def _averaged(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w) / x.shape[1] + b[:, np.newaxis, np.newaxis]


def _loops(
    height: Callable[[Array], int] = lambda w: w.shape[2],
    width: Callable[[Array], int] = lambda w: w.shape[3],
    add: Callable[[Array, Array], Array] = operator.iadd,
    part: Callable[[Array, int, int], Array] = lambda x, i, j: x[:, :, i:, j:],
    weights: Callable[[Array, int, int], Array] = lambda w, i, j: w[:, :, i, j],
) -> Function:
    """The two loops over a kernel, with some of their pieces exchanged."""

    def convolve(x: Array, w: Array, b: Array) -> Array:
        size = x.shape[2] - height(w) + 1, x.shape[3] - width(w) + 1
        y: Array = np.zeros((len(x), len(w), *size))
        for i in range(height(w)):
            for j in range(width(w)):
                pixels = part(x, i, j)[:, :, : size[0], : size[1]]
                y = add(y, np.einsum("nchw,fc->nfhw", pixels, weights(w, i, j)))
        return y + b[:, np.newaxis, np.newaxis]

    return convolve


def _sum_of_integers(x: Array, w: Array, b: Array) -> Array:
    y = np.zeros(_conv2d(x, w).shape, int)
    y += _conv2d(x, w)
    return y


def _kept_size(before: Callable[[int], int]) -> Function:
    """So much padding that the images keep their size, and this much of it before them."""

    def convolve(x: Array, w: Array, b: Array) -> Array:
        sides = [(before(k), k - 1 - before(k)) for k in w.shape[2:]]
        return _conv2d(np.pad(x, [(0, 0), (0, 0), *sides]), w, b)

    return convolve


def _only_square_pictures(x: Array, w: Array, b: Array) -> Array:
    y = _conv2d(x, w, b)
    return y[:, :, :, : y.shape[2]]


conv2d = Exercise(
    "conv2d",
    _right,
    [
        _input((2, 5, 6, 10), (7, 5, 3, 3)),
        _input((2, 5, 6, 9), (7, 5, 3, 2)),
        _input((1, 4, 7, 9), (5, 4, 2, 3)),
    ],
    {
        "The kernel is flipped: that is the convolution of mathematics; a layer slides it as it "
        "stands.": [
            _flipped,
            lambda x, w, b: _conv2d(x, w[:, :, ::-1], b),
            lambda x, w, b: _conv2d(x, w[:, :, :, ::-1], b),
        ],
        "The bias is missing.": lambda x, w, b: _conv2d(x, w),
        "The bias is missing, and the kernel is flipped: a layer slides it as it stands.": (
            lambda x, w, b: _conv2d(x, w[:, :, ::-1, ::-1])
        ),
        "The bias is added along the wrong axis: b[:, None, None] has a number for each filter.": [
            _plus(lambda b, w: b),
            _plus(lambda b, w: b[:, np.newaxis]),
            _plus(lambda b, w: b[:, np.newaxis, np.newaxis, np.newaxis]),
            _add_in_place,
        ],
        "The bias is added once for each channel or each cell of the kernel; it belongs to the "
        "filter, once.": [
            _plus(lambda b, w: w.shape[1] * b[:, np.newaxis, np.newaxis]),
            _plus(lambda b, w: w[0, 0].size * b[:, np.newaxis, np.newaxis]),
            _plus(lambda b, w: w[0].size * b[:, np.newaxis, np.newaxis]),
        ],
        "Each position of the kernel replaces what those before gave; it is added to it: y += ….": [
            _loops(add=lambda y, part: part),
        ],
        "The products are averaged; they are summed.": [
            _averaged,
            lambda x, w, b: _conv2d(x, w / w[0].size, b),
            lambda x, w, b: _conv2d(x, w / w[0, 0].size, b),
        ],
        "The sum over the channels is missing: w[:, :, i, j] is (F, C), the part of the images "
        "(N, C, H′, W′), and einsum sums over c.": [
            lambda x, w, b: x[:, :, w.shape[2] - 1 :, w.shape[3] - 1 :] * w[:, :, 0, 0],
        ],
        "Only the first picture of the batch is convolved.": [
            lambda x, w, b: _conv2d(x[:1], w, b),
            lambda x, w, b: _conv2d(x[:1], w, b)[0],
        ],
        "The pictures of the batch are summed; each has an output of its own.": [
            lambda x, w, b: _conv2d(x.sum(0, keepdims=True), w, b),
            lambda x, w, b: _conv2d(x.sum(0, keepdims=True), w, b)[0],
        ],
        "Only the first input channel is read; a filter has a kernel for each.": (
            lambda x, w, b: _conv2d(x[:, :1], w[:, :1], b)
        ),
        "Every input channel meets the same kernel; each has its own.": (
            lambda x, w, b: _conv2d(x.sum(1, keepdims=True), w[:, :1], b)
        ),
        "The channels are summed before they are multiplied; each meets its own kernel, and then "
        "the products are summed.": (
            lambda x, w, b: _conv2d(x.sum(1, keepdims=True), w.sum(1, keepdims=True), b)
        ),
        "The last window is missing in each direction: there are H − kH + 1 of them.": (
            lambda x, w, b: _right(x, w, b)[:, :, :-1, :-1]
        ),
        "The images are padded so that they keep their size; H − kH + 1 windows fit without "
        "padding.": [_kept_size(lambda k: k // 2), _kept_size(lambda k: (k - 1) // 2)],
        "The images need not be square: count rows by kH, columns by kW.": _only_square_pictures,
        "Rows and columns of the kernel are mixed up: w is (F, C, kH, kW), with i below kH and j "
        "below kW.": [
            _loops(width=lambda w: w.shape[2]),
            _loops(height=lambda w: w.shape[3]),
            _loops(part=lambda x, i, j: x[:, :, j:, i:]),
            _loops(weights=lambda w, i, j: w[:, :, j, i]),
        ],
        "Rows and columns of the output are swapped.": (
            lambda x, w, b: _right(x, w, b).swapaxes(2, 3)
        ),
        "Filters and images are swapped in the output: it is (N, F, H′, W′).": (
            lambda x, w, b: _right(x, w, b).swapaxes(0, 1)
        ),
        "The sums are kept as whole numbers.": [
            _loops(add=lambda y, part: y + part.astype(int)),
            lambda x, w, b: _right(x, w, b).astype(int),
            _sum_of_integers,
        ],
    },
)
