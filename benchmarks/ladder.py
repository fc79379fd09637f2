"""The ways to compute a convolution that textbooks teach, one after the other.

    python -m benchmarks.ladder        prints ratios, writes cnnbook/results/convolution_ladder.json

Each is written here from its idea, for stride 1 and no padding.
"""

from __future__ import annotations

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.timing import interleaved
from cnnbook.machine import machine
from cnnbook.samples import record
from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.windows import windows


def seven_loops(x: Array, w: Array) -> Array:
    (n_, c_, h, wd), (f_, _, kh, kw) = x.shape, w.shape
    y = np.zeros((n_, f_, h - kh + 1, wd - kw + 1), x.dtype)
    for n, f, p, q in np.ndindex(y.shape):
        total = 0.0
        for c in range(c_):
            for i in range(kh):
                for j in range(kw):
                    total += x[n, c, p + i, q + j] * w[f, c, i, j]
        y[n, f, p, q] = total
    return y


def loop_over_positions(x: Array, w: Array) -> Array:
    kh, kw = w.shape[2:]
    y = np.zeros((len(x), len(w), x.shape[2] - kh + 1, x.shape[3] - kw + 1), x.dtype)
    flat = w.reshape(len(w), -1).T
    for p in range(y.shape[2]):
        for q in range(y.shape[3]):
            y[:, :, p, q] = x[:, :, p : p + kh, q : q + kw].reshape(len(x), -1) @ flat
    return y


def im2col_by_index(x: Array, w: Array) -> Array:
    kh, kw = w.shape[2:]
    h, wd = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    c, i, j = (a.ravel() for a in np.indices(w.shape[1:]))
    p, q = (a.ravel() for a in np.indices((h, wd)))
    columns = x[:, c[:, None], i[:, None] + p, j[:, None] + q]
    return (w.reshape(len(w), -1) @ columns).reshape(len(x), len(w), h, wd)


def windows_einsum(x: Array, w: Array) -> Array:
    return np.einsum("nchwij,fcij->nfhw", windows(x, w.shape[2:]), w, optimize=True)


def windows_matrix(x: Array, w: Array) -> Array:
    return np.tensordot(windows(x, w.shape[2:]), w, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)


WAYS = {
    "seven loops": seven_loops,
    "a loop over output positions": loop_over_positions,
    "im2col by index, a product for each image": im2col_by_index,
    "windows and einsum": windows_einsum,
    "windows and one matrix product": windows_matrix,
    "cnnlib, a product for each output row": F.conv2d,
}


def main() -> None:
    """Measure on one thread; the seven loops on fewer images, scaled up."""
    torch.set_num_threads(1)
    threadpool_limits(1)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 16, 28, 28)).astype(np.float32)
    w = rng.normal(size=(36, 16, 5, 5)).astype(np.float32)
    tensors = torch.from_numpy(x), torch.from_numpy(w)
    expected = torch.conv2d(*tensors).numpy()
    for name, way in WAYS.items():
        few = x[:1, :, :9, :9] if way is seven_loops else x
        given = expected[: len(few), :, : few.shape[2] - 4, : few.shape[3] - 4]
        np.testing.assert_allclose(way(few, w), given, rtol=1e-3, atol=1e-3, err_msg=name)
    fast = {name: way for name, way in WAYS.items() if way is not seven_loops}
    ways = {name: lambda way=way: way(x, w) for name, way in fast.items()}
    seconds = interleaved(ways | {"PyTorch": lambda: torch.conv2d(*tensors)}, repeats=9)
    small = x[:1, :, :9, :9]
    loops = interleaved({"seven loops": lambda: seven_loops(small, w)}, repeats=3)["seven loops"]
    scale = expected.size / expected[:1, :, :5, :5].size
    seconds = {"seven loops": loops * scale} | seconds
    ratios = {name: round(s / seconds["PyTorch"], 2) for name, s in seconds.items()}
    result = {
        "workload": "64 inputs of 16 maps of 28 × 28, 36 filters of 5 × 5, float32",
        "machine": machine(),
        "method": "medians of 9 interleaved runs; the seven loops on one input of 9 × 9, scaled up",
        "ratios": ratios,
    }
    record("convolution_ladder", result)
    print(result["workload"])
    for name, ratio in ratios.items():
        print(f"{name:52}{ratio:13,.2f}")


if __name__ == "__main__":
    main()
