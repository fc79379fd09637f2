"""The built book: that of `make book` where it is up to date, else one built for the tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPLETE = ROOT / "_build" / "html" / ".complete"  # `make book` writes it last
SOURCES = ["_config.yml", "_toc.yml", "*.md", "*.bib"]
SOURCE_FOLDERS = ["_ext", "_static", "appendices", "chapters", "cnnbook", "cnnlib"]


def is_up_to_date() -> bool:
    """Whether `make book` has finished since the last change of a source."""
    files = [file for pattern in SOURCES for file in ROOT.glob(pattern)]
    for name in SOURCE_FOLDERS:
        files += [f for f in (ROOT / name).rglob("*") if f.is_file() and f.suffix != ".pyc"]
    newest = max(file.stat().st_mtime for file in files)
    return COMPLETE.is_file() and newest <= COMPLETE.stat().st_mtime


def build(folder: Path) -> Path:
    """Build the book into the folder, with every warning an error."""
    command = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    assert command, "jupyter-book is not installed beside Python"
    options = ["-W", "-n", "--keep-going", "--path-output", str(folder)]
    run = subprocess.run(
        [command, "build", str(ROOT), *options], capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book."""
    return COMPLETE.parent if is_up_to_date() else build(tmp_path_factory.mktemp("book"))
