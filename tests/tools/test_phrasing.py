"""The check of phrasing: what it finds, and in which parts of a file."""

from pathlib import Path

import nbformat
import pytest

from tools import phrasing

CODE = '''"""Four."""


def f():
    """Five."""
'''


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("The digit is read rightly here.", "The digit is read rightly here."),
        ("A division that leaves\na rest.", "A division that leaves a rest."),
        ("the derivative by $x$ is 2", "the derivative by … is 2"),
    ],
)
def test_a_phrase_is_found_across_lines_and_formulas(text: str, excerpt: str) -> None:
    assert [found for found, _ in phrasing.found(text)] == [excerpt]


@pytest.mark.parametrize(
    "text", ["`a rest` is a name", "```\na rest\n```", "the gradient by hand", "at rest"]
)
def test_code_and_other_words_are_left_alone(text: str) -> None:
    assert not list(phrasing.found(text))


def test_captions_alternative_texts_and_docstrings_are_read(tmp_path: Path) -> None:
    code = nbformat.v4.new_code_cell("x = 'a rest'")
    code.metadata["mystnb"] = {"figure": {"caption": "One"}, "image": {"alt": "Two"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Three"), code])
    nbformat.write(notebook, tmp_path / "page.ipynb")
    (tmp_path / "module.py").write_text(CODE, encoding="utf-8")
    pieces = [text for _, text in phrasing.texts(tmp_path / "page.ipynb")]
    assert sorted(filter(None, pieces)) == ["One", "Three", "Two"]
    assert [text for _, text in phrasing.texts(tmp_path / "module.py")] == ["Four.", "Five."]


def test_the_command_names_the_place_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(phrasing, "ROOT", tmp_path)
    page = tmp_path / "index.md"
    page.write_text("Whoever reads this.", encoding="utf-8")
    with pytest.raises(SystemExit, match="1"):
        phrasing.main()
    assert capsys.readouterr().out.startswith("index.md, text: … Whoever reads this. … -> ")
    page.write_text("Read this.", encoding="utf-8")
    with pytest.raises(SystemExit, match="0"):
        phrasing.main()
