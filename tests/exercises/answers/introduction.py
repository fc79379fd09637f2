"""Answers to the exercise of chapter 1."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs

import numpy as np

from .kinds import Answers

NEURON = Answers("neuron")


@NEURON.is_right
def _(picture, weights, bias, row, column):
    height, width = weights.shape
    window = picture[row : row + height, column : column + width]
    return max((window * weights).sum() + bias, 0.0)


@NEURON.is_right
def _(picture, weights, bias, row, column):
    total = bias
    for i in range(len(weights)):
        for j in range(len(weights[0])):
            total += weights[i][j] * picture[row + i][column + j]
    if total < 0:
        return 0
    return total


@NEURON.is_right
def _(picture, weights, bias, row, column):
    all_windows = np.lib.stride_tricks.sliding_window_view(picture, weights.shape)
    responses = np.einsum("pqij,ij->pq", all_windows, weights) + bias
    return np.maximum(responses, 0)[row, column]


@NEURON.is_right
def _(picture, weights, bias, row, column):
    kh, kw = np.shape(weights)
    window = np.array(picture, np.float32)[row:, column:][:kh, :kw]
    z = np.dot(window.ravel(order="F"), np.array(weights, np.float32).ravel(order="F"))
    return float(z + bias) * (z + bias > 0)


@NEURON.is_common("the bias is added after ReLU")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row : row + h, column : column + w]
    return max((window * weights).sum(), 0.0) + bias


@NEURON.is_common("ReLU is forgotten")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    return (picture[row : row + h, column : column + w] * weights).sum() + bias


@NEURON.is_common("the window is as wide as it is high, so only square weights work")
def _(picture, weights, bias, row, column):
    k = len(weights)
    window = picture[row : row + k, column : column + k]
    return max((window * weights).sum() + bias, 0.0)


@NEURON.is_common("row and column are exchanged")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[column : column + h, row : row + w]
    return max((window * weights).sum() + bias, 0.0)


@NEURON.is_common("the window ends at the size of the weights, not that far after its start")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row:h, column:w]
    return max((window * weights).sum() + bias, 0.0)


@NEURON.is_rarer("the bias is forgotten")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    return max((picture[row : row + h, column : column + w] * weights).sum(), 0.0)


@NEURON.is_rarer("the bias is added to each product")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row : row + h, column : column + w]
    return max((window * weights + bias).sum(), 0.0)


@NEURON.is_rarer("ReLU is applied to each product instead of to the sum")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row : row + h, column : column + w]
    return np.maximum(window * weights, 0).sum() + bias


@NEURON.is_rarer("the window is centred at the place instead of beginning there")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    top, left = max(row - h // 2, 0), max(column - w // 2, 0)
    window = picture[top : top + h, left : left + w]
    return max((window * weights).sum() + bias, 0.0)


@NEURON.is_rarer("the weights are flipped, as in mathematical convolution")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row : row + h, column : column + w]
    return max((window * weights[::-1, ::-1]).sum() + bias, 0.0)


@NEURON.is_rarer("a negative sum loses its sign instead of becoming 0")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    return abs((picture[row : row + h, column : column + w] * weights).sum() + bias)


@NEURON.is_rarer("rows and columns are counted from 1")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row - 1 : row - 1 + h, column - 1 : column - 1 + w]
    return max((window * weights).sum() + bias, 0.0)


@NEURON.is_rarer("the matrix product is used, and the bias comes after ReLU")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    window = picture[row : row + h, column : column + w]
    return max((window @ weights.T).sum(), 0.0) + bias


@NEURON.is_rarer("the loops stop before the last row and column of the weights")
def _(picture, weights, bias, row, column):
    total = bias
    for i in range(weights.shape[0] - 1):
        for j in range(weights.shape[1] - 1):
            total += weights[i, j] * picture[row + i, column + j]
    return max(total, 0)


@NEURON.is_common("the window is centred on the place, pixel by pixel")
def _(picture, weights, bias, row, column):
    h, w = weights.shape
    total = 0
    for i in range(h):
        for j in range(w):
            total += picture[row - h // 2 + i, column - w // 2 + j] * weights[i, j]
    return max(0, total + bias)


ANSWERS = {"introduction.neuron": NEURON}
