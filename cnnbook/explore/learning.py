"""The learning explorer: a small network learns to read digits, step by step, in the page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnnbook import networks, samples
from cnnbook.explore.digit import walk
from cnnbook.explore.figure import Figure, half, letters, packed
from cnnlib import nn
from cnnlib.checks import Array
from cnnlib.datasets import load_mnist
from cnnlib.functional import cross_entropy

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
LEARNT, HELD = 640, 192
BATCH, STEPS = 32, 500
SHADES = 15
INITS = {"normal": "N(0, 1)", "he": "He"}


class LearningExplorer(Figure):
    """Watch `networks.pocket` learn: its kernels, its loss, and how many other digits it reads.

    The run starts from ``init``, "normal", N(0, 1) for weights and biases, or "he", and Adam takes
    500 steps with the learning rate ``lr`` on batches of 32. There are 640 training images of MNIST
    to learn from and 192 others to be read, 14 × 14 pixels of 16 shades, always in the same order.

    Raises ValueError for another ``init``, or an ``lr`` that the figure does not offer.
    """

    name = "learning"
    builds_on = ("network", "gradients")

    def __init__(self, init: str = "normal", lr: float = 0.001) -> None:
        if init not in INITS:
            raise ValueError(f"LearningExplorer expected init 'normal' or 'he', got {init!r}")
        if lr not in RATES:
            offered = ", ".join(map(str, RATES))
            raise ValueError(f"LearningExplorer expected lr to be one of {offered}, got {lr!r}")
        self.init, self.lr = init, lr
        learnt, held = samples.hold_out(60_000, 5_000)
        self.learnt, self.held = _examples(learnt[:LEARNT]), _examples(held[:HELD])

    def data(self) -> dict[str, Any]:
        layers = walk(self.model("normal"), rows=14)
        weights = (a for layer in layers for a in layer.weights)
        return {
            "start": {"init": self.init, "rate": self.lr},
            "rates": RATES,
            "batch": BATCH,
            "steps": STEPS,
            "learnt": _written(*self.learnt),
            "held": _written(*self.held),
            "input": [1, 14],
            "layers": [layer.plan for layer in layers],
            "weights": packed("LearningExplorer", *weights),
        }

    def model(self, init: str) -> nn.Sequential:
        """The network before its first step; He initialisation has the same weights, scaled."""
        model, rng = networks.pocket(nn), np.random.default_rng(0)
        for p in model.parameters():
            p.data[:] = half("LearningExplorer", rng.normal(size=p.data.shape))
            if init == "he":
                p.data *= math.sqrt(2 / p.data[0].size) if p.data.ndim > 1 else 0
        return model

    def picture(self) -> str:
        """The loss of the first batch from either start."""
        x, labels = (a[:BATCH] for a in self.learnt)
        rows = (
            f"<tr><td>{name}<td>{cross_entropy(self.model(init)(x), labels):.3g}"
            for init, name in INITS.items()
        )
        return (
            f"<table><tr><th>initialisation<th>first loss{''.join(rows)}"
            f"<tr><td>guessing<td>{math.log(10):.3g}</table>"
        )

    def __repr__(self) -> str:
        return f"LearningExplorer({INITS[self.init]}, lr {self.lr})"


def _examples(numbers: Array) -> tuple[Array, Array]:
    """Training images, each pixel the mean of 2 × 2, in 0 … 1 with 16 shades; their labels."""
    images, labels = load_mnist("train")
    means = images[numbers].reshape(-1, 1, 14, 2, 14, 2).mean((3, 5))
    shades = np.round(means * SHADES / 255).astype(np.float32)
    return shades / np.float32(SHADES), labels[numbers]


def _written(x: Array, labels: Array) -> dict[str, str]:
    """Two shades in a byte; as `examples` in learning.js reads them."""
    first, second = np.round(x * SHADES).astype(np.uint8).reshape(-1, 2).T
    return {
        "pictures": letters((16 * first + second).tobytes()),
        "labels": "".join(map(str, labels)),
    }
