"""Bad input: one line a case, with the whole text of the error, which names expected and found."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from cnnlib import functional as F
from cnnlib import init, nn, optim, training
from cnnlib.checks import Array
from cnnlib.gradcheck import gradcheck, numerical_gradient, relative_error
from cnnlib.windows import fold, output_size, windows


def f32(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


def f64(*shape: int) -> Array:
    return np.zeros(shape)


def after_forward(layer: nn.Module, x: Array, dy: Any) -> Any:
    layer(x)
    return layer.backward(dy)


def load(layer: nn.Module | None = None, **changes: Any) -> None:
    """Load a state_dict in which something is changed, or left out."""
    layer = layer or nn.Linear(2, 3)
    state = layer.state_dict() | changes
    layer.load_state_dict({name: a for name, a in state.items() if a is not None})


def conv(**options: Any) -> nn.Conv2d:
    return nn.Conv2d(3, 8, 3, **options)


def weights() -> list[nn.Parameter]:
    return nn.Linear(2, 2).parameters()


def fit(steps: Any = 1, images: Any = None, labels: Any = (0, 1), **options: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    optimizer = optim.SGD(model.parameters())
    images = f32(2, 2) if images is None else images
    options = {"rng": np.random.default_rng(0), "optimizer": optimizer} | options
    training.fit(model, images=images, labels=np.array(labels), steps=steps, **options)


class Noise(nn.Module):
    """Another output every time."""

    def forward(self, x: Array) -> Array:
        return x + RNG.normal(size=x.shape)


def accuracy(labels: Any) -> float:
    return training.accuracy(nn.Sequential(nn.Linear(2, 3)), f32(4, 2), np.array(labels))


def too_large(padded: int, extent: int, kernel: int, dilation: int, size: int, padding: Any) -> str:
    return (
        f"expected a kernel no larger than the padded input ({padded}), got extent {extent} "
        f"(kernel_size {kernel}, dilation {dilation}, input {size}, padding {padding})"
    )


RNG = np.random.default_rng(0)
RELU = nn.ReLU()
V, T, R = ValueError, TypeError, RuntimeError
Row = tuple[type[Exception], str, Callable[[], Any]]

# fmt: off
ARRAYS: list[Row] = [
    (V, "conv2d expected 3 input channels, got 1 (input shape (8, 1, 28, 28))",
     lambda: conv()(f32(8, 1, 28, 28))),
    (V, "conv2d expected x of shape (N, C, H, W), got shape (3, 28, 28)",
     lambda: conv()(f32(3, 28, 28))),
    (T, "conv2d expected a NumPy array as x, got list", lambda: conv()([[[[1.0]]]])),
    (T, "conv2d expected a NumPy array as x, got Tensor", lambda: conv()(torch.zeros(1, 3, 5, 5))),
    (T, "conv2d expected float32 or float64 as x, got int64",
     lambda: conv()(np.zeros((1, 3, 5, 5), int))),
    (T, "conv2d expected float32 or float64 as x, got uint8",
     lambda: conv()(np.zeros((1, 3, 5, 5), np.uint8))),
    (T, "conv2d expected float32 or float64 as x, got complex128",
     lambda: conv()(np.zeros((1, 3, 5, 5), complex))),
    (T, "conv2d expected float32 or float64 as x, got float16",
     lambda: conv()(np.zeros((1, 3, 5, 5), np.float16))),
    (T, "conv2d expected float32 or float64 as x, got object",
     lambda: conv()(np.zeros((1, 3, 5, 5), object))),
    (T, "conv2d expected arrays of one dtype, got x float64, w float32, b float32",
     lambda: conv()(f64(1, 3, 5, 5))),
    (V, "conv2d expected 3 input channels, got 2 (input shape (1, 2, 5, 5))",
     lambda: F.conv2d(f32(1, 2, 5, 5), f32(4, 3, 3, 3))),
    (V, "conv2d expected w of shape (F, C, kH, kW), got shape (3, 3)",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(3, 3))),
    (V, "conv2d expected b of shape (4,), got shape (4, 1)",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(4, 3, 3, 3), f32(4, 1))),
    (V, "conv2d expected kernel_size >= 1, got 0",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(4, 3, 0, 3))),
    (T, "conv2d expected a NumPy array as b, got int",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(4, 3, 3, 3), 1)),
    (V, too_large(padded=4, extent=5, kernel=3, dilation=2, size=2, padding=(1, 1)),
     lambda: conv(dilation=2, padding=1)(f32(1, 3, 2, 9))),
    (V, too_large(padded=2, extent=3, kernel=3, dilation=1, size=2, padding=(0, 0)),
     lambda: conv()(f32(1, 3, 9, 2))),
    (V, "expected an image of at least one row and one column, got size 0",
     lambda: conv(padding=3)(f32(1, 3, 5, 0))),
    (V, "conv2d expected stride >= 1, got 0",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(4, 3, 3, 3), None, 0)),
    (V, "conv2d expected padding >= 0, got -1",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(4, 3, 3, 3), None, 1, -1)),
    (V, "conv2d expected dilation >= 1, got 0",
     lambda: F.conv2d(f32(1, 3, 5, 5), f32(4, 3, 3, 3), None, 1, 0, 0)),
    (V, "max_pool2d expected x of shape (N, C, H, W), got shape (4, 4)",
     lambda: F.max_pool2d(f32(4, 4), 2)),
    (T, "avg_pool2d expected float32 or float64 as x, got int64",
     lambda: F.avg_pool2d(np.zeros((1, 1, 4, 4), int), 2)),
    (V, too_large(padded=2, extent=3, kernel=3, dilation=1, size=2, padding=(0, 0)),
     lambda: nn.MaxPool2d(3)(f32(1, 1, 2, 2))),
    (T, "relu expected a NumPy array as x, got list", lambda: F.relu([1.0])),
    (T, "leaky_relu expected float32 or float64 as x, got int64",
     lambda: F.leaky_relu(np.arange(3))),
    (T, "leaky_relu expected a number as negative_slope, got '0.1'",
     lambda: F.leaky_relu(f32(2), "0.1")),
    (T, "leaky_relu_backward expected a number as negative_slope, got None",
     lambda: F.leaky_relu_backward(f32(2), f32(2), None)),
    (T, "Parameter expected float32 or float64 as data, got int64",
     lambda: nn.Parameter(np.arange(3))),
    (T, "Parameter expected float32 or float64 as data, got float16",
     lambda: nn.BatchNorm2d(2, dtype=np.float16)),
    (T, "sigmoid expected float32 or float64 as x, got int64", lambda: F.sigmoid(np.arange(3))),
    (T, "tanh expected float32 or float64 as x, got bool", lambda: F.tanh(np.zeros(3, bool))),
    (T, "gelu expected float32 or float64 as x, got float16",
     lambda: F.gelu(np.zeros(3, np.float16))),
    (T, "softmax expected float32 or float64 as x, got int64",
     lambda: F.softmax(np.zeros((2, 2), int))),
    (V, "flatten expected x of shape (N, …), got shape (3,)", lambda: F.flatten(f32(3))),
    (T, "flatten expected a NumPy array as x, got tuple", lambda: nn.Flatten()((1, 2))),
    (V, "linear expected 2 input features, got 3 (input shape (5, 3))",
     lambda: nn.Linear(2, 4)(f32(5, 3))),
    (V, "linear expected x of shape (N, in), got shape (5, 2, 1)",
     lambda: nn.Linear(2, 4)(f32(5, 2, 1))),
    (V, "linear expected w of shape (out, in), got shape (2,)",
     lambda: F.linear(f32(5, 2), f32(2))),
    (V, "linear expected b of shape (4,), got shape (2,)",
     lambda: F.linear(f32(5, 2), f32(4, 2), f32(2))),
    (T, "linear expected arrays of one dtype, got x float32, w float64",
     lambda: F.linear(f32(5, 2), f64(4, 2))),
    (V, "BatchNorm2d expected 3 input channels, got 2 (input shape (4, 2, 5, 5))",
     lambda: nn.BatchNorm2d(3)(f32(4, 2, 5, 5))),
    (V, "BatchNorm2d expected number of values a channel >= 2, got 1",
     lambda: nn.BatchNorm2d(3)(f32(1, 3, 1, 1))),
    (V, "BatchNorm2d expected x of shape (N, C, H, W), got shape (4, 3)",
     lambda: nn.BatchNorm2d(3)(f32(4, 3))),
    (T, "BatchNorm2d expected a NumPy array as x, got list", lambda: nn.BatchNorm2d(3)([1.0])),
    (T, "BatchNorm2d expected arrays of one dtype, got x float64, weight float32",
     lambda: nn.BatchNorm2d(3)(f64(4, 3, 5, 5))),
    (V, "batch_norm expected a finite eps >= 0, got -1",
     lambda: F.batch_norm(f32(4, 3, 5, 5), *[f32(3)] * 4, eps=-1)),
    (T, "batch_norm_backward expected a number as eps, got 'small'",
     lambda: F.batch_norm_backward(*[f32(4, 3, 5, 5)] * 2, *[f32(3)] * 4, eps="small")),
    (V, "batch_norm_training_backward expected a finite eps >= 0, got nan",
     lambda: F.batch_norm_training_backward(
         *[f32(4, 3, 5, 5)] * 2, *[f32(3)] * 2, eps=math.nan)),
    (V, "batch_norm expected var of shape (3,), got shape (2,)",
     lambda: F.batch_norm(f32(4, 3, 5, 5), f32(3), f32(2), f32(3), f32(3))),
    (V, "batch_norm_training_backward expected x of shape (N, C, H, W), got shape (4, 3)",
     lambda: F.batch_norm_training_backward(f32(4, 3), f32(4, 3), f32(3), f32(3))),
    (V, "batch_norm_training_backward expected at least one example, got shape (0, 3, 2, 2)",
     lambda: F.batch_norm_training_backward(f32(0, 3, 2, 2), f32(0, 3, 2, 2), f32(3), f32(3))),
    (T, "fold expected float32 or float64 as v, got uint8",
     lambda: fold(np.zeros((1, 1, 2, 2, 1, 1), np.uint8), 2)),
    (V, "windows expected x of shape (N, C, H, W), got shape (4, 4)",
     lambda: windows(f32(4, 4), 2)),
    (T, "windows expected a NumPy array as x, got list", lambda: windows([[1]], 2)),
    (V, "windows expected kernel_size >= 1, got 0", lambda: windows(f32(1, 1, 4, 4), 0)),
    (V, "windows expected stride >= 1, got 0", lambda: windows(f32(1, 1, 4, 4), 2, 0)),
    (V, "windows expected dilation >= 1, got 0", lambda: windows(f32(1, 1, 4, 4), 2, 1, 0)),
    (V, too_large(padded=4, extent=5, kernel=5, dilation=1, size=4, padding=(0, 0)),
     lambda: windows(f32(1, 1, 4, 4), (1, 5))),
    (V, "fold expected v of shape (N, C, H', W', kH, kW), got shape (2, 2)",
     lambda: fold(f32(2, 2), 3)),
    (V, "fold expected v of shape (1, 1, 3, 3, 2, 2), got shape (1, 1, 2, 3, 2, 2)",
     lambda: fold(f32(1, 1, 2, 3, 2, 2), 4)),
    (V, "fold expected size >= 1, got 0", lambda: fold(f32(1, 1, 2, 3, 2, 2), 0)),
    (V, "fold expected stride >= 1, got 0", lambda: fold(f32(1, 1, 3, 3, 2, 2), 4, 0)),
    (V, "fold expected dilation >= 1, got -1", lambda: fold(f32(1, 1, 3, 3, 2, 2), 4, 1, -1)),
    (V, "output_size expected size >= 1, got 0", lambda: output_size(0, 1)),
    (V, "output_size expected kernel_size >= 1, got 0", lambda: output_size(5, 0)),
    (V, "output_size expected stride >= 1, got 0", lambda: output_size(5, 3, 0)),
    (V, "output_size expected padding >= 0, got -1", lambda: output_size(5, 3, 1, -1)),
    (V, "output_size expected dilation >= 1, got 0", lambda: output_size(5, 3, 1, 1, 0)),
    (T, "output_size expected an integer as size, got 5.0", lambda: output_size(5.0, 3)),
]

ARGUMENTS: list[Row] = [
    (V, "Conv2d expected in_channels >= 1, got 0", lambda: nn.Conv2d(0, 1, 3)),
    (V, "Conv2d expected out_channels >= 1, got 0", lambda: nn.Conv2d(1, 0, 3)),
    (T, "Conv2d expected an integer as in_channels, got 1.0", lambda: nn.Conv2d(1.0, 1, 3)),
    (V, "Conv2d expected kernel_size >= 1, got 0", lambda: nn.Conv2d(1, 1, 0)),
    (T, "Conv2d expected an integer as kernel_size, got True", lambda: nn.Conv2d(1, 1, True)),
    (T, "Conv2d expected an integer as kernel_size, got np.False_",
     lambda: nn.Conv2d(1, 1, np.bool_(False))),
    (T, "Conv2d expected an integer as kernel_size, got 3.0", lambda: nn.Conv2d(1, 1, 3.0)),
    (T, "Conv2d expected an integer as kernel_size, got None", lambda: nn.Conv2d(1, 1, None)),
    (V, "Conv2d expected one or two integers as kernel_size, got (3, 3, 3)",
     lambda: nn.Conv2d(1, 1, (3, 3, 3))),
    (V, "Conv2d expected one or two integers as kernel_size, got [3]",
     lambda: nn.Conv2d(1, 1, [3])),
    (V, "Conv2d expected stride >= 1, got 0", lambda: conv(stride=0)),
    (V, "Conv2d expected stride >= 1, got -2", lambda: conv(stride=(1, -2))),
    (V, "Conv2d expected dilation >= 1, got 0", lambda: conv(dilation=0)),
    (V, "Conv2d expected padding >= 0, got -1", lambda: conv(padding=-1)),
    (T, "Conv2d expected an integer as padding, got 0.5", lambda: conv(padding=(1, 0.5))),
    (T, "Conv2d expected an integer as padding, got array([1, 1])",
     lambda: conv(padding=np.array([1, 1]))),
    (V, "Conv2d expected padding 'same', 'valid' or integers, got 'SAME'",
     lambda: conv(padding="SAME")),
    (V, "Conv2d expected stride 1 with padding='same', got stride (2, 2)",
     lambda: conv(padding="same", stride=2)),
    (V, "Conv2d expected stride 1 with padding='same', got stride (1, 2)",
     lambda: conv(padding="same", stride=(1, 2))),
    (T, "init expected float32 or float64 as a, got int64", lambda: conv(dtype=np.int64)),
    (T, "init expected float32 or float64 as a, got float16",
     lambda: nn.Linear(2, 2, dtype=np.float16)),
    (V, "Linear expected in_features >= 1, got 0", lambda: nn.Linear(0, 2)),
    (V, "Linear expected out_features >= 1, got -1", lambda: nn.Linear(2, -1)),
    (V, "BatchNorm2d expected num_features >= 1, got 0", lambda: nn.BatchNorm2d(0)),
    (V, "BatchNorm2d expected a finite eps >= 0, got -1e-05", lambda: nn.BatchNorm2d(1, -1e-5)),
    (V, "BatchNorm2d expected a finite momentum >= 0, got nan",
     lambda: nn.BatchNorm2d(1, momentum=math.nan)),
    (T, "BatchNorm2d expected a number as momentum, got None",
     lambda: nn.BatchNorm2d(1, momentum=None)),
    (T, "LeakyReLU expected a number as negative_slope, got [0.1]", lambda: nn.LeakyReLU([0.1])),
    (V, "MaxPool2d expected kernel_size >= 1, got 0", lambda: nn.MaxPool2d(0)),
    (V, "MaxPool2d expected stride >= 1, got 0", lambda: nn.MaxPool2d(2, 0)),
    (V, "MaxPool2d expected padding <= 1 (half the kernel), got 2",
     lambda: nn.MaxPool2d(3, padding=2)),
    (V, "MaxPool2d expected padding <= 1 (half the kernel), got 2",
     lambda: nn.MaxPool2d(3, padding=2, dilation=2)),
    (V, "MaxPool2d expected padding <= 0 (half the kernel), got 1",
     lambda: nn.MaxPool2d((2, 1), padding=1)),
    (V, "MaxPool2d expected padding >= 0, got -1", lambda: nn.MaxPool2d(3, padding=-1)),
    (V, "MaxPool2d expected dilation >= 1, got 0", lambda: nn.MaxPool2d(3, dilation=0)),
    (T, "MaxPool2d expected an integer as padding, got 'same'",
     lambda: nn.MaxPool2d(3, padding="same")),
    (V, "AvgPool2d expected kernel_size >= 1, got 0", lambda: nn.AvgPool2d((2, 0))),
    (V, "AvgPool2d expected padding <= 1 (half the kernel), got 2",
     lambda: nn.AvgPool2d(3, padding=2)),
    (V, "avg_pool2d expected padding <= 1 (half the kernel), got 2",
     lambda: F.avg_pool2d(f32(1, 1, 5, 5), 3, 1, 2)),
    (V, "CrossEntropyLoss expected 0 <= label_smoothing < 1, got 1",
     lambda: nn.CrossEntropyLoss(label_smoothing=1)),
    *((T, f"{kind.__name__}() takes no arguments", lambda kind=kind: kind(True))
      for kind in (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.Flatten)),
    (T, "ReLU() takes no arguments", lambda: nn.ReLU(inplace=True)),
    (T, "init expected rng of type Generator, got int", lambda: conv(rng=0)),
    (T, "init expected rng of type Generator, got int", lambda: nn.Linear(2, 2, rng=7)),
    (V, "Sequential expected at least one layer, got none", nn.Sequential),
    (V, "Sequential expected at least one layer, got none", lambda: nn.Sequential(RELU)[1:]),
    (T, "Sequential expected layers, got list", lambda: nn.Sequential([nn.ReLU()])),
    (T, "Sequential expected layers, got function", lambda: nn.Sequential(nn.ReLU(), F.relu)),
    (T, "Sequential expected layers, got type", lambda: nn.Sequential(nn.ReLU)),
    (V, "Sequential expected every layer once, got one of them twice",
     lambda: nn.Sequential(RELU, nn.Tanh(), RELU)),
    (V, "Sequential expected every layer once, got one of them twice",
     lambda: nn.Sequential(nn.Sequential(RELU), RELU)),
    (V, "init expected a weight of shape (out, in, …), got shape (3,)",
     lambda: init.kaiming_normal_(f32(3), rng=RNG)),
    (V, "init expected a weight of shape (out, in, …), got shape (3, 0)",
     lambda: init.xavier_normal_(f32(3, 0), rng=RNG)),
    (T, "init expected a NumPy array as a, got list",
     lambda: init.kaiming_normal_([[1.0]], rng=RNG)),
    (T, "init expected float32 or float64 as a, got int64",
     lambda: init.normal_(np.zeros(3, int), rng=RNG)),
    (T, "init expected float32 or float64 as a, got int64",
     lambda: init.uniform_(np.zeros(3, int), rng=RNG)),
    *((T, "init expected rng of type Generator, got int",
       lambda fill=fill: fill(f32(3, 2), rng=0))
      for fill in (init.normal_, init.uniform_, init.xavier_normal_, init.kaiming_normal_)),
]

BACKWARD: list[Row] = [
    (R, "Conv2d expected forward before backward", lambda: conv().backward(f32(1, 8, 3, 3))),
    (R, "ReLU expected forward before backward", lambda: nn.ReLU().backward(f32(1))),
    (R, "BatchNorm2d expected forward before backward", lambda: nn.BatchNorm2d(1).backward(f32(1))),
    (R, "Sequential expected forward before backward",
     lambda: nn.Sequential(nn.ReLU()).backward(f32(1))),
    (R, "CrossEntropyLoss expected a loss before backward",
     lambda: nn.CrossEntropyLoss().backward()),
    (R, "MSELoss expected a loss before backward", lambda: nn.MSELoss().backward()),
    (V, "conv2d_dw expected dy of shape (2, 8, 3, 3), got shape (2, 8, 3, 4)",
     lambda: after_forward(conv(), f32(2, 3, 5, 5), f32(2, 8, 3, 4))),
    (V, "conv2d_dw expected dy of shape (2, 8, 3, 3), got shape (8, 3, 3)",
     lambda: after_forward(conv(), f32(2, 3, 5, 5), f32(8, 3, 3))),
    (T, "conv2d_dw expected a NumPy array as dy, got NoneType",
     lambda: after_forward(conv(), f32(2, 3, 5, 5), None)),
    (T, "conv2d_dw expected arrays of one dtype, got dy float64, x float32, w float32",
     lambda: after_forward(conv(), f32(2, 3, 5, 5), f64(2, 8, 3, 3))),
    (V, "linear_dw expected dy of shape (5, 4), got shape (5, 2)",
     lambda: after_forward(nn.Linear(2, 4), f32(5, 2), f32(5, 2))),
    (T, "linear_dw expected arrays of one dtype, got dy float64, x float32, w float32",
     lambda: after_forward(nn.Linear(2, 4), f32(5, 2), f64(5, 4))),
    (V, "linear_dx expected dy of shape (5, 4), got shape (5, 2)",
     lambda: F.linear_dx(f32(5, 2), f32(5, 2), f32(4, 2))),
    (V, "linear_dw expected dy of shape (5, 4), got shape (5, 2)",
     lambda: F.linear_dw(f32(5, 2), f32(5, 2), f32(4, 2))),
    (V, "linear_dw expected 2 input features, got 3 (input shape (5, 3))",
     lambda: F.linear_dw(f32(5, 4), f32(5, 3), f32(4, 2))),
    (V, "batch_norm_backward expected mean of shape (3,), got shape (1,)",
     lambda: F.batch_norm_backward(f32(4, 3, 5, 5), f32(4, 3, 5, 5), f32(1), *[f32(3)] * 3)),
    (T, "batch_norm expected arrays of one dtype, got x float64, mean float32, "
        "var float32, w float32, b float32",
     lambda: F.batch_norm(f64(4, 3, 5, 5), *[f32(3)] * 4)),
    (V, "max_pool2d_backward expected stride >= 1, got 0",
     lambda: F.max_pool2d_backward(f32(1, 1, 2, 2), f32(1, 1, 4, 4), 2, 0)),
    (V, "avg_pool2d_backward expected stride >= 1, got 0",
     lambda: F.avg_pool2d_backward(f32(1, 1, 2, 2), f32(1, 1, 4, 4), 2, 0)),
    (V, "conv2d_dx expected dy of shape (1, 4, 3, 3), got shape (1, 4, 3, 1)",
     lambda: F.conv2d_dx(f32(1, 4, 3, 1), f32(1, 3, 5, 5), f32(4, 3, 3, 3))),
    (V, "conv2d_dw expected dy of shape (1, 4, 3, 3), got shape (1, 4, 3, 1)",
     lambda: F.conv2d_dw(f32(1, 4, 3, 1), f32(1, 3, 5, 5), f32(4, 3, 3, 3))),
    (V, "conv2d_dx expected 3 input channels, got 2 (input shape (1, 2, 5, 5))",
     lambda: F.conv2d_dx(f32(1, 4, 3, 3), f32(1, 2, 5, 5), f32(4, 3, 3, 3))),
    (V, "conv2d_dw expected stride 1 with padding='same', got stride (2, 2)",
     lambda: F.conv2d_dw(f32(1, 4, 3, 3), f32(1, 3, 5, 5), f32(4, 3, 3, 3), 2, "same")),
    (V, "conv2d_dx expected dilation >= 1, got 0",
     lambda: F.conv2d_backward(
         f32(1, 4, 3, 3), f32(1, 3, 5, 5), f32(4, 3, 3, 3), None, 1, 0, 0)),
    (T, "max_pool2d_backward expected float32 or float64 as x, got int64",
     lambda: F.max_pool2d_backward(f32(1, 1, 2, 2), np.zeros((1, 1, 4, 4), int), 2)),
    (V, "relu_backward expected dy of shape (5, 2), got shape (2,)",
     lambda: after_forward(nn.ReLU(), f32(5, 2), f32(2))),
    (T, "relu_backward expected arrays of one dtype, got dy float64, x float32",
     lambda: after_forward(nn.ReLU(), f32(2), f64(2))),
    (T, "relu_backward expected a NumPy array as x, got list",
     lambda: F.relu_backward(f32(2), [1.0, 2.0])),
    (T, "leaky_relu_backward expected a NumPy array as x, got list",
     lambda: F.leaky_relu_backward(f32(2), [1.0, 2.0])),
    (T, "sigmoid_backward expected a NumPy array as x, got list",
     lambda: F.sigmoid_backward(f32(2), [1.0, 2.0])),
    (T, "tanh_backward expected a NumPy array as x, got list",
     lambda: F.tanh_backward(f32(2), [1.0, 2.0])),
    (T, "gelu_backward expected a NumPy array as x, got list",
     lambda: F.gelu_backward(f32(2), [1.0, 2.0])),
    (T, "flatten_backward expected a NumPy array as x, got list",
     lambda: F.flatten_backward(f32(1, 2), [[1.0, 2.0]])),
    (V, "leaky_relu_backward expected dy of shape (5, 2), got shape (2,)",
     lambda: after_forward(nn.LeakyReLU(), f32(5, 2), f32(2))),
    (V, "sigmoid_backward expected dy of shape (5, 2), got shape (2,)",
     lambda: after_forward(nn.Sigmoid(), f32(5, 2), f32(2))),
    (V, "tanh_backward expected dy of shape (5, 2), got shape (2,)",
     lambda: after_forward(nn.Tanh(), f32(5, 2), f32(2))),
    (V, "gelu_backward expected dy of shape (5, 2), got shape (2,)",
     lambda: after_forward(nn.GELU(), f32(5, 2), f32(2))),
    (V, "max_pool2d_backward expected dy of shape (2, 1, 2, 3), got shape (2, 1, 4, 6)",
     lambda: after_forward(nn.MaxPool2d(2), f32(2, 1, 4, 6), f32(2, 1, 4, 6))),
    (T, "max_pool2d_backward expected arrays of one dtype, got dy float64, x float32",
     lambda: after_forward(nn.MaxPool2d(2), f32(2, 1, 4, 6), f64(2, 1, 2, 3))),
    (V, "avg_pool2d_backward expected dy of shape (2, 1, 2, 3), got shape (2, 1, 4, 6)",
     lambda: after_forward(nn.AvgPool2d(2), f32(2, 1, 4, 6), f32(2, 1, 4, 6))),
    (V, "flatten_backward expected dy of shape (2, 24), got shape (2, 23)",
     lambda: after_forward(nn.Flatten(), f32(2, 4, 6), f32(2, 23))),
    (T, "flatten_backward expected a NumPy array as dy, got float",
     lambda: after_forward(nn.Flatten(), f32(2, 4, 6), 1.0)),
    (V, "batch_norm_backward expected dy of shape (2, 1, 4, 6), got shape (2, 1, 4, 1)",
     lambda: after_forward(nn.BatchNorm2d(1), f32(2, 1, 4, 6), f32(2, 1, 4, 1))),
    (T, "batch_norm_backward expected arrays of one dtype, got dy float64, x float32",
     lambda: after_forward(nn.BatchNorm2d(1), f32(2, 1, 4, 6), f64(2, 1, 4, 6))),
    (NotImplementedError, "Module has no forward", lambda: nn.Module()(f32(1))),
    (NotImplementedError, "Module has no gradients",
     lambda: nn.Module().gradients(f32(1), f32(1), True)),
]

LOSSES: list[Row] = [
    (T, "cross_entropy expected integer labels, got float64",
     lambda: F.cross_entropy(f32(2, 3), np.array([0, math.nan]))),
    (T, "cross_entropy expected integer labels, got bool",
     lambda: F.cross_entropy(f32(2, 3), np.array([True, False]))),
    (V, "cross_entropy expected labels in 0 … 2, got 0 … 3",
     lambda: F.cross_entropy(f32(2, 3), np.array([0, 3]))),
    (V, "cross_entropy expected labels in 0 … 2, got -1 … 2",
     lambda: F.cross_entropy(f32(2, 3), np.array([-1, 2]))),
    (V, "cross_entropy expected labels of shape (2,), got shape (3,)",
     lambda: F.cross_entropy(f32(2, 3), np.array([0, 1, 2]))),
    (V, "cross_entropy expected labels of shape (2,), got shape (2, 3)",
     lambda: F.cross_entropy(f32(2, 3), np.eye(2, 3, dtype=int))),
    (V, "cross_entropy expected logits of shape (N, K), got shape (3,)",
     lambda: F.cross_entropy(f32(3), np.array([0]))),
    (V, "cross_entropy expected at least one example, got shape (0, 3)",
     lambda: F.cross_entropy(f32(0, 3), np.zeros(0, int))),
    (V, "cross_entropy expected at least one example, got shape (2, 0)",
     lambda: F.cross_entropy(f32(2, 0), np.zeros(2, int))),
    (T, "cross_entropy expected float32 or float64 as logits, got int64",
     lambda: F.cross_entropy(np.zeros((2, 3), int), np.array([0, 1]))),
    (V, "cross_entropy expected 0 <= label_smoothing < 1, got -0.1",
     lambda: F.cross_entropy(f32(2, 3), np.array([0, 1]), label_smoothing=-0.1)),
    (V, "cross_entropy_backward expected labels in 0 … 2, got 0 … 3",
     lambda: F.cross_entropy_backward(f32(2, 3), np.array([0, 3]))),
    (V, "mse_loss expected target of shape (2, 3), got shape (3,)",
     lambda: F.mse_loss(f32(2, 3), f32(3))),
    (V, "mse_loss expected at least one example, got shape (0, 3)",
     lambda: F.mse_loss(f32(0, 3), f32(0, 3))),
    (T, "mse_loss expected arrays of one dtype, got y float32, target float64",
     lambda: nn.MSELoss()(f32(2), f64(2))),
    (V, "mse_loss_backward expected target of shape (2, 3), got shape (3,)",
     lambda: F.mse_loss_backward(f32(2, 3), f32(3))),
    (T, "cross_entropy_backward expected float32 or float64 as logits, got int64",
     lambda: F.cross_entropy_backward(np.zeros((2, 3), int), np.array([0, 1]))),
]

STATES: list[Row] = [
    (V, "state_dict: missing ['bias'], unknown []", lambda: load(bias=None)),
    (V, "state_dict: missing [], unknown ['running_mean']", lambda: load(running_mean=f32(3))),
    (V, "state_dict: missing ['weight', 'bias'], unknown ['0.weight', '0.bias']",
     lambda: nn.Linear(2, 3).load_state_dict(nn.Sequential(nn.Linear(2, 3)).state_dict())),
    (V, "state_dict: missing ['weight', 'bias'], unknown []",
     lambda: nn.Linear(2, 3).load_state_dict({})),
    (V, "state_dict: expected weight of shape (3, 2), got shape (2, 3)",
     lambda: load(weight=f32(2, 3))),
    (V, "state_dict: expected bias of shape (3,), got shape ()", lambda: load(bias=1.0)),
    (T, "state_dict: expected real numbers as bias, got <U5", lambda: load(bias="zeros")),
    (T, "state_dict: expected real numbers as bias, got complex128",
     lambda: load(bias=np.zeros(3, complex))),
    (T, "state_dict: expected real numbers as bias, got bool",
     lambda: load(bias=[True, False, True])),
    (T, "state_dict: expected real numbers as bias, got object", lambda: load(bias={"a": 1})),
    (T, "state_dict: expected a dictionary, got list",
     lambda: nn.Linear(2, 3).load_state_dict([f32(3, 2), f32(3)])),
    (T, "state_dict: expected integers as num_batches_tracked, got float64",
     lambda: load(nn.BatchNorm2d(1), num_batches_tracked=2.5)),
]

OPTIMIZERS: list[Row] = [
    (V, "SGD expected at least one parameter, got none", lambda: optim.SGD([])),
    (V, "Adam expected at least one parameter, got none",
     lambda: optim.Adam(nn.ReLU().parameters())),
    (T, "SGD expected model.parameters(), got a Linear",
     lambda: optim.SGD(nn.Sequential(nn.Linear(1, 1)))),
    (T, "SGD expected model.parameters(), got a method",
     lambda: optim.SGD(nn.Linear(1, 1).parameters)),
    (V, "Adam expected every parameter once, got one of them twice",
     lambda: optim.Adam(weights() * 2)),
    (T, "Adam expected model.parameters(), got a ndarray", lambda: optim.Adam([f32(2)])),
    (V, "SGD expected a finite lr >= 0, got -0.1", lambda: optim.SGD(weights(), lr=-0.1)),
    (V, "SGD expected a finite lr >= 0, got nan", lambda: optim.SGD(weights(), lr=math.nan)),
    (V, "Adam expected a finite lr >= 0, got inf", lambda: optim.Adam(weights(), lr=math.inf)),
    (T, "Adam expected a number as lr, got '1e-3'", lambda: optim.Adam(weights(), "1e-3")),
    (V, "SGD expected a finite momentum >= 0, got nan",
     lambda: optim.SGD(weights(), momentum=math.nan)),
    (V, "SGD expected a finite momentum >= 0, got -0.5",
     lambda: optim.SGD(weights(), momentum=-0.5)),
    (V, "SGD expected a finite weight_decay >= 0, got -1",
     lambda: optim.SGD(weights(), weight_decay=-1)),
    (T, "Adam expected two numbers as betas, got 0.9", lambda: optim.Adam(weights(), betas=0.9)),
    (T, "Adam expected two numbers as betas, got (0.9,)",
     lambda: optim.Adam(weights(), betas=(0.9,))),
    (T, "SGD expected a number as momentum, got True", lambda: optim.SGD(weights(), 0.1, True)),
    (V, "Adam expected 0 <= betas[0] < 1, got 1.0",
     lambda: optim.Adam(weights(), betas=(1.0, 0.9))),
    (V, "Adam expected 0 <= betas[1] < 1, got 1.0",
     lambda: optim.Adam(weights(), betas=(0.9, 1.0))),
    (V, "Adam expected 0 <= betas[1] < 1, got -0.1",
     lambda: optim.Adam(weights(), betas=(0.9, -0.1))),
    (V, "Adam expected a finite eps >= 0, got -1e-08", lambda: optim.Adam(weights(), eps=-1e-8)),
    (V, "Adam expected a finite weight_decay >= 0, got nan",
     lambda: optim.Adam(weights(), weight_decay=math.nan)),
    (V, "StepLR expected step_size >= 1, got 0", lambda: optim.StepLR(optim.SGD(weights()), 0)),
    (V, "StepLR expected a finite gamma >= 0, got -1.0",
     lambda: optim.StepLR(optim.SGD(weights()), 1, -1.0)),
    (V, "CosineAnnealingLR expected a finite eta_min >= 0, got -1",
     lambda: optim.CosineAnnealingLR(optim.SGD(weights()), 9, -1)),
    (V, "CosineAnnealingLR expected T_max >= 1, got 0",
     lambda: optim.CosineAnnealingLR(optim.SGD(weights()), 0)),
    (T, "CosineAnnealingLR expected an integer as T_max, got 10.0",
     lambda: optim.CosineAnnealingLR(optim.SGD(weights()), 10.0)),
    (V, "OneCycleLR expected total_steps >= 1, got 0",
     lambda: optim.OneCycleLR(optim.SGD(weights()), 0.1, 0)),
    (V, "OneCycleLR expected 0 <= pct_start < 1, got 1.0",
     lambda: optim.OneCycleLR(optim.SGD(weights()), 0.1, 9, pct_start=1.0)),
    (V, "OneCycleLR expected a finite max_lr >= 0, got -0.1",
     lambda: optim.OneCycleLR(optim.SGD(weights()), -0.1, 9)),
    (T, "StepLR expected optimizer of type Optimizer, got float", lambda: optim.StepLR(0.1, 9)),
    (T, "CosineAnnealingLR expected optimizer of type Optimizer, got Linear",
     lambda: optim.CosineAnnealingLR(nn.Linear(2, 2), 9)),
    (T, "OneCycleLR expected optimizer of type Optimizer, got the class Adam",
     lambda: optim.OneCycleLR(optim.Adam, 0.1, 9)),
    (NotImplementedError, "Optimizer has no step",
     lambda: optim.Optimizer(weights(), 0.1, 0).step()),
    (NotImplementedError, "Schedule has no lr", lambda: optim.Schedule(optim.SGD(weights()))),
]

TRAINING: list[Row] = [
    (T, "gradcheck expected float64 as x, got float32",
     lambda: gradcheck(nn.ReLU(), f32(2), rng=RNG)),
    (V, "gradcheck expected at least one example, got shape (0, 3)",
     lambda: gradcheck(nn.ReLU(), f64(0, 3), rng=RNG)),
    (V, "relative_error expected b of shape (3, 1), got shape (1, 4)",
     lambda: relative_error(f64(3, 1), f64(1, 4))),
    (T, "gradcheck expected a NumPy array as x, got list",
     lambda: gradcheck(nn.ReLU(), [1.0], rng=RNG)),
    (T, "gradcheck expected float32 or float64 as x, got int64",
     lambda: gradcheck(nn.ReLU(), np.arange(3), rng=RNG)),
    (T, "linear expected arrays of one dtype, got x float64, w float32, b float32",
     lambda: gradcheck(nn.Linear(2, 2), f64(1, 2), rng=RNG)),
    (T, "numerical_gradient expected float32 or float64 as x, got int64",
     lambda: numerical_gradient(float, np.arange(3))),
    (T, "numerical_gradient expected float64 as x, got float32",
     lambda: numerical_gradient(float, f32(3))),
    (V, "gradcheck expected the same output twice, got another: try eval()",
     lambda: gradcheck(Noise(), np.ones(9), rng=RNG)),
    (T, "fit expected optimizer of type Optimizer, got the class SGD",
     lambda: fit(optimizer=optim.SGD)),
    (T, "fit expected rng of type Generator, got NoneType", lambda: fit(rng=None)),
    (T, "fit expected rng of type Generator, got int", lambda: fit(rng=0)),
    (T, "gradcheck expected rng of type Generator, got int",
     lambda: gradcheck(nn.ReLU(), f64(2), rng=0)),
    (V, "fit expected an optimizer of this model's parameters, got one of others",
     lambda: fit(optimizer=optim.SGD(weights()))),
    (V, "fit expected a schedule of this optimizer, got one of another",
     lambda: fit(schedule=optim.StepLR(optim.SGD(weights()), 9))),
    (T, "fit expected schedule of type Schedule, got the class StepLR",
     lambda: fit(schedule=optim.StepLR)),
    (T, "fit expected a NumPy array as examples, got list", lambda: fit(images=[[1.0, 2.0]])),
    (T, "batches expected arrays, got a single number or None", lambda: fit(labels=None)),
    (V, "fit expected steps >= 0, got -1", lambda: fit(-1)),
    (T, "fit expected an integer as steps, got 1.5", lambda: fit(1.5)),
    (V, "fit expected at least one example, got shape (0, 2)",
     lambda: fit(images=f32(0, 2), labels=())),
    (T, "linear expected float32 or float64 as x, got uint8",
     lambda: fit(images=np.zeros((2, 2), np.uint8))),
    (V, "cross_entropy expected labels in 0 … 1, got 2 … 2", lambda: fit(labels=(2, 2))),
    (V, "predict expected at least one example, got shape (0, 2)",
     lambda: training.predict(nn.Sequential(nn.Linear(2, 2)), f32(0, 2))),
    (V, "accuracy expected labels of shape (4,), got shape (4, 1)",
     lambda: accuracy([[0], [1], [2], [0]])),
    (V, "accuracy expected labels of shape (4,), got shape (1,)", lambda: accuracy([0])),
    (V, "accuracy expected labels in 0 … 2, got 0 … 3", lambda: accuracy([0, 1, 2, 3])),
    (T, "accuracy expected integer labels, got float64", lambda: accuracy([0, 1, 2, math.nan])),
]

# fmt: on

ROWS = ARRAYS + ARGUMENTS + BACKWARD + LOSSES + STATES + OPTIMIZERS + TRAINING


@pytest.mark.parametrize(
    ("kind", "text", "call"), ROWS, ids=[text.replace("…", "...") for _, text, _ in ROWS]
)
def test_bad_input(kind: type[Exception], text: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as info:
        call()
    assert type(info.value) is kind
    assert str(info.value) == text
