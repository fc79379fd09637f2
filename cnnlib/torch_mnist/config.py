"""What a run is asked for and what it gives back, as plain data. No tensor is touched here."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from torch import nn

Init = Literal["normal", "he", "default"]


@dataclass(frozen=True)
class Config:
    """All that decides the course of a run; its defaults are the source's experiment.

    Its values are plain ones, fit for a checkpoint and for JSON, whatever they are given as.
    Raises TypeError or ValueError, naming the field, for a value that makes no sense.
    """

    init: Init = "normal"
    steps: int = 500
    batch_size: int = 128
    lr: float = 1e-3
    seed: int = 0
    val: int = 0
    log_every: int = 10
    device: str = "auto"
    root: str | Path | None = None

    def __post_init__(self) -> None:
        if self.init not in get_args(Init):
            raise ValueError(f"init: expected one of {get_args(Init)}, got {self.init!r}")
        for name in ("steps", "batch_size", "log_every"):
            check_int(name, getattr(self, name), low=1)
        check_int("seed", self.seed, low=0, high=2**31 - 1)
        check_int("val", self.val, low=0)
        if not (math.isfinite(self.lr) and self.lr > 0):
            raise ValueError(f"lr: expected a positive number, got {self.lr}")
        object.__setattr__(self, "lr", float(self.lr))
        object.__setattr__(self, "root", None if self.root is None else str(self.root))


def check_int(name: str, value: object, low: int, high: int | None = None) -> None:
    """Raises TypeError or ValueError if the value isn't an int from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected an int, got {value!r}")
    if value < low or (high is not None and value > high):
        span = f"at least {low}" if high is None else f"{low} to {high}"
        raise ValueError(f"{name}: expected {span}, got {value}")


@dataclass
class History:
    """Loss and accuracy of single batches, each measured before the step that learns from it."""

    steps: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def add(self, step: int, loss: float, accuracy: float) -> None:
        self.steps.append(step)
        self.losses.append(loss)
        self.accuracies.append(accuracy)


@dataclass(frozen=True)
class Result:
    """A finished run: the trained model, its history, and how it was judged.

    With ``val`` images held out, ``val_accuracy`` is set and the test images are left alone
    (``test_accuracy`` is None); without, it is the other way round.
    """

    config: Config
    device: str
    history: History
    seconds: float
    model: nn.Sequential
    val_accuracy: float | None = None
    test_accuracy: float | None = None
