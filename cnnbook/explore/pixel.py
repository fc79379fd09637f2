"""The pixel explorer: the numbers under the digits of a file, and where each of them lies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, letters, step, table
from cnnlib import checks

SIDE, MOST, HEADER, REACH = 28, 10, 16, 2
MEAN, STD = 0.1307, 0.3081


class PixelExplorer(Figure):
    """(N, 28, 28), bytes: the first images of an IDX file, and every number of a pixel.

    These are its value as a byte, as a float in 0 … 1 and normalised as MNIST is; its place in the
    batch, (N, 1, 28, 28), and among the numbers of its image; and its byte in the file.
    ``pixel`` is the one that is shown first: image, row and column.

    Raises
    ------
    ValueError
        If there are not 1 to 10 images of 28 × 28, or no such pixel.
    TypeError
        If the images are no bytes, ``uint8``.
    """

    name = "pixel"
    builds_on = ("network", "planes")

    def __init__(self, images: ArrayLike, pixel: tuple[int, int, int] = (0, 12, 14)) -> None:
        self.images = np.asarray(images)
        if self.images.dtype != np.uint8:
            raise TypeError(f"PixelExplorer expected images of uint8, got {self.images.dtype}")
        checks.rank("PixelExplorer", "images", self.images, "(N, H, W)")
        n = len(self.images)
        checks.shape("PixelExplorer", "images", self.images, (n, SIDE, SIDE))
        if not 1 <= n <= MOST:
            raise ValueError(f"PixelExplorer expected 1 to {MOST} images, got {n}")
        ends = {"image": n, "row": SIDE, "column": SIDE}
        self.pixel = tuple(
            step("PixelExplorer", key, value, 0, end - 1)
            for (key, end), value in zip(ends.items(), pixel, strict=True)
        )

    def data(self) -> dict[str, Any]:
        return {
            "images": letters(self.images.tobytes()),
            "pixel": self.pixel,
            "header": HEADER,
            "mean": MEAN,
            "std": STD,
        }

    def picture(self) -> str:
        """The pixel that is shown first among its neighbours."""
        n, i, j = self.pixel
        top, left = max(0, i - REACH), max(0, j - REACH)
        near = self.images[n, top : i + REACH + 1, left : j + REACH + 1].astype(float)
        marked = table("x", near, lambda p, q: (top + p, left + q) == (i, j), f"image {n}")
        return (
            f'<div class="cnn-row">{marked}</div>'
            f"<p>images[{n}, {i}, {j}] = {self.images[self.pixel]}</p>"
        )

    def __repr__(self) -> str:
        return f"PixelExplorer({len(self.images)} images of {SIDE} × {SIDE})"
