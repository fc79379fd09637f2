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
from tools.notebooks import KERNELSPEC, execute

ROOT = Path(__file__).resolve().parents[2]
DRAWING = """\
import matplotlib.pyplot as plt
plt.plot([0, 1], [0, {top}])
plt.ylim(0, 4)
plt.show()"""


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
    assert figures.difference(curve(0), curve(5)) == "2.19% of the picture differs"
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


def nbval(notebook: NotebookNode, path: Path) -> str:
    """What `pytest --nbval` says of a notebook."""
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "conftest", "-c", "pyproject.toml"]
    command += ["--color=no", str(path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    return run.stdout


def test_swapped_figures_are_noticed(tmp_path: Path) -> None:
    """As they were drawn they pass; swapped, both fail, and both pictures are kept."""
    path = tmp_path / "drawn.ipynb"
    cells = [new_code_cell(DRAWING.format(top=top)) for top in (1, 3)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)
    notebook = execute(path)
    assert "2 passed" in nbval(notebook, path)
    first, second = notebook.cells
    first.outputs, second.outputs = second.outputs, first.outputs
    said = nbval(notebook, path)
    assert "2 failed" in said
    for cell in (0, 1):
        assert f"see _build/figures/drawn-{cell}-0-{{stored,fresh}}.png" in said
        for kind in ("stored", "fresh"):
            picture = figures.DIFFERENT / f"drawn-{cell}-0-{kind}.png"
            assert Image.open(picture).size[0] > 100
            picture.unlink()


def test_a_missing_figure_is_noticed(tmp_path: Path) -> None:
    cell = new_code_cell("print(1)", execution_count=1)
    cell.outputs = [
        new_output("stream", text="1\n"),
        new_output("display_data", {"image/png": base64.b64encode(curve(0)).decode()}),
    ]
    said = nbval(
        new_notebook(cells=[cell], metadata={"kernelspec": KERNELSPEC}), tmp_path / "x.ipynb"
    )
    assert "0 figures, stored 1" in said
