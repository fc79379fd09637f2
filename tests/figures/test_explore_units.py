"""Every number of the digit explorer tells its arithmetic: forward and backward as `cnnlib`'s."""

import copy
import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from digit_script import HTML, Script, other_network
from figure_driver import Driver, Opener, check_accessible, go, marked, numbers, to_html
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from cnnbook import samples
from cnnbook.explore import DigitExplorer
from cnnlib import nn
from cnnlib.datasets import load_mnist, to_float

Array = NDArray[Any]
LENET = samples.trained_lenet()
LAYERS = ["input", "conv 1", "pool 1", "conv 2", "pool 2", "linear 1", "linear 2", "linear 3"]
UNITS = [
    (0, 0, 9, 14),
    (1, 2, 13, 9),
    (1, 5, 0, 27),
    (2, 3, 6, 7),
    (3, 7, 4, 2),
    (3, 0, 9, 9),
    (4, 11, 2, 3),
    (5, 17, 0, 0),
    (6, 40, 0, 0),
    (7, 3, 0, 0),
]


def rounded(model: nn.Sequential) -> nn.Sequential:
    """With the weights that float16 can hold, which is how they travel."""
    for parameter in model.parameters():
        parameter.data[...] = parameter.data.astype(np.float16)
    return model


def values_and_gradients(
    model: nn.Sequential, x: Array, label: int
) -> tuple[list[Array], list[Array]]:
    """Of the input and every layer but Flatten, after its ReLU; by the layers' own backward."""
    layers = [copy.deepcopy(layer) for layer in model.flat()]
    values = [x]
    for layer in layers:
        values.append(layer(values[-1]))
    loss = nn.CrossEntropyLoss()
    loss(values[-1], np.array([label]))
    gradients = [loss.backward()]
    for layer in reversed(layers):
        gradients.insert(0, layer.backward(gradients[0]))
    ends = [0]
    for n, layer in enumerate(layers, 1):
        if isinstance(layer, nn.ReLU):
            ends[-1] = n
        elif not isinstance(layer, nn.Flatten):
            ends.append(n)
    return [values[n][0] for n in ends], [gradients[n][0] for n in ends]


# --- The script's functions, against cnnlib -----------------------------------------------------

MODELS = {"lenet": LENET, "other": rounded(other_network())}
START = """const layers = network(data), [pixels, label, units] = given;
    const values = forward(layers, Float32Array.from(pixels));
    const chances = chancesOf(values.at(-1)).map((p) => p / 100);
    const { gradients, sums } = backward(layers, values, chances, label);
"""


@pytest.fixture(scope="module")
def script(browser: Browser) -> Script:
    return Script(browser.new_page())


@cache
def digit(index: int) -> Array:
    return to_float(load_mnist("test")[0][index : index + 1])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("index", "label"), [(0, 7), (8, 5), (8, 3)])
def test_all_gradients_are_cnnlib_s(script: Script, name: str, index: int, label: int) -> None:
    x = digit(index)
    _, expected = values_and_gradients(MODELS[name], x, label)
    code = START + "return gradients.map((numbers) => [...numbers]);"
    found = script.call(DigitExplorer(MODELS[name]), code, x.ravel().tolist(), label)
    assert len(found) == len(expected)
    for numbers_found, gradient in zip(found, expected, strict=True):
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(numbers_found, gradient.ravel(), atol=1e-5 * scale)


def places(figure: DigitExplorer) -> list[tuple[int, int, int, int]]:
    """(layer, map, row, column): corners and inner units of every layer."""
    found = []
    for k, layer in enumerate(figure.layers):
        maps, rows = layer.shape
        corners = {(0, 0, 0), (maps - 1, rows - 1, 0), (maps // 2, rows // 2, rows - 1)}
        found += [(k, *place) for place in sorted(corners)]
    return found


@pytest.mark.parametrize("name", MODELS)
def test_terms_add_up_to_every_value_and_gradient(script: Script, name: str) -> None:
    """Of pooling one weight is 1; all else are products, and the bias is added."""
    model, x = MODELS[name], digit(8)
    values, gradients = values_and_gradients(model, x, 5)
    figure = DigitExplorer(model)
    units = places(figure)
    code = """
        const total = (groups) => sum(groups.map(({ cells }) => termSum(cells)));
        return units.map(([k, ...place]) => [
            k && total(termsInto(layers, values, { k, place }))
                + (layers[k].learned ? layers[k].b[place[0]] : 0),
            k + 1 < layers.length && total(termsFrom(layers, values, sums, { k, place })),
        ]);"""
    given = (x.ravel().tolist(), 5, units)
    found = script.call(figure, START + code, *given)
    for (k, *place), (value, gradient) in zip(units, found, strict=True):
        maps, rows = figure.layers[k].shape
        at = np.ravel_multi_index(place, (maps, rows, rows))
        if k:
            expected = max(value, 0) if figure.layers[k].relu else value
            assert values[k].ravel()[at] == pytest.approx(expected, abs=1e-5)
        if k + 1 < len(values):
            scale = float(np.abs(gradients[k]).max())
            assert gradients[k].ravel()[at] == pytest.approx(gradient, abs=1e-5 * scale)


# --- Driven ------------------------------------------------------------------------------------


class Explorer(Driver):
    """The figure: its planes, and what it says of the unit that is looked at."""

    @property
    def text(self) -> str:
        return self.root.locator(".panel > p").inner_text()

    @property
    def link(self) -> str:
        return str(self.root.locator(".cnn-link").get_attribute("href"))

    def plane(self, k: int) -> Locator:
        return self.root.locator(f"canvas[aria-label^='{LAYERS[k]}']")

    def input(self) -> Array:
        """The picture that the network gets, from the strength of its pixels."""
        script = """canvas => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data]
            .filter((_, i) => i % 4 === 3)"""
        alphas = np.reshape(self.plane(0).evaluate(script), (1, 1, 28, 28))
        return np.clip((alphas - 20) / 235, 0, 1).astype(np.float32)

    def tables(self) -> list[Locator]:
        return self.root.locator(".terms table").all()

    def frames(self, k: int, kind: str) -> int:
        return self.plane(k).locator(f"xpath=following-sibling::i[@class='{kind}']").count()


SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
NUMBER = r"−?[\d.]*\d(?: · 10⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"


def number(text: str) -> float:
    """As the figure writes it: −0.0026, or 3.1 · 10⁻⁷."""
    return float(text.replace("−", "-").replace(" · 10", "e").translate(SUPERSCRIPTS))


def result(text: str) -> float:
    """What stands behind the last sign of equality of the first sentence."""
    found = re.findall(rf"[=≈] ({NUMBER})", text)
    return number(found[-1])


@pytest.fixture
def explorer(show: Opener) -> Explorer:
    return Explorer(show(HTML))


def point(explorer: Explorer, unit: tuple[int, ...], direction: str, label: str = "own") -> None:
    address = "-".join(["digit-5", direction, label, *map(str, unit)])
    go(explorer.root.page, address)


@pytest.fixture(scope="module")
def five(windows: Any) -> tuple[list[Array], list[Array], list[Array]]:
    """Values, and gradients for labels 5 and 3, of the example of a five."""
    page = windows.window(HTML)
    explorer = Explorer(page)
    explorer.press("5")
    x = explorer.input()
    values, of_five = values_and_gradients(LENET, x, 5)
    return values, of_five, values_and_gradients(LENET, x, 3)[1]


@pytest.mark.parametrize("unit", UNITS, ids=str)
def test_forward_and_backward_are_cnnlib_s(explorer: Explorer, five: Any, unit: Any) -> None:
    """The colours of the input tell its numbers to a part in 235, so everything to 1 or 2 %."""
    values, of_five, of_three = five
    k, *place = unit
    at = tuple(place[: values[k].ndim])
    point(explorer, unit, "forward")
    near = {"abs": 0.02 * float(np.abs(values[k]).max())}
    assert result(explorer.text.split(". It")[0]) == pytest.approx(values[k][at], **near)
    for label, gradients in (("own", of_five), ("3", of_three)):
        point(explorer, unit, "backward", label)
        found = re.search(rf"\] = (?:p − t = .* ≈ )?({NUMBER}):", explorer.text)
        assert found, explorer.text
        near = {"abs": 0.02 * float(np.abs(gradients[k]).max())}
        assert number(found[1]) == pytest.approx(gradients[k][at], **near)


def test_a_window_its_kernel_and_their_products(explorer: Explorer, five: Any) -> None:
    values, _, _ = five
    point(explorer, (3, 7, 4, 2), "forward")
    for c in (0, 4):
        explorer.root.get_by_role("button", name=f"map {c}").click()
        window = values[2][c, 4:9, 2:7]
        kernel = LENET[3].parameters()[0].data[7, c]
        expected = (window, kernel, window * kernel)
        for table, a in zip(explorer.tables(), expected, strict=True):
            shown = [[number(text) for text in row] for row in numbers(table)]
            np.testing.assert_allclose(shown, a, atol=0.03)
    assert explorer.frames(2, "met") == 6
    assert explorer.frames(3, "here") == 1


def test_the_parts_add_up(explorer: Explorer) -> None:
    point(explorer, (3, 7, 4, 2), "forward")
    chips = explorer.root.locator(".chips button > span").all_inner_texts()
    assert len(chips) == 6
    bias = LENET[3].parameters()[1].data[7]
    total = sum(map(number, chips)) + bias
    assert result(explorer.text.split(". It")[0]) == pytest.approx(max(total, 0), abs=0.04)


def test_the_padding_holds_nothing(explorer: Explorer) -> None:
    point(explorer, (1, 5, 0, 27), "forward")
    table = explorer.tables()[0]
    outside = {(i, j) for i in range(5) for j in range(5) if i < 2 or j > 2}
    assert set(marked(table, "pad")) == outside
    table.locator("td").first.hover()
    assert "padding" in explorer.root.locator(".term").inner_text()


def test_a_maximum_and_its_gradient(explorer: Explorer, five: Any) -> None:
    """The unit that is largest in its window gets the gradient, the others nothing."""
    values, _, _ = five
    windows = values[1].reshape(6, 14, 2, 14, 2).transpose(0, 1, 3, 2, 4).reshape(6, 14, 14, 4)
    m, p, q = np.unravel_index(windows.max(-1).argmax(), (6, 14, 14))
    largest = int(windows[m, p, q].argmax())
    for n in range(4):
        unit = (1, int(m), 2 * int(p) + n // 2, 2 * int(q) + n % 2)
        point(explorer, unit, "backward")
        words = "it is the largest in" if n == largest else "it is not the largest"
        assert words in explorer.text


def test_a_number_that_no_window_reads_has_no_gradient(show: Opener) -> None:
    """Stride 2 leaves out the last row of the maps before it."""
    explorer = Explorer(show(to_html(DigitExplorer(MODELS["other"]))))
    point(explorer, (2, 0, 12, 13), "backward")
    assert explorer.text.startswith("Gradient of the loss (label 5) at pool 1[0, 12, 13] = 0: no n")
    assert not explorer.root.locator(".terms table").first.is_visible()
    point(explorer, (2, 0, 12, 12), "backward")
    assert "the sum over the 7 numbers of conv 2 that read it" in explorer.text


def test_very_small_numbers_are_written_in_powers_of_ten(show: Opener) -> None:
    """A network that is as good as certain has gradients that six decimals would not show."""
    model = copy.deepcopy(LENET)
    for parameter in model[-1].parameters():
        parameter.data *= 3
    explorer = Explorer(show(to_html(DigitExplorer(model))))
    explorer.press("5")
    for parameter in model.parameters():
        parameter.data = parameter.data.astype(np.float64)
    _, expected = values_and_gradients(model, explorer.input().astype(np.float64), 5)
    point(explorer, (4, 11, 2, 3), "backward")
    assert 0 < np.abs(expected[4]).max() < 1e-4
    found = re.search(rf"\] = ({NUMBER}):", explorer.text)
    assert found
    assert number(found[1]) == pytest.approx(expected[4][11, 2, 3], rel=0.2)
    assert "gradients, in 10⁻" in explorer.root.locator(".terms").inner_text()


def test_probabilities_and_logits(explorer: Explorer, five: Any) -> None:
    values, _, _ = five
    p = np.exp(values[7] - values[7].max())
    p /= p.sum()
    cells = explorer.root.locator(".chances td")
    cells.nth(5).click()
    assert explorer.text.startswith("p[5] = softmax: exp(") or explorer.status == "3"
    point(explorer, (8, 5, 0, 0), "forward")
    assert result(explorer.text.split(". It")[0]) == pytest.approx(p[5], abs=0.01)
    expect(cells.nth(5)).to_have_class("on")
    point(explorer, (8, 5, 0, 0), "backward")
    assert "−1 / p" in explorer.text
    assert result(explorer.text.split(":")[0]) == pytest.approx(-1 / p[5], abs=0.02)
    point(explorer, (8, 4, 0, 0), "backward")
    assert "p[4] = 0: the loss is −log p[5]" in explorer.text


def test_points_clicks_and_keeps(explorer: Explorer) -> None:
    place = {"x": 3 * 29 + 3 * 10 + 1, "y": 3 * 12 + 1}
    explorer.plane(1).hover(position=place)
    assert explorer.text.startswith("conv 1[1, 12, 10] = ")
    explorer.plane(1).click(position=place)
    explorer.plane(2).hover(position={"x": 1, "y": 1})
    assert explorer.text.startswith("conv 1[1, 12, 10] = ")
    assert "Pinned" in explorer.root.locator(".hint").inner_text()
    explorer.plane(1).click(position=place)
    explorer.plane(2).hover(position={"x": 1, "y": 1})
    assert explorer.text.startswith("pool 1[0, 0, 0] = ")


def test_a_tap_keeps(show: Opener) -> None:
    explorer = Explorer(show(HTML, has_touch=True))
    explorer.plane(3).tap(position={"x": 4 * 12 + 1, "y": 4 * 3 + 1})
    assert explorer.text.startswith("conv 2[1, 3, 1] = ")
    assert "Pinned" in explorer.root.locator(".hint").inner_text()


def test_a_term_leads_to_its_unit(explorer: Explorer) -> None:
    """One walks through the whole network, backward and forward."""
    point(explorer, (3, 7, 4, 2), "forward")
    explorer.root.get_by_role("button", name="map 2").click()
    explorer.tables()[0].locator("td").nth(7).click()
    assert explorer.text.startswith("pool 1[2, 5, 4] = ")
    explorer.press("Backward: gradients")
    assert "at pool 1[2, 5, 4] = " in explorer.text
    explorer.root.get_by_role("button", name="map 15").click()
    first = explorer.tables()[1].locator("td").first
    first.focus()
    assert explorer.root.locator(".term").inner_text().startswith("conv 2[15, ")
    explorer.root.page.keyboard.press("Enter")
    assert "at conv 2[15, " in explorer.text


def test_the_label_is_the_digit_s_until_one_is_chosen(explorer: Explorer) -> None:
    explorer.press("8")
    explorer.press("Backward: gradients")
    label = explorer.root.get_by_role("combobox")
    assert label.input_value() == "8"
    assert explorer.text.startswith("Gradient of the loss (label 8) ")
    label.select_option("1")
    assert explorer.text.startswith("Gradient of the loss (label 1) ")
    explorer.press("4")
    assert explorer.text.startswith("Gradient of the loss (label 4) ")


def test_backward_the_planes_show_gradients(explorer: Explorer, five: Any) -> None:
    """Red above zero, blue below, as strong as the number is large."""
    _, of_five, _ = five
    point(explorer, (4, 11, 2, 3), "backward")
    script = """canvas => [...canvas.getContext("2d").getImageData(
        0, 0, canvas.width, canvas.height).data]"""
    image = np.reshape(explorer.plane(7).evaluate(script), (10, 4)).astype(float)
    gradient = of_five[7]
    strong = np.abs(gradient) > 0.1 * np.abs(gradient).max()
    assert ((image[:, 0] > image[:, 2]) == (gradient > 0))[strong].all()
    expected = 20 + 235 * np.abs(gradient) / np.abs(gradient).max()
    np.testing.assert_allclose(image[:, 3], expected, atol=8)


def test_nothing_drawn_has_no_arithmetic(explorer: Explorer) -> None:
    explorer.press("Clear")
    assert explorer.text == "Nothing is drawn."
    explorer.press("Backward: gradients")
    assert explorer.text == "Nothing is drawn."
    assert not explorer.root.locator(".terms table").first.is_visible()
    explorer.press("5")
    assert explorer.text.startswith("Gradient of the loss (label 5) ")


# --- The address -------------------------------------------------------------------------------


def test_the_link_leads_back(show: Opener) -> None:
    explorer = Explorer(show(HTML))
    explorer.press("8")
    explorer.plane(4).click(position={"x": 6 * 6 + 2, "y": 2})
    explorer.press("Backward: gradients")
    explorer.root.get_by_role("combobox").select_option("3")
    assert explorer.link == "#digit-8-backward-3-4-1-0-0"
    said = explorer.text
    page: Page = explorer.root.page
    page.goto(page.url + explorer.link)
    page.reload()
    assert Explorer(page).text == said
    assert Explorer(page).status == "8"


def test_addresses_that_hold_no_unit_change_nothing(explorer: Explorer) -> None:
    before = explorer.text
    for code in ("", "5", "5-forward-own-9-0-0-0", "5-forward-own-1-6-0-0", "5-up-own-1-0-0-0"):
        go(explorer.root.page, f"digit-{code}")
        assert explorer.text == before


def test_a_drawing_of_one_s_own_has_no_address(explorer: Explorer) -> None:
    link = explorer.root.locator(".cnn-link")
    expect(link).to_be_visible()
    explorer.press("Move to a corner")
    expect(link).to_be_hidden()


# --- What is seen together -----------------------------------------------------------------------


def place_of(shown: Locator) -> tuple[float, float]:
    """Its upper edge in the window, and its height."""
    box = shown.bounding_box()
    assert box
    return box["y"], box["height"]


def test_gradients_have_a_scale_and_arrows_point_backward(explorer: Explorer, five: Any) -> None:
    _, of_five, _ = five
    point(explorer, (1, 0, 0, 0), "forward")
    captions = explorer.root.locator(".layers > div > small")
    arrow = "it => getComputedStyle(it, '::before').content"
    expect(captions.nth(1)).to_have_text("conv 16 × 28 × 28, ReLU")
    assert "→" in explorer.root.locator(".layers > div").nth(1).evaluate(arrow)
    point(explorer, (1, 0, 0, 0), "backward")
    for caption, gradient in zip(captions.all_inner_texts(), of_five, strict=False):
        scale = number(caption.split("±")[1])
        assert scale == pytest.approx(float(np.abs(gradient).max()), rel=0.06)
    assert "←" in explorer.root.locator(".layers > div").nth(1).evaluate(arrow)


def test_the_label_stays_chosen_without_a_drawing(explorer: Explorer) -> None:
    explorer.press("Backward: gradients")
    explorer.root.get_by_role("combobox").select_option("3")
    explorer.press("Clear")
    expect(explorer.root.get_by_role("combobox")).to_have_value("3")


@pytest.mark.parametrize("k", [1, 3, 6])
@pytest.mark.parametrize("corner", ["first", "last"])
def test_a_click_brings_what_is_said_of_a_unit_into_its_window(
    show: Opener, k: int, corner: str
) -> None:
    """Of 800 pixels. Neither lies over the other, in whichever corner of the layer the unit is."""
    explorer = Explorer(show(HTML, width=1280))
    page, plane = explorer.root.page, explorer.plane(k)
    page.set_viewport_size({"width": 1280, "height": 800})
    plane.evaluate("it => scrollBy(0, it.getBoundingClientRect().top - 600)")
    y = 4 if corner == "first" else place_of(plane)[1] - 6
    plane.click(position={"x": 4, "y": y})
    top, size = place_of(explorer.root.locator(".here"))
    start, height = place_of(explorer.root.locator(".panel"))
    assert 0 <= top < top + size <= start
    assert start + height <= 800 + 1
    assert height > 100


def test_on_a_phone_the_panel_follows_the_layer_that_was_tapped(show: Opener) -> None:
    explorer = Explorer(show(HTML, width=390))
    panel = explorer.root.locator(".panel")
    for k in (3, 1, 4):
        plane = explorer.plane(k)
        plane.evaluate("it => scrollBy(0, it.getBoundingClientRect().top - 300)")
        before, _ = place_of(plane)
        plane.click(position={"x": 4, "y": 4})
        top, height = place_of(plane)
        assert top == pytest.approx(before, abs=1)
        assert 0 <= place_of(panel)[0] - (top + height) < 40
        assert explorer.text.startswith(f"{LAYERS[k]}[")


# --- The rules of all figures ------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["forward-own-3-7-4-2", "backward-own-2-3-4-5"])
def test_is_accessible_for_a_unit_of_many_parts(show: Opener, unit: str) -> None:
    check_accessible(show, DigitExplorer(), lambda driver: go(driver.root.page, f"digit-5-{unit}"))


def test_fits_a_phone_whatever_is_looked_at(show: Opener) -> None:
    page = show(to_html(DigitExplorer()), width=390)
    for unit in UNITS:
        for direction in ("forward", "backward"):
            point(Explorer(page), unit, direction)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
