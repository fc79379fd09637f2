"""Layers with parameters or a state, with PyTorch's names, arguments and defaults.

They hold what is learned or remembered; the mathematics is that of `cnnlib.functional`.
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from cnnlib import checks
from cnnlib import functional as F
from cnnlib.checks import Array, Padding, Pair, Size2
from cnnlib.init import uniform_
from cnnlib.nn.module import Module, Parameter
from cnnlib.windows import resolve_padding


class Conv2d(Module):
    """(N, in_channels, H, W) -> (N, out_channels, H', W').

    ``weight`` (out_channels, in_channels, kH, kW) and ``bias`` (out_channels,) begin uniform in
    ±1/√fan_in, as PyTorch's do.

    Raises
    ------
    ValueError
        If a number is too small, or ``'same'`` is asked for with a stride other than 1.
    TypeError
        If a number is no integer, or rng no `numpy.random.Generator`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size2,
        stride: Size2 = 1,
        padding: Padding = 0,
        dilation: Size2 = 1,
        *,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_channels = checks.integer("Conv2d", "in_channels", in_channels, low=1)
        self.out_channels = checks.integer("Conv2d", "out_channels", out_channels, low=1)
        self.kernel_size = checks.pair("Conv2d", "kernel_size", kernel_size, low=1)
        self.stride = checks.pair("Conv2d", "stride", stride, low=1)
        self.dilation = checks.pair("Conv2d", "dilation", dilation, low=1)
        (top, _), (left, _) = resolve_padding(
            "Conv2d", padding, self.kernel_size, self.stride, self.dilation
        )
        self.padding = padding if isinstance(padding, str) else (top, left)
        shape = (self.out_channels, self.in_channels, *self.kernel_size)
        self.weight, self.bias = _initial(shape, bias, rng, dtype)

    @property
    def steps(self) -> tuple[Pair, Pair | str, Pair]:
        """Stride, padding and dilation, in the order of `functional.conv2d`."""
        return self.stride, self.padding, self.dilation

    def forward(self, x: Array) -> Array:
        return F.conv2d(x, self.weight.data, _data(self.bias), *self.steps)

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        self.weight.grad += F.conv2d_dw(dy, x, self.weight.data, *self.steps)
        if self.bias is not None:
            self.bias.grad += dy.sum((0, 2, 3))
        return F.conv2d_dx(dy, x, self.weight.data, *self.steps) if need_dx else None

    def multiply_adds(self, y_shape: tuple[int, ...]) -> int:
        return self.weight.data.size * math.prod(y_shape[2:])

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        text += f", padding={self.padding}" if self.padding != (0, 0) else ""
        text += f", dilation={self.dilation}" if self.dilation != (1, 1) else ""
        return text if self.bias else f"{text}, bias=False"


class Linear(Module):
    """(N, in_features) -> (N, out_features).

    ``weight`` (out_features, in_features) and ``bias`` (out_features,) begin uniform in
    ±1/√in_features, as PyTorch's do. Raises ValueError for less than one feature.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_features = checks.integer("Linear", "in_features", in_features, low=1)
        self.out_features = checks.integer("Linear", "out_features", out_features, low=1)
        shape = (self.out_features, self.in_features)
        self.weight, self.bias = _initial(shape, bias, rng, dtype)

    def forward(self, x: Array) -> Array:
        return F.linear(x, self.weight.data, _data(self.bias))

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        self.weight.grad += F.linear_dw(dy, x, self.weight.data)
        if self.bias is not None:
            self.bias.grad += dy.sum(0)
        return F.linear_dx(dy, x, self.weight.data) if need_dx else None

    def multiply_adds(self, y_shape: tuple[int, ...]) -> int:
        return self.weight.data.size

    def extra_repr(self) -> str:
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"


class BatchNorm2d(Module):
    """(N, num_features, H, W) -> the same shape, each channel normalised.

    In training by the batch's statistics, which also move the running averages by ``momentum``;
    after ``eval()`` by the running averages (Ioffe & Szegedy, 2015).

    Raises
    ------
    ValueError
        In training, from a forward with fewer than two values a channel: they have no variance.
    """

    buffers = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        c = self.num_features = checks.integer("BatchNorm2d", "num_features", num_features, low=1)
        self.eps = checks.not_negative("BatchNorm2d", "eps", eps)
        self.momentum = checks.not_negative("BatchNorm2d", "momentum", momentum)
        self.weight, self.bias = Parameter(np.ones(c, dtype)), Parameter(np.zeros(c, dtype))
        self.running_mean, self.running_var = np.zeros(c, dtype), np.ones(c, dtype)
        self.num_batches_tracked = np.array(0)

    def forward(self, x: Array) -> Array:
        checks.floating("BatchNorm2d", x=x, weight=self.weight.data)  # before statistics are moved
        checks.inputs("BatchNorm2d", x, "(N, C, H, W)", self.num_features)
        self.by_batch = self.training
        mean, var = self._track(x) if self.training else (self.running_mean, self.running_var)
        return F.batch_norm(x, mean, var, self.weight.data, self.bias.data, eps=self.eps)

    def _track(self, x: Array) -> tuple[Array, Array]:
        count = x.size // x.shape[1]
        checks.integer("BatchNorm2d", "number of values a channel", count, low=2)
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_var += self.momentum * (var * count / (count - 1) - self.running_var)
        self.num_batches_tracked += 1
        return mean, var

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        w, b, mean, var = self.weight.data, self.bias.data, self.running_mean, self.running_var
        if self.by_batch:
            dx, dw, db = F.batch_norm_training_backward(dy, x, w, b, eps=self.eps)
        else:
            dx, dw, db = F.batch_norm_backward(dy, x, mean, var, w, b, eps=self.eps)
        self.weight.grad += dw
        self.bias.grad += db
        return dx if need_dx else None

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


def _initial(
    shape: tuple[int, ...], bias: bool, rng: np.random.Generator | None, dtype: DTypeLike
) -> tuple[Parameter, Parameter | None]:
    """PyTorch's default: weights and biases uniform in ±1/√fan_in."""
    rng = np.random.default_rng() if rng is None else rng
    bound = 1 / math.sqrt(math.prod(shape[1:]))

    def drawn(*shape: int) -> Parameter:
        return Parameter(uniform_(np.empty(shape, dtype), -bound, bound, rng=rng))

    return drawn(*shape), drawn(shape[0]) if bias else None


def _data(parameter: Parameter | None) -> Array | None:
    return None if parameter is None else parameter.data
