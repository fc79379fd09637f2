"""The list of planted bugs fits the code, and a chapter that fails is told from one that passes."""

import ast
from pathlib import Path

import nbformat
import pytest

from tools.planted import Bug, bugs, failing_cell, notebook
from tools.tree_copy import ROOT

BUGS = bugs()


def code(text: str) -> list[str]:
    """The code cells of a notebook."""
    cells = nbformat.reads(text, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_has_its_place(bug: Bug) -> None:
    text = bug.path(ROOT).read_text(encoding="utf-8")
    planted = bug.planted(ROOT)
    assert planted != text
    for source in code(planted) if bug.file.endswith(".ipynb") else [planted]:
        ast.parse(source)
    assert all(notebook(ROOT, chapter).exists() for chapter in bug.chapters)


def test_there_are_many_bugs() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 24
    assert all(bug.chapters for bug in BUGS)


def test_a_text_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cnnlib").mkdir()
    (tmp_path / "cnnlib" / "a.py").write_text("x = 1\nx = 1\n", encoding="utf-8")
    for old, count in (("x = 1", 2), ("x = 2", 0)):
        with pytest.raises(ValueError, match=f"expected the old text once in a, got {count}"):
            Bug("name", "a", old, "y", (1,)).planted(tmp_path)


def test_the_failing_cell_is_found(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "x", "assert x == 2")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert failing_cell(tmp_path, path) == 3


def test_a_notebook_that_cannot_be_read_is_no_bug_noticed(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text("no notebook", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"n\.ipynb: no cell was judged"):
        failing_cell(tmp_path, path)
