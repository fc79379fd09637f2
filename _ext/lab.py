"""The chapters once more as notebooks in plain Markdown, for JupyterLab and its like.

Code cells are copied as they stand. The text between them is written anew from the resolved
tree, in which every reference has its number and its address. The files lie in `notebooks/` of
the built book and link to each other; a page's download button hands out the same.
"""

import base64
import mimetypes
import posixpath
import re
from html import escape, unescape
from pathlib import Path
from shutil import copy2
from typing import cast
from urllib.parse import urldefrag

import nbformat
from docutils import nodes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx_design.dropdown import dropdown_main
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node
from sphinx_proof.nodes import definition_node, proof_node, theorem_node

FOLDER = "notebooks"
BESIDE = {  # pages without code that the chapters refer to
    "appendices/bibliography",
    "appendices/glossary",
    "appendices/reproducibility",
    "appendices/solutions",
}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FOLDED = {
    "hide-input": {"source_hidden": True},
    "hide-cell": {"source_hidden": True, "outputs_hidden": True},
}
INSTALL = """\
# Where the book's packages are missing, as in Colab, this installs them.
from importlib.util import find_spec

if find_spec("cnnlib") is None:
    %pip install --quiet "cnnlib[plot,torch] @ git+{url}\""""
ENVIRONMENT = """\
# What Binder installs.
dependencies:
  - python=3.13
  - pip
  - pip:
      - "cnnlib[plot,torch] @ git+{url}"
"""


# --- Pieces of Markdown -----------------------------------------------------------------------


def plain(text: str) -> str:
    """Text in which no sign means anything to Markdown."""
    return re.sub(r"[\\`*_\[\]<>&$|~]", r"\\\g<0>", text.replace("\n", " "))


def is_written(app: Sphinx, page: str) -> bool:
    """Whether the page gets a notebook."""
    return page in BESIDE or app.env.doc2path(page).endswith(".ipynb")


def cell_id(anchor: str) -> str:
    """The id of the cell that begins with the anchor.

    JupyterLab finds a cell in a notebook that it has yet to open, but no place within one.
    """
    return anchor.replace("/", "-")


def code(text: str) -> str:
    """Code in a line, between more backticks than it holds."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " * ("`" in text)
    return f"{fence}{space}{text}{space}{fence}"


def tex(node: nodes.Element) -> str:
    """A formula without empty lines, and without what some editor refuses.

    The classes are those of the book's style sheet. GitHub does not allow \\operatorname.
    """
    text = re.sub(r"\\class\{[\w-]+\}", "", node.astext())
    text = re.sub(r"\\operatorname(\{\w+\})", r"\\mathop{\\mathrm\1}", text)
    return "\n".join(line for line in text.strip().split("\n") if line.strip())


def start(paragraph: str) -> str:
    """A paragraph that does not begin like a list or a heading."""
    return re.sub(r"^(\d*)([-+#.)])", r"\1\\\2", paragraph)


def item(mark: str, text: str) -> str:
    """An item of a list; its further lines are indented."""
    return mark + re.sub(r"\n(?=.)", "\n" + " " * len(mark), text)


def quote(text: str) -> str:
    """A block with a line at its left. Jupyter wants each of its formulas in one line."""
    formulas = r"(?ms)^\$\$\n.+?\n\$\$$"
    text = re.sub(formulas, lambda formula: formula[0].replace("\n", " "), text)
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def fold(summary: str, text: str) -> str:
    """A block that opens when its summary is chosen."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def picture(drawing: str) -> str:
    """An SVG as a picture in HTML."""
    data = base64.b64encode(drawing.encode("utf-8")).decode("ascii")
    return f'<img alt="" src="data:image/svg+xml;base64,{data}">'


def letters(formula: nodes.math) -> str:
    """A formula of single letters and signs as HTML."""
    text = re.sub(r"\\([a-z]+)", lambda name: unescape(f"&{name[1]};"), formula.astext())
    if not re.fullmatch(r"[a-zA-Z0-9α-ω/+=., -]+", text):
        raise ExtensionError(
            "expected in what can be folded a formula of letters, digits and / + - =, "
            f"got {formula.astext()!r}"
        )
    return f"<i>{text}</i>"


def html(node: nodes.Element) -> str:
    """What stands in a summary, where not every editor knows Markdown and formulas."""
    parts = []
    for child in node.children:
        text = escape(child.astext(), quote=False)
        match child:
            case nodes.math():
                parts.append(letters(child))
            case nodes.literal():
                parts.append(f"<code>{text}</code>")
            case _:
                parts.append(text)
    return "".join(parts)


# --- The text of a page -----------------------------------------------------------------------


class Text:
    """Writes the nodes of one page as Markdown; one that it does not know is an error."""

    def __init__(self, app: Sphinx, page: str) -> None:
        self.app, self.page = app, page
        standard = cast(StandardDomain, app.env.get_domain("std"))
        self.labels = {label for name, label in standard.anonlabels.values() if name == page}
        self.pictures: dict[str, dict[str, str]] = {}

    def unknown(self, node: nodes.Node) -> ExtensionError:
        return ExtensionError(
            f"{self.page}: expected a node that can be written as plain Markdown, "
            f"got {type(node).__name__}: {node.astext()[:80]!r}"
        )

    def number(self, kind: str, node: nodes.Element) -> str:
        """3.1, as it stands on the page."""
        return ".".join(map(str, self.app.env.toc_fignumbers[self.page][kind][node["ids"][0]]))

    def numbered(self, kind: str, node: nodes.Element) -> str:
        """Figure 3.1, in the language of the page."""
        return str(self.app.config.numfig_format[kind]) % self.number(kind, node)

    def anchors(self, node: nodes.Element) -> str:
        """What links to the node lead to; of a section, what its author called it."""
        ids = node["ids"]
        if isinstance(node, nodes.section):
            ids = [name for name in ids if name in self.labels]
        return "".join(f'<a id="{name}"></a>' for name in ids)

    def heading(self, section: nodes.Element, level: int) -> str:
        """The title of a section, with its number."""
        numbers = self.app.env.toc_secnumbers.get(self.page, {})
        number = numbers.get("" if level == 1 else f"#{section['ids'][0]}") or ()
        words = [".".join(map(str, number)) + "." * bool(number), self.inline(section[0])]
        return " ".join(filter(None, [*words, self.anchors(section)]))

    def address(self, node: nodes.Element) -> str | None:
        """Where a link leads, or None if that page has no notebook."""
        if "refid" in node:
            return f"#{node['refid']}"
        if not node.get("internal"):
            return str(node["refuri"])
        path, anchor = urldefrag(node["refuri"])
        here = posixpath.dirname(self.page)
        name = posixpath.normpath(posixpath.join(here, path)).removesuffix(".html")
        if not path:
            return f"#{anchor}"
        if not is_written(self.app, name):
            return None
        notebook = posixpath.relpath(f"{name}.ipynb", here)
        return f"{notebook}#cell-id={cell_id(anchor)}" if anchor else notebook

    def inline(self, parent: nodes.Element) -> str:
        """The text within a paragraph."""
        return "".join(map(self.span, parent.children))

    def span(self, node: nodes.Node) -> str:
        match node:
            case nodes.Text():
                return plain(node.astext())
            case nodes.literal():
                return code(node.astext())
            case nodes.math():
                return f"${tex(node)}$"
            case nodes.strong():
                return f"**{self.inline(node)}**"
            case nodes.emphasis():
                return f"*{self.inline(node)}*"
            case addnodes.index():
                return ""
            case addnodes.download_reference():
                return f"[{self.inline(node)}]({node['reftarget']})"
            case nodes.reference():
                address = self.address(node)
                text = self.inline(node).strip()
                return f"[{text}]({address})" if address else text
            case nodes.inline():
                return self.inline(node)
        raise self.unknown(node)

    def blocks(self, children: list[nodes.Node]) -> str:
        """Blocks below each other."""
        return "\n\n".join(filter(None, map(self.block, children)))

    def block(self, node: nodes.Node) -> str:
        match node:
            case nodes.paragraph():
                return start(self.inline(node))
            case nodes.rubric():
                return f"**{self.inline(node)}**"
            case nodes.target():
                return ""  # its name is among the ids of the next node
            case nodes.math_block():
                return self.formula(node)
            case nodes.literal_block():
                return f"```{node.get('language', '')}\n{node.astext().rstrip()}\n```"
            case nodes.bullet_list():
                parts = [self.anchors(it) + self.blocks(it.children) for it in node]
                return "\n".join(item("- ", part) for part in parts)
            case nodes.enumerated_list():
                parts = [self.blocks(it.children) for it in node]
                return "\n".join(item(f"{n}. ", part) for n, part in enumerate(parts, 1))
            case addnodes.glossary():
                return self.blocks([entry for entries in node for entry in entries])
            case nodes.definition_list_item():
                term, definition = node
                title = f"{self.anchors(term)}**{self.inline(term)}**"
                return f"{title}: {self.blocks(definition.children)}"
            case nodes.table():
                return self.table(node)
            case nodes.figure():
                return self.figure(node)
            case nodes.container() if "cell_index" not in node:
                return self.blocks(node.children)
            case dropdown_main():
                summary, body = node
                return fold(html(summary[0]), self.blocks(body.children))
            case nodes.admonition() | nodes.note():
                return self.admonition(node)
            case theorem_node() | definition_node():
                kind = node["realtype"]
                title = f"**{_(kind.title())} {self.number(kind, node)}{node[0].astext()}**"
                return self.anchors(node) + "\n\n" + quote(f"{title}\n\n{self.blocks(node[1])}")
            case proof_node():
                return self.blocks(node.children)
        raise self.unknown(node)

    def formula(self, node: nodes.math_block) -> str:
        if not node.get("label"):
            return f"$$\n{tex(node)}\n$$"
        number = self.number("displaymath", node)
        return f"{self.anchors(node)}\n\n$$\n{tex(node)} \\tag{{{number}}}\n$$"

    def admonition(self, node: nodes.Element) -> str:
        parts = [
            f"**{self.inline(child)}**" if isinstance(child, nodes.title) else self.block(child)
            for child in node.children
        ]
        return quote("\n\n".join(parts))

    def table(self, node: nodes.Element) -> str:
        rows = [[self.blocks(entry.children) for entry in row] for row in node.findall(nodes.row)]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def figure(self, node: nodes.Element) -> str:
        """The picture goes into the cell that shows it."""
        image = next(node.findall(nodes.image))
        path = Path(self.app.srcdir, image["uri"])
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        self.pictures[path.name] = {str(mimetypes.guess_type(path.name)[0]): data}
        picture = f"![{plain(image['alt'])}](attachment:{path.name})"
        return f"{self.anchors(node)}\n\n{picture}\n\n{self.caption(node)}"

    def caption(self, node: nodes.Element) -> str:
        caption = next(node.findall(nodes.caption))
        return f"**{self.numbered('figure', node)}.** {self.inline(caption)}"


# --- Its cells --------------------------------------------------------------------------------


class Notebook:
    """Grows cell by cell, in the order of the page."""

    def __init__(self, app: Sphinx, page: str, source: nbformat.NotebookNode) -> None:
        self.text = Text(app, page)
        self.source = source
        self.cells: list[nbformat.NotebookNode] = []
        self.blocks: list[str] = []

    def add_needs(self, url: str | None) -> None:
        """Say what the code needs; with an address, a cell installs it."""
        needs = _(
            "The code needs the book's packages. They come with all notebooks in `notebooks.zip`, "
            "which the book's pages offer; `make lab` has them too."
        )
        self.blocks.append(f"*{needs}*")
        self.end_cell()
        if url:
            self.cells.append(new_code_cell(INSTALL.format(url=url), id="install"))

    def end_cell(self, **metadata: bool) -> None:
        """Make a cell of the text since the last one."""
        text = "\n\n".join(filter(None, self.blocks))
        if text:
            anchor = re.search(r'<a id="([^"]+)">', text)
            name = cell_id(anchor[1]) if anchor else f"text-{len(self.cells)}"
            cell = new_markdown_cell(text, id=name, metadata=metadata)
            names = re.findall(r"\]\(attachment:([^)]+)\)", text)
            if names:
                cell.attachments = {name: self.text.pictures[name] for name in names}
            self.cells.append(cell)
        self.blocks = []

    def begin_cell(self, level: int, title: str) -> None:
        """Begin a cell with a heading, below which it can be folded."""
        self.end_cell()
        self.blocks.append(f"{'#' * level} {title}")

    def add(self, parent: nodes.Element, level: int) -> None:
        """Add what can hold code cells, piece by piece, and everything else as text."""
        for node in parent.children:
            match node:
                case nodes.section():
                    if isinstance(node[0], nodes.title):
                        self.begin_cell(level + 1, self.text.heading(node, level + 1))
                    self.add(node, level + 1)
                case nodes.title():
                    pass  # it stands above already
                case nodes.container() if "cell_index" in node:
                    self.add_code(node)
                case exercise_enumerable_node():
                    number = self.text.numbered("exercise", node)
                    title = f"{number}{node[0].astext()} {self.text.anchors(node)}"
                    self.begin_cell(level + 1, title)
                    self.add(node, level)
                case solution_node():
                    self.add_solution(node, level)
                case nodes.container() if "quiz" in node["classes"]:
                    self.add_quiz(node)
                case _:
                    self.add_text(self.text.block(node))

    def add_text(self, text: str) -> None:
        """Add blocks; one that links lead to begins a cell."""
        for part in re.split(r"\n+(?=(?:- )?<a id=)", text):
            if part.startswith(("<a id=", "- <a id=")):
                self.end_cell()
            self.blocks.append(part)

    def add_solution(self, node: nodes.Element, level: int) -> None:
        """Fold it: in one cell, or below a heading where it has code cells."""
        title = node[0].astext()
        if any("cell_index" in it for it in node.findall(nodes.container)):
            self.begin_cell(level + 2, f"{title} {self.text.anchors(node)}")
            self.end_cell(**{"jp-MarkdownHeadingCollapsed": True})
            self.add(node, level)
            self.end_cell()
        else:
            text = fold(escape(title), self.text.blocks(node[1].children))
            self.add_text(f"{self.text.anchors(node)}\n\n{text}")

    def add_quiz(self, node: nodes.Element) -> None:
        """A question and its answers are a cell."""
        for child in node.children:
            if isinstance(child, nodes.paragraph):
                self.end_cell()
            self.blocks.append(self.text.block(child))

    def add_code(self, node: nodes.Element) -> None:
        """Copy the cell, folded as on the page, and put its caption below it.

        JupyterLab shows the first line of a folded output. Where one is to be predicted, the
        cell has none before it is run. It shows SVG only in notebooks that it trusts, and a
        picture in HTML in all.
        """
        self.end_cell()
        cell = self.source.cells[node["cell_index"]].copy()
        tags = cell.metadata.get("tags", [])
        for tag in FOLDED.keys() & tags:
            cell.metadata = cell.metadata | {"jupyter": FOLDED[tag]}
        if "hide-output" in tags:
            cell |= {"outputs": [], "execution_count": None}
        for output in cell.outputs:
            if drawing := output.get("data", {}).get("image/svg+xml"):
                output.data["text/html"] = picture(drawing)
        self.cells.append(cell)
        for figure in node.findall(nodes.figure):
            words = plain(next(it["alt"] for it in figure.findall(nodes.Element) if "alt" in it))
            caption = self.text.anchors(figure) + self.text.caption(figure)
            if "hide-output" in tags:
                self.blocks.append(fold(_("The figure in words"), f"{caption}\n\n{words}"))
            else:
                self.blocks += [caption, fold(_("The figure in words"), words)]
            self.end_cell()


def write(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the notebook of a page, and beside it the files that it offers."""
    if app.builder.format != "html" or not is_written(app, page):
        return
    source = Path(app.env.doc2path(page))
    target = Path(app.outdir, FOLDER, f"{page}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    is_code = source.suffix == ".ipynb"
    empty = new_notebook(metadata={"kernelspec": KERNEL})  # without one, JupyterLab would ask
    notebook = Notebook(app, page, nbformat.read(source, as_version=4) if is_code else empty)
    if is_code:
        notebook.add_needs(app.config.html_theme_options.get("repository_url"))
    notebook.add(doctree, 0)
    notebook.end_cell()
    result = nbformat.from_dict(notebook.source | {"cells": notebook.cells})
    target.write_text(nbformat.writes(result) + "\n", encoding="utf-8", newline="\n")
    for file in doctree.findall(addnodes.download_reference):
        copy2(source.parent / file["reftarget"], target.parent)


def hand_out(app: Sphinx, exception: Exception | None) -> None:
    """Let the pages' buttons, for a download and for Binder, give these notebooks."""
    if exception is not None or app.builder.format != "html":
        return
    folder, sources = Path(app.outdir, FOLDER), Path(app.outdir, "_sources")
    for path in sources.rglob("*.ipynb"):
        copy2(folder / path.relative_to(sources), path)
    if url := app.config.html_theme_options.get("repository_url"):
        text = ENVIRONMENT.format(url=url)
        Path(app.outdir, "environment.yml").write_text(text, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx, after all that changes the tree."""
    app.connect("doctree-resolved", write, priority=900)
    app.connect("build-finished", hand_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
