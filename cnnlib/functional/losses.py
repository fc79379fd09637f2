"""Losses: how wrong the outputs are, as one number, the mean over the batch.

Cross-entropy takes logits, the raw outputs: softmax is inside it and must not be applied before.
"""

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array

__all__ = ["cross_entropy", "cross_entropy_backward", "log_softmax", "mse_loss"]
__all__ += ["mse_loss_backward", "softmax"]


def softmax(x: Array, dim: int = 1) -> Array:
    """e^x / Σ e^x along the axis ``dim``: positive, and summing to 1."""
    checks.floating("softmax", x=x)
    return np.exp(log_softmax(x, dim))


def log_softmax(x: Array, dim: int = 1) -> Array:
    """x − log Σ e^x along the axis ``dim``, the largest x taken out so that no e^x overflows."""
    checks.floating("log_softmax", x=x)
    shifted = x - x.max(dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(dim, keepdims=True))


def cross_entropy(logits: Array, target: Array, *, label_smoothing: float = 0.0) -> float:
    """(N, K), labels (N,) -> the mean of −log p[label], p the softmax of the logits.

    With smoothing ε the target is (1 − ε) for the label plus ε / K for every class.
    """
    wanted = _distribution("cross_entropy", logits, target, label_smoothing)
    # A class that isn't aimed at may be impossible: 0 · log 0 counts as 0.
    log_p = np.where(wanted > 0, log_softmax(logits), 0)
    return float(0 - (wanted * log_p).sum() / len(logits))  # not -0


def cross_entropy_backward(logits: Array, target: Array, *, label_smoothing: float = 0.0) -> Array:
    """(N, K): (p − target distribution) / N."""
    wanted = _distribution("cross_entropy_backward", logits, target, label_smoothing)
    return (softmax(logits) - wanted) / len(logits)


def mse_loss(y: Array, target: Array) -> float:
    """Mean of (y − target)² over all numbers."""
    _check_pair("mse_loss", y, target)
    return float(np.mean((y - target) ** 2))


def mse_loss_backward(y: Array, target: Array) -> Array:
    """2 (y − target) / (how many numbers)."""
    _check_pair("mse_loss_backward", y, target)
    return 2 * (y - target) / y.size


def _distribution(name: str, logits: Array, target: Array, label_smoothing: float) -> Array:
    """The probabilities aimed at, (N, K)."""
    checks.floating(name, logits=logits)
    checks.rank(name, "logits", logits, "(N, K)")
    checks.not_empty(name, logits)
    epsilon = checks.unit_interval(name, "label_smoothing", label_smoothing)
    checks.labels(name, target, *logits.shape)
    wanted = np.full_like(logits, epsilon / logits.shape[1])
    wanted[np.arange(len(logits)), target] += 1 - epsilon
    return wanted


def _check_pair(name: str, y: Array, target: Array) -> None:
    checks.floating(name, y=y, target=target)
    checks.shape(name, "target", target, y.shape)
    checks.not_empty(name, y)
