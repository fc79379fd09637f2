"""The stopping explorer, driven in a browser: it shows the recorded runs and where to stop."""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, check_stops_when_gone, go, to_html
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from cnnbook import samples
from cnnbook.explore import StoppingExplorer

Floats = NDArray[np.float64]

RUNS = np.array([run["history"] for run in samples.recorded("training_program")["few"]])
FIGURE = StoppingExplorer(RUNS)
HTML = to_html(FIGURE)
LOSS, ACCURACY = 0, 1
TRAINING, HELD_OUT, RIGHT = range(3)
SHOWN = """figure => [figure.querySelector("p[role=status]").innerText,
    figure.querySelector("input[type=range]").value]"""


def stopped(held: Floats, patience: int) -> tuple[int, int]:
    """As a training program would do it: the epoch of the stop, and the epoch that is kept."""
    best, kept, waited = np.inf, 0, 0
    for epoch, loss in enumerate(held, 1):
        if loss < best:
            best, kept, waited = loss, epoch, 0
        else:
            waited += 1
        if waited == patience:
            break
    return epoch, kept


class Stopping(Driver):
    """Its two plots, the slider, the steppers, and what is said."""

    @property
    def slider(self) -> Locator:
        return self.root.get_by_role("slider", name="epoch")

    def plot(self, number: int) -> Locator:
        return self.root.locator("svg > svg").nth(number)

    def curve(self, number: int, selector: str, high: float, room: float) -> Floats:
        """A line of a plot, in epochs and in the numbers of its axis."""
        text = self.plot(number).locator(f"path{selector}").get_attribute("d") or ""
        units = np.array([[*map(float, pair.split(","))] for pair in text[1:].split("L")])
        return units / [284, -190] * [100, room] + [0, high]

    def loss(self, selector: str) -> Floats:
        return self.curve(LOSS, selector, 0.5, 0.5)

    def accuracy(self, selector: str) -> Floats:
        return self.curve(ACCURACY, selector, 0.95, 0.1)

    def spot(self, number: int, epoch: int) -> tuple[float, float]:
        """Where an epoch lies on the screen, half-way up a plot."""
        box = self.root.locator(".plots rect").nth(number).bounding_box()
        assert box
        return box["x"] + box["width"] * epoch / 100, box["y"] + box["height"] / 2

    @property
    def epoch(self) -> int:
        """Of the text and the slider, read in one moment: a clock may run."""
        status, value = self.root.evaluate(SHOWN)
        found = re.match(r"After epoch (\d+): ", status)
        assert found
        assert found[1] == value
        return int(found[1])

    @property
    def stop(self) -> tuple[int, int]:
        found = re.search(
            r"keeps epoch (\d+)[.;] .*the run stops, here after epoch (\d+)\. ", self.text
        )
        assert found
        return int(found[2]), int(found[1])


@pytest.fixture
def figure(show: Opener) -> Stopping:
    return Stopping(show(HTML))


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "StoppingExplorer(3 runs of 100 epochs)"


@pytest.mark.parametrize("run", range(3))
def test_stops_as_a_program_would(run: int) -> None:
    for patience in range(1, 21):
        assert FIGURE.stop(run, patience) == stopped(RUNS[run, :, HELD_OUT], patience)
    assert FIGURE.stop(run, 100) == (100, RUNS[run, :, HELD_OUT].argmin() + 1)


def test_patience_of_six_finds_the_best_epoch_of_every_run() -> None:
    """As chapter 13 says; a shorter one does not."""
    found = [
        all(
            FIGURE.stop(i, patience)[1] == run[:, HELD_OUT].argmin() + 1
            for i, run in enumerate(RUNS)
        )
        for patience in range(1, 12)
    ]
    assert found == [False] * 5 + [True] * 6


def test_the_axes_hold_the_end_of_each_run() -> None:
    data = FIGURE.data()
    assert RUNS[:, 20:, HELD_OUT].max() < data["mostLoss"] == 0.5
    assert data["mostRight"] - 0.1 < RUNS[:, 20:, RIGHT].min()
    assert RUNS[..., RIGHT].max() < data["mostRight"] == 0.95


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (RUNS[0], r"runs of shape \(runs, epochs, 3\), got shape \(100, 3\)"),
        (RUNS[:, :1], r"2 to 200 epochs, 3\), got shape \(3, 1, 3\)"),
        (RUNS[:0], r"got shape \(0, 100, 3\)"),
        (RUNS[..., :2], r"got shape \(3, 100, 2\)"),
        (np.ones((1, 201, 3)), r"got shape \(1, 201, 3\)"),
        (RUNS * np.nan, "finite numbers as runs"),
    ],
)
def test_bad_input_is_named(runs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"StoppingExplorer expected .*{message}"):
        StoppingExplorer(runs)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_draws_the_recorded_run(figure: Stopping, seed: int) -> None:
    figure.press("more seed", seed)
    epochs = np.arange(1, 101)
    for role, column in (("y", TRAINING), ("x", HELD_OUT)):
        expected = np.stack([epochs, RUNS[seed, :, column]], 1)
        np.testing.assert_allclose(figure.loss(f".{role}.later"), expected, atol=1e-4)
        known = figure.loss(f".{role}:not(.later)")
        np.testing.assert_allclose(known, expected[:40], atol=1e-4)
    expected = np.stack([epochs, RUNS[seed, :, RIGHT]], 1)
    np.testing.assert_allclose(figure.accuracy(".x.later"), expected, atol=1e-4)


@pytest.mark.parametrize("epoch", [1, 12, 19, 20, 100])
def test_tells_the_losses_and_their_gap(figure: Stopping, epoch: int) -> None:
    figure.slider.fill(str(epoch))
    assert figure.epoch == epoch
    training, held_out, right = RUNS[0, epoch - 1]
    pattern = r"training (\S+), held out (\S+), gap (\S+); (\S+) % correct"
    found = re.search(pattern, figure.status)
    assert found
    assert all(re.fullmatch(r"−?\d\.\d{3}", text) for text in found.groups()[:3])
    shown = [float(text.replace("−", "-")) for text in found.groups()]
    assert shown[2] == round(shown[1] - shown[0], 3)
    expected = [training, held_out, held_out - training, 100 * right]
    np.testing.assert_allclose(shown[:3], expected[:3], atol=1.001e-3)
    np.testing.assert_allclose(shown[3:], expected[3:], atol=0.051)
    np.testing.assert_allclose(figure.loss(".g")[:, 1], [training, held_out], atol=1e-4)
    np.testing.assert_array_equal(figure.loss(".g")[:, 0].round(6), epoch)
    best = RUNS[0, :epoch, HELD_OUT].argmin() + 1
    assert figure.status.endswith(f"Lowest held-out loss up to here: epoch {best}.")


@pytest.mark.parametrize("seed", range(3))
def test_stops_and_keeps_what_a_program_would(figure: Stopping, seed: int) -> None:
    figure.press("more seed", seed)
    figure.press("less patience (epochs to wait)", 2)
    held = RUNS[seed, :, HELD_OUT]
    for patience in range(1, 9):
        end, kept = stopped(held, patience)
        assert figure.stop == (end, kept)
        np.testing.assert_allclose(figure.loss(".dash")[:, 0], end, atol=1e-9)
        ring = figure.plot(LOSS).locator("circle")
        assert float(ring.get_attribute("cx") or 0) == pytest.approx(kept * 2.84)
        assert float(ring.get_attribute("cy") or 0) == pytest.approx(
            190 * (1 - 2 * held[kept - 1]), abs=0.05
        )
        best = held.argmin() + 1
        verdict = f"Stops too early: it keeps epoch {kept}; the best is {best}."
        assert (verdict in figure.text) == (kept != best)
        assert (f"Finds the best epoch: it keeps epoch {best}." in figure.text) == (kept == best)
        diamond = figure.plot(LOSS).locator(".best").get_attribute("d") or ""
        x, y = map(float, diamond[1:].partition("l")[0].split())
        assert (x, y + 4) == pytest.approx((best * 2.84, 190 * (1 - 2 * held.min())), abs=0.05)
        figure.press("more patience (epochs to wait)")


def test_plays_pauses_and_begins_again(figure: Stopping) -> None:
    clock = figure.root.page.clock
    figure.press("Play")
    assert figure.epoch < 20  # the clock runs on
    expect(figure.root.locator("[role=status]")).to_have_attribute("aria-live", "off")
    clock.run_for(800)
    figure.press("Pause")
    epoch = figure.epoch
    assert 5 < epoch < 40
    clock.run_for(5000)
    assert figure.epoch == epoch
    figure.press("Play")
    assert figure.epoch >= epoch
    clock.run_for(20_000)
    assert figure.epoch == 100
    expect(figure.root.locator("[role=status]")).to_have_attribute("aria-live", "polite")
    figure.press("Play")
    assert figure.epoch < 50
    figure.slider.fill("30")
    clock.run_for(5000)
    assert figure.epoch == 30


def test_play_jumps_to_the_end_where_motion_is_unwanted(show: Opener) -> None:
    figure = Stopping(show(HTML, reduced_motion="reduce"))
    figure.press("Play")
    assert figure.epoch == 100
    expect(figure.root.get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.parametrize("number", [LOSS, ACCURACY])
def test_a_click_and_a_drag_choose_an_epoch(figure: Stopping, number: int) -> None:
    mouse = figure.root.page.mouse
    places = [figure.spot(number, epoch) for epoch in (20, 63, 130)]
    mouse.move(*places[1])
    assert figure.epoch == 40
    mouse.move(*places[0])
    mouse.down()
    assert figure.epoch == 20
    mouse.move(*places[1])
    assert figure.epoch == 63
    mouse.up()
    mouse.move(*places[0])
    assert figure.epoch == 63


def test_a_drag_selects_no_text(figure: Stopping) -> None:
    mouse = figure.root.page.mouse
    mouse.move(*figure.spot(LOSS, 20))
    mouse.down()
    mouse.move(*figure.spot(ACCURACY, 130), steps=5)
    mouse.up()
    assert figure.root.page.evaluate("getSelection().toString()") == ""


def test_keys_and_touch(show: Opener, figure: Stopping) -> None:
    figure.slider.press("ArrowRight")
    assert figure.epoch == 41
    figure.slider.press("Home")
    assert figure.epoch == 1
    touched = Stopping(show(HTML, width=390, has_touch=True))
    touched.plot(LOSS).scroll_into_view_if_needed()
    touched.root.page.touchscreen.tap(*touched.spot(LOSS, 25))
    assert touched.epoch == 25


def test_the_link_leads_back(figure: Stopping) -> None:
    link = figure.root.locator(".cnn-link")
    assert link.get_attribute("href") == "#stopping-0-40-3"
    before = figure.text
    codes = ("3-40-3", "0-0-3", "0-101-3", "0-40-0", "0-40-21", "0-4.5-3", "0-40", "x", "0-1-1-1")
    for code in codes:
        go(figure.root.page, f"stopping-{code}")
        assert figure.text == before
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + "#stopping-2-17-5")
    page.reload()
    there = Stopping(page)
    assert there.epoch == 17
    assert there.stop == stopped(RUNS[2, :, HELD_OUT], 5)
    assert there.root.locator(".cnn-link").get_attribute("href") == "#stopping-2-17-5"


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    largest = 36 * 1024
    still = (
        *(f"epoch {stopped(run[:, HELD_OUT], 3)[1]}" for run in RUNS),
        *(f"{run[:, HELD_OUT].min():.3f}" for run in RUNS),
    )

    def drive(self, figure: Driver) -> None:
        Stopping(figure.root).slider.fill("7")
        figure.press("more seed")
        figure.press("Play")


def test_stops_when_it_is_taken_off_the_page(figure: Stopping) -> None:
    check_stops_when_gone(figure, "Play")


def test_no_number_is_cut_off(figure: Stopping) -> None:
    outside = """texts => texts.filter((text) => {
        const inner = text.getBoundingClientRect();
        const outer = text.closest(".plots > * > svg").getBoundingClientRect();
        return inner.left < outer.left || inner.right > outer.right;
    }).map((text) => text.textContent)"""
    assert figure.root.locator("svg text").evaluate_all(outside) == []


def test_colours_stay_in_forced_colours(figure: Stopping) -> None:
    page = figure.root.page
    page.emulate_media(forced_colors="active")
    strokes = (
        figure.plot(LOSS)
        .locator("path:not(.later)")
        .evaluate_all("paths => paths.map((path) => getComputedStyle(path).stroke)")
    )
    assert all(first != second for first, second in pairwise(strokes))
    page.emulate_media(forced_colors="none")
