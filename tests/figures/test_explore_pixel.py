"""The pixel explorer, driven in a browser: its numbers are those of MNIST's files."""

import gzip
import re
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, go, to_html
from playwright.sync_api import Locator

from cnnbook.explore import PixelExplorer
from cnnlib.datasets import PACKAGED, load_mnist, to_float

IMAGES = load_mnist("train")[0][:6]
FIGURE = PixelExplorer(IMAGES)
FILE = gzip.decompress((PACKAGED / "train-images-idx3-ubyte.gz").read_bytes())
PIXELS = [(0, 12, 14), (0, 0, 0), (3, 27, 27), (5, 8, 0), (2, 14, 12), (4, 27, 5)]
PAINTED = """canvas => [...canvas.getContext("2d")
    .getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 3)"""

# How a colour comes out on the paper; the ground and the ink of a number for each byte.
OPAQUE = """const opaque = (root, colour) => {
    const brush = document.createElement("canvas")
        .getContext("2d", { willReadFrequently: true });
    for (brush.fillStyle of [getComputedStyle(root).backgroundColor, colour]) {
        brush.fillRect(0, 0, 1, 1);
    }
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
};"""
COLOURS = f"""root => {{
    {OPAQUE}
    const cell = root.querySelector("table.x td:not(.corner)"), style = getComputedStyle(cell);
    return [...Array(256).keys()].map((byte) => {{
        cell.style.setProperty("--v", byte / 255);
        return [opaque(root, style.backgroundColor), opaque(root, style.color)];
    }});
}}"""
PIXEL = f"""(root, [i, j]) => {{
    {OPAQUE}
    const brush = document.createElement("canvas")
        .getContext("2d", {{ willReadFrequently: true }});
    brush.drawImage(root.querySelector("canvas"), -j, -i);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return opaque(root, `rgb(${{r}} ${{g}} ${{b}} / ${{a / 255}})`);
}}"""


def luminance(colour: list[int]) -> float:
    """Relative luminance of an sRGB colour, as WCAG defines it."""
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


class Pixels(Driver):
    """The picture, the numbers around a pixel, and what is said of it."""

    @property
    def canvas(self) -> Locator:
        return self.root.locator("canvas")

    def to(self, n: int, i: int, j: int) -> None:
        go(self.root.page, f"pixel-{n}-{i}-{j}")

    @property
    def fact(self) -> dict[str, str]:
        rows = self.root.locator(".facts tr").evaluate_all(
            "rows => rows.map(({ cells: [name, fact] }) => [name.textContent, fact.textContent])"
        )
        return dict(rows)

    @property
    def near(self) -> list[list[str]]:
        """The numbers around the pixel, with those of their rows and columns."""
        return self.numbers("x")

    def middle_of(self, i: int, j: int) -> dict[str, float]:
        width = self.canvas.evaluate("canvas => canvas.clientWidth")
        return {"x": (j + 0.5) * width / 29, "y": (i + 0.5) * width / 29}

    def neighbour(self, down: int, right: int) -> Locator:
        return self.root.locator("table.x td:not(.corner)").nth(5 * (2 + down) + 2 + right)

    def frame(self, kind: str) -> list[float]:
        """Top, height, left and width of a frame, in pixels."""
        style = self.root.locator(f"i.{kind}").get_attribute("style") or ""
        return [float(side) * 0.29 for side in re.findall(r"([\d.]+)%", style)]


@pytest.fixture
def figure(show: Opener) -> Pixels:
    return Pixels(show(to_html(FIGURE)))


def number(text: str) -> float:
    """What a computation comes to."""
    return float(re.split("[=≈] ", text)[-1].partition(":")[0].replace("−", "-"))


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "PixelExplorer(6 images of 28 × 28)"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": to_float(IMAGES)}, TypeError, "images of uint8, got float32"),
        ({"images": IMAGES[0]}, ValueError, r"images of shape \(N, H, W\), got shape \(28, 28\)"),
        ({"images": IMAGES[:, :27]}, ValueError, r"of shape \(6, 28, 28\), got shape \(6, 27"),
        ({"images": IMAGES[:0]}, ValueError, "1 to 10 images, got 0"),
        ({"images": np.repeat(IMAGES, 2, 0)}, ValueError, "1 to 10 images, got 12"),
        ({"pixel": (6, 0, 0)}, ValueError, "image <= 5, got 6"),
        ({"pixel": (0, 28, 0)}, ValueError, "row <= 27, got 28"),
        ({"pixel": (0, 0, -1)}, ValueError, "column >= 0, got -1"),
        ({"pixel": (0, 0, 0.5)}, TypeError, "an integer as column"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PixelExplorer(**{"images": IMAGES} | change)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("pixel", PIXELS)
def test_tells_what_the_array_holds(figure: Pixels, pixel: tuple[int, int, int]) -> None:
    figure.to(*pixel)
    n, i, j = pixel
    byte = IMAGES[pixel]
    assert figure.status == f"Row {i}, column {j}: images[{n}, {i}, {j}] = {byte}"
    fact, x = figure.fact, to_float(IMAGES)
    assert fact["in a batch"] == f"x[{n}, 0, {i}, {j}]: image, channel, row, column"
    assert fact["as float"].startswith(f"{byte} / 255 ")
    assert number(fact["as float"]) == pytest.approx(x[n, 0, i, j], abs=5.01e-5)
    expected = (x[n, 0, i, j] - 0.1307) / 0.3081
    assert number(fact["normalised"]) == pytest.approx(expected, abs=5.01e-5)
    assert IMAGES[n].ravel()[int(number(fact["flattened"]))] == byte
    assert FILE[int(number(fact["in the file"]))] == byte


@pytest.mark.parametrize("pixel", PIXELS)
def test_places_are_those_of_numpy_and_of_the_file(
    figure: Pixels, pixel: tuple[int, int, int]
) -> None:
    figure.to(*pixel)
    n, i, j = pixel
    place = np.ravel_multi_index((i, j), (28, 28))
    assert figure.fact["flattened"] == f"{i} · 28 + {j} = {place}: row · 28 + column"
    byte = len(FILE) - 60_000 * 784 + np.ravel_multi_index(pixel, (60_000, 28, 28))
    assert figure.fact["in the file"] == (
        f"byte 16 + ({n} · 28 + {i}) · 28 + {j} = {byte}: "
        "header bytes + (image · 28 + row) · 28 + column"
    )


def test_every_pixel_is_where_it_is_said_to_be_in_the_file() -> None:
    header = FIGURE.data()["header"]
    assert FILE[header : header + IMAGES.size] == IMAGES.tobytes()


def test_equal_or_about_equal(figure: Pixels) -> None:
    figure.to(0, 0, 0)
    assert figure.fact["as float"] == "0 / 255 = 0"
    assert figure.fact["normalised"] == (
        "(0 / 255 − 0.1307) / 0.3081 ≈ −0.4242: (float − mean) / standard deviation"
    )


@pytest.mark.parametrize("pixel", PIXELS)
def test_shows_the_numbers_around(figure: Pixels, pixel: tuple[int, int, int]) -> None:
    figure.to(*pixel)
    n, i, j = pixel
    rows, columns = range(i - 2, i + 3), range(j - 2, j + 3)

    def shown(value: object, *places: int, outside: str = "") -> str:
        return str(value) if all(place in range(28) for place in places) else outside

    (_, *heads), *lines = figure.near
    assert heads == [shown(column, column, outside="–") for column in columns]
    padded = np.pad(IMAGES[n], 2)
    for row, (head, *cells) in zip(rows, lines, strict=True):
        assert head == shown(row, row, outside="–")
        assert cells == [shown(padded[row + 2, column + 2], row, column) for column in columns]
    assert figure.marked("x", "on") == [(0, 3), (3, 0), (3, 3)]


def test_paints_the_image(figure: Pixels) -> None:
    figure.to(3, 0, 0)
    painted = np.reshape(figure.canvas.evaluate(PAINTED), (28, 28))
    ground = painted[IMAGES[3] == 0]
    assert len(set(ground.tolist())) == 1
    ink = IMAGES[3] / 255
    np.testing.assert_allclose(painted, 255 * (ink + (1 - ink) * ground[0] / 255), atol=2)


def test_point_at_a_pixel(figure: Pixels) -> None:
    figure.canvas.hover(position=figure.middle_of(20, 9))
    assert figure.status.startswith("Row 20, column 9: ")
    assert figure.frame("here") == pytest.approx([20, 1, 9, 1], abs=0.01)
    assert figure.frame("near") == pytest.approx([18, 5, 7, 5], abs=0.01)
    figure.root.page.mouse.move(0, 0)
    assert figure.status.startswith("Row 12, column 14: ")


def test_click_chooses_a_pixel(figure: Pixels) -> None:
    figure.canvas.click(position=figure.middle_of(27, 0))
    figure.root.page.mouse.move(0, 0)
    assert figure.status.startswith("Row 27, column 0: ")
    assert figure.frame("near") == pytest.approx([25, 3, 0, 3], abs=0.01)


def test_a_neighbour_is_chosen_as_well(figure: Pixels) -> None:
    figure.neighbour(-1, 2).click()
    assert figure.status.startswith("Row 11, column 16: ")
    figure.to(0, 0, 0)
    figure.neighbour(-2, -2).click()
    assert figure.status.startswith("Row 0, column 0: ")


def test_point_at_a_neighbour(figure: Pixels) -> None:
    """It is told and framed as in the picture, and the table stays."""
    near = figure.near
    figure.neighbour(-2, 1).hover()
    assert figure.status.startswith("Row 10, column 15: ")
    assert figure.marked("x", "on") == [(0, 4), (1, 0), (1, 4)]
    assert figure.near == near
    assert figure.frame("here") == pytest.approx([10, 1, 15, 1], abs=0.01)
    assert figure.frame("near") == pytest.approx([10, 5, 12, 5], abs=0.01)
    figure.root.page.mouse.move(0, 0)
    assert figure.status.startswith("Row 12, column 14: ")
    figure.to(0, 0, 0)
    figure.neighbour(-2, -2).hover()
    assert figure.status.startswith("Row 0, column 0: ")


def test_a_number_has_the_colour_of_its_pixel(figure: Pixels) -> None:
    """And contrast enough over it, for every byte and in dark colours."""
    dark = "root => root.style = '--paper: #191a1d; --ink: #dcd9d2; --cnn-input: #5bb5ea'"
    for act in ("() => {}", dark):
        figure.root.evaluate(act)
        found = figure.root.evaluate(COLOURS)
        figure.to(0, 12, 14 - (act == dark))
        painted = figure.root.evaluate(PIXEL, [10, 12])
        np.testing.assert_allclose(found[253][0], painted, atol=3)
        for ground, ink in found:
            low, high = sorted(luminance(colour) for colour in (ground, ink))
            assert (high + 0.05) / (low + 0.05) >= 4.5


def test_walk_with_the_keys(figure: Pixels) -> None:
    figure.canvas.focus()
    keyboard = figure.root.page.keyboard
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowDown"):
        keyboard.press(key)
    assert figure.status.startswith("Row 11, column 15: ")
    for _ in range(20):
        keyboard.press("ArrowRight")
    assert figure.status.startswith("Row 11, column 27: ")


def test_by_touch(show: Opener) -> None:
    figure = Pixels(show(to_html(FIGURE), has_touch=True, width=390))
    figure.canvas.tap(position=figure.middle_of(7, 21))
    assert figure.status.startswith("Row 7, column 21: ")
    figure.neighbour(1, 0).tap()
    assert figure.status.startswith("Row 8, column 21: ")


def test_another_image(figure: Pixels) -> None:
    figure.press("more image", 2)
    assert figure.status == f"Row 12, column 14: images[2, 12, 14] = {IMAGES[2, 12, 14]}"
    figure.press("less image")
    assert figure.status.startswith("Row 12, column 14: images[1, 12, 14]")


def test_the_link_leads_back(figure: Pixels) -> None:
    link = figure.root.locator(".cnn-link")
    assert link.get_attribute("href") == "#pixel-0-12-14"
    for code in ("6-0-0", "0-28-0", "0-0-28", "0-0", "0-0-0-0", "0-1.5-0", "0--1-0", "a-0-0", ""):
        go(figure.root.page, f"pixel-{code}")
        assert figure.status.startswith("Row 12, column 14: ")
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + "#pixel-5-9-20")
    page.reload()
    assert Pixels(page).status == f"Row 9, column 20: images[5, 9, 20] = {IMAGES[5, 9, 20]}"


# --- What all figures keep --------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    largest = 32 * 1024 + len(FIGURE.data()["images"])
    still = (f"images[0, 12, 14] = {IMAGES[0, 12, 14]}", "image 0")

    def drive(self, figure: Driver) -> None:
        go(figure.root.page, "pixel-3-0-27")
