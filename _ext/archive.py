"""The notebooks, with the packages that they need, in one archive beside the pages.

Every chapter offers it: who has it needs nothing else of the project. The same files give the
same archive, byte for byte.
"""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from sphinx.application import Sphinx

ARCHIVE = "notebooks.zip"
NAME = "convolutional-networks-computed"
PACKAGE = ["LICENSE", "README.md", "pyproject.toml", "cnnbook/**/*", "cnnlib/**/*"]
DATE = (1980, 1, 1, 0, 0, 0)  # the first that an archive can hold
README = """\
Convolutional Networks, Computed: the notebooks

They need Python 3.11 or newer and, for the installation, a
connection to PyPI. In this folder:

    python -m pip install ".[plot,torch]" jupyterlab
    jupyter lab

On Linux, PyPI's PyTorch brings several gigabytes of CUDA libraries. The
file README.md says how to take the build for the CPU instead.

Licences: text CC BY 4.0, code MIT, MNIST CC BY-SA 3.0. The full text is
in the file LICENSE.
"""


def files(folder: Path, pattern: str = "**/*") -> Iterator[tuple[str, Path]]:
    """The files by their names in the folder, without hidden ones and caches."""
    for path in sorted(folder.glob(pattern)):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            yield "/".join(parts), path


def contents(notebooks: Path, project: Path) -> dict[str, bytes]:
    """All that the archive holds, by name."""
    found = {"README.txt": README.encode("ascii")}
    found |= {name: path.read_bytes() for name, path in files(notebooks)}
    for pattern in PACKAGE:
        found |= {name: path.read_bytes() for name, path in files(project, pattern)}
    return found


def pack(contents: Mapping[str, bytes], archive: Path) -> None:
    """Write the archive: one folder, names in order, fixed dates and rights."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on whatever system it is written
            entry.external_attr = 0o100644 << 16
            target.writestr(entry, data)


def write(app: Sphinx, exception: Exception | None) -> None:
    """Pack the notebooks that `_ext/lab.py` has written."""
    if exception is None and app.builder.format == "html":
        notebooks, project = Path(app.outdir, "notebooks"), Path(app.srcdir)
        pack(contents(notebooks, project), Path(app.outdir, ARCHIVE))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
