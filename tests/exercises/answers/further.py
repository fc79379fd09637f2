"""Answers to the exercise of chapter 14."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs

import numpy as np

from .kinds import Answers

SMOOTH_LABELS = Answers("smooth_labels")


@SMOOTH_LABELS.is_right
def _(labels, epsilon):
    return (1 - epsilon) * np.eye(10)[labels] + epsilon / 10


@SMOOTH_LABELS.is_right
def _(labels, epsilon):
    targets = np.full((len(labels), 10), epsilon / 10, dtype=np.float32)
    targets[np.arange(len(labels)), labels] += 1 - epsilon
    return targets


@SMOOTH_LABELS.is_right
def _(labels, epsilon):
    rows = []
    for label in labels:
        row = [epsilon / 10] * 10
        row[label] = 1 - epsilon + epsilon / 10
        rows.append(row)
    return rows


@SMOOTH_LABELS.is_right
def _(labels, epsilon):
    one_hot = np.arange(10)[:, None] == labels
    return np.where(one_hot, 1 - 0.9 * epsilon, 0.1 * epsilon).T


@SMOOTH_LABELS.is_common("the right class loses epsilon, the nine others share it")
def _(labels, epsilon):
    targets = np.full((len(labels), 10), epsilon / 9)
    targets[np.arange(len(labels)), labels] = 1 - epsilon
    return targets


@SMOOTH_LABELS.is_common("the right class lacks its own share of epsilon")
def _(labels, epsilon):
    targets = np.full((len(labels), 10), epsilon / 10)
    targets[np.arange(len(labels)), labels] = 1 - epsilon
    return targets


@SMOOTH_LABELS.is_common("[:, labels] raises every label in every row")
def _(labels, epsilon):
    targets = np.full((len(labels), 10), epsilon / 10)
    targets[:, labels] = 1 - epsilon + epsilon / 10
    return targets


@SMOOTH_LABELS.is_common("as many classes as the largest label says")
def _(labels, epsilon):
    k = labels.max() + 1
    return (1 - epsilon) * np.eye(k)[labels] + epsilon / k


@SMOOTH_LABELS.is_common("epsilon is not divided by the number of classes")
def _(labels, epsilon):
    return (1 - epsilon) * np.eye(10)[labels] + epsilon


@SMOOTH_LABELS.is_rarer("the others stay 0")
def _(labels, epsilon):
    return (1 - epsilon) * np.eye(10)[labels]


@SMOOTH_LABELS.is_rarer("the right class keeps its 1, and each class gets a share on top")
def _(labels, epsilon):
    return np.eye(10)[labels] + epsilon / 10


@SMOOTH_LABELS.is_rarer("whole numbers, so that everything is rounded to 0")
def _(labels, epsilon):
    targets = np.zeros((len(labels), 10), dtype=int)
    targets[:] = epsilon / 10
    targets[np.arange(len(labels)), labels] = 1 - epsilon + epsilon / 10
    return targets


@SMOOTH_LABELS.is_rarer("classes first, then images")
def _(labels, epsilon):
    return ((1 - epsilon) * np.eye(10)[labels] + epsilon / 10).T


@SMOOTH_LABELS.is_rarer("1 − epsilon and epsilon are exchanged")
def _(labels, epsilon):
    return epsilon * np.eye(10)[labels] + (1 - epsilon) / 10


@SMOOTH_LABELS.is_rarer("epsilon is always 0.1")
def _(labels, epsilon=0.1):
    epsilon = 0.1
    return (1 - epsilon) * np.eye(10)[labels] + epsilon / 10


@SMOOTH_LABELS.is_rarer("labels are counted from 1")
def _(labels, epsilon):
    return (1 - epsilon) * np.eye(10)[labels - 1] + epsilon / 10


@SMOOTH_LABELS.is_rarer("the same row for all images: only the last label is left")
def _(labels, epsilon):
    row, rows = [epsilon / 10] * 10, []
    for label in labels:
        row[:] = [epsilon / 10] * 10
        row[label] += 1 - epsilon
        rows.append(row)
    return np.array(rows)


@SMOOTH_LABELS.is_rarer("divided by the number of images instead of that of classes")
def _(labels, epsilon):
    n = len(labels)
    return (1 - epsilon) * np.eye(10)[labels] + epsilon / n


@SMOOTH_LABELS.is_rarer("one row for all images together")
def _(labels, epsilon):
    targets = np.full(10, epsilon / 10)
    targets[labels] += 1 - epsilon
    return targets


ANSWERS = {"further.smooth_labels": SMOOTH_LABELS}
