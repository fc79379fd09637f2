"""Citations in Chinese text: （LeCun 等，1998）, and in all languages the course by its name."""

from dataclasses import dataclass, field
from functools import partial

from docutils import nodes
from pybtex.richtext import BaseText, Text
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

brackets = partial(BracketStyle, left="（", right="）", sep="；")
persons = partial(PersonStyle, sep="、", sep2="和", last_sep="和", other=Text(" 等"))


@dataclass
class ChineseReferenceStyle(AuthorYearReferenceStyle):
    """By author and year, with full-width marks."""

    bracket_textual: BracketStyle = field(default_factory=brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=brackets)
    person: PersonStyle = field(default_factory=persons)
    author_year_sep: BaseText | str = "，"
    text_reference_sep: BaseText | str = ""
    post_text_sep: BaseText | str = "，"


def name_course(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give the course, which has no author, the name that it has in the text."""
    for text in list(doctree.findall(nodes.Text)):
        if "The source of this book" in text:
            name = _("The source of this book")
            text.parent.replace(text, nodes.Text(text.replace("The source of this book", name)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    group = "sphinxcontrib.bibtex.style.referencing"
    register_plugin(group, "author_year_chinese", ChineseReferenceStyle)
    app.connect("doctree-resolved", name_course)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
