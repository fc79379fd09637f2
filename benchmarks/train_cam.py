"""Train the small network that the book ships for its class activation maps, with cnnlib alone.

python -m benchmarks.train_cam     writes cnnbook/weights/cam.npz and cnnbook/results/cam.json
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.train_lenet import BATCH_SIZE, HELD_OUT, judge
from cnnbook import networks, samples
from cnnbook.machine import machine
from cnnlib import nn, optim
from cnnlib.datasets import load_mnist, to_float
from cnnlib.training import fit

STEPS, MAX_LR, SEED = 700, 2e-2, 0


def main() -> None:
    """One seed, on all training images but those held out; judged as it is shipped, in float16."""
    images, labels = load_mnist("train")
    learned, _ = samples.hold_out(len(images), HELD_OUT)
    rng = np.random.default_rng(SEED)
    model = networks.cam(nn, rng=rng)
    adam = optim.Adam(model.parameters())
    schedule = optim.OneCycleLR(adam, MAX_LR, STEPS)
    x, target = to_float(images[learned]), labels[learned]
    fit(model, adam, x, target, STEPS, batch_size=BATCH_SIZE, rng=rng, schedule=schedule)
    weights: dict[str, Any] = {
        name: array.astype(np.float16) if array.dtype.kind == "f" else array
        for name, array in model.state_dict().items()
    }
    model.load_state_dict(weights)
    found = judge(model)
    print(found)
    np.savez_compressed(samples.CAM, **weights)
    samples.record("cam", {"machine": machine(), "steps": STEPS, "seed": SEED} | found)


if __name__ == "__main__":
    main()
