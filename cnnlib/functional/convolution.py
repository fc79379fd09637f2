"""Convolution: a kernel slides over an image, and each window gives one sum of products.

Forward, gradient by the input and gradient by the weights are the same sliding product. Inside,
arrays lie in memory as (H, W, C, N), the batch innermost: the kW·C values under one kernel row
are then neighbours for the whole batch, a matrix product takes them, and nothing is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

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
    y = np.zeros((*g.output, len(w), len(x)), x.dtype)
    if b is not None:
        y += b[:, np.newaxis]
    _correlate(_spread(x, g.padded, g.start, (1, 1)), w, g.stride, g.dilation, y)
    return _batch_first(y)


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
    """(N, F, H', W') -> (N, C, H, W): a full convolution of dy. Of ``x`` only the shape counts.

    dy is spread out by the stride; the kernels are turned by 180°, with F and C swapped.
    """
    g = _geometry(x, w, None, stride, padding, dilation)
    _check_dy(dy, x, w, g)
    (height, width), (tall, wide) = x.shape[2:], g.extent
    start = (tall - 1 - g.start[0], wide - 1 - g.start[1])
    spread = _spread(dy, (height + tall - 1, width + wide - 1), start, g.stride)
    turned = w.swapaxes(0, 1)[:, :, ::-1, ::-1]
    dx = np.zeros((height, width, x.shape[1], len(x)), x.dtype)
    _correlate(spread, turned, (1, 1), g.dilation, dx)
    return _batch_first(dx)


def conv2d_dw(
    dy: Array, x: Array, w: Array, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Array:
    """(N, F, H', W') -> (F, C, kH, kW): every window of x times its dy, summed; no flip.

    Of ``w`` only the shape counts.
    """
    g = _geometry(x, w, None, stride, padding, dilation)
    _check_dy(dy, x, w, g)
    dw = np.zeros_like(_matrices(w))
    products = np.empty((g.output[1], *dw.shape[1:]), dw.dtype)
    x_rows = _window_rows(_spread(x, g.padded, g.start, (1, 1)), w, g.stride, g.dilation)
    for dy_row, x_row in zip(np.ascontiguousarray(dy.transpose(2, 3, 1, 0)), x_rows, strict=True):
        for dw_i, x_i in zip(dw, x_row, strict=True):
            dw_i += np.matmul(dy_row, x_i.swapaxes(1, 2), out=products).sum(0)
    return _kernels(dw, w)


def _correlate(x: Array, w: Array, stride: Pair, dilation: Pair, y: Array) -> None:
    """Add to y (H', W', F, N) the kernels w (F, C, kH, kW) slid over x (H, W, C, N)."""
    matrices = _matrices(w)
    products = np.empty_like(y[0])
    for y_row, x_row in zip(y, _window_rows(x, w, stride, dilation), strict=True):
        for w_i, x_i in zip(matrices, x_row, strict=True):
            y_row += np.matmul(w_i, x_i, out=products)


def _window_rows(x: Array, w: Array, stride: Pair, dilation: Pair) -> Iterator[Array]:
    """For each output row, the windows it needs: (blocks, W', K, N), matching `_matrices`."""
    (height, width, c, n), (down, right, *inner) = x.shape, x.strides
    tall, wide = w.shape[2:]
    rows = (height - dilation[0] * (tall - 1) - 1) // stride[0] + 1
    columns = (width - dilation[1] * (wide - 1) - 1) // stride[1] + 1
    starts = (stride[0] * down, stride[1] * right, dilation[0] * down, dilation[1] * right)
    view = as_strided(x, (rows, columns, tall, wide, c, n), (*starts, *inner), writeable=False)
    for row in view:
        # This copies where cells are not neighbours: with one block, or a dilated row.
        yield row.reshape(columns, *_block_shape(w), n).swapaxes(0, 1)


def _matrices(w: Array) -> Array:
    """(F, C, kH, kW) -> (blocks, F, K): kernels as matrices."""
    return w.transpose(0, 2, 3, 1).reshape(len(w), *_block_shape(w)).swapaxes(0, 1)


def _kernels(matrices: Array, w: Array) -> Array:
    """(blocks, F, K) -> (F, C, kH, kW): the inverse of `_matrices`."""
    f, c, tall, wide = w.shape
    return matrices.swapaxes(0, 1).reshape(f, tall, wide, c).transpose(0, 3, 1, 2)


def _block_shape(w: Array) -> Pair:
    """(blocks, K): a matrix product for each kernel row, or one in all if rows are short."""
    _, c, tall, wide = w.shape
    return (tall, wide * c) if wide * c >= 16 else (1, tall * wide * c)


def _spread(a: Array, size: Pair, start: Pair, stride: Pair) -> Array:
    """(N, C, H, W) -> (*size, C, N) of zeros, with a[q] at start + q·stride if inside."""
    spread = np.zeros((*size, a.shape[1], a.shape[0]), a.dtype)
    rows, to_rows = reach(a.shape[2], size[0], start[0], stride[0])
    columns, to_columns = reach(a.shape[3], size[1], start[1], stride[1])
    spread[to_rows, to_columns] = a[:, :, rows, columns].transpose(2, 3, 1, 0)
    return spread


def _batch_first(y: Array) -> Array:
    """(H, W, C, N) -> (N, C, H, W), as a view: the memory stays as it is."""
    return y.transpose(3, 2, 0, 1)


class _Geometry(NamedTuple):
    """What stride, padding and dilation come to along (height, width)."""

    stride: Pair
    dilation: Pair
    start: Pair  # zeros above, zeros to the left
    padded: Pair  # size of the padded input
    extent: Pair  # cells that a dilated kernel spans
    output: Pair


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
    return _Geometry(
        stride=stride,
        dilation=dilation,
        start=(pads[0][0], pads[1][0]),
        padded=(x.shape[2] + sum(pads[0]), x.shape[3] + sum(pads[1])),
        extent=(dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1),
        output=output_shape(x.shape, kernel, stride, pads, dilation),
    )


def _check_dy(dy: Array, x: Array, w: Array, g: _Geometry) -> None:
    checks.floating("conv2d_backward", dy=dy, x=x, w=w)
    checks.shape("conv2d_backward", dy, (len(x), len(w), *g.output), "dy")
