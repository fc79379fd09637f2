"""Pins the environment of every test and notebook, before NumPy or torch is imported.

Lets nbval compare figures by what they show and outputs by their order, and notice a kernel that
has died; leaves out tests whose packages are not installed.
"""

from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

import pytest
from nbval import plugin
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from tools.environment import pin
from tools.figures import SVG, problems

pin()

# With pytest and nbval alone the notebooks are tested; the rest of the tests needs these as well.
MISSING = [name for name in ("hypothesis", "nbclient", "playwright") if find_spec(name) is None]
collect_ignore = ["tests"] if MISSING else []

LONGEST = "12_mnist.ipynb"

compare_text = IPyNbCell.compare_outputs
merge_streams = plugin.coalesce_streams
wait_for_message = RunningKernel.get_message


def compare_outputs(
    cell: IPyNbCell, fresh: list[Any], stored: list[Any], skip_compare: Any = None
) -> bool:
    """The text as nbval does, the figures by what they show; and their order."""
    skipped = (*(skip_compare or cell.parent.skip_compare), SVG)
    if not compare_text(cell, fresh, stored, skipped):
        return False
    orders = [[output.get("name", output.output_type) for output in a] for a in (fresh, stored)]
    found = [] if orders[0] == orders[1] else ["outputs {} in another order: {}".format(*orders)]
    found += problems(f"{cell.parent.path.stem}-{cell.cell_num}", stored, fresh)
    cell.comparison_traceback += found
    return not found


def merge_neighbours(outputs: list[Any]) -> list[Any]:
    """What nbval merges, but no text before a figure with text behind it."""
    runs = groupby(outputs, key=lambda output: output.get("name"))
    return [merged for _, run in runs for merged in merge_streams(list(run))]


def get_message(kernel: RunningKernel, stream: str, timeout: float) -> Any:
    """What nbval waits for, unless the kernel dies: then not until the time is over."""
    end = monotonic() + timeout
    while True:
        try:
            return wait_for_message(kernel, stream, timeout=1)
        except Empty:
            if not kernel.is_alive():
                raise RuntimeError("the kernel died, perhaps for want of memory") from None
            if monotonic() > end:
                raise


IPyNbCell.compare_outputs = compare_outputs
plugin.coalesce_streams = merge_neighbours
RunningKernel.get_message = get_message


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
