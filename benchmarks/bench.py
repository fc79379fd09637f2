"""How fast is cnnlib? Ratios to PyTorch with as many threads, 1 and 2, and the workspace.

python -m benchmarks.bench      prints a table, writes cnnbook/results/bench.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import geometric_mean
from typing import Any

import numpy as np
import torch
from torch import nn as tnn

from benchmarks.timing import Work, interleaved
from cnnbook import networks
from cnnbook.machine import machine
from cnnbook.samples import record
from cnnlib import functional as F
from cnnlib import nn, optim
from cnnlib.checks import Array
from cnnlib.functional.convolution import batch_innermost

THREADS = (1, 2)
REPEATS = 31
RNG = np.random.default_rng(0)
CONVOLUTIONS = [  # N, C, F, kernel, size, padding: of small networks, of both above, of large ones
    (64, 16, 32, 3, 28, "same"),
    (128, 32, 64, 5, 14, "same"),
    (64, 64, 64, 3, 14, "same"),
    (8, 64, 64, 3, 56, "same"),
    (128, 6, 16, 5, 14, "valid"),
    (128, 1, 32, 5, 28, "same"),
]


def training_step(network: Callable[[Any], Any]) -> tuple[Work, Work]:
    """Forward, backward and Adam on a batch of 128 digits, from the same weights."""
    x = RNG.normal(size=(128, 1, 28, 28)).astype(np.float32)
    target = RNG.integers(0, 10, 128)
    model, other = network(nn), network(tnn)
    model.load_state_dict(other.state_dict())
    adam, criterion = optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    torch_adam = torch.optim.Adam(other.parameters())
    x_torch, target_torch = torch.from_numpy(x), torch.from_numpy(target)

    def ours() -> None:
        adam.zero_grad()
        criterion(model(x), target)
        model.backward(criterion.backward(), need_dx=False)
        adam.step()

    def theirs() -> None:
        torch_adam.zero_grad()
        tnn.functional.cross_entropy(other(x_torch), target_torch).backward()
        torch_adam.step()

    return ours, theirs


def one_digit() -> tuple[Work, Work]:
    """A single digit through LeNet: here the calls cost more than the products."""
    x = RNG.normal(size=(1, 1, 28, 28)).astype(np.float32)
    model, other = networks.lenet(nn), networks.lenet(tnn)
    x_torch = torch.from_numpy(x)

    def theirs() -> None:
        with torch.no_grad():
            other(x_torch)

    return lambda: model(x), theirs


def layer(
    shape: tuple[int, ...],
    weight: tuple[int, ...] | None,
    forward: Callable[..., Array],
    backward: Callable[..., Any],
    torch_forward: Callable[..., torch.Tensor],
    order: Callable[[Array], Array] = batch_innermost,
    **arguments: Any,
) -> Iterator[tuple[str, tuple[Work, Work]]]:
    """Forward, backward and both ways of one layer; all gradients wanted."""
    x = RNG.normal(size=shape).astype(np.float32)
    weights = [] if weight is None else [RNG.normal(size=weight).astype(np.float32)]
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x, *weights)]
    inputs = [order(x), *weights]
    y_torch = torch_forward(*tensors, **arguments)
    dy = RNG.normal(size=y_torch.shape).astype(np.float32)
    dy_torch, dy = torch.from_numpy(dy), order(dy)

    def torch_only_forward() -> None:
        with torch.no_grad():
            torch_forward(*tensors, **arguments)

    def torch_backward() -> None:
        torch.autograd.grad(y_torch, tensors, dy_torch, retain_graph=True)

    ahead: tuple[Work, Work] = (lambda: forward(*inputs, **arguments), torch_only_forward)
    back: tuple[Work, Work] = (lambda: backward(dy, *inputs, **arguments), torch_backward)
    ours, theirs = ([ahead[i], back[i]] for i in (0, 1))
    yield "forward", ahead
    yield "backward", back
    yield "both ways", (lambda: [work() for work in ours], lambda: [work() for work in theirs])


def products_alone() -> tuple[Work, Work]:
    """Of the 3 × 3 convolution only what no code can save: its matrix products, operands ready."""
    x, w = torch.randn(32, 64, 28, 28), torch.randn(128, 64, 3, 3)
    matrix = RNG.normal(size=(128, 64 * 9)).astype(np.float32)
    rows = RNG.normal(size=(28, 64 * 9, 28 * 32)).astype(np.float32)
    y = np.empty((28, 128, 28 * 32), np.float32)

    def theirs() -> None:
        with torch.no_grad():
            tnn.functional.conv2d(x, w, padding=1)

    return lambda: np.matmul(matrix, rows, out=y), theirs


def workloads() -> Iterator[tuple[str, tuple[Work, Work]]]:
    """Name, and the same work in cnnlib and in PyTorch."""
    yield "source network, training step, batch 128", training_step(networks.source)
    yield "LeNet 6/16, training step, batch 128", training_step(networks.lenet)
    yield "LeNet 6/16, one digit, forward", one_digit()
    conv: Any = (F.conv2d, F.conv2d_backward, tnn.functional.conv2d)
    for part, pair in layer((32, 64, 28, 28), (128, 64, 3, 3), *conv, padding=1):
        if part != "both ways":
            yield f"conv 32×64×28×28, 3×3 -> 128, {part}", pair
    yield "conv 32×64×28×28, 3×3 -> 128, products alone", products_alone()
    for part, pair in layer((8, 3, 224, 224), (64, 3, 7, 7), *conv, stride=2, padding=3):
        if part != "both ways":
            yield f"conv 8×3×224×224, 7×7 -> 64, stride 2, {part}", pair
    for n, c, f, k, size, padding in CONVOLUTIONS:
        parts = dict(layer((n, c, size, size), (f, c, k, k), *conv, padding=padding))
        yield convolution_name(n, c, f, k, size, padding), parts["both ways"]
    pools: dict[str, Any] = {
        "max": (F.max_pool2d, F.max_pool2d_backward, tnn.functional.max_pool2d),
        "average": (F.avg_pool2d, F.avg_pool2d_backward, tnn.functional.avg_pool2d),
    }
    for name, pool in pools.items():
        parts = dict(layer((128, 32, 28, 28), None, *pool, kernel_size=2))
        yield f"{name} pool 2, 128×32×28×28, both ways", parts["both ways"]
    orders: Any = {"batch innermost": batch_innermost, "NCHW": np.ascontiguousarray}
    for memory, order in orders.items():
        forward, backward, theirs = pools["max"]
        shape = (64, 32, 28, 28)
        parts = dict(layer(shape, None, forward, backward, theirs, order, kernel_size=2))
        yield f"max pool 2, 64×32×28×28, backward, {memory}", parts["backward"]


def convolution_name(n: int, c: int, f: int, k: int, size: int, padding: str) -> str:
    """The row of one of the `CONVOLUTIONS`."""
    return f"conv {n}×{c}×{size}×{size}, {k}×{k} -> {f}, {padding}, both ways"


def workspace() -> float:
    """Peak memory of one convolution, as a multiple of its input and output together."""
    x = RNG.normal(size=(32, 64, 28, 28)).astype(np.float32)
    w = RNG.normal(size=(128, 64, 3, 3)).astype(np.float32)
    tracemalloc.start()
    y = F.conv2d(x, w, padding=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak / (x.nbytes + y.nbytes))


def measure(threads: int) -> dict[str, Any]:
    """All workloads in this process, whose BLAS already has its number of threads."""
    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    rows, ratios = {}, {}
    for name, (ours, theirs) in workloads():
        seconds = interleaved({"cnnlib": ours, "PyTorch": theirs}, REPEATS, clock)
        ratios[name] = seconds["cnnlib"] / seconds["PyTorch"]
        rows[name] = {
            "ratio": round(ratios[name], 2),
            "milliseconds": {way: round(1000 * s, 2) for way, s in seconds.items()},
        }
    return {
        "machine": machine(),
        "rows": rows,
        "workspace": round(workspace(), 2),
        "convolutions": round(
            geometric_mean(ratios[convolution_name(*c)] for c in CONVOLUTIONS), 2
        ),
    }


def run_with(threads: int) -> dict[str, Any]:
    """`measure` in a process of its own: BLAS reads its number of threads once, at the start."""
    number = str(threads)
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(variables, number)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # these slow NumPy's products
        environment.pop(name, None)
    command = [sys.executable, "-m", "benchmarks.bench", number]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print a table and write it down."""
    found = {threads: run_with(threads) for threads in THREADS}
    print(f"{'time / time of PyTorch':52}" + "".join(f"{t:>3} thread(s)" for t in THREADS))
    for name in found[1]["rows"]:
        print(f"{name:52}" + "".join(f"{found[t]['rows'][name]['ratio']:13.2f}" for t in THREADS))
    means = [found[t]["convolutions"] for t in THREADS]
    title = f"geometric mean of the {len(CONVOLUTIONS)} convolutions both ways"
    print(f"{title:52}" + "".join(f"{mean:13.2f}" for mean in means))
    print(f"{'workspace of a convolution / (input + output)':52}{found[1]['workspace']:13.2f}")
    recorded = {
        "machine": found[1]["machine"] | {"threads": list(THREADS)},
        "method": f"medians of {REPEATS} interleaved runs after one warm-up, float32; "
        "CPU time on one thread, wall time on more",
        "workspace": found[1]["workspace"],
        "convolutions, geometric mean": dict(zip(map(str, THREADS), means, strict=True)),
    } | {f"threads {t}": found[t]["rows"] for t in THREADS}
    record("bench", recorded)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
