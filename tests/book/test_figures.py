"""Figures: `pytest --nbval` notices one that shows something else, and keeps both pictures."""

import base64
import io
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from tools import figures
from tools.notebooks import KERNELSPEC

ROOT = Path(__file__).resolve().parents[2]
TEXT = "<IPython.core.display.Image object>"


def curve(shift: int, width: int = 400) -> bytes:
    """A PNG with a sine curve, two pixels thick, moved down by some pixels."""
    pixels = np.full((300, width, 3), 255, dtype=np.uint8)
    columns = np.arange(width)
    rows = (150 + shift + 80 * np.sin(columns / 40)).astype(int)
    for thickness in (0, 1):
        pixels[rows + thickness, columns] = (31, 119, 180)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


def test_figures_that_differ_are_found() -> None:
    assert figures.difference(curve(0), curve(0)) is None
    assert figures.difference(curve(0), curve(5)) == "2.17% of the picture differs"
    assert figures.difference(curve(0), curve(0, width=404)) == (
        "size (404, 300), stored (400, 300)"
    )


def test_figures_may_differ_by_a_trace() -> None:
    pixels = np.asarray(Image.open(io.BytesIO(curve(0)))).copy()
    pixels[:20] -= 3
    pixels[100:102, 100:102] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    assert figures.difference(curve(0), buffer.getvalue()) is None


def test_shrunk_figures_show_the_same() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    opaque, transparent = io.BytesIO(), io.BytesIO()
    Image.fromarray(noise | np.array([0, 0, 0, 255], dtype=np.uint8)).save(opaque, format="png")
    Image.fromarray(noise).save(transparent, format="png")
    assert len(figures.shrink(opaque.getvalue())) < len(opaque.getvalue()) / 2
    assert figures.difference(opaque.getvalue(), figures.shrink(opaque.getvalue())) is None
    assert figures.shrink(transparent.getvalue()) == transparent.getvalue()


# --- in pytest --nbval ---


def cell(shown: bytes, *stored: bytes) -> NotebookNode:
    """A cell that shows one picture and has these stored."""
    data = [base64.b64encode(png).decode() for png in (shown, *stored)]
    imports = "import base64\nfrom IPython.display import Image\n"
    source = f"{imports}Image(base64.b64decode({data[0]!r}))"
    outputs = [
        new_output("execute_result", {"image/png": text, "text/plain": TEXT}, execution_count=1)
        for text in data[1:]
    ]
    return new_code_cell(source, execution_count=1, outputs=outputs)


def test_another_figure_is_noticed(tmp_path: Path) -> None:
    """By `pytest --nbval`: the right one passes, another one fails, and both are kept."""
    path = tmp_path / "drawn.ipynb"
    flat, high = curve(0), curve(40)
    cells = [cell(flat, flat), cell(flat, high), cell(flat)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "conftest", "-c", "pyproject.toml"]
    said = subprocess.run(
        [*command, "--color=no", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout
    assert "2 failed, 1 passed" in said
    assert "see _build/figures/drawn-1-0-{stored,fresh}.png" in said
    for kind in ("stored", "fresh"):
        picture = figures.DIFFERENT / f"drawn-1-0-{kind}.png"
        with Image.open(picture) as image:
            assert image.size == (400, 300)
        picture.unlink()


def test_a_missing_figure_is_noticed() -> None:
    picture = {"data": {"image/png": base64.b64encode(curve(0)).decode()}}
    assert figures.problems("x", [picture], []) == ["0 figures, stored 1"]
    assert figures.problems("x", [picture], [picture]) == []
