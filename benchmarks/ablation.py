"""What each part of the recipe is worth: one change a row, five seeds, no test image touched.

python -m benchmarks.ablation     writes cnnbook/results/ablation.json

Judged on 10,000 training images drawn at random, which no run learns from. What is done is written
after each row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from cnnbook.machine import machine
from cnnbook.samples import record
from cnnbook.trainer import Config, load_data, train

SEEDS, HELD_OUT = 5, 10_000

BASE = Config(
    network="lenet5-bn",
    init="he",
    steps=2_000,
    lr=5e-3,
    schedule="one-cycle",
    weight_decay=0.02,
    average=0.99,
    augment=0.5,
    val=HELD_OUT,
    log_every=500,
    device="cpu",
    channels_last=True,
)
ROWS: dict[str, dict[str, Any]] = {
    "the recipe": {},
    "without augmentation": {"augment": 0.0},
    "without batch normalisation": {"network": "lenet5"},
    "constant learning rate": {"schedule": "constant", "lr": 1e-3},
    "without averaging": {"average": 0.0},
    "without weight decay": {"weight_decay": 0.0},
    "with label smoothing 0.05": {"label_smoothing": 0.05},
    "with normalised pixels": {"normalise": True},
    "PyTorch's default initialisation": {"init": "default"},
    "without any of these": {
        "network": "lenet5",
        "init": "default",
        "schedule": "constant",
        "lr": 1e-3,
        "average": 0.0,
        "weight_decay": 0.0,
        "augment": 0.0,
    },
}


def main() -> None:
    """Train each row with the same seeds."""
    torch.set_num_threads(1)
    data = load_data(HELD_OUT)
    rows: dict[str, list[float | None]] = {}
    content = {"machine": machine(), "steps": BASE.steps, "held_out": HELD_OUT, "rows": rows}
    for name, change in ROWS.items():
        configs = [replace(BASE, **change, seed=seed) for seed in range(SEEDS)]
        rows[name] = [train(config, data).val_accuracy for config in configs]
        record("ablation", content)
        print(f"{name:36} {rows[name]}", flush=True)


if __name__ == "__main__":
    main()
