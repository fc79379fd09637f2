"""The reader of the first page: draw a digit, and the layers light up and say what it is."""

import re

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, to_html
from playwright.sync_api import expect

from cnnbook.digits import normalise_digit
from cnnbook.explore import DigitReader

HTML = to_html(DigitReader())
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]
FLAGGED_ONE = [(0.3, 0.45), (0.55, 0.1), (0.55, 0.9)]
LETTER_A = [[(0.2, 0.9), (0.5, 0.1), (0.8, 0.9)], [(0.3, 0.6), (0.7, 0.6)]]
LAYERS = ["conv 1", "pool 1", "conv 2", "pool 2", "linear 1", "linear 2"]
INK = """canvas => [...canvas.getContext("2d").getImageData(0, 0, 280, 280).data]
    .filter((_, at) => at % 4 === 3)"""
OPACITIES = """layers => layers.map((layer) =>
    Number(getComputedStyle(layer).opacity))"""


class Reader(Driver):
    """The figure: drawing on it, and its layers from left to right."""

    def draw(self, points: list[tuple[float, float]]) -> None:
        box = self.root.locator("canvas").first.bounding_box()
        assert box
        mouse = self.root.page.mouse
        for i, (x, y) in enumerate(points):
            mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
            if i == 0:
                mouse.down()
        mouse.up()

    def opacities(self) -> list[float]:
        found: list[float] = self.root.locator(".cnn-net > :not(:first-child)").evaluate_all(
            OPACITIES
        )
        return found


@pytest.fixture
def reader(show: Opener) -> Reader:
    return Reader(show(HTML, reduced_motion="reduce"))


def test_repr_names_the_layers() -> None:
    assert repr(DigitReader()).startswith("DigitReader(conv 1, ")


def test_all_layers_stand_in_a_row(reader: Reader) -> None:
    names = reader.root.locator(".cnn-net canvas").evaluate_all(
        "all => all.map((canvas) => canvas.ariaLabel.split(',')[0])"
    )
    assert names == ["draw here", *LAYERS]
    captions = reader.root.locator(".cnn-net small").all_inner_texts()[1:-1]
    assert captions == ["6 maps", "pooled", "16 maps", "pooled", "120\nunits", "84\nunits"]
    boxes = [reader.root.locator(f"canvas[aria-label^='{name}']").bounding_box() for name in LAYERS]
    lefts = [box["x"] for box in boxes if box]
    assert lefts == sorted(lefts)
    assert len(lefts) == len(LAYERS)


def test_reads_what_is_drawn_and_takes_strokes_back(reader: Reader) -> None:
    assert reader.status == "3"
    reader.draw(SEVEN)
    assert reader.status == "7"
    reader.draw([(0.3, 0.55), (0.75, 0.5)])
    reader.press("Undo")
    assert reader.status == "7"
    reader.press("Undo", 2)
    assert reader.status == "nothing drawn"


def test_the_probabilities_are_bars(reader: Reader) -> None:
    sizes = reader.root.locator("td").evaluate_all(
        "all => all.map((cell) => getComputedStyle(cell).backgroundSize.split(', ')[1])"
    )
    assert [float(size.split("%")[0]) > 95 for size in sizes] == [i == 3 for i in range(11)]


def test_declines_a_letter_and_reads_what_follows(reader: Reader) -> None:
    for stroke in LETTER_A:
        reader.draw(stroke)
    assert reader.status == "not a digit it knows"
    reader.press("Clear")
    reader.draw(FLAGGED_ONE)
    assert reader.status == "1"


def test_a_small_digit_is_drawn_by_a_thin_pen(reader: Reader) -> None:
    for place in (0.1, 0.8):
        reader.press("Clear")
        reader.draw([(place + x / 6, place + y / 6) for x, y in SEVEN])
        assert reader.status == "7"


def test_examples_come_one_after_the_other(reader: Reader) -> None:
    for digit in (4, 5, 6, 7, 8, 9, 0, 1, 2, 3):
        reader.press("Another digit")
        assert reader.status == str(digit)
    reader.press("Clear")
    assert reader.status == "nothing drawn"
    reader.press("Another digit")
    assert reader.status == "0"


def test_a_unit_shows_on_the_paper_what_it_looks_at(reader: Reader) -> None:
    """The window is the ink's, stretched as the picture's ink is to that of the drawing."""
    ink = np.reshape(reader.root.locator("canvas").first.evaluate(INK), (280, 280))
    picture = normalise_digit(ink / 255)
    plane = reader.root.locator("canvas[aria-label^='conv 1']")
    for i, j in [(13, 13), (8, 17), (0, 0)]:
        plane.hover(position={"x": 2 * j + 1, "y": 2 * i + 1})
        assert f"Map 0 of 6, row {i}, column {j}: " in reader.text
        style = reader.root.locator("i.window").get_attribute("style") or ""
        top, tall, left, wide = (2.8 * float(v) for v in re.findall(r"([\d.]+)%", style))
        for axis, at, start, size in ((1, i, top, tall), (0, j, left, wide)):
            drawn, read = (np.flatnonzero(a.any(axis))[[0, -1]] + [0, 1] for a in (ink, picture))
            edges = np.clip([at - 2, at + 3], 0, 28)
            slope = (drawn[1] - drawn[0]) / (read[1] - read[0])
            expected = np.clip(drawn[0] + (edges - read[0]) * slope, 0, 280)
            np.testing.assert_allclose([start, start + size], expected, atol=0.1)
    reader.root.page.mouse.move(0, 0)
    expect(reader.root.locator("i.window")).to_have_count(0)


def test_lights_up_from_left_to_right(show: Opener) -> None:
    """Each layer after the one before it, the answer last; and after two seconds all are lit."""
    reader = Reader(show(HTML))
    reader.press("Another digit")
    reader.root.page.evaluate("document.getAnimations().forEach((it) => it.pause())")
    for moment in range(0, 1600, 100):
        reader.root.page.evaluate(
            "now => document.getAnimations().forEach((it) => { it.currentTime = now })", moment
        )
        opacities = reader.opacities()
        assert opacities == sorted(opacities, reverse=True)
        assert (opacities[-1] == 1) == (moment >= 150 * len(LAYERS) + 250)


def test_stays_still_for_whoever_asks_for_it(reader: Reader) -> None:
    reader.press("Another digit")
    assert reader.opacities() == [1] * (len(LAYERS) + 1)
    assert reader.root.page.evaluate("document.getAnimations().length") == 0


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = DigitReader()
    largest = 42 * 1024 + len(figure.data()["weights"])
    still = ("conv 1, pool 1", "7 (")
    motions = ("reduce",)  # otherwise the layers light up

    def drive(self, figure: Driver) -> None:
        figure.press("Clear")


@pytest.mark.parametrize(("window", "column"), [(900, 736), (390, 358)])
def test_the_layers_stand_in_one_row_of_the_page(show: Opener, window: int, column: int) -> None:
    page = show(f'<div style="width: {column}px">{HTML}</div>', width=window)
    middles = page.locator(".cnn-net > div:not(:first-child, .answer)").evaluate_all(
        "all => all.map((it) => { const b = it.getBoundingClientRect(); return b.top + b.bottom })"
    )
    assert len(middles) == len(LAYERS)
    assert max(middles) - min(middles) < 4


def test_only_the_first_of_two_has_the_address(show: Opener) -> None:
    page = show(HTML, HTML)
    figures = page.locator(".cnn-figure[data-live]")
    expect(figures).to_have_count(2)
    assert figures.evaluate_all("all => all.map((it) => Boolean(it.id))") == [True, False]
