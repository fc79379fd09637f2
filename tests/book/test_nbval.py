"""`pytest --nbval` notices what nbval alone would pass over: an order, and a kernel that died."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.notebooks import KERNELSPEC

ROOT = Path(__file__).resolve().parents[2]
IMPORT = "from IPython.display import HTML\n"
HEAD = f"{IMPORT}print('above')\ndisplay(HTML('<i>x</i>'))"
BOTH = f"{HEAD}\nprint('below')"
PIECES = """import sys, time
for x in 'ab':
    print(x)
    sys.stdout.flush()
    time.sleep(0.3)"""
ORDER = "outputs ['stdout', 'display_data'] in another order: ['display_data', 'stdout']"


def text(*lines: str) -> Any:
    return new_output("stream", name="stdout", text="".join(f"{line}\n" for line in lines))


def figure() -> Any:
    data = {"text/html": "<i>x</i>", "text/plain": "<IPython.core.display.HTML object>"}
    return new_output("display_data", data)


def test_what_nbval_passes_over_is_noticed(tmp_path: Path) -> None:
    cases = [
        (BOTH, [text("above"), figure(), text("below")], "PASSED"),
        (BOTH, [text("above"), text("below"), figure()], "FAILED"),
        (BOTH, [text("above", "below"), figure()], "FAILED"),
        (BOTH, [figure(), text("above", "below")], "FAILED"),
        (HEAD, [text("above"), figure()], "PASSED"),
        (HEAD, [figure(), text("above")], "FAILED"),
        (PIECES, [text("a", "b")], "PASSED"),
        (PIECES, [text("a"), text("b")], "PASSED"),
        ("import os; os._exit(9)", [], "FAILED"),
    ]
    path = tmp_path / "cells.ipynb"
    cells = [new_code_cell(code, execution_count=1, outputs=stored) for code, stored, _ in cases]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)
    options = ["--nbval", "-p", "conftest", "-c", "pyproject.toml", "-vv", "--color=no"]
    said = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,  # a third of the time that nbval would wait for the dead kernel
    ).stdout
    found = re.findall(r"Cell \d+ .*(PASSED|FAILED) +\[", said)
    assert found == [verdict for _, _, verdict in cases], said
    assert ORDER in said
    assert "the kernel died, perhaps for want of memory" in said
