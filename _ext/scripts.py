"""The strings of an edition's scripts: of the figures, of the pages, and of the checkers.

The catalogue `scripts` holds strings of JavaScript as they stand in the source, with their
quotation marks; a translation takes their place. The catalogue `checkers` holds those of Python, in
which {0}, {1} … stand for the values of an f-string.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from docutils import nodes
from pygments.lexers import JavascriptLexer
from pygments.token import String
from sphinx.application import Sphinx
from sphinx.locale import _

ROOT = Path(__file__).resolve().parents[1]
FIXED = [  # what templates and extensions of others say in English alone, in attributes
    "Main",
    "Page",
    "Toggle primary sidebar",
    "Toggle secondary sidebar",
]


@cache
def texts(language: str, catalogue: str) -> dict[str, str]:
    """The translations of a catalogue, the longest messages first."""
    path = ROOT / "locale" / language / "LC_MESSAGES" / f"{catalogue}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        messages = [it for it in read_po(file) if it.id and it.string and not it.fuzzy]
    found = {str(it.id): str(it.string) for it in messages}
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


# --- JavaScript -------------------------------------------------------------------------------


def literals(script: str) -> Iterator[str]:
    """Each string that says something, and each template whole, as it is written."""
    text = ""
    within: list[str] = []
    for kind, piece in JavascriptLexer().get_tokens(script):
        text += piece
        if piece in ("`", "${") and (piece != "`" or within[-1:] != ["`"]):
            text = text if within else piece
            within.append(piece)
        elif piece in ("`", "}") and kind in String:
            within.pop()
            if not within:
                yield text
        elif not within and kind in (String.Double, String.Single):
            yield piece


def speaks(literal: str) -> bool:
    """Whether it holds words for a reader: two of them, or one that begins with a capital."""
    words = re.sub(r"\$\{[^{}]*\}", "", literal)
    return bool(re.search(r"[a-z] [a-z(“]|[A-Z][a-z]", words)) and "<" not in words


def translate_script(script: str, language: str) -> str:
    """The script, or the HTML around it, with the strings of a language."""
    for text, translation in texts(language, "scripts").items():
        script = script.replace(text, translation)
    return script


def translate_figures(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Translate the figures of a page."""
    for raw in list(doctree.findall(nodes.raw)):
        if 'class="cnn-figure' in raw.astext():
            text = translate_script(raw.astext(), app.config.language)
            raw.replace_self(nodes.raw("", text, format="html"))


def translate_pages(app: Sphinx, exception: Exception | None) -> None:
    """Translate the scripts of the pages, and what their templates have fixed."""
    if exception is not None or app.builder.format != "html":
        return
    for script in Path(app.srcdir, "_static").glob("*.js"):
        text = translate_script(script.read_text(encoding="utf-8"), app.config.language)
        Path(app.outdir, "_static", script.name).write_text(text, encoding="utf-8")
    attribute = re.compile(rf'(?<=(?:label|title)=")(?:{"|".join(FIXED)})(?=")')
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(attribute.sub(lambda found: _(found[0]), text), encoding="utf-8")


# --- Python -----------------------------------------------------------------------------------


def message(node: ast.JoinedStr) -> str:
    """The text of an f-string, with {0}, {1} … for its values."""
    parts, count = [], 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append(f"{{{count}}}")
            count += 1
    return "".join(parts)


def messages(source: str) -> Iterator[str]:
    """Each string of a module that is no docstring."""
    tree = ast.parse(source)
    own = (ast.Module, ast.ClassDef, ast.FunctionDef)
    skipped = {
        id(it.body[0].value)
        for it in ast.walk(tree)
        if isinstance(it, own) and it.body and isinstance(it.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(it) for it in ast.walk(node) if it is not node}
    for node in ast.walk(tree):
        if id(node) not in skipped:
            if isinstance(node, ast.JoinedStr):
                text = message(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            yield text


class Translation(ast.NodeTransformer):
    """Puts the texts of a language into the strings of a module."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            return ast.Constant(self.texts.get(node.value, node.value))
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        values = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        if message(node) not in self.texts:
            return node
        parts = re.split(r"\{(\d+)\}", self.texts[message(node)])
        return ast.JoinedStr(
            [values[int(part)] if i % 2 else ast.Constant(part) for i, part in enumerate(parts)]
        )


def translate_module(source: str, language: str) -> str:
    """A module whose strings are in a language."""
    if not texts(language, "checkers"):
        return source
    tree = Translation(texts(language, "checkers")).visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx, before the notebooks are written."""
    if app.config.language != "en":
        app.connect("doctree-resolved", translate_figures, priority=400)
        app.connect("build-finished", translate_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
