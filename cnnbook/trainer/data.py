"""MNIST as tensors that stay on the device, and the order in which a run reads them."""

from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn

from cnnlib.datasets import load_mnist


class Split(NamedTuple):
    """Images, uint8 (N, 1, 28, 28), and their labels, int64 (N,)."""

    images: Tensor
    labels: Tensor

    def to(self, device: torch.device | str) -> "Split":
        """The same on a device."""
        return Split(self.images.to(device), self.labels.to(device))

    def take(self, indices: Tensor) -> "Split":
        """Those with the indices, which lie on the CPU."""
        if self.images.is_cuda:
            indices = indices.pin_memory()  # so that the copy needn't be waited for
        indices = indices.to(self.images.device, non_blocking=True)
        return Split(self.images[indices], self.labels[indices])


class Data(NamedTuple):
    """What is learned from, what choices are made on, and what judges in the end."""

    train: Split
    val: Split
    test: Split

    def to(self, device: torch.device | str) -> "Data":
        """The same on a device."""
        return Data(*(split.to(device) for split in self))


def load_data(val: int = 0, root: str | Path | None = None) -> Data:
    """MNIST, or files of its format in ``root``; the last ``val`` training images are held out.

    Raises ValueError if ``val`` leaves nothing to train on.
    """
    images, labels = _load("train", root)
    rest = len(labels) - val
    if not 0 < rest <= len(labels):
        raise ValueError(f"val: expected 0 to {len(labels) - 1} training images, got {val}")
    train, held_out = Split(images[:rest], labels[:rest]), Split(images[rest:], labels[rest:])
    return Data(train, held_out, Split(*_load("test", root)))


def _load(split: str, root: str | Path | None) -> tuple[Tensor, Tensor]:
    images, labels = load_mnist(split, root=root)
    return torch.tensor(images).unsqueeze(1), torch.tensor(labels)


def pixels(images: Tensor) -> Tensor:
    """uint8 (N, 1, 28, 28) -> float32 in [0, 1]"""
    return images.to(torch.float32) / 255


MEAN, DEVIATION = 0.1307, 0.3081  # of all pixels of MNIST's training images, in 0 … 1


class Normalise(nn.Module):
    """Pixels in 0 … 1 -> pixels of mean 0 and deviation 1 over MNIST's training images."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - MEAN) / DEVIATION


class BatchOrder:
    """Endless batches of indices below ``count``: one random permutation after another.

    Every batch is full. One that reaches the end of a permutation goes on in the next.
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        if batch_size > count:
            raise ValueError(f"batch_size: expected at most {count} images, got {batch_size}")
        self.count, self.batch_size = count, batch_size
        self.generator = torch.Generator().manual_seed(seed + 2**31)  # not that of the weights
        self.queue = torch.empty(0, dtype=torch.int64)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Tensor:
        if len(self.queue) < self.batch_size:
            epoch = torch.randperm(self.count, generator=self.generator)
            self.queue = torch.cat([self.queue, epoch])
        batch, self.queue = self.queue[: self.batch_size], self.queue[self.batch_size :]
        return batch

    def state_dict(self) -> dict[str, Any]:
        state = self.generator.get_state()
        return {"count": self.count, "queue": self.queue.clone(), "generator": state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError if the state belongs to another number of images."""
        if state["count"] != self.count:
            raise ValueError(f"expected {state['count']} training images, got {self.count}")
        self.queue = state["queue"].clone()
        self.generator.set_state(state["generator"])
