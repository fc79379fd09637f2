"""What a training step costs on a CPU: recipes with and without shortcuts, and each shortcut.

python -m benchmarks.speed     writes cnnbook/results/speed.json

One thread, batches of 128. The seconds of the processor are counted, not those of the clock, so
that other programs on the machine disturb little, and all ways are measured in turns.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.timing import interleaved
from cnnbook.machine import machine
from cnnbook.samples import record
from cnnbook.trainer import RECIPES, BatchOrder, Config, Data, Split, load_data, pixels
from cnnbook.trainer.config import Network
from cnnbook.trainer.learner import Learner
from cnnbook.trainer.run import Run

os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp()  # compile afresh in every run
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # in this process, whose seconds are counted
CPU = torch.device("cpu")
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "channels last": {"channels_last": True},
    "bfloat16": {"bfloat16": True},
    "channels last, bfloat16": {"channels_last": True, "bfloat16": True},
    "compiled": {"compile": True},
    "all three": {"channels_last": True, "bfloat16": True, "compile": True},
}


class OneByOne(Dataset[tuple[Tensor, Tensor]]):
    """Images handed out one by one, as a DataLoader wants them."""

    def __init__(self, split: Split) -> None:
        self.split = split

    def __len__(self) -> int:
        return len(self.split.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return pixels(self.split.images[i]), self.split.labels[i]


def recipes(data: Data) -> dict[str, dict[str, float]]:
    """Milliseconds of a whole step of each recipe, as it is run and in plain float32.

    A step takes a batch, distorts it, learns from it, and moves schedule and average on.
    """
    runs = {}
    for name, config in RECIPES.items():
        plain = replace(config, channels_last=False, bfloat16=False)
        for way, chosen in {"as run": config, "plain": plain}.items():
            runs[name, way] = Run(chosen, data, CPU)
    ways = {f"{name}/{way}": run.advance for (name, way), run in runs.items()}
    seconds = interleaved(ways, repeats=40, clock=time.process_time)
    return {
        name: {way: round(seconds[f"{name}/{way}"] * 1e3, 2) for way in ("as run", "plain")}
        for name in RECIPES
    }


def steps(network: Network, x: Tensor, labels: Tensor) -> dict[str, Any]:
    """Milliseconds of a training step each way, and what compiling takes before the first."""
    learners, first = {}, {}
    for name, options in WAYS.items():
        learners[name] = Learner(Config(network=network, init="he", **options), CPU)
        began = sum(os.times()[:4])  # of this process and of the compilers that it started
        learners[name].learn(x, labels)
        first[name] = sum(os.times()[:4]) - began
    ways = {name: lambda one=one: one.learn(x, labels) for name, one in learners.items()}
    seconds = interleaved(ways, repeats=25, clock=time.process_time)
    return {
        "milliseconds": round(seconds["plain"] * 1e3, 2),
        "ratios": {name: round(s / seconds["plain"], 2) for name, s in seconds.items()},
        "compile_seconds": round(first["compiled"], 1),
    }


def reading(split: Split) -> dict[str, Any]:
    """Milliseconds to get a batch: from a tensor by its indices, and from a DataLoader."""
    order = BatchOrder(len(split.labels), 128, seed=0)
    loader = iter(DataLoader(OneByOne(split), batch_size=128, shuffle=True))
    ways = {
        "resident tensor": lambda: pixels(split.take(next(order)).images),
        "DataLoader": lambda: next(loader),
    }
    seconds = interleaved(ways, repeats=50, clock=time.process_time)
    return {name: round(s * 1e3, 3) for name, s in seconds.items()}


def main() -> None:
    """The two networks tried all ways are the modern LeNet-5 and the largest of the recipes."""
    torch.set_num_threads(1)
    data = load_data()
    x, labels = pixels(data.train.images[:128]), data.train.labels[:128]
    content = {
        "machine": machine(),
        "bfloat16_instructions": torch.cpu._is_avx512_bf16_supported(),
        "milliseconds_of_a_step": recipes(data),
        "steps": {"lenet5": steps("lenet5", x, labels), "best": steps("best", x, labels)},
        "milliseconds_of_a_batch": reading(data.train),
    }
    record("speed", content)
    print(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
