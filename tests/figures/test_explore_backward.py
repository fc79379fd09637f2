"""The backward explorer shows the sums that are the gradients of `cnnlib.functional.conv2d`."""

import re
from collections.abc import Iterator
from typing import Any

import figure_driver
import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, check_html, check_link, check_phone, to_html
from playwright.sync_api import Locator, expect

from cnnbook.explore import BackwardExplorer
from cnnbook.explore.figure import short
from cnnlib.functional import conv2d, conv2d_backward

X = np.array([[1, 0, 2, 1, 0], [0, 3, 1, 0, 1], [2, 1, 0, 1, 3], [1, 0, 2, 2, 0], [0, 1, 1, 0, 2]])
W = np.arange(1, 10).reshape(3, 3)
DY = np.array([[1, 0, -1], [2, 1, 0], [0, -2, 1]])
FIGURE = BackwardExplorer(X, W, DY)
LARGEST = BackwardExplorer(
    np.arange(36).reshape(6, 6) % 10, np.eye(3) * -2, np.arange(64).reshape(8, 8) % 10 - 4, 1, 2
)


def random(size: tuple[int, int], kernel: tuple[int, int], stride: int, padding: int) -> Any:
    """x, w and dy for this layer."""
    rng = np.random.default_rng(3)
    x, w = rng.integers(-3, 9, size).astype(float), rng.integers(-4, 5, kernel) / 2
    y = conv2d(x[None, None], w[None, None], None, stride, padding)[0, 0]
    return x, w, rng.integers(-4, 5, y.shape).astype(float)


def gradients(x: Any, w: Any, dy: Any, stride: int = 1, padding: int = 0) -> tuple[Any, Any]:
    dy, x, w = (np.asarray(a, float)[None, None] for a in (dy, x, w))
    dx, dw, _ = conv2d_backward(dy, x, w, None, stride, padding)
    return dx[0, 0], dw[0, 0]


def texts(a: Any) -> list[list[str]]:
    return [[short(value) for value in row] for row in np.asarray(a, float)]


def values(found: list[list[str]]) -> Any:
    return np.array([[float(text.replace("−", "-")) for text in row] for row in found])


def matrix(figure: Driver, name: str) -> Locator:
    """The one of this name; "left" and "right" are the two that slide, whose names change."""
    if name in ("left", "right"):
        return figure.root.locator("table").nth(4 if name == "left" else 5)
    caption = figure.root.page.locator("caption", has_text=re.compile(rf"^{name} \d"))
    return figure.root.locator("table", has=caption).first


def cell(figure: Driver, name: str, i: int, j: int) -> Locator:
    return figure_driver.cell(matrix(figure, name), i, j)


def shown(figure: Driver, name: str) -> list[list[str]]:
    return figure_driver.numbers(matrix(figure, name))


def marked(figure: Driver, name: str, mark: str = "on") -> set[tuple[int, int]]:
    return set(figure_driver.marked(matrix(figure, name), mark))


def products(figure: Driver) -> str:
    """The sum, written out."""
    return figure.root.locator("p.sum").inner_text()


def bracket(value: float) -> str:
    return f"({short(value)})" if value < 0 else short(value)


# --- Without a browser ------------------------------------------------------------------------


def test_the_largest_are_small() -> None:
    check_html(LARGEST)
    check_html(BackwardExplorer(np.ones((6, 6)), [[2]], np.arange(100).reshape(10, 10) % 10, 1, 2))


def test_repr_is_short_and_stable() -> None:
    expected = "BackwardExplorer(5 × 5 input, 3 × 3 kernel, stride 2, padding 1)"
    assert repr(BackwardExplorer(X, W, DY, 2, 1)) == expected


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros(3)}, ValueError, r"BackwardExplorer expected x of shape \(H, W\), got"),
        ({"x": np.zeros((7, 2))}, ValueError, r"x of 1 × 1 to 6 × 6, got shape \(7, 2\)"),
        ({"kernel": np.ones((4, 1))}, ValueError, "kernel of 1 × 1 to 3 × 3"),
        (
            {"x": np.ones((2, 5)), "padding": 1},
            ValueError,
            r"no larger than x, got shapes \(3, 3\)",
        ),
        ({"dy": np.ones((2, 3))}, ValueError, r"dy of shape \(3, 3\), got shape \(2, 3\)"),
        ({"dy": DY, "stride": 2}, ValueError, r"dy of shape \(2, 2\), got shape \(3, 3\)"),
        ({"dy": [[np.inf]]}, ValueError, "finite numbers as dy"),
        ({"stride": 4}, ValueError, "stride <= 3, got 4"),
        ({"padding": 3}, ValueError, "padding <= 2, got 3"),
        ({"padding": 0.5}, TypeError, "an integer as padding, got 0.5"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        BackwardExplorer(**{"x": X, "kernel": W} | change)


def test_picture_marks_the_middle_pixel_and_spells_its_sum() -> None:
    picture = FIGURE.picture()
    assert "dx[2, 2] = 1·9 + 0·8 + (−1)·7 + 2·6 + 1·5 + 0·4 + 0·3 + (−2)·2 + 1·1 = 16" in picture
    picture = BackwardExplorer(X, W, DY, 2, 1).picture()
    assert [
        re.findall("<b>(.*?)</b>", part) for part in re.findall("<table.*?</table>", picture)
    ] == [
        ["1"],
        ["5"],
        ["5"],
    ]
    assert "dx[2, 2] = 1·5 = 5" in picture


# --- In a browser -----------------------------------------------------------------------------


@pytest.fixture
def figure(show: Opener) -> Driver:
    return Driver(show(to_html(FIGURE)))


CASES = [
    ((5, 5), (3, 3), 1, 0),
    ((6, 6), (3, 3), 2, 0),
    ((4, 6), (2, 3), 1, 1),
    ((5, 4), (3, 2), 2, 1),
    ((6, 5), (3, 3), 3, 2),
    ((3, 5), (1, 2), 1, 2),
    ((5, 5), (1, 1), 2, 2),
]


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), CASES)
def test_shows_what_conv2d_backward_computes(
    show: Opener, size: tuple[int, int], kernel: tuple[int, int], stride: int, padding: int
) -> None:
    x, w, dy = random(size, kernel, stride, padding)
    figure = Driver(show(to_html(BackwardExplorer(x, w, dy, stride, padding))))
    dx, dw = gradients(x, w, dy, stride, padding)
    assert shown(figure, "x") == texts(x)
    assert shown(figure, "w") == texts(w)
    assert shown(figure, "dy") == texts(dy)
    assert shown(figure, "dw") == texts(dw)
    cell(figure, "x", 0, 0).hover()
    assert shown(figure, "dx") == texts(dx)


# Point at every pixel of x and every weight of w, and note what is shown.
TOUR = """root => {
    const find = (name) => [...root.querySelectorAll("table")].find(
        (table) => table.caption.textContent.startsWith(name + " "));
    const on = (name) => [...find(name).rows].flatMap((row, i) => [...row.cells].flatMap(
        (cell, j) => cell.classList.contains("on") ? [`${i},${j}`] : []));
    return ["x", "w"].map((name) => [...find(name).querySelectorAll("td")].map((cell) => {
        cell.dispatchEvent(new PointerEvent("pointerenter"));
        return {
            status: root.querySelector("[role=status]").textContent,
            products: root.querySelector(".sum").textContent,
            on: ["x", "w", "dy"].map(on),
        };
    }));
}"""


def ties(x: Any, w: Any, dy: Any, stride: int, padding: int) -> Iterator[dict[str, Any]]:
    """The places in x, w and dy of all products of the forward pass."""
    for p, q, i, j in np.ndindex(*dy.shape, *w.shape):
        u, v = p * stride + i - padding, q * stride + j - padding
        if 0 <= u < len(x) and 0 <= v < len(x[0]):
            yield {"x": (u, v), "w": (i, j), "dy": (p, q)}


def joined(at: tuple[int, int]) -> str:
    return f"{at[0]},{at[1]}"


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), CASES)
def test_every_product_of_every_pixel_and_weight(
    show: Opener, size: tuple[int, int], kernel: tuple[int, int], stride: int, padding: int
) -> None:
    x, w, dy = random(size, kernel, stride, padding)
    figure = Driver(show(to_html(BackwardExplorer(x, w, dy, stride, padding))))
    arrays, found = {"x": x, "w": w, "dy": dy}, list(ties(x, w, dy, stride, padding))
    both = zip("xw", "wx", gradients(x, w, dy, stride, padding), strict=True)
    for (name, other, gradient), seen in zip(both, figure.root.evaluate(TOUR), strict=True):
        for at, here in zip(np.ndindex(gradient.shape), seen, strict=True):
            mine = [tie for tie in found if tie[name] == at]
            places = {key: {joined(tie[key]) for tie in mine} for key in arrays}
            places[name] = {joined(at)}
            assert [set(on) for on in here["on"]] == list(places.values())
            total = f" = {short(gradient[at])}"
            terms = (
                f"{bracket(dy[tie['dy']])}·{bracket(arrays[other][tie[other]])}" for tie in mine
            )
            assert here["products"] == (" + ".join(terms) + total if mine else "")
            assert here["status"].startswith(f"d{name}[{at[0]}, {at[1]}] = Σ dy[p, q] · ")
            assert here["status"].endswith(total)


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), CASES)
def test_the_sliding_products_are_the_gradients(
    show: Opener, size: tuple[int, int], kernel: tuple[int, int], stride: int, padding: int
) -> None:
    """The matrices shown, slid over each other, give dx and dw."""
    x, w, dy = random(size, kernel, stride, padding)
    figure = Driver(show(to_html(BackwardExplorer(x, w, dy, stride, padding))))

    def slid(left: str, right: str) -> Any:
        a, b = (values(shown(figure, name))[None, None] for name in (left, right))
        # Rows that no window reads stay in the padded x; the product has a row for each place.
        return conv2d(a, b)[0, 0]

    dx, dw = gradients(x, w, dy, stride, padding)
    assert np.array_equal(values(shown(figure, "left")), np.pad(x, padding))
    assert np.array_equal(slid("left", "right")[: len(w), : len(w[0])], dw)
    cell(figure, "x", 0, 0).hover()
    assert np.array_equal(values(shown(figure, "w, rotated")), w[::-1, ::-1])
    assert np.array_equal(slid("left", "right"), dx)


def test_the_matrices_are_named_as_they_are(show: Opener) -> None:
    """Padded, and with zeros, only where they are."""
    figure = Driver(show(to_html(BackwardExplorer(np.ones((6, 6)), W, DY[:2, :2], 2))))
    names = figure.root.locator("caption")
    given = ["x 6 × 6", "w 3 × 3", "dy 2 × 2, gradient of y = x ∗ w"]
    expect(names).to_have_text([*given, "dw 3 × 3", "x 6 × 6", "dy with zeros 3 × 3"])
    figure.press("less stride")
    figure.press("more padding")
    given[2] = given[2].replace("2 × 2", "6 × 6")
    expect(names).to_have_text([*given, "dw 3 × 3", "x, padded 8 × 8", "dy 6 × 6"])


def test_the_window_of_the_rotated_kernel(figure: Driver) -> None:
    for u, v in ((0, 0), (2, 2), (4, 1)):
        cell(figure, "x", u, v).hover()
        window = {(u + i, v + j) for i in range(3) for j in range(3)}
        assert marked(figure, "dy with zeros") == window
        assert marked(figure, "x") == marked(figure, "dx") == {(u, v)}


def test_zeros_of_the_stride_are_hatched(show: Opener) -> None:
    figure = Driver(show(to_html(BackwardExplorer(np.ones((6, 6)), W, [[1, -1], [2, 1]], 2))))
    cell(figure, "x", 0, 0).hover()
    spread = np.zeros((8, 8))
    spread[2:6:2, 2:6:2] = [[1, -1], [2, 1]]
    assert shown(figure, "dy with zeros") == texts(spread)
    inner = {(i, j) for i in range(2, 6) for j in range(2, 6)}
    assert marked(figure, "dy with zeros", "idle") == {at for at in inner if not spread[at]}
    assert marked(figure, "dy with zeros", "pad") == set(np.ndindex(8, 8)) - inner
    assert "Hatched" in figure.text
    figure.press("less stride")
    assert "Hatched" not in figure.text
    assert marked(figure, "dy with zeros", "idle") == set()


def test_a_pixel_that_no_window_reads(show: Opener) -> None:
    figure = Driver(show(to_html(BackwardExplorer(np.ones((6, 6)), W, None, 2))))
    cell(figure, "x", 5, 5).hover()
    assert figure.status == "dx[5, 5] = Σ dy[p, q] · w[5 − 2p, 5 − 2q] = 0"
    assert products(figure) == ""


def test_the_question_names_what_is_chosen(figure: Driver) -> None:
    asked = figure.root.locator("p").first
    expect(asked).to_have_text(
        "How does the loss change with the weight w[1, 1] = 5? It meets the framed cells of x, "
        "one for each framed cell of dy: dw is the sum of dy · x."
    )
    cell(figure, "x", 1, 2).hover()
    expect(asked).to_have_text(
        "How does the loss change with the pixel x[1, 2] = 1? It meets the framed cells of w, "
        "one for each framed cell of dy: dx is the sum of dy · w."
    )


def test_index_arithmetic_is_written_out(figure: Driver) -> None:
    assert figure.status == "dw[1, 1] = Σ dy[p, q] · x[1 + p, 1 + q] = 3"
    cell(figure, "x", 1, 2).hover()
    assert figure.status == "dx[1, 2] = Σ dy[p, q] · w[1 − p, 2 − q] = 10"
    figure.press("more padding")
    figure.press("more stride")
    cell(figure, "w", 0, 2).hover()
    assert figure.status.startswith("dw[0, 2] = Σ dy[p, q] · x[−1 + 2p, 1 + 2q] = ")


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2), (1, 2)])
def test_dy_at_every_step(figure: Driver, stride: int, padding: int) -> None:
    """Where the output is larger than the dy given, that repeats."""
    figure.press("more stride", stride - 1)
    figure.press("more padding", padding)
    n = (5 + 2 * padding - 3) // stride + 1
    dy = np.tile(DY, (3, 3))[:n, :n]
    assert shown(figure, "dy") == texts(dy)
    dx, dw = gradients(X, W, dy, stride, padding)
    assert shown(figure, "dw") == texts(dw)
    cell(figure, "x", 1, 1).hover()
    assert shown(figure, "dx") == texts(dx)


def test_dy_is_edited_by_click_and_keys(figure: Driver) -> None:
    dy = DY.copy()
    cell(figure, "dy", 0, 0).click()
    keys = figure.root.page.keyboard
    for key in ("ArrowRight", "7", "-", "ArrowDown", "Enter", "ArrowRight", "Space"):
        keys.press(key)
    dy[0, 0], dy[0, 1], dy[1, 1], dy[1, 2] = 0, -7, 0, 1
    assert shown(figure, "dy") == texts(dy)
    assert shown(figure, "dw") == texts(gradients(X, W, dy)[1])
    figure.press("more padding")
    assert shown(figure, "dy") == texts(np.tile(dy, (2, 2))[:5, :5])


def test_walks_by_keys(figure: Driver) -> None:
    cell(figure, "x", 0, 0).focus()
    keys = figure.root.page.keyboard
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        keys.press(key)
    assert figure.status.startswith("dx[2, 1] = ")
    cell(figure, "w", 0, 0).focus()
    keys.press("ArrowRight")
    assert figure.status.startswith("dw[0, 1] = ")


def test_rounded_sums_say_so(show: Opener) -> None:
    figure = Driver(show(to_html(BackwardExplorer(X, W / 7, DY))))
    cell(figure, "x", 2, 2).hover()
    assert figure.status.endswith(" ≈ 2.29")


def test_the_link_leads_back(show: Opener) -> None:
    def ask(figure: Driver) -> None:
        figure.press("more padding")
        cell(figure, "w", 0, 2).hover()

    def type_dy(figure: Driver) -> None:
        cell(figure, "dy", 0, 0).click()

    refused = ("1_0_y_0,0", "1_0_w_3,0", "1_0_x_5,0", "0_0_x_0,0", "1_0_x_0,0_ones", "1_0_x_0")
    check_link(show, FIGURE, "1_1_w_0,2", ask, *refused)
    check_link(show, FIGURE, "1_0_w_1,1_0,0,-1;2,1,0;0,-2,1", type_dy, "1_0_w_1,1_1,2;3")


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("dx[2, 2] = 1·9 + 0·8", "= 16", "−14")

    def drive(self, figure: Driver) -> None:
        figure.press("more stride")
        cell(figure, "w", 1, 1).hover()


def test_the_largest_fits_a_phone(show: Opener) -> None:
    check_phone(show, LARGEST)
