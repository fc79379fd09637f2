"""The pairs explorer, driven in a browser: its means and intervals are NumPy's and Student's."""

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from figure_driver import Driver, Opener, Rules, go, to_html
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from cnnbook import samples
from cnnbook.explore import PairsExplorer
from cnnbook.explore.pairs import student

Floats = NDArray[np.float64]

ROWS = samples.recorded("ablation")["rows"]
CHANGED = {name: 1e4 * (1 - np.array(right)) for name, right in ROWS.items()}
RECIPE = CHANGED.pop("the recipe")
FIGURE = PairsExplorer(RECIPE, CHANGED)
HTML = to_html(FIGURE)
AUGMENTATION, DECAY = "without augmentation", "without weight decay"
# Student's t at 0.975, for 1 to 4 degrees of freedom, as printed in tables.
T = [12.706, 4.303, 3.182, 2.776]


def estimate(name: str, seeds: Any = range(5)) -> tuple[float, float, float]:
    """The mean difference of these seeds, and the ends of its interval."""
    d = (CHANGED[name] - RECIPE)[list(seeds)]
    reach = T[len(d) - 2] * d.std(ddof=1) / math.sqrt(len(d))
    return d.mean(), d.mean() - reach, d.mean() + reach


def number(text: str) -> float:
    return float(text.replace("−", "-"))


class Pairs(Driver):
    """Its rows: seed, recipe, changed, more, and the number line."""

    def seed(self, seed: int) -> Locator:
        return self.root.get_by_role("checkbox", name=str(seed), exact=True)

    def columns(self, part: str) -> Floats:
        rows = self.root.locator(f"{part} tr").evaluate_all(
            "rows => rows.map((row) => [...row.cells].slice(1, 4).map((cell) => cell.textContent))"
        )
        return np.array([[number(text) for text in row] for row in rows]).T

    def place(self, mark: str, name: str) -> list[float]:
        """Where marks lie, as numbers on the line."""
        low, high = FIGURE.scale
        values = self.root.locator(f"i.{mark}").evaluate_all(
            f"marks => marks.map(({{ style }}) => style.getPropertyValue('{name}'))"
        )
        return [low + (high - low) * float(value.removesuffix("%")) / 100 for value in values]

    @property
    def said(self) -> tuple[float, float, float]:
        pattern = r"(\S+) on average of \d seeds, 95 % interval (\S+) to (\S+)\. "
        found = re.match(pattern, self.status)
        assert found
        mean, low, high = map(number, found.groups())
        return mean, low, high


@pytest.fixture
def figure(show: Opener) -> Pairs:
    return Pairs(show(HTML))


# --- Without a browser ------------------------------------------------------------------------


def test_repr_is_short_and_stable() -> None:
    assert repr(FIGURE) == "PairsExplorer(9 changes, 5 seeds)"


def test_quantiles_are_those_of_tables_and_closed_forms() -> None:
    np.testing.assert_allclose(FIGURE.quantiles, T, atol=6e-4)
    assert student(1) == pytest.approx(math.tan(math.pi * 0.475), abs=1e-4)
    assert student(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), abs=1e-5)
    assert student(9) == pytest.approx(2.262157, abs=1e-5)


def test_the_line_has_room_for_every_difference() -> None:
    low, high = FIGURE.scale
    for counts in CHANGED.values():
        assert low < min(counts - RECIPE) <= max(counts - RECIPE) < high
    assert PairsExplorer([1, 1], {"same": [1, 1]}).scale == [-1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": [1.0]}, "PairsExplorer expected 2 to 10 seeds, got 1"),
        ({"recipe": [[1.0, 2.0]]}, r"recipe of shape \(n\), got shape \(1, 2\)"),
        ({"recipe": np.ones(11), "changed": {"a": np.ones(11)}}, "2 to 10 seeds, got 11"),
        ({"changed": {}}, "at least one change, got none"),
        ({"changed": {"a": [1.0]}}, r"a of shape \(2,\), got shape \(1,\)"),
        ({"changed": {"a": [1.0, np.nan]}}, "finite numbers as a"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PairsExplorer(**{"recipe": [1.0, 2.0], "changed": {"a": [2.0, 2.0]}} | change)


def test_seeds_chosen_afterwards_prove_anything() -> None:
    """As chapter 14 says of these two changes."""
    assert estimate(AUGMENTATION)[1] < 0 < estimate(AUGMENTATION, [0, 1, 3])[1]
    assert estimate(DECAY, [1, 2, 3, 4])[1] < 0 < estimate(DECAY)[1]


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHANGED)
def test_shows_the_pairs_and_their_interval(figure: Pairs, name: str) -> None:
    figure.choose(name)
    pairs = [RECIPE, CHANGED[name], CHANGED[name] - RECIPE]
    np.testing.assert_allclose(figure.columns("tbody"), pairs, atol=1e-6)
    means = [[column.mean()] for column in pairs]
    np.testing.assert_allclose(figure.columns("tfoot"), means, atol=0.501)
    np.testing.assert_allclose(figure.said, estimate(name), atol=0.51)
    np.testing.assert_allclose(figure.place("dot", "--at"), pairs[2], atol=1e-3)
    marks = [figure.place("mean", end)[0] for end in ("--at", "--from", "--to")]
    np.testing.assert_allclose(marks, estimate(name), atol=0.01)


@pytest.mark.parametrize("name", [AUGMENTATION, DECAY, "without any of these"])
def test_says_whether_the_interval_contains_zero(figure: Pairs, name: str) -> None:
    figure.choose(name)
    for left_out in itertools.combinations(range(5), 2):
        figure.press("All seeds")
        for seed in left_out:
            figure.seed(seed).uncheck()
        kept = sorted({*range(5)} - {*left_out})
        mean, low, high = estimate(name, kept)
        np.testing.assert_allclose(figure.said, (mean, low, high), atol=0.51)
        assert ("It contains 0: " in figure.status) == (low <= 0 <= high)
        assert ("above 0: taken by itself, the recipe is better" in figure.status) == (low > 0)
        assert "average of 3 seeds" in figure.status


def test_a_change_that_helps_is_said_to_help(show: Opener) -> None:
    figure = Pairs(show(to_html(PairsExplorer([9, 8, 9], {"better": [4, 4, 4]}))))
    assert "below 0: taken by itself, the change is better" in figure.status


def test_two_seeds_are_always_counted(figure: Pairs) -> None:
    for seed in (0, 1, 2):
        expect(figure.root.locator("input:disabled")).to_have_count(0)
        figure.seed(seed).uncheck()
    assert "average of 2 seeds" in figure.status
    np.testing.assert_allclose(figure.said, estimate(AUGMENTATION, [3, 4]), atol=0.51)
    expect(figure.root.locator("input:disabled")).to_have_count(2)
    for seed in (3, 4):
        expect(figure.seed(seed)).to_be_checked()
        expect(figure.seed(seed)).to_be_disabled()
    figure.seed(0).check()
    expect(figure.root.locator("input:disabled")).to_have_count(0)


def test_says_of_how_many_images(figure: Pairs) -> None:
    held_out = samples.recorded("ablation")["held_out"]
    assert f"How many more of the {held_out:,} held-out images are wrong" in figure.text


@pytest.mark.parametrize("width", [390, 900])
def test_the_ends_of_the_line_are_written(show: Opener, width: int) -> None:
    figure = Pairs(show(HTML, width=width))
    labels = figure.root.locator("thead .line i")
    assert [number(text) for text in labels.all_inner_texts()] == [
        FIGURE.scale[0],
        0,
        FIGURE.scale[1],
    ]
    line = figure.root.locator("thead .line").bounding_box()
    boxes = [label.bounding_box() for label in labels.all()]
    assert line
    edges = [line["x"]]
    for box in boxes:
        assert box
        edges += [box["x"], box["x"] + box["width"]]
    edges.append(line["x"] + line["width"])
    assert edges == sorted(edges)
    assert [edges[0], edges[-1]] == pytest.approx([edges[1], edges[-2]])


def test_an_interval_off_the_line_ends_with_it(figure: Pairs) -> None:
    for seed in (0, 1, 2):
        figure.seed(seed).uncheck()
    assert estimate(AUGMENTATION, [3, 4])[2] > FIGURE.scale[1]
    ends = [figure.place("mean", "--from")[0], figure.place("mean", "--to")[0]]
    assert ends == pytest.approx(FIGURE.scale)


@pytest.mark.parametrize("kept", [(0, 1, 2, 3, 4), (0, 1), (1, 2), (3, 4), (0, 2)])
@pytest.mark.parametrize("name", [AUGMENTATION, "without any of these"])
def test_an_interval_fades_where_it_leaves_the_line(
    figure: Pairs, name: str, kept: tuple[int, ...]
) -> None:
    go(figure.root.page, f"pairs-{[*CHANGED].index(name)}-{'-'.join(map(str, kept))}")
    _, low, high = estimate(name, kept)
    fill = figure.root.locator("i.mean").evaluate("mark => getComputedStyle(mark).backgroundImage")
    clear = "rgba(0, 0, 0, 0)"
    faded = [fill.startswith(f"linear-gradient(90deg, {clear}"), fill.endswith(f", {clear})")]
    assert faded == [low < FIGURE.scale[0], high > FIGURE.scale[1]]


def test_keys_and_touch(show: Opener, figure: Pairs) -> None:
    figure.seed(4).focus()
    figure.root.page.keyboard.press("Space")
    np.testing.assert_allclose(figure.said, estimate(AUGMENTATION, range(4)), atol=0.51)
    touched = Pairs(show(HTML, width=390, has_touch=True))
    touched.root.locator("tbody label").nth(4).tap()
    assert touched.said == figure.said
    expect(touched.seed(4)).not_to_be_checked()


@pytest.mark.parametrize("column", range(5))
def test_a_seed_can_be_tapped_anywhere_in_its_row(show: Opener, column: int) -> None:
    figure = Pairs(show(HTML, width=390, has_touch=True))
    place = figure.root.locator("tbody tr").nth(3).locator("th, td").nth(column)
    place.tap()
    expect(figure.seed(3)).not_to_be_checked()
    place.tap()
    expect(figure.seed(3)).to_be_checked()
    for seed in (0, 1, 2):
        figure.seed(seed).uncheck()
    place.tap()
    expect(figure.seed(3)).to_be_checked()


@pytest.mark.parametrize("width", [390, 900])
def test_the_band_is_named_and_lies_in_its_row(show: Opener, width: int) -> None:
    figure = Pairs(show(HTML, width=width))
    name, row = figure.root.get_by_text("95 %", exact=True), figure.root.locator("tfoot tr")
    text, around = name.bounding_box(), row.bounding_box()
    assert text
    assert around
    assert text["y"] + text["height"] <= around["y"] + around["height"]
    assert text["x"] >= around["x"]


def test_the_link_leads_back(figure: Pairs) -> None:
    link = figure.root.locator(".cnn-link")
    assert link.get_attribute("href") == "#pairs-0-0-1-2-3-4"
    before = figure.text
    for code in ("9-1-2", "x-1-2", "1-1", "1", "1-1-5", "1-1-1", "1-1-x", ""):
        go(figure.root.page, f"pairs-{code}")
        assert figure.text == before
    page = figure.root.page
    page.goto(page.url.partition("#")[0] + "#pairs-4-0-2-4")
    page.reload()
    there = Pairs(page)
    expect(there.root.get_by_role("combobox")).to_have_value(DECAY)
    np.testing.assert_allclose(there.said, estimate(DECAY, [0, 2, 4]), atol=0.51)
    assert there.root.locator(".cnn-link").get_attribute("href") == "#pairs-4-0-2-4"


# --- The rules of all figures ------------------------------------------------------------------


class TestRules(Rules):
    figure = FIGURE
    still = (AUGMENTATION, "+10", "−7 … +28", "without any of these", "+58 … +99")

    def drive(self, figure: Driver) -> None:
        figure.choose(DECAY)
        Pairs(figure.root).seed(2).uncheck()


@pytest.mark.parametrize("width", [390, 900])
def test_no_number_is_cut_off(show: Opener, width: int) -> None:
    figure = Pairs(show(HTML, width=width))
    wide = """cells => cells.filter((cell) => cell.scrollWidth > cell.clientWidth)
        .map((cell) => cell.textContent)"""
    assert figure.root.locator("th, td:not(.line)").evaluate_all(wide) == []


def test_marks_stay_in_forced_colours(figure: Pairs) -> None:
    page = figure.root.page
    page.emulate_media(forced_colors="active")
    colour = "mark => getComputedStyle(mark).backgroundColor"
    assert figure.root.locator("i.dot").first.evaluate(colour) == "rgb(0, 158, 115)"
    page.emulate_media(forced_colors="none")
