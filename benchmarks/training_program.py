"""Record the curves of chapter 13's program, and of the same network on 1,000 images.

python -m benchmarks.training_program     writes cnnbook/results/training_program.json
"""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch.utils.data import Subset

from cnnbook.machine import machine
from cnnbook.samples import record

PROGRAM = Path(__file__).parent.parent / "chapters" / "train_mnist.py"
SEEDS, EPOCHS = 3, 8
FEW, FEW_EPOCHS = 1_000, 100
HALF = 5_001  # the test images before this one are by other writers than the rest


def run(program: Any, seed: int, few: bool) -> dict[str, Any]:
    """A training on all but the held-out images, or on few and without dropout."""
    torch.manual_seed(seed)
    device = torch.device("cpu")
    learn, held = program.split(program.mnist("train"), 5_000)
    model = program.Net().apply(program.he)
    if few:
        learn = Subset(learn, range(FEW))
        model.classifier[3].p = 0.0
    loaders = program.batches(learn, shuffle=True), program.batches(held)
    epochs = FEW_EPOCHS if few else EPOCHS
    with tempfile.TemporaryDirectory() as folder:
        history = program.fit(model, *loaders, device, folder, epochs)
    found = {"seed": seed, "history": history}
    if not few:
        test = program.mnist("test")
        for name, indices in {
            "test": range(10_000),
            "first half": range(HALF),
            "second half": range(HALF, 10_000),
        }.items():
            part = program.batches(Subset(test, indices))
            found[name] = program.evaluate(model, part, device)[1]
    return found


def main() -> None:
    """Train on one thread of the CPU; what is found is written after each run."""
    torch.set_num_threads(1)
    program = SimpleNamespace(**runpy.run_path(str(PROGRAM)))
    content: dict[str, Any] = {"machine": machine(), "few images": FEW, "all": [], "few": []}
    for seed in range(SEEDS):
        for name in ("few", "all"):
            content[name].append(run(program, seed, few=name == "few"))
            record("training_program", content)
            print(name, seed, content[name][-1]["history"][-1], flush=True)


if __name__ == "__main__":
    main()
