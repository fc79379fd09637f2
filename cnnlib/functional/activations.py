"""Activations: one function of one number, applied to every number of an array.

Each derivative stands right below its function; all take and give any shape of one axis or more.
"""

import math

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array

__all__ = ["gelu", "gelu_backward", "leaky_relu", "leaky_relu_backward", "relu", "relu_backward"]
__all__ += ["sigmoid", "sigmoid_backward", "tanh", "tanh_backward"]


def relu(x: Array) -> Array:
    """max(x, 0)."""
    checks.floating("relu", x=x)
    return np.maximum(x, 0)


def relu_backward(dy: Array, x: Array) -> Array:
    """0 where x <= 0, so also at 0; dy elsewhere, as where x is NaN."""
    checks.gradient("relu_backward", dy, np.shape(x), x=x)
    return only_where(~(x <= 0), dy)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    """x where x > 0, else negative_slope · x."""
    checks.floating("leaky_relu", x=x)
    slope = checks.number("leaky_relu", "negative_slope", negative_slope)
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dy: Array, x: Array, negative_slope: float = 0.01) -> Array:
    """dy · (1 where x > 0, else negative_slope)."""
    checks.gradient("leaky_relu_backward", dy, np.shape(x), x=x)
    slope = checks.number("leaky_relu_backward", "negative_slope", negative_slope)
    return np.where(x > 0, dy, slope * dy)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^−x), as e^min(x, 0) / (1 + e^−|x|), in which no power overflows."""
    checks.floating("sigmoid", x=x)
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def sigmoid_backward(dy: Array, x: Array) -> Array:
    """dy · y · (1 − y)."""
    checks.gradient("sigmoid_backward", dy, np.shape(x), x=x)
    y = sigmoid(x)
    return dy * y * (1 - y)


def tanh(x: Array) -> Array:
    """(e^x − e^−x) / (e^x + e^−x)."""
    checks.floating("tanh", x=x)
    return np.tanh(x)


def tanh_backward(dy: Array, x: Array) -> Array:
    """dy · (1 − y²)."""
    checks.gradient("tanh_backward", dy, np.shape(x), x=x)
    return dy * (1 - np.tanh(x) ** 2)


def gelu(x: Array) -> Array:
    """x · Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel, 2016)."""
    checks.floating("gelu", x=x)
    return x * _normal_cdf(x)


def gelu_backward(dy: Array, x: Array) -> Array:
    """dy · (Φ(x) + x · φ(x)), φ the standard normal density."""
    checks.gradient("gelu_backward", dy, np.shape(x), x=x)
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * (_normal_cdf(x) + x * density)


def _normal_cdf(x: Array) -> Array:
    # NumPy has no erf; the one of `math`, a number at a time, is exact and slow.
    erf = np.frompyfunc(math.erf, 1, 1)(x / math.sqrt(2))
    return 0.5 + 0.5 * np.asarray(erf, dtype=x.dtype)


def only_where(mask: Array, a: Array) -> Array:
    """a where the mask holds, else 0, even if a is infinite: bits times 0, faster than np.where."""
    return (a.view(f"i{a.itemsize}") * mask).view(a.dtype)
