"""Look for phrases that the book doesn't use, in the text of its pages and in its docstrings.

python -m tools.phrasing         names each, with what phrasing.toml puts in its place
"""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSTEAD: dict[str, str] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)["instead"]
NOTEBOOKS = ["chapters/*.ipynb", "appendices/*.ipynb"]
PAGES = ["*.md", "appendices/**/*.md"]
MODULES = ["cnnbook/**/*.py", "cnnlib/**/*.py"]
NOT_TEXT = re.compile(r"^```.*?^```|\$\$.*?\$\$|\$[^$]+\$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def figure_texts(cell: dict[str, object]) -> Iterator[str]:
    """The caption and the alternative text of the figure that a code cell draws."""
    metadata = json.loads(json.dumps(cell["metadata"]))
    render = metadata.get("mystnb", {})
    yield render.get("figure", {}).get("caption", "")
    yield render.get("image", {}).get("alt", "")


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """The prose of a file, each piece with its place."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        for number, cell in enumerate(json.loads(source)["cells"]):
            pieces = ["".join(cell["source"])] if cell["cell_type"] == "markdown" else []
            for piece in [*pieces, *figure_texts(cell)]:
                yield f"cell {number}", piece
    elif path.suffix == ".py":
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield getattr(node, "name", "module"), ast.get_docstring(node) or ""
    else:
        yield "text", source


def found(text: str) -> Iterator[tuple[str, str]]:
    """The phrases in a text that are not to be used, each with what stands for it."""
    prose = " ".join(NOT_TEXT.sub("…", text).split())
    for phrase, instead in INSTEAD.items():
        for match in re.finditer(phrase, prose, re.IGNORECASE):
            yield prose[max(match.start() - 25, 0) : match.end() + 25], instead


def main() -> None:
    """Print what is found in this checkout; the exit status is 1 where something is."""
    paths = sorted({path for glob in [*NOTEBOOKS, *PAGES, *MODULES] for path in ROOT.glob(glob)})
    lines = [
        f"{path.relative_to(ROOT)}, {place}: … {excerpt} … -> {instead}"
        for path in paths
        for place, text in texts(path)
        for excerpt, instead in found(text)
    ]
    print("\n".join(lines) or f"{len(paths)} files hold none of {len(INSTEAD)} phrases")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
