"""The archives of the notebooks and of the book: complete, in one folder, the same each time."""

import os
import re
import zipfile
from pathlib import Path

import pytest

from _ext import archive
from tools import zip_book

NOTEBOOKS = {
    "chapters/01.ipynb": "{}",
    "appendices/glossary.ipynb": "{}",
    "chapters/.ipynb_checkpoints/01.ipynb": "{old}",
}
PROJECT = {
    "LICENSE": "MIT",
    "README.md": "# Project",
    "pyproject.toml": "[project]",
    "chapters/01.ipynb": "{source}",
    "appendices/glossary.md": "# Glossary",
    "cnnbook/.ipynb_checkpoints/x.py": "",
    "cnnbook/__init__.py": "",
    "cnnlib/__init__.py": "",
    "cnnlib/__pycache__/x.pyc": "",
    "cnnbook/weights/lenet.npz": "numbers",
    "cnnbook/results/run.json": "{}",
    "tests/test_x.py": "",
}
TO_RUN = {
    "README.txt",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "chapters/01.ipynb",
    "appendices/glossary.ipynb",
    "cnnbook/__init__.py",
    "cnnlib/__init__.py",
    "cnnbook/weights/lenet.npz",
    "cnnbook/results/run.json",
}
BOOK = {
    "index.html": "<h1>Book</h1>",
    "notebooks.zip": "…",
    "chapters/01.html": "<h1>Größe 大小</h1>",
    "_static/book.css": "h1 { color: red }",
    ".buildinfo": "of no use to a reader",
}
TO_READ = {"README.txt", *BOOK} - {".buildinfo"}


def write(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    return folder


def pack(folder: Path, notebooks: dict[str, str], project: dict[str, str]) -> Path:
    """The archive of these notebooks."""
    packed = folder / "notebooks.zip"
    found = archive.contents(write(folder / "lab", notebooks), write(folder / "project", project))
    archive.pack(found, packed)
    return packed


def names(packed: Path) -> list[str]:
    """What an archive holds, which is in order and in one folder."""
    with zipfile.ZipFile(packed) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == sorted(opened.namelist())
        return [name.removeprefix(f"{archive.NAME}/") for name in opened.namelist()]


def test_notebooks_come_with_what_they_need(tmp_path: Path) -> None:
    """With the ready ones, not with their sources."""
    packed = pack(tmp_path, NOTEBOOKS, PROJECT)
    assert set(names(packed)) == TO_RUN
    with zipfile.ZipFile(packed) as opened:
        assert opened.read(f"{archive.NAME}/chapters/01.ipynb") == b"{}"


def test_archive_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    first, later = tmp_path / "first", tmp_path / "later"
    packed = pack(first, NOTEBOOKS, PROJECT).read_bytes()
    backwards = (dict(reversed(files.items())) for files in (NOTEBOOKS, PROJECT))
    assert pack(later, *backwards).read_bytes() == packed
    notebook = later / "lab" / "chapters" / "01.ipynb"
    os.utime(notebook, (1e9, 1e9))
    notebook.chmod(0o600)
    assert pack(later, {}, {}).read_bytes() == packed


def test_archive_of_the_book_holds_that_of_the_notebooks(tmp_path: Path) -> None:
    packed = tmp_path / "book.zip"
    archive.pack(zip_book.contents(write(tmp_path / "html", BOOK)), packed)
    assert set(names(packed)) == TO_READ
    with zipfile.ZipFile(packed) as opened:
        page = opened.read(f"{archive.NAME}/chapters/01.html")
    assert page.decode("utf-8") == BOOK["chapters/01.html"]


@pytest.mark.parametrize(
    ("text", "named"), [(archive.README, TO_RUN), (zip_book.README, TO_READ)], ids=["run", "read"]
)
def test_readme_names_what_is_there(text: str, named: set[str]) -> None:
    """In lines that fit any window; its extras are those of the package."""
    assert max(map(len, text.splitlines())) <= 80
    found = set(re.findall(r"[\w.]+\.(?:html|md|txt|zip)\b|\bLICENSE\b", text))
    assert found
    assert found <= named
    project = (zip_book.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extras in re.findall(r'"\.\[([\w,]+)\]"', text):
        for extra in extras.split(","):
            assert re.search(rf"^{extra} = \[", project, re.MULTILINE)


def test_without_a_book_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"expected a built book.*make book"):
        zip_book.contents(tmp_path)
