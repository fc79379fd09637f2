"""The stamp explorer: stamps and collected sums are both `cnnlib.functional.conv2d_dx`."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from figure_driver import (
    Driver,
    Opener,
    Rules,
    cell,
    check_html,
    check_link,
    check_phone,
    check_stops_when_gone,
    marked,
    to_html,
)
from playwright.sync_api import Locator, Page, expect

from cnnbook.explore import StampExplorer
from cnnbook.explore.figure import short, summand
from cnnlib.functional import conv2d_dx

DY = np.array([[1, 0, -1], [2, 1, 0], [0, -2, 1]])
W = np.arange(1, 10).reshape(3, 3)
FIGURE = StampExplorer(DY, W)
LARGEST = StampExplorer(DY * 9, W * 10 + 9, 3, 2, 2)
CASES = [((3, 3), (3, 3)), ((2, 3), (3, 2)), ((1, 2), (2, 3)), ((3, 1), (1, 1))]
STEPS = list(product((1, 2, 3), (0, 1, 2), (1, 2)))

# The numbers of a table without the small ones above them.
VALUES = """table => [...table.rows].map((row) => [...row.cells].map(
    (cell) => cell.lastChild?.textContent ?? ""))"""

# Point at every cell of dx, and note what is shown.
TOUR = """root => {
    const [dy, w, dx] = [...root.querySelectorAll("table")].slice(3);
    const on = (table) => [...table.rows].flatMap((row, i) => [...row.cells].flatMap(
        (cell, j) => cell.classList.contains("on") ? [`${i},${j}`] : []));
    return [...dx.querySelectorAll("[tabindex]")].map((cell) => {
        cell.dispatchEvent(new PointerEvent("pointerenter"));
        return {
            sum: root.querySelectorAll("[role=status]")[1].textContent,
            on: [on(dy), on(w)],
            weights: [...w.querySelectorAll(".on")].map((cell) => cell.textContent),
        };
    });
}"""


NAMES = ["dy", "w", "dx", "met", "rotated", "whole"]


class Stamps(Driver):
    """The tables by their place: the stamp and what it makes, then what is collected."""

    def named(self, name: str) -> Locator:
        return self.root.locator("table").nth(NAMES.index(name))

    @property
    def status(self) -> str:
        return self.root.locator("p[role=status]").first.inner_text()

    @property
    def sum(self) -> str:
        return self.root.locator("p[role=status]").last.inner_text()

    def move(self, window: int) -> None:
        """To the stamp of this number."""
        self.named("dy").locator("td").nth(window).hover()

    def values(self, name: str) -> list[list[str]]:
        found: list[list[str]] = self.named(name).evaluate(VALUES)
        return found

    def on(self, name: str) -> set[tuple[int, int]]:
        return set(marked(self.named(name), "on"))

    def take(self, stride: int, padding: int, dilation: int) -> None:
        """Set the steps, from wherever they are."""
        for name, value in (("padding", 0), ("stride", stride), ("dilation", dilation)):
            self.set_step(name, value)
        self.set_step("padding", padding)

    def set_step(self, name: str, value: int) -> None:
        now = int(self.root.get_by_role("spinbutton", name=name).inner_text())
        self.press(f"{'more' if value > now else 'less'} {name}", abs(value - now))


@pytest.fixture
def figure(show: Opener) -> Stamps:
    return Stamps(show(to_html(FIGURE)))


def random(dy: tuple[int, int], kernel: tuple[int, int]) -> tuple[Any, Any]:
    """dy and the kernel."""
    rng = np.random.default_rng(5)
    return rng.integers(-4, 5, dy).astype(float), rng.integers(-6, 7, kernel) / 2


def full(dy: Any, w: Any, stride: int, dilation: int) -> Any:
    """dx with the padding: that of an input that has this padding in it."""
    sizes = zip(dy.shape, w.shape, strict=True)
    x = np.zeros([stride * (m - 1) + dilation * (k - 1) + 1 for m, k in sizes])
    dy, x, w = (np.asarray(a, float)[None, None] for a in (dy, x, w))
    return conv2d_dx(dy, x, w, stride, 0, dilation)[0, 0]


def texts(a: Any) -> list[list[str]]:
    return [[short(value) for value in row] for row in np.asarray(a, float)]


def signed(value: float) -> str:
    return short(value) if value < 0 else f"+{short(value)}"


def inner(a: Any, padding: int) -> Any:
    return a[padding : len(a) - padding, padding : len(a[0]) - padding]


# --- Without a browser ------------------------------------------------------------------------


def test_html_of_the_largest_is_small() -> None:
    check_html(LARGEST)


def test_repr_is_short_and_stable() -> None:
    expected = "StampExplorer(3 × 3 gradient, 3 × 3 kernel, stride 2, padding 1, dilation 1)"
    assert repr(StampExplorer(DY, W, 2, 1)) == expected


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"dy": np.ones(3)}, ValueError, r"StampExplorer expected dy of shape \(H, W\), got"),
        ({"dy": np.ones((4, 1))}, ValueError, r"dy of 1 × 1 to 3 × 3, got shape \(4, 1\)"),
        ({"kernel": np.ones((1, 4))}, ValueError, "kernel of 1 × 1 to 3 × 3"),
        ({"dy": [[np.nan]]}, ValueError, "finite numbers as dy"),
        ({"stride": 4}, ValueError, "stride <= 3, got 4"),
        ({"dilation": 0}, ValueError, "dilation >= 1, got 0"),
        ({"padding": 1.5}, TypeError, "an integer as padding, got 1.5"),
        (
            {"dy": [[1]], "padding": 2},
            ValueError,
            "padding <= 1, which leaves a cell of dx, got 2",
        ),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        StampExplorer(**{"dy": DY, "kernel": W} | change)


# --- What it shows ----------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "kernel"), CASES)
def test_all_stamps_make_dx(show: Opener, size: tuple[int, int], kernel: tuple[int, int]) -> None:
    """At every step, in Python and on the page; on the padding stands what is dropped."""
    dy, w = random(size, kernel)
    page = show(to_html(StampExplorer(dy, w)))
    for stride, padding, dilation in STEPS:
        everything = full(dy, w, stride, dilation)
        if padding > (min(everything.shape) - 1) // 2:
            continue
        made = StampExplorer(dy, w, stride, padding, dilation)
        assert np.array_equal(made.dx, inner(everything, padding))
        figure = Stamps(page)
        figure.take(stride, padding, dilation)
        figure.move(dy.size - 1)
        shown = figure.values("dx")
        assert shown == figure.values("whole") == texts(everything)
        assert inner(np.array(shown), padding).tolist() == texts(made.dx)
        ring = np.ones(everything.shape, bool)
        inner(ring, padding)[:] = False
        assert marked(figure.named("dx"), "pad") == [(u, v) for u, v in np.argwhere(ring)]


@pytest.mark.parametrize("steps", [(1, 0, 1), (2, 1, 1), (3, 2, 2)])
def test_each_stamp_adds_its_multiple_of_the_kernel(
    figure: Stamps, steps: tuple[int, int, int]
) -> None:
    stride, padding, dilation = steps
    figure.take(*steps)
    laid = np.zeros_like(DY)
    for n, (p, q) in enumerate(np.ndindex(DY.shape)):
        earlier = full(laid, W, stride, dilation)
        laid[p, q] = DY[p, q]
        figure.move(n)
        assert figure.values("w") == texts(W)
        assert figure.values("dx") == texts(full(laid, W, stride, dilation))
        under = {
            (p * stride + i * dilation, q * stride + j * dilation) for i, j in np.ndindex(3, 3)
        }
        assert figure.on("dx") == under
        assert figure.on("dy") == {(p, q)}
        added = figure.named("dx").locator("small").all_inner_texts()
        assert added == [signed(v) for v in (DY[p, q] * W).flat]
        last = full(DY, W, stride, dilation).shape[0] - padding
        inside = [at for at in sorted(under) if min(at) >= padding and max(at) < last]
        lost = len(under) - len(inside)
        dropped = f" {lost} of its 9 numbers fall on the padding." if lost else ""
        now = full(laid, W, stride, dilation)
        met = [at for at in inside if earlier[at] and now[at] != earlier[at]]
        first = f"dx[{met[0][0] - padding}, {met[0][1] - padding}]" if met else ""
        addition = (
            f" An overlap: {first} = {summand(earlier[met[0]])}"
            f" + {summand(now[met[0]] - earlier[met[0]])} = {short(now[met[0]])}."
            if met
            else ""
        )
        assert figure.status == (
            f"Stamp {n + 1} of 9: dy[{p}, {q}] = {short(DY[p, q])} "
            f"adds {summand(DY[p, q])} · w.{addition}{dropped}"
        )


def test_opens_where_stamps_overlap(figure: Stamps) -> None:
    assert figure.status == (
        "Stamp 4 of 9: dy[1, 0] = 2 adds 2 · w. An overlap: dx[1, 0] = 4 + 2 = 6."
    )
    assert figure.sum.startswith("dx[2, 2] = 1·9 + 0·8")
    assert "dx after stamp 4 of 9" in figure.text


@pytest.mark.parametrize(("size", "kernel"), CASES)
def test_every_cell_is_collected(
    show: Opener, size: tuple[int, int], kernel: tuple[int, int]
) -> None:
    """Which cells of dy, with which weights, as the forward pass ties them."""
    dy, w = random(size, kernel)
    page = show(to_html(StampExplorer(dy, w)))
    for stride, padding, dilation in ((1, 0, 1), (2, 0, 1), (3, 0, 2)):
        figure = Stamps(page)
        figure.take(stride, padding, dilation)
        dx = full(dy, w, stride, dilation)
        for (u, v), seen in zip(np.ndindex(dx.shape), figure.root.evaluate(TOUR), strict=True):
            ties = [
                ((p, q), (i, j))
                for p, q, i, j in np.ndindex(*dy.shape, *w.shape)
                if (p * stride + i * dilation, q * stride + j * dilation) == (u, v)
            ]
            terms = " + ".join(f"{summand(dy[a])}·{summand(w[b])}" for a, b in ties)
            start = f" = {terms}" if ties else ""
            assert seen["sum"] == f"dx[{u}, {v}]{start} = {short(dx[u, v])}."
            assert seen["on"][0] == [f"{p},{q}" for (p, q), _ in ties]
            assert seen["weights"] == [short(w[b]) for _, b in ties]


def test_the_weights_of_a_cell_run_backward(figure: Stamps) -> None:
    assert figure.values("rotated") == texts(W[::-1, ::-1])
    assert figure.sum.endswith("+ 1·1 = 16.")
    cell(figure.named("whole"), 0, 1).hover()
    assert figure.sum == "dx[0, 1] = 1·2 + 0·1 = 2."
    assert figure.on("rotated") == {(2, 1), (2, 2)}


def test_cells_are_counted_without_the_padding(figure: Stamps) -> None:
    figure.take(1, 2, 1)
    assert figure.sum.startswith("dx[0, 0] = 1·9")
    assert "dx 1 × 1" in figure.text
    assert "Dotted: the padding" in figure.text
    figure.take(1, 0, 1)
    assert "dx 5 × 5" in figure.text
    assert "Dotted" not in figure.text


def test_cells_without_a_stamp_are_hatched(figure: Stamps) -> None:
    assert "Hatched" not in figure.text
    figure.take(2, 0, 2)
    idle = set(marked(figure.named("dx"), "idle"))
    assert idle == {(u, v) for u, v in np.ndindex(9, 9) if u % 2 or v % 2}
    assert "Hatched: no stamp falls there." in figure.text


def test_padding_leaves_a_cell(show: Opener) -> None:
    figure = Stamps(show(to_html(StampExplorer([[2]], [[1, 2], [3, 4]], dilation=2))))
    figure.take(1, 1, 2)
    assert "dx 1 × 1" in figure.text
    figure.press("more padding")
    assert "dx 1 × 1" in figure.text
    figure.take(1, 0, 1)
    assert "dx 2 × 2" in figure.text


def test_rounded_sums_say_so(show: Opener) -> None:
    figure = Stamps(show(to_html(StampExplorer(DY / 3, W))))
    assert figure.status == (
        "Stamp 4 of 9: dy[1, 0] ≈ 0.67 adds 0.67 · w. An overlap: dx[1, 0] = 1.33 + 0.67 ≈ 2."
    )
    cell(figure.named("whole"), 0, 1).hover()
    assert figure.sum.startswith("dx[0, 1] = 0.33·2 + 0·1 ≈ 0.67")


# --- How it is used ---------------------------------------------------------------------------


def test_plays_to_the_last_stamp_and_again_from_the_first(figure: Stamps) -> None:
    clock = figure.root.page.clock
    for first in (4, 1):
        figure.press("Play")
        assert figure.status.startswith(f"Stamp {first} of 9")
        clock.run_for(2 * 500)
        assert figure.status.startswith(f"Stamp {first + 2} of 9")
        clock.run_for(20 * 500)
        assert figure.status.startswith("Stamp 9 of 9")
        expect(figure.root.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_what_the_reader_does_ends_the_playing(figure: Stamps) -> None:
    acts: list[Callable[[], None]] = [
        lambda: figure.press("more stride"),
        lambda: figure.move(3),
    ]
    for act in acts:
        figure.press("Play")
        act()
        expect(figure.root.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_cell_is_collected_while_stamps_fall(figure: Stamps) -> None:
    figure.press("Play")
    cell(figure.named("whole"), 0, 0).hover()
    assert figure.sum == "dx[0, 0] = 1·1 = 1."
    figure.root.page.clock.run_for(500)
    assert int(figure.status.split()[1]) > 4  # a later one on a slow machine


def test_the_link_leads_back(show: Opener) -> None:
    def step(figure: Driver) -> None:
        figure.press("more stride")
        figure.press("more padding")
        figure.table("g").first.locator("td").nth(5).hover()

    def ask(figure: Driver) -> None:
        step(figure)
        cell(figure.table("g").last, 2, 3).hover()

    refused = ("4_0_1_0", "1_0_1_9", "1_0_1_0_5,0", "1_0_1_0_1", "1_0_1_0_-1,0", "1_0_1")
    check_link(show, FIGURE, "2_1_1_5", step, *refused)
    check_link(show, FIGURE, "2_1_1_5_1,2", ask, "1_3_1_0")
    check_link(
        show,
        StampExplorer([[1]], [[1]]),
        "2_0_1_0",
        lambda figure: figure.press("more stride"),
        "1_1_1_0",
    )


def test_stops_when_gone(figure: Stamps) -> None:
    check_stops_when_gone(figure, "Play")


def test_walks_by_keys(figure: Stamps) -> None:
    keys = figure.root.page.keyboard
    cell(figure.named("dy"), 0, 0).focus()
    for key in ("ArrowRight", "ArrowDown"):
        keys.press(key)
    assert figure.status.startswith("Stamp 5 of 9: dy[1, 1]")
    cell(figure.named("whole"), 0, 0).focus()
    keys.press("ArrowDown")
    assert figure.sum.startswith("dx[1, 0] = ")
    figure.press("more padding")
    cell(figure.named("whole"), 1, 1).focus()
    keys.press("ArrowUp")  # the padding takes no part
    assert figure.sum.startswith("dx[0, 0] = ")


def test_by_touch(show: Opener) -> None:
    figure = Stamps(show(to_html(FIGURE), has_touch=True))
    cell(figure.named("dy"), 2, 2).tap()
    assert figure.status.startswith("Stamp 9 of 9")
    cell(figure.named("whole"), 1, 1).tap()
    assert figure.sum.startswith("dx[1, 1] = 1·5 + 0·4")


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("In bold the first: dy[0, 0] · w = 1 · w.", "−14")

    def drive(self, figure: Driver) -> None:
        figure.press("more padding")
        figure.table("g").first.locator("td").last.hover()
        cell(figure.table("g").last, 2, 2).hover()


def test_the_still_picture_marks_the_first_stamp() -> None:
    for steps, bold in (((1, 0, 1), 9), ((2, 1, 1), 4), ((3, 1, 2), 4)):
        picture = StampExplorer(DY, W, *steps).picture()
        assert picture.rpartition("<table")[2].count("<b>") == bold


def test_the_largest_fits_a_phone(show: Opener) -> None:
    check_phone(show, LARGEST)


def test_shows_in_forced_colours(show: Opener) -> None:
    """The newest stamp stays outlined in the colours that the reader chose."""
    page: Page = show(to_html(FIGURE), forced_colors="active")
    newest = page.locator("td.on").first
    assert newest.evaluate("cell => getComputedStyle(cell).boxShadow") != "none"
