"""Answers to the exercises of chapter 9."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: B905, RUF059

import math

import numpy as np

from cnnlib.windows import fold, windows

from .kinds import Answers

RELU_BACKWARD = Answers("my_relu_backward")


@RELU_BACKWARD.is_right
def _(dy, x):
    return dy * (x > 0)


@RELU_BACKWARD.is_right
def _(dy, x):
    return np.where(x > 0, dy, 0)


@RELU_BACKWARD.is_right
def _(dy, x):
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        if x[place] > 0:
            dx[place] = dy[place]
    return dx


@RELU_BACKWARD.is_right
def _(dy, x):
    dx = np.array(dy, np.float32, order="F")
    dx[x <= 0] = 0
    return dx


@RELU_BACKWARD.is_common("the gradient goes through at 0")
def _(dy, x):
    return dy * (x >= 0)


@RELU_BACKWARD.is_common("the gradient that came in is overwritten")
def _(dy, x):
    dy[x <= 0] = 0
    return dy


@RELU_BACKWARD.is_common("the slope alone: the gradient that comes in is forgotten")
def _(dy, x):
    return np.where(x > 0, 1.0, 0.0)


@RELU_BACKWARD.is_common("ReLU of the gradient")
def _(dy, x):
    return np.maximum(dy, 0)


@RELU_BACKWARD.is_common("multiplied by the output instead of by the slope")
def _(dy, x):
    return dy * np.maximum(x, 0)


@RELU_BACKWARD.is_rarer("overwritten, and let through at 0")
def _(dy, x):
    dy[x < 0] = 0
    return dy


@RELU_BACKWARD.is_rarer("the gate looks at the gradient and at the input")
def _(dy, x):
    return dy * ((x > 0) & (dy > 0))


@RELU_BACKWARD.is_rarer("half of the gradient goes through at 0")
def _(dy, x):
    return dy * (np.sign(x) + 1) / 2


@RELU_BACKWARD.is_rarer("negative inputs turn the sign instead of closing the gate")
def _(dy, x):
    return dy * np.sign(x)


@RELU_BACKWARD.is_rarer("the gate is the wrong way round")
def _(dy, x):
    return dy * (x < 0)


@RELU_BACKWARD.is_rarer("a bracket is missing, so that truth values come out")
def _(dy, x):
    return dy * x > 0


@RELU_BACKWARD.is_rarer("the arguments are exchanged")
def _(dy, x):
    return x * (dy > 0)


@RELU_BACKWARD.is_rarer("a leak for negative inputs")
def _(dy, x):
    return np.where(x > 0, dy, 0.01 * dy)


@RELU_BACKWARD.is_rarer("the input is cut to a whole number first, so the gate opens only at 1")
def _(dy, x):
    return dy * (x.astype(int) > 0)


LINEAR_BACKWARD = Answers("my_linear_backward")


@LINEAR_BACKWARD.is_right
def _(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(0)


@LINEAR_BACKWARD.is_right
def _(dy, x, w):
    dx = np.einsum("no,oi->ni", dy, w)
    dw = np.einsum("no,ni->oi", dy, x)
    db = np.einsum("no->o", dy)
    return [dx, dw, db]


@LINEAR_BACKWARD.is_right
def _(dy, x, w):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n in range(len(x)):
        for o in range(len(w)):
            db[o] += dy[n, o]
            for i in range(w.shape[1]):
                dx[n, i] += dy[n, o] * w[o, i]
                dw[o, i] += dy[n, o] * x[n, i]
    return dx, dw, db


@LINEAR_BACKWARD.is_right
def _(dy, x, w):
    dy, x, w = (a.astype(np.float32) for a in (dy, x, w))
    dw = (x.T @ dy).T
    return (w.T @ dy.T).T, dw, np.ones(len(dy), np.float32) @ dy


@LINEAR_BACKWARD.is_common("dw is transposed")
def _(dy, x, w):
    dx = dy @ w
    dw = x.T @ dy
    db = dy.sum(axis=0)
    return dx, dw, db


@LINEAR_BACKWARD.is_common("w is transposed for dx, as in forward")
def _(dy, x, w):
    dx = dy @ w.T
    dw = dy.T @ x
    db = dy.sum(axis=0)
    return dx, dw, db


@LINEAR_BACKWARD.is_common("db is not summed over the batch")
def _(dy, x, w):
    return dy @ w, dy.T @ x, dy


@LINEAR_BACKWARD.is_common("dw and db are divided by the number of images once more")
def _(dy, x, w):
    n = len(x)
    return dy @ w, dy.T @ x / n, dy.sum(axis=0) / n


@LINEAR_BACKWARD.is_common("db is summed over the outputs, not over the batch")
def _(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=1)


@LINEAR_BACKWARD.is_rarer("db is one number")
def _(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum()


@LINEAR_BACKWARD.is_rarer("db keeps the axis of the batch")
def _(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=0, keepdims=True)


@LINEAR_BACKWARD.is_rarer("dw first, then dx")
def _(dy, x, w):
    return dy.T @ x, dy @ w, dy.sum(axis=0)


@LINEAR_BACKWARD.is_rarer("db is forgotten")
def _(dy, x, w):
    return dy @ w, dy.T @ x


@LINEAR_BACKWARD.is_rarer("dw from the first image only")
def _(dy, x, w):
    return dy @ w, np.outer(dy[0], x[0]), dy.sum(axis=0)


@LINEAR_BACKWARD.is_rarer("= instead of +=: dw from the last image only")
def _(dy, x, w):
    db = np.zeros(len(w))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(len(x)):
        dx[n] = dy[n] @ w
        dw = np.outer(dy[n], x[n])
        db += dy[n]
    return dx, dw, db


@LINEAR_BACKWARD.is_rarer("weights of ones: the bias gradient ignores dy")
def _(dy, x, w):
    return dy @ w, dy.T @ x, np.ones(len(w))


@LINEAR_BACKWARD.is_rarer("the sizes of dx and dw are mixed up as well as transposed")
def _(dy, x, w):
    return (dy @ w).T, x.T @ dy, dy.sum(axis=0)


CROSS_ENTROPY_BACKWARD = Answers("my_cross_entropy_backward")


@CROSS_ENTROPY_BACKWARD.is_right
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[target]) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_right
def _(logits, target):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    p[np.arange(len(p)), target] -= 1
    p /= len(p)
    return p


@CROSS_ENTROPY_BACKWARD.is_right
def _(logits, target):
    rows = []
    for z, t in zip(logits, target):
        largest = float(max(z))
        e = [math.exp(float(v) - largest) for v in z]
        rows.append([(v / sum(e) - (k == t)) / len(target) for k, v in enumerate(e)])
    return rows


@CROSS_ENTROPY_BACKWARD.is_right
def _(logits, target):
    z = np.asfortranarray(logits.T, np.float32)
    z = z - z.max(0)
    classes = np.arange(len(z))[:, np.newaxis]
    p = np.exp(z) / np.exp(z).sum(0)
    return ((p - (classes == target)) / np.float32(len(target))).T


@CROSS_ENTROPY_BACKWARD.is_common("not divided by the number of images")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(p)), target] -= 1
    return p


@CROSS_ENTROPY_BACKWARD.is_common("overflow: nothing is subtracted before exponentiating")
def _(logits, target):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[np.arange(len(p)), target] -= 1
    return p / len(p)


@CROSS_ENTROPY_BACKWARD.is_common("[:, target] lowers every label in every row")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[:, target] -= 1
    return p / len(p)


@CROSS_ENTROPY_BACKWARD.is_common("t − p instead of p − t")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[target]
    return (t - p) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_common("the softmax alone, without the label")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer(
    "the largest logit of the batch is subtracted, not that of the row"
)
def _(logits, target):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[target]) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("divided by images times classes")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[target]) / logits.size


@CROSS_ENTROPY_BACKWARD.is_rarer("divided by the number of classes")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[target]) / logits.shape[1]


@CROSS_ENTROPY_BACKWARD.is_rarer("softmax over the images instead of the classes")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=0))
    p = e / e.sum(axis=0)
    return (p - np.eye(logits.shape[1])[target]) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("a missing bracket: only the label is divided")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p - np.eye(logits.shape[1])[target] / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("the logits that came in are overwritten")
def _(logits, target):
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[target]) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("ten classes are taken for granted")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(10)[target]) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("the derivative of the logarithm alone: −1 / p at the label")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.eye(logits.shape[1])[target] / p / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("softmax is taken for a sigmoid, with the slope p (1 − p)")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[target]) * p * (1 - p) / len(logits)


@CROSS_ENTROPY_BACKWARD.is_rarer("only the cell of the label has a gradient")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[target]
    return t * (p - 1) / len(logits)


MAX_POOL2D_BACKWARD = Answers("my_max_pool2d_backward")


@MAX_POOL2D_BACKWARD.is_right
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    flat = v.reshape(*v.shape[:4], -1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    return fold(dv.reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_right
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    cells = v.shape[4] * v.shape[5]
    first = v.reshape(*dy.shape, cells).argmax(-1)
    won = np.eye(cells, dtype=x.dtype)[first]
    return fold((won * dy[..., None]).reshape(v.shape), x.shape[2:], stride=stride)


@MAX_POOL2D_BACKWARD.is_right
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    best = (v == v.max(axis=(4, 5), keepdims=True)).reshape(*dy.shape, -1)
    first = best & (best.cumsum(axis=-1) == 1)
    share = np.where(first, dy[..., None], 0).astype(np.float32)
    return fold(share.reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_right
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    i, j = np.unravel_index(v.reshape(*dy.shape, -1).argmax(-1), v.shape[4:])
    n, c, p, q = np.indices(dy.shape)
    dv = np.zeros(v.shape, dy.dtype)
    dv[n, c, p, q, i, j] = dy
    return np.asfortranarray(fold(dv, x.shape[2:], stride))


@MAX_POOL2D_BACKWARD.is_common("on a tie every maximum gets the whole gradient")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    mask = v == v.max(axis=(-2, -1), keepdims=True)
    return fold(mask * dy[..., None, None], x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_common("a cell that wins twice keeps only one gradient")
def _(dy, x, kernel_size, stride):
    k = kernel_size
    dx = np.zeros_like(x)
    for n, c, p, q in np.ndindex(dy.shape):
        top, left = p * stride, q * stride
        window = x[n, c, top : top + k, left : left + k]
        i, j = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + i, left + j] = dy[n, c, p, q]
    return dx


@MAX_POOL2D_BACKWARD.is_common("fold is called without the stride")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    flat = v.reshape(*v.shape[:4], -1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    return fold(dv.reshape(v.shape), x.shape[2:])


@MAX_POOL2D_BACKWARD.is_common("on a tie the gradient is shared out")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    mask = v == v.max((-2, -1), keepdims=True)
    share = mask / mask.sum((-2, -1), keepdims=True)
    return fold(share * dy[..., None, None], x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_common("the stride is taken to be the size of the window")
def _(dy, x, kernel_size, stride):
    k = kernel_size
    dx = np.zeros_like(x)
    for n, c, p, q in np.ndindex(dy.shape):
        window = x[n, c, p * k : (p + 1) * k, q * k : (q + 1) * k]
        i, j = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, p * k + i, q * k + j] += dy[n, c, p, q]
    return dx


@MAX_POOL2D_BACKWARD.is_rarer("on a tie the last maximum wins")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    flat = v.reshape(*v.shape[:4], -1)
    last = flat.shape[-1] - 1 - flat[..., ::-1].argmax(-1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, last[..., None], dy[..., None], axis=-1)
    return fold(dv.reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer("average pooling: every cell of the window gets a share")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    dv = np.broadcast_to(dy[..., None, None], v.shape) / (v.shape[4] * v.shape[5])
    return fold(dv, x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer("windows are read down the columns first, which matters on a tie")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride).swapaxes(-2, -1)
    flat = v.reshape(*v.shape[:4], -1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    return fold(dv.reshape(v.shape).swapaxes(-2, -1), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer("the largest absolute value wins")
def _(dy, x, kernel_size, stride):
    v = np.abs(windows(x, kernel_size, stride))
    flat = v.reshape(*v.shape[:4], -1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    return fold(dv.reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer("one winning place for all channels")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    flat = v.reshape(*v.shape[:4], -1)
    first = flat.max(axis=1, keepdims=True).argmax(-1)
    won = np.arange(flat.shape[-1]) == first[..., None]
    return fold((won * dy[..., None]).reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer("the gradient is multiplied by the maximum")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    flat = v.reshape(*v.shape[:4], -1)
    first = flat.argmax(-1)[..., None]
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, first, dy[..., None] * flat.max(-1, keepdims=True), axis=-1)
    return fold(dv.reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer(
    "the maximum begins with 0, so that negative windows send to their corner"
)
def _(dy, x, kernel_size, stride):
    v = np.maximum(windows(x, kernel_size, stride), 0)
    flat = v.reshape(*v.shape[:4], -1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    return fold(dv.reshape(v.shape), x.shape[2:], stride)


@MAX_POOL2D_BACKWARD.is_rarer("only as large as what the windows cover")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size, stride)
    flat = v.reshape(*v.shape[:4], -1)
    dv = np.zeros_like(flat)
    np.put_along_axis(dv, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    size = [(count - 1) * stride + kernel_size for count in dy.shape[2:]]
    return fold(dv.reshape(v.shape), size, stride)


@MAX_POOL2D_BACKWARD.is_otherwise("a loop over the windows")
def _(dy, x, kernel_size, stride):
    k = kernel_size
    dx = np.zeros(x.shape, np.float32)
    for n, c, p, q in np.ndindex(dy.shape):
        window = x[n, c, p * stride : p * stride + k, q * stride : q * stride + k]
        i, j = divmod(int(window.argmax()), k)
        dx[n, c, p * stride + i, q * stride + j] += dy[n, c, p, q]
    return dx


@MAX_POOL2D_BACKWARD.is_otherwise("loops over the kernel, without `windows` and `fold`")
def _(dy, x, kernel_size, stride):
    rows, columns = dy.shape[2:]
    best, winner = np.full(dy.shape, -np.inf), np.zeros(dy.shape, int)
    slices = []
    for i in range(kernel_size):
        for j in range(kernel_size):
            down = slice(i, i + stride * (rows - 1) + 1, stride)
            across = slice(j, j + stride * (columns - 1) + 1, stride)
            here = x[:, :, down, across]
            winner[here > best] = len(slices)
            best = np.maximum(best, here)
            slices.append((slice(None), slice(None), down, across))
    dx = np.zeros_like(x)
    for number, part in enumerate(slices):
        dx[part] += dy * (winner == number)
    return dx


CONV2D_BACKWARD = Answers("my_conv2d_backward")


@CONV2D_BACKWARD.is_right
def _(dy, x, w, stride):
    oH, oW = dy.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            columns = slice(j, j + stride * oW, stride)
            dx[:, :, rows, columns] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, columns])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_right
def _(dy, x, w, stride):
    dy, x, w = (a.astype(np.float32) for a in (dy, x, w))
    n, f, h, v = dy.shape
    flat = dy.transpose(1, 0, 2, 3).reshape(f, -1)
    dx, dw = np.zeros_like(x, order="F"), np.empty_like(w)
    for j in reversed(range(w.shape[3])):
        for i in reversed(range(w.shape[2])):
            place = np.s_[:, :, i:, j:]
            step = np.s_[:, :, : stride * h : stride, : stride * v : stride]
            part = x[place][step].transpose(1, 0, 2, 3)
            dw[:, :, i, j] = flat @ part.reshape(len(part), -1).T
            spread = (w[:, :, i, j].T @ flat).reshape(-1, n, h, v)
            dx[place][step] += spread.transpose(1, 0, 2, 3)
    return dx, dw, flat.sum(1)


@CONV2D_BACKWARD.is_right
def _(dy, x, w, stride):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i, j in np.ndindex(w.shape[2:]):
        rows = i + stride * np.arange(dy.shape[2])[:, np.newaxis]
        columns = j + stride * np.arange(dy.shape[3])
        dw[:, :, i, j] = np.tensordot(dy, x[:, :, rows, columns], axes=[(0, 2, 3)] * 2)
        dx[:, :, rows, columns] += np.moveaxis(np.tensordot(w[:, :, i, j], dy, (0, 1)), 0, 1)
    return [dx, dw, dy.sum(axis=3).sum(axis=2).sum(axis=0)]


@CONV2D_BACKWARD.is_common("the slice ends too early for strides above 1")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            part = x[:, :, i : i + oH : stride, j : j + oW : stride]
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, part)
            dx[:, :, i : i + oH : stride, j : j + oW : stride] += np.einsum(
                "nfpq,fc->ncpq", dy, w[:, :, i, j]
            )
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_common("= instead of += in dx: where windows overlap, one gradient is left")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] = np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_common("the kernel is flipped for dx, although the slices scatter")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    flipped = w[:, :, ::-1, ::-1]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, flipped[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_common("the stride is not used")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dx[:, :, i : i + oH, j : j + oW] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, i : i + oH, j : j + oW])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_common("dw and db are divided by the number of images once more")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw / N, dy.sum((0, 2, 3)) / N


@CONV2D_BACKWARD.is_rarer("the slice has no end, and may hold more than the windows")
def _(dy, x, w, stride):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            part = x[:, :, i::stride, j::stride]
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, part)
            dx[:, :, i::stride, j::stride] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("dw is flipped")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, -1 - i, -1 - j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("db is not summed over the batch")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((2, 3))


@CONV2D_BACKWARD.is_rarer("db is the mean instead of the sum")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.mean((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("dw from the last image only")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(N):
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                rows = slice(i, i + stride * oH, stride)
                cols = slice(j, j + stride * oW, stride)
                dx[n, :, rows, cols] += np.einsum("fpq,fc->cpq", dy[n], w[:, :, i, j])
                dw[:, :, i, j] = np.einsum("fpq,cpq->fc", dy[n], x[n, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("kernels are taken to be square")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    k = w.shape[2]
    dx, dw = np.zeros_like(x), np.zeros((*w.shape[:2], k, k))
    for i in range(k):
        for j in range(k):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("dx is only as large as what the windows cover")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    kH, kW = w.shape[2:]
    dw = np.zeros_like(w)
    dx = np.zeros((*x.shape[:2], (oH - 1) * stride + kH, (oW - 1) * stride + kW))
    for i in range(kH):
        for j in range(kW):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("the gradient is not summed over the filters, only the first counts")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += dy[:, :1] * w[0, :, i, j].reshape(1, -1, 1, 1)
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("row and column of the kernel are exchanged in dx")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * oH, stride)
            cols = slice(j, j + stride * oW, stride)
            dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, j, i])
            dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dx, dw, dy.sum((0, 2, 3))


@CONV2D_BACKWARD.is_rarer("dw is returned first, and db as a column")
def _(dy, x, w, stride):
    N, F, oH, oW = dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(w.shape[2:]):
        rows = slice(i, i + stride * oH, stride)
        cols = slice(j, j + stride * oW, stride)
        dx[:, :, rows, cols] += np.einsum("nfpq,fc->ncpq", dy, w[:, :, i, j])
        dw[:, :, i, j] = np.einsum("nfpq,ncpq->fc", dy, x[:, :, rows, cols])
    return dw, dx, dy.sum((0, 2, 3)).reshape(-1, 1)


@CONV2D_BACKWARD.is_otherwise("seven loops")
def _(dy, x, w, stride):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n, f, p, q in np.ndindex(dy.shape):
        db[f] += dy[n, f, p, q]
        for c, i, j in np.ndindex(w.shape[1:]):
            u, v = p * stride + i, q * stride + j
            dx[n, c, u, v] += dy[n, f, p, q] * w[f, c, i, j]
            dw[f, c, i, j] += dy[n, f, p, q] * x[n, c, u, v]
    return dx, dw, db


@CONV2D_BACKWARD.is_otherwise("one matrix product, without any loop")
def _(dy, x, w, stride):
    v = windows(x, w.shape[2:], stride)
    dv = np.tensordot(dy, w, axes=(1, 0)).transpose(0, 3, 1, 2, 4, 5)
    dw = np.tensordot(dy, v, axes=((0, 2, 3), (0, 2, 3)))
    return [fold(dv, x.shape[2:], stride), dw, np.einsum("nfpq->f", dy)]


@CONV2D_BACKWARD.is_otherwise("dx is collected with a flipped kernel, dw with all windows")
def _(dy, x, w, stride):
    full = np.zeros((*dy.shape[:2], x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
    full[:, :, ::stride, ::stride] = dy  # as large as with stride 1
    dw = np.einsum("nfpq,ncijpq->fcij", full, windows(x, full.shape[2:]))
    ends = [(size - 1, size - 1) for size in w.shape[2:]]
    padded = windows(np.pad(full, ((0, 0), (0, 0), *ends)), w.shape[2:])
    dx = np.einsum("nfpqij,fcij->ncpq", padded, w[:, :, ::-1, ::-1])
    return dx, dw, dy.sum((0, 2, 3))


@MAX_POOL2D_BACKWARD.is_common("the stride is forgotten")
def _(dy, x, kernel_size, stride):
    v = windows(x, kernel_size)
    n, c, p, q, kh, kw = v.shape
    flat = v.reshape(n, c, p, q, -1)
    g = np.zeros(flat.shape)
    np.put_along_axis(g, flat.argmax(-1)[..., None], dy[..., None], axis=-1)
    return fold(g.reshape(v.shape), x.shape[2:])


ANSWERS = {
    "backpropagation.relu_backward": RELU_BACKWARD,
    "backpropagation.linear_backward": LINEAR_BACKWARD,
    "backpropagation.cross_entropy_backward": CROSS_ENTROPY_BACKWARD,
    "backpropagation.max_pool2d_backward": MAX_POOL2D_BACKWARD,
    "backpropagation.conv2d_backward": CONV2D_BACKWARD,
}
