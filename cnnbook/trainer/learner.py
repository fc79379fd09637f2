"""What learns: a network, its optimizer, the schedule, and the moving average of the weights."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from cnnbook.trainer import parallel
from cnnbook.trainer.config import Config
from cnnbook.trainer.network import build
from cnnbook.trainer.steps import Network, train_step


class Normalise(nn.Module):
    """Pixels in 0 … 1 -> pixels of mean 0 and deviation 1 over the training images."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - 0.1307) / 0.3081


class Learner:
    """One network in training; ``judged`` is what stands for it when it is asked."""

    def __init__(self, config: Config, device: torch.device) -> None:
        self.config = config
        generator = torch.Generator().manual_seed(config.seed)
        self.model = build(config.network, config.init, generator)
        if config.normalise:
            self.model.insert(0, Normalise())
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        self.model.to(device, memory_format=layout)  # type: ignore[call-overload]
        self.network: Network = parallel.wrap(self.model)
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
            return OneCycleLR(self.optimizer, self.config.lr, self.config.steps, pct_start=0.2)
        return LambdaLR(self.optimizer, lambda step: 1.0)

    def _average(self) -> AveragedModel | None:
        if not self.config.average:
            return None
        blend = get_ema_multi_avg_fn(self.config.average)  # type: ignore[no-untyped-call]
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
