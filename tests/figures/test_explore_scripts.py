"""The explorers' scripts: short functions and lines, shipped without comments, at most 32 kB."""

import re
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest
from figure_driver import Opener, check_html

import cnnbook.explore
from cnnbook.explore import ConvolutionExplorer
from cnnbook.explore.figure import summand

SCRIPTS = sorted(Path(cnnbook.explore.__file__).parent.glob("*.js"))
SHARED = ["address", "axes", "figure", "fit", "gradients", "kernel", "network", "planes"]
SHARED += ["terms", "units"]
LONGEST, WIDEST = 40, 100


def long_functions(script: str) -> list[str]:
    """Statements of the outermost level of more than 40 lines: every function lies in one."""
    lengths: dict[str, int] = {}
    for number, line in enumerate(script.splitlines(), 1):
        if re.match(r"[^\s})\]]", line):
            name, first = line, number
        if line.strip():
            lengths[name] = number - first + 1
    return [name for name, length in lengths.items() if length > LONGEST]


def wide_lines(script: str) -> list[str]:
    """The lines of more than 100 characters."""
    return [line for line in script.splitlines() if len(line) > WIDEST]


def function(lines: int) -> str:
    return "function long() {\n" + "  go();\n" * (lines - 2) + "}\n\nconst next = 1;\n"


def test_every_figure_has_a_script() -> None:
    names = [script.stem for script in SCRIPTS]
    figures = [getattr(cnnbook.explore, name).name for name in cnnbook.explore.__all__]
    assert names == sorted([*SHARED, *figures])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_functions_and_lines_are_short(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert long_functions(text) == []
    assert wide_lines(text) == []


def test_a_long_function_is_found() -> None:
    assert long_functions(function(40)) == []
    assert long_functions(function(41)) == ["function long() {"]
    gap = function(60).replace("  go();\n", "\n", 50)
    assert long_functions(gap) == ["function long() {"]
    nested = "const outer = () => {\n" + indent(function(39), "  ") + "};\n"
    assert long_functions(nested) == ["const outer = () => {"]


def test_a_wide_line_is_found() -> None:
    assert wide_lines("x" * 100) == []
    assert wide_lines("// " + "ü" * 98) == ["// " + "ü" * 98]


def test_a_heavy_figure_is_found() -> None:
    class Heavy(ConvolutionExplorer):
        def picture(self) -> str:
            return super().picture() + "x" * 16 * 1024

    check_html(ConvolutionExplorer(np.eye(3), np.eye(2)))
    with pytest.raises(AssertionError):
        check_html(Heavy(np.eye(3), np.eye(2)))


def test_a_summand_is_in_brackets_if_it_is_written_with_a_minus(show: Opener) -> None:
    values = [2, -2, 0, -0.004, -0.006, 0.375]
    expected = ["2", "(−2)", "0", "0", "(−0.01)", "0.38"]
    script = next(path for path in SCRIPTS if path.name == "figure.js").read_text(encoding="utf-8")
    assert (
        show().evaluate(f"values => {{ {script} return values.map(summand); }}", values) == expected
    )
    assert [summand(value) for value in values] == expected
