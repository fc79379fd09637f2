"""A whole run from the first step to the verdict, with all that watches it and keeps it safe."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from cnnbook.trainer import parallel
from cnnbook.trainer.config import Config, Result, check_int
from cnnbook.trainer.data import Data
from cnnbook.trainer.events import Log, event_log
from cnnbook.trainer.interrupt import postponed_interrupt
from cnnbook.trainer.machine import synchronize
from cnnbook.trainer.run import Run, start

OnStep = Callable[[int, Tensor], None]


def train(
    config: Config,
    data: Data | None = None,
    *,
    on_step: OnStep | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    checkpoint_every: int = 100,
    logdir: str | Path | None = None,
) -> Result:
    """Train a network and judge it once, at the end. Prints nothing.

    ``on_step(step, loss)`` is called after every step. ``checkpoint`` is written at once, every
    ``checkpoint_every`` steps, at the end, and on Ctrl-C, which then raises KeyboardInterrupt.
    Raises as ``start`` does.
    """
    check_int("checkpoint_every", checkpoint_every, low=1)
    run = start(config, data, checkpoint, resume)
    with event_log(logdir, run.step) as log:
        with postponed_interrupt() as interrupt:
            run.save(checkpoint)
            began = perf_counter()
            while run.step < config.steps:
                loss, accuracy = run.advance()
                _record(run, loss, accuracy, log)
                if on_step is not None:
                    on_step(run.step, loss)
                stop = parallel.anywhere(interrupt.requested, run.device)
                if stop or run.step % checkpoint_every == 0 or run.step == config.steps:
                    run.save(checkpoint)
                if stop:
                    raise KeyboardInterrupt(_farewell(run.step, checkpoint))
        synchronize(run.device)
        return _verdict(run, perf_counter() - began, log)


def _record(run: Run, loss: Tensor, accuracy: Tensor, log: Log) -> None:
    if run.step > 1 and run.step % run.config.log_every:
        return
    means = parallel.total(torch.stack([loss, accuracy])) / parallel.size()
    run.history.add(run.step, *means.tolist())
    log("train/loss", run.history.losses[-1], run.step)
    log("train/accuracy", run.history.accuracies[-1], run.step)


def _verdict(run: Run, seconds: float, log: Log) -> Result:
    name = "val" if run.config.val else "test"
    accuracy = run.judge(getattr(run.data, name))
    log(f"{name}/accuracy", accuracy, run.step)
    return Result(
        config=run.config,
        device=str(run.device),
        history=run.history,
        seconds=seconds,
        model=run.learner.judged,
        **{f"{name}_accuracy": accuracy},
    )


def _farewell(step: int, checkpoint: str | Path | None) -> str:
    kept = f"resume from {checkpoint}" if checkpoint else "nothing kept, for want of a checkpoint"
    return f"interrupted after step {step}: {kept}"
