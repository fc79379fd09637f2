"""Figures: `pytest --nbval` notices one that shows something else, and keeps both pictures."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib.axes import Axes
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from cnnbook import plot
from tools import figures
from tools.notebooks import KERNELSPEC

ROOT = Path(__file__).resolve().parents[2]
X = np.linspace(0, 6, 300)
PICTURE = np.random.default_rng(0).random((28, 28))


pytestmark = pytest.mark.usefixtures("close_figures")


def drawn(change: Callable[[Axes, Axes], object] | None = None) -> str:
    """A curve and a picture, and what changes them."""
    fig, (left, right) = plot.subplots(1, 2, height=3)
    left.plot(X, np.sin(X), color=plot.INK)
    left.set(ylim=(-1.5, 1.5), title="sine")
    plot.image(PICTURE, right)
    if change:
        change(left, right)
    return plot.svg(fig)


def curve(y: np.ndarray) -> Callable[[Axes, Axes], object]:
    return lambda left, right: left.lines[0].set_ydata(y)


def picture(a: np.ndarray) -> Callable[[Axes, Axes], object]:
    return lambda left, right: right.images[0].set_data(a)


def with_pixels(count: int) -> np.ndarray:
    """The picture with some pixels inverted."""
    changed = PICTURE.copy()
    changed.flat[:count] = 1 - changed.flat[:count].round()
    return changed


UNSEEN: dict[str, Callable[[Axes, Axes], object]] = {
    "nothing": lambda left, right: None,
    "rounding": curve(np.sin(X) + 1e-4 * np.random.default_rng(0).normal(size=300)),
    "half a pixel": curve(np.sin(X) + 0.006),
    "23 straight lines": curve(np.interp(X, X[::13], np.sin(X[::13]))),
    "shades": picture(PICTURE + 0.01),
    "one pixel": picture(with_pixels(1)),
}
SEEN: dict[str, tuple[Callable[[Axes, Axes], object], str]] = {
    "a moved curve": (curve(np.sin(X) + 0.05), "a curve lies 3.0 points off"),
    "a bump": (curve(np.sin(X) + 0.2 * (abs(X - 3) < 0.05)), "a curve lies"),
    "a shorter curve": (curve(np.where(X < 5, np.sin(X), np.sin(5))), "a curve lies"),
    "a colour": (lambda left, right: left.lines[0].set_color("red"), "<path> style="),
    "a word": (lambda left, right: left.set_title("sinus"), ">sinus, stored"),
    "a number": (lambda left, right: left.set_yticks([-1, 0, 1.1]), ", stored"),
    "one more curve": (lambda left, right: left.plot([0, 6], [0, 1]), "elements, stored"),
    "pixels": (picture(with_pixels(9)), "of a picture differs"),
    "a moved picture": (lambda left, right: right.set_position((0.6, 0.3, 0.3, 0.5)), "<"),
    "its size": (lambda left, right: left.figure.set_figheight(4), "<svg> width="),
    "fewer pixels": (picture(PICTURE[:14]), "100.0% of a picture differs"),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_figures_may_differ_by_what_no_one_sees(name: str) -> None:
    assert figures.difference(drawn(), drawn(UNSEEN[name])) is None


@pytest.mark.parametrize("name", SEEN)
def test_figures_that_differ_are_found(name: str) -> None:
    change, said = SEEN[name]
    found = figures.difference(drawn(), drawn(change))
    assert found is not None
    assert said in found


def test_shrunk_pictures_show_the_same() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    pixels = np.stack([ramp, ramp // 2, 255 - ramp], axis=-1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="png", compress_level=0)
    small = figures.shrink(file.getvalue())
    assert len(small) < len(file.getvalue()) / 2
    shown = np.asarray(Image.open(io.BytesIO(small)).convert("RGB")).astype(int)
    assert np.abs(shown - pixels).max() <= 4


# --- in pytest --nbval ---


def cell(shown: str, *stored: str) -> NotebookNode:
    """A cell that shows one figure and has these stored."""
    source = f"display({ {figures.SVG: shown} }, raw=True)"
    outputs = [new_output("display_data", {figures.SVG: svg}) for svg in stored]
    return new_code_cell(source, execution_count=1, outputs=outputs)


def test_another_figure_is_noticed(tmp_path: Path) -> None:
    """By `pytest --nbval`: the same and a like one pass, another fails, and both are kept."""
    path = tmp_path / "drawn.ipynb"
    right, like, other = drawn(), drawn(UNSEEN["half a pixel"]), drawn(SEEN["a moved curve"][0])
    assert right != like
    cells = [cell(right, right), cell(right, like), cell(right, other), cell(right)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "conftest", "-c", "pyproject.toml"]
    said = subprocess.run(
        [*command, "--color=no", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout
    assert "2 failed, 2 passed" in said
    assert "see _build/figures/drawn-2-0-{stored,fresh}.svg" in said
    for kind, svg in {"stored": other, "fresh": right}.items():
        kept = figures.DIFFERENT / f"drawn-2-0-{kind}.svg"
        assert kept.read_text(encoding="utf-8") == svg
        kept.unlink()


def test_a_missing_figure_is_noticed() -> None:
    output = {"data": {figures.SVG: drawn()}}
    assert figures.problems("x", [output], []) == ["0 figures, stored 1"]
    assert figures.problems("x", [output], [output]) == []
