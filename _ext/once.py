"""What Sphinx and MyST do again and again, although once would do.

Sphinx loads a whole page for each `{numref}` to it, only to see what kind of thing has the number.
MyST collects the defaults of all settings for each text that it parses, and so for each message of
a translation.
"""

from copy import copy
from functools import cache
from typing import Any

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document
from myst_parser.mdit_to_docutils import base
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

defaults = cache(get_default_settings)


class LoadOnce:
    """The environment, whose pages are only to be read."""

    def __init__(self, env: BuildEnvironment) -> None:
        self.env = env
        self.get_doctree = cache(env.get_doctree)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.env, name)


def load_once(app: Sphinx) -> None:
    """Give that environment to the method that resolves `{numref}`."""
    standard: Any = app.env.get_domain("std")
    resolve, kept = standard._resolve_numref_xref, LoadOnce(app.env)
    standard._resolve_numref_xref = lambda env, *where: resolve(kept, *where)


def make_document(source_path: str = "notset", parser_cls: Any = Parser) -> nodes.document:
    """An empty document, as MyST makes it."""
    return new_document(source_path, settings=copy(defaults(parser_cls)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    base.make_document = make_document
    app.connect("builder-inited", load_once)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
