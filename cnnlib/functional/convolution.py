"""Convolution: a kernel slides over an image, and each window gives one sum of products.

One matrix product gives a row of the output, for the whole batch: the kernels, (F, K), times
the windows of that row, (K, W'·N), with K = kH·kW·C. Backward, one gives a row of dx: the kernels,
transposed, times the rows of dy that were computed from it. Along the width, where the windows
were copied, their gradients are added up.
"""

import math

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array, Padding, Size2
from cnnlib.windows import Geometry, crop, geometry, pad, sliding

__all__ = ["conv2d", "conv2d_backward", "conv2d_dw", "conv2d_dx"]


def conv2d(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Size2 = 1,
    padding: Padding = 0,
    dilation: Size2 = 1,
) -> Array:
    """(N, C, H, W), (F, C, kH, kW), (F,) -> (N, F, H', W').

    A cross-correlation (no flip): y[n, f, p, q] is b[f] plus the sum over c, i, j of
    w[f, c, i, j] · x[n, c, p·stride + i·dilation, q·stride + j·dilation], with x padded
    (Dumoulin & Visin, 2016).

    Raises
    ------
    ValueError
        If a rank, the channels or an argument such as the stride is wrong, or the kernel is too
        large.
    TypeError
        If the arrays are not all float32 or all float64.
    """
    _check("conv2d", x, w, b)
    g = geometry("conv2d", x, w.shape[2:], stride, padding, dilation)
    y = _matrix(w) @ _stacked(_windows(x, g))
    if b is not None:
        y += b[:, np.newaxis]
    return y.reshape(g.output[0], len(w), g.output[1], len(x)).transpose(3, 1, 0, 2)


def conv2d_backward(
    dy: Array,
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Size2 = 1,
    padding: Padding = 0,
    dilation: Size2 = 1,
) -> tuple[Array, Array, Array]:
    """(N, F, H', W') and the forward's arguments -> dx, dw, db of shapes x, w, (F,)."""
    dx = conv2d_dx(dy, x, w, stride, padding, dilation)
    dw = conv2d_dw(dy, x, w, stride, padding, dilation)
    return dx, dw, dy.sum((0, 2, 3))


def conv2d_dx(
    dy: Array, x: Array, w: Array, stride: Size2 = 1, padding: Padding = 0, dilation: Size2 = 1
) -> Array:
    """(N, F, H', W') -> (N, C, H, W): dy times w, added where each window lay.

    That is the full convolution of dy, spread out by the stride, with the kernels rotated
    by 180° and F and C swapped. Of ``x`` only the shape counts.
    """
    _check("conv2d_dx", x, w)
    g = geometry("conv2d_dx", x, w.shape[2:], stride, padding, dilation)
    checks.gradient("conv2d_dx", dy, (len(x), len(w), *g.output), x=x, w=w)
    dx = np.zeros((x.shape[2], x.shape[1], g.padded[1], len(x)), x.dtype)
    kernels, dy_rows = w.transpose(2, 0, 3, 1), _rows(dy)
    read = _along_height(np.arange(g.padded[0]), g)
    step = g.dilation[0] // math.gcd(g.stride[0], g.dilation[0])
    for u, windows in enumerate(_along_width(dx, g), start=g.pads[0][0]):
        p, i = np.nonzero(read == u)
        if len(p):
            k = len(p) * len(w)
            readers = dy_rows[p[0] : p[-1] + 1 : step].reshape(k, -1)
            row = kernels[i].reshape(k, -1).T @ readers
            for cells, part in zip(windows, row.reshape(windows.shape), strict=True):
                cells += part
    return crop(dx.transpose(3, 1, 0, 2), ((0, 0), g.pads[1]))


def conv2d_dw(
    dy: Array, x: Array, w: Array, stride: Size2 = 1, padding: Padding = 0, dilation: Size2 = 1
) -> Array:
    """(N, F, H', W') -> (F, C, kH, kW): every window of x times its dy, summed.

    There is no flip. Of ``w`` only the shape counts.
    """
    _check("conv2d_dw", x, w)
    g = geometry("conv2d_dw", x, w.shape[2:], stride, padding, dilation)
    checks.gradient("conv2d_dw", dy, (len(x), len(w), *g.output), x=x, w=w)
    f, c, tall, wide = w.shape
    dw = np.zeros((tall * wide * c, f), x.dtype)
    for windows, dy_row in zip(_windows(x, g), _rows(dy), strict=True):
        dw += _stacked(windows) @ dy_row.T
    return dw.reshape(tall, wide, c, f).transpose(3, 2, 0, 1)


def batch_innermost(x: Array) -> Array:
    """The same (N, C, H, W), in memory each pixel's N numbers side by side; a copy if need be."""
    return np.ascontiguousarray(x.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)


def _windows(x: Array, g: Geometry) -> Array:
    """(N, C, H, W) -> (H', kH, kW, C, W', N), copied along the width alone."""
    padded = pad(batch_innermost(x), g.pads).transpose(2, 1, 3, 0)
    columns = np.ascontiguousarray(_along_width(padded, g))
    return _along_height(columns, g).transpose(0, 5, 1, 2, 3, 4)


def _along_width(padded: Array, g: Geometry) -> Array:
    """(padded H, C, padded W, N) -> (padded H, kW, C, W', N), a view."""
    windows = sliding(padded, (2,), g.kernel[1:], g.stride[1:], g.dilation[1:])
    return windows.transpose(0, 4, 1, 2, 3)


def _along_height(columns: Array, g: Geometry) -> Array:
    """(padded H, …) -> (H', …, kH), a view."""
    return sliding(columns, (0,), g.kernel[:1], g.stride[:1], g.dilation[:1])


def _stacked(windows: Array) -> Array:
    """(…, kH, kW, C, W', N) -> (…, K, W'·N): a view, unless a dilated kernel skips rows."""
    *more, tall, wide, c, width, n = windows.shape
    return windows.reshape(*more, tall * wide * c, width * n)


def _matrix(w: Array) -> Array:
    """(F, C, kH, kW) -> (F, K): a row for each filter, the channels innermost."""
    return w.transpose(0, 2, 3, 1).reshape(len(w), -1)


def _rows(dy: Array) -> Array:
    """(N, F, H', W') -> (H', F, W'·N)."""
    n, f, height, width = dy.shape
    return dy.transpose(2, 1, 3, 0).reshape(height, f, width * n)


def _check(name: str, x: Array, w: Array, b: Array | None = None) -> None:
    checks.weighted(name, x, w, b, "(N, C, H, W)", "(F, C, kH, kW)")
