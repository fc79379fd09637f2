"""The fully connected layer: every output is a weighted sum of all inputs.

`flatten` lays the maps of an image end to end, so that it can follow convolutions.
"""

import math

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array

__all__ = ["flatten", "flatten_backward", "linear", "linear_backward", "linear_dw", "linear_dx"]


def flatten(x: Array) -> Array:
    """(N, …) -> (N, product of the rest), in the order channel, row, column."""
    checks.array("flatten", "x", x)
    if x.ndim < 2:
        raise ValueError(f"flatten expected x of shape (N, …), got shape {x.shape}")
    # Where the batch is innermost in memory, as convolutions leave it, it stays so.
    return np.moveaxis(x, 0, -1).reshape(math.prod(x.shape[1:]), len(x)).T


def flatten_backward(dy: Array, x: Array) -> Array:
    """(N, features) -> the shape of x."""
    checks.array("flatten_backward", "x", x)
    checks.shape("flatten_backward", "dy", dy, (len(x), math.prod(x.shape[1:])))
    return np.moveaxis(dy.T.reshape(*x.shape[1:], len(x)), -1, 0)


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    """(N, in), (out, in), (out,) -> (N, out): y = x wᵀ + b."""
    _check("linear", x, w, b)
    return x @ w.T if b is None else x @ w.T + b


def linear_backward(
    dy: Array, x: Array, w: Array, b: Array | None = None
) -> tuple[Array, Array, Array]:
    """(N, out) and the forward's arguments -> dx = dy w, dw = dyᵀ x, db = Σ dy over the batch."""
    return linear_dx(dy, x, w), linear_dw(dy, x, w), dy.sum(0)


def linear_dx(dy: Array, x: Array, w: Array) -> Array:
    """(N, out) -> (N, in)."""
    _check("linear_dx", x, w)
    checks.gradient("linear_dx", dy, (len(x), len(w)), x=x, w=w)
    return (w.T @ dy.T).T  # dy w, with the batch innermost for the layers before


def linear_dw(dy: Array, x: Array, w: Array) -> Array:
    """(N, out) -> (out, in)."""
    _check("linear_dw", x, w)
    checks.gradient("linear_dw", dy, (len(x), len(w)), x=x, w=w)
    return dy.T @ x


def _check(name: str, x: Array, w: Array, b: Array | None = None) -> None:
    checks.weighted(name, x, w, b, "(N, in)", "(out, in)")
