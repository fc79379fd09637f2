"""The photo explorer: kernels to change, on a photograph and on a picture of the reader's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnbook.explore.figure import Figure, equation, letters, numbers, small, table
from cnnlib.functional import conv2d

SIDE, KERNEL = 160, 5


class PhotoExplorer(Figure):
    """(H, W) in 0 … 1, kernels by name: what they make of the image, and of every window.

    The pixels are shown as bytes, 0 (black) to 255 (white); stride 1, no padding.

    Raises
    ------
    ValueError
        If the image is larger than 160 × 160 or holds other numbers than 0 … 1, or a kernel is
        larger than 5 × 5 or than the image, or there is none.
    """

    name = "photo"
    builds_on = ("network", "planes", "kernel")

    def __init__(self, image: ArrayLike, kernels: Mapping[str, ArrayLike]) -> None:
        image = small("PhotoExplorer", "image", image, SIDE)
        if image.min() < 0 or image.max() > 1:
            raise ValueError(
                "PhotoExplorer expected an image of numbers in 0 … 1, "
                f"got {image.min():g} to {image.max():g}"
            )
        if not kernels:
            raise ValueError("PhotoExplorer expected one kernel or more, got none")
        self.pixels = np.rint(255 * image).astype(np.uint8)
        self.kernels = {
            name: small("PhotoExplorer", f"kernel {name!r}", kernel, KERNEL)
            for name, kernel in kernels.items()
        }
        batch = self.pixels[None, None].astype(np.float64)
        self.outputs = {
            name: conv2d(batch, kernel[None, None])[0, 0] for name, kernel in self.kernels.items()
        }

    @property
    def place(self) -> tuple[int, ...]:
        """Where the largest number, by its size, lies under the first kernel; it is shown first."""
        sizes = np.abs(next(iter(self.outputs.values())))
        return tuple(map(int, np.unravel_index(sizes.argmax(), sizes.shape)))

    def data(self) -> dict[str, Any]:
        height, width = self.pixels.shape
        return {
            "width": width,
            "height": height,
            "pixels": letters(self.pixels.tobytes()),
            "kernels": {name: numbers(kernel) for name, kernel in self.kernels.items()},
            "place": self.place,
        }

    def picture(self) -> str:
        """The window of the number that is shown first, its kernel and its sum."""
        (name, kernel), (p, q) = next(iter(self.kernels.items())), self.place
        window = self.pixels[p : p + kernel.shape[0], q : q + kernel.shape[1]].astype(float)
        terms = list(zip(window.flat, kernel.flat, strict=True))
        return (
            f'<div class="cnn-row">{table("x", window, caption="window")}∗'
            f"{table('w', kernel, caption=f'kernel: {name}')}</div>"
            f"<p>y[row {p}, column {q}] = {equation(terms, self.outputs[name][p, q])}</p>"
        )

    def __repr__(self) -> str:
        height, width = self.pixels.shape
        return f"PhotoExplorer({height} × {width} image, kernels {', '.join(self.kernels)})"
