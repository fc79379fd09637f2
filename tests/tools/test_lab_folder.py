"""The folder of `make lab`: up to date, but for what its reader wrote."""

from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.lab import update


@pytest.fixture(autouse=True)
def signatures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of whoever runs the test."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "signatures"))


def write(path: Path, source: str, printed: str = "") -> Path:
    """A notebook of one cell."""
    cell = new_code_cell(source, id="cell", outputs=[new_output("stream", text=printed)])
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[cell]), path)
    return path


def source(path: Path) -> str:
    return nbformat.read(path, as_version=4).cells[0].source


def test_notebooks_follow_the_book_until_one_writes_into_them(tmp_path: Path) -> None:
    book, lab = tmp_path / "book", tmp_path / "lab"
    for name in ("read", "run", "changed"):
        write(book / "chapters" / f"{name}.ipynb", "first")
    assert list(update(book, lab)) == []
    write(lab / "chapters" / "run.ipynb", "first", printed="of the reader")
    write(lab / "chapters" / "changed.ipynb", "of the reader")

    assert list(update(book, lab)) == ["chapters/changed.ipynb"]
    assert "of the reader" in (lab / "chapters" / "run.ipynb").read_text(encoding="utf-8")

    for name in ("read", "run", "changed"):
        write(book / "chapters" / f"{name}.ipynb", "second")
    assert list(update(book, lab)) == ["chapters/changed.ipynb"]
    assert [source(lab / "chapters" / f"{name}.ipynb") for name in ("read", "run", "changed")] == [
        "second",
        "second",
        "of the reader",
    ]
    (lab / "chapters" / "changed.ipynb").unlink()
    assert list(update(book, lab)) == []
    assert source(lab / "chapters" / "changed.ipynb") == "second"


def test_other_files_too(tmp_path: Path) -> None:
    book, lab = tmp_path / "book", tmp_path / "lab"
    book.mkdir()
    (book / "program.py").write_text("first", encoding="utf-8")
    assert list(update(book, lab)) == []
    (lab / "program.py").write_text("of the reader", encoding="utf-8")
    assert list(update(book, lab)) == ["program.py"]


def test_notebooks_are_trusted(tmp_path: Path) -> None:
    write(tmp_path / "book" / "a.ipynb", "first", printed="<script>")
    list(update(tmp_path / "book", tmp_path / "lab"))
    notebook = nbformat.read(tmp_path / "lab" / "a.ipynb", as_version=4)
    assert NotebookNotary().check_signature(notebook)
