"""The shift explorer: drag a digit, and see what moves along and what stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook import samples
from cnnbook.explore.figure import Figure, packed, table
from cnnlib import checks, nn
from cnnlib.checks import Array
from cnnlib.functional import softmax

SIDE = 28
STEP = (3, 3)  # the move that is shown first: down, right


class ShiftExplorer(Figure):
    """(28, 28): a digit to drag, a map of the first convolution, the pooled map, and ten scores.

    The network is `samples.trained_cam`: one max pooling, and at the end the mean of each map. Its
    weights travel as float16, each batch normalisation as part of the convolution before it. The
    image is the book's 5 unless given; all of its ink stays in the field.

    Raises
    ------
    ValueError
        If the image is not 28 × 28, has no ink, or is no float16.
    """

    name = "shift"
    builds_on = ("network", "planes")

    def __init__(self, image: ArrayLike | None = None) -> None:
        self.image = np.asarray(samples.digit()[0, 0] if image is None else image, np.float32)
        checks.shape("ShiftExplorer", "image", self.image, (SIDE, SIDE))
        if not self.image.any():
            raise ValueError("ShiftExplorer expected an image with ink, got only zeros")
        self.model = samples.trained_cam()
        self.packed_image = packed("ShiftExplorer", self.image)

    @property
    def move(self) -> list[int]:
        """How far the digit is moved at first, down and right, as far as its ink allows."""
        top, tall, left, wide = self.box
        room = (SIDE - top - tall, SIDE - left - wide)
        return [min(step, most) for step, most in zip(STEP, room, strict=True)]

    @property
    def box(self) -> list[int]:
        """The first row with ink, how many rows, the first column with ink, and how many."""
        ends = [np.flatnonzero(self.image.any(axis))[[0, -1]] for axis in (1, 0)]
        return [int(n) for first, last in ends for n in (first, last - first + 1)]

    def moved(self, down: int, right: int) -> Array:
        """(1, 1, 28, 28): the image, moved."""
        return np.roll(self.image, (down, right), (0, 1))[np.newaxis, np.newaxis]

    def chances(self, down: int, right: int) -> Array:
        """(10,): what the network makes of the moved image."""
        return np.asarray(softmax(self.model(self.moved(down, right)))[0])

    def data(self) -> dict[str, Any]:
        conv1, norm1, _, _, conv2, norm2, _, conv3, norm3, *_, linear = self.model.layers
        pairs = ((conv1, norm1), (conv2, norm2), (conv3, norm3))
        learned = [a for conv, norm in pairs for a in _folded(conv, norm)]
        return {
            "layers": [
                ["input", 0, 0, 1, 28, 1, 1, 0],
                ["conv 1", 1, 1, 8, 28, 3, 1, 1],
                ["pool 1", 0, 0, 8, 14, 2, 2, 0],
                ["conv 2", 1, 1, 16, 14, 3, 1, 1],
                ["conv 3", 1, 1, 24, 14, 3, 1, 1],
            ],
            "weights": packed("ShiftExplorer", *learned),
            "head": {
                "input": [24, 1],
                "layers": [["linear", 1, 0, 10, 1, 1, 1, 0]],
                "weights": packed("ShiftExplorer", *(p.data for p in linear.parameters())),
            },
            "image": self.packed_image,
            "box": self.box,
            "move": self.move,
        }

    def picture(self) -> str:
        """What the network answers at rest and after a move, in percent."""
        down, right = self.move
        rows = 100 * np.stack([self.chances(0, 0), self.chances(down, right)])
        caption = f"0 to 9, in percent: at rest, and moved {down} down, {right} right"
        both = table("y", rows.round(), caption=caption)
        return f'<p>Do convolution and pooling move with it?</p><div class="cnn-row">{both}</div>'

    def __repr__(self) -> str:
        return f"ShiftExplorer({SIDE} × {SIDE} image, reads {self.chances(0, 0).argmax()})"


def _folded(conv: nn.Module, norm: nn.Module) -> tuple[Array, Array]:
    """Weights and biases of a convolution and a batch normalisation as one convolution.

    Trained, the normalisation is a line for each map: what it makes of 0 and of 1 says which.
    """
    (weight,) = (p.data for p in conv.parameters())
    at_0, at_1 = (norm(np.full((1, len(weight), 1, 1), v, weight.dtype))[0] for v in (0, 1))
    return weight * (at_1 - at_0)[:, np.newaxis], at_0.ravel()
