"""The interactive figures, driven in a browser: what they show is what `cnnlib` computes."""

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
    check_stops_when_gone,
    host,
    to_html,
)
from playwright.sync_api import expect

from cnnbook.explore import ConvolutionExplorer
from cnnbook.explore.figure import short
from cnnlib.functional import conv2d

SEVEN = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 1, 0],
        [0, 0, 0, 1, 1, 0, 0],
        [0, 0, 1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0],
    ]
)
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
FIGURE = ConvolutionExplorer(SEVEN, SOBEL)
PRESETS = {
    "identity": np.pad([[1.0]], 1),
    "edge": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sobel x": SOBEL,
    "Sobel y": SOBEL.T,
}


def convolve(x: Any, kernel: Any, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    x, kernel = np.asarray(x, float)[None, None], np.asarray(kernel, float)[None, None]
    return conv2d(x, kernel, None, stride, padding, dilation)[0, 0]


def texts(a: Any) -> list[list[str]]:
    return [[short(value) for value in row] for row in np.asarray(a, float)]


# --- Without a browser ------------------------------------------------------------------------


def test_html_of_the_largest_is_small() -> None:
    check_html(ConvolutionExplorer(np.arange(64).reshape(8, 8) % 10, np.eye(5) * -2, padding=2))


def test_html_is_deterministic_and_named_by_its_content() -> None:
    html = FIGURE._repr_html_()
    assert html == ConvolutionExplorer(SEVEN.astype(np.float32), SOBEL.tolist())._repr_html_()
    others = [ConvolutionExplorer(SEVEN, SOBEL.T), ConvolutionExplorer(SEVEN, SOBEL, stride=2)]
    keys = {re.findall('data-figure="(.*?)"', h)[0] for h in [html, *map(to_html, others)]}
    assert len(keys) == 3


def test_repr_is_short_and_stable() -> None:
    figure = ConvolutionExplorer(SEVEN, SOBEL, stride=2, padding=1)
    expected = "6 × 7 input, 3 × 3 kernel, stride 2, padding 1, dilation 1"
    assert repr(figure) == f"ConvolutionExplorer({expected})"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-1, "−1"),
        (0.5, "0.5"),
        (1 / 9, "0.11"),
        (-0.001, "0"),
        (100, "100"),
        (-2.5, "−2.5"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(("value", "text"), [(10, "10"), (-100.4, "−100"), (-0.2, "0")])
def test_whole_numbers_keep_their_zeros(value: float, text: str) -> None:
    assert short(value, decimals=0) == text


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros(3)}, ValueError, r"x of shape \(H, W\), got shape \(3,\)"),
        ({"x": np.zeros((9, 2))}, ValueError, r"x of 1 × 1 to 8 × 8, got shape \(9, 2\)"),
        ({"x": np.zeros((0, 2))}, ValueError, r"got shape \(0, 2\)"),
        ({"x": [[np.nan]]}, ValueError, "finite numbers as x"),
        ({"kernel": np.ones((6, 1))}, ValueError, "kernel of 1 × 1 to 5 × 5"),
        ({"stride": 0}, ValueError, "stride >= 1, got 0"),
        ({"stride": 4}, ValueError, "stride <= 3, got 4"),
        ({"padding": -1}, ValueError, "padding >= 0, got -1"),
        ({"padding": 1.5}, TypeError, "an integer as padding, got 1.5"),
        ({"x": np.zeros((4, 4)), "dilation": 2}, ValueError, "no larger than the padded input"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ConvolutionExplorer(**{"x": SEVEN, "kernel": SOBEL} | change)


def test_picture_marks_the_first_window_and_spells_its_sum() -> None:
    kernel = [[1.0, 0.5], [-1.0, 2.0]]
    picture = ConvolutionExplorer([[1, 2, 3], [4, 5, 6]], kernel, 1, 1, 2).picture()
    x, _, y = re.findall("<table.*?</table>", picture)
    assert re.findall("<b>(.*?)</b>", x) == ["5"]
    assert re.findall("<b>(.*?)</b>", y) == ["10"]
    assert "0·1 + 0·0.5 + 0·(−1) + 5·2 = 10" in picture
    assert "≈" in ConvolutionExplorer([[1]], [[1 / 3]]).picture()


# --- In a browser -----------------------------------------------------------------------------


@pytest.fixture
def figure(show: Opener) -> Driver:
    return Driver(show(to_html(FIGURE)))


def test_starts_with_the_first_window(figure: Driver) -> None:
    expected = convolve(SEVEN, SOBEL)
    assert figure.numbers("x") == texts(SEVEN)
    assert figure.marked("x", "on") == [(i, j) for i in range(3) for j in range(3)]
    shown = figure.numbers("y")
    assert (len(shown), len(shown[0])) == expected.shape
    assert "".join(map("".join, shown)) == shown[0][0] == short(expected[0, 0])
    assert figure.status == f"Window 1 of 20: y[0, 0] = {short(expected[0, 0])}"


CASES = [
    ("Sobel x", 1, 0, 1),
    ("identity", 1, 1, 1),
    ("edge", 2, 0, 1),
    ("blur", 2, 1, 1),
    ("sharpen", 3, 2, 1),
    ("Sobel y", 1, 2, 2),
    ("Sobel x", 3, 1, 3),
    ("blur", 2, 2, 3),
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), CASES)
def test_shows_what_conv2d_computes(
    figure: Driver, kernel: str, stride: int, padding: int, dilation: int
) -> None:
    expected = convolve(SEVEN, PRESETS[kernel], stride, padding, 1)
    figure.press("more stride", stride - 1)
    figure.press("more padding", padding)
    figure.choose(kernel)
    figure.move(expected.size - 1)
    assert figure.numbers("y") == texts(expected)
    figure.press("more dilation", dilation - 1)
    assert figure.numbers("x") == texts(np.pad(SEVEN, padding))
    assert figure.numbers("y") == texts(convolve(SEVEN, PRESETS[kernel], stride, padding, dilation))


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), CASES)
def test_states_the_size_and_what_no_window_reads(
    show: Opener, kernel: str, stride: int, padding: int, dilation: int
) -> None:
    weights = PRESETS[kernel]
    figure = Driver(show(to_html(ConvolutionExplorer(SEVEN, weights, stride, padding, dilation))))
    sizes = convolve(SEVEN, weights, stride, padding, dilation).shape
    unread = []
    for name, n, count in zip(("height", "width"), SEVEN.shape, sizes, strict=True):
        line = f"{name} = ⌊({n} + 2·{padding} − {dilation}·(3 − 1) − 1) / {stride}⌋ + 1"
        spare = n + 2 * padding - 2 * dilation - 1
        assert f"{line} = ⌊{spare} / {stride}⌋ + 1 = {count}" in figure.text
        read = {p * stride + i * dilation for p in range(count) for i in range(3)}
        unread.append([i for i in range(n + 2 * padding) if i not in read])
    parts = [
        f"{word}{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"
        for word, lines in zip(("row", "column"), unread, strict=True)
        if lines
    ]
    sentence = f"No window reads {' and '.join(parts)} (" if parts else "Every input cell is used."
    assert sentence in figure.text
    padded = np.pad(SEVEN, padding).shape
    idle = [(i, j) for i, j in np.ndindex(padded) if i in unread[0] or j in unread[1]]
    assert figure.marked("x", "idle") == idle


def test_one_formula_where_both_axes_agree(show: Opener) -> None:
    figure = Driver(show(to_html(ConvolutionExplorer(np.eye(8), SOBEL, stride=2))))
    line = "height and width = ⌊(8 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊5 / 2⌋ + 1 = 3"
    assert line in figure.text
    assert "No window reads row 7 and column 7 (hatched; counted from 0)." in figure.text


def test_steps_through_all_windows(show: Opener) -> None:
    rng = np.random.default_rng(0)
    x, kernel = rng.integers(0, 10, (4, 5)), rng.integers(-4, 5, (2, 3)) / 2
    figure = Driver(show(to_html(ConvolutionExplorer(x, kernel, 2, 1, 1))))
    expected, padded = convolve(x, kernel, 2, 1), np.pad(x, 1)
    for window, (p, q) in enumerate(np.ndindex(expected.shape)):
        region = padded[2 * p : 2 * p + 2, 2 * q : 2 * q + 3]
        products = [
            f"{short(float(a))}·{short(w) if w >= 0 else f'({short(w)})'}"
            for a, w in zip(region.flat, kernel.flat, strict=True)
        ]
        total = short(expected[p, q])
        assert figure.sum == f"{' + '.join(products)} = {total}"
        assert figure.status == f"Window {window + 1} of {expected.size}: y[{p}, {q}] = {total}"
        assert figure.marked("y", "on") == [(p, q)]
        corner = [(2 * p + i, 2 * q + j) for i in range(2) for j in range(3)]
        assert figure.marked("x", "on") == corner
        assert sum(text != "" for row in figure.numbers("y") for text in row) == window + 1
        figure.press("Step")
    figure.press("Back", 2)
    assert figure.status.startswith(f"Window {expected.size - 2} of")


def test_back_ends_at_the_first_window(figure: Driver) -> None:
    back = figure.root.get_by_role("button", name="Back")
    expect(back).to_be_disabled()
    figure.press("Step")
    expect(back).to_be_enabled()
    figure.press("Back")
    expect(back).to_be_disabled()
    back.click(force=True)
    assert figure.status.startswith("Window 1 of 20")


def test_rounded_sums_say_so(figure: Driver) -> None:
    figure.choose("blur")
    assert figure.status == "Window 1 of 20: y[0, 0] ≈ 0.22"
    assert figure.sum.endswith("≈ 0.22")


@pytest.mark.parametrize("most", [1, 9])
def test_says_what_a_tap_switches_to(show: Opener, most: int) -> None:
    figure = Driver(show(to_html(ConvolutionExplorer(SEVEN * most, SOBEL))))
    assert f"switch it between 0 and {most}, or type a digit" in figure.text
    for text in (str(most), "0"):
        figure.cell("x", 0, 0).click()
        assert figure.numbers("x")[0][0] == text


def test_input_is_edited_by_click_and_keys(figure: Driver) -> None:
    x = SEVEN.copy()
    figure.cell("x", 0, 0).click()
    figure.cell("x", 1, 2).click()
    x[0, 0], x[1, 2] = 1, 0
    assert figure.numbers("x") == texts(x)
    keys = figure.root.page.keyboard
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowDown", "7", "-"):
        keys.press(key)
    x[2, 0] = -7
    keys.press("ArrowRight")
    keys.press("Enter")
    keys.press("ArrowRight")
    keys.press("Space")
    keys.press("Space")
    x[2, 1] = 1
    figure.move(19)
    assert figure.numbers("x") == texts(x)
    assert figure.numbers("y") == texts(convolve(x, SOBEL))


def test_padding_is_not_edited(figure: Driver) -> None:
    figure.press("more padding")
    figure.cell("x", 0, 0).click()
    assert figure.numbers("x") == texts(np.pad(SEVEN, 1))
    assert len(figure.marked("x", "pad")) == 8 * 9 - SEVEN.size
    figure.cell("x", 1, 1).click()
    assert figure.numbers("x")[1][1] == "1"


def test_weights_are_edited(figure: Driver) -> None:
    weights = SOBEL.astype(float)
    typed = {(0, 0): "1/4", (1, 1): "−2", (2, 2): "0,5", (0, 2): ""}
    for ((i, j), text), value in zip(typed.items(), (0.25, -2, 0.5, 0), strict=True):
        figure.root.get_by_label(f"weight {i}, {j}").fill(text)
        figure.root.page.keyboard.press("Enter")
        weights[i, j] = value
    junk = figure.root.get_by_label("weight 0, 1")
    for text in ("abc", "1/0"):
        junk.fill(text)
        junk.press("Enter")
        expect(junk).to_have_value("0")
    expect(figure.root.get_by_role("combobox")).to_have_value("your own")
    figure.move(19)
    assert figure.numbers("y") == texts(convolve(SEVEN, weights))


def test_kernel_is_one_stop_with_arrow_keys(figure: Driver) -> None:
    """Between all its weights, and through the text of one; typing takes the place of the text."""
    page, weights = figure.root.page, figure.root.get_by_role("textbox")
    figure.cell("x", 0, 0).focus()
    page.keyboard.press("Tab")
    ways = ["Right", "Right", "Down", "Left Left", "Left Left", "Down", "Right", "Right"]
    for n, way in enumerate(ways):
        page.keyboard.type(str(n))
        for key in way.split():
            page.keyboard.press(f"Arrow{key}")
    page.keyboard.type("-8")
    assert " ".join(field.input_value() for field in weights.all()) == "0 1 2 5 4 3 6 7 -8"
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(figure.cell("y", 0, 0)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(weights.last).to_be_focused()
    expect(weights.last).to_have_value("−28")
    page.keyboard.press("Shift+Tab")
    expect(figure.cell("x", 0, 0)).to_be_focused()


def test_output_cells_take_the_window_there(figure: Driver) -> None:
    figure.cell("y", 2, 3).click()
    assert figure.status.startswith("Window 14 of 20: y[2, 3]")
    figure.root.page.keyboard.press("ArrowDown")
    figure.root.page.keyboard.press("ArrowLeft")
    assert figure.status.startswith("Window 18 of 20: y[3, 2]")


def test_plays_to_the_end_and_pauses(figure: Driver) -> None:
    clock = figure.root.page.clock
    figure.press("Play")
    clock.run_for(1600)
    figure.press("Pause")
    seen = figure.status  # the fourth window, or a later one on a slow machine
    assert 4 <= int(seen.split()[1]) < 20
    clock.run_for(5000)
    assert figure.status == seen
    figure.press("Play")
    clock.run_for(60_000)
    assert figure.status.startswith("Window 20 of 20")
    assert figure.numbers("y") == texts(convolve(SEVEN, SOBEL))
    figure.press("Play")
    assert figure.status.startswith("Window 1 of 20")


def test_stops_when_it_is_taken_off_the_page(figure: Driver) -> None:
    check_stops_when_gone(figure, "Play")


def test_the_link_leads_back(show: Opener) -> None:
    def choose(figure: Driver) -> None:
        figure.press("more padding")
        figure.choose("Sobel y")
        figure.press("Step", 3)

    def edit(figure: Driver) -> None:
        figure.cell("x", 0, 1).click()
        figure.root.get_by_label("weight 0, 0").fill("1/4")
        figure.root.page.keyboard.press("Enter")

    refused = ("1_3_1_3_blur", "1_0_1_20_blur", "1_0_1_0_blu", "1_0_1_0_1,0;1", "1_0_1_0_1,x")
    check_link(show, FIGURE, "1_1_1_3_Sobel+y", choose, *refused)
    x = ";".join(",".join(map(str, row)) for row in SEVEN)
    code = f"1_0_1_0_0.25,0,1;-2,0,2;-1,0,1_0,1{x[3:]}"
    check_link(show, FIGURE, code, edit, "1_0_1_0_blur_1,2", "1_0_1_0_" + "1,1,1,1,1,1;" * 5 + "1")


def test_says_when_no_window_fits(show: Opener) -> None:
    figure = Driver(show(to_html(ConvolutionExplorer(np.eye(4), SOBEL))))
    figure.press("more dilation")
    assert figure.status == "No window fits: the kernel is larger than the padded input."
    assert figure.numbers("y") == []
    assert "= ⌊−1 / 1⌋ + 1 = none" in figure.text
    for name in ("Step", "Play"):
        figure.press(name)
    figure.root.page.clock.run_for(500)  # playing has come to its end
    figure.press("less dilation")
    assert figure.status.startswith("Window 1 of 4")


def test_steppers_end_where_they_should(figure: Driver) -> None:
    more = figure.root.get_by_role("button", name="more padding")
    for count in (1, 2, 2):
        more.click(force=True)
        assert len(figure.numbers("x")) == len(SEVEN) + 2 * count
    expect(more).to_be_disabled()


def test_stepper_is_one_stop_with_arrow_keys(figure: Driver) -> None:
    """As a spin button, whose buttons are for the mouse."""
    stride = figure.root.get_by_role("spinbutton", name="stride")
    stride.focus()
    for key, value in (("ArrowUp", 2), ("ArrowUp", 3), ("ArrowDown", 2), ("ArrowRight", 2)):
        figure.root.page.keyboard.press(key)
        expect(stride).to_have_attribute("aria-valuenow", str(value))
        assert f"/ {value}⌋" in figure.text
    figure.root.page.keyboard.press("Tab")
    expect(figure.root.get_by_role("spinbutton", name="padding")).to_be_focused()


def test_reset_brings_everything_back(figure: Driver) -> None:
    def seen() -> tuple[str, list[str]]:
        inputs = figure.root.locator("input, select").all()
        return figure.text, [field.input_value() for field in inputs]

    before = seen()
    figure.choose("blur")
    for name in ("stride", "padding", "dilation"):
        figure.press(f"more {name}", 2)
    figure.cell("x", 3, 3).click()
    assert seen() != before
    figure.press("Reset")
    assert seen() == before


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("0·(−1) + 0·0 + 0·1 + 0·(−2) + 1·0 + 1·2 + 0·(−1) + 0·0 + 0·1 = 2",)

    def drive(self, figure: Driver) -> None:
        figure.move(5)


def test_three_on_one_page(show: Opener) -> None:
    html = to_html(FIGURE)
    other = to_html(ConvolutionExplorer(np.eye(5), np.eye(2), 2))
    figures = show(html, html, other).locator(".cnn-figure[data-live]")
    expect(figures).to_have_count(3)
    first, second, third = (Driver(figures.nth(i)) for i in range(3))
    first.press("Step", 2)
    third.move(3)
    assert [f.status[:11] for f in (first, second, third)] == [
        "Window 3 of",
        "Window 1 of",
        "Window 4 of",
    ]


def test_lives_where_jupyterlab_puts_it(show: Opener) -> None:
    page = show()
    host(page, to_html(FIGURE))
    Driver(page).press("Step")
    assert Driver(page).status.startswith("Window 2 of 20")


def test_the_widest_fits_a_phone(show: Opener) -> None:
    widest = ConvolutionExplorer(np.arange(64).reshape(8, 8), np.full((5, 5), -0.25), 1, 2)
    check_phone(show, widest)


def test_stride_and_padding_are_accessible(show: Opener) -> None:
    check_accessible(show, ConvolutionExplorer(SEVEN, SOBEL, 2, 1), lambda figure: figure.move(5))
