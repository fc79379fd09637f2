"""The field explorer: the pixels that an output of a stack of layers can see, along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnnbook.explore.figure import Figure, step
from cnnlib.windows import output_size

LIMITS = {"window": (1, 7), "stride": (1, 3), "padding": (0, 3), "dilation": (1, 8)}
MOST_PIXELS, MOST_LAYERS = 40, 6

Layer = tuple[int, ...]  # window, stride, padding, dilation

LENET: list[Layer] = [(5, 1, 2, 1), (2, 2, 0, 1), (5, 1, 0, 1), (2, 2, 0, 1)]


class Row(NamedTuple):
    """The outputs of a layer: their number, the field r of each, and the jump j between them."""

    size: int
    field: int
    jump: int


class FieldExplorer(Figure):
    """Click an output of any layer; see its window, the windows of that, down to the pixels.

    A layer is ``(window, stride, padding, dilation)``, as `cnnlib.windows.output_size` takes them;
    the four of LeNet's convolutions and poolings unless given. ``size`` is the number of pixels.

    Raises
    ------
    ValueError
        If there are not 1 to 6 layers of four numbers and up to 40 pixels, a number is out of its
        range, or a window does not fit.
    """

    name = "field"
    builds_on = ("address",)

    def __init__(self, layers: Sequence[Layer] = LENET, size: int = 28) -> None:
        self.size = step("FieldExplorer", "size", size, 1, MOST_PIXELS)
        step("FieldExplorer", "the number of layers", len(layers), 1, MOST_LAYERS)
        self.layers = [_layer(numbers) for numbers in layers]
        self.rows = [Row(self.size, 1, 1)]
        for position, layer in enumerate(self.layers, 1):
            try:
                self.rows.append(_above(self.rows[-1], layer))
            except ValueError as error:
                raise ValueError(f"FieldExplorer, layer {position}: {error}") from None

    def data(self) -> dict[str, Any]:
        return {"stack": [self.size, self.layers]}

    def picture(self) -> str:
        """All numbers as a table, the last layer first."""
        head = "<tr><th>layer<th>k<th>s<th>p<th>d<th>outputs<th>r<th>j"
        numbers = [*enumerate(zip(self.layers, self.rows[1:], strict=True), 1)]
        lines = [
            f"<tr><th>{position}<td>" + "<td>".join(map(str, (*layer, *row)))
            for position, (layer, row) in reversed(numbers)
        ]
        pixels = "<tr><th>pixels<td><td><td><td><td>" + "<td>".join(map(str, self.rows[0]))
        return f"<table>{head}{''.join(lines)}{pixels}</table>"

    def __repr__(self) -> str:
        count = len(self.layers)
        return f"FieldExplorer({count} layers, {self.size} pixels, field {self.rows[-1].field})"


def _layer(numbers: Layer) -> Layer:
    if len(numbers) != len(LIMITS):
        raise ValueError(
            f"FieldExplorer expected (window, stride, padding, dilation) as layer, got {numbers}"
        )
    named = zip(LIMITS.items(), numbers, strict=True)
    return tuple(step("FieldExplorer", key, value, *limits) for (key, limits), value in named)


def _above(below: Row, layer: Layer) -> Row:
    window, stride, padding, dilation = layer
    size, field, jump = below
    size = output_size(size, window, stride, padding, dilation)
    return Row(size, field + dilation * (window - 1) * jump, jump * stride)
