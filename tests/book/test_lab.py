"""The notebooks of `make lab`: plain Markdown, working links, and the code of the chapters."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbclient import NotebookClient
from nbformat import NotebookNode
from sphinx.errors import ExtensionError

from _ext import lab
from tools.notebooks import all_notebooks

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in all_notebooks()}
PAGES = sorted({*SOURCES, *lab.BESIDE})
CHAPTERS = [name for name in SOURCES if name.startswith("chapters/")]
SMALL = "appendices/playground"
MYST = re.compile(r":::|\{[\w:-]+\}`|^\([\w-]+\)=$|^\{\.[\w-]+\}$|\bsolution-(start|end)\b", re.M)
MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)


@cache
def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def notebook(book: Path, name: str) -> NotebookNode:
    """The ready notebook of a page."""
    return read(book / "notebooks" / f"{name}.ipynb")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def rendered(text: str) -> BeautifulSoup:
    """A cell as an editor shows it that knows Markdown, tables and formulas, and no more."""
    return BeautifulSoup(MARKDOWN.render(text), "html.parser")


def shown(cell: NotebookNode) -> list[object]:
    """What a cell printed and drew."""
    return [output.get("text") or output.data for output in cell.outputs]


def prose(text: str) -> str:
    """What a reader sees of a cell, without code and formulas."""
    tree = rendered(text)
    for element in tree.select("code, pre, .math"):
        element.decompose()
    return tree.get_text()


# --- All pages --------------------------------------------------------------------------------


def test_every_notebook_is_there_and_is_what_the_page_hands_out(book: Path) -> None:
    folder = book / "notebooks"
    found = {path.relative_to(folder) for path in folder.rglob("*.ipynb")}
    assert found == {Path(f"{name}.ipynb") for name in PAGES}
    for name in SOURCES:
        download = book / "_sources" / f"{name}.ipynb"
        assert download.read_bytes() == (folder / f"{name}.ipynb").read_bytes(), name
        assert f"_sources/{name}.ipynb" in (book / f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_text_is_plain_markdown(book: Path, name: str) -> None:
    """No directive, role or label, and no sign of Markdown that means nothing."""
    ready = notebook(book, name)
    nbformat.validate(ready)
    for text in texts(ready):
        seen = prose(text)
        assert not MYST.search(seen), seen
        assert not re.search(r"\*\*|`|\$\$|\\[a-z(\[]|\]\(", seen), seen


# VS Code sets no formula in HTML, and none before a digit. GitHub sets none that takes two lines of
# the text, none beside a letter, and none with these commands.
CODE = r"(?s)```.*?```|`[^`]*`|\\\$|\$\$.*?\$\$"
FORMULA = re.compile(r"(.?)\$([^$]+)\$(.?)", re.S)
REFUSED = re.compile(r"\\(operatorname|class|mbox|phantom|(re)?newcommand|def|href|style)\b")


@pytest.mark.parametrize("name", PAGES)
def test_formulas_are_set_by_other_editors_too(book: Path, name: str) -> None:
    for text in texts(notebook(book, name)):
        assert not re.search(r"<summary>[^<]*\$", text), text
        assert not REFUSED.search(text), text
        for before, formula, after in FORMULA.findall(re.sub(CODE, " ", text)):
            assert "\n" not in formula, text
            assert not any(sign.isalnum() for sign in before + after), text


@pytest.mark.parametrize("name", SOURCES)
def test_code_is_that_of_the_chapter(book: Path, name: str) -> None:
    """Sources, outputs, ids and tags; but what is to be predicted is not given away."""
    stored, ready = code_cells(read(SOURCES[name])), code_cells(notebook(book, name))
    assert [cell.id for cell in ready] == [cell.id for cell in stored]
    for old, new in zip(stored, ready, strict=True):
        folded = new.metadata.get("jupyter", {})
        tags = old.metadata.get("tags", [])
        assert new.metadata == old.metadata | ({"jupyter": folded} if folded else {})
        assert new.source == old.source
        outputs = [] if "hide-output" in tags else old.outputs
        for output in outputs:
            if drawing := output.get("data", {}).get("image/svg+xml"):
                output.data["text/html"] = lab.picture(drawing)
        assert new.outputs == outputs
        assert folded.get("source_hidden", False) == bool({"hide-input", "hide-cell"} & set(tags))


@cache
def places(path: Path) -> frozenset[str]:
    """Where links can lead: within a notebook to an anchor, from another one to a cell."""
    cells = read(path).cells
    anchors = re.findall(r'<a id="([^"]+)"></a>', "\n".join(texts(read(path))))
    return frozenset([*anchors, *(f"cell-id={cell.id}" for cell in cells)])


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(book: Path, name: str) -> None:
    """To a file of the folder and, in a notebook, to a place; pictures are in their cell."""
    path = book / "notebooks" / f"{name}.ipynb"
    for cell in read(path).cells:
        tree = rendered(cell.source if cell.cell_type == "markdown" else "")
        for image in tree.find_all("img"):
            assert str(image["src"]).removeprefix("attachment:") in cell.attachments
            assert image["alt"]
        for link in tree.find_all("a", href=True):
            address, _, anchor = str(link["href"]).partition("#")
            file = (path.parent / address).resolve() if address else path
            if not address.startswith("https://"):
                assert file.is_file(), link
                assert not anchor or anchor in places(file), link
                assert anchor.startswith("cell-id=") == bool(address and anchor), link
                assert book / "notebooks" in file.parents


@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_are_those_of_the_book(book: Path, name: str) -> None:
    """All formulas with a name and all figures are there, counted from 1."""
    source = "\n".join(texts(read(SOURCES[name])))
    text = "\n".join(texts(notebook(book, name)))
    chapter = str(int(name.removeprefix("chapters/")[:2]))
    formulas = len(re.findall(r"^\$\$ \(eq-", source, re.M))
    figures = source.count("{figure}")
    figures += sum("mystnb" in cell.metadata for cell in code_cells(read(SOURCES[name])))
    assert f"\n# {chapter}. " in text[:400]
    counted = {r"\\tag\{([\d.]+)\}": formulas, r"\*\*Figure ([\d.]+)\.\*\*": figures}
    for pattern, count in counted.items():
        assert re.findall(pattern, text) == [f"{chapter}.{n}" for n in range(1, count + 1)]


# --- Folded -----------------------------------------------------------------------------------


def solutions(source: NotebookNode) -> Iterator[list[str]]:
    """The ids of the code cells of each solution of a chapter that has any."""
    inside = False
    ids: list[str] = []
    for cell in source.cells:
        if cell.cell_type == "code":
            ids += [cell.id] * inside
            continue
        for mark in re.findall(r"\{solution-(start|end)\}", cell.source):
            inside = mark == "start"
            if not inside and ids:
                yield ids
                ids = []


def below_folded_headings(ready: NotebookNode) -> Iterator[list[str]]:
    """The ids of the code cells that JupyterLab hides below each folded heading."""
    level = 0
    ids: list[str] = []
    for cell in [*ready.cells, nbformat.v4.new_markdown_cell("# End")]:
        heading = re.match("(#+) ", cell.source) if cell.cell_type == "markdown" else None
        if level and heading and len(heading[1]) <= level:
            yield ids
            level, ids = 0, []
        if cell.metadata.get("jp-MarkdownHeadingCollapsed"):
            assert heading
            assert "\n" not in cell.source
            level = len(heading[1])
        elif level and cell.cell_type == "code":
            ids.append(cell.id)


@pytest.mark.parametrize("name", SOURCES)
def test_solutions_are_folded_and_nothing_else_with_them(book: Path, name: str) -> None:
    ready = notebook(book, name)
    assert list(below_folded_headings(ready)) == list(solutions(read(SOURCES[name])))
    text = "\n".join(texts(ready))
    exercises = "\n".join(texts(read(SOURCES[name]))).count("{exercise}")
    titles = re.findall(r"^(?:#### |<summary>)Solution to Exercise [\d.]+ ", text, re.M)
    assert len(titles) == exercises


@pytest.mark.parametrize("name", SOURCES)
def test_answers_are_folded(book: Path, name: str) -> None:
    """All that is a dropdown in the chapter, the reasons of its quiz among them."""
    source, text = ("\n\n".join(texts(it)) for it in (read(SOURCES[name]), notebook(book, name)))
    assert text.count("<summary>") - text.count("<summary>Solution to ") - text.count(
        "<summary>The figure in words</summary>"
    ) == source.count("{dropdown}")
    opened = re.sub(r"(?s)<details>.*?</details>", "", text)
    assert not re.search(r"^(Right|No)\. ", opened, re.M)


# --- Run --------------------------------------------------------------------------------------


def test_notebook_runs_in_its_folder(book: Path, tmp_path: Path) -> None:
    """The interactive figures come out as they are stored."""
    ready = nbformat.read(book / "notebooks" / f"{SMALL}.ipynb", as_version=4)
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(ready, resources=place, coalesce_streams=True).execute()
    for new, old in zip(code_cells(ready), code_cells(notebook(book, SMALL)), strict=True):
        assert shown(new) == shown(old)


# --- What the extension does not see in this book ---------------------------------------------


def text() -> lab.Text:
    """Of a page that has no labels."""
    domain = SimpleNamespace(anonlabels={})
    return lab.Text(SimpleNamespace(env=SimpleNamespace(get_domain=lambda name: domain)), "a/page")


def test_unknown_node_is_an_error() -> None:
    """It names the page and the node, within a line as well."""
    message = "a/page: expected a node that can be written as plain Markdown, got {}: 'aside'"
    with pytest.raises(ExtensionError, match=message.format("sidebar")):
        text().block(nodes.sidebar("", nodes.paragraph("", "aside")))
    with pytest.raises(ExtensionError, match=message.format("subscript")):
        text().block(nodes.paragraph("", "", nodes.subscript("", "aside")))


@given(st.text("ab1 \\`*_[]<>&$|~#(){}!.:-+\"'^=é。", min_size=1).map(str.strip).filter(bool))
def test_text_comes_back_as_it_was(words: str) -> None:
    """Whatever signs are in it, a paragraph is one paragraph of the same text."""
    tree = rendered(text().block(nodes.paragraph("", words)))
    assert [element.name for element in tree.find_all()] == ["p"]
    assert tree.get_text().strip() == words


def test_formula_in_a_quotation_is_one_line() -> None:
    """Jupyter takes formulas out of a cell before it looks for quotations."""
    block = nodes.note("", nodes.math_block("", "a\n= b", number=None))
    assert text().block(block) == "> $$ a = b $$"


def test_formula_in_a_summary_is_plain() -> None:
    summary = nodes.inline("", "Below ", nodes.math("", r"1/\lambda"))
    assert lab.html(summary) == "Below <i>1/λ</i>"
    for tex in (r"x^2", r"a_i", r"\frac12", r"a \cdot b"):
        with pytest.raises(ExtensionError, match="expected in what can be folded"):
            lab.html(nodes.inline("", "", nodes.math("", tex)))


def test_code_in_a_line_may_hold_backticks() -> None:
    assert rendered(lab.code("a ` b")).code.get_text() == "a ` b"


def test_first_cell_installs_nothing_where_the_package_is() -> None:
    """It would need get_ipython, which is missing here."""
    source = lab.INSTALL.format(url="https://github.com/someone/networks")
    code = TransformerManager().transform_cell(source)
    assert "get_ipython().run_line_magic('pip'" in code
    exec(code, {})
