"""The cell explorer, driven in a browser: its numbers are those of the first chapter."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, go, to_html
from numpy.typing import NDArray

from cnnbook import samples
from cnnbook.explore import CellExplorer

Floats = NDArray[np.float64]
CHAPTER = Path(__file__).resolve().parents[2] / "chapters" / "01_introduction.ipynb"


def of_chapter() -> dict[str, Callable[..., Any]]:
    """The functions that the chapter defines: `bar_detector`, `bar` and `response`."""
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {"math": math, "np": np, "print": lambda *_: None}
    for cell in cells:
        if cell["id"] in ("c09", "c09b"):
            exec("".join(cell["source"]), names)
    return names


TAUGHT = of_chapter()
CELL = TAUGHT["bar_detector"](45)
FIGURE = CellExplorer(CELL, angle=75)
LEARNED = CellExplorer(samples.trained_lenet()[0].weight.data[0, 0])
STATES = [(45, 0), (75, 0), (90, 2.5), (120, 0), (135, -1.4), (0, -5), (45, 3.5), (180, 1)]


def sums(figure: CellExplorer, angle: float, shift: float) -> list[float]:
    """Over the positive weights, over the negative ones, over all; and the response."""
    products = figure.light(angle, shift) * figure.weights
    plus, minus = products[products > 0].sum(), products[products < 0].sum()
    return [plus, minus, products.sum(), figure.response(angle, shift)]


def extremes(figure: CellExplorer) -> tuple[float, float]:
    """The lowest sum that a bar gives, and the largest one over positive weights."""
    all_sums = [sums(figure, a, s / 2) for a in range(0, 180, 5) for s in range(-10, 11)]
    return min(total for _, _, total, _ in all_sums), max(plus for plus, *_ in all_sums)


EXTREMES = extremes(FIGURE)


class Cell(Driver):
    """The bar, to be dragged, and what the cell makes of it."""

    def to(self, angle: int, shift: float) -> None:
        go(self.root.page, f"cell-{angle}-{shift:g}")

    @property
    def state(self) -> tuple[float, float]:
        angle, shift = (
            self.root.get_by_role("slider", name=name).input_value()
            for name in ("turn to this angle", "move from the middle")
        )
        return float(angle), float(shift)

    @property
    def sums(self) -> list[float]:
        return [float(row.replace("−", "-")) for row in self.root.locator("td").all_inner_texts()]

    def check_sums(self, figure: CellExplorer, angle: float, shift: float) -> None:
        """Both parts are rounded; the other two are theirs, as the reader would compute them."""
        plus, minus, *others = self.sums
        expected = sums(figure, angle, shift)
        np.testing.assert_allclose([plus, minus], expected[:2], atol=5.01e-4)
        np.testing.assert_allclose(others, expected[2:], atol=1.001e-3)
        total = round(plus + minus, 3)
        assert others == [total, max(total, 0)]

    @property
    def light(self) -> Floats:
        """What is drawn as light, pixel by pixel."""
        return self.field("rect", "square => Number(square.style.getPropertyValue('--light'))")

    @property
    def ends(self) -> Floats:
        """The ends of the bar, (2, 2): right and down from the middle."""
        return self.field("circle", "end => ['cx', 'cy'].map((name) => +end.getAttribute(name))")

    def field(self, what: str, read: str) -> Floats:
        found = self.root.locator(f".field {what}").evaluate_all(f"all => all.map({read})")
        return np.array(found)

    def curve(self, name: str) -> Floats:
        """The places of a curve: angle and response, in parts of the scale."""
        text = self.root.locator(f"path.{name}").get_attribute("d") or ""
        places = [[*map(float, pair.split(","))] for pair in text[1:].split("L")]
        return np.array(places) * [180 / 330, -1 / 120] + [0, 1]

    @property
    def point(self) -> Floats:
        circle = self.root.locator("circle.y")
        place = [float(circle.get_attribute(name) or "nan") for name in ("cx", "cy")]
        return np.array(place) * [180 / 330, -1 / 120] + [0, 1]

    @property
    def top(self) -> float:
        """What the curve's scale ends with."""
        texts = self.root.locator("text").all_text_contents()
        (top,) = (text for text in texts if re.fullmatch(r"0\.\d+", text))
        return float(top)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where on the page a place of the field is."""
        box = self.root.locator(".field svg").bounding_box()
        assert box
        unit = box["width"] / 12.4
        return box["x"] + box["width"] / 2 + x * unit, box["y"] + box["height"] / 2 + y * unit

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.root.page.mouse
        mouse.move(*self.place(*start))
        mouse.down()
        mouse.move(*self.place(*end), steps=8)
        mouse.up()
        mouse.move(*self.place(0, 0))

    def end_at(self, angle: float) -> tuple[float, float]:
        """A place on the circle of the ends, counterclockwise from the right."""
        t = math.radians(angle)
        return 5.5 * math.cos(t), -5.5 * math.sin(t)


@pytest.fixture
def figure(show: Opener) -> Cell:
    return Cell(show(to_html(FIGURE)))


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "CellExplorer(11 × 11 weights, bar at 75°)"


@pytest.mark.parametrize("angle", range(0, 180, 5))
def test_computes_what_the_chapter_computes(angle: int) -> None:
    np.testing.assert_allclose(FIGURE.light(angle, 0), TAUGHT["bar"](angle), atol=1e-6)
    expected = TAUGHT["response"](TAUGHT["bar"](angle), CELL)
    assert FIGURE.response(angle) == pytest.approx(expected, abs=1e-6)


def test_a_bar_is_moved_by_pixels() -> None:
    np.testing.assert_allclose(FIGURE.light(0, 2)[2:], FIGURE.light(0, 0)[:-2], atol=1e-9)
    np.testing.assert_allclose(FIGURE.light(90, -3)[:, :-3], FIGURE.light(90, 0)[:, 3:], atol=1e-9)
    np.testing.assert_allclose(FIGURE.light(180, 1), FIGURE.light(0, -1), atol=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"weights": np.ones(3)}, ValueError, r"weights of shape \(H, W\), got shape \(3,\)"),
        ({"weights": np.ones((17, 17))}, ValueError, "weights of 1 × 1 to 15 × 15"),
        ({"weights": np.ones((3, 5))}, ValueError, r"square .* odd side .* got shape \(3, 5\)"),
        ({"weights": np.ones((4, 4))}, ValueError, r"odd side of 3 or more, got shape \(4, 4\)"),
        ({"weights": np.ones((1, 1))}, ValueError, r"odd side of 3 or more, got shape \(1, 1\)"),
        ({"weights": np.zeros((3, 3))}, ValueError, "a weight above 0, got none"),
        ({"angle": 181}, ValueError, "angle in 0 … 180, got 181"),
        ({"angle": math.nan}, ValueError, "angle in 0 … 180, got nan"),
        ({"shift": -5.1}, ValueError, r"shift in -5 … 5, got -5\.1"),
        ({"shift": "far"}, TypeError, "a number as shift"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        CellExplorer(**{"weights": CELL} | change)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_the_page_computes_what_python_computes(figure: Cell, state: tuple[int, float]) -> None:
    figure.to(*state)
    np.testing.assert_allclose(figure.light, FIGURE.light(*state).ravel(), atol=1e-9)
    figure.check_sums(FIGURE, *state)


@pytest.mark.parametrize("state", STATES)
def test_the_point_lies_on_the_curve(figure: Cell, state: tuple[int, float]) -> None:
    figure.to(*state)
    angle, shift = state
    _, top = EXTREMES
    assert figure.top == round(top, 2)
    np.testing.assert_allclose(figure.point, [angle, FIGURE.response(*state) / top], atol=1e-4)
    x, y = figure.curve("y").T
    np.testing.assert_allclose(x, range(0, 181, 2), atol=0.01)
    np.testing.assert_allclose(y, [FIGURE.response(a, shift) / top for a in x.round()], atol=1e-4)
    rests = [figure.curve("rest")[:, 1]] if shift else []
    assert figure.root.locator("path.rest").count() == len(rests)
    assert figure.root.get_by_text("dashed: through the middle").count() == len(rests)
    for rest in rests:
        np.testing.assert_allclose(rest, [FIGURE.response(a) / top for a in x.round()], atol=1e-4)


@pytest.mark.parametrize("state", STATES)
def test_the_ends_lie_on_the_bar(figure: Cell, state: tuple[int, float]) -> None:
    figure.to(*state)
    (x, y), t = figure.ends.T, math.radians(state[0])
    np.testing.assert_allclose(x * math.sin(t) + y * math.cos(t), state[1], atol=1e-6)
    np.testing.assert_allclose(np.hypot(x, y), 5.5, atol=1e-6)


@pytest.mark.parametrize("state", STATES)
def test_bars_end_at_the_numbers(figure: Cell, state: tuple[int, float]) -> None:
    figure.to(*state)
    bars = figure.root.locator("td").evaluate_all(
        """cells => cells.map(({ style }) => ["--zero", "--from", "--to"]
            .map((name) => parseFloat(style.getPropertyValue(name)) / 100))"""
    )
    plus, _, total, response = figure.sums
    spans = np.array([[0, plus], [total, plus], sorted([0, total]), [0, response]])
    low, top = EXTREMES
    zero, *ends = np.array(bars).T
    np.testing.assert_allclose(zero, -low / (top - low), atol=1e-4)
    np.testing.assert_allclose(np.array(ends).T, (spans - low) / (top - low), atol=1e-4)


def test_red_squares_have_positive_weights(figure: Cell) -> None:
    names = figure.root.locator("rect").evaluate_all("all => all.map((r) => r.className.baseVal)")
    assert names == ["minus" if w < 0 else "plus" for w in CELL.flat]
    depths = figure.field("rect", "square => Number(square.style.getPropertyValue('--w'))")
    np.testing.assert_allclose(depths, np.abs(CELL).ravel() / np.abs(CELL).max(), atol=1e-6)


def test_says_whether_the_cell_responds(figure: Cell) -> None:
    assert figure.sums[3] > 0
    value = f"{figure.sums[3]:.3f}"
    assert figure.status == f"Bar at 75°, through the middle: the cell responds with {value}."
    figure.to(135, -1.4)
    silent = "the sum is not above 0, so no response."
    assert figure.status == f"Bar at 135°, 1.4 pixels from the middle: {silent}"
    for shift in (1, -1):
        figure.to(45, shift)
        assert figure.status.startswith("Bar at 45°, 1 pixel from the middle: the cell responds")


def test_drag_the_bar(figure: Cell) -> None:
    figure.to(90, 0)
    figure.drag((0, 0), (2, 1))
    assert figure.state == pytest.approx((90, 2), abs=0.11)
    figure.drag((2, 0), (-9, 0))
    assert figure.state == (90, -5)


@pytest.mark.parametrize("way", [0, 180])
def test_drag_an_end(figure: Cell, way: int) -> None:
    figure.to(75, 0)
    figure.drag(figure.end_at(75 + way), figure.end_at(30 + way))
    assert figure.state == (30, 0)
    figure.drag(figure.end_at(30 + way), figure.end_at(100 + way))
    assert figure.state == (100, 0)


def test_turned_past_180_degrees_a_bar_stays_on_its_side(figure: Cell) -> None:
    figure.to(170, 2)
    (x, y), _ = figure.ends
    before = math.degrees(math.atan2(-y, x))
    figure.drag((x, y), figure.end_at(before + 30))
    assert figure.state == (20, -2)
    np.testing.assert_allclose(figure.light, FIGURE.light(200, 2).ravel(), atol=1e-6)


def test_drag_along_the_curve(figure: Cell) -> None:
    figure.to(75, 2)
    box = figure.root.locator(".tuning svg").bounding_box()
    assert box
    left, unit, top = box["x"], box["width"] / 392, box["y"] + 40
    first, second = (left + unit * (46 + 330 * angle / 180) for angle in (30, 120))
    mouse = figure.root.page.mouse
    mouse.move(second, top)
    assert figure.state == (75, 2)
    mouse.move(first, top)
    mouse.down()
    assert figure.state == pytest.approx((30, 2), abs=1)
    mouse.move(second, top + 400, steps=3)
    assert figure.state == pytest.approx((120, 2), abs=1)
    mouse.move(0, 0)
    assert figure.state == (0, 2)
    mouse.up()
    mouse.move(first, top)
    assert figure.state == (0, 2)


def test_by_touch(show: Opener) -> None:
    figure = Cell(show(to_html(FIGURE), has_touch=True, width=390))
    figure.to(90, 0)
    session = figure.root.page.context.new_cdp_session(figure.root.page)
    for kind, place in [("touchStart", (0, 0)), ("touchMove", (1, 0)), ("touchMove", (3, 0))]:
        x, y = figure.place(*place)
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert figure.state == pytest.approx((90, 3), abs=0.11)


def test_by_keys(figure: Cell) -> None:
    page = figure.root.page
    page.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert figure.state == (75, 0.1)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert figure.state == (76, 0.1)
    page.keyboard.press("End")
    assert figure.state == (180, 0.1)


def test_reset_brings_everything_back(figure: Cell) -> None:
    before = figure.text
    figure.to(20, 3)
    assert figure.text != before
    figure.press("Reset")
    assert figure.text == before
    assert figure.state == (75, 0)


def test_the_link_leads_back(figure: Cell) -> None:
    link = figure.root.locator(".cnn-link")
    assert link.get_attribute("href") == "#cell-75-0"
    for code in ("181-0", "45-5.1", "45-1.55", "x-0", "45", "-45-0", "45--", ""):
        go(figure.root.page, f"cell-{code}")
        assert figure.state == (75, 0)
    figure.to(30, -1.5)
    assert link.get_attribute("href") == "#cell-30--1.5"
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + "#cell-45--2.5")
    page.reload()
    assert Cell(page).state == (45, -2.5)


def test_a_learned_kernel(show: Opener) -> None:
    figure = Cell(show(to_html(LEARNED)))
    figure.to(45, 1.5)
    figure.check_sums(LEARNED, 45, 1.5)
    figure.to(45, 2.1)  # further than half of the side
    assert figure.state == (45, 1.5)


# --- What all figures keep --------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = (
        "weights, in thousandths",
        f"{1000 * CELL.max():.0f}",
        "angle of the bar",
        f"{FIGURE.response(45):.2f}",
    )

    def drive(self, figure: Driver) -> None:
        figure.press("Reset")
        figure.root.get_by_role("slider", name="turn to this angle").fill("90")
