#!/usr/bin/env bash
# math-core: the length after \\ is printed, and \\ outside a table vanishes, both without an error.
#
# The guess: a converter from LaTeX to MathML that raises an error for an unknown command, as this
# one does, either understands the optional length of a row break, `\\[1ex]`, which amsmath's own
# examples use, or refuses it. Likewise `a \\ b` in a displayed formula breaks the line, or is an error.
#
# The behaviour: the length is set as a part of the next row, "[1ex]c"; the break outside a table is
# dropped, so that "a" and "b" stand side by side as a product. No error and no warning: a formula
# that was right in LaTeX is wrong on the page.
#
# Versions: math-core 0.9.0, Python 3.11, Linux x86-64. Seen: the text of the aligned formula is
# "a=b[1ex]c=d", that of the broken one "ab"; `\nosuch` raises LatexError.
#
# Who meets it: who moves a page or a book from MathJax to MathML made beforehand. Only a look at
# each formula, or a comparison of rows and letters, shows it.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet math-core==0.9.0
cat > "$folder/rows.py" <<'END'
from xml.etree import ElementTree

from math_core import LatexError, LatexToMathML

converter = LatexToMathML()


def text(tex):
    """The letters and signs of the formula as it is set."""
    mathml = converter.convert_with_local_state(tex, displaystyle=True)
    return "".join(ElementTree.fromstring(mathml).itertext())


found = [text(r"\begin{aligned} a &= b \\[1ex] c &= d \end{aligned}"), text(r"a \\ b")]
print(found)
assert found == ["a=b[1ex]c=d", "ab"]
try:
    text(r"\nosuch")
except LatexError:
    print("an unknown command is an error")
else:
    raise AssertionError("expected an error for an unknown command")
END
"$folder/env/bin/python" "$folder/rows.py"
