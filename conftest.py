"""Pins the environment of every test and notebook, before NumPy or torch is imported.

Lets nbval compare figures by what they show, and leaves out tests whose packages are not installed.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell

from tools.environment import pin
from tools.figures import SVG, problems

pin()

# With pytest and nbval alone the notebooks are tested; the rest of the tests needs these as well.
MISSING = [name for name in ("hypothesis", "nbclient", "playwright") if find_spec(name) is None]
collect_ignore = ["tests"] if MISSING else []

LONGEST = "12_mnist.ipynb"

compare_text = IPyNbCell.compare_outputs


def compare_outputs(
    cell: IPyNbCell, fresh: list[Any], stored: list[Any], skip_compare: Any = None
) -> bool:
    """The text as nbval does, the figures by what they show."""
    skipped = (*(skip_compare or cell.parent.skip_compare), SVG)
    if not compare_text(cell, fresh, stored, skipped):
        return False
    found = problems(f"{cell.parent.path.stem}-{cell.cell_num}", stored, fresh)
    cell.comparison_traceback += found
    return not found


IPyNbCell.compare_outputs = compare_outputs


def pytest_configure(config: pytest.Config) -> None:
    """Name nbval's sanitizers by their full path, so that pytest works from any folder."""
    config.option.nbval_sanitize_with = str(Path(__file__).parent / "tests" / "nbval.cfg")


def pytest_report_header() -> list[str]:
    """Say what is left out."""
    return [f"tests/ is left out: it needs {', '.join(MISSING)}"] if MISSING else []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The notebook that trains longest comes first: a file stays in one process."""
    items.sort(key=lambda item: item.path.name != LONGEST)


def pytest_collection(session: pytest.Session) -> None:
    """Measure the coverage of the tests alone: nbval would trace, and slow, the kernels too."""
    session.config.option.cov_source = None
