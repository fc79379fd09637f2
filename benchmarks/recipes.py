"""The recipes of "Further than the source", each over five seeds, judged once on the test images.

python -m benchmarks.recipes               all of them; hours on a small machine
python -m benchmarks.recipes lenet5 tiny   some; each writes cnnbook/results/recipes/NAME.json

The first LeNet-5 is shipped: cnnbook/weights/lenet_augmented.npz, rounded to float16.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from torch import nn

from cnnbook import samples
from cnnbook.machine import machine
from cnnbook.trainer import RECIPES, Config, Data, count_parameters, evaluate, load_data, train

SHIPPED = "lenet5"


def run(config: Config, data: Data) -> tuple[nn.Sequential, dict[str, Any]]:
    """Train on all 60,000 images; the seconds hold everything, evaluation included."""
    began, cpu = perf_counter(), process_time()
    result = train(config, data)
    found = {
        "seed": config.seed,
        "test_accuracy": result.test_accuracy,
        "seconds": round(perf_counter() - began, 1),
        "cpu_seconds": round(process_time() - cpu, 1),
    }
    return result.model, found


def ship(model: nn.Sequential, data: Data) -> dict[str, Any]:
    """Round the weights to float16, judge the rounded network, and write it."""
    weights = {
        name: tensor.numpy().astype(np.float16) for name, tensor in model.state_dict().items()
    }
    rounded = {name: torch.tensor(array).float() for name, array in weights.items()}
    model.load_state_dict(rounded)
    np.savez_compressed(samples.AUGMENTED, **weights)
    return {"test_accuracy": evaluate(model, *data.test)}


def measure(name: str, seeds: int, data: Data) -> None:
    """Write after every seed, so that a run that is cut short leaves what it found."""
    config = replace(RECIPES[name], device="cpu")
    plain = {k: v for k, v in asdict(config).items() if k not in ("seed", "root", "device")}
    content: dict[str, Any] = {"machine": machine(), "config": plain, "runs": []}
    for seed in range(seeds):
        model, found = run(replace(config, seed=seed), data)
        content["parameters"] = count_parameters(model)
        content["runs"].append(found)
        if (name, seed) == (SHIPPED, 0):
            content["shipped"] = ship(model, data)
        samples.record(f"recipes/{name}", content)
        print(f"{name:12} {found}", flush=True)


def main() -> None:
    """One thread: seconds of work, whatever else the machine does."""
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s [NAME …] [--seeds N]")
    parser.add_argument("names", nargs="*", choices=[[], *RECIPES], help="recipes (all)")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each (5)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = load_data()
    for name in args.names or RECIPES:
        measure(name, args.seeds, data)


if __name__ == "__main__":
    main()
