"""Exercises of the chapter on backpropagation.

Where a mistake would change a shape, and so be found by NumPy, the inputs are square: fully
connected layers have as many outputs as inputs, convolutions as many filters as channels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib import functional as F
from cnnlib.checks import Array

Change = Callable[[Array], Array]
Gradients = tuple[Array, Array, Array]

_rng = np.random.default_rng(9)
_AVERAGED = "are averaged over the batch; they are summed. The mean is in the loss, and dy has it."
_OVERLAP = "where windows overlap the last one wins; what several windows send is added."


def _same(a: Array) -> Array:
    return a


# --- ReLU, with 0 among the inputs ---

_relu_x = np.array([[-2.0, 0.0, 3.0], [0.5, -1.0, 0.0]])
_relu_dy = np.array([[1.0, -2.0, -3.0], [4.0, 5.0, 6.0]])

relu_backward = Exercise(
    "relu_backward",
    lambda dy, x: dy * (x > 0),
    [(_relu_dy, _relu_x)],
    {
        "At 0 the gradient is let through; the derivative there is 0, as in PyTorch: > and not "
        ">=.": lambda dy, x: dy * (x >= 0),
        "At 0 you take the mean slope ½; the convention is 0.": (
            lambda dy, x: dy * np.heaviside(x, 0.5)
        ),
        "The sign of dy decides here; whether the gradient passes is up to the sign of x.": (
            lambda dy, x: dy * (dy > 0)
        ),
        "Negative gradients are cut off as well; a gradient may have any sign, only x decides.": (
            lambda dy, x: dy * (x > 0) * (dy > 0)
        ),
        "dy is missing: that is the slope of ReLU, which multiplies dy.": (
            lambda dy, x: (x > 0) * 1.0
        ),
        "dy is multiplied by ReLU itself; it is multiplied by its slope, 0 or 1.": (
            lambda dy, x: dy * np.maximum(x, 0)
        ),
        "It is the wrong half: the gradient passes where x is positive.": (
            lambda dy, x: dy * (x <= 0)
        ),
        "The gradient is passed on unchanged; where ReLU gave 0, nothing comes back.": (
            lambda dy, x: dy
        ),
    },
)


# --- fully connected ---


def _linear_but(w_in_dx: Change = _same, dw: Change = _same, db: Change | None = None) -> Function:
    """The right gradients, except for what is given."""

    def wrong(dy: Array, x: Array, w: Array) -> Gradients:
        return dy @ w_in_dx(w), dw(dy.T @ x), db(dy) if db else dy.sum(0)

    return wrong


def _linear_averaged(dy: Array, x: Array, w: Array) -> Gradients:
    return dy @ w, dy.T @ x / len(x), dy.mean(0)


linear_backward = Exercise(
    "linear_backward",
    _linear_but(),
    [(_rng.normal(size=(4, 3)), _rng.normal(size=(4, 3)), _rng.normal(size=(3, 3)))],
    {
        "dx meets w transposed; forward was x wᵀ, so backward is dy w.": _linear_but(
            w_in_dx=np.transpose
        ),
        "dw is transposed; it has the shape of w, (out, in).": _linear_but(dw=np.transpose),
        f"dw and db {_AVERAGED}": _linear_averaged,
        "db is averaged over the batch; it is summed.": _linear_but(db=lambda dy: dy.mean(0)),
        "db is not summed; it has the shape of b.": _linear_but(db=_same),
    },
)


# --- softmax and cross-entropy ---


def _onehot(logits: Array, target: Array) -> Array:
    return np.eye(logits.shape[1])[target]


cross_entropy_backward = Exercise(
    "cross_entropy_backward",
    lambda z, target: F.cross_entropy_backward(z, target),
    [
        (2 * _rng.normal(size=(4, 3)), np.array([2, 0, 1, 1])),
        (np.array([[1000.0, 999.0, 0.0], [0.0, 1.0, 2.0]]), np.array([0, 2])),
    ],
    {
        "The 1 / N is missing: the loss is the mean over the batch.": (
            lambda z, target: F.softmax(z) - _onehot(z, target)
        ),
        "Divided by N · K; the mean is over the N examples, not over all numbers.": (
            lambda z, target: F.cross_entropy_backward(z, target) / z.shape[1]
        ),
        "The sign is wrong: it is y − t.": lambda z, target: -F.cross_entropy_backward(z, target),
        "The 1 is not subtracted at the label.": lambda z, target: F.softmax(z) / len(z),
        "Only the label's logit has a gradient; every logit moves every probability.": (
            lambda z, target: F.cross_entropy_backward(z, target) * _onehot(z, target)
        ),
        "Softmax is applied twice.": lambda z, target: F.cross_entropy_backward(
            F.softmax(z), target
        ),
        "The softmax runs over the batch; it runs over the classes, axis 1.": (
            lambda z, target: (F.softmax(z, dim=0) - _onehot(z, target)) / len(z)
        ),
    },
)


# --- max pooling of small whole numbers, so that there are ties ---


def _pool_input(size: tuple[int, ...], kernel_size: int, stride: int) -> tuple[Any, ...]:
    x = _rng.integers(0, 3, size).astype(float)
    return _rng.normal(size=F.max_pool2d(x, kernel_size, stride).shape), x, kernel_size, stride


def _pool_by(share: Change, add: bool = True, scale: bool = True) -> Function:
    """A backward pass in which the cells of a window get ``share(window)`` times its dy."""

    def backward(dy: Array, x: Array, k: int, stride: int) -> Array:
        dx = np.zeros_like(x)
        for n, c, p, q in np.ndindex(dy.shape):
            cells = n, c, slice(p * stride, p * stride + k), slice(q * stride, q * stride + k)
            given = share(x[cells]) * (dy[n, c, p, q] if scale else 1)
            dx[cells] = dx[cells] + given if add else np.where(given, given, dx[cells])
        return dx

    return backward


def _tied(window: Array) -> Array:
    return np.where(window == window.max(), 1.0, 0.0)


def _first(window: Array) -> Array:
    first = np.zeros_like(window)
    first.flat[window.argmax()] = 1
    return first


def _last(window: Array) -> Array:
    return _first(window[::-1, ::-1])[::-1, ::-1]


def _stride_is_kernel_size(dy: Array, x: Array, k: int, stride: int) -> Array:
    room = np.pad(x, [(0, 0), (0, 0), (0, k * dy.shape[2]), (0, k * dy.shape[3])])
    return np.asarray(_pool_by(_first)(dy, room, k, k))[:, :, : x.shape[2], : x.shape[3]]


max_pool2d_backward = Exercise(
    "max_pool2d_backward",
    _pool_by(_first),
    [
        _pool_input((2, 2, 6, 5), 2, 2),
        _pool_input((1, 2, 6, 7), 3, 2),
        (np.array([[[[1.0]]]]), np.array([[[[-3.0, -4.0], [-1.0, -2.0]]]]), 2, 2),
    ],
    {
        "The gradient is copied to every tied maximum, so that more comes out than went in; "
        "it goes to the first.": _pool_by(_tied),
        "The gradient is shared among the tied maxima; that keeps the sum, but PyTorch and cnnlib "
        "give it to the first.": _pool_by(lambda window: _tied(window) / _tied(window).sum()),
        "On a tie the last maximum gets the gradient; it goes to the first.": _pool_by(_last),
        _OVERLAP.capitalize(): _pool_by(_first, add=False),
        "Every cell of the window gets a share; that is average pooling.": (
            _pool_by(lambda window: np.full(window.shape, 1 / window.size))
        ),
        "The maximum gets 1; it gets dy times 1.": _pool_by(_first, scale=False),
        "The windows are taken one kernel size apart; they lie one stride apart.": (
            _stride_is_kernel_size
        ),
    },
)


# --- convolution ---


def _conv_input(size: tuple[int, ...], kernel: tuple[int, int], stride: int) -> tuple[Any, ...]:
    x, w = _rng.normal(size=size), _rng.normal(size=(size[1], size[1], *kernel))
    return _rng.normal(size=F.conv2d(x, w, stride=stride).shape), x, w, stride


def _conv_but(kernel: Change = _same, dw: Change = _same, db: Change | None = None) -> Function:
    """The right gradients, except for what is given: dx by a changed kernel, dw, db."""

    def wrong(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
        right = F.conv2d_dw(dy, x, w, stride)
        return F.conv2d_dx(dy, x, kernel(w), stride), dw(right), db(dy) if db else dy.sum((0, 2, 3))

    return wrong


def _turn(w: Array) -> Array:
    return w[:, :, ::-1, ::-1]


def _swap(w: Array) -> Array:
    return w.swapaxes(0, 1)


def _averaged(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    dx, dw, db = F.conv2d_backward(dy, x, w, stride=stride)
    return dx, dw / len(x), db / len(x)


def _only_stride_1(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    dx = F.conv2d(dy, _swap(_turn(w)), padding=(w.shape[2] - 1, w.shape[3] - 1))
    return dx, _swap(F.conv2d(_swap(x), _swap(dy))), dy.sum((0, 2, 3))


def _no_stride_in_index(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    rows, columns = (n + k - 1 for n, k in zip(dy.shape[2:], w.shape[2:], strict=True))
    read, dw, db = F.conv2d_backward(dy, x[:, :, :rows, :columns], w)
    dx = np.zeros_like(x)
    dx[:, :, :rows, :columns] = read
    return dx, dw, db


def _unread_cut_off(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    dx, dw, db = F.conv2d_backward(dy, x, w, stride=stride)
    rows, columns = ((n - 1) * stride + k for n, k in zip(dy.shape[2:], w.shape[2:], strict=True))
    return dx[:, :, :rows, :columns], dw, db


def _overwritten(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    dx, (height, width) = np.zeros_like(x), w.shape[2:]
    for n, p, q in np.ndindex(len(dy), *dy.shape[2:]):
        top, left = p * stride, q * stride
        dx[n, :, top : top + height, left : left + width] = np.tensordot(dy[n, :, p, q], w, 1)
    return dx, F.conv2d_dw(dy, x, w, stride), dy.sum((0, 2, 3))


conv2d_backward = Exercise(
    "conv2d_backward",
    _conv_but(),
    [_conv_input((3, 2, 5, 6), (3, 2), 1), _conv_input((2, 2, 8, 7), (3, 2), 2)],
    {
        "dx: the kernel is not flipped. Output p reads x at p + i, so x at u is read by output "
        "u − i: rotate the kernel by 180°.": _conv_but(kernel=_turn),
        "dx: the kernel is flipped in one direction only; rotate it by 180°, in both.": (
            _conv_but(kernel=lambda w: w[:, :, :, ::-1])
        ),
        "dx: the channels are not swapped. Input channel c meets the kernels (f, c), summed over "
        "the filters f.": _conv_but(kernel=_swap),
        "dx: neither flipped nor swapped; the forward kernel slides over dy.": (
            _conv_but(kernel=lambda w: _swap(_turn(w)))
        ),
        f"dx: {_OVERLAP}": _overwritten,
        "dx has the shape of what the windows read; it has the shape of x, with 0 in the rest.": (
            _unread_cut_off
        ),
        "dw is flipped; dy slides over x as it stands.": _conv_but(dw=_turn),
        "dw has its channels swapped; it has the shape of w, (F, C, kH, kW).": _conv_but(dw=_swap),
        "The flip is at the wrong gradient: dx needs it, dw does not.": (
            _conv_but(kernel=_turn, dw=_turn)
        ),
        f"dw and db {_AVERAGED}": _averaged,
        "db is averaged; it is the sum of dy over batch, rows and columns.": (
            _conv_but(db=lambda dy: dy.mean((0, 2, 3)))
        ),
        "db is averaged over rows and columns; it is summed over them too.": (
            _conv_but(db=lambda dy: dy.mean((2, 3)).sum(0))
        ),
        "Right for stride 1 only: for more, put stride − 1 zeros between the cells of dy, and "
        "(n − k) mod stride behind them.": (_only_stride_1),
        "The stride is missing in the index: output p reads x from p · stride on.": (
            _no_stride_in_index
        ),
    },
)
