"""Hygiene of the stored notebooks: what `pytest --nbval` and the book rely on.

nbval runs a cell that stores neither a count nor outputs, but compares nothing. So a notebook is
held to a form in which nothing escapes it.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks as tool

MAX_BYTES = 340_000
LARGER = {
    "15_inside.ipynb": 425_000,  # it has the weights of a network
    "playground.ipynb": 570_000,  # it has most interactive figures
}
MAX_IGNORED = 2
MAX_COLUMNS = 88  # of a line of code on a wide page; more has to be scrolled
MIME_TYPES = {"image/svg+xml", "text/html", "text/latex", "text/markdown", "text/plain"}
TAGS = {
    "full-width",
    "hide-cell",
    "hide-input",
    "hide-output",
    "margin",
    "nbval-ignore-output",
    "raises-exception",
    "remove-cell",
    "remove-input",
    "remove-output",
    "remove-stderr",
}
NBVAL_COMMENTS = ("NBVAL_", "PYTEST_VALIDATE_")


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def has_assert(cell: NotebookNode) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(parse(cell.source)))


def parse(source: str) -> ast.Module:
    """The syntax tree, empty where a cell shows a syntax error on purpose."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def notebook_problems(notebook: NotebookNode, size: int, most: int) -> list[str]:
    """Problems of the notebook as a whole."""
    found = []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        found.append(f"execution counts are {counts}, not 1 to {len(cells)}")
    if notebook.metadata.get("kernelspec") != tool.KERNELSPEC:
        found.append("kernelspec is not python3")
    if notebook.metadata.get("language_info") != tool.LANGUAGE_INFO:
        found.append("language_info holds more than the name")
    if extra := set(notebook.metadata) - tool.NOTEBOOK_METADATA:
        found.append(f"notebook metadata {sorted(extra)}")
    if size > most:
        found.append(f"{size} bytes, more than {most}")
    ignored = [i for i, cell in enumerate(cells) if "nbval-ignore-output" in tags(cell)]
    if len(ignored) > MAX_IGNORED:
        found.append(f"{len(ignored)} cells with nbval-ignore-output, more than {MAX_IGNORED}")
    if any(not any(map(has_assert, cells[i : i + 2])) for i in ignored):
        found.append("nbval-ignore-output without an assert in the cell or the next")
    return found


def foretold(cells: list[NotebookNode]) -> list[str]:
    """Predictions whose answer is in sight, or nowhere, before the text goes on."""
    found = []
    for i, cell in enumerate(cells):
        if cell.cell_type == "markdown" and "} Predict, then run" in cell.source:
            code = list(takewhile(lambda it: it.cell_type == "code", cells[i + 1 :]))
            folded = [it for it in code if "hide-output" in tags(it)]
            drawn = [
                it for it in code if any("image/svg+xml" in o.get("data", {}) for o in it.outputs)
            ]
            after = cells[i + 1 + len(code)].source if i + 1 + len(code) < len(cells) else ""
            is_told = "{dropdown}" in cell.source or after.startswith(":::{dropdown}")
            if not (folded or is_told) or any(it not in folded for it in drawn):
                found.append(f"cell {i}: a prediction with its answer in sight, or without one")
    return found


def cell_problems(cell: NotebookNode) -> list[str]:
    """Problems of one cell of any type."""
    found = []
    if extra := set(cell.metadata) - tool.CELL_METADATA:
        found.append(f"cell metadata {sorted(extra)}")
    if extra := tags(cell) - TAGS:
        found.append(f"tags {sorted(extra)}")
    if {"raises-exception", "nbval-ignore-output"} <= tags(cell):
        found.append("any error, or none, would pass")
    if cell.get("attachments"):
        found.append("attached file")
    return found


def code_problems(cell: NotebookNode) -> list[str]:
    """Problems of a code cell and its outputs."""
    found = []
    if cell.source.rstrip().endswith(";"):
        found.append("trailing semicolon")
    if any(marker in cell.source for marker in NBVAL_COMMENTS):
        found.append("nbval comment instead of a tag")
    if any(line.lstrip().startswith("!") for line in cell.source.splitlines()):
        found.append("shell command, whose failure goes unseen")
    widest = max(map(len, cell.source.splitlines()), default=0)
    if widest > MAX_COLUMNS and "hide-input" not in tags(cell):
        found.append(f"a line of {widest} columns, more than {MAX_COLUMNS}")
    kinds = [output.output_type for output in cell.outputs]
    if any(output.get("name") == "stderr" for output in cell.outputs):
        found.append("stderr output")
    if any("\r" in output.get("text", "") for output in cell.outputs):
        found.append("a carriage return: nbval drops the text before it")
    if kinds.count("error") != ("raises-exception" in tags(cell)):
        found.append("error output without the tag raises-exception, or the tag without one")
    types = {mime for output in cell.outputs for mime in output.get("data", {})}
    if extra := types - MIME_TYPES:
        found.append(f"output of type {sorted(extra)}")
    return found


def problems(path: Path) -> list[str]:
    """All that is wrong with the form of a stored notebook."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    found = notebook_problems(notebook, path.stat().st_size, LARGER.get(path.name, MAX_BYTES))
    found += foretold(notebook.cells)
    for number, cell in enumerate(notebook.cells):
        of_cell = cell_problems(cell)
        if cell.cell_type == "code":
            of_cell += code_problems(cell)
        found += [f"cell {number}: {problem}" for problem in of_cell]
    return found


@pytest.mark.parametrize("path", tool.all_notebooks(), ids=lambda path: path.name)
def test_stored_notebook_is_clean(path: Path) -> None:
    assert problems(path) == []


def test_the_command_needs_no_other_plugin(tmp_path: Path) -> None:
    """`pytest --nbval`, with pytest and nbval alone, and from another folder."""
    chapter = str(tool.ROOT / "chapters" / "03_convolution.ipynb")
    others = [f"-pno:{name}" for name in ("xdist", "pytest_cov", "hypothesispytest")]
    command = [sys.executable, "-m", "pytest", "--nbval", "--collect-only", *others, chapter]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Cell 0" in run.stdout


# --- quizzes ---

CHAPTERS = sorted((tool.ROOT / "chapters").glob("*.ipynb"))
QUIZ = re.compile(r"^## Quiz[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r"^\*\*(.+)\*\*$", re.MULTILINE)
ANSWER = re.compile(r"^:::\{dropdown\} (.+)\n(.+)\n:::$", re.MULTILINE)


def quiz_problems(notebook: NotebookNode) -> list[str]:
    """What is wrong with a chapter's quiz: 3 to 5 questions, each with one right answer."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    quizzes = QUIZ.findall(text)
    if len(quizzes) != 1:
        return [f"{len(quizzes)} quizzes"]
    _, *parts = QUESTION.split(quizzes[0])
    questions, bodies = parts[::2], parts[1::2]
    found = [] if 3 <= len(questions) <= 5 else [f"{len(questions)} questions"]
    for question, body in zip(questions, bodies, strict=True):
        verdicts = [reason.split(" ")[0] for _, reason in ANSWER.findall(body)]
        if body.count("{dropdown}") != len(verdicts) or not 3 <= len(verdicts) <= 4:
            found.append(f"{question}: {len(verdicts)} answers can be read")
        if sorted(verdicts) != ["No."] * (len(verdicts) - 1) + ["Right."]:
            found.append(f"{question}: the answers begin with {verdicts}")
    return found


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name)
def test_chapter_has_a_quiz(path: Path) -> None:
    assert quiz_problems(nbformat.read(path, as_version=4)) == []


def answer(verdict: str) -> str:
    return f":::{{dropdown}} So?\n{verdict} Because.\n:::\n"


GOOD_QUESTION = "**What?**\n\n" + "".join(map(answer, ("No.", "Right.", "No.")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (3 * GOOD_QUESTION, None),
        (2 * GOOD_QUESTION, "2 questions"),
        (3 * GOOD_QUESTION.replace("Right.", "No."), "the answers begin with"),
        (3 * GOOD_QUESTION.replace("No.", "Right."), "the answers begin with"),
        (3 * GOOD_QUESTION.replace("No.", "Well."), "the answers begin with"),
        (3 * GOOD_QUESTION.replace(":::\n", "", 1), "2 answers can be read"),
        (3 * GOOD_QUESTION + "## Quiz 2\n", "2 quizzes"),
    ],
)
def test_bad_quiz_is_found(text: str, problem: str | None) -> None:
    cells = [new_markdown_cell("# Title"), new_markdown_cell(f"## Quiz\n\n{text}")]
    found = quiz_problems(new_notebook(cells=[*cells, new_markdown_cell("## Exercises")]))
    assert found == [] if problem is None else problem in found[0]


# --- the checks can fail ---


def good_notebook() -> NotebookNode:
    text = [new_output("stream", name="stdout", text="1\n")]
    error = [new_output("error", ename="ValueError", evalue="no", traceback=["ValueError: no"])]
    return new_notebook(
        metadata={"kernelspec": tool.KERNELSPEC, "language_info": tool.LANGUAGE_INFO},
        cells=[
            new_markdown_cell("# Title"),
            new_code_cell("print(1)", execution_count=1, outputs=text),
            new_code_cell(
                "raise ValueError('no')",
                execution_count=2,
                outputs=error,
                metadata={"tags": ["raises-exception"]},
            ),
            new_code_cell("assert True", execution_count=3),
        ],
    )


def problems_of(notebook: NotebookNode, folder: Path) -> list[str]:
    path = folder / "notebook.ipynb"
    nbformat.write(notebook, path)
    return problems(path)


def test_good_notebook_has_no_problem(tmp_path: Path) -> None:
    assert problems_of(good_notebook(), tmp_path) == []


PREDICT = new_markdown_cell(":::{admonition} Predict, then run\n:class: predict\nHow many?\n:::")


@pytest.mark.parametrize(
    ("mime", "folds", "text", "is_good"),
    [
        ("text/plain", ["hide-output"], "Next.", True),
        ("text/html", [], ":::{dropdown} The answer\nSix.\n:::", True),
        ("image/svg+xml", ["hide-input", "hide-output"], "Next.", True),
        ("text/plain", [], "Next.", False),
        ("image/svg+xml", ["hide-input"], "Next.", False),
    ],
)
def test_prediction_has_a_folded_answer(
    mime: str, folds: list[str], text: str, is_good: bool
) -> None:
    cell = new_code_cell("draw()", metadata={"tags": folds})
    add_output(cell, mime)
    assert (foretold([PREDICT, cell, new_markdown_cell(text)]) == []) == is_good


def add_output(cell: NotebookNode, mime: str) -> None:
    cell.outputs.append(new_output("display_data", data={mime: "…"}))


BAD: dict[str, Callable[[NotebookNode], object]] = {
    "execution counts are [None, 2, 3]": lambda n: n.cells[1].update(execution_count=None),
    "execution counts are [2, 2, 3]": lambda n: n.cells[1].update(execution_count=2),
    "kernelspec is not python3": lambda n: n.metadata.kernelspec.update(name="mine"),
    "language_info holds more": lambda n: n.metadata.language_info.update(version="3.11"),
    "notebook metadata ['widgets']": lambda n: n.metadata.update(widgets={}),
    f"bytes, more than {MAX_BYTES}": lambda n: n.cells[0].update(source="x" * MAX_BYTES),
    "3 cells with nbval-ignore-output": lambda n: n.cells.extend(
        new_code_cell("assert True", execution_count=i, metadata={"tags": ["nbval-ignore-output"]})
        for i in (4, 5, 6)
    ),
    "without an assert": lambda n: n.cells[1].metadata.update(tags=["nbval-ignore-output"]),
    "cell metadata ['execution']": lambda n: n.cells[1].metadata.update(execution={}),
    "tags ['nbval-skip']": lambda n: n.cells[1].metadata.update(tags=["nbval-skip"]),
    "attached file": lambda n: n.cells[0].update(attachments={"a.png": {"image/png": ""}}),
    "trailing semicolon": lambda n: n.cells[1].update(source="print(1);\n"),
    "a line of 89 columns": lambda n: n.cells[1].update(source=f"print(1)  # {'x' * 77}"),
    "any error, or none": lambda n: n.cells[2].update(
        source="assert False", metadata={"tags": ["raises-exception", "nbval-ignore-output"]}
    ),
    "shell command": lambda n: n.cells[1].update(source="x = 1\n  !false"),
    "nbval comment": lambda n: n.cells[1].update(source="# NBVAL_SKIP\nprint(1)"),
    "stderr output": lambda n: n.cells[1].outputs[0].update(name="stderr"),
    "carriage return": lambda n: n.cells[1].outputs[0].update(text="2\r1\n"),
    "error output without": lambda n: n.cells[2].metadata.update(tags=[]),
    "or the tag without one": lambda n: n.cells[2].update(outputs=[]),
    "['image/png']": lambda n: add_output(n.cells[1], "image/png"),
    "['image/jpeg']": lambda n: add_output(n.cells[1], "image/jpeg"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_notebook_is_found(message: str, tmp_path: Path) -> None:
    notebook = good_notebook()
    BAD[message](notebook)
    found = problems_of(notebook, tmp_path)
    assert len(found) == 1
    assert message in found[0]


# --- execution ---


def test_execution_stores_a_clean_notebook(tmp_path: Path) -> None:
    """What `make notebooks` writes passes the checks, and running it again changes nothing."""
    path = tmp_path / "notebook.ipynb"
    notebook = good_notebook()
    notebook.metadata.update(widgets={})
    notebook.cells[1] = new_code_cell("import os\nprint(os.environ['OMP_NUM_THREADS'])")
    notebook.cells[1].metadata.update(collapsed=True)
    nbformat.write(notebook, path)
    tool.run_in_place(path)
    assert problems(path) == []
    stored = path.read_text(encoding="utf-8")
    assert json.loads(stored)["cells"][1]["outputs"][0]["text"] == ["1\n"]
    tool.run_in_place(path)
    assert path.read_text(encoding="utf-8") == stored


def test_stripped_notebook_is_executed_again(tmp_path: Path) -> None:
    """Its code is unchanged, but its outputs are gone."""
    path = tmp_path / "notebook.ipynb"
    notebook = good_notebook()
    nbformat.write(notebook, path)
    record = {path.name: tool.fingerprint(path)}
    assert tool.is_current(path, record)
    notebook.cells[1].update(execution_count=None, outputs=[])
    nbformat.write(notebook, path)
    assert not tool.is_current(path, record)


def test_recorded_results_are_read_by_the_notebooks_that_name_them() -> None:
    found = tool.inputs(tool.ROOT / "chapters" / "14_further.ipynb")
    results = {f.relative_to(tool.RESULTS).as_posix() for f in found if tool.RESULTS in f.parents}
    assert results >= {"ablation.json", "recipes/tiny.json"}
    assert "convolution_ladder.json" not in results
    assert tool.RESULTS.parent / "samples.py" in found
