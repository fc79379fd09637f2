"""Exercises of the chapter on the fully connected layer and the loss."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib import functional as F
from cnnlib.checks import Array

_logits = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 1.0, -2.0], [0.3, 0.1, 4.0]])
_target = np.array([0, 2, 1, 2])
_large = np.array([[1000.0, 999.0, 0.0]])


def _overflows(logits: Array, target: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        return float(-np.log(p[np.arange(len(target)), target]).mean())


def _underflows(logits: Array, target: Array) -> float:
    with np.errstate(divide="ignore"):
        return float(-np.log(F.softmax(logits)[np.arange(len(target)), target]).mean())


def _log_p(logits: Array, target: Array, axis: int = 1) -> Array:
    return F.log_softmax(logits, axis)[np.arange(len(target)), target]


cross_entropy = Exercise(
    "cross_entropy",
    F.cross_entropy,
    [(_logits, _target), (_large, np.array([1])), (_large, np.array([2]))],
    {
        "Large logits overflow: take the largest of each row out before exp.": _overflows,
        "Small probabilities underflow: log softmax is −∞ where softmax is rounded to 0; do not "
        "compute it first.": _underflows,
        "The losses of the batch are summed; take their mean.": (
            lambda logits, target: -_log_p(logits, target).sum()
        ),
        "The sign: log p is negative, and the loss is minus that.": (
            lambda logits, target: _log_p(logits, target).mean()
        ),
        "The softmax runs down the batch; each row, an example, has its own (axis 1).": (
            lambda logits, target: -_log_p(logits, target, axis=0).mean()
        ),
        "Softmax is applied twice: the logits go into the logarithm of one softmax.": (
            lambda logits, target: F.cross_entropy(F.softmax(logits), target)
        ),
        "That is minus the probability; its logarithm is missing.": (
            lambda logits, target: -np.exp(_log_p(logits, target)).mean()
        ),
        "The logarithm to base 10 is taken; the loss is in the natural one.": (
            lambda logits, target: -_log_p(logits, target).mean() / np.log(10)
        ),
        "The log-probabilities of all classes are averaged; only the label's counts.": (
            lambda logits, target: -F.log_softmax(logits).mean()
        ),
    },
)
