"""What all interactive figures share: one self-contained <div> with its style and its script.

Without JavaScript the <div> shows a static picture; the script replaces it by the live figure,
at once, so that nothing below has to move.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from cnnlib import checks
from cnnlib.checks import Array

NAMES = {"x": "input", "w": "kernel", "y": "output"}
SPARE = re.compile(r"^ *//.*\n|^ +", re.MULTILINE)  # comments, indentation: read at the source
NOTE = "A still picture: run the cell to make it move."


class Figure(ABC):
    """A figure that Jupyter and the book show by `_repr_html_`.

    Subclasses name their script, ``name.js``, which holds a function of that name, and give its
    data and a picture. ``name.css``, if there is one, is added to the common style; what it says
    of ``.cnn-figure`` holds for figures of this name only, and prevails. Scripts and styles of the
    figures that it ``builds_on`` come before its own.
    """

    name: ClassVar[str]
    builds_on: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """What the script starts from, as JSON."""

    @abstractmethod
    def picture(self) -> str:
        """The static picture, as HTML that also reads without its style."""

    def _repr_html_(self) -> str:
        names = (*self.builds_on, self.name)
        own_style = "".join(_read(f"{name}.css") for name in names)
        own_style = own_style.replace(".cnn-figure", f".cnn-figure.{self.name}")
        style = f"<style>{_read('figure.css')}{own_style}</style>"
        picture = f"{self.picture()}<p><small>{NOTE}</small></p>"
        script = "".join(_read(f"{name}.js") for name in ("figure", *names))
        script = f'"use strict";{SPARE.sub("", script)}'
        data = json.dumps(self.data(), separators=(",", ":")).replace("<", "\\u003c")
        key = hashlib.sha256(f"{style}{picture}{script}{data}".encode()).hexdigest()[:12]
        return (
            f'<div class="cnn-figure {self.name}" data-figure="{key}" '
            f'role="group" aria-label="{self.name.capitalize()} explorer">{style}{picture}'
            f'<script>(() => {{{script}mount("{key}", {self.name}, {data});}})();</script></div>'
        )


def small(name: str, key: str, a: ArrayLike, largest: int) -> Array:
    """Demand a matrix (H, W) of finite numbers that is small enough to be shown."""
    a = np.asarray(a, dtype=np.float64)
    checks.rank(name, key, a, "(H, W)")
    if max(a.shape) > largest or not a.size:
        raise ValueError(
            f"{name} expected {key} of 1 × 1 to {largest} × {largest}, got shape {a.shape}"
        )
    if not np.isfinite(a).all():
        raise ValueError(f"{name} expected finite numbers as {key}")
    return a


def step(name: str, key: str, value: int, low: int, high: int) -> int:
    """Demand an integer from ``low`` to ``high``."""
    value = checks.integer(name, key, value, low)
    if value > high:
        raise ValueError(f"{name} expected {key} <= {high}, got {value}")
    return value


def within(name: str, key: str, value: float, low: float, high: float) -> float:
    """Demand a number from ``low`` to ``high``."""
    value = checks.number(name, key, value)
    if not low <= value <= high:
        raise ValueError(f"{name} expected {key} in {low:g} … {high:g}, got {value:g}")
    return value


def half(name: str, a: Array) -> Array:
    """As float16, in which weights travel."""
    with np.errstate(over="ignore"):
        numbers = a.astype("<f2")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} expected numbers that float16 can hold")
    return numbers


def packed(name: str, *arrays: Array) -> str:
    """All numbers as float16 in a text; as `unpack` in network.js reads it."""
    return letters(b"".join(half(name, a).tobytes() for a in arrays))


def letters(content: bytes) -> str:
    """Bytes as a text; as `bytesOf` in network.js reads it."""
    return base64.b64encode(content, b"+-").decode().rstrip("=")


def _read(name: str) -> str:
    """A file of this package; empty if there is none of this name."""
    file = files("cnnbook.explore").joinpath(name)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def table(
    role: str,
    a: Array,
    marked: Callable[[int, int], bool] = lambda i, j: False,
    caption: str | None = None,
) -> str:
    """(H, W): a static matrix with the marked cells bold; ``role`` is x, w or y, NaN is empty."""
    rows = (
        "<tr>" + "".join(f"<td>{_cell(v, marked(i, j))}" for j, v in enumerate(row))
        for i, row in enumerate(a)
    )
    caption = caption or NAMES[role]
    return f'<table class="{role}"><caption>{caption}</caption>{"".join(rows)}</table>'


def _cell(value: float, marked: bool) -> str:
    if math.isnan(value):
        return ""
    return f"<b>{short(value)}</b>" if marked else short(value)


def short(value: float, decimals: int = 2) -> str:
    """So many decimals at most, and a real minus sign; as `short` in figure.js."""
    text = f"{value:.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def summand(value: float) -> str:
    """A number within a sum, in brackets if written with a minus; as `summand` in figure.js."""
    return f"({short(value)})" if short(value)[0] == "−" else short(value)


def outcome(value: float, *others: float) -> str:
    """With =, or ≈ if this or another number is shown rounded; as `outcome` in figure.js."""
    rounded = any(abs(v - round(v, 2)) > 1e-9 for v in (value, *others))
    return f" {'≈' if rounded else '='} {short(value)}"


def numbers(a: Array) -> list[list[float]]:
    """(H, W): plain numbers for JSON, whole ones as integers."""
    return [[int(v) if v == int(v) else float(v) for v in row] for row in a]


def equation(terms: Sequence[tuple[float, float]], total: float) -> str:
    """x · w + x · w + … = total, or ≈ where a number is rounded."""
    products = " + ".join("·".join(map(summand, term)) for term in terms)
    return products + outcome(total, *sum(terms, ()))
