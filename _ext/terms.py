"""Terms in bold, where a chapter introduces them, are links to their entries in the glossary.

Chinese text in English says that it is Chinese, so that a screen reader speaks it and the right
font sets it.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "appendices/glossary"
CHINESE = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+)")


def entries(app: Sphinx) -> dict[str, str]:
    """Term in lower case -> its label on the page of the glossary."""
    found = app.env.get_domain("std").get_objects()
    terms = [(name, page, label) for name, _, kind, page, label, _ in found if kind == "term"]
    labels: dict[str, str] = {}
    for name, page, label in terms:
        if page == GLOSSARY:
            labels |= dict.fromkeys(names(name), label)
    return labels


def names(term: str) -> list[str]:
    """'feature map 特征图' -> ['feature map', '特征图'], in either order."""
    return [name.strip().lower() for name in CHINESE.split(term) if name.strip(" ()")]


def link_terms(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Make each bold term a link; a plural finds its singular."""
    if page == GLOSSARY:
        return
    labels = entries(app)
    address = app.builder.get_relative_uri(page, GLOSSARY)
    for bold in list(doctree.findall(nodes.strong)):
        term = bold.astext().lower()
        label = labels.get(term) or labels.get(term.removesuffix("s"))
        if label:
            link = nodes.reference("", "", internal=True, refuri=f"{address}#{label}")
            link["classes"].append("term")
            bold.replace_self(link)
            link += bold


def mark_chinese(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put Chinese text into an element of its language; docutils reads it from the class."""
    for text in list(doctree.findall(nodes.Text)):
        pieces = CHINESE.split(text)
        if len(pieces) > 1 and not isinstance(text.parent, nodes.literal_block | nodes.raw):
            marked = [
                nodes.inline("", piece, classes=["language-zh-Hans"])
                if CHINESE.fullmatch(piece)
                else nodes.Text(piece)
                for piece in pieces
                if piece
            ]
            text.parent.replace(text, marked)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-resolved", link_terms)
    if app.config.language == "en":
        app.connect("doctree-resolved", mark_chinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
