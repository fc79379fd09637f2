"""The source's experiment over five seeds and three initialisations, as its chapter runs it.

python -m benchmarks.source_experiment   writes cnnbook/results/source_experiment.json, about 25 min
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnbook import networks
from cnnbook.machine import machine
from cnnbook.samples import record
from cnnlib.datasets import load_mnist, to_float

STEPS, EARLY, LOG_EVERY, BATCH_SIZE, LR, SEEDS = 500, 100, 10, 128, 1e-3, 5
SHOWN = ("seed", "test_accuracy_early", "test_accuracy", "parts")
PARTS = {
    "first 256": slice(256),
    "first 5,001": slice(5_001),
    "last 4,999": slice(5_001, None),
}


def initialise(net: nn.Module, init: str, seed: int) -> None:
    """Weights and biases from N(0, 1), or those of He et al. with biases 0, or PyTorch's own."""
    generator = torch.Generator().manual_seed(seed)
    for layer in net.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        assert layer.bias is not None
        if init == "normal":
            nn.init.normal_(layer.weight, generator=generator)
            nn.init.normal_(layer.bias, generator=generator)
        elif init == "he":
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)


def batches(count: int, steps: int, seed: int) -> Tensor:
    """(steps, BATCH_SIZE) indices below ``count``: one random order of all images after another."""
    generator = torch.Generator().manual_seed(2**31 + seed)  # other numbers than the weights'
    epochs = math.ceil(steps * BATCH_SIZE / count)
    order = torch.cat([torch.randperm(count, generator=generator) for _ in range(epochs)])
    return order[: steps * BATCH_SIZE].reshape(steps, BATCH_SIZE)


def steps(net: nn.Module, x: Tensor, y: Tensor, count: int, seed: int) -> Iterator[float]:
    """Take ``count`` steps of Adam; gives the loss of each batch before the step."""
    optimizer = torch.optim.Adam(net.parameters(), lr=LR)
    for batch in batches(len(y), count, seed):
        loss = cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def tensors(split: str) -> tuple[Tensor, Tensor]:
    """float32 (N, 1, 28, 28) in 0 … 1, int64 (N,)"""
    images, labels = load_mnist(split)
    return torch.from_numpy(to_float(images)), torch.from_numpy(labels)


@torch.inference_mode()
def right(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """(N, 1, 28, 28), (N,) -> (N,): which images are classified correctly."""
    answers = [net(part).argmax(dim=1) for part in x.split(1000)]
    return torch.cat(answers) == y


def share(which: Tensor) -> float:
    """The share of True, to four digits."""
    return round(which.double().mean().item(), 4)


def run(init: str, seed: int, data: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Any]:
    """One network, trained and judged."""
    torch.manual_seed(seed)  # PyTorch's own initialisation draws from the global generator
    net = networks.source(nn)
    initialise(net, init, seed)
    losses: list[float] = []
    found: dict[str, Any] = {}
    for step, loss in enumerate(steps(net, *data["train"], STEPS, seed), 1):
        if step == 1 or step % LOG_EVERY == 0:
            losses.append(round(loss, 4))
        if step == EARLY:
            found["test_accuracy_early"] = share(right(net, *data["test"]))
    hits = right(net, *data["test"])
    found["test_accuracy"] = share(hits)
    found["parts"] = {name: share(hits[part]) for name, part in PARTS.items()}
    found["wrong_per_hundred"] = (~hits).reshape(-1, 100).sum(dim=1).tolist()
    return {"seed": seed} | found | {"losses": losses}


def main() -> None:
    """Train 15 networks for 500 steps each; the file is written once, at the end."""
    torch.set_num_threads(1)
    data = {split: tensors(split) for split in ("train", "test")}
    runs: dict[str, list[dict[str, Any]]] = {"normal": [], "he": [], "default": []}
    for init, done in runs.items():
        for seed in range(SEEDS):
            done.append(run(init, seed, data))
            print(init, {k: v for k, v in done[-1].items() if k in SHOWN}, flush=True)
    logged = [1, *range(LOG_EVERY, STEPS + 1, LOG_EVERY)]
    settings = {"steps": STEPS, "early": EARLY, "batch_size": BATCH_SIZE, "lr": LR}
    content = {"machine": machine()} | settings | {"logged": logged, "runs": runs}
    record("source_experiment", content)


if __name__ == "__main__":
    main()
