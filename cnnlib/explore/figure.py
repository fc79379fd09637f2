"""What all interactive figures share: one self-contained <div> with its style and its script.

Without JavaScript the <div> shows a static picture; the script replaces it by the live figure.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, ClassVar

from cnnlib.checks import Array

SPARE = re.compile(
    r"""(?P<kept>"[^"\n]*"|`[^`]*`|/\^.*?/)|[;,]?\s*(?=[}\]])|(?<=[{}()=,;:?|+*<>])\s+"""
    r"""|\s+(?=[{)=?|+*<>])"""
)
NAMES = {"x": "input", "w": "kernel", "y": "output"}
NOTE = "A still picture: run the cell to make it move."


class Figure(ABC):
    """A figure that Jupyter and the book show by `_repr_html_`.

    Subclasses name their script, ``name.js``, which holds a function of that name, and give its
    data and a picture. ``name.css``, if there is one, is added to the common style.
    """

    name: ClassVar[str]

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """What the script starts from, as JSON."""

    @abstractmethod
    def picture(self) -> str:
        """The static picture, as HTML that also reads without its style."""

    def _repr_html_(self) -> str:
        style = _source("figure.css") + _source(f"{self.name}.css")
        script = _source("figure.js") + _source(f"{self.name}.js")
        data = json.dumps(self.data(), separators=(",", ":")).replace("<", "\\u003c")
        picture = f"{self.picture()}<p><small>{NOTE}</small></p>"
        key = hashlib.sha256("\n".join((style, script, data, picture)).encode()).hexdigest()[:12]
        return (
            f'<div class="cnn-figure" data-figure="{key}"><style>{style}</style>{picture}'
            f'<script type="module">{script}mount("{key}", {self.name}, {data});</script></div>'
        )


def _source(name: str) -> str:
    """A file of this package, without comment lines and the white space that only helps to read.

    Strings, templates and regular expressions stay as they are. Empty if there is no such file.
    """
    file = files("cnnlib.explore").joinpath(name)
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    lines = (line.strip() for line in text.splitlines())
    code = "\n".join(line for line in lines if not line.startswith(("//", "/*")))
    return SPARE.sub(lambda found: found["kept"] or "", code.strip())


def table(role: str, a: Array, marked: Callable[[int, int], bool] = lambda i, j: False) -> str:
    """(H, W): a static matrix with the marked cells bold; ``role`` is x, w or y, NaN is empty."""
    rows = (
        "<tr>" + "".join(f"<td>{_cell(v, marked(i, j))}" for j, v in enumerate(row))
        for i, row in enumerate(a)
    )
    return f'<table class="{role}"><caption>{NAMES[role]}</caption>{"".join(rows)}</table>'


def _cell(value: float, marked: bool) -> str:
    if math.isnan(value):
        return ""
    return f"<b>{short(value)}</b>" if marked else short(value)


def short(value: float) -> str:
    """At most two decimals, none that are zero, and a real minus sign; as `short` in figure.js."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def numbers(a: Array) -> list[list[float]]:
    """(H, W): plain numbers for JSON, whole ones as integers."""
    return [[int(v) if v == int(v) else float(v) for v in row] for row in a]


def equation(terms: Sequence[tuple[float, float]], total: float) -> str:
    """x · w + x · w + … = total, or ≈ where a number is rounded."""
    rounded = any(abs(v - round(v, 2)) > 1e-9 for v in (total, *sum(terms, ())))
    products = (f"{short(x)}·{short(w) if w >= 0 else f'({short(w)})'}" for x, w in terms)
    return f"{' + '.join(products)} {'≈' if rounded else '='} {short(total)}"
