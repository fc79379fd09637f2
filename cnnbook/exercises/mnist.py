"""Exercises of the chapter on the source's experiment."""

from __future__ import annotations

import math
from collections.abc import Callable

from cnnbook.exercises.exercise import Exercise, Function

Shape = tuple[int, ...]


def _root(fan: Callable[[Shape], float], gain: float = 2) -> Function:
    """The rule of He et al. with another fan, or another gain than 2."""
    return lambda shape: math.sqrt(gain / fan(shape))


def _fan_in(shape: Shape) -> int:
    return math.prod(shape[1:])


def _fan_out(shape: Shape) -> int:
    return shape[0] * math.prod(shape[2:])


def _four_axes(shape: Shape) -> float:
    _, channels, height, width = shape
    return math.sqrt(2 / (channels * height * width))


def _axes_by_number(shape: Shape) -> float:
    return math.sqrt(2 / (shape[1] * shape[2] * shape[3]))


he_std = Exercise(
    "he_std",
    _root(_fan_in),
    [((32, 1, 5, 5),), ((64, 32, 5, 3),), ((1024, 3136),)],
    {
        "That is the variance; the standard deviation is its square root.": (
            lambda shape: 2 / _fan_in(shape)
        ),
        "The root is taken of the 2 only; it is the root of the whole fraction.": (
            lambda shape: math.sqrt(2) / _fan_in(shape)
        ),
        "The root is taken of the fan-in only; it is the root of the whole fraction.": (
            lambda shape: 2 / math.sqrt(_fan_in(shape))
        ),
        "The fraction is upside down: the larger the fan-in, the smaller the weights.": (
            lambda shape: math.sqrt(_fan_in(shape) / 2)
        ),
        "The 2 is divided by the fan-in, not multiplied with it.": (
            lambda shape: math.sqrt(2 * _fan_in(shape))
        ),
        "The kernel's height and width are forgotten: an output sums over C · kH · kW products.": (
            _root(lambda shape: shape[1])
        ),
        "The channels are forgotten: an output sums over C · kH · kW products.": [
            _root(lambda shape: math.prod(shape[2:])),
            _root(lambda shape: math.prod(shape[2:] or shape[1:])),
        ],
        "The kernel need not be square: an output sums over C · kH · kW products.": [
            _root(lambda shape: shape[1] * math.prod(shape[2:3]) ** 2),
            _root(lambda shape: shape[1] * math.prod(shape[3:]) ** 2),
        ],
        "The last axis alone is no fan-in; an output sums over all axes but the first.": (
            _root(lambda shape: shape[-1])
        ),
        "The axes are added; their product is the number of weights that an output sums over.": (
            _root(lambda shape: sum(shape[1:]))
        ),
        "That is the fan-out, the first axis with the kernel; the fan-in leaves out the first "
        "axis.": [
            _root(_fan_out),
            lambda shape: math.sqrt(2 / (_fan_in(shape) if len(shape) == 4 else shape[0])),
        ],
        "The first axis alone counts the outputs; the fan-in is all the others.": (
            _root(lambda shape: shape[0])
        ),
        "The 2 is missing: ReLU sets half of the numbers to 0, and the 2 makes up for it.": (
            _root(_fan_in, gain=1)
        ),
        "That is Xavier's rule, with fan-in and fan-out; He et al. use the fan-in alone.": (
            _root(lambda shape: _fan_in(shape) + _fan_out(shape))
        ),
        "That is the limit of a uniform distribution, whose standard deviation is √3 times as "
        "small.": _root(_fan_in, gain=6),
        "That is PyTorch's default, a sixth of the variance of He et al.": (
            _root(_fan_in, gain=1 / 3)
        ),
        "The weight of a linear layer has two axes, that of a convolution four; all but the first "
        "are multiplied, however many there are.": [_four_axes, _axes_by_number],
        "All axes are multiplied; the first one counts the outputs, not what each sums over.": (
            _root(math.prod)
        ),
    },
)
