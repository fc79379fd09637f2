"""Where a window lies: all the index arithmetic of the package.

A layer slides a window over an image. Everything that can go wrong by one is here, once.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnlib import checks
from cnnlib.checks import Array, Padding, Pair, Size2

Ints: TypeAlias = tuple[int, ...]
Pads: TypeAlias = tuple[Pair, Pair]  # ((top, bottom), (left, right))


def output_size(
    size: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Number of windows along one axis: ⌊(size + 2·padding − extent) / stride⌋ + 1.

    A kernel of ``kernel_size`` cells covers extent = dilation·(kernel_size − 1) + 1 cells.
    With ``ceil_mode`` the division rounds up, but no window starts in the right padding.

    Raises
    ------
    ValueError
        If an argument such as the stride is too small, or the kernel larger than the padded input.
    """
    given = {"size": size, "kernel_size": kernel_size, "stride": stride, "dilation": dilation}
    n, k, s, d = (checks.integer("output_size", key, a, low=1) for key, a in given.items())
    p = checks.integer("output_size", "padding", padding, low=0)
    return _axis(n, k, s, (p, p), d, ceil_mode)[0]


def _axis(
    size: int, k: int, stride: int, pad: Pair, dilation: int, ceil_mode: bool
) -> tuple[int, Pair]:
    """Number of windows, and the padding, longer at the end if the last window needs it."""
    if size < 1:
        raise ValueError(f"expected an image of at least one row and one column, got size {size}")
    extent, padded = dilation * (k - 1) + 1, size + sum(pad)
    count = (padded - extent + (stride - 1 if ceil_mode else 0)) // stride + 1
    if count < 1:
        raise ValueError(
            f"expected a kernel no larger than the padded input ({padded}), got extent {extent} "
            f"(kernel_size {k}, dilation {dilation}, input {size}, padding {pad})"
        )
    if ceil_mode and (count - 1) * stride >= size + pad[0]:
        count -= 1
    end = (count - 1) * stride + extent
    return count, (pad[0], max(pad[1], end - size - pad[0]))


def resolve_padding(
    name: str, padding: Padding, kernel_size: Pair, stride: Pair, dilation: Pair
) -> Pads:
    """``padding`` as ((top, bottom), (left, right)).

    ``'valid'`` is none. ``'same'`` keeps H and W, needs stride 1, and where the total is odd puts
    the extra zero at the bottom and right, as PyTorch does.

    Raises
    ------
    ValueError
        If it is another word or negative, or ``'same'`` with a stride. Messages open with ``name``.
    """
    if not isinstance(padding, str):
        vertical, horizontal = checks.pair(name, "padding", padding, low=0)
        return (vertical, vertical), (horizontal, horizontal)
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"{name} expected stride 1 with padding='same', got stride {stride}")
        total = [d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True)]
        return (total[0] // 2, -(-total[0] // 2)), (total[1] // 2, -(-total[1] // 2))
    raise ValueError(f"{name} expected padding 'same', 'valid' or integers, got {padding!r}")


def resolve_steps(
    name: str, kernel_size: Size2, stride: Size2 | None, padding: Size2, dilation: Size2
) -> tuple[Pair, Pair, Pair, Pair]:
    """The four of a pooling layer as pairs; ``stride`` is ``kernel_size`` unless given.

    Raises
    ------
    ValueError
        If one is too small, or the padding exceeds half the kernel. Messages open with ``name``.
    """
    k = checks.pair(name, "kernel_size", kernel_size, low=1)
    s = k if stride is None else checks.pair(name, "stride", stride, low=1)
    p = checks.pair(name, "padding", padding, low=0)
    d = checks.pair(name, "dilation", dilation, low=1)
    for half, pad in zip((k[0] // 2, k[1] // 2), p, strict=True):
        if pad > half:
            raise ValueError(f"{name} expected padding <= {half} (half the kernel), got {pad}")
    return k, s, p, d


class Geometry(NamedTuple):
    """How windows lie on images, along (height, width); `geometry` makes it."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    pads: Pads
    padded: Pair  # cells of the image with its padding
    output: Pair  # windows


def geometry(
    name: str,
    x: Array,
    kernel_size: Size2,
    stride: Size2,
    padding: Padding,
    dilation: Size2,
    ceil_mode: bool = False,
) -> Geometry:
    """What a layer's arguments come to for x (N, C, H, W); an error in one opens with ``name``.

    With ``ceil_mode`` a last window that hangs over the end gets more padding there.
    """
    checks.rank(name, "x", x, "(N, C, H, W)")
    k = checks.pair(name, "kernel_size", kernel_size, low=1)
    s = checks.pair(name, "stride", stride, low=1)
    d = checks.pair(name, "dilation", dilation, low=1)
    pads = resolve_padding(name, padding, k, s, d)
    axes = zip(x.shape[2:], k, s, pads, d, strict=True)
    (rows, vertical), (columns, horizontal) = (_axis(*axis, ceil_mode) for axis in axes)
    padded = x.shape[2] + sum(vertical), x.shape[3] + sum(horizontal)
    return Geometry(k, s, d, (vertical, horizontal), padded, (rows, columns))


def pad(x: Array, pads: Pads, value: float = 0) -> Array:
    """(N, C, H, W) -> (N, C, padded H, padded W), with a border of ``value``; x, if it is empty."""
    if pads == ((0, 0), (0, 0)):
        return x
    height, width = (size + sum(ends) for size, ends in zip(x.shape[2:], pads, strict=True))
    padded = np.full_like(x, value, shape=(*x.shape[:2], height, width))
    crop(padded, pads)[...] = x
    return padded


def crop(padded: Array, pads: Pads) -> Array:
    """(N, C, padded H, padded W) -> (N, C, H, W): what `pad` put a border around, a view."""
    (top, bottom), (left, right) = pads
    height, width = padded.shape[2:]
    return padded[:, :, top : height - bottom, left : width - right]


def sliding(a: Array, axes: Ints, kernel: Ints, stride: Ints, dilation: Ints) -> Array:
    """All windows along some axes, a view: these count windows, new last axes cells."""
    shape, strides = list(a.shape), list(a.strides)
    for axis, k, s, d in zip(axes, kernel, stride, dilation, strict=True):
        shape.append(k)
        strides.append(d * strides[axis])
        shape[axis] = (shape[axis] - d * (k - 1) - 1) // s + 1
        strides[axis] *= s
    return as_strided(a, shape, strides)


def windows(x: Array, kernel_size: Size2, stride: Size2 = 1, dilation: Size2 = 1) -> Array:
    """(N, C, H, W) -> (N, C, H', W', kH, kW): all windows, as a read-only view (no copy).

    Raises ValueError if an argument such as the stride is too small, or the kernel larger than
    the image.
    """
    g = geometry("windows", x, kernel_size, stride, 0, dilation)
    v = sliding(x, (2, 3), g.kernel, g.stride, g.dilation)
    v.flags.writeable = False
    return v


def fold(v: Array, size: Size2, stride: Size2 = 1, dilation: Size2 = 1) -> Array:
    """(N, C, H', W', kH, kW) -> (N, C, H, W): sum every window back to where it came from.

    The adjoint of `windows`: ⟨windows(x), v⟩ = ⟨x, fold(v)⟩.

    Raises
    ------
    ValueError
        If v is not what `windows` gives for an image of this size.
    """
    checks.floating("fold", v=v)
    checks.rank("fold", "v", v, "(N, C, H', W', kH, kW)")
    x = np.zeros((*v.shape[:2], *checks.pair("fold", "size", size, low=1)), v.dtype)
    g = geometry("fold", x, v.shape[4:], stride, 0, dilation)
    checks.shape("fold", "v", v, (*v.shape[:2], *g.output, *g.kernel))
    cells = sliding(x, (2, 3), g.kernel, g.stride, g.dilation)
    for i, j in np.ndindex(g.kernel):
        cells[..., i, j] += v[..., i, j]
    return x
