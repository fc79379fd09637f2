"""The channel explorer, driven in a browser: its sums are those of `conv2d`."""

import re
from typing import Any

import numpy as np
import pytest
from figure_driver import (
    Driver,
    Opener,
    Rules,
    check_html,
    check_nothing_moves,
    check_stops_when_gone,
    check_twice_and_hosted,
    go,
    numbers,
    to_html,
)
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from cnnbook import samples
from cnnbook.explore import ChannelExplorer
from cnnlib import nn
from cnnlib.functional import conv2d

Array = NDArray[Any]
RNG = np.random.default_rng(0)
X = RNG.integers(0, 6, (3, 5, 5))
W = RNG.integers(-3, 4, (2, 3, 2, 2))
B = np.array([0.5, -2])
SMALL = ChannelExplorer(X, W, B)


def of_a_five() -> ChannelExplorer:
    """The second convolution of the shipped LeNet: 6 maps of a 5 into 16."""
    layers = samples.trained_lenet().layers
    weight, bias = layers[3].parameters()
    return ChannelExplorer(nn.Sequential(*layers[:3])(samples.digit())[0], weight.data, bias.data)


LENET = of_a_five()


def named(f: int, p: int, q: int) -> str:
    return f"y[map {f}, row {p}, column {q}]"


class Channels(Driver):
    """Its planes by their names, and what it shows of a number."""

    def plane(self, name: str) -> Locator:
        return self.root.locator(f"canvas[aria-label^='{name},']")

    @property
    def chips(self) -> list[float]:
        texts = self.root.locator(".chips button > span").all_inner_texts()
        return [number(text) for text in texts]

    @property
    def link(self) -> str:
        return str(self.root.locator(".cnn-link").get_attribute("href"))

    def tables(self) -> list[Array]:
        """The numbers of the three tables, each in the unit that its caption names."""
        return [
            np.array([[number(text) for text in row] for row in numbers(table)]) * unit(table)
            for table in self.root.locator(".terms table").all()
        ]

    def pixels(self, name: str) -> Array:
        """The cells of a plane, (H, W, 4)."""
        script = """canvas => {
            const { width, height } = canvas, copy = new OffscreenCanvas(width, height)
                .getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            return [...copy.getImageData(0, 0, width, height).data];
        }"""
        canvas = self.plane(name)
        height = canvas.evaluate("canvas => canvas.height")
        return np.reshape(canvas.evaluate(script), (height, -1, 4)).astype(float)

    def blank(self, name: str) -> Array:
        """The cells of a plane that have not even the ground of a map."""
        return np.asarray(self.pixels(name)[..., 3] == 0)

    def strengths(self, name: str) -> Array:
        """How strong each cell of a plane is, below zero negative, against the strongest."""
        image = self.pixels(name)
        sign = np.where(image[..., 2] > image[..., 0], -1, 1)
        return sign * (image[..., 3] - 20) / 235


def unit(table: Locator) -> float:
    found = re.search("in 10⁻([⁰¹²³⁴⁵⁶⁷⁸⁹])", table.locator("caption").inner_text())
    return 10 ** -"⁰¹²³⁴⁵⁶⁷⁸⁹".index(found[1]) if found else 1


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def added(text: str) -> list[float]:
    """The numbers of a sum, in which a minus stands for a plus before a number below zero."""
    return [number(part) for part in text.replace(" − ", " + −").split(" + ")]


@pytest.fixture
def figure(show: Opener) -> Channels:
    return Channels(show(to_html(LENET)))


# --- Without a browser ------------------------------------------------------------------------


def test_html_of_a_small_one() -> None:
    check_html(SMALL, 50 * 1024)


def test_repr_is_short_and_stable() -> None:
    assert repr(SMALL) == "ChannelExplorer(3 × 5 × 5 input, 2 × 3 × 2 × 2 filters)"


def test_the_numbers_are_those_of_the_network_but_for_float16() -> None:
    layers = samples.trained_lenet().layers
    expected = nn.Sequential(*layers[:4])(samples.digit())[0]
    np.testing.assert_allclose(LENET.output, expected, atol=2e-3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((4, 4))}, ValueError, r"x of shape \(C, H, H\), got shape \(4, 4\)"),
        ({"w": np.zeros((3, 2, 2))}, ValueError, r"w of shape \(F, C, k, k\), got shape \(3"),
        ({"x": np.zeros((9, 5, 5))}, ValueError, "1 to 8 maps x, got 9"),
        ({"x": np.zeros((0, 4, 4))}, ValueError, "1 to 8 maps x, got 0"),
        ({"w": np.zeros((41, 3, 2, 2))}, ValueError, "1 to 40 kernels w, got 41"),
        ({"w": np.zeros((2, 1, 2, 2))}, ValueError, "input channels"),
        ({"x": np.zeros((3, 6, 4))}, ValueError, "to 16 × 16, square, got 6 × 4"),
        ({"x": np.zeros((3, 17, 17))}, ValueError, "to 16 × 16, square, got 17 × 17"),
        ({"w": np.zeros((2, 3, 2, 3))}, ValueError, "to 7 × 7, square, got 2 × 3"),
        ({"w": np.full((1, 3, 1, 1), np.inf)}, ValueError, "numbers that float16 can hold"),
        ({"x": np.zeros((3, 1, 1))}, ValueError, "no larger than the padded input"),
        ({"b": [1]}, ValueError, r"shape \(2,\), got shape \(1,\)"),
        ({"b": [1, np.nan]}, ValueError, "numbers that float16 can hold"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ChannelExplorer(**{"x": X, "w": W, "b": B if "w" not in change else None} | change)


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("explorer", [LENET, SMALL], ids=["lenet", "small"])
def test_the_output_maps_are_conv2d_s(show: Opener, explorer: ChannelExplorer) -> None:
    found = Channels(show(to_html(explorer))).strengths("output")
    expected = conv2d(explorer.x[None], explorer.w, explorer.b)[0]
    filters, rows, _ = expected.shape
    across = min(filters, 8)
    for f in range(filters):
        top, left = f // across * (rows + 1), f % across * (rows + 1)
        shown = found[top : top + rows, left : left + rows]
        np.testing.assert_allclose(shown, expected[f] / np.abs(expected).max(), atol=0.03)


@pytest.mark.parametrize("place", [(0, 0, 0), (7, 4, 2), (15, 9, 9)])
def test_every_sum_is_spelled_out(figure: Channels, place: tuple[int, int, int]) -> None:
    f, p, q = place
    go(figure.root.page, f"channels-{f}-{p}-{q}")
    windows = LENET.x[:, p : p + 5, q : q + 5]
    shares = (windows * LENET.w[f]).sum((1, 2))
    np.testing.assert_allclose(figure.chips, shares, atol=0.0051)
    assert figure.status.startswith(f"{named(*place)} = ")
    found = re.search(r" = (.*) \(bias\) ≈ (−?[\d.]+)$", figure.status)
    assert found
    np.testing.assert_allclose(added(found[1]), [*shares, LENET.b[f]], atol=0.0051)
    assert number(found[2]) == pytest.approx(LENET.output[place], abs=0.0051)
    for c in (0, 5):
        figure.root.locator(".chips button").nth(c).click()
        expected = (windows[c], LENET.w[f, c], windows[c] * LENET.w[f, c])
        for shown, a in zip(figure.tables(), expected, strict=True):
            np.testing.assert_allclose(shown, a, atol=0.0051)


def test_the_first_sum_is_right_as_it_is_written(figure: Channels) -> None:
    """The largest number of those of which that holds."""

    def is_right(place: tuple[int, ...]) -> bool:
        f, p, q = place
        shares = (LENET.x[:, p : p + 5, q : q + 5] * LENET.w[f]).sum((1, 2))
        parts = [round(float(part), 2) for part in (*shares, LENET.b[f])]
        return round(sum(parts), 2) == round(float(LENET.output[place]), 2)

    assert figure.status.startswith(named(*LENET.place))
    parts, shown = figure.status.partition(" = ")[2].split(" (bias) ≈ ")
    assert round(sum(added(parts)), 2) == number(shown)
    larger = np.argwhere(LENET.output > LENET.output[LENET.place])
    assert not any(is_right(tuple(place)) for place in larger)


@pytest.mark.parametrize("name", ["output", "map 2"])
def test_a_card_is_opened_by_the_first_click(figure: Channels, name: str) -> None:
    """Also after a click on a map, which then loses the focus, and while the kernels slide."""
    figure.plane(name).click(position={"x": 30, "y": 30})
    card = figure.root.locator(".chips button").nth(3)
    card.click()
    expect(card).to_have_attribute("aria-pressed", "true")
    figure.plane(name).click(position={"x": 30, "y": 30})
    figure.root.locator(".terms table").nth(1).locator("td").nth(7).click()
    assert " + " in figure.status
    assert figure.root.locator(".term").first.inner_text().startswith("x[map 3, ")
    figure.press("Play")
    other = figure.root.locator(".chips button").nth(1)
    box = other.bounding_box()
    assert box
    mouse = figure.root.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 20)
    mouse.down()
    figure.root.page.clock.run_for(450)
    mouse.up()
    expect(other).to_have_attribute("aria-pressed", "true")


def test_a_number_of_a_table_is_met_by_the_first_click(figure: Channels) -> None:
    go(figure.root.page, "channels-7-4-2")
    figure.plane("output").click(position={"x": 7 * 11 * 7 + 7 * 2 + 1, "y": 7 * 4 + 1})
    assert figure.status.startswith(named(7, 4, 2))
    figure.root.locator(".terms td").first.click()
    assert figure.status.startswith(named(7, 2, 0))


def test_all_maps_are_shaded_alike(figure: Channels) -> None:
    """The pictures of the maps, and the tables of the window, the kernel and the products."""
    f, p, q = 7, 4, 2
    go(figure.root.page, f"channels-{f}-{p}-{q}")
    windows = LENET.x[:, p : p + 5, q : q + 5]
    for c in (0, 4):
        shown = figure.strengths(f"map {c}")[:14, :14]
        np.testing.assert_allclose(shown, LENET.x[c] / LENET.x.max(), atol=0.03)
        figure.root.locator(".chips button").nth(c).click()
        shades = [
            table.locator("td").evaluate_all(
                "cells => cells.map(({ style }) => +style.cssText.match(/--v: ([^;]+)/)[1])"
            )
            for table in figure.root.locator(".terms table").all()
        ]
        for shade, a in zip(shades, (windows, LENET.w[f], windows * LENET.w[f]), strict=True):
            np.testing.assert_allclose(shade, np.abs(a[c]).ravel() / np.abs(a).max(), atol=1e-3)


def test_all_kernels_lie_over_the_same_window(figure: Channels) -> None:
    go(figure.root.page, "channels-7-4-2")
    boxes = (
        figure.root.locator(".net .maps")
        .first.locator("i.here")
        .evaluate_all("all => all.map(({ style: s }) => [s.top, s.left, s.height, s.width])")
    )
    expected = [100 * n / 15 for n in (4, 2, 5, 5)]
    assert len(boxes) == 6
    for box in boxes:
        np.testing.assert_allclose([float(side[:-1]) for side in box], expected, atol=0.01)


def test_point_at_any_map(figure: Channels) -> None:
    figure.plane("output").click(position={"x": 7 * 11 * 2 + 7 * 3 + 1, "y": 7 * 11 + 7 * 8 + 1})
    assert figure.status.startswith(f"{named(10, 8, 3)} = ")
    figure.plane("map 4").hover(position={"x": 7 * 7 + 1, "y": 7 * 0 + 1})
    assert figure.status.startswith(f"{named(10, 0, 5)} = ")


def test_what_is_pointed_at_is_only_shown(figure: Channels) -> None:
    """A click keeps the number, so that the link to it can be reached."""
    go(figure.root.page, "channels-7-4-2")
    kept = figure.status
    for name, shown in (
        ("output", named(0, 0, 0)),
        ("map 4", named(7, 0, 0)),
    ):
        figure.plane(name).hover(position={"x": 1, "y": 1})
        assert figure.status.startswith(f"{shown} = ")
        assert figure.link == "#channels-7-4-2"
        figure.root.page.mouse.move(0, 0)
        assert figure.status == kept
    figure.plane("map 2").click(position={"x": 7 * 8 + 1, "y": 7 * 3 + 1})
    figure.plane("output").hover(position={"x": 1, "y": 1})
    figure.root.locator(".cnn-link").hover()
    assert figure.status.startswith(f"{named(7, 1, 6)} = ")
    assert figure.link == "#channels-7-1-6"


def test_the_parts_have_the_digits_of_the_sum(figure: Channels) -> None:
    go(figure.root.page, "channels-7-4-2")
    parts = figure.status.split(" = ")[1].split(" (bias)")[0]
    assert added(parts)[:-1] == figure.chips
    assert all(re.fullmatch(r"\d+\.\d\d", part) for part in re.split(" [+−] ", parts.lstrip("−")))


def test_the_tables_lead_from_the_cards_to_the_sum(figure: Channels) -> None:
    """They name their map, end in what its card says, and stand between the cards and the total."""
    figure.root.locator(".chips button").nth(2).click()
    share = figure.root.locator(".chips button > span").nth(2).inner_text()
    captions = figure.root.locator(".terms caption").all_inner_texts()
    assert captions == ["map 2: window", "kernel", f"products, square by square; sum {share}"]
    parts = (".maps", ".chips", ".terms table", "[role=status]", "[aria-label^='output,']")
    boxes = [figure.root.locator(part).first.bounding_box() for part in parts]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == len(parts)
    assert tops == sorted(tops)


def test_zero_has_the_colour_of_the_ground(show: Opener) -> None:
    """In the tables and in the pictures of the kernels, that of the maps."""
    page = show(to_html(ChannelExplorer(np.zeros((2, 3, 3)), np.zeros((1, 2, 2, 2)))))

    def colour(part: str, key: str = "backgroundColor") -> list[float]:
        text = page.locator(part).first.evaluate(f"node => getComputedStyle(node).{key}")
        return [float(number) for number in re.findall(r"[\d.]+", text)]

    ground = colour(".maps canvas", "columnRuleColor")
    for part in (".chips canvas", ".terms td"):
        np.testing.assert_allclose(colour(part), ground, atol=1e-4)


def test_a_part_that_rounds_to_zero_is_written_as_zero(show: Opener) -> None:
    w = [[[[-0.001]], [[-2]]]]
    figure = Channels(show(to_html(ChannelExplorer(np.ones((2, 2, 2)), w, [-0.5]))))
    assert figure.status.endswith(" = 0.00 − 2.00 − 0.50 (bias) ≈ −2.50")


def test_the_map_of_the_number_is_framed_and_named(figure: Channels) -> None:
    go(figure.root.page, "channels-9-4-2")
    assert "16 maps out, one for each filter; framed: map 9, row 4, column 2" in figure.text
    assert "Filter 9: its kernel for each map, and the sum of the products." in figure.text
    frame = figure.root.locator("i.met").evaluate("({ style: s }) => [s.top, s.left]")
    np.testing.assert_allclose([float(side[:-1]) for side in frame], [50, 12.5], atol=0.01)
    assert figure.root.locator("i.met").inner_text() == "map 9"


def test_keys_and_touch(show: Opener, figure: Channels) -> None:
    keys = figure.root.page.keyboard
    figure.plane("output").focus()
    assert figure.status.startswith(f"{named(0, 0, 0)} = ")
    for key in ("ArrowDown", *["ArrowRight"] * 10):
        keys.press(key)
    assert figure.status.startswith(f"{named(1, 1, 0)} = ")
    touched = Channels(show(to_html(LENET), has_touch=True))
    touched.plane("map 0").tap(position={"x": 1, "y": 7 * 13 + 1})
    assert touched.status.startswith(f"{named(11, 9, 0)} = ")


def test_play_slides_the_kernels(figure: Channels) -> None:
    """From the first window on, and the maps are made as far as they have come; then all is."""
    go(figure.root.page, "channels-7-4-2")
    whole = figure.strengths("output")
    clock, slider = figure.root.page.clock, figure.root.get_by_role("slider")
    figure.press("Play")
    assert figure.status.startswith("y[map 7, row 0, ")
    clock.run_for(200 * 30)
    figure.press("Pause")
    last = int(slider.input_value())
    assert 30 <= last < 60
    assert figure.status.startswith(f"{named(7, last // 10, last % 10)} = ")
    shown = figure.blank("output")[:10, 77:87]
    assert shown.ravel().tolist() == [at > last for at in range(100)]
    assert np.array_equal(figure.strengths("output")[11:], whole[11:])
    figure.press("Play")
    assert int(slider.input_value()) >= last
    clock.run_for(200 * 100)
    assert figure.status.startswith(f"{named(7, 9, 9)} = ")
    assert figure.root.get_by_role("button", name="Play").is_visible()
    assert np.array_equal(figure.strengths("output"), whole)


def test_pointing_ends_the_sliding(figure: Channels) -> None:
    figure.press("Play")
    figure.move(34)
    assert figure.status.startswith(f"{named(11, 3, 4)} = ")
    figure.root.page.clock.run_for(3000)
    assert figure.status.startswith(f"{named(11, 3, 4)} = ")


def test_the_link_leads_back(show: Opener, figure: Channels) -> None:
    figure.plane("output").click(position={"x": 1, "y": 1})
    assert figure.link == "#channels-0-0-0"
    for code in ("1-2", "16-0-0", "0-10-0", "0-0-x", "0--1-0", ""):
        go(figure.root.page, f"channels-{code}")
        assert figure.status.startswith(f"{named(0, 0, 0)} = ")
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + "#channels-3-9-1")
    page.reload()
    assert Channels(page).status.startswith(f"{named(3, 9, 1)} = ")


def test_counts_the_layer_shown(figure: Channels) -> None:
    assert (
        "6 maps into 16 filters: 16 · 6 = 96 kernels, one for each filter and map. Each number out "
        "is 6 sums of 25 products and a bias, added up. 16 maps out, 16 · (6 · 25 + 1) = 2,416 "
        "numbers to learn."
    ) in figure.text


@pytest.mark.parametrize(
    ("more", "channels", "count"), [({}, 6, 16), ({"maps": 10, "filters": 20}, 16, 36)]
)
def test_counts_any_layer(
    figure: Channels, more: dict[str, int], channels: int, count: int
) -> None:
    for name, times in more.items():
        figure.press(f"more {name}", times)
    figure.press("less kernel size", 2)
    layer = nn.Conv2d(channels, count, 3, rng=np.random.default_rng(0))
    learned = sum(p.data.size for p in layer.parameters())
    kernels = layer.weight.data[..., 0, 0].size
    text = f"{channels} maps into {count} filters: {count} · {channels} = {kernels} kernels"
    assert text in figure.text
    assert f"{count} · ({channels} · 9 + 1) = {learned:,} numbers to learn" in figure.text
    squares = figure.root.locator(".squares")
    assert squares.get_attribute("aria-label") == f"{count} rows of {channels} squares"
    box = squares.bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(channels / count, rel=1e-2)


def test_one_of_each_is_said_in_the_singular(show: Opener) -> None:
    figure = Channels(show(to_html(ChannelExplorer([[[2]]], [[[[1]]]]))))
    assert "1 map into 1 filter: " in figure.text
    assert "1 sum of 1 product and" in figure.text
    assert figure.status == "y[map 0, row 0, column 0] = 2.00 + 0.00 (bias) = 2.00"


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = LENET
    largest = 50 * 1024 + len(LENET.data()["weights"])
    still = (f"{named(*LENET.place)} = ", "window")

    def drive(self, figure: Driver) -> None:
        figure.press("Play")


def test_a_small_one_twice_and_in_jupyterlab(show: Opener) -> None:
    check_twice_and_hosted(show, SMALL)


def test_nothing_moves_in_a_small_one(show: Opener) -> None:
    check_nothing_moves(show, SMALL)


def test_stops_when_it_is_gone(figure: Channels) -> None:
    check_stops_when_gone(figure, "Play")
