"""Formulas become MathML when the book is built, or the build says which one does not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from math_core import LatexError

from _ext.formulas import to_mathml

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("display", [False, True])
def test_formula_is_one_element(display: bool) -> None:
    mathml = to_mathml(r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} < 1", display=display)
    assert mathml.startswith('<math display="block">' if display else "<math>")
    assert mathml.count("<math") == 1
    assert "<mfrac>" in mathml
    assert "&lt;" in mathml


def test_classes_are_kept() -> None:
    classes = ["cnn-input", "cnn-kernel", "cnn-output", "cnn-gradient"]
    mathml = to_mathml(" + ".join(rf"\class{{{name}}}{{x}}" for name in classes), display=True)
    for name in classes:
        assert mathml.count(f'<mrow class="{name}"><mi>x</mi></mrow>') == 1
    assert "color" not in mathml


def test_rows_under_a_sum_are_small() -> None:
    mathml = to_mathml(r"\sum_{\substack{i < 3 \\ j < 4}} x", display=True)
    assert mathml.count("<mtr>") == 2
    assert 'scriptlevel="1"' in mathml


def test_ampersand_may_be_a_sign() -> None:
    assert "&amp;" in to_mathml(r"a \& b", display=False)


@pytest.mark.parametrize(
    ("tex", "problem"),
    [
        (r"\nosuchcommand", r'0: Unknown command "\nosuchcommand"'),
        (r"\frac{1}", "Expected"),
        (r"x_1_2", "Duplicate subscript"),
        (r"\class{cnn-other}{x}", r'Unknown command "\class"'),
        (r"\begin{nosuch} x \end{nosuch}", 'Unknown environment "nosuch"'),
        (r"x \tag{3.1}", r"\tag"),
        (r"a & b", '"&", which may only appear in a table-like environment'),
    ],
)
def test_math_core_refuses(tex: str, problem: str) -> None:
    with pytest.raises(LatexError, match=re.escape(problem)):
        to_mathml(tex, display=True)


@pytest.mark.parametrize(
    ("tex", "problem"),
    [
        (r"\begin{aligned} a &= 1 \\[1ex] b &= 2 \end{aligned}", r"\\[: \\ takes neither *"),
        (r"\begin{aligned} a &= 1 \\* b &= 2 \end{aligned}", r"\\*: \\ takes neither *"),
        (r"\begin{aligned} a &= 1 \\ \end{aligned}", r"\\ \end: no \\ after the last row"),
        (r"\begin{aligned}[t] a &= 1 \end{aligned}", r"\begin{aligned}[: \begin{…} takes"),
        (r"\textcolor{blue}{x}", r"\textcolor: write \class{…}{…}"),
        (r"a \\ b", "make 1 rows and 1 cells, but 0 and 0 were set"),
        (r"\begin{align} a &= b \end{align}", "make 1 rows and 2 cells, but 1 and 4 were set"),
    ],
)
def test_what_would_be_set_wrongly_is_refused(tex: str, problem: str) -> None:
    """math-core takes these, and sets something else than TeX does."""
    with pytest.raises(ValueError, match=re.escape(problem)):
        to_mathml(tex, display=True)


def test_build_fails_at_a_mistake(tmp_path: Path) -> None:
    """It names the page, the line and the formula, and goes on to the next one."""
    config = f"import sys\nsys.path.insert(0, {str(ROOT / '_ext')!r})\n"
    config += 'extensions = ["formulas"]\nhtml_math_renderer = "mathml"\nhtml_theme = "basic"\n'
    page = "Page\n====\n\nGood :math:`x`, bad :math:`x + \\nosuch`.\n\n.. math:: a \\\\ b\n"
    (tmp_path / "conf.py").write_text(config, encoding="utf-8")
    (tmp_path / "index.rst").write_text(page, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "--no-color", ".", "built"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode != 0
    assert r'index.rst:4: WARNING: formula x + \nosuch: 4: Unknown command "\nosuch"' in run.stderr
    assert r"index.rst:6: WARNING: formula a \\ b: \\, \begin and & make 1 rows" in run.stderr
