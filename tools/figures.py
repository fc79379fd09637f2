"""Figures compared by what they show: means of blocks of pixels, with a tolerance.

nbval passes PNG images over. `conftest.py` lets it compare them by `difference`.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DIFFERENT = Path(__file__).resolve().parent.parent / "_build" / "figures"
BLOCK = 4  # pixels: figures are compared by the means of blocks of this size
BLOCK_TOLERANCE = 0.2  # of full brightness: a line moved by one pixel stays below it
SHARE_TOLERANCE = 0.002  # of all blocks: a curve of another shape is above it


def pictures(outputs: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The PNG images among the outputs of a cell."""
    data = [output.get("data", {}) for output in outputs]
    return [base64.b64decode(each["image/png"]) for each in data if "image/png" in each]


def shrink(png: bytes) -> bytes:
    """The same picture with a palette of 128 colours: a quarter of the size, no visible change."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    if image.getchannel("A").getextrema() != (255, 255):  # transparent
        return png
    small = io.BytesIO()
    palette = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    palette.save(small, format="png", optimize=True)
    return small.getvalue()


def block_means(png: bytes) -> NDArray[np.float64]:
    """Means over blocks of BLOCK x BLOCK pixels, on white, 0 to 1."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    pixels = np.asarray(Image.alpha_composite(white, image).convert("RGB")) / 255
    height, width = (-size % BLOCK for size in pixels.shape[:2])
    pixels = np.pad(pixels, ((0, height), (0, width), (0, 0)), mode="edge")
    rows, columns = (size // BLOCK for size in pixels.shape[:2])
    return pixels.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3))


def difference(stored: bytes, fresh: bytes) -> str | None:
    """None if two PNG images show the same, else what differs."""
    sizes = [Image.open(io.BytesIO(png)).size for png in (stored, fresh)]
    if sizes[0] != sizes[1]:
        return f"size {sizes[1]}, stored {sizes[0]}"
    distance = np.abs(block_means(stored) - block_means(fresh)).max(axis=2)
    share = float((distance > BLOCK_TOLERANCE).mean())
    return f"{share:.2%} of the picture differs" if share > SHARE_TOLERANCE else None


def problems(
    name: str, stored: Sequence[Mapping[str, Any]], fresh: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What differs between the figures of two lists of outputs; both are kept to be looked at."""
    pairs = list(zip(pictures(stored), map(shrink, pictures(fresh)), strict=False))
    counts = len(pictures(stored)), len(pictures(fresh))
    found = [] if counts[0] == counts[1] else [f"{counts[1]} figures, stored {counts[0]}"]
    for number, (old, new) in enumerate(pairs):
        if text := difference(old, new):
            found.append(f"figure {number}: {text}; see {keep(f'{name}-{number}', old, new)}")
    return found


def keep(name: str, stored: bytes, fresh: bytes) -> str:
    """Write both pictures where they can be compared by eye; the names of the two files."""
    DIFFERENT.mkdir(parents=True, exist_ok=True)
    for kind, png in {"stored": stored, "fresh": fresh}.items():
        (DIFFERENT / f"{name}-{kind}.png").write_bytes(png)
    return f"_build/figures/{name}-{{stored,fresh}}.png"
