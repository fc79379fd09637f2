"""Give the book the address of its repository: buttons for Binder and Colab on every page.

python -m tools.publish https://github.com/OWNER/NAME

Fills in _config.yml. The buttons open the notebooks of the built book, which are expected on the
branch gh-pages. They begin with a cell that installs the package where it is missing, as in Colab.
"""

import argparse
import re
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / "_config.yml"
REPOSITORY = """\
repository:
  url: "{url}"
  branch: "gh-pages"
  path_to_book: "notebooks"

launch_buttons:
  binderhub_url: "https://mybinder.org"
  colab_url: "https://colab.research.google.com"
  notebook_interface: "jupyterlab"

"""


def configured(text: str, url: str) -> str:
    """The configuration with the address in it, whether it had another one or none."""
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url):
        raise ValueError(f"expected an address like https://github.com/OWNER/NAME, got {url!r}")
    blocks = r"^repository:\n(?: .*\n)+\n(?:launch_buttons:\n(?: .*\n)+\n)?"
    text, count = re.subn(blocks, REPOSITORY.format(url=url), text, flags=re.M)
    if count != 1:
        raise ValueError(f"_config.yml: expected one block 'repository', got {count}")
    return re.sub(r"(use_(?:repository|issues)_button): false", r"\1: true", text)


def main() -> None:
    """Change the configuration of this checkout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="https://github.com/OWNER/NAME")
    text = configured(CONFIG.read_text(encoding="utf-8"), parser.parse_args().url)
    CONFIG.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
