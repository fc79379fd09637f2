"""The digit explorer: draw a digit, and see what every layer of a trained network makes of it."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, NamedTuple

import numpy as np

from cnnbook import samples
from cnnbook.explore.figure import Figure, packed
from cnnlib import checks, nn
from cnnlib.checks import Array, Pair
from cnnlib.datasets import load_mnist, to_float
from cnnlib.functional import softmax
from cnnlib.windows import resolve_padding, resolve_steps


class Layer(NamedTuple):
    """A layer as the script computes it.

    ``shape`` is (maps, rows of a map) of the output, (features, 1) after a fully connected layer;
    ``window`` is (kernel size, stride, padding); ``weights`` are those of all kernels and the
    biases, none in a pooling layer.
    """

    name: str
    shape: tuple[int, int]
    window: tuple[int, int, int]
    weights: tuple[Array, ...]
    relu: bool = False

    @property
    def plan(self) -> list[str | int]:
        """What the script is told, apart from the weights."""
        return [self.name, int(self.weights != ()), int(self.relu), *self.shape, *self.window]


class DigitExplorer(Figure):
    """Draw a digit: the picture that the network gets, all its maps, and what it takes it for.

    The model is `samples.trained_lenet()` unless given: any Sequential of Conv2d, ReLU, MaxPool2d,
    Flatten and Linear from (N, 1, 28, 28) to (N, 10), or to (N, 11), where the last class is what
    is no digit; taken as it is now. Its weights travel as float16. Below the ``confidence`` the
    answer is "not sure".

    Raises
    ------
    TypeError
        If the model is no Sequential, or a layer of another kind.
    ValueError
        If the model does not go from pictures to ten or eleven numbers, a weight is no float16,
        or not 0 <= confidence < 1.
    """

    name = "digit"
    builds_on: ClassVar[tuple[str, ...]] = ("network", "planes", "terms", "gradients", "units")

    def __init__(self, model: nn.Sequential | None = None, confidence: float = 0.6) -> None:
        self.confidence = checks.unit_interval("DigitExplorer", "confidence", confidence)
        if not isinstance(model, nn.Sequential | None):
            found = type(model).__name__
            raise TypeError(f"DigitExplorer expected a Sequential as model, got {found}")
        self.model = copy.deepcopy(model or samples.trained_lenet()).eval()
        self.layers = walk(self.model)
        if self.layers[-1].shape not in ((10, 1), (11, 1)):
            found = _size(self.layers[-1])
            raise ValueError(f"DigitExplorer expected 10 or 11 outputs, got {found}")
        self.weights = packed("DigitExplorer", *(a for layer in self.layers for a in layer.weights))

    def data(self) -> dict[str, Any]:
        layers = [layer.plan for layer in self.layers]
        percent = float(f"{100 * self.confidence:.6g}")
        return {"percent": percent, "layers": layers, "weights": self.weights}

    def picture(self) -> str:
        """A digit of MNIST, the layers, and the three likeliest answers."""
        x = to_float(load_mnist("test")[0][:1])
        chances = softmax(self.model(x))[0]
        names = [*map(str, range(10)), "none"]
        likely = ", ".join(
            f"{names[i]} ({100 * chances[i]:.0f} %)" for i in np.argsort(-chances)[:3]
        )
        path = ", ".join(layer.name for layer in self.layers)
        return (
            f'<svg viewBox="0 -.5 28 28" width="140" role="img" aria-label="a digit">'
            f"{_drawing(x[0, 0])}</svg><p>Draw a digit: {path}: {likely}</p>"
        )

    def __repr__(self) -> str:
        layers = ", ".join(layer.name for layer in self.layers[1:])
        count = f"{sum(a.size for layer in self.layers for a in layer.weights):,} parameters"
        return f"{type(self).__name__}({layers}, {count}, confidence {self.confidence})"


def walk(model: nn.Sequential, rows: int = 28) -> list[Layer]:
    """The layers with the shapes of their outputs; first the input, which changes nothing.

    The input has so many ``rows`` and columns. ReLU belongs to the layer before it, and Flatten
    only writes the same numbers differently.
    """
    layers = [Layer("input", (1, rows), (1, 1, 0), ())]
    for module, shape in model.trace((1, rows, rows)):
        if isinstance(module, nn.ReLU):
            layers[-1] = layers[-1]._replace(relu=True)
        elif not isinstance(module, nn.Flatten):
            kind, window, weights = _parts(module, rows)
            number = 1 + sum(layer.name.startswith(kind) for layer in layers)
            rows = shape[1] if len(shape) == 3 else 1
            layers.append(Layer(f"{kind} {number}", (shape[0], rows), window, weights))
    return layers


def _parts(module: nn.Module, rows: int) -> tuple[str, tuple[int, int, int], tuple[Array, ...]]:
    """Kind, window, weights; a fully connected layer is a convolution whose window is all rows."""
    if isinstance(module, nn.MaxPool2d):
        steps = module.kernel_size, module.stride, module.padding, module.dilation
        return "pool", _window(*resolve_steps("MaxPool2d", *steps)), ()
    if isinstance(module, nn.Conv2d):
        kernel, (stride, padding, dilation) = module.kernel_size, module.steps
        (top, _), (left, _) = resolve_padding("Conv2d", padding, kernel, stride, dilation)
        return "conv", _window(kernel, stride, (top, left), dilation), _weights(module)
    if isinstance(module, nn.Linear):
        return "linear", (rows, 1, 0), _weights(module)
    found = type(module).__name__
    raise TypeError(f"DigitExplorer expected Conv2d, ReLU, MaxPool2d, Flatten, Linear, got {found}")


def _window(*steps: Pair) -> tuple[int, int, int]:
    """(kernel size, stride, padding), the same for rows and columns."""
    if any(a != b for a, b in steps) or steps[3] != (1, 1):
        raise ValueError(
            "DigitExplorer expected square windows without dilation, got kernel size {}, "
            "stride {}, padding {}, dilation {}".format(*steps)
        )
    return steps[0][0], steps[1][0], steps[2][0]


def _weights(module: nn.Conv2d | nn.Linear) -> tuple[Array, Array]:
    """Weights and biases; zeros where there is no bias."""
    weight, bias = module.weight.data, module.bias
    return weight, np.zeros(len(weight)) if bias is None else bias.data


def _size(layer: Layer) -> str:
    maps, rows = layer.shape
    return f"{maps} × {rows} × {rows}" if rows > 1 else f"{maps}"


def _drawing(image: Array) -> str:
    """(H, W): an SVG of all pixels of more than a half, as one path of runs along the rows."""
    runs = ""
    for i, row in enumerate(image > 0.5):
        edges = np.flatnonzero(np.diff(row, prepend=False, append=False))
        runs += "".join(f"M{a} {i}h{b - a}" for a, b in edges.reshape(-1, 2))
    return f'<path d="{runs}" stroke="#0072b2"/>'
