"""Every page on a phone of 390 pixels: what is cut, and whether the page says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import book_pages
import pytest
from playwright.sync_api import Browser, Page

WIDTH = 390
LONGEST = 49  # characters of what a cell prints
SMALLEST = 11  # pixels of a letter

# What does not fit, with the first characters of what it holds. A box that scrolls has a shadow at
# its edges, which is a background made of gradients that stay in place.
CUT = """longest => {
    const seen = (selector) => [...document.querySelectorAll(selector)]
        .filter((box) => box.checkVisibility());
    const isWide = (box) => box.scrollWidth > box.clientWidth + 1;
    const start = (box) => box.textContent.trim().slice(0, 60);
    const named = (name, boxes) => boxes.map((box) => `${name}: ${start(box)}`);
    const isShaded = (box) => getComputedStyle(box).backgroundImage.includes("gradient");
    const printed = seen(".cell_output .output:is(.stream, .text_plain) pre");
    return [
        ...named("formula", seen("div.math .formula").filter(isWide)),
        ...named("printed", printed.filter(isWide)),
        ...named("long line", printed.filter((box) =>
            box.textContent.split("\\n").some((line) => [...line].length > longest))),
        ...named("no shadow", seen(".bd-article pre, .pst-scrollable-table-container")
            .filter((box) => isWide(box) && !isShaded(box))),
    ];
}"""
WIDE_TABLES = """() => [...document.querySelectorAll(".pst-scrollable-table-container")]
    .filter((box) => box.scrollWidth > box.clientWidth)
    .map((box) => box.textContent.trim().slice(0, 60))"""

# The smallest letters of each figure that has small ones, and those after a tap at its middle.
LETTERS = """smallest => {
    const letters = (figure) => Math.min(...[...figure.querySelectorAll("text")].map((text) => {
        const { a, b } = text.getScreenCTM();
        return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
    }));
    return [...document.querySelectorAll("article svg.drawing:has(text)")].flatMap((figure) => {
        const small = letters(figure);
        if (small >= smallest) return [];
        figure.scrollIntoView({ block: "center" });
        const { left, top, width, height } = figure.getBoundingClientRect();
        document.elementFromPoint(left + width / 2, top + height / 2).click();
        const large = letters(figure);
        figure.closest("dialog")?.close();
        return [[small, large]];
    });
}"""


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    """A window of a phone's size, without network."""
    context = browser.new_context(
        offline=True, reduced_motion="reduce", viewport={"width": WIDTH, "height": 844}
    )
    yield context.new_page()
    context.close()


@dataclass(frozen=True)
class Seen:
    """What a page looks like when its folded parts are open."""

    cut: list[str]
    wide_tables: list[str]
    letters: list[tuple[float, float]]


@pytest.fixture(scope="module")
def seen(phone: Page, book: Path) -> dict[Path, Seen]:
    """All pages, each opened once; the taps that enlarge its figures come last."""
    found = {}
    for page in sorted(book.rglob("*.html")):
        if "_static" not in page.parts:
            phone.goto(page.as_uri())
            book_pages.unfold(phone)
            scripts = [(CUT, LONGEST), (WIDE_TABLES, None), (LETTERS, SMALLEST)]
            found[page] = Seen(*(phone.evaluate(*script) for script in scripts))
    return found


def test_formulas_and_outputs_are_whole_and_the_rest_has_a_cue(seen: dict[Path, Seen]) -> None:
    found = [f"{page.name}: {problem}" for page, it in seen.items() for problem in it.cut]
    assert not found, "\n".join(found)


def test_tables_of_chapters_are_whole(seen: dict[Path, Seen]) -> None:
    """With the column that decides; those of the appendices may scroll, with a shadow."""
    chapters = [page for page in seen if page.parent.name == "chapters"]
    assert chapters
    for page in chapters:
        assert seen[page].wide_tables == [], page


def test_letters_in_figures_are_large_or_a_tap_enlarges_them(seen: dict[Path, Seen]) -> None:
    for page, it in seen.items():
        for small, large in it.letters:
            assert large >= SMALLEST, (page, small, large)
    assert sum(len(it.letters) for it in seen.values()) > 100


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        (
            '<div class="math"><div class="formula" style="overflow: auto"><p>{}</p></div></div>',
            "formula",
        ),
        (
            '<div class="cell_output"><div class="output stream"><pre>{}</pre></div></div>',
            "printed",
        ),
        ('<div class="bd-article"><pre style="overflow: auto">{}</pre></div>', "no shadow"),
    ],
)
def test_what_is_cut_is_found(phone: Page, html: str, problem: str) -> None:
    """In a page without the book's style; and nothing is found where it fits."""
    for text, expected in (("x" * 99, True), ("x", False)):
        style = "<style>div { overflow: auto } p { width: max-content }</style>"
        phone.set_content(style + html.format(text))
        found = phone.evaluate(CUT, LONGEST)
        assert any(it.startswith(problem) for it in found) == expected
