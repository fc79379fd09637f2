"""Answers to the exercises of chapter 5."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs

import numpy as np

from .kinds import Answers

MAX_POOL2D = Answers("my_max_pool2d")


@MAX_POOL2D.is_right
def _(x, k, stride, padding):
    ends = (padding, padding)
    x = np.pad(x.astype(float), ((0, 0), (0, 0), ends, ends), constant_values=-np.inf)
    every = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return every[:, :, ::stride, ::stride].max(axis=(4, 5))


@MAX_POOL2D.is_right
def _(x, k, stride, padding):
    n, c, h, w = x.shape
    rows = (h + 2 * padding - k) // stride + 1
    columns = (w + 2 * padding - k) // stride + 1
    y = np.empty((n, c, rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride - padding, j * stride - padding
            part = x[:, :, max(top, 0) : top + k, max(left, 0) : left + k]
            y[:, :, i, j] = part.max((2, 3))
    return y


@MAX_POOL2D.is_right
def _(x, k, stride, padding):
    p = padding
    padded = np.full((*x.shape[:2], x.shape[2] + 2 * p, x.shape[3] + 2 * p), -np.inf, np.float32)
    padded[:, :, p : p + x.shape[2], p : p + x.shape[3]] = x
    h = (padded.shape[2] - k) // stride * stride + 1
    w = (padded.shape[3] - k) // stride * stride + 1
    best = None
    for i in range(k):
        for j in range(k):
            cells = padded[:, :, i : i + h : stride, j : j + w : stride]
            best = cells if best is None else np.maximum(best, cells)
    return best


@MAX_POOL2D.is_right
def _(x, k, stride, padding):
    def along_last(a):  # a maximum over k × k is one over rows, then one over columns
        a = np.pad(a, [(0, 0)] * 3 + [(padding, padding)], mode="edge")
        starts = range(0, a.shape[-1] - k + 1, stride)
        return np.stack([a[..., q : q + k].max(-1) for q in starts], axis=-1)

    return along_last(along_last(x).swapaxes(2, 3)).swapaxes(2, 3)


@MAX_POOL2D.is_common("padded with 0")
def _(x, k, stride, padding):
    N, C, H, W = x.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    oh = (H + 2 * padding - k) // stride + 1
    ow = (W + 2 * padding - k) // stride + 1
    y = np.zeros((N, C, oh, ow))
    for i in range(oh):
        for j in range(ow):
            window = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            y[:, :, i, j] = window.max(axis=(2, 3))
    return y


@MAX_POOL2D.is_common("windows begin at every pixel: the stride is used for the size only")
def _(x, k, stride, padding):
    N, C, H, W = x.shape
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=-np.inf)
    oh, ow = (H + 2 * p - k) // stride + 1, (W + 2 * p - k) // stride + 1
    y = np.zeros((N, C, oh, ow))
    for i in range(oh):
        for j in range(ow):
            y[:, :, i, j] = x[:, :, i : i + k, j : j + k].max(axis=(2, 3))
    return y


@MAX_POOL2D.is_common("the running maximum begins with 0")
def _(x, k, stride, padding):
    N, C, H, W = x.shape
    oh, ow = (H + 2 * padding - k) // stride + 1, (W + 2 * padding - k) // stride + 1
    y = np.zeros((N, C, oh, ow))
    for n, c, i, j in np.ndindex(y.shape):
        for a in range(i * stride - padding, i * stride - padding + k):
            for b in range(j * stride - padding, j * stride - padding + k):
                if 0 <= a < H and 0 <= b < W and x[n, c, a, b] > y[n, c, i, j]:
                    y[n, c, i, j] = x[n, c, a, b]
    return y


@MAX_POOL2D.is_common("all four axes are padded")
def _(x, k, stride, padding):
    x = np.pad(x, padding, constant_values=-np.inf)
    every = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return every[:, :, ::stride, ::stride].max((-2, -1))


@MAX_POOL2D.is_common("the maximum of the window over all images and channels")
def _(x, k, stride, padding):
    N, C, H, W = x.shape
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=-np.inf)
    oh, ow = (H + 2 * p - k) // stride + 1, (W + 2 * p - k) // stride + 1
    y = np.zeros((N, C, oh, ow))
    for i in range(oh):
        for j in range(ow):
            top, left = i * stride, j * stride
            y[:, :, i, j] = x[:, :, top : top + k, left : left + k].max()
    return y


@MAX_POOL2D.is_rarer("blocks by reshape: the stride is taken to be the window, the padding is lost")
def _(x, k, stride, padding):
    n, c, h, w = x.shape
    x = x[:, :, : h // k * k, : w // k * k]
    return x.reshape(n, c, h // k, k, w // k, k).max(axis=(3, 5))


@MAX_POOL2D.is_rarer("images are taken to be square")
def _(x, k, stride, padding):
    n, c, h = x.shape[:3]
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2), constant_values=-np.inf)
    size = (h + 2 * padding - k) // stride + 1
    y = np.empty((n, c, size, size))
    for i, j in np.ndindex(size, size):
        a, b = i * stride, j * stride
        y[:, :, i, j] = x[:, :, a : a + k, b : b + k].max(axis=(2, 3))
    return y


@MAX_POOL2D.is_rarer("padded on one side only")
def _(x, k, stride, padding):
    x = np.pad(x, ((0, 0), (0, 0), (padding, 0), (padding, 0)), constant_values=-np.inf)
    every = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return every[:, :, ::stride, ::stride].max((-2, -1))


@MAX_POOL2D.is_rarer("a row and a column of windows are missing at the end")
def _(x, k, stride, padding):
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=-np.inf)
    oh, ow = (x.shape[2] - k) // stride, (x.shape[3] - k) // stride
    y = np.zeros((*x.shape[:2], oh, ow))
    for i, j in np.ndindex(oh, ow):
        a, b = i * stride, j * stride
        y[:, :, i, j] = x[:, :, a : a + k, b : b + k].max(axis=(2, 3))
    return y


@MAX_POOL2D.is_rarer("rounded up: the last windows hang over the end")
def _(x, k, stride, padding):
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=-np.inf)
    rows, columns = range(0, x.shape[2], stride), range(0, x.shape[3], stride)
    y = [[x[:, :, i : i + k, j : j + k].max((2, 3)) for j in columns] for i in rows]
    return np.moveaxis(np.array(y), (0, 1), (2, 3))


@MAX_POOL2D.is_rarer("the mean instead of the maximum")
def _(x, k, stride, padding):
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    every = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return every[:, :, ::stride, ::stride].mean((-2, -1))


@MAX_POOL2D.is_rarer("padded with −1, and the maximum taken along one axis of a window only")
def _(x, k, stride, padding):
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=-1)
    every = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return every[:, :, ::stride, ::stride].max(-1)[..., 0]


@MAX_POOL2D.is_rarer("padded with a mirror image")
def _(x, k, stride, padding):
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="reflect")
    every = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
    return every[:, :, ::stride, ::stride].max((-2, -1))


@MAX_POOL2D.is_rarer("the window is a cell too large")
def _(x, k, stride, padding):
    p = padding
    oh, ow = ((size + 2 * p - k) // stride + 1 for size in x.shape[2:])
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=-np.inf)
    y = np.empty((*x.shape[:2], oh, ow))
    for i, j in np.ndindex(oh, ow):
        a, b = i * stride, j * stride
        y[:, :, i, j] = x[:, :, a : a + k + 1, b : b + k + 1].max(axis=(2, 3))
    return y


SHIFT = Answers("my_shift")


@SHIFT.is_right
def _(x, down, right):
    h, w = x.shape
    y = np.zeros_like(x)
    if down < h and right < w:
        y[down:, right:] = x[: h - down, : w - right]
    return y


@SHIFT.is_right
def _(x, down, right):
    return np.pad(x, ((down, 0), (right, 0)))[: x.shape[0], : x.shape[1]]


@SHIFT.is_right
def _(x, down, right):
    h, w = x.shape
    y = np.zeros((h, w))
    for i in range(down, h):
        for j in range(right, w):
            y[i, j] = x[i - down, j - right]
    return y


@SHIFT.is_right
def _(x, down, right):
    h, w = x.shape
    return np.eye(h, k=-down) @ x @ np.eye(w, k=right)


@SHIFT.is_right
def _(x, down, right):
    y = np.roll(np.array(x, order="F"), (down, right), axis=(0, 1))
    y[:down] = 0
    y[:, :right] = 0
    return y


@SHIFT.is_common("np.roll: what leaves comes in on the other side")
def _(x, down, right):
    return np.roll(np.roll(x, down, axis=0), right, axis=1)


@SHIFT.is_common("[:-0] is empty, so a move by 0 fails")
def _(x, down, right):
    y = np.zeros_like(x)
    y[down:, right:] = x[:-down, :-right]
    return y


@SHIFT.is_common("a move further than the image fails: H − down is negative")
def _(x, down, right):
    h, w = x.shape
    y = np.zeros((h, w))
    y[down:, right:] = x[: h - down, : w - right]
    return y


@SHIFT.is_common("moved up and to the left")
def _(x, down, right):
    h, w = x.shape
    y = np.zeros_like(x)
    y[: max(h - down, 0), : max(w - right, 0)] = x[down:, right:]
    return y


@SHIFT.is_common("negative indices wrap around to the other side")
def _(x, down, right):
    y = np.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i - down, j - right]
    return y


@SHIFT.is_rarer("down and right are exchanged")
def _(x, down, right):
    return np.pad(x, ((right, 0), (down, 0)))[: x.shape[0], : x.shape[1]]


@SHIFT.is_rarer("the image grows")
def _(x, down, right):
    return np.pad(x, ((down, 0), (right, 0)))


@SHIFT.is_rarer("the image shrinks to what is left of it")
def _(x, down, right):
    h, w = x.shape
    return x[: max(h - down, 0), : max(w - right, 0)]


@SHIFT.is_rarer("the border is repeated instead of zeros coming in")
def _(x, down, right):
    return np.pad(x, ((down, 0), (right, 0)), mode="edge")[: x.shape[0], : x.shape[1]]


@SHIFT.is_rarer("only the rows are cleared after rolling")
def _(x, down, right):
    y = np.roll(x, (down, right), axis=(0, 1))
    y[:down] = 0
    return y


@SHIFT.is_rarer("only the move down is made")
def _(x, down, right):
    y = np.zeros_like(x)
    for i in range(down, len(x)):
        y[i] = x[i - down]
    return y


@SHIFT.is_rarer("written over the image while it is read")
def _(x, down, right):
    y = np.array(x)
    for i in range(len(y)):
        for j in range(len(y[0])):
            y[i, j] = y[i - down, j - right] if i >= down and j >= right else 0
    return y


@SHIFT.is_rarer("images are taken to be square")
def _(x, down, right):
    n = x.shape[0]
    y = np.zeros((n, n))
    for i in range(down, n):
        for j in range(right, n):
            y[i, j] = x[i - down, j - right]
    return y


@MAX_POOL2D.is_rarer("padded with −999")
def _(x, k, stride, padding):
    sides = (0, 0), (0, 0), (padding, padding), (padding, padding)
    padded = np.pad(x, sides, constant_values=-999)
    found = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))
    return found[:, :, ::stride, ::stride].max((-1, -2))


ANSWERS = {"pooling.max_pool2d": MAX_POOL2D, "pooling.shift": SHIFT}
