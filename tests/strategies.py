"""What the tests of `cnnlib` share: random geometry, memory layouts, and the way to torch and back.

Hypothesis draws shapes, steps and a seed; the numbers come from the seed.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import assume
from hypothesis import strategies as st

from cnnlib.checks import Array

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}

dtypes = st.sampled_from(["float32", "float64"])
seeds = st.integers(0, 2**32 - 1)


def _strided(a: Array) -> Array:
    """Every second number of a wider array, whose others are NaN."""
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1]), np.nan, a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": np.array,
    "transposed": lambda a: np.array(a.swapaxes(-1, -2), order="C").swapaxes(-1, -2),
    "strided": _strided,
    "reversed": lambda a: np.array(a[..., ::-1, ::-1], order="C")[..., ::-1, ::-1],
    "batch innermost": lambda a: np.moveaxis(np.array(np.moveaxis(a, 0, -1), order="C"), -1, 0),
}
layouts = st.sampled_from(list(LAYOUTS))


@dataclass
class Numbers:
    """Arrays of one type and memory layout, drawn one after the other from a seed."""

    dtype: str = "float64"
    layout: str = "contiguous"
    seed: int = 0

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def normal(self, *shape: int) -> Array:
        """From N(0, 1)."""
        return self._laid_out(self.rng.normal(size=shape))

    def few(self, *shape: int, values: Sequence[float] = (-2, -1, 0, 1, 2)) -> Array:
        """From a few values, so that many are equal."""
        return self._laid_out(self.rng.choice(values, size=shape))

    def _laid_out(self, a: Array) -> Array:
        a = a.astype(self.dtype)
        return LAYOUTS[self.layout](a) if a.ndim > 1 else a


numbers = st.builds(Numbers, dtypes, layouts, seeds)


@dataclass
class Axis:
    """One axis of a sliding window."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        return self.dilation * (self.kernel - 1) + 1


@st.composite
def conv_axes(draw: st.DrawFn) -> Axis:
    """Also 1 x 1 kernels, kernels as large as the padded image, and more padding than kernel."""
    kernel, stride, dilation = (draw(st.integers(1, high)) for high in (4, 3, 3))
    axis = Axis(0, kernel, stride, draw(st.integers(0, 5)), dilation)
    smallest = max(1, axis.extent - 2 * axis.padding)
    axis.size = draw(st.integers(smallest, smallest + 5))
    return axis


@st.composite
def pool_axes(draw: st.DrawFn, largest_dilation: int = 1) -> Axis:
    """Padding of at most half the kernel, and no window without a cell on the image."""
    kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    axis = Axis(0, kernel, stride, 0, draw(st.integers(1, largest_dilation)))
    axis.padding = draw(st.integers(0, kernel // 2))
    smallest = max(1, axis.extent - 2 * axis.padding)
    axis.size = draw(st.integers(smallest, smallest + 6))
    reached = range(-axis.padding, axis.extent - axis.padding, axis.dilation)
    assume(any(0 <= cell < axis.size for cell in reached))
    return axis


def both(vertical: Axis, horizontal: Axis, name: str) -> tuple[int, int]:
    """``name`` of the two axes, as a layer takes it."""
    return getattr(vertical, name), getattr(horizontal, name)


def to_torch(a: Array, requires_grad: bool = False) -> torch.Tensor:
    """A copy for torch, which knows no negative strides."""
    return torch.tensor(np.array(a, order="C"), requires_grad=requires_grad)


def assert_close(found: Any, wanted: Any, tolerance: float | None = None) -> None:
    """Equal in type and shape, and in value to what the type allows."""
    wanted = wanted.detach().numpy() if isinstance(wanted, torch.Tensor) else wanted
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    tolerance = tolerance or TOLERANCE[str(wanted.dtype)]
    finite = np.abs(wanted[np.isfinite(wanted)])
    atol = tolerance * max(1.0, finite.max(initial=0))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=atol)


@contextmanager
def matmul_may_warn() -> Iterator[None]:
    """For products that are compared with torch's right after, so that no NaN goes unseen.

    Seen once for finite numbers, cause not found: NumPy asks the processor whether anything in the
    product was invalid, and a BLAS may have raised that for what it throws away. One that did is
    in numpy/numpy#24067.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid value encountered in matmul", RuntimeWarning)
        yield


def assert_like_torch(
    forward: Callable[..., Array],
    backward: Callable[..., Array | Iterable[Array]],
    reference: Callable[..., torch.Tensor],
    *inputs: Array,
    numbers: Numbers,
) -> None:
    """The same output as torch, the same gradients by all inputs, and no array changed."""
    before = [a.copy() for a in inputs]
    leaves = [to_torch(a, requires_grad=True) for a in inputs]
    with matmul_may_warn():
        y, wanted = forward(*inputs), reference(*leaves)
    assert_close(y, wanted)
    dy = numbers.normal(*y.shape)
    dy_before = dy.copy()
    wanted.backward(to_torch(dy))
    with matmul_may_warn():
        found = backward(dy, *inputs)
    for d, leaf in zip([found] if isinstance(found, np.ndarray) else found, leaves, strict=True):
        assert_close(d, leaf.grad)
    for a, kept in zip([*inputs, dy], [*before, dy_before], strict=True):
        np.testing.assert_array_equal(a, kept)
