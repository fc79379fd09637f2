"""Initialisations: what the weights are before the first step.

Each fills an array in place and returns it. A weight (out, in, …) has fan_in = in · … inputs
per output, and fan_out = out · … outputs per input.
"""

import math

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array


def normal_(a: Array, mean: float = 0.0, std: float = 1.0, *, rng: np.random.Generator) -> Array:
    """N(mean, std²)."""
    _check(a, rng)
    a[...] = rng.normal(mean, std, a.shape)
    return a


def uniform_(a: Array, low: float = 0.0, high: float = 1.0, *, rng: np.random.Generator) -> Array:
    """U(low, high)."""
    _check(a, rng)
    a[...] = rng.uniform(low, high, a.shape)
    return a


def xavier_normal_(a: Array, gain: float = 1.0, *, rng: np.random.Generator) -> Array:
    """Variance gain² · 2 / (fan_in + fan_out) (Glorot & Bengio, 2010)."""
    return normal_(a, 0, gain * math.sqrt(2 / sum(_fans(a))), rng=rng)


def kaiming_normal_(a: Array, *, rng: np.random.Generator) -> Array:
    """Variance 2 / fan_in: signals keep their size through ReLU layers (He et al., 2015)."""
    return normal_(a, 0, math.sqrt(2 / _fans(a)[0]), rng=rng)


def _fans(a: Array) -> tuple[int, int]:
    checks.array("init", "a", a)
    if a.ndim < 2 or not a.size:
        raise ValueError(f"init expected a weight of shape (out, in, …), got shape {a.shape}")
    field = math.prod(a.shape[2:])
    return a.shape[1] * field, a.shape[0] * field


def _check(a: Array, rng: np.random.Generator) -> None:
    checks.floating("init", a=a)
    checks.instance("init", "rng", rng, np.random.Generator)
