"""The shift explorer, driven in a browser: its maps and probabilities are those of `cnnlib`."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, go, to_html
from numpy.typing import NDArray

from cnnbook.explore import ShiftExplorer
from cnnlib import nn
from cnnlib.datasets import load_mnist, to_float

Array = NDArray[Any]
FIGURE = ShiftExplorer()
HTML = to_html(FIGURE)
TOP, _, LEFT, _ = FIGURE.box
# What the script computes, before it is shown; it stands behind the script's functions.
RESPOND = """
    const { image, head, ...features } = data;
    const { values, chances } = respond(
        { layers: network(features), head: network(head), image: unpack(image) }, move);
    return [[...values[1]], [...values[2]], chances];"""
CALL = "([code, ...given]) => new Function('data', 'move', code)(...given)"


class Shift(Driver):
    """The digit to drag, and what the figure says of a move."""

    def to(self, down: int, right: int, map: int = 0) -> None:
        go(self.root.page, f"shift-{map}-{TOP + down}-{LEFT + right}")

    def drag(self, down: int, right: int) -> None:
        canvas = self.root.locator(".x canvas")
        box = canvas.bounding_box()
        assert box
        cell = box["width"] / 29
        x, y = box["x"] + 14 * cell, box["y"] + 14 * cell
        mouse = self.root.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + right * cell, y + down * cell, steps=4)
        mouse.up()
        mouse.move(x, y)

    @property
    def largest(self) -> list[float]:
        texts = self.root.locator("small", has_text="largest difference: ").all_inner_texts()
        return [float(text.removeprefix("largest difference: ")) for text in texts]

    @property
    def chances(self) -> list[float]:
        texts = self.root.locator("td").all_inner_texts()
        return [float(text.removesuffix(" %")) for text in texts]

    def frames(self, kind: str) -> list[list[float]]:
        """Top, height, left and width of frames, in parts of the map that they lie on."""
        return [
            [float(side) / 100 for side in re.findall(r"([\d.]+)%", style)]
            for style in self.root.locator(f"i.{kind}").evaluate_all(
                "all => all.map((frame) => frame.getAttribute('style'))"
            )
        ]


@pytest.fixture
def figure(show: Opener) -> Shift:
    return Shift(show(HTML))


def maps(down: int, right: int) -> list[Array]:
    """The maps of the convolution and of the pooling, by `cnnlib`."""
    layers = FIGURE.model.layers
    x = FIGURE.moved(down, right)
    return [nn.Sequential(*layers[:n]).eval()(x)[0] for n in (3, 4)]


def differences(down: int, right: int, map: int) -> list[float]:
    """How far each map is from the one at rest, moved by whole cells: by the nearest such move."""
    found = []
    for stride, old, new in zip((1, 2), maps(0, 0), maps(down, right), strict=True):
        nearest = [{m // stride, -(-m // stride)} for m in (down, right)]
        known = []
        for i, j in itertools.product(*nearest):
            rows = len(old[map])
            then = old[map][max(0, -i) : rows - max(0, i), max(0, -j) : rows - max(0, j)]
            now = new[map][max(0, i) : rows + min(0, i), max(0, j) : rows + min(0, j)]
            known.append(np.abs(now - then).max())
        found.append(float(min(known)))
    return found


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "ShiftExplorer(28 × 28 image, reads 5)"


def test_the_box_holds_all_ink() -> None:
    image = np.zeros((28, 28))
    image[3:7, 10:12] = 1
    assert ShiftExplorer(image).box == [3, 4, 10, 2]


def test_opens_moved_as_far_as_the_ink_allows() -> None:
    assert FIGURE.move == [3, 3]
    image = np.zeros((28, 28))
    image[3:7, 10:27] = 1
    assert ShiftExplorer(image).move == [3, 1]


def test_the_network_reads_a_five_after_every_move() -> None:
    (top, tall, left, wide), side = FIGURE.box, 28
    moves = itertools.product(
        range(-top, side - tall - top + 1), range(-left, side - wide - left + 1)
    )
    assert {int(FIGURE.chances(*move).argmax()) for move in moves} == {5}


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((28, 28)), "an image with ink, got only zeros"),
        (np.ones((1, 28, 28)), r"image of shape \(28, 28\), got shape \(1, 28, 28\)"),
        (np.full((28, 28), np.inf), "numbers that float16 can hold"),
    ],
)
def test_bad_input_is_named(image: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ShiftExplorer(image)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("move", [(0, 0), (0, 3), (-4, -2), (3, 1)])
def test_the_page_computes_what_cnnlib_computes(show: Opener, move: tuple[int, int]) -> None:
    found = re.search(r'<script>\(\(\) => {(.*)mount\("', HTML, re.DOTALL)
    assert found
    conv, pool, chances = show().evaluate(CALL, [found[1] + RESPOND, FIGURE.data(), move])
    for shown, expected in zip((conv, pool), maps(*move), strict=True):
        np.testing.assert_allclose(shown, expected.ravel(), atol=5e-3)
    np.testing.assert_allclose(chances, 100 * FIGURE.chances(*move), atol=0.2)


@pytest.mark.parametrize("move", [(0, 3), (0, -4), (-2, 2), (3, -1), (-5, 4)])
@pytest.mark.parametrize("map", [0, 6])
def test_the_map_moves_along_and_the_pooled_map_if_both_moves_are_even(
    figure: Shift, move: tuple[int, int], map: int
) -> None:
    figure.to(*move, map)
    np.testing.assert_allclose(figure.largest, differences(*move, map), atol=0.01)
    assert figure.largest[0] == 0
    assert (figure.largest[1] == 0) == (move[0] % 2 == move[1] % 2 == 0)
    np.testing.assert_allclose(figure.chances, 100 * FIGURE.chances(*move), atol=0.25)


def test_says_what_was_moved_and_what_is_read(figure: Shift) -> None:
    pooled, sure = differences(3, 3, 0)[1], 100 * FIGURE.chances(3, 3)[5]
    assert figure.status == (
        f"Moved 3 down and 3 right: the map moved with it exactly, the pooled map is off by up to "
        f"{pooled:.2f} (pooling by 2 follows even moves only), and the network reads 5 with "
        f"{sure:.1f} % (before 91.5 %)."
    )
    figure.to(0, 3)
    assert figure.status == (
        f"Moved 3 right: the map moved with it exactly, the pooled map is off by up to "
        f"{figure.largest[1]} (pooling by 2 follows even moves only), and the network reads 5 with "
        f"{figure.chances[5]} % (before 91.5 %)."
    )
    figure.to(-2, -4)
    assert figure.status.startswith(
        "Moved 2 up and 4 left: the map moved with it exactly, "
        "the pooled map moved with it exactly, "
    )
    assert figure.status.endswith(
        " % (before 91.5 %). The percentage changes because the next convolutions pad with zeros "
        "at the border, which did not move."
    )
    figure.press("Move back")
    assert figure.status == "Not moved: the network reads 5 with 91.5 %."


def test_the_border_is_blamed_where_all_maps_moved_along() -> None:
    """Far from the border an even move leaves the mean of each map as it was."""
    features = nn.Sequential(*FIGURE.model.layers[:-2]).eval()
    wide = np.zeros((2, 1, 60, 60), np.float32)
    wide[0, :, 16:44, 16:44] = FIGURE.image
    wide[1, :, 14:42, 20:48] = FIGURE.image
    rest, moved = features(wide)
    np.testing.assert_allclose(moved.mean((-2, -1)), rest.mean((-2, -1)), atol=1e-4)


def test_drag_the_digit(figure: Shift) -> None:
    figure.press("Move back")
    figure.drag(2, -3)
    assert figure.status.startswith("Moved 2 down and 3 left: ")
    figure.drag(-3, 3)
    assert figure.status.startswith("Moved 1 up: ")


def test_no_ink_leaves_the_field(figure: Shift) -> None:
    figure.press("Move back")
    figure.drag(-14, 14)
    assert figure.status.startswith("Moved 5 up and 4 right: ")
    figure.drag(14, -14)
    assert figure.status.startswith("Moved 3 down and 4 left: ")


def test_move_it_with_the_keys(figure: Shift) -> None:
    figure.to(0, 3)
    figure.root.locator(".x canvas").focus()
    keyboard = figure.root.page.keyboard
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", "ArrowDown", " "):
        keyboard.press(key)
    assert figure.status.startswith("Moved 1 up and 2 right: ")
    for _ in range(9):
        keyboard.press("ArrowDown")
    assert figure.status.startswith("Moved 3 down and 2 right: ")


def test_frames_move_with_the_digit_by_half_on_the_pooled_map(figure: Shift) -> None:
    top, tall, left, wide = FIGURE.box
    figure.to(0, 3)
    assert figure.frames("was") == [pytest.approx([n / 29 for n in FIGURE.box], abs=1e-4)]
    moved = np.array([top, tall, left + 3, wide])
    field, conv, pooled = figure.frames("here")
    np.testing.assert_allclose(field, moved / 29, atol=1e-4)
    np.testing.assert_allclose(conv, moved / 29, atol=1e-4)
    np.testing.assert_allclose(pooled, moved / 2 / 15, atol=1e-4)


def test_another_map(figure: Shift) -> None:
    figure.to(0, 3)
    before = figure.largest, figure.chances
    figure.press("more map", 2)
    assert figure.largest == pytest.approx(differences(0, 3, 2), abs=0.01)
    assert figure.largest != before[0]
    assert figure.chances == before[1]


def test_the_link_leads_back(figure: Shift) -> None:
    link = f"#shift-0-{TOP + 3}-{LEFT + 3}"
    assert figure.root.locator(".cnn-link").get_attribute("href") == link
    for code in ("0-0", "8-0-0", "0-9-0", "0-0-9", "0-x-0", "0--1-0", "0-1.5-0", ""):
        go(figure.root.page, f"shift-{code}")
        assert figure.status.startswith("Moved 3 down and 3 right: ")
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + f"#shift-3-{TOP + 1}-{LEFT}")
    page.reload()
    assert Shift(page).status.startswith("Moved 1 down: ")
    assert Shift(page).root.get_by_role("group", name="map").locator("output").inner_text() == "3"


def test_another_digit(show: Opener) -> None:
    images, labels = load_mnist("test")
    other = ShiftExplorer(to_float(images[:1])[0, 0])
    figure = Shift(show(to_html(other)))
    assert f"reads {labels[0]} with " in figure.status
    np.testing.assert_allclose(figure.chances, 100 * other.chances(*other.move), atol=0.25)


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    largest = 36 * 1024 + len(FIGURE.data()["weights"])
    still = ("in percent: at rest, and moved 3 down, 3 right", "?")

    def drive(self, figure: Driver) -> None:
        figure.press("more map")
