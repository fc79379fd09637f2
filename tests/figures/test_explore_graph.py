"""The graph explorer shows the numbers of `cnnlib.autograd`, node by node."""

import re
from typing import Any

import pytest
from figure_driver import Driver, Opener, Rules, check_link, check_phone, to_html
from playwright.sync_api import expect

from cnnbook.explore import GraphExplorer
from cnnbook.explore.figure import short
from cnnlib.autograd import Value

POINTS = [(5.0, 3.0), (-10.0, 0.5), (0.0, 6.0), (10.0, 1.7), (-0.1, 2.0)]
FIGURE = GraphExplorer()


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
    """The factors on the edges."""
    return figure.root.locator("svg > text").all_text_contents()


def lines(figure: Driver) -> list[str]:
    """What is below the sum, without the link."""
    return figure.root.locator(".cnn-graph div > div p").all_inner_texts()


def point(figure: Driver, node: int) -> None:
    figure.root.locator(f'[data-node="{node}"]').hover()


def set_slider(figure: Driver, name: str, value: float) -> None:
    figure.root.get_by_role("slider", name=name, exact=True).fill(f"{value:g}")


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    expected = "GraphExplorer(w7 = cos x · sin x + x / y, x = 2.5, y = 1)"
    assert repr(GraphExplorer(2.5, 1)) == expected


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": 11}, ValueError, "GraphExplorer expected x in -10 … 10, got 11"),
        ({"y": 0}, ValueError, "GraphExplorer expected y in 0.5 … 6, got 0"),
        ({"x": float("nan")}, ValueError, "x in -10 … 10, got nan"),
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
    return Driver(show(to_html(FIGURE)))


def check_numbers(figure: Driver, w: list[Value]) -> None:
    """Values and gradients in the boxes, factors on the edges."""
    assert [lines[1:] for lines in boxes(figure)] == [
        [digits(v.data), f"dw{k} = {digits(v.grad)}"] for k, v in enumerate(w, 1)
    ]
    assert labels(figure) == [f"× {digits(factor)}" for v in w for _, factor in v.edges]


@pytest.mark.parametrize(("x", "y"), POINTS)
def test_shows_the_numbers_of_autograd(show: Opener, x: float, y: float) -> None:
    check_numbers(Driver(show(to_html(GraphExplorer(x, y)))), nodes(x, y))


def test_the_sliders_change_every_number(figure: Driver) -> None:
    for x, y in POINTS:
        set_slider(figure, "x", x)
        set_slider(figure, "y", y)
        check_numbers(figure, nodes(x, y))
        assert figure.root.locator("output").all_inner_texts() == [digits(x), digits(y)]


def test_opens_with_the_sum_of_three(figure: Driver) -> None:
    assert figure.status == "dw1 ≈ (−0.9195) + 0.0805 + 0.3333 ≈ −0.5057"
    assert lines(figure) == [
        "from w3: dw3 · (−sin w1) ≈ (−0.9589) · 0.9589 ≈ −0.9195",
        "from w4: dw4 · cos w1 ≈ 0.2837 · 0.2837 ≈ 0.0805",
        "from w6: dw6 · (1 / w2) ≈ 1 · 0.3333 ≈ 0.3333",
        "So if x grows by 0.01, w7 changes by about −0.005.",
    ]


def test_the_change_it_foretells_comes_about(figure: Driver) -> None:
    before = nodes(5, 3)[-1].data
    for node, x, y in ((1, 5.01, 3), (2, 5, 3.01)):
        point(figure, node)
        change = short(nodes(x, y)[-1].data - before, 3)
        assert lines(figure)[-1].endswith(f" grows by 0.01, w7 changes by about {change}.")


DISTANCES = """svg => [...svg.querySelectorAll(":scope > text")].map((text, i) => {
    const path = svg.querySelectorAll("path:not(.head)")[i];
    const box = text.getBBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const steps = [...Array(200).keys()].map((n) => n / 200 * path.getTotalLength());
    return Math.min(...steps.map((at) => {
        const place = path.getPointAtLength(at);
        return Math.hypot(place.x - x, place.y - y);
    }));
})"""


def test_factors_lie_on_their_arrows(figure: Driver) -> None:
    distances = figure.root.locator("svg").evaluate(DISTANCES)
    assert len(distances) == 8
    assert max(distances) < 2


def test_writes_out_the_chain_rule(figure: Driver) -> None:
    expected = {
        2: ["dw2 ≈ −0.5556", "from w6: dw6 · (−w1 / w2²) ≈ 1 · (−0.5556) ≈ −0.5556"],
        3: ["dw3 ≈ −0.9589", "from w5: dw5 · w4 ≈ 1 · (−0.9589) ≈ −0.9589"],
        6: ["dw6 = 1", "from w7: dw7 · 1 = 1 · 1 = 1"],
        7: ["dw7 = 1", "The derivative of w7 by itself is 1: backward begins here."],
    }
    for node, texts in expected.items():
        point(figure, node)
        assert [figure.status, lines(figure)[0]] == texts


@pytest.mark.parametrize(("x", "y"), POINTS)
def test_the_sum_of_every_node(show: Opener, x: float, y: float) -> None:
    figure, w = Driver(show(to_html(GraphExplorer(x, y)))), nodes(x, y)
    for k, v in enumerate(w, 1):
        point(figure, k)
        assert re.match(rf"dw{k} [=≈] ", figure.status)
        assert figure.status.endswith(f" {digits(v.grad)}")
        products = [
            digits(user.grad * factor) for user in w for used, factor in user.edges if used is v
        ]
        shares = [line for line in lines(figure) if line.startswith("from")]
        assert sorted(line.rpartition(" ")[2] for line in shares) == sorted(products)


def test_marks_the_node_and_its_edges(figure: Driver) -> None:
    def on() -> tuple[int, int]:
        return figure.root.locator("rect.on").count(), figure.root.locator("path.on").count()

    assert on() == (1, 3)
    point(figure, 5)
    assert on() == (1, 1)
    point(figure, 7)
    assert on() == (1, 0)


def test_walks_by_keys(figure: Driver) -> None:
    """All nodes are one stop of the Tab key, and the chosen one keeps the focus."""
    keys = figure.root.page.keyboard
    figure.root.get_by_role("slider", name="y", exact=True).focus()
    keys.press("Tab")
    for key, node in (("ArrowUp", 1), ("ArrowDown", 2), ("ArrowRight", 3), ("ArrowLeft", 2)):
        keys.press(key)
        assert figure.status.startswith(f"dw{node} ")
    keys.press("Tab")
    expect(figure.root.get_by_role("link")).to_be_focused()


def test_by_touch(show: Opener) -> None:
    figure = Driver(show(to_html(FIGURE), has_touch=True))
    figure.root.locator('[data-node="4"]').tap()
    assert figure.status == "dw4 ≈ 0.2837"


def test_says_it_all_to_a_screen_reader(figure: Driver) -> None:
    name = "w3 = cos w1, 0.2837, dw3 = −0.9589"
    expect(figure.root.get_by_role("radio", name=name, checked=False)).to_have_count(1)
    name = "w1 = x, 5, dw1 = −0.5057"
    expect(figure.root.get_by_role("radio", name=name, checked=True)).to_have_count(1)


def test_the_link_leads_back(show: Opener) -> None:
    def drive(figure: Driver) -> None:
        set_slider(figure, "x", -1.5)
        point(figure, 6)

    refused = ("-11_3_7", "5_0_7", "5_3_8", "5_3_0", "5_3_1.5", "5_3", "x_3_7")
    check_link(show, FIGURE, "-1.5_3_6", drive, *refused)


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("w5 = w3 · w4", "−0.272", "−0.5057")

    def drive(self, figure: Driver) -> None:
        point(figure, 3)


def test_two_on_a_page_point_and_slide_apart(show: Opener) -> None:
    html = to_html(FIGURE)
    figures = show(html, html).locator(".cnn-figure[data-live]")
    first, second = (Driver(figures.nth(i)) for i in range(2))
    set_slider(first, "x", 2)
    point(second, 6)
    assert boxes(first)[0][1] == "2"
    assert boxes(second)[0][1] == "5"
    assert first.status.startswith("dw1")


def test_long_numbers_fit_a_phone(show: Opener) -> None:
    check_phone(show, GraphExplorer(-9.9, 0.7))
