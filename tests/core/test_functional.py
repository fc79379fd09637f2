"""The mathematics against torch, forward and backward, over shapes, steps, layouts and ties."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    LAYOUTS,
    Axis,
    Numbers,
    assert_close,
    assert_like_torch,
    both,
    conv_axes,
    numbers,
    pool_axes,
    to_torch,
)
from torch.nn import functional as T

from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.gradcheck import numerical_gradient

counts = st.integers(0, 3)  # an empty batch, too
channels = st.sampled_from([1, 2, 3, 16])  # few and many: the convolution treats them differently
paddings = st.sampled_from(["as drawn", "as drawn", "same", "valid"])


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Numbers, list[Array], tuple[Any, ...]]:
    """Numbers, the arrays x, w, b, and stride, padding, dilation."""
    axes, n = (draw(conv_axes()), draw(conv_axes())), draw(numbers)
    kernel, stride, given, dilation = (
        both(*axes, name) for name in ("kernel", "stride", "padding", "dilation")
    )
    padding: Any = given
    size, kind = both(*axes, "size"), draw(paddings)
    if kind == "valid":
        padding, size = kind, (max(axes[0].size, axes[0].extent), max(axes[1].size, axes[1].extent))
    if kind == "same":
        padding, stride = kind, (1, 1)
    filters, c = draw(st.integers(1, 4)), draw(channels)
    arrays = [n.normal(draw(counts), c, *size), n.normal(filters, c, *kernel), n.normal(filters)]
    return n, arrays, (stride, padding, dilation)


@settings(max_examples=400)
@given(convolutions())
def test_conv2d(drawn: tuple[Numbers, list[Array], tuple[Any, ...]]) -> None:
    n, arrays, steps = drawn
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel", UserWarning)
        assert_like_torch(
            lambda x, w, b: F.conv2d(x, w, b, *steps),
            lambda dy, x, w, b: F.conv2d_backward(dy, x, w, b, *steps),
            lambda x, w, b: T.conv2d(x, w, b, *steps),
            *arrays,
            numbers=n,
        )


def seven_loops(x: Array, w: Array, b: Array, stride: Any, padding: Any, dilation: Any) -> Array:
    """The definition: a loop for each of n, f, p, q, c, i, j; cells outside x count as 0."""
    (height, width), (tall, wide) = x.shape[2:], w.shape[2:]
    rows = (height + 2 * padding[0] - dilation[0] * (tall - 1) - 1) // stride[0] + 1
    columns = (width + 2 * padding[1] - dilation[1] * (wide - 1) - 1) // stride[1] + 1
    y = np.zeros((len(x), len(w), rows, columns), x.dtype)
    for n in range(len(x)):
        for f in range(len(w)):
            for p in range(rows):
                for q in range(columns):
                    y[n, f, p, q] = b[f]
                    for c in range(x.shape[1]):
                        for i in range(tall):
                            for j in range(wide):
                                row = p * stride[0] + i * dilation[0] - padding[0]
                                column = q * stride[1] + j * dilation[1] - padding[1]
                                if 0 <= row < height and 0 <= column < width:
                                    y[n, f, p, q] += w[f, c, i, j] * x[n, c, row, column]
    return y


@settings(max_examples=40)
@given(numbers, conv_axes(), conv_axes())
def test_conv2d_is_seven_loops(n: Numbers, vertical: Axis, horizontal: Axis) -> None:
    axes = (vertical, horizontal)
    x, w, b = n.normal(2, 2, *both(*axes, "size")), n.normal(2, 2, *both(*axes, "kernel")), None
    b = n.normal(2)
    steps = [both(*axes, name) for name in ("stride", "padding", "dilation")]
    assert_close(F.conv2d(x, w, b, *steps), seven_loops(x, w, b, *steps))


def test_conv2d_defaults() -> None:
    n = Numbers()
    x, w = n.normal(2, 3, 6, 5), n.normal(4, 3, 3, 2)
    y = F.conv2d(x, w)
    assert_close(y, F.conv2d(x, w, np.zeros(4), (1, 1), (0, 0), (1, 1)))
    dy = n.normal(*y.shape)
    given_steps = F.conv2d_backward(dy, x, w, None, (1, 1), (0, 0), (1, 1))
    for found, wanted in zip(F.conv2d_backward(dy, x, w), given_steps, strict=True):
        assert_close(found, wanted)
    assert_close(F.conv2d_dx(dy, x, w), given_steps[0])
    assert_close(F.conv2d_dw(dy, x, w), given_steps[1])


def test_conv2d_does_not_flip() -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    w = np.array([[[[1.0, 0.0], [0.0, 0.0]]]])
    np.testing.assert_array_equal(F.conv2d(x, w), x[:, :, :3, :3])


def test_conv2d_reads_only_what_lies_under_the_kernel() -> None:
    """A NaN in the gaps of a dilated kernel, or skipped by the stride, reaches no output."""
    x = np.ones((1, 1, 1, 7))
    x[..., 1] = np.nan
    w = np.ones((1, 1, 1, 2))
    np.testing.assert_array_equal(F.conv2d(x, w, None, (1, 2), 0, 2)[0, 0], [[2, 2, 2]])
    assert np.isnan(F.conv2d(x, w, None, 1, 0, 2)).sum() == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_conv2d_leaves_the_batch_innermost(layout: str) -> None:
    n = Numbers(layout=layout)
    x, w = n.normal(4, 2, 5, 5), n.normal(3, 2, 3, 3)
    y = F.conv2d(x, w)
    assert y.transpose(2, 1, 3, 0).flags.c_contiguous
    assert F.conv2d_dx(y, x, w).transpose(2, 1, 3, 0).flags.c_contiguous


@st.composite
def poolings(draw: st.DrawFn, dilated: bool) -> tuple[Numbers, tuple[int, ...], list[Any]]:
    """Numbers, a shape, and kernel, stride, padding (and dilation)."""
    axis = pool_axes(3 if dilated else 1)
    axes = draw(axis), draw(axis)
    names = ("kernel", "stride", "padding", "dilation")[: 4 if dilated else 3]
    steps: list[Any] = [both(*axes, name) for name in names]
    shape = (draw(counts), draw(st.integers(1, 3)), *both(*axes, "size"))
    return draw(numbers), shape, steps


VALUES = {
    "ties": (-2.0, -1.0, 0.0, 1.0),
    "many ties, and minus infinity": (-math.inf, -math.inf, -1.0),
    "distinct": None,
}


@settings(max_examples=250)
@given(poolings(dilated=True), st.booleans(), st.sampled_from(list(VALUES)))
def test_max_pool2d(
    drawn: tuple[Numbers, tuple[int, ...], list[Any]], ceil_mode: bool, kind: str
) -> None:
    n, shape, steps = drawn
    values = VALUES[kind]
    assert_like_torch(
        lambda x: F.max_pool2d(x, *steps, ceil_mode),
        lambda dy, x: F.max_pool2d_backward(dy, x, *steps, ceil_mode),
        lambda x: T.max_pool2d(x, *steps, ceil_mode),
        n.few(*shape, values=values) if values else n.normal(*shape),
        numbers=n,
    )


@given(poolings(dilated=True), st.booleans())
def test_max_pool2d_hands_nan_on(
    drawn: tuple[Numbers, tuple[int, ...], list[Any]], ceil_mode: bool
) -> None:
    """To the output; and the gradient to the NaN, the last of several, even beside +∞."""
    n, shape, steps = drawn
    assert_like_torch(
        lambda x: F.max_pool2d(x, *steps, ceil_mode),
        lambda dy, x: F.max_pool2d_backward(dy, x, *steps, ceil_mode),
        lambda x: T.max_pool2d(x, *steps, ceil_mode),
        n.few(*shape, values=(math.nan, -1, 0, 1, 2, math.inf)),
        numbers=n,
    )


def test_max_pool2d_sends_the_gradient_to_the_nan() -> None:
    x, dy = np.array([[[[9.0, math.nan], [math.inf, 1.0]]]]), np.array([[[[5.0]]]])
    assert np.isnan(F.max_pool2d(x, 2)).all()
    np.testing.assert_array_equal(F.max_pool2d_backward(dy, x, 2)[0, 0], [[0, 5], [0, 0]])


def test_max_pool2d_gives_nothing_of_an_infinite_gradient_to_the_others() -> None:
    x, dy = np.array([[[[1.0, 2.0], [4.0, 3.0]]]]), np.array([[[[math.inf]]]])
    leaf = to_torch(x, requires_grad=True)
    T.max_pool2d(leaf, 2).backward(to_torch(dy))
    dx = F.max_pool2d_backward(dy, x, 2)
    np.testing.assert_array_equal(dx[0, 0], [[0, 0], [math.inf, 0]])
    np.testing.assert_array_equal(dx, leaf.grad)


def test_max_pool2d_with_more_places_than_a_byte_counts() -> None:
    x = np.arange(400.0).reshape(1, 1, 20, 20)
    dx = F.max_pool2d_backward(np.array([[[[3.0]]]]), x, 20)
    assert dx[0, 0, 19, 19] == dx.sum() == 3


@settings(max_examples=250)
@given(poolings(dilated=False), st.booleans(), st.booleans())
def test_avg_pool2d(
    drawn: tuple[Numbers, tuple[int, ...], list[Any]], ceil_mode: bool, include: bool
) -> None:
    n, shape, steps = drawn
    assert_like_torch(
        lambda x: F.avg_pool2d(x, *steps, ceil_mode, include),
        lambda dy, x: F.avg_pool2d_backward(dy, x, *steps, ceil_mode, include),
        lambda x: T.avg_pool2d(x, *steps, ceil_mode, include),
        n.normal(*shape),
        numbers=n,
    )


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_pooling_defaults(name: str) -> None:
    """The stride is the kernel's size, and there is no padding, no dilation, no ceil_mode."""
    assert_like_torch(
        lambda x: getattr(F, name)(x, (2, 3)),
        lambda dy, x: getattr(F, f"{name}_backward")(dy, x, (2, 3)),
        lambda x: getattr(T, name)(x, (2, 3)),
        Numbers().normal(2, 2, 5, 8),
        numbers=Numbers(),
    )
    padded = {"padding": 1, "stride": 2}
    assert_like_torch(
        lambda x: getattr(F, name)(x, 3, **padded),
        lambda dy, x: getattr(F, f"{name}_backward")(dy, x, 3, **padded),
        lambda x: getattr(T, name)(x, 3, **padded),
        Numbers().normal(2, 2, 6, 6),
        numbers=Numbers(),
    )


def test_padding_of_a_pooling_window_reaches_its_middle_at_most() -> None:
    x = np.ones((1, 1, 8, 8))
    assert F.max_pool2d(x, 4, padding=2).shape == (1, 1, 3, 3)
    with pytest.raises(ValueError, match=r"padding <= 2 \(half the kernel\), got 3"):
        F.max_pool2d(x, 4, padding=3)


def test_max_pool2d_gives_a_tie_to_the_first() -> None:
    x, dy = np.ones((1, 1, 3, 3)), np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    dx = F.max_pool2d_backward(dy, x, 2, 1)
    np.testing.assert_array_equal(dx[0, 0], [[1, 2, 0], [3, 4, 0], [0, 0, 0]])


def test_max_pool2d_window_that_misses_the_image() -> None:
    """Dilation 3 and padding 1 put the cells of the only window at -1 and 2; the image has 0, 1."""
    x = np.ones((1, 1, 2, 2))
    np.testing.assert_array_equal(F.max_pool2d(x, 2, 1, 1, 3), [[[[-np.inf]]]])
    assert not F.max_pool2d_backward(np.ones((1, 1, 1, 1)), x, 2, 1, 1, 3).any()


shapes = st.lists(st.integers(0, 4), min_size=1, max_size=5)
ACTIVATIONS: dict[str, Callable[..., torch.Tensor]] = {
    "relu": T.relu,
    "leaky_relu": T.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": T.gelu,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=50)
@given(n=numbers, shape=shapes, scale=st.sampled_from([0, 1, 30]))
def test_activation(name: str, n: Numbers, shape: list[int], scale: int) -> None:
    assert_like_torch(
        getattr(F, name),
        getattr(F, f"{name}_backward"),
        ACTIVATIONS[name],
        scale * n.normal(*shape),
        numbers=n,
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activation_at_special_values(name: str, dtype: str) -> None:
    x = np.array([0.0, -0.0, 1e4, -1e4], dtype)
    y, dx = getattr(F, name)(x), getattr(F, f"{name}_backward")(np.ones_like(x), x)
    leaf = to_torch(x, requires_grad=True)
    wanted = ACTIVATIONS[name](leaf)
    wanted.sum().backward()
    assert_close(y, wanted)
    assert_close(dx, leaf.grad)
    assert np.isnan(getattr(F, name)(np.array([np.nan], dtype))).all()
    assert torch.isnan(ACTIVATIONS[name](torch.tensor([math.nan]))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relu_backward_where_something_is_not_finite(dtype: str) -> None:
    x = np.array([-1, 0, 1, -1, 1, math.nan], dtype)
    dy = np.array([math.inf, -math.inf, math.inf, math.nan, math.nan, 5], dtype)
    leaf = to_torch(x, requires_grad=True)
    T.relu(leaf).backward(to_torch(dy))
    dx = F.relu_backward(dy, x)
    np.testing.assert_array_equal(dx, [0, 0, math.inf, 0, math.nan, 5])
    np.testing.assert_array_equal(dx, leaf.grad)


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.5, np.float64(0.3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_leaky_relu_slope(slope: float, dtype: str) -> None:
    n = Numbers(dtype)
    assert_like_torch(
        lambda x: F.leaky_relu(x, slope),
        lambda dy, x: F.leaky_relu_backward(dy, x, slope),
        lambda x: T.leaky_relu(x, float(slope)),
        n.few(3, 4),
        numbers=n,
    )


@given(numbers, counts, st.integers(1, 5), st.integers(1, 5))
def test_linear(n: Numbers, count: int, inputs: int, outputs: int) -> None:
    x, w, b = n.normal(count, inputs), n.normal(outputs, inputs), n.normal(outputs)
    assert_like_torch(F.linear, F.linear_backward, T.linear, x, w, b, numbers=n)
    assert_close(F.linear(x, w), T.linear(to_torch(x), to_torch(w)))


@given(numbers, st.lists(st.integers(0, 4), min_size=2, max_size=5))
def test_flatten(n: Numbers, shape: list[int]) -> None:
    x = n.normal(*shape)
    assert_like_torch(F.flatten, F.flatten_backward, lambda a: torch.flatten(a, 1), x, numbers=n)


def test_flatten_copies_nothing_where_the_batch_is_innermost() -> None:
    x = Numbers(layout="batch innermost").normal(3, 2, 4, 5)
    assert np.shares_memory(F.flatten(x), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_keeps_its_digits_far_to_the_left(dtype: str) -> None:
    x = np.array([-100, -40, -20, -17, -1, 0, 1, 40, 100], dtype)
    wanted = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    info = np.finfo(dtype)
    np.testing.assert_allclose(F.sigmoid(x), wanted, rtol=4 * info.eps, atol=info.tiny)
    np.testing.assert_array_equal(F.sigmoid(np.array([-np.inf, np.inf], dtype)), [0, 1])


@given(numbers, st.lists(st.integers(1, 4), min_size=2, max_size=4), st.data())
def test_softmax(n: Numbers, shape: list[int], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = 5 * n.normal(*shape)
    assert_close(F.softmax(x, axis), torch.softmax(to_torch(x), axis))
    assert_close(F.log_softmax(x, axis), torch.log_softmax(to_torch(x), axis))
    assert_close(F.softmax(x), torch.softmax(to_torch(x), 1))
    assert_close(F.log_softmax(x), torch.log_softmax(to_torch(x), 1))


@given(numbers, st.integers(1, 5), st.integers(1, 6), st.sampled_from([0, 0.1, 0.9]), st.data())
def test_cross_entropy(
    n: Numbers, count: int, classes: int, smoothing: float, data: st.DataObject
) -> None:
    logits = n.normal(count, classes)
    kind = data.draw(st.sampled_from(["uint8", "int64", "uint64"]))
    target = n.rng.integers(classes, size=count).astype(kind)
    leaf = to_torch(logits, requires_grad=True)
    wanted = T.cross_entropy(leaf, torch.tensor(target.astype("int64")), label_smoothing=smoothing)
    wanted.backward()
    loss = F.cross_entropy(logits, target, label_smoothing=smoothing)
    assert isinstance(loss, float)
    assert loss == pytest.approx(wanted.item(), rel=1e-5 if n.dtype == "float32" else 1e-10)
    assert_close(F.cross_entropy_backward(logits, target, label_smoothing=smoothing), leaf.grad)
    without = T.cross_entropy(leaf, torch.tensor(target.astype("int64"))).item()
    assert F.cross_entropy(logits, target) == pytest.approx(without, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_do_not_overflow(dtype: str) -> None:
    logits = np.array([[1e4, 0.0, -1e4], [-1e30, 1e30, 0.0]], dtype)
    assert F.cross_entropy(logits, np.array([0, 1])) == 0
    assert F.cross_entropy(logits[:1], np.array([2])) == 2e4
    np.testing.assert_array_equal(F.softmax(logits), [[1, 0, 0], [0, 1, 0]])
    wanted = np.array([[0.5, 0, -0.5], [0, 0, 0]])
    np.testing.assert_array_equal(F.cross_entropy_backward(logits, np.array([2, 1])), wanted)


def test_impossible_class_that_is_not_the_label() -> None:
    logits = np.array([[0.0, -np.inf, 0.0]])
    assert F.cross_entropy(logits, np.array([0])) == pytest.approx(math.log(2))
    assert F.cross_entropy(logits, np.array([1])) == math.inf
    dx = F.cross_entropy_backward(logits, np.array([0]))
    np.testing.assert_array_equal(dx, [[-0.5, 0, 0.5]])


def test_the_only_class_costs_nothing() -> None:
    """0, not -0, which is printed with its sign."""
    loss = F.cross_entropy(np.zeros((2, 1)), np.zeros(2, int))
    assert (loss, math.copysign(1, loss)) == (0, 1)


def test_a_net_that_knows_nothing_loses_log_of_the_classes() -> None:
    assert F.cross_entropy(np.zeros((7, 10)), np.arange(7)) == pytest.approx(math.log(10))
    # Softmax taken twice: ten classes can't fall below this.
    certain = F.softmax(1e3 * np.eye(10))
    assert F.cross_entropy(certain, np.arange(10)) == pytest.approx(1.4612, abs=1e-4)


@given(numbers, st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_mse_loss(n: Numbers, shape: list[int]) -> None:
    y, target = n.normal(*shape), n.normal(*shape)
    leaf = to_torch(y, requires_grad=True)
    wanted = T.mse_loss(leaf, to_torch(target))
    wanted.backward()
    assert F.mse_loss(y, target) == pytest.approx(wanted.item(), rel=1e-5)
    assert_close(F.mse_loss_backward(y, target), leaf.grad)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_losses_against_finite_differences(smoothing: float) -> None:
    n, target = Numbers(), np.array([0, 3, 3])
    logits, wanted = n.normal(3, 4), n.normal(3, 4)
    options = {"label_smoothing": smoothing}
    slope = numerical_gradient(lambda: F.cross_entropy(logits, target, **options), logits)
    assert_close(F.cross_entropy_backward(logits, target, **options), slope, 1e-8)
    slope = numerical_gradient(lambda: F.mse_loss(logits, wanted), logits)
    assert_close(F.mse_loss_backward(logits, wanted), slope, 1e-8)


@given(
    numbers, st.integers(1, 3), st.integers(1, 4), st.integers(2, 4), st.sampled_from([1e-5, 0.1])
)
def test_batch_norm(n: Numbers, count: int, c: int, width: int, eps: float) -> None:
    """By given statistics, and by those of the batch, which move with x."""
    x, w, b, mean = n.normal(count, c, 2, width), n.normal(c), n.normal(c), n.normal(c)
    var = n.normal(c) ** 2 + np.array(0.1, n.dtype)
    fixed = to_torch(mean), to_torch(var)
    assert_like_torch(
        lambda x, w, b: F.batch_norm(x, mean, var, w, b, eps=eps),
        lambda dy, x, w, b: F.batch_norm_backward(dy, x, mean, var, w, b, eps=eps),
        lambda x, w, b: T.batch_norm(x, *fixed, w, b, eps=eps),
        *(x, w, b),
        numbers=n,
    )
    assert_like_torch(
        lambda x, w, b: F.batch_norm(x, x.mean((0, 2, 3)), x.var((0, 2, 3)), w, b, eps=eps),
        lambda dy, x, w, b: F.batch_norm_training_backward(dy, x, w, b, eps=eps),
        lambda x, w, b: T.batch_norm(x, None, None, w, b, training=True, eps=eps),
        *(x, w, b),
        numbers=n,
    )


def test_batch_norm_keeps_its_digits_where_the_mean_is_large() -> None:
    """Compared with the same numbers in float64, at a mean of 1000 deviations."""
    rng = np.random.default_rng(0)
    x = rng.normal(1000, 1, (8, 3, 16, 16)).astype(np.float32)
    rest = [
        a.astype(np.float32)
        for a in (x.mean((0, 2, 3)), x.var((0, 2, 3)), *rng.normal(size=(2, 3)))
    ]
    wanted = F.batch_norm(x.astype(float), *(a.astype(float) for a in rest))
    np.testing.assert_allclose(F.batch_norm(x, *rest), wanted, rtol=1e-5, atol=1e-6)


def test_batch_norm_default_eps() -> None:
    n = Numbers()
    x, w, b = 1e-2 * n.normal(2, 3, 2, 2), n.normal(3), n.normal(3)
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    assert_close(F.batch_norm(x, mean, var, w, b), F.batch_norm(x, mean, var, w, b, eps=1e-5))
    dy = n.normal(*x.shape)
    for f, arguments in [
        (F.batch_norm_backward, (dy, x, mean, var, w, b)),
        (F.batch_norm_training_backward, (dy, x, w, b)),
    ]:
        for found, wanted in zip(f(*arguments), f(*arguments, eps=1e-5), strict=True):
            assert_close(found, wanted)
