"""Lay the book's notebooks out in a folder of the reader's own, for JupyterLab.

python -m tools.lab          fills lab/ from the built book

A notebook in which the reader wrote something stays as it is; all others become those of the
book. They are marked as trusted, so that their interactive figures are alive when they open.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "_build" / "html" / "notebooks"
LAB = ROOT / "lab"
RECORD = ".written.json"  # what this script wrote last, by name


def written(path: Path) -> str:
    """Digest of what an author typed: of a notebook the sources, not what running it added."""
    data = path.read_bytes()
    if path.suffix == ".ipynb":
        cells = nbformat.reads(data.decode("utf-8"), as_version=4).cells
        data = json.dumps([cell.source for cell in cells]).encode("ascii")
    return hashlib.sha256(data).hexdigest()


def update(source: Path, lab: Path) -> Iterator[str]:
    """Bring the folder up to date; the names of the files that stay because they were changed."""
    record = lab / RECORD
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for path in sorted(file for file in source.rglob("*") if file.is_file()):
        name = path.relative_to(source).as_posix()
        target = lab / name
        new = written(path)
        own = written(target) if target.exists() else None
        if own == new:
            known[name] = new
        elif own in (None, known.get(name)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            if path.suffix == ".ipynb":
                NotebookNotary().sign(nbformat.read(target, as_version=4))
            known[name] = new
        else:
            yield name
    record.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Update the folder of this checkout."""
    for name in update(NOTEBOOKS, LAB):
        print(f"lab/{name} stays as you changed it; without it, make lab brings that of the book")


if __name__ == "__main__":
    main()
