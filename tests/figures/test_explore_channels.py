"""The channel explorer, driven in a browser: its sums are those of `conv2d`."""

from typing import Any

import numpy as np
import pytest
from figure_driver import (
    Driver,
    Opener,
    cell,
    check_accessible,
    check_html,
    check_phone,
    check_still,
    check_twice_and_hosted,
    marked,
    numbers,
    to_html,
)
from playwright.sync_api import Locator, expect

from cnnbook.explore import ChannelExplorer, ConvolutionExplorer, PoolingExplorer
from cnnbook.explore.figure import short
from cnnlib import nn
from cnnlib.functional import conv2d

RGB = ("red", "green", "blue")
RNG = np.random.default_rng(0)
X = RNG.integers(0, 6, (3, 4, 5))
W = RNG.integers(-3, 4, (2, 3, 2, 3))
B = np.array([0.5, -2])
LARGEST = ChannelExplorer(
    RNG.integers(-9, 10, (3, 5, 5)), RNG.integers(-9, 10, (2, 3, 3, 3)) / 2, [0.25, -12.5], RGB
)


def maps(x: Any, w: Any, b: Any = None) -> Any:
    x, w = np.asarray(x, float)[None], np.asarray(w, float)
    return conv2d(x, w, None if b is None else np.asarray(b, float))[0]


def summand(v: float) -> str:
    return f"({short(v)})" if v < 0 else short(v)


class Channels(Driver):
    """Its tables by role and place: inputs x[c], kernels w[f, c], maps y[f]."""

    def input(self, c: int) -> Locator:
        return self.table("x").nth(c)

    def kernel(self, f: int, c: int, channels: int = 3) -> Locator:
        return self.live("w").nth(f * channels + c)

    def output(self, f: int) -> Locator:
        return self.live("y").nth(f)

    def live(self, role: str) -> Locator:
        return self.root.locator(f"table.{role}:has(td[tabindex])")

    @property
    def lines(self) -> list[str]:
        names = self.root.locator(".lines > span").all_inner_texts()
        sums = self.root.locator(".lines > div").all_inner_texts()
        return [f"{a} {' '.join(b.split())}" for a, b in zip(names, sums, strict=True)]

    @property
    def parts(self) -> list[str]:
        return self.root.locator(".filter b").all_text_contents()


@pytest.fixture
def figure(show: Opener) -> Channels:
    return Channels(show(to_html(ChannelExplorer(X, W, B, RGB))))


# --- Without a browser ------------------------------------------------------------------------


def test_html_is_self_contained_and_small() -> None:
    check_html(LARGEST)


def test_repr_is_short_and_stable() -> None:
    assert repr(ChannelExplorer(X, W)) == "ChannelExplorer(3 × 4 × 5 input, 2 × 3 × 2 × 3 filters)"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((4, 4))}, ValueError, r"x of shape \(C, H, W\), got shape \(4, 4\)"),
        ({"w": np.zeros((3, 2, 2))}, ValueError, r"w of shape \(F, C, kH, kW\), got shape \(3"),
        ({"x": np.zeros((4, 4, 4))}, ValueError, "1 to 3 maps, got 4"),
        ({"x": np.zeros((0, 4, 4))}, ValueError, "1 to 3 maps, got 0"),
        ({"w": np.zeros((3, 3, 2, 2))}, ValueError, "1 to 2 filters, got 3"),
        ({"w": np.zeros((2, 1, 2, 2))}, ValueError, "input channels"),
        ({"x": np.zeros((3, 6, 4))}, ValueError, r"maps x of 1 × 1 to 5 × 5, got shape \(6, 4"),
        ({"w": np.zeros((2, 3, 4, 2))}, ValueError, "kernels w of 1 × 1 to 3 × 3"),
        ({"w": np.full((1, 3, 1, 1), np.inf)}, ValueError, "finite numbers as kernels w"),
        ({"x": np.zeros((3, 1, 5))}, ValueError, "no larger than the padded input"),
        ({"b": [1]}, ValueError, r"shape \(2,\), got shape \(1,\)"),
        ({"b": [1, np.nan]}, ValueError, "finite numbers as b"),
        ({"names": ["red"]}, ValueError, "3 names, got 1"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ChannelExplorer(**{"x": X, "w": W} | change)


def test_names_are_text() -> None:
    assert "<i>" not in to_html(ChannelExplorer(X[:1], W[:, :1], names=["<i>"]))


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [(X, W, B), (X, W, None), (X[:1], W[:1, :1], [3]), (X[:2] / 3, W[:, :2, :1, :1], B)],
)
def test_shows_what_conv2d_computes(show: Opener, x: Any, w: Any, b: Any) -> None:
    figure = Channels(show(to_html(ChannelExplorer(x, w, b))))
    for f, expected in enumerate(maps(x, w, b)):
        assert numbers(figure.output(f)) == [[short(v) for v in row] for row in expected]
        for c, kernel in enumerate(w[f]):
            table = figure.kernel(f, c, len(x))
            assert numbers(table) == [[short(v) for v in row] for row in kernel]


@pytest.mark.parametrize("f", [0, 1])
@pytest.mark.parametrize(("p", "q"), [(0, 0), (1, 2), (2, 1)])
def test_every_sum_is_spelled_out(figure: Channels, f: int, p: int, q: int) -> None:
    cell(figure.output(f), p, q).hover()
    windows = X[:, p : p + 2, q : q + 3]
    sums = [(a * k).sum() for a, k in zip(windows, W[f], strict=True)]
    total = maps(X, W, B)[f, p, q]
    assert figure.lines == [
        f"{name} {products} = {short(part)}"
        for name, window, kernel, part in zip(RGB, windows, W[f], sums, strict=True)
        for products in [
            " + ".join(f"{a}·{summand(k)}" for a, k in zip(window.flat, kernel.flat, strict=True))
        ]
    ]
    added = " + ".join(map(summand, [*sums, B[f]]))
    assert figure.status == f"y[{f}, {p}, {q}] = {added} = {short(total)}"
    signs = [("+ " if c else "") + summand(part) for c, part in enumerate(sums)]
    assert figure.parts == (["", "", ""] * f + signs + ["", "", ""])[:6]


def test_the_window_and_the_kernels_of_the_filter_light_up(figure: Channels) -> None:
    cell(figure.output(1), 1, 2).hover()
    for c in range(3):
        window = [(i, j) for i in (1, 2) for j in (2, 3, 4)]
        assert marked(figure.input(c), "on") == window
        assert marked(figure.kernel(1, c), "on") == list(np.ndindex(2, 3))
        assert marked(figure.kernel(0, c), "on") == []
    assert marked(figure.output(1), "on") == [(1, 2)]
    assert marked(figure.output(0), "on") == []


def test_a_weight_shows_what_it_meets(figure: Channels) -> None:
    cell(figure.output(1), 1, 2).hover()
    cell(figure.kernel(0, 2), 1, 0).hover()
    assert figure.status.startswith("y[0, 1, 2] = ")
    assert marked(figure.kernel(0, 2), "met") == [(1, 0)]
    assert [marked(figure.input(c), "met") for c in range(3)] == [[], [], [(2, 2)]]
    met = figure.root.locator(".lines .met")
    assert met.all_inner_texts() == [f"{X[2, 2, 2]}·{summand(W[0, 2, 1, 0])}"]
    cell(figure.output(0), 0, 0).hover()
    assert met.count() == 0


def test_keys_and_touch(show: Opener, figure: Channels) -> None:
    keys = figure.root.page.keyboard
    cell(figure.output(0), 0, 0).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        keys.press(key)
    assert figure.status.startswith("y[0, 1, 2] = ")
    keys.press("Tab")
    assert marked(figure.kernel(1, 0), "met") == [(0, 0)]
    assert figure.status.startswith("y[1, 1, 2] = ")
    touched = Channels(show(to_html(ChannelExplorer(X, W, B)), has_touch=True))
    cell(touched.output(1), 2, 0).tap()
    assert touched.status.startswith("y[1, 2, 0] = ")


def test_rounded_sums_say_so(show: Opener) -> None:
    figure = Channels(show(to_html(ChannelExplorer([[[1, 2]]], [[[[1 / 3]]]]))))
    assert figure.lines == ["x[0] 1·0.33 ≈ 0.33"]
    assert figure.status == "y[0, 0, 0] = 0.33 + 0 ≈ 0.33"


def test_counts_the_layer_shown(figure: Channels) -> None:
    assert (
        "3 maps into 2 filters: 2 · 3 = 6 kernels, one for each filter and map. Each number out is "
        "3 sums of 6 products and a bias, added up. 2 maps out, 2 · (3 · 6 + 1) = 38 numbers"
    ) in figure.text


@pytest.mark.parametrize(("more", "channels", "count"), [({}, 16, 36), ({"maps": 2}, 18, 36)])
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
    squares = figure.root.get_by_role("img")
    assert squares.get_attribute("aria-label") == (
        f"{count} rows of {channels} squares: a row is a filter"
    )
    box = squares.bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(channels / count, rel=1e-2)


def test_one_of_each_is_said_in_the_singular(show: Opener) -> None:
    figure = Channels(show(to_html(ChannelExplorer([[[1, 2]]], [[[[1]]]]))))
    assert "1 map into 1 filter: " in figure.text
    assert "1 sum of 1 product and" in figure.text


def test_twice_on_one_page_and_in_jupyterlab(show: Opener) -> None:
    check_twice_and_hosted(show, ChannelExplorer(X, W, B))


def test_looks_the_same_beside_other_figures(show: Opener) -> None:
    boxes = []
    for others in ((), (PoolingExplorer(np.eye(4)), ConvolutionExplorer(np.eye(4), np.eye(2)))):
        page = show(*map(to_html, (ChannelExplorer(X, W, B), *others)))
        expect(page.locator(".cnn-figure[data-live]")).to_have_count(1 + len(others))
        boxes.append(page.locator(".cnn-figure").first.bounding_box())
        weights = page.locator("p[role=status]").evaluate_all(
            "all => all.map((status) => getComputedStyle(status).fontWeight)"
        )
        assert weights == ["700", *["400"] * len(others)]
    assert boxes[0] == boxes[1]


def test_is_a_still_picture_without_javascript(show: Opener) -> None:
    sums = [(X[c, :2, :3] * W[0, c]).sum() for c in range(3)]
    added = " + ".join(map(summand, [*sums, 0.5]))
    equation = f"{added} = {short(maps(X, W, B)[0, 0, 0])}"
    check_still(show, ChannelExplorer(X, W, B, RGB), equation, *RGB)


def test_fits_a_phone(show: Opener) -> None:
    check_phone(show, LARGEST)


def test_is_accessible(show: Opener) -> None:
    def drive(figure: Driver) -> None:
        figure.root.locator(".filter").last.locator("table.w td").first.hover()

    check_accessible(show, ChannelExplorer(X, W, B, RGB), drive)
