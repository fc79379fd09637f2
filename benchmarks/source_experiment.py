"""The source's experiment over five seeds and three initialisations.

python -m benchmarks.source_experiment   writes cnnbook/results/source_experiment.json, about 10 min
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.timing import machine
from cnnbook.samples import RESULTS
from cnnbook.trainer import Config, load_data, train

TARGET = RESULTS / "source_experiment.json"


def main() -> None:
    """Train 15 networks for 500 steps each; the file is written once, at the end."""
    data = load_data()
    runs: dict[str, list[dict[str, Any]]] = {"normal": [], "he": [], "default": []}
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
    recorded = {"machine": machine(), "steps": 500, "batch_size": 128, "lr": 1e-3, "runs": runs}
    TARGET.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
