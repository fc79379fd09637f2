"""The output-size calculator: its table is that of `Sequential.summary`, also in the page."""

import random
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from figure_driver import Driver, Opener, Rules, check_html, check_phone, go, host, to_html
from playwright.sync_api import Locator, expect

from cnnbook import networks, samples
from cnnbook.explore.sizes import PRESETS, SizeExplorer, parse, rows
from cnnlib import nn

LENET, SOURCE, ALEXNET = (code for _, code in PRESETS.values())
FIGURE = SizeExplorer()


def build(code: str, library: Any = nn, **options: Any) -> list[Any]:
    """The layers of a stack, from cnnlib or from PyTorch."""
    made = []
    for (kind, n), before in zip(parse(code)[1:], rows(code), strict=False):
        k, s, p, d = (n[key] for key in "kspd")
        inputs = before.shape[0]
        match kind:
            case "c":
                made.append(library.Conv2d(inputs, n["o"], k, s, p, d, **options))
            case "m":
                made.append(library.MaxPool2d(k, s, p, d))
            case "a":
                made.append(library.AvgPool2d(k, s, p))
            case "f":
                made.append(library.Flatten())
            case _:
                made.append(library.Linear(inputs, n["o"], **options))
    return made


def random_stack(seed: int) -> str:
    """Layers that fit, one after the other: many kernels, strides, paddings and dilations."""
    r = random.Random(seed)
    code = f"x{r.randint(1, 3)}h{r.randint(12, 40)}w{r.randint(12, 40)}"
    for _ in range(r.randint(1, 5)):
        k, s, p, d = r.randint(1, 5), r.randint(1, 3), r.randint(0, 2), r.randint(1, 3)
        part = r.choice(
            [
                f"c{r.randint(1, 8)}k{k}s{s}p{p}d{d}",
                f"mk{k}s{s}p{min(p, k // 2)}d{d}",
                f"ak{k}s{s}p{min(p, k // 2)}",
                f"m-c{r.randint(1, 8)}",
            ]
        )
        try:
            rows(f"{code}-{part}")
        except ValueError:
            continue
        code = f"{code}-{part}"
    return code + r.choice(["", "-f", "-f-l7", "-f-l30-l10"])


STACKS = [LENET, "x1h9w14-c2s2-m", *(random_stack(seed) for seed in range(24))]


# --- Without a browser ------------------------------------------------------------------------


@pytest.mark.parametrize("stack", PRESETS)
def test_html_of_every_network_is_small(stack: str) -> None:
    check_html(SizeExplorer(stack))


def test_repr_is_the_address() -> None:
    assert repr(FIGURE) == f"SizeExplorer({LENET!r})"


@pytest.mark.parametrize("code", STACKS)
def test_rows_are_those_of_summary(code: str) -> None:
    first, *others = rows(code)
    lines = nn.Sequential(*build(code)).summary(first.shape).split("\n")[1:]
    table = [first, *others]
    for row, line in zip(table, lines, strict=False):
        shape = ", ".join(["N", *map(str, row.shape)])
        expected = f"{row.name:<12}{f'({shape})':<18}{row.parameters:>12,}{row.multiply_adds:>16,}"
        assert line == expected
    totals = (sum(row.parameters for row in table), sum(row.multiply_adds for row in table))
    assert lines[-1].split() == ["total", *(f"{total:,}" for total in totals)]


def test_lenet_is_that_of_the_samples() -> None:
    of_samples = [p.data.size for p in samples.lenet().parameters()]
    assert SizeExplorer("LeNet").parameters == sum(of_samples) == 61_706


def test_source_is_that_of_the_experiment() -> None:
    count = sum(p.numel() for p in networks.source(torch.nn).parameters())
    assert SizeExplorer("source").parameters == count == 3_274_634


def test_alexnet_is_that_of_torchvision() -> None:
    layers = build(ALEXNET, torch.nn)
    x = torch.zeros(1, 3, 224, 224)
    with torch.no_grad():
        for layer, row in zip(layers, rows(ALEXNET)[1:], strict=True):
            x = layer(x)
            assert tuple(x.shape[1:]) == row.shape
    assert sum(p.numel() for layer in layers for p in layer.parameters()) == 61_100_840
    assert SizeExplorer("AlexNet").parameters == 61_100_840


def test_receptive_fields_are_those_of_the_chapter() -> None:
    assert [row.field for row in rows(LENET)][1:5] == [(5, 5), (6, 6), (14, 14), (16, 16)]


@pytest.mark.parametrize(
    "code",
    [
        "x1h20w24-c1k5-a-c1-ak3s1",
        "x1h29w31-c1k3d2-c1k2s2-c1k3s2",
        "x1h12w16-c1k5-a-f-l3",
        "x1h13w13-c1s2-ak2-f-l4-l2",
    ],
)
def test_receptive_field_is_where_the_gradient_is(code: str) -> None:
    model = nn.Sequential(*build(code, dtype=np.float64))
    for p in model.parameters():
        p.data[...] = 1
    first, *_, last = rows(code)
    dy = np.zeros_like(model(np.ones((1, *first.shape))))
    dy[(0, 0, *(side // 2 for side in dy.shape[2:]))] = 1
    dx = model.backward(dy)
    assert dx is not None
    extents = [int(np.ptp(np.flatnonzero(dx[0, 0].any(axis)))) + 1 for axis in (1, 0)]
    assert tuple(extents) == last.field


@pytest.mark.parametrize(
    ("stack", "error", "message"),
    [
        (3, TypeError, "a string as stack, got 3"),
        ("VGG", ValueError, "a layer such as c6k5p2, got 'VGG'"),
        ("", ValueError, "got ''"),
        ("x1-c", ValueError, "got 'c'"),
        ("x1-c6k0", ValueError, "got 'c6k0'"),
        ("x1-c6k5z1", ValueError, "got 'c6k5z1'"),
        ("x1-l10k3", ValueError, "got 'l10k3'"),
        ("x1-c9999999", ValueError, "got 'c9999999'"),
        ("c6", ValueError, "begins with its input, got 'c6'"),
        ("x1-x1", ValueError, "begins with its input"),
        ("x1h4w4-c6k5", ValueError, "layer 1 of 'x1h4w4-c6k5': .* padded input"),
        ("x1-c6-l10", ValueError, r"layer 2 .*Linear expected a row, got shape \(6, 26, 26\)"),
        ("x1-f-c6", ValueError, r"layer 2 .*Conv2d expected maps, got shape \(784,\)"),
        ("x1-f-l10i700", ValueError, r"Linear expected 700 inputs, got shape \(784,\)"),
        ("x1-mk2p2", ValueError, r"MaxPool2d expected padding <= 1"),
    ],
)
def test_bad_input_is_named(stack: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SizeExplorer(stack)


# --- In a browser -----------------------------------------------------------------------------


class Stack(Driver):
    """The calculator on a page."""

    @property
    def lines(self) -> Locator:
        return self.root.locator("tbody tr:has(th)")

    @property
    def rows(self) -> list[list[str]]:
        """Name, output, parameters, multiply-adds and field of all layers, all at one moment."""
        cells = "[...line.querySelectorAll('th, td')].map(cell => cell.innerText)"
        found = self.lines.evaluate_all(f"lines => lines.map(line => {cells})")
        return [[re.findall(r"\w+", name)[0], *cells] for name, *cells in found]

    def choose_layer(self, position: int) -> None:
        self.lines.nth(position).get_by_role("button").click()

    def set(self, name: str, value: Any) -> None:
        self.root.get_by_label(name, exact=True).fill(str(value))

    def kind(self, name: str) -> None:
        self.root.get_by_role("combobox", name="layer").select_option(name)

    @property
    def link(self) -> str:
        return str(self.root.locator(".cnn-link").get_attribute("href"))

    @property
    def code(self) -> str:
        return self.link.partition("-")[2]


def texts(code: str) -> list[list[str]]:
    """The table as Python computes it."""
    return [
        [
            row.name,
            " × ".join(map(str, row.shape)),
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
            " × ".join(map(str, dict.fromkeys(row.field))),
        ]
        for row in rows(code)
    ]


def largest(figure: SizeExplorer, key: str) -> str:
    """The layer that has most of something, and its part of the whole."""
    before, top = max(pairwise(figure.rows), key=lambda pair: getattr(pair[1], key))
    part = f"{100 * getattr(top, key) / getattr(figure, key):.0f} %"
    return f"{part} in the {top.name} {before.shape[0]} → {top.shape[0]}"


@pytest.fixture
def stack(show: Opener) -> Stack:
    return Stack(show(to_html(FIGURE)))


def test_presets_show_what_python_computes(stack: Stack) -> None:
    for label, code in PRESETS.values():
        stack.root.get_by_role("combobox", name="network").select_option(label)
        figure = SizeExplorer(code)
        assert stack.rows == texts(code)
        assert stack.status == (
            f"All layers fit. Parameters: {figure.parameters:,} ({largest(figure, 'parameters')}); "
            f"multiply-adds: {figure.multiply_adds:,} ({largest(figure, 'multiply_adds')})."
        )
        assert texts(stack.code) == texts(code)


def test_any_stack_shows_what_python_computes(stack: Stack) -> None:
    page = stack.root.page
    for code in STACKS:
        go(page, f"sizes-{code}")
        assert stack.rows == texts(code)
        assert texts(stack.code) == texts(code)


def test_spells_the_arithmetic(stack: Stack) -> None:
    go(stack.root.page, "sizes-x3h32w20-c8k5s2p1d2-m-f-l10")
    stack.choose_layer(1)
    for line in (
        "output ⌊(32 + 2·1 − 2·(5 − 1) − 1) / 2⌋ + 1 = ⌊25 / 2⌋ + 1 = 13, 1 left over",
        "output ⌊(20 + 2·1 − 2·(5 − 1) − 1) / 2⌋ + 1 = ⌊13 / 2⌋ + 1 = 7, 1 left over",
        "parameters 8·(3·5·5 + 1) = 608",
        "multiply-adds 8·3·5·5 · 13 × 7 places = 54,600",
        "receptive field, in pixels, 1 + 2·(5 − 1)·1 = 9",
        "jump from one output to the next, in pixels, 1·2 = 2",
    ):
        assert line in stack.text
    stack.choose_layer(2)
    assert "receptive field, in pixels, 9 + 1·(2 − 1)·2 = 11" in stack.text
    assert "jump from one output to the next, in pixels, 2·2 = 4" in stack.text
    stack.choose_layer(3)
    assert "8 × 6 × 3 = 144 numbers in a row" in stack.text
    stack.choose_layer(4)
    for line in (
        "parameters 10·(144 + 1) = 1,450",
        "receptive field, in pixels, 11 + (6 − 1)·4 = 31",
    ):
        assert line in stack.text


def test_is_edited_number_by_number(stack: Stack) -> None:
    stack.choose_layer(1)
    stack.set("out_channels", 12)
    stack.set("kernel_size", 3)
    stack.set("padding", 0)
    stack.set("dilation", 2)
    expected = "x1h28w28-c12k3d2-m-c16k5-m-f-l120-l84-l10"
    assert stack.rows == texts(expected)
    expect(stack.root.get_by_role("combobox", name="network")).to_have_value("own")
    stack.choose_layer(0)
    stack.set("channels", 3)
    stack.set("height", 33)
    assert stack.rows == texts(expected.replace("x1h28", "x3h33"))


def test_numbers_without_meaning_change_nothing(stack: Stack) -> None:
    stack.choose_layer(1)
    field = stack.root.get_by_label("kernel_size")
    for text in ("0", "-1", "2.5", "", "1e9"):
        field.fill(text)
        assert stack.rows == texts(LENET)
        field.press("Tab")
        expect(field).to_have_value("5")
    padding = stack.root.get_by_label("padding")
    padding.fill("")
    padding.press("Tab")
    expect(padding).to_have_value("2")


def test_layers_are_added_moved_removed_and_changed(stack: Stack) -> None:
    stack.choose_layer(1)
    stack.press("Add below")
    assert stack.rows == texts("x1h28w28-c6k5p2-c16-m-c16k5-m-f-l120-l84-l10")
    stack.press("Down")
    assert stack.rows == texts("x1h28w28-c6k5p2-m-c16-c16k5-m-f-l120-l84-l10")
    stack.press("Up", 5)
    assert stack.rows == texts("x1h28w28-c16-c6k5p2-m-c16k5-m-f-l120-l84-l10")
    stack.kind("AvgPool2d")
    assert stack.rows == texts("x1h28w28-a-c6k5p2-m-c16k5-m-f-l120-l84-l10")
    assert texts(stack.code) == stack.rows
    stack.press("Remove")
    assert stack.rows == texts(LENET)
    stack.choose_layer(8)
    stack.press("Add below")
    assert stack.rows == texts(LENET + "-l10")
    stack.press("Remove", 8)
    assert [row[0] for row in stack.rows] == ["input", "Conv2d"]
    stack.press("Remove")
    assert stack.rows == texts("x1h28w28")
    stack.press("Add below")
    assert stack.rows == texts("x1h28w28-c16")


def test_keyboard_keeps_its_place(stack: Stack) -> None:
    page = stack.root.page
    focused = "document.activeElement.textContent"
    stack.choose_layer(1)
    stack.root.get_by_role("button", name="Down").press("Enter")
    assert page.evaluate(focused) == "Down"
    page.keyboard.press("Enter")
    assert [row[0] for row in stack.rows][1:4] == ["MaxPool2d", "Conv2d", "Conv2d"]
    stack.root.get_by_role("button", name="Add below").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "Add below"
    stack.lines.nth(1).get_by_role("button").press("Enter")
    assert page.evaluate(focused).startswith("MaxPool2d")
    expect(stack.lines.nth(1).get_by_role("button")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Space")
    expect(stack.root.get_by_role("button", name="Remove")).to_have_count(0)


WRONG = [
    (
        "x1h28w28-c6k5-m-c16k5-m-c8k5d2-l10",
        5,
        "The window spans 2·(5 − 1) + 1 = 9 cells, but the padded input has only 4 + 2·0 = 4.",
    ),
    ("x1h2w28-mk5p1", 1, "The window spans 1·(5 − 1) + 1 = 5 cells, but the padded input has"),
    (
        "x1h28w28-c6-l10",
        2,
        "It needs numbers in a row but gets maps, 6 × 26 × 26. Put Flatten before it.",
    ),
    (
        "x1h28w28-f-c6",
        2,
        "It needs maps but gets 784 numbers (1 × 28 × 28). Move it above Flatten.",
    ),
    ("x1h28w28-f-l9-m", 3, "It needs maps but gets 9 numbers. Move it above Flatten."),
    (
        "x1h28w28-c16k5-m-f-l10i400",
        4,
        "in_features is 400 but it gets 2,304 numbers (16 × 12 × 12).",
    ),
    ("x3h28w28-c6k5i1", 1, "in_channels is 1 but it gets maps, 3 × 28 × 28."),
    ("x1h28w28-mk3p2", 1, "Padding in pooling is at most half the window, here 1."),
]


def test_wrong_stacks_are_explained(stack: Stack) -> None:
    for code, layer, reason in WRONG:
        with pytest.raises(ValueError, match=f"layer {layer} "):
            rows(code)
        go(stack.root.page, f"sizes-{code}")
        fits = code.rsplit("-", code.count("-") - layer + 1)[0]
        table = stack.rows
        assert table[:layer] == texts(fits)
        assert table[layer][1].startswith(reason)
        assert all(row[1:] == ["–"] for row in table[layer + 1 :])
        assert stack.status.startswith(f"Layer {layer}, {table[layer][0]}, does not fit. {reason}")


def test_in_features_may_be_entered(stack: Stack) -> None:
    stack.choose_layer(6)
    field = stack.root.get_by_label("in_features")
    field.fill("256")
    assert "in_features is 256 but it gets 400 numbers (16 × 5 × 5)." in stack.status
    assert stack.code.endswith("-f-l120i256-l84-l10")
    field.fill("400")
    assert stack.rows == texts(LENET)
    field.fill("")
    assert stack.rows == texts(LENET)


# --- The address ------------------------------------------------------------------------------


def test_link_leads_to_the_stack(show: Opener) -> None:
    html = to_html(FIGURE)
    page = show(html)
    first = Stack(page)
    first.choose_layer(1)
    first.set("kernel_size", 7)
    before = first.rows
    first.root.get_by_role("link", name="Link to this stack").click()
    assert page.url.endswith(first.link)
    assert first.status == "The address now leads to this stack."
    assert first.rows == before
    assert re.fullmatch(r"#[a-z0-9-]+", first.link)
    page.evaluate("document.querySelector('.cnn-figure').remove()")
    host(page, html)
    assert Stack(page).rows == before


def test_comes_into_view_when_the_address_is_for_it(show: Opener) -> None:
    page = show('<p style="height: 3000px">')
    go(page, "sizes-x1h9w9-c2")
    host(page, to_html(FIGURE))
    page.wait_for_function("scrollY > 1000")
    assert Stack(page).rows == texts("x1h9w9-c2")


def test_other_anchors_are_left_alone(show: Opener) -> None:
    page = show(to_html(FIGURE), '<h2 id="next" style="margin-top: 3000px">Next</h2>')
    figure = Stack(page)
    figure.choose_layer(1)
    figure.set("kernel_size", 3)
    before = figure.rows
    for anchor in ("next", "sizes", "size-x1", "top"):
        go(page, anchor)
        assert figure.rows == before
    go(page, "next")
    assert page.evaluate("scrollY") > 1000


def test_unreadable_address_changes_nothing(stack: Stack) -> None:
    before = stack.rows
    for text in ("nonsense", "c6", "x1h28w28-c6k0", "x1h28w28-x1", "x1-l10k", ""):
        go(stack.root.page, f"sizes-{text}")
        assert stack.rows == before
        if text:
            assert stack.status == "The address holds no stack that can be read."


def test_two_on_a_page_have_addresses_of_their_own(show: Opener) -> None:
    html = to_html(FIGURE)
    page = show(html, html, to_html(SizeExplorer("source")))
    figures = page.locator(".cnn-figure[data-live]")
    expect(figures).to_have_count(3)
    first, second, third = (Stack(figures.nth(i)) for i in range(3))
    assert [f.link.partition("-")[0] for f in (first, second, third)] == [
        "#sizes",
        "#sizes1",
        "#sizes2",
    ]
    go(page, "sizes1-x1h9w9-c2")
    assert [f.rows for f in (first, second, third)] == [
        texts(LENET),
        texts("x1h9w9-c2"),
        texts(SOURCE),
    ]


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("16 × 10 × 10", "48,120", "61,706", "416,520")

    def drive(self, figure: Driver) -> None:
        figure.root.get_by_role("button", name="Conv2d").first.click()
        figure.root.get_by_label("kernel_size").fill("40")


def test_own_stack_is_among_the_networks(show: Opener) -> None:
    figure = Stack(show(to_html(SizeExplorer("x1h9w9-c2"))))
    expect(figure.root.get_by_role("combobox", name="network")).to_have_value("as given")
    assert figure.rows == texts("x1h9w9-c2")


def test_the_deepest_fits_a_phone(show: Opener) -> None:
    check_phone(show, SizeExplorer("AlexNet"))
