"""Convolution: a kernel slides over an image, and each window gives one sum of products.

One matrix product gives a row of the output, for the whole batch: the kernels, (F, K), times
the windows of that row, (K, W'·N), with K = kH·kW·C. Backward is the transposed product, and
what was copied into several windows is added up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array, Pair
from cnnlib.windows import output_shape, reach, resolve_padding


def conv2d(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
) -> Array:
    """(N, C, H, W), (F, C, kH, kW), (F,) -> (N, F, H', W').

    A cross-correlation (no flip), as in every deep-learning library: y[n, f, p, q] is b[f] plus
    the sum over c, i, j of w[f, c, i, j] · x[n, c, p·stride + i·dilation, q·stride + j·dilation],
    with x padded. Dumoulin & Visin (2016), chapter 2.

    Raises
    ------
    ValueError
        If a rank, the channels or a step is wrong, or the kernel exceeds the padded input.
    TypeError
        If the arrays are not all float32 or all float64.
    """
    g = _geometry(x, w, b, stride, padding, dilation)
    matrix, window_rows = _matrix(w), _window_rows(x, g)
    y = np.empty((g.output[0], len(w), g.output[1] * len(x)), x.dtype)
    for y_row, windows in zip(y, window_rows, strict=True):
        np.matmul(matrix, windows, out=y_row)
        if b is not None:
            y_row += b[:, np.newaxis]
    return _batch_first(y.reshape(g.output[0], len(w), g.output[1], len(x)))


def conv2d_backward(
    dy: Array,
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
) -> tuple[Array, Array, Array]:
    """(N, F, H', W') and the forward's arguments -> dx, dw, db of shapes x, w, (F,)."""
    dx = conv2d_dx(dy, x, w, stride, padding, dilation)
    dw = conv2d_dw(dy, x, w, stride, padding, dilation)
    return dx, dw, dy.sum((0, 2, 3))


def conv2d_dx(
    dy: Array, x: Array, w: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Array:
    """(N, F, H', W') -> (N, C, H, W): each dy times its kernel, added where its window lay.

    That is the full convolution of dy, spread out by the stride, with the kernels turned by 180°
    and F and C swapped. Of ``x`` only the shape counts.
    """
    g = _geometry(x, w, None, stride, padding, dilation)
    _check_dy(dy, x, w, g)
    matrix, columns = _matrix(w).T, np.zeros(g.columns, x.dtype)
    rows = _flat(columns)
    for p, dy_row in enumerate(_rows(dy)):
        start = p * g.stride[0]
        window_rows = rows[start : start + g.extent : g.dilation[0]]
        window_rows += (matrix @ dy_row).reshape(window_rows.shape)
    dx = np.zeros((x.shape[2], x.shape[1], x.shape[3], len(x)), x.dtype)
    for column, pixels in _neighbours(columns, dx, g):
        pixels += column
    return _batch_first(dx)


def conv2d_dw(
    dy: Array, x: Array, w: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Array:
    """(N, F, H', W') -> (F, C, kH, kW): every window of x times its dy, summed; no flip.

    Of ``w`` only the shape counts.
    """
    g = _geometry(x, w, None, stride, padding, dilation)
    _check_dy(dy, x, w, g)
    f, c, tall, wide = w.shape
    dw = np.zeros((tall * wide * c, f), x.dtype)
    for dy_row, windows in zip(_rows(dy), _window_rows(x, g), strict=True):
        dw += windows @ dy_row.T
    return dw.reshape(tall, wide, c, f).transpose(3, 2, 0, 1)


def _window_rows(x: Array, g: _Geometry) -> Iterator[Array]:
    """For each output row its windows, (K, W'·N), matching `_matrix`.

    Windows are copied along the width alone, so kW times x. Those of one output row then lie
    one after the other in memory, and the rows of a window are whole rows of this copy.
    """
    columns = np.zeros(g.columns, x.dtype)
    # First into the order of the columns, where x is not yet: it is read kW times.
    ordered = np.ascontiguousarray(x.transpose(2, 1, 3, 0))
    for column, pixels in _neighbours(columns, ordered, g):
        column[...] = pixels
    rows = _flat(columns)
    starts = range(0, g.output[0] * g.stride[0], g.stride[0])
    return (_stacked(rows[start : start + g.extent : g.dilation[0]]) for start in starts)


def _neighbours(columns: Array, x: Array, g: _Geometry) -> Iterator[tuple[Array, Array]]:
    """For each kernel column, its part of ``columns`` and the pixels of x (H, C, W, N) it meets."""
    top, left = g.start
    for j in range(columns.shape[1]):
        first = j * g.dilation[1] - left
        outputs, pixels = reach(g.output[1], x.shape[2], first, g.stride[1])
        yield columns[top : top + len(x), j, :, outputs], x[:, :, pixels]


def _flat(columns: Array) -> Array:
    """(H, kW, C, W', N) -> (H, kW·C, W'·N), as a view."""
    height, wide, c, width, n = columns.shape
    return columns.reshape(height, wide * c, width * n)


def _stacked(rows: Array) -> Array:
    """(kH, kW·C, W'·N) -> (K, W'·N): a view, but of a dilated kernel, which leaves rows out."""
    tall, height, width = rows.shape
    return rows.reshape(tall * height, width)


def _matrix(w: Array) -> Array:
    """(F, C, kH, kW) -> (F, K): a row for each filter, the channels innermost."""
    return w.transpose(0, 2, 3, 1).reshape(len(w), -1)


def _rows(dy: Array) -> Array:
    """(N, F, H', W') -> (H', F, W'·N)."""
    n, f, height, width = dy.shape
    return dy.transpose(2, 1, 3, 0).reshape(height, f, width * n)


def _batch_first(y: Array) -> Array:
    """(H, C, W, N) -> (N, C, H, W), as a view: the memory stays as it is."""
    return y.transpose(3, 1, 0, 2)


class _Geometry(NamedTuple):
    """What stride, padding and dilation come to along (height, width)."""

    stride: Pair
    dilation: Pair
    start: Pair  # zeros above, zeros to the left
    extent: int  # rows that a dilated kernel spans
    output: Pair
    columns: tuple[int, ...]  # (padded H, kW, C, W', N)


def _geometry(
    x: Array, w: Array, b: Array | None, stride: Any, padding: Any, dilation: Any
) -> _Geometry:
    checks.floating("conv2d", x=x, w=w, b=b)
    checks.rank("conv2d", w, "(F, C, kH, kW)", "w")
    checks.channels("conv2d", x, w.shape[1])
    if b is not None:
        checks.shape("conv2d", b, (len(w),), "b")
    kernel = checks.pair("conv2d", "kernel size", w.shape[2:], low=1)
    stride = checks.pair("conv2d", "stride", stride, low=1)
    dilation = checks.pair("conv2d", "dilation", dilation, low=1)
    pads = resolve_padding("conv2d", padding, kernel, stride, dilation)
    output = output_shape(x.shape, kernel, stride, pads, dilation)
    return _Geometry(
        stride=stride,
        dilation=dilation,
        start=(pads[0][0], pads[1][0]),
        extent=dilation[0] * (kernel[0] - 1) + 1,
        output=output,
        columns=(x.shape[2] + sum(pads[0]), kernel[1], x.shape[1], output[1], len(x)),
    )


def _check_dy(dy: Array, x: Array, w: Array, g: _Geometry) -> None:
    checks.floating("conv2d_backward", dy=dy, x=x, w=w)
    checks.shape("conv2d_backward", dy, (len(x), len(w), *g.output), "dy")
