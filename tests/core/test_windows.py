"""Index arithmetic: every count against counting, every view against a loop."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import Axis, Numbers, both, conv_axes, numbers

from cnnlib.windows import (
    crop,
    fold,
    geometry,
    output_size,
    pad,
    resolve_padding,
    resolve_steps,
    sliding,
    windows,
)


def counted(axis: Axis, ceil_mode: bool) -> int:
    """Slide a window from the left padding on, and count where it may stay.

    With ``ceil_mode`` it may hang over the end by less than a stride, if it starts before the right
    padding.
    """
    end = axis.size + axis.padding
    starts = range(-axis.padding, axis.size if ceil_mode else end, axis.stride)
    allowed = axis.stride if ceil_mode else 1
    return sum(start + axis.extent - end < allowed for start in starts)


GRID = [
    Axis(*config)
    for config in product(range(1, 24), range(1, 7), range(1, 6), range(5), range(1, 4))
]


def check_count(axis: Axis, ceil_mode: bool) -> None:
    arguments = (axis.size, axis.kernel, axis.stride, axis.padding, axis.dilation, ceil_mode)
    expected = counted(axis, ceil_mode)
    if expected:
        assert output_size(*arguments) == expected, axis
    else:
        with pytest.raises(ValueError, match="kernel no larger than the padded input"):
            output_size(*arguments)


def test_output_size_is_a_count_of_windows() -> None:
    for axis in GRID:
        check_count(axis, ceil_mode=False)
    assert len(GRID) == 10_350


def test_output_size_with_ceil_mode_is_a_count_of_windows() -> None:
    axes = [axis for axis in GRID if 2 * axis.padding <= axis.extent]
    for axis in axes:
        check_count(axis, ceil_mode=True)
    assert len(axes) > 6000


NAMES = ("size", "kernel", "stride", "padding", "dilation")


def test_output_size_is_that_of_torch() -> None:
    """torch computes shapes alone on its device "meta"; two axes are compared at once."""
    axes = [axis for axis in GRID if counted(axis, ceil_mode=False)]
    assert len(axes) > 9000
    for pair in zip(axes, axes[::-1], strict=True):
        size, kernel, *steps = (both(*pair, name) for name in NAMES)
        x, w = (torch.empty(1, 1, *shape, device="meta") for shape in (size, kernel))
        y = torch.nn.functional.conv2d(x, w, None, *steps)
        assert shape_of(size, kernel, *steps) == y.shape[2:]


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_output_size_of_pooling_is_that_of_torch(ceil_mode: bool) -> None:
    axes = [a for a in GRID if 2 * a.padding <= a.kernel and counted(a, ceil_mode)]
    assert len(axes) > 3000
    for pair in zip(axes, axes[::-1], strict=True):
        size, *steps = (both(*pair, name) for name in NAMES)
        x = torch.empty(1, 1, *size, device="meta")
        y = torch.nn.functional.max_pool2d(x, *steps, ceil_mode)
        assert shape_of(size, *steps, ceil_mode) == y.shape[2:]


def shape_of(size: Any, kernel: Any, stride: Any, padding: Any, *more: Any) -> tuple[int, int]:
    return geometry("pool", np.empty((1, 1, *size)), kernel, stride, padding, *more).output


def test_the_sizes_in_the_book() -> None:
    assert output_size(28, 5) == 24
    assert output_size(28, 5, padding=2) == 28
    assert output_size(24, 2, 2) == 12
    assert output_size(7, 2, 2) == 3  # floor: the last column is read by no window
    assert output_size(7, 2, 2, ceil_mode=True) == 4
    assert output_size(9, 3, dilation=2) == 5


def test_small_numpy_integers_do_not_overflow() -> None:
    assert output_size(np.uint8(250), 3, padding=np.uint8(5)) == 258
    assert type(output_size(np.int64(28), 5)) is int


def test_geometry() -> None:
    x = np.empty((1, 1, 9, 7))
    g = geometry("conv2d", x, (3, 2), 1, "same", (2, 1))
    assert g == ((3, 2), (1, 1), (2, 1), ((2, 2), (0, 1)), (13, 8), (9, 7))
    g = geometry("pool", x, 3, (3, 4), 1, 1, ceil_mode=True)
    assert g == ((3, 3), (3, 4), (1, 1), ((1, 2), (1, 1)), (12, 9), (4, 2))


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_padding_same_keeps_the_size(kernel: int, dilation: int) -> None:
    kernels, dilations = (kernel, 3), (dilation, 1)
    pads = resolve_padding("conv2d", "same", kernels, (1, 1), dilations)
    assert pads[1] == (1, 1)
    above, below = pads[0]
    assert below - above == dilation * (kernel - 1) % 2
    x = np.empty((1, 1, 20, 30))
    assert geometry("conv2d", x, kernels, 1, "same", dilations).output == (20, 30)


def test_padding_as_given() -> None:
    assert resolve_padding("conv2d", "valid", (3, 3), (2, 2), (1, 1)) == ((0, 0), (0, 0))
    assert resolve_padding("conv2d", 2, (3, 3), (2, 2), (1, 1)) == ((2, 2), (2, 2))
    assert resolve_padding("conv2d", (1, 2), (3, 3), (2, 2), (1, 1)) == ((1, 1), (2, 2))


def test_steps_of_pooling() -> None:
    steps = resolve_steps("max_pool2d", 3, None, (1, 0), 2)
    assert steps == ((3, 3), (3, 3), (1, 0), (2, 2))
    assert resolve_steps("max_pool2d", (2, 4), 1, 1, 1) == ((2, 4), (1, 1), (1, 1), (1, 1))


borders = st.integers(0, 3)


@given(numbers, borders, borders, borders, borders, st.sampled_from([0.0, 7.5, -np.inf]))
def test_pad_and_crop(
    n: Numbers, top: int, bottom: int, left: int, right: int, value: float
) -> None:
    x, pads = n.normal(2, 3, 4, 5), ((top, bottom), (left, right))
    padded = pad(x, pads, value)
    wanted = np.pad(x, ((0, 0), (0, 0), *pads), constant_values=value)
    np.testing.assert_array_equal(padded, wanted)
    assert padded.dtype == x.dtype
    np.testing.assert_array_equal(crop(padded, pads), x)
    assert np.shares_memory(crop(padded, pads), padded)


def test_pad_keeps_the_order_in_memory_and_copies_only_for_a_border() -> None:
    x = Numbers(layout="batch innermost").normal(4, 2, 5, 3)
    padded = pad(x, ((1, 0), (0, 2)))
    assert np.moveaxis(padded, 0, -1).flags.c_contiguous
    np.testing.assert_array_equal(padded[:, :, 0], 0)
    assert pad(x, ((0, 0), (0, 0)), 1.0) is x


@given(numbers, conv_axes())
def test_sliding_along_one_axis(n: Numbers, axis: Axis) -> None:
    x = n.normal(2, max(axis.size, axis.extent), 3)
    v = sliding(x, (1,), (axis.kernel,), (axis.stride,), (axis.dilation,))
    assert v.shape == (
        2,
        output_size(x.shape[1], axis.kernel, axis.stride, 0, axis.dilation),
        3,
        axis.kernel,
    )
    for p, i in np.ndindex(v.shape[1], axis.kernel):
        np.testing.assert_array_equal(v[:, p, :, i], x[:, p * axis.stride + i * axis.dilation])
    assert np.shares_memory(v, x)


def views(numbers: Numbers, vertical: Axis, horizontal: Axis) -> tuple[np.ndarray, tuple[Any, ...]]:
    """An image whose padding is part of it, and the arguments of `windows`."""
    axes = (vertical, horizontal)
    x = numbers.normal(2, 3, *(max(a.size + 2 * a.padding, a.extent) for a in axes))
    return x, tuple(both(*axes, name) for name in ("kernel", "stride", "dilation"))


@given(numbers, conv_axes(), conv_axes())
def test_windows_are_a_view_of_the_cells(
    numbers: Numbers, vertical: Axis, horizontal: Axis
) -> None:
    x, arguments = views(numbers, vertical, horizontal)
    v = windows(x, *arguments)
    (tall, wide), (down, right), (below, beside) = arguments
    for p, q, i, j in np.ndindex(*v.shape[2:]):
        cells = x[:, :, p * down + i * below, q * right + j * beside]
        np.testing.assert_array_equal(v[:, :, p, q, i, j], cells)
    assert v.shape[4:] == (tall, wide)
    assert np.shares_memory(v, x)
    assert not v.flags.writeable


@given(numbers, conv_axes(), conv_axes())
def test_fold_is_the_adjoint_of_windows(numbers: Numbers, vertical: Axis, horizontal: Axis) -> None:
    x, (kernel, stride, dilation) = views(numbers, vertical, horizontal)
    of_x = windows(x, kernel, stride, dilation)
    v = numbers.normal(*of_x.shape)
    kept = v.copy()
    folded = fold(v, x.shape[2:], stride, dilation)
    assert (folded.shape, folded.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(v, kept)
    digits = {"float32": 1e-4, "float64": 1e-12}[numbers.dtype]
    assert np.sum(of_x * v) == pytest.approx(np.sum(x * folded), rel=digits, abs=10 * digits)


def test_fold_counts_the_windows_over_a_cell() -> None:
    counts = fold(np.ones((1, 1, 2, 3, 2, 2)), (3, 4))
    np.testing.assert_array_equal(counts[0, 0], [[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]])


def test_steps_of_one_are_the_default() -> None:
    x = Numbers().normal(1, 1, 4, 5)
    np.testing.assert_array_equal(windows(x, 2), windows(x, (2, 2), (1, 1), (1, 1)))
    v = windows(x, 2)
    np.testing.assert_array_equal(fold(v, (4, 5)), fold(v, (4, 5), 1, 1))
