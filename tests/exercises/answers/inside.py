"""Answers to the exercise of chapter 15."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: B905, RUF007

import numpy as np

from .kinds import Answers

CONFUSION_MATRIX = Answers("confusion_matrix")


@CONFUSION_MATRIX.is_right
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (labels, answers), 1)
    return matrix


@CONFUSION_MATRIX.is_right
def _(labels, answers, classes):
    cells = classes * labels.astype(int) + answers
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


@CONFUSION_MATRIX.is_right
def _(labels, answers, classes):
    one_hot = np.eye(classes, dtype=np.float32)
    return one_hot[labels].T @ one_hot[answers]


@CONFUSION_MATRIX.is_right
def _(labels, answers, classes):
    rows = []
    for label in range(classes):
        given = answers[labels == label]
        rows.append([int((given == answer).sum()) for answer in range(classes)])
    return rows


@CONFUSION_MATRIX.is_right
def _(labels, answers, classes):
    edges = np.arange(classes + 1) - 0.5
    return np.histogram2d(labels, answers, bins=(edges, edges))[0].astype(int, order="F")


@CONFUSION_MATRIX.is_common("+= with index arrays: a cell named five times is raised once")
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    matrix[labels, answers] += 1
    return matrix


@CONFUSION_MATRIX.is_common("row the answer, column the label")
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (answers, labels), 1)
    return matrix


@CONFUSION_MATRIX.is_common("bincount stops at the last cell that occurs")
def _(labels, answers, classes):
    return np.bincount(labels * classes + answers).reshape(classes, classes)


@CONFUSION_MATRIX.is_common("shares of each row instead of counts")
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (labels, answers), 1)
    return matrix / matrix.sum(axis=1, keepdims=True)


@CONFUSION_MATRIX.is_common("as many classes as the largest label says")
def _(labels, answers, classes):
    n = max(labels.max(), answers.max()) + 1
    matrix = np.zeros((n, n), dtype=int)
    np.add.at(matrix, (labels, answers), 1)
    return matrix


@CONFUSION_MATRIX.is_rarer("ten classes are taken for granted")
def _(labels, answers, classes):
    return np.bincount(10 * labels + answers, minlength=100).reshape(10, 10)


@CONFUSION_MATRIX.is_rarer("only the mistakes are counted")
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    wrong = labels != answers
    np.add.at(matrix, (labels[wrong], answers[wrong]), 1)
    return matrix


@CONFUSION_MATRIX.is_rarer("only the diagonal is counted")
def _(labels, answers, classes):
    right = labels[labels == answers]
    return np.diag(np.bincount(right, minlength=classes))


@CONFUSION_MATRIX.is_rarer("counts above 255 do not fit into the bytes")
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes), dtype=np.uint8)
    np.add.at(matrix, (labels, answers), 1)
    return matrix


@CONFUSION_MATRIX.is_rarer("whether it occurs, not how often")
def _(labels, answers, classes):
    hit = np.eye(classes, dtype=bool)
    return hit[labels].T @ hit[answers]


@CONFUSION_MATRIX.is_rarer("every label is combined with every answer")
def _(labels, answers, classes):
    rows = np.bincount(labels, minlength=classes)
    columns = np.bincount(answers, minlength=classes)
    return np.outer(rows, columns)


@CONFUSION_MATRIX.is_rarer("the shares of all images")
def _(labels, answers, classes):
    cells = np.bincount(labels * classes + answers, minlength=classes * classes)
    return cells.reshape(classes, classes) / len(labels)


@CONFUSION_MATRIX.is_rarer("classes are counted from 1, and a row and column is added")
def _(labels, answers, classes):
    matrix = np.zeros((classes + 1, classes + 1), dtype=int)
    np.add.at(matrix, (labels, answers), 1)
    return matrix


@CONFUSION_MATRIX.is_rarer("left as one long row")
def _(labels, answers, classes):
    return np.bincount(labels * classes + answers, minlength=classes * classes)


@CONFUSION_MATRIX.is_otherwise("a loop over the images")
def _(labels, answers, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    for label, answer in zip(labels, answers):
        matrix[label, answer] += 1
    return matrix


CALIBRATION_ERROR = Answers("calibration_error")


@CALIBRATION_ERROR.is_right
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        inside = places == b
        if inside.any():
            total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_right
def _(p, labels, bins):
    # n_b / n times a difference of means is a difference of sums over n.
    sure = p.max(1)
    difference = sure - (p.argmax(1) == labels)
    place = np.clip(np.floor(sure * bins), 0, bins - 1).astype(int)
    return np.abs(np.bincount(place, weights=difference)).sum() / len(labels)


@CALIBRATION_ERROR.is_right
def _(p, labels, bins):
    sums = [0.0] * bins
    for row, label in zip(np.asarray(p, np.float32).tolist(), labels):
        sure = max(row)
        sums[min(int(sure * bins), bins - 1)] += sure - (row.index(sure) == label)
    return sum(map(abs, sums)) / len(p)


@CALIBRATION_ERROR.is_right
def _(p, labels, bins):
    order = np.argsort(p.max(1))
    sure, right = p.max(1)[order], (p.argmax(1) == labels)[order].astype(float)
    cuts = np.searchsorted(sure * bins, np.arange(1, bins))  # 1 stays in the last bin
    parts = zip(np.split(sure, cuts), np.split(right, cuts))
    return sum(abs(a.sum() - b.sum()) for a, b in parts) / len(p)


@CALIBRATION_ERROR.is_right
def _(p, labels, bins):
    sure, right = np.max(p, axis=1), np.argmax(p, axis=1) == labels
    places = np.digitize(sure, np.linspace(0, 1, bins + 1)[1:-1])
    error = 0
    for b in set(places.tolist()):
        n = np.count_nonzero(places == b)
        confidence, accuracy = sure[places == b].mean(), right[places == b].mean()
        error += n * abs(accuracy - confidence)
    return error / len(labels)


@CALIBRATION_ERROR.is_common("a bin without answers gives nan")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        inside = places == b
        total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_common("the bins are not weighted by their number of answers")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    errors = []
    for b in range(bins):
        inside = places == b
        if inside.any():
            errors.append(abs(sure[inside].mean() - right[inside].mean()))
    return np.mean(errors)


@CALIBRATION_ERROR.is_common("a probability of 1 falls out of the last bin")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    total = 0.0
    for b in range(bins):
        inside = (sure >= b / bins) & (sure < (b + 1) / bins)
        if inside.any():
            total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_common("bins include their upper edge instead of the lower")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    total = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (sure > low) & (sure <= high)
        if inside.sum() > 0:
            total += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_common("the probability of the label instead of that of the answer")
def _(p, labels, bins):
    sure = p[np.arange(len(p)), labels]
    right = p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("without absolute values the bins cancel")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.sum() / len(p) * (sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("the difference for each image, without bins")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    return np.abs(sure - right).mean()


@CALIBRATION_ERROR.is_rarer("one bin for all")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    return abs(sure.mean() - right.mean())


@CALIBRATION_ERROR.is_rarer("always ten bins")
def _(p, labels, bins=10):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * 10).astype(int), 9)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("the largest difference instead of the mean")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    groups = [places == b for b in np.unique(places)]
    return max(abs(sure[g].mean() - right[g].mean()) for g in groups)


@CALIBRATION_ERROR.is_rarer("the middle of the bin instead of the mean probability")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.mean() * abs((b + 0.5) / bins - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("bins with equally many answers")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    total = 0.0
    for part in np.array_split(np.argsort(sure), bins):
        if len(part):
            total += len(part) / len(p) * abs(sure[part].mean() - right[part].mean())
    return total


@CALIBRATION_ERROR.is_rarer("bins from the smallest to the largest probability that occurs")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    counts, edges = np.histogram(sure, bins)
    places = np.clip(np.digitize(sure, edges) - 1, 0, bins - 1)
    total = 0.0
    for b in range(bins):
        inside = places == b
        if counts[b]:
            total += counts[b] / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("rounded to the nearest bin instead of down")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum(np.round(sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("the answer is compared with its probability, not with the label")
def _(p, labels, bins):
    sure = p.max(axis=1)
    right = sure > 0.5
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.sum() / len(p) * abs(sure[inside].mean() - right[inside].mean())
    return total


@CALIBRATION_ERROR.is_rarer("squares instead of absolute values")
def _(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(places):
        inside = places == b
        total += inside.sum() / len(p) * (sure[inside].mean() - right[inside].mean()) ** 2
    return total


@CONFUSION_MATRIX.is_rarer("labels · classes is made in the type of the labels")
def _(labels, answers, classes):
    pairs = np.bincount(labels * classes + answers, minlength=classes**2)
    return pairs.reshape(classes, classes)


ANSWERS = {
    "inside.confusion_matrix": CONFUSION_MATRIX,
    "inside.calibration_error": CALIBRATION_ERROR,
}
