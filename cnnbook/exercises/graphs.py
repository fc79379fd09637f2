"""Exercises of the chapter on computational graphs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from cnnbook.exercises.exercise import Exercise, Function

Edge = tuple[int, int, float]  # from, to, factor; from < to
Edges = Sequence[Edge]

# --- the gradient of the source's graph, by hand ---


def _sum_of(cos_way: float, sin_way: float, division: float, by_y: float = 1.0) -> Function:
    """The right derivatives, with each path by which x is used taken so many times."""

    def derivative(x: float, y: float) -> tuple[float, float]:
        trigonometric = -cos_way * math.sin(x) ** 2 + sin_way * math.cos(x) ** 2
        return trigonometric + division / y, -by_y * x / y**2

    return derivative


def _in_place_of(
    by_x: Callable[[float, float], float] | None = None,
    by_y: Callable[[float, float], float] | None = None,
) -> Function:
    """The right derivatives, except for what is given."""

    def derivative(x: float, y: float) -> tuple[float, float]:
        right = math.cos(2 * x) + 1 / y, -x / y**2
        return by_x(x, y) if by_x else right[0], by_y(x, y) if by_y else right[1]

    return derivative


derivative = Exercise(
    "derivative",
    _sum_of(1, 1, 1),
    [(5.0, 3.0), (1.0, -2.0), (-0.4, 1.5)],
    {
        "The sign of the derivative of cos is wrong; it is −sin.": _sum_of(-1, 1, 1),
        "The sign of the derivative of sin is wrong; it is cos.": _sum_of(1, -1, 1),
        "Both signs are wrong: the derivative of sin is cos, that of cos is −sin.": (
            _sum_of(-1, -1, 1)
        ),
        "The path through cos is missing; x is used three times, and all its paths add up.": (
            _sum_of(0, 1, 1)
        ),
        "The path through sin is missing; x is used three times, and all its paths add up.": (
            _sum_of(1, 0, 1)
        ),
        "The path through the division is missing; x is used three times, and all its paths add "
        "up.": _sum_of(1, 1, 0),
        "Only the division is there; x is used by cos and sin too.": _sum_of(0, 0, 1),
        "The derivative of a product is not the product of the derivatives.": [
            _in_place_of(lambda x, y: -math.sin(x) * math.cos(x) + 1 / y),
            _in_place_of(lambda x, y: math.sin(x) * math.cos(x) + 1 / y),
        ],
        "Each derivative in the product has to be multiplied by the other factor.": (
            _in_place_of(lambda x, y: -math.sin(x) + math.cos(x) + 1 / y)
        ),
        "cos² x is the square of cos x, not the cosine of x².": (
            _in_place_of(lambda x, y: math.cos(x**2) - math.sin(x**2) + 1 / y)
        ),
        "The derivative of x / y with respect to x is 1 / y.": [
            _in_place_of(lambda x, y: math.cos(2 * x) + x / y),
            _in_place_of(lambda x, y: math.cos(2 * x) + y),
            _in_place_of(lambda x, y: math.cos(2 * x) - 1 / y),
            _in_place_of(lambda x, y: math.cos(2 * x) + 1),
        ],
        "cos x sin x is half of sin 2x, so its derivative is cos 2x, without a factor 2.": (
            _in_place_of(lambda x, y: 2 * math.cos(2 * x) + 1 / y)
        ),
        "-x / y * y is −x: put brackets, -x / (y * y).": _in_place_of(by_y=lambda x, y: -x),
        "The sign of the derivative with respect to y is wrong: where x is positive, x / y "
        "shrinks as y grows.": _sum_of(1, 1, 1, -1),
        "The derivative of x / y with respect to y is −x / y², with a square.": [
            _in_place_of(by_y=lambda x, y: -x / y),
            _in_place_of(by_y=lambda x, y: x / y),
        ],
        "The derivative of x / y with respect to y is −x / y²; x stays as a factor.": [
            _in_place_of(by_y=lambda x, y: -1 / y**2),
            _in_place_of(by_y=lambda x, y: 1 / y**2),
        ],
        "The derivative with respect to y is that of x / y alone; cos x sin x does not move "
        "with y.": _in_place_of(by_y=lambda x, y: math.cos(x) * math.sin(x) - x / y**2),
        "The two derivatives of x / y are swapped: 1 / y is for x, −x / y² for y.": (
            lambda x, y: (math.cos(2 * x) - x / y**2, 1 / y)
        ),
        "The two derivatives are swapped; the one with respect to x comes first.": (
            lambda x, y: (-x / y**2, math.cos(2 * x) + 1 / y)
        ),
        "That is the value; its two derivatives are asked for.": (
            lambda x, y: math.cos(x) * math.sin(x) + x / y
        ),
        "// cuts off what comes after the point; divide by /.": (
            lambda x, y: (math.cos(2 * x) + 1 // y, -x // y**2)
        ),
        "x is taken for degrees; it is in radians.": (
            _in_place_of(lambda x, y: math.cos(2 * math.radians(x)) + 1 / y)
        ),
    },
    parts=("by x", "by y"),
)

# --- backward over a graph that is given as edges ---


def _along(edges: Iterable[Edge], count: int, add: bool = True) -> list[float]:
    """Gradients, with the edges taken in this order."""
    grad = [0.0] * (count - 1) + [1.0]
    for used, made, factor in edges:
        grad[used] = factor * grad[made] + (grad[used] if add else 0)
    return grad


def _last_first(edges: Edges) -> list[Edge]:
    """All edges, those to the last node before all others."""
    return sorted(edges, key=lambda edge: -edge[1])


def _backward(edges: Edges, count: int) -> list[float]:
    return _along(_last_first(edges), count)


def _from_ones(ends_only: bool) -> Function:
    """Back from a 1 at every node, or at those that no edge leaves."""

    def backward(edges: Edges, count: int) -> list[float]:
        left = {used for used, _, _ in edges}
        grad = [0.0 if ends_only and node in left else 1.0 for node in range(count)]
        for used, made, factor in _last_first(edges):
            grad[used] += factor * grad[made]
        return grad

    return backward


def _factors_added(start: float) -> Function:
    """Along a path factors are added to what comes back, 0 or 1 at the result."""

    def backward(edges: Edges, count: int) -> list[float]:
        grad = [0.0] * (count - 1) + [start]
        for used, made, factor in _last_first(edges):
            grad[used] += factor + grad[made]
        return grad

    return backward


def _without_factors(edges: Edges, count: int) -> list[float]:
    return _backward([(used, made, 1.0) for used, made, _ in edges], count)


def _only_the_next_factor(edges: Edges, count: int) -> list[float]:
    sums = [sum(factor for used, _, factor in edges if used == node) for node in range(count)]
    return [*sums[:-1], 1.0]


def _by_the_first(edges: Edges, count: int) -> list[float]:
    mirrored = [(count - 1 - made, count - 1 - used, factor) for used, made, factor in edges]
    return _backward(mirrored, count)[::-1]


def _one_edge_a_pair(edges: Edges, count: int) -> list[float]:
    table = {(used, made): factor for used, made, factor in edges}
    return _backward([(*pair, factor) for pair, factor in table.items()], count)


def _breadth_first(again: bool) -> Function:
    """Back from the result by a queue; ``again`` takes a node each time that it is found."""

    def backward(edges: Edges, count: int) -> list[float]:
        grad = [0.0] * (count - 1) + [1.0]
        queue, found = [count - 1], {count - 1}
        for node in queue:
            for used, made, factor in edges:
                if made == node:
                    grad[used] += factor * grad[node]
                    if again or used not in found:
                        queue.append(used)
                        found.add(used)
        return grad

    return backward


def _depth_first(again: bool) -> Function:
    """Back from the result by recursion; ``again`` takes a node each time that it is found."""

    def backward(edges: Edges, count: int) -> list[float]:
        grad, found = [0.0] * (count - 1) + [1.0], set[int]()

        def visit(node: int) -> None:
            found.add(node)
            for used, made, factor in edges:
                if made == node:
                    grad[used] += factor * grad[node]
                    if again or used not in found:
                        visit(used)

        visit(count - 1)
        return grad

    return backward


def _dead_ends(nothing: float | None) -> Function:
    """This in place of 0 where no path leads to the result."""

    def backward(edges: Edges, count: int) -> list[float | None]:
        paths = _without_factors(edges, count)
        return [g if n else nothing for g, n in zip(_backward(edges, count), paths, strict=True)]

    return backward


_SOURCE = [(0, 2, 0.5), (0, 3, 2.0), (2, 4, 3.0), (3, 4, -1.0), (0, 5, 4.0), (1, 5, -2.0)]
_SOURCE += [(4, 6, 1.0), (5, 6, 1.5)]
_TANGLED = [(1, 2, 3.0), (2, 4, 2.0), (0, 1, 2.0), (1, 3, -1.0), (3, 4, 5.0), (2, 3, 0.5)]
_DOUBLED = [(0, 1, 3.0), (1, 3, 0.5), (0, 1, 3.0), (0, 2, 1.0)]  # an edge twice, a dead end

backward = Exercise(
    "backward",
    _backward,
    [(_SOURCE, 7), (_TANGLED, 5), (_DOUBLED, 4)],
    {
        "Where a number is used more than once the last use wins; what all its uses send is "
        "added.": [
            lambda edges, count: _along(_last_first(edges), count, add=False),
            lambda edges, count: _along(sorted(edges, key=lambda e: -e[0]), count, add=False),
            lambda edges, count: _along(sorted(edges, reverse=True), count, add=False),
            lambda edges, count: _along(reversed(edges), count, add=False),
            lambda edges, count: _along(edges, count, add=False),
        ],
        "Only edges that lead straight to the result count: go from the last node to the first, "
        "and each has its whole gradient when it is passed on.": [
            lambda edges, count: _along(reversed(_last_first(edges)), count),
            lambda edges, count: _along(sorted(edges), count),
        ],
        "The edges are taken in the order of the list; a gradient can be passed on only when it "
        "is complete, so go by the numbers, from last to first.": [
            lambda edges, count: _along(reversed(edges), count),
            lambda edges, count: _along(edges, count),
        ],
        "A node passes its gradient on before all of it has arrived; go by the numbers, from "
        "last to first.": [_breadth_first(again=False), _depth_first(again=False)],
        "A node that is found again passes on again what it has passed on before; go by the "
        "numbers, from last to first.": [_breadth_first(again=True), _depth_first(again=True)],
        "All gradients are 0: the result changes by 1 with itself, and there it starts.": (
            lambda edges, count: [0.0] * count
        ),
        "Every node starts with 1; only the result does, the others with 0.": _from_ones(
            ends_only=False
        ),
        "Every node that no edge leaves starts with 1; only the result does, which comes last.": (
            _from_ones(ends_only=True)
        ),
        "Nothing comes back from the result: an edge, also one to the result, brings grad[from] "
        "its factor times grad[to].": (lambda edges, count: [0.0] * (count - 1) + [1.0]),
        "The factors are missing; that counts the paths to the result.": _without_factors,
        "Only the factors of the next step are added; a path is a product of all its factors.": (
            _only_the_next_factor
        ),
        "Along a path the factors are multiplied, not added.": [
            _factors_added(0.0),
            _factors_added(1.0),
        ],
        "Two edges may join the same nodes; here the second one replaces the first.": (
            _one_edge_a_pair
        ),
        "A node from which no path leads to the result has the derivative 0.": [
            _dead_ends(None),
            _dead_ends(math.nan),
        ],
        "Node 0 is left out; the result changes with it, too.": (
            lambda edges, count: [0.0, *_backward(edges, count)[1:]]
        ),
        "The result is left out; its own derivative, 1, comes last.": (
            lambda edges, count: _backward(edges, count)[:-1]
        ),
        "The result's own derivative is 1, not 0.": (
            lambda edges, count: [*_backward(edges, count)[:-1], 0.0]
        ),
        "The list is in reverse order; node 0 comes first.": (
            lambda edges, count: _backward(edges, count)[::-1]
        ),
        "Those are the derivatives of every number with respect to the first; asked for are those "
        "of the last with respect to every number.": _by_the_first,
    },
)
