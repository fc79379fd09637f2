"""One process or several under ``torchrun``: each takes its share of every batch.

Without a process group all of this is the identity, so the rest needn't know which it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from cnnbook.trainer.device import choose_device

BACKENDS = {"cuda": "nccl", "xpu": "xccl"}


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Join the processes that ``torchrun`` started, one for each GPU, or share the CPU.

    Every restart uses its own keys in the store: under the old ones stand dead processes.
    """
    if not (dist.is_available() and dist.is_torchelastic_launched()):
        yield
        return
    kind = choose_device(device).type
    if kind in BACKENDS:
        own = choose_device(f"{kind}:{os.environ['LOCAL_RANK']}")
        getattr(torch, kind).set_device(own)
    shared, rank, size = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
    attempt = os.environ["TORCHELASTIC_RESTART_COUNT"]
    store = dist.PrefixStore(f"attempt {attempt}", shared)  # type: ignore[attr-defined]
    backend = BACKENDS.get(kind, "gloo")
    dist.init_process_group(backend, store=store, rank=rank, world_size=size)
    try:
        yield
    finally:
        dist.destroy_process_group()


def size() -> int:
    """The number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if size() > 1 else 0


def share(x: Tensor) -> Tensor:
    """Every ``size()``-th entry: the shares of all processes together are ``x``."""
    return x[rank() :: size()]


def total(x: Tensor) -> Tensor:
    """The sum of ``x`` over the processes."""
    if size() > 1:
        x = x.clone()
        dist.all_reduce(x)
    return x


def anywhere(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set in any process, so that all of them stop at the same step."""
    return bool(total(torch.tensor(int(flag), device=device))) if size() > 1 else flag


def wait() -> None:
    """Return when every process has come this far."""
    if size() > 1:
        dist.barrier()


def wrap(model: nn.Module) -> nn.Module:
    """A model whose backward pass averages the gradients of all processes."""
    return DistributedDataParallel(model) if size() > 1 else model


def agree(model: nn.Module) -> None:
    """Give every process the buffers of the first: each has seen its own share of the images."""
    if size() > 1:
        for buffer in model.buffers():
            dist.broadcast(buffer, src=0)


def check_batch_size(batch_size: int) -> None:
    """Raises ValueError for unequal shares: the mean of their means isn't the batch's mean."""
    if batch_size % size():
        raise ValueError(f"batch_size: expected a multiple of {size()} processes, got {batch_size}")


def check_same_step(step: int, device: torch.device) -> None:
    """Raises RuntimeError if not every process found the same checkpoint."""
    steps = torch.tensor([step, -step], device=device)
    if size() > 1:
        dist.all_reduce(steps, op=dist.ReduceOp.MAX)
    if steps[0] != -steps[1]:
        raise RuntimeError("expected the same checkpoint in every process: use a shared directory")
