"""Pack the built book into one archive that opens anywhere, without a network.

python -m tools.zip_book         writes dist/convolutional-networks-computed.zip

Among the pages lies the archive of the notebooks.
"""

from pathlib import Path

from _ext.archive import ARCHIVE as NOTEBOOKS
from _ext.archive import NAME, files, pack

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"
ARCHIVE = ROOT / "dist" / f"{NAME}.zip"
README = f"""\
Convolutional Networks, Computed

To read: unpack the whole archive, then open index.html in a browser.
The book needs no network.

To run the notebooks: unpack {NOTEBOOKS}; its README.txt says how.
"""


def contents(book: Path) -> dict[str, bytes]:
    """All that the archive holds, by name."""
    if not (book / "index.html").is_file():
        raise SystemExit(f"{book}: expected a built book with an index.html; run make book")
    found = {name: path.read_bytes() for name, path in files(book)}
    return found | {"README.txt": README.encode("ascii")}


def main() -> None:
    """Pack the book of this checkout."""
    ARCHIVE.parent.mkdir(exist_ok=True)
    pack(contents(BOOK), ARCHIVE)
    print(f"{ARCHIVE.relative_to(ROOT)}: {ARCHIVE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
