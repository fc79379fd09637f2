"""Small corrections to what the theme and the extensions put on a page."""

import re
from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, HideInputCells
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform

# Jupyter Book has no names of its own for these options of the theme, and a dictionary in
# `sphinx.config` would replace all others.
THEME_OPTIONS = {
    "navbar_persistent": [],
    "primary_sidebar_end": [],
    "footer_content_items": ["extra-footer.html"],
    "use_fullscreen_button": False,
}

EARLY = ("/book.js", "/documentation_options.js")
SHAPES = r"(?:\w+ )?\([^()]+\)(?:, (?:\w+ )?\([^()]+\))*"
CONTRACT = re.compile(f"^{SHAPES} -> {SHAPES}")
SHARED_IDS = {"proof", "proof-content", "exercise-content", "solution-content"}


def set_theme_options(app: Sphinx, config: Config) -> None:
    """Add the options that no key of `_config.yml` reaches."""
    config.html_theme_options.update(THEME_OPTIONS)
    config.html_theme_options["toc_title"] = _("On this page")


def drop_shared_ids(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Take away the ids that sphinx-proof and sphinx-exercise give to every box alike."""
    for node in doctree.findall(nodes.Element):
        node["ids"] = [name for name in node["ids"] if name not in SHARED_IDS]


def list_references(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Make the bibliography a plain list: its roles and labels fit neither ARIA nor author-year."""
    for container in {entry.parent for entry in doctree.findall(nodes.citation)}:
        entries = [child for child in container if isinstance(child, nodes.citation)]
        items = [nodes.list_item("", *entry[1:], ids=entry["ids"]) for entry in entries]
        container.clear()
        container += nodes.bullet_list("", *items, classes=["references"])


def prompts(cell: nodes.container, fold: HideCodeCellNode) -> tuple[str, str]:
    """What the reader is asked for who may open or close this part of the cell."""
    draws = next(cell.findall(nodes.image), None) is not None
    if cell["hide_mode"] == "all":
        return _("Show this cell"), _("Hide this cell")
    if "below-input" in fold["classes"]:
        if draws:
            return _("Show the figure"), _("Hide the figure")
        return _("Show the output"), _("Hide the output")
    if draws:
        return _("Show the code of this figure"), _("Hide the code of this figure")
    return _("Show the code"), _("Hide the code")


class NameFolds(SphinxPostTransform):
    """Say on each folded part of a cell what it holds; MyST-NB folds them right before."""

    default_priority = HideInputCells.default_priority + 1
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for cell in self.document.findall(nodes.container):
            for fold in cell.findall(HideCodeCellNode) if "hide_mode" in cell else ():
                fold["prompt_show"], fold["prompt_hide"] = prompts(cell, fold)


def offer_notebook(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Below a chapter's title: its notebook, and all of them with what it takes to run them."""
    paragraphs = doctree.findall(nodes.paragraph)
    first = next((it for it in paragraphs if "chapter-meta" in it["classes"]), None)
    if first is not None:
        index = app.builder.get_relative_uri(page, "index")
        top = index.removesuffix("index.html")
        text = _(
            'Run it: <a href="{notebook}" download>the notebook</a>, <a href="{all}" download>all '
            'with what they need</a>, <a href="{how}">how</a>.'
        ).format(
            notebook=f"{top}notebooks/{page}.ipynb",
            all=f"{top}notebooks.zip",
            how=f"{index}#run-it",
        )
        first += nodes.raw("", f" {text}", format="html")


def question(doctree: nodes.document) -> str:
    """The text of the opening question, or "" where a page has none."""
    for box in doctree.findall(nodes.admonition):
        if "question" in box["classes"]:
            return " ".join(child.astext() for child in box.children[1:]).replace("\n", " ")
    return ""


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let a chapter's opening question describe it to search engines and in previews."""
    text = escape(question(doctree)) if doctree else ""
    if text:
        context["meta"] = {**(context["meta"] or {}), "og:description": text}
        context["metatags"] += f'<meta name="description" content="{text}" />\n'


def drop_unknown_address(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Take away og:url as long as the book has no public address."""
    if doctree and not app.config.ogp_site_url:
        context["metatags"] = re.sub(r'<meta property="og:url"[^>]*>\n?', "", context["metatags"])


def contract_as_code(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Set as code the shapes, `(N, C) -> (N,)`, with which a docstring opens."""
    lines[:1] = [CONTRACT.sub(r"``\g<0>``", line) for line in lines[:1]]


def defer_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let no script hold up the first paint, but those that the head of the page needs."""
    for script in context["script_files"]:
        if script.filename and not script.filename.endswith(EARLY):
            script.attributes["defer"] = "defer"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx; of pages, others run between 400 and 600."""
    app.connect("config-inited", set_theme_options)
    app.connect("autodoc-process-docstring", contract_as_code)
    app.add_post_transform(NameFolds)
    app.connect("doctree-resolved", drop_shared_ids)
    app.connect("doctree-resolved", list_references)
    app.connect("doctree-resolved", offer_notebook, priority=950)  # the notebooks have theirs
    app.connect("html-page-context", describe, priority=400)
    app.connect("html-page-context", drop_unknown_address, priority=600)
    app.connect("html-page-context", defer_scripts, priority=900)  # others add theirs at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
