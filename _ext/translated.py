"""An edition in another language: what Sphinx leaves of it in English.

Sphinx translates the text of the pages with the catalogues below `locale`. It reaches neither the
titles of exercises, the captions of the contents and the texts for pictures of cells, nor the
strings of figures and scripts, for which see `scripts.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes, locale
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.i18n import Locale
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.i18n import docname_to_domain
from sphinx_exercise.nodes import exercise_subtitle, is_exercise_node
from sphinx_exercise.post_transforms import ResolveTitlesInExercises


def translator(app: Sphinx, catalogue: str) -> Callable[[str], str]:
    """What translates a message of a catalogue; one that it lacks stays as it is."""
    folders = [str(Path(app.srcdir, folder)) for folder in app.config.locale_dirs]
    return locale.init(folders, app.config.language, catalogue)[0].gettext


def of_page(app: Sphinx, page: str) -> Callable[[str], str]:
    """What translates the messages of a page."""
    return translator(app, docname_to_domain(page, app.config.gettext_compact))


# --- Titles of exercises ----------------------------------------------------------------------


class OfferSubtitles(SphinxTransform):
    """Let the titles of exercises be messages: Sphinx takes what has a source."""

    default_priority = Locale.default_priority - 1

    def apply(self, **kwargs: Any) -> None:
        for title in self.document.findall(exercise_subtitle):
            title.source, title.line = self.document["source"], title.parent.line
            title.rawsource = title.astext()


class RegisterSubtitles(SphinxTransform):
    """Translate them where sphinx-exercise keeps them for the titles of the solutions, too."""

    default_priority = Locale.default_priority + 1

    def apply(self, **kwargs: Any) -> None:
        registry = getattr(self.env, "sphinx_exercise_registry", {})
        for exercise in self.document.findall(is_exercise_node):
            registry[exercise["label"]]["node"][0] = exercise[0].deepcopy()


class KeepSubtitles(SphinxPostTransform):
    """Keep them where messages are collected: sphinx-exercise resolves them."""

    default_priority = ResolveTitlesInExercises.default_priority - 1
    builders = ("gettext",)

    def run(self, **kwargs: Any) -> None:
        for title in list(self.document.findall(exercise_subtitle)):
            copy = nodes.rubric(title.rawsource, title.astext())
            copy.source, copy.line, copy.uid = title.source, title.line, title.uid
            title.parent.parent.append(copy)


# --- Contents and pictures --------------------------------------------------------------------


def translate_captions(app: Sphinx, doctree: nodes.document) -> None:
    """Translate the captions of the contents, which come after Sphinx has translated."""
    gettext = of_page(app, app.env.docname)
    for contents in doctree.findall(addnodes.toctree):
        if caption := contents.get("caption"):
            contents["caption"] = gettext(caption)


def translate_pictures(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Translate the texts for the pictures of cells, which come as late."""
    gettext = of_page(app, page)
    for image in doctree.findall(nodes.image):
        if image.get("alt") and app.builder.format == "html":
            image["alt"] = gettext(image["alt"])


# --- Size -------------------------------------------------------------------------------------


def own_document(app: Sphinx, doctree: nodes.document) -> None:
    """Tie what came from a translation to its page, not to all that Sphinx knows at the time.

    Else the whole of it is stored with each page, which takes minutes.
    """
    for node in doctree.findall():
        node.document = doctree


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx; the contents are put in at 500, pictures drawn at 500."""
    app.add_transform(OfferSubtitles)
    app.add_transform(RegisterSubtitles)
    app.add_post_transform(KeepSubtitles)
    app.connect("doctree-read", translate_captions, priority=800)
    app.connect("doctree-read", own_document, priority=900)
    app.connect("doctree-resolved", translate_pictures, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
