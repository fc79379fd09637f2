"""Exercises of the chapter on computational graphs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from cnnbook.exercises.exercise import Exercise, Function

Edges = Sequence[tuple[int, int, float]]  # (from, to, factor), from < to

# --- the gradient of the source's graph, by hand ---


def _sum_of(cos_way: float, sin_way: float, division: float, by_y: float = 1.0) -> Function:
    """The right derivatives, with each path by which x is used taken so many times."""

    def derivative(x: float, y: float) -> tuple[float, float]:
        trigonometric = -cos_way * math.sin(x) ** 2 + sin_way * math.cos(x) ** 2
        return trigonometric + division / y, -by_y * x / y**2

    return derivative


def _product_of_derivatives(x: float, y: float) -> tuple[float, float]:
    return -math.sin(x) * math.cos(x) + 1 / y, -x / y**2


def _not_squared(x: float, y: float) -> tuple[float, float]:
    return math.cos(2 * x) + 1 / y, -x / y


def _degrees(x: float, y: float) -> tuple[float, float]:
    return math.cos(2 * math.radians(x)) + 1 / y, -x / y**2


derivative = Exercise(
    "derivative",
    _sum_of(1, 1, 1),
    [(5.0, 3.0), (1.0, -2.0)],
    {
        "The sign of the derivative of cos is wrong; it is −sin.": _sum_of(-1, 1, 1),
        "The path through cos is missing; x is used three times, and all its paths add up.": (
            _sum_of(0, 1, 1)
        ),
        "The path through sin is missing; x is used three times, and all its paths add up.": (
            _sum_of(1, 0, 1)
        ),
        "The path through the division is missing; x is used three times, and all its paths add "
        "up.": _sum_of(1, 1, 0),
        "Only the division is there; x is used by cos and sin too.": _sum_of(0, 0, 1),
        "The derivative of a product is not the product of the derivatives.": (
            _product_of_derivatives
        ),
        "The sign of the derivative with respect to y is wrong: as y grows, x / y shrinks.": (
            _sum_of(1, 1, 1, -1)
        ),
        "The derivative of x / y with respect to y is −x / y², with a square.": _not_squared,
        "x is taken for degrees; it is in radians.": _degrees,
    },
)

# --- backward over a graph that is given as edges ---


def _through(
    nodes: Iterable[int], edges: Edges, count: int, start: float = 1.0, add: bool = True
) -> list[float]:
    """Gradients, with the nodes taken in this order."""
    grad = [0.0] * (count - 1) + [start]
    for node in nodes:
        for used, made, factor in edges:
            if made == node:
                grad[used] = factor * grad[made] + (grad[used] if add else 0)
    return grad


def _backward(edges: Edges, count: int) -> list[float]:
    return _through(reversed(range(count)), edges, count)


def _in_order(edges: Edges, count: int) -> list[float]:
    return _through(range(count), edges, count)


def _overwritten(edges: Edges, count: int) -> list[float]:
    return _through(reversed(range(count)), edges, count, add=False)


def _nothing_to_start_with(edges: Edges, count: int) -> list[float]:
    return _through(reversed(range(count)), edges, count, start=0.0)


def _without_factors(edges: Edges, count: int) -> list[float]:
    return _backward([(used, made, 1.0) for used, made, _ in edges], count)


def _only_the_next_factor(edges: Edges, count: int) -> list[float]:
    sums = [sum(factor for used, _, factor in edges if used == node) for node in range(count)]
    return [*sums[:-1], 1.0]


def _edges_as_listed(edges: Edges, count: int) -> list[float]:
    grad = [0.0] * (count - 1) + [1.0]
    for used, made, factor in reversed(edges):
        grad[used] += factor * grad[made]
    return grad


def _by_the_first(edges: Edges, count: int) -> list[float]:
    mirrored = [(count - 1 - made, count - 1 - used, factor) for used, made, factor in edges]
    return _backward(mirrored, count)[::-1]


_SOURCE = [(0, 2, 0.5), (0, 3, 2.0), (2, 4, 3.0), (3, 4, -1.0), (0, 5, 4.0), (1, 5, -2.0)]
_SOURCE += [(4, 6, 1.0), (5, 6, 1.5)]
_DOUBLED = [(0, 1, 3.0), (1, 3, 0.5), (0, 1, 3.0), (0, 2, 1.0)]  # an edge twice, a dead end
_TANGLED = [(1, 2, 3.0), (2, 4, 2.0), (0, 1, 2.0), (1, 3, -1.0), (3, 4, 5.0), (2, 3, 0.5)]

backward = Exercise(
    "backward",
    _backward,
    [(_SOURCE, 7), (_TANGLED, 5), (_DOUBLED, 4)],
    {
        "Where a number is used more than once the last use wins; what all its uses send is "
        "added.": _overwritten,
        "The numbers are taken from first to last; a gradient can be passed on only when it is "
        "complete, so go from last to first.": _in_order,
        "All gradients are 0: the result changes by 1 with itself, and there it starts.": (
            _nothing_to_start_with
        ),
        "The factors are missing; that counts the paths to the result.": _without_factors,
        "Only the factors of the next step are added; a path is a product of all its factors.": (
            _only_the_next_factor
        ),
        "The edges are taken in the order of the list; a gradient can be passed on only when it "
        "is complete, so go by the numbers, from last to first.": _edges_as_listed,
        "Those are the derivatives of every number with respect to the first; asked for are those "
        "of the last with respect to every number.": _by_the_first,
    },
)
