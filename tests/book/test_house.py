"""cnnlib is small enough to be read: its size, its files, its functions and its docstrings."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "cnnlib"
FILES = {file.relative_to(FOLDER).as_posix(): file for file in sorted(FOLDER.rglob("*.py"))}
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
SKIPPED |= {tokenize.ENCODING, tokenize.ENDMARKER}
Named = ast.FunctionDef | ast.ClassDef
TRAINING_LOOP = "fit"  # may be longer than other functions


def docstring(node: ast.Module | Named) -> range:
    """Its lines; none if there is no docstring."""
    if ast.get_docstring(node) is None:
        return range(0)
    return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def code(text: str) -> set[int]:
    """The numbers of the lines with code: not empty, no comment, no docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = {
        line
        for token in tokens
        if token.type not in SKIPPED
        for line in range(token.start[0], token.end[0] + 1)
    }
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, Named | ast.Module):
            found -= set(docstring(node))
    return found


def source(name: str) -> str:
    return FILES[name].read_text(encoding="utf-8")


def named(name: str, kind: type[Named] | tuple[type[Named], ...]) -> Iterator[tuple[str, Named]]:
    """Functions or classes of a file with their names, those inside another one too."""
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, kind):
            yield f"{name}: {node.name}", node


def own_code(name: str, node: Named) -> int:
    """Code lines from the first line of the signature to the last of the body."""
    return len(code(source(name)) & set(range(node.lineno, (node.end_lineno or 0) + 1)))


def test_counts_are_right() -> None:
    text = '"""Two lines\nof a docstring."""\n\nx = 1  # here\n# a comment\ny = (\n    2\n)\n'
    assert code(text) == {4, 6, 7, 8}
    text = 'def f(x):\n    """One line."""\n\n    return x\n'
    assert code(text) == {1, 4}


def test_all_of_cnnlib_is_at_most_1400_lines_of_code() -> None:
    assert sum(len(code(source(name))) for name in FILES) <= 1400


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_at_most_250_lines(name: str) -> None:
    assert len(source(name).splitlines()) <= 250


@pytest.mark.parametrize("name", FILES)
def test_a_function_has_at_most_25_lines_of_code(name: str) -> None:
    for place, node in named(name, ast.FunctionDef):
        if node.name != TRAINING_LOOP:
            assert own_code(name, node) <= 25, place


@pytest.mark.parametrize("name", FILES)
def test_a_module_opens_with_two_sentences(name: str) -> None:
    text = ast.get_docstring(ast.parse(source(name))) or ""
    assert len(re.findall(r"[.?](\s|$)", text)) >= 2, text


@pytest.mark.parametrize("name", FILES)
def test_no_public_docstring_is_longer_than_its_code(name: str) -> None:
    for place, node in named(name, (ast.FunctionDef, ast.ClassDef)):
        if not node.name.startswith("_"):
            assert len(docstring(node)) <= own_code(name, node), place
