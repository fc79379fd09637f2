"""The softmax explorer, driven in a browser: its numbers are those of `cnnlib.functional`."""

import re
from typing import Any

import numpy as np
import pytest
from figure_driver import (
    Driver,
    Opener,
    Rules,
    check_accessible,
    check_html,
    check_link,
    check_phone,
    to_html,
)
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from cnnbook.explore import SoftmaxExplorer
from cnnlib.functional import cross_entropy, cross_entropy_backward, softmax

DIGIT = [-1.1, -1.4, -0.9, 0.8, -1.7, 3.5, -1.1, -1.4, -1.4, -1.7]
FOUR = [2.0, 1.0, -1.0, 0.5]
FIGURE = SoftmaxExplorer(DIGIT, 5)
WIDE = SoftmaxExplorer([-8, 8, 0, 7.9, -7.9, 1, 2, 3, 4, 5], 0)

Floats = NDArray[np.float64]


def values(logits: Any, target: int) -> tuple[Floats, float, Floats]:
    """Probabilities, loss and gradient, as cnnlib computes them."""
    z, t = np.array([logits], float), np.array([target])
    return softmax(z)[0], cross_entropy(z, t), cross_entropy_backward(z, t)[0]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def close(shown: Any, expected: Any, places: int = 3) -> None:
    np.testing.assert_allclose(shown, expected, rtol=0, atol=0.501 * 10**-places)


class Softmax(Driver):
    """Its rows: class, slider and logit z, e^z, probability p, slope of the loss."""

    def slider(self, k: int) -> Locator:
        return self.root.get_by_role("slider", name=f"logit of class {k}")

    def set(self, k: int, logit: float) -> None:
        self.slider(k).fill(str(logit))

    @property
    def columns(self) -> list[Floats]:
        """The logits z, e^z, probabilities p and slopes of the loss."""
        rows = self.root.locator("tbody tr")
        cells = rows.evaluate_all(
            "rows => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent))"
        )
        return list(np.array([[number(text) for text in row] for row in cells]).T)

    def bars(self, role: str) -> Floats:
        """Where each bar begins and ends, as parts of its cell."""
        ends = self.root.locator(f"tbody .{role}").evaluate_all(
            """cells => cells.map(({ style }) =>
                ["--from", "--to"].map((name) => parseFloat(style.getPropertyValue(name)) / 100))"""
        )
        return np.array(ends)

    def found(self, pattern: str) -> list[float]:
        found = re.search(pattern.replace("#", r"(−?\d+(?:\.\d+)?)"), self.status)
        assert found, self.status
        return [number(text) for text in found.groups()]

    @property
    def sums(self) -> list[str]:
        return self.root.locator("tfoot td").all_inner_texts()[1:]

    @property
    def pointed(self) -> list[str]:
        return self.root.locator("tbody tr.on th").all_inner_texts()


@pytest.fixture
def figure(show: Opener) -> Softmax:
    return Softmax(show(to_html(FIGURE)))


# --- Without a browser ------------------------------------------------------------------------


def test_html_of_the_widest_is_small() -> None:
    check_html(WIDE)


def test_repr_is_short_and_stable() -> None:
    loss = values(DIGIT, 5)[1]
    expected = f"SoftmaxExplorer(10 classes, target 5, loss {loss:.3f})"
    assert repr(FIGURE) == expected


def test_logits_are_rounded_to_the_step_of_the_sliders() -> None:
    assert SoftmaxExplorer([1.04, -0.06], 0).logits.tolist() == [[1.0, -0.1]]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"logits": [1.0]}, ValueError, "2 to 10 logits, got 1"),
        ({"logits": np.zeros(11)}, ValueError, "2 to 10 logits, got 11"),
        ({"logits": [FOUR]}, ValueError, r"logits of shape \(K\), got shape \(1, 4\)"),
        ({"logits": [0, 9.5]}, ValueError, r"logits in -8 … 8, got 9\.5"),
        ({"logits": [0, -8.1]}, ValueError, r"logits in -8 … 8, got -8\.1"),
        ({"logits": [0, np.nan]}, ValueError, "finite numbers as logits"),
        ({"target": 4}, ValueError, "target <= 3, got 4"),
        ({"target": -1}, ValueError, "target >= 0, got -1"),
        ({"target": 0.5}, TypeError, "an integer as target"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SoftmaxExplorer(**{"logits": FOUR, "target": 0} | change)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize(("logits", "target"), [(DIGIT, 5), (DIGIT, 3), (FOUR, 2), ([0, 0], 1)])
def test_shows_what_cnnlib_computes(show: Opener, logits: list[float], target: int) -> None:
    figure = Softmax(show(to_html(SoftmaxExplorer(logits, target))))
    p, loss, gradient = values(logits, target)
    z, powers, shown_p, shown_gradient = figure.columns
    assert z.tolist() == logits
    np.testing.assert_allclose(powers, np.exp(logits), rtol=5e-3)
    close(shown_p, p)
    close(shown_gradient, gradient)
    np.testing.assert_allclose(figure.found("Loss: .* ≈ #\n"), [loss], rtol=5e-3)
    assert figure.sums[1:] == ["1", "0"]
    np.testing.assert_allclose(number(figure.sums[0]), np.exp(logits).sum(), rtol=5e-3)


def test_bars_are_as_long_as_the_numbers(figure: Softmax) -> None:
    p, _, gradient = values(DIGIT, 5)
    zero = np.zeros(10)
    np.testing.assert_allclose(figure.bars("y"), np.stack([zero, p], 1), atol=1e-9)
    ends = 0.5 + np.stack([np.minimum(gradient, 0), np.maximum(gradient, 0)], 1) / 2
    np.testing.assert_allclose(figure.bars("g"), ends, atol=1e-9)


def test_bars_are_on_one_scale_and_not_on_a_phone(show: Opener) -> None:
    html = to_html(FIGURE)
    content = "cell => getComputedStyle(cell, '::after').content"
    for width, expected in ((900, '""'), (390, "none")):
        page = show(html, width=width)
        assert page.locator("tbody .y").first.evaluate(content) == expected
        if width == 900:
            size = "cell => parseFloat(getComputedStyle(cell, '::after').width)"
            p, slope = (page.locator(f"tbody .{role}").first.evaluate(size) for role in "yg")
            assert slope == pytest.approx(2 * p)  # from −1 to 1, and from 0 to 1


@pytest.mark.parametrize(("logits", "target"), [(DIGIT, 5), (FOUR, 2), (WIDE.logits[0], 0)])
def test_what_is_printed_follows_from_what_is_printed(
    show: Opener, logits: Any, target: int
) -> None:
    figure = Softmax(show(to_html(SoftmaxExplorer(logits, target))))
    for k in range(len(logits)):
        figure.choose(str(k))
        [(p, loss)] = re.findall(r"−ln (\S+) ≈ (\S+)\n", figure.status)
        assert number(loss) == float(f"{-np.log(number(p)):.3g}")
        z, total, share = figure.found(r"e# / # ≈ #\nA")
        assert round(np.exp(z) / total, len(p) - 2) == share == number(p)


def test_a_slider_moves_everything(figure: Softmax) -> None:
    figure.set(3, 4.1)
    moved = [*DIGIT[:3], 4.1, *DIGIT[4:]]
    p, loss, gradient = values(moved, 5)
    close(figure.columns[2], p)
    close(figure.columns[3], gradient)
    np.testing.assert_allclose(figure.found("Loss: .* ≈ #\n"), [loss], rtol=5e-3)
    assert figure.pointed == ["3"]


def test_the_right_class_is_chosen(figure: Softmax) -> None:
    figure.choose("3")
    _, loss, gradient = values(DIGIT, 3)
    close(figure.columns[3], gradient)
    np.testing.assert_allclose(figure.found(r"Loss: −ln p\[3\] .* ≈ #\n"), [loss], rtol=5e-3)
    assert figure.root.locator("tbody tr.right th").all_inner_texts() == ["3 ✓"]
    assert figure.pointed == ["3 ✓"]


@pytest.mark.parametrize("k", [0, 3, 5])
def test_a_row_spells_its_arithmetic(figure: Softmax, k: int) -> None:
    figure.root.locator("tbody tr").nth(k).hover()
    p = values(DIGIT, 5)[0]
    z, total, share = figure.found(rf"Class {k}: p = e# / # ≈ #\n")
    assert z == DIGIT[k]
    np.testing.assert_allclose(total, np.exp(DIGIT).sum(), rtol=5e-3)
    close(share, p[k])


def test_what_is_said_of_the_slope_is_true(figure: Softmax) -> None:
    for k in (3, 5):
        before = values(DIGIT, 5)[1]
        figure.slider(k).press("ArrowRight")
        after = figure.found("Loss: .* ≈ #\n")[0]
        means = ", the right one, lowers" if after < before else " raises"
        assert f"A larger logit of class {k}{means} the loss." in figure.status
        figure.press("Reset")


def test_one_more_for_all_changes_no_share(figure: Softmax) -> None:
    _, powers, *before = figure.columns
    bars = figure.bars("y"), figure.bars("g")
    figure.press("Add 1 to all")
    z, more, *after = figure.columns
    np.testing.assert_allclose(z, np.array(DIGIT) + 1, atol=1e-9)
    np.testing.assert_allclose(more / powers, np.e, rtol=1e-2)
    np.testing.assert_array_equal(after, before)
    np.testing.assert_allclose(figure.bars("y"), bars[0], atol=1e-9)
    np.testing.assert_allclose(figure.bars("g"), bars[1], atol=1e-9)
    sums = [np.exp(DIGIT).sum(), np.exp(np.array(DIGIT) + 1).sum()]
    np.testing.assert_allclose(figure.found("their sum: # before, # now"), sums, rtol=5e-3)


def test_no_logit_is_pushed_over_the_end(figure: Softmax) -> None:
    button = figure.root.get_by_role("button", name="Add 1 to all")
    figure.press("Add 1 to all", 4)
    assert figure.columns[0].max() == 7.5
    expect(button).to_be_disabled()
    button.click(force=True)
    assert figure.columns[0].max() == 7.5


def test_extreme_logits_keep_their_digits(show: Opener) -> None:
    figure = Softmax(show(to_html(WIDE)))
    p, loss, _ = values(WIDE.logits[0], 0)
    np.testing.assert_allclose(figure.found(r"−ln # ≈ #\n"), [p[0], loss], rtol=0.05)
    figure.root.locator("tbody tr").nth(1).hover()
    close(figure.found(r"≈ #\nA"), p[1])
    two = Softmax(show(to_html(SoftmaxExplorer([8, -1], 0))))
    p, loss, _ = values([8, -1], 0)
    np.testing.assert_allclose(1 - two.found(r"≈ #\nA")[0], 1 - p[0], rtol=0.05)
    np.testing.assert_allclose(two.found(r"Loss: .* ≈ #\n"), [loss], rtol=5e-3)


def test_keys_reach_and_move_each_slider(figure: Softmax) -> None:
    figure.slider(0).focus()
    assert figure.pointed == ["0"]
    figure.slider(0).press("ArrowRight")
    figure.slider(0).press("ArrowUp")
    assert figure.columns[0][0] == -0.9
    figure.root.page.keyboard.press("Tab")
    assert figure.pointed == ["1"]
    figure.slider(1).press("End")
    assert figure.columns[0][1] == 8


def test_reset_brings_everything_back(figure: Softmax) -> None:
    before = figure.text
    figure.set(2, 6)
    figure.choose("2")
    figure.press("Add 1 to all")
    assert figure.text != before
    figure.press("Reset")
    assert figure.text == before
    assert figure.slider(2).input_value() == "-0.9"


def test_the_link_leads_back(show: Opener) -> None:
    def drive(figure: Driver) -> None:
        figure.root.get_by_role("slider").nth(1).fill("-2.5")
        figure.choose("2")
        figure.root.get_by_role("slider").nth(3).focus()

    refused = ("2,1,9,0_2_3", "2,1,0_2_3", "2,1,x,0_2_3", "2,1,0,0_4_3", "2,1,0,0_2_4", "2,1,0,0_2")
    check_link(show, SoftmaxExplorer(FOUR, 0), "2,-2.5,-1,0.5_2_3", drive, *refused)


# --- The rules of all figures ------------------------------------------------------------------


P, LOSS, GRADIENT = values(DIGIT, 5)


class TestRules(Rules):
    figure = FIGURE
    still = (f"{P[5]:.3f}", f"{LOSS:.3f}", f"{GRADIENT[5]:.3f}".replace("-", "−"))

    def drive(self, figure: Driver) -> None:
        Softmax(figure.root).set(0, 7)
        figure.choose("2")


@pytest.mark.parametrize("width", [390, 900])
def test_no_number_is_cut_off(show: Opener, width: int) -> None:
    figure = Softmax(show(to_html(WIDE), width=width))
    wide = """cells => cells.filter((cell) => cell.scrollWidth > cell.clientWidth)
        .map((cell) => cell.textContent)"""
    assert figure.root.locator("th, td").evaluate_all(wide) == []


def test_marks_stay_in_forced_colours(show: Opener) -> None:
    page = show(to_html(FIGURE))
    page.emulate_media(forced_colors="active")
    bar = page.locator("tbody .y").nth(5)
    assert "color(srgb" in bar.evaluate("cell => getComputedStyle(cell, '::after').backgroundImage")
    page.emulate_media(forced_colors="none")


def test_the_widest_fits_a_phone(show: Opener) -> None:
    check_phone(show, WIDE)


def test_the_widest_is_accessible(show: Opener) -> None:
    check_accessible(show, WIDE, lambda figure: figure.press("Reset"))
