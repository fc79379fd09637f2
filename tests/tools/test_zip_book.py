"""The archive of the book: complete, in one folder, and the same for the same files."""

import os
import re
import zipfile
from pathlib import Path

import pytest

from tools import zip_book

BOOK = {
    "index.html": "<h1>Book</h1>",
    "chapters/01.html": "<h1>Größe 大小</h1>",
    "_static/book.css": "h1 { color: red }",
    "_sources/chapters/01.ipynb": "{}",
    "notebooks/chapters/01.ipynb": "{}",
    "notebooks/appendices/glossary.ipynb": "{}",
    ".buildinfo": "of no use to a reader",
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
EXPECTED = {
    "README.txt",
    "index.html",
    "chapters/01.html",
    "_static/book.css",
    "_sources/chapters/01.ipynb",
    "notebooks/LICENSE",
    "notebooks/README.md",
    "notebooks/pyproject.toml",
    "notebooks/chapters/01.ipynb",
    "notebooks/appendices/glossary.ipynb",
    "notebooks/cnnbook/__init__.py",
    "notebooks/cnnlib/__init__.py",
    "notebooks/cnnbook/weights/lenet.npz",
    "notebooks/cnnbook/results/run.json",
}


def write(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    return folder


def pack(folder: Path, book: dict[str, str], project: dict[str, str]) -> Path:
    """The archive of these files."""
    archive = folder / "dist" / "book.zip"
    zip_book.pack(write(folder / "html", book), write(folder / "project", project), archive)
    return archive


def test_archive_holds_the_book_and_the_notebooks_in_one_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(tmp_path, BOOK, PROJECT)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(f"{zip_book.NAME}/{name}" for name in EXPECTED)
        page = archive.read(f"{zip_book.NAME}/chapters/01.html")
    assert page.decode("utf-8") == BOOK["chapters/01.html"]


def test_archive_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    first = pack(tmp_path / "first", BOOK, PROJECT)
    later = pack(tmp_path / "later", dict(reversed(BOOK.items())), dict(reversed(PROJECT.items())))
    assert first.read_bytes() == later.read_bytes()
    page = tmp_path / "later" / "html" / "index.html"
    os.utime(page, (1e9, 1e9))
    page.chmod(0o600)
    zip_book.pack(tmp_path / "later" / "html", tmp_path / "later" / "project", later)
    assert first.read_bytes() == later.read_bytes()


def test_readme_names_what_is_there() -> None:
    """Its commands and its folders are those of the archive and of the package."""
    assert max(map(len, zip_book.README.splitlines())) <= 80
    assert re.findall(r"index\.html|notebooks/LICENSE|lab notebooks", zip_book.README) == [
        "index.html",
        "lab notebooks",
        "notebooks/LICENSE",
    ]
    (extras,) = re.findall(r"\./notebooks\[([\w,]+)\]", zip_book.README)
    project = (zip_book.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(re.search(rf"^{extra} = \[", project, re.MULTILINE) for extra in extras.split(","))


def test_without_a_book_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"expected a built book.*make book"):
        pack(tmp_path, {}, PROJECT)
    assert not (tmp_path / "dist").exists()
