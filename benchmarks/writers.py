"""What the order of MNIST's files does to held-out images: the last 5,000, or random ones.

python -m benchmarks.writers     writes cnnbook/results/writers.json, about 5 min
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.source_experiment import BATCH_SIZE, LR, right, steps, tensors
from cnnbook import networks
from cnnbook.machine import machine
from cnnbook.samples import hold_out, record

HELD_OUT, STEPS, SEEDS = 5_000, 1_000, 5
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10)),
    "LeNet": lambda: networks.lenet(nn),
}


def splits(count: int) -> dict[str, tuple[Tensor, Tensor]]:
    """{name: (what is learned from, what is held out)}, as indices."""
    rest, held = map(torch.from_numpy, hold_out(count, HELD_OUT))
    every = torch.arange(count)
    return {"last": (every[:-HELD_OUT], every[-HELD_OUT:]), "random": (rest, held)}


def main() -> None:
    """Both networks with both hold-outs, five seeds each; the shares of wrong answers."""
    torch.set_num_threads(1)
    x, y = tensors("train")
    test = tensors("test")
    runs: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name, network in NETWORKS.items():
        runs[name] = {}
        for split, (rest, held) in splits(len(y)).items():
            done = runs[name][split] = []
            for seed in range(SEEDS):
                torch.manual_seed(seed)
                net = network()
                for _ in steps(net, x[rest], y[rest], STEPS, seed):
                    pass
                wrong = {"held_out": (x[held], y[held]), "test": test}
                shares = {
                    part: 1 - right(net, *xy).double().mean().item() for part, xy in wrong.items()
                }
                done.append({"seed": seed} | {part: round(p, 4) for part, p in shares.items()})
                print(name, split, done[-1], flush=True)
    settings = {"steps": STEPS, "batch_size": BATCH_SIZE, "lr": LR, "held_out": HELD_OUT}
    record("writers", {"machine": machine()} | settings | {"runs": runs})


if __name__ == "__main__":
    main()
