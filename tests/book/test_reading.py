"""What a page does while it is read: folds, quizzes, paper, keyboard, other eyes and ears."""

import re
from collections.abc import Iterator
from pathlib import Path

import book_pages
import pytest
from playwright.sync_api import Browser, Page, expect

CHAPTER = "chapters/03_convolution.html"
MOST_STOPS = 633  # of the Tab key in chapters 1 to 10: half of what they had without any care


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A window without network and without animations."""
    context = browser.new_context(offline=True, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def address(book: Path, anchor: str = "") -> str:
    return f"{(book / CHAPTER).as_uri()}#{anchor}"


# --- The first screen -------------------------------------------------------------------------

FIRST_SCREENS = [(1280, 900), (390, 844)]

# How much of a chapter's question and of its first figure is in view when it opens.
SEEN = """() => [".question", "article svg.drawing"].map((selector) => {
    const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return (Math.min(bottom, innerHeight) - Math.min(top, innerHeight)) / (bottom - top);
})"""


@pytest.mark.parametrize(("width", "height"), FIRST_SCREENS)
def test_chapter_opens_with_its_question_and_its_figure(
    window: Page, book: Path, width: int, height: int
) -> None:
    """In both editions; of a tall figure at least the larger part."""
    window.set_viewport_size({"width": width, "height": height})
    for page in sorted(book.rglob("chapters/*.html")):
        window.goto(page.as_uri())
        question, figure = window.evaluate(SEEN)
        assert question == 1, page
        assert figure > 0.5, page


@pytest.mark.parametrize(("width", "height"), FIRST_SCREENS)
def test_first_page_opens_with_the_reader(
    window: Page, book: Path, width: int, height: int
) -> None:
    window.set_viewport_size({"width": width, "height": height})
    for page in (book / "index.html", book / "zh" / "index.html"):
        window.goto(page.as_uri())
        expect(window.locator(".cnn-figure.reader")).to_be_in_viewport(ratio=1)


# --- Folded parts -----------------------------------------------------------------------------


def test_link_to_a_solution_opens_it(window: Page, book: Path) -> None:
    ids = [str(box["id"]) for box in book_pages.parse(book / CHAPTER).select("div.solution")]
    first, second = (window.locator(f"[id='{name}']") for name in ids[:2])
    window.goto(address(book, ids[0]))
    expect(first).not_to_have_class(re.compile("toggle-hidden"))
    expect(first).to_be_in_viewport()
    expect(second).to_have_class(re.compile("toggle-hidden"))
    window.evaluate("hash => { location.hash = hash }", ids[1])
    expect(second).not_to_have_class(re.compile("toggle-hidden"))


def test_folded_cells_say_what_they_hold(book: Path) -> None:
    summaries = book_pages.parse(book / CHAPTER).select("details.hide > summary")
    texts = {" ".join(summary.get_text(" ", strip=True).split()) for summary in summaries}
    assert texts == {
        "Show the code of this figure Hide the code of this figure",
        "Show the output Hide the output",
        "Show the figure Hide the figure",
    }


# --- Quizzes ----------------------------------------------------------------------------------


def test_each_question_has_one_right_answer(book: Path) -> None:
    for page in sorted(book.rglob("chapters/*.html")):
        answers = book_pages.parse(page).select(".quiz details")
        questions = {answer["name"] for answer in answers}
        right = [answer["name"] for answer in answers if "right" in answer["class"]]
        wrong = [answer for answer in answers if "wrong" in answer["class"]]
        assert sorted(right) == sorted(questions), page.name
        assert len(right) + len(wrong) == len(answers), page.name
        assert len(questions) >= 2, page.name


def test_quiz_opens_one_answer_at_a_time_and_counts_the_first(window: Page, book: Path) -> None:
    window.goto(address(book, "quiz"))
    answers = window.locator(".quiz details")
    names = [answer.get_attribute("name") for answer in answers.all()]
    second = names.index("quiz-1-2")
    right = window.locator(".quiz details[name=quiz-1-2].right summary")
    answers.nth(0).locator("summary").click()
    answers.nth(1).locator("summary").click()
    expect(window.locator(".quiz details[name=quiz-1-1][open]")).to_have_count(1)
    right.click()
    answers.nth(second).locator("summary").click()
    left = len(set(names)) - 2
    first = "right" in (answers.nth(0).get_attribute("class") or "")
    expect(window.locator(".quiz-score")).to_have_text(
        f"{1 + first} of 2 right at the first try, {left} to go"
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_place_of_the_score_is_kept_before_there_is_one(
    window: Page, book: Path, width: int
) -> None:
    window.set_viewport_size({"width": width, "height": 900})
    window.goto(address(book, "quiz"))
    height = "document.querySelector('.quiz').getBoundingClientRect().height"
    with_score = window.evaluate(height)
    window.evaluate("document.querySelector('.quiz-score').remove()")
    assert window.evaluate(height) == with_score


def test_answers_to_a_question_are_one_stop_with_arrow_keys_between(
    window: Page, book: Path
) -> None:
    window.goto(address(book, "quiz"))
    first, last = (window.locator(".quiz details[name=quiz-1-1] summary").nth(n) for n in (0, -1))
    second = window.locator(".quiz details[name=quiz-1-1] summary").nth(1)
    first.focus()
    window.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    window.keyboard.press("Tab")
    expect(window.locator(".quiz details[name=quiz-1-2] summary").first).to_be_focused()
    window.keyboard.press("Shift+Tab")
    expect(second).to_be_focused()
    window.keyboard.press("ArrowUp")
    window.keyboard.press("ArrowUp")
    expect(last).to_be_focused()
    window.keyboard.press("Enter")
    expect(window.locator(".quiz details[name=quiz-1-1][open] summary")).to_be_focused()


# --- Paper ------------------------------------------------------------------------------------


def test_paper_is_light_and_shows_every_answer(window: Page, book: Path) -> None:
    window.goto(address(book))
    window.evaluate("document.documentElement.dataset.theme = 'dark'")
    window.locator(".quiz details summary").nth(2).click()
    opened = window.locator("details:is(.quiz *, .below-input)[open]")
    answers = window.locator("details:is(.quiz *, .below-input)").count()
    window.emulate_media(media="print")
    window.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(window.locator("html")).to_have_attribute("data-theme", "light")
    expect(opened).to_have_count(answers)
    expect(window.locator("article h1")).to_have_text(re.compile(r"^3\. Convolution"))
    for hidden in ("#jb-print-toc", ".copybtn", "details.above-input", "summary p", ".quiz-score"):
        assert not any(it.is_visible() for it in window.locator(hidden).all()), hidden
    window.evaluate("window.dispatchEvent(new Event('afterprint'))")
    window.emulate_media(media="screen")
    expect(window.locator("html")).to_have_attribute("data-theme", "dark")
    expect(opened).to_have_count(1)
    expect(window.locator(".quiz-score")).to_have_text(re.compile("of 1 right"))


# --- Keyboard, other eyes and ears ------------------------------------------------------------


def test_copy_buttons_stand_where_one_copies(window: Page, book: Path) -> None:
    window.goto(address(book))
    expect(window.locator("div.cell_input button.copybtn").first).to_be_attached()
    expect(window.locator(".cell_output .stream button.copybtn")).to_have_count(0)


def test_the_tab_key_skips_copy_buttons_and_links_to_headings(window: Page, book: Path) -> None:
    window.goto(address(book))
    for skipped in ("button.copybtn", "a.headerlink", ".solution > .admonition-title > .reference"):
        stops = window.locator(f"article {skipped}").evaluate_all("all => all.map(i => i.tabIndex)")
        assert set(stops) == {-1}, skipped


FOCUSED = """() => {
    const { activeElement: it } = document;
    return it.closest("article") && `${it.localName} ${it.className} ${it.textContent.trim()}`;
}"""


def stops(window: Page) -> list[str]:
    """What the Tab key stops at in the article, from its first to its last stop."""
    window.locator("article").evaluate("it => { it.tabIndex = -1; it.focus(); }")
    window.keyboard.press("Tab")
    found: list[str] = []
    while focused := window.evaluate(FOCUSED):
        found.append(focused)
        window.keyboard.press("Tab")
    return found


def test_the_tab_key_stops_half_as_often(window: Page, book: Path) -> None:
    """Counted by pressing it, all figures included; each chapter still has many stops."""
    counts = {}
    for page in sorted((book / "chapters").glob("*.html"))[:10]:
        window.goto(page.as_uri())
        counts[page.stem] = len(stops(window))
    assert sum(counts.values()) <= MOST_STOPS, counts
    assert min(counts.values()) > 30, counts


BARS = ".cnn-figure.convolution .cnn-bar"
TOGETHER = {
    "numbers": ("03_convolution", f"{BARS} >> nth=0", "[role=spinbutton]"),
    "buttons": ("03_convolution", f"{BARS} >> nth=1", "button"),
    "summands": ("03_convolution", ".cnn-figure.channels .chips", "button"),
    "layers": ("04_output_size", ".cnn-sizes", "th button"),
    "folds": ("04_output_size", ".cell.tag_hide-input.tag_hide-output >> nth=0", "summary"),
}


@pytest.mark.parametrize(("chapter", "group", "parts"), TOGETHER.values(), ids=TOGETHER)
def test_what_stands_together_is_one_stop_with_arrow_keys_between(
    window: Page, book: Path, chapter: str, group: str, parts: str
) -> None:
    """The keys reach all of them, and the Tab key leads past them in both directions."""
    window.goto((book / "chapters" / f"{chapter}.html").as_uri())
    members = window.locator(group).locator(parts)
    count = members.count()
    assert count > 1
    members.first.focus()
    for n in range(1, count):
        window.keyboard.press("ArrowRight")
        expect(members.nth(n)).to_be_focused()
    window.keyboard.press("ArrowRight")
    expect(members.first).to_be_focused()
    window.keyboard.press("ArrowLeft")
    expect(members.last).to_be_focused()
    for way in ("Tab", "Shift+Tab"):
        members.nth(1).focus()
        window.keyboard.press(way)
        assert not members.evaluate_all("all => all.includes(document.activeElement)"), way


def test_a_number_in_a_bar_changes_up_and_down(window: Page, book: Path) -> None:
    window.goto(address(book))
    stride = window.locator(".cnn-figure.convolution [role=spinbutton]").first
    stride.press("ArrowUp")
    expect(stride).to_be_focused()
    expect(stride).to_have_text("2")


def test_a_button_that_goes_leaves_the_others_in_reach(window: Page, book: Path) -> None:
    """ "Photograph" is shown only as long as there is another picture."""
    window.goto(address(book))
    photo = window.locator(".cnn-figure.photo")
    photo.get_by_label("own picture").set_input_files(book / "_static" / "cover.png")
    photo.get_by_role("button", name="Photograph").press("Enter")
    expect(photo.get_by_role("button", name="Photograph")).to_be_hidden()
    photo.get_by_role("combobox").focus()
    window.keyboard.press("Tab")
    expect(photo.get_by_role("button", name="Own picture…")).to_be_focused()


REFERENCES = """section => [...section.querySelectorAll("a.reference")]
    .filter((link) => !link.matches(".solution > .admonition-title > *"))
    .map(({ href, tabIndex }) => [href, tabIndex])"""


def test_a_section_has_one_stop_for_a_place(window: Page, book: Path) -> None:
    """Its first link to there; none is left without a stop."""
    window.goto((book / "chapters" / "09_backpropagation.html").as_uri())
    skipped = 0
    for section in window.locator("article section:has(> h2)").all():
        links = section.evaluate(REFERENCES)
        reached = [href for href, index in links if index == 0]
        assert sorted(reached) == sorted({href for href, _ in links})
        skipped += len(links) - len(reached)
    assert skipped > 0


def test_interactive_figures_have_a_role_a_name_and_an_address(window: Page, book: Path) -> None:
    window.goto(address(book))
    figure = window.get_by_role("group", name="Convolution explorer")
    assert re.fullmatch(r"figure-\w+", figure.first.get_attribute("id") or "")


def test_a_click_on_a_unit_brings_its_explanation_into_view(window: Page, book: Path) -> None:
    window.set_viewport_size({"width": 1280, "height": 900})
    window.goto((book / "chapters/15_inside.html").as_uri())
    figure = window.locator(".cnn-figure.digit").first
    figure.evaluate("figure => figure.scrollIntoView()")
    layer, panel = figure.locator(".layers canvas").nth(4), figure.locator(".panel")
    expect(panel).not_to_be_in_viewport(ratio=0.95)
    layer.click(position={"x": 10, "y": 10})
    expect(panel).to_be_in_viewport(ratio=0.95)
    expect(layer).to_be_in_viewport(ratio=1)


def test_forced_colours_keep_the_mark_of_the_window(browser: Browser, book: Path) -> None:
    context = browser.new_context(offline=True, forced_colors="active")
    page = context.new_page()
    page.goto(address(book))
    marked = page.locator(".cnn-figure.convolution td.on").first
    shadow = marked.evaluate("cell => getComputedStyle(cell).boxShadow")
    context.close()
    assert shadow != "none"


def test_chinese_is_marked_as_such(book: Path) -> None:
    """No Chinese letter stands in an article outside an element of that language."""
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for page in sorted(book.rglob("*.html")):
        if "_static" in page.parts or page.name == "genindex.html":  # Sphinx writes that one
            continue
        for text in book_pages.parse(page).select_one("body").find_all(string=chinese):
            marked = text.find_parent(lang=re.compile("^zh")) is not None
            assert marked or text.find_parent(["pre", "script", "style"]), (page.name, text)
