"""The book's editions, one for each language; every page names its counterpart and links to it."""

from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _


class Edition(NamedTuple):
    """One language of the book, and where it lies below the English one."""

    lang: str
    name: str
    title: str
    folder: str
    citations: str

    @property
    def top(self) -> str:
        """The way from its pages' folder up to that of the English ones."""
        return "../" * self.folder.count("/")


EDITIONS = {
    "en": Edition("en", "English", "Convolutional Networks, Computed", "", "author_year"),
    "zh_CN": Edition("zh-CN", "中文", "卷积神经网络，算给你看", "zh/", "author_year_chinese"),
}


def other_edition(language: str) -> Edition:
    """That of the other language."""
    (other,) = (edition for name, edition in EDITIONS.items() if name != language)
    return other


def set_texts(app: Sphinx, config: Config) -> None:
    """Say in the edition's language what `_config.yml` says in English."""
    for name in ("html_title", "ogp_site_name"):
        config[name] = _(config[name])
    config.bibtex_reference_style = EDITIONS[config.language].citations
    for kind, text in config.numfig_format.items():
        config.numfig_format[kind] = _(text)
    options = config.html_theme_options
    footer = options["extra_footer"]
    options["extra_footer"] = _(footer)
    options["article_header_end"] = ["other-edition.html", "article-header-buttons.html"]


def link(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page the address of its counterpart."""
    own, other = EDITIONS[app.config.language], other_edition(app.config.language)
    address = f"{context['content_root']}{own.top}{other.folder}{page}.html"
    context |= {"other_edition": other, "other_address": address}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx, after those that have formats of their own."""
    app.connect("config-inited", set_texts, priority=900)
    app.connect("html-page-context", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
