"""The two pictures that travel through the book: a digit, and a photograph in colour."""

from __future__ import annotations

import numpy as np

from cnnlib.checks import Array
from cnnlib.datasets import load_mnist, to_float


def digit(index: int = 0) -> Array:
    """A training image of MNIST, (1, 1, 28, 28), float32 in 0 … 1. Number 0 is a 5."""
    images, _ = load_mnist("train")
    return to_float(images[index : index + 1])


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
