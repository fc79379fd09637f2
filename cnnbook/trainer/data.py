"""Images as tensors that stay on the device, and the order in which a run reads them."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from cnnbook.samples import hold_out
from cnnbook.trainer.network import Shape
from cnnlib.checks import Array
from cnnlib.datasets import PREFIXES, find_idx, load_mnist, read_idx


class Split(NamedTuple):
    """Images, uint8 (N, C, H, W), and their labels, int64 (N,), from 0 on."""

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

    @property
    def shape(self) -> Shape:
        """Channels, height and width of an image."""
        return self.train.images.shape[1:]

    @property
    def classes(self) -> int:
        """One more than the largest label."""
        return 1 + max(int(split.labels.max()) for split in self if len(split.labels))

    def digest(self) -> str:
        """What tells the training images from others: their number, and a checksum."""
        found = hashlib.sha256(repr(self.shape).encode())
        for part in self.train:
            found.update(part.cpu().contiguous().numpy().data)
        return f"{len(self.train.labels)} images, SHA-256 {found.hexdigest()[:16]}"

    def check(self) -> None:
        """Raises ValueError unless all images are of one size, and each has a label."""
        for name, split in zip(self._fields, self, strict=True):
            if name == "train" or len(split.labels):
                _check(name, split, self.shape)


def _check(name: str, split: Split, size: Shape) -> None:
    images, labels = split
    if (images.dtype, images.dim(), images.shape[1:]) != (torch.uint8, 4, size):
        wanted = ", ".join(map(str, size)) if len(size) == 3 else "C, H, W"
        found = f"{images.dtype} {tuple(images.shape)}"
        raise ValueError(f"{name}: expected images as torch.uint8 (N, {wanted}), got {found}")
    if (labels.dtype, labels.shape) != (torch.int64, images.shape[:1]) or not len(labels):
        found = f"{labels.dtype} {tuple(labels.shape)}"
        wanted = f"{len(images) or 'some'} labels as torch.int64"
        raise ValueError(f"{name}: expected {wanted}, got {found}")
    if labels.min() < 0:
        raise ValueError(f"{name}: expected labels from 0 on, got {labels.min()}")


def load_data(val: int = 0, root: str | Path | None = None) -> Data:
    """MNIST, or files of its format in ``root``; ``val`` training images are held out.

    They are drawn at random, always the same: MNIST's images lie in the order of their writers.
    The files in ``root`` may hold grey images of any size, in any number of classes. (EMNIST's
    images lie on their side, and the labels of its letters begin at 1; QMNIST's labels are the
    first of eight columns.)

    Raises FileNotFoundError for a missing file, ValueError for one that is not as it should, or
    if ``val`` leaves nothing to train on.
    """
    train, test = (_read(split, root) for split in PREFIXES)
    count = len(train.labels)
    if not 0 <= val < count:
        raise ValueError(f"val: expected 0 to {count - 1} training images, got {val}")
    used = train.labels.unique()
    if not torch.equal(used, torch.arange(len(used))):
        found = f"{len(used)} from {used[0]} to {used[-1]}"
        raise ValueError(f"{root}: expected training labels from 0 on without gaps, got {found}")
    if not 0 <= test.labels.min() <= test.labels.max() < len(used):
        found = f"{test.labels.min()} to {test.labels.max()}"
        raise ValueError(f"{root}: expected test labels from 0 to {len(used) - 1}, got {found}")
    rest, held_out = map(torch.from_numpy, hold_out(count, val))
    return Data(train.take(rest) if val else train, train.take(held_out), test)


def _read(split: str, root: str | Path | None) -> Split:
    images, labels = load_mnist(split) if root is None else _read_files(split, Path(root))
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels))


def _read_files(split: str, folder: Path) -> tuple[Array, Array]:
    """uint8 (N, H, W), int64 (N,)"""
    names = (f"{PREFIXES[split]}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))
    images_path, labels_path = (find_idx(folder, name) for name in names)
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.dtype != np.uint8 or images.ndim != 3 or not images.size:
        found = f"{images.dtype} {images.shape}"
        raise ValueError(f"{images_path}: expected images as uint8 (N, H, W), got {found}")
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        found = f"{labels.dtype} {labels.shape}"
        raise ValueError(f"{labels_path}: expected {len(images)} whole numbers, got {found}")
    return images, labels.astype(np.int64)


def pixels(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) -> float32 in [0, 1]"""
    return images.to(torch.float32) / 255


class Normalise(nn.Module):
    """Pixels in 0 … 1 -> less 0.1307, over 0.3081: for MNIST's, mean 0 and deviation 1."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - 0.1307) / 0.3081


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
