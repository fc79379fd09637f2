"""The photo explorer, driven in a browser: what it paints and spells out is what `conv2d` gives."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figure_driver import (
    Driver,
    Opener,
    Rules,
    check_html,
    check_nothing_moves,
    check_phone,
    check_still,
    check_twice_and_hosted,
    go,
    to_html,
)
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import FilePayload, Locator, expect

from cnnbook import samples
from cnnbook.explore import PhotoExplorer
from cnnbook.explore.figure import short
from cnnlib.functional import conv2d

Array = NDArray[Any]
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
KERNELS = {
    "Sobel": SOBEL,
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "wide blur": np.full((5, 5), 1 / 25),
    "two by three": np.array([[1, -2, 0.5], [0, 1, -0.5]]),
}
GREY = samples.photograph().mean(1)[0]
PIXELS = np.rint(255 * GREY.astype(np.float64))
PHOTO = PhotoExplorer(GREY, KERNELS)
SMALL = PhotoExplorer(np.linspace(0, 1, 48).reshape(6, 8), {"mean": np.full((2, 2), 0.25)})
PAINTED = """canvas => {
    const { width, height } = canvas, copy = new OffscreenCanvas(width, height)
        .getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return [...copy.getImageData(0, 0, width, height).data];
}"""


def convolve(pixels: Any, kernel: Any) -> Array:
    pixels, kernel = np.asarray(pixels, float), np.asarray(kernel, float)
    return conv2d(pixels[None, None], kernel[None, None])[0, 0]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def png(path: Path, pixels: Array) -> Path:
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def named(p: int, q: int) -> str:
    return f"y[row {p}, column {q}]"


class Photo(Driver):
    """Its two pictures, and what it shows of a pixel."""

    @property
    def input(self) -> Locator:
        return self.root.locator("canvas").nth(0)

    @property
    def output(self) -> Locator:
        return self.root.locator("canvas").nth(1)

    @property
    def total(self) -> str:
        return self.root.locator(".total").inner_text()

    @property
    def link(self) -> Locator:
        return self.root.locator(".cnn-link")

    @property
    def problem(self) -> Locator:
        return self.root.locator("[role=alert]")

    def give(self, file: Path | FilePayload) -> None:
        self.root.get_by_label("own picture").set_input_files(file)

    def weigh(self, i: int, j: int, value: str) -> None:
        self.root.get_by_label(f"weight {i}, {j}").fill(value)

    def painted(self, canvas: Locator) -> Array:
        """The pixels of a picture, (H, W, 4)."""
        return np.reshape(canvas.evaluate(PAINTED), (*size(canvas), 4)).astype(float)

    def greys(self, canvas: Locator) -> Array:
        pixels = self.painted(canvas)
        assert np.all(pixels[..., :3] == pixels[..., :1])
        assert np.all(pixels[..., 3] == 255)
        return pixels[..., 0]

    def signs(self) -> Array:
        """The output where it is painted by sign: its numbers over the largest."""
        pixels = self.painted(self.output)
        return np.where(pixels[..., 2] > pixels[..., 0], -1, 1) * pixels[..., 3] / 255

    def cells(self, role: str) -> Array:
        return np.array([[number(text) for text in row] for row in self.numbers(role)])


def size(canvas: Locator) -> tuple[int, int]:
    height, width = canvas.evaluate("({ height, width }) => [height, width]")
    return height, width


@pytest.fixture
def figure(show: Opener) -> Photo:
    return Photo(show(to_html(PHOTO)))


# --- Without a browser ------------------------------------------------------------------------


def test_html_of_a_small_one() -> None:
    check_html(SMALL, 40 * 1024)


def test_repr_is_short_and_stable() -> None:
    assert repr(SMALL) == "PhotoExplorer(6 × 8 image, kernels mean)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros(3)}, r"image of shape \(H, W\), got shape \(3,\)"),
        ({"image": np.zeros((161, 9))}, r"image of 1 × 1 to 160 × 160, got shape \(161, 9\)"),
        ({"image": [[0, np.nan]]}, "finite numbers as image"),
        ({"image": [[0, 255]]}, "an image of numbers in 0 … 1, got 0 to 255"),
        ({"image": [[-0.5, 1]]}, "an image of numbers in 0 … 1, got -0.5 to 1"),
        ({"image": np.zeros((2, 9))}, "no larger than the padded input"),
        ({"kernels": {}}, "one kernel or more, got none"),
        ({"kernels": {"big": np.ones((6, 1))}}, "kernel 'big' of 1 × 1 to 5 × 5, got shape"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PhotoExplorer(**{"image": GREY, "kernels": KERNELS} | change)


# --- Numbers ----------------------------------------------------------------------------------


def test_starts_with_the_strongest_number(figure: Photo) -> None:
    expected = convolve(PIXELS, SOBEL)
    p, q = PHOTO.place
    assert abs(expected[p, q]) == np.abs(expected).max()
    assert figure.status == f"{named(p, q)} = {expected[p, q]:.0f}".replace("-", "−")
    assert np.array_equal(figure.greys(figure.input), PIXELS)


@pytest.mark.parametrize("name", ["Sobel", "two by three"])
def test_paints_by_sign_where_the_weights_sum_to_no_more_than_0(figure: Photo, name: str) -> None:
    figure.choose(name)
    expected = convolve(PIXELS, KERNELS[name])
    largest = np.abs(expected).max()
    np.testing.assert_allclose(figure.signs(), expected / largest, atol=0.01)
    assert f"by sign: red above 0, blue below, in full colour at ±{largest:.0f}." in figure.text


@pytest.mark.parametrize("name", ["blur", "sharpen", "wide blur"])
def test_paints_in_grey_where_they_sum_to_more(figure: Photo, name: str) -> None:
    figure.choose(name)
    expected = np.clip(convolve(PIXELS, KERNELS[name]), 0, 255)
    np.testing.assert_allclose(figure.greys(figure.output), expected, atol=0.51)
    assert "The weights sum to 1, so the output is painted in grey" in figure.text


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("place", [(0, 0), (71, 40), (145, 123)])
def test_every_sum_is_spelled_out(figure: Photo, name: str, place: tuple[int, int]) -> None:
    p, q = place
    go(figure.root.page, f"photo-{p}_{q}_{name.replace(' ', '%20')}")
    kernel = KERNELS[name]
    window = PIXELS[p : p + kernel.shape[0], q : q + kernel.shape[1]]
    assert np.array_equal(figure.cells("x"), window)
    np.testing.assert_allclose(figure.cells("s"), window * kernel, atol=0.0051)
    *_, result = re.split(" [=≈] ", figure.total)
    assert number(result) == pytest.approx(convolve(PIXELS, kernel)[p, q], abs=0.0051)
    assert figure.status in [f"{named(p, q)} {sign} {result}" for sign in "=≈"]
    terms = re.split(": | [=≈] ", figure.total)[1].split(" + ")
    shown = [number(term.strip("()")) for term in terms]
    assert shown == figure.cells("s").ravel().tolist()
    assert sum(shown) == pytest.approx(number(result), abs=0.0051 * len(shown))


def test_weights_are_edited(figure: Photo) -> None:
    kernel = SOBEL.astype(float)
    for (i, j), text in {(0, 0): "-3", (1, 1): "0.5"}.items():
        figure.weigh(i, j, text)
        kernel[i, j] = float(text)
    expected = convolve(PIXELS, kernel)
    np.testing.assert_allclose(figure.signs(), expected / np.abs(expected).max(), atol=0.01)
    expect(figure.root.get_by_role("combobox")).to_have_value("your own")
    field = figure.root.get_by_label("weight 1, 1")
    field.fill("")
    assert figure.numbers("s")[1][1] == "0"
    field.blur()
    expect(field).to_have_value("0")
    field.fill("1")
    kernel[1, 1] = 1
    p, q = PHOTO.place
    total = f"{convolve(PIXELS, kernel)[p, q]:g}".replace("-", "−")
    assert figure.status == f"{named(p, q)} = {total}"
    figure.choose("Sobel")
    expect(field).to_have_value("0")


# --- Pointing ---------------------------------------------------------------------------------


def test_point_tap_and_keys(show: Opener, figure: Photo) -> None:
    pixel = 320 / 150
    figure.output.hover(position={"x": pixel * 40.5, "y": pixel * 71.5})
    assert figure.status.startswith(named(71, 40))
    figure.input.click(position={"x": pixel * 40.5, "y": pixel * 71.5})
    assert figure.status.startswith(named(70, 39))
    figure.output.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        figure.root.page.keyboard.press(key)
    assert figure.status.startswith(named(71, 41))
    touched = Photo(show(to_html(PHOTO), has_touch=True, width=390))
    touched.output.tap(position={"x": pixel * 20.5 / 2, "y": pixel * 10.5 / 2})
    assert touched.status.startswith(named(10, 20))


def test_what_is_pointed_at_is_only_shown(figure: Photo) -> None:
    """A click keeps the place, so that the link to it can be reached."""
    kept = figure.status
    for picture, shown in ((figure.output, named(20, 20)), (figure.input, named(19, 19))):
        picture.hover(position={"x": 320 / 150 * 20.5, "y": 320 / 150 * 20.5})
        assert figure.status.startswith(shown)
        assert figure.link.get_attribute("href") == "#photo-{}_{}_Sobel".format(*PHOTO.place)
        figure.root.page.mouse.move(0, 0)
        assert figure.status == kept
    figure.output.click(position={"x": 320 / 150 * 20.5, "y": 320 / 150 * 20.5})
    figure.output.hover(position={"x": 1, "y": 1})
    figure.link.hover()
    assert figure.status.startswith(named(20, 20))
    assert figure.link.get_attribute("href") == "#photo-20_20_Sobel"


def test_the_border_is_the_end(figure: Photo) -> None:
    go(figure.root.page, "photo-147_125_Sobel")
    figure.output.focus()
    for key in ("ArrowDown", "ArrowRight"):
        figure.root.page.keyboard.press(key)
    assert figure.status.startswith(named(147, 125))
    figure.choose("wide blur")
    assert figure.status.startswith(named(145, 123))


def test_the_window_is_framed(figure: Photo) -> None:
    go(figure.root.page, "photo-30_64_wide%20blur")
    style = figure.root.locator("canvas + i").first.evaluate(
        "({ style: s }) => [s.top, s.left, s.height, s.width]"
    )
    expected = [100 * 30 / 150, 100 * 64 / 128, 100 * 5 / 150, 100 * 5 / 128]
    np.testing.assert_allclose([float(side[:-1]) for side in style], expected, atol=0.01)


# --- The link ---------------------------------------------------------------------------------


def test_the_link_leads_back(figure: Photo) -> None:
    figure.choose("blur")
    figure.weigh(2, 2, "-1.25")
    page = figure.root.page
    address, text, painted = figure.link.get_attribute("href"), figure.total, figure.status
    assert address
    page.goto(page.url.partition("#")[0] + address)
    page.reload()
    again = Photo(page)
    assert (again.total, again.status) == (text, painted)
    expect(again.root.get_by_role("combobox")).to_have_value("your own")
    go(page, "photo-3_4_wide%20blur")
    expect(again.root.get_by_role("combobox")).to_have_value("wide blur")
    assert again.link.get_attribute("href") == "#photo-3_4_wide%20blur"


def test_a_damaged_address_changes_nothing(figure: Photo) -> None:
    before = figure.text
    places = ["", "1_2", "148_0_Sobel", "0_126_Sobel", "-1_0_Sobel", "146_0_1;1;1;1;1"]
    kernels = ["none", "1,2;3", "1,x", "1,,2", "1,2,3,4,5,6", "1;1;1;1;1;1"]
    for code in [*places, *(f"0_0_{kernel}" for kernel in kernels)]:
        go(figure.root.page, f"photo-{code}")
        assert figure.text == before, code


# --- Own pictures -----------------------------------------------------------------------------


def test_an_own_picture_is_grey_and_never_in_the_link(figure: Photo, tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (40, 60, 3))
    figure.give(png(tmp_path / "own.png", colours))
    expect(figure.root.get_by_text("your picture, kept in this page")).to_be_visible()
    grey = np.rint(colours.mean(2))
    assert np.array_equal(figure.greys(figure.input), grey)
    expected = convolve(grey, SOBEL)
    np.testing.assert_allclose(figure.signs(), expected / np.abs(expected).max(), atol=0.01)
    assert figure.status.startswith(named(37, 57))  # the nearest to where it was
    expect(figure.link).to_be_hidden()
    figure.press("Photograph")
    assert np.array_equal(figure.greys(figure.input), PIXELS)
    expect(figure.link).to_be_visible()
    expect(figure.root.get_by_role("button", name="Photograph")).to_be_hidden()


def test_an_address_is_for_the_photograph(figure: Photo, tmp_path: Path) -> None:
    figure.give(png(tmp_path / "own.png", np.zeros((9, 9))))
    expect(figure.root.get_by_text("your picture, kept in this page")).to_be_visible()
    go(figure.root.page, "photo-70_50_blur")
    assert np.array_equal(figure.greys(figure.input), PIXELS)
    expected = convolve(PIXELS, KERNELS["blur"])[70, 50]
    assert figure.status == f"{named(70, 50)} ≈ {short(expected)}"
    expect(figure.link).to_be_visible()


def test_an_own_picture_is_shrunk_and_laid_on_white(figure: Photo, tmp_path: Path) -> None:
    pixels = np.zeros((200, 640, 4))
    pixels[:, 320:] = (51, 51, 51, 255)
    figure.give(png(tmp_path / "wide.png", pixels))
    expect(figure.root.get_by_text("your picture, kept in this page")).to_be_visible()
    shown = figure.greys(figure.input)
    assert shown.shape == (50, 160)
    assert np.all(shown[:, :78] == 255)
    assert np.all(shown[:, 82:] == 51)


def test_a_picture_can_be_dropped(figure: Photo, tmp_path: Path) -> None:
    content = png(tmp_path / "own.png", np.full((9, 9), 77)).read_bytes()
    figure.output.evaluate(
        """(canvas, bytes) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(bytes)], "own.png"));
            const event = { dataTransfer, bubbles: true, cancelable: true };
            canvas.dispatchEvent(new DragEvent("dragover", event));
            canvas.dispatchEvent(new DragEvent("drop", event));
        }""",
        list(content),
    )
    expect(figure.root.get_by_text("your picture, kept in this page")).to_be_visible()
    assert np.array_equal(figure.greys(figure.input), np.full((9, 9), 77))


def test_a_file_that_is_no_picture_is_named(figure: Photo, tmp_path: Path) -> None:
    text = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"no picture")
    figure.give(text)
    expect(figure.problem).to_have_text("Expected a picture, such as PNG or JPEG, got notes.txt.")
    assert np.array_equal(figure.greys(figure.input), PIXELS)
    figure.give(png(tmp_path / "line.png", np.zeros((2, 300))))
    expect(figure.problem).to_have_text(
        "Expected a picture that is at least 5 × 5 once it is shrunk to 160, "
        "got line.png, then 1 × 160."
    )
    figure.give(png(tmp_path / "fine.png", np.zeros((9, 9))))
    expect(figure.problem).to_have_text("")


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = PHOTO
    largest = 40 * 1024 + len(PHOTO.data()["pixels"])
    still = ("kernel: Sobel", f"{named(*PHOTO.place)} = ")

    def drive(self, figure: Driver) -> None:
        figure.choose("sharpen")


def test_a_small_one_twice_and_in_jupyterlab(show: Opener) -> None:
    check_twice_and_hosted(show, SMALL)


def test_the_still_picture_of_a_small_one(show: Opener) -> None:
    (p, q), y = SMALL.place, SMALL.outputs["mean"]
    check_still(show, SMALL, "kernel: mean", f"{named(p, q)} = ", f" = {short(y[p, q])}")


def test_the_largest_kernel_fits_a_phone(show: Opener) -> None:
    check_phone(show, PhotoExplorer(np.ones((160, 160)), {"five": np.full((5, 5), -0.125)}))


def test_nothing_moves_in_a_small_one(show: Opener) -> None:
    check_nothing_moves(show, SMALL)
