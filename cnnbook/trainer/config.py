"""One table of options: what a run can be asked for. Recipes are rows of it; no torch in here.

The command line, its help and the checks are made from this table.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

import numpy as np

Network = Literal[
    "source", "lenet5", "lenet5-bn", "lenet5-1998", "official", "quick", "small", "tiny", "best"
]
Init = Literal["normal", "he", "default"]
Schedule = Literal["constant", "one-cycle"]
Folder = str | Path | None
SAVE_EVERY = 100  # steps between two checkpoints

T = TypeVar("T")


def option(
    default: T, help: str, *, group: str = "experiment", flag: str | None = None, **bounds: float
) -> T:
    """A field that is an option of the command line; ``bounds`` are names of COMPARISONS."""
    about = {"help": help, "group": group, "flag": flag, "bounds": bounds}
    return field(default=default, metadata=about)


@dataclass(frozen=True)
class Config:
    """All that decides the course of a run; its defaults are the source's experiment.

    Its values are plain ones, fit for a checkpoint and for JSON, whatever they are given as.
    Raises TypeError or ValueError, naming the field, for a value that makes no sense.
    """

    network: Network = option("source", "which network")
    init: Init = option("normal", "how the weights begin")
    steps: int = option(500, "number of steps", at_least=1)
    batch_size: int = option(128, "images a step", at_least=1)
    lr: float = option(1e-3, "Adam's learning rate", above=0, below=math.inf)
    schedule: Schedule = option("constant", "of the learning rate; one-cycle: up to it, then to 0")
    weight_decay: float = option(
        0.0, "share of lr by which a step shrinks the weights", at_least=0, below=1
    )
    label_smoothing: float = option(
        0.0, "share of the target spread over all classes", at_least=0, below=1
    )
    average: float = option(
        0.0, "decay of an average of the weights, which is judged; 0 for none", at_least=0, below=1
    )
    normalise: bool = option(False, "subtract MNIST's mean, divide by its standard deviation")
    augment: float = option(
        0.0, "strength of distortions, 0 for none, 1 is strong", at_least=0, at_most=2
    )
    seed: int = option(0, "of all random numbers", at_least=0, below=2**31)
    val: int = option(0, "hold out N random training images; spare the test images", at_least=0)
    log_every: int = option(10, "steps between two points of a curve", at_least=1)
    device: str = option(
        "auto", "cuda, mps, xpu, cpu, cuda:1, ...; auto takes the best there is", group="machine"
    )
    channels_last: bool = option(False, "channels innermost in memory", group="machine")
    bfloat16: bool = option(False, "products in bfloat16", group="machine")
    compile: bool = option(False, "compile the network; needs a C++ compiler", group="machine")
    root: Folder = option(None, "your own files of MNIST's format", group="files", flag="--data")

    def __post_init__(self) -> None:
        for f in fields(self):
            value = checked(f.name, getattr(self, f.name), f.type, **f.metadata["bounds"])
            object.__setattr__(self, f.name, value)


class Kind(NamedTuple):
    """What is accepted for a type, in words too, and what it is turned into."""

    accepted: type | tuple[type, ...]
    words: str
    plain: Callable[[Any], object]


KINDS: dict[Any, Kind] = {
    bool: Kind((bool, np.bool_), "True or False", bool),
    int: Kind(int, "an int", int),
    float: Kind(Real, "a number", float),
    str: Kind(str, "a string", str),
    Folder: Kind((str, Path, type(None)), "a folder", lambda path: path and str(path)),
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
}


def checked(name: str, value: Any, kind: Any, **bounds: float) -> Any:
    """The value as a plain one of its kind. Raises TypeError or ValueError, naming it."""
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{name}: expected one of {get_args(kind)}, got {value!r}")
        return value
    accepted, words, plain = KINDS[kind]
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name}: expected {words}, got {value!r}")
    if not all(COMPARISONS[word](value, bound) for word, bound in bounds.items()):
        span = " and ".join(f"{word.replace('_', ' ')} {bound}" for word, bound in bounds.items())
        raise ValueError(f"{name}: expected {span}, got {value}")
    return plain(value)


# What all recipes that follow share; chapter 14 measures what each part is worth.
# Every number in them was chosen on the last 5,000 training images.
MODERN = Config(
    init="he",
    schedule="one-cycle",
    average=0.998,
    log_every=100,
    channels_last=True,
)

RECIPES: dict[str, Config] = {
    "source": Config(),
    "quick": replace(MODERN, network="quick", steps=300, lr=0.02, average=0.0, bfloat16=True),
    "tiny": replace(MODERN, network="tiny", steps=10_800, lr=0.02, augment=0.3, weight_decay=0.001),
    "small": replace(
        MODERN,
        network="small",
        steps=14_000,
        lr=0.01,
        augment=0.4,
        weight_decay=0.01,
        bfloat16=True,
    ),
    "lenet5": replace(
        MODERN,
        network="lenet5",
        steps=20_000,
        lr=4e-3,
        augment=0.5,
        weight_decay=0.05,
        average=0.999,
    ),
    "lenet5-1998": replace(
        MODERN, network="lenet5-1998", init="default", steps=9_400, lr=3e-3, augment=0.3
    ),
    "best": replace(
        MODERN, network="best", steps=5_200, lr=5e-3, augment=0.6, weight_decay=0.05, bfloat16=True
    ),
}
