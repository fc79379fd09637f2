"""The layers. A new one is one line in CASES: the tests of the first part run over all of them."""

import copy
import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies import LAYOUTS, TOLERANCE, Numbers, assert_close, to_torch

from cnnlib import functional as F
from cnnlib import nn, optim
from cnnlib.checks import Array
from cnnlib.gradcheck import gradcheck, numerical_gradient
from cnnlib.nn.losses import Loss
from cnnlib.nn.stateless import Stateless

Oracle = Callable[[Any, Array], Array]


def each(function: Callable[[float], float]) -> Oracle:
    """A function of one number, of one number after the other."""
    return lambda layer, x: np.array([function(float(a)) for a in x.flat]).reshape(x.shape)


def cells(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> list[list[int]]:
    """For each window along one axis, its cells; those of the padding are below 0 or past size."""
    end = size + padding
    starts = range(-padding, size if ceil_mode else end, stride)
    windows = [[start + dilation * i for i in range(kernel)] for start in starts]
    return [w for w in windows if w[-1] < end + (stride - 1 if ceil_mode else 0)]


def slide(
    x: Array, count: int, value: Callable[..., float], *geometry: Any, ceil_mode: bool = False
) -> Array:
    """y[n, f, p, q] = value(n, f, rows of window p, columns of window q), by loops."""
    steps = np.array([np.broadcast_to(g, 2) for g in geometry])
    rows, columns = (cells(x.shape[2 + i], *steps[:, i], ceil_mode) for i in (0, 1))
    y = np.empty((len(x), count, len(rows), len(columns)))
    for n, f, p, q in np.ndindex(y.shape):
        y[n, f, p, q] = value(n, f, rows[p], columns[q])
    return y


def inside(x: Array, rows: list[int], columns: list[int]) -> list[tuple[int, int]]:
    on_image = product(range(x.shape[2]), range(x.shape[3]))
    return [cell for cell in on_image if cell[0] in rows and cell[1] in columns]


def convolution(layer: nn.Conv2d, x: Array) -> Array:
    w, b = layer.weight.data, layer.bias.data if layer.bias else np.zeros(len(layer.weight.data))
    stride, padding, dilation = layer.steps
    if isinstance(padding, str):
        padding = {"same": w.shape[2] // 2, "valid": 0}[padding]

    def value(n: int, f: int, rows: list[int], columns: list[int]) -> float:
        products = (
            w[f, c, rows.index(row), columns.index(column)] * x[n, c, row, column]
            for row, column in inside(x, rows, columns)
            for c in range(x.shape[1])
        )
        return b[f] + sum(products)

    return slide(x, len(w), value, w.shape[2:], stride, padding, dilation)


def maximum(layer: nn.MaxPool2d, x: Array) -> Array:
    def value(n: int, f: int, rows: list[int], columns: list[int]) -> float:
        return max(x[n, f, row, column] for row, column in inside(x, rows, columns))

    steps = layer.kernel_size, layer.stride, layer.padding, layer.dilation
    return slide(x, x.shape[1], value, *steps, ceil_mode=layer.ceil_mode)


def average(layer: nn.AvgPool2d, x: Array) -> Array:
    steps = layer.kernel_size, layer.stride, layer.padding
    pads = np.broadcast_to(layer.padding, 2)

    def value(n: int, f: int, rows: list[int], columns: list[int]) -> float:
        own = inside(x, rows, columns)
        tall, wide = (
            sum(-pad <= cell < size + pad for cell in w)
            for w, pad, size in zip((rows, columns), pads, x.shape[2:], strict=True)
        )
        count = tall * wide if layer.count_include_pad else len(own)
        return sum(x[n, f, row, column] for row, column in own) / count

    return slide(x, x.shape[1], value, *steps, 1, ceil_mode=layer.ceil_mode)


def affine(layer: nn.Linear, x: Array) -> Array:
    w, b = layer.weight.data, layer.bias.data if layer.bias else np.zeros(len(layer.weight.data))
    y = np.empty((len(x), len(w)))
    for n, f in np.ndindex(y.shape):
        y[n, f] = b[f] + sum(w[f, i] * x[n, i] for i in range(x.shape[1]))
    return y


def normalised(layer: nn.BatchNorm2d, x: Array) -> Array:
    y = np.empty(x.shape)
    for c in range(x.shape[1]):
        values = [float(a) for a in x[:, c].flat]
        mean, var = layer.running_mean[c], layer.running_var[c]
        if layer.training:
            mean = sum(values) / len(values)
            var = sum((a - mean) ** 2 for a in values) / len(values)
        unit = (x[:, c] - mean) / math.sqrt(var + layer.eps)
        y[:, c] = layer.weight.data[c] * unit + layer.bias.data[c]
    return y


def end_to_end(layer: nn.Flatten, x: Array) -> Array:
    return np.array([list(image.flat) for image in x])


@dataclass
class Case:
    """A layer by the name and the arguments that it has here and in torch."""

    name: str
    arguments: tuple[Any, ...]
    shape: tuple[int, ...]
    oracle: Oracle
    options: Mapping[str, Any] = field(default_factory=dict)
    training: bool = True

    def __str__(self) -> str:
        options = "".join(f" {key}={value}" for key, value in self.options.items())
        mode = "" if self.training else " eval"
        return f"{self.name}{self.arguments}{options}{mode}".replace(" ", "_")

    def both(self, dtype: str, seed: int = 0) -> tuple[nn.Module, torch.nn.Module]:
        """The layer here and in torch, with the same random parameters and buffers."""
        own: Mapping[str, Any] = {"dtype": dtype} if self.name in LEARNING else {}
        layer = getattr(nn, self.name)(*self.arguments, **self.options, **own)
        layer.load_state_dict(random_state(layer, seed))
        reference = getattr(torch.nn, self.name)(*self.arguments, **self.options)
        reference.to(getattr(torch, dtype)).load_state_dict(for_torch(layer))
        return layer.train(self.training), reference.train(self.training)

    def numbers(self, dtype: str = "float64", layout: str = "contiguous") -> tuple[Array, Numbers]:
        """An input, and where to draw more from."""
        n = Numbers(dtype, layout)
        return n.normal(*self.shape), n


LEARNING = ("Conv2d", "Linear", "BatchNorm2d")


def random_state(module: nn.Module, seed: int = 0) -> dict[str, Array]:
    """Something for every parameter and buffer; variances are positive, counts whole."""
    rng = np.random.default_rng(seed)
    state = {name: rng.normal(size=a.shape) for name, a in module.state_dict().items()}
    for name in state:
        if name.endswith("running_var"):
            state[name] = 0.1 + np.abs(state[name])
        if name.endswith("num_batches_tracked"):
            state[name] = np.array(7)
    return state


def for_torch(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(a) for name, a in module.state_dict().items()}


def erf_gelu(a: float) -> float:
    return a * (1 + math.erf(a / math.sqrt(2))) / 2


CASES = [
    Case("Conv2d", (2, 3, 3), (2, 2, 5, 6), convolution),
    Case("Conv2d", (16, 2, (2, 3)), (2, 16, 4, 5), convolution, {"bias": False}),
    Case("Conv2d", (2, 3, (3, 2), (2, 1), (1, 2), (1, 3)), (2, 2, 6, 7), convolution),
    Case("Conv2d", (1, 2, 3, 2, 4), (1, 1, 3, 4), convolution),
    Case("Conv2d", (2, 2, 3), (2, 2, 4, 3), convolution, {"padding": "same"}),
    Case("Conv2d", (2, 2, 3), (2, 2, 4, 3), convolution, {"padding": "valid", "stride": 2}),
    Case("Conv2d", (3, 4, 1), (2, 3, 1, 1), convolution),
    Case("MaxPool2d", (2,), (2, 3, 5, 4), maximum),
    Case("MaxPool2d", ((3, 2), (2, 1), 1), (2, 2, 5, 6), maximum),
    Case("MaxPool2d", (2, 3, (0, 1), (1, 2)), (1, 2, 7, 6), maximum, {"ceil_mode": True}),
    Case("AvgPool2d", (2,), (2, 3, 5, 4), average),
    Case("AvgPool2d", ((3, 2), (2, 1), 1), (2, 2, 5, 6), average),
    Case("AvgPool2d", (3, 2, 1), (2, 2, 6, 4), average, {"ceil_mode": True}),
    Case("AvgPool2d", (3, 2, 1, True, False), (2, 2, 6, 4), average),
    Case("ReLU", (), (3, 4, 2, 2), each(lambda a: a if a > 0 else 0)),
    Case("LeakyReLU", (), (3, 4, 2, 2), each(lambda a: a if a > 0 else 0.01 * a)),
    Case("LeakyReLU", (0.3,), (3, 4), each(lambda a: a if a > 0 else 0.3 * a)),
    Case("Sigmoid", (), (3, 4), each(lambda a: 1 / (1 + math.exp(-a)))),
    Case("Tanh", (), (3, 4), each(math.tanh)),
    Case("GELU", (), (3, 4), each(erf_gelu)),
    Case("Flatten", (), (3, 2, 4, 2), end_to_end),
    Case("Linear", (4, 3), (5, 4), affine),
    Case("Linear", (4, 3), (5, 4), affine, {"bias": False}),
    Case("BatchNorm2d", (3,), (4, 3, 2, 5), normalised),
    Case("BatchNorm2d", (2, 0.1, 0.3), (1, 2, 3, 3), normalised),
    Case("BatchNorm2d", (3,), (4, 3, 2, 5), normalised, training=False),
]
every_layer = pytest.mark.parametrize("case", CASES, ids=str)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


@every_layer
def test_finite_differences(case: Case) -> None:
    layer, _ = case.both("float64")
    errors = gradcheck(layer, case.numbers()[0], rng=np.random.default_rng(1))
    assert list(errors) == ["dx", *(f"d{name}" for name, _ in layer.named_parameters())]
    assert max(errors.values()) < 1e-6


ATTRIBUTES = [
    *("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation"),
    *("in_features", "out_features", "num_features", "eps", "momentum", "p"),
    *("negative_slope", "ceil_mode", "count_include_pad"),
]


def text_of_torch(module: torch.nn.Module) -> str:
    """Without what no layer here can choose."""
    text = repr(module).replace(", affine=True, bias=True, track_running_stats=True", "")
    return text.replace("approximate='none'", "")


@every_layer
def test_text_and_attributes_are_those_of_torch(case: Case) -> None:
    layer, reference = case.both("float32")
    assert repr(layer) == text_of_torch(reference)
    names = [name for name in ATTRIBUTES if hasattr(reference, name)]
    assert {name: getattr(layer, name) for name in names} == {
        name: getattr(reference, name) for name in names
    }


@every_layer
@every_dtype
def test_like_torch(case: Case, dtype: str) -> None:
    """Output, gradients by input and parameters, and, after the step, the running statistics."""
    layer, reference = case.both(dtype)
    x, n = case.numbers(dtype)
    leaf = to_torch(x, requires_grad=True)
    y, wanted = layer(x), reference(leaf)
    assert_close(y, wanted)
    dy = n.normal(*y.shape)
    wanted.backward(to_torch(dy))
    assert_close(layer.backward(dy), leaf.grad)
    of_torch = dict(reference.named_parameters())
    for name, parameter in layer.named_parameters():
        assert_close(parameter.grad, of_torch[name].grad)
    assert list(layer.state_dict()) == list(reference.state_dict())
    for name, a in layer.state_dict().items():
        assert_close(a, reference.state_dict()[name], TOLERANCE[dtype])


@every_layer
def test_like_loops(case: Case) -> None:
    layer, _ = case.both("float64")
    x, _ = case.numbers()
    wanted = case.oracle(layer, x)
    assert_close(layer(x), wanted)


@every_layer
@every_dtype
def test_type_is_kept_and_arguments_are_not_changed(case: Case, dtype: str) -> None:
    layer, _ = case.both(dtype)
    x, n = case.numbers(dtype)
    kept_x, kept_data = x.copy(), [p.data.copy() for p in layer.parameters()]
    y = layer(x)
    dy = n.normal(*y.shape)
    kept_dy, kept_y = dy.copy(), y.copy()
    dx = layer.backward(dy)
    assert {a.dtype.name for a in (y, dx, *(p.grad for p in layer.parameters()))} == {dtype}
    assert dx.shape == x.shape
    unchanged = [(x, kept_x), (y, kept_y), (dy, kept_dy)]
    unchanged += [(p.data, kept) for p, kept in zip(layer.parameters(), kept_data, strict=True)]
    for a, kept in unchanged:
        np.testing.assert_array_equal(a, kept)


@every_layer
@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layout_does_not_matter(case: Case, layout: str) -> None:
    (layer, _), (laid_out, _) = case.both("float64"), case.both("float64")
    (x, n), (other, m) = case.numbers(), case.numbers(layout=layout)
    np.testing.assert_array_equal(x, other)
    y = layer(x)
    assert_close(laid_out(other), y)
    assert_close(laid_out.backward(m.normal(*y.shape)), layer.backward(n.normal(*y.shape)))
    for p, q in zip(laid_out.parameters(), layer.parameters(), strict=True):
        assert_close(p.grad, q.grad)


@every_layer
def test_gradients_add_up_until_set_to_zero(case: Case) -> None:
    layer, _ = case.both("float64")
    x, n = case.numbers()
    dy = n.normal(*layer(x).shape)
    layer.backward(dy)
    once = [p.grad.copy() for p in layer.parameters()]
    layer.backward(dy)
    for p, grad in zip(layer.parameters(), once, strict=True):
        np.testing.assert_array_equal(p.grad, 2 * grad)
    layer.zero_grad()
    assert not any(p.grad.any() for p in layer.parameters())


@every_layer
def test_input_gradient_only_on_demand(case: Case) -> None:
    layer, _ = case.both("float64")
    x, n = case.numbers()
    dy = n.normal(*layer(x).shape)
    assert layer.backward(dy, need_dx=False) is None
    without = [p.grad.copy() for p in layer.parameters()]
    layer.zero_grad()
    assert layer.backward(dy, True) is not None
    for p, grad in zip(layer.parameters(), without, strict=True):
        np.testing.assert_array_equal(p.grad, grad)


@every_layer
def test_backward_answers_for_the_last_forward(case: Case) -> None:
    """Another batch before, or a change of mode after it, makes no difference."""
    (layer, _), (other, _) = case.both("float64"), case.both("float64")
    x, n = case.numbers()
    dy = n.normal(*layer(x).shape)
    other(2 * x + 1)
    other(x)
    other.train(not case.training)
    assert_close(other.backward(dy), layer.backward(dy))


@every_layer
def test_empty_batch(case: Case) -> None:
    layer, reference = case.both("float32")
    x = np.empty((0, *case.shape[1:]), np.float32)
    if case.name == "BatchNorm2d" and case.training:
        with pytest.raises(ValueError, match="number of values a channel >= 2, got 0"):
            layer(x)
        return
    y = layer(x)
    assert y.shape == reference(to_torch(x)).shape
    assert layer.backward(np.empty(y.shape, np.float32)).shape == x.shape
    assert not any(p.grad.any() for p in layer.parameters())


def network(dtype: str = "float64", seed: int = 0) -> nn.Sequential:
    """A small net with every kind of layer, one Sequential inside the other."""
    rng = np.random.default_rng(seed)
    own: dict[str, Any] = {"rng": rng, "dtype": dtype}
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding="same", **own),
        nn.BatchNorm2d(4, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Sequential(nn.Conv2d(4, 5, (3, 2), padding=1, **own), nn.GELU(), nn.AvgPool2d(2, 1)),
        nn.Flatten(),
        nn.Linear(5 * 3 * 4, 6, **own),
        nn.Tanh(),
        nn.Linear(6, 3, bias=False, **own),
    )


def network_of_torch(dtype: str = "float64") -> torch.nn.Sequential:
    """The same, word for word."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding="same"),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Sequential(
            torch.nn.Conv2d(4, 5, (3, 2), padding=1), torch.nn.GELU(), torch.nn.AvgPool2d(2, 1)
        ),
        torch.nn.Flatten(),
        torch.nn.Linear(5 * 3 * 4, 6),
        torch.nn.Tanh(),
        torch.nn.Linear(6, 3, bias=False),
    ).to(getattr(torch, dtype))


IMAGES = Numbers().normal(5, 2, 8, 8)
LABELS = np.array([0, 1, 2, 1, 0])


@every_dtype
def test_network_learns_as_in_torch(dtype: str) -> None:
    """Ten steps of Adam from the same weights: the same losses, weights and statistics."""
    model, reference = network(dtype), network_of_torch(dtype)
    reference.load_state_dict(for_torch(model))
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    of_torch = torch.optim.Adam(reference.parameters(), lr=1e-2)
    criterion, criterion_of_torch = (
        nn.CrossEntropyLoss(label_smoothing=0.1),
        torch.nn.CrossEntropyLoss(label_smoothing=0.1),
    )
    x = IMAGES.astype(dtype)
    for _ in range(10):
        optimizer.zero_grad()
        loss = criterion(model(x), LABELS)
        model.backward(criterion.backward(), need_dx=False)
        optimizer.step()

        of_torch.zero_grad()
        wanted = criterion_of_torch(reference(to_torch(x)), torch.from_numpy(LABELS))
        wanted.backward()
        of_torch.step()
        assert loss == pytest.approx(wanted.item(), rel=1e-3 if dtype == "float32" else 1e-9)
    if dtype == "float64":
        for name, a in model.state_dict().items():
            assert_close(a, reference.state_dict()[name], 1e-8)


def test_network_against_finite_differences() -> None:
    errors = gradcheck(network(), IMAGES[:2], rng=np.random.default_rng(0))
    assert max(errors.values()) < 1e-6


def test_input_gradient_of_a_network_only_on_demand() -> None:
    model = network()
    dy = Numbers().normal(*model(IMAGES).shape)
    assert model.backward(dy).shape == IMAGES.shape
    assert model.backward(dy, need_dx=False) is None


def test_names_are_those_of_torch() -> None:
    model, reference = network(), network_of_torch()
    named = [(name, p.data.shape) for name, p in model.named_parameters()]
    assert named == [(name, tuple(p.shape)) for name, p in reference.named_parameters()]
    assert set(model.state_dict()) == set(reference.state_dict())
    assert [p.data.shape for p in model.parameters()] == [shape for _, shape in named]
    assert len(model) == 9
    assert isinstance(model[1], nn.BatchNorm2d)
    assert repr(model[0].weight) == "Parameter(shape (4, 2, 3, 3), float64)"


def lenet(n: Any) -> Any:
    """LeNet-5 of the book, here or in torch."""
    return n.Sequential(
        *(n.Conv2d(1, 6, 5, padding=2), n.ReLU(), n.MaxPool2d(2)),
        *(n.Conv2d(6, 16, 5), n.ReLU(), n.MaxPool2d(2), n.Flatten()),
        *(n.Linear(400, 120), n.ReLU(), n.Linear(120, 84), n.ReLU(), n.Linear(84, 10)),
    )


def source(n: Any) -> Any:
    """The network of the source, without its dropout."""
    return n.Sequential(
        *(n.Conv2d(1, 32, 5, padding=2), n.ReLU(), n.MaxPool2d(2)),
        *(n.Conv2d(32, 64, 5, padding=2), n.ReLU(), n.MaxPool2d(2), n.Flatten()),
        *(n.Linear(3136, 1024), n.ReLU(), n.Linear(1024, 10)),
    )


@pytest.mark.parametrize("make", [lenet, source])
def test_networks_print_as_in_torch(make: Callable[[Any], Any]) -> None:
    assert str(make(nn)) == str(make(torch.nn))


def test_a_network_inside_a_network_is_indented() -> None:
    assert repr(network()) == text_of_torch(network_of_torch())
    assert repr(nn.Sequential(nn.Sequential(nn.ReLU()))) == (
        "Sequential(\n  (0): Sequential(\n    (0): ReLU()\n  )\n)"
    )


def test_a_list_of_sizes_stays_with_the_caller() -> None:
    sizes = [1, 1]
    conv = nn.Conv2d(1, 1, [3, 3], sizes, sizes, sizes)
    layers = (conv, nn.MaxPool2d([3, 3], sizes, sizes, sizes), nn.AvgPool2d([3, 3], sizes, sizes))
    sizes[0] = 9
    for layer in layers:
        assert (layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 1), (1, 1))


def test_numpy_integers_are_sizes() -> None:
    two, one = np.int64(2), np.uint8(1)
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    for layer, same in (
        (nn.MaxPool2d(two, padding=one), nn.MaxPool2d(2, padding=1)),
        (nn.AvgPool2d(two, one), nn.AvgPool2d(2, 1)),
    ):
        assert repr(layer) == repr(same)
        np.testing.assert_array_equal(layer(x), same(x))


def test_slices_are_networks_of_the_same_layers() -> None:
    model = network()
    part = model[2:5]
    assert isinstance(part, nn.Sequential)
    assert all(a is b for a, b in zip(part, model.layers[2:5], strict=True))
    assert model[-1] is model.layers[-1]
    assert [len(model[:6]), len(model[-2:]), len(model[::3])] == [6, 2, 3]
    assert list(model) == list(model.layers)
    np.testing.assert_array_equal(model[4:](model[:4](IMAGES)), model(IMAGES))


def test_trace_tells_shapes_and_leaves_the_network_alone() -> None:
    model = network("float32")
    traced = model.trace((2, 8, 8))
    assert all(a is b for (a, _), b in zip(traced, model.flat(), strict=True))
    assert [shape for _, shape in traced] == [
        *((4, 8, 8), (4, 8, 8), (4, 8, 8), (4, 4, 4)),
        *((5, 4, 5), (5, 4, 5), (5, 3, 4), (60,), (6,), (6,), (3,)),
    ]
    assert model[1].num_batches_tracked == 0
    assert all(module.training and module.x is None for _, module in model.modules())


def test_copies_and_pickles_are_without_the_last_batch() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.ReLU())
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    size = len(pickle.dumps((model, criterion)))
    x, labels = Numbers("float32").normal(1000, 3), np.zeros(1000, int)
    loss = criterion(model(x), labels)
    assert len(pickle.dumps((model, criterion))) < size + 50
    for other, measure in (
        copy.deepcopy((model, criterion)),
        copy.deepcopy((model, criterion)),
        pickle.loads(pickle.dumps((model, criterion))),
    ):
        with pytest.raises(RuntimeError, match="Sequential expected forward before backward"):
            other.backward(x)
        with pytest.raises(RuntimeError, match="CrossEntropyLoss expected a loss before backward"):
            measure.backward()
        assert all(module.x is None for _, module in other.modules())
        assert measure.label_smoothing == 0.1
        np.testing.assert_array_equal(other.eval()(x), copy.deepcopy(model).eval()(x))
    assert loss == criterion(model[2].x * 0 + model[2](model[2].x), labels)
    assert model.backward(criterion.backward()).shape == x.shape


def test_layers_in_a_list_are_refused_wherever_they_are_asked_for() -> None:
    class Rows(nn.Module):
        def __init__(self, blocks: Any) -> None:
            self.head, self.blocks = nn.Linear(4, 2), blocks

    layer = nn.ReLU()
    for blocks in ([layer], (1, [layer]), {"a": layer}, {"a": [layer]}, [nn.Linear(2, 2).weight]):
        rows, kind = Rows(blocks), type(blocks).__name__
        text = f"Rows expected layers as attributes, got a {kind} of them as blocks"
        for call in (rows.parameters, rows.eval, rows.zero_grad, rows.state_dict, rows.__repr__):
            with pytest.raises(TypeError) as info:
                call()
            assert str(info.value) == text
    for other in ([], [1, "two"], {"a": [np.ones(2)]}, nn.Sequential(layer)):
        assert len(Rows(other).parameters()) == 2


def test_a_backward_is_found_by_the_name_of_its_function() -> None:
    kinds = [*Stateless.__subclasses__(), *Loss.__subclasses__()]
    assert {kind.__name__ for kind in kinds} >= {"ReLU", "MaxPool2d", "MSELoss"}
    for kind in kinds:
        assert kind.derivative.__name__ == f"{kind.function.__name__}_backward"
    with pytest.raises(AttributeError, match="softmax_backward"):

        class Softmax(Stateless, function=F.softmax):
            """Which has none."""


def test_children_may_be_attributes() -> None:
    class Residual(nn.Module):
        """x + f(x)"""

        def __init__(self) -> None:
            self.inner = nn.Linear(3, 3, dtype=np.float64)

        def forward(self, x: Array) -> Array:
            return x + self.inner(x)

        def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array:
            return dy + self.inner.backward(dy)

    layer = Residual()
    assert [name for name, _ in layer.named_parameters()] == ["inner.weight", "inner.bias"]
    gradcheck(layer, Numbers().normal(2, 3), rng=np.random.default_rng(0))
    assert not layer.eval().inner.training
    assert layer.train().inner.training


def test_train_and_eval_reach_every_layer() -> None:
    model = network()
    assert all(module.training for _, module in model.modules())
    assert model.eval() is model
    assert not any(module.training for _, module in model.modules())
    assert model.train() is model
    assert all(module.training for _, module in model.modules())
    assert not nn.ReLU().train(False).training


@every_dtype
def test_state_goes_to_torch_and_back(dtype: str) -> None:
    x = IMAGES.astype(dtype)
    model, reference = network(dtype), network_of_torch(dtype)
    model(x)
    reference.load_state_dict(for_torch(model))
    assert_close(model.eval()(x), reference.eval()(to_torch(x)))
    assert int(reference.state_dict()["1.num_batches_tracked"]) == 1

    reference = network_of_torch(dtype)
    reference(to_torch(x))
    reference(to_torch(2 * x))
    model = network(dtype, seed=1)
    model.load_state_dict(reference.state_dict())
    assert_close(model.eval()(x), reference.eval()(to_torch(x)))
    assert model[1].num_batches_tracked == 2


def test_state_is_a_copy() -> None:
    model = network()
    state = model.state_dict()
    kept = copy.deepcopy(state)
    for a in state.values():
        a += 1
    same_state(model, kept)
    model.load_state_dict(state)
    for a in state.values():
        a += 1
    assert model[1].num_batches_tracked == 1


def test_loading_keeps_the_type_and_the_arrays() -> None:
    """An optimizer holds the parameters: their arrays are filled, not replaced."""
    model = network("float32")
    data = [p.data for p in model.parameters()]
    model.load_state_dict(random_state(model))
    for p, a in zip(model.parameters(), data, strict=True):
        assert p.data is a
        assert a.dtype == np.float32


def same_state(model: nn.Module, state: Mapping[str, Array]) -> None:
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, state[name])


def test_loading_is_all_or_nothing() -> None:
    """Whichever entry is wrong, the first or the last, nothing has changed."""
    model = network()
    before, new = model.state_dict(), random_state(model)
    for name in new:
        for wrong in ("text", None, np.zeros((9, 9)), np.array(1j), [[1], [1, 2]], 1e400j):
            with pytest.raises((TypeError, ValueError), match=r"^state_dict: expected .*(as|of)"):
                model.load_state_dict(new | {name: wrong})
            same_state(model, before)
        with pytest.raises(ValueError, match="missing"):
            model.load_state_dict({key: a for key, a in new.items() if key != name})
        same_state(model, before)
    model.load_state_dict(new)
    same_state(model, new)


SMALL = ("0.weight", "0.bias", "1.weight", "1.bias")
RIGHT = (np.float32([[1, 2]]), [3.0], np.array([[-1, 0]]), np.float64([5]))
names = st.sampled_from(SMALL) | st.text(max_size=3)
values = arrays.arrays(
    arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_side=3)
) | st.recursive(st.none() | st.text() | st.floats() | st.integers(), st.lists, max_leaves=4)
states = st.fixed_dictionaries(
    {name: st.just(right) | values for name, right in zip(SMALL, RIGHT, strict=True)}
)


@given(st.dictionaries(names, values, max_size=5) | states | values)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_any_state_is_loaded_or_refused(state: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 1), nn.Linear(2, 1))
    before = model.state_dict()
    try:
        model.load_state_dict(state)
    except (TypeError, ValueError) as error:
        refusal = str(error)
        same_state(model, before)
    else:
        refusal = ""
        assert set(state) == set(SMALL)
    assert not refusal or refusal.startswith("state_dict: ")


def test_summary() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, (3, 5), 2, padding=(1, 2)),
        nn.BatchNorm2d(8),
        nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        nn.Linear(512, 1000, bias=False),
    )
    assert (
        model.summary((3, 32, 32))
        == """\
layer       output shape        parameters   multiply-adds
input       (N, 3, 32, 32)               0               0
Conv2d      (N, 8, 16, 16)             368          92,160
BatchNorm2d (N, 8, 16, 16)              16               0
ReLU        (N, 8, 16, 16)               0               0
MaxPool2d   (N, 8, 8, 8)                 0               0
Flatten     (N, 512)                     0               0
Linear      (N, 1000)              512,000         512,000
total                              512,384         604,160"""
    )
    assert model[0].x is None
    assert model[1].num_batches_tracked == 0
    assert model[1].training


def test_summary_counts_the_parameters_of_torch() -> None:
    total = network("float32").summary((2, 8, 8)).splitlines()[-1].split()[1]
    assert total == str(sum(p.numel() for p in network_of_torch().parameters()))
    without = nn.Sequential(nn.ReLU()).summary((3,))
    assert without.splitlines()[-1].split() == ["total", "0", "0"]


def test_default_initialisation_is_that_of_torch() -> None:
    """Uniform within 1 / sqrt(fan_in), weights and biases."""
    rng = np.random.default_rng(0)
    for layer in (nn.Conv2d(8, 200, (3, 6), rng=rng), nn.Linear(144, 3000, rng=rng)):
        for p in layer.parameters():
            assert p.data.dtype == np.float32
            assert 0.98 / 12 < p.data.max() <= 1 / 12
            assert -0.98 / 12 > p.data.min() >= -1 / 12
            assert p.data.std() == pytest.approx(1 / 12 / math.sqrt(3), rel=0.1)


def test_same_seed_same_weights() -> None:
    def weights(*rng: Any) -> Array:
        layer = nn.Conv2d(1, 2, 3, rng=rng[0]) if rng else nn.Conv2d(1, 2, 3)
        return layer.weight.data

    seeded = weights(np.random.default_rng(5))
    np.testing.assert_array_equal(seeded, weights(np.random.default_rng(5)))
    assert (weights() != weights()).all()


def test_batch_norm_centres_and_scales() -> None:
    x = 5 + 3 * Numbers().normal(20, 2, 10, 10)
    layer = nn.BatchNorm2d(2, dtype=np.float64)
    y = layer(x)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.std((0, 2, 3)), 1, atol=1e-5)
    for _ in range(100):
        layer(x)
    np.testing.assert_allclose(layer.eval()(x).mean((0, 2, 3)), 0, atol=1e-3)


def test_new_batch_norm_is_that_of_torch() -> None:
    layer, reference = nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    for name, a in reference.state_dict().items():
        assert_close(layer.state_dict()[name], a, 1e-12)


def test_batch_norm_of_two_values_a_channel() -> None:
    layer, reference = nn.BatchNorm2d(3, dtype=np.float64), torch.nn.BatchNorm2d(3).double()
    x = Numbers().normal(2, 3, 1, 1)
    assert_close(layer(x), reference(to_torch(x)))
    assert_close(layer.running_var, reference.running_var)


def test_batch_norm_refuses_before_it_changes_its_statistics() -> None:
    layer = nn.BatchNorm2d(3)
    before = layer.state_dict()
    for x in (np.ones((2, 3, 2, 2)), np.ones((2, 3, 2, 2), int), np.ones((1, 3, 1, 1), np.float32)):
        with pytest.raises((TypeError, ValueError), match="BatchNorm2d expected"):
            layer(x)
        same_state(layer, before)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_objects(smoothing: float) -> None:
    n = Numbers()
    logits, target = n.normal(5, 3), LABELS
    criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)
    assert criterion(logits, target) == F.cross_entropy(logits, target, label_smoothing=smoothing)
    wanted = F.cross_entropy_backward(logits, target, label_smoothing=smoothing)
    np.testing.assert_array_equal(criterion.backward(), wanted)
    slope = numerical_gradient(lambda: criterion(logits, target), logits)
    assert_close(criterion.backward(), slope, 1e-8)


def test_mse_loss_object() -> None:
    n = Numbers()
    y, target = n.normal(5, 3), n.normal(5, 3)
    criterion = nn.MSELoss()
    assert criterion(y, target) == F.mse_loss(y, target)
    np.testing.assert_array_equal(criterion.backward(), F.mse_loss_backward(y, target))


def test_plain_cross_entropy_is_the_default() -> None:
    logits = Numbers().normal(5, 3)
    assert nn.CrossEntropyLoss()(logits, LABELS) == F.cross_entropy(logits, LABELS)


def test_a_forward_that_failed_leaves_nothing_to_go_back_through() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 3))
    model(np.ones((4, 2), np.float32))
    with pytest.raises(ValueError, match="expected 2 input features, got 5"):
        model(np.ones((4, 5), np.float32))
    with pytest.raises(RuntimeError, match="Sequential expected forward before backward"):
        model.backward(np.ones((4, 3), np.float32))
    with pytest.raises(RuntimeError, match="Linear expected forward before backward"):
        model[1].backward(np.ones((4, 3), np.float32))
    assert not any(p.grad.any() for p in model.parameters())


def test_read_only_arrays_are_named_before_anything_is_loaded() -> None:
    layer = nn.Linear(2, 3)
    state = {name: np.full_like(a, 7) for name, a in layer.state_dict().items()}
    assert layer.bias is not None
    layer.bias.data.flags.writeable = False
    with pytest.raises(ValueError, match=r"got read-only \['bias'\]"):
        layer.load_state_dict(state)
    assert not (layer.weight.data == 7).any()
