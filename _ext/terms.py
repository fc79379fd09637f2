"""Terms in bold, where a chapter introduces them, are links to their entries in the glossary."""

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "appendices/glossary"


def entries(app: Sphinx) -> dict[str, str]:
    """English term in lower case -> its label on the page of the glossary."""
    found = app.env.get_domain("std").get_objects()
    terms = [(name, page, label) for name, _, kind, page, label, _ in found if kind == "term"]
    return {english(name): label for name, page, label in terms if page == GLOSSARY}


def english(name: str) -> str:
    """'feature map 特征图' -> 'feature map'."""
    return " ".join(word for word in name.split() if word.isascii()).lower()


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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-resolved", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
