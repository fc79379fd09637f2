"""The book as a reader gets it: its files, and its pages in a browser without network."""

import pickle
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import book_pages
import nbformat
import pytest
from playwright.sync_api import Browser, Page

from tools import draw_logo
from tools.browser import served
from tools.figures import figures
from tools.notebooks import all_notebooks

ROOT = Path(__file__).resolve().parents[2]
WIDE, NARROW = 1280, 390
KINDS = ["errors", "raw TeX", "inaccessible", "overflow", "unreachable", "pale when dark"]


@pytest.fixture(scope="module")
def pages(book: Path) -> list[Path]:
    """All pages, those that the theme adds too."""
    return sorted(page for page in book.rglob("*.html") if "_static" not in page.parts)


def check(pages: list[Path], checker: Callable[[Path], list[str]]) -> None:
    problems = [f"{page.name}: {problem}" for page in pages for problem in checker(page)]
    assert not problems, "\n".join(problems)


def test_every_chapter_is_there(pages: list[Path]) -> None:
    files = [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("appendices/*.*"), ROOT / "index.md"]
    assert {file.stem for file in files} <= {page.stem for page in pages}


def test_pages_load_nothing_from_elsewhere(pages: list[Path]) -> None:
    check(pages, book_pages.external_in_html)


@pytest.mark.parametrize(
    ("suffix", "checker"),
    [(".css", book_pages.external_in_css), (".js", book_pages.external_in_script)],
)
def test_styles_and_scripts_load_nothing_from_elsewhere(
    pages: list[Path], suffix: str, checker: Callable[[Path], list[str]]
) -> None:
    files = sorted({file for page in pages for file in book_pages.loaded_files(page, suffix)})
    assert files
    check(files, checker)


def test_links_lead_somewhere(pages: list[Path]) -> None:
    check(pages, book_pages.broken_links)


def test_ids_are_unique(pages: list[Path]) -> None:
    check(pages, book_pages.duplicate_ids)


def test_pictures_have_alt_text(pages: list[Path]) -> None:
    check(pages, book_pages.images_without_alt)


def test_exercises_and_solutions_are_listed(book: Path, pages: list[Path]) -> None:
    """The page of solutions links to every exercise of the book, and to as many solutions."""
    index = book_pages.parse(book / "appendices" / "solutions.html")
    linked = {str(link["href"]) for link in index.select("article li a")}
    boxes = {
        f"../{page.relative_to(book).as_posix()}#{box['id']}": "exercise" in box["class"]
        for page in pages
        if not page.is_relative_to(book / "zh")
        for box in book_pages.parse(page).select("div:is(.exercise, .solution)[id]")
    }
    assert linked == boxes.keys()
    assert len(boxes) == 2 * sum(boxes.values()) > 80


def test_terms_lead_to_the_glossary(book: Path) -> None:
    """In bold, where a chapter introduces them; in the plural as well."""
    chapter = (book / "chapters" / "02_input_layer.html").read_text(encoding="utf-8")
    for term, text in {"pixel": "pixels", "normalisation": "normalisation"}.items():
        address = f"../appendices/glossary.html#term-{term}"
        link = f'<a class="term reference internal" href="{address}"><strong>{text}</strong></a>'
        assert link in chapter, text
    glossary = (book / "appendices" / "glossary.html").read_text(encoding="utf-8")
    assert 'id="term-pixel"' in glossary
    assert 'class="term' not in glossary


def test_only_code_that_has_a_colour_has_an_element(pages: list[Path]) -> None:
    """The rest is text: two thirds of what code consists of."""
    style = (ROOT / "_static" / "book.css").read_text(encoding="utf-8")
    lists = re.findall(r"\.highlight :is\((.*)\)", style)
    coloured = {name.strip(" .") for names in lists for name in names.split(",")}
    codes = [code for page in pages for code in book_pages.parse(page).select(".highlight pre")]
    names = {str(it["class"][0]) for code in codes for it in code.find_all("span", class_=True)}
    assert {"c1", "k", "mi", "nf", "s2"} <= names <= coloured


# --- Formulas ---------------------------------------------------------------------------------

# Commands whose name is what they show, and the parts of TeX that show no letters of their own.
WORDS = r"\\(?:b?(mod)|(max|min|log|ln|sin|cos|tanh))(?![a-zA-Z])"
NO_LETTERS = r"\\(?:begin|end)\{\w+\}(?:\{\w+\})?|\\class\{[\w-]+\}|\\[a-zA-Z]+"


def letters(text: str) -> Counter[str]:
    """How often each Latin letter and digit stands in the text, in whichever alphabet."""
    return Counter(re.findall("[0-9A-Za-z]", unicodedata.normalize("NFKC", text)))


def letters_of_tex(tex: str) -> Counter[str]:
    return letters(re.sub(NO_LETTERS, " ", re.sub(WORDS, r"\1\2", tex)))


@pytest.fixture(scope="module")
def formulas(book: Path) -> dict[str, list[str]]:
    """The TeX of all formulas, as the build read it, by page."""
    folder = book.parent / ".doctrees"
    found = {}
    for file in sorted(folder.rglob("*.doctree")):
        with file.open("rb") as stream, pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(ROOT)  # a page may hold a node of our own
            doctree = pickle.load(stream)
        nodes = doctree.findall(lambda node: node.tagname in ("math", "math_block"))
        found[file.relative_to(folder).with_suffix(".html").as_posix()] = [
            n.astext() for n in nodes
        ]
    return {page: tex for page, tex in found.items() if tex}


def test_every_formula_is_set(book: Path, formulas: dict[str, list[str]]) -> None:
    """One element each, in order, with all its letters and digits."""
    assert sum(map(len, formulas.values())) > 1000
    for page, sources in formulas.items():
        elements = book_pages.parse(book / page).select("article math")
        assert len(elements) == len(sources), page
        for tex, element in zip(sources, elements, strict=True):
            assert letters_of_tex(tex) == letters(element.get_text()), f"{page}: {tex}"
            assert not element.find("merror"), f"{page}: {tex}"


def test_a_lost_letter_is_seen() -> None:
    assert letters_of_tex(r"\max_i \mathsf{x}^2 + \alpha") == letters("max i 𝗑2 + α")
    assert letters_of_tex(r"x_1 + y") != letters("x1")


def test_references_to_formulas(book: Path, pages: list[Path]) -> None:
    """Each numbered formula has its anchor, and a reference shows the number that is there."""
    numbers, links = {}, []
    for page in pages:
        name, tree = page.relative_to(book).as_posix(), book_pages.parse(page)
        for box in tree.select("div.math[id]"):
            numbers[f"{name}#{box['id']}"] = box.select(".eqno")[0].get_text().removesuffix("#")
        for link in tree.select("article a.reference[href*='#equation-']"):
            links.append((urljoin(name, str(link["href"])), link.get_text()))
    assert len(numbers) > 50
    assert len(links) > 20
    for address, text in links:
        assert text == numbers[address], address


def test_font_of_the_formulas_comes_early(pages: list[Path]) -> None:
    """It is asked for by the pages that need it, and by no other."""
    for page in pages:
        tree = book_pages.parse(page)
        asking = [it for it in tree.select("head script") if "formulas.woff2" in it.get_text()]
        assert len(asking) == bool(tree.math), page.name


def test_logo_is_what_the_script_draws() -> None:
    assert (ROOT / "_static" / "logo.svg").read_text(encoding="utf-8") == draw_logo.svg()


# --- The book in a browser --------------------------------------------------------------------


def open_window(browser: Browser, *, offline: bool = True) -> Page:
    """A window without animations, whose middle axe would see."""
    return browser.new_context(offline=offline, reduced_motion="reduce").new_page()


def show(window: Page, width: int, theme: str) -> None:
    """Give the window a width, and its page a theme."""
    window.set_viewport_size({"width": width, "height": 900})
    window.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    window.evaluate(book_pages.SETTLE)


Problems = dict[str, list[str]]


def visit(window: Page, base: str, names: list[str]) -> Problems:
    """Open the pages one after the other; the problems by kind, each with its page."""
    light: list[str] = []
    dark: list[str] = []
    checks: dict[tuple[int, str], dict[str, Callable[[Page], list[str]]]] = {
        (WIDE, "light"): {
            "raw TeX": book_pages.raw_tex,
            "inaccessible": lambda page: book_pages.inaccessible(page, light),
        },
        (NARROW, "dark"): {
            "overflow": book_pages.overflow,
            "unreachable": book_pages.unreachable,
            "pale when dark": lambda page: book_pages.pale(page, dark),
        },
    }
    found: Problems = {kind: [] for kind in KINDS}
    errors = book_pages.watch(window, base)
    for name in names:
        errors.clear()
        window.goto(base + name)
        book_pages.unfold(window)
        for (width, theme), checkers in checks.items():
            show(window, width, theme)
            for kind, checker in checkers.items():
                found[kind] += [f"{name}: {problem}" for problem in checker(window)]
        found["errors"] += [f"{name}: {problem}" for problem in errors]
    window.context.close()
    return found


@pytest.fixture(scope="module")
def names(book: Path, pages: list[Path]) -> list[str]:
    """The pages by their addresses inside the book."""
    return [page.relative_to(book).as_posix() for page in pages]


@pytest.fixture(scope="module")
def read(browser: Browser, book: Path, names: list[str]) -> Problems:
    """The whole book, read from its files, without network."""
    return visit(open_window(browser), f"{book.as_uri()}/", names)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_in_a_browser(read: Problems, kind: str) -> None:
    assert not read[kind], "\n".join(read[kind])


@pytest.fixture(scope="module")
def server(book: Path) -> Iterator[str]:
    """The address of the book on this machine."""
    with served(book) as address:
        yield address


def test_pages_over_http(browser: Browser, server: str, names: list[str]) -> None:
    """Scripts may do other things where they have an address."""
    window = open_window(browser, offline=False)
    errors = book_pages.watch(window, server)
    for name in names:
        window.goto(server + name)
        window.evaluate(book_pages.SETTLE)
    window.context.close()
    assert not errors, "\n".join(errors)


def test_english_and_chinese_in_one_line(browser: Browser, book: Path) -> None:
    """Whichever font there is: a narrow apostrophe, and no line break in a Chinese term."""
    window = open_window(browser)
    window.goto((book / "index.html").as_uri())
    measure = """([text, width]) => {
        const span = document.createElement("span");
        span.style.cssText = `display: inline-block; max-width: ${width}`;
        span.textContent = text;
        document.querySelector(".bd-article p").append(span);
        const { width: w, height: h } = span.getBoundingClientRect();
        return [w, h];
    }"""
    (em, line), (apostrophe, _) = (window.evaluate(measure, [t, "none"]) for t in ("卷", "’"))
    term = window.evaluate(measure, ["卷积神经网络", f"{3 * em}px"])
    window.context.close()
    assert apostrophe < em / 2
    assert term[1] < 1.5 * line


def test_reader_can_choose_the_theme(browser: Browser, book: Path) -> None:
    """The themes differ as the checks above assume, and the book keeps the reader's choice."""
    window = open_window(browser)
    colors = []
    for theme in ("light", "dark"):
        window.goto((book / "index.html").as_uri())
        window.evaluate("theme => { localStorage.mode = localStorage.theme = theme }", theme)
        window.reload()
        colors.append(window.evaluate("getComputedStyle(document.body).backgroundColor"))
        show(window, WIDE, theme)
        colors.append(window.evaluate("getComputedStyle(document.body).backgroundColor"))
    window.context.close()
    assert colors[0] == colors[1] != colors[2] == colors[3]


REMEMBER = """document.addEventListener("readystatechange", () => {
  window.heights ??= new Map(
    [...document.querySelectorAll("article :is(.cell_input pre, .dropdown)")]
      .map((element) => [element, element.offsetHeight]));
})"""
GROWTH = "[...heights].map(([element, height]) => Math.abs(element.offsetHeight - height))"


def test_page_holds_still_while_its_scripts_run(browser: Browser, book: Path) -> None:
    """Neither code nor what is folded changes its height: a deep link stays where it led."""
    window = open_window(browser)
    window.add_init_script(REMEMBER)
    window.goto((book / "chapters" / "04_output_size.html").as_uri())
    growth = window.evaluate(GROWTH)
    window.context.close()
    assert len(growth) > 20
    assert max(growth) < 24  # a button beside the title of a solution


SHIFTS = """window.shifts = [];
const moves = ({ sources }) => sources.map(({ node, previousRect, currentRect }) =>
  `${node?.nodeName} ${node?.id || node?.className}: ${previousRect.y} -> ${currentRect.y}`);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) shifts.push([entry.value, moves(entry)]);
}).observe({ type: "layout-shift", buffered: true })"""
SECTIONS = """all => all.map((heading) => heading.parentElement.id)
  .filter((_, i, { length }) => [length >> 2, length >> 1, length - 2].includes(i))"""
MOVED_MOST = [
    "02_input_layer",
    "04_output_size",
    "05_pooling",
    "09_backpropagation",
    "10_gradient_descent",
    "13_training",
]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("chapter", MOVED_MOST)
def test_a_deep_link_stays_where_it_led(
    browser: Browser, book: Path, chapter: str, width: int
) -> None:
    """The interactive figures above are built before anything is painted."""
    window = open_window(browser)
    window.set_viewport_size({"width": width, "height": 900})
    window.add_init_script(SHIFTS)
    address = (book / "chapters" / f"{chapter}.html").as_uri()
    window.goto(address)
    shifts = {}
    for section in window.locator("article section > h2").evaluate_all(SECTIONS):
        window.goto("about:blank")
        window.goto(f"{address}#{section}")
        window.evaluate(book_pages.SETTLE)
        shifts[section] = window.evaluate("shifts")
    window.context.close()
    assert len(shifts) == 3
    assert all(sum(by for by, _ in moved) <= 0.1 for moved in shifts.values()), shifts


def test_formulas_are_set_in_one_font(
    browser: Browser, book: Path, formulas: dict[str, list[str]]
) -> None:
    """It has all their signs: none comes from whichever font the reader has."""
    window = open_window(browser)
    tools = window.context.new_cdp_session(window)
    for page in formulas:
        window.goto((book / page).as_uri())
        book_pages.unfold(window)
        tools.send("DOM.enable")
        tools.send("CSS.enable")
        root = tools.send("DOM.getDocument")["root"]["nodeId"]
        found = tools.send("DOM.querySelectorAll", {"nodeId": root, "selector": "article math"})
        for tex, node in zip(formulas[page], found["nodeIds"], strict=True):
            fonts = tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
            assert all(font["isCustomFont"] for font in fonts), f"{page}: {tex}: {fonts}"
    window.context.close()


PLACES = """(box) => {
  const [formula, number] = [".formula", ".eqno"].map((name) =>
    box.querySelector(name).getBoundingClientRect());
  return { formula: formula.toJSON(), number: number.toJSON() };
}"""


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_number_stands_beside_or_below_its_formula(
    browser: Browser, book: Path, width: int
) -> None:
    window = open_window(browser)
    window.goto((book / "chapters" / "03_convolution.html").as_uri())
    show(window, width, "light")
    places = window.locator("#equation-eq-conv").evaluate(PLACES)
    window.context.close()
    formula, number = places["formula"], places["number"]
    if width == WIDE:
        assert formula["right"] <= number["left"]
        assert formula["top"] < number["top"] < number["bottom"] < formula["bottom"]
    else:
        assert formula["bottom"] <= number["top"]
        assert number["right"] == pytest.approx(formula["right"], abs=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shade_lies_where_a_formula_goes_on(browser: Browser, book: Path, theme: str) -> None:
    """At the right edge until one has scrolled there, then at the left."""
    window = open_window(browser)
    window.goto((book / "chapters" / "03_convolution.html").as_uri())
    show(window, NARROW, theme)
    window.add_style_tag(content="div.math .formula { max-width: 9rem; padding-top: 12px }")
    formula = window.locator("#equation-eq-conv .formula")
    formula.scroll_into_view_if_needed()
    box = formula.bounding_box()
    assert box
    above = {"y": box["y"] + 2, "height": 8, "width": 3}  # nothing but the ground lies there
    edges = [box["x"] + 1, box["x"] + box["width"] - 4]

    def shaded() -> list[bool]:
        strips = [window.screenshot(clip={"x": x, **above}) for x in edges]
        middle = window.screenshot(clip={"x": box["x"] + box["width"] / 2, **above})
        return [strip != middle for strip in strips]

    assert shaded() == [False, True]
    formula.evaluate("element => { element.scrollLeft = element.scrollWidth }")
    assert shaded() == [True, False]
    window.context.close()


# --- Figures ------------------------------------------------------------------------------------


def test_every_figure_is_drawn_named_and_measured(book: Path) -> None:
    drawn = 0
    for path in all_notebooks():
        cells = nbformat.read(path, as_version=4).cells
        count = sum(len(figures(cell.get("outputs", []))) for cell in cells)
        page = book / path.parent.name / f"{path.stem}.html"
        drawings = book_pages.parse(page).select("svg.drawing")
        assert len(drawings) == count, path.name
        for drawing in drawings:
            assert drawing["role"] == "img"
            assert str(drawing["aria-label"]).strip()
            assert int(str(drawing["width"])) > 0 < int(str(drawing["height"]))
            assert not drawing.find("style"), "a style of one figure holds for the whole page"
        drawn += count
    assert drawn > 20


def test_pictures_are_measured_and_wait(pages: list[Path]) -> None:
    """All but a page's first are loaded when they come near."""
    for page in pages:
        pictures = book_pages.parse(page).select("article img")
        assert all(it.get("width") and it.get("height") for it in pictures), page.name
        assert [it.get("loading") for it in pictures[1:]] == ["lazy"] * len(pictures[1:])


@pytest.fixture(scope="module")
def chapter(browser: Browser, book: Path) -> Iterator[Page]:
    window = open_window(browser)
    window.goto((book / "chapters" / "03_convolution.html").as_uri())
    yield window
    window.context.close()


def test_ink_follows_the_theme(chapter: Page) -> None:
    """Text in a figure has the colour of the text around it."""
    colors = []
    for theme in ("light", "dark"):
        show(chapter, WIDE, theme)
        text = chapter.locator("svg.drawing text[style*='--book-ink']").first
        colors.append(text.evaluate("text => getComputedStyle(text).fill"))
        assert colors[-1] == chapter.evaluate("getComputedStyle(document.body).color")
    assert colors[0] != colors[1]


def test_no_button_where_a_figure_has_its_full_size(chapter: Page) -> None:
    chapter.set_viewport_size({"width": WIDE, "height": 900})
    assert not any(it.is_visible() for it in chapter.locator(".drawing-place > button").all())


@pytest.mark.parametrize("close", ["Escape", "tap", "Enter"])
def test_a_figure_opens_in_full_size(chapter: Page, close: str) -> None:
    """By a tap or a key, once or again; and it comes back to its place."""
    chapter.set_viewport_size({"width": NARROW, "height": 844})
    button = chapter.get_by_role("button", name="Show Figure 3.1 in full size")
    picture = chapter.locator("svg.drawing").first
    before = picture.bounding_box()
    assert before is not None
    assert before["width"] < NARROW
    button.focus()
    chapter.keyboard.press("Enter")
    dialog = chapter.get_by_role("dialog", name="Figure in full size")
    box = dialog.locator("svg.drawing").bounding_box()
    assert box is not None
    assert box["width"] == float(str(dialog.locator("svg.drawing").get_attribute("width")))
    if close == "tap":
        dialog.locator("svg.drawing").click(position={"x": 20, "y": 20})
    else:
        chapter.keyboard.press(close)
    assert dialog.count() == 0
    assert picture.bounding_box() == before
    assert button.evaluate("button => button === document.activeElement")


# --- The checkers find what they are for ------------------------------------------------------

GOOD = """<!doctype html>
<html lang="en">
<head><title>Good</title><style>
html[data-theme=dark] { background: #111; color: #eee } html[data-theme=dark] .dim { color: #333 }
html[data-theme=dark] a { color: #9cf }
</style><link rel="canonical" href="https://book.example/good.html"></head>
<body><main><article>
<h1 id="top">Good</h1>
<p>A <a href="#top">link</a> and <a href="https://elsewhere.example/">another</a>, 5 $ and
<code>\\frac</code>.</p>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" alt="A dot">
<div style="overflow: auto" tabindex="0"><div style="width: 2000px">wide, but it scrolls</div></div>
</article></main></body></html>
"""
FILE_CHECKERS = [
    book_pages.external_in_html,
    book_pages.broken_links,
    book_pages.duplicate_ids,
    book_pages.images_without_alt,
]


def write(folder: Path, html: str, name: str = "page.html") -> Path:
    """The good page with something added, as a file."""
    page = folder / name
    page.write_text(GOOD.replace("</article>", f"{html}</article>"), encoding="utf-8")
    return page


@pytest.mark.parametrize("checker", FILE_CHECKERS)
def test_file_checkers_pass_a_good_page(
    tmp_path: Path, checker: Callable[[Path], list[str]]
) -> None:
    assert checker(write(tmp_path, "")) == []


@pytest.mark.parametrize(
    ("checker", "html", "problem"),
    [
        ("external_in_html", '<script src="https://cdn.example/x.js"></script>', "cdn.example"),
        ("external_in_html", '<link rel="stylesheet" href="//cdn.example/x.css">', "cdn.example"),
        ("external_in_html", '<img src="http://cdn.example/x.png" alt="x">', "cdn.example"),
        ("external_in_html", '<p style="background: url(//cdn.example/x)">x</p>', "cdn.example"),
        ("external_in_html", "<style>@import 'https://cdn.example/x';</style>", "cdn.example"),
        ("external_in_html", "<script>fetch('https://cdn.example/')</script>", "cdn.example"),
        ("broken_links", '<a href="missing.html">x</a>', "missing.html: no such file"),
        ("broken_links", '<a href="#missing">x</a>', "#missing: no such anchor"),
        ("broken_links", '<a href="page.html#missing">x</a>', "#missing: no such anchor"),
        ("broken_links", '<img src="missing.png" alt="x">', "missing.png: no such file"),
        ("duplicate_ids", '<p id="top">x</p>', "id top 2 times"),
        ("images_without_alt", '<img src="x.png">', "x.png has no alt text"),
        ("images_without_alt", '<img src="x.png" alt=" ">', "x.png has no alt text"),
    ],
)
def test_file_checkers_find_a_mistake(
    tmp_path: Path, checker: str, html: str, problem: str
) -> None:
    (found,) = getattr(book_pages, checker)(write(tmp_path, html))
    assert problem in found


def test_style_and_script_checkers_find_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("@font-face { src: url('https://cdn.example/x.woff2') }", encoding="utf-8")
    assert book_pages.external_in_css(file) == ["x loads https://cdn.example/x.woff2"]
    file.write_text("import('https://cdn.example/x.js')", encoding="utf-8")
    assert book_pages.external_in_script(file) == ["x names cdn.example"]


BROWSER_MISTAKES = [
    ("errors", '<script src="https://cdn.example/x.js"></script>', "requests https://cdn.example"),
    ("errors", '<img src="missing.png" alt="x">', "could not load"),
    ("errors", "<script>console.error('oh')</script>", "console: oh"),
    ("errors", "<script>throw new Error('oh')</script>", "error: oh"),
    ("raw TeX", r"<p>\(x\)</p>", "raw TeX"),
    ("raw TeX", "<p>$$x$$</p>", "raw TeX"),
    ("raw TeX", "<p>$x_1 + 2$</p>", "raw TeX"),
    ("raw TeX", r"<p>\frac{1}{2}</p>", "raw TeX"),
    ("raw TeX", "<math><merror>Missing }</merror></math>", "not understood: Missing }"),
    ("raw TeX", '<span class="math">x</span>', "not set: x"),
    ("inaccessible", "<button></button>", "button-name (critical)"),
    ("inaccessible", '<p style="color: #ccc">too pale</p>', "color-contrast (serious)"),
    ("overflow", '<div style="width: 2000px">x</div>', "<div"),
    ("overflow", '<div style="overflow: hidden"><p style="width: 2000px">x</p></div>', "<p"),
    ("unreachable", '<div style="overflow: auto"><p style="width: 900px">x</p></div>', "<div"),
    ("pale when dark", '<p class="dim">too dark</p>', "color-contrast (serious)"),
]


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Problems:
    """What the browser checks say of a good page, and of it with each of the mistakes."""
    folder = tmp_path_factory.mktemp("pages")
    mistakes = {"good.html": "", **{f"{i}.html": it[1] for i, it in enumerate(BROWSER_MISTAKES)}}
    names = [write(folder, html, name).name for name, html in mistakes.items()]
    return visit(open_window(browser), f"{folder.as_uri()}/", names)


def test_browser_checks_pass_a_good_page(seen: Problems) -> None:
    assert not [it for found in seen.values() for it in found if it.startswith("good.html")]


@pytest.mark.parametrize("number", range(len(BROWSER_MISTAKES)))
def test_browser_checks_find_a_mistake(seen: Problems, number: int) -> None:
    kind, _, problem = BROWSER_MISTAKES[number]
    found = [it for it in seen[kind] if it.startswith(f"{number}.html: ")]
    assert any(problem in it for it in found), found
