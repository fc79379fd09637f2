"""Planted bugs: the chapters alone must notice each classic mistake in cnnlib or in their own code.

python -m tools.planted           all of tools/planted.toml; writes tools/planted.json
python -m tools.planted WORD ...  those with such a word in their name; writes nothing

A bug is planted in a copy of the tree, and `pytest --nbval` runs the chapters that should notice.
It is noticed when a cell fails. Without a bug the same chapters must pass, and so must a notebook
that looks where its cnnlib comes from.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.environment import pin
from tools.tree_copy import copied, environment, rewritten

LIST = Path(__file__).with_name("planted.toml")
REPORT = Path(__file__).with_name("planted.json")
COPIED = ["chapters", "cnnbook", "cnnlib", "tests", "tools", "conftest.py", "pyproject.toml"]
FAILED_CELL = re.compile(r"^FAILED \S+::Cell (\d+)", re.MULTILINE)
LIMIT = 3600  # seconds for a chapter


@dataclass(frozen=True)
class Bug:
    """In a module of cnnlib, or a notebook, ``new`` for ``old``, which stands there once."""

    name: str
    file: str
    old: str
    new: str
    chapters: tuple[int, ...]

    def path(self, tree: Path) -> Path:
        if self.file.endswith(".ipynb"):
            return tree / "chapters" / self.file
        return tree / "cnnlib" / f"{self.file}.py"

    def planted(self, tree: Path) -> str:
        """The text of the file with the bug.

        Raises
        ------
        ValueError
            If the old text is not there, or there more than once.
        """
        text = self.path(tree).read_text(encoding="utf-8")
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: expected the old text once in {self.file}, got {count}")
        return text.replace(self.old, self.new)


def bugs() -> list[Bug]:
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["bug"]
    return [Bug(**entry | {"chapters": tuple(entry["chapters"])}) for entry in entries]


def notebook(tree: Path, chapter: int) -> Path:
    (path,) = (tree / "chapters").glob(f"{chapter:02}_*.ipynb")
    return path


def failing_cell(tree: Path, path: Path) -> int | None:
    """The first code cell of a notebook that fails, counted from 1; None if all pass.

    Raises
    ------
    RuntimeError
        If pytest failed in another way, so that no cell was judged.
    """
    options = ["--nbval", "-x", "-q", "--tb=short", "-n=0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(path)],
        cwd=tree,
        env=environment(tree),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT,
    )
    if done.returncode == pytest.ExitCode.OK:
        return None
    found = FAILED_CELL.search(done.stdout)
    if done.returncode != pytest.ExitCode.TESTS_FAILED or not found:
        raise RuntimeError(f"{path.name}: no cell was judged\n{done.stdout}{done.stderr}")
    return int(found[1]) + 1


def check_origin(tree: Path) -> None:
    """Let a notebook in the copy see that it imports the copy's cnnlib."""
    source = f"""from pathlib import Path
import cnnlib
assert Path(cnnlib.__file__).is_relative_to({str(tree)!r}), cnnlib.__file__"""
    path = tree / "chapters" / "origin.ipynb"
    cell = nbformat.v4.new_code_cell(source)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    if failing_cell(tree, path):
        raise RuntimeError("the notebooks of the copy import another cnnlib")


def check_sound(tree: Path, chapters: Iterable[int]) -> None:
    """Without a bug the chapters pass."""
    failing = {}
    for chapter in chapters:
        if cell := failing_cell(tree, notebook(tree, chapter)):
            failing[chapter] = cell
        print(
            f"no bug: chapter {chapter}", f"fails in cell {cell}" if cell else "passes", flush=True
        )
    if failing:
        raise RuntimeError(f"without any bug these chapters fail, in these cells: {failing}")


def examine(tree: Path, bug: Bug) -> dict[str, Any]:
    """What the chapters say about a bug."""
    with rewritten(bug.path(tree), bug.planted(tree)):
        cells = {str(n): failing_cell(tree, notebook(tree, n)) for n in bug.chapters}
    for chapter, cell in cells.items():
        print(f"{bug.name}: chapter {chapter}", f"cell {cell}" if cell else "NOTICES NOTHING")
    sys.stdout.flush()
    return {"name": bug.name, "file": bug.file, "noticed in cell": cells}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    words = parser.parse_args().words
    pin()
    chosen = [bug for bug in bugs() if not words or any(word in bug.name for word in words)]
    with copied(*COPIED) as tree:
        check_origin(tree)
        check_sound(tree, sorted({chapter for bug in chosen for chapter in bug.chapters}))
        planted = [examine(tree, bug) for bug in chosen]
    noticed = sum(all(entry["noticed in cell"].values()) for entry in planted)
    print(f"{noticed} of {len(planted)} planted bugs noticed")
    if not words:
        report = {"bugs": len(planted), "noticed": noticed, "planted": planted}
        text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        REPORT.write_text(text, encoding="utf-8")
    return int(noticed < len(planted))


if __name__ == "__main__":
    sys.exit(main())
