"""Pack the built book into one archive that opens anywhere, without a network.

python -m tools.zip_book         writes dist/convolutional-networks-computed.zip

Beside the pages lie the notebooks, those of `make lab`, with the package that they need. The
same files give the same archive, byte for byte.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"
NAME = "convolutional-networks-computed"
ARCHIVE = ROOT / "dist" / f"{NAME}.zip"
PROJECT = [
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "cnnbook/**/*",
    "cnnlib/**/*",
]
DATE = (1980, 1, 1, 0, 0, 0)  # the first that an archive can hold
README = """\
Convolutional Networks, Computed

To read: unpack the whole archive, then open index.html in a browser.
The book needs no network.

To run the notebooks you need Python 3.11 or newer and, for the
installation, a connection to PyPI. In this folder:

    python -m pip install "./notebooks[plot,torch]" jupyterlab
    jupyter lab notebooks

Licences: text CC BY 4.0, code MIT, MNIST CC BY-SA 3.0. The full text is
in notebooks/LICENSE.
"""


def files(folder: Path, pattern: str = "**/*") -> Iterator[tuple[str, Path]]:
    """The files by their names in the folder, without hidden ones and caches."""
    for path in sorted(folder.glob(pattern)):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            yield "/".join(parts), path


def contents(book: Path, project: Path) -> dict[str, bytes]:
    """All that the archive holds, by name."""
    found = {"README.txt": README.encode("ascii")}
    found |= {name: path.read_bytes() for name, path in files(book)}
    for pattern in PROJECT:
        found |= {f"notebooks/{name}": p.read_bytes() for name, p in files(project, pattern)}
    return found


def pack(book: Path, project: Path, archive: Path) -> None:
    """Write the archive: one folder, names in order, fixed dates and rights."""
    if not (book / "index.html").is_file():
        raise SystemExit(f"{book}: expected a built book with an index.html; run make book")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, data in sorted(contents(book, project).items()):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on whatever system it is written
            entry.external_attr = 0o100644 << 16
            target.writestr(entry, data)


def main() -> None:
    """Pack the book of this checkout."""
    pack(BOOK, ROOT, ARCHIVE)
    print(f"{ARCHIVE.relative_to(ROOT)}: {ARCHIVE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
