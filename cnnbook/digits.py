"""Pictures of digits, prepared as those of MNIST were before anybody saw them.

Their ink is scaled to fit a box of 20 × 20 pixels, and placed in 28 × 28 by its centre of mass.
"""

from __future__ import annotations

import math

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array


def normalise_digit(ink: Array) -> Array:
    """(H, W), paper is 0 -> (28, 28), prepared as the digits of MNIST were; without ink all 0.

    Cropped to its ink; averaged into a box of 20 × 20 pixels, in its proportions; and put where
    its centre of mass is nearest to the middle, by whole pixels. Raises ValueError if a number is
    negative or not finite.
    """
    checks.floating("normalise_digit", ink=ink)
    checks.rank("normalise_digit", "ink", ink, "(H, W)")
    if not (np.isfinite(ink) & (ink >= 0)).all():
        raise ValueError("normalise_digit expected finite ink >= 0, got other numbers")
    paper = np.zeros((40, 40), ink.dtype)  # of which 6 … 33 are kept
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if rows.size:
        crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = (max(1, int(n * 20 / max(crop.shape) + 0.5)) for n in crop.shape)
        small = _averages(len(crop), height) @ crop @ _averages(crop.shape[1], width).T
        top, left = 6 + _shift(small.sum(1)), 6 + _shift(small.sum(0))
        paper[top : top + height, left : left + width] = small
    return paper[6:34, 6:34]


def _averages(cells: int, pieces: int) -> Array:
    """(pieces, cells): a matrix whose rows average equal pieces of a stretch of cells."""
    edges, cell = np.arange(pieces + 1)[:, np.newaxis] * cells / pieces, np.arange(cells)
    overlap = np.minimum(edges[1:], cell + 1) - np.maximum(edges[:-1], cell)
    return overlap.clip(0) * pieces / cells


def _shift(mass: Array) -> int:
    """The shift that brings the centre of mass to 13.5 … 14.5, where MNIST has it."""
    centre = mass @ np.arange(len(mass)) / mass.sum()
    return math.ceil(13.5 - centre - 1e-6)
