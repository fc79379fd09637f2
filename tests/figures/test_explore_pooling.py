"""The pooling explorer, driven in a browser: forward and backward it is `max_pool2d` and so on."""

import re
from typing import Any

import numpy as np
import pytest
from figure_driver import (
    Driver,
    Opener,
    Rules,
    cell,
    check_accessible,
    check_html,
    check_link,
    check_phone,
    check_still,
    check_twice_and_hosted,
    marked,
    numbers,
    to_html,
)
from playwright.sync_api import Locator, expect

from cnnbook.explore import PoolingExplorer
from cnnbook.explore.figure import short
from cnnlib.functional import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

X = np.array([[1, 0, 2, 4, 1], [0, 3, 1, 0, 2], [2, 1, 4, 2, 0], [0, 3, 1, 1, 2], [7, 0, 2, 3, 1]])
DY = np.array([[1, 2], [3, 4]])
FIGURE = PoolingExplorer(X, 3, 2, dy=DY)
NEGATIVE = np.array([[-3, -5, -2, -7], [-6, -1, -8, -4], [-9, -2, -5, -3], [-4, -7, -6, -8]])
RNG = np.random.default_rng(0)
LARGEST = PoolingExplorer(RNG.integers(-9, 10, (6, 6)), 2, 1, 1, dy=RNG.integers(-9, 10, (7, 7)))
KINDS = ["maximum", "average", "average of real cells"]


def pool(kind: int, x: Any, size: int, stride: int, padding: int = 0) -> Any:
    x = np.asarray(x, float)[None, None]
    if kind == 0:
        return max_pool2d(x, size, stride, padding)[0, 0]
    return avg_pool2d(x, size, stride, padding, count_include_pad=kind == 1)[0, 0]


def pool_backward(kind: int, dy: Any, x: Any, size: int, stride: int, padding: int = 0) -> Any:
    dy, x = (np.asarray(a, float)[None, None] for a in (dy, x))
    if kind == 0:
        return max_pool2d_backward(dy, x, size, stride, padding)[0, 0]
    counted = kind == 1
    return avg_pool2d_backward(dy, x, size, stride, padding, count_include_pad=counted)[0, 0]


def texts(a: Any) -> list[list[str]]:
    return [[short(value) for value in row] for row in np.asarray(a, float)]


class Pooling(Driver):
    """Its tables by name: x and y forward, dx and dy backward."""

    def table(self, name: str) -> Locator:
        role = {"x": "x", "y": "y", "dx": "g >> nth=0", "dy": "g >> nth=1"}[name]
        return self.root.locator(f"table.{role}")

    @property
    def captions(self) -> list[str]:
        return [text.replace("\n", " ") for text in self.root.locator("caption").all_inner_texts()]

    def shown(self, name: str, border: int = 0) -> list[list[str]]:
        rows = numbers(self.table(name))
        return [row[border : len(row) - border] for row in rows[border : len(rows) - border]]

    def lit(self, name: str, mark: str) -> list[tuple[int, int]]:
        return marked(self.table(name), mark)

    def at(self, name: str, i: int, j: int) -> Locator:
        return cell(self.table(name), i, j)

    def type(self, name: str, i: int, j: int, *keys: str) -> None:
        self.at(name, i, j).focus()
        for key in keys:
            self.root.page.keyboard.press(key)


@pytest.fixture
def figure(show: Opener) -> Pooling:
    return Pooling(show(to_html(FIGURE)))


# --- Without a browser ------------------------------------------------------------------------


def test_html_of_the_largest_is_small() -> None:
    check_html(LARGEST)


def test_repr_is_short_and_stable() -> None:
    expected = "5 × 5 input, max, 2 × 2 windows, stride 2, padding 0"
    assert repr(PoolingExplorer(X)) == f"PoolingExplorer({expected})"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros(3)}, ValueError, r"x of shape \(H, W\), got shape \(3,\)"),
        ({"x": np.zeros((7, 3))}, ValueError, r"x of 1 × 1 to 6 × 6, got shape \(7, 3\)"),
        ({"x": np.zeros((2, 6))}, ValueError, r"x of 3 × 3 or more, got shape \(2, 6\)"),
        ({"x": np.full((3, 3), np.nan)}, ValueError, "finite numbers as x"),
        ({"kernel_size": 4}, ValueError, "kernel_size <= 3, got 4"),
        ({"kernel_size": (2, 2)}, TypeError, "an integer as kernel_size"),
        ({"stride": 0}, ValueError, "stride >= 1, got 0"),
        ({"padding": 2}, ValueError, "padding <= 1, got 2"),
        ({"kernel_size": 1, "padding": 1}, ValueError, "half the kernel"),
        ({"kind": "min"}, ValueError, "kind 'max' or 'avg', got 'min'"),
        ({"dy": np.ones((2, 3))}, ValueError, r"dy of shape \(2, 2\), got shape \(2, 3\)"),
        ({"dy": np.full((2, 2), np.inf)}, ValueError, "finite numbers as dy"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PoolingExplorer(**{"x": X} | change)


# --- In a browser -----------------------------------------------------------------------------

STEPS = [(2, 2, 0), (3, 2, 0), (2, 1, 1), (3, 3, 1), (3, 1, 1), (1, 2, 0)]


@pytest.mark.parametrize("kind", range(3), ids=KINDS)
@pytest.mark.parametrize(("size", "stride", "padding"), STEPS)
def test_shows_what_cnnlib_computes(
    figure: Pooling, kind: int, size: int, stride: int, padding: int
) -> None:
    figure.choose(KINDS[kind])
    figure.press("more padding", padding)
    figure.press("less window", 3 - size)
    figure.press("more stride" if stride > 2 else "less stride", abs(stride - 2))
    y = pool(kind, X, size, stride, padding)
    dy = np.ones(y.shape)
    corner = tuple(slice(min(n, 2)) for n in y.shape)
    dy[corner] = DY[corner]
    assert figure.shown("x", padding) == texts(X)
    assert figure.shown("y") == texts(y)
    assert figure.shown("dy") == texts(dy)
    dx = pool_backward(kind, dy, X, size, stride, padding)
    assert figure.shown("dx", padding) == texts(dx)
    signs = ["≈" if abs(v - round(v, 2)) > 1e-9 else "=" for v in (dy.sum(), dx.sum())]
    text = f"Sum of dy {signs[0]} {short(dy.sum())}, sum of dx {signs[1]} {short(dx.sum())}: "
    lost = dy.sum() - dx.sum()
    kept = f"{short(lost)} went to the padding and is lost." if lost > 1e-9 else "what went in"
    assert text + kept in figure.text


@pytest.mark.parametrize("kind", range(3), ids=KINDS)
def test_starts_as_it_is_told(show: Opener, kind: int) -> None:
    arguments: tuple[Any, bool] = ("avg" if kind else "max", kind == 1)
    figure = Pooling(show(to_html(PoolingExplorer(NEGATIVE, 3, 2, 1, *arguments))))
    expect(figure.root.get_by_role("combobox")).to_have_value(KINDS[kind])
    assert figure.shown("y") == texts(pool(kind, NEGATIVE, 3, 2, 1))
    edge = ["−∞", "0", ""][kind]
    assert figure.shown("x")[0] == [edge] * 6
    assert len(figure.lit("x", "pad")) == 20


def test_a_window_shows_its_maximum_and_where_its_gradient_goes(figure: Pooling) -> None:
    figure.at("y", 0, 1).hover()
    assert figure.lit("x", "on") == [(i, j) for i in range(3) for j in (2, 3, 4)]
    assert figure.lit("x", "best") == [(0, 3)]
    assert figure.lit("x", "tie") == [(2, 2)]
    assert figure.lit("x", "won") == [(0, 3), (2, 2), (4, 0)]
    assert figure.lit("y", "on") == figure.lit("dy", "on") == [(0, 1)]
    assert figure.lit("dx", "on") == [(0, 3)]
    first = (
        "y[0, 1] = max(2, 4, 1, 1, 0, 2, 4, 2, 0) = 4, which is x[0, 3], the first of 2 equal ones."
    )
    assert figure.status == first + " All of dy[0, 1] = 2 goes to dx[0, 3]."
    figure.at("dy", 1, 0).hover()
    assert figure.lit("x", "best") == [(4, 0)]
    assert figure.status == (
        "y[1, 0] = max(2, 1, 4, 0, 3, 1, 7, 0, 2) = 7, which is x[4, 0]. "
        "All of dy[1, 0] = 3 goes to dx[4, 0]."
    )


def test_the_first_of_tied_maxima_gets_the_gradient(show: Opener) -> None:
    figure = Pooling(show(to_html(PoolingExplorer(np.zeros((4, 4)), 2, dy=np.ones((2, 2))))))
    assert figure.lit("x", "best") == [(0, 0)]
    assert figure.lit("x", "tie") == [(0, 1), (1, 0), (1, 1)]
    assert figure.shown("dx") == texts(np.kron(np.ones((2, 2)), [[1, 0], [0, 0]]))


def test_a_cell_shows_the_windows_that_it_wins(figure: Pooling) -> None:
    figure.at("dx", 2, 2).hover()
    use = "Windows that take x[2, 2] = 4 as their maximum: 2. "
    assert figure.status == use + "dx[2, 2] = dy[0, 0] + dy[1, 1] = 1 + 4 = 5."
    assert figure.lit("y", "on") == figure.lit("dy", "on") == [(0, 0), (1, 1)]
    assert figure.lit("x", "on") == figure.lit("dx", "on") == [(2, 2)]
    figure.at("x", 2, 1).hover()
    use = "Windows that take x[2, 1] = 1 as their maximum: 0. "
    assert figure.status == use + "dx[2, 1] = 0."
    figure.press("less window")
    figure.at("x", 4, 0).hover()
    assert figure.status.endswith("dx[4, 0] = 0.")
    assert figure.lit("x", "idle") == [(i, j) for i, j in np.ndindex(5, 5) if i == 4 or j == 4]


def test_an_average_shares_its_gradient(figure: Pooling) -> None:
    figure.choose("average")
    figure.press("more padding")
    figure.at("y", 0, 0).hover()
    assert figure.status == (
        "y[0, 0] = (1 + 0 + 0 + 3) / 9 ≈ 0.44. Of dy[0, 0] = 1, each of 9 cells gets 1 / 9 ≈ 0.11."
    )
    assert figure.lit("dx", "on") == list(np.ndindex(3, 3))
    figure.at("dx", 2, 2).hover()
    assert figure.status == (
        "Windows that average over x[1, 1] = 3: 4. "
        "dx[1, 1] = dy[0, 0] / 9 + dy[0, 1] / 9 + dy[1, 0] / 9 + dy[1, 1] / 9"
        " = 1 / 9 + 2 / 9 + 3 / 9 + 4 / 9 ≈ 1.11."
    )
    figure.choose("average of real cells")
    figure.at("y", 0, 0).hover()
    assert figure.status == (
        "y[0, 0] = (1 + 0 + 0 + 3) / 4 = 1. Of dy[0, 0] = 1, each of 4 cells gets 1 / 4 = 0.25."
    )
    assert figure.lit("x", "best") == figure.lit("x", "won") == []


def test_the_padding_never_wins(show: Opener) -> None:
    figure = Pooling(show(to_html(PoolingExplorer(NEGATIVE, 2, 2, 1, dy=np.ones((3, 3))))))
    figure.at("y", 0, 0).hover()
    assert figure.status == (
        "y[0, 0] = max(−3) = −3, which is x[0, 0]. All of dy[0, 0] = 1 goes to dx[0, 0]."
    )
    assert figure.lit("x", "on") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert figure.lit("x", "best") == [(1, 1)]
    assert "Sum of dy = 9, sum of dx = 9: what went in comes out." in figure.text


def test_the_padding_is_at_most_half_the_window(figure: Pooling) -> None:
    figure.press("more padding")
    assert len(figure.shown("x")) == 7
    figure.press("less window", 2)
    assert figure.lit("x", "pad") == []
    figure.press("more padding")
    assert figure.lit("x", "pad") == []


def test_input_and_gradient_are_edited_by_click_and_keys(figure: Pooling) -> None:
    x, dy = X.copy(), DY.copy()
    figure.at("x", 0, 1).click()
    figure.at("x", 4, 0).click()
    x[0, 1], x[4, 0] = 7, 0
    figure.type("x", 2, 0, "9", "-", "ArrowRight", "5", "Space", "Enter")
    x[2, 0], x[2, 1] = -9, 7
    figure.at("dy", 0, 0).click()
    figure.type("dy", 1, 0, "-", "ArrowRight", "8", "x")
    dy[0, 0], dy[1, 0], dy[1, 1] = 0, -3, 8
    assert figure.shown("x") == texts(x)
    assert figure.shown("dy") == texts(dy)
    assert figure.shown("y") == texts(pool(0, x, 3, 2))
    assert figure.shown("dx") == texts(pool_backward(0, dy, x, 3, 2))


def test_without_a_gradient_only_forward(show: Opener) -> None:
    """It opens with the window of the largest number; a number says how many windows take it."""
    x = np.array([[1, 3, 2, 0, -4], [4, 2, 1, 8, -2], [0, 5, 7, 7, 2]])
    figure = Pooling(show(to_html(PoolingExplorer(x))))
    assert figure.captions == ["input x 3 × 5", "output y 1 × 2"]
    assert figure.status == "y[0, 1] = max(2, 0, 1, 8) = 8, which is x[1, 3]."
    assert figure.lit("x", "on") == [(0, 2), (0, 3), (1, 2), (1, 3)]
    legend = figure.root.get_by_text("a window's maximum, of equal ones the first")
    expect(legend).to_be_visible()
    assert figure.lit("x", "won") == [(1, 0), (1, 3)]
    figure.press("less stride")
    figure.at("x", 1, 3).hover()
    assert figure.status == "Windows that take x[1, 3] = 8 as their maximum: 4."
    assert figure.lit("y", "on") == [(0, 2), (0, 3), (1, 2), (1, 3)]
    figure.choose("average")
    expect(legend).to_be_hidden()
    figure.at("x", 0, 0).hover()
    assert figure.status == "Windows that average over x[0, 0] = 1: 1."
    figure.at("y", 0, 0).hover()
    assert figure.status == "y[0, 0] = (1 + 3 + 4 + 2) / 4 = 2.5."
    assert not re.search("dx|dy|gradient", figure.text)


def test_keys_walk_and_touch_chooses(show: Opener, figure: Pooling) -> None:
    figure.type("y", 0, 0, "ArrowRight", "ArrowDown", "ArrowDown")
    assert figure.status.startswith(
        "y[1, 1] = max(4, 2, 0, 1, 1, 2, 2, 3, 1) = 4, which is x[2, 2]"
    )
    figure.type("dx", 1, 1, "ArrowRight", "ArrowDown", "5")
    assert "dx[2, 2] = dy[0, 0] + dy[1, 1]" in figure.status
    assert figure.shown("dx") == texts(pool_backward(0, DY, X, 3, 2))
    touched = Pooling(show(to_html(FIGURE), has_touch=True))
    touched.at("y", 1, 0).tap()
    assert touched.status.startswith("y[1, 0] = max(2, 1, 4, 0, 3, 1, 7, 0, 2) = 7")


def test_reset_brings_everything_back(figure: Pooling) -> None:
    before = figure.text
    figure.choose("average")
    for name in ("less window", "more padding", "more stride"):
        figure.press(name)
    figure.at("x", 3, 3).click()
    figure.at("dy", 0, 0).click()
    assert figure.text != before
    figure.press("Reset")
    assert figure.text == before


def test_the_link_leads_back(show: Opener) -> None:
    def choose(figure: Driver) -> None:
        figure.choose("average of real cells")
        figure.press("more window")
        figure.press("more padding")
        figure.table("y").locator("td").nth(1).hover()

    def edit(figure: Driver) -> None:
        figure.table("g").nth(1).locator("td").nth(1).click()
        figure.table("x").locator("td").nth(2).click()

    ones = np.ones((2, 2))
    refused = (
        "maximum_2_2_0_y_0,2",
        "maximum_2_2_0_x_0,5",
        "maximum_1_2_1_y_0,0",
        "max_2_2_0_y_0,0",
    )
    check_link(
        show, PoolingExplorer(X, dy=ones), "average+of+real+cells_3_2_1_y_0,1", choose, *refused
    )
    x = ";".join(",".join(map(str, row)) for row in X).replace("1,0,2", "1,0,0", 1)
    code = f"maximum_2_2_0_x_0,2_{x}_1,0;1,1"
    check_link(show, PoolingExplorer(X, dy=ones), code, edit, "maximum_2_2_0_x_0,0_1,2;3,4")


def test_a_link_gives_no_gradient_to_where_none_is(show: Opener) -> None:
    x = ";".join(",".join(map(str, row)) for row in X)

    def choose(figure: Driver) -> None:
        figure.table("x").locator("td").nth(2).hover()

    refused = f"maximum_2_2_0_x_0,2_{x}_1,0;1,1"
    check_link(show, PoolingExplorer(X), "maximum_2_2_0_x_0,2", choose, refused)


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("Sum of dy 10, sum of dx 10.",)

    def drive(self, figure: Driver) -> None:
        Pooling(figure.root).at("y", 1, 1).hover()


def test_small_windows_twice_and_in_jupyterlab(show: Opener) -> None:
    check_twice_and_hosted(show, PoolingExplorer(X, dy=DY))


def test_still_pictures_of_other_windows(show: Opener) -> None:
    figure = PoolingExplorer(X, 3, 2, 1, "avg", dy=np.ones((3, 3)))
    check_still(show, figure, "Sum of dy 9, sum of dx 5.44.")
    check_still(show, PoolingExplorer(X), "output")


def test_the_largest_fit_a_phone(show: Opener) -> None:
    check_phone(show, LARGEST)
    check_phone(show, PoolingExplorer(X, 3, 1, 1, "avg", dy=np.full((5, 5), -8)))


def test_overlapping_windows_are_accessible(show: Opener) -> None:
    figure = PoolingExplorer(np.round(X / 3), 3, 1, 1, dy=np.ones((5, 5)))
    check_accessible(show, figure, lambda driver: Pooling(driver.root).at("y", 2, 2).hover())
