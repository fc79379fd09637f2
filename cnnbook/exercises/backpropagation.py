"""Exercises of the chapter on backpropagation.

Where a mistake would change a shape, and so be found by NumPy, the first inputs are square: fully
connected layers have as many outputs as inputs, convolutions as many filters as channels. The last
ones are not, so that nothing passes that holds for square ones only.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.windows import fold, windows

Change = Callable[[Array], Array]
Gradients = tuple[Any, ...]

PARTS = "dx", "dw", "db"
_rng = np.random.default_rng(9)
_AVERAGED = "averaged over the batch; {} summed. The mean is in the loss, and dy has it."
_ORDER = "The gradients come in another order; return dx, dw, db."
_OVERLAP = "where windows overlap the last one wins; what several windows send is added."


def _but(right: Function, **wrong: Function) -> Function:
    """The right dx, dw and db, except for those that are given."""

    def backward(*given: Any) -> Gradients:
        gradients = zip(PARTS, right(*given), strict=True)
        return tuple(wrong[name](*given) if name in wrong else g for name, g in gradients)

    return backward


def _averaged(right: Function, *names: str) -> Function:
    """The right gradients, these divided by the size of the batch."""

    def backward(*given: Any) -> Gradients:
        gradients = zip(PARTS, right(*given), strict=True)
        return tuple(g / len(given[0]) if name in names else g for name, g in gradients)

    return backward


def _reordered(right: Function) -> list[Function]:
    """The right gradients in every other order."""

    def backward(order: tuple[int, ...]) -> Function:
        return lambda *given: tuple(right(*given)[i] for i in order)

    return [backward(order) for order in permutations(range(3)) if order != (0, 1, 2)]


def _like_w(dw: Function) -> Function:
    """This dw, written into an array of the shape of w: where it does not fit, that fails."""

    def written(dy: Array, x: Array, w: Array, *rest: int) -> Array:
        array = np.empty_like(w)
        array[...] = dw(dy, x, w, *rest)
        return array

    return written


# --- ReLU, with 0 among the inputs ---

_relu_x = np.array([[-2.0, 0.0, 3.0], [0.5, -1.0, 0.0]])
_relu_dy = np.array([[1.0, -2.0, -3.0], [4.0, 5.0, 6.0]])
_relu_wide_x = np.array([-7.5, -1e-3, 1e-4, 0.0, 0.8, 8.0, 40.0])  # from tiny to large
_relu_wide_dy = np.array([0.25, -0.5, 1.75, 2.5, -0.25, 0.5, -1.5])

relu_backward = Exercise(
    "relu_backward",
    lambda dy, x: np.where(x > 0, dy, 0.0),
    [(_relu_dy, _relu_x), (_relu_wide_dy, _relu_wide_x)],
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
        "dy is missing: that is the slope of ReLU, which multiplies dy.": [
            lambda dy, x: (x > 0) * 1.0,
            lambda dy, x: (x >= 0) * 1.0,
        ],
        "That is ReLU itself, forward; its slope, 0 or 1, multiplies dy.": (
            lambda dy, x: np.maximum(x, 0)
        ),
        "dy is multiplied by ReLU itself; it is multiplied by its slope, 0 or 1.": (
            lambda dy, x: dy * np.maximum(x, 0)
        ),
        "dy is multiplied by x; it is multiplied by the slope of ReLU, 0 or 1.": (
            lambda dy, x: dy * x
        ),
        "dy and x have changed places: the function takes dy first.": [
            lambda dy, x: x * (dy > 0),
            lambda dy, x: x * (dy >= 0),
        ],
        "It is the wrong half: the gradient passes where x is positive.": [
            lambda dy, x: dy * (x <= 0),
            lambda dy, x: dy * (x < 0),
        ],
        "At 0 a quotient like max(x, 0) / x is 0 / 0, not a number: ask for x > 0.": (
            lambda dy, x: dy * (np.maximum(x, 0) / x)
        ),
        "Where x is negative the slope is 0, not −1: that is the gradient of |x|.": (
            lambda dy, x: dy * np.sign(x)
        ),
        "Where x is negative a part of the gradient comes back; that is a leaky ReLU.": [
            lambda dy, x: dy * np.where(x > 0, 1, 0.01),
            lambda dy, x: dy * np.where(x > 0, 1, 0.1),
        ],
        "x is an array and has many signs: compare all its numbers at once, as in x > 0.": (
            lambda dy, x: dy if x > 0 else 0
        ),
        "dy * x > 0 is true or false; put brackets, dy * (x > 0).": lambda dy, x: dy * x > 0,
        "Only what passes is returned; dx has the shape of x, with 0 in the rest.": (
            lambda dy, x: dy[x > 0]
        ),
        "The fractions are cut off: dx holds whole numbers only.": (
            lambda dy, x: np.trunc(dy * (x > 0))
        ),
        "The gradient is passed on unchanged; where ReLU gave 0, nothing comes back.": (
            lambda dy, x: dy
        ),
    },
)


# --- fully connected ---


def _linear(dy: Array, x: Array, w: Array) -> Gradients:
    return dy @ w, dy.T @ x, dy.sum(0)


def _linear_input(batch: int, inputs: int, outputs: int) -> tuple[Array, Array, Array]:
    x, w = _rng.normal(size=(batch, inputs)), _rng.normal(size=(outputs, inputs))
    return _rng.normal(size=(batch, outputs)), x, w


linear_backward = Exercise(
    "linear_backward",
    _linear,
    [_linear_input(4, 3, 3), _linear_input(2, 4, 5)],
    {
        "dx meets w transposed; forward was x wᵀ, so backward is dy w.": (
            _but(_linear, dx=lambda dy, x, w: dy @ w.T)
        ),
        "dx is made from x, as the output was; it is made from dy: dy w.": [
            _but(_linear, dx=lambda dy, x, w: x @ w.T),
            _but(_linear, dx=lambda dy, x, w: x @ w),
        ],
        "dx is a matrix product, dy @ w; * multiplies number by number.": (lambda dy, x, w: dy * w),
        "In a matrix product the columns of the left are the rows of the right; write the shape "
        "beside each matrix.": lambda dy, x, w: (w @ dy, dy @ x, dy.sum(0)),
        "dw is dyᵀ x: the sum runs over the examples, which are the rows of both.": [
            _but(_linear, dw=lambda dy, x, w: dy @ x.T),
            _but(_linear, dw=lambda dy, x, w: x @ dy.T),
            _but(_linear, dw=lambda dy, x, w: dy * x),
        ],
        "A sum of products is not the product of the sums: for dw each example's dy meets its own "
        "x.": _but(_linear, dw=lambda dy, x, w: np.outer(dy.sum(0), x.sum(0))),
        "dw is transposed; it has the shape of w, (out, in).": [
            _but(_linear, dw=lambda dy, x, w: x.T @ dy),
            _but(_linear, dw=_like_w(lambda dy, x, w: x.T @ dy)),
        ],
        f"dw and db are {_AVERAGED.format('they are')}": _averaged(_linear, "dw", "db"),
        f"dx, dw and db are {_AVERAGED.format('dw and db are')}": _averaged(
            _linear, "dx", "dw", "db"
        ),
        f"dw is {_AVERAGED.format('it is')}": _averaged(_linear, "dw"),
        "db is averaged over the batch; it is summed.": _averaged(_linear, "db"),
        "db is not summed; it has the shape of b.": _but(_linear, db=lambda dy, x, w: dy),
        "db is summed over the wrong axis; it has one number for each output, summed over the "
        "batch, axis 0.": _but(_linear, db=lambda dy, x, w: dy.sum(1)),
        "db is one number; every output has a bias of its own, so sum over the batch alone.": [
            _but(_linear, db=lambda dy, x, w: dy.sum()),
            _but(_linear, db=lambda dy, x, w: dy.mean()),
        ],
        "db lacks dy: the factor of b is 1, and it multiplies dy.": [
            _but(_linear, db=lambda dy, x, w: np.ones(len(w))),
            _but(_linear, db=lambda dy, x, w: np.full(len(w), float(len(x)))),
            _but(_linear, db=lambda dy, x, w: 1.0),
        ],
        "dy is missing: those are the factors that multiply it.": [
            lambda dy, x, w: (w, x, 1.0),
            lambda dy, x, w: (w, x, np.ones(len(w))),
        ],
        "dw is not summed over the batch; it has the shape of w.": [
            _but(_linear, dw=lambda dy, x, w: dy[:, :, None] * x[:, None]),
        ],
        "Only the last example counts; what all examples send is added.": [
            _but(_linear, dw=lambda dy, x, w: np.outer(dy[-1], x[-1])),
            _but(_linear, db=lambda dy, x, w: dy[-1]),
            lambda dy, x, w: (dy @ w, np.outer(dy[-1], x[-1]), dy[-1]),
        ],
        "Only the first example counts; what all examples send is added.": [
            _but(_linear, dw=lambda dy, x, w: np.outer(dy[0], x[0])),
            _but(_linear, db=lambda dy, x, w: dy[0]),
            lambda dy, x, w: (dy @ w, np.outer(dy[0], x[0]), dy[0]),
        ],
        _ORDER: _reordered(_linear),
    },
    PARTS,
)


# --- softmax and cross-entropy ---


def _onehot(logits: Array, target: Array) -> Array:
    return np.eye(logits.shape[1])[target]


def _overflowing(logits: Array) -> Array:
    """Softmax without a maximum subtracted."""
    powers = np.exp(logits)
    return powers / powers.sum(1, keepdims=True)


def _vanishing(logits: Array) -> Array:
    """Softmax with the maximum of the whole batch subtracted."""
    return _overflowing(logits - logits.max())


def _whole(logits: Array) -> Array:
    """Softmax over all numbers of the batch."""
    return np.reshape(F.softmax(logits.reshape(1, -1)), logits.shape)


def _from(
    gradient: Callable[[Array, Array], Array], softmaxes: tuple[Function, ...]
) -> list[Function]:
    """``gradient(y, t)`` of the probabilities y and the targets t, with each of these softmaxes."""

    def backward(softmax: Function) -> Function:
        return lambda logits, target: gradient(softmax(logits), _onehot(logits, target))

    return [backward(softmax) for softmax in softmaxes]


def _wrong(*gradients: Callable[[Array, Array], Array]) -> list[Function]:
    """These gradients, whether or not softmax overflows as well."""
    softmaxes = F.softmax, _overflowing, _vanishing
    return [form for gradient in gradients for form in _from(gradient, softmaxes)]


def _right(y: Array, t: Array) -> Array:
    return (y - t) / len(y)


def _rows_of_labels(y: Array, t: Array) -> Array:
    y = y.copy()
    y[t.argmax(1)] -= 1
    return y / len(y)


cross_entropy_backward = Exercise(
    "cross_entropy_backward",
    lambda logits, target: F.cross_entropy_backward(logits, target),
    [
        (2 * _rng.normal(size=(4, 3)), np.array([2, 0, 1, 1])),
        (np.array([[1000.0, 999.0, 0.0], [0.0, 1.0, 2.0]]), np.array([0, 2])),
    ],
    {
        "The 1 / N is missing: the loss is the mean over the batch.": _wrong(lambda y, t: y - t),
        "Divided by N · K; the mean is over the N examples, not over all numbers.": (
            _wrong(lambda y, t: (y - t) / y.size)
        ),
        "Divided by K, the number of classes; the mean is over the N examples.": (
            _wrong(lambda y, t: (y - t) / y.shape[1])
        ),
        "Only t is divided by N; put brackets, (y − t) / N.": _wrong(lambda y, t: y - t / len(y)),
        "y (1 − y) is the slope of a sigmoid; of softmax and cross-entropy together only y − t is "
        "left.": _wrong(lambda y, t: (y - t) * y * (1 - y) / len(y)),
        "There are as many classes as logits has columns, not always ten.": (
            lambda logits, target: logits - np.eye(10)[target]
        ),
        "The sign is wrong: it is y − t.": _wrong(
            lambda y, t: (t - y) / len(y), lambda y, t: t - y
        ),
        "The 1 is not subtracted at the label.": _wrong(lambda y, t: y / len(y), lambda y, t: y),
        "Only the label's logit has a gradient; every logit moves every probability.": _wrong(
            lambda y, t: (y - t) * t / len(y), lambda y, t: (y - t) * t
        ),
        "The probabilities are missing: it is y − t, and that is −t alone.": _wrong(
            lambda y, t: -t / len(y), lambda y, t: -t
        ),
        "That is the gradient with respect to the probabilities; with respect to the logits it is "
        "y − t.": _wrong(lambda y, t: -t / y / len(y), lambda y, t: -t / y),
        "The softmax is missing: y are the probabilities, not the logits.": [
            lambda logits, target: _right(logits, _onehot(logits, target)),
            lambda logits, target: logits - _onehot(logits, target),
        ],
        "Softmax is applied twice.": [
            lambda logits, target: F.cross_entropy_backward(F.softmax(logits), target),
            *_from(lambda y, t: _right(F.softmax(y), t), (_overflowing,)),
        ],
        "The softmax runs over the batch; it runs over the classes, axis 1.": _from(
            _right, (lambda z: F.softmax(z, dim=0), lambda z: np.exp(z) / np.exp(z).sum(0))
        ),
        "The softmax runs over all numbers; each example has its own, over the classes.": _from(
            _right, (_whole, lambda z: np.exp(z) / np.exp(z).sum())
        ),
        "Whole rows or columns have 1 subtracted; y[np.arange(N), target] picks one number of each "
        "row.": _wrong(_rows_of_labels, lambda y, t: (y - (t.sum(0) > 0)) / len(y)),
        "The number of the label is subtracted; t is 1 at the label and 0 elsewhere.": (
            _wrong(lambda y, t: (y - t.argmax(1)[:, None]) / len(y))
        ),
        "One number for each row does not fit the rows: keepdims=True keeps the axis of a maximum "
        "or sum, and of target make rows with a 1 at the label.": (
            lambda logits, target: logits - logits.max(1)
        ),
        "The gradients of the examples are added up; every logit of every example has its own.": (
            _wrong(lambda y, t: (y - t).mean(0), lambda y, t: (y - t).sum(0))
        ),
        "Large logits overflow, or small ones vanish: subtract the largest logit of each row "
        "before the exponential.": _from(_right, (_overflowing, _vanishing)),
    },
)


# --- max pooling of small whole numbers, so that there are ties ---


def _pool_input(size: tuple[int, ...], kernel_size: int, stride: int) -> tuple[Any, ...]:
    x = _rng.integers(0, 3, size).astype(float)
    return _rng.normal(size=F.max_pool2d(x, kernel_size, stride).shape), x, kernel_size, stride


def _add(old: Array, sent: Array) -> Array:
    return old + sent


def _replace(old: Array, sent: Array) -> Array:
    return np.where(sent, sent, old)


def _replace_window(old: Array, sent: Array) -> Array:
    return sent


def _pool_by(
    share: Change, put: Callable[[Array, Array], Array] = _add, scale: bool = True
) -> Function:
    """A backward pass in which the cells of a window get ``share(window)`` times its dy."""

    def backward(dy: Array, x: Array, kernel_size: int, stride: int) -> Array:
        dx, k = np.zeros_like(x), kernel_size
        for n, c, p, q in np.ndindex(dy.shape):
            cells = n, c, slice(p * stride, p * stride + k), slice(q * stride, q * stride + k)
            dx[cells] = put(dx[cells], share(x[cells]) * (dy[n, c, p, q] if scale else 1))
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


def _read(a: Array, dy: Array, kernel_size: tuple[int, ...], stride: int) -> Array:
    """The part of the picture that the windows read."""
    sizes = zip(dy.shape[2:], kernel_size, strict=True)
    rows, columns = ((n - 1) * stride + k for n, k in sizes)
    return a[:, :, :rows, :columns]


def _flat_windows(x: Array, k: int, stride: int) -> Array:
    """All windows, the cells of each along one axis."""
    found = windows(x, k, stride)
    return found.reshape(*found.shape[:4], -1)


def _stride_is_kernel_size(dy: Array, x: Array, kernel_size: int, stride: int) -> Array:
    return _pool_by(_first)(dy, x, kernel_size, kernel_size)


def _fold_without_stride(dy: Array, x: Array, kernel_size: int, stride: int) -> Array:
    fold(windows(x, kernel_size, stride), x.shape[2:])
    return _pool_by(_first)(dy, x, kernel_size, stride)


def _in_the_corner(dy: Array, x: Array, kernel_size: int, stride: int) -> Array:
    dx, k = np.zeros_like(x), kernel_size
    for n, c, p, q in np.ndindex(dy.shape):
        window = x[n, c, p * stride : p * stride + k, q * stride : q * stride + k]
        dx[n, c, :k, :k] += _first(window) * dy[n, c, p, q]
    return dx


max_pool2d_backward = Exercise(
    "max_pool2d_backward",
    _pool_by(_first),
    [
        _pool_input((2, 2, 6, 5), 2, 2),
        _pool_input((1, 2, 6, 6), 3, 2),
        (np.array([[[[1.5]]]]), np.array([[[[-3.0, -4.0], [-1.0, -2.0]]]]), 2, 2),
    ],
    {
        "The gradient is copied to every tied maximum, so that more comes out than went in; "
        "it goes to the first.": [
            _pool_by(_tied),
            _pool_by(_tied, _replace),
            _pool_by(_tied, _replace_window),
        ],
        "The gradient is shared among the tied maxima; that keeps the sum, but PyTorch and cnnlib "
        "give it to the first.": [
            _pool_by(lambda window: _tied(window) / _tied(window).sum()),
            _pool_by(lambda window: _tied(window) / _tied(window).sum(), _replace_window),
        ],
        "On a tie the last maximum gets the gradient; it goes to the first.": [
            _pool_by(_last),
            _pool_by(_last, _replace),
        ],
        _OVERLAP.capitalize(): [_pool_by(_first, _replace), _pool_by(_first, _replace_window)],
        "Every cell of the window gets a share; that is average pooling.": [
            _pool_by(lambda window: np.full(window.shape, 1 / window.size)),
            _pool_by(lambda window: np.full(window.shape, 1 / window.size), _replace_window),
        ],
        "Every cell of the window gets all of dy; only its maximum does.": [
            _pool_by(np.ones_like),
            _pool_by(np.ones_like, _replace_window),
        ],
        "The maximum gets 1; it gets dy times 1.": [
            _pool_by(_first, scale=False),
            _pool_by(_first, _replace, scale=False),
            _pool_by(_tied, scale=False),
            _pool_by(_tied, _replace, scale=False),
        ],
        "dy is multiplied by the maximum; the factor of the maximum is 1.": (
            _pool_by(lambda window: window.max() * _first(window))
        ),
        "The search for the maximum starts at a number that no negative one exceeds; start it with "
        "the first number of the window, or with −∞.": [
            _pool_by(lambda window: _first(np.maximum(window, 0))),
            _pool_by(lambda window: _first(window) * (window.max() > 0)),
            _pool_by(lambda window: _first(window) * (window.max() >= 0)),
        ],
        "The number farthest from 0 gets the gradient; it goes to the largest.": (
            _pool_by(lambda window: _first(np.abs(window)))
        ),
        "The smallest number gets the gradient; it goes to the largest.": (
            _pool_by(lambda window: _first(-window))
        ),
        "Row and column of the maximum are swapped: its number in the window is row · kernel_size "
        "+ column.": _pool_by(lambda window: _first(window).T),
        "The place in the window is taken for the place in x; the window begins at p · stride, "
        "q · stride.": _in_the_corner,
        "On a tie the first maximum counts in reading order, row by row; here it is column by "
        "column.": _pool_by(lambda window: _first(window.T).T),
        "windows needs the stride, too: windows(x, kernel_size, stride).": [
            lambda dy, x, k, stride: windows(x, k) * dy[..., None, None],
            lambda dy, x, k, stride: _flat_windows(x, k, 1) * dy[..., None],
            lambda dy, x, k, stride: np.put_along_axis(
                _flat_windows(x, k, 1),
                _flat_windows(x, k, 1).argmax(-1)[..., None],
                dy[..., None],
                axis=-1,
            ),
        ],
        "Each number of dy meets a whole window, so dy needs two more axes: dy[..., None, None].": (
            lambda dy, x, k, stride: windows(x, k, stride) * dy
        ),
        "fold needs the stride, as windows did.": _fold_without_stride,
        "dx has the shape of what the windows read; it has the shape of x, with 0 in the rest.": (
            lambda dy, x, k, stride: _read(_pool_by(_first)(dy, x, k, stride), dy, (k, k), stride)
        ),
        "The windows are taken one kernel size apart; they lie one stride apart.": (
            _stride_is_kernel_size
        ),
    },
)


# --- convolution ---


def _conv_input(
    size: tuple[int, ...], weight: tuple[int, ...], stride: int
) -> tuple[Array, Array, Array, int]:
    x, w = _rng.normal(size=size), _rng.normal(size=weight)
    return _rng.normal(size=F.conv2d(x, w, stride=stride).shape), x, w, stride


def _conv(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    return F.conv2d_backward(dy, x, w, stride=stride)


def _dx_by(kernel: Change) -> Function:
    """The right dx of another kernel."""
    return lambda dy, x, w, stride: F.conv2d_dx(dy, x, kernel(w), stride)


def _dw_by(change: Change) -> Function:
    """The right dw, changed."""
    return lambda dy, x, w, stride: change(F.conv2d_dw(dy, x, w, stride))


def _db(change: Change) -> Function:
    """The right gradients, with db made from dy in this way."""
    return _but(_conv, db=lambda dy, x, w, stride: change(dy))


def _turn(w: Array) -> Array:
    return w[:, :, ::-1, ::-1]


def _swap(w: Array) -> Array:
    return w.swapaxes(0, 1)


def _dx_for_stride_1(dy: Array, x: Array, w: Array, stride: int) -> Array:
    return F.conv2d(dy, _swap(_turn(w)), padding=(w.shape[2] - 1, w.shape[3] - 1))


def _dw_for_stride_1(dy: Array, x: Array, w: Array, stride: int) -> Array:
    return _swap(F.conv2d(_swap(x), _swap(dy)))


def _unread_cut_off(dy: Array, x: Array, w: Array, stride: int) -> Gradients:
    dx, dw, db = _conv(dy, x, w, stride)
    return _read(dx, dy, w.shape[2:], stride), dw, db


def _overwritten(dy: Array, x: Array, w: Array, stride: int) -> Array:
    dx, (height, width) = np.zeros_like(x), w.shape[2:]
    for n, p, q in np.ndindex(len(dy), *dy.shape[2:]):
        top, left = p * stride, q * stride
        dx[n, :, top : top + height, left : left + width] = np.tensordot(dy[n, :, p, q], w, 1)
    return dx


Met = Callable[[int, int, int], slice]  # what place i of the kernel meets, for n outputs


def _cells(met: Met, i: int, j: int, dy: Array, stride: int) -> tuple[slice, ...]:
    rows, columns = dy.shape[2:]
    return np.s_[:, :, met(i, rows, stride), met(j, columns, stride)]


def _scatter(met: Met, add: bool = True) -> Function:
    """dx by a loop over the kernel."""

    def dx_of(dy: Array, x: Array, w: Array, stride: int) -> Array:
        dx = np.zeros_like(x)
        for i, j in np.ndindex(w.shape[2:]):
            sent = np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            if add:
                dx[_cells(met, i, j, dy, stride)] += sent
            else:
                dx[_cells(met, i, j, dy, stride)] = sent
        return dx

    return dx_of


def _gather(
    met: Met, kernel: Callable[[Array], tuple[int, ...]] = lambda w: w.shape[2:]
) -> Function:
    """dw by a loop over a kernel of this size."""

    def dw_of(dy: Array, x: Array, w: Array, stride: int) -> Array:
        dw = np.zeros_like(w)
        for i, j in np.ndindex(kernel(w)):
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[_cells(met, i, j, dy, stride)])
        return dw

    return dw_of


def _one_or_both(dx: Function, dw: Function) -> list[Function]:
    """The right gradients, but with this dx, or dw, or both."""
    return [_but(_conv, dx=dx, dw=dw), _but(_conv, dx=dx), _but(_conv, dw=dw)]


def _by_slices(met: Met) -> list[Function]:
    return _one_or_both(_scatter(met), _gather(met))


conv2d_backward = Exercise(
    "conv2d_backward",
    _conv,
    [
        _conv_input((3, 2, 5, 6), (2, 2, 3, 2), 1),
        _conv_input((2, 2, 8, 7), (2, 2, 3, 2), 2),
        _conv_input((2, 3, 5, 4), (4, 3, 2, 2), 1),
    ],
    {
        "dx: the kernel stands the wrong way round. Loops that add to dx take it as it is; only a "
        "convolution that slides over dy takes it rotated by 180°.": _but(_conv, dx=_dx_by(_turn)),
        "dx: the kernel is reversed along one axis. Loops that add to dx take it as it is, a "
        "convolution that slides over dy reversed along both.": [
            _but(_conv, dx=_dx_by(lambda w: w[:, :, :, ::-1])),
            _but(_conv, dx=_dx_by(lambda w: w[:, :, ::-1])),
        ],
        "dx: the channels are not swapped. Input channel c meets the kernels (f, c), summed over "
        "the filters f.": _but(_conv, dx=_dx_by(_swap)),
        "dx: the kernel stands the wrong way round, and its filters and channels are exchanged.": (
            _but(_conv, dx=_dx_by(lambda w: _swap(_turn(w))))
        ),
        "dx is that of one filter; what all filters send is added.": [
            _but(_conv, dx=lambda dy, x, w, s: F.conv2d_dx(dy[:, :1], x, w[:1], s)),
            _but(_conv, dx=lambda dy, x, w, s: F.conv2d_dx(dy[:, -1:], x, w[-1:], s)),
        ],
        f"dx: {_OVERLAP}": [
            _but(_conv, dx=_overwritten),
            _but(_conv, dx=_scatter(lambda i, n, s: slice(i, i + (n - 1) * s + 1, s), add=False)),
        ],
        "dx has the shape of what the windows read; it has the shape of x, with 0 in the rest.": (
            _unread_cut_off
        ),
        "dw is flipped; dy slides over x as it stands.": [
            _but(_conv, dw=_dw_by(_turn)),
            _but(_conv, dw=_dw_by(lambda w: w[:, :, :, ::-1])),
            _but(_conv, dw=_dw_by(lambda w: w[:, :, ::-1])),
        ],
        "dw has its channels swapped; it has the shape of w, (F, C, kH, kW).": [
            _but(_conv, dw=_dw_by(_swap)),
            _but(_conv, dw=_like_w(_dw_by(_swap))),
        ],
        "dx and dw are both the wrong way round. Loops over the kernel rotate nothing, and "
        "convolutions only the kernel of dx.": _but(_conv, dx=_dx_by(_turn), dw=_dw_by(_turn)),
        f"dw and db are {_AVERAGED.format('they are')}": _averaged(_conv, "dw", "db"),
        f"dx, dw and db are {_AVERAGED.format('dw and db are')}": _averaged(
            _conv, "dx", "dw", "db"
        ),
        f"dw is {_AVERAGED.format('it is')}": _averaged(_conv, "dw"),
        f"db is {_AVERAGED.format('it is')}": _averaged(_conv, "db"),
        "dw is averaged over the places of the kernel; it is summed over them.": (
            _but(_conv, dw=lambda dy, x, w, s: F.conv2d_dw(dy, x, w, s) / dy[0, 0].size)
        ),
        "dw is that of one example; what all examples send is added.": [
            _but(_conv, dw=lambda dy, x, w, s: F.conv2d_dw(dy[-1:], x[-1:], w, s)),
            _but(_conv, dw=lambda dy, x, w, s: F.conv2d_dw(dy[:1], x[:1], w, s)),
        ],
        "db is averaged; it is the sum of dy over batch, rows and columns.": (
            _db(lambda dy: dy.mean((0, 2, 3)))
        ),
        "db is averaged over rows and columns; it is summed over them too.": (
            _db(lambda dy: dy.mean((2, 3)).sum(0))
        ),
        "db is summed over the wrong axes; it has one number for each filter, summed over batch, "
        "rows and columns.": [
            _db(lambda dy: dy.sum()),
            _db(lambda dy: dy.sum(0)),
            _db(lambda dy: dy.sum((2, 3))),
            _db(lambda dy: dy.sum((0, 1))),
            _db(lambda dy: dy.sum((1, 2, 3))),
        ],
        _ORDER: _reordered(_conv),
        "Right for stride 1 only: for more, put stride − 1 zeros between the cells of dy, and "
        "(n − k) mod stride after them.": _one_or_both(_dx_for_stride_1, _dw_for_stride_1),
        "The stride is missing in the index: output p reads x from p · stride on.": _by_slices(
            lambda i, n, s: slice(i, i + n)
        ),
        "The stride is at the wrong place: place i of the kernel meets x at p · stride + i, not at "
        "p + i · stride.": _by_slices(lambda i, n, s: slice(i * s, i * s + n)),
        "The slice ends too early: place i meets n cells, one stride apart, so it goes on to "
        "i + n · stride.": _by_slices(lambda i, n, s: slice(i, i + n, s)),
        "The slice has no end, and holds more than the windows read at place i; it ends before "
        "i + n · stride.": _by_slices(lambda i, n, s: slice(i, None, s)),
        "Kernels need not be square: in w[:, :, i, j] i runs over kH rows and j over kW columns.": [
            lambda dy, x, w, stride: w[:, :, 0, 2],
            _but(
                _conv,
                dw=_gather(lambda i, n, s: slice(i, i + n * s, s), lambda w: (w.shape[2],) * 2),
            ),
        ],
    },
    PARTS,
)
