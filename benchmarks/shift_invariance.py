"""How many digits are still read when they are moved: seven networks, shifts of 0 to 8 pixels.

    python -m benchmarks.shift_invariance        writes cnnbook/results/shift_invariance.json

Every digit lies in the middle of 44 × 44 pixels, so that no ink leaves the picture. The networks
have about 100,000 parameters, those with global pooling 65,162, and all see the same batches. It
takes about half an hour on one core. Nothing is chosen by the test images: they are read here once,
for the curves.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import mean, stdev

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from cnnbook.machine import machine
from cnnbook.samples import record
from cnnlib.datasets import load_mnist, to_float

LARGEST = 8  # pixels of shift measured, and of empty paper put round the digits
TRAINED = 4  # pixels of shift in training, where there are any
SEEDS = (0, 1, 2)
STEPS, BATCH, LR = 1000, 128, 1e-3
DIRECTIONS = {"down": (1, 0), "up": (-1, 0), "right": (0, 1), "left": (0, -1)}


def fully_connected() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(44 * 44, 51), nn.ReLU(), nn.Linear(51, 10))


def convolution() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 5),
        nn.ReLU(),
        nn.Conv2d(8, 8, 5),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 36 * 36, 10),
    )


def stride_two() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 5, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, 94),
        nn.ReLU(),
        nn.Linear(94, 10),
    )


def max_pooling() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, 94),
        nn.ReLU(),
        nn.Linear(94, 10),
    )


def global_pooling(padding: int) -> nn.Sequential:
    """Without padding the last maps are 4 × 4, with padding 2 they are 11 × 11."""
    layers: list[nn.Module] = []
    for before, after in [(1, 16), (16, 32), (32, 64)]:
        layers += [nn.Conv2d(before, after, 5, padding=padding), nn.ReLU(), nn.MaxPool2d(2)]
    layers[-1] = nn.AdaptiveMaxPool2d(1)  # the maximum of each whole map
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 10))


NETWORKS: dict[str, tuple[Callable[[], nn.Sequential], int]] = {
    "fully connected": (fully_connected, 0),
    "convolution": (convolution, 0),
    "convolution, stride 2": (stride_two, 0),
    "max pooling": (max_pooling, 0),
    "max pooling, shifted digits": (max_pooling, TRAINED),
    "global pooling": (lambda: global_pooling(0), 0),
    "global pooling, padding 2": (lambda: global_pooling(2), 0),
}


def load(split: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 44, 44) and labels (N,)."""
    images, labels = load_mnist(split)
    return pad(torch.from_numpy(to_float(images)), [LARGEST] * 4), torch.from_numpy(labels)


def shifted(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """(N, 1, 44, 44): each image moved by up to ``most`` pixels along both axes."""
    n, _, height, width = images.shape
    down, right = torch.randint(-most, most + 1, (2, n, 1, 1), generator=generator)
    rows = (torch.arange(height)[:, None] - down) % height
    columns = (torch.arange(width) - right) % width
    return images[torch.arange(n)[:, None, None], 0, rows, columns][:, None]


def train(make: Callable[[], nn.Sequential], most: int, seed: int) -> nn.Sequential:
    """The network after STEPS batches, the same ones for every network of a seed."""
    torch.manual_seed(seed)
    model = make().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images, labels = load("train")
    batches, shifts = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    for _ in range(STEPS):
        chosen = torch.randint(len(images), (BATCH,), generator=batches)
        x = shifted(images[chosen], most, shifts) if most else images[chosen]
        optimizer.zero_grad()
        cross_entropy(model(x), labels[chosen]).backward()
        optimizer.step()
    return model


@torch.inference_mode()
def accuracy(model: nn.Sequential, images: Tensor, labels: Tensor) -> float:
    """In percent."""
    predicted = torch.cat([model(x).argmax(1) for x in torch.split(images, 200)])
    return 100 * float((predicted == labels).float().mean())


def curve(model: nn.Sequential) -> list[float]:
    """Accuracy on the test images at shifts of 0 … LARGEST, the mean of the directions."""
    images, labels = load("test")
    percents = [accuracy(model, images, labels)]
    for distance in range(1, LARGEST + 1):
        # Nothing wraps round: the outer LARGEST pixels are empty.
        moved = (images.roll((distance * d, distance * r), (2, 3)) for d, r in DIRECTIONS.values())
        percents.append(mean(accuracy(model, x, labels) for x in moved))
    return [round(percent, 3) for percent in percents]


def main() -> None:
    torch.set_num_threads(1)
    networks = {}
    for name, (make, most) in NETWORKS.items():
        curves = [curve(train(make, most, seed)) for seed in SEEDS]
        networks[name] = {
            "parameters": sum(p.numel() for p in make().parameters()),
            "layers": [str(layer) for layer in make()],
            "shift_in_training": most,
            "accuracy": curves,
        }
        seeds = zip(*curves, strict=True)
        print(f"{name:28}", *(f"{mean(a):5.1f} ± {stdev(a):.1f}" for a in seeds), flush=True)
    result = {
        "workload": "MNIST, each digit in the middle of 44 × 44 pixels, moved by 0 to 8 pixels",
        "machine": machine() | {"cores": os.cpu_count()},
        "seeds": SEEDS,
        "training": {
            "images": 60_000,
            "steps": STEPS,
            "batch_size": BATCH,
            "optimizer": f"Adam, lr {LR}",
        },
        "test_images": 10_000,
        "directions": list(DIRECTIONS),
        "shifts": list(range(LARGEST + 1)),
        "networks": networks,
    }
    record("shift_invariance", result)


if __name__ == "__main__":
    main()
