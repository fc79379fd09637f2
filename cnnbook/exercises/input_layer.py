"""Exercises of the chapter on the input layer."""

from __future__ import annotations

import numpy as np

from cnnbook.exercises.exercise import Exercise
from cnnlib.checks import Array

# --- from the bytes of a file to the input of a network ---

_rng = np.random.default_rng(2)
_images = _rng.integers(0, 256, size=(2, 5, 4, 3), dtype=np.uint8)
_mean, _std = np.array([0.5, 0.4, 0.3]), np.array([0.2, 0.25, 0.3])


def _scaled(images: Array, mean: Array, std: Array) -> Array:
    return (images / 255 - mean) / std


def _prepare(images: Array, mean: Array, std: Array) -> Array:
    return _scaled(images, mean, std).transpose(0, 3, 1, 2)


def _reshaped(images: Array, mean: Array, std: Array) -> Array:
    n, height, width, channels = images.shape
    return _scaled(images, mean, std).reshape(n, channels, height, width)


def _wrapped(images: Array, mean: Array, std: Array) -> Array:
    shifted = images - np.round(255 * mean).astype(np.uint8)
    return (shifted / (255 * std)).transpose(0, 3, 1, 2)


prepare = Exercise(
    "prepare",
    _prepare,
    [(_images, _mean, _std)],
    {
        "The axes are reshaped, not moved: reshape keeps the numbers in their order and cuts them "
        "anew; transpose moves the axes.": _reshaped,
        "Height and width are swapped: the axes are to be (N, C, H, W).": (
            lambda images, mean, std: _prepare(images, mean, std).swapaxes(2, 3)
        ),
        "The channel axis is still the last one.": _scaled,
        "The division by 255 is missing: mean and std are meant for 0 to 1.": (
            lambda images, mean, std: _prepare(images * 255.0, mean, std)
        ),
        "The mean is subtracted before the division by 255; it is meant for 0 to 1.": (
            lambda images, mean, std: ((images - mean) / 255 / std).transpose(0, 3, 1, 2)
        ),
        "Red and blue are swapped.": (
            lambda images, mean, std: _prepare(images[..., ::-1], mean, std)
        ),
        "Mean and std are those of another channel: they are reversed, the picture is not.": (
            lambda images, mean, std: _prepare(images, mean[::-1], std[::-1])
        ),
        "It is multiplied by std; it is divided by it.": (
            lambda images, mean, std: _prepare(images, mean, 1 / std)
        ),
        "The mean is not subtracted.": lambda images, mean, std: _prepare(images, 0 * mean, std),
        "It is not divided by std.": lambda images, mean, std: _prepare(images, mean, std**0),
        "The subtraction is done in uint8 and wraps around: convert to float first.": _wrapped,
        "The mean of these pictures is used; the one handed in is asked for.": (
            lambda images, mean, std: _prepare(images, (images / 255).mean((0, 1, 2)), std)
        ),
    },
)

# --- the header of an IDX file, as an array of bytes ---


def _header(sizes: tuple[int, ...]) -> Array:
    data = bytes([0, 0, 8, len(sizes)]) + b"".join(n.to_bytes(4, "big") for n in sizes)
    return np.frombuffer(data + bytes(range(8)), np.uint8).copy()


def _integers(header: Array, start: int, count: int, order: str = ">") -> tuple[int, ...]:
    found = np.frombuffer(header.tobytes(), f"{order}u4", count, start)
    return tuple(int(n) for n in found)


def _sizes(header: Array) -> tuple[int, ...]:
    return _integers(header, 4, header[3])


idx_sizes = Exercise(
    "idx_sizes",
    _sizes,
    [(_header((60000, 28, 28)),), (_header((10000,)),), (_header((70000, 7)),)],
    {
        "The lowest byte is taken first; in an IDX file the highest comes first.": (
            lambda header: _integers(header, 4, header[3], "<")
        ),
        "The first four bytes are no size: type and rank stand there.": (
            lambda header: _integers(header, 0, header[3])
        ),
        "The first size is left out.": lambda header: _sizes(header)[1:],
        "There are always three sizes here; the fourth byte says how many.": (
            lambda header: _integers(header, 4, min(3, (len(header) - 4) // 4))
        ),
        "Only the last two bytes of each size are read; a size has four.": (
            lambda header: tuple(n % 65536 for n in _sizes(header))
        ),
        "Only the last byte of each size is left: either no other is read, or the sum is made in "
        "uint8, in which 234 << 8 is 0; take int(header[i]).": (
            lambda header: tuple(n % 256 for n in _sizes(header))
        ),
        "Each size is read from two bytes; it has four.": (
            lambda header: tuple(n // 65536 for n in _sizes(header))
        ),
    },
)

# --- the centre of mass of a digit ---

_ink = np.zeros((9, 7))
_ink[1:4, 2] = [0.5, 1.0, 1.0]
_ink[3, 3:6] = [1.0, 0.25, 0.25]
_spot = np.zeros((5, 8))
_spot[3, 1] = 0.5


def _centre(image: Array) -> Array:
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


def _middle_of_box(image: Array) -> Array:
    places = np.argwhere(image > 0)
    return (places.min(0) + places.max(0)) / 2


centre_of_mass = Exercise(
    "centre_of_mass",
    _centre,
    [(_ink,), (_spot,)],
    {
        "Row and column are swapped: the row first. A sum over the rows, sum(0), leaves one "
        "number for each column.": lambda image: _centre(image)[::-1],
        "That is the middle of the box around the ink; each pixel counts by its ink.": (
            _middle_of_box
        ),
        "Every pixel with ink counts the same; it is to count by its ink.": (
            lambda image: _centre((image > 0).astype(float))
        ),
        "That is the middle of the picture.": lambda image: (np.array(image.shape) - 1) / 2,
        "It is counted from 1; the first row is row 0.": lambda image: _centre(image) + 1,
        "Divide by the sum of the ink, not by the number of pixels.": (
            lambda image: _centre(image) * image.sum() / image.size
        ),
        "The division by the sum of the ink is missing.": (
            lambda image: _centre(image) * image.sum()
        ),
        "That is the brightest pixel, not the centre of mass.": (
            lambda image: np.array(np.unravel_index(image.argmax(), image.shape))
        ),
        "It is counted upwards, from the last row; rows are counted downwards.": (
            lambda image: np.array([len(image) - 1, 0]) + _centre(image) * [-1, 1]
        ),
    },
)
