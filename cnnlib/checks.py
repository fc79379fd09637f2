"""What every function demands of its input, said once.

A wrong shape or type is named where it enters, before broadcasting can make something of it.
"""

from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[int, int]
Size2: TypeAlias = int | Sequence[int]  # one for both axes, or (vertical, horizontal)
Padding: TypeAlias = Size2 | str  # or 'same', 'valid'


def array(name: str, key: str, a: Any) -> None:
    """Demand a NumPy array."""
    if not isinstance(a, np.ndarray):
        raise TypeError(f"{name} expected a NumPy array as {key}, got {type(a).__name__}")


def instance(name: str, key: str, value: Any, kind: type) -> None:
    """Demand an object of this class, not the class itself."""
    if not isinstance(value, kind):
        found = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{name} expected {key} of type {kind.__name__}, got {found}")


def floating(name: str, **arrays: Array | None) -> None:
    """Demand NumPy arrays of one dtype, float32 or float64 (``None`` is passed over)."""
    given = {key: a for key, a in arrays.items() if a is not None}
    for key, a in given.items():
        array(name, key, a)
        if a.dtype not in (np.float32, np.float64):
            raise TypeError(f"{name} expected float32 or float64 as {key}, got {a.dtype}")
    if len({a.dtype for a in given.values()}) > 1:
        found = ", ".join(f"{key} {a.dtype}" for key, a in given.items())
        raise TypeError(f"{name} expected arrays of one dtype, got {found}")


def rank(name: str, key: str, a: Array, dims: str) -> None:
    """Demand as many axes as ``dims`` names: ``rank("conv2d", "x", x, "(N, C, H, W)")``."""
    array(name, key, a)
    if a.ndim != dims.count(",") + 1:
        raise ValueError(f"{name} expected {key} of shape {dims}, got shape {a.shape}")


def shape(name: str, key: str, a: Array, expected: tuple[int, ...]) -> None:
    """Demand exactly this shape."""
    array(name, key, a)
    if a.shape != expected:
        raise ValueError(f"{name} expected {key} of shape {expected}, got shape {a.shape}")


def gradient(name: str, dy: Array, expected: tuple[int, ...], **others: Array) -> None:
    """Demand dy of the dtype of the others, and of this shape, which the output has."""
    floating(name, dy=dy, **others)
    shape(name, "dy", dy, expected)


def inputs(name: str, x: Array, dims: str, expected: int) -> None:
    """Demand the axes ``dims`` names, (N, C, H, W) or (N, in), the second as long as expected."""
    rank(name, "x", x, dims)
    if x.shape[1] != expected:
        found = f"{x.shape[1]} (input shape {x.shape})"
        what = "channels" if x.ndim == 4 else "features"
        raise ValueError(f"{name} expected {expected} input {what}, got {found}")


def weighted(name: str, x: Array, w: Array, b: Array | None, dims: str, w_dims: str) -> None:
    """Demand arrays of one dtype that fit: w (out, in, …) to the inputs of x, and b (out,)."""
    floating(name, x=x, w=w, b=b)
    rank(name, "w", w, w_dims)
    inputs(name, x, dims, w.shape[1])
    if b is not None:
        shape(name, "b", b, (len(w),))


def integer(name: str, key: str, value: Any, low: int) -> int:
    """An integer not below ``low`` (a bool is no number)."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} expected an integer as {key}, got {value!r}")
    if value < low:
        raise ValueError(f"{name} expected {key} >= {low}, got {value}")
    return int(value)


def pair(name: str, key: str, value: Any, low: int) -> Pair:
    """One integer for both axes, or (vertical, horizontal)."""
    value = value if isinstance(value, (tuple, list)) else (value, value)
    if len(value) != 2:
        raise ValueError(f"{name} expected one or two integers as {key}, got {value!r}")
    return integer(name, key, value[0], low), integer(name, key, value[1], low)


def number(name: str, key: str, value: Any) -> float:
    """A number, not a string or an array of them (a bool is no number)."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} expected a number as {key}, got {value!r}")
    return float(value)


def not_negative(name: str, key: str, value: Any) -> float:
    """A finite number not below 0."""
    if not 0 <= number(name, key, value) < np.inf:
        raise ValueError(f"{name} expected a finite {key} >= 0, got {value}")
    return float(value)


def unit_interval(name: str, key: str, value: Any) -> float:
    """A number in [0, 1)."""
    if not 0 <= number(name, key, value) < 1:
        raise ValueError(f"{name} expected 0 <= {key} < 1, got {value}")
    return float(value)


def labels(name: str, target: Array, count: int, classes: int) -> None:
    """Demand ``count`` integer labels in 0 … ``classes`` - 1."""
    target = np.asarray(target)
    if not np.issubdtype(target.dtype, np.integer):
        raise TypeError(f"{name} expected integer labels, got {target.dtype}")
    shape(name, "labels", target, (count,))
    if count and (target.min() < 0 or target.max() >= classes):
        found = f"{target.min()} … {target.max()}"
        raise ValueError(f"{name} expected labels in 0 … {classes - 1}, got {found}")


def not_empty(name: str, a: Array) -> None:
    """Demand an array of at least one number: the mean of none is nothing."""
    array(name, "examples", a)
    if not a.size:
        raise ValueError(f"{name} expected at least one example, got shape {a.shape}")
