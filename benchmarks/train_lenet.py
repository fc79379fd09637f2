"""Train the LeNet that the book ships, with cnnlib alone, and four more from other seeds.

python -m benchmarks.train_lenet     writes cnnbook/weights/lenet.npz and cnnbook/results/lenet.json
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnbook import samples
from cnnbook.machine import machine
from cnnlib import nn, optim
from cnnlib.datasets import load_mnist, to_float
from cnnlib.training import accuracy, fit

HELD_OUT, EPOCHS, BATCH_SIZE, MAX_LR, SEEDS = 5_000, 12, 128, 6e-3, 5


def train(seed: int) -> nn.Sequential:
    """On all training images but those held out."""
    images, labels = load_mnist("train")
    learned, _ = samples.hold_out(len(images), HELD_OUT)
    rng = np.random.default_rng(seed)
    model = samples.lenet(rng=rng)
    steps = EPOCHS * -(-len(learned) // BATCH_SIZE)
    adam = optim.Adam(model.parameters())
    fit(
        model,
        adam,
        to_float(images[learned]),
        labels[learned],
        steps,
        batch_size=BATCH_SIZE,
        rng=rng,
        schedule=optim.OneCycleLR(adam, MAX_LR, steps),
        criterion=nn.CrossEntropyLoss(label_smoothing=0.05),
    )
    return model


def judge(model: nn.Sequential) -> dict[str, float]:
    """On the images held out, and on the test images."""
    images, labels = load_mnist("train")
    _, held = samples.hold_out(len(images), HELD_OUT)
    judges = {"validation": (images[held], labels[held]), "test": load_mnist("test")}
    return {
        f"{name}_accuracy": accuracy(model, to_float(images), labels)
        for name, (images, labels) in judges.items()
    }


def main() -> None:
    """Train, round the weights to float16, and judge what is rounded; the first is shipped."""
    runs = []
    for seed in range(SEEDS):
        model = train(seed)
        weights: dict[str, Any] = {
            name: array.astype(np.float16) for name, array in model.state_dict().items()
        }
        model.load_state_dict(weights)
        runs.append({"seed": seed} | judge(model))
        print(runs[-1], flush=True)
        if seed == 0:
            np.savez_compressed(samples.LENET, **weights)
    recorded = {"machine": machine(), "epochs": EPOCHS, "max_lr": MAX_LR} | runs[0] | {"runs": runs}
    samples.record("lenet", recorded)


if __name__ == "__main__":
    main()
