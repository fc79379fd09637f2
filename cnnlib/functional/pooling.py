"""Pooling: each window of a map gives one number, its maximum or its average.

No parameters. Taking the cells of all windows one kernel position at a time, clipped to the image,
never reads the padding: it counts as −∞ for a maximum, and as 0 for an average.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array, Pair
from cnnlib.windows import output_shape, reach


def max_pool2d(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Array:
    """(N, C, H, W) -> (N, C, H', W'). ``stride`` is ``kernel_size`` unless given.

    Raises
    ------
    ValueError
        If a step is wrong, the padding exceeds half the kernel, or the kernel the padded input.
    """
    g = _geometry("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)
    y = np.full_like(x, -np.inf, shape=(*x.shape[:2], *g.output))
    for to, cells in _taps(x, g):
        np.maximum(y[to], x[cells], out=y[to])
    return y


def max_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Array:
    """(N, C, H', W') -> (N, C, H, W): all of dy to the maximum; the first one, on a tie."""
    g = _geometry("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)
    _check_dy("max_pool2d_backward", dy, x, g)
    y = max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode)
    dx = np.zeros_like(x)
    unclaimed = np.ones_like(y, dtype=bool)
    for to, cells in _taps(x, g):
        claim = (x[cells] == y[to]) & unclaimed[to]
        dx[cells] += dy[to] * claim
        unclaimed[to] ^= claim
    return dx


def avg_pool2d(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """(N, C, H, W) -> (N, C, H', W'). ``stride`` is ``kernel_size`` unless given.

    A window's sum is divided by its number of cells, those in the padding included, unless
    ``count_include_pad`` is false.

    Raises
    ------
    ValueError
        If a step is wrong, the padding exceeds half the kernel, or the kernel the padded input.
    """
    g = _geometry("avg_pool2d", x, kernel_size, stride, padding, 1, ceil_mode)
    y = np.zeros_like(x, shape=(*x.shape[:2], *g.output))
    for to, cells in _taps(x, g):
        y[to] += x[cells]
    y /= _cell_counts(x, g, count_include_pad)
    return y


def avg_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """(N, C, H', W') -> (N, C, H, W): dy shared equally by the cells of its window."""
    g = _geometry("avg_pool2d", x, kernel_size, stride, padding, 1, ceil_mode)
    _check_dy("avg_pool2d_backward", dy, x, g)
    share = dy / _cell_counts(x, g, count_include_pad)
    dx = np.zeros_like(x)
    for to, cells in _taps(x, g):
        dx[cells] += share[to]
    return dx


class _Geometry(NamedTuple):
    """What the arguments come to along (height, width)."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    output: Pair


def _geometry(
    name: str,
    x: Array,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> _Geometry:
    checks.floating(name, x=x)
    checks.rank(name, x, "(N, C, H, W)")
    k, s, p, d = resolve_steps(name, kernel_size, stride, padding, dilation)
    output = output_shape(x.shape, k, s, ((p[0], p[0]), (p[1], p[1])), d, ceil_mode)
    return _Geometry(k, s, p, d, output)


def resolve_steps(
    name: str, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Pair, Pair, Pair, Pair]:
    """The four as pairs, checked."""
    k = checks.pair(name, "kernel_size", kernel_size, low=1)
    s = k if stride is None else checks.pair(name, "stride", stride, low=1)
    p = checks.pair(name, "padding", padding, low=0)
    d = checks.pair(name, "dilation", dilation, low=1)
    for cells, pad in zip(k, p, strict=True):
        if 2 * pad > cells:
            raise ValueError(
                f"{name} expected padding <= {cells // 2} (half the kernel), got {pad}"
            )
    return k, s, p, d


def _taps(x: Array, g: _Geometry) -> Iterator[tuple[Any, Any]]:
    """For each kernel position: the windows in which it lies on the image, and its cells there."""
    for i, j in np.ndindex(g.kernel):
        start = i * g.dilation[0] - g.padding[0], j * g.dilation[1] - g.padding[1]
        p, rows = reach(g.output[0], x.shape[2], start[0], g.stride[0])
        q, columns = reach(g.output[1], x.shape[3], start[1], g.stride[1])
        yield (..., p, q), (..., rows, columns)


def _cell_counts(x: Array, g: _Geometry, count_include_pad: bool) -> Array:
    """Cells per window, (H', W'): those on the image, or on the padded image."""
    per_axis: list[Array] = []
    for size, k, s, pad, count in zip(
        x.shape[2:], g.kernel, g.stride, g.padding, g.output, strict=True
    ):
        margin = pad if count_include_pad else 0
        begin = np.arange(count) * s - pad
        per_axis.append(np.minimum(begin + k, size + margin) - np.maximum(begin, -margin))
    rows, columns = per_axis
    return (rows[:, np.newaxis] * columns).astype(x.dtype)


def _check_dy(name: str, dy: Array, x: Array, g: _Geometry) -> None:
    checks.floating(name, dy=dy, x=x)
    checks.shape(name, dy, (*x.shape[:2], *g.output), "dy")
