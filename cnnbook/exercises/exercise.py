"""How a checker works: it knows the right answer and the usual wrong ones.

Your function runs on a few inputs. Where it is wrong, its output is held against what each
known mistake gives on the same inputs, so that the verdict can say what went wrong.
"""

from __future__ import annotations

import copy
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from cnnlib.checks import Array

Function = Callable[..., Any]
WIDTH = 49  # characters that fit on a phone
SHOWN = 9  # numbers of an array that are written out


class Exercise:
    """A question with its right function, inputs to try, and known mistakes by their diagnosis."""

    def __init__(
        self,
        name: str,
        right: Function,
        inputs: Sequence[tuple[Any, ...]],
        mistakes: Mapping[str, Function],
    ) -> None:
        self.name, self.right, self.inputs, self.mistakes = name, right, inputs, mistakes

    def __call__(self, answer: Function) -> None:
        """Print the verdict on ``answer``, a function like the one asked for."""
        text = textwrap.fill(f"{self.name}: {self.verdict(answer)}", WIDTH)
        encoding = sys.stdout.encoding or "utf-8"  # where it lacks a sign, a ? stands for it
        print(text.encode(encoding, "replace").decode(encoding))

    def verdict(self, answer: Function) -> str:
        """What `__call__` prints, without the name."""
        for arguments in self.inputs:
            mine = copy.deepcopy(arguments)
            try:
                found = answer(*mine)
            except Exception as error:  # whatever a reader's code may raise
                return f"not yet. For {_text(arguments)} it raises {type(error).__name__}: {error}"
            if not _same(mine, arguments):
                return f"not yet. For {_text(arguments)} it changes its input."
            expected = self.right(*copy.deepcopy(arguments))
            if not _same(found, expected):
                return f"not yet. {self._diagnosis(answer, arguments, found, expected)}"
        return "correct."

    def _diagnosis(self, answer: Function, arguments: Any, found: Any, expected: Any) -> str:
        for diagnosis, wrong in self.mistakes.items():
            if all(_agree(answer, wrong, given) for given in self.inputs):
                return diagnosis
        return f"For {_text(arguments)}: {_difference(found, expected)}."


def _agree(answer: Function, wrong: Function, arguments: tuple[Any, ...]) -> bool:
    try:
        found = answer(*copy.deepcopy(arguments))
    except Exception:
        return False
    return _same(found, wrong(*copy.deepcopy(arguments)))


def _same(a: Any, b: Any) -> bool:
    """Equal in structure, shape and, as far as float32 goes, in value."""
    if isinstance(b, tuple):
        return (
            isinstance(a, (tuple, list))
            and len(a) == len(b)
            and all(_same(p, q) for p, q in zip(a, b, strict=True))
        )
    if b is None or isinstance(b, (str, bool)):
        return bool(a == b)
    a, b = _numbers(a), _numbers(b)
    if a is None or b is None:
        return False
    return a.shape == b.shape and bool(_close(a, b).all())


def _numbers(value: Any) -> Array | None:
    """As an array of floats; None for what cannot become one."""
    if isinstance(value, str):
        return None
    try:
        return np.asarray(value, float)
    except Exception:  # whatever a reader's object may raise
        return None


def _close(a: Array, b: Array) -> Array:
    return np.isclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)


def _difference(found: Any, expected: Any) -> str:
    """Both, or of large arrays of one shape the first numbers that differ."""
    if isinstance(expected, np.ndarray) and expected.size > SHOWN:
        a = _numbers(found)
        if a is not None and a.shape == expected.shape:
            place = tuple(map(int, np.argwhere(~_close(a, expected))[0]))
            return f"at {list(place)} expected {expected[place]:.4g}, got {a[place]:.4g}"
    return f"expected {_text(expected)}, got {_text(found)}"


def _text(value: Any) -> str:
    """Short enough for one line: small arrays in full, large ones by shape."""
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_text, value)) + ")"
    if isinstance(value, np.ndarray):
        rounded = np.round(value, 4) if value.dtype.kind == "f" else value
        return str(rounded.tolist()) if value.size <= SHOWN else f"an array of shape {value.shape}"
    return repr(value.item() if isinstance(value, np.generic) else value)
