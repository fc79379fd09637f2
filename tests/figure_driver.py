"""What the tests of the interactive figures share: opening one in a browser, and driving it."""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from cnnbook.explore.figure import Figure
from tools.browser import ABSENT, launch

# The package itself would read it in the encoding of the system.
AXE_SCRIPT = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
DARK = """<style>[data-theme="dark"] { --pst-color-background: #191a1d;
--pst-color-text-base: #dcd9d2; --cnn-input: #5bb5ea; --cnn-kernel: #f28e3c;
--cnn-output: #38c79a; --cnn-gradient: #de8ad0;
body { background: #191a1d; color: #dcd9d2 } }</style>"""


def to_html(figure: Figure) -> str:
    return figure._repr_html_()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; without one they are skipped, but never in CI."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(ABSENT)
        yield browser
        browser.close()


Opener = Callable[..., Page]


class Pages:
    """The windows of one browser, used again in the next test: to open one takes half a second."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.addresses: set[str] = set()
        self.free: dict[str, list[Page]] = defaultdict(list)
        self.used: dict[str, list[Page]] = defaultdict(list)
        self.problems: list[str] = []

    def window(
        self, *parts: str, width: int = 900, reduced_motion: Any = "null", **context: Any
    ) -> Page:
        """A window that shows these pieces of HTML, and no other test's state."""
        file = self.folder / f"page{len(self.addresses)}.html"
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>'
        file.write_text(head + "<main>" + "".join(parts) + "</main></html>", encoding="utf-8")
        self.addresses.add(file.as_uri())
        kind = repr(context)
        page = self.free[kind].pop() if self.free[kind] else self._window(**context)
        self.used[kind].append(page)
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(reduced_motion=reduced_motion)
        page.mouse.move(0, 0)  # where no figure lies
        page.goto(file.as_uri())
        return page

    def _window(self, **context: Any) -> Page:
        problems, addresses = self.problems, self.addresses
        page = self.browser.new_context(offline=True, **context).new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda r: problems.append(r.url) if r.url not in addresses else None)
        page.clock.install()
        return page

    def free_all(self) -> None:
        """The next test may use every window."""
        for kind, pages in self.used.items():
            self.free[kind] += pages
        self.used.clear()
        self.problems.clear()


@pytest.fixture(scope="session")
def windows(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The windows that the tests of figures share."""
    return Pages(browser, tmp_path_factory.mktemp("pages"))


@pytest.fixture
def show(windows: Pages) -> Iterator[Opener]:
    """Open a page with these pieces of HTML; afterwards: no error and no request elsewhere."""
    yield windows.window
    problems = list(windows.problems)
    windows.free_all()
    assert problems == []


# --- What a figure shows -----------------------------------------------------------------------

ROWS = "table => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
MARKED = """(table, name) => [...table.rows].flatMap((row, i) => [...row.cells].flatMap(
    (cell, j) => cell.classList.contains(name) ? [[i, j]] : []))"""


def numbers(table: Locator) -> list[list[str]]:
    """What stands in the cells of a table, row by row."""
    found: list[list[str]] = table.evaluate(ROWS)
    return found


def marked(table: Locator, name: str) -> list[tuple[int, int]]:
    """The cells of a table that carry this class."""
    return [(i, j) for i, j in table.evaluate(MARKED, name)]


def cell(table: Locator, i: int, j: int) -> Locator:
    """One cell of a table."""
    return table.locator("tr").nth(i).locator("td").nth(j)


FOLLOWED = """fragment => new Promise((done) => {
    if (location.hash === "#" + fragment) done();
    addEventListener("hashchange", () => done(), { once: true });
    location.hash = fragment;
})"""


def go(page: Page, fragment: str) -> None:
    """Change the address; the figures, which listened before, have followed it then."""
    page.evaluate(FOLLOWED, fragment)


class Driver:
    """One explorer on a page: its controls by name, and what it shows."""

    def __init__(self, root: Page | Locator) -> None:
        self.root = root.locator(".cnn-figure").first if isinstance(root, Page) else root

    def press(self, name: str, times: int = 1) -> None:
        for _ in range(times):
            self.root.get_by_role("button", name=name, exact=True).click()

    def choose(self, kernel: str) -> None:
        self.root.get_by_role("combobox").select_option(kernel)

    def move(self, window: int) -> None:
        self.root.get_by_role("slider").fill(str(window))

    def cell(self, role: str, i: int, j: int) -> Locator:
        return cell(self.table(role), i, j)

    def numbers(self, role: str) -> list[list[str]]:
        return numbers(self.table(role))

    def marked(self, role: str, name: str) -> list[tuple[int, int]]:
        return marked(self.table(role), name)

    def table(self, role: str) -> Locator:
        return self.root.locator(f"table.{role}")

    @property
    def status(self) -> str:
        return self.root.locator("p[role=status]").inner_text()

    @property
    def sum(self) -> str:
        return " ".join(self.root.locator(".cnn-sum > span").all_inner_texts())

    @property
    def text(self) -> str:
        return self.root.inner_text()


# --- The rules that every figure keeps ---------------------------------------------------------

HOSTED = """html => {
    const host = document.createElement("div");
    host.innerHTML = html;
    for (const old of host.querySelectorAll("script")) {
        const script = document.createElement("script");
        for (const { name, value } of old.attributes) script.setAttribute(name, value);
        script.textContent = old.textContent;
        old.replaceWith(script);
    }
    document.body.append(host);
}"""


def host(page: Page, html: str) -> None:
    """Put a figure where JupyterLab puts it; a browser may run its script a moment later."""
    page.evaluate(HOSTED, html)
    page.wait_for_function("!document.querySelector('.cnn-figure:not([data-live])')")


def check_html(figure: Figure, largest: int = 32 * 1024) -> None:
    """One small <div> that loads nothing, and is the same each time."""
    html = to_html(figure)
    assert len(html.encode()) <= largest
    assert re.findall(r"</?(?:div|script|style)\b", html)[0] == "<div"
    assert html.count("<script") == html.count("</script>") == 1
    assert not re.search(r"https?:|[\"'(]//|\bsrc=|\bid=|\bimport\b|@import|url\(", html)
    assert to_html(figure) == html


def check_twice_and_hosted(show: Opener, figure: Figure) -> None:
    """Alive twice on a page, and where JupyterLab puts it: innerHTML, then renewed scripts."""
    html = to_html(figure)
    page = show(html, html)
    expect(page.locator(".cnn-figure[data-live]")).to_have_count(2)
    page = show()
    host(page, html)
    expect(page.locator(".cnn-figure[data-live]")).to_have_count(1)


SMALLER_SIDES = """controls => controls.filter((control) => control.checkVisibility())
    .map((control) => control.getBoundingClientRect())
    .map(({ width, height }) => Math.min(width, height))"""


def check_phone(show: Opener, figure: Figure) -> None:
    """No wider than 390 pixels; what can be pressed is at least 24 × 24."""
    page = show(to_html(figure), width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    controls = page.locator("button, select, input, textarea, [tabindex='0']")
    assert min(controls.evaluate_all(SMALLER_SIDES)) >= 24


# Without `preload` and the results that are no violations it takes half the time.
AXE = """async ([theme, rules]) => {
    document.documentElement.dataset.theme = theme;
    const options = { preload: false, resultTypes: ["violations"], ...rules };
    const { violations } = await axe.run(document, options);
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}"""
THEMES = [("light", {}), ("dark", {"runOnly": ["color-contrast", "link-in-text-block"]})]


def check_accessible(show: Opener, figure: Figure, drive: Callable[[Driver], None]) -> None:
    """axe-core finds nothing as the figure opens and after `drive`; in dark only colours differ."""
    page = show(DARK, "<h1>Figures</h1>", to_html(figure), reduced_motion="reduce")
    page.evaluate(AXE_SCRIPT)
    for act in (lambda driver: None, drive):
        act(Driver(page))
        for theme in THEMES:
            found = page.evaluate(AXE, theme)
            assert found == [], found


def check_still(show: Opener, figure: Figure, *texts: str) -> None:
    """Without JavaScript a picture that says these things, and how to make it move."""
    page = show(to_html(figure), java_script_enabled=False)
    found = page.locator(".cnn-figure").inner_text()
    assert all(text in found for text in (*texts, "run the cell"))


MOTIONS = ("reduce", "no-preference")


def check_nothing_moves(show: Opener, figure: Figure, motions: Sequence[str] = MOTIONS) -> None:
    """Nothing moves unasked, whatever the reader has asked of motion."""
    for motion in motions:
        page = show(to_html(figure), reduced_motion=motion)
        before = page.content()
        page.clock.run_for(10_000)
        assert page.content() == before
        assert page.evaluate("document.getAnimations().length") == 0


SEEN = """root => [root.innerText,
    [...root.querySelectorAll("input, select")].map((field) => field.value),
    [...root.querySelectorAll("td, path, svg [role=slider]")].map((node) => node.outerHTML
        .replaceAll(/ (tabindex|value)=".*?"/g, ""))]"""


def check_link(
    show: Opener, figure: Figure, code: str, drive: Callable[[Driver], None], *refused: str
) -> None:
    """`drive` leads to the address of this code, and that leads back; other codes are refused."""
    page = show(to_html(figure))
    driver = Driver(page)
    opened = driver.root.evaluate(SEEN)
    for wrong in (*refused, "", f"{code}__x", f"x{code}"):
        go(page, f"{figure.name}-{wrong}")
        assert driver.root.evaluate(SEEN) == opened, wrong
    drive(driver)
    link = driver.root.get_by_role("link", name="Link to this view")
    address = link.get_attribute("href")
    assert address == f"#{figure.name}-{code}"
    seen = driver.root.evaluate(SEEN)
    assert seen != opened
    page.goto(page.url.partition("#")[0] + address)
    page.reload()
    assert Driver(page).root.evaluate(SEEN) == seen
    go(page, address[1:].replace(code, refused[0]))
    assert Driver(page).root.evaluate(SEEN) == seen


def check_stops_when_gone(figure: Driver, button: str) -> None:
    """What the button starts ends when the figure is taken off the page."""
    page, text = figure.root.page, "window.gone.textContent"
    figure.press(button)
    figure.root.evaluate("root => { window.gone = root; root.remove(); }")
    page.clock.run_for(500)
    seen = page.evaluate(text)
    page.clock.run_for(5000)
    assert page.evaluate(text) == seen


class Rules:
    """These rules as tests. The class of a test file names its figure, and what is its own."""

    figure: Figure
    largest = 32 * 1024  # bytes of HTML
    still: tuple[str, ...]  # what the picture says where no script runs
    motions: Sequence[str] = MOTIONS  # for which nothing moves unasked

    def drive(self, figure: Driver) -> None:
        """Change what the figure says."""
        raise NotImplementedError

    def test_html_is_self_contained_and_small(self) -> None:
        check_html(self.figure, self.largest)

    def test_twice_on_one_page_and_in_jupyterlab(self, show: Opener) -> None:
        check_twice_and_hosted(show, self.figure)

    def test_two_on_a_page_do_not_know_of_each_other(self, show: Opener) -> None:
        html = to_html(self.figure)
        figures = show(html, html).locator(".cnn-figure[data-live]")
        first, second = (Driver(figures.nth(i)) for i in range(2))
        before = second.text
        self.drive(first)
        assert second.text == before != first.text

    def test_nothing_moves_unasked(self, show: Opener) -> None:
        check_nothing_moves(show, self.figure, self.motions)

    def test_is_a_still_picture_without_javascript(self, show: Opener) -> None:
        check_still(show, self.figure, *self.still)

    def test_fits_a_phone(self, show: Opener) -> None:
        check_phone(show, self.figure)

    def test_is_accessible(self, show: Opener) -> None:
        check_accessible(show, self.figure, self.drive)
