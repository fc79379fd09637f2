"""Is an answer the expected one, and if not, where do the two differ first?"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from cnnlib.checks import Array

SHOWN = 9  # numbers of an array that are written out


def same(a: Any, b: Any) -> bool:
    """Equal in structure, shape and, as far as float32 goes, in value."""
    if isinstance(b, (tuple, list)):
        parts = _parts(a)
        return parts is not None and len(parts) == len(b) and all(map(same, parts, b))
    found, expected = _numbers(a), _numbers(b)
    if expected is None:
        return type(a) is type(b) and bool(np.array_equal(a, b))
    if found is None or found.shape != expected.shape:
        return False
    return bool(_close(found, expected).all())


def _parts(value: Any) -> list[Any] | None:
    """Return the parts of a tuple, which may come as a list, an array or a tensor."""
    if isinstance(value, (tuple, list)):
        return list(value)
    array = value if isinstance(value, np.ndarray) else _numbers(value)
    return None if array is None or array.ndim == 0 else list(array)


def _numbers(value: Any) -> Array | None:
    """As an array of floats; None for what cannot become one."""
    if value is None or isinstance(value, str):
        return None
    try:
        array = np.asarray(value.detach() if hasattr(value, "detach") else value)
        return None if array.dtype.kind in "cSU" else array.astype(float)
    except Exception:  # whatever a reader's object may raise
        return None


def _close(a: Array, b: Array) -> Array:
    return np.isclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)


def is_whole(value: Any) -> bool:
    """Whether it is a single whole number, which wrong answers often have in common."""
    number = _numbers(value)
    return number is not None and number.ndim == 0 and bool(number % 1 == 0)


def no_result(found: Any) -> str:
    """Say so of a function that has returned nothing yet."""
    if found is None:
        return "It returns nothing: is there a return?"
    if inspect.isgenerator(found):
        return "It returns a generator, which has computed nothing yet: make a list or array of it."
    return ""


def difference(found: Any, expected: Any, parts: Sequence[str] = ()) -> str:
    """Where the two differ first, and what stands there."""
    if parts or (isinstance(expected, tuple) and any(isinstance(p, np.ndarray) for p in expected)):
        mine = _parts(found)
        if mine is None or len(mine) != len(expected):
            names = f" ({', '.join(parts)})" if parts else ""
            return f": expected {len(expected)} results{names}, got {text(found)}"
        i = next(i for i, part in enumerate(expected) if not same(mine[i], part))
        name = f" ({parts[i]})" if parts else ""
        return f", result {i + 1} of {len(expected)}{name}{difference(mine[i], expected[i])}"
    a, e = _numbers(found), _numbers(expected)
    if a is not None and e is not None and e.ndim > 0:
        if a.shape != e.shape and same(a.squeeze(), e.squeeze()):
            return f": the numbers are right, the shape is not: expected {e.shape}, got {a.shape}"
        orders = itertools.permutations(range(a.ndim)) if a.ndim == e.ndim else ()
        if any(same(a.transpose(axes), e) for axes in orders):
            return ": the numbers are right, but the axes are in another order"
        if a.shape != e.shape and a.ndim > 0 and max(a.size, e.size) > SHOWN:
            return f": expected shape {e.shape}, got {a.shape}"
        if e.size > SHOWN and a.ndim > 0:
            place = tuple(map(int, np.argwhere(~_close(a, e))[0]))
            return f", at {list(place)}{difference(float(a[place]), float(e[place]))}"
    return _unlike(found, expected, 4) or _unlike(found, expected, 8)


def _unlike(found: Any, expected: Any, decimals: int) -> str:
    """Both written out, unless they look the same."""
    texts = text(expected, decimals), text(found, decimals)
    return "" if texts[0] == texts[1] else f": expected {texts[0]}, got {texts[1]}"


def text(value: Any, decimals: int = 4) -> str:
    """Short enough for one line: small arrays in full, large ones by shape."""
    if isinstance(value, (tuple, list)) and len(value) <= SHOWN:
        inner = ", ".join(text(part, decimals) for part in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, np.ndarray) and 0 < value.size <= SHOWN:
        return text(value.tolist(), decimals)
    if hasattr(value, "shape") and value.shape != ():
        kind = "" if _numbers(value) is not None else f" of {value.dtype}"
        return f"an array of shape {tuple(value.shape)}{kind}"
    value = value.item() if hasattr(value, "item") else value
    written = repr(round(value, decimals) if isinstance(value, float) else value)
    return written if len(written) <= 80 and "<" not in written else f"a {type(value).__name__}"
