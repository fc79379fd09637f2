"""The activation explorer, driven in a browser: its numbers are those of `cnnlib.functional`."""

import re
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, check_link, check_phone, check_still, to_html
from numpy.typing import NDArray

from cnnbook.explore import ActivationExplorer
from cnnlib import functional as F

Floats = NDArray[np.float64]
WIDTH, HEIGHT = 312, 190  # as in activation.js
NAMES = ["ReLU", "leaky ReLU", "sigmoid", "tanh", "GELU"]
PLACES = [-6, -1.3, -0.1, 0, 0.1, 0.7, 6]
FIGURE = ActivationExplorer()


def values(name: str, x: Any) -> tuple[Floats, Floats]:
    """The value and the slope, as cnnlib computes them."""
    x = np.asarray(x, float)
    key = name.lower().replace(" ", "_")
    more = (0.1,) if name == "leaky ReLU" else ()
    return getattr(F, key)(x, *more), getattr(F, f"{key}_backward")(np.ones_like(x), x, *more)


class Activation(Driver):
    """Its picture in numbers, and what it says."""

    def slide(self, x: float) -> None:
        self.root.get_by_role("slider").fill(str(x))

    def path(self, role: str) -> Floats:
        """The places of a curve, in the numbers along the axes."""
        text = self.root.locator(f"path.{role}").get_attribute("d") or ""
        return self.places([[*map(float, pair.split(","))] for pair in text[1:].split("L")])

    def places(self, places: list[list[float]]) -> Floats:
        """Places in the picture, in the numbers along the axes."""
        texts = self.root.locator("svg text").all_text_contents()  # the last one is x
        low, high = (float(texts[i].replace("−", "-")) for i in (0, -9))  # of those beside it
        x, y = np.array(places).T / np.array([[WIDTH], [HEIGHT]])
        return np.stack([12 * x - 6, high - y * (high - low)], 1)

    def found(self, pattern: str) -> float:
        found = re.search(pattern.replace("#", r"(−?\d+(?:\.\d+)?)"), self.status)
        assert found, self.status
        return float(found[1].replace("−", "-"))


@pytest.fixture
def figure(show: Opener) -> Activation:
    return Activation(show(to_html(FIGURE)))


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(ActivationExplorer("GELU", -1.24)) == "ActivationExplorer(GELU, x -1.2)"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"function": "relu"}, ValueError, "one of ReLU, leaky ReLU, .*, GELU, got 'relu'"),
        ({"x": 6.1}, ValueError, r"x in -6 … 6, got 6\.1"),
        ({"x": float("nan")}, ValueError, "x in -6 … 6, got nan"),
        ({"x": "one"}, TypeError, "a number as x, got 'one'"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ActivationExplorer(**change)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_says_what_cnnlib_computes(figure: Activation, name: str) -> None:
    figure.choose(name)
    for x in PLACES:
        figure.slide(x)
        value, slope = values(name, [x])
        assert figure.found(r"value .*[=≈] #\n") == pytest.approx(value[0], abs=5.01e-4)
        assert figure.found(r"slope .*[=≈] #\n") == pytest.approx(slope[0], abs=5.01e-4)


@pytest.mark.parametrize("name", NAMES)
def test_draws_what_cnnlib_computes(figure: Activation, name: str) -> None:
    figure.choose(name)
    for role, expected in zip("yg", values(name, figure.path("y")[:, 0]), strict=True):
        x, y = figure.path(role).T
        assert (x[0], x[-1]) == (-6, 6)
        smooth = np.abs(x) > 1e-3  # at 0 the slope of ReLU jumps
        np.testing.assert_allclose(y[smooth], expected[smooth], atol=1e-3)
    left, right = figure.path("g")[80:82, 1]
    assert right - left == pytest.approx({"ReLU": 1, "leaky ReLU": 0.9}.get(name, 0), abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_tangent_touches_the_curve(figure: Activation, name: str) -> None:
    figure.choose(name)
    for x in PLACES:
        figure.slide(x)
        value, slope = values(name, [x])
        (left, low), (right, high) = figure.path("ink")
        assert [left, right] == [-6, 6]
        assert (high - low) / 12 == pytest.approx(slope[0], abs=1e-3)
        assert low + (x - left) * (high - low) / 12 == pytest.approx(value[0], abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_dots_lie_on_both_curves(figure: Activation, name: str) -> None:
    figure.choose(name)
    for x in PLACES:
        figure.slide(x)
        dots = figure.root.locator("circle").evaluate_all(
            "dots => dots.map(({ cx, cy }) => [cx.baseVal.value, cy.baseVal.value])"
        )
        slope, value = figure.places(dots)
        expected = values(name, [x])
        assert value.tolist() == pytest.approx([x, expected[0][0]], abs=1e-3)
        assert slope.tolist() == pytest.approx([x, expected[1][0]], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "x", "lines"),
    [
        ("ReLU", -2, ["max(−2, 0) = 0", "for x ≤ 0 = 0"]),
        ("leaky ReLU", -2, ["0.1 · (−2) = −0.2", "for x ≤ 0 = 0.1"]),
        ("leaky ReLU", 2, ["x = 2", "for x > 0 = 1"]),
        ("sigmoid", 0, ["1 / (1 + e0) = 0.5", "0.5 · (1 − 0.5) = 0.25"]),
        ("tanh", -1, ["(e−1 − e1) / (e−1 + e1) ≈ −0.762", "1 − (−0.762)² ≈ 0.42"]),
        ("GELU", 1, ["≈ 1 · 0.841 ≈ 0.841", "≈ 0.841 + 1 · 0.242 ≈ 1.083"]),
    ],
)
def test_spells_its_arithmetic(figure: Activation, name: str, x: float, lines: list[str]) -> None:
    figure.choose(name)
    figure.slide(x)
    value, slope, _ = figure.status.split("\n")
    assert value.endswith(lines[0])
    assert slope.endswith(lines[1])


def test_keys_move_x(figure: Activation) -> None:
    slider = figure.root.get_by_role("slider")
    slider.press("ArrowLeft")
    assert "max(0.9, 0) = 0.9" in figure.status
    slider.press("Home")
    assert "max(−6, 0) = 0" in figure.status


def test_starts_as_it_is_told(show: Opener) -> None:
    figure = Activation(show(to_html(ActivationExplorer("tanh", -1))))
    assert "≈ −0.762" in figure.status
    label = "tanh, its slope, and its tangent at −1"
    assert figure.root.locator("[role=img]").get_attribute("aria-label") == label


def test_the_link_leads_back(show: Opener) -> None:
    def drive(figure: Driver) -> None:
        figure.choose("leaky ReLU")
        figure.move(-2)

    refused = ("leaky+ReLU_7", "leaky+ReLU_-7", "leaky_1", "tanh_x", "tanh_")
    check_link(show, FIGURE, "leaky+ReLU_-2", drive, *refused)


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("ReLU", "−5\t0\t0", "5\t5\t1")

    def drive(self, figure: Driver) -> None:
        figure.choose("leaky ReLU")


def test_the_still_picture_of_another_function(show: Opener) -> None:
    value, slope = values("GELU", [-2])
    numbers = [f"{v[0]:.3f}".replace("-", "−") for v in (value, slope)]
    check_still(show, ActivationExplorer("GELU"), *numbers)


def test_another_function_fits_a_phone(show: Opener) -> None:
    check_phone(show, ActivationExplorer("tanh", 0.6))
