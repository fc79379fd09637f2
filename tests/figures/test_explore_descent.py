"""The gradient-descent playground: its walks are those of `cnnlib.optim`, its limit is NumPy's."""

import math
import re
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, check_link, to_html
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from cnnbook.explore.descent import DescentExplorer
from cnnlib import optim
from cnnlib.nn import Parameter

X = np.array([3.824, 0.831, 3.314, 0.597, 2.051, 0.544, 2.756, 3.367, 1.702, 3.828, 3.301, 1.353])
T = np.array([3.556, 1.249, 2.959, 0.737, 2.333, 0.479, 2.752, 3.421, 1.666, 3.328, 3.013, 1.877])
START = (-0.8, 2.0)
NUMBER = r"(−?\d+(?:\.\d+)?(?:e[+−]\d+)?)"

Floats = NDArray[np.float64]


def explorer(**changes: Any) -> DescentExplorer:
    given: dict[str, Any] = {"x": X, "t": T, "start": START}
    return DescentExplorer(**given | changes)


FIGURE = explorer()


def cost(place: Floats, x: Floats = X, t: Floats = T) -> float:
    return float(np.mean((place[0] * x + place[1] - t) ** 2))


def hessian(x: Floats = X) -> Floats:
    rows = np.stack([x, np.ones_like(x)])
    return np.asarray(2 / len(x) * rows @ rows.T)


def limit(x: Floats = X) -> float:
    return float(2 / np.linalg.eigvalsh(hessian(x)).max())


def walk(lr: float, steps: int, start: Any = START, x: Floats = X) -> Floats:
    """The places that cnnlib's optimizer visits."""
    p = Parameter(np.array(start, dtype=np.float64))
    optimizer = optim.SGD([p], lr)
    places = [p.data.copy()]
    for _ in range(steps):
        error = p.data[0] * x + p.data[1] - T[: len(x)]
        p.grad[:] = 2 * np.mean(error * x), 2 * np.mean(error)
        optimizer.step()
        places.append(p.data.copy())
    return np.array(places)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


class Playground(Driver):
    """The playground on a page."""

    def rate(self, lr: float) -> float:
        """Move the slider; what learning rate that gives."""
        self.slide("learning rate α", math.log10(lr))
        return number(self.root.locator("output").first.inner_text())

    def steps(self, steps: int) -> None:
        self.slide("steps", steps)

    def slide(self, name: str, value: float) -> None:
        self.root.get_by_role("slider", name=name).evaluate(
            "(node, v) => { node.value = v; node.dispatchEvent(new Event('input')); }", value
        )

    @property
    def numbers_shown(self) -> list[float]:
        """Step, w, b, cost, and w, b, cost of the best line."""
        line = f"w = {NUMBER}, b = {NUMBER}, cost {NUMBER}"
        found = re.search(rf"Step (\d+): {line}\.\s+Lowest, ✕: {line}\.", self.text)
        assert found
        return [number(text) for text in found.groups()]

    @property
    def places(self) -> Floats:
        """The path that is drawn, in w and b."""
        return self._path(0, "path.g:not(.dots)") / [284, -190] * [5, 10] + [-2, 6]

    def _path(self, plot: int, selector: str) -> Floats:
        path = self.root.locator("svg > svg").nth(plot).locator(selector)
        text = path.get_attribute("d") or ""
        return np.array([[*map(float, pair.split(","))] for pair in text[1:].split("L")])

    def mark(self, name: str) -> Locator:
        return self.root.get_by_role("slider", name=name, exact=True)

    def at(self, name: str) -> list[float]:
        text = self.mark(name).get_attribute("aria-valuetext") or ""
        return [number(part) for part in text.split(", ")]

    def drag(self, name: str, by: tuple[float, float]) -> None:
        """Drag a mark by so many units of its plot."""
        mark, mouse = self.mark(name), self.root.page.mouse
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        assert box
        scale = box["width"] / 26
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + by[0] * scale / 2, y + by[1] * scale / 2)
        mouse.move(x + by[0] * scale, y + by[1] * scale)
        mouse.up()

    @property
    def limit(self) -> float:
        found = re.search(rf"limit is 2/λmax = {NUMBER};", self.text)
        assert found
        return number(found[1])


@pytest.fixture
def figure(show: Opener) -> Playground:
    return Playground(show(to_html(FIGURE)))


def close(shown: Any, expected: Any, rel: float = 6e-4) -> None:
    np.testing.assert_allclose(shown, expected, rtol=rel, atol=1e-9)


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "DescentExplorer(12 points, limit 0.1333, lr 0.1000)"


def test_picture_tells_both_sides_of_the_limit() -> None:
    picture = FIGURE.picture()
    for part in (0.75, 0.99, 1.01):
        end = cost(walk(part * limit(), 100)[-1])
        assert f"<td>{part}<td>{part * limit():.4f}<td>{end:.3g}" in picture


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": X[:2], "t": T[:2]}, ValueError, "3 to 12 points, got 2 as x"),
        ({"x": np.ones(13)}, ValueError, "3 to 12 points, got 13 as x"),
        ({"t": T[:5]}, ValueError, r"t of shape \(12,\), got shape \(5,\)"),
        ({"x": X[None]}, ValueError, "got shape"),
        ({"x": X * 2}, ValueError, r"x in -2 … 4, got 7\.6"),
        ({"t": T + np.nan}, ValueError, "t in -2 … 6, got nan"),
        ({"start": (-0.8, 9)}, ValueError, "b in -4 … 6, got 9"),
        ({"start": (1.0,)}, ValueError, "a start of two numbers, got 1"),
        ({"lr": 0}, ValueError, r"lr in 0\.001 … 2, got 0"),
        ({"lr": "fast"}, TypeError, "a number as lr, got 'fast'"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        explorer(**change)


# --- In a browser: the walk -------------------------------------------------------------------


def test_walks_as_cnnlib_does(figure: Playground) -> None:
    best = np.linalg.lstsq(np.stack([X, np.ones(12)], 1), T)[0]
    figure.steps(20)
    for wanted in (0.003, 0.04, 0.13, 0.2):
        places = walk(figure.rate(wanted), 20)
        seen = np.all(np.abs(places - [0.5, 1]) < [20, 40], axis=1)
        np.testing.assert_allclose(figure.places[seen], places[seen], atol=1e-9)
        close(figure.numbers_shown, [20, *places[-1], cost(places[-1]), *best, cost(best)])


def test_opens_where_the_walk_arrives(figure: Playground) -> None:
    *_, end, _, _, lowest = figure.numbers_shown
    assert lowest < end < 1.01 * lowest
    assert figure.status.startswith("Zigzags, and converges.")


def test_the_numbers_shown_follow_from_each_other(figure: Playground) -> None:
    """A reader with a calculator finds them again."""
    for lr in (0.1, figure.rate(0.04), figure.rate(0.01)):
        figure.rate(lr)
        across, along, steps = map(number, re.findall(rf"(?:by|In) {NUMBER}", figure.status))
        curvature, limit_shown = map(number, re.findall(rf"λmax = {NUMBER}", figure.text))
        assert round(2 / curvature, 4) == limit_shown
        assert round(1 - lr * curvature, 3) == round(across, 3)
        assert math.ceil(math.log(0.1) / math.log(along)) == steps


def test_curve_is_the_cost_of_each_step(figure: Playground) -> None:
    heights = np.log10([cost(place) for place in walk(0.1, 100)])
    path = figure._path(2, ".ink")
    fitted = np.polynomial.Polynomial.fit(heights, path[:, 1], 1)
    np.testing.assert_allclose(fitted(heights), path[:, 1], atol=1e-6)
    np.testing.assert_allclose(path[:, 0], np.arange(101) * 284 / 100, atol=1e-6)


def test_contours_are_lines_of_equal_cost(figure: Playground) -> None:
    plot = figure.root.locator("svg > svg").first
    transform = plot.locator("g").get_attribute("transform") or ""
    x, y, across, up, turn = map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", transform))
    sizes = plot.locator("ellipse").evaluate_all(
        "list => list.map(e => ['rx', 'ry'].map(name => +e.getAttribute(name)))"
    )
    best = np.linalg.lstsq(np.stack([X, np.ones(12)], 1), T)[0]
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    for level, size in zip(np.geomspace(0.05, 50, 7), sizes, strict=True):
        for angle in np.linspace(0, 6, 5):
            a, b = size[0] * math.cos(angle), size[1] * math.sin(angle)
            px, py = x + across * (c * a - s * b), y + up * (s * a + c * b)
            place = np.array([px / 284 * 5 - 2, 6 - py / 190 * 10])
            close(cost(place) - cost(best), level, 1e-6)


def test_as_many_steps_as_wanted(figure: Playground) -> None:
    for steps in (0, 1, 22, 300):
        figure.steps(steps)
        close(figure.numbers_shown[:3], [steps, *walk(0.1, steps)[-1]])
    figure.root.get_by_role("slider", name="steps").press("ArrowLeft")
    assert figure.numbers_shown[0] == 299


def test_a_lost_walk_ends(figure: Playground) -> None:
    figure.rate(2)
    figure.steps(300)
    step, w, b, *_ = figure.numbers_shown
    places = walk(2, int(step))
    assert np.hypot(*places[-2]) < 1e6 <= np.hypot(*places[-1])
    close([w, b], places[-1])


def test_reset_brings_everything_back(figure: Playground) -> None:
    before = figure.text
    figure.rate(0.5)
    figure.press("Standardise x")
    figure.mark("point 3").press("ArrowUp")
    figure.mark("start").press("ArrowUp")
    figure.steps(3)
    assert figure.text != before
    figure.press("Reset")
    figure.root.get_by_role("button", name="Reset").focus()
    assert figure.text == before


def test_the_link_leads_back(show: Opener) -> None:
    def choose(figure: Driver) -> None:
        figure.root.get_by_role("slider", name="learning rate").fill("-0.699")
        figure.root.get_by_role("slider", name="steps").fill("21")

    def move(figure: Driver) -> None:
        figure.root.get_by_role("slider", name="point 1", exact=True).press("ArrowDown")
        figure.root.get_by_role("slider", name="start").press("ArrowLeft")

    refused = ("0.1_301_0,0", "0_20_0,0", "0.1_20_4,0", "0.1_20_0", "SGD_0.1_20_0,0")
    check_link(show, FIGURE, "0.2_21_-0.8,2", choose, *refused)
    points = ";".join(f"{x:g},{t:g}" for x, t in zip(X, [3.46, *T[1:]], strict=True))
    code = f"0.1_100_-0.9,2_{points.replace('3.824', '3.82', 1)}"
    check_link(show, FIGURE, code, move, "0.1_100_0,0_1,2;3,4", f"{code[:-5]}7.1")


# --- The limit and the verdict ----------------------------------------------------------------


def test_states_the_limit(figure: Playground) -> None:
    high = np.linalg.eigvalsh(hessian())[-1]
    found = re.search(rf"curvature is λmax = {NUMBER}, so", figure.text)
    assert found
    close(number(found[1]), high)
    close(figure.limit, limit())


def test_verdict_is_what_happens(figure: Playground) -> None:
    for wanted in (0.001, 0.01, 0.05, 0.1, 0.13, 0.14, 0.25, 0.26, 1.5):
        lr = figure.rate(wanted)
        factors = 1 - lr * np.linalg.eigvalsh(hessian())[::-1]
        found = re.search(rf"by {NUMBER} across the valley, .* by {NUMBER} along it", figure.status)
        assert found
        close([number(text) for text in found.groups()], factors, 6e-3)
        largest = np.abs(factors).max()
        word = "Diverges" if largest > 1 else "Zigzags" if factors[0] < 0 else "Converges"
        assert figure.status.startswith(word)
        with np.errstate(all="ignore"):
            gained = cost(walk(lr, 400)[-1]) < cost(np.array(START))
        assert gained == (word != "Diverges")
        assert ("changes sides" in figure.status) == (factors[0] < 0)
        end = r"In (\d+) steps both parts are at least ten times smaller\."
        steps = re.search(end, figure.status)
        assert bool(steps) == gained
        if steps:
            close(int(steps[1]), math.ceil(-math.log(10) / math.log(largest)), 6e-3)


def test_both_sides_of_the_limit(figure: Playground) -> None:
    figure.rate(0.994 * limit())
    assert figure.status.startswith("Zigzags, and converges.")
    figure.rate(1.006 * limit())
    assert figure.status.startswith("Diverges.")


def test_the_limit_is_marked_on_the_slider(figure: Playground) -> None:
    """Its words lie where there is room, on the left where the limit is large."""
    for limit_now, text, edge in ((limit(), "▲ limit 0.1333", 0), (1.0, "limit 1 ▲", 1)):
        mark = figure.root.get_by_text(text).bounding_box()
        slider = figure.root.get_by_role("slider", name="learning rate").bounding_box()
        assert mark
        assert slider
        thumb = slider["x"] + 8 + (math.log10(limit_now) + 3) / 3.3 * (slider["width"] - 16)
        assert abs(mark["x"] + edge * mark["width"] + (6 - 12 * edge) - thumb) < 3
        figure.press("Standardise x")


# --- What can be moved ------------------------------------------------------------------------


def test_points_are_dragged(figure: Playground) -> None:
    x = X.copy()
    figure.drag("point 2", (0.5 / 6 * 284, -1 / 8 * 190))
    moved = figure.at("point 2")
    assert abs(moved[0] - 1.331) < 0.03
    assert abs(moved[1] - 2.249) < 0.03
    x[1] = moved[0]
    close(figure.limit, limit(x), 6e-3)
    figure.drag("point 2", (300, 150))
    assert figure.at("point 2") == [4, -2]


def test_of_marks_that_overlap_the_nearest_is_dragged(figure: Playground) -> None:
    others = [figure.at(f"point {i}") for i in range(1, 13) if i != 4]
    figure.drag("point 4", (0, -40))
    assert figure.at("point 4")[1] > 2
    assert [figure.at(f"point {i}") for i in range(1, 13) if i != 4] == others


def test_points_are_one_stop_of_the_tab_key(figure: Playground) -> None:
    hint = figure.root.get_by_text("The arrow keys move a point, Page Up and Page Down")
    expect(hint).to_be_hidden()
    figure.mark("start").focus()
    keys = figure.root.page.keyboard
    keys.press("Tab")
    expect(figure.mark("point 1")).to_be_focused()
    expect(hint).to_be_visible()
    keys.press("PageUp")
    expect(figure.mark("point 1")).to_be_focused()
    for _ in range(20):
        keys.press("PageDown")
    expect(figure.mark("point 12")).to_be_focused()
    keys.press("PageUp")
    keys.press("Tab")
    expect(figure.root.get_by_role("slider", name="steps")).to_be_focused()
    keys.press("Shift+Tab")
    expect(figure.mark("point 11")).to_be_focused()
    keys.press("Shift+Tab")
    expect(figure.mark("start")).to_be_focused()


def test_points_are_pushed_by_keys(figure: Playground) -> None:
    mark = figure.mark("point 5")
    mark.press("ArrowRight")
    mark.press("ArrowRight")
    mark.press("ArrowDown")
    close(figure.at("point 5"), [2.25, 2.23], 5e-3)
    x = X.copy()
    x[4] = 2.25
    close(figure.limit, limit(x), 6e-3)


def test_start_is_moved(figure: Playground) -> None:
    figure.drag("start", (1 / 5 * 284, -1 / 10 * 190))
    start = figure.at("start")
    assert abs(start[0] - 0.2) < 0.03
    assert abs(start[1] - 3) < 0.06
    np.testing.assert_allclose(figure.places, walk(0.1, 100, start), atol=1e-9)
    figure.mark("start").press("ArrowLeft")
    close(figure.at("start"), [start[0] - 0.1, start[1]], 5e-3)


def test_a_round_valley_is_crossed_in_one_step(figure: Playground) -> None:
    figure.press("Standardise x")
    assert figure.limit == 1
    figure.rate(0.5)
    figure.steps(1)
    _, *reached = figure.numbers_shown
    close(reached[:3], reached[3:], 5e-3)


def test_points_in_a_row_do_no_harm(show: Opener) -> None:
    cases = [([1, 1, 1], [0, 1, 3]), ([0, 1, 2], [1, 2, 3]), ([0, 0, 0], [1, 1, 1])]
    page = show(*(to_html(DescentExplorer(x, t)) for x, t in cases))
    for i, (x, t) in enumerate(cases):
        figure = Playground(page.locator(".cnn-figure").nth(i))
        figure.press("Standardise x")
        assert not re.search("NaN|Infinity", figure.root.inner_html())
        figure.press("Reset")
        rows = np.stack([np.array(x, float), np.ones(3)], 1)
        best = cost(np.linalg.lstsq(rows, np.array(t, float))[0], np.array(x), np.array(t))
        assert figure.numbers_shown[-1] == pytest.approx(best, rel=1e-3, abs=1e-6)


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("limit 2/λmax = 0.1333", "1.01", "393")

    def drive(self, figure: Driver) -> None:
        playground = Playground(figure.root)
        playground.steps(30)
        playground.mark("point 1").press("ArrowUp")
        figure.press("Standardise x")


def test_no_number_is_cut_off(figure: Playground) -> None:
    outside = """texts => texts.filter((text) => {
        const inner = text.getBoundingClientRect();
        const outer = text.closest(".plots [role=group] > svg").getBoundingClientRect();
        return inner.left < outer.left || inner.right > outer.right
            || inner.top < outer.top || inner.bottom > outer.bottom;
    }).map((text) => text.textContent)"""
    texts = figure.root.locator("svg text")
    assert texts.evaluate_all(outside) == []
    figure.steps(300)
    assert texts.evaluate_all(outside) == []
