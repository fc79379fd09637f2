"""Answers to the exercises of chapter 6."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: RUF059

import numpy as np

from .kinds import Answers

BENDS = Answers("bends")


@BENDS.is_right
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.diff(slopes, prepend=0)


@BENDS.is_right
def _(knots, heights):
    weights, before = [], 0.0
    for i in range(len(knots) - 1):
        slope = (heights[i + 1] - heights[i]) / (knots[i + 1] - knots[i])
        weights.append(slope - before)
        before = slope
    return weights


@BENDS.is_right
def _(knots, heights):
    knots, heights = np.asarray(knots, float), np.asarray(heights, float)
    relus = np.maximum(knots[1:, None] - knots[None, :-1], 0)
    return np.linalg.solve(relus, heights[1:] - heights[0])


@BENDS.is_right
def _(knots, heights):
    weights = np.zeros(len(knots) - 1)
    for i in range(len(weights)):
        drawn = heights[0] + sum(weights[j] * (knots[i + 1] - knots[j]) for j in range(i))
        weights[i] = (heights[i + 1] - drawn) / (knots[i + 1] - knots[i])
    return weights


@BENDS.is_right
def _(knots, heights):
    slopes = np.float32(np.diff(heights)) / np.float32(np.diff(knots))
    bends = slopes.copy()
    bends[1:] -= slopes[:-1]
    return bends


@BENDS.is_common("the slopes themselves, not their changes")
def _(knots, heights):
    return np.diff(heights) / np.diff(knots)


@BENDS.is_common("the first slope is left out")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.diff(slopes)


@BENDS.is_common("differences of the heights, not divided by those of the knots")
def _(knots, heights):
    return np.diff(np.diff(heights), prepend=0)


@BENDS.is_common("knots are taken to be equally far apart")
def _(knots, heights):
    step = knots[1] - knots[0]
    slopes = np.diff(heights) / step
    return np.diff(slopes, prepend=0)


@BENDS.is_common("the sign of each change is wrong")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    result = [slopes[0]]
    for i in range(1, len(slopes)):
        result.append(slopes[i - 1] - slopes[i])
    return np.array(result)


@BENDS.is_rarer("the zero is put after the slopes instead of before")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.diff(slopes, append=0)


@BENDS.is_rarer("a weight for the last knot as well")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.diff(slopes, prepend=0, append=0)


@BENDS.is_rarer("the first height is taken for the slope before")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.diff(slopes, prepend=heights[0])


@BENDS.is_rarer("the slopes are upside down")
def _(knots, heights):
    slopes = np.diff(knots) / np.diff(heights)
    return np.diff(slopes, prepend=0)


@BENDS.is_rarer("the weight before is subtracted instead of the slope before")
def _(knots, heights):
    weights = []
    for i in range(len(knots) - 1):
        slope = (heights[i + 1] - heights[i]) / (knots[i + 1] - knots[i])
        weights.append(slope - weights[-1] if weights else slope)
    return np.array(weights)


@BENDS.is_rarer("the slopes are added up instead of subtracted")
def _(knots, heights):
    return np.cumsum(np.diff(heights) / np.diff(knots))


@BENDS.is_rarer("only the sizes of the changes")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.abs(np.diff(slopes, prepend=0))


@BENDS.is_rarer("slopes at the points, by np.gradient")
def _(knots, heights):
    slopes = np.gradient(heights, knots)
    return np.diff(slopes[:-1], prepend=0)


@BENDS.is_rarer("whole heights make whole weights, cut off")
def _(knots, heights):
    weights = np.zeros_like(heights)
    before = 0
    for i in range(len(knots) - 1):
        slope = (heights[i + 1] - heights[i]) / (knots[i + 1] - knots[i])
        weights[i] = slope - before
        before = slope
    return weights[:-1]


@BENDS.is_rarer("the first height is put before the weights")
def _(knots, heights):
    slopes = np.diff(heights) / np.diff(knots)
    return np.concatenate([[heights[0]], np.diff(slopes, prepend=0)])


MERGE_KERNELS = Answers("merge_kernels")


@MERGE_KERNELS.is_right
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    merged = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for i in range(h2):
        for j in range(v2):
            merged[:, :, i : i + h1, j : j + v1] += np.einsum("fm,mcab->fcab", w2[:, :, i, j], w1)
    return merged


@MERGE_KERNELS.is_right
def _(w1, w2):
    size = w1.shape[2] + w2.shape[2] - 1, w1.shape[3] + w2.shape[3] - 1
    a, b = np.fft.fft2(w1, size), np.fft.fft2(w2, size)
    return np.fft.ifft2(np.einsum("fmxy,mcxy->fcxy", b, a)).real


@MERGE_KERNELS.is_right
def _(w1, w2):
    h1, v1 = w1.shape[2:]
    h2, v2 = w2.shape[2:]
    merged = np.zeros((len(w2), w1.shape[1], h1 + h2 - 1, v1 + v2 - 1), np.float32)
    for f in range(len(w2)):
        for c in range(w1.shape[1]):
            for m in range(len(w1)):
                for i, j in np.ndindex(h1, v1):
                    for p, q in np.ndindex(h2, v2):
                        merged[f, c, i + p, j + q] += w1[m, c, i, j] * w2[f, m, p, q]
    return merged


@MERGE_KERNELS.is_right
def _(w1, w2):
    h2, v2 = w2.shape[2:]
    ends = (0, 0), (0, 0), (h2 - 1, h2 - 1), (v2 - 1, v2 - 1)
    every = np.lib.stride_tricks.sliding_window_view(np.pad(w1, ends), (h2, v2), axis=(2, 3))
    merged = np.tensordot(w2[:, :, ::-1, ::-1], every, axes=((1, 2, 3), (0, 4, 5)))
    return np.asfortranarray(merged)


@MERGE_KERNELS.is_common("the second kernel is flipped")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for i in range(h2):
        for j in range(v2):
            w[:, :, i : i + h1, j : j + v1] += np.einsum(
                "fm,mcab->fcab", w2[:, :, h2 - 1 - i, v2 - 1 - j], w1
            )
    return w


@MERGE_KERNELS.is_common("each position replaces the sum instead of adding to it")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for i in range(h1):
        for j in range(v1):
            for a in range(h2):
                for b in range(v2):
                    w[:, :, i + a, j + b] = w2[:, :, a, b] @ w1[:, :, i, j]
    return w


@MERGE_KERNELS.is_common("the merged kernel is a row and a column too large")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2, v1 + v2))
    for i, j in np.ndindex(h2, v2):
        w[:, :, i : i + h1, j : j + v1] += np.einsum("fm,mcab->fcab", w2[:, :, i, j], w1)
    return w


@MERGE_KERNELS.is_common("filters and channels of the second layer are exchanged")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for i, j in np.ndindex(h1, v1):
        for a, b in np.ndindex(h2, v2):
            w[:, :, i + a, j + b] += w2[:, :, a, b].T @ w1[:, :, i, j]
    return w


@MERGE_KERNELS.is_common("only the first of the maps in the middle is used")
def _(w1, w2):
    h1, v1 = w1.shape[2:]
    h2, v2 = w2.shape[2:]
    w = np.zeros((w2.shape[0], w1.shape[1], h1 + h2 - 1, v1 + v2 - 1))
    for f in range(w2.shape[0]):
        for c in range(w1.shape[1]):
            for i, j in np.ndindex(h1, v1):
                w[f, c, i : i + h2, j : j + v2] += w1[0, c, i, j] * w2[f, 0]
    return w


@MERGE_KERNELS.is_rarer("the sum over the maps becomes a mean")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for i, j in np.ndindex(h2, v2):
        part = w2[:, :, None, i, j, None, None] * w1
        w[:, :, i : i + h1, j : j + v1] += part.mean(axis=1)
    return w


@MERGE_KERNELS.is_rarer("kernels are taken to be square")
def _(w1, w2):
    M, C, k1, _ = w1.shape
    F, M, k2, _ = w2.shape
    w = np.zeros((F, C, k1 + k2 - 1, k1 + k2 - 1))
    for i, j in np.ndindex(k2, k2):
        w[:, :, i : i + k1, j : j + k1] += np.einsum("fm,mcab->fcab", w2[:, :, i, j], w1)
    return w


@MERGE_KERNELS.is_rarer("both kernels are flipped, so that the merged one is")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for i, j in np.ndindex(h2, v2):
        w[:, :, i : i + h1, j : j + v1] += np.einsum("fm,mcab->fcab", w2[:, :, i, j], w1)
    return w[:, :, ::-1, ::-1]


@MERGE_KERNELS.is_rarer("the kernels are multiplied cell by cell, for kernels of one size only")
def _(w1, w2):
    return np.einsum("fmij,mcij->fcij", w2, w1)


@MERGE_KERNELS.is_rarer("the result has channels first, then filters")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((C, F, h1 + h2 - 1, v1 + v2 - 1))
    for i, j in np.ndindex(h2, v2):
        w[:, :, i : i + h1, j : j + v1] += np.einsum("fm,mcab->cfab", w2[:, :, i, j], w1)
    return w


@MERGE_KERNELS.is_rarer("rows and columns of the offsets are mixed up")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + v2 - 1, v1 + h2 - 1))
    for i, j in np.ndindex(h2, v2):
        w[:, :, j : j + h1, i : i + v1] += np.einsum("fm,mcab->fcab", w2[:, :, i, j], w1)
    return w


@MERGE_KERNELS.is_rarer("the kernel keeps the size of the first, what lies beyond is lost")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1, v1))
    for i, j in np.ndindex(h1, v1):
        for a, b in np.ndindex(h2, v2):
            if i + a < h1 and j + b < v1:
                w[:, :, i + a, j + b] += w2[:, :, a, b] @ w1[:, :, i, j]
    return w


@MERGE_KERNELS.is_rarer("the maps are summed in each layer before multiplying")
def _(w1, w2):
    h1, v1 = w1.shape[2:]
    h2, v2 = w2.shape[2:]
    first, second = w1.sum(0), w2.sum(1)
    w = np.zeros((len(second), len(first), h1 + h2 - 1, v1 + v2 - 1))
    for i, j in np.ndindex(h2, v2):
        w[:, :, i : i + h1, j : j + v1] += second[:, None, i, j, None, None] * first
    return w


@MERGE_KERNELS.is_common("only the last map in the middle is left")
def _(w1, w2):
    M, C, h1, v1 = w1.shape
    F, M, h2, v2 = w2.shape
    w = np.zeros((F, C, h1 + h2 - 1, v1 + v2 - 1))
    for f in range(F):
        for c in range(C):
            for m in range(M):
                one = np.zeros((h1 + h2 - 1, v1 + v2 - 1))
                for i in range(h2):
                    for j in range(v2):
                        one[i : i + h1, j : j + v1] += w2[f, m, i, j] * w1[m, c]
                w[f, c] = one
    return w


ANSWERS = {"nonlinearity.bends": BENDS, "nonlinearity.merge_kernels": MERGE_KERNELS}
