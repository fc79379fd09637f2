"""Give the book the address of its repository: buttons for Binder and Colab on every page.

python -m tools.publish https://github.com/OWNER/NAME [BRANCH]

Fills in _config.yml, and puts a first cell, hidden in the book, into every notebook: it installs
the package where it is missing, as in Colab. Binder installs environment.yml by itself.
Afterwards the notebooks have to be executed again, by `make notebooks`.
"""

import argparse
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parent.parent
CELL = "install"
SOURCE = """\
# Where the package is missing, as in Colab, this installs it.
from importlib.util import find_spec

if find_spec("cnnlib") is None:
    %pip install --quiet "cnnlib[plot,torch] @ git+{url}@{branch}\""""
REPOSITORY = """\
repository:
  url: "{url}"
  branch: "{branch}"

launch_buttons:
  binderhub_url: "https://mybinder.org"
  colab_url: "https://colab.research.google.com"

"""


def configured(text: str, url: str, branch: str) -> str:
    """The configuration with the address in it, whether it had another one or none."""
    blocks = r"^repository:\n(?: .*\n)+\n(?:launch_buttons:\n(?: .*\n)+\n)?"
    text, count = re.subn(blocks, REPOSITORY.format(url=url, branch=branch), text, flags=re.M)
    if count != 1:
        raise ValueError(f"_config.yml: expected one block 'repository', got {count}")
    return re.sub(r"(use_(?:repository|issues)_button): false", r"\1: true", text)


def prepare(path: Path, url: str, branch: str) -> None:
    """Put the cell before all others, in the place of one from an earlier address."""
    notebook = nbformat.read(path, as_version=4)
    first = new_code_cell(SOURCE.format(url=url, branch=branch), id=CELL)
    first.metadata.tags = ["remove-cell"]
    notebook.cells = [first, *(cell for cell in notebook.cells if cell.id != CELL)]
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def publish(root: Path, url: str, branch: str = "main") -> None:
    """Raises ValueError unless the address is that of a repository, before anything is changed."""
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url):
        raise ValueError(f"expected an address like https://github.com/OWNER/NAME, got {url!r}")
    config = root / "_config.yml"
    text = configured(config.read_text(encoding="utf-8"), url, branch)
    config.write_text(text, encoding="utf-8", newline="\n")
    for folder in ("chapters", "appendices"):
        for path in sorted((root / folder).glob("*.ipynb")):
            prepare(path, url, branch)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="https://github.com/OWNER/NAME")
    parser.add_argument("branch", nargs="?", default="main")
    arguments = parser.parse_args()
    publish(ROOT, arguments.url, arguments.branch)
