"""Exercises that are solved in the page: real Python in a browser, from a disk and a server."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import book_pages
import nbformat
import pytest
from checkers import EXERCISES
from firefox import ENTER, Firefox
from playwright.sync_api import Browser, Locator, Page, expect

from _ext.run_in_page import fetch
from tools import zip_book
from tools.browser import served

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^Ready: (Python 3\.\d+)\.\d+ (and NumPy 2\.\d+)\.\d+\.$")
ENDED = re.compile(r"^(Done\.|Python reports an error\.|Stopped)")
TITLE = r'<p class="admonition-title"><span class="caption-number">[^<]*</span> \(In code'
FRONT = (ROOT / "index.md").read_text(encoding="utf-8")
PATIENCE = 120_000  # milliseconds, where other tests keep the processors busy
VERDICTS = """
import warnings

from cnnbook.exercises.{module} import {name} as check

warnings.simplefilter("ignore")
check(check.right)
for forms in check.mistakes.values():
    for wrong in forms:
        check(wrong)
"""
NOWHERE = """document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".run-in-page").dataset.folder = "nowhere";
});"""
CONV2D = """
import numpy as np
from cnnbook.exercises.convolution import conv2d as check

def my_conv2d(x, w, b):
    v = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("nchwij,fcij->nfhw", v, w) + b[:, None, None]

check(my_conv2d)
check(lambda x, w, b: my_conv2d(x, w[:, :, ::-1, ::-1], b))
"""
FAILING = """
import numpy as np

def half(x):
    print("half of", x)
    return np.ones(2) @ np.ones(x)

half(3)
"""
FAILED = """\
half of 3
Traceback (most recent call last):
  File "<your answer>", line 8, in <module>
    half(3)
    ~~~~^^^
  File "<your answer>", line 6, in half
    return np.ones(2) @ np.ones(x)
           ~~~~~~~~~~~^~~~~~~~~~~~
ValueError: matmul: Input operand 1 has a mismatch"""


ABSENT = """\
ModuleNotFoundError: No module named 'torch'
torch is not in the page: besides Python's own modules it has NumPy, cnnlib and the checkers of \
the exercises.
"""


@pytest.fixture(scope="module", autouse=True)
def pyodide() -> None:
    """The book has Python only where it can be had; a check in CI needs it."""
    try:
        fetch.files()
    except fetch.Absent as absent:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no Pyodide: {absent}")


def boxes(page: Path) -> list[dict[str, str]]:
    """The data of all exercises of a page that can be solved in it."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r'<div class="run-in-page"(.*?)></div>', text, re.DOTALL)
    data = [re.findall(r'data-(\w+)="(.*?)"', attributes, re.DOTALL) for attributes in found]
    return [{name: unescape(value) for name, value in pairs} for pairs in data]


def printed(code: str) -> str:
    """What the code prints in the Python of the tests."""
    with contextlib.redirect_stdout(io.StringIO()) as output, warnings.catch_warnings():
        exec(code, {"__name__": "__main__"})
    return output.getvalue()


def stop_clock(page: Page) -> None:
    """No run takes too long from here on, however busy the machine is."""
    page.clock.pause_at(datetime.now() + timedelta(days=1))


class Answer:
    """An exercise of a page: its editor, and what it says."""

    def __init__(self, page: Page, index: int = 0) -> None:
        self.box = page.locator(".run-in-page").nth(index)
        self.editor, self.log = self.box.get_by_role("textbox"), self.box.get_by_role("log")
        self.status = self.box.get_by_role("status")

    def button(self, name: str) -> Locator:
        return self.box.get_by_role("button", name=name)

    def begin(self) -> None:
        self.button("Solve it here").click()
        expect(self.status).to_have_text(READY, timeout=PATIENCE)

    def run(self, code: str) -> str:
        """Put the code into the editor and run it to its end; what it prints."""
        self.editor.fill(code)
        self.button("Run").click()
        expect(self.status).to_have_text(ENDED, timeout=PATIENCE)
        return self.log.text_content() or ""


# --- What the book holds ----------------------------------------------------------------------


def test_each_code_exercise_begins_with_its_functions_and_checks(book: Path) -> None:
    verdicts = ""
    for page in (book / "chapters").glob("*.html"):
        found = boxes(page)
        titles = re.findall(TITLE, page.read_text(encoding="utf-8"))
        assert len(found) == len(titles), page.name
        verdicts += "".join(printed(box["stub"]) for box in found)
    checked = re.findall(r"^(\w+): not yet\.", verdicts, re.MULTILINE)
    assert sorted(checked) == sorted(exercise.name for exercise in EXERCISES.values())


def test_the_parts_lie_where_the_pages_look_with_their_licences(book: Path) -> None:
    page = book / "chapters" / "03_convolution.html"
    (box,) = boxes(page)
    folder = (page.parent / box["folder"]).resolve()
    scripts = [folder / f"{name}.js" for name in box["parts"].split()]
    packed = {path for _, path in zip_book.files(book.resolve())}
    assert {*scripts, folder / "LICENSES.txt"} <= packed
    megabytes = sum(script.stat().st_size for script in scripts) / 1e6
    assert f"{megabytes:.0f} MB" in FRONT
    licences = (folder / "LICENSES.txt").read_text(encoding="utf-8")
    assert "Mozilla Public License 2.0" in licences
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in licences
    assert "NumPy Developers" in licences


def test_notebooks_have_no_editor(book: Path) -> None:
    for path in (book / "notebooks").rglob("*.ipynb"):
        assert "run-in-page" not in nbformat.writes(nbformat.read(path, as_version=4))


# --- In the browser ---------------------------------------------------------------------------


def test_from_a_disk(browser: Browser, book: Path) -> None:
    """No request before the click; a right answer, a mistake, an error, and a loop without end."""
    page = browser.new_page(offline=True)
    address = book.as_uri() + "/"
    problems = book_pages.watch(page, address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "chapters/03_convolution.html")
    assert not [url for url in asked if fetch.VERSION in url]
    answer = Answer(page)
    answer.begin()
    assert [url for url in asked if fetch.VERSION in url]
    assert re.sub(READY, r"\1 \2", answer.status.inner_text()) in FRONT
    assert answer.run(CONV2D) == printed(CONV2D)
    assert answer.run("6 * 7") == "42\n"
    assert answer.run("try:\n    answer\nexcept NameError:\n    print('fresh')") == "fresh\n"
    assert answer.run(FAILING).startswith(FAILED)
    assert answer.run("def f():\n    import torch.nn\nf()").endswith(ABSENT)
    assert answer.run("int(input('n? '))").endswith(
        "RuntimeError: input() is not available in the page: write the value into the code.\n"
    )
    expected = "x" * 20_000 + " …\n5001 more characters were printed."
    assert answer.run("print('x' * 25_000)") == expected
    assert answer.run("print('x' * 19_999)") == "x" * 19_999 + "\n"
    answer.editor.fill("while True: pass")
    answer.button("Run").click()
    expect(answer.status).to_have_text("Running …")
    answer.button("Stop").click()
    expect(answer.status).to_have_text("Stopped.")
    assert answer.run("print(1)") == "1\n"
    assert problems == []
    page.context.close()


def test_over_http_below_another_folder(browser: Browser, book: Path) -> None:
    """The exercises of a page share a worker, and a run that takes too long is stopped."""
    with served(book.parent) as address:
        page = browser.new_page()
        page.clock.install()
        problems = book_pages.watch(page, f"{address}{book.name}/")
        page.goto(f"{address}{book.name}/chapters/09_backpropagation.html")
        first, second = Answer(page), Answer(page, 1)
        first.begin()
        second.begin()
        assert len(page.workers) == 1
        stop_clock(page)
        first.editor.fill("print('on')\nwhile True: pass")
        first.button("Run").click()
        expect(first.log).to_have_text("on", timeout=PATIENCE)
        second.button("Run").click()
        expect(second.status).to_have_text("Exercise 9.2 is still running.")
        page.clock.fast_forward(10_000)
        expect(first.status).to_have_text("Stopped after 10 seconds.")
        assert problems == []
        page.context.close()


def test_every_verdict_is_that_of_python_outside_also_on_a_phone(
    browser: Browser, book: Path
) -> None:
    """The right answer and all known mistakes of all checkers, word for word.

    Only a message of NumPy's about whole numbers may say that they have 32 bits.
    """
    page = browser.new_page(offline=True, viewport={"width": 390, "height": 844})
    page.clock.install()
    page.goto((book / "chapters" / "12_mnist.html").as_uri())
    answer = Answer(page)
    answer.begin()
    stop_clock(page)
    for module, name in (exercise.split(".") for exercise in EXERCISES):
        code = VERDICTS.format(module=module, name=name)
        assert answer.run(code).replace("int32", "int64") == printed(code)
    page.clock.run_for(300)  # then the theme has looked for what scrolls
    page.clock.resume()
    assert book_pages.overflow(page) == []
    known: list[str] = []
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert book_pages.inaccessible(page, known) == []
    page.context.close()


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """A Firefox; without one the test is skipped, but never in CI."""
    program = shutil.which("firefox")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Firefox found")
    browser = Firefox(program, tmp_path)
    yield browser
    browser.close()


def test_from_a_disk_in_firefox(firefox: Firefox, book: Path) -> None:
    """Typed code, a verdict, and a loop without end."""
    box = "//*[@class='run-in-page']"
    editor, status, log = f"{box}/textarea", f"{box}//*[@role='status']", f"{box}/pre"

    def press(name: str) -> None:
        firefox.click(f"{box}//button[text()='{name}']")

    def run(code: str) -> None:
        firefox.script("document.querySelector('.run-in-page textarea').value = arguments[0]", code)
        press("Run")

    firefox.command("Navigate", url=(book / "chapters" / "03_convolution.html").as_uri())
    press("Solve it here")
    firefox.see(status, READY.pattern)
    run("")
    firefox.see(status, r"^Done\.$")
    firefox.type(editor, f"if True:{ENTER}print('indented')")
    press("Run")
    firefox.see(log, "^indented$")
    run(CONV2D)
    firefox.see(log, f"^{re.escape(printed(CONV2D).strip())}$")
    run("while True: pass")
    firefox.see(status, "^Running")
    press("Stop")
    firefox.see(status, r"^Stopped\.$")
    run("print(6 * 7)")
    firefox.see(log, "^42$")


def test_what_is_stopped_while_python_starts_does_not_run(browser: Browser, book: Path) -> None:
    page = browser.new_page(offline=True)
    page.goto((book / "chapters" / "01_introduction.html").as_uri())
    answer = Answer(page)
    answer.button("Solve it here").click()
    answer.editor.fill("print('stopped')")
    answer.button("Run").click()
    answer.button("Stop").click()
    expect(answer.status).to_have_text(READY, timeout=PATIENCE)
    assert answer.log.text_content() == ""
    assert answer.run("print('run')") == "run\n"
    page.context.close()


def test_keyboard_and_what_is_kept(browser: Browser, book: Path) -> None:
    """Tab indents and, after Escape, leaves; an answer is kept. No part of Python is there."""
    page = browser.new_page(offline=True)
    page.add_init_script(NOWHERE)
    page.goto((book / "chapters" / "01_introduction.html").as_uri())
    answer = Answer(page)
    answer.button("Solve it here").click()
    expect(answer.status).to_have_text(re.compile(r"^Python cannot be loaded: \S+ is missing\.$"))
    stub = answer.editor.input_value()
    answer.editor.press("Control+End")
    page.keyboard.type("for i in x:\ny\nz")
    assert answer.editor.input_value() == f"{stub}for i in x:\n    y\n    z"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("w")
    assert answer.editor.input_value().endswith("\n    y\nz    w")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(answer.button("Run")).to_be_focused()
    page.reload()
    answer.button("Continue your answer").click()
    assert answer.editor.input_value().endswith("\n    y\nz    w")
    written = answer.editor.input_value()
    answer.button("Start over").click()
    assert answer.editor.input_value() == stub
    answer.button("Undo").click()
    assert answer.editor.input_value() == written
    answer.button("Start over").click()
    page.reload()
    answer.button("Solve it here").click()
    assert answer.editor.input_value() == stub
    page.emulate_media(media="print")
    expect(answer.editor).to_be_hidden()
    page.context.close()


# --- Where Python comes from ------------------------------------------------------------------


def wheel(folder: Path) -> None:
    """Write a package of the right name whose files are others."""
    name, version = fetch.PACKAGE.replace("-", "_").split("==")
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", about)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        for file in fetch.SHA256:
            archive.writestr(f"{fetch.FOLDER}/{file}", "not what it should be")


def test_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the package, and before them those of the cache."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(fetch.Absent, match=r"No matching distribution found for open-webui"):
        fetch.files(tmp_path)
    wheel(tmp_path)
    with pytest.raises(fetch.Absent, match=r"^pyodide\.js: expected SHA-256 24a4.*, got [0-9a-f]"):
        fetch.files(tmp_path)
    assert not (tmp_path / f"pyodide-{fetch.VERSION}").exists()
    right = fetch.files()
    monkeypatch.setattr(fetch, "download", lambda: right)
    assert fetch.files(tmp_path) == right
    broken = tmp_path / f"pyodide-{fetch.VERSION}" / "pyodide.js"
    broken.write_bytes(b"")
    assert fetch.files(tmp_path) == right
    assert broken.read_bytes() == right["pyodide.js"]


CONFIG = """
import sys
sys.path.insert(0, {path!r})
from _ext.run_in_page import fetch

def absent():
    raise fetch.Absent("no network")

fetch.files = {files}
extensions = ["myst_parser", "sphinx_exercise", "_ext.run_in_page"]
html_theme = "basic"
myst_enable_extensions = ["colon_fence"]
"""
PAGE = """
# Page

:::{exercise} In code
:label: one
Write `twice(x)`.

```python
from cnnbook.exercises.convolution import conv2d as check
check(twice)
```
:::
"""


def built(folder: Path, page: str, files: str) -> subprocess.CompletedProcess[str]:
    """A book of one page, every warning an error."""
    config = CONFIG.format(path=str(ROOT), files=files)
    (folder / "conf.py").write_text(config, encoding="utf-8")
    (folder / "index.md").write_text(page, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "--no-color", ".", "built"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")


def test_a_book_without_python(tmp_path: Path) -> None:
    """It is built, says so in one line, and no page has a button."""
    run = built(tmp_path, PAGE, "absent")
    assert run.returncode == 0, run.stderr
    said = "No exercise can be solved in the page, for want of Pyodide: no network"
    assert run.stdout.splitlines().count(said) == 1
    assert "run-in-page" not in (tmp_path / "built" / "index.html").read_text(encoding="utf-8")


def test_a_text_without_the_function_fails_the_build(tmp_path: Path) -> None:
    run = built(tmp_path, PAGE.replace("`twice(x)`", "it"), "lambda: {'any': b''}")
    assert run.returncode != 0
    assert "one: expected `twice(…)` in its text, got no such code" in run.stderr
