"""The two things that are done with a batch: learning from it, and being judged by it."""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnbook.trainer.data import pixels

Network = Callable[[Tensor], Tensor]


def train_step(
    model: Network,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    labels: Tensor,
    *,
    label_smoothing: float = 0.0,
    bfloat16: bool = False,
) -> tuple[Tensor, Tensor]:
    """One step of the optimizer; gives loss and accuracy of the batch as they were before it."""
    with torch.autocast(x.device.type, torch.bfloat16) if bfloat16 else nullcontext():
        logits = model(x)
    loss = cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach(), hits(logits, labels) / len(labels)


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """(N, 10), (N,) -> (): how often the largest logit is that of the label."""
    return (logits.argmax(dim=1) == labels).sum()


def count_hits(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 1000) -> Tensor:
    """uint8 (N, 1, 28, 28), int64 (N,) -> (): how many images the model reads rightly."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            pieces = (torch.split(a, batch_size) for a in (images, labels))
            counts = [hits(model(pixels(x)), y) for x, y in zip(*pieces, strict=True)]
            return torch.stack(counts).sum()
    finally:
        for module, mode in modes:
            module.training = mode


def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """uint8 (N, 1, 28, 28), int64 (N,) -> the share of images that the model reads rightly."""
    return int(count_hits(model, images, labels)) / len(labels)
