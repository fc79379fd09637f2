"""Exercises of the chapter on looking into a trained network."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib.checks import Array

# --- who is taken for whom ---

_labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 0, 1])
_answers = np.array([0, 2, 2, 1, 0, 2, 2, 1, 0, 1])
_many = np.repeat([0, 1, 0], [300, 2, 1])  # more in a cell than a uint8 holds


def _counts(labels: Array, answers: Array, classes: int) -> Array:
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, answers), 1)
    return counts


def _each_pair_once(labels: Array, answers: Array, classes: int) -> Array:
    counts = np.zeros((classes, classes), int)
    counts[labels, answers] += 1
    return counts


def _without_diagonal(labels: Array, answers: Array, classes: int) -> Array:
    wrong = labels != answers
    return _counts(labels[wrong], answers[wrong], classes)


def _shares_of_rows(labels: Array, answers: Array, classes: int) -> Array:
    counts = _counts(labels, answers, classes)
    shares: Array = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return shares


def _only_what_occurs(labels: Array, answers: Array, classes: int) -> Array:
    return _counts(labels, answers, 1 + max(labels.max(), answers.max()))


confusion_matrix = Exercise(
    "confusion_matrix",
    _counts,
    [(_labels, _answers, 3), (_labels, _answers, 5), (_many, np.flip(_many), 2)],
    {
        "Each pair is counted once: counts[labels, answers] += 1 adds 1 to a cell, however often "
        "the cell is named. np.add.at adds every time.": _each_pair_once,
        "Rows and columns are swapped: the row is the label, the column the answer.": (
            lambda labels, answers, classes: _counts(answers, labels, classes)
        ),
        "The right answers are missing; they belong on the diagonal.": _without_diagonal,
        "These are shares of each row; the numbers of images are asked for.": _shares_of_rows,
        "These are shares of all images; their numbers are asked for.": (
            lambda labels, answers, classes: _counts(labels, answers, classes) / len(labels)
        ),
        "A class that does not occur has a row and a column all the same, of zeros.": (
            _only_what_occurs
        ),
    },
)

# --- calibration: no probability lies on the edge of a bin, but one is 1 ---

_sure = np.array([1, 0.97, 0.93, 0.88, 0.86, 0.83, 0.82, 0.81, 0.66, 0.64, 0.47, 0.43])
_p = np.stack([0.7 * (1 - _sure), _sure, 0.3 * (1 - _sure)], axis=1)
_too_sure = np.array([0, 1, 1, 1, 0, 1, 1, 0, 0, 2, 1, 1])
_not_enough = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
_rng = np.random.default_rng(0)
_random = _rng.dirichlet(np.ones(4), 60), _rng.integers(4, size=60)


def _bins(p: Array, labels: Array, bins: int) -> tuple[Array, Array, Array]:
    """Of each bin with answers: its share, how sure and how often right they are."""
    sure, right = p.max(1), p.argmax(1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    groups = [places == place for place in np.unique(places)]
    rows = [(group.mean(), sure[group].mean(), right[group].mean()) for group in groups]
    share, confidence, accuracy = np.array(rows).T
    return share, confidence, accuracy


def _error(p: Array, labels: Array, bins: int) -> float:
    share, confidence, accuracy = _bins(p, labels, bins)
    return float(share @ np.abs(confidence - accuracy))


def _signed(p: Array, labels: Array, bins: int) -> float:
    share, confidence, accuracy = _bins(p, labels, bins)
    return float(share @ (confidence - accuracy))


def _not_weighted(p: Array, labels: Array, bins: int) -> float:
    _, confidence, accuracy = _bins(p, labels, bins)
    return float(np.abs(confidence - accuracy).mean())


def _divided_by_bins(p: Array, labels: Array, bins: int) -> float:
    _, confidence, accuracy = _bins(p, labels, bins)
    return float(np.abs(confidence - accuracy).sum() / bins)


def _largest(p: Array, labels: Array, bins: int) -> float:
    _, confidence, accuracy = _bins(p, labels, bins)
    return float(np.abs(confidence - accuracy).max())


def _squared(p: Array, labels: Array, bins: int) -> float:
    share, confidence, accuracy = _bins(p, labels, bins)
    return float(share @ (confidence - accuracy) ** 2)


def _of_the_label(p: Array, labels: Array, bins: int) -> float:
    """With the probability of the label in place of the largest."""
    sure, right = p[np.arange(len(p)), labels], p.argmax(1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    groups = [places == place for place in np.unique(places)]
    return float(sum(g.mean() * abs(sure[g].mean() - right[g].mean()) for g in groups))


def _without_ones(p: Array, labels: Array, bins: int) -> float:
    """A probability of 1 falls out of the last bin, but still counts in the total."""
    kept = p.max(1) < 1
    return _error(p[kept], labels[kept], bins) * float(kept.mean())


def _by_centres(p: Array, labels: Array, bins: int) -> float:
    share, confidence, accuracy = _bins(p, labels, bins)
    centres = (np.minimum(np.floor(confidence * bins), bins - 1) + 0.5) / bins
    return float(share @ np.abs(centres - accuracy))


calibration_error = Exercise(
    "calibration_error",
    _error,
    [(_p, _too_sure, 10), (_p, _not_enough, 5), (*_random, 10), (*_random, 7)],
    {
        "The differences cancel: take the absolute value in each bin.": _signed,
        "Each bin counts by the share of its answers, not the same for all.": _not_weighted,
        "The sum is divided by the number of bins; each bin counts by the share of its answers.": (
            _divided_by_bins
        ),
        "That is the largest of the differences; their weighted mean is asked for.": _largest,
        "The differences are squared; their absolute value is asked for.": _squared,
        "The confidence is the largest probability, not that of the label.": _of_the_label,
        "An answer with probability 1 falls out of the last bin; it belongs in it.": (
            _without_ones
        ),
        "The confidence of a bin is the mean of its answers' probabilities, not its centre.": (
            _by_centres
        ),
        "All answers are in one bin, so that being too sure here and not enough there cancel.": (
            lambda p, labels, bins: _error(p, labels, 1)
        ),
    },
)
