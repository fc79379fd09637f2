"""The search: the right section first, its list in the dialog and on a page, the words found."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import book_pages
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

CHAPTER = "chapters/03_convolution.html"
GLOSSARY = "appendices/glossary.html#term-"
NEVER_LOADED = ["searchindex.js", "searchtools.js", "language_data.js", "fa-solid-900"]
SHOWN = 20

# What readers type, and the section that answers it, chosen by reading the chapters.
QUESTIONS = {
    "output size": "04_output_size.html#output-size",
    "same padding": "04_output_size.html#padding-same",
    "backprop through a convolution": "09_backpropagation.html#convolution-in-one-dimension",
    "number of parameters": "04_output_size.html#parameters-and-cost",
    "学习率": "10_gradient_descent.html#one-parabola",
    "receptive field": "04_output_size.html#receptive-field",
    "感受野": "04_output_size.html#receptive-field",
    "反向传播": "09_backpropagation.html#backpropagation",
    "池化": "05_pooling.html#pooling",
    "pooling": "05_pooling.html#pooling",
    "max pooling or average pooling": "05_pooling.html#max-or-average",
    "stride": "04_output_size.html#counting-windows",
    "what does dilation do": "04_output_size.html#dilation-a-window-with-holes",
    "1x1 convolution": "04_output_size.html#kernels-of-1-1",
    "overfitting": "04_output_size.html#overfitting",
    "convolution vs cross-correlation": "03_convolution.html#convolution-or-cross-correlation",
    "color image": "03_convolution.html#a-colour-image-one-kernel-for-each-channel",
    "im2col": "03_convolution.html#from-seven-loops-to-one-matrix-product-optional",
    "NCHW": "02_input_layer.html#four-axes-batch-channel-row-column",
    "mnist mean and standard deviation": (
        "02_input_layer.html#normalisation-where-0-1307-and-0-3081-come-from"
    ),
    "translation invariance": "05_pooling.html#equivariant-or-invariant",
    "softmax overflow": "07_fully_connected.html#overflow-and-the-log-sum-exp-trick",
    "cross entropy loss": "07_fully_connected.html#cross-entropy",
    "chain rule": "08_computational_graphs.html#the-chain-rule",
    "transposed convolution": "09_backpropagation.html#convolution-as-a-matrix-optional",
    "mini-batch size": "10_gradient_descent.html#mini-batches",
    "momentum": "11_optimisers.html#momentum",
    "how does adam work": "11_optimisers.html#rmsprop-and-adam",
    "vanishing gradients": ("11_optimisers.html#vanishing-gradients-sigmoid-and-tanh-optional"),
    "dead relu": "11_optimisers.html#dead-units-optional",
    "train on gpu": "13_training.html#on-a-gpu-optional",
    "data augmentation": "14_further.html#data-augmentation",
    "confusion matrix": "15_inside.html#the-confusion-matrix-optional",
    "gradient check": "09_backpropagation.html#gradient-check",
    "梯度检验": "09_backpropagation.html#gradient-check",
    "why is a nonlinearity needed": "06_nonlinearity.html#layers-without-a-non-linearity",
    "batch norm": "14_further.html#batch-normalisation",
    "batch norm backward": "09_backpropagation.html#batch-normalisation-optional",
    "relu backward": "09_backpropagation.html#relu",
    "softmax derivative": "09_backpropagation.html#softmax-and-cross-entropy",
    "gradient of a convolution": "09_backpropagation.html#convolution-in-one-dimension",
    "output size formula": "04_output_size.html#output-size",
    "receptive field formula": "04_output_size.html#receptive-field",
    "learning rate too large": "10_gradient_descent.html#the-limit-of-the-learning-rate",
}


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """A window without network."""
    context = browser.new_context(offline=True, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def entries(book: Path) -> list[dict[str, Any]]:
    """All that can be found."""
    script = (book / "_static" / "sections.js").read_text(encoding="utf-8")
    return json.loads(script[script.index("(") + 1 : script.rindex(")")])


# --- Ranking ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ranked(browser: Browser, book: Path) -> Iterator[Page]:
    """A page on which sections can be ranked, and which stays there."""
    page = browser.new_page()
    page.goto((book / CHAPTER).as_uri())
    page.evaluate("bookSearch.load()")
    yield page
    page.close()


def addresses(page: Page, question: str) -> list[str]:
    """The addresses of what a question finds, best first."""
    return page.evaluate("it => bookSearch.rank(it).map(entry => entry.address)", question)


@pytest.mark.parametrize("question", QUESTIONS)
def test_right_section_comes_first(ranked: Page, question: str) -> None:
    assert addresses(ranked, question)[0] == f"chapters/{QUESTIONS[question]}"


def test_term_is_found_where_it_is_taught_and_in_the_glossary(
    ranked: Page, entries: list[dict[str, Any]]
) -> None:
    """In both languages. A few are nowhere introduced with their names."""
    names = {
        name: entry["address"]
        for entry in entries
        if entry["address"].startswith(GLOSSARY)
        for name in entry["titles"][:2]
    }
    place = {name: addresses(ranked, name).index(names[name]) for name in names}
    assert len(names) > 180
    assert max(place.values()) < SHOWN, place
    first = [name for name in names if place[name] == 0]
    assert len(first) < 0.05 * len(names), first


def test_close_forms_of_a_word_find_the_same(ranked: Page) -> None:
    for forms in [
        ("normalisation", "normalization"),
        ("mini-batch", "mini-batches"),
        ("padding", "padded"),
        ("colour image", "color images"),
        ("backprop", "Backpropagation"),
    ]:
        one, other = (addresses(ranked, form)[:3] for form in forms)
        assert one == other, forms


def test_words_without_meaning_find_nothing(ranked: Page) -> None:
    for question in ("", "?", "the", "xyzzy"):
        assert addresses(ranked, question) == []


# --- Entries ----------------------------------------------------------------------------------


def test_entries_lead_to_places_that_exist(book: Path, entries: list[dict[str, Any]]) -> None:
    found: dict[str, set[str]] = {}
    for entry in entries:
        page, _, anchor = unquote(entry["address"]).partition("#")
        found.setdefault(page, set()).add(anchor)
    for page, anchors in found.items():
        ids = {str(it["id"]) for it in book_pages.parse(book / page).select("[id]")}
        assert anchors <= ids, page
    assert len([page for page in found if page.startswith("chapters/")]) == 15


def test_entries_are_prose(entries: list[dict[str, Any]]) -> None:
    """No TeX in a chapter, no code, no reading time, no answer that a page keeps folded."""
    for entry in entries:
        if entry["taught"]:
            assert not set("\\$") & set(entry["text"]), entry["address"]
        assert "import numpy" not in entry["text"], entry["address"]
        assert "Reading time" not in entry["text"], entry["address"]
        if entry["address"].endswith("#quiz"):
            assert "Right." not in entry["text"], entry["address"]


# --- The list ---------------------------------------------------------------------------------


def dialog(window: Page, book: Path, question: str) -> Locator:
    """The dialog on a chapter, opened by keyboard, with a question typed into it."""
    window.set_viewport_size({"width": 1280, "height": 900})
    window.goto((book / CHAPTER).as_uri())
    window.keyboard.press("Control+k")
    window.keyboard.type(question)
    found = window.get_by_role("dialog", name="Search")
    expect(found.get_by_role("status")).not_to_be_empty()
    return found


def test_dialog_leads_to_the_section_and_marks_the_words(window: Page, book: Path) -> None:
    found = dialog(window, book, "output size")
    expect(found.get_by_role("status")).to_contain_text("sections found")
    first = found.get_by_role("listitem").first
    expect(first.get_by_role("link")).to_contain_text("4. Output size")
    assert first.locator("p mark").count() >= 1
    window.keyboard.press("ArrowDown")
    expect(first.get_by_role("link")).to_be_focused()
    window.keyboard.press("ArrowUp")
    expect(found.get_by_role("searchbox")).to_be_focused()
    window.keyboard.press("ArrowDown")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    window.wait_for_url("**/04_output_size.html?q=output%20size#*")
    section = window.locator(f"[id='{window.url.partition('#')[2]}']")
    expect(section.get_by_role("heading").first).to_be_in_viewport()
    marks = "[...CSS.highlights.get('search')].map(it => it.toString().toLowerCase())"
    words = set(window.evaluate(marks))
    assert {"output", "size"} <= words
    assert all(word.startswith(("output", "size")) for word in words)
    window.keyboard.press("Escape")
    assert window.evaluate("CSS.highlights.size") == 0


def test_enter_opens_the_first_section(window: Page, book: Path) -> None:
    dialog(window, book, "学习率")
    window.keyboard.press("Enter")
    window.wait_for_url("**/10_gradient_descent.html?q=*#one-parabola")
    expect(window.get_by_role("heading", name="One parabola")).to_be_in_viewport()
    assert window.evaluate("[...CSS.highlights.get('search')].join()") == "学习率"


def test_nothing_found_is_said(window: Page, book: Path) -> None:
    found = dialog(window, book, "xyzzy")
    expect(found.get_by_role("status")).to_have_text("No section found for “xyzzy”.")
    expect(found.get_by_role("listitem")).to_have_count(0)
    window.keyboard.press("Escape")
    expect(found).to_be_hidden()


@pytest.mark.parametrize("question", ["same padding", "学习率"])
def test_page_of_the_search(window: Page, book: Path, question: str) -> None:
    window.goto(f"{(book / 'search.html').as_uri()}?q={question}")
    first = window.get_by_role("main").get_by_role("listitem").first.get_by_role("link")
    first.click()
    window.wait_for_url(f"**/{QUESTIONS[question].replace('#', '?q=*#')}")


def test_dialog_is_accessible(window: Page, book: Path) -> None:
    found = dialog(window, book, "output size")
    for theme in ("light", "dark"):
        window.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        expect(found.get_by_role("listitem").first).to_be_visible()
        assert book_pages.inaccessible(window, []) == []


# --- Every page -------------------------------------------------------------------------------


def test_icon_does_not_cover_the_first_letter(window: Page, book: Path) -> None:
    found = dialog(window, book, "output size")
    icon = found.locator(".fa-magnifying-glass").bounding_box()
    field = found.get_by_role("searchbox")
    left = field.evaluate("it => parseFloat(getComputedStyle(it).paddingLeft)")
    box = field.bounding_box()
    assert icon is not None
    assert box is not None
    assert icon["x"] + icon["width"] < box["x"] + left


IN_VIEW = """() => {
  const seen = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const middle = (left + right) / 2;
    const points = [top + 2, bottom - 2].map((y) => document.elementFromPoint(middle, y));
    return points.every((point) => element.contains(point));
  };
  return ["button.search-button-field", ".bd-docs-nav a.current"].filter((selector) => {
    const element = document.querySelector(selector);
    return element && !seen(element);
  });
}"""


def out_of_view(window: Page, pages: list[Path], height: int) -> dict[Path, list[str]]:
    """What is hidden of the field and of the current entry, one page after the other."""
    window.set_viewport_size({"width": 1280, "height": height})
    found = {}
    for page in pages:
        window.goto(page.as_uri())
        if hidden := window.evaluate(IN_VIEW):
            found[page] = hidden
    return found


def test_each_page_shows_where_one_is_and_loads_what_it_needs(window: Page, book: Path) -> None:
    """Wherever the sidebar was before; the list of sections when asked for, few icons."""
    loaded: list[str] = []
    window.on("request", lambda request: loaded.append(request.url))
    pages = [page for page in sorted(book.rglob("*.html")) if "_static" not in page.parts]
    pages = [page for page in pages if page.name != "search.html"]
    assert out_of_view(window, pages, height=900) == {}
    assert any("icons.css" in url for url in loaded)
    assert not [url for url in loaded if any(name in url for name in NEVER_LOADED)]
    assert not any("sections.js" in url for url in loaded)
    dialog(window, book, "stride")
    assert any("sections.js" in url for url in loaded)


def test_a_low_window_shows_where_one_is_also_backwards(window: Page, book: Path) -> None:
    pages = [*book.rglob("chapters/*.html"), *book.rglob("appendices/**/*.html")]
    assert len(pages) > 60
    assert out_of_view(window, sorted(pages, reverse=True), height=720) == {}
