r"""Set the formulas when the book is built, as MathML, which browsers draw by themselves.

What math-core cannot set, or would set wrongly without a word, is a warning, and so an error of
the build, that names the page and the formula.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

# Browsers differ in how wide they draw a wide tilde.
MACROS = {"substack": r"\begin{subarray}{c}#1\end{subarray}", "widetilde": r"\tilde{#1}"}
CONVERTER = LatexToMathML(macros=MACROS, fancy_error=False)

# math-core has no \class, so a class travels through it as a colour that no formula names itself.
COLORS = {
    "cnn-input": ("blue", "#0000FF"),
    "cnn-kernel": ("red", "#FF0000"),
    "cnn-output": ("cyan", "#00B9F2"),
    "cnn-gradient": ("magenta", "#FB3199"),
}
# The page would move if the font came later. From file:// no <link> may load one ahead.
LOAD_FONT = """<script>
  {{
    const font = new FontFace("STIX Two Math", "url({})");
    document.fonts.add(font);
    font.load();
  }}
</script>
"""
FORBIDDEN = {
    r"\\(?:text|math)?color\b": r"write \class{…}{…} for a colour",
    r"\\\\\s*[*\[]": r"\\ takes neither * nor a length in brackets",
    r"\\\\\s*\\end\b": r"no \\ after the last row",
    r"\\begin\{\w+\*?\}\s*\[": r"\begin{…} takes no position in brackets",
}


def refuse_what_goes_wrong(tex: str, mathml: str) -> None:
    """Raise ValueError where a part of the formula is set as something else, or lost."""
    for pattern, hint in FORBIDDEN.items():
        if found := re.search(pattern, tex):
            raise ValueError(f"{found[0]}: {hint}")
    rows = len(re.findall(r"\\\\|\\begin\b|\\substack\b", tex))
    cells = rows + len(re.findall(r"(?<!\\)&", tex))
    set_rows, set_cells = mathml.count("<mtr>"), mathml.count("<mtd")
    if (rows, cells) != (set_rows, set_cells):
        raise ValueError(
            rf"\\, \begin and & make {rows} rows and {cells} cells,"
            f" but {set_rows} and {set_cells} were set"
        )


def to_mathml(tex: str, *, display: bool) -> str:
    """The formula as `<math>`; ValueError or LatexError for what cannot be set as it stands."""
    colored = tex
    for name, (color, _) in COLORS.items():
        colored = colored.replace(rf"\class{{{name}}}", rf"\textcolor{{{color}}}")
    mathml = CONVERTER.convert_with_local_state(colored, displaystyle=display)
    refuse_what_goes_wrong(tex, mathml)
    for name, (_, code) in COLORS.items():
        mathml = mathml.replace(f'style="color:{code};"', f'class="{name}"')
    return mathml


def set_formula(node: nodes.Element) -> str:
    """The formula as `<math>`, or a warning and its source."""
    tex = node.astext()
    try:
        return to_mathml(tex, display=isinstance(node, nodes.math_block))
    except (LatexError, ValueError) as problem:
        logger.warning("formula %s: %s", " ".join(tex.split()), problem, location=node)
        return f"<code>{escape(tex)}</code>"


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """A formula in the text."""
    opening = self.starttag(node, "span", "", CLASS="math notranslate")
    self.body.append(f"{opening}{set_formula(node)}</span>")
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own, which scrolls where it is too wide, and its number."""
    opening = self.starttag(node, "div", "", CLASS="math notranslate")
    self.body.append(f'{opening}<div class="formula">{set_formula(node)}</div>')
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def load_font(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let a page with formulas load their font at once, and not when the first is laid out."""
    kinds = (nodes.math, nodes.math_block)
    if doctree and any(isinstance(node, kinds) for node in doctree.findall()):
        context["metatags"] += LOAD_FONT.format(
            context["pathto"]("_static/formulas.woff2", resource=True)
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx; `html_math_renderer` chooses it."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("html-page-context", load_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
