"""Exercises of the chapter on the fully connected layer and the loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib import functional as F
from cnnlib.checks import Array

_logits = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 1.0, -2.0], [0.3, 0.1, 4.0]])
_target = np.array([0, 2, 1, 2])
_large = np.array([[1000.0, 999.0, 0.0]])


def _log_p(logits: Array, target: Array, axis: int = 1) -> Array:
    return F.log_softmax(logits, axis)[np.arange(len(target)), target]


def _loss_of(probabilities: Callable[[Array], Array]) -> Function:
    """The loss by other probabilities, a function of the logits."""
    return lambda logits, target: (
        -np.log(probabilities(logits)[np.arange(len(target)), target]).mean()
    )


def _one_hot(logits: Array, target: Array) -> Array:
    return np.eye(logits.shape[1])[target]


def _without(shift: Callable[[Array], Any]) -> list[Function]:
    """The loss in two ways, after something else than its largest logit left each row."""

    def in_two_steps(logits: Array, target: Array) -> float:
        z = logits - shift(logits)
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        return float(-np.log(p[np.arange(len(target)), target]).mean())

    def in_one(logits: Array, target: Array) -> float:
        z = logits - shift(logits)
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(target)), target]).mean())

    return [in_two_steps, in_one]


def _over_all(shift: Callable[[Array], Any]) -> Function:
    """The loss by one sum over the whole batch, after this has left each row."""

    def loss(logits: Array, target: Array) -> float:
        z = logits - shift(logits)
        return float(np.log(np.exp(z).sum()) - z[np.arange(len(target)), target].mean())

    return loss


def _number_by_number(logits: Array, target: Array) -> float:
    return float(np.mean([math.log(sum(map(math.exp, row))) for row in logits.tolist()]))


def _not_added_again(logits: Array, target: Array) -> float:
    largest = logits.max(1, keepdims=True)
    log_sum = np.log(np.exp(logits - largest).sum(1))
    return float((log_sum - logits[np.arange(len(target)), target]).mean())


def _cut_off(most: float) -> list[Function]:
    """Logits are cut off at ``most`` in size, everywhere or inside the exponential alone."""

    def inside(logits: Array, target: Array) -> float:
        log_sum = np.log(np.exp(np.clip(logits, -most, most)).sum(1))
        return float((log_sum - logits[np.arange(len(target)), target]).mean())

    return [lambda logits, target: F.cross_entropy(np.clip(logits, -most, most), target), inside]


cross_entropy = Exercise(
    "cross_entropy",
    F.cross_entropy,
    [
        (_logits, _target),
        (_large, np.array([1])),
        (_large, np.array([2])),
        (np.array([[1000.0, 999.0, 0.0], [0.0, 1.0, 2.0]]), np.array([0, 2])),
        (np.array([[-1000.0, -999.0, -1000.0]]), np.array([1])),
        (np.eye(1, 10) * 1000, np.array([0])),
        (np.array([[720.0, 0.0]]), np.array([0])),  # e⁷²⁰ overflows, e⁻⁷²⁰ is not yet 0
    ],
    {
        "Large logits overflow: take the largest of each row out before exp.": [
            *_without(lambda logits: 0),
            _number_by_number,
        ],
        "The largest logit of the whole batch is taken out; each row has a largest of its own.": (
            _without(lambda logits: logits.max())
        ),
        "Take the largest logit out of each row, nothing else: exp overflows otherwise, or the sum "
        "is 0.": [
            *_without(lambda logits: np.abs(logits).max(1, keepdims=True)),
            *_without(lambda logits: logits.mean(1, keepdims=True)),
            *_without(lambda logits: logits.min(1, keepdims=True)),
        ],
        "The largest of each column is taken out; each row, an example, has its own (axis 1).": (
            _without(lambda logits: logits.max(0))
        ),
        "The largest logit is taken out of the sum, but not of the label's logit.": (
            _not_added_again
        ),
        "keepdims=True is missing: the largest or the sum of each row is to stand in a column, "
        "(N, 1).": (lambda logits, target: F.cross_entropy(logits - logits.max(1), target)),
        "Cutting off large logits changes the loss; take the largest of each row out instead.": [
            loss for most in (50, 80, 88, 100, 300, 500, 700, 709) for loss in _cut_off(most)
        ],
        "Small probabilities underflow: log softmax is −∞ where softmax is rounded to 0; do not "
        "compute it first.": [
            _loss_of(F.softmax),
            lambda logits, target: (
                -(_one_hot(logits, target) * np.log(F.softmax(logits))).sum(1).mean()
            ),
        ],
        "A small number inside the logarithm cuts off large losses: do not compute softmax "
        "first.": [
            _loss_of(change)
            for power in range(5, 21)
            for change in (
                lambda logits, least=10.0**-power: F.softmax(logits) + least,
                lambda logits, least=10.0**-power: np.maximum(F.softmax(logits), least),
                lambda logits, least=10.0**-power: np.clip(F.softmax(logits), least, 1 - least),
            )
        ],
        "The losses of the batch are summed; take their mean.": (
            lambda logits, target: -_log_p(logits, target).sum()
        ),
        "Those are the losses of the examples; take their mean.": (
            lambda logits, target: -_log_p(logits, target)
        ),
        "The sign: log p is negative, and the loss is minus that.": (
            lambda logits, target: _log_p(logits, target).mean()
        ),
        "The softmax runs down the batch; each row, an example, has its own (axis 1).": (
            lambda logits, target: -_log_p(logits, target, axis=0).mean()
        ),
        "The softmax runs over all numbers; each row, an example, has its own (axis 1).": [
            _over_all(lambda logits: 0),
            _over_all(lambda logits: logits.max()),
            _over_all(lambda logits: logits.max(1, keepdims=True)),
        ],
        "Softmax is applied twice: the logits go into the logarithm of one softmax.": (
            lambda logits, target: F.cross_entropy(F.softmax(logits), target)
        ),
        "There is no softmax: the logits are no logarithms of probabilities yet.": (
            lambda logits, target: -logits[np.arange(len(target)), target].mean()
        ),
        "That is minus the probability; its logarithm is missing.": [
            lambda logits, target: -np.exp(_log_p(logits, target)).mean(),
            lambda logits, target: np.exp(_log_p(logits, target)).mean(),
            lambda logits, target: 1 - np.exp(_log_p(logits, target)).mean(),
        ],
        "The logarithm of the mean is taken; take the mean of the logarithms.": (
            lambda logits, target: -np.log(np.exp(_log_p(logits, target)).mean())
        ),
        "The logarithm has another base; the loss is in the natural one.": [
            lambda logits, target: -_log_p(logits, target).mean() / np.log(10),
            lambda logits, target: -_log_p(logits, target).mean() / np.log(2),
        ],
        "The log-probabilities of all classes are averaged; only the label's counts.": [
            lambda logits, target: -F.log_softmax(logits).mean(),
            lambda logits, target: -F.log_softmax(logits).sum(1).mean(),
        ],
        "The mean runs over the classes as well; it is one over the examples.": (
            lambda logits, target: -_log_p(logits, target).mean() / logits.shape[1]
        ),
        "[:, target] takes every label from every row; [np.arange(len(target)), target] pairs "
        "them.": [
            lambda logits, target: -F.log_softmax(logits)[:, target].mean(),
            lambda logits, target: -F.log_softmax(logits)[:, target].sum() / len(target),
            lambda logits, target: -F.log_softmax(logits)[:, target],
            lambda logits, target: -F.log_softmax(logits)[:, target].mean(1),
        ],
        "The most likely class is taken; the label's counts.": (
            lambda logits, target: -F.log_softmax(logits).max(1).mean()
        ),
        "There need not be ten classes: logits.shape[1] says how many.": (
            lambda logits, target: -(np.eye(10)[target] * F.log_softmax(logits)).sum(1).mean()
        ),
    },
)
