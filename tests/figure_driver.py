"""What the tests of the interactive figures share: opening one in a browser, and driving it."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from cnnbook.explore.figure import Figure
from tools.browser import ABSENT, launch

DARK = """<style>:root { --pst-color-background: #191a1d; --pst-color-text-base: #dcd9d2;
--cnn-input: #5bb5ea; --cnn-kernel: #f28e3c; --cnn-output: #38c79a;
--cnn-gradient: #de8ad0; }
body { background: #191a1d; color: #dcd9d2 }</style>"""


def to_html(figure: Figure) -> str:
    return figure._repr_html_()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a file; without one they are skipped, but never in CI."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(ABSENT)
        yield browser
        browser.close()


Opener = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open a page with these pieces of HTML; afterwards: no error and no request elsewhere."""
    problems: list[str] = []
    pages: list[Page] = []

    def open_page(*parts: str, width: int = 900, **context: Any) -> Page:
        file = tmp_path / "page.html"
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>'
        file.write_text(head + "<main>" + "".join(parts) + "</main></html>", encoding="utf-8")
        size = {"width": width, "height": 1000}
        page = browser.new_context(viewport=size, offline=True, **context).new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda r: problems.append(r.url) if r.url != file.as_uri() else None)
        page.clock.install()
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert problems == []


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
        return self.root.locator(f"table.{role} tr").nth(i).locator("td").nth(j)

    def numbers(self, role: str) -> list[list[str]]:
        rows = self.root.locator(f"table.{role} tr").all()
        return [row.locator("td").all_text_contents() for row in rows]

    def marked(self, role: str, name: str) -> list[tuple[int, int]]:
        """The cells that carry this class."""
        script = """(table, name) => [...table.rows].flatMap((row, i) => [...row.cells].flatMap(
            (cell, j) => cell.classList.contains(name) ? [[i, j]] : []))"""
        return [tuple(at) for at in self.root.locator(f"table.{role}").evaluate(script, name)]

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


def check_phone(show: Opener, figure: Figure) -> None:
    """No wider than 390 pixels; what can be pressed is at least 24 × 24."""
    page = show(to_html(figure), width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    controls = page.locator("button, select, input, textarea, [tabindex='0']")
    boxes = [control.bounding_box() for control in controls.all() if control.is_visible()]
    assert all(box and min(box["width"], box["height"]) >= 24 for box in boxes)


def check_accessible(show: Opener, figure: Figure, drive: Callable[[Driver], None]) -> None:
    """axe-core finds nothing in light or dark, as it opens and after `drive`."""
    for theme in ("", DARK):
        page = show(theme, "<h1>Figures</h1>", to_html(figure))
        for act in (lambda driver: None, drive):
            act(Driver(page))
            found = Axe().run(page).response["violations"]
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def check_still(show: Opener, figure: Figure, *texts: str) -> None:
    """Without JavaScript a picture that says these things, and how to make it move."""
    page = show(to_html(figure), java_script_enabled=False)
    found = page.locator(".cnn-figure").inner_text()
    assert all(text in found for text in (*texts, "run the cell"))


def check_nothing_moves(show: Opener, figure: Figure) -> None:
    """Nothing moves unasked, whatever the reader has asked of motion."""
    for motion in ("reduce", "no-preference"):
        page = show(to_html(figure), reduced_motion=motion)
        before = page.content()
        page.clock.run_for(10_000)
        assert page.content() == before
        assert page.evaluate("document.getAnimations().length") == 0


def check_stops_when_gone(figure: Driver, button: str) -> None:
    """What the button starts ends when the figure is taken off the page."""
    page, text = figure.root.page, "window.gone.textContent"
    figure.press(button)
    figure.root.evaluate("root => { window.gone = root; root.remove(); }")
    page.clock.run_for(500)
    seen = page.evaluate(text)
    page.clock.run_for(5000)
    assert page.evaluate(text) == seen
