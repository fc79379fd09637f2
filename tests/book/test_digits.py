"""Digits drawn on paper become as those of MNIST."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook.digits import normalise_digit
from cnnlib.checks import Array


def spans(ink: Array) -> list[tuple[int, int]]:
    """First and last row, first and last column with ink."""
    return [(lines[0], lines[-1]) for lines in (np.flatnonzero(ink.any(axis)) for axis in (1, 0))]


def averaged(a: Array, pieces: int) -> Array:
    """The rows of a, each cut into ``pieces``, averaged in ``pieces`` equal groups."""
    return np.repeat(a, pieces, axis=0).reshape(pieces, len(a), -1).mean(1)


def as_in_mnist(ink: Array) -> Array:
    """The same by other means: cells cut and averaged, and a place found by trying."""
    (top, bottom), (left, right) = spans(ink)
    box = ink[top : bottom + 1, left : right + 1]
    for _ in range(2):
        share = len(box) * 20 / max(bottom + 1 - top, right + 1 - left)
        box = averaged(box, max(1, math.floor(share + 0.5))).T
    paper, cells = np.zeros((90, 90)), np.arange(90)
    paper[30 : 30 + len(box), 30 : 30 + box.shape[1]] = box
    centres = [paper.sum(axis) @ cells / paper.sum() for axis in (1, 0)]
    row, column = (next(k for k in cells if c - k < 14.5 - 1e-6) for c in centres)
    return paper[row : row + 28, column : column + 28]


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 999), st.sampled_from([0.02, 0.5]))
def test_a_digit_is_cropped_shrunk_and_centred(
    height: int, width: int, seed: int, density: float
) -> None:
    rng = np.random.default_rng(seed)
    ink = rng.random((height, width)) * (rng.random((height, width)) < density)
    ink[rng.integers(height), rng.integers(width)] = 1
    kept = ink.copy()
    np.testing.assert_allclose(normalise_digit(ink), as_in_mnist(ink), atol=1e-9)
    np.testing.assert_array_equal(ink, kept)


def test_a_digit_fits_where_most_of_its_ink_is_in_a_corner() -> None:
    for corner in (0, 19):
        ink = np.full((20, 20), 1e-6)
        ink[corner, corner] = 1
        found = normalise_digit(ink)
        assert found.shape == (28, 28)
        assert np.unravel_index(found.argmax(), (28, 28)) == (14, 14)
        np.testing.assert_allclose(found, as_in_mnist(ink), atol=1e-9)


def test_a_bar_becomes_20_pixels_long_and_lies_in_the_middle() -> None:
    ink = np.zeros((70, 50), np.float32)
    ink[20:60, 3:5] = 1
    found = normalise_digit(ink)
    assert (found.shape, found.dtype) == ((28, 28), np.float32)
    wanted = np.zeros((28, 28))
    wanted[4:24, 14:15] = 1
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    np.testing.assert_allclose(normalise_digit(ink[:, 3:4])[4:24, 14], 1, atol=1e-6)
    np.testing.assert_array_equal(normalise_digit(np.zeros((5, 7))), np.zeros((28, 28)))


@pytest.mark.parametrize(
    ("ink", "error", "text"),
    [
        (np.zeros((1, 28, 28)), ValueError, "ink of shape (H, W), got shape (1, 28, 28)"),
        (np.full((5, 5), -1.0), ValueError, "finite ink >= 0, got other numbers"),
        (np.full((5, 5), np.nan), ValueError, "finite ink >= 0, got other numbers"),
        (np.full((5, 5), np.inf), ValueError, "finite ink >= 0, got other numbers"),
        (np.zeros((28, 28), np.uint8), TypeError, "float32 or float64 as ink, got uint8"),
    ],
)
def test_what_it_cannot_use_is_named(ink: Array, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as info:
        normalise_digit(ink)
    assert str(info.value) == f"normalise_digit expected {text}"
