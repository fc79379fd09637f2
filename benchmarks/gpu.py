"""Run chapter 13's program on the CPU and on an accelerator, and time steps on both.

python -m benchmarks.gpu     writes cnnbook/results/gpu.json; a few minutes
"""

from __future__ import annotations

import runpy
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from benchmarks.timing import Work, interleaved
from cnnbook import networks
from cnnbook.machine import machine
from cnnbook.samples import record
from cnnbook.trainer.device import device_name, synchronize

PROGRAM = Path(__file__).parent.parent / "chapters" / "train_mnist.py"
BATCH_SIZES = 128, 2048
FORMATS = {"float32": (False, False), "TF32": (True, False), "bfloat16": (True, True)}


def use_tf32(*, matrices: bool, convolutions: bool) -> None:
    """Whether products of float32 numbers are shortened, where the hardware can do it."""
    torch.set_float32_matmul_precision("high" if matrices else "highest")
    torch.backends.cudnn.allow_tf32 = convolutions


def timed_step(program: Any, model: torch.nn.Module, x: Tensor, tf32: bool, bfloat16: bool) -> Work:
    """A training step in a number format, and the wait until the device has done it."""
    labels = torch.randint(10, x.shape[:1], device=x.device)
    optimizer = torch.optim.AdamW(model.parameters())

    def step() -> None:
        use_tf32(matrices=tf32, convolutions=tf32)
        program.train_step(model, optimizer, x, labels, bfloat16)
        synchronize(x.device)

    return step


def step_times(
    program: Any, device: torch.device, sizes: Sequence[int], formats: Iterable[str]
) -> dict[str, float]:
    """Milliseconds of a training step, for two networks, each batch size and number format."""
    found: dict[str, float] = {}
    for name, build in {"Net": program.Net, "source": lambda: networks.source(torch.nn)}.items():
        for size in sizes:
            x = torch.rand(size, 1, 28, 28, device=device)
            steps = {
                f"{name}, batch {size}, {label}": timed_step(
                    program, build().to(device), x, *FORMATS[label]
                )
                for label in formats
            }
            times = interleaved(steps, repeats=7)
            found |= {label: round(1e3 * time, 3) for label, time in times.items()}
    use_tf32(matrices=False, convolutions=True)  # as PyTorch begins
    return found


def training(program: Any, device: torch.device) -> dict[str, Any]:
    """The program's own run: its seconds, and its accuracy on the test images."""
    torch.manual_seed(0)
    learn, held = program.split(program.mnist("train"), 5_000)
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
    for device, sizes, formats in (
        (accelerator, BATCH_SIZES, list(FORMATS)),
        (torch.device("cpu"), BATCH_SIZES[:1], ["float32"]),
    ):
        times = step_times(program, device, sizes, formats)
        content[device.type] = {"training": training(program, device), "milliseconds": times}
        record("gpu", content)
        print(content[device.type], flush=True)


if __name__ == "__main__":
    main()
