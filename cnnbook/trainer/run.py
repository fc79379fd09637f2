"""The state of a run, whole: what it takes to make one more step, and to be saved and resumed."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnnbook.trainer import parallel
from cnnbook.trainer.augment import Distortions, distort
from cnnbook.trainer.checkpoint import check_config, load_checkpoint, save_checkpoint
from cnnbook.trainer.config import Config
from cnnbook.trainer.data import BatchOrder, Data, Split, load_data, pixels
from cnnbook.trainer.device import choose_device
from cnnbook.trainer.learner import Learner, count_hits


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


class Run:
    """A run that can stop after any step, be saved, and go on as if nothing had happened."""

    def __init__(self, config: Config, data: Data, device: torch.device) -> None:
        parallel.check_batch_size(config.batch_size)
        data.check()
        self.config, self.data, self.device = config, data.to(device), device
        self.learner = Learner(config, device, data.shape, data.classes)
        self.order = BatchOrder(len(data.train.labels), config.batch_size, config.seed)
        self.distortions = Distortions(config.seed, config.augment)
        self.history = History()
        self.step = 0
        self.seconds = 0.0  # of training, in all sessions
        self.saved = False

    def advance(self) -> tuple[Tensor, Tensor]:
        """Take one step; gives loss and accuracy of this process's share of the batch."""
        images, labels = self.data.train.take(parallel.share(next(self.order)))
        x = pixels(images)
        if self.config.augment:
            drawn = self.distortions.draw(self.config.batch_size)
            x = distort(x, *map(parallel.share, drawn))
        self.step += 1
        return self.learner.learn(x, labels)

    def judge(self, split: Split) -> float:
        """The accuracy on a split, of which each process reads its share."""
        parallel.agree(self.learner.judged)
        images, labels = map(parallel.share, split)
        hits = parallel.total(count_hits(self.learner.judged, images, labels))
        return int(hits) / len(split.labels)

    def save(self, path: str | Path | None) -> None:
        """Write the checkpoint once; no process goes on before it is there."""
        if path is not None and parallel.rank() == 0:
            _goes_on(path, resume=self.saved)  # another run may have begun since then
            save_checkpoint(path, self.state_dict())
            self.saved = True
        parallel.wait()

    def state_dict(self) -> dict[str, Any]:
        return {
            "config": asdict(self.config),
            "data": self.data.digest(),
            "step": self.step,
            "seconds": self.seconds,
            "history": asdict(self.history),
            "learner": self.learner.state_dict(),
            "order": self.order.state_dict(),
            "distortions": self.distortions.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError for another configuration, other data, or a step past the last."""
        check_config(asdict(self.config), state["config"])
        if (found := self.data.digest()) != state["data"]:
            wanted = f"{state['data']}, as in the checkpoint"
            raise ValueError(f"resume: expected data (--data) of {wanted}, got {found}")
        if state["step"] > self.config.steps:
            raise ValueError(f"steps: expected at least {state['step']}, got {self.config.steps}")
        self.step, self.seconds = state["step"], state["seconds"]
        self.history = History(**state["history"])
        self.learner.load_state_dict(state["learner"])
        self.order.load_state_dict(state["order"])
        self.distortions.load_state_dict(state["distortions"])
        self.saved = True


def start(
    config: Config,
    data: Data | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    logdir: str | Path | None = None,
) -> Run:
    """A run before its first step or, with ``resume``, where ``checkpoint`` was left, if it exists.

    Raises FileExistsError for a checkpoint that would be overwritten or a ``logdir`` that holds
    another run, ValueError for ``resume`` without ``checkpoint``, or a checkpoint that is damaged,
    or of another configuration or data.
    """
    goes_on = _goes_on(checkpoint, resume, logdir)
    data = load_data(config.val, config.root) if data is None else data
    if not config.val and not len(data.test.labels):
        raise ValueError("test: expected images to judge by, got none")
    if len(data.val.labels) != config.val:
        raise ValueError(f"val: expected {config.val} images held out, got {len(data.val.labels)}")
    run = Run(config, data, choose_device(config.device))
    if checkpoint is not None and goes_on:
        run.load_state_dict(load_checkpoint(checkpoint))
    parallel.check_same_step(run.step, run.device)
    return run


def _goes_on(checkpoint: str | Path | None, resume: bool, logdir: str | Path | None = None) -> bool:
    """Whether there is a checkpoint to resume."""
    if resume and checkpoint is None:
        raise ValueError("resume: expected a checkpoint, got none")
    exists = checkpoint is not None and Path(checkpoint).exists()
    if exists and not resume:
        raise FileExistsError(f"{checkpoint} exists: resume it, or choose another name")
    if logdir is not None and not exists and any(Path(logdir).glob("*tfevents*")):
        raise FileExistsError(f"{logdir} holds the curves of another run: choose another folder")
    return exists
