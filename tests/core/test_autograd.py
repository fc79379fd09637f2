"""The scalar engine against torch.autograd, on random expressions; and the drawing of graphs."""

import math
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise, product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from cnnbook import plot
from cnnbook.plot.graph import layout
from cnnlib.autograd import Value, order

TOLERANCE = 1e-10

# Operations that keep their results within bounds, so that neither side loses digits. They run on
# Values and on tensors alike.
OPERATIONS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: (a + b) / 2,
    lambda a, b: 0.5 + a * 0.25 - b * 0.25,
    lambda a, b: 1 - a,
    lambda a, b: 2 * a.tanh() - b.tanh(),
    lambda a, b: a * b.sin(),
    lambda a, b: a / (b * b + 1),
    lambda a, b: 1 / (a**2 + 0.5),
    lambda a, b: (a * a + 1) ** -0.5,
    lambda a, b: (a**0) * b.cos(),
    lambda a, b: a.relu() - b.relu(),
    lambda a, b: (-a).tanh().exp() + b,
    lambda a, b: (a**2 + 0.1).log(),
]
numbers = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 1.0, -1.0]))
steps = st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 99), st.integers(0, 99))


def expression(inputs: list[Any], program: list[tuple[int, int, int]]) -> Any:
    """Each step applies an operation to two of the numbers so far; results are used again."""
    found = list(inputs)
    for operation, i, j in program:
        found.append(OPERATIONS[operation](found[i % len(found)], found[j % len(found)]))
    return found[-1] + sum(found[:-1])


def assert_as_in_torch(inputs: list[float], program: list[tuple[int, int, int]]) -> None:
    ours = [Value(x) for x in inputs]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    y, wanted = expression(ours, program), expression(theirs, program)
    y.backward()
    wanted.backward()
    found = [y.data, *(x.grad for x in ours)]
    right = [wanted.item(), *(float(t.grad) for t in theirs)]
    atol = TOLERANCE * max(1, *map(abs, right))
    np.testing.assert_allclose(found, right, rtol=0, atol=atol)


@given(st.lists(numbers, min_size=1, max_size=4), st.lists(steps, max_size=12))
def test_random_expressions_are_as_in_torch(
    inputs: list[float], program: list[tuple[int, int, int]]
) -> None:
    assert_as_in_torch(inputs, program)


@pytest.mark.parametrize("operation", range(len(OPERATIONS)))
def test_every_operation_is_as_in_torch(operation: int) -> None:
    for a, b in product((-1.5, 0.0, 0.7), repeat=2):
        assert_as_in_torch([a, b], [(operation, 0, 1)])


def test_the_graph_of_the_chapter() -> None:
    x, y = Value(5), Value(3)
    w7 = x.cos() * x.sin() + x / y
    w7.backward()
    assert w7.data == math.cos(5) * math.sin(5) + 5 / 3
    assert x.grad == pytest.approx(math.cos(10) + 1 / 3, rel=1e-14)
    assert y.grad == pytest.approx(-5 / 9, rel=1e-14)
    assert w7.grad == 1
    assert repr(x) == "Value(5, grad -0.505738)"
    values, edges = plot.nodes_and_edges(w7)
    assert [v.op for v in values] == ["", "cos", "sin", "×", "", "÷", "+"]
    assert [(a, b) for a, b, _ in edges] == [
        *((0, 1), (0, 2), (1, 3), (2, 3), (0, 5), (4, 5), (3, 6), (5, 6))
    ]
    assert [factor for *_, factor in edges][4:] == [1 / 3, -5 / 9, 1, 1]


def test_a_number_used_twice_gets_both_shares() -> None:
    x = Value(3)
    (x * x + x).backward()
    assert x.grad == 7


def test_gradients_add_up_over_calls() -> None:
    a, b = Value(2), Value(5)
    y = a * b * b
    for times in (1, 2, 3):
        y.backward()
        assert (y.grad, a.grad, b.grad) == (times, times * 25, times * 20)


def test_relu_has_derivative_0_at_0() -> None:
    x = Value(0.0)
    x.relu().backward()
    assert x.grad == 0


@pytest.mark.parametrize(
    ("operation", "of_torch"), [(lambda x: x * 0, math.nan), (lambda x: x.relu(), 0.0)]
)
def test_a_factor_of_0_and_an_infinite_gradient_give_nan(
    operation: Callable[[Any], Any], of_torch: float
) -> None:
    """PyTorch says the same of a product; its ReLU selects, and says 0."""
    x, t = Value(-1.0), torch.tensor(-1.0, dtype=torch.float64, requires_grad=True)
    for result in (operation(x), operation(t)):
        (result * 1e200 * 1e200).backward()
    assert math.isnan(x.grad)
    assert float(t.grad) == pytest.approx(of_torch, nan_ok=True)


def test_deep_graphs_need_no_recursion_and_no_time() -> None:
    x = z = Value(1.0)
    for _ in range(3000):
        z = (z + z) * 0.5
    z.backward()
    assert x.grad == 1
    assert len(order(z)) == 1 + 3 * 3000


@given(st.lists(steps, max_size=12))
def test_order_puts_every_number_after_those_it_was_made_from(
    program: list[tuple[int, int, int]],
) -> None:
    values, edges = plot.nodes_and_edges(expression([Value(1), Value(2)], program))
    assert len(set(values)) == len(values)
    assert all(start < end for start, end, _ in edges)
    assert len(edges) == sum(len(value.edges) for value in values)


def test_numpy_numbers_leave_the_arithmetic_to_values() -> None:
    x = Value(2)
    for y in (np.float64(3) * x, np.float32(3) + x, 3 - x, np.float64(3) / x, x / np.float64(3)):
        assert isinstance(y, Value)
        assert len(y.edges) == 2
    w = np.array([[Value(1), Value(2)]])
    (y,) = np.tanh(w @ np.array([3.0, 4.0]))
    y.backward()
    slope = 1 - math.tanh(11) ** 2
    assert [v.grad for v in w[0]] == [3 * slope, 4 * slope]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Value("2"), "Value expected a number as data, got '2'"),
        (lambda: Value(2) + np.ones(2), r"Value expected a number as data, got array\(\[1., 1.\]"),
        (lambda: Value(2) ** Value(2), r"a number as exponent, got Value\(2, grad 0\)"),
    ],
)
def test_only_numbers_become_values(make: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize(
    "make", [lambda: Value(-1).log(), lambda: Value(-8) ** 0.5, lambda: Value(0) ** -1]
)
def test_outside_of_the_domain_python_says_so(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"math domain error|positive"):
        make()


# --- The drawing ------------------------------------------------------------------------------


@pytest.fixture
def _figures() -> Iterator[None]:
    plt.switch_backend("agg")
    yield
    plt.close("all")


edge_lists = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.sampled_from(list(combinations(range(n), 2))), max_size=14)
        if n > 1
        else st.just([]),
    )
)


@given(edge_lists)
def test_layout_keeps_boxes_apart_and_arrows_to_the_right(
    case: tuple[int, list[tuple[int, int]]],
) -> None:
    count, edges = case
    columns, rows, ways = layout(count, edges)
    assert (len(columns), len(rows), len(ways)) == (count, count, len(edges))
    for i, j in combinations(range(count), 2):
        assert columns[i] != columns[j] or abs(rows[i] - rows[j]) > 1 - 1e-9
    for (start, end), way in zip(edges, ways, strict=True):
        assert way[0] == (columns[start], rows[start])
        assert way[-1] == (columns[end], rows[end])
        assert all(after[0] - before[0] == 1 for before, after in pairwise(way))
        for x, y in way[1:-1]:
            assert all(columns[i] != x or abs(rows[i] - y) > 1 - 1e-9 for i in range(count))


def test_leaves_stand_just_before_their_first_use() -> None:
    assert layout(5, [(0, 1), (1, 3), (2, 3)])[0] == [0, 1, 1, 2, 0]


@pytest.mark.parametrize("edge", [(1, 0), (1, 1), (0, 3), (-1, 2)])
def test_edges_lead_to_later_nodes(edge: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="graph expected edges to a later of 3 nodes, got"):
        layout(3, [edge])


@pytest.mark.usefixtures("_figures")
@pytest.mark.parametrize("backward", [False, True])
def test_graph_draws_every_node_and_edge(backward: bool) -> None:
    _, given_ax = plot.subplots()
    edges = [(0, 2, "× 3"), (1, 2, ""), (1, 2, ""), (2, 3, "")]
    roles = ["input", "kernel", "output", "gradient"]
    ax = plot.graph(["a", "$w_1$\n7", "c", "d"], edges, given_ax, roles=roles, backward=backward)
    assert ax is given_ax
    assert sorted(text.get_text() for text in ax.texts) == ["$w_1$\n7", "a", "c", "d", "× 3"]
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [to_hex(box.get_edgecolor()).upper() for box in boxes] == [
        plot.COLORS[role] for role in roles
    ]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == 4
    color = plot.COLORS["gradient"] if backward else plot.GREY
    assert {to_hex(arrow.get_edgecolor()).upper() for arrow in arrows} == {color}
    ax.figure.canvas.draw()
    for box in boxes:
        frame = box.get_window_extent()
        words = [text.get_window_extent() for text in ax.texts if text.get_text() != "× 3"]
        assert sum(frame.x0 <= w.x0 and w.x1 <= frame.x1 for w in words) >= 1


@pytest.mark.usefixtures("_figures")
def test_graph_makes_a_figure_of_full_width() -> None:
    ax = plot.graph(["a", "b"], [(0, 1, "")])
    assert ax.figure.get_size_inches()[0] == 6.5
    with pytest.raises(ValueError, match="got 'bias'"):
        plot.graph(["a"], [], roles=["bias"])
