"""The graph explorer shows the numbers of `cnnlib.autograd`, node by node."""

import re
from typing import Any

import pytest
from figure_driver import (
    Driver,
    Opener,
    check_accessible,
    check_html,
    check_link,
    check_nothing_moves,
    check_phone,
    check_still,
    check_twice_and_hosted,
    to_html,
)
from playwright.sync_api import expect

from cnnbook.explore import GraphExplorer
from cnnbook.explore.figure import short
from cnnlib.autograd import Value

POINTS = [(5.0, 3.0), (-10.0, 0.5), (0.0, 6.0), (10.0, 1.7), (-0.1, 2.0)]


def digits(value: float) -> str:
    return short(value, 4)


def nodes(x: float, y: float) -> list[Value]:
    """w1 … w7 with their gradients."""
    w1, w2 = Value(x), Value(y)
    w3, w4 = w1.cos(), w1.sin()
    w5, w6 = w3 * w4, w1 / w2
    w7 = w5 + w6
    w7.backward()
    return [w1, w2, w3, w4, w5, w6, w7]


def boxes(figure: Driver) -> list[list[str]]:
    """The lines in each box that are not empty: formula, value, gradient."""
    texts = "[...box.querySelectorAll('text')].map((text) => text.textContent)"
    found = figure.root.locator("g").evaluate_all(f"boxes => boxes.map((box) => {texts})")
    return [[line for line in lines if line] for lines in found]


def labels(figure: Driver) -> list[str]:
    """The derivatives on the edges, those that are noted."""
    found = figure.root.locator("svg > text").all_text_contents()
    return [text for text in found if text]


def lines(figure: Driver) -> list[str]:
    return figure.root.locator(".cnn-graph p:not([role])").all_inner_texts()


def set_slider(figure: Driver, name: str, value: float) -> None:
    figure.root.get_by_role("slider", name=name, exact=True).fill(f"{value:g}")


# --- Without a browser ------------------------------------------------------------------------


def test_html_is_self_contained_and_small() -> None:
    check_html(GraphExplorer())


def test_repr_is_short_and_stable() -> None:
    expected = "GraphExplorer(w7 = cos x · sin x + x / y, x = 2.5, y = 1)"
    assert repr(GraphExplorer(2.5, 1)) == expected


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": 11}, ValueError, "GraphExplorer expected -10 <= x <= 10, got 11"),
        ({"y": 0}, ValueError, "GraphExplorer expected 0.5 <= y <= 6, got 0"),
        ({"x": float("nan")}, ValueError, "<= x <= 10, got nan"),
        ({"y": "3"}, TypeError, "a number as y, got '3'"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        GraphExplorer(**change)


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (-0.27201, "−0.272"), (1 / 3, "0.3333"), (-0.00001, "0"), (100, "100")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert digits(value) == text


@pytest.mark.parametrize(("x", "y"), POINTS)
def test_picture_has_all_values_and_gradients(x: float, y: float) -> None:
    cells = re.findall(r"<td>([^<]*)", GraphExplorer(x, y).picture())
    expected = [number for w in nodes(x, y) for number in (digits(w.data), digits(w.grad))]
    assert [text for i, text in enumerate(cells) if i % 3] == expected


# --- In a browser -----------------------------------------------------------------------------


@pytest.fixture
def figure(show: Opener) -> Driver:
    return Driver(show(to_html(GraphExplorer())))


def test_starts_with_the_inputs(figure: Driver) -> None:
    known = [lines[1:] for lines in boxes(figure)]
    assert known == [["5"], ["3"], [], [], [], [], []]
    assert labels(figure) == []
    assert figure.status == "Two numbers are given, w1 = x and w2 = y."


@pytest.mark.parametrize(("x", "y"), POINTS)
def test_walks_forward_then_backward(show: Opener, x: float, y: float) -> None:
    """By the numbers of autograd, which also stand on the edges in the end."""
    figure, w = Driver(show(to_html(GraphExplorer(x, y)))), nodes(x, y)
    for step in range(1, 6):
        figure.press("Step")
        shown = boxes(figure)
        assert [lines[1:] for lines in shown] == [
            [digits(v.data)] if k < step + 2 else [] for k, v in enumerate(w)
        ]
        assert figure.status.startswith(f"Forward: {shown[step + 1][0]} ")
        assert figure.status.endswith(f" {digits(w[step + 1].data)}")
        assert len(labels(figure)) == sum(len(v.edges) for v in w[: step + 2])
    for step in range(7):
        figure.press("Step")
        gradients = [f"dw{k} = {digits(v.grad)}" for k, v in enumerate(w, 1)]
        assert [lines[2:] for lines in boxes(figure)] == [
            [text] if k >= 6 - step else [] for k, text in enumerate(gradients)
        ]
        asked = w[6 - step]
        assert re.fullmatch(rf"Backward: dw{7 - step} [=≈] {digits(asked.grad)}", figure.status)
    assert labels(figure) == [digits(factor) for v in w for _, factor in v.edges]


def test_writes_out_the_local_derivatives(figure: Driver) -> None:
    figure.press("Step")
    assert figure.status == "Forward: w3 = cos w1 = cos 5 ≈ 0.2837"
    assert lines(figure) == ["∂w3/∂w1 = −sin w1 = −sin 5 ≈ 0.9589"]
    figure.press("Step", 2)
    assert figure.status == "Forward: w5 = w3 · w4 ≈ 0.2837 · (−0.9589) ≈ −0.272"
    assert lines(figure) == ["∂w5/∂w3 = w4 ≈ −0.9589", "∂w5/∂w4 = w3 ≈ 0.2837"]
    figure.press("Step")
    assert figure.status == "Forward: w6 = w1 / w2 = 5 / 3 ≈ 1.6667"
    assert lines(figure) == [
        "∂w6/∂w1 = 1 / w2 = 1 / 3 ≈ 0.3333",
        "∂w6/∂w2 = −w1 / w2² = −5 / 3² ≈ −0.5556",
    ]
    figure.press("Step")
    assert figure.status == "Forward: w7 = w5 + w6 ≈ (−0.272) + 1.6667 ≈ 1.3947"
    assert lines(figure) == ["∂w7/∂w5 = 1", "∂w7/∂w6 = 1"]


def test_writes_out_the_chain_rule(figure: Driver) -> None:
    figure.press("Step", 12)
    assert figure.status == "Backward: dw1 ≈ −0.5057"
    assert lines(figure) == [
        "dw3 · (−sin w1) ≈ (−0.9589) · 0.9589 ≈ −0.9195",
        "+ dw4 · cos w1 ≈ 0.2837 · 0.2837 ≈ 0.0805",
        "+ dw6 · (1 / w2) ≈ 1 · 0.3333 ≈ 0.3333",
        "So if x grows by 0.1, w7 changes by about −0.0506. Try it.",
    ]
    figure.press("Back")
    assert lines(figure)[0] == "dw6 · (−w1 / w2²) ≈ 1 · (−0.5556) ≈ −0.5556"
    figure.press("Back", 2)
    assert lines(figure)[0] == "dw5 · w3 ≈ 1 · 0.2837 ≈ 0.2837"


def test_the_sliders_change_every_number(figure: Driver) -> None:
    set_slider(figure, "step", 12)
    for x, y in POINTS:
        set_slider(figure, "x", x)
        set_slider(figure, "y", y)
        assert [lines[1:] for lines in boxes(figure)] == [
            [digits(w.data), f"dw{k} = {digits(w.grad)}"] for k, w in enumerate(nodes(x, y), 1)
        ]
        assert figure.root.locator("output").all_inner_texts() == [digits(x), digits(y)]


def test_marks_the_node_and_the_edges_of_the_step(figure: Driver) -> None:
    def on(tag: str) -> int:
        return figure.root.locator(f"{tag}.on").count()

    figure.press("Step", 3)
    assert (on("rect"), on("path")) == (1, 2)
    figure.press("Step", 9)
    assert (on("rect"), on("path")) == (1, 3)
    assert figure.root.locator("path.g").count() == 8


def test_a_node_is_chosen_by_pointing(figure: Driver) -> None:
    def choose(node: int) -> None:
        figure.root.locator(f'[data-node="{node}"]').click()

    choose(5)
    assert figure.status.startswith("Forward: w5 = ")
    choose(1)
    assert figure.status.startswith("Two numbers")
    figure.press("Step", 8)
    choose(3)
    assert figure.status.startswith("Backward: dw3 ≈ ")


def test_says_it_all_to_a_screen_reader(figure: Driver) -> None:
    figure.press("Step", 7)
    name = "w1 5; w2 3; w3 0.2837; w4 −0.9589; w5 −0.272; w6 1.6667, dw6 1; w7 1.3947, dw7 1"
    expect(figure.root.get_by_role("img")).to_have_attribute("aria-label", name)
    figure.press("Back", 4)
    expect(figure.root.get_by_role("img")).to_have_attribute("aria-label", re.compile("w6 open"))


def test_plays_to_the_end_and_pauses(figure: Driver) -> None:
    clock = figure.root.page.clock
    figure.press("Play")
    clock.run_for(3500)
    assert figure.status.startswith("Forward: w4")
    figure.press("Pause")
    clock.run_for(60_000)
    assert figure.status.startswith("Forward: w4")
    figure.press("Play")
    clock.run_for(60_000)
    assert figure.status.startswith("Backward: dw1")
    figure.press("Play")
    assert figure.status.startswith("Two numbers")


def test_the_link_leads_back(show: Opener) -> None:
    def drive(figure: Driver) -> None:
        set_slider(figure, "x", -1.5)
        figure.press("Step", 7)

    refused = ("-11_3_7", "5_0_7", "5_3_13", "5_3_1.5", "5_3", "x_3_7")
    check_link(show, GraphExplorer(), "-1.5_3_7", drive, *refused)


def test_nothing_moves_unasked(show: Opener) -> None:
    check_nothing_moves(show, GraphExplorer())


def test_twice_on_one_page(show: Opener) -> None:
    check_twice_and_hosted(show, GraphExplorer())


def test_two_on_a_page_do_not_know_of_each_other(show: Opener) -> None:
    html = to_html(GraphExplorer())
    figures = show(html, html).locator(".cnn-figure[data-live]")
    first, second = (Driver(figures.nth(i)) for i in range(2))
    set_slider(first, "x", 2)
    second.press("Step")
    assert boxes(first)[0][1:] == ["2"]
    assert boxes(second)[0][1:] == ["5"]


def test_is_a_still_picture_without_javascript(show: Opener) -> None:
    check_still(show, GraphExplorer(), "w5 = w3 · w4", "−0.272", "−0.5057")


def test_fits_a_phone(show: Opener) -> None:
    check_phone(show, GraphExplorer(-9.9, 0.7))


def test_is_accessible(show: Opener) -> None:
    check_accessible(show, GraphExplorer(), lambda figure: figure.press("Step", 12))
