"""The source's experiment over five seeds and three initialisations.

python -m benchmarks.source_experiment   writes cnnbook/results/source_experiment.json, about 10 min
"""

from __future__ import annotations

from typing import Any

from cnnbook.machine import machine
from cnnbook.samples import record
from cnnbook.trainer import Config, load_data, train
from cnnbook.trainer.config import Init


def main() -> None:
    """Train 15 networks for 500 steps each; the file is written once, at the end."""
    data = load_data()
    runs: dict[Init, list[dict[str, Any]]] = {"normal": [], "he": [], "default": []}
    for init, done in runs.items():
        for seed in range(5):
            result = train(Config(init=init, seed=seed, device="cpu"), data)
            done.append(
                {
                    "seed": seed,
                    "test_accuracy": result.test_accuracy,
                    "losses": [round(loss, 4) for loss in result.history.losses],
                }
            )
            print(f"{init:8} seed {seed}: {result.test_accuracy:.2%}")
    settings = {"steps": Config.steps, "batch_size": Config.batch_size, "lr": Config.lr}
    record("source_experiment", {"machine": machine()} | settings | {"runs": runs})


if __name__ == "__main__":
    main()
