"""LeNet with and without augmentation, all else equal: on noisy digits, and how sure it is.

python -m benchmarks.augmentation_and_noise     writes cnnbook/results/augmentation_and_noise.json

Two pairs of networks a seed; in a pair, augmentation alone differs. And a network that is trained
on few images until it is over-confident. Each gets a temperature on the images held out, and is
then judged on the test images.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnbook import samples
from cnnbook.machine import machine
from cnnbook.trainer import Config, Data, Split, load_data, pixels, train
from cnnbook.trainer.config import Init
from cnnlib import functional as F
from cnnlib.checks import Array

SEEDS, STEPS, HELD_OUT, NOISE, BINS = 3, 500, 5_000, 0.5, 10
FEW, FEW_STEPS = 2_000, 500  # images and steps of the over-confident network
AUGMENT = (0.0, 0.5)
SETTINGS: tuple[tuple[float, Init], ...] = ((0.05, "default"), (0.0, "he"))


def config(seed: int, augment: float, smoothing: float, init: Init) -> Config:
    """What the pairs share; in a pair, ``augment`` alone differs."""
    return Config(
        network="lenet5",
        init=init,
        steps=STEPS,
        lr=4e-3,
        schedule="one-cycle",
        label_smoothing=smoothing,
        augment=augment,
        seed=seed,
        val=HELD_OUT,
        log_every=STEPS,
        device="cpu",
    )


def split_data() -> Data:
    """All training images but a random 5,000, those, and the test images."""
    everything = load_data()
    rest, held = (torch.from_numpy(a) for a in samples.hold_out(60_000, HELD_OUT))
    train, test = everything.train, everything.test
    return Data(train.take(rest), train.take(held), test)


def noisy(x: Tensor) -> Tensor:
    """With the noise of the chapter."""
    noise = np.random.default_rng(0).normal(0, NOISE, tuple(x.shape))
    return torch.from_numpy(np.clip(x.numpy() + noise, 0, 1).astype(np.float32))


@torch.inference_mode()
def outputs(model: nn.Module, x: Tensor) -> Array:
    """(N, 1, 28, 28) -> (N, K), in float64, a batch at a time."""
    pieces = [model(piece) for piece in torch.split(x, 1000)]
    return torch.cat(pieces).numpy().astype(np.float64)


def temperature(z: Array, labels: Array) -> float:
    """The one with the smallest cross-entropy, as in the chapter."""
    grid = np.arange(0.30, 3.01, 0.02)
    return float(grid[np.argmin([F.cross_entropy(z / t, labels) for t in grid])])


def reliability(z: Array, labels: Array) -> list[list[float]]:
    """For each bin with answers: their number, how sure and how often right."""
    p = F.softmax(z)
    sure, right = p.max(1), p.argmax(1) == labels
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    groups = [places == place for place in np.unique(places)]
    return [[int(g.sum()), float(sure[g].mean()), float(right[g].mean())] for g in groups]


def calibration_error(rows: list[list[float]]) -> float:
    """ECE."""
    n, sure, right = np.array(rows).T
    return float(np.sum(n * abs(sure - right)) / n.sum())


def spread(h: Array, labels: Array) -> dict[str, Any]:
    """How much of the variance before the last layer is that of the ten class averages."""
    centred = h - h.mean(0)
    variance = np.linalg.svd(centred, compute_uv=False) ** 2
    means = np.stack([centred[labels == k].mean(0) for k in range(10)])
    shares = np.cumsum(variance) / np.sum(variance)
    return {
        "class_averages": round(float(np.mean(means[labels] ** 2) / np.mean(centred**2)), 4),
        "first_nine": round(float(shares[8]), 4),
        "directions_for_95": int(np.searchsorted(shares, 0.95)) + 1,
    }


def judge(model: nn.Sequential, data: Data) -> dict[str, Any]:
    """On the test images, before and after the temperature of the images held out."""
    model.eval()
    x, labels = pixels(data.test.images), data.test.labels.numpy()
    t = temperature(outputs(model, pixels(data.val.images)), data.val.labels.numpy())
    z = outputs(model, x)
    before, after = reliability(z, labels), reliability(z / t, labels)
    return {
        "temperature": round(t, 2),
        "test_accuracy": float(np.mean(z.argmax(1) == labels)),
        "ece_before": round(calibration_error(before), 5),
        "ece_after": round(calibration_error(after), 5),
        "reliability": {"before": before, "after": after},
    } | spread(outputs(model[:-1], x), labels)


def judge_noise(model: nn.Sequential, data: Data) -> dict[str, float]:
    """On noisy test images, at the temperature of the images held out."""
    t = temperature(outputs(model, pixels(data.val.images)), data.val.labels.numpy())
    p = F.softmax(outputs(model, noisy(pixels(data.test.images))) / t)
    right = p.argmax(1) == data.test.labels.numpy()
    return {
        "noise_right": round(float(right.mean()), 4),
        "noise_sure": round(float(p.max(1).mean()), 4),
    }


def over_confident(seed: int, data: Data) -> dict[str, Any]:
    """He initialisation, no smoothing, and each of few images again and again."""
    few = data._replace(train=Split(data.train.images[:FEW], data.train.labels[:FEW]))
    given = replace(config(seed, 0.0, 0.0, "he"), steps=FEW_STEPS)
    found = judge(train(given, few).model, data)
    if seed:
        del found["reliability"]
    return {"seed": seed} | found


def pair(seed: int, smoothing: float, init: Init, data: Data) -> Iterator[dict[str, Any]]:
    """Without and with augmentation."""
    for augment in AUGMENT:
        model = train(config(seed, augment, smoothing, init), data).model
        found = judge(model, data) | judge_noise(model, data)
        del found["reliability"]
        settings = {"seed": seed, "augment": augment, "smoothing": smoothing, "init": init}
        yield settings | found


def main() -> None:
    """Seed after seed; the file is written once, at the end."""
    torch.set_num_threads(1)
    data = split_data()
    few: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    for seed in range(SEEDS):
        few.append(over_confident(seed, data))
        print(few[-1], flush=True)
        for smoothing, init in SETTINGS:
            runs += pair(seed, smoothing, init, data)
            print(*runs[-2:], sep="\n", flush=True)
    settings = {"steps": STEPS, "held_out": HELD_OUT, "few": FEW, "few_steps": FEW_STEPS}
    content = {"machine": machine()} | settings | {"over_confident": few, "runs": runs}
    samples.record("augmentation_and_noise", content)


if __name__ == "__main__":
    main()
