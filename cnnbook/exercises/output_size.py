"""Exercises of the chapter on the output size."""

from __future__ import annotations

from cnnbook.exercises.exercise import Exercise

Layers = list[tuple[int, int, int]]

# --- the number of windows along one axis ---


def _size(n: int, k: int, s: int, p: int, d: int) -> int:
    return max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1)


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
    ],
    {
        "The floor is missing: a part of a step is no window.": (
            lambda n, k, s, p, d: max(0, (n + 2 * p - d * (k - 1) - 1) / s + 1)
        ),
        "It is rounded up; a window that does not fit in whole is left out.": (
            lambda n, k, s, p, d: max(0, -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1)
        ),
        "It is rounded to the nearest; a window that does not fit in whole is left out.": (
            lambda n, k, s, p, d: max(0, round((n + 2 * p - d * (k - 1) - 1) / s) + 1)
        ),
        "The + 1 stands inside the division: it is the first window, and belongs outside.": (
            lambda n, k, s, p, d: max(0, (n + 2 * p - d * (k - 1)) // s)
        ),
        "The + 1 for the first window is missing.": (
            lambda n, k, s, p, d: max(0, (n + 2 * p - d * (k - 1) - 1) // s)
        ),
        "The padding is forgotten.": lambda n, k, s, p, d: _size(n, k, s, 0, d),
        "The padding is counted once; it stands on both sides.": (
            lambda n, k, s, p, d: _size(n + p, k, s, 0, d)
        ),
        "The stride is forgotten.": lambda n, k, s, p, d: _size(n, k, 1, p, d),
        "The dilation is forgotten.": lambda n, k, s, p, d: _size(n, k, s, p, 1),
        "Dilation is counted from 0; 1 means no holes.": (
            lambda n, k, s, p, d: _size(n, k, s, p, d + 1)
        ),
        "The extent is not d·k: there are k − 1 steps of d between k cells, so d·(k − 1) + 1.": (
            lambda n, k, s, p, d: _size(n, d * k, s, p, 1)
        ),
        "Where no window fits, the answer is 0, not a negative number.": (
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s + 1
        ),
        "int() rounds towards 0 and finds a window where none fits; // rounds down.": (
            lambda n, k, s, p, d: int((n + 2 * p - d * (k - 1) - 1) / s) + 1
        ),
    },
)

# --- the receptive field ---


def _field(layers: Layers) -> int:
    r = j = 1
    for k, s, d in layers:
        r, j = r + d * (k - 1) * j, j * s
    return r


def _stride_too_early(layers: Layers) -> int:
    r = j = 1
    for k, s, d in layers:
        j *= s
        r += d * (k - 1) * j
    return r


def _only_the_last_stride(layers: Layers) -> int:
    r = previous = 1
    for k, s, d in layers:
        r, previous = r + d * (k - 1) * previous, s
    return r


receptive_field = Exercise(
    "receptive_field",
    _field,
    [
        ([(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)],),
        ([(3, 2, 1), (3, 3, 2), (3, 1, 1)],),
        ([(7, 2, 1)],),
    ],
    {
        "That is the kernel of the last layer; its cells have windows of their own.": (
            lambda layers: layers[-1][0]
        ),
        "The kernel sizes are added up; neighbouring windows overlap, and strides spread them.": (
            lambda layers: sum(k for k, _, _ in layers)
        ),
        "The strides are forgotten: after a stride, cells lie further apart in the input.": (
            lambda layers: 1 + sum(d * (k - 1) for k, _, d in layers)
        ),
        "A stride counts from the next layer on; here it counts in its own.": _stride_too_early,
        "Only the stride of the layer before counts; they multiply, from the first on.": (
            _only_the_last_stride
        ),
        "The dilation is forgotten.": lambda layers: _field([(k, s, 1) for k, s, _ in layers]),
        "The field starts at 0; one cell sees itself, so it starts at 1.": (
            lambda layers: _field(layers) - 1
        ),
    },
)

# --- TensorFlow's SAME ---


def _total(n: int, k: int, s: int, d: int) -> int:
    return max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)


def _same(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = _total(n, k, s, d)
    return total // 2, total - total // 2


def _unbounded(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = (-(-n // s) - 1) * s + d * (k - 1) + 1 - n
    return total // 2, total - total // 2


same_padding = Exercise(
    "same_padding",
    _same,
    [(8, 3, 2, 1), (7, 3, 2, 1), (10, 4, 1, 1), (8, 3, 2, 2), (9, 1, 4, 1), (8, 1, 4, 1)],
    {
        "That is PyTorch's padding, equal on both sides and the same for every size.": (
            lambda n, k, s, d: (d * (k - 1) // 2,) * 2
        ),
        "The stride is forgotten; it decides where the last window ends.": (
            lambda n, k, s, d: _same(n, k, 1, d)
        ),
        "The dilation is forgotten.": lambda n, k, s, d: _same(n, k, s, 1),
        "The larger half stands before; it belongs behind.": (
            lambda n, k, s, d: _same(n, k, s, d)[::-1]
        ),
        "Everything stands behind; half of it, rounded down, belongs before.": (
            lambda n, k, s, d: (0, _total(n, k, s, d))
        ),
        "The padding is negative where windows leave gaps; it is 0 at the least.": _unbounded,
        "The number of windows is rounded down; SAME rounds n / s up.": (
            lambda n, k, s, d: _same(n - n % s, k, s, d)
        ),
    },
)
