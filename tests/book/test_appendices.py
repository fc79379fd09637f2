"""What the appendices state about the project is true."""

import ast
import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from cnnbook.exercises import Exercise

ROOT = Path(__file__).resolve().parents[2]
APPENDICES = ROOT / "appendices"
CELLS = nbformat.read(APPENDICES / "common_mistakes.ipynb", as_version=4).cells
MISTAKES = {
    heading: cell.source
    for cell in CELLS
    for heading in re.findall(r"^### (.+)", cell.source, re.MULTILINE)
}


def text(name: str) -> str:
    return (APPENDICES / name).read_text(encoding="utf-8")


# --- common mistakes ---


def exists(test: str) -> bool:
    """Whether there is such a test function, or such a notebook."""
    path, _, name = test.partition("::")
    if not name:
        return (ROOT / path).is_file()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


def test_the_mistakes_are_numbered() -> None:
    assert [heading.split(".")[0] for heading in MISTAKES] == [str(n) for n in range(1, 27)]


@pytest.mark.parametrize("heading", MISTAKES)
def test_a_mistake_names_its_tests_and_its_chapter(heading: str) -> None:
    (line,) = re.findall(r"^\*Tests?:\* (.+)", MISTAKES[heading], re.MULTILINE)
    before, _, chapter = line.partition("*Explained in*")
    assert "{numref}`Chapter %s <chap-" in chapter
    tests = re.findall(r"`((?:tests|chapters)/[^`]+)`", before)
    assert tests
    assert [test for test in tests if not exists(test)] == []
    for checker in re.findall(r"checker `([^`]+)`", before):
        assert isinstance(find(checker), Exercise)


def test_an_absent_test_is_noticed() -> None:
    assert exists("tests/book/test_appendices.py::test_an_absent_test_is_noticed")
    assert not exists("tests/book/test_appendices.py::test_of_nothing")
    assert not exists("chapters/of_nothing.ipynb")


def test_the_demonstrations_are_short() -> None:
    code = [cell.source for cell in CELLS if cell.cell_type == "code"]
    assert max(len(source.splitlines()) for source in code) <= 12
    assert sum("# wrong" in source for source in code) >= 20


# --- reproducibility ---


def test_sums_are_as_the_page_says() -> None:
    found = doctest.testfile(
        str(APPENDICES / "reproducibility.md"), module_relative=False, encoding="utf-8"
    )
    assert (found.failed, found.attempted) == (0, 2)


# --- for lecturers ---


def find(checker: str) -> object:
    module, name = checker.split(".")
    return getattr(importlib.import_module(f"cnnbook.exercises.{module}"), name, None)


def test_checkers_of_the_table_exist() -> None:
    rows = [line for line in text("lecturers.md").splitlines() if line.startswith("| {numref}`%s")]
    named = [re.findall(r"`(\w+\.\w+)`", row) for row in rows]
    assert len(rows) == 15
    assert [i for i, names in enumerate(named, 1) if not names] == [13]  # a program, run as it is
    assert [c for row in named for c in row if not isinstance(find(c), Exercise)] == []


def examples() -> list[str]:
    return re.findall(r"^```python\n(.+?)^```", text("lecturers.md"), re.MULTILINE | re.DOTALL)


def test_own_exercise_names_its_mistakes() -> None:
    names: dict[str, Exercise] = {}
    exec(examples()[1], names)
    mirror = names["mirror"]
    assert mirror.verdict(mirror.right) == "correct."
    for diagnosis, [mistake] in mirror.mistakes.items():
        assert mirror.verdict(mistake) == f"not yet. {diagnosis}"


HAND_IN = """
import numpy as np

def my_size(n, k, s, p, d):
    return {size}

def my_max_pool2d(x, k, stride, padding):
    border = (padding, padding)
    x = np.pad(x, ((0, 0), (0, 0), border, border), constant_values=-np.inf)
    v = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return v[:, :, ::stride, ::stride].max((4, 5))
"""


def grade(folder: Path, size: str) -> str:
    """What pytest says of a hand-in without `my_conv2d`."""
    (folder / "test_hand_in.py").write_text(examples()[2], encoding="utf-8")
    (folder / "hand_in.py").write_text(HAND_IN.format(size=size), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hand_in.py"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    return run.stdout


def test_grading_accepts_what_is_right(tmp_path: Path) -> None:
    right = grade(tmp_path, "max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1)")
    assert "hand_in.py has no function my_conv2d" in right
    assert "1 failed, 3 passed" in right


def test_grading_says_what_is_wrong(tmp_path: Path) -> None:
    wrong = grade(tmp_path, "max(0, (n + p - d * (k - 1) - 1) // s + 1)")
    assert "The padding is counted once; it stands on both sides." in wrong
    assert "2 failed, 2 passed" in wrong
