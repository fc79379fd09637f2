"""Curves for TensorBoard, which is imported only when they are asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnbook.trainer import parallel

Log = Callable[[str, float, int], None]


@contextmanager
def event_log(logdir: str | Path | None, start: int) -> Iterator[Log]:
    """Give a function ``log(tag, value, step)``; with no ``logdir`` it does nothing.

    Points after step ``start`` that an earlier run left in ``logdir`` are dropped.
    """
    if logdir is None or parallel.rank() > 0:
        yield lambda tag, value, step: None
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(logdir, purge_step=start + 1) as writer:
        yield writer.add_scalar
