"""What learns: a network, its optimizer, the schedule, and the moving average of the weights."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from cnnbook.trainer import parallel
from cnnbook.trainer.config import Config
from cnnbook.trainer.data import Normalise, pixels
from cnnbook.trainer.network import MNIST, Shape, build

Forward = Callable[[Tensor], Tensor]


class Learner:
    """One network in training; ``judged`` is what stands for it when it is asked."""

    def __init__(
        self, config: Config, device: torch.device, shape: Shape = MNIST, classes: int = 10
    ) -> None:
        self.config = config
        generator = torch.Generator().manual_seed(config.seed)
        self.model = build(config.network, config.init, generator, shape=shape, classes=classes)
        if config.normalise:
            self.model.insert(0, Normalise())
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        self.model.to(device, memory_format=layout)  # type: ignore[call-overload]
        self.network: Forward = parallel.wrap(self.model)
        if config.compile:
            mode = "reduce-overhead" if device.type == "cuda" else "default"  # CUDA graphs
            self.network = torch.compile(self.network, mode=mode)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )
        self.schedule = self._schedule()
        self.average = self._average()

    def _schedule(self) -> LRScheduler:
        if self.config.schedule == "one-cycle":
            return one_cycle(self.optimizer, self.config.lr, self.config.steps)
        return LambdaLR(self.optimizer, lambda step: 1.0)

    def _average(self) -> AveragedModel | None:
        if not self.config.average:
            return None
        blend = get_ema_multi_avg_fn(self.config.average)
        return AveragedModel(self.model, multi_avg_fn=blend, use_buffers=True)

    @property
    def judged(self) -> nn.Sequential:
        """The moving average if there is one, else the network itself."""
        return self.model if self.average is None else cast(nn.Sequential, self.average.module)

    def learn(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step; gives loss and accuracy of the batch as they were before it."""
        smoothing, bfloat16 = self.config.label_smoothing, self.config.bfloat16
        found = train_step(
            self.network, self.optimizer, x, labels, label_smoothing=smoothing, bfloat16=bfloat16
        )
        self.schedule.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        return found

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self._parts()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self._parts():
            part.load_state_dict(state[name])

    def _parts(self) -> list[tuple[str, Any]]:
        names = ("model", "optimizer", "schedule", "average")
        parts = [(name, getattr(self, name)) for name in names]
        return [(name, part) for name, part in parts if part is not None]


def one_cycle(optimizer: torch.optim.Optimizer, lr: float, steps: int) -> LRScheduler:
    """Up to ``lr`` over a fifth of the steps, then down to almost 0."""
    rise = 0.19 if steps == 5 else 0.2  # of one step PyTorch's rise would be 0 / 0
    return OneCycleLR(optimizer, lr, steps, pct_start=rise)


def train_step(
    model: Forward,
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
    loss.backward()
    optimizer.step()
    return loss.detach(), hits(logits, labels) / len(labels)


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """(N, K), (N,) -> (): how often the largest logit is that of the label."""
    return (logits.argmax(dim=1) == labels).sum()


def count_hits(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 1000) -> Tensor:
    """uint8 (N, C, H, W), int64 (N,) -> (): how many images the model classifies correctly."""
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
    """uint8 (N, C, H, W), int64 (N,) -> the share that the model classifies correctly."""
    return int(count_hits(model, images, labels)) / len(labels)
