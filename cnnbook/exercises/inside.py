"""Exercises of the chapter on looking into a trained network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

# --- who is taken for whom ---

_labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 0, 1])
_answers = np.array([0, 2, 2, 1, 0, 2, 2, 1, 0, 1])
_many = np.repeat([0, 1, 0], [300, 2, 1])  # more in a cell than a uint8 holds
_bytes = np.array([19, 3, 19, 0, 17], np.uint8)  # 19 · 20 is more than a uint8 holds


def _counts(labels: Array, answers: Array, classes: int) -> Array:
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, answers), 1)
    return counts


def _each_pair_once(labels: Array, answers: Array, classes: int) -> Array:
    counts = np.zeros((classes, classes), int)
    counts[labels, answers] += 1
    return counts


def _only_where(kept: Callable[[Array, Array], Array]) -> Function:
    def counts(labels: Array, answers: Array, classes: int) -> Array:
        some = kept(labels, answers)
        return _counts(labels[some], answers[some], classes)

    return counts


def _shares_along(axis: int, least: int) -> Function:
    """Shares of each column (0) or row (1), whose number of images is ``least`` at least."""

    def shares(labels: Array, answers: Array, classes: int) -> Array:
        counts = _counts(labels, answers, classes)
        return counts / np.maximum(counts.sum(axis, keepdims=True), least)

    return shares


def _only_what_occurs(labels: Array, answers: Array, classes: int) -> Array:
    return _counts(labels, answers, 1 + max(labels.max(), answers.max()))


def _by_cells(number: Callable[[Array, Array, int], Array]) -> Function:
    """Cells of the flat matrix, by this number for each pair."""
    return lambda labels, answers, classes: np.bincount(
        number(labels, answers, classes), minlength=classes**2
    ).reshape(classes, classes)


confusion_matrix = Exercise(
    "confusion_matrix",
    _counts,
    [
        (_labels, _answers, 3),
        (_labels, _answers, 5),
        (_many, np.flip(_many), 2),
        (_bytes, _bytes[::-1], 20),
    ],
    {
        "Each pair is counted once, however often it occurs; counts[labels, answers] += 1 does so, "
        "and np.add.at adds every time.": [
            _each_pair_once,
            lambda labels, answers, classes: _each_pair_once(answers, labels, classes),
        ],
        "Rows and columns are swapped: the row is the label, the column the answer.": (
            lambda labels, answers, classes: _counts(answers, labels, classes)
        ),
        "The right answers are missing; they belong on the diagonal.": (
            _only_where(lambda labels, answers: labels != answers)
        ),
        "The wrong answers are missing; they belong off the diagonal.": (
            _only_where(lambda labels, answers: labels == answers)
        ),
        "These are shares of each row; the numbers of images are asked for.": [
            _shares_along(1, least=0),
            _shares_along(1, least=1),
        ],
        "These are shares of each column; the numbers of images are asked for.": [
            _shares_along(0, least=0),
            _shares_along(0, least=1),
        ],
        "These are shares of all images; their numbers are asked for.": (
            lambda labels, answers, classes: _counts(labels, answers, classes) / len(labels)
        ),
        "The last image is not counted.": (
            lambda labels, answers, classes: _counts(labels[:-1], answers[:-1], classes)
        ),
        "The first image is not counted.": (
            lambda labels, answers, classes: _counts(labels[1:], answers[1:], classes)
        ),
        "The counting starts at 1; it starts at 0.": (
            lambda labels, answers, classes: _counts(labels, answers, classes) + 1
        ),
        "A cell counts more images than its data type holds; take int.": [
            lambda labels, answers, classes: _counts(labels, answers, classes).astype(np.uint8),
            lambda labels, answers, classes: _counts(labels, answers, classes).astype(np.int8),
        ],
        "Every label meets every answer; only those of the same image belong together.": (
            lambda labels, answers, classes: np.outer(
                np.bincount(labels, minlength=classes), np.bincount(answers, minlength=classes)
            )
        ),
        "It is one long row; give it the shape (classes, classes).": (
            lambda labels, answers, classes: _counts(labels, answers, classes).ravel()
        ),
        "There are as many rows and columns as classes says, not always ten.": (
            lambda labels, answers, classes: _counts(labels, answers, 10)
        ),
        "All counts are 0: does counts[labels][answers] += 1 add to a copy?": (
            lambda labels, answers, classes: np.zeros((classes, classes))
        ),
        "np.bincount stops at the largest number that occurs; give it minlength=classes**2.": (
            lambda labels, answers, classes: np.bincount(classes * labels + answers).reshape(
                classes, classes
            )
        ),
        "labels · classes is made in uint8 and wraps around: take labels.astype(int) first.": (
            _by_cells(lambda labels, answers, classes: labels * np.uint8(classes) + answers)
        ),
        "The cells of a row are numbered on from label · classes, however many classes there "
        "are.": _by_cells(lambda labels, answers, classes: labels.astype(int) * 10 + answers),
        "np.histogram2d divides what lies between the smallest and the largest number; give it "
        "range=[[0, classes], [0, classes]].": (
            lambda labels, answers, classes: np.histogram2d(labels, answers, bins=classes)[0]
        ),
        "A class that does not occur has a row and a column all the same, of zeros.": (
            _only_what_occurs
        ),
    },
)

# --- calibration: a probability of 1, some below 0.1, and in the end some on the edges of bins ---

_sure = np.array([1, 0.97, 0.93, 0.88, 0.86, 0.83, 0.82, 0.81, 0.66, 0.64, 0.47, 0.43])
_p = np.stack([0.7 * (1 - _sure), _sure, 0.3 * (1 - _sure)], axis=1)
_too_sure = np.array([0, 1, 1, 1, 0, 1, 1, 0, 0, 2, 1, 1])
_not_enough = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
_rng = np.random.default_rng(0)
_random = _rng.dirichlet(np.ones(4), 60), _rng.integers(4, size=60)
_unsure = np.concatenate([_rng.dirichlet(np.full(16, even), 15) for even in (0.3, 5, 100)])
_edges = np.array([0.5, 0.5, 0.625, 0.75, 0.75, 0.875, 1.0])
_on_edges = np.stack([0.25 * (1 - _edges), _edges, 0.75 * (1 - _edges)], axis=1)

Sure = Callable[[Array, Array], Array]
Place = Callable[[Array, int], Array]


def _largest_probability(p: Array, labels: Array) -> Array:
    return p.max(1)


def _floor(sure: Array, bins: int) -> Array:
    """The bin of each answer: its lower edge belongs to it, and 1 to the last."""
    return np.minimum((sure * bins).astype(int), bins - 1)


def _equally_many(sure: Array, bins: int) -> Array:
    places = np.empty(len(sure), int)
    for number, part in enumerate(np.array_split(np.argsort(sure), bins)):
        places[part] = number
    return places


def _bins(
    p: Array, labels: Array, bins: int, place: Place = _floor, sure: Sure = _largest_probability
) -> tuple[Array, Array, Array]:
    """Of each bin with answers: its share, how sure and how often right they are."""
    confidence, right = sure(p, labels), p.argmax(1) == labels
    places = place(confidence, bins)
    groups = [places == number for number in np.unique(places)]
    rows = [(group.mean(), confidence[group].mean(), right[group].mean()) for group in groups]
    shares, confidences, accuracies = np.array(rows).T
    return shares, confidences, accuracies


def _from_bins(error: Callable[[Array, Array], Any]) -> Function:
    """An error made from the share of each bin and its confidence minus its accuracy."""

    def calibration_error(p: Array, labels: Array, bins: int) -> float:
        share, confidence, accuracy = _bins(p, labels, bins)
        return float(error(share, confidence - accuracy))

    return calibration_error


def _error_by(place: Place = _floor, sure: Sure = _largest_probability) -> Function:
    """The right error with other bins, or of other probabilities."""

    def calibration_error(p: Array, labels: Array, bins: int) -> float:
        share, confidence, accuracy = _bins(p, labels, bins, place, sure)
        return float(share @ np.abs(confidence - accuracy))

    return calibration_error


_error = _error_by()


def _of_all(p: Array, labels: Array, bins: int) -> float:
    """Of all probabilities, and whether each belongs to the label."""
    each = p.ravel()
    right = (np.arange(p.shape[1]) == labels[:, None]).ravel()
    gaps = np.bincount(_floor(each, bins), each - right)
    return float(np.abs(gaps).sum() / len(each))


def _divided_by_bins(p: Array, labels: Array, bins: int) -> float:
    return _from_bins(lambda share, gap: np.abs(gap).sum())(p, labels, bins) / bins


def _empty_is_nan(p: Array, labels: Array, bins: int) -> float:
    return _error(p, labels, bins) if len(_bins(p, labels, bins)[0]) == bins else np.nan


def _without_ones(p: Array, labels: Array, bins: int) -> float:
    """A probability of 1 falls out of the last bin, but still counts in the total."""
    kept = p.max(1) < 1
    return _error(p[kept], labels[kept], bins) * float(kept.mean())


def _by_centres(p: Array, labels: Array, bins: int) -> float:
    share, confidence, accuracy = _bins(p, labels, bins)
    centres = (_floor(confidence, bins) + 0.5) / bins
    return float(share @ np.abs(centres - accuracy))


calibration_error = Exercise(
    "calibration_error",
    _error,
    [
        (_p, _too_sure, 10),
        (_p, _not_enough, 5),
        (*_random, 10),
        (*_random, 7),
        (_unsure, np.argmax(_unsure + _rng.uniform(0, 0.3, _unsure.shape), axis=1), 10),
        (_on_edges, np.array([1, 0, 1, 0, 1, 1, 1]), 4),
    ],
    {
        "Too sure in one bin and not sure enough in another cancel: take the absolute value in "
        "each bin, before the sum.": [
            _from_bins(lambda share, gap: share @ gap),
            _from_bins(lambda share, gap: -share @ gap),
            _from_bins(lambda share, gap: np.abs(share @ gap)),
        ],
        "Each bin counts by the share of its answers, not the same for all.": (
            _from_bins(lambda share, gap: np.abs(gap).mean())
        ),
        "The sum is divided by the number of bins; each bin counts by the share of its answers.": (
            _divided_by_bins
        ),
        "The bins are added up without their shares.": (
            _from_bins(lambda share, gap: np.abs(gap).sum())
        ),
        "The sum is not divided by the number of answers.": (
            lambda p, labels, bins: len(p) * _error(p, labels, bins)
        ),
        "That is the largest of the differences; their weighted mean is asked for.": (
            _from_bins(lambda share, gap: np.abs(gap).max())
        ),
        "The differences are squared; their absolute value is asked for.": [
            _from_bins(lambda share, gap: share @ gap**2),
            _from_bins(lambda share, gap: np.sqrt(share @ gap**2)),
        ],
        "The confidence is the largest probability, not that of the label.": (
            _error_by(sure=lambda p, labels: p[np.arange(len(p)), labels])
        ),
        "Only the largest probability of each answer counts, not all of them.": _of_all,
        "An answer with probability 1 falls out of the last bin; it belongs in it.": [
            _without_ones,
            _error_by(lambda sure, bins: (sure * bins).astype(int)),
        ],
        "No bin has the number bins: a probability of 1 belongs in the last one, bins − 1. And so "
        "many bins have bins + 1 edges.": [
            lambda p, labels, bins: np.zeros(bins)[(p.max(1) * bins).astype(int)],
            lambda p, labels, bins: ([0] * bins)[int(p.max() * bins)],
        ],
        "An answer on the edge of two bins belongs to the upper one.": (
            _error_by(lambda sure, bins: np.ceil(sure * bins))
        ),
        "The bin is rounded to the nearest; it is rounded down.": [
            _error_by(lambda sure, bins: np.round(sure * bins)),
            _error_by(lambda sure, bins: np.minimum(np.round(sure * bins), bins - 1)),
        ],
        "There are ten bins here, however many are asked for.": (
            lambda p, labels, bins: _error(p, labels, 10)
        ),
        "Each answer is compared by itself; compare the means of each bin.": (
            _error_by(lambda sure, bins: np.arange(len(sure)))
        ),
        "Each bin holds as many answers as any other; what is equal is their width.": _error_by(
            _equally_many
        ),
        "There is one bin too few: so many bins have one edge more.": (
            lambda p, labels, bins: _error(p, labels, bins - 1)
        ),
        "There is one bin too many.": lambda p, labels, bins: _error(p, labels, bins + 1),
        "The bins reach from the smallest to the largest probability that occurs; they reach "
        "from 0 to 1.": (
            _error_by(lambda sure, bins: _floor((sure - sure.min()) / np.ptp(sure), bins))
        ),
        "You got nan: does an empty bin take part? It has no mean; leave it out.": _empty_is_nan,
        "Is an empty bin divided by its number of answers, 0? Leave it out.": (
            lambda p, labels, bins: sum([]) / len([])
        ),
        "The confidence of a bin is the mean of its answers' probabilities, not its centre.": (
            _by_centres
        ),
    },
)
