"""What the tests of the trainer share: short runs, and small helpers."""

import signal
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from cnnbook.trainer import Config, Split

SHORT = Config(init="he", steps=6, batch_size=16, log_every=1, device="cpu")
EVERYTHING = replace(
    SHORT,
    schedule="one-cycle",
    weight_decay=0.01,
    label_smoothing=0.1,
    average=0.9,
    normalise=True,
    augment=1.0,
    channels_last=True,
)
FEW = ["--init=he", "--steps=6", "--batch-size=16", "--log-every=1", "--device=cpu"]
# The command line on the small data, in a process of its own.
WRAPPER = """
import os, signal, sys
from cnnbook.trainer import Data, Split, load_data, run, __main__ as command
signal.signal(signal.SIGINT, signal.default_int_handler)
counts = zip(load_data(50), (40, 0, 40))
small = Data(*(Split(x[:n], y[:n]) for (x, y), n in counts))
run.load_data = lambda val, root: small
sys.exit(command.main())
"""


def first(split: Split, count: int) -> Split:
    return Split(split.images[:count], split.labels[:count])


def equal(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def interrupt_after(step: int) -> Callable[[int, Tensor], None]:
    def on_step(now: int, loss: Tensor) -> None:
        if now == step:
            signal.raise_signal(signal.SIGINT)

    return on_step
