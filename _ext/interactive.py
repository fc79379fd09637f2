"""The directive `interactive`: a figure of `cnnbook.explore` on a page that is no notebook."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cnnbook import explore


class InteractiveDirective(SphinxDirective):
    """`{interactive} DigitReader` shows that figure as it comes."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in explore.__all__:
            raise self.error(f"expected one of {', '.join(explore.__all__)}, got {name}")
        return [nodes.raw("", getattr(explore, name)()._repr_html_(), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_directive("interactive", InteractiveDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
