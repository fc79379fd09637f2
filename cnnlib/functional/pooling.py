"""Pooling: each window of a map gives one number, its maximum or its average.

It has no parameters: a window's gradient goes to its maximum, or to all its cells in equal shares.
"""

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array, Size2
from cnnlib.functional.activations import only_where
from cnnlib.windows import Geometry, crop, geometry, pad, resolve_steps, sliding

__all__ = ["avg_pool2d", "avg_pool2d_backward", "max_pool2d", "max_pool2d_backward"]


def max_pool2d(
    x: Array,
    kernel_size: Size2,
    stride: Size2 | None = None,
    padding: Size2 = 0,
    dilation: Size2 = 1,
    ceil_mode: bool = False,
) -> Array:
    """(N, C, H, W) -> (N, C, H', W'). ``stride`` is ``kernel_size`` unless given.

    The padding counts as −∞, and a NaN as larger than any number.

    Raises
    ------
    ValueError
        If an argument such as the stride is too small, the padding exceeds half the kernel, or the
        kernel the padded input.
    """
    checks.floating("max_pool2d", x=x)
    steps = resolve_steps("max_pool2d", kernel_size, stride, padding, dilation)
    g = geometry("max_pool2d", x, *steps, ceil_mode)
    first, *others = _places(pad(x, g.pads, -np.inf), g)
    y = first.copy("K")
    for cells in others:
        np.maximum(y, cells, out=y)
    return y


def max_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Size2,
    stride: Size2 | None = None,
    padding: Size2 = 0,
    dilation: Size2 = 1,
    ceil_mode: bool = False,
) -> Array:
    """(N, C, H', W') -> (N, C, H, W): all of dy to the maximum; the first one, on a tie."""
    steps = resolve_steps("max_pool2d_backward", kernel_size, stride, padding, dilation)
    g = geometry("max_pool2d_backward", x, *steps, ceil_mode)
    checks.gradient("max_pool2d_backward", dy, (*x.shape[:2], *g.output), x=x)
    copies = (cells.copy("K") for cells in _places(pad(x, g.pads, -np.inf), g))
    y, winner = next(copies), _first_on_image(x, g)
    for place, cells in enumerate(copies, start=1):
        leads = (cells > y) | np.isnan(cells)
        winner = np.maximum(winner, leads * winner.dtype.type(place))
        np.maximum(y, cells, out=y)
    dx = np.zeros_like(x, shape=(*x.shape[:2], *g.padded))
    overlap = any(s <= d * (k - 1) for k, s, d in zip(g.kernel, g.stride, g.dilation, strict=True))
    for place, cells in enumerate(_places(dx, g)):
        np.add(cells if overlap else 0, only_where(winner == place, dy), out=cells)
    return crop(dx, g.pads)


def avg_pool2d(
    x: Array,
    kernel_size: Size2,
    stride: Size2 | None = None,
    padding: Size2 = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """(N, C, H, W) -> (N, C, H', W'). ``stride`` is ``kernel_size`` unless given.

    A window's sum is divided by its number of cells, those in the padding included, unless
    ``count_include_pad`` is false.

    Raises
    ------
    ValueError
        If an argument such as the stride is too small, the padding exceeds half the kernel, or the
        kernel the padded input.
    """
    checks.floating("avg_pool2d", x=x)
    steps = resolve_steps("avg_pool2d", kernel_size, stride, padding, 1)
    g = geometry("avg_pool2d", x, *steps, ceil_mode)
    y = np.zeros_like(x, shape=(*x.shape[:2], *g.output))
    for cells in _places(pad(x, g.pads), g):
        y += cells
    return np.divide(y, _cell_counts(x, g, count_include_pad), out=y)


def avg_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Size2,
    stride: Size2 | None = None,
    padding: Size2 = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """(N, C, H', W') -> (N, C, H, W): dy shared equally by the cells of its window."""
    steps = resolve_steps("avg_pool2d_backward", kernel_size, stride, padding, 1)
    g = geometry("avg_pool2d_backward", x, *steps, ceil_mode)
    checks.gradient("avg_pool2d_backward", dy, (*x.shape[:2], *g.output), x=x)
    share = dy / _cell_counts(x, g, count_include_pad)
    dx = np.zeros_like(pad(x, g.pads))
    for cells in _places(dx, g):
        cells += share
    return crop(dx, g.pads)


def _places(padded: Array, g: Geometry) -> list[Array]:
    """For each place in the kernel, row by row, its cell of every window: views (N, C, H', W')."""
    cells = sliding(padded, (2, 3), g.kernel, g.stride, g.dilation)
    return [cells[..., i, j] for i, j in np.ndindex(g.kernel)]


def _first_on_image(x: Array, g: Geometry) -> Array:
    """(H', W'): the first place in each window that is not in the padding."""
    on_image = _places(pad(np.ones((1, 1, *x.shape[2:]), bool), g.pads), g)
    return np.argmax(on_image, axis=0)[0, 0].astype(np.min_scalar_type(len(on_image)))


def _cell_counts(x: Array, g: Geometry, count_include_pad: bool) -> Array:
    """Cells per window, (1, 1, H', W'): those on the image, or on the padded image."""
    cells = np.zeros((1, 1, *g.padded), x.dtype)
    if count_include_pad:  # but not what ceil_mode has added at the end
        (top, _), (left, _) = g.pads
        cells[:, :, : x.shape[2] + 2 * top, : x.shape[3] + 2 * left] = 1
    crop(cells, g.pads)[...] = 1
    return np.add.reduce(_places(cells, g))
