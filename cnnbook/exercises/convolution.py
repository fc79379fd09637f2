"""Exercises of the chapter on convolution."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib.checks import Array
from cnnlib.functional import conv2d as _conv2d

_rng = np.random.default_rng(3)
_x, _w, _b = _rng.normal(size=(2, 3, 5, 6)), _rng.normal(size=(2, 3, 3, 2)), _rng.normal(size=2)


def _right(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w, b)


def _flipped(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w[:, :, ::-1, ::-1], b)


def _without_bias(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w)


def _bias_per_channel(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w) + x.shape[1] * b[:, np.newaxis, np.newaxis]


def _averaged(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w) / x.shape[1] + b[:, np.newaxis, np.newaxis]


def _one_channel(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x[:, :1], w[:, :1], b)


def _shared_kernel(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x.sum(1, keepdims=True), w[:, :1], b)


def _last_window_missing(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x, w, b)[:, :, :-1, :-1]


def _transposed_windows(x: Array, w: Array, b: Array) -> Array:
    return _conv2d(x.swapaxes(2, 3), w.swapaxes(2, 3), b)


conv2d = Exercise(
    "conv2d",
    _right,
    [(_x, _w, _b)],
    {
        "The kernel is flipped: that is the convolution of mathematics; a layer slides it as it "
        "stands.": _flipped,
        "The bias is missing.": _without_bias,
        "The bias is added once for each input channel; it belongs to the filter, once.": (
            _bias_per_channel
        ),
        "The channels are averaged; they are summed.": _averaged,
        "Only the first picture of the batch is convolved.": (lambda x, w, b: _conv2d(x[:1], w, b)),
        "The pictures of the batch are summed; each has an output of its own.": (
            lambda x, w, b: _conv2d(x.sum(0, keepdims=True), w, b)
        ),
        "Only the first input channel is read; a filter has a kernel for each.": _one_channel,
        "Every input channel meets the same kernel; each has its own.": _shared_kernel,
        "The last window is missing in each direction: there are H − kH + 1 of them.": (
            _last_window_missing
        ),
        "Rows and columns of the output are swapped.": _transposed_windows,
    },
)
