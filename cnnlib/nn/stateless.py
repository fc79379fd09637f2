"""Layers without parameters: activations, pooling, flatten.

Each names a function and its backward in `cnnlib.functional`; the rest is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cnnlib import checks
from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.functional.pooling import resolve_steps
from cnnlib.nn.module import Module


class Stateless(Module):
    """A layer without parameters: a function of x and some fixed arguments, and its backward."""

    function: ClassVar[Callable[..., Array]]
    derivative: ClassVar[Callable[..., Array]]

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def forward(self, x: Array) -> Array:
        y = type(self).function(x, *self.arguments)
        self.x = x
        return y

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        return type(self).derivative(dy, x, *self.arguments) if need_dx else None


class MaxPool2d(Stateless):
    """(N, C, H, W) -> (N, C, H', W'), the maximum of each window. See `functional.max_pool2d`."""

    function = staticmethod(F.max_pool2d)
    derivative = staticmethod(F.max_pool2d_backward)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        steps = resolve_steps("MaxPool2d", kernel_size, stride, padding, dilation)
        super().__init__(*steps, ceil_mode)


class AvgPool2d(Stateless):
    """(N, C, H, W) -> (N, C, H', W'), the average of each window. See `functional.avg_pool2d`."""

    function = staticmethod(F.avg_pool2d)
    derivative = staticmethod(F.avg_pool2d_backward)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        *steps, _ = resolve_steps("AvgPool2d", kernel_size, stride, padding, 1)
        super().__init__(*steps, ceil_mode, count_include_pad)


class ReLU(Stateless):
    """max(x, 0)."""

    function = staticmethod(F.relu)
    derivative = staticmethod(F.relu_backward)


class LeakyReLU(Stateless):
    """x where positive, negative_slope · x elsewhere."""

    function = staticmethod(F.leaky_relu)
    derivative = staticmethod(F.leaky_relu_backward)

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__(checks.number("LeakyReLU", "negative_slope", negative_slope))


class Sigmoid(Stateless):
    """1 / (1 + e^−x)."""

    function = staticmethod(F.sigmoid)
    derivative = staticmethod(F.sigmoid_backward)


class Tanh(Stateless):
    """The hyperbolic tangent."""

    function = staticmethod(F.tanh)
    derivative = staticmethod(F.tanh_backward)


class GELU(Stateless):
    """x · Φ(x), Φ the normal distribution function."""

    function = staticmethod(F.gelu)
    derivative = staticmethod(F.gelu_backward)


class Flatten(Stateless):
    """(N, C, H, W) -> (N, C·H·W)."""

    function = staticmethod(F.flatten)
    derivative = staticmethod(F.flatten_backward)
