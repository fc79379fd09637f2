"""Give an element of its own only to code that has a colour of its own: see `book.css`.

Names, operators and brackets are two thirds of the tokens, and look like the code around them.
"""

from collections.abc import Iterable
from typing import Any

from pygments.formatters import HtmlFormatter
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Text,
    _TokenType,
)
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

COLOURED = [
    Comment,
    Generic.Prompt,
    Keyword,
    Name.Class,
    Name.Exception,
    Name.Function,
    Number,
    Operator.Word,
    String,
]


class Formatter(HtmlFormatter):  # type: ignore[misc]  # Pygments has no types
    """Sphinx's formatter, in which the other tokens are text."""

    def format_unencoded(self, tokens: Iterable[tuple[_TokenType, str]], outfile: Any) -> None:
        """Write the code as HTML."""
        super().format_unencoded(
            ((kind if any(kind in it for it in COLOURED) else Text, text) for kind, text in tokens),
            outfile,
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    PygmentsBridge.html_formatter = Formatter
    return {"parallel_read_safe": True, "parallel_write_safe": True}
