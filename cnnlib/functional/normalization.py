"""Batch normalisation: each channel to mean 0 and variance 1, then scaled and shifted.

The statistics are the batch's own in training (Ioffe & Szegedy, 2015), remembered ones otherwise.
"""

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array

__all__ = ["batch_norm", "batch_norm_backward", "batch_norm_training_backward"]

AXES = (0, 2, 3)


def batch_norm(
    x: Array, mean: Array, var: Array, w: Array, b: Array, *, eps: float = 1e-5
) -> Array:
    """(N, C, H, W), four times (C,) -> (N, C, H, W): w · (x − mean) / √(var + eps) + b."""
    eps = _check("batch_norm", eps, x, mean=mean, var=var, w=w, b=b)
    return (x - _column(mean)) * _column(w / np.sqrt(var + eps)) + _column(b)


def batch_norm_backward(
    dy: Array, x: Array, mean: Array, var: Array, w: Array, b: Array, *, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """dx, dw, db with mean and var held fixed, as after training."""
    eps = _check("batch_norm_backward", eps, x, mean=mean, var=var, w=w, b=b)
    checks.gradient("batch_norm_backward", dy, x.shape, x=x)
    scale = 1 / np.sqrt(var + eps)
    dw = (dy * (x - _column(mean))).sum(AXES) * scale
    return dy * _column(w * scale), dw, dy.sum(AXES)


def batch_norm_training_backward(
    dy: Array, x: Array, w: Array, b: Array, *, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """dx, dw, db where mean and var are those of x itself.

    x moves its channel's mean and variance too: that takes out of dx its own mean, and its
    correlation with the normalised x (Ioffe & Szegedy, 2015, section 3).
    """
    eps = _check("batch_norm_training_backward", eps, x, w=w, b=b)
    checks.not_empty("batch_norm_training_backward", x)
    mean, var = x.mean(AXES), x.var(AXES)
    dx, dw, db = batch_norm_backward(dy, x, mean, var, w, b, eps=eps)
    scale = 1 / np.sqrt(var + eps)
    normalised = (x - _column(mean)) * _column(scale)
    count = x.size // x.shape[1]
    dx -= _column(w * scale / count) * (_column(db) + normalised * _column(dw))
    return dx, dw, db


def _column(a: Array) -> Array:
    """(C,) -> (C, 1, 1), one number a channel."""
    return a[:, np.newaxis, np.newaxis]


def _check(name: str, eps: float, x: Array, **per_channel: Array) -> float:
    """Demand (N, C, H, W), (C,), … and return eps as a Python float, which keeps float32."""
    checks.floating(name, x=x, **per_channel)
    checks.rank(name, "x", x, "(N, C, H, W)")
    for key, a in per_channel.items():
        checks.shape(name, key, a, (x.shape[1],))
    return checks.not_negative(name, "eps", eps)
