"""The book's search: a list of all sections, which `_static/search.js` ranks in the browser.

Sphinx's own index knows pages, not sections, and every page would load it. This one is a classic
script, so that it works where pages are files, and is loaded when a reader begins to search.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from docutils.nodes import Element, Node
from sphinx import addnodes
from sphinx.application import Sphinx

INDEX = "_static/sections.js"
GLOSSARY = "appendices/glossary"
CLOSING = {"exercises", "quiz", "summary"}  # the ids of sections that only repeat their chapter
UNREAD = (  # what no reader looks for
    nodes.comment,
    nodes.literal_block,
    nodes.math_block,
    nodes.raw,
    nodes.title,
    addnodes.desc_signature,
    addnodes.index,
)
UNREAD_CLASSES = {"chapter-meta", "sd-dropdown", "solution"}  # answers are folded until asked for
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
Entry = dict[str, Any]


# --- Terms ------------------------------------------------------------------------------------


class Term(NamedTuple):
    """A term of the glossary: its names, and the pages that its definition refers to."""

    english: str
    chinese: str
    pages: set[str]


def both(name: str) -> tuple[str, str]:
    """'feature map 特征图' -> ('feature map', '特征图'), in either order."""
    words = name.split()
    english = " ".join(word for word in words if not CHINESE.search(word))
    return english, "".join(word for word in words if CHINESE.search(word))


def glossary(app: Sphinx) -> dict[str, Term]:
    """All terms by their labels."""
    places = app.env.domaindata["std"]["anonlabels"]
    found = {}
    for item in app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        targets = {link["reftarget"] for link in item.findall(addnodes.pending_xref)}
        pages = {places[target][0] for target in targets & places.keys()}
        found[item[0]["ids"][0]] = Term(*both(item[0].astext()), pages)
    return found


def translated(title: str, terms: Iterable[Term]) -> str:
    """A title with its terms in the other language, which a reader may know them by."""
    to_english = bool(CHINESE.search(title))
    for term in sorted(terms, key=lambda term: -len(term.chinese if to_english else term.english)):
        if term.chinese and to_english:
            title = title.replace(term.chinese, f" {term.english} ")
        elif term.chinese:
            name = rf"\b{re.escape(term.english)}s?\b"
            title = re.sub(name, term.chinese, title, flags=re.IGNORECASE)
    return title


def introduced(terms: dict[str, Term], page: str, node: Node, text: str) -> Iterator[Term]:
    """The terms that an entry introduces: in bold, or with their Chinese names."""
    named = {*in_bold(node), *CHINESE.findall(text)}
    for label, term in terms.items():
        if page in term.pages and {label, term.chinese} & named:
            yield term


def in_bold(node: Node) -> Iterator[str]:
    """The labels of the terms that stand in bold in an entry, where they are links."""
    for child in own(node):
        if isinstance(child, nodes.reference) and "term" in child["classes"]:
            yield child["refuri"].partition("#")[2]
        else:
            yield from in_bold(child)


# --- Entries ----------------------------------------------------------------------------------


def heading(node: Node) -> Element | None:
    """What an entry is called: a section's title, a term of the glossary, a function's name."""
    if isinstance(node, nodes.section) and isinstance(node[0], nodes.title):
        return node[0]
    if isinstance(node, nodes.definition_list_item) and node[0]["ids"]:
        return node[0]
    if isinstance(node, addnodes.desc) and node[0]["ids"]:
        return next(iter(node[0].findall(addnodes.desc_name)))
    return None


def names(node: Node) -> list[str]:
    """What an entry is called, a term in both languages."""
    title = line(heading(node) or node)
    if isinstance(node, nodes.definition_list_item):
        return [name for name in both(title) if name]
    return [title]


def is_read(node: Node) -> bool:
    """Whether a node belongs to the text of the entry that it stands in."""
    if isinstance(node, nodes.Element) and UNREAD_CLASSES & set(node["classes"]):
        return False
    return not isinstance(node, UNREAD) and heading(node) is None


def own(node: Node) -> list[Node]:
    """The children that make the text of an entry."""
    title = heading(node)
    return [child for child in node.children if is_read(child) and child is not title]


def line(node: Node) -> str:
    """A paragraph without TeX: a formula stays where it is plain text."""
    if isinstance(node, nodes.math):
        return "…" if set(node.astext()) & set("\\_^{}") else node.astext()
    if isinstance(node, nodes.Text):
        return node.astext()
    return "".join(line(child) for child in node.children)


def prose(node: Node) -> Iterator[str]:
    """The paragraphs of an entry."""
    for child in own(node):
        if isinstance(child, nodes.TextElement):
            yield " ".join(line(child).split())
        else:
            yield from prose(child)


def formulas(node: Node) -> int:
    """How many formulas of an entry stand in lines of their own."""
    here = sum(isinstance(child, nodes.math_block) for child in node.children)
    return here + sum(map(formulas, own(node)))


def entries(app: Sphinx, page: str, doctree: nodes.document) -> Iterator[Entry]:
    """The sections, terms and functions of a page, in their order."""
    numbers = app.env.toc_secnumbers.get(page, {})
    terms = glossary(app)
    titles = {line(it[0]).lower() for it in doctree.findall(nodes.section) if heading(it)}

    def visit(node: Node, path: list[str], taught: bool) -> Iterator[Entry]:
        title = heading(node)
        if title:
            anchor = (node if isinstance(node, nodes.section) else node[0])["ids"][0]
            number = numbers.get(f"#{anchor}", numbers.get("")) or ()
            taught = taught and anchor not in CLOSING
            name = "".join(f"{part}." for part in number) + f" {line(title)}"
            text = "\n".join(filter(None, prose(node)))
            elsewhere = titles - {line(title).lower()}  # what a section is called is taught there
            taught_here = [
                term
                for term in introduced(terms, page, node, text)
                if elsewhere.isdisjoint({term.english.lower(), term.chinese})
            ]
            yield {
                "address": f"{app.builder.get_target_uri(page)}#{anchor}",
                "path": path,
                "title": name.strip(),
                "titles": [*names(node), translated(line(title), terms.values())],
                "terms": [name for term in taught_here for name in term[:2] if name],
                "formulas": formulas(node),
                "text": text,
                "taught": taught,
            }
            path = [*path, name.strip()]
        for child in node.children:
            yield from visit(child, path, taught)

    return visit(doctree, [], taught=bool(numbers.get("")))


# --- The book ---------------------------------------------------------------------------------


def replace_search(app: Sphinx) -> None:
    """Build neither Sphinx's index nor its page; the page of this search has its address."""
    app.builder.search = False  # type: ignore[attr-defined] # of the HTML builders
    app.config.html_additional_pages["search"] = "search.html"


def collect(found: dict[str, list[Entry]], app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Keep the entries of a page that is being written."""
    if app.builder.format == "html":
        found[page] = list(entries(app, page, doctree))


def write_index(found: dict[str, list[Entry]], app: Sphinx, exception: Exception | None) -> None:
    """Write the entries of all pages, those too that did not have to be written again."""
    if exception is not None or app.builder.format != "html":
        return
    for page in app.env.all_docs.keys() - found.keys():
        app.env.get_and_resolve_doctree(page, app.builder)
    text = json.dumps(
        [entry for page in sorted(found) for entry in found[page]],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    Path(app.outdir, INDEX).write_text(f"bookSearch.begin({text});\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx; the terms become links at 500."""
    found: dict[str, list[Entry]] = {}
    app.connect("builder-inited", replace_search)
    app.connect("doctree-resolved", partial(collect, found), priority=900)
    app.connect("build-finished", partial(write_index, found))
    return {"parallel_read_safe": True, "parallel_write_safe": False}
