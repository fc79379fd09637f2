"""Answers to the exercise of chapter 3."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: RUF059

import numpy as np

from .kinds import Answers

CONV2D = Answers("my_conv2d")


@CONV2D.is_right
def _(x, w, b):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    oH, oW = H - kH + 1, W - kW + 1
    y = np.zeros((N, F, oH, oW))
    for i in range(kH):
        for j in range(kW):
            part = x[:, :, i : i + oH, j : j + oW]
            y += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_right
def _(x, w, b):
    height, width = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    y = np.asarray(b, np.float32)  # grows by broadcasting; the filters are the last axis
    for j in range(w.shape[3]):
        for i in range(w.shape[2]):
            part = x[:, :, i:, j:][:, :, :height, :width].astype(np.float32)
            y = y + np.tensordot(part, w[:, :, i, j].astype(np.float32), axes=(1, 1))
    return np.moveaxis(y, -1, 1)


@CONV2D.is_right
def _(x, w, b):
    n, c, h, v = x.shape
    f, _, kh, kv = w.shape
    rows, columns = h - kh + 1, v - kv + 1
    y = np.tile(b[:, None], (n, 1, rows * columns)).astype(float)
    for i, j in np.ndindex(kh, kv):
        pixels = x[:, :, i : i + rows, j : j + columns].reshape(n, c, -1)
        y += w[:, :, i, j] @ pixels
    return y.reshape(n, f, rows, columns)


@CONV2D.is_right
def _(x, w, b):
    kh, kw = w.shape[2:]
    total = 0
    for i in range(kh):
        for j in range(kw):
            below, beyond = i - kh + 1, j - kw + 1
            part = x[:, :, i : below or None, j : beyond or None]
            total += (part[:, None] * w[None, :, :, i, j, None, None]).sum(axis=2)
    return total + b.reshape(1, -1, 1, 1)


@CONV2D.is_common("the bias is forgotten")
def _(x, w, b):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    oH, oW = H - kH + 1, W - kW + 1
    y = np.zeros((N, F, oH, oW))
    for i in range(kH):
        for j in range(kW):
            y += np.einsum("nchw,fc->nfhw", x[:, :, i : i + oH, j : j + oW], w[:, :, i, j])
    return y


@CONV2D.is_common("the bias is added along the columns instead of to the filters")
def _(x, w, b):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    oH, oW = H - kH + 1, W - kW + 1
    y = np.zeros((N, F, oH, oW))
    for i in range(kH):
        for j in range(kW):
            y += np.einsum("nchw,fc->nfhw", x[:, :, i : i + oH, j : j + oW], w[:, :, i, j])
    return y + b


@CONV2D.is_common("the bias is added once for each cell of the kernel")
def _(x, w, b):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    oH, oW = H - kH + 1, W - kW + 1
    y = np.zeros((N, F, oH, oW))
    for i in range(kH):
        for j in range(kW):
            part = x[:, :, i : i + oH, j : j + oW]
            y += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j]) + b[:, None, None]
    return y


@CONV2D.is_common("one row and one column of the output are missing")
def _(x, w, b):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    y = np.zeros((N, F, H - kH, W - kW))
    for i in range(kH):
        for j in range(kW):
            part = x[:, :, i : i + H - kH, j : j + W - kW]
            y += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_common("the kernel is flipped")
def _(x, w, b):
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    oH, oW = H - kH + 1, W - kW + 1
    w = w[:, :, ::-1, ::-1]
    y = np.zeros((N, F, oH, oW))
    for i in range(kH):
        for j in range(kW):
            y += np.einsum("nchw,fc->nfhw", x[:, :, i : i + oH, j : j + oW], w[:, :, i, j])
    return y + b.reshape(1, F, 1, 1)


@CONV2D.is_rarer("each kernel position replaces the sum instead of adding to it")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    for i in range(kh):
        for j in range(kw):
            y = np.einsum("nchw,fc->nfhw", x[:, :, i : i + oh, j : j + ow], w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_rarer("kernels are taken to be square")
def _(x, w, b):
    k = w.shape[2]
    oh, ow = x.shape[2] - k + 1, x.shape[3] - k + 1
    y = np.zeros((len(x), len(w), oh, ow))
    for i in range(k):
        for j in range(k):
            y += np.einsum("nchw,fc->nfhw", x[:, :, i : i + oh, j : j + ow], w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_rarer("images are taken to be square")
def _(x, w, b):
    N, F = len(x), len(w)
    kh, kw = w.shape[2:]
    size = x.shape[2] - kh + 1
    y = np.zeros((N, F, size, size))
    for i in range(kh):
        for j in range(kw):
            part = x[:, :, i : i + size, j : j + size]
            y += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_rarer("row and column of the kernel are exchanged")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(x), len(w), oh, ow))
    for i in range(kh):
        for j in range(kw):
            part = x[:, :, j : j + oh, i : i + ow]
            y += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_rarer("every channel uses the weights of the first")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(x), len(w), oh, ow))
    for i in range(kh):
        for j in range(kw):
            part = x[:, :, i : i + oh, j : j + ow].sum(1)
            y += part[:, None] * w[:, 0, i, j].reshape(1, -1, 1, 1)
    return y + b[:, None, None]


@CONV2D.is_rarer("only the first image is convolved")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(w), oh, ow))
    for i in range(kh):
        for j in range(kw):
            y += np.einsum("chw,fc->fhw", x[0, :, i : i + oh, j : j + ow], w[:, :, i, j])
    return (y + b[:, None, None])[None]


@CONV2D.is_rarer("the image is padded so that it keeps its size")
def _(x, w, b):
    kh, kw = w.shape[2:]
    h, v = x.shape[2:]
    ends = (kh // 2, kh // 2), (kw // 2, kw // 2)
    x = np.pad(x, ((0, 0), (0, 0), *ends))
    y = np.zeros((len(x), len(w), h, v))
    for i in range(kh):
        for j in range(kw):
            y += np.einsum("nchw,fc->nfhw", x[:, :, i : i + h, j : j + v], w[:, :, i, j])
    return y + b[:, None, None]


@CONV2D.is_rarer("the mean over the channels instead of the sum")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(x), len(w), oh, ow))
    for i in range(kh):
        for j in range(kw):
            part = x[:, None, :, i : i + oh, j : j + ow]
            y += (part * w[None, :, :, i, j, None, None]).mean(2)
    return y + b[:, None, None]


@CONV2D.is_rarer("the result has filters first, then images")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(w), len(x), oh, ow))
    for i in range(kh):
        for j in range(kw):
            part = x[:, :, i : i + oh, j : j + ow]
            y += np.tensordot(w[:, :, i, j], part, axes=(1, 1))
    return y + b[:, None, None, None]


@CONV2D.is_rarer("the sum is kept as whole numbers")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.zeros((len(x), len(w), oh, ow), dtype=int)
    for i in range(kh):
        for j in range(kw):
            part = x[:, :, i : i + oh, j : j + ow]
            y = y + np.einsum("nchw,fc->nfhw", part, w[:, :, i, j]).astype(int)
    return y + b[:, None, None]


@CONV2D.is_otherwise("all windows at once, without any loop")
def _(x, w, b):
    every = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,fcij->nfhw", every, w) + b[None, :, None, None]


@CONV2D.is_otherwise("seven loops")
def _(x, w, b):
    (N, C, H, W), (F, _, kH, kW) = x.shape, w.shape
    y = np.zeros((N, F, H - kH + 1, W - kW + 1))
    for n in range(N):
        for f in range(F):
            for p in range(H - kH + 1):
                for q in range(W - kW + 1):
                    y[n, f, p, q] = b[f]
                    for c in range(C):
                        for i in range(kH):
                            for j in range(kW):
                                y[n, f, p, q] += x[n, c, p + i, q + j] * w[f, c, i, j]
    return y


@CONV2D.is_otherwise("the loops run over the output instead of over the kernel")
def _(x, w, b):
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    y = np.empty((len(x), len(w), oh, ow))
    for p in range(oh):
        for q in range(ow):
            y[:, :, p, q] = np.tensordot(x[:, :, p : p + kh, q : q + kw], w, axes=[(1, 2, 3)] * 2)
    return y + b[:, None, None]


ANSWERS = {"convolution.conv2d": CONV2D}
