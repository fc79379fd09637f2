"""A whole run from the first step to the verdict, with all that watches it and keeps it safe."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import FrameType

import torch
from torch import Tensor, nn

from cnnbook.trainer import parallel
from cnnbook.trainer.config import SAVE_EVERY, Config, checked
from cnnbook.trainer.data import Data
from cnnbook.trainer.device import synchronize
from cnnbook.trainer.run import History, Run, start

OnStep = Callable[[int, Tensor], None]
Log = Callable[[str, float, int], None]


@dataclass(frozen=True)
class Result:
    """A finished run: the trained model, its history, and how it was judged.

    ``seconds`` are those of the training alone, of all its sessions together.

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


def train(
    config: Config,
    data: Data | None = None,
    *,
    on_step: OnStep | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    checkpoint_every: int = SAVE_EVERY,
    logdir: str | Path | None = None,
) -> Result:
    """Train a network and judge it once, at the end. Prints nothing.

    The device is part of the configuration: ``Config(device="cuda")``. Without ``data``, MNIST or
    the files in ``config.root`` are read. ``on_step(step, loss)`` is called after every step.
    ``checkpoint`` is written at once, every ``checkpoint_every`` steps, at the end, and on Ctrl-C,
    which then raises KeyboardInterrupt. Raises FileExistsError for a checkpoint that would be
    overwritten or a ``logdir`` that holds another run, ValueError for a checkpoint that is damaged,
    or of another configuration or data.
    """
    checked("checkpoint_every", checkpoint_every, int, at_least=1)
    run = start(config, data, checkpoint, resume, logdir)
    return finish(run, on_step, checkpoint, checkpoint_every, logdir)


def finish(
    run: Run,
    on_step: OnStep | None,
    checkpoint: str | Path | None,
    checkpoint_every: int,
    logdir: str | Path | None,
) -> Result:
    """Take the steps that are left, and judge."""
    run.save(checkpoint)
    with event_log(logdir, run.step) as log:
        began = perf_counter() - run.seconds
        with postponed_interrupt() as interrupt:
            while run.step < run.config.steps:
                loss, accuracy = run.advance()
                _record(run, loss, accuracy, log)
                if on_step is not None:
                    on_step(run.step, loss)
                run.seconds = perf_counter() - began
                stop = parallel.anywhere(interrupt.is_set(), run.device)
                if stop or run.step % checkpoint_every == 0 or run.step == run.config.steps:
                    run.save(checkpoint)
                if stop:
                    raise KeyboardInterrupt(_farewell(run.step, checkpoint))
        synchronize(run.device)
        run.seconds = perf_counter() - began
        return _verdict(run, log)


def _record(run: Run, loss: Tensor, accuracy: Tensor, log: Log) -> None:
    if run.step > 1 and run.step % run.config.log_every:
        return
    means = parallel.total(torch.stack([loss, accuracy])) / parallel.size()
    run.history.add(run.step, *means.tolist())
    log("train/loss", run.history.losses[-1], run.step)
    log("train/accuracy", run.history.accuracies[-1], run.step)


def _verdict(run: Run, log: Log) -> Result:
    name = "val" if run.config.val else "test"
    accuracy = run.judge(getattr(run.data, name))
    log(f"{name}/accuracy", accuracy, run.step)
    return Result(
        config=run.config,
        device=str(run.device),
        history=run.history,
        seconds=run.seconds,
        model=run.learner.judged,
        **{f"{name}_accuracy": accuracy},
    )


def _farewell(step: int, checkpoint: str | Path | None) -> str:
    kept = f"resume from {checkpoint}" if checkpoint else "nothing kept, for want of a checkpoint"
    return f"interrupted after step {step}: {kept}"


@contextmanager
def event_log(logdir: str | Path | None, start: int) -> Iterator[Log]:
    """Give a function ``log(tag, value, step)`` that writes for TensorBoard, if asked to.

    Points after step ``start`` that an earlier session left in ``logdir`` are dropped.
    """
    if logdir is None or parallel.rank() > 0:
        yield lambda tag, value, step: None
        return
    from torch.utils.tensorboard import SummaryWriter  # only now: it takes a second to import

    with SummaryWriter(logdir, purge_step=start + 1) as writer:
        yield writer.add_scalar


@contextmanager
def postponed_interrupt() -> Iterator[threading.Event]:
    """Note the first Ctrl-C instead of raising: a step is finished. A second works as before."""
    interrupt, before = threading.Event(), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield interrupt
        return

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
