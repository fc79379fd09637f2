"""The directive `solutions`: all exercises of the book by chapter, linked to their solutions."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_subtitle

logger = logging.getLogger(__name__)
Entry = dict[str, Any]


class solutions(nodes.General, nodes.Element):  # type: ignore[misc]
    """Stands for the list until all chapters have been read."""


class SolutionsDirective(SphinxDirective):
    """`{solutions}` has no arguments and no content."""

    def run(self) -> list[nodes.Node]:
        return [solutions()]


def link(app: Sphinx, page: str, entry: Entry, text: str) -> nodes.reference:
    address = app.builder.get_relative_uri(page, entry["docname"])
    return nodes.reference("", text, internal=True, refuri=f"{address}#{entry['node']['label']}")


def exercises(app: Sphinx) -> Iterator[tuple[Entry, Entry]]:
    """Each exercise with its solution, chapter by chapter; one without is a warning."""
    registry = getattr(app.env, "sphinx_exercise_registry", {})
    entries = sorted(registry.values(), key=lambda e: (e["docname"], e["node"]["serial_number"]))
    solved = {e["node"]["target_label"]: e for e in entries if "target_label" in e["node"]}
    for entry in entries:
        label = entry["node"]["label"]
        if label in solved:
            yield entry, solved[label]
        elif "target_label" not in entry["node"]:
            logger.warning("exercise %s has no solution", label, location=entry["docname"])


def item(app: Sphinx, page: str, exercise: Entry, solution: Entry) -> nodes.list_item:
    """Exercise 3.1, By hand: solution."""
    node = exercise["node"]
    numbers = app.env.toc_fignumbers[exercise["docname"]]["exercise"][node["label"]]
    number = ".".join(map(str, numbers))
    title = next(node[0].findall(exercise_subtitle)).astext()
    named = _("Exercise {number}, {title}").format(number=number, title=title)
    first = link(app, page, exercise, named)
    second = link(app, page, solution, _("solution of {number}").format(number=number))
    return nodes.list_item("", nodes.paragraph("", "", first, nodes.Text(": "), second))


def fill_in(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the list in the place of the directive."""
    for place in list(doctree.findall(solutions)):
        content: list[nodes.Node] = []
        for name, pairs in groupby(exercises(app), key=lambda pair: pair[0]["docname"]):
            number = app.env.toc_secnumbers[name][""][0]
            title = _("Chapter {number}. {title}").format(
                number=number, title=app.env.titles[name].astext()
            )
            items = [item(app, page, *pair) for pair in pairs]
            content += [nodes.rubric("", title), nodes.bullet_list("", *items)]
        place.replace_self(content)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_directive("solutions", SolutionsDirective)
    app.connect("doctree-resolved", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
