"""What a run is asked for and what it gives back, as plain data. No tensor is touched here."""

import math
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from torch import nn

Network = Literal[
    "source", "lenet5", "lenet5-bn", "lenet5-1998", "official", "quick", "small", "tiny", "best"
]
Init = Literal["normal", "he", "default"]
Schedule = Literal["constant", "one-cycle"]
CHOICES: dict[str, Any] = {"network": Network, "init": Init, "schedule": Schedule}


@dataclass(frozen=True)
class Config:
    """All that decides the course of a run; its defaults are the source's experiment.

    Its values are plain ones, fit for a checkpoint and for JSON, whatever they are given as.
    Raises TypeError or ValueError, naming the field, for a value that makes no sense.

    Parameters
    ----------
    network, init
        The name of a network, and how its weights begin.
    steps, batch_size, lr, schedule
        Steps of Adam; with ``one-cycle`` the learning rate rises to ``lr`` and falls to 0.
    weight_decay
        The share of lr by which every step shrinks the weights (AdamW).
    label_smoothing
        The share of the target that is spread evenly over the ten classes.
    average
        The decay of a moving average of the weights, which is then what is judged; 0: none.
    normalise, augment
        Pixels of mean 0 and deviation 1; the strength of ``augment.Distortions``, 0 for none.
    seed, val, log_every, root
        Of all random numbers; images held out; steps between points of a curve; other files.
    device, channels_last, bfloat16, compile
        Where and how it is computed: the last three are for speed.
    """

    network: Network = "source"
    init: Init = "normal"
    steps: int = 500
    batch_size: int = 128
    lr: float = 1e-3
    schedule: Schedule = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    average: float = 0.0
    normalise: bool = False
    augment: float = 0.0
    seed: int = 0
    val: int = 0
    log_every: int = 10
    device: str = "auto"
    channels_last: bool = False
    bfloat16: bool = False
    compile: bool = False
    root: str | Path | None = None

    def __post_init__(self) -> None:
        for name in CHOICES:
            check_choice(name, getattr(self, name))
        for name in ("steps", "batch_size", "log_every"):
            check_int(name, getattr(self, name), low=1)
        check_int("seed", self.seed, low=0, high=2**31 - 1)
        check_int("val", self.val, low=0)
        for name in ("lr", "weight_decay", "label_smoothing", "average", "augment"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{name}: expected a number, got {value!r}")
            object.__setattr__(self, name, float(value))
        for name in ("normalise", "channels_last", "bfloat16", "compile"):
            value = getattr(self, name)
            if not isinstance(value, bool | np.bool_):
                raise TypeError(f"{name}: expected True or False, got {value!r}")
            object.__setattr__(self, name, bool(value))
        if not isinstance(self.device, str):
            raise TypeError(f"device: expected a name such as 'cuda:1', got {self.device!r}")
        if not (math.isfinite(self.lr) and self.lr > 0):
            raise ValueError(f"lr: expected a positive number, got {self.lr}")
        for name in ("weight_decay", "label_smoothing", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name}: expected 0 <= {name} < 1, got {getattr(self, name)}")
        if not 0 <= self.augment <= 2:
            raise ValueError(f"augment: expected 0 to 2, got {self.augment}")
        object.__setattr__(self, "root", None if self.root is None else str(self.root))


def check_choice(name: str, value: object) -> None:
    """Raises ValueError if the value isn't one of ``CHOICES[name]``."""
    if value not in get_args(CHOICES[name]):
        raise ValueError(f"{name}: expected one of {get_args(CHOICES[name])}, got {value!r}")


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
        """One more point of the curves."""
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
