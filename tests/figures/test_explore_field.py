"""The field explorer: its cone is where the gradients are, its r and j are those of the chapter."""

import json
import random
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch
from figure_driver import Driver, Opener, Rules, check_link, go, to_html
from playwright.sync_api import Locator, expect

from cnnbook.explore import FieldExplorer
from cnnbook.explore.field import LENET, LIMITS, Layer

FIGURE = FieldExplorer()
HTML = to_html(FIGURE)
DILATED = [(3, 1, 0, 1), (3, 1, 0, 2), (3, 1, 0, 4), (3, 1, 0, 8)]
CHAPTER = Path(__file__).resolve().parents[2] / "chapters/04_output_size.ipynb"

Stack = tuple[list[Layer], int]


def random_stack(seed: int) -> Stack:
    """Layers of any numbers that fit on some pixels."""
    r = random.Random(seed)
    layers: list[Layer] = []
    size = r.randint(5, 40)
    for _ in range(r.randint(1, 6)):
        layer = tuple(r.randint(*limits) for limits in LIMITS.values())
        try:
            FieldExplorer([*layers, layer], size)
        except ValueError:
            continue
        layers.append(layer)
    return (layers, size) if layers else random_stack(seed + 1000)


STACKS: list[Stack] = [(LENET, 28), (DILATED, 33), *(random_stack(seed) for seed in range(16))]


def gradients(layers: list[Layer], size: int, level: int, output: int) -> list[list[int]]:
    """Of each row the cells with a gradient of this output, found by PyTorch; on the padding too.

    As in the figure, cells before the first of their row have negative numbers.
    """
    x = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    padded = []
    for window, stride, padding, dilation in layers[:level]:
        padded.append(torch.nn.functional.pad(x, (padding, padding)))
        padded[-1].retain_grad()
        w = torch.ones(1, 1, window, dtype=torch.float64)
        x = torch.conv1d(padded[-1], w, None, stride, 0, dilation)
    x[0, 0, output].backward()
    found = []
    for row, (_, _, padding, _) in zip(padded, layers, strict=False):
        assert row.grad is not None
        found.append((row.grad[0, 0].nonzero()[:, 0] - padding).tolist())
    return [*found, [output], *([] for _ in layers[level:])]


def place(layers: list[Layer], i: int) -> float:
    """The middle of the field of output i of the last layer: of its first and its last cell."""
    if not layers:
        return i
    *below, (window, stride, padding, dilation) = layers
    first = i * stride - padding
    return (place(below, first) + place(below, first + dilation * (window - 1))) / 2


def code(layers: list[Layer], size: int, level: int, output: int) -> str:
    """The address of this output."""
    return f"{size}_{';'.join(','.join(map(str, layer)) for layer in layers)}_{level}_{output}"


def sentence(cone: list[list[int]], sizes: list[int]) -> str:
    """What the figure says of these cells."""
    pixels = [i for i in cone[0] if 0 <= i < sizes[0]]
    on_zeros = any(not 0 <= i < size for row, size in zip(cone, sizes, strict=True) for i in row)
    if not pixels:
        return "no pixel, only zeros of the padding"
    count, span = len(pixels), pixels[-1] - pixels[0] + 1
    some = f"{count} pixels," if count == span else f"{count} of the {span} pixels"
    text = f"pixel {pixels[0]}" if count == 1 else f"{some} {pixels[0]} to {pixels[-1]}"
    return text + ", and zeros of the padding" * on_zeros


def chapter_fields() -> Callable[[list[tuple[int, int, int]]], list[int]]:
    """The function that the chapter prints."""
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for source in map("".join, (cell["source"] for cell in cells)):
        if "def fields(" in source:
            exec(source.split("\nlenet_windows")[0], names)
    found: Callable[[list[tuple[int, int, int]]], list[int]] = names["fields"]
    return found


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "FieldExplorer(4 layers, 28 pixels, field 16)"


@pytest.mark.parametrize(("layers", "size"), STACKS)
def test_fields_are_those_of_the_chapter(layers: list[Layer], size: int) -> None:
    steps = [(window, stride, dilation) for window, stride, _, dilation in layers]
    rows = FieldExplorer(layers, size).rows
    assert [row.field for row in rows[1:]] == chapter_fields()(steps)


@pytest.mark.parametrize(("layers", "size"), STACKS)
def test_numbers_are_what_pytorch_does(layers: list[Layer], size: int) -> None:
    """Sizes; without padding the field is where the gradients are, and j how far it moves."""
    x = torch.ones(1, 1, size)
    for row, (window, *steps) in zip(FieldExplorer(layers, size).rows[1:], layers, strict=True):
        x = torch.conv1d(x, torch.ones(1, 1, window), None, *steps)
        assert row.size == x.shape[2]
    bare = [(window, stride, 0, dilation) for window, stride, _, dilation in layers]
    field = FieldExplorer(layers, size).rows[-1].field
    jump = FieldExplorer(layers, size).rows[-1].jump
    first, second = (gradients(bare, field + jump, len(bare), i)[0] for i in (0, 1))
    assert first[-1] - first[0] + 1 == field
    assert second[0] - first[0] == jump


@pytest.mark.parametrize(
    ("layers", "size", "error", "message"),
    [
        (LENET, 41, ValueError, "FieldExplorer expected size <= 40, got 41"),
        (LENET, 2.5, TypeError, "FieldExplorer expected an integer as size"),
        ([], 28, ValueError, "expected the number of layers >= 1, got 0"),
        ([(1, 1, 0, 1)] * 7, 28, ValueError, "expected the number of layers <= 6, got 7"),
        ([(3, 1)], 28, ValueError, r"\(window, stride, padding, dilation\) as layer, got \(3, 1\)"),
        ([(8, 1, 0, 1)], 28, ValueError, "FieldExplorer expected window <= 7, got 8"),
        ([(3, 1, 0, 0)], 28, ValueError, "FieldExplorer expected dilation >= 1, got 0"),
        ([(3, 2, 0, 1)] * 2, 4, ValueError, "FieldExplorer, layer 2: .* padded input"),
    ],
)
def test_bad_input_is_named(layers: Any, size: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        FieldExplorer(layers, size)


# --- In a browser -----------------------------------------------------------------------------

CELLS = """svg => [...svg.querySelectorAll("rect")].map(({ x, y, width, classList }) =>
    [y.baseVal.value, x.baseVal.value + width.baseVal.value / 2, [...classList]])"""


class Field(Driver):
    """Rows of cells, from the pixels up."""

    @property
    def picture(self) -> Locator:
        return self.root.get_by_role("slider", name="output")

    @property
    def rows(self) -> list[list[tuple[float, set[str]]]]:
        """Of each row its cells: the middle, in pixels of the input, and the classes."""
        rows: dict[float, list[tuple[float, set[str]]]] = {}
        for y, x, names in self.root.locator("svg").evaluate(CELLS):
            rows.setdefault(y, []).append((x, set(names)))
        return [rows[y] for y in sorted(rows, reverse=True)]

    @property
    def real(self) -> list[list[tuple[float, set[str]]]]:
        return [[cell for cell in row if "pad" not in cell[1]] for row in self.rows]

    @property
    def seen(self) -> list[list[int]]:
        """Of each row the cells that are full; those on the padding before it are negative."""
        rows = []
        for row in self.rows:
            first = next(i for i, (_, names) in enumerate(row) if "pad" not in names)
            rows.append([i - first for i, (_, names) in enumerate(row) if "on" in names])
        return rows

    @property
    def labels(self) -> list[str]:
        """What stands beside the rows, from the pixels up."""
        texts = self.root.locator(".cnn-field > div:first-child > div").all_inner_texts()
        return [text.replace("\u00a0", " ") for text in reversed(texts)]

    @property
    def formula(self) -> str:
        return self.root.locator(".sums").inner_text()

    @property
    def link(self) -> str:
        return str(self.root.locator(".cnn-link").get_attribute("href"))

    def at(self, level: int, output: int) -> tuple[float, float]:
        """Where this output lies on the screen."""
        rows = self.rows
        before = sum(map(len, rows[:level]))
        pads = next(i for i, (_, names) in enumerate(rows[level]) if "pad" not in names)
        box = self.root.locator("rect").nth(before + pads + output).bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def shows(self, level: int, output: int, layers: list[Layer] = LENET, size: int = 28) -> bool:
        """Whether this output is the chosen one, and its cone is where the gradients are."""
        link = f"#field-{code(layers, size, level, output)}"
        return (self.link, self.seen) == (link, gradients(layers, size, level, output))


@pytest.fixture
def figure(show: Opener) -> Field:
    return Field(show(HTML))


def test_opens_with_the_last_output_of_lenet(figure: Field) -> None:
    assert figure.shows(4, 2)
    assert figure.status == "Output 2 of layer 4, counted from 0, sees 16 pixels, 6 to 21."
    assert figure.labels == [
        "pixels\ndotted: padding",
        "layer 1\nsees 5\nstep 1",
        "layer 2\nsees 6\nstep 2",
        "layer 3\nsees 14\nstep 2",
        "layer 4\nsees 16\nstep 4",
    ]
    figure.picture.press("ArrowDown")
    assert "sees r + d (k − 1) j = 6 + 1 · 4 · 2 = 14 pixels" in figure.formula


def test_any_cone_is_where_the_gradients_are(figure: Field) -> None:
    for n, (layers, size) in enumerate(STACKS):
        rows = FieldExplorer(layers, size).rows
        r = random.Random(n)
        for _ in range(4):
            level = r.randint(1, len(layers))
            output = r.choice([0, rows[level].size - 1, r.randrange(rows[level].size)])
            go(figure.root.page, f"field-{code(layers, size, level, output)}")
            assert figure.shows(level, output, layers, size)
            assert (
                figure.status
                == f"Output {output} of layer {level}, counted from 0, sees {{}}.".format(
                    sentence(gradients(layers, size, level, output), [row.size for row in rows])
                )
            )
            assert f"j = {rows[level - 1].field} + " in figure.formula
            assert f" = {rows[level].field} pixels\n" in figure.formula
            assert f" = {rows[level].jump} pixels from" in figure.formula


def test_every_cell_lies_in_the_middle_of_its_field(figure: Field) -> None:
    for layers, size in STACKS:
        go(figure.root.page, f"field-{code(layers, size, len(layers), 0)}")
        rows = FieldExplorer(layers, size).rows
        for level, (row, drawn) in enumerate(zip(rows, figure.real, strict=True)):
            places = [place(layers[:level], i) for i in range(row.size)]
            assert [x for x, _ in drawn] == pytest.approx(places, abs=1e-5)


def test_rows_say_their_field_and_jump(figure: Field) -> None:
    for layers, size in STACKS:
        go(figure.root.page, f"field-{code(layers, size, 1, 0)}")
        rows = FieldExplorer(layers, size).rows
        expected = [[f"sees {row.field}", f"step {row.jump}"] for row in rows[1:]]
        assert [label.split("\n")[1:3] for label in figure.labels[1:]] == expected
        pads = [padding > 0 for _, _, padding, _ in layers]
        assert ["dotted" in label for label in figure.labels] == [*pads, False]


def test_padding_is_drawn_and_reached(figure: Field) -> None:
    page = figure.root.page
    go(page, f"field-{code(LENET, 28, 4, 0)}")
    assert (
        figure.status
        == "Output 0 of layer 4, counted from 0, sees 14 pixels, 0 to 13, and zeros of the padding."
    )
    pixels = figure.rows[0]
    assert [x for x, names in pixels if "pad" in names] == pytest.approx([-2, -1, 28, 29])
    assert [x for x, names in pixels if {"pad", "on"} <= names] == pytest.approx([-2, -1])
    go(page, "field-9_3,1,1,1;1,1,1,1_2_0")
    assert (
        figure.status
        == "Output 0 of layer 2, counted from 0, sees no pixel, only zeros of the padding."
    )
    go(page, "field-9_3,1,1,1;1,1,1,1_2_1")
    assert (
        figure.status
        == "Output 1 of layer 2, counted from 0, sees 2 pixels, 0 to 1, and zeros of the padding."
    )
    go(page, "field-9_1,2,0,1_1_3")
    assert figure.status == "Output 3 of layer 1, counted from 0, sees pixel 6."


def test_holes_of_a_dilation_stay_pale(figure: Field) -> None:
    go(figure.root.page, "field-33_3,1,0,4;3,1,0,8_2_4")
    assert figure.seen[0] == [4, 8, 12, 16, 20, 24, 28]
    assert figure.status == "Output 4 of layer 2, counted from 0, sees 7 of the 25 pixels 4 to 28."


def test_the_bracket_spans_the_field(figure: Field) -> None:
    bracket = figure.picture.locator("> div")
    for level, output in ((4, 0), (3, 9), (1, 14)):
        go(figure.root.page, f"field-{code(LENET, 28, level, output)}")
        box, (zero, _), (one, _) = bracket.bounding_box(), figure.at(0, 0), figure.at(0, 1)
        assert box
        field, middle = FIGURE.rows[level].field, place(LENET[:level], output)
        assert box["width"] == pytest.approx(field * (one - zero), abs=0.1)
        assert box["x"] + box["width"] / 2 == pytest.approx(zero + middle * (one - zero), abs=0.1)
        assert bracket.inner_text() == f"{field}"


def test_a_click_opens_the_cone_of_any_output(figure: Field) -> None:
    mouse = figure.root.page.mouse
    for level, output in ((4, 0), (3, 9), (2, 5), (1, 27)):
        mouse.click(*figure.at(level, output))
        assert figure.shows(level, output)
    mouse.click(*figure.at(0, 3))
    assert figure.shows(1, 3)


def test_the_output_is_dragged_along_its_row(figure: Field) -> None:
    mouse = figure.root.page.mouse
    mouse.move(*figure.at(3, 1))
    assert figure.shows(4, 2)
    mouse.down()
    mouse.move(*figure.at(3, 6))
    assert figure.shows(3, 6)
    mouse.up()
    mouse.move(*figure.at(2, 0))
    assert figure.shows(3, 6)


def test_the_output_is_dragged_by_finger(show: Opener) -> None:
    figure = Field(show(HTML, width=390, has_touch=True))
    page = figure.root.page
    figure.picture.scroll_into_view_if_needed()
    page.touchscreen.tap(*figure.at(2, 3))
    assert figure.shows(2, 3)
    finger = page.context.new_cdp_session(page)
    places = [figure.at(2, 3), figure.at(2, 7), figure.at(2, 11)]
    kinds = ["touchStart", "touchMove", "touchMove"]
    for kind, (x, y) in zip(kinds, places, strict=True):
        points = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        finger.send("Input.dispatchTouchEvent", points)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert figure.shows(2, 11)


def test_arrow_keys_walk_and_come_back(figure: Field) -> None:
    for key, level, output in (
        ("ArrowUp", 4, 2),
        ("ArrowRight", 4, 3),
        ("ArrowDown", 3, 7),
        ("ArrowDown", 2, 9),
        ("ArrowDown", 1, 18),
        ("ArrowDown", 1, 18),
        ("ArrowUp", 2, 9),
        ("ArrowUp", 3, 7),
        ("ArrowUp", 4, 3),
        ("ArrowRight", 4, 4),
        ("ArrowRight", 4, 4),
    ):
        figure.picture.press(key)
        assert (key, figure.link) == (key, f"#field-{code(LENET, 28, level, output)}")
        expect(figure.picture).to_have_attribute("aria-valuenow", str(output))
        expect(figure.picture).to_have_attribute("aria-valuemax", str(FIGURE.rows[level].size - 1))
        expect(figure.picture).to_have_attribute(
            "aria-valuetext", f"layer {level}, output {output}"
        )


def test_the_numbers_of_the_chosen_layer_change(figure: Field) -> None:
    network = figure.root.get_by_role("combobox", name="network")
    expect(network).to_have_value("LeNet: 1, 3 convolve; 2, 4 pool")
    figure.picture.press("ArrowDown")
    expect(figure.root.locator(".cnn-bar > b")).to_have_text("layer 3")
    for name in ("less window", "more stride", "more padding", "more dilation"):
        figure.press(name)
    changed = [*LENET[:2], (4, 2, 1, 2), LENET[3]]
    expect(network).to_have_value("own")
    assert figure.labels[3].split("\n") == ["layer 3", "sees 18", "step 4"]
    assert figure.labels[2].split("\n")[-1] == "dotted: padding"
    expect(figure.root.locator("output")).to_have_text(["4", "2", "1", "2"])
    chosen = int(figure.link.rpartition("_")[2])
    assert figure.shows(3, chosen, changed)


def test_what_does_not_fit_is_refused_and_said(figure: Field) -> None:
    go(figure.root.page, "field-6_3,1,0,1;3,1,0,1_1_1")
    before = figure.link
    figure.press("more dilation")
    assert figure.status == "Then no window of layer 2 would fit."
    figure.press("more window", 2)
    assert figure.status == "Then no window of layer 2 would fit."
    expect(figure.root.get_by_role("group", name="dilation").locator("output")).to_have_text("1")
    assert figure.link == before.replace("6_3,", "6_4,")


def test_networks_are_chosen_from_a_list(figure: Field) -> None:
    rows = {
        "3 × 3, stride 1": [3, 5, 7, 9, 11],
        "3 × 3, stride 2": [3, 7, 15, 31],
        "3 × 3, dilation 1, 2, 4, 8": [3, 7, 15, 31],
        "LeNet: 1, 3 convolve; 2, 4 pool": [5, 6, 14, 16],
    }
    for name, fields in rows.items():
        figure.choose(name)
        found = [re.search(r"sees (\d+)", label) for label in figure.labels]
        assert [int(label[1]) for label in found if label] == fields
        expect(figure.root.get_by_role("combobox")).to_have_value(name)


def test_own_layers_are_among_the_networks(show: Opener) -> None:
    figure = Field(show(to_html(FieldExplorer(DILATED[:2], 9))))
    expect(figure.root.get_by_role("combobox")).to_have_value("as given")
    assert figure.shows(2, 1, DILATED[:2], 9)
    figure = Field(show(to_html(FieldExplorer(DILATED, 33))))
    expect(figure.root.get_by_role("combobox")).to_have_value("3 × 3, dilation 1, 2, 4, 8")
    expect(figure.root.get_by_role("option", name="as given")).to_have_count(0)


# Each output that is chosen from now on; and Play, then Pause, in one moment of a running clock.
WATCH = """picture => {
    globalThis.chosen = [];
    new MutationObserver(() => chosen.push(picture.ariaValueText))
        .observe(picture, { attributeFilter: ["aria-valuetext"] });
}"""
TWICE = "button => { button.click(); button.click(); }"


def test_plays_layer_by_layer_to_where_it_was(figure: Field) -> None:
    page = figure.root.page
    go(page, f"field-{code(LENET, 28, 4, 3)}")
    before = figure.text
    figure.picture.evaluate(WATCH)
    figure.press("Play")
    expect(figure.root.locator("[role=status]")).to_have_attribute("aria-live", "off")
    page.clock.run_for(10_000)
    outputs = [(1, 18), (2, 9), (3, 7), (4, 3)]
    assert page.evaluate("chosen") == [f"layer {k}, output {i}" for k, i in outputs]
    assert figure.shows(4, 3)
    assert figure.text == before
    figure.picture.press("ArrowDown")
    figure.root.get_by_role("button", name="Play").evaluate(TWICE)
    page.clock.run_for(5000)
    assert figure.shows(3, 7)


def test_the_link_leads_back(show: Opener) -> None:
    check_link(
        show,
        FIGURE,
        code([*LENET[:3], (3, 2, 0, 1)], 28, 4, 2),
        lambda figure: figure.press("more window"),
        "28_5,1,2,1_2_0",
        "28_5,1,2,1_0_0",
        "28_5,1,2,1_1_28",
        "28_5,1,2_1_0",
        "28_8,1,0,1_1_0",
        "28_5,1,2,1.5_1_0",
        "4_5,1,0,1_1_0",
        "41_5,1,2,1_1_0",
        "28_" + ";".join(["1,1,0,1"] * 7) + "_1_0",
    )


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = ("pixels", "4\t2\t2\t0\t1\t5\t16\t4", "3\t5\t1\t0\t1\t10\t14\t2")

    def drive(self, figure: Driver) -> None:
        figure.press("more window")
        figure.press("Play")


def test_cells_stay_apart_in_forced_colours(figure: Field) -> None:
    page = figure.root.page
    page.emulate_media(forced_colors="active")
    fills = figure.root.locator("rect").evaluate_all(
        "cells => cells.map((cell) => [cell.className.baseVal, getComputedStyle(cell).fill])"
    )
    page.emulate_media(forced_colors="none")
    colours = {name.strip(): fill for name, fill in fills}
    assert len(set(colours.values())) == len(colours) == 5


TEXTS = """(nodes) => nodes.map((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    return [left, top, right, bottom];
})"""


@pytest.mark.parametrize(
    "address",
    ["33_3,2,2,8;3,2,3,8_2_0", "9_1,1,0,1_1_0", "9_1,1,0,1_1_8", "28_7,3,3,3;3,3,3,5_2_0"],
)
def test_nothing_overlaps_on_a_phone(show: Opener, address: str) -> None:
    figure = Field(show(HTML, width=390))
    page = figure.root.page
    go(page, f"field-{address}")
    assert figure.link == f"#field-{address}"
    texts = figure.root.locator(".cnn-field > div:first-child > div, .rows span, .sums > div, p")
    boxes = texts.evaluate_all(TEXTS)
    drawing = figure.root.locator("svg").bounding_box()
    assert drawing
    x, y = drawing["x"], drawing["y"]
    boxes.append([x, y, x + drawing["width"], y + drawing["height"]])
    for one, other in combinations(boxes, 2):
        left, top = map(max, one[:2], other[:2])
        right, bottom = map(min, one[2:], other[2:])
        assert left >= right or top >= bottom
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
