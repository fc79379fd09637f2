"""A copy of the tree to break things in: the working tree itself is never touched."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def copied(*names: str) -> Iterator[Path]:
    """These files and folders of the tree, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder).resolve()
        for name in names:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, tree / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, tree / name)
        yield tree


@contextmanager
def rewritten(path: Path, text: str) -> Iterator[None]:
    """The file with another text, as long as the context lasts."""
    original = path.read_bytes()
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(original)


def environment(tree: Path) -> dict[str, str]:
    """For a Python that imports from the copy, and no stale bytecode."""
    return os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
