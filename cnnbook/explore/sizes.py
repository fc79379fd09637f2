"""The output-size calculator: a stack of layers that the reader edits, as a table.

A stack is written as in the page's address: ``x1h28w28-c6k5p2-m-f-l10`` is an input of
1 × 28 × 28, a convolution with 6 kernels of 5 × 5 and padding 2, a maximum of 2 × 2, flatten,
and a linear layer with 10 outputs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnbook import networks
from cnnbook.explore.figure import Figure
from cnnlib.windows import output_size, resolve_steps


class Written:
    """Layers that are written as in the page's address: an ``n`` for `cnnbook.networks`."""

    @staticmethod
    def Sequential(*layers: str) -> str:
        return "-".join(["x1h28w28", *filter(None, layers)])

    @staticmethod
    def Conv2d(inputs: int, outputs: int, kernel_size: int, padding: int | str = 0) -> str:
        cells = kernel_size // 2 if padding == "same" else padding
        return f"c{outputs}k{kernel_size}" + (f"p{cells}" if cells else "")

    @staticmethod
    def MaxPool2d(kernel_size: int) -> str:
        return "m" if kernel_size == 2 else f"mk{kernel_size}"

    @staticmethod
    def Linear(inputs: int, outputs: int) -> str:
        return f"l{outputs}"

    @staticmethod
    def Flatten() -> str:
        return "f"

    @staticmethod
    def ReLU() -> str:
        return ""


PRESETS: dict[str, tuple[str, str]] = {
    "LeNet": ("LeNet, modern form", networks.lenet(Written)),
    "source": ("the source's network", networks.source(Written)),
    "AlexNet": (
        "AlexNet, one column, as in torchvision",
        "x3h224w224-c64k11s4p2-mk3s2-c192k5p2-mk3s2-c384p1-c256p1-c256p1-mk3s2-f-l4096-l4096-l1000",
    ),
}
KINDS = {
    "x": ("input", "ohw"),
    "c": ("Conv2d", "okspdi"),
    "m": ("MaxPool2d", "kspd"),
    "a": ("AvgPool2d", "ksp"),
    "f": ("Flatten", ""),
    "l": ("Linear", "oi"),
}
LARGEST_STACK, LARGEST_NUMBER = 40, 999_999
LAYER = re.compile(r"([xcmafl])(\d*)((?:[hwkspdi]\d+)*)")

Layer = tuple[str, dict[str, int]]


@dataclass(frozen=True)
class Row:
    """What the table says about a layer.

    ``field`` and ``jump`` count pixels of the input; a Linear behind reads ``sides`` cells.
    """

    name: str
    shape: tuple[int, ...]
    sides: tuple[int, int]
    parameters: int = 0
    multiply_adds: int = 0
    field: tuple[int, int] = (1, 1)
    jump: int = 1


class SizeExplorer(Figure):
    """Edit a stack of layers; see shapes, parameters, multiply-adds and receptive fields.

    ``stack`` is "LeNet" (the modern form), "source", "AlexNet" (Krizhevsky 2014, the single
    column of torchvision), or written as in the page's address.

    Raises
    ------
    ValueError
        If the stack cannot be read, or one of its layers does not fit.
    """

    name = "sizes"

    def __init__(self, stack: str = "LeNet") -> None:
        if not isinstance(stack, str):
            raise TypeError(f"SizeExplorer expected a string as stack, got {stack!r}")
        self.code = PRESETS[stack][1] if stack in PRESETS else stack
        self.rows = rows(self.code)
        self.parameters = sum(row.parameters for row in self.rows)
        self.multiply_adds = sum(row.multiply_adds for row in self.rows)

    def data(self) -> dict[str, Any]:
        presets = dict(PRESETS.values())
        if self.code not in presets.values():
            presets["as given"] = self.code
        return {"code": self.code, "presets": presets}

    def picture(self) -> str:
        """The table of the stack."""
        head = "<tr><th>layer<th>output<th>parameters<th>multiply-adds<th>receptive field"
        total = f"<tr><th>total<td><td>{self.parameters:,}<td>{self.multiply_adds:,}<td>"
        return f'<table class="cnn-sizes">{head}{"".join(map(_line, self.rows))}{total}</table>'

    def __repr__(self) -> str:
        return f"SizeExplorer({self.code!r})"


def _line(row: Row) -> str:
    shape, field = (" × ".join(map(str, a)) for a in (row.shape, dict.fromkeys(row.field)))
    return (
        f"<tr><th>{row.name}<td>{shape}<td>{row.parameters:,}<td>{row.multiply_adds:,}<td>{field}"
    )


def rows(code: str) -> list[Row]:
    """The table of a stack, from the input on."""
    (_, n), *layers = parse(code)
    sides = n["h"], n["w"]
    table = [Row("input", (n["o"], *sides), sides)]
    for position, layer in enumerate(layers, start=1):
        try:
            table.append(_row(layer, table[-1]))
        except ValueError as error:
            raise ValueError(f"layer {position} of {code!r}: {error}") from None
    return table


def parse(code: str) -> list[Layer]:
    """Kind and numbers of each layer, PyTorch's defaults filled in."""
    layers = [_layer(part) for part in code.split("-")]
    if [i for i, (kind, _) in enumerate(layers) if kind == "x"] != [0]:
        raise ValueError(f"SizeExplorer expected a stack that begins with its input, got {code!r}")
    if len(layers) > LARGEST_STACK:
        raise ValueError(f"SizeExplorer expected up to {LARGEST_STACK} layers, got {len(layers)}")
    return layers


def _layer(part: str) -> Layer:
    found = LAYER.fullmatch(part)
    kind, o, rest = found.groups() if found else ("f", "", "?")
    pairs = re.findall(r"([a-z])(\d+)", (o and f"o{o}") + rest)
    given, keys = {key: int(value) for key, value in pairs}, set(KINDS[kind][1])
    in_range = all((key not in "pi") <= v <= LARGEST_NUMBER for key, v in given.items())
    if rest == "?" or not given.keys() <= keys or ("o" in keys - given.keys()) or not in_range:
        raise ValueError(f"SizeExplorer expected a layer such as c6k5p2, got {part!r}")
    k = given.get("k", 2 if kind in "ma" else 3)
    s = k if kind in "ma" else 1
    return kind, {"h": 28, "w": 28, "k": k, "s": s, "p": 0, "d": 1, "i": 0} | given


def _row(layer: Layer, before: Row) -> Row:
    kind, n = layer
    _check(kind, n, before.shape)
    if kind == "f":
        shape = (math.prod(before.shape),)
        return replace(before, name="Flatten", shape=shape, parameters=0, multiply_adds=0)
    return _linear(n, before) if kind == "l" else _windowed(kind, n, before)


def _check(kind: str, n: dict[str, int], shape: tuple[int, ...]) -> None:
    name, wanted = KINDS[kind][0], {"f": len(shape), "l": 1}.get(kind, 3)
    if len(shape) != wanted:
        raise ValueError(f"{name} expected {'maps' if wanted == 3 else 'a row'}, got shape {shape}")
    if n["i"] not in (0, shape[0]):
        raise ValueError(f"{name} expected {n['i']} inputs, got shape {shape}")
    if kind in "ma":
        resolve_steps(name, n["k"], n["s"], n["p"], n["d"])


def _linear(n: dict[str, int], before: Row) -> Row:
    weights = n["o"] * before.shape[0]
    field = _wider(before, [side - 1 for side in before.sides])
    return Row("Linear", (n["o"],), (1, 1), weights + n["o"], weights, field, before.jump)


def _windowed(kind: str, n: dict[str, int], before: Row) -> Row:
    k, s, p, d = (n[key] for key in "kspd")
    height, width = (output_size(side, k, s, p, d) for side in before.sides)
    channels = n["o"] if kind == "c" else before.shape[0]
    weights = channels * before.shape[0] * k * k if kind == "c" else 0
    return Row(
        KINDS[kind][0],
        (channels, height, width),
        (height, width),
        weights + channels if kind == "c" else 0,
        weights * height * width,
        _wider(before, [d * (k - 1)] * 2),
        before.jump * s,
    )


def _wider(before: Row, cells: Sequence[int]) -> tuple[int, int]:
    """The receptive field, wider by so many cells along each axis."""
    height, width = (r + more * before.jump for r, more in zip(before.field, cells, strict=True))
    return height, width
