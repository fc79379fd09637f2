"""The Chinese edition: whole, the same in all that has no language, and beside the English one."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import book_pages
import pytest
from checkers import EXERCISES
from playwright.sync_api import Browser, Page, expect

from _ext import scripts
from tools import editions, translation

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted(translation.CATALOGUES.rglob("*.po"))
PATIENCE = 120_000  # milliseconds, where other tests keep the processors busy

# What a reader would type, and the section that answers it.
QUESTIONS = {
    "学习率": "chapters/10_gradient_descent.html#one-parabola",
    "感受野": "chapters/04_output_size.html#receptive-field",
    "反向传播": "chapters/09_backpropagation.html#backpropagation",
    "卷积核翻转": "chapters/03_convolution.html#convolution-or-cross-correlation",
    "输出大小": "chapters/04_output_size.html#output-size",
    "池化": "chapters/05_pooling.html#pooling",
    "链式法则": "chapters/08_computational_graphs.html#the-chain-rule",
    "批归一化": "chapters/14_further.html#batch-normalisation",
    "softmax 上溢": "chapters/07_fully_connected.html#overflow-and-the-log-sum-exp-trick",
    "混淆矩阵": "chapters/15_inside.html#the-confusion-matrix-optional",
    "receptive field": "chapters/04_output_size.html#receptive-field",
}
VERDICTS = """
import json, sys, warnings

sys.path.append(sys.argv[1])
from checkers import EXERCISES

warnings.simplefilter("ignore")
print(json.dumps({
    name: {
        "right": it.verdict(it.right),
        "mistakes": [[mistake, *map(it.verdict, forms)] for mistake, forms in it.mistakes.items()],
    }
    for name, it in EXERCISES.items()
}))
"""


# --- The catalogues ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_catalogue_is_whole_and_right(path: Path) -> None:
    faults, waiting = translation.examine(path)
    assert faults == []
    assert waiting == []


def test_catalogues_of_scripts_are_up_to_date() -> None:
    """Those of the pages are compared by what stands on the pages, below."""
    for name, found in (
        ("sphinx", editions.frame()),
        ("scripts", editions.in_scripts()),
        ("checkers", editions.in_checkers()),
    ):
        assert {*found} <= editions.chosen(name), f"make messages; then translate {name}.po"


@pytest.mark.parametrize(
    ("message", "faulty", "problem"),
    [
        ("See {numref}`fig-a`.", "见{numref}`fig-b`。", "numref fig-a"),
        ("See {numref}`Chapter %s <a>`.", "见{numref}`第 %s 章 <b>`。", "numref"),
        ("Set `x = 1`.", "设 `x = 2`。", "code"),
        ("It is $x^2$.", "是 $x^3$。", "formula"),
        ("By [this](sec-a).", "见[此](sec-b)。", "link"),
        ("60,000 images", "600,00 张图像", "number"),
        ("3.7 million weights", "37 万个权重", "number"),
        ("Good, then.", "好,那么。", "half-width"),
        ("Two maps of LeNet", "LeNet的两张图", "no space"),
        ("Right **there**.", "就在**那里。**然后", "asterisk"),
        ("Two strides", "两个步长", "stride is 步幅"),
        ("The **window**", "这个**视窗**", "window is 窗口"),
        ("Two maps.", "1. 两张图。", "begins like a list"),
    ],
)
def test_fault_of_a_page_is_found(message: str, faulty: str, problem: str) -> None:
    assert any(problem in found for found in translation.problems("index", message, faulty))


@pytest.mark.parametrize(
    ("catalogue", "message", "faulty"),
    [
        ("scripts", '"Play"', "播放"),
        ("scripts", '"Play"', '"播"放"'),
        ("scripts", "`Step ${k}`", "`第 ${n} 步`"),
        ("checkers", "expected {0}, got {1}", "应为 {0}，得到 {0}"),
    ],
)
def test_fault_of_a_script_is_found(catalogue: str, message: str, faulty: str) -> None:
    assert translation.problems(catalogue, message, faulty)


def test_right_translations_pass() -> None:
    for catalogue, message, text in [
        ("index", "In {numref}`fig-a`, $x$ is `x`.", "在{numref}`fig-a` 里，$x$ 就是 `x`。"),
        ("index", "3.7 million weights, 48 %", "370 万个权重，48%"),
        ("scripts", "`Step ${k} of ${n}`", "`共 ${n} 步，第 ${k} 步`"),
        ("checkers", "expected {0}, got {1}", "得到 {1}，应为 {0}"),
    ]:
        assert translation.problems(catalogue, message, text) == []


# --- The pages --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(book: Path) -> list[str]:
    """The names of all pages of a reader."""
    found = [page.relative_to(book) for page in book.rglob("*.html")]
    return sorted(it.as_posix() for it in found if it.parts[0] not in {"zh", "_static"})


def test_every_page_has_its_counterpart(book: Path, pages: list[str]) -> None:
    assert len(pages) > 30
    for name in pages:
        for place, other in ((book, "zh"), (book / "zh", "en")):
            page = place / name
            tree = book_pages.parse(page)
            (link,) = tree.select("a.other-edition")
            expected = book / (name if other == "en" else f"zh/{name}")
            assert (page.parent / str(link["href"])).resolve() == expected.resolve()
            assert link["hreflang"] == link["lang"] == {"en": "en", "zh": "zh-CN"}[other]
            assert not tree.select("link[hreflang]")  # these need an address with a host


def test_both_have_the_same_anchors(book: Path, pages: list[str]) -> None:
    for name in pages:
        if name not in ("genindex.html", "search.html"):
            assert book_pages.anchors(book / name) == book_pages.anchors(book / "zh" / name), name


CONTENT = "article math, article code, article pre, article img, article svg"


def test_both_have_the_same_formulas_code_and_pictures(book: Path, pages: list[str]) -> None:
    for name in pages:
        english, chinese = (book_pages.parse(it / name) for it in (book, book / "zh"))
        kinds = [[element.name for element in it.select(CONTENT)] for it in (english, chinese)]
        assert sorted(kinds[0]) == sorted(kinds[1]), name


LATIN = re.compile(r"[A-Za-z][a-z]+(?:[ ,]+[a-z]{2,}){3,}")
UNREAD = "script, style, pre, code, math, svg, .cnn-figure, .sig, [lang=en]"
ENGLISH = {"bibliography.html", "genindex.html"}  # titles of works, names of functions


def english(page: Path) -> list[str]:
    """Each run of English words on a page."""
    tree = book_pages.read(page)
    for element in tree.select(UNREAD):
        element.decompose()
    return [found[0] for found in LATIN.finditer(tree.get_text(" "))]


def test_nothing_is_left_in_english(book: Path, pages: list[str]) -> None:
    for name in pages:
        if Path(name).name not in ENGLISH:
            assert english(book / "zh" / name) == [], name


def test_the_language_is_said_and_set(book: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((book / "zh/chapters/03_convolution.html").as_uri())
    style = "name => getComputedStyle(document.querySelector('article p'))[name]"
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.evaluate(style, "wordBreak") == "normal"
    assert page.evaluate(style, "lineBreak") == "strict"
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/html/chapters/03_convolution.html")
    page.get_by_role("link", name="中文").click()
    page.wait_for_url("**/html/zh/chapters/03_convolution.html")
    page.close()


@pytest.fixture(scope="module")
def ranked(book: Path, browser: Browser) -> Iterator[Page]:
    """A Chinese page on which sections can be ranked."""
    page = browser.new_page()
    page.goto((book / "zh/index.html").as_uri())
    page.evaluate("bookSearch.load()")
    yield page
    page.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_search_finds_the_section(ranked: Page, question: str) -> None:
    found = ranked.evaluate("it => bookSearch.rank(it).map(entry => entry.address)", question)
    assert found[0] == QUESTIONS[question], found[:4]


# --- The checkers -----------------------------------------------------------------------------


def verdicts(folder: Path) -> dict[str, dict[str, Any]]:
    """What the checkers in a folder say of right answers and of known mistakes."""
    command = [sys.executable, "-X", "utf8", "-c", VERDICTS, str(ROOT / "tests")]
    run = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_checkers_say_the_same_in_chinese(tmp_path: Path) -> None:
    for name in ("cnnlib", "cnnbook"):
        copytree(ROOT / name, tmp_path / name)
    for path in (tmp_path / "cnnbook/exercises").glob("*.py"):
        source = scripts.translate_module(path.read_text(encoding="utf-8"), "zh_CN")
        path.write_text(source, encoding="utf-8")
    texts = scripts.texts("zh_CN", "checkers")
    chinese = verdicts(tmp_path)
    assert chinese.keys() == EXERCISES.keys()
    for name, exercise in EXERCISES.items():
        assert chinese[name]["right"] == "正确。"
        mistakes = zip(exercise.mistakes, chinese[name]["mistakes"], strict=True)
        for mistake, (expected, *said) in mistakes:
            assert texts.get(mistake, expected) == expected
            assert all(verdict.endswith(expected) for verdict in said), (name, said)
            assert re.search("[\u4e00-\u9fff]", expected), expected


def test_an_exercise_is_solved_in_chinese(book: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((book / "zh/chapters/03_convolution.html").as_uri())
    box = page.locator(".run-in-page").first
    box.get_by_role("button", name="在这里解").click()
    status = box.get_by_role("status")
    expect(status).to_have_text(re.compile("^就绪"), timeout=PATIENCE)
    box.get_by_role("button", name="运行").click()
    expect(status).to_have_text("运行完毕。", timeout=PATIENCE)
    assert "还" in (box.get_by_role("log").text_content() or "")
    page.close()
