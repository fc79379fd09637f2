"""Exercises of the chapter on the input layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

# --- from the bytes of a file to the input of a network ---

_rng = np.random.default_rng(2)
_images = _rng.integers(0, 256, size=(2, 5, 4, 3), dtype=np.uint8)
_image = _rng.integers(0, 256, size=(1, 3, 6, 3), dtype=np.uint8)
_image[0, 0, :2] = [[0], [255]]
_mean, _std = np.array([0.5, 0.4, 0.3]), np.array([0.2, 0.25, 0.3])


def _scaled(images: Array, mean: Array, std: Array) -> Array:
    return (images / 255 - mean) / std


def _prepare(images: Array, mean: Array, std: Array) -> Array:
    return _scaled(images, mean, std).transpose(0, 3, 1, 2)


def _but(change: Callable[[Array, Array, Array], tuple[Array, Array, Array]]) -> Function:
    """The right function, given something else."""
    return lambda images, mean, std: _prepare(*change(images, mean, std))


def _channels_first(images: Array, mean: Array, std: Array) -> Array:
    return images.transpose(0, 3, 1, 2) / 255 - mean  # an error, unless there are three columns


def _reshaped(images: Array, mean: Array, std: Array) -> Array:
    n, height, width, channels = images.shape
    return _scaled(images, mean, std).reshape(n, channels, height, width)


def _reshaped_first(images: Array, mean: Array, std: Array) -> Array:
    n, height, width, channels = images.shape
    x = images.reshape(n, channels, height, width).transpose(0, 2, 3, 1)
    return _prepare(x, mean, std)


def _wrapped(images: Array, mean: Array, std: Array) -> Array:
    shifted = images - np.round(255 * mean).astype(np.uint8)
    return (shifted / (255 * std)).transpose(0, 3, 1, 2)


def _wrapped_below(images: Array, mean: Array, std: Array) -> Array:
    shifted = images - (255 * mean).astype(np.uint8)
    return (shifted / (255 * std)).transpose(0, 3, 1, 2)


prepare = Exercise(
    "prepare",
    _prepare,
    [(_images, _mean, _std), (_image, _std, _mean)],
    {
        "The axes are reshaped, not moved: reshape keeps the numbers in their order and cuts them "
        "anew; transpose moves the axes.": [_reshaped, _reshaped_first],
        "Height and width are swapped: the axes are to be (N, C, H, W).": (
            lambda images, mean, std: _prepare(images, mean, std).swapaxes(2, 3)
        ),
        "The channel axis comes second, after the batch: (N, C, H, W).": (
            lambda images, mean, std: _prepare(images, mean, std).swapaxes(0, 1)
        ),
        "The channel axis is still the last one.": _scaled,
        "The channel axis is still the last one, and the division by 255 is missing.": (
            lambda images, mean, std: _scaled(images * 255.0, mean, std)
        ),
        "Mean and std meet the columns: where the channels come first, mean[:, None, None] has a "
        "number for each of them.": [
            _channels_first,
            lambda images, mean, std: _channels_first(images * 255.0, mean, std),
        ],
        "The division by 255 is missing: mean and std are meant for 0 to 1.": (
            _but(lambda images, mean, std: (images * 255.0, mean, std))
        ),
        "Divide by 255, the largest byte: 256 is how many bytes there are.": (
            _but(lambda images, mean, std: (images * (255 / 256), mean, std))
        ),
        "The largest number that occurs need not be 255.": (
            _but(lambda images, mean, std: (images * (255 / images.max()), mean, std))
        ),
        "// drops the fraction, so that only 255 becomes 1: divide by /.": (
            _but(lambda images, mean, std: (images // 255 * 255.0, mean, std))
        ),
        "Mean and std are both meant for 0 to 1: for bytes, both are multiplied by 255.": (
            lambda images, mean, std: ((images - 255 * mean) / std).transpose(0, 3, 1, 2)
        ),
        "The mean is subtracted before the division by 255; it is meant for 0 to 1.": (
            lambda images, mean, std: ((images - mean) / 255 / std).transpose(0, 3, 1, 2)
        ),
        "A bracket is missing: only the mean is divided by std.": (
            lambda images, mean, std: (images / 255 - mean / std).transpose(0, 3, 1, 2)
        ),
        "Red and blue are swapped.": [
            _but(lambda images, mean, std: (images[..., ::-1], mean, std)),
            lambda images, mean, std: _prepare(images, mean, std)[:, ::-1],
        ],
        "Mean and std are those of another channel: they are reversed, the picture is not.": (
            _but(lambda images, mean, std: (images, mean[::-1], std[::-1]))
        ),
        "Every channel has its own mean and std.": [
            _but(lambda images, mean, std: (images, mean[0], std[0])),
            _but(lambda images, mean, std: (images, mean.mean(), std.mean())),
        ],
        "It is multiplied by std; it is divided by it.": (
            _but(lambda images, mean, std: (images, mean, 1 / std))
        ),
        "It is divided by the variance; std is its root already.": (
            _but(lambda images, mean, std: (images, mean, std**2))
        ),
        "The mean is not subtracted.": _but(lambda images, mean, std: (images, 0 * mean, std)),
        "The mean is added; it is subtracted.": (
            _but(lambda images, mean, std: (images, -mean, std))
        ),
        "It is not divided by std.": _but(lambda images, mean, std: (images, mean, std**0)),
        "It is scaled to 0 … 1, but not normalised.": (
            _but(lambda images, mean, std: (images, 0 * mean, std**0))
        ),
        "The subtraction is done in uint8 and wraps around: convert to float first.": [
            _wrapped,
            _wrapped_below,
        ],
        "The result is cut to whole numbers.": [
            lambda images, mean, std: _prepare(images, mean, std).astype(int),
            lambda images, mean, std: _prepare(images, mean, std).astype(np.uint8),
        ],
        "The mean of these pictures is used, or their std; those handed in are asked for.": [
            _but(lambda images, mean, std: (images, (images / 255).mean((0, 1, 2)), std)),
            _but(
                lambda images, mean, std: (
                    images,
                    (images / 255).mean((0, 1, 2)),
                    (images / 255).std((0, 1, 2)),
                )
            ),
            _but(lambda images, mean, std: (images, (images / 255).mean(), (images / 255).std())),
        ],
        "Only the first picture is prepared.": [
            lambda images, mean, std: _prepare(images, mean, std)[:1],
            lambda images, mean, std: _prepare(images, mean, std)[0],
        ],
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


def _by_bytes(size: Callable[[list[Any]], Any], width: int = 4) -> Function:
    """The sizes, each from its own bytes, which stand ``width`` apart."""
    return lambda header: tuple(
        size(list(header[4 + width * i : 8 + width * i])) for i in range(header[3])
    )


idx_sizes = Exercise(
    "idx_sizes",
    _sizes,
    [
        (_header((60000, 28, 28)),),
        (_header((10000,)),),
        (_header((70000, 7)),),
        (_header((3, 16777300, 5, 2)),),
    ],
    {
        "The lowest byte is taken first; in an IDX file the highest comes first.": (
            lambda header: _integers(header, 4, header[3], "<")
        ),
        "The first four bytes are no size: type and rank stand there.": (
            lambda header: _integers(header, 0, header[3])
        ),
        "Reading begins one byte too early: the sizes begin at byte 4.": (
            lambda header: _integers(header, 3, header[3])
        ),
        "Reading begins one byte too late: the sizes begin at byte 4.": (
            lambda header: _integers(header, 5, header[3])
        ),
        "The first size is left out.": lambda header: _sizes(header)[1:],
        "The last size is left out.": lambda header: _sizes(header)[:-1],
        "There are always three sizes here; the fourth byte says how many.": [
            lambda header: _integers(header, 4, min(3, (len(header) - 4) // 4)),
            lambda header: _integers(header, 4, 3),
        ],
        "Reading goes on into the pixels; the fourth byte says how many sizes there are.": (
            lambda header: _integers(header, 4, len(header) // 4 - 1)
        ),
        "The third byte is the type of the numbers; the fourth says how many sizes there are.": (
            lambda header: tuple(
                int.from_bytes(header[4 + 4 * i :][:4].tobytes(), "big") for i in range(header[2])
            )
        ),
        "A uint8 holds no number above 255: take int(header[i]) before it is multiplied.": [
            _by_bytes(lambda part: part[0] * 256**3),
            _by_bytes(lambda part: part[0] * 256),
        ],
        "Only the last byte of each size is left: either no other is read, or the sum is made in "
        "uint8, in which 234 << 8 is 0; take int(header[i]).": (
            _by_bytes(lambda part: int(part[3]))
        ),
        "An int16 holds no number above 32,767.": (
            lambda header: tuple(np.array(_sizes(header)).astype(np.int16))
        ),
        "Only the last two bytes of each size are read; a size has four.": (
            lambda header: tuple(n % 65536 for n in _sizes(header))
        ),
        "Only the last three bytes of each size are read; a size has four.": (
            lambda header: tuple(n % 2**24 for n in _sizes(header))
        ),
        "Each size is read from two bytes; it has four.": [
            lambda header: tuple(n // 65536 for n in _sizes(header)),
            _by_bytes(lambda part: int.from_bytes(bytes(part[:2]), "big"), width=2),
        ],
        "Each size is read from one byte; it has four.": [
            _by_bytes(lambda part: int(part[0])),
            _by_bytes(lambda part: int(part[0]), width=1),
        ],
        "The four bytes of a size are added up; each counts 256 times the next.": (
            _by_bytes(lambda part: sum(map(int, part)))
        ),
        "A byte counts 256 times the next, not 255 times.": (
            _by_bytes(
                lambda part: (
                    ((int(part[0]) * 255 + int(part[1])) * 255 + int(part[2])) * 255 + int(part[3])
                )
            )
        ),
        "The sizes come in reverse order.": lambda header: _sizes(header)[::-1],
        "That is how many numbers follow; the sizes themselves are asked for.": [
            lambda header: (math.prod(_sizes(header)),),
            lambda header: math.prod(_sizes(header)),
        ],
    },
)

# --- the centre of mass of a digit ---

_ink = np.zeros((9, 7))
_ink[0:3, 6] = [1.5, 0.5, 1.0]
_ink[7, 1:4] = [1.0, 0.5, 0.25]
_spot = np.zeros((5, 8))
_spot[3, 1] = 0.5
_bytes = np.zeros((6, 4), np.uint8)  # with more ink than a uint8 holds
_bytes[1:5, 1:3] = [[200, 100], [50, 250], [90, 40], [120, 35]]


def _centre(image: Array) -> Array:
    rows, columns = np.indices(image.shape)
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


def _wrapped_sums(ink: bool, products: bool, moments: bool) -> Function:
    """The centre by sums or products, some of which are made in the type of the image."""

    def centre(image: Array) -> Array:
        narrow, wide = image.dtype, np.result_type(image, int)
        places = np.indices(image.shape, narrow if products else wide)
        sums = (places * image).sum((1, 2), narrow if moments else wide)
        return np.asarray(sums / image.sum(dtype=narrow if ink else wide))

    return centre


def _middle_of_box(image: Array) -> Array:
    places = np.argwhere(image > 0)
    return (places.min(0) + places.max(0)) / 2


def _axes_exchanged(image: Array) -> Array:
    return image.sum(0) * np.arange(len(image))


def _axes_exchanged_in_a_product(image: Array) -> Array:
    return np.asarray(image.sum(0) @ np.arange(len(image)))


def _columns_to_the_number_of_rows(image: Array) -> tuple[Any, ...]:
    return tuple(image[row, column] for row in range(9) for column in range(len(image)))


centre_of_mass = Exercise(
    "centre_of_mass",
    _centre,
    [(_ink,), (_spot,), (_bytes,)],
    {
        "Row and column are swapped: the row first. A sum over the rows, sum(0), leaves one "
        "number for each column.": [
            lambda image: _centre(image)[::-1],
            _axes_exchanged,
            _axes_exchanged_in_a_product,
        ],
        "That is the middle of the box around the ink; each pixel counts by its ink.": (
            _middle_of_box
        ),
        "Every pixel with ink counts the same; it is to count by its ink.": (
            lambda image: _centre((image > 0).astype(float))
        ),
        "That is the middle of the picture.": [
            lambda image: (np.array(image.shape) - 1) / 2,
            lambda image: np.array(image.shape) / 2,
            lambda image: np.array(image.shape) // 2,
        ],
        "It is counted from 1; the first row is row 0.": lambda image: _centre(image) + 1,
        "It is counted from the middle; row 0 and column 0 are at the upper left.": [
            lambda image: _centre(image) - (np.array(image.shape) - 1) / 2,
            lambda image: _centre(image) - np.array(image.shape) / 2,
            lambda image: _centre(image) - np.array(image.shape) // 2,
        ],
        "Divide by the sum of the ink, not by the number of pixels.": [
            lambda image: _centre(image) * image.sum() / image.size,
            lambda image: _centre(image) * image.sum() / (image > 0).sum(),
            lambda image: _centre(image) * image.sum() / ((image > 0).sum() * image.max()),
        ],
        "Divide by the sum of the ink, not by height and width.": (
            lambda image: _centre(image) * image.sum() / image.shape
        ),
        "The division by the sum of the ink is missing.": (
            lambda image: _centre(image) * image.sum()
        ),
        "The sum is made in uint8 and wraps around: take image.astype(float) first.": [
            _wrapped_sums(ink=True, products=True, moments=True),
            _wrapped_sums(ink=True, products=False, moments=False),
            _wrapped_sums(ink=False, products=True, moments=True),
            _wrapped_sums(ink=False, products=True, moments=False),
        ],
        "The centre is rounded to a whole pixel; it may lie between two.": [
            lambda image: np.floor(_centre(image)),
            lambda image: np.round(_centre(image)),
        ],
        "It is divided by the sum of the places; divide by the sum of the ink.": (
            lambda image: _centre(image) * image.sum() / np.indices(image.shape).sum((1, 2))
        ),
        "That is the brightest pixel, not the centre of mass.": (
            lambda image: np.array(np.unravel_index(image.argmax(), image.shape))
        ),
        "That is the row and the column with most ink, not the centre of mass.": (
            lambda image: np.array([image.sum(1).argmax(), image.sum(0).argmax()])
        ),
        "It is counted upwards, from the last row; rows are counted downwards.": (
            lambda image: np.array([len(image) - 1, 0]) + _centre(image) * [-1, 1]
        ),
        "The columns are counted by the number of rows: an image need not be square.": (
            _columns_to_the_number_of_rows
        ),
        "An image need not have 28 rows and columns: take its shape.": [
            lambda image: image.sum(1) * np.arange(28),
            lambda image: image.sum(1) @ np.arange(28),
        ],
    },
)
