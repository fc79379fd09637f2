"""Exercises of the chapter on the output size."""

from __future__ import annotations

import math
from collections.abc import Callable

from cnnbook.exercises.exercise import Exercise, Function

Layers = list[tuple[int, int, int]]

# --- the number of windows along one axis ---


def _size(n: int, k: int, s: int, p: int, d: int) -> int:
    return max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1)


def _count(count: Callable[[int, int], float]) -> list[Function]:
    """Another number of windows, from what the first leaves over, with and without a least of 0."""

    def negative(n: int, k: int, s: int, p: int, d: int) -> float:
        return count(n + 2 * p - d * (k - 1) - 1, s)

    return [lambda *numbers: max(0, negative(*numbers)), negative]


def _given(change: Callable[[int, int, int, int, int], tuple[int, ...]]) -> list[Function]:
    """The right count, given other numbers, with and without a least of 0."""

    def negative(n: int, k: int, s: int, p: int, d: int) -> int:
        n, k, s, p, d = change(n, k, s, p, d)
        return (n + 2 * p - d * (k - 1) - 1) // s + 1

    return [lambda *numbers: max(0, negative(*numbers)), negative]


def _unless(no_window: Callable[[int, int, int, int], bool]) -> Function:
    """0 under another condition, a function of n, the extent, p and k."""
    return lambda n, k, s, p, d: (
        0 if no_window(n, d * (k - 1) + 1, p, k) else (n + 2 * p - d * (k - 1) - 1) // s + 1
    )


size = Exercise(
    "size",
    _size,
    [
        (8, 3, 2, 0, 1),
        (10, 3, 2, 1, 2),
        (28, 4, 3, 2, 1),
        (23, 3, 4, 1, 3),
        (9, 3, 1, 0, 2),
        (2, 3, 2, 0, 1),
        (1, 5, 2, 0, 1),
        (28, 5, 1, 2, 1),
        (3, 3, 1, 0, 1),
        (1, 3, 1, 1, 1),
        (4, 3, 2, 0, 3),
    ],
    {
        "The floor is missing: a part of a step is no window.": _count(
            lambda rest, s: rest / s + 1
        ),
        "It is rounded up; a window that does not fit in whole is left out.": [
            *_count(lambda rest, s: -(-rest // s) + 1),
            *_count(lambda rest, s: -(-rest // s) + 1 if rest >= 0 else 0),
        ],
        "It is rounded to the nearest; a window that does not fit in whole is left out.": [
            *_count(lambda rest, s: round(rest / s) + 1),
            *_count(lambda rest, s: round(rest / s + 1)),
        ],
        "Brackets are missing: all of n + 2·p − extent is divided by s.": (
            lambda n, k, s, p, d: n + 2 * p - (d * (k - 1) + 1) // s + 1
        ),
        "The + 1 stands inside the division: it is the first window, and belongs outside.": (
            _count(lambda rest, s: (rest + 1) // s)
        ),
        "The + 1 for the first window is missing.": _count(lambda rest, s: rest // s),
        "The 1 of the extent is missing: it is d·(k − 1) + 1.": (
            _count(lambda rest, s: (rest + 1) // s + 1)
        ),
        "The padding is forgotten.": _given(lambda n, k, s, p, d: (n, k, s, 0, d)),
        "The padding is counted once; it stands on both sides.": (
            _given(lambda n, k, s, p, d: (n + p, k, s, 0, d))
        ),
        "The stride is forgotten.": _given(lambda n, k, s, p, d: (n, k, 1, p, d)),
        "The dilation is forgotten.": _given(lambda n, k, s, p, d: (n, k, s, p, 1)),
        "Dilation is counted from 0; 1 means no holes.": (
            _given(lambda n, k, s, p, d: (n, k, s, p, d + 1))
        ),
        "The extent is not d·k: there are k − 1 steps of d between k cells, so d·(k − 1) + 1.": (
            _given(lambda n, k, s, p, d: (n, d * k, s, p, 1))
        ),
        "Where no window fits, the answer is 0, not a negative number.": [
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s + 1,
            _unless(lambda n, extent, p, k: n + 2 * p < k),
        ],
        "int() rounds towards 0 and finds a window where none fits; // rounds down.": (
            _count(lambda rest, s: int(rest / s) + 1)
        ),
        "The padding makes room as well: a window fits where n + 2·p is as large as the extent.": [
            _unless(lambda n, extent, p, k: n < extent),
            _unless(lambda n, extent, p, k: n < k),
        ],
        "Where there is room for exactly one window, it fits: ≥, not >.": [
            _unless(lambda n, extent, p, k: n + 2 * p <= extent),
            _unless(lambda n, extent, p, k: n + 2 * p <= k),
        ],
        "Where no window fits, the answer is 0, not 1.": (
            lambda n, k, s, p, d: max(1, _size(n, k, s, p, d))
        ),
    },
)

# --- the receptive field ---


def _field(layers: Layers) -> int:
    r = j = 1
    for k, s, d in layers:
        r, j = r + d * (k - 1) * j, j * s
    return r


def _walk(
    grow: Callable[[int, int, int, int], int] = lambda k, s, d, j: d * (k - 1) * j,
    jump: Callable[[int, int, int], int] = lambda s, d, j: j * s,
) -> Function:
    """The field by other steps: what a layer adds to it, and the next distance of two cells."""

    def field(layers: Layers) -> int:
        r = j = 1
        for k, s, d in layers:
            r, j = r + grow(k, s, d, j), jump(s, d, j)
        return r

    return field


def _all_fields(layers: Layers) -> list[int]:
    return [_field(layers[: i + 1]) for i in range(len(layers))]


def _with_jump(layers: Layers) -> tuple[int, int]:
    j = 1
    for _, s, _ in layers:
        j *= s
    return _field(layers), j


receptive_field = Exercise(
    "receptive_field",
    _field,
    [
        ([(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)],),
        ([(3, 2, 1), (3, 3, 2), (3, 1, 1)],),
        ([(7, 2, 1)],),
        ([(3, 1, 2), (2, 2, 1), (5, 1, 1)],),
        ([(5, 2, 3), (3, 3, 1), (2, 2, 2)],),
    ],
    {
        "That is the kernel of the last layer; its cells have windows of their own.": [
            lambda layers: layers[-1][0],
            lambda layers: layers[-1][2] * (layers[-1][0] - 1) + 1,
        ],
        "That is the field of the first layer; the others see further: return after the loop.": [
            lambda layers: _field(layers[:1]),
            lambda layers: layers[0][0],
        ],
        "The kernel sizes are added up; neighbouring windows overlap, and strides spread them.": [
            lambda layers: sum(k for k, _, _ in layers),
            lambda layers: sum(d * (k - 1) + 1 for k, _, d in layers),
        ],
        "The kernels are multiplied; each adds its k − 1 steps to the field.": [
            lambda layers: math.prod(k for k, _, _ in layers),
            lambda layers: math.prod(d * (k - 1) + 1 for k, _, d in layers),
        ],
        "The strides are forgotten: after a stride, cells lie further apart in the input.": (
            _walk(jump=lambda s, d, j: 1)
        ),
        "A stride counts from the next layer on; here it counts in its own.": (
            _walk(grow=lambda k, s, d, j: d * (k - 1) * j * s)
        ),
        "Only the stride of the layer before counts; they multiply, from the first on.": (
            _walk(jump=lambda s, d, j: s)
        ),
        "Only the stride of a layer itself counts, as if none came before; they multiply, from "
        "the first on.": _walk(grow=lambda k, s, d, j: d * (k - 1) * s),
        "The strides are added up; they multiply.": [
            _walk(jump=lambda s, d, j: j + s),
            _walk(jump=lambda s, d, j: j + s - 1),
        ],
        "The rule goes the wrong way: r + d·(k − 1)·j goes from the first layer on, (r − 1)·s + "
        "extent from the last back.": lambda layers: _field(layers[::-1]),
        "A kernel of k cells adds k − 1 steps, not k.": [
            _walk(grow=lambda k, s, d, j: d * k * j),
            _walk(grow=lambda k, s, d, j: (d * (k - 1) + 1) * j),
        ],
        "The dilation is forgotten.": lambda layers: _field([(k, s, 1) for k, s, _ in layers]),
        "The dilation of the first layer is forgotten: the field begins as one pixel.": (
            lambda layers: _field([(layers[0][0], layers[0][1], 1), *layers[1:]])
        ),
        "The extent is not d·k: there are k − 1 steps of d between k cells.": (
            _walk(grow=lambda k, s, d, j: (d * k - 1) * j)
        ),
        "The dilation spreads the cells of one kernel; the distances after it depend on strides "
        "alone.": _walk(jump=lambda s, d, j: j * s * d),
        "Stride and dilation are swapped: a layer is (kernel, stride, dilation).": (
            lambda layers: _field([(k, d, s) for k, s, d in layers])
        ),
        "The field starts at 0; one cell sees itself, so it starts at 1.": (
            lambda layers: _field(layers) - 1
        ),
        "Those are the fields after each layer; only the last is asked for.": [
            _all_fields,
            lambda layers: [1, *_all_fields(layers)],
        ],
        "The field alone is asked for, without the distance of its cells.": _with_jump,
    },
)

# --- TensorFlow's SAME ---


def _out(n: int, s: int) -> int:
    return -(-n // s)


def _split(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2


def _total(n: int, k: int, s: int, d: int) -> int:
    return max(0, (_out(n, s) - 1) * s + d * (k - 1) + 1 - n)


def _same(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    return _split(_total(n, k, s, d))


def _needed(windows: int, n: int, extent: int, s: int) -> tuple[int, int]:
    return _split(max(0, (windows - 1) * s + extent - n))


same_padding = Exercise(
    "same_padding",
    _same,
    [
        (8, 3, 2, 1),
        (7, 3, 2, 1),
        (10, 4, 1, 1),
        (8, 3, 2, 2),
        (9, 1, 4, 1),
        (8, 1, 4, 1),
        (7, 5, 3, 2),
        (3, 2, 4, 1),
    ],
    {
        "That is PyTorch's padding, equal on both sides and the same for every size.": [
            lambda n, k, s, d: (d * (k - 1) // 2,) * 2,
            lambda n, k, s, d: ((k - 1) // 2,) * 2,
            lambda n, k, s, d: (k // 2,) * 2,
            lambda n, k, s, d: (d * (k - 1) / 2,) * 2,
        ],
        "The stride is forgotten; it decides where the last window ends.": (
            lambda n, k, s, d: _same(n, k, 1, d)
        ),
        "The dilation is forgotten.": lambda n, k, s, d: _same(n, k, s, 1),
        "The extent is not d·k: there are k − 1 steps of d between k cells, so d·(k − 1) + 1.": (
            lambda n, k, s, d: _same(n, d * k, s, 1)
        ),
        "The 1 of the extent is missing: it is d·(k − 1) + 1.": (
            lambda n, k, s, d: _needed(_out(n, s), n, d * (k - 1), s)
        ),
        "The larger half stands before; it belongs behind.": (
            lambda n, k, s, d: _same(n, k, s, d)[::-1]
        ),
        "round() takes the even neighbour, and makes 2 of 1.5; half of the zeros is rounded down: "
        "//.": lambda n, k, s, d: (
            round(_total(n, k, s, d) / 2),
            _total(n, k, s, d) - round(_total(n, k, s, d) / 2),
        ),
        "Everything stands behind; half of it, rounded down, belongs before.": (
            lambda n, k, s, d: (0, _total(n, k, s, d))
        ),
        "Everything stands before; half of it, rounded down, belongs there.": (
            lambda n, k, s, d: (_total(n, k, s, d), 0)
        ),
        "Both sides get the same: of an odd number, the zero left over belongs behind.": [
            lambda n, k, s, d: (_total(n, k, s, d) // 2,) * 2,
            lambda n, k, s, d: (-(-_total(n, k, s, d) // 2),) * 2,
        ],
        "A zero cannot be halved: half of the number is rounded down, the rest belongs behind.": [
            lambda n, k, s, d: (_total(n, k, s, d) / 2,) * 2,
        ],
        "That is their number; say how many stand before and how many behind.": [
            lambda n, k, s, d: _total(n, k, s, d),
            lambda n, k, s, d: (_total(n, k, s, d),) * 2,
        ],
        "The padding is negative where windows leave gaps; it is 0 at the least.": [
            lambda n, k, s, d: _split((_out(n, s) - 1) * s + d * (k - 1) + 1 - n),
            lambda n, k, s, d: _split(abs((_out(n, s) - 1) * s + d * (k - 1) + 1 - n)),
        ],
        "The number of windows is rounded down; SAME rounds n / s up.": [
            lambda n, k, s, d: _same(n - n % s, k, s, d),
            lambda n, k, s, d: _needed(n // s, n, d * (k - 1) + 1, s),
            lambda n, k, s, d: _split((n // s - 1) * s + d * (k - 1) + 1 - n),
        ],
        "SAME keeps the size only for stride 1: there are n / s windows, rounded up.": (
            lambda n, k, s, d: _needed(n, n, d * (k - 1) + 1, s)
        ),
        "The last window begins at (windows − 1)·s: the − 1 is missing.": (
            lambda n, k, s, d: _needed(_out(n, s) + 1, n, d * (k - 1) + 1, s)
        ),
    },
)
