"""The built book: that of `make book` where it is up to date, else one built for the tests."""

from pathlib import Path

import pytest

from tools import editions

ROOT = Path(__file__).resolve().parents[1]
COMPLETE = ROOT / "_build" / "html" / ".complete"  # `make book` writes it last
SOURCES = ["_config.yml", "_toc.yml", "*.md", "*.bib", "tools/editions.py"]
SOURCE_FOLDERS = ["_ext", "_static", "appendices", "chapters", "cnnbook", "cnnlib", "locale"]


def is_up_to_date() -> bool:
    """Whether `make book` has finished since the last change of a source."""
    files = [file for pattern in SOURCES for file in ROOT.glob(pattern)]
    for name in SOURCE_FOLDERS:
        files += [it for it in (ROOT / name).rglob("*") if it.is_file()]
    files = [file for file in files if file.suffix not in {".mo", ".pyc"}]
    newest = max(file.stat().st_mtime for file in files)
    return COMPLETE.is_file() and newest <= COMPLETE.stat().st_mtime


def build(folder: Path) -> Path:
    """Build the book in all languages into the folder, with every warning an error."""
    assert editions.build(folder) == 0, "Sphinx says above what is wrong"
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book."""
    return COMPLETE.parent if is_up_to_date() else build(tmp_path_factory.mktemp("book"))
