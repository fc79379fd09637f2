"""What travels through the book: a digit, a photograph, trained LeNets, and recorded results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from cnnbook import networks
from cnnlib import nn
from cnnlib.checks import Array
from cnnlib.datasets import load_mnist, to_float

WEIGHTS = Path(__file__).parent / "weights"
LENET, AUGMENTED = WEIGHTS / "lenet.npz", WEIGHTS / "lenet_augmented.npz"
READER, CAM = WEIGHTS / "reader.npz", WEIGHTS / "cam.npz"
RESULTS = Path(__file__).parent / "results"


def digit(index: int = 0) -> Array:
    """A training image of MNIST, (1, 1, 28, 28), float32 in 0 … 1. Number 0 is a 5.

    Raises IndexError if there is none with this number.
    """
    images, _ = load_mnist("train")
    return to_float(images[[index]])


def hold_out(total: int, count: int) -> tuple[Array, Array]:
    """Indices below ``total`` to learn from, and ``count`` to choose by: random, always the same.

    MNIST's images lie in the order of their writers, so that its last ones are no fair sample.
    """
    order = np.random.default_rng(0).permutation(total)
    return order[count:], order[:count]


def photograph() -> Array:
    """Grace Hopper, (1, 3, 150, 128), float32 in 0 … 1; each pixel the mean of 4 × 4.

    A U.S. Navy portrait of 1984 by James S. Davis, in the public domain; it comes with Matplotlib.
    """
    from matplotlib.cbook import get_sample_data
    from matplotlib.image import imread

    path = str(get_sample_data("grace_hopper.jpg", asfileobj=False))
    pixels = imread(path).astype(np.float32) / 255
    blocks = pixels.reshape(150, 4, 128, 4, 3).mean((1, 3))
    return np.ascontiguousarray(blocks.transpose(2, 0, 1))[np.newaxis]


def lenet(*, rng: np.random.Generator | None = None) -> nn.Sequential:
    """(N, 1, 28, 28) -> (N, 10): the modern LeNet-5, 61,706 parameters, not trained."""
    return networks.lenet(nn, rng=rng)


def trained_lenet(*, augmented: bool = False) -> nn.Sequential:
    """The same, trained on MNIST by ``benchmarks/train_lenet.py``, in evaluation mode.

    The augmented one learned from distorted digits too, for longer, and in PyTorch
    (``benchmarks/recipes.py``).
    """
    model = lenet()
    with np.load(AUGMENTED if augmented else LENET) as weights:
        model.load_state_dict(weights)
    return model.eval()


def trained_reader() -> nn.Sequential:
    """The LeNet that reads drawings, (N, 1, 28, 28) -> (N, 11): the last class is no digit.

    Trained by ``benchmarks/no_digit.py`` on MNIST, on drawn digits, and on what is none.
    """
    model = networks.lenet(nn, classes=11)
    with np.load(READER) as weights:
        model.load_state_dict(weights)
    return model.eval()


def trained_cam() -> nn.Sequential:
    """The small network for class activation maps, trained by ``benchmarks/train_cam.py``."""
    model = networks.cam(nn)
    with np.load(CAM) as weights:
        model.load_state_dict(weights)
    return model.eval()


def recorded(name: str) -> Any:
    """What a long experiment wrote when it was run, with the machine it ran on (``make results``).

    The content of a file, ``recorded("bench")``, or of all files of a folder by their names,
    ``recorded("recipes")``. Raises FileNotFoundError if there is none, ValueError if a file is
    damaged.
    """
    if (RESULTS / name).is_dir():
        return {file.stem: _read(file) for file in sorted((RESULTS / name).glob("*.json"))}
    return _read(RESULTS / f"{name}.json")


def record(name: str, content: dict[str, Any]) -> None:
    """Write what ``recorded(name)`` reads. Raises ValueError for NaN and infinity."""
    file = RESULTS / f"{name}.json"
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: expected a recorded result, got damaged JSON") from error
