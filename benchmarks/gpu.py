"""Run chapter 13's program on the CPU and on an accelerator, and time steps on both.

python -m benchmarks.gpu     writes cnnbook/results/gpu.json; a few minutes
"""

from __future__ import annotations

import runpy
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import torch

from cnnbook import networks
from cnnbook.machine import machine
from cnnbook.samples import record
from cnnbook.trainer.device import device_name, synchronize

PROGRAM = Path(__file__).parent.parent / "chapters" / "train_mnist.py"
BATCH_SIZES = 128, 2048
FORMATS = {"float32": ("highest", False), "TF32": ("high", False), "bfloat16": ("high", True)}


def seconds(work: Callable[[], Any], device: torch.device, repeats: int = 10) -> float:
    """The median time of a call, after three that warm up."""
    times = []
    for _ in range(3 + repeats):
        synchronize(device)
        start = perf_counter()
        work()
        synchronize(device)
        times.append(perf_counter() - start)
    return statistics.median(times[3:])


def step_times(program: Any, device: torch.device, sizes: tuple[int, ...]) -> dict[str, float]:
    """Milliseconds of a training step, for two networks, each batch size and number format."""
    found = {}
    for name, build in {"Net": program.Net, "source": lambda: networks.source(torch.nn)}.items():
        for size in sizes:
            x = torch.rand(size, 1, 28, 28, device=device)
            labels = torch.randint(10, (size,), device=device)
            for label, (precision, bfloat16) in FORMATS.items():
                torch.set_float32_matmul_precision(precision)
                model = build().to(device)
                optimizer = torch.optim.AdamW(model.parameters())
                step = partial(program.train_step, model, optimizer, x, labels, bfloat16)
                time = seconds(step, device)
                found[f"{name}, batch {size}, {label}"] = round(1e3 * time, 3)
    torch.set_float32_matmul_precision("highest")
    return found


def training(program: Any, device: torch.device, count: int = 55_000) -> dict[str, Any]:
    """The program's own run: its seconds, and its accuracy on the test images."""
    torch.manual_seed(0)
    learn, held = program.split(program.mnist("train"), 60_000 - count)
    model = program.Net().apply(program.he).to(device)
    loaders = program.batches(learn, shuffle=True), program.batches(held)
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        history = program.fit(model, *loaders, device, folder)
    took = perf_counter() - start
    _, accuracy = program.evaluate(model, program.batches(program.mnist("test")), device)
    return {"seconds": round(took, 1), "history": history, "test_accuracy": accuracy}


def main() -> None:
    """Measure on both devices; refuse where there is no accelerator."""
    program = SimpleNamespace(**runpy.run_path(str(PROGRAM)))
    accelerator = program.best_device()
    if accelerator.type == "cpu":
        raise SystemExit("expected an accelerator (cuda, mps or xpu), found the CPU alone")
    content: dict[str, Any] = {"machine": machine() | {"accelerator": device_name(accelerator)}}
    for device in (accelerator, torch.device("cpu")):
        sizes = BATCH_SIZES if device == accelerator else BATCH_SIZES[:1]
        times = step_times(program, device, sizes)
        content[device.type] = {"training": training(program, device), "milliseconds": times}
        record("gpu", content)
        print(content[device.type], flush=True)


if __name__ == "__main__":
    main()
