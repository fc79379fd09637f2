"""Quizzes: of each question one answer is open at a time, and an opened one is marked."""

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.locale import _


def quizzes(doctree: nodes.document) -> Iterator[nodes.container]:
    """The containers of class ``quiz``: questions in bold, each followed by its answers."""
    for container in doctree.findall(nodes.container):
        if "quiz" in container["classes"]:
            yield container


def mark_answers(app: Sphinx, doctree: nodes.document) -> None:
    """Give each answer the name of its question, and ``right`` or ``wrong`` as a class."""
    verdicts = {"Right.": "right", "No.": "wrong"}  # where an answer is yet to be translated
    verdicts |= {_("Right."): "right", _("No."): "wrong"}
    for number, quiz in enumerate(quizzes(doctree), 1):
        question = 0
        for node in quiz:
            if isinstance(node, nodes.paragraph):
                question += 1
            else:
                title, text = node[0].astext(), node[1].astext()
                verdict = next(filter(text.startswith, verdicts), None)
                if verdict is None:
                    raise ExtensionError(
                        f"{app.env.docname}: expected the answer {title!r} of a quiz to begin "
                        f"with one of {', '.join(verdicts)}, got {text[:20]!r}"
                    )
                node["container_classes"] = [*node["container_classes"], verdicts[verdict]]
                node["details_name"] = f"quiz-{number}-{question}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", mark_answers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
