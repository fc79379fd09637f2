"""Activations: one function of one number, applied to every number of an array.

Each derivative stands right below its function; all take and give any shape.
"""

from __future__ import annotations

import math

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array


def relu(x: Array) -> Array:
    """max(x, 0)."""
    checks.floating("relu", x=x)
    return np.maximum(x, 0)


def relu_backward(dy: Array, x: Array) -> Array:
    """dy where x > 0, else 0; so the derivative at 0 is 0."""
    _check("relu_backward", dy, x)
    return dy * (x > 0)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    """x where x > 0, else negative_slope · x."""
    checks.floating("leaky_relu", x=x)
    slope = checks.number("leaky_relu", "negative_slope", negative_slope)
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dy: Array, x: Array, negative_slope: float = 0.01) -> Array:
    """dy · (1 where x > 0, else negative_slope)."""
    _check("leaky_relu_backward", dy, x)
    slope = checks.number("leaky_relu_backward", "negative_slope", negative_slope)
    return np.where(x > 0, dy, slope * dy)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^−x), as e^min(x, 0) / (1 + e^−|x|), in which no power overflows."""
    checks.floating("sigmoid", x=x)
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def sigmoid_backward(dy: Array, x: Array) -> Array:
    """dy · y · (1 − y)."""
    _check("sigmoid_backward", dy, x)
    y = sigmoid(x)
    return dy * y * (1 - y)


def tanh(x: Array) -> Array:
    """(e^x − e^−x) / (e^x + e^−x)."""
    checks.floating("tanh", x=x)
    return np.tanh(x)


def tanh_backward(dy: Array, x: Array) -> Array:
    """dy · (1 − y²)."""
    _check("tanh_backward", dy, x)
    return dy * (1 - np.tanh(x) ** 2)


def gelu(x: Array) -> Array:
    """x · Φ(x), Φ the normal distribution function (Hendrycks & Gimpel, 2016)."""
    checks.floating("gelu", x=x)
    return x * _normal_cdf(x)


def gelu_backward(dy: Array, x: Array) -> Array:
    """dy · (Φ(x) + x · φ(x)), φ the normal density."""
    _check("gelu_backward", dy, x)
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * (_normal_cdf(x) + x * density)


def _normal_cdf(x: Array) -> Array:
    # NumPy has no erf; the one of `math`, a number at a time, is exact and slow.
    erf = np.frompyfunc(math.erf, 1, 1)(x / math.sqrt(2))
    return 0.5 + 0.5 * np.asarray(erf, dtype=x.dtype)


def _check(name: str, dy: Array, x: Array) -> None:
    checks.floating(name, dy=dy, x=x)
    checks.shape(name, dy, x.shape, "dy")
