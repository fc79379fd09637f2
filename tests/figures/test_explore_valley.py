"""The valley explorer, driven in a browser: its walks are those of `cnnlib.optim`."""

import math
import re
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, check_stops_when_gone, go, to_html
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from cnnbook.explore import ValleyExplorer
from cnnlib import optim
from cnnlib.nn import Parameter

X = np.array([3.824, 0.831, 3.314, 0.597, 2.051, 0.544, 2.756, 3.367, 1.702, 3.828, 3.301, 1.353])
T = np.array([3.556, 1.249, 2.959, 0.737, 2.333, 0.479, 2.752, 3.421, 1.666, 3.328, 3.013, 1.877])
START = (-0.8, 2.0)
ROWS = np.stack([X, np.ones(12)])
BEST = np.linalg.lstsq(ROWS.T, T)[0]
LOW, HIGH = np.linalg.eigvalsh(2 / 12 * ROWS @ ROWS.T)
NAMES = ["SGD", "momentum", "Adam"]
FIGURE = ValleyExplorer(X, T, START)
HTML = to_html(FIGURE)
END = 180  # of the race as it opens
CODE = "valley--0.8_2_0.1299_0.1978_0.3_0.5224_{}"

Floats = NDArray[np.float64]


def optimizer(name: str, p: Parameter, rate: float, mu: float) -> optim.Optimizer:
    if name == "Adam":
        return optim.Adam([p], rate)
    return optim.SGD([p], rate, mu if name == "momentum" else 0.0)


def walk(name: str, rate: float, mu: float, steps: int, start: Any = START) -> Floats:
    """The places that cnnlib's optimizer visits."""
    p = Parameter(np.array(start, dtype=np.float64))
    rule, places = optimizer(name, p, rate, mu), [p.data.copy()]
    for _ in range(steps):
        p.grad[:] = 2 / 12 * ROWS @ (p.data @ ROWS - T)
        rule.step()
        places.append(p.data.copy())
    return np.array(places)


def cost(place: Floats) -> float:
    return float(np.mean((place @ ROWS - T) ** 2))


class Valley(Driver):
    """Three rules: their sliders, their walks, and what is said of them."""

    def slide(self, label: str, value: float) -> float:
        """Move a slider; the value that it has then."""
        node = self.root.get_by_role("slider", name=label, exact=True)
        node.fill(str(value))
        return float(node.input_value())

    def rate(self, name: str, rate: float) -> float:
        power = round(0.003 * round(math.log10(rate) / 0.003), 3)
        return float(10 ** self.slide(f"learning rate α, {name}", power))

    def path(self, plot: int, name: str) -> Floats:
        """A line that is drawn, in units of its plot."""
        selector = f"path.{name.lower()}:not(.dots)"
        found = self.root.locator("svg > svg").nth(plot).locator(selector)
        text = found.get_attribute("d") or ""
        return np.array([[*map(float, pair.split(","))] for pair in text[1:].split("L")])

    def places(self, name: str) -> Floats:
        """The walk that is drawn, in w and b."""
        return self.path(0, name) / [284, -190] * [5, 10] + [-2, 6]

    @property
    def arrivals(self) -> list[str]:
        return self.root.locator("tr td:last-child").all_inner_texts()

    @property
    def start(self) -> Locator:
        return self.root.get_by_role("slider", name="start", exact=True)

    @property
    def drag(self) -> list[tuple[float, float]]:
        """Where the start lies on the screen, and where (0.2, 3) does."""
        box = self.start.bounding_box()
        assert box
        unit = box["width"] / 26
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return [(x, y), (x + 284 / 5 * unit, y - 190 / 10 * unit)]

    @property
    def step(self) -> int:
        found = re.match(r"Step (\d+) of \d+: ", self.status)
        assert found
        return int(found[1])

    def check_walks(self, rates: list[float], mu: float, steps: int, start: Any = START) -> None:
        """All that is drawn is what cnnlib computes, as far as it lies on the picture."""
        for name, rate in zip(NAMES, rates, strict=True):
            expected, drawn = walk(name, rate, mu, steps, start), self.places(name)
            near = np.all(np.abs(expected - [0.5, 1]) < [20, 40], axis=1)[: len(drawn)]
            assert len(drawn) == steps + 1 or np.abs(expected[len(drawn) - 1]).max() > 1e5
            np.testing.assert_allclose(drawn[near], expected[: len(drawn)][near], atol=1e-9)


@pytest.fixture
def figure(show: Opener) -> Valley:
    return Valley(show(HTML))


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    expected = "ValleyExplorer(12 points, rates 0.1299, 0.1978, 0.3, momentum 0.5224)"
    assert repr(FIGURE) == expected


def test_begins_with_the_best_settings() -> None:
    root = math.sqrt(HIGH / LOW)
    best = [2 / (LOW + HIGH), 4 / (math.sqrt(LOW) + math.sqrt(HIGH)) ** 2, 0.3]
    np.testing.assert_allclose(FIGURE.rates, best, atol=6e-5)
    assert FIGURE.momentum == pytest.approx(((root - 1) / (root + 1)) ** 2, abs=6e-5)


def test_no_setting_is_off_its_slider() -> None:
    for x in ([0, 0, 0.001], [-2, 0, 4], [4, 4, 3.9], [-0.1, 0, 0.1]):
        figure = ValleyExplorer(x, [1, 2, 3])
        assert all(0.001 <= rate <= 2 for rate in figure.rates)
        assert 0 <= figure.momentum <= 0.99


def test_much_momentum_is_as_slow_as_sgd_with_every_rate() -> None:
    """As chapter 11 says of this valley."""
    slow = [FIGURE.arrival(walk("momentum", rate, 0.9, 400)) for rate in np.linspace(0.02, 0.2)]
    assert 130 < min(slow) < max(slow) < 155


@pytest.mark.parametrize("name", NAMES)
def test_arrives_where_it_stays_close(name: str) -> None:
    places = FIGURE.walks(400)[name]
    step = FIGURE.arrival(places)
    away = np.linalg.norm(places - BEST, axis=1)
    assert (away[step:] <= 1e-3).all()
    assert away[step - 1] > 1e-3
    assert FIGURE.arrival(BEST[None]) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.ones(12)}, "ValleyExplorer expected points with different x"),
        ({"x": X[:2], "t": T[:2]}, "ValleyExplorer expected 3 to 12 points, got 2 as x"),
        ({"start": (-0.8, 9)}, "ValleyExplorer expected b in -4 … 6, got 9"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ValleyExplorer(**{"x": X, "t": T, "start": START} | change)


# --- In a browser -----------------------------------------------------------------------------


def test_walks_as_cnnlib_does(figure: Valley) -> None:
    figure.check_walks(FIGURE.rates, FIGURE.momentum, END)
    for wanted, mu in ((0.003, 0.0), (0.04, 0.9), (0.2, 0.5)):
        rates = [figure.rate(name, wanted) for name in NAMES]
        figure.slide("momentum µ, momentum", mu)
        figure.check_walks(rates, mu, figure.step)
    figure.slide("momentum µ, momentum", 0)
    np.testing.assert_array_equal(figure.places("momentum"), figure.places("SGD"))


def test_curves_are_the_costs_above_the_lowest(figure: Valley) -> None:
    for name, rate in zip(NAMES, FIGURE.rates, strict=True):
        places = walk(name, rate, FIGURE.momentum, END)
        heights = np.log10([max(cost(place) - cost(BEST), 1e-9) for place in places])
        drawn = figure.path(1, name)
        np.testing.assert_allclose(drawn[:, 0], np.arange(END + 1) * 284 / END, atol=1e-6)
        near = heights > -8  # what lies below the picture is near to 0 and not exact
        np.testing.assert_allclose(drawn[near, 1], (2 - heights[near]) / 10 * 190, atol=1e-3)


def test_says_how_far_each_rule_is(figure: Valley) -> None:
    go(figure.root.page, CODE.format(40))
    found = re.search(r"× is SGD (\S+), momentum (\S+), Adam (\S+)\. ", figure.status)
    assert found
    for text, places in zip(found.groups(), FIGURE.walks(40).values(), strict=True):
        assert float(text) == pytest.approx(np.linalg.norm(places[-1] - BEST), rel=0.06)


def test_says_when_each_rule_arrives(figure: Valley) -> None:
    steps = [FIGURE.arrival(places) for places in FIGURE.walks(400).values()]
    assert figure.arrivals == [f"● arrives at step {step}" for step in steps]
    points = figure.root.locator("svg > svg circle")
    places = points.evaluate_all("all => all.map((point) => +point.getAttribute('cx'))")
    np.testing.assert_allclose(places, [step * 284 / END for step in steps])
    go(figure.root.page, CODE.format(min(steps)))
    expect(points).to_have_count(1)
    go(figure.root.page, CODE.format(END))
    rate = figure.rate("SGD", 0.05)
    step = FIGURE.arrival(walk("SGD", rate, 0, 400))
    assert figure.arrivals[0] == f"● arrives at step {step}"
    figure.rate("SGD", 0.003)
    assert figure.arrivals[0] == "not in 400 steps"


def test_a_walk_can_diverge(figure: Valley) -> None:
    figure.rate("SGD", 1)
    assert figure.arrivals[0] == "diverged"
    assert figure.step == END  # what is lost doesn't make the race longer
    assert " SGD diverged, momentum 0, Adam 0.0" in figure.status
    assert not re.search("NaN|Infinity", figure.root.inner_html())


def test_steps_play_pause_and_reset(figure: Valley) -> None:
    clock = figure.root.page.clock
    before = figure.text
    figure.press("Step", 2)
    assert figure.step == 2
    figure.check_walks(FIGURE.rates, FIGURE.momentum, 2)
    figure.press("Play")
    expect(figure.root.locator("[role=status]")).to_have_attribute("aria-live", "off")
    clock.run_for(2400)
    figure.press("Pause")
    step = figure.step
    assert 20 < step < 40  # the clock runs on
    clock.run_for(5000)
    assert figure.step == step
    figure.press("Play")
    clock.run_for(20_000)
    assert figure.step == END
    assert figure.text == before
    figure.press("Play")
    assert figure.step < 40
    figure.press("Reset")
    assert figure.step == 0
    figure.press("Step")
    assert figure.step == 1


def test_reset_brings_back_the_settings(figure: Valley) -> None:
    figure.press("Reset")
    before = figure.text
    figure.rate("SGD", 0.05)
    figure.start.press("ArrowRight")
    figure.press("Step", 3)
    figure.press("Reset")
    assert figure.text == before


def test_the_axis_stays_while_it_plays(figure: Valley) -> None:
    axis = figure.root.locator(".plots > :last-child svg > g")
    before = axis.inner_html()
    for step in (0, 7, 120):
        go(figure.root.page, CODE.format(step))
        assert axis.inner_html() == before


def test_the_best_place_lies_on_top_of_the_walks(figure: Valley) -> None:
    last = figure.root.locator("svg > svg").first.locator("path").last
    expect(last).to_have_class("ink")


def test_play_jumps_to_the_end_where_motion_is_unwanted(show: Opener) -> None:
    figure = Valley(show(HTML, reduced_motion="reduce"))
    figure.press("Play")
    assert figure.step == END
    expect(figure.root.get_by_role("button", name="Play")).to_be_visible()


def test_the_start_is_dragged_by_mouse(figure: Valley) -> None:
    (x, y), (to_x, to_y) = figure.drag
    mouse = figure.root.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(to_x, to_y)
    mouse.up()
    mouse.move(x, y)
    assert figure.start.get_attribute("aria-valuetext") == "0.2, 3"
    figure.check_walks(FIGURE.rates, FIGURE.momentum, END, (0.2, 3))


def test_the_start_is_dragged_by_finger(show: Opener) -> None:
    figure = Valley(show(HTML, width=390, has_touch=True))
    figure.start.scroll_into_view_if_needed()
    page = figure.root.page
    finger, scrolled = page.context.new_cdp_session(page), page.evaluate("scrollY")
    places = figure.drag
    for kind, touched in (("touchStart", places[:1]), ("touchMove", places[1:]), ("touchEnd", [])):
        points = [{"x": x, "y": y} for x, y in touched]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert figure.start.get_attribute("aria-valuetext") == "0.2, 3"
    assert page.evaluate("scrollY") == scrolled


def test_the_start_is_pushed_by_keys(figure: Valley) -> None:
    figure.start.press("ArrowRight")
    figure.start.press("ArrowDown")
    assert figure.start.get_attribute("aria-valuetext") == "−0.7, 1.9"
    figure.check_walks(FIGURE.rates, FIGURE.momentum, END, (-0.7, 1.9))


def test_the_link_leads_back(figure: Valley) -> None:
    link = "#valley--0.8_2_0.1299_0.1978_0.3_0.5224_400"
    assert figure.root.locator(".cnn-link").get_attribute("href") == link
    codes = ("0_0", "9_2_0.1_0.1_0.1_0.5_40", "0_2_0.1_0.1_0_0.5_40", "0_2_0.1_0.1_0.1_1_40", "x")
    before = figure.text
    for code in (*codes, "0_2_0.1_0.1_0.1_0.5_401", "0_2_0.1_0.1_0.1_0.5_40_1"):
        go(figure.root.page, f"valley-{code}")
        assert figure.text == before
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + "#valley-1_-2_0.01_0.02_0.1_0.9_12")
    page.reload()
    there = Valley(page)
    assert there.step == 12
    there.check_walks([0.01, 0.02, 0.1], 0.9, 12, (1, -2))


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = (
        "momentum 0.5224",
        "0.1299",
        *(str(FIGURE.arrival(places)) for places in FIGURE.walks(400).values()),
    )

    def drive(self, figure: Driver) -> None:
        Valley(figure.root).rate("Adam", 0.01)
        figure.press("Step")
        figure.press("Play")


def test_stops_when_it_is_taken_off_the_page(figure: Valley) -> None:
    check_stops_when_gone(figure, "Play")


def test_colours_stay_in_forced_colours(figure: Valley) -> None:
    page = figure.root.page
    page.emulate_media(forced_colors="active")
    strokes = figure.root.locator("path.curve").evaluate_all(
        "paths => paths.map((path) => getComputedStyle(path).stroke)"
    )
    assert len(set(strokes)) == 3
    page.emulate_media(forced_colors="none")
