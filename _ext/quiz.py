"""Quizzes: of each question one answer is open at a time, and an opened one is marked."""

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

VERDICTS = {"Right.": "right", "No.": "wrong"}


def quizzes(doctree: nodes.document) -> Iterator[nodes.container]:
    """The containers of class ``quiz``: questions in bold, each followed by its answers."""
    for container in doctree.findall(nodes.container):
        if "quiz" in container["classes"]:
            yield container


def mark_answers(app: Sphinx, doctree: nodes.document) -> None:
    """Give each answer the name of its question, and ``right`` or ``wrong`` as a class."""
    for number, quiz in enumerate(quizzes(doctree), 1):
        question = 0
        for node in quiz:
            if isinstance(node, nodes.paragraph):
                question += 1
            else:
                title, text = node[0].astext(), node[1].astext()
                verdict = text.split(maxsplit=1)[0]
                if verdict not in VERDICTS:
                    raise ExtensionError(
                        f"{app.env.docname}: expected the answer {title!r} of a quiz to begin "
                        f"with one of {', '.join(VERDICTS)}, got {verdict!r}"
                    )
                node["container_classes"] = [*node["container_classes"], VERDICTS[verdict]]
                node["details_name"] = f"quiz-{number}-{question}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", mark_answers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
