"""Layers without parameters: activations, pooling, flatten.

Each is made of one function of `cnnlib.functional` and its backward; the rest is the same for all.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from cnnlib import checks
from cnnlib import functional as F
from cnnlib.checks import Array, Size2
from cnnlib.nn.module import Module
from cnnlib.windows import resolve_steps


class Paired:
    """Made of a ``function`` in `cnnlib.functional` and its backward, found by its name."""

    function: ClassVar[Callable[..., Any]]
    derivative: ClassVar[Callable[..., Array]]
    arguments: ClassVar[tuple[str, ...]] = ()  # attributes that both take, by their names

    def __init_subclass__(cls, function: Callable[..., Any] | None = None) -> None:
        if function:
            cls.function = staticmethod(function)
            cls.derivative = staticmethod(getattr(F, f"{function.__name__}_backward"))

    def given(self) -> dict[str, Any]:
        """The arguments as they are now."""
        return {name: getattr(self, name) for name in self.arguments}


class Stateless(Paired, Module):
    """A layer without parameters: y = function(x), dx = derivative(dy, x)."""

    def forward(self, x: Array) -> Array:
        return self.function(x, **self.given())

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        return self.derivative(dy, x, **self.given()) if need_dx else None

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.given().items())


class MaxPool2d(Stateless, function=F.max_pool2d):
    """(N, C, H, W) -> (N, C, H', W'), the maximum of each window. See `functional.max_pool2d`."""

    arguments = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Size2,
        stride: Size2 | None = None,
        padding: Size2 = 0,
        dilation: Size2 = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        resolve_steps("MaxPool2d", kernel_size, stride, padding, dilation)
        self.kernel_size = _own(kernel_size)
        self.stride = self.kernel_size if stride is None else _own(stride)
        self.padding, self.dilation, self.ceil_mode = _own(padding), _own(dilation), ceil_mode


class AvgPool2d(Stateless, function=F.avg_pool2d):
    """(N, C, H, W) -> (N, C, H', W'), the average of each window. See `functional.avg_pool2d`."""

    arguments = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")

    def __init__(
        self,
        kernel_size: Size2,
        stride: Size2 | None = None,
        padding: Size2 = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        resolve_steps("AvgPool2d", kernel_size, stride, padding, 1)
        self.kernel_size, self.padding = _own(kernel_size), _own(padding)
        self.stride = self.kernel_size if stride is None else _own(stride)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class ReLU(Stateless, function=F.relu):
    """max(x, 0)."""


class LeakyReLU(Stateless, function=F.leaky_relu):
    """x where positive, negative_slope · x elsewhere."""

    arguments = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = checks.number("LeakyReLU", "negative_slope", negative_slope)


class Sigmoid(Stateless, function=F.sigmoid):
    """1 / (1 + e^−x)."""


class Tanh(Stateless, function=F.tanh):
    """The hyperbolic tangent."""


class GELU(Stateless, function=F.gelu):
    """x · Φ(x), Φ the standard normal distribution function."""


class Flatten(Stateless, function=F.flatten):
    """(N, C, H, W) -> (N, C·H·W)."""

    def extra_repr(self) -> str:
        return "start_dim=1, end_dim=-1"


def _own(size: Size2) -> Size2:
    """A tuple for a list, which may change in the hands of the caller."""
    return tuple(size) if isinstance(size, list) else size
